/* SPDX-License-Identifier: Apache-2.0
 *
 * What a predicted accuracy costs: microseconds a design for the published layout 520 + 252 -> 400
 * -> 400 -> 400 -> 1 with weights at random, one by one and in batches, on one thread. */
#include "accuracy/encode.h"
#include "accuracy/mlp.h"
#include "base/clock.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <weft/accuracy.h>

enum { STAGES = 6, BLOCKS = 21, KINDS = 6, GENES = STAGES + KINDS * BLOCKS, DESIGNS = 2048 };

static const char *const kinds[KINDS] = {"kernel",        "expansion",      "pw_weight_bits",
                                         "pw_input_bits", "dw_weight_bits", "dw_input_bits"};

static void stop(const weft_error *error) {
    char text[1200];
    fprintf(stderr, "%s\n", weft_error_format(error, text, sizeof text));
    exit(1);
}

static void make_genes(weft_gene_meaning genes[GENES]) {
    static const double three[3][3] = {{2, 3, 4}, {3, 5, 7}, {4, 6, 8}};
    static const double expansions[] = {4, 5, 6};
    static char names[GENES][32];
    for (int g = 0; g < GENES; g++) {
        int block = (g - STAGES) % BLOCKS;
        int kind = (g - STAGES) / BLOCKS;
        const double *numbers = g < STAGES  ? three[0]
                                : kind == 0 ? three[1]
                                : kind == 1 ? expansions
                                            : three[2];
        if (g < STAGES) {
            snprintf(names[g], sizeof names[g], "depth%d", g + 1);
        } else {
            snprintf(names[g], sizeof names[g], "%s%d_%d", kinds[kind], block / 4 + 1,
                     block % 4 + 1);
        }
        genes[g] = (weft_gene_meaning){.name = names[g], .n_choices = 3, .numbers = numbers};
    }
}

/* An array of normal numbers, appended to *tensors. */
static void add_array(weft_tensors *tensors, const char *name, int rows, int columns,
                      double deviation, double mean) {
    weft_tensor tensor = {.n_dims = columns > 0 ? 2 : 1, .dims = {rows, columns}};
    weft_error error;
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, (uint64_t)tensors->n);
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    if (!weft_tensor_count(&tensor)) {
        exit(1);
    }
    float *values = malloc(tensor.n * sizeof *values);
    for (size_t i = 0; values != NULL && i < tensor.n; i++) {
        values[i] = (float)(mean + deviation * weft_rng_normal(&rng));
    }
    if (values == NULL || weft_tensors_add(tensors, &tensor, WEFT_REAL_32, false,
                                           (const uint8_t *)values, &error) != WEFT_OK) {
        exit(1);
    }
    free(values);
}

static void write_weights(const char *path) {
    weft_tensors tensors = {0};
    weft_error error;
    uint8_t *bytes = NULL;
    size_t size = 0;
    add_array(&tensors, "layers.0.0.weight", 400, 520, 0.15, 0);
    add_array(&tensors, "layers.0.0.bias", 400, 0, 0.1, 0);
    add_array(&tensors, "quantize_fc.weight", 400, 252, 0.15, 0);
    add_array(&tensors, "quantize_fc.bias", 400, 0, 0.1, 0);
    add_array(&tensors, "layers.1.0.weight", 400, 400, 0.07, 0);
    add_array(&tensors, "layers.1.0.bias", 400, 0, 0.1, 0);
    add_array(&tensors, "layers.2.0.weight", 400, 400, 0.07, 0);
    add_array(&tensors, "layers.2.0.bias", 400, 0, 0.1, 0);
    add_array(&tensors, "regressor.weight", 1, 400, 0.005, 0);
    add_array(&tensors, "regressor.bias", 1, 0, 0, 0.5);
    if (weft_safetensors_write(&tensors, &bytes, &size, &error) != WEFT_OK) {
        stop(&error);
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    free(bytes);
    weft_tensors_destroy(&tensors);
}

static void draw(double *genomes) {
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < DESIGNS; i++) {
        double *genome = genomes + (size_t)i * GENES;
        for (int g = 0; g < GENES; g++) {
            int block = (g - STAGES) % BLOCKS;
            genome[g] = (double)weft_rng_below(&rng, 3);
            if (g >= STAGES && block % 4 >= 2 + (int)genome[block / 4]) {
                genome[g] = NAN;
            }
        }
    }
}

static void measure(const weft_accuracy *accuracy, const double *genomes,
                    weft_accuracy_result *results, int batch) {
    weft_error error;
    double best = INFINITY;
    for (int round = 0; round < 5; round++) {
        double began = weft_steady_time();
        for (int i = 0; i < DESIGNS; i += batch) {
            const double *at = genomes + (size_t)i * GENES;
            weft_status status =
                batch == 1
                    ? weft_accuracy_evaluate(accuracy, NULL, at, WEFT_FIDELITY_CANDIDATE, 1, NULL,
                                             &results[i], &error)
                    : weft_accuracy_evaluate_many(accuracy, NULL, at, batch, results + i, &error);
            if (status != WEFT_OK) {
                stop(&error);
            }
        }
        best = fmin(best, weft_steady_time() - began);
    }
    printf("batches of %4d: %6.2f us a design\n", batch, best / DESIGNS * 1e6);
}

int main(void) {
    static weft_accuracy_result results[DESIGNS];
    weft_gene_meaning genes[GENES];
    weft_accuracy_settings settings;
    weft_accuracy *accuracy = NULL;
    weft_error error;
    char path[64];
    snprintf(path, sizeof path, "/tmp/weft-bench-%ld.safetensors", (long)getpid());
    make_genes(genes);
    write_weights(path);
    weft_accuracy_defaults(&settings);
    settings.provider = "mlp";
    settings.file = "apq-proxyless-imagenet";
    settings.weights = path;
    const weft_design_genes design = {.n = GENES, .genes = genes};
    weft_status status = weft_accuracy_create(&settings, &design, &accuracy, &error);
    remove(path);
    double *genomes = malloc(sizeof *genomes * DESIGNS * GENES);
    if (status != WEFT_OK || genomes == NULL) {
        stop(&error);
    }
    draw(genomes);
    for (int batch = 1; batch <= DESIGNS; batch *= batch == 1 ? 8 : 16) {
        measure(accuracy, genomes, results, batch);
    }
    weft_accuracy_destroy(accuracy);
    free(genomes);
    return 0;
}
