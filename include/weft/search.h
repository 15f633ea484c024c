/* SPDX-License-Identifier: Apache-2.0
 *
 * Optimizers with ask and tell over genes and objective vectors alone: random, TPE, NSGA-II; and
 * the measures of a front. All objectives are minimised: callers negate what they maximise.
 *
 *     weft_optimizer_create(&table, &settings, &optimizer, &error);
 *     for (uint64_t t = 0; t < trials; t += n) {
 *         weft_optimizer_ask(optimizer, t, n, genomes, &error);      // a batch from one history
 *         ... evaluate ...
 *         for (i = 0; i < n; i++) weft_optimizer_tell(optimizer, genomes[i], &outcomes[i], &error);
 *     }
 *
 * What ask gives is a function of the settings, of the trial numbers and of what was told, in the
 * order told; of nothing else. So an optimizer is rebuilt by telling it its history again.
 */
#ifndef WEFT_SEARCH_H
#define WEFT_SEARCH_H

#include <weft/gene.h>

enum { WEFT_MAX_OBJECTIVES = 6 };

typedef enum weft_outcome_state {
    WEFT_OUTCOME_OK,         /* objectives are valid */
    WEFT_OUTCOME_INFEASIBLE, /* breaks constraints by `violation` > 0; objectives are ignored */
    WEFT_OUTCOME_FAILED,     /* could not be evaluated */
} weft_outcome_state;

typedef struct weft_outcome {
    weft_outcome_state state;
    double violation; /* relative amount, summed over constraints; +inf where it has no amount */
    double objectives[WEFT_MAX_OBJECTIVES];
} weft_outcome;

typedef struct weft_optimizer_settings {
    const char *name; /* "random", "tpe", "nsga2" */
    uint64_t seed;
    int n_objectives;
    /* TPE (Bergstra et al. 2011; rules as in Hyperopt) */
    int startup_trials;    /* random trials first; 20 */
    int candidates;        /* draws from the good density; 24 */
    double gamma;          /* n_good = min(ceil(gamma * sqrt(N)), 25); 0.25. With several
                            * objectives members of the first front besides, up to sqrt(N), 25 */
    double prior_weight;   /* 1 */
    int linear_forgetting; /* newest observations of full weight; 25 */
    /* NSGA-II (Deb et al. 2002) */
    int population;               /* 20 */
    double crossover_probability; /* 0.9 */
    double mutation_probability;  /* a gene's; < 0: 1 / active genes */
    /* Told apart by the caller: a genome for which it answers true is never asked for again. May be
     * NULL. Must be a pure function of what was told. */
    bool (*seen)(void *context, const double *genome);
    void *seen_context;
} weft_optimizer_settings;

WEFT_API void weft_optimizer_defaults(weft_optimizer_settings *settings);

typedef struct weft_optimizer weft_optimizer;

/* The names there are: NULL-terminated, for help and errors. */
WEFT_API const char *const *weft_optimizer_names(void);

/* The genes are copied; `table->legal` and its context are borrowed for the optimizer's life. */
WEFT_API weft_status weft_optimizer_create(const weft_gene_table *table,
                                           const weft_optimizer_settings *settings,
                                           weft_optimizer **optimizer,
                                           weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_optimizer_destroy(weft_optimizer *optimizer);

/* Proposes n genomes (n x n_genes, row by row) for trials first_trial .. first_trial+n-1;
 * canonical, legal, not `seen`, and different from each other. *given becomes how many were found;
 * fewer than n (WEFT_DONE) only when the space seems exhausted. */
WEFT_API weft_status weft_optimizer_ask(weft_optimizer *optimizer, uint64_t first_trial, int n,
                                        double *genomes, int *given,
                                        weft_error *error) WEFT_NODISCARD;

WEFT_API weft_status weft_optimizer_tell(weft_optimizer *optimizer, const double *genome,
                                         const weft_outcome *outcome,
                                         weft_error *error) WEFT_NODISCARD;

/* ---- fronts ---------------------------------------------------------------------------------- */

/* a is no worse in every objective and better in one. */
WEFT_API bool weft_dominates(const double *a, const double *b, int n_objectives);

/* A non-dominated archive; of equal vectors the first stays. */
typedef struct weft_archive weft_archive;
WEFT_API weft_status weft_archive_create(int n_objectives, weft_archive **archive,
                                         weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_archive_destroy(weft_archive *archive);

/* *kept becomes whether the point entered (points that it dominates leave). NaN never enters. */
WEFT_API weft_status weft_archive_insert(weft_archive *archive, const double *objectives,
                                         uint64_t id, bool *kept, weft_error *error) WEFT_NODISCARD;
WEFT_API size_t weft_archive_size(const weft_archive *archive);

/* Member i, borrowed until the next insertion; in order of insertion. */
WEFT_API const double *weft_archive_objectives(const weft_archive *archive, size_t i);
WEFT_API uint64_t weft_archive_id(const weft_archive *archive, size_t i);

/* Exact hypervolume of n points (row by row) against a reference point, 1 to 3 objectives; points
 * that do not dominate the reference count nothing. 2-d: sort and sweep; 3-d: sweep with a
 * maintained 2-d front (Fonseca, Paquete, Lopez-Ibanez 2006), O(n log n). */
WEFT_API weft_status weft_hypervolume(const double *points, size_t n, int n_objectives,
                                      const double *reference, double *volume,
                                      weft_error *error) WEFT_NODISCARD;

/* Fast non-dominated ranks (0 is the front) and crowding distances of n points (Deb et al. 2002);
 * either output may be NULL. */
WEFT_API weft_status weft_nondominated_ranks(const double *points, size_t n, int n_objectives,
                                             int *ranks, double *crowding,
                                             weft_error *error) WEFT_NODISCARD;

#endif
