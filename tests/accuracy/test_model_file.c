/* SPDX-License-Identifier: Apache-2.0
 * Surrogates as files, as providers, and as what says what to train next. */
#include "model_support.h"

static weft_surrogate_settings plain(const char *model) {
    weft_surrogate_settings settings;
    weft_surrogate_defaults(&settings);
    settings.model = model;
    settings.folds = 2;
    settings.measure = "validation accuracy of a \"test\"";
    return settings;
}

static const char *path_of(const char *name) {
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void must_write(const weft_surrogate *surrogate, const char *path) {
    weft_error error = {0};
    if (weft_surrogate_write(surrogate, path, true, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
}

static weft_accuracy_settings by_predictor(const char *path) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "predictor";
    settings.file = path;
    return settings;
}

/* ---- files --------------------------------------------------------------------------------------- */

/* Writes a.yaml for the time `round`, from 0. The arrays of the one that is replaced are not touched before
 * it is: they have another name, and are gone behind it. */
static void must_replace(const weft_surrogate *surrogate, ptrdiff_t round) {
    static const char *const names[2] = {"a.safetensors", "a.2.safetensors"};
    must_write(surrogate, path_of("a.yaml"));
    assert_int_equal(access(path_of(names[round % 2]), F_OK), 0);
    assert_int_not_equal(access(path_of(names[(round + 1) % 2]), F_OK), 0);
}

static void test_round_trip(void **state) {
    (void)state;
    enum { N = 24 };
    known_designs train;
    known_make(&train, N, 0.01, 71);
    for (const char *const *name = weft_model_names(); *name != NULL; name++) {
        weft_surrogate_settings settings = plain(*name);
        weft_surrogate *made = must_fit(&settings, &train.designs);
        weft_surrogate *again = NULL;
        weft_error error = {0};
        weft_forecast said[2][N];
        weft_surrogate_report report[2];
        weft_surrogate_about about;
        must_replace(made, name - weft_model_names());
        if (weft_surrogate_read(path_of("a.yaml"), &again, &error) != WEFT_OK) {
            fail_msg("%s: %s:%d: %s", *name, error.file, error.line, error.message);
        }
        assert_int_equal(weft_surrogate_predict(made, &train.designs, said[0], &error), WEFT_OK);
        assert_int_equal(weft_surrogate_predict(again, &train.designs, said[1], &error), WEFT_OK);
        assert_memory_equal(said[0], said[1], sizeof said[0]);
        weft_surrogate_get_report(made, &report[0]);
        weft_surrogate_get_report(again, &report[1]);
        assert_true(report[0].tau == report[1].tau && report[0].rmse == report[1].rmse &&
                    report[0].coverage == report[1].coverage && report[0].n == report[1].n &&
                    report[0].usable == report[1].usable);
        weft_surrogate_get_about(again, &about);
        assert_string_equal(about.model, *name);
        assert_string_equal(about.measure, "validation accuracy of a \"test\"");
        assert_true(weft_surrogate_is(path_of("a.yaml")));
        assert_int_equal(weft_surrogate_write(made, path_of("a.yaml"), false, &error),
                         WEFT_ERROR_INPUT);
        assert_non_null(strstr(error.message, "there already"));
        assert_int_equal(weft_surrogate_write(made, path_of("a.txt"), true, &error),
                         WEFT_ERROR_INPUT);
        weft_surrogate_destroy(made);
        weft_surrogate_destroy(again);
    }
    assert_false(weft_surrogate_is(path_of("none.yaml")));
    known_free(&train);
}

static char *read_text(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    *length = fread(text, 1, (1 << 20) - 1, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* Replaces `old` in b.yaml by `new`, reads it, and expects an error with that word. */
static void must_not_read(const char *text, const char *old, const char *new, const char *word) {
    const char *at = strstr(text, old);
    weft_surrogate *made = NULL;
    weft_error error = {0};
    assert_non_null(at);
    size_t size = strlen(text) + strlen(new) + 1;
    char *changed = malloc(size);
    assert_non_null(changed);
    snprintf(changed, size, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    weft_status status = weft_surrogate_read(write_text("b.yaml", changed), &made, &error);
    free(changed);
    assert_int_equal(status, WEFT_ERROR_INPUT);
    assert_null(made);
    if (strstr(error.message, word) == NULL && strstr(error.hint, word) == NULL) {
        fail_msg("'%s' is neither in \"%s\" nor in \"%s\"", word, error.message, error.hint);
    }
}

static void test_corrupt_files(void **state) {
    (void)state;
    known_designs train;
    weft_surrogate_settings settings = plain("mlp");
    size_t length = 0;
    known_make(&train, 40, 0.0, 72);
    weft_surrogate *made = must_fit(&settings, &train.designs);
    must_write(made, path_of("b.yaml"));
    char *text = read_text(path_of("b.yaml"), &length);
    must_not_read(text, "surrogate/1", "surrogate/2", "surrogate/1");
    must_not_read(text, "model: mlp", "model: mpl", "mlp");
    must_not_read(text, "model: mlp", "model: trees", "trees"); /* its arrays are not there */
    must_not_read(text, "loss: ", "lost: ", "loss");
    must_not_read(text, "sha256: \"", "sha256: \"0", "another SHA-256");
    must_not_read(text, "scores: [", "scores: [1e3, ", "rise");
    must_not_read(text, "accuracies: [", "accuracies: [-1, ", "as many");
    must_not_read(text, "words: [\"none\", ", "words: [", "weights"); /* fewer inputs */
    must_not_read(text, "name: \"op2\"", "name: \"op1\"", "two genes");
    must_not_read(text, "coverage: ", "coverage: 1", "coverage");
    must_not_read(text, "reach: ", "reach: -", "reach");
    free(text);
    /* arrays that are cut, and that are gone */
    char *arrays = read_text(path_of("b.safetensors"), &length);
    weft_error error = {0};
    weft_surrogate *again = NULL;
    assert_int_equal(remove(path_of("b.yaml")), 0);
    must_write(made, path_of("b.yaml"));
    write_file("b.safetensors", arrays, length / 2);
    assert_int_equal(weft_surrogate_read(path_of("b.yaml"), &again, &error), WEFT_ERROR_INPUT);
    assert_int_equal(remove(path_of("b.safetensors")), 0);
    assert_int_equal(weft_surrogate_read(path_of("b.yaml"), &again, &error), WEFT_ERROR_IO);
    assert_null(again);
    free(arrays);
    weft_surrogate_destroy(made);
    known_free(&train);
}

/* ---- the provider -------------------------------------------------------------------------------- */

/* One by one, many at once and the library say the same; ends of the interval enclose the middle. */
static void test_provider(void **state) {
    (void)state;
    enum { N = 60 };
    known_designs train;
    weft_surrogate_settings fit = plain("gp");
    weft_forecast said[N];
    weft_error error = {0};
    known_make(&train, N, 0.01, 73);
    weft_surrogate *made = must_fit(&fit, &train.designs);
    must_write(made, path_of("c.yaml"));
    assert_int_equal(weft_surrogate_predict(made, &train.designs, said, &error), WEFT_OK);
    for (int value = 0; weft_accuracy_value_names()[value] != NULL; value++) {
        weft_accuracy_settings settings = by_predictor(path_of("c.yaml"));
        weft_accuracy_result many[N];
        settings.value = (weft_accuracy_value)value;
        weft_accuracy *accuracy = must_create(&settings, &train.genes);
        assert_false(weft_accuracy_needs_network(accuracy));
        assert_int_equal(
            weft_accuracy_evaluate_many(accuracy, NULL, train.genomes, N, many, &error), WEFT_OK);
        for (int i = 0; i < N; i++) {
            double expected = value == 0   ? said[i].accuracy
                              : value == 1 ? said[i].low
                                           : said[i].high;
            assert_true(many[i].accuracy == expected);
            assert_true(must_evaluate(accuracy, train.genomes + (size_t)i * SOME_GENES) ==
                        expected);
        }
        weft_accuracy_destroy(accuracy);
    }
    weft_surrogate_destroy(made);
    known_free(&train);
}

static void test_provider_refuses(void **state) {
    (void)state;
    known_designs train;
    weft_surrogate_settings fit = plain("trees");
    known_make(&train, 60, 0.02, 74);
    fit.bar = 0.99;
    weft_surrogate *made = must_fit(&fit, &train.designs);
    must_write(made, path_of("d.yaml"));
    weft_surrogate_destroy(made);
    weft_accuracy_settings settings = by_predictor("");
    must_refuse(&settings, &train.genes, WEFT_ERROR_INPUT, "needs the `file`");
    settings = by_predictor(path_of("d.yaml"));
    must_refuse(&settings, &train.genes, WEFT_ERROR_INPUT, "below the bar of 0.99");
    must_refuse(&settings, &train.genes, WEFT_ERROR_INPUT, "60 trained designs");
    must_refuse(&settings, &train.genes, WEFT_ERROR_INPUT, "force: true");
    settings.force = true;
    weft_accuracy_destroy(must_create(&settings, &train.genes));
    must_refuse(&settings, NULL, WEFT_ERROR_INPUT, "genes");
    /* a gene that it was never told of would be searched as if it changed nothing */
    add_gene(&train.genes, "bits", 0, NULL, NULL);
    must_refuse(&settings, &train.genes, WEFT_ERROR_INPUT, "does not depend on gene \"bits\"");
    settings.ignore = "bits";
    weft_accuracy_destroy(must_create(&settings, &train.genes));
    known_free(&train);
}

/* ---- what to train next -------------------------------------------------------------------------- */

static void test_next(void **state) {
    (void)state;
    enum { KNOWN = 60, POOL = 400, WANTED = 10 };
    known_designs known;
    known_designs pool;
    weft_surrogate_settings fit = plain("gp");
    weft_error error = {0};
    int picked[WANTED];
    int n = 0;
    known_make(&known, KNOWN, 0.0, 81);
    known_make(&pool, POOL, 0.0, 82);
    memcpy(pool.genomes, known.genomes, 5 * SOME_GENES * sizeof(double)); /* known already */
    memcpy(pool.genomes + 10 * SOME_GENES, pool.genomes + 11 * SOME_GENES,
           SOME_GENES * sizeof(double)); /* twice there */
    for (int i = 0; i < POOL; i++) {
        pool.noiseless[i] = known_accuracy(pool.genomes + (size_t)i * SOME_GENES);
    }
    weft_surrogate *made = must_fit(&fit, &known.designs);
    double mean_pool = 0.0;
    for (int i = 0; i < POOL; i++) {
        mean_pool += pool.noiseless[i] / POOL;
    }
    for (int rule = 0; weft_choice_names()[rule] != NULL; rule++) {
        assert_int_equal(weft_surrogate_next(made, (weft_choice_rule)rule, &known.designs,
                                             &pool.designs, WANTED, picked, &n, &error),
                         WEFT_OK);
        assert_int_equal(n, WANTED);
        double mean = 0.0;
        bool both = false;
        for (int i = 0; i < n; i++) {
            assert_true(picked[i] >= 5 && picked[i] < POOL);
            for (int j = 0; j < i; j++) {
                assert_int_not_equal(picked[i], picked[j]);
                both = both || (picked[i] + picked[j] == 21 && abs(picked[i] - picked[j]) == 1);
            }
            mean += pool.noiseless[picked[i]] / n;
        }
        assert_false(both); /* 10 and 11 are one design */
        if (rule != WEFT_CHOICE_SPREAD) {
            assert_true(mean > mean_pool + 0.05);
        }
    }
    /* all that is left of a small pool, and nothing of one that is known */
    pool.designs.n = 8;
    assert_int_equal(weft_surrogate_next(made, WEFT_CHOICE_SPREAD, &known.designs, &pool.designs,
                                         WANTED, picked, &n, &error),
                     WEFT_OK);
    assert_int_equal(n, 3);
    pool.designs.n = 5;
    assert_int_equal(weft_surrogate_next(made, WEFT_CHOICE_IMPROVE, &known.designs, &pool.designs,
                                         WANTED, picked, &n, &error),
                     WEFT_OK);
    assert_int_equal(n, 0);
    weft_surrogate_destroy(made);
    known_free(&known);
    known_free(&pool);
}

/* ---- files of designs ---------------------------------------------------------------------------- */

static void test_design_list(void **state) {
    (void)state;
    static const char table[] = "weft: predictor/1\nname: own\nkind: table\nsource: a test\n"
                                "accuracy: {column: acc, unit: percent}\n"
                                "keys:\n"
                                "  - {column: ops, genes: \"op*\", count: 3, values: {none: 0, "
                                "conv: 1, pool: 12}}\n"
                                "  - {column: size, genes: size}\n";
    weft_error error = {0};
    weft_design_list *list = NULL;
    char table_path[160];
    snprintf(table_path, sizeof table_path, "%s", write_text("own.yaml", table));
    weft_design_file file = {.path = write_text("own.csv", "ops,size,acc\n0112,8,50\n1201,16,60\n"),
                             .table = table_path,
                             .column = ""};
    if (weft_design_list_read(&file, &list, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    const weft_designs *designs = weft_design_list_get(list);
    assert_int_equal(designs->n, 2);
    assert_int_equal(designs->genes.n, 4);
    assert_string_equal(designs->genes.genes[1].name, "op2");
    assert_string_equal(designs->genes.genes[3].name, "size");
    const double *first = designs->genomes;
    const double *second = designs->genomes + 4;
    assert_string_equal(designs->genes.genes[0].words[(int)first[0]], "none");
    assert_string_equal(designs->genes.genes[2].words[(int)first[2]], "pool");
    assert_string_equal(designs->genes.genes[0].words[(int)second[0]], "pool");
    assert_string_equal(designs->genes.genes[1].words[(int)second[1]], "none");
    assert_true(first[3] == 8.0 && second[3] == 16.0);
    assert_float_equal(designs->accuracies[1], 0.6, 1e-12);
    weft_design_list_destroy(list);
    /* a cell that the table's words do not make */
    file.path = write_text("own.csv", "ops,size,acc\n011,8,50\n012x,16,60\n");
    list = NULL;
    assert_int_equal(weft_design_list_read(&file, &list, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "does not hold 3 values"));
    assert_null(list);
    /* genes that are inactive, of words and as they are; percentages are the table's own */
    file.path = write_text("own.csv", "ops,size,acc\n011-,8,50\n--1-0,-,60\n");
    snprintf(table_path, sizeof table_path, "%s",
             write_text("own.yaml",
                        "weft: predictor/1\nname: own\nkind: table\nsource: a test\n"
                        "accuracy: {column: acc, unit: percent}\n"
                        "keys:\n"
                        "  - {column: ops, genes: \"op*\", count: 4, inactive: \"-\", values: "
                        "{none: 0, conv: 1, pool: -1}}\n"
                        "  - {column: size, genes: size}\n"));
    if (weft_design_list_read(&file, &list, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    designs = weft_design_list_get(list);
    first = designs->genomes;
    second = designs->genomes + 5;
    assert_true(isnan(first[3]) && first[4] == 8.0);
    assert_true(isnan(second[0]) && isnan(second[4]));
    assert_string_equal(designs->genes.genes[1].words[(int)second[1]], "pool");
    assert_string_equal(designs->genes.genes[3].words[(int)second[3]], "none");
    weft_design_list_destroy(list);
    list = NULL;
    file.percent = true;
    assert_int_equal(weft_design_list_read(&file, &list, &error), WEFT_ERROR_USAGE);
    file.percent = false;
    file.column = "acc";
    assert_int_equal(weft_design_list_read(&file, &list, &error), WEFT_ERROR_USAGE);
    /* columns as they are, a sample of them */
    file = (weft_design_file){.path = write_text("p.csv", "a,accuracy\n1,10\n2,20\n3,30\n4,40\n"),
                              .table = "",
                              .column = "",
                              .percent = true,
                              .sample = 3,
                              .seed = 4};
    assert_int_equal(weft_design_list_read(&file, &list, &error), WEFT_OK);
    designs = weft_design_list_get(list);
    assert_int_equal(designs->n, 3);
    for (int i = 0; i < 3; i++) {
        assert_float_equal(designs->accuracies[i], 0.1 * designs->genomes[i], 1e-12);
        assert_true(i == 0 || designs->genomes[i] != designs->genomes[0]);
    }
    weft_design_list_destroy(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_corrupt_files),
        cmocka_unit_test(test_provider),   cmocka_unit_test(test_provider_refuses),
        cmocka_unit_test(test_next),       cmocka_unit_test(test_design_list),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
