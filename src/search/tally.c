/* SPDX-License-Identifier: Apache-2.0 */
#include "search/tally.h"

#include <stdlib.h>
#include <string.h>

/* Observations between two marks: what weft_tally_before counts at most. */
enum { MARK = 512, ENDS = WEFT_TALLY_FEW + 1 };

weft_status weft_tally_create(size_t n_values, weft_tally *tally, weft_error *error) {
    *tally = (weft_tally){.n_values = n_values};
    tally->totals = calloc(n_values, sizeof *tally->totals);
    return tally->totals != NULL ? WEFT_OK
                                 : weft_fail_memory(error, n_values * sizeof *tally->totals);
}

void weft_tally_destroy(weft_tally *tally) {
    free(tally->rows);
    free(tally->values);
    free(tally->marks);
    free(tally->totals);
    *tally = (weft_tally){0};
}

static weft_status grow(weft_tally *tally, weft_error *error) {
    size_t capacity = tally->capacity == 0 ? MARK : 2 * tally->capacity;
    uint32_t *rows = realloc(tally->rows, capacity * sizeof *rows);
    tally->rows = rows != NULL ? rows : tally->rows;
    uint8_t *values = realloc(tally->values, capacity);
    tally->values = values != NULL ? values : tally->values;
    size_t marks_size = capacity / MARK * tally->n_values * sizeof *tally->marks;
    uint32_t *marks = realloc(tally->marks, marks_size);
    tally->marks = marks != NULL ? marks : tally->marks;
    if (rows == NULL || values == NULL || marks == NULL) {
        return weft_fail_memory(error, capacity * sizeof *rows + marks_size);
    }
    tally->capacity = capacity;
    return WEFT_OK;
}

weft_status weft_tally_add(weft_tally *tally, size_t row, size_t value, weft_error *error) {
    if (tally->n == tally->capacity) {
        WEFT_TRY(grow(tally, error));
    }
    size_t place = tally->n++;
    if (place % MARK == 0) {
        uint32_t *mark = &tally->marks[place / MARK * tally->n_values];
        for (size_t v = 0; v < tally->n_values; v++) {
            mark[v] = (uint32_t)tally->totals[v].count;
        }
    }
    tally->rows[place] = (uint32_t)row;
    tally->values[place] = (uint8_t)value;
    weft_tally_value *total = &tally->totals[value];
    if (total->count < ENDS) {
        total->first[total->count] = (uint32_t)place;
    }
    total->last[total->count % ENDS] = (uint32_t)place;
    total->count++;
    total->sum += place;
    return WEFT_OK;
}

size_t weft_tally_place(const weft_tally *tally, size_t row) {
    size_t low = 0;
    size_t high = tally->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tally->rows[middle] < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < tally->n && tally->rows[low] == row ? low : SIZE_MAX;
}

void weft_tally_before(const weft_tally *tally, size_t place, uint32_t *counts) {
    size_t mark = place / MARK;
    memcpy(counts, &tally->marks[mark * tally->n_values], tally->n_values * sizeof *counts);
    for (size_t i = mark * MARK; i < place; i++) {
        counts[tally->values[i]]++;
    }
}

/* ---- the others ------------------------------------------------------------------------------ */

/* The few, as the sums below need them, and the weights of n observations by place. */
typedef struct others {
    const weft_tally *tally;
    const size_t *few;
    size_t n_few;
    const uint32_t *before;
    size_t n;    /* of the others */
    size_t ramp; /* of them, those that weigh less than 1 */
} others;

static bool is_few(const others *o, size_t place) {
    for (size_t i = 0; i < o->n_few; i++) {
        if (o->few[i] == place) {
            return true;
        }
    }
    return false;
}

/* The place among the others. */
static size_t place_of(const others *o, size_t place) {
    size_t before = 0;
    while (before < o->n_few && o->few[before] < place) {
        before++;
    }
    return place - before;
}

/* The weight of linear forgetting at a place among the others, as weft_forget's. */
static double weight_at(const others *o, size_t place) {
    double first = 1.0 / (double)o->n;
    double climb = o->ramp > 1 ? (double)place / (double)(o->ramp - 1) : 0.0;
    return place < o->ramp ? first + (1.0 - first) * climb : 1.0;
}

/* Of value v: how many of the others there are, and the sum of their places among themselves. */
static size_t count_others(const others *o, size_t v, uint64_t *sum) {
    const weft_tally_value *total = &o->tally->totals[v];
    uint64_t count = total->count;
    uint64_t behind = 0; /* members of v at or behind the few, few as well, counted once for each */
    uint64_t own = 0;    /* of the few of value v seen so far, from behind */
    *sum = total->sum;
    for (size_t i = o->n_few; i-- > 0;) {
        bool same = o->tally->values[o->few[i]] == v;
        behind += total->count - o->before[i * o->tally->n_values + v] - same - own;
        own += same;
        count -= same;
        *sum -= same ? o->few[i] : 0;
    }
    *sum -= behind;
    return (size_t)count;
}

/* Takes the newest, which all weigh 1, off what the ramp has of each value. */
static void take_newest(const others *o, uint64_t *counts, uint64_t *sums, uint64_t *newest) {
    const weft_tally *tally = o->tally;
    size_t left = o->n - o->ramp;
    size_t place = o->n;
    for (size_t i = tally->n; left > 0; i--) {
        if (!is_few(o, i - 1)) {
            size_t v = tally->values[i - 1];
            place--;
            left--;
            counts[v]--;
            sums[v] -= place;
            newest[v]++;
        }
    }
}

static size_t first_other(const others *o, size_t v) {
    const weft_tally_value *total = &o->tally->totals[v];
    size_t i = 0;
    while (is_few(o, total->first[i])) {
        i++;
    }
    return place_of(o, total->first[i]);
}

static size_t last_other(const others *o, size_t v) {
    const weft_tally_value *total = &o->tally->totals[v];
    uint64_t i = total->count - 1;
    while (is_few(o, total->last[i % ENDS])) {
        i--;
    }
    return place_of(o, total->last[i % ENDS]);
}

/* First, middle and last of a value, of `weight` together. */
static size_t list_value(const others *o, size_t v, size_t count, double weight,
                         weft_observation *observations) {
    double value = (double)v;
    double first = weight_at(o, first_other(o, v));
    double last = weight_at(o, last_other(o, v));
    if (count == 1) {
        observations[0] = (weft_observation){.value = value, .weight = first};
        return 1;
    }
    observations[0] = (weft_observation){.value = value, .weight = first};
    observations[count > 2 ? 2 : 1] = (weft_observation){.value = value, .weight = last};
    if (count > 2) {
        observations[1] = (weft_observation){.value = value, .weight = weight - first - last};
    }
    return count > 2 ? 3 : 2;
}

size_t weft_tally_others(const weft_tally *tally, const size_t *few, size_t n_few,
                         const uint32_t *before, int full, weft_observation *observations,
                         size_t *n) {
    others o = {.tally = tally, .few = few, .n_few = n_few, .before = before};
    uint64_t counts[WEFT_TALLY_VALUES];
    uint64_t sums[WEFT_TALLY_VALUES];
    uint64_t newest[WEFT_TALLY_VALUES] = {0};
    *n = 0;
    o.n = tally->n - n_few;
    o.ramp = o.n > (size_t)full ? o.n - (size_t)full : 0;
    for (size_t v = 0; v < tally->n_values; v++) {
        counts[v] = count_others(&o, v, &sums[v]);
    }
    take_newest(&o, counts, sums, newest);
    double first = o.n > 0 ? 1.0 / (double)o.n : 1.0;
    double slope = o.ramp > 1 ? (1.0 - first) / (double)(o.ramp - 1) : 0.0;
    for (size_t v = 0; v < tally->n_values; v++) {
        size_t count = (size_t)(counts[v] + newest[v]);
        double weight = first * (double)counts[v] + slope * (double)sums[v] + (double)newest[v];
        if (count > 0) {
            *n += list_value(&o, v, count, weight, &observations[*n]);
        }
    }
    return o.n;
}
