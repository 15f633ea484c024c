/* SPDX-License-Identifier: Apache-2.0
 * Which genes matter in the trials of a study. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/study.h"

/* ---- importance ------------------------------------------------------------------------------ */

/* The value of a trial that counts; NaN: it does not. */
static double value_of(const weft_trial *trial, weft_metric metric, bool logarithm) {
    if (!weft_trial_counts(trial)) {
        return NAN;
    }
    double value = metric == WEFT_METRIC_COUNT ? trial->score : trial->metrics[metric];
    value = logarithm ? value > 0.0 ? log(value) : NAN : value;
    return isfinite(value) ? value : NAN;
}

static size_t count_known(const weft_study *study, weft_metric metric, bool logarithm) {
    size_t n = 0;
    for (size_t t = 0; t < study->n_trials; t++) {
        n += !isnan(value_of(&study->trials[t], metric, logarithm));
    }
    return n;
}

weft_status weft_study_importance(const weft_study *study, weft_metric metric, bool logarithm,
                                  size_t most, const weft_importance_settings *settings,
                                  weft_importance **importance, weft_error *error) {
    size_t n_genes = (size_t)study->genes.n_genes;
    size_t known = count_known(study, metric, logarithm);
    size_t n = most > 0 && most < known ? most : known;
    double *genomes = calloc((n + 1) * n_genes, sizeof *genomes);
    double *values = calloc(n + 1, sizeof *values);
    weft_status status = WEFT_OK;
    if (genomes == NULL || values == NULL) {
        status = weft_fail_memory(error, (n + 1) * n_genes * sizeof *genomes);
    }
    size_t taken = 0;
    size_t seen = 0;
    for (size_t t = 0; status == WEFT_OK && t < study->n_trials; t++) {
        double value = value_of(&study->trials[t], metric, logarithm);
        if (isnan(value)) {
            continue;
        }
        /* the k-th taken is the first at or behind place k known / n */
        if (taken < n && seen * n >= taken * known) {
            memcpy(genomes + taken * n_genes, study->trials[t].genome, n_genes * sizeof *genomes);
            values[taken++] = value;
        }
        seen++;
    }
    if (status == WEFT_OK) {
        status =
            weft_importance_of(&study->genes, genomes, values, taken, settings, importance, error);
    }
    free(genomes);
    free(values);
    return status;
}

/* ---- separation ------------------------------------------------------------------------------ */

/* The trials that are ok, and which of them are members. */
typedef struct sample {
    double *genomes;
    bool *member;
    size_t *place; /* (trials of the study): in the sample */
    size_t n, n_members;
} sample;

typedef struct ranked {
    double value;
    size_t place;
} ranked;

static int by_value(const void *left, const void *right) {
    const ranked *a = left;
    const ranked *b = right;
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    return (a->place > b->place) - (a->place < b->place);
}

static weft_status mark_front(const weft_study *study, sample *of, weft_error *error) {
    size_t *front = NULL;
    WEFT_TRY(weft_study_front(study, &front, &of->n_members, error));
    for (size_t i = 0; i < of->n_members; i++) {
        of->member[of->place[front[i]]] = true;
    }
    free(front);
    return WEFT_OK;
}

/* One best design would tell nothing: the best tenth is what is looked at, at least one. */
static weft_status mark_best(const weft_study *study, sample *of, weft_error *error) {
    ranked *all = calloc(of->n + 1, sizeof *all);
    if (all == NULL) {
        return weft_fail_memory(error, (of->n + 1) * sizeof *all);
    }
    size_t n = 0;
    for (size_t t = 0; t < study->n_trials; t++) {
        if (weft_trial_counts(&study->trials[t])) {
            weft_problem_objectives(study->problem, &study->trials[t], &all[n].value);
            all[n].place = n;
            n++;
        }
    }
    qsort(all, n, sizeof *all, by_value);
    of->n_members = (n + 9) / 10;
    for (size_t i = 0; i < of->n_members; i++) {
        of->member[all[i].place] = true;
    }
    free(all);
    return WEFT_OK;
}

static weft_status take_sample(const weft_study *study, sample *of, weft_error *error) {
    size_t n_genes = (size_t)study->genes.n_genes;
    of->genomes = calloc((study->n_trials + 1) * n_genes, sizeof *of->genomes);
    of->member = calloc(study->n_trials + 1, sizeof *of->member);
    of->place = calloc(study->n_trials + 1, sizeof *of->place);
    if (of->genomes == NULL || of->member == NULL || of->place == NULL) {
        return weft_fail_memory(error, (study->n_trials + 1) * n_genes * sizeof *of->genomes);
    }
    for (size_t t = 0; t < study->n_trials; t++) {
        if (weft_trial_counts(&study->trials[t])) {
            of->place[t] = of->n;
            memcpy(of->genomes + of->n * n_genes, study->trials[t].genome,
                   n_genes * sizeof *of->genomes);
            of->n++;
        }
    }
    return study->problem->info.n_objectives > 1 ? mark_front(study, of, error)
                                                 : mark_best(study, of, error);
}

weft_status weft_study_separation(const weft_study *study, uint64_t seed,
                                  weft_separation **separation, size_t *n_members,
                                  weft_error *error) {
    sample of = {.n = 0};
    weft_status status = take_sample(study, &of, error);
    if (status == WEFT_OK) {
        status =
            weft_separation_of(&study->genes, of.genomes, of.member, of.n, seed, separation, error);
    }
    if (status == WEFT_OK) {
        *n_members = of.n_members;
    }
    free(of.genomes);
    free(of.member);
    free(of.place);
    return status;
}
