/* SPDX-License-Identifier: Apache-2.0
 *
 * A digital multiplexer: a pass gate of standard size for each bit of each input, and the decoder
 * that opens those of one input.
 *
 *   E = bits (C_gN V^2 + 2 C_d Vread^2) + E_decoder(inputs)
 *   A = bits inputs 7.6 F x 28 F + A_decoder (FinFETs: 10.6 F)
 *
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 1 to 64 bits, 2 to 128 inputs, 300 K.
 * Source: NeuroSim V1.3 (Mux, RowDecoder) in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/address_decoder.h"
#include "hardware/part/logic.h"

enum {
    BITS = WEFT_CMOS_FIELD_COUNT,
    INPUTS,
    READ_VOLTAGE,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_BITS,
    {"inputs", WEFT_DIMENSION_NONE, NAN, 1, 65536, 2, 128, NULL, "inputs to choose from"},
    {"read_voltage", WEFT_DIMENSION_VOLTAGE, 0.1, 0, 5, 0, 1.5, NULL,
     "swing of what passes the gates"},
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_widths widths = weft_cmos_inverter(tech);
    weft_standard_gate gate = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, widths);
    weft_decoder decoder = weft_decoder_of(tech, values[INPUTS]);
    double n_gate = weft_cmos_gate_cap(tech, widths.n);
    double swing = values[READ_VOLTAGE] * values[READ_VOLTAGE];
    double passed = weft_term(terms, "E_gate", "J", "C_gN V^2 + 2 C_d Vread^2",
                              n_gate * tech->vdd * tech->vdd + 2 * gate.output * swing);
    weft_term(terms, "E_decoder", "J", "a selection", decoder.energy);
    weft_logic mux = {
        .energy = values[BITS] * passed + decoder.energy,
        .area = values[BITS] * values[INPUTS] * gate.area + decoder.area,
        .leak = decoder.leak,
        .delay = 2.3 * weft_cmos_pass_resistance(tech, widths) * (gate.output + 0.5 * gate.input),
    };
    weft_logic_price(&mux, terms, price);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_multiplexer = {
    .name = "multiplexer",
    .text = "a digital multiplexer; an action passes one input on",
    .equation = "E = bits (C_gN V^2 + 2 C_d Vread^2) + E_decoder(inputs)\n"
                "A = bits inputs 212.8 F^2 + A_decoder (FinFETs: 296.8 F^2)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
