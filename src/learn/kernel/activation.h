/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations that stand alone, value by value. NaN stays NaN. */
#ifndef WEFT_LEARN_KERNEL_ACTIVATION_H
#define WEFT_LEARN_KERNEL_ACTIVATION_H

#include "learn/type.h"

typedef enum weft_activation {
    WEFT_ACTIVATION_RELU,         /* max(0, x) */
    WEFT_ACTIVATION_RELU6,        /* min(6, max(0, x)) */
    WEFT_ACTIVATION_HARD_SWISH,   /* x min(6, max(0, x + 3)) / 6 */
    WEFT_ACTIVATION_HARD_SIGMOID, /* min(6, max(0, x + 3)) / 6 */
    WEFT_ACTIVATION_SIGMOID,      /* 1 / (1 + e^-x) */
    WEFT_ACTIVATION_GELU,         /* x Phi(x), Phi the normal distribution: the exact form */
} weft_activation;

/* y may be x. */
void weft_activation_forward(weft_activation activation, weft_type type, const void *x, void *y,
                             size_t n);

/* dx = dy f'(x) from the input x; at a kink the gradient is that of PyTorch. For ReLU and ReLU6 the
 * result may stand for the input. dx may be dy. */
void weft_activation_backward(weft_activation activation, weft_type type, const void *x,
                              const void *dy, void *dx, size_t n);

#endif
