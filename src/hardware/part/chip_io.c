/* SPDX-License-Identifier: Apache-2.0
 *
 * Pins of a chip. An action moves `width` bits over `pins` pins.
 *   cmos    a pad that swings from rail to rail: E = width toggle C V_io^2, 1 bit a clock and pin
 *   serial  a ground-referenced single-ended link: 1.17 pJ/bit at 25 Gbit/s and pin (16 nm), not
 *           scaled with the node
 *   delay = width / (pins bit rate)
 *
 * Source: charge of a pad's capacitance, 10 pF with its trace; J. W. Poulton et al., IEEE JSSC 54
 * (2019) 43. No area: published figures of pads differ by more than their sum. */
#include "hardware/part.h"

enum { KIND, WIDTH, PINS, RATE, TOGGLE, CAPACITANCE, VOLTAGE };
enum { CMOS, SERIAL };

static const char *const KINDS[] = {"cmos", "serial", NULL};

static const weft_part_field FIELDS[] = {
    {"kind", WEFT_DIMENSION_NONE, CMOS, 0, 1, 0, 1, KINDS, "kind of pin"},
    {"width", WEFT_DIMENSION_DATA, 32, 1, 1 << 20, 1, 4096, NULL, "bits of an action"},
    {"pins", WEFT_DIMENSION_NONE, 32, 1, 1 << 20, 1, 2048, NULL, "pins side by side"},
    {"pin_rate", WEFT_DIMENSION_BANDWIDTH, 0, 0, 1e12, 0, 50e9, NULL,
     "of a pin; 0: 100 Mbit/s (cmos), 25 Gbit/s (serial)"},
    {"toggle", WEFT_DIMENSION_NONE, 0.25, 0, 1, 0, 0.5, NULL, "share of pins that charge (cmos)"},
    {"pad_capacitance", WEFT_DIMENSION_CAPACITANCE, 10e-12, 0, 1e-6, 1e-12, 50e-12, NULL,
     "of a pad and its trace (cmos)"},
    {"io_voltage", WEFT_DIMENSION_VOLTAGE, 1.8, 0, 10, 1, 3.6, NULL, "swing of a pad (cmos)"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    bool serial = values[KIND] == SERIAL;
    double volts = values[VOLTAGE];
    double pad = values[TOGGLE] * values[CAPACITANCE] * volts * volts;
    double bit =
        weft_term(terms, "E_bit", "J", "toggle C V_io^2, or 1.17 pJ", serial ? 1.17e-12 : pad);
    double usual = serial ? 25e9 : 100e6;
    double rate =
        weft_term(terms, "rate", "bit/s", "of a pin", values[RATE] > 0 ? values[RATE] : usual);
    price->read_j[WEFT_STATISTIC_ONE] = price->write_j[WEFT_STATISTIC_ONE] = bit * values[WIDTH];
    price->read_s = price->write_s = values[WIDTH] / (values[PINS] * rate);
}

const weft_part_class weft_part_chip_io = {
    .name = "chip-io",
    .text = "pins of a chip",
    .equation = "cmos: E = width toggle C V_io^2; serial: E = width 1.17 pJ\n"
                "delay = width / (pins rate)",
    .source = "charge of a pad; Poulton, JSSC 2019",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
