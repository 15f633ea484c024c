/* SPDX-License-Identifier: Apache-2.0
 * Steps of training on a problem that can be learned: each class has a pattern, images are patterns
 * under noise. */
#ifndef WEFT_TESTS_LEARN_STEP_SUPPORT_H
#define WEFT_TESTS_LEARN_STEP_SUPPORT_H

#include "learn/engine_support.h"
#include "learn/optimizer.h"

typedef struct course {
    rig rig;
    float *velocity;  /* (n_parameters) */
    uint16_t *labels; /* (batch) */
    double rate;
} course;

static inline course course_open(const weft_network *network, weft_engine_settings settings,
                                 int threads, double rate) {
    course made = {.rig = rig_open(network, settings, threads), .rate = rate};
    made.velocity = must_calloc(made.rig.engine->n_parameters, sizeof *made.velocity);
    made.labels = must_calloc((size_t)settings.batch, sizeof *made.labels);
    return made;
}

static inline void course_close(course *c) {
    rig_close(&c->rig);
    free(c->velocity);
    free(c->labels);
}

/* The images and labels of a step. */
static inline void course_load(course *c, int number) {
    weft_engine *engine = c->rig.engine;
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, (uint64_t)number);
    for (size_t i = 0; i < (size_t)engine->settings.batch; i++) {
        c->labels[i] = (uint16_t)weft_rng_below(&rng, engine->classes);
        weft_rng pattern = weft_rng_make(12, WEFT_PURPOSE_TEST, c->labels[i]);
        for (size_t k = 0; k < engine->image_values; k++) {
            double value = weft_rng_normal(&pattern) + 0.7 * weft_rng_normal(&rng);
            set_image(engine, i * engine->image_values + k, (float)value);
        }
    }
}

/* Forward, loss, backward; returns the mean loss. */
static inline double course_pass(course *c, int number) {
    weft_error error;
    weft_engine *engine = c->rig.engine;
    course_load(c, number);
    engine->seed = 5;
    engine->mask_step = number;
    MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
    weft_loss loss = weft_cross_entropy(engine->logits, c->labels, (size_t)engine->settings.batch,
                                        engine->classes, 0.0, engine->logits_gradient);
    MUST(weft_engine_backward(engine, NULL, &error));
    return loss.sum / engine->settings.batch;
}

static inline double course_step(course *c, int number) {
    weft_engine *engine = c->rig.engine;
    double loss = course_pass(c, number);
    const weft_segment all = {.count = engine->n_parameters, .rate = 1.0, .decays = true};
    const weft_descent descent = {
        .kind = WEFT_DESCENT_NESTEROV,
        .momentum = 0.9,
        .decay = 1e-4,
        .segments = &all,
        .n_segments = 1,
    };
    weft_descent_step(&descent, engine->parameters, engine->gradients, c->velocity,
                      engine->n_parameters, c->rate, number + 1);
    weft_engine_touch(engine);
    return loss;
}

/* ---- networks of different kinds ------------------------------------------------------------- */

enum { STEP_CLASSES = 5 };

/* Convolutions, batch norms, sums, dropout. */
static inline weft_network *imc_network(void) {
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){3, 8, 8};
    spec.classes = STEP_CLASSES;
    spec.hidden[0] = 24;
    spec.hidden[1] = 12;
    MUST(weft_imc_parse("V8,R12", &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    return network;
}

/* Depthwise and pointwise convolutions, squeeze-excite, h-swish. */
static inline weft_network *mbconv_network(void) {
    weft_network *network = network_of("mbconv", 3, 8, 8);
    next(network, conv_layer(8, 3, 1, 1, false));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_HARD_SWISH));
    grow_mbconv(network, 24, 8, 3, 1, WEFT_OP_HARD_SWISH);
    grow_mbconv(network, 24, 16, 5, 2, WEFT_OP_RELU6);
    next(network, average_layer(1));
    grow_head(network, STEP_CLASSES);
    return network;
}

/* Patches, class token, positions, two encoders. */
static inline weft_network *transformer_network(void) {
    weft_network *network = network_of("transformer", 3, 8, 8);
    next(network, conv_layer(16, 2, 2, 0, true));
    next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 1});
    next(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 17});
    grow_encoder(network, 16, 2, 32);
    grow_encoder(network, 16, 4, 32);
    next(network, plain_layer(WEFT_OP_LAYER_NORM));
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    grow_head(network, STEP_CLASSES);
    return network;
}

/* Concatenations, slices, pools with padding, channels of zeros, groups. */
static inline weft_network *mixed_network(void) {
    weft_network *network = network_of("mixed", 3, 9, 9);
    next(network, conv_layer(12, 3, 1, 1, true));
    int x = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    int largest = grow(network, window_layer(WEFT_OP_MAX_POOL, 3, 2, 1), x, -1);
    int mean = grow(network, window_layer(WEFT_OP_AVERAGE_WINDOW, 3, 2, 1), x, -1);
    grow_from(network, plain_layer(WEFT_OP_CONCAT), (const int32_t[]){largest, mean}, 2);
    weft_layer grouped = conv_layer(24, 3, 1, 1, false);
    grouped.groups = 4;
    next(network, grouped);
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    int y = next(network, plain_layer(WEFT_OP_RELU));
    int half =
        grow(network, (weft_layer){.op = WEFT_OP_SLICE, .offset = 6, .out_channels = 12}, y, -1);
    int wide =
        grow(network, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = 24}, half, -1);
    int gate = grow(network, plain_layer(WEFT_OP_SIGMOID), y, -1);
    grow(network, plain_layer(WEFT_OP_MULTIPLY), wide, gate);
    next(network, plain_layer(WEFT_OP_GELU));
    grow_head(network, STEP_CLASSES);
    return network;
}

typedef weft_network *(*network_maker)(void);

static const network_maker step_networks[] = {imc_network, mbconv_network, transformer_network,
                                              mixed_network};

enum { STEP_NETWORKS = sizeof step_networks / sizeof *step_networks };

#endif
