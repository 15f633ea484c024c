/* SPDX-License-Identifier: Apache-2.0
 *
 * Contradictions between the values of a chip. Reading finds them with their place in the file;
 * pricing finds them in a chip whose values were set one by one. */
#include "hardware/chip_fields.h"

#include <math.h>

static bool grows(const weft_chip *chip) {
    for (int i = 1; i < chip->buffer.n_sizes; i++) {
        if (chip->buffer.sizes[i].capacity.value <= chip->buffer.sizes[i - 1].capacity.value) {
            return false;
        }
    }
    return true;
}

bool weft_chip_contradicts(const weft_chip *chip, weft_contradiction *found) {
    if (fmod(chip->crossbar.rows.value, chip->crossbar.subarray_rows.value) != 0) {
        *found = (weft_contradiction){
            "crossbar", "subarray_rows",
            "the rows of a crossbar must be a multiple of those of a sub-array"};
        return true;
    }
    if (chip->cell.resistance_high.value < chip->cell.resistance_low.value) {
        *found = (weft_contradiction){"cell", "resistance_high",
                                      "the high resistance is below the low one"};
        return true;
    }
    if (!grows(chip)) {
        *found = (weft_contradiction){"buffer", "sizes",
                                      "each capacity must be larger than the one before"};
        return true;
    }
    return false;
}
