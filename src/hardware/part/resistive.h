/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells that are read as a resistance: RRAM, PCM, MRAM, FeFET, embedded flash. The equations are the
 * same; the kinds differ in their defaults and in the range that published devices cover.
 *
 *   R_wire = rows R_row + columns R_column
 *   E_min  = t Vread^2 / (R_off + R_wire + R_access)     E_max with R_on
 *   E_read = (E_min + (E_max - E_min) weight) input pulses
 *
 * The farthest cell sets the lowest resistance that every cell can be programmed to: so the wires of
 * the whole array stand in series with each (wire-aware programming).
 *
 *   E_write = n t_write Vwrite^2 / (R + R_wire + R_access) + V^2 C_wl / columns
 *
 * or the published energy of a write where one is given: devices that are written by a current or a
 * field do not follow their read resistance. Areas are A F^2 a cell.
 * Source: NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc. */
#ifndef WEFT_HARDWARE_RESISTIVE_H
#define WEFT_HARDWARE_RESISTIVE_H

#include "hardware/part/array_lines.h"

/* For the classes of resistive cells. */
void weft_resistive_price(const double *values, weft_terms *terms, weft_part_price *price);
extern const char WEFT_RESISTIVE_EQUATION[];

/* What tells the kinds apart; SI, area in F2, width in F. `on` and `off` come with the range that
 * published devices cover. */
#define WEFT_RESISTIVE_FIELDS(area, with_access, width, r_access, on, on_low, on_high, off,         \
                              off_low, off_high, v_read, v_write, t_write, e_write, cycles)         \
    WEFT_CMOS_FIELDS, WEFT_FIELD_ROWS, WEFT_FIELD_COLUMNS,                                          \
        {"cell_area", WEFT_DIMENSION_NONE, area, 1, 1e6, 4, 200, NULL, "area of a cell in F2"},     \
        WEFT_FIELD_CELL_ASPECT,                                                                     \
        {"access",                                                                                  \
         WEFT_DIMENSION_NONE,                                                                       \
         with_access,                                                                               \
         0,                                                                                         \
         1,                                                                                         \
         0,                                                                                         \
         1,                                                                                         \
         WEFT_ACCESS_WORDS,                                                                         \
         "access device: none (cross-point) or a transistor"},                                      \
        {"access_width",                                                                            \
         WEFT_DIMENSION_NONE,                                                                       \
         width,                                                                                     \
         0,                                                                                         \
         1000,                                                                                      \
         0,                                                                                         \
         100,                                                                                       \
         NULL,                                                                                      \
         "width of the access transistor in F"},                                                    \
        {"access_resistance",                                                                       \
         WEFT_DIMENSION_RESISTANCE,                                                                 \
         r_access,                                                                                  \
         0,                                                                                         \
         1e9,                                                                                       \
         0,                                                                                         \
         1e6,                                                                                       \
         NULL,                                                                                      \
         "resistance of the access transistor that is open"},                                       \
        {"resistance_on",                                                                           \
         WEFT_DIMENSION_RESISTANCE,                                                                 \
         on,                                                                                        \
         1,                                                                                         \
         1e13,                                                                                      \
         on_low,                                                                                    \
         on_high,                                                                                   \
         NULL,                                                                                      \
         "lowest resistance of a cell"},                                                            \
        {"resistance_off",                                                                          \
         WEFT_DIMENSION_RESISTANCE,                                                                 \
         off,                                                                                       \
         1,                                                                                         \
         1e15,                                                                                      \
         off_low,                                                                                   \
         off_high,                                                                                  \
         NULL,                                                                                      \
         "highest resistance of a cell"},                                                           \
        {"read_voltage",                                                                            \
         WEFT_DIMENSION_VOLTAGE,                                                                    \
         v_read,                                                                                    \
         0,                                                                                         \
         5,                                                                                         \
         0.01,                                                                                      \
         1.5,                                                                                       \
         NULL,                                                                                      \
         "voltage across a cell that is read"},                                                     \
        {"read_pulse", WEFT_DIMENSION_TIME,    1e-9, 0, 1, 0.05e-9, 1e-6,                           \
         NULL,         "width of a read pulse"},                                                    \
        WEFT_FIELD_PULSES,                                                                          \
        {"write_voltage",                                                                           \
         WEFT_DIMENSION_VOLTAGE,                                                                    \
         v_write,                                                                                   \
         0,                                                                                         \
         30,                                                                                        \
         0,                                                                                         \
         20,                                                                                        \
         NULL,                                                                                      \
         "voltage across a cell that is written"},                                                  \
        {"write_pulse", WEFT_DIMENSION_TIME,     t_write, 0, 100, 1e-9, 1e-2,                       \
         NULL,          "width of a write pulse"},                                                  \
        {"write_pulses", WEFT_DIMENSION_NONE, 1, 0, 1e6, 1, 1000, NULL, "write pulses of a write"}, \
        {"write_energy",                                                                            \
         WEFT_DIMENSION_ENERGY,                                                                     \
         e_write,                                                                                   \
         0,                                                                                         \
         1e-3,                                                                                      \
         0,                                                                                         \
         1e-9,                                                                                      \
         NULL,                                                                                      \
         "published energy of a write pulse; 0: from voltage, time and resistance"},                \
        {"endurance", WEFT_DIMENSION_NONE,          cycles, 1, 1e18, 1e2, 1e16,                     \
         NULL,        "writes that a cell survives"},                                               \
        WEFT_FIELD_CAPACITANCE_SCALE, WEFT_FIELD_CAPACITANCE_ADD, WEFT_FIELD_CELLS_WIDE,            \
        WEFT_FIELD_CELLS_DEEP

#endif
