/* SPDX-License-Identifier: Apache-2.0
 *
 * An independent reference for the engine: the forward pass of a network in double precision,
 * channels first, value by value straight from the definitions. There is no backward pass in it:
 * gradients are compared with central differences of this loss. */
#ifndef WEFT_TESTS_LEARN_ENGINE_REFERENCE_H
#define WEFT_TESTS_LEARN_ENGINE_REFERENCE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "learn/engine.h"

enum { REFERENCE_MAX_LAYERS = 512 };

typedef struct reference {
    const weft_network *network;
    int batch;
    bool evaluate;
    double *value[REFERENCE_MAX_LAYERS]; /* (batch, channels, height, width) of each layer */
    double *slot[REFERENCE_MAX_LAYERS][WEFT_SLOTS];
    size_t slot_size[REFERENCE_MAX_LAYERS][WEFT_SLOTS];
    double *factors[REFERENCE_MAX_LAYERS]; /* dropout, like value; NULL: 1 */
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

/* Values of each slot, by the layouts that engine.h tells. */
static inline void reference_sizes(const weft_layer *layer, size_t *n) {
    size_t outs = (size_t)layer->out.channels, ins = (size_t)layer->in.channels;
    switch ((int)layer->op) {
    case WEFT_OP_CONV:
        n[WEFT_SLOT_WEIGHT] = outs * (ins / (size_t)layer->groups) * (size_t)layer->kernel.height *
                              (size_t)layer->kernel.width;
        n[WEFT_SLOT_BIAS] = layer->bias ? outs : 0;
        break;
    case WEFT_OP_LINEAR:
        n[WEFT_SLOT_WEIGHT] = outs * ins;
        n[WEFT_SLOT_BIAS] = layer->bias ? outs : 0;
        break;
    case WEFT_OP_BATCH_NORM:
        n[WEFT_SLOT_MEAN] = n[WEFT_SLOT_VARIANCE] = ins;
        n[WEFT_SLOT_WEIGHT] = n[WEFT_SLOT_BIAS] = ins;
        break;
    case WEFT_OP_LAYER_NORM:
        n[WEFT_SLOT_WEIGHT] = n[WEFT_SLOT_BIAS] = ins;
        break;
    case WEFT_OP_TOKENS:
    case WEFT_OP_ADD_EMBEDDING:
        n[WEFT_SLOT_WEIGHT] = (size_t)layer->entries * ins;
        break;
    default:
        break;
    }
}

static inline void reference_make(reference *r, const weft_network *network, int batch) {
    memset(r, 0, sizeof *r);
    r->network = network;
    r->batch = batch;
    assert_true(network->n_layers <= REFERENCE_MAX_LAYERS);
    for (int i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        r->value[i] = must_calloc((size_t)batch * shape_size(layer->out), sizeof(double));
        reference_sizes(layer, r->slot_size[i]);
        for (int s = 0; s < WEFT_SLOTS; s++) {
            size_t n = r->slot_size[i][s];
            r->slot[i][s] = n > 0 ? must_calloc(n, sizeof(double)) : NULL;
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

/* ---- one value ------------------------------------------------------------------------------- */

/* Which value: of image n, channel c, row y, column x. */
typedef struct place {
    int n, c, y, x;
} place;

static inline bool inside(weft_shape s, place p) {
    return p.y >= 0 && p.y < s.height && p.x >= 0 && p.x < s.width;
}

/* A value of layer `from`; 0 outside of its map. */
static inline double pixel(const reference *r, int from, place p) {
    weft_shape s = r->network->layers[from].out;
    if (!inside(s, p)) {
        return 0.0;
    }
    size_t row = ((size_t)p.n * (size_t)s.channels + (size_t)p.c) * (size_t)s.height + (size_t)p.y;
    return r->value[from][row * (size_t)s.width + (size_t)p.x];
}

/* The position that entry (a, b) of a pool's window sees. */
static inline place seen(const weft_layer *layer, place p, int a, int b) {
    return (place){p.n, p.c, p.y * layer->stride.height - layer->pad.height + a,
                   p.x * layer->stride.width - layer->pad.width + b};
}

static inline double bias_of(const reference *r, int i, int c) {
    return r->slot[i][WEFT_SLOT_BIAS] != NULL ? r->slot[i][WEFT_SLOT_BIAS][c] : 0.0;
}

/* Most of the time goes here: the map is walked without asking for each value where it is. */
static inline double conv_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    const weft_shape in = layer->in;
    int ins = in.channels / layer->groups, outs = layer->out.channels / layer->groups;
    int height = layer->kernel.height, width = layer->kernel.width;
    const double *w = r->slot[i][WEFT_SLOT_WEIGHT] + (size_t)(p.c * ins * height * width);
    const double *map = r->value[layer->input[0]] +
                        (size_t)((p.n * in.channels + p.c / outs * ins) * in.height * in.width);
    double sum = bias_of(r, i, p.c);
    for (int m = 0; m < ins; m++, map += in.height * in.width) {
        for (int a = 0; a < height; a++) {
            int y = p.y * layer->stride.height - layer->pad.height + a * layer->dilation.height;
            for (int b = 0; b < width && y >= 0 && y < in.height; b++) {
                int x = p.x * layer->stride.width - layer->pad.width + b * layer->dilation.width;
                if (x >= 0 && x < in.width) {
                    sum += w[(m * height + a) * width + b] * map[y * in.width + x];
                }
            }
        }
    }
    return sum;
}

/* What is outside of the map never wins. */
static inline double max_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    double best = -HUGE_VAL;
    for (int k = 0; k < layer->kernel.height * layer->kernel.width; k++) {
        place q = seen(layer, p, k / layer->kernel.width, k % layer->kernel.width);
        best = inside(layer->in, q) ? fmax(best, pixel(r, layer->input[0], q)) : best;
    }
    return best;
}

/* What is outside of the map counts as zeros. */
static inline double average_window_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    int n = layer->kernel.height * layer->kernel.width;
    double sum = 0.0;
    for (int k = 0; k < n; k++) {
        place q = seen(layer, p, k / layer->kernel.width, k % layer->kernel.width);
        sum += pixel(r, layer->input[0], q);
    }
    return sum / n;
}

static inline double average_inside_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    double sum = 0.0, n = 0.0;
    for (int k = 0; k < layer->kernel.height * layer->kernel.width; k++) {
        place q = seen(layer, p, k / layer->kernel.width, k % layer->kernel.width);
        if (inside(layer->in, q)) {
            sum += pixel(r, layer->input[0], q);
            n += 1.0;
        }
    }
    return sum / n;
}

static inline double average_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    int top = p.y * layer->in.height / layer->out.height;
    int bottom = (int)ceil((p.y + 1) * (double)layer->in.height / layer->out.height);
    int left = p.x * layer->in.width / layer->out.width;
    int right = (int)ceil((p.x + 1) * (double)layer->in.width / layer->out.width);
    double sum = 0.0;
    for (int a = top; a < bottom; a++) {
        for (int b = left; b < right; b++) {
            sum += pixel(r, layer->input[0], (place){p.n, p.c, a, b});
        }
    }
    return sum / ((bottom - top) * (right - left));
}

static inline double linear_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    const double *w = r->slot[i][WEFT_SLOT_WEIGHT] + (size_t)(p.c * layer->in.channels);
    double sum = bias_of(r, i, p.c);
    for (int m = 0; m < layer->in.channels; m++) {
        sum += w[m] * pixel(r, layer->input[0], (place){p.n, m, p.y, 0});
    }
    return sum;
}

/* Row y of a head's A with column c of its B, or, transposed, with row c. */
static inline double matmul_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    int inner = layer->in.channels / layer->groups, outs = layer->out.channels / layer->groups;
    int head = p.c / outs, column = p.c % outs;
    double sum = 0.0;
    for (int k = 0; k < inner; k++) {
        place b = layer->transpose ? (place){p.n, head * inner + k, column, 0}
                                   : (place){p.n, p.c, k, 0};
        sum += pixel(r, layer->input[0], (place){p.n, head * inner + k, p.y, 0}) *
               pixel(r, layer->input[1], b);
    }
    return sum;
}

static inline double softmax_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    int width = layer->in.channels / layer->groups, first = p.c / width * width;
    double sum = 0.0;
    for (int k = 0; k < width; k++) {
        sum += exp(pixel(r, layer->input[0], (place){p.n, first + k, p.y, p.x}));
    }
    return exp(pixel(r, layer->input[0], p)) / sum;
}

static inline double layer_norm_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    int channels = layer->in.channels;
    double mean = 0.0, variance = 0.0;
    for (int c = 0; c < channels; c++) {
        mean += pixel(r, layer->input[0], (place){p.n, c, p.y, p.x}) / channels;
    }
    for (int c = 0; c < channels; c++) {
        double x = pixel(r, layer->input[0], (place){p.n, c, p.y, p.x});
        variance += (x - mean) * (x - mean) / channels;
    }
    return (pixel(r, layer->input[0], p) - mean) / sqrt(variance + 1e-6) *
               r->slot[i][WEFT_SLOT_WEIGHT][p.c] +
           bias_of(r, i, p.c);
}

static inline double concat_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    int part = 0;
    while (p.c >= r->network->layers[layer->input[part]].out.channels) {
        p.c -= r->network->layers[layer->input[part++]].out.channels;
    }
    return pixel(r, layer->input[part], p);
}

static inline double multiply_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    weft_shape b = r->network->layers[layer->input[1]].out;
    bool by_channel = b.height == 1 && b.width == 1;
    return pixel(r, layer->input[0], p) *
           pixel(r, layer->input[1], by_channel ? (place){p.n, p.c, 0, 0} : p);
}

static inline double tokens_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    if (p.y < layer->entries) {
        return r->slot[i][WEFT_SLOT_WEIGHT][p.y * layer->in.channels + p.c];
    }
    int position = p.y - layer->entries;
    return pixel(r, layer->input[0],
                 (place){p.n, p.c, position / layer->in.width, position % layer->in.width});
}

static inline double activation_of(weft_op op, double x) {
    switch ((int)op) {
    case WEFT_OP_RELU:
        return fmax(0.0, x);
    case WEFT_OP_RELU6:
        return fmin(6.0, fmax(0.0, x));
    case WEFT_OP_HARD_SWISH:
        return x * fmin(6.0, fmax(0.0, x + 3.0)) / 6.0;
    case WEFT_OP_HARD_SIGMOID:
        return fmin(6.0, fmax(0.0, x + 3.0)) / 6.0;
    case WEFT_OP_SIGMOID:
        return 1.0 / (1.0 + exp(-x));
    case WEFT_OP_GELU:
        return x * 0.5 * erfc(-x / sqrt(2.0));
    default:
        fail_msg("%s has no reference", weft_op_token(op));
        return 0.0;
    }
}

static inline double value_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    switch ((int)layer->op) {
    case WEFT_OP_CONV:
        return conv_at(r, i, p);
    case WEFT_OP_LINEAR:
        return linear_at(r, i, p);
    case WEFT_OP_MATMUL:
        return matmul_at(r, i, p);
    case WEFT_OP_SOFTMAX:
        return softmax_at(r, i, p);
    case WEFT_OP_LAYER_NORM:
        return layer_norm_at(r, i, p);
    case WEFT_OP_MAX_POOL:
        return max_at(r, i, p);
    case WEFT_OP_AVERAGE_WINDOW:
        return average_window_at(r, i, p);
    case WEFT_OP_AVERAGE_INSIDE:
        return average_inside_at(r, i, p);
    case WEFT_OP_AVERAGE_POOL:
        return average_at(r, i, p);
    case WEFT_OP_ADD:
        return pixel(r, layer->input[0], p) + pixel(r, layer->input[1], p);
    case WEFT_OP_MULTIPLY:
        return multiply_at(r, i, p);
    case WEFT_OP_CONCAT:
        return concat_at(r, i, p);
    case WEFT_OP_SLICE:
        return pixel(r, layer->input[0], (place){p.n, p.c + layer->offset, p.y, p.x});
    case WEFT_OP_PAD_CHANNELS:
        return p.c < layer->in.channels ? pixel(r, layer->input[0], p) : 0.0;
    case WEFT_OP_TOKENS:
        return tokens_at(r, i, p);
    case WEFT_OP_TO_MAP:
        return pixel(r, layer->input[0], (place){p.n, p.c, p.y * layer->out.width + p.x, 0});
    case WEFT_OP_TOKEN:
        return pixel(r, layer->input[0], (place){p.n, p.c, layer->offset, 0});
    case WEFT_OP_ADD_EMBEDDING:
        return pixel(r, layer->input[0], p) +
               r->slot[i][WEFT_SLOT_WEIGHT][p.y * layer->in.channels + p.c];
    default:
        return activation_of(layer->op, pixel(r, layer->input[0], p));
    }
}

/* ---- layers ---------------------------------------------------------------------------------- */

static inline void value_layer(const reference *r, int i) {
    weft_shape out = r->network->layers[i].out;
    double *at = r->value[i];
    for (int n = 0; n < r->batch; n++) {
        for (int c = 0; c < out.channels; c++) {
            for (int y = 0; y < out.height; y++) {
                for (int x = 0; x < out.width; x++) {
                    *at++ = value_at(r, i, (place){n, c, y, x});
                }
            }
        }
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
            double difference = x[(k / area * channels + c) * area + k % area] - mean;
            variance += difference * difference;
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

/* Values in the same order as those of the input: a flat vector is (channels, height, width). */
static inline void copied_layer(const reference *r, int i) {
    const weft_layer *layer = &r->network->layers[i];
    for (size_t k = 0; k < (size_t)r->batch * shape_size(layer->out); k++) {
        double factor = r->factors[i] != NULL && !r->evaluate ? r->factors[i][k] : 1.0;
        r->value[i][k] = r->value[layer->input[0]][k] * factor;
    }
}

/* value[0] is the input; fills the others from layer `from` on. */
static inline void reference_forward(const reference *r, int from) {
    for (int i = from > 1 ? from : 1; i < r->network->n_layers; i++) {
        switch ((int)r->network->layers[i].op) {
        case WEFT_OP_BATCH_NORM:
            batch_norm_layer(r, i);
            break;
        case WEFT_OP_DROPOUT:
        case WEFT_OP_DROP_PATH:
        case WEFT_OP_FLATTEN:
            copied_layer(r, i);
            break;
        default:
            value_layer(r, i);
        }
    }
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

/* ---- kinks ----------------------------------------------------------------------------------- */

/* How near the second largest value of a window comes to the largest. */
static inline double lead_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    double best = -HUGE_VAL, second = -HUGE_VAL;
    for (int k = 0; k < layer->kernel.height * layer->kernel.width; k++) {
        place q = seen(layer, p, k / layer->kernel.width, k % layer->kernel.width);
        if (inside(layer->in, q)) {
            double value = pixel(r, layer->input[0], q);
            second = value > best ? best : fmax(second, value);
            best = fmax(best, value);
        }
    }
    /* Of equal ones (both cut by a ReLU) either gets a gradient that goes nowhere. */
    return best == second ? HUGE_VAL : best - second;
}

static inline double distance_at(const reference *r, int i, place p) {
    const weft_layer *layer = &r->network->layers[i];
    switch ((int)layer->op) {
    case WEFT_OP_RELU:
        return fabs(pixel(r, layer->input[0], p));
    case WEFT_OP_RELU6:
        return fabs(3.0 - fabs(pixel(r, layer->input[0], p) - 3.0));
    case WEFT_OP_HARD_SWISH:
    case WEFT_OP_HARD_SIGMOID:
        return fabs(3.0 - fabs(pixel(r, layer->input[0], p)));
    case WEFT_OP_MAX_POOL:
        return lead_at(r, i, p);
    default:
        return HUGE_VAL;
    }
}

/* The least distance of any value from where an activation or a maximum has a kink: with single
 * precision it may fall to the other side, and a gradient changes by more than rounding. */
static inline double reference_kink(const reference *r) {
    double least = HUGE_VAL;
    for (int i = 1; i < r->network->n_layers; i++) {
        weft_shape out = r->network->layers[i].out;
        for (size_t k = 0; k < (size_t)r->batch * shape_size(out); k++) {
            place p = {.x = (int)(k % (size_t)out.width),
                       .y = (int)(k / (size_t)out.width % (size_t)out.height),
                       .c = (int)(k / (size_t)(out.width * out.height) % (size_t)out.channels),
                       .n = (int)(k / shape_size(out))};
            least = fmin(least, distance_at(r, i, p));
        }
    }
    return least;
}

#endif
