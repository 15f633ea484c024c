/* SPDX-License-Identifier: Apache-2.0
 *
 * Portfolios: the budget goes to who improves, whatever the order of the members; and they are not far from
 * the best member on problems that suit different ones. */
#include "search/gp_support.h"
#include "search/toy.h"

enum { SEEDS = 5 };

static weft_optimizer_settings portfolio_settings(const char *members, int n_objectives,
                                                  uint64_t seed) {
    weft_optimizer_settings settings = toy_settings("portfolio", n_objectives, seed);
    snprintf(settings.members, sizeof settings.members, "%s", members);
    return settings;
}

/* The median over the seeds of the least value; `name` with a space in it: members of a portfolio. */
static double median_least(const toy *of, const char *name, int trials) {
    enum { MOST = 2000 };
    static weft_outcome outcomes[MOST];
    double values[SEEDS];
    for (int seed = 0; seed < SEEDS; seed++) {
        weft_optimizer_settings settings = strchr(name, ' ') != NULL
                                               ? portfolio_settings(name, 1, (uint64_t)seed + 1)
                                               : toy_settings(name, 1, (uint64_t)seed + 1);
        search_toy(of, &settings, trials, 1, outcomes, NULL);
        values[seed] = least(outcomes, trials);
    }
    return median_of(values, SEEDS);
}

static void evaluate_bowl(const double *x, weft_outcome *outcome) {
    outcome->objectives[0] = 0.0;
    for (int j = 0; j < 8; j++) {
        outcome->objectives[0] += (x[j] - 0.37) * (x[j] - 0.37);
    }
}

/* One member climbs, the other knows nothing, and it does not matter who is named first. */
static void test_budget_follows_improvement(void **state) {
    (void)state;
    toy of = unit_toy(1, 8, evaluate_bowl);
    double alone = median_least(&of, "cmaes", 600);
    double first = median_least(&of, "cmaes random", 600);
    double last = median_least(&of, "random cmaes", 600);
    double random = median_least(&of, "random", 600);
    printf("bowl: cmaes %g, with random %g, behind random %g, random %g\n", alone, first, last,
           random);
    assert_true(first < 1e-2 * random && last < 1e-2 * random);
}

/* What suits one problem does not suit the other; the portfolio is far from the worst on both. */
static void test_default_members(void **state) {
    (void)state;
    toy of = hartmann_toy();
    double portfolio = median_least(&of, "portfolio", 80);
    double tpe = median_least(&of, "tpe", 80);
    double random = median_least(&of, "random", 80);
    printf("hartmann: portfolio %g, tpe %g, random %g\n", portfolio, tpe, random);
    assert_true(portfolio < 0.5 * tpe && portfolio < 0.5 * random);
}

/* Two objectives, every kind of gene, infeasible and failed trials, batches. */
static void test_front(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    double all[3][SEEDS];
    static const char *const members[] = {"tpe nsga2 local random", "random nsga2"};
    for (int seed = 0; seed < SEEDS; seed++) {
        for (int k = 0; k < 3; k++) {
            weft_optimizer_settings settings =
                portfolio_settings(k < 2 ? members[k] : "", 2, (uint64_t)seed + 1);
            settings.name = k < 2 ? "portfolio" : "random";
            all[k][seed] = toy_front(&table, &settings, 800, 8);
        }
    }
    double many = median_of(all[0], SEEDS);
    double few = median_of(all[1], SEEDS);
    double random = median_of(all[2], SEEDS);
    printf("front: tpe, nsga2, local and random %g; random and nsga2 %g; random %g\n", many, few,
           random);
    assert_true(many > 0.8 && few > random + 0.3);
}

/* A trial's proposer follows from the trials before it less `delay`: workers that answer in any order, up to
 * `delay` + 1 of them, make the same search as long as they are told by number. */
static void test_late_answers(void **state) {
    enum { TRIALS = 200, OUT = 5 };
    (void)state;
    toy of = unit_toy(1, 8, evaluate_bowl);
    weft_gene_table table = table_of(&of);
    weft_optimizer_settings settings = portfolio_settings("tpe nsga2 random", 1, 3);
    double genomes[TRIALS * 8];
    double again[8];
    settings.delay = OUT;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    for (int t = 0; t < TRIALS; t += OUT) {
        ask_all(optimizer, (uint64_t)t, OUT, &genomes[t * 8]);
        for (int i = OUT - 1; i >= 0; i--) {
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            weft_error error = {0};
            evaluate_bowl(&genomes[(t + i) * 8], &outcome);
            assert_int_equal(weft_optimizer_tell_trial(optimizer, (uint64_t)(t + i),
                                                       &genomes[(t + i) * 8], &outcome, &error),
                             WEFT_OK);
        }
    }
    weft_optimizer *rebuilt = make_optimizer(&table, &settings);
    for (int t = 0; t < TRIALS; t++) {
        ask_all(rebuilt, (uint64_t)t, 1, again);
        if (t % OUT == 0) { /* asked for when just as much was told */
            assert_memory_equal(again, &genomes[t * 8], sizeof again);
        }
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
        evaluate_bowl(&genomes[t * 8], &outcome);
        tell(rebuilt, &genomes[t * 8], &outcome);
    }
    weft_optimizer_destroy(rebuilt);
    weft_optimizer_destroy(optimizer);
}

/* Whatever there is can be a member, and gets its turn. */
static void test_any_member(void **state) {
    (void)state;
    toy of = branin_toy();
    weft_outcome outcomes[60];
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        if (strcmp(*name, "portfolio") != 0 && strcmp(*name, "exhaustive") != 0) {
            char members[64];
            snprintf(members, sizeof members, "%s%s", *name,
                     strcmp(*name, "random") == 0 ? " sobol" : " random");
            weft_optimizer_settings settings = portfolio_settings(members, 1, 1);
            settings.population = 10;
            search_toy(&of, &settings, 60, 4, outcomes, NULL);
            assert_true(least(outcomes, 60) < 20.0);
        }
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene gene = {.kind = WEFT_GENE_REAL, .upper = 1};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    static const struct {
        const char *members;
        int n_objectives;
        const char *text;
    } cases[] = {
        {"tpe nsga", 2, "nsga2"},
        {"tpe", 2, "one alone shares nothing"},
        {" ", 2, "one alone shares nothing"},
        {"tpe tpe", 2, "there already"},
        {"tpe portfolio", 2, "shares its trials with nobody"},
        {"exhaustive tpe", 2, "shares its trials with nobody"},
        {"tpe ga", 2, "'ga' has one objective"},
        {"tpe gp nsga2 nsga3 moead sobol evolution local random", 2, "too many"},
    };
    weft_error error;
    weft_optimizer *optimizer = NULL;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        weft_optimizer_settings bad =
            portfolio_settings(cases[k].members, cases[k].n_objectives, 1);
        error = (weft_error){0};
        assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
        if (strstr(error.message, cases[k].text) == NULL &&
            strstr(error.hint, cases[k].text) == NULL) {
            fail_msg("'%s' (%s) does not say '%s'", error.message, error.hint, cases[k].text);
        }
    }
    weft_optimizer_settings bad = portfolio_settings("", 1, 1);
    bad.least_share = 0.3;
    assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "1 / 5 members"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget_follows_improvement),
        cmocka_unit_test(test_default_members),
        cmocka_unit_test(test_front),
        cmocka_unit_test(test_late_answers),
        cmocka_unit_test(test_any_member),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
