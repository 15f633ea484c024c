/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an IDX file: read or refused, and what is read lies within them. */
#include "learn/data.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_idx_view view;
    weft_error error;
    if (weft_idx_parse_images(bytes, size, &view, &error) == WEFT_OK) {
        uint64_t values = (uint64_t)view.n * (uint64_t)view.shape.channels *
                          (uint64_t)view.shape.height * (uint64_t)view.shape.width;
        if ((uint64_t)(view.bytes - bytes) + values != size) {
            abort();
        }
    }
    if (weft_idx_parse_labels(bytes, size, &view, &error) == WEFT_OK &&
        (uint64_t)(view.bytes - bytes) + (uint64_t)view.n != size) {
        abort();
    }
    return 0;
}
