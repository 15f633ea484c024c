/* SPDX-License-Identifier: Apache-2.0
 *
 * One mapping. z are the loop sizes inside of a place, in time and in space.
 *
 * Loops to memories, from the array outwards: a memory takes the next loops of each of its operands
 * as far as they fit, and of all combinations that fit together the one with the least
 * sum of (bits held) x (turns of the loops left outside), the last of equals. Then a loop that does
 * not change an operand sinks from the inner end of a memory's loops to the memory below: the operand
 * stays there meanwhile.
 *
 * Movement, at memory l of an operand with T_l loops in time and S_l in space between l and l + 1:
 *   data_l    elements(T_1..T_l, S_0..S_l-1), in one instance       copies_l   product of S_l and outer
 *   boost_l   data of the instances of l that l + 1 sees as one
 *   period_l  steps of T_1..T_l                                     count_l    steps / period_l
 *   window_l  period_l / turns of the outermost loops of T_l that do not change the operand
 * Between a memory and what is below it move data_(l-1) boost_(l-1) elements each period_(l-1),
 * between it and the memory above data_l each period_l. Outputs are partial sums, with more bits, and
 * come back, as long as a loop that adds to them runs further out.
 *
 *   accesses = floor(ceil(amount bits / least) (least / width) count copies)
 *   energy   = accesses x energy of one + the array's parts x steps
 *
 * Source: zigzag@3d12a96 (opt/loma, cost_model), derived again. */
#include "hardware/dataflow_moves.h"

#include <math.h>
#include <string.h>

#define BIT(d) (1U << (d))

/* Dimensions that an operand does not depend on. */
static const unsigned STILL[WEFT_FLOW_OPERANDS] = {
    [WEFT_FLOW_INPUTS] = BIT(WEFT_DIM_M),
    [WEFT_FLOW_WEIGHTS] = BIT(WEFT_DIM_N) | BIT(WEFT_DIM_P) | BIT(WEFT_DIM_Q),
    [WEFT_FLOW_OUTPUTS] = BIT(WEFT_DIM_C) | BIT(WEFT_DIM_R) | BIT(WEFT_DIM_S),
};

/* Those that change all of it; an input window keeps a part where P, Q, R or S turn. */
static const unsigned FRESH[WEFT_FLOW_OPERANDS] = {
    [WEFT_FLOW_INPUTS] = BIT(WEFT_DIM_N) | BIT(WEFT_DIM_G) | BIT(WEFT_DIM_C),
    [WEFT_FLOW_WEIGHTS] = BIT(WEFT_DIM_G) | BIT(WEFT_DIM_M) | BIT(WEFT_DIM_C) | BIT(WEFT_DIM_R) |
                          BIT(WEFT_DIM_S),
    [WEFT_FLOW_OUTPUTS] = BIT(WEFT_DIM_N) | BIT(WEFT_DIM_G) | BIT(WEFT_DIM_M) | BIT(WEFT_DIM_P) |
                          BIT(WEFT_DIM_Q),
};

/* ---- sizes ----------------------------------------------------------------------------------- */

/* Input rows (or columns) that so many outputs and taps touch. */
static double touched(double outputs, double taps, double stride, double dilation, double limit) {
    double window = (outputs - 1) * stride + (taps - 1) * dilation + 1;
    double most = fmin(outputs * taps, window);
    return limit > 0 ? fmin(limit, most) : most;
}

double weft_flow_elements(const weft_flow_layer *layer, weft_flow_operand operand,
                          const double z[WEFT_FLOW_DIMS]) {
    switch (operand) {
    case WEFT_FLOW_WEIGHTS:
        return z[WEFT_DIM_G] * z[WEFT_DIM_M] * z[WEFT_DIM_C] * z[WEFT_DIM_S] * z[WEFT_DIM_R];
    case WEFT_FLOW_OUTPUTS:
        return z[WEFT_DIM_N] * z[WEFT_DIM_G] * z[WEFT_DIM_M] * z[WEFT_DIM_Q] * z[WEFT_DIM_P];
    case WEFT_FLOW_INPUTS:
    case WEFT_FLOW_OPERANDS:
        break;
    }
    double columns = touched(trunc(z[WEFT_DIM_Q]), trunc(z[WEFT_DIM_S]), layer->stride_w,
                             layer->dilation_w, layer->limit_w);
    double rows = touched(trunc(z[WEFT_DIM_P]), trunc(z[WEFT_DIM_R]), layer->stride_h,
                          layer->dilation_h, layer->limit_h);
    return z[WEFT_DIM_N] * z[WEFT_DIM_G] * z[WEFT_DIM_C] * columns * rows;
}

typedef struct spatial {
    double factor[WEFT_FLOW_SIDES][WEFT_FLOW_DIMS];
} spatial;

/* Where a factor does not divide its dimension, all turns get the same share: exact, or rounded
 * down. True: all are whole. */
static bool find_spatial(const weft_flow_layer *layer, const weft_flow_mapping *mapping, bool whole,
                         spatial *out) {
    bool all = true;
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
        for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
            double size = layer->size[d];
            double share = mapping->factor[s][d] == 1 ? 1
                                                      : size / ceil(size / mapping->factor[s][d]);
            all = all && share == floor(share);
            out->factor[s][d] = whole ? floor(share) : share;
        }
    }
    return all;
}

static void take_sides(const spatial *spread, unsigned sides, double z[WEFT_FLOW_DIMS]) {
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
        for (int d = 0; d < WEFT_FLOW_DIMS && (sides >> s & 1U) != 0; d++) {
            z[d] *= spread->factor[s][d];
        }
    }
}

static void start(double z[WEFT_FLOW_DIMS]) {
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        z[d] = 1;
    }
}

/* ---- loops to memories ----------------------------------------------------------------------- */

/* Memory l of an operand has loops end[l] .. end[l + 1] of the order. */
typedef struct placement {
    int end[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
} placement;

typedef struct placing {
    const weft_flow_machine *machine;
    const weft_flow_layer *layer;
    const weft_flow_mapping *mapping;
    const spatial *spread;
    int level[WEFT_FLOW_OPERANDS]; /* that comes next */
    double z[WEFT_FLOW_OPERANDS][WEFT_FLOW_DIMS];
} placing;

/* What an operand may take of a memory: bits and cost with `from + i` loops inside. */
typedef struct offer {
    int operand, from, n;
    double bits[WEFT_FLOW_LOOPS + 1], cost[WEFT_FLOW_LOOPS + 1];
} offer;

/* Bits of an element at the next memory of an operand, with `inside` loops placed. */
static double bits_at(const placing *p, int o, int inside) {
    if (o != WEFT_FLOW_OUTPUTS) {
        return p->machine->bits[o];
    }
    unsigned left = 0;
    for (int i = inside; i < p->mapping->n_loops; i++) {
        left |= BIT(p->mapping->dim[i]);
    }
    for (int l = p->level[o] + 1; l <= p->layer->n_levels[o]; l++) {
        for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
            left |= (p->machine->between[o][l] >> s & 1U) != 0 ? p->mapping->dims[s] : 0;
        }
    }
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        if (p->layer->size[d] > 1 && (left & STILL[o] & BIT(d)) != 0) {
            return p->machine->partial_bits;
        }
    }
    return p->machine->bits[o];
}

static bool make_offer(const placing *p, int o, int inside, double capacity, offer *made) {
    const weft_flow_mapping *mapping = p->mapping;
    double z[WEFT_FLOW_DIMS];
    double outside = 1;
    double bits = bits_at(p, o, inside);
    bool last = p->level[o] == p->layer->n_levels[o] - 1;
    memcpy(z, p->z[o], sizeof z);
    *made = (offer){.operand = o, .from = inside};
    for (int i = inside; i < mapping->n_loops; i++) {
        outside *= mapping->turns[i];
    }
    for (int i = inside;; i++) {
        double size = weft_flow_elements(p->layer, (weft_flow_operand)o, z) * bits;
        if (size > capacity) {
            break;
        }
        made->bits[made->n] = size;
        made->cost[made->n++] = last ? 0 : size * outside;
        if (i == mapping->n_loops) {
            break;
        }
        z[mapping->dim[i]] *= mapping->turns[i];
        outside /= mapping->turns[i];
    }
    if (last && made->n > 0) { /* the outermost takes what it can */
        made->from += made->n - 1;
        made->bits[0] = made->bits[made->n - 1];
        made->n = 1;
    }
    return made->n > 0;
}

/* Of all combinations of offers the one of least cost that fits, the last of equals. */
static bool choose(const offer *offers, int n, double capacity, int chosen[WEFT_FLOW_OPERANDS]) {
    int at[WEFT_FLOW_OPERANDS] = {0};
    double least = INFINITY;
    for (bool first = true;; first = false) {
        double bits = 0;
        double cost = 0;
        for (int i = 0; i < n; i++) {
            bits += offers[i].bits[at[i]];
            cost += offers[i].cost[at[i]];
        }
        if (bits > capacity && first) {
            return false;
        }
        if (bits <= capacity && cost <= least) {
            least = cost;
            memcpy(chosen, at, sizeof at);
        }
        int i = n - 1;
        while (i >= 0 && ++at[i] == offers[i].n) {
            at[i--] = 0;
        }
        if (i < 0) {
            return true;
        }
    }
}

static bool place_memory(placing *p, int m, placement *out) {
    const weft_flow_machine *machine = p->machine;
    double capacity = machine->memories[m].size;
    offer offers[WEFT_FLOW_OPERANDS];
    int chosen[WEFT_FLOW_OPERANDS];
    int n = 0;
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        int l = p->level[o];
        if (l < p->layer->n_levels[o] && machine->level[o][l] == m &&
            !make_offer(p, o, out->end[o][l], capacity, &offers[n++])) {
            return false;
        }
    }
    if (n == 0) {
        return true;
    }
    if (!choose(offers, n, capacity, chosen)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        int o = offers[i].operand;
        int l = p->level[o]++;
        int end = offers[i].from + chosen[i];
        for (int k = out->end[o][l]; k < end; k++) {
            p->z[o][p->mapping->dim[k]] *= p->mapping->turns[k];
        }
        take_sides(p->spread, machine->between[o][l + 1], p->z[o]);
        out->end[o][l + 1] = end;
        if (p->level[o] == p->layer->n_levels[o] && end < p->mapping->n_loops) {
            return false;
        }
    }
    return true;
}

static void sink(const placing *p, placement *out) {
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        int *end = out->end[o];
        for (bool changed = true; changed;) {
            changed = false;
            for (int l = 1; l < p->layer->n_levels[o]; l++) {
                while (end[l] < end[l + 1] && (STILL[o] & BIT(p->mapping->dim[end[l]])) != 0) {
                    end[l]++;
                    changed = true;
                }
            }
        }
    }
}

static bool place(const weft_flow_machine *machine, const weft_flow_layer *layer,
                  const weft_flow_mapping *mapping, const spatial *spread, placement *out) {
    placing p = {.machine = machine, .layer = layer, .mapping = mapping, .spread = spread};
    memset(out, 0, sizeof *out);
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        start(p.z[o]);
        take_sides(spread, machine->between[o][0], p.z[o]);
    }
    for (int m = 0; m < machine->n_memories; m++) {
        if (!place_memory(&p, m, out)) {
            return false;
        }
    }
    sink(&p, out);
    return true;
}

/* ---- movement -------------------------------------------------------------------------------- */

/* Of one operand, index l as in weft_flow_moves. */
typedef struct operand_moves {
    double boost[WEFT_FLOW_LEVELS + 1], period[WEFT_FLOW_LEVELS + 1], idle[WEFT_FLOW_LEVELS + 1];
    bool partial[WEFT_FLOW_LEVELS + 1];
} operand_moves;

static double side_product(const spatial *spread, unsigned sides) {
    double product = 1;
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
        for (int d = 0; d < WEFT_FLOW_DIMS && (sides >> s & 1U) != 0; d++) {
            product *= spread->factor[s][d];
        }
    }
    return product;
}

/* Turns of the outermost loops of a memory that are all of `kind`. */
static double outermost(const weft_flow_mapping *mapping, int from, int to, unsigned kind) {
    double turns = 1;
    while (to > from && (kind & BIT(mapping->dim[to - 1])) != 0) {
        turns *= mapping->turns[--to];
    }
    return turns;
}

/* Whether a loop that adds to the output runs outside of memory l - 1. */
static bool is_partial(const weft_flow_machine *machine, const weft_flow_mapping *mapping,
                       const spatial *spread, int n, int l, int from) {
    for (int i = from; i < mapping->n_loops; i++) {
        if ((STILL[WEFT_FLOW_OUTPUTS] & BIT(mapping->dim[i])) != 0) {
            return true;
        }
    }
    for (int k = l + 1; k <= n; k++) {
        for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
            for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
                if ((machine->between[WEFT_FLOW_OUTPUTS][k] >> s & 1U) != 0 &&
                    (STILL[WEFT_FLOW_OUTPUTS] & BIT(d)) != 0 && spread->factor[s][d] > 1) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Turns of the inner loops of the first memory during which a cell keeps its operand. */
static double kept_in_cell(const weft_flow_mapping *mapping, int o, int end) {
    double turns = 1;
    for (int i = 0; i < end && (STILL[o] & BIT(mapping->dim[i])) != 0; i++) {
        turns *= mapping->turns[i];
    }
    return o == WEFT_FLOW_OUTPUTS ? 1 : turns;
}

static void measure(const weft_flow_machine *machine, const weft_flow_layer *layer,
                    const weft_flow_mapping *mapping, const spatial *spread, const int *end, int o,
                    operand_moves *own, weft_flow_moves *out) {
    double z[WEFT_FLOW_DIMS];
    int n = layer->n_levels[o];
    unsigned outer = 0;
    start(z);
    own->period[0] = kept_in_cell(mapping, o, end[1]);
    own->idle[0] = out->fresh[o][0] = out->data[o][0] = 1;
    for (int l = n; l >= 0; l--) {
        outer |= machine->between[o][l];
        double copies = side_product(spread, outer);
        out->copies[o][l] = rint(rint(copies * 1000) / 1000);
    }
    for (int l = 0; l <= n; l++) {
        double steps = l > 1 ? own->period[l - 1] : 1;
        for (int i = l > 0 ? end[l - 1] : 0; l > 0 && i < end[l]; i++) {
            z[mapping->dim[i]] *= mapping->turns[i];
            steps *= mapping->turns[i];
        }
        double inside = weft_flow_elements(layer, (weft_flow_operand)o, z);
        if (l > 0) {
            own->period[l] = steps;
            out->data[o][l] = rint(inside);
            own->idle[l] = outermost(mapping, end[l - 1], end[l], STILL[o]);
            out->fresh[o][l] = outermost(mapping, end[l - 1], end[l], FRESH[o]);
        }
        own->partial[l] = o == WEFT_FLOW_OUTPUTS &&
                          is_partial(machine, mapping, spread, n, l, l > 0 ? end[l] : 0);
        out->bits[o][l] = own->partial[l] ? machine->partial_bits : machine->bits[o];
        take_sides(spread, machine->between[o][l], z);
    }
}

/* boost_l: all loops in space up to l, none in time. */
static void find_boosts(const weft_flow_machine *machine, const weft_flow_layer *layer,
                        const spatial *spread, int o, operand_moves *own) {
    double z[WEFT_FLOW_DIMS];
    start(z);
    double before = weft_flow_elements(layer, (weft_flow_operand)o, z);
    for (int l = 0; l < layer->n_levels[o]; l++) {
        take_sides(spread, machine->between[o][l], z);
        double here = weft_flow_elements(layer, (weft_flow_operand)o, z);
        own->boost[l] = rint(here / before);
        before = here;
    }
    own->boost[layer->n_levels[o]] = 1;
}

static weft_flow flow_of(const weft_flow_moves *moves, const operand_moves *own, int o, int l,
                         double boost) {
    double data = moves->data[o][l];
    double bits = moves->bits[o][l];
    double period = own->period[l];
    return (weft_flow){
        .amount = data * boost,
        .bits = bits,
        .period = period,
        .count = floor(moves->steps / period),
        .window = floor(period / own->idle[l]),
        .mean = trunc(data * bits / period * boost),
    };
}

static void move(const weft_flow_machine *machine, const weft_flow_layer *layer,
                 const weft_flow_mapping *mapping, const spatial *spread, const placement *placed,
                 weft_flow_moves *out) {
    memset(out, 0, sizeof *out);
    out->steps = 1;
    for (int i = 0; i < mapping->n_loops; i++) {
        out->steps *= mapping->turns[i];
    }
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        operand_moves own;
        int n = layer->n_levels[o];
        measure(machine, layer, mapping, spread, placed->end[o], o, &own, out);
        find_boosts(machine, layer, spread, o, &own);
        for (int m = 0; m < n; m++) {
            weft_flow *flows = out->flows[o][m];
            weft_flow low = flow_of(out, &own, o, m, own.boost[m]);
            weft_flow high = m < n - 1 ? flow_of(out, &own, o, m + 1, 1) : (weft_flow){0};
            if (o != WEFT_FLOW_OUTPUTS) {
                flows[WEFT_FLOW_TO_LOW] = low;
                flows[WEFT_FLOW_FROM_HIGH] = high;
                continue;
            }
            flows[WEFT_FLOW_FROM_LOW] = low;
            flows[WEFT_FLOW_TO_LOW] = own.partial[m] ? low : (weft_flow){0};
            flows[WEFT_FLOW_TO_HIGH] = high;
            flows[WEFT_FLOW_FROM_HIGH] = own.partial[m + 1] ? high : (weft_flow){0};
        }
    }
}

/* ---- energy ---------------------------------------------------------------------------------- */

static double accesses(const weft_flow *flow, const weft_flow_memory *memory, double copies) {
    double words = ceil(flow->amount * flow->bits / memory->least);
    return trunc(words * (memory->least / memory->width) * flow->count * copies);
}

static void count_accesses(const weft_flow_machine *machine, const weft_flow_layer *layer,
                           const weft_flow_moves *moves, weft_flow_cost *cost) {
    memset(cost->reads, 0, sizeof cost->reads);
    memset(cost->writes, 0, sizeof cost->writes);
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        for (int l = 0; l < layer->n_levels[o]; l++) {
            int m = machine->level[o][l];
            const weft_flow *flows = moves->flows[o][l];
            double copies = moves->copies[o][l + 1];
            for (int w = 0; w < WEFT_FLOW_WAYS; w++) {
                bool reads = w == WEFT_FLOW_TO_LOW || w == WEFT_FLOW_TO_HIGH;
                *(reads ? &cost->reads[m] : &cost->writes[m]) +=
                    accesses(&flows[w], &machine->memories[m], copies);
            }
        }
    }
}

static double energy_of(const weft_flow_machine *machine, const weft_flow_layer *layer,
                        const weft_flow_cost *cost) {
    double macs = 1;
    double energy = 0;
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        macs *= layer->size[d];
    }
    for (int m = 0; m < machine->n_memories; m++) {
        energy += cost->reads[m] * machine->memories[m].read_j +
                  cost->writes[m] * machine->memories[m].write_j;
    }
    double step = machine->row_j * cost->rows + machine->column_j * cost->columns + machine->step_j;
    return energy + step * machine->slices * cost->steps +
           machine->product_j * machine->slices * macs +
           machine->output_j * cost->columns * cost->steps + machine->cycle_j * cost->cycles +
           machine->other_j;
}

/* ---- public ---------------------------------------------------------------------------------- */

bool weft_flow_evaluate(const weft_flow_machine *machine, const weft_flow_layer *layer,
                        const weft_flow_mapping *mapping, weft_flow_cost *cost) {
    spatial spread;
    spatial rounded;
    placement placed;
    weft_flow_moves exact;
    weft_flow_moves whole;
    bool same = find_spatial(layer, mapping, false, &spread);
    if (!place(machine, layer, mapping, &spread, &placed)) {
        return false;
    }
    move(machine, layer, mapping, &spread, &placed, &exact);
    if (!same) {
        find_spatial(layer, mapping, true, &rounded);
        move(machine, layer, mapping, &rounded, &placed, &whole);
    }
    cost->steps = cost->rows = cost->columns = 1;
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        double columns = mapping->factor[WEFT_FLOW_COLUMNS][d];
        double rows = mapping->factor[WEFT_FLOW_ROWS][d];
        cost->columns *= columns;
        cost->rows *= rows;
        cost->steps *= layer->size[d] / (columns * rows);
    }
    weft_flow_cycles(machine, layer, &exact, same ? &exact : &whole, cost);
    count_accesses(machine, layer, &exact, cost);
    cost->energy_j = energy_of(machine, layer, cost);
    return true;
}
