/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums, products and copies along the channels. */
#include "learn/kernel/join.h"

#include <string.h>

#include "learn/kernel/array.h"
#include "learn/kernel/inner.h"

/* Sums over the positions of an image are made for so many channels at once, in f32 over so many
 * positions. */
enum { SUM_CHANNELS = 128, SUM_POSITIONS = 256 };

#define WEFT_BODY "learn/kernel/join_body.h"
#include "learn/kernel/each_type.h"

void weft_add(weft_type type, bool relu, const void *a, const void *b, void *y, size_t n) {
    switch (type) {
    case WEFT_F32:
        add_f32(relu, a, b, y, n);
        return;
    case WEFT_BF16:
        add_bf16(relu, a, b, y, n);
        return;
    }
}

void weft_multiply(weft_type type, const void *a, const void *b, void *y, size_t n) {
    switch (type) {
    case WEFT_F32:
        multiply_f32(a, b, y, n);
        return;
    case WEFT_BF16:
        multiply_bf16(a, b, y, n);
        return;
    }
}

void weft_multiply_channels(weft_type type, const void *x, const void *s, void *y, size_t images,
                            size_t positions, size_t channels) {
    switch (type) {
    case WEFT_F32:
        multiply_images_f32(x, s, y, images, positions, channels);
        return;
    case WEFT_BF16:
        multiply_images_bf16(x, s, y, images, positions, channels);
        return;
    }
}

void weft_multiply_channels_sum(weft_type type, const void *x, const void *dy, void *ds,
                                size_t images, size_t positions, size_t channels) {
    switch (type) {
    case WEFT_F32:
        sum_images_f32(x, dy, ds, images, positions, channels);
        return;
    case WEFT_BF16:
        sum_images_bf16(x, dy, ds, images, positions, channels);
        return;
    }
}

void weft_channels_copy(weft_type type, const void *x, weft_channels from, void *y,
                        weft_channels to, size_t channels, size_t positions) {
    size_t size = weft_type_size(type);
    const char *source = (const char *)x + from.first * size;
    char *target = (char *)y + to.first * size;
    for (size_t p = 0; p < positions; p++) {
        memcpy(target + p * to.of * size, source + p * from.of * size, channels * size);
    }
}

void weft_channels_clear(weft_type type, void *y, weft_channels to, size_t channels,
                         size_t positions) {
    size_t size = weft_type_size(type);
    char *target = (char *)y + to.first * size;
    for (size_t p = 0; p < positions; p++) {
        memset(target + p * to.of * size, 0, channels * size);
    }
}

void weft_dropout(weft_type type, const void *x, const uint8_t *kept, float factor, void *y,
                  size_t n) {
    switch (type) {
    case WEFT_F32:
        drop_f32(x, kept, factor, y, n);
        return;
    case WEFT_BF16:
        drop_bf16(x, kept, factor, y, n);
        return;
    }
}

void weft_drop_path(weft_type type, const void *x, const float *factor, void *y, size_t images,
                    size_t size) {
    const size_t bytes = size * weft_type_size(type);
    for (size_t i = 0; i < images; i++) {
        const void *from = (const char *)x + i * bytes;
        void *to = (char *)y + i * bytes;
        if (factor[i] != 0.0F) {
            weft_array_scale(type, factor[i], from, to, size);
        } else {
            memset(to, 0, bytes);
        }
    }
}
