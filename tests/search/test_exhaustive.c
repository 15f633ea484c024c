/* SPDX-License-Identifier: Apache-2.0
 *
 * Exhaustive search: every legal genome once, in order, for any batch and after a resumption, with
 * genes frozen and genomes seen; spaces that are too large or not finite are refused. */
#include "search/support.h"

#include <inttypes.h>
#include <math.h>

enum { N_GENES = 3, MOST = 64 };

/* 3 choices; 1..4 where the choice is 1 or 2; 2 values: (1 + 2 * 4) * 2 = 18 genomes. */
static const weft_gene genes[N_GENES] = {
    {.name = "kind", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 3, .upper = 2},
    {.name = "size",
     .kind = WEFT_GENE_INTEGER,
     .lower = 1,
     .upper = 4,
     .n_conditions = 1,
     .conditions = {{.parent = 0, .minimum = 1, .maximum = 2}}},
    {.name = "last", .kind = WEFT_GENE_ORDINAL, .n_choices = 2, .upper = 1},
};

static bool not_both(const void *context, const double *genome) {
    (void)context;
    return !(genome[0] == 2.0 && genome[2] == 1.0);
}

static bool size_three(void *context, const double *genome) {
    (void)context;
    return genome[1] == 3.0;
}

static weft_optimizer_settings settings_of(void) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "exhaustive";
    settings.n_objectives = 2;
    return settings;
}

/* Asks until the end; how many there were. */
static int search(weft_optimizer *optimizer, int told, int batch, double *genomes) {
    const weft_outcome outcome = {.objectives = {1, 2}};
    weft_status status = WEFT_OK;
    weft_error error;
    for (int given = 0; status == WEFT_OK; told += given) {
        double *asked = &genomes[told * N_GENES];
        status = weft_optimizer_ask(optimizer, (uint64_t)told, batch, asked, &given, &error);
        for (int i = 0; i < given; i++) {
            tell(optimizer, &asked[i * N_GENES], &outcome);
        }
    }
    assert_int_equal(status, WEFT_DONE);
    return told;
}

static void test_all_in_order(void **state) {
    (void)state;
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES, .legal = not_both};
    weft_optimizer_settings settings = settings_of();
    double expected[MOST * N_GENES];
    double found[MOST * N_GENES];
    int n = 0;
    for (int kind = 0; kind < 3; kind++) {
        for (int size = 1; size <= (kind == 0 ? 1 : 4); size++) {
            for (int last = 0; last < (kind == 2 ? 1 : 2); last++, n++) {
                expected[n * N_GENES] = kind;
                expected[n * N_GENES + 1] = kind == 0 ? (double)NAN : size;
                expected[n * N_GENES + 2] = last;
            }
        }
    }
    assert_int_equal(n, 14);
    for (int batch = 1; batch <= 20; batch++) {
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        assert_int_equal(search(optimizer, 0, batch, found), n);
        assert_memory_equal(found, expected, (size_t)n * N_GENES * sizeof *found);
        weft_optimizer_destroy(optimizer);
    }
    const weft_outcome failed = {.state = WEFT_OUTCOME_FAILED};
    weft_optimizer *resumed = make_optimizer(&table, &settings);
    for (int t = 0; t < 5; t++) {
        tell(resumed, &expected[t * N_GENES], &failed);
    }
    assert_int_equal(search(resumed, 5, 3, found), n);
    assert_memory_equal(&found[5 * N_GENES], &expected[5 * N_GENES],
                        (size_t)(n - 5) * N_GENES * sizeof *found);
    weft_optimizer_destroy(resumed);
}

/* What is seen or was a seed is not given again; what is frozen stays. */
static void test_the_rest(void **state) {
    (void)state;
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    weft_optimizer_settings settings = settings_of();
    const double seed[N_GENES] = {1, 4, 1};
    const bool frozen[N_GENES] = {false, false, true};
    double found[MOST * N_GENES];
    settings.seeds = seed;
    settings.n_seeds = 1;
    settings.seen = size_three;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    assert_int_equal(search(optimizer, 0, 4, found), 14);
    assert_memory_equal(found, seed, sizeof seed);
    weft_optimizer_destroy(optimizer);
    settings.frozen = frozen;
    settings.frozen_genome = seed;
    settings.limit = 9;
    optimizer = make_optimizer(&table, &settings);
    assert_int_equal(search(optimizer, 0, 4, found), 7);
    weft_optimizer_destroy(optimizer);
}

static void refuse(const weft_gene_table *table, int64_t limit, const char *text) {
    weft_optimizer_settings settings = settings_of();
    settings.limit = limit;
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    assert_int_equal(weft_optimizer_create(table, &settings, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_null(optimizer);
    if (strstr(error.message, text) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, text);
    }
}

static void test_refusals(void **state) {
    (void)state;
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    refuse(&table, 17, "18 designs; expected no more than its limit, 17");
    refuse(&table, 0, "limit");
    weft_gene imc[15];
    imc_genes(imc);
    table = (weft_gene_table){.genes = imc, .n_genes = 15};
    refuse(&table, 1000000, "648232974 designs; expected no more than its limit, 1000000");
    const weft_gene real = {.name = "rate", .kind = WEFT_GENE_REAL, .upper = 1};
    table = (weft_gene_table){.genes = &real, .n_genes = 1};
    refuse(&table, 1000000, "'rate' is real");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_in_order),
        cmocka_unit_test(test_the_rest),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
