/* SPDX-License-Identifier: Apache-2.0
 *
 * Every legal genome of a finite space, each once, in the order of its walk (gene.h): the genes as
 * in the table, the last one fastest. What is known at the end is the optimum itself and the whole
 * front, what other methods are measured by.
 *
 * The next genome is the first of the walk that is legal and neither told nor seen: a function of
 * what was told. Genomes once refused stay refused, so the place is only ever moved on. */
#include "search/optimizer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct exhaustive {
    weft_gene_walk *walk;
    weft_gene_cursor *cursor;
    uint64_t count;
    uint64_t first; /* place of the first genome that may still be given */
} exhaustive;

static void destroy(void *state) {
    exhaustive *model = state;
    weft_gene_cursor_destroy(model->cursor);
    weft_gene_walk_destroy(model->walk);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    uint64_t limit = (uint64_t)optimizer->settings.limit;
    exhaustive *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    weft_status status = weft_gene_walk_create(&optimizer->table, NULL, &model->walk, error);
    if (status != WEFT_OK) {
        weft_hint(error, "optimizer 'exhaustive' needs a space that can be walked through; use "
                         "sobol, or hold genes still");
        return status;
    }
    model->count = weft_gene_walk_count(model->walk);
    if (model->count > limit) {
        weft_fail(error, WEFT_ERROR_USAGE,
                  "optimizer 'exhaustive' would go through %" PRIu64
                  " designs; expected no more than its limit, %" PRIu64,
                  model->count, limit);
        weft_hint(error, "raise `limit`, hold genes still, or use another optimizer");
        return WEFT_ERROR_USAGE;
    }
    return weft_gene_cursor_create(model->walk, 0, model->count, &model->cursor, error);
}

/* The next genome that is acceptable (lent), or NULL; *place becomes how many lie before it. */
static const double *find(const weft_optimizer *optimizer, uint64_t *place) {
    const exhaustive *model = optimizer->state;
    const double *genome = NULL;
    while ((genome = weft_gene_cursor_next(model->cursor, NULL)) != NULL &&
           !weft_optimizer_accepts(optimizer, genome)) {
        ++*place;
    }
    return genome;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    (void)error;
    exhaustive *model = optimizer->state;
    weft_gene_cursor_seek(model->cursor, model->first, model->count);
    find(optimizer, &model->first);
    weft_gene_cursor_seek(model->cursor, model->first, model->count);
    return WEFT_OK;
}

/* Behind the end any genome will do: it is known, and refused. */
static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    (void)attempt;
    (void)rng;
    const exhaustive *model = optimizer->state;
    uint64_t place = 0;
    const double *found = find(optimizer, &place);
    if (found == NULL) {
        weft_gene_cursor_seek(model->cursor, 0, 1);
        found = weft_gene_cursor_next(model->cursor, NULL);
        weft_gene_cursor_seek(model->cursor, model->count, model->count);
    }
    memcpy(genome, found, (size_t)optimizer->table.n_genes * sizeof *genome);
}

const weft_method weft_method_exhaustive = {.name = "exhaustive",
                                            .create = create,
                                            .destroy = destroy,
                                            .prepare = prepare,
                                            .propose = propose};
