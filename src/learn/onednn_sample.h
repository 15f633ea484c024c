/* SPDX-License-Identifier: Apache-2.0
 *
 * A convolution with a 1 x 1 window and a stride sees only some positions of its map. Taken apart
 * from it, they are a map on which the same convolution has no stride. */
#ifndef WEFT_LEARN_ONEDNN_SAMPLE_H
#define WEFT_LEARN_ONEDNN_SAMPLE_H

#include "learn/onednn.h"

/* The seen positions of `map` (batch, in_height, in_width, in_channels) to `sample` (batch,
 * out_height, out_width, in_channels); zeros where the window lies on the padding. */
void weft_dnn_sample(const weft_dnn_geometry *geometry, const void *map, void *sample);

/* The way back: the seen positions of `map` from `sample`, all others zero. */
void weft_dnn_spread(const weft_dnn_geometry *geometry, const void *sample, void *map);

#endif
