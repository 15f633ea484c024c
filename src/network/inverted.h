/* SPDX-License-Identifier: Apache-2.0
 *
 * The inverted residual, the block of MobileNetV2 and later: 1x1 to `expanded` channels, depthwise,
 * squeeze-excite where asked for, 1x1 to `out`; its input is added where the shapes agree. */
#ifndef WEFT_NETWORK_INVERTED_H
#define WEFT_NETWORK_INVERTED_H

#include "network/build.h"

/* The three products of a block, for what they carry. */
typedef enum weft_inverted_part {
    WEFT_PART_EXPAND,
    WEFT_PART_DEPTHWISE,
    WEFT_PART_PROJECT,
    WEFT_INVERTED_PARTS
} weft_inverted_part;

/* Roles of a block (weft_place): of a convolution and the norm behind it, of the two convolutions of
 * squeeze-excite. */
enum {
    WEFT_ROLE_EXPAND = 1,
    WEFT_ROLE_DEPTHWISE = 3,
    WEFT_ROLE_SQUEEZE = 5,
    WEFT_ROLE_PROJECT = 7,
};

typedef struct weft_bottleneck {
    int32_t kernel, expanded, out, stride;
    int32_t squeezed; /* 0: no squeeze-excite */
    weft_op activation;
    weft_layer_bits pointwise, depthwise; /* those of squeeze-excite are the pointwise ones */
    int32_t copies[WEFT_INVERTED_PARTS];
    double drop_path; /* of the branch, where its input is added; 0: none */
} weft_bottleneck;

/* Appends the block. It has no expansion where `expanded` is the number of channels that come in.
 * The builder's place is that of the block, role 0 (or 0: none). Leaves the builder's own bits and
 * copies as they were, and no place. */
void weft_put_inverted(weft_builder *b, const weft_bottleneck *row);

#endif
