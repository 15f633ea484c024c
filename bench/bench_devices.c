/* SPDX-License-Identifier: Apache-2.0
 *
 * What one proxy device is worth: for each other device of a table, Spearman's correlation of the proxy
 * as it is, and adapted by N measurements drawn by chance, on the architectures that were not drawn; mean,
 * standard deviation and least over draws with seeds 1, 2, ...; and the time of one adaptation. The figures
 * of the tables are the user's; without one the time alone, on made-up cells:
 *
 *     build/bench_devices
 *     build/bench_devices TABLE.csv PROXY [N,N,... [DRAWS [METHOD [TARGET]]]]
 *     build/bench_devices nb201_oneproxy_1999_archs.csv true_vpu 20,40,70 20
 *     build/bench_devices --front nb201_table.csv ACCURACY PROXY N DRAWS
 *
 * With --front: an accuracy column and latency as objectives, the architectures of the front that the
 * adapted proxy shows are measured on the target and pruned; their hypervolume over that of the true
 * front, from the worst of both objectives in the table. */
#include "bench.h"

#include <math.h>
#include <string.h>

#include <weft/search.h>
#include <weft/transfer.h>

enum { MOST_DRAWS = 200, MOST_SIZES = 16 };

typedef struct options {
    int sizes[MOST_SIZES], n_sizes, draws;
    weft_adapt_method method;
    const char *target;
} options;

typedef struct figures {
    double srcc[MOST_DRAWS], seconds;
    int draws, fallbacks;
} figures;

/* Spearman's correlation on what was not drawn. */
static double rest_srcc(const weft_device_table *table, int target, const double *predicted,
                        const int *places, int n) {
    weft_error error;
    int size = weft_device_table_architectures(table);
    double srcc, *rest = malloc((size_t)size * sizeof *rest);
    memcpy(rest, weft_device_table_values(table, target), (size_t)size * sizeof *rest);
    for (int i = 0; i < n; i++) {
        rest[places[i]] = NAN;
    }
    check(weft_spearman(predicted, rest, size, &srcc, NULL, &error), &error);
    free(rest);
    return srcc;
}

static void run_draws(const weft_device_table *table, const weft_adapter *adapter, int proxy,
                      int target, int n, const options *o, figures *made) {
    weft_adapt_settings settings;
    weft_error error;
    int places[2048];
    double values[2048];
    weft_adapt_defaults(&settings);
    settings.method = o->method;
    *made = (figures){0};
    for (int draw = 0; draw < o->draws; draw++) {
        weft_adaptation a;
        check(weft_device_draw(table, proxy, target, n, (uint64_t)draw + 1, places, &error),
              &error);
        for (int i = 0; i < n; i++) {
            values[i] = weft_device_table_values(table, target)[places[i]];
        }
        double began = now();
        check(weft_adapt(adapter, &settings, places, values, n, &a, &error), &error);
        made->seconds += (now() - began) / o->draws;
        made->fallbacks += a.fallback != WEFT_FALLBACK_NONE;
        made->srcc[made->draws++] = rest_srcc(table, target, a.predicted, places, n);
        weft_adaptation_free(&a);
    }
}

static void spread(const figures *f, double *mean, double *deviation, double *least) {
    *mean = *deviation = 0.0;
    *least = 1.0;
    for (int i = 0; i < f->draws; i++) {
        *mean += f->srcc[i] / f->draws;
        *least = fmin(*least, f->srcc[i]);
    }
    for (int i = 0; i < f->draws; i++) {
        *deviation += (f->srcc[i] - *mean) * (f->srcc[i] - *mean) / fmax(f->draws - 1, 1);
    }
    *deviation = sqrt(*deviation);
}

static void run_size(const weft_device_table *table, const weft_adapter *adapter, int proxy, int n,
                     const options *o) {
    double sum = 0.0, raw_sum = 0.0, seconds = 0.0, slowest = 0.0;
    int targets = 0, reached = 0, only = -1;
    weft_error error;
    if (o->target != NULL) {
        check(weft_device_table_find(table, o->target, &only, &error), &error);
    }
    printf("\n%d measurements, %d draws, method %s\n\n", n, o->draws,
           weft_adapt_method_name(o->method));
    printf(
        "| target | raw | adapted | sd | least | fallbacks |\n| --- | --- | --- | --- | --- | --- "
        "|\n");
    for (int t = 0; t < weft_device_table_columns(table); t++) {
        figures f;
        double raw, mean, deviation, least;
        if (t == proxy || !weft_device_table_measured(table, t) || (only >= 0 && t != only)) {
            continue;
        }
        check(weft_spearman(weft_device_table_values(table, proxy),
                            weft_device_table_values(table, t),
                            weft_device_table_architectures(table), &raw, NULL, &error),
              &error);
        run_draws(table, adapter, proxy, t, n, o, &f);
        spread(&f, &mean, &deviation, &least);
        printf("| %s | %.3f | %.3f | %.3f | %.3f | %d |\n", weft_device_table_column(table, t), raw,
               mean, deviation, least, f.fallbacks);
        sum += mean;
        raw_sum += raw;
        seconds += f.seconds;
        slowest = fmax(slowest, f.seconds);
        reached += mean >= 0.9;
        targets++;
    }
    printf("\n%d targets: raw %.4f, adapted %.4f in the mean, %d of them at 0.9 or more; one "
           "adaptation %.2f ms in the mean, %.2f ms of the slowest target\n",
           targets, raw_sum / targets, sum / targets, reached, 1e3 * seconds / targets,
           1e3 * slowest);
    fflush(stdout);
}

/* ---- fronts ------------------------------------------------------------------------------------- */

static double volume_of(const double *points, size_t n, const double *reference) {
    weft_error error;
    double volume;
    check(weft_hypervolume(points, n, 2, reference, &volume, &error), &error);
    return volume;
}

/* Of the front by (accuracy, predicted): the points on the target. */
static size_t front_points(const weft_device_table *table, const double *accuracy,
                           const double *predicted, const double *truth, double *points) {
    weft_error error;
    weft_archive *archive = NULL;
    int n = weft_device_table_architectures(table);
    check(weft_archive_create(2, &archive, &error), &error);
    for (int i = 0; i < n; i++) {
        bool kept;
        double objectives[2] = {-accuracy[i], predicted[i]};
        if (!isnan(truth[i]) && !isnan(predicted[i]) && !isnan(accuracy[i])) {
            check(weft_archive_insert(archive, objectives, (uint64_t)i, &kept, &error), &error);
        }
    }
    size_t found = weft_archive_size(archive);
    for (size_t k = 0; k < found; k++) {
        uint64_t i = weft_archive_id(archive, k);
        points[2 * k] = -accuracy[i];
        points[2 * k + 1] = truth[i];
    }
    weft_archive_destroy(archive);
    return found;
}

/* One table, its accuracies, and a proxy of it. */
typedef struct search {
    const weft_device_table *table;
    const double *accuracy;
    int proxy, n, draws, size;
    const weft_adapter *adapter;
    double *points; /* room for all */
} search;

/* The hypervolume of the front by `predicted`, as the target has it. */
static double front_volume(const search *s, const double *predicted, const double *truth,
                           const double *reference, size_t *found) {
    *found = front_points(s->table, s->accuracy, predicted, truth, s->points);
    return volume_of(s->points, *found, reference);
}

/* Mean and least ratio over the draws, and how many are measured. */
static void draw_fronts(const search *s, int target, const double *reference, double best,
                        double *mean, double *least, double *measured) {
    weft_error error;
    weft_adapt_settings settings;
    const double *truth = weft_device_table_values(s->table, target);
    weft_adapt_defaults(&settings);
    *mean = *measured = 0.0;
    *least = 1.0;
    for (int draw = 0; draw < s->draws; draw++) {
        int places[2048];
        double values[2048];
        size_t found;
        weft_adaptation a;
        check(
            weft_device_draw(s->table, s->proxy, target, s->n, (uint64_t)draw + 1, places, &error),
            &error);
        for (int i = 0; i < s->n; i++) {
            values[i] = truth[places[i]];
        }
        check(weft_adapt(s->adapter, &settings, places, values, s->n, &a, &error), &error);
        double ratio = front_volume(s, a.predicted, truth, reference, &found) / best;
        *mean += ratio / s->draws;
        *least = fmin(*least, ratio);
        *measured += (double)found / s->draws;
        weft_adaptation_free(&a);
    }
}

static double run_target(const search *s, int target) {
    const double *truth = weft_device_table_values(s->table, target);
    double reference[2] = {-INFINITY, -INFINITY}, mean, least, measured;
    size_t front, found;
    for (int i = 0; i < s->size; i++) {
        if (!isnan(truth[i]) && !isnan(s->accuracy[i])) {
            reference[0] = fmax(reference[0], -s->accuracy[i]);
            reference[1] = fmax(reference[1], truth[i]);
        }
    }
    double best = front_volume(s, truth, truth, reference, &front);
    double raw =
        front_volume(s, weft_device_table_values(s->table, s->proxy), truth, reference, &found);
    draw_fronts(s, target, reference, best, &mean, &least, &measured);
    printf("| %s | %zu | %.4f | %.4f | %.4f | %.1f |\n", weft_device_table_column(s->table, target),
           front, raw / best, mean, least, measured);
    fflush(stdout);
    return mean;
}

static void run_fronts(const weft_device_table *table, const char *accuracy, const char *proxy,
                       int n, int draws) {
    weft_error error;
    int accuracy_column, targets = 0;
    double total = 0.0, least = 1.0;
    weft_adapter *adapter = NULL;
    search s = {.table = table, .n = n < 2048 ? n : 2048, .draws = draws};
    s.size = weft_device_table_architectures(table);
    s.points = malloc(2 * (size_t)s.size * sizeof *s.points);
    check(weft_device_table_find(table, proxy, &s.proxy, &error), &error);
    check(weft_device_table_find(table, accuracy, &accuracy_column, &error), &error);
    check(weft_adapter_create(table, s.proxy, &adapter, &error), &error);
    s.accuracy = weft_device_table_values(table, accuracy_column);
    s.adapter = adapter;
    printf("| target | front | raw proxy | adapted | least | measured of it |\n| --- | --- | --- | "
           "--- | --- | --- |\n");
    for (int t = 0; t < weft_device_table_columns(table); t++) {
        if (t != s.proxy && weft_device_table_measured(table, t)) {
            double mean = run_target(&s, t);
            total += mean;
            least = fmin(least, mean);
            targets++;
        }
    }
    printf("\n%d targets: mean ratio %.4f, least mean %.4f\n", targets, total / targets, least);
    weft_adapter_destroy(adapter);
    free(s.points);
}

/* ---- without a table ------------------------------------------------------------------------------ */

/* 2000 cells of NAS-Bench-201 with additive times of a proxy and a target that leaves out what the last
 * edge does not need: nothing but something to measure the time with. */
static weft_device_table *make_cells(void) {
    weft_error error;
    weft_device_table *table = NULL;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    fputs("ops,proxy_latency_ms,target_latency_ms\n", out);
    for (int i = 0; i < 2000; i++) {
        double proxy = 1.0, target = 2.0;
        int code = i * 7919 % 15625, last = code % 5;
        for (int e = 0; e < 6; e++, code /= 5) {
            static const double COST[] = {0.0, 0.1, 1.0, 2.0, 0.7};
            proxy += COST[code % 5] * (1.0 + 0.1 * e);
            target += last == 0 ? 0.3 : COST[code % 5] * COST[code % 5];
            fputc('0' + code % 5, out);
        }
        fprintf(out, ",%.6f,%.6f\n", proxy, target);
    }
    fclose(out);
    check(weft_device_table_parse(text, length, "cells", NULL, &table, &error), &error);
    free(text);
    return table;
}

static void time_made_cells(void) {
    weft_error error;
    weft_adapter *adapter = NULL;
    weft_device_table *table = make_cells();
    options o = {.draws = 20};
    check(weft_adapter_create(table, 0, &adapter, &error), &error);
    printf("time of one adaptation, 2000 cells (fit, predictions of all, interval)\n");
    for (int m = 0; m < WEFT_ADAPT_METHODS; m++) {
        o.method = (weft_adapt_method)m;
        printf("%-14s", weft_adapt_method_name(o.method));
        for (int k = 0; k < 3; k++) {
            static const int SIZES[] = {20, 40, 70};
            figures f;
            run_draws(table, adapter, 0, 1, SIZES[k], &o, &f);
            printf("  %d measurements %6.2f ms", SIZES[k], 1e3 * f.seconds);
        }
        printf("\n");
    }
    weft_adapter_destroy(adapter);
    weft_device_table_destroy(table);
}

static void read_options(int argc, char **argv, options *o) {
    *o = (options){.sizes = {20, 40, 70}, .n_sizes = 3, .draws = 20};
    if (argc > 3) {
        o->n_sizes = 0;
        for (const char *at = argv[3]; at != NULL && o->n_sizes < MOST_SIZES;
             at = strchr(at, ',')) {
            at += *at == ',';
            o->sizes[o->n_sizes++] = atoi(at);
        }
    }
    o->draws = argc > 4 ? atoi(argv[4]) : o->draws;
    o->draws = o->draws > MOST_DRAWS ? MOST_DRAWS : o->draws;
    for (int m = 0; argc > 5 && m < WEFT_ADAPT_METHODS; m++) {
        if (strcmp(argv[5], weft_adapt_method_name((weft_adapt_method)m)) == 0) {
            o->method = (weft_adapt_method)m;
        }
    }
    o->target = argc > 6 ? argv[6] : NULL;
}

int main(int argc, char **argv) {
    weft_error error;
    weft_device_table *table = NULL;
    bool fronts = argc > 1 && strcmp(argv[1], "--front") == 0;
    if (argc < 3 || (fronts && argc < 7)) {
        time_made_cells();
        return 0;
    }
    check(weft_device_table_read(argv[fronts ? 2 : 1], NULL, &table, &error), &error);
    if (fronts) {
        run_fronts(table, argv[3], argv[4], atoi(argv[5]), atoi(argv[6]));
    } else {
        int proxy;
        options o;
        weft_adapter *adapter = NULL;
        read_options(argc, argv, &o);
        check(weft_device_table_find(table, argv[2], &proxy, &error), &error);
        double began = now();
        check(weft_adapter_create(table, proxy, &adapter, &error), &error);
        printf("proxy %s, %d architectures, prepared once in %.1f ms\n",
               weft_device_table_column(table, proxy), weft_device_table_architectures(table),
               1e3 * (now() - began));
        for (int s = 0; s < o.n_sizes; s++) {
            run_size(table, adapter, proxy, o.sizes[s], &o);
        }
        weft_adapter_destroy(adapter);
    }
    weft_device_table_destroy(table);
    return 0;
}
