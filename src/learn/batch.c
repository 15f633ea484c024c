/* SPDX-License-Identifier: Apache-2.0
 * See batch.h. */
#include "learn/batch.h"

void weft_normaliser_fill(const weft_dataset *dataset, weft_normaliser *normaliser) {
    normaliser->shape = dataset->info.shape;
    for (int c = 0; c < dataset->info.shape.channels; c++) {
        double mean = (double)dataset->mean[c];
        double deviation = (double)dataset->deviation[c];
        deviation = deviation > 0.0 ? deviation : 1.0;
        for (int byte = 0; byte < 256; byte++) {
            normaliser->table[c][byte] = (float)(((double)byte / 255.0 - mean) / deviation);
        }
    }
}

static int clamp(int value, int lower, int upper) {
    return value < lower ? lower : value > upper ? upper : value;
}

/* One row of one channel; `source` is NULL where the row comes from outside. */
static void fill_row(const uint8_t *source, const float *table, int width, int channels, int right,
                     bool flip, float *row) {
    int first = source == NULL ? width : clamp(right, 0, width);
    int end = source == NULL ? width : clamp(width + right, first, width);
    int at = flip ? (width - 1) * channels : 0;
    int step = flip ? -channels : channels;
    for (int x = 0; x < first; x++, at += step) {
        row[at] = table[0];
    }
    for (int x = first; x < end; x++, at += step) {
        row[at] = table[source[x - right]];
    }
    for (int x = end; x < width; x++, at += step) {
        row[at] = table[0];
    }
}

void weft_normalise(const weft_normaliser *normaliser, const uint8_t *pixels, int down, int right,
                    bool flip, float *input) {
    const weft_shape s = normaliser->shape;
    for (int c = 0; c < s.channels; c++) {
        const uint8_t *plane = pixels + (size_t)c * (size_t)s.height * (size_t)s.width;
        for (int y = 0; y < s.height; y++) {
            int from = y - down;
            const uint8_t *source =
                from >= 0 && from < s.height ? plane + (size_t)from * (size_t)s.width : NULL;
            fill_row(source, normaliser->table[c], s.width, s.channels, right, flip,
                     input + (size_t)y * (size_t)s.width * (size_t)s.channels + c);
        }
    }
}

void weft_augment(const weft_normaliser *normaliser, const uint8_t *pixels, int crop_pad, bool flip,
                  weft_rng *rng, float *input) {
    int down = 0, right = 0;
    if (crop_pad > 0) {
        uint64_t places = 2 * (uint64_t)crop_pad + 1;
        down = (int)weft_rng_below(rng, places) - crop_pad;
        right = (int)weft_rng_below(rng, places) - crop_pad;
    }
    bool mirrored = flip && (weft_rng_u32(rng) & 1U) != 0;
    weft_normalise(normaliser, pixels, down, right, mirrored, input);
}
