/* SPDX-License-Identifier: Apache-2.0
 *
 * Working out the points of a file. Its rows are few chips and networks with other numbers: each
 * preset is read once and its parameters are changed in place, each network is read once. */
#include "hardware/points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/chip.h"
#include "hardware/variables.h"

enum { MOST_CHIPS = 16, MOST_NETWORKS = 32 };

static const struct {
    const char *parameter;
} SETTINGS[] = {
#define SETTING(name, column, parameter, factor) {parameter},
    WEFT_POINT_SETTING_MAP(SETTING)
#undef SETTING
};

/* Names of the points and of our networks. */
static const struct {
    const char *theirs, *ours;
} NETWORKS[] = {
    {"mobilenet_v3", "mobilenetv3-large"},
    {"vision_transformer", "vit-b-16"},
    {"gpt2_medium", "gpt2-medium"},
};

typedef struct known_chip {
    char name[WEFT_CHIP_NAME];
    weft_chip *chip;
    int variable[WEFT_POINT_SETTING_COUNT];
} known_chip;

typedef struct bench {
    const char *path, *folder;
    weft_points_report *report;
    int n_chips;
    known_chip chips[MOST_CHIPS];
    weft_workload *workloads[MOST_NETWORKS]; /* in the order of report->sources */
} bench;

/* ---- chips ------------------------------------------------------------------------------------- */

static void name_chip(const weft_point *point, char name[WEFT_CHIP_NAME]) {
    if (strcmp(point->memory, "SRAM") == 0) {
        snprintf(name, WEFT_CHIP_NAME, "neurosim-sram-%.0fnm",
                 point->setting[WEFT_POINT_NODE] * 1e9);
    } else {
        snprintf(name, WEFT_CHIP_NAME, "neurosim-32nm-rram");
    }
}

static weft_status find_settings(known_chip *known, weft_error *error) {
    const weft_hierarchy *h = known->chip->hierarchy;
    for (int s = 0; s < WEFT_POINT_SETTING_COUNT; s++) {
        int v = h != NULL ? weft_variables_find(h, SETTINGS[s].parameter) : WEFT_NO_VARIABLE;
        if (v == WEFT_NO_VARIABLE || h->variables[v].text != NULL) {
            return weft_fail(error, WEFT_ERROR_INPUT, "chip %s has no parameter '%s'", known->name,
                             SETTINGS[s].parameter);
        }
        known->variable[s] = v;
    }
    return WEFT_OK;
}

static weft_status find_chip(bench *b, const weft_point *point, known_chip **found,
                             weft_error *error) {
    char name[WEFT_CHIP_NAME];
    if (strcmp(point->memory, "SRAM") != 0 && strcmp(point->memory, "RRAM") != 0) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%s:%d: memory '%s'; expected RRAM or SRAM",
                         b->path, point->line, point->memory);
    }
    name_chip(point, name);
    for (int i = 0; i < b->n_chips; i++) {
        if (strcmp(b->chips[i].name, name) == 0) {
            *found = &b->chips[i];
            return WEFT_OK;
        }
    }
    if (b->n_chips == MOST_CHIPS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%s: more than %d chips", b->path, MOST_CHIPS);
    }
    known_chip *made = &b->chips[b->n_chips];
    WEFT_TRY(weft_chip_read(name, &made->chip, error));
    b->n_chips++;
    snprintf(made->name, sizeof made->name, "%s", name);
    *found = made;
    return find_settings(made, error);
}

/* The text of the chip stays that of its preset: no more than its price is asked for. */
static void change_chip(known_chip *known, const weft_point *point) {
    weft_hierarchy *h = known->chip->hierarchy;
    for (int s = 0; s < WEFT_POINT_SETTING_COUNT; s++) {
        h->variables[known->variable[s]].value.value = point->setting[s];
    }
    known->chip->id++; /* what was worked out for the chip before does not hold any more */
}

/* ---- networks ---------------------------------------------------------------------------------- */

static const char *our_name(const char *theirs) {
    for (size_t i = 0; i < sizeof NETWORKS / sizeof NETWORKS[0]; i++) {
        if (strcmp(NETWORKS[i].theirs, theirs) == 0) {
            return NETWORKS[i].ours;
        }
    }
    return theirs;
}

/* The folder of a file, with its '/'; "" where it has none. */
static int folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (int)(slash - path) + 1 : 0;
}

static void find_source(const bench *b, const char *network, weft_point_source *source) {
    int length = folder_of(b->path);
    snprintf(source->network, sizeof source->network, "%s", network);
    source->ours = false;
    if (b->folder != NULL) {
        snprintf(source->source, sizeof source->source, "%s/%s.csv", b->folder, network);
    } else {
        snprintf(source->source, sizeof source->source, "%.*sworkloads/%s.csv", length, b->path,
                 network);
        if (access(source->source, R_OK) != 0) {
            snprintf(source->source, sizeof source->source, "%.*s../workloads/%s.csv", length,
                     b->path, network);
        }
    }
    if (access(source->source, R_OK) != 0) {
        source->ours = true;
        snprintf(source->source, sizeof source->source, "%s", our_name(network));
    }
}

static weft_status find_workload(bench *b, const weft_point *point, weft_workload **found,
                                 weft_error *error) {
    weft_points_report *report = b->report;
    for (int i = 0; i < report->n_sources; i++) {
        if (strcmp(report->sources[i].network, point->network) == 0) {
            *found = b->workloads[i];
            return WEFT_OK;
        }
    }
    if (report->n_sources == MOST_NETWORKS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%s: more than %d networks", b->path,
                         MOST_NETWORKS);
    }
    weft_network *network = NULL;
    weft_point_source *source = &report->sources[report->n_sources];
    find_source(b, point->network, source);
    WEFT_TRY(weft_network_read(source->source, &network, error));
    weft_status status = weft_workload_create(network, &b->workloads[report->n_sources], error);
    weft_network_destroy(network);
    WEFT_TRY(status);
    *found = b->workloads[report->n_sources++];
    return WEFT_OK;
}

/* ---- points ------------------------------------------------------------------------------------ */

static weft_status price_point(known_chip *known, weft_workload *workload, weft_total *total,
                               weft_error *error) {
    weft_priced *priced = NULL;
    WEFT_TRY(weft_priced_create(known->chip, &priced, error));
    weft_status status = weft_estimate(priced, workload, total, error);
    weft_priced_destroy(priced);
    return status;
}

static weft_status work_out(bench *b, weft_point *point, weft_error *error) {
    known_chip *known = NULL;
    weft_workload *workload = NULL;
    weft_total total;
    WEFT_TRY(find_chip(b, point, &known, error));
    WEFT_TRY(find_workload(b, point, &workload, error));
    change_chip(known, point);
    weft_status status = price_point(known, workload, &total, error);
    if (status == WEFT_ERROR_INFEASIBLE || status == WEFT_ERROR_INPUT) {
        if (b->report->n_refused++ == 0) {
            snprintf(b->report->refusal, sizeof b->report->refusal, "line %d: %s", point->line,
                     error->message);
        }
        return WEFT_OK;
    }
    WEFT_TRY(status);
    point->ours[WEFT_POINT_ENERGY] = total.energy_j;
    point->ours[WEFT_POINT_LATENCY] = total.latency_s;
    point->ours[WEFT_POINT_AREA] = total.area_mm2;
    return WEFT_OK;
}

/* Keeps every so-many-th point. */
static void thin(weft_points_report *report, int every) {
    int kept = 0;
    for (int i = 0; i < report->n; i += every) {
        report->points[kept++] = report->points[i];
    }
    report->n = kept;
}

static weft_status work_out_all(bench *b, const weft_stop *stop, weft_error *error) {
    for (int i = 0; i < b->report->n; i++) {
        if (weft_stop_requested(stop)) {
            return weft_fail(error, WEFT_STOPPED, "stopped after %d of %d points", i, b->report->n);
        }
        WEFT_TRY(work_out(b, &b->report->points[i], error));
    }
    return weft_points_group(b->report, error);
}

static void release(bench *b) {
    for (int i = 0; i < b->n_chips; i++) {
        weft_chip_destroy(b->chips[i].chip);
    }
    for (int i = 0; i < b->report->n_sources; i++) {
        weft_workload_destroy(b->workloads[i]);
    }
}

weft_status weft_points_validate(const char *path, const char *workloads, int every,
                                 const weft_stop *stop, weft_points_report **report,
                                 weft_error *error) {
    weft_points_report *made = calloc(1, sizeof *made);
    weft_point_source *sources = calloc(MOST_NETWORKS, sizeof *sources);
    bench *b = calloc(1, sizeof *b);
    weft_status status = WEFT_OK;
    if (made == NULL || sources == NULL || b == NULL) {
        free(made);
        free(sources);
        free(b);
        return weft_fail_memory(error, sizeof *b);
    }
    made->sources = sources;
    *b = (bench){.path = path, .folder = workloads, .report = made};
    status = weft_points_read(path, &made->points, &made->n, error);
    if (status == WEFT_OK) {
        thin(made, every > 1 ? every : 1);
        status = work_out_all(b, stop, error);
    }
    release(b);
    free(b);
    if (status != WEFT_OK) {
        weft_points_report_destroy(made);
        return status;
    }
    *report = made;
    return WEFT_OK;
}

void weft_points_report_destroy(weft_points_report *report) {
    if (report != NULL) {
        free(report->points);
        free(report->groups);
        free(report->sources);
        free(report);
    }
}
