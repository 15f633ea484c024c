/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks of cells as numbers, for who evaluates them in closed form and builds none. */
#ifndef WEFT_SPACE_CELLS_H
#define WEFT_SPACE_CELLS_H

#include <weft/space.h>

#include "network/cells.h"

/* Whether the space's networks are of cells. */
bool weft_space_is_cells(const weft_space *space);

/* The network of a canonical genome of such a space. */
void weft_space_cells(const weft_space *space, const double *genome, weft_cells_spec *spec);

#endif
