/* SPDX-License-Identifier: Apache-2.0
 *
 * Setting one value of a chip by its path. Whether the values still fit each other is found out
 * when the chip is priced, so that several may be set in any order. */
#include "hardware/chip_fields.h"
#include "hardware/chip_knob.h"
#include "hardware/hierarchy_chip.h"
#include "hardware/hierarchy_turn.h"

#include "base/number.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_SET = sizeof((weft_quantity *)0)->source };

/* ---- what may be set ------------------------------------------------------------------------- */

/* A constant, a word out of a list, or the name of a converter. */
typedef struct target {
    char path[64];
    const weft_chip_entry *entry; /* of a constant; borrowed from `targets` */
    const char *const *words;     /* of a word */
    int n_words;
    int *choice;
    char *name; /* of a converter */
    const weft_converters *table;
} target;

enum { MAX_TARGETS = 512 };

typedef struct targets {
    int n;
    target rows[MAX_TARGETS];
    weft_chip_entry entries[MAX_TARGETS];
} targets;

static target *add_target(targets *all, const char *path) {
    target *row = &all->rows[all->n++];
    *row = (target){0};
    snprintf(row->path, sizeof row->path, "%s", path);
    return row;
}

static void add_word(targets *all, const char *path, const char *const *words, int n, int *choice) {
    target *row = add_target(all, path);
    row->words = words;
    row->n_words = n;
    row->choice = choice;
}

static void add_kinds(targets *all, const char *table, weft_converters *converters) {
    for (int i = 0; i < converters->n; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s.%.40s.kind", table, converters->rows[i].name);
        add_word(all, path, weft_converter_kinds, WEFT_CONVERTER_KIND_COUNT,
                 &converters->rows[i].kind);
    }
}

static void add_converter(targets *all, const char *path, char *name,
                          const weft_converters *table) {
    target *row = add_target(all, path);
    row->name = name;
    row->table = table;
}

static void list_targets(weft_chip *chip, targets *all) {
    all->n = 0;
    for (int i = 0; weft_chip_entry_at(chip, i, &all->entries[i]); i++) {
        add_target(all, all->entries[i].path)->entry = &all->entries[i];
    }
    add_word(all, "crossbar.signs", weft_signs_words, WEFT_SIGNS_COUNT, &chip->crossbar.signs);
    add_word(all, "mesh.placement", weft_placements, WEFT_PLACEMENT_COUNT, &chip->mesh.placement);
    add_kinds(all, "dacs", &chip->dacs);
    add_kinds(all, "adcs", &chip->adcs);
    add_converter(all, "pe.dac", chip->pe.dac, &chip->dacs);
    add_converter(all, "pe.adc", chip->pe.adc, &chip->adcs);
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool ends_with(const char *path, const char *tail) {
    size_t length = strlen(path);
    size_t end = strlen(tail);
    return length > end && path[length - end - 1] == '.' && strcmp(path + length - end, tail) == 0;
}

/* The nearest path to a wrong one, else the path whose last name is nearest; NULL: none is near. */
static const char *nearest_path(const targets *all, const char *path) {
    const char *names[MAX_TARGETS];
    for (int i = 0; i < all->n; i++) {
        names[i] = all->rows[i].path;
    }
    const char *nearest = weft_nearest(path, names, (size_t)all->n);
    const char *dot = strrchr(path, '.');
    if (nearest != NULL) {
        return nearest;
    }
    for (int i = 0; i < all->n; i++) {
        names[i] = strrchr(all->rows[i].path, '.') + 1;
    }
    nearest = weft_nearest(dot != NULL ? dot + 1 : path, names, (size_t)all->n);
    for (int i = 0; i < all->n && nearest != NULL; i++) {
        if (names[i] == nearest) {
            return all->rows[i].path;
        }
    }
    return NULL;
}

static weft_status fail_unknown(const weft_chip *chip, const targets *all, const char *path,
                                weft_error *error) {
    weft_fail(error, WEFT_ERROR_USAGE, "chip %s has no '%.100s'", chip->name, path);
    const char *nearest = nearest_path(all, path);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'? 'weft chip show %s' lists all", nearest, chip->name);
    } else {
        weft_hint(error, "'weft chip show %s' lists what there is", chip->name);
    }
    return WEFT_ERROR_USAGE;
}

static weft_status find_target(const weft_chip *chip, targets *all, const char *path,
                               target **found, weft_error *error) {
    const char *wanted = strncmp(path, "chip.", 5) == 0 ? path + 5 : path;
    char known[200] = "";
    int n = 0;
    for (int i = 0; i < all->n; i++) {
        target *row = &all->rows[i];
        if (strcmp(row->path, wanted) == 0) {
            *found = row;
            return WEFT_OK;
        }
        if (ends_with(row->path, wanted)) {
            weft_list_add(known, sizeof known, row->path);
            *found = row;
            n++;
        }
    }
    if (n == 1) {
        return WEFT_OK;
    }
    if (n == 0) {
        return fail_unknown(chip, all, path, error);
    }
    weft_fail(error, WEFT_ERROR_USAGE, "'%.100s' may be any of %d values of chip %s", path, n,
              chip->name);
    weft_hint(error, "write one of: %s", known);
    return WEFT_ERROR_USAGE;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A number, and a unit or none: then the one that the file uses. */
static weft_status read_quantity(const target *row, const weft_quantity *before, const char *value,
                                 weft_quantity *q, weft_error *error) {
    const weft_chip_field *field = row->entry->field;
    char *end = NULL;
    double number = weft_real_parse(value, &end);
    if (end == value) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s' takes a number%s, not '%.64s'", row->path,
                         field->dimension == WEFT_DIMENSION_NONE ? "" : " and its unit", value);
    }
    const char *name = end + strspn(end, " ");
    const weft_unit *unit = weft_unit_find(field->dimension, name[0] == '\0' ? before->unit : name);
    if (unit == NULL) {
        char names[160];
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s': unknown unit '%.32s'; legal are %s",
                         row->path, name, weft_unit_names(field->dimension, names, sizeof names));
    }
    double si = weft_unit_to_si(unit, number);
    if (!(si >= field->lower && si <= field->upper)) {
        double lower = field->lower * unit->divisor / unit->factor;
        double upper = field->upper * unit->divisor / unit->factor;
        bool bare = field->dimension == WEFT_DIMENSION_NONE;
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s': %.9g%s%s is outside %.9g to %.9g%s%s",
                         row->path, number, bare ? "" : " ", bare ? "" : unit->name, lower, upper,
                         bare ? "" : " ", bare ? "" : unit->name);
    }
    if (field->whole && si != floor(si)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s' takes a whole number, not %.9g", row->path,
                         number);
    }
    *q = (weft_quantity){.value = si};
    snprintf(q->unit, sizeof q->unit, "%s", unit->name);
    return WEFT_OK;
}

/* The source of a value that was set tells what stood there. */
static weft_status set_constant(weft_chip *chip, const target *row, const char *value,
                                weft_error *error) {
    weft_quantity *place = (weft_quantity *)(void *)((char *)chip + row->entry->offset);
    weft_quantity q;
    WEFT_TRY(read_quantity(row, place, value, &q, error));
    char written[40];
    weft_real_text(weft_quantity_written(row->entry->field->dimension, place), written,
                   sizeof written);
    bool again = strncmp(place->source, "set; ", 5) == 0;
    if (again) {
        snprintf(q.source, SOURCE_SET, "%s", place->source);
    } else {
        snprintf(q.source, SOURCE_SET, "set; the file says %s%s%s: %.*s", written,
                 row->entry->field->dimension == WEFT_DIMENSION_NONE ? "" : " ",
                 row->entry->field->dimension == WEFT_DIMENSION_NONE ? "" : place->unit,
                 SOURCE_SET - 96, place->source);
    }
    *place = q;
    return WEFT_OK;
}

static weft_status fail_word(const target *row, const char *value, const char *const *words, int n,
                             weft_error *error) {
    char known[240] = "";
    for (int i = 0; i < n; i++) {
        weft_list_add(known, sizeof known, words[i]);
    }
    weft_fail(error, WEFT_ERROR_INPUT, "'%s' is one of %s, not '%.64s'", row->path, known, value);
    const char *nearest = weft_nearest(value, words, (size_t)n);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_INPUT;
}

static weft_status set_word(const target *row, const char *value, weft_error *error) {
    for (int i = 0; i < row->n_words; i++) {
        if (strcmp(row->words[i], value) == 0) {
            *row->choice = i;
            return WEFT_OK;
        }
    }
    return fail_word(row, value, row->words, row->n_words, error);
}

static weft_status set_converter(const target *row, const char *value, weft_error *error) {
    if (weft_converter_find(row->table, value) != NULL) {
        snprintf(row->name, WEFT_CHIP_NAME, "%s", value);
        return WEFT_OK;
    }
    const char *names[WEFT_CHIP_MAX_CONVERTERS];
    for (int i = 0; i < row->table->n; i++) {
        names[i] = row->table->rows[i].name;
    }
    return fail_word(row, value, names, row->table->n, error);
}

/* ---- knobs ----------------------------------------------------------------------------------- */

/* What a path leads to, as a knob that keeps its place among the targets. */
static weft_status find_knob(const weft_chip *chip, targets *all, const char *path, target **row,
                             weft_knob *knob, weft_error *error) {
    WEFT_TRY(find_target(chip, all, path, row, error));
    *knob = (weft_knob){.kind = WEFT_KNOB_PIXELS,
                        .variable = (int32_t)(*row - all->rows),
                        .part = -1,
                        .structural = true,
                        .is_parameter = true,
                        .factor = 1,
                        .divisor = 1};
    return WEFT_OK;
}

static weft_status set_knob_unit(const weft_chip *chip, const target *row, const char *name,
                                 weft_knob *knob, weft_error *error) {
    char names[160];
    if (row->entry == NULL) {
        return name[0] == '\0'
                   ? WEFT_OK
                   : weft_fail(error, WEFT_ERROR_USAGE,
                               "'%s' takes a word, which has no unit '%.32s'", row->path, name);
    }
    weft_dimension dimension = row->entry->field->dimension;
    const weft_quantity *now = weft_chip_quantity(chip, row->entry);
    const weft_unit *unit = weft_unit_find(dimension, name[0] == '\0' ? now->unit : name);
    if (unit == NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s': unknown unit '%.32s'; legal are %s",
                         row->path, name, weft_unit_names(dimension, names, sizeof names));
    }
    knob->factor = unit->factor;
    knob->divisor = unit->divisor;
    return WEFT_OK;
}

static weft_chip *unshared(const weft_chip *chip) {
    return (
        weft_chip *)(uintptr_t)chip; /* targets point into it; nothing is changed through them */
}

weft_status weft_pixels_knob(const weft_chip *chip, const char *path, const char *unit,
                             weft_knob *knob, weft_error *error) {
    target *row = NULL;
    targets *all = malloc(sizeof *all);
    if (all == NULL) {
        return weft_fail_memory(error, sizeof *all);
    }
    list_targets(unshared(chip), all);
    weft_status status = find_knob(chip, all, path, &row, knob, error);
    if (status == WEFT_OK) {
        status = set_knob_unit(chip, row, unit, knob, error);
    }
    free(all);
    return status;
}

/* The place of a word or converter among those that the target takes; as many as there are: none. */
static int place_of(const target *row, const char *word) {
    int n = row->words != NULL ? row->n_words : row->table->n;
    int i = 0;
    while (i < n &&
           strcmp(row->words != NULL ? row->words[i] : row->table->rows[i].name, word) != 0) {
        i++;
    }
    return i;
}

weft_status weft_pixels_word(const weft_chip *chip, const char *path, const char *word,
                             double *value, weft_error *error) {
    target *row = NULL;
    weft_chip *copy = malloc(sizeof *copy);
    targets *all = malloc(sizeof *all);
    weft_status status = WEFT_OK;
    if (all == NULL || copy == NULL) {
        status = weft_fail_memory(error, sizeof *all + sizeof *copy);
    } else {
        *copy = *chip;
        list_targets(copy, all);
        status = find_target(copy, all, path, &row, error);
    }
    if (status == WEFT_OK && row->entry != NULL) {
        status = weft_fail(error, WEFT_ERROR_INPUT, "'%s' takes a number, not the word '%.64s'",
                           row->path, word);
    } else if (status == WEFT_OK) {
        status = row->words != NULL ? set_word(row, word, error) : set_converter(row, word, error);
    }
    if (status == WEFT_OK) {
        *value = place_of(row, word);
    }
    free(all);
    free(copy);
    return status;
}

/* The value of a knob, in its unit: a number, or the place of a word. */
static double value_of(const weft_chip *chip, const target *row, const weft_knob *knob) {
    if (row->entry != NULL) {
        return weft_chip_quantity(chip, row->entry)->value * knob->divisor / knob->factor;
    }
    return row->words != NULL ? *row->choice : place_of(row, row->name);
}

double weft_pixels_value(const weft_chip *chip, const weft_knob *knob) {
    targets *all = malloc(sizeof *all);
    double value = NAN;
    if (all != NULL) {
        list_targets(unshared(chip), all);
        value = value_of(chip, &all->rows[knob->variable], knob);
        free(all);
    }
    return value;
}

static weft_status turn_target(weft_chip *chip, const target *row, const weft_knob *knob,
                               double value, weft_error *error) {
    if (row->entry == NULL) {
        int n = row->words != NULL ? row->n_words : row->table->n;
        if (!(value >= 0 && value < n) || value != floor(value)) {
            return weft_fail(error, WEFT_ERROR_INPUT, "'%s': %g stands for no word; there are %d",
                             row->path, value, n);
        }
        return row->words != NULL ? set_word(row, row->words[(int)value], error)
                                  : set_converter(row, row->table->rows[(int)value].name, error);
    }
    const weft_chip_field *field = row->entry->field;
    weft_quantity *place = (weft_quantity *)(void *)((char *)chip + row->entry->offset);
    double si = value * knob->factor / knob->divisor;
    if (!(si >= field->lower && si <= field->upper)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s': %.9g is outside %.9g to %.9g (SI)",
                         row->path, si, field->lower, field->upper);
    }
    if (field->whole && si != floor(si)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s' takes a whole number, not %.9g", row->path,
                         value);
    }
    place->value = si;
    return WEFT_OK;
}

/* The new price takes the place of the old one, which keeps its chip. */
static weft_status price_again(weft_priced *priced, weft_error *error) {
    weft_priced *made = NULL;
    WEFT_TRY(weft_pixels_price(priced->chip, &made, error));
    weft_priced old = *priced;
    *priced = *made;
    priced->chip = old.chip;
    *made = old;
    made->chip = NULL;
    weft_priced_destroy(made);
    return WEFT_OK;
}

weft_status weft_pixels_turn(weft_priced *priced, const weft_knob *knobs, const double *values,
                             int n, weft_error *error) {
    targets *all = malloc(sizeof *all);
    weft_status status = WEFT_OK;
    if (all == NULL) {
        return weft_fail_memory(error, sizeof *all);
    }
    list_targets(priced->chip, all);
    for (int i = 0; status == WEFT_OK && i < n; i++) {
        const weft_knob *knob = &knobs[i];
        status = knob->chip == priced->chip->id && knob->kind == WEFT_KNOB_PIXELS
                     ? turn_target(priced->chip, &all->rows[knob->variable], knob, values[i], error)
                     : weft_fail(error, WEFT_ERROR_USAGE, "knob %d was made of another chip", i);
    }
    free(all);
    return status == WEFT_OK ? price_again(priced, error) : status;
}

/* ---- text ------------------------------------------------------------------------------------ */

static weft_status write_text(weft_chip *chip, weft_error *error) {
    char *text = NULL;
    WEFT_TRY(weft_chip_write(chip, &text, error));
    free(chip->text);
    chip->text = text;
    return WEFT_OK;
}

weft_status weft_chip_set(weft_chip *chip, const char *path, const char *value, weft_error *error) {
    if (chip->hierarchy != NULL) {
        return weft_hierarchy_set(chip, path, value, error);
    }
    targets *all = malloc(sizeof *all);
    if (all == NULL) {
        return weft_fail_memory(error, sizeof *all);
    }
    target *row = NULL;
    list_targets(chip, all);
    weft_status status = find_target(chip, all, path, &row, error);
    if (status == WEFT_OK) {
        status = row->entry != NULL   ? set_constant(chip, row, value, error)
                 : row->words != NULL ? set_word(row, value, error)
                                      : set_converter(row, value, error);
    }
    free(all);
    return status == WEFT_OK ? write_text(chip, error) : status;
}
