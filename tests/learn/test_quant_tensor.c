/* SPDX-License-Identifier: Apache-2.0
 * Quantized tensors: integers and steps there and back, and what is refused. */
#include "learn/quant_tensor.h"

#include "learn/quant_support.h"

enum { SEED = 20240719 };

/* Every integer of every kind, through its value and back. */
static void test_all_integers(void **state) {
    (void)state;
    weft_error error;
    for (int32_t bits = 2; bits <= 8; bits++) {
        for (int32_t zero = -1; zero < 1 << bits; zero++) { /* -1: signed */
            bool is_signed = zero < 0;
            weft_quant_range range = is_signed ? weft_quant_range_of(bits, true)
                                               : weft_quant_range_around(bits, zero);
            size_t n = (size_t)(range.high - range.low + 1);
            float x[256], back[256];
            const float step = 0.037F;
            for (size_t i = 0; i < n; i++) {
                x[i] = (float)(range.low + (int32_t)i) * step;
            }
            weft_quantized *tensor = NULL;
            MUST(weft_quantized_create((weft_quant_array){WEFT_F32, 1, n}, x, bits, is_signed,
                                       is_signed ? 0 : zero, &step, &tensor, &error));
            weft_quantized_values(tensor, back);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(weft_quantized_at(tensor, 0, i), range.low + (int32_t)i);
                assert_true(back[i] == x[i]);
            }
            weft_quantized_destroy(tensor);
        }
    }
}

/* Values are those of weft_quant_forward, bit for bit but for the sign of 0. */
static void test_as_forward(void **state) {
    (void)state;
    weft_error error;
    for (int k = 0; k < rounds_of(300); k++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        c.array.type = WEFT_F32;
        size_t n = c.array.rows * c.array.n;
        free(c.x);
        c.x = normal_values(&rng, WEFT_F32, n, 1.0);
        float *expected = malloc(n * sizeof *expected), *found = malloc(n * sizeof *found);
        weft_quantized *tensor = NULL;
        MUST(weft_quantized_create(c.array, c.x, c.bits, c.is_signed, c.zero, c.steps, &tensor,
                                   &error));
        weft_quant_forward(c.array, c.range, c.steps, c.x, expected);
        weft_quantized_values(tensor, found);
        for (size_t i = 0; i < n; i++) {
            assert_true(found[i] == expected[i]);
        }
        weft_quantized_destroy(tensor);
        free(expected);
        free(found);
        case_free(&c);
    }
}

typedef struct bad {
    int32_t bits, zero;
    bool is_signed;
    float step, value;
    size_t n;
    weft_status status;
    const char *says;
} bad;

static void test_refused(void **state) {
    (void)state;
    static const bad BAD[] = {
        {1, 0, true, 1.0F, 0.0F, 1, WEFT_ERROR_INPUT, "expected 2 .. 8"},
        {9, 0, true, 1.0F, 0.0F, 1, WEFT_ERROR_INPUT, "9 bits"},
        {4, 1, true, 1.0F, 0.0F, 1, WEFT_ERROR_INPUT, "zero point 1 of signed"},
        {4, 16, false, 1.0F, 0.0F, 1, WEFT_ERROR_INPUT, "expected 0 .. 15"},
        {4, -1, false, 1.0F, 0.0F, 1, WEFT_ERROR_INPUT, "zero point -1"},
        {4, 0, true, 0.0F, 0.0F, 1, WEFT_ERROR_INPUT, "step 0"},
        {4, 0, true, -1.0F, 0.0F, 1, WEFT_ERROR_INPUT, "above 0"},
        {4, 0, true, NAN, 0.0F, 1, WEFT_ERROR_INPUT, "step 0"},
        {4, 0, true, INFINITY, 0.0F, 1, WEFT_ERROR_INPUT, "step 0"},
        {4, 0, true, 1.0F, NAN, 1, WEFT_ERROR_EVALUATION, "value 0"},
        {4, 0, true, 1.0F, INFINITY, 1, WEFT_ERROR_EVALUATION, "infinite"},
        {4, 0, true, 1.0F, 0.0F, 0, WEFT_ERROR_INPUT, "1 x 0"},
        {4, 0, true, 1.0F, 0.0F, SIZE_MAX / 2, WEFT_ERROR_INPUT, "values"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const bad *b = &BAD[i];
        weft_error error;
        weft_quantized *tensor = (weft_quantized *)&error; /* must stay as it is */
        weft_status status = weft_quantized_create((weft_quant_array){WEFT_F32, 1, b->n}, &b->value,
                                                   b->bits, b->is_signed, b->zero, &b->step,
                                                   &tensor, &error);
        assert_int_equal(status, b->status);
        assert_ptr_equal(tensor, &error);
        if (strstr(error.message, b->says) == NULL) {
            fail_msg("case %zu: '%s' does not say '%s'", i, error.message, b->says);
        }
    }
    weft_quantized_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_integers),
        cmocka_unit_test(test_as_forward),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
