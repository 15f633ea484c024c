/* SPDX-License-Identifier: Apache-2.0
 *
 * The rest of a small finite space, so that its exhaustion is known exactly and not guessed from
 * unlucky draws: its walk (gene.h), begun at a random place and led around the end. */
#include "search/optimizer.h"

#include <string.h>

/* Larger spaces count as endless: a walk through all of them would take longer than some 50 ms. */
enum { MAX_GENOMES = 1 << 20 };

/* A table that cannot be walked has no walk; only memory that is missing is an error. */
static weft_status make_walk(weft_optimizer *optimizer, weft_error *error) {
    if (optimizer->walk_tried) {
        return WEFT_OK;
    }
    weft_gene_walk *walk = NULL;
    weft_status status = weft_gene_walk_create(&optimizer->table, NULL, &walk, error);
    if (status == WEFT_OK && weft_gene_walk_count(walk) <= MAX_GENOMES) {
        status = weft_gene_cursor_create(walk, 0, 0, &optimizer->cursor, error);
    }
    if (optimizer->cursor != NULL) {
        optimizer->walk = walk;
    } else {
        weft_gene_walk_destroy(walk);
    }
    optimizer->walk_tried = status != WEFT_ERROR_MEMORY;
    return status == WEFT_ERROR_MEMORY ? status : WEFT_OK;
}

static bool walk_range(weft_optimizer *optimizer, uint64_t first, uint64_t end, double *genome) {
    const double *walked = NULL;
    weft_gene_cursor_seek(optimizer->cursor, first, end);
    while ((walked = weft_gene_cursor_next(optimizer->cursor, NULL)) != NULL) {
        if (weft_optimizer_accepts(optimizer, walked)) {
            memcpy(genome, walked, (size_t)optimizer->table.n_genes * sizeof *genome);
            return true;
        }
    }
    return false;
}

weft_status weft_enumerate(weft_optimizer *optimizer, weft_rng *rng, double *genome, bool *found,
                           bool *counted, weft_error *error) {
    WEFT_TRY(make_walk(optimizer, error));
    *counted = optimizer->walk != NULL;
    *found = false;
    if (*counted) {
        uint64_t n = weft_gene_walk_count(optimizer->walk);
        uint64_t start = weft_rng_below(rng, n);
        *found = walk_range(optimizer, start, n, genome) || walk_range(optimizer, 0, start, genome);
    }
    return WEFT_OK;
}
