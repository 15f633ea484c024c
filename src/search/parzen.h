/* SPDX-License-Identifier: Apache-2.0
 *
 * Densities of one gene from weighted observations: pseudo-counts for choices, an adaptive Parzen
 * mixture for numbers. The observations stand in the order in which they were told. */
#ifndef WEFT_SEARCH_PARZEN_H
#define WEFT_SEARCH_PARZEN_H

#include "base/rng.h"
#include <weft/base.h>

typedef struct weft_observation {
    double value;
    double weight;
    size_t order; /* in which it was told */
} weft_observation;

/* Linear forgetting: the newest `full` observations weigh 1; with more, the older ones climb
 * linearly from 1/n to 1. Fills `weight` and `order`. */
void weft_forget(weft_observation *observations, size_t n, int full);

typedef struct weft_component {
    double weight;
    double mean, deviation;
    double cumulative; /* of the weights up to and with this one */
} weft_component;

/* A mixture of Gaussians cut off at [lower, upper]; the mass inside is 1. */
typedef struct weft_parzen {
    const weft_component *components; /* (n), by mean; weights sum to 1 */
    size_t n;
    double lower, upper;
    double inside; /* mass of the uncut mixture in [lower, upper] */
} weft_parzen;

/* Fits `mixture` on [lower, upper]; reorders the observations. `components` has room for n + 1 and
 * is borrowed by the mixture. */
void weft_parzen_fit(weft_observation *observations, size_t n, double prior_weight, double lower,
                     double upper, weft_component *components, weft_parzen *mixture);

/* The same of observations that stand in the order of value, then as told. Of more than two of one value
 * those in the middle, which lie on both their neighbours, may be one of their weights' sum: `n` are
 * listed, of n_all that there are. */
void weft_parzen_fit_sorted(const weft_observation *observations, size_t n, size_t n_all,
                            double prior_weight, double lower, double upper,
                            weft_component *components, weft_parzen *mixture);

double weft_parzen_density(const weft_parzen *mixture, double x);

/* Mass of [a, b], cut at the mixture's ends. */
double weft_parzen_mass(const weft_parzen *mixture, double a, double b);
double weft_parzen_draw(const weft_parzen *mixture, weft_rng *rng);

/* Mass of n_bins bins of width 1 from `mixture->lower` on. */
void weft_parzen_bins(const weft_parzen *mixture, size_t n_bins, double *masses);

/* (weighted counts + prior_weight) / sum, over the values 0 .. n_choices-1. */
void weft_pseudocounts(const weft_observation *observations, size_t n, double prior_weight,
                       int n_choices, double *probabilities);

#endif
