/* SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over a position for its mean and variance: it lies in the first-level cache. Gradients of
 * scale and shift are summed in f32 over some hundred positions, then in f64. */
#include "learn/kernel/layer_norm.h"

#include <math.h>
#include <string.h>

#include "learn/kernel/inner.h"

enum { CHUNK = 256 };

#define WEFT_BODY "learn/kernel/layer_norm_body.h"
#include "learn/kernel/each_type.h"

void weft_layer_norm_forward(weft_type type, const void *x, size_t positions, size_t channels,
                             double epsilon, const float *gamma, const float *beta, void *y,
                             float *mean, float *inverse) {
    switch (type) {
    case WEFT_F32:
        forward_f32(x, positions, channels, epsilon, gamma, beta, y, mean, inverse);
        return;
    case WEFT_BF16:
        forward_bf16(x, positions, channels, epsilon, gamma, beta, y, mean, inverse);
        return;
    }
}

size_t weft_layer_norm_scratch(size_t channels) {
    return 2 * channels * (sizeof(double) + sizeof(float));
}

/* Both sums of a chunk, one after the other in `sum`. */
static void backward_chunk(weft_type type, const void *x, const void *dy, size_t positions,
                           size_t channels, const float *gamma, const float *mean,
                           const float *inverse, void *dx, float *sum) {
    memset(sum, 0, 2 * channels * sizeof *sum);
    switch (type) {
    case WEFT_F32:
        backward_f32(x, dy, positions, channels, gamma, mean, inverse, dx, sum, sum + channels);
        return;
    case WEFT_BF16:
        backward_bf16(x, dy, positions, channels, gamma, mean, inverse, dx, sum, sum + channels);
        return;
    }
}

void weft_layer_norm_backward(weft_type type, const void *x, const void *dy, size_t positions,
                              size_t channels, const float *gamma, const float *mean,
                              const float *inverse, void *dx, float *dgamma, float *dbeta,
                              void *scratch) {
    double *total = scratch;
    float *sum = (float *)(void *)(total + 2 * channels);
    size_t row = channels * weft_type_size(type);
    memset(total, 0, 2 * channels * sizeof *total);
    for (size_t p = 0; p < positions; p += CHUNK) {
        backward_chunk(type, (const char *)x + p * row, (const char *)dy + p * row,
                       weft_smaller(CHUNK, positions - p), channels, gamma, mean + p, inverse + p,
                       dx == NULL ? NULL : (char *)dx + p * row, sum);
        for (size_t c = 0; c < 2 * channels; c++) {
            total[c] += (double)sum[c];
        }
    }
    for (size_t c = 0; c < channels; c++) {
        dgamma[c] = (float)total[c];
        dbeta[c] = (float)total[channels + c];
    }
}
