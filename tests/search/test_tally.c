/* SPDX-License-Identifier: Apache-2.0
 *
 * What lets TPE forget nothing and sort nothing again: the best few of a growing history beside a sort of
 * all of it, and the weighted observations of all but a few beside weft_forget on a list of them. */
#include "search/elite.h"
#include "search/parzen.h"
#include "search/support.h"
#include "search/tally.h"

#include <math.h>
#include <string.h>

enum { N_ROWS = 1200, N_VALUES = 5, N_BINS = 5 };

/* ---- the best few ---------------------------------------------------------------------------- */

/* Outcomes with ties, a few failed and infeasible, and long fronts. */
static weft_outcome draw_outcome(weft_rng *rng, int m, int grid, double ok_share) {
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .fidelity = 1.0};
    if (weft_rng_uniform(rng) > ok_share) {
        bool failed = weft_rng_uniform(rng) < 0.5;
        outcome.state = failed ? WEFT_OUTCOME_FAILED : WEFT_OUTCOME_INFEASIBLE;
        outcome.violation = failed ? 0.0 : 1.0 + (double)weft_rng_below(rng, 9);
        return outcome;
    }
    double sum = 0.0;
    for (int k = 0; k < m; k++) {
        outcome.objectives[k] = (double)weft_rng_below(rng, (uint64_t)grid);
        sum += outcome.objectives[k];
    }
    if (weft_rng_uniform(rng) < 0.5 && m > 1) { /* onto a plane: a long front */
        outcome.objectives[0] += (double)(m * grid) - sum;
    }
    return outcome;
}

static void check_elite(weft_rng *rng, int m, int grid, double ok_share, size_t step) {
    weft_gene gene = {.name = "g", .kind = WEFT_GENE_REAL, .upper = 1.0};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    weft_history history = {.table = &table};
    weft_elite elite;
    weft_error error;
    static weft_standing all[N_ROWS];
    weft_elite_create(25, &elite);
    assert_int_equal(weft_history_reserve(&history, N_ROWS, &error), WEFT_OK);
    for (size_t n = 0; n < N_ROWS; n++) {
        double genome = (double)n / N_ROWS;
        weft_outcome outcome = draw_outcome(rng, m, grid, ok_share);
        weft_history_insert(&history, n, &genome, &outcome);
        if ((n + 1) % step != 0) {
            continue;
        }
        assert_int_equal(weft_elite_update(&elite, &history, m, &error), WEFT_OK);
        for (size_t i = 0; i <= n; i++) {
            all[i] = (weft_standing){.row = i};
        }
        assert_int_equal(weft_standings_sort(&history, m, all, n + 1, &error), WEFT_OK);
        for (size_t i = 0; i <= n && i < 25; i++) {
            assert_true(i < elite.n);
            assert_int_equal(elite.members[i].row, all[i].row);
            assert_int_equal(elite.members[i].state, all[i].state);
            assert_int_equal(elite.members[i].rank, all[i].rank);
            assert_true(elite.members[i].crowding == all[i].crowding);
        }
    }
    weft_elite_destroy(&elite);
    weft_history_clear(&history);
}

static void test_elite_is_the_head_of_a_sort(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (int m = 1; m <= 4; m++) {
        check_elite(&rng, m, 1000, 0.9, 7);
        check_elite(&rng, m, 6, 1.0, 5);     /* many equal */
        check_elite(&rng, m, 1000, 0.02, 3); /* hardly any result */
    }
    check_elite(&rng, 2, 1000, 1.0, 400); /* many at once */
}

/* Each trial better than all before: members leave as fast as they come. */
static void test_elite_of_a_rising_history(void **state) {
    (void)state;
    weft_gene gene = {.name = "g", .kind = WEFT_GENE_REAL, .upper = 1.0};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    weft_history history = {.table = &table};
    weft_elite elite;
    weft_error error;
    weft_elite_create(25, &elite);
    assert_int_equal(weft_history_reserve(&history, N_ROWS, &error), WEFT_OK);
    for (size_t n = 0; n < N_ROWS; n++) {
        double genome = (double)n / N_ROWS;
        /* three in a front, each front before the last */
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .fidelity = 1.0};
        outcome.objectives[0] = -10.0 * (double)(n / 3) + (double)(n % 3);
        outcome.objectives[1] = -10.0 * (double)(n / 3) - (double)(n % 3);
        weft_history_insert(&history, n, &genome, &outcome);
        assert_int_equal(weft_elite_update(&elite, &history, 2, &error), WEFT_OK);
        size_t front = n / 3 * 3;
        for (size_t i = 0; i < 25 && i <= n; i++) {
            assert_int_equal(history.outcomes[elite.members[i].row].objectives[0] <=
                                 -10.0 * (double)(front / 3 - i / 3) + 2.0 + 10.0,
                             true);
        }
        assert_true(elite.members[0].row >= front);
    }
    weft_elite_destroy(&elite);
    weft_history_clear(&history);
}

/* ---- all but a few --------------------------------------------------------------------------- */

static void masses_of(weft_observation *observations, size_t n, double masses[N_BINS]) {
    static weft_component components[N_ROWS + 1];
    weft_parzen mixture;
    weft_parzen_fit(observations, n, 1.0, -0.5, N_BINS - 0.5, components, &mixture);
    weft_parzen_bins(&mixture, N_BINS, masses);
}

static void check_others(const weft_tally *tally, const size_t *values, const bool *active,
                         size_t n_rows, const bool *is_few, int full) {
    static weft_observation listed[N_ROWS];
    weft_observation short_list[3 * N_VALUES];
    weft_component components[3 * N_VALUES + 1];
    size_t places[WEFT_TALLY_FEW];
    uint32_t before[WEFT_TALLY_FEW * N_VALUES];
    size_t n_few = 0;
    size_t n = 0;
    size_t n_short;
    for (size_t row = 0; row < n_rows; row++) {
        size_t place = weft_tally_place(tally, row);
        assert_int_equal(place != SIZE_MAX, active[row]);
        if (active[row] && is_few[row]) {
            weft_tally_before(tally, place, &before[n_few * N_VALUES]);
            places[n_few++] = place;
        } else if (active[row]) {
            listed[n++].value = (double)values[row];
        }
    }
    weft_forget(listed, n, full);
    size_t all = weft_tally_others(tally, places, n_few, before, full, short_list, &n_short);
    assert_int_equal(all, n);
    double expected[N_BINS];
    double found[N_BINS];
    weft_pseudocounts(listed, n, 1.0, N_BINS, expected);
    weft_pseudocounts(short_list, n_short, 1.0, N_BINS, found);
    for (int k = 0; k < N_BINS; k++) {
        assert_true(fabs(expected[k] - found[k]) < 1e-13);
    }
    weft_parzen mixture;
    masses_of(listed, n, expected);
    weft_parzen_fit_sorted(short_list, n_short, all, 1.0, -0.5, N_BINS - 0.5, components, &mixture);
    weft_parzen_bins(&mixture, N_BINS, found);
    for (int k = 0; k < N_BINS; k++) {
        assert_true(fabs(expected[k] - found[k]) < 1e-12);
    }
}

static void test_others_are_those_of_a_list(void **state) {
    (void)state;
    static size_t values[N_ROWS];
    static bool active[N_ROWS];
    static bool is_few[N_ROWS];
    static const size_t sizes[] = {0, 1, 2, 3, 25, 26, 60, 511, 513, 1025, N_ROWS};
    weft_error error;
    for (uint64_t round = 0; round < 20; round++) {
        weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, round);
        weft_tally tally;
        assert_int_equal(weft_tally_create(N_VALUES, &tally, &error), WEFT_OK);
        double share = round % 2 == 0 ? 1.0 : 0.6;
        size_t row = 0;
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            for (; row < sizes[s]; row++) {
                active[row] = weft_rng_uniform(&rng) < share;
                values[row] = (size_t)(N_VALUES * pow(weft_rng_uniform(&rng), 3.0));
                if (active[row]) {
                    assert_int_equal(weft_tally_add(&tally, row, values[row], &error), WEFT_OK);
                }
            }
            memset(is_few, 0, sizeof is_few);
            size_t n_few = weft_rng_below(&rng, WEFT_TALLY_FEW + 1);
            for (size_t i = 0; i < n_few && row > 0; i++) {
                is_few[i % 3 == 0 ? row - 1 - i % row : weft_rng_below(&rng, row)] = true;
            }
            check_others(&tally, values, active, row, is_few, round % 3 == 0 ? 2 : 25);
        }
        weft_tally_destroy(&tally);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elite_is_the_head_of_a_sort),
        cmocka_unit_test(test_elite_of_a_rising_history),
        cmocka_unit_test(test_others_are_those_of_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
