/* SPDX-License-Identifier: Apache-2.0
 *
 * What separates a front from the rest: Fisher's tea, counts by hand, tests that hold their level. */
#include "search/support.h"

#include <math.h>

static weft_separation *separate(const weft_gene_table *table, const double *genomes,
                                 const bool *member, size_t n, uint64_t seed) {
    weft_separation *made = NULL;
    weft_error error;
    weft_status status = weft_separation_of(table, genomes, member, n, seed, &made, &error);
    if (status != WEFT_OK) {
        fail_msg("separation: %s", error.message);
    }
    return made;
}

/* The lady tasting tea (Fisher, The design of experiments, 1935): of 8 cups 4 had the milk first,
 * and she named 3 of them: p = 34/70 two-sided; all 4: 2/70. */
static void test_tea(void **state) {
    (void)state;
    const weft_gene gene = {
        .name = "milk", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 2, .upper = 1};
    const weft_gene_table table = {.genes = &gene, .n_genes = 1};
    const double cups[8] = {1, 1, 1, 0, 1, 0, 0, 0};
    const bool named[8] = {true, true, true, true, false, false, false, false};
    weft_separation *of = separate(&table, cups, named, 8, 1);
    const weft_gene_separation *milk = &of->genes[0];
    assert_int_equal(milk->n_values, 2);
    assert_int_equal(milk->values[1].members, 3);
    assert_int_equal(milk->values[1].others, 1);
    assert_true(fabs(milk->values[1].p - 34.0 / 70.0) < 1e-9);
    assert_true(fabs(milk->values[1].odds - 9.0) < 1e-12);
    assert_true(fabs(milk->values[1].corrected - 68.0 / 70.0) < 1e-9); /* of two values */
    /* H(1/2) - H(1/4) bit */
    double left = -0.25 * log2(0.25) - 0.75 * log2(0.75);
    assert_true(fabs(milk->information - (1.0 - left)) < 1e-12);
    /* permutations find the same two-sided probability, up to chance */
    assert_true(fabs(milk->p - 34.0 / 70.0) < 0.35);
    weft_separation_destroy(of);

    const double all[8] = {1, 1, 1, 1, 0, 0, 0, 0};
    of = separate(&table, all, named, 8, 1);
    assert_true(fabs(of->genes[0].values[1].p - 2.0 / 70.0) < 1e-9);
    assert_true(isinf(of->genes[0].values[1].odds));
    assert_true(of->genes[0].values[0].odds == 0.0);
    assert_true(fabs(of->genes[0].information - 1.0) < 1e-12);
    assert_true(fabs(of->genes[0].p - 2.0 / 70.0) < 0.02);
    weft_separation_destroy(of);
}

/* A member has kind 2 mostly, and where it has a child its first value; the rest is noise. */
enum { TRIALS = 400, GENES = 6 };

static void mixed_genes(weft_gene genes[GENES]) {
    const weft_gene all[GENES] = {
        {.name = "kind", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.name = "child",
         .kind = WEFT_GENE_ORDINAL,
         .n_choices = 3,
         .upper = 2,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 2, .maximum = 3}}},
        {.name = "share", .kind = WEFT_GENE_REAL, .upper = 1},
        {.name = "rate", .kind = WEFT_GENE_REAL, .lower = 1e-4, .upper = 1, .log_scale = true},
        {.name = "bit", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 2, .upper = 1},
        {.name = "fixed", .kind = WEFT_GENE_INTEGER, .lower = 7, .upper = 7},
    };
    memcpy(genes, all, sizeof all);
}

static void draw_mixed(const weft_gene_table *table, uint64_t seed, double *genomes) {
    for (size_t i = 0; i < TRIALS; i++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
        double *x = genomes + i * GENES;
        x[0] = (double)weft_rng_below(&rng, 4);
        x[1] = (double)weft_rng_below(&rng, 3);
        x[2] = weft_rng_uniform(&rng);
        x[3] = pow(10.0, -4.0 * weft_rng_uniform(&rng));
        x[4] = (double)weft_rng_below(&rng, 2);
        x[5] = 7.0;
        weft_genome_canonical(table, x);
    }
}

static void test_what_separates_is_found(void **state) {
    (void)state;
    weft_gene genes[GENES];
    mixed_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = GENES};
    static double genomes[TRIALS * GENES];
    bool member[TRIALS];
    size_t n_active = 0;
    draw_mixed(&table, 4, genomes);
    for (size_t i = 0; i < TRIALS; i++) {
        const double *x = genomes + i * GENES;
        member[i] = x[0] == 2.0 && x[1] == 0.0 && x[2] > 0.3;
        n_active += !isnan(x[1]);
    }
    weft_separation *of = separate(&table, genomes, member, TRIALS, 2);
    assert_true(of->genes[0].corrected < 0.01);
    assert_true(of->genes[1].corrected < 0.01);
    assert_true(of->genes[2].corrected < 0.05);
    assert_true(of->genes[3].corrected > 0.05);
    assert_true(of->genes[4].corrected > 0.05);
    assert_true(of->genes[0].information > of->genes[2].information);
    /* only trials in which the child acts count for it */
    assert_int_equal(of->genes[1].members + of->genes[1].others, n_active);
    assert_true(isinf(of->genes[1].values[0].odds));
    assert_true(of->genes[1].values[0].corrected < 0.01);
    /* a real gene in ranges that cover the trials in order */
    const weft_gene_separation *share = &of->genes[2];
    assert_int_equal(share->n_values, 8);
    for (int r = 1; r < share->n_values; r++) {
        assert_true(share->values[r].lower > share->values[r - 1].upper);
        assert_true(share->values[r].members + share->values[r].others == TRIALS / 8);
    }
    assert_true(share->values[0].odds == 0.0);
    /* a gene of one value tells nothing */
    assert_int_equal(of->genes[5].n_values, 1);
    assert_true(of->genes[5].information == 0.0);
    assert_true(of->genes[5].p == 1.0);
    weft_separation_destroy(of);
}

/* Where membership is chance, hardly a search in twenty finds a gene at 0.05 corrected. */
static void test_level_holds(void **state) {
    (void)state;
    weft_gene genes[GENES];
    mixed_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = GENES};
    static double genomes[TRIALS * GENES];
    bool member[TRIALS];
    int found = 0;
    int values_found = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        draw_mixed(&table, 1000 + seed, genomes);
        for (size_t i = 0; i < TRIALS; i++) {
            weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 7000 + i);
            member[i] = weft_rng_uniform(&rng) < 0.05;
        }
        weft_separation *of = separate(&table, genomes, member, TRIALS, seed);
        bool any = false;
        bool any_value = false;
        for (int g = 0; g < GENES; g++) {
            any = any || of->genes[g].corrected < 0.05;
            assert_true(of->genes[g].corrected >= of->genes[g].p);
            for (int r = 0; r < of->genes[g].n_values; r++) {
                any_value = any_value || of->genes[g].values[r].corrected < 0.05;
            }
        }
        found += any;
        values_found += any_value;
        weft_separation_destroy(of);
    }
    assert_in_range(found, 0, 12);
    assert_in_range(values_found, 0, 12);
}

static void test_same_again(void **state) {
    (void)state;
    weft_gene genes[GENES];
    mixed_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = GENES};
    static double genomes[TRIALS * GENES];
    bool member[TRIALS];
    draw_mixed(&table, 4, genomes);
    for (size_t i = 0; i < TRIALS; i++) {
        member[i] = i % 7 == 0;
    }
    weft_separation *a = separate(&table, genomes, member, TRIALS, 2);
    weft_separation *b = separate(&table, genomes, member, TRIALS, 2);
    for (int g = 0; g < GENES; g++) {
        assert_true(a->genes[g].p == b->genes[g].p);
        assert_true(a->genes[g].information == b->genes[g].information);
    }
    weft_separation_destroy(a);
    weft_separation_destroy(b);
}

static void test_bad_input(void **state) {
    (void)state;
    const weft_gene gene = {
        .name = "milk", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 2, .upper = 1};
    const weft_gene_table table = {.genes = &gene, .n_genes = 1};
    const double cups[4] = {1, 1, 0, 0};
    const double bad[4] = {1, 1, 2, 0};
    const bool all[4] = {true, true, true, true};
    const bool some[4] = {true, false, true, false};
    weft_separation *of = NULL;
    weft_error error;
    assert_int_equal(weft_separation_of(&table, cups, all, 4, 1, &of, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "4 of 4 trials are members"));
    assert_int_equal(weft_separation_of(&table, cups, all, 0, 1, &of, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_separation_of(&table, bad, some, 4, 1, &of, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "trial 2 is not a canonical"));
    weft_separation_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tea),         cmocka_unit_test(test_what_separates_is_found),
        cmocka_unit_test(test_level_holds), cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests_name("separation", tests, NULL, NULL);
}
