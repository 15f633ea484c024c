/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing a network layer behind layer. Each call appends behind `at` and moves it there; the first
 * failure sticks and later calls do nothing, so that a builder reads like the network it makes. */
#ifndef WEFT_NETWORK_BUILD_H
#define WEFT_NETWORK_BUILD_H

#include <weft/network.h>

typedef struct weft_builder {
    weft_network *network;
    int32_t at;    /* the layer that the next one takes */
    int32_t block; /* the block that layers are filed under, or WEFT_NO_BLOCK */
    /* What layers of products carry for the hardware. */
    weft_layer_bits bits;
    int32_t copies, region;
    /* The place of the next layer with parameters; it counts on with each. 0: they have none. */
    int32_t place;
    /* The layer being made. What its operation does not use may be left of the one before: a network
     * takes no notice of it (weft_op_keep). */
    weft_layer made;
    weft_status status;
    weft_error *error;
} weft_builder;

/* The place (weft_layer.place) of role 1 .. 255 in block 0 .. 255 of stage 0 .. 255. Families differ in
 * what they call a stage; each numbers the roles of a block itself, one for each layer with
 * parameters that the block may have, so that none moves where another is left out. */
static inline int32_t weft_place(int32_t stage, int32_t block, int32_t role) {
    return stage << 16 | block << 8 | role;
}

/* Any layer; one without inputs takes `at`. Block, bits, copies, region and place are the
 * builder's. */
void weft_put(weft_builder *b, weft_layer layer);

/* An operation that has no settings: a norm, an activation, FLATTEN. */
void weft_put_op(weft_builder *b, weft_op op);

/* ADD or MULTIPLY of `at` and another layer. */
void weft_put_join(weft_builder *b, weft_op op, int32_t other);

/* A square convolution with as many zeros around as keep the size of the map at stride 1. */
void weft_put_conv(weft_builder *b, int32_t kernels, int32_t side, int32_t stride, bool bias);

/* The same without bias and with batch norm and an activation behind it; WEFT_OP_INPUT: none. */
void weft_put_conv_norm(weft_builder *b, int32_t kernels, int32_t side, int32_t stride,
                        weft_op activation);

/* The same, depthwise. */
void weft_put_depthwise_norm(weft_builder *b, int32_t side, int32_t stride, bool bias,
                             weft_op activation);

/* A square window: MAX_POOL, AVERAGE_WINDOW or AVERAGE_INSIDE. */
void weft_put_pool(weft_builder *b, weft_op op, int32_t side, int32_t stride, int32_t pad);

/* Adaptive, to side x side, and made flat. */
void weft_put_pool_flat(weft_builder *b, int32_t side);

void weft_put_linear(weft_builder *b, int32_t features);
void weft_put_dropout(weft_builder *b, double rate);

/* DROP_PATH; nothing at a rate of 0. */
void weft_put_drop_path(weft_builder *b, double rate);

/* The shape that `at` gives; {1, 1, 1} after a failure. */
weft_shape weft_build_shape(const weft_builder *b);

/* A failure of the builder's own, such as a setting that does not go with the input. */
void weft_build_fail(weft_builder *b, weft_status status, const char *format, ...)
    WEFT_PRINTF(3, 4);

#endif
