/* SPDX-License-Identifier: Apache-2.0
 *
 * Knobs of both kinds of chips behind one set of functions. */
#include <weft/hardware.h>

#include "base/error.h"
#include "base/units.h"
#include "hardware/chip_knob.h"
#include "hardware/execute.h"
#include "hardware/hierarchy_turn.h"
#include "hardware/price.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding --------------------------------------------------------------------------------- */

/* Setting 1 in the unit on a copy finds all that setting can find fault with. */
static weft_status try_setting(const weft_chip *chip, const char *path, const char *text,
                               weft_error *error) {
    weft_chip *made = NULL;
    WEFT_TRY(weft_chip_settle(chip, &path, &text, 1, &made, error));
    weft_chip_destroy(made);
    return WEFT_OK;
}

static weft_status set_unit(const weft_chip *chip, const char *path, const char *unit,
                            weft_knob *knob, weft_error *error) {
    char text[64];
    snprintf(text, sizeof text, "1 %s", unit);
    WEFT_TRY(try_setting(chip, path, text, error));
    for (int d = 0; d <= WEFT_DIMENSION_DATA; d++) {
        const weft_unit *found = weft_unit_find((weft_dimension)d, unit);
        if (found != NULL) {
            knob->factor = found->factor;
            knob->divisor = found->divisor;
        }
    }
    return WEFT_OK;
}

static weft_status fail_unit(const char *path, const char *unit, weft_error *error) {
    return weft_fail(error, WEFT_ERROR_USAGE, "'%.100s' takes a word, which has no unit '%.32s'",
                     path, unit);
}

weft_status weft_chip_knob(const weft_chip *chip, const char *path, const char *unit,
                           weft_knob *knob, weft_error *error) {
    const char *const *words = NULL;
    const char *own = NULL;
    weft_knob made = {.kind = WEFT_KNOB_PIXELS};
    if (chip->hierarchy == NULL) {
        WEFT_TRY(weft_pixels_knob(chip, path, unit, &made, error));
    } else {
        WEFT_TRY(weft_hierarchy_knob(chip->hierarchy, path, &made, &words, &own, error));
        if (words == NULL) {
            const char *asked = unit[0] != '\0' ? unit : own != NULL ? own : "1";
            WEFT_TRY(set_unit(chip, path, asked, &made, error));
        } else if (unit[0] != '\0') {
            return fail_unit(path, unit, error);
        }
        made.structural = weft_hierarchy_is_structural(chip->hierarchy, &made);
        made.is_parameter = weft_hierarchy_is_parameter(chip->hierarchy, &made);
    }
    made.chip = chip->id;
    *knob = made;
    return WEFT_OK;
}

weft_status weft_knob_word(const weft_chip *chip, const char *path, const char *word, double *value,
                           weft_error *error) {
    const char *const *words = NULL;
    const char *unit = NULL;
    weft_knob knob;
    if (chip->hierarchy == NULL) {
        return weft_pixels_word(chip, path, word, value, error);
    }
    WEFT_TRY(weft_hierarchy_knob(chip->hierarchy, path, &knob, &words, &unit, error));
    if (words == NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%.100s' takes a number, not the word '%.64s'",
                         path, word);
    }
    WEFT_TRY(try_setting(chip, path, word, error));
    int i = 0;
    while (words[i] != NULL && strcmp(words[i], word) != 0) {
        i++;
    }
    *value = i;
    return WEFT_OK;
}

/* ---- turning --------------------------------------------------------------------------------- */

weft_status weft_priced_turn(weft_priced *priced, const weft_knob *knobs, const double *values,
                             int n, weft_error *error) {
    weft_status status = priced->hierarchy != NULL
                             ? weft_hierarchy_turn(priced->hierarchy, knobs, values, n, error)
                             : weft_pixels_turn(priced, knobs, values, n, error);
    if (status != WEFT_OK) {
        priced->failure = *error;
    }
    priced->failure.status = status;
    return status;
}

double weft_priced_value(const weft_priced *priced, const weft_knob *knob) {
    return priced->hierarchy != NULL ? weft_hierarchy_value(priced->hierarchy, knob)
                                     : weft_pixels_value(priced->chip, knob);
}

double weft_priced_cells(const weft_priced *priced) {
    if (priced->hierarchy != NULL) {
        const weft_hierarchy *h = priced->hierarchy->hierarchy;
        const weft_precision *own = &priced->hierarchy->own;
        return weft_arrays_of(h, own) * weft_cells_of_array(h, own);
    }
    double crossbars = (double)priced->tiles * priced->pes * priced->groups * priced->xbars_a_group;
    return crossbars * priced->rows * priced->columns;
}

double weft_priced_area(const weft_priced *priced) {
    return priced->hierarchy != NULL ? priced->hierarchy->own.area_mm2 : NAN;
}

/* ---- settling -------------------------------------------------------------------------------- */

weft_status weft_chip_settle(const weft_chip *chip, const char *const *paths,
                             const char *const *texts, int n, weft_chip **made, weft_error *error) {
    weft_chip *copy = NULL;
    WEFT_TRY(weft_chip_parse(chip->text, strlen(chip->text), chip->name, &copy, error));
    if (chip->hierarchy != NULL) { /* errors about values that stay are placed in the chip's file */
        memcpy(copy->hierarchy->file, chip->hierarchy->file, sizeof copy->hierarchy->file);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; status == WEFT_OK && i < n; i++) {
        status = weft_chip_set(copy, paths[i], texts[i], error);
    }
    if (status != WEFT_OK) {
        weft_chip_destroy(copy);
        return status;
    }
    *made = copy;
    return WEFT_OK;
}
