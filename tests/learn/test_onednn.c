/* SPDX-License-Identifier: Apache-2.0
 *
 * The door to oneDNN against products in double precision: random layers in both types, memory
 * watched at both ends; and the library's known faults. */
#include <omp.h>
#include <pthread.h>
#include <sys/wait.h>

#include "learn/dnn_support.h"

enum { SEED = 20260 };

static weft_error error;

/* Rounding of what is summed in f32 and kept in f32, or in bf16 (8 bits of mantissa), relative to
 * the sum of the terms' magnitudes. */
static const double F32_ERROR = 0x1p-18, BF16_ERROR = 0x1p-8;

static double tolerance(weft_type type) {
    return type == WEFT_F32 ? F32_ERROR : BF16_ERROR;
}

static int rounds(int all) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? (all + 4) / 5 : all;
}

/* ---- one layer, checked ---------------------------------------------------------------------- */

/* One layer's tensors: as numbers, and in memory. */
typedef struct bench {
    double *x, *w, *b, *dy;
    place input, plain, bias, output_gradient;
    layer_sums expected;
} bench;

static bench bench_make(const weft_dnn_geometry *g, uint64_t seed) {
    weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, seed);
    weft_type type = (weft_type)g->type;
    size_t outs = (size_t)g->out_channels, weights = weights_size(g);
    bench b = {.x = new_doubles(input_size(g)),
               .w = new_doubles(weights),
               .b = new_doubles(outs),
               .dy = new_doubles(output_size(g))};
    b.input = place_random(type, input_size(g), &rng, b.x);
    b.plain = place_random(WEFT_F32, weights, &rng, b.w);
    b.bias = place_random(WEFT_F32, outs, &rng, b.b);
    b.output_gradient = place_random(type, output_size(g), &rng, b.dy);
    for (size_t i = 0; i < weights && type == WEFT_BF16; i++) {
        b.w[i] = (double)weft_from_bf16(weft_to_bf16((float)b.w[i])); /* as packed */
    }
    b.expected = layer_reference(g, b.x, b.w, g->bias ? b.b : NULL, b.dy);
    return b;
}

static void bench_free(bench *b) {
    free(b->x);
    free(b->w);
    free(b->b);
    free(b->dy);
    place_free(&b->input, "input");
    place_free(&b->plain, "plain weights");
    place_free(&b->bias, "bias");
    place_free(&b->output_gradient, "output's gradient");
    layer_sums_free(&b->expected);
}

static void check_forward(weft_dnn_product *p, const weft_dnn_geometry *g, bench *b) {
    place packed = place_make(weft_dnn_product_packed(p, WEFT_DNN_FORWARD));
    place scratch = place_make(weft_dnn_product_scratch(p, WEFT_DNN_FORWARD));
    place output = place_make(output_size(g) * weft_type_size((weft_type)g->type));
    MUST(weft_dnn_product_pack(p, WEFT_DNN_FORWARD, b->plain.data, packed.data, &error));
    const weft_dnn_places places = {.input = b->input.data,
                                    .weights = packed.data,
                                    .bias = g->bias ? b->bias.data : NULL,
                                    .output = output.data,
                                    .scratch = scratch.data};
    MUST(weft_dnn_product_run(p, WEFT_DNN_FORWARD, &places, &error));
    check_sums(&output, (weft_type)g->type, &b->expected.output, tolerance((weft_type)g->type),
               "output");
    place_free(&packed, "packed weights");
    place_free(&scratch, "scratch");
    place_free(&output, "output");
}

static void check_backward_data(weft_dnn_product *p, const weft_dnn_geometry *g, bench *b) {
    place packed = place_make(weft_dnn_product_packed(p, WEFT_DNN_BACKWARD_DATA));
    place scratch = place_make(weft_dnn_product_scratch(p, WEFT_DNN_BACKWARD_DATA));
    place gradient = place_make(input_size(g) * weft_type_size((weft_type)g->type));
    MUST(weft_dnn_product_pack(p, WEFT_DNN_BACKWARD_DATA, b->plain.data, packed.data, &error));
    const weft_dnn_places places = {.weights = packed.data,
                                    .output_gradient = b->output_gradient.data,
                                    .input_gradient = gradient.data,
                                    .scratch = scratch.data};
    MUST(weft_dnn_product_run(p, WEFT_DNN_BACKWARD_DATA, &places, &error));
    check_sums(&gradient, (weft_type)g->type, &b->expected.input_gradient,
               tolerance((weft_type)g->type), "input's gradient");
    place_free(&packed, "packed weights");
    place_free(&scratch, "scratch");
    place_free(&gradient, "input's gradient");
}

static double square_sum(const float *values, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i] * (double)values[i];
    }
    return sum;
}

static void check_backward_weights(weft_dnn_product *p, const weft_dnn_geometry *g, bench *b) {
    size_t bytes = weft_dnn_product_packed(p, WEFT_DNN_BACKWARD_WEIGHTS);
    assert_true(bytes >= weights_size(g) * sizeof(float));
    place packed = place_make(bytes), plain = place_make(weights_size(g) * sizeof(float));
    place scratch = place_make(weft_dnn_product_scratch(p, WEFT_DNN_BACKWARD_WEIGHTS));
    place bias = place_make((size_t)g->out_channels * sizeof(float));
    const weft_dnn_places places = {.input = b->input.data,
                                    .output_gradient = b->output_gradient.data,
                                    .weights_gradient = packed.data,
                                    .bias_gradient = g->bias ? bias.data : NULL,
                                    .scratch = scratch.data};
    MUST(weft_dnn_product_run(p, WEFT_DNN_BACKWARD_WEIGHTS, &places, &error));
    MUST(weft_dnn_product_unpack(p, packed.data, plain.data, &error));
    check_sums(&plain, WEFT_F32, &b->expected.weights_gradient, F32_ERROR, "weights' gradient");
    if (g->bias) {
        check_sums(&bias, WEFT_F32, &b->expected.bias_gradient, F32_ERROR, "bias' gradient");
    }
    /* Nothing but zeros beside the weights: optimizers run over the whole. */
    double all = square_sum(packed.data, bytes / sizeof(float));
    double own = square_sum(plain.data, weights_size(g));
    assert_true(fabs(all - own) <= 1e-6 * own);
    place_free(&packed, "packed gradient");
    place_free(&plain, "plain gradient");
    place_free(&scratch, "scratch");
    place_free(&bias, "bias' gradient");
}

static void check_product(weft_dnn_product *p, const weft_dnn_geometry *g, bench *b) {
    check_forward(p, g, b);
    if (g->input_gradient) {
        check_backward_data(p, g, b);
    } else {
        assert_string_equal(weft_dnn_product_kernel(p, WEFT_DNN_BACKWARD_DATA), "none");
        assert_int_equal(weft_dnn_product_packed(p, WEFT_DNN_BACKWARD_DATA), 0);
    }
    check_backward_weights(p, g, b);
}

/* ---- geometries ------------------------------------------------------------------------------ */

static weft_dnn_geometry convolution(weft_type type, int batch, int in, int out, int side,
                                     int kernel, int stride) {
    int pad = kernel / 2, after = (side + 2 * pad - kernel) / stride + 1;
    return (weft_dnn_geometry){.type = (int32_t)type,
                               .input_gradient = 1,
                               .batch = batch,
                               .in_channels = in,
                               .in_height = side,
                               .in_width = side,
                               .out_channels = out,
                               .out_height = after,
                               .out_width = after,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .stride_height = stride,
                               .stride_width = stride,
                               .pad_height = pad,
                               .pad_width = pad,
                               .dilation_height = 1,
                               .dilation_width = 1,
                               .groups = 1};
}

static weft_dnn_geometry linear(weft_type type, int rows, int in, int out) {
    return (weft_dnn_geometry){.type = (int32_t)type,
                               .linear = 1,
                               .bias = 1,
                               .input_gradient = 1,
                               .batch = rows,
                               .in_channels = in,
                               .out_channels = out};
}

static int pick(weft_rng *rng, int least, int most) {
    return least + (int)weft_rng_below(rng, (uint64_t)(most - least + 1));
}

static void random_channels(weft_rng *rng, weft_dnn_geometry *g) {
    g->groups = 1;
    g->in_channels = pick(rng, 1, 40);
    g->out_channels = pick(rng, 1, 40);
    switch (weft_rng_below(rng, 4)) {
    case 0: /* depthwise, one or two filters a channel */
        g->groups = g->in_channels;
        g->out_channels = g->in_channels * pick(rng, 1, 2);
        break;
    case 1:
        g->groups = pick(rng, 2, 4);
        g->in_channels = g->groups * pick(rng, 1, 17);
        g->out_channels = g->groups * pick(rng, 1, 17);
        break;
    case 2: /* what kernels are written for */
        g->in_channels = 16 * pick(rng, 1, 3);
        g->out_channels = 16 * pick(rng, 1, 3);
        break;
    default:
        break;
    }
}

/* A side: window, step, padding, then any map and output that go together: from the least padding
 * behind that lets the last window see something to what floor((in + 2 pad - window) / stride)
 * cuts. */
static void random_side(weft_rng *rng, int32_t *in, int32_t *out, int32_t *kernel, int32_t *stride,
                        int32_t *pad, int32_t *dilation) {
    *kernel = pick(rng, 1, 5);
    *stride = pick(rng, 1, 3);
    *dilation = weft_rng_below(rng, 4) == 0 ? 2 : 1;
    int window = (*kernel - 1) * *dilation + 1;
    *pad = pick(rng, 0, window / 2);
    int least = window - *pad > 1 ? window - *pad : 1;
    *in = pick(rng, least, least + 10);
    int exact = (*in + *pad - window) / *stride + 1;
    int same = (*in + 2 * *pad - window) / *stride + 1;
    *out = pick(rng, exact, same);
}

static weft_dnn_geometry random_geometry(weft_rng *rng, weft_type type) {
    weft_dnn_geometry g = {.type = (int32_t)type};
    g.bias = (int32_t)weft_rng_below(rng, 2);
    g.input_gradient = weft_rng_below(rng, 8) != 0;
    g.batch = pick(rng, 1, 4);
    random_channels(rng, &g);
    if (weft_rng_below(rng, 6) == 0) {
        g.linear = 1;
        g.batch = pick(rng, 1, 20);
        g.groups = 1;
        return g;
    }
    random_side(rng, &g.in_height, &g.out_height, &g.kernel_height, &g.stride_height, &g.pad_height,
                &g.dilation_height);
    random_side(rng, &g.in_width, &g.out_width, &g.kernel_width, &g.stride_width, &g.pad_width,
                &g.dilation_width);
    return g;
}

static void set_label(const weft_dnn_geometry *g, int round) {
    snprintf(label, sizeof label,
             "seed %d round %d: %s%s, %d images, %d x %d x %d > %d x %d x %d, window %d x %d, "
             "stride %d x %d, pad %d x %d, dilation %d x %d, %d groups",
             SEED, round, g->type == WEFT_BF16 ? "bf16" : "f32", g->linear ? " linear" : "",
             g->batch, g->in_channels, g->in_height, g->in_width, g->out_channels, g->out_height,
             g->out_width, g->kernel_height, g->kernel_width, g->stride_height, g->stride_width,
             g->pad_height, g->pad_width, g->dilation_height, g->dilation_width, g->groups);
}

/* ---- random layers --------------------------------------------------------------------------- */

static void random_layers(weft_type type, int n) {
    char folder[64];
    weft_dnn *dnn;
    cache_make(folder);
    MUST(weft_dnn_create(&dnn, &error));
    for (int round = 0; round < n; round++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)round);
        weft_dnn_geometry g = random_geometry(&rng, type);
        bench b = bench_make(&g, (uint64_t)round + 1000);
        weft_dnn_product *p;
        set_label(&g, round);
        MUST(weft_dnn_product_get(dnn, &g, &p, &error));
        check_product(p, &g, &b);
        bench_free(&b);
    }
    weft_dnn_destroy(dnn);
    cache_drop(folder);
}

static void random_layers_in_f32(void **state) {
    (void)state;
    random_layers(WEFT_F32, rounds(60));
}

static void random_layers_in_bf16(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        skip();
    }
    random_layers(WEFT_BF16, rounds(60));
}

/* ---- what the library gets wrong ------------------------------------------------------------- */

/* A layer of its own, in a new door with nothing remembered, checked; the door stays. */
static weft_dnn *checked_door(const weft_dnn_geometry *g, char folder[64],
                              weft_dnn_product **product) {
    weft_dnn *dnn;
    bench b = bench_make(g, 7);
    set_label(g, 0);
    cache_make(folder);
    MUST(weft_dnn_create(&dnn, &error));
    MUST(weft_dnn_product_get(dnn, g, product, &error));
    check_product(*product, g, &b);
    bench_free(&b);
    return dnn;
}

static void drop_door(weft_dnn *dnn, const char *folder) {
    weft_dnn_destroy(dnn);
    cache_drop(folder);
}

/* Channels in blocks would lead it to kernels without bf16 arithmetic. */
static void bf16_layers_compute_in_bf16(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        skip();
    }
    char folder[64];
    weft_dnn_product *p;
    weft_dnn_geometry g = convolution(WEFT_BF16, 2, 32, 32, 16, 3, 1);
    weft_dnn *dnn = checked_door(&g, folder, &p);
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        assert_non_null(strstr(weft_dnn_product_kernel(p, (weft_dnn_pass)pass), "bf16"));
    }
    drop_door(dnn, folder);
}

/* brgconv_strided took 40 times as long as jit_dw where a depthwise layer has a stride (3.7.2, on
 * Sapphire Rapids). */
static void a_depthwise_stride_takes_the_fast_kernel(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        skip();
    }
    char folder[64];
    weft_dnn_product *p;
    weft_dnn_geometry g = convolution(WEFT_BF16, 2, 144, 144, 32, 3, 2);
    g.groups = 144;
    weft_dnn *dnn = checked_door(&g, folder, &p);
    const char *kernel = weft_dnn_product_kernel(p, WEFT_DNN_BACKWARD_DATA);
    assert_null(strstr(kernel, "strided"));
    assert_null(strstr(kernel, "ref"));
    drop_door(dnn, folder);
}

/* oneDNN issue 6035: f32, 1 x 1, stride 2, fewer than 16 channels: heap corruption in the gradient
 * of the weights. */
static void small_windows_with_strides_are_sampled(void **state) {
    (void)state;
    static const int CHANNELS[] = {3, 12, 15, 16};
    for (size_t i = 0; i < sizeof CHANNELS / sizeof CHANNELS[0]; i++) {
        char folder[64];
        weft_dnn_product *p;
        weft_dnn_geometry g = convolution(WEFT_F32, 5, CHANNELS[i], 16, 12, 1, 2);
        drop_door(checked_door(&g, folder, &p), folder);
        g.pad_height = 1; /* the first row of windows sees padding alone */
        g.stride_width = 3;
        g.out_height = 7;
        g.out_width = 4;
        drop_door(checked_door(&g, folder, &p), folder);
    }
}

/* Shapes for which 2.6.3 or 3.7.2 offer kernels whose results are wrong all over. */
static void kernels_that_compute_wrong_are_left_out(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        skip();
    }
    char folder[64];
    weft_dnn_product *p;
    weft_dnn_geometry g = convolution(WEFT_BF16, 4, 25, 26, 10, 1, 1);
    g.bias = 1;
    g.in_width = g.out_width = 3; /* jit_bf16_1x1 */
    drop_door(checked_door(&g, folder, &p), folder);
    g = convolution(WEFT_BF16, 4, 32, 64, 8, 2, 1);
    g.groups = 32;
    g.in_width = 2; /* brg_conv_fwd of 3.7.2: two filters a channel, results one pixel wide */
    g.stride_width = 2;
    g.out_width = 1;
    g.out_height = 8;
    drop_door(checked_door(&g, folder, &p), folder);
}

/* A 3 x 3 window on a map of one pixel: eight taps see padding alone, and get zero. */
static void taps_on_padding_get_zero(void **state) {
    (void)state;
    for (int type = WEFT_F32; type <= (weft_dnn_has_bf16() ? WEFT_BF16 : WEFT_F32); type++) {
        char folder[64];
        weft_dnn_product *p;
        weft_dnn_geometry g = convolution((weft_type)type, 4, 48, 32, 1, 3, 1);
        drop_door(checked_door(&g, folder, &p), folder);
        g = convolution((weft_type)type, 4, 8, 8, 1, 3, 1);
        g.groups = 8;
        drop_door(checked_door(&g, folder, &p), folder);
    }
}

/* Once a kernel is in the process's cache, the library lists it again and again. */
static void a_second_door_is_offered_the_same_kernels(void **state) {
    (void)state;
    char first_folder[64], second_folder[64];
    weft_dnn_product *first, *second;
    weft_dnn_geometry g = convolution(WEFT_F32, 2, 24, 40, 9, 3, 1);
    weft_dnn *first_door = checked_door(&g, first_folder, &first);
    weft_dnn *second_door = checked_door(&g, second_folder, &second);
    char *first_text = cache_text(first_folder), *second_text = cache_text(second_folder);
    char *first_rest = NULL, *second_rest = NULL;
    char *a = strtok_r(first_text, "\n", &first_rest);
    char *b = strtok_r(second_text, "\n", &second_rest);
    int lines = 0;
    for (; a != NULL && b != NULL; lines++) {
        *strchr(a, ' ') = '\0';
        *strchr(b, ' ') = '\0';
        assert_string_equal(a, b);
        a = strtok_r(NULL, "\n", &first_rest);
        b = strtok_r(NULL, "\n", &second_rest);
    }
    assert_true(a == NULL && b == NULL);
    assert_int_equal(lines, WEFT_DNN_PASSES);
    free(first_text);
    free(second_text);
    drop_door(first_door, first_folder);
    drop_door(second_door, second_folder);
}

/* Weights of depthwise kernels may be padded 256-fold: sizes come from the library. */
static void padded_weights_have_room(void **state) {
    (void)state;
    for (int type = WEFT_F32; type <= (weft_dnn_has_bf16() ? WEFT_BF16 : WEFT_F32); type++) {
        char folder[64];
        weft_dnn_product *p;
        weft_dnn_geometry g = convolution((weft_type)type, 1, 100, 100, 8, 5, 1);
        g.groups = 100;
        drop_door(checked_door(&g, folder, &p), folder);
    }
}

static void linear_layers_avoid_reference_kernels(void **state) {
    (void)state;
    for (int type = WEFT_F32; type <= (weft_dnn_has_bf16() ? WEFT_BF16 : WEFT_F32); type++) {
        char folder[64];
        weft_dnn_product *p;
        weft_dnn_geometry g = linear((weft_type)type, 32, 64, 10);
        weft_dnn *dnn = checked_door(&g, folder, &p);
        for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
            const char *kernel = weft_dnn_product_kernel(p, (weft_dnn_pass)pass);
            assert_null(strstr(kernel, "ref"));
        }
        drop_door(dnn, folder);
    }
}

/* ---- the door -------------------------------------------------------------------------------- */

static void a_product_is_made_once(void **state) {
    (void)state;
    char folder[64];
    weft_dnn_product *p, *again, *other;
    weft_dnn_geometry g = convolution(WEFT_F32, 2, 8, 8, 8, 3, 1);
    weft_dnn *dnn = checked_door(&g, folder, &p);
    for (int batch = 3; batch < 43; batch++) { /* the table grows */
        weft_dnn_geometry more = linear(WEFT_F32, batch, 4, 4);
        MUST(weft_dnn_product_get(dnn, &more, &other, &error));
        assert_ptr_not_equal(other, p);
    }
    MUST(weft_dnn_product_get(dnn, &g, &again, &error));
    assert_ptr_equal(again, p);
    drop_door(dnn, folder);
}

/* What the caller has set is neither followed nor changed, and the bits do not depend on it. */
static void threads_of_openmp_are_left_alone(void **state) {
    (void)state;
    char folder[64];
    weft_dnn_product *p;
    weft_dnn_geometry g = convolution(WEFT_F32, 8, 16, 32, 14, 3, 1);
    omp_set_num_threads(3);
    weft_dnn *dnn = checked_door(&g, folder, &p);
    assert_int_equal(omp_get_max_threads(), 3);
    bench b = bench_make(&g, 3);
    place packed = place_make(weft_dnn_product_packed(p, WEFT_DNN_BACKWARD_WEIGHTS));
    place scratch = place_make(weft_dnn_product_scratch(p, WEFT_DNN_BACKWARD_WEIGHTS));
    float *before = calloc(1, packed.size);
    assert_non_null(before);
    const weft_dnn_places places = {.input = b.input.data,
                                    .output_gradient = b.output_gradient.data,
                                    .weights_gradient = packed.data,
                                    .scratch = scratch.data};
    for (int threads = 1; threads <= 4; threads++) {
        omp_set_num_threads(threads);
        MUST(weft_dnn_product_run(p, WEFT_DNN_BACKWARD_WEIGHTS, &places, &error));
        assert_int_equal(omp_get_max_threads(), threads);
        if (threads > 1) {
            assert_memory_equal(packed.data, before, packed.size);
        }
        memcpy(before, packed.data, packed.size);
        memset(packed.data, 0xff, packed.size);
    }
    omp_set_num_threads(1);
    free(before);
    place_free(&packed, "packed gradient");
    place_free(&scratch, "scratch");
    bench_free(&b);
    drop_door(dnn, folder);
}

enum { THREADS = 3, SHAPES = 6 };

/* What a thread with a door of its own computes of some layers, in an order of its own. */
typedef struct worker {
    int first;
    bool failed;
    char kernels[SHAPES][WEFT_DNN_PASSES][96];
    uint64_t hashes[SHAPES]; /* of the outputs */
} worker;

static bool work_on(weft_dnn *dnn, worker *w, int shape) {
    weft_error why;
    weft_dnn_product *p;
    weft_dnn_geometry g = convolution(WEFT_F32, 2, 8 + 3 * shape, 24, 9, 3, 1 + shape % 2);
    bench b = bench_make(&g, (uint64_t)shape);
    if (weft_dnn_product_get(dnn, &g, &p, &why) != WEFT_OK) {
        bench_free(&b);
        return false;
    }
    place packed = place_make(weft_dnn_product_packed(p, WEFT_DNN_FORWARD));
    place scratch = place_make(weft_dnn_product_scratch(p, WEFT_DNN_FORWARD));
    place output = place_make(output_size(&g) * sizeof(float));
    const weft_dnn_places places = {.input = b.input.data,
                                    .weights = packed.data,
                                    .output = output.data,
                                    .scratch = scratch.data};
    bool done = weft_dnn_product_pack(p, WEFT_DNN_FORWARD, b.plain.data, packed.data, &why) ==
                    WEFT_OK &&
                weft_dnn_product_run(p, WEFT_DNN_FORWARD, &places, &why) == WEFT_OK;
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        snprintf(w->kernels[shape][pass], sizeof w->kernels[shape][pass], "%s",
                 weft_dnn_product_kernel(p, (weft_dnn_pass)pass));
    }
    w->hashes[shape] = weft_hash(output.data, output.size, 0);
    place_free(&packed, "packed weights");
    place_free(&scratch, "scratch");
    place_free(&output, "output");
    bench_free(&b);
    return done;
}

static void *work(void *context) {
    worker *w = context;
    weft_error why;
    weft_dnn *dnn;
    w->failed = weft_dnn_create(&dnn, &why) != WEFT_OK;
    if (w->failed) {
        return NULL;
    }
    for (int i = 0; i < SHAPES && !w->failed; i++) {
        w->failed = !work_on(dnn, w, (w->first + i) % SHAPES);
    }
    weft_dnn_destroy(dnn);
    return NULL;
}

/* The library's cache is of the process, the choices are in a file: both are met at once. */
static void threads_choose_and_compute_the_same(void **state) {
    (void)state;
    char folder[64];
    static worker workers[THREADS];
    pthread_t threads[THREADS];
    cache_make(folder);
    for (int i = 0; i < THREADS; i++) {
        workers[i].first = 2 * i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].failed);
        assert_memory_equal(workers[i].kernels, workers[0].kernels, sizeof workers[0].kernels);
        assert_memory_equal(workers[i].hashes, workers[0].hashes, sizeof workers[0].hashes);
    }
    cache_drop(folder);
}

static void wrong_geometries_are_refused(void **state) {
    (void)state;
    char folder[64];
    weft_dnn_product *p, *untouched = (weft_dnn_product *)folder;
    const weft_dnn_geometry good = convolution(WEFT_F32, 2, 8, 8, 8, 3, 1);
    weft_dnn *dnn = checked_door(&good, folder, &p);
    static const struct {
        size_t field;
        int32_t value;
    } WRONG[] = {
        {offsetof(weft_dnn_geometry, batch), 0},
        {offsetof(weft_dnn_geometry, in_channels), -1},
        {offsetof(weft_dnn_geometry, out_channels), 0},
        {offsetof(weft_dnn_geometry, groups), 3},
        {offsetof(weft_dnn_geometry, groups), 0},
        {offsetof(weft_dnn_geometry, in_height), 0},
        {offsetof(weft_dnn_geometry, out_width), 0},
        {offsetof(weft_dnn_geometry, out_width), 6},
        {offsetof(weft_dnn_geometry, out_height), 10},
        {offsetof(weft_dnn_geometry, out_height), INT32_MAX},
        {offsetof(weft_dnn_geometry, kernel_width), 0},
        {offsetof(weft_dnn_geometry, kernel_height), INT32_MAX},
        {offsetof(weft_dnn_geometry, stride_height), 0},
        {offsetof(weft_dnn_geometry, pad_width), -1},
        {offsetof(weft_dnn_geometry, pad_width), 3},
        {offsetof(weft_dnn_geometry, dilation_width), 0},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        weft_dnn_geometry g = good;
        memcpy((char *)&g + WRONG[i].field, &WRONG[i].value, sizeof WRONG[i].value);
        p = untouched;
        assert_int_equal(weft_dnn_product_get(dnn, &g, &p, &error), WEFT_ERROR_INPUT);
        assert_ptr_equal(p, untouched);
    }
    weft_dnn_geometry g = good;
    g.type = 2;
    assert_int_equal(weft_dnn_product_get(dnn, &g, &p, &error), WEFT_ERROR_INTERNAL);
    drop_door(dnn, folder);
}

static void a_pass_that_was_not_asked_for_is_refused(void **state) {
    (void)state;
    char folder[64];
    weft_dnn_product *p;
    float numbers[16] = {0};
    weft_dnn_geometry g = convolution(WEFT_F32, 2, 8, 8, 8, 3, 1);
    g.input_gradient = 0;
    weft_dnn *dnn = checked_door(&g, folder, &p);
    const weft_dnn_places places = {0};
    assert_int_equal(weft_dnn_product_run(p, WEFT_DNN_BACKWARD_DATA, &places, &error),
                     WEFT_ERROR_INTERNAL);
    assert_int_equal(weft_dnn_product_pack(p, WEFT_DNN_BACKWARD_DATA, numbers, numbers, &error),
                     WEFT_ERROR_INTERNAL);
    assert_int_equal(weft_dnn_product_pack(p, WEFT_DNN_BACKWARD_WEIGHTS, numbers, numbers, &error),
                     WEFT_ERROR_INTERNAL);
    assert_int_equal(weft_dnn_product_scratch(p, WEFT_DNN_BACKWARD_DATA), 0);
    drop_door(dnn, folder);
    weft_dnn_destroy(NULL);
}

/* ---- a processor without bf16 ---------------------------------------------------------------- */

/* Run in a process in which oneDNN is told of AVX2 alone: 0 where all is as it should be. */
static int without_bf16(void) {
    weft_dnn *dnn;
    weft_dnn_product *p;
    weft_dnn_matmul *m;
    weft_dnn_geometry g = convolution(WEFT_BF16, 2, 8, 8, 8, 3, 1);
    const weft_dnn_matrix one = {1, 1, 1, 1};
    const weft_dnn_matmul_geometry product = {WEFT_BF16, 1, 1, 1, 1, 1, one, one, one};
    if (weft_dnn_has_bf16() || weft_dnn_create(&dnn, &error) != WEFT_OK) {
        return 1;
    }
    if (weft_dnn_product_get(dnn, &g, &p, &error) != WEFT_ERROR_UNAVAILABLE ||
        weft_dnn_matmul_get(dnn, &product, &m, &error) != WEFT_ERROR_UNAVAILABLE) {
        return 2;
    }
    g.type = WEFT_F32;
    int status = weft_dnn_product_get(dnn, &g, &p, &error) == WEFT_OK ? 0 : 3;
    weft_dnn_destroy(dnn);
    return status;
}

static const char WITHOUT[] = "--without-bf16";

static void bf16_is_refused_where_it_is_slow(void **state) {
    (void)state;
    char folder[64];
    cache_make(folder);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
        execl("/proc/self/exe", "test_onednn", WITHOUT, (char *)NULL);
        _exit(9);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    cache_drop(folder);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_layers_in_f32),
        cmocka_unit_test(random_layers_in_bf16),
        cmocka_unit_test(bf16_layers_compute_in_bf16),
        cmocka_unit_test(a_depthwise_stride_takes_the_fast_kernel),
        cmocka_unit_test(small_windows_with_strides_are_sampled),
        cmocka_unit_test(kernels_that_compute_wrong_are_left_out),
        cmocka_unit_test(taps_on_padding_get_zero),
        cmocka_unit_test(a_second_door_is_offered_the_same_kernels),
        cmocka_unit_test(padded_weights_have_room),
        cmocka_unit_test(linear_layers_avoid_reference_kernels),
        cmocka_unit_test(a_product_is_made_once),
        cmocka_unit_test(threads_of_openmp_are_left_alone),
        cmocka_unit_test(threads_choose_and_compute_the_same),
        cmocka_unit_test(wrong_geometries_are_refused),
        cmocka_unit_test(a_pass_that_was_not_asked_for_is_refused),
        cmocka_unit_test(bf16_is_refused_where_it_is_slow),
    };
    if (argc > 1 && strcmp(argv[1], WITHOUT) == 0) {
        return without_bf16();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
