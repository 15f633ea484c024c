/* SPDX-License-Identifier: Apache-2.0 */
#include "network/inverted.h"

/* Squeeze-excite: one factor for each channel, from the means of all channels. */
static void put_squeeze(weft_builder *b, int32_t squeezed) {
    int32_t trunk = b->at;
    int32_t channels = weft_build_shape(b).channels;
    weft_put(b, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 1});
    weft_put_conv(b, squeezed, 1, 1, true);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_conv(b, channels, 1, 1, true);
    weft_put_op(b, WEFT_OP_HARD_SIGMOID);
    weft_put(b, (weft_layer){.op = WEFT_OP_MULTIPLY,
                             .input = (const int32_t[]){trunk, b->at},
                             .n_inputs = 2});
}

/* What the next layers of products carry. */
static void carry(weft_builder *b, weft_layer_bits bits, int32_t copies) {
    b->bits = bits;
    b->copies = copies;
}

/* Where the next layers with parameters stand in the block of place `block`. */
static void stand(weft_builder *b, int32_t block, int32_t role) {
    b->place = block == 0 ? 0 : block | role;
}

void weft_put_inverted(weft_builder *b, const weft_bottleneck *row) {
    const weft_layer_bits bits = b->bits;
    const int32_t copies = b->copies;
    const int32_t block = b->place;
    int32_t entry = b->at;
    int32_t channels = weft_build_shape(b).channels;
    if (row->expanded != channels) {
        carry(b, row->pointwise, row->copies[WEFT_PART_EXPAND]);
        stand(b, block, WEFT_ROLE_EXPAND);
        weft_put_conv_norm(b, row->expanded, 1, 1, row->activation);
    }
    carry(b, row->depthwise, row->copies[WEFT_PART_DEPTHWISE]);
    stand(b, block, WEFT_ROLE_DEPTHWISE);
    weft_put_depthwise_norm(b, row->kernel, row->stride, false, row->activation);
    if (row->squeezed > 0) {
        carry(b, row->pointwise, copies);
        stand(b, block, WEFT_ROLE_SQUEEZE);
        put_squeeze(b, row->squeezed);
    }
    carry(b, row->pointwise, row->copies[WEFT_PART_PROJECT]);
    stand(b, block, WEFT_ROLE_PROJECT);
    weft_put_conv_norm(b, row->out, 1, 1, WEFT_OP_INPUT);
    carry(b, bits, copies);
    b->place = 0;
    if (row->stride == 1 && row->out == channels) {
        weft_put_drop_path(b, row->drop_path);
        weft_put_join(b, WEFT_OP_ADD, entry);
    }
}
