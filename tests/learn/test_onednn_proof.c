/* SPDX-License-Identifier: Apache-2.0
 *
 * Proofs of kernels: right results hold, results with a part of the sum missing, a group shifted,
 * an image not written or bits of precision lost do not. The results are those of the test's own
 * reference, in the type that a kernel would write. */
#include "learn/onednn_proof.h"

#include "learn/dnn_support.h"

/* ---- layers ---------------------------------------------------------------------------------- */

typedef struct layer {
    weft_dnn_geometry g;
    layer_sums sums;
    place output, input_gradient, weights_gradient, bias_gradient;
} layer;

static double *filled(weft_dnn_slot slot, size_t n) {
    place p = place_make(n * sizeof(float));
    double *values = new_doubles(n);
    weft_dnn_fill(slot, WEFT_F32, n, p.data);
    for (size_t i = 0; i < n; i++) {
        values[i] = place_get(&p, WEFT_F32, i);
        assert_true(values[i] >= -1.0 && values[i] < 1.0);
        assert_true(values[i] == (double)weft_from_bf16(weft_to_bf16((float)values[i])));
    }
    place_free(&p, "operand");
    return values;
}

static place stored(const sums *s, weft_type type) {
    place p = place_make(s->n * weft_type_size(type));
    for (size_t i = 0; i < s->n; i++) {
        place_set(&p, type, i, (float)s->value[i]);
    }
    return p;
}

static layer layer_make(weft_dnn_geometry g) {
    layer l = {.g = g};
    double *x = filled(WEFT_DNN_SOURCE, input_size(&g));
    double *w = filled(WEFT_DNN_WEIGHTS, weights_size(&g));
    double *b = filled(WEFT_DNN_BIAS, (size_t)g.out_channels);
    double *dy = filled(WEFT_DNN_DESTINATION, output_size(&g));
    l.sums = layer_reference(&g, x, w, g.bias ? b : NULL, dy);
    l.output = stored(&l.sums.output, (weft_type)g.type);
    l.input_gradient = stored(&l.sums.input_gradient, (weft_type)g.type);
    l.weights_gradient = stored(&l.sums.weights_gradient, WEFT_F32);
    l.bias_gradient = stored(&l.sums.bias_gradient, WEFT_F32);
    free(x);
    free(w);
    free(b);
    free(dy);
    return l;
}

static void layer_free(layer *l) {
    layer_sums_free(&l->sums);
    place_free(&l->output, "output");
    place_free(&l->input_gradient, "input's gradient");
    place_free(&l->weights_gradient, "weights' gradient");
    place_free(&l->bias_gradient, "bias' gradient");
}

static bool holds(const layer *l, weft_dnn_pass pass) {
    const void *result = pass == WEFT_DNN_FORWARD         ? l->output.data
                         : pass == WEFT_DNN_BACKWARD_DATA ? l->input_gradient.data
                                                          : l->weights_gradient.data;
    return weft_dnn_layer_holds(&l->g, pass, result, l->g.bias ? l->bias_gradient.data : NULL);
}

/* Scaled by a little, as where a term is missing; or NaN from the middle on, as where a kernel
 * stops too early. */
static void check_spoilt(const layer *l, weft_dnn_pass pass, place *result, weft_type type) {
    size_t n = result->size / weft_type_size(type);
    void *kept = malloc(result->size);
    assert_non_null(kept);
    memcpy(kept, result->data, result->size);
    for (size_t i = 0; i < n; i++) {
        place_set(result, type, i, (float)(place_get(result, type, i) * 1.03));
    }
    assert_false(holds(l, pass));
    memcpy(result->data, kept, result->size);
    memset((char *)result->data + result->size / 2, 0xff, result->size - result->size / 2);
    assert_false(holds(l, pass));
    memcpy(result->data, kept, result->size);
    place_set(result, type, n - 1, 1e6F);
    assert_false(holds(l, pass));
    memcpy(result->data, kept, result->size);
    assert_true(holds(l, pass));
    free(kept);
}

static void check_layer(weft_dnn_geometry g) {
    for (int type = WEFT_F32; type <= WEFT_BF16; type++) {
        g.type = type;
        layer l = layer_make(g);
        for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
            assert_true(holds(&l, (weft_dnn_pass)pass));
        }
        check_spoilt(&l, WEFT_DNN_FORWARD, &l.output, (weft_type)type);
        check_spoilt(&l, WEFT_DNN_BACKWARD_DATA, &l.input_gradient, (weft_type)type);
        check_spoilt(&l, WEFT_DNN_BACKWARD_WEIGHTS, &l.weights_gradient, WEFT_F32);
        if (g.bias) {
            check_spoilt(&l, WEFT_DNN_BACKWARD_WEIGHTS, &l.bias_gradient, WEFT_F32);
        }
        layer_free(&l);
    }
}

static void convolutions_are_proven(void **state) {
    (void)state;
    weft_dnn_geometry g = {.bias = 1,
                           .input_gradient = 1,
                           .batch = 3,
                           .in_channels = 12,
                           .in_height = 9,
                           .in_width = 7,
                           .out_channels = 18,
                           .out_height = 4,
                           .out_width = 5,
                           .kernel_height = 3,
                           .kernel_width = 2,
                           .stride_height = 2,
                           .stride_width = 1,
                           .pad_height = 0,
                           .pad_width = 0,
                           .dilation_height = 1,
                           .dilation_width = 2,
                           .groups = 3};
    check_layer(g);
    g.pad_height = 1;
    g.out_height = 5;
    g.bias = 0;
    check_layer(g);
    g.groups = 1;
    check_layer(g);
}

static void linear_layers_are_proven(void **state) {
    (void)state;
    const weft_dnn_geometry g = {
        .linear = 1, .bias = 1, .batch = 17, .in_channels = 30, .out_channels = 11};
    check_layer(g);
}

/* One of 32 input channels left out of a bf16 layer. */
static void a_missing_channel_shows(void **state) {
    (void)state;
    weft_dnn_geometry g = {.type = WEFT_BF16,
                           .batch = 4,
                           .in_channels = 32,
                           .in_height = 5,
                           .in_width = 5,
                           .out_channels = 32,
                           .out_height = 5,
                           .out_width = 5,
                           .kernel_height = 1,
                           .kernel_width = 1,
                           .stride_height = 1,
                           .stride_width = 1,
                           .dilation_height = 1,
                           .dilation_width = 1,
                           .groups = 1};
    double *x = filled(WEFT_DNN_SOURCE, input_size(&g));
    double *w = filled(WEFT_DNN_WEIGHTS, weights_size(&g));
    double *dy = filled(WEFT_DNN_DESTINATION, output_size(&g));
    for (size_t i = 31; i < input_size(&g); i += 32) {
        x[i] = 0.0;
    }
    layer_sums wrong = layer_reference(&g, x, w, NULL, dy);
    place output = stored(&wrong.output, WEFT_BF16);
    assert_false(weft_dnn_layer_holds(&g, WEFT_DNN_FORWARD, output.data, NULL));
    place_free(&output, "output");
    layer_sums_free(&wrong);
    free(x);
    free(w);
    free(dy);
}

/* ---- products of two activations ------------------------------------------------------------- */

static void products_are_proven(void **state) {
    (void)state;
    enum { IMAGES = 3, HEADS = 2, ROWS = 5, INNER = 7, COLUMNS = 4 };
    const weft_dnn_matmul_geometry g = {
        WEFT_F32,
        IMAGES,
        HEADS,
        ROWS,
        INNER,
        COLUMNS,
        {HEADS * INNER * ROWS, INNER, HEADS * INNER, 1},      /* heads side by side */
        {HEADS * INNER * COLUMNS, INNER * COLUMNS, 1, INNER}, /* transposed */
        {HEADS * ROWS * COLUMNS, ROWS * COLUMNS, COLUMNS, 1}};
    double *a = filled(WEFT_DNN_SOURCE, IMAGES * HEADS * ROWS * INNER);
    double *b = filled(WEFT_DNN_WEIGHTS, IMAGES * HEADS * INNER * COLUMNS);
    float c[IMAGES][HEADS][ROWS][COLUMNS];
    for (int i = 0; i < IMAGES * HEADS * ROWS * COLUMNS; i++) {
        int n = i / (HEADS * ROWS * COLUMNS), h = i / (ROWS * COLUMNS) % HEADS;
        int row = i / COLUMNS % ROWS, column = i % COLUMNS;
        double sum = 0.0;
        for (int k = 0; k < INNER; k++) {
            sum += a[((n * ROWS + row) * HEADS + h) * INNER + k] *
                   b[((n * HEADS + h) * COLUMNS + column) * INNER + k];
        }
        c[n][h][row][column] = (float)sum;
    }
    assert_true(weft_dnn_matmul_holds(&g, c));
    c[IMAGES - 1][HEADS - 1][ROWS - 1][COLUMNS - 1] += 0.1F;
    assert_false(weft_dnn_matmul_holds(&g, c));
    c[IMAGES - 1][HEADS - 1][ROWS - 1][COLUMNS - 1] -= 0.1F;
    memcpy(c[1], c[0], sizeof c[1]); /* the wrong image */
    assert_false(weft_dnn_matmul_holds(&g, c));
    free(a);
    free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_are_proven),
        cmocka_unit_test(linear_layers_are_proven),
        cmocka_unit_test(a_missing_channel_shows),
        cmocka_unit_test(products_are_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
