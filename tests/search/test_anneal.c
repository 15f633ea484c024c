/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulated annealing: Metropolis' probabilities, a temperature without unit, better than random
 * search on a mixed toy of known optimum, out of a local optimum, constraints. */
#include "search/support.h"

#include <math.h>

#include "search/toy.h"

static weft_optimizer_settings settings_of(uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "anneal";
    settings.seed = seed;
    return settings;
}

static void test_better_than_random(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    for (uint64_t seed = 0; seed < 4; seed++) {
        weft_optimizer_settings settings = settings_of(seed);
        double best = toy_search(&table, &settings, 700, 1);
        double batches = toy_search(&table, &settings, 700, 7);
        settings.name = "random";
        double random = toy_search(&table, &settings, 700, 1);
        print_message("mixed toy, seed %d: anneal %.4f, in batches of 7 %.4f, random %.4f\n",
                      (int)seed, best, batches, random);
        assert_true(best < 0.1 && batches < 0.4 && fmax(best, batches) < 0.3 * random);
    }
}

/* ---- the chain ------------------------------------------------------------------------------- */

enum { MANY = 12 };

static void many_genes(weft_gene genes[MANY]) {
    memset(genes, 0, MANY * sizeof *genes);
    for (int g = 0; g < MANY; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 30, .upper = 29};
    }
}

/* Whether the chain stands at `genome`: its children have one gene of another value. */
static bool stands_at(weft_optimizer *optimizer, const double *genome) {
    double child[MANY];
    int differ = 0;
    ask_all(optimizer, 1000, 1, child);
    for (int g = 0; g < MANY; g++) {
        differ += child[g] != genome[g];
    }
    return differ == 1;
}

/* A state, then a trial worse by 3, which is the median so far: accepted with probability a, and
 * after k trials at c^k of the temperature with a^(1 / c^k). */
static void test_acceptance(void **state) {
    (void)state;
    enum { SEEDS = 600 };
    weft_gene genes[MANY];
    many_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = MANY};
    static const struct {
        double acceptance, cooling;
        int before; /* trials that are no worse and no other state, but cool */
    } cases[] = {{0.5, 0.99, 0}, {0.2, 0.99, 0}, {0.8, 0.9, 6}};
    for (int k = 0; k < 3; k++) {
        int accepted = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            weft_optimizer_settings settings = settings_of(seed);
            settings.startup_trials = 1;
            settings.acceptance = cases[k].acceptance;
            settings.cooling = cases[k].cooling;
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            double x[MANY] = {0};
            double y[MANY];
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            tell(optimizer, x, &outcome);
            for (int i = 0; i < cases[k].before; i++) {
                x[0] += 1.0;
                tell(optimizer, x, &outcome); /* equal: the state moves along */
            }
            assert_true(stands_at(optimizer, x));
            for (int g = 0; g < MANY; g++) {
                y[g] = 29.0;
            }
            outcome.objectives[0] = 3.0;
            tell(optimizer, y, &outcome);
            bool moved = stands_at(optimizer, y);
            assert_true(moved || stands_at(optimizer, x));
            accepted += moved;
            weft_optimizer_destroy(optimizer);
        }
        double p = pow(cases[k].acceptance, pow(cases[k].cooling, -cases[k].before));
        double deviation = sqrt(p * (1.0 - p) * SEEDS);
        print_message("accepted %d of %d, expected %.1f\n", accepted, SEEDS, p * SEEDS);
        assert_true(fabs(accepted - p * SEEDS) < 5.0 * deviation);
    }
}

/* Feasible before infeasible before failed, the smaller violation first. */
static void test_infeasible_states(void **state) {
    (void)state;
    weft_gene genes[MANY];
    many_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = MANY};
    const weft_outcome failed = {.state = WEFT_OUTCOME_FAILED};
    const weft_outcome far = {.state = WEFT_OUTCOME_INFEASIBLE, .violation = (double)INFINITY};
    const weft_outcome near = {.state = WEFT_OUTCOME_INFEASIBLE, .violation = 0.5};
    const weft_outcome ok = {.state = WEFT_OUTCOME_OK, .objectives = {7.0}};
    const struct {
        const weft_outcome *outcome;
        bool moves;
    } told[] = {{&failed, true}, {&failed, true},  {&far, true},  {&failed, false},
                {&near, true},   {&far, false},    {&near, true}, {&ok, true},
                {&near, false},  {&failed, false}, {&far, false}, {&ok, true}};
    weft_optimizer_settings settings = settings_of(4);
    settings.startup_trials = 1;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double at[MANY] = {0};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        double x[MANY];
        for (int g = 0; g < MANY; g++) {
            x[g] = (double)((i * 7 + (size_t)g * (i + 1)) % 30);
        }
        tell(optimizer, x, told[i].outcome);
        if (told[i].moves) {
            memcpy(at, x, sizeof at);
        }
        assert_true(stands_at(optimizer, at));
    }
    weft_optimizer_destroy(optimizer);
}

/* The objective in another unit: the same search, bit for bit. */
static void test_no_unit(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_optimizer_settings settings = settings_of(6);
    weft_optimizer *plain = make_optimizer(&table, &settings);
    weft_optimizer *scaled = make_optimizer(&table, &settings);
    for (uint64_t t = 0; t < 400; t++) {
        double x[TOY_GENES];
        double y[TOY_GENES];
        ask_all(plain, t, 1, x);
        ask_all(scaled, t, 1, y);
        assert_memory_equal(x, y, sizeof x);
        weft_outcome outcome = toy_outcome(x);
        tell(plain, x, &outcome);
        outcome.objectives[0] *= 0x1p-40;
        tell(scaled, y, &outcome);
    }
    weft_optimizer_destroy(plain);
    weft_optimizer_destroy(scaled);
}

/* Pairs of bits that cost 0 where both are 1, 1 where both are 0, and 2 on the way between: of one
 * gene at a time, every 00 is a local optimum. */
static double pairs(const char *name, uint64_t seed) {
    enum { N = 32 };
    weft_gene genes[N];
    memset(genes, 0, sizeof genes);
    for (int g = 0; g < N; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 2, .upper = 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = N};
    weft_optimizer_settings settings = settings_of(seed);
    settings.name = name;
    settings.cooling = 0.998;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double best = (double)INFINITY;
    for (uint64_t t = 0; t < 3000; t++) {
        double x[N];
        ask_all(optimizer, t, 1, x);
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
        for (int g = 0; g < N; g += 2) {
            outcome.objectives[0] += x[g] != x[g + 1] ? 2.0 : 1.0 - x[g];
        }
        best = fmin(best, outcome.objectives[0]);
        tell(optimizer, x, &outcome);
    }
    weft_optimizer_destroy(optimizer);
    return best;
}

static void test_leaves_local_optima(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        double best = pairs("anneal", seed);
        double random = pairs("random", seed);
        print_message("pairs, seed %d: anneal %.0f, random %.0f\n", (int)seed, best, random);
        assert_true(best == 0.0 && random > 5.0);
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    weft_optimizer_settings bad = settings_of(1);
    bad.n_objectives = 2;
    assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "optimizer 'anneal' has one objective; found 2"));
    bad = settings_of(1);
    bad.cooling = 1.0;
    assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "cooling is 1; expected"));
    bad = settings_of(1);
    bad.acceptance = NAN;
    assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "acceptance"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_better_than_random),  cmocka_unit_test(test_acceptance),
        cmocka_unit_test(test_infeasible_states),   cmocka_unit_test(test_no_unit),
        cmocka_unit_test(test_leaves_local_optima), cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
