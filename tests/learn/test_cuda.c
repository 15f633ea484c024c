/* SPDX-License-Identifier: Apache-2.0
 *
 * The GPU against the CPU, whose engine is tested on its own: logits, gradients of everything that is
 * trained, running statistics, and ten steps, in f32 and bf16. Distances are of whole arrays, relative
 * to the norm of the CPU's: sums run in another order, and one value at a kink of a ReLU or a tie of a
 * pool may go the other way. Without a GPU the test says why and is skipped. */
#include "learn/engine_support.h"
#include "learn/trainer.h"

enum { CLASSES = 6, BATCH = 32 };

/* bf16 is compared with bf16 of the CPU, or with f32 where the CPU has none. Two engines round at other
 * places: weights of the kernels of ours, gradients of weights by cuDNN. */
static const double BAND_F32 = 2e-4;
static const double BAND_BF16 = 0.15;
/* A value beside the middle of two integers may be rounded to the other one. */
static const double BAND_QUANTIZED = 3e-2;

/* ---- distances ------------------------------------------------------------------------------- */

static double band_of(weft_type type) {
    return type == WEFT_F32 ? BAND_F32 : BAND_BF16;
}

static weft_type reference_type(weft_type type) {
    return type == WEFT_BF16 && weft_dnn_has_bf16() ? WEFT_BF16 : WEFT_F32;
}

/* `least`: what counts as nothing, of a single value. */
static void compare(const float *found, const float *expected, size_t n, double band, double least,
                    const char *what) {
    double off = 0.0, norm = 0.0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)found[i] - (double)expected[i];
        off += d * d;
        norm += (double)expected[i] * (double)expected[i];
    }
    if (!(sqrt(off) <= band * sqrt(norm) + least * sqrt((double)n))) {
        fail_msg("%s: %.3g away from a norm of %.3g, at most %.3g of it is allowed", what,
                 sqrt(off), sqrt(norm), band);
    }
}

/* ---- both engines ---------------------------------------------------------------------------- */

typedef struct pair {
    rig cpu, gpu;
    const char *name;
    double band;
} pair;

static pair pair_open(const weft_network *network, weft_engine_settings settings) {
    pair made = {.name = network->name,
                 .band = settings.quant != NULL ? BAND_QUANTIZED : band_of(settings.type)};
    weft_engine_settings on_gpu = settings;
    settings.type = reference_type(settings.type);
    on_gpu.device = WEFT_TRAIN_ON_CUDA;
    made.cpu = rig_open(network, settings, 1);
    made.gpu = rig_open(network, on_gpu, 1);
    return made;
}

static void pair_close(pair *p) {
    rig_close(&p->cpu);
    rig_close(&p->gpu);
}

/* Images that both types can say. */
static void pair_images(pair *p, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    for (size_t k = 0; k < image_values(p->cpu.engine); k++) {
        float value = weft_from_bf16(weft_to_bf16((float)weft_rng_normal(&rng)));
        set_image(p->cpu.engine, k, value);
        set_image(p->gpu.engine, k, value);
    }
}

static void pair_forward(pair *p, weft_mode mode, int64_t step) {
    weft_error error;
    weft_engine *engines[] = {p->cpu.engine, p->gpu.engine};
    for (int i = 0; i < 2; i++) {
        engines[i]->seed = 11;
        engines[i]->mask_step = step;
        MUST(weft_engine_forward(engines[i], mode, NULL, &error));
    }
    compare(p->gpu.engine->logits, p->cpu.engine->logits, logit_count(p->cpu.engine), p->band, 1e-6,
            p->name);
}

static void pair_backward(pair *p, uint64_t seed) {
    weft_error error;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 1);
    for (size_t k = 0; k < logit_count(p->cpu.engine); k++) {
        float value = weft_from_bf16(weft_to_bf16((float)weft_rng_normal(&rng)));
        p->cpu.engine->logits_gradient[k] = p->gpu.engine->logits_gradient[k] = value;
    }
    MUST(weft_engine_backward(p->cpu.engine, NULL, &error));
    MUST(weft_engine_backward(p->gpu.engine, NULL, &error));
}

/* Of the gradients of the CPU: the root of the mean square. */
static double typical_gradient(const pair *p) {
    const weft_engine *engine = p->cpu.engine;
    double sum = 0.0;
    for (size_t i = 0; i < engine->n_parameters; i++) {
        sum += (double)engine->gradients[i] * (double)engine->gradients[i];
    }
    return sqrt(sum / (double)engine->n_parameters);
}

/* Slot `name` of a stage, or its gradient. One that is nothing but what is left of terms that cancel
 * out, as of a shift before another norm, is held against the gradients of the others. */
static void compare_slot(const pair *p, const weft_stage *stage, int name, bool gradient) {
    weft_error error;
    size_t n = stage->slot[name].count;
    float *expected = must_calloc(n, sizeof *expected), *found = must_calloc(n, sizeof *found);
    MUST(weft_engine_get(p->cpu.engine, stage->layer_index, (weft_slot_name)name, gradient,
                         expected, &error));
    MUST(weft_engine_get(p->gpu.engine, stage->layer_index, (weft_slot_name)name, gradient, found,
                         &error));
    char what[256];
    snprintf(what, sizeof what, "%s, layer %d (%s), slot %d%s", p->name, stage->layer_index,
             weft_op_token(stage->layer->op), name, gradient ? ", gradient" : "");
    compare(found, expected, n, p->band, gradient ? p->band * typical_gradient(p) : 1e-6, what);
    free(expected);
    free(found);
}

static void compare_slots(const pair *p, bool gradients) {
    const weft_engine *engine = p->cpu.engine;
    for (int s = 0; s < engine->n_stages; s++) {
        for (int name = 0; name < WEFT_SLOTS; name++) {
            const weft_slot *slot = &engine->stages[s].slot[name];
            if (slot->count > 0 && (slot->is_trained || !gradients)) {
                compare_slot(p, &engine->stages[s], name, gradients);
            }
        }
    }
}

/* Two passes in training, whose gradients and statistics are compared, and one that measures. */
static void compare_engines(weft_network *network, weft_engine_settings settings) {
    pair p = pair_open(network, settings);
    for (uint64_t step = 0; step < 2; step++) {
        pair_images(&p, 20 + step);
        pair_forward(&p, WEFT_MODE_TRAIN, (int64_t)step);
        pair_backward(&p, 30 + step);
        compare_slots(&p, true);
    }
    compare_slots(&p, false);
    pair_forward(&p, WEFT_MODE_EVALUATE, 0);
    pair_close(&p);
}

/* In both types; the network is destroyed. */
static void compare_types(weft_network *network) {
    compare_engines(network, (weft_engine_settings){.batch = BATCH, .type = WEFT_F32});
    if (weft_engine_lanes(2 * BATCH) > 1) {
        compare_engines(network, (weft_engine_settings){.batch = 2 * BATCH, .type = WEFT_F32});
    }
    compare_engines(network, (weft_engine_settings){.batch = BATCH, .type = WEFT_BF16});
    weft_network_destroy(network);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static weft_layer grouped(int out, int kernel, int groups, int dilation) {
    weft_layer layer = conv_layer(out, kernel, 1, dilation * (kernel / 2), true);
    layer.groups = groups;
    layer.dilation = (weft_extent){dilation, dilation};
    return layer;
}

static void test_convolutions(void **state) {
    (void)state;
    weft_network *network = network_of("convolutions", 3, 12, 10);
    next(network, conv_layer(8, 3, 1, 1, true));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, grouped(12, 3, 4, 1));
    next(network, grouped(12, 3, 1, 2));
    next(network, conv_layer(16, 3, 2, 1, false));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, conv_layer(6, 1, 1, 0, true));
    next(network, conv_layer(8, 1, 2, 0, true));
    next(network, conv_layer(7, 2, 1, 0, false));
    grow_head(network, CLASSES);
    compare_types(network);
}

static void test_depthwise(void **state) {
    (void)state;
    static const int cases[][3] = {
        {3, 1, 40}, {5, 2, 33}, {7, 1, 8}}; /* kernel, stride, channels */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_network *network = network_of("depthwise", 3, 9, 11);
        next(network, conv_layer(cases[i][2], 1, 1, 0, true));
        weft_layer layer = depthwise_layer(cases[i][2], cases[i][0], cases[i][1]);
        layer.bias = i == 1;
        next(network, layer);
        next(network, plain_layer(WEFT_OP_BATCH_NORM));
        next(network, plain_layer(WEFT_OP_RELU6));
        next(network, average_layer(2));
        grow_head(network, CLASSES);
        compare_types(network);
    }
}

/* Sums that became part of a batch norm, with and without a ReLU, and ones that did not. */
static void test_residuals(void **state) {
    (void)state;
    weft_network *network = network_of("residuals", 3, 8, 8);
    int x = next(network, conv_layer(8, 3, 1, 1, true));
    next(network, conv_layer(8, 3, 1, 1, false));
    int a = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    grow(network, plain_layer(WEFT_OP_ADD), a, x);
    int y = next(network, plain_layer(WEFT_OP_RELU));
    next(network, conv_layer(8, 3, 1, 1, false));
    int b = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    int z = grow(network, plain_layer(WEFT_OP_ADD), b, y);
    int c = grow(network, conv_layer(8, 1, 1, 0, true), z, -1);
    int d = grow(network, conv_layer(8, 1, 1, 0, true), z, -1);
    grow(network, plain_layer(WEFT_OP_ADD), c, d);
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, average_layer(1));
    grow_head(network, CLASSES);
    compare_types(network);
}

static void test_activations(void **state) {
    (void)state;
    static const weft_op ops[] = {WEFT_OP_RELU,         WEFT_OP_RELU6,   WEFT_OP_HARD_SWISH,
                                  WEFT_OP_HARD_SIGMOID, WEFT_OP_SIGMOID, WEFT_OP_GELU};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        weft_network *network = network_of(weft_op_token(ops[i]), 3, 6, 6);
        next(network, conv_layer(10, 3, 1, 1, true));
        next(network, plain_layer(ops[i]));
        grow_head(network, CLASSES);
        compare_types(network);
    }
}

static void test_pools(void **state) {
    (void)state;
    weft_layer layers[] = {
        pool_layer(2, 2),
        pool_layer(3, 2),
        window_layer(WEFT_OP_MAX_POOL, 3, 1, 1),
        window_layer(WEFT_OP_AVERAGE_WINDOW, 3, 2, 1),
        window_layer(WEFT_OP_AVERAGE_WINDOW, 2, 2, 0),
        window_layer(WEFT_OP_AVERAGE_INSIDE, 3, 1, 1),
        window_layer(WEFT_OP_AVERAGE_INSIDE, 3, 2, 1),
        average_layer(1),
        average_layer(4),
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        weft_network *network = network_of(weft_op_token(layers[i].op), 3, 11, 9);
        next(network, conv_layer(9, 3, 1, 1, true));
        next(network, layers[i]);
        grow_head(network, CLASSES);
        compare_types(network);
    }
}

static void test_channels(void **state) {
    (void)state;
    weft_network *network = network_of("channels", 3, 7, 7);
    int x = next(network, conv_layer(12, 3, 1, 1, true));
    int slice =
        grow(network, (weft_layer){.op = WEFT_OP_SLICE, .out_channels = 5, .offset = 3}, x, -1);
    int padded =
        grow(network, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = 9}, slice, -1);
    int32_t inputs[] = {x, padded, slice};
    grow_from(network, (weft_layer){.op = WEFT_OP_CONCAT}, inputs, 3);
    int y = next(network, conv_layer(6, 1, 1, 0, true));
    int z = grow(network, conv_layer(6, 3, 1, 1, true), x, -1);
    grow(network, plain_layer(WEFT_OP_MULTIPLY), y, z);
    grow_head(network, CLASSES);
    compare_types(network);
}

static void test_squeeze_and_excite(void **state) {
    (void)state;
    weft_network *network = network_of("mbconv", 3, 8, 8);
    next(network, conv_layer(8, 3, 1, 1, false));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_HARD_SWISH));
    grow_mbconv(network, 24, 8, 3, 1, WEFT_OP_HARD_SWISH);
    grow_mbconv(network, 24, 12, 5, 2, WEFT_OP_RELU6);
    next(network, average_layer(1));
    grow_head(network, CLASSES);
    compare_types(network);
}

static void test_transformer(void **state) {
    (void)state;
    weft_network *network = network_of("transformer", 3, 12, 12);
    next(network, conv_layer(24, 4, 4, 0, true));
    next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 2});
    next(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 13});
    grow_encoder(network, 24, 3, 40);
    grow_encoder(network, 24, 1, 40);
    next(network, plain_layer(WEFT_OP_LAYER_NORM));
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 1});
    grow_head(network, CLASSES);
    compare_types(network);
}

/* The masks are the same, so are the logits: with one lane on the CPU, and with two. */
static void test_dropout(void **state) {
    (void)state;
    weft_network *network = network_of("dropout", 3, 5, 5);
    next(network, conv_layer(7, 3, 1, 1, true));
    next(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.3});
    next(network, conv_layer(6, 3, 1, 1, true));
    next(network, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.4});
    next(network, plain_layer(WEFT_OP_FLATTEN));
    next(network, linear_layer(20));
    next(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.5});
    next(network, linear_layer(CLASSES));
    compare_types(network);
}

/* ---- quantizers ------------------------------------------------------------------------------ */

static weft_network *quantized_network(void) {
    weft_network *network = network_of("quantized", 3, 8, 8);
    next(network, conv_layer(8, 3, 1, 1, true));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, depthwise_layer(8, 3, 1));
    next(network, conv_layer(12, 1, 1, 0, true));
    next(network, plain_layer(WEFT_OP_TOKENS));
    grow_encoder(network, 12, 2, 16);
    grow_head(network, CLASSES);
    return network;
}

static void test_quantizers(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        weft_quant_settings quant;
        weft_quant_defaults(&quant);
        quant.weight_bits = quant.input_bits = 6;
        quant.per_channel = i % 2 == 0;
        quant.steps = i < 2 ? WEFT_QUANT_STEPS_LEARNED : WEFT_QUANT_STEPS_MIN_MAX;
        weft_network *network = quantized_network();
        compare_engines(network, (weft_engine_settings){.batch = BATCH, .quant = &quant});
        weft_network_destroy(network);
    }
}

/* ---- steps of training ----------------------------------------------------------------------- */

static void draw_labels(uint16_t *labels, size_t n, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 2);
    for (size_t i = 0; i < n; i++) {
        labels[i] = (uint16_t)weft_rng_below(&rng, CLASSES);
    }
}

static void fill_images(weft_engine *engine, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 3);
    for (size_t k = 0; k < image_values(engine); k++) {
        set_image(engine, k, weft_from_bf16(weft_to_bf16((float)weft_rng_normal(&rng))));
    }
}

static weft_network *step_network(void) {
    weft_network *network = network_of("ten steps", 3, 8, 8);
    next(network, conv_layer(8, 3, 1, 1, false));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, pool_layer(2, 2));
    next(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.2});
    grow_head(network, CLASSES);
    return network;
}

/* Makes ten steps; leaves the loss of each. */
static void make_steps(weft_trainer *trainer, double *losses) {
    enum { STEPS = 10 };
    weft_error error;
    uint16_t labels[BATCH];
    for (uint64_t step = 0; step < STEPS; step++) {
        draw_labels(labels, BATCH, step);
        fill_images(trainer->engine, step);
        weft_feed_batch batch = {.labels = labels, .share = 1.0};
        MUST(weft_trainer_step(trainer, &batch, (int64_t)step, STEPS, NULL, &losses[step], &error));
    }
}

static void compare_steps(weft_descent_kind descent, weft_train_precision precision) {
    weft_error error;
    weft_network *network = step_network();
    weft_train_settings settings;
    weft_train_defaults(&settings);
    settings.descent = descent;
    settings.precision = precision;
    settings.learning_rate = descent == WEFT_DESCENT_ADAMW ? 0.01 : 0.05;
    settings.gradient_limit = 0.5;
    settings.average = 0.9;
    weft_crew *crew[2];
    weft_trainer trainer[2];
    double losses[2][10];
    for (int i = 0; i < 2; i++) {
        settings.device = i == 0 ? WEFT_TRAIN_ON_CPU : WEFT_TRAIN_ON_CUDA;
        weft_train_settings used = settings;
        used.precision = i == 0 && !weft_dnn_has_bf16() ? WEFT_PRECISION_F32 : precision;
        MUST(weft_crew_create(1, &crew[i], &error));
        MUST(weft_trainer_create(network, crew[i], &used, BATCH, NULL, &trainer[i], &error));
        trainer[i].settings = &settings;
        make_steps(&trainer[i], losses[i]);
        MUST(weft_engine_fetch(trainer[i].engine, &error));
    }
    double band = precision == WEFT_PRECISION_BF16 ? BAND_BF16 : 5.0 * BAND_F32;
    size_t n = trainer[0].engine->n_parameters;
    for (int step = 0; step < 10; step++) {
        assert_float_equal(losses[1][step], losses[0][step], band * (1.0 + losses[0][step]));
    }
    compare(trainer[1].engine->parameters, trainer[0].engine->parameters, n, band, 1e-6,
            "parameters after ten steps");
    compare(trainer[1].average, trainer[0].average, n, band, 1e-6, "their average");
    compare(trainer[1].state, trainer[0].state, trainer[0].n_state, 2.0 * band, 1e-5,
            "the optimizer's state");
    compare(trainer[1].engine->statistics, trainer[0].engine->statistics,
            trainer[0].engine->n_statistics, band, 1e-6, "running statistics");
    for (int i = 0; i < 2; i++) {
        weft_trainer_free(&trainer[i]);
        weft_crew_destroy(crew[i]);
    }
    weft_network_destroy(network);
}

static void test_ten_steps(void **state) {
    (void)state;
    for (int descent = 0; descent < WEFT_DESCENT_COUNT; descent++) {
        compare_steps((weft_descent_kind)descent, WEFT_PRECISION_F32);
        compare_steps((weft_descent_kind)descent, WEFT_PRECISION_BF16);
    }
}

/* ---- between host and device ----------------------------------------------------------------- */

/* What is written is used, what was moved there is read back, and tensors can be looked at. */
static void test_numbers_in_and_out(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = step_network();
    pair p = pair_open(network, (weft_engine_settings){.batch = BATCH});
    size_t n = slot_of(p.cpu.engine, 1, WEFT_SLOT_WEIGHT)->count;
    float *weights = must_calloc(n, sizeof *weights), *read = must_calloc(n, sizeof *read);
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 4);
    for (size_t i = 0; i < n; i++) {
        weights[i] = (float)weft_rng_normal(&rng);
    }
    pair_images(&p, 1);
    pair_forward(&p, WEFT_MODE_TRAIN, 0);
    weft_engine *engines[] = {p.cpu.engine, p.gpu.engine};
    for (int i = 0; i < 2; i++) {
        MUST(weft_engine_set(engines[i], 1, WEFT_SLOT_WEIGHT, weights, &error));
        MUST(weft_engine_get(engines[i], 1, WEFT_SLOT_WEIGHT, false, read, &error));
        assert_memory_equal(weights, read, n * sizeof *read);
    }
    pair_forward(&p, WEFT_MODE_TRAIN, 1);
    compare_slots(&p, false);
    const void *found, *expected;
    const weft_stage *stage = weft_engine_stage(p.gpu.engine, 1);
    const weft_stage *same = weft_engine_stage(p.cpu.engine, 1);
    MUST(weft_engine_begin(p.gpu.engine, WEFT_MODE_EVALUATE, &error));
    MUST(weft_engine_forward_stage(p.gpu.engine, 0, &error));
    MUST(weft_engine_begin(p.cpu.engine, WEFT_MODE_EVALUATE, &error));
    MUST(weft_engine_forward_stage(p.cpu.engine, 0, &error));
    MUST(weft_engine_show(p.gpu.engine, &p.gpu.engine->lanes[0], stage->output, &found, &error));
    MUST(weft_engine_show(p.cpu.engine, &p.cpu.engine->lanes[0], same->output, &expected, &error));
    compare(found, expected, same->output->count, p.band, 1e-6, "a tensor that is shown");
    free(weights);
    free(read);
    pair_close(&p);
    weft_network_destroy(network);
}

/* The same bits every time: no sum depends on which block comes first. */
static void test_same_bits_twice(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = network_named("imc:V16,R16@input=3x16x16");
    float *gradients[2];
    size_t n = 0;
    for (int i = 0; i < 2; i++) {
        rig made = rig_open(
            network, (weft_engine_settings){.batch = BATCH, .device = WEFT_TRAIN_ON_CUDA}, 1);
        fill_images(made.engine, 9);
        MUST(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, NULL, &error));
        for (size_t k = 0; k < logit_count(made.engine); k++) {
            made.engine->logits_gradient[k] = (float)(k % 7) - 3.0F;
        }
        MUST(weft_engine_backward(made.engine, NULL, &error));
        MUST(weft_engine_fetch(made.engine, &error));
        n = made.engine->n_parameters;
        gradients[i] = must_calloc(n, sizeof **gradients);
        memcpy(gradients[i], made.engine->gradients, n * sizeof **gradients);
        rig_close(&made);
    }
    assert_memory_equal(gradients[0], gradients[1], n * sizeof **gradients);
    free(gradients[0]);
    free(gradients[1]);
    weft_network_destroy(network);
}

/* Images that a GPU of any size has no room for are refused before they are asked for. */
static void test_refuses_what_has_no_room(void **state) {
    (void)state;
    weft_error error = {0};
    weft_network *network = network_of("large", 512, 1024, 1024);
    next(network, conv_layer(512, 3, 1, 1, true));
    next(network, average_layer(1));
    grow_head(network, CLASSES);
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    MUST(weft_crew_create(1, &crew, &error));
    const weft_engine_settings settings = {.batch = 4096, .device = WEFT_TRAIN_ON_CUDA};
    assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error),
                     WEFT_ERROR_MEMORY);
    assert_null(engine);
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

int main(void) {
    weft_gpu_info gpu;
    weft_error error;
    if (weft_gpu_look(&gpu, &error) != WEFT_OK) {
        printf("skipped: %s\n", error.message);
        return 77;
    }
    printf("%s, compute capability %d.%d\n", gpu.name, gpu.major, gpu.minor);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_residuals),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_squeeze_and_excite),
        cmocka_unit_test(test_transformer),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_quantizers),
        cmocka_unit_test(test_ten_steps),
        cmocka_unit_test(test_numbers_in_and_out),
        cmocka_unit_test(test_same_bits_twice),
        cmocka_unit_test(test_refuses_what_has_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
