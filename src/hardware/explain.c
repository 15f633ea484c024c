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

const char *weft_explain_unit(weft_dimension dimension) {
    static const char *const UNITS[] = {
        [WEFT_DIMENSION_NONE] = "1",        [WEFT_DIMENSION_TIME] = "s",
        [WEFT_DIMENSION_FREQUENCY] = "Hz",  [WEFT_DIMENSION_ENERGY] = "J",
        [WEFT_DIMENSION_POWER] = "W",       [WEFT_DIMENSION_VOLTAGE] = "V",
        [WEFT_DIMENSION_CURRENT] = "A",     [WEFT_DIMENSION_RESISTANCE] = "ohm",
        [WEFT_DIMENSION_CAPACITANCE] = "F", [WEFT_DIMENSION_LENGTH] = "m",
        [WEFT_DIMENSION_AREA] = "m2",       [WEFT_DIMENSION_BANDWIDTH] = "bit/s",
        [WEFT_DIMENSION_DATA] = "bit",
    };
    return UNITS[dimension];
}

/* ---- questions ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *unit;
} QUANTITIES[] = {{"energy", "J"}, {"latency", "s"}, {"area", "mm2"}};

const char *weft_explain_name(weft_explain_quantity what) {
    return QUANTITIES[what].name;
}

const char *weft_explain_unit_of(weft_explain_quantity what) {
    return QUANTITIES[what].unit;
}

static const double *by_part(const weft_layer_cost *row, weft_explain_quantity what) {
    return what == WEFT_EXPLAIN_ENERGY    ? row->energy_by
           : what == WEFT_EXPLAIN_LATENCY ? row->latency_by
                                          : row->area_by;
}

double weft_explain_value(const weft_question *q, weft_explain_quantity what, int32_t part) {
    if (q->row >= 0) {
        return by_part(&q->cost->layers[q->row], what)[part];
    }
    return what == WEFT_EXPLAIN_ENERGY    ? q->cost->energy_by[part]
           : what == WEFT_EXPLAIN_LATENCY ? q->cost->latency_by[part]
                                          : q->cost->area_by[part];
}

static double whole_of(const weft_question *q, weft_explain_quantity what) {
    if (q->row < 0) {
        const weft_total *t = &q->cost->total;
        return what == WEFT_EXPLAIN_ENERGY    ? t->energy_j
               : what == WEFT_EXPLAIN_LATENCY ? t->latency_s
                                              : t->area_mm2;
    }
    const weft_layer_cost *row = &q->cost->layers[q->row];
    return what == WEFT_EXPLAIN_ENERGY    ? row->energy_j
           : what == WEFT_EXPLAIN_LATENCY ? row->latency_s
                                          : row->area_mm2;
}

/* Over all layers: the sum, and what each of them gives to it. */
static void explain_sum(const weft_question *q, int32_t depth, weft_explain_quantity what,
                        int32_t part) {
    weft_explain_row(q->to, depth, weft_explain_value(q, what, part), QUANTITIES[what].unit,
                     "sum over the layers", NULL, "%s %s", q->cost->parts[part].token,
                     QUANTITIES[what].name);
    for (int32_t i = 0; i < q->cost->n_layers; i++) {
        double value = by_part(&q->cost->layers[i], what)[part];
        if (value != 0) {
            weft_explain_row(q->to, depth + 1, value, QUANTITIES[what].unit, NULL, NULL,
                             "%s (row %d)", q->cost->layers[i].name, (int)i + 1);
        }
    }
}

static void explain_part(const weft_question *q, int32_t depth, weft_explain_quantity what,
                         int32_t part) {
    if (q->row < 0) {
        explain_sum(q, depth, what, part);
    } else {
        q->explain(q, depth, what, part);
    }
}

static void explain_all(const weft_question *q, weft_explain_quantity what) {
    weft_explain_row(q->to, 0, whole_of(q, what), QUANTITIES[what].unit, "sum over the parts", NULL,
                     "%s%s%s", QUANTITIES[what].name, q->row < 0 ? "" : ", ",
                     q->row < 0 ? "" : q->cost->layers[q->row].name);
    for (int32_t part = 0; part < q->cost->n_parts; part++) {
        if (weft_explain_value(q, what, part) != 0) {
            explain_part(q, 1, what, part);
        }
    }
}

/* The index of a part by its token. */
static weft_status find_part(const weft_cost *cost, const char *part, int32_t *index,
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
        weft_list_add(known, sizeof known, names[k]);
    }
    weft_hint(error, "there are: %s", known);
    return WEFT_ERROR_USAGE;
}

weft_status weft_explain_answer(const weft_question *q, const char *part, weft_error *error) {
    int32_t index = -1;
    if (q->row < -1 || q->row >= q->cost->n_layers) {
        return weft_fail(error, WEFT_ERROR_USAGE, "there is no layer in row %d of %d",
                         (int)q->row + 1, (int)q->cost->n_layers);
    }
    if (part != NULL) {
        WEFT_TRY(find_part(q->cost, part, &index, error));
    }
    for (weft_explain_quantity what = 0; what < WEFT_EXPLAIN_QUANTITIES; what++) {
        if (part == NULL) {
            explain_all(q, what);
        } else {
            explain_part(q, 0, what, index);
        }
    }
    if (part != NULL && q->describe != NULL) {
        q->describe(q, 0, index);
    }
    return WEFT_OK;
}

/* ---- public ---------------------------------------------------------------------------------- */

static weft_status explain_chip(const weft_chip *chip, weft_workload *workload, const char *part,
                                int32_t layer, weft_explainer *to, weft_error *error) {
    weft_priced *priced = NULL;
    weft_cost *cost = NULL;
    weft_status status = weft_priced_create(chip, &priced, error);
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, &cost, error);
    }
    if (status == WEFT_OK) {
        weft_question question = {.cost = cost, .row = layer, .to = to};
        status = chip->hierarchy != NULL
                     ? weft_explain_hierarchy(priced, workload, &question, part, error)
                     : weft_explain_pixels(chip, priced, workload, &question, part, error);
    }
    weft_cost_destroy(cost);
    weft_priced_destroy(priced);
    return status;
}

weft_status weft_explain(const weft_chip *chip, weft_workload *workload, const char *part,
                         int32_t layer, weft_explanation **explanation, weft_error *error) {
    weft_explainer to = {.made = calloc(1, sizeof *to.made)};
    if (to.made == NULL) {
        return weft_fail_memory(error, sizeof *to.made);
    }
    weft_status status = explain_chip(chip, workload, part, layer, &to, error);
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
