/* SPDX-License-Identifier: Apache-2.0
 *
 * A recurrent network that writes genomes, one choice after the other, each known to those behind it. */
#ifndef WEFT_SEARCH_CONTROLLER_H
#define WEFT_SEARCH_CONTROLLER_H

#include "base/rng.h"
#include <weft/gene.h>

/* One softmax. A gene of up to WEFT_GENE_MAX_CHOICES values has one; other genes have WEFT_CONTROLLER_DIGITS
 * of WEFT_CONTROLLER_PARTS each: which part of the range, which part of that part, ... */
enum { WEFT_CONTROLLER_DIGITS = 3, WEFT_CONTROLLER_PARTS = 8 };

typedef struct weft_decision {
    int gene;
    int digit; /* of the gene, from 0 */
    int n_choices;
    size_t head;      /* place among the parameters: (n_choices, hidden), then biases (n_choices) */
    size_t embedding; /* (n_choices, hidden) */
} weft_decision;

/* What a step did: the forward pass keeps it for the one back. */
typedef struct weft_controller_step {
    int decision, choice;
    double *gates; /* (4, hidden) behind their functions: input, forget, output, candidate */
    double *cell, *hidden; /* (hidden) after the step */
    double *chances;       /* (n_choices) */
} weft_controller_step;

typedef struct weft_controller {
    const weft_gene_table *table; /* borrowed */
    int hidden;
    int n_decisions;
    weft_decision *decisions;
    size_t n_parameters;
    double *
        parameters; /* start (hidden), recurrent (2 hidden, 4 hidden), biases (4 hidden), decisions */
    int n_steps;    /* of the newest pass */
    weft_controller_step *steps; /* (n_decisions) */
    double *memory;              /* of the steps */
    double *room;                /* (6 hidden) */
} weft_controller;

/* Parameters uniform in +-0.1, biases 0, by the seed. */
weft_status weft_controller_create(const weft_gene_table *table, int hidden, uint64_t seed,
                                   weft_controller *made, weft_error *error) WEFT_NODISCARD;
void weft_controller_destroy(weft_controller *controller);

/* A canonical genome, its logits divided by the temperature. */
void weft_controller_draw(weft_controller *controller, double temperature, weft_rng *rng,
                          double *genome);

/* log p(genome), and the entropy of all choices on its way, whose weighted sum `learn` is about. */
double weft_controller_read(weft_controller *controller, const double *genome, double *entropy);

/* Adds to `gradient` (n_parameters) that of  reward log p + weight entropy  of the genome read last. */
void weft_controller_learn(weft_controller *controller, double reward, double weight,
                           double *gradient);

#endif
