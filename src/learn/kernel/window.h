/* SPDX-License-Identifier: Apache-2.0
 *
 * A window that slides over NHWC maps: what depthwise convolutions and pools share. Output (p, q)
 * sees the inputs (p stride - pad + r dilation, q stride - pad + s dilation) for r, s in the kernel;
 * positions outside of the map are padding, below and to the right as many as the output asks for.
 *
 * The kernels in this folder are pure functions over arrays: one thread, no allocation, no state.
 * Activations and their gradients are f32 or bf16 (weft_type says which) in NHWC; weights,
 * statistics and gradients of weights are f32. Arithmetic is in f32 at least. The order of every sum
 * follows from the sizes alone. Arrays may not overlap, unless a comment says that one may be
 * another; then it is that one exactly. Scratch and laid-out memory begin at a multiple of 64 bytes;
 * other arrays are aligned to their type. Sizes are at least 1, and what they multiply to is memory
 * that the caller has. */
#ifndef WEFT_LEARN_KERNEL_WINDOW_H
#define WEFT_LEARN_KERNEL_WINDOW_H

#include "learn/type.h"

typedef struct weft_sides {
    size_t height, width;
} weft_sides;

typedef struct weft_window {
    size_t images, channels;
    weft_sides in, out;
    weft_sides kernel, stride, dilation; /* all at least 1 */
    weft_sides pad;                      /* above and to the left */
} weft_window;

#endif
