/* SPDX-License-Identifier: Apache-2.0
 * The design of a front that gives up least of everything. */
#include <math.h>

#include <weft/search.h>

size_t weft_knee(const double *values, size_t n, int n_objectives) {
    double low[WEFT_MAX_OBJECTIVES], high[WEFT_MAX_OBJECTIVES];
    for (int d = 0; d < n_objectives; d++) {
        low[d] = INFINITY;
        high[d] = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            low[d] = fmin(low[d], values[i * (size_t)n_objectives + (size_t)d]);
            high[d] = fmax(high[d], values[i * (size_t)n_objectives + (size_t)d]);
        }
    }
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int d = 0; d < n_objectives; d++) {
            double value = values[i * (size_t)n_objectives + (size_t)d];
            sum += high[d] > low[d] ? (value - low[d]) / (high[d] - low[d]) : 0.0;
        }
        if (sum < least - 1e-12) { /* rounding alone does not make a better one */
            least = sum;
            best = i;
        }
    }
    return best;
}
