/* SPDX-License-Identifier: Apache-2.0
 * From images of bytes to the engine's input: crop, flip, cut-out, normalise, channels last. */
#ifndef WEFT_LEARN_BATCH_H
#define WEFT_LEARN_BATCH_H

#include "base/rng.h"
#include "learn/dataset.h"
#include "learn/type.h"

typedef struct weft_normaliser {
    weft_shape shape;
    /* (channels, 256): (byte / 255 - mean) / deviation, and the same as bf16 */
    float table[WEFT_DATASET_MAX_CHANNELS][256];
    weft_bf16 narrow[WEFT_DATASET_MAX_CHANNELS][256];
} weft_normaliser;

/* A deviation of 0 (all images alike) counts as 1. */
void weft_normaliser_fill(const weft_dataset *dataset, weft_normaliser *normaliser);

/* How an image is seen: moved by (down, right) pixels, black where nothing comes in; then mirrored
 * left to right when `flip`; then a square of side `cut` whose first pixel is (cut_top, cut_left) set
 * to the mean, as far as it lies in the image. All 0: the image as it is. */
typedef struct weft_view {
    int down, right;
    bool flip;
    int cut, cut_top, cut_left;
} weft_view;

/* pixels (channels, height, width) -> input (height, width, channels) of `type`. */
void weft_view_fill(const weft_normaliser *normaliser, const uint8_t *pixels, const weft_view *view,
                    weft_type type, void *input);

typedef struct weft_augmentation {
    int crop_pad; /* a window of the image's size out of it with so many black pixels around; 0: none */
    bool flip; /* in half of the cases */
    int cut;   /* side of the square around a random pixel (DeVries and Taylor, "Cutout", 2017) */
} weft_augmentation;

/* The view of the image in place 0 .. of the order of an epoch: the same whoever draws it and whatever
 * was drawn before. */
weft_view weft_view_draw(const weft_augmentation *augmentation, weft_shape shape, uint64_t seed,
                         uint64_t epoch, uint64_t place);

#endif
