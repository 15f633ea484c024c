/* SPDX-License-Identifier: Apache-2.0
 *
 * Losses and their gradients: by hand, against PyTorch (fixtures/losses.csv), and where there is
 * nothing to learn. */
#include "learn/loss.h"

#include "learn/fixture_support.h"

enum { IMAGES = 4, CLASSES = 6, VALUES = IMAGES * CLASSES };

static const uint16_t LABELS[IMAGES] = {0, 5, 2, 2}, OTHERS[IMAGES] = {3, 5, 0, 1};

static void test_by_hand(void **state) {
    (void)state;
    const float z[] = {1.0F, -2.0F, 0.5F, 300.0F, 0.0F, -300.0F};
    const uint16_t labels[] = {2, 0};
    float gradient[6];
    weft_loss loss = weft_cross_entropy(z, labels, 2, 3, 0.0, gradient);
    double sum = exp(1.0) + exp(-2.0) + exp(0.5);
    assert_float_equal(loss.sum, log(sum) - 0.5, 1e-6);
    assert_int_equal(loss.right, 1);
    assert_float_equal((double)gradient[0], 0.5 * exp(1.0) / sum, 1e-6);
    assert_float_equal((double)gradient[2], 0.5 * (exp(0.5) / sum - 1.0), 1e-6);
    assert_float_equal((double)gradient[3], 0.0, 1e-6);
    loss = weft_cross_entropy(z, labels, 1, 3, 0.3, NULL);
    assert_float_equal(loss.sum, log(sum) - (0.8 * 0.5 + 0.1 * 1.0 + 0.1 * -2.0), 1e-6);
    const float broken[] = {NAN, 0.0F, 0.0F};
    assert_true(isnan(weft_cross_entropy(broken, labels, 1, 3, 0.0, NULL).sum));
}

/* ---- against PyTorch ------------------------------------------------------------------------- */

static void take(const fixture *torch, const char *quantity, float *values) {
    for (int i = 0; i < VALUES; i++) {
        values[i] = (float)fixture_value(torch, "inputs", quantity, i);
    }
}

static void compare(const fixture *torch, const char *name, const weft_targets *targets) {
    float logits[VALUES], teacher[VALUES], gradient[VALUES];
    take(torch, "logit", logits);
    take(torch, "teacher", teacher);
    weft_targets with = *targets;
    if (with.temperature > 0.0) {
        weft_soften(teacher, IMAGES, CLASSES, with.temperature);
        with.teacher = teacher;
    }
    weft_loss loss = weft_target_loss(logits, &with, IMAGES, CLASSES, gradient);
    double expected = fixture_value(torch, name, "loss", 0);
    assert_float_equal(loss.sum / IMAGES, expected, 1e-6 * expected);
    for (int i = 0; i < VALUES; i++) {
        double slope = fixture_value(torch, name, "gradient", i);
        if (!(fabs((double)gradient[i] - slope) <= 1e-6)) {
            fail_msg("%s, gradient %d: %.9g, PyTorch has %.9g", name, i, (double)gradient[i],
                     slope);
        }
    }
    /* The same without a gradient, and with the gradient in the logits' place. */
    assert_true(weft_target_loss(logits, &with, IMAGES, CLASSES, NULL).sum == loss.sum);
    assert_true(weft_target_loss(logits, &with, IMAGES, CLASSES, logits).right == loss.right);
    assert_memory_equal(logits, gradient, sizeof gradient);
}

static void test_losses_of_pytorch(void **state) {
    (void)state;
    static fixture torch;
    fixture_read("losses.csv", &torch);
    weft_targets t = {.labels = LABELS};
    compare(&torch, "hard", &t);
    t.smoothing = 0.1;
    compare(&torch, "smooth", &t);
    t.temperature = 4.0;
    t.alpha = 0.9;
    compare(&torch, "distilled", &t);
    t = (weft_targets){.labels = LABELS, .temperature = 1.0, .alpha = 1.0};
    compare(&torch, "teacher", &t);
    t = (weft_targets){.labels = LABELS, .others = OTHERS, .share = 0.3};
    compare(&torch, "mixed", &t);
    t.temperature = 2.0;
    t.alpha = 0.5;
    compare(&torch, "mixed_distilled", &t);
    t = (weft_targets){.labels = LABELS, .others = OTHERS, .share = 0.7, .smoothing = 0.1};
    compare(&torch, "mixed_smooth", &t);
}

static void test_soften(void **state) {
    (void)state;
    static fixture torch;
    fixture_read("losses.csv", &torch);
    float teacher[VALUES];
    take(&torch, "teacher", teacher);
    weft_soften(teacher, IMAGES, CLASSES, 4.0);
    for (int i = 0; i < VALUES; i++) {
        assert_float_equal((double)teacher[i], fixture_value(&torch, "inputs", "soft", i), 1e-7);
    }
    float far[3] = {1e30F, -1e30F, 0.0F};
    weft_soften(far, 1, 3, 2.0);
    assert_true(far[0] == 1.0F && far[1] == 0.0F && far[2] == 0.0F);
}

/* ---- properties ------------------------------------------------------------------------------ */

/* A student that says what its teacher says has nothing to learn, and every gradient sums to 0. */
static void test_agreement(void **state) {
    (void)state;
    generator g = {3};
    for (int round = 0; round < 50; round++) {
        float logits[VALUES], teacher[VALUES], gradient[VALUES];
        double temperature = 1.0 + 4.0 * fabs(draw(&g));
        draw_all(&g, logits, VALUES, 5.0);
        memcpy(teacher, logits, sizeof logits);
        weft_soften(teacher, IMAGES, CLASSES, temperature);
        weft_targets t = {
            .labels = LABELS, .teacher = teacher, .temperature = temperature, .alpha = 1.0};
        weft_loss loss = weft_target_loss(logits, &t, IMAGES, CLASSES, gradient);
        assert_float_equal(loss.sum, 0.0, 1e-5);
        for (int i = 0; i < VALUES; i++) {
            assert_float_equal((double)gradient[i], 0.0, 1e-6);
        }
        draw_all(&g, logits, VALUES, 5.0);
        t.others = OTHERS;
        t.share = fabs(draw(&g));
        t.alpha = 0.5;
        weft_target_loss(logits, &t, IMAGES, CLASSES, gradient);
        for (int n = 0; n < IMAGES; n++) {
            double sum = 0.0;
            for (int k = 0; k < CLASSES; k++) {
                sum += (double)gradient[n * CLASSES + k];
            }
            assert_float_equal(sum, 0.0, 1e-6);
        }
    }
}

static void test_right(void **state) {
    (void)state;
    /* The largest logits: classes 1, 0, 1. */
    const float z[] = {0.0F, 2.0F, 1.0F, 3.0F, 1.0F, 2.0F, 0.0F, 1.0F, 0.5F};
    const uint16_t labels[] = {1, 2, 0}, others[] = {0, 0, 1};
    weft_targets t = {.labels = labels};
    assert_int_equal(weft_target_loss(z, &t, 3, 3, NULL).right, 1);
    t.others = others;
    t.share = 0.5;
    assert_int_equal(weft_target_loss(z, &t, 3, 3, NULL).right, 1);
    t.share = 0.49;
    assert_int_equal(weft_target_loss(z, &t, 3, 3, NULL).right, 2);
}

/* A share of 1 or equal labels: mixing changes nothing, to the last bit. */
static void test_mixing_nothing(void **state) {
    (void)state;
    generator g = {4};
    float logits[VALUES], plain[VALUES], mixed[VALUES];
    draw_all(&g, logits, VALUES, 5.0);
    weft_loss loss = weft_cross_entropy(logits, LABELS, IMAGES, CLASSES, 0.1, plain);
    weft_targets t = {.labels = LABELS, .others = OTHERS, .share = 1.0, .smoothing = 0.1};
    assert_true(weft_target_loss(logits, &t, IMAGES, CLASSES, mixed).sum == loss.sum);
    assert_memory_equal(plain, mixed, sizeof plain);
    t.others = LABELS;
    t.share = 0.25;
    assert_true(weft_target_loss(logits, &t, IMAGES, CLASSES, mixed).sum == loss.sum);
    assert_memory_equal(plain, mixed, sizeof plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand), cmocka_unit_test(test_losses_of_pytorch),
        cmocka_unit_test(test_soften),  cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_right),   cmocka_unit_test(test_mixing_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
