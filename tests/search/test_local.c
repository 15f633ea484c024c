/* SPDX-License-Identifier: Apache-2.0
 *
 * Local search: trials one step from the best, local optima and restarts, the same search for every
 * batch that divides the round, better than random search, fronts, constraints. */
#include "search/support.h"

#include <math.h>

#include "search/toy.h"

static weft_optimizer_settings settings_of(uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "local";
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
        double best = toy_search(&table, &settings, 600, 4);
        settings.name = "random";
        double random = toy_search(&table, &settings, 600, 4);
        print_message("mixed toy, seed %d: local %.6f, random %.4f\n", (int)seed, best, random);
        assert_true(best < 0.01 && best < 0.1 * random);
    }
}

static void test_front(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    for (uint64_t seed = 0; seed < 3; seed++) {
        weft_optimizer_settings settings = settings_of(seed);
        settings.n_objectives = 2;
        double volume = toy_front(&table, &settings, 1000, 4);
        settings.name = "random";
        double random = toy_front(&table, &settings, 1000, 4);
        print_message("front of the toy, seed %d: local %.3f, random %.3f of the whole\n",
                      (int)seed, volume, random);
        assert_true(volume > 0.9 && 1.0 - volume < 0.5 * (1.0 - random));
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

enum { N_GENES = 5 };

/* Choices, ordered genes, a child: from any genome at most 3 + 2 + 2 + 2 + 2 steps. */
static void step_genes(weft_gene genes[N_GENES]) {
    const weft_gene all[N_GENES] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 20, .upper = 19},
        {.kind = WEFT_GENE_INTEGER, .lower = -30, .upper = 30},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 16, .upper = 15},
        {.kind = WEFT_GENE_INTEGER,
         .lower = 1,
         .upper = 9,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 2, .maximum = 3}}},
    };
    memcpy(genes, all, sizeof all);
}

static bool one_step(const weft_gene *genes, const double *a, const double *b) {
    int steps = 0;
    for (int g = 0; g < N_GENES; g++) {
        bool drawn = isnan(a[g]) || isnan(b[g]);
        if (drawn || a[g] == b[g]) {
            continue;
        }
        steps += genes[g].kind == WEFT_GENE_CATEGORICAL || fabs(a[g] - b[g]) == 1.0 ? 1 : 99;
    }
    return steps == 1;
}

/* Of kind 0 and 1 the optimum is 5, a local one: only kind 3 has 0. */
static double step_loss(const double *x) {
    double loss = fabs(x[1] - 12.0) + fabs(x[2] + 4.0) + fabs(x[3] - 3.0);
    return loss + (isnan(x[4]) ? 5.0 : x[0] == 3.0 ? fabs(x[4] - 7.0) : 9.0 + x[4]);
}

/* Rounds of 4: after a random one each is one step from the best of the climb, until so many trials
 * did not improve it as it has steps; then comes a random round. */
static void test_rounds(void **state) {
    (void)state;
    enum { ROUND = 4, TRIALS = 2000 };
    weft_gene genes[N_GENES];
    step_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    weft_optimizer_settings settings = settings_of(5);
    settings.population = ROUND;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double best[N_GENES] = {0};
    double least = INFINITY;
    double all = INFINITY;
    int spent = 0;
    int restarts = -1;
    int stuck = 0;
    for (uint64_t t = 0; t < TRIALS; t += ROUND) {
        double x[ROUND * N_GENES];
        ask_all(optimizer, t, ROUND, x);
        int near = 0;
        for (int i = 0; i < ROUND; i++) {
            near += t > 0 && one_step(genes, best, &x[i * N_GENES]);
        }
        int steps = 3 + 6 + (isnan(best[4]) ? 0 : 2);
        for (int g = 1; g < N_GENES; g++) { /* none beyond the ends */
            steps -= best[g] == genes[g].lower || best[g] == genes[g].upper;
        }
        bool random = t == 0 || spent >= steps;
        if (random) {
            assert_true(near < ROUND);
            restarts++;
            least = INFINITY;
        } else if (spent == 0) {
            stuck += near < ROUND; /* known from another climb */
        }
        spent = random ? 0 : spent + ROUND;
        for (int i = 0; i < ROUND; i++) {
            weft_outcome outcome = {.objectives = {step_loss(&x[i * N_GENES])}};
            if (outcome.objectives[0] < least) {
                least = outcome.objectives[0];
                memcpy(best, &x[i * N_GENES], sizeof best);
                spent = 0;
            }
            tell(optimizer, &x[i * N_GENES], &outcome);
        }
        all = fmin(all, least);
    }
    print_message("%d restarts; %d rounds with known steps; best %g\n", restarts, stuck, all);
    assert_true(restarts >= 5 && stuck < TRIALS / ROUND / 10);
    assert_true(all == 0.0);
    weft_optimizer_destroy(optimizer);
}

/* Batches that divide the round give one search, with one objective and with two; and it goes on
 * where it was after a resumption, also within a round. */
static void test_batches_do_not_matter(void **state) {
    (void)state;
    enum { TRIALS = 480 };
    static double x[3][TRIALS * TOY_GENES];
    static const int batches[] = {12, 1, 4};
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    for (int n_objectives = 1; n_objectives <= 2; n_objectives++) {
        weft_optimizer_settings settings = settings_of(7);
        settings.population = 12;
        settings.n_objectives = n_objectives;
        for (int b = 0; b < 3; b++) {
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            for (int t = 0; t < TRIALS; t += batches[b]) {
                double *asked = &x[b][t * TOY_GENES];
                ask_all(optimizer, (uint64_t)t, batches[b], asked);
                for (int i = 0; i < batches[b]; i++) {
                    weft_outcome outcome = toy_outcome(&asked[i * TOY_GENES]);
                    tell(optimizer, &asked[i * TOY_GENES], &outcome);
                }
            }
            weft_optimizer_destroy(optimizer);
            assert_memory_equal(x[0], x[b], sizeof x[0]);
        }
        for (int told = 6; told < TRIALS; told += 66) {
            double asked[TOY_GENES];
            weft_optimizer *resumed = make_optimizer(&table, &settings);
            for (int t = 0; t < told; t++) {
                weft_outcome outcome = toy_outcome(&x[0][t * TOY_GENES]);
                tell(resumed, &x[0][t * TOY_GENES], &outcome);
            }
            ask_all(resumed, (uint64_t)told, 1, asked);
            assert_memory_equal(asked, &x[0][told * TOY_GENES], sizeof asked);
            weft_optimizer_destroy(resumed);
        }
    }
}

/* Only a corner is feasible, a random genome next to never: the violation leads there. The optimum
 * has 0 for the first gene and 11 for the others. */
static void test_violations_lead(void **state) {
    (void)state;
    enum { N = 10 };
    weft_gene genes[N];
    for (int g = 0; g < N; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_ORDINAL, .n_choices = 12, .upper = 11};
    }
    weft_gene_table table = {.genes = genes, .n_genes = N};
    weft_optimizer_settings settings = settings_of(9);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double best = INFINITY;
    for (uint64_t t = 0; t < 1200; t++) {
        double x[N];
        ask_all(optimizer, t, 1, x);
        double sum = 0.0;
        for (int g = 0; g < N; g++) {
            sum += x[g];
        }
        weft_outcome outcome = {.objectives = {2.0 * x[0] - sum}};
        if (sum < 95.0) {
            outcome.state = WEFT_OUTCOME_INFEASIBLE;
            outcome.violation = 95.0 - sum;
        } else {
            best = fmin(best, outcome.objectives[0]);
        }
        tell(optimizer, x, &outcome);
    }
    weft_optimizer_destroy(optimizer);
    print_message("corner: %g\n", best);
    assert_true(best == -99.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_better_than_random),
        cmocka_unit_test(test_front),
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_batches_do_not_matter),
        cmocka_unit_test(test_violations_lead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
