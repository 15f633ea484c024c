/* SPDX-License-Identifier: Apache-2.0 */
#include "network/encoder.h"

void weft_put_attention(weft_builder *b, int32_t q, int32_t k, int32_t v, int32_t heads) {
    const weft_layer_bits bits = b->bits;
    const int32_t copies = b->copies, place = b->place;
    b->place = place == 0 ? 0 : (place & ~0xff) | WEFT_ROLE_ATTENTION;
    b->bits.weights = bits.inputs;
    b->copies = 0;
    weft_put(b, (weft_layer){.op = WEFT_OP_MATMUL,
                             .input = (const int32_t[]){q, k},
                             .n_inputs = 2,
                             .groups = heads,
                             .transpose = true});
    weft_put(b, (weft_layer){.op = WEFT_OP_SOFTMAX, .groups = heads});
    weft_put(b, (weft_layer){.op = WEFT_OP_MATMUL,
                             .input = (const int32_t[]){b->at, v},
                             .n_inputs = 2,
                             .groups = heads});
    b->bits = bits;
    b->copies = copies;
    b->place = place;
}

/* A linear layer on layer `from`; its index. */
static int32_t put_linear_on(weft_builder *b, int32_t from, int32_t features) {
    b->at = from;
    weft_put_linear(b, features);
    return b->at;
}

void weft_put_encoder(weft_builder *b, const weft_encoder *row) {
    const int32_t width = weft_build_shape(b).channels;
    b->place = b->place == 0 ? 0 : b->place | WEFT_ROLE_ENCODER;
    int32_t entry = b->at;
    weft_put_op(b, WEFT_OP_LAYER_NORM);
    const int32_t normed = b->at;
    const int32_t q = put_linear_on(b, normed, width);
    const int32_t k = put_linear_on(b, normed, width);
    const int32_t v = put_linear_on(b, normed, width);
    weft_put_attention(b, q, k, v, row->heads);
    weft_put_linear(b, width);
    weft_put_drop_path(b, row->drop_path);
    weft_put_join(b, WEFT_OP_ADD, entry);
    entry = b->at;
    weft_put_op(b, WEFT_OP_LAYER_NORM);
    weft_put_linear(b, row->hidden);
    weft_put_op(b, WEFT_OP_GELU);
    weft_put_linear(b, width);
    weft_put_drop_path(b, row->drop_path);
    weft_put_join(b, WEFT_OP_ADD, entry);
    b->place = 0;
}
