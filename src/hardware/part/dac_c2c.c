/* SPDX-License-Identifier: Apache-2.0
 *
 * C-2C ladder DAC of n bits: the ladder of dac_r2r.c with capacitors, which take charge once a
 * conversion instead of current for a time; a register holds the code.
 *
 *   E = C V^2 ladder + (V node / nm)^2 n 8e-17 J + 0.5 n E_dff input_toggle
 *   A = n capacitors of C (none where stacked) + n flip-flops
 *
 * Source: H. Wang et al., VLSI 2022, as modelled in cimloop@d6e1390 (X2X_ladder.py,
 * dac_x2x_ladder.yaml); flip-flops of NeuroSim V1.3. */
#include "hardware/part/capacitors.h"
#include "hardware/part/logic.h"

enum { NODE, VOLTAGE, LOGIC_VOLTAGE, BITS, CAPACITANCE, STACKED, DENSITY };

static const char *const STACKED_WORDS[] = {"no", "yes", NULL};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 7e-9, 130e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, NAN, 0, 5, 0, 2.5, NULL, "reference of the ladder"},
    {"logic_voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 1.8, NULL,
     "supply of the register; 0: the nominal supply of the node"},
    {"resolution", WEFT_DIMENSION_DATA, NAN, 1, 16, 1, 12, NULL, "bits"},
    {"unit_capacitance", WEFT_DIMENSION_CAPACITANCE, 2e-15, 1e-17, 1e-9, 0.5e-15, 1e-12, NULL, "C"},
    {"stacked", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, STACKED_WORDS, "capacitors above other parts"},
    {"density", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 0.05, NULL, "F/m2; 0: 2.3e-3 (22 nm / node)^2"},
};

static void register_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                        weft_part_price *price) {
    weft_logic code = weft_logic_register(tech, values[BITS]);
    price->read_j[WEFT_STATISTIC_INPUT_TOGGLE] =
        weft_term(terms, "E_register", "J", "0.5 n E_dff", code.energy);
    price->area_m2 = weft_term(terms, "A_register", "m2", "n flip-flops", code.area);
    price->leak_w = code.leak;
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double n = values[BITS];
    double volts = values[VOLTAGE];
    weft_cmos_price(register_at, values, values[NODE], values[LOGIC_VOLTAGE], WEFT_DEVICE_LP, terms,
                    price);
    price->read_j[WEFT_STATISTIC_LADDER] =
        weft_term(terms, "E_ladder", "J", "C V^2", values[CAPACITANCE] * volts * volts);
    price->read_j[WEFT_STATISTIC_ONE] = weft_term(terms, "E_controller", "J",
                                                  "(V node / nm)^2 n 8e-17",
                                                  weft_ladder_controller(n, values[NODE], volts));
    double plates = weft_capacitor_area(values[CAPACITANCE], values[NODE], values[DENSITY]);
    price->area_m2 += weft_term(terms, "A_capacitors", "m2", "n A_C, 0 if stacked",
                                values[STACKED] > 0 ? 0 : n * plates);
}

const weft_part_class weft_part_dac_c2c = {
    .name = "dac-c2c",
    .text = "C-2C ladder DAC",
    .equation = "E = C V^2 ladder + (V node / nm)^2 n 8e-17 + 0.5 n E_dff input_toggle\n"
                "A = n A_C + n flip-flops",
    .source = "Wang, VLSI 2022; cimloop@d6e1390 (X2X_ladder.py); NeuroSim V1.3 (DFF)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
