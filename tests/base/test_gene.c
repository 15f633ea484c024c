/* SPDX-License-Identifier: Apache-2.0 */
#include <weft/gene.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* depth 1..3; kernel 2 exists from depth 2, kernel 3 from depth 3; a rate; and a grandchild that
 * needs kernel 2 to be choice 1. */
static const weft_gene GENES[] = {
    {.name = "depth", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 3},
    {.name = "k2",
     .kind = WEFT_GENE_ORDINAL,
     .n_choices = 4,
     .lower = 0,
     .upper = 3,
     .n_conditions = 1,
     .conditions = {{0, 2, 3}}},
    {.name = "k3",
     .kind = WEFT_GENE_CATEGORICAL,
     .n_choices = 2,
     .lower = 0,
     .upper = 1,
     .n_conditions = 1,
     .conditions = {{0, 3, 3}}},
    {.name = "rate", .kind = WEFT_GENE_REAL, .lower = 1e-4, .upper = 1e-1, .log_scale = true},
    {.name = "grandchild",
     .kind = WEFT_GENE_INTEGER,
     .lower = -5,
     .upper = 5,
     .n_conditions = 2,
     .conditions = {{1, 1, 1}, {3, 0, 1}}},
};
enum { N_GENES = sizeof GENES / sizeof GENES[0] };
static const weft_gene_table TABLE = {.genes = GENES, .n_genes = N_GENES};

static void test_activity_follows_parents(void **state) {
    (void)state;
    const double shallow[N_GENES] = {1, 1, 1, 0.01, 0};
    assert_true(weft_gene_active(&TABLE, shallow, 0));
    assert_false(weft_gene_active(&TABLE, shallow, 1));
    assert_false(weft_gene_active(&TABLE, shallow, 2));
    assert_true(weft_gene_active(&TABLE, shallow, 3));
    const double middle[N_GENES] = {2, 1, 1, 0.01, 0};
    assert_true(weft_gene_active(&TABLE, middle, 1));
    assert_false(weft_gene_active(&TABLE, middle, 2));
    assert_true(weft_gene_active(&TABLE, middle, 4));
    const double orphan[N_GENES] = {1, NAN, NAN, 0.01, 0};
    assert_false(weft_gene_active(&TABLE, orphan, 4));
}

static void test_canonical_is_unique_and_idempotent(void **state) {
    (void)state;
    double a[N_GENES] = {1, 3, 1, 0.01, 4};
    double b[N_GENES] = {1, 0, 0, 0.01, -2};
    assert_false(weft_genome_equal(&TABLE, a, b));
    weft_genome_canonical(&TABLE, a);
    weft_genome_canonical(&TABLE, b);
    assert_true(weft_genome_equal(&TABLE, a, b));
    /* The grandchild falls with its parent, in one pass. */
    assert_true(isnan(a[1]) && isnan(a[2]) && isnan(a[4]));
    assert_true(weft_genome_legal(&TABLE, a));
    double again[N_GENES];
    memcpy(again, a, sizeof a);
    weft_genome_canonical(&TABLE, again);
    assert_true(weft_genome_equal(&TABLE, a, again));
}

static void test_legal_refuses_each_fault(void **state) {
    (void)state;
    const double good[N_GENES] = {3, 1, 0, 0.01, -5};
    assert_true(weft_genome_legal(&TABLE, good));
    const struct {
        int gene;
        double value;
    } faults[] = {
        {0, 0},   {0, 4},   {0, 1.5}, {0, NAN},      {1, -1},        {1, 4},
        {1, 0.5}, {2, 2},   {3, 0.0}, {3, 0.2},      {3, NAN},       {4, -6},
        {4, 6},   {4, 0.1}, {4, NAN}, {0, INFINITY}, {3, -INFINITY},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        double genome[N_GENES];
        memcpy(genome, good, sizeof good);
        genome[faults[i].gene] = faults[i].value;
        assert_false(weft_genome_legal(&TABLE, genome));
    }
    /* A value where nothing may stand. */
    const double extra[N_GENES] = {1, 0, NAN, 0.01, NAN};
    assert_false(weft_genome_legal(&TABLE, extra));
}

static bool depth_is_odd(const void *context, const double *genome) {
    (void)context;
    return fmod(genome[0], 2.0) == 1.0;
}

static void test_own_rule_of_the_table(void **state) {
    (void)state;
    const weft_gene_table table = {.genes = GENES, .n_genes = N_GENES, .legal = depth_is_odd};
    const double odd[N_GENES] = {1, NAN, NAN, 0.01, NAN};
    const double even[N_GENES] = {2, 0, NAN, 0.01, NAN};
    assert_true(weft_genome_legal(&table, odd));
    assert_false(weft_genome_legal(&table, even));
    assert_true(weft_genome_legal(&TABLE, even));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activity_follows_parents),
        cmocka_unit_test(test_canonical_is_unique_and_idempotent),
        cmocka_unit_test(test_legal_refuses_each_fault),
        cmocka_unit_test(test_own_rule_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
