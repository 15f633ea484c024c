/* SPDX-License-Identifier: Apache-2.0
 * A chip of one array, to ask what it holds. The test brings MUST. */
#ifndef WEFT_TESTS_LEARN_CHIP_SUPPORT_H
#define WEFT_TESTS_LEARN_CHIP_SUPPORT_H

#include <weft/hardware.h>

/* `operands`: its inputs and weights. */
static inline weft_priced *small_chip(const char *operands) {
    char text[2048];
    weft_error error;
    int n = snprintf(text, sizeof text,
                     "weft: chip/2\nname: small\noperands:\n%s  outputs: {bits: 8}\n"
                     "cycle: {time: 1e-8}\nlevels:\n"
                     "  - level: array\n    count: 64\n"
                     "    fill: [[Y], [R, S], [M, C], [G], [P, Q], [N]]\n    parts:\n"
                     "      readout: {class: fixed, acts: readout, energy: 1e-12, area: 1e-9}\n"
                     "  - level: column\n    count: 32\n    shares: inputs\n    fill: [[Y], [M]]\n"
                     "  - level: row\n    count: 64\n    shares: outputs\n    fill: [[C, R, S]]\n"
                     "execution: {accounting: resident, order: layers}\n",
                     operands);
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    MUST(weft_chip_parse(text, (size_t)n, "small.yaml", &chip, &error));
    MUST(weft_priced_create(chip, &priced, &error));
    weft_chip_destroy(chip);
    return priced;
}

#endif
