/* SPDX-License-Identifier: Apache-2.0
 *
 * Regularized evolution: parents are of the newest trials alone, children differ in one gene,
 * better than random search on a mixed toy of known optimum, fronts, noise. */
#include "search/support.h"

#include <math.h>

#include "search/toy.h"
#include "search/variation.h"

static weft_optimizer_settings settings_of(uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "evolution";
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
        double best = toy_search(&table, &settings, 1000, 4);
        settings.name = "random";
        double random = toy_search(&table, &settings, 1000, 4);
        print_message("mixed toy, seed %d: evolution %.4f, random %.4f\n", (int)seed, best, random);
        assert_true(best < 0.1 && best < 0.2 * random);
    }
}

/* Of a tournament that takes all, each child has one gene of another value than the best of the
 * newest trials, though all older ones are better. */
static void test_the_old_die(void **state) {
    (void)state;
    enum { POPULATION = 8, GENES = 10 };
    weft_gene genes[GENES];
    for (int g = 0; g < GENES; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 30, .upper = 29};
    }
    weft_gene_table table = {.genes = genes, .n_genes = GENES};
    weft_optimizer_settings settings = settings_of(3);
    settings.population = POPULATION;
    settings.tournament = 200;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double told[40][GENES];
    double asked[4 * GENES];
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 61);
    for (int t = 0; t < 40; t++) { /* each is worse than the one before */
        weft_outcome outcome = {.objectives = {t}};
        for (int g = 0; g < GENES; g++) {
            told[t][g] = (double)weft_rng_below(&rng, 30);
        }
        tell(optimizer, told[t], &outcome);
        if (t + 1 < POPULATION) {
            continue;
        }
        ask_all(optimizer, (uint64_t)t + 1, 4, asked);
        for (int i = 0; i < 4; i++) {
            int differ = 0;
            for (int g = 0; g < GENES; g++) {
                differ += asked[i * GENES + g] != told[t + 1 - POPULATION][g];
            }
            assert_int_equal(differ, 1);
        }
    }
    weft_optimizer_destroy(optimizer);
}

/* Every active gene that varies is mutated as often as the others, and no other. */
static void test_mutation_of_one(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 62);
    int changed[TOY_GENES] = {0};
    double parent[TOY_GENES];
    toy_optimum(parent);
    for (int i = 0; i < 9000; i++) {
        double child[TOY_GENES];
        memcpy(child, parent, sizeof child);
        weft_mutate_one(&table, 3.0, &rng, child);
        assert_true(weft_genome_legal(&table, child));
        bool parent_of_others = child[0] != parent[0]; /* the choice that children hang on */
        for (int g = 0; g < TOY_GENES; g++) {
            bool differs = !(child[g] == parent[g] || (isnan(child[g]) && isnan(parent[g])));
            changed[g] += differs && (g == 0 || !parent_of_others);
        }
    }
    for (int g = 0; g < TOY_GENES; g++) { /* 8 genes of the optimum vary: 1125, deviation 31 */
        assert_true(isnan(parent[g]) || g == TOY_FIXED ? changed[g] == 0
                                                       : abs(changed[g] - 1125) < 5 * 32);
    }
}

/* One trial in twenty looks better than the optimum: the search still gets on. */
static void test_lucky_trials_are_forgotten(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_optimizer_settings settings = settings_of(8);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double first = 0.0; /* means of the random trials, and of the last hundred */
    double last = 0.0;
    for (uint64_t t = 0; t < 1500; t++) {
        double x[TOY_GENES];
        ask_all(optimizer, t, 1, x);
        weft_outcome outcome = toy_outcome(x);
        first += t < 40 ? outcome.objectives[0] / 40.0 : 0.0;
        last += t >= 1400 ? outcome.objectives[0] / 100.0 : 0.0;
        if (weft_hash(x, sizeof x, 5) % 20 == 0) {
            outcome.objectives[0] = -1.0;
        }
        tell(optimizer, x, &outcome);
    }
    weft_optimizer_destroy(optimizer);
    print_message("noisy toy: mean of the first %.3f, of the last %.3f\n", first, last);
    assert_true(last < 0.4 * first);
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
        print_message("front of the toy, seed %d: evolution %.3f, random %.3f of the whole\n",
                      (int)seed, volume, random);
        assert_true(volume > 0.9 && 1.0 - volume < 0.5 * (1.0 - random));
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_optimizer_settings bad = settings_of(1);
    bad.tournament = -1;
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "tournament is -1; expected 0 to 1e+06"));
    bad.tournament = 0;
    bad.population = 1;
    assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "population"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_better_than_random),
        cmocka_unit_test(test_the_old_die),
        cmocka_unit_test(test_mutation_of_one),
        cmocka_unit_test(test_lucky_trials_are_forgotten),
        cmocka_unit_test(test_front),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
