/* SPDX-License-Identifier: Apache-2.0
 * Synthetic data sets, made in memory: what the tests of training train on. */
#ifndef WEFT_TESTS_LEARN_TRAIN_SUPPORT_H
#define WEFT_TESTS_LEARN_TRAIN_SUPPORT_H

#include "learn/dataset.h"
#include "learn/engine_support.h"

/* Each class has a random pattern of its own; images are the pattern under noise. */
static inline void synthetic_images(weft_images *images, weft_shape shape, int classes, int64_t n,
                                    int noise, uint64_t seed) {
    size_t size = shape_size(shape);
    images->n = n;
    images->pixels = must_calloc((size_t)n * size, 1);
    images->labels = must_calloc((size_t)n, sizeof *images->labels);
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 7);
    for (int64_t i = 0; i < n; i++) {
        int label = (int)(i * 7 % classes);
        weft_rng pattern = weft_rng_make(99, WEFT_PURPOSE_TEST, (uint64_t)label);
        images->labels[i] = (uint16_t)label;
        for (size_t k = 0; k < size; k++) {
            int value = (int)weft_rng_below(&pattern, 256) +
                        (int)weft_rng_below(&rng, 2 * (uint64_t)noise + 1) - noise;
            images->pixels[(size_t)i * size + k] = (uint8_t)(value < 0     ? 0
                                                             : value > 255 ? 255
                                                                           : value);
        }
    }
}

static inline void synthetic_make(weft_dataset *dataset, weft_shape shape, int classes,
                                  int64_t train, int64_t test, int noise) {
    memset(dataset, 0, sizeof *dataset);
    snprintf(dataset->info.name, sizeof dataset->info.name, "synthetic");
    dataset->info.shape = shape;
    dataset->info.classes = classes;
    dataset->info.train_images = train;
    dataset->info.test_images = test;
    synthetic_images(&dataset->train, shape, classes, train, noise, 1);
    synthetic_images(&dataset->test, shape, classes, test, noise, 2);
    for (int c = 0; c < shape.channels; c++) {
        dataset->mean[c] = 0.5F;
        dataset->deviation[c] = 0.29F;
    }
}

static inline void synthetic_free(weft_dataset *dataset) {
    free(dataset->train.pixels);
    free(dataset->train.labels);
    free(dataset->test.pixels);
    free(dataset->test.labels);
}

/* A small network of the imc family for a data set. */
static inline weft_network *small_network(const char *text, const weft_dataset *dataset) {
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = dataset->info.shape;
    spec.classes = dataset->info.classes;
    spec.hidden[0] = 24;
    spec.hidden[1] = 12;
    MUST(weft_imc_parse(text, &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    return network;
}

#endif
