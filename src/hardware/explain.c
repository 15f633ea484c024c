/* SPDX-License-Identifier: Apache-2.0
 *
 * How a figure comes about: the model of the chip fills the rows. */
#include "hardware/explain.h"

#include "base/error.h"
#include "hardware/chip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void weft_explain_row(weft_explainer *to, int32_t depth, double value, const char *unit,
                      const char *equation, const char *source, const char *name, ...) {
    weft_explanation *made = to->made;
    if (made->n == to->room) {
        int32_t room = to->room == 0 ? 64 : 2 * to->room;
        weft_explained *rows = realloc(made->rows, (size_t)room * sizeof *rows);
        if (rows == NULL) {
            to->failed = true;
            return;
        }
        made->rows = rows;
        to->room = room;
    }
    weft_explained *row = &made->rows[made->n++];
    *row = (weft_explained){.depth = depth, .value = value};
    va_list arguments;
    va_start(arguments, name);
    vsnprintf(row->name, sizeof row->name, name, arguments);
    va_end(arguments);
    snprintf(row->unit, sizeof row->unit, "%s", unit);
    snprintf(row->equation, sizeof row->equation, "%s", equation != NULL ? equation : "");
    snprintf(row->source, sizeof row->source, "%s", source != NULL ? source : "");
}

weft_status weft_explain_find(const weft_cost *cost, const char *part, int32_t *index,
                              weft_error *error) {
    const char *names[WEFT_MAX_PARTS];
    for (int32_t k = 0; k < cost->n_parts; k++) {
        names[k] = cost->parts[k].token;
        if (strcmp(names[k], part) == 0) {
            *index = k;
            return WEFT_OK;
        }
    }
    weft_fail(error, WEFT_ERROR_USAGE, "there is no part '%.64s'", part);
    const char *nearest = weft_nearest(part, names, (size_t)cost->n_parts);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
        return WEFT_ERROR_USAGE;
    }
    char known[300] = "";
    for (int32_t k = 0; k < cost->n_parts; k++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", k > 0 ? ", " : "", names[k]);
    }
    weft_hint(error, "there are: %s", known);
    return WEFT_ERROR_USAGE;
}

weft_status weft_explain(const weft_chip *chip, weft_workload *workload, const char *part,
                         int32_t layer, weft_explanation **explanation, weft_error *error) {
    if (chip->hierarchy != NULL) {
        return weft_fail(error, WEFT_ERROR_UNAVAILABLE,
                         "chip %s: explanations are of chips of the format chip/1", chip->name);
    }
    weft_explainer to = {.made = calloc(1, sizeof *to.made)};
    if (to.made == NULL) {
        return weft_fail_memory(error, sizeof *to.made);
    }
    weft_status status = weft_explain_pixels(chip, workload, part, layer, &to, error);
    if (status == WEFT_OK && to.failed) {
        status = weft_fail_memory(error, (size_t)to.room * sizeof *to.made->rows);
    }
    if (status != WEFT_OK) {
        weft_explanation_destroy(to.made);
        return status;
    }
    *explanation = to.made;
    return WEFT_OK;
}

void weft_explanation_destroy(weft_explanation *explanation) {
    if (explanation != NULL) {
        free(explanation->rows);
        free(explanation);
    }
}
