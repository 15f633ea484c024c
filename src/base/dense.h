/* SPDX-License-Identifier: Apache-2.0
 *
 * Small dense symmetric systems, in one order of operations: the same bits on every machine. */
#ifndef WEFT_BASE_DENSE_H
#define WEFT_BASE_DENSE_H

#include <stdbool.h>

/* Matrices are (n, n) row by row, each row `stride` >= n doubles after the one before. */

/* A = U' U of a symmetric positive definite matrix, in place: of A the upper half is read, of U the
 * upper half is written. False where A is not positive definite. */
bool weft_cholesky(double *a, int n, int stride);

/* The factor of A with one row and column more, from U of the first n: `column` (n + 1) is the new
 * column of A, overwritten; n < stride. O(n^2). False, and U as it was, where the larger A is not
 * positive definite. */
bool weft_cholesky_append(double *u, int n, int stride, double *column);

/* Solves U' x = b, and then U x = b, in place. */
void weft_solve_lower(const double *u, int n, int stride, double *x);
void weft_solve_upper(const double *u, int n, int stride, double *x);

/* The inverse of U' U, both halves, from U; `inverse` (n, n) is not U and has no gaps. */
void weft_cholesky_inverse(const double *u, int n, int stride, double *inverse);

#endif
