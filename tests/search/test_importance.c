/* SPDX-License-Identifier: Apache-2.0
 *
 * Importance of genes: functions whose shares of variance are known, and a twin that walks a whole
 * space and takes the parts of the forest's prediction by their definition. */
#include "search/forest.h"
#include "search/support.h"

#include <math.h>

enum { MOST_GENES = 8, MOST_TRIALS = 4096 };

typedef double (*function)(const double *x);

static void real_gene(weft_gene *gene, const char *name, double lower, double upper) {
    *gene = (weft_gene){.kind = WEFT_GENE_REAL, .lower = lower, .upper = upper};
    snprintf(gene->name, sizeof gene->name, "%s", name);
}

static void choice_gene(weft_gene *gene, const char *name, weft_gene_kind kind, int n) {
    *gene = (weft_gene){.kind = kind, .n_choices = n, .upper = n - 1};
    snprintf(gene->name, sizeof gene->name, "%s", name);
}

/* n genomes as random search draws them, and their values. */
static void draw(const weft_gene_table *table, function f, uint64_t seed, size_t n, double *genomes,
                 double *values) {
    for (size_t i = 0; i < n; i++) {
        double *genome = genomes + i * (size_t)table->n_genes;
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
        for (int g = 0; g < table->n_genes; g++) {
            const weft_gene *gene = &table->genes[g];
            double u = weft_rng_uniform(&rng);
            genome[g] = gene->kind == WEFT_GENE_REAL
                            ? gene->lower + u * (gene->upper - gene->lower)
                            : gene->lower + floor(u * (gene->upper - gene->lower + 1.0));
        }
        weft_genome_canonical(table, genome);
        values[i] = f(genome);
    }
}

static weft_importance *importance_of(const weft_gene_table *table, const double *genomes,
                                      const double *values, size_t n) {
    weft_importance_settings settings;
    weft_importance *made = NULL;
    weft_error error;
    weft_importance_defaults(&settings);
    weft_status status = weft_importance_of(table, genomes, values, n, &settings, &made, &error);
    if (status != WEFT_OK) {
        fail_msg("importance: %s", error.message);
    }
    return made;
}

static weft_importance *importance_of_function(const weft_gene_table *table, function f, size_t n) {
    double *genomes = malloc(n * (size_t)table->n_genes * sizeof *genomes);
    double *values = malloc(n * sizeof *values);
    assert_non_null(genomes);
    assert_non_null(values);
    draw(table, f, 5, n, genomes, values);
    weft_importance *made = importance_of(table, genomes, values, n);
    free(genomes);
    free(values);
    return made;
}

static double pair_share(const weft_importance *of, int first, int second) {
    for (int p = 0; p < of->n_pairs; p++) {
        if (of->pairs[p].first == first && of->pairs[p].second == second) {
            return of->pairs[p].share;
        }
    }
    return (double)NAN;
}

static double sum_of_shares(const weft_importance *of) {
    double sum = of->rest;
    for (int g = 0; g < of->n_genes; g++) {
        sum += of->genes[g].share;
    }
    for (int p = 0; p < of->n_pairs; p++) {
        sum += of->pairs[p].share;
    }
    return sum;
}

/* ---- functions ------------------------------------------------------------------------------- */

/* T. Ishigami, T. Homma, "An importance quantification technique in uncertainty analysis for computer
 * models", 1990, with a = 7 and b = 0.1. */
static double ishigami(const double *x) {
    double s = sin(x[1]);
    return sin(x[0]) + 7.0 * s * s + 0.1 * pow(x[2], 4.0) * sin(x[0]);
}

static void test_ishigami(void **state) {
    (void)state;
    weft_gene genes[4];
    real_gene(&genes[0], "x1", -M_PI, M_PI);
    real_gene(&genes[1], "x2", -M_PI, M_PI);
    real_gene(&genes[2], "x3", -M_PI, M_PI);
    real_gene(&genes[3], "nothing", 0, 1);
    const weft_gene_table table = {.genes = genes, .n_genes = 4};
    weft_importance *of = importance_of_function(&table, ishigami, MOST_TRIALS);
    /* V = a^2 / 8 + b pi^4 / 5 + b^2 pi^8 / 18 + 1 / 2 and its parts */
    const double pi4 = pow(M_PI, 4.0);
    const double v1 = 0.5 * pow(1.0 + 0.1 * pi4 / 5.0, 2.0);
    const double v2 = 49.0 / 8.0;
    const double v13 = 0.01 * pi4 * pi4 * (1.0 / 18.0 - 1.0 / 50.0);
    const double v = v1 + v2 + v13;
    assert_true(of->r2 > 0.9);
    assert_true(fabs(of->mean - 3.5) < 0.1);
    assert_true(fabs(of->variance / v - 1.0) < 0.15);
    assert_true(fabs(of->genes[0].share - v1 / v) < 0.04);
    assert_true(fabs(of->genes[1].share - v2 / v) < 0.05); /* of short waves leaves lose some */
    assert_true(of->genes[2].share < 0.01);
    assert_true(of->genes[3].share < 0.005);
    assert_true(fabs(pair_share(of, 0, 2) - v13 / v) < 0.05);
    assert_true(pair_share(of, 0, 1) < 0.01);
    assert_int_equal(of->pairs[0].first, 0);
    assert_int_equal(of->pairs[0].second, 2);
    assert_true(of->rest < 0.06);
    assert_true(fabs(sum_of_shares(of) - 1.0) < 1e-9);
    assert_true(fabs(sin(of->genes[1].least_at)) < 0.35);
    assert_true(fabs(sin(of->genes[1].most_at)) > 0.9);
    assert_true(of->genes[1].least < 0.8);
    assert_true(of->genes[1].most > 6.2);
    weft_importance_destroy(of);
}

/* Parts of known variance: 4 x over 0 .. 3 has 16 * 15 / 12, a bit has w^2 / 4. */
static double additive(const double *x) {
    static const double by_word[3] = {0.0, 6.0, 1.0};
    return 4.0 * x[0] + by_word[(int)x[1]] + 3.0 * x[2];
}

static void test_additive(void **state) {
    (void)state;
    weft_gene genes[5];
    choice_gene(&genes[0], "steps", WEFT_GENE_ORDINAL, 4);
    choice_gene(&genes[1], "words", WEFT_GENE_CATEGORICAL, 3);
    choice_gene(&genes[2], "bit", WEFT_GENE_CATEGORICAL, 2);
    choice_gene(&genes[3], "nothing", WEFT_GENE_CATEGORICAL, 7);
    genes[4] = (weft_gene){.name = "fixed", .kind = WEFT_GENE_INTEGER, .lower = 3, .upper = 3};
    const weft_gene_table table = {.genes = genes, .n_genes = 5};
    weft_importance *of = importance_of_function(&table, additive, 1500);
    const double v0 = 16.0 * 15.0 / 12.0;
    const double v1 = (36.0 + 1.0) / 3.0 - 49.0 / 9.0;
    const double v2 = 9.0 / 4.0;
    const double v = v0 + v1 + v2;
    assert_true(of->r2 > 0.99);
    assert_true(fabs(of->genes[0].share - v0 / v) < 0.01);
    assert_true(fabs(of->genes[1].share - v1 / v) < 0.01);
    assert_true(fabs(of->genes[2].share - v2 / v) < 0.01);
    assert_true(of->genes[3].share < 1e-4);
    assert_true(of->genes[4].share == 0.0);
    assert_true(of->rest < 0.005);
    assert_true(of->genes[1].most_at == 1.0);
    assert_true(of->genes[1].least_at == 0.0);
    assert_true(fabs(of->genes[1].most - of->genes[1].least - 6.0) < 0.2);
    weft_importance_destroy(of);
}

/* Neither bit matters alone: all of the variance is that of the pair. */
static double exclusive_or(const double *x) {
    return x[0] != x[1] ? 1.0 : 0.0;
}

static void test_pair_alone(void **state) {
    (void)state;
    weft_gene genes[4];
    for (int g = 0; g < 4; g++) {
        choice_gene(&genes[g], "bit", WEFT_GENE_CATEGORICAL, 2);
    }
    const weft_gene_table table = {.genes = genes, .n_genes = 4};
    weft_importance *of = importance_of_function(&table, exclusive_or, 400);
    assert_true(of->genes[0].share < 0.01);
    assert_true(of->genes[1].share < 0.01);
    assert_true(pair_share(of, 0, 1) > 0.97);
    assert_true(pair_share(of, 2, 3) < 0.005);
    weft_importance_destroy(of);
}

/* A child that counts where its parent lets it. With p = [parent = 1], child 0 .. 3 and a sibling
 * bit: f = 4 p child + bit, E[f | p] = 6 p, so V_p = 9, V_child = 4 E[..]^2 = 5, V_pc = 5, V_bit = 1/4. */
static double conditional(const double *x) {
    return (isnan(x[1]) ? 0.0 : 4.0 * x[1]) + x[2];
}

static void test_conditional_genes(void **state) {
    (void)state;
    weft_gene genes[3];
    choice_gene(&genes[0], "parent", WEFT_GENE_CATEGORICAL, 2);
    choice_gene(&genes[1], "child", WEFT_GENE_ORDINAL, 4);
    genes[1].n_conditions = 1;
    genes[1].conditions[0] = (weft_condition){.parent = 0, .minimum = 1, .maximum = 1};
    choice_gene(&genes[2], "bit", WEFT_GENE_CATEGORICAL, 2);
    const weft_gene_table table = {.genes = genes, .n_genes = 3};
    weft_importance *of = importance_of_function(&table, conditional, 800);
    const double v = 9.0 + 5.0 + 5.0 + 0.25;
    assert_true(fabs(of->genes[0].share - 9.0 / v) < 0.02);
    assert_true(fabs(of->genes[1].share - 5.0 / v) < 0.02);
    assert_true(fabs(of->genes[2].share - 0.25 / v) < 0.01);
    assert_true(fabs(pair_share(of, 0, 1) - 5.0 / v) < 0.02);
    weft_importance_destroy(of);
}

static double one_line(const double *x) {
    return log10(x[0]);
}

static void test_one_gene(void **state) {
    (void)state;
    weft_gene gene;
    real_gene(&gene, "rate", 1e-5, 1.0);
    gene.log_scale = true;
    const weft_gene_table table = {.genes = &gene, .n_genes = 1};
    double genomes[200];
    double values[200];
    for (int i = 0; i < 200; i++) {
        genomes[i] = pow(10.0, -5.0 + 5.0 * (i + 0.5) / 200.0);
        values[i] = one_line(&genomes[i]);
    }
    weft_importance *of = importance_of(&table, genomes, values, 200);
    assert_true(fabs(of->genes[0].share - 1.0) < 1e-9);
    assert_true(fabs(of->mean + 2.5) < 0.1); /* uniform in the logarithm */
    assert_true(fabs(of->variance - 25.0 / 12.0) < 0.2);
    assert_true(of->genes[0].least_at < 2e-5);
    assert_true(of->genes[0].most_at > 0.8);
    assert_int_equal(of->n_pairs, 0);
    weft_importance_destroy(of);
}

/* ---- the twin -------------------------------------------------------------------------------- */

/* A finite space with children and grandchildren. */
static void twin_genes(weft_gene genes[5]) {
    choice_gene(&genes[0], "kind", WEFT_GENE_CATEGORICAL, 3);
    choice_gene(&genes[1], "depth", WEFT_GENE_ORDINAL, 4);
    genes[2] = (weft_gene){.name = "size", .kind = WEFT_GENE_INTEGER, .lower = 2, .upper = 6};
    choice_gene(&genes[3], "bits", WEFT_GENE_ORDINAL, 3);
    choice_gene(&genes[4], "word", WEFT_GENE_CATEGORICAL, 3);
    genes[2].n_conditions = genes[3].n_conditions = genes[4].n_conditions = 1;
    genes[2].conditions[0] = (weft_condition){.parent = 0, .minimum = 1, .maximum = 2};
    genes[3].conditions[0] = (weft_condition){.parent = 1, .minimum = 2, .maximum = 3};
    genes[4].conditions[0] = (weft_condition){.parent = 2, .minimum = 4, .maximum = 6};
}

static double twin_function(const double *x) {
    double value = x[0] * 2.0 + sin(3.0 * x[1]);
    value += isnan(x[2]) ? 0.0 : x[2] * (x[0] - 1.5);
    value += isnan(x[3]) ? 0.0 : 2.0 * (x[3] == 1.0) * x[1];
    return value + (isnan(x[4]) ? 0.0 : 3.0 * (x[4] == 2.0));
}

enum { TWIN_POINTS = 3 * 4 * 5 * 3 * 3 };

/* The value of gene g at point k of the full grid, as a bin. */
static int twin_bin(const weft_forest *forest, int k, int g) {
    for (int h = 0; h < g; h++) {
        k /= forest->bins[h].n;
    }
    return k % forest->bins[g].n;
}

/* The mean of f over the points that agree with point k in genes g and h (-1: in none). */
static double twin_mean(const weft_forest *forest, const double *f, int k, int g, int h) {
    double sum = 0.0;
    int n = 0;
    for (int i = 0; i < TWIN_POINTS; i++) {
        bool agrees = (g < 0 || twin_bin(forest, i, g) == twin_bin(forest, k, g)) &&
                      (h < 0 || twin_bin(forest, i, h) == twin_bin(forest, k, h));
        sum += agrees ? f[i] : 0.0;
        n += agrees;
    }
    return sum / n;
}

static void check_twin(const weft_forest *forest, const weft_importance *of, const double *f) {
    double mean = twin_mean(forest, f, 0, -1, -1);
    double variance = 0.0;
    double single[5] = {0};
    double pair[5][5] = {{0}};
    for (int k = 0; k < TWIN_POINTS; k++) {
        double part[5];
        variance += (f[k] - mean) * (f[k] - mean) / TWIN_POINTS;
        for (int g = 0; g < 5; g++) {
            part[g] = twin_mean(forest, f, k, g, -1) - mean;
            single[g] += part[g] * part[g] / TWIN_POINTS;
            for (int h = 0; h < g; h++) {
                double both = twin_mean(forest, f, k, g, h) - mean - part[g] - part[h];
                pair[h][g] += both * both / TWIN_POINTS;
            }
        }
    }
    double rest = variance;
    for (int g = 0; g < 5; g++) {
        assert_true(fabs(of->genes[g].share * of->variance - single[g]) < 1e-9 * variance);
        rest -= single[g];
        for (int h = 0; h < g; h++) {
            assert_true(fabs(pair_share(of, h, g) * of->variance - pair[h][g]) < 1e-9 * variance);
            rest -= pair[h][g];
        }
    }
    /* the rest is an estimate of 16384 points */
    assert_true(fabs(of->rest * of->variance - rest) < 0.1 * rest + 1e-9);
    assert_true(fabs(of->mean - mean) < 1e-9);
}

static void test_parts_are_what_they_are_defined_as(void **state) {
    (void)state;
    weft_gene genes[5];
    twin_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = 5};
    double genomes[300 * 5];
    double values[300];
    double f[TWIN_POINTS];
    draw(&table, twin_function, 3, 300, genomes, values);
    weft_importance_settings settings;
    weft_importance_defaults(&settings);
    settings.trees = 9;
    weft_forest *forest = NULL;
    weft_importance *of = NULL;
    weft_error error;
    assert_int_equal(weft_importance_of(&table, genomes, values, 300, &settings, &of, &error),
                     WEFT_OK);
    /* the same forest: it standardises the values, which changes no split */
    assert_int_equal(weft_forest_fit(&table, genomes, values, 300, &settings, &forest, &error),
                     WEFT_OK);
    assert_true(fabs(forest->r2 - of->r2) < 1e-9);
    for (int k = 0; k < TWIN_POINTS; k++) {
        uint8_t bins[5];
        for (int g = 0; g < 5; g++) {
            bins[g] = (uint8_t)twin_bin(forest, k, g);
        }
        f[k] = 0.0;
        for (int t = 0; t < forest->n_trees; t++) {
            f[k] += weft_forest_tree_at(&forest->trees[t], bins) / forest->n_trees;
        }
        /* a gene that is inactive changes nothing */
        if (bins[0] == 0) {
            bins[2] = (uint8_t)((bins[2] + 1) % 5);
            bins[4] = (uint8_t)((bins[4] + 1) % 3);
            double other = 0.0;
            for (int t = 0; t < forest->n_trees; t++) {
                other += weft_forest_tree_at(&forest->trees[t], bins) / forest->n_trees;
            }
            assert_true(other == f[k]);
        }
    }
    check_twin(forest, of, f);
    weft_forest_destroy(forest);
    weft_importance_destroy(of);
}

/* ---- invariances, bad fits, bad input -------------------------------------------------------- */

static void test_same_again_in_any_unit(void **state) {
    (void)state;
    weft_gene genes[5];
    twin_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = 5};
    double genomes[300 * 5];
    double values[300];
    double scaled[300];
    double joules[300];
    draw(&table, twin_function, 3, 300, genomes, values);
    for (int i = 0; i < 300; i++) {
        scaled[i] = 0x1p-30 * values[i]; /* without rounding */
        joules[i] = 4e-6 + 2e-9 * values[i];
    }
    weft_importance *a = importance_of(&table, genomes, values, 300);
    weft_importance *b = importance_of(&table, genomes, values, 300);
    weft_importance *c = importance_of(&table, genomes, scaled, 300);
    weft_importance *d = importance_of(&table, genomes, joules, 300);
    assert_memory_equal(a->genes, b->genes, 5 * sizeof *a->genes);
    assert_memory_equal(a->pairs, b->pairs, (size_t)a->n_pairs * sizeof *a->pairs);
    for (int g = 0; g < 5; g++) {
        assert_true(a->genes[g].share == c->genes[g].share);
        assert_true(fabs(a->genes[g].share - d->genes[g].share) < 0.01);
    }
    assert_true(fabs(d->mean - (4e-6 + 2e-9 * a->mean)) < 1e-11);
    weft_importance_destroy(a);
    weft_importance_destroy(b);
    weft_importance_destroy(c);
    weft_importance_destroy(d);
}

/* Values that have nothing to do with the genes are told as a bad fit. */
static void test_noise_has_no_r2(void **state) {
    (void)state;
    weft_gene genes[5];
    twin_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = 5};
    double genomes[200 * 5];
    double values[200];
    draw(&table, twin_function, 3, 200, genomes, values);
    weft_rng rng = weft_rng_make(8, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < 200; i++) {
        values[i] = weft_rng_normal(&rng);
    }
    weft_importance *of = importance_of(&table, genomes, values, 200);
    assert_true(of->r2 < 0.1);
    weft_importance_destroy(of);
}

static void expect_usage(const weft_gene_table *table, const double *genomes, const double *values,
                         size_t n, const weft_importance_settings *settings, const char *text) {
    weft_importance *of = NULL;
    weft_error error;
    assert_int_equal(weft_importance_of(table, genomes, values, n, settings, &of, &error),
                     WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, text));
    assert_null(of);
}

static void test_bad_input(void **state) {
    (void)state;
    weft_gene genes[5];
    twin_genes(genes);
    const weft_gene_table table = {.genes = genes, .n_genes = 5};
    double genomes[40 * 5];
    double values[40];
    weft_importance_settings settings;
    weft_importance_defaults(&settings);
    draw(&table, twin_function, 3, 40, genomes, values);
    expect_usage(&table, genomes, values, 15, &settings, "15 trials tell too little");
    expect_usage(&table, genomes, values, 0, &settings, "0 trials tell too little");
    settings.trees = 1;
    expect_usage(&table, genomes, values, 40, &settings, "1 trees");
    settings.trees = 8;
    settings.pair_genes = -1;
    expect_usage(&table, genomes, values, 40, &settings, "pairs of -1 genes");
    settings.pair_genes = 4;
    settings.least_leaf = 0;
    expect_usage(&table, genomes, values, 40, &settings, "leaves of 0 trials");
    settings.least_leaf = 1;
    double kept = values[7];
    values[7] = (double)INFINITY;
    expect_usage(&table, genomes, values, 40, &settings, "trial 7 is not finite");
    values[7] = kept;
    kept = genomes[3 * 5];
    genomes[3 * 5] = 9.0;
    expect_usage(&table, genomes, values, 40, &settings, "trial 3 is not a canonical");
    genomes[3 * 5] = kept;
    for (int i = 0; i < 40; i++) {
        values[i] = 2.0;
    }
    expect_usage(&table, genomes, values, 40, &settings, "have the same value");
    for (int i = 0; i < 40; i++) {
        memcpy(genomes + (size_t)i * 5, genomes, 5 * sizeof *genomes);
        values[i] = i;
    }
    expect_usage(&table, genomes, values, 40, &settings, "have the same genes");
    weft_importance_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ishigami),
        cmocka_unit_test(test_additive),
        cmocka_unit_test(test_pair_alone),
        cmocka_unit_test(test_conditional_genes),
        cmocka_unit_test(test_one_gene),
        cmocka_unit_test(test_parts_are_what_they_are_defined_as),
        cmocka_unit_test(test_same_again_in_any_unit),
        cmocka_unit_test(test_noise_has_no_r2),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests_name("importance", tests, NULL, NULL);
}
