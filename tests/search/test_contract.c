/* SPDX-License-Identifier: Apache-2.0
 *
 * What ask and tell promise for every method: results in any order, late, in part, and beside trials that
 * are still out; amounts of constraints that no unit outweighs. */
#include "search/support.h"

#include <math.h>

enum { N_GENES = 15, BATCH = 5, BATCHES = 8, N = BATCH * BATCHES };

static weft_gene genes[N_GENES];
static weft_gene_table table = {.genes = genes, .n_genes = N_GENES};

static int set_up(void **state) {
    (void)state;
    imc_genes(genes);
    return 0;
}

/* One objective, and several where the method takes them. */
static weft_optimizer *make(const char *name, int n_objectives) {
    weft_error error;
    weft_optimizer *optimizer = NULL;
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = 7;
    settings.n_objectives = n_objectives;
    settings.startup_trials = 8;
    settings.population = 8;
    settings.scored = 50;
    settings.sample = 40;
    settings.screened = 20;
    settings.phase_generations = 1;
    settings.limit = 1000000000;
    weft_status status = weft_optimizer_create(&table, &settings, &optimizer, &error);
    if (status == WEFT_ERROR_USAGE && n_objectives > 1) {
        return NULL; /* it has one objective */
    }
    if (status != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return optimizer;
}

/* Calls `check` for each method, with one objective and with two. */
static void for_all(void (*check)(const char *name, int n_objectives)) {
    for (const char *const *name = weft_optimizer_names(); *name != NULL; name++) {
        for (int n_objectives = 1; n_objectives <= 2; n_objectives++) {
            weft_optimizer *fits = make(*name, n_objectives);
            if (fits != NULL) {
                check(*name, n_objectives);
            }
            weft_optimizer_destroy(fits);
        }
    }
}

/* A made-up result, biased below the whole evaluation: some infeasible by two constraints, some failed. */
static weft_outcome result_of(const double *genome, double fidelity) {
    double width = 0.0;
    double kinds = 0.0;
    for (int j = 0; j < 7; j++) {
        width += isnan(genome[2 + 2 * j]) ? 0.0 : genome[2 + 2 * j];
        kinds += isnan(genome[1 + 2 * j]) ? 0.0 : genome[1 + 2 * j];
    }
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .fidelity = fidelity, .n_constraints = 2};
    outcome.objectives[0] = 50.0 - width * fidelity - kinds;
    outcome.objectives[1] = width + genome[0] + 3.0 * (1.0 - fidelity);
    if (kinds > 7.0 || width > 20.0) {
        outcome.state = WEFT_OUTCOME_INFEASIBLE;
        outcome.violations[0] = fmax(kinds - 7.0, 0.0) / 7.0;
        outcome.violations[1] = width > 20.0 ? (width - 20.0) / 20.0 : genome[0] > 5.0 ? NAN : 0.0;
    } else if (width == 7.0) {
        outcome.state = WEFT_OUTCOME_FAILED;
    }
    return outcome;
}

static void tell_trial(weft_optimizer *optimizer, uint64_t trial, const double *genome,
                       double fidelity) {
    weft_error error;
    weft_outcome outcome = result_of(genome, fidelity);
    if (weft_optimizer_tell_trial(optimizer, trial, genome, &outcome, &error) != WEFT_OK) {
        fail_msg("tell: %s", error.message);
    }
}

/* ---- order ------------------------------------------------------------------------------------- */

static void shuffle(int *order, int n, weft_rng *rng) {
    for (int i = n - 1; i > 0; i--) {
        int j = (int)weft_rng_below(rng, (uint64_t)i + 1);
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

/* A search told in the order of its trials, and one whose batches are told in any other. */
static void check_batches(const char *name, int n_objectives) {
    weft_optimizer *straight = make(name, n_objectives);
    weft_optimizer *mixed = make(name, n_objectives);
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_ASK, 0);
    double a[BATCH * N_GENES];
    double b[BATCH * N_GENES];
    for (int k = 0; k < BATCHES; k++) {
        uint64_t first = (uint64_t)k * BATCH;
        int order[BATCH];
        ask_all(straight, first, BATCH, a);
        ask_all(mixed, first, BATCH, b);
        if (memcmp(a, b, sizeof a) != 0) {
            fail_msg("%s, %d objectives: batch %d is another", name, n_objectives, k);
        }
        for (int i = 0; i < BATCH; i++) {
            order[i] = i;
            tell_trial(straight, first + (uint64_t)i, &a[i * N_GENES], 1.0);
        }
        shuffle(order, BATCH, &rng);
        for (int i = 0; i < BATCH; i++) {
            tell_trial(mixed, first + (uint64_t)order[i], &a[order[i] * N_GENES], 1.0);
        }
    }
    weft_optimizer_destroy(mixed);
    weft_optimizer_destroy(straight);
}

static void test_order_within_a_batch_changes_nothing(void **state) {
    (void)state;
    for_all(check_batches);
}

/* N genomes, of a plain search. */
static void draw_genomes(double *genomes) {
    weft_optimizer *random = make("random", 1);
    for (int t = 0; t < N; t++) {
        ask_all(random, (uint64_t)t, 1, &genomes[t * N_GENES]);
        tell_trial(random, (uint64_t)t, &genomes[t * N_GENES], 1.0);
    }
    weft_optimizer_destroy(random);
}

/* What is asked for behind a set of results, whichever way they came: all at once, or late and in part
 * with asks in between. */
static void check_set(const char *name, int n_objectives) {
    static double genomes[N * N_GENES];
    double whole[BATCH * N_GENES];
    double other[BATCH * N_GENES];
    draw_genomes(genomes);
    weft_optimizer *once = make(name, n_objectives);
    for (int t = 0; t < N; t++) {
        tell_trial(once, (uint64_t)t, &genomes[t * N_GENES], t % 3 == 0 ? 0.5 : 1.0);
    }
    ask_all(once, N, BATCH, whole);
    for (uint64_t round = 0; round < 3; round++) {
        weft_rng rng = weft_rng_make(round, WEFT_PURPOSE_ASK, 1);
        int order[N];
        for (int t = 0; t < N; t++) {
            order[t] = t;
        }
        shuffle(order, N, &rng);
        weft_optimizer *late = make(name, n_objectives);
        for (int i = 0; i < N; i++) {
            int t = order[i];
            double fullest = t % 3 == 0 ? 0.5 : 1.0;
            tell_trial(late, (uint64_t)t, &genomes[t * N_GENES], i % 2 == 0 ? 0.25 : fullest);
            if (i % 13 == 12) {
                ask_all(late, 100, 2, other);
            }
        }
        for (int i = 0; i < N; i++) {
            int t = order[i];
            double fullest = t % 3 == 0 ? 0.5 : 1.0;
            tell_trial(late, (uint64_t)t, &genomes[t * N_GENES], i % 2 == 0 ? fullest : 0.125);
        }
        ask_all(late, N, BATCH, other);
        if (memcmp(whole, other, sizeof whole) != 0) {
            fail_msg("%s, %d objectives: results that came late count otherwise", name,
                     n_objectives);
        }
        weft_optimizer_destroy(late);
    }
    weft_optimizer_destroy(once);
}

static void test_late_and_partial_results(void **state) {
    (void)state;
    for_all(check_set);
}

/* Without numbers the fullest result of a genome counts in the place of its first. */
static void test_partial_results_without_numbers(void **state) {
    (void)state;
    static double genomes[N * N_GENES];
    double a[N_GENES];
    double b[N_GENES];
    draw_genomes(genomes);
    weft_optimizer *whole = make("nsga2", 2);
    weft_optimizer *parts = make("nsga2", 2);
    for (int t = 0; t < N; t++) {
        weft_outcome full = result_of(&genomes[t * N_GENES], 1.0);
        weft_outcome part = result_of(&genomes[t * N_GENES], 0.5);
        full.fidelity = 0.0; /* counts as 1 */
        tell(whole, &genomes[t * N_GENES], &full);
        tell(parts, &genomes[t * N_GENES], &part);
    }
    ask_all(parts, N, 1, a);
    for (int t = N - 1; t >= 0; t--) {
        weft_outcome full = result_of(&genomes[t * N_GENES], 1.0);
        weft_outcome part = result_of(&genomes[t * N_GENES], 0.5);
        tell(parts, &genomes[t * N_GENES], &full);
        tell(parts, &genomes[t * N_GENES], &part); /* late, and less */
    }
    ask_all(whole, N, 1, a);
    ask_all(parts, N, 1, b);
    assert_memory_equal(a, b, sizeof a);
    weft_optimizer_destroy(parts);
    weft_optimizer_destroy(whole);
}

/* ---- beside what is out -------------------------------------------------------------------------- */

static void check_beside(const char *name, int n_objectives) {
    double batch[BATCH * N_GENES];
    double beside[N_GENES];
    double again[BATCH * N_GENES];
    weft_optimizer *optimizer = make(name, n_objectives);
    for (int k = 0; k < BATCHES; k++) {
        uint64_t first = (uint64_t)k * BATCH;
        ask_all(optimizer, first, BATCH, batch);
        for (int i = 1; i < BATCH; i++) { /* a batch is asked for one beside the other */
            weft_error error;
            int given = 0;
            assert_int_equal(weft_optimizer_ask_beside(optimizer, batch, i, first + (uint64_t)i, 1,
                                                       beside, &given, &error),
                             WEFT_OK);
            assert_int_equal(given, 1);
            if (memcmp(beside, &batch[i * N_GENES], sizeof beside) != 0) {
                fail_msg("%s, %d objectives: genome %d beside the others is another", name,
                         n_objectives, i);
            }
        }
        ask_all(optimizer, first, BATCH, again); /* what was out has left no trace */
        assert_memory_equal(batch, again, sizeof batch);
        for (int i = 0; i < BATCH; i++) {
            tell_trial(optimizer, first + (uint64_t)i, &batch[i * N_GENES], 1.0);
        }
    }
    weft_optimizer_destroy(optimizer);
}

static void test_ask_beside_what_is_out(void **state) {
    (void)state;
    for_all(check_beside);
}

/* Four workers who each ask when they are free, results coming back in any order: no genome twice, all
 * legal, though nobody waits for a batch. */
static void check_free_workers(const char *name, int n_objectives) {
    enum { WORKERS = 4 };
    static double all[N * N_GENES];
    double out[WORKERS * N_GENES];
    uint64_t trials[WORKERS];
    int n_out = 0;
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_ASK, 2);
    weft_optimizer *optimizer = make(name, n_objectives);
    for (int t = 0; t < N; t++) {
        weft_error error;
        int given = 0;
        double *genome = &all[t * N_GENES];
        assert_int_equal(weft_optimizer_ask_beside(optimizer, out, n_out, (uint64_t)t, 1, genome,
                                                   &given, &error),
                         WEFT_OK);
        assert_int_equal(given, 1);
        assert_true(weft_genome_legal(&table, genome));
        for (int u = 0; u < t; u++) {
            assert_false(weft_genome_equal(&table, genome, &all[u * N_GENES]));
        }
        memcpy(&out[n_out * N_GENES], genome, N_GENES * sizeof *genome);
        trials[n_out++] = (uint64_t)t;
        if (n_out == WORKERS) {
            int w = (int)weft_rng_below(&rng, WORKERS);
            tell_trial(optimizer, trials[w], &out[w * N_GENES], 1.0);
            n_out--;
            memmove(&out[w * N_GENES], &out[n_out * N_GENES], N_GENES * sizeof *out);
            trials[w] = trials[n_out];
        }
    }
    weft_optimizer_destroy(optimizer);
}

static void test_free_workers_ask_at_once(void **state) {
    (void)state;
    for_all(check_free_workers);
}

/* ---- constraints --------------------------------------------------------------------------------- */

/* Amounts add up: told one by one they count as their sum does, for all that go by the sum. */
static void check_sums(const char *name, int n_objectives) {
    static double genomes[N * N_GENES];
    double a[BATCH * N_GENES];
    double b[BATCH * N_GENES];
    if (strcmp(name, "gp") == 0 || strcmp(name, "portfolio") == 0) {
        return; /* has a process for each, or a member that has */
    }
    draw_genomes(genomes);
    weft_optimizer *vector = make(name, n_objectives);
    weft_optimizer *sum = make(name, n_objectives);
    for (int t = 0; t < N; t++) {
        weft_outcome one = result_of(&genomes[t * N_GENES], 1.0);
        weft_outcome other = one;
        one.violation = 1e9; /* not looked at */
        other.n_constraints = 0;
        for (int c = 0; c < 2; c++) {
            other.violation += isnan(one.violations[c]) ? 0.0 : one.violations[c];
        }
        tell(vector, &genomes[t * N_GENES], &one);
        tell(sum, &genomes[t * N_GENES], &other);
    }
    ask_all(vector, N, BATCH, a);
    ask_all(sum, N, BATCH, b);
    assert_memory_equal(a, b, sizeof a);
    weft_optimizer_destroy(vector);
    weft_optimizer_destroy(sum);
}

static void test_amounts_add_up(void **state) {
    (void)state;
    for_all(check_sums);
}

/* Two reals; feasible is the corner x >= 0.7, y >= 0.7, in which x + y is least at (0.7, 0.7). */
static double corner_search(bool one_by_one, uint64_t seed) {
    weft_gene two[2] = {{.kind = WEFT_GENE_REAL, .upper = 1}, {.kind = WEFT_GENE_REAL, .upper = 1}};
    weft_gene_table square = {.genes = two, .n_genes = 2};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "gp";
    settings.seed = seed;
    settings.startup_trials = 6;
    settings.scored = 200;
    weft_optimizer *optimizer = make_optimizer(&square, &settings);
    double best = INFINITY;
    for (uint64_t t = 0; t < 30; t++) {
        double at[2];
        ask_all(optimizer, t, 1, at);
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {at[0] + at[1]}};
        for (int c = 0; c < 2; c++) {
            outcome.violations[c] = fmax(0.7 - at[c], 0.0) / 0.7;
        }
        outcome.violation = outcome.violations[0] + outcome.violations[1];
        outcome.n_constraints = one_by_one ? 2 : 0;
        if (outcome.violation > 0.0) {
            outcome.state = WEFT_OUTCOME_INFEASIBLE;
        } else {
            best = fmin(best, at[0] + at[1]);
        }
        tell(optimizer, at, &outcome);
    }
    weft_optimizer_destroy(optimizer);
    return best;
}

static void test_gp_learns_constraints_one_by_one(void **state) {
    (void)state;
    double total[2] = {0.0, 0.0};
    for (uint64_t seed = 0; seed < 6; seed++) {
        for (int k = 0; k < 2; k++) {
            double best = corner_search(k == 1, seed);
            assert_true(best >= 1.4);
            total[k] += best - 1.4;
        }
    }
    print_message("mean distance from the corner: %.4f by the sum, %.4f one by one\n",
                  total[0] / 6.0, total[1] / 6.0);
    assert_true(total[1] / 6.0 < 0.12); /* of 30 points at random the best is 0.3 off */
}

/* ---- bad input ----------------------------------------------------------------------------------- */

/* Values whose differences no double holds are results as any other: the search goes on. */
static void check_huge_values(const char *name, int n_objectives) {
    weft_optimizer *optimizer = make(name, n_objectives);
    for (uint64_t t = 0; t < N; t++) {
        double x[N_GENES];
        ask_all(optimizer, t, 1, x);
        double size = (t % 2 == 0 ? 1.0 : -1.0) * 1e308 * (1.0 + 0.01 * (double)t);
        tell(optimizer, x, &(weft_outcome){.objectives = {size, -size}});
    }
    weft_optimizer_destroy(optimizer);
}

static void test_huge_values(void **state) {
    (void)state;
    for_all(check_huge_values);
}

static void refuse(weft_optimizer *optimizer, const double *genome, const weft_outcome *outcome,
                   const char *text) {
    weft_error error = {0};
    assert_int_equal(weft_optimizer_tell_trial(optimizer, 1, genome, outcome, &error),
                     WEFT_ERROR_USAGE);
    if (strstr(error.message, text) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, text);
    }
}

static void test_bad_results(void **state) {
    (void)state;
    weft_gene gene = {.name = "width", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 9};
    weft_gene_table small = {.genes = &gene, .n_genes = 1};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    weft_optimizer *optimizer = make_optimizer(&small, &settings);
    const double three = 3.0;
    const double four = 4.0;
    weft_outcome good = {.state = WEFT_OUTCOME_OK, .n_constraints = 1};
    weft_outcome bad = good;
    bad.violations[0] = 0.5;
    refuse(optimizer, &three, &bad, "broken by 0.5; expected 0 of a trial that is ok");
    bad.violations[0] = -0.5;
    refuse(optimizer, &three, &bad, "expected 0 or more");
    bad.n_constraints = 9;
    refuse(optimizer, &three, &bad, "9 constraints");
    bad = good;
    bad.state = WEFT_OUTCOME_INFEASIBLE;
    bad.violation = 1.0; /* its constraints all hold */
    refuse(optimizer, &three, &bad, "violation 0");
    bad = good;
    bad.fidelity = 1.5;
    refuse(optimizer, &three, &bad, "fidelity 1.5");
    bad.fidelity = NAN;
    refuse(optimizer, &three, &bad, "fidelity");
    weft_error error;
    assert_int_equal(weft_optimizer_tell_trial(optimizer, 1, &three, &good, &error), WEFT_OK);
    refuse(optimizer, &four, &good, "trial 1 a second time");
    double asked;
    int given;
    const double none = 77.0;
    assert_int_equal(weft_optimizer_ask_beside(optimizer, &none, 1, 2, 1, &asked, &given, &error),
                     WEFT_ERROR_USAGE);
    assert_int_equal(weft_optimizer_ask_beside(optimizer, &none, -1, 2, 1, &asked, &given, &error),
                     WEFT_ERROR_USAGE);
    ask_all(optimizer, 2, 1, &asked); /* nothing of it was kept */
    weft_optimizer_destroy(optimizer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_within_a_batch_changes_nothing),
        cmocka_unit_test(test_late_and_partial_results),
        cmocka_unit_test(test_partial_results_without_numbers),
        cmocka_unit_test(test_ask_beside_what_is_out),
        cmocka_unit_test(test_free_workers_ask_at_once),
        cmocka_unit_test(test_amounts_add_up),
        cmocka_unit_test(test_gp_learns_constraints_one_by_one),
        cmocka_unit_test(test_huge_values),
        cmocka_unit_test(test_bad_results),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
