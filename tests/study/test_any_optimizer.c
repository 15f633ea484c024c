/* SPDX-License-Identifier: Apache-2.0
 * What holds for a study with every optimizer: the same trials at any number of jobs, and wherever it was
 * cut. */
#include "study/support.h"

enum { TRIALS = 24 };

static weft_problem *make_problem(const char *folder, const char *optimizer) {
    char text[2048];
    snprintf(
        text, sizeof text,
        "weft: problem/1\nname: any\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
        "minimise: energy * latency\nconstraints: [\"macs >= 4e6\", \"params <= 2e4\"]\n"
        "search: {optimizer: %s, trials: %d, batch: 5, seed: 6, startup_trials: 7,\n"
        "         population: 6, scored: 20, sample: 30, screened: 15, phase_generations: 1}\n",
        optimizer, TRIALS);
    return read_problem(folder, "any.yaml", text);
}

typedef struct cut {
    weft_stop stop;
    int64_t after;
} cut;

static void stop_after(void *context, const weft_study_progress *now) {
    cut *c = context;
    if (now->done >= c->after) {
        atomic_store(&c->stop.requested, true);
    }
}

/* Goes on with a store until so many trials are done; gives the study. */
static weft_study *run_until(weft_problem *problem, const char *store, int jobs, int64_t after) {
    weft_study *study = NULL;
    weft_error error;
    cut c = {.after = after};
    weft_run_settings settings = {
        .jobs = jobs, .stop = &c.stop, .progress = stop_after, .context = &c};
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    return study;
}

static void assert_same(const char *optimizer, const weft_study *a, const weft_study *b) {
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(weft_study_get_problem(a)));
    assert_int_equal(weft_study_size(a), TRIALS);
    assert_int_equal(weft_study_size(b), TRIALS);
    for (size_t i = 0; i < TRIALS; i++) {
        const weft_trial *x = weft_study_get_trial(a, i);
        const weft_trial *y = weft_study_get_trial(b, i);
        if (x->state != y->state || x->hash != y->hash ||
            !weft_genome_equal(&genes, x->genome, y->genome) ||
            memcmp(x->metrics, y->metrics, sizeof x->metrics) != 0) {
            fail_msg("%s: trial %zu is another", optimizer, i);
        }
    }
}

static void jobs_and_cuts_change_nothing(void **state) {
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        char paths[4][600], file[40];
        weft_problem *problem = make_problem(*state, *name);
        weft_study *studies[4];
        for (int k = 0; k < 4; k++) {
            snprintf(file, sizeof file, "%s-%d.db", *name, k);
            path_in(*state, file, paths[k], sizeof paths[k]);
        }
        for (int64_t after = 1; after < TRIALS; after++) { /* cut behind every trial */
            weft_study_close(run_until(problem, paths[3], 1, after));
        }
        static const int jobs[4] = {1, 2, 8, 2};
        for (int k = 0; k < 4; k++) {
            studies[k] = run_until(problem, paths[k], jobs[k], TRIALS + 1);
        }
        for (int k = 1; k < 4; k++) {
            assert_same(*name, studies[0], studies[k]);
        }
        for (int k = 0; k < 4; k++) {
            weft_study_close(studies[k]);
        }
        weft_problem_destroy(problem);
    }
}

/* Of an optimizer that asks without batches, with one job. */
static void free_studies_of_one_job_are_the_same(void **state) {
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        char paths[2][600], file[40];
        weft_problem *problem = make_problem(*state, *name);
        weft_study *studies[2];
        weft_problem_get_info(problem)->asynchronous = true;
        for (int k = 0; k < 2; k++) {
            snprintf(file, sizeof file, "free-%s-%d.db", *name, k);
            path_in(*state, file, paths[k], sizeof paths[k]);
        }
        for (int64_t after = 1; after < TRIALS; after += 3) {
            weft_study_close(run_until(problem, paths[1], 1, after));
        }
        for (int k = 0; k < 2; k++) {
            studies[k] = run_until(problem, paths[k], 1, TRIALS + 1);
        }
        assert_same(*name, studies[0], studies[1]);
        for (int k = 0; k < 2; k++) {
            weft_study_close(studies[k]);
        }
        weft_problem_destroy(problem);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_quick_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(jobs_and_cuts_change_nothing),
        IN_FOLDER(free_studies_of_one_job_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
