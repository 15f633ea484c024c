/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a chip file. A chip with `base: PRESET` starts as that preset and states what differs. */
#include "hardware/chip_fields.h"
#include "hardware/hierarchy_chip.h"
#include "hardware/hierarchy_read.h"

#include "base/share.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BASES = 4, MAX_CHIP_FILE = 1 << 20 };

static const char *const VERSIONS[] = {"chip/1", "chip/2"};

/* ---- quantities ------------------------------------------------------------------------------ */

static weft_status read_field(weft_map *map, const weft_chip_field *field, weft_need need,
                              void *owner, weft_error *error) {
    weft_quantity *value = (weft_quantity *)(void *)((char *)owner + field->offset);
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_quantity(map, field->key, need, field->dimension, field->lower, field->upper,
                               value, error));
    WEFT_TRY(weft_map_node(map, field->key, WEFT_OPTIONAL, &node, error));
    if (node != NULL && field->whole && value->value != floor(value->value)) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "'%s': expected a whole number, found %.9g", field->key,
                              value->value);
    }
    if (node != NULL && value->source[strspn(value->source, " \t")] == '\0') {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "'%s': 'source' is empty: say where the figure comes from",
                              field->key);
    }
    return WEFT_OK;
}

static weft_status read_name(weft_map *map, const char *key, weft_need need, char *name,
                             weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_map_text(map, key, need, &text, error));
    if (text == NULL) {
        return WEFT_OK;
    }
    if (text[0] == '\0' || strlen(text) >= WEFT_CHIP_NAME) {
        const weft_node *node = NULL;
        WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, &node, error));
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "'%s': expected a name of 1 to %d bytes", key, WEFT_CHIP_NAME - 1);
    }
    snprintf(name, WEFT_CHIP_NAME, "%s", text);
    return WEFT_OK;
}

/* ---- tables ---------------------------------------------------------------------------------- */

const weft_converter *weft_converter_find(const weft_converters *table, const char *name) {
    for (int i = 0; i < table->n; i++) {
        if (strcmp(table->rows[i].name, name) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

/* One entry of a converter table: a new one, or changes to one that the base has. */
static weft_status read_converter(const weft_doc *doc, const char *name, const weft_node *node,
                                  weft_converters *table, weft_error *error) {
    int i = 0;
    while (i < table->n && strcmp(table->rows[i].name, name) != 0) {
        i++;
    }
    bool fresh = i == table->n;
    if (fresh && table->n == WEFT_CHIP_MAX_CONVERTERS) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "more than %d converters",
                              WEFT_CHIP_MAX_CONVERTERS);
    }
    if (name[0] == '\0' || strlen(name) >= WEFT_CHIP_NAME) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "a converter needs a name of 1 to %d bytes", WEFT_CHIP_NAME - 1);
    }
    weft_converter row = {.kind = WEFT_CONVERTER_STEPS};
    if (!fresh) {
        row = table->rows[i];
    }
    snprintf(row.name, sizeof row.name, "%s", name);
    weft_need need = fresh ? WEFT_REQUIRED : WEFT_OPTIONAL;
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_choice(&map, "kind", need, weft_converter_kinds, WEFT_CONVERTER_KIND_COUNT,
                             &row.kind, error));
    for (int k = 0; k < weft_converter_n_fields; k++) {
        WEFT_TRY(read_field(&map, &weft_converter_fields[k], need, &row, error));
    }
    WEFT_TRY(weft_map_end(&map, error));
    table->rows[i] = row;
    table->n += fresh;
    return WEFT_OK;
}

static weft_status read_converters(weft_map *root, const char *key, weft_need need,
                                   weft_converters *table, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_mapping(node)) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                              "'%s': expected converters by name", key);
    }
    for (int i = 0; i < weft_mapping_length(node); i++) {
        const char *name = NULL;
        const weft_node *row = NULL;
        WEFT_TRY(weft_mapping_at(root->doc, node, i, &name, &row, error));
        WEFT_TRY(read_converter(root->doc, name, row, table, error));
    }
    return WEFT_OK;
}

/* The memories that buffers are made of, by growing capacity; a list replaces the base's. */
static weft_status read_srams(weft_map *map, weft_need need, weft_chip *chip, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "sizes", need, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    int n = weft_sequence_length(list);
    if (!weft_node_is_sequence(list) || n < 1 || n > WEFT_CHIP_MAX_SRAMS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "'sizes': expected a list of 1 to %d memories", WEFT_CHIP_MAX_SRAMS);
    }
    for (int i = 0; i < n; i++) {
        weft_sram row = {0};
        weft_map inner;
        WEFT_TRY(weft_map_begin(map->doc, weft_sequence_at(list, i), &inner, error));
        for (int k = 0; k < weft_sram_n_fields; k++) {
            WEFT_TRY(read_field(&inner, &weft_sram_fields[k], WEFT_REQUIRED, &row, error));
        }
        WEFT_TRY(weft_map_end(&inner, error));
        if (i > 0 && row.capacity.value <= chip->buffer.sizes[i - 1].capacity.value) {
            return weft_node_fail(map->doc, weft_sequence_at(list, i), error, WEFT_ERROR_INPUT,
                                  "'sizes': each capacity must be larger than the one before");
        }
        chip->buffer.sizes[i] = row;
    }
    chip->buffer.n_sizes = n;
    return WEFT_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Keys of a section that are words or lists. */
static weft_status read_extra(weft_map *map, const char *section, weft_need need, weft_chip *chip,
                              weft_error *error) {
    if (strcmp(section, "crossbar") == 0) {
        return weft_map_choice(map, "signs", need, weft_signs_words, WEFT_SIGNS_COUNT,
                               &chip->crossbar.signs, error);
    }
    if (strcmp(section, "mesh") == 0) {
        return weft_map_choice(map, "placement", need, weft_placements, WEFT_PLACEMENT_COUNT,
                               &chip->mesh.placement, error);
    }
    if (strcmp(section, "buffer") == 0) {
        return read_srams(map, need, chip, error);
    }
    if (strcmp(section, "pe") == 0) {
        WEFT_TRY(read_name(map, "dac", need, chip->pe.dac, error));
        return read_name(map, "adc", need, chip->pe.adc, error);
    }
    return WEFT_OK;
}

static weft_status read_section(weft_map *root, const char *section, weft_need need,
                                weft_chip *chip, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, section, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    weft_map map;
    WEFT_TRY(weft_map_begin(root->doc, node, &map, error));
    for (int i = 0; i < weft_chip_n_fields; i++) {
        if (strcmp(weft_chip_fields[i].section, section) == 0) {
            WEFT_TRY(read_field(&map, &weft_chip_fields[i], need, chip, error));
        }
    }
    WEFT_TRY(read_extra(&map, section, need, chip, error));
    return weft_map_end(&map, error);
}

/* An error about `section.key`, at its place if this file has it, else at the root. */
static weft_status fail_at(weft_map *root, const char *section, const char *key, weft_error *error,
                           const char *message) {
    const weft_node *at = NULL;
    WEFT_TRY(weft_map_node(root, section, WEFT_OPTIONAL, &at, error));
    if (at != NULL) {
        weft_map map;
        const weft_node *inner = NULL;
        WEFT_TRY(weft_map_begin(root->doc, at, &map, error));
        WEFT_TRY(weft_map_node(&map, key, WEFT_OPTIONAL, &inner, error));
        at = inner != NULL ? inner : at;
    }
    return weft_node_fail(root->doc, at != NULL ? at : root->node, error, WEFT_ERROR_INPUT,
                          "'%s.%s': %s", section, key, message);
}

static weft_status check_converter(weft_map *root, const char *key, const char *name,
                                   const weft_converters *table, weft_error *error) {
    if (weft_converter_find(table, name) != NULL) {
        return WEFT_OK;
    }
    const char *names[WEFT_CHIP_MAX_CONVERTERS];
    char message[384];
    int used = snprintf(message, sizeof message,
                        "there is no %s '%s'; there are:", key[0] == 'd' ? "DAC" : "ADC", name);
    for (int i = 0; i < table->n; i++) {
        names[i] = table->rows[i].name;
        if (used < (int)sizeof message) {
            used += snprintf(message + used, sizeof message - (size_t)used, "%s %s",
                             i > 0 ? "," : "", names[i]);
        }
    }
    weft_status status = fail_at(root, "pe", key, error, message);
    const char *nearest = weft_nearest(name, names, (size_t)table->n);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return status;
}

/* What no single key can show. */
static weft_status check_chip(weft_map *root, const weft_chip *chip, weft_error *error) {
    WEFT_TRY(check_converter(root, "dac", chip->pe.dac, &chip->dacs, error));
    WEFT_TRY(check_converter(root, "adc", chip->pe.adc, &chip->adcs, error));
    weft_contradiction found;
    if (weft_chip_contradicts(chip, &found)) {
        return fail_at(root, found.section, found.key, error, found.message);
    }
    return WEFT_OK;
}

static weft_status parse_chip(const char *text, size_t length, const char *name, int bases,
                              weft_chip *chip, weft_error *error);

static weft_status read_text(const char *path, char **text, size_t *length, weft_error *error) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return weft_fail_errno(error, "cannot read the chip", path);
    }
    char *buffer = malloc(MAX_CHIP_FILE + 1);
    size_t n = buffer != NULL ? fread(buffer, 1, MAX_CHIP_FILE + 1, file) : 0;
    weft_status status = WEFT_OK;
    if (buffer == NULL) {
        status = weft_fail_memory(error, MAX_CHIP_FILE + 1);
    } else if (ferror(file)) {
        status = weft_fail_errno(error, "cannot read the chip", path);
    } else if (n > MAX_CHIP_FILE) {
        weft_fail(error, WEFT_ERROR_INPUT, "a chip file of more than %d bytes", MAX_CHIP_FILE);
        weft_error_file(error, path);
        status = WEFT_ERROR_INPUT;
    }
    fclose(file);
    if (status != WEFT_OK) {
        free(buffer);
        return status;
    }
    *text = buffer;
    *length = n;
    return WEFT_OK;
}

/* A preset by name, into *chip. */
static weft_status read_base(weft_map *root, const char *name, int bases, weft_chip *chip,
                             weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "base", WEFT_REQUIRED, &node, error));
    if (strpbrk(name, "/\\") != NULL || strstr(name, ".yaml") != NULL) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                              "'base': expected the name of a preset, found '%.64s'", name);
    }
    if (bases >= MAX_BASES) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                              "'base': a chip may stand on at most %d others", MAX_BASES);
    }
    char path[4096];
    char *text = NULL;
    size_t length = 0;
    if (weft_share_find("chips", name, path, sizeof path, error) != WEFT_OK) {
        char message[sizeof error->message];
        char hint[sizeof error->hint];
        memcpy(message, error->message, sizeof message);
        memcpy(hint, error->hint, sizeof hint);
        weft_status status =
            weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT, "'base': %.400s", message);
        if (hint[0] != '\0') {
            weft_hint(error, "%s", hint);
        }
        return status;
    }
    WEFT_TRY(read_text(path, &text, &length, error));
    weft_status status = parse_chip(text, length, path, bases + 1, chip, error);
    free(text);
    if (status == WEFT_OK && chip->hierarchy != NULL) {
        status = weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                                "'base': '%.64s' is a chip/2, and this file a chip/1", name);
        weft_hint(error, "begin the file with `weft: chip/2`");
    }
    return status;
}

static weft_status read_root(weft_map *root, int bases, weft_chip *chip, weft_error *error) {
    const char *base = NULL;
    const char *description = NULL;
    int version = 0;
    WEFT_TRY(weft_map_choice(root, "weft", WEFT_OPTIONAL, VERSIONS, 2, &version, error));
    WEFT_TRY(weft_map_text(root, "base", WEFT_OPTIONAL, &base, error));
    if (base != NULL) {
        WEFT_TRY(read_base(root, base, bases, chip, error));
    }
    weft_need need = base == NULL ? WEFT_REQUIRED : WEFT_OPTIONAL;
    WEFT_TRY(read_name(root, "name", WEFT_REQUIRED, chip->name, error));
    WEFT_TRY(weft_map_text(root, "description", WEFT_OPTIONAL, &description, error));
    snprintf(chip->description, sizeof chip->description, "%s",
             description != NULL ? description : "");
    for (int i = 0; i < weft_chip_n_sections; i++) {
        WEFT_TRY(read_section(root, weft_chip_sections[i], need, chip, error));
    }
    WEFT_TRY(read_converters(root, "dacs", need, &chip->dacs, error));
    WEFT_TRY(read_converters(root, "adcs", need, &chip->adcs, error));
    WEFT_TRY(weft_map_end(root, error));
    return check_chip(root, chip, error);
}

static weft_status parse_chip(const char *text, size_t length, const char *name, int bases,
                              weft_chip *chip, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_map root;
    weft_status status = weft_map_begin(doc, weft_doc_root(doc), &root, error);
    if (status == WEFT_OK) {
        status = weft_hierarchy_is_text(&root) ? weft_hierarchy_parse(&root, bases, chip, error)
                                               : read_root(&root, bases, chip, error);
    }
    weft_doc_destroy(doc);
    return status;
}

/* ---- public ---------------------------------------------------------------------------------- */

weft_status weft_chip_parse(const char *text, size_t length, const char *name, weft_chip **chip,
                            weft_error *error) {
    weft_chip *read = calloc(1, sizeof *read);
    char *copy = malloc(length + 1);
    weft_status status = WEFT_OK;
    if (read == NULL || copy == NULL) {
        status = weft_fail_memory(error, sizeof *read + length);
    } else {
        memcpy(copy, text, length);
        copy[length] = '\0';
        status = parse_chip(text, length, name, 0, read, error);
    }
    if (status != WEFT_OK) {
        free(copy);
        weft_chip_destroy(read);
        return status;
    }
    read->text = copy;
    read->id = weft_hierarchy_id(copy, read->base_id);
    *chip = read;
    return WEFT_OK;
}

weft_status weft_chip_read(const char *name_or_path, weft_chip **chip, weft_error *error) {
    char path[4096];
    char *text = NULL;
    size_t length = 0;
    WEFT_TRY(weft_share_find("chips", name_or_path, path, sizeof path, error));
    WEFT_TRY(read_text(path, &text, &length, error));
    weft_status status = weft_chip_parse(text, length, path, chip, error);
    free(text);
    return status;
}

void weft_chip_destroy(weft_chip *chip) {
    if (chip != NULL) {
        weft_hierarchy_destroy(chip->hierarchy);
        free(chip->text);
        free(chip);
    }
}

const char *weft_chip_text(const weft_chip *chip) {
    return chip->text;
}

const char *weft_chip_name(const weft_chip *chip) {
    return chip->name;
}
