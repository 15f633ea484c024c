/* SPDX-License-Identifier: Apache-2.0
 *
 *   energy of a part on a layer = reads (e_read . s) + writes (e_write . s)
 *                                 + leakage of the copies that are powered x time of the layer
 *
 * with the counts of count.c, the energies e of the part's class and the statistics s of the layer's
 * operands. Energies add up over parts and layers; the area is that of all copies on the chip. */
#include "hardware/hierarchy_cost.h"

#include "base/error.h"
#include "hardware/dataflow_chip.h"
#include "hardware/execute.h"
#include "hardware/hops.h"
#include "hardware/ledger.h"
#include "hardware/memo.h"
#include "hardware/refetch.h"

#include <stdlib.h>
#include <string.h>

/* ---- prices and statistics ------------------------------------------------------------------- */

static bool is_own(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS]) {
    return traits[0] == 0 && traits[1] == 0 && traits[2] == 0 && !h->asks_signs;
}

/* The class whose price is that of class c: of the same bits, unless the chip asks for signs. */
static int32_t stand_in(const weft_hierarchy *h, const weft_loop_work *work, int32_t c) {
    return h->asks_signs ? c : work->classes[c].bits;
}

const weft_precision *weft_hierarchy_precision(const weft_hierarchy_priced *priced,
                                               const weft_loop_work *work, int32_t c) {
    const weft_hierarchy *h = priced->hierarchy;
    return is_own(h, work->classes[c].traits) ? &priced->own
                                              : &work->classes[stand_in(h, work, c)].price;
}

/* Prices the classes of bits that are not the chip's own, unless they were for this chip. */
static weft_status price_classes(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                 weft_error *error) {
    for (int32_t c = 0; c < work->n_classes; c++) {
        weft_class *class = &work->classes[stand_in(priced->hierarchy, work, c)];
        if (!work->classes[c].used || class->priced_for == priced->id ||
            is_own(priced->hierarchy, class->traits)) {
            continue;
        }
        class->priced_for = 0;
        WEFT_TRY(weft_hierarchy_price_like(priced->hierarchy, &priced->pricing, &priced->own,
                                           class->traits, &class->price, error));
        class->priced_for = priced->id;
    }
    return WEFT_OK;
}

static void find_statistics(const weft_loop_work *work, const weft_loop_layer *layer,
                            const weft_precision *price, weft_loop_cost *cost) {
    if (weft_operand_equals(&cost->input, &price->input) &&
        weft_operand_equals(&cost->weight, &price->weight) &&
        cost->ladder_bits == price->ladder_bits) {
        return;
    }
    weft_statistic_memo_find(work->statistics, layer, price, cost->statistics);
    cost->input = price->input;
    cost->weight = price->weight;
    cost->ladder_bits = price->ladder_bits;
}

/* ---- energy ---------------------------------------------------------------------------------- */

void weft_hierarchy_powered(const weft_hierarchy *h, const weft_precision *price,
                            const double *used, double rounds, double powered[WEFT_MAX_LEVELS]) {
    double copies = 1;
    bool gated = false;
    double before = 1;
    for (int l = 0; l < h->n_levels; l++) {
        double most = price->capacity[l];
        double inside = used[l] / before;
        inside = inside > most ? fmin(inside / rounds, most) : inside;
        gated = gated || h->levels[l].gated;
        copies *= gated ? inside : most;
        before = used[l];
        powered[l] = copies;
    }
}

static double cycles_of(const weft_precision *price, double steps) {
    double per_step = price->number[WEFT_NUMBER_STEP_CYCLES];
    return per_step == 1 ? steps : ceil(steps * per_step);
}

/* counts x statistics, one after the other: the rows of a ledger. */
static double energy_of_actions(const weft_part_cost *part, double reads, double writes,
                                const double *statistics, double sum) {
    for (int32_t left = reads > 0 ? part->statistics : 0; left != 0; left &= left - 1) {
        int k = __builtin_ctz((unsigned)left);
        sum += part->read_j[k] * (reads * statistics[k]);
    }
    for (int32_t left = writes > 0 ? part->statistics : 0; left != 0; left &= left - 1) {
        int k = __builtin_ctz((unsigned)left);
        sum += part->write_j[k] * (writes * statistics[k]);
    }
    return sum;
}

/* Energy of each part on the layer whose counts were just made; by[] may be NULL. */
static double energy_of(const weft_hierarchy *h, const weft_precision *price,
                        const weft_loop_work *work, const weft_loop_cost *cost, double *by) {
    const weft_counts *counts = &work->counts;
    double powered[WEFT_MAX_LEVELS];
    double actions = 0;
    double leakage = 0;
    weft_hierarchy_powered(h, price, cost->kept.used, cost->rounds, powered);
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part_cost *part = &price->parts[p];
        double reads = counts->reads[p];
        double writes = counts->writes[p];
        double leak = 0;
        if (weft_hierarchy_leaks(h, p, part->leak_w)) {
            leak = part->leak_w * powered[h->roles[p].level] * (cost->seconds + cost->load_s);
            leakage += leak;
        }
        actions = energy_of_actions(part, reads, writes, cost->statistics, actions);
        if (by != NULL) {
            by[p] = energy_of_actions(part, reads, writes, cost->statistics, 0) + leak;
        }
    }
    return actions + leakage;
}

/* ---- weights that are written ---------------------------------------------------------------- */

/* How often in an inference the weights of a layer are written. */
static double loads_of(const weft_hierarchy *h, const weft_precision *price,
                       const weft_loop_layer *layer) {
    double inferences = price->number[WEFT_NUMBER_INFERENCES];
    if (layer->loops.dynamic) {
        return 1;
    }
    switch ((weft_accounting)h->accounting) {
    case WEFT_ACCOUNTING_ALONE:
        return h->streams_weights;
    case WEFT_ACCOUNTING_DATAFLOW: /* counted already */
        return 1;
    case WEFT_ACCOUNTING_RELOAD:
        return 1 / price->number[WEFT_NUMBER_BATCH];
    case WEFT_ACCOUNTING_RESIDENT:
    case WEFT_ACCOUNTING_COUNT:
        break;
    }
    return inferences > 0 ? 1 / inferences : 0;
}

/* Counts hold one writing; what else a part carries stays as it is. */
static void scale_loads(const weft_hierarchy *h, const weft_precision *price, double loads,
                        double weight_bits, weft_counts *counts) {
    for (int p = 0; p < h->n_parts && loads != 1; p++) {
        if (h->roles[p].action == WEFT_ACTION_LOAD) {
            counts->reads[p] *= loads;
            counts->writes[p] *= loads;
        } else if (h->roles[p].carries_weights) {
            double words = weft_count_words(weight_bits, price->parts[p].word);
            counts->reads[p] = (counts->reads[p] - words) + words * loads;
        }
    }
}

/* Rows are written one after the other in each array, all arrays at once, each time that the chip is
 * filled; words come from outside one after the other. The reference (alone) pays no time for it. */
static double load_seconds(const weft_hierarchy *h, const weft_precision *price,
                           const weft_kept *kept, double loads) {
    if (h->accounting == WEFT_ACCOUNTING_ALONE ||
        (h->accounting == WEFT_ACCOUNTING_RESIDENT && loads < 1)) {
        return 0;
    }
    double row = 0;
    double outside = 0;
    for (int p = 0; p < h->n_parts; p++) {
        if (h->roles[p].action == WEFT_ACTION_LOAD) {
            row = fmax(row, price->parts[p].write_s);
        } else if (h->roles[p].carries_weights) {
            double words = weft_count_words(kept->weight_bits, price->parts[p].word);
            outside = fmax(outside, words * loads * price->parts[p].read_s);
        }
    }
    return fmax(kept->rows * kept->rounds * row * loads, outside);
}

double weft_hierarchy_loading(const weft_hierarchy *h, const weft_precision *price,
                              const weft_loop_work *work, int32_t l) {
    return load_seconds(h, price, &work->costs[l].kept, loads_of(h, price, &work->layers[l]));
}

/* Each layer has the chip for itself and no copies. */
static bool takes_turns_alone(const weft_hierarchy *h) {
    return h->accounting == WEFT_ACCOUNTING_ALONE || h->accounting == WEFT_ACCOUNTING_DATAFLOW;
}

/* The layer whose cost stands for that of layer l: an equal one, unless it matters where its maps come
 * from and go to. */
static int32_t stands_for(const weft_hierarchy *h, const weft_loop_work *work, int32_t l) {
    return h->accounting == WEFT_ACCOUNTING_DATAFLOW ? l : work->layers[l].same;
}

/* ---- infeasible --------------------------------------------------------------------------------
 * What is found out first is farthest from a chip that works: parts that cannot be built, then weights
 * that find no room, then limits on power, heat, area and wear, which only a chip that runs has. Within
 * each, the share by which it is beyond; so that a search comes nearer step by step. */

enum { BEYOND_LIMITS = 0, BEYOND_ROOM = 1, BEYOND_PARTS = 2 };

static double beyond(int what, double share) {
    return what + share / (1 + share);
}

/* ---- a layer --------------------------------------------------------------------------------- */

static weft_status fail_fit(const weft_hierarchy *h, const weft_precision *price,
                            const weft_loop_layer *layer, int level, double needed,
                            weft_error *error) {
    char name[WEFT_LOOP_NAME];
    return weft_fail_beyond(
        error, beyond(BEYOND_ROOM, needed / fmax(price->capacity[level], 1) - 1),
        "layer %d, %s, needs %.0f copies of level '%s'; there are %d", layer->layer,
        weft_loop_name(layer, name), needed, h->levels[level].name, price->capacity[level]);
}

/* Cycles of the steps where cells give so many bits a cycle: the bits of a step, averaged over all
 * cells between the first and the last that a full tile uses, whether they hold a weight or not. */
static double cycles_at_rate(const weft_precision *price, const weft_loop_sizes *loops,
                             const weft_spread *spread, int n_levels, double steps) {
    double rate = price->number[WEFT_NUMBER_READ_RATE];
    if (rate <= 0) {
        return steps;
    }
    double reads = 1;
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        reads *= loops->size[d];
    }
    double bits = steps * price->weight.slice_bits * (reads / steps) / spread->used[n_levels - 1];
    return fmax(steps, ceil(steps / (rate / (ceil(bits) / steps))));
}

/* Rows of an array that hold weights. */
static double rows_of(const weft_hierarchy *h, const weft_spread *spread) {
    double rows = 1;
    for (int l = h->array_level + 1; l < h->n_levels; l++) {
        for (int d = 0; d < WEFT_DIM_COUNT && h->levels[l].shares == WEFT_TENSOR_OUTPUTS; d++) {
            rows *= spread->factor[l][d];
        }
    }
    return rows;
}

/* Weights that take turns in the same cells. */
static double turns_of(const weft_spread *spread) {
    double turns = 1;
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        bool own = (weft_tensor_dims(WEFT_TENSOR_WEIGHTS) >> d & 1U) != 0;
        turns *= own ? spread->rest[d] : 1;
    }
    return turns;
}

/* Where the loops of a layer run with so many copies of its weights, how often its parts act then
 * (unless kept->reads is NULL), and for how long. */
static weft_status place_layer(const weft_hierarchy *h, const weft_precision *price,
                               weft_loop_work *work, int32_t l, double copies, weft_kept *kept,
                               weft_error *error) {
    const weft_loop_layer *layer = &work->layers[l];
    weft_loop_sizes loops = weft_loop_sizes_on(layer, price);
    weft_spread *spread = &work->spread;
    kept->structure = 0;
    kept->copies = kept->rounds = 1;
    kept->waiting = 0;
    if (h->accounting == WEFT_ACCOUNTING_DATAFLOW) {
        return weft_dataflow_place(h, price, work, l, kept, error);
    }
    if (h->accounting == WEFT_ACCOUNTING_ALONE) {
        int level = 0;
        double needed = 0;
        if (!weft_spread_layer(h, price, &loops, &work->memo, spread, &level, &needed)) {
            return fail_fit(h, price, layer, level, needed, error);
        }
        kept->arrays = spread->used[h->array_level];
    } else {
        weft_pack_groups(h, price, &loops);
        kept->arrays = weft_spread_resident(h, price, &loops, &work->memo, copies, spread);
        kept->copies = copies;
        if (h->accounting == WEFT_ACCOUNTING_RELOAD) {
            kept->rounds = ceil(kept->arrays / weft_arrays_of(h, price));
        }
    }
    kept->steps = 1;
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        kept->steps *= spread->rest[d];
    }
    double cycles = cycles_at_rate(price, &loops, spread, h->n_levels, kept->steps);
    kept->cycles = cycles_of(price, cycles) * kept->rounds;
    if (kept->reads != NULL) {
        weft_count_layer(h, price, &loops, spread, &work->counts);
        if (h->accounting == WEFT_ACCOUNTING_ALONE) {
            weft_refetch(h, price, &loops, spread, &work->counts);
        }
        kept->cells = work->counts.cells / turns_of(spread);
        kept->rows = rows_of(h, spread);
        kept->weight_bits = work->counts.weight_bits;
        memcpy(kept->used, spread->used, (size_t)h->n_levels * sizeof *kept->used);
        memcpy(kept->reads, work->counts.reads, (size_t)h->n_parts * sizeof *kept->reads);
        memcpy(kept->writes, work->counts.writes, (size_t)h->n_parts * sizeof *kept->writes);
    }
    kept->wanted = copies;
    kept->structure = price->structure;
    return WEFT_OK;
}

/* The same, unless it is kept already. */
static weft_status keep_layer(const weft_hierarchy *h, const weft_precision *price,
                              weft_loop_work *work, int32_t l, double copies, weft_kept *kept,
                              weft_error *error) {
    if (kept->structure == price->structure && kept->wanted == copies) {
        return WEFT_OK;
    }
    /* searched mappings are kept by dataflow_chip.c */
    bool seen = work->seen != NULL && h->accounting != WEFT_ACCOUNTING_DATAFLOW;
    if (seen && weft_count_memo_find(work->seen, h, price, &work->layers[l], copies, kept)) {
        return WEFT_OK;
    }
    WEFT_TRY(place_layer(h, price, work, l, copies, kept, error));
    if (seen) {
        weft_count_memo_put(work->seen, h, &work->layers[l], kept);
    }
    return WEFT_OK;
}

/* What of a layer's maps finds no room on the chip goes out once while it runs, and comes back. */
static void count_spill(const weft_hierarchy *h, const weft_precision *price,
                        const weft_loop_layer *layer, int p, weft_loop_cost *cost,
                        weft_counts *counts) {
    const weft_part_cost *part = &price->parts[p];
    double bits = layer->own.inputs * price->bits[0] + layer->own.outputs * price->bits[2];
    bool whole = part->capacity <= 0 || h->accounting == WEFT_ACCOUNTING_DATAFLOW;
    double beyond = whole ? 0 : fmax(0, bits - part->capacity);
    counts->reads[p] = counts->writes[p] = weft_count_words(beyond, part->word);
    cost->seconds = fmax(cost->seconds, counts->reads[p] * (part->read_s + part->write_s));
}

/* Hops, maps and elements, which the loops do not tell, and what acts with a part; a digital unit
 * that has more to do than its arrays sets the time of the layer. */
static void count_elements(const weft_hierarchy *h, const weft_precision *price,
                           const weft_loop_layer *layer, weft_loop_cost *cost,
                           weft_counts *counts) {
    for (int p = 0; p < h->n_parts; p++) {
        const weft_role *part = &h->roles[p];
        double word = price->parts[p].word;
        if (part->action == WEFT_ACTION_HOP) {
            double bits = (double)layer->elements[WEFT_ELEMENT_OUTPUT] * price->bits[2];
            counts->reads[p] = ceil(bits / word) * cost->way;
            cost->seconds +=
                counts->reads[p] * price->number[WEFT_NUMBER_HOP_TIME] /
                fmax(1, ceil(cost->arrays * cost->copies / price->capacity[h->array_level]));
        } else if (part->action == WEFT_ACTION_ELEMENT) {
            counts->reads[p] = 0;
            for (int e = 0; e < WEFT_ELEMENT_COUNT; e++) {
                counts->reads[p] +=
                    (part->elements >> e & 1U) != 0 ? (double)layer->elements[e] / word : 0;
            }
            double seconds = counts->reads[p] * price->parts[p].read_s / price->parts[p].units;
            cost->seconds = fmax(cost->seconds, seconds);
        } else if (part->action == WEFT_ACTION_SPILL) {
            count_spill(h, price, layer, p, cost, counts);
        } else if (part->action == WEFT_ACTION_WITH) {
            counts->reads[p] = counts->reads[p - 1];
            counts->writes[p] = counts->writes[p - 1];
        }
    }
}

/* After its copies are known: counts and energy. */
static weft_status cost_layer(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l,
                              double *by, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    const weft_loop_layer *layer = &work->layers[l];
    const weft_precision *price = weft_hierarchy_precision(priced, work, layer->precision);
    weft_loop_cost *cost = &work->costs[l];
    weft_kept *kept = &cost->kept;
    weft_counts *counts = &work->counts;
    double copies = takes_turns_alone(h) ? 1 : cost->copies;
    find_statistics(work, layer, price, cost);
    WEFT_TRY(keep_layer(h, price, work, l, copies, kept, error));
    memcpy(counts->reads, kept->reads, (size_t)h->n_parts * sizeof *counts->reads);
    memcpy(counts->writes, kept->writes, (size_t)h->n_parts * sizeof *counts->writes);
    cost->arrays = kept->arrays;
    cost->copies = kept->copies;
    cost->rounds = kept->rounds;
    cost->steps = kept->steps;
    cost->cycles = kept->cycles;
    cost->cells = kept->cells;
    cost->seconds = (kept->cycles - kept->waiting) * price->cycle_s;
    double loads = loads_of(h, price, layer);
    scale_loads(h, price, loads, kept->weight_bits, counts);
    count_elements(h, price, layer, cost, counts);
    cost->load_s = h->accounting == WEFT_ACCOUNTING_DATAFLOW ? kept->waiting * price->cycle_s
                                                             : load_seconds(h, price, kept, loads);
    cost->energy_j = energy_of(h, price, work, cost, by);
    return WEFT_OK;
}

/* ---- where layers lie ------------------------------------------------------------------------ */

/* Each layer has the whole chip, one after the other. */
static weft_status take_turns(const weft_hierarchy *h, const weft_loop_work *work,
                              weft_share *shares, double arrays, double limit, weft_error *error) {
    for (int32_t l = 0, i = 0; l < work->n_layers; l++) {
        if (work->layers[l].same != l) {
            continue;
        }
        weft_share *share = &shares[i++];
        double fit = fmax(1, floor(arrays / share->arrays));
        share->copies = fmin(fmin(fit, share->most), limit > 0 ? limit : INFINITY);
        if (share->given > fit) {
            char name[WEFT_LOOP_NAME];
            return weft_fail_beyond(
                error, beyond(BEYOND_ROOM, share->given / fit - 1),
                "layer %d, %s: %.0f copies of its weights take %.0f arrays (level "
                "'%s'); the chip has %.0f",
                work->layers[l].layer, weft_loop_name(&work->layers[l], name), share->given,
                share->given * share->arrays, h->levels[h->array_level].name, arrays);
        }
        share->copies = share->given > 0 ? share->given : share->copies;
    }
    return WEFT_OK;
}

/* A first look at all layers that differ, with one copy each. *again: they ask for what they did when
 * copies were given out last. */
static weft_status ask(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t *n,
                       bool *again, weft_error *error) {
    *n = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        const weft_loop_layer *layer = &work->layers[l];
        if (layer->same != l) {
            continue;
        }
        const weft_precision *price = weft_hierarchy_precision(priced, work, layer->precision);
        weft_kept *one = &work->costs[l].one;
        WEFT_TRY(keep_layer(priced->hierarchy, price, work, l, 1, one, error));
        const int32_t *size = layer->loops.size;
        weft_share *share = &work->shares_of[(*n)++];
        double seconds = one->cycles * price->cycle_s;
        *again = *again && share->arrays == one->arrays && share->seconds == seconds;
        share->arrays = one->arrays;
        share->seconds = seconds;
        share->most = (double)size[WEFT_DIM_P] * size[WEFT_DIM_Q] * size[WEFT_DIM_N];
        share->weight = layer->times;
        share->given = layer->copies < share->most ? layer->copies : share->most;
    }
    return WEFT_OK;
}

static weft_status fail_room(const weft_hierarchy *h, const weft_share *shares, int32_t n,
                             double arrays, weft_error *error) {
    double needed = 0;
    for (int32_t i = 0; i < n; i++) {
        needed += shares[i].arrays * shares[i].weight * fmax(1, shares[i].given);
    }
    return weft_fail_beyond(error, beyond(BEYOND_ROOM, needed / fmax(arrays, 1) - 1),
                            "the weights take %.0f arrays (level '%s'); the chip has %.0f", needed,
                            h->levels[h->array_level].name, arrays);
}

/* One copy of each layer, then as many as the network asks for, and the chip has room for. */
static weft_status allot(const weft_hierarchy_priced *priced, weft_loop_work *work,
                         weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    weft_allotment now = {.arrays = weft_arrays_of(h, &priced->own),
                          .limit = priced->own.number[WEFT_NUMBER_COPIES],
                          .accounting = h->accounting,
                          .together = h->execution != WEFT_EXECUTION_LAYERS};
    const weft_allotment *last = &work->allotted;
    bool again = last->arrays == now.arrays && last->limit == now.limit &&
                 last->accounting == now.accounting && last->together == now.together;
    weft_share *shares = work->shares_of;
    int32_t n = 0;
    work->allotted.arrays = 0;
    WEFT_TRY(ask(priced, work, &n, &again, error));
    if (!again && h->accounting == WEFT_ACCOUNTING_RELOAD) {
        WEFT_TRY(take_turns(h, work, shares, now.arrays, now.limit, error));
    } else if (!again && !weft_allot_copies(shares, n, now.arrays, now.limit, now.together)) {
        return fail_room(h, shares, n, now.arrays, error);
    }
    n = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        if (work->layers[l].same == l) {
            work->costs[l].copies = shares[n++].copies;
        }
    }
    work->allotted = now;
    return WEFT_OK;
}

/* Layers take tiles one after the other; the way of a layer's outputs is the one to the next layer.
 * Layers that are equal share the mean of their ways, since they are worked out once. */
static void find_ways(const weft_hierarchy_priced *priced, weft_loop_work *work) {
    const weft_hierarchy *h = priced->hierarchy;
    double tiles = 1;
    for (int l = 0; l < h->array_level; l++) {
        tiles *= priced->own.capacity[l];
    }
    double in_tile = priced->own.capacity[h->array_level];
    double side = ceil(sqrt(tiles));
    double used = 0;
    bool lie = h->accounting == WEFT_ACCOUNTING_RESIDENT;
    for (int32_t l = 0; l < work->n_layers; l++) {
        work->costs[l].way = 0;
    }
    double middle = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        weft_loop_cost *cost = &work->costs[work->layers[l].same];
        double own = cost->one.arrays * cost->copies / in_tile;
        double here = used + own / 2;
        if (l > 0) {
            weft_loop_cost *before = &work->costs[work->layers[l - 1].same];
            before->way +=
                weft_hops_between(middle, here, side, priced->own.number[WEFT_NUMBER_TREE]) /
                work->layers[work->layers[l - 1].same].times;
        }
        middle = here;
        used += own;
    }
    for (int32_t l = 0; l < work->n_layers; l++) {
        if (!lie) {
            work->costs[l].way = priced->own.number[WEFT_NUMBER_WAY];
        }
    }
}

/* ---- in and out of the chip ------------------------------------------------------------------ */

/* What the network's input and output take on their way into the chip and out of it. */
typedef struct weft_outside {
    double energy_j, seconds, actions;
} weft_outside;

static weft_outside outside_of(const weft_hierarchy_priced *priced, const weft_loop_work *work) {
    const weft_hierarchy *h = priced->hierarchy;
    weft_outside outside = {0, 0, 0};
    int p = h->spill_part;
    if (p < 0 || h->accounting == WEFT_ACCOUNTING_DATAFLOW) {
        return outside;
    }
    double in = 0; /* a map that several layers read comes in once */
    double out = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        const weft_loop_layer *layer = &work->layers[l];
        const weft_precision *price = weft_hierarchy_precision(priced, work, layer->precision);
        in = layer->first ? fmax(in, layer->own.inputs * price->bits[0]) : in;
        out += layer->last ? layer->own.outputs * price->bits[2] : 0;
    }
    const weft_part_cost *part = &priced->own.parts[p];
    double reads = weft_count_words(in, part->word);
    double writes = weft_count_words(out, part->word);
    outside.energy_j = reads * part->read_j[WEFT_STATISTIC_ONE] +
                       writes * part->write_j[WEFT_STATISTIC_ONE];
    outside.seconds = reads * part->read_s + writes * part->write_s;
    outside.actions = reads + writes;
    return outside;
}

/* ---- the network in time --------------------------------------------------------------------- */

/* The share of a producer's time after which a consumer has its first window. */
static double lead_of(const weft_loop_layer *producer, const weft_loop_layer *consumer) {
    const weft_loop_sizes *loops = &consumer->loops;
    const int32_t *size = loops->size;
    if (loops->dynamic || (double)size[WEFT_DIM_P] * size[WEFT_DIM_Q] == 1) {
        return 1;
    }
    /* the map that the window moves over: the producer's, or what a pool between made of it */
    bool known = consumer->in_height > 0;
    double rows = known ? consumer->in_height : producer->loops.size[WEFT_DIM_P];
    double columns = known ? consumer->in_width : producer->loops.size[WEFT_DIM_Q];
    double down = (double)(size[WEFT_DIM_R] - 1) * loops->dilation_h;
    double across = (double)(size[WEFT_DIM_S] - 1) * loops->dilation_w;
    return fmin(1, (down * columns + across + 1) / (rows * columns));
}

/* When the last pixel comes out, where a layer begins as soon as its first window is there, and ends
 * a row of its own after the last of its producers at the earliest. */
static double pixel_latency(weft_loop_work *work) {
    double last = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        const weft_loop_cost *cost = &work->costs[work->layers[l].same];
        double begin = 0;
        double end = 0;
        for (int32_t i = work->first_from[l]; i < work->first_from[l + 1]; i++) {
            int32_t from = work->from[i];
            double seconds = work->costs[work->layers[from].same].seconds;
            double lead = lead_of(&work->layers[from], &work->layers[l]);
            begin = fmax(begin, work->finish[from] - (1 - lead) * seconds);
            end = fmax(end, work->finish[from]);
        }
        double row = cost->seconds / work->layers[l].loops.size[WEFT_DIM_P];
        work->finish[l] = fmax(begin + cost->seconds, end + row) + cost->load_s;
        last = fmax(last, work->finish[l]);
    }
    return last;
}

/* What leaks all the time while layers overlap, for an inference. */
double weft_hierarchy_idle(const weft_hierarchy_priced *priced, int part) {
    const weft_hierarchy *h = priced->hierarchy;
    double copies = 1;
    for (int l = 0; l <= h->roles[part].level; l++) {
        copies *= priced->own.capacity[l];
    }
    return h->roles[part].gated ? 0 : priced->own.parts[part].leak_w * copies;
}

static double leak_of_chip(const weft_hierarchy *h, const weft_precision *price, double interval,
                           double *by) {
    double sum = 0;
    for (int p = 0; p < h->n_parts && h->execution != WEFT_EXECUTION_LAYERS; p++) {
        double copies = 1;
        for (int l = 0; l <= h->roles[p].level; l++) {
            copies *= price->capacity[l];
        }
        double energy = h->roles[p].gated ? 0 : price->parts[p].leak_w * copies * interval;
        if (by != NULL) {
            by[p] = energy;
        }
        sum += energy;
    }
    return sum;
}

static void find_times(const weft_hierarchy_priced *priced, weft_loop_work *work, double outside_s,
                       weft_total *sum) {
    const weft_hierarchy *h = priced->hierarchy;
    double batch = priced->own.number[WEFT_NUMBER_BATCH];
    sum->batch = (int32_t)fmin(batch, INT32_MAX);
    double slowest = -1;
    double all = outside_s;
    for (int32_t l = 0; l < work->n_layers; l++) {
        const weft_loop_cost *cost = &work->costs[stands_for(h, work, l)];
        all += cost->seconds + cost->load_s;
        if (cost->seconds + cost->load_s > slowest) {
            slowest = cost->seconds + cost->load_s;
            sum->bottleneck = l;
        }
    }
    if (h->execution == WEFT_EXECUTION_LAYERS) {
        /* load_s is an inference's share of it: a batch pays it once for all */
        sum->interval_s = all;
        sum->latency_s = all + (batch - 1) * all;
    } else {
        bool pixels = h->execution == WEFT_EXECUTION_PIXELS;
        double first = pixels ? pixel_latency(work) + outside_s : all;
        sum->interval_s = fmax(slowest, outside_s);
        sum->latency_s = first + (batch - 1) * sum->interval_s;
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* How often a cell is written in the life of the chip. */
static double writes_of(const weft_hierarchy_priced *priced, const weft_loop_work *work) {
    const weft_hierarchy *h = priced->hierarchy;
    const double *number = priced->own.number;
    double writes = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        bool again = h->accounting == WEFT_ACCOUNTING_RELOAD ||
                     h->accounting == WEFT_ACCOUNTING_DATAFLOW || work->layers[l].loops.dynamic;
        writes += again ? work->costs[stands_for(h, work, l)].rounds : 0;
    }
    return writes * (number[WEFT_NUMBER_INFERENCES] / number[WEFT_NUMBER_BATCH]);
}

weft_status weft_hierarchy_check(const weft_hierarchy_priced *priced, const weft_total *sum,
                                 weft_error *error) {
    const double *number = priced->own.number;
    double density = sum->power_w / (sum->area_mm2 * 1e-6);
    if (number[WEFT_NUMBER_POWER] > 0 && sum->peak_power_w > number[WEFT_NUMBER_POWER]) {
        return weft_fail_beyond(
            error, beyond(BEYOND_LIMITS, sum->peak_power_w / number[WEFT_NUMBER_POWER] - 1),
            "takes up to %.4g W; the limit is %.4g W", sum->peak_power_w,
            number[WEFT_NUMBER_POWER]);
    }
    if (number[WEFT_NUMBER_DENSITY] > 0 && density > number[WEFT_NUMBER_DENSITY]) {
        return weft_fail_beyond(error,
                                beyond(BEYOND_LIMITS, density / number[WEFT_NUMBER_DENSITY] - 1),
                                "takes %.4g W/cm2; the limit is %.4g W/cm2", density * 1e-4,
                                number[WEFT_NUMBER_DENSITY] * 1e-4);
    }
    if (number[WEFT_NUMBER_AREA] > 0 && sum->area_mm2 * 1e-6 > number[WEFT_NUMBER_AREA]) {
        return weft_fail_beyond(
            error, beyond(BEYOND_LIMITS, sum->area_mm2 * 1e-6 / number[WEFT_NUMBER_AREA] - 1),
            "takes %.4g mm2; the limit is %.4g mm2", sum->area_mm2, number[WEFT_NUMBER_AREA] * 1e6);
    }
    return WEFT_OK;
}

static weft_status check_wear(const weft_hierarchy_priced *priced, const weft_loop_work *work,
                              weft_error *error) {
    const double *number = priced->own.number;
    double writes = number[WEFT_NUMBER_INFERENCES] > 0 ? writes_of(priced, work) : 0;
    for (int p = 0; p < priced->hierarchy->n_parts; p++) {
        double endurance = priced->own.parts[p].endurance;
        if (endurance > 0 && writes > endurance) {
            return weft_fail_beyond(
                error, beyond(BEYOND_LIMITS, writes / endurance - 1),
                "%.4g inferences write a cell up to %.3g times; '%s' survives %.3g",
                number[WEFT_NUMBER_INFERENCES], writes, priced->hierarchy->parts[p].name,
                endurance);
        }
    }
    return WEFT_OK;
}

/* ---- the network ----------------------------------------------------------------------------- */

static weft_status check_prices(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                weft_error *error) {
    WEFT_TRY(price_classes(priced, work, error));
    for (int32_t c = 0; c < work->n_classes; c++) {
        const weft_precision *price = weft_hierarchy_precision(priced, work, c);
        if (work->classes[c].used && price->infeasible[0] != '\0') {
            return weft_fail_beyond(error, beyond(BEYOND_PARTS, price->over), "%s",
                                    price->infeasible);
        }
    }
    if (work->n_layers == 0 && work->region < 0) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "no layer of products to compute");
    }
    return WEFT_OK;
}

static void add_layers(const weft_hierarchy_priced *priced, weft_loop_work *work, weft_total *sum) {
    const weft_hierarchy *h = priced->hierarchy;
    double cells_of_array = weft_cells_of_array(h, &priced->own);
    double most = 0;
    double arrays = 0;
    double cells = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        int32_t like = stands_for(h, work, l);
        weft_loop_cost *cost = &work->costs[like];
        double own = cost->arrays * cost->copies;
        if (like == l) {
            cost->power_w = cost->energy_j / (cost->seconds + cost->load_s);
        }
        double power = cost->power_w;
        bool together = h->execution != WEFT_EXECUTION_LAYERS;
        sum->energy_j += cost->energy_j;
        sum->cycles += cost->cycles;
        sum->peak_power_w = together                    ? sum->peak_power_w + power
                            : power > sum->peak_power_w ? power
                                                        : sum->peak_power_w;
        most = own > most ? own : most;
        arrays += own;
        cells += cost->cells * cost->copies;
    }
    sum->utilisation = cells / (arrays * cells_of_array);
    double chip = weft_arrays_of(h, &priced->own); /* more than those: in turns */
    sum->crossbars =
        (int64_t)(h->accounting == WEFT_ACCOUNTING_RESIDENT ? arrays : fmin(most, chip));
    sum->tiles = (int64_t)ceil((double)sum->crossbars / priced->own.capacity[h->array_level]);
}

static weft_status cost_layers(const weft_hierarchy_priced *priced, weft_loop_work *work,
                               weft_error *error) {
    weft_ledger_state ledger = weft_ledger_look(priced, work);
    if (ledger == WEFT_LEDGER_HOLDS) {
        weft_ledger_price(priced, work);
        return WEFT_OK;
    }
    for (int32_t l = 0; l < work->n_layers; l++) {
        if (stands_for(priced->hierarchy, work, l) == l) {
            WEFT_TRY(cost_layer(priced, work, l, NULL, error));
            if (ledger == WEFT_LEDGER_FILLS) {
                weft_ledger_put(priced, work, l);
            }
        }
    }
    if (ledger == WEFT_LEDGER_FILLS) {
        weft_ledger_close(work->ledger);
    }
    return WEFT_OK;
}

static weft_status evaluate(const weft_hierarchy_priced *priced, weft_loop_work *work,
                            weft_total *total, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    weft_total sum = {.area_mm2 = priced->own.area_mm2, .bottleneck = -1, .macs = work->macs};
    WEFT_TRY(check_prices(priced, work, error));
    if (work->n_layers == 0) { /* a region without layers: it is there, and idle */
        *total = sum;
        return priced->own.infeasible[0] == '\0'
                   ? WEFT_OK
                   : weft_fail_beyond(error, beyond(BEYOND_PARTS, priced->own.over), "%s",
                                      priced->own.infeasible);
    }
    if (!takes_turns_alone(h)) {
        WEFT_TRY(allot(priced, work, error));
    }
    if (h->has_hops) {
        find_ways(priced, work);
    }
    WEFT_TRY(cost_layers(priced, work, error));
    weft_outside outside = outside_of(priced, work);
    find_times(priced, work, outside.seconds, &sum);
    add_layers(priced, work, &sum);
    sum.energy_j += outside.energy_j;
    sum.energy_j += leak_of_chip(h, &priced->own, sum.interval_s, NULL);
    sum.power_w = sum.energy_j / sum.interval_s;
    WEFT_TRY(weft_hierarchy_check(priced, &sum, error));
    WEFT_TRY(check_wear(priced, work, error));
    *total = sum;
    return WEFT_OK;
}

weft_status weft_hierarchy_estimate(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                    weft_total *total, weft_error *error) {
    return evaluate(priced, work, total, error);
}

weft_status weft_hierarchy_layer(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                 int32_t l, weft_error *error) {
    return cost_layer(priced, work, l, NULL, error);
}

/* ---- the breakdown --------------------------------------------------------------------------- */

static void name_parts(const weft_hierarchy *h, weft_cost *cost) {
    cost->n_parts = h->n_parts;
    for (int p = 0; p < h->n_parts; p++) {
        weft_part_info *info = &cost->parts[p];
        snprintf(info->token, sizeof info->token, "%s", h->parts[p].name);
        snprintf(info->text, sizeof info->text, "%s", h->parts[p].text);
        snprintf(info->level, sizeof info->level, "%s", h->levels[h->roles[p].level].name);
    }
}

/* Copies of a layer's weights: as many as it was given; of a layer that has the chip to itself those
 * that its mapping spreads over the arrays. */
static double copies_of(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l) {
    const weft_hierarchy *h = priced->hierarchy;
    int level = 0;
    double needed = 0;
    if (h->accounting != WEFT_ACCOUNTING_ALONE) {
        return work->costs[l].copies;
    }
    const weft_loop_layer *layer = &work->layers[l];
    const weft_precision *price = weft_hierarchy_precision(priced, work, layer->precision);
    weft_loop_sizes loops = weft_loop_sizes_on(layer, price);
    return weft_spread_layer(h, price, &loops, &work->memo, &work->spread, &level, &needed)
               ? weft_spread_copies(&work->spread, h->array_level)
               : 1;
}

static weft_status fill_row(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l,
                            weft_layer_cost *row, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    const weft_loop_layer *layer = &work->layers[l];
    int32_t like = stands_for(h, work, l);
    WEFT_TRY(cost_layer(priced, work, like, row->energy_by, error));
    const weft_loop_cost *cost = &work->costs[like];
    weft_loop_name(layer, row->name);
    row->layer = layer->layer;
    row->block = layer->block;
    row->energy_j = cost->energy_j;
    row->cycles = cost->cycles;
    row->busy_s = cost->seconds;
    row->macs = layer->macs;
    row->crossbars = (int64_t)(cost->arrays * cost->copies);
    row->tiles = (int64_t)ceil(cost->arrays * cost->copies / priced->own.capacity[h->array_level]);
    row->copies = (int64_t)copies_of(priced, work, like);
    row->utilisation = cost->cells / (cost->arrays * weft_cells_of_array(h, &priced->own));
    for (int p = 0; p < h->n_parts; p++) {
        row->actions_by[p] = work->counts.reads[p] + work->counts.writes[p];
    }
    return WEFT_OK;
}

/* By how much a layer prolongs the inference: its time where layers take turns or follow one another,
 * what it ends later than all before it where pixels overlap. */
static void fill_latency(const weft_hierarchy *h, const weft_loop_work *work, int32_t l,
                         double *reached, weft_layer_cost *row) {
    const weft_loop_cost *cost = &work->costs[stands_for(h, work, l)];
    double seconds = cost->seconds + cost->load_s;
    if (h->execution == WEFT_EXECUTION_PIXELS) {
        seconds = fmax(0, work->finish[l] - *reached);
        *reached = fmax(*reached, work->finish[l]);
    }
    double load = fmin(cost->load_s, seconds);
    row->latency_s = seconds;
    row->latency_by[h->clock_part] = seconds - load;
    row->latency_by[h->load_part] += load;
}

/* What belongs to no layer: the area, what leaks while layers overlap, the way into the chip and out
 * of it, and the time of the other inferences of a batch. */
static void fill_chip(const weft_hierarchy_priced *priced, const weft_loop_work *work,
                      const weft_cost *cost, weft_layer_cost *chip) {
    const weft_hierarchy *h = priced->hierarchy;
    weft_outside outside = outside_of(priced, work);
    snprintf(chip->name, sizeof chip->name, "chip");
    chip->layer = -1;
    chip->block = WEFT_NO_BLOCK;
    chip->area_mm2 = priced->own.area_mm2;
    for (int p = 0; p < h->n_parts; p++) {
        chip->area_by[p] = priced->own.parts[p].area_mm2;
    }
    chip->energy_j = leak_of_chip(h, &priced->own, cost->total.interval_s, chip->energy_by);
    double others = priced->own.number[WEFT_NUMBER_BATCH] - 1;
    chip->latency_s = others * cost->total.interval_s + outside.seconds;
    chip->latency_by[h->clock_part] = others * cost->total.interval_s;
    if (h->spill_part >= 0) {
        chip->energy_j += outside.energy_j;
        chip->energy_by[h->spill_part] += outside.energy_j;
        chip->latency_by[h->spill_part] += outside.seconds;
        chip->actions_by[h->spill_part] = outside.actions;
    }
}

/* More than air takes away (100 W/cm2: ITRS 2011, Assembly and Packaging, high performance). */
static const double MOST_W_MM2 = 1;

static void warn_density(weft_cost *cost) {
    double density = cost->total.power_w / cost->total.area_mm2;
    if (density > MOST_W_MM2 && cost->n_warnings < WEFT_MAX_WARNINGS) {
        snprintf(cost->warnings[cost->n_warnings++], sizeof cost->warnings[0],
                 "chip: %.4g W on %.4g mm2 are %.4g W/cm2; air takes away about %.0f W/cm2",
                 cost->total.power_w, cost->total.area_mm2, 100 * density, 100 * MOST_W_MM2);
    }
}

weft_status weft_hierarchy_cost_create(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                       weft_cost **cost, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    static const int32_t OWN[WEFT_TRAITS];
    weft_cost *made = calloc(1, sizeof *made);
    weft_layer_cost *rows = calloc((size_t)work->n_layers + 1, sizeof *rows);
    weft_precision *again = malloc(sizeof *again);
    weft_status status = WEFT_OK;
    if (made == NULL || rows == NULL || again == NULL) {
        status = weft_fail_memory(error, (size_t)work->n_layers * sizeof *rows);
    } else {
        status = evaluate(priced, work, &made->total, error);
    }
    double reached = 0;
    for (int32_t l = 0; status == WEFT_OK && l < work->n_layers; l++) {
        status = fill_row(priced, work, l, &rows[l], error);
        fill_latency(h, work, l, &reached, &rows[l]);
    }
    if (status == WEFT_OK) { /* once more, for the warnings */
        status = weft_hierarchy_price(h, OWN, again, made, error);
        warn_density(made);
    }
    free(again);
    if (status != WEFT_OK) {
        free(made);
        free(rows);
        return status;
    }
    name_parts(h, made);
    made->layers = rows;
    made->n_layers = work->n_layers + 1;
    fill_chip(priced, work, made, &rows[work->n_layers]);
    for (int32_t l = 0; l < made->n_layers; l++) {
        for (int p = 0; p < h->n_parts; p++) {
            made->energy_by[p] += rows[l].energy_by[p];
            made->latency_by[p] += rows[l].latency_by[p];
            made->area_by[p] += rows[l].area_by[p];
        }
    }
    *cost = made;
    return WEFT_OK;
}
