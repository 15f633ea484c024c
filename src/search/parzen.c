/* SPDX-License-Identifier: Apache-2.0
 *
 * The adaptive Parzen estimator of J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for
 * hyper-parameter optimization", NIPS 2011, section 4.2: the prior and one Gaussian at each
 * observation, whose deviation is the larger of the distances to its left and right neighbours,
 * clipped. The constants are Hyperopt's:
 *
 *     prior: mean (a+b)/2, deviation b-a; it counts as a neighbour
 *     clip:  [(b-a) / min(100, 2+n), b-a]
 *     n = 1: the observation's deviation is (b-a)/2
 *     p(x) = (1/Z) sum over i of w_i N(x; m_i, s_i) on [a, b],   Z = its mass there
 */
#include "search/parzen.h"

#include <math.h>
#include <stdlib.h>

void weft_forget(weft_observation *observations, size_t n, int full) {
    size_t ramp = n > (size_t)full ? n - (size_t)full : 0;
    double first = n > 0 ? 1.0 / (double)n : 1.0;
    for (size_t i = 0; i < n; i++) {
        double climb = ramp > 1 ? (double)i / (double)(ramp - 1) : 0.0;
        observations[i].weight = i < ramp ? first + (1.0 - first) * climb : 1.0;
        observations[i].order = i;
    }
}

static int by_value(const void *left, const void *right) {
    const weft_observation *a = left;
    const weft_observation *b = right;
    int order = (a->value > b->value) - (a->value < b->value);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* Means and weights by mean with the prior in its place, which is returned. The prior stands before
 * observations of its own mean; but after a single one. */
static size_t place_components(const weft_observation *sorted, size_t n, double prior_mean,
                               double prior_weight, weft_component *components) {
    size_t place = 0;
    while (place < n &&
           (sorted[place].value < prior_mean || (n == 1 && sorted[place].value == prior_mean))) {
        place++;
    }
    for (size_t i = 0; i < n; i++) {
        components[i + (i >= place)] =
            (weft_component){.weight = sorted[i].weight, .mean = sorted[i].value};
    }
    components[place] = (weft_component){.weight = prior_weight, .mean = prior_mean};
    return place;
}

/* Of n components for n_all observations and the prior. */
static void set_deviations(weft_component *components, size_t n, size_t n_all, size_t prior,
                           double width) {
    double least = width / fmin(100.0, 1.0 + (double)n_all);
    for (size_t i = 0; i < n; i++) {
        double left = i > 0 ? components[i].mean - components[i - 1].mean : 0.0;
        double right = i + 1 < n ? components[i + 1].mean - components[i].mean : 0.0;
        double deviation = n_all == 2 ? 0.5 * width : fmax(left, right);
        components[i].deviation = fmin(fmax(deviation, least), width);
    }
    components[prior].deviation = width;
}

/* Components of the same mean and deviation (repeated whole numbers) become one: the mixture stays
 * the same and is much shorter. Returns how many are left. */
static size_t merge_equal(weft_component *components, size_t n) {
    size_t kept = 1;
    for (size_t i = 1; i < n; i++) {
        weft_component *last = &components[kept - 1];
        if (components[i].mean == last->mean && components[i].deviation == last->deviation) {
            last->weight += components[i].weight;
        } else {
            components[kept++] = components[i];
        }
    }
    return kept;
}

static void normalise(weft_component *components, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += components[i].weight;
    }
    double cumulative = 0.0;
    for (size_t i = 0; i < n; i++) {
        components[i].weight /= sum;
        cumulative += components[i].weight;
        components[i].cumulative = cumulative;
    }
}

static double cdf(const weft_component *component, double x) {
    return 0.5 * erfc((component->mean - x) / (component->deviation * 1.4142135623730951));
}

void weft_parzen_fit_sorted(const weft_observation *observations, size_t n, size_t n_all,
                            double prior_weight, double lower, double upper,
                            weft_component *components, weft_parzen *mixture) {
    double width = upper - lower;
    if (!(width > 0.0)) {
        width = 1.0; /* a single point: any shape does, everything falls on it */
    }
    size_t prior =
        place_components(observations, n, 0.5 * (lower + upper), prior_weight, components);
    set_deviations(components, n + 1, n_all + 1, prior, width);
    size_t kept = merge_equal(components, n + 1);
    normalise(components, kept);
    *mixture = (weft_parzen){
        .components = components, .n = kept, .lower = lower, .upper = upper, .inside = 1.0};
    if (upper > lower) {
        mixture->inside = weft_parzen_mass(mixture, lower, upper);
    }
}

void weft_parzen_fit(weft_observation *observations, size_t n, double prior_weight, double lower,
                     double upper, weft_component *components, weft_parzen *mixture) {
    qsort(observations, n, sizeof *observations, by_value);
    weft_parzen_fit_sorted(observations, n, n, prior_weight, lower, upper, components, mixture);
}

double weft_parzen_density(const weft_parzen *mixture, double x) {
    double sum = 0.0;
    for (size_t i = 0; i < mixture->n; i++) {
        const weft_component *component = &mixture->components[i];
        double z = (x - component->mean) / component->deviation;
        sum += component->weight / component->deviation * exp(-0.5 * z * z);
    }
    return sum * 0.3989422804014327 / mixture->inside; /* 1 / sqrt(2 pi) */
}

double weft_parzen_mass(const weft_parzen *mixture, double a, double b) {
    double low = fmax(a, mixture->lower);
    double high = fmin(b, mixture->upper);
    double sum = 0.0;
    for (size_t i = 0; i < mixture->n; i++) {
        const weft_component *component = &mixture->components[i];
        sum += component->weight * (cdf(component, high) - cdf(component, low));
    }
    return sum / mixture->inside;
}

/* Component by weight, then its Gaussian, all again until inside: at least a third of the draws
 * are, since means lie in [lower, upper] and deviations are at most its width. */
double weft_parzen_draw(const weft_parzen *mixture, weft_rng *rng) {
    if (!(mixture->upper > mixture->lower)) {
        return mixture->lower;
    }
    for (;;) {
        double u = weft_rng_uniform(rng);
        size_t low = 0;
        size_t high = mixture->n - 1;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (mixture->components[middle].cumulative > u) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        const weft_component *component = &mixture->components[low];
        double x = component->mean + component->deviation * weft_rng_normal(rng);
        if (x >= mixture->lower && x <= mixture->upper) {
            return x;
        }
    }
}

void weft_parzen_bins(const weft_parzen *mixture, size_t n_bins, double *masses) {
    for (size_t k = 0; k < n_bins; k++) {
        masses[k] = 0.0;
    }
    for (size_t i = 0; i < mixture->n; i++) {
        const weft_component *component = &mixture->components[i];
        double below = cdf(component, mixture->lower);
        for (size_t k = 0; k < n_bins; k++) {
            double up_to = cdf(component, mixture->lower + (double)(k + 1));
            masses[k] += component->weight / mixture->inside * (up_to - below);
            below = up_to;
        }
    }
}

void weft_pseudocounts(const weft_observation *observations, size_t n, double prior_weight,
                       int n_choices, double *probabilities) {
    double sum = 0.0;
    for (int k = 0; k < n_choices; k++) {
        probabilities[k] = prior_weight;
        sum += prior_weight;
    }
    for (size_t i = 0; i < n; i++) {
        probabilities[(size_t)observations[i].value] += observations[i].weight;
        sum += observations[i].weight;
    }
    for (int k = 0; k < n_choices; k++) {
        probabilities[k] /= sum;
    }
}
