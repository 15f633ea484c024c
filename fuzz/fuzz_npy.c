/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a NumPy array: read or refused, and what is read is finite and as many as its shape
 * says. */
#include "accuracy/tensor.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_tensors tensors = {0};
    weft_error error = {0};
    weft_status status = weft_npy_parse(bytes, size, "fuzz", &tensors, &error);
    require(status == WEFT_OK ? tensors.n == 1 : error.message[0] != '\0');
    for (int i = 0; i < tensors.n; i++) {
        weft_tensor *tensor = &tensors.items[i];
        size_t n = tensor->n;
        require(weft_tensor_count(tensor) && tensor->n == n && n <= size);
        for (size_t v = 0; v < n; v++) {
            require(isfinite(tensor->values[v]));
        }
    }
    weft_tensors_destroy(&tensors);
    return 0;
}
