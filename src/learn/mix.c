/* SPDX-License-Identifier: Apache-2.0
 * See mix.h. */
#include "learn/mix.h"

#include <math.h>

#include "learn/vector.h"

/* log of a sample of Gamma(a, 1): Marsaglia and Tsang, "A simple method for generating gamma
 * variables", ACM TOMS 26 (2000), for a >= 1; below 1 a sample of a + 1 times U^(1 / a), as their
 * section 6 has it. As a logarithm, for samples of a small `a` are too small for a double. */
static double log_gamma_draw(weft_rng *rng, double a) {
    double below_one = 0.0;
    if (a < 1.0) {
        below_one = log(1.0 - weft_rng_uniform(rng)) / a;
        a += 1.0;
    }
    const double d = a - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = weft_rng_normal(rng);
        double root = 1.0 + c * x;
        double u = 1.0 - weft_rng_uniform(rng);
        if (root > 0.0) {
            double v = root * root * root;
            if (log(u) < 0.5 * x * x + d * (1.0 - v + log(v))) {
                return log(d * v) + below_one;
            }
        }
    }
}

double weft_beta_draw(weft_rng *rng, double a, double b) {
    double x = log_gamma_draw(rng, a);
    double y = log_gamma_draw(rng, b);
    return 1.0 / (1.0 + exp(y - x));
}

double weft_mix_draw(double alpha, uint64_t seed, uint64_t step, uint32_t *partner, size_t n) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_MIX, step);
    double share = weft_beta_draw(&rng, alpha, alpha);
    for (size_t i = 0; i < n; i++) {
        partner[i] = (uint32_t)i;
    }
    weft_rng_shuffle(&rng, partner, n);
    return share;
}

WEFT_CLONES static void blend_f32(const float *restrict a, const float *restrict b, float share,
                                  float rest, size_t n, float *restrict out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = share * a[i] + rest * b[i];
    }
}

WEFT_CLONES static void blend_bf16(const float *restrict a, const float *restrict b, float share,
                                   float rest, size_t n, weft_bf16 *restrict out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = weft_to_bf16(share * a[i] + rest * b[i]);
    }
}

void weft_mix_images(const float *images, const uint32_t *partner, double share, size_t n,
                     size_t values, weft_type type, void *mixed) {
    const float first = (float)share, rest = (float)(1.0 - share);
    for (size_t i = 0; i < n; i++) {
        const float *a = images + i * values, *b = images + partner[i] * values;
        if (type == WEFT_F32) {
            blend_f32(a, b, first, rest, values, (float *)mixed + i * values);
        } else {
            blend_bf16(a, b, first, rest, values, (weft_bf16 *)mixed + i * values);
        }
    }
}
