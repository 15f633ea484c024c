/* SPDX-License-Identifier: Apache-2.0
 *
 * Attainment against the definition, on grids with many ties and on reals; quartiles by hand. */
#include "search/support.h"

#include <math.h>

enum { MOST_RUNS = 7, MOST_POINTS = 12 };

typedef struct runs_made {
    double values[MOST_RUNS][MOST_POINTS * 2];
    weft_points runs[MOST_RUNS];
    size_t n;
} runs_made;

static void make_runs(runs_made *made, weft_rng *rng, uint64_t levels) {
    made->n = 1 + (size_t)weft_rng_below(rng, MOST_RUNS);
    for (size_t i = 0; i < made->n; i++) {
        made->runs[i] = (weft_points){.points = made->values[i],
                                      .n = (size_t)weft_rng_below(rng, MOST_POINTS + 1)};
        for (size_t j = 0; j < 2 * made->runs[i].n; j++) {
            made->values[i][j] = levels == 0 ? weft_rng_uniform(rng)
                                             : (double)weft_rng_below(rng, levels);
        }
    }
}

/* How many runs have a point no worse than (x, y). */
static size_t twin_attaining(const runs_made *made, double x, double y) {
    size_t n = 0;
    for (size_t i = 0; i < made->n; i++) {
        bool attains = false;
        for (size_t j = 0; j < made->runs[i].n; j++) {
            const double *p = &made->runs[i].points[2 * j];
            attains = attains || (p[0] <= x && p[1] <= y);
        }
        n += attains;
    }
    return n;
}

/* Whether the surface says of (x, y) what the runs say. */
static void check_vector(const runs_made *made, size_t k, const double *surface, size_t n, double x,
                         double y) {
    bool below = false;
    for (size_t i = 0; i < n; i++) {
        below = below || (surface[2 * i] <= x && surface[2 * i + 1] <= y);
    }
    size_t attaining = twin_attaining(made, x, y);
    assert_int_equal(below, attaining >= k);
    const double vector[] = {x, y};
    double share = weft_attained(made->runs, made->n, 2, vector);
    assert_true(share == (double)attaining / (double)made->n);
}

static void test_surface_is_what_k_runs_attain(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 21);
        runs_made made;
        make_runs(&made, &rng, seed % 3 * 4);
        size_t k = 1 + (size_t)weft_rng_below(&rng, made.n);
        double *surface = NULL;
        size_t n = 0;
        weft_error error;
        assert_int_equal(weft_attainment(made.runs, made.n, k, &surface, &n, &error), WEFT_OK);
        for (size_t i = 1; i < n; i++) { /* a front, in order */
            assert_true(surface[2 * i] > surface[2 * i - 2]);
            assert_true(surface[2 * i + 1] < surface[2 * i - 1]);
        }
        for (size_t a = 0; a < made.n; a++) {
            for (size_t b = 0; b < made.n; b++) { /* corners of all points, and just below them */
                for (size_t j = 0; j < made.runs[a].n && j < made.runs[b].n; j++) {
                    double x = made.runs[a].points[2 * j];
                    double y = made.runs[b].points[2 * j + 1];
                    check_vector(&made, k, surface, n, x, y);
                    check_vector(&made, k, surface, n, nextafter(x, -INFINITY), y);
                }
            }
        }
        free(surface);
    }
}

static void test_attained_in_many_objectives(void **state) {
    (void)state;
    const double one[] = {1, 2, 3, 4, 5, 6};
    const double two[] = {6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1};
    const weft_points runs[] = {{one, 1}, {two, 2}, {NULL, 0}};
    assert_true(weft_attained(runs, 3, 6, (const double[]){1, 2, 3, 4, 5, 6}) == 2.0 / 3.0);
    assert_true(weft_attained(runs, 3, 6, (const double[]){1, 2, 3, 4, 5, 5}) == 1.0 / 3.0);
    assert_true(weft_attained(runs, 3, 6, (const double[]){1, 1, 1, 1, 1, 0}) == 0.0);
    assert_true(isnan(weft_attained(runs, 0, 6, one)));
}

static void test_bad_attainment(void **state) {
    (void)state;
    const double good[] = {1, 2};
    const double broken[] = {1, NAN};
    weft_points runs[] = {{good, 1}, {broken, 1}};
    double *surface = NULL;
    size_t n = 7;
    weft_error error = {0};
    assert_int_equal(weft_attainment(runs, 1, 0, &surface, &n, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_attainment(runs, 1, 2, &surface, &n, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_attainment(runs, 2, 1, &surface, &n, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "point 0 of run 1"));
    assert_true(n == 7 && surface == NULL);
    runs[0].n = 0;
    assert_int_equal(weft_attainment(runs, 1, 1, &surface, &n, &error), WEFT_OK);
    assert_true(n == 0 && surface == NULL);
}

static void check_quartiles(const double *values, size_t n, const double expected[5]) {
    double quartiles[5];
    weft_error error;
    assert_int_equal(weft_quartiles(values, n, quartiles, &error), WEFT_OK);
    for (int q = 0; q < 5; q++) {
        assert_true(quartiles[q] == expected[q] || (isnan(quartiles[q]) && isnan(expected[q])));
    }
}

static void test_quartiles(void **state) {
    (void)state;
    const double none[] = {NAN, NAN, NAN, NAN, NAN};
    check_quartiles((const double[]){4, 1, 3, 2, 5}, 5, (const double[]){1, 2, 3, 4, 5});
    check_quartiles((const double[]){4, 1, 3, 2}, 4, (const double[]){1, 1.75, 2.5, 3.25, 4});
    check_quartiles((const double[]){7}, 1, (const double[]){7, 7, 7, 7, 7});
    check_quartiles(none, 0, none);
    check_quartiles((const double[]){1, NAN}, 2, none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_surface_is_what_k_runs_attain),
        cmocka_unit_test(test_attained_in_many_objectives),
        cmocka_unit_test(test_bad_attainment),
        cmocka_unit_test(test_quartiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
