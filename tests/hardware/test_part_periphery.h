/* SPDX-License-Identifier: Apache-2.0
 * Parts priced from a line of text, "node=65e-9 fit=sar": fields left out take their fallback. */
#ifndef WEFT_TESTS_HARDWARE_TEST_PART_PERIPHERY_H
#define WEFT_TESTS_HARDWARE_TEST_PART_PERIPHERY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hardware/part.h"

static inline double value_of_word(const weft_part_field *field, const char *word) {
    for (int i = 0; field->words != NULL && field->words[i] != NULL; i++) {
        if (strcmp(field->words[i], word) == 0) {
            return i;
        }
    }
    char *end = NULL;
    double value = strtod(word, &end);
    if (field->words != NULL || end == word || *end != '\0') {
        fail_msg("field %s has no value %s", field->name, word);
    }
    return value;
}

static inline void set_field(const weft_part_class *class, double *values, char *item) {
    char *word = strchr(item, '=');
    assert_non_null(word);
    *word++ = '\0';
    for (int i = 0; i < class->n_fields; i++) {
        if (strcmp(class->fields[i].name, item) == 0) {
            values[i] = value_of_word(&class->fields[i], word);
            return;
        }
    }
    fail_msg("class %s has no field %s", class->name, item);
}

static inline weft_part_price price_of_text(const char *name, weft_terms *terms, char *text) {
    const weft_part_class *class = weft_part_class_find(name);
    if (class == NULL) {
        fail_msg("there is no class %s", name);
    }
    double values[WEFT_PART_MAX_FIELDS];
    for (int i = 0; i < class->n_fields; i++) {
        values[i] = class->fields[i].fallback;
    }
    char *rest = NULL;
    for (char *item = strtok_r(text, " ", &rest); item != NULL; item = strtok_r(NULL, " ", &rest)) {
        set_field(class, values, item);
    }
    for (int i = 0; i < class->n_fields; i++) {
        const weft_part_field *field = &class->fields[i];
        if (!(values[i] >= field->least && values[i] <= field->most)) {
            fail_msg("%s: field %s is %g, outside [%g, %g]", name, field->name, values[i],
                     field->least, field->most);
        }
    }
    weft_part_price price = {0};
    class->price(values, terms, &price);
    return price;
}

/* The price of a part. */
static inline __attribute__((format(printf, 2, 3))) weft_part_price
price_of(const char *name, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return price_of_text(name, NULL, text);
}

/* The same, with its intermediate values. */
static inline weft_part_price explain(const char *name, weft_terms *terms, const char *fields) {
    char text[512];
    snprintf(text, sizeof text, "%s", fields);
    return price_of_text(name, terms, text);
}

static inline double term_of(const weft_terms *terms, const char *name) {
    for (int i = 0; i < terms->n; i++) {
        if (strcmp(terms->rows[i].name, name) == 0) {
            return terms->rows[i].value;
        }
    }
    fail_msg("no term %s", name);
    return 0;
}

/* Energy of the plain action that does not depend on the operands, J. */
static inline double energy_of(weft_part_price price) {
    return price.read_j[WEFT_STATISTIC_ONE];
}

#endif
