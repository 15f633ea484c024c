/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of an explanation, one after the other. Running out of memory is remembered and asked for
 * once, at the end. The models of chips fill in what stands behind a figure; what is common to them
 * is here. */
#ifndef WEFT_HARDWARE_EXPLAIN_H
#define WEFT_HARDWARE_EXPLAIN_H

#include <weft/hardware.h>

#include "base/doc.h"

typedef struct weft_explainer {
    weft_explanation *made;
    int32_t room;
    bool failed;
} weft_explainer;

/* Appends a row; equation and source may be NULL. The name is formatted. */
void weft_explain_row(weft_explainer *to, int32_t depth, double value, const char *unit,
                      const char *equation, const char *source, const char *name, ...)
    WEFT_PRINTF(7, 8);

/* The SI unit of a dimension, "1" where it has none. */
const char *weft_explain_unit(weft_dimension dimension);

typedef enum weft_explain_quantity {
    WEFT_EXPLAIN_ENERGY,
    WEFT_EXPLAIN_LATENCY,
    WEFT_EXPLAIN_AREA,
    WEFT_EXPLAIN_QUANTITIES
} weft_explain_quantity;

/* "energy", "J". */
const char *weft_explain_name(weft_explain_quantity what);
const char *weft_explain_unit_of(weft_explain_quantity what);

/* A question about a cost, and how its chip's model answers it. */
typedef struct weft_question {
    const weft_cost *cost;
    int32_t row; /* of the cost; -1: the sum over all */
    weft_explainer *to;
    void *model;
    /* One quantity of a part on the row, heading and all. */
    void (*explain)(const struct weft_question *question, int32_t depth, weft_explain_quantity what,
                    int32_t part);
    /* What a part is, whatever the layer; NULL: the model does not tell. */
    void (*describe)(const struct weft_question *question, int32_t depth, int32_t part);
} weft_question;

/* The value asked for: of a part on the question's row. */
double weft_explain_value(const weft_question *question, weft_explain_quantity what, int32_t part);

/* All rows about a part by its token (NULL: all parts). WEFT_ERROR_USAGE for a part or row that is
 * not there, with the nearest one. */
weft_status weft_explain_answer(const weft_question *question, const char *part,
                                weft_error *error) WEFT_NODISCARD;

/* The models: chips whose layers work pixel by pixel, and hierarchical chips. */
weft_status weft_explain_pixels(const weft_chip *chip, const weft_priced *priced,
                                const weft_workload *workload, const weft_question *question,
                                const char *part, weft_error *error) WEFT_NODISCARD;
weft_status weft_explain_hierarchy(const weft_priced *priced, weft_workload *workload,
                                   weft_question *question, const char *part,
                                   weft_error *error) WEFT_NODISCARD;

#endif
