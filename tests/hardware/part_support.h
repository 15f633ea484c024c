/* SPDX-License-Identifier: Apache-2.0
 * Prices of single parts, and figures of the reference estimator to hold them against. */
#ifndef WEFT_TESTS_HARDWARE_PART_SUPPORT_H
#define WEFT_TESTS_HARDWARE_PART_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hardware/part.h"

/* A part in the making: its class and the values of its fields. */
typedef struct part {
    const weft_part_class *class;
    double values[WEFT_PART_MAX_FIELDS];
} part;

static inline part part_of(const char *class) {
    part p = {.class = weft_part_class_find(class)};
    if (p.class == NULL) {
        fail_msg("there is no class '%s'", class);
    }
    for (int i = 0; i < p.class->n_fields; i++) {
        p.values[i] = p.class->fields[i].fallback;
    }
    return p;
}

static inline int field_of(const part *p, const char *name) {
    for (int i = 0; i < p->class->n_fields; i++) {
        if (strcmp(p->class->fields[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Sets a field where the class has it: a class is given all that is known of an array. */
static inline void set(part *p, const char *name, double value) {
    int i = field_of(p, name);
    if (i >= 0) {
        p->values[i] = value;
    }
}

static inline weft_part_price price_of(const part *p) {
    weft_part_price price = {0};
    p->class->price(p->values, NULL, &price);
    return price;
}

/* cmocka compares floats, not doubles. */
#define assert_close(a, b, tolerance)                                                              \
    do {                                                                                           \
        double close_a = (a), close_b = (b);                                                       \
        if (!(fabs(close_a - close_b) <= (tolerance))) {                                           \
            fail_msg("%s is %.17g, expected %.17g", #a, close_a, close_b);                         \
        }                                                                                          \
    } while (0)

/* An intermediate value of a price; the first of that name. */
static inline double term_of(const part *p, const char *name) {
    weft_part_price price = {0};
    weft_terms terms = {0};
    p->class->price(p->values, &terms, &price);
    for (int i = 0; i < terms.n; i++) {
        if (strcmp(terms.rows[i].name, name) == 0) {
            return terms.rows[i].value;
        }
    }
    fail_msg("%s has no term '%s'", p->class->name, name);
    return 0;
}

#endif
