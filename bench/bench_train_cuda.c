/* SPDX-License-Identifier: Apache-2.0
 *
 * Images trained per second on a GPU, the networks of bench_train: whole steps with SGD, images sent
 * each time, wall time of the median round. Without a GPU it says why. */
#include "base/clock.h"
#include "base/rng.h"
#include "bench.h"
#include "learn/trainer.h"
#include "train_cases.h"

enum { WARM = 10, ROUNDS = 5, STEPS = 20, LARGEST_BATCH = 1024 };

static void fill(weft_engine *engine, uint16_t *labels) {
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    size_t n = (size_t)engine->settings.batch;
    for (size_t i = 0; i < n * engine->image_values; i++) {
        float value = (float)weft_rng_normal(&rng);
        if (engine->settings.type == WEFT_F32) {
            ((float *)engine->images)[i] = value;
        } else {
            ((weft_bf16 *)engine->images)[i] = weft_to_bf16(value);
        }
    }
    for (size_t i = 0; i < n; i++) {
        labels[i] = (uint16_t)(i % CLASSES);
    }
}

static void run_steps(weft_trainer *trainer, const uint16_t *labels, int n, int64_t *step) {
    weft_error error;
    const weft_feed_batch batch = {.labels = labels, .share = 1.0};
    for (int i = 0; i < n; i++) {
        double loss;
        check(weft_trainer_step(trainer, &batch, (*step)++, 1000000, NULL, &loss, &error), &error);
    }
}

/* Images per second. */
static double measure(const weft_network *network, weft_crew *crew, int batch,
                      weft_train_precision precision) {
    weft_error error;
    weft_train_settings settings;
    weft_trainer trainer;
    int64_t step = 0;
    double seconds[ROUNDS];
    uint16_t labels[LARGEST_BATCH];
    weft_train_defaults(&settings);
    settings.device = WEFT_TRAIN_ON_CUDA;
    settings.precision = precision;
    settings.learning_rate = 1e-3;
    check(weft_trainer_create(network, crew, &settings, batch, NULL, &trainer, &error), &error);
    fill(trainer.engine, labels);
    run_steps(&trainer, labels, WARM, &step);
    for (int round = 0; round < ROUNDS; round++) {
        double began = weft_steady_time();
        run_steps(&trainer, labels, STEPS, &step);
        check(weft_engine_fetch(trainer.engine, &error), &error);
        seconds[round] = weft_steady_time() - began;
    }
    weft_trainer_free(&trainer);
    return STEPS * (double)batch / median(seconds, ROUNDS);
}

int main(void) {
    weft_gpu_info gpu;
    weft_error error;
    weft_crew *crew = NULL;
    if (weft_gpu_look(&gpu, &error) != WEFT_OK) {
        printf("skipped: %s\n", error.message);
        return 0;
    }
    check(weft_crew_create(1, &crew, &error), &error);
    printf("training on %s, images per second\n", gpu.name);
    printf("%-18s %6s %10s %10s\n", "network", "batch", "f32", "bf16");
    for (int i = 0; i < CASES; i++) {
        weft_network *network = NULL;
        check(make_network(&cases[i], &network, &error), &error);
        for (int batch = cases[i].batch; batch <= LARGEST_BATCH; batch *= 8) {
            printf("%-18s %6d %10.0f %10.0f\n", cases[i].text, batch,
                   measure(network, crew, batch, WEFT_PRECISION_F32),
                   measure(network, crew, batch, WEFT_PRECISION_BF16));
        }
        weft_network_destroy(network);
    }
    weft_crew_destroy(crew);
    return 0;
}
