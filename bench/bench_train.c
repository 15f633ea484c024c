/* SPDX-License-Identifier: Apache-2.0
 *
 * Images trained per second on one core, and the same network, batch and thread count in PyTorch
 * where python3-torch is installed. Times are CPU times of the best step, so that a busy machine
 * disturbs them little; ours include loading and augmenting the batch, PyTorch's do not. */
#include <weft/learn.h>

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "learn/batch.h"
#include "learn/engine.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "weft_build_config.h"

enum { CLASSES = 10 };

typedef struct bench_case {
    const char *blocks;
    int channels, side, pool, batch, steps;
} bench_case;

static const bench_case cases[] = {
    {"V32,V64,V128", 3, 32, 1, 128, 12},
    {"R32,V64,R64", 3, 32, 1, 128, 8},
    {"V16,V32", 1, 28, 2, 96, 40},
    {"V8,V16", 1, 28, 2, 96, 60},
};

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static weft_status build_network(const bench_case *c, weft_network **network, weft_error *error) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){c->channels, c->side, c->side};
    spec.head_pool = c->pool;
    weft_status status = weft_imc_parse(c->blocks, &spec, error);
    return status != WEFT_OK ? status : weft_imc_build(&spec, network, error);
}

/* Random bytes as images. */
typedef struct images {
    weft_normaliser normaliser;
    uint8_t *pixels;
    size_t size;
    uint16_t *labels;
} images;

static bool make_images(const bench_case *c, images *made) {
    weft_dataset dataset = {.mean = {0.5F, 0.5F, 0.5F}, .deviation = {0.3F, 0.3F, 0.3F}};
    dataset.info.shape = (weft_shape){c->channels, c->side, c->side};
    weft_normaliser_fill(&dataset, &made->normaliser);
    made->size = (size_t)c->channels * (size_t)c->side * (size_t)c->side;
    made->pixels = malloc((size_t)c->batch * made->size);
    made->labels = malloc((size_t)c->batch * sizeof *made->labels);
    if (made->pixels == NULL || made->labels == NULL) {
        return false;
    }
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < (size_t)c->batch * made->size; i++) {
        made->pixels[i] = (uint8_t)weft_rng_u32(&rng);
    }
    for (int i = 0; i < c->batch; i++) {
        made->labels[i] = (uint16_t)(i % CLASSES);
    }
    return true;
}

static weft_status step(const bench_case *c, weft_engine *engine, const images *data, int number,
                        weft_error *error) {
    const weft_augmentation augmentation = {.crop_pad = 4, .flip = true};
    for (size_t i = 0; i < (size_t)c->batch; i++) {
        weft_view view =
            weft_view_draw(&augmentation, data->normaliser.shape, 1, (uint64_t)number, i);
        weft_view_fill(&data->normaliser, data->pixels + i * data->size, &view, WEFT_F32,
                       engine->input->data + i * data->size);
    }
    engine->dropout = weft_rng_make(1, WEFT_PURPOSE_DROPOUT, (uint64_t)number);
    WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, error));
    weft_cross_entropy(engine->output->data, data->labels, (size_t)c->batch, CLASSES, 0.0,
                       engine->output->gradient);
    WEFT_TRY(weft_engine_backward(engine, NULL, error));
    const weft_segment all = {.count = engine->n_parameters, .rate = 1.0, .decays = true};
    const weft_descent descent = {
        .kind = WEFT_DESCENT_SGD,
        .momentum = 0.9,
        .decay = 3e-4,
        .segments = &all,
        .n_segments = 1,
    };
    weft_descent_step(&descent, engine->parameters, engine->gradients, engine->velocity,
                      engine->n_parameters, 0.01, number + 1);
    return WEFT_OK;
}

/* Images per second of CPU time in the best step. */
static weft_status measure(const bench_case *c, weft_engine *engine, const images *data,
                           double *rate, weft_error *error) {
    double best = 1e30;
    for (int i = 0; i < c->steps; i++) {
        double start = cpu_seconds();
        WEFT_TRY(step(c, engine, data, i, error));
        double took = cpu_seconds() - start;
        best = took < best ? took : best;
    }
    *rate = (double)c->batch / best;
    return WEFT_OK;
}

static weft_status bench_weft(const bench_case *c, double *rate, double *megabytes,
                              weft_error *error) {
    weft_network *network = NULL;
    weft_engine *engine = NULL;
    images data = {0};
    weft_status status = build_network(c, &network, error);
    if (status == WEFT_OK && !make_images(c, &data)) {
        status = weft_fail_memory(error, data.size * (size_t)c->batch);
    }
    if (status == WEFT_OK) {
        status = weft_engine_create(network, c->batch, &engine, error);
    }
    if (status == WEFT_OK) {
        status = weft_engine_initialise(engine, 1, NULL, error);
    }
    if (status == WEFT_OK) {
        *megabytes = (double)weft_engine_bytes(engine) * 1e-6;
        status = measure(c, engine, &data, rate, error);
    }
    weft_engine_destroy(engine);
    weft_network_destroy(network);
    free(data.pixels);
    free(data.labels);
    return status;
}

/* PyTorch's rate, or 0 with its reason in `answer`. */
static double bench_torch(const bench_case *c, char *answer, size_t size) {
    static const char script[] = WEFT_SOURCE_SHARE "/../../bench/torch_train.py";
    if (access("/usr/bin/python3", X_OK) != 0) {
        snprintf(answer, size, "no python3 here (Debian: apt install python3-torch)");
        return 0.0;
    }
    if (access(script, R_OK) != 0) {
        snprintf(answer, size, "no bench/torch_train.py in the source tree");
        return 0.0;
    }
    char command[1024];
    snprintf(command, sizeof command,
             "OMP_NUM_THREADS=1 /usr/bin/python3 '%s' %s %d %d %d %d %d 2>/dev/null", script,
             c->blocks, c->channels, c->side, c->pool, c->batch, c->steps);
    snprintf(answer, size, "it failed");
    FILE *pipe = popen(command, "r");
    if (pipe == NULL) {
        return 0.0;
    }
    if (fgets(answer, (int)size, pipe) != NULL) {
        answer[strcspn(answer, "\n")] = '\0';
    }
    pclose(pipe);
    return strtod(answer, NULL);
}

int main(void) {
    omp_set_num_threads(1);
    printf("training, images per second of one core (f32)\n");
    printf("%-18s %-10s %6s %9s %9s %6s %8s\n", "network", "input", "batch", "weft", "PyTorch",
           "ratio", "MB");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bench_case *c = &cases[i];
        weft_error error;
        double rate = 0.0, megabytes = 0.0;
        if (bench_weft(c, &rate, &megabytes, &error) != WEFT_OK) {
            char text[1024];
            fprintf(stderr, "%s\n", weft_error_format(&error, text, sizeof text));
            return 1;
        }
        char input[32], answer[256];
        snprintf(input, sizeof input, "%dx%dx%d", c->channels, c->side, c->side);
        double torch = bench_torch(c, answer, sizeof answer);
        printf("imc:%-14s %-10s %6d %9.0f", c->blocks, input, c->batch, rate);
        if (torch > 0.0) {
            printf(" %9.0f %6.2f %8.0f\n", torch, rate / torch, megabytes);
        } else {
            printf("   PyTorch skipped: %s\n", answer);
        }
        fflush(stdout);
    }
    return 0;
}
