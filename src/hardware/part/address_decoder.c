/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/address_decoder.h"

static const double METAL_PITCH = 2.8; /* F, of the wires between the NAND and the NOR gates */

/* How many gates of each kind, from the number of address bits. */
typedef struct counts {
    double bits, pairs, nands, nors, wires;
    int nor_inputs;
} counts;

static counts count(double ways) {
    counts c = {.bits = ceil(log2(fmax(ways, 1)) - 1e-9)};
    c.pairs = floor(c.bits / 2);
    c.nands = 4 * c.pairs;
    c.nors = c.bits > 2 ? exp2(c.bits) : 0;
    c.wires = c.bits > 2 ? c.nands + 2 * fmod(c.bits, 2) : 0;
    c.nor_inputs = (int)ceil(c.bits / 2);
    return c;
}

typedef struct gates {
    weft_standard_gate inverter, nand, nor, driver;
} gates;

static gates size_gates(const weft_cmos *tech, const counts *c) {
    double n = 2 * tech->f;
    double p = 2 * tech->ratio * tech->f;
    weft_widths nor = weft_cmos_grown(tech, (weft_widths){.n = n, .p = c->nor_inputs * p});
    weft_widths driver = {.n = 2 * n, .p = 2 * p};
    gates g = {
        .inverter = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, weft_cmos_inverter(tech)),
        .nand = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, weft_cmos_nand(tech)),
        .driver = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, driver),
    };
    g.nor = weft_cmos_standard(tech, WEFT_GATE_NOR, c->nor_inputs, nor);
    if (c->nors <= 0) { /* its place is kept */
        g.nor = (weft_standard_gate){.width = g.nor.width};
    }
    return g;
}

/* Capacitance that a selection switches: address inverters, one NAND of each four, one NOR, and the
 * enable circuit of one output. */
static double switched(const counts *c, const gates *g) {
    double nand_in = c->nands > 0 ? g->nand.input : 0;
    double nand_out = c->nands > 0 ? g->nand.output : 0;
    double paired = (g->inverter.input + 2 * nand_in) * c->pairs * 2;
    double odd = (g->inverter.input + g->nor.input * c->nors / 2) * (c->bits - 2 * c->pairs);
    double first = (nand_out + g->nor.input * c->nors / 4) * c->nands / 4;
    double second = g->nor.output + nand_in;
    double enable = nand_out + 2 * g->driver.input + 2 * g->driver.output;
    return paired + odd + first + second + enable;
}

weft_decoder weft_decoder_of(const weft_cmos *tech, double ways) {
    counts c = count(ways);
    if (c.bits < 1) {
        return (weft_decoder){0, 0, 0};
    }
    gates g = size_gates(tech, &c);
    double height = weft_cmos_cell_height(tech) * fmax(c.nors, c.nands);
    double width = 3 * g.inverter.width + 2 * g.nand.width + g.nor.width +
                   METAL_PITCH * tech->f * c.wires;
    return (weft_decoder){
        .energy = WEFT_CONTROL_ACTIVITY * tech->vdd * tech->vdd * switched(&c, &g),
        .area = height * width,
        .leak = g.inverter.leak * c.bits + g.nand.leak * c.nands +
                (g.nor.leak + g.nand.leak + 2 * g.inverter.leak) * c.nors,
    };
}
