/* SPDX-License-Identifier: Apache-2.0
 * Bits that a chip's codes hold, by encoding, and what the others are told. */
#include "hardware/support.h"

/* An array with operands as given. */
static weft_priced *price(const char *inputs, const char *weights) {
    char text[2048];
    weft_error error;
    int n = snprintf(text, sizeof text,
                     "weft: chip/2\nname: small\noperands:\n  inputs: {%s}\n  weights: {%s}\n"
                     "  outputs: {bits: 8}\ncycle: {time: 1e-8}\nlevels:\n"
                     "  - level: array\n    count: 64\n"
                     "    fill: [[Y], [R, S], [M, C], [G], [P, Q], [N]]\n    parts:\n"
                     "      readout: {class: fixed, acts: readout, energy: 1e-12, area: 1e-9}\n"
                     "  - level: column\n    count: 32\n    shares: inputs\n    fill: [[Y], [M]]\n"
                     "  - level: row\n    count: 64\n    shares: outputs\n    fill: [[C, R, S]]\n"
                     "execution: {accounting: resident, order: layers}\n",
                     inputs, weights);
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    expect_ok(weft_chip_parse(text, (size_t)n, "small.yaml", &chip, &error), &error, "chip");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_chip_destroy(chip);
    return priced;
}

/* The most bits that fit, found by asking for all; what does not fit is told so. */
static int32_t most(const weft_priced *priced, bool of_weights, bool is_signed) {
    int32_t fits = 0;
    for (int32_t bits = 1; bits <= 16; bits++) {
        weft_error error;
        const weft_layer_bits asked = {of_weights ? bits : 0, of_weights ? 0 : bits, 0};
        const weft_layer_signs signs = {is_signed, is_signed};
        weft_status status = weft_priced_check_bits(priced, &asked, &signs, &error);
        if (status == WEFT_OK) {
            assert_int_equal(fits, bits - 1);
            fits = bits;
            continue;
        }
        assert_int_equal(status, WEFT_ERROR_INFEASIBLE);
        assert_non_null(strstr(error.message, of_weights ? "of weights" : "of inputs"));
        char hint[64] = "";
        if (fits > 0) {
            snprintf(hint, sizeof hint, "at most %d bits of %s fit", fits,
                     of_weights ? "weights" : "inputs");
        }
        assert_string_equal(error.hint, hint);
    }
    return fits;
}

static void codes_follow_the_layer(void **state) {
    (void)state;
    weft_priced *priced = price("bits: 8, encoding: offset-if-signed, slice: 1",
                                "bits: 4, encoding: offset, slice: 2");
    for (int sign = 0; sign < 2; sign++) {
        assert_int_equal(most(priced, true, sign == 1), 16);
        assert_int_equal(most(priced, false, sign == 1), 16);
    }
    weft_priced_destroy(priced);
}

/* A sign beside the code, as of magnitudes and pairs, makes room for one more bit. */
static void codes_of_a_number_bound_the_bits(void **state) {
    (void)state;
    static const struct {
        const char *encoding;
        int32_t with, without;
    } KNOWN[] = {
        {"offset", 6, 6},       {"twos-complement", 6, 6},  {"magnitude", 7, 6},
        {"differential", 7, 6}, {"offset-if-signed", 6, 6}, {"differential-if-signed", 7, 6},
    };
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        char operand[96];
        snprintf(operand, sizeof operand, "bits: 4, code: 6, encoding: %s, slice: 2",
                 KNOWN[i].encoding);
        weft_priced *priced = price(operand, operand);
        assert_int_equal(most(priced, true, true), KNOWN[i].with);
        assert_int_equal(most(priced, false, true), KNOWN[i].with);
        assert_int_equal(most(priced, true, false), KNOWN[i].without);
        assert_int_equal(most(priced, false, false), KNOWN[i].without);
        weft_priced_destroy(priced);
    }
}

/* The magnitudes of wan-2022: the code leaves the sign out. */
static void codes_may_ask_for_signs(void **state) {
    (void)state;
    weft_priced *priced =
        price("bits: 8, encoding: magnitude, code: \"max(1, input_bits - input_signed)\", slice: 1",
              "bits: 4, encoding: differential-if-signed, code: weight_bits * (1 + weight_signed)");
    assert_int_equal(most(priced, false, true), 16);
    assert_int_equal(most(priced, false, false), 16);
    assert_int_equal(most(priced, true, true), 16);
    weft_priced_destroy(priced);
}

static void pipelines_have_one_precision(void **state) {
    (void)state;
    weft_priced *priced = priced_with("precision:\n"
                                      "  weights: {value: 5, unit: bit, source: test}\n"
                                      "  activations: {value: 7, unit: bit, source: test}\n");
    assert_int_equal(most(priced, true, true), 5);
    assert_int_equal(most(priced, false, false), 7);
    weft_priced_destroy(priced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_follow_the_layer),
        cmocka_unit_test(codes_of_a_number_bound_the_bits),
        cmocka_unit_test(codes_may_ask_for_signs),
        cmocka_unit_test(pipelines_have_one_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
