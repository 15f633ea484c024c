/* SPDX-License-Identifier: Apache-2.0
 * Accuracies that studies share, and designs of a study to learn from. That a network was not trained
 * again shows in its accuracy: what the cache is made to say is what the next study has. */
#include "support.h"

#include <pthread.h>
#include <sqlite3.h>

#include "study/cache.h"
#include "study/problem.h"

enum { IMAGES = 240, SIDE = 16 };

/* ---- problems ------------------------------------------------------------------------------------ */

static void write_idx(const char *path, int kind, int n, int side, int dark) {
    const uint8_t head[] = {0, 0, 8, (uint8_t)kind, 0, 0, 0, (uint8_t)n,
                            0, 0, 0, (uint8_t)side, 0, 0, 0, (uint8_t)side};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, kind == 3 ? 16 : 8, file), kind == 3 ? 16 : 8);
    for (int i = 0; i < n; i++) {
        for (int p = 0; p < (kind == 3 ? side * side : 1); p++) {
            int label = i % 2;
            fputc(kind == 1                               ? label
                  : (label == 1) == (p % side < side / 2) ? 200
                                                          : dark + (p * 7) % 50,
                  file);
        }
    }
    assert_int_equal(fclose(file), 0);
}

/* Images of two halves, of which the label says which one is bright. */
static void add_images_of(const char *folder, int dark) {
    char images[600];
    char labels[600];
    weft_dataset_info info;
    weft_error error;
    path_in(folder, "images", images, sizeof images);
    path_in(folder, "labels", labels, sizeof labels);
    write_idx(images, 3, IMAGES, SIDE, dark);
    write_idx(labels, 1, IMAGES, SIDE, dark);
    assert_int_equal(setenv("WEFT_DATA", folder, 1), 0);
    weft_data_add_settings settings = {.name = "halves",
                                       .format = "idx",
                                       .train_images = images,
                                       .train_labels = labels,
                                       .test_every = 4,
                                       .replace = true};
    expect_ok(weft_data_add(&settings, &info, &error), &error);
}

static void add_images(const char *folder) {
    add_images_of(folder, 0);
}

static weft_problem *make_problem(const char *folder, const char *name, const char *accuracy,
                                  int seed) {
    char text[1600];
    snprintf(text, sizeof text,
             "weft: problem/1\nname: %s\n"
             "space:\n  base: imc-cnn\n  name: tiny\n  input: [1, 16, 16]\n  genes:\n"
             "    depth: {integer: [1, 1]}\n"
             "    block: {categorical: [VGG, MVGG, RES], repeat: 1}\n"
             "    kernels: {ordinal: [2, 4], repeat: 1}\n"
             "chip: mnsim-130nm-rram\ndata: halves\n"
             "accuracy: {epochs: 0.2, batch: 16, final_epochs: 0.2, crop_pad: 0%s}\n"
             "objectives: [accuracy max, energy min]\n"
             "search: {optimizer: random, trials: 6, batch: 3, seed: %d}\n",
             name, accuracy, seed);
    return read_problem(folder, "problem.yaml", text);
}

static weft_study *search(const char *folder, const char *store, weft_problem *problem,
                          bool finish) {
    char path[600];
    weft_study *study = NULL;
    weft_error error = {0};
    weft_run_settings run = {.jobs = 2};
    path_in(folder, store, path, sizeof path);
    expect_ok(weft_study_open(problem, path, &study, &error), &error);
    expect_ok(weft_study_run(study, &run, &error), &error);
    if (finish) {
        expect_ok(weft_study_finish(study, &run, &error), &error);
    }
    return study;
}

/* Runs SQL on a file; returns the integer of the first row. */
static int64_t on_file(const char *folder, const char *name, const char *sql) {
    char path[600];
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    path_in(folder, name, path, sizeof path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    int step = sqlite3_step(row);
    assert_true(step == SQLITE_ROW || step == SQLITE_DONE);
    int64_t value = step == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

static int64_t on_cache(const char *folder, const char *sql) {
    return on_file(folder, "shared.cache", sql);
}

/* ---- the cache ----------------------------------------------------------------------------------- */

static void no_network_is_trained_twice(void **state) {
    const char *folder = *state;
    add_images(folder);
    weft_problem *first = make_problem(folder, "first", ", cache: ./shared.cache", 1);
    weft_study *study = search(folder, "first.db", first, true);
    assert_int_equal(weft_study_size(study), 6); /* all networks of the space */
    size_t *front = NULL;
    size_t n_front = 0;
    weft_error error = {0};
    expect_ok(weft_study_front(study, &front, &n_front, &error), &error);
    free(front);
    assert_int_equal(on_cache(folder, "SELECT count(*) FROM accuracies WHERE fidelity = 0"), 6);
    assert_int_equal(on_cache(folder, "SELECT count(*) FROM accuracies WHERE fidelity = -2"),
                     n_front);
    weft_study_close(study);
    weft_problem_destroy(first);
    /* another name, another seed: the same trainings */
    on_cache(folder, "UPDATE accuracies SET accuracy = 0.125 WHERE fidelity = 0");
    on_cache(folder, "UPDATE accuracies SET accuracy = 0.375 WHERE fidelity = -2");
    weft_problem *second = make_problem(folder, "second", ", cache: ./shared.cache", 2);
    study = search(folder, "second.db", second, true);
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        assert_int_equal(trial->state, WEFT_TRIAL_OK);
        assert_true(trial->metrics[WEFT_METRIC_ACCURACY] == 0.125);
    }
    /* one accuracy for all: the front is the design of least energy, which may be a new final */
    weft_study_close(study);
    weft_problem_destroy(second);
    assert_int_equal(on_cache(folder, "SELECT count(*) FROM accuracies WHERE fidelity = 0"), 6);
}

/* Other settings of the training are other accuracies; without a cache none is looked at. */
static void other_settings_are_trained(void **state) {
    const char *folder = *state;
    add_images(folder);
    weft_problem *problem = make_problem(folder, "first", ", cache: ./shared.cache", 1);
    weft_study_close(search(folder, "a.db", problem, false));
    weft_problem_destroy(problem);
    on_cache(folder, "UPDATE accuracies SET accuracy = 0.0625");
    static const char *const others[] = {", cache: ./shared.cache, label_smoothing: 0.05", ""};
    for (int i = 0; i < 2; i++) {
        char store[16];
        snprintf(store, sizeof store, "other%d.db", i);
        problem = make_problem(folder, "other", others[i], 1);
        weft_study *study = search(folder, store, problem, false);
        for (size_t t = 0; t < weft_study_size(study); t++) {
            assert_true(weft_study_get_trial(study, t)->metrics[WEFT_METRIC_ACCURACY] != 0.0625);
        }
        weft_study_close(study);
        weft_problem_destroy(problem);
        assert_int_equal(on_cache(folder, "SELECT count(*) FROM accuracies"), 12);
    }
}

static void refuse_study(const char *folder, const char *store, weft_problem *problem,
                         const char *word) {
    char path[600];
    weft_study *study = NULL;
    weft_error error = {0};
    path_in(folder, store, path, sizeof path);
    assert_int_equal(weft_study_open(problem, path, &study, &error), WEFT_ERROR_STORE);
    assert_null(study);
    assert_non_null(strstr(error.message, word));
}

/* Other images under the name of the data set are another training, and no study goes on with them. */
static void other_images_are_trained(void **state) {
    const char *folder = *state;
    add_images(folder);
    weft_problem *problem = make_problem(folder, "first", ", cache: ./shared.cache", 1);
    weft_study_close(search(folder, "a.db", problem, false));
    on_cache(folder, "UPDATE accuracies SET accuracy = 0.0625");
    add_images_of(folder, 20);
    weft_study *study = search(folder, "b.db", problem, false);
    for (size_t t = 0; t < weft_study_size(study); t++) {
        assert_true(weft_study_get_trial(study, t)->metrics[WEFT_METRIC_ACCURACY] != 0.0625);
    }
    weft_study_close(study);
    assert_int_equal(on_cache(folder, "SELECT count(*) FROM accuracies"), 12);
    refuse_study(folder, "a.db", problem, "images, weights or figures");
    /* a store of before does not tell of its images: it takes those that are there */
    on_file(folder, "a.db",
            "UPDATE meta SET value = substr(value, 1, instr(value, ', opened') - 1)"
            " WHERE key = 'inputs'");
    weft_study_close(search(folder, "a.db", problem, false));
    add_images(folder);
    refuse_study(folder, "a.db", problem, "images, weights or figures");
    weft_problem_destroy(problem);
}

/* A study goes on with another cache, or none: it changes no figure of its own. */
static void a_cache_may_change(void **state) {
    const char *folder = *state;
    char path[600];
    add_images(folder);
    weft_problem *problem = make_problem(folder, "first", ", cache: ./shared.cache", 1);
    weft_study_close(search(folder, "same.db", problem, false));
    weft_problem_destroy(problem);
    problem = make_problem(folder, "first", ", cache: ./other.cache", 1);
    weft_study *study = search(folder, "same.db", problem, false);
    assert_int_equal(weft_study_size(study), 6);
    weft_study_close(study);
    weft_problem_destroy(problem);
    path_in(folder, "other.cache", path, sizeof path);
    assert_int_equal(access(path, F_OK), 0);
    static const char *const then[] = {"", ", cache: ./shared.cache"};
    for (int i = 0; i < 2; i++) {
        problem = make_problem(folder, "first", then[i], 1);
        study = search(folder, "same.db", problem, false);
        assert_int_equal(weft_study_size(study), 6);
        weft_study_close(study);
        weft_problem_destroy(problem);
    }
}

/* Who asks whether a problem can be searched makes nothing. */
static void a_check_makes_no_cache(void **state) {
    const char *folder = *state;
    char path[600];
    weft_error error = {0};
    add_images(folder);
    weft_problem *problem = make_problem(folder, "first", ", cache: ./none.cache", 1);
    expect_ok(weft_problem_check(problem, NULL, &error), &error);
    path_in(folder, "none.cache", path, sizeof path);
    assert_int_not_equal(access(path, F_OK), 0);
    weft_problem_destroy(problem);
    write_file(folder, "text.cache", "this is text, and no database of any kind at all\n", path,
               sizeof path);
    problem = make_problem(folder, "first", ", cache: ./text.cache", 1);
    assert_int_equal(weft_problem_check(problem, NULL, &error), WEFT_ERROR_STORE);
    weft_problem_destroy(problem);
}

typedef struct opener {
    const weft_problem *problem;
    const weft_accuracy *accuracy;
    weft_status status;
    weft_error error;
} opener;

static void *open_cache(void *context) {
    opener *o = context;
    weft_cache *cache = NULL;
    o->status = weft_cache_open(o->problem, o->accuracy, &cache, &o->error);
    weft_cache_close(cache);
    return NULL;
}

/* Searches that begin at once make one cache together. */
static void a_cache_is_made_by_several(void **state) {
    enum { ROUNDS = 20, AT_ONCE = 4 };
    const char *folder = *state;
    weft_error error = {0};
    add_images(folder);
    for (int round = 0; round < ROUNDS; round++) {
        char key[40];
        opener all[AT_ONCE];
        pthread_t threads[AT_ONCE];
        weft_accuracy *accuracy = NULL;
        snprintf(key, sizeof key, ", cache: ./%d.cache", round);
        weft_problem *problem = make_problem(folder, "first", key, 1);
        expect_ok(weft_problem_accuracy(problem, &accuracy, &error), &error);
        for (int i = 0; i < AT_ONCE; i++) {
            all[i] = (opener){.problem = problem, .accuracy = accuracy};
            assert_int_equal(pthread_create(&threads[i], NULL, open_cache, &all[i]), 0);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            pthread_join(threads[i], NULL);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            expect_ok(all[i].status, &all[i].error);
        }
        weft_accuracy_destroy(accuracy);
        weft_problem_destroy(problem);
    }
}

static void refuse_cache(const char *folder, const char *cache, weft_status expected) {
    char accuracy[100];
    char path[600];
    weft_error error = {0};
    weft_study *study = NULL;
    snprintf(accuracy, sizeof accuracy, ", cache: %s", cache);
    weft_problem *problem = make_problem(folder, "bad", accuracy, 1);
    path_in(folder, "bad.db", path, sizeof path);
    assert_int_equal(weft_study_open(problem, path, &study, &error), expected);
    assert_null(study);
    assert_non_null(strstr(error.file, cache + 2));
    assert_non_null(strstr(error.hint, "cache"));
    assert_int_not_equal(access(path, F_OK), 0); /* no store is left behind */
    weft_problem_destroy(problem);
}

static void bad_caches_are_refused(void **state) {
    const char *folder = *state;
    char path[600];
    add_images(folder);
    write_file(folder, "text.cache", "this is text, and no database of any kind at all\n", path,
               sizeof path);
    refuse_cache(folder, "./text.cache", WEFT_ERROR_STORE);
    refuse_cache(folder, "./nowhere/x.cache", WEFT_ERROR_IO);
    weft_problem *problem = make_problem(folder, "first", "", 1);
    weft_study_close(search(folder, "store.db", problem, false));
    weft_problem_destroy(problem);
    refuse_cache(folder, "./store.db", WEFT_ERROR_STORE);
}

/* ---- designs to learn from ----------------------------------------------------------------------- */

/* The trials of a study with their accuracies; a network on two chips is one design; a pool has designs
 * of the space, with the genes of the chip where they stand. */
static void designs_of_a_study(void **state) {
    const char *folder = *state;
    add_images(folder);
    weft_problem *problem = make_problem(folder, "first", "", 1);
    weft_study *study = search(folder, "d.db", problem, false);
    weft_design_set *set = NULL;
    weft_design_set *pool = NULL;
    weft_error error = {0};
    expect_ok(weft_design_set_create(problem, &set, &error), &error);
    expect_ok(weft_design_set_add_trials(set, study, &error), &error);
    expect_ok(weft_design_set_add_trials(set, study, &error), &error); /* no design twice */
    const weft_designs *designs = weft_design_set_get(set);
    assert_int_equal(designs->n, 6);
    assert_int_equal(designs->genes.n, 3);
    assert_string_equal(designs->genes.genes[1].words[2], "RES");
    assert_true(designs->genes.genes[2].numbers[1] == 4.0);
    for (int i = 0; i < designs->n; i++) {
        const weft_trial *trial = weft_study_get_trial(study, (size_t)i);
        assert_true(designs->accuracies[i] == trial->metrics[WEFT_METRIC_ACCURACY]);
        assert_memory_equal(designs->genomes + (size_t)i * 3, trial->genome, 3 * sizeof(double));
    }
    expect_ok(weft_design_set_create(problem, &pool, &error), &error);
    expect_ok(weft_design_set_add_pool(pool, designs, 2, 4, 9, &error), &error);
    weft_gene_table table = weft_space_genes(weft_problem_get_space(problem));
    designs = weft_design_set_get(pool);
    assert_true(designs->n > 4); /* four by chance, and what is beside the best two */
    for (int i = 0; i < designs->n; i++) {
        assert_true(weft_genome_legal(&table, designs->genomes + (size_t)i * 3));
        assert_true(isnan(designs->accuracies[i]));
    }
    weft_design_set_destroy(set);
    weft_design_set_destroy(pool);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* Genomes that stand for one network are one design, whatever their genes say: in cells of NAS-Bench-201
 * some operations are read by nothing. */
static void one_design_a_network(void **state) {
    const char *folder = *state;
    char path[600];
    char rows[2000] = "ops,acc\n";
    weft_error error = {0};
    for (int i = 0; i < 64; i++) {
        char row[32];
        snprintf(row, sizeof row, "%d%d%d%d%d%d,%d\n", i / 32, i / 16 % 2, i / 8 % 2, i / 4 % 2,
                 i / 2 % 2, i % 2, 20 + i);
        strncat(rows, row, sizeof rows - strlen(rows) - 1);
    }
    write_file(folder, "cells.csv", rows, path, sizeof path);
    write_file(folder, "cells.yaml",
               "weft: predictor/1\nname: cells\nkind: table\nsource: a test\n"
               "accuracy: {column: acc, unit: percent}\ncsv: cells.csv\n"
               "keys:\n  - {column: ops, genes: \"op*\", count: 6, values: {none: 0, "
               "nor_conv_1x1: 1}}\n",
               path, sizeof path);
    weft_problem *problem = read_problem(
        folder, "problem.yaml",
        "weft: problem/1\nname: cells\n"
        "space: {base: nasbench201, name: two, genes: {op: {categorical: [none, nor_conv_1x1], "
        "repeat: 6}, rows: {ordinal: [64, 128], sets: rows}}}\n"
        "chip: generic-rram\n"
        "accuracy: {provider: table, file: ./cells.yaml}\n"
        "objectives: [accuracy max]\n"
        "search: {optimizer: random, trials: 60, batch: 20, seed: 1}\n");
    weft_study *study = search(folder, "cells.db", problem, false);
    const weft_space *space = weft_problem_get_space(problem);
    uint64_t hashes[64];
    int n = 0;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        weft_network *network = NULL;
        assert_false(isnan(trial->metrics[WEFT_METRIC_ACCURACY]));
        expect_ok(weft_space_decode(space, trial->genome, 0, &network, &error), &error);
        hashes[n] = weft_network_hash(network);
        weft_network_destroy(network);
        int at = 0;
        while (hashes[at] != hashes[n]) {
            at++;
        }
        n += at == n;
    }
    weft_design_set *set = NULL;
    expect_ok(weft_design_set_create(problem, &set, &error), &error);
    expect_ok(weft_design_set_add_trials(set, study, &error), &error);
    assert_true(n > 8 && n < (int)weft_study_size(study));
    assert_int_equal(weft_design_set_get(set)->n, n);
    expect_ok(weft_design_set_sample(set, 8, 3, &error), &error);
    assert_int_equal(weft_design_set_get(set)->n, 8);
    weft_design_set_destroy(set);
    weft_study_close(study);
    /* figures that the table's own file names are what the study was begun with, too */
    strstr(rows, ",83")[1] = '7';
    write_file(folder, "cells.csv", rows, path, sizeof path);
    refuse_study(folder, "cells.db", problem, "images, weights or figures");
    weft_problem_destroy(problem);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(no_network_is_trained_twice), IN_FOLDER(other_settings_are_trained),
        IN_FOLDER(a_cache_may_change),          IN_FOLDER(bad_caches_are_refused),
        IN_FOLDER(designs_of_a_study),          IN_FOLDER(one_design_a_network),
        IN_FOLDER(other_images_are_trained),    IN_FOLDER(a_check_makes_no_cache),
        IN_FOLDER(a_cache_is_made_by_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
