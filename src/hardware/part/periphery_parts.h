/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes around the array: converters, memories, networks, digital units; a row each, in the
 * order of the reference. */
#ifndef WEFT_HARDWARE_PERIPHERY_PARTS_H
#define WEFT_HARDWARE_PERIPHERY_PARTS_H

#define WEFT_PERIPHERY_PART_MAP(X) X(weft_part_fixed)

#endif
