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

/* The words of the keys that are no constants, in the order of their enumerations. */
extern const char *const weft_converter_kinds[];
extern const char *const weft_signs_words[];
extern const char *const weft_placements[];

/* The fields of a row of `dacs`/`adcs` and of `buffer.sizes`; offsets within the row. */
extern const weft_chip_field weft_converter_fields[];
extern const int weft_converter_n_fields;
extern const weft_chip_field weft_sram_fields[];
extern const int weft_sram_n_fields;

/* One constant of a chip: where it stands ("crossbar.rows", "adcs.isaac-8b.power"), and where it
 * lies in weft_chip. */
typedef struct weft_chip_entry {
    char path[64];
    const weft_chip_field *field;
    size_t offset;
} weft_chip_entry;

/* The i-th of a chip, in the order of weft_chip_constant; false past the last. */
bool weft_chip_entry_at(const weft_chip *chip, int i, weft_chip_entry *entry);
const weft_quantity *weft_chip_quantity(const weft_chip *chip, const weft_chip_entry *entry);

/* The number that was written before its unit: the shortest one that gives the SI value again. */
double weft_quantity_written(weft_dimension dimension, const weft_quantity *q);

/* What no single value shows, such as rows that are no multiple of those of a sub-array: the place
 * ("crossbar", "subarray_rows") and what is wrong there. False where nothing is. */
typedef struct weft_contradiction {
    const char *section, *key, *message;
} weft_contradiction;
bool weft_chip_contradicts(const weft_chip *chip, weft_contradiction *found);

/* The chip as the text of a file without a base, every constant with unit and source. The caller
 * frees *text. */
weft_status weft_chip_write(const weft_chip *chip, char **text, weft_error *error) WEFT_NODISCARD;

#endif
