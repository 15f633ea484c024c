/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step of training does to the parameters: SGD with momentum, Nesterov's variant, AdamW; over
 * one flat block of f32 in which segments have rules of their own. Steps are PyTorch's, formula by
 * formula (torch.optim.SGD with dampening 0, torch.optim.AdamW). */
#ifndef WEFT_LEARN_OPTIMIZER_H
#define WEFT_LEARN_OPTIMIZER_H

#include <weft/learn.h>

#include "base/error.h"

/*     sgd        g = gradient + decay w;  v = momentum v + g;  w -= rate v
 *     nesterov   the same g and v;  w -= rate (g + momentum v)
 *     adamw      Loshchilov and Hutter, ICLR 2019, algorithm 2; see weft_descent_step */
/* A run of parameters under the same rule. What lies in no segment is not touched: frozen weights,
 * padding. */
typedef struct weft_segment {
    size_t offset, count; /* floats */
    double rate;          /* times the step's rate: 1 for most; less for inherited weights */
    bool decays;          /* false for scales and shifts of norms, biases, steps of quantizers */
} weft_segment;

typedef struct weft_descent {
    weft_descent_kind kind;
    double momentum;              /* SGD, NESTEROV: 0 .. 1 */
    double beta1, beta2, epsilon; /* ADAMW: 0.9, 0.999, 1e-8 */
    double decay;                 /* weight decay, 0 or more */
    const weft_segment *segments; /* (n_segments), borrowed; ascending, apart from each other */
    int n_segments;
} weft_descent;

/* WEFT_ERROR_INPUT where a setting is out of range, or where segments are out of order, overlap or
 * leave a block of n parameters. Checked once: steps check nothing. */
weft_status weft_descent_check(const weft_descent *descent, size_t n,
                               weft_error *error) WEFT_NODISCARD;

/* Floats of state for n parameters, 0 before the first step: the velocity (n), or AdamW's first and
 * then second moments (2 n). */
size_t weft_descent_state(weft_descent_kind kind, size_t n);

/* One step over n parameters. `step` counts from 1 (AdamW's bias corrections); AdamW is
 *     w *= 1 - rate decay;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *     w -= rate / (1 - b1^step) * m / (sqrt(v) / sqrt(1 - b2^step) + epsilon)
 * Values do not see each other: threads may step disjoint segments of a block at once. */
void weft_descent_step(const weft_descent *descent, float *parameters, const float *gradients,
                       float *state, size_t n, double rate, int64_t step);

/* Scales the gradients so that the norm of all of them together is at most `limit` (Pascanu et al.,
 * ICML 2013; PyTorch's clip_grad_norm_: by limit / (norm + 1e-6) where that is below 1) and returns
 * the norm as it was. limit 0: only measures. A norm that is NaN or infinite changes nothing. The sum
 * is taken in f64 and always in the same order: the same bits on every CPU. */
double weft_gradient_clip(float *gradients, size_t n, double limit);

/* The decay of an average of the weights after `updates` of them (0 at first): min(decay,
 * (1 + updates) / (10 + updates)), so that early averages forget the random start (TensorFlow's
 * ExponentialMovingAverage with num_updates). */
double weft_average_decay(double decay, int64_t updates);

/* average = decay average + (1 - decay) values; what already equals the values stays so exactly. */
void weft_average_update(float *average, const float *values, size_t n, double decay);

#endif
