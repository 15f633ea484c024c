/* SPDX-License-Identifier: Apache-2.0
 *
 * What the insides of kernels share. WEFT_INLINE: becomes part of its caller, so that a clone of the
 * caller (vector.h) has a clone of it, and arguments that the caller knows make loops of their own. */
#ifndef WEFT_LEARN_KERNEL_INNER_H
#define WEFT_LEARN_KERNEL_INNER_H

#include <stdbool.h>

#include "learn/kernel/clip.h"
#include "learn/type.h"
#include "learn/vector.h"

#define WEFT_INLINE static inline __attribute__((always_inline))

WEFT_INLINE size_t weft_smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Comparisons are such that NaN stays NaN, and a broken training is seen in its loss. */
WEFT_INLINE float weft_clipped(weft_clip clip, float v) {
    if (clip != WEFT_CLIP_NONE) {
        v = v < 0.0F ? 0.0F : v;
    }
    if (clip == WEFT_CLIP_RELU6) {
        v = v > 6.0F ? 6.0F : v;
    }
    return v;
}

/* g where the clip lets it pass, given its result or what went in. */
WEFT_INLINE float weft_passed(weft_clip clip, float v, float g) {
    if (clip != WEFT_CLIP_NONE) {
        g = v > 0.0F ? g : 0.0F;
    }
    if (clip == WEFT_CLIP_RELU6) {
        g = v < 6.0F ? g : 0.0F;
    }
    return g;
}

#endif
