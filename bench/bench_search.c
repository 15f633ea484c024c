/* SPDX-License-Identifier: Apache-2.0
 *
 * What an optimizer costs beside the trials: microseconds for one ask and one tell with 1 000 and
 * 10 000 trials told, on a table of 15 genes like imc-cnn's (depth, and block and kernels for each
 * of 7 positions), one at a time and in batches of 8. */
#include "base/rng.h"
#include <weft/search.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_GENES = 15, MAX_BATCH = 8 };

static void fill_genes(weft_gene genes[N_GENES]) {
    memset(genes, 0, N_GENES * sizeof *genes);
    genes[0] = (weft_gene){.name = "depth", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 7};
    for (int j = 0; j < 7; j++) {
        weft_condition reaches = {.parent = 0, .minimum = j + 1, .maximum = 7};
        genes[1 + 2 * j] = (weft_gene){.name = "block",
                                       .kind = WEFT_GENE_CATEGORICAL,
                                       .n_choices = 3,
                                       .upper = 2,
                                       .n_conditions = 1,
                                       .conditions = {reaches}};
        genes[2 + 2 * j] = (weft_gene){.name = "kernels",
                                       .kind = WEFT_GENE_ORDINAL,
                                       .n_choices = 6,
                                       .upper = 5,
                                       .n_conditions = 1,
                                       .conditions = {reaches}};
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void stop(const weft_error *error) {
    char text[1200];
    fprintf(stderr, "%s\n", weft_error_format(error, text, sizeof text));
    exit(1);
}

static weft_outcome evaluate(const double *genome, int n_objectives) {
    double width = 0.0;
    double kinds = 0.0;
    for (int j = 0; j < (int)genome[0]; j++) {
        width += genome[2 + 2 * j];
        kinds += genome[1 + 2 * j];
    }
    double loss = exp(-width / 10.0) + 0.01 * kinds;
    return (weft_outcome){
        .state = WEFT_OUTCOME_OK,
        .objectives = {n_objectives > 1 ? loss : loss + 0.02 * width, width, genome[0]}};
}

static void ask_and_tell(weft_optimizer *optimizer, uint64_t first, int n, int n_objectives) {
    double genomes[MAX_BATCH * N_GENES];
    weft_error error;
    int given;
    if (weft_optimizer_ask(optimizer, first, n, genomes, &given, &error) < 0) {
        stop(&error);
    }
    for (int i = 0; i < given; i++) {
        weft_outcome outcome = evaluate(&genomes[i * N_GENES], n_objectives);
        if (weft_optimizer_tell(optimizer, &genomes[i * N_GENES], &outcome, &error) < 0) {
            stop(&error);
        }
    }
}

/* Tells `history` random trials, then times asks and tells. */
static double microseconds(const char *name, int n_objectives, uint64_t history, int batch) {
    weft_gene genes[N_GENES];
    fill_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.n_objectives = n_objectives;
    settings.startup_trials = (int)history;
    settings.population = 20;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    if (weft_optimizer_create(&table, &settings, &optimizer, &error) < 0) {
        stop(&error);
    }
    uint64_t trial = 0;
    while (trial < history) {
        ask_and_tell(optimizer, trial, MAX_BATCH, n_objectives);
        trial += MAX_BATCH;
    }
    int timed = 0;
    double start = now();
    double elapsed = 0.0;
    while (elapsed < 0.3) {
        ask_and_tell(optimizer, trial, batch, n_objectives);
        trial += (uint64_t)batch;
        timed += batch;
        elapsed = now() - start;
    }
    weft_optimizer_destroy(optimizer);
    return 1e6 * elapsed / timed;
}

int main(void) {
    static const char *const names[] = {"random", "tpe", "nsga2"};
    printf("ask + tell, microseconds a trial, 15 genes\n");
    printf("%-8s %10s %8s %10s %10s\n", "method", "objectives", "history", "batch 1", "batch 8");
    for (int k = 0; k < 3; k++) {
        for (int n_objectives = 1; n_objectives <= 3; n_objectives++) {
            for (uint64_t history = 1000; history <= 10000; history *= 10) {
                printf("%-8s %10d %8d %10.1f %10.1f\n", names[k], n_objectives, (int)history,
                       microseconds(names[k], n_objectives, history, 1),
                       microseconds(names[k], n_objectives, history, 8));
            }
        }
    }
    return 0;
}
