/* SPDX-License-Identifier: Apache-2.0
 * Random chips of the format chip/2 and random layer tables, as text: legal to read, whether they can
 * be built or not. */
#ifndef WEFT_TESTS_HARDWARE_RANDOM_HIERARCHY_H
#define WEFT_TESTS_HARDWARE_RANDOM_HIERARCHY_H

#include "base/rng.h"
#include "hardware/part.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct random_text {
    weft_rng *rng;
    char *text;
    size_t used, size;
} random_text;

static inline void put(random_text *t, const char *format, ...) WEFT_PRINTF(2, 3);

static inline void put(random_text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(t->text + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    t->used += (size_t)n;
    if (t->used >= t->size) {
        t->used = t->size - 1; /* cut: no longer legal, and refused */
    }
}

static inline int below(weft_rng *rng, int n) {
    return (int)weft_rng_below(rng, (uint64_t)n);
}

static inline bool chance(weft_rng *rng, double p) {
    return weft_rng_uniform(rng) < p;
}

/* 1 .. most, as often between 1 and 10 as between 100 and 1000. */
static inline int whole(weft_rng *rng, int most) {
    double x = exp(weft_rng_uniform(rng) * log((double)most + 1));
    int n = (int)x;
    return n < 1 ? 1 : n > most ? most : n;
}

static inline double between(weft_rng *rng, double low, double high) {
    high = fmin(high, 1e30);
    if (low > 0) {
        return low * exp(weft_rng_uniform(rng) * log(high / low));
    }
    if (chance(rng, 0.3)) {
        return low;
    }
    return low < 0 ? low + weft_rng_uniform(rng) * (high - low)
                   : high * exp(-12 * weft_rng_uniform(rng));
}

static inline const char *one_of(weft_rng *rng, const char *const *words, int n) {
    return words[below(rng, n)];
}
#define ONE_OF(rng, words) one_of(rng, words, (int)(sizeof(words) / sizeof((words)[0])))

/* ---- chips ----------------------------------------------------------------------------------- */

/* What an array level is made of. */
typedef enum random_shape { PLAIN, ROW, COLUMN } random_shape;

/* How far a chip goes: likely to work, or anything that its format allows. */
typedef struct random_style {
    bool wild;
    int rows, columns; /* 0: at random */
    int parts;
} random_style;

static inline void put_field(random_text *t, const weft_part_field *field, bool wild) {
    static const char *const GIVEN[] = {"node",    "voltage",    "rows",
                                        "columns", "resolution", "cycle"};
    bool given = false; /* the chip's parameter of that name */
    for (size_t i = 0; i < sizeof GIVEN / sizeof GIVEN[0]; i++) {
        given = given || strcmp(GIVEN[i], field->name) == 0;
    }
    bool needed = isnan(field->fallback) && !given;
    if (!needed && !chance(t->rng, wild ? 0.3 : 0.1)) {
        return;
    }
    if (field->words != NULL) {
        int n = 0;
        while (field->words[n] != NULL) {
            n++;
        }
        put(t, ", %s: %s", field->name, field->words[below(t->rng, n)]);
    } else if (wild && chance(t->rng, 0.2)) {
        put(t, ", %s: %.6g", field->name, between(t->rng, field->least, field->most));
    } else {
        double low = fmax(field->low, field->least);
        double high = fmin(field->high, field->most);
        put(t, ", %s: %.6g", field->name, between(t->rng, low, high));
    }
}

static inline const weft_part_class *random_class(weft_rng *rng) {
    int n = 0;
    while (weft_part_class_at(n) != NULL) {
        n++;
    }
    const weft_part_class *class = weft_part_class_at(below(rng, n));
    if (strncmp(class->name, "dac-", 4) == 0 && chance(rng, 0.95)) {
        return weft_part_class_at(below(rng, n)); /* ladders look at 2^bits codes of each layer */
    }
    return class;
}

static inline void put_tensors(random_text *t) {
    static const char *const SETS[] = {"inputs",
                                       "weights",
                                       "outputs",
                                       "[inputs, outputs]",
                                       "[inputs, weights]",
                                       "[inputs, weights, outputs]"};
    put(t, ", on: %s", ONE_OF(t->rng, SETS));
}

static inline void put_holds(random_text *t) {
    static const char *const SETS[] = {"[P, Q, N]", "[X]",       "[P, Q, N, X]",
                                       "[Q]",       "[P, Q, X]", "[N]"};
    if (chance(t->rng, 0.5)) {
        put(t, ", holds: %s", ONE_OF(t->rng, SETS));
    }
}

static inline void put_settings(random_text *t, bool moves, bool wild) {
    if (moves) {
        put(t, ", word: %d", 1 << below(t->rng, 10));
    } else if (chance(t->rng, 0.2)) {
        put(t, ", word: %d", whole(t->rng, 64));
    }
    static const char *const SCALES[] = {"energy_scale", "write_scale", "area_scale",
                                         "leakage_scale"};
    for (int i = 0; i < 4; i++) {
        if (chance(t->rng, 0.1)) {
            put(t, ", %s: %.4g", SCALES[i], chance(t->rng, 0.3) ? 0 : between(t->rng, 0.01, 100));
        }
    }
    if (chance(t->rng, 0.2)) {
        put(t, ", instances: %d", whole(t->rng, 1000));
    }
    if (moves && wild && chance(t->rng, 0.2)) {
        put(t, ", capacity: %.0f", between(t->rng, 8, 1e9));
    }
}

static inline void put_part(random_text *t, int index, bool first, const random_style *style) {
    static const char *const ACTIONS[] = {
        "input", "readout", "output", "result",  "cell", "load",  "step", "pass",
        "merge", "buffer",  "buffer", "element", "hop",  "spill", "none", "with"};
    static const char *const STATISTICS[] = {"input", "weight", "product", "input_zero",
                                             "input_toggle"};
    static const char *const ELEMENTS[] = {"output", "activation", "[pool, add]", "softmax"};
    const char *action = ONE_OF(t->rng, ACTIONS);
    if (first && strcmp(action, "with") == 0) {
        action = "none";
    }
    const weft_part_class *class = random_class(t->rng);
    bool buffer = strcmp(action, "buffer") == 0;
    bool moves = buffer || strcmp(action, "pass") == 0 || strcmp(action, "merge") == 0;
    put(t, "      p%d: {class: %s, acts: %s", index, class->name, action);
    if (moves) {
        put_tensors(t);
    }
    if (buffer) {
        put_holds(t);
    }
    if (strcmp(action, "element") == 0 && chance(t->rng, 0.7)) {
        put(t, ", of: %s", ONE_OF(t->rng, ELEMENTS));
    }
    if (chance(t->rng, 0.1)) {
        put(t, ", scales_with: %s", ONE_OF(t->rng, STATISTICS));
    }
    bool carries = moves || strcmp(action, "hop") == 0 || strcmp(action, "spill") == 0;
    put_settings(t, carries, style->wild);
    for (int f = 0; f < class->n_fields; f++) {
        put_field(t, &class->fields[f], style->wild);
    }
    put(t, "}\n");
}

/* Dimensions that a level may spread, in groups: of `from`, each at most once. */
static inline void put_fill(random_text *t, const char *from) {
    char left[16];
    snprintf(left, sizeof left, "%s", from);
    int n = (int)strlen(left);
    bool first = true;
    put(t, "    fill: [");
    while (n > 0 && chance(t->rng, 0.85)) {
        put(t, "%s[", first ? "" : ", ");
        first = false;
        int group = 1 + below(t->rng, n < 4 ? n : 4);
        for (int i = 0; i < group; i++) {
            int k = below(t->rng, n);
            put(t, "%s%c", i > 0 ? ", " : "", left[k]);
            left[k] = left[--n];
        }
        put(t, "]");
    }
    put(t, "]\n");
}

static inline void put_level(random_text *t, const char *name, const char *count,
                             random_shape shape, bool all, int *part, random_style *style) {
    bool last = *part >= 60;
    put(t, "  - level: %s\n    count: %s\n", name, count);
    if (shape == ROW) {
        put(t, "    shares: outputs\n");
        put_fill(t, chance(t->rng, 0.9) ? "CRS" : "CRSY");
    } else if (shape == COLUMN) {
        put(t, "    shares: inputs\n");
        put_fill(t, "MY");
    } else if (all) {
        put(t, "    fill: all\n");
    } else {
        if (style->wild && chance(t->rng, 0.1)) {
            put(t, "    shares: []\n");
        }
        put_fill(t, "CRSMYGPQN");
    }
    if (chance(t->rng, 0.2)) {
        put(t, "    gated: true\n");
    }
    int n = last ? 0 : below(t->rng, style->parts + 1);
    for (int i = 0; i < n; i++) {
        put(t, "%s", i == 0 ? "    parts:\n" : "");
        put_part(t, (*part)++, i == 0, style);
    }
}

static inline void put_levels(random_text *t, bool alone, random_style *style) {
    char count[32];
    int part = 0;
    int outer = 1 + below(t->rng, 4);
    bool columns_first = chance(t->rng, 0.7);
    bool lines = style->rows > 0 || chance(t->rng, 0.95);
    put(t, "levels:\n");
    for (int l = 0; l < outer; l++) {
        char name[16];
        snprintf(name, sizeof name, "outer%d", l);
        bool all = alone && l == outer - 1 && chance(t->rng, 0.7);
        snprintf(count, sizeof count, "%d", l == 0 ? 1 : whole(t->rng, all ? 100000 : 64));
        put_level(t, name, count, PLAIN, all && l > 0, &part, style);
    }
    if (lines) {
        put_level(t, columns_first ? "column" : "row", columns_first ? "columns" : "rows",
                  columns_first ? COLUMN : ROW, false, &part, style);
        put_level(t, columns_first ? "row" : "column", columns_first ? "rows" : "columns",
                  columns_first ? ROW : COLUMN, false, &part, style);
    }
    put_level(t, "cell", "1", PLAIN, false, &part, style);
}

static inline void put_operand(random_text *t, const char *name, bool wild) {
    static const char *const ENCODINGS[] = {
        "offset", "magnitude",       "differential",     "twos-complement",
        "xnor",   "zero-gated-xnor", "offset-if-signed", "differential-if-signed"};
    put(t, "  %s: {bits: %d, encoding: %s", name, 1 + below(t->rng, 16), ONE_OF(t->rng, ENCODINGS));
    if (chance(t->rng, 0.3)) {
        put(t, ", code: %d", 1 + below(t->rng, wild ? 24 : 16));
    }
    if (chance(t->rng, 0.8)) {
        put(t, ", slice: %d", 1 + below(t->rng, wild ? 20 : 4));
    }
    put(t, "}\n");
}

static inline void put_execution(random_text *t, const char *accounting) {
    static const char *const ORDERS[] = {"layers", "pipeline", "pixels"};
    static const int BATCHES[] = {1, 1, 2, 8, 1000};
    put(t, "execution: {accounting: %s, order: %s, batch: %d, copies: %d", accounting,
        ONE_OF(t->rng, ORDERS), BATCHES[below(t->rng, 5)],
        chance(t->rng, 0.5) ? 0 : whole(t->rng, 100));
    if (chance(t->rng, 0.2)) {
        put(t, ", step_cycles: %.4g", between(t->rng, 0.1, 1000));
    }
    if (chance(t->rng, 0.1)) {
        put(t, ", strides: 0");
    }
    if (chance(t->rng, 0.1)) {
        put(t, ", way: %d", whole(t->rng, 50));
    }
    if (chance(t->rng, 0.2)) {
        put(t, ", inferences: %.3g", between(t->rng, 1, 1e12));
    }
    if (chance(t->rng, 0.1)) {
        put(t, ", read_rate: %.4g", between(t->rng, 0.01, 1e4));
    }
    static const char *const LIMITS[] = {"power_limit", "density_limit", "area_limit"};
    for (int i = 0; i < 3; i++) {
        if (chance(t->rng, 0.05)) {
            put(t, ", %s: %.4g", LIMITS[i], between(t->rng, 1e-9, 1e9));
        }
    }
    put(t, "}\n");
}

/* A preset with other sizes. */
static inline size_t random_change(weft_rng *rng, char *text, size_t size) {
    static const char *const BASES[] = {"generic-rram", "generic-sram",       "isaac",
                                        "zigzag-aimc",  "basic-65nm-rram",    "wan-2022",
                                        "jia-2020",     "neurosim-32nm-rram", "neurosim-sram-22nm"};
    static const char *const ACCOUNTINGS[] = {"alone", "resident", "reload"};
    static const char *const ORDERS[] = {"layers", "pipeline", "pixels"};
    random_text t = {rng, text, 0, size};
    put(&t, "weft: chip/2\nname: changed\nbase: %s\nsettings:\n", ONE_OF(rng, BASES));
    put(&t, "  rows: {value: %d, unit: \"1\", source: t}\n", whole(rng, 4096));
    put(&t, "  columns: {value: %d, unit: \"1\", source: t}\n", whole(rng, 4096));
    put(&t, "  input_bits: \"%d\"\n", 1 + below(rng, 16));
    put(&t, "  weight_bits: \"%d\"\n", 1 + below(rng, 16));
    if (chance(rng, 0.5)) {
        put(&t, "  execution.accounting: %s\n", ONE_OF(rng, ACCOUNTINGS));
        put(&t, "  execution.order: %s\n", ONE_OF(rng, ORDERS));
        put(&t, "  execution.copies: \"0\"\n");
    }
    return t.used;
}

/* The text of a chip; returns its length. */
static inline size_t random_chip(weft_rng *rng, const random_style *wanted, char *text,
                                 size_t size) {
    static const char *const ACCOUNTINGS[] = {"alone",  "alone",    "resident", "resident",
                                              "reload", "resident", "reload",   "dataflow"};
    static const double NODES[] = {7, 10, 14, 22, 32, 45, 65, 90, 130};
    random_style style = *wanted;
    random_text t = {rng, text, 0, size};
    const char *accounting = ONE_OF(rng, ACCOUNTINGS);
    int rows = style.rows > 0 ? style.rows : whole(rng, 4096);
    int columns = style.columns > 0 ? style.columns : whole(rng, 4096);
    double node = chance(rng, 0.7) ? NODES[below(rng, 9)] : between(rng, 6, 150);
    put(&t, "weft: chip/2\nname: random\nparameters:\n");
    put(&t, "  node: {value: %.6g, unit: nm, source: t}\n", node);
    put(&t, "  voltage: {value: %.4g, unit: V, source: t}\n", between(rng, 0.5, 1.3));
    put(&t, "  rows: {value: %d, unit: \"1\", source: t}\n", rows);
    put(&t, "  columns: {value: %d, unit: \"1\", source: t}\n", columns);
    put(&t, "  resolution: {value: %d, unit: bit, source: t}\n", 1 + below(rng, 12));
    put(&t, "operands:\n");
    put_operand(&t, "inputs", style.wild);
    put_operand(&t, "weights", style.wild);
    put(&t, "  outputs: {bits: %d}\n", 1 + below(rng, 32));
    put(&t, "  missing_bits: %s\n", chance(rng, 0.5) ? "mean" : "half");
    put(&t, "  assumed: %s\n", chance(rng, 0.5) ? "resnet18" : "cimnas");
    put(&t, "cycle:\n  time: %.6g\n", between(rng, 1e-10, 1e-5));
    put_levels(&t, strcmp(accounting, "alone") == 0, &style);
    put_execution(&t, accounting);
    return t.used;
}

/* ---- networks -------------------------------------------------------------------------------- */

static inline void put_histogram(random_text *t) {
    int n = 1 + below(t->rng, 9);
    int all = 0;
    int share[9];
    for (int i = 0; i < n; i++) {
        share[i] = chance(t->rng, 0.3) ? 0 : 1 + below(t->rng, 100);
        all += share[i];
    }
    if (all == 0) {
        share[n - 1] = all = 1;
    }
    for (int i = 0; i < n; i++) {
        put(t, "%s%.9f", i > 0 ? " " : "", (double)share[i] / all);
    }
}

/* The text of a layer table with up to `most` layers; returns its length. */
static inline size_t random_table(weft_rng *rng, int most, char *text, size_t size) {
    random_text t = {rng, text, 0, size};
    int n = 1 + below(rng, most);
    put(&t, "name,kind,N,C,M,R,S,P,Q,G,stride_h,stride_w,dilation_h,dilation_w,input_bits,"
            "weight_bits,output_bits,inputs_hist,weights_hist\n");
    for (int i = 0; i < n; i++) {
        static const char *const KINDS[] = {"conv", "conv", "conv", "linear", "matmul"};
        const char *kind = ONE_OF(rng, KINDS);
        bool conv = strcmp(kind, "conv") == 0;
        put(&t, "l%d,%s,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d", i, kind,
            chance(rng, 0.1) ? whole(rng, 16) : 1, whole(rng, 2048), whole(rng, 2048),
            conv ? whole(rng, 11) : 1, conv ? whole(rng, 11) : 1, whole(rng, 224),
            conv ? whole(rng, 224) : 1, chance(rng, 0.2) ? whole(rng, 512) : 1,
            1 + below(rng, 4) / 3, 1 + below(rng, 4) / 3, 1 + below(rng, 8) / 7,
            1 + below(rng, 8) / 7);
        for (int b = 0; b < 3; b++) {
            put(&t, ",");
            if (chance(rng, 0.1)) {
                put(&t, "%d", whole(rng, 32));
            }
        }
        for (int b = 0; b < 2; b++) {
            put(&t, ",");
            if (chance(rng, 0.2)) {
                put_histogram(&t);
            }
        }
        put(&t, "\n");
    }
    return t.used;
}

#endif
