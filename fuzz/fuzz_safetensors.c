/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a safetensors file: read or refused; what is read is finite, and comes back the same
 * when it is written. */
#include "accuracy/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_tensors tensors = {0};
    weft_error error = {0};
    if (weft_safetensors_parse(bytes, size, &tensors, &error) != WEFT_OK) {
        require(error.message[0] != '\0');
        weft_tensors_destroy(&tensors);
        return 0;
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
    return 0;
}
