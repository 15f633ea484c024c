/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up study for the tests of the report: designs whose accuracy saturates with their energy,
 * some that do not fit, some that failed, a front found by brute force. */
#ifndef WEFT_TESTS_REPORT_FIXTURE_H
#define WEFT_TESTS_REPORT_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "report/markup.h"
#include "report/summary.h"

enum { FIXTURE_LAYERS = 19 };

typedef struct fixture {
    weft_problem_info info;
    weft_study_origin origin;
    weft_trial *storage;
    weft_layer_cost layers[FIXTURE_LAYERS];
    weft_cost cost;
    weft_summary_network network;
    weft_summary summary;
} fixture;

/* What happens to trial i. */
static inline weft_trial_state fixture_state(int i) {
    return i % 11 == 7 ? WEFT_TRIAL_INFEASIBLE : i % 37 == 20 ? WEFT_TRIAL_FAILED : WEFT_TRIAL_OK;
}

static inline void fixture_trial(weft_trial *trial, int i, weft_rng *rng, bool trains) {
    static const char letters[] = "VMR";
    static const int kernels[] = {8, 16, 32, 64, 96, 128};
    double size = weft_rng_uniform(rng), energy = 2e-4 * pow(10.0, 2.2 * size);
    *trial = (weft_trial){.number = (uint64_t)i, .state = fixture_state(i), .seconds = 4.0 + size};
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        trial->metrics[m] = NAN;
    }
    trial->score = trial->test_accuracy = trial->final_seconds = NAN;
    int depth = 1 + (int)weft_rng_below(rng, 7);
    size_t used = 0;
    for (int b = 0; b < depth; b++) {
        used += (size_t)snprintf(trial->description + used, sizeof trial->description - used,
                                 "%s%c%d", b > 0 ? "," : "", letters[weft_rng_below(rng, 3)],
                                 kernels[weft_rng_below(rng, 6)]);
    }
    if (trial->state == WEFT_TRIAL_INFEASIBLE) {
        snprintf(trial->reason, sizeof trial->reason, "needs %d crossbars, and the chip has 1024",
                 1025 + i);
        return;
    }
    if (trial->state == WEFT_TRIAL_FAILED) {
        snprintf(trial->reason, sizeof trial->reason, "the loss became NaN in step %d", i);
        return;
    }
    trial->metrics[WEFT_METRIC_ENERGY] = energy * (0.75 + 0.5 * weft_rng_uniform(rng));
    trial->metrics[WEFT_METRIC_LATENCY] = 1.5e-3 * pow(size + 0.15, 1.5) *
                                          (0.7 + 0.6 * weft_rng_uniform(rng));
    trial->metrics[WEFT_METRIC_AREA] = 40.0 + 900.0 * size;
    trial->metrics[WEFT_METRIC_MACS] = floor(1e6 + 4e8 * size);
    trial->metrics[WEFT_METRIC_PARAMS] = floor(2e4 + 1.5e6 * size);
    trial->metrics[WEFT_METRIC_CROSSBARS] = floor(8.0 + 900.0 * size);
    trial->metrics[WEFT_METRIC_UTILISATION] = 0.4 + 0.5 * size;
    if (trains) {
        trial->metrics[WEFT_METRIC_ACCURACY] = 0.55 + 0.33 * (1.0 - exp(-3.5 * size)) +
                                               0.05 * (weft_rng_uniform(rng) - 0.5);
    }
}

/* The front of a pair by comparing all with all; sorted by x. */
static inline void fixture_front(fixture *made, weft_summary_front *front) {
    weft_summary *summary = &made->summary;
    front->trials = calloc(summary->n_trials + 1, sizeof *front->trials);
    front->n = 0;
    for (size_t i = 0; i < summary->n_trials; i++) {
        const double *a = summary->trials[i]->metrics;
        bool beaten = summary->trials[i]->state != WEFT_TRIAL_OK || isnan(a[front->x]) ||
                      isnan(a[front->y]);
        for (size_t j = 0; j < summary->n_trials && !beaten; j++) {
            const double *b = summary->trials[j]->metrics;
            double by = front->y_maximise ? b[front->y] - a[front->y] : a[front->y] - b[front->y];
            double bx = a[front->x] - b[front->x];
            beaten = (bx >= 0 && by >= 0 && (bx > 0 || by > 0)) || (bx == 0 && by == 0 && j < i);
        }
        if (!beaten) {
            front->trials[front->n++] = i;
        }
    }
    for (size_t i = 1; i < front->n; i++) {
        for (size_t j = i; j > 0; j--) {
            size_t *p = &front->trials[j - 1], *q = &front->trials[j];
            if (summary->trials[*p]->metrics[front->x] > summary->trials[*q]->metrics[front->x]) {
                size_t kept = *p;
                *p = *q;
                *q = kept;
            }
        }
    }
}

static inline void fixture_cost(fixture *made, weft_rng *rng) {
    static const char *const names[FIXTURE_LAYERS] = {"conv3x3 3>32",
                                                      "conv3x3 32>32",
                                                      "max_pool 2x2",
                                                      "conv3x3 32>64",
                                                      "conv3x3 64>64",
                                                      "conv1x1 32>64",
                                                      "add 64",
                                                      "conv3x3 64>128",
                                                      "conv3x3 128>128",
                                                      "max_pool 2x2",
                                                      "conv3x3 128>128",
                                                      "conv3x3 128>128",
                                                      "conv1x1 128>128",
                                                      "add 128",
                                                      "average_pool 1x1",
                                                      "linear 128>200",
                                                      "linear 200>50",
                                                      "linear 50>10",
                                                      "chip"};
    static const int blocks[FIXTURE_LAYERS] = {0, 0, 0, 1, 1,  1,  1,  2,  2, 2,
                                               3, 3, 3, 3, -1, -1, -1, -1, -1};
    weft_cost *cost = &made->cost;
    *cost = (weft_cost){.n_layers = FIXTURE_LAYERS, .layers = made->layers, .n_parts = 14};
    for (int c = 0; c < cost->n_parts; c++) {
        snprintf(cost->parts[c].token, sizeof cost->parts[c].token, "part_%d", c);
        snprintf(cost->parts[c].text, sizeof cost->parts[c].text, "part %c", 'A' + c);
        snprintf(cost->parts[c].level, sizeof cost->parts[c].level, c < 8 ? "macro" : "chip");
    }
    for (int i = 0; i < FIXTURE_LAYERS; i++) {
        weft_layer_cost *layer = &made->layers[i];
        *layer = (weft_layer_cost){.layer = i, .block = blocks[i]};
        snprintf(layer->name, sizeof layer->name, "%s", names[i]);
        for (int c = 0; c < cost->n_parts; c++) {
            double weight = c == 2 ? 6.0 : c == 9 ? 4.0 : c <= 1 ? 0.5 : 0.02;
            double size = (i < 14 ? weft_rng_uniform(rng) + 0.2 : 0.02) * weight;
            layer->energy_by[c] = 2e-5 * size;
            layer->latency_by[c] = 4e-6 * size * weft_rng_uniform(rng);
            layer->energy_j += layer->energy_by[c];
            layer->latency_s += layer->latency_by[c];
            cost->energy_by[c] += layer->energy_by[c];
            cost->latency_by[c] += layer->latency_by[c];
        }
        cost->total.energy_j += layer->energy_j;
        cost->total.latency_s += layer->latency_s;
    }
    cost->total.area_mm2 = 312.5;
    cost->total.crossbars = 420;
    cost->total.tiles = 27;
    cost->total.utilisation = 0.731;
}

static inline void fixture_picks(fixture *made) {
    weft_summary *summary = &made->summary;
    static const char *const names[] = {"accuracy", "energy", "accuracy / latency"};
    for (int i = 0; i < 3 && summary->n_front > 0; i++) {
        size_t at = i == 0 ? summary->n_front - 1 : i == 1 ? 0 : summary->n_front / 2;
        weft_pick *pick = &summary->picks[summary->n_picks++];
        *pick = (weft_pick){
            .trial = summary->front[at], .depth = 4, .blocks = {1, 2, 1}, .mean_kernels = 60.0};
        snprintf(pick->objective, sizeof pick->objective, "%s", names[i]);
    }
}

/* n trials; `trains`: with accuracy, else hardware alone. */
static inline void fixture_make(fixture *made, int n, bool trains) {
    memset(made, 0, sizeof *made);
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    weft_problem_info *info = &made->info;
    snprintf(info->name, sizeof info->name, "fashion-imc");
    snprintf(info->space, sizeof info->space, "imc-cnn");
    snprintf(info->chip, sizeof info->chip, "mnsim-130nm-rram");
    info->trains = trains;
    info->n_objectives = 2;
    info->objectives[0] = trains ? WEFT_METRIC_ACCURACY : WEFT_METRIC_ENERGY;
    info->objectives[1] = trains ? WEFT_METRIC_ENERGY : WEFT_METRIC_LATENCY;
    info->maximise[0] = trains;
    info->accuracy.data = "fashion-mnist";
    info->optimizer.name = "tpe";
    info->trials = n;
    info->batch = 4;
    info->seed = 7;
    snprintf(made->origin.version, sizeof made->origin.version, "0.1.0");
    snprintf(made->origin.build, sizeof made->origin.build, "gcc 12.2, oneDNN 2.6, SQLite 3.40");
    snprintf(made->origin.machine, sizeof made->origin.machine, "Linux x86-64, 2 cores");
    made->origin.created = 1.7e9;

    weft_summary *summary = &made->summary;
    *summary = (weft_summary){.info = info, .origin = &made->origin, .knee = -1, .chosen = -1};
    summary->n_trials = (size_t)n;
    made->storage = calloc((size_t)n + 1, sizeof *made->storage);
    summary->trials = calloc((size_t)n + 1, sizeof *summary->trials);
    summary->curve = calloc((size_t)n + 1, sizeof *summary->curve);
    double volume = 0.0;
    for (int i = 0; i < n; i++) {
        fixture_trial(&made->storage[i], i, &rng, trains);
        summary->trials[i] = &made->storage[i];
        weft_trial_state state = made->storage[i].state;
        summary->ok += state == WEFT_TRIAL_OK;
        summary->infeasible += state == WEFT_TRIAL_INFEASIBLE;
        summary->failed += state == WEFT_TRIAL_FAILED;
        if (weft_rng_uniform(&rng) < 8.0 / (i + 8.0)) {
            volume += (1.1 - volume) * 0.15 * weft_rng_uniform(&rng);
        }
        summary->curve[i] = volume;
    }
    summary->n_fronts = 2;
    summary->fronts[0] =
        (weft_summary_front){.x = trains ? WEFT_METRIC_ENERGY : WEFT_METRIC_LATENCY,
                             .y = trains ? WEFT_METRIC_ACCURACY : WEFT_METRIC_ENERGY,
                             .y_maximise = trains,
                             .file = "front-a.svg"};
    summary->fronts[1] =
        (weft_summary_front){.x = trains ? WEFT_METRIC_LATENCY : WEFT_METRIC_AREA,
                             .y = trains ? WEFT_METRIC_ACCURACY : WEFT_METRIC_ENERGY,
                             .y_maximise = trains,
                             .file = "front-b.svg"};
    fixture_front(made, &summary->fronts[0]);
    fixture_front(made, &summary->fronts[1]);
    summary->front = calloc(summary->fronts[0].n + 1, sizeof *summary->front);
    summary->n_front = summary->fronts[0].n;
    for (size_t i = 0; i < summary->n_front; i++) {
        summary->front[i] = summary->fronts[0].trials[i];
    }
    if (summary->n_front > 0) {
        summary->knee = summary->chosen = (ptrdiff_t)summary->front[summary->n_front / 2];
        for (size_t i = 0; trains && i < summary->n_front; i++) {
            weft_trial *trial = &made->storage[summary->front[i]];
            trial->test_accuracy = trial->metrics[WEFT_METRIC_ACCURACY] + 0.06;
            trial->final_seconds = 60.0;
        }
        fixture_cost(made, &rng);
        made->network.cost = &made->cost;
    }
    snprintf(made->network.name, sizeof made->network.name, "imc");
    summary->networks = &made->network;
    summary->n_networks = 1;
    fixture_picks(made);
}

static inline void fixture_free(fixture *made) {
    free(made->storage);
    free(made->summary.trials);
    free(made->summary.curve);
    free(made->summary.front);
    for (int i = 0; i < made->summary.n_fronts; i++) {
        free(made->summary.fronts[i].trials);
    }
    memset(made, 0, sizeof *made);
}

#endif
