/* SPDX-License-Identifier: Apache-2.0
 *
 * Minima of functions: neighbours against an independent construction, the minima of functions of the
 * literature, constraints, budgets, repetition, bad problems. */
#include "search/cells.h"
#include "search/shgo_cases.h"
#include "search/support.h"

#include <math.h>

/* ---- cells ----------------------------------------------------------------------------------- */

/* In the plane: whether part of the line halfway between p and q lies in the box and nearer to them
 * than to any other point. */
static bool neighbours_in_plane(const double *points, size_t n, size_t p, size_t q) {
    const double *a = &points[2 * p];
    const double *b = &points[2 * q];
    double middle[2] = {0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])};
    double along[2] = {a[1] - b[1], b[0] - a[0]};
    double lower = -INFINITY;
    double upper = INFINITY;
    for (size_t i = 0; i < n + 4; i++) {
        double normal[2] = {0.0, 0.0}; /* normal.x <= limit */
        double limit = 0.0;
        if (i >= n) {
            size_t axis = (i - n) / 2;
            normal[axis] = (i - n) % 2 == 0 ? 1.0 : -1.0;
            limit = (i - n) % 2 == 0 ? 1.0 : 0.0;
        } else if (i == p || i == q) {
            continue;
        } else {
            for (int k = 0; k < 2; k++) {
                double r = points[2 * i + (size_t)k];
                normal[k] = r - a[k];
                limit += 0.5 * (r * r - a[k] * a[k]);
            }
        }
        double slope = normal[0] * along[0] + normal[1] * along[1];
        double room = limit - normal[0] * middle[0] - normal[1] * middle[1];
        if (slope > 0.0) {
            upper = fmin(upper, room / slope);
        } else if (slope < 0.0) {
            lower = fmax(lower, room / slope);
        } else if (room < 0.0) {
            return false;
        }
    }
    return lower < upper;
}

static void draw(double *points, size_t n, uint64_t index) {
    weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, index);
    for (size_t i = 0; i < n; i++) {
        points[i] = weft_rng_uniform(&rng);
    }
}

static void test_lowest_in_the_plane(void **state) {
    (void)state;
    enum { N = 60 };
    for (uint64_t round = 0; round < 40; round++) {
        double points[2 * N];
        draw(points, 2 * (size_t)N, round);
        for (size_t p = 0; p < N; p++) {
            bool lowest = true;
            for (size_t q = 0; q < p && lowest; q++) {
                lowest = !neighbours_in_plane(points, N, p, q);
            }
            if (weft_cell_is_lowest(points, N, 2, p) != lowest) {
                fail_msg("round %d, point %d: expected %d", (int)round, (int)p, lowest);
            }
        }
    }
}

/* The two points nearest to any place are neighbours; with enough places all but the smallest faces
 * show. */
static void test_lowest_in_more_dimensions(void **state) {
    (void)state;
    enum { N = 24, PLACES = 40000 };
    for (int d = 1; d <= 6; d++) {
        double points[6 * N];
        bool beside_lower[N] = {false};
        draw(points, (size_t)(N * d), 100 + (uint64_t)d);
        weft_rng rng = weft_rng_make(8, WEFT_PURPOSE_TEST, (uint64_t)d);
        for (int i = 0; i < PLACES; i++) {
            double x[6];
            double distance;
            double first[N];
            size_t near[2] = {0, 0};
            for (int k = 0; k < d; k++) {
                x[k] = weft_rng_uniform(&rng);
            }
            for (size_t p = 0; p < N; p++) {
                (void)weft_cell_nearest(points, p, p + 1, d, x, &distance);
                first[p] = distance;
            }
            near[0] = weft_cell_nearest(points, 0, N, d, x, &distance);
            near[1] = near[0] == 0 ? 1 : 0;
            for (size_t p = 0; p < N; p++) {
                near[1] = p != near[0] && first[p] < first[near[1]] ? p : near[1];
            }
            beside_lower[near[0] > near[1] ? near[0] : near[1]] = true;
        }
        int missed = 0;
        for (size_t p = 0; p < N; p++) {
            bool lowest = weft_cell_is_lowest(points, N, d, p);
            assert_false(lowest && beside_lower[p]);
            missed += !lowest && !beside_lower[p];
        }
        assert_true(missed <= 1);
    }
}

/* ---- minima ---------------------------------------------------------------------------------- */

static weft_shgo_minima solve(const weft_shgo_problem *problem,
                              const weft_shgo_settings *settings) {
    weft_error error = {0};
    weft_shgo_minima minima = {0};
    if (weft_shgo(problem, settings, &minima, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return minima;
}

static weft_shgo_minima solve_case(const shgo_case *c, const weft_shgo_settings *settings) {
    double bounds[2 * WEFT_SHGO_MAX_VARIABLES];
    weft_shgo_problem problem = shgo_problem_of(c, bounds);
    return solve(&problem, settings);
}

static const shgo_case *case_named(const char *name) {
    for (int i = 0; i < SHGO_CASES; i++) {
        if (strcmp(shgo_cases[i].name, name) == 0) {
            return &shgo_cases[i];
        }
    }
    fail_msg("no case %s", name);
    return NULL;
}

static weft_shgo_settings settings_of(const shgo_case *c) {
    weft_shgo_settings settings;
    weft_shgo_defaults(&settings);
    settings.points = c->points;
    settings.iterations = c->iterations;
    return settings;
}

/* As the tests of scipy.optimize.shgo ask: 1e-5. */
static void test_global_minima(void **state) {
    (void)state;
    for (int i = 0; i < SHGO_CASES; i++) {
        const shgo_case *c = &shgo_cases[i];
        weft_shgo_settings settings = settings_of(c);
        weft_shgo_minima minima = solve_case(c, &settings);
        if (fabs(minima.values[0] - c->least) > 1e-5) {
            fail_msg("%s: %.12g; expected %.12g", c->name, minima.values[0], c->least);
        }
        for (size_t m = 1; m < minima.n; m++) {
            assert_true(minima.values[m] >= minima.values[m - 1]);
        }
        weft_shgo_clear(&minima);
    }
}

/* (x - 30) sin x below 58: minima where tan x = 30 - x and the function bends up. */
static void test_all_minima_of_a_wave(void **state) {
    (void)state;
    static const double at[] = {1.53567906, 55.01782167, 7.80894889,  48.74797493, 14.07445705,
                                42.4913859, 20.31743841, 36.28607535, 26.43039605, 30.76371366};
    static const double values[] = {-28.44677132, -24.99785984, -22.16855376, -18.72136195,
                                    -15.89423937, -12.45154942, -9.63133158,  -6.20801301,
                                    -3.43727232,  -0.46353338};
    const shgo_case *c = case_named("waves");
    weft_shgo_settings settings = settings_of(c);
    for (uint64_t seed = 0; seed < 5; seed++) {
        settings.scrambled = seed > 0;
        settings.seed = seed;
        weft_shgo_minima minima = solve_case(c, &settings);
        assert_int_equal(minima.n, 10);
        for (size_t i = 0; i < 10; i++) {
            assert_float_equal(minima.x[i], at[i], 1e-5);
            assert_float_equal(minima.values[i], values[i], 1e-6);
        }
        weft_shgo_clear(&minima);
    }
}

static void test_all_minima_in_the_plane(void **state) {
    (void)state;
    static const double at[4][2] = {{3.0, 2.0},
                                    {-2.805118086953, 3.131312518250},
                                    {-3.779310253378, -3.283185991286},
                                    {3.584428340330, -1.848126526964}};
    const shgo_case *c = case_named("Himmelblau");
    weft_shgo_settings settings = settings_of(c);
    for (int local = WEFT_SHGO_SLSQP; local <= WEFT_SHGO_BOBYQA; local++) {
        settings.local = (weft_shgo_local)local;
        weft_shgo_minima minima = solve_case(c, &settings);
        assert_int_equal(minima.n, 4);
        for (size_t i = 0; i < 4; i++) {
            bool met = false;
            for (size_t j = 0; j < 4; j++) {
                met = met || (fabs(minima.x[2 * j] - at[i][0]) < 2e-5 &&
                              fabs(minima.x[2 * j + 1] - at[i][1]) < 2e-5);
            }
            assert_true(met);
        }
        weft_shgo_clear(&minima);
    }
}

/* More iterations find more minima of the Eggholder function, none twice, and stop by themselves. */
static void test_iterations(void **state) {
    (void)state;
    const shgo_case *c = case_named("Eggholder, 64");
    weft_shgo_settings settings = settings_of(c);
    size_t before = 0;
    for (int iterations = 1; iterations <= 4; iterations++) {
        settings.iterations = iterations;
        weft_shgo_minima minima = solve_case(c, &settings);
        assert_int_equal(minima.global_evaluations, 64 * iterations);
        assert_true(minima.n > before);
        before = minima.n;
        for (size_t i = 0; i < minima.n; i++) {
            for (size_t j = 0; j < i; j++) {
                assert_true(fabs(minima.x[2 * i] - minima.x[2 * j]) > 0.1 ||
                            fabs(minima.x[2 * i + 1] - minima.x[2 * j + 1]) > 0.1);
            }
        }
        weft_shgo_clear(&minima);
    }
    c = case_named("squares");
    settings = settings_of(c);
    settings.iterations = 100;
    weft_shgo_minima minima = solve_case(c, &settings);
    assert_int_equal(minima.iterations, 2);
    assert_int_equal(minima.n, 1);
    weft_shgo_clear(&minima);
}

/* What scipy.optimize.shgo 1.10 calls the function on its own tests, with as many Sobol' points; a tenth
 * more is let pass, for other versions of NLopt. */
static void test_evaluations_beside_scipy(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t calls;
    } peers[] = {{"squares", 86},        {"squares at the corner", 131},
                 {"waves", 220},         {"waves to 4.5", 136},
                 {"HS18", 268},          {"HS100", 260},
                 {"Eggholder, 64", 561}, {"HS73", 203}};
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        const shgo_case *c = case_named(peers[i].name);
        weft_shgo_settings settings = settings_of(c);
        weft_shgo_minima minima = solve_case(c, &settings);
        uint64_t calls = minima.global_evaluations + minima.local_evaluations;
        if (10 * calls > 11 * peers[i].calls) {
            fail_msg("%s: %d evaluations", c->name, (int)calls);
        }
        weft_shgo_clear(&minima);
    }
}

/* ---- counting, repeating --------------------------------------------------------------------- */

typedef struct counted {
    const shgo_case *c;
    uint64_t values, constraints;
    bool outside;
} counted;

static double count_value(void *context, const double *x) {
    counted *count = context;
    count->values++;
    for (int k = 0; k < count->c->d; k++) {
        bool last = k == count->c->d - 1;
        count->outside = count->outside || x[k] < (last ? count->c->lower_last : count->c->lower) ||
                         x[k] > (last ? count->c->upper_last : count->c->upper);
    }
    return count->c->objective((void *)(uintptr_t)&count->c->d, x);
}

static void count_constraints(void *context, const double *x, double *values) {
    counted *count = context;
    count->constraints++;
    count->c->constraints(NULL, x, values);
}

static void test_counts_and_budgets(void **state) {
    (void)state;
    for (int i = 0; i < SHGO_CASES; i++) {
        for (int local = WEFT_SHGO_SLSQP; local <= WEFT_SHGO_COBYLA; local++) {
            for (int limit = 0; limit < 2; limit++) {
                double bounds[2 * WEFT_SHGO_MAX_VARIABLES];
                counted count = {.c = &shgo_cases[i]};
                weft_shgo_settings settings = settings_of(count.c);
                weft_shgo_problem problem = shgo_problem_of(count.c, bounds);
                problem.context = &count;
                problem.objective = count_value;
                problem.constraints = count.c->constraints != NULL ? count_constraints : NULL;
                settings.local = (weft_shgo_local)local;
                settings.points = settings.points < 200 ? settings.points : 200;
                settings.evaluations = limit == 0 ? 0 : 150;
                weft_error error = {0};
                weft_shgo_minima minima = {0};
                weft_status status = weft_shgo(&problem, &settings, &minima, &error);
                assert_true(status == WEFT_OK || status == WEFT_ERROR_INFEASIBLE);
                assert_false(count.outside);
                assert_true(limit == 0 || count.values <= 150);
                if (status == WEFT_OK) {
                    assert_int_equal(minima.global_evaluations + minima.local_evaluations,
                                     count.values);
                    assert_int_equal(minima.constraint_evaluations, count.constraints);
                    weft_shgo_clear(&minima);
                }
            }
        }
    }
}

static void test_the_same_again(void **state) {
    (void)state;
    for (int i = 0; i < SHGO_CASES; i++) {
        weft_shgo_settings settings = settings_of(&shgo_cases[i]);
        settings.points = settings.points < 300 ? settings.points : 300;
        weft_shgo_minima one = solve_case(&shgo_cases[i], &settings);
        weft_shgo_minima other = solve_case(&shgo_cases[i], &settings);
        assert_int_equal(one.n, other.n);
        assert_memory_equal(one.values, other.values, one.n * sizeof *one.values);
        assert_memory_equal(one.x, other.x, one.n * (size_t)shgo_cases[i].d * sizeof *one.x);
        weft_shgo_clear(&one);
        weft_shgo_clear(&other);
    }
}

/* ---- gradients, steps, no numbers ------------------------------------------------------------ */

static void slope_of_himmelblau(void *context, const double *x, double *gradient) {
    (void)context;
    double a = x[0] * x[0] + x[1] - 11.0;
    double b = x[0] + x[1] * x[1] - 7.0;
    gradient[0] = 4.0 * a * x[0] + 2.0 * b;
    gradient[1] = 2.0 * a + 4.0 * b * x[1];
}

static void test_given_gradient(void **state) {
    (void)state;
    double bounds[2 * WEFT_SHGO_MAX_VARIABLES];
    const shgo_case *c = case_named("Himmelblau");
    weft_shgo_settings settings = settings_of(c);
    weft_shgo_problem problem = shgo_problem_of(c, bounds);
    weft_shgo_minima differences = solve(&problem, &settings);
    problem.gradient = slope_of_himmelblau;
    weft_shgo_minima given = solve(&problem, &settings);
    assert_int_equal(given.n, 4);
    assert_true(2 * given.local_evaluations < differences.local_evaluations);
    weft_shgo_clear(&differences);
    weft_shgo_clear(&given);
}

/* A table with one low entry, as SciPy has it: minima of a constant are vertices. */
static double flat(void *context, const double *x) {
    (void)context;
    return x[0] == 3.0 && x[1] == 3.0 ? 50.0 : 100.0;
}

static double steps(void *context, const double *x) {
    (void)context;
    return fabs(floor(10.0 * x[0]) - 7.0) + fabs(floor(10.0 * x[1]) - 2.0);
}

static double half_a_number(void *context, const double *x) {
    (void)context;
    return x[0] < 0.5 ? NAN : x[0] < 0.6 ? INFINITY : (x[0] - 0.7) * (x[0] - 0.7) + x[1];
}

/* Without a bound at a pole, which 128 samples miss and solves walk into: no minimum. */
static double pole(void *context, const double *x) {
    (void)context;
    double away = (x[0] - 0.3) * (x[0] - 0.3) + (x[1] - 0.5) * (x[1] - 0.5);
    return fabs(x[0] - 0.3) < 0.01 ? -INFINITY : away;
}

static void test_odd_functions(void **state) {
    (void)state;
    double bounds[4] = {0.0, 0.0, 1.0, 1.0};
    weft_shgo_problem problem = {
        .n_variables = 2, .lower = bounds, .upper = bounds + 2, .objective = flat};
    weft_shgo_settings settings;
    weft_shgo_defaults(&settings);
    for (int local = WEFT_SHGO_SLSQP; local <= WEFT_SHGO_BOBYQA; local++) {
        settings.local = (weft_shgo_local)local;
        problem.objective = flat;
        weft_shgo_minima minima = solve(&problem, &settings);
        assert_true(minima.values[0] == 100.0);
        weft_shgo_clear(&minima);
        problem.objective = steps;
        minima = solve(&problem, &settings);
        assert_true(minima.values[0] == 0.0);
        weft_shgo_clear(&minima);
        problem.objective = half_a_number;
        minima = solve(&problem, &settings);
        assert_float_equal(minima.values[0], 0.0, 1e-6);
        weft_shgo_clear(&minima);
        problem.objective = pole;
        minima = solve(&problem, &settings);
        for (size_t i = 0; i < minima.n; i++) {
            assert_true(isfinite(minima.values[i]));
            assert_true(minima.values[i] == pole(NULL, &minima.x[2 * i]));
        }
        weft_shgo_clear(&minima);
    }
}

/* Near the largest double, where squares of differences overflow: COBYLA must not go on for ever. */
static double near_the_largest(void *context, const double *x) {
    return 1e307 * shgo_square_sum(context, x);
}

static void on_a_line(void *context, const double *x, double *h) {
    (void)context;
    h[0] = x[0] - x[1];
    h[1] = x[0] + x[1] + x[2] - 2.0;
}

static void test_huge_values(void **state) {
    (void)state;
    double bounds[6] = {0.0, 0.0, 0.0, 2.0, 2.0, 2.0};
    weft_shgo_problem problem = {.n_variables = 3,
                                 .lower = bounds,
                                 .upper = bounds + 3,
                                 .objective = near_the_largest,
                                 .constraints = on_a_line,
                                 .n_equalities = 2};
    weft_shgo_settings settings;
    weft_shgo_defaults(&settings);
    for (int local = WEFT_SHGO_SLSQP; local <= WEFT_SHGO_COBYLA; local++) {
        settings.local = (weft_shgo_local)local;
        weft_shgo_minima minima = solve(&problem, &settings);
        for (size_t i = 0; i < minima.n; i++) {
            double h[2];
            on_a_line(NULL, &minima.x[3 * i], h);
            assert_true(fabs(h[0]) < 1e-9 && fabs(h[1]) < 1e-9);
            assert_true(minima.values[i] == near_the_largest(NULL, &minima.x[3 * i]));
        }
        weft_shgo_clear(&minima);
    }
}

/* ---- what cannot be -------------------------------------------------------------------------- */

static void contradict(void *context, const double *x, double *g) {
    (void)context;
    g[0] = x[0] + x[1] - 1.0;
    g[1] = -g[0];
    g[2] = x[1] - x[0] - 1.0;
    g[3] = -g[2];
}

static void test_infeasible(void **state) {
    (void)state;
    double bounds[4] = {2.0, -1.0, 50.0, 1.0};
    weft_shgo_problem problem = {.n_variables = 2,
                                 .lower = bounds,
                                 .upper = bounds + 2,
                                 .objective = shgo_square_sum,
                                 .constraints = contradict,
                                 .n_inequalities = 4};
    weft_shgo_settings settings;
    weft_shgo_minima minima = {0};
    weft_error error = {0};
    weft_shgo_defaults(&settings);
    assert_int_equal(weft_shgo(&problem, &settings, &minima, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "no point"));
    assert_null(minima.x);
}

/* A ring too thin for 16 samples: solves start from where it is broken least. */
static void thin_ring(void *context, const double *x, double *g) {
    (void)context;
    double r = hypot(x[0], x[1]);
    g[0] = 0.500001 - r;
    g[1] = r - 0.5;
}

static void test_no_sample_holds(void **state) {
    (void)state;
    double bounds[4] = {-1.0, -1.0, 1.0, 1.1};
    weft_shgo_problem problem = {.n_variables = 2,
                                 .lower = bounds,
                                 .upper = bounds + 2,
                                 .objective = shgo_hs18,
                                 .constraints = thin_ring,
                                 .n_inequalities = 2};
    weft_shgo_settings settings;
    weft_shgo_defaults(&settings);
    settings.points = 16;
    weft_shgo_minima minima = solve(&problem, &settings);
    assert_int_equal(minima.global_evaluations, 0);
    assert_float_equal(minima.values[0], 0.01 * 0.25, 1e-6);
    weft_shgo_clear(&minima);
}

static void expect_usage(const weft_shgo_problem *problem, const weft_shgo_settings *settings,
                         const char *said) {
    weft_error error = {0};
    weft_shgo_minima minima = {0};
    assert_int_equal(weft_shgo(problem, settings, &minima, &error), WEFT_ERROR_USAGE);
    if (strstr(error.message, said) == NULL) {
        fail_msg("'%s'; expected '%s'", error.message, said);
    }
}

static void test_bad_problems(void **state) {
    (void)state;
    double bounds[2 * WEFT_SHGO_MAX_VARIABLES];
    const shgo_case *c = case_named("HS18");
    const weft_shgo_problem good = shgo_problem_of(c, bounds);
    const weft_shgo_settings usual = settings_of(c);
    weft_shgo_problem problem = good;
    weft_shgo_settings settings = usual;
    problem.n_variables = 17;
    expect_usage(&problem, &usual, "17 variables; expected 1 to 16");
    problem.n_variables = 0;
    expect_usage(&problem, &usual, "0 variables");
    problem = good;
    problem.constraints = NULL;
    expect_usage(&problem, &usual, "counted, not given");
    problem = good;
    bounds[0] = 50.0;
    expect_usage(&problem, &usual, "variable 0 is between 50 and 50");
    bounds[0] = -INFINITY;
    expect_usage(&problem, &usual, "variable 0");
    bounds[0] = NAN;
    expect_usage(&problem, &usual, "variable 0");
    bounds[0] = 2.0;
    settings.points = 0;
    expect_usage(&problem, &settings, "points is 0");
    settings = usual;
    settings.points = 30000;
    settings.iterations = 2;
    expect_usage(&problem, &settings, "points in all");
    settings = usual;
    settings.tolerance = NAN;
    expect_usage(&problem, &settings, "tolerance");
    settings = usual;
    settings.local_evaluations = 0;
    expect_usage(&problem, &settings, "local_evaluations");
    settings = usual;
    settings.local = WEFT_SHGO_BOBYQA;
    expect_usage(&problem, &settings, "BOBYQA");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lowest_in_the_plane),
        cmocka_unit_test(test_lowest_in_more_dimensions),
        cmocka_unit_test(test_global_minima),
        cmocka_unit_test(test_all_minima_of_a_wave),
        cmocka_unit_test(test_all_minima_in_the_plane),
        cmocka_unit_test(test_iterations),
        cmocka_unit_test(test_evaluations_beside_scipy),
        cmocka_unit_test(test_counts_and_budgets),
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_given_gradient),
        cmocka_unit_test(test_odd_functions),
        cmocka_unit_test(test_huge_values),
        cmocka_unit_test(test_infeasible),
        cmocka_unit_test(test_no_sample_holds),
        cmocka_unit_test(test_bad_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
