/* SPDX-License-Identifier: Apache-2.0
 *
 * Mapping, after MNSIM 2.0 (Tile_connection_graph.py):
 *
 *   conv     PEs = ceil(planes / groups) ceil(C_out / columns) x ceil(C_in / floor(rows / k^2))
 *            A crossbar holds whole kernels: floor(rows / k^2) input channels. Where not even one
 *            fits (k^2 > rows), kernels are cut: ceil(C_in k^2 / rows) crossbars one below another.
 *   linear   PEs = ceil(planes / groups) ceil(out / columns) x ceil(in / rows)
 *   pool     one tile; PORT one tile; ADD none
 *   tiles    = ceil(PEs / PEs of a tile), filled in the order of the mesh, layer after layer
 *
 * Every layer gathers its partial sums in one of its tiles, the one with the smallest
 *   in_hops (to its farthest other tile) + out_hops (to the farthest tile of a consumer);
 * the first in row-major order among equals. Hops are Manhattan distances. What only ADDs consume
 * goes to the accumulator, at column 0 half-way down the mesh; from there to the first tile, in
 * row-major order, of the consumer.
 *
 * Buffers are alike in all PEs and tiles, so the largest need decides (powers of two):
 *   PE in     (lines of the window) W_in k C_in b / PEs;   linear: inputs b / PEs
 *   tile out  2 (ping-pong) C_out b / tiles
 *   accumulator  the sum over its ADDs of 2 C b, each rounded up */
#include "hardware/mapping.h"

#include "base/error.h"

enum { BYTE = 8 };

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* a b, or a number larger than any chip has PEs. */
static int64_t product(int64_t a, int64_t b) {
    int64_t made = 0;
    return __builtin_mul_overflow(a, b, &made) ? INT64_MAX / 4 : made;
}

/* The smallest 2^n bytes, in bits, with at least bits / parts each; at least one byte. */
static int64_t power_of_two_bits(int64_t bits, int64_t parts) {
    int64_t size = BYTE;
    while (size < INT64_MAX / 4 && (double)size * (double)parts < (double)bits) {
        size *= 2;
    }
    return size;
}

/* ---- crossbars and tiles --------------------------------------------------------------------- */

static void map_conv(const weft_priced *p, const weft_hw_layer *layer, weft_hw_place *place) {
    int64_t window = (int64_t)layer->kernel * layer->kernel;
    int64_t across = (int64_t)ceil_div(p->planes, p->groups) *
                     ceil_div(layer->out.channels, p->columns);
    int64_t channels = p->rows / window;
    if (channels > 0) {
        channels = channels < layer->in.channels ? channels : layer->in.channels;
        place->pes = product(across, ceil_div(layer->in.channels, p->rows / window));
        place->row = (int32_t)(channels * window);
        place->channels = (int32_t)channels;
    } else {
        place->pes = product(across, ceil_div(layer->in.channels * window, p->rows));
        place->row = p->rows;
        place->channels = 1;
    }
}

static void map_linear(const weft_priced *p, const weft_hw_layer *layer, weft_hw_place *place) {
    int64_t features = (int64_t)layer->in.channels * layer->in.height * layer->in.width;
    int64_t across = (int64_t)ceil_div(p->planes, p->groups) *
                     ceil_div(layer->out.channels, p->columns);
    place->pes = product(across, ceil_div(features, p->rows));
    place->row = features < p->rows ? (int32_t)features : p->rows;
    place->channels = place->row;
}

static void map_layer(const weft_priced *p, const weft_hw_layer *layer, weft_hw_place *place) {
    *place = (weft_hw_place){0};
    switch (layer->op) {
    case WEFT_HW_CONV:
        map_conv(p, layer, place);
        break;
    case WEFT_HW_LINEAR:
        map_linear(p, layer, place);
        break;
    case WEFT_HW_PORT:
    case WEFT_HW_MAX_POOL:
    case WEFT_HW_AVERAGE_POOL:
        place->tiles = 1;
        return;
    case WEFT_HW_ADD:
        return;
    }
    place->column = layer->out.channels < p->columns ? layer->out.channels : p->columns;
    place->tiles = ceil_div(place->pes, p->pes);
    place->tile_pes = (int32_t)(place->pes < p->pes ? place->pes : p->pes);
}

static weft_status map_tiles(const weft_priced *p, weft_workload *w, weft_error *error) {
    int64_t used = 0;
    for (int32_t l = 0; l < w->n_layers; l++) {
        map_layer(p, &w->layers[l], &w->places[l]);
        w->places[l].first_tile = used;
        used += w->places[l].tiles;
        if (used > p->tiles) {
            char name[32];
            weft_hw_name(&w->layers[l], name, sizeof name);
            return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                             "%s has %lld tiles (%d x %d): layer %d, %s, needs %lld after the %lld "
                             "of the layers before it",
                             p->name, (long long)p->tiles, p->mesh_rows, p->mesh_columns,
                             w->layers[l].layer, name, (long long)w->places[l].tiles,
                             (long long)w->places[l].first_tile);
        }
    }
    return WEFT_OK;
}

int64_t weft_mapped_tiles(const weft_workload *workload) {
    const weft_hw_place *last = &workload->places[workload->n_layers - 1];
    return last->first_tile + last->tiles;
}

/* ---- distances ------------------------------------------------------------------------------- */

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* With s = row + column and d = row - column, |r1 - r2| + |c1 - c2| = max(|s1 - s2|, |d1 - d2|):
 * the farthest of many tiles follows from the extremes of s and d. */
static void measure_extent(const weft_priced *p, weft_hw_place *place) {
    place->sum_low = place->difference_low = place->first_key = INT32_MAX;
    place->sum_high = place->difference_high = INT32_MIN;
    for (int64_t t = place->first_tile; t < place->first_tile + place->tiles; t++) {
        int32_t row = p->tile_row[t];
        int32_t column = p->tile_column[t];
        place->sum_low = smaller(place->sum_low, row + column);
        place->sum_high = larger(place->sum_high, row + column);
        place->difference_low = smaller(place->difference_low, row - column);
        place->difference_high = larger(place->difference_high, row - column);
        place->first_key = smaller(place->first_key, row * p->mesh_columns + column);
    }
}

static int32_t farthest(const weft_hw_place *from, int32_t row, int32_t column) {
    int32_t sum = row + column;
    int32_t difference = row - column;
    return larger(larger(from->sum_high - sum, sum - from->sum_low),
                  larger(from->difference_high - difference, difference - from->difference_low));
}

static int32_t to_accumulator(const weft_priced *p, int32_t row, int32_t column) {
    int32_t half = p->mesh_rows / 2;
    return (row > half ? row - half : half - row) + column;
}

/* The extent of all tiles that consume a layer's output; none if first_key stays INT32_MAX. */
static weft_hw_place extent_of_consumers(const weft_workload *w, const weft_hw_layer *layer) {
    weft_hw_place all = {.sum_low = INT32_MAX,
                         .sum_high = INT32_MIN,
                         .difference_low = INT32_MAX,
                         .difference_high = INT32_MIN,
                         .first_key = INT32_MAX};
    for (int32_t k = 0; k < layer->n_consumers; k++) {
        const weft_hw_place *to = &w->places[w->consumers[layer->first_consumer + k]];
        if (to->tiles > 0) {
            all.sum_low = smaller(all.sum_low, to->sum_low);
            all.sum_high = larger(all.sum_high, to->sum_high);
            all.difference_low = smaller(all.difference_low, to->difference_low);
            all.difference_high = larger(all.difference_high, to->difference_high);
            all.first_key = smaller(all.first_key, to->first_key);
        }
    }
    return all;
}

/* Chooses the merging tile of a layer on tiles. */
static void measure_layer(const weft_priced *p, const weft_workload *w, int32_t l) {
    const weft_hw_layer *layer = &w->layers[l];
    weft_hw_place *place = &w->places[l];
    weft_hw_place to = extent_of_consumers(w, layer);
    bool somewhere = to.first_key != INT32_MAX;
    int32_t best = INT32_MAX;
    int32_t best_key = INT32_MAX;
    for (int64_t t = place->first_tile; t < place->first_tile + place->tiles; t++) {
        int32_t row = p->tile_row[t];
        int32_t column = p->tile_column[t];
        int32_t key = row * p->mesh_columns + column;
        int32_t in = farthest(place, row, column);
        int32_t out = layer->to_accumulator ? to_accumulator(p, row, column)
                      : somewhere           ? farthest(&to, row, column)
                                            : 0;
        if (in + out < best || (in + out == best && key < best_key)) {
            best = in + out;
            best_key = key;
            place->in_hops = in;
            place->out_hops = out;
        }
    }
}

/* An ADD sends from the accumulator. */
static void measure_add(const weft_priced *p, const weft_workload *w, int32_t l) {
    const weft_hw_layer *layer = &w->layers[l];
    int32_t out = 0;
    for (int32_t k = 0; k < layer->n_consumers; k++) {
        const weft_hw_place *to = &w->places[w->consumers[layer->first_consumer + k]];
        if (to->tiles > 0) {
            int32_t row = to->first_key / p->mesh_columns;
            out = larger(out, to_accumulator(p, row, to->first_key % p->mesh_columns));
        }
    }
    w->places[l].out_hops = out;
}

static void map_distances(const weft_priced *p, weft_workload *w) {
    for (int32_t l = 0; l < w->n_layers; l++) {
        measure_extent(p, &w->places[l]);
    }
    for (int32_t l = 0; l < w->n_layers; l++) {
        if (w->layers[l].op == WEFT_HW_ADD) {
            measure_add(p, w, l);
        } else {
            measure_layer(p, w, l);
        }
    }
}

/* ---- buffers --------------------------------------------------------------------------------- */

/* The largest need so far, and whose it is. */
typedef struct buffer_need {
    int64_t bits;
    int32_t layer;
} buffer_need;

static void raise_need(buffer_need *need, int64_t bits, int32_t layer) {
    if (bits > need->bits) {
        need->bits = bits;
        need->layer = layer;
    }
}

static weft_status choose_sram(const weft_priced *p, const weft_workload *w,
                               const buffer_need *need, const char *what, int *size,
                               weft_error *error) {
    *size = -1;
    if (need->bits == 0) {
        return WEFT_OK;
    }
    for (int i = 0; i < p->n_srams; i++) {
        if (need->bits <= p->srams[i].bits) {
            *size = i;
            return WEFT_OK;
        }
    }
    char name[32];
    weft_hw_name(&w->layers[need->layer], name, sizeof name);
    return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                     "layer %d, %s, needs %s of %lld KiB; the largest memory of %s has %lld KiB",
                     w->layers[need->layer].layer, name, what,
                     (long long)ceil_div(need->bits, BYTE * 1024), p->name,
                     (long long)(p->srams[p->n_srams - 1].bits / (BYTE * 1024)));
}

static weft_status map_buffers(const weft_priced *p, weft_workload *w, weft_error *error) {
    buffer_need in = {0};
    buffer_need out = {0};
    buffer_need sum = {0};
    int64_t b = p->activation_bits;
    for (int32_t l = 0; l < w->n_layers; l++) {
        const weft_hw_layer *layer = &w->layers[l];
        const weft_hw_place *place = &w->places[l];
        if (layer->op == WEFT_HW_CONV || layer->op == WEFT_HW_LINEAR) {
            int64_t lines = layer->op == WEFT_HW_CONV ? (int64_t)layer->in.width * layer->kernel
                                                      : (int64_t)layer->in.width * layer->in.height;
            raise_need(&in, power_of_two_bits(lines * layer->in.channels * b, place->pes), l);
            raise_need(&out, power_of_two_bits(2 * layer->out.channels * b, place->tiles), l);
        } else if (layer->op == WEFT_HW_ADD) {
            int64_t bits = power_of_two_bits(2 * layer->out.channels * b, 1);
            sum = (buffer_need){sum.bits + bits, l};
        }
    }
    WEFT_TRY(choose_sram(p, w, &in, "a PE input buffer", &w->in_buffer, error));
    WEFT_TRY(choose_sram(p, w, &out, "a tile output buffer", &w->out_buffer, error));
    return choose_sram(p, w, &sum, "an accumulator buffer (with the additions before it)",
                       &w->sum_buffer, error);
}

weft_status weft_map_workload(const weft_priced *priced, weft_workload *workload,
                              weft_error *error) {
    WEFT_TRY(map_tiles(priced, workload, error));
    map_distances(priced, workload);
    return map_buffers(priced, workload, error);
}
