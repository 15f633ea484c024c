/* SPDX-License-Identifier: Apache-2.0
 *
 * The matrix of a table: published correlations, clusters against their definition, devices without
 * anything in common. */
#include "transfer/support.h"

static weft_correlation correlate(const weft_device_table *table, int n, double threshold,
                                  int resamples) {
    weft_correlation_settings settings;
    weft_correlation made;
    weft_error error = {0};
    int columns[64];
    for (int i = 0; i < n; i++) {
        columns[i] = i;
    }
    weft_correlation_defaults(&settings);
    settings.threshold = threshold;
    settings.resamples = resamples;
    expect_ok(weft_correlate(table, columns, n, &settings, &made, &error), &error);
    return made;
}

/* Devices as noisy copies of a few hidden ones. */
static weft_device_table *random_devices(int devices, uint64_t seed) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    fputs("architecture", out);
    for (int d = 0; d < devices; d++) {
        fprintf(out, ",d%d", d);
    }
    for (int i = 0; i < 60; i++) {
        double hidden[3];
        for (int h = 0; h < 3; h++) {
            hidden[h] = weft_rng_uniform(&rng);
        }
        fprintf(out, "\na%d", i);
        for (int d = 0; d < devices; d++) {
            fprintf(out, ",%.6f", 1.0 + hidden[d % 3] + 0.3 * weft_rng_uniform(&rng) * (d % 4));
        }
    }
    fputc('\n', out);
    fclose(out);
    weft_device_table *table = parse(text, NULL);
    free(text);
    return table;
}

/* Any two of a cluster reach the threshold; no two whole clusters could be joined; the proxy's least
 * correlation is the largest. */
static void clusters_keep_their_word(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        const double threshold = 0.85;
        weft_device_table *table = random_devices(10, seed);
        weft_correlation c = correlate(table, 10, threshold, 0);
        double least[10][10], reach[10];
        for (int a = 0; a < c.n_clusters; a++) {
            for (int b = 0; b < c.n_clusters; b++) {
                least[a][b] = 1.0;
            }
        }
        for (int i = 0; i < c.n; i++) {
            reach[i] = 1.0;
            assert_true(isnan(c.pair[i * c.n + (i + 1) % c.n].low)); /* no resamples */
            for (int j = 0; j < c.n; j++) {
                double srcc = c.pair[i * c.n + j].srcc;
                least[c.cluster[i]][c.cluster[j]] = fmin(least[c.cluster[i]][c.cluster[j]], srcc);
                reach[i] = c.cluster[i] == c.cluster[j] ? fmin(reach[i], srcc) : reach[i];
                assert_true(srcc == c.pair[j * c.n + i].srcc);
            }
        }
        for (int a = 0; a < c.n_clusters; a++) {
            for (int b = 0; b < c.n_clusters; b++) {
                assert_true(a == b ? least[a][b] >= threshold : least[a][b] < threshold);
            }
        }
        for (int i = 0; i < c.n; i++) {
            assert_true(reach[i] <= reach[c.proxy[c.cluster[i]]]);
            assert_int_equal(c.cluster[c.proxy[c.cluster[i]]], c.cluster[i]);
        }
        weft_correlation_free(&c);
        weft_device_table_destroy(table);
    }
}

static void devices_apart_have_none(void **state) {
    (void)state;
    weft_device_table *table =
        parse("architecture,x,y,z\na,1,,5\nb,2,,5\nc,3,,5\nd,,1,5\ne,,2,5\nf,,3,5\n", NULL);
    weft_correlation_settings settings;
    weft_correlation c;
    weft_error error = {0};
    int columns[] = {0, 1, 2};
    weft_correlation_defaults(&settings);
    expect_ok(weft_correlate(table, columns, 3, &settings, &c, &error), &error);
    assert_true(isnan(c.pair[1].srcc));
    assert_int_equal(c.pair[1].pairs, 0);
    assert_true(isnan(c.pair[2].srcc)); /* z is constant */
    assert_int_equal(c.n_clusters, 3);
    weft_correlation_free(&c);
    assert_int_equal(weft_correlate(table, columns, 2, &settings, &c, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "in common"));
    weft_device_table_destroy(table);
}

static double pair_srcc(const weft_device_table *table, const char *a, const char *b) {
    weft_error error = {0};
    double srcc;
    expect_ok(weft_spearman(weft_device_table_values(table, column(table, a)),
                            weft_device_table_values(table, column(table, b)),
                            weft_device_table_architectures(table), &srcc, NULL, &error),
              &error);
    return srcc;
}

/* B. Lu et al. 2021 and the notebook of its authors: VPU against GTX 0.6905; proxies Pixel3 of
 * HW-NAS-Bench on all 15 625 cells, cut to two digits in its figure. */
static void published_correlations(void **state) {
    (void)state;
    weft_device_table *table = read_shared(SHARED "nasbench201/nb201_oneproxy_1999_archs.csv");
    if (table == NULL) {
        print_message("skipped: no " SHARED "\n");
        skip();
    }
    assert_float_equal(pair_srcc(table, "true_vpu", "eagle_gtx"), 0.6905, 5e-5);
    weft_device_table_destroy(table);
    table = read_shared(SHARED "nasbench201/nb201_table.csv");
    assert_float_equal(pair_srcc(table, "c10_pixel3", "c10_raspi4"), 0.965, 0.01);
    assert_float_equal(pair_srcc(table, "c10_pixel3", "c10_eyeriss"), 0.725, 0.01);
    assert_float_equal(pair_srcc(table, "c10_pixel3", "c10_fpga"), 0.875, 0.01);
    weft_device_table_destroy(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_keep_their_word),
        cmocka_unit_test(devices_apart_have_none),
        cmocka_unit_test(published_correlations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
