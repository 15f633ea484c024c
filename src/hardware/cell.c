/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory cell: a resistor between word line and bit line.
 *
 *   1/R = s / R_low + (1 - s) / R_high      s: share of cells in the low-resistance state
 *   V^2 = a V_read^2                        a: share of rows that carry the read voltage
 *   P   = V^2 / R                           mean power of a cell while it is read
 *
 * After MNSIM 2.0, Device.py, where s = 0.33 and a = 0.1. */
#include "hardware/parts.h"

double weft_cell_read_power(const weft_chip *chip) {
    double low = chip->cell.low_share.value;
    double conductance = low / chip->cell.resistance_low.value +
                         (1 - low) / chip->cell.resistance_high.value;
    double volt = chip->cell.read_voltage.value;
    return chip->cell.active_share.value * volt * volt * conductance;
}
