/* SPDX-License-Identifier: Apache-2.0
 *
 * Pinned and forbidden values, for every method: what is proposed keeps to them whatever was told
 * before, follows from the history and the restrictions alone, and ends where nothing is left. */
#include "search/toy.h"

enum { BATCH = 5 };

/* What a search is told to keep to at a time. */
static void restrict_toy(weft_restriction r[TOY_GENES], int phase) {
    memset(r, 0, TOY_GENES * sizeof *r);
    if (phase == 1) {
        r[0] = (weft_restriction){.forbidden = 1U << 0 | 1U << 2}; /* kinds 1 and 3 are left */
        r[2] = (weft_restriction){.forbidden = 1U << 6 | 1U << 5}; /* the best width is not */
        r[4] = (weft_restriction){.pinned = true, .value = 0.3};
        r[3] = (weft_restriction){.pinned = true, .value = 3.0};
        r[8] = (weft_restriction){.forbidden = 0x7e};
    } else if (phase == 2) {
        r[0] = (weft_restriction){.pinned = true, .value = 3.0, .forbidden = 1U << 3};
        r[1] = (weft_restriction){.forbidden = 1U << 1};
        r[9] = (weft_restriction){.pinned = true, .value = 0.5};
    }
}

static void check_allowed(const weft_gene *genes, const weft_restriction *r, const double *x) {
    for (int g = 0; g < TOY_GENES; g++) {
        if (!isnan(x[g]) && genes[g].upper > genes[g].lower) {
            assert_true(weft_restriction_allows(&genes[g], &r[g], x[g]));
        }
    }
}

static weft_optimizer_settings settings_of(const char *name, int n_objectives) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = 11;
    settings.n_objectives = n_objectives;
    settings.startup_trials = 10;
    settings.population = 8;
    settings.screened = 12;
    settings.sample = 50;
    settings.scored = 60;
    return settings;
}

static bool has_one_objective(const weft_gene_table *table, const char *name) {
    weft_optimizer_settings settings = settings_of(name, 2);
    weft_optimizer *optimizer = NULL;
    weft_error error = {0};
    weft_status status = weft_optimizer_create(table, &settings, &optimizer, &error);
    weft_optimizer_destroy(optimizer);
    return status == WEFT_ERROR_USAGE;
}

static void restrict_to(weft_optimizer *optimizer, const weft_restriction *r) {
    weft_error error = {0};
    if (weft_optimizer_restrict(optimizer, r, &error) != WEFT_OK) {
        fail_msg("restrict: %s", error.message);
    }
}

enum { PHASES = 4, TRIALS_A_PHASE = 15, TRIALS = PHASES * TRIALS_A_PHASE };

/* A search that is restricted, restricted otherwise, and freed; at each batch a second optimizer that
 * is told the same history at once, and the restrictions of now, asks for the same. */
static void check_method(const char *name, int n_objectives) {
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_optimizer_settings settings = settings_of(name, n_objectives);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    weft_restriction r[TOY_GENES];
    static double told[TRIALS][TOY_GENES];
    for (int t = 0; t < TRIALS; t += BATCH) {
        double asked[BATCH * TOY_GENES], again[BATCH * TOY_GENES];
        restrict_toy(r, t / TRIALS_A_PHASE);
        if (t % TRIALS_A_PHASE == 0) {
            restrict_to(optimizer, r);
        }
        ask_all(optimizer, (uint64_t)t, BATCH, asked);
        weft_optimizer *rebuilt = make_optimizer(&table, &settings);
        for (int k = 0; k < t; k++) {
            weft_outcome outcome = toy_outcome(told[k]);
            tell(rebuilt, told[k], &outcome);
        }
        restrict_to(rebuilt, r);
        ask_all(rebuilt, (uint64_t)t, BATCH, again);
        weft_optimizer_destroy(rebuilt);
        if (memcmp(asked, again, sizeof asked) != 0) {
            fail_msg("%s with %d objectives: trial %d is not what a rebuilt one asks for", name,
                     n_objectives, t);
        }
        for (int i = 0; i < BATCH; i++) {
            memcpy(told[t + i], &asked[i * TOY_GENES], sizeof told[0]);
            check_allowed(genes, r, told[t + i]);
            weft_outcome outcome = toy_outcome(told[t + i]);
            tell(optimizer, told[t + i], &outcome);
        }
    }
    weft_optimizer_destroy(optimizer);
}

static void test_all_methods_keep_to_them(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        if (strcmp(*name, "exhaustive") == 0) {
            continue; /* real genes: below */
        }
        check_method(*name, 1);
        if (!has_one_objective(&table, *name)) {
            check_method(*name, 2);
        }
    }
}

/* A small finite space: restricted to the end, all that is allowed is asked for, each once; freed, all
 * the rest. */
static void test_what_is_allowed_is_all_there_is(void **state) {
    (void)state;
    weft_gene genes[3] = {
        {.name = "a", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.name = "b",
         .kind = WEFT_GENE_ORDINAL,
         .n_choices = 5,
         .upper = 4,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 1, .maximum = 3}}},
        {.name = "c", .kind = WEFT_GENE_INTEGER, .lower = -1, .upper = 2},
    };
    const weft_gene_table table = {.genes = genes, .n_genes = 3};
    weft_restriction r[3] = {
        {.forbidden = 1U << 1}, {.forbidden = 1U << 0 | 1U << 4}, {.pinned = true, .value = 1.0}};
    enum { ALLOWED = 1 + 2 * 3, ALL = 4 * (1 + 3 * 5) };
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        weft_optimizer_settings settings = settings_of(*name, 1);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        double asked[3 * (ALL + 1)];
        int given = 0;
        weft_error error = {0};
        restrict_to(optimizer, r);
        assert_int_equal(weft_optimizer_ask(optimizer, 0, ALL, asked, &given, &error), WEFT_DONE);
        if (given != ALLOWED) {
            fail_msg("%s gave %d of %d", *name, given, (int)ALLOWED);
        }
        for (int i = 0; i < given; i++) {
            const weft_outcome outcome = {.objectives = {asked[3 * i + 2] + asked[3 * i]}};
            assert_true(asked[3 * i] != 1.0 && asked[3 * i + 2] == 1.0);
            tell(optimizer, &asked[3 * i], &outcome);
        }
        restrict_to(optimizer, NULL);
        assert_int_equal(weft_optimizer_ask(optimizer, ALLOWED, ALL, asked, &given, &error),
                         WEFT_DONE);
        if (given != ALL - ALLOWED) {
            fail_msg("%s gave %d of the %d others", *name, given, (int)(ALL - ALLOWED));
        }
        weft_optimizer_destroy(optimizer);
    }
}

/* A random search among what is allowed is uniform over it. */
static void test_random_is_uniform_over_what_is_left(void **state) {
    (void)state;
    const weft_gene genes[2] = {
        {.name = "a", .kind = WEFT_GENE_ORDINAL, .n_choices = 6, .upper = 5},
        {.name = "b", .kind = WEFT_GENE_REAL, .lower = 0, .upper = 1},
    };
    const weft_gene_table table = {.genes = genes, .n_genes = 2};
    const weft_restriction r[2] = {{.forbidden = 1U << 1 | 1U << 2 | 1U << 3}};
    weft_optimizer_settings settings = settings_of("random", 1);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    static double asked[3000][2];
    int counts[6] = {0};
    restrict_to(optimizer, r);
    ask_all(optimizer, 0, 3000, &asked[0][0]);
    for (int i = 0; i < 3000; i++) {
        counts[(int)asked[i][0]]++;
    }
    assert_true(counts[1] + counts[2] + counts[3] == 0);
    for (int k = 0; k < 6; k += k == 0 ? 4 : 1) { /* 1000 each, deviation 26 */
        assert_in_range(counts[k], 880, 1120);
    }
    weft_optimizer_destroy(optimizer);
}

/* Both zeros are one value: four genomes are left, and each is asked for once. */
static void test_pinned_to_the_other_zero(void **state) {
    (void)state;
    weft_gene genes[2] = {
        {.name = "a", .kind = WEFT_GENE_REAL, .lower = -1, .upper = 1},
        {.name = "b", .kind = WEFT_GENE_INTEGER, .upper = 3},
    };
    const weft_gene_table table = {.genes = genes, .n_genes = 2};
    const weft_restriction r[2] = {{.pinned = true, .value = -0.0}, {.pinned = false}};
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        if (strcmp(*name, "exhaustive") == 0) {
            continue; /* a real gene varies */
        }
        weft_optimizer_settings settings = settings_of(*name, 1);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        weft_error error;
        int given = 1;
        int n = 0;
        restrict_to(optimizer, r);
        for (; n <= 4 && given == 1; n += given) {
            double x[2];
            (void)!weft_optimizer_ask(optimizer, (uint64_t)n, 1, x, &given, &error);
            if (given == 1) {
                assert_true(x[0] == 0.0 && !signbit(x[0]));
                tell(optimizer, x, &(weft_outcome){.objectives = {x[1]}});
            }
        }
        assert_int_equal(n, 4);
        weft_optimizer_destroy(optimizer);
    }
}

static void test_nearest(void **state) {
    (void)state;
    const weft_gene gene = {.name = "n", .kind = WEFT_GENE_INTEGER, .lower = 10, .upper = 16};
    const weft_restriction some = {.forbidden = 1U << 3 | 1U << 2 | 1U << 0};
    assert_true(weft_restriction_nearest(&gene, &some, 13.0) == 14.0);
    assert_true(weft_restriction_nearest(&gene, &some, 12.0) == 11.0);
    assert_true(weft_restriction_nearest(&gene, &some, 10.0) == 11.0);
    assert_true(weft_restriction_nearest(&gene, &some, 16.0) == 16.0);
    const weft_restriction both = {.forbidden = 1U << 3};
    assert_true(weft_restriction_nearest(&gene, &both, 13.0) == 12.0);
}

static void expect_usage(weft_optimizer *optimizer, const weft_restriction *r, const char *text) {
    weft_error error = {0};
    assert_int_equal(weft_optimizer_restrict(optimizer, r, &error), WEFT_ERROR_USAGE);
    if (strstr(error.message, text) == NULL) {
        fail_msg("%s", error.message);
    }
}

static void test_bad_input(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    weft_optimizer_settings settings = settings_of("random", 1);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    weft_restriction r[TOY_GENES] = {{.pinned = false}};
    r[0] = (weft_restriction){.forbidden = 0xf};
    expect_usage(optimizer, r, "all values of gene 'kind' are forbidden");
    r[0] = (weft_restriction){.pinned = true, .value = 4.0};
    expect_usage(optimizer, r, "gene 'kind' is pinned to 4");
    r[0] = (weft_restriction){.pinned = true, .value = 0.5};
    expect_usage(optimizer, r, "gene 'kind' is pinned to 0.5");
    r[0] = (weft_restriction){.pinned = true, .value = (double)NAN};
    expect_usage(optimizer, r, "gene 'kind' is pinned");
    r[0] = (weft_restriction){.pinned = true, .value = 1.0, .forbidden = 0xf};
    r[4] = (weft_restriction){.forbidden = 1};
    expect_usage(optimizer, r, "gene 'share' has more than 64 values");
    r[4] = (weft_restriction){.pinned = true, .value = 0.25};
    restrict_to(optimizer, r);
    weft_optimizer_destroy(optimizer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_methods_keep_to_them),
        cmocka_unit_test(test_what_is_allowed_is_all_there_is),
        cmocka_unit_test(test_random_is_uniform_over_what_is_left),
        cmocka_unit_test(test_pinned_to_the_other_zero),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests_name("restriction", tests, NULL, NULL);
}
