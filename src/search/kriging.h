/* SPDX-License-Identifier: Apache-2.0
 *
 * A Gaussian process over genomes: what was told of some, and with what certainty that says something
 * of any other. */
#ifndef WEFT_SEARCH_KRIGING_H
#define WEFT_SEARCH_KRIGING_H

#include <weft/gene.h>

/* How genomes are measured: only genes that vary, those without an order first. */
typedef struct weft_kriging_measure {
    const weft_gene_table *table; /* borrowed */
    int n_words;                  /* categorical genes */
    int n;                        /* all */
    int *genes;                   /* (n) */
} weft_kriging_measure;

weft_status weft_kriging_measure_create(const weft_gene_table *table, weft_kriging_measure *measure,
                                        weft_error *error) WEFT_NODISCARD;
void weft_kriging_measure_destroy(weft_kriging_measure *measure);

/* The choice of each categorical gene (-1: inactive), the place in [0, 1] of each other one on its
 * search scale (inactive: the middle). */
void weft_kriging_place(const weft_kriging_measure *measure, const double *genome, double *row);

/* Places of the logarithms that the kernel is made of; from WEFT_KRIGING_FIRST on one a gene. */
enum { WEFT_KRIGING_SIGNAL, WEFT_KRIGING_NOISE, WEFT_KRIGING_FIRST };

typedef struct weft_kriging {
    const weft_kriging_measure *by; /* borrowed */
    int n, capacity;
    double *logs;   /* (FIRST + by->n) signal, noise, h of words, lengths */
    double *scales; /* (by->n) h, 1 / length^2 */
    double signal, noise;
    double *rows;    /* (capacity, by->n) */
    double *targets; /* (capacity), of mean about 0 and deviation about 1 */
    double *factor;  /* (capacity, capacity) U of K = U' U */
    double *weights; /* (capacity) K^-1 targets */
    double *room;    /* (capacity + 1) */
} weft_kriging;

/* Without rows, and with the logarithms of the prior. */
weft_status weft_kriging_create(const weft_kriging_measure *measure, weft_kriging *made,
                                weft_error *error) WEFT_NODISCARD;
void weft_kriging_destroy(weft_kriging *model);

/* Empties the model and makes room for as many rows. */
weft_status weft_kriging_reserve(weft_kriging *model, int capacity,
                                 weft_error *error) WEFT_NODISCARD;

/* Back to the logarithms of the prior. */
void weft_kriging_reset(weft_kriging *model);

/* log p(targets | rows) p(logs) and its gradient by the logarithms (NULL: not wanted), for which
 * `inverse` (n, n) is room. Factors K; -inf where that cannot be. */
double weft_kriging_likelihood(weft_kriging *model, double *gradient, double *inverse);

/* Logarithms of the largest likelihood found by so many evaluations, from those there are. K has to be
 * factored again. */
weft_status weft_kriging_tune(weft_kriging *model, int evaluations,
                              weft_error *error) WEFT_NODISCARD;

/* Factors K from `rows` and `logs`, with more noise where it has to be. */
void weft_kriging_factor(weft_kriging *model);

/* One row more, its target 0; n < capacity. The factor is extended. */
void weft_kriging_append(weft_kriging *model, const double *row);

/* Solves for the weights of `targets`. */
void weft_kriging_aim(weft_kriging *model);

/* The value at a row, without noise: its mean and deviation. Uses the model's room. */
void weft_kriging_predict(weft_kriging *model, const double *row, double *mean, double *deviation);

/* The mean at row i of the model itself, in O(1). */
double weft_kriging_fitted(const weft_kriging *model, int i);

#endif
