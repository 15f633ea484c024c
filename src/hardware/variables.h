/* SPDX-License-Identifier: Apache-2.0
 *
 * The variables of a hierarchical chip: gathered while its file is read, then parsed and put into
 * an order of evaluation. */
#ifndef WEFT_HARDWARE_VARIABLES_H
#define WEFT_HARDWARE_VARIABLES_H

#include "hardware/hierarchy.h"

/* Adds a parameter `{value, unit, source}`; *index becomes its place. A name that is taken is an
 * error at `node`. */
weft_status weft_variables_add_quantity(weft_hierarchy *h, const weft_doc *doc,
                                        const weft_node *node, const char *name, int level,
                                        int *index, weft_error *error) WEFT_NODISCARD;

/* Adds an expression, or a parameter where the node is a mapping. */
weft_status weft_variables_add(weft_hierarchy *h, const weft_doc *doc, const weft_node *node,
                               const char *name, int level, int *index,
                               weft_error *error) WEFT_NODISCARD;

/* Adds an expression that the program itself writes, such as input_slices. */
weft_status weft_variables_add_text(weft_hierarchy *h, const char *name, const char *text,
                                    int *index, weft_error *error) WEFT_NODISCARD;

/* Parses all expressions and finds the order in which each needs only those before it. An unknown
 * name or a circle is an error at its place. */
weft_status weft_variables_order(weft_hierarchy *h, weft_error *error) WEFT_NODISCARD;

/* Index of the variable of that name, or WEFT_NO_VARIABLE. */
int weft_variables_find(const weft_hierarchy *h, const char *name);

/* The parameter whose value a variable is, alone: itself, or what its whole expression names; NULL where
 * there is none. */
const weft_variable *weft_variables_parameter(const weft_hierarchy *h, int variable);

/* What a layer says of its operands: the bits of inputs, weights and outputs, then of inputs and
 * weights whether values below zero occur (WEFT_SIGN_*). 0: as the chip says. They are the first
 * variables. */
enum { WEFT_BITS = 3, WEFT_TRAITS = 5 };
enum { WEFT_SIGN_NONE = 1, WEFT_SIGN_SOME = 2 };

/* Fills place and follows of each variable, after weft_variables_order. */
void weft_variables_follow(weft_hierarchy *h);

/* Sets of variables. */
static inline void weft_set_add(weft_variable_set *set, int place) {
    set->word[place / 64] |= UINT64_C(1) << place % 64;
}

static inline void weft_set_join(weft_variable_set *set, const weft_variable_set *other) {
    for (int i = 0; i < WEFT_SET_WORDS; i++) {
        set->word[i] |= other->word[i];
    }
}

static inline bool weft_set_meets(const weft_variable_set *a, const weft_variable_set *b) {
    uint64_t both = 0;
    for (int i = 0; i < WEFT_SET_WORDS; i++) {
        both |= a->word[i] & b->word[i];
    }
    return both != 0;
}

/* values[i] for all variables. The first value that is not finite ends it: returns its index, or -1
 * when all are finite. */
int weft_variables_evaluate(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                            double *values);

/* The same where only the variables of `changed` may differ from what values[] has. */
int weft_variables_update(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                          const weft_variable_set *changed, double *values);

void weft_variables_destroy(weft_hierarchy *h);

#endif
