/* SPDX-License-Identifier: Apache-2.0
 *
 * Logits and gradients of norms, activations, pools, and of what joins and moves maps, against the
 * double-precision reference. Products, sequences and whole networks have files of their own. */
#include "learn/gradient_support.h"

/* ---- norms ----------------------------------------------------------------------------------- */

static void test_batch_norm(void **state) {
    (void)state;
    static const int channels[] = {1, 3, 8, 12, 16, 17, 96, 255, 300};
    static const weft_op behind[] = {WEFT_OP_BATCH_NORM, WEFT_OP_RELU, WEFT_OP_RELU6};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        for (size_t b = 0; b < sizeof behind / sizeof *behind; b++) {
            char name[64];
            snprintf(name, sizeof name, "batch norm of %d and %s", channels[i],
                     weft_op_token(behind[b]));
            weft_network *network = begin(name, channels[i], 5);
            next(network, plain_layer(WEFT_OP_BATCH_NORM));
            if (behind[b] != WEFT_OP_BATCH_NORM) {
                next(network, plain_layer(behind[b]));
            }
            /* Scales near 4: a share of the values is above 6. */
            double gain = behind[b] == WEFT_OP_RELU6 ? 4.0 : 1.0;
            finish_with(network, (conditions){.seed = 200 + i, .gain = gain, .samples = 4});
        }
    }
}

/* The batch norm's result is read twice: its ReLU must stay a stage of its own. */
static void test_batch_norm_read_twice(void **state) {
    (void)state;
    static const weft_op behind[] = {WEFT_OP_RELU, WEFT_OP_RELU6};
    for (int i = 0; i < 2; i++) {
        weft_network *network = begin("batch norm read twice", 8, 5);
        int norm = next(network, plain_layer(WEFT_OP_BATCH_NORM));
        int relu = grow(network, plain_layer(behind[i]), norm, -1);
        grow(network, plain_layer(WEFT_OP_ADD), relu, norm);
        finish_with(network, (conditions){.seed = 300, .gain = i == 0 ? 1.0 : 4.0});
    }
}

/* The images themselves are normalised: nobody wants their gradient. */
static void test_norm_first(void **state) {
    (void)state;
    static const weft_op norms[] = {WEFT_OP_BATCH_NORM, WEFT_OP_LAYER_NORM};
    for (int i = 0; i < 2; i++) {
        weft_network *network = network_of("norm first", 6, 4, 5);
        next(network, plain_layer(norms[i]));
        finish(network, 310);
    }
}

/* A mean that is large beside the deviation: the variance must keep its digits, in one lane and when
 * those of several are joined. */
static void test_batch_norm_large_mean(void **state) {
    (void)state;
    static const int lanes[] = {1, 2, 4};
    for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++) {
        weft_error error;
        weft_network *network = network_of("large mean", 4, 8, 8);
        next(network, plain_layer(WEFT_OP_BATCH_NORM));
        next(network, average_layer(1));
        next(network, linear_layer(CLASSES));
        rig made = rig_open(network, (weft_engine_settings){.batch = 8, .lanes = lanes[l]}, 1);
        weft_engine *engine = made.engine;
        float *images = engine->images;
        weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
        for (size_t i = 0; i < image_values(engine); i++) {
            images[i] = 1000.0F + 0.5F * (float)weft_rng_normal(&rng);
        }
        MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
        float variance[4];
        MUST(weft_engine_get(engine, 1, WEFT_SLOT_VARIANCE, false, variance, &error));
        for (size_t c = 0; c < 4; c++) {
            double mean = 0.0, sum = 0.0;
            size_t n = image_values(engine) / 4;
            for (size_t i = 0; i < n; i++) {
                mean += (double)images[i * 4 + c] / (double)n;
            }
            for (size_t i = 0; i < n; i++) {
                sum += pow((double)images[i * 4 + c] - mean, 2.0);
            }
            assert_float_equal((double)variance[c], sum / (double)(n - 1), 1e-5);
        }
        rig_close(&made);
        weft_network_destroy(network);
    }
}

/* ---- activations ----------------------------------------------------------------------------- */

static void test_activations(void **state) {
    (void)state;
    static const weft_op ops[] = {WEFT_OP_RELU,         WEFT_OP_RELU6,   WEFT_OP_HARD_SWISH,
                                  WEFT_OP_HARD_SIGMOID, WEFT_OP_SIGMOID, WEFT_OP_GELU};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        /* Once where they are curved, once far out on both sides. */
        for (int far = 0; far < 2; far++) {
            weft_network *network = begin(weft_op_token(ops[i]), 12, 5);
            next(network, plain_layer(ops[i]));
            finish_with(network, (conditions){.seed = 400 + i, .gain = far == 0 ? 1.0 : 3.0});
        }
    }
}

/* ---- pools ----------------------------------------------------------------------------------- */

static void test_windows(void **state) {
    (void)state;
    static const int cases[][5] = {
        /* channels, side, kernel, stride, pad */
        {8, 6, 2, 2, 0},  {12, 7, 2, 2, 0}, {17, 7, 3, 2, 0}, {16, 6, 3, 1, 0},
        {8, 9, 2, 3, 0},  {3, 8, 4, 4, 0},  {16, 8, 3, 2, 1}, {5, 7, 3, 1, 1},
        {33, 7, 3, 2, 1}, {8, 6, 2, 2, 1},  {7, 9, 5, 3, 2},  {64, 5, 3, 2, 1},
    };
    static const weft_op ops[] = {WEFT_OP_MAX_POOL, WEFT_OP_AVERAGE_WINDOW, WEFT_OP_AVERAGE_INSIDE};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
            char name[64];
            const int *c = cases[i];
            snprintf(name, sizeof name, "%s %d @ %d, %d / %d - %d", weft_op_token(ops[o]), c[0],
                     c[1], c[2], c[3], c[4]);
            weft_network *network = begin(name, c[0], c[1]);
            next(network, window_layer(ops[o], c[2], c[3], c[4]));
            finish_with(network, (conditions){.seed = 500 + i, .samples = 4});
        }
    }
}

static void test_rectangular_windows(void **state) {
    (void)state;
    static const weft_op ops[] = {WEFT_OP_MAX_POOL, WEFT_OP_AVERAGE_WINDOW, WEFT_OP_AVERAGE_INSIDE};
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
        weft_network *network = network_of("rectangular window", 2, 9, 6);
        next(network, conv_layer(9, 3, 1, 1, true));
        next(network,
             (weft_layer){.op = ops[o], .kernel = {4, 1}, .stride = {2, 3}, .pad = {2, 0}});
        finish(network, 550);
    }
}

/* Maxima of values that a ReLU has cut to equal zeros. */
static void test_max_pool_of_zeros(void **state) {
    (void)state;
    weft_network *network = begin("max pool of zeros", 8, 7);
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, window_layer(WEFT_OP_MAX_POOL, 2, 1, 1));
    finish(network, 560);
}

static void test_average_pool(void **state) {
    (void)state;
    static const int cases[][3] = {{8, 6, 1}, {12, 7, 3}, {17, 7, 2},
                                   {5, 5, 5}, {4, 9, 4},  {3, 4, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        snprintf(name, sizeof name, "average pool of %d to %d", cases[i][1], cases[i][2]);
        weft_network *network = begin(name, cases[i][0], cases[i][1]);
        next(network, average_layer(cases[i][2]));
        finish(network, 600 + i);
    }
}

/* ---- sums and products ----------------------------------------------------------------------- */

static void test_sum_of_one(void **state) {
    (void)state;
    weft_network *network = begin("x + x", 8, 5);
    int x = network->n_layers - 1;
    grow(network, plain_layer(WEFT_OP_ADD), x, x);
    next(network, plain_layer(WEFT_OP_RELU));
    finish(network, 800);
}

static void test_three_readers(void **state) {
    (void)state;
    weft_network *network = begin("three readers", 8, 5);
    int x = network->n_layers - 1;
    int a = grow(network, conv_layer(8, 3, 1, 1, true), x, -1);
    int b = grow(network, conv_layer(8, 1, 1, 0, false), x, -1);
    int sum = grow(network, plain_layer(WEFT_OP_ADD), a, b);
    grow(network, plain_layer(WEFT_OP_ADD), sum, x);
    next(network, plain_layer(WEFT_OP_RELU));
    finish(network, 801);
}

/* A sum with ReLU inside a sum: its gradient is masked, its sister's must not be, whichever of the
 * two goes backward first. */
static void test_nested_sums(void **state) {
    (void)state;
    for (int sister_first = 0; sister_first < 2; sister_first++) {
        weft_network *network = begin("nested sums", 8, 5);
        int x = network->n_layers - 1, norm = 0;
        if (sister_first != 0) {
            norm = grow(network, plain_layer(WEFT_OP_BATCH_NORM), x, -1);
        }
        int a = grow(network, conv_layer(8, 3, 1, 1, true), x, -1);
        int b = grow(network, conv_layer(8, 1, 1, 0, true), x, -1);
        int inner = grow(network, plain_layer(WEFT_OP_ADD), a, b);
        int relu = grow(network, plain_layer(WEFT_OP_RELU), inner, -1);
        if (sister_first == 0) {
            norm = grow(network, plain_layer(WEFT_OP_BATCH_NORM), x, -1);
        }
        grow(network, plain_layer(WEFT_OP_ADD), relu, norm);
        next(network, plain_layer(WEFT_OP_RELU));
        finish(network, 802);
    }
}

/* Sums of sums, and of the images, which have no gradient; a ReLU6 behind a sum. */
static void test_sums_of_sums(void **state) {
    (void)state;
    weft_network *network = network_of("sums of sums", 6, 5, 5);
    int x = next(network, conv_layer(6, 3, 1, 1, true));
    int with_images = grow(network, plain_layer(WEFT_OP_ADD), x, 0);
    int y = grow(network, conv_layer(6, 1, 1, 0, true), with_images, -1);
    int sum = grow(network, plain_layer(WEFT_OP_ADD), y, with_images);
    int other = grow(network, plain_layer(WEFT_OP_BATCH_NORM), with_images, -1);
    grow(network, plain_layer(WEFT_OP_ADD), sum, other);
    next(network, plain_layer(WEFT_OP_RELU6));
    finish_with(network, (conditions){.seed = 810, .gain = 2.0});
}

/* A norm in a sum with something that does nothing in between, which only the sum reads, or a
 * convolution behind it, too. */
static void test_sum_behind_nothing(void **state) {
    (void)state;
    for (int readers = 1; readers <= 2; readers++) {
        weft_network *network = begin("a norm, nothing, and a sum", 6, 4);
        int x = network->n_layers - 1;
        next(network, conv_layer(6, 3, 1, 1, false));
        next(network, plain_layer(WEFT_OP_BATCH_NORM));
        int same = next(network, (weft_layer){.op = WEFT_OP_DROPOUT});
        int sum = grow(network, plain_layer(WEFT_OP_ADD), same, x);
        if (readers == 2) {
            int other = grow(network, conv_layer(6, 1, 1, 0, true), same, -1);
            grow(network, plain_layer(WEFT_OP_ADD), other, sum);
        }
        next(network, plain_layer(WEFT_OP_RELU));
        finish(network, 815 + (uint64_t)readers);
    }
}

static void test_multiply(void **state) {
    (void)state;
    weft_network *network = begin("product of maps", 9, 5);
    int x = network->n_layers - 1;
    int a = grow(network, conv_layer(9, 1, 1, 0, true), x, -1);
    grow(network, plain_layer(WEFT_OP_MULTIPLY), a, x);
    finish(network, 820);
    network = begin("square", 9, 5);
    x = network->n_layers - 1;
    grow(network, plain_layer(WEFT_OP_MULTIPLY), x, x);
    finish(network, 821);
    network = network_of("product with the images", 4, 5, 5);
    x = next(network, conv_layer(4, 3, 1, 1, true));
    grow(network, plain_layer(WEFT_OP_MULTIPLY), x, 0);
    finish(network, 822);
}

/* Squeeze-excite: the map and its gate come from the same tensor. */
static void test_multiply_by_channel(void **state) {
    (void)state;
    static const int channels[] = {3, 16, 40};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        weft_network *network = begin("squeeze-excite", channels[i], 5);
        int x = network->n_layers - 1;
        grow(network, average_layer(1), x, -1);
        next(network, linear_layer(6));
        next(network, plain_layer(WEFT_OP_RELU));
        next(network, linear_layer(channels[i]));
        int gate = next(network, plain_layer(WEFT_OP_SIGMOID));
        grow(network, plain_layer(WEFT_OP_MULTIPLY), x, gate);
        finish(network, 830 + i);
    }
}

/* ---- channels -------------------------------------------------------------------------------- */

static void test_concat(void **state) {
    (void)state;
    weft_network *network = begin("concatenation", 7, 5);
    int x = network->n_layers - 1;
    int a = grow(network, conv_layer(4, 1, 1, 0, true), x, -1);
    int b = grow(network, conv_layer(17, 3, 1, 1, true), x, -1);
    /* One comes twice, and one is read elsewhere. */
    const int32_t all[] = {a, x, b, a};
    grow_from(network, plain_layer(WEFT_OP_CONCAT), all, 4);
    next(network, conv_layer(6, 1, 1, 0, true));
    finish(network, 840);
    network = network_of("concatenation with the images", 3, 4, 4);
    x = next(network, conv_layer(5, 3, 1, 1, true));
    grow_from(network, plain_layer(WEFT_OP_CONCAT), (const int32_t[]){0, x}, 2);
    finish(network, 841);
    network = begin("concatenation of one", 5, 4);
    next(network, plain_layer(WEFT_OP_CONCAT));
    finish(network, 842);
    network = begin("concatenation of many", 2, 3);
    int32_t many[40];
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        many[i] = i % 5 == 0 ? 0 : network->n_layers - 1;
    }
    grow_from(network, plain_layer(WEFT_OP_CONCAT), many, sizeof many / sizeof *many);
    finish_with(network, (conditions){.seed = 843, .samples = 2});
}

static void test_slice(void **state) {
    (void)state;
    static const int cases[][2] = {{0, 9}, {0, 4}, {3, 4}, {5, 4}}; /* offset, channels */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_network *network = begin("slice", 9, 5);
        int x = network->n_layers - 1;
        int slice = grow(
            network,
            (weft_layer){.op = WEFT_OP_SLICE, .offset = cases[i][0], .out_channels = cases[i][1]},
            x, -1);
        /* The rest of x is read as well: what a slice leaves out keeps its gradient. */
        int whole = grow(network, conv_layer(cases[i][1], 1, 1, 0, true), x, -1);
        grow(network, plain_layer(WEFT_OP_ADD), slice, whole);
        finish(network, 850 + i);
    }
    weft_network *network = begin("slice alone", 9, 5);
    next(network, (weft_layer){.op = WEFT_OP_SLICE, .offset = 2, .out_channels = 3});
    finish(network, 855);
}

static void test_pad_channels(void **state) {
    (void)state;
    static const int widths[] = {5, 6, 32};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        weft_network *network = begin("channels of zeros", 5, 5);
        next(network, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = widths[i]});
        finish(network, 860 + i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_batch_norm_read_twice),
        cmocka_unit_test(test_norm_first),
        cmocka_unit_test(test_batch_norm_large_mean),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_rectangular_windows),
        cmocka_unit_test(test_max_pool_of_zeros),
        cmocka_unit_test(test_average_pool),
        cmocka_unit_test(test_sum_of_one),
        cmocka_unit_test(test_three_readers),
        cmocka_unit_test(test_nested_sums),
        cmocka_unit_test(test_sums_of_sums),
        cmocka_unit_test(test_sum_behind_nothing),
        cmocka_unit_test(test_multiply),
        cmocka_unit_test(test_multiply_by_channel),
        cmocka_unit_test(test_concat),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_pad_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
