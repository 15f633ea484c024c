/* SPDX-License-Identifier: Apache-2.0
 *
 * An accumulator, counted in gates (gates.h): a ripple-carry adder and a register of `bits`, fed by
 * `input_bits`: bits full adders and flip-flops. The two versions of the reference differ in its
 * path:
 *   sum    t_sum + t_carry (bits - input_bits)
 *   carry  t_carry_in + t_carry (bits - input_bits - 1)
 * Source: zigzag-imc@df34a6f (imc_model_validation) for sum, zigzag@3d12a96 (imc_array.py) for
 * carry. */
#include "hardware/part/gates.h"

enum { BITS = WEFT_GATE_FIELD_COUNT, INPUT_BITS, PATH };

static const char *const PATHS[] = {"sum", "carry", NULL};

static const weft_part_field FIELDS[] = {
    WEFT_GATE_FIELDS,
    {"bits", WEFT_DIMENSION_NONE, NAN, 1, 4096, 1, 64, NULL, "bits of the sum"},
    {"input_bits", WEFT_DIMENSION_NONE, NAN, 0, 4096, 1, 64, NULL, "bits of what is added"},
    {"path", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, PATHS, "longest path"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double bits = values[BITS];
    double above = bits - values[INPUT_BITS];
    double delays = values[PATH] > 0 ? WEFT_GATE_TO_CARRY + WEFT_GATE_CARRY * fmax(above - 1, 0)
                                     : WEFT_GATE_TO_SUM + WEFT_GATE_CARRY * fmax(above, 0);
    weft_gates_price(values, bits * (WEFT_GATE_FULL_ADDER_AREA + WEFT_GATE_FLIP_FLOP_AREA),
                     bits * (WEFT_GATE_FULL_ADDER_CAP + WEFT_GATE_FLIP_FLOP_CAP), delays, terms,
                     price);
}

const weft_part_class weft_part_gate_accumulator = {
    .name = "gate-accumulator",
    .text = "accumulator, counted in gates",
    .equation =
        "area = 13.8 bits A_g, energy = 9 bits C_g V^2, by node / 28 nm\n"
        "delay = (4.8 + 2 (bits - input_bits)) t_g, or (4.4 + 2 (bits - input_bits - 1)) t_g",
    .source = WEFT_GATE_SOURCE,
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
