/* SPDX-License-Identifier: Apache-2.0
 *
 * Which steps suit values that are there: from their least and largest, followed over a training, or
 * for quantization after training from how often each value occurs. */
#ifndef WEFT_LEARN_QUANT_OBSERVE_H
#define WEFT_LEARN_QUANT_OBSERVE_H

#include "learn/quant.h"

/* A step, and the integer that stands for 0: q = round(x / step) + zero. */
typedef struct weft_quant_grid {
    float step;
    int32_t zero;
} weft_quant_grid;

/* ---- least and largest ----------------------------------------------------------------------- */

typedef struct weft_quant_extent {
    float low, high;
} weft_quant_extent;

/* One for each row; NaN where a value is NaN. */
void weft_quant_extents(weft_quant_array array, const void *x, weft_quant_extent *extents);

/* Moves extents towards those of a new batch, running += share (batch - running), and takes them over
 * where `first`. PyTorch's MovingAverageMinMaxObserver has share = 0.01. */
void weft_quant_follow(weft_quant_extent *running, const weft_quant_extent *batch, size_t rows,
                       double share, bool first);

/* The step whose range just reaches the extent, zero point 0: max(|low|, |high|) / range.high for a
 * signed range, high / range.high for an unsigned one. 1 where that would be 0, NaN for NaN. */
float weft_quant_step_of(weft_quant_extent extent, weft_quant_range range);

/* Of 2^bits integers 0 .. 2^bits - 1 over the extent, widened to hold 0, which has an integer of its own:
 * padding and what ReLU leaves stay exact.
 *     step = (high - low) / (2^bits - 1),   zero = round(-low / step) */
weft_quant_grid weft_quant_grid_of(weft_quant_extent extent, int32_t bits);

/* ---- after training --------------------------------------------------------------------------
 * Values pass twice: once for their extent, then to be counted in bins over it. */

enum { WEFT_QUANT_BINS = 4095 };

/* Bin i stands for (i - origin) width, so that 0 is a bin's middle. */
typedef struct weft_quant_tally {
    double width;
    int32_t origin;
    int64_t total;
    int64_t count[WEFT_QUANT_BINS];
} weft_quant_tally;

/* Bins over an extent, finite and widened to hold 0, all empty. */
void weft_quant_tally_begin(weft_quant_tally *tally, weft_quant_extent extent);

/* Counts n values; what lies outside counts at the nearest end. NaN must not occur. */
void weft_quant_tally_add(weft_quant_tally *tally, weft_type type, const void *x, size_t n);

/* The extent that is left when the rarest values are cut off: the least t with a share of at least
 * `share` (0 < share <= 1) of all values in [-t, t] for a signed range, in (-inf, t] for an unsigned
 * one, where low is 0. (0, 0) of nothing. */
weft_quant_extent weft_quant_percentile(const weft_quant_tally *tally, double share,
                                        weft_quant_range range);

/* The same for asymmetric grids: half of what may go, (1 - share) / 2, is cut off at each end. */
weft_quant_extent weft_quant_percentile_around(const weft_quant_tally *tally, double share);

/* The step with the least mean square of x - y over what was counted, among those that reach to
 * 1/100 .. 100/100 of the largest magnitude (Banner et al., "Post training 4-bit quantization of
 * convolutional networks", NeurIPS 2019: clipping costs less than coarse steps where tails are thin);
 * the larger of equals. */
float weft_quant_best_step(const weft_quant_tally *tally, weft_quant_range range);

/* The same, for each row, over the f32 values themselves: for weights, which are all there. */
void weft_quant_best_steps(weft_quant_array array, weft_quant_range range, const float *x,
                           float *steps);

#endif
