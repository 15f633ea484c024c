/* SPDX-License-Identifier: Apache-2.0
 * Constraints: no unit outweighs another, and what a store has is what was told. */
#include "study/support.h"

static const char problem_text[] = "weft: problem/1\n"
                                   "name: limits\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                                   "objectives: [energy min, latency min]\n"
                                   "constraints: [\"%s\", \"%s\"]\n"
                                   "search: {optimizer: %s, trials: 30, batch: 5, seed: 2,\n"
                                   "         startup_trials: 8, population: 8}\n";

static weft_problem *make_problem(const char *folder, const char *optimizer, const char *one,
                                  const char *other) {
    char text[2048];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, problem_text, one, other, optimizer);
#pragma GCC diagnostic pop
    return read_problem(folder, "limits.yaml", text);
}

/* Searches into folder/name, and opens it to look at. */
static weft_study *search(weft_problem *problem, const char *folder, const char *name,
                          int64_t trials) {
    char store[600];
    weft_study *study = NULL;
    weft_error error;
    weft_run_settings settings = {.jobs = 1};
    path_in(folder, name, store, sizeof store);
    weft_problem_get_info(problem)->trials = trials;
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    weft_study_close(study);
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    return study;
}

/* The same trials, with the same violations; gives how many are infeasible. */
static int compare(const weft_study *a, const weft_study *b) {
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(weft_study_get_problem(a)));
    int infeasible = 0;
    assert_int_equal(weft_study_size(a), weft_study_size(b));
    for (size_t i = 0; i < weft_study_size(a); i++) {
        const weft_trial *x = weft_study_get_trial(a, i);
        const weft_trial *y = weft_study_get_trial(b, i);
        assert_true(weft_genome_equal(&genes, x->genome, y->genome));
        assert_int_equal(x->state, y->state);
        assert_true(x->violation == y->violation);
        infeasible += x->state == WEFT_TRIAL_INFEASIBLE;
    }
    return infeasible;
}

/* Parameters counted in units of 2^-40 and macs in units of 2^20, which is exact in binary. */
static void units_do_not_matter(void **state) {
    static const char *const optimizers[] = {"nsga2", "gp"};
    for (int o = 0; o < 2; o++) {
        weft_problem *plain =
            make_problem(*state, optimizers[o], "macs >= 4194304", "params <= 16384");
        weft_problem *scaled = make_problem(*state, optimizers[o], "macs / 1048576 >= 4",
                                            "params * 1099511627776 <= 18014398509481984");
        char names[2][32];
        for (int k = 0; k < 2; k++) {
            snprintf(names[k], sizeof names[k], "%d-%d.db", o, k);
        }
        weft_study *a = search(plain, *state, names[0], 30);
        weft_study *b = search(scaled, *state, names[1], 30);
        assert_true(compare(a, b) > 2);
        weft_study_close(a);
        weft_study_close(b);
        weft_problem_destroy(plain);
        weft_problem_destroy(scaled);
    }
}

/* What breaks both constraints breaks them by the sum of what it breaks each by. */
static void violations_add_up(void **state) {
    static const char *const limits[] = {"macs >= 4e6", "params <= 16e3"};
    double genomes[40 * 7];
    double sums[40];
    weft_trial trials[40];
    weft_error error;
    int both = 0;
    weft_problem *problem = make_problem(*state, "random", limits[0], limits[1]);
    weft_study *study = search(problem, *state, "both.db", 40);
    assert_int_equal(weft_space_genes(weft_problem_get_space(problem)).n_genes, 7);
    for (size_t i = 0; i < 40; i++) {
        memcpy(&genomes[i * 7], weft_study_get_trial(study, i)->genome, 7 * sizeof *genomes);
        sums[i] = 0.0;
    }
    for (int k = 0; k < 2; k++) {
        weft_problem *one = make_problem(*state, "random", limits[k], limits[k]);
        expect_ok(weft_problem_evaluate(one, genomes, 40, trials, &error), &error);
        for (size_t i = 0; i < 40; i++) {
            sums[i] += 0.5 * trials[i].violation; /* it is there twice */
            both += k == 1 && trials[i].violation > 0.0 && sums[i] > 0.5 * trials[i].violation;
        }
        weft_problem_destroy(one);
    }
    for (size_t i = 0; i < 40; i++) {
        assert_float_equal(weft_study_get_trial(study, i)->violation, sums[i], 1e-12);
    }
    print_message("%d of 40 designs break both\n", both);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* A limit of 0 has no size. */
static void a_limit_of_zero_counts_as_one(void **state) {
    weft_problem *problem = make_problem(*state, "random", "params - 1e3 <= 0", "macs >= 1");
    weft_study *study = search(problem, *state, "zero.db", 10);
    int broken = 0;
    for (size_t i = 0; i < 10; i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        assert_true(trial->violation == 0.0 || trial->violation == 1.0);
        broken += trial->violation > 0.0;
    }
    assert_true(broken > 0);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* gp learns from the amounts: a search that was cut learns the same from its store. */
static void a_store_tells_the_amounts_again(void **state) {
    weft_problem *problem = make_problem(*state, "gp", "macs >= 4e6", "params <= 16e3");
    weft_study *whole = search(problem, *state, "whole.db", 30);
    for (int64_t trials = 5; trials < 30; trials += 7) {
        weft_study_close(search(problem, *state, "pieces.db", trials));
    }
    weft_study *pieces = search(problem, *state, "pieces.db", 30);
    compare(whole, pieces);
    weft_study_close(whole);
    weft_study_close(pieces);
    weft_problem_destroy(problem);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(units_do_not_matter),
        IN_FOLDER(violations_add_up),
        IN_FOLDER(a_limit_of_zero_counts_as_one),
        IN_FOLDER(a_store_tells_the_amounts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
