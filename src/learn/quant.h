/* SPDX-License-Identifier: Apache-2.0
 *
 * Uniform quantization: reals onto the integers that a chip computes with, forwards and backwards.
 * Pure functions over arrays, which know nothing of layers.
 *
 *     v = x / s,   r = clamp(v, low, high) rounded to the nearest, halves to even,   y = r s
 *
 * s is the step, one for the whole array or one for each row (output channel of weights), low .. high
 * the range. An integer with a zero point z is q = r + z.
 *
 * A step is a float that whoever trains may keep among its parameters. One that has fallen below
 * WEFT_QUANT_LEAST_STEP counts as that: training may push it there, and a grid needs a step above
 * 0. NaN stays NaN everywhere, so that a training that has gone wrong shows it. */
#ifndef WEFT_LEARN_QUANT_H
#define WEFT_LEARN_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/type.h"

enum { WEFT_QUANT_LEAST_BITS = 2, WEFT_QUANT_MOST_BITS = 8 };

#define WEFT_QUANT_LEAST_STEP 1e-8F

/* The values of r, in steps: low <= 0 <= high. What makes steps of values divides by high: above 0
 * there. */
typedef struct weft_quant_range {
    int32_t low, high;
} weft_quant_range;

/* Signed: -(2^(b-1) - 1) .. 2^(b-1) - 1. Without -2^(b-1): a magnitude with a sign or a pair of
 * devices has no code for it in b bits, and the histograms of operands (weft_histogram) are of as many
 * values on both sides of 0; so this is the range that every encoding of a chip holds in b bits.
 * Unsigned: 0 .. 2^b - 1, for what ReLU leaves. */
weft_quant_range weft_quant_range_of(int32_t bits, bool is_signed);

/* Integers 0 .. 2^b - 1 of which z stands for 0: -z .. 2^b - 1 - z. */
weft_quant_range weft_quant_range_around(int32_t bits, int32_t zero);

/* (rows, n) values, one step a row: weights (out, in, k, k) are out rows of in k k, with rows = 1 one
 * step for all of them; activations are one row. */
typedef struct weft_quant_array {
    weft_type type;
    size_t rows, n;
} weft_quant_array;

/* y = r s. `y` may be `x`. In bf16 the product is rounded once more; r can still be told from it up to
 * |r| = 127, not beyond (8 bits of mantissa): unsigned 8 bits want weft_quant_round. */
void weft_quant_forward(weft_quant_array array, weft_quant_range range, const float *steps,
                        const void *x, void *y);

/* r itself, exact in both types: products of integers, whose steps are multiplied in afterwards. */
void weft_quant_round(weft_quant_array array, weft_quant_range range, const float *steps,
                      const void *x, void *r);

/* q = r + zero in a byte: int8_t where range.low + zero < 0, else uint8_t. NaN has no integer: it
 * becomes `zero`, callers check before. */
void weft_quant_integers(weft_quant_array array, weft_quant_range range, int32_t zero,
                         const float *steps, const void *x, void *q);

/* Straight through, for steps that follow the values (Jacob et al., CVPR 2018; Bengio et al., arXiv
 * 1308.3432): dx = dy where v rounds to an integer of the range, low - 1/2 <= v <= high + 1/2, else 0:
 * the largest value, which sets the step, learns, too. `dx` may be `dy`. */
void weft_quant_backward(weft_quant_array array, weft_quant_range range, const float *steps,
                         const void *x, const void *dy, void *dx);

/* ---- learned steps (LSQ) -----------------------------------------------------------------------
 * Esser et al., "Learned step size quantization", ICLR 2020, arXiv 1902.08153. */

/* Section 2.1: 2 mean|x| / sqrt(high), for each row; 1 for a row of zeros, where any will do. */
void weft_lsq_initial(weft_quant_array array, weft_quant_range range, const void *x, float *steps);

/* g = 1 / sqrt(n high), section 2.2: what the gradient of a step is multiplied by. n: values that share
 * the step; of activations those of one image. */
double weft_lsq_scale(size_t n, weft_quant_range range);

/* Equations 3 and 5, with low < v < high called inside:
 *     dx = dy inside, else 0
 *     sums[row] = sum of dy (r - v inside, low for v <= low, high for v >= high)
 * The sum is in double, in an order that depends on n alone. It is not yet multiplied by g: parts of
 * a batch give sums that are added in the order of the parts, then scaled. `dx` may be `dy`. */
void weft_lsq_backward(weft_quant_array array, weft_quant_range range, const float *steps,
                       const void *x, const void *dy, void *dx, double *sums);

/* After an optimizer has moved them: steps below WEFT_QUANT_LEAST_STEP are put there, so that they
 * can come back with the next gradient. */
void weft_quant_hold_steps(float *steps, size_t n);

#endif
