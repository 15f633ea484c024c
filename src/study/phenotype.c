/* SPDX-License-Identifier: Apache-2.0
 *
 * What a genome stands for, as a number: equal designs have equal ones. */
#include <math.h>

#include "base/rng.h"
#include "study/problem.h"

/* Of the values that the genome has, in the order of its genes. */
static uint64_t hash_genes(const double *genome, int n, uint64_t seed) {
    uint64_t hash = seed;
    for (int g = 0; g < n; g++) {
        double value = isnan(genome[g]) ? -1e300 : genome[g] + 0.0; /* one NaN, one zero */
        hash = weft_hash(&value, sizeof value, hash);
    }
    return hash;
}

uint64_t weft_problem_hash(const weft_problem *problem, const double *genome) {
    const weft_space *space = problem->space;
    weft_gene_table table = weft_space_genes(space);
    if (weft_space_is_distinct(space)) {
        return hash_genes(genome, table.n_genes, 0);
    }
    uint64_t hash = 0;
    for (int n = 0; n < weft_space_n_networks(space); n++) {
        weft_network *network = NULL;
        weft_error ignored;
        if (weft_space_decode(space, genome, n, &network, &ignored) != WEFT_OK) {
            return 0;
        }
        uint64_t one = weft_network_hash(network);
        hash = n == 0 ? one : weft_hash(&one, sizeof one, hash);
        weft_network_destroy(network);
    }
    int n_knobs = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n_knobs);
    for (int k = 0; k < n_knobs; k++) {
        hash = hash_genes(&genome[knobs[k].gene], 1, hash);
    }
    return hash;
}
