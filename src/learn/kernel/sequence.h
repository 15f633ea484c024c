/* SPDX-License-Identifier: Apache-2.0
 *
 * Sequences of tokens, (images, tokens, channels): what makes them of maps, and what is trained with
 * them. Trained tables are f32; their gradients are those of the images at hand, written, not added. */
#ifndef WEFT_LEARN_KERNEL_SEQUENCE_H
#define WEFT_LEARN_KERNEL_SEQUENCE_H

#include "learn/type.h"

/* y (images, entries + positions, channels): the `entries` rows of `table` stand before the positions
 * of x. `table` may be NULL where entries is 0. */
void weft_tokens_forward(weft_type type, const void *x, const float *table, void *y, size_t images,
                         size_t positions, size_t channels, size_t entries);

/* dx NULL: not wanted; dtable NULL where entries is 0. */
void weft_tokens_backward(weft_type type, const void *dy, void *dx, float *dtable, size_t images,
                          size_t positions, size_t channels, size_t entries);

/* y (images, channels) = token `which` of x (images, tokens, channels); backward writes all of dx. */
void weft_token_forward(weft_type type, const void *x, void *y, size_t images, size_t tokens,
                        size_t channels, size_t which);
void weft_token_backward(weft_type type, const void *dy, void *dx, size_t images, size_t tokens,
                         size_t channels, size_t which);

/* y = x + table, row t to token t. y may be x. The gradient of x is dy. */
void weft_add_embedding_forward(weft_type type, const void *x, const float *table, void *y,
                                size_t images, size_t tokens, size_t channels);

/* dtable (entries, channels): rows that no token takes get 0. */
void weft_add_embedding_backward(weft_type type, const void *dy, float *dtable, size_t images,
                                 size_t tokens, size_t channels, size_t entries);

#endif
