/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers in integers against the same layer of fake-quantized values in double, which is written for
 * channels first and padded maps; folded batch norms against a batch norm behind the layer. */
#include "learn/quant_integer.h"

#include "learn/quant_fold.h"
#include "learn/quant_support.h"

enum { SEED = 20240720, MAX_SIDE = 9 };

/* ---- a layer at random ----------------------------------------------------------------------- */

typedef struct layer_case {
    weft_network *network;
    weft_layer layer; /* as the network inferred it; its edges are the network's */
    size_t images, in, out, depth;
    float *x, *w, *bias; /* channels last; (out, in / groups, k, k); (out) */
} layer_case;

static weft_layer random_layer(weft_rng *rng, weft_shape shape) {
    weft_layer layer = {.op = WEFT_OP_CONV, .n_inputs = 1, .block = WEFT_NO_BLOCK, .bias = true};
    int kind = int_between(rng, 0, 3);
    if (kind == 0) {
        layer.op = WEFT_OP_LINEAR;
        layer.out_channels = int_between(rng, 1, 7);
        return layer;
    }
    bool depthwise = kind == 1;
    layer.groups = depthwise ? shape.channels : shape.channels % 2 == 0 ? 2 : 1;
    layer.out_channels = depthwise ? shape.channels : layer.groups * int_between(rng, 1, 4);
    layer.kernel = (weft_extent){int_between(rng, 1, 3), int_between(rng, 1, 3)};
    layer.stride = (weft_extent){int_between(rng, 1, 2), int_between(rng, 1, 2)};
    layer.pad = (weft_extent){int_between(rng, 0, 2), int_between(rng, 0, 2)};
    layer.dilation = (weft_extent){int_between(rng, 1, 2), int_between(rng, 1, 2)};
    return layer;
}

static size_t size_of(weft_shape s) {
    return (size_t)s.channels * (size_t)s.height * (size_t)s.width;
}

static layer_case layer_make(weft_rng *rng) {
    weft_error error;
    layer_case c = {.images = (size_t)int_between(rng, 1, 3)};
    weft_shape shape = {int_between(rng, 1, 6), int_between(rng, 5, MAX_SIDE),
                        int_between(rng, 5, MAX_SIDE)};
    weft_layer layer = random_layer(rng, shape);
    shape.width = layer.op == WEFT_OP_LINEAR ? 1 : shape.width;
    MUST(weft_network_create("random", shape, &c.network, &error));
    const int32_t producer = 0;
    int32_t index;
    layer.input = &producer;
    MUST(weft_network_add(c.network, &layer, &index, &error));
    c.layer = c.network->layers[index];
    size_t groups = c.layer.op == WEFT_OP_CONV ? (size_t)c.layer.groups : 1;
    size_t kernel = c.layer.op == WEFT_OP_CONV
                        ? (size_t)c.layer.kernel.height * (size_t)c.layer.kernel.width
                        : 1;
    c.in = c.images * size_of(c.layer.in);
    c.out = c.images * size_of(c.layer.out);
    c.depth = (size_t)c.layer.in.channels / groups * kernel;
    c.x = normal_values(rng, WEFT_F32, c.in, 1.0);
    c.w = normal_values(rng, WEFT_F32, c.depth * (size_t)c.layer.out.channels, 0.5);
    c.bias = normal_values(rng, WEFT_F32, (size_t)c.layer.out.channels, 1.0);
    return c;
}

static void layer_free(layer_case *c) {
    weft_network_destroy(c->network);
    free(c->x);
    free(c->w);
    free(c->bias);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* One image, one input channel, with zeros around it. */
typedef struct padded {
    double at[MAX_SIDE + 4][MAX_SIDE + 4];
} padded;

static void pad_channel(const weft_layer *l, const float *x, size_t image, int channel, padded *p) {
    memset(p, 0, sizeof *p);
    int up = l->op == WEFT_OP_CONV ? l->pad.height : 0,
        left = l->op == WEFT_OP_CONV ? l->pad.width : 0;
    for (int h = 0; h < l->in.height; h++) {
        for (int w = 0; w < l->in.width; w++) {
            size_t pixel = (image * (size_t)l->in.height + (size_t)h) * (size_t)l->in.width +
                           (size_t)w;
            p->at[h + up][w + left] = (double)x[pixel * (size_t)l->in.channels + (size_t)channel];
        }
    }
}

/* Adds what an input channel gives to an output channel, spread from the kernel's taps. */
static void add_channel(const weft_layer *l, const padded *p, const float *kernel, size_t image,
                        int m, double *y) {
    bool conv = l->op == WEFT_OP_CONV;
    int rows = conv ? l->kernel.height : 1, columns = conv ? l->kernel.width : 1;
    weft_extent stride = conv ? l->stride : (weft_extent){1, 1};
    weft_extent dilation = conv ? l->dilation : (weft_extent){1, 1};
    for (int tap = 0; tap < rows * columns; tap++) {
        int r = tap / columns * dilation.height, s = tap % columns * dilation.width;
        for (int i = 0; i < l->out.height * l->out.width; i++) {
            int h = i / l->out.width * stride.height + r, w = i % l->out.width * stride.width + s;
            size_t pixel = image * (size_t)(l->out.height * l->out.width) + (size_t)i;
            y[pixel * (size_t)l->out.channels + (size_t)m] += (double)kernel[tap] * p->at[h][w];
        }
    }
}

/* y (images, height, width, out) without a bias. */
static void reference(const layer_case *c, const float *x, const float *w, double *y) {
    const weft_layer *l = &c->layer;
    int groups = l->op == WEFT_OP_CONV ? l->groups : 1;
    int ins = l->in.channels / groups, outs = l->out.channels / groups;
    size_t kernel = c->depth / (size_t)ins;
    memset(y, 0, c->out * sizeof *y);
    for (size_t image = 0; image < c->images; image++) {
        for (int channel = 0; channel < l->in.channels; channel++) {
            padded p;
            pad_channel(l, x, image, channel, &p);
            for (int k = 0; k < outs; k++) {
                int m = channel / ins * outs + k;
                const float *taps = w + (size_t)m * c->depth + (size_t)(channel % ins) * kernel;
                add_channel(l, &p, taps, image, m, y);
            }
        }
    }
}

/* ---- integers -------------------------------------------------------------------------------- */

static weft_quantized *quantize(weft_quant_array array, const float *x, int32_t bits,
                                bool is_signed, int32_t zero, double spread, float *fake) {
    weft_error error;
    weft_quantized *made = NULL;
    weft_quant_range range = is_signed ? weft_quant_range_of(bits, true)
                                       : weft_quant_range_around(bits, zero);
    float *steps = malloc(array.rows * sizeof *steps);
    for (size_t row = 0; row < array.rows; row++) {
        steps[row] = (float)(spread * (1.0 + 0.1 * (double)row) / range.high);
    }
    MUST(weft_quantized_create(array, x, bits, is_signed, zero, steps, &made, &error));
    weft_quant_forward(array, range, steps, x, fake);
    free(steps);
    return made;
}

static void check_layer(weft_rng *rng, const layer_case *c) {
    weft_error error;
    int32_t x_bits = int_between(rng, 2, 8), w_bits = int_between(rng, 2, 8);
    bool x_signed = int_between(rng, 0, 1) == 0, by_channel = int_between(rng, 0, 1) == 0;
    int32_t zero = x_signed ? 0 : int_between(rng, 0, (1 << x_bits) - 2);
    size_t outs = (size_t)c->layer.out.channels;
    float *x = malloc(c->in * sizeof *x), *w = malloc(outs * c->depth * sizeof *w);
    weft_quantized *inputs =
        quantize((weft_quant_array){WEFT_F32, 1, c->in}, c->x, x_bits, x_signed, zero, 2.5, x);
    weft_quant_array rows = by_channel ? (weft_quant_array){WEFT_F32, outs, c->depth}
                                       : (weft_quant_array){WEFT_F32, 1, outs * c->depth};
    weft_quantized *weights = quantize(rows, c->w, w_bits, true, 0, 1.2, w);
    int32_t *sums = malloc(c->out * sizeof *sums);
    float *y = malloc(c->out * sizeof *y);
    double *expected = malloc(c->out * sizeof *expected);
    MUST(weft_quant_sums(&c->layer, inputs, c->images, weights, sums, &error));
    weft_quant_scale(&c->layer, inputs, c->images, weights, c->bias, sums, y);
    reference(c, x, w, expected);
    /* Each fake value is rounded once: 2^-24 each for weight, input and result. */
    for (size_t i = 0; i < c->out; i++) {
        double want = expected[i] + (double)c->bias[i % outs];
        double most = 3.0 * ldexp(1.0, -24) * ((double)c->depth * 10.0 + fabs(want));
        assert_true(fabs((double)y[i] - want) <= most);
    }
    free(x);
    free(w);
    free(sums);
    free(y);
    free(expected);
    weft_quantized_destroy(inputs);
    weft_quantized_destroy(weights);
}

static void test_layers(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(300); k++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)k);
        layer_case c = layer_make(&rng);
        check_layer(&rng, &c);
        layer_free(&c);
    }
}

/* ---- folded batch norms ---------------------------------------------------------------------- */

static void test_fold(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(100); k++) {
        weft_rng rng = weft_rng_make(SEED + 1, WEFT_PURPOSE_TEST, (uint64_t)k);
        layer_case c = layer_make(&rng);
        size_t outs = (size_t)c.layer.out.channels;
        float *gamma = normal_values(&rng, WEFT_F32, outs, 1.0);
        float *beta = normal_values(&rng, WEFT_F32, outs, 1.0);
        float *mean = normal_values(&rng, WEFT_F32, outs, 1.0);
        float *variance = normal_values(&rng, WEFT_F32, outs, 1.0);
        for (size_t m = 0; m < outs; m++) {
            variance[m] *= variance[m];
        }
        const weft_quant_norm norm = {gamma, beta, mean, variance, 1e-5};
        const float *bias = k % 3 == 0 ? NULL : c.bias;
        float *w = malloc(outs * c.depth * sizeof *w), *b = malloc(outs * sizeof *b);
        double *plain = malloc(c.out * sizeof *plain), *folded = malloc(c.out * sizeof *folded);
        weft_quant_fold(&norm, outs, c.depth, c.w, bias, w, b);
        reference(&c, c.x, c.w, plain);
        reference(&c, c.x, w, folded);
        for (size_t i = 0; i < c.out; i++) {
            size_t m = i % outs;
            double z = plain[i] + (bias != NULL ? (double)bias[m] : 0.0);
            double scale = (double)gamma[m] / sqrt((double)variance[m] + 1e-5);
            double want = (z - (double)mean[m]) * scale + (double)beta[m];
            double most = 1e-6 * (1.0 + fabs(scale) * (10.0 + (double)c.depth));
            assert_true(fabs(folded[i] + (double)b[m] - want) <= most);
        }
        float *place = malloc(outs * c.depth * sizeof *place);
        memcpy(place, c.w, outs * c.depth * sizeof *place);
        weft_quant_fold(&norm, outs, c.depth, place, bias, place, mean);
        assert_memory_equal(place, w, outs * c.depth * sizeof *place);
        assert_memory_equal(mean, b, outs * sizeof *b);
        float *all[] = {gamma, beta, mean, variance, w, b, place};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            free(all[i]);
        }
        free(plain);
        free(folded);
        layer_free(&c);
    }
}

/* ---- refused --------------------------------------------------------------------------------- */

static void expect_refused(const weft_layer *layer, weft_quantized *inputs, weft_quantized *weights,
                           const char *says) {
    weft_error error;
    int32_t sums[4] = {42};
    assert_int_equal(weft_quant_sums(layer, inputs, 1, weights, sums, &error), WEFT_ERROR_INPUT);
    assert_int_equal(sums[0], 42);
    if (strstr(error.message, says) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, says);
    }
}

static void test_refused(void **state) {
    (void)state;
    /* 255 * 127 * 66311 is the last product of 8 bits below 2^31. */
    enum { MOST = 66311 };
    float one = 1.0F;
    weft_layer layer = {.op = WEFT_OP_LINEAR, .in = {MOST + 1, 1, 1}, .out = {1, 1, 1}};
    uint8_t *x = calloc(MOST + 1, 1);
    int8_t *w = calloc(MOST + 1, 1);
    weft_quantized inputs = {8, false, 1, MOST + 1, 0, &one, x};
    weft_quantized weights = {8, true, 1, MOST + 1, 0, &one, w};
    expect_refused(&layer, &inputs, &weights, "at most 66311");
    memset(x, 255, MOST + 1);
    memset(w, 127, MOST + 1);
    layer.in.channels = MOST;
    expect_refused(&layer, &inputs, &weights, "expected 1 x 66311");
    inputs.n = MOST;
    expect_refused(&layer, &inputs, &weights, "weights of 1 x 66312");
    weights.n = MOST;
    weft_error error;
    int32_t sum;
    MUST(weft_quant_sums(&layer, &inputs, 1, &weights, &sum, &error));
    assert_int_equal(sum, 255 * 127 * MOST);
    layer.op = WEFT_OP_MATMUL;
    expect_refused(&layer, &inputs, &weights, "expected conv or linear");
    free(x);
    free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
