/* SPDX-License-Identifier: Apache-2.0
 * The loop and the store: the same study however it is cut and by however many threads. */
#include "study/support.h"

#include <sqlite3.h>
#include <sys/wait.h>

static const char searched[] = "weft: problem/1\n"
                               "name: searched\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                               "objectives: [energy min, latency min]\n"
                               "constraints: [\"macs >= 1e6\"]\n"
                               "search: {optimizer: %s, trials: %d, batch: 6, seed: %d,\n"
                               "         startup_trials: 8, population: 8}\n";

static weft_problem *make_problem(const char *folder, const char *optimizer, int trials, int seed) {
    char text[2048];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, searched, optimizer, trials, seed);
#pragma GCC diagnostic pop
    return read_problem(folder, "searched.yaml", text);
}

typedef struct cut {
    weft_stop stop;
    int64_t after; /* stop once so many trials are done; < 0: never */
    int64_t calls;
} cut;

static void count_calls(void *context, const weft_study_progress *now) {
    cut *c = context;
    c->calls++;
    assert_true(now->done <= now->total);
    assert_int_equal(now->ok + now->infeasible + now->failed, now->done);
    if (c->after >= 0 && now->done >= c->after) {
        atomic_store(&c->stop.requested, true);
    }
}

/* Runs until `after` trials (< 0: to the end); returns the status. */
static weft_status run_for(weft_problem *problem, const char *store, int jobs, int64_t after) {
    weft_study *study = NULL;
    weft_error error;
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    cut c = {.after = after};
    weft_run_settings settings = {
        .jobs = jobs, .stop = &c.stop, .progress = count_calls, .context = &c};
    weft_status status = weft_study_run(study, &settings, &error);
    expect_ok(status, &error);
    weft_study_close(study);
    return status;
}

/* All but the times. */
static void assert_same_study(const char *store_a, const char *store_b) {
    weft_study *a = NULL;
    weft_study *b = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(store_a, &a, &error), &error);
    expect_ok(weft_study_open_read(store_b, &b, &error), &error);
    assert_int_equal(weft_study_size(a), weft_study_size(b));
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(weft_study_get_problem(a)));
    for (size_t i = 0; i < weft_study_size(a); i++) {
        const weft_trial *x = weft_study_get_trial(a, i);
        const weft_trial *y = weft_study_get_trial(b, i);
        assert_int_equal(x->number, i);
        assert_int_equal(y->number, i);
        assert_int_equal(x->state, y->state);
        assert_int_equal(x->hash, y->hash);
        assert_string_equal(x->reason, y->reason);
        assert_string_equal(x->description, y->description);
        assert_true(weft_genome_equal(&genes, x->genome, y->genome));
        assert_memory_equal(x->metrics, y->metrics, sizeof x->metrics);
    }
    weft_study_close(a);
    weft_study_close(b);
}

static const char *const optimizers[] = {"random", "tpe", "nsga2", "nsga3", "moead"};
enum { N_OPTIMIZERS = sizeof optimizers / sizeof *optimizers };

static void threads_do_not_change_a_study(void **state) {
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        char one[600], four[600], name[32];
        weft_problem *problem = make_problem(*state, optimizers[o], 40, 3);
        snprintf(name, sizeof name, "one-%d.db", o);
        path_in(*state, name, one, sizeof one);
        snprintf(name, sizeof name, "four-%d.db", o);
        path_in(*state, name, four, sizeof four);
        assert_int_equal(run_for(problem, one, 1, -1), WEFT_OK);
        assert_int_equal(run_for(problem, four, 4, -1), WEFT_OK);
        assert_same_study(one, four);
        weft_problem_destroy(problem);
    }
}

static void a_cut_study_continues_as_if_it_had_not_been(void **state) {
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        char whole[600], pieces[600], name[32];
        weft_problem *problem = make_problem(*state, optimizers[o], 40, 5);
        snprintf(name, sizeof name, "whole-%d.db", o);
        path_in(*state, name, whole, sizeof whole);
        snprintf(name, sizeof name, "pieces-%d.db", o);
        path_in(*state, name, pieces, sizeof pieces);
        assert_int_equal(run_for(problem, whole, 1, -1), WEFT_OK);
        for (int64_t after = 1; after < 40; after += 7) {
            assert_int_equal(run_for(problem, pieces, 1, after), WEFT_STOPPED);
        }
        assert_int_equal(run_for(problem, pieces, 2, -1), WEFT_OK);
        assert_same_study(whole, pieces);
        weft_problem_destroy(problem);
    }
}

static void a_study_can_be_extended(void **state) {
    char whole[600], grown[600];
    weft_problem *problem = make_problem(*state, "tpe", 40, 5);
    path_in(*state, "whole.db", whole, sizeof whole);
    path_in(*state, "grown.db", grown, sizeof grown);
    assert_int_equal(run_for(problem, whole, 1, -1), WEFT_OK);
    weft_problem_get_info(problem)->trials = 21;
    assert_int_equal(run_for(problem, grown, 1, -1), WEFT_OK);
    weft_problem_get_info(problem)->trials = 40;
    assert_int_equal(run_for(problem, grown, 1, -1), WEFT_OK);
    assert_same_study(whole, grown);
    weft_problem_destroy(problem);
}

static void by_hand_is_the_same_study(void **state) {
    char run[600], hand[600];
    weft_problem *problem = make_problem(*state, "tpe", 20, 5);
    path_in(*state, "run.db", run, sizeof run);
    path_in(*state, "hand.db", hand, sizeof hand);
    assert_int_equal(run_for(problem, run, 1, -1), WEFT_OK);
    weft_study *study = NULL;
    weft_error error;
    weft_trial trial;
    weft_status status;
    expect_ok(weft_study_open(problem, hand, &study, &error), &error);
    while ((status = weft_study_ask(study, &trial, &error)) == WEFT_OK) {
        expect_ok(weft_study_evaluate(study, &trial, NULL, &error), &error);
        expect_ok(weft_study_tell(study, &trial, &error), &error);
        assert_int_equal(weft_study_tell(study, &trial, &error), WEFT_ERROR_USAGE);
    }
    assert_int_equal(status, WEFT_DONE);
    weft_study_close(study);
    assert_same_study(run, hand);
    weft_problem_destroy(problem);
}

/* The front by its definition, from the trials alone. */
static void the_front_is_what_nothing_dominates(void **state) {
    char store[600];
    weft_problem *problem = make_problem(*state, "random", 60, 11);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 2, -1), WEFT_OK);
    weft_problem_destroy(problem);
    weft_study *study = NULL;
    weft_error error;
    size_t *front = NULL;
    size_t n = 0;
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    expect_ok(weft_study_front(study, &front, &n, &error), &error);
    assert_true(n > 0);
    size_t expected = 0;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *a = weft_study_get_trial(study, i);
        bool kept = a->state == WEFT_TRIAL_OK;
        for (size_t j = 0; kept && j < weft_study_size(study); j++) {
            const weft_trial *b = weft_study_get_trial(study, j);
            double e[2] = {a->metrics[WEFT_METRIC_ENERGY], b->metrics[WEFT_METRIC_ENERGY]};
            double l[2] = {a->metrics[WEFT_METRIC_LATENCY], b->metrics[WEFT_METRIC_LATENCY]};
            bool better = e[1] <= e[0] && l[1] <= l[0] && (e[1] < e[0] || l[1] < l[0] || j < i);
            kept = !(j != i && b->state == WEFT_TRIAL_OK && better);
        }
        expected += kept;
        bool listed = false;
        for (size_t k = 0; k < n; k++) {
            listed = listed || front[k] == i;
        }
        assert_int_equal(listed, kept);
    }
    assert_int_equal(expected, n);
    for (size_t k = 1; k < n; k++) {
        assert_true(weft_study_get_trial(study, front[k])->metrics[WEFT_METRIC_ENERGY] >
                    weft_study_get_trial(study, front[k - 1])->metrics[WEFT_METRIC_ENERGY]);
    }
    double *volumes = calloc(weft_study_size(study), sizeof *volumes);
    expect_ok(weft_study_hypervolume(study, volumes, &error), &error);
    for (size_t i = 1; i < weft_study_size(study); i++) {
        assert_true(volumes[i] >= volumes[i - 1]);
    }
    assert_true(volumes[weft_study_size(study) - 1] > 0.0);
    assert_true(volumes[weft_study_size(study) - 1] <= 1.1 * 1.1);
    free(volumes);
    free(front);
    weft_study_close(study);
}

static void constraints_end_a_trial_with_the_reason(void **state) {
    char store[600];
    weft_problem *problem = make_problem(*state, "random", 60, 2);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
    weft_problem_destroy(problem);
    weft_study *study = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    int infeasible = 0;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        bool breaks = trial->metrics[WEFT_METRIC_MACS] < 1e6;
        assert_int_equal(trial->state == WEFT_TRIAL_INFEASIBLE, breaks);
        assert_int_equal(trial->violation > 0.0, breaks);
        assert_int_equal(strstr(trial->reason, "macs >= 1e6") != NULL, breaks);
        infeasible += breaks;
    }
    assert_true(infeasible > 0);
    weft_study_close(study);
}

/* 3 blocks x 3 kernels at depth 1 and nothing else: 9 networks, each once, then the end. */
static void a_small_space_is_exhausted_once(void **state) {
    static const char text[] = "weft: problem/1\n"
                               "name: tiny\n"
                               "space:\n"
                               "  base: imc-cnn\n"
                               "  name: tiny\n"
                               "  genes:\n"
                               "    depth: {integer: [1, 1]}\n"
                               "    block: {categorical: [VGG, MVGG, RES], repeat: 1}\n"
                               "    kernels: {ordinal: [8, 16, 32], repeat: 1}\n"
                               "chip: mnsim-130nm-rram\n"
                               "score: 1 / energy\n"
                               "search: {optimizer: tpe, trials: 100, batch: 4}\n";
    char store[600];
    weft_problem *problem = read_problem(*state, "tiny.yaml", text);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 2, -1), WEFT_DONE);
    assert_int_equal(run_for(problem, store, 2, -1), WEFT_DONE);
    weft_problem_destroy(problem);
    weft_study *study = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    assert_int_equal(weft_study_size(study), 9);
    size_t *front = NULL;
    size_t n = 0;
    expect_ok(weft_study_front(study, &front, &n, &error), &error);
    assert_int_equal(n, 1);
    for (size_t i = 0; i < 9; i++) {
        assert_true(weft_study_get_trial(study, i)->score <=
                    weft_study_get_trial(study, front[0])->score);
        for (size_t j = 0; j < i; j++) {
            assert_true(weft_study_get_trial(study, i)->hash !=
                        weft_study_get_trial(study, j)->hash);
        }
    }
    free(front);
    weft_study_close(study);
}

static void a_score_that_divides_by_zero_never_wins(void **state) {
    static const char text[] = "weft: problem/1\n"
                               "name: zero\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                               "score: 1 / (energy - energy)\n"
                               "search: {optimizer: random, trials: 5}\n";
    char store[600];
    weft_problem *problem = read_problem(*state, "zero.yaml", text);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
    weft_problem_destroy(problem);
    weft_study *study = NULL;
    weft_error error;
    size_t *front = NULL;
    size_t n = 99;
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    expect_ok(weft_study_front(study, &front, &n, &error), &error);
    assert_int_equal(n, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(weft_study_get_trial(study, i)->state, WEFT_TRIAL_FAILED);
        assert_non_null(strstr(weft_study_get_trial(study, i)->reason, "score"));
    }
    free(front);
    weft_study_close(study);
}

static void refuse(weft_problem *problem, const char *store, weft_status expected,
                   const char *part) {
    weft_study *study = NULL;
    weft_error error;
    char text[2048];
    weft_status status = weft_study_open(problem, store, &study, &error);
    if (status != expected || strstr(weft_error_format(&error, text, sizeof text), part) == NULL) {
        weft_study_close(status == WEFT_OK ? study : NULL);
        fail_msg("%s: status %s:\n%s", store, weft_status_word(status), text);
    }
}

static void refuses_stores_that_are_not_its_own(void **state) {
    char store[600], path[600];
    weft_problem *problem = make_problem(*state, "tpe", 6, 1);
    weft_problem *other = make_problem(*state, "tpe", 6, 2);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
    refuse(other, store, WEFT_ERROR_STORE, "seed: 1");
    weft_problem_destroy(other);

    write_file(*state, "text.db",
               "this is no database, but long enough to be read as one......"
               "...........................................................",
               path, sizeof path);
    refuse(problem, path, WEFT_ERROR_STORE, "not a");

    sqlite3 *db = NULL;
    path_in(*state, "other.db", path, sizeof path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refuse(problem, path, WEFT_ERROR_STORE, "not a Weft store");

    assert_int_equal(sqlite3_open(store, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refuse(problem, store, WEFT_ERROR_STORE, "version 99");
    refuse(problem, "/nonexistent/folder/s.db", WEFT_ERROR_IO, "folder");
    weft_problem_destroy(problem);
}

static void refuses_a_damaged_store(void **state) {
    char store[600];
    weft_problem *problem = make_problem(*state, "tpe", 40, 1);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
    struct stat before;
    assert_int_equal(stat(store, &before), 0);
    /* Cut in the middle of a page, and scribbled over. */
    assert_int_equal(truncate(store, before.st_size / 2 - 100), 0);
    refuse(problem, store, WEFT_ERROR_STORE, "");
    FILE *file = fopen(store, "r+");
    assert_non_null(file);
    for (int i = 0; i < 8; i++) {
        fseek(file, 1024 + 512 * i, SEEK_SET);
        fputs("################################", file);
    }
    fclose(file);
    refuse(problem, store, WEFT_ERROR_STORE, "");
    weft_problem_destroy(problem);
}

/* What another program may have written to a row: never a crash, never a trial. */
static void refuses_rows_that_are_no_trials_of_its_space(void **state) {
    static const char *const edits[] = {
        "UPDATE trials SET genome = '[1e300' || substr(genome, 3)",
        "UPDATE trials SET genome = '[0' || substr(genome, 3)",
        "UPDATE trials SET genome = '[1.5' || substr(genome, 3)",
        "UPDATE trials SET genome = '[null' || substr(genome, 3)",
        "UPDATE trials SET genome = '[nan' || substr(genome, 3)",
        "UPDATE trials SET genome = replace(genome, 'null', '0')",
        "UPDATE trials SET genome = replace(genome, ']', ',1]')",
        "UPDATE trials SET genome = '[]'",
        "UPDATE trials SET genome = ''",
        "UPDATE trials SET hash = 'x'",
        "UPDATE trials SET state = 'well'",
        "UPDATE trials SET state = 'infeasible', violation = NULL",
        "UPDATE trials SET state = 'ok', energy = NULL",
        "UPDATE trials SET state = 'ok', energy = 9e999",
        "UPDATE trials SET number = number - 1",
    };
    weft_problem *problem = make_problem(*state, "random", 12, 3);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char store[600], name[32];
        weft_study *study = NULL;
        weft_error error;
        sqlite3 *db = NULL;
        snprintf(name, sizeof name, "edited-%zu.db", i);
        path_in(*state, name, store, sizeof store);
        assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
        assert_int_equal(sqlite3_open(store, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, edits[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        refuse(problem, store, WEFT_ERROR_STORE, "trial ");
        weft_status status = weft_study_open_read(store, &study, &error);
        if (status != WEFT_ERROR_STORE || strcmp(error.file, store) != 0 || error.hint[0] == '\0') {
            fail_msg("%s: read with status %s", edits[i], weft_status_word(status));
        }
    }
    weft_problem_destroy(problem);
}

static void write_idx(const char *path, const uint8_t *head, size_t n_head, size_t n, int classes) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, n_head, file), n_head);
    for (size_t i = 0; i < n; i++) {
        fputc((int)(i % (size_t)classes), file);
    }
    assert_int_equal(fclose(file), 0);
}

/* 4200 images of 64 x 64 in 10 classes. */
static void add_large_images(const char *folder) {
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 16, 104, 0, 0, 0, 64, 0, 0, 0, 64};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 16, 104};
    char image_path[600], label_path[600];
    path_in(folder, "images", image_path, sizeof image_path);
    path_in(folder, "labels", label_path, sizeof label_path);
    write_idx(image_path, images, sizeof images, (size_t)4200 * 64 * 64, 251);
    write_idx(label_path, labels, sizeof labels, 4200, 10);
    assert_int_equal(setenv("WEFT_DATA", folder, 1), 0);
    weft_data_add_settings settings = {.name = "large",
                                       .format = "idx",
                                       .train_images = image_path,
                                       .train_labels = label_path,
                                       .test_every = 2};
    weft_dataset_info info;
    weft_error error;
    expect_ok(weft_data_add(&settings, &info, &error), &error);
}

/* Tables and facts that another program took away or wrote over. */
static void refuses_a_store_without_its_parts(void **state) {
    static const char *const edits[] = {
        "DROP TABLE finals; DROP TABLE trials",
        "DROP TABLE meta",
        "DELETE FROM meta WHERE key = 'space'",
        "UPDATE meta SET value = 'weft: problem/1' WHERE key = 'problem'",
        "UPDATE meta SET value = 'no: [chip' WHERE key = 'chip'",
        "UPDATE meta SET value = '' WHERE key = 'space'",
        "DELETE FROM meta WHERE key = 'problem'",
        "CREATE TABLE other (key TEXT, value TEXT); INSERT INTO other"
        " SELECT key, CASE key WHEN 'problem' THEN NULL ELSE value END FROM meta;"
        "DROP TABLE meta; ALTER TABLE other RENAME TO meta",
    };
    weft_problem *problem = make_problem(*state, "random", 6, 3);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char store[600], name[32];
        weft_study *study = NULL;
        weft_error error;
        sqlite3 *db = NULL;
        snprintf(name, sizeof name, "parts-%zu.db", i);
        path_in(*state, name, store, sizeof store);
        assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
        assert_int_equal(sqlite3_open(store, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, edits[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        weft_status status = weft_study_open_read(store, &study, &error);
        char said[2048];
        if (status != WEFT_ERROR_STORE ||
            strstr(weft_error_format(&error, said, sizeof said), store) == NULL) {
            fail_msg("%s: read with status %s", edits[i], weft_status_word(status));
        }
        refuse(problem, store, WEFT_ERROR_STORE, store);
    }
    weft_problem_destroy(problem);
}

/* A network that no memory holds fails with the reason, and stops nothing. */
static void a_network_without_room_is_a_failed_trial(void **state) {
    static const char text[] = "weft: problem/1\n"
                               "name: roomy\n"
                               "space:\n"
                               "  base: imc-cnn\n"
                               "  name: roomy\n"
                               "  genes:\n"
                               "    depth: {integer: [1, 1]}\n"
                               "    block: {categorical: [VGG], repeat: 1}\n"
                               "    kernels: {ordinal: [1, 2048], repeat: 1}\n"
                               "chip: mnsim-130nm-rram\n"
                               "data: large\n"
                               "accuracy: {epochs: 0.001, batch: 4096, validation_limit: 10}\n"
                               "objectives: [accuracy max, energy min]\n"
                               "search: {optimizer: random, trials: 2, batch: 2}\n";
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (memory > 250e9) {
        print_message("skipped: this machine has %.0f GB, and might hold it\n", memory * 1e-9);
        skip();
    }
    char store[600];
    add_large_images(*state);
    weft_problem *problem = read_problem(*state, "roomy.yaml", text);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 2, -1), WEFT_OK);
    weft_problem_destroy(problem);
    weft_study *study = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    assert_int_equal(weft_study_size(study), 2);
    for (size_t i = 0; i < 2; i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        bool large = strcmp(trial->description, "V2048") == 0;
        assert_int_equal(trial->state, large ? WEFT_TRIAL_FAILED : WEFT_TRIAL_OK);
        assert_int_equal(strstr(trial->reason, "of memory") != NULL, large);
    }
    weft_study_close(study);
}

/* Else the store could be searched and not be read. */
static void settings_out_of_range_get_into_no_store(void **state) {
    char store[600];
    path_in(*state, "s.db", store, sizeof store);
    weft_problem *problem = make_problem(*state, "random", 6, 1);
    weft_problem_info *info = weft_problem_get_info(problem);
    info->seed = UINT64_MAX;
    refuse(problem, store, WEFT_ERROR_USAGE, "'seed'");
    info->seed = 1;
    info->trials = 0;
    refuse(problem, store, WEFT_ERROR_USAGE, "'trials'");
    info->trials = 6;
    info->optimizer.gamma = NAN;
    refuse(problem, store, WEFT_ERROR_USAGE, "'gamma'");
    weft_problem_destroy(problem);
}

/* A program that evaluates by itself fills state and metrics, and no more. */
static void what_is_told_by_hand_is_checked_first(void **state) {
    char store[600];
    static const char text[] = "weft: problem/1\n"
                               "name: hand\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                               "score: 1 / energy\n"
                               "search: {optimizer: random, trials: 4, batch: 4}\n";
    weft_problem *problem = read_problem(*state, "hand.yaml", text);
    path_in(*state, "s.db", store, sizeof store);
    weft_study *study = NULL;
    weft_error error;
    weft_trial trial;
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    expect_ok(weft_study_ask(study, &trial, &error), &error);
    assert_true(isnan(trial.metrics[WEFT_METRIC_ENERGY]));
    assert_true(isnan(trial.test_accuracy)); /* else it would count as trained in full */
    trial.state = WEFT_TRIAL_OK;
    assert_int_equal(weft_study_tell(study, &trial, &error), WEFT_ERROR_USAGE);
    trial.state = WEFT_TRIAL_INFEASIBLE;
    assert_int_equal(weft_study_tell(study, &trial, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_study_size(study), 0);
    trial.state = WEFT_TRIAL_OK;
    trial.metrics[WEFT_METRIC_ENERGY] = 0.25;
    expect_ok(weft_study_tell(study, &trial, &error), &error);
    assert_int_equal(weft_study_size(study), 1);
    assert_true(weft_study_get_trial(study, 0)->score == 4.0);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

static void one_writer_and_any_reader(void **state) {
    char store[600];
    weft_problem *problem = make_problem(*state, "tpe", 6, 1);
    path_in(*state, "s.db", store, sizeof store);
    weft_study *study = NULL;
    weft_study *reader = NULL;
    weft_error error;
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    weft_run_settings settings = {.jobs = 1};
    expect_ok(weft_study_run(study, &settings, &error), &error);
    refuse(problem, store, WEFT_ERROR_STORE, "in use");
    expect_ok(weft_study_open_read(store, &reader, &error), &error);
    assert_int_equal(weft_study_size(reader), 6);
    assert_int_equal(weft_study_run(reader, &settings, &error), WEFT_ERROR_USAGE);
    weft_study_close(reader);
    weft_study_close(study);
    /* At rest it is one file. */
    char wal[640];
    snprintf(wal, sizeof wal, "%s-wal", store);
    assert_int_not_equal(access(wal, F_OK), 0);
    snprintf(wal, sizeof wal, "%s-lock", store);
    assert_int_not_equal(access(wal, F_OK), 0);
    assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
    weft_problem_destroy(problem);
}

static void copy_file(const char *from, const char *to) {
    FILE *in = fopen(from, "r");
    FILE *out = fopen(to, "w");
    assert_non_null(in);
    assert_non_null(out);
    for (int c = fgetc(in); c != EOF; c = fgetc(in)) {
        fputc(c, out);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* Reads a store as somebody who may not write its folder (root may write anywhere); 0: all trials
 * were read, 1: an error that names the WAL, 2: anything else. */
static int read_as_nobody(const char *store, size_t trials) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        weft_study *study = NULL;
        weft_error error;
        if (getuid() == 0 && setuid(65534) != 0) {
            _exit(2);
        }
        weft_status status = weft_study_open_read(store, &study, &error);
        if (status == WEFT_OK) {
            _exit(weft_study_size(study) == trials ? 0 : 2);
        }
        _exit(status == WEFT_ERROR_IO && strstr(error.message, "-wal") != NULL ? 1 : 2);
    }
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code));
    return WEXITSTATUS(code);
}

/* A copy of what a killed search leaves, where nothing can be written: its last trials are in the
 * WAL, and without them the store would seem to be older or empty. */
static void a_wal_that_cannot_be_read_is_told(void **state) {
    char store[600], wal[640], copy[600], copy_wal[640];
    char closed[] = "/tmp/weft-test-closed-XXXXXX";
    assert_non_null(mkdtemp(closed));
    weft_problem *problem = make_problem(*state, "random", 6, 1);
    path_in(*state, "s.db", store, sizeof store);
    path_in(closed, "s.db", copy, sizeof copy);
    snprintf(wal, sizeof wal, "%s-wal", store);
    snprintf(copy_wal, sizeof copy_wal, "%s-wal", copy);
    weft_study *study = NULL;
    weft_error error;
    weft_run_settings settings = {.jobs = 1};
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    copy_file(store, copy);
    copy_file(wal, copy_wal);
    weft_study_close(study);
    assert_int_equal(chmod(closed, 0555), 0);
    assert_int_equal(read_as_nobody(copy, 6), 1);
    assert_int_equal(chmod(closed, 0755), 0);
    unlink(copy_wal);
    copy_file(store, copy); /* at rest, all is in the one file */
    assert_int_equal(chmod(closed, 0555), 0);
    assert_int_equal(read_as_nobody(copy, 6), 0);
    assert_int_equal(chmod(closed, 0755), 0);
    unlink(copy);
    rmdir(closed);
    weft_problem_destroy(problem);
}

static void breakdown_of_a_trial_is_its_metrics(void **state) {
    char store[600];
    weft_problem *problem = make_problem(*state, "random", 12, 4);
    path_in(*state, "s.db", store, sizeof store);
    assert_int_equal(run_for(problem, store, 1, -1), WEFT_OK);
    weft_problem_destroy(problem);
    weft_study *study = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    for (size_t i = 0; i < weft_study_size(study); i++) {
        weft_cost *cost = NULL;
        expect_ok(weft_study_cost(study, i, 0, &cost, &error), &error);
        const weft_trial *trial = weft_study_get_trial(study, i);
        assert_true(cost->total.energy_j == trial->metrics[WEFT_METRIC_ENERGY]);
        assert_true(cost->total.latency_s == trial->metrics[WEFT_METRIC_LATENCY]);
        assert_true(cost->total.area_mm2 == trial->metrics[WEFT_METRIC_AREA]);
        weft_cost_destroy(cost);
    }
    weft_study_close(study);
}

/* Several threads that are killed leave holes in a batch: whatever rows are missing, the study goes on
 * as if it never had been cut. */
static void a_study_with_holes_goes_on(void **state) {
    static const char *const HOLES[] = {
        "DELETE FROM trials WHERE number = 25 OR number >= 30",
        "DELETE FROM trials WHERE number IN (0, 2)",
        "DELETE FROM trials WHERE number % 5 = 3 AND number > 11",
        "DELETE FROM trials WHERE number > 0",
    };
    char whole[600], holed[600];
    path_in(*state, "whole.db", whole, sizeof whole);
    weft_problem *problem = make_problem(*state, "nsga2", 48, 5);
    run_for(problem, whole, 1, -1);
    for (size_t i = 0; i < sizeof HOLES / sizeof HOLES[0]; i++) {
        char name[32];
        sqlite3 *db = NULL;
        snprintf(name, sizeof name, "holes-%zu.db", i);
        path_in(*state, name, holed, sizeof holed);
        run_for(problem, holed, 2, -1);
        assert_int_equal(sqlite3_open(holed, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, HOLES[i], NULL, NULL, NULL), SQLITE_OK);
        assert_true(sqlite3_changes(db) > 0);
        sqlite3_close(db);
        run_for(problem, holed, 3, -1);
        assert_same_study(whole, holed);
    }
    weft_problem_destroy(problem);
}

/* A store as version 1 wrote it: without the stage, without the metrics that came later, and with a
 * problem that says nothing of accountings. It is read, and gone on with. */
static void a_store_of_version_1_goes_on(void **state) {
    static const char *const EDITS[] = {
        "ALTER TABLE trials DROP COLUMN stage",
        "ALTER TABLE trials DROP COLUMN edap",
        "ALTER TABLE trials DROP COLUMN tops_w",
        "UPDATE meta SET value = replace(value, 'accounting: chip' || char(10), '')",
        "UPDATE meta SET value = replace(value, 'aggregate: max' || char(10), '')",
        "PRAGMA user_version = 1",
    };
    char old[600], whole[600];
    weft_error error;
    weft_study *study = NULL;
    path_in(*state, "old.db", old, sizeof old);
    path_in(*state, "whole.db", whole, sizeof whole);
    weft_problem *problem = make_problem(*state, "random", 24, 5);
    run_for(problem, whole, 1, -1);
    weft_problem_get_info(problem)->trials = 12;
    run_for(problem, old, 1, -1);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof EDITS / sizeof EDITS[0]; i++) {
        if (sqlite3_exec(db, EDITS[i], NULL, NULL, NULL) != SQLITE_OK) {
            fail_msg("%s: %s", EDITS[i], sqlite3_errmsg(db));
        }
    }
    sqlite3_close(db);
    expect_ok(weft_study_open_read(old, &study, &error), &error);
    assert_int_equal(weft_study_size(study), 12);
    assert_int_equal(weft_study_get_trial(study, 3)->stage, 0);
    assert_true(isnan(weft_study_get_trial(study, 3)->metrics[WEFT_METRIC_EDAP]));
    assert_true(weft_study_get_trial(study, 3)->metrics[WEFT_METRIC_ENERGY] > 0);
    weft_study_close(study);
    weft_problem_get_info(problem)->trials = 24;
    run_for(problem, old, 1, -1);
    expect_ok(weft_study_open_read(old, &study, &error), &error);
    assert_int_equal(weft_study_size(study), 24);
    assert_true(isnan(weft_study_get_trial(study, 3)->metrics[WEFT_METRIC_EDAP]));
    weft_study *other = NULL;
    expect_ok(weft_study_open_read(whole, &other, &error), &error);
    for (size_t i = 0; i < 24; i++) {
        const weft_trial *a = weft_study_get_trial(study, i);
        const weft_trial *b = weft_study_get_trial(other, i);
        assert_int_equal(a->hash, b->hash);
        assert_true(a->metrics[WEFT_METRIC_ENERGY] == b->metrics[WEFT_METRIC_ENERGY] ||
                    a->state != WEFT_TRIAL_OK);
        assert_true(i < 12 || a->state != WEFT_TRIAL_OK ||
                    a->metrics[WEFT_METRIC_EDAP] == b->metrics[WEFT_METRIC_EDAP]);
    }
    weft_study_close(other);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(threads_do_not_change_a_study),
        IN_FOLDER(a_cut_study_continues_as_if_it_had_not_been),
        IN_FOLDER(a_study_can_be_extended),
        IN_FOLDER(by_hand_is_the_same_study),
        IN_FOLDER(the_front_is_what_nothing_dominates),
        IN_FOLDER(constraints_end_a_trial_with_the_reason),
        IN_FOLDER(a_small_space_is_exhausted_once),
        IN_FOLDER(a_score_that_divides_by_zero_never_wins),
        IN_FOLDER(refuses_stores_that_are_not_its_own),
        IN_FOLDER(refuses_a_damaged_store),
        IN_FOLDER(refuses_rows_that_are_no_trials_of_its_space),
        IN_FOLDER(refuses_a_store_without_its_parts),
        IN_FOLDER(a_study_with_holes_goes_on),
        IN_FOLDER(a_store_of_version_1_goes_on),
        IN_FOLDER(a_network_without_room_is_a_failed_trial),
        IN_FOLDER(settings_out_of_range_get_into_no_store),
        IN_FOLDER(what_is_told_by_hand_is_checked_first),
        IN_FOLDER(one_writer_and_any_reader),
        IN_FOLDER(a_wal_that_cannot_be_read_is_told),
        IN_FOLDER(breakdown_of_a_trial_is_its_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
