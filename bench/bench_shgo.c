/* SPDX-License-Identifier: Apache-2.0
 *
 * weft_shgo on functions whose minima are known: evaluations, and processor time. With --json one JSON object a line, for bench/search/peer_shgo.py. */
#include "../tests/search/shgo_cases.h"
#include "bench.h"

#include <string.h>

enum { ROUNDS = 21, SEEDS = 30 };

static void print_json(const shgo_case *c, const weft_shgo_settings *settings,
                       const weft_shgo_minima *minima, double seconds) {
    printf("{\"name\": \"%s\", \"seed\": %d, \"scrambled\": %s, \"global\": %d, \"local\": %d, "
           "\"starts\": %zu, \"seconds\": %.9g, \"values\": [",
           c->name, (int)settings->seed, settings->scrambled ? "true" : "false",
           (int)minima->global_evaluations, (int)minima->local_evaluations, minima->starts,
           seconds);
    for (size_t i = 0; i < minima->n; i++) {
        printf("%s%.17g", i > 0 ? ", " : "", minima->values[i]);
    }
    printf("], \"x\": [");
    for (size_t i = 0; i < minima->n; i++) {
        printf("%s[", i > 0 ? ", " : "");
        for (int k = 0; k < c->d; k++) {
            printf("%s%.17g", k > 0 ? ", " : "", minima->x[i * (size_t)c->d + (size_t)k]);
        }
        printf("]");
    }
    printf("]}\n");
}

/* The median time of several runs, which find the same. */
static void run(const shgo_case *c, const weft_shgo_settings *settings, int rounds, bool json) {
    double bounds[2 * WEFT_SHGO_MAX_VARIABLES];
    double seconds[ROUNDS];
    weft_shgo_problem problem = shgo_problem_of(c, bounds);
    for (int round = 0; round < rounds; round++) {
        weft_error error = {0};
        weft_shgo_minima minima = {0};
        double start = now();
        check(weft_shgo(&problem, settings, &minima, &error), &error);
        seconds[round] = now() - start;
        if (round + 1 == rounds) {
            double typical = median(seconds, rounds);
            if (json) {
                print_json(c, settings, &minima, typical);
            } else {
                printf("%-22s %3d %8d %8d %8zu %8zu %14.9g %10.3f\n", c->name, c->d,
                       (int)minima.global_evaluations, (int)minima.local_evaluations, minima.starts,
                       minima.n, minima.values[0], 1e3 * typical);
            }
        }
        weft_shgo_clear(&minima);
    }
}

int main(int argc, char **argv) {
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (!json) {
        printf("%-22s %3s %8s %8s %8s %8s %14s %10s\n", "shgo", "d", "samples", "local", "starts",
               "minima", "least", "ms");
    }
    for (int i = 0; i < SHGO_CASES; i++) {
        weft_shgo_settings settings;
        weft_shgo_defaults(&settings);
        settings.points = shgo_cases[i].points;
        settings.iterations = shgo_cases[i].iterations;
        run(&shgo_cases[i], &settings, ROUNDS, json);
        settings.scrambled = true;
        for (settings.seed = 1; json && settings.seed <= SEEDS; settings.seed++) {
            run(&shgo_cases[i], &settings, 1, json);
        }
    }
    return 0;
}
