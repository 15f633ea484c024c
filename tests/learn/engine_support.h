/* SPDX-License-Identifier: Apache-2.0
 *
 * An independent reference for the engine: the forward pass of a network in double precision,
 * channels first, written straight from the definitions. There is no backward pass in it: gradients
 * are compared with central differences of this loss. */
#ifndef WEFT_TESTS_LEARN_ENGINE_SUPPORT_H
#define WEFT_TESTS_LEARN_ENGINE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "learn/engine.h"
#include "learn/loss.h"

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s", #call, error.message);                                              \
        }                                                                                          \
    } while (0)

enum { REFERENCE_MAX_LAYERS = 128 };

typedef struct reference {
    const weft_network *network;
    int batch;
    bool evaluate;
    double *value[REFERENCE_MAX_LAYERS]; /* (batch, channels, height, width) of each layer */
    double *slot[REFERENCE_MAX_LAYERS][WEFT_SLOTS];
    size_t slot_size[REFERENCE_MAX_LAYERS][WEFT_SLOTS];
    double *factors[REFERENCE_MAX_LAYERS]; /* dropout; NULL: 1 */
    uint16_t *labels;
    double smoothing;
} reference;

static inline size_t shape_size(weft_shape s) {
    return (size_t)s.channels * (size_t)s.height * (size_t)s.width;
}

static inline void *must_calloc(size_t n, size_t size) {
    void *p = calloc(n > 0 ? n : 1, size);
    assert_non_null(p);
    return p;
}

static inline void reference_make(reference *r, const weft_network *network, int batch) {
    memset(r, 0, sizeof *r);
    r->network = network;
    r->batch = batch;
    assert_true(network->n_layers <= REFERENCE_MAX_LAYERS);
    for (int i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        r->value[i] = must_calloc((size_t)batch * shape_size(layer->out), sizeof(double));
        size_t outs = (size_t)layer->out_channels, ins = (size_t)layer->in.channels;
        size_t *n = r->slot_size[i];
        if (layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR) {
            size_t k = layer->op == WEFT_OP_CONV ? (size_t)layer->kernel.height : 1;
            n[WEFT_SLOT_WEIGHT] = outs * ins * k * k;
            n[WEFT_SLOT_BIAS] = layer->bias ? outs : 0;
        } else if (layer->op == WEFT_OP_BATCH_NORM) {
            n[WEFT_SLOT_WEIGHT] = n[WEFT_SLOT_BIAS] = ins;
            n[WEFT_SLOT_MEAN] = n[WEFT_SLOT_VARIANCE] = ins;
        }
        for (int s = 0; s < WEFT_SLOTS; s++) {
            r->slot[i][s] = n[s] > 0 ? must_calloc(n[s], sizeof(double)) : NULL;
        }
    }
    r->labels = must_calloc((size_t)batch, sizeof *r->labels);
}

static inline void reference_free(reference *r) {
    for (int i = 0; i < r->network->n_layers; i++) {
        free(r->value[i]);
        free(r->factors[i]);
        for (int s = 0; s < WEFT_SLOTS; s++) {
            free(r->slot[i][s]);
        }
    }
    free(r->labels);
}

/* The pixel (n, c, y, x) of a map; 0 outside. */
static inline double pixel(const double *map, weft_shape s, int n, int c, int y, int x) {
    if (y < 0 || y >= s.height || x < 0 || x >= s.width) {
        return 0.0;
    }
    return map[(((size_t)n * (size_t)s.channels + (size_t)c) * (size_t)s.height + (size_t)y) *
                   (size_t)s.width +
               (size_t)x];
}

static inline double conv_at(const reference *r, int i, int n, int c, int y, int x) {
    const weft_layer *layer = &r->network->layers[i];
    const double *w = r->slot[i][WEFT_SLOT_WEIGHT];
    const double *bias = r->slot[i][WEFT_SLOT_BIAS];
    double sum = bias != NULL ? bias[c] : 0.0;
    int k = layer->kernel.height;
    for (int m = 0; m < layer->in.channels; m++) {
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < k; b++) {
                sum += w[((c * layer->in.channels + m) * k + a) * k + b] *
                       pixel(r->value[layer->input[0]], layer->in, n, m,
                             y * layer->stride.height - layer->pad.height + a,
                             x * layer->stride.width - layer->pad.width + b);
            }
        }
    }
    return sum;
}

static inline double max_at(const reference *r, const weft_layer *layer, int n, int c, int y,
                            int x) {
    double best = -HUGE_VAL;
    for (int a = 0; a < layer->kernel.height; a++) {
        for (int b = 0; b < layer->kernel.width; b++) {
            best = fmax(best, pixel(r->value[layer->input[0]], layer->in, n, c,
                                    y * layer->stride.height + a, x * layer->stride.width + b));
        }
    }
    return best;
}

static inline double average_at(const reference *r, const weft_layer *layer, int n, int c, int y,
                                int x) {
    int top = y * layer->in.height / layer->out.height;
    int bottom = (int)ceil((y + 1) * (double)layer->in.height / layer->out.height);
    int left = x * layer->in.width / layer->out.width;
    int right = (int)ceil((x + 1) * (double)layer->in.width / layer->out.width);
    double sum = 0.0;
    for (int a = top; a < bottom; a++) {
        for (int b = left; b < right; b++) {
            sum += pixel(r->value[layer->input[0]], layer->in, n, c, a, b);
        }
    }
    return sum / ((bottom - top) * (right - left));
}

static inline double linear_at(const reference *r, int i, int n, int c) {
    const weft_layer *layer = &r->network->layers[i];
    int ins = layer->in.channels;
    double sum = layer->bias ? r->slot[i][WEFT_SLOT_BIAS][c] : 0.0;
    for (int m = 0; m < ins; m++) {
        sum += r->slot[i][WEFT_SLOT_WEIGHT][c * ins + m] * r->value[layer->input[0]][n * ins + m];
    }
    return sum;
}

static inline double windowed_at(const reference *r, int i, int n, int c, int y, int x) {
    const weft_layer *layer = &r->network->layers[i];
    switch ((int)layer->op) {
    case WEFT_OP_CONV:
        return conv_at(r, i, n, c, y, x);
    case WEFT_OP_MAX_POOL:
        return max_at(r, layer, n, c, y, x);
    case WEFT_OP_AVERAGE_POOL:
        return average_at(r, layer, n, c, y, x);
    case WEFT_OP_LINEAR:
        return linear_at(r, i, n, c);
    default:
        fail_msg("layer %d has no reference", i);
        return 0.0;
    }
}

static inline void batch_norm_layer(const reference *r, int i) {
    const weft_layer *layer = &r->network->layers[i];
    const double *x = r->value[layer->input[0]];
    size_t area = (size_t)layer->in.height * (size_t)layer->in.width;
    size_t channels = (size_t)layer->in.channels, images = (size_t)r->batch;
    for (size_t c = 0; c < channels; c++) {
        double mean = 0.0, variance = 0.0;
        for (size_t k = 0; k < images * area; k++) {
            mean += x[(k / area * channels + c) * area + k % area];
        }
        mean /= (double)(images * area);
        for (size_t k = 0; k < images * area; k++) {
            variance += pow(x[(k / area * channels + c) * area + k % area] - mean, 2.0);
        }
        variance /= (double)(images * area);
        if (r->evaluate) {
            mean = r->slot[i][WEFT_SLOT_MEAN][c];
            variance = r->slot[i][WEFT_SLOT_VARIANCE][c];
        }
        for (size_t k = 0; k < images * area; k++) {
            size_t at = (k / area * channels + c) * area + k % area;
            r->value[i][at] = (x[at] - mean) / sqrt(variance + 1e-5) *
                                  r->slot[i][WEFT_SLOT_WEIGHT][c] +
                              r->slot[i][WEFT_SLOT_BIAS][c];
        }
    }
}

static inline void pointwise_layer(const reference *r, int i) {
    const weft_layer *layer = &r->network->layers[i];
    const double *a = r->value[layer->input[0]];
    const double *b = layer->n_inputs > 1 ? r->value[layer->input[1]] : NULL;
    for (size_t k = 0; k < (size_t)r->batch * shape_size(layer->out); k++) {
        double value = a[k];
        value = layer->op == WEFT_OP_RELU ? fmax(0.0, value) : value;
        value = layer->op == WEFT_OP_ADD ? value + b[k] : value;
        value = r->factors[i] != NULL && !r->evaluate ? value * r->factors[i][k] : value;
        r->value[i][k] = value;
    }
}

static inline void windowed_layer(const reference *r, int i) {
    weft_shape out = r->network->layers[i].out;
    double *at = r->value[i];
    for (int n = 0; n < r->batch; n++) {
        for (int c = 0; c < out.channels; c++) {
            for (int y = 0; y < out.height; y++) {
                for (int x = 0; x < out.width; x++) {
                    *at++ = windowed_at(r, i, n, c, y, x);
                }
            }
        }
    }
}

/* value[0] is the input; fills the others from layer `from` on. */
static inline void reference_forward(const reference *r, int from) {
    for (int i = from > 1 ? from : 1; i < r->network->n_layers; i++) {
        switch ((int)r->network->layers[i].op) {
        case WEFT_OP_BATCH_NORM:
            batch_norm_layer(r, i);
            break;
        case WEFT_OP_RELU:
        case WEFT_OP_ADD:
        case WEFT_OP_DROPOUT:
        case WEFT_OP_FLATTEN:
            pointwise_layer(r, i);
            break;
        default:
            windowed_layer(r, i);
        }
    }
}

/* How near the second largest value of a window comes to the largest. */
static inline double lead_at(const reference *r, const weft_layer *layer, int n, int c, int y,
                             int x) {
    double best = -HUGE_VAL, second = -HUGE_VAL;
    for (int k = 0; k < layer->kernel.height * layer->kernel.width; k++) {
        double value = pixel(r->value[layer->input[0]], layer->in, n, c,
                             y * layer->stride.height + k / layer->kernel.width,
                             x * layer->stride.width + k % layer->kernel.width);
        second = value > best ? best : fmax(second, value);
        best = fmax(best, value);
    }
    /* Of equal ones (both cut by a ReLU) either gets a gradient that goes nowhere. */
    return best == second ? HUGE_VAL : best - second;
}

/* The least distance of any value from where a ReLU or a maximum has a kink: with single precision
 * it may fall to the other side, and a gradient changes by more than rounding. */
static inline double reference_kink(const reference *r) {
    double least = HUGE_VAL;
    for (int i = 0; i < r->network->n_layers; i++) {
        const weft_layer *layer = &r->network->layers[i];
        weft_shape out = layer->out;
        for (size_t k = 0; k < (size_t)r->batch * shape_size(out); k++) {
            int x = (int)(k % (size_t)out.width);
            int y = (int)(k / (size_t)out.width % (size_t)out.height);
            int c = (int)(k / (size_t)(out.width * out.height) % (size_t)out.channels);
            int n = (int)(k / shape_size(out));
            if (layer->op == WEFT_OP_RELU) {
                least = fmin(least, fabs(r->value[layer->input[0]][k]));
            } else if (layer->op == WEFT_OP_MAX_POOL) {
                least = fmin(least, lead_at(r, layer, n, c, y, x));
            }
        }
    }
    return least;
}

static inline const double *reference_logits(const reference *r) {
    return r->value[r->network->n_layers - 1];
}

static inline double reference_loss(const reference *r, int from) {
    reference_forward(r, from);
    int classes = r->network->layers[r->network->n_layers - 1].out.channels;
    double total = 0.0;
    for (int n = 0; n < r->batch; n++) {
        const double *z = reference_logits(r) + n * classes;
        double sum = 0.0;
        for (int k = 0; k < classes; k++) {
            sum += exp(z[k]);
        }
        for (int k = 0; k < classes; k++) {
            double target = (k == r->labels[n] ? 1.0 - r->smoothing : 0.0) + r->smoothing / classes;
            total -= target * (z[k] - log(sum));
        }
    }
    return total / r->batch;
}

/* ---- networks -------------------------------------------------------------------------------- */

/* Appends a layer to the last one, or to `from` (and `also`) where they are not negative. */
static inline int grow(weft_network *network, weft_layer layer, int from, int also) {
    weft_error error;
    int32_t index = 0;
    const int32_t inputs[] = {from >= 0 ? from : network->n_layers - 1, also};
    layer.input = inputs;
    layer.n_inputs = also >= 0 ? 2 : 1;
    layer.block = WEFT_NO_BLOCK;
    MUST(weft_network_add(network, &layer, &index, &error));
    return index;
}

static inline weft_layer conv_layer(int out, int kernel, int stride, int pad, bool bias) {
    return (weft_layer){.op = WEFT_OP_CONV,
                        .out_channels = out,
                        .kernel = {kernel, kernel},
                        .stride = {stride, stride},
                        .pad = {pad, pad},
                        .bias = bias};
}

static inline weft_layer linear_layer(int out) {
    return (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = out, .bias = true};
}

static inline weft_layer plain_layer(weft_op op) {
    return (weft_layer){.op = op};
}

static inline weft_layer pool_layer(int kernel, int stride) {
    return (weft_layer){
        .op = WEFT_OP_MAX_POOL, .kernel = {kernel, kernel}, .stride = {stride, stride}};
}

static inline weft_layer average_layer(int side) {
    return (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = side};
}

/* ---- engine and reference side by side ------------------------------------------------------- */

/* Random input and labels into both. */
static inline void same_input(weft_engine *engine, reference *r, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    weft_shape s = r->network->layers[0].out;
    int classes = r->network->layers[r->network->n_layers - 1].out.channels;
    double *at = r->value[0];
    for (int n = 0; n < r->batch; n++) {
        for (int c = 0; c < s.channels; c++) {
            for (int k = 0; k < s.height * s.width; k++) {
                float value = (float)weft_rng_normal(&rng);
                engine->input->data[((size_t)n * (size_t)(s.height * s.width) + (size_t)k) *
                                        (size_t)s.channels +
                                    (size_t)c] = value;
                *at++ = (double)value;
            }
        }
        r->labels[n] = (uint16_t)weft_rng_below(&rng, (uint64_t)classes);
    }
}

/* Random values into every trained slot of both; scales near 1. */
static inline void same_parameters(weft_engine *engine, reference *r, uint64_t seed) {
    weft_error error;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 1);
    for (int i = 0; i < r->network->n_layers; i++) {
        bool norm = r->network->layers[i].op == WEFT_OP_BATCH_NORM;
        for (int s = 0; s <= WEFT_SLOT_BIAS; s++) {
            size_t n = r->slot_size[i][s];
            if (n == 0) {
                continue;
            }
            float *plain = must_calloc(n, sizeof *plain);
            double outs = s == WEFT_SLOT_WEIGHT ? (double)r->slot_size[i][WEFT_SLOT_WEIGHT] : 1.0;
            double fan = norm ? 4.0 : outs / fmax(1.0, r->network->layers[i].out_channels);
            double deviation = s == WEFT_SLOT_BIAS ? 0.3 : 1.0 / sqrt(fan);
            for (size_t k = 0; k < n; k++) {
                double middle = norm && s == WEFT_SLOT_WEIGHT ? 1.0 : 0.0;
                plain[k] = (float)(middle + deviation * weft_rng_normal(&rng));
                r->slot[i][s][k] = (double)plain[k];
            }
            MUST(weft_engine_set(engine, i, (weft_slot_name)s, plain, &error));
            free(plain);
        }
    }
}

/* The masks that the engine has just drawn. */
static inline void same_dropout(weft_engine *engine, reference *r) {
    for (int i = 0; i < r->network->n_layers; i++) {
        weft_stage *stage = weft_engine_stage(engine, i);
        if (stage == NULL || stage->kind->op != WEFT_OP_DROPOUT) {
            continue;
        }
        free(r->factors[i]);
        r->factors[i] = must_calloc(stage->output->count, sizeof(double));
        const float *factors = weft_stage_place(engine, stage, 0);
        for (size_t k = 0; k < stage->output->count; k++) {
            r->factors[i][k] = (double)factors[k];
        }
    }
}

#endif
