/* SPDX-License-Identifier: Apache-2.0
 *
 * Hierarchical chips: networks estimated in a second of one core, time to price a chip, growth with
 * the layers, and ratios to published run times. `bench_chip [--json] [--svg FILE]`.
 *
 * Three cases, since a layer keeps its counts while the structure of the chip stays:
 *   again      the same network on the same chip
 *   voltages   one network on chips that differ in supply: energies change, counts stay
 *   anew       chips whose arrays differ, so that every layer is mapped and counted anew */
#include <weft/weft.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { REPETITIONS = 9, CHIPS = 16 };

/* ---- chips and networks ---------------------------------------------------------------------- */

typedef struct priced_chips {
    weft_priced *priced[CHIPS];
    double pricing_s;
} priced_chips;

/* CHIPS variants of a preset: path = values[i]. */
static priced_chips price_chips(const char *preset, const char *path, double first, double step) {
    weft_error error;
    priced_chips made;
    double seconds[CHIPS];
    for (int i = 0; i < CHIPS; i++) {
        weft_chip *chip = NULL;
        char value[40];
        snprintf(value, sizeof value, "%.6g", first + step * i);
        check(weft_chip_read(preset, &chip, &error), &error);
        check(weft_chip_set(chip, path, value, &error), &error);
        double start = now();
        check(weft_priced_create(chip, &made.priced[i], &error), &error);
        seconds[i] = now() - start;
        weft_chip_destroy(chip);
    }
    made.pricing_s = median(seconds, CHIPS);
    return made;
}

static void destroy_chips(priced_chips *chips) {
    for (int i = 0; i < CHIPS; i++) {
        weft_priced_destroy(chips->priced[i]);
    }
}

static weft_workload *workload_of(const char *text) {
    weft_error error;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    check(weft_network_read(text, &network, &error), &error);
    check(weft_workload_create(network, &workload, &error), &error);
    weft_network_destroy(network);
    return workload;
}

/* ---- times ----------------------------------------------------------------------------------- */

/* Seconds of one estimate over `n` chips in turn: the median over repetitions of at least 50 ms. */
static double time_estimate(const priced_chips *chips, int n, weft_workload *workload) {
    weft_error error;
    weft_total total;
    double seconds[REPETITIONS];
    long rounds = 64;
    for (int r = 0; r < REPETITIONS; r++) {
        double taken = 0;
        for (;;) {
            double start = now();
            for (long i = 0; i < rounds; i++) {
                check(weft_estimate(chips->priced[i % n], workload, &total, &error), &error);
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

typedef struct result {
    const char *network;
    double again, voltages, anew; /* seconds */
} result;

static result bench_network(const char *network, const priced_chips *voltages,
                            const priced_chips *structures) {
    weft_workload *workload = workload_of(network);
    result made = {.network = network};
    made.again = time_estimate(voltages, 1, workload);
    made.voltages = time_estimate(voltages, CHIPS, workload);
    made.anew = time_estimate(structures, CHIPS, workload);
    weft_workload_destroy(workload);
    return made;
}

/* ---- growth with the layers ------------------------------------------------------------------ */

enum { GROWTH = 8 };
typedef struct growth {
    int layers[GROWTH];
    double seconds[GROWTH];
} growth;

/* Two chips in turn, so that every layer is mapped and counted anew. Chains of layers that all
 * differ. */
static weft_workload *chain_of(int layers) {
    weft_error error;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    check(weft_network_create("chain", (weft_shape){16, 32, 32}, &network, &error), &error);
    for (int i = 0; i < layers; i++) {
        weft_loops loops = {.n = 1,
                            .c = 16 + i,
                            .m = 17 + i,
                            .r = 3,
                            .s = 3,
                            .p = 32,
                            .q = 32,
                            .g = 1,
                            .stride_h = 1,
                            .stride_w = 1,
                            .dilation_h = 1,
                            .dilation_w = 1};
        check(weft_network_add_loops(network, WEFT_OP_CONV, &loops, NULL, &error), &error);
    }
    check(weft_workload_create(network, &workload, &error), &error);
    weft_network_destroy(network);
    return workload;
}

static growth bench_growth(const priced_chips *structures) {
    growth made;
    for (int i = 0; i < GROWTH; i++) {
        made.layers[i] = 25 * (i + 1);
        weft_workload *workload = chain_of(made.layers[i]);
        made.seconds[i] = time_estimate(structures, 2, workload);
        weft_workload_destroy(workload);
    }
    return made;
}

static void draw_growth(const growth *g, const char *path) {
    FILE *out = fopen(path, "w");
    double most = g->seconds[GROWTH - 1] * 1.1;
    if (out == NULL) {
        perror(path);
        exit(4);
    }
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 280\" "
                 "font-family=\"sans-serif\" font-size=\"12\">\n"
                 "<rect width=\"480\" height=\"280\" fill=\"white\"/>\n"
                 "<path d=\"M60 20V230H460\" fill=\"none\" stroke=\"#444\"/>\n"
                 "<text x=\"260\" y=\"268\" text-anchor=\"middle\">layers that differ</text>\n"
                 "<text x=\"16\" y=\"125\" text-anchor=\"middle\" "
                 "transform=\"rotate(-90 16 125)\">microseconds an estimate</text>\n");
    fprintf(out, "<text x=\"56\" y=\"24\" text-anchor=\"end\">%.0f</text>\n", 1e6 * most);
    fprintf(out, "<polyline fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"2\" points=\"");
    for (int i = 0; i < GROWTH; i++) {
        fprintf(out, "%.1f,%.1f ", 60 + 400.0 * g->layers[i] / g->layers[GROWTH - 1],
                230 - 210 * g->seconds[i] / most);
    }
    fprintf(out, "\"/>\n");
    for (int i = 0; i < GROWTH; i++) {
        double x = 60 + 400.0 * g->layers[i] / g->layers[GROWTH - 1];
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#1f77b4\"/>\n", x,
                230 - 210 * g->seconds[i] / most);
        fprintf(out, "<text x=\"%.1f\" y=\"246\" text-anchor=\"middle\">%d</text>\n", x,
                g->layers[i]);
    }
    fprintf(out, "</svg>\n");
    fclose(out);
}

/* ---- published run times --------------------------------------------------------------------- */

/* Processor time of one network on the machines of those who measured. */
static const struct {
    const char *tool, *what;
    double seconds;
} PUBLISHED[] = {
    {"CiMLoop d6e1390", "ResNet18, 21 layers, one process", 266.9},
    {"NeuroSim V1.4", "VGG8, core alone", 153},
    {"CIMNAS", "a candidate, MobileNetV2-like, of 61 processes", 21 * 61},
    {"ZigZag-IMC 3.8.5", "ResNet18, wall time", 556},
};
enum { N_PUBLISHED = sizeof PUBLISHED / sizeof *PUBLISHED };

/* ---- print ----------------------------------------------------------------------------------- */

static void print_text(const result *results, int n, const growth *g, double pricing) {
    printf("neurosim-32nm-rram on one core (median of %d); networks a second:\n", REPETITIONS);
    printf("  %-14s %12s %12s %12s\n", "network", "again", "voltages", "anew");
    for (int i = 0; i < n; i++) {
        printf("  %-14s %12.0f %12.0f %12.0f\n", results[i].network, 1 / results[i].again,
               1 / results[i].voltages, 1 / results[i].anew);
    }
    printf("  pricing the chip: %.1f us\n", 1e6 * pricing);
    printf("growth, layers that differ, all anew:\n");
    for (int i = 0; i < GROWTH; i++) {
        printf("  %4d layers %8.2f us  %.3f us a layer\n", g->layers[i], 1e6 * g->seconds[i],
               1e6 * g->seconds[i] / g->layers[i]);
    }
    printf("ratio of published run times to ResNet18 anew (other machines, one core each):\n");
    for (int i = 0; i < N_PUBLISHED; i++) {
        printf("  %-18s %-46s %8.0f s  %.2g times\n", PUBLISHED[i].tool, PUBLISHED[i].what,
               PUBLISHED[i].seconds, PUBLISHED[i].seconds / results[0].anew);
    }
}

static void print_json(const result *results, int n, const growth *g, double pricing) {
    printf("{\"bench\": \"chip\", \"pricing_s\": %.3g, \"networks\": [", pricing);
    for (int i = 0; i < n; i++) {
        printf("%s{\"network\": \"%s\", \"again_per_s\": %.0f, \"voltages_per_s\": %.0f, "
               "\"anew_per_s\": %.0f}",
               i > 0 ? ", " : "", results[i].network, 1 / results[i].again, 1 / results[i].voltages,
               1 / results[i].anew);
    }
    printf("], \"growth\": [");
    for (int i = 0; i < GROWTH; i++) {
        printf("%s{\"layers\": %d, \"seconds\": %.4g}", i > 0 ? ", " : "", g->layers[i],
               g->seconds[i]);
    }
    printf("]}\n");
}

int main(int argc, char **argv) {
    static const char *const NETWORKS[] = {"resnet18", "mobilenetv2", "vgg16", "resnet50",
                                           "vit-b-16"};
    enum { N = sizeof NETWORKS / sizeof *NETWORKS };
    bool json = false;
    const char *svg = NULL;
    for (int i = 1; i < argc; i++) {
        json = json || strcmp(argv[i], "--json") == 0;
        svg = strcmp(argv[i], "--svg") == 0 && i + 1 < argc ? argv[i + 1] : svg;
    }
    priced_chips voltages = price_chips("neurosim-32nm-rram", "voltage", 0.7, 0.01);
    priced_chips structures = price_chips("neurosim-32nm-rram", "rows", 64, 32);
    result results[N];
    for (int i = 0; i < N; i++) {
        results[i] = bench_network(NETWORKS[i], &voltages, &structures);
    }
    growth g = bench_growth(&structures);
    (json ? print_json : print_text)(results, N, &g, voltages.pricing_s);
    if (svg != NULL) {
        draw_growth(&g, svg);
    }
    destroy_chips(&voltages);
    destroy_chips(&structures);
    return 0;
}
