/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/chip_fields.h"

/* Bounds keep every product of the model far from overflow; they are not physics. */
#define COUNT(section, key, upper)                                                                 \
    { #section, #key, offsetof(weft_chip, section.key), WEFT_DIMENSION_NONE, 1, upper, true }
#define BITS(section, key, lower, upper)                                                           \
    { #section, #key, offsetof(weft_chip, section.key), WEFT_DIMENSION_DATA, lower, upper, true }
#define SHARE(section, key)                                                                        \
    { #section, #key, offsetof(weft_chip, section.key), WEFT_DIMENSION_NONE, 0, 1, false }
#define REAL(section, key, dimension, lower, upper)                                                \
    { #section, #key, offsetof(weft_chip, section.key), dimension, lower, upper, false }
#define TIME(section, key)  REAL(section, key, WEFT_DIMENSION_TIME, 0, 1e-3)
#define AREA(section, key)  REAL(section, key, WEFT_DIMENSION_AREA, 0, 1e-4)
#define POWER(section, key) REAL(section, key, WEFT_DIMENSION_POWER, 0, 1e3)
#define NODE(section, key)  REAL(section, key, WEFT_DIMENSION_LENGTH, 1e-9, 1e-4)
#define CIRCUIT(name, member)                                                                      \
    {#name, "area", offsetof(weft_chip, member.area), WEFT_DIMENSION_AREA, 0, 1e-4, false},        \
        {#name, "power", offsetof(weft_chip, member.power), WEFT_DIMENSION_POWER, 0, 1e3, false},  \
        {#name,                                                                                    \
         "reference_node",                                                                         \
         offsetof(weft_chip, member.reference_node),                                               \
         WEFT_DIMENSION_LENGTH,                                                                    \
         1e-9,                                                                                     \
         1e-4,                                                                                     \
         false},                                                                                   \
    {                                                                                              \
#name, "node", offsetof(weft_chip, member.node), WEFT_DIMENSION_LENGTH, 1e-9, 1e-4, false  \
    }

const weft_chip_field weft_chip_fields[] = {
    BITS(precision, weights, 2, 32),
    BITS(precision, activations, 1, 32),
    BITS(cell, bits, 1, 8),
    AREA(cell, area),
    REAL(cell, resistance_high, WEFT_DIMENSION_RESISTANCE, 1, 1e15),
    REAL(cell, resistance_low, WEFT_DIMENSION_RESISTANCE, 1, 1e15),
    SHARE(cell, low_share),
    REAL(cell, read_voltage, WEFT_DIMENSION_VOLTAGE, 0, 100),
    SHARE(cell, active_share),
    TIME(cell, read_time),
    COUNT(crossbar, rows, 65536),
    COUNT(crossbar, columns, 65536),
    COUNT(crossbar, subarray_rows, 65536),
    AREA(crossbar, driver_area),
    TIME(crossbar, wire_quadratic),
    TIME(crossbar, wire_linear),
    TIME(crossbar, wire_constant),
    COUNT(pe, groups, 64),
    COUNT(pe, dacs, 65536),
    COUNT(pe, adcs, 65536),
    COUNT(tile, pe_rows, 64),
    COUNT(tile, pe_columns, 64),
    REAL(tile, bandwidth, WEFT_DIMENSION_BANDWIDTH, 1e3, 1e18),
    COUNT(mesh, rows, 256),
    COUNT(mesh, columns, 256),
    REAL(mesh, bandwidth, WEFT_DIMENSION_BANDWIDTH, 1e3, 1e18),
    REAL(mesh, energy, WEFT_DIMENSION_ENERGY, 0, 1e-6),
    REAL(clock, frequency, WEFT_DIMENSION_FREQUENCY, 1e3, 1e12),
    BITS(adder, bits, 1, 64),
    CIRCUIT(adder, adder),
    CIRCUIT(register, reg),
    CIRCUIT(shift, shift),
    CIRCUIT(joint, joint),
    REAL(multiplexer, transistors, WEFT_DIMENSION_NONE, 0, 1e6),
    REAL(multiplexer, growth, WEFT_DIMENSION_NONE, 1, 100),
    REAL(multiplexer, transistor_area, WEFT_DIMENSION_NONE, 0, 1e6),
    POWER(multiplexer, transistor_power),
    NODE(multiplexer, node),
    TIME(multiplexer, demux_stage),
    TIME(multiplexer, mux_stage),
    COUNT(pooling, units, 65536),
    COUNT(pooling, window, 65536),
    TIME(pooling, time),
    CIRCUIT(pooling, pooling),
    {"pooling", "adaptive_window", offsetof(weft_chip, pooling.adaptive_window),
     WEFT_DIMENSION_NONE, 0, 65536, true},
    BITS(buffer, port, 1, 65536),
    TIME(buffer, cycle),
    TIME(accumulator, time),
    AREA(control, area),
    POWER(control, power),
};
const int weft_chip_n_fields = (int)(sizeof weft_chip_fields / sizeof *weft_chip_fields);

const char *const weft_converter_kinds[] = {
#define KIND(name, token) token,
    WEFT_CONVERTER_KIND_MAP(KIND)
#undef KIND
};
const char *const weft_signs_words[] = {
#define SIGN(name, token) token,
    WEFT_SIGNS_MAP(SIGN)
#undef SIGN
};
const char *const weft_placements[] = {
#define PLACEMENT(name, token) token,
    WEFT_PLACEMENT_MAP(PLACEMENT)
#undef PLACEMENT
};

const char *const weft_chip_sections[] = {
    "precision", "cell",  "crossbar", "pe",          "tile",    "mesh",   "clock",       "adder",
    "register",  "shift", "joint",    "multiplexer", "pooling", "buffer", "accumulator", "control",
};
const int weft_chip_n_sections = (int)(sizeof weft_chip_sections / sizeof *weft_chip_sections);

const weft_chip_field weft_converter_fields[] = {
    {"", "bits", offsetof(weft_converter, bits), WEFT_DIMENSION_DATA, 1, 32, true},
    {"", "rate", offsetof(weft_converter, rate), WEFT_DIMENSION_FREQUENCY, 1e3, 1e12, false},
    {"", "power", offsetof(weft_converter, power), WEFT_DIMENSION_POWER, 0, 1e3, false},
    {"", "area", offsetof(weft_converter, area), WEFT_DIMENSION_AREA, 0, 1e-4, false},
};
const int weft_converter_n_fields =
    (int)(sizeof weft_converter_fields / sizeof *weft_converter_fields);

const weft_chip_field weft_sram_fields[] = {
    {"", "capacity", offsetof(weft_sram, capacity), WEFT_DIMENSION_DATA, 8, 1e12, true},
    {"", "area", offsetof(weft_sram, area), WEFT_DIMENSION_AREA, 0, 1e-2, false},
    {"", "leakage", offsetof(weft_sram, leakage), WEFT_DIMENSION_POWER, 0, 1e3, false},
    {"", "read_energy", offsetof(weft_sram, read_energy), WEFT_DIMENSION_ENERGY, 0, 1e-3, false},
    {"", "write_energy", offsetof(weft_sram, write_energy), WEFT_DIMENSION_ENERGY, 0, 1e-3, false},
};
const int weft_sram_n_fields = (int)(sizeof weft_sram_fields / sizeof *weft_sram_fields);
