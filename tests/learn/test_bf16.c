/* SPDX-License-Identifier: Apache-2.0
 *
 * Training in bf16 against the same in f32. A bf16 has 8 bits of mantissa: a value that is rounded
 * is off by 2^-9 = 0.2 % at most, 0.1 % in the root of the mean square. Bands are of relative
 * distances |a - b| / |b| over all values of a tensor. */
#include "learn/step_support.h"

enum { BATCH = 16 };

static int skip_without(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        print_message("skipped: this CPU has no arithmetic in bf16\n");
        skip();
    }
    return 0;
}

static course open_as(const weft_network *network, weft_type type, int batch, double rate) {
    return course_open(network, (weft_engine_settings){.batch = batch, .type = type}, 2, rate);
}

static double length_of(const float *values, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i] * (double)values[i];
    }
    return sqrt(sum);
}

static double apart(const float *a, const float *b, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    }
    return sqrt(sum);
}

/* ---- one pass -------------------------------------------------------------------------------- */

/* Whether a slot has many values: weights of products and tables. Of the few scales, shifts and biases
 * of a norm's layer, rounding may take all, so these are compared together with all others. */
static bool is_large(const weft_stage *stage, int name) {
    weft_op op = stage->layer->op;
    return name == WEFT_SLOT_WEIGHT && op != WEFT_OP_BATCH_NORM && op != WEFT_OP_LAYER_NORM;
}

static void compare_slots(const weft_engine *f32, const weft_engine *bf16, double band) {
    double length = length_of(f32->gradients, f32->n_parameters);
    double distance = apart(bf16->gradients, f32->gradients, f32->n_parameters);
    if (!(distance <= band * length)) {
        fail_msg("%s: gradients are apart by %.3g of %.3g", f32->network->name, distance, length);
    }
    for (int s = 0; s < f32->n_stages; s++) {
        for (int name = 0; name < WEFT_SLOTS; name++) {
            const weft_slot *a = &f32->stages[s].slot[name], *b = &bf16->stages[s].slot[name];
            if (!a->is_trained || a->count == 0 || !is_large(&f32->stages[s], name)) {
                continue;
            }
            distance = apart(b->gradient, a->gradient, a->count);
            length = length_of(a->gradient, a->count);
            if (!(distance <= band * length)) {
                fail_msg("%s: layer %d (%s): %.3g of a gradient of %.3g", f32->network->name,
                         f32->stages[s].layer_index, weft_op_token(f32->stages[s].layer->op),
                         distance, length);
            }
        }
    }
}

static void check_pass(weft_network *network, double logits_band, double gradient_band) {
    course a = open_as(network, WEFT_F32, BATCH, 0.0), b = open_as(network, WEFT_BF16, BATCH, 0.0);
    double loss = course_pass(&a, 0), rounded = course_pass(&b, 0);
    const weft_engine *f32 = a.rig.engine, *bf16 = b.rig.engine;
    size_t n = logit_count(f32);
    double logits = apart(bf16->logits, f32->logits, n) / length_of(f32->logits, n);
    if (!(logits < logits_band)) {
        fail_msg("%s: logits are apart by %.3g of their length", network->name, logits);
    }
    /* Rounded somewhere, or bf16 was not used at all. */
    assert_true(logits > 1e-4);
    assert_float_equal(rounded, loss, 0.03 * loss);
    compare_slots(f32, bf16, gradient_band);
    course_close(&a);
    course_close(&b);
    weft_network_destroy(network);
}

/* Rounding moves values over the kinks of ReLUs, so gradients lose more than logits, and the more so
 * the deeper. PyTorch 1.13's autocast to bf16 loses as much: in ResNet-20 at this size 0.6 to 0.9 % of
 * the logits, 20 to 29 % of the first layer's gradient, 7 to 12 % of the last convolution's, and up to
 * all of the first norm's. */
static void test_passes(void **state) {
    (void)state;
    for (int n = 0; n < STEP_NETWORKS; n++) {
        check_pass(step_networks[n](), 0.03, 0.3);
    }
    check_pass(network_named("resnet20@input=3x16x16,classes=5,width=0.5"), 0.03, 0.4);
}

/* With running statistics, and after steps of training. */
static void test_measures(void **state) {
    (void)state;
    weft_error error;
    for (int n = 0; n < STEP_NETWORKS; n++) {
        weft_network *network = step_networks[n]();
        course a = open_as(network, WEFT_F32, BATCH, 0.05);
        course b = open_as(network, WEFT_BF16, BATCH, 0.05);
        weft_engine *f32 = a.rig.engine, *bf16 = b.rig.engine;
        for (int i = 0; i < 10; i++) {
            course_step(&a, i);
        }
        assert_int_equal(f32->n_parameters, bf16->n_parameters);
        memcpy(bf16->parameters, f32->parameters, f32->n_parameters * sizeof *f32->parameters);
        memcpy(bf16->statistics, f32->statistics, f32->n_statistics * sizeof *f32->statistics);
        weft_engine_touch(bf16);
        course_load(&a, 100);
        course_load(&b, 100);
        MUST(weft_engine_forward(f32, WEFT_MODE_EVALUATE, NULL, &error));
        MUST(weft_engine_forward(bf16, WEFT_MODE_EVALUATE, NULL, &error));
        size_t count = logit_count(f32);
        double distance = apart(bf16->logits, f32->logits, count) / length_of(f32->logits, count);
        if (!(distance < 0.02)) {
            fail_msg("%s: measured logits are apart by %.3g", network->name, distance);
        }
        course_close(&a);
        course_close(&b);
        weft_network_destroy(network);
    }
}

/* ---- many steps ------------------------------------------------------------------------------ */

/* Means of ten steps each. */
enum { STEPS = 60, EACH = 10 };

static void run_course(const weft_network *network, weft_type type, double *means) {
    course c = open_as(network, type, 32, 0.03);
    memset(means, 0, STEPS / EACH * sizeof *means);
    for (int i = 0; i < STEPS; i++) {
        means[i / EACH] += course_step(&c, i) / EACH;
    }
    course_close(&c);
}

/* The curves stay within 5 % of where they began, and both learn. Dropout draws the same masks. */
static void test_curves(void **state) {
    (void)state;
    for (int n = 0; n < STEP_NETWORKS; n++) {
        weft_network *network = step_networks[n]();
        double f32[STEPS / EACH], bf16[STEPS / EACH];
        run_course(network, WEFT_F32, f32);
        run_course(network, WEFT_BF16, bf16);
        for (int i = 0; i < STEPS / EACH; i++) {
            if (!(fabs(bf16[i] - f32[i]) < 0.05 * f32[0])) {
                fail_msg("%s: steps %d to %d: loss %.4f, in f32 %.4f", network->name, i * EACH,
                         (i + 1) * EACH - 1, bf16[i], f32[i]);
            }
        }
        assert_true(f32[STEPS / EACH - 1] < 0.5 * f32[0]);
        weft_network_destroy(network);
    }
}

/* A mean that is large beside the deviation: images are rounded to 8 bits, sums of them are not. */
static void test_large_mean(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = network_of("large mean", 4, 8, 8);
    int norm = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    grow_head(network, STEP_CLASSES);
    rig made =
        rig_open(network, (weft_engine_settings){.batch = 8, .type = WEFT_BF16, .lanes = 2}, 1);
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    double mean = 0.0, sum = 0.0;
    size_t n = image_values(made.engine);
    for (size_t i = 0; i < n; i++) {
        set_image(made.engine, i, (float)(100.0 + weft_rng_normal(&rng)));
    }
    const weft_bf16 *images = made.engine->images;
    for (size_t i = 0; i < n; i += 4) {
        mean += (double)weft_from_bf16(images[i]) / ((double)n / 4.0);
    }
    for (size_t i = 0; i < n; i += 4) {
        sum += pow((double)weft_from_bf16(images[i]) - mean, 2.0);
    }
    MUST(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, NULL, &error));
    assert_float_equal((double)slot_of(made.engine, norm, WEFT_SLOT_MEAN)->value[0], mean, 1e-4);
    assert_float_equal((double)slot_of(made.engine, norm, WEFT_SLOT_VARIANCE)->value[0],
                       sum / ((double)n / 4.0 - 1.0), 1e-5);
    rig_close(&made);
    weft_network_destroy(network);
}

/* Where the CPU has no bf16 it is refused; where it has, an engine of it is smaller. */
static void test_available(void **state) {
    (void)state;
    weft_error error = {0};
    weft_network *network = imc_network();
    weft_crew *crew = NULL;
    weft_engine *f32 = NULL, *bf16 = NULL;
    const weft_engine_settings plain = {.batch = 64};
    const weft_engine_settings half = {.batch = 64, .type = WEFT_BF16};
    MUST(weft_crew_create(1, &crew, &error));
    MUST(weft_engine_create(network, crew, &plain, &f32, &error));
    weft_status status = weft_engine_create(network, crew, &half, &bf16, &error);
    if (weft_dnn_has_bf16()) {
        assert_int_equal(status, WEFT_OK);
        assert_true(weft_engine_bytes(bf16) < weft_engine_bytes(f32));
    } else {
        assert_int_equal(status, WEFT_ERROR_UNAVAILABLE);
        assert_null(bf16);
        assert_true(error.hint[0] != '\0');
    }
    weft_engine_destroy(bf16);
    weft_engine_destroy(f32);
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_available),
        cmocka_unit_test_setup(test_passes, skip_without),
        cmocka_unit_test_setup(test_measures, skip_without),
        cmocka_unit_test_setup(test_curves, skip_without),
        cmocka_unit_test_setup(test_large_mean, skip_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
