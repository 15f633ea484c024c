/* SPDX-License-Identifier: Apache-2.0
 *
 * How many networks the hardware model costs in a second of one core, and how long pricing a chip
 * takes. `bench_cost [--json]`. */
#include <weft/hardware.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { REPETITIONS = 9 };

/* Seconds of one estimate: the median over repetitions of at least 50 ms each. */
static double time_estimate(const weft_priced *priced, weft_workload *workload) {
    weft_error error;
    weft_total total;
    double seconds[REPETITIONS];
    long rounds = 1000;
    for (int r = 0; r < REPETITIONS; r++) {
        double taken = 0;
        for (;;) {
            double start = now();
            for (long i = 0; i < rounds; i++) {
                check(weft_estimate(priced, workload, &total, &error), &error);
            }
            taken = now() - start;
            if (taken > 0.05) {
                break;
            }
            rounds *= 2;
        }
        seconds[r] = taken / (double)rounds;
    }
    return median(seconds, REPETITIONS);
}

static double time_pricing(const weft_chip *chip) {
    weft_error error;
    double seconds[REPETITIONS];
    for (int r = 0; r < REPETITIONS; r++) {
        weft_priced *priced = NULL;
        double start = now();
        check(weft_priced_create(chip, &priced, &error), &error);
        seconds[r] = now() - start;
        weft_priced_destroy(priced);
    }
    return median(seconds, REPETITIONS);
}

static double bench_network(const weft_priced *priced, const char *text, int *layers) {
    weft_error error;
    weft_imc_spec spec;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    weft_imc_defaults(&spec);
    check(weft_imc_parse(text, &spec, &error), &error);
    check(weft_imc_build(&spec, &network, &error), &error);
    check(weft_workload_create(network, &workload, &error), &error);
    check(weft_cost_create(priced, workload, &cost, &error), &error);
    *layers = cost->n_layers;
    double seconds = time_estimate(priced, workload);
    weft_cost_destroy(cost);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    return seconds;
}

int main(int argc, char **argv) {
    static const char *const networks[] = {"V32,V64", "V32,M64,V128", "R32,V64,R64,V128,R128,V128",
                                           "V64,R96,V96,R128,V128,M128,M128"};
    enum { N = sizeof networks / sizeof *networks };
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    check(weft_chip_read("mnsim-130nm-rram", &chip, &error), &error);
    check(weft_priced_create(chip, &priced, &error), &error);
    double pricing = time_pricing(chip);
    double rate[N];
    int layers[N];
    printf(json ? "" : "hardware cost on one core (median of %d):\n", REPETITIONS);
    for (int i = 0; i < N; i++) {
        double seconds = bench_network(priced, networks[i], &layers[i]);
        rate[i] = 1 / seconds;
        if (!json) {
            printf("  %-34s %2d hardware layers  %8.0f networks/s  %6.2f us each\n", networks[i],
                   layers[i], rate[i], 1e6 * seconds);
        }
    }
    if (json) {
        printf("{\"bench\": \"cost\", \"pricing_s\": %.3g, \"networks\": [", pricing);
        for (int i = 0; i < N; i++) {
            printf("%s{\"network\": \"imc:%s\", \"layers\": %d, \"per_s\": %.0f}",
                   i > 0 ? ", " : "", networks[i], layers[i], rate[i]);
        }
        printf("]}\n");
    } else {
        printf("  pricing the chip: %.1f us\n", 1e6 * pricing);
    }
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return 0;
}
