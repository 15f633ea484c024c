/* SPDX-License-Identifier: Apache-2.0
 *
 * Images trained per second, ours and PyTorch's (where python3-torch is installed): the same networks,
 * batches and rule of descent, on one thread, on two, and by two processes of one thread each. All
 * contenders are started, then asked in turn, several rounds; a figure is the median of wall times.
 * Neither loads images: the same batch is trained again and again.
 *
 *     bench_train [--quick] [--case NAME] [--no-torch]
 *
 * The share of the peak: three times the multiply-adds of a forward pass, two operations each, against
 * what registers alone can do on as many cores. */
#include <signal.h>

#include "bench.h"
#include "peak.h"
#include "train_worker.h"

static const contender contenders[] = {
    {"weft f32", NULL, WEFT_F32},
    {"weft bf16", NULL, WEFT_BF16},
    {"torch f32", "f32", WEFT_F32},
    {"autocast", "autocast", WEFT_F32},
    {"autocast last", "autocast-last", WEFT_F32},
    {"bf16 last", "bf16-last", WEFT_F32},
};

enum { CONTENDERS = sizeof contenders / sizeof *contenders, OURS = 2, MOST_ROUNDS = 32 };

typedef struct setting {
    const char *name, *text;
    int threads, jobs;
} setting;

static const setting settings[] = {
    {"one", "one thread", 1, 1},
    {"two", "two threads", 2, 1},
    {"at-once", "two at once, one thread each", 1, 2},
};

enum { SETTINGS = sizeof settings / sizeof *settings, MOST_JOBS = 2 };

typedef struct options {
    bool torch;
    const char *only;    /* a case; NULL: all */
    const char *setting; /* likewise */
    int rounds;
    double seconds; /* of one measurement, about */
} options;

static double wall(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- one contender --------------------------------------------------------------------------- */

typedef struct team {
    worker member[MOST_JOBS];
    int jobs, steps; /* of one measurement */
    double rate[MOST_ROUNDS];
    double images; /* a second: the median; 0: it cannot */
} team;

static bool team_is_able(const team *t) {
    for (int j = 0; j < t->jobs; j++) {
        if (t->member[j].reason[0] != '\0') {
            return false;
        }
    }
    return t->jobs > 0;
}

/* Seconds until all members have done so many steps. */
static double team_run(team *t, int steps) {
    double start = wall();
    for (int j = 0; j < t->jobs; j++) {
        worker_ask(&t->member[j], steps);
    }
    bool able = true;
    for (int j = 0; j < t->jobs; j++) {
        able = worker_wait(&t->member[j]) && able;
    }
    return able ? wall() - start : 0.0;
}

/* Members are opened one after the other, warmed up, and their steps counted to fill the time. */
static void team_open(const bench_case *c, const contender *who, const setting *s, double seconds,
                      team *t) {
    enum { WARM_UP = 2 };
    *t = (team){.jobs = s->jobs};
    for (int j = 0; j < t->jobs; j++) {
        worker_open(c, who, s->threads, &t->member[j]);
    }
    if (!team_is_able(t)) {
        return;
    }
    team_run(t, WARM_UP);
    double step = team_run(t, 1);
    t->steps = step > 0.0 && seconds > step ? (int)(seconds / step) : 1;
}

static void team_close(team *t) {
    for (int j = 0; j < t->jobs; j++) {
        worker_close(&t->member[j]);
    }
}

/* ---- one network in one setting -------------------------------------------------------------- */

/* All must train the same network: PyTorch's is written down a second time. */
static void check_parameters(const bench_case *c, const team *teams) {
    long long expected = teams[0].member[0].parameters;
    for (int k = 1; k < CONTENDERS; k++) {
        long long found = teams[k].member[0].parameters;
        if (team_is_able(&teams[k]) && found != expected) {
            fprintf(stderr, "%s: %s has %lld parameters, ours %lld\n", c->name, contenders[k].name,
                    found, expected);
            exit(1);
        }
    }
}

static void measure(const bench_case *c, const setting *s, const options *o, team *teams) {
    for (int k = 0; k < CONTENDERS; k++) {
        if (k < OURS || o->torch) {
            team_open(c, &contenders[k], s, o->seconds, &teams[k]);
        } else {
            teams[k] = (team){0};
        }
    }
    check_parameters(c, teams);
    for (int r = 0; r < o->rounds; r++) {
        for (int k = 0; k < CONTENDERS; k++) {
            team *t = &teams[k];
            double took = team_is_able(t) ? team_run(t, t->steps) : 0.0;
            t->rate[r] = took > 0.0 ? (double)t->jobs * t->steps * c->batch / took : 0.0;
        }
    }
    for (int k = 0; k < CONTENDERS; k++) {
        teams[k].images = team_is_able(&teams[k]) ? median(teams[k].rate, o->rounds) : 0.0;
        team_close(&teams[k]);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

typedef struct peaks {
    double f32, bf16; /* operations a second of one core */
} peaks;

static double best_of(const team *teams, int first, int end) {
    double best = 0.0;
    for (int k = first; k < end; k++) {
        best = teams[k].images > best ? teams[k].images : best;
    }
    return best;
}

static void print_rate(double rate) {
    if (rate > 0.0) {
        printf(" %13.0f", rate);
    } else {
        printf("             -");
    }
}

static void print_ratio(double a, double b) {
    if (b > 0.0) {
        printf(" %7.2f", a / b);
    } else {
        printf("       -");
    }
}

static void print_share(double operations, double peak) {
    if (operations > 0.0 && peak > 0.0) {
        printf(" %8.1f%%", 100.0 * operations / peak);
    } else {
        printf("         -");
    }
}

static void print_head(const setting *s) {
    printf("\n%s: images a second\n%-17s", s->text, "network");
    for (int k = 0; k < CONTENDERS; k++) {
        printf(" %13s", contenders[k].name);
    }
    printf(" %7s %9s %9s\n", "ratio", "f32 peak", "bf16 peak");
}

/* The ratio is our best against PyTorch's best. */
static void print_row(const bench_case *c, const setting *s, const team *teams, peaks p,
                      int64_t macs) {
    double ours = best_of(teams, 0, OURS), theirs = best_of(teams, OURS, CONTENDERS);
    double operations = 6.0 * (double)macs, cores = (double)s->threads * s->jobs;
    printf("%-17s", c->text);
    for (int k = 0; k < CONTENDERS; k++) {
        print_rate(teams[k].images);
    }
    print_ratio(ours, theirs);
    print_share(teams[0].images * operations, cores * p.f32);
    print_share(teams[1].images * operations, cores * p.bf16);
    printf("\n");
    for (int k = 0; k < CONTENDERS; k++) {
        if (teams[k].member[0].reason[0] != '\0') {
            printf("  %s: %s\n", contenders[k].name, teams[k].member[0].reason);
        }
    }
    fflush(stdout);
}

/* Two jobs of one thread against one job of two. */
static void print_jobs(const bench_case *chosen[], double images[][CASES][OURS], int n) {
    printf("\ntwo jobs of one thread against one of two: images a second\n%-17s %13s %13s %7s %13s "
           "%13s %7s\n",
           "network", "f32, 2 jobs", "1 job", "ratio", "bf16, 2 jobs", "1 job", "ratio");
    for (int i = 0; i < n; i++) {
        printf("%-17s", chosen[i]->text);
        for (int k = 0; k < OURS; k++) {
            double one = images[1][i][k], two = images[2][i][k];
            print_rate(two);
            print_rate(one);
            print_ratio(two, one);
        }
        printf("\n");
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static peaks measure_peaks(void) {
    const peak_way f32 = peak_f32_way(), bf16 = peak_bf16_way();
    peaks p = {.f32 = peak_rate(f32), .bf16 = peak_rate(bf16)};
    printf("peak of a core: %.1f Gop/s in f32 (%s), %.1f in bf16 (%s)\n", p.f32 * 1e-9,
           f32.name != NULL ? f32.name : "not measured", p.bf16 * 1e-9,
           bf16.name != NULL ? bf16.name : "not there");
    return p;
}

static int64_t macs_of(const bench_case *c) {
    weft_error error = {0};
    weft_network *network = NULL;
    check(make_network(c, &network, &error), &error);
    int64_t macs = network->macs;
    weft_network_destroy(network);
    return macs;
}

static options read_options(int argc, char **argv) {
    options o = {.torch = true, .rounds = 9, .seconds = 0.5};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            o.rounds = 3;
            o.seconds = 0.15;
        } else if (strcmp(argv[i], "--no-torch") == 0) {
            o.torch = false;
        } else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
            o.only = argv[++i];
        } else if (strcmp(argv[i], "--setting") == 0 && i + 1 < argc) {
            o.setting = argv[++i];
        } else {
            fprintf(stderr, "usage: bench_train [--quick] [--case NAME] [--no-torch] "
                            "[--setting one|two|at-once]\n");
            exit(2);
        }
    }
    return o;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* of processes that could not start */
    const options o = read_options(argc, argv);
    const bench_case *chosen[CASES];
    double images[SETTINGS][CASES][OURS] = {{{0.0}}};
    int n = 0;
    for (int i = 0; i < CASES; i++) {
        if (o.only == NULL || strcmp(cases[i].name, o.only) == 0) {
            chosen[n++] = &cases[i];
        }
    }
    peaks p = measure_peaks();
    for (int s = 0; s < SETTINGS; s++) {
        if (o.setting != NULL && strcmp(settings[s].name, o.setting) != 0) {
            continue;
        }
        print_head(&settings[s]);
        for (int i = 0; i < n; i++) {
            team teams[CONTENDERS];
            measure(chosen[i], &settings[s], &o, teams);
            print_row(chosen[i], &settings[s], teams, p, macs_of(chosen[i]));
            for (int k = 0; k < OURS; k++) {
                images[s][i][k] = teams[k].images;
            }
        }
    }
    if (o.setting == NULL) {
        print_jobs(chosen, images, n);
    }
    return 0;
}
