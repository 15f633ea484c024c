/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantization after training: the integers and steps are those of the folded weights, a chip that
 * computes with them gets what the engine gets, few bits cost little, and what cannot be is told. */
#include "learn/train_support.h"

#include <unistd.h>

#include "learn/batch.h"
#include "learn/chip_support.h"
#include "learn/data.h"
#include "learn/ptq.h"
#include "learn/quant_integer.h"
#include "learn/safetensors.h"
#include "learn/train_file.h"

static const weft_shape SHAPE = {3, 8, 8};
static char folder[64];
static weft_dataset dataset;
static weft_network *network;
static char weights[128], trained4[128];

static weft_train_settings train_settings(void) {
    weft_train_settings settings;
    weft_train_defaults(&settings);
    settings.seed = 3;
    settings.batch = 16;
    settings.epochs = 4;
    settings.learning_rate = 0.05;
    settings.crop_pad = 0;
    settings.flip = false;
    settings.split = WEFT_SPLIT_TEST;
    return settings;
}

static weft_quantize_settings quantize_settings(int bits) {
    weft_quantize_settings settings;
    weft_quantize_defaults(&settings);
    settings.train = train_settings();
    settings.train.quant.weight_bits = settings.train.quant.input_bits = bits;
    settings.train.weights = weights;
    settings.images = 200;
    return settings;
}

/* A network trained in reals and one trained with 4 bits, once for all tests. */
static int set_up(void **state) {
    (void)state;
    weft_error error;
    weft_train_result result;
    snprintf(folder, sizeof folder, "/tmp/weft-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(weights, sizeof weights, "%s/real.safetensors", folder);
    snprintf(trained4, sizeof trained4, "%s/four.safetensors", folder);
    synthetic_make(&dataset, SHAPE, 5, 400, 300, 110);
    network = small_network("V8,R12", &dataset);
    weft_train_settings settings = train_settings();
    settings.save = weights;
    MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    weft_network_destroy(network);
    synthetic_free(&dataset);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command); /* a folder that this test made */
}

/* ---- what the file holds --------------------------------------------------------------------- */

typedef struct opened {
    weft_bytes bytes;
    weft_bundle bundle;
} opened;

static opened open_file(const char *path) {
    weft_error error;
    opened made = {0};
    MUST(weft_bytes_read(path, &made.bytes, &error));
    MUST(weft_bundle_parse(made.bytes.data, made.bytes.size, &made.bundle, &error));
    return made;
}

static void close_file(opened *file) {
    weft_bundle_destroy(&file->bundle);
    free(file->bytes.data);
}

static const void *array_of(const opened *file, int layer, const char *what, size_t *n) {
    char name[64];
    snprintf(name, sizeof name, "%d.%s.%s", layer, weft_op_token(network->layers[layer].op), what);
    const weft_bundle_array *array = weft_bundle_find(&file->bundle, name);
    *n = 0;
    if (array == NULL) {
        fail_msg("there is no %s", name);
        return NULL;
    }
    *n = array->n;
    return array->values;
}

/* The batch norm right behind a layer; the networks here have them there. */
static int norm_of(int layer) {
    return network->layers[layer + 1].op == WEFT_OP_BATCH_NORM ? layer + 1 : -1;
}

/* Scale and shift of a channel of a layer, from the weights' file: y = a (w x) + b. */
static void affine(const opened *real, int layer, size_t c, double *a, double *b) {
    size_t n;
    double bias =
        network->layers[layer].bias ? ((const float *)array_of(real, layer, "bias", &n))[c] : 0.0;
    int norm = norm_of(layer);
    *a = 1.0;
    *b = bias;
    if (norm >= 0) {
        double gamma = ((const float *)array_of(real, norm, "weight", &n))[c];
        double beta = ((const float *)array_of(real, norm, "bias", &n))[c];
        double mean = ((const float *)array_of(real, norm, "mean", &n))[c];
        double variance = ((const float *)array_of(real, norm, "variance", &n))[c];
        *a = gamma / sqrt(variance + 1e-5);
        *b = *a * (bias - mean) + beta;
    }
}

static bool is_product(int layer) {
    weft_op op = network->layers[layer].op;
    return op == WEFT_OP_CONV || op == WEFT_OP_LINEAR;
}

/* Each integer is the nearest one of a folded weight in steps, within the range of its bits. */
static void check_layer(const opened *real, const opened *file, int layer, int bits) {
    size_t n, channels, steps;
    const int8_t *integers = array_of(file, layer, "integers", &n);
    const float *step = array_of(file, layer, "steps", &steps);
    const float *bias = array_of(file, layer, "bias", &channels);
    const float *w = array_of(real, layer, "weight", &n);
    assert_int_equal(channels, network->layers[layer].out.channels);
    double most = (1 << (bits - 1)) - 1;
    for (size_t c = 0; c < channels; c++) {
        double a, b, s = step[steps == 1 ? 0 : c];
        affine(real, layer, c, &a, &b);
        assert_true(fabs(bias[c] - b) <= 1e-5 * (1.0 + fabs(b)));
        for (size_t i = c * n / channels; i < (c + 1) * n / channels; i++) {
            double v = fmin(fmax(a * w[i] / s, -most), most);
            assert_true(abs(integers[i]) <= most);
            assert_true(fabs(integers[i] - v) <= 0.5 + 1e-4);
        }
    }
}

static void test_integers_are_the_folded_weights(void **state) {
    (void)state;
    static const weft_quant_calibration ways[] = {WEFT_QUANT_CALIBRATION_MIN_MAX,
                                                  WEFT_QUANT_CALIBRATION_PERCENTILE,
                                                  WEFT_QUANT_CALIBRATION_ERROR};
    weft_error error;
    char path[128];
    snprintf(path, sizeof path, "%s/integers.safetensors", folder);
    opened real = open_file(weights);
    for (int round = 0; round < 6; round++) {
        weft_quantize_settings settings = quantize_settings(round % 2 == 0 ? 8 : 3);
        settings.train.quant.calibration = ways[round / 2];
        settings.train.quant.per_channel = round != 1;
        settings.train.quant.ends_at_8 = false;
        settings.train.save = path;
        weft_quantize_result result;
        MUST(weft_quantize(network, &dataset, &settings, NULL, &result, &error));
        opened file = open_file(path);
        int layers = 0;
        for (int i = 0; i < network->n_layers; i++) {
            if (is_product(i)) {
                check_layer(&real, &file, i, settings.train.quant.weight_bits);
                layers++;
            }
        }
        assert_int_equal(result.layers, layers);
        assert_true(result.norms > 0);
        assert_int_equal(result.weight_bits, result.weights * settings.train.quant.weight_bits);
        close_file(&file);
    }
    close_file(&real);
}

/* ---- the engine and the integers ------------------------------------------------------------- */

typedef struct applied {
    weft_crew *crew;
    weft_engine *engine;
    weft_ptq ptq;
} applied;

static void load_test_images(void *context, int64_t first, int64_t n) {
    weft_engine *engine = context;
    weft_normaliser normaliser;
    weft_normaliser_fill(&dataset, &normaliser);
    const weft_view as_it_is = {0};
    for (int64_t i = 0; i < n; i++) {
        weft_view_fill(&normaliser,
                       dataset.test.pixels + (size_t)(first + i) * engine->image_values, &as_it_is,
                       WEFT_F32, (float *)engine->images + (size_t)i * engine->image_values);
    }
}

/* Calibrated on test images, of which the first batch is left in the engine. */
static applied apply(const weft_quant_settings *quant) {
    enum { BATCH = 16, IMAGES = 56 };
    weft_error error;
    applied made = {0};
    weft_engine *real;
    MUST(weft_crew_create(1, &made.crew, &error));
    MUST(weft_ptq_begin(network, quant, &made.ptq, &error));
    weft_engine_settings settings = {.batch = BATCH, .type = WEFT_F32};
    MUST(weft_engine_create(network, made.crew, &settings, &real, &error));
    MUST(weft_engine_load(real, weights, &error));
    const weft_ptq_images images = {IMAGES, load_test_images, real};
    MUST(weft_ptq_calibrate(&made.ptq, real, &images, NULL, &error));
    weft_engine_destroy(real);
    settings.quant = quant;
    MUST(weft_engine_create(network, made.crew, &settings, &made.engine, &error));
    MUST(weft_engine_load(made.engine, weights, &error));
    MUST(weft_ptq_apply(&made.ptq, made.engine, &error));
    load_test_images(made.engine, 0, BATCH);
    return made;
}

static void applied_free(applied *a) {
    weft_engine_destroy(a->engine);
    weft_ptq_free(&a->ptq);
    weft_crew_destroy(a->crew);
}

static weft_quant_settings bits_of(int bits) {
    weft_quant_settings settings = quantize_settings(bits).train.quant;
    settings.ends_at_8 = false;
    return settings;
}

/* Integers times steps are, to the bit, what the engine multiplies with. */
static void test_values_are_the_engines(void **state) {
    (void)state;
    weft_error error;
    for (int bits = 2; bits <= 8; bits += 3) {
        const weft_quant_settings quant = bits_of(bits);
        applied a = apply(&quant);
        MUST(weft_engine_forward(a.engine, WEFT_MODE_EVALUATE, NULL, &error));
        size_t seen = 0;
        for (int i = 0; i < a.ptq.n; i++) {
            const weft_quantized *q = a.ptq.layers[i].weights;
            const weft_stage *stage = weft_engine_stage(a.engine, a.ptq.layers[i].layer);
            float *values = malloc(q->rows * q->n * sizeof *values);
            assert_non_null(values);
            weft_quantized_values(q, values);
            const float *engine = weft_stage_weights(a.engine, stage);
            for (size_t k = 0; k < q->rows * q->n; k++, seen++) {
                assert_true(values[k] == engine[k]);
            }
            free(values);
        }
        assert_true(seen > 1000);
        applied_free(&a);
    }
}

/* The first layer on integers alone gives what the engine's convolution and batch norm give. */
static void test_integer_layer(void **state) {
    (void)state;
    weft_error error;
    const weft_quant_settings quant = bits_of(5);
    applied a = apply(&quant);
    const weft_ptq_layer *layer = &a.ptq.layers[0];
    const weft_layer *conv = &network->layers[layer->layer];
    size_t images = (size_t)a.engine->settings.batch;
    size_t n = images * (size_t)conv->out.height * (size_t)conv->out.width *
               (size_t)conv->out.channels;
    weft_quantized *inputs;
    MUST(weft_quantized_create((weft_quant_array){WEFT_F32, 1, images * a.engine->image_values},
                               a.engine->images, layer->bits[0], layer->range[0].low < 0, 0,
                               &layer->step[0], &inputs, &error));
    int32_t *sums = malloc(n * sizeof *sums);
    float *outputs = malloc(n * sizeof *outputs);
    assert_true(sums != NULL && outputs != NULL);
    MUST(weft_quant_sums(conv, inputs, images, layer->weights, sums, &error));
    weft_quant_scale(conv, inputs, images, layer->weights, layer->bias, sums, outputs);
    MUST(weft_engine_begin(a.engine, WEFT_MODE_EVALUATE, &error));
    const weft_stage *norm = weft_engine_stage(a.engine, layer->norm);
    for (int s = 0; s <= norm->index; s++) {
        MUST(weft_engine_forward_stage(a.engine, s, &error));
    }
    assert_int_equal(norm->tail, WEFT_TAIL_RELU);
    const float *engine = weft_lane_values(a.engine, &a.engine->lanes[0], norm->output);
    double worst = 0.0, largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs(fmax(outputs[i], 0.0) - engine[i]));
        largest = fmax(largest, fabs(engine[i]));
    }
    assert_true(largest > 0.1 && worst <= 1e-5 * largest);
    free(outputs);
    free(sums);
    weft_quantized_destroy(inputs);
    applied_free(&a);
}

/* ---- accuracy -------------------------------------------------------------------------------- */

static void test_eight_bits_cost_little(void **state) {
    (void)state;
    weft_error error;
    weft_quantize_settings settings = quantize_settings(8);
    weft_quantize_result eight, again, two;
    MUST(weft_quantize(network, &dataset, &settings, NULL, &eight, &error));
    assert_true(eight.real_accuracy > 0.8);
    assert_true(fabs(eight.accuracy - eight.real_accuracy) <= 0.005);
    assert_true(eight.loss != eight.real_loss && fabs(eight.loss / eight.real_loss - 1.0) < 0.1);
    assert_int_equal(eight.images_measured, 300);
    assert_in_range(eight.images_calibrated, 190, 210);
    MUST(weft_quantize(network, &dataset, &settings, NULL, &again, &error));
    assert_true(again.loss == eight.loss && again.accuracy == eight.accuracy);
    settings = quantize_settings(2);
    settings.train.quant.ends_at_8 = false;
    MUST(weft_quantize(network, &dataset, &settings, NULL, &two, &error));
    assert_true(two.real_loss == eight.real_loss && two.loss > eight.loss);
}

/* Trained steps: what is measured is what the training measured, and the integers times their steps
 * are the rounded weights before folding times a. */
static void test_trained_steps(void **state) {
    (void)state;
    weft_error error;
    weft_train_result trained;
    weft_train_settings train = train_settings();
    train.quantize = true;
    train.quant.weight_bits = train.quant.input_bits = 4;
    train.save = trained4;
    MUST(weft_train(network, &dataset, &train, NULL, NULL, NULL, &trained, &error));
    char path[128];
    snprintf(path, sizeof path, "%s/trained.safetensors", folder);
    weft_quantize_settings settings = quantize_settings(4);
    settings.train.quant.calibration = WEFT_QUANT_CALIBRATION_TRAINED;
    settings.train.weights = trained4;
    settings.train.save = path;
    weft_quantize_result result;
    MUST(weft_quantize(network, &dataset, &settings, NULL, &result, &error));
    assert_int_equal(result.images_calibrated, 0);
    assert_true(result.accuracy == trained.accuracy && result.loss == trained.loss);
    opened real = open_file(trained4), file = open_file(path);
    for (int i = 0; i < network->n_layers; i++) {
        if (!is_product(i)) {
            continue;
        }
        size_t n, channels, steps;
        const int8_t *integers = array_of(&file, i, "integers", &n);
        const float *step = array_of(&file, i, "steps", &channels);
        const float *learned = array_of(&real, i, "weight_step", &steps);
        const float *w = array_of(&real, i, "weight", &n);
        int64_t format[5];
        memcpy(format, array_of(&file, i, "format", &n), sizeof format);
        assert_true(format[0] == 4 || format[0] == 8);
        array_of(&file, i, "integers", &n);
        double most = (1 << (format[0] - 1)) - 1;
        for (size_t c = 0; c < channels; c++) {
            double a, b, s = learned[steps == 1 ? 0 : c];
            affine(&real, i, c, &a, &b);
            for (size_t k = c * n / channels; k < (c + 1) * n / channels; k++) {
                double rounded = s * nearbyint(fmin(fmax((double)w[k] / s, -most), most));
                double made = (double)integers[k] * step[c];
                assert_true(fabs(made - a * rounded) <= 1e-5 * fabs(a * rounded));
            }
        }
    }
    close_file(&file);
    close_file(&real);
}

/* Trained steps are of the bits and rows that they were trained for: a training with others begins them
 * anew, and who asks for them as they were is told. */
static void test_steps_of_other_bits(void **state) {
    (void)state;
    static const struct {
        int bits;
        bool per_channel, takes_weight_step, takes_input_step;
    } rows[] = {{4, true, true, true}, {2, true, false, false}, {4, false, false, true}};
    weft_error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weft_quant_settings quant = quantize_settings(rows[i].bits).train.quant;
        quant.per_channel = rows[i].per_channel;
        rig made = rig_open(network, (weft_engine_settings){.batch = 4, .quant = &quant}, 1);
        int conv = norm_of(1) + 2; /* the second: ends have 8 bits */
        float weight_step[8], input_step;
        MUST(weft_engine_load(made.engine, trained4, &error));
        MUST(weft_engine_get(made.engine, conv, WEFT_SLOT_WEIGHT_STEP, false, weight_step, &error));
        MUST(weft_engine_get(made.engine, conv, WEFT_SLOT_INPUT_STEP, false, &input_step, &error));
        assert_int_equal(weight_step[0] != 0.0F, rows[i].takes_weight_step);
        assert_int_equal(input_step != 0.0F, rows[i].takes_input_step);
        bool same = rows[i].takes_weight_step && rows[i].takes_input_step;
        assert_int_equal(weft_engine_load_trained(made.engine, trained4, &error),
                         same ? WEFT_OK : WEFT_ERROR_INPUT);
        rig_close(&made);
    }
    assert_non_null(strstr(error.message, "weight_step\" was trained as 8 for "));
    assert_non_null(strstr(error.message, "expected 1 for "));
}

/* Tokens of the mean of each quarter, scores of queries and keys that are not below 0, and a mean of
 * values of both signs. */
static weft_network *attending(int *scores, int *mix) {
    weft_network *made = network_of("attending", SHAPE.channels, SHAPE.height, SHAPE.width);
    next(made, average_layer(2));
    next(made, plain_layer(WEFT_OP_TOKENS));
    int norm = next(made, plain_layer(WEFT_OP_LAYER_NORM));
    int q = grow(made, linear_layer(4), norm, -1);
    int k = grow(made, linear_layer(4), norm, -1);
    int v = grow(made, linear_layer(4), norm, -1);
    k = grow(made, plain_layer(WEFT_OP_RELU), k, -1);
    *scores = grow(made, matmul_layer(1, true), q, k);
    int weights_of_values = grow(made, softmax_layer(1), *scores, -1);
    *mix = grow(made, matmul_layer(1, false), weights_of_values, v);
    grow_head(made, 5);
    return made;
}

static void expect_format(const opened *file, int layer, int64_t input_sign, int64_t second_sign) {
    char name[64];
    int64_t format[5];
    snprintf(name, sizeof name, "%d.matmul.format", layer);
    const weft_bundle_array *array = weft_bundle_find(&file->bundle, name);
    assert_non_null(array);
    memcpy(format, array->values, sizeof format);
    assert_true(format[0] == 4 && format[1] == 4 && format[4] == 0);
    assert_true(format[2] == input_sign && format[3] == second_sign);
}

static void test_signs_of_both_operands(void **state) {
    (void)state;
    weft_error error;
    char path[128], integers[128];
    int scores, mix;
    snprintf(path, sizeof path, "%s/attending.safetensors", folder);
    snprintf(integers, sizeof integers, "%s/attending.integers.safetensors", folder);
    weft_network *attends = attending(&scores, &mix);
    weft_train_settings train = train_settings();
    weft_train_result trained;
    train.epochs = 0.2;
    train.save = path;
    MUST(weft_train(attends, &dataset, &train, NULL, NULL, NULL, &trained, &error));
    weft_quantize_settings settings = quantize_settings(4);
    settings.train.weights = path;
    settings.train.save = integers;
    weft_quantize_result result;
    MUST(weft_quantize(attends, &dataset, &settings, NULL, &result, &error));
    opened file = open_file(integers);
    expect_format(&file, scores, 1, 0);
    expect_format(&file, mix, 0, 1);
    close_file(&file);
    weft_network_destroy(attends);
}

/* ---- what cannot be -------------------------------------------------------------------------- */

static void refuse(const weft_network *asked, const weft_quantize_settings *settings,
                   weft_status status, const char *word) {
    weft_error error = {0};
    weft_quantize_result result = {.layers = -1};
    assert_int_equal(weft_quantize(asked, &dataset, settings, NULL, &result, &error), status);
    assert_int_equal(result.layers, -1);
    if (strstr(error.message, word) == NULL && strstr(error.hint, word) == NULL) {
        fail_msg("'%s' is neither in \"%s\" nor in \"%s\"", word, error.message, error.hint);
    }
}

static void test_refused(void **state) {
    (void)state;
    weft_quantize_settings settings = quantize_settings(9);
    refuse(network, &settings, WEFT_ERROR_INPUT, "9 bits of weights; expected 2 .. 8");
    settings = quantize_settings(1);
    refuse(network, &settings, WEFT_ERROR_INPUT, "1 bits");
    settings = quantize_settings(8);
    settings.train.weights = NULL;
    refuse(network, &settings, WEFT_ERROR_INPUT, "no trained weights");
    settings.train.weights = "/nowhere/weights";
    refuse(network, &settings, WEFT_ERROR_IO, "");
    settings = quantize_settings(8);
    settings.images = 0;
    refuse(network, &settings, WEFT_ERROR_INPUT, "0 images");
    settings = quantize_settings(8);
    settings.train.quant.calibration = WEFT_QUANT_CALIBRATION_TRAINED;
    refuse(network, &settings, WEFT_ERROR_INPUT, "no trained step");
    weft_network *other = small_network("V8,V12", &dataset);
    settings = quantize_settings(8);
    refuse(other, &settings, WEFT_ERROR_INPUT, "these weights, of imc:V8,R12");
    weft_network_destroy(other);
}

static void test_chip(void **state) {
    (void)state;
    weft_error error;
    weft_quantize_settings settings = quantize_settings(8);
    weft_quantize_result result;
    weft_priced *any = small_chip("  inputs: {bits: 8, encoding: offset-if-signed}\n"
                                  "  weights: {bits: 8, encoding: offset, slice: 2}\n");
    settings.priced = any;
    MUST(weft_quantize(network, &dataset, &settings, NULL, &result, &error));
    weft_priced_destroy(any);
    weft_priced *few = small_chip("  inputs: {bits: 8, encoding: offset-if-signed}\n"
                                  "  weights: {bits: 4, code: 4, encoding: offset, slice: 2}\n");
    settings.priced = few;
    refuse(network, &settings, WEFT_ERROR_INFEASIBLE, "cannot hold 8 bits of weights");
    refuse(network, &settings, WEFT_ERROR_INFEASIBLE, "at most 4 bits of weights");
    settings.train.quant.weight_bits = 4;
    refuse(network, &settings, WEFT_ERROR_INFEASIBLE, "layer 1 (conv)");
    settings.train.quant.ends_at_8 = false;
    MUST(weft_quantize(network, &dataset, &settings, NULL, &result, &error));
    weft_priced_destroy(few);
}

static void test_stops(void **state) {
    (void)state;
    weft_error error;
    weft_stop stop;
    atomic_init(&stop.requested, true);
    weft_quantize_settings settings = quantize_settings(8);
    weft_quantize_result result = {.layers = -1};
    assert_int_equal(weft_quantize(network, &dataset, &settings, &stop, &result, &error),
                     WEFT_STOPPED);
    assert_int_equal(result.layers, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_the_folded_weights),
        cmocka_unit_test(test_values_are_the_engines),
        cmocka_unit_test(test_integer_layer),
        cmocka_unit_test(test_eight_bits_cost_little),
        cmocka_unit_test(test_trained_steps),
        cmocka_unit_test(test_steps_of_other_bits),
        cmocka_unit_test(test_signs_of_both_operands),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_chip),
        cmocka_unit_test(test_stops),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
