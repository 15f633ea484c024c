/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes: every value of every range and encoding comes back, from its slices too; and the bits are those
 * that the hardware's statistics of operands count. */
#include "learn/quant_code.h"

#include "learn/quant_support.h"

enum { MOST_BINS = 255 };

typedef void (*value_fn)(weft_encoding encoding, int32_t bits, bool is_signed, int32_t v);

static void for_all(value_fn check) {
    for (int encoding = 0; encoding < WEFT_ENCODING_COUNT; encoding++) {
        for (int32_t bits = 2; bits <= 8; bits++) {
            for (int sign = 0; sign < 2; sign++) {
                weft_quant_range range = weft_quant_range_of(bits, sign == 1);
                for (int32_t v = range.low; v <= range.high; v++) {
                    check((weft_encoding)encoding, bits, sign == 1, v);
                }
            }
        }
    }
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void expect(weft_encoding encoding, bool is_signed, int32_t v, uint64_t plus, uint64_t minus,
                   bool negative, int32_t bits) {
    weft_quant_code code = weft_quant_encode(encoding, 4, is_signed, v);
    assert_int_equal(code.plus, plus);
    assert_int_equal(code.minus, minus);
    assert_int_equal(code.negative, negative);
    assert_int_equal(code.bits, bits);
}

static void test_by_hand(void **state) {
    (void)state;
    expect(WEFT_ENCODING_OFFSET, true, -7, 0, 0, false, 4);
    expect(WEFT_ENCODING_OFFSET, true, 7, 14, 0, false, 4);
    expect(WEFT_ENCODING_OFFSET, false, 9, 9, 0, false, 4);
    expect(WEFT_ENCODING_MAGNITUDE, true, -5, 5, 0, true, 3);
    expect(WEFT_ENCODING_MAGNITUDE, false, 15, 15, 0, false, 4);
    expect(WEFT_ENCODING_DIFFERENTIAL, true, -5, 0, 5, false, 3);
    expect(WEFT_ENCODING_DIFFERENTIAL, true, 5, 5, 0, false, 3);
    expect(WEFT_ENCODING_TWOS_COMPLEMENT, true, -1, 15, 0, false, 4);
    expect(WEFT_ENCODING_TWOS_COMPLEMENT, false, 15, 15, 0, false, 4);
    /* -8 + 4 + 2 + 1 + 1/2 + 1/2 = 0 from the top down: 0 is not above 0. */
    expect(WEFT_ENCODING_XNOR, true, 0, 31, 0, false, 6);
    expect(WEFT_ENCODING_ZERO_GATED_XNOR, true, 0, 0, 0, false, 6);
    /* 8 - 4 + 2 - 1 = 5, and -1/2 + 1/2 */
    expect(WEFT_ENCODING_XNOR, true, 5, 41, 0, false, 6);
}

/* ---- there and back -------------------------------------------------------------------------- */

static void check_back(weft_encoding encoding, int32_t bits, bool is_signed, int32_t v) {
    weft_quant_code code = weft_quant_encode(encoding, bits, is_signed, v);
    assert_int_equal(weft_quant_decode(encoding, bits, is_signed, &code), v);
    assert_true(code.plus >> code.bits == 0 && code.minus >> code.bits == 0);
    assert_true(code.plus == 0 || code.minus == 0);
}

static void test_there_and_back(void **state) {
    (void)state;
    for_all(check_back);
}

static uint64_t recombined(uint64_t code, int32_t bits, int32_t slice_bits) {
    uint32_t slices[64];
    int32_t shifts[64];
    int n = weft_quant_slice(code, bits, slice_bits, slices, shifts);
    assert_int_equal(n, (bits + slice_bits - 1) / slice_bits);
    uint64_t sum = 0;
    for (int i = 0; i < n; i++) {
        assert_true(slices[i] >> slice_bits == 0);
        assert_true(i == 0 || shifts[i - 1] > shifts[i]);
        sum += (uint64_t)slices[i] << shifts[i];
    }
    assert_int_equal(shifts[n - 1], 0);
    return sum;
}

static void check_slices(weft_encoding encoding, int32_t bits, bool is_signed, int32_t v) {
    weft_quant_code code = weft_quant_encode(encoding, bits, is_signed, v);
    for (int32_t slice = 1; slice <= code.bits; slice++) {
        weft_quant_code again = code;
        again.plus = recombined(code.plus, code.bits, slice);
        again.minus = recombined(code.minus, code.bits, slice);
        assert_int_equal(weft_quant_decode(encoding, bits, is_signed, &again), v);
    }
}

static void test_slices(void **state) {
    (void)state;
    for_all(check_slices);
    uint32_t slices[64];
    int32_t shifts[64];
    assert_int_equal(weft_quant_slice(0x2d, 7, 3, slices, shifts), 3); /* 010 110 1 */
    assert_int_equal(slices[0], 2);
    assert_int_equal(slices[1], 6);
    assert_int_equal(slices[2], 1);
    assert_int_equal(shifts[0], 4);
    assert_int_equal(shifts[1], 1);
}

/* ---- the hardware's bits --------------------------------------------------------------------- */

/* Where all values are v, the share of ones of each bit is that bit of its code; of a pair, of both
 * devices' mean. */
static void check_hardware(weft_encoding encoding, int32_t bits, bool is_signed, int32_t v) {
    if (!is_signed) {
        return;
    }
    double share[MOST_BINS] = {0}, p[WEFT_CODE_MAX_BITS];
    const weft_histogram histogram = {(1 << bits) - 1, share};
    share[v + (histogram.n - 1) / 2] = 1.0;
    /* A histogram of one value has signs only where that is below 0. */
    bool seems_signed = v < 0;
    weft_encoding known = encoding;
    if (encoding == WEFT_ENCODING_OFFSET_IF_SIGNED && !seems_signed) {
        known = WEFT_ENCODING_MAGNITUDE;
    }
    if (encoding == WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED && !seems_signed) {
        known = WEFT_ENCODING_MAGNITUDE;
    }
    weft_quant_code code = weft_quant_encode(known, bits, true, v);
    bool pair = known == WEFT_ENCODING_DIFFERENTIAL ||
                known == WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED;
    const weft_operand operand = {
        .encoding = (int)encoding, .code_bits = code.bits, .slice_bits = 1};
    assert_true(weft_operand_bits(&histogram, &operand, p));
    for (int32_t j = 0; j < code.bits; j++) {
        int ones = (int)(code.plus >> (code.bits - 1 - j) & 1) +
                   (int)(code.minus >> (code.bits - 1 - j) & 1);
        assert_true(p[j] == (pair ? 0.5 : 1.0) * ones);
    }
}

static void test_hardware_counts_these_bits(void **state) {
    (void)state;
    for_all(check_hardware);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_hardware_counts_these_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
