/* SPDX-License-Identifier: Apache-2.0
 * From images of bytes to the engine's input: crop, flip, normalise, channels last. */
#ifndef WEFT_LEARN_BATCH_H
#define WEFT_LEARN_BATCH_H

#include "base/rng.h"
#include "learn/dataset.h"

typedef struct weft_normaliser {
    weft_shape shape;
    /* (channels, 256): (byte / 255 - mean) / deviation */
    float table[WEFT_DATASET_MAX_CHANNELS][256];
} weft_normaliser;

/* A deviation of 0 (all images alike) counts as 1. */
void weft_normaliser_fill(const weft_dataset *dataset, weft_normaliser *normaliser);

/* The image moved by (down, right) pixels, black where nothing comes in, mirrored left to right
 * when `flip`. pixels (channels, height, width) -> input (height, width, channels). */
void weft_normalise(const weft_normaliser *normaliser, const uint8_t *pixels, int down, int right,
                    bool flip, float *input);

/* Draws crop and flip: a window of the image's size out of the image with crop_pad black pixels
 * around it, and mirroring in half of the cases. */
void weft_augment(const weft_normaliser *normaliser, const uint8_t *pixels, int crop_pad, bool flip,
                  weft_rng *rng, float *input);

#endif
