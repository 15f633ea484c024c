/* SPDX-License-Identifier: Apache-2.0
 * The keys of a problem that say how candidates are trained: read, written and read back; and what is
 * wrong with others, with its place. */
#include "support.h"

#include "study/problem.h"

/* Line 5 is the section. */
static weft_status read_with(const char *folder, const char *accuracy, weft_problem **problem,
                             weft_error *error) {
    char text[2048], path[600];
    snprintf(text, sizeof text,
             "weft: problem/1\nname: keys\nspace: imc-cnn\nchip: mnsim-130nm-rram\n"
             "accuracy: {%s}\nobjectives: [energy min, latency min]\n",
             accuracy);
    write_file(folder, "keys.yaml", text, path, sizeof path);
    return weft_problem_read(path, problem, error);
}

static weft_problem *must_read(const char *folder, const char *accuracy) {
    weft_problem *problem = NULL;
    weft_error error;
    expect_ok(read_with(folder, accuracy, &problem, &error), &error);
    return problem;
}

static void every_key_is_read(void **state) {
    weft_problem *problem = must_read(
        *state,
        "precision: auto, optimizer: adamw, schedule: step, decay_all: false, gradient_limit: 2,"
        " average: 0.99, patience: 3, cutout: 8, mixup: 0.2, bits: [4, 8], quant_steps: min-max,"
        " per_channel: false, ends_at_8: false, teacher: resnet20, teacher_weights: t.safetensors,"
        " teaching: 0.7, temperature: 2, keep: ./kept, share: 0.4,"
        " fidelity: [{epochs: 1, share: 0.3}, {epochs: 2.5}]");
    const weft_accuracy_settings *a = &weft_problem_get_info(problem)->accuracy;
    const weft_train_settings *t = &a->train;
    assert_int_equal(t->precision, WEFT_PRECISION_AUTO);
    assert_int_equal(t->descent, WEFT_DESCENT_ADAMW);
    assert_int_equal(t->schedule, WEFT_SCHEDULE_STEP);
    assert_false(t->decay_all);
    assert_true(t->gradient_limit == 2 && t->average == 0.99 && t->patience == 3);
    assert_true(t->cutout == 8 && t->mixup == 0.2);
    assert_true(t->quantize && t->quant.weight_bits == 4 && t->quant.input_bits == 8);
    assert_int_equal(t->quant.steps, WEFT_QUANT_STEPS_MIN_MAX);
    assert_false(t->quant.per_channel || t->quant.ends_at_8);
    assert_string_equal(a->teacher, "resnet20");
    assert_non_null(strstr(a->teacher_weights, "t.safetensors"));
    assert_true(t->teaching == 0.7 && t->temperature == 2);
    assert_non_null(strstr(a->keep, "kept"));
    assert_int_equal(a->n_fidelities, 2);
    assert_true(a->fidelities[0].epochs == 1 && a->fidelities[0].share == 0.3);
    assert_true(a->fidelities[1].epochs == 2.5 && a->fidelities[1].share == 0.4);
    assert_true(t->epochs == 3.5);
    weft_problem_destroy(problem);
}

static void what_is_left_out_stays(void **state) {
    weft_problem *problem = must_read(*state, "epochs: 3");
    weft_train_settings defaults;
    weft_train_defaults(&defaults);
    const weft_accuracy_settings *a = &weft_problem_get_info(problem)->accuracy;
    assert_int_equal(a->train.precision, defaults.precision);
    assert_int_equal(a->train.descent, defaults.descent);
    assert_int_equal(a->train.quantize, false);
    assert_int_equal(a->n_fidelities, 0);
    assert_true(a->train.epochs == 3 && a->train.decay_all == defaults.decay_all);
    assert_string_equal(a->teacher, "");
    weft_problem_destroy(problem);
}

/* The text that a store keeps says all of it again. */
static void a_problem_is_written_whole(void **state) {
    static const char *const sections[] = {
        "",
        "bits: 3",
        "bits: layers, quant_steps: min-max",
        "bits: none, optimizer: nesterov, schedule: constant",
        "bits: [2, 7], fidelity: [{epochs: 0.1, share: 0.25}, {epochs: 1}, {epochs: 4}], "
        "patience: 2.5",
        "teacher: \"imc:V8,V16\", teacher_weights: t.safetensors, average: 0.999",
        "provider: predictor, file: fitted, value: low, force: true",
        "provider: supernet, file: ./one.safetensors, recalibrate: 64, batch: 16, bits: layers",
    };
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        weft_problem *problem = must_read(*state, sections[i]);
        weft_problem_texts first, second;
        weft_problem *again = NULL;
        weft_error error;
        expect_ok(weft_problem_write(problem, &first, &error), &error);
        expect_ok(
            weft_problem_parse(first.problem, first.space, first.chip, "store", &again, &error),
            &error);
        expect_ok(weft_problem_write(again, &second, &error), &error);
        assert_string_equal(first.problem, second.problem);
        const weft_accuracy_settings *a = &weft_problem_get_info(problem)->accuracy;
        const weft_accuracy_settings *b = &weft_problem_get_info(again)->accuracy;
        assert_memory_equal(a->fidelities, b->fidelities, sizeof a->fidelities);
        assert_int_equal(a->n_fidelities, b->n_fidelities);
        assert_int_equal(a->train.quantize, b->train.quantize);
        assert_true(!a->train.quantize || a->train.quant.weight_bits == b->train.quant.weight_bits);
        assert_true(a->train.descent == b->train.descent && a->train.epochs == b->train.epochs);
        free(first.problem);
        free(second.problem);
        weft_problem_destroy(problem);
        weft_problem_destroy(again);
    }
}

static void bad_keys_have_their_place(void **state) {
    static const struct {
        const char *text, *bad; /* the error points at `bad` */
        const char *word;
    } CASES[] = {
        {"bits: 1", "1", "from 2 to 8"},
        {"bits: 9", "9", "from 2 to 8"},
        {"bits: [4, 9]", "9", "from 2 to 8"},
        {"bits: [4]", "[4]", "[4, 8]"},
        {"bits: few", "few", "layers"},
        {"precision: f16", "f16", "bf16"},
        {"optimizer: adamww", "adamww", "adamw"},
        {"schedule: cosin", "cosin", "cosine"},
        {"quant_steps: learnt", "learnt", "learned"},
        {"precison: f32", "precison", "precision"},
        {"fidelty: []", "fidelty", "fidelity"},
        {"fidelity: 3", "3", "steps"},
        {"fidelity: []", "[]", "steps"},
        {"fidelity: [{share: 0.5}]", "{share", "epochs"},
        {"fidelity: [{epochs: 0}]", "0}", "epochs"},
        {"fidelity: [{epochs: 1, sahre: 0.5}]", "sahre", "share"},
        {"epochs: 2, fidelity: [{epochs: 1}]", "2,", "add up to 1"},
        {"patience: -1", "-1", "-1"},
        {"average: 1", "1", "average"},
        {"teaching: 2", "2", "teaching"},
        /* keys that change nothing */
        {"provider: predictor, file: a.yaml, epochs: 20", "20", "it is of train"},
        {"provider: predictor, file: a.yaml, bits: 4", "4", "train, supernet"},
        {"provider: predictor, file: a.yaml, cache: ./c", "./c", "`cache`"},
        {"provider: supernet, file: a.safetensors, cache: ./c", "./c", "`cache`"},
        {"provider: supernet, file: a.safetensors, share: 0.5", "0.5", "it is of train"},
        {"provider: mlp, file: a.yaml, csv: b.csv", "b.csv", "it is of table"},
        {"force: true", "true", "it is of predictor"},
        {"value: low", "low", "it is of predictor"},
        {"recalibrate: 5", "5", "it is of supernet"},
        {"ignore: x", "x", "mlp, table, predictor"},
        {"file: a.yaml", "a.yaml", "provider `train`"},
        {"ends_at_8: true", "true", "without `bits`"},
        {"temperature: 3", "3", "without `teacher`"},
        {"teacher_weights: a.safetensors", "a.safetensors", "without `teacher`"},
        {"keep: ./kept", "./kept", "without `fidelity`"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        weft_problem *problem = NULL;
        weft_error error;
        char full[2048];
        weft_status status = read_with(*state, CASES[i].text, &problem, &error);
        if (status != WEFT_ERROR_INPUT) {
            fail_msg("%s: status %s", CASES[i].text, weft_status_word(status));
        }
        assert_null(problem);
        weft_error_format(&error, full, sizeof full);
        int column = (int)strlen("accuracy: {") +
                     (int)(strstr(CASES[i].text, CASES[i].bad) - CASES[i].text) + 1;
        if (error.line != 5 || error.column != column || strstr(full, CASES[i].word) == NULL) {
            fail_msg("%s: expected '%s' at 5:%d, got %d:%d\n%s", CASES[i].text, CASES[i].word,
                     column, error.line, error.column, full);
        }
    }
}

static void assert_lies_in(const char *folder, const char *name, const char *path) {
    char wanted[600];
    path_in(folder, name, wanted, sizeof wanted);
    assert_string_equal(path, wanted);
}

/* Files are meant from the folder of the problem, also where their names look like ours, and where they are
 * not there yet; those that may be ours are not. */
static void paths_are_meant_from_the_file(void **state) {
    const char *folder = *state;
    weft_problem *problem = must_read(folder, "teacher: resnet20, teacher_weights: taught, "
                                              "cache: shared, fidelity: [{epochs: 1}, {epochs: 1}],"
                                              " keep: kept");
    const weft_problem_info *info = weft_problem_get_info(problem);
    assert_string_equal(info->accuracy.teacher, "resnet20");
    assert_lies_in(folder, "taught", info->accuracy.teacher_weights);
    assert_lies_in(folder, "shared", info->cache);
    assert_lies_in(folder, "kept", info->accuracy.keep);
    weft_problem_destroy(problem);
    problem = must_read(folder, "provider: table, file: nasbench201-cifar10, csv: figures.csv");
    info = weft_problem_get_info(problem);
    assert_string_equal(info->accuracy.file, "nasbench201-cifar10");
    assert_lies_in(folder, "figures.csv", info->accuracy.csv);
    weft_problem_destroy(problem);
    problem = must_read(folder, "provider: predictor, file: fitted");
    info = weft_problem_get_info(problem);
    assert_lies_in(folder, "fitted", info->accuracy.file);
    weft_problem_destroy(problem);
}

/* Stores of older versions have every key, whatever the provider makes of it. */
static void an_old_text_is_read(void **state) {
    weft_problem *problem = must_read(*state, "epochs: 3");
    weft_problem *again = NULL;
    weft_problem_texts first, second;
    weft_error error;
    char old[8192];
    expect_ok(weft_problem_write(problem, &first, &error), &error);
    const char *at = strstr(first.problem, "  epochs: ");
    assert_non_null(at);
    snprintf(old, sizeof old, "%.*s  recalibrate: 2000\n  force: false\n  ends_at_8: true\n%s",
             (int)(at - first.problem), first.problem, at);
    expect_ok(weft_problem_parse(old, first.space, first.chip, "store", &again, &error), &error);
    expect_ok(weft_problem_write(again, &second, &error), &error);
    assert_string_equal(first.problem, second.problem);
    free(first.problem);
    free(second.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(what_is_left_out_stays),
        cmocka_unit_test(a_problem_is_written_whole),
        cmocka_unit_test(bad_keys_have_their_place),
        cmocka_unit_test(paths_are_meant_from_the_file),
        cmocka_unit_test(an_old_text_is_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
