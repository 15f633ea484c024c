/* SPDX-License-Identifier: Apache-2.0
 *
 * The constants of a chip file, one row each: reading, checking and listing all run over this
 * table, so a key cannot be read without being listed. */
#ifndef WEFT_HARDWARE_CHIP_FIELDS_H
#define WEFT_HARDWARE_CHIP_FIELDS_H

#include "hardware/chip.h"

typedef struct weft_chip_field {
    const char *section, *key;
    size_t offset; /* of the quantity in weft_chip */
    weft_dimension dimension;
    double lower, upper; /* in SI */
    bool whole;          /* a count */
} weft_chip_field;

extern const weft_chip_field weft_chip_fields[];
extern const int weft_chip_n_fields;

/* The sections in the order of the file. */
extern const char *const weft_chip_sections[];
extern const int weft_chip_n_sections;

/* The fields of a row of `dacs`/`adcs` and of `buffer.sizes`; offsets within the row. */
extern const weft_chip_field weft_converter_fields[];
extern const int weft_converter_n_fields;
extern const weft_chip_field weft_sram_fields[];
extern const int weft_sram_n_fields;

#endif
