/* SPDX-License-Identifier: Apache-2.0
 *
 * The constants of a chip one by one, as a table prints them and as they may be set. */
#include "hardware/chip_fields.h"
#include "hardware/hierarchy_chip.h"

#include "base/units.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double weft_quantity_written(weft_dimension dimension, const weft_quantity *q) {
    const weft_unit *unit = weft_unit_find(dimension, q->unit);
    if (unit == NULL) {
        return q->value;
    }
    double si = q->value;
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

static void name_entry(weft_chip_entry *entry, const weft_chip_field *field, size_t owner,
                       const char *format, ...) WEFT_PRINTF(4, 5);

/* `format`: the path up to the key. */
static void name_entry(weft_chip_entry *entry, const weft_chip_field *field, size_t owner,
                       const char *format, ...) {
    char prefix[sizeof entry->path];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    snprintf(entry->path, sizeof entry->path, "%.56s.%s", prefix, field->key);
    entry->field = field;
    entry->offset = owner + field->offset;
}

static void name_converter(weft_chip_entry *entry, const char *table,
                           const weft_converters *converters, size_t owner, int i) {
    int row = i / weft_converter_n_fields;
    owner += offsetof(weft_converters, rows) + (size_t)row * sizeof *converters->rows;
    name_entry(entry, &weft_converter_fields[i % weft_converter_n_fields], owner, "%s.%s", table,
               converters->rows[row].name);
}

bool weft_chip_entry_at(const weft_chip *chip, int i, weft_chip_entry *entry) {
    if (i < 0) {
        return false;
    }
    if (i < weft_chip_n_fields) {
        name_entry(entry, &weft_chip_fields[i], 0, "%s", weft_chip_fields[i].section);
        return true;
    }
    i -= weft_chip_n_fields;
    if (i < chip->buffer.n_sizes * weft_sram_n_fields) {
        int row = i / weft_sram_n_fields;
        size_t owner = offsetof(weft_chip, buffer.sizes) + (size_t)row * sizeof *chip->buffer.sizes;
        name_entry(entry, &weft_sram_fields[i % weft_sram_n_fields], owner, "buffer.sizes[%d]",
                   row);
        return true;
    }
    i -= chip->buffer.n_sizes * weft_sram_n_fields;
    if (i < chip->dacs.n * weft_converter_n_fields) {
        name_converter(entry, "dacs", &chip->dacs, offsetof(weft_chip, dacs), i);
        return true;
    }
    i -= chip->dacs.n * weft_converter_n_fields;
    if (i < chip->adcs.n * weft_converter_n_fields) {
        name_converter(entry, "adcs", &chip->adcs, offsetof(weft_chip, adcs), i);
        return true;
    }
    return false;
}

const weft_quantity *weft_chip_quantity(const weft_chip *chip, const weft_chip_entry *entry) {
    return (const weft_quantity *)(const void *)((const char *)chip + entry->offset);
}

bool weft_hierarchy_constant(const weft_hierarchy *h, int i, weft_constant *constant) {
    for (int v = 0; v < h->n_variables; v++) {
        const weft_variable *variable = &h->variables[v];
        if (variable->text != NULL || i-- > 0) {
            continue;
        }
        weft_constant made = {
            .value = weft_quantity_written(variable->dimension, &variable->value)};
        const char *level = variable->level >= 0 ? h->levels[variable->level].name : "";
        snprintf(made.name, sizeof made.name, "%.14s%s%.47s", level, level[0] != '\0' ? "." : "",
                 variable->name);
        snprintf(made.unit, sizeof made.unit, "%s", variable->value.unit);
        snprintf(made.source, sizeof made.source, "%s", variable->value.source);
        *constant = made;
        return true;
    }
    return false;
}

bool weft_chip_constant(const weft_chip *chip, int i, weft_constant *constant) {
    weft_chip_entry entry;
    if (chip->hierarchy != NULL) {
        return weft_hierarchy_constant(chip->hierarchy, i, constant);
    }
    if (!weft_chip_entry_at(chip, i, &entry)) {
        return false;
    }
    const weft_quantity *q = weft_chip_quantity(chip, &entry);
    weft_constant made = {.value = weft_quantity_written(entry.field->dimension, q)};
    snprintf(made.name, sizeof made.name, "%s", entry.path);
    snprintf(made.unit, sizeof made.unit, "%s", q->unit);
    snprintf(made.source, sizeof made.source, "%s", q->source);
    *constant = made;
    return true;
}
