/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/loop_work.h"

#include "base/error.h"
#include "hardware/dataflow_chip.h"
#include "hardware/hash.h"
#include "hardware/histogram.h"
#include "hardware/ledger.h"
#include "hardware/memo.h"

#include <stdlib.h>
#include <string.h>

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
        case WEFT_OP_AVERAGE_INSIDE:
        case WEFT_OP_FLATTEN:
        case WEFT_OP_DROPOUT:
        case WEFT_OP_DROP_PATH:
        case WEFT_OP_TO_MAP:
        case WEFT_OP_CONCAT:
            at = from;
            break;
        default:
            return true;
        }
    }
    return true;
}

/* ---- classes --------------------------------------------------------------------------------- */

/* More than these are forgotten before the next network. */
enum { MOST_CLASSES = 128, FIRST_CLASSES = 4 };

static weft_status add_class(weft_loop_work *w, const int32_t traits[WEFT_TRAITS],
                             weft_error *error) {
    if (w->n_classes == w->classes_room) {
        int32_t room = w->classes_room > 0 ? 2 * w->classes_room : FIRST_CLASSES;
        weft_class *grown = realloc(w->classes, (size_t)room * sizeof *grown);
        if (grown == NULL) {
            return weft_fail_memory(error, (size_t)room * sizeof *grown);
        }
        w->classes = grown;
        w->classes_room = room;
    }
    weft_class *made = &w->classes[w->n_classes];
    memcpy(made->traits, traits, sizeof made->traits);
    made->priced_for = 0;
    made->counted.structure = 0;
    made->used = false;
    made->columns = 0;
    made->bits = 0;
    while (memcmp(w->classes[made->bits].traits, traits, WEFT_BITS * sizeof *traits) != 0) {
        made->bits++;
    }
    w->n_classes++;
    return WEFT_OK;
}

static weft_status find_class(weft_loop_work *w, const weft_layer_bits *bits, bool inputs_signed,
                              bool weights_signed, weft_loop_layer *layer, weft_error *error) {
    const int32_t wanted[WEFT_TRAITS] = {bits->inputs, bits->weights, bits->outputs,
                                         inputs_signed ? WEFT_SIGN_SOME : WEFT_SIGN_NONE,
                                         weights_signed ? WEFT_SIGN_SOME : WEFT_SIGN_NONE};
    int32_t c = 0;
    while (c < w->n_classes && memcmp(w->classes[c].traits, wanted, sizeof wanted) != 0) {
        c++;
    }
    if (c == w->n_classes) {
        WEFT_TRY(add_class(w, wanted, error));
    }
    w->classes[c].used = true;
    layer->precision = c;
    return WEFT_OK;
}

static void forget_classes(weft_loop_work *w) {
    w->n_classes = w->n_classes > MOST_CLASSES ? 0 : w->n_classes;
    for (int32_t c = 0; c < w->n_classes; c++) {
        w->classes[c].used = false;
        w->classes[c].columns = 0;
    }
}

/* ---- layers ---------------------------------------------------------------------------------- */

const char *weft_loop_name(const weft_loop_layer *layer, char name[WEFT_LOOP_NAME]) {
    const int32_t *size = layer->loops.size;
    int c = size[WEFT_DIM_C] * size[WEFT_DIM_G];
    int m = size[WEFT_DIM_M] * size[WEFT_DIM_G];
    int r = size[WEFT_DIM_R];
    int s = size[WEFT_DIM_S];
    if (layer->name[0] != '\0') {
        snprintf(name, WEFT_LOOP_NAME, "%s", layer->name);
    } else if (layer->op == WEFT_OP_CONV && size[WEFT_DIM_G] > 1 && size[WEFT_DIM_C] == 1) {
        snprintf(name, WEFT_LOOP_NAME, "depthwise%dx%d %d", r, s, c);
    } else if (layer->op == WEFT_OP_CONV) {
        snprintf(name, WEFT_LOOP_NAME, "conv%dx%d %d>%d", r, s, c, m);
    } else {
        snprintf(name, WEFT_LOOP_NAME, "%s %d>%d", weft_op_token(layer->op), c, m);
    }
    return name;
}

static bool same_loops(const weft_loop_sizes *a, const weft_loop_sizes *b) {
    return memcmp(a->size, b->size, sizeof a->size) == 0 && a->stride_h == b->stride_h &&
           a->stride_w == b->stride_w && a->dilation_h == b->dilation_h &&
           a->dilation_w == b->dilation_w && a->dynamic == b->dynamic;
}

static bool same_work(const weft_loop_layer *a, const weft_loop_layer *b) {
    return a->hash == b->hash && a->precision == b->precision && a->inputs == b->inputs &&
           a->weights == b->weights && a->input_kind == b->input_kind &&
           a->weight_kind == b->weight_kind && a->copies == b->copies &&
           same_loops(&a->loops, &b->loops) &&
           memcmp(a->elements, b->elements, sizeof a->elements) == 0;
}

static weft_loop_sizes sizes_of(const weft_loops *l) {
    return (weft_loop_sizes){.size = {[WEFT_DIM_N] = l->n,
                                      [WEFT_DIM_C] = l->c,
                                      [WEFT_DIM_M] = l->m,
                                      [WEFT_DIM_R] = l->r,
                                      [WEFT_DIM_S] = l->s,
                                      [WEFT_DIM_P] = l->p,
                                      [WEFT_DIM_Q] = l->q,
                                      [WEFT_DIM_G] = l->g,
                                      [WEFT_DIM_X] = 1,
                                      [WEFT_DIM_Y] = 1},
                             .stride_h = l->stride_h,
                             .stride_w = l->stride_w,
                             .dilation_h = l->dilation_h,
                             .dilation_w = l->dilation_w,
                             .dynamic = l->dynamic};
}

/* Pairs of numbers below 2^32 each. */
static uint64_t hash_loops(const weft_loop_sizes *loops, int32_t copies) {
    const int32_t *size = loops->size;
    uint64_t hash = weft_hash_begin();
    for (int d = 0; d < WEFT_DIM_X; d += 2) {
        hash = weft_hash_add(hash, (uint64_t)size[d] << 32 | (uint32_t)size[d + 1]);
    }
    hash = weft_hash_add(hash, (uint64_t)loops->stride_h << 32 | (uint32_t)loops->stride_w);
    hash = weft_hash_add(hash, (uint64_t)loops->dilation_h << 32 | (uint32_t)loops->dilation_w);
    return weft_hash_add(hash, (uint64_t)copies << 1 | loops->dynamic);
}

static weft_status add_layer(weft_loop_work *w, const weft_network *network, int32_t index,
                             weft_error *error) {
    const weft_layer *layer = &network->layers[index];
    weft_loops l;
    if (!weft_layer_loops(network, index, &l)) {
        return WEFT_OK;
    }
    weft_loop_layer *made = &w->layers[w->n_layers];
    made->layer = index;
    made->block = layer->block;
    made->copies = layer->copies;
    made->op = layer->op;
    made->name[0] = '\0';
    if (layer->name != NULL) {
        snprintf(made->name, sizeof made->name, "%s", layer->name);
    }
    made->loops = sizes_of(&l);
    made->hash = hash_loops(&made->loops, made->copies);
    int input = comes_signed(network, index) ? WEFT_HISTOGRAM_SIGNED : WEFT_HISTOGRAM_POSITIVE;
    int weight = l.dynamic ? WEFT_HISTOGRAM_SIGNED : WEFT_HISTOGRAM_WEIGHT;
    const weft_stored_histogram *inputs =
        weft_histogram_pick(w->histograms, layer->operands.inputs, input);
    const weft_stored_histogram *weights =
        weft_histogram_pick(w->histograms, layer->operands.weights, weight);
    if (inputs == NULL || weights == NULL) {
        return weft_fail_memory(error, sizeof *inputs);
    }
    made->inputs = &inputs->values;
    made->weights = &weights->values;
    made->input_kind = (int8_t)(layer->operands.inputs != NULL ? WEFT_HISTOGRAM_GIVEN : input);
    made->weight_kind = (int8_t)(layer->operands.weights != NULL ? WEFT_HISTOGRAM_GIVEN : weight);
    WEFT_TRY(find_class(w, &layer->bits, inputs->is_signed, weights->is_signed, made, error));
    made->weights_held = (int64_t)l.c * l.m * l.r * l.s * l.g;
    made->macs = made->weights_held * l.n * l.p * l.q;
    memset(made->elements, 0, sizeof made->elements);
    made->elements[WEFT_ELEMENT_OUTPUT] = (int64_t)l.n * l.g * l.m * l.p * l.q;
    made->own = made->before = (weft_map_use){.inputs = 0};
    made->first = made->last = false;
    made->in_height = made->in_width = 0;
    made->times = 0;
    w->macs += made->macs;
    w->n_layers++;
    return WEFT_OK;
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
    case WEFT_OP_AVERAGE_INSIDE:
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

/* Layers that differ in nothing, by a table of the first of each with room for twice as many. */
static void find_equal(weft_loop_work *w) {
    uint32_t mask = 2 * (uint32_t)w->layers_room - 1;
    memset(w->equal, 0xff, 2 * (size_t)w->layers_room * sizeof *w->equal);
    for (int32_t l = 0; l < w->n_layers; l++) {
        weft_loop_layer *layer = &w->layers[l];
        uint64_t hash = weft_hash_add(layer->hash, (uint64_t)layer->precision);
        for (int e = 0; e < WEFT_ELEMENT_COUNT; e++) {
            hash = weft_hash_add(hash, (uint64_t)layer->elements[e]);
        }
        uint32_t at = (uint32_t)hash & mask;
        while (w->equal[at] >= 0 && !same_work(&w->layers[w->equal[at]], layer)) {
            at = (at + 1) & mask;
        }
        w->equal[at] = w->equal[at] >= 0 ? w->equal[at] : l;
        layer->same = w->equal[at];
        w->layers[layer->same].times++;
    }
}

/* ---- edges ----------------------------------------------------------------------------------- */

typedef struct tracing {
    const weft_network *network;
    const int32_t *loop_of; /* of each network layer, -1: none */
    int32_t *seen;          /* the loop layer that last came by */
    int32_t n;
} tracing;

static weft_status add_edge(weft_loop_work *w, tracing *t, int32_t from, weft_error *error) {
    if (t->n == w->edges_room) {
        size_t room = 2 * (size_t)w->edges_room + 64;
        int32_t *larger = realloc(w->from, room * sizeof *w->from);
        if (larger == NULL) {
            return weft_fail_memory(error, room * sizeof *w->from);
        }
        w->from = larger;
        w->edges_room = (int32_t)room;
    }
    w->from[t->n++] = from;
    return WEFT_OK;
}

/* Loop layers that feed network layer `at`, through layers that are none. Depth: layers stand in
 * topological order, so the stack is at most their number; it is kept explicit. */
static weft_status trace(weft_loop_work *w, tracing *t, int32_t at, int32_t mark, int32_t *stack,
                         weft_error *error) {
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
            } else {
                WEFT_TRY(add_edge(w, t, t->loop_of[from], error));
            }
        }
    }
    return WEFT_OK;
}

static weft_status link_layers(const weft_network *network, weft_loop_work *w, weft_error *error) {
    int32_t *loop_of = w->nodes;
    int32_t *seen = loop_of + w->nodes_room;
    int32_t *stack = seen + w->nodes_room;
    tracing t = {network, loop_of, seen, 0};
    memset(w->nodes, 0xff, 2 * (size_t)w->nodes_room * sizeof *w->nodes); /* all -1 */
    for (int32_t l = 0; l < w->n_layers; l++) {
        loop_of[w->layers[l].layer] = l;
    }
    for (int32_t l = 0; l < w->n_layers; l++) {
        w->first_from[l] = t.n;
        WEFT_TRY(trace(w, &t, w->layers[l].layer, l, stack, error));
    }
    w->first_from[w->n_layers] = t.n;
    return WEFT_OK;
}

/* ---- memory ---------------------------------------------------------------------------------- */

enum { FIRST_LAYERS = 32, FIRST_NODES = 128 };

/* A power of two that holds n. */
static size_t room_for(int32_t n, int32_t first) {
    size_t room = (size_t)first;
    while (room < (size_t)n) {
        room *= 2;
    }
    return room;
}

/* *array with room for n of `size`, as zeros; what it held is of no use any more. */
static bool renew(void *array, size_t n, size_t size) {
    void **at = array;
    free(*at);
    *at = calloc(n, size);
    return *at != NULL;
}

static void point_to_actions(weft_loop_work *w) {
    for (int32_t l = 0; l < w->layers_room; l++) {
        w->costs[l].kept.reads = w->actions + 2 * (size_t)l * WEFT_MAX_PARTS;
        w->costs[l].kept.writes = w->costs[l].kept.reads + WEFT_MAX_PARTS;
    }
}

static weft_status reserve_layers(weft_loop_work *w, int32_t n, weft_error *error) {
    if (n <= w->layers_room) {
        return WEFT_OK;
    }
    size_t room = room_for(n, FIRST_LAYERS);
    w->layers_room = 0;
    free(w->dataflow);
    weft_ledger_destroy(w->ledger);
    w->ledger = weft_ledger_create((int32_t)room);
    w->dataflow = weft_dataflow_memo_create((int32_t)room);
    bool all = renew(&w->layers, room, sizeof *w->layers) &&
               renew(&w->costs, room, sizeof *w->costs) &&
               renew(&w->shares_of, room, sizeof *w->shares_of) &&
               renew(&w->finish, room, sizeof *w->finish) &&
               renew(&w->first_from, room + 1, sizeof *w->first_from) &&
               renew(&w->equal, 2 * room, sizeof *w->equal) &&
               renew(&w->actions, 2 * room * WEFT_MAX_PARTS, sizeof *w->actions) &&
               w->dataflow != NULL && w->ledger != NULL;
    if (!all) {
        return weft_fail_memory(error, room * sizeof *w->layers);
    }
    w->layers_room = (int32_t)room;
    point_to_actions(w);
    return WEFT_OK;
}

static weft_status reserve_nodes(weft_loop_work *w, int32_t n, weft_error *error) {
    if (n <= w->nodes_room) {
        return WEFT_OK;
    }
    size_t room = room_for(n, FIRST_NODES);
    w->nodes_room = 0;
    if (!renew(&w->nodes, 3 * room, sizeof *w->nodes) ||
        !renew(&w->stores, room, sizeof *w->stores)) {
        return weft_fail_memory(error, room * sizeof *w->stores);
    }
    w->nodes_room = (int32_t)room;
    return WEFT_OK;
}

/* What is kept of the network before stands for nothing now. */
static void clear_costs(weft_loop_work *w) {
    w->allotted.arrays = 0;
    for (int32_t l = 0; l < w->n_layers; l++) {
        w->costs[l].input.code_bits = 0;
        w->costs[l].one.structure = 0;
        w->costs[l].kept.structure = 0;
    }
}

static int32_t count_products(const weft_network *network) {
    int32_t n = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        n += is_product(network->layers[i].op);
    }
    return n;
}

static weft_status fill(weft_loop_work *w, const weft_network *network, int32_t region,
                        weft_error *error) {
    bool left_out = false;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (is_product(layer->op)) {
            left_out = region >= 0 && layer->region != region;
            WEFT_TRY(left_out ? WEFT_OK : add_layer(w, network, i, error));
        } else if (!left_out) {
            add_elements(w, layer);
        }
    }
    return WEFT_OK;
}

weft_status weft_loop_work_assign(weft_loop_work *w, const weft_network *network, int32_t region,
                                  weft_error *error) {
    w->n_layers = 0;
    w->macs = 0;
    w->region = region;
    forget_classes(w);
    bool forgotten = false;
    WEFT_TRY(weft_histogram_reserve(w->histograms, network, &forgotten, error));
    if (forgotten) {
        weft_statistic_memo_clear(w->statistics);
    }
    WEFT_TRY(reserve_layers(w, count_products(network) + 1, error));
    WEFT_TRY(reserve_nodes(w, network->n_layers, error));
    WEFT_TRY(fill(w, network, region, error));
    find_equal(w);
    clear_costs(w);
    weft_ledger_begin(w->ledger, w);
    WEFT_TRY(link_layers(network, w, error));
    weft_loop_maps(network, w);
    return WEFT_OK;
}

weft_status weft_loop_work_create(weft_loop_work **work, weft_error *error) {
    weft_loop_work *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->histograms = weft_histogram_store_create();
    made->statistics = weft_statistic_memo_create();
    if (made->histograms == NULL || made->statistics == NULL) {
        weft_loop_work_destroy(made);
        return weft_fail_memory(error, sizeof *made);
    }
    *work = made;
    return WEFT_OK;
}

weft_status weft_loop_work_remember(weft_loop_work *work, weft_error *error) {
    if (work->seen == NULL) {
        work->seen = weft_count_memo_create();
    }
    return work->seen != NULL ? WEFT_OK : weft_fail_memory(error, 0);
}

void weft_loop_work_destroy(weft_loop_work *work) {
    if (work != NULL) {
        weft_histogram_store_destroy(work->histograms);
        weft_statistic_memo_destroy(work->statistics);
        weft_count_memo_destroy(work->seen);
        free(work->layers);
        free(work->costs);
        free(work->shares_of);
        free(work->finish);
        free(work->from);
        free(work->first_from);
        free(work->classes);
        free(work->actions);
        free(work->equal);
        free(work->nodes);
        free(work->stores);
        weft_ledger_destroy(work->ledger);
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
