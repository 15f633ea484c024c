/* SPDX-License-Identifier: Apache-2.0
 * Helpers that the tests of the search room share. */
#ifndef WEFT_TESTS_SEARCH_SUPPORT_H
#define WEFT_TESTS_SEARCH_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include <weft/search.h>

/* depth 1..7; block and kernels of position j exist only if the depth reaches j: 15 genes. */
static inline void imc_genes(weft_gene genes[15]) {
    memset(genes, 0, 15 * sizeof *genes);
    snprintf(genes[0].name, sizeof genes[0].name, "depth");
    genes[0].kind = WEFT_GENE_INTEGER;
    genes[0].lower = 1;
    genes[0].upper = 7;
    for (int j = 0; j < 7; j++) {
        weft_gene *block = &genes[1 + 2 * j];
        weft_gene *kernels = &genes[2 + 2 * j];
        snprintf(block->name, sizeof block->name, "block%d", j + 1);
        block->kind = WEFT_GENE_CATEGORICAL;
        block->n_choices = 3;
        block->upper = 2;
        snprintf(kernels->name, sizeof kernels->name, "kernels%d", j + 1);
        kernels->kind = WEFT_GENE_ORDINAL;
        kernels->n_choices = 6;
        kernels->upper = 5;
        block->n_conditions = kernels->n_conditions = 1;
        block->conditions[0] = kernels->conditions[0] =
            (weft_condition){.parent = 0, .minimum = j + 1, .maximum = 7};
    }
}

static inline weft_optimizer *make_optimizer(const weft_gene_table *table,
                                             const weft_optimizer_settings *settings) {
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    if (weft_optimizer_create(table, settings, &optimizer, &error) != WEFT_OK) {
        fail_msg("create: %s", error.message);
    }
    return optimizer;
}

/* Asks for n and expects all. */
static inline void ask_all(weft_optimizer *optimizer, uint64_t first, int n, double *genomes) {
    weft_error error = {0};
    int given = -1;
    weft_status status = weft_optimizer_ask(optimizer, first, n, genomes, &given, &error);
    if (status != WEFT_OK || given != n) {
        fail_msg("ask at %d: status %d, %d given", (int)first, (int)status, given);
    }
}

static inline void tell(weft_optimizer *optimizer, const double *genome,
                        const weft_outcome *outcome) {
    weft_error error = {0};
    if (weft_optimizer_tell(optimizer, genome, outcome, &error) != WEFT_OK) {
        fail_msg("tell: %s", error.message);
    }
}

#endif
