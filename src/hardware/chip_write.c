/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip as the text of a file: what a chip whose values were set is stored as. */
#include "hardware/chip_fields.h"

#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_key(const char *indent, const char *key, const char *text, FILE *out) {
    fprintf(out, "%s%s: ", indent, key);
    weft_text_emit(text, out);
    fputc('\n', out);
}

static void write_quantity(const char *indent, const weft_chip_field *field, const void *owner,
                           FILE *out) {
    const weft_quantity *q =
        (const weft_quantity *)(const void *)((const char *)owner + field->offset);
    char number[40];
    weft_real_text(weft_quantity_written(field->dimension, q), number, sizeof number);
    fprintf(out, "%s%s: {value: %s, unit: ", indent, field->key, number);
    weft_text_emit(q->unit, out);
    fprintf(out, ", source: ");
    weft_text_emit(q->source, out);
    fprintf(out, "}\n");
}

/* The keys of a section that are words or lists. */
static void write_extra(const weft_chip *chip, const char *section, FILE *out) {
    if (strcmp(section, "crossbar") == 0) {
        write_key("  ", "signs", weft_signs_words[chip->crossbar.signs], out);
    } else if (strcmp(section, "mesh") == 0) {
        write_key("  ", "placement", weft_placements[chip->mesh.placement], out);
    } else if (strcmp(section, "pe") == 0) {
        write_key("  ", "dac", chip->pe.dac, out);
        write_key("  ", "adc", chip->pe.adc, out);
    } else if (strcmp(section, "buffer") == 0) {
        fprintf(out, "  sizes:\n");
        for (int i = 0; i < chip->buffer.n_sizes; i++) {
            for (int k = 0; k < weft_sram_n_fields; k++) {
                write_quantity(k == 0 ? "    - " : "      ", &weft_sram_fields[k],
                               &chip->buffer.sizes[i], out);
            }
        }
    }
}

static void write_section(const weft_chip *chip, const char *section, FILE *out) {
    fprintf(out, "\n%s:\n", section);
    for (int i = 0; i < weft_chip_n_fields; i++) {
        if (strcmp(weft_chip_fields[i].section, section) == 0) {
            write_quantity("  ", &weft_chip_fields[i], chip, out);
        }
    }
    write_extra(chip, section, out);
}

static void write_converters(const char *name, const weft_converters *table, FILE *out) {
    fprintf(out, "\n%s:\n", name);
    for (int i = 0; i < table->n; i++) {
        fprintf(out, "  ");
        weft_text_emit(table->rows[i].name, out);
        fprintf(out, ":\n");
        write_key("    ", "kind", weft_converter_kinds[table->rows[i].kind], out);
        for (int k = 0; k < weft_converter_n_fields; k++) {
            write_quantity("    ", &weft_converter_fields[k], &table->rows[i], out);
        }
    }
}

weft_status weft_chip_write(const weft_chip *chip, char **text, weft_error *error) {
    char *made = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&made, &length);
    if (out == NULL) {
        return weft_fail_memory(error, 0);
    }
    fprintf(out, "weft: chip/1\n");
    write_key("", "name", chip->name, out);
    if (chip->description[0] != '\0') {
        write_key("", "description", chip->description, out);
    }
    for (int i = 0; i < weft_chip_n_sections; i++) {
        write_section(chip, weft_chip_sections[i], out);
    }
    write_converters("dacs", &chip->dacs, out);
    write_converters("adcs", &chip->adcs, out);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    if (failed) {
        free(made);
        return weft_fail_memory(error, length);
    }
    *text = made;
    return WEFT_OK;
}
