/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic expressions over named metrics, such as `accuracy^2 / (latency * energy)`: numbers,
 * names, + - * / ^ (right-associative), unary minus, parentheses, min max log exp sqrt abs log2 ceil
 * floor round, if(c, a, b), which is a where c > 0 and else b, and for constraints one comparison <=
 * or >= at the top. Parsed once into a flat program, evaluated
 * without allocation. Depth is capped at 64, length at 1024 characters.
 */
#ifndef WEFT_BASE_EXPR_H
#define WEFT_BASE_EXPR_H

#include "base/error.h"

typedef struct weft_expr weft_expr;

/* `names` are the legal variables; an unknown one is an error with column and nearest name.
 * The error's line and column are within `text`; the caller may re-place it in a file. */
weft_status weft_expr_parse(const char *text, const char *const *names, int n_names,
                            weft_expr **expr, weft_error *error) WEFT_NODISCARD;

/* `left <= right` or `left >= right`; evaluates to the amount by which it is violated, relative to
 * |right|: 0 where it holds. A limit of 0 has no size: whatever breaks it does so by 1. */
weft_status weft_expr_parse_constraint(const char *text, const char *const *names, int n_names,
                                       weft_expr **expr, weft_error *error) WEFT_NODISCARD;
void weft_expr_destroy(weft_expr *expr);

/* Values in the order of `names`. Division by zero and the like give inf or NaN; callers check. */
double weft_expr_evaluate(const weft_expr *expr, const double *values);

/* The same of a constraint, but by how much it is violated in its own unit. */
double weft_expr_excess(const weft_expr *expr, const double *values);

/* Whether variable i occurs. */
bool weft_expr_uses(const weft_expr *expr, int i);

#endif
