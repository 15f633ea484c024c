/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens are rows of channels: most of it is copying. */
#include "learn/kernel/sequence.h"

#include <string.h>

#include "learn/kernel/array.h"
#include "learn/kernel/inner.h"

#define WEFT_BODY "learn/kernel/sequence_body.h"
#include "learn/kernel/each_type.h"

static void add_row(weft_type type, const void *x, float *sum, size_t n) {
    switch (type) {
    case WEFT_F32:
        add_row_f32(x, sum, n);
        return;
    case WEFT_BF16:
        add_row_bf16(x, sum, n);
        return;
    }
}

static void add_table(weft_type type, const void *x, const float *row, void *y, size_t n) {
    switch (type) {
    case WEFT_F32:
        add_table_f32(x, row, y, n);
        return;
    case WEFT_BF16:
        add_table_bf16(x, row, y, n);
        return;
    }
}

void weft_tokens_forward(weft_type type, const void *x, const float *table, void *y, size_t images,
                         size_t positions, size_t channels, size_t entries) {
    size_t size = weft_type_size(type);
    size_t front = entries * channels, map = positions * channels;
    const char *from = x;
    char *to = y;
    for (size_t i = 0; i < images; i++, from += map * size, to += (front + map) * size) {
        if (front > 0) {
            weft_array_convert(WEFT_F32, table, type, to, front);
        }
        memcpy(to + front * size, from, map * size);
    }
}

void weft_tokens_backward(weft_type type, const void *dy, void *dx, float *dtable, size_t images,
                          size_t positions, size_t channels, size_t entries) {
    size_t size = weft_type_size(type);
    size_t front = entries * channels, map = positions * channels;
    const char *from = dy;
    if (front > 0) {
        memset(dtable, 0, front * sizeof *dtable);
    }
    for (size_t i = 0; i < images; i++, from += (front + map) * size) {
        if (front > 0) {
            add_row(type, from, dtable, front);
        }
        if (dx != NULL) {
            memcpy((char *)dx + i * map * size, from + front * size, map * size);
        }
    }
}

void weft_token_forward(weft_type type, const void *x, void *y, size_t images, size_t tokens,
                        size_t channels, size_t which) {
    size_t row = channels * weft_type_size(type);
    for (size_t i = 0; i < images; i++) {
        memcpy((char *)y + i * row, (const char *)x + (i * tokens + which) * row, row);
    }
}

void weft_token_backward(weft_type type, const void *dy, void *dx, size_t images, size_t tokens,
                         size_t channels, size_t which) {
    size_t row = channels * weft_type_size(type);
    memset(dx, 0, images * tokens * row);
    for (size_t i = 0; i < images; i++) {
        memcpy((char *)dx + (i * tokens + which) * row, (const char *)dy + i * row, row);
    }
}

void weft_add_embedding_forward(weft_type type, const void *x, const float *table, void *y,
                                size_t images, size_t tokens, size_t channels) {
    size_t step = channels * weft_type_size(type);
    for (size_t i = 0; i < images * tokens; i++) {
        add_table(type, (const char *)x + i * step, table + i % tokens * channels,
                  (char *)y + i * step, channels);
    }
}

void weft_add_embedding_backward(weft_type type, const void *dy, float *dtable, size_t images,
                                 size_t tokens, size_t channels, size_t entries) {
    size_t step = channels * weft_type_size(type);
    memset(dtable, 0, entries * channels * sizeof *dtable);
    for (size_t i = 0; i < images * tokens; i++) {
        add_row(type, (const char *)dy + i * step, dtable + i % tokens * channels, channels);
    }
}
