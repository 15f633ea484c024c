/* SPDX-License-Identifier: Apache-2.0 */
#include "search/directions.h"

#include <stdlib.h>

/* H(m, p) of up to 6 objectives and 1000 divisions: below 10^13. Each product is a binomial
 * coefficient, so every division is exact. */
static uint64_t count(int m, int divisions) {
    uint64_t n = 1;
    for (int k = 1; k < m; k++) {
        n = n * (uint64_t)(divisions + k) / (uint64_t)k;
    }
    return n;
}

static uint64_t count_both(int m, int divisions, int inner) {
    return count(m, divisions) + (inner > 0 ? count(m, inner) : 0);
}

static void choose_divisions(int m, size_t limit, int *divisions, int *inner) {
    *divisions = 1;
    *inner = 0;
    while (m > 1 && count(m, *divisions + 1) <= limit) {
        ++*divisions;
    }
    while (*divisions < m && *inner + 1 < *divisions &&
           count_both(m, *divisions, *inner + 1) <= limit) {
        ++*inner;
    }
}

/* Writes one layer, the last coordinates varying fastest; returns the row after it. */
static double *fill_layer(int m, int divisions, double shrink, double *row) {
    int parts[WEFT_MAX_OBJECTIVES] = {0};
    parts[m - 1] = divisions;
    for (;;) {
        for (int k = 0; k < m; k++) {
            row[k] = shrink * parts[k] / divisions + (1.0 - shrink) / m;
        }
        row += m;
        int last = m - 1; /* the next composition: one part from the tail to the place before it */
        while (last > 0 && parts[last] == 0) {
            last--;
        }
        if (last == 0) {
            return row;
        }
        int moved = parts[last];
        parts[last] = 0;
        parts[last - 1]++;
        parts[m - 1] = moved - 1;
    }
}

weft_status weft_directions_create(const weft_optimizer_settings *settings, size_t limit,
                                   weft_directions *directions, weft_error *error) {
    int m = settings->n_objectives;
    int divisions = settings->divisions;
    int inner = settings->inner_divisions;
    if (divisions == 0) {
        choose_divisions(m, limit, &divisions, &inner);
    }
    uint64_t n = count_both(m, divisions, inner);
    if (n > limit) {
        weft_fail(error, WEFT_ERROR_USAGE,
                  "a population of %zu is less than the %llu directions of %d divisions%s", limit,
                  (unsigned long long)n, divisions, inner > 0 ? " and the inner ones" : "");
        weft_hint(error, "raise population, or lower divisions (0: as the population allows)");
        return WEFT_ERROR_USAGE;
    }
    double *values = malloc((size_t)n * (size_t)m * sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, (size_t)n * (size_t)m * sizeof *values);
    }
    double *next = fill_layer(m, divisions, 1.0, values);
    if (inner > 0) {
        fill_layer(m, inner, 0.5, next);
    }
    *directions = (weft_directions){.m = m, .n = (size_t)n, .values = values};
    return WEFT_OK;
}

void weft_directions_destroy(weft_directions *directions) {
    free(directions->values);
    directions->values = NULL;
}

size_t weft_directions_population(const weft_optimizer_settings *settings, size_t own) {
    if (settings->population > 0) {
        return (size_t)settings->population;
    }
    if (settings->divisions == 0) {
        return own;
    }
    enum { MOST = 1000000 }; /* as of populations */
    uint64_t n = count_both(settings->n_objectives, settings->divisions, settings->inner_divisions);
    return n < 2 ? 2 : n > MOST ? MOST : (size_t)n;
}
