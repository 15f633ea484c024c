/* SPDX-License-Identifier: Apache-2.0
 *
 * Batch normalisation over NHWC maps of any number of channels, in parts: several pieces of a batch
 * (one for each thread) are summed and mapped apart, their totals are added in a fixed order.
 *
 *     forward                                          backward
 *     weft_bn_guess      each piece, for itself
 *     weft_bn_sum        each piece: totals            weft_bn_sum_gradient   each piece: totals
 *     weft_bn_move       totals to the first's guess
 *     weft_bn_add        totals of pieces, in order    weft_bn_add            the same
 *     weft_bn_measure    once: mean, variance          weft_bn_set_gradient   once: dgamma, dbeta
 *     weft_bn_set        once: scale, shift
 *     weft_bn_map        each piece: y                 weft_bn_map_gradient   each piece: dx
 *
 * Evaluation is weft_bn_set with the running statistics, and weft_bn_map.
 *
 *     y = clip(scale * x + shift + z)   with or without the addend z */
#ifndef WEFT_LEARN_KERNEL_BATCH_NORM_H
#define WEFT_LEARN_KERNEL_BATCH_NORM_H

#include "learn/kernel/clip.h"
#include "learn/type.h"

/* What belongs to a channel, each as a pattern: the channels repeated `length` floats long, so that
 * loops are long for any number of channels. Each piece has one, for its guess; the first piece's is
 * written by the calls that happen once, and read by all. */
typedef struct weft_bn {
    size_t channels, length;
    float *guess;                /* what sums are made around */
    float *scale, *shift, *mean; /* of the last weft_bn_set */
    float *inverse;              /* 1 / sqrt(variance + epsilon) */
    float *slope, *offset;       /* dx = scale * g - slope * (x - mean) - offset */
} weft_bn;

/* Two totals a channel, `channels` doubles each. */
typedef struct weft_bn_totals {
    double *first, *second;
} weft_bn_totals;

/* Bytes of a weft_bn's patterns, and the patterns laid out in `memory` (borrowed, contents not
 * touched: the same layout can be found again). */
size_t weft_bn_bytes(size_t channels);
weft_bn weft_bn_at(size_t channels, void *memory);

/* Bytes of the scratch that each call that sums needs for itself. */
size_t weft_bn_scratch(size_t channels);

/* guess = means over the first few thousand values of x (positions, channels). Squares are summed
 * around it, so that a large mean beside a small deviation loses no digits; any guess is correct. */
void weft_bn_guess(const weft_bn *bn, weft_type type, const void *x, size_t positions,
                   void *scratch);

/* first = sum of x - guess, second = sum of (x - guess)^2 over a piece. */
void weft_bn_sum(const weft_bn *bn, weft_type type, const void *x, size_t positions,
                 weft_bn_totals totals, void *scratch);

/* Sums around the guess of `from` over `positions` become those around the guess of `to`. */
void weft_bn_move(const weft_bn *from, const weft_bn *to, size_t positions, weft_bn_totals totals);

/* to += from */
void weft_bn_add(size_t channels, weft_bn_totals from, weft_bn_totals to);

/* Mean and (biased) variance of each channel over a batch of `n` positions, from its totals. */
void weft_bn_measure(const weft_bn *bn, size_t n, weft_bn_totals totals, double *mean,
                     double *variance);

/* running += share * (of the batch - running); the variance of the batch made unbiased, n / (n - 1).
 * The arrays of the batch are those of weft_bn_measure. */
void weft_bn_run(size_t channels, size_t n, double share, const double *mean,
                 const double *variance, float *running_mean, float *running_variance);

/* scale = gamma / sqrt(variance + epsilon), shift = beta - mean * scale, and what backward needs. */
void weft_bn_set(const weft_bn *bn, double epsilon, const float *gamma, const float *beta,
                 const double *mean, const double *variance);
void weft_bn_set_running(const weft_bn *bn, double epsilon, const float *gamma, const float *beta,
                         const float *running_mean, const float *running_variance);

/* y = clip(scale * x + shift + z) over a piece; z NULL: none. y may be x or z. */
void weft_bn_map(const weft_bn *bn, weft_type type, weft_clip clip, const void *x, const void *z,
                 void *y, size_t positions);

/* With g = dy where the clip was open, else 0: first = sum of g, second = sum of g (x - mean).
 * y NULL: the clip is found again from x (there was no addend); otherwise from the result y.
 * dz: receives g, which is the gradient of the addend; may be dy; NULL: not wanted. */
void weft_bn_sum_gradient(const weft_bn *bn, weft_type type, weft_clip clip, const void *x,
                          const void *y, const void *dy, void *dz, size_t positions,
                          weft_bn_totals totals, void *scratch);

/* dgamma and dbeta from the totals of a batch of n positions, and what dx needs. */
void weft_bn_set_gradient(const weft_bn *bn, size_t n, weft_bn_totals totals, float *dgamma,
                          float *dbeta);

/* dx = scale * (g - mean of g - (x - mean) * dgamma * inverse / n) over a piece; clip, y and dy as
 * in weft_bn_sum_gradient. Where that gave dz, take dz as dy with WEFT_CLIP_NONE. dx may be dy. */
void weft_bn_map_gradient(const weft_bn *bn, weft_type type, weft_clip clip, const void *x,
                          const void *y, const void *dy, void *dx, size_t positions);

#endif
