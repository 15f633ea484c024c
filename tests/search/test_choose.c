/* SPDX-License-Identifier: Apache-2.0
 *
 * The optimizer of a search that names none: the table of docs/explanation/which-optimizer.md, row by
 * row, and that whatever is chosen can be created. */
#include "search/support.h"

#include <string.h>

static weft_search_choice choose(int n_objectives, int n_genes, uint64_t trials, bool costly) {
    weft_search_traits traits = {
        .n_objectives = n_objectives, .n_genes = n_genes, .trials = trials, .costly = costly};
    weft_search_choice choice;
    weft_optimizer_choose(&traits, &choice);
    return choice;
}

static void test_table(void **state) {
    (void)state;
    static const struct {
        int n_objectives, n_genes;
        uint64_t trials;
        bool costly;
        const char *name;
        int population;
    } rows[] = {
        {1, 6, 30, true, "gp", 0},           {2, 15, 500, false, "gp", 0},
        {2, 15, 501, false, "tpe", 0},       {2, 15, 501, true, "gp", 0},
        {3, 15, 1000, true, "gp", 0},        {3, 15, 1001, true, "tpe", 0},
        {2, 40, 100000, true, "tpe", 0},     {4, 15, 100, true, "tpe", 0},
        {1, 15, 2000, false, "tpe", 0},      {1, 15, 2001, false, "ga", 50},
        {2, 15, 15000, false, "nsga2", 150}, {5, 15, 15000, false, "nsga3", 0},
        {1, 141, 500, false, "ga", 20},      {1, 141, 15000, false, "ga", 150},
        {2, 141, 1001, true, "nsga2", 25},   {1, 50, 100, false, "gp", 0},
        {1, 51, 201, false, "ga", 20},       {1, 51, 200, false, "gp", 0},
        {4, 51, 200, false, "nsga3", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_search_choice choice =
            choose(rows[i].n_objectives, rows[i].n_genes, rows[i].trials, rows[i].costly);
        assert_string_equal(choice.name, rows[i].name);
        assert_int_equal(choice.population, rows[i].population);
    }
}

static void test_reason_says_what_decided(void **state) {
    (void)state;
    weft_search_choice choice = choose(1, 1, 40, true);
    assert_string_equal(choice.reason,
                        "40 costly trials, 1 gene, 1 objective: learns the most from few");
    assert_int_equal(choice.startup_trials, 10);
    assert_int_equal(choose(1, 11, 40, true).startup_trials, 0);
}

static void test_every_choice_can_be_created(void **state) {
    (void)state;
    static const uint64_t trials[] = {1, 20, 500, 1000, 2000, 20000, UINT64_MAX};
    weft_gene gene = {.name = "g", .kind = WEFT_GENE_REAL, .upper = 1.0};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    for (int k = 0; k < 2 * WEFT_MAX_OBJECTIVES * 2 * 7; k++) {
        int m = 1 + k / 28;
        weft_search_choice choice =
            choose(m, k / 14 % 2 == 0 ? 1 : 1000, trials[k % 7], k / 7 % 2 == 0);
        weft_optimizer_settings settings;
        weft_optimizer *optimizer = NULL;
        weft_error error;
        weft_optimizer_defaults(&settings);
        settings.name = choice.name;
        settings.n_objectives = m;
        settings.population = choice.population;
        assert_int_equal(weft_optimizer_create(&table, &settings, &optimizer, &error), WEFT_OK);
        assert_true(strlen(choice.reason) + 1 < sizeof choice.reason);
        weft_optimizer_destroy(optimizer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_reason_says_what_decided),
        cmocka_unit_test(test_every_choice_can_be_created),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
