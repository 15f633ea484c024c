/* SPDX-License-Identifier: Apache-2.0
 *
 * What predictors are worth against the number of trained networks: for 25, 50, 100 and 200 networks
 * of NAS-Bench-201 by chance, each model is fitted and asked for 2 000 others; Kendall's tau, RMSE in
 * points of accuracy and coverage of the 90 % interval, quartiles over seeds. The figures are the user's:
 *
 *     build/bench_predictors nb201_table.csv [TABLE [SEEDS [MODEL [LOSS [plain]]]]]
 */
#include "bench.h"

#include <math.h>
#include <string.h>

#include <weft/accuracy.h>

enum { MOST_SEEDS = 50, HELD_OUT = 2000, SIZES = 4 };

static const int sizes[SIZES] = {25, 50, 100, 200};

typedef struct figures {
    double tau[MOST_SEEDS], rmse[MOST_SEEDS], coverage[MOST_SEEDS], own_tau[MOST_SEEDS];
    double seconds[MOST_SEEDS];
} figures;

/* The first n designs of a list train, the HELD_OUT ones behind the largest training set test. */
static void run_one(const weft_designs *all, const weft_surrogate_settings *settings, int n, int at,
                    figures *to) {
    weft_error error = {0};
    weft_surrogate *surrogate = NULL;
    weft_surrogate_report report;
    weft_surrogate_report own;
    weft_designs train = *all;
    weft_designs test = *all;
    size_t first = (size_t)sizes[SIZES - 1];
    train.n = n;
    test.n = HELD_OUT;
    test.genomes = all->genomes + first * (size_t)all->genes.n;
    test.accuracies = all->accuracies + first;
    double began = now();
    check(weft_surrogate_fit(settings, &train, &surrogate, &error), &error);
    to->seconds[at] = now() - began;
    check(weft_surrogate_check(surrogate, &test, &report, NULL, &error), &error);
    weft_surrogate_get_report(surrogate, &own);
    weft_surrogate_destroy(surrogate);
    to->tau[at] = report.tau;
    to->rmse[at] = 100.0 * report.rmse;
    to->coverage[at] = report.coverage;
    to->own_tau[at] = own.tau;
}

/* Median and quartiles. */
static void print_spread(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    printf(" %6.3f (%.3f to %.3f)", values[n / 2], values[n / 4], values[3 * n / 4]);
}

static void run_size(const weft_design_file *file, const weft_surrogate_settings *settings, int n,
                     int seeds) {
    static figures found;
    weft_error error = {0};
    for (int seed = 0; seed < seeds; seed++) {
        weft_design_list *list = NULL;
        weft_design_file from = *file;
        weft_surrogate_settings with = *settings;
        from.seed = (uint64_t)seed + 1;
        with.seed = (uint64_t)seed + 1;
        check(weft_design_list_read(&from, &list, &error), &error);
        run_one(weft_design_list_get(list), &with, n, seed, &found);
        weft_design_list_destroy(list);
    }
    printf("%-14s %4d  tau", settings->model, n);
    print_spread(found.tau, seeds);
    printf("  rmse");
    print_spread(found.rmse, seeds);
    printf("  coverage");
    print_spread(found.coverage, seeds);
    printf("  own tau");
    print_spread(found.own_tau, seeds);
    printf("  %.2f s\n", median(found.seconds, seeds));
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "bench_predictors: the figures of NAS-Bench-201 are not given\n");
        return 0;
    }
    weft_design_file file = {.path = argv[1],
                             .table = argc > 2 ? argv[2] : "nasbench201-cifar10",
                             .column = "",
                             .sample = sizes[SIZES - 1] + HELD_OUT};
    int seeds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 10;
    if (seeds < 1 || seeds > MOST_SEEDS) {
        fprintf(stderr, "bench_predictors: 1 to %d seeds\n", (int)MOST_SEEDS);
        return 2;
    }
    for (const char *const *model = weft_model_names(); *model != NULL; model++) {
        weft_surrogate_settings settings;
        weft_surrogate_defaults(&settings);
        settings.model = *model;
        for (int l = 0; argc > 5 && weft_loss_names()[l] != NULL; l++) {
            settings.loss = strcmp(argv[5], weft_loss_names()[l]) == 0 ? (weft_model_loss)l
                                                                       : settings.loss;
        }
        settings.warp = argc < 7;
        for (int s = 0; s < SIZES && (argc < 5 || strcmp(argv[4], *model) == 0); s++) {
            run_size(&file, &settings, sizes[s], seeds);
        }
    }
    return 0;
}
