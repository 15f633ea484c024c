/* SPDX-License-Identifier: Apache-2.0
 *
 * Children of two genomes: simulated binary crossover (K. Deb, R. B. Agrawal, "Simulated binary
 * crossover for continuous search space", Complex Systems 9, 1995), bounded, and polynomial
 * mutation (K. Deb, M. Goyal, "A combined genetic adaptive search (GeneAS) for engineering design",
 * Computer Science and Informatics 26(4), 1996), on the search scale of each gene.
 *
 * Whole-numbered genes are rounded to their values; a rounding that undoes a mutation becomes a
 * step of one. Categorical genes have no order: they are exchanged uniformly (each from either
 * parent with probability 1/2) and mutate to another choice. A gene that only one parent has comes
 * from that parent; one that neither has and that becomes active is drawn at random. */
#ifndef WEFT_SEARCH_VARIATION_H
#define WEFT_SEARCH_VARIATION_H

#include "base/rng.h"
#include <weft/search.h>

typedef struct weft_variation {
    double crossover_probability;      /* that a child takes from both parents */
    double child_mutation_probability; /* that a child is mutated */
    double mutation_probability;       /* then, of each active gene that varies; < 0: 1 / them */
    double eta_crossover, eta_mutation;
} weft_variation;

/* What the settings say, and where they leave it to the method, what `own` says. */
weft_variation weft_variation_choose(const weft_optimizer_settings *settings,
                                     const weft_variation *own);

/* A canonical child in range of two canonical genomes in range; perhaps a copy of one. */
void weft_breed(const weft_gene_table *table, const weft_variation *variation, const double *a,
                const double *b, weft_rng *rng, double *child);

/* Mutates one of the active genes that vary, each as likely, and draws genes that become active; a
 * genome in which none varies stays as it is. */
void weft_mutate_one(const weft_gene_table *table, double eta, weft_rng *rng, double *genome);

#endif
