/* SPDX-License-Identifier: Apache-2.0
 *
 * Logits, loss and gradients of a network in the engine against the double-precision reference and
 * its central differences. */
#ifndef WEFT_TESTS_LEARN_GRADIENT_SUPPORT_H
#define WEFT_TESTS_LEARN_GRADIENT_SUPPORT_H

#include "learn/engine_support.h"

enum { CLASSES = 5, BATCH = 3, SAMPLES = 8 };

/* How a network is compared; 0: what most are compared with. */
typedef struct conditions {
    int batch;        /* BATCH */
    int lanes;        /* 1 */
    int threads;      /* 1 */
    int samples;      /* SAMPLES of each slot; negative: none, but all slots together */
    double gain;      /* of the weights; 1 */
    double tolerance; /* of gradients; 1e-3 */
    uint64_t seed;
} conditions;

static inline conditions filled(conditions c) {
    c.batch = c.batch > 0 ? c.batch : BATCH;
    c.lanes = c.lanes > 0 ? c.lanes : 1;
    c.threads = c.threads > 0 ? c.threads : 1;
    c.samples = c.samples == 0 ? SAMPLES : c.samples;
    c.samples = quick() && c.samples > 2 ? 2 : c.samples;
    c.gain = c.gain > 0.0 ? c.gain : 1.0;
    c.tolerance = c.tolerance > 0.0 ? c.tolerance : 1e-3;
    return c;
}

/* ---- differences ----------------------------------------------------------------------------- */

/* The change of the loss for each unit of a step of a slot's values along `direction`, by a central
 * difference. */
static inline double slope(const reference *r, int layer, int slot, const double *direction) {
    const double step = 1e-6;
    size_t n = r->slot_size[layer][slot];
    double *value = r->slot[layer][slot];
    double *kept = must_calloc(n, sizeof *kept), loss[2];
    memcpy(kept, value, n * sizeof *kept);
    for (int side = 0; side < 2; side++) {
        for (size_t k = 0; k < n; k++) {
            value[k] = kept[k] + (side == 0 ? step : -step) * direction[k];
        }
        loss[side] = reference_loss(r, layer);
    }
    memcpy(value, kept, n * sizeof *kept);
    free(kept);
    return (loss[0] - loss[1]) / (2.0 * step);
}

/* Some values of the gradient, each for itself. */
static inline void compare_values(const reference *r, int layer, int slot, const float *gradient,
                                  weft_rng *rng, const conditions *c) {
    size_t n = r->slot_size[layer][slot];
    double *direction = must_calloc(n, sizeof *direction);
    for (int s = 0; s < c->samples; s++) {
        size_t k = (size_t)weft_rng_below(rng, n);
        direction[k] = 1.0;
        double expected = slope(r, layer, slot, direction), found = (double)gradient[k];
        direction[k] = 0.0;
        if (!(fabs(found - expected) <= 2e-5 + c->tolerance * fabs(expected))) {
            fail_msg("%s, %d lanes: layer %d (%s) slot %d value %zu: gradient %.8g, expected %.8g",
                     r->network->name, c->lanes, layer, weft_op_token(r->network->layers[layer].op),
                     slot, k, found, expected);
        }
    }
    free(direction);
}

/* All values at once, along a random direction of length 1: a slope of that is about the norm of
 * the gradient over the root of n. */
static inline void compare_whole(const reference *r, int layer, int slot, const float *gradient,
                                 weft_rng *rng, const conditions *c) {
    size_t n = r->slot_size[layer][slot];
    double *direction = must_calloc(n, sizeof *direction);
    double length = 0.0, norm = 0.0, found = 0.0;
    for (size_t k = 0; k < n; k++) {
        direction[k] = weft_rng_normal(rng);
        length += direction[k] * direction[k];
        norm += (double)gradient[k] * (double)gradient[k];
    }
    for (size_t k = 0; k < n; k++) {
        direction[k] /= sqrt(length);
        found += direction[k] * (double)gradient[k];
    }
    double expected = slope(r, layer, slot, direction);
    if (!(fabs(found - expected) <= (2e-5 + c->tolerance * sqrt(norm)) / sqrt((double)n))) {
        fail_msg("%s, %d lanes: layer %d (%s) slot %d as a whole: slope %.8g, expected %.8g",
                 r->network->name, c->lanes, layer, weft_op_token(r->network->layers[layer].op),
                 slot, found, expected);
    }
    free(direction);
}

static inline void compare_gradients(const weft_engine *engine, const reference *r,
                                     const conditions *c) {
    weft_error error;
    weft_rng rng = weft_rng_make(c->seed, WEFT_PURPOSE_TEST, 2);
    for (int i = 0; i < r->network->n_layers; i++) {
        for (int s = WEFT_SLOT_WEIGHT; s <= WEFT_SLOT_BIAS; s++) {
            size_t n = r->slot_size[i][s];
            if (n == 0) {
                continue;
            }
            float *gradient = must_calloc(n, sizeof *gradient);
            MUST(weft_engine_get(engine, i, (weft_slot_name)s, true, gradient, &error));
            compare_values(r, i, s, gradient, &rng, c);
            compare_whole(r, i, s, gradient, &rng, c);
            free(gradient);
        }
    }
}

/* ---- all slots at once ----------------------------------------------------------------------- */

/* A step of every trained slot of the reference along a direction of its own, of length 1, drawn from
 * `rng`; or, with an engine, the sum of the slots' slopes along the same directions, and in *norm the
 * length of what these sums are made of. */
static inline double walk(const reference *r, const weft_engine *engine, weft_rng rng, double step,
                          double *norm) {
    double found = 0.0;
    for (int i = 0; i < r->network->n_layers; i++) {
        for (int s = WEFT_SLOT_WEIGHT; s <= WEFT_SLOT_BIAS; s++) {
            size_t n = r->slot_size[i][s];
            double length = sqrt((double)n), slope_here = 0.0;
            const float *gradient =
                engine != NULL && n > 0 ? slot_of(engine, i, (weft_slot_name)s)->gradient : NULL;
            for (size_t k = 0; k < n; k++) {
                double d = (weft_rng_u32(&rng) & 1U) != 0 ? 1.0 / length : -1.0 / length;
                r->slot[i][s][k] += step * d;
                slope_here += gradient != NULL ? d * (double)gradient[k] : 0.0;
            }
            found += slope_here;
            *norm += slope_here * slope_here;
        }
    }
    return found;
}

/* Each direction costs two passes, however many slots there are. */
static inline void compare_together(const weft_engine *engine, const reference *r,
                                    const conditions *c) {
    enum { DIRECTIONS = 6 };
    const double step = 1e-7;
    for (uint64_t k = 0; k < DIRECTIONS; k++) {
        const weft_rng rng = weft_rng_make(c->seed, WEFT_PURPOSE_TEST, 10 + k);
        double norm = 0.0, none = 0.0;
        double found = walk(r, engine, rng, 0.0, &norm);
        walk(r, NULL, rng, step, &none);
        double above = reference_loss(r, 0);
        walk(r, NULL, rng, -2.0 * step, &none);
        double below = reference_loss(r, 0);
        walk(r, NULL, rng, step, &none);
        double expected = (above - below) / (2.0 * step);
        if (!(fabs(found - expected) <= 1e-5 + c->tolerance * sqrt(norm))) {
            fail_msg("%s, %d lanes: slope %.8g, expected %.8g", r->network->name, c->lanes, found,
                     expected);
        }
    }
}

/* ---- networks -------------------------------------------------------------------------------- */

/* Draws inputs until none of the values is at a kink; runs both; returns the reference's loss. */
static inline double forward_away_from_kinks(weft_engine *engine, reference *r, uint64_t seed) {
    /* More than what rounding to single precision does to values in the depth of a network. */
    static const double FAR = 2e-5;
    weft_error error;
    double loss = 0.0;
    for (uint64_t attempt = 0; attempt < 100; attempt++) {
        same_input(engine, r, seed + 10000 * attempt);
        engine->seed = seed;
        engine->mask_step = 0;
        MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
        same_dropout(engine, r);
        loss = reference_loss(r, 0);
        if (reference_kink(r) > FAR) {
            return loss;
        }
    }
    fail_msg("%s: every input is at a kink", r->network->name);
    return loss;
}

static inline void compare_network(const weft_network *network, conditions given) {
    weft_error error;
    const conditions c = filled(given);
    rig made = rig_open(
        network, (weft_engine_settings){.batch = c.batch, .lanes = c.lanes, .type = WEFT_F32},
        c.threads);
    weft_engine *engine = made.engine;
    reference r;
    reference_make(&r, network, c.batch);
    r.smoothing = 0.1;
    same_parameters(engine, &r, c.seed, c.gain);
    double expected = forward_away_from_kinks(engine, &r, c.seed);
    compare_logits(engine, &r, network->name);
    weft_loss loss = weft_cross_entropy(engine->logits, r.labels, (size_t)c.batch, engine->classes,
                                        r.smoothing, engine->logits_gradient);
    assert_float_equal(loss.sum / c.batch, expected, 1e-4 * (1.0 + expected));
    MUST(weft_engine_backward(engine, NULL, &error));
    if (c.samples < 0) {
        compare_together(engine, &r, &c);
    } else {
        compare_gradients(engine, &r, &c);
    }
    reference_free(&r);
    rig_close(&made);
}

/* As one lane of one thread, and as three lanes of two. */
static inline void compare_both(const weft_network *network, conditions c) {
    compare_network(network, c);
    c.lanes = 3;
    c.threads = 2;
    compare_network(network, c);
}

/* A network that begins with a 3 x 3 convolution to `channels`. */
static inline weft_network *begin(const char *name, int channels, int side) {
    weft_network *network = network_of(name, 2, side, side);
    next(network, conv_layer(channels, 3, 1, 1, true));
    return network;
}

static inline void finish_with(weft_network *network, conditions c) {
    grow_head(network, CLASSES);
    compare_both(network, c);
    weft_network_destroy(network);
}

static inline void finish(weft_network *network, uint64_t seed) {
    finish_with(network, (conditions){.seed = seed});
}

#endif
