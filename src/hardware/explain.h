/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of an explanation, one after the other. Running out of memory is remembered and asked for
 * once, at the end. */
#ifndef WEFT_HARDWARE_EXPLAIN_H
#define WEFT_HARDWARE_EXPLAIN_H

#include <weft/hardware.h>

#include "hardware/part.h"

typedef struct weft_explainer {
    weft_explanation *made;
    int32_t room;
    bool failed;
} weft_explainer;

/* Appends a row; equation and source may be NULL. The name is formatted. */
void weft_explain_row(weft_explainer *to, int32_t depth, double value, const char *unit,
                      const char *equation, const char *source, const char *name, ...)
    WEFT_PRINTF(7, 8);

/* Explains a chip whose layers work pixel by pixel; `part` and `layer` as weft_explain has them. */
weft_status weft_explain_pixels(const weft_chip *chip, weft_workload *workload, const char *part,
                                int32_t layer, weft_explainer *to,
                                weft_error *error) WEFT_NODISCARD;

/* The index of a part of a cost by its token; -1 with WEFT_ERROR_USAGE and the nearest one. */
weft_status weft_explain_find(const weft_cost *cost, const char *part, int32_t *index,
                              weft_error *error) WEFT_NODISCARD;

#endif
