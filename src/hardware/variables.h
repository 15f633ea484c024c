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

/* What a layer says of its operands: the bits of inputs, weights and outputs, then of inputs and
 * weights whether values below zero occur (WEFT_SIGN_*). 0: as the chip says. They are the first
 * variables. */
enum { WEFT_BITS = 3, WEFT_TRAITS = 5 };
enum { WEFT_SIGN_NONE = 1, WEFT_SIGN_SOME = 2 };

/* values[i] for all variables. The first value that is not finite ends it: returns its index, or -1
 * when all are finite. */
int weft_variables_evaluate(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                            double *values);

void weft_variables_destroy(weft_hierarchy *h);

#endif
