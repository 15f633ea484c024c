/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits of what can be built: values of a chip that a device, a wire or a node bounds (bits of a cell,
 * the voltage that a line loses). A chip beyond one of them is infeasible, with the value, the bound and
 * the source of the bound. */
#ifndef WEFT_HARDWARE_LIMITS_H
#define WEFT_HARDWARE_LIMITS_H

#include "hardware/hierarchy.h"

/* Reads the key `limits` of a chip file: NAME: {value: EXPRESSION, at_most | at_least: EXPRESSION}. */
weft_status weft_limits_read(weft_map *root, weft_hierarchy *h, weft_error *error) WEFT_NODISCARD;

/* Writes into `reason`, unless it says something already, the first limit that these values exceed;
 * returns by what share of the limits they do, over all of them. */
double weft_limits_check(const weft_hierarchy *h, const double *variables, char *reason,
                         size_t size);

#endif
