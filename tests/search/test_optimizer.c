/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds for every method: proposals are canonical, legal, new and a pure function of what was
 * told; small spaces are exhausted exactly; bad input is refused. */
#include "search/support.h"

#include <math.h>

enum { N_GENES = 15, BATCH = 6, BATCHES = 12 };

static const char *const names[] = {
    "random",     "tpe",       "gp",     "nsga2", "nsga3", "moead",     "ga",        "ga4", "sobol",
    "exhaustive", "evolution", "anneal", "local", "cmaes", "reinforce", "portfolio", "shgo"};
enum { N_NAMES = sizeof names / sizeof names[0] };

/* Genetic algorithms, annealing and evolution strategies have one objective. */
static int most_objectives(const char *name) {
    return strncmp(name, "ga", 2) == 0 || strcmp(name, "anneal") == 0 ||
                   strcmp(name, "cmaes") == 0 || strcmp(name, "shgo") == 0
               ? 1
               : 3;
}

/* Gaussian processes tell the trials of a batch of those before them, also as members. */
static bool knows_its_batch(const char *name) {
    return strcmp(name, "gp") == 0 || strcmp(name, "portfolio") == 0;
}

/* At most 3 blocks of kind 0 (as the cap on halvings). */
static bool few_zero_blocks(const void *context, const double *genome) {
    int cap = *(const int *)context;
    int zeros = 0;
    for (int j = 0; j < 7; j++) {
        zeros += genome[1 + 2 * j] == 0.0;
    }
    return zeros <= cap;
}

/* A made-up trial: two objectives, some infeasible, some failed. */
static weft_outcome outcome_of(const double *genome, int n_objectives) {
    double width = 0.0;
    double kinds = 0.0;
    for (int j = 0; j < 7; j++) {
        width += isnan(genome[2 + 2 * j]) ? 0.0 : genome[2 + 2 * j];
        kinds += isnan(genome[1 + 2 * j]) ? 0.0 : genome[1 + 2 * j];
    }
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
    outcome.objectives[0] = 50.0 - width - kinds;
    outcome.objectives[1] = n_objectives > 1 ? width + genome[0] : 0.0;
    if (kinds > 8.0) {
        outcome.state = WEFT_OUTCOME_INFEASIBLE;
        outcome.violation = kinds - 8.0;
    } else if (width == 7.0) {
        outcome.state = WEFT_OUTCOME_FAILED;
    }
    return outcome;
}

static weft_optimizer_settings settings_of(const char *name, int n_objectives) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = 42;
    settings.n_objectives = n_objectives;
    settings.population = 10;
    settings.sample = 40; /* so that ga4 breeds within these tests */
    settings.screened = 20;
    settings.phase_generations = 1;
    settings.limit = 1000000000;
    return settings;
}

/* A search of BATCHES batches; `genomes` has room for all its trials. */
static void search(weft_optimizer *optimizer, int n_objectives, double *genomes) {
    for (int b = 0; b < BATCHES; b++) {
        double *batch = &genomes[(size_t)b * BATCH * N_GENES];
        ask_all(optimizer, (uint64_t)b * BATCH, BATCH, batch);
        for (int i = 0; i < BATCH; i++) {
            weft_outcome outcome = outcome_of(&batch[i * N_GENES], n_objectives);
            tell(optimizer, &batch[i * N_GENES], &outcome);
        }
    }
}

static void test_proposals_are_legal_and_new(void **state) {
    (void)state;
    weft_gene genes[N_GENES];
    imc_genes(genes);
    int cap = 3;
    weft_gene_table table = {
        .genes = genes, .n_genes = N_GENES, .legal = few_zero_blocks, .context = &cap};
    static double genomes[BATCHES * BATCH * N_GENES];
    for (int k = 0; k < 2 * N_NAMES; k++) {
        int n_objectives = 1 + k % 2;
        if (n_objectives > most_objectives(names[k / 2])) {
            continue;
        }
        weft_optimizer_settings settings = settings_of(names[k / 2], n_objectives);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        search(optimizer, n_objectives, genomes);
        for (int t = 0; t < BATCHES * BATCH; t++) {
            const double *genome = &genomes[t * N_GENES];
            assert_true(weft_genome_legal(&table, genome));
            for (int j = 0; j < 7; j++) { /* no block or kernels beyond the depth */
                assert_int_equal(!isnan(genome[1 + 2 * j]), j < (int)genome[0]);
                assert_int_equal(!isnan(genome[2 + 2 * j]), j < (int)genome[0]);
            }
            for (int u = 0; u < t; u++) {
                assert_false(weft_genome_equal(&table, genome, &genomes[u * N_GENES]));
            }
        }
        weft_optimizer_destroy(optimizer);
    }
}

/* Asking again, after other asks, and asking an optimizer told the same again: the same answers,
 * bit for bit. */
static void test_ask_is_a_function_of_what_was_told(void **state) {
    (void)state;
    weft_gene genes[N_GENES];
    imc_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    static double genomes[BATCHES * BATCH * N_GENES];
    double first[BATCH * N_GENES];
    double again[BATCH * N_GENES];
    double single[N_GENES];
    for (int k = 0; k < 2 * N_NAMES; k++) {
        int n_objectives = 1 + k % 2;
        if (n_objectives > most_objectives(names[k / 2])) {
            continue;
        }
        weft_optimizer_settings settings = settings_of(names[k / 2], n_objectives);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        search(optimizer, n_objectives, genomes);
        ask_all(optimizer, 1000, BATCH, first);
        ask_all(optimizer, 3, 2, again);
        ask_all(optimizer, 1000, BATCH, again);
        assert_memory_equal(first, again, sizeof first);
        for (int n = BATCH - 1; n > 0; n--) { /* nor do trials depend on those behind them */
            ask_all(optimizer, 1000, n, again);
            assert_memory_equal(first, again, (size_t)n * N_GENES * sizeof *again);
        }
        int last = knows_its_batch(names[k / 2]) ? 0 : BATCH - 1;
        for (int i = last; i >= 0; i--) { /* a trial's stream depends on its number only */
            ask_all(optimizer, 1000 + (uint64_t)i, 1, single);
            bool taken = false; /* by an earlier one of the batch: then drawn again there */
            for (int j = 0; j < i; j++) {
                taken = taken || weft_genome_equal(&table, single, &first[j * N_GENES]);
            }
            assert_true(taken || memcmp(single, &first[i * N_GENES], sizeof single) == 0);
        }
        weft_optimizer *rebuilt = make_optimizer(&table, &settings);
        for (int t = 0; t < BATCHES * BATCH; t++) {
            weft_outcome outcome = outcome_of(&genomes[t * N_GENES], n_objectives);
            tell(rebuilt, &genomes[t * N_GENES], &outcome);
        }
        ask_all(rebuilt, 1000, BATCH, again);
        assert_memory_equal(first, again, sizeof first);
        settings.seed++;
        weft_optimizer *other = make_optimizer(&table, &settings);
        ask_all(other, 1000, BATCH, again);
        assert_memory_not_equal(first, again, sizeof first);
        weft_optimizer_destroy(other);
        weft_optimizer_destroy(rebuilt);
        weft_optimizer_destroy(optimizer);
    }
}

/* ---- exhaustion ------------------------------------------------------------------------------ */

/* parent 0..3; child (3 choices) exists where the parent is at least 2: 2 + 2 * 3 = 8 genomes. */
static void small_genes(weft_gene genes[2]) {
    memset(genes, 0, 2 * sizeof *genes);
    genes[0].kind = WEFT_GENE_INTEGER;
    genes[0].lower = 0;
    genes[0].upper = 3;
    genes[1].kind = WEFT_GENE_CATEGORICAL;
    genes[1].n_choices = 3;
    genes[1].upper = 2;
    genes[1].n_conditions = 1;
    genes[1].conditions[0] = (weft_condition){.parent = 0, .minimum = 2, .maximum = 3};
}

static bool not_three_zero(const void *context, const double *genome) {
    (void)context;
    return !(genome[0] == 3.0 && genome[1] == 0.0);
}

static bool seen_one(void *context, const double *genome) {
    (void)context;
    return genome[0] == 1.0;
}

static void check_exhaustion(const char *name, int batch, bool forbid, bool seen, int expected) {
    weft_gene genes[2];
    small_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = 2, .legal = forbid ? not_three_zero : NULL};
    weft_optimizer_settings settings = settings_of(name, 1);
    settings.startup_trials = 2;
    settings.population = 2;
    settings.seen = seen ? seen_one : NULL;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    bool found[4][4] = {{false}};
    int total = 0;
    weft_status status = WEFT_OK;
    double genomes[20];
    weft_error error;
    while (status == WEFT_OK) {
        int given = -1;
        status = weft_optimizer_ask(optimizer, (uint64_t)total, batch, genomes, &given, &error);
        assert_true(status == WEFT_OK || status == WEFT_DONE);
        assert_int_equal(given == batch, status == WEFT_OK);
        for (int i = 0; i < given; i++, total++) {
            int child = isnan(genomes[2 * i + 1]) ? 3 : (int)genomes[2 * i + 1];
            assert_false(found[(int)genomes[2 * i]][child]);
            found[(int)genomes[2 * i]][child] = true;
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {genomes[2 * i]}};
            tell(optimizer, &genomes[2 * i], &outcome);
        }
    }
    assert_int_equal(total, expected);
    weft_optimizer_destroy(optimizer);
}

static void test_small_spaces_end_exactly(void **state) {
    (void)state;
    for (int k = 0; k < N_NAMES; k++) {
        for (int batch = 1; batch <= 10; batch++) {
            check_exhaustion(names[k], batch, false, false, 8);
            check_exhaustion(names[k], batch, true, false, 7);
            check_exhaustion(names[k], batch, true, true, 6);
        }
    }
}

/* One legal genome in 7^6: chance does not find it, the walk does. */
static bool all_sixes(const void *context, const double *genome) {
    (void)context;
    for (int g = 0; g < 6; g++) {
        if (genome[g] != 6.0) {
            return false;
        }
    }
    return true;
}

static void test_needle_is_found(void **state) {
    (void)state;
    weft_gene genes[6] = {{.kind = WEFT_GENE_CATEGORICAL}};
    for (int g = 0; g < 6; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_ORDINAL, .n_choices = 7, .upper = 6};
    }
    weft_gene_table table = {.genes = genes, .n_genes = 6, .legal = all_sixes};
    for (int k = 0; k < N_NAMES; k++) {
        weft_optimizer_settings settings = settings_of(names[k], 1);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        double genomes[12];
        int given = -1;
        weft_error error;
        weft_status status = weft_optimizer_ask(optimizer, 0, 2, genomes, &given, &error);
        assert_int_equal(status, WEFT_DONE);
        assert_int_equal(given, 1);
        assert_true(all_sixes(NULL, genomes));
        weft_optimizer_destroy(optimizer);
    }
}

static bool never(const void *context, const double *genome) {
    (void)context;
    (void)genome;
    return false;
}

static void test_endless_spaces_give_up(void **state) {
    (void)state;
    weft_gene gene = {.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1};
    weft_gene_table table = {.genes = &gene, .n_genes = 1, .legal = never};
    weft_optimizer_settings settings = settings_of("tpe", 1);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double genome;
    int given = -1;
    weft_error error;
    assert_int_equal(weft_optimizer_ask(optimizer, 0, 1, &genome, &given, &error), WEFT_DONE);
    assert_int_equal(given, 0);
    weft_optimizer_destroy(optimizer);
}

/* A range of one value, in every kind, beside one that varies. */
static void test_single_values(void **state) {
    (void)state;
    weft_gene genes[6] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 1},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 1},
        {.kind = WEFT_GENE_INTEGER, .lower = 5, .upper = 5},
        {.kind = WEFT_GENE_REAL, .lower = 0.3, .upper = 0.3},
        {.kind = WEFT_GENE_REAL, .lower = 0.3, .upper = 0.3, .log_scale = true},
        {.kind = WEFT_GENE_REAL, .lower = 1e-6, .upper = 1.0, .log_scale = true},
    };
    weft_gene_table table = {.genes = genes, .n_genes = 6};
    for (int k = 0; k < N_NAMES; k++) {
        if (strcmp(names[k], "exhaustive") == 0) {
            continue; /* one gene is real */
        }
        weft_optimizer_settings settings = settings_of(names[k], 1);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        for (uint64_t t = 0; t < 60; t++) {
            double genome[6];
            ask_all(optimizer, t, 1, genome);
            assert_true(genome[0] == 0.0 && genome[1] == 0.0 && genome[2] == 5.0);
            assert_true(genome[3] == 0.3 && genome[4] == 0.3);
            assert_true(genome[5] >= 1e-6 && genome[5] <= 1.0);
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK,
                                    .objectives = {fabs(log10(genome[5]) + 4.0)}};
            tell(optimizer, genome, &outcome);
        }
        weft_optimizer_destroy(optimizer);
    }
}

/* Every trial failed or infeasible: still proposals, and no fault. */
static void test_nothing_works(void **state) {
    (void)state;
    weft_gene genes[N_GENES];
    imc_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    for (int k = 0; k < N_NAMES; k++) {
        weft_optimizer_settings settings = settings_of(names[k], most_objectives(names[k]));
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        for (uint64_t t = 0; t < 50; t++) {
            double genome[N_GENES];
            ask_all(optimizer, t, 1, genome);
            weft_outcome outcome = {.state = t % 2 ? WEFT_OUTCOME_FAILED : WEFT_OUTCOME_INFEASIBLE,
                                    .violation = t % 4 ? INFINITY : 1.0,
                                    .objectives = {NAN, NAN, NAN}};
            tell(optimizer, genome, &outcome);
        }
        weft_optimizer_destroy(optimizer);
    }
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void refuse_settings(const weft_gene_table *table, const weft_optimizer_settings *settings,
                            const char *text) {
    weft_error error = {0};
    weft_optimizer *optimizer = NULL;
    assert_int_equal(weft_optimizer_create(table, settings, &optimizer, &error), WEFT_ERROR_USAGE);
    assert_null(optimizer);
    if (strstr(error.message, text) == NULL && strstr(error.hint, text) == NULL) {
        fail_msg("'%s' (%s) does not say '%s'", error.message, error.hint, text);
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene gene = {.name = "width", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 9};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    weft_optimizer_settings good = settings_of("tpe", 1);
    weft_optimizer_settings bad = good;
    bad.name = "nsga";
    refuse_settings(&table, &bad, "nsga2");
    bad.name = NULL;
    refuse_settings(&table, &bad, "unknown optimizer");
    bad = good;
    bad.n_objectives = 0;
    refuse_settings(&table, &bad, "n_objectives");
    bad.n_objectives = 7;
    refuse_settings(&table, &bad, "n_objectives");
    bad = good;
    bad.gamma = NAN;
    refuse_settings(&table, &bad, "gamma");
    bad = good;
    bad.candidates = 0;
    refuse_settings(&table, &bad, "candidates");
    bad = good;
    bad.population = 1;
    refuse_settings(&table, &bad, "population");
    bad = good;
    bad.mutation_probability = 1.5;
    refuse_settings(&table, &bad, "mutation_probability");
    bad = good;
    bad.divisions = -1;
    refuse_settings(&table, &bad, "divisions");
    bad = good;
    bad.neighbours = 1;
    refuse_settings(&table, &bad, "neighbours");
    bad = good;
    bad.neighbour_probability = NAN;
    refuse_settings(&table, &bad, "neighbour_probability");
    bad = good;
    bad.replacements = 0;
    refuse_settings(&table, &bad, "replacements");
    for (int k = 0; k < 2; k++) { /* 55 directions; 3 and 10 */
        bad = settings_of(k == 0 ? "nsga3" : "moead", 3);
        bad.divisions = 9;
        refuse_settings(&table, &bad, "population of 10 is less than the 55 directions");
        bad.divisions = 1;
        bad.inner_divisions = 3;
        refuse_settings(&table, &bad, "13 directions of 1 divisions and the inner ones");
    }
    bad.population = 20000;
    refuse_settings(&table, &bad, "population of 20000; expected 10000 at most");
    table.n_genes = 0;
    refuse_settings(&table, &good, "no genes");
}

static void test_bad_genes(void **state) {
    (void)state;
    weft_optimizer_settings settings = settings_of("tpe", 1);
    const weft_gene bad[] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 0},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 65, .upper = 64},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 3, .upper = 3},
        {.kind = WEFT_GENE_INTEGER, .lower = 2, .upper = 1},
        {.kind = WEFT_GENE_INTEGER, .lower = 0.5, .upper = 1},
        {.kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 2, .log_scale = true},
        {.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1, .log_scale = true},
        {.kind = WEFT_GENE_REAL, .lower = 0, .upper = INFINITY},
        {.kind = WEFT_GENE_REAL, .lower = NAN, .upper = 1},
        {.kind = WEFT_GENE_REAL, .upper = 1, .n_conditions = 1},
        {.kind = WEFT_GENE_REAL, .upper = 1, .n_conditions = 5},
        {.kind = (weft_gene_kind)9, .upper = 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_gene_table table = {.genes = &bad[i], .n_genes = 1};
        refuse_settings(&table, &settings, "gene 0");
    }
}

static void test_bad_tell(void **state) {
    (void)state;
    weft_gene gene = {.name = "width", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 9};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    weft_optimizer_settings settings = settings_of("nsga2", 2);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    weft_error error = {0};
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {1, 2}};
    const double values[] = {0.0, 10.0, 2.5, NAN};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(weft_optimizer_tell(optimizer, &values[i], &outcome, &error),
                         WEFT_ERROR_USAGE);
        assert_non_null(strstr(error.message, "'width'"));
    }
    const double genome = 3.0;
    outcome.objectives[1] = NAN;
    assert_int_equal(weft_optimizer_tell(optimizer, &genome, &outcome, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.hint, "failed"));
    outcome.state = WEFT_OUTCOME_INFEASIBLE;
    assert_int_equal(weft_optimizer_tell(optimizer, &genome, &outcome, &error), WEFT_ERROR_USAGE);
    outcome.state = (weft_outcome_state)9;
    assert_int_equal(weft_optimizer_tell(optimizer, &genome, &outcome, &error), WEFT_ERROR_USAGE);
    double asked;
    int given = 0;
    assert_int_equal(weft_optimizer_ask(optimizer, 0, -1, &asked, &given, &error),
                     WEFT_ERROR_USAGE);
    assert_int_equal(weft_optimizer_ask(optimizer, 0, 0, &asked, &given, &error), WEFT_OK);
    ask_all(optimizer, 0, 1, &asked); /* nothing refused was kept: it still works */
    weft_optimizer_destroy(optimizer);
    weft_optimizer_destroy(NULL);
}

static void test_names(void **state) {
    (void)state;
    const char *const *listed = weft_optimizer_names();
    for (int k = 0; k < N_NAMES; k++) {
        assert_string_equal(listed[k], names[k]);
    }
    assert_null(listed[N_NAMES]);
}

/* Random genes: uniform given the parents. */
static void test_random_is_uniform(void **state) {
    (void)state;
    weft_gene genes[3] = {
        {.kind = WEFT_GENE_INTEGER, .lower = -1, .upper = 2},
        {.kind = WEFT_GENE_REAL, .lower = 1e-4, .upper = 1.0, .log_scale = true},
        {.kind = WEFT_GENE_CATEGORICAL,
         .n_choices = 2,
         .upper = 1,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 1, .maximum = 2}}},
    };
    weft_gene_table table = {.genes = genes, .n_genes = 3};
    weft_optimizer_settings settings = settings_of("random", 1);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    enum { N = 20000 };
    int whole[4] = {0};
    int decade[4] = {0};
    int choice[3] = {0};
    for (uint64_t t = 0; t < N; t++) {
        double genome[3];
        ask_all(optimizer, t, 1, genome);
        whole[(int)genome[0] + 1]++;
        decade[(int)fmin(3.0, -log10(genome[1]))]++;
        choice[isnan(genome[2]) ? 2 : (int)genome[2]]++;
    }
    for (int k = 0; k < 4; k++) { /* within 5 standard deviations */
        assert_true(abs(whole[k] - N / 4) < 5 * 62);
        assert_true(abs(decade[k] - N / 4) < 5 * 62);
    }
    assert_true(abs(choice[2] - N / 2) < 5 * 71);
    assert_true(abs(choice[0] - N / 4) < 5 * 62);
    weft_optimizer_destroy(optimizer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proposals_are_legal_and_new),
        cmocka_unit_test(test_ask_is_a_function_of_what_was_told),
        cmocka_unit_test(test_small_spaces_end_exactly),
        cmocka_unit_test(test_needle_is_found),
        cmocka_unit_test(test_endless_spaces_give_up),
        cmocka_unit_test(test_single_values),
        cmocka_unit_test(test_nothing_works),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_bad_genes),
        cmocka_unit_test(test_bad_tell),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_random_is_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
