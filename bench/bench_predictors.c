/* SPDX-License-Identifier: Apache-2.0
 *
 * What predictors are worth against the number of trained networks: for 25, 50, 100 and 200 networks
 * by chance, each model is fitted and asked for others; Kendall's tau, RMSE in points of accuracy and
 * coverage of the 90 % interval, quartiles over seeds. The networks are those of a benchmark, whose
 * figures are the user's (2 000 others), or the trials of a store of random search (all others):
 *
 *     build/bench_predictors nb201_table.csv [TABLE [SEEDS [MODEL [LOSS [plain]]]]]
 *     build/bench_predictors trials.db [- [SEEDS [MODEL [LOSS [plain]]]]]
 */
#include "bench.h"

#include <math.h>
#include <string.h>

#include <weft/accuracy.h>
#include <weft/study.h>

#include "accuracy/sample.h"

enum { MOST_SEEDS = 50, HELD_OUT = 2000, SIZES = 4 };

static const int sizes[SIZES] = {25, 50, 100, 200};

typedef struct figures {
    double tau[MOST_SEEDS], rmse[MOST_SEEDS], coverage[MOST_SEEDS], own_tau[MOST_SEEDS];
    double seconds[MOST_SEEDS];
} figures;

/* Where networks come from: a table of a benchmark, or the trials of a study. */
typedef struct source {
    weft_design_file file;
    weft_design_set *set; /* NULL: the file */
} source;

/* The first n designs of a list train, those behind the largest training set test. */
static void run_one(const weft_designs *all, const weft_surrogate_settings *settings, int n, int at,
                    figures *to) {
    weft_error error = {0};
    weft_surrogate *surrogate = NULL;
    weft_surrogate_report report;
    weft_surrogate_report own;
    weft_designs train = *all;
    weft_designs test = *all;
    int first = sizes[SIZES - 1];
    train.n = n;
    test.n = all->n - first;
    test.genomes = all->genomes + (size_t)first * (size_t)all->genes.n;
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

static void run_table(const source *from, uint64_t seed, const weft_surrogate_settings *settings,
                      int n, int at, figures *to) {
    weft_error error = {0};
    weft_design_list *list = NULL;
    weft_design_file file = from->file;
    file.seed = seed;
    check(weft_design_list_read(&file, &list, &error), &error);
    run_one(weft_design_list_get(list), settings, n, at, to);
    weft_design_list_destroy(list);
}

static double *copy_of(const double *values, size_t n) {
    double *copy = malloc(n * sizeof *copy);
    memcpy(copy, values, n * sizeof *copy);
    return copy;
}

/* The trials in an order of the seed. */
static void run_trials(const source *from, uint64_t seed, const weft_surrogate_settings *settings,
                       int n, int at, figures *to) {
    weft_error error = {0};
    weft_designs shuffled = *weft_design_set_get(from->set);
    size_t genes = (size_t)shuffled.genes.n, count = (size_t)shuffled.n;
    double *genomes = copy_of(shuffled.genomes, count * genes);
    double *accuracies = copy_of(shuffled.accuracies, count);
    check(weft_sample_designs(genomes, accuracies, genes, &shuffled.n, shuffled.n, seed, &error),
          &error);
    shuffled.genomes = genomes;
    shuffled.accuracies = accuracies;
    run_one(&shuffled, settings, n, at, to);
    free(genomes);
    free(accuracies);
}

/* Median and quartiles. */
static void print_spread(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    printf(" %6.3f (%.3f to %.3f)", values[n / 2], values[n / 4], values[3 * n / 4]);
}

static void run_size(const source *from, const weft_surrogate_settings *settings, int n,
                     int seeds) {
    static figures found;
    for (int i = 0; i < seeds; i++) {
        uint64_t seed = (uint64_t)i + 1;
        weft_surrogate_settings with = *settings;
        with.seed = seed;
        (from->set != NULL ? run_trials : run_table)(from, seed, &with, n, i, &found);
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

/* All trials whose accuracy is known; they have to be more than the largest training set. */
static void read_store(const char *path, weft_study **study, weft_design_set **set) {
    weft_error error = {0};
    check(weft_study_open_read(path, study, &error), &error);
    check(weft_design_set_create(weft_study_get_problem(*study), set, &error), &error);
    check(weft_design_set_add_trials(*set, *study, &error), &error);
    int n = weft_design_set_get(*set)->n;
    if (n < sizes[SIZES - 1] + 16) {
        fprintf(stderr, "bench_predictors: %s has %d trained networks, expected %d or more\n", path,
                n, sizes[SIZES - 1] + 16);
        exit(3);
    }
    printf("%d networks, %d of them held out\n", n, n - sizes[SIZES - 1]);
}

static weft_surrogate_settings settings_of(const char *model, int argc, char **argv) {
    weft_surrogate_settings settings;
    weft_surrogate_defaults(&settings);
    settings.model = model;
    for (int l = 0; argc > 5 && weft_loss_names()[l] != NULL; l++) {
        settings.loss = strcmp(argv[5], weft_loss_names()[l]) == 0 ? (weft_model_loss)l
                                                                   : settings.loss;
    }
    settings.warp = argc < 7;
    return settings;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "bench_predictors: neither figures of a benchmark nor a store are given\n");
        return 0;
    }
    weft_study *study = NULL;
    source from = {.file = {.path = argv[1],
                            .table = argc > 2 ? argv[2] : "nasbench201-cifar10",
                            .column = "",
                            .sample = sizes[SIZES - 1] + HELD_OUT}};
    int seeds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 10;
    if (seeds < 1 || seeds > MOST_SEEDS) {
        fprintf(stderr, "bench_predictors: 1 to %d seeds\n", (int)MOST_SEEDS);
        return 2;
    }
    const char *dot = strrchr(argv[1], '.');
    if (dot != NULL && strcmp(dot, ".db") == 0) {
        read_store(argv[1], &study, &from.set);
    }
    for (const char *const *model = weft_model_names(); *model != NULL; model++) {
        const weft_surrogate_settings settings = settings_of(*model, argc, argv);
        for (int s = 0; s < SIZES && (argc < 5 || strcmp(argv[4], *model) == 0); s++) {
            run_size(&from, &settings, sizes[s], seeds);
        }
    }
    weft_design_set_destroy(from.set);
    weft_study_close(study);
    return 0;
}
