/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a safetensors file: read or refused; what is read comes back the same when it is
 * written, as a bundle of arrays and as weights, which are finite. */
#include "accuracy/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static void compare(const weft_tensors *a, const weft_tensors *b) {
    require(a->n == b->n);
    for (int i = 0; i < a->n; i++) {
        const weft_tensor *one = &a->items[i];
        const weft_tensor *other = weft_tensors_find(b, one->name);
        require(other != NULL && one->n == other->n && one->n_dims == other->n_dims);
        require(memcmp(one->dims, other->dims, (size_t)one->n_dims * sizeof one->dims[0]) == 0);
        require(memcmp(one->values, other->values, one->n * sizeof *one->values) == 0);
        for (size_t v = 0; v < one->n; v++) {
            require(isfinite(one->values[v]));
        }
    }
}

static void compare_bundles(const weft_bundle *a, const weft_bundle *b) {
    require(a->n_arrays == b->n_arrays && b->has_checksum);
    for (int i = 0; i < a->n_arrays; i++) {
        const weft_bundle_array *one = &a->arrays[i];
        const weft_bundle_array *other = weft_bundle_find(b, one->name);
        require(other != NULL && one->kind == other->kind && one->n == other->n);
        require(one->n_dims == other->n_dims);
        require(memcmp(one->dims, other->dims, sizeof one->dims) == 0);
        require(memcmp(one->values, other->values, one->n * weft_bundle_value_bytes(one->kind)) ==
                0);
    }
    for (int i = 0; i < a->n_texts; i++) {
        const char *other = weft_bundle_get_text(b, a->texts[i].key);
        require(other != NULL);
        require(strcmp(a->texts[i].key, "weft_xxh3") == 0 || strcmp(other, a->texts[i].value) == 0);
    }
}

static void try_bundle(const uint8_t *bytes, size_t size) {
    weft_bundle bundle = {0}, again = {0};
    weft_error error = {0};
    uint8_t *written = NULL;
    size_t length = 0;
    if (weft_bundle_parse(bytes, size, &bundle, &error) != WEFT_OK) {
        require(error.message[0] != '\0');
        return;
    }
    require(weft_bundle_write(bundle.arrays, bundle.n_arrays, bundle.texts, bundle.n_texts,
                              &written, &length, &error) == WEFT_OK);
    require(weft_bundle_parse(written, length, &again, &error) == WEFT_OK);
    compare_bundles(&bundle, &again);
    free(written);
    weft_bundle_destroy(&again);
    weft_bundle_destroy(&bundle);
}

static void try_tensors(const uint8_t *bytes, size_t size) {
    weft_tensors tensors = {0};
    weft_error error = {0};
    if (weft_safetensors_parse(bytes, size, &tensors, &error) != WEFT_OK) {
        require(error.message[0] != '\0');
        weft_tensors_destroy(&tensors);
        return;
    }
    weft_tensors again = {0};
    uint8_t *written = NULL;
    size_t length = 0;
    require(weft_safetensors_write(&tensors, &written, &length, &error) == WEFT_OK);
    require(weft_safetensors_parse(written, length, &again, &error) == WEFT_OK);
    compare(&tensors, &again);
    free(written);
    weft_tensors_destroy(&again);
    weft_tensors_destroy(&tensors);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    try_bundle(bytes, size);
    try_tensors(bytes, size);
    return 0;
}
