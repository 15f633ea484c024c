/* SPDX-License-Identifier: Apache-2.0
 * Stochastic gradient descent with momentum, and its learning rate over time. */
#ifndef WEFT_LEARN_SGD_H
#define WEFT_LEARN_SGD_H

#include <stddef.h>
#include <stdint.h>

/* PyTorch's rule (torch.optim.SGD, no dampening, no Nesterov):
 *     g = gradient + decay * parameter;  v = momentum * v + g;  parameter -= rate * v */
void weft_sgd_step(float *parameters, const float *gradients, float *velocity, size_t n,
                   double rate, double momentum, double decay);

/* The rate of step 0 .. steps - 1: rises linearly over the first warmup * steps, then falls as half
 * a cosine to 0 (Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5 without restarts). */
double weft_sgd_rate(double peak, double warmup, int64_t step, int64_t steps);

#endif
