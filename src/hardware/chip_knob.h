/* SPDX-License-Identifier: Apache-2.0
 *
 * Knobs of pixel pipelines, which price a chip of their own anew at each turn. */
#ifndef WEFT_HARDWARE_CHIP_KNOB_H
#define WEFT_HARDWARE_CHIP_KNOB_H

#include "hardware/chip.h"
#include "hardware/price.h"

/* As the functions of hardware.h; weft_pixels_knob knows no words. */
weft_status weft_pixels_knob(const weft_chip *chip, const char *path, const char *unit,
                             weft_knob *knob, weft_error *error) WEFT_NODISCARD;
weft_status weft_pixels_word(const weft_chip *chip, const char *path, const char *word,
                             double *value, weft_error *error) WEFT_NODISCARD;
weft_status weft_pixels_turn(weft_priced *priced, const weft_knob *knobs, const double *values,
                             int n, weft_error *error) WEFT_NODISCARD;
double weft_pixels_value(const weft_chip *chip, const weft_knob *knob);

#endif
