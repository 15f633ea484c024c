/* SPDX-License-Identifier: Apache-2.0
 * Searches at several fidelities and without batches: the same study however it is cut and by however many
 * threads, and nothing compared that does not compare. */
#include "study/support.h"

#include <ftw.h>

enum { IMAGES = 120, SIDE = 16 };

/* ---- problems ------------------------------------------------------------------------------------ */

static void write_idx(const char *path, int kind) {
    const uint8_t head[] = {0, 0, 8, (uint8_t)kind, 0, 0, 0, IMAGES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, kind == 3 ? 16 : 8, file), kind == 3 ? 16 : 8);
    for (int i = 0; i < IMAGES; i++) {
        for (int p = 0; p < (kind == 3 ? SIDE * SIDE : 1); p++) {
            int label = i % 2;
            fputc(kind == 1                               ? label
                  : (label == 1) == (p % SIDE < SIDE / 2) ? 120
                                                          : (p * 7 + i * 31) % 100,
                  file);
        }
    }
    assert_int_equal(fclose(file), 0);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *at) {
    (void)about;
    (void)type;
    (void)at;
    return remove(path);
}

static int remove_tree(void **state) {
    char *folder = *state;
    int status = nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return status;
}

/* Images of two halves, of which the label says which one is bright. */
static int make_data(void **state) {
    char images[600];
    char labels[600];
    weft_dataset_info info;
    weft_error error;
    if (make_quick_folder(state) != 0) {
        return 1;
    }
    path_in(*state, "images", images, sizeof images);
    path_in(*state, "labels", labels, sizeof labels);
    write_idx(images, 3);
    write_idx(labels, 1);
    weft_data_add_settings settings = {.name = "halves",
                                       .format = "idx",
                                       .train_images = images,
                                       .train_labels = labels,
                                       .test_every = 4};
    return setenv("WEFT_DATA", *state, 1) != 0 ||
           weft_data_add(&settings, &info, &error) != WEFT_OK;
}

static weft_problem *make_problem(const char *folder, const char *objectives, const char *search,
                                  int trials) {
    char text[2400];
    snprintf(text, sizeof text,
             "weft: problem/1\nname: steps\n"
             "space:\n  base: imc-cnn\n  name: tiny\n  input: [1, 16, 16]\n  genes:\n"
             "    depth: {integer: [1, 2]}\n"
             "    block: {categorical: [VGG, MVGG, RES], repeat: 2, when: depth >= index}\n"
             "    kernels: {ordinal: [2, 3, 4, 6], repeat: 2, when: depth >= index}\n"
             "chip: mnsim-130nm-rram\ndata: halves\n"
             "accuracy: {batch: 16, final_epochs: 0.2, crop_pad: 0}\n"
             "%s\n"
             "search: {trials: %d, seed: 4, startup_trials: 6, population: 6, scored: 20,\n"
             "         sample: 20, screened: 10, phase_generations: 1, %s}\n",
             objectives, trials, search);
    return read_problem(folder, "problem.yaml", text);
}

#define TWO_GOALS "objectives: [accuracy max, energy min]"
#define ONE_GOAL  "score: accuracy"
#define STEPS     "fidelity: epochs, lowest: 0.1, highest: 0.9"

static weft_study *open_study(weft_problem *problem, const char *folder, const char *name) {
    char store[600];
    weft_study *study = NULL;
    weft_error error;
    path_in(folder, name, store, sizeof store);
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    return study;
}

static weft_study *run_study(weft_problem *problem, const char *folder, const char *name,
                             int jobs) {
    weft_study *study = open_study(problem, folder, name);
    weft_error error;
    weft_run_settings settings = {.jobs = jobs};
    expect_ok(weft_study_run(study, &settings, &error), &error);
    return study;
}

/* All but the times. */
static void assert_same(const weft_study *a, const weft_study *b) {
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(weft_study_get_problem(a)));
    assert_int_equal(weft_study_size(a), weft_study_size(b));
    for (size_t i = 0; i < weft_study_size(a); i++) {
        const weft_trial *x = weft_study_get_trial(a, i);
        const weft_trial *y = weft_study_get_trial(b, i);
        assert_int_equal(x->number, y->number);
        assert_int_equal(x->state, y->state);
        assert_int_equal(x->hash, y->hash);
        assert_int_equal(x->fidelity, y->fidelity);
        assert_int_equal(x->partial, y->partial);
        assert_int_equal(x->bracket, y->bracket);
        assert_int_equal(x->rung, y->rung);
        assert_int_equal(x->design, y->design);
        assert_true(weft_genome_equal(&genes, x->genome, y->genome));
        assert_memory_equal(x->metrics, y->metrics, sizeof x->metrics);
    }
}

/* ---- trained for real ---------------------------------------------------------------------------- */

static void jobs_do_not_change_brackets(void **state) {
    for (const char *const *scheme = weft_brackets_names(); *scheme != NULL; scheme++) {
        char search[200], names[3][40];
        snprintf(search, sizeof search, "optimizer: random, batch: 5, brackets: %s, " STEPS,
                 *scheme);
        weft_problem *problem = make_problem(*state, ONE_GOAL, search, 20);
        weft_study *studies[3];
        int partial = 0;
        for (int k = 0; k < 3; k++) {
            snprintf(names[k], sizeof names[k], "%s-%d.db", *scheme, k);
            studies[k] = run_study(problem, *state, names[k], k == 0 ? 1 : k == 1 ? 2 : 8);
        }
        assert_same(studies[0], studies[1]);
        assert_same(studies[0], studies[2]);
        for (size_t i = 0; i < weft_study_size(studies[0]); i++) {
            partial += weft_study_get_trial(studies[0], i)->partial;
        }
        assert_true(partial >= 10 && partial < 20);
        for (int k = 0; k < 3; k++) {
            weft_study_close(studies[k]);
        }
        weft_problem_destroy(problem);
    }
}

/* A network that goes on takes its weights from the step before; where they are gone it is trained again, to
 * the same accuracy. */
static void weights_that_are_gone_change_nothing(void **state) {
    char kept[600];
    weft_problem *problem =
        make_problem(*state, ONE_GOAL, "optimizer: random, batch: 4, brackets: asha, " STEPS, 8);
    weft_problem_info *info = weft_problem_get_info(problem);
    weft_study_close(run_study(problem, *state, "gone.db", 1));
    path_in(*state, "gone.db.weights", kept, sizeof kept);
    assert_int_equal(nftw(kept, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    info->trials = 16;
    weft_study *gone = run_study(problem, *state, "gone.db", 1);
    weft_study *stayed = run_study(problem, *state, "stayed.db", 1);
    bool went_on = false;
    for (size_t i = 8; i < 16; i++) {
        went_on = went_on || (weft_study_get_trial(gone, i)->rung > 0 &&
                              weft_study_get_trial(gone, i)->design < 8);
    }
    assert_true(went_on);
    assert_same(gone, stayed);
    weft_study_close(gone);
    weft_study_close(stayed);
    weft_problem_destroy(problem);
}

/* ---- told by hand -------------------------------------------------------------------------------- */

/* A made-up accuracy that grows with the fidelity, by an amount of each design's own. */
static void make_up(weft_trial *trial) {
    double sum = 0.0;
    for (int g = 0; g < 5; g++) {
        sum += isnan(trial->genome[g]) ? 0.3 : trial->genome[g] * (g + 1);
    }
    int fidelity = trial->fidelity == WEFT_FIDELITY_CANDIDATE ? 2 : trial->fidelity;
    trial->metrics[WEFT_METRIC_ACCURACY] = 0.5 + 0.1 * sin(sum) + 0.05 * fidelity * cos(3.0 * sum);
    trial->metrics[WEFT_METRIC_ENERGY] = 1e-6 * (20.0 + sum);
    trial->state = fmod(sum, 7.0) < 1.0    ? WEFT_TRIAL_INFEASIBLE
                   : fmod(sum, 11.0) < 1.0 ? WEFT_TRIAL_FAILED
                                           : WEFT_TRIAL_OK;
    trial->violation = trial->state == WEFT_TRIAL_INFEASIBLE ? 0.5 : 0.0;
    if (trial->state == WEFT_TRIAL_INFEASIBLE) { /* before its training */
        trial->metrics[WEFT_METRIC_ACCURACY] = NAN;
    }
}

/* Goes on for `n` trials (< 0: to the end); gives whether it came to the end. */
static bool by_hand(weft_study *study, int n) {
    weft_trial trial;
    weft_error error;
    weft_status status = WEFT_OK;
    for (int i = 0; i != n && (status = weft_study_ask(study, &trial, &error)) == WEFT_OK; i++) {
        make_up(&trial);
        expect_ok(weft_study_tell(study, &trial, &error), &error);
    }
    expect_ok(status, &error);
    return status == WEFT_DONE;
}

/* Cut behind every trial, the study is the same. */
static void check_cuts(const char *folder, const char *scheme, const char *optimizer, int step) {
    char search[200], whole_name[80], pieces_name[80];
    bool one = strcmp(scheme, "median") == 0;
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    snprintf(search, sizeof search, "optimizer: %s, batch: 4, brackets: %s, reduction: 2, %s",
             optimizer, scheme, "fidelity: epochs, lowest: 1, highest: 4");
    weft_problem *problem = make_problem(folder, one ? ONE_GOAL : TWO_GOALS, search, 26);
    weft_error error;
    if (weft_problem_check(problem, NULL, &error) != WEFT_OK) { /* an optimizer of one objective */
        assert_int_equal(error.status, WEFT_ERROR_USAGE);
        weft_problem_destroy(problem);
        problem = make_problem(folder, ONE_GOAL, search, 26);
    }
    snprintf(whole_name, sizeof whole_name, "whole-%s-%s.db", scheme, optimizer);
    snprintf(pieces_name, sizeof pieces_name, "pieces-%s-%s.db", scheme, optimizer);
    weft_study *whole = open_study(problem, folder, whole_name);
    assert_true(by_hand(whole, -1));
    weft_study *pieces = open_study(problem, folder, pieces_name);
    while (!by_hand(pieces, step)) {
        weft_study_close(pieces);
        pieces = open_study(problem, folder, pieces_name);
    }
    assert_same(whole, pieces);
    weft_study_close(whole);
    weft_study_close(pieces);
    weft_problem_destroy(problem);
}

static void cuts_do_not_change_brackets(void **state) {
    for (const char *const *scheme = weft_brackets_names(); *scheme != NULL; scheme++) {
        check_cuts(*state, *scheme, "random", 1);
    }
    check_cuts(*state, "hyperband", "nsga2", 1);
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        check_cuts(*state, "asha", *name, 7);
    }
}

/* A kill leaves holes: the last of a batch is stored, the others are not. */
static void a_batch_with_holes_goes_on(void **state) {
    weft_problem *problem = make_problem(
        *state, TWO_GOALS, "optimizer: nsga2, batch: 5, brackets: asha, reduction: 2, " STEPS, 30);
    weft_study *whole = open_study(problem, *state, "whole.db");
    weft_study *holes = open_study(problem, *state, "holes.db");
    weft_error error;
    assert_true(by_hand(whole, -1));
    assert_false(by_hand(holes, 15));
    weft_trial trials[5];
    for (int i = 0; i < 5; i++) {
        expect_ok(weft_study_ask(holes, &trials[i], &error), &error);
        make_up(&trials[i]);
    }
    expect_ok(weft_study_tell(holes, &trials[4], &error), &error);
    expect_ok(weft_study_tell(holes, &trials[2], &error), &error);
    weft_study_close(holes);
    holes = open_study(problem, *state, "holes.db");
    assert_true(by_hand(holes, -1));
    assert_same(whole, holes);
    weft_study_close(whole);
    weft_study_close(holes);
    weft_problem_destroy(problem);
}

/* Fronts, the best and the hypervolume are of whole trials alone, and the cost is that of the steps. */
static void only_whole_trials_compare(void **state) {
    weft_problem *problem =
        make_problem(*state, TWO_GOALS,
                     "optimizer: random, batch: 4, brackets: hyperband, reduction: 2, "
                     "fidelity: epochs, lowest: 1, highest: 4",
                     60);
    weft_study *study = open_study(problem, *state, "fronts.db");
    assert_true(by_hand(study, -1));
    size_t *front = NULL;
    size_t n = 0;
    weft_error error;
    double values[60];
    double spent = 0.0;
    expect_ok(weft_study_front(study, &front, &n, &error), &error);
    assert_true(n > 0);
    size_t best_of_all = 0;
    for (size_t i = 0; i < 60; i++) {
        static const double steps[3] = {0.25, 0.25, 0.5}; /* 1, 1 and 2 epochs of 4 */
        const weft_trial *trial = weft_study_get_trial(study, i);
        bool on_front = false;
        bool beaten = false;
        assert_int_equal(trial->partial, trial->fidelity < 2);
        assert_int_equal(weft_trial_counts(trial),
                         trial->state == WEFT_TRIAL_OK && trial->fidelity == 2);
        for (size_t k = 0; k < n; k++) {
            on_front = on_front || front[k] == i;
        }
        for (size_t j = 0; j < 60; j++) {
            const weft_trial *other = weft_study_get_trial(study, j);
            double more = other->metrics[WEFT_METRIC_ACCURACY] -
                          trial->metrics[WEFT_METRIC_ACCURACY];
            double less = trial->metrics[WEFT_METRIC_ENERGY] - other->metrics[WEFT_METRIC_ENERGY];
            beaten = beaten || (weft_trial_counts(other) && more >= 0.0 && less >= 0.0 &&
                                (more > 0.0 || less > 0.0 || j < i));
        }
        assert_int_equal(on_front, weft_trial_counts(trial) && !beaten);
        best_of_all += trial->state == WEFT_TRIAL_OK && trial->partial;
        int first = trial->rung == 0 ? 0 : trial->fidelity; /* who goes on adds a step */
        for (int s = first; trial->state != WEFT_TRIAL_INFEASIBLE && s <= trial->fidelity; s++) {
            spent += steps[s];
        }
    }
    assert_true(best_of_all > 10);
    assert_float_equal(weft_study_spent(study), spent, 1e-9);
    assert_true(spent < 45.0);
    expect_ok(weft_study_hypervolume(study, values, &error), &error);
    for (size_t i = 1; i < 60; i++) { /* rises with whole trials only */
        assert_true(values[i] == values[i - 1] ||
                    weft_trial_counts(weft_study_get_trial(study, i)));
    }
    free(front);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* The store says all that was set; a search that was begun goes on with the same brackets alone. */
static void a_store_keeps_the_brackets(void **state) {
    weft_problem *problem =
        make_problem(*state, ONE_GOAL,
                     "optimizer: random, batch: 4, brackets: median, least_whole: 3, " STEPS, 12);
    weft_study *study = open_study(problem, *state, "kept.db");
    assert_true(by_hand(study, -1));
    weft_study_close(study);
    char store[600];
    weft_error error;
    path_in(*state, "kept.db", store, sizeof store);
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    const weft_problem_info *info = weft_problem_get_info(weft_study_get_problem(study));
    assert_string_equal(info->brackets.name, "median");
    assert_int_equal(info->brackets.least_whole, 3);
    assert_true(info->brackets.reduction == 3.0);
    assert_int_equal(info->accuracy.n_fidelities, 3);
    static const double epochs[3] = {0.1, 0.2, 0.6};
    for (int k = 0; k < 3; k++) {
        assert_float_equal(info->accuracy.fidelities[k].epochs, epochs[k], 1e-12);
    }
    assert_float_equal(info->accuracy.train.epochs, 0.9, 1e-12);
    assert_float_equal(weft_problem_fidelity_share(weft_study_get_problem(study), 1), 1.0 / 3.0,
                       1e-12);
    weft_study_close(study);
    weft_problem_destroy(problem);
    problem =
        make_problem(*state, ONE_GOAL, "optimizer: random, batch: 4, brackets: asha, " STEPS, 12);
    assert_int_equal(weft_study_open(problem, store, &study, &error), WEFT_ERROR_STORE);
    assert_non_null(strstr(error.message, "brackets: median"));
    weft_problem_destroy(problem);
}

static void shares_are_fidelities_too(void **state) {
    weft_problem *problem = make_problem(
        *state, ONE_GOAL,
        "optimizer: random, brackets: halving, first_rung: 6, reduction: 2, fidelity: share, "
        "lowest: 0.3",
        12);
    const weft_problem_info *info = weft_problem_get_info(problem);
    assert_int_equal(info->accuracy.n_fidelities, 2);
    assert_true(info->accuracy.fidelities[0].share == 0.5 &&
                info->accuracy.fidelities[1].share == 1.0);
    assert_true(info->accuracy.fidelities[0].epochs == 2.0 && info->accuracy.train.epochs == 4.0);
    assert_float_equal(weft_problem_fidelity_share(problem, 0), 1.0 / 3.0, 1e-12);
    weft_problem_destroy(problem);
}

/* ---- without batches ----------------------------------------------------------------------------- */

static void one_worker_is_one_study(void **state) {
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        char search[200], names[2][40];
        snprintf(search, sizeof search, "optimizer: %s, asynchronous: true%s", *name,
                 strcmp(*name, "tpe") == 0 ? ", brackets: hyperband, " STEPS : "");
        weft_problem *problem = make_problem(*state, ONE_GOAL, search, 24);
        for (int k = 0; k < 2; k++) {
            snprintf(names[k], sizeof names[k], "%s-%d.db", *name, k);
        }
        weft_study *whole = open_study(problem, *state, names[0]);
        weft_study *pieces = open_study(problem, *state, names[1]);
        assert_true(by_hand(whole, -1));
        while (!by_hand(pieces, 5)) {
            weft_study_close(pieces);
            pieces = open_study(problem, *state, names[1]);
        }
        assert_same(whole, pieces);
        weft_study_close(whole);
        weft_study_close(pieces);
        weft_problem_destroy(problem);
    }
}

/* Each trial once, each design once at each fidelity, and none of them known before. */
static void check_rows(const weft_study *study, size_t n) {
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(weft_study_get_problem(study)));
    assert_int_equal(weft_study_size(study), n);
    for (size_t i = 0; i < n; i++) {
        const weft_trial *x = weft_study_get_trial(study, i);
        assert_int_equal(x->number, i);
        for (size_t j = 0; j < i; j++) {
            const weft_trial *y = weft_study_get_trial(study, j);
            bool same = weft_genome_equal(&genes, x->genome, y->genome);
            assert_int_equal(same, x->design == y->design);
            assert_false(same && x->fidelity == y->fidelity);
        }
    }
}

/* Workers who ask while others are out, give back in any order, and are killed with trials out. */
static void killed_workers_leave_a_study_that_goes_on(void **state) {
    static const char *const searches[] = {
        "optimizer: nsga2, asynchronous: true",
        "optimizer: gp, asynchronous: true, brackets: asha, reduction: 2, " STEPS};
    for (int k = 0; k < 2; k++) {
        char name[20];
        snprintf(name, sizeof name, "killed-%d.db", k);
        weft_problem *problem = make_problem(*state, TWO_GOALS, searches[k], 40);
        weft_error error;
        weft_study *study = open_study(problem, *state, name);
        for (int round = 0; round < 5; round++) {
            weft_trial trials[4];
            for (int i = 0; i < 4; i++) {
                expect_ok(weft_study_ask(study, &trials[i], &error), &error);
                make_up(&trials[i]);
            }
            expect_ok(weft_study_tell(study, &trials[3], &error), &error);
            expect_ok(weft_study_tell(study, &trials[1], &error), &error);
            assert_int_equal(weft_study_tell(study, &trials[1], &error), WEFT_ERROR_USAGE);
            weft_study_close(study); /* two are lost */
            study = open_study(problem, *state, name);
        }
        assert_true(by_hand(study, -1));
        check_rows(study, 40);
        weft_study_close(study);
        weft_problem_destroy(problem);
    }
}

typedef struct cut {
    weft_stop stop;
    int64_t after;
} cut;

static void stop_after(void *context, const weft_study_progress *now) {
    cut *c = context;
    assert_true(now->done <= now->total && now->partial <= now->ok);
    if (now->done >= c->after) {
        atomic_store(&c->stop.requested, true);
    }
}

/* Threads that train for real, stopped and gone on with, in one program and from the store. */
static void free_threads_finish_a_study(void **state) {
    static const char *const searches[] = {
        "optimizer: tpe, asynchronous: true",
        "optimizer: random, asynchronous: true, brackets: hyperband, " STEPS};
    for (int k = 0; k < 2; k++) {
        char name[20];
        snprintf(name, sizeof name, "free-%d.db", k);
        weft_problem *problem = make_problem(*state, ONE_GOAL, searches[k], 16);
        weft_problem_get_info(problem)->accuracy.train.epochs = 0.2;
        weft_study *study = open_study(problem, *state, name);
        weft_error error;
        for (int64_t after = 4; after <= 8; after += 4) {
            cut c = {.after = after};
            weft_run_settings settings = {
                .jobs = 4, .stop = &c.stop, .progress = stop_after, .context = &c};
            assert_int_equal(weft_study_run(study, &settings, &error), WEFT_STOPPED);
        }
        weft_study_close(study);
        study = run_study(problem, *state, name, 4);
        check_rows(study, 16);
        weft_study_close(study);
        weft_problem_destroy(problem);
    }
}

/* ---- bad input ----------------------------------------------------------------------------------- */

static void refuse(const char *folder, const char *objectives, const char *accuracy,
                   const char *search, const char *says) {
    char text[1600], path[600];
    weft_problem *problem = NULL;
    weft_error error = {0};
    snprintf(text, sizeof text,
             "weft: problem/1\nname: bad\n" SMALL_SPACE "chip: mnsim-130nm-rram\ndata: halves\n"
             "accuracy: {%s}\n%s\nsearch: {%s}\n",
             accuracy, objectives, search);
    write_file(folder, "bad.yaml", text, path, sizeof path);
    assert_int_equal(weft_problem_read(path, &problem, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, says) == NULL && strstr(error.hint, says) == NULL) {
        fail_msg("'%s' (%s) does not say '%s'", error.message, error.hint, says);
    }
    assert_true(error.line > 0);
}

static void bad_keys_say_what_to_do(void **state) {
    static const struct {
        const char *objectives, *accuracy, *search, *says;
    } bad[] = {
        {ONE_GOAL, "", "brackets: hyperbnad, " STEPS, "hyperband"},
        {ONE_GOAL, "", "brackets: asha", "brackets need fidelities"},
        {ONE_GOAL, "", "brackets: asha, fidelity: resolution, lowest: 8",
         "no fidelity 'resolution'"},
        {ONE_GOAL, "", "brackets: asha, fidelity: resolution, lowest: 8", "`epochs` and `share`"},
        {ONE_GOAL, "", "brackets: asha, fidelity: epoch, lowest: 1", "epochs"},
        {ONE_GOAL, "", "brackets: asha, fidelity: epochs, highest: 9", "needs `lowest`"},
        {ONE_GOAL, "", "brackets: asha, fidelity: epochs, lowest: 9, highest: 9", "expected less"},
        {ONE_GOAL, "", "brackets: asha, fidelity: epochs, lowest: 5, highest: 9",
         "1 fidelities, expected 2 to 8"},
        {ONE_GOAL, "", "brackets: asha, fidelity: epochs, lowest: 0.0001, highest: 9",
         "fidelities, expected 2 to 8"},
        {ONE_GOAL, "", "brackets: asha, fidelity: share, lowest: 0.1, highest: 2", "all images"},
        {ONE_GOAL, "epochs: 3", "brackets: asha, fidelity: epochs, lowest: 1, highest: 9",
         "epochs is 3, and `highest` of the search is 9"},
        {ONE_GOAL, "fidelity: [{epochs: 1}, {epochs: 2}]", "brackets: asha, " STEPS, "already"},
        {ONE_GOAL, "", "brackets: asha, reduction: 1, " STEPS, "1.5"},
        {ONE_GOAL, "", "reduction: 3", "`reduction` means nothing without `brackets`"},
        {ONE_GOAL, "", "brackets: none, lowest: 3", "`lowest` means nothing without `brackets`"},
        {TWO_GOALS, "", "brackets: median, " STEPS, "one objective; found 2"},
        {"score: 1 / energy", "", "brackets: asha, " STEPS, "brackets need an accuracy"},
        {ONE_GOAL, "provider: predictor, file: ./a.yaml", "brackets: asha, " STEPS,
         "trained step by step"},
        {ONE_GOAL, "",
         "brackets: asha, stages: [{name: a, free: [depth], trials: 5}, {name: b, free: "
         "['block*']}], " STEPS,
         "brackets and `stages`"},
        {ONE_GOAL, "",
         "asynchronous: true, stages: [{name: a, free: [depth], trials: 5}, {name: b, free: "
         "['block*']}]",
         "`asynchronous` and `stages`"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse(*state, bad[i].objectives, bad[i].accuracy, bad[i].search, bad[i].says);
    }
}

#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, make_data, remove_tree)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DATA(jobs_do_not_change_brackets),
        WITH_DATA(weights_that_are_gone_change_nothing),
        WITH_DATA(cuts_do_not_change_brackets),
        WITH_DATA(a_batch_with_holes_goes_on),
        WITH_DATA(only_whole_trials_compare),
        WITH_DATA(a_store_keeps_the_brackets),
        WITH_DATA(shares_are_fidelities_too),
        WITH_DATA(one_worker_is_one_study),
        WITH_DATA(killed_workers_leave_a_study_that_goes_on),
        WITH_DATA(free_threads_finish_a_study),
        WITH_DATA(bad_keys_say_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
