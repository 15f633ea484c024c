/* SPDX-License-Identifier: Apache-2.0
 *
 * Multiplier of an analog and a digital operand on a C-2C ladder: n bits, n capacitors C and n of
 * 2 C, switched from the supply.
 *   port a: the analog operand goes from one value to the next on all capacitors, each of which it
 *           sees as 1.67 / 8 of itself (mean over the digital operand's bits):
 *               E = 3 n C V^2 (1.67 / 8) input_step
 *   port b: a digital operand's bits that rise put their capacitors on the analog one:
 *               E = 3 n C V^2 rms_toggle
 * Port a carries the area: the capacitors (none where stacked), two pass gates of 200 F^2 and two
 * inverters a bit.
 *
 * Source: H. Wang et al., IEEE JSSC 58 (2023) 1037 (VLSI 2022), as modelled in cimloop@d6e1390
 * (c2c_multiplier.yaml, misc.py); inverters as in NeuroSim V1.3. */
#include "hardware/part/capacitors.h"
#include "hardware/part/cmos.h"

enum { NODE, VOLTAGE, BITS, CAPACITANCE, PORT, STACKED, DENSITY };
enum { PORT_A, PORT_B, BOTH };

static const char *const PORTS[] = {"a", "b", "both", NULL};
static const char *const STACKED_WORDS[] = {"no", "yes", NULL};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 7e-9, 130e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, NAN, 0, 5, 0, 2.5, NULL, "supply"},
    {"resolution", WEFT_DIMENSION_DATA, NAN, 1, 16, 1, 10, NULL, "bits of the digital operand"},
    {"unit_capacitance", WEFT_DIMENSION_CAPACITANCE, 2e-15, 1e-17, 1e-12, 0.5e-15, 10e-15, NULL,
     "unit capacitor"},
    {"port", WEFT_DIMENSION_NONE, BOTH, 0, 2, 0, 2, PORTS, "which port an action drives"},
    {"stacked", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, STACKED_WORDS, "capacitors above other parts"},
    {"density", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 0.05, NULL, "F/m2; 0: 2.3e-3 (22 nm / node)^2"},
};

static void inverter_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                        weft_part_price *price) {
    (void)values;
    (void)terms;
    weft_standard_gate gate =
        weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, weft_cmos_inverter(tech));
    price->area_m2 = gate.area;
    price->leak_w = gate.leak;
}

static void price_area(const double *values, weft_terms *terms, weft_part_price *price) {
    double node = values[NODE];
    double unit = values[CAPACITANCE];
    weft_cmos_price(inverter_at, values, node, 0, WEFT_DEVICE_LP, NULL, price);
    double caps = weft_capacitor_area(unit, node, values[DENSITY]) +
                  weft_capacitor_area(2 * unit, node, values[DENSITY]);
    double plates = weft_term(terms, "A_capacitors", "m2", "C and 2 C, 0 if stacked",
                              values[STACKED] > 0 ? 0 : caps);
    double gates = weft_term(terms, "A_pass", "m2", "2 x 200 F^2", 2 * 200 * node * node);
    price->area_m2 = values[BITS] * (plates + gates + 2 * price->area_m2);
    price->leak_w *= 2 * values[BITS];
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    int port = (int)values[PORT];
    double volts = values[VOLTAGE];
    double full = weft_term(terms, "E_full", "J", "3 n C V^2",
                            3 * values[BITS] * values[CAPACITANCE] * volts * volts);
    if (port != PORT_B) {
        price_area(values, terms, price);
        price->read_j[WEFT_STATISTIC_INPUT_STEP] =
            weft_term(terms, "E_a", "J", "E_full 1.67 / 8", full * 1.67 / 8);
    }
    if (port != PORT_A) {
        price->read_j[WEFT_STATISTIC_RMS_TOGGLE] = full;
    }
}

const weft_part_class weft_part_capacitive_multiplier = {
    .name = "capacitive-multiplier",
    .text = "multiplier of an analog and a digital operand on a C-2C ladder",
    .equation = "port a: E = 3 n C V^2 (1.67 / 8) input_step; port b: E = 3 n C V^2 rms_toggle\n"
                "area = n (A_C + A_2C + 400 F^2 + two inverters), with port a",
    .source = "Wang, VLSI 2022; cimloop@d6e1390 (c2c_multiplier.yaml, misc.py)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
