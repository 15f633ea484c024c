/* SPDX-License-Identifier: Apache-2.0
 *
 * The array of cells with the drivers of its word lines.
 *
 *   t_read = t_cell + w2 S^2 + w1 S + w0        S = rows x columns / 8192, kilobytes of 1-bit cells
 *   area   = rows x columns x A_cell + rows x A_driver
 *
 * After MNSIM 2.0, Crossbar.py (area of the device, not of the technology). */
#include "hardware/parts.h"
#include "hardware/quantum.h"

int64_t weft_crossbar_read_time(const weft_chip *chip) {
    double size = chip->crossbar.rows.value * chip->crossbar.columns.value / 8192;
    double wire = chip->crossbar.wire_quadratic.value * size * size +
                  chip->crossbar.wire_linear.value * size + chip->crossbar.wire_constant.value;
    return weft_time_quanta(chip->cell.read_time.value + wire);
}

double weft_crossbar_area(const weft_chip *chip) {
    double rows = chip->crossbar.rows.value;
    double cells = rows * chip->crossbar.columns.value * chip->cell.area.value;
    return cells + rows * chip->crossbar.driver_area.value;
}
