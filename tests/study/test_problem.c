/* SPDX-License-Identifier: Apache-2.0
 * Problem files: what is read, what is refused and how, and that the written form is the same. */
#include "study/support.h"

#include "../../src/study/problem.h"

static const char good[] = "weft: problem/1\n"
                           "name: good\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                           "objectives: [energy min, latency]\n"
                           "constraints: [\"area <= 500\"]\n"
                           "search: {optimizer: nsga2, trials: 12, batch: 4, seed: 9}\n";

static void reads_every_setting(void **state) {
    weft_problem *problem = read_problem(*state, "good.yaml", good);
    const weft_problem_info *info = weft_problem_get_info(problem);
    assert_string_equal(info->name, "good");
    assert_string_equal(info->chip, "mnsim-130nm-rram");
    assert_int_equal(info->n_objectives, 2);
    assert_int_equal(info->objectives[0], WEFT_METRIC_ENERGY);
    assert_int_equal(info->objectives[1], WEFT_METRIC_LATENCY);
    assert_false(info->maximise[0]);
    assert_false(info->trains);
    assert_string_equal(info->optimizer.name, "nsga2");
    assert_int_equal(info->trials, 12);
    assert_int_equal(info->batch, 4);
    assert_int_equal(info->seed, 9);
    assert_int_equal(info->n_constraints, 1);
    weft_problem_destroy(problem);
}

/* In YAML as it is written to the store, a name is any text. */
static void a_name_of_any_characters_is_kept(void **state) {
    static const char text[] = "weft: problem/1\n"
                               "name: 'the \"best\" \\ #1: one'\n" SMALL_SPACE
                               "chip: mnsim-130nm-rram\n"
                               "score: 1 / energy\n";
    weft_problem *problem = read_problem(*state, "named.yaml", text);
    weft_problem *again = NULL;
    weft_problem_texts texts;
    weft_error error;
    expect_ok(weft_problem_write(problem, &texts, &error), &error);
    expect_ok(weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
              &error);
    assert_string_equal(weft_problem_get_info(again)->name, "the \"best\" \\ #1: one");
    free(texts.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

static void written_form_reads_back_the_same(void **state) {
    weft_problem *problem = read_problem(*state, "good.yaml", good);
    weft_problem *again = NULL;
    weft_problem_texts first, second;
    weft_error error;
    expect_ok(weft_problem_write(problem, &first, &error), &error);
    expect_ok(weft_problem_parse(first.problem, first.space, first.chip, "store", &again, &error),
              &error);
    expect_ok(weft_problem_write(again, &second, &error), &error);
    assert_string_equal(first.problem, second.problem);
    assert_string_equal(first.space, second.space);
    assert_string_equal(first.chip, second.chip);
    free(first.problem);
    free(second.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

/* What a report says to save and run again. */
static void a_problem_alone_is_the_same_problem(void **state) {
    weft_problem *problem = read_problem(*state, "good.yaml", good);
    weft_problem_texts first, second;
    weft_error error;
    char *alone = NULL;
    expect_ok(weft_problem_write(problem, &first, &error), &error);
    expect_ok(weft_problem_write_alone(problem, &alone, &error), &error);
    weft_problem *again = read_problem(*state, "again.yaml", alone);
    expect_ok(weft_problem_write(again, &second, &error), &error);
    assert_string_equal(first.problem, second.problem);
    assert_string_equal(first.space, second.space);
    assert_string_equal(first.chip, second.chip);
    free(alone);
    free(first.problem);
    free(second.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

typedef struct bad_case {
    const char *name;
    const char *from, *to; /* replaced in the good file */
    int line;
    const char *message; /* a part of the message or the hint */
} bad_case;

/* Lines of `good`: 1 weft, 2 name, 3-9 space, 10 chip, 11 objectives, 12 constraints, 13 search. */
static const bad_case bad_cases[] = {
    {"unknown key", "chip: mnsim", "chipp: x\nchip: mnsim", 10, "chipp"},
    {"wrong format", "problem/1", "problem/9", 1, "problem/1"},
    {"unknown metric", "energy min", "enrgy min", 11, "energy"},
    {"wrong direction", "energy min", "energy best", 11, "max or min"},
    {"objective twice", "energy min, latency", "energy min, energy", 11, "twice"},
    {"both goals", "constraints:", "score: energy\nconstraints:", 12, "both"},
    {"goal misspelt", "objectives:", "objctives:", 11, "objectives"},
    {"space misspelt", "space:", "spcae:", 3, "space"},
    {"no goal", "objectives: [energy min, latency]\n", "", 0, "neither"},
    {"constraint without sides", "area <= 500", "area", 12, "<="},
    {"constraint of an unknown name", "area <= 500", "aera <= 500", 12, "area"},
    {"unknown optimizer", "nsga2", "nsga3", 13, "nsga2"},
    {"no trials", "trials: 12", "trials: 0", 13, "trials"},
    {"trials as text", "trials: 12", "trials: many", 13, "many"},
    {"unknown search key", "seed: 9", "sede: 9", 13, "seed"},
    {"accuracy without data", "energy min, latency", "energy min, accuracy", 1, "data"},
    {"unknown chip", "mnsim-130nm-rram", "mnsim-130nm-ram", 10, "mnsim-130nm-rram"},
    {"unknown data", "chip: mnsim", "data: fashion-mnits\nchip: mnsim", 10, "fashion-mnist"},
};

static void replace(const char *text, const char *from, const char *to, char *out, size_t size) {
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void refuses_bad_files_with_their_place(void **state) {
    for (size_t i = 0; i < sizeof bad_cases / sizeof *bad_cases; i++) {
        const bad_case *bad = &bad_cases[i];
        char text[2048];
        char path[600];
        replace(good, bad->from, bad->to, text, sizeof text);
        write_file(*state, "bad.yaml", text, path, sizeof path);
        weft_problem *problem = NULL;
        weft_error error;
        weft_status status = weft_problem_read(path, &problem, &error);
        char full[2048];
        if (status != WEFT_ERROR_INPUT) {
            fail_msg("%s: status %s", bad->name, weft_status_word(status));
        }
        weft_error_format(&error, full, sizeof full);
        if (strstr(full, bad->message) == NULL || (bad->line > 0 && error.line != bad->line)) {
            fail_msg("%s: expected '%s' at line %d, got:\n%s", bad->name, bad->message, bad->line,
                     full);
        }
        assert_null(problem);
    }
}

static void refuses_a_missing_file(void **state) {
    (void)state;
    weft_problem *problem = NULL;
    weft_error error;
    assert_int_equal(weft_problem_read("/nonexistent/p.yaml", &problem, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.file, "/nonexistent/p.yaml"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_setting, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_name_of_any_characters_is_kept, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(written_form_reads_back_the_same, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_problem_alone_is_the_same_problem, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(refuses_bad_files_with_their_place, make_folder,
                                        remove_folder),
        cmocka_unit_test(refuses_a_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
