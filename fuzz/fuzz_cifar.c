/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as CIFAR records. The first byte says of which kind and how many times they are
 * appended; the rest is repeated up to whole records, so that the length alone does not stop it. */
#include "learn/data.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) {
        return 0;
    }
    const bool coarse = bytes[0] & 1;
    const size_t length = (bytes[0] >> 1 & 3) * (size_t)(3073 + coarse) + (bytes[0] >> 3 & 1);
    uint8_t *records = malloc(length + 1);
    if (records == NULL) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        records[i] = bytes[1 + i % (size - 1)];
    }
    weft_images images = {0};
    weft_error error;
    for (int round = 0; round < 2; round++) {
        int64_t before = images.n;
        bool read = weft_cifar_parse(records, length, coarse, &images, &error) == WEFT_OK;
        if (images.n != before + (read ? (int64_t)(length / (3073 + coarse)) : 0)) {
            abort();
        }
    }
    for (int64_t i = 0; i < images.n; i++) {
        if (images.labels[i] >= (coarse ? 100 : 10)) {
            abort();
        }
    }
    weft_images_free(&images);
    free(records);
    return 0;
}
