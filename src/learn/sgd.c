/* SPDX-License-Identifier: Apache-2.0
 * See sgd.h. */
#include "learn/sgd.h"

#include <math.h>

#include "learn/vector.h"

WEFT_CLONES static void update(float *restrict w, const float *restrict gradient, float *restrict v,
                               size_t n, float rate, float momentum, float decay) {
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] + decay * w[i];
        v[i] = momentum * v[i] + g;
        w[i] -= rate * v[i];
    }
}

void weft_sgd_step(float *parameters, const float *gradients, float *velocity, size_t n,
                   double rate, double momentum, double decay) {
    update(parameters, gradients, velocity, n, (float)rate, (float)momentum, (float)decay);
}

double weft_sgd_rate(double peak, double warmup, int64_t step, int64_t steps) {
    const double pi = 3.14159265358979323846;
    double rising = floor(warmup * (double)steps);
    if ((double)step < rising) {
        return peak * ((double)step + 1.0) / (rising + 1.0);
    }
    double progress = ((double)step - rising) / ((double)steps - rising);
    return 0.5 * peak * (1.0 + cos(pi * progress));
}
