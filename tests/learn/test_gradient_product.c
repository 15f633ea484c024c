/* SPDX-License-Identifier: Apache-2.0
 *
 * Logits and gradients of layers with weights: convolutions with every option, linear layers, of
 * vectors and of tokens, against the double-precision reference. */
#include "learn/gradient_support.h"

/* ---- convolutions ---------------------------------------------------------------------------- */

static void test_convolution(void **state) {
    (void)state;
    static const int cases[][4] = {
        /* in, out, kernel, stride */
        {8, 8, 3, 1},  {12, 17, 3, 1}, {17, 12, 1, 1}, {8, 12, 1, 1},
        {96, 8, 3, 1}, {8, 96, 1, 1},  {16, 32, 3, 1}, {12, 8, 3, 2},
        {1, 17, 3, 1}, {16, 16, 5, 1}, {8, 12, 1, 2},  {16, 32, 1, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        const int *c = cases[i];
        snprintf(name, sizeof name, "conv %d -> %d, %d x %d / %d", c[0], c[1], c[2], c[2], c[3]);
        weft_network *network = begin(name, c[0], 6);
        next(network, conv_layer(c[1], c[2], c[3], c[2] / 2, i % 2 == 0));
        finish(network, 100 + i);
    }
}

/* Windows that differ between rows and columns, in each option for itself and in all. */
static void test_rectangular(void **state) {
    (void)state;
    static const struct {
        weft_extent kernel, stride, pad, dilation;
    } cases[] = {
        {{3, 1}, {1, 1}, {1, 0}, {1, 1}}, {{1, 5}, {1, 1}, {0, 2}, {1, 1}},
        {{3, 3}, {2, 1}, {1, 1}, {1, 1}}, {{3, 3}, {1, 2}, {0, 1}, {1, 1}},
        {{3, 3}, {1, 1}, {2, 2}, {2, 2}}, {{3, 3}, {1, 1}, {3, 1}, {3, 1}},
        {{4, 2}, {2, 3}, {3, 0}, {1, 2}}, {{1, 1}, {2, 1}, {0, 0}, {1, 1}},
        {{2, 2}, {1, 1}, {1, 1}, {1, 1}}, {{5, 3}, {2, 2}, {4, 1}, {2, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        snprintf(name, sizeof name, "rectangular convolution %zu", i);
        weft_network *network = network_of(name, 2, 9, 7);
        next(network, conv_layer(7, 3, 1, 1, true));
        next(network, (weft_layer){.op = WEFT_OP_CONV,
                                   .out_channels = 6,
                                   .kernel = cases[i].kernel,
                                   .stride = cases[i].stride,
                                   .pad = cases[i].pad,
                                   .dilation = cases[i].dilation,
                                   .bias = i % 2 == 0});
        finish(network, 150 + i);
    }
}

static void test_grouped(void **state) {
    (void)state;
    static const int cases[][6] = {
        /* in, out, groups, kernel, stride, dilation */
        {8, 8, 2, 3, 1, 1},   {12, 18, 3, 3, 1, 1}, {16, 8, 4, 1, 1, 1},  {32, 32, 2, 3, 2, 1},
        {10, 15, 5, 3, 1, 2}, {6, 12, 6, 3, 1, 1},  {16, 32, 2, 1, 2, 1}, {64, 64, 4, 3, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        const int *c = cases[i];
        snprintf(name, sizeof name, "conv %d -> %d in %d groups, %d x %d / %d", c[0], c[1], c[2],
                 c[3], c[3], c[4]);
        weft_network *network = begin(name, c[0], 6);
        weft_layer layer = conv_layer(c[1], c[3], c[4], c[5] * (c[3] / 2), i % 2 == 0);
        layer.groups = c[2];
        layer.dilation = (weft_extent){c[5], c[5]};
        next(network, layer);
        finish(network, 160 + i);
    }
}

static void test_depthwise(void **state) {
    (void)state;
    static const int cases[][5] = {
        /* channels, kernel, stride, pad, dilation */
        {8, 3, 1, 1, 1},  {17, 3, 1, 1, 1}, {16, 3, 2, 1, 1}, {33, 5, 1, 2, 1},
        {12, 7, 1, 3, 1}, {16, 5, 2, 2, 1}, {24, 3, 1, 2, 2}, {5, 1, 1, 0, 1},
        {40, 3, 1, 0, 1}, {9, 2, 2, 1, 1},  {70, 3, 2, 1, 1}, {16, 7, 2, 3, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        const int *c = cases[i];
        snprintf(name, sizeof name, "depthwise %d, %d x %d / %d", c[0], c[1], c[1], c[2]);
        weft_network *network = begin(name, c[0], 7);
        weft_layer layer = conv_layer(c[0], c[1], c[2], c[3], i % 2 == 0);
        layer.groups = c[0];
        layer.dilation = (weft_extent){c[4], c[4]};
        next(network, layer);
        finish(network, 170 + i);
    }
}

/* As the first layer: nobody wants the gradient of its input. */
static void test_first(void **state) {
    (void)state;
    weft_network *network = network_of("depthwise first", 3, 6, 6);
    next(network, depthwise_layer(3, 3, 1));
    finish(network, 190);
    network = network_of("1 x 1 first", 3, 6, 6);
    next(network, conv_layer(4, 1, 1, 0, true));
    finish(network, 191);
    network = network_of("linear first", 9, 1, 1);
    next(network, linear_layer(7));
    finish(network, 192);
}

static int draw(weft_rng *rng, int lower, int upper) {
    return lower + (int)weft_rng_below(rng, (uint64_t)(upper - lower + 1));
}

static weft_layer random_conv(weft_rng *rng, int ins) {
    weft_layer layer = {.op = WEFT_OP_CONV, .bias = draw(rng, 0, 1) == 1};
    layer.kernel = (weft_extent){draw(rng, 1, 5), draw(rng, 1, 5)};
    layer.stride = (weft_extent){draw(rng, 1, 3), draw(rng, 1, 3)};
    layer.dilation = (weft_extent){draw(rng, 1, 2), draw(rng, 1, 2)};
    /* At least what lets the window fit into 5 positions; at most what the window covers. */
    int height = layer.dilation.height * (layer.kernel.height - 1);
    int width = layer.dilation.width * (layer.kernel.width - 1);
    layer.pad.height = draw(rng, height > 4 ? (height - 3) / 2 : 0, height);
    layer.pad.width = draw(rng, width > 4 ? (width - 3) / 2 : 0, width);
    layer.groups = draw(rng, 0, 2) == 0 ? draw(rng, 1, ins) : 1;
    while (ins % layer.groups != 0) {
        layer.groups--;
    }
    bool depthwise = draw(rng, 0, 3) == 0;
    layer.groups = depthwise ? ins : layer.groups;
    layer.out_channels = depthwise ? ins : layer.groups * draw(rng, 1, 20 / layer.groups + 1);
    return layer;
}

/* Shapes that nobody chose: not square, odd channels, windows that just fit. */
static void test_random_convolutions(void **state) {
    (void)state;
    uint64_t cases = quick() ? 8 : 40;
    for (uint64_t seed = 5000; seed < 5000 + cases; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 3);
        weft_shape input = {draw(&rng, 1, 20), draw(&rng, 5, 9), draw(&rng, 5, 9)};
        int ins = draw(&rng, 1, 20);
        const weft_layer layer = random_conv(&rng, ins);
        char name[WEFT_NETWORK_NAME];
        snprintf(
            name, sizeof name,
            "seed %llu: %d x %d x %d, %d > %d in %d, %d x %d / %d x %d - %d x %d, apart %d x %d",
            (unsigned long long)seed, input.channels, input.height, input.width, ins,
            layer.out_channels, layer.groups, layer.kernel.height, layer.kernel.width,
            layer.stride.height, layer.stride.width, layer.pad.height, layer.pad.width,
            layer.dilation.height, layer.dilation.width);
        weft_network *network = network_of(name, input.channels, input.height, input.width);
        next(network, conv_layer(ins, 3, 1, 1, true));
        next(network, plain_layer(WEFT_OP_BATCH_NORM));
        next(network, plain_layer(WEFT_OP_RELU));
        next(network, layer);
        finish_with(network, (conditions){.seed = seed, .samples = 3});
    }
}

/* ---- linear layers --------------------------------------------------------------------------- */

static void test_linear_and_dropout(void **state) {
    (void)state;
    static const int widths[] = {10, 17, 200};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        weft_network *network = begin("linear, ReLU, dropout", 4, 4);
        next(network, average_layer(2));
        next(network, plain_layer(WEFT_OP_FLATTEN));
        next(network, linear_layer(widths[i]));
        next(network, plain_layer(WEFT_OP_RELU));
        next(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.4});
        finish(network, 700 + i);
    }
}

/* Dropout of maps, and of one that another layer reads as it was. */
static void test_dropout_of_maps(void **state) {
    (void)state;
    weft_network *network = begin("dropout of maps", 5, 4);
    int x = network->n_layers - 1;
    int dropped = next(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.25});
    grow(network, plain_layer(WEFT_OP_ADD), dropped, x);
    finish(network, 710);
}

/* Branches of single images are dropped, before the sum that they are the branch of. */
static void test_drop_path(void **state) {
    (void)state;
    weft_network *network = begin("drop path", 6, 4);
    int x = next(network, conv_layer(6, 3, 1, 1, true));
    next(network, conv_layer(6, 3, 1, 1, true));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    int branch = next(network, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.4});
    grow(network, plain_layer(WEFT_OP_ADD), branch, x);
    next(network, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.0});
    next(network, plain_layer(WEFT_OP_GELU));
    finish(network, 715);
}

static void test_linear_over_tokens(void **state) {
    (void)state;
    static const int widths[] = {1, 10, 17, 64};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        weft_network *network = network_of("linear over tokens", 6, 5, 1);
        weft_layer layer = linear_layer(widths[i]);
        next(network, linear_layer(9));
        layer.bias = i % 2 == 0;
        next(network, layer);
        finish(network, 720 + i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_rectangular),
        cmocka_unit_test(test_grouped),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_random_convolutions),
        cmocka_unit_test(test_linear_and_dropout),
        cmocka_unit_test(test_dropout_of_maps),
        cmocka_unit_test(test_drop_path),
        cmocka_unit_test(test_linear_over_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
