/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts made of capacitors share. */
#ifndef WEFT_HARDWARE_CAPACITORS_H
#define WEFT_HARDWARE_CAPACITORS_H

#include "hardware/part.h"

/* Area of a capacitor in m2: capacitance / density and a border. A density of 0 stands for
 * 2.3 fF/um2 (22 nm / node)^2; the border is 1 um2 (node / 22 nm)^2. Source: cimloop@d6e1390
 * (misc.py). */
double weft_capacitor_area(double capacitance, double node, double density);

/* Energy in J of the logic that sets the switches of a ladder of `bits`:
 * (V node / nm)^2 bits 8e-17, 0.08 pJ a bit at 32 nm and 1 V. Source: cimloop@d6e1390
 * (X2X_ladder.py). */
double weft_ladder_controller(double bits, double node, double voltage);

/* The statistics by name, for fields that choose one; NULL-terminated. */
extern const char *const WEFT_STATISTIC_WORDS[];

#endif
