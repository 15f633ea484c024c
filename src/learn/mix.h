/* SPDX-License-Identifier: Apache-2.0
 * Mix-up: images of a batch blended in pairs (Zhang et al., "mixup: beyond empirical risk
 * minimization", ICLR 2018). */
#ifndef WEFT_LEARN_MIX_H
#define WEFT_LEARN_MIX_H

#include "base/rng.h"
#include "learn/type.h"

/* A sample of Beta(a, b), a and b above 0; in [0, 1]. */
double weft_beta_draw(weft_rng *rng, double a, double b);

/* The share of each image in its blend, of Beta(alpha, alpha), one for the whole batch; fills partner
 * (n), a permutation: image i is blended with image partner[i]. By (seed, step) alone. */
double weft_mix_draw(double alpha, uint64_t seed, uint64_t step, uint32_t *partner, size_t n);

/* mixed_i = share image_i + (1 - share) image_partner[i]; images (n, values) f32, mixed (n, values) of
 * `type`, elsewhere. */
void weft_mix_images(const float *images, const uint32_t *partner, double share, size_t n,
                     size_t values, weft_type type, void *mixed);

#endif
