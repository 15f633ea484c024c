/* SPDX-License-Identifier: Apache-2.0
 * Steering: what is pinned and forbidden holds from the batch on that takes it up, in every method, and
 * a study that is cut anywhere is the one that was not. */
#include "study/support.h"

#include "../../src/study/problem.h"

#define HEAD "weft: problem/1\nname: steered\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"

enum { BATCH = 6, TRIALS = 48, GENES = 7 };

static weft_problem *steered(const char *folder, const char *optimizer, const char *more) {
    char text[2000];
    snprintf(text, sizeof text,
             HEAD "objectives: [energy min%s]\n%s"
                  "search: {optimizer: %s, trials: %d, batch: %d, seed: 3, startup_trials: 8,\n"
                  "         population: 8, screened: 12, sample: 40, scored: 60}\n",
             strcmp(optimizer, "nsga2") == 0 ? ", latency min" : "", more, optimizer, (int)TRIALS,
             (int)BATCH);
    return read_problem(folder, "steered.yaml", text);
}

static void steer(const char *store, weft_steer_kind kind, const char *gene, const char *value) {
    weft_steer order = {.kind = kind};
    weft_error error;
    snprintf(order.gene, sizeof order.gene, "%s", gene);
    snprintf(order.value, sizeof order.value, "%s", value);
    expect_ok(weft_steer_store(store, &order, 1, &error), &error);
}

/* Says what is said of a store once so many trials are stored. */
static void speak(const char *store, size_t stored) {
    static const weft_steer ORDERS[3][2] = {
        {{.kind = WEFT_STEER_PIN, .gene = "depth", .value = "2"},
         {.kind = WEFT_STEER_FORBID, .gene = "block*", .value = "VGG"}},
        {{.kind = WEFT_STEER_FREE, .gene = "depth"},
         {.kind = WEFT_STEER_FORBID, .gene = "kernels1", .value = "32"}},
        {{.kind = WEFT_STEER_FREE, .gene = "*"},
         {.kind = WEFT_STEER_PIN, .gene = "depth", .value = "3"}},
    };
    static const size_t TIMES[3] = {9, 24, 31}; /* from 12, 24 and 36 on: two within a batch */
    for (int i = 0; i < 3; i++) {
        weft_error error;
        if (stored == TIMES[i]) {
            expect_ok(weft_steer_store(store, ORDERS[i], 2, &error), &error);
        }
    }
}

/* Where a block, or its kernels, stand in a genome: depth, block1, kernels1, block2, ... */
enum { DEPTH = 0 };
static int block(int j) {
    return 2 * j - 1;
}

static int kernels(int j) {
    return 2 * j;
}

static void check_trial(const weft_trial *trial) {
    const double *x = trial->genome;
    uint64_t t = trial->number;
    for (int j = 1; j <= 3 && t >= 12 && t < 36; j++) {
        assert_true(isnan(x[block(j)]) || x[block(j)] != 0.0);
    }
    assert_true(!(t >= 12 && t < 24) || x[DEPTH] == 2.0);
    assert_true(!(t >= 24 && t < 36) || x[kernels(1)] != 2.0);
    assert_true(t < 36 || x[DEPTH] == 3.0);
}

/* One trial after the other, the study closed and opened again after each `cut` of them (0: never). */
static void run_by_hand(weft_problem *problem, const char *store, int cut) {
    weft_study *study = NULL;
    weft_error error;
    weft_trial trial;
    size_t told = 0;
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    for (;;) {
        weft_status status = weft_study_ask(study, &trial, &error);
        expect_ok(status, &error);
        if (status == WEFT_DONE) {
            break;
        }
        expect_ok(weft_study_evaluate(study, &trial, NULL, &error), &error);
        expect_ok(weft_study_tell(study, &trial, &error), &error);
        speak(store, ++told);
        if (cut > 0 && told % (size_t)cut == 0) {
            weft_study_close(study);
            expect_ok(weft_study_open(problem, store, &study, &error), &error);
        }
    }
    assert_int_equal(told, TRIALS);
    weft_study_close(study);
}

static void same_genomes(const char *path_a, const char *path_b, bool keeps) {
    weft_study *a = NULL, *b = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(path_a, &a, &error), &error);
    expect_ok(weft_study_open_read(path_b, &b, &error), &error);
    assert_int_equal(weft_study_size(a), TRIALS);
    assert_int_equal(weft_study_size(b), TRIALS);
    weft_gene_table table = weft_space_genes(weft_problem_get_space(weft_study_get_problem(a)));
    assert_int_equal(table.n_genes, GENES);
    assert_string_equal(table.genes[kernels(3)].name, "kernels3");
    for (size_t t = 0; t < TRIALS; t++) {
        const weft_trial *x = weft_study_get_trial(a, t);
        const weft_trial *y = weft_study_get_trial(b, t);
        if (!weft_genome_equal(&table, x->genome, y->genome)) {
            fail_msg("trial %d differs", (int)t);
        }
        if (keeps) {
            check_trial(x);
        }
    }
    weft_study_close(a);
    weft_study_close(b);
}

static void a_cut_study_is_the_whole_one(void **state) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    bool quick = scale != NULL && strcmp(scale, "quick") == 0;
    int n = 0;
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        if (quick && n++ % 4 != 1) {
            continue;
        }
        char whole[600], cut[600], file[64];
        weft_problem *problem = steered(*state, *name, "");
        snprintf(file, sizeof file, "%s-whole.db", *name);
        path_in(*state, file, whole, sizeof whole);
        snprintf(file, sizeof file, "%s-cut.db", *name);
        path_in(*state, file, cut, sizeof cut);
        run_by_hand(problem, whole, 0);
        run_by_hand(problem, cut, strcmp(*name, "tpe") == 0 ? 1 : 13);
        same_genomes(whole, cut, true);
        weft_problem_destroy(problem);
    }
}

/* The orders in a store hold for any number of threads that go on with it. */
static void threads_change_nothing(void **state) {
    char paths[2][600];
    for (int i = 0; i < 2; i++) {
        weft_problem *problem = steered(*state, "nsga2", "");
        weft_study *study = NULL;
        weft_error error;
        weft_run_settings settings = {.jobs = i == 0 ? 1 : 4};
        path_in(*state, i == 0 ? "one.db" : "four.db", paths[i], sizeof paths[i]);
        weft_problem_get_info(problem)->trials = 18;
        expect_ok(weft_study_open(problem, paths[i], &study, &error), &error);
        expect_ok(weft_study_run(study, &settings, &error), &error);
        steer(paths[i], WEFT_STEER_FORBID, "depth", "1"); /* while it is open */
        weft_study_close(study);
        weft_problem_get_info(problem)->trials = TRIALS;
        expect_ok(weft_study_open(problem, paths[i], &study, &error), &error);
        expect_ok(weft_study_run(study, &settings, &error), &error);
        assert_true(weft_study_order(study, 0)->taken);
        assert_int_equal(weft_study_order(study, 0)->trial, 18);
        assert_null(weft_study_order(study, 1));
        for (size_t t = 18; t < TRIALS; t++) {
            assert_true(weft_study_get_trial(study, t)->genome[0] > 1.0);
        }
        weft_study_close(study);
        weft_problem_destroy(problem);
    }
    same_genomes(paths[0], paths[1], false);
}

static void a_problem_pins_from_the_start(void **state) {
    char path[600];
    weft_problem *problem = steered(*state, "tpe",
                                    "pin: {depth: 2}\n"
                                    "forbid: {'block*': [VGG, MVGG], kernels2: 8}\n");
    weft_problem *again = NULL;
    weft_problem_texts texts;
    weft_study *study = NULL;
    weft_error error;
    weft_run_settings settings = {.jobs = 1};
    expect_ok(weft_problem_write(problem, &texts, &error), &error);
    expect_ok(weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
              &error);
    assert_memory_equal(problem->restrictions, again->restrictions,
                        GENES * sizeof *again->restrictions);
    free(texts.problem);
    weft_problem_destroy(again);
    path_in(*state, "pinned.db", path, sizeof path);
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    /* depth 2: block RES alone, kernels of 3 and of 2 values */
    assert_int_equal(weft_study_run(study, &settings, &error), WEFT_DONE);
    assert_int_equal(weft_study_size(study), 3 * 2);
    for (size_t t = 0; t < 6; t++) {
        const double *x = weft_study_get_trial(study, t)->genome;
        assert_true(x[DEPTH] == 2.0 && x[block(1)] == 2.0 && x[block(2)] == 2.0);
        assert_true(x[kernels(2)] >= 1.0);
    }
    weft_study_close(study);
    weft_exhaust *all = NULL;
    weft_exhaust_settings exhaust = {.jobs = 1, .keep = 10};
    expect_ok(weft_problem_exhaust(problem, &exhaust, &all, &error), &error);
    assert_int_equal(all->ok + all->infeasible + all->failed, 3 * 2);
    weft_exhaust_destroy(all);
    weft_problem_destroy(problem);
}

/* Where nothing is left the search ends; freed, it goes on, and so does one that is cut then. */
static void an_exhausted_search_goes_on_when_freed(void **state) {
    char paths[2][600];
    for (int i = 0; i < 2; i++) {
        weft_problem *problem = steered(*state, "ga", "pin: {depth: 1}\nforbid: {block1: [VGG]}\n");
        weft_study *study = NULL;
        weft_error error;
        weft_run_settings settings = {.jobs = 1};
        path_in(*state, i == 0 ? "freed.db" : "freed-cut.db", paths[i], sizeof paths[i]);
        expect_ok(weft_study_open(problem, paths[i], &study, &error), &error);
        assert_int_equal(weft_study_run(study, &settings, &error), WEFT_DONE);
        assert_int_equal(weft_study_size(study), 2 * 3);
        weft_study_close(study);
        steer(paths[i], WEFT_STEER_FORBID, "kernels1", "8"); /* changes nothing */
        steer(paths[i], WEFT_STEER_FREE, "depth", "");
        steer(paths[i], WEFT_STEER_FREE, "block1", "");
        for (int trials = i == 0 ? TRIALS : 8; trials <= TRIALS; trials += 5) {
            weft_problem_get_info(problem)->trials = trials;
            expect_ok(weft_study_open(problem, paths[i], &study, &error), &error);
            assert_int_equal(weft_study_run(study, &settings, &error), WEFT_OK);
            assert_int_equal(weft_study_size(study), trials);
            assert_int_equal(weft_study_order(study, 2)->trial, 6);
            weft_study_close(study);
        }
        weft_problem_destroy(problem);
    }
    same_genomes(paths[0], paths[1], false);
}

/* A gene of a later stage is pinned before that stage begins. */
static void a_later_stage_begins_where_it_was_pinned(void **state) {
    char path[600];
    weft_problem *problem = read_problem(*state, "stages.yaml",
                                         HEAD "minimise: energy\n"
                                              "search:\n"
                                              "  trials: 24\n"
                                              "  batch: 4\n"
                                              "  stages:\n"
                                              "  - {name: blocks, free: ['block*'], trials: 8}\n"
                                              "  - {name: kernels, free: ['kernels*', depth]}\n");
    weft_study *study = NULL;
    weft_error error;
    weft_run_settings settings = {.jobs = 1};
    path_in(*state, "stages.db", path, sizeof path);
    weft_problem_get_info(problem)->trials = 4;
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    weft_study_close(study);
    steer(path, WEFT_STEER_PIN, "depth", "3");
    steer(path, WEFT_STEER_FORBID, "kernels*", "16");
    weft_problem_get_info(problem)->trials = 24;
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    for (size_t t = 4; t < weft_study_size(study); t++) {
        const weft_trial *trial = weft_study_get_trial(study, t);
        assert_true(trial->stage == 0 ? trial->genome[0] == 2.0 : trial->genome[0] == 3.0);
        for (int j = 1; j <= 3 && trial->stage == 1; j++) {
            assert_true(trial->genome[kernels(j)] != 1.0);
        }
    }
    weft_study_close(study);
    weft_problem_destroy(problem);
}

static void a_search_without_batches_keeps_to_it(void **state) {
    char path[600], text[1500];
    snprintf(text, sizeof text,
             HEAD "objectives: [energy min]\n"
                  "search: {optimizer: tpe, trials: 40, asynchronous: true, startup_trials: 8}\n");
    weft_problem *problem = read_problem(*state, "async.yaml", text);
    weft_study *study = NULL;
    weft_error error;
    weft_run_settings settings = {.jobs = 3};
    path_in(*state, "async.db", path, sizeof path);
    weft_problem_get_info(problem)->trials = 12;
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    weft_study_close(study);
    steer(path, WEFT_STEER_PIN, "depth", "3");
    weft_problem_get_info(problem)->trials = 40;
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    for (size_t t = 12; t < 40; t++) {
        assert_true(weft_study_get_trial(study, t)->genome[0] == 3.0);
    }
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static void orders_that_cannot_be_are_told(void **state) {
    static const struct {
        weft_steer orders[2];
        const char *message, *hint;
    } CASES[] = {
        {{{.kind = WEFT_STEER_PIN, .gene = "detph", .value = "2"}},
         "no gene of the space is called 'detph'",
         "depth"},
        {{{.kind = WEFT_STEER_FREE, .gene = "nothing*", .value = ""}},
         "no gene of the space is called 'nothing*'",
         ""},
        {{{.kind = WEFT_STEER_PIN, .gene = "depth", .value = "4"}},
         "gene 'depth' has no value '4', expected one of 1 to 3",
         ""},
        {{{.kind = WEFT_STEER_FORBID, .gene = "block1", .value = "VGGG"}},
         "expected one of VGG, MVGG, RES",
         ""},
        {{{.kind = WEFT_STEER_PIN, .gene = "kernels3", .value = "8"}},
         "does not vary gene 'kernels3'",
         "fixed"},
        {{{.kind = WEFT_STEER_FORBID, .gene = "block1", .value = "MVGG"},
          {.kind = WEFT_STEER_FORBID, .gene = "block1", .value = "RES"}},
         "all values of gene 'block1' are forbidden",
         ""},
        {{{.kind = WEFT_STEER_PIN, .gene = "block1", .value = "VGG"}},
         "value 'VGG' of gene 'block1' is forbidden",
         "free"},
        {{{.kind = WEFT_STEER_PIN, .gene = "depth", .value = "1"},
          {.kind = WEFT_STEER_FORBID, .gene = "depth", .value = "1"}},
         "gene 'depth' is pinned to '1'",
         "free"},
    };
    char path[600];
    weft_problem *problem =
        steered(*state, "tpe", "fixed: {kernels3: 16}\nforbid: {block1: [VGG]}\n");
    weft_study *study = NULL;
    weft_error error;
    path_in(*state, "mistakes.db", path, sizeof path);
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        size_t n = CASES[i].orders[1].gene[0] != '\0' ? 2 : 1;
        assert_int_equal(weft_steer_store(path, CASES[i].orders, n, &error), WEFT_ERROR_INPUT);
        if (strstr(error.message, CASES[i].message) == NULL ||
            strstr(error.hint, CASES[i].hint) == NULL) {
            fail_msg("%s (%s)", error.message, error.hint);
        }
    }
    weft_study_close(study);
    expect_ok(weft_study_open_read(path, &study, &error), &error);
    assert_null(weft_study_order(study, 0)); /* all or none */
    weft_study_close(study);
    weft_problem_destroy(problem);
    path_in(*state, "none.db", path, sizeof path);
    assert_int_equal(weft_steer_store(path, CASES[0].orders, 1, &error), WEFT_ERROR_IO);
    assert_int_equal(access(path, F_OK), -1);
}

static void keys_that_cannot_be_are_told(void **state) {
    static const struct {
        const char *keys, *message;
    } CASES[] = {
        {"pin: [depth]\n", "expected genes with their values"},
        {"pin: {detph: 2}\n", "detph"},
        {"pin: {depth: [1, 2]}\n", ""},
        {"forbid: {depth: [1, 2, 3]}\n", "all values of gene 'depth' are forbidden"},
        {"forbid: {depth: 1}\npin: {depth: 1}\n", "is forbidden"},
        {"fixed: {depth: 1}\npin: {depth: 2}\n", "does not vary"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[2000], path[600];
        weft_problem *problem = NULL;
        weft_error error;
        snprintf(text, sizeof text, HEAD "objectives: [energy]\n%s", CASES[i].keys);
        write_file(*state, "wrong.yaml", text, path, sizeof path);
        assert_int_equal(weft_problem_read(path, &problem, &error), WEFT_ERROR_INPUT);
        if (strstr(error.message, CASES[i].message) == NULL || error.line == 0) {
            fail_msg("%s: %s", CASES[i].keys, error.message);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_study_is_the_whole_one),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(a_problem_pins_from_the_start),
        cmocka_unit_test(an_exhausted_search_goes_on_when_freed),
        cmocka_unit_test(a_later_stage_begins_where_it_was_pinned),
        cmocka_unit_test(a_search_without_batches_keeps_to_it),
        cmocka_unit_test(orders_that_cannot_be_are_told),
        cmocka_unit_test(keys_that_cannot_be_are_told),
    };
    return cmocka_run_group_tests_name("steer", tests, make_folder, remove_folder);
}
