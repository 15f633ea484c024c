/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests of the engine share: a crew with an engine on it, networks grown layer by layer, and
 * engine and reference side by side. */
#ifndef WEFT_TESTS_LEARN_ENGINE_SUPPORT_H
#define WEFT_TESTS_LEARN_ENGINE_SUPPORT_H

#include "base/rng.h"
#include "learn/engine_reference.h"
#include "learn/loss.h"

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s", #call, error.message);                                              \
        }                                                                                          \
    } while (0)

static inline bool quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

/* ---- a crew and an engine -------------------------------------------------------------------- */

typedef struct rig {
    weft_crew *crew;
    weft_engine *engine;
} rig;

/* `threads` 0: one. Weights are initialised. */
static inline rig rig_open(const weft_network *network, weft_engine_settings settings,
                           int threads) {
    weft_error error;
    rig made = {0};
    MUST(weft_crew_create(threads > 0 ? threads : 1, &made.crew, &error));
    MUST(weft_engine_create(network, made.crew, &settings, &made.engine, &error));
    MUST(weft_engine_initialise(made.engine, 1, NULL, &error));
    return made;
}

static inline void rig_close(rig *r) {
    weft_engine_destroy(r->engine);
    weft_crew_destroy(r->crew);
    *r = (rig){0};
}

static inline size_t image_values(const weft_engine *engine) {
    return (size_t)engine->settings.batch * engine->image_values;
}

static inline size_t logit_count(const weft_engine *engine) {
    return (size_t)engine->settings.batch * engine->classes;
}

/* Value k of the batch's images, (batch, height, width, channels). */
static inline void set_image(weft_engine *engine, size_t k, float value) {
    if (engine->settings.type == WEFT_F32) {
        ((float *)engine->images)[k] = value;
    } else {
        ((weft_bf16 *)engine->images)[k] = weft_to_bf16(value);
    }
}

/* The slot of a layer; there must be one. */
static inline const weft_slot *slot_of(const weft_engine *engine, int layer, weft_slot_name name) {
    const weft_stage *stage = weft_engine_stage(engine, layer);
    assert_non_null(stage);
    assert_true(stage->slot[name].count > 0);
    return &stage->slot[name];
}

/* ---- networks -------------------------------------------------------------------------------- */

/* Appends a layer that reads `n` others. */
static inline int grow_from(weft_network *network, weft_layer layer, const int32_t *inputs, int n) {
    weft_error error;
    int32_t index = 0;
    layer.input = inputs;
    layer.n_inputs = n;
    layer.block = WEFT_NO_BLOCK;
    MUST(weft_network_add(network, &layer, &index, &error));
    return index;
}

/* Appends a layer to the last one, or to `from` (and `also`) where they are not negative. */
static inline int grow(weft_network *network, weft_layer layer, int from, int also) {
    const int32_t inputs[] = {from >= 0 ? from : network->n_layers - 1, also};
    return grow_from(network, layer, inputs, also >= 0 ? 2 : 1);
}

/* Appends a layer to the last one. */
static inline int next(weft_network *network, weft_layer layer) {
    return grow(network, layer, -1, -1);
}

static inline weft_network *network_of(const char *name, int channels, int height, int width) {
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create(name, (weft_shape){channels, height, width}, &network, &error));
    return network;
}

static inline weft_network *network_named(const char *text) {
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_read(text, &network, &error));
    return network;
}

static inline weft_layer conv_layer(int out, int kernel, int stride, int pad, bool bias) {
    return (weft_layer){.op = WEFT_OP_CONV,
                        .out_channels = out,
                        .kernel = {kernel, kernel},
                        .stride = {stride, stride},
                        .pad = {pad, pad},
                        .bias = bias};
}

/* With padding that keeps the map where the stride is 1. */
static inline weft_layer depthwise_layer(int channels, int kernel, int stride) {
    weft_layer layer = conv_layer(channels, kernel, stride, kernel / 2, false);
    layer.groups = channels;
    return layer;
}

static inline weft_layer linear_layer(int out) {
    return (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = out, .bias = true};
}

static inline weft_layer plain_layer(weft_op op) {
    return (weft_layer){.op = op};
}

static inline weft_layer window_layer(weft_op op, int kernel, int stride, int pad) {
    return (weft_layer){
        .op = op, .kernel = {kernel, kernel}, .stride = {stride, stride}, .pad = {pad, pad}};
}

static inline weft_layer pool_layer(int kernel, int stride) {
    return window_layer(WEFT_OP_MAX_POOL, kernel, stride, 0);
}

static inline weft_layer average_layer(int side) {
    return (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = side};
}

static inline weft_layer matmul_layer(int heads, bool transpose) {
    return (weft_layer){.op = WEFT_OP_MATMUL, .groups = heads, .transpose = transpose};
}

static inline weft_layer softmax_layer(int groups) {
    return (weft_layer){.op = WEFT_OP_SOFTMAX, .groups = groups};
}

/* Flat where it is not, and a linear layer to the classes. */
static inline void grow_head(weft_network *network, int classes) {
    weft_shape out = network->layers[network->n_layers - 1].out;
    if (out.height > 1 || out.width > 1) {
        next(network, plain_layer(WEFT_OP_FLATTEN));
    }
    next(network, linear_layer(classes));
}

/* An encoder of a vision transformer (Dosovitskiy et al., ICLR 2021, equations 2 and 3) on a
 * sequence of `width` features, with keys that have no bias. */
static inline void grow_encoder(weft_network *network, int width, int heads, int hidden) {
    int x = network->n_layers - 1;
    weft_layer plain = linear_layer(width);
    plain.bias = false;
    int norm = grow(network, plain_layer(WEFT_OP_LAYER_NORM), x, -1);
    int q = grow(network, linear_layer(width), norm, -1);
    int k = grow(network, plain, norm, -1);
    int v = grow(network, linear_layer(width), norm, -1);
    int scores = grow(network, matmul_layer(heads, true), q, k);
    int weights = grow(network, softmax_layer(heads), scores, -1);
    int mixed = grow(network, matmul_layer(heads, false), weights, v);
    int out = grow(network, linear_layer(width), mixed, -1);
    int middle = grow(network, plain_layer(WEFT_OP_ADD), out, x);
    grow(network, plain_layer(WEFT_OP_LAYER_NORM), middle, -1);
    next(network, linear_layer(hidden));
    next(network, plain_layer(WEFT_OP_GELU));
    int last = next(network, linear_layer(width));
    grow(network, plain_layer(WEFT_OP_ADD), last, middle);
}

/* Expansion, depthwise, squeeze-excite (Hu et al., CVPR 2018, with h-sigmoid as in Howard et al.,
 * "Searching for MobileNetV3", ICCV 2019) and projection, with `act` behind the norms; a sum with
 * its input where that is of the same shape. */
static inline void grow_mbconv(weft_network *network, int expanded, int out, int kernel, int stride,
                               weft_op act) {
    int x = network->n_layers - 1;
    next(network, conv_layer(expanded, 1, 1, 0, false));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(act));
    next(network, depthwise_layer(expanded, kernel, stride));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    int map = next(network, plain_layer(act));
    next(network, average_layer(1));
    next(network, conv_layer(expanded / 2, 1, 1, 0, true));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, conv_layer(expanded, 1, 1, 0, true));
    int gate = next(network, plain_layer(WEFT_OP_HARD_SIGMOID));
    grow(network, plain_layer(WEFT_OP_MULTIPLY), map, gate);
    next(network, conv_layer(out, 1, 1, 0, false));
    int end = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    if (stride == 1 && network->layers[x].out.channels == out) {
        grow(network, plain_layer(WEFT_OP_ADD), end, x);
    }
}

/* ---- engine and reference side by side ------------------------------------------------------- */

/* Random images and labels into both; of what bf16 can say where the engine is of that. */
static inline void same_input(weft_engine *engine, reference *r, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    weft_shape s = r->network->layers[0].out;
    size_t area = (size_t)s.height * (size_t)s.width, channels = (size_t)s.channels;
    double *at = r->value[0];
    for (size_t n = 0; n < (size_t)r->batch; n++) {
        for (size_t c = 0; c < channels; c++) {
            for (size_t k = 0; k < area; k++) {
                float value = weft_from_bf16(weft_to_bf16((float)weft_rng_normal(&rng)));
                set_image(engine, (n * area + k) * channels + c, value);
                *at++ = (double)value;
            }
        }
        r->labels[n] = (uint16_t)weft_rng_below(&rng, engine->classes);
    }
}

/* The deviation that keeps values near 1 behind a layer. */
static inline double slot_deviation_of(const reference *r, int layer, int slot) {
    const weft_layer *l = &r->network->layers[layer];
    if (slot == WEFT_SLOT_BIAS) {
        return 0.3;
    }
    if (l->op == WEFT_OP_CONV || l->op == WEFT_OP_LINEAR) {
        return 1.0 / sqrt((double)r->slot_size[layer][slot] / l->out.channels);
    }
    return 0.5;
}

/* Random values into every trained slot of both; scales of norms are near `gain`, and weights of
 * products are `gain` times as large as what keeps values as they are. */
static inline void same_parameters(weft_engine *engine, reference *r, uint64_t seed, double gain) {
    weft_error error;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 1);
    for (int i = 0; i < r->network->n_layers; i++) {
        weft_op op = r->network->layers[i].op;
        bool norm = op == WEFT_OP_BATCH_NORM || op == WEFT_OP_LAYER_NORM;
        for (int s = 0; s <= WEFT_SLOT_BIAS; s++) {
            size_t n = r->slot_size[i][s];
            if (n == 0) {
                continue;
            }
            float *plain = must_calloc(n, sizeof *plain);
            double deviation = slot_deviation_of(r, i, s),
                   factor = s == WEFT_SLOT_WEIGHT ? gain : 1.0;
            double middle = norm && s == WEFT_SLOT_WEIGHT ? 1.0 : 0.0;
            for (size_t k = 0; k < n; k++) {
                plain[k] = (float)(factor * (middle + deviation * weft_rng_normal(&rng)));
                r->slot[i][s][k] = (double)plain[k];
            }
            assert_int_equal(slot_of(engine, i, (weft_slot_name)s)->count, n);
            MUST(weft_engine_set(engine, i, (weft_slot_name)s, plain, &error));
            free(plain);
        }
    }
}

/* The running statistics as they have become. */
static inline void same_statistics(const weft_engine *engine, reference *r) {
    for (int i = 0; i < r->network->n_layers; i++) {
        for (int s = WEFT_SLOT_MEAN; s <= WEFT_SLOT_VARIANCE; s++) {
            for (size_t k = 0; k < r->slot_size[i][s]; k++) {
                r->slot[i][s][k] = (double)slot_of(engine, i, (weft_slot_name)s)->value[k];
            }
        }
    }
}

/* The mask of a lane has a bit for each of its values, (images, height, width, channels). */
static inline void same_mask(const weft_engine *engine, reference *r, const weft_stage *stage,
                             const weft_lane *lane) {
    const uint8_t *kept = weft_stage_place(engine, stage, lane, 0);
    const weft_shape s = stage->layer->out;
    size_t area = (size_t)s.height * (size_t)s.width, channels = (size_t)s.channels;
    size_t first = (size_t)(lane->index * lane->images);
    for (size_t k = 0; k < stage->output->count; k++) {
        size_t n = first + k / (area * channels), c = k % channels, at = k / channels % area;
        bool keep = (kept[k / 8] >> k % 8 & 1) != 0;
        r->factors[stage->layer_index][(n * channels + c) * area + at] =
            keep ? 1.0 / (1.0 - stage->layer->rate) : 0.0;
    }
}

/* All values of an image have one factor. */
static inline void same_factors(const weft_engine *engine, reference *r, const weft_stage *stage,
                                const weft_lane *lane) {
    const float *factors = weft_stage_place(engine, stage, lane, 0);
    size_t size = shape_size(stage->layer->out);
    for (size_t k = 0; k < (size_t)lane->images * size; k++) {
        float factor = factors[k / size];
        assert_true(factor == 0.0F || factor == (float)(1.0 / (1.0 - stage->layer->rate)));
        r->factors[stage->layer_index][(size_t)(lane->index * lane->images) * size + k] =
            (double)factor;
    }
}

/* What the engine has just drawn. */
static inline void same_dropout(const weft_engine *engine, reference *r) {
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        int i = stage->layer_index;
        if (stage->kind->op != WEFT_OP_DROPOUT && stage->kind->op != WEFT_OP_DROP_PATH) {
            continue;
        }
        free(r->factors[i]);
        r->factors[i] =
            must_calloc((size_t)r->batch * shape_size(stage->layer->out), sizeof(double));
        for (int l = 0; l < engine->n_lanes; l++) {
            if (stage->kind->op == WEFT_OP_DROPOUT) {
                same_mask(engine, r, stage, &engine->lanes[l]);
            } else {
                same_factors(engine, r, stage, &engine->lanes[l]);
            }
        }
    }
}

static inline void compare_logits(const weft_engine *engine, const reference *r, const char *what) {
    const double *expected = reference_logits(r);
    for (size_t i = 0; i < logit_count(engine); i++) {
        double found = (double)engine->logits[i];
        if (!(fabs(found - expected[i]) <= 1e-4 * (1.0 + fabs(expected[i])))) {
            fail_msg("%s: logit %zu is %.7g, expected %.7g", what, i, found, expected[i]);
        }
    }
}

#endif
