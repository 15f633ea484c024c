/* SPDX-License-Identifier: Apache-2.0
 *
 * Ten training steps of networks of all kinds against the same steps in PyTorch, by two rules, kept in
 * fixtures/engine_steps.txt with the script that made them. */
#include "learn/engine_support.h"
#include "learn/optimizer.h"

enum { BATCH = 8, CLASSES = 5, STEPS = 10, SIDE = 8, CHANNELS = 3, MAX_FIGURES = 4096 };

static const double SMOOTHING = 0.1;

/* ---- the networks, as make_engine_fixtures.py has them ----------------------------------------- */

static int norm_act(weft_network *network, weft_op act) {
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    return next(network, plain_layer(act));
}

static weft_network *inverted(void) {
    weft_network *network = network_of("inverted", CHANNELS, SIDE, SIDE);
    next(network, conv_layer(8, 3, 1, 1, false));
    norm_act(network, WEFT_OP_RELU6);
    grow_mbconv(network, 24, 8, 3, 1, WEFT_OP_HARD_SWISH);
    weft_layer grouped = conv_layer(16, 3, 2, 1, false);
    grouped.groups = 4;
    next(network, grouped);
    norm_act(network, WEFT_OP_RELU6);
    grow_mbconv(network, 32, 16, 5, 1, WEFT_OP_RELU6);
    next(network, average_layer(1));
    next(network, linear_layer(CLASSES));
    return network;
}

static weft_network *transformer(void) {
    weft_network *network = network_of("transformer", CHANNELS, SIDE, SIDE);
    next(network, conv_layer(16, 2, 2, 0, true));
    next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 1});
    next(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 17});
    grow_encoder(network, 16, 2, 32);
    grow_encoder(network, 16, 4, 24);
    next(network, plain_layer(WEFT_OP_LAYER_NORM));
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    next(network, linear_layer(CLASSES));
    return network;
}

static void grow_block(weft_network *network, int outs, int stride) {
    int x = network->n_layers - 1, skip = x;
    next(network, conv_layer(outs, 3, stride, 1, false));
    norm_act(network, WEFT_OP_RELU);
    next(network, conv_layer(outs, 3, 1, 1, false));
    int y = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    if (stride > 1) {
        grow(network, conv_layer(outs, 1, stride, 0, false), x, -1);
        skip = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    }
    grow(network, plain_layer(WEFT_OP_ADD), y, skip);
    next(network, plain_layer(WEFT_OP_RELU));
}

static weft_network *residual(void) {
    weft_network *network = network_of("residual", CHANNELS, SIDE, SIDE);
    next(network, conv_layer(8, 3, 1, 1, false));
    norm_act(network, WEFT_OP_RELU);
    grow_block(network, 8, 1);
    grow_block(network, 16, 2);
    grow_block(network, 24, 2);
    next(network, average_layer(1));
    next(network, linear_layer(CLASSES));
    return network;
}

static weft_network *pooled(void) {
    weft_network *network = network_of("pooled", CHANNELS, SIDE, SIDE);
    next(network, conv_layer(12, 3, 1, 1, false));
    norm_act(network, WEFT_OP_RELU);
    next(network, window_layer(WEFT_OP_MAX_POOL, 3, 2, 1));
    next(network, conv_layer(20, 3, 1, 1, false));
    norm_act(network, WEFT_OP_RELU);
    next(network, window_layer(WEFT_OP_AVERAGE_WINDOW, 3, 2, 1));
    grow_head(network, CLASSES);
    return network;
}

/* ---- the generator of make_engine_fixtures.py -------------------------------------------------- */

/* Knuth's 64-bit linear congruence; uniform in [-1, 1) with 24 bits. */
static double draw(uint64_t *state) {
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (double)(*state >> 40) / 8388608.0 - 1.0;
}

static double amplitude_of(const weft_layer *layer, weft_slot_name name, size_t count) {
    bool product = layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR;
    if (product && name == WEFT_SLOT_WEIGHT) {
        return 2.0 / sqrt((double)(count / (size_t)layer->out.channels));
    }
    return layer->op == WEFT_OP_TOKENS || layer->op == WEFT_OP_ADD_EMBEDDING ? 0.5 : 0.2;
}

static void fill_parameters(weft_engine *engine, uint64_t *state) {
    for (int i = 0; i < engine->network->n_layers; i++) {
        const weft_layer *layer = &engine->network->layers[i];
        const weft_stage *stage = weft_engine_stage(engine, i);
        bool norm = layer->op == WEFT_OP_BATCH_NORM || layer->op == WEFT_OP_LAYER_NORM;
        for (int name = WEFT_SLOT_WEIGHT; stage != NULL && name <= WEFT_SLOT_BIAS; name++) {
            const weft_slot *slot = &stage->slot[name];
            double amplitude = amplitude_of(layer, (weft_slot_name)name, slot->count);
            double middle = norm && name == WEFT_SLOT_WEIGHT ? 1.0 : 0.0;
            for (size_t k = 0; k < slot->count; k++) {
                slot->value[k] = (float)(middle + amplitude * draw(state));
            }
        }
    }
    weft_engine_touch(engine);
}

static void fill_batch(weft_engine *engine, uint64_t *state, int step, uint16_t *labels) {
    for (size_t n = 0; n < BATCH; n++) {
        for (size_t c = 0; c < CHANNELS; c++) {
            for (size_t k = 0; k < SIDE * SIDE; k++) {
                set_image(engine, (n * SIDE * SIDE + k) * CHANNELS + c, (float)draw(state));
            }
        }
        labels[n] = (uint16_t)((3 * n + (size_t)step) % CLASSES);
    }
}

/* ---- the fixture ----------------------------------------------------------------------------- */

typedef struct figure {
    char network[16], quantity[32];
    int layer, slot, index;
    double value;
} figure;

static figure figures[MAX_FIGURES];
static size_t n_figures;

static int read_fixture(void **state) {
    (void)state;
    FILE *file = fopen("tests/learn/fixtures/engine_steps.txt", "re");
    if (file == NULL) {
        fail_msg(
            "tests/learn/fixtures/engine_steps.txt cannot be opened: run from the source tree");
    }
    char line[256];
    n_figures = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != '#') {
            assert_true(n_figures < MAX_FIGURES);
            figure *f = &figures[n_figures++];
            assert_int_equal(sscanf(line, "%15s %31s %d %d %d %lf", f->network, f->quantity,
                                    &f->layer, &f->slot, &f->index, &f->value),
                             6);
        }
    }
    fclose(file);
    return 0;
}

static bool is_of(const figure *f, const weft_engine *engine, const char *quantity) {
    return strcmp(f->network, engine->network->name) == 0 && strcmp(f->quantity, quantity) == 0;
}

/* Values are compared to `tolerance` of the larger of themselves and `floor`. */
static void compare(const figure *f, double found, double tolerance, double floor) {
    if (!(fabs(found - f->value) <= tolerance * fmax(fabs(f->value), floor))) {
        fail_msg("%s %s layer %d slot %d index %d: %.9g, PyTorch has %.9g", f->network, f->quantity,
                 f->layer, f->slot, f->index, found, f->value);
    }
}

static double norm_of(const float *values, size_t n) {
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
        sum += (double)values[k] * (double)values[k];
    }
    return sqrt(sum);
}

static void compare_logits_of(const weft_engine *engine, const char *quantity, double tolerance) {
    int compared = 0;
    for (size_t i = 0; i < n_figures; i++) {
        if (is_of(&figures[i], engine, quantity)) {
            compare(&figures[i], (double)engine->logits[figures[i].index], tolerance, 1.0);
            compared++;
        }
    }
    assert_int_equal(compared, BATCH * CLASSES);
}

static void compare_loss(const weft_engine *engine, const char *rule, int step, double loss) {
    char quantity[32];
    int compared = 0;
    snprintf(quantity, sizeof quantity, "loss_%s", rule);
    for (size_t i = 0; i < n_figures; i++) {
        if (is_of(&figures[i], engine, quantity) && figures[i].index == step) {
            compare(&figures[i], loss, 1e-5, 1.0);
            compared++;
        }
    }
    assert_int_equal(compared, 1);
}

/* All figures of slots: some values, and norms, which see the others. */
static void compare_slots(const weft_engine *engine, const char *quantity, double tolerance,
                          double floor) {
    char norms[32];
    int compared = 0;
    bool gradient = strcmp(quantity, "gradient") == 0;
    snprintf(norms, sizeof norms, "%s_norm", quantity);
    for (size_t i = 0; i < n_figures; i++) {
        const figure *f = &figures[i];
        bool norm = is_of(f, engine, norms);
        if (!norm && !is_of(f, engine, quantity)) {
            continue;
        }
        const weft_slot *slot = slot_of(engine, f->layer, (weft_slot_name)f->slot);
        const float *values = gradient ? slot->gradient : slot->value;
        assert_true((size_t)f->index < slot->count);
        compare(f, norm ? norm_of(values, slot->count) : (double)values[f->index], tolerance,
                floor);
        compared++;
    }
    assert_true(compared > 40);
}

/* ---- the test -------------------------------------------------------------------------------- */

typedef struct rule {
    const char *name;
    weft_descent descent;
    double rate;
} rule;

static const rule rules[] = {
    {"sgd", {.kind = WEFT_DESCENT_NESTEROV, .momentum = 0.9, .decay = 1e-3}, 0.02},
    {"adamw",
     {.kind = WEFT_DESCENT_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .decay = 0.05},
     0.002},
};

static void train_step(weft_engine *engine, const rule *by, float *moments, uint64_t *state,
                       int step) {
    weft_error error;
    uint16_t labels[BATCH];
    fill_batch(engine, state, step, labels);
    MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
    weft_loss loss = weft_cross_entropy(engine->logits, labels, BATCH, CLASSES, SMOOTHING,
                                        engine->logits_gradient);
    compare_loss(engine, by->name, step, loss.sum / BATCH);
    MUST(weft_engine_backward(engine, NULL, &error));
    if (step == 1) {
        compare_logits_of(engine, "logit", 1e-5);
        compare_slots(engine, "gradient", 1e-4, 0.05);
    }
    const weft_segment all = {.count = engine->n_parameters, .rate = 1.0, .decays = true};
    weft_descent descent = by->descent;
    descent.segments = &all;
    descent.n_segments = 1;
    weft_descent_step(&descent, engine->parameters, engine->gradients, moments,
                      engine->n_parameters, by->rate, step);
    weft_engine_touch(engine);
}

static void train(const weft_network *network, const rule *by, int lanes) {
    weft_error error;
    char measured[32];
    rig made = rig_open(network, (weft_engine_settings){.batch = BATCH, .lanes = lanes}, 2);
    weft_engine *engine = made.engine;
    float *moments =
        must_calloc(weft_descent_state(by->descent.kind, engine->n_parameters), sizeof *moments);
    uint64_t state = 1;
    fill_parameters(engine, &state);
    for (int step = 1; step <= STEPS; step++) {
        train_step(engine, by, moments, &state, step);
    }
    compare_slots(engine, by->name, 2e-5, 0.1);
    MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
    snprintf(measured, sizeof measured, "measured_%s", by->name);
    compare_logits_of(engine, measured, 4e-5);
    free(moments);
    rig_close(&made);
}

static void check(weft_network *network) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        for (int lanes = 1; lanes <= 4; lanes *= 2) {
            train(network, &rules[i], lanes);
        }
    }
    weft_network_destroy(network);
}

static void test_inverted(void **state) {
    (void)state;
    check(inverted());
}

static void test_transformer(void **state) {
    (void)state;
    check(transformer());
}

static void test_residual(void **state) {
    (void)state;
    check(residual());
}

static void test_pooled(void **state) {
    (void)state;
    check(pooled());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inverted),
        cmocka_unit_test(test_transformer),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_pooled),
    };
    return cmocka_run_group_tests(tests, read_fixture, NULL);
}
