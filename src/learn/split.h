/* SPDX-License-Identifier: Apache-2.0
 * Which images a training sees and which measure it. */
#ifndef WEFT_LEARN_SPLIT_H
#define WEFT_LEARN_SPLIT_H

#include "base/error.h"
#include "learn/dataset.h"

typedef struct weft_image_list {
    const weft_images *images;
    uint32_t *index; /* (n) */
    int64_t n;
} weft_image_list;

typedef struct weft_parts {
    weft_image_list train, measure;
    int unmeasured; /* classes that are trained on and that no image measures */
} weft_parts;

/* WEFT_SPLIT_VALIDATION: the training set is cut class by class, `validation` of each class to
 * measure, by split_seed alone; the test set is not looked at. WEFT_SPLIT_TEST: all training images
 * and all test images. Then `share` of each class's training images is kept, drawn by `seed` (at
 * least one image of each class that is there), and at most validation_limit images measure, the
 * classes in turn. Lists are in the order of the set.
 *
 * WEFT_ERROR_INPUT: a label that is no class, a part without images, a class that is measured and has
 * no image to train on. A class with images nowhere is none: labels may begin at 1. */
weft_status weft_parts_create(const weft_dataset *dataset, const weft_train_settings *settings,
                              weft_parts *parts, weft_error *error) WEFT_NODISCARD;
void weft_parts_destroy(weft_parts *parts);

#endif
