/* SPDX-License-Identifier: Apache-2.0
 * A small set of images to train on, made by the test: class c is a bright bar in the c-th third, over
 * noise. */
#ifndef TESTS_ACCURACY_BARS_H
#define TESTS_ACCURACY_BARS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

#include <weft/accuracy.h>

enum { SIDE = 8, CLASSES = 3, TRAIN = 300, TEST = 90 };

static char folder[64];

static inline void put_word(FILE *file, uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        fputc((int)(word >> shift & 0xff), file);
    }
}

static inline const char *path_of(const char *name, char path[128]) {
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static inline void write_images(const char *path, uint32_t n, uint64_t stream) {
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, stream);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    put_word(file, 0x803);
    put_word(file, n);
    put_word(file, SIDE);
    put_word(file, SIDE);
    for (uint32_t i = 0; i < n; i++) {
        for (int p = 0; p < SIDE * SIDE; p++) {
            bool bar = p / SIDE / 3 == (int)(i % CLASSES);
            fputc((int)weft_rng_below(&rng, 120) + (bar ? 100 : 0), file);
        }
    }
    assert_int_equal(fclose(file), 0);
}

static inline void write_labels(const char *path, uint32_t n) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    put_word(file, 0x801);
    put_word(file, n);
    for (uint32_t i = 0; i < n; i++) {
        fputc((int)(i % CLASSES), file);
    }
    assert_int_equal(fclose(file), 0);
}

static inline int make_set(void **state) {
    (void)state;
    char paths[5][128];
    snprintf(folder, sizeof folder, "/tmp/weft-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    setenv("WEFT_DATA", path_of("catalogue", paths[4]), 1);
    write_images(path_of("train-images", paths[0]), TRAIN, 0);
    write_labels(path_of("train-labels", paths[1]), TRAIN);
    write_images(path_of("test-images", paths[2]), TEST, 1);
    write_labels(path_of("test-labels", paths[3]), TEST);
    weft_data_add_settings settings = {.name = "bars",
                                       .format = "idx",
                                       .train_images = paths[0],
                                       .train_labels = paths[1],
                                       .test_images = paths[2],
                                       .test_labels = paths[3]};
    weft_dataset_info info;
    weft_error error = {0};
    return weft_data_add(&settings, &info, &error) == WEFT_OK ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *status, int kind,
                             struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int remove_set(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline weft_network *network_of(const char *text, weft_shape input, int classes) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    weft_error error = {0};
    weft_network *network = NULL;
    assert_int_equal(weft_imc_parse(text, &spec, &error), WEFT_OK);
    spec.input = input;
    spec.classes = classes;
    if (weft_imc_build(&spec, &network, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return network;
}

static const weft_shape shape = {1, SIDE, SIDE};

static inline weft_accuracy *must_create(const weft_accuracy_settings *settings) {
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    if (weft_accuracy_create(settings, NULL, &accuracy, &error) != WEFT_OK) {
        fail_msg("%s: %s", error.file, error.message);
    }
    return accuracy;
}

static inline weft_accuracy_result evaluate(weft_accuracy *accuracy, const char *text,
                                            weft_fidelity fidelity, uint64_t seed) {
    weft_network *network = network_of(text, shape, CLASSES);
    weft_accuracy_result result = {0};
    weft_error error = {0};
    if (weft_accuracy_evaluate(accuracy, network, NULL, fidelity, seed, NULL, &result, &error) !=
        WEFT_OK) {
        fail_msg("%s", error.message);
    }
    weft_network_destroy(network);
    return result;
}

static inline bool same(weft_accuracy_result a, weft_accuracy_result b) {
    return memcmp(&a.accuracy, &b.accuracy, sizeof a.accuracy) == 0 &&
           memcmp(&a.loss, &b.loss, sizeof a.loss) == 0;
}

#endif
