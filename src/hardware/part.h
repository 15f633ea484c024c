/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts: the component models. A part class is one file (src/hardware/part/NAME.c) with its
 * equations, units, validity range and source; it fills one weft_part_class, and part_table.c lists
 * them. A chip file makes parts of these classes and gives their fields; the engine counts how often
 * each acts, and never looks inside.
 *
 * A class turns field values into a price: energy of an action, area, leakage, delay. The energy of
 * an action may depend on the operands of the layer: it is a dot product of coefficients, worked out
 * once for a chip, with statistics, worked out once for a layer (operand.h). */
#ifndef WEFT_HARDWARE_PART_H
#define WEFT_HARDWARE_PART_H

#include <math.h>

#include <weft/hardware.h>

#include "base/doc.h"

/* What the energy of an action may depend on; all within [0, 1]. Bits are of codes as the chip
 * encodes them; p_j is the share of operands whose bit j is one. */
#define WEFT_STATISTIC_MAP(X)                                                                      \
    X(WEFT_STATISTIC_ONE, "one", "1")                                                              \
    X(WEFT_STATISTIC_INPUT, "input", "mean value of an input slice")                               \
    X(WEFT_STATISTIC_WEIGHT, "weight", "mean value of a weight slice")                             \
    X(WEFT_STATISTIC_PRODUCT, "product", "input times weight")                                     \
    X(WEFT_STATISTIC_INPUT_ZERO, "input_zero", "share of inputs that are zero")                    \
    X(WEFT_STATISTIC_INPUT_TOGGLE, "input_toggle", "mean over the input's bits of p (1 - p)")      \
    X(WEFT_STATISTIC_WEIGHT_TOGGLE, "weight_toggle", "mean over the weight's bits of p (1 - p)")   \
    X(WEFT_STATISTIC_INPUT_SPREAD, "input_spread", "sqrt(input (1 - input))")                      \
    X(WEFT_STATISTIC_LADDER, "ladder",                                                             \
      "mean over the input's codes of the sum over its one bits of 1 - V_node / V in a ladder")    \
    X(WEFT_STATISTIC_LADDER_MAGNITUDE, "ladder_magnitude",                                         \
      "the same of the inputs' magnitudes, for a ladder for each sign")                            \
    X(WEFT_STATISTIC_INPUT_STEP, "input_step",                                                     \
      "mean rise between two inputs in a row, as a share of full scale")                           \
    X(WEFT_STATISTIC_RMS_TOGGLE, "rms_toggle",                                                     \
      "root mean square of the inputs, share of full scale, times weight_toggle")

typedef enum weft_statistic {
#define WEFT_STATISTIC_ENUM(name, token, text) name,
    WEFT_STATISTIC_MAP(WEFT_STATISTIC_ENUM)
#undef WEFT_STATISTIC_ENUM
        WEFT_STATISTIC_COUNT
} weft_statistic;

/* One field of a class. A field that the chip file leaves out takes the chip's parameter of the same
 * name, else `fallback`, else (NAN) it is an error. Outside [low, high] the model is used beyond its
 * data: a warning; outside [least, most] it has no meaning: an error. */
typedef struct weft_part_field {
    const char *name;
    weft_dimension dimension;
    double fallback;
    double least, most;
    double low, high;
    const char *const *words; /* a choice: the value is the index; NULL-terminated; else NULL */
    const char *text;
} weft_part_field;

enum { WEFT_PART_MAX_FIELDS = 32, WEFT_PART_NOTE = 160, WEFT_MAX_TERMS = 48 };

/* Intermediate values, kept where somebody asks how a figure came about; NULL otherwise. */
typedef struct weft_terms {
    int n;
    struct {
        const char *name, *unit, *equation; /* static text: "FOM_f", "dB", "213.8 - 2.872 ln f" */
        double value;
    } rows[WEFT_MAX_TERMS];
} weft_terms;

/* Keeps a value and returns it, so that it may stand in the middle of an equation. */
static inline double weft_term(weft_terms *terms, const char *name, const char *unit,
                               const char *equation, double value) {
    if (terms != NULL && terms->n < WEFT_MAX_TERMS) {
        terms->rows[terms->n].name = name;
        terms->rows[terms->n].unit = unit;
        terms->rows[terms->n].equation = equation;
        terms->rows[terms->n++].value = value;
    }
    return value;
}

/* What one instance costs. `read` is the plain action (drive, convert, read, add), `write` the
 * storing one (SRAM write, programming of a cell); energies are coefficients of the statistics. */
typedef struct weft_part_price {
    double read_j[WEFT_STATISTIC_COUNT];
    double write_j[WEFT_STATISTIC_COUNT];
    double area_m2;
    double leak_w;
    double read_s, write_s;          /* delay of an action; 0: hidden in the cycle */
    char warning[WEFT_PART_NOTE];    /* "" or why the figure is to be doubted */
    char infeasible[WEFT_PART_NOTE]; /* "" or why such a part cannot be built */
    double over;                     /* and by what share it exceeds what can; 0: no amount */
} weft_part_price;

typedef struct weft_part_class {
    const char *name;     /* "adc" as chip files write it */
    const char *text;     /* what it is, one line */
    const char *equation; /* energy, area, delay as a person reads them; lines parted by \n */
    const char *source;   /* paper or code that the equations and constants come from */
    const weft_part_field *fields;
    int n_fields;
    /* `values` in the order of the fields, in SI, already within [least, most]; *price is zero on
     * entry. Never allocates; the result has no NaN and nothing negative. */
    void (*price)(const double *values, weft_terms *terms, weft_part_price *price);
} weft_part_class;

/* The table of all classes (part_table.c); NULL past the last. */
const weft_part_class *weft_part_class_at(int i);
const weft_part_class *weft_part_class_find(const char *name);

/* For class files. */
#define WEFT_LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

#endif
