/* SPDX-License-Identifier: Apache-2.0
 *
 * Hierarchical chips behind the public weft_chip functions, which hand over to these where
 * chip->hierarchy is there. */
#ifndef WEFT_HARDWARE_HIERARCHY_CHIP_H
#define WEFT_HARDWARE_HIERARCHY_CHIP_H

#include "hardware/chip.h"
#include "hardware/hierarchy_cost.h"

/* Whether the text is one of a hierarchical chip: `weft: chip/2`. */
bool weft_hierarchy_is_text(const weft_map *root);

/* Reads into chip->hierarchy, ->name and ->description; `bases` presets stand on this one already. */
weft_status weft_hierarchy_parse(weft_map *root, int bases, weft_chip *chip,
                                 weft_error *error) WEFT_NODISCARD;

weft_status weft_hierarchy_set(weft_chip *chip, const char *path, const char *value,
                               weft_error *error) WEFT_NODISCARD;

/* One more owner; weft_hierarchy_destroy takes one away. */
const weft_hierarchy *weft_hierarchy_keep(weft_hierarchy *h);

/* A number for the text of a chip that stands on a base of the number `base` (0: on none); never 0.
 * Equal texts have equal numbers. */
uint64_t weft_hierarchy_id(const char *text, uint64_t base);

/* As weft_chip_constant. */
bool weft_hierarchy_constant(const weft_hierarchy *h, int i, weft_constant *constant);

weft_status weft_hierarchy_priced_create(const weft_chip *chip, weft_hierarchy_priced **priced,
                                         weft_error *error) WEFT_NODISCARD;
void weft_hierarchy_priced_destroy(weft_hierarchy_priced *priced);

#endif
