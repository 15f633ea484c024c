/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of an array share: the lines along its rows and columns, and the fields by which
 * chip files describe its cells.
 *
 * Cells are `area` squares of F large and sqrt(area x aspect) F high. Wires have 0.2 fF/um. Their
 * resistance is that of a wire 40 nm wide and 76 nm thick at every node, 4.03e-8 ohm m; a cell adds
 * a piece of wire as long as its height (row) or width (column) with 40 nm for F.
 * Source: NeuroSim V1.3 and accelergy-neurosim-plug-in@bf874bc. */
#ifndef WEFT_HARDWARE_ARRAY_LINES_H
#define WEFT_HARDWARE_ARRAY_LINES_H

#include "hardware/part/cmos.h"

#define WEFT_WIRE_F_PER_M   0.2e-9
#define WEFT_WIRE_OHM_PER_M (4.03e-8 / (40e-9 * 40e-9 * 1.9))
#define WEFT_WIRE_WIDTH_M   40e-9

/* What the cells of an array are, for its drivers. */
typedef enum weft_cell_kind { WEFT_CELL_RESISTIVE, WEFT_CELL_SRAM } weft_cell_kind;
typedef enum weft_access { WEFT_ACCESS_NONE, WEFT_ACCESS_CMOS } weft_access;

typedef struct weft_lines {
    double rows, columns;
    double cell_height, cell_width; /* F */
    double row, column;             /* m, length of a row, height of a column */
} weft_lines;

weft_lines weft_lines_of(const weft_cmos *tech, double rows, double columns, double cell_area,
                         double cell_aspect);

/* Capacitance of a word line: wire, the gates of the access transistors (`gate_width` m each, 0
 * where there are none), times `scale`, plus `add` F a cell; never below 0. */
double weft_word_line_cap(const weft_cmos *tech, const weft_lines *lines, double gate_width,
                          double scale, double add);

/* Capacitance of a bit line: wire, and the drains of access transistors (0: none) whose cell leaves
 * its own width for their height. */
double weft_bit_line_cap(const weft_cmos *tech, const weft_lines *lines, double gate_width);

/* Resistance of the wires from the corner of the array to the opposite one. */
double weft_lines_resistance(const weft_lines *lines);

/* How a column of so many units, each `unit` m, folds into what is `room` m long. */
typedef struct weft_stack {
    double room;  /* m, at least one unit */
    double lines; /* how many lines of units side by side */
    double each;  /* units a line holds, at most */
} weft_stack;
weft_stack weft_stack_in(double room, double unit, double count);

/* ---- fields ------------------------------------------------------------------------------------- */

extern const char *const WEFT_CELL_KIND_WORDS[];
extern const char *const WEFT_ACCESS_WORDS[];
extern const char *const WEFT_NO_YES_WORDS[];

#define WEFT_FIELD_ROWS                                                                            \
    { "rows", WEFT_DIMENSION_NONE, NAN, 1, 65536, 8, 1024, NULL, "rows of the array" }
#define WEFT_FIELD_COLUMNS                                                                         \
    { "columns", WEFT_DIMENSION_NONE, NAN, 1, 65536, 8, 1024, NULL, "columns of the array" }
#define WEFT_FIELD_COLUMNS_A_MUX                                                                   \
    {                                                                                              \
        "columns_a_mux", WEFT_DIMENSION_NONE, 1, 1, 65536, 1, 128, NULL,                           \
            "columns that share a converter"                                                       \
    }
#define WEFT_FIELD_CELL_KIND                                                                       \
    {                                                                                              \
        "cell_kind", WEFT_DIMENSION_NONE, WEFT_CELL_RESISTIVE, 0, 1, 0, 1, WEFT_CELL_KIND_WORDS,   \
            "what the array is made of"                                                            \
    }
#define WEFT_FIELD_CELL_AREA                                                                       \
    { "cell_area", WEFT_DIMENSION_NONE, NAN, 1, 1e6, 4, 2000, NULL, "area of a cell in F2" }
#define WEFT_FIELD_CELL_ASPECT                                                                     \
    {                                                                                              \
        "cell_aspect", WEFT_DIMENSION_NONE, 1, 0.01, 100, 0.1, 10, NULL,                           \
            "height of a cell over its width"                                                      \
    }
#define WEFT_FIELD_ACCESS                                                                          \
    {                                                                                              \
        "access", WEFT_DIMENSION_NONE, WEFT_ACCESS_NONE, 0, 1, 0, 1, WEFT_ACCESS_WORDS,            \
            "access device of a resistive cell: none (cross-point) or a transistor"                \
    }
#define WEFT_FIELD_ACCESS_WIDTH                                                                    \
    {                                                                                              \
        "access_width", WEFT_DIMENSION_NONE, 1, 0, 1000, 0, 100, NULL,                             \
            "width of the access transistor in F"                                                  \
    }
#define WEFT_FIELD_RESISTANCE_ON                                                                   \
    {                                                                                              \
        "resistance_on", WEFT_DIMENSION_RESISTANCE, 250e3, 1, 1e13, 1e3, 1e9, NULL,                \
            "lowest resistance of a cell"                                                          \
    }
#define WEFT_FIELD_RESISTANCE_OFF                                                                  \
    {                                                                                              \
        "resistance_off", WEFT_DIMENSION_RESISTANCE, 1e6, 1, 1e15, 1e3, 1e12, NULL,                \
            "highest resistance of a cell"                                                         \
    }
#define WEFT_FIELD_READ_VOLTAGE                                                                    \
    {                                                                                              \
        "read_voltage", WEFT_DIMENSION_VOLTAGE, 0.1, 0, 5, 0.01, 1.5, NULL,                        \
            "voltage across a cell that is read"                                                   \
    }
#define WEFT_FIELD_ACCESS_VOLTAGE                                                                  \
    {                                                                                              \
        "access_voltage", WEFT_DIMENSION_VOLTAGE, 0.1, 0, 10, 0, 3.3, NULL,                        \
            "voltage at the gates of the access transistors"                                       \
    }
#define WEFT_FIELD_WRITE_VOLTAGE                                                                   \
    { "write_voltage", WEFT_DIMENSION_VOLTAGE, 2, 0, 30, 0, 20, NULL, "programming voltage" }
#define WEFT_FIELD_CAPACITANCE_SCALE                                                               \
    {                                                                                              \
        "capacitance_scale", WEFT_DIMENSION_NONE, 1, 0, 1000, 0, 10, NULL,                         \
            "factor on the capacitance of a word line"                                             \
    }
#define WEFT_FIELD_CAPACITANCE_ADD                                                                 \
    {                                                                                              \
        "capacitance_add", WEFT_DIMENSION_CAPACITANCE, 0, -1e-12, 1e-12, -1e-14, 1e-14, NULL,      \
            "added to a word line for every cell, after the factor"                                \
    }
#define WEFT_FIELD_PULSES                                                                          \
    {                                                                                              \
        "pulses", WEFT_DIMENSION_NONE, 1, 1, 4294967295.0, 1, 65535, NULL,                         \
            "pulses of an input at full scale: 2^bits - 1, or 1"                                   \
    }
#define WEFT_FIELD_CELLS_WIDE                                                                      \
    {                                                                                              \
        "cells_wide", WEFT_DIMENSION_NONE, 1, 1, 4096, 1, 64, NULL,                                \
            "cells side by side that act as one"                                                   \
    }
#define WEFT_FIELD_CELLS_DEEP                                                                      \
    {                                                                                              \
        "cells_deep", WEFT_DIMENSION_NONE, 1, 1, 4096, 1, 64, NULL,                                \
            "cells above each other of which one acts"                                             \
    }

#endif
