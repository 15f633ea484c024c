/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of one number that loops of kernels can do for many at once: without branches, tables or
 * calls. The polynomials interpolate at Chebyshev nodes; their errors were taken against functions in
 * double precision on thousands of points, and are tested. */
#ifndef WEFT_LEARN_KERNEL_FUNCTION_H
#define WEFT_LEARN_KERNEL_FUNCTION_H

#include "learn/kernel/inner.h"

/* e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2, e^r by a polynomial of degree 6 (relative
 * error 2.6e-9, in f32 below 2e-7). Below -87.33 the result is 0, above 88.37 it stays there. */
WEFT_INLINE float weft_exp(float x) {
    const float lowest = -87.33654F, highest = 88.37F;
    /* Adding 1.5 * 2^23 rounds to whole numbers, which are then the low bits of the sum. */
    const float round = 12582912.0F;
    float c = x < lowest ? lowest : x;
    c = c > highest ? highest : c;
    float shifted = c * 1.44269504F + round;
    float n = shifted - round;
    float r = c - n * 0.693359375F + n * 2.12194440e-4F; /* ln 2 in two parts */
    float p = 0.00139411189F;
    p = p * r + 0.00837513478F;
    p = p * r + 0.0416663528F;
    p = p * r + 0.166664154F;
    p = p * r + 0.500000005F;
    p = p * r + 1.00000004F;
    p = p * r + 1.0F;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + 0x3f800000U;
    float power;
    memcpy(&power, &bits, sizeof power);
    float result = p * power;
    return x < lowest ? 0.0F : result;
}

WEFT_INLINE float weft_sigmoid(float x) {
    return 1.0F / (1.0F + weft_exp(-x));
}

/* The normal distribution at x, and its density there:
 *     Phi(-|x|) = erfc(z) / 2 = e^(-z^2) t P(t) / 2,  z = |x| / sqrt(2),  t = 1 / (1 + 0.4 z)
 * P of degree 8 for 0 <= z <= 9.5 (relative error 8.5e-8; behind it e^(-z^2) is 0 in f32). In f32 the
 * absolute error of Phi is below 3e-7, that of the density below 1e-7. */
WEFT_INLINE float weft_normal(float x, float *density) {
    float e = weft_exp(-0.5F * x * x);
    float z = (x < 0.0F ? -x : x) * 0.707106781F;
    float t = 1.0F / (1.0F + 0.4F * z);
    float p = 0.0373838343F;
    p = p * t - 0.121834664F;
    p = p * t + 0.0465339116F;
    p = p * t + 0.129888399F;
    p = p * t + 0.0514787243F;
    p = p * t + 0.205131156F;
    p = p * t + 0.198966053F;
    p = p * t + 0.226841088F;
    p = p * t + 0.225611533F;
    float tail = 0.5F * e * t * p;
    *density = e * 0.398942280F;
    return x < 0.0F ? tail : 1.0F - tail;
}

#endif
