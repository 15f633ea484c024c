/* SPDX-License-Identifier: Apache-2.0
 *
 * Optimizers with ask and tell over genes and objective vectors alone (weft_optimizer_names): random
 * points, models, breeding, evolution strategies, local steps, and portfolios of them; evaluations of
 * several fidelities; minima of a function; what trials tell of genes; and the measures of a front. All
 * objectives are minimised: callers negate what they maximise.
 *
 *     weft_optimizer_create(&table, &settings, &optimizer, &error);
 *     for (uint64_t t = 0; t < trials; t += n) {
 *         weft_optimizer_ask(optimizer, t, n, genomes, &error);      // a batch from one history
 *         ... evaluate ...
 *         for (i = 0; i < n; i++) weft_optimizer_tell(optimizer, genomes[i], &outcomes[i], &error);
 *     }
 *
 * What ask gives is a function of the settings, of the trial numbers and of what was told, in the
 * order told or, with weft_optimizer_tell_trial, in the order of the trials; of nothing else. So an
 * optimizer is rebuilt by telling it its history again.
 */
#ifndef WEFT_SEARCH_H
#define WEFT_SEARCH_H

#include <weft/gene.h>

enum { WEFT_MAX_OBJECTIVES = 6, WEFT_MAX_CONSTRAINTS = 8 };

typedef enum weft_outcome_state {
    WEFT_OUTCOME_OK,         /* objectives are valid */
    WEFT_OUTCOME_INFEASIBLE, /* breaks constraints; objectives are ignored */
    WEFT_OUTCOME_FAILED,     /* could not be evaluated */
} weft_outcome_state;

typedef struct weft_outcome {
    weft_outcome_state state;
    double
        violation; /* of an infeasible one: the sum of `violations` where n_constraints > 0, whatever
                       * is told here; else told, > 0; +inf where it has no amount */
    double objectives[WEFT_MAX_OBJECTIVES];
    /* By how much each constraint is broken: 0 where it holds, NaN where that is not known. Amounts are
     * relative to the limit, (value - limit) / |limit|, so that no unit outweighs another in the sum. */
    int n_constraints; /* 0: they are not told one by one */
    double violations[WEFT_MAX_CONSTRAINTS];
    /* Share of the whole evaluation that this result took: above 0, to 1; 0 counts as 1. Below 1 a fuller
     * result of the same genome may follow. */
    double fidelity;
} weft_outcome;

/* How children differ from their parents during one phase of "ga4". */
typedef struct weft_search_phase {
    double crossover_probability;      /* that a child takes from both parents */
    double child_mutation_probability; /* that a child is mutated at all */
    double eta_crossover, eta_mutation;
} weft_search_phase;

enum { WEFT_SEARCH_PHASES = 4 };

typedef struct weft_optimizer_settings {
    const char *name; /* one of weft_optimizer_names() */
    uint64_t seed;
    int n_objectives; /* "ga", "ga4", "anneal", "cmaes" and "shgo": 1 */
    /* TPE (Bergstra et al. 2011; rules as in Hyperopt) */
    int startup_trials;    /* random trials first, of "anneal" too; 20 */
    int candidates;        /* draws from the good density; 24 */
    double gamma;          /* n_good = min(ceil(gamma * sqrt(N)), 25); 0.25. With several
                            * objectives members of the first front besides, up to sqrt(N), 25 */
    double prior_weight;   /* 1 */
    int linear_forgetting; /* newest observations of full weight; 25 */
    /* "gp" (Jones et al. 1998; Yang et al. 2019); `startup_trials` as above */
    int observations; /* trials in the processes at most; 500 */
    int scored;       /* genomes scored for each one asked for; 1000 */
    /* NSGA-II (Deb et al. 2002), NSGA-III, MOEA/D and the genetic algorithms. Generations are of
     * `population` told trials each, whatever the size of the batches. */
    int population;               /* 0: the method's own: nsga2 20, nsga3 and moead 92 (with
                                   * divisions given, their directions), ga 150, ga4 70, evolution
                                   * 40, local 8, shgo 16 and 8 a gene that varies */
    double crossover_probability; /* that a child takes from both parents; < 0: the method's own:
                                   * nsga2 0.9, nsga3 and moead 1, ga 0.95 */
    double child_mutation_probability; /* that a child is mutated at all; < 0: 1, ga 0.95 */
    double mutation_probability;       /* then, of each active gene; < 0: 1 / active genes */
    double eta_crossover;              /* distribution indices; < 0: 20, nsga3 30 and 20; */
    double eta_mutation;               /* ga, evolution and anneal 3 */
    int tournament; /* "evolution": members of which the best is mutated; 0: a quarter of them */
    /* NSGA-III (Deb and Jain 2014) and MOEA/D (Zhang and Li 2007): directions in objective space,
     * all multiples of 1 / divisions that sum to 1; the inner ones halfway to the centre. No more
     * than the population. */
    int divisions;       /* 0: the most that the population allows, both layers */
    int inner_divisions; /* with divisions given; 0: none */
    /* MOEA/D; the last two as in Li and Zhang 2009 */
    int neighbours;               /* directions among which parents and those replaced are; 20 */
    double neighbour_probability; /* otherwise they are among all; 0.9 */
    int replacements;             /* at most, of a child; 2 */
    /* "ga4": a screened start, then four phases instead of the probabilities and indices above */
    int sample;            /* legal genomes drawn at random; 1000 */
    int screened;          /* of them, those far apart that are asked for first; 500 */
    int phase_generations; /* generations of each phase but the last, which has no end; 10 */
    weft_search_phase phases[WEFT_SEARCH_PHASES];
    double acceptance; /* "anneal": of a typical worse trial, at first; 0.5 */
    double cooling;    /* "anneal": factor of the temperature with every trial; 0.99 */
    /* "cmaes" (Hansen 2016; Hamano et al. 2022); `population` of the first run: 4 + 3 ln genes */
    double first_step;     /* deviation of the first trials, of a gene's range; 0.3 */
    double margin;         /* that a whole number changes, times genes and population; 0: none; 1 */
    double restart_factor; /* population of a run by that of the run before; 2 */
    /* "reinforce" (Zoph and Le 2017); a step of training for each `population` told trials, 8 */
    int hidden;           /* numbers of the controller's state; 16 */
    double learning_rate; /* of Adam; 0.01 */
    double entropy;       /* weight of the entropy bonus; 0.01 */
    double baseline;      /* decay of the moving average, a step; 0.9 */
    /* "portfolio" (Thierens 2005) */
    char members
        [128]; /* names of 2 to 8 methods, a space between; "": by the number of objectives */
    double least_share; /* of the trials, for each member; 0.05 */
    int delay; /* trials that may be out when another is asked for: batch - 1, or the workers; 16 */
    int64_t limit; /* "exhaustive": most genomes that a space may have; 10^6 */
    /* The first genomes: trial t < n_seeds is row t of `seeds` (n_seeds x n_genes), unless it is
     * known or seen. Copied by create. */
    const double *seeds;
    int n_seeds;
    /* Genes that do not vary: where frozen[g], gene g has the value frozen_genome[g] whenever it is
     * active (weft_genes_freeze). NULL: none. Both (n_genes), read by create alone. */
    const bool *frozen;
    const double *frozen_genome;
    /* Told apart by the caller: a genome for which it answers true is never asked for again. May be
     * NULL. Must be a pure function of what was told. */
    bool (*seen)(void *context, const double *genome);
    void *seen_context;
} weft_optimizer_settings;

WEFT_API void weft_optimizer_defaults(weft_optimizer_settings *settings);

typedef struct weft_optimizer weft_optimizer;

/* The names there are: NULL-terminated, for help and errors. */
WEFT_API const char *const *weft_optimizer_names(void);

/* What a search is like that names no optimizer. */
typedef struct weft_search_traits {
    int n_objectives;
    int n_genes; /* that vary */
    uint64_t trials;
    bool costly; /* a trial takes seconds or more, such as a training; else next to nothing */
} weft_search_traits;

typedef struct weft_search_choice {
    const char *name;   /* of weft_optimizer_names() */
    int population;     /* 0: the method's own */
    int startup_trials; /* 0: as the defaults have them */
    char reason[200];   /* one line: what decided, and what for */
} weft_search_choice;

/* The optimizer that measurements speak for (docs/explanation/which-optimizer.md). A pure function. */
WEFT_API void weft_optimizer_choose(const weft_search_traits *traits, weft_search_choice *choice);

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

/* The same beside n_out genomes (row by row) that are being evaluated: none of them is proposed again,
 * and "gp" takes a guess at their results. With n_out = 0, and with the first of a batch as those that
 * are out, it gives what weft_optimizer_ask gives. */
WEFT_API weft_status weft_optimizer_ask_beside(weft_optimizer *optimizer, const double *out,
                                               int n_out, uint64_t first_trial, int n,
                                               double *genomes, int *given,
                                               weft_error *error) WEFT_NODISCARD;

/* Tells the result of a genome, asked for or not, as that of the trial after the last one told. Of a
 * genome that was told in part (fidelity < 1) the fullest result counts, of equals the last one, in the
 * place of the first. A genome told twice in full is two trials. */
WEFT_API weft_status weft_optimizer_tell(weft_optimizer *optimizer, const double *genome,
                                         const weft_outcome *outcome,
                                         weft_error *error) WEFT_NODISCARD;

/* The same as the result of that trial: results may come in any order, late and in part, and what is
 * asked for then depends on the set of them alone. A trial has one genome (else WEFT_ERROR_USAGE), and
 * its fullest result counts. What lies behind a late or fuller result is taken in again, which costs the
 * methods that learn as much as to be told all. */
WEFT_API weft_status weft_optimizer_tell_trial(weft_optimizer *optimizer, uint64_t trial,
                                               const double *genome, const weft_outcome *outcome,
                                               weft_error *error) WEFT_NODISCARD;

/* ---- pinned and forbidden values --------------------------------------------------------------- */

/* What values a gene may have in proposals. */
typedef struct weft_restriction {
    bool pinned; /* only `value` is allowed, forbidden or not */
    double value;
    uint64_t forbidden; /* bit k: lower + k; of choices and integers of up to 64 values */
} weft_restriction;

/* From here on ask proposes only what the restrictions (n_genes; NULL: none) allow, whatever was told
 * before; values of other genes stay as good as any. Those of frozen genes are ignored. What is asked
 * for is then a function of them, too: who rebuilds an optimizer tells it its history, and restricts it
 * as it was. WEFT_ERROR_USAGE, and nothing changes, where a gene has no value left, or none that was
 * named. */
WEFT_API weft_status weft_optimizer_restrict(weft_optimizer *optimizer,
                                             const weft_restriction *restrictions,
                                             weft_error *error) WEFT_NODISCARD;

/* The same check of one gene; whether a value is allowed; and the nearest that is, by the gene's order,
 * the lower of two. */
WEFT_API weft_status weft_restriction_check(const weft_gene *gene,
                                            const weft_restriction *restriction,
                                            weft_error *error) WEFT_NODISCARD;
WEFT_API bool weft_restriction_allows(const weft_gene *gene, const weft_restriction *restriction,
                                      double value);
WEFT_API double weft_restriction_nearest(const weft_gene *gene, const weft_restriction *restriction,
                                         double value);

/* ---- minima of a function --------------------------------------------------------------------- */

enum { WEFT_SHGO_MAX_VARIABLES = 16, WEFT_SHGO_MAX_CONSTRAINTS = 64 };

/* A function of few real variables in a box, and what its minima must satisfy. The callbacks are
 * pure functions of x (n_variables), called from the calling thread alone. */
typedef struct weft_shgo_problem {
    int n_variables;
    const double *lower, *upper; /* (n_variables), finite, lower < upper */
    void *context;               /* given to every callback */
    /* Not a number or infinite: not allowed there. Where inequalities do not hold, samples are not
     * evaluated; a local solve may step over them. */
    double (*objective)(void *context, const double *x);
    /* (n_variables); NULL: differences of the objective, one evaluation a variable */
    void (*gradient)(void *context, const double *x, double *gradient);
    /* Writes n_inequalities values g(x) that must be >= 0, then n_equalities values h(x) that must
     * be 0; NULL where there are none. Samples are asked for g alone to hold. */
    void (*constraints)(void *context, const double *x, double *values);
    int n_inequalities, n_equalities;
} weft_shgo_problem;

typedef enum weft_shgo_local {
    WEFT_SHGO_SLSQP,  /* sequential quadratic programming (Kraft 1988): smooth functions */
    WEFT_SHGO_COBYLA, /* linear models (Powell 1994): kinks and small steps in the function */
    WEFT_SHGO_BOBYQA, /* quadratic models (Powell 2009): without constraints, 2 variables or more */
} weft_shgo_local;

typedef struct weft_shgo_settings {
    int points;     /* Sobol' points sampled in an iteration; 128 */
    int iterations; /* at most; one that finds no new minimum is the last; 1 */
    int starts;     /* local solves of an iteration at most, the lowest vertices first; 0: all */
    weft_shgo_local local;
    double tolerance;  /* a local solve ends with steps smaller than this share of the box; 1e-6 */
    double separation; /* minima nearer than this share of the box are one; 1e-4 */
    int64_t local_evaluations; /* of the objective in one local solve, at most; 1000 */
    int64_t evaluations;       /* of the objective altogether, at most; 0: no limit */
    bool scrambled; /* other points for every seed; false: those of Sobol', the first of them the
                     * lower corner of the box, the second its centre */
    uint64_t seed;
} weft_shgo_settings;

typedef struct weft_shgo_minima {
    size_t n;
    double *x;      /* (n, n_variables), rising values */
    double *values; /* (n) */
    int iterations;
    size_t starts;               /* local solves */
    uint64_t global_evaluations; /* of the objective: samples */
    uint64_t local_evaluations;  /* of the objective: local solves, with their differences */
    uint64_t constraint_evaluations;
} weft_shgo_minima;

WEFT_API void weft_shgo_defaults(weft_shgo_settings *settings);

/* Simplicial homology global optimisation (S. C. Endres, C. Sandrock, W. W. Focke, J. Global Optim.
 * 72, 2018): the function is sampled, the samples are joined to a simplicial complex, and a local
 * solve (NLopt) starts from each vertex that is lower than all its neighbours. *minima becomes the
 * distinct local minima, to be given to weft_shgo_clear; the same for the same arguments. A local
 * solve that leads nowhere leaves its vertex. WEFT_ERROR_INFEASIBLE where no point is found that
 * holds the constraints, WEFT_ERROR_USAGE for a problem or settings that are out of range. */
WEFT_API weft_status weft_shgo(const weft_shgo_problem *problem, const weft_shgo_settings *settings,
                               weft_shgo_minima *minima, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_shgo_clear(weft_shgo_minima *minima);

/* ---- several fidelities -------------------------------------------------------------------------
 * Brackets decide which evaluation is worth its cost, over any optimizer: a new design at a low fidelity,
 * or one that did well so far at the next. A job is one evaluation:
 *
 *     weft_brackets_next(brackets, &job, &error);
 *     if (job.begins) weft_optimizer_ask(optimizer, job.design, 1, genome, &given, &error);
 *     weft_brackets_begin(brackets, &job, &error);
 *     ... evaluate design job.design at fidelity job.fidelity ...
 *     weft_brackets_tell(brackets, &job, &outcome, &error);
 *     weft_optimizer_tell_trial(optimizer, job.design, genome, &outcome, &error);
 *
 * What is next is a function of the settings, and of the sets of jobs that are out and that were told; not
 * of their order. */
enum { WEFT_MAX_RUNGS = 16 };

typedef struct weft_brackets_settings {
    const char *name; /* one of weft_brackets_names() */
    int n_objectives; /* "median": 1 */
    int n_fidelities; /* from the cheapest to the whole evaluation; 2 to WEFT_MAX_RUNGS */
    double reduction; /* of the designs of a rung, one of so many goes on to the next; 3 */
    int first_rung;   /* "halving": designs of a bracket; 0: reduction^(n_fidelities - 1) */
    int least_whole;  /* "median": designs evaluated as a whole before any is stopped; 5 */
} weft_brackets_settings;

WEFT_API void weft_brackets_defaults(weft_brackets_settings *settings);

/* The names there are: NULL-terminated. */
WEFT_API const char *const *weft_brackets_names(void);

/* One evaluation. */
typedef struct weft_job {
    uint64_t design; /* from 0, in the order in which they are begun: the trial of the optimizer */
    bool begins;     /* the design is new; else it goes on */
    int bracket, rung, fidelity;
} weft_job;

typedef struct weft_brackets weft_brackets;

WEFT_API weft_status weft_brackets_create(const weft_brackets_settings *settings,
                                          weft_brackets **brackets,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_brackets_destroy(weft_brackets *brackets);

/* The job to begin next. WEFT_DONE: none, before more is told, or at all; that is only once there are no
 * new designs. */
WEFT_API weft_status weft_brackets_next(weft_brackets *brackets, weft_job *job,
                                        weft_error *error) WEFT_NODISCARD;

/* The optimizer has no more designs to give. */
WEFT_API void weft_brackets_exhaust(weft_brackets *brackets);

/* The job is out. */
WEFT_API weft_status weft_brackets_begin(weft_brackets *brackets, const weft_job *job,
                                         weft_error *error) WEFT_NODISCARD;

/* The job is done; one that was not begun is begun and done, so a history is told job by job. Only a
 * result with `fidelity` below 1 may go on: a design that is known to be infeasible before it is evaluated
 * has 1, and does not count among those of its rung. Told twice is WEFT_ERROR_USAGE. */
WEFT_API weft_status weft_brackets_tell(weft_brackets *brackets, const weft_job *job,
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

/* Exact hypervolume of n points (row by row) against a reference point, 1 to 6 objectives; points
 * that do not dominate the reference count nothing. 2-d: sort and sweep; 3-d: sweep with a
 * maintained 2-d front (Fonseca, Paquete, Lopez-Ibanez 2006), O(n log n); from 4 on WFG (While,
 * Bradstreet, Barone 2012), exponential in the worst case, quick on fronts as they occur. */
WEFT_API weft_status weft_hypervolume(const double *points, size_t n, int n_objectives,
                                      const double *reference, double *volume,
                                      weft_error *error) WEFT_NODISCARD;

/* An unbiased estimate of the hypervolume and its standard error, any number of objectives, of
 * `samples` >= 2 points drawn with `seed`: the same for the same arguments. Where the points' boxes
 * overlap much, the points are uniform in the box around them all, otherwise in the boxes, each
 * counted once (Karp and Luby 1983): whichever is drawn from the smaller volume. */
WEFT_API weft_status weft_hypervolume_estimate(const double *points, size_t n, int n_objectives,
                                               const double *reference, uint64_t samples,
                                               uint64_t seed, double *volume,
                                               double *standard_error,
                                               weft_error *error) WEFT_NODISCARD;

/* How coarse an epsilon-front is. */
typedef enum weft_epsilon {
    WEFT_EPSILON_ADDITIVE,       /* a <= b + epsilon */
    WEFT_EPSILON_MULTIPLICATIVE, /* a <= (1 + epsilon) b; objectives above 0 */
} weft_epsilon;

/* Which of n points to keep so that each is epsilon-dominated by a kept one, which no point
 * dominates (Laumanns et al. 2002): one in each box of a grid of width epsilon (m) that no other
 * box with points dominates, the one nearest to the box's best corner, the first of equals. The
 * grid begins at 0 (at 1, multiplicative). Writes their indices, rising, to kept (room for n).
 * Finite points. */
WEFT_API weft_status weft_epsilon_front(const double *points, size_t n, int n_objectives,
                                        weft_epsilon kind, const double *epsilon, size_t *kept,
                                        size_t *n_kept, weft_error *error) WEFT_NODISCARD;

/* IGD+ (Ishibuchi et al. 2015): how far the reference points are, in the mean, from what the points
 * dominate; 0 for the reference itself. Weakly Pareto compliant: more or better points never raise
 * it. Objectives count as they are, so scale them alike. Any number of them; infinite for no
 * points, NaN for no reference or where a coordinate is NaN. O(n n_reference). */
WEFT_API double weft_igd_plus(const double *points, size_t n, const double *reference,
                              size_t n_reference, int n_objectives);

/* The additive epsilon indicator (Zitzler et al. 2003): the least amount that, taken off every
 * objective of the points, makes each reference point weakly dominated; below 0 where they are
 * better. The same conditions. */
WEFT_API double weft_epsilon_indicator(const double *points, size_t n, const double *reference,
                                       size_t n_reference, int n_objectives);

/* The knee of a front: objectives are normalised over the front's members (0: best, 1: worst); it
 * is the member with the least sum of them. With two objectives that is the one farthest from the
 * line between the front's ends, towards the ideal point (Das, "On characterizing the knee of the
 * Pareto curve", 1999). `values` is (n, n_objectives), minimised; the first of equals. n > 0. */
WEFT_API size_t weft_knee(const double *values, size_t n, int n_objectives);

/* Fast non-dominated ranks (0 is the front) and crowding distances of n points (Deb et al. 2002);
 * either output may be NULL. */
WEFT_API weft_status weft_nondominated_ranks(const double *points, size_t n, int n_objectives,
                                             int *ranks, double *crowding,
                                             weft_error *error) WEFT_NODISCARD;

/* ---- several seeds --------------------------------------------------------------------------- */

/* The points of one run (row by row, borrowed); they need not be a front. */
typedef struct weft_points {
    const double *points; /* (n, n_objectives) */
    size_t n;
} weft_points;

/* What at least k of the runs attain, 2 objectives: the vectors that points of k runs weakly
 * dominate, given by their front (Grunert da Fonseca, Fonseca, Hall 2001). k = 1 is the best, k =
 * n_runs the worst case, their middle the median. *vectors becomes (*n, 2), by the first objective,
 * to be freed by the caller; NULL for none. O(N log N + N n_runs) for N points. */
WEFT_API weft_status weft_attainment(const weft_points *runs, size_t n_runs, size_t k,
                                     double **vectors, size_t *n, weft_error *error) WEFT_NODISCARD;

/* The share of the runs that attain a vector: have a point no worse in every objective. Any number
 * of objectives. NaN for no runs. */
WEFT_API double weft_attained(const weft_points *runs, size_t n_runs, int n_objectives,
                              const double *vector);

/* Of numbers such as the hypervolumes of several runs: least, lower quartile, median, upper
 * quartile, largest; linear between order statistics (Hyndman and Fan 1996, type 7). NaN where n is
 * 0 or a value is NaN. */
WEFT_API weft_status weft_quartiles(const double *values, size_t n, double quartiles[5],
                                    weft_error *error) WEFT_NODISCARD;

/* ---- which genes matter ---------------------------------------------------------------------- */

/* Importance of genes by functional analysis of variance: F. Hutter, H. Hoos, K. Leyton-Brown, "An
 * efficient approach for assessing hyperparameter importance", ICML 2014. A random forest is fitted
 * to finished trials; its prediction f is a step function, so that with every gene independent and
 * uniform over its range (uniform in the logarithm with log_scale) its parts
 *
 *     f_g(x_g) = E[f | x_g] - E[f],   f_gh = E[f | x_g, x_h] - f_g - f_h - E[f],   ...
 *
 * and their variances are sums over leaves; the variances of all parts add up to that of f. An
 * inactive gene may have any value and changes nothing, so a conditional gene counts as often as its
 * parents let it act. A gene that has one value in all trials stands there. The table's `legal` is not
 * asked for: f goes on where no design may be. */
typedef struct weft_importance_settings {
    uint64_t seed;
    int trees;      /* 64 */
    int least_leaf; /* trials in a leaf; 2 */
    int pair_genes; /* pairs of so many genes are looked at: those that most splits gain by; 12 */
} weft_importance_settings;

WEFT_API void weft_importance_defaults(weft_importance_settings *settings);

/* Shares of the variance of f. A deviation is how far the trees disagree, each grown on a sample of
 * the trials with repetition: a share within two of them may be none. */
typedef struct weft_gene_share {
    double share, deviation;
    /* E[f | x_g] at its least and at its most, and a value of the gene there. */
    double least, least_at, most, most_at;
} weft_gene_share;

typedef struct weft_pair_share {
    int first, second; /* genes */
    double share, deviation;
} weft_pair_share;

typedef struct weft_importance {
    int n_genes;
    size_t n_trials;
    double r2;              /* of trials by trees that did not see them; below 0.5 f says little */
    double mean, variance;  /* of f, in the values' unit */
    weft_gene_share *genes; /* (n_genes), in the order of the table */
    int n_pairs;
    weft_pair_share *pairs; /* (n_pairs), the largest first */
    double rest;            /* share of more genes together, and of pairs not looked at */
} weft_importance;

/* Of n canonical genomes (row by row) with finite values. WEFT_ERROR_USAGE where there are fewer
 * than 16, all values are equal, or no gene varies in the trials. Needs
 * O(trees n log(n) n_genes / 3) time. */
WEFT_API weft_status weft_importance_of(const weft_gene_table *table, const double *genomes,
                                        const double *values, size_t n,
                                        const weft_importance_settings *settings,
                                        weft_importance **importance,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_importance_destroy(weft_importance *importance);

/* What sets some trials apart from the others: for each gene the information that its value gives on
 * membership, and for each value how much more often members have it. Of a gene only the trials
 * count in which it is active. */
typedef struct weft_value_separation {
    double lower, upper;    /* the values meant, of a gene of few values one */
    size_t members, others; /* with it */
    double odds;            /* of membership with the value over those without; 0 to infinity */
    double p, corrected;    /* Fisher's exact test, two-sided */
} weft_value_separation;

typedef struct weft_gene_separation {
    size_t members, others; /* in which the gene is active */
    double information;     /* bit, of at most 1 */
    /* How likely it is to be as large where membership has nothing to do with the gene: permuted
     * memberships, until 20 were as large or 10 000 were drawn (J. Besag, P. Clifford, "Sequential
     * Monte Carlo p-values", Biometrika 78, 1991). Corrected for all genes after S. Holm ("A simple
     * sequentially rejective multiple test procedure", 1979), as are values for all values. */
    double p, corrected;
    int n_values;
    weft_value_separation *values; /* (n_values), rising; genes of many values in up to 8 ranges */
} weft_gene_separation;

typedef struct weft_separation {
    int n_genes;
    weft_gene_separation *genes; /* (n_genes), in the order of the table */
} weft_separation;

/* WEFT_ERROR_USAGE where no trial is a member, or every one. */
WEFT_API weft_status weft_separation_of(const weft_gene_table *table, const double *genomes,
                                        const bool *member, size_t n, uint64_t seed,
                                        weft_separation **separation,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_separation_destroy(weft_separation *separation);

#endif
