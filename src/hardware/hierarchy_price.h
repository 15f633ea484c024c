/* SPDX-License-Identifier: Apache-2.0
 *
 * A hierarchical chip, priced: plain numbers for each part, for each set of operand bits. */
#ifndef WEFT_HARDWARE_HIERARCHY_PRICE_H
#define WEFT_HARDWARE_HIERARCHY_PRICE_H

#include "hardware/hierarchy.h"
#include "hardware/variables.h"

/* A part, with its scales and instances applied. */
typedef struct weft_part_cost {
    double read_j[WEFT_STATISTIC_COUNT], write_j[WEFT_STATISTIC_COUNT];
    double word;            /* bits (buffer, transfer) or values that an action moves */
    double capacity;        /* bits that a buffer keeps of its layer's tile; 0: any */
    double area_mm2;        /* of all copies on the chip */
    double leak_w;          /* in one copy of its level */
    double read_s, write_s; /* of one action */
    double units;           /* of the whole chip: copies times instances */
    double endurance;       /* writes that a cell survives; 0: it has no limit */
    int32_t statistics;     /* bit k: coefficient k is not zero in read_j or write_j */
} weft_part_cost;

/* The chip as a layer of given bits sees it. */
typedef struct weft_precision {
    int32_t bits[WEFT_BITS]; /* inputs, weights, outputs */
    int32_t input_slices, weight_slices;
    weft_operand input, weight;
    int32_t ladder_bits; /* of the converter with a ladder; 0: there is none */
    double cycle_s;
    int32_t capacity[WEFT_MAX_LEVELS]; /* copies of a level in the one around it */
    double number[WEFT_NUMBER_COUNT];
    double area_mm2;
    uint64_t structure; /* number for all that counting reads: equal numbers, equal counts */
    weft_part_cost parts[WEFT_MAX_PARTS];
    char infeasible[256]; /* "" or why the chip cannot work so */
    double over;          /* by what share it exceeds limits */
} weft_precision;

/* What a chip was priced with, so that it need not be priced as a whole where little has changed. */
typedef struct weft_pricing {
    double values[WEFT_MAX_VARIABLES];
    weft_part_price parts[WEFT_MAX_PARTS]; /* of one instance, without scales */
} weft_pricing;

/* Prices the chip for operands of these traits (0: the chip's own). A value out of all meaning is
 * WEFT_ERROR_INPUT; what cannot work is told in precision->infeasible. `terms` may be NULL, else
 * intermediate values of part `explained` go there; `cost` may be NULL, else it gets the warnings. */
weft_status weft_hierarchy_price(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                                 weft_precision *precision, weft_cost *cost,
                                 weft_error *error) WEFT_NODISCARD;

/* The same with all that it was made of, for the functions below. */
weft_status weft_hierarchy_price_anew(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                                      weft_pricing *pricing, weft_precision *precision,
                                      weft_cost *cost, weft_error *error) WEFT_NODISCARD;

/* Prices again what needs variables of `changed` or is a part of `parts` (bit p); the hierarchy has
 * their new values. Equal to pricing anew. After an error it must be priced anew. */
weft_status weft_hierarchy_price_again(const weft_hierarchy *h, const weft_variable_set *changed,
                                       uint64_t parts, weft_pricing *pricing,
                                       weft_precision *precision, weft_error *error) WEFT_NODISCARD;

/* weft_hierarchy_price for a chip whose own price is known. */
weft_status weft_hierarchy_price_like(const weft_hierarchy *h, const weft_pricing *pricing,
                                      const weft_precision *own, const int32_t traits[WEFT_TRAITS],
                                      weft_precision *precision, weft_error *error) WEFT_NODISCARD;

/* Whether energies choose where loops in time run (nest.c, dataflow.h), so that counts depend on
 * them. */
bool weft_hierarchy_energies_choose(const weft_hierarchy *h);

/* The values of a part's fields, in the order of its class. */
weft_status weft_hierarchy_fields(const weft_hierarchy *h, const weft_part *part,
                                  const double *variables, double fields[WEFT_PART_MAX_FIELDS],
                                  weft_cost *cost, weft_error *error) WEFT_NODISCARD;

#endif
