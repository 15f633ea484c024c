/* SPDX-License-Identifier: Apache-2.0
 *
 * Adaptation as a whole: what it finds where the truth is known, that it never hides what it cannot do,
 * that it does not depend on units or order, and how well it does on published tables. */
#include "transfer/support.h"

#include "transfer/table.h"

enum { MOST = 20000 };

/* A proxy of a table with N measurements of a target. */
typedef struct study {
    weft_device_table *table;
    weft_adapter *adapter;
    int proxy, target, n;
    int places[200];
    double values[200];
} study;

static study open_study(weft_device_table *table, const char *proxy, const char *target) {
    weft_error error = {0};
    study s = {.table = table, .proxy = column(table, proxy), .target = column(table, target)};
    expect_ok(weft_adapter_create(table, s.proxy, &s.adapter, &error), &error);
    return s;
}

static void draw(study *s, int n, uint64_t seed) {
    weft_error error = {0};
    s->n = n;
    expect_ok(weft_device_draw(s->table, s->proxy, s->target, n, seed, s->places, &error), &error);
    for (int i = 0; i < n; i++) {
        s->values[i] = weft_device_table_values(s->table, s->target)[s->places[i]];
    }
}

static void close_study(study *s) {
    weft_adapter_destroy(s->adapter);
}

static weft_adaptation adapt(const study *s, weft_adapt_method method) {
    weft_error error = {0};
    weft_adapt_settings settings;
    weft_adaptation made;
    weft_adapt_defaults(&settings);
    settings.method = method;
    expect_ok(weft_adapt(s->adapter, &settings, s->places, s->values, s->n, &made, &error), &error);
    return made;
}

/* Spearman's correlation on what was not measured. */
static double rest(const study *s, const double *predicted) {
    static double truth[MOST];
    weft_error error = {0};
    int n = weft_device_table_architectures(s->table);
    double srcc;
    memcpy(truth, weft_device_table_values(s->table, s->target), (size_t)n * sizeof *truth);
    for (int i = 0; i < s->n; i++) {
        truth[s->places[i]] = NAN;
    }
    expect_ok(weft_spearman(predicted, truth, n, &srcc, NULL, &error), &error);
    return srcc;
}

static weft_device_table *cells(int n, uint64_t seed, double noise) {
    char *text = cell_table(n, seed, noise);
    weft_device_table *table = parse(text, NULL);
    free(text);
    return table;
}

/* The target is additive in what is live: from 25 measurements nearly all is known. */
static void finds_what_is_live(void **state) {
    (void)state;
    weft_device_table *table = cells(1200, 3, 0.05);
    study s = open_study(table, "proxy", "target");
    for (uint64_t seed = 1; seed <= 4; seed++) {
        draw(&s, 25, seed);
        weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
        double raw = rest(&s, weft_device_table_values(table, s.proxy));
        assert_int_equal(a.fallback, WEFT_FALLBACK_NONE);
        assert_true(rest(&s, a.predicted) > 0.97 && raw < 0.85);
        assert_true(a.srcc_low <= a.srcc_loo && a.srcc_loo <= a.srcc_high);
        weft_adaptation_free(&a);
    }
    close_study(&s);
    weft_device_table_destroy(table);
}

/* Same numbers for the same input; other units and another order give the same ranking. */
static void is_reproducible(void **state) {
    (void)state;
    weft_device_table *table = cells(500, 4, 0.5);
    study s = open_study(table, "proxy", "target");
    draw(&s, 30, 1);
    weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE), b = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_memory_equal(a.predicted, b.predicted, 500 * sizeof *a.predicted);
    double first = rest(&s, a.predicted);
    weft_adaptation_free(&b);
    for (int i = 0; i < s.n / 2; i++) {
        int place = s.places[i];
        double value = s.values[i];
        s.places[i] = s.places[s.n - 1 - i];
        s.values[i] = s.values[s.n - 1 - i];
        s.places[s.n - 1 - i] = place;
        s.values[s.n - 1 - i] = value;
    }
    for (int i = 0; i < s.n; i++) {
        s.values[i] *= 1e-3;
    }
    b = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_float_equal(rest(&s, b.predicted), first, 1e-3);
    for (int i = 0; i < 500; i++) {
        assert_float_equal(b.predicted[i] * 1e3 / a.predicted[i], 1.0, 0.02);
    }
    weft_adaptation_free(&a);
    weft_adaptation_free(&b);
    close_study(&s);
    weft_device_table_destroy(table);
}

static void states_its_fallbacks(void **state) {
    (void)state;
    weft_device_table *table = cells(300, 5, 0.1);
    study s = open_study(table, "proxy", "target");
    const double *proxy = weft_device_table_values(table, s.proxy);
    draw(&s, 4, 1);
    weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_int_equal(a.fallback, WEFT_FALLBACK_FEW);
    assert_memory_equal(a.predicted, proxy, 300 * sizeof *proxy);
    weft_adaptation_free(&a);
    s.n = 0;
    a = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_int_equal(a.fallback, WEFT_FALLBACK_FEW);
    assert_true(isnan(a.srcc_proxy) && isnan(a.srcc_loo) && isnan(a.srcc_low));
    weft_adaptation_free(&a);
    draw(&s, 30, 1);
    for (int i = 0; i < 30; i++) {
        s.values[i] = 2.5;
    }
    a = adapt(&s, WEFT_ADAPT_RIDGE);
    assert_int_equal(a.fallback, WEFT_FALLBACK_CONSTANT);
    assert_true(isnan(a.srcc_loo));
    weft_adaptation_free(&a);
    draw(&s, 30, 1); /* what cannot be a latency is not used */
    s.values[0] = -1.0;
    s.values[1] = NAN;
    s.values[2] = INFINITY;
    s.values[3] = 0.0;
    a = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_int_equal(a.n, 26);
    assert_int_equal(a.failed, 4);
    for (int i = 0; i < 300; i++) {
        assert_true(isfinite(a.predicted[i]));
    }
    weft_adaptation_free(&a);
    close_study(&s);
    weft_device_table_destroy(table);
}

/* The proxy with so much noise that 20 measurements cannot tell more: little is lost in the mean. */
static void is_not_worse_than_the_proxy(void **state) {
    (void)state;
    weft_device_table *table = cells(600, 6, 0.1);
    study s = open_study(table, "proxy", "target");
    double lost = 0.0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 5);
        const double *proxy = weft_device_table_values(table, s.proxy);
        double truth[600], before, after;
        weft_error error = {0};
        draw(&s, 20, seed);
        for (int i = 0; i < 600; i++) {
            truth[i] = proxy[i] * exp(0.4 * weft_rng_normal(&rng));
        }
        for (int i = 0; i < s.n; i++) {
            s.values[i] = truth[s.places[i]];
        }
        weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
        expect_ok(weft_spearman(proxy, truth, 600, &before, NULL, &error), &error);
        expect_ok(weft_spearman(a.predicted, truth, 600, &after, NULL, &error), &error);
        lost += (before - after) / 20.0;
        weft_adaptation_free(&a);
    }
    assert_true(lost < 0.04);
    close_study(&s);
    weft_device_table_destroy(table);
}

static void names_alone_give_the_proxy(void **state) {
    (void)state;
    weft_device_table *table = parse("architecture,p,t\na,1,2\nb,2,3\nc,3,9\nd,4,1\ne,5,7\nf,6,8\n"
                                     "g,7,5\nh,8,11\ni,9,12\nj,failed,3\n",
                                     NULL);
    study s = open_study(table, "p", "t");
    draw(&s, 6, 1);
    weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_int_equal(a.fallback, WEFT_FALLBACK_UNKNOWN);
    assert_float_equal(a.srcc_loo, a.srcc_proxy, 0.0);
    assert_true(isnan(a.predicted[9]));
    weft_adaptation_free(&a);
    close_study(&s);
    weft_device_table_destroy(table);
}

static void refuses_bad_measurements(void **state) {
    (void)state;
    weft_device_table *table = parse("architecture,p,t\na,1,2\nb,2,3\nc,3,9\nd,failed,1\n", NULL);
    weft_error error = {0};
    weft_adapt_settings settings;
    weft_adaptation made;
    study s = open_study(table, "p", "t");
    double values[2] = {1.0, 2.0};
    weft_adapt_defaults(&settings);
    const int bad[4][2] = {{0, 4}, {-1, 0}, {0, 3}, {1, 1}};
    const char *const says[4] = {"not in the table", "not in the table",
                                 "not measured on the proxy", "given twice"};
    for (int k = 0; k < 4; k++) {
        assert_int_equal(weft_adapt(s.adapter, &settings, bad[k], values, 2, &made, &error),
                         WEFT_ERROR_INPUT);
        assert_non_null(strstr(error.message, says[k]));
    }
    int places[8];
    assert_int_equal(weft_device_draw(table, s.proxy, s.target, 2, 1, places, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "3 measured architectures in common"));
    close_study(&s);
    weft_device_table_destroy(table);
    weft_adapter *adapter = NULL;
    table = parse("architecture,p,t\na,1,2\nb,failed,3\nc,,9\n", NULL);
    assert_int_equal(weft_adapter_create(table, 0, &adapter, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "has measured 1"));
    assert_non_null(strstr(error.hint, "1 of its cells count as failed"));
    weft_device_table_destroy(table);
}

/* Each pick is the one of largest variance given those before: far from what is known. Chosen
 * measurements teach at least as much as drawn ones. */
static void next_is_informative(void **state) {
    (void)state;
    weft_device_table *table = cells(900, 7, 0.3);
    study s = open_study(table, "proxy", "target");
    const double *truth = weft_device_table_values(table, s.target);
    weft_error error = {0};
    double drawn = 0.0, chosen = 0.0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        draw(&s, 24, seed);
        weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
        drawn += rest(&s, a.predicted) / 6.0;
        weft_adaptation_free(&a);
        draw(&s, 8, seed);
        for (int round = 0; round < 4; round++) {
            int next[4], n_next;
            expect_ok(weft_adapt_next(s.adapter, s.places, s.values, s.n, NULL, 4, seed, next,
                                      &n_next, &error),
                      &error);
            assert_int_equal(n_next, 4);
            for (int i = 0; i < 4; i++) {
                for (int k = 0; k < s.n; k++) {
                    assert_int_not_equal(next[i], s.places[k]);
                }
                s.places[s.n] = next[i];
                s.values[s.n++] = truth[next[i]];
            }
        }
        a = adapt(&s, WEFT_ADAPT_MIXTURE);
        chosen += rest(&s, a.predicted) / 6.0;
        weft_adaptation_free(&a);
    }
    assert_int_equal(s.n, 24);
    assert_true(chosen > drawn - 0.01);
    bool allowed[900] = {false};
    int next[10], n_next;
    allowed[3] = allowed[s.places[0]] = true;
    expect_ok(
        weft_adapt_next(s.adapter, s.places, s.values, s.n, allowed, 10, 1, next, &n_next, &error),
        &error);
    assert_true(n_next <= 1 && (n_next == 0 || next[0] == 3));
    close_study(&s);
    weft_device_table_destroy(table);
}

/* Numbers and genes: latency = width * kernel size, the proxy knows the width alone. */
static void learns_from_genes(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 6);
    fputs("width,kernel,kind,p,t\n", out);
    for (int i = 0; i < 300; i++) {
        int width = 8 + (int)weft_rng_below(&rng, 120),
            kernel = 1 + 2 * (int)weft_rng_below(&rng, 3);
        fprintf(out, "%d,%d,%s%d,%d,%d\n", width, kernel, "k", i, 10 + width,
                width * kernel * kernel);
    }
    fclose(out);
    weft_device_columns columns = {.genes = "width kernel"};
    weft_device_table *table = parse(text, &columns);
    study s = open_study(table, "p", "t");
    draw(&s, 30, 1);
    weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
    double raw = rest(&s, weft_device_table_values(table, s.proxy));
    assert_true(rest(&s, a.predicted) > 0.97 && raw < 0.7);
    weft_adaptation_free(&a);
    close_study(&s);
    weft_device_table_destroy(table);
    free(text);
}

/* A chain: the proxy's time is additive by position, the target's counts kernels started. */
static void learns_chains(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, 7);
    fputs("ops,p,t\n", out);
    for (int i = 0; i < 600; i++) {
        double proxy = 5.0, target = 2.0;
        for (int k = 0; k < 22; k++) {
            int op = (int)weft_rng_below(&rng, 9);
            proxy += op == 8 ? 0.0 : (1.0 + op) * (0.2 + 0.05 * k);
            target += op == 8 ? 0.0 : op % 2 == 0 ? 1.0 : 1.3;
            fprintf(out, "%s%d", k > 0 ? " " : "", op);
        }
        fprintf(out, ",%.4f,%.4f\n", proxy, target);
    }
    fclose(out);
    weft_device_table *table = parse(text, NULL);
    study s = open_study(table, "p", "t");
    draw(&s, 30, 1);
    weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
    double raw = rest(&s, weft_device_table_values(table, s.proxy));
    assert_true(rest(&s, a.predicted) > 0.95 && raw < 0.7);
    weft_adaptation_free(&a);
    close_study(&s);
    weft_device_table_destroy(table);
    free(text);
}

/* Blocks with kernels and expansions behind depths, a resolution that scales all: the target is launches of
 * blocks for small images, their work for large ones. */
static void learns_elastic_networks(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 8);
    fputs("d,ks,e,r,p,t\n", out);
    for (int i = 0; i < 600; i++) {
        int depth[2], kernel[8], expand[8], resolution = 128 + 16 * (int)weft_rng_below(&rng, 8);
        double work = 0.0, blocks = 0.0;
        for (int b = 0; b < 8; b++) {
            depth[b / 4] = b % 4 == 0 ? 2 + (int)weft_rng_below(&rng, 3) : depth[b / 4];
            kernel[b] = 3 + 2 * (int)weft_rng_below(&rng, 3);
            expand[b] = (int[]){3, 4, 6}[weft_rng_below(&rng, 3)];
            bool there = b % 4 < depth[b / 4];
            work += there ? expand[b] * (10.0 + kernel[b] * kernel[b]) : 0.0;
            blocks += there;
        }
        fprintf(out, "%d %d,", depth[0], depth[1]);
        for (int b = 0; b < 16; b++) {
            fprintf(out, "%d%c", b < 8 ? kernel[b] : expand[b - 8], b % 8 == 7 ? ',' : ' ');
        }
        fprintf(out, "%d,%.4f,%.4f\n", resolution, 10.0 + blocks + 1e-3 * work,
                work * resolution * resolution * 1e-6);
    }
    fclose(out);
    weft_device_table *table = parse(text, NULL);
    study s = open_study(table, "p", "t");
    draw(&s, 30, 1);
    weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
    double raw = rest(&s, weft_device_table_values(table, s.proxy));
    assert_true(rest(&s, a.predicted) > 0.95 && raw < 0.7);
    weft_adaptation_free(&a);
    close_study(&s);
    weft_device_table_destroy(table);
    free(text);
}

/* More measurements than scales are learned from; a proxy that says nothing. */
static void takes_many_and_nothing(void **state) {
    (void)state;
    weft_device_table *table = cells(900, 9, 0.3);
    weft_error error = {0};
    weft_adapt_settings settings;
    weft_adaptation a;
    static int places[400];
    static double values[400];
    study s = open_study(table, "proxy", "target");
    const double *truth = weft_device_table_values(table, s.target);
    expect_ok(weft_device_draw(table, s.proxy, s.target, 400, 1, places, &error), &error);
    for (int i = 0; i < 400; i++) {
        values[i] = truth[places[i]];
    }
    weft_adapt_defaults(&settings);
    expect_ok(weft_adapt(s.adapter, &settings, places, values, 400, &a, &error), &error);
    assert_int_equal(a.n, 400);
    assert_true(a.srcc_loo > 0.98 && rest(&s, a.predicted) > 0.98);
    weft_adaptation_free(&a);
    close_study(&s);
    for (int i = 0; i < 900; i++) {
        table->columns[s.proxy].values[i] = 2.0;
    }
    s = open_study(table, "proxy", "target");
    draw(&s, 40, 1);
    for (int m = 0; m < WEFT_ADAPT_METHODS; m++) {
        a = adapt(&s, (weft_adapt_method)m);
        assert_true(isnan(a.srcc_proxy));
        for (int i = 0; i < 900; i++) {
            assert_true(isfinite(a.predicted[i]));
        }
        assert_true(m != WEFT_ADAPT_MIXTURE || rest(&s, a.predicted) > 0.95);
        weft_adaptation_free(&a);
    }
    weft_rng rng = weft_rng_make(9, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < s.n; i++) { /* nothing to learn: no reason to give a ranking of equals */
        s.values[i] = 1.0 + weft_rng_uniform(&rng);
    }
    a = adapt(&s, WEFT_ADAPT_MIXTURE);
    assert_int_equal(a.fallback, WEFT_FALLBACK_NONE);
    assert_false(isnan(a.srcc_loo));
    weft_adaptation_free(&a);
    close_study(&s);
    weft_device_table_destroy(table);
}

/* The means over devices of the 1 999 cells with the Myriad VPU as proxy, which the estimator has to
 * keep: raw 0.754; a ridge of the residual 0.826 and 0.899 with 20 and 40 measurements. */
static void holds_its_level(void **state) {
    (void)state;
    weft_device_table *table = read_shared(SHARED "nasbench201/nb201_oneproxy_1999_archs.csv");
    if (table == NULL) {
        print_message("skipped: no " SHARED "\n");
        skip();
    }
    double sums[2] = {0.0}, ridge = 0.0;
    int targets = 0;
    for (int t = 0; t < weft_device_table_columns(table); t++) {
        if (t == column(table, "true_vpu")) {
            continue;
        }
        study s = open_study(table, "true_vpu", weft_device_table_column(table, t));
        for (int k = 0; k < 2; k++) {
            draw(&s, k == 0 ? 20 : 40, 11);
            weft_adaptation a = adapt(&s, WEFT_ADAPT_MIXTURE);
            sums[k] += rest(&s, a.predicted);
            weft_adaptation_free(&a);
        }
        weft_adaptation a = adapt(&s, WEFT_ADAPT_RIDGE);
        ridge += rest(&s, a.predicted);
        weft_adaptation_free(&a);
        close_study(&s);
        targets++;
    }
    assert_true(sums[0] / targets > 0.91 && sums[1] / targets > 0.95);
    assert_true(ridge / targets > 0.87 && ridge < sums[1]);
    weft_device_table_destroy(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_live),
        cmocka_unit_test(is_reproducible),
        cmocka_unit_test(states_its_fallbacks),
        cmocka_unit_test(is_not_worse_than_the_proxy),
        cmocka_unit_test(names_alone_give_the_proxy),
        cmocka_unit_test(refuses_bad_measurements),
        cmocka_unit_test(next_is_informative),
        cmocka_unit_test(learns_from_genes),
        cmocka_unit_test(learns_chains),
        cmocka_unit_test(learns_elastic_networks),
        cmocka_unit_test(takes_many_and_nothing),
        cmocka_unit_test(holds_its_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
