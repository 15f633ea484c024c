/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree of ripple-carry adders, counted in gates (gates.h): n = 2^d inputs of p bits.
 *   sum         N = n (p + 1) - (p + d + 1) full adders
 *   single-bit  the same; the n - 1 lowest positions have no carry in and are half adders
 *   place-value inputs weighted by powers of two: N = p (n - 1) + n (d - 1/2)
 *   delay = (d - 1) t_sum + t_carry_in + m t_carry, m = p + d - 2 for sums, n - 1 for place values
 * An n that is no power of two takes d = log2 n as it is.
 * Source: zigzag-imc@df34a6f (imc_unit.py), zigzag@3d12a96 (imc_array.py) for place values; half
 * adders from the structure of a ripple-carry adder. */
#include "hardware/part/gates.h"

enum { INPUTS = WEFT_GATE_FIELD_COUNT, BITS, KIND };
enum { SUM, SINGLE_BIT, PLACE_VALUE };

static const char *const KINDS[] = {"sum", "single-bit", "place-value", NULL};

static const weft_part_field FIELDS[] = {
    WEFT_GATE_FIELDS,
    {"inputs", WEFT_DIMENSION_NONE, NAN, 1, 1 << 20, 2, 4096, NULL, "inputs of the tree"},
    {"bits", WEFT_DIMENSION_NONE, NAN, 1, 1024, 1, 64, NULL, "bits of an input"},
    {"kind", WEFT_DIMENSION_NONE, SUM, 0, 2, 0, 2, KINDS, "what its inputs are"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double n = values[INPUTS];
    double p = values[BITS];
    double d = log2(n);
    if (n < 2) {
        return;
    }
    bool places = values[KIND] == PLACE_VALUE;
    double full = places ? p * (n - 1) + n * (d - 0.5) : n * (p + 1) - (p + d + 1);
    double half = values[KIND] == SINGLE_BIT ? n - 1 : 0;
    weft_term(terms, "N", "1", "full adders, half adders among them", full);
    double carries = places ? n - 1 : fmax(p + d - 2, 0);
    double delays = (d - 1) * WEFT_GATE_TO_SUM + WEFT_GATE_TO_CARRY + carries * WEFT_GATE_CARRY;
    weft_gates_price(values,
                     (full - half) * WEFT_GATE_FULL_ADDER_AREA + half * WEFT_GATE_HALF_ADDER_AREA,
                     (full - half) * WEFT_GATE_FULL_ADDER_CAP + half * WEFT_GATE_HALF_ADDER_CAP,
                     delays, terms, price);
}

const weft_part_class weft_part_gate_tree = {
    .name = "gate-tree",
    .text = "tree of ripple-carry adders, counted in gates",
    .equation =
        "sum: N = n (p + 1) - (p + d + 1) full adders; place-value: N = p (n - 1) + n (d - 1/2)\n"
        "single-bit: n - 1 of them half adders\n"
        "delay = ((d - 1) 4.8 + 4.4 + 2 m) t_g, m = p + d - 2 or n - 1",
    .source = WEFT_GATE_SOURCE,
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
