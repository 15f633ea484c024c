/* SPDX-License-Identifier: Apache-2.0
 *
 * Genetic algorithms: optima of toys, frozen genes and seeds with every method, generations that do
 * not depend on the size of the batches, variation within its bounds, the screened start. */
#include "search/support.h"

#include <math.h>

#include "search/screen.h"
#include "search/variation.h"

enum { N_GENES = 40, MOST_TRIALS = 6000 };

static const char *const names[] = {"random", "tpe",       "nsga2",  "ga",   "ga4",
                                    "sobol",  "evolution", "anneal", "local"};
enum { N_NAMES = sizeof names / sizeof names[0], GA = 3, GA4 = 4 };

/* Ordinal genes of 2 to 9 values and categorical ones; every fourth exists only where the gene
 * before it is not 0. */
static void toy_genes(weft_gene *genes, int n) {
    memset(genes, 0, (size_t)n * sizeof *genes);
    for (int g = 0; g < n; g++) {
        genes[g].kind = g % 3 == 2 ? WEFT_GENE_CATEGORICAL : WEFT_GENE_ORDINAL;
        genes[g].n_choices = 2 + g % 8;
        genes[g].upper = 1 + g % 8;
        if (g % 4 == 3) {
            genes[g].n_conditions = 1;
            genes[g].conditions[0] =
                (weft_condition){.parent = g - 1, .minimum = 1, .maximum = INFINITY};
        }
    }
}

/* The number of genes away from a target of 1 + g % 3 (cut at the range), by distance for ordinal
 * ones; an inactive gene is 2 away. 0 at the target alone. */
static double toy_loss(const weft_gene *genes, const double *x, int n) {
    double loss = 0.0;
    for (int g = 0; g < n; g++) {
        double target = fmin(1 + g % 3, genes[g].upper);
        if (isnan(x[g])) {
            loss += 2.0;
        } else {
            loss += genes[g].kind == WEFT_GENE_CATEGORICAL ? x[g] != target : fabs(x[g] - target);
        }
    }
    return loss;
}

static weft_optimizer_settings settings_of(const char *name, uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    settings.n_objectives = 1;
    return settings;
}

/* The least loss after so many trials; `genomes`, unless NULL, keeps them all. */
static double search(weft_optimizer *optimizer, const weft_gene *genes, int n, int trials,
                     int batch, double *genomes) {
    double *asked = malloc((size_t)batch * (size_t)n * sizeof *asked);
    assert_non_null(asked);
    double best = INFINITY;
    for (int t = 0; t < trials; t += batch) {
        ask_all(optimizer, (uint64_t)t, batch, asked);
        for (int i = 0; i < batch; i++) {
            double *x = &asked[(size_t)i * (size_t)n];
            weft_outcome outcome = {.objectives = {toy_loss(genes, x, n)}};
            best = fmin(best, outcome.objectives[0]);
            tell(optimizer, x, &outcome);
        }
        if (genomes != NULL) {
            memcpy(&genomes[(size_t)t * (size_t)n], asked,
                   (size_t)batch * (size_t)n * sizeof *asked);
        }
    }
    free(asked);
    return best;
}

/* ---- optima ---------------------------------------------------------------------------------- */

static void test_toy_optimum_is_found(void **state) {
    (void)state;
    weft_gene genes[N_GENES];
    toy_genes(genes, N_GENES);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    for (uint64_t seed = 0; seed < 3; seed++) {
        double best[GA4 + 1];
        for (int k = 0; k <= GA4; k++) {
            if (k == 1 || k == 2) {
                continue; /* TPE and NSGA-II have tests of their own */
            }
            weft_optimizer_settings settings = settings_of(names[k], seed);
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            best[k] = search(optimizer, genes, N_GENES, MOST_TRIALS, 50, NULL);
            weft_optimizer_destroy(optimizer);
        }
        print_message("toy, seed %d: random %.0f, ga %.0f, ga4 %.0f\n", (int)seed, best[0],
                      best[GA], best[GA4]);
        assert_true(best[0] > 15.0);
        assert_true(best[GA] <= 1.0);
        assert_true(best[GA4] <= 1.0);
    }
}

/* The sphere in 10 reals, least 0 at 0.3 in each, where it is feasible to lie: infeasible where the
 * first gene is below 0.4, failed where the second is above 0.9. So the optimum is 0.01. */
static void test_constrained_optimum_is_found(void **state) {
    (void)state;
    weft_gene genes[10];
    memset(genes, 0, sizeof genes);
    for (int g = 0; g < 10; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = 10};
    for (int k = GA; k <= GA4; k++) {
        weft_optimizer_settings settings = settings_of(names[k], 5);
        settings.population = 50;
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        double best = INFINITY;
        for (uint64_t t = 0; t < 8000; t++) {
            double x[10];
            ask_all(optimizer, t, 1, x);
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            for (int g = 0; g < 10; g++) {
                outcome.objectives[0] += (x[g] - 0.3) * (x[g] - 0.3);
            }
            if (x[0] < 0.4) {
                outcome.state = WEFT_OUTCOME_INFEASIBLE;
                outcome.violation = 0.4 - x[0];
            } else if (x[1] > 0.9) {
                outcome.state = WEFT_OUTCOME_FAILED;
            } else {
                best = fmin(best, outcome.objectives[0]);
            }
            tell(optimizer, x, &outcome);
        }
        weft_optimizer_destroy(optimizer);
        print_message("constrained sphere: %s %.5f\n", names[k], best);
        assert_true(best >= 0.01 && best < 0.02);
    }
}

/* ---- generations ----------------------------------------------------------------------------- */

/* Batches that divide the population, and the population itself, give one search; batches of any
 * other size work too. */
static void test_batches_do_not_matter(void **state) {
    (void)state;
    enum { TRIALS = 600 };
    static double first[TRIALS * N_GENES];
    static double other[TRIALS * N_GENES];
    static const int batches[] = {60, 1, 12, 30};
    weft_gene genes[N_GENES];
    toy_genes(genes, N_GENES);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    for (int k = 2; k <= GA4; k++) {
        for (int b = 0; b < 4; b++) {
            weft_optimizer_settings settings = settings_of(names[k], 9);
            settings.population = 60;
            settings.sample = 200;
            settings.screened = 120;
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            search(optimizer, genes, N_GENES, TRIALS, batches[b], b == 0 ? first : other);
            weft_optimizer_destroy(optimizer);
            if (b > 0) {
                assert_memory_equal(first, other, sizeof first);
            }
        }
        static const int odd[] = {7, 61, 500};
        for (int b = 0; b < 3; b++) {
            weft_optimizer_settings settings = settings_of(names[k], 9);
            settings.population = 60;
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            double best = search(optimizer, genes, N_GENES, 8 * odd[b], odd[b], NULL);
            assert_true(isfinite(best));
            weft_optimizer_destroy(optimizer);
        }
    }
}

/* Within a generation the order of telling does not matter, as long as no two trials are equal. */
static void test_order_within_a_generation(void **state) {
    (void)state;
    enum { POPULATION = 40, REALS = 6 };
    weft_gene genes[REALS];
    memset(genes, 0, sizeof genes);
    for (int g = 0; g < REALS; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = REALS};
    for (int k = GA; k <= GA4; k++) {
        weft_optimizer_settings settings = settings_of(names[k], 6);
        settings.population = POPULATION;
        settings.screened = POPULATION;
        weft_optimizer *optimizers[2] = {make_optimizer(&table, &settings),
                                         make_optimizer(&table, &settings)};
        weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 33);
        for (uint64_t generation = 0; generation < 8; generation++) {
            double asked[2][POPULATION * REALS];
            uint32_t order[POPULATION];
            for (uint32_t i = 0; i < POPULATION; i++) {
                order[i] = i;
            }
            weft_rng_shuffle(&rng, order, POPULATION);
            for (int o = 0; o < 2; o++) {
                ask_all(optimizers[o], generation * POPULATION, POPULATION, asked[o]);
            }
            assert_memory_equal(asked[0], asked[1], sizeof asked[0]);
            for (uint32_t i = 0; i < POPULATION; i++) {
                for (int o = 0; o < 2; o++) {
                    const double *x = &asked[o][(o == 0 ? i : order[i]) * REALS];
                    weft_outcome outcome = {
                        .objectives = {x[0] + x[1] * x[1] + x[2] + x[3] * 0.1 + x[4] + x[5] * 0.7}};
                    tell(optimizers[o], x, &outcome);
                }
            }
        }
        weft_optimizer_destroy(optimizers[0]);
        weft_optimizer_destroy(optimizers[1]);
    }
}

/* ---- frozen genes and seeds ------------------------------------------------------------------ */

static void test_frozen_genes_never_move(void **state) {
    (void)state;
    enum { TRIALS = 240 };
    static double genomes[TRIALS * N_GENES];
    weft_gene genes[N_GENES];
    toy_genes(genes, N_GENES);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    bool frozen[N_GENES];
    double held[N_GENES];
    for (int g = 0; g < N_GENES; g++) {
        frozen[g] = g % 2 == 0 || g == 7; /* gene 7 hangs on gene 6; 3 and 11 on frozen ones */
        held[g] = g == 2 ? 0.0 : fmin(2.0, genes[g].upper);
    }
    for (int k = 0; k < N_NAMES; k++) {
        weft_optimizer_settings settings = settings_of(names[k], 2);
        settings.population = 20;
        settings.sample = 60;
        settings.screened = 40;
        settings.frozen = frozen;
        settings.frozen_genome = held;
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        search(optimizer, genes, N_GENES, TRIALS, 20, genomes);
        bool moved[N_GENES] = {false};
        for (int t = 0; t < TRIALS; t++) {
            const double *x = &genomes[t * N_GENES];
            assert_true(weft_genome_legal(&table, x));
            assert_true(isnan(x[3])); /* its parent, gene 2, is held at 0 */
            for (int g = 0; g < N_GENES; g++) {
                assert_true(!frozen[g] || isnan(x[g]) || x[g] == held[g]);
                moved[g] = moved[g] || (x[g] != genomes[g] && !isnan(x[g]));
            }
        }
        for (int g = 0; g < N_GENES; g++) {
            assert_int_equal(moved[g], !frozen[g] && g != 3);
        }
        double strange[N_GENES];
        memcpy(strange, genomes, sizeof strange);
        strange[0] = held[0] - 1.0;
        weft_error error = {0};
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
        assert_int_equal(weft_optimizer_tell(optimizer, strange, &outcome, &error),
                         WEFT_ERROR_USAGE);
        weft_optimizer_destroy(optimizer);
    }
}

/* What is left free is exhausted exactly. */
static void test_frozen_spaces_end_exactly(void **state) {
    (void)state;
    weft_gene genes[N_GENES];
    toy_genes(genes, N_GENES);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    bool frozen[N_GENES];
    double held[N_GENES];
    for (int g = 0; g < N_GENES; g++) {
        frozen[g] = g != 6 && g != 7 && g != 8; /* 9 values of 6 .. and 7 hangs on it; 8: 2 */
        held[g] = 1.0;
    }
    /* Gene 6 has 8 values; with 0 gene 7 is inactive, else it has 9; gene 8 has 2. */
    int expected = (1 + 7 * 9) * 2;
    for (int k = 0; k < N_NAMES; k++) {
        weft_optimizer_settings settings = settings_of(names[k], 3);
        settings.frozen = frozen;
        settings.frozen_genome = held;
        settings.population = 8;
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        weft_status status = WEFT_OK;
        int total = 0;
        while (status == WEFT_OK) {
            double asked[7 * N_GENES];
            weft_error error;
            int given = 0;
            status = weft_optimizer_ask(optimizer, (uint64_t)total, 7, asked, &given, &error);
            for (int i = 0; i < given; i++, total++) {
                weft_outcome outcome = {.objectives = {asked[i * N_GENES + 6]}};
                tell(optimizer, &asked[i * N_GENES], &outcome);
            }
        }
        assert_int_equal(status, WEFT_DONE);
        assert_int_equal(total, expected);
        weft_optimizer_destroy(optimizer);
    }
}

static bool third_is_seen(void *context, const double *genome) {
    return weft_genome_equal(&(weft_gene_table){.n_genes = N_GENES}, context, genome);
}

/* The first asks give the seeds back, canonical; one that is seen, or twice there, is passed over;
 * and the genetic algorithms go on from them. */
static void test_seeds_come_first(void **state) {
    (void)state;
    enum { N_SEEDS = 5 };
    weft_gene genes[N_GENES];
    toy_genes(genes, N_GENES);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    double seeds[N_SEEDS * N_GENES];
    double expected[N_SEEDS * N_GENES];
    for (int i = 0; i < N_SEEDS * N_GENES; i++) {
        seeds[i] = fmin((i / N_GENES + i % N_GENES) % 2, genes[i % N_GENES].upper);
    }
    memcpy(&seeds[4 * N_GENES], &seeds[0], N_GENES * sizeof *seeds); /* twice there */
    memcpy(&seeds[2 * N_GENES], &seeds[1 * N_GENES], N_GENES * sizeof *seeds);
    seeds[2 * N_GENES] = 1.0 - seeds[2 * N_GENES];
    memcpy(&seeds[3 * N_GENES], &seeds[0], N_GENES * sizeof *seeds);
    seeds[3 * N_GENES] = 1.0 - seeds[3 * N_GENES];
    memcpy(expected, seeds, sizeof seeds);
    for (int i = 0; i < N_SEEDS; i++) {
        weft_genome_canonical(&table, &expected[i * N_GENES]);
    }
    for (int k = 0; k < N_NAMES; k++) {
        weft_optimizer_settings settings = settings_of(names[k], 4);
        settings.seeds = seeds;
        settings.n_seeds = N_SEEDS;
        settings.seen = third_is_seen;
        settings.seen_context = &expected[2 * N_GENES];
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        double asked[8 * N_GENES];
        ask_all(optimizer, 0, 8, asked);
        for (int i = 0; i < 8; i++) {
            bool as_seed = i < N_SEEDS &&
                           weft_genome_equal(&table, &asked[i * N_GENES], &expected[i * N_GENES]);
            assert_int_equal(as_seed, i == 0 || i == 1 || i == 3);
        }
        weft_optimizer_destroy(optimizer);
    }
    double target[N_GENES];
    for (int g = 0; g < N_GENES; g++) {
        target[g] = fmin(1 + g % 3, genes[g].upper);
    }
    target[0] = 0.0; /* one step from the optimum */
    weft_optimizer_settings settings = settings_of("ga", 4);
    settings.seeds = target;
    settings.n_seeds = 1;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    assert_true(search(optimizer, genes, N_GENES, 3000, 50, NULL) == 0.0);
    weft_optimizer_destroy(optimizer);
}

static void refuse(const weft_gene_table *table, const weft_optimizer_settings *settings,
                   const char *text) {
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    assert_int_equal(weft_optimizer_create(table, settings, &optimizer, &error), WEFT_ERROR_USAGE);
    if (strstr(error.message, text) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, text);
    }
}

static bool never(const void *context, const double *genome) {
    (void)context;
    (void)genome;
    return false;
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene gene = {.name = "width", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 9};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    const weft_optimizer_settings good = settings_of("ga4", 1);
    weft_optimizer_settings bad = good;
    bad.n_objectives = 2;
    refuse(&table, &bad, "one objective");
    bad = good;
    bad.screened = 1001;
    refuse(&table, &bad, "screened");
    bad = good;
    bad.phases[2].eta_mutation = NAN;
    refuse(&table, &bad, "eta_mutation");
    bad = good;
    bad.phases[3].crossover_probability = -1.0;
    refuse(&table, &bad, "crossover_probability");
    bad = good;
    bad.eta_crossover = 1e9;
    refuse(&table, &bad, "eta_crossover");
    bad = good;
    bad.child_mutation_probability = 2.0;
    refuse(&table, &bad, "child_mutation_probability");
    bad = good;
    const double seed = 10.0;
    bad.n_seeds = 1;
    refuse(&table, &bad, "seed genomes");
    bad.seeds = &seed;
    refuse(&table, &bad, "a seed genome whose gene 'width' is 10");
    const bool frozen = true;
    const double held = 3.0;
    const double other = 4.0;
    bad = good;
    bad.frozen = &frozen;
    refuse(&table, &bad, "no frozen genome");
    bad.frozen_genome = &seed;
    refuse(&table, &bad, "'width' is frozen at 10");
    bad.frozen_genome = &held;
    bad.seeds = &other;
    bad.n_seeds = 1;
    refuse(&table, &bad, "expected a whole number 3 to 3");
    bad = good;
    bad.seeds = &held;
    bad.n_seeds = 1;
    table.legal = never;
    refuse(&table, &bad, "breaks a rule");
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* Children are canonical, in range, and made of what their parents have; their spread falls with
 * the index; categories come from a parent unless mutated. */
static void test_children(void **state) {
    (void)state;
    weft_gene genes[4] = {
        {.kind = WEFT_GENE_REAL, .lower = -1, .upper = 3},
        {.kind = WEFT_GENE_REAL, .lower = 1e-3, .upper = 10, .log_scale = true},
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 5, .upper = 4},
        {.kind = WEFT_GENE_INTEGER,
         .lower = 2,
         .upper = 9,
         .n_conditions = 1,
         .conditions = {{.parent = 2, .minimum = 1, .maximum = 4}}},
    };
    weft_gene_table table = {.genes = genes, .n_genes = 4};
    static const double etas[] = {0.0, 3.0, 20.0, 25.0};
    double spreads[4] = {0};
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 31);
    for (int k = 0; k < 4; k++) {
        weft_variation crossing = {.crossover_probability = 1.0,
                                   .mutation_probability = 1.0,
                                   .eta_crossover = etas[k],
                                   .eta_mutation = etas[k]};
        weft_variation mutating = {.child_mutation_probability = 1.0,
                                   .mutation_probability = 1.0,
                                   .eta_mutation = etas[k]};
        const double a[] = {0.5, 0.1, 0, NAN};
        const double b[] = {1.5, 1.0, 3, 6};
        double sum = 0.0;
        for (int i = 0; i < 20000; i++) {
            double child[4];
            weft_breed(&table, &crossing, a, b, &rng, child);
            assert_true(weft_genome_legal(&table, child));
            assert_true(child[2] == 0.0 || child[2] == 3.0);
            assert_true(isnan(child[3]) ? child[2] == 0.0 : child[3] == 6.0);
            sum += child[0] / 20000.0;
            spreads[k] += fmin(fabs(child[0] - 0.5), fabs(child[0] - 1.5));
            weft_breed(&table, &mutating, a, b, &rng, child);
            assert_true(weft_genome_legal(&table, child));
            assert_true(child[0] != 0.5 && child[1] != 0.1 && child[2] != 0.0);
        }
        /* Half the children keep a's 0.5; the others are symmetric about 1.0, but for the bounds. */
        assert_true(fabs(sum - 0.75) < 0.03);
    }
    assert_true(spreads[0] > spreads[1] && spreads[1] > spreads[2] && spreads[2] > spreads[3]);
}

/* Every gene is mutated as often as it should be. */
static void test_mutation_rate(void **state) {
    (void)state;
    enum { N = 20, CHILDREN = 20000 };
    weft_gene genes[N];
    memset(genes, 0, sizeof genes);
    double parent[N];
    for (int g = 0; g < N; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_ORDINAL, .n_choices = 3, .upper = 2};
        genes[g].n_choices = g == 5 ? 1 : 3;
        genes[g].upper = g == 5 ? 0 : 2; /* one that cannot vary */
        parent[g] = g == 5 ? 0.0 : 1.0;
    }
    weft_gene_table table = {.genes = genes, .n_genes = N};
    weft_variation variation = {
        .child_mutation_probability = 0.8, .mutation_probability = -1.0, .eta_mutation = 3.0};
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, 32);
    int changed[N] = {0};
    for (int i = 0; i < CHILDREN; i++) {
        double child[N];
        weft_breed(&table, &variation, parent, parent, &rng, child);
        for (int g = 0; g < N; g++) {
            changed[g] += child[g] != parent[g];
        }
    }
    double expected = 0.8 / (N - 1) * CHILDREN; /* 842, deviation 28 */
    for (int g = 0; g < N; g++) {
        assert_true(g == 5 ? changed[g] == 0 : fabs(changed[g] - expected) < 5 * 29);
    }
}

static int hamming(const double *a, const double *b, int n) {
    int differ = 0;
    for (int g = 0; g < n; g++) {
        differ += !(a[g] == b[g] || (isnan(a[g]) && isnan(b[g])));
    }
    return differ;
}

/* Chosen genomes are legal, distinct, reproducible, in falling order of distance to those before,
 * and farther apart than as many random ones. */
static void test_screen(void **state) {
    (void)state;
    enum { SAMPLE = 300, CHOSEN = 60 };
    weft_gene genes[N_GENES];
    toy_genes(genes, N_GENES);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    double *chosen[3];
    size_t n[3];
    weft_error error;
    assert_int_equal(weft_screen(&table, 7, SAMPLE, CHOSEN, &chosen[0], &n[0], &error), WEFT_OK);
    assert_int_equal(weft_screen(&table, 7, SAMPLE, CHOSEN, &chosen[1], &n[1], &error), WEFT_OK);
    assert_int_equal(weft_screen(&table, 8, CHOSEN, CHOSEN, &chosen[2], &n[2], &error), WEFT_OK);
    assert_int_equal(n[0], CHOSEN);
    assert_memory_equal(chosen[0], chosen[1], CHOSEN * N_GENES * sizeof(double));
    int least[3] = {N_GENES, N_GENES, N_GENES};
    for (int k = 0; k < 3; k += 2) {
        int last = N_GENES;
        for (int i = 1; i < CHOSEN; i++) {
            int nearest = N_GENES;
            for (int j = 0; j < i; j++) {
                int d = hamming(&chosen[k][i * N_GENES], &chosen[k][j * N_GENES], N_GENES);
                nearest = d < nearest ? d : nearest;
            }
            assert_true(nearest > 0 && nearest <= last);
            last = nearest;
            least[k] = nearest;
        }
    }
    assert_true(least[0] > least[2]);
    for (int k = 0; k < 3; k++) {
        free(chosen[k]);
    }
    table.n_genes = 1; /* two genomes */
    assert_int_equal(weft_screen(&table, 7, SAMPLE, CHOSEN, &chosen[0], &n[0], &error), WEFT_OK);
    assert_int_equal(n[0], 2);
    free(chosen[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toy_optimum_is_found),
        cmocka_unit_test(test_constrained_optimum_is_found),
        cmocka_unit_test(test_batches_do_not_matter),
        cmocka_unit_test(test_order_within_a_generation),
        cmocka_unit_test(test_frozen_genes_never_move),
        cmocka_unit_test(test_frozen_spaces_end_exactly),
        cmocka_unit_test(test_seeds_come_first),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_mutation_rate),
        cmocka_unit_test(test_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
