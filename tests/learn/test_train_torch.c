/* SPDX-License-Identifier: Apache-2.0
 *
 * Three training steps of imc:V8,R8 against the same steps in PyTorch, kept in
 * fixtures/torch_step.txt with the script that made them. */
#include "learn/engine_support.h"
#include "learn/optimizer.h"

enum { BATCH = 8, CLASSES = 10, STEPS = 3, SIDE = 12, MAX_SLOT = 8192 };

static const double RATE = 0.05, MOMENTUM = 0.9, DECAY = 3e-4, SMOOTHING = 0.1;

/* ---- the generator of make_torch_step.py ----------------------------------------------------- */

typedef struct generator {
    uint64_t state;
} generator;

static double draw(generator *g) {
    g->state = g->state * 6364136223846793005U + 1442695040888963407U;
    return (double)(g->state >> 40) / 8388608.0 - 1.0;
}

static void fill_slot(weft_engine *engine, generator *g, int layer, weft_slot_name slot, size_t n,
                      double amplitude, double middle) {
    weft_error error;
    static float plain[MAX_SLOT];
    assert_true(n <= MAX_SLOT);
    for (size_t k = 0; k < n; k++) {
        plain[k] = (float)(middle + amplitude * draw(g));
    }
    MUST(weft_engine_set(engine, layer, slot, plain, &error));
}

static void fill_parameters(weft_engine *engine, const weft_network *network, generator *g) {
    for (int i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        size_t ins = (size_t)layer->in.channels, outs = (size_t)layer->out_channels;
        if (layer->op == WEFT_OP_BATCH_NORM) {
            fill_slot(engine, g, i, WEFT_SLOT_WEIGHT, ins, 0.2, 1.0);
            fill_slot(engine, g, i, WEFT_SLOT_BIAS, ins, 0.2, 0.0);
        } else if (layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR) {
            size_t kernel = layer->op == WEFT_OP_CONV ? (size_t)layer->kernel.height : 1;
            size_t fan = ins * kernel * kernel;
            fill_slot(engine, g, i, WEFT_SLOT_WEIGHT, outs * fan, 2.0 / sqrt((double)fan), 0.0);
            if (layer->bias) {
                fill_slot(engine, g, i, WEFT_SLOT_BIAS, outs, 0.2, 0.0);
            }
        }
    }
}

static void fill_batch(weft_engine *engine, generator *g, int step, uint16_t *labels) {
    for (size_t n = 0; n < BATCH; n++) {
        for (size_t c = 0; c < 3; c++) {
            for (size_t k = 0; k < SIDE * SIDE; k++) {
                set_image(engine, (n * SIDE * SIDE + k) * 3 + c, (float)draw(g));
            }
        }
        labels[n] = (uint16_t)((3 * n + (size_t)step) % CLASSES);
    }
}

/* ---- the fixture ----------------------------------------------------------------------------- */

typedef struct figure {
    char name[32];
    int layer, slot, index;
    double value;
} figure;

static figure *read_fixture(size_t *n) {
    FILE *file = fopen("tests/learn/fixtures/torch_step.txt", "re");
    if (file == NULL) {
        fail_msg("tests/learn/fixtures/torch_step.txt cannot be opened: run from the source tree");
    }
    static figure figures[2048];
    char line[256];
    *n = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        figure *f = &figures[*n];
        if (line[0] != '#') {
            assert_true(*n < 2047);
            assert_int_equal(sscanf(line, "%31s %d %d %d %lf", f->name, &f->layer, &f->slot,
                                    &f->index, &f->value),
                             5);
            ++*n;
        }
    }
    fclose(file);
    return figures;
}

static void compare(const figure *f, double found, double scale) {
    double tolerance = 1e-4 * fmax(fabs(f->value), scale);
    if (!(fabs(found - f->value) <= tolerance)) {
        fail_msg("%s layer %d slot %d index %d: %.9g, PyTorch has %.9g", f->name, f->layer, f->slot,
                 f->index, found, f->value);
    }
}

static double norm(const float *values, size_t n) {
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
        sum += (double)values[k] * (double)values[k];
    }
    return sqrt(sum);
}

/* All figures called `name` or `name`_norm, of slots. A bias before a batch norm has gradient 0:
 * values are compared to 1e-4 of the larger of themselves and `floor`. */
static int compare_slots(weft_engine *engine, const figure *figures, size_t n, const char *name,
                         bool gradient, double floor) {
    weft_error error;
    static float plain[MAX_SLOT];
    size_t length = strlen(name);
    int compared = 0;
    for (size_t i = 0; i < n; i++) {
        const figure *f = &figures[i];
        if (strncmp(f->name, name, length) != 0) {
            continue;
        }
        weft_stage *stage = weft_engine_stage(engine, f->layer);
        assert_non_null(stage);
        size_t size = stage->slot[f->slot].count;
        assert_true(size > 0 && size <= MAX_SLOT && (size_t)f->index < size);
        MUST(weft_engine_get(engine, f->layer, (weft_slot_name)f->slot, gradient, plain, &error));
        bool whole = strcmp(f->name + length, "_norm") == 0;
        compare(f, whole ? norm(plain, size) : (double)plain[f->index], floor);
        compared++;
    }
    return compared;
}

static int compare_outputs(const weft_engine *engine, const figure *figures, size_t n,
                           const char *name) {
    int compared = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(figures[i].name, name) == 0) {
            compare(&figures[i], (double)engine->logits[figures[i].index], 1.0);
            compared++;
        }
    }
    return compared;
}

static double find_loss(const figure *figures, size_t n, int step) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(figures[i].name, "loss") == 0 && figures[i].index == step) {
            return figures[i].value;
        }
    }
    fail_msg("no loss of step %d", step);
    return 0.0;
}

/* ---- the test -------------------------------------------------------------------------------- */

static weft_network *build_network(void) {
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){3, SIDE, SIDE};
    spec.head_pool = 2;
    spec.hidden[0] = 24;
    spec.hidden[1] = 12;
    spec.dropout = 0.0;
    MUST(weft_imc_parse("V8,R8", &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    return network;
}

static void test_steps(void **state) {
    (void)state;
    weft_error error;
    size_t n = 0;
    const figure *figures = read_fixture(&n);
    weft_network *network = build_network();
    rig made = rig_open(network, (weft_engine_settings){.batch = BATCH}, 1);
    weft_engine *engine = made.engine;
    float *velocity = must_calloc(engine->n_parameters, sizeof *velocity);
    generator g = {.state = 1};
    fill_parameters(engine, network, &g);
    uint16_t labels[BATCH];
    const weft_segment all = {.count = engine->n_parameters, .rate = 1.0, .decays = true};
    const weft_descent descent = {
        .kind = WEFT_DESCENT_SGD,
        .momentum = MOMENTUM,
        .decay = DECAY,
        .segments = &all,
        .n_segments = 1,
    };
    for (int step = 1; step <= STEPS; step++) {
        fill_batch(engine, &g, step, labels);
        MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
        if (step == 1) {
            assert_int_equal(compare_outputs(engine, figures, n, "logit"), BATCH * CLASSES);
        }
        weft_loss loss = weft_cross_entropy(engine->logits, labels, BATCH, CLASSES, SMOOTHING,
                                            engine->logits_gradient);
        double expected = find_loss(figures, n, step);
        assert_float_equal(loss.sum / BATCH, expected, 1e-4 * expected);
        MUST(weft_engine_backward(engine, NULL, &error));
        if (step == 1) {
            assert_true(compare_slots(engine, figures, n, "gradient", true, 0.02) > 100);
        }
        weft_descent_step(&descent, engine->parameters, engine->gradients, velocity,
                          engine->n_parameters, RATE, step);
        weft_engine_touch(engine);
    }
    assert_true(compare_slots(engine, figures, n, "updated", false, 0.1) > 100);
    MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
    assert_int_equal(compare_outputs(engine, figures, n, "measured"), BATCH * CLASSES);
    free(velocity);
    rig_close(&made);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
