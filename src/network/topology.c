/* SPDX-License-Identifier: Apache-2.0
 *
 * NN-Degree and NN-Mass of any graph; the definition is at weft_network_topology.
 *
 * Every layer passes on, for each of its channels, the layer of nodes that the channel comes from
 * (its source). A sum belongs to its deepest term; the other ones, where they are less deep, are skips
 * of that source. Counting takes the sum of all channels of all layers. */
#include <weft/network.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { NO_SOURCE = -1 }; /* channels of zeros */

typedef struct tracer {
    const weft_network *network;
    int32_t **sources; /* of each layer: the source of each channel of its output */
    int32_t *memory;   /* all of them */
    int32_t *depth;    /* of each layer of nodes, and of the input */
    int32_t *cell;     /* likewise: its place in topology->cells */
    weft_topology *topology;
} tracer;

static const weft_layer *layer_of(const tracer *t, int32_t l) {
    return &t->network->layers[l];
}

static bool has_nodes(const weft_layer *layer) {
    return (layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR) &&
           (int64_t)layer->out.height * layer->out.width > 1;
}

static int32_t depth_of(const tracer *t, int32_t source) {
    return source == NO_SOURCE ? NO_SOURCE : t->depth[source];
}

/* ---- following channels ------------------------------------------------------------------------ */

/* The deepest source of all inputs of a layer. */
static int32_t deepest_source(const tracer *t, const weft_layer *layer) {
    int32_t deepest = NO_SOURCE;
    for (int32_t i = 0; i < layer->n_inputs; i++) {
        const int32_t *from = t->sources[layer->input[i]];
        int32_t channels = layer_of(t, layer->input[i])->out.channels;
        for (int32_t k = 0; k < channels; k++) {
            deepest = depth_of(t, from[k]) > depth_of(t, deepest) ? from[k] : deepest;
        }
    }
    return deepest;
}

static void copy_sources(const int32_t *from, int32_t n, int32_t *to) {
    memcpy(to, from, (size_t)n * sizeof *to);
}

/* A skip of one channel that ends at the nodes of layer `to`. */
static void count_skip(tracer *t, int32_t from, int32_t to) {
    weft_topology_cell *cell = &t->topology->cells[t->cell[to]];
    const weft_layer *layer = layer_of(t, to);
    cell->skips++;
    cell->links += layer->out.channels / layer->groups;
    cell->inside += from > 0 && t->cell[from] == t->cell[to];
}

/* Channel k of a sum belongs to the deeper term. */
static void join_sum(tracer *t, int32_t l) {
    const weft_layer *layer = layer_of(t, l);
    const int32_t *a = t->sources[layer->input[0]];
    const int32_t *b = t->sources[layer->input[1]];
    for (int32_t k = 0; k < layer->out.channels; k++) {
        int32_t depth_a = depth_of(t, a[k]);
        int32_t depth_b = depth_of(t, b[k]);
        int32_t deep = depth_a >= depth_b ? a[k] : b[k];
        int32_t other = depth_a >= depth_b ? b[k] : a[k];
        t->sources[l][k] = deep;
        if (other != NO_SOURCE && deep > 0 && depth_of(t, other) < depth_of(t, deep)) {
            count_skip(t, other, deep);
        }
    }
}

static void join_concat(tracer *t, int32_t l) {
    const weft_layer *layer = layer_of(t, l);
    int32_t *to = t->sources[l];
    for (int32_t i = 0; i < layer->n_inputs; i++) {
        int32_t channels = layer_of(t, layer->input[i])->out.channels;
        copy_sources(t->sources[layer->input[i]], channels, to);
        to += channels;
    }
}

static void fill_sources(int32_t source, int32_t first, int32_t end, int32_t *to) {
    for (int32_t k = first; k < end; k++) {
        to[k] = source;
    }
}

/* Of a layer without nodes. What keeps its channels passes them on; a gate changes nothing but
 * values; anything else (a product of activations, a map made flat) belongs to its deepest input. */
static void pass_on(tracer *t, int32_t l) {
    const weft_layer *layer = layer_of(t, l);
    const int32_t *from = t->sources[layer->input[0]];
    const int32_t in = layer->in.channels;
    int32_t *to = t->sources[l];
    if (layer->op == WEFT_OP_ADD) {
        join_sum(t, l);
    } else if (layer->op == WEFT_OP_CONCAT) {
        join_concat(t, l);
    } else if (layer->op == WEFT_OP_SLICE) {
        copy_sources(from + layer->offset, layer->out.channels, to);
    } else if (layer->op == WEFT_OP_PAD_CHANNELS) {
        copy_sources(from, in, to);
        fill_sources(NO_SOURCE, in, layer->out.channels, to);
    } else if (layer->out.channels == in && layer->op != WEFT_OP_MATMUL &&
               layer->op != WEFT_OP_CONV && layer->op != WEFT_OP_LINEAR) {
        copy_sources(from, in, to);
    } else {
        fill_sources(deepest_source(t, layer), 0, layer->out.channels, to);
    }
}

/* ---- layers of nodes --------------------------------------------------------------------------- */

/* The cell of a map's size: the last one, or a new one. */
static weft_status find_cell(tracer *t, int32_t l, weft_error *error) {
    const weft_layer *layer = layer_of(t, l);
    weft_topology *topology = t->topology;
    const weft_topology_cell *last = &topology->cells[topology->n_cells - 1];
    if (topology->n_cells == 0 || last->map.height != layer->out.height ||
        last->map.width != layer->out.width) {
        if (topology->n_cells == WEFT_TOPOLOGY_MAX_CELLS) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "the size of the maps of '%s' changes more than %d times",
                             t->network->name, WEFT_TOPOLOGY_MAX_CELLS);
        }
        topology->cells[topology->n_cells++] =
            (weft_topology_cell){.map = {layer->out.height, layer->out.width}};
    }
    t->cell[l] = topology->n_cells - 1;
    return WEFT_OK;
}

/* The channels of layers of the same cell that are at least two less deep. */
static int64_t possible_of(const tracer *t, int32_t l) {
    int64_t possible = 0;
    for (int32_t i = l - 1; i > 0; i--) {
        if (has_nodes(layer_of(t, i))) {
            if (t->cell[i] != t->cell[l]) {
                break; /* cells follow one another */
            }
            possible += t->depth[i] < t->depth[l] - 1 ? layer_of(t, i)->out.channels : 0;
        }
    }
    return possible;
}

static weft_status count_layer(tracer *t, int32_t l, weft_error *error) {
    const weft_layer *layer = layer_of(t, l);
    const int32_t *from = t->sources[layer->input[0]];
    WEFT_TRY(find_cell(t, l, error));
    const int32_t deepest = depth_of(t, deepest_source(t, layer));
    t->depth[l] = deepest + 1;
    t->topology->depth = t->depth[l] > t->topology->depth ? t->depth[l] : t->topology->depth;
    weft_topology_cell *cell = &t->topology->cells[t->cell[l]];
    cell->layers++;
    cell->nodes += layer->out.channels;
    cell->links += (int64_t)layer->out.channels * (layer->out.channels / layer->groups);
    cell->possible += possible_of(t, l);
    for (int32_t k = 0; k < layer->in.channels; k++) {
        if (from[k] != NO_SOURCE && depth_of(t, from[k]) < deepest) {
            count_skip(t, from[k], l);
        }
    }
    fill_sources(l, 0, layer->out.channels, t->sources[l]);
    return WEFT_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static weft_status allocate(tracer *t, weft_error *error) {
    const size_t n = (size_t)t->network->n_layers;
    size_t channels = 0;
    for (size_t l = 0; l < n; l++) {
        channels += (size_t)t->network->layers[l].out.channels;
    }
    t->sources = calloc(n, sizeof *t->sources);
    t->memory = calloc(channels + 2 * n, sizeof *t->memory);
    if (t->sources == NULL || t->memory == NULL) {
        return weft_fail_memory(error, (channels + 2 * n) * sizeof *t->memory);
    }
    t->depth = t->memory + channels;
    t->cell = t->depth + n;
    size_t used = 0;
    for (size_t l = 0; l < n; l++) {
        t->sources[l] = t->memory + used;
        used += (size_t)t->network->layers[l].out.channels;
    }
    return WEFT_OK;
}

static weft_status count_all(tracer *t, weft_error *error) {
    const weft_network *network = t->network;
    for (int32_t l = 1; l < network->n_layers; l++) { /* the input is its own source, at depth 0 */
        if (has_nodes(&network->layers[l])) {
            WEFT_TRY(count_layer(t, l, error));
        } else {
            pass_on(t, l);
        }
    }
    if (t->topology->n_cells == 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "'%s' has no convolution or linear layer that works on maps or tokens",
                         network->name);
    }
    return WEFT_OK;
}

static void sum_up(weft_topology *topology) {
    for (int32_t c = 0; c < topology->n_cells; c++) {
        weft_topology_cell *cell = &topology->cells[c];
        cell->degree = (double)cell->links / (double)cell->nodes;
        cell->density = cell->possible > 0 ? (double)cell->inside / (double)cell->possible : 0.0;
        topology->degree += cell->degree;
        topology->mass += cell->density * (double)cell->nodes;
    }
}

weft_status weft_network_topology(const weft_network *network, weft_topology *topology,
                                  weft_error *error) {
    if (network->is_table) {
        weft_fail(error, WEFT_ERROR_INPUT, "'%s' is a layer table: it says nothing of connections",
                  network->name);
        weft_hint(error, "name a network (resnet20, cells-concat@depth=8x8x8)");
        return WEFT_ERROR_INPUT;
    }
    weft_topology counted = {0};
    tracer t = {.network = network, .topology = &counted};
    weft_status status = allocate(&t, error);
    if (status == WEFT_OK) {
        status = count_all(&t, error);
    }
    free(t.sources);
    free(t.memory);
    if (status == WEFT_OK) {
        sum_up(&counted);
        *topology = counted;
    }
    return status;
}
