/* SPDX-License-Identifier: Apache-2.0
 * Genes of the chip: two ways to one parameter, units, values that the chip does not take; and the
 * metrics that are values of the chip. */
#include "study/support.h"

#include "study/evaluator.h"
#include "study/judge.h"

/* A problem of one small network on a chip, whose genes are `genes`. */
static void problem_text(const char *chip, const char *genes, const char *more, char *text,
                         size_t size) {
    snprintf(text, size,
             "weft: problem/1\nname: knobs\nspace:\n  base: imc-cnn\n  name: own\n  genes:\n"
             "    depth: {integer: [1, 1]}\n"
             "    block: {categorical: [VGG], repeat: 1, when: depth >= index}\n"
             "    kernels: {ordinal: [8, 16], repeat: 1, when: depth >= index}\n"
             "%schip: %s\n%s",
             genes, chip, more);
}

static weft_problem *knobs(const char *folder, const char *chip, const char *genes) {
    char text[2048];
    problem_text(chip, genes, "minimise: ela\n", text, sizeof text);
    return read_problem(folder, "knobs.yaml", text);
}

static const char *const ENERGY = "minimise: energy\n";

/* What becomes of every design, in the order of the walk. */
static weft_exhaust *walk(const weft_problem *problem) {
    weft_exhaust_settings settings = {.jobs = 1, .keep = 1000};
    weft_exhaust *all = NULL;
    weft_error error;
    expect_ok(weft_problem_exhaust(problem, &settings, &all, &error), &error);
    return all;
}

static void assert_same_walks(weft_problem *a, weft_problem *b, uint64_t total) {
    weft_exhaust *first = walk(a);
    weft_exhaust *second = walk(b);
    assert_int_equal(first->total, total);
    assert_int_equal(second->total, total);
    assert_int_equal(first->ok, second->ok);
    assert_true(first->n > 0 && first->n == second->n);
    for (size_t i = 0; i < first->n; i++) {
        assert_true(first->designs[i].score == second->designs[i].score);
    }
    weft_exhaust_destroy(first);
    weft_exhaust_destroy(second);
    weft_problem_destroy(a);
    weft_problem_destroy(b);
}

/* ---- one parameter ----------------------------------------------------------------------------- */

/* Alternatives under different names are those under one. */
static void alternatives_may_have_several_names(void **state) {
    assert_same_walks(
        knobs(*state, "weft-sram",
              "    node: {ordinal: [22, 32], sets: node, unit: nm}\n"
              "    v22: {ordinal: [0.8, 0.85], sets: voltage, unit: V, when: node == 22}\n"
              "    v32: {ordinal: [0.9, 1.0], sets: voltage, unit: V, when: node == 32}\n"),
        knobs(*state, "weft-sram",
              "    node: {ordinal: [22, 32], sets: node, unit: nm}\n"
              "    v22: {ordinal: [0.8, 0.85], sets: chip.voltage, unit: V, when: node == 22}\n"
              "    v32: {ordinal: [0.9, 1.0], sets: voltage, unit: V, when: node == 32}\n"),
        8);
}

/* Each gene's values are in its own unit. */
static void alternatives_may_have_several_units(void **state) {
    assert_same_walks(
        knobs(*state, "weft-sram",
              "    node: {ordinal: [22, 32], sets: node, unit: nm}\n"
              "    v22: {ordinal: [0.75, 1], sets: voltage, unit: V, when: node == 22}\n"
              "    v32: {ordinal: [1, 1.25], sets: voltage, unit: V, when: node == 32}\n"),
        knobs(*state, "weft-sram",
              "    node: {ordinal: [22, 32], sets: node, unit: nm}\n"
              "    v22: {ordinal: [0.75, 1], sets: voltage, unit: V, when: node == 22}\n"
              "    v32: {ordinal: [1000, 1250], sets: voltage, unit: mV, when: node == 32}\n"),
        8);
}

/* ---- what is refused --------------------------------------------------------------------------- */

static const struct {
    const char *chip, *genes, *goal, *message;
} REFUSED[] = {
    {"generic-rram",
     "    rows: {ordinal: [64, 128], sets: rows}\n    r2: {ordinal: [64, 128], sets: array.rows}\n",
     "minimise: energy\n",
     "gene 'r2' of space 'own' sets 'array.rows', which gene 'rows' sets already"},
    {"generic-rram", "    rows: {ordinal: [64, 128], sets: rowz}\n", "minimise: energy\n",
     "gene 'rows' of space 'own' sets 'rowz': the chip has no 'rowz'"},
    {"generic-rram", "    rows: {ordinal: [64, 128], sets: rows, unit: nm}\n", "minimise: energy\n",
     "gene 'rows' of space 'own' sets 'rows' in nm: "},
    {"mnsim-130nm-rram", "    rows: {ordinal: [64, 128], sets: rowz}\n", "minimise: energy\n",
     "gene 'rows' of space 'own' sets 'rowz': "},
    {"generic-rram", "    rows: {ordinal: [64, 300000], sets: rows}\n", "minimise: energy\n",
     "gene 'rows' of space 'own' at 300000: "},
    {"generic-rram", "    rows: {real: [64, 128], sets: rows}\n",
     "constraints: [\"cost <= 3\"]\n"
     "minimise: energy\n",
     "chip 'generic-rram' has no value 'cost_per_mm2'"},
    {"generic-rram", "", "minimise: penalty\naccuracy: {provider: table, file: none.yaml}\n",
     "the problem asks for `penalty`"},
};

static void says_which_gene_does_not_suit(void **state) {
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        char text[2048];
        char path[600];
        weft_problem *problem = NULL;
        weft_error error;
        problem_text(REFUSED[i].chip, REFUSED[i].genes, REFUSED[i].goal, text, sizeof text);
        write_file(*state, "bad.yaml", text, path, sizeof path);
        assert_int_equal(weft_problem_read(path, &problem, &error), WEFT_ERROR_INPUT);
        if (strstr(error.message, REFUSED[i].message) == NULL || error.line == 0 ||
            strstr(error.file, "bad.yaml") == NULL ||
            strstr(error.excerpt, "set by the user") != NULL) {
            fail_msg("expected '%s', found '%s' in %s:%d", REFUSED[i].message, error.message,
                     error.file, error.line);
        }
    }
}

/* A value that no problem fixes is no fault of one that does. */
static void what_is_fixed_is_not_asked(void **state) {
    char text[2048];
    problem_text("generic-rram", "    rows: {ordinal: [64, 300000], sets: rows}\n",
                 "minimise: energy\nfixed: {rows: 64}\n", text, sizeof text);
    weft_problem_destroy(read_problem(*state, "fixed.yaml", text));
}

/* Between the ends a value may be one that the chip does not take: then a trial says whose it is. */
static void a_value_between_names_its_gene(void **state) {
    char text[2048];
    problem_text("generic-rram", "    rows: {ordinal: [64, 64.5, 65], sets: rows}\n", ENERGY, text,
                 sizeof text);
    weft_problem *problem = read_problem(*state, "between.yaml", text);
    weft_exhaust_settings settings = {.jobs = 1, .keep = 1};
    weft_exhaust *all = NULL;
    weft_error error;
    expect_ok(weft_problem_exhaust(problem, &settings, &all, &error), &error);
    assert_true(all->failed > 0);
    assert_int_equal(all->ok, 2 * all->failed);
    weft_exhaust_destroy(all);
    weft_trial trial;
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(problem));
    double genome[8] = {0};
    assert_true(genes.n_genes <= 8);
    for (int g = 0; g < genes.n_genes; g++) {
        genome[g] = strcmp(genes.genes[g].name, "rows") == 0 ? 1 : genes.genes[g].lower;
    }
    expect_ok(weft_problem_evaluate(problem, genome, 1, &trial, &error), &error);
    assert_int_equal(trial.state, WEFT_TRIAL_FAILED);
    assert_non_null(strstr(trial.reason, "gene 'rows' of space 'own' at 64.5: "));
    weft_problem_destroy(problem);
}

/* ---- values of the chip ------------------------------------------------------------------------ */

/* Bits of the full sum of a column less those of the converter, by hand. */
static void dropped_bits_are_those_of_the_chip(void **state) {
    static const struct { int rows, bits; } SIZES[] = {{32, 1}, {64, 2}, {128, 1}, {128, 2}};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        char genes[256];
        weft_error error;
        snprintf(genes, sizeof genes,
                 "    rows: {ordinal: [%d], sets: rows}\n"
                 "    cell: {ordinal: [%d], sets: cell_bits}\n"
                 "    adc: {ordinal: [4], sets: resolution}\n",
                 SIZES[i].rows, SIZES[i].bits);
        weft_problem *problem = knobs(*state, "weft-32nm-rram", genes);
        double *genome = calloc((size_t)weft_space_genes(problem->space).n_genes, sizeof *genome);
        weft_gene_table table = weft_space_genes(problem->space);
        weft_trial trial;
        weft_knob dac;
        weft_priced *priced = NULL;
        for (int g = 0; g < table.n_genes; g++) {
            genome[g] = table.genes[g].lower;
        }
        weft_genome_canonical(&table, genome);
        expect_ok(weft_problem_evaluate(problem, genome, 1, &trial, &error), &error);
        expect_ok(weft_chip_knob(problem->chip, "dac_bits", "", &dac, &error), &error);
        expect_ok(weft_priced_create(problem->chip, &priced, &error), &error);
        double full = log2(SIZES[i].rows) + SIZES[i].bits + weft_priced_value(priced, &dac) - 1;
        assert_string_equal(trial.reason, "");
        assert_true(trial.metrics[WEFT_METRIC_DROPPED_BITS] == full - 4);
        assert_true(isnan(trial.metrics[WEFT_METRIC_PENALTY]));
        weft_priced_destroy(priced);
        free(genome);
        weft_problem_destroy(problem);
    }
}

/* All layers have 4 bits, of which PACT's ResNet18 loses 1.2 points; the table knows no bits. A study
 * keeps it. */
static void penalties_are_kept(void **state) {
    static const char table[] = "weft: predictor/1\nname: t\nkind: table\nsource: \"a test\"\n"
                                "accuracy: {column: top1, unit: percent}\ncsv: t.csv\n"
                                "keys:\n  - {column: size, genes: size, count: 1}\n";
    static const char text[] =
        "weft: problem/1\nname: p\nspace:\n  name: own\n  family: network\n"
        "  networks: [resnet20]\n  input: [3, 32, 32]\n  bits: {weights: 4, inputs: 4, outputs: "
        "8}\n"
        "  genes:\n    size: {ordinal: [64, 128], sets: rows}\n"
        "chip: generic-rram\n"
        "accuracy: {provider: table, file: ./t.yaml, penalty: pact-resnet18}\n"
        "objectives: [accuracy, energy]\nconstraints: [\"penalty <= 0.02\"]\n"
        "search: {optimizer: random, trials: 2, batch: 2}\n";
    char path[600];
    char store[600];
    weft_error error;
    weft_study *study = NULL;
    write_file(*state, "t.yaml", table, path, sizeof path);
    write_file(*state, "t.csv", "size,top1\n64,70\n128,71\n", path, sizeof path);
    weft_problem *problem = read_problem(*state, "penalty.yaml", text);
    path_in(*state, "penalty.db", store, sizeof store);
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    weft_run_settings settings = {.jobs = 1};
    expect_ok(weft_study_run(study, &settings, &error), &error);
    weft_study_close(study);
    weft_problem_destroy(problem);
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    assert_int_equal(weft_study_size(study), 2);
    for (size_t i = 0; i < 2; i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        double measured = trial->genome[0] == 0 ? 0.70 : 0.71;
        assert_string_equal(trial->reason, "");
        assert_true(fabs(trial->metrics[WEFT_METRIC_PENALTY] - 0.012) < 1e-12);
        assert_true(fabs(trial->metrics[WEFT_METRIC_ACCURACY] +
                         trial->metrics[WEFT_METRIC_PENALTY] - measured) < 1e-12);
    }
    weft_study_close(study);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternatives_may_have_several_names),
        cmocka_unit_test(alternatives_may_have_several_units),
        cmocka_unit_test(says_which_gene_does_not_suit),
        cmocka_unit_test(what_is_fixed_is_not_asked),
        cmocka_unit_test(a_value_between_names_its_gene),
        cmocka_unit_test(dropped_bits_are_those_of_the_chip),
        cmocka_unit_test(penalties_are_kept),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
