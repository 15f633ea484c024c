/* SPDX-License-Identifier: Apache-2.0
 *
 * Asynchronous studies: who is free takes the next trial at once, beside those that are out, and nobody waits
 * for a batch. A trial gets the lowest number that is neither stored nor out. What is asked for depends on the
 * set of trials told and on the set of those out: with one worker that is the same study every time, with
 * several it depends on who was ready first. */
#include <stdlib.h>
#include <string.h>

#include "study/study.h"

/* ---- trials that are out ----------------------------------------------------------------------- */

/* The first place whose number is not below that. */
static int place_of(const weft_study *study, uint64_t number) {
    int place = 0;
    while (place < study->n_out && study->out[place].number < number) {
        place++;
    }
    return place;
}

const weft_out *weft_async_find(const weft_study *study, uint64_t number) {
    int place = place_of(study, number);
    bool found = place < study->n_out && study->out[place].number == number;
    return found ? &study->out[place] : NULL;
}

static weft_status grow(weft_study *study, weft_error *error) {
    int capacity = study->out_capacity == 0 ? 16 : 2 * study->out_capacity;
    weft_out *out = realloc(study->out, (size_t)capacity * sizeof *out);
    if (out == NULL) {
        return weft_fail_memory(error, (size_t)capacity * sizeof *out);
    }
    study->out = out;
    study->out_capacity = capacity;
    return WEFT_OK;
}

static weft_status add_out(weft_study *study, const weft_out *added, weft_error *error) {
    if (study->n_out == study->out_capacity) {
        WEFT_TRY(grow(study, error));
    }
    int place = place_of(study, added->number);
    memmove(&study->out[place + 1], &study->out[place],
            (size_t)(study->n_out - place) * sizeof *study->out);
    study->out[place] = *added;
    study->n_out++;
    return WEFT_OK;
}

static void remove_out(weft_study *study, uint64_t number) {
    int place = place_of(study, number);
    free(study->out[place].genome);
    study->n_out--;
    memmove(&study->out[place], &study->out[place + 1],
            (size_t)(study->n_out - place) * sizeof *study->out);
}

void weft_async_return(weft_study *study, uint64_t number) {
    study->out[place_of(study, number)].is_back = true;
}

/* The first trial that came back; NULL: none. */
static weft_out *find_back(const weft_study *study) {
    for (int i = 0; i < study->n_out; i++) {
        if (study->out[i].is_back) {
            return &study->out[i];
        }
    }
    return NULL;
}

void weft_async_free(weft_study *study) {
    for (int i = 0; i < study->n_out; i++) {
        free(study->out[i].genome);
    }
    free(study->out);
    study->out = NULL;
    study->n_out = study->out_capacity = 0;
}

/* ---- the next trial ---------------------------------------------------------------------------- */

/* The genomes that are out and that the optimizer does not know, row by row; the caller frees them. Those
 * that go on it was told. */
static weft_status copy_out(const weft_study *study, double **genomes, int *n, weft_error *error) {
    size_t genes = (size_t)study->genes.n_genes;
    double *rows = calloc((size_t)study->n_out * genes + 1, sizeof *rows);
    if (rows == NULL) {
        return weft_fail_memory(error, (size_t)study->n_out * genes * sizeof *rows);
    }
    *n = 0;
    for (int i = 0; i < study->n_out; i++) {
        if (study->brackets == NULL || study->out[i].job.begins) {
            memcpy(&rows[(size_t)(*n)++ * genes], study->out[i].genome, genes * sizeof *rows);
        }
    }
    *genomes = rows;
    return WEFT_OK;
}

/* The lowest number that is free; trials up to n_closed are stored. */
static uint64_t free_number(weft_study *study) {
    while (weft_study_find(study, study->n_closed) != SIZE_MAX) {
        study->n_closed++;
    }
    uint64_t number = study->n_closed;
    while (weft_async_find(study, number) != NULL || weft_study_find(study, number) != SIZE_MAX) {
        number++;
    }
    return number;
}

static weft_status ask(weft_study *study, weft_out *next, weft_error *error) {
    double *out = NULL;
    int n_out = 0;
    int given = 1;
    WEFT_TRY(copy_out(study, &out, &n_out, error));
    weft_status status = study->brackets != NULL
                             ? weft_study_plan(study, out, n_out, &next->job, next->genome, error)
                             : weft_optimizer_ask_beside(study->optimizer, out, n_out, next->number,
                                                         1, next->genome, &given, error);
    free(out);
    return status;
}

weft_status weft_async_begin(weft_study *study, weft_trial *trial, weft_error *error) {
    size_t bytes = (size_t)study->genes.n_genes * sizeof(double);
    weft_out next = {.number = free_number(study)};
    weft_out *back = find_back(study);
    if (back != NULL) {
        back->is_back = false;
        weft_trial_begin(study, back->number, back->genome,
                         study->brackets != NULL ? &back->job : NULL, trial);
        return WEFT_OK;
    }
    if (next.number >= (uint64_t)study->problem->info.trials) {
        return WEFT_DONE;
    }
    WEFT_TRY(weft_steer_take(study, next.number, error));
    next.genome = malloc(bytes);
    if (next.genome == NULL) {
        return weft_fail_memory(error, bytes);
    }
    weft_status status = ask(study, &next, error);
    if (status == WEFT_OK) {
        next.hash = weft_problem_hash(study->problem, next.genome);
        status = add_out(study, &next, error);
    }
    if (status != WEFT_OK) {
        free(next.genome);
        return status;
    }
    weft_trial_begin(study, next.number, next.genome, study->brackets != NULL ? &next.job : NULL,
                     trial);
    return WEFT_OK;
}

weft_status weft_async_end(weft_study *study, const weft_trial *trial, weft_error *error) {
    WEFT_TRY(weft_store_add_trial(study->store, trial, study->genes.n_genes, error));
    WEFT_TRY(weft_study_keep(study, trial, error));
    size_t index = weft_study_find(study, trial->number);
    WEFT_TRY(weft_study_learn(study, &study->trials[index], error));
    remove_out(study, trial->number);
    return WEFT_OK;
}

weft_status weft_async_resume(weft_study *study, weft_error *error) {
    for (size_t t = 0; t < study->n_trials; t++) {
        WEFT_TRY(weft_study_learn(study, &study->trials[t], error));
    }
    return WEFT_OK;
}
