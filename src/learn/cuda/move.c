/* SPDX-License-Identifier: Apache-2.0
 *
 * A step of training on the device: learn/optimizer.c's rates, rounded as they are there, and
 * kernels over its segments, as many in a launch as its arguments hold. */
#include <math.h>

#include "learn/cuda/kinds.h"

/* What a launch does to the segments [first, first + n). */
typedef struct stride {
    const weft_engine *engine;
    const weft_move *move;
    float *state; /* on the device */
    float *parameters;
    const float *gradients;
} stride;

static weft_cuda_segment segment_of(const weft_move *move, const weft_segment *segment) {
    const weft_descent *d = move->descent;
    double rate = move->rate * segment->rate, decay = segment->decays ? d->decay : 0.0;
    weft_cuda_segment made = {
        .offset = segment->offset,
        .count = segment->count,
        .rate = (float)rate,
        .decay = (float)decay,
    };
    if (d->kind == WEFT_DESCENT_ADAMW) {
        made.rate = (float)(rate / (1.0 - pow(d->beta1, (double)move->step)));
        made.decay = (float)(1.0 - rate * decay);
    }
    return made;
}

static weft_cuda_moments moments_of(const weft_descent *d, int64_t step) {
    return (weft_cuda_moments){
        .beta1 = (float)d->beta1,
        .beta2 = (float)d->beta2,
        .rest1 = (float)(1.0 - d->beta1),
        .rest2 = (float)(1.0 - d->beta2),
        .root = (float)sqrt(1.0 - pow(d->beta2, (double)step)),
        .epsilon = (float)d->epsilon,
    };
}

static void step_segments(const stride *s, const weft_cuda_segments *segments) {
    const weft_descent *d = s->move->descent;
    cudaStream_t stream = weft_cuda_stream(s->engine);
    if (d->kind == WEFT_DESCENT_ADAMW) {
        weft_cuda_moments moments = moments_of(d, s->move->step);
        weft_cuda_adamw(stream, segments, &moments, s->parameters, s->gradients, s->state,
                        s->state + s->engine->n_parameters);
    } else {
        weft_cuda_sgd(stream, segments, (float)d->momentum, d->kind == WEFT_DESCENT_NESTEROV,
                      s->parameters, s->gradients, s->state);
    }
}

static void step_all(const stride *s) {
    const weft_descent *d = s->move->descent;
    weft_cuda_segments segments = {0};
    for (int i = 0; i < d->n_segments; i++) {
        segments.at[segments.n++] = segment_of(s->move, &d->segments[i]);
        if (segments.n == WEFT_CUDA_SEGMENTS || i + 1 == d->n_segments) {
            step_segments(s, &segments);
            segments.n = 0;
        }
    }
}

weft_status weft_cuda_move_parameters(weft_engine *engine, const weft_move *move,
                                      weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    size_t n = engine->n_parameters;
    WEFT_TRY(weft_cuda_send_moved(engine, error));
    float *gradients = weft_cuda_change(engine, engine->gradients);
    float *parameters = weft_cuda_change(engine, engine->parameters);
    float *state = weft_cuda_change(engine, move->state);
    float *average = move->average != NULL ? weft_cuda_change(engine, move->average) : NULL;
    if (state == NULL || (move->average != NULL && average == NULL)) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "the state of a step was not mirrored");
    }
    if (move->limit > 0.0) {
        weft_cuda_gradient_clip(stream, gradients, n, move->limit, weft_cuda_of(engine)->norm);
    }
    step_all(&(stride){engine, move, state, parameters, gradients});
    if (average != NULL) {
        weft_cuda_average(stream, average, parameters, n, (float)(1.0 - move->average_decay));
    }
    return weft_cuda_check(cudaGetLastError(), "a step of training", error);
}
