/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows are worked on, never columns: what is added to a row are multiples of other rows, which a
 * compiler turns into vectors without changing the order of any sum. Blocks of rows keep the row that
 * is changed in the cache (J. Dongarra et al., "Implementing linear algebra algorithms for dense
 * matrices on a vector pipeline machine", SIAM Review 26(1), 1984). */
#include "base/dense.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { BLOCK = 32 };

/* to[0..n-1] -= factor * from[0..n-1] */
static void subtract_row(double *restrict to, const double *restrict from, double factor, int n) {
    for (int j = 0; j < n; j++) {
        to[j] -= factor * from[j];
    }
}

/* Takes rows first .. end-1 of U off row i from column i on. */
static void reduce_row(double *a, int n, int stride, int first, int end, int i) {
    double *row = a + (size_t)i * (size_t)stride;
    for (int k = first; k < end; k++) {
        const double *above = a + (size_t)k * (size_t)stride;
        subtract_row(row + i, above + i, above[i], n - i);
    }
}

bool weft_cholesky(double *a, int n, int stride) {
    for (int first = 0; first < n; first += BLOCK) {
        int end = first + BLOCK < n ? first + BLOCK : n;
        for (int k = first; k < end; k++) {
            double *row = a + (size_t)k * (size_t)stride;
            reduce_row(a, n, stride, first, k, k);
            if (!(row[k] > 0.0) || !isfinite(row[k])) {
                return false;
            }
            double scale = 1.0 / sqrt(row[k]);
            for (int j = k; j < n; j++) {
                row[j] *= scale;
            }
        }
        for (int i = end; i < n; i++) {
            reduce_row(a, n, stride, first, end, i);
        }
    }
    return true;
}

/* The new column of U solves U' x = (the new column of A above its diagonal). */
bool weft_cholesky_append(double *u, int n, int stride, double *column) {
    double rest = column[n];
    weft_solve_lower(u, n, stride, column);
    for (int k = 0; k < n; k++) {
        rest -= column[k] * column[k];
    }
    if (!(rest > 0.0) || !isfinite(rest)) {
        return false;
    }
    column[n] = sqrt(rest);
    for (int k = 0; k <= n; k++) {
        u[(size_t)k * (size_t)stride + (size_t)n] = column[k];
    }
    return true;
}

void weft_solve_lower(const double *u, int n, int stride, double *x) {
    for (int k = 0; k < n; k++) {
        const double *row = u + (size_t)k * (size_t)stride;
        x[k] /= row[k];
        subtract_row(x + k + 1, row + k + 1, x[k], n - k - 1);
    }
}

void weft_solve_upper(const double *u, int n, int stride, double *x) {
    for (int k = n - 1; k >= 0; k--) {
        const double *row = u + (size_t)k * (size_t)stride;
        double sum = x[k];
        for (int j = k + 1; j < n; j++) {
            sum -= row[j] * x[j];
        }
        x[k] = sum / row[k];
    }
}

/* V = U^-1 row by row from the last: V[k] = (e_k - sum_{j>k} U[k][j] V[j]) / U[k][k]; then
 * A^-1 = V V'. */
void weft_cholesky_inverse(const double *u, int n, int stride, double *inverse) {
    size_t width = (size_t)n;
    size_t step = (size_t)stride;
    memset(inverse, 0, width * width * sizeof *inverse);
    for (int k = n - 1; k >= 0; k--) {
        double *row = inverse + (size_t)k * width;
        for (int j = k + 1; j < n; j++) {
            subtract_row(row + j, inverse + (size_t)j * width + j, u[(size_t)k * step + (size_t)j],
                         n - j);
        }
        row[k] = 1.0;
        for (int j = k; j < n; j++) {
            row[j] /= u[(size_t)k * step + (size_t)k];
        }
    }
    for (int i = 0; i < n; i++) {
        for (int j = i; j < n; j++) {
            const double *a = inverse + (size_t)i * width;
            const double *b = inverse + (size_t)j * width;
            double sum = 0.0;
            for (int k = j; k < n; k++) {
                sum += a[k] * b[k];
            }
            inverse[(size_t)i * width + (size_t)j] = sum; /* V[i][j] is not asked for again */
        }
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            inverse[(size_t)i * width + (size_t)j] = inverse[(size_t)j * width + (size_t)i];
        }
    }
}
