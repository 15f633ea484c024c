/* SPDX-License-Identifier: Apache-2.0
 * The table of kinds of models, and what they share. */
#include "accuracy/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#define MODEL_MAP(X)                                                                               \
    X("ensemble", weft_model_ensemble)                                                             \
    X("mlp", weft_model_net)                                                                       \
    X("trees", weft_model_trees)                                                                   \
    X("gp", weft_model_gp)

const char *const *weft_model_names(void) {
#define MODEL_NAME(name, model) name,
    static const char *const names[] = {MODEL_MAP(MODEL_NAME) NULL};
#undef MODEL_NAME
    return names;
}

const weft_model_kind *weft_model_find(const char *name) {
#define MODEL_MATCH(word, model)                                                                   \
    if (strcmp(name, word) == 0) {                                                                 \
        return &(model);                                                                           \
    }
    MODEL_MAP(MODEL_MATCH)
#undef MODEL_MATCH
    return NULL;
}

weft_status weft_model_put(weft_tensors *arrays, const char *prefix, const char *name, int rows,
                           int columns, const float *values, weft_error *error) {
    weft_tensor array = {.n_dims = 2, .dims = {rows, columns}};
    size_t n = (size_t)rows * (size_t)columns;
    snprintf(array.name, sizeof array.name, "%s%s", prefix, name);
    uint8_t *bytes = malloc(n * sizeof(float));
    if (bytes == NULL) {
        return weft_fail_memory(error, n * sizeof(float));
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, &values[i], sizeof word);
        for (size_t b = 0; b < sizeof word; b++) {
            bytes[i * sizeof word + b] = (uint8_t)(word >> 8 * b);
        }
    }
    weft_status status =
        weft_tensor_count(&array)
            ? weft_tensors_add(arrays, &array, WEFT_REAL_32, false, bytes, error)
            : weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" has no values", array.name);
    free(bytes);
    return status;
}

weft_status weft_model_take(const weft_tensors *arrays, const char *prefix, const char *name,
                            int rows, int columns, const weft_tensor **array, weft_error *error) {
    char full[WEFT_TENSOR_NAME];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const weft_tensor *found = weft_tensors_find(arrays, full);
    if (found == NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there is no array \"%s\"", full);
    }
    char shape[80];
    bool fits = found->n_dims == 2 && (rows < 0 || found->dims[0] == rows) &&
                (columns < 0 || found->dims[1] == columns);
    if (!fits) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\" is %s, expected %d x %d (-1: any number)", full,
                         weft_tensor_shape(found, shape, sizeof shape), rows, columns);
    }
    *array = found;
    return WEFT_OK;
}

uint64_t weft_model_seed(uint64_t seed, uint64_t part) {
    const uint64_t both[2] = {seed, part};
    return weft_hash(both, sizeof both, 0);
}

weft_status weft_model_room(size_t size, void **state, weft_error *error) {
    void *made = calloc(1, size);
    if (made == NULL) {
        return weft_fail_memory(error, size);
    }
    *state = made;
    return WEFT_OK;
}
