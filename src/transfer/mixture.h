/* SPDX-License-Identifier: Apache-2.0
 *
 * The mixture: Gaussian processes over what may explain a target's latency, averaged by evidence. */
#ifndef WEFT_TRANSFER_MIXTURE_H
#define WEFT_TRANSFER_MIXTURE_H

#include "transfer/descriptions.h"

/* The proxy alone, then each rule of the features. */
enum { WEFT_MAX_MODELS = WEFT_MAX_RULES + 1 };

typedef struct weft_mixture {
    const weft_descriptions *features;
    int n, n_models;
    int *places; /* (n) */
    double *z;   /* (n) what is learned: standardised values or logarithms */
    bool log_scale;
    double mean, deviation; /* value = mean + deviation z, of its logarithm where log_scale */
    struct {
        int rule;                           /* -1: the proxy alone */
        double weight;                      /* they sum to 1 */
        double scales[WEFT_MAX_GROUPS + 3]; /* of its groups, of likeness, of noise */
        double *a;                          /* (n) K^-1 z */
        double *left_out;                   /* (n) the prediction without measurement i */
        double *factor;                     /* (n, n) of K */
    } models[WEFT_MAX_MODELS];
} weft_mixture;

/* From n >= 2 values above 0. */
weft_status weft_mixture_fit(const weft_descriptions *features, const int *places,
                             const double *values, int n, weft_mixture *mixture,
                             weft_error *error) WEFT_NODISCARD;
void weft_mixture_free(weft_mixture *mixture);

/* Predictions (architectures), NaN where the proxy has none; and (n) of the measurements left out. */
weft_status weft_mixture_predict(const weft_mixture *mixture, double *predicted, double *left_out,
                                 weft_error *error) WEFT_NODISCARD;

/* The covariance of two architectures in model m, without noise. */
double weft_mixture_covariance(const weft_mixture *mixture, int m, int i, int j);

/* The variance of the noise of model m. */
double weft_mixture_noise(const weft_mixture *mixture, int m);

#endif
