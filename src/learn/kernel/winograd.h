/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering F(2 x 2, 3 x 3): tiles of 2 x 2
 * results with 16 products for each pair of channels instead of 36 (Winograd, "Arithmetic Complexity of
 * Computations", 1980; Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016,
 * section 4.1). With a tile d of 4 x 4 inputs, a filter g, and (.) the product of elements,
 *
 *     y  = A' [ (G g G') (.) (B' d B) ] A         over channels of x
 *     dg = G' [ (B' d B) (.) (A dy A') ] G        over tiles
 *
 *          | 1  0 -1  0 |        | 1    0    0  |        | 1  1  1  0 |
 *     B' = | 0  1  1  0 |    G = | 1/2  1/2 1/2 |   A' = | 0  1 -1 -1 |
 *          | 0 -1  1  0 |        | 1/2 -1/2 1/2 |
 *          | 0  1  0 -1 |        | 0    0    1  |
 *
 * The gradient of x is the convolution of dy with the filters turned by 180 degrees. For bf16 both
 * factors are rounded once more, after their transform in f32. An input that is not finite makes all
 * results of the tiles that see it so. Only where the CPU has vectors for it: weft_winograd_serves. */
#ifndef WEFT_LEARN_KERNEL_WINOGRAD_H
#define WEFT_LEARN_KERNEL_WINOGRAD_H

#include <stdbool.h>

#include "learn/kernel/window.h"

typedef struct weft_winograd {
    weft_type type;
    size_t images;
    size_t in_channels, out_channels;
    weft_sides in, out; /* out = in + 2 pad - 2 */
    weft_sides pad;     /* on each side */
} weft_winograd;

/* Whether this CPU can, and the layer is one: channels in multiples of 16, padding of 2 at most. */
bool weft_winograd_serves(const weft_winograd *layer);

/* Bytes of packed weights; bytes of scratch for any of the passes. */
size_t weft_winograd_packed(const weft_winograd *layer);
size_t weft_winograd_scratch(const weft_winograd *layer);

/* Weights (out, in, 3, 3) to what a pass reads, which begins at a multiple of 64 bytes. */
void weft_winograd_pack_forward(const weft_winograd *layer, const float *weight, void *packed);
void weft_winograd_pack_backward(const weft_winograd *layer, const float *weight, void *packed);

/* bias NULL: none. */
void weft_winograd_forward(const weft_winograd *layer, const void *x, const void *packed,
                           const float *bias, void *y, void *scratch);

/* Writes all of dx. */
void weft_winograd_backward_data(const weft_winograd *layer, const void *dy, const void *packed,
                                 void *dx, void *scratch);

/* Gradients over the images at hand, written, not added. dbias NULL: not wanted. */
void weft_winograd_backward_weights(const weft_winograd *layer, const void *x, const void *dy,
                                    float *dweight, float *dbias, void *scratch);

#endif
