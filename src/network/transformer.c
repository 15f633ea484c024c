/* SPDX-License-Identifier: Apache-2.0
 *
 * Transformers.
 *   vit         Dosovitskiy et al. (arXiv 2010.11929), as in torchvision 0.15: norm first
 *   gpt2        Radford et al. 2019, as in Hugging Face transformers (GPT2Model): norm first, one
 *               product for Q, K and V
 *   mobilebert  Sun et al. (arXiv 2004.02984), as google/mobilebert-uncased in Hugging Face
 *               transformers: NoNorm is a scale and a shift, which is what batch_norm stands for */
#include "network/encoder.h"
#include "network/family.h"

/* A linear layer on layer `from`; its index. */
static int32_t put_linear_on(weft_builder *b, int32_t from, int32_t features) {
    b->at = from;
    weft_put_linear(b, features);
    return b->at;
}

static void put_mlp(weft_builder *b, int32_t hidden, weft_op activation, int32_t features) {
    weft_put_linear(b, hidden);
    weft_put_op(b, activation);
    weft_put_linear(b, features);
}

/* ---- vision transformer ----------------------------------------------------------------------- */

void weft_build_vit(weft_builder *b, const weft_family_options *options, int patch) {
    enum { LAYERS = 12, WIDTH = 768, HEADS = 12 };
    if (options->input.height % patch != 0 || options->input.width % patch != 0) {
        weft_build_fail(b, WEFT_ERROR_INPUT,
                        "an input of %d x %d does not part into patches of %d x %d",
                        options->input.height, options->input.width, patch, patch);
    }
    weft_put(b, (weft_layer){.op = WEFT_OP_CONV,
                             .out_channels = WIDTH,
                             .kernel = {patch, patch},
                             .stride = {patch, patch},
                             .bias = true});
    weft_put(b, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 1});
    weft_put(b, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = weft_build_shape(b).height});
    for (int32_t i = 0; i < LAYERS; i++) {
        b->block = i;
        weft_put_encoder(b, &(weft_encoder){.heads = HEADS, .hidden = 4 * WIDTH});
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_op(b, WEFT_OP_LAYER_NORM);
    weft_put(b, (weft_layer){.op = WEFT_OP_TOKEN});
    weft_put_linear(b, options->classes);
}

/* ---- gpt2 ------------------------------------------------------------------------------------- */

enum { GPT2_WORDS = 50257, GPT2_POSITIONS = 1024 };

static int32_t put_slice(weft_builder *b, int32_t from, int32_t offset, int32_t features) {
    b->at = from;
    weft_put(b, (weft_layer){.op = WEFT_OP_SLICE, .offset = offset, .out_channels = features});
    return b->at;
}

static void put_gpt2_block(weft_builder *b, int32_t width, int32_t heads) {
    int32_t entry = b->at;
    weft_put_op(b, WEFT_OP_LAYER_NORM);
    weft_put_linear(b, 3 * width);
    int32_t all = b->at;
    int32_t q = put_slice(b, all, 0, width);
    int32_t k = put_slice(b, all, width, width);
    int32_t v = put_slice(b, all, 2 * width, width);
    weft_put_attention(b, q, k, v, heads);
    weft_put_linear(b, width);
    weft_put_join(b, WEFT_OP_ADD, entry);
    entry = b->at;
    weft_put_op(b, WEFT_OP_LAYER_NORM);
    put_mlp(b, 4 * width, WEFT_OP_GELU, width);
    weft_put_join(b, WEFT_OP_ADD, entry);
}

static void check_tokens(weft_builder *b, int32_t tokens, int32_t positions) {
    if (tokens > positions) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "%d tokens, but the network has %d positions", tokens,
                        positions);
    }
}

void weft_build_gpt2(weft_builder *b, const weft_family_options *options, int layers) {
    int32_t width = layers == 12 ? 768 : layers == 24 ? 1024 : 1280; /* small, medium, large */
    check_tokens(b, options->tokens, GPT2_POSITIONS);
    weft_put(b,
             (weft_layer){.op = WEFT_OP_EMBEDDING, .entries = GPT2_WORDS, .out_channels = width});
    weft_put(b, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = GPT2_POSITIONS});
    for (int32_t i = 0; i < layers; i++) {
        b->block = i;
        put_gpt2_block(b, width, width / 64);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_op(b, WEFT_OP_LAYER_NORM);
    if (options->head) {
        weft_put(b, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = GPT2_WORDS, .tied = true});
    }
}

/* ---- mobilebert ------------------------------------------------------------------------------- */

enum {
    BERT_WORDS = 30522,
    BERT_POSITIONS = 512,
    BERT_EMBEDDED = 128,
    BERT_WIDTH = 512,
    BERT_NARROW = 128, /* inside the bottlenecks */
    BERT_HEADS = 4,
    BERT_LAYERS = 24,
    BERT_STACKED = 4, /* feed-forward networks in a layer */
};

/* Words, three of them seen at once (Sun et al., section 3.1), positions and the two segments. */
static void put_bert_embedding(weft_builder *b) {
    weft_put(b, (weft_layer){
                    .op = WEFT_OP_EMBEDDING, .entries = BERT_WORDS, .out_channels = BERT_EMBEDDED});
    weft_put(b, (weft_layer){.op = WEFT_OP_CONV,
                             .out_channels = BERT_WIDTH,
                             .kernel = {3, 1},
                             .stride = {1, 1},
                             .pad = {1, 0},
                             .bias = true});
    weft_put(b, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = BERT_POSITIONS});
    weft_put(b, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 2});
    weft_put_op(b, WEFT_OP_BATCH_NORM);
}

/* Down to the width inside, with a norm. */
static int32_t put_narrowing(weft_builder *b, int32_t from) {
    put_linear_on(b, from, BERT_NARROW);
    weft_put_op(b, WEFT_OP_BATCH_NORM);
    return b->at;
}

static void put_sum_norm(weft_builder *b, int32_t other) {
    weft_put_join(b, WEFT_OP_ADD, other);
    weft_put_op(b, WEFT_OP_BATCH_NORM);
}

static void put_bert_block(weft_builder *b) {
    int32_t entry = b->at;
    int32_t residual = put_narrowing(b, entry);
    int32_t shared = put_narrowing(b, entry);
    int32_t q = put_linear_on(b, shared, BERT_NARROW);
    int32_t k = put_linear_on(b, shared, BERT_NARROW);
    int32_t v = put_linear_on(b, entry, BERT_NARROW);
    weft_put_attention(b, q, k, v, BERT_HEADS);
    weft_put_linear(b, BERT_NARROW);
    put_sum_norm(b, residual);
    for (int i = 0; i < BERT_STACKED; i++) {
        residual = b->at;
        put_mlp(b, BERT_WIDTH, WEFT_OP_RELU, BERT_NARROW);
        put_sum_norm(b, residual);
    }
    weft_put_linear(b, BERT_WIDTH);
    put_sum_norm(b, entry);
}

void weft_build_mobilebert(weft_builder *b, const weft_family_options *options, int variant) {
    (void)variant;
    check_tokens(b, options->tokens, BERT_POSITIONS);
    put_bert_embedding(b);
    for (int32_t i = 0; i < BERT_LAYERS; i++) {
        b->block = i;
        put_bert_block(b);
    }
    b->block = WEFT_NO_BLOCK;
}
