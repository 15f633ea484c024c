/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_HARDWARE_HIERARCHY_READ_H
#define WEFT_HARDWARE_HIERARCHY_READ_H

#include "hardware/hierarchy.h"

/* Reads the mapping of a `weft: chip/2` file after its `weft`, `base`, `name` and `description`. */
weft_status weft_hierarchy_read(weft_map *root, weft_hierarchy *h,
                                weft_error *error) WEFT_NODISCARD;

/* After the last change: ties names together and finds the order of evaluation. */
weft_status weft_hierarchy_finish(weft_hierarchy *h, weft_error *error) WEFT_NODISCARD;

/* The same after a change of words alone: no expression is parsed again, nothing is allocated. */
weft_status weft_hierarchy_relink(weft_hierarchy *h, weft_error *error) WEFT_NODISCARD;

/* Finds which variables each variable and part needs: follows, priced_by, scaled_by. */
void weft_hierarchy_link_needs(weft_hierarchy *h);

/* Applies one change: a variable or field by its path. `node` is {value, unit, source}, an
 * expression or a word. */
weft_status weft_hierarchy_change(weft_hierarchy *h, const weft_doc *doc, const weft_node *node,
                                  const char *path, weft_error *error) WEFT_NODISCARD;

/* WEFT_ERROR_USAGE with the nearest path where there is nothing to change at this one. */
weft_status weft_hierarchy_find(weft_hierarchy *h, const char *path,
                                weft_error *error) WEFT_NODISCARD;

/* Gives a parameter another number, in `unit`, in place. False, with nothing changed, where the path
 * leads to something else or the unit is of something else. `unit` may be that of the path. */
bool weft_hierarchy_put(weft_hierarchy *h, const char *path, double number, const char *unit);

/* The source of values that a user sets. */
#define WEFT_SET_BY_USER "set by the user"

/* The unit that a value of this path is written in; NULL: none, or no such path. Borrowed. */
const char *weft_hierarchy_unit(weft_hierarchy *h, const char *path);

/* Takes one owner away. */
void weft_hierarchy_destroy(weft_hierarchy *h);

#endif
