/* SPDX-License-Identifier: Apache-2.0
 *
 * What values one gene of few values had in the trials told, so that the weighted observations of all
 * trials but a few are found in a time that does not grow with the history. Linear forgetting weighs an
 * observation by its place among those of its part (parzen.h); the place among the others is the place
 * among all, less the members of the few before it. So with counts and sums of places by value,
 *
 *     sum of places of the others of value v = sum of places of v - places of the few of v
 *                                            - sum over the few q of (others of v behind q)
 *
 * Sums are of whole numbers: they do not depend on the order in which anything was counted. */
#ifndef WEFT_SEARCH_TALLY_H
#define WEFT_SEARCH_TALLY_H

#include "search/parzen.h"

#include "base/error.h"

enum { WEFT_TALLY_VALUES = 64, WEFT_TALLY_FEW = 25 };

/* The first and the last observations of a value: of one more than the few, one is of the others. */
typedef struct weft_tally_value {
    uint64_t count;
    uint64_t sum;                       /* of places */
    uint32_t first[WEFT_TALLY_FEW + 1]; /* places */
    uint32_t last[WEFT_TALLY_FEW + 1];  /* a ring: observation i is at i % its length */
} weft_tally_value;

typedef struct weft_tally {
    size_t n_values;
    size_t n, capacity;       /* observations: trials in which the gene was active */
    uint32_t *rows;           /* (n) of the history, rising */
    uint8_t *values;          /* (n) */
    uint32_t *marks;          /* (n / WEFT_TALLY_MARK + 1, n_values): counts before each of these */
    weft_tally_value *totals; /* (n_values) */
} weft_tally;

weft_status weft_tally_create(size_t n_values, weft_tally *tally, weft_error *error) WEFT_NODISCARD;
void weft_tally_destroy(weft_tally *tally);

/* An observation in a row behind all others. */
weft_status weft_tally_add(weft_tally *tally, size_t row, size_t value,
                           weft_error *error) WEFT_NODISCARD;

/* The observation of a row; SIZE_MAX: the gene was not active there. */
size_t weft_tally_place(const weft_tally *tally, size_t row);

/* How often each value was observed before a place. */
void weft_tally_before(const weft_tally *tally, size_t place, uint32_t *counts);

/* The observations of all rows but those at `few` places, rising, at most WEFT_TALLY_FEW of them:
 * `before` is (n_few, n_values), of weft_tally_before. Writes at most three a value, by value, as
 * weft_parzen_fit_sorted takes them, their number to *n, and returns how many there are in truth. */
size_t weft_tally_others(const weft_tally *tally, const size_t *few, size_t n_few,
                         const uint32_t *before, int full, weft_observation *observations,
                         size_t *n);

#endif
