/* SPDX-License-Identifier: Apache-2.0
 * Layers one by one: shapes, counts and refusals, against counting by hand. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static weft_network *make(int32_t channels, int32_t height, int32_t width) {
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(
        weft_network_create("test", (weft_shape){channels, height, width}, &network, &error),
        WEFT_OK);
    return network;
}

/* Adds a layer behind the last one. */
static weft_status add(weft_network *network, weft_layer layer, weft_error *error) {
    const int32_t before = network->n_layers - 1;
    if (layer.n_inputs == 0) {
        layer.input = &before;
        layer.n_inputs = 1;
    }
    layer.block = layer.block == 0 ? WEFT_NO_BLOCK : layer.block;
    int32_t index = -7;
    weft_status status = weft_network_add(network, &layer, &index, error);
    assert_int_equal(index, status == WEFT_OK ? network->n_layers - 1 : -7);
    return status;
}

static const weft_layer *last(const weft_network *network) {
    return &network->layers[network->n_layers - 1];
}

static void check_shape(weft_shape shape, int32_t channels, int32_t height, int32_t width) {
    assert_int_equal(shape.channels, channels);
    assert_int_equal(shape.height, height);
    assert_int_equal(shape.width, width);
}

static void tokens_are_distinct(void **state) {
    (void)state;
    for (int a = 0; a < WEFT_OP_COUNT; a++) {
        assert_string_not_equal(weft_op_token((weft_op)a), "unknown");
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(weft_op_token((weft_op)a), weft_op_token((weft_op)b));
        }
    }
    assert_string_equal(weft_op_token(WEFT_OP_COUNT), "unknown");
    assert_string_equal(weft_op_token(WEFT_OP_MAX_POOL), "max_pool");
}

static void input_sizes_are_checked(void **state) {
    (void)state;
    const weft_shape bad[] = {{0, 1, 1},  {1, 0, 1},     {1, 1, 0},
                              {-1, 1, 1}, {65537, 1, 1}, {1, 1, 65537}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_network *network = NULL;
        weft_error error;
        assert_int_equal(weft_network_create("x", bad[i], &network, &error), WEFT_ERROR_INPUT);
        assert_null(network);
        assert_non_null(strstr(error.message, "65536"));
    }
    weft_network *network = make(65536, 65536, 65536);
    check_shape(network->layers[0].out, 65536, 65536, 65536);
    weft_network_destroy(network);
    weft_network_destroy(NULL);
}

static void long_names_are_cut(void **state) {
    (void)state;
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create(name, (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    assert_int_equal(strlen(network->name), WEFT_NETWORK_NAME - 1);
    assert_string_equal(network->name + WEFT_NETWORK_NAME - 4, "...");
    weft_network_destroy(network);
}

/* Positions of a window along one side, by trying them all. */
static int32_t count_positions(int32_t side, int32_t kernel, int32_t stride, int32_t pad,
                               int32_t dilation) {
    int32_t n = 0;
    for (int32_t at = -pad; at + dilation * (kernel - 1) < side + pad; at += stride) {
        n++;
    }
    return n;
}

/* Counts what a convolution does by doing it: one step for each output channel, input channel of its
 * group and weight, with the window placed by brute force. */
static int64_t count_convolution(weft_shape in, const weft_layer *layer, weft_shape *out) {
    int64_t macs = 0;
    out->channels = layer->out_channels;
    out->height = count_positions(in.height, layer->kernel.height, layer->stride.height,
                                  layer->pad.height, layer->dilation.height);
    out->width = count_positions(in.width, layer->kernel.width, layer->stride.width,
                                 layer->pad.width, layer->dilation.width);
    for (int32_t to = 0; to < layer->out_channels; to++) {
        for (int32_t from = 0; from < in.channels; from++) {
            bool same = to / (layer->out_channels / layer->groups) ==
                        from / (in.channels / layer->groups);
            macs += same ? (int64_t)out->height * out->width : 0;
        }
    }
    return macs * layer->kernel.height * layer->kernel.width;
}

static weft_extent draw_extent(weft_rng *rng, int32_t least, uint32_t choices) {
    return (weft_extent){least + (int32_t)weft_rng_below(rng, choices),
                         least + (int32_t)weft_rng_below(rng, choices)};
}

static void convolutions_match_brute_force(void **state) {
    (void)state;
    const uint64_t seed = 20260101;
    int built = 0;
    for (uint64_t i = 0; i < 3000; i++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
        int32_t groups = 1 + (int32_t)weft_rng_below(&rng, 3);
        weft_shape in = {groups * (1 + (int32_t)weft_rng_below(&rng, 4)),
                         1 + (int32_t)weft_rng_below(&rng, 12),
                         1 + (int32_t)weft_rng_below(&rng, 12)};
        weft_layer layer = {.op = WEFT_OP_CONV,
                            .out_channels = groups * (1 + (int32_t)weft_rng_below(&rng, 3)),
                            .kernel = draw_extent(&rng, 1, 6),
                            .stride = draw_extent(&rng, 1, 4),
                            .pad = draw_extent(&rng, 0, 4),
                            .dilation = draw_extent(&rng, 1, 2),
                            .groups = groups,
                            .bias = weft_rng_below(&rng, 2) == 1};
        weft_shape expected;
        int64_t macs = count_convolution(in, &layer, &expected);
        weft_network *network = make(in.channels, in.height, in.width);
        weft_error error;
        weft_status status = add(network, layer, &error);
        if ((status == WEFT_OK) != (expected.height > 0 && expected.width > 0)) {
            fail_msg("seed %llu case %llu: status %d", (unsigned long long)seed,
                     (unsigned long long)i, (int)status);
        }
        if (status == WEFT_OK) {
            built++;
            check_shape(last(network)->out, expected.channels, expected.height, expected.width);
            assert_int_equal(last(network)->macs, macs);
            int32_t biases = layer.bias ? layer.out_channels : 0;
            assert_int_equal(last(network)->params, in.channels / groups * layer.out_channels *
                                                            layer.kernel.height *
                                                            layer.kernel.width +
                                                        biases);
        } else {
            assert_int_equal(status, WEFT_ERROR_INFEASIBLE);
        }
        weft_network_destroy(network);
    }
    assert_true(built > 1000);
}

static void pools_follow_the_rules(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(7, 9, 6);
    assert_int_equal(add(network,
                         (weft_layer){.op = WEFT_OP_MAX_POOL, .kernel = {2, 2}, .stride = {2, 2}},
                         &error),
                     WEFT_OK);
    check_shape(last(network)->out, 7, 4, 3); /* floor: the last row is left over */
    /* An adaptive pool may be larger than its map: windows repeat. */
    assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 8}, &error),
                     WEFT_OK);
    check_shape(last(network)->out, 7, 8, 8);
    assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 0}, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_int_equal(add(network,
                         (weft_layer){.op = WEFT_OP_MAX_POOL, .kernel = {9, 9}, .stride = {1, 1}},
                         &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "9 x 9"));
    assert_non_null(strstr(error.message, "8 x 8"));
    assert_non_null(strstr(error.message, "layer 3 (max_pool)"));
    assert_int_equal(network->macs, 0);
    assert_int_equal(network->params, 0);
    assert_int_equal(network->n_layers, 3);
    weft_network_destroy(network);
}

static void heads_flatten_before_linear(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(5, 3, 4);
    weft_layer linear = {.op = WEFT_OP_LINEAR, .out_channels = 11, .bias = true};
    assert_int_equal(add(network, linear, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "5 x 3 x 4"));
    assert_non_null(strstr(error.hint, "flatten"));
    assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_FLATTEN}, &error), WEFT_OK);
    check_shape(last(network)->out, 60, 1, 1);
    assert_int_equal(add(network, linear, &error), WEFT_OK);
    check_shape(last(network)->out, 11, 1, 1);
    assert_int_equal(last(network)->macs, 660);
    assert_int_equal(last(network)->params, 671);
    linear.bias = false;
    assert_int_equal(add(network, linear, &error), WEFT_OK);
    assert_int_equal(last(network)->params, 121);
    assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_BATCH_NORM}, &error), WEFT_OK);
    assert_int_equal(last(network)->params, 22);
    assert_int_equal(network->params, 671 + 121 + 22);
    assert_int_equal(network->macs, 660 + 121);
    weft_network_destroy(network);
}

static void additions_need_equal_shapes(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(4, 6, 6);
    assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_RELU}, &error), WEFT_OK);
    assert_int_equal(
        add(network,
            (weft_layer){.op = WEFT_OP_CONV, .out_channels = 5, .kernel = {1, 1}, .stride = {1, 1}},
            &error),
        WEFT_OK);
    weft_layer sum = {.op = WEFT_OP_ADD, .input = (const int32_t[]){1, 0}, .n_inputs = 2};
    assert_int_equal(add(network, sum, &error), WEFT_OK);
    assert_int_equal(last(network)->input[0], 1);
    assert_int_equal(last(network)->input[1], 0);
    sum.input = (const int32_t[]){2, 0};
    assert_int_equal(add(network, sum, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "5 x 6 x 6 (layer 2)"));
    assert_non_null(strstr(error.message, "4 x 6 x 6 (layer 0)"));
    weft_network_destroy(network);
}

static void bad_layers_are_refused(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(4, 6, 6);
    const weft_layer bad[] = {
        {.op = WEFT_OP_INPUT},
        {.op = WEFT_OP_COUNT},
        {.op = (weft_op)1000},
        {.op = WEFT_OP_ADD}, /* one input */
        {.op = WEFT_OP_RELU, .input = (const int32_t[]){0, 0}, .n_inputs = 2},
        {.op = WEFT_OP_RELU, .input = (const int32_t[]){1}, .n_inputs = 1}, /* itself */
        {.op = WEFT_OP_RELU, .input = (const int32_t[]){-1}, .n_inputs = 1},
        {.op = WEFT_OP_ADD, .input = (const int32_t[]){0, 9}, .n_inputs = 2},
        {.op = WEFT_OP_RELU, .block = -2},
        {.op = WEFT_OP_RELU, .block = INT32_MAX},
        {.op = WEFT_OP_CONV, .out_channels = 0, .kernel = {1, 1}, .stride = {1, 1}},
        {.op = WEFT_OP_CONV, .out_channels = 65537, .kernel = {1, 1}, .stride = {1, 1}},
        {.op = WEFT_OP_CONV, .out_channels = 1, .kernel = {0, 0}, .stride = {1, 1}},
        {.op = WEFT_OP_CONV, .out_channels = 1, .kernel = {1, 1}, .stride = {0, 0}},
        {.op = WEFT_OP_CONV,
         .out_channels = 1,
         .kernel = {1, 1},
         .stride = {1, 1},
         .pad = {-1, -1}},
        {.op = WEFT_OP_CONV,
         .out_channels = 1,
         .kernel = {1, 1},
         .stride = {1, 1},
         .pad = {INT32_MAX, INT32_MAX}},
        {.op = WEFT_OP_MAX_POOL, .kernel = {INT32_MIN, INT32_MIN}, .stride = {1, 1}},
        {.op = WEFT_OP_LINEAR, .out_channels = -3},
        {.op = WEFT_OP_DROPOUT, .rate = 1.0},
        {.op = WEFT_OP_DROPOUT, .rate = -0.1},
        {.op = WEFT_OP_DROPOUT, .rate = NAN},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(&error, 0, sizeof error);
        assert_int_equal(add(network, bad[i], &error), WEFT_ERROR_INPUT);
        assert_non_null(strstr(error.message, "layer 1"));
        assert_int_equal(network->n_layers, 1);
        assert_int_equal(network->n_blocks, 0);
    }
    weft_network_destroy(network);
}

static void huge_counts_are_refused(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(65536, 65536, 65536);
    /* 2^16 kernels x 2^16 channels x 2^32 places x window^2 overflow 63 bits. */
    weft_layer conv = {
        .op = WEFT_OP_CONV, .out_channels = 65536, .kernel = {1, 1}, .stride = {1, 1}};
    assert_int_equal(add(network, conv, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "64 bits"));
    assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_FLATTEN}, &error),
                     WEFT_ERROR_INFEASIBLE);
    /* 2^62 each: the second does not fit the sum. */
    conv.out_channels = 16384;
    assert_int_equal(add(network, conv, &error), WEFT_OK);
    assert_int_equal(network->macs, INT64_C(1) << 62);
    weft_layer again = {.op = WEFT_OP_CONV,
                        .out_channels = 16384,
                        .kernel = {1, 1},
                        .stride = {1, 1},
                        .input = (const int32_t[]){0},
                        .n_inputs = 1};
    assert_int_equal(add(network, again, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "network's"));
    assert_int_equal(network->macs, INT64_C(1) << 62);
    /* A map that grows without end by padding. */
    weft_layer pad = {
        .op = WEFT_OP_CONV, .out_channels = 1, .kernel = {1, 1}, .stride = {1, 1}, .pad = {1, 1}};
    assert_int_equal(add(network, pad, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "larger than 65536 x 65536"));
    weft_network_destroy(network);
}

static void networks_grow_far(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(2, 3, 3);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(add(network, (weft_layer){.op = WEFT_OP_RELU}, &error), WEFT_OK);
    }
    assert_int_equal(network->n_layers, 5001);
    for (int i = 1; i <= 5000; i++) {
        assert_int_equal(network->layers[i].input[0], i - 1);
        check_shape(network->layers[i].out, 2, 3, 3);
    }
    weft_network_destroy(network);
}

static uint64_t hash_of(weft_shape input, const weft_layer *layers, int n) {
    weft_network *network = make(input.channels, input.height, input.width);
    for (int i = 0; i < n; i++) {
        weft_error error;
        int32_t index;
        assert_int_equal(weft_network_add(network, &layers[i], &index, &error), WEFT_OK);
    }
    snprintf(network->name, sizeof network->name, "name %d", n); /* must not matter */
    uint64_t hash = weft_network_hash(network);
    weft_network_destroy(network);
    return hash;
}

static void hashes_see_every_difference(void **state) {
    (void)state;
    enum { N = 6, VARIANTS = 18 };
    const weft_shape input = {3, 8, 8};
    const weft_layer base[N] = {
        {.op = WEFT_OP_CONV,
         .input = (const int32_t[]){0},
         .n_inputs = 1,
         .out_channels = 3,
         .kernel = {3, 3},
         .stride = {1, 1},
         .pad = {1, 1}},
        {.op = WEFT_OP_RELU, .input = (const int32_t[]){1}, .n_inputs = 1},
        {.op = WEFT_OP_ADD, .input = (const int32_t[]){2, 0}, .n_inputs = 2},
        {.op = WEFT_OP_DROPOUT, .input = (const int32_t[]){3}, .n_inputs = 1, .rate = 0.2},
        {.op = WEFT_OP_AVERAGE_POOL, .input = (const int32_t[]){4}, .n_inputs = 1, .pool_side = 2},
        {.op = WEFT_OP_MAX_POOL,
         .input = (const int32_t[]){5},
         .n_inputs = 1,
         .kernel = {1, 1},
         .stride = {1, 1}},
    };
    weft_layer variant[VARIANTS][N];
    for (int v = 0; v < VARIANTS; v++) {
        memcpy(variant[v], base, sizeof base);
    }
    int n = 1; /* variant 0 is the base itself */
    variant[n++][0].bias = true;
    variant[n][0].kernel = (weft_extent){1, 1};
    variant[n++][0].pad = (weft_extent){0, 0};
    variant[n][0].kernel = (weft_extent){5, 5};
    variant[n++][0].pad = (weft_extent){2, 2};
    variant[n++][1].op = WEFT_OP_BATCH_NORM;
    variant[n++][1].input = (const int32_t[]){0};
    variant[n++][2].input = (const int32_t[]){2, 1};
    variant[n++][2].input = (const int32_t[]){1, 0};
    variant[n++][2].input = (const int32_t[]){0, 2}; /* a sum's inputs have an order */
    variant[n++][3].rate = 0.25;
    variant[n++][3].rate = nextafter(0.2, 1.0);
    variant[n++][3].rate = 0.0;
    variant[n++][4].pool_side = 3;
    variant[n++][4].input = (const int32_t[]){3};
    variant[n++][5].stride = (weft_extent){2, 2};
    variant[n++][5].kernel = (weft_extent){2, 2};
    uint64_t hashes[VARIANTS + 4];
    for (int v = 0; v < n; v++) {
        hashes[v] = hash_of(input, variant[v], N);
    }
    hashes[n++] = hash_of((weft_shape){3, 9, 8}, base, N);
    hashes[n++] = hash_of((weft_shape){3, 8, 9}, base, N);
    hashes[n++] = hash_of(input, base, N - 1);
    for (int a = 0; a < n; a++) {
        for (int b = 0; b < a; b++) {
            assert_true(hashes[a] != hashes[b]);
        }
    }
    /* What an operation does not use, and the block it is filed under, make no difference. */
    weft_layer stray[N];
    memcpy(stray, base, sizeof base);
    stray[1].kernel = (weft_extent){9, 7};
    stray[1].groups = 3;
    stray[1].name = "relu";
    stray[1].rate = 0.5;
    stray[1].input = (const int32_t[]){1, 77};
    stray[2].bias = true;
    stray[3].block = 4;
    stray[4].macs = 1234;
    stray[5].dilation = (weft_extent){2, 2};
    stray[5].groups = 0;
    assert_true(hash_of(input, stray, N) == hashes[0]);
    memcpy(stray, variant[11], sizeof stray);
    assert_true(stray[3].rate == 0.0);
    stray[3].rate = -0.0;
    assert_true(hash_of(input, stray, N) == hashes[11]);
}

static weft_layer conv_of(int32_t copies, int32_t region) {
    return (weft_layer){.op = WEFT_OP_CONV,
                        .n_inputs = 1,
                        .out_channels = 4,
                        .kernel = {3, 3},
                        .stride = {1, 1},
                        .copies = copies,
                        .region = region};
}

/* Copies and region count where they are not 0, and for layers of products alone. */
static void places_are_hashed_and_checked(void **state) {
    (void)state;
    const weft_shape input = {3, 8, 8};
    const int32_t zero = 0;
    weft_layer layers[4] = {conv_of(0, 0), conv_of(1, 0), conv_of(0, 1), conv_of(1, 1)};
    uint64_t hashes[4];
    for (int i = 0; i < 4; i++) {
        layers[i].input = &zero;
        hashes[i] = hash_of(input, &layers[i], 1);
        for (int k = 0; k < i; k++) {
            assert_true(hashes[i] != hashes[k]);
        }
    }
    weft_layer relu = {.op = WEFT_OP_RELU, .input = &zero, .n_inputs = 1};
    uint64_t plain = hash_of(input, &relu, 1);
    relu.region = 3;
    assert_true(hash_of(input, &relu, 1) == plain);
    weft_network *network = make(3, 8, 8);
    for (int i = 0; i < 2; i++) {
        weft_error error;
        int32_t index = 0;
        weft_layer bad = conv_of(-(i == 0), -(i == 1));
        bad.input = &zero;
        assert_int_equal(weft_network_add(network, &bad, &index, &error), WEFT_ERROR_INPUT);
        assert_non_null(strstr(error.message, i == 0 ? "copies" : "region"));
    }
    assert_int_equal(network->n_layers, 1);
    weft_network_destroy(network);
}

/* A network that begins anew is like a new one, whatever it held; a layer of its own may be added. */
static void cleared_networks_are_as_new(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make(2, 3, 3);
    for (int round = 0; round < 4; round++) {
        const weft_shape input = {1 + round, 16, 16};
        weft_network *fresh = make(input.channels, input.height, input.width);
        assert_int_equal(weft_network_clear(network, "again", input, &error), WEFT_OK);
        for (int32_t i = 0; i < 100 + 40 * round; i++) {
            weft_layer layer = {.op = WEFT_OP_BATCH_NORM, .input = &i, .n_inputs = 1, .block = i};
            weft_network *const both[] = {network, fresh};
            for (int k = 0; k < 2; k++) {
                int32_t index = 0;
                assert_int_equal(weft_network_add(both[k], &layer, &index, &error), WEFT_OK);
                assert_int_equal(index, i + 1);
            }
        }
        assert_true(weft_network_hash(network) == weft_network_hash(fresh));
        assert_true(network->params == fresh->params && network->macs == fresh->macs);
        assert_int_equal(network->n_blocks, fresh->n_blocks);
        assert_string_equal(network->name, "again");
        weft_network_destroy(fresh);
    }
    for (int i = 0; i < 500; i++) {
        int32_t index = 0;
        assert_int_equal(weft_network_add(network, &network->layers[1], &index, &error), WEFT_OK);
        check_shape(network->layers[index].out, 4, 16, 16);
    }
    uint64_t before = weft_network_hash(network);
    assert_int_equal(weft_network_clear(network, "none", (weft_shape){0, 1, 1}, &error),
                     WEFT_ERROR_INPUT);
    assert_true(weft_network_hash(network) == before);
    weft_network_destroy(network);
}

/* Hashes are kept in studies: they must not change between versions or machines. */
static void hash_is_stable(void **state) {
    (void)state;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    weft_error error;
    weft_network *network = NULL;
    assert_int_equal(weft_imc_parse("R32,V64", &spec, &error), WEFT_OK);
    assert_int_equal(weft_imc_build(&spec, &network, &error), WEFT_OK);
    assert_true(weft_network_hash(network) == UINT64_C(0x83a13f2c6643051a));
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_distinct),
        cmocka_unit_test(input_sizes_are_checked),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(convolutions_match_brute_force),
        cmocka_unit_test(pools_follow_the_rules),
        cmocka_unit_test(heads_flatten_before_linear),
        cmocka_unit_test(additions_need_equal_shapes),
        cmocka_unit_test(bad_layers_are_refused),
        cmocka_unit_test(huge_counts_are_refused),
        cmocka_unit_test(networks_grow_far),
        cmocka_unit_test(hashes_see_every_difference),
        cmocka_unit_test(places_are_hashed_and_checked),
        cmocka_unit_test(cleared_networks_are_as_new),
        cmocka_unit_test(hash_is_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
