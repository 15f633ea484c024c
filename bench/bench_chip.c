/* SPDX-License-Identifier: Apache-2.0
 *
 * Hierarchical chips: networks estimated in a second of one core, time to price a chip, growth with
 * the layers, and ratios to published run times. `bench_chip [--json] [--svg FILE]`.
 *
 * Three cases, since a layer keeps its counts while the structure of the chip stays:
 *   again      the same network on the same chip
 *   voltages   one network on chips that differ in supply: energies change, counts stay
 *   anew       chips whose arrays differ, so that every layer is mapped and counted anew
 *
 * And the candidates of a joint search, each a network never seen (inverted residuals, bits drawn for
 * each layer of nine kinds) on a chip never seen (nine knobs turned), step by step. */
#include <weft/weft.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
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

/* ---- candidates of a joint search -------------------------------------------------------------- */

enum { CANDIDATES = 2000, KNOBS = 9, STEPS = 5 };

static const char *const STEP_NAMES[STEPS] = {"network", "workload", "turn", "estimate", "hash"};

typedef struct knob_row {
    const char *path, *unit;
    int n;
    double values[8];
} knob_row;

static const knob_row KNOB_ROWS[KNOBS] = {
    {"rows", "1", 4, {64, 128, 256, 512}},
    {"columns", "1", 4, {32, 64, 128, 256}},
    {"groups", "1", 6, {2, 4, 8, 16, 24, 32}},
    {"tiles", "1", 6, {4, 8, 12, 16, 24, 32}},
    {"macros", "1", 5, {8, 16, 32, 64, 128}},
    {"cell_bits", "bit", 4, {1, 2, 4, 8}},
    {"glb_depth", "1", 6, {1024, 2048, 4096, 8192, 16384, 32768}},
    {"voltage", "V", 8, {0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05}},
    {"base_cycle", "ns", 8, {1, 2, 4, 5, 6, 8, 9, 10}},
};

typedef struct candidates {
    weft_knob knobs[KNOBS];
    weft_network *network;
    weft_workload *workload;
    weft_priced *priced;
    weft_rng rng;
} candidates;

static int32_t put_product(candidates *c, weft_layer layer, int32_t from) {
    static const weft_layer_bits KINDS[9] = {{4, 4, 8}, {4, 6, 8}, {4, 8, 8}, {6, 4, 8}, {6, 6, 8},
                                             {6, 8, 8}, {8, 4, 8}, {8, 6, 8}, {8, 8, 8}};
    weft_error error;
    layer.op = WEFT_OP_CONV;
    layer.bits = KINDS[weft_rng_below(&c->rng, 9)];
    layer.input = &from;
    layer.n_inputs = 1;
    int32_t at = from;
    check(weft_network_add(c->network, &layer, &at, &error), &error);
    const weft_op after[] = {WEFT_OP_BATCH_NORM, WEFT_OP_RELU6};
    for (int i = 0; i < 2; i++) {
        from = at;
        weft_layer op = {.op = after[i], .input = &from, .n_inputs = 1};
        check(weft_network_add(c->network, &op, &at, &error), &error);
    }
    return at;
}

static int32_t put_residual(candidates *c, int32_t at, int32_t out, int32_t stride) {
    weft_error error;
    int32_t entry = at;
    int32_t in = c->network->layers[at].out.channels;
    int32_t wide = in * (3 + (int32_t)weft_rng_below(&c->rng, 4));
    int32_t kernel = 3 + 2 * (int32_t)weft_rng_below(&c->rng, 3);
    at = put_product(c, (weft_layer){.out_channels = wide, .kernel = {1, 1}, .stride = {1, 1}}, at);
    at = put_product(c,
                     (weft_layer){.out_channels = wide,
                                  .kernel = {kernel, kernel},
                                  .stride = {stride, stride},
                                  .pad = {kernel / 2, kernel / 2},
                                  .groups = wide},
                     at);
    at = put_product(c, (weft_layer){.out_channels = out, .kernel = {1, 1}, .stride = {1, 1}}, at);
    if (stride == 1 && in == out) {
        const int32_t both[] = {entry, at};
        weft_layer add = {.op = WEFT_OP_ADD, .input = both, .n_inputs = 2};
        check(weft_network_add(c->network, &add, &at, &error), &error);
    }
    return at;
}

/* 56 layers of products. */
static void build_candidate(candidates *c) {
    static const int32_t CHANNELS[] = {24, 32, 64, 96, 160, 320};
    static const int32_t REPEATS[] = {3, 3, 4, 3, 3, 2};
    static const int32_t STRIDES[] = {2, 2, 2, 1, 2, 1};
    weft_error error;
    check(weft_network_clear(c->network, "candidate", (weft_shape){3, 224, 224}, &error), &error);
    int32_t at = put_product(
        c, (weft_layer){.out_channels = 32, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}}, 0);
    for (int s = 0; s < 6; s++) {
        for (int k = 0; k < REPEATS[s]; k++) {
            at = put_residual(c, at, CHANNELS[s], k == 0 ? STRIDES[s] : 1);
        }
    }
    put_product(c, (weft_layer){.out_channels = 1280, .kernel = {1, 1}, .stride = {1, 1}}, at);
}

static void begin_candidates(candidates *c) {
    weft_error error;
    weft_chip *chip = NULL;
    check(weft_chip_read("neurosim-32nm-rram", &chip, &error), &error);
    for (int k = 0; k < KNOBS; k++) {
        check(weft_chip_knob(chip, KNOB_ROWS[k].path, KNOB_ROWS[k].unit, &c->knobs[k], &error),
              &error);
    }
    check(weft_priced_create(chip, &c->priced, &error), &error);
    weft_chip_destroy(chip);
    check(weft_network_create("candidate", (weft_shape){3, 224, 224}, &c->network, &error), &error);
    c->rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    build_candidate(c);
    check(weft_workload_create(c->network, &c->workload, &error), &error);
}

/* Mean seconds of each step, over candidates that fit and those that do not. */
static void bench_candidates(double seconds[STEPS]) {
    candidates c;
    weft_error error;
    weft_total total;
    uint64_t hashes = 0;
    begin_candidates(&c);
    for (int i = -CANDIDATES / 10; i < CANDIDATES; i++) {
        double values[KNOBS];
        double at[STEPS + 1];
        for (int k = 0; k < KNOBS; k++) {
            values[k] = KNOB_ROWS[k].values[weft_rng_below(&c.rng, (uint64_t)KNOB_ROWS[k].n)];
        }
        at[0] = now();
        build_candidate(&c);
        at[1] = now();
        check(weft_workload_assign(c.workload, c.network, -1, &error), &error);
        at[2] = now();
        check(weft_priced_turn(c.priced, c.knobs, values, KNOBS, &error), &error);
        at[3] = now();
        weft_status status = weft_estimate(c.priced, c.workload, &total, &error);
        at[4] = now();
        hashes ^= weft_network_hash(c.network);
        at[5] = now();
        check(status == WEFT_ERROR_INFEASIBLE ? WEFT_OK : status, &error);
        for (int s = 0; s < STEPS; s++) {
            seconds[s] = (i == 0 ? 0 : seconds[s]) + (at[s + 1] - at[s]) / CANDIDATES;
        }
    }
    if (hashes == 0) { /* keeps them from being left out */
        printf("\n");
    }
    weft_workload_destroy(c.workload);
    weft_network_destroy(c.network);
    weft_priced_destroy(c.priced);
}

/* Seconds of a turn of two knobs that are not structural and an estimate of MobileNetV2. */
static double bench_sweep(void) {
    candidates c;
    weft_error error;
    weft_total total;
    double least = INFINITY;
    enum { ROUNDS = 20000 };
    begin_candidates(&c);
    weft_workload *workload = workload_of("mobilenetv2");
    for (int r = 0; r < REPETITIONS; r++) {
        double start = now();
        for (int i = 0; i < ROUNDS; i++) {
            const double values[2] = {KNOB_ROWS[7].values[i / 8 % 8], KNOB_ROWS[8].values[i % 8]};
            check(weft_priced_turn(c.priced, c.knobs + 7, values, 2, &error), &error);
            check(weft_estimate(c.priced, workload, &total, &error), &error);
        }
        least = fmin(least, (now() - start) / ROUNDS);
    }
    weft_workload_destroy(workload);
    weft_workload_destroy(c.workload);
    weft_network_destroy(c.network);
    weft_priced_destroy(c.priced);
    return least;
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

typedef struct joint {
    double steps[STEPS], sweep;
} joint;

static void print_joint(const joint *j) {
    double sum = 0;
    printf("candidates of a joint search, network and chip never seen, us:\n ");
    for (int s = 0; s < STEPS; s++) {
        printf(" %s %.1f", STEP_NAMES[s], 1e6 * j->steps[s]);
        sum += j->steps[s];
    }
    printf(", together %.1f\n", 1e6 * sum);
    printf("  turn of voltage and cycle and estimate of MobileNetV2: %.2f us\n", 1e6 * j->sweep);
}

static void print_text(const result *results, int n, const growth *g, const joint *j,
                       double pricing) {
    printf("neurosim-32nm-rram on one core (median of %d); networks a second:\n", REPETITIONS);
    printf("  %-14s %12s %12s %12s\n", "network", "again", "voltages", "anew");
    for (int i = 0; i < n; i++) {
        printf("  %-14s %12.0f %12.0f %12.0f\n", results[i].network, 1 / results[i].again,
               1 / results[i].voltages, 1 / results[i].anew);
    }
    printf("  pricing the chip: %.1f us\n", 1e6 * pricing);
    print_joint(j);
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

static void print_json(const result *results, int n, const growth *g, const joint *j,
                       double pricing) {
    printf("{\"bench\": \"chip\", \"pricing_s\": %.3g, \"networks\": [", pricing);
    for (int i = 0; i < n; i++) {
        printf("%s{\"network\": \"%s\", \"again_per_s\": %.0f, \"voltages_per_s\": %.0f, "
               "\"anew_per_s\": %.0f}",
               i > 0 ? ", " : "", results[i].network, 1 / results[i].again, 1 / results[i].voltages,
               1 / results[i].anew);
    }
    printf("], \"candidate\": {");
    for (int s = 0; s < STEPS; s++) {
        printf("%s\"%s_s\": %.4g", s > 0 ? ", " : "", STEP_NAMES[s], j->steps[s]);
    }
    printf("}, \"sweep_point_s\": %.4g, \"growth\": [", j->sweep);
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
    joint j = {.sweep = bench_sweep()};
    bench_candidates(j.steps);
    (json ? print_json : print_text)(results, N, &g, &j, voltages.pricing_s);
    if (svg != NULL) {
        draw_growth(&g, svg);
    }
    destroy_chips(&voltages);
    destroy_chips(&structures);
    return 0;
}
