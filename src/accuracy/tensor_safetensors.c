/* SPDX-License-Identifier: Apache-2.0
 * Weights from and to .safetensors files: the format is learn/safetensors.h. */
#include "accuracy/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/safetensors.h"

_Static_assert((int)WEFT_TENSOR_MAX_DIMS == (int)WEFT_BUNDLE_MAX_DIMS, "dims are copied");

static bool find_kind(weft_bundle_kind kind, weft_real_kind *real) {
    static const struct {
        weft_bundle_kind kind;
        weft_real_kind real;
    } reals[] = {
        {WEFT_BUNDLE_F16, WEFT_REAL_16},
        {WEFT_BUNDLE_BF16, WEFT_REAL_BRAIN_16},
        {WEFT_BUNDLE_F32, WEFT_REAL_32},
        {WEFT_BUNDLE_F64, WEFT_REAL_64},
    };
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        if (reals[i].kind == kind) {
            *real = reals[i].real;
            return true;
        }
    }
    return false;
}

static weft_status take_array(const weft_bundle_array *array, weft_tensors *tensors,
                              weft_error *error) {
    weft_tensor tensor = {.n_dims = array->n_dims};
    weft_real_kind real = WEFT_REAL_32;
    if (!find_kind(array->kind, &real)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\" is of kind %s, expected reals: F16, BF16, F32 or F64",
                         array->name, weft_bundle_word(array->kind));
    }
    if (strlen(array->name) >= sizeof tensor.name) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the name \"%.40s...\" has more than %d bytes",
                         array->name, WEFT_TENSOR_NAME - 1);
    }
    snprintf(tensor.name, sizeof tensor.name, "%s", array->name);
    memcpy(tensor.dims, array->dims, sizeof tensor.dims);
    if (!weft_tensor_count(&tensor)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" is too large", array->name);
    }
    return weft_tensors_add(tensors, &tensor, real, false, array->values, error);
}

weft_status weft_safetensors_parse(const uint8_t *bytes, size_t size, weft_tensors *tensors,
                                   weft_error *error) {
    weft_bundle bundle = {0};
    WEFT_TRY(weft_bundle_parse(bytes, size, &bundle, error));
    weft_status status = bundle.n_arrays > 0
                             ? WEFT_OK
                             : weft_fail(error, WEFT_ERROR_INPUT, "the file holds no array");
    for (int i = 0; status == WEFT_OK && i < bundle.n_arrays; i++) {
        status = take_array(&bundle.arrays[i], tensors, error);
    }
    weft_bundle_destroy(&bundle);
    return status;
}

weft_status weft_safetensors_write(const weft_tensors *tensors, uint8_t **bytes, size_t *size,
                                   weft_error *error) {
    weft_bundle_array *arrays = calloc((size_t)tensors->n + 1, sizeof *arrays);
    if (arrays == NULL) {
        return weft_fail_memory(error, ((size_t)tensors->n + 1) * sizeof *arrays);
    }
    for (int i = 0; i < tensors->n; i++) {
        const weft_tensor *tensor = &tensors->items[i];
        arrays[i] = (weft_bundle_array){
            .name = tensor->name,
            .kind = WEFT_BUNDLE_F32,
            .n_dims = tensor->n_dims,
            .n = tensor->n,
            .values = tensor->values,
        };
        memcpy(arrays[i].dims, tensor->dims, sizeof tensor->dims);
    }
    weft_status status = weft_bundle_write(arrays, tensors->n, NULL, 0, bytes, size, error);
    free(arrays);
    return status;
}
