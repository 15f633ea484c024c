/* SPDX-License-Identifier: Apache-2.0
 * Measured accuracies: every row is found again by its genes, and what is wrong with a file is said
 * with its place. */
#include "support.h"

/* ---- the published benchmarks ---------------------------------------------------------------- */

/* Genes PREFIX1 .. PREFIXn with the same words. */
static void word_genes(design *d, const char *prefix, int n, const char *const *words,
                       int n_words) {
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%d", prefix, i + 1);
        add_gene(d, name, n_words, NULL, words);
    }
}

/* Compares every row of a CSV whose first cells are read by `scan`. */
typedef bool scan(const char *line, char *digits, double *percent);

static int compare_rows(const char *path, const weft_accuracy *accuracy, int n, scan *scan_line) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[4096];
    int rows = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        char digits[16];
        double percent = 0.0;
        double genome[16];
        assert_true(scan_line(line, digits, &percent));
        for (int i = 0; i < n; i++) {
            genome[i] = digits[i] - '0';
        }
        assert_true(fabs(must_evaluate(accuracy, genome) - percent / 100.0) < 1e-12);
        rows++;
    }
    fclose(file);
    return rows;
}

static bool scan_nasbench201(const char *line, char *digits, double *percent) {
    return sscanf(line, "%*[^,],%*[^,],%15[0-9],%lf", digits, percent) == 2;
}

static bool scan_macro(const char *line, char *digits, double *percent) {
    return sscanf(line, "%15[0-9],%lf", digits, percent) == 2;
}

static void check_benchmark(const char *file, const char *csv, const design *d, scan *scan_line,
                            int rows) {
    if (access(csv, R_OK) != 0) {
        print_message("skipped: the table of %s: %s is not here\n", file, csv);
        skip();
    }
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "table";
    settings.file = file;
    settings.csv = csv;
    weft_accuracy *accuracy = must_create(&settings, d);
    assert_int_equal(compare_rows(csv, accuracy, d->table.n, scan_line), rows);
    weft_accuracy_destroy(accuracy);
}

static void nasbench201_is_read(void **state) {
    (void)state;
    static const char *const words[] = {"none", "skip", "conv1x1", "conv3x3", "avgpool3x3"};
    design d = {0};
    word_genes(&d, "op", 6, words, 5);
    check_benchmark("nasbench201-cifar10", "../shared/data/nasbench201/nb201_table.csv", &d,
                    scan_nasbench201, 15625);
}

static void nasbench_macro_is_read(void **state) {
    (void)state;
    static const char *const words[] = {"identity", "k3e3", "k5e6"};
    design d = {0};
    word_genes(&d, "block", 8, words, 3);
    check_benchmark("nasbenchmacro-cifar10",
                    "../shared/data/nas_bench_macro/nas_bench_macro_cifar10.csv", &d, scan_macro,
                    6561);
}

/* ---- the spaces of the benchmarks -------------------------------------------------------------- */

/* A row for each of radix^n designs, their figures in the column `key`; accuracies rise with the
 * index, of which gene 1 is the most significant figure. */
static const char *write_rows(const char *name, const char *key, const char *column, int n,
                              int radix) {
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    int rows = (int)lround(pow(radix, n));
    fprintf(file, "%s,%s\n", key, column);
    for (int i = 0; i < rows; i++) {
        char figures[16] = "";
        for (int g = n - 1, rest = i; g >= 0; g--, rest /= radix) {
            figures[g] = (char)('0' + rest % radix);
        }
        fprintf(file, "%s,%.6f\n", figures, 100.0 * i / rows);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The words of nasbench201.yaml and nasbench-macro.yaml are those of the tables, in their order. */
static void check_words(const char *file, const char *csv, const char *gene, int n,
                        const char *const *words, int n_words) {
    design d = {0};
    word_genes(&d, gene, n, words, n_words);
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "table";
    settings.file = file;
    settings.csv = csv;
    weft_accuracy *accuracy = must_create(&settings, &d);
    int rows = (int)lround(pow(n_words, n));
    for (int i = 0; i < rows; i += 37) {
        double genome[16];
        for (int g = n - 1, rest = i; g >= 0; g--, rest /= n_words) {
            genome[g] = rest % n_words;
        }
        assert_true(fabs(must_evaluate(accuracy, genome) - (double)i / rows) < 1e-8);
    }
    weft_accuracy_destroy(accuracy);
}

static void words_of_the_spaces_are_known(void **state) {
    (void)state;
    static const char *const cell[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3",
                                       "avg_pool_3x3"};
    static const char *const blocks[] = {"identity", "k3e3", "k5e6"};
    static const char *const tables[][2] = {{"nasbench201-cifar10", "c10_test_acc"},
                                            {"nasbench201-cifar100", "c100_test_acc"},
                                            {"nasbench201-imagenet16", "in16_test_acc"}};
    for (int i = 0; i < 3; i++) {
        check_words(tables[i][0], write_rows("cells.csv", "ops", tables[i][1], 6, 5), "op", 6, cell,
                    5);
    }
    check_words("nasbenchmacro-cifar10", write_rows("macro.csv", "arch", "mean_acc", 8, 3), "block",
                8, blocks, 3);
}

/* ---- small tables ---------------------------------------------------------------------------- */

static const char small_file[] = "weft: predictor/1\n"
                                 "name: small\n"
                                 "kind: table\n"
                                 "source: this test\n"
                                 "accuracy: {column: acc, unit: percent}\n"
                                 "rows: 3\n"
                                 "ignore: seed\n"
                                 "keys:\n"
                                 "  - {column: width, genes: width}\n"
                                 "  - {column: op, genes: \"op*\", count: 2, join: \"-\", "
                                 "inactive: x, values: {conv: c, skip: s}}\n";

static const double widths[] = {0.5, 1};
static const char *const ops[] = {"conv", "skip"};

static void small_genes(design *d) {
    add_gene(d, "op2", 2, NULL, ops);
    add_gene(d, "op1", 2, NULL, ops);
    add_gene(d, "width", 2, widths, NULL);
}

static weft_accuracy_settings small_settings(const char *csv) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "table";
    settings.file = write_text("small.yaml", small_file);
    settings.csv = csv;
    return settings;
}

static void check_small(const char *path) {
    design d = {0};
    small_genes(&d);
    weft_accuracy_settings settings = small_settings(path);
    weft_accuracy *accuracy = must_create(&settings, &d);
    const double rows[3][3] = {{1, 0, 1}, {1, 0, 0}, {NAN, 1, 1}}; /* c-s, c-s, s-x */
    const double missing[3] = {0, 0, 0};
    const double wanted[3] = {0.5, 0.25, 1.0};
    double genomes[12];
    for (int i = 0; i < 3; i++) {
        assert_true(must_evaluate(accuracy, rows[i]) == wanted[i]);
        memcpy(genomes + 3 * i, rows[i], sizeof rows[i]);
    }
    memcpy(genomes + 9, missing, sizeof missing);
    weft_accuracy_result results[4];
    weft_error error = {0};
    assert_int_equal(weft_accuracy_evaluate_many(accuracy, NULL, genomes, 4, results, &error),
                     WEFT_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(results[i].accuracy == wanted[i]);
    }
    assert_true(isnan(results[3].accuracy));
    assert_int_equal(weft_accuracy_evaluate(accuracy, NULL, missing, WEFT_FIDELITY_CANDIDATE, 1,
                                            NULL, &results[3], &error),
                     WEFT_ERROR_EVALUATION);
    assert_non_null(strstr(error.message, "0.5 c-c"));
    weft_accuracy_destroy(accuracy);
}

/* Numbers are the same however they are written; cells of several genes are text. */
static void rows_are_found_by_their_genes(void **state) {
    (void)state;
    check_small(write_text("small.csv",
                           "note,op,acc,width\n\"a, b\",c-s,50,1.0\n,c-s,25,5e-1\n,s-x,1e2,1\n"));
    check_small(write_text("small.json", "[{\"op\": \"c-s\", \"acc\": 50, \"width\": 1},\n"
                                         " {\"op\": \"c-s\", \"acc\": 25, \"width\": 0.5},\n"
                                         " {\"acc\": 100, \"width\": \"1\", \"op\": \"s-x\"}]\n"));
}

static void a_design_may_be_the_name_of_an_object(void **state) {
    (void)state;
    static const char file[] = "weft: predictor/1\nname: named\nkind: table\nsource: this test\n"
                               "accuracy: {column: mean, unit: share}\n"
                               "keys: [{column: \"@name\", genes: \"op*\", count: 2, "
                               "values: {conv: 0, skip: 1}}]\n";
    design d = {0};
    word_genes(&d, "op", 2, ops, 2);
    weft_accuracy_settings settings = small_settings(
        write_text("named.json", "{\"01\": {\"mean\": 0.25}, \"10\": {\"mean\": 0.75}}"));
    settings.file = write_text("named.yaml", file);
    weft_accuracy *accuracy = must_create(&settings, &d);
    const double one[] = {0, 1};
    const double other[] = {1, 0};
    assert_true(must_evaluate(accuracy, one) == 0.25);
    assert_true(must_evaluate(accuracy, other) == 0.75);
    weft_accuracy_destroy(accuracy);
}

/* ---- bad tables ------------------------------------------------------------------------------ */

static void refuse_csv(const char *text, int line, const char *word) {
    design d = {0};
    small_genes(&d);
    weft_accuracy_settings settings = small_settings(write_text("bad.csv", text));
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, word);
    assert_int_equal(create(&settings, &d, &accuracy, &error), WEFT_ERROR_INPUT);
    assert_int_equal(error.line, line);
    assert_non_null(strstr(error.file, "bad.csv"));
}

static void bad_tables_are_refused(void **state) {
    (void)state;
    refuse_csv("", 1, "empty");
    refuse_csv("op,acc,widht\n", 1, "\"widht\"");
    refuse_csv("op,acc,width\nc-s,50\n", 2, "2 cells");
    refuse_csv("op,acc,width\nc-s,50,1\nc-s,25,1.0\n", 3, "there before");
    refuse_csv("op,acc,width\nc-s,abc,1\n", 2, "'abc'");
    refuse_csv("op,acc,width\nc-s,,1\n", 2, "''");
    refuse_csv("op,acc,width\nc-s,100.1,1\n", 2, "0 to 100");
    refuse_csv("op,acc,width\nc-s,nan,1\n", 2, "'nan'");
    refuse_csv("op,acc,width\nc-s,50,1\ns-c,50,1\n", 0, "2 rows");
    refuse_csv("op,acc,width\nc-s,50,1\n\"s-c,50,1\n", 3, "closed");
}

static void designs_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const char *const more[] = {"conv", "skip", "pool"};
    const char *csv = write_text("good.csv", "op,acc,width\nc-s,50,1\nc-s,25,0.5\ns-x,100,1\n");
    weft_accuracy_settings settings = small_settings(csv);
    design lacks = {0};
    add_gene(&lacks, "op1", 2, NULL, ops);
    add_gene(&lacks, "width", 2, widths, NULL);
    must_refuse(&settings, &lacks, WEFT_ERROR_INPUT, "2 genes \"op*\"");
    design words = {0};
    word_genes(&words, "op", 2, more, 3);
    add_gene(&words, "width", 2, widths, NULL);
    must_refuse(&settings, &words, WEFT_ERROR_INPUT, "may be pool");
    design unknown = {0};
    small_genes(&unknown);
    add_gene(&unknown, "seed", 2, widths, NULL); /* the file says to ignore it */
    add_gene(&unknown, "kernel", 2, widths, NULL);
    must_refuse(&settings, &unknown, WEFT_ERROR_INPUT, "\"kernel\"");
    settings.ignore = "bias ker*";
    weft_accuracy_destroy(must_create(&settings, &unknown));
    settings.ignore = "";
    unknown.genes[4].of_chip = true;
    weft_accuracy_destroy(must_create(&settings, &unknown));
    must_refuse(&settings, NULL, WEFT_ERROR_INPUT, "needs the genes");
    settings.csv = "";
    must_refuse(&settings, &lacks, WEFT_ERROR_INPUT, "without its figures");
    settings.csv = csv;
    settings.provider = "mlp";
    must_refuse(&settings, &lacks, WEFT_ERROR_INPUT, "is a table");
    settings.file = "nasbench201-cifar01";
    must_refuse(&settings, &lacks, WEFT_ERROR_INPUT, "nasbench201-cifar10");
    settings.file = "";
    must_refuse(&settings, &lacks, WEFT_ERROR_INPUT, "needs the `file`");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nasbench201_is_read),
        cmocka_unit_test(nasbench_macro_is_read),
        cmocka_unit_test(words_of_the_spaces_are_known),
        cmocka_unit_test(rows_are_found_by_their_genes),
        cmocka_unit_test(a_design_may_be_the_name_of_an_object),
        cmocka_unit_test(bad_tables_are_refused),
        cmocka_unit_test(designs_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
