/* SPDX-License-Identifier: Apache-2.0
 * Figures of fixtures/NAME.csv, lines of case,quantity,index,value; and the generator that the scripts
 * which make them have, too. */
#ifndef WEFT_TESTS_LEARN_FIXTURE_SUPPORT_H
#define WEFT_TESTS_LEARN_FIXTURE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s", #call, error.message);                                              \
        }                                                                                          \
    } while (0)

typedef struct figure {
    char name[24], quantity[24];
    int index;
    double value;
} figure;

enum { FIXTURE_MAX = 2048 };

typedef struct fixture {
    figure figures[FIXTURE_MAX];
    size_t n;
} fixture;

static inline void fixture_read(const char *name, fixture *read) {
    char path[256], line[256];
    snprintf(path, sizeof path, "tests/learn/fixtures/%s", name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fail_msg("%s cannot be opened: run from the source tree", path);
    }
    read->n = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != '#') {
            assert_true(read->n < FIXTURE_MAX);
            figure *f = &read->figures[read->n++];
            assert_int_equal(
                sscanf(line, "%23[^,],%23[^,],%d,%lf", f->name, f->quantity, &f->index, &f->value),
                4);
        }
    }
    fclose(file);
}

/* The figure of that name; it must be there. */
static inline double fixture_value(const fixture *read, const char *name, const char *quantity,
                                   int index) {
    for (size_t i = 0; i < read->n; i++) {
        const figure *f = &read->figures[i];
        if (f->index == index && strcmp(f->name, name) == 0 && strcmp(f->quantity, quantity) == 0) {
            return f->value;
        }
    }
    fail_msg("the fixture has no %s,%s,%d", name, quantity, index);
    return NAN;
}

/* Knuth's 64-bit linear congruence; uniform in [-1, 1) with 24 bits. */
typedef struct generator {
    uint64_t state;
} generator;

static inline double draw(generator *g) {
    g->state = g->state * 6364136223846793005U + 1442695040888963407U;
    return (double)(g->state >> 40) / 8388608.0 - 1.0;
}

static inline void draw_all(generator *g, float *values, size_t n, double amplitude) {
    for (size_t i = 0; i < n; i++) {
        values[i] = (float)(amplitude * draw(g));
    }
}

#endif
