/* SPDX-License-Identifier: Apache-2.0
 *
 * Gaussian processes as an optimizer: constraints, failures, limits, and that what is asked for depends
 * on what was told alone. */
#include "search/gp_support.h"
#include "search/sampling.h"

static bool is_quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

/* ---- constraints and failures ---------------------------------------------------------------- */

/* Branin inside a disk around its third minimum's neighbourhood alone; right of it nothing can be
 * evaluated at all. */
static void evaluate_fenced(const double *x, weft_outcome *outcome) {
    double off = hypot(x[0] - 2.5, x[1] - 4.0) - 3.0;
    outcome->objectives[0] = branin(x[0], x[1]) - 0.397887;
    if (x[0] > 7.0) {
        outcome->state = WEFT_OUTCOME_FAILED;
    } else if (off > 0.0) {
        outcome->state = WEFT_OUTCOME_INFEASIBLE;
        outcome->violation = x[1] > 14.0 ? INFINITY : off;
    }
}

static void test_constraints(void **state) {
    (void)state;
    enum { TRIALS = 40 };
    weft_outcome outcomes[TRIALS];
    toy of = branin_toy();
    of.evaluate = evaluate_fenced;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        weft_optimizer_settings settings = toy_settings("gp", 1, seed);
        search_toy(&of, &settings, TRIALS, 1, outcomes, NULL);
        int feasible = 0;
        for (int t = TRIALS / 2; t < TRIALS; t++) {
            feasible += outcomes[t].state == WEFT_OUTCOME_OK;
        }
        double gp = least(outcomes, TRIALS);
        settings.name = "random";
        search_toy(&of, &settings, TRIALS, 1, outcomes, NULL);
        printf("fenced branin: gp %g, random %g, %d of %d feasible\n", gp, least(outcomes, TRIALS),
               feasible, TRIALS / 2);
        assert_true(gp < 0.5 && gp < least(outcomes, TRIALS) && feasible >= TRIALS / 4);
    }
}

/* Nothing can be built for long: violations alone lead the way. */
static void evaluate_nook(const double *x, weft_outcome *outcome) {
    double off = fmax(fmax(fabs(x[0] - 0.9), fabs(x[1] - 0.1)), fabs(x[2] - 0.8)) - 0.04;
    outcome->objectives[0] = x[0];
    if (off > 0.0) {
        outcome->state = WEFT_OUTCOME_INFEASIBLE;
        outcome->violation = off;
    }
}

static void test_no_result_yet(void **state) {
    (void)state;
    enum { TRIALS = 50 };
    weft_outcome outcomes[TRIALS];
    toy of = unit_toy(1, 3, evaluate_nook);
    weft_optimizer_settings settings = toy_settings("gp", 1, 2);
    search_toy(&of, &settings, TRIALS, 1, outcomes, NULL);
    assert_true(isfinite(least(outcomes, TRIALS)));
}

static void evaluate_never(const double *x, weft_outcome *outcome) {
    (void)x;
    outcome->state = WEFT_OUTCOME_FAILED;
}

static void test_all_failed(void **state) {
    (void)state;
    weft_outcome outcomes[16];
    for (int m = 1; m <= 4; m++) {
        toy of = unit_toy(m, 3, evaluate_never);
        weft_optimizer_settings settings = toy_settings("gp", m, 1);
        search_toy(&of, &settings, 16, 2, outcomes, NULL);
    }
}

/* ---- the contract ---------------------------------------------------------------------------- */

/* Ackley with what fails and what is infeasible, two objectives. */
static void evaluate_patchy(const double *x, weft_outcome *outcome) {
    evaluate_ackley(x, outcome);
    outcome->objectives[1] = x[3] + x[4];
    if (x[1] == 2) {
        outcome->state = WEFT_OUTCOME_FAILED;
    } else if (x[4] > 0.5) {
        outcome->state = WEFT_OUTCOME_INFEASIBLE;
        outcome->violation = x[4];
    }
}

/* One that is told everything at once asks for what the one asked all along does, also when it asks for
 * other trials in between. */
static void test_rebuilt(void **state) {
    (void)state;
    enum { TRIALS = 78, BATCH = 3 };
    toy of = ackley_toy();
    of.n_objectives = 2;
    of.evaluate = evaluate_patchy;
    weft_gene_table table = table_of(&of);
    weft_optimizer_settings settings = toy_settings("gp", 2, 7);
    settings.observations = 60; /* so that the last trials are a choice */
    settings.scored = 100;
    weft_outcome outcomes[TRIALS];
    double genomes[TRIALS * MAX_TOY_GENES];
    double again[BATCH * MAX_TOY_GENES];
    search_toy(&of, &settings, TRIALS, BATCH, outcomes, genomes);
    for (int cut = BATCH; cut < TRIALS; cut += 5 * BATCH) {
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        for (int t = 0; t < cut; t++) {
            tell(optimizer, &genomes[t * of.n_genes], &outcomes[t]);
        }
        ask_all(optimizer, 1000, BATCH, again);
        for (int t = cut; t < cut + BATCH; t++) {
            ask_all(optimizer, (uint64_t)cut, BATCH, again);
            size_t size = (size_t)(BATCH * of.n_genes) * sizeof *again;
            assert_memory_equal(again, &genomes[cut * of.n_genes], size);
        }
        weft_optimizer_destroy(optimizer);
    }
}

static void test_no_duplicates(void **state) {
    (void)state;
    weft_gene genes[15];
    imc_genes(genes);
    genes[0].upper = 2; /* 18 + 324 genomes */
    weft_gene_table table = {.genes = genes, .n_genes = 5};
    weft_optimizer_settings settings = toy_settings("gp", 1, 3);
    settings.scored = 50;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    static double genomes[400 * 5];
    int n = 0;
    for (int given = 30; given == 30;) {
        weft_error error = {0};
        weft_status status =
            weft_optimizer_ask(optimizer, (uint64_t)n, 30, &genomes[n * 5], &given, &error);
        assert_int_equal(status, given == 30 ? WEFT_OK : WEFT_DONE);
        for (int i = n; i < n + given; i++) {
            const double *genome = &genomes[i * 5];
            assert_true(weft_genome_legal(&table, genome));
            weft_outcome outcome = {.objectives = {genome[0] + genome[1] * genome[2]}};
            tell(optimizer, genome, &outcome);
            for (int j = 0; j < i; j++) {
                assert_false(weft_genome_equal(&table, genome, &genomes[j * 5]));
            }
        }
        n += given;
    }
    assert_int_equal(n, 342); /* all there are */
    weft_optimizer_destroy(optimizer);
}

/* One gene that varies, none that does, all values alike. */
static void test_degenerate(void **state) {
    (void)state;
    toy of = {.n_objectives = 1};
    add_choices(&of, WEFT_GENE_CATEGORICAL, 1);
    add_choices(&of, WEFT_GENE_CATEGORICAL, 40);
    weft_gene_table table = table_of(&of);
    weft_optimizer_settings settings = toy_settings("gp", 1, 1);
    settings.startup_trials = 0;
    for (of.n_genes = 1; of.n_genes <= 2; of.n_genes++) {
        table.n_genes = of.n_genes;
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        double genome[2];
        for (int t = 0; t < (of.n_genes == 1 ? 1 : 40); t++) {
            weft_outcome outcome = {.objectives = {4.0}};
            ask_all(optimizer, (uint64_t)t, 1, genome);
            tell(optimizer, genome, &outcome);
        }
        int given = 0;
        weft_error error = {0};
        assert_int_equal(weft_optimizer_ask(optimizer, 40, 1, genome, &given, &error), WEFT_DONE);
        weft_optimizer_destroy(optimizer);
    }
}

static void test_settings(void **state) {
    (void)state;
    toy of = branin_toy();
    weft_gene_table table = table_of(&of);
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    weft_optimizer_settings settings = toy_settings("gp", 1, 1);
    settings.observations = 49;
    assert_int_equal(weft_optimizer_create(&table, &settings, &optimizer, &error),
                     WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "observations"));
    settings.observations = 50;
    settings.scored = 1;
    assert_int_equal(weft_optimizer_create(&table, &settings, &optimizer, &error),
                     WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "scored"));
}

/* As many trials as a process holds, and more. */
static void test_many_observations(void **state) {
    (void)state;
    int n = is_quick() ? 400 : 2010;
    toy of = ackley_toy();
    weft_gene_table table = table_of(&of);
    weft_optimizer_settings settings = toy_settings("gp", 1, 5);
    settings.observations = is_quick() ? 380 : 2000;
    settings.scored = 200;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_TEST, 0);
    double genome[MAX_TOY_GENES];
    double best = INFINITY;
    for (int t = 0; t < n; t++) {
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
        weft_genome_draw(&table, &rng, genome);
        evaluate_ackley(genome, &outcome);
        best = fmin(best, outcome.objectives[0]);
        tell(optimizer, genome, &outcome);
    }
    ask_all(optimizer, (uint64_t)n, 1, genome);
    assert_true(weft_genome_legal(&table, genome));
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
    evaluate_ackley(genome, &outcome);
    printf("%d told: %g asked for, %g the best of them\n", n, outcome.objectives[0], best);
    assert_true(outcome.objectives[0] < best);
    weft_optimizer_destroy(optimizer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constraints),   cmocka_unit_test(test_no_result_yet),
        cmocka_unit_test(test_all_failed),    cmocka_unit_test(test_rebuilt),
        cmocka_unit_test(test_no_duplicates), cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_settings),      cmocka_unit_test(test_many_observations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
