/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes of the array and of its logic: a row each, in the order of the reference. */
#ifndef WEFT_HARDWARE_ARRAY_PARTS_H
#define WEFT_HARDWARE_ARRAY_PARTS_H

#define WEFT_ARRAY_PART_MAP(X)

#endif
