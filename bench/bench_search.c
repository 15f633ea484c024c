/* SPDX-License-Identifier: Apache-2.0
 *
 * What an optimizer costs beside the trials: microseconds for one ask and one tell
 *   - with 1 000 and 10 000 trials told, on 15 genes like imc-cnn's (depth, and block and kernels
 *     for each of 7 positions), one at a time and in batches of 8;
 *   - of Gaussian processes on the same with 100, 500 and 2 000 told, in milliseconds;
 *   - of genetic algorithms on 150 genes, population and batches of 150, as joint searches have
 *     them, over the 15 000 trials of a published budget;
 * nanoseconds for a step of a walk; milliseconds for an exact hypervolume; millions of insertions a
 * second into an archive. */
#include "base/rng.h"
#include <weft/search.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_GENES = 15, MAX_BATCH = 8, N_MANY = 150, POPULATION = 150, BUDGET = 15000 };

static void fill_genes(weft_gene genes[N_GENES]) {
    memset(genes, 0, N_GENES * sizeof *genes);
    genes[0] = (weft_gene){.name = "depth", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 7};
    for (int j = 0; j < 7; j++) {
        weft_condition reaches = {.parent = 0, .minimum = j + 1, .maximum = 7};
        genes[1 + 2 * j] = (weft_gene){.name = "block",
                                       .kind = WEFT_GENE_CATEGORICAL,
                                       .n_choices = 3,
                                       .upper = 2,
                                       .n_conditions = 1,
                                       .conditions = {reaches}};
        genes[2 + 2 * j] = (weft_gene){.name = "kernels",
                                       .kind = WEFT_GENE_ORDINAL,
                                       .n_choices = 6,
                                       .upper = 5,
                                       .n_conditions = 1,
                                       .conditions = {reaches}};
    }
}

/* Choices of 2 to 13 values; every fifth gene is active in two thirds of its parent's range. */
static void fill_many(weft_gene genes[N_MANY]) {
    memset(genes, 0, N_MANY * sizeof *genes);
    for (int g = 0; g < N_MANY; g++) {
        genes[g] = (weft_gene){.name = "gene",
                               .kind = WEFT_GENE_ORDINAL,
                               .n_choices = 2 + g % 12,
                               .upper = 1 + g % 12};
        if (g % 5 == 4) {
            genes[g].n_conditions = 1;
            genes[g].conditions[0] = (weft_condition){
                .parent = g - 4, .minimum = genes[g - 4].upper / 3.0, .maximum = INFINITY};
        }
    }
}

/* Processor time: what other programs take does not count. */
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void stop(const weft_error *error) {
    char text[1200];
    fprintf(stderr, "%s\n", weft_error_format(error, text, sizeof text));
    exit(1);
}

static weft_outcome evaluate(const double *genome, int n_objectives) {
    double width = 0.0;
    double kinds = 0.0;
    for (int j = 0; j < (int)genome[0]; j++) {
        width += genome[2 + 2 * j];
        kinds += genome[1 + 2 * j];
    }
    double loss = exp(-width / 10.0) + 0.01 * kinds;
    return (weft_outcome){
        .state = WEFT_OUTCOME_OK,
        .objectives = {n_objectives > 1 ? loss : loss + 0.02 * width, width, genome[0]}};
}

static void ask_and_tell(weft_optimizer *optimizer, uint64_t first, int n, int n_objectives) {
    double genomes[MAX_BATCH * N_GENES];
    weft_error error;
    int given;
    if (weft_optimizer_ask(optimizer, first, n, genomes, &given, &error) < 0) {
        stop(&error);
    }
    for (int i = 0; i < given; i++) {
        weft_outcome outcome = evaluate(&genomes[i * N_GENES], n_objectives);
        if (weft_optimizer_tell(optimizer, &genomes[i * N_GENES], &outcome, &error) < 0) {
            stop(&error);
        }
    }
}

/* Tells `history` random trials, then times asks and tells. */
static double microseconds(const char *name, int n_objectives, uint64_t history, int batch) {
    weft_gene genes[N_GENES];
    fill_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.n_objectives = n_objectives;
    settings.startup_trials = (int)history;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    if (weft_optimizer_create(&table, &settings, &optimizer, &error) < 0) {
        stop(&error);
    }
    uint64_t trial = 0;
    while (trial < history) {
        ask_and_tell(optimizer, trial, MAX_BATCH, n_objectives);
        trial += MAX_BATCH;
    }
    int timed = 0;
    double start = now();
    double elapsed = 0.0;
    while (elapsed < 0.3) {
        ask_and_tell(optimizer, trial, batch, n_objectives);
        trial += (uint64_t)batch;
        timed += batch;
        elapsed = now() - start;
    }
    weft_optimizer_destroy(optimizer);
    return 1e6 * elapsed / timed;
}

static weft_outcome evaluate_many(const double *genome) {
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
    for (int g = 0; g < N_MANY; g++) {
        double value = isnan(genome[g]) ? 0.0 : genome[g];
        outcome.objectives[0] += value;
        outcome.objectives[1] += fabs(value - g % 7);
    }
    return outcome;
}

/* Ask and tell alone: the time of the evaluations is left out. */
static double microseconds_many(const char *name, int n_objectives) {
    static double genomes[POPULATION * N_MANY];
    static weft_outcome outcomes[POPULATION];
    weft_gene genes[N_MANY];
    fill_many(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_MANY};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.n_objectives = n_objectives;
    settings.population = POPULATION;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    double elapsed = -now();
    if (weft_optimizer_create(&table, &settings, &optimizer, &error) < 0) {
        stop(&error);
    }
    elapsed += now();
    for (uint64_t trial = 0; trial < BUDGET; trial += POPULATION) {
        int given;
        elapsed -= now();
        if (weft_optimizer_ask(optimizer, trial, POPULATION, genomes, &given, &error) < 0) {
            stop(&error);
        }
        elapsed += now();
        for (int i = 0; i < given; i++) {
            outcomes[i] = evaluate_many(&genomes[i * N_MANY]);
        }
        elapsed -= now();
        for (int i = 0; i < given; i++) {
            if (weft_optimizer_tell(optimizer, &genomes[i * N_MANY], &outcomes[i], &error) < 0) {
                stop(&error);
            }
        }
        elapsed += now();
    }
    weft_optimizer_destroy(optimizer);
    return 1e6 * elapsed / BUDGET;
}

/* The whole table, or no more than a few million steps of it. */
static double nanoseconds_walk(const weft_gene *genes, int n_genes) {
    const uint64_t most = 20000000;
    weft_gene_table table = {.genes = genes, .n_genes = n_genes};
    weft_gene_walk *walk = NULL;
    weft_gene_cursor *cursor = NULL;
    weft_error error;
    if (weft_gene_walk_create(&table, NULL, &walk, &error) < 0 ||
        weft_gene_cursor_create(walk, 0, most, &cursor, &error) < 0) {
        stop(&error);
    }
    double start = now();
    uint64_t steps = 0;
    while (weft_gene_cursor_next(cursor, NULL) != NULL) {
        steps++;
    }
    double elapsed = now() - start;
    weft_gene_cursor_destroy(cursor);
    weft_gene_walk_destroy(walk);
    return 1e9 * elapsed / (double)steps;
}

/* 141 genes of which the first nine vary, as in a sweep over chips for one network. */
static double nanoseconds_sweep(void) {
    static const int values[] = {8, 8, 6, 5, 4, 6, 5, 6, 7};
    weft_gene genes[141];
    memset(genes, 0, sizeof genes);
    for (int g = 0; g < 141; g++) {
        double last = g < 9 ? values[g] - 1 : 0;
        genes[g] = (weft_gene){.kind = WEFT_GENE_INTEGER, .upper = last};
    }
    return nanoseconds_walk(genes, 141);
}

/* A front on the sphere: no point dominates another. */
static double milliseconds_volume(int n_objectives, size_t n) {
    double *points = malloc(n * (size_t)n_objectives * sizeof *points);
    double reference[WEFT_MAX_OBJECTIVES];
    if (points == NULL) {
        exit(1);
    }
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < n; i++) {
        double *p = &points[i * (size_t)n_objectives];
        double sum = 0.0;
        for (int m = 0; m < n_objectives; m++) {
            p[m] = fabs(weft_rng_normal(&rng));
            sum += p[m] * p[m];
        }
        for (int m = 0; m < n_objectives; m++) {
            p[m] = 1.0 - p[m] / sqrt(sum);
        }
    }
    for (int m = 0; m < n_objectives; m++) {
        reference[m] = 1.1;
    }
    weft_error error;
    double volume;
    double start = now();
    if (weft_hypervolume(points, n, n_objectives, reference, &volume, &error) < 0) {
        stop(&error);
    }
    double elapsed = now() - start;
    free(points);
    return 1e3 * elapsed;
}

typedef enum cloud {
    CLOUD_CUBE,   /* uniform in the unit cube: small fronts */
    CLOUD_NEAR,   /* up to 5 % behind a sphere's octant, as late in a search */
    CLOUD_CLOSER, /* the distance falls as 1 / trials: most new points push out others */
    CLOUD_FRONT,  /* on the octant: all stay */
} cloud;

static void fill_cloud(cloud kind, int n_objectives, int n, double *points) {
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < n; i++) {
        double *p = &points[(size_t)i * (size_t)n_objectives];
        double sum = 0.0;
        for (int m = 0; m < n_objectives; m++) {
            p[m] = kind == CLOUD_CUBE ? weft_rng_uniform(&rng) : fabs(weft_rng_normal(&rng));
            sum += p[m] * p[m];
        }
        double behind = kind == CLOUD_NEAR     ? 0.05 * weft_rng_uniform(&rng)
                        : kind == CLOUD_CLOSER ? 1e3 * weft_rng_uniform(&rng) / (i + 1e3)
                                               : 0.0;
        for (int m = 0; m < n_objectives && kind != CLOUD_CUBE; m++) {
            p[m] = 1.0 + behind - p[m] / sqrt(sum);
        }
    }
}

/* Prints a rate and the size in the end. */
static void print_archive(const char *label, cloud kind, int n_objectives, int n) {
    double *points = malloc((size_t)n * (size_t)n_objectives * sizeof *points);
    weft_archive *archive = NULL;
    weft_error error;
    if (points == NULL || weft_archive_create(n_objectives, &archive, &error) < 0) {
        exit(1);
    }
    fill_cloud(kind, n_objectives, n, points);
    double start = now();
    for (size_t i = 0; i < (size_t)n; i++) {
        bool kept;
        if (weft_archive_insert(archive, &points[i * (size_t)n_objectives], i, &kept, &error) < 0) {
            stop(&error);
        }
    }
    double elapsed = now() - start;
    printf("%-26s %10d %10d %10zu %12.2f\n", label, n_objectives, n, weft_archive_size(archive),
           1e-6 * n / elapsed);
    weft_archive_destroy(archive);
    free(points);
}

static void print_archives(void) {
    printf("\narchive\n%-26s %10s %10s %10s %12s\n", "points", "objectives", "inserted", "members",
           "millions / s");
    for (int m = 2; m <= 4; m++) {
        print_archive("in a cube", CLOUD_CUBE, m, 1000000);
        print_archive("up to 5 % behind a sphere", CLOUD_NEAR, m, 1000000);
        print_archive("ever closer to a sphere", CLOUD_CLOSER, m, 100000);
        print_archive("on a sphere", CLOUD_FRONT, m, 100000);
    }
}

/* One at a time: what peer_overhead.py sets beside another library, and with a long history. */
static int print_overhead(void) {
    static const struct {
        const char *name;
        int n_objectives;
    } compared[] = {{"tpe", 1}, {"tpe", 2}, {"nsga2", 2}};
    for (size_t k = 0; k < sizeof compared / sizeof compared[0]; k++) {
        printf("%s %d %.2f\n", compared[k].name, compared[k].n_objectives,
               microseconds(compared[k].name, compared[k].n_objectives, 1000, 1));
    }
    static const struct {
        const char *name;
        int n_objectives;
    } longest[] = {{"tpe", 1}, {"tpe", 2}, {"tpe", 3}, {"ga", 1}, {"nsga2", 2}};
    for (size_t k = 0; k < sizeof longest / sizeof longest[0]; k++) {
        printf("%s %d %.2f 100000\n", longest[k].name, longest[k].n_objectives,
               microseconds(longest[k].name, longest[k].n_objectives, 100000, 1));
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "overhead") == 0) {
        return print_overhead();
    }
    static const struct {
        const char *name;
        int most_objectives;
    } methods[] = {{"random", 3}, {"sobol", 3}, {"tpe", 3},       {"nsga2", 3},  {"nsga3", 3},
                   {"moead", 3},  {"ga", 1},    {"evolution", 3}, {"anneal", 1}, {"local", 3}};
    enum { N_METHODS = sizeof methods / sizeof methods[0] };
    printf("ask + tell, microseconds a trial, 15 genes\n");
    printf("%-9s %10s %8s %10s %10s\n", "method", "objectives", "history", "batch 1", "batch 8");
    for (int k = 0; k < N_METHODS; k++) {
        for (int n_objectives = 1; n_objectives <= methods[k].most_objectives; n_objectives++) {
            for (uint64_t history = 1000; history <= 10000; history *= 10) {
                printf("%-9s %10d %8d %10.1f %10.1f\n", methods[k].name, n_objectives, (int)history,
                       microseconds(methods[k].name, n_objectives, history, 1),
                       microseconds(methods[k].name, n_objectives, history, 8));
            }
        }
    }
    printf("\ngp, milliseconds: %.1f with 100 told, %.1f with 500, %.0f with 2 000\n",
           1e-3 * microseconds("gp", 2, 104, 1), 1e-3 * microseconds("gp", 2, 504, 1),
           1e-3 * microseconds("gp", 2, 2000, 1));
    printf("\nask + tell, microseconds a trial, 150 genes, population and batches of 150, 15 000 "
           "trials\n");
    printf("ga %.1f   ga4 %.1f   2 objectives: nsga2 %.1f   nsga3 %.1f   moead %.1f\n",
           microseconds_many("ga", 1), microseconds_many("ga4", 1), microseconds_many("nsga2", 2),
           microseconds_many("nsga3", 2), microseconds_many("moead", 2));
    weft_gene genes[N_GENES];
    fill_genes(genes);
    printf("\nwalk, nanoseconds a step: 9 of 141 genes vary %.1f   15 conditional genes %.1f\n",
           nanoseconds_sweep(), nanoseconds_walk(genes, N_GENES));
    printf("\nhypervolume, milliseconds:");
    for (int m = 2; m <= WEFT_MAX_OBJECTIVES; m++) {
        printf("   %d objectives, 200 points %.2f", m, milliseconds_volume(m, 200));
    }
    printf("\n");
    print_archives();
    return 0;
}
