/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies of weights. Layer i takes seconds_i / copies_i and arrays_i copies_i:
 *
 *   all at once   least max(seconds_i / copies_i): copies_i = ceil(seconds_i / T) for the least T
 *                 whose arrays fit, found by bisection
 *   in turns      least sum(seconds_i / copies_i): copies_i = sqrt(seconds_i / (arrays_i L)), the
 *                 stationary point of Lagrange, rounded down, for the least L whose arrays fit
 *
 * No copy is made that has no output to work on. Layers that are given how many they have take
 * these, and the others what is left. */
#include "hardware/execute.h"

#include <string.h>

enum { HALVINGS = 60 };

double weft_arrays_of(const weft_hierarchy *h, const weft_precision *price) {
    double arrays = 1;
    for (int l = 0; l <= h->array_level; l++) {
        arrays *= price->capacity[l];
    }
    return arrays;
}

/* Cells that share a wordline, or a bitline, of an array. */
static double along(const weft_hierarchy *h, const weft_precision *price, unsigned shared) {
    double cells = 1;
    for (int l = h->array_level + 1; l < h->n_levels; l++) {
        cells *= h->levels[l].shares == shared ? price->capacity[l] : 1;
    }
    return cells;
}

double weft_cells_of_array(const weft_hierarchy *h, const weft_precision *price) {
    double cells = 1;
    for (int l = h->array_level + 1; l < h->n_levels; l++) {
        cells *= price->capacity[l];
    }
    return cells;
}

void weft_pack_groups(const weft_hierarchy *h, const weft_precision *price,
                      weft_loop_sizes *loops) {
    int32_t *size = loops->size;
    loops->packed = 1;
    if (size[WEFT_DIM_G] == 1) {
        return;
    }
    double rows = along(h, price, WEFT_TENSOR_OUTPUTS);
    double columns = along(h, price, WEFT_TENSOR_INPUTS);
    double down = floor(rows / ((double)size[WEFT_DIM_C] * size[WEFT_DIM_R] * size[WEFT_DIM_S]));
    double across = floor(columns / ((double)size[WEFT_DIM_M] * size[WEFT_DIM_Y]));
    double blocks = fmin(fmin(down, across), size[WEFT_DIM_G]);
    if (blocks < 2) {
        return;
    }
    loops->packed = (int32_t)blocks;
    loops->groups = size[WEFT_DIM_G];
    size[WEFT_DIM_C] *= loops->packed;
    size[WEFT_DIM_M] *= loops->packed;
    size[WEFT_DIM_G] = (size[WEFT_DIM_G] - 1) / loops->packed + 1;
}

/* The outermost level with copies: what does not fit further in goes there. */
static int outer_level(const weft_hierarchy *h, const weft_precision *price) {
    for (int l = 0; l < h->array_level; l++) {
        if (price->capacity[l] > 1) {
            return l;
        }
    }
    return h->array_level;
}

static void spread_copies(double copies, int32_t *rest, int32_t *factor) {
    static const int OVER[] = {WEFT_DIM_P, WEFT_DIM_Q, WEFT_DIM_N};
    for (int i = 0; i < 3 && copies >= 2; i++) {
        int d = OVER[i];
        int32_t turns = (int32_t)ceil(rest[d] / fmin(copies, rest[d]));
        int32_t side = (rest[d] - 1) / turns + 1; /* fewer do in as many turns */
        factor[d] *= side;
        rest[d] = turns;
        copies = floor(copies / side);
    }
}

double weft_spread_resident(const weft_hierarchy *h, const weft_precision *price,
                            const weft_loop_sizes *loops, weft_fill_memo *memo, double copies,
                            weft_spread *spread) {
    static const int OUTPUT[] = {WEFT_DIM_P, WEFT_DIM_Q, WEFT_DIM_N};
    unsigned weights = weft_tensor_dims(WEFT_TENSOR_WEIGHTS);
    int32_t *rest = spread->rest;
    memcpy(rest, loops->size, sizeof spread->rest);
    for (int i = 0; i < 3; i++) {
        rest[OUTPUT[i]] = 1;
    }
    rest[WEFT_DIM_X] = 1;
    double arrays = 1;
    for (int l = h->n_levels - 1; l >= 0; l--) {
        const weft_level *level = &h->levels[l];
        for (int d = 0; d < WEFT_DIM_COUNT && l == h->array_level; d++) {
            arrays *= rest[d];
        }
        weft_fill_level(level->groups, level->n_groups, price->capacity[l], rest, spread->factor[l],
                        memo);
    }
    for (int i = 0; i < 3; i++) {
        rest[OUTPUT[i]] = loops->size[OUTPUT[i]];
    }
    int32_t *outer = spread->factor[outer_level(h, price)];
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        if ((weights >> d & 1U) != 0) {
            outer[d] *= rest[d];
            rest[d] = 1;
        }
    }
    spread_copies(copies, rest, outer);
    rest[WEFT_DIM_X] = loops->size[WEFT_DIM_X];
    int at = 0;
    double needed = 0;
    weft_spread_measure(h, price, spread, &at, &needed);
    return arrays;
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* For x >= 0; from 2^52 on every double is whole. */
static double floor_of(double x) {
    return x < 0x1p52 ? (double)(int64_t)x : x;
}

static double ceil_of(double x) {
    double down = floor_of(x);
    return down + (x > down);
}

/* Copies of a layer for a bound: seconds of the slowest, or the multiplier. They become no more as it
 * rises. */
static double copies_for(const weft_share *s, double bound, double limit, bool together) {
    if (s->given > 0) {
        return s->given;
    }
    double wanted = together ? ceil_of(s->seconds / bound * (1 - 1e-12))
                             : floor_of(sqrt(s->seconds / (s->arrays * bound)));
    double most = s->most < limit ? s->most : limit;
    wanted = wanted < most ? wanted : most;
    return wanted > 1 ? wanted : 1;
}

static double arrays_for(const weft_share *s, double copies) {
    return copies * s->arrays * s->weight;
}

/* What the slowest layer takes with all copies that it may have: faster ones are of no use to the
 * others. */
static double useful_bound(const weft_share *shares, int32_t n, double limit) {
    double bound = 0;
    for (int32_t i = 0; i < n; i++) {
        double most = shares[i].given > 0 ? shares[i].given : fmin(shares[i].most, limit);
        bound = fmax(bound, shares[i].seconds / most);
    }
    return bound;
}

/* Halves between `low` and `high`, which fits. Layers that have as many copies at both leave the
 * search; `used`: arrays of these. */
static void narrow(weft_share *shares, int32_t first, double used, double arrays, double low,
                   double high, double limit, bool together) {
    for (int k = 0; k < HALVINGS && first >= 0; k++) {
        double middle = sqrt(low * high);
        double sum = used;
        for (int32_t i = first; i >= 0; i = shares[i].next) {
            shares[i].at_middle = copies_for(&shares[i], middle, limit, together);
            sum += arrays_for(&shares[i], shares[i].at_middle);
        }
        bool fits = sum <= arrays;
        high = fits ? middle : high;
        low = fits ? low : middle;
        int32_t *link = &first;
        for (int32_t i = first; i >= 0; i = shares[i].next) {
            weft_share *s = &shares[i];
            *(fits ? &s->copies : &s->at_low) = s->at_middle;
            if (s->copies == s->at_low) {
                used += arrays_for(s, s->copies);
                *link = s->next;
            } else {
                link = &s->next;
            }
        }
    }
}

bool weft_allot_copies(weft_share *shares, int32_t n, double arrays, double limit, bool together) {
    if (limit <= 0) {
        limit = INFINITY;
    }
    double high = 0;
    for (int32_t i = 0; i < n; i++) {
        double bound = together ? shares[i].seconds : shares[i].seconds / shares[i].arrays;
        high = fmax(high, bound);
    }
    high *= 2; /* one copy of each */
    double low = fmax(high * 1e-12, together ? useful_bound(shares, n, limit) * (1 - 1e-12) : 0);
    double needed = 0;
    double settled = 0;
    int32_t first = -1;
    for (int32_t i = n - 1; i >= 0; i--) {
        weft_share *s = &shares[i];
        s->copies = copies_for(s, high, limit, together);
        s->at_low = copies_for(s, low, limit, together);
        needed += arrays_for(s, s->copies);
        if (s->copies == s->at_low) {
            settled += arrays_for(s, s->copies);
        } else {
            s->next = first;
            first = i;
        }
    }
    if (needed > arrays) {
        return false;
    }
    narrow(shares, first, settled, arrays, low, high, limit, together);
    return true;
}
