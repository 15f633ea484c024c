/* SPDX-License-Identifier: Apache-2.0
 * Single designs: named, stepped, evaluated; against what a search makes of them. */
#include "study/support.h"

static const char small[] =
    "weft: problem/1\n"
    "name: small\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
    "minimise: energy * latency\n"
    "constraints: [\"macs >= 1e6\"]\n"
    "search: {optimizer: random, trials: 60, batch: 6, seed: 3, hold: last}\n";

static int gene_of(const weft_gene_table *table, const char *name) {
    for (int g = 0; g < table->n_genes; g++) {
        if (strcmp(table->genes[g].name, name) == 0) {
            return g;
        }
    }
    fail_msg("no gene %s", name);
    return -1;
}

/* The same trial by hand as a search stores it. */
static void evaluating_is_what_a_search_does(void **state) {
    char store[600];
    weft_error error;
    weft_problem *problem = read_problem(*state, "small.yaml", small);
    weft_study *study = NULL;
    path_in(*state, "runs.db", store, sizeof store);
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    weft_run_settings settings = {.jobs = 1};
    expect_ok(weft_study_run(study, &settings, &error), &error);
    size_t n = weft_study_size(study);
    size_t genes = (size_t)weft_space_genes(weft_problem_get_space(problem)).n_genes;
    double *genomes = calloc(n * genes, sizeof *genomes);
    weft_trial *trials = calloc(n, sizeof *trials);
    for (size_t i = 0; i < n; i++) {
        memcpy(genomes + i * genes, weft_study_get_trial(study, i)->genome,
               genes * sizeof *genomes);
    }
    expect_ok(weft_problem_evaluate(problem, genomes, n, trials, &error), &error);
    for (size_t i = 0; i < n; i++) {
        const weft_trial *stored = weft_study_get_trial(study, i);
        assert_int_equal(trials[i].state, stored->state);
        assert_string_equal(trials[i].reason, stored->reason);
        assert_string_equal(trials[i].description, stored->description);
        assert_ptr_equal(trials[i].genome, genomes + i * genes);
        for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
            assert_memory_equal(&trials[i].metrics[m], &stored->metrics[m], sizeof(double));
        }
        assert_true(trials[i].score == stored->score || isnan(trials[i].score));
    }
    free(trials);
    free(genomes);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* What a search opens is opened, without a store; fixed genes do not vary. */
static void a_problem_is_checked_before_it_is_searched(void **state) {
    static const char fixed[] = "weft: problem/1\n"
                                "name: fixed\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                                "minimise: energy * latency\n"
                                "fixed: {\"block*\": RES}\n"
                                "search: {optimizer: random, trials: 60}\n";
    static const char several[] = "weft: problem/1\n"
                                  "name: several\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                                  "objectives: [energy, latency]\n"
                                  "search: {optimizer: ga, trials: 60}\n";
    weft_error error;
    weft_problem *problem = read_problem(*state, "fixed.yaml", fixed);
    expect_ok(weft_problem_check(problem, NULL, &error), &error);
    weft_gene_table table = weft_space_genes(weft_problem_get_space(problem));
    for (int g = 0; g < table.n_genes; g++) {
        bool block = strncmp(table.genes[g].name, "block", 5) == 0;
        assert_int_equal(weft_problem_varies(problem, g), !block);
    }
    weft_problem_destroy(problem);
    problem = read_problem(*state, "several.yaml", several);
    assert_int_equal(weft_problem_check(problem, NULL, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "one objective"));
    weft_problem_destroy(problem);
}

static void genes_are_set_by_name_and_pattern(void **state) {
    weft_error error;
    weft_problem *problem = read_problem(*state, "small.yaml", small);
    const weft_space *space = weft_problem_get_space(problem);
    weft_gene_table table = weft_space_genes(space);
    double genome[16];
    weft_problem_stand(problem, genome);
    for (int g = 0; g < table.n_genes; g++) {
        assert_true(genome[g] == table.genes[g].upper); /* hold: last */
    }
    expect_ok(weft_problem_set(problem, "block*", "MVGG", genome, &error), &error);
    expect_ok(weft_problem_set(problem, "kernels2", "16", genome, &error), &error);
    char text[64];
    for (int i = 1; i <= 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "block%d", i);
        int g = gene_of(&table, name);
        assert_string_equal(weft_space_value_text(space, g, genome[g], text, sizeof text), "MVGG");
    }
    assert_true(weft_space_number(space, gene_of(&table, "kernels2"),
                                  genome[gene_of(&table, "kernels2")]) == 16);
    assert_int_equal(weft_problem_set(problem, "kernels2", "17", genome, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "8, 16, 32"));
    assert_int_equal(weft_problem_set(problem, "kernel2", "16", genome, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "kernels2"));
    weft_problem_destroy(problem);
}

/* Up and down again is the same design; ends have no step; genes that wake stand as they are held. */
static void steps_go_there_and_back(void **state) {
    weft_error error;
    weft_problem *problem = read_problem(*state, "small.yaml", small);
    weft_gene_table table = weft_space_genes(weft_problem_get_space(problem));
    double genome[16], beside[16], back[16];
    weft_problem_stand(problem, genome);
    expect_ok(weft_problem_set(problem, "depth", "2", genome, &error), &error);
    expect_ok(weft_problem_set(problem, "kernels*", "16", genome, &error), &error);
    weft_genome_canonical(&table, genome);
    int depth = gene_of(&table, "depth"), last = gene_of(&table, "kernels3");
    assert_true(isnan(genome[last]));
    assert_int_equal(weft_problem_step(problem, genome, last, 1, beside, &error), WEFT_DONE);
    assert_int_equal(weft_problem_step(problem, genome, depth, 1, beside, &error), WEFT_OK);
    assert_true(beside[depth] == 3 && beside[last] == table.genes[last].upper);
    assert_true(weft_genome_legal(&table, beside));
    assert_int_equal(weft_problem_step(problem, beside, depth, 1, back, &error), WEFT_DONE);
    assert_int_equal(weft_problem_step(problem, genome, 99, 1, back, &error), WEFT_ERROR_USAGE);
    for (int g = 0; g < table.n_genes; g++) {
        for (int way = -1; way <= 1; way += 2) {
            weft_status status = weft_problem_step(problem, genome, g, way, beside, &error);
            if (status == WEFT_OK) {
                assert_true(fabs(beside[g] - genome[g]) == 1);
                assert_int_equal(weft_problem_step(problem, beside, g, -way, back, &error),
                                 WEFT_OK);
                /* a depth that falls puts genes to sleep, which wake where they are held */
                assert_true(weft_genome_equal(&table, genome, back) || g == depth);
            } else {
                assert_int_equal(status, WEFT_DONE);
                assert_true(isnan(genome[g]) ||
                            genome[g] == (way > 0 ? table.genes[g].upper : table.genes[g].lower));
            }
        }
    }
    weft_problem_destroy(problem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(evaluating_is_what_a_search_does, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_problem_is_checked_before_it_is_searched, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(genes_are_set_by_name_and_pattern, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(steps_go_there_and_back, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("study: single designs", tests, NULL, NULL);
}
