/* SPDX-License-Identifier: Apache-2.0
 * See optimizer.h. Rates are worked out in f64 and rounded once a step; the rest is f32, as in
 * PyTorch. */
#include "learn/optimizer.h"

#include <math.h>

#include "learn/vector.h"

/* ---- checks ---------------------------------------------------------------------------------- */

static weft_status check_segments(const weft_descent *descent, size_t n, weft_error *error) {
    size_t end = 0;
    for (int i = 0; i < descent->n_segments; i++) {
        const weft_segment *segment = &descent->segments[i];
        if (segment->offset < end || segment->offset > n || segment->count > n - segment->offset) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "segment %d takes %zu parameters from %zu: expected it behind %zu and "
                             "within %zu",
                             i, segment->count, segment->offset, end, n);
        }
        if (!(segment->rate >= 0.0) || isinf(segment->rate)) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "the rate of segment %d is %g, expected 0 or more", i, segment->rate);
        }
        end = segment->offset + segment->count;
    }
    return WEFT_OK;
}

/* The largest double below 1: a beta of 1 would divide by 0. */
#define BELOW_ONE (1.0 - 0x1p-53)

weft_status weft_descent_check(const weft_descent *descent, size_t n, weft_error *error) {
    WEFT_TRY(weft_check_range("weight decay", descent->decay, 0, 1e6, error));
    if (descent->kind == WEFT_DESCENT_ADAMW) {
        WEFT_TRY(weft_check_range("beta1", descent->beta1, 0, BELOW_ONE, error));
        WEFT_TRY(weft_check_range("beta2", descent->beta2, 0, BELOW_ONE, error));
        WEFT_TRY(weft_check_range("epsilon", descent->epsilon, 1e-30, 1, error));
    } else {
        WEFT_TRY(weft_check_range("momentum", descent->momentum, 0, 1, error));
    }
    return check_segments(descent, n, error);
}

/* ---- steps ----------------------------------------------------------------------------------- */

WEFT_CLONES static void step_sgd(float *restrict w, const float *restrict gradient,
                                 float *restrict v, size_t n, float rate, float momentum,
                                 float decay) {
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] + decay * w[i];
        v[i] = momentum * v[i] + g;
        w[i] -= rate * v[i];
    }
}

/* Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013,
 * in the form that looks ahead by the velocity. */
WEFT_CLONES static void step_nesterov(float *restrict w, const float *restrict gradient,
                                      float *restrict v, size_t n, float rate, float momentum,
                                      float decay) {
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] + decay * w[i];
        v[i] = momentum * v[i] + g;
        w[i] -= rate * (g + momentum * v[i]);
    }
}

/* AdamW's constants of one step. */
typedef struct moments {
    float beta1, beta2, rest1, rest2; /* rest: 1 - beta */
    float root;                       /* sqrt(1 - beta2^step) */
    float epsilon;
} moments;

WEFT_CLONES static void step_adamw(float *restrict w, const float *restrict gradient,
                                   float *restrict m, float *restrict v, size_t n,
                                   const moments *constants, float keep, float rate) {
    const moments c = *constants;
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        m[i] = c.beta1 * m[i] + c.rest1 * g;
        v[i] = c.beta2 * v[i] + c.rest2 * g * g;
        w[i] = keep * w[i] - rate * (m[i] / (sqrtf(v[i]) / c.root + c.epsilon));
    }
}

static void run_sgd(const weft_descent *d, const weft_segment *segment, float *parameters,
                    const float *gradients, float *velocity, double rate) {
    size_t at = segment->offset;
    (d->kind == WEFT_DESCENT_SGD ? step_sgd : step_nesterov)(
        parameters + at, gradients + at, velocity + at, segment->count,
        (float)(rate * segment->rate), (float)d->momentum,
        segment->decays ? (float)d->decay : 0.0F);
}

static void run_adamw(const weft_descent *d, const weft_segment *segment, float *parameters,
                      const float *gradients, float *state, size_t n, double rate, int64_t step) {
    const moments constants = {
        .beta1 = (float)d->beta1,
        .beta2 = (float)d->beta2,
        .rest1 = (float)(1.0 - d->beta1),
        .rest2 = (float)(1.0 - d->beta2),
        .root = (float)sqrt(1.0 - pow(d->beta2, (double)step)),
        .epsilon = (float)d->epsilon,
    };
    size_t at = segment->offset;
    double own = rate * segment->rate;
    double decay = segment->decays ? d->decay : 0.0;
    step_adamw(parameters + at, gradients + at, state + at, state + n + at, segment->count,
               &constants, (float)(1.0 - own * decay),
               (float)(own / (1.0 - pow(d->beta1, (double)step))));
}

size_t weft_descent_state(weft_descent_kind kind, size_t n) {
    return kind == WEFT_DESCENT_ADAMW ? 2 * n : n;
}

void weft_descent_step(const weft_descent *descent, float *parameters, const float *gradients,
                       float *state, size_t n, double rate, int64_t step) {
    for (int i = 0; i < descent->n_segments; i++) {
        const weft_segment *segment = &descent->segments[i];
        if (descent->kind == WEFT_DESCENT_ADAMW) {
            run_adamw(descent, segment, parameters, gradients, state, n, rate, step);
        } else {
            run_sgd(descent, segment, parameters, gradients, state, rate);
        }
    }
}

/* ---- clipping -------------------------------------------------------------------------------- */

/* Sums side by side: as many as fill the registers, and the order that makes the result the same
 * wherever it runs. A product of two f32 is exact in f64. */
enum { SUMS = 32 };

WEFT_CLONES static void add_squares(const float *restrict values, size_t n,
                                    double sums[restrict SUMS]) {
    size_t i = 0;
    for (; i + SUMS <= n; i += SUMS) {
        for (size_t k = 0; k < SUMS; k++) {
            sums[k] += (double)values[i + k] * (double)values[i + k];
        }
    }
    for (size_t k = 0; i + k < n; k++) {
        sums[k] += (double)values[i + k] * (double)values[i + k];
    }
}

static double norm(const float *values, size_t n) {
    double sums[SUMS] = {0.0};
    add_squares(values, n, sums);
    double sum = 0.0;
    for (size_t k = 0; k < SUMS; k++) {
        sum += sums[k];
    }
    return sqrt(sum);
}

WEFT_CLONES static void scale_all(float *values, size_t n, float factor) {
    for (size_t i = 0; i < n; i++) {
        values[i] *= factor;
    }
}

double weft_gradient_clip(float *gradients, size_t n, double limit) {
    double found = norm(gradients, n);
    double factor = limit / (found + 1e-6);
    if (limit > 0.0 && isfinite(found) && factor < 1.0) {
        scale_all(gradients, n, (float)factor);
    }
    return found;
}

/* ---- averages -------------------------------------------------------------------------------- */

double weft_average_decay(double decay, int64_t updates) {
    double warming = (1.0 + (double)updates) / (10.0 + (double)updates);
    return warming < decay ? warming : decay;
}

WEFT_CLONES static void move_towards(float *restrict average, const float *restrict values,
                                     size_t n, float share) {
    for (size_t i = 0; i < n; i++) {
        average[i] += share * (values[i] - average[i]);
    }
}

void weft_average_update(float *average, const float *values, size_t n, double decay) {
    move_towards(average, values, n, (float)(1.0 - decay));
}
