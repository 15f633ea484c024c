/* SPDX-License-Identifier: Apache-2.0
 * The acceptable genome of the largest score, as far as a number of scores can tell. */
#ifndef WEFT_SEARCH_ASCENT_H
#define WEFT_SEARCH_ASCENT_H

#include "search/optimizer.h"
#include "search/standing.h"

enum { WEFT_ASCENT_STARTS = 4 };

typedef struct weft_ascent {
    const weft_optimizer *optimizer;
    double (*score)(void *context, const double *genome);
    void *context;
    const weft_standing *parents; /* good trials to look near */
    size_t n_parents;
    int budget;   /* scores */
    int drawn;    /* of them, for random genomes and mutants; the others climb */
    double *room; /* (STARTS + 1, n_genes) */
} weft_ascent;

/* False where no acceptable genome was met. */
bool weft_ascend(const weft_ascent *ascent, weft_rng *rng, double *genome);

#endif
