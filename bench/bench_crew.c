/* SPDX-License-Identifier: Apache-2.0
 *
 * Short trainings as a search has them, each with a crew of its own, and all with one that is kept:
 * CPU time of both, interleaved, medians. Images are random: they cost the same as others. */
#include <weft/learn.h>

#include <string.h>

#include "bench.h"
#include "learn/crew.h"
#include "learn/dataset.h"
#include "learn/train.h"

enum { IMAGES = 60000, SIDE = 28, CLASSES = 10, ROUNDS = 3 };

static const char *const networks[] = {"V16,V32,V64", "R16,V32,R32", "M16,M32,V64", "M32,V32"};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

static double process_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fill_images(weft_images *images, int64_t n) {
    size_t bytes = (size_t)n * SIDE * SIDE;
    *images = (weft_images){.n = n, .pixels = malloc(bytes), .labels = malloc((size_t)n * 2)};
    if (images->pixels == NULL || images->labels == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    for (size_t i = 0; i < bytes; i++) {
        images->pixels[i] = (uint8_t)(i * 2654435761U >> 24);
    }
    for (int64_t i = 0; i < n; i++) {
        images->labels[i] = (uint16_t)(i % CLASSES);
    }
}

static double train(const char *blocks, const weft_dataset *dataset,
                    const weft_train_settings *settings, weft_crew *kept) {
    weft_error error;
    weft_imc_spec spec;
    weft_network *network = NULL;
    weft_crew *crew = kept;
    weft_train_result result;
    weft_imc_defaults(&spec);
    check(weft_imc_parse(blocks, &spec, &error), &error);
    spec.input = dataset->info.shape;
    spec.classes = CLASSES;
    spec.head_pool = 2;
    check(weft_imc_build(&spec, &network, &error), &error);
    double began = process_seconds();
    if (kept == NULL) {
        check(weft_crew_create(settings->threads, &crew, &error), &error);
    }
    check(weft_train_with_crew(network, dataset, settings, crew, NULL, &result, &error), &error);
    if (kept == NULL) {
        weft_crew_destroy(crew);
    }
    double seconds = process_seconds() - began;
    weft_network_destroy(network);
    return seconds;
}

int main(void) {
    weft_error error;
    weft_dataset dataset = {.mean = {0.5F}, .deviation = {0.3F}};
    weft_crew *crew = NULL;
    weft_train_settings settings;
    snprintf(dataset.info.name, sizeof dataset.info.name, "random");
    dataset.info.shape = (weft_shape){1, SIDE, SIDE};
    dataset.info.classes = CLASSES;
    fill_images(&dataset.train, IMAGES);
    weft_train_defaults(&settings);
    settings.learning_rate = 0.01;
    settings.validation_limit = 500;
    check(weft_crew_create(1, &crew, &error), &error);
    printf("%-8s %14s %14s %8s\n", "epochs", "own crew, s", "kept crew, s", "gain");
    for (settings.epochs = 0.01; settings.epochs < 0.1; settings.epochs *= 5) {
        double own[ROUNDS], kept[ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            double sums[2] = {0.0};
            for (int i = 0; i < NETWORKS; i++) {
                sums[0] += train(networks[i], &dataset, &settings, NULL);
                sums[1] += train(networks[i], &dataset, &settings, crew);
            }
            if (round >= 0) { /* before: kernels are chosen, memory is touched */
                own[round] = sums[0] / NETWORKS;
                kept[round] = sums[1] / NETWORKS;
            }
        }
        double a = median(own, ROUNDS), b = median(kept, ROUNDS);
        printf("%-8g %14.3f %14.3f %7.2fx\n", settings.epochs, a, b, a / b);
    }
    weft_crew_destroy(crew);
    free(dataset.train.pixels);
    free(dataset.train.labels);
    return 0;
}
