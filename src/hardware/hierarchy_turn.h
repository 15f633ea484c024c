/* SPDX-License-Identifier: Apache-2.0
 *
 * Knobs of hierarchical chips: found once in the chip, turned in its prices. */
#ifndef WEFT_HARDWARE_HIERARCHY_TURN_H
#define WEFT_HARDWARE_HIERARCHY_TURN_H

#include "hardware/chip.h"
#include "hardware/hierarchy_cost.h"

/* What a knob turns; `variable` is the index of it. */
typedef enum weft_knob_kind {
    WEFT_KNOB_PIXELS,     /* of a pixel pipeline: chip_set.c */
    WEFT_KNOB_VARIABLE,   /* a parameter, an expression, a field that the file gives */
    WEFT_KNOB_NUMBER,     /* of `execution`, that the file leaves out */
    WEFT_KNOB_FIELD,      /* of `part`, that the file leaves out */
    WEFT_KNOB_SETTING,    /* of `part`, that the file leaves out */
    WEFT_KNOB_FIELD_WORD, /* of `part` */
    WEFT_KNOB_CHOICE,     /* of all parts that have such a field */
    WEFT_KNOB_ORDER,      /* words of `execution` */
    WEFT_KNOB_ACCOUNTING,
    WEFT_KNOB_OBJECTIVE,
} weft_knob_kind;

/* What a path leads to, with the words that it takes (NULL: a number, in `unit`); the errors of
 * weft_hierarchy_find. */
weft_status weft_hierarchy_knob(weft_hierarchy *h, const char *path, weft_knob *knob,
                                const char *const **words, const char **unit,
                                weft_error *error) WEFT_NODISCARD;

/* Whether turning it may change what counting reads. */
bool weft_hierarchy_is_structural(const weft_hierarchy *h, const weft_knob *knob);

/* As weft_priced_turn and weft_priced_value. */
weft_status weft_hierarchy_turn(weft_hierarchy_priced *priced, const weft_knob *knobs,
                                const double *values, int n, weft_error *error) WEFT_NODISCARD;
double weft_hierarchy_value(const weft_hierarchy_priced *priced, const weft_knob *knob);

/* The words of a knob that takes some. */
const char *const *weft_hierarchy_knob_words(const weft_hierarchy *h, const weft_knob *knob);

/* The words of the first field that a choice is for; hierarchy_change.c. */
const char *const *weft_hierarchy_choice_words(const weft_hierarchy *h, const char *name);

/* Frees what turning needed; returns the hierarchy that was shared before. */
const weft_hierarchy *weft_hierarchy_turning_end(struct weft_turning *turning);

/* Whether it can be turned back to what the file says: an expression that it replaces is lost. */
bool weft_hierarchy_is_parameter(const weft_hierarchy *h, const weft_knob *knob);

#endif
