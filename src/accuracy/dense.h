/* SPDX-License-Identifier: Apache-2.0
 *
 * Small dense symmetric systems, in one order of operations: the same bits on every machine. */
#ifndef WEFT_ACCURACY_DENSE_H
#define WEFT_ACCURACY_DENSE_H

#include <stdbool.h>

/* A = U' U of a symmetric positive definite matrix, row by row (n, n), in place: of A the upper half
 * is read, of U the upper half is written. False where A is not positive definite. */
bool weft_cholesky(double *a, int n);

/* Solves U' x = b, and then U x = b, in place. */
void weft_solve_lower(const double *u, int n, double *x);
void weft_solve_upper(const double *u, int n, double *x);

/* The inverse of U' U, both halves, from U; `inverse` (n, n) is not U. */
void weft_cholesky_inverse(const double *u, int n, double *inverse);

#endif
