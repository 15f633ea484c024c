/* SPDX-License-Identifier: Apache-2.0
 *
 * Domination, archive, hypervolume, ranks and crowding against slow twins written from the
 * definitions, on small grids (many ties and duplicates) and on reals. */
#include "search/support.h"

#include <math.h>

enum { MAX_POINTS = 400 };

static bool twin_dominates(const double *a, const double *b, int m) {
    int worse = 0;
    int better = 0;
    for (int i = 0; i < m; i++) {
        worse += a[i] > b[i];
        better += a[i] < b[i];
    }
    return worse == 0 && better > 0;
}

/* Points on a grid of `levels` values (ties), or reals in [0, 1) for levels = 0. */
static void random_points(weft_rng *rng, double *points, size_t n, int m, uint64_t levels) {
    for (size_t i = 0; i < n * (size_t)m; i++) {
        points[i] = levels == 0 ? weft_rng_uniform(rng)
                                : (double)weft_rng_below(rng, levels) / (double)levels;
    }
}

static void test_dominates(void **state) {
    (void)state;
    const double a[] = {1, 2, 3};
    const double b[] = {1, 2, 4};
    const double c[] = {0, 3, 3};
    const double broken[] = {1, NAN, 3};
    assert_true(weft_dominates(a, b, 3));
    assert_false(weft_dominates(b, a, 3));
    assert_false(weft_dominates(a, a, 3));
    assert_false(weft_dominates(a, c, 3));
    assert_false(weft_dominates(c, a, 3));
    assert_false(weft_dominates(a, broken, 3));
    assert_false(weft_dominates(broken, a, 3));
}

/* ---- archive --------------------------------------------------------------------------------- */

/* Ids of the points that nobody dominates and that no earlier one (in `order`) equals. */
static size_t twin_front(const double *points, const uint32_t *order, size_t n, int m,
                         bool *in_front) {
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = &points[order[i] * (size_t)m];
        bool stays = true;
        for (size_t j = 0; j < n; j++) {
            const double *q = &points[order[j] * (size_t)m];
            stays = stays && !twin_dominates(q, p, m);
            stays = stays && !(j < i && memcmp(p, q, (size_t)m * sizeof *p) == 0);
        }
        in_front[order[i]] = stays;
        size += stays;
    }
    return size;
}

static void check_archive(uint64_t seed, size_t n, int m, uint64_t levels) {
    static double points[MAX_POINTS * 6];
    static uint32_t order[MAX_POINTS];
    static bool in_front[MAX_POINTS];
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 1);
    random_points(&rng, points, n, m, levels);
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
    }
    weft_rng_shuffle(&rng, order, n);
    size_t size = twin_front(points, order, n, m, in_front);
    weft_error error;
    weft_archive *archive = NULL;
    assert_int_equal(weft_archive_create(m, &archive, &error), WEFT_OK);
    for (size_t i = 0; i < n; i++) {
        bool kept;
        const double *p = &points[order[i] * (size_t)m];
        assert_int_equal(weft_archive_insert(archive, p, order[i], &kept, &error), WEFT_OK);
        assert_true(kept || !in_front[order[i]]);
    }
    if (weft_archive_size(archive) != size) {
        fail_msg("seed %d: archive holds %d, expected %d", (int)seed,
                 (int)weft_archive_size(archive), (int)size);
    }
    size_t position = 0;
    for (size_t i = 0; i < size; i++) {
        uint64_t id = weft_archive_id(archive, i);
        assert_true(in_front[id]);
        assert_memory_equal(weft_archive_objectives(archive, i), &points[id * (uint64_t)m],
                            (size_t)m * sizeof(double));
        while (order[position] != id) { /* in order of insertion */
            position++;
            assert_true(position < n);
        }
    }
    weft_archive_destroy(archive);
}

static void test_archive_is_the_front(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        check_archive(seed, 1 + (size_t)(seed * 5 % 200), 1 + (int)(seed % 6), seed % 3 * 5);
    }
}

/* Thousands of points that come ever closer to a sphere, so that members leave all the time, in an
 * order of the angle in odd rounds; against a list that is walked. With infinite coordinates
 * too. */
static void check_large_archive(int m, bool sorted, size_t n) {
    double *points = malloc(n * (size_t)m * sizeof *points);
    uint64_t *members = malloc(n * sizeof *members);
    assert_true(points != NULL && members != NULL);
    weft_rng rng = weft_rng_make((uint64_t)m, WEFT_PURPOSE_TEST, 6);
    weft_archive *archive = NULL;
    weft_error error;
    assert_int_equal(weft_archive_create(m, &archive, &error), WEFT_OK);
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        double *p = &points[i * (size_t)m];
        double angle = sorted ? M_PI_2 * (double)(i % 500) / 500.0
                              : M_PI_2 * weft_rng_uniform(&rng);
        double behind = 300.0 * weft_rng_uniform(&rng) / (double)(300 + i);
        p[0] = 1.0 + behind - cos(angle);
        p[1] = 1.0 + behind - sin(angle);
        for (int k = 2; k < m; k++) {
            p[k] = i % 97 == 0 ? -INFINITY : floor(8.0 * weft_rng_uniform(&rng));
        }
        p[i % (size_t)m] = i % 89 == 0 ? INFINITY : p[i % (size_t)m];
        bool stays = true;
        size_t left = 0;
        for (size_t j = 0; j < size; j++) {
            const double *q = &points[members[j] * (size_t)m];
            stays = stays && !twin_dominates(q, p, m) && memcmp(p, q, (size_t)m * sizeof *p) != 0;
        }
        for (size_t j = 0; j < size && stays; j++) {
            if (!twin_dominates(p, &points[members[j] * (size_t)m], m)) {
                members[left++] = members[j];
            }
        }
        if (stays) {
            members[left++] = i;
            size = left;
        }
        bool kept;
        assert_int_equal(weft_archive_insert(archive, p, i, &kept, &error), WEFT_OK);
        assert_int_equal(kept, stays);
        assert_int_equal(weft_archive_size(archive), size);
        if (size > 0) {
            size_t j = (size_t)weft_rng_below(&rng, size);
            assert_int_equal(weft_archive_id(archive, j), members[j]);
        }
    }
    for (size_t j = 0; j < size; j++) {
        assert_int_equal(weft_archive_id(archive, j), members[j]);
        assert_memory_equal(weft_archive_objectives(archive, j), &points[members[j] * (uint64_t)m],
                            (size_t)m * sizeof *points);
    }
    print_message("%d objectives, %s: %d members of %d\n", m, sorted ? "sorted" : "random",
                  (int)size, (int)n);
    weft_archive_destroy(archive);
    free(points);
    free(members);
}

static void test_large_archives(void **state) {
    (void)state;
    const char *scale = getenv("WEFT_TEST_SCALE");
    size_t n = scale != NULL && strcmp(scale, "quick") == 0 ? 2000 : 6000;
    for (int m = 2; m <= 4; m++) {
        check_large_archive(m, false, n);
        check_large_archive(m, true, n);
    }
}

static void test_archive_edges(void **state) {
    (void)state;
    weft_error error;
    weft_archive *archive = NULL;
    assert_int_equal(weft_archive_create(0, &archive, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_archive_create(7, &archive, &error), WEFT_ERROR_USAGE);
    assert_null(archive);
    assert_int_equal(weft_archive_create(2, &archive, &error), WEFT_OK);
    bool kept;
    assert_int_equal(weft_archive_insert(archive, (const double[]){NAN, 0}, 0, &kept, &error),
                     WEFT_OK);
    assert_false(kept);
    assert_int_equal(weft_archive_insert(archive, (const double[]){1, 1}, 1, &kept, &error),
                     WEFT_OK);
    assert_true(kept);
    assert_int_equal(weft_archive_insert(archive, (const double[]){1, 1}, 2, &kept, &error),
                     WEFT_OK);
    assert_false(kept);
    assert_int_equal(weft_archive_size(archive), 1);
    assert_int_equal(weft_archive_id(archive, 0), 1);
    weft_archive_destroy(archive);
    weft_archive_destroy(NULL);
}

/* ---- hypervolume ----------------------------------------------------------------------------- */

/* Where the cells of the grid spanned by all coordinates begin in one objective, and the reference;
 * returns the number of cells. */
static size_t twin_cuts(const double *points, size_t n, int m, int k, double reference,
                        double *cuts) {
    size_t n_cuts = 0;
    double last = -INFINITY;
    for (;;) {
        double next = reference;
        for (size_t i = 0; i < n; i++) {
            double value = points[i * (size_t)m + (size_t)k];
            next = value > last && value < next ? value : next;
        }
        cuts[n_cuts++] = next;
        last = next;
        if (next >= reference) {
            return n_cuts - 1;
        }
    }
}

static bool twin_covers(const double *points, size_t n, int m, const double *corner) {
    for (size_t i = 0; i < n; i++) {
        bool covered = true;
        for (int k = 0; k < m; k++) {
            covered = covered && points[i * (size_t)m + (size_t)k] <= corner[k];
        }
        if (covered) {
            return true;
        }
    }
    return false;
}

/* Each cell of the grid counts when a point dominates its corner. */
static double twin_volume(const double *points, size_t n, int m, const double *reference) {
    static double cuts[6][MAX_POINTS + 1];
    size_t n_cells[6];
    size_t cell[6] = {0};
    bool more = true;
    for (int k = 0; k < m; k++) {
        n_cells[k] = twin_cuts(points, n, m, k, reference[k], cuts[k]);
        more = more && n_cells[k] > 0;
    }
    double volume = 0.0;
    while (more) {
        double corner[6];
        double size = 1.0;
        for (int k = 0; k < m; k++) {
            corner[k] = cuts[k][cell[k]];
            size *= cuts[k][cell[k] + 1] - corner[k];
        }
        volume += twin_covers(points, n, m, corner) ? size : 0.0;
        int k = 0;
        while (k < m && ++cell[k] == n_cells[k]) {
            cell[k++] = 0;
        }
        more = k < m;
    }
    return volume;
}

static double hypervolume(const double *points, size_t n, int m, const double *reference) {
    weft_error error = {0};
    double volume = NAN;
    if (weft_hypervolume(points, n, m, reference, &volume, &error) != WEFT_OK) {
        fail_msg("hypervolume: %s", error.message);
    }
    return volume;
}

static void test_hypervolume_by_hand(void **state) {
    (void)state;
    const double reference[] = {4, 4, 4};
    const double two[] = {1, 3, 2, 2, 3, 1};
    assert_true(hypervolume(two, 3, 2, reference) == 6.0);
    assert_true(hypervolume(two, 0, 2, reference) == 0.0);
    assert_true(hypervolume(two, 3, 1, reference) == 3.0);
    const double three[] = {1, 1, 3, 1, 3, 1, 3, 1, 1};
    assert_true(hypervolume(three, 3, 3, reference) == 19.0); /* 9+9+9 - 3*3 + 1 */
    const double on_reference[] = {4, 0, 0, 0, 4, 0};
    assert_true(hypervolume(on_reference, 2, 3, reference) == 0.0);
    const double beyond[] = {5, 0, INFINITY, 1, 1, 1};
    assert_true(hypervolume(beyond, 2, 3, reference) == 27.0);
}

static void test_hypervolume_twin(void **state) {
    (void)state;
    static double points[MAX_POINTS * 6];
    static const uint64_t most[] = {0, 120, 120, 26, 16, 10, 8};
    for (uint64_t seed = 0; seed < 480; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 2);
        int m = 1 + (int)(seed / 4 % 6);
        size_t n = (size_t)weft_rng_below(&rng, most[m]);
        random_points(&rng, points, n, m, seed % 4 * 3);
        double reference[6]; /* some points lie on it or beyond */
        for (int k = 0; k < m; k++) {
            reference[k] = seed % 4 == 1 ? 2.0 / 3.0 : 0.5 + weft_rng_uniform(&rng);
        }
        double expected = twin_volume(points, n, m, reference);
        double found = hypervolume(points, n, m, reference);
        if (!(fabs(found - expected) <= 1e-12 * (1.0 + expected))) {
            fail_msg("seed %d: %d points, %d objectives: %.17g, expected %.17g", (int)seed, (int)n,
                     m, found, expected);
        }
    }
}

/* Many points on the plane x + y + z = 1: the order of points and axes changes nothing, and the
 * volume stays below what the whole plane bounds. */
static void test_hypervolume_permutation(void **state) {
    (void)state;
    enum { N = 20000 };
    double *points = malloc((size_t)N * 3 * sizeof *points);
    double *permuted = malloc((size_t)N * 3 * sizeof *permuted);
    uint32_t *order = malloc((size_t)N * sizeof *order);
    assert_true(points != NULL && permuted != NULL && order != NULL);
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 3);
    for (size_t i = 0; i < N; i++) {
        double x = weft_rng_uniform(&rng);
        double y = weft_rng_uniform(&rng) * (1.0 - x);
        points[3 * i] = x;
        points[3 * i + 1] = y;
        points[3 * i + 2] = 1.0 - x - y;
        order[i] = (uint32_t)i;
    }
    weft_rng_shuffle(&rng, order, N);
    for (size_t i = 0; i < N; i++) { /* permute points and axes */
        for (size_t k = 0; k < 3; k++) {
            permuted[3 * i + k] = points[3 * order[i] + (k + 1) % 3];
        }
    }
    const double reference[] = {1.0, 1.0, 1.0};
    double a = hypervolume(points, N, 3, reference);
    double b = hypervolume(permuted, N, 3, reference);
    assert_true(fabs(a - b) < 1e-9);
    assert_true(a > 0.8 && a < 5.0 / 6.0); /* the simplex cuts 1/6 off the unit cube */
    free(points);
    free(permuted);
    free(order);
}

/* A front of 60 points on the plane sum x = 1 in m objectives: the order of points and axes changes
 * nothing, more points never take away, and the volume keeps off the simplex of 1/m!. */
static void check_many_objectives(int m, double simplex) {
    enum { N = 60 };
    double points[N * 6];
    double permuted[N * 6];
    uint32_t order[N];
    double reference[6] = {1, 1, 1, 1, 1, 1};
    weft_rng rng = weft_rng_make((uint64_t)m, WEFT_PURPOSE_TEST, 5);
    for (int i = 0; i < N; i++) {
        double sum = 0.0;
        for (int k = 0; k < m; k++) {
            points[i * m + k] = -log(1.0 - weft_rng_uniform(&rng));
            sum += points[i * m + k];
        }
        for (int k = 0; k < m; k++) {
            points[i * m + k] /= sum;
        }
        order[i] = (uint32_t)i;
    }
    weft_rng_shuffle(&rng, order, N);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < m; k++) {
            permuted[i * m + k] = points[(int)order[i] * m + (k + 1) % m];
        }
    }
    double last = 0.0;
    for (size_t n = 1; n <= N; n++) {
        double volume = hypervolume(points, n, m, reference);
        assert_true(volume > last);
        last = volume;
    }
    assert_true(fabs(last - hypervolume(permuted, N, m, reference)) < 1e-12);
    assert_true(last < 1.0 - simplex);
    double one = 1.0; /* the first point alone */
    for (int k = 0; k < m; k++) {
        one *= 1.0 - points[k];
    }
    assert_true(fabs(hypervolume(points, 1, m, reference) - one) < 1e-14);
}

static void test_hypervolume_many_objectives(void **state) {
    (void)state;
    check_many_objectives(4, 1.0 / 24.0);
    check_many_objectives(5, 1.0 / 120.0);
    check_many_objectives(6, 1.0 / 720.0);
}

static void test_hypervolume_bad_input(void **state) {
    (void)state;
    weft_error error = {0};
    double volume = 7.0;
    const double reference[] = {1, 1, 1, 1, 1, 1, 1};
    const double good[] = {0, 0, 0, 0, 0, 0, 0};
    const double broken[] = {0, 0, 0, NAN};
    assert_int_equal(weft_hypervolume(broken, 2, 2, reference, &volume, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "point 1 is nan in objective 1"));
    assert_int_equal(weft_hypervolume(good, 1, 7, reference, &volume, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_hypervolume(good, 1, 0, reference, &volume, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_hypervolume(good, 1, 2, (const double[]){1, NAN}, &volume, &error),
                     WEFT_ERROR_USAGE);
    assert_int_equal(
        weft_hypervolume((const double[]){-INFINITY}, 1, 1, reference, &volume, &error),
        WEFT_ERROR_USAGE);
    assert_true(volume == 7.0);
}

/* ---- ranks and crowding ---------------------------------------------------------------------- */

/* Peels fronts off: O(n^3). */
static void twin_ranks(const double *points, size_t n, int m, int *ranks) {
    size_t left = n;
    for (size_t i = 0; i < n; i++) {
        ranks[i] = -1;
    }
    for (int rank = 0; left > 0; rank++) {
        for (size_t i = 0; i < n; i++) {
            bool first = ranks[i] == -1;
            for (size_t j = 0; j < n && first; j++) {
                bool present = ranks[j] == -1 || ranks[j] == rank;
                first =
                    !(present && twin_dominates(&points[j * (size_t)m], &points[i * (size_t)m], m));
            }
            if (first) {
                ranks[i] = rank;
                left--;
            }
        }
    }
}

/* For fronts without equal values in an objective: nearest neighbours by search. */
static double twin_crowding(const double *points, size_t n, int m, const int *ranks, size_t i) {
    double sum = 0.0;
    for (int k = 0; k < m; k++) {
        double value = points[i * (size_t)m + (size_t)k];
        double below = -INFINITY;
        double above = INFINITY;
        double least = INFINITY;
        double most = -INFINITY;
        for (size_t j = 0; j < n; j++) {
            double other = points[j * (size_t)m + (size_t)k];
            if (ranks[j] != ranks[i]) {
                continue;
            }
            least = fmin(least, other);
            most = fmax(most, other);
            below = other < value ? fmax(below, other) : below;
            above = other > value ? fmin(above, other) : above;
        }
        sum += isinf(below) || isinf(above) ? INFINITY : (above - below) / (most - least);
    }
    return sum;
}

static void test_ranks_twin(void **state) {
    (void)state;
    static double points[MAX_POINTS * 6];
    static int expected[MAX_POINTS];
    static int found[MAX_POINTS];
    static double crowding[MAX_POINTS];
    for (uint64_t seed = 0; seed < 180; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 4);
        int m = 1 + (int)(seed % 6);
        uint64_t levels = seed / 6 % 3 * 4;
        size_t n = (size_t)weft_rng_below(&rng, 150);
        random_points(&rng, points, n, m, levels);
        twin_ranks(points, n, m, expected);
        weft_error error = {0};
        assert_int_equal(weft_nondominated_ranks(points, n, m, found, crowding, &error), WEFT_OK);
        for (size_t i = 0; i < n; i++) {
            if (found[i] != expected[i]) {
                fail_msg("seed %d, %d objectives, point %d: rank %d, expected %d", (int)seed, m,
                         (int)i, found[i], expected[i]);
            }
            if (levels == 0) {
                double twin = twin_crowding(points, n, m, expected, i);
                assert_true(twin == crowding[i] || fabs(twin - crowding[i]) < 1e-12);
            }
        }
    }
}

static void test_ranks_edges(void **state) {
    (void)state;
    weft_error error = {0};
    int ranks[4];
    double crowding[4];
    assert_int_equal(weft_nondominated_ranks(NULL, 0, 2, ranks, crowding, &error), WEFT_OK);
    const double same[] = {1, 1, 1, 1, 1, 1, 1, 1};
    assert_int_equal(weft_nondominated_ranks(same, 4, 2, ranks, NULL, &error), WEFT_OK);
    assert_int_equal(weft_nondominated_ranks(same, 4, 2, NULL, crowding, &error), WEFT_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ranks[i], 0);
        assert_false(isnan(crowding[i]));
    }
    const double endless[] = {-INFINITY, 3, 1, 2, 2, 1, INFINITY, 0};
    assert_int_equal(weft_nondominated_ranks(endless, 4, 2, ranks, crowding, &error), WEFT_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ranks[i], 0);
        assert_false(isnan(crowding[i]));
    }
    const double broken[] = {1, NAN};
    assert_int_equal(weft_nondominated_ranks(broken, 1, 2, ranks, NULL, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_nondominated_ranks(same, 1, 7, ranks, NULL, &error), WEFT_ERROR_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dominates),
        cmocka_unit_test(test_archive_is_the_front),
        cmocka_unit_test(test_large_archives),
        cmocka_unit_test(test_archive_edges),
        cmocka_unit_test(test_hypervolume_by_hand),
        cmocka_unit_test(test_hypervolume_twin),
        cmocka_unit_test(test_hypervolume_permutation),
        cmocka_unit_test(test_hypervolume_many_objectives),
        cmocka_unit_test(test_hypervolume_bad_input),
        cmocka_unit_test(test_ranks_twin),
        cmocka_unit_test(test_ranks_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
