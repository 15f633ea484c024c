/* SPDX-License-Identifier: Apache-2.0
 *
 * Fronts that are known: ZDT1 to ZDT6 and DTLZ1 to DTLZ7 against bounds that random search misses, and
 * NAS-Bench-201, all of whose networks are measured (skipped where its table is absent). */
#include "search/analytic.h"
#include "search/support.h"

enum { POPULATION = 100, TRIALS = 10000 };

static double front_of_truth[ANALYTIC_MAX_FRONT * WEFT_MAX_OBJECTIVES];

/* With sanitizers every fourth problem, and the first method, are enough. */
static bool is_quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

static weft_optimizer *start(const char *name, const weft_gene_table *table, int n_objectives,
                             uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    settings.n_objectives = n_objectives;
    settings.population = POPULATION;
    return make_optimizer(table, &settings);
}

/* IGD+ of all that a search tries. */
static double search(const analytic *p, const char *name, size_t n_truth) {
    static double points[TRIALS * WEFT_MAX_OBJECTIVES];
    static double genomes[POPULATION * ANALYTIC_MAX_GENES];
    weft_gene genes[ANALYTIC_MAX_GENES];
    analytic_genes(p, genes);
    weft_gene_table table = {.genes = genes, .n_genes = p->n_genes};
    weft_optimizer *optimizer = start(name, &table, p->n_objectives, 1);
    for (int t = 0; t < TRIALS; t += POPULATION) {
        ask_all(optimizer, (uint64_t)t, POPULATION, genomes);
        for (int i = 0; i < POPULATION; i++) {
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            const double *x = &genomes[i * p->n_genes];
            analytic_evaluate(p, x, outcome.objectives);
            memcpy(&points[(t + i) * p->n_objectives], outcome.objectives,
                   (size_t)p->n_objectives * sizeof *points);
            tell(optimizer, x, &outcome);
        }
    }
    weft_optimizer_destroy(optimizer);
    return weft_igd_plus(points, TRIALS, front_of_truth, n_truth, p->n_objectives);
}

/* No point that a search can try dominates the front as it is computed here, but by the grid's width. */
static void test_fronts_are_not_dominated(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (int k = 0; k < N_ANALYTIC; k += is_quick() ? 4 : 1) {
        const analytic *p = &analytic_all[k];
        weft_gene genes[ANALYTIC_MAX_GENES];
        size_t n = analytic_front(p, front_of_truth);
        assert_true(n > 10 && n <= ANALYTIC_MAX_FRONT);
        analytic_genes(p, genes);
        for (int round = 0; round < 200; round++) {
            double x[ANALYTIC_MAX_GENES];
            double f[WEFT_MAX_OBJECTIVES] = {0};
            for (int g = 0; g < p->n_genes; g++) {
                double u = weft_rng_uniform(&rng);
                bool bit = genes[g].kind == WEFT_GENE_CATEGORICAL;
                x[g] = bit ? floor(2.0 * u)
                           : genes[g].lower + u * u * u * (genes[g].upper - genes[g].lower);
            }
            analytic_evaluate(p, x, f);
            for (size_t i = 0; i < n; i++) {
                double least =
                    INFINITY; /* by which f is ahead, in the objective where it is least */
                for (int m = 0; m < p->n_objectives; m++) {
                    least =
                        fmin(least, front_of_truth[i * (size_t)p->n_objectives + (size_t)m] - f[m]);
                }
                assert_true(least < 0.06);
            }
        }
    }
}

static void test_analytic(void **state) {
    (void)state;
    /* 1.5 times what is reached and more; DTLZ3 and DTLZ6 take far more evaluations than these */
    static const double bounds[N_ANALYTIC] = {0.03, 0.6,  0.03, 1.5,  1.6, 0.4, 1.5,
                                              0.03, 45.0, 0.1,  0.01, 5.0, 0.2};
    for (int k = 0; k < N_ANALYTIC; k += is_quick() ? 4 : 1) {
        const analytic *p = &analytic_all[k];
        size_t n = analytic_front(p, front_of_truth);
        double found = search(p, "nsga2", n);
        double random = search(p, "random", n);
        print_message("%s: IGD+ %.4g, random %.4g\n", p->name, found, random);
        assert_true(found < bounds[k]);
        assert_true(random > bounds[k]);
    }
}

/* ---- NAS-Bench-201 ---------------------------------------------------------------------------- */

enum { N_CELLS = 15625, EDGES = 6 };

static const char table_of_cells[] = "../shared/data/nasbench201/nb201_table.csv";

static const char *field(const char *line, int column) {
    for (; column > 0 && line != NULL; column--) {
        line = strchr(line, ',');
        line = line == NULL ? NULL : line + 1;
    }
    return line;
}

/* Error and latency on Eyeriss of cells by their operations to the base 5; how many were read. */
static int read_cells(FILE *file, double (*cells)[2]) {
    static char line[1 << 14];
    int n = 0;
    int latency = -1;
    if (fgets(line, sizeof line, file) != NULL) {
        for (int c = 0; c < 60 && field(line, c) != NULL; c++) {
            latency = strncmp(field(line, c), "c10_eyeriss_latency_ms", 22) == 0 ? c : latency;
        }
    }
    for (; latency >= 0 && fgets(line, sizeof line, file) != NULL; n++) {
        int row = 0;
        for (int e = 0; e < EDGES; e++) {
            row = row * 5 + (field(line, 2)[e] - '0');
        }
        cells[row][0] = 100.0 - strtod(field(line, 3), NULL);
        cells[row][1] = strtod(field(line, latency), NULL);
    }
    return n;
}

static size_t run_cells(const char *name, int trials, double (*cells)[2], weft_archive *front) {
    weft_gene genes[EDGES];
    for (int e = 0; e < EDGES; e++) {
        genes[e] =
            (weft_gene){.name = "edge", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 5, .upper = 4};
    }
    weft_gene_table table = {.genes = genes, .n_genes = EDGES};
    weft_optimizer *optimizer = start(name, &table, 2, 1);
    for (int t = 0; t < trials; t += POPULATION) {
        double genomes[POPULATION * EDGES];
        ask_all(optimizer, (uint64_t)t, POPULATION, genomes);
        for (int i = 0; i < POPULATION; i++) {
            int row = 0;
            bool kept;
            weft_error error;
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            for (int e = 0; e < EDGES; e++) {
                row = row * 5 + (int)genomes[i * EDGES + e];
            }
            memcpy(outcome.objectives, cells[row], sizeof cells[row]);
            tell(optimizer, &genomes[i * EDGES], &outcome);
            assert_int_equal(weft_archive_insert(front, cells[row], (uint64_t)row, &kept, &error),
                             WEFT_OK);
        }
    }
    weft_optimizer_destroy(optimizer);
    return weft_archive_size(front);
}

/* How many vectors of the true front a search of 3 000 of the 15 625 cells finds: three in four at least,
 * where random search finds less than half. */
static void test_truth(void **state) {
    (void)state;
    static double cells[N_CELLS][2];
    FILE *file = fopen(table_of_cells, "r");
    if (file == NULL) {
        print_message("no %s: skipped\n", table_of_cells);
        skip();
    }
    int n_cells = read_cells(file, cells);
    fclose(file);
    assert_int_equal(n_cells, N_CELLS);
    weft_archive *truth = NULL;
    weft_error error;
    assert_int_equal(weft_archive_create(2, &truth, &error), WEFT_OK);
    bool kept;
    for (uint64_t row = 0; row < N_CELLS; row++) {
        assert_int_equal(weft_archive_insert(truth, cells[row], row, &kept, &error), WEFT_OK);
    }
    static const char *const names[] = {"random", "nsga2", "local", "evolution", "tpe"};
    enum { N_NAMES = sizeof names / sizeof names[0] };
    size_t shared[N_NAMES] = {0};
    int n_names = is_quick() ? 2 : N_NAMES;
    for (int k = 0; k < n_names; k++) {
        weft_archive *front = NULL;
        assert_int_equal(weft_archive_create(2, &front, &error), WEFT_OK);
        size_t n = run_cells(names[k], 3000, cells, front);
        for (size_t i = 0; i < n; i++) {
            const double *f = weft_archive_objectives(front, i);
            bool inside = false;
            for (size_t j = 0; j < weft_archive_size(truth); j++) {
                const double *g = weft_archive_objectives(truth, j);
                assert_false(weft_dominates(f, g, 2)); /* nothing is better than the truth */
                inside = inside || (f[0] == g[0] && f[1] == g[1]);
            }
            shared[k] += inside;
        }
        print_message("%s: %zu of %zu vectors of the true front\n", names[k], shared[k],
                      weft_archive_size(truth));
        weft_archive_destroy(front);
    }
    for (int k = 1; k < n_names; k++) {
        assert_true(4 * shared[k] >= 3 * weft_archive_size(truth));
    }
    assert_true(2 * shared[0] < weft_archive_size(truth));
    weft_archive_destroy(truth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fronts_are_not_dominated),
        cmocka_unit_test(test_analytic),
        cmocka_unit_test(test_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
