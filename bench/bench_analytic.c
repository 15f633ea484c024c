/* SPDX-License-Identifier: Apache-2.0
 *
 * NSGA-II on ZDT and DTLZ after 10 000 evaluations, population 100: IGD+ of all that was tried, beside the
 * fronts of another library's runs that peers.py kept:
 *
 *     bench_analytic CACHE SEEDS
 *
 * z is the normal deviate of Mann and Whitney's U: below -1.96 ours is worse by more than noise, above
 * 1.96 better. */
#include "../tests/search/analytic.h"
#include "bench.h"

#include <stdbool.h>
#include <string.h>

enum { TRIALS = 10000, POPULATION = 100, MAX_SEEDS = 200, MAX_LINE = 1 << 22 };

static double front_of_truth[ANALYTIC_MAX_FRONT * WEFT_MAX_OBJECTIVES];
static double points[TRIALS * WEFT_MAX_OBJECTIVES];

static double run_ours(const analytic *p, uint64_t seed, size_t n_truth) {
    weft_gene genes[ANALYTIC_MAX_GENES];
    static double genomes[POPULATION * ANALYTIC_MAX_GENES];
    analytic_genes(p, genes);
    weft_gene_table table = {.genes = genes, .n_genes = p->n_genes};
    weft_optimizer_settings settings;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    weft_optimizer_defaults(&settings);
    settings.name = "nsga2";
    settings.seed = seed;
    settings.n_objectives = p->n_objectives;
    settings.population = POPULATION;
    check(weft_optimizer_create(&table, &settings, &optimizer, &error), &error);
    for (int t = 0; t < TRIALS; t += POPULATION) {
        int given;
        check(weft_optimizer_ask(optimizer, (uint64_t)t, POPULATION, genomes, &given, &error),
              &error);
        for (int i = 0; i < POPULATION; i++) {
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
            const double *x = &genomes[i * p->n_genes];
            analytic_evaluate(p, x, outcome.objectives);
            memcpy(&points[(t + i) * p->n_objectives], outcome.objectives,
                   (size_t)p->n_objectives * sizeof *points);
            check(weft_optimizer_tell(optimizer, x, &outcome, &error), &error);
        }
    }
    weft_optimizer_destroy(optimizer);
    return weft_igd_plus(points, TRIALS, front_of_truth, n_truth, p->n_objectives);
}

/* IGD+ of the runs in a file of lines "seed f f f ..."; their number. */
static int read_peer(const char *path, const analytic *p, size_t n_truth, double *values) {
    static char line[MAX_LINE];
    FILE *file = fopen(path, "r");
    int n = 0;
    while (file != NULL && n < MAX_SEEDS && fgets(line, sizeof line, file) != NULL) {
        char *at = line;
        size_t count = 0;
        (void)strtol(at, &at, 10);
        while (*at == ' ' && count < sizeof points / sizeof points[0]) {
            points[count++] = strtod(at, &at);
        }
        values[n++] = weft_igd_plus(points, count / (size_t)p->n_objectives, front_of_truth,
                                    n_truth, p->n_objectives);
    }
    if (file != NULL) {
        fclose(file);
    }
    return n;
}

static double deviate(const double *a, int n_a, const double *b, int n_b) {
    double pairs = (double)n_a * n_b;
    double sum = 0.0;
    for (int i = 0; i < n_a; i++) {
        for (int j = 0; j < n_b; j++) {
            sum += a[i] < b[j] ? 1.0 : a[i] == b[j] ? 0.5 : 0.0;
        }
    }
    return (sum / pairs - 0.5) * sqrt(12.0 * pairs / (n_a + n_b + 1.0));
}

static void print_quartiles(const double *values, int n) {
    double q[5] = {NAN, NAN, NAN, NAN, NAN};
    weft_error error;
    if (n > 0) {
        check(weft_quartiles(values, (size_t)n, q, &error), &error);
    }
    printf(" %.3g (%.3g to %.3g) |", q[2], q[1], q[3]);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        printf("bench_analytic: run by bench/weft-bench search\n");
        return 0;
    }
    int seeds = atoi(argv[2]);
    seeds = seeds < 1 ? 1 : seeds > MAX_SEEDS ? MAX_SEEDS : seeds;
    printf("| problem | objectives | genes | runs | `nsga2` | pymoo NSGA-II | z |\n"
           "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int k = 0; k < N_ANALYTIC; k++) {
        const analytic *p = &analytic_all[k];
        double ours[MAX_SEEDS];
        double theirs[MAX_SEEDS];
        char path[1024];
        size_t n_truth = analytic_front(p, front_of_truth);
        for (int s = 0; s < seeds; s++) {
            ours[s] = run_ours(p, (uint64_t)s + 1, n_truth);
        }
        snprintf(path, sizeof path, "%s/analytic/%s.txt", argv[1], p->name);
        int n_peer = read_peer(path, p, n_truth, theirs);
        printf("| %s | %d | %d | %d, %d |", p->name, p->n_objectives, p->n_genes, seeds, n_peer);
        print_quartiles(ours, seeds);
        print_quartiles(theirs, n_peer);
        printf(" %+.1f |\n", deviate(ours, seeds, theirs, n_peer));
        fflush(stdout);
    }
    return 0;
}
