/* SPDX-License-Identifier: Apache-2.0
 *
 * The component models: what one part of a given chip takes in time, power and area. One file
 * each; the equations stand above the functions and in docs/reference/models.md. Times are in
 * quanta (quantum.h), powers in W, areas in m2. */
#ifndef WEFT_HARDWARE_PARTS_H
#define WEFT_HARDWARE_PARTS_H

#include "hardware/chip.h"

/* cell.c: mean power of a cell while its row is read. */
double weft_cell_read_power(const weft_chip *chip);

/* crossbar.c */
int64_t weft_crossbar_read_time(const weft_chip *chip);
double weft_crossbar_area(const weft_chip *chip);

/* converter.c: one conversion of a DAC or ADC. */
int64_t weft_converter_time(const weft_converter *converter);

/* digital.c: a circuit at its node; (de)multiplexers of so many ways; adder trees. */
double weft_circuit_area(const weft_circuit *circuit);
double weft_circuit_power(const weft_circuit *circuit);
double weft_multiplexer_area(const weft_chip *chip, int64_t ways);
double weft_multiplexer_power(const weft_chip *chip, int64_t ways);
int64_t weft_multiplexer_time(double stage_seconds, int64_t ways);
int64_t weft_adders_of_groups(int64_t groups);
int64_t weft_joints_of_tile(int64_t pes);

/* Smallest n with 2^n >= x, for x >= 1. */
int32_t weft_levels(int64_t x);

/* buffer.c: power of the n-th memory of the chip while it is read or written. */
double weft_buffer_read_power(const weft_chip *chip, int size);
double weft_buffer_write_power(const weft_chip *chip, int size);

/* mesh.c: row and column of the tile that is filled n-th, for all tiles of the mesh. */
void weft_mesh_order(int placement, int32_t rows, int32_t columns, int16_t *row, int16_t *column);

#endif
