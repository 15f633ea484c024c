/* SPDX-License-Identifier: Apache-2.0
 *
 * Several fidelities: the published sizes of brackets, twins of the published algorithms, and what holds for
 * all of them over every optimizer. */
#include "search/support.h"

#include <math.h>

static weft_brackets *make_brackets(const char *name, int n_fidelities, double reduction) {
    weft_error error;
    weft_brackets *brackets = NULL;
    weft_brackets_settings settings;
    weft_brackets_defaults(&settings);
    settings.name = name;
    settings.n_fidelities = n_fidelities;
    settings.reduction = reduction;
    if (weft_brackets_create(&settings, &brackets, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return brackets;
}

static weft_job next_job(weft_brackets *brackets) {
    weft_error error;
    weft_job job;
    assert_int_equal(weft_brackets_next(brackets, &job, &error), WEFT_OK);
    return job;
}

static void begin_job(weft_brackets *brackets, const weft_job *job) {
    weft_error error;
    assert_int_equal(weft_brackets_begin(brackets, job, &error), WEFT_OK);
}

static void tell_job(weft_brackets *brackets, const weft_job *job, const weft_outcome *outcome) {
    weft_error error;
    if (weft_brackets_tell(brackets, job, outcome, &error) != WEFT_OK) {
        fail_msg("tell: %s", error.message);
    }
}

/* A made-up loss of a design at a fidelity: a number of its own, and noise that more fidelity takes away. */
static double loss_of(uint64_t design, int fidelity) {
    weft_rng a = weft_rng_make(design, WEFT_PURPOSE_ASK, 0);
    weft_rng b = weft_rng_make(design, WEFT_PURPOSE_ASK, 1 + (uint64_t)fidelity);
    return weft_rng_uniform(&a) + 0.5 * weft_rng_uniform(&b) / (1.0 + fidelity);
}

static weft_outcome outcome_at(const weft_job *job, int n_fidelities) {
    return (weft_outcome){.state = WEFT_OUTCOME_OK,
                          .objectives = {loss_of(job->design, job->fidelity)},
                          .fidelity = (job->fidelity + 1.0) / n_fidelities};
}

/* ---- sizes -------------------------------------------------------------------------------------- */

enum { MOST_BRACKETS = 6, MOST_RUNGS = 5 };

/* Runs until a bracket past the first `n` is begun; counts the jobs of each rung. */
static void count_rungs(weft_brackets *brackets, int n, int n_fidelities,
                        int counts[MOST_BRACKETS][MOST_RUNGS]) {
    memset(counts, 0, sizeof(int[MOST_BRACKETS][MOST_RUNGS]));
    for (;;) {
        weft_job job = next_job(brackets);
        if (job.bracket >= n) {
            return;
        }
        counts[job.bracket][job.rung]++;
        weft_outcome outcome = outcome_at(&job, n_fidelities);
        tell_job(brackets, &job, &outcome);
    }
}

/* Li et al. 2018: R = 81, eta = 3; and the table of the package mlr3hyperband for R = 8, eta = 2. */
static void test_hyperband_has_the_published_sizes(void **state) {
    (void)state;
    static const int table_81[5][MOST_RUNGS] = {
        {81, 27, 9, 3, 1}, {34, 11, 3, 1}, {15, 5, 1}, {8, 2}, {5}};
    static const int table_8[4][MOST_RUNGS] = {{8, 4, 2, 1}, {6, 3, 1}, {4, 2}, {4}};
    int counts[MOST_BRACKETS][MOST_RUNGS];
    weft_brackets *brackets = make_brackets("hyperband", 5, 3.0);
    count_rungs(brackets, 6, 5, counts);
    assert_memory_equal(counts, table_81, sizeof table_81);
    assert_memory_equal(counts[5], table_81[0], sizeof table_81[0]); /* and again */
    weft_brackets_destroy(brackets);
    brackets = make_brackets("hyperband", 4, 2.0);
    count_rungs(brackets, 4, 4, counts);
    assert_memory_equal(counts, table_8, sizeof table_8);
    weft_brackets_destroy(brackets);
}

static void test_halving_takes_the_best(void **state) {
    (void)state;
    enum { N = 27 };
    weft_brackets *brackets = make_brackets("halving", 4, 3.0);
    bool on_rung[4][N] = {{false}};
    int counts[4] = {0};
    for (int i = 0; i < 27 + 9 + 3 + 1; i++) {
        weft_job job = next_job(brackets);
        assert_int_equal(job.bracket, 0);
        assert_int_equal(job.fidelity, job.rung);
        assert_int_equal(job.begins, job.rung == 0);
        on_rung[job.rung][job.design] = true;
        counts[job.rung]++;
        weft_outcome outcome = outcome_at(&job, 4);
        tell_job(brackets, &job, &outcome);
    }
    for (int k = 0; k < 3; k++) {
        assert_int_equal(counts[k], k == 0 ? 27 : k == 1 ? 9 : 3);
        for (int a = 0; a < N; a++) { /* nobody who stayed was better than one who went on */
            for (int b = 0; b < N; b++) {
                bool stayed = on_rung[k][a] && !on_rung[k + 1][a];
                assert_false(stayed && on_rung[k + 1][b] &&
                             loss_of((uint64_t)a, k) < loss_of((uint64_t)b, k));
            }
        }
    }
    assert_int_equal(next_job(brackets).bracket, 1);
    weft_brackets_destroy(brackets);
}

static void test_halving_takes_the_size_that_is_set(void **state) {
    (void)state;
    weft_error error;
    weft_brackets *brackets = NULL;
    weft_brackets_settings settings;
    int counts[MOST_BRACKETS][MOST_RUNGS];
    static const int sizes[MOST_RUNGS] = {20, 10, 5};
    weft_brackets_defaults(&settings);
    settings.name = "halving";
    settings.n_fidelities = 3;
    settings.reduction = 2.0;
    settings.first_rung = 20;
    assert_int_equal(weft_brackets_create(&settings, &brackets, &error), WEFT_OK);
    count_rungs(brackets, 2, 3, counts);
    assert_memory_equal(counts[0], sizes, sizeof sizes);
    assert_memory_equal(counts[1], sizes, sizeof sizes);
    weft_brackets_destroy(brackets);
}

/* ---- twins --------------------------------------------------------------------------------------- */

enum { TWIN_RUNGS = 4, TWIN_JOBS = 150 };

typedef struct twin {
    int n; /* designs */
    double loss[TWIN_RUNGS][TWIN_JOBS];
    bool told[TWIN_RUNGS][TWIN_JOBS];
    bool begun[TWIN_RUNGS][TWIN_JOBS];
} twin;

/* Algorithm 2 of the paper, by counting: the design among the best floor(|rung| / 3) of the highest rung
 * that did not go on yet. */
static weft_job asha_twin(const twin *t) {
    for (int k = TWIN_RUNGS - 2; k >= 0; k--) {
        int size = 0;
        int best = -1;
        for (int d = 0; d < t->n; d++) {
            size += t->told[k][d];
        }
        for (int d = 0; d < t->n; d++) {
            int better = 0;
            for (int e = 0; e < t->n; e++) {
                better += t->told[k][e] && t->loss[k][e] < t->loss[k][d];
            }
            bool may = t->told[k][d] && better < size / 3 && !t->begun[k + 1][d];
            if (may && (best < 0 || t->loss[k][d] < t->loss[k][best])) {
                best = d;
            }
        }
        if (best >= 0) {
            return (weft_job){.design = (uint64_t)best, .rung = k + 1, .fidelity = k + 1};
        }
    }
    return (weft_job){.design = (uint64_t)t->n, .begins = true};
}

static double mean_up_to(const twin *t, int k, int d) {
    double sum = 0.0;
    for (int i = 0; i <= k; i++) {
        sum += t->loss[i][d];
    }
    return sum / (k + 1);
}

/* The stopping rule of section 3.2.2: as many means lie below the best value as not. */
static bool goes_on(const twin *t, int k, int d) {
    double best = INFINITY;
    double means[TWIN_JOBS];
    int n = 0;
    for (int i = 0; i <= k; i++) {
        best = fmin(best, t->loss[i][d]);
    }
    for (int e = 0; e < t->n; e++) {
        if (t->told[TWIN_RUNGS - 1][e]) {
            int place = n++;
            for (; place > 0 && means[place - 1] > mean_up_to(t, k, e); place--) {
                means[place] = means[place - 1];
            }
            means[place] = mean_up_to(t, k, e);
        }
    }
    return n < 5 || !(best > 0.5 * (means[(n - 1) / 2] + means[n / 2]));
}

static weft_job median_twin(const twin *t) {
    for (int k = TWIN_RUNGS - 2; k >= 0; k--) {
        for (int d = 0; d < t->n; d++) {
            if (t->told[k][d] && !t->begun[k + 1][d] && goes_on(t, k, d)) {
                return (weft_job){.design = (uint64_t)d, .rung = k + 1, .fidelity = k + 1};
            }
        }
    }
    return (weft_job){.design = (uint64_t)t->n, .begins = true};
}

/* Four workers, who give back what they did in any order. */
static void compare_with(const char *name, weft_job (*next_of)(const twin *t)) {
    static twin t;
    memset(&t, 0, sizeof t);
    weft_brackets *brackets = make_brackets(name, TWIN_RUNGS, 3.0);
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_ASK, 0);
    weft_job out[4];
    int n_out = 0;
    int on[TWIN_RUNGS] = {0};
    for (int i = 0; i < TWIN_JOBS; i++) {
        weft_job job = next_job(brackets);
        weft_job expected = next_of(&t);
        assert_true(job.design == expected.design && job.begins == expected.begins);
        assert_true(job.fidelity == expected.fidelity && job.rung == expected.rung);
        begin_job(brackets, &job);
        t.begun[job.rung][job.design] = true;
        t.n += job.begins;
        on[job.rung]++;
        out[n_out++] = job;
        if (n_out == 4) {
            int w = (int)weft_rng_below(&rng, 4);
            weft_outcome outcome = outcome_at(&out[w], TWIN_RUNGS);
            tell_job(brackets, &out[w], &outcome);
            t.told[out[w].rung][out[w].design] = true;
            t.loss[out[w].rung][out[w].design] = outcome.objectives[0];
            out[w] = out[--n_out];
        }
    }
    print_message("%s: %d, %d, %d, %d jobs on the rungs\n", name, on[0], on[1], on[2], on[3]);
    assert_true(on[0] > on[TWIN_RUNGS - 1] && on[TWIN_RUNGS - 1] > 1);
    weft_brackets_destroy(brackets);
}

static void test_asha_is_its_twin(void **state) {
    (void)state;
    compare_with("asha", asha_twin);
}

static void test_median_is_its_twin(void **state) {
    (void)state;
    compare_with("median", median_twin);
}

/* ---- over every optimizer ------------------------------------------------------------------------ */

enum { N_GENES = 15, N_FIDELITIES = 3, MOST_JOBS = 72 };

static weft_gene genes[N_GENES];
static weft_gene_table table = {.genes = genes, .n_genes = N_GENES};

static int set_up(void **state) {
    (void)state;
    imc_genes(genes);
    return 0;
}

/* What a store keeps of a search. */
typedef struct row {
    weft_job job;
    double genome[N_GENES];
    weft_outcome outcome;
} row;

typedef struct search {
    weft_brackets *brackets;
    weft_optimizer *optimizer;
    row rows[MOST_JOBS];
    int n;
} search;

static void open_search(search *s, const char *scheme, const char *method) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = method;
    settings.seed = 3;
    settings.startup_trials = 8;
    settings.population = 8;
    settings.scored = 20;
    settings.sample = 40;
    settings.screened = 20;
    settings.phase_generations = 1;
    settings.limit = 1000000000;
    s->n = 0;
    s->brackets = make_brackets(scheme, N_FIDELITIES, 2.0);
    s->optimizer = make_optimizer(&table, &settings);
}

static void close_search(search *s) {
    weft_brackets_destroy(s->brackets);
    weft_optimizer_destroy(s->optimizer);
}

static weft_outcome evaluate(const double *genome, int fidelity) {
    double width = 0.0;
    double kinds = 0.0;
    for (int j = 0; j < 7; j++) {
        width += isnan(genome[2 + 2 * j]) ? 0.0 : genome[2 + 2 * j];
        kinds += isnan(genome[1 + 2 * j]) ? 0.0 : genome[1 + 2 * j];
    }
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .fidelity = (fidelity + 1.0) / N_FIDELITIES};
    outcome.objectives[0] = 60.0 - width * (fidelity + 1.0) / N_FIDELITIES - kinds;
    if (kinds > 8.0) {
        outcome.state = WEFT_OUTCOME_INFEASIBLE;
        outcome.violation = kinds - 8.0;
        outcome.fidelity = 1.0;
    } else if (width == 7.0) {
        outcome.state = WEFT_OUTCOME_FAILED;
    }
    return outcome;
}

/* The genome of a job: asked for, or that of its design's first row. */
static void take_genome(search *s, const weft_job *job, const double *out, int n_out,
                        double *genome) {
    if (job->begins) {
        weft_error error;
        int given = 0;
        assert_int_equal(weft_optimizer_ask_beside(s->optimizer, out, n_out, job->design, 1, genome,
                                                   &given, &error),
                         WEFT_OK);
        assert_int_equal(given, 1);
        return;
    }
    for (int i = 0; i < s->n; i++) {
        if (s->rows[i].job.design == job->design && s->rows[i].job.begins) {
            memcpy(genome, s->rows[i].genome, sizeof s->rows[i].genome);
            return;
        }
    }
    fail_msg("design %d goes on, and was never begun", (int)job->design);
}

static void tell_row(search *s, const row *told) {
    weft_error error;
    tell_job(s->brackets, &told->job, &told->outcome);
    if (weft_optimizer_tell_trial(s->optimizer, told->job.design, told->genome, &told->outcome,
                                  &error) != WEFT_OK) {
        fail_msg("tell: %s", error.message);
    }
}

/* One batch: begun from one history, told in reverse where `reversed`. */
static void run_batch(search *s, int batch, bool reversed) {
    double out[8 * N_GENES];
    int n_out = 0;
    int first = s->n;
    assert_true(batch <= 8);
    for (int i = 0; i < batch; i++) {
        row *r = &s->rows[s->n];
        r->job = next_job(s->brackets);
        take_genome(s, &r->job, out, n_out, r->genome);
        memcpy(&out[n_out++ * N_GENES], r->genome, sizeof r->genome);
        begin_job(s->brackets, &r->job);
        r->outcome = evaluate(r->genome, r->job.fidelity);
        s->n++;
    }
    for (int i = 0; i < batch; i++) {
        tell_row(s, &s->rows[reversed ? first + batch - 1 - i : first + i]);
    }
}

static void assert_same_rows(const search *a, const search *b, const char *scheme,
                             const char *method) {
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) {
        const row *x = &a->rows[i];
        const row *y = &b->rows[i];
        if (x->job.design != y->job.design || x->job.fidelity != y->job.fidelity ||
            x->job.bracket != y->job.bracket || x->job.rung != y->job.rung ||
            memcmp(x->genome, y->genome, sizeof x->genome) != 0) {
            fail_msg("%s over %s: job %d is another", scheme, method, i);
        }
    }
}

/* The order of telling changes nothing; a search that is cut anywhere and told its rows again goes on as if
 * it had not been; nothing is evaluated twice at a fidelity. */
static void check_search(const char *scheme, const char *method, int batch, int jobs) {
    static search straight;
    static search cut;
    open_search(&straight, scheme, method);
    open_search(&cut, scheme, method);
    while (straight.n < jobs) {
        run_batch(&straight, batch, false);
        run_batch(&cut, batch, true);
        if (cut.n / batch % 3 == 1) {
            close_search(&cut);
            int n = cut.n;
            open_search(&cut, scheme, method);
            for (; cut.n < n; cut.n++) {
                tell_row(&cut, &cut.rows[cut.n]);
            }
        }
    }
    assert_same_rows(&straight, &cut, scheme, method);
    for (int i = 0; i < straight.n; i++) {
        const row *x = &straight.rows[i];
        assert_true(weft_genome_legal(&table, x->genome));
        for (int j = 0; j < i; j++) {
            const row *y = &straight.rows[j];
            bool same = weft_genome_equal(&table, x->genome, y->genome);
            assert_int_equal(same, x->job.design == y->job.design);
            assert_false(same && x->job.fidelity == y->job.fidelity);
        }
    }
    close_search(&straight);
    close_search(&cut);
}

static void test_any_optimizer_in_brackets(void **state) {
    (void)state;
    for (const char *const *scheme = weft_brackets_names(); *scheme != NULL; scheme++) {
        for (const char *const *method = weft_optimizer_names(); *method != NULL; method++) {
            check_search(*scheme, *method, 4, 36);
        }
        for (int batch = 1; batch <= 8; batch++) {
            check_search(*scheme, "nsga2", batch, 64);
        }
    }
}

/* ---- what does not go on ------------------------------------------------------------------------- */

/* Designs that are infeasible before they are evaluated: of three that count one goes on, however many of
 * the others there were. */
static void test_infeasible_designs_do_not_count(void **state) {
    (void)state;
    weft_brackets *brackets = make_brackets("halving", 2, 3.0);
    int begun = 0;
    int on = 0;
    for (weft_job job = next_job(brackets); job.bracket == 0; job = next_job(brackets)) {
        weft_outcome outcome = outcome_at(&job, 2);
        if (job.design % 2 == 0) {
            outcome.state = WEFT_OUTCOME_INFEASIBLE;
            outcome.violation = 1.0;
            outcome.fidelity = 1.0;
        }
        assert_false(job.rung > 0 && job.design % 2 == 0);
        begun += job.begins;
        on += job.rung == 1;
        tell_job(brackets, &job, &outcome);
    }
    assert_int_equal(begun, 6); /* 3 that count, and every other one before them */
    assert_int_equal(on, 1);
    weft_brackets_destroy(brackets);
}

/* What fails does not go on; what breaks a constraint in part of the evaluation goes on last. */
static void test_what_fails_stays(void **state) {
    (void)state;
    weft_brackets *brackets = make_brackets("halving", 2, 3.0);
    for (uint64_t d = 0; d < 3; d++) {
        weft_job job = next_job(brackets);
        weft_outcome outcome = outcome_at(&job, 2);
        outcome.state = d == 1 ? WEFT_OUTCOME_INFEASIBLE : WEFT_OUTCOME_FAILED;
        outcome.violation = 1.0;
        tell_job(brackets, &job, &outcome);
    }
    weft_job job = next_job(brackets);
    assert_true(job.design == 1 && job.rung == 1);
    weft_brackets_destroy(brackets);
}

/* Where the optimizer has no more designs, what there is goes on to the end. */
static void test_an_exhausted_space_ends(void **state) {
    (void)state;
    for (const char *const *scheme = weft_brackets_names(); *scheme != NULL; scheme++) {
        weft_brackets *brackets = make_brackets(*scheme, 3, 2.0);
        weft_error error;
        weft_job job;
        weft_status status;
        int whole = 0;
        int jobs = 0;
        while ((status = weft_brackets_next(brackets, &job, &error)) == WEFT_OK) {
            if (job.begins && job.design == 10) {
                weft_brackets_exhaust(brackets);
                continue;
            }
            weft_outcome outcome = outcome_at(&job, 3);
            tell_job(brackets, &job, &outcome);
            whole += job.fidelity == 2;
            jobs++;
        }
        assert_int_equal(status, WEFT_DONE);
        assert_true(whole >= 1 && jobs > 10 && jobs <= 30);
        weft_brackets_destroy(brackets);
    }
}

/* ---- what it saves ------------------------------------------------------------------------------- */

/* 24 x 24 designs; the optimum is (17, 5), with loss 0. A fraction f of the evaluation sees the loss through
 * a bias that favours small first genes, and leads to another optimum where f is small. */
enum { SIDE = 24, TOY_FIDELITIES = 4 };
static const double toy_shares[TOY_FIDELITIES] = {1.0 / 27, 1.0 / 9, 1.0 / 3, 1.0};

static double toy_loss(const double *genome, double share) {
    double x = (genome[0] - 17.0) / SIDE;
    double y = (genome[1] - 5.0) / SIDE;
    double bias = 0.1 * genome[0] / SIDE + 0.01 * sin(7.0 * genome[0] + 3.0 * genome[1]);
    return x * x + y * y + (1.0 - share) * bias;
}

/* What it costs, in whole evaluations, until the optimum was evaluated as a whole; brackets NULL: all
 * are. */
static double toy_cost(const char *scheme, const char *method, uint64_t seed) {
    weft_gene two[2] = {{.kind = WEFT_GENE_INTEGER, .upper = SIDE - 1},
                        {.kind = WEFT_GENE_INTEGER, .upper = SIDE - 1}};
    weft_gene_table square = {.genes = two, .n_genes = 2};
    static double designs[SIDE * SIDE][2];
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = method;
    settings.seed = seed;
    weft_optimizer *optimizer = make_optimizer(&square, &settings);
    weft_brackets *brackets = scheme != NULL ? make_brackets(scheme, TOY_FIDELITIES, 3.0) : NULL;
    double cost = 0.0;
    for (uint64_t t = 0;; t++) {
        weft_error error;
        weft_job job = {.design = t, .begins = true, .fidelity = TOY_FIDELITIES - 1};
        if (brackets != NULL) {
            job = next_job(brackets);
        }
        double *genome = designs[job.design];
        if (job.begins) {
            ask_all(optimizer, job.design, 1, genome);
        }
        double share = toy_shares[job.fidelity];
        cost += share - (job.begins ? 0.0 : toy_shares[job.fidelity - 1]);
        weft_outcome outcome = {
            .state = WEFT_OUTCOME_OK, .objectives = {toy_loss(genome, share)}, .fidelity = share};
        if (share == 1.0 && outcome.objectives[0] == 0.0) {
            break;
        }
        if (brackets != NULL) {
            tell_job(brackets, &job, &outcome);
        }
        assert_int_equal(weft_optimizer_tell_trial(optimizer, job.design, genome, &outcome, &error),
                         WEFT_OK);
        if (job.begins && job.design == SIDE * SIDE - 1) {
            cost = INFINITY; /* the space is exhausted, and the optimum was held back */
            break;
        }
    }
    weft_brackets_destroy(brackets);
    weft_optimizer_destroy(optimizer);
    return cost;
}

static int by_cost(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median_cost(const char *scheme, const char *method) {
    enum { SEEDS = 15 };
    double costs[SEEDS];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        costs[seed] = toy_cost(scheme, method, seed);
    }
    qsort(costs, SEEDS, sizeof *costs, by_cost);
    return costs[SEEDS / 2];
}

/* How many designs look better than the optimum at a fidelity. */
static int misled(double share) {
    static const double optimum[2] = {17.0, 5.0};
    int n = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double genome[2] = {i / SIDE, i % SIDE};
        n += toy_loss(genome, share) < toy_loss(optimum, share);
    }
    return n;
}

static void test_brackets_cost_less_than_whole_evaluations(void **state) {
    (void)state;
    assert_int_equal(misled(1.0), 0);
    for (int k = 0; k + 1 < TOY_FIDELITIES; k++) {
        assert_true(misled(toy_shares[k]) > 2);
    }
    double whole = median_cost(NULL, "random");
    for (const char *const *scheme = weft_brackets_names(); *scheme != NULL; scheme++) {
        double cost = median_cost(*scheme, "random");
        print_message("%s over random: %.1f whole evaluations to the optimum, %.1f without\n",
                      *scheme, cost, whole);
        assert_true(cost < 0.6 * whole);
    }
}

/* ---- bad input ------------------------------------------------------------------------------------ */

static void refuse(const weft_brackets_settings *settings, const char *text) {
    weft_error error = {0};
    weft_brackets *brackets = NULL;
    assert_int_equal(weft_brackets_create(settings, &brackets, &error), WEFT_ERROR_USAGE);
    assert_null(brackets);
    if (strstr(error.message, text) == NULL && strstr(error.hint, text) == NULL) {
        fail_msg("'%s' (%s) does not say '%s'", error.message, error.hint, text);
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_brackets_settings good;
    weft_brackets_defaults(&good);
    weft_brackets_settings bad = good;
    bad.name = "hyperbands";
    refuse(&bad, "did you mean 'hyperband'");
    bad.name = NULL;
    refuse(&bad, "halving, hyperband, asha or median");
    bad = good;
    bad.n_fidelities = 1;
    refuse(&bad, "1 fidelities; expected 2 to 16");
    bad.n_fidelities = 17;
    refuse(&bad, "17 fidelities");
    bad = good;
    bad.reduction = 1.0;
    refuse(&bad, "reduction 1");
    bad.reduction = NAN;
    refuse(&bad, "reduction");
    bad = good;
    bad.name = "median";
    bad.n_objectives = 2;
    refuse(&bad, "one objective; found 2");
    bad = good;
    bad.least_whole = 0;
    refuse(&bad, "0 whole ones");
}

static void test_bad_jobs(void **state) {
    (void)state;
    weft_error error;
    weft_brackets *brackets = make_brackets("asha", 3, 3.0);
    weft_job job = next_job(brackets);
    weft_outcome outcome = outcome_at(&job, 3);
    tell_job(brackets, &job, &outcome);
    assert_int_equal(weft_brackets_tell(brackets, &job, &outcome, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "design 0 at fidelity 0 a second time"));
    job.fidelity = 3;
    assert_int_equal(weft_brackets_begin(brackets, &job, &error), WEFT_ERROR_USAGE);
    job = (weft_job){.rung = 2, .fidelity = 1};
    assert_int_equal(weft_brackets_begin(brackets, &job, &error), WEFT_ERROR_USAGE);
    weft_brackets_destroy(brackets);
    weft_brackets_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hyperband_has_the_published_sizes),
        cmocka_unit_test(test_halving_takes_the_best),
        cmocka_unit_test(test_halving_takes_the_size_that_is_set),
        cmocka_unit_test(test_asha_is_its_twin),
        cmocka_unit_test(test_median_is_its_twin),
        cmocka_unit_test(test_any_optimizer_in_brackets),
        cmocka_unit_test(test_infeasible_designs_do_not_count),
        cmocka_unit_test(test_what_fails_stays),
        cmocka_unit_test(test_an_exhausted_space_ends),
        cmocka_unit_test(test_brackets_cost_less_than_whole_evaluations),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_bad_jobs),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
