/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a PNG file, decoded both ways and scaled. */
#include "learn/data.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t planar[3 * 5 * 7];
    for (int channels = 1; channels <= 3; channels += 2) {
        /* Width and height stand at 16 .. 23: large ones are legal, but only slow here. */
        if (size > 24 && (bytes[16] | bytes[17] | bytes[18] | bytes[20] | bytes[21] | bytes[22])) {
            return 0;
        }
        weft_picture picture;
        weft_error error;
        if (weft_png_decode(bytes, size, channels, &picture, &error) == WEFT_OK) {
            weft_picture_store(&picture, (weft_shape){channels, 5, 7}, planar);
            free(picture.pixels);
        }
    }
    return 0;
}
