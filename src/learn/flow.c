/* SPDX-License-Identifier: Apache-2.0
 * See flow.h. Tensors are (channels, height, width); what nobody reads any more is freed at once. */
#include "learn/flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/engine.h"

/* A tensor and its derivative, both times 2^exponent. */
typedef struct flow {
    double *value, *slope; /* (count); NULL: not there yet, or not any more */
    size_t count;
    int exponent;
    int readers; /* that are still to come */
} flow;

typedef struct flows {
    const weft_network *network;
    flow *of; /* (n_layers) */
    float *weights;
    double *sum; /* value + slope of what a layer of products reads */
    uint64_t seed;
} flows;

/* ---- memory ---------------------------------------------------------------------------------- */

static size_t count_of(weft_shape s) {
    return (size_t)s.channels * (size_t)s.height * (size_t)s.width;
}

/* Zeros in the shape of layer i's output. */
static weft_status take(flows *f, int i, weft_error *error) {
    flow *made = &f->of[i];
    made->count = count_of(f->network->layers[i].out);
    made->value = calloc(made->count, sizeof *made->value);
    made->slope = calloc(made->count, sizeof *made->slope);
    return made->value != NULL && made->slope != NULL
               ? WEFT_OK
               : weft_fail_memory(error, 2 * made->count * sizeof *made->value);
}

static void drop(flow *f) {
    free(f->value);
    free(f->slope);
    f->value = f->slope = NULL;
}

static const flow *input_of(const flows *f, int i, int k) {
    return &f->of[f->network->layers[i].input[k]];
}

/* ---- products -------------------------------------------------------------------------------- */

/* out += |w| in, along a row: output q reads input q stride + shift, where that is on the map. */
static void add_row(double w, const double *in, int width, double *out, int places, int stride,
                    int shift) {
    int first = shift < 0 ? (-shift + stride - 1) / stride : 0;
    int end = width > shift ? (width - shift + stride - 1) / stride : 0;
    end = end < places ? end : places;
    const double *from = in + shift;
    if (stride == 1) {
        for (int q = first; q < end; q++) {
            out[q] += w * from[q];
        }
        return;
    }
    for (int q = first; q < end; q++) {
        out[q] += w * from[(ptrdiff_t)q * stride];
    }
}

/* One output channel from one input channel. */
static void add_channel(const weft_layer *l, const weft_loops *k, const float *w, const double *in,
                        double *out) {
    const int height = l->in.height, width = l->in.width;
    for (int r = 0; r < k->r; r++) {
        for (int s = 0; s < k->s; s++) {
            double weight = fabs((double)w[r * k->s + s]);
            int shift = s * k->dilation_w - l->pad.width;
            for (int p = 0; p < k->p; p++) {
                int row = p * k->stride_h + r * k->dilation_h - l->pad.height;
                if (row >= 0 && row < height) {
                    add_row(weight, in + (size_t)row * (size_t)width, width,
                            out + (size_t)p * (size_t)k->q, k->q, k->stride_w, shift);
                }
            }
        }
    }
}

static void multiply_conv(const weft_layer *l, const weft_loops *k, const float *weights,
                          const double *in, double *out) {
    const size_t in_area = (size_t)l->in.height * (size_t)l->in.width;
    const size_t out_area = (size_t)k->p * (size_t)k->q, window = (size_t)k->r * (size_t)k->s;
    for (size_t m = 0; m < (size_t)l->out.channels; m++) {
        size_t group = m / (size_t)k->m;
        for (size_t c = 0; c < (size_t)k->c; c++) {
            add_channel(l, k, weights + (m * (size_t)k->c + c) * window,
                        in + (group * (size_t)k->c + c) * in_area, out + m * out_area);
        }
    }
}

/* Of each token where the input is a sequence. */
static void multiply_linear(const weft_layer *l, const float *weights, const double *in,
                            double *out) {
    const size_t tokens = (size_t)l->in.height, inputs = (size_t)l->in.channels;
    for (size_t m = 0; m < (size_t)l->out.channels; m++) {
        for (size_t c = 0; c < inputs; c++) {
            add_row(fabs((double)weights[m * inputs + c]), in + c * tokens, (int)tokens,
                    out + m * tokens, (int)tokens, 1, 0);
        }
    }
}

/* The largest value has an exponent near 0 afterwards. Values are not above slopes behind a product. */
static void rescale(flow *f) {
    enum { FREE = 64 }; /* powers of two that may stand */
    double largest = 0.0;
    int power = 0;
    for (size_t i = 0; i < f->count; i++) {
        largest = f->slope[i] > largest ? f->slope[i] : largest;
    }
    if (largest > 0.0) {
        frexp(largest, &power);
    }
    if (abs(power) <= FREE) {
        return;
    }
    double scale = ldexp(1.0, -power);
    for (size_t i = 0; i < f->count; i++) {
        f->value[i] *= scale;
        f->slope[i] *= scale;
    }
    f->exponent += power;
}

static weft_status put_product(flows *f, int i, weft_error *error) {
    const weft_layer *l = &f->network->layers[i];
    const flow *in = input_of(f, i, 0);
    flow *out = &f->of[i];
    weft_loops loops;
    weft_layer_loops(f->network, i, &loops);
    size_t inputs = (size_t)loops.c * (size_t)loops.r * (size_t)loops.s;
    size_t count = inputs * (size_t)l->out.channels;
    double gain = i == f->network->n_layers - 1 ? 1.0 : 2.0;
    WEFT_TRY(take(f, i, error));
    f->weights = malloc(count * sizeof *f->weights);
    f->sum = malloc(in->count * sizeof *f->sum);
    if (f->weights == NULL || f->sum == NULL) {
        return weft_fail_memory(error, count * sizeof *f->weights + in->count * sizeof *f->sum);
    }
    weft_start_normal(f->seed, i, sqrt(gain / (double)inputs), f->weights, count);
    for (size_t v = 0; v < in->count; v++) {
        f->sum[v] = in->value[v] + in->slope[v];
    }
    if (l->op == WEFT_OP_CONV) {
        multiply_conv(l, &loops, f->weights, in->value, out->value);
        multiply_conv(l, &loops, f->weights, f->sum, out->slope);
    } else {
        multiply_linear(l, f->weights, in->value, out->value);
        multiply_linear(l, f->weights, f->sum, out->slope);
    }
    out->exponent = in->exponent;
    rescale(out);
    free(f->weights);
    free(f->sum);
    f->weights = NULL;
    f->sum = NULL;
    return WEFT_OK;
}

/* ---- what only moves and joins --------------------------------------------------------------- */

/* out[at + v] += in[from + v] for `count` values, in the exponent of `out`. */
static void add_part(const flow *in, size_t from, flow *out, size_t at, size_t count) {
    double scale = ldexp(1.0, in->exponent - out->exponent);
    for (size_t v = 0; v < count; v++) {
        out->value[at + v] += scale * in->value[from + v];
        out->slope[at + v] += scale * in->slope[from + v];
    }
}

/* A sum, or channels side by side: in the largest exponent of what is joined. */
static weft_status put_joined(flows *f, int i, weft_error *error) {
    const weft_layer *l = &f->network->layers[i];
    flow *out = &f->of[i];
    size_t at = 0;
    WEFT_TRY(take(f, i, error));
    out->exponent = input_of(f, i, 0)->exponent;
    for (int k = 1; k < l->n_inputs; k++) {
        int other = input_of(f, i, k)->exponent;
        out->exponent = other > out->exponent ? other : out->exponent;
    }
    for (int k = 0; k < l->n_inputs; k++) {
        const flow *in = input_of(f, i, k);
        add_part(in, 0, out, at, in->count);
        at += l->op == WEFT_OP_CONCAT ? in->count : 0;
    }
    return WEFT_OK;
}

/* Channels [first, first + n) of the input, in front. */
static weft_status put_channels(flows *f, int i, int32_t first, int32_t n, weft_error *error) {
    const weft_layer *l = &f->network->layers[i];
    const flow *in = input_of(f, i, 0);
    size_t area = (size_t)l->in.height * (size_t)l->in.width;
    WEFT_TRY(take(f, i, error));
    f->of[i].exponent = in->exponent;
    add_part(in, (size_t)first * area, &f->of[i], 0, (size_t)n * area);
    return WEFT_OK;
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* Rows and columns [top, bottom) x [left, right) of the map, and the positions that its mean is over. */
typedef struct window {
    int top, bottom, left, right;
    double positions;
} window;

static int at_least(int a, int b) {
    return a > b ? a : b;
}

static int at_most(int a, int b) {
    return a < b ? a : b;
}

static window sliding(const weft_layer *l, int p, int q) {
    int top = p * l->stride.height - l->pad.height, left = q * l->stride.width - l->pad.width;
    window w = {.top = at_least(top, 0),
                .bottom = at_most(top + l->kernel.height, l->in.height),
                .left = at_least(left, 0),
                .right = at_most(left + l->kernel.width, l->in.width)};
    w.positions = l->op == WEFT_OP_AVERAGE_INSIDE
                      ? (double)(w.bottom - w.top) * (double)(w.right - w.left)
                      : (double)l->kernel.height * (double)l->kernel.width;
    return w;
}

/* As PyTorch's adaptive pools part a map. */
static window adaptive(const weft_layer *l, int p, int q) {
    int side_h = l->out.height, side_w = l->out.width;
    window w = {.top = p * l->in.height / side_h,
                .bottom = ((p + 1) * l->in.height + side_h - 1) / side_h,
                .left = q * l->in.width / side_w,
                .right = ((q + 1) * l->in.width + side_w - 1) / side_w};
    w.positions = (double)(w.bottom - w.top) * (double)(w.right - w.left);
    return w;
}

static void pool_window(const weft_layer *l, const window *w, const double *value,
                        const double *slope, double *value_out, double *slope_out) {
    bool largest = l->op == WEFT_OP_MAX_POOL;
    double v = 0.0, s = 0.0;
    for (int y = w->top; y < w->bottom; y++) {
        for (int x = w->left; x < w->right; x++) {
            size_t at = (size_t)y * (size_t)l->in.width + (size_t)x;
            if (!largest) {
                v += value[at] / w->positions;
                s += slope[at] / w->positions;
            } else if (value[at] > v) {
                v = value[at];
                s = slope[at];
            }
        }
    }
    *value_out = v;
    *slope_out = s;
}

static weft_status put_pool(flows *f, int i, weft_error *error) {
    const weft_layer *l = &f->network->layers[i];
    const flow *in = input_of(f, i, 0);
    flow *out = &f->of[i];
    size_t in_area = (size_t)l->in.height * (size_t)l->in.width, at = 0;
    WEFT_TRY(take(f, i, error));
    out->exponent = in->exponent;
    for (int c = 0; c < l->out.channels; c++) {
        for (int p = 0; p < l->out.height; p++) {
            for (int q = 0; q < l->out.width; q++, at++) {
                window w = l->op == WEFT_OP_AVERAGE_POOL ? adaptive(l, p, q) : sliding(l, p, q);
                pool_window(l, &w, in->value + (size_t)c * in_area, in->slope + (size_t)c * in_area,
                            &out->value[at], &out->slope[at]);
            }
        }
    }
    return WEFT_OK;
}

/* ---- a network ------------------------------------------------------------------------------- */

static weft_status put_input(flows *f, weft_error *error) {
    WEFT_TRY(take(f, 0, error));
    for (size_t v = 0; v < f->of[0].count; v++) {
        f->of[0].value[v] = 1.0;
    }
    return WEFT_OK;
}

static weft_status put_layer(flows *f, int i, weft_error *error) {
    const weft_layer *l = &f->network->layers[i];
    switch ((int)l->op) {
    case WEFT_OP_INPUT:
        return put_input(f, error);
    case WEFT_OP_CONV:
    case WEFT_OP_LINEAR:
        return put_product(f, i, error);
    case WEFT_OP_ADD:
    case WEFT_OP_CONCAT:
        return put_joined(f, i, error);
    case WEFT_OP_SLICE:
        return put_channels(f, i, l->offset, l->out.channels, error);
    case WEFT_OP_MAX_POOL:
    case WEFT_OP_AVERAGE_POOL:
    case WEFT_OP_AVERAGE_WINDOW:
    case WEFT_OP_AVERAGE_INSIDE:
        return put_pool(f, i, error);
    case WEFT_OP_PAD_CHANNELS:
    case WEFT_OP_BATCH_NORM:
    case WEFT_OP_RELU:
    case WEFT_OP_RELU6:
    case WEFT_OP_HARD_SWISH:
    case WEFT_OP_GELU:
    case WEFT_OP_SIGMOID:
    case WEFT_OP_HARD_SIGMOID:
    case WEFT_OP_MULTIPLY: /* by a gate, which is open */
    case WEFT_OP_DROPOUT:
    case WEFT_OP_DROP_PATH:
    case WEFT_OP_FLATTEN:
        return put_channels(f, i, 0, l->in.channels, error);
    default:
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "layer %d: synaptic flow is not defined for %s", i, weft_op_token(l->op));
    }
}

/* Layer i has read what it reads. */
static void leave(flows *f, int i) {
    const weft_layer *l = &f->network->layers[i];
    for (int k = 0; k < l->n_inputs; k++) {
        flow *in = &f->of[l->input[k]];
        if (--in->readers == 0) {
            drop(in);
        }
    }
}

static weft_status run(flows *f, const weft_stop *stop, double *score, weft_error *error) {
    const weft_network *network = f->network;
    const int last = network->n_layers - 1;
    double sum = 0.0;
    for (int i = 0; i <= last; i++) {
        for (int k = 0; k < network->layers[i].n_inputs; k++) {
            f->of[network->layers[i].input[k]].readers++;
        }
    }
    for (int i = 0; i <= last; i++) {
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        WEFT_TRY(put_layer(f, i, error));
        leave(f, i);
    }
    for (size_t v = 0; v < f->of[last].count; v++) {
        sum += f->of[last].slope[v];
    }
    *score = sum > 0.0 ? log(sum) + f->of[last].exponent * log(2.0) : -INFINITY;
    return WEFT_OK;
}

weft_status weft_flow_score(const weft_network *network, uint64_t seed, const weft_stop *stop,
                            double *score, weft_error *error) {
    if (network->is_table) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "network %s is a table of layers: it has no edges for a flow",
                         network->name);
    }
    size_t n = (size_t)network->n_layers;
    flows f = {.network = network, .seed = seed, .of = calloc(n, sizeof *f.of)};
    if (f.of == NULL) {
        return weft_fail_memory(error, n * sizeof *f.of);
    }
    weft_status status = run(&f, stop, score, error);
    for (size_t i = 0; i < n; i++) {
        drop(&f.of[i]);
    }
    free(f.weights);
    free(f.sum);
    free(f.of);
    return status;
}
