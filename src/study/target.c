/* SPDX-License-Identifier: Apache-2.0
 *
 * What a search found on one device, the proxy (the chip of its problem), as another device measures it:
 * the designs are the architectures of a table, described by their genes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "study/study.h"

void weft_target_free(weft_target *target) {
    free(target->trials);
    free(target->predicted);
    free(target->measured);
    free(target->candidates);
    free(target->front);
    *target = (weft_target){0};
}

/* ---- designs --------------------------------------------------------------------------------- */

static int by_hash(const void *a, const void *b) {
    const weft_trial *x = *(const weft_trial *const *)a;
    const weft_trial *y = *(const weft_trial *const *)b;
    return x->hash != y->hash       ? (x->hash > y->hash) - (x->hash < y->hash)
           : x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                    : 0;
}

static int by_place(const void *a, const void *b) {
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The first trial of each design that counts and has the metric, in the order of the study. */
static weft_status take_designs(const weft_study *study, weft_metric metric, weft_target *made,
                                weft_error *error) {
    size_t size = study->n_trials + 1, n = 0;
    const weft_trial **known = calloc(size, sizeof *known);
    made->trials = calloc(size, sizeof *made->trials);
    if (known == NULL || made->trials == NULL) {
        free(known);
        return weft_fail_memory(error, size * sizeof *made->trials);
    }
    for (size_t t = 0; t < study->n_trials; t++) {
        const weft_trial *trial = &study->trials[t];
        if (weft_trial_counts(trial) && isfinite(trial->metrics[metric])) {
            known[n++] = trial;
        }
    }
    qsort(known, n, sizeof *known, by_hash);
    for (size_t k = 0; k < n; k++) {
        if (k == 0 || known[k]->hash != known[k - 1]->hash) {
            made->trials[made->n++] = (size_t)(known[k] - study->trials);
        }
    }
    free(known);
    qsort(made->trials, (size_t)made->n, sizeof *made->trials, by_place);
    return WEFT_OK;
}

/* The architecture that a description names ("nasbench201@arch=333132"): its length, 0: none. */
static int architecture_of(const weft_trial *trial, const char **name) {
    const char *found = strstr(trial->description, "arch=");
    *name = found == NULL ? "" : found + 5;
    return (int)strcspn(*name, ",@ ");
}

/* Designs that differ in their architecture alone, and name it, are described by it: of cells more is
 * known than of their genes. *table stays NULL where they are not. */
static weft_status table_by_names(const weft_study *study, weft_metric metric,
                                  const weft_target *made, weft_device_table **table,
                                  weft_error *error) {
    char *text = NULL;
    size_t length = 0;
    bool named = true;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return weft_fail_memory(error, 1);
    }
    fprintf(out, "ops,%s\n", weft_metric_token(metric));
    for (int i = 0; i < made->n; i++) {
        const weft_trial *trial = &study->trials[made->trials[i]];
        const char *name;
        char number[40];
        int own = architecture_of(trial, &name);
        named = named && own > 0;
        fprintf(out, "\"%.*s\",%s\n", own, name,
                weft_real_text(trial->metrics[metric], number, sizeof number));
    }
    weft_device_table *read = NULL;
    weft_status status = fclose(out) != 0 ? weft_fail_memory(error, length) : WEFT_OK;
    if (status == WEFT_OK && named) {
        status = weft_device_table_parse(text, length, "designs", NULL, &read, error);
    }
    free(text);
    if (status == WEFT_OK && read != NULL && weft_device_table_architectures(read) == made->n) {
        *table = read;
        return WEFT_OK;
    }
    weft_device_table_destroy(read);
    return status == WEFT_ERROR_INPUT ? WEFT_OK : status;
}

static weft_status make_table(const weft_study *study, weft_metric metric, const weft_target *made,
                              weft_device_table **table, weft_error *error) {
    WEFT_TRY(table_by_names(study, metric, made, table, error));
    if (*table != NULL) {
        return WEFT_OK;
    }
    size_t genes = (size_t)study->genes.n_genes, n = (size_t)made->n;
    double *genomes = calloc((n + 1) * genes, sizeof *genomes);
    double *values = calloc(n + 1, sizeof *values);
    weft_status status = genomes != NULL && values != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, (n + 1) * genes * sizeof *genomes);
    for (size_t i = 0; i < n && status == WEFT_OK; i++) {
        const weft_trial *trial = &study->trials[made->trials[i]];
        memcpy(genomes + i * genes, trial->genome, genes * sizeof *genomes);
        values[i] = trial->metrics[metric];
    }
    if (status == WEFT_OK) {
        status = weft_device_table_from_genes(&study->genes, genomes, made->n,
                                              weft_metric_token(metric), values, table, error);
    }
    free(genomes);
    free(values);
    return status;
}

/* ---- measurements ---------------------------------------------------------------------------- */

static weft_status place_measurements(const weft_study *study, const size_t *trials,
                                      const double *values, int n, weft_target *made, int *places,
                                      double *taken, int *n_taken, weft_error *error) {
    *n_taken = 0;
    for (int k = 0; k < n; k++) {
        uint64_t hash = trials[k] < study->n_trials ? study->trials[trials[k]].hash : 0;
        int place = 0;
        while (place < made->n && study->trials[made->trials[place]].hash != hash) {
            place++;
        }
        if (trials[k] >= study->n_trials || place == made->n) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "trial %zu has no figures of its own to adapt: it is not feasible, or "
                             "not there",
                             trials[k]);
        }
        bool good = values[k] > 0.0 && isfinite(values[k]);
        if (good && isnan(made->measured[place])) {
            made->measured[place] = values[k];
            places[*n_taken] = place;
            taken[(*n_taken)++] = values[k];
        }
        made->failed += !good;
    }
    return WEFT_OK;
}

/* ---- fronts ---------------------------------------------------------------------------------- */

/* Objectives to be minimised, with `values` in place of the metric. */
static void objectives_of(const weft_study *study, weft_metric metric, const weft_target *made,
                          int i, const double *values, double *vector) {
    const weft_problem_info *info = &study->problem->info;
    const weft_trial *trial = &study->trials[made->trials[i]];
    for (int o = 0; o < info->n_objectives; o++) {
        bool swapped = info->objectives[o] == metric;
        double value = swapped ? values[i] : trial->metrics[info->objectives[o]];
        vector[o] = info->maximise[o] ? -value : value;
    }
}

/* Of those among `only` (NULL: all) with all figures. */
static weft_status find_front(const weft_study *study, weft_metric metric, const weft_target *made,
                              const double *values, const bool *only, int *found, int *n,
                              weft_error *error) {
    weft_archive *archive = NULL;
    WEFT_TRY(weft_archive_create(study->problem->info.n_objectives, &archive, error));
    weft_status status = WEFT_OK;
    for (int i = 0; i < made->n && status == WEFT_OK; i++) {
        double vector[WEFT_MAX_OBJECTIVES];
        bool kept;
        if (!isnan(values[i]) && (only == NULL || only[i])) {
            objectives_of(study, metric, made, i, values, vector);
            status = weft_archive_insert(archive, vector, (uint64_t)i, &kept, error);
        }
    }
    for (size_t k = 0; status == WEFT_OK && k < weft_archive_size(archive); k++) {
        int place = (int)weft_archive_id(archive, k), at = (*n)++;
        for (; at > 0 && values[found[at - 1]] > values[place]; at--) {
            found[at] = found[at - 1];
        }
        found[at] = place;
    }
    weft_archive_destroy(archive);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status check_metric(const weft_study *study, weft_metric metric, weft_error *error) {
    const weft_problem_info *info = &study->problem->info;
    bool found = false;
    for (int o = 0; o < info->n_objectives; o++) {
        found = found || info->objectives[o] == metric;
    }
    if (!found || info->n_objectives < 2) {
        weft_fail(
            error, WEFT_ERROR_INPUT,
            "the problem has no front with %s: a target's front needs it among two objectives "
            "or more",
            weft_metric_token(metric));
        weft_hint(error, "for example objectives: [accuracy max, %s min]",
                  weft_metric_token(metric));
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status take_room(weft_target *made, weft_error *error) {
    size_t n = (size_t)made->n + 1;
    made->predicted = malloc(n * sizeof *made->predicted);
    made->measured = malloc(n * sizeof *made->measured);
    made->candidates = malloc(n * sizeof *made->candidates);
    made->front = malloc(n * sizeof *made->front);
    if (made->predicted == NULL || made->measured == NULL || made->candidates == NULL ||
        made->front == NULL) {
        return weft_fail_memory(error, 4 * n * sizeof(double));
    }
    for (int i = 0; i < made->n; i++) {
        made->measured[i] = NAN;
    }
    return WEFT_OK;
}

/* Adapts the chip's figures to the measurements. */
static weft_status adapt(const weft_device_table *table, const weft_adapt_settings *settings,
                         const int *places, const double *values, int n, weft_target *made,
                         weft_error *error) {
    weft_adapter *adapter = NULL;
    weft_adaptation adaptation;
    WEFT_TRY(weft_adapter_create(table, 0, &adapter, error));
    weft_status status = weft_adapt(adapter, settings, places, values, n, &adaptation, error);
    weft_adapter_destroy(adapter);
    if (status != WEFT_OK) {
        return status;
    }
    memcpy(made->predicted, adaptation.predicted, (size_t)made->n * sizeof *made->predicted);
    made->fallback = adaptation.fallback;
    made->srcc_proxy = adaptation.srcc_proxy;
    made->srcc_loo = adaptation.srcc_loo;
    made->srcc_low = adaptation.srcc_low;
    made->n_measured = n;
    weft_adaptation_free(&adaptation);
    return WEFT_OK;
}

/* The designs that may be on the front are measured, or named to be; those that were measured are pruned by
 * what they have. */
static weft_status prune(const weft_study *study, weft_metric metric, weft_target *made,
                         weft_error *error) {
    WEFT_TRY(find_front(study, metric, made, made->predicted, NULL, made->candidates,
                        &made->n_candidates, error));
    return find_front(study, metric, made, made->measured, NULL, made->front, &made->n_front,
                      error);
}

static weft_status run(const weft_study *study, weft_metric metric, const size_t *trials,
                       const double *values, int n, const weft_adapt_settings *settings,
                       weft_target *made, weft_error *error) {
    weft_device_table *table = NULL;
    int *places = malloc(((size_t)n + 1) * sizeof *places), n_taken = 0;
    double *taken = malloc(((size_t)n + 1) * sizeof *taken);
    weft_status status = places != NULL && taken != NULL
                             ? take_designs(study, metric, made, error)
                             : weft_fail_memory(error, (size_t)n * sizeof *taken);
    if (status == WEFT_OK && made->n < 3) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "the study has %d feasible designs with %s, expected at least 3",
                           made->n, weft_metric_token(metric));
    }
    if (status == WEFT_OK) {
        status = take_room(made, error);
    }
    if (status == WEFT_OK) {
        status = place_measurements(study, trials, values, n, made, places, taken, &n_taken, error);
    }
    if (status == WEFT_OK) {
        status = make_table(study, metric, made, &table, error);
    }
    if (status == WEFT_OK && weft_device_table_architectures(table) != made->n) {
        status = weft_fail(error, WEFT_ERROR_INTERNAL, "two designs have the same genes");
    }
    if (status == WEFT_OK) {
        status = adapt(table, settings, places, taken, n_taken, made, error);
    }
    if (status == WEFT_OK) {
        status = prune(study, metric, made, error);
    }
    weft_device_table_destroy(table);
    free(places);
    free(taken);
    return status;
}

weft_status weft_study_target(const weft_study *study, weft_metric metric, const size_t *trials,
                              const double *values, int n, const weft_adapt_settings *settings,
                              weft_target *target, weft_error *error) {
    weft_target made = {0};
    WEFT_TRY(check_metric(study, metric, error));
    weft_status status = run(study, metric, trials, values, n, settings, &made, error);
    if (status != WEFT_OK) {
        weft_target_free(&made);
        return status;
    }
    *target = made;
    return WEFT_OK;
}
