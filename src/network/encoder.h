/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention over T tokens of d features in h heads (Vaswani et al., arXiv 1706.03762, section 3.2):
 * scores = Q K^T, softmax, times V; products of two activations, all T x T of them whether a mask
 * hides half or not. Their division by sqrt(d / h) is no layer: it is a scale of Q. And the encoder
 * block with its norms in front (Dosovitskiy et al., arXiv 2010.11929). */
#ifndef WEFT_NETWORK_ENCODER_H
#define WEFT_NETWORK_ENCODER_H

#include "network/build.h"

/* Role of the first of the block's eight layers with parameters (weft_place), in their order: norm,
 * Q, K, V, output, norm, both layers of the MLP. */
enum { WEFT_ROLE_ENCODER = 16 };

/* Role of the first of both products of an attention, which have steps of quantizers of their own. Apart
 * from the eight: these keep the places, and with them the start values, that they always had. */
enum { WEFT_ROLE_ATTENTION = 24 };

typedef struct weft_encoder {
    int32_t heads;
    int32_t hidden;   /* features inside the MLP */
    double drop_path; /* of both branches; 0: none */
} weft_encoder;

/* Scores, softmax and weighted sum of three layers. Both factors of these products are activations:
 * they have the builder's bits of inputs, and no copies. Leaves the builder's own as they were, the place
 * of the next layer too. */
void weft_put_attention(weft_builder *b, int32_t q, int32_t k, int32_t v, int32_t heads);

/* Appends the block behind a sequence. The builder's place is that of the block, role 0 (or 0: none);
 * leaves no place. */
void weft_put_encoder(weft_builder *b, const weft_encoder *row);

#endif
