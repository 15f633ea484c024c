/* SPDX-License-Identifier: Apache-2.0
 *
 * Directions, and the methods that search along them, NSGA-III and MOEA/D, on problems whose fronts
 * are known: DTLZ1 and DTLZ2 (K. Deb, L. Thiele, M. Laumanns, E. Zitzler, CEC 2002), C2-DTLZ2 and
 * C1-DTLZ1 (H. Jain, K. Deb, IEEE Trans. Evol. Comput. 18(4), 2014), which have constraints. */
#include "search/directions.h"
#include "search/support.h"

#include <math.h>

/* ---- directions ------------------------------------------------------------------------------ */

static weft_directions directions_of(int m, int divisions, int inner, size_t limit) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.n_objectives = m;
    settings.divisions = divisions;
    settings.inner_divisions = inner;
    weft_directions directions = {0};
    weft_error error = {0};
    if (weft_directions_create(&settings, limit, &directions, &error) != WEFT_OK) {
        fail_msg("directions: %s", error.message);
    }
    assert_int_equal(directions.m, m);
    return directions;
}

/* Sums of 1, nothing below 0, each once. */
static void check_directions(int m, int divisions, int inner, size_t limit, size_t expected) {
    weft_directions directions = directions_of(m, divisions, inner, limit);
    assert_int_equal(directions.n, expected);
    for (size_t i = 0; i < directions.n; i++) {
        const double *w = &directions.values[i * (size_t)m];
        double sum = 0.0;
        for (int k = 0; k < m; k++) {
            assert_true(w[k] >= 0.0);
            sum += w[k];
        }
        assert_true(fabs(sum - 1.0) < 1e-12);
        for (size_t j = 0; j < i; j++) {
            double apart = 0.0;
            for (int k = 0; k < m; k++) {
                apart += fabs(w[k] - directions.values[j * (size_t)m + (size_t)k]);
            }
            assert_true(apart > 1e-9);
        }
    }
    weft_directions_destroy(&directions);
}

/* Counts of table I of part I of NSGA-III, and what a population allows. */
static void test_directions(void **state) {
    (void)state;
    check_directions(3, 12, 0, 1000, 91);
    check_directions(5, 6, 0, 1000, 210);
    check_directions(6, 3, 2, 1000, 56 + 21);
    check_directions(1, 0, 0, 20, 1);
    check_directions(2, 0, 0, 20, 20);
    check_directions(3, 0, 0, 92, 91);
    check_directions(4, 0, 0, 92, 84);
    check_directions(5, 0, 0, 92, 70 + 15); /* 4 divisions leave none inside */
    check_directions(6, 0, 0, 92, 56 + 21);
    check_directions(4, 0, 0, 4, 4);
}

/* ---- problems -------------------------------------------------------------------------------- */

enum { MAX_GENES = 12, MAX_REFERENCE = 500, M = 3, MAX_TRIALS = 40000 };

typedef struct problem {
    const char *name;
    int which; /* DTLZ 1 or 2 */
    int constraint;
    int n_genes;
} problem;

static void dtlz(int which, const double *x, int n, double f[M]) {
    double g = 0.0;
    for (int i = M - 1; i < n; i++) {
        double d = x[i] - 0.5;
        g += which == 1 ? 100.0 * (1.0 + d * d - cos(20.0 * M_PI * d)) : d * d;
    }
    if (which == 1) {
        f[0] = 0.5 * (1.0 + g) * x[0] * x[1];
        f[1] = 0.5 * (1.0 + g) * x[0] * (1.0 - x[1]);
        f[2] = 0.5 * (1.0 + g) * (1.0 - x[0]);
    } else {
        f[0] = (1.0 + g) * cos(x[0] * M_PI_2) * cos(x[1] * M_PI_2);
        f[1] = (1.0 + g) * cos(x[0] * M_PI_2) * sin(x[1] * M_PI_2);
        f[2] = (1.0 + g) * sin(x[0] * M_PI_2);
    }
}

/* How far f breaks the constraint: C1-DTLZ1 keeps to a wedge below the plane, C2-DTLZ2 to four
 * balls of radius 0.4 around the ends and the middle of the front. */
static double violation_of(const problem *p, const double f[M]) {
    if (p->constraint == 1) {
        return fmax(0.0, f[2] / 0.6 + f[0] / 0.5 + f[1] / 0.5 - 1.0);
    }
    if (p->constraint == 0) {
        return 0.0;
    }
    double least = INFINITY;
    for (int ball = 0; ball <= M; ball++) {
        double square = 0.0;
        for (int k = 0; k < M; k++) {
            double centre = ball == M ? 1.0 / sqrt(M) : ball == k ? 1.0 : 0.0;
            square += (f[k] - centre) * (f[k] - centre);
        }
        least = fmin(least, square - 0.16);
    }
    return fmax(0.0, least);
}

/* The front at the directions of 25 divisions, without what the constraint takes away. */
static size_t reference_of(const problem *p, double *reference) {
    weft_directions directions = directions_of(M, 25, 0, MAX_REFERENCE);
    size_t n = 0;
    for (size_t i = 0; i < directions.n; i++) {
        const double *w = &directions.values[i * M];
        double length = p->which == 1 ? 2.0 : sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
        double *f = &reference[n * M];
        for (int k = 0; k < M; k++) {
            f[k] = w[k] / length;
        }
        n += p->constraint != 2 || violation_of(p, f) == 0.0;
    }
    weft_directions_destroy(&directions);
    return n;
}

/* IGD+ of all that was found. */
static double search(const char *name, uint64_t seed, const problem *p, int trials) {
    static double points[MAX_TRIALS * M];
    static double reference[MAX_REFERENCE * M];
    weft_gene genes[MAX_GENES];
    memset(genes, 0, sizeof genes);
    for (int g = 0; g < p->n_genes; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = p->n_genes};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    settings.n_objectives = M;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    weft_archive *archive = NULL;
    weft_error error;
    assert_int_equal(weft_archive_create(M, &archive, &error), WEFT_OK);
    for (int t = 0; t < trials; t += 46) {
        double genomes[46 * MAX_GENES];
        ask_all(optimizer, (uint64_t)t, 46, genomes);
        for (int i = 0; i < 46; i++) {
            const double *x = &genomes[i * p->n_genes];
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            for (int g = 0; g < p->n_genes; g++) {
                assert_true(x[g] >= 0.0 && x[g] <= 1.0);
            }
            dtlz(p->which, x, p->n_genes, outcome.objectives);
            outcome.violation = violation_of(p, outcome.objectives);
            bool kept;
            if (outcome.violation > 0.0) {
                outcome.state = WEFT_OUTCOME_INFEASIBLE;
            } else {
                assert_int_equal(weft_archive_insert(archive, outcome.objectives, (uint64_t)(t + i),
                                                     &kept, &error),
                                 WEFT_OK);
            }
            tell(optimizer, x, &outcome);
        }
    }
    size_t n = weft_archive_size(archive);
    assert_true(n <= MAX_TRIALS);
    for (size_t i = 0; i < n; i++) {
        memcpy(&points[i * M], weft_archive_objectives(archive, i), M * sizeof *points);
    }
    weft_archive_destroy(archive);
    weft_optimizer_destroy(optimizer);
    return weft_igd_plus(points, n, reference, reference_of(p, reference), M);
}

/* Below `bound`, and below a fifth of what random search comes to with as many trials. */
static void check_problem(const problem *p, int generations, double bound) {
    static const char *const names[] = {"nsga3", "moead"};
    const char *scale = getenv("WEFT_TEST_SCALE");
    uint64_t n_seeds = scale != NULL && strcmp(scale, "quick") == 0 ? 1 : 2;
    int trials = 92 * generations;
    double random = search("random", 0, p, trials);
    for (int k = 0; k < 2; k++) {
        for (uint64_t seed = 0; seed < n_seeds; seed++) {
            double found = search(names[k], seed, p, trials);
            print_message("%s, %s, seed %d: IGD+ %.4f, random %.4f\n", p->name, names[k], (int)seed,
                          found, random);
            assert_true(found < bound);
            assert_true(found < 0.2 * random);
        }
    }
}

static void test_dtlz2(void **state) {
    (void)state;
    check_problem(&(problem){"DTLZ2", 2, 0, 12}, 60, 0.03);
}

static void test_dtlz1(void **state) {
    (void)state;
    check_problem(&(problem){"DTLZ1", 1, 0, 7}, 250, 0.03);
}

static void test_c2_dtlz2(void **state) {
    (void)state;
    check_problem(&(problem){"C2-DTLZ2", 2, 2, 12}, 100, 0.04);
}

static void test_c1_dtlz1(void **state) {
    (void)state;
    check_problem(&(problem){"C1-DTLZ1", 1, 1, 7}, 250, 0.03);
}

/* ---- networks -------------------------------------------------------------------------------- */

/* Loss, energy and delay of a made-up network; too much energy breaks a constraint. */
static weft_outcome network(const double *x) {
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {1.0, 0.0, 0.0}};
    for (int j = 0; j < (int)x[0]; j++) {
        double kernels = x[2 + 2 * j] + 1.0;
        bool suited = x[1 + 2 * j] == j % 3;
        outcome.objectives[0] *= 1.0 - (suited ? 0.5 : 0.2) * kernels / 6.0;
        outcome.objectives[1] += 0.01 * kernels * (1.0 + x[1 + 2 * j]);
        outcome.objectives[2] += 0.02 * kernels * (3.0 - x[1 + 2 * j]);
    }
    if (outcome.objectives[1] > 0.6) {
        outcome.state = WEFT_OUTCOME_INFEASIBLE;
        outcome.violation = outcome.objectives[1] - 0.6;
    }
    return outcome;
}

/* Conditional genes: `n` trials in batches of `batch`; their genomes, and the volume of the
 * results. */
static double search_networks(const char *name, uint64_t seed, int n, int batch, double *genomes) {
    weft_gene genes[15];
    imc_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = 15};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    settings.n_objectives = M;
    settings.population = 48;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double points[960 * M];
    size_t n_ok = 0;
    for (int t = 0; t < n; t += batch) {
        double *x = &genomes[t * 15];
        ask_all(optimizer, (uint64_t)t, batch, x);
        for (int i = 0; i < batch; i++) {
            weft_outcome outcome = network(&x[i * 15]);
            tell(optimizer, &x[i * 15], &outcome);
            assert_true(weft_genome_legal(&table, &x[i * 15]));
            if (outcome.state == WEFT_OUTCOME_OK) {
                memcpy(&points[n_ok++ * M], outcome.objectives, M * sizeof *points);
            }
        }
    }
    weft_optimizer_destroy(optimizer);
    double volume;
    weft_error error;
    const double reference[] = {1.0, 1.0, 1.0};
    assert_int_equal(weft_hypervolume(points, n_ok, M, reference, &volume, &error), WEFT_OK);
    return volume;
}

static void test_networks(void **state) {
    (void)state;
    static const char *const names[] = {"random", "nsga3", "moead"};
    static double genomes[960 * 15];
    double means[3] = {0};
    for (int k = 0; k < 3; k++) {
        for (uint64_t seed = 0; seed < 6; seed++) {
            means[k] += search_networks(names[k], seed, 960, 48, genomes) / 6.0;
        }
        print_message("networks, mean volume: %s %.4f\n", names[k], means[k]);
    }
    assert_true(means[1] > means[0] + 0.02);
    assert_true(means[2] > means[0] + 0.02);
}

/* Batches that divide the population, and an optimizer that was told everything, all give the
 * same. */
static void test_batches(void **state) {
    (void)state;
    static const char *const names[] = {"nsga3", "moead"};
    static const int batches[] = {1, 2, 6, 16, 24};
    static double expected[240 * 15];
    static double genomes[240 * 15];
    for (int k = 0; k < 2; k++) {
        search_networks(names[k], 3, 240, 48, expected);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            search_networks(names[k], 3, 240, batches[b], genomes);
            assert_memory_equal(genomes, expected, sizeof expected);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directions), cmocka_unit_test(test_dtlz2),
        cmocka_unit_test(test_dtlz1),      cmocka_unit_test(test_c2_dtlz2),
        cmocka_unit_test(test_c1_dtlz1),   cmocka_unit_test(test_networks),
        cmocka_unit_test(test_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
