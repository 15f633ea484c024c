/* SPDX-License-Identifier: Apache-2.0
 *
 * Each activation is one expression of one value, and its derivative another. GELU: Hendrycks and
 * Gimpel, "Gaussian error linear units", 2016; hard swish and hard sigmoid: Howard et al., "Searching
 * for MobileNetV3", ICCV 2019, section 5.2. */
#include "learn/kernel/activation.h"

#include "learn/kernel/function.h"

/* min(6, max(0, x + 3)) / 6 */
WEFT_INLINE float hard_sigmoid(float x) {
    return weft_clipped(WEFT_CLIP_RELU6, x + 3.0F) * (1.0F / 6.0F);
}

WEFT_INLINE float value_of(weft_activation f, float x) {
    float density;
    switch (f) {
    case WEFT_ACTIVATION_RELU:
        return weft_clipped(WEFT_CLIP_RELU, x);
    case WEFT_ACTIVATION_RELU6:
        return weft_clipped(WEFT_CLIP_RELU6, x);
    case WEFT_ACTIVATION_HARD_SWISH:
        return x * hard_sigmoid(x);
    case WEFT_ACTIVATION_HARD_SIGMOID:
        return hard_sigmoid(x);
    case WEFT_ACTIVATION_SIGMOID:
        return weft_sigmoid(x);
    case WEFT_ACTIVATION_GELU:
        return x * weft_normal(x, &density);
    }
    return x;
}

/* x sigma(x) with sigma the hard sigmoid has the slope x / 3 + 1 / 2 between -3 and 3. */
WEFT_INLINE float hard_swish_gradient(float x, float g) {
    float slope = x * (1.0F / 3.0F) + 0.5F;
    slope = x <= -3.0F ? 0.0F : slope;
    slope = x >= 3.0F ? 1.0F : slope;
    return g * slope;
}

WEFT_INLINE float gradient_of(weft_activation f, float x, float g) {
    float s, density;
    switch (f) {
    case WEFT_ACTIVATION_RELU:
        return weft_passed(WEFT_CLIP_RELU, x, g);
    case WEFT_ACTIVATION_RELU6:
        return weft_passed(WEFT_CLIP_RELU6, x, g);
    case WEFT_ACTIVATION_HARD_SWISH:
        return hard_swish_gradient(x, g);
    case WEFT_ACTIVATION_HARD_SIGMOID:
        return weft_passed(WEFT_CLIP_RELU6, x + 3.0F, g * (1.0F / 6.0F));
    case WEFT_ACTIVATION_SIGMOID:
        s = weft_sigmoid(x);
        return g * s * (1.0F - s);
    case WEFT_ACTIVATION_GELU:
        s = weft_normal(x, &density);
        return g * (s + x * density);
    }
    return g;
}

#define WEFT_BODY "learn/kernel/activation_body.h"
#include "learn/kernel/each_type.h"

void weft_activation_forward(weft_activation activation, weft_type type, const void *x, void *y,
                             size_t n) {
    switch (type) {
    case WEFT_F32:
        forward_f32(activation, x, y, n);
        return;
    case WEFT_BF16:
        forward_bf16(activation, x, y, n);
        return;
    }
}

void weft_activation_backward(weft_activation activation, weft_type type, const void *x,
                              const void *dy, void *dx, size_t n) {
    switch (type) {
    case WEFT_F32:
        backward_f32(activation, x, dy, dx, n);
        return;
    case WEFT_BF16:
        backward_bf16(activation, x, dy, dx, n);
        return;
    }
}
