/* SPDX-License-Identifier: Apache-2.0
 *
 * Digital logic counted in gates of 28 nm, for chips of which the gate counts are known. The unit
 * is a two-input NAND; everything else is a multiple of it:
 *                       area    delay   capacitance
 *     NAND, NOR         1       1       1
 *     XOR               2.4     2.4     1.5
 *     flip-flop         6       0       3
 *     half adder        3.4             2.5          1 NAND, 1 XOR
 *     full adder        7.8             6            3 NAND, 2 XOR
 *     1-bit multiplier  1       1       0.5          a NOR of which one input moves
 * Energy is capacitance times V^2. Area and energy go to another node linearly, delay stays: the
 * law that the constants were fitted with, at 28 and 22 nm.
 *
 * Source: zigzag-imc@df34a6f (imc_unit.py, imc_model_validation): NAND of 0.614 um2, 47.8 ps and
 * 0.7 fF, fitted to four digital chips of 28 nm. */
#ifndef WEFT_HARDWARE_GATES_H
#define WEFT_HARDWARE_GATES_H

#include "hardware/part.h"

#define WEFT_GATE_XOR_AREA        2.4
#define WEFT_GATE_XOR_DELAY       2.4
#define WEFT_GATE_XOR_CAP         1.5
#define WEFT_GATE_FLIP_FLOP_AREA  6.0
#define WEFT_GATE_FLIP_FLOP_CAP   3.0
#define WEFT_GATE_HALF_ADDER_AREA (1 + WEFT_GATE_XOR_AREA)
#define WEFT_GATE_HALF_ADDER_CAP  (1 + WEFT_GATE_XOR_CAP)
#define WEFT_GATE_FULL_ADDER_AREA (3 + 2 * WEFT_GATE_XOR_AREA)
#define WEFT_GATE_FULL_ADDER_CAP  (3 + 2 * WEFT_GATE_XOR_CAP)
#define WEFT_GATE_MULTIPLIER_CAP  0.5

/* Delays of a ripple-carry adder in NAND delays: input to sum, input to carry, carry to carry. */
#define WEFT_GATE_TO_SUM   (2 * WEFT_GATE_XOR_DELAY)
#define WEFT_GATE_TO_CARRY (WEFT_GATE_XOR_DELAY + 2)
#define WEFT_GATE_CARRY    2.0

/* The fields that every class of gates has, in this order. */
#define WEFT_GATE_FIELDS                                                                           \
    {"node", WEFT_DIMENSION_LENGTH, 28e-9, 3e-9, 500e-9, 22e-9, 28e-9, NULL, "technology node"},   \
        {"voltage", WEFT_DIMENSION_VOLTAGE, 0.9, 0, 5, 0.4, 1.2, NULL, "supply"},                  \
        {"activity", WEFT_DIMENSION_NONE, 1, 0, 2, 0, 2, NULL, "share of the energy spent"},       \
        {"gate_area", WEFT_DIMENSION_AREA, 0.614e-12, 0, 1e-9, 1e-13, 1e-11,                       \
         NULL,        "a NAND at 28 nm"},                                                          \
        {"gate_delay", WEFT_DIMENSION_TIME, 47.8e-12, 0, 1e-6, 1e-12, 1e-9,                        \
         NULL,         "a NAND at 28 nm"},                                                         \
    {                                                                                              \
        "gate_capacitance", WEFT_DIMENSION_CAPACITANCE, 0.7e-15, 0, 1e-9, 1e-16, 1e-14, NULL,      \
            "a NAND at 28 nm, both inputs"                                                         \
    }
enum {
    WEFT_GATE_NODE,
    WEFT_GATE_VOLTAGE,
    WEFT_GATE_ACTIVITY,
    WEFT_GATE_AREA,
    WEFT_GATE_DELAY,
    WEFT_GATE_CAPACITANCE,
    WEFT_GATE_FIELD_COUNT
};

/* A price from totals in NAND areas, capacitances and delays; `values` begin with the fields. */
void weft_gates_price(const double *values, double areas, double caps, double delays,
                      weft_terms *terms, weft_part_price *price);

#define WEFT_GATE_SOURCE "zigzag-imc@df34a6f (imc_unit.py, imc_model_validation)"

#endif
