/* SPDX-License-Identifier: Apache-2.0
 *
 * The other kinds together: the mean of what they say, weighted by 1 / mse^2 of their own
 * cross-validation on the same samples, so that one that is off by twice as much counts a sixteenth.
 * Its deviation is that of the mixture: sqrt(sum_m w_m (d_m^2 + (y_m - y)^2)). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/model.h"
#include "base/rng.h"

enum { MEMBERS = 3, FOLDS = 4 };

static const weft_model_kind *const kinds[MEMBERS] = {&weft_model_net, &weft_model_trees,
                                                      &weft_model_gp};

typedef struct ensemble {
    void *members[MEMBERS];
    float weights[MEMBERS]; /* their sum is 1 */
} ensemble;

static void destroy(void *state) {
    ensemble *made = state;
    if (made != NULL) {
        for (int m = 0; m < MEMBERS; m++) {
            kinds[m]->destroy(made->members[m]);
        }
        free(made);
    }
}

/* ---- weights ----------------------------------------------------------------------------------- */

typedef struct folds {
    const weft_samples *all;
    uint32_t *order; /* (n) */
    float *rows;     /* (n, columns) of a fold's training part */
    float *targets;  /* (n) */
} folds;

/* The squared error of a kind on fold f, fitted to the others. */
static weft_status test_fold(const folds *work, const weft_model_kind *kind, int f,
                             const weft_model_options *options, double *squares,
                             weft_error *error) {
    const weft_samples *all = work->all;
    size_t columns = (size_t)all->features->n_columns;
    weft_samples part = {.features = all->features, .rows = work->rows, .targets = work->targets};
    void *state = NULL;
    for (int i = 0; i < all->n; i++) {
        size_t from = work->order[i];
        if (i % FOLDS != f) {
            memcpy(work->rows + (size_t)part.n * columns, all->rows + from * columns,
                   columns * sizeof(float));
            work->targets[part.n++] = all->targets[from];
        }
    }
    WEFT_TRY(kind->fit(&part, options, &state, error));
    void *room = malloc(kind->scratch(state));
    if (room == NULL) {
        kind->destroy(state);
        return weft_fail_memory(error, 4096);
    }
    for (int i = f; i < all->n; i += FOLDS) {
        double mean = 0.0;
        size_t from = work->order[i];
        kind->predict(state, all->rows + from * columns, room, &mean, NULL);
        *squares += (mean - (double)all->targets[from]) * (mean - (double)all->targets[from]);
    }
    free(room);
    kind->destroy(state);
    return WEFT_OK;
}

static weft_status weigh(ensemble *made, const folds *work, const weft_model_options *options,
                         weft_error *error) {
    double sum = 0.0;
    double weights[MEMBERS];
    for (int m = 0; m < MEMBERS; m++) {
        double squares = 0.0;
        for (int f = 0; f < FOLDS; f++) {
            weft_model_options own = *options;
            own.seed = weft_model_seed(options->seed, (uint64_t)(100 + m * FOLDS + f));
            WEFT_TRY(test_fold(work, kinds[m], f, &own, &squares, error));
        }
        double mse = squares / work->all->n + 1e-6;
        weights[m] = 1.0 / (mse * mse);
        sum += weights[m];
    }
    for (int m = 0; m < MEMBERS; m++) {
        made->weights[m] = (float)(weights[m] / sum);
    }
    return WEFT_OK;
}

static weft_status find_weights(ensemble *made, const weft_samples *samples,
                                const weft_model_options *options, weft_error *error) {
    size_t n = (size_t)samples->n;
    size_t columns = (size_t)samples->features->n_columns;
    folds work = {.all = samples,
                  .order = calloc(n, sizeof *work.order),
                  .rows = malloc(n * columns * sizeof *work.rows),
                  .targets = malloc(n * sizeof *work.targets)};
    weft_status status = WEFT_OK;
    if (work.order == NULL || work.rows == NULL || work.targets == NULL) {
        status = weft_fail_memory(error, n * columns * sizeof *work.rows);
    } else {
        for (size_t i = 0; i < n; i++) {
            work.order[i] = (uint32_t)i;
        }
        weft_rng rng = weft_rng_make(options->seed, WEFT_PURPOSE_SPLIT, 0);
        weft_rng_shuffle(&rng, work.order, n);
        status = weigh(made, &work, options, error);
    }
    free(work.order);
    free(work.rows);
    free(work.targets);
    return status;
}

/* ---- the kind ---------------------------------------------------------------------------------- */

static weft_status fit(const weft_samples *samples, const weft_model_options *options, void **state,
                       weft_error *error) {
    void *made = NULL;
    WEFT_TRY(weft_model_room(sizeof(ensemble), &made, error));
    ensemble *at = made;
    weft_status status = find_weights(at, samples, options, error);
    for (int m = 0; m < MEMBERS && status == WEFT_OK; m++) {
        weft_model_options own = *options;
        own.seed = weft_model_seed(options->seed, (uint64_t)m);
        status = kinds[m]->fit(samples, &own, &at->members[m], error);
    }
    if (status != WEFT_OK) {
        destroy(at);
        return status;
    }
    *state = at;
    return WEFT_OK;
}

static size_t scratch(const void *state) {
    const ensemble *made = state;
    size_t most = 0;
    for (int m = 0; m < MEMBERS; m++) {
        size_t one = kinds[m]->scratch(made->members[m]);
        most = one > most ? one : most;
    }
    return most;
}

static void predict(const void *state, const float *row, void *room, double *mean,
                    double *deviation) {
    const ensemble *made = state;
    double means[MEMBERS];
    double deviations[MEMBERS];
    double sum = 0.0;
    for (int m = 0; m < MEMBERS; m++) {
        kinds[m]->predict(made->members[m], row, room, &means[m],
                          deviation != NULL ? &deviations[m] : NULL);
        sum += (double)made->weights[m] * means[m];
    }
    *mean = sum;
    if (deviation != NULL) {
        double variance = 0.0;
        for (int m = 0; m < MEMBERS; m++) {
            variance += (double)made->weights[m] *
                        (deviations[m] * deviations[m] + (means[m] - sum) * (means[m] - sum));
        }
        *deviation = sqrt(variance);
    }
}

static void member_prefix(const char *prefix, int m, char *to) {
    snprintf(to, WEFT_MODEL_PREFIX, "%.16s%s.", prefix, kinds[m]->name);
}

static weft_status save(const void *state, const char *prefix, weft_tensors *arrays,
                        weft_error *error) {
    const ensemble *made = state;
    WEFT_TRY(weft_model_put(arrays, prefix, "shares", 1, MEMBERS, made->weights, error));
    for (int m = 0; m < MEMBERS; m++) {
        char own[WEFT_MODEL_PREFIX];
        member_prefix(prefix, m, own);
        WEFT_TRY(kinds[m]->save(made->members[m], own, arrays, error));
    }
    return WEFT_OK;
}

static weft_status load(const weft_features *features, const char *prefix,
                        const weft_tensors *arrays, void **state, weft_error *error) {
    const weft_tensor *shares = NULL;
    void *made = NULL;
    WEFT_TRY(weft_model_take(arrays, prefix, "shares", 1, MEMBERS, &shares, error));
    WEFT_TRY(weft_model_room(sizeof(ensemble), &made, error));
    ensemble *at = made;
    weft_status status = WEFT_OK;
    memcpy(at->weights, shares->values, sizeof at->weights);
    for (int m = 0; m < MEMBERS && status == WEFT_OK; m++) {
        char own[WEFT_MODEL_PREFIX];
        member_prefix(prefix, m, own);
        status = kinds[m]->load(features, own, arrays, &at->members[m], error);
    }
    if (status != WEFT_OK) {
        destroy(at);
        return status;
    }
    *state = at;
    return WEFT_OK;
}

const weft_model_kind weft_model_ensemble = {
    .name = "ensemble",
    .fit = fit,
    .destroy = destroy,
    .scratch = scratch,
    .predict = predict,
    .save = save,
    .load = load,
};
