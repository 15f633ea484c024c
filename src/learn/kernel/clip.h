/* SPDX-License-Identifier: Apache-2.0
 *
 * The activation that a batch normalisation or a sum can have in itself. NaN stays NaN. A gradient
 * passes where the clip is open, strictly inside: result > 0, and < 6 for ReLU6. Found from a bf16
 * result, ReLU6 counts as closed what was rounded up to 6, from 5.984 on. */
#ifndef WEFT_LEARN_KERNEL_CLIP_H
#define WEFT_LEARN_KERNEL_CLIP_H

typedef enum weft_clip {
    WEFT_CLIP_NONE,
    WEFT_CLIP_RELU,  /* max(0, x) */
    WEFT_CLIP_RELU6, /* min(6, max(0, x)) */
} weft_clip;

#endif
