/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/logic.h"

static const double ADDER_ACTIVITY = 0.15, REGISTER_ACTIVITY = 0.5;
static const double NANDS_A_BIT = 9;

/* Carry delay: two NAND delays a bit, three more at the ends, each to half of the swing. */
static double carry(const weft_cmos *tech, const weft_standard_gate *nand, double bits) {
    weft_widths widths = weft_cmos_nand(tech);
    double down = 2 * weft_cmos_resistance(tech, widths.n, WEFT_CHANNEL_N);
    double up = weft_cmos_resistance(tech, widths.p, WEFT_CHANNEL_P);
    double pair = down * (nand->output + 3 * nand->input) + up * (nand->output + 2 * nand->input);
    return 0.69 * (pair * fmax(bits, 2) + down * nand->output);
}

/* Rising edges of all nodes for the longest carry: 14 inputs and 7 outputs of NAND gates in the
 * first bit, 13 and 7 in the others. */
weft_logic weft_logic_adder(const weft_cmos *tech, double bits) {
    weft_standard_gate nand = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, weft_cmos_nand(tech));
    double caps = 14 * nand.input + 7 * nand.output +
                  (bits - 1) * (13 * nand.input + 7 * nand.output);
    return (weft_logic){
        .energy = ADDER_ACTIVITY * tech->vdd * tech->vdd * caps,
        .area = NANDS_A_BIT * nand.area * bits,
        .leak = NANDS_A_BIT * nand.leak * bits,
        .delay = carry(tech, &nand, bits),
    };
}

weft_logic weft_logic_register(const weft_cmos *tech, double bits) {
    weft_flip_flop ff = weft_cmos_flip_flop(tech);
    return (weft_logic){
        .energy = REGISTER_ACTIVITY * ff.energy * bits,
        .area = ff.area * bits,
        .leak = ff.leak * bits,
    };
}

void weft_logic_price(const weft_logic *block, weft_terms *terms, weft_part_price *price) {
    price->read_j[WEFT_STATISTIC_ONE] = weft_term(terms, "E", "J", "an action", block->energy);
    price->area_m2 = weft_term(terms, "A", "m2", "an instance", block->area);
    price->leak_w = weft_term(terms, "P_leak", "W", "an instance", block->leak);
    price->read_s = weft_term(terms, "delay", "s", "an action", block->delay);
}
