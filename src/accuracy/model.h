/* SPDX-License-Identifier: Apache-2.0
 *
 * A kind of model that learns from rows of features (features.h): one file that fills one struct of
 * functions, named in one table (model.c). Targets come standardised (mean 0, deviation 1) or near it,
 * and so do predictions; what they stand for is surrogate.c's.
 *
 * To add a kind: write model_NAME.c, declare its struct below, and add the row. */
#ifndef WEFT_ACCURACY_MODEL_H
#define WEFT_ACCURACY_MODEL_H

#include "accuracy/features.h"
#include "accuracy/tensor.h"

enum { WEFT_MODEL_MAX_ROWS = 20000, WEFT_MODEL_PREFIX = 32 };

/* What a model learns from. */
typedef struct weft_samples {
    const weft_features *features;
    int n;
    const float *rows;    /* (n, n_columns) */
    const float *targets; /* (n) */
} weft_samples;

typedef struct weft_model_options {
    weft_model_loss loss; /* of the perceptron */
    uint64_t seed;
    const weft_stop *stop;
} weft_model_options;

typedef struct weft_model_kind {
    const char *name;

    /* Learns from at least 8 rows; the samples and their features outlive the state. The state is a
     * pure function of samples, loss and seed. WEFT_STOPPED: a stop was requested. */
    weft_status (*fit)(const weft_samples *samples, const weft_model_options *options, void **state,
                       weft_error *error);
    void (*destroy)(void *state);

    /* Bytes that a prediction works in, a multiple of 8. */
    size_t (*scratch)(const void *state);

    /* Predicts a row: what is expected, and how far the model takes itself to be off; `deviation` may
     * be NULL, where that costs more. Called from several threads at once. */
    void (*predict)(const void *state, const float *row, void *scratch, double *mean,
                    double *deviation);

    /* Appends the state to *arrays under names that begin with `prefix`, and reads it again: the same
     * predictions to the bit. WEFT_ERROR_INPUT: arrays that are missing, or of another shape. */
    weft_status (*save)(const void *state, const char *prefix, weft_tensors *arrays,
                        weft_error *error);
    weft_status (*load)(const weft_features *features, const char *prefix,
                        const weft_tensors *arrays, void **state, weft_error *error);
} weft_model_kind;

extern const weft_model_kind weft_model_net, weft_model_trees, weft_model_gp, weft_model_ensemble;

/* NULL: there is none of that name. And all names, NULL-terminated. */
const weft_model_kind *weft_model_find(const char *name);

/* ---- for the kinds ------------------------------------------------------------------------------ */

/* Appends an array "PREFIXNAME" of rows x columns. */
weft_status weft_model_put(weft_tensors *arrays, const char *prefix, const char *name, int rows,
                           int columns, const float *values, weft_error *error) WEFT_NODISCARD;

/* The array "PREFIXNAME", whose shape must be rows x columns; -1 stands for any number. */
weft_status weft_model_take(const weft_tensors *arrays, const char *prefix, const char *name,
                            int rows, int columns, const weft_tensor **array,
                            weft_error *error) WEFT_NODISCARD;

/* A seed of its own for part `part` of what `seed` is for. */
uint64_t weft_model_seed(uint64_t seed, uint64_t part);

/* A state of `size` zeroed bytes, or an error. */
weft_status weft_model_room(size_t size, void **state, weft_error *error) WEFT_NODISCARD;

#endif
