/* SPDX-License-Identifier: Apache-2.0
 *
 * The search of the reference (Timeloop's `random_pruned`) for where the loops in time run: above
 * the outermost buffer of inputs and outputs, or inside it. It draws splits at random and stops
 * after so many that are no better, now and then with loops of the weights inside those of the
 * outputs: then weights are fetched and written again and again. Its generator starts from the same
 * state for each layer, so that the published figures hold the same mappings; chips that are held
 * against them say `execution: {search: 100}`. Nothing else should: a mapping is not a property of
 * a chip.
 *
 *   The rest of each loop C, M, R, S, N, P, G is split into a divisor above the buffer and its
 *   complement inside; Q is all inside. Draw v of n combinations, C least significant; divisors of
 *   r in the order 1, r, 2, r / 2, ...
 *   x <- 16807 x mod (2^31 - 1), from 1, drawn again until x - 1 < n s; v = (x - 1) / s,
 *   s = (2^31 - 3) / n                                 (C++'s minstd_rand0 and uniform_int)
 *   A draw counts where N G (b_in C (P + R - 1) (Q + S - 1) + b_out M P Q) of what is inside the
 *   buffer fits it.
 *   Fetches of a draw: rest of N P Q where C or M is inside; N P above where R, S or G is; else 1.
 *
 * Source: Timeloop 4cf6d4c as JointHardwareWorkloadOptimizationIMC@aa7c1e4 runs it, re-derived. */
#include "hardware/refetch.h"

enum { LOOPS = 7, MOST_DRAWS = 10000, MOST_DIVISORS = 1536 /* of any number below 2^31 */ };

static const int LOOP[LOOPS] = {WEFT_DIM_C, WEFT_DIM_M, WEFT_DIM_R, WEFT_DIM_S,
                                WEFT_DIM_N, WEFT_DIM_P, WEFT_DIM_G};

typedef struct splits {
    int n[LOOPS];
    int32_t above[LOOPS][MOST_DIVISORS];
    int64_t combinations;
} splits;

static const int64_t MODULUS = 2147483647;

static int list_divisors(int32_t r, int32_t *divisors) {
    int n = 0;
    for (int32_t i = 1; i <= r / i; i++) {
        if (r % i == 0) {
            divisors[n++] = i;
            if (i != r / i) {
                divisors[n++] = r / i;
            }
        }
    }
    return n;
}

/* False where there are more combinations than the generator tells apart. */
static bool list_splits(const int32_t *rest, splits *all) {
    all->combinations = 1;
    for (int i = 0; i < LOOPS; i++) {
        all->n[i] = list_divisors(rest[LOOP[i]], all->above[i]);
        all->combinations *= all->n[i];
        if (all->combinations > MODULUS - 2) {
            return false;
        }
    }
    return true;
}

static int64_t draw(int64_t *state, int64_t n) {
    int64_t scale = (MODULUS - 2) / n;
    do {
        *state = *state * 16807 % MODULUS;
    } while (*state - 1 >= n * scale);
    return (*state - 1) / scale;
}

/* The loops of a layer while it is searched for. */
typedef struct search {
    const weft_precision *price;
    const int32_t *size, *rest;
    double spread[WEFT_DIM_COUNT]; /* over copies of all levels */
    int32_t above[WEFT_DIM_COUNT]; /* of the drawn split */
} search;

static void decode(const splits *all, int64_t v, search *s) {
    for (int i = 0; i < LOOPS; i++) {
        s->above[LOOP[i]] = all->above[i][v % all->n[i]];
        v /= all->n[i];
    }
}

/* Of a dimension inside the buffer. */
static double inside(const search *s, int d) {
    double within = s->spread[d] * (s->rest[d] / s->above[d]);
    return within < s->size[d] ? within : s->size[d];
}

static double bits_inside(const search *s) {
    double p = inside(s, WEFT_DIM_P);
    double q = s->size[WEFT_DIM_Q];
    double inputs = inside(s, WEFT_DIM_C) * (p + inside(s, WEFT_DIM_R) - 1) *
                    (q + inside(s, WEFT_DIM_S) - 1) * s->price->bits[0];
    double outputs = inside(s, WEFT_DIM_M) * p * q * s->price->bits[2];
    return inside(s, WEFT_DIM_N) * inside(s, WEFT_DIM_G) * (inputs + outputs);
}

static bool turns_inside(const search *s, int d) {
    return s->above[d] < s->rest[d];
}

static double fetches_of(const search *s) {
    if (turns_inside(s, WEFT_DIM_C) || turns_inside(s, WEFT_DIM_M)) {
        return (double)s->rest[WEFT_DIM_N] * s->rest[WEFT_DIM_P] * s->rest[WEFT_DIM_Q];
    }
    bool other = turns_inside(s, WEFT_DIM_R) || turns_inside(s, WEFT_DIM_S) ||
                 turns_inside(s, WEFT_DIM_G);
    return other ? (double)s->above[WEFT_DIM_N] * s->above[WEFT_DIM_P] : 1;
}

static double search_for(search *s, const splits *all, double capacity, double patience) {
    double best = 0;
    double idle = 0;
    int64_t state = 1;
    for (int i = 0; i < MOST_DRAWS && best != 1 && idle < patience; i++) {
        decode(all, draw(&state, all->combinations), s);
        if (bits_inside(s) > capacity) {
            continue;
        }
        double fetches = fetches_of(s);
        bool better = best == 0 || fetches < best;
        idle = better ? 0 : idle + 1;
        best = better ? fetches : best;
    }
    return best > 0 ? best : 1;
}

double weft_refetches(const weft_hierarchy *h, const weft_precision *price,
                      const weft_loop_sizes *loops, const weft_spread *spread, double capacity,
                      double patience) {
    const int32_t *rest = spread->rest;
    search s = {.price = price, .size = loops->size, .rest = rest};
    splits all;
    if ((int64_t)rest[WEFT_DIM_C] * rest[WEFT_DIM_M] == 1 && rest[WEFT_DIM_R] == 1 &&
        rest[WEFT_DIM_S] == 1 && rest[WEFT_DIM_G] == 1) {
        return 1;
    }
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        s.spread[d] = 1;
        for (int l = 0; l < h->n_levels; l++) {
            s.spread[d] *= spread->factor[l][d];
        }
    }
    return list_splits(rest, &all) ? search_for(&s, &all, capacity, patience) : 1;
}

/* Of the outermost buffer of inputs and outputs; without limit where it says none. */
static double room_of(const weft_hierarchy *h, const weft_precision *price) {
    for (int p = 0; p < h->n_parts; p++) {
        if (h->roles[p].action == WEFT_ACTION_BUFFER &&
            (h->roles[p].tensors & (WEFT_TENSOR_INPUTS | WEFT_TENSOR_OUTPUTS)) != 0) {
            return price->parts[p].capacity > 0 ? price->parts[p].capacity : INFINITY;
        }
    }
    return INFINITY;
}

void weft_refetch(const weft_hierarchy *h, const weft_precision *price,
                  const weft_loop_sizes *loops, const weft_spread *spread, weft_counts *counts) {
    double patience = price->number[WEFT_NUMBER_SEARCH];
    if (patience <= 0) {
        return;
    }
    double times = weft_refetches(h, price, loops, spread, room_of(h, price), patience);
    for (int p = 0; p < h->n_parts && times > 1; p++) {
        if (h->roles[p].action == WEFT_ACTION_LOAD) {
            counts->reads[p] *= times;
            counts->writes[p] *= times;
        } else if (h->roles[p].carries_weights) {
            double words = weft_count_words(counts->weight_bits, price->parts[p].word);
            counts->reads[p] += (times - 1) * words;
        }
    }
}
