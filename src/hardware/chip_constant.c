/* SPDX-License-Identifier: Apache-2.0
 *
 * The constants of a chip one by one, as a table prints them. */
#include "hardware/chip_fields.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number that was written before its unit: the shortest one that gives the SI value again. */
static double as_written(const weft_unit *unit, double si) {
    double near = si * unit->divisor / unit->factor;
    for (int digits = 1; digits < 17; digits++) {
        char text[40];
        snprintf(text, sizeof text, "%.*g", digits, near);
        double value = strtod(text, NULL);
        if (weft_unit_to_si(unit, value) == si) {
            return value;
        }
    }
    return near;
}

static bool give(weft_constant *constant, const char *prefix, const weft_chip_field *field,
                 const void *owner) {
    const weft_quantity *q =
        (const weft_quantity *)(const void *)((const char *)owner + field->offset);
    weft_constant made = {.value = q->value};
    const weft_unit *unit = weft_unit_find(field->dimension, q->unit);
    if (unit != NULL) {
        made.value = as_written(unit, q->value);
    }
    snprintf(made.name, sizeof made.name, "%s.%s", prefix, field->key);
    snprintf(made.unit, sizeof made.unit, "%s", q->unit);
    snprintf(made.source, sizeof made.source, "%s", q->source);
    *constant = made;
    return true;
}

static bool give_converter(weft_constant *constant, const char *table,
                           const weft_converters *converters, int i) {
    const weft_converter *row = &converters->rows[i / weft_converter_n_fields];
    char prefix[sizeof constant->name];
    snprintf(prefix, sizeof prefix, "%s.%.40s", table, row->name);
    return give(constant, prefix, &weft_converter_fields[i % weft_converter_n_fields], row);
}

bool weft_chip_constant(const weft_chip *chip, int i, weft_constant *constant) {
    if (i < 0) {
        return false;
    }
    if (i < weft_chip_n_fields) {
        return give(constant, weft_chip_fields[i].section, &weft_chip_fields[i], chip);
    }
    i -= weft_chip_n_fields;
    if (i < chip->buffer.n_sizes * weft_sram_n_fields) {
        char prefix[sizeof constant->name];
        snprintf(prefix, sizeof prefix, "buffer.sizes[%d]", i / weft_sram_n_fields);
        return give(constant, prefix, &weft_sram_fields[i % weft_sram_n_fields],
                    &chip->buffer.sizes[i / weft_sram_n_fields]);
    }
    i -= chip->buffer.n_sizes * weft_sram_n_fields;
    if (i < chip->dacs.n * weft_converter_n_fields) {
        return give_converter(constant, "dacs", &chip->dacs, i);
    }
    i -= chip->dacs.n * weft_converter_n_fields;
    if (i < chip->adcs.n * weft_converter_n_fields) {
        return give_converter(constant, "adcs", &chip->adcs, i);
    }
    return false;
}
