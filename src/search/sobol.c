/* SPDX-License-Identifier: Apache-2.0
 *
 * Quasi-random search: scrambled Sobol' points (sobol_sequence.h) instead of random ones, one
 * coordinate for each gene that varies; a gene takes its coordinate where it is active (Bergstra
 * and Bengio, "Random search for hyper-parameter optimization", JMLR 2012, section 4, compare
 * both).
 *
 * The points are used in order, and those that cannot be (illegal, told, seen) are left out: trial
 * after trial has the next point. `first` is the least index that may still be used,
 *
 *     first(n) = min(least i such that point i is acceptable after n told trials, LEAD n),
 *
 * a function of what was told, since points once refused stay refused. */
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/sobol_sequence.h"

#include <math.h>
#include <stdlib.h>

/* Points looked at for a told trial: bounds the way through spaces that are all but exhausted. */
enum { LEAD = 128 };

typedef struct sobol {
    weft_sobol sequence;
    int *dimensions; /* (n_genes): the coordinate of each gene that varies */
    uint64_t first;
    uint64_t next; /* for the batch being put together */
    double *point; /* (n_genes) */
} sobol;

static void destroy(void *state) {
    sobol *model = state;
    weft_sobol_destroy(&model->sequence);
    free(model->dimensions);
    free(model->point);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    const weft_gene_table *table = &optimizer->table;
    size_t n_genes = (size_t)table->n_genes;
    sobol *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    model->dimensions = calloc(n_genes, sizeof *model->dimensions);
    model->point = calloc(n_genes, sizeof *model->point);
    if (model->dimensions == NULL || model->point == NULL) {
        return weft_fail_memory(error, n_genes * sizeof *model->point);
    }
    int n_dimensions = 0;
    for (int g = 0; g < table->n_genes; g++) {
        model->dimensions[g] = n_dimensions;
        n_dimensions += weft_gene_varies(&table->genes[g]);
    }
    return weft_sobol_create(n_dimensions, optimizer->settings.seed, &model->sequence, error);
}

static void point(const weft_optimizer *optimizer, uint64_t index, double *genome) {
    const sobol *model = optimizer->state;
    const weft_gene_table *table = &optimizer->table;
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (!weft_gene_active(table, genome, g)) {
            genome[g] = NAN;
        } else if (!weft_gene_varies(gene)) {
            genome[g] = gene->lower;
        } else {
            double share = weft_sobol_coordinate(&model->sequence, index, model->dimensions[g]);
            genome[g] = weft_gene_at(gene, share);
        }
    }
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    (void)error;
    sobol *model = optimizer->state;
    while (model->first < LEAD * (uint64_t)optimizer->history.n) {
        point(optimizer, model->first, model->point);
        if (weft_optimizer_accepts(optimizer, model->point)) {
            break;
        }
        model->first++;
    }
    model->next = model->first;
    return WEFT_OK;
}

/* Who asks ahead of what was told has points further on. */
static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)rng;
    sobol *model = optimizer->state;
    uint64_t known = optimizer->history.n + optimizer->history.n_pending;
    uint64_t least = model->first + (trial > known ? trial - known : 0);
    if (attempt == 0 && model->next < least) {
        model->next = least;
    }
    point(optimizer, model->next++, genome);
}

const weft_method weft_method_sobol = {
    .name = "sobol", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
