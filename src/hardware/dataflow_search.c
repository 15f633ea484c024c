/* SPDX-License-Identifier: Apache-2.0
 *
 * The search: the best spreads over columns and rows by what they keep busy, and for each all orders
 * of its loops in time.
 *
 * A spread takes divisors of min(size, copies) of the dimensions that the side allows: one dimension
 * by each divisor, the largest first, then two or more of them by divisors above 1 whose product
 * fits. Spreads go by u + u / (largest single factor) - 1, u the product of all factors; of equals
 * the first found stands first.
 *
 * Loops are the prime factors of what a dimension has left; while there are too many, the dimension
 * with the most of them gets its two smallest multiplied.
 *
 * Source: zigzag@3d12a96 (opt/spatial, opt/loma), derived again. */
#include "hardware/dataflow.h"

#include <math.h>
#include <string.h>

enum { MAX_DIVISORS = 240, MAX_CANDIDATES = 16, MAX_PRIMES = 31 };

/* ---- spreads --------------------------------------------------------------------------------- */

typedef struct shortlist {
    int n, limit;
    double value[MAX_CANDIDATES];
    weft_flow_mapping mappings[MAX_CANDIDATES];
} shortlist;

/* Calls of `offer` for each way to use a side, in order. */
typedef struct side_walk {
    const weft_flow_machine *machine;
    const weft_flow_layer *layer;
    shortlist *list;
    weft_flow_mapping at;
} side_walk;

static void walk_side(side_walk *walk, int side);

/* Keeps the best, in order. */
static void offer(side_walk *walk) {
    double product = 1;
    double largest = 1;
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
        for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
            product *= walk->at.factor[s][d];
            largest = fmax(largest, walk->at.factor[s][d]);
        }
    }
    shortlist *list = walk->list;
    double value = product + product / largest - 1;
    int k = list->n < list->limit ? list->n++ : list->limit;
    while (k > 0 && list->value[k - 1] < value) {
        if (k < list->limit) {
            list->value[k] = list->value[k - 1];
            list->mappings[k] = list->mappings[k - 1];
        }
        k--;
    }
    if (k < list->limit) {
        list->value[k] = value;
        list->mappings[k] = walk->at;
    }
}

static void done_with(side_walk *walk, int side) {
    if (side + 1 < WEFT_FLOW_SIDES) {
        walk_side(walk, side + 1);
    } else {
        offer(walk);
    }
}

static int find_divisors(int32_t number, int32_t divisors[MAX_DIVISORS]) {
    int n = 0;
    for (int32_t k = 1; k <= number && n < MAX_DIVISORS; k++) {
        if (number % k == 0) {
            divisors[n++] = k;
        }
    }
    return n;
}

static void set_factor(side_walk *walk, int side, int d, int32_t factor) {
    walk->at.factor[side][d] = factor;
    walk->at.dims[side] |= 1U << d;
}

static void clear_side(side_walk *walk, int side) {
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        walk->at.factor[side][d] = 1;
    }
    walk->at.dims[side] = 0;
}

/* Divisors above 1 of several dimensions: recursion over at most WEFT_FILL_MAX_DIMS of them. */
static void combine(side_walk *walk, int side, const int *dims, int n, int32_t room) {
    if (n == 0) {
        done_with(walk, side);
        return;
    }
    int32_t divisors[MAX_DIVISORS];
    int32_t size = walk->layer->size[dims[0]];
    int32_t copies = walk->machine->copies[side];
    int count = find_divisors(size < copies ? size : copies, divisors);
    for (int i = 1; i < count && divisors[i] <= room; i++) {
        set_factor(walk, side, dims[0], divisors[i]);
        combine(walk, side, dims + 1, n - 1, room / divisors[i]);
    }
    walk->at.factor[side][dims[0]] = 1;
}

static void walk_side(side_walk *walk, int side) {
    const weft_flow_machine *machine = walk->machine;
    const int *dims = machine->dims[side];
    int n = machine->n_dims[side];
    int32_t copies = machine->copies[side];
    for (int i = 0; i < n; i++) {
        int32_t divisors[MAX_DIVISORS];
        int32_t size = walk->layer->size[dims[i]];
        clear_side(walk, side);
        for (int k = find_divisors(size < copies ? size : copies, divisors) - 1; k >= 0; k--) {
            set_factor(walk, side, dims[i], divisors[k]);
            done_with(walk, side);
        }
    }
    for (int several = 2; several <= n; several++) {
        for (int set = (1 << n) - 1; set > 0; set--) { /* the first dimension is the highest bit */
            if (__builtin_popcount((unsigned)set) != several) {
                continue;
            }
            int chosen[WEFT_FILL_MAX_DIMS];
            int taken = 0;
            clear_side(walk, side);
            for (int i = 0; i < n; i++) {
                if ((set >> (n - 1 - i) & 1) != 0) {
                    chosen[taken++] = dims[i];
                }
            }
            for (int i = 0; i < taken; i++) {
                walk->at.dims[side] |= 1U << chosen[i];
            }
            combine(walk, side, chosen, taken, copies);
        }
    }
    clear_side(walk, side);
}

static void find_spreads(const weft_flow_machine *machine, const weft_flow_layer *layer, int limit,
                         shortlist *list) {
    side_walk walk = {.machine = machine, .layer = layer, .list = list};
    list->n = 0;
    list->limit = limit < MAX_CANDIDATES ? limit : MAX_CANDIDATES;
    clear_side(&walk, WEFT_FLOW_COLUMNS);
    clear_side(&walk, WEFT_FLOW_ROWS);
    walk_side(&walk, WEFT_FLOW_COLUMNS);
}

bool weft_flow_spread(const weft_flow_machine *machine, const weft_flow_layer *layer, int i,
                      weft_flow_mapping *mapping) {
    shortlist list;
    find_spreads(machine, layer, i + 1, &list);
    if (i < list.n) {
        *mapping = list.mappings[i];
    }
    return i < list.n;
}

/* ---- loops in time --------------------------------------------------------------------------- */

typedef struct factors {
    int n;
    int32_t factor[MAX_PRIMES]; /* rising */
} factors;

static factors primes_of(int32_t number) {
    factors made = {.n = 0};
    for (int32_t p = 2; number > 1; p += number > 1) { /* p may be the largest number */
        if ((int64_t)p * p > number) {
            p = number;
        }
        for (; number % p == 0; number /= p) {
            made.factor[made.n++] = p;
        }
    }
    return made;
}

/* The two smallest become one. */
static void merge(factors *f) {
    int32_t product = f->factor[0] * f->factor[1];
    int k = 0;
    for (; k + 2 < f->n && f->factor[k + 2] < product; k++) {
        f->factor[k] = f->factor[k + 2];
    }
    memmove(f->factor + k + 1, f->factor + k + 2, (size_t)(f->n - k - 2) * sizeof f->factor[0]);
    f->factor[k] = product;
    f->n--;
}

static void find_loops(const weft_flow_machine *machine, const weft_flow_layer *layer,
                       weft_flow_mapping *mapping) {
    factors left[WEFT_FLOW_DIMS];
    int loops = 0;
    int busy = 0;
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        int32_t spread = mapping->factor[WEFT_FLOW_COLUMNS][d] * mapping->factor[WEFT_FLOW_ROWS][d];
        left[d] = primes_of((layer->size[d] - 1) / spread + 1);
        loops += left[d].n;
        busy += left[d].n > 0;
    }
    int limit = machine->max_loops > busy ? machine->max_loops : busy;
    for (; loops > limit; loops--) {
        int most = layer->order[0];
        for (int i = 1; i < WEFT_FLOW_DIMS; i++) {
            most = left[layer->order[i]].n > left[most].n ? layer->order[i] : most;
        }
        merge(&left[most]);
    }
    mapping->n_loops = 0;
    for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
        for (int i = 0; i < left[d].n; i++) {
            mapping->dim[mapping->n_loops] = (int8_t)d;
            mapping->turns[mapping->n_loops++] = left[d].factor[i];
        }
    }
}

static bool stands_before(const weft_flow_mapping *m, int a, int b) {
    return m->dim[a] < m->dim[b] || (m->dim[a] == m->dim[b] && m->turns[a] < m->turns[b]);
}

static void swap(weft_flow_mapping *m, int a, int b) {
    int8_t dim = m->dim[a];
    int32_t turns = m->turns[a];
    m->dim[a] = m->dim[b];
    m->turns[a] = m->turns[b];
    m->dim[b] = dim;
    m->turns[b] = turns;
}

/* The next different order, by dimension and turns; false after the last. */
static bool next_order(weft_flow_mapping *m) {
    int i = m->n_loops - 2;
    while (i >= 0 && !stands_before(m, i, i + 1)) {
        i--;
    }
    if (i < 0) {
        return false;
    }
    int k = m->n_loops - 1;
    while (!stands_before(m, i, k)) {
        k--;
    }
    swap(m, i, k);
    for (int a = i + 1, b = m->n_loops - 1; a < b; a++, b--) {
        swap(m, a, b);
    }
    return true;
}

/* ---- the search ------------------------------------------------------------------------------ */

static bool is_better(int objective, const weft_flow_cost *a, const weft_flow_cost *b) {
    switch ((weft_flow_objective)objective) {
    case WEFT_FLOW_ENERGY:
        return a->energy_j < b->energy_j || (a->energy_j == b->energy_j && a->cycles < b->cycles);
    case WEFT_FLOW_EDP:
        return a->energy_j * a->cycles < b->energy_j * b->cycles;
    case WEFT_FLOW_LATENCY:
    case WEFT_FLOW_OBJECTIVE_COUNT:
        break;
    }
    return a->cycles < b->cycles || (a->cycles == b->cycles && a->energy_j < b->energy_j);
}

bool weft_flow_search(const weft_flow_machine *machine, const weft_flow_layer *layer,
                      weft_flow_mapping *mapping, weft_flow_cost *cost) {
    shortlist list;
    bool found = false;
    find_spreads(machine, layer, machine->candidates, &list);
    for (int i = 0; i < list.n; i++) {
        weft_flow_mapping *at = &list.mappings[i];
        find_loops(machine, layer, at);
        do {
            weft_flow_cost tried;
            if (weft_flow_evaluate(machine, layer, at, &tried) &&
                (!found || is_better(machine->objective, &tried, cost))) {
                found = true;
                *cost = tried;
                *mapping = *at;
            }
        } while (next_order(at));
    }
    return found;
}
