/* SPDX-License-Identifier: Apache-2.0
 * What training sees of a data set: plain arrays. */
#ifndef WEFT_LEARN_DATASET_H
#define WEFT_LEARN_DATASET_H

#include <weft/learn.h>

enum { WEFT_DATASET_MAX_CHANNELS = 4 };

typedef struct weft_images {
    int64_t n;
    uint8_t *pixels;  /* (n, channels, height, width) */
    uint16_t *labels; /* (n), 0 .. classes-1 */
} weft_images;

struct weft_dataset {
    weft_dataset_info info;
    weft_images train, test;
    /* Of each channel over the training images, pixels scaled to 0..1. */
    float mean[WEFT_DATASET_MAX_CHANNELS], deviation[WEFT_DATASET_MAX_CHANNELS];
};

#endif
