/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies of weights. Layer i takes seconds_i / copies_i and arrays_i copies_i:
 *
 *   all at once   least max(seconds_i / copies_i): copies_i = ceil(seconds_i / T) for the least T
 *                 whose arrays fit, found by bisection
 *   in turns      least sum(seconds_i / copies_i): copies_i = sqrt(seconds_i / (arrays_i L)), the
 *                 stationary point of Lagrange, rounded down, for the least L whose arrays fit
 *
 * No copy is made that has no output to work on. */
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

/* Copies of each for a bound: seconds of the slowest, or the multiplier. Returns their arrays. */
static double try_bound(weft_share *shares, int32_t n, double bound, double limit, bool together) {
    double arrays = 0;
    for (int32_t i = 0; i < n; i++) {
        weft_share *s = &shares[i];
        double wanted = together ? ceil(s->seconds / bound * (1 - 1e-12))
                                 : floor(sqrt(s->seconds / (s->arrays * bound)));
        s->copies = fmax(1, fmin(fmin(wanted, s->most), limit));
        arrays += s->copies * s->arrays * s->weight;
    }
    return arrays;
}

/* What the slowest layer takes with all copies that it may have: faster ones are of no use to the
 * others. */
static double useful_bound(const weft_share *shares, int32_t n, double limit) {
    double bound = 0;
    for (int32_t i = 0; i < n; i++) {
        bound = fmax(bound, shares[i].seconds / fmin(shares[i].most, limit));
    }
    return bound;
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
    if (try_bound(shares, n, high, limit, together) > arrays) {
        return false;
    }
    double low = fmax(high * 1e-12, together ? useful_bound(shares, n, limit) * (1 - 1e-12) : 0);
    for (int i = 0; i < HALVINGS && limit > 1; i++) {
        double middle = sqrt(low * high);
        if (try_bound(shares, n, middle, limit, together) <= arrays) {
            high = middle;
        } else {
            low = middle;
        }
    }
    try_bound(shares, n, high, limit, together);
    return true;
}
