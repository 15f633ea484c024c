/* SPDX-License-Identifier: Apache-2.0
 *
 * How near to the true front of NAS-Bench-201 a search is after 50, 100, 200 and 500 evaluations, beside
 * what peers.py kept of other libraries' runs:
 *
 *     bench_fronts CSV CACHE SEEDS METHOD...
 *
 * CSV is the table of the benchmark (nb201_table.csv), METHOD the name of an optimizer, with a
 * population where one follows a colon, and random trials first where their number follows an @. A run's figure is the share of the true front's hypervolume
 * that is missing, objectives scaled so that the true front spans [0, 1] in each, reference 1.1. Runs
 * are kept in CACHE/ours; what is kept is not run again. */
#include "bench.h"

#include <weft/search.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    EDGES = 6,
    OPERATIONS = 5,
    N_ROWS = 15625,
    TRIALS = 500,
    MAX_SEEDS = 1000,
    MAX_METHODS = 32,
    MAX_OBJECTIVES = 3,
    N_BUDGETS = 4,
    MAX_LINE = 1 << 16
};

static const int budgets[N_BUDGETS] = {50, 100, 200, 500};

typedef struct bench_case {
    const char *name;
    const char *columns[MAX_OBJECTIVES - 1]; /* beside the error of CIFAR-10 */
} bench_case;

/* HW-NAS-Bench: energy of Eyeriss alone is a measure of its own (the FPGA's is 7 W times latency). */
static const bench_case cases[] = {
    {"eyeriss-latency", {"c10_eyeriss_latency_ms", NULL}},
    {"fpga-latency", {"c10_fpga_latency_ms", NULL}},
    {"raspi4-latency", {"c10_raspi4_latency_ms", NULL}},
    {"pixel3-latency", {"c10_pixel3_latency_ms", NULL}},
    {"eyeriss-energy", {"c10_eyeriss_energy_mJ", NULL}},
    {"eyeriss-all", {"c10_eyeriss_latency_ms", "c10_eyeriss_energy_mJ"}},
    {"fpga-all", {"c10_fpga_latency_ms", "c10_eyeriss_energy_mJ"}},
    {"raspi4-all", {"c10_raspi4_latency_ms", "c10_eyeriss_energy_mJ"}},
    {"pixel3-all", {"c10_pixel3_latency_ms", "c10_eyeriss_energy_mJ"}},
};
enum { N_CASES = sizeof cases / sizeof cases[0] };

static const char *const peers[] = {"optuna-tpe", "optuna-nsga2-50", "optuna-nsga2-20",
                                    "pymoo-nsga2-100", "pymoo-nsga2-20"};
enum { N_PEERS = sizeof peers / sizeof peers[0] };

/* The objectives of all networks in one case, by the number of their operations to the base 5. */
typedef struct truth {
    int m;
    double f[N_ROWS][MAX_OBJECTIVES];
    double best[MAX_OBJECTIVES], span[MAX_OBJECTIVES]; /* of the true front */
    double volume;
} truth;

/* One method's runs: what is missing of the volume. */
typedef struct results {
    const char *name;
    bool ours;
    int n; /* runs */
    double missing[N_BUDGETS][MAX_SEEDS];
    double area[MAX_SEEDS]; /* mean over trials 1 .. TRIALS */
} results;

static void die(const char *what, const char *which) {
    fprintf(stderr, "bench_fronts: %s %s\n", what, which);
    exit(1);
}

/* ---- the table ------------------------------------------------------------------------------- */

static int find_column(const char *header, const char *name) {
    int column = 0;
    size_t length = strlen(name);
    for (const char *at = header; at != NULL; column++) {
        if (strncmp(at, name, length) == 0 && strchr(",\r\n", at[length]) != NULL) {
            return column;
        }
        at = strchr(at, ',');
        at = at == NULL ? NULL : at + 1;
    }
    die("the table has no column", name);
    return -1;
}

static const char *field(const char *line, int column) {
    for (; column > 0; column--) {
        line = strchr(line, ',') + 1;
    }
    return line;
}

static void read_case(const char *path, const bench_case *c, truth *t) {
    static char line[MAX_LINE];
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        die("cannot read", path);
    }
    int ops = find_column(line, "ops");
    int accuracy = find_column(line, "c10_test_acc");
    int columns[MAX_OBJECTIVES - 1] = {0};
    for (t->m = 1; t->m < MAX_OBJECTIVES && c->columns[t->m - 1] != NULL; t->m++) {
        columns[t->m - 1] = find_column(line, c->columns[t->m - 1]);
    }
    int n = 0;
    for (; fgets(line, sizeof line, file) != NULL; n++) {
        int row = 0;
        for (int e = 0; e < EDGES; e++) {
            row = row * OPERATIONS + (field(line, ops)[e] - '0');
        }
        t->f[row][0] = 100.0 - atof(field(line, accuracy));
        for (int k = 1; k < t->m; k++) {
            t->f[row][k] = atof(field(line, columns[k - 1]));
        }
    }
    fclose(file);
    if (n != N_ROWS) {
        die("not 15625 networks in", path);
    }
}

/* ---- hypervolume of a growing front ---------------------------------------------------------- */

static double volume_of(const truth *t, const weft_archive *front) {
    static double points[N_ROWS * MAX_OBJECTIVES];
    static const double reference[MAX_OBJECTIVES] = {1.1, 1.1, 1.1};
    size_t n = weft_archive_size(front);
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < t->m; k++) {
            double f = weft_archive_objectives(front, i)[k];
            points[i * (size_t)t->m + (size_t)k] = (f - t->best[k]) / t->span[k];
        }
    }
    double volume;
    weft_error error;
    check(weft_hypervolume(points, n, t->m, reference, &volume, &error), &error);
    return volume;
}

static void find_front(truth *t) {
    weft_archive *front = NULL;
    weft_error error;
    check(weft_archive_create(t->m, &front, &error), &error);
    for (int row = 0; row < N_ROWS; row++) {
        bool kept;
        check(weft_archive_insert(front, t->f[row], (uint64_t)row, &kept, &error), &error);
    }
    for (int k = 0; k < t->m; k++) {
        double worst = -INFINITY;
        t->best[k] = INFINITY;
        for (size_t i = 0; i < weft_archive_size(front); i++) {
            double f = weft_archive_objectives(front, i)[k];
            t->best[k] = fmin(t->best[k], f);
            worst = fmax(worst, f);
        }
        t->span[k] = worst - t->best[k];
    }
    t->volume = volume_of(t, front);
    weft_archive_destroy(front);
}

static void measure(const truth *t, const int *rows, results *r) {
    weft_archive *front = NULL;
    weft_error error;
    check(weft_archive_create(t->m, &front, &error), &error);
    double missing = 1.0;
    double area = 0.0;
    for (int i = 0, b = 0; i < TRIALS; i++) {
        bool kept;
        check(weft_archive_insert(front, t->f[rows[i]], (uint64_t)i, &kept, &error), &error);
        if (kept) {
            missing = 1.0 - volume_of(t, front) / t->volume;
        }
        area += missing / TRIALS;
        if (b < N_BUDGETS && i + 1 == budgets[b]) {
            r->missing[b++][r->n] = missing;
        }
    }
    r->area[r->n++] = area;
    weft_archive_destroy(front);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void search(const truth *t, const char *method, int seed, int *rows) {
    weft_gene genes[EDGES];
    for (int e = 0; e < EDGES; e++) {
        genes[e] = (weft_gene){.name = "edge",
                               .kind = WEFT_GENE_CATEGORICAL,
                               .n_choices = OPERATIONS,
                               .upper = OPERATIONS - 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = EDGES};
    char name[64];
    snprintf(name, sizeof name, "%s", method);
    char *colon = strchr(name, ':');
    char *at = strchr(name, '@');
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    if (colon != NULL) {
        *colon = '\0';
        settings.population = atoi(colon + 1);
    }
    if (at != NULL) {
        *at = '\0';
        settings.startup_trials = atoi(at + 1);
    }
    settings.name = name;
    settings.seed = (uint64_t)seed;
    settings.n_objectives = t->m;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    check(weft_optimizer_create(&table, &settings, &optimizer, &error), &error);
    for (int i = 0; i < TRIALS; i++) {
        double genome[EDGES];
        int given;
        check(weft_optimizer_ask(optimizer, (uint64_t)i, 1, genome, &given, &error), &error);
        rows[i] = 0;
        for (int e = 0; e < EDGES; e++) {
            rows[i] = rows[i] * OPERATIONS + (int)genome[e];
        }
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
        memcpy(outcome.objectives, t->f[rows[i]], (size_t)t->m * sizeof(double));
        check(weft_optimizer_tell(optimizer, genome, &outcome, &error), &error);
    }
    weft_optimizer_destroy(optimizer);
}

/* The runs in a file of lines "seed row row ...": the first of each seed up to `seeds`. */
static void read_runs(const char *path, const truth *t, int seeds, bool *known, results *r) {
    static char line[MAX_LINE];
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *at = line;
        int rows[TRIALS];
        long seed = strtol(at, &at, 10);
        int n = 0;
        for (; n < TRIALS && *at == ' '; n++) {
            rows[n] = (int)strtol(at, &at, 10);
        }
        if (n == TRIALS && seed >= 1 && seed <= seeds && !known[seed]) {
            known[seed] = true;
            measure(t, rows, r);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void keep_run(const char *path, int seed, const int *rows) {
    FILE *file = fopen(path, "a");
    if (file == NULL) {
        die("cannot write", path);
    }
    fprintf(file, "%d", seed);
    for (int i = 0; i < TRIALS; i++) {
        fprintf(file, " %d", rows[i]);
    }
    fprintf(file, "\n");
    fclose(file);
}

static void run_ours(const truth *t, const char *cache, const char *which, int seeds, results *r) {
    bool known[MAX_SEEDS + 1] = {false};
    char path[1024];
    snprintf(path, sizeof path, "%s/ours/%s-%s.txt", cache, which, r->name);
    read_runs(path, t, seeds, known, r);
    for (int seed = 1; seed <= seeds; seed++) {
        int rows[TRIALS];
        if (!known[seed]) {
            search(t, r->name, seed, rows);
            keep_run(path, seed, rows);
            measure(t, rows, r);
        }
    }
}

/* ---- what is printed ------------------------------------------------------------------------- */

static double median_of(const double *values, int n) {
    double quartiles[5];
    weft_error error;
    check(weft_quartiles(values, (size_t)n, quartiles, &error), &error);
    return quartiles[2];
}

/* Mann-Whitney's U as a share: how often a run of `a` is better than one of `b`; ties half. */
static double better(const double *a, int n_a, const double *b, int n_b) {
    double sum = 0.0;
    for (int i = 0; i < n_a; i++) {
        for (int j = 0; j < n_b; j++) {
            sum += a[i] < b[j] ? 1.0 : a[i] == b[j] ? 0.5 : 0.0;
        }
    }
    return sum / ((double)n_a * n_b);
}

/* Its normal deviate (H. B. Mann, D. R. Whitney, 1947): beyond 1.96 either way is more than noise. */
static double deviate(const double *a, int n_a, const double *b, int n_b) {
    double pairs = (double)n_a * n_b;
    return (better(a, n_a, b, n_b) - 0.5) * sqrt(12.0 * pairs / (n_a + n_b + 1.0));
}

static void print_cell(const double *values, int n) {
    double q[5];
    weft_error error;
    check(weft_quartiles(values, (size_t)n, q, &error), &error);
    printf(" %.2f (%.2f to %.2f) |", 100.0 * q[2], 100.0 * q[1], 100.0 * q[3]);
}

static void print_case(const bench_case *c, const truth *t, const results *all, int n) {
    printf("\n### %s: %d objectives, %% of the true hypervolume missing\n\n", c->name, t->m);
    printf("| method | runs | 50 | 100 | 200 | 500 | area | z at 50, 100, 200, 500 |\n"
           "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (int k = 0; k < n; k++) {
        const results *r = &all[k];
        if (r->n == 0) {
            continue;
        }
        const char *quote = r->ours ? "`" : "";
        printf("| %s%s%s | %d |", quote, r->name, quote, r->n);
        for (int b = 0; b < N_BUDGETS; b++) {
            print_cell(r->missing[b], r->n);
        }
        printf(" %.2f |", 100.0 * median_of(r->area, r->n));
        for (int b = 0; r->ours && b < N_BUDGETS; b++) {
            const results *best = NULL; /* the peer of the best median */
            for (int p = 0; p < n; p++) {
                if (!all[p].ours && all[p].n > 0 &&
                    (best == NULL || median_of(all[p].missing[b], all[p].n) <
                                         median_of(best->missing[b], best->n))) {
                    best = &all[p];
                }
            }
            if (best != NULL) {
                printf(" %+.1f", deviate(r->missing[b], r->n, best->missing[b], best->n));
            }
        }
        printf(" |\n");
    }
}

int main(int argc, char **argv) {
    static truth t;
    static results all[MAX_METHODS];
    if (argc < 5) {
        printf("bench_fronts: run by bench/weft-bench search\n");
        return 0;
    }
    int seeds = atoi(argv[3]);
    int n_ours = argc - 4;
    if (seeds < 1 || seeds > MAX_SEEDS || n_ours + N_PEERS > MAX_METHODS) {
        die("too many methods, or seeds:", argv[3]);
    }
    for (int c = 0; c < N_CASES; c++) {
        memset(all, 0, sizeof all);
        read_case(argv[1], &cases[c], &t);
        find_front(&t);
        for (int k = 0; k < n_ours; k++) {
            all[k] = (results){.name = argv[4 + k], .ours = true};
            run_ours(&t, argv[2], cases[c].name, seeds, &all[k]);
        }
        for (int k = 0; k < N_PEERS; k++) {
            bool known[MAX_SEEDS + 1] = {false};
            char path[1024];
            snprintf(path, sizeof path, "%s/table/%s-%s.txt", argv[2], cases[c].name, peers[k]);
            all[n_ours + k].name = peers[k];
            read_runs(path, &t, seeds, known, &all[n_ours + k]);
        }
        print_case(&cases[c], &t, all, n_ours + N_PEERS);
        fflush(stdout);
    }
    return 0;
}
