/* SPDX-License-Identifier: Apache-2.0
 *
 * What images look like when the engine gets them: against the definition, pixel by pixel; where they
 * are drawn to; mixing. */
#include "learn/batch.h"
#include "learn/fixture_support.h"
#include "learn/mix.h"

enum { MOST_CHANNELS = WEFT_DATASET_MAX_CHANNELS, MOST_SIDE = 40, SEEDS = 200 };
enum { MOST_VALUES = MOST_CHANNELS * MOST_SIDE * MOST_SIDE };

static int rounds(int full) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? (full + 9) / 10 : full;
}

static void make_normaliser(weft_shape shape, weft_normaliser *normaliser, weft_dataset *dataset) {
    memset(dataset, 0, sizeof *dataset);
    dataset->info.shape = shape;
    for (int c = 0; c < shape.channels; c++) {
        dataset->mean[c] = 0.1F + 0.2F * (float)c;
        dataset->deviation[c] = c == 2 ? 0.0F : 0.25F; /* no deviation counts as 1 */
    }
    weft_normaliser_fill(dataset, normaliser);
}

/* Value k of the input by the definition of a view. */
static double expected_value(const weft_dataset *dataset, const uint8_t *pixels,
                             const weft_view *view, int k) {
    const weft_shape s = dataset->info.shape;
    int c = k % s.channels, x = k / s.channels % s.width, y = k / s.channels / s.width;
    if (y >= view->cut_top && y < view->cut_top + view->cut && x >= view->cut_left &&
        x < view->cut_left + view->cut) {
        return 0.0;
    }
    int from_x = (view->flip ? s.width - 1 - x : x) - view->right;
    int from_y = y - view->down;
    bool inside = from_x >= 0 && from_x < s.width && from_y >= 0 && from_y < s.height;
    double byte = inside ? pixels[(c * s.height + from_y) * s.width + from_x] : 0.0;
    double deviation = dataset->deviation[c] > 0.0F ? (double)dataset->deviation[c] : 1.0;
    return (byte / 255.0 - (double)dataset->mean[c]) / deviation;
}

static int draw_in(weft_rng *rng, int lower, int upper) {
    return lower + (int)weft_rng_below(rng, (uint64_t)(upper - lower) + 1);
}

static weft_view random_view(weft_rng *rng, weft_shape s) {
    weft_view view = {
        .down = draw_in(rng, -s.height - 2, s.height + 2),
        .right = draw_in(rng, -s.width - 2, s.width + 2),
        .flip = draw_in(rng, 0, 1) == 1,
    };
    if (draw_in(rng, 0, 1) == 1) {
        view.cut = draw_in(rng, 1, s.width);
        view.cut_top = draw_in(rng, -view.cut - 1, s.height + 1);
        view.cut_left = draw_in(rng, -view.cut - 1, s.width + 1);
    }
    return view;
}

static void check_view(uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    const weft_shape s = {draw_in(&rng, 1, MOST_CHANNELS), draw_in(&rng, 1, MOST_SIDE),
                          draw_in(&rng, 1, MOST_SIDE)};
    const int n = s.channels * s.height * s.width;
    static uint8_t pixels[MOST_VALUES];
    static float input[MOST_VALUES + 1];
    static weft_bf16 narrow[MOST_VALUES + 1];
    for (int i = 0; i < n; i++) {
        pixels[i] = (uint8_t)weft_rng_u32(&rng);
    }
    weft_normaliser normaliser;
    weft_dataset dataset;
    make_normaliser(s, &normaliser, &dataset);
    weft_view view = seed == 0 ? (weft_view){0} : random_view(&rng, s);
    input[n] = 77.0F;
    narrow[n] = 77;
    weft_view_fill(&normaliser, pixels, &view, WEFT_F32, input);
    weft_view_fill(&normaliser, pixels, &view, WEFT_BF16, narrow);
    assert_true(input[n] == 77.0F && narrow[n] == 77);
    for (int k = 0; k < n; k++) {
        double expected = expected_value(&dataset, pixels, &view, k);
        if (input[k] != (float)expected || narrow[k] != weft_to_bf16((float)expected)) {
            fail_msg("seed %llu, value %d of %d x %d x %d: %.9g and %.9g, expected %.9g",
                     (unsigned long long)seed, k, s.channels, s.height, s.width, (double)input[k],
                     (double)weft_from_bf16(narrow[k]), expected);
        }
    }
}

static void test_views(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < (uint64_t)rounds(SEEDS); seed++) {
        check_view(seed);
    }
}

/* ---- draws ----------------------------------------------------------------------------------- */

static const weft_shape SQUARE = {1, 32, 32};

/* Crop and flip are drawn one image after the other from the stream of the epoch. */
static void test_one_stream(void **state) {
    (void)state;
    static const weft_augmentation kinds[] = {{.crop_pad = 1, .flip = true},
                                              {.crop_pad = 4, .flip = true, .cut = 8},
                                              {.crop_pad = 4},
                                              {.flip = true}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_AUGMENT, 3);
        for (uint64_t place = 0; place < 500; place++) {
            int down = 0, right = 0;
            if (kinds[k].crop_pad > 0) {
                uint64_t places = 2 * (uint64_t)kinds[k].crop_pad + 1;
                down = (int)weft_rng_below(&rng, places) - kinds[k].crop_pad;
                right = (int)weft_rng_below(&rng, places) - kinds[k].crop_pad;
            }
            bool flip = kinds[k].flip && (weft_rng_u32(&rng) & 1U) != 0;
            weft_view view = weft_view_draw(&kinds[k], SQUARE, 5, 3, place);
            assert_true(view.down == down && view.right == right && view.flip == flip);
        }
    }
}

/* All (2 pad + 1)^2 places, both directions and all centres of a square come up equally often. */
static void test_all_views(void **state) {
    (void)state;
    enum { PAD = 1, PLACES = 9, SIDE = 6, N = 36000 };
    const weft_augmentation augmentation = {.crop_pad = PAD, .flip = true, .cut = 3};
    const weft_shape shape = {1, SIDE, SIDE};
    int seen[PLACES][2] = {0}, centres[SIDE][SIDE] = {0};
    for (uint64_t i = 0; i < N; i++) {
        weft_view view = weft_view_draw(&augmentation, shape, 8, 1, i);
        assert_true(abs(view.down) <= PAD && abs(view.right) <= PAD && view.cut == 3);
        seen[3 * (view.down + PAD) + view.right + PAD][view.flip ? 1 : 0]++;
        int y = view.cut_top + 1, x = view.cut_left + 1;
        assert_true(y >= 0 && y < SIDE && x >= 0 && x < SIDE);
        centres[y][x]++;
    }
    /* Six standard deviations of a binomial count. */
    for (int i = 0; i < 2 * PLACES; i++) {
        assert_true(fabs(seen[i / 2][i % 2] - N / 18.0) <= 6.0 * sqrt(N / 18.0));
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        assert_true(fabs(centres[i / SIDE][i % SIDE] - N / 36.0) <= 6.0 * sqrt(N / 36.0));
    }
}

static void test_streams_differ(void **state) {
    (void)state;
    const weft_augmentation a = {.crop_pad = 16, .flip = true, .cut = 4};
    int same[3] = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        const weft_view views[] = {
            weft_view_draw(&a, SQUARE, 1, 0, i), weft_view_draw(&a, SQUARE, 1, 1, i),
            weft_view_draw(&a, SQUARE, 2, 0, i), weft_view_draw(&a, SQUARE, 1, 0, i + 1)};
        for (int k = 0; k < 3; k++) {
            same[k] += memcmp(&views[0], &views[k + 1], offsetof(weft_view, flip)) == 0;
        }
    }
    for (int k = 0; k < 3; k++) {
        assert_true(same[k] < 20); /* of 1000: one in 33^2 by chance */
    }
}

static void test_skip(void **state) {
    (void)state;
    for (uint64_t words = 0; words < 23; words++) {
        for (int before = 0; before < 6; before++) {
            weft_rng drawn = weft_rng_make(4, WEFT_PURPOSE_TEST, 2);
            for (int i = 0; i < before; i++) {
                (void)weft_rng_u32(&drawn);
            }
            weft_rng skipped = drawn;
            weft_rng_skip(&skipped, words);
            for (uint64_t i = 0; i < words; i++) {
                (void)weft_rng_u32(&drawn);
            }
            for (int i = 0; i < 9; i++) {
                assert_int_equal(weft_rng_u32(&skipped), weft_rng_u32(&drawn));
            }
        }
    }
}

/* ---- mixing ---------------------------------------------------------------------------------- */

/* Mean a / (a + b) and variance a b / ((a + b)^2 (a + b + 1)), within six standard errors. */
static void test_beta_moments(void **state) {
    (void)state;
    static const double kinds[][2] = {{1.0, 1.0}, {0.2, 0.2}, {0.02, 0.02},
                                      {5.0, 2.0}, {0.4, 3.0}, {50.0, 50.0}};
    const int n = rounds(40000);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        double a = kinds[k][0], b = kinds[k][1], sum = 0.0, squares = 0.0, fourth = 0.0;
        double mean = a / (a + b), variance = mean * (1.0 - mean) / (a + b + 1.0);
        weft_rng rng = weft_rng_make(9, WEFT_PURPOSE_TEST, k);
        for (int i = 0; i < n; i++) {
            double x = weft_beta_draw(&rng, a, b);
            assert_true(x >= 0.0 && x <= 1.0);
            double off = (x - mean) * (x - mean);
            sum += x;
            squares += off;
            fourth += off * off;
        }
        double spread = fourth / n - (squares / n) * (squares / n);
        assert_true(fabs(sum / n - mean) <= 6.0 * sqrt(variance / n));
        assert_true(fabs(squares / n - variance) <= 6.0 * sqrt(spread / n));
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Beta(1, 1) is uniform and Beta(1/2, 1/2) the arcsine law, 2 / pi asin(sqrt(x)): by the largest
 * distance of the distributions (Kolmogorov and Smirnov; 2.2 / sqrt(n) is exceeded once in 8000). */
static void test_beta_distribution(void **state) {
    (void)state;
    enum { N = 4000 };
    static double x[N];
    for (int half = 0; half < 2; half++) {
        weft_rng rng = weft_rng_make(10, WEFT_PURPOSE_TEST, (uint64_t)half);
        double a = half == 1 ? 0.5 : 1.0, farthest = 0.0;
        for (int i = 0; i < N; i++) {
            x[i] = weft_beta_draw(&rng, a, a);
        }
        qsort(x, N, sizeof *x, ascending);
        for (int i = 0; i < N; i++) {
            double exact = half == 1 ? 2.0 / acos(-1.0) * asin(sqrt(x[i])) : x[i];
            farthest = fmax(farthest,
                            fmax(fabs(exact - i / (double)N), fabs(exact - (i + 1) / (double)N)));
        }
        assert_true(farthest < 2.2 / sqrt(N));
    }
}

static void test_mix_draw(void **state) {
    (void)state;
    enum { N = 37 };
    uint32_t partner[N], again[N], other[N];
    double share = weft_mix_draw(0.4, 3, 12, partner, N);
    assert_true(weft_mix_draw(0.4, 3, 12, again, N) == share);
    assert_memory_equal(partner, again, sizeof partner);
    assert_true(weft_mix_draw(0.4, 3, 13, other, N) != share);
    assert_memory_not_equal(partner, other, sizeof partner);
    bool seen[N] = {false};
    for (int i = 0; i < N; i++) {
        assert_true(partner[i] < N && !seen[partner[i]]);
        seen[partner[i]] = true;
    }
}

static void test_mix_images(void **state) {
    (void)state;
    enum { N = 3, VALUES = 37 };
    static const uint32_t partner[N] = {2, 1, 0};
    float images[N * VALUES], mixed[N * VALUES];
    weft_bf16 narrow[N * VALUES];
    generator g = {8};
    draw_all(&g, images, (size_t)N * VALUES, 3.0);
    weft_mix_images(images, partner, 0.3, N, VALUES, WEFT_F32, mixed);
    weft_mix_images(images, partner, 0.3, N, VALUES, WEFT_BF16, narrow);
    for (size_t k = 0; k < (size_t)N * VALUES; k++) {
        double other = (double)images[partner[k / VALUES] * VALUES + k % VALUES];
        double expected = 0.3 * (double)images[k] + 0.7 * other;
        assert_float_equal((double)mixed[k], expected, 1e-6);
        assert_int_equal(narrow[k], weft_to_bf16(mixed[k]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_one_stream),
        cmocka_unit_test(test_all_views),
        cmocka_unit_test(test_streams_differ),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_beta_moments),
        cmocka_unit_test(test_beta_distribution),
        cmocka_unit_test(test_mix_draw),
        cmocka_unit_test(test_mix_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
