/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffers are SRAM of the sizes that the chip file lists; a buffer takes the smallest that holds
 * what it must.
 *
 *   moving n bits takes ceil(n / port) cycles
 *   P = E_access / t_cycle + P_leak          while it is read or written
 *
 * After MNSIM 2.0, Buffer.py. */
#include "hardware/parts.h"

static double power(const weft_chip *chip, int size, const weft_quantity *energy) {
    double cycle = chip->buffer.cycle.value;
    double dynamic = cycle > 0 ? energy->value / cycle : 0;
    return dynamic + chip->buffer.sizes[size].leakage.value;
}

double weft_buffer_read_power(const weft_chip *chip, int size) {
    return power(chip, size, &chip->buffer.sizes[size].read_energy);
}

double weft_buffer_write_power(const weft_chip *chip, int size) {
    return power(chip, size, &chip->buffer.sizes[size].write_energy);
}
