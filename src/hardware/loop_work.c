/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a layer brings no histograms, it gets the ones below: 31 bins, after what CiMLoop ships for
 * ResNet18: weights about zero with a standard deviation of a sixth of the range; inputs that come
 * out of a ReLU (none below zero, 0.4 of them zero, the rest falling exponentially to the top), and
 * two-sided ones with the same fall where the network's input or a signed activation comes in. */
#include "hardware/loop_work.h"

#include "base/error.h"
#include "hardware/dataflow_chip.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 31, DEFAULTS = 3, WEIGHT = 0, POSITIVE = 1, SIGNED = 2 };

static void default_shares(int kind, double *share) {
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
        double v = (i - BINS / 2) / (double)(BINS / 2);
        double fall = exp(-fabs(v) / 0.25);
        share[i] = kind == WEIGHT ? exp(-v * v / (2.0 / 9)) : kind == SIGNED || v > 0 ? fall : 0;
        sum += share[i];
    }
    double zero = kind == POSITIVE ? 0.4 : 0;
    for (int i = 0; i < BINS; i++) {
        share[i] *= (1 - zero) / sum;
    }
    share[BINS / 2] += zero;
}

static bool is_product(weft_op op) {
    return op == WEFT_OP_CONV || op == WEFT_OP_LINEAR || op == WEFT_OP_MATMUL;
}

/* Whether values below zero come into a layer: they do unless a ReLU made them. */
static bool comes_signed(const weft_network *network, int32_t layer) {
    const weft_layer *at = &network->layers[layer];
    if (network->is_table) {
        return layer == 1;
    }
    while (at->n_inputs > 0) {
        const weft_layer *from = &network->layers[at->input[0]];
        switch ((int)from->op) {
        case WEFT_OP_RELU:
        case WEFT_OP_RELU6:
        case WEFT_OP_SOFTMAX:
        case WEFT_OP_SIGMOID:
        case WEFT_OP_HARD_SIGMOID:
            return false;
        case WEFT_OP_MAX_POOL:
        case WEFT_OP_AVERAGE_POOL:
        case WEFT_OP_AVERAGE_WINDOW:
        case WEFT_OP_FLATTEN:
        case WEFT_OP_DROPOUT:
        case WEFT_OP_CONCAT:
            at = from;
            break;
        default:
            return true;
        }
    }
    return true;
}

/* ---- histograms ------------------------------------------------------------------------------ */

typedef struct keeping {
    weft_loop_work *work;
    int32_t n;
    size_t used;
} keeping;

static bool equal_histograms(const weft_histogram *a, const weft_histogram *b) {
    return a->n == b->n && memcmp(a->share, b->share, (size_t)a->n * sizeof *a->share) == 0;
}

/* One copy of each histogram. */
static const weft_histogram *keep(keeping *k, const weft_histogram *given) {
    for (int32_t i = 0; i < k->n; i++) {
        if (equal_histograms(&k->work->histograms[i], given)) {
            return &k->work->histograms[i];
        }
    }
    double *share = k->work->shares + k->used;
    memcpy(share, given->share, (size_t)given->n * sizeof *share);
    k->used += (size_t)given->n;
    k->work->histograms[k->n] = (weft_histogram){given->n, share};
    return &k->work->histograms[k->n++];
}

static const weft_histogram *pick(keeping *k, const weft_histogram *given, int fallback) {
    return given != NULL ? keep(k, given) : &k->work->histograms[fallback];
}

/* ---- layers ---------------------------------------------------------------------------------- */

static void name_layer(const weft_layer *layer, const weft_loops *l, weft_loop_layer *made) {
    int c = l->c * l->g;
    int m = l->m * l->g;
    if (layer->name != NULL) {
        snprintf(made->name, sizeof made->name, "%s", layer->name);
    } else if (layer->op == WEFT_OP_CONV && l->g > 1 && l->c == 1) {
        snprintf(made->name, sizeof made->name, "depthwise%dx%d %d", l->r, l->s, c);
    } else if (layer->op == WEFT_OP_CONV) {
        snprintf(made->name, sizeof made->name, "conv%dx%d %d>%d", l->r, l->s, c, m);
    } else {
        snprintf(made->name, sizeof made->name, "%s %d>%d", weft_op_token(layer->op), c, m);
    }
}

static int32_t sign_of(const weft_histogram *histogram) {
    return weft_histogram_is_signed(histogram) ? WEFT_SIGN_SOME : WEFT_SIGN_NONE;
}

static int32_t class_of(weft_loop_work *w, const weft_layer_bits *bits,
                        const weft_loop_layer *layer) {
    int32_t wanted[WEFT_TRAITS] = {bits->inputs, bits->weights, bits->outputs,
                                   sign_of(layer->inputs), sign_of(layer->weights)};
    for (int32_t i = 0; i < w->n_precisions; i++) {
        if (memcmp(w->traits[i], wanted, sizeof wanted) == 0) {
            return i;
        }
    }
    memcpy(w->traits[w->n_precisions], wanted, sizeof wanted);
    return w->n_precisions++;
}

static bool same_loops(const weft_loop_sizes *a, const weft_loop_sizes *b) {
    return memcmp(a->size, b->size, sizeof a->size) == 0 && a->stride_h == b->stride_h &&
           a->stride_w == b->stride_w && a->dilation_h == b->dilation_h &&
           a->dilation_w == b->dilation_w && a->dynamic == b->dynamic;
}

static bool same_work(const weft_loop_layer *a, const weft_loop_layer *b) {
    return a->precision == b->precision && a->inputs == b->inputs && a->weights == b->weights &&
           same_loops(&a->loops, &b->loops) &&
           memcmp(a->elements, b->elements, sizeof a->elements) == 0;
}

static void add_layer(keeping *k, const weft_network *network, int32_t index) {
    weft_loop_work *w = k->work;
    const weft_layer *layer = &network->layers[index];
    weft_loops l;
    if (!weft_layer_loops(network, index, &l)) {
        return;
    }
    weft_loop_layer *made = &w->layers[w->n_layers];
    memset(made, 0, sizeof *made); /* same_work compares bytes */
    made->layer = index;
    made->block = layer->block;
    name_layer(layer, &l, made);
    made->loops = (weft_loop_sizes){.size = {[WEFT_DIM_N] = l.n,
                                             [WEFT_DIM_C] = l.c,
                                             [WEFT_DIM_M] = l.m,
                                             [WEFT_DIM_R] = l.r,
                                             [WEFT_DIM_S] = l.s,
                                             [WEFT_DIM_P] = l.p,
                                             [WEFT_DIM_Q] = l.q,
                                             [WEFT_DIM_G] = l.g,
                                             [WEFT_DIM_X] = 1,
                                             [WEFT_DIM_Y] = 1},
                                    .stride_h = l.stride_h,
                                    .stride_w = l.stride_w,
                                    .dilation_h = l.dilation_h,
                                    .dilation_w = l.dilation_w,
                                    .dynamic = l.dynamic};
    bool is_signed = comes_signed(network, index);
    made->inputs = pick(k, layer->operands.inputs, is_signed ? SIGNED : POSITIVE);
    made->weights = pick(k, layer->operands.weights, l.dynamic ? SIGNED : WEIGHT);
    made->precision = class_of(w, &layer->bits, made);
    made->weights_held = (int64_t)l.c * l.m * l.r * l.s * l.g;
    made->macs = made->weights_held * l.n * l.p * l.q;
    made->elements[WEFT_ELEMENT_OUTPUT] = (int64_t)l.n * l.g * l.m * l.p * l.q;
    w->macs += made->macs;
    w->n_layers++;
}

static int element_of(weft_op op) {
    switch ((int)op) {
    case WEFT_OP_RELU:
    case WEFT_OP_RELU6:
    case WEFT_OP_HARD_SWISH:
    case WEFT_OP_HARD_SIGMOID:
    case WEFT_OP_SIGMOID:
    case WEFT_OP_GELU:
        return WEFT_ELEMENT_ACTIVATION;
    case WEFT_OP_MAX_POOL:
    case WEFT_OP_AVERAGE_POOL:
    case WEFT_OP_AVERAGE_WINDOW:
        return WEFT_ELEMENT_POOL;
    case WEFT_OP_ADD:
    case WEFT_OP_ADD_EMBEDDING:
        return WEFT_ELEMENT_ADD;
    case WEFT_OP_MULTIPLY:
        return WEFT_ELEMENT_MULTIPLY;
    case WEFT_OP_LAYER_NORM:
        return WEFT_ELEMENT_NORM;
    case WEFT_OP_SOFTMAX:
        return WEFT_ELEMENT_SOFTMAX;
    default:
        return -1;
    }
}

/* A layer that is no product goes with the last product before it; batch norms fold into it. */
static void add_elements(weft_loop_work *w, const weft_layer *layer) {
    int element = element_of(layer->op);
    if (element >= 0 && w->n_layers > 0) {
        w->layers[w->n_layers - 1].elements[element] += (int64_t)layer->in.channels *
                                                        layer->in.height * layer->in.width;
    }
}

/* Layers that differ in nothing. */
static void find_equal(weft_loop_work *w) {
    for (int32_t l = 0; l < w->n_layers; l++) {
        weft_loop_layer *layer = &w->layers[l];
        layer->same = l;
        for (int32_t i = 0; i < l; i++) {
            if (w->layers[i].same == i && same_work(&w->layers[i], layer)) {
                layer->same = i;
                break;
            }
        }
        w->layers[layer->same].times++;
    }
}

/* ---- edges ----------------------------------------------------------------------------------- */

typedef struct tracing {
    const weft_network *network;
    const int32_t *loop_of; /* of each network layer, -1: none */
    int32_t *seen;          /* the loop layer that last came by */
    int32_t *from;
    int32_t n, capacity;
} tracing;

/* Loop layers that feed network layer `at`, through layers that are none. Depth: layers stand in
 * topological order, so the stack is at most their number; it is kept explicit. */
static bool trace(tracing *t, int32_t at, int32_t mark, int32_t *stack) {
    int32_t top = 0;
    stack[top++] = at;
    while (top > 0) {
        const weft_layer *layer = &t->network->layers[stack[--top]];
        for (int32_t i = 0; i < layer->n_inputs; i++) {
            int32_t from = layer->input[i];
            if (t->seen[from] == mark) {
                continue;
            }
            t->seen[from] = mark;
            if (t->loop_of[from] < 0) {
                stack[top++] = from;
                continue;
            }
            if (t->n == t->capacity) {
                int32_t *larger = realloc(t->from, 2 * (size_t)t->capacity * sizeof *t->from);
                if (larger == NULL) {
                    return false;
                }
                t->from = larger;
                t->capacity *= 2;
            }
            t->from[t->n++] = t->loop_of[from];
        }
    }
    return true;
}

static weft_status link_layers(const weft_network *network, weft_loop_work *w, weft_error *error) {
    size_t n = (size_t)network->n_layers + 1;
    int32_t *memory = malloc(3 * n * sizeof *memory);
    tracing t = {network, memory, memory + n, malloc(2 * n * sizeof *t.from), 0, (int32_t)(2 * n)};
    w->first_from = calloc((size_t)w->n_layers + 1, sizeof *w->first_from);
    bool done = memory != NULL && t.from != NULL && w->first_from != NULL;
    for (size_t i = 0; done && i < n; i++) {
        memory[i] = memory[n + i] = -1;
    }
    for (int32_t l = 0; done && l < w->n_layers; l++) {
        memory[w->layers[l].layer] = l;
    }
    for (int32_t l = 0; done && l < w->n_layers; l++) {
        w->first_from[l] = t.n;
        done = trace(&t, w->layers[l].layer, l, memory + 2 * n);
    }
    if (done) {
        w->first_from[w->n_layers] = t.n;
    }
    w->from = t.from;
    free(memory);
    return done ? WEFT_OK : weft_fail_memory(error, n * sizeof *memory);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static weft_status allocate(const weft_network *network, weft_loop_work *w, weft_error *error) {
    size_t layers = 1;
    size_t shares = (size_t)DEFAULTS * BINS;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        layers += is_product(layer->op);
        shares += layer->operands.inputs != NULL ? (size_t)layer->operands.inputs->n : 0;
        shares += layer->operands.weights != NULL ? (size_t)layer->operands.weights->n : 0;
    }
    w->layers = calloc(layers, sizeof *w->layers);
    w->costs = calloc(layers, sizeof *w->costs);
    w->shares_of = calloc(layers, sizeof *w->shares_of);
    w->finish = calloc(layers, sizeof *w->finish);
    w->traits = calloc(layers, sizeof *w->traits);
    w->histograms = calloc(2 * layers + DEFAULTS, sizeof *w->histograms);
    w->shares = calloc(shares, sizeof *w->shares);
    bool all = w->layers != NULL && w->costs != NULL && w->traits != NULL &&
               w->histograms != NULL && w->shares != NULL && w->shares_of != NULL &&
               w->finish != NULL;
    return all ? WEFT_OK : weft_fail_memory(error, layers * sizeof *w->layers);
}

static weft_status allocate_kept(weft_loop_work *w, weft_error *error) {
    size_t room = 2 * (size_t)w->n_layers * WEFT_MAX_PARTS;
    w->actions = calloc(room + 1, sizeof *w->actions);
    if (w->actions == NULL) {
        return weft_fail_memory(error, room * sizeof *w->actions);
    }
    for (int32_t l = 0; l < w->n_layers; l++) {
        w->costs[l].kept.reads = w->actions + 2 * (size_t)l * WEFT_MAX_PARTS;
        w->costs[l].kept.writes = w->costs[l].kept.reads + WEFT_MAX_PARTS;
    }
    return WEFT_OK;
}

static weft_status fill(const weft_network *network, weft_loop_work *w, weft_error *error) {
    WEFT_TRY(allocate(network, w, error));
    keeping k = {.work = w, .n = DEFAULTS, .used = (size_t)DEFAULTS * BINS};
    for (int kind = 0; kind < DEFAULTS; kind++) {
        double *share = w->shares + kind * BINS;
        default_shares(kind, share);
        w->histograms[kind] = (weft_histogram){BINS, share};
    }
    for (int32_t i = 0; i < network->n_layers; i++) {
        if (is_product(network->layers[i].op)) {
            add_layer(&k, network, i);
        } else {
            add_elements(w, &network->layers[i]);
        }
    }
    find_equal(w);
    WEFT_TRY(allocate_kept(w, error));
    WEFT_TRY(link_layers(network, w, error));
    WEFT_TRY(weft_loop_maps(network, w, error));
    w->precisions = calloc((size_t)w->n_precisions + 1, sizeof *w->precisions);
    w->dataflow = weft_dataflow_memo_create(w->n_layers);
    return w->precisions != NULL && w->dataflow != NULL
               ? WEFT_OK
               : weft_fail_memory(error, sizeof *w->precisions);
}

weft_status weft_loop_work_create(const weft_network *network, weft_loop_work **work,
                                  weft_error *error) {
    weft_loop_work *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(network, made, error);
    if (status != WEFT_OK) {
        weft_loop_work_destroy(made);
        return status;
    }
    *work = made;
    return WEFT_OK;
}

void weft_loop_work_destroy(weft_loop_work *work) {
    if (work != NULL) {
        free(work->layers);
        free(work->costs);
        free(work->shares_of);
        free(work->finish);
        free(work->from);
        free(work->first_from);
        free(work->traits);
        free(work->precisions);
        free(work->histograms);
        free(work->shares);
        free(work->actions);
        free(work->dataflow);
        free(work);
    }
}

weft_loop_sizes weft_loop_sizes_on(const weft_loop_layer *layer, const weft_precision *price) {
    weft_loop_sizes loops = layer->loops;
    loops.size[WEFT_DIM_X] = price->input_slices;
    loops.size[WEFT_DIM_Y] = price->weight_slices;
    return loops;
}
