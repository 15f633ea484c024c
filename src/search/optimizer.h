/* SPDX-License-Identifier: Apache-2.0
 *
 * What a method of search is: a row of functions. A method only proposes;
 * the history, duplicates, legality and exhaustion are the same for all and live in optimizer.c.
 */
#ifndef WEFT_SEARCH_OPTIMIZER_H
#define WEFT_SEARCH_OPTIMIZER_H

#include "base/error.h"
#include "base/rng.h"
#include "search/history.h"

typedef struct weft_method {
    const char *name;
    /* What the method keeps, in optimizer->state; NULL: nothing. Made anew where a row that it has seen
     * changes: a result came late, or a fuller one. */
    weft_status (*create)(weft_optimizer *optimizer, weft_error *error);
    void (*destroy)(void *state);
    /* Brings the state up to the history, before each batch; NULL: nothing to do. */
    weft_status (*prepare)(weft_optimizer *optimizer, weft_error *error);
    /* One canonical genome, in range, perhaps illegal or known; `attempt` counts from 0 the genomes
     * refused so far for this trial. Draws from `rng` alone. */
    void (*propose)(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome);
} weft_method;

/* All methods, in the order of help: name and file. */
#define WEFT_METHOD_MAP(X)                                                                         \
    X(random)                                                                                      \
    X(tpe)                                                                                         \
    X(gp)                                                                                          \
    X(nsga2)                                                                                       \
    X(nsga3)                                                                                       \
    X(moead)                                                                                       \
    X(ga)                                                                                          \
    X(ga4)                                                                                         \
    X(sobol)                                                                                       \
    X(exhaustive)                                                                                  \
    X(evolution)                                                                                   \
    X(anneal)                                                                                      \
    X(local)                                                                                       \
    X(cmaes)                                                                                       \
    X(reinforce)                                                                                   \
    X(portfolio)                                                                                   \
    X(shgo)

#define WEFT_METHOD_EXTERN(name) extern const weft_method weft_method_##name;
WEFT_METHOD_MAP(WEFT_METHOD_EXTERN)
#undef WEFT_METHOD_EXTERN

struct weft_optimizer {
    const weft_method *method;
    weft_gene_table table; /* `genes` is our copy, frozen genes narrowed to their value */
    weft_gene *genes;
    weft_optimizer_settings settings;
    weft_history history;
    weft_restriction
        *restrictions;    /* (n_genes); NULL: none. Of a member of a portfolio: borrowed */
    uint64_t first_asked; /* the trials that are being asked for */
    int n_asked;
    size_t n_prepared; /* rows that the state has seen */
    bool stale;        /* one of them is another since */
    void *state;
    double *scratch;      /* (n_genes) */
    double *seeds;        /* (settings.n_seeds, n_genes), canonical */
    bool walk_tried;      /* whether `walk` is known to be, or not to be */
    weft_gene_walk *walk; /* of a finite, small space; made when first needed */
    weft_gene_cursor *cursor;
};

/* WEFT_ERROR_USAGE, with all names and the nearest one, where there is none of that name. */
weft_status weft_method_find(const char *name, const weft_method **method,
                             weft_error *error) WEFT_NODISCARD;

/* Whether ask may give the genome: legal, allowed, not known, not seen. */
bool weft_optimizer_accepts(const weft_optimizer *optimizer, const double *genome);

/* Gives a proposal the values that are allowed; does nothing, and draws nothing, where all are. */
void weft_optimizer_repair(const weft_optimizer *optimizer, weft_rng *rng, double *genome);

/* weft_genome_draw among the values that are allowed. */
void weft_optimizer_draw(const weft_optimizer *optimizer, weft_rng *rng, double *genome);

/* Whether every active gene that varies has a value that is allowed. */
bool weft_optimizer_allows(const weft_optimizer *optimizer, const double *genome);

/* WEFT_ERROR_USAGE where the settings have several objectives: for methods that have one. */
weft_status weft_optimizer_one_objective(const weft_optimizer *optimizer,
                                         weft_error *error) WEFT_NODISCARD;

/* The first acceptable genome of a small finite space after a random one, in the order of its walk,
 * around the end. *found is false where the space has none left; *counted is false where it is too
 * large (or infinite) to tell. */
weft_status weft_enumerate(weft_optimizer *optimizer, weft_rng *rng, double *genome, bool *found,
                           bool *counted, weft_error *error) WEFT_NODISCARD;

#endif
