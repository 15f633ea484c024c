/* SPDX-License-Identifier: Apache-2.0
 *
 * A space as the text of a space file: everything stated, no base. Names and choices are words
 * (read.c), so quotes around them need no escapes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "space/family.h"

typedef struct writer {
    char *text;
    size_t used, size;
    bool failed;
} writer;

static void put(writer *w, const char *format, ...) WEFT_PRINTF(2, 3);

static void put(writer *w, const char *format, ...) {
    char piece[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (w->failed || length < 0 || (size_t)length >= sizeof piece) {
        w->failed = true;
        return;
    }
    if (w->used + (size_t)length + 1 > w->size) {
        size_t size = 2 * w->size + sizeof piece;
        char *grown = realloc(w->text, size);
        if (grown == NULL) {
            w->failed = true;
            return;
        }
        w->text = grown;
        w->size = size;
    }
    memcpy(w->text + w->used, piece, (size_t)length + 1);
    w->used += (size_t)length;
}

static void put_real(writer *w, double value) {
    char text[32];
    put(w, "%s", weft_real_text(value, text, sizeof text));
}

static void put_sets(writer *w, const weft_rule *rule) {
    if (rule->sets[0] == '\0') {
        return;
    }
    put(w, ", sets: \"%s\"", rule->sets);
    if (rule->unit[0] != '\0') {
        put(w, ", unit: \"%s\"", rule->unit);
    }
    if (rule->region_is_index) {
        put(w, ", region: index");
    } else if (rule->region > 0) {
        put(w, ", region: %d", rule->region);
    }
}

static void put_rule(writer *w, const weft_rule *rule) {
    static const char *const kinds[] = {[WEFT_GENE_CATEGORICAL] = "categorical",
                                        [WEFT_GENE_ORDINAL] = "ordinal",
                                        [WEFT_GENE_INTEGER] = "integer",
                                        [WEFT_GENE_REAL] = "real"};
    put(w, "  %s: {%s: [", rule->name, kinds[rule->kind]);
    if (rule->n_choices > 0) {
        for (int i = 0; i < rule->n_choices; i++) {
            put(w, "%s", i > 0 ? ", " : "");
            if (rule->kind == WEFT_GENE_CATEGORICAL) {
                put(w, "\"%s\"", rule->labels[i]);
            } else {
                put_real(w, rule->values[i]);
            }
        }
    } else if (rule->kind == WEFT_GENE_INTEGER) {
        put(w, "%lld, %lld", (long long)rule->lower, (long long)rule->upper);
    } else {
        put_real(w, rule->lower);
        put(w, ", ");
        put_real(w, rule->upper);
    }
    put(w, "]%s", rule->log_scale ? ", log: true" : "");
    if (rule->repeat > 0) {
        put(w, ", repeat: %d", rule->repeat);
        if (rule->first > 1) {
            put(w, ", first: %d", rule->first);
        }
    }
    for (int i = 0; i < rule->n_places; i++) {
        put(w, "%s%d%s", i == 0 ? ", repeat: [" : ", ", rule->repeats[i],
            i + 1 == rule->n_places ? "]" : "");
    }
    if (rule->when[0] != '\0') {
        put(w, ", when: \"%s\"", rule->when);
    }
    put(w, "%s", rule->inert ? ", inert: true" : "");
    put_sets(w, rule);
    put(w, "}\n");
}

/* What not every family has, where it is stated. */
static void put_networks(writer *w, const weft_space *space) {
    if (space->chip[0] != '\0') {
        put(w, "chip: \"%s\"\n", space->chip);
    }
    const weft_layer_bits *bits = &space->bits;
    if (bits->weights > 0 || bits->inputs > 0 || bits->outputs > 0) {
        put(w, "bits: {weights: %d, inputs: %d, outputs: %d}\n", bits->weights, bits->inputs,
            bits->outputs);
    }
    for (int i = 0; i < space->n_networks; i++) {
        put(w, "%s\"%s\"%s", i == 0 ? "networks: [" : ", ", space->networks[i],
            i + 1 == space->n_networks ? "]\n" : "");
    }
    for (int i = 0; i < space->n_groups; i++) {
        put(w, "%s%d%s", i == 0 ? "regions: [" : ", ", space->group_regions[i],
            i + 1 == space->n_groups ? "]\n" : "");
    }
}

weft_status weft_space_write(weft_space *space, weft_error *error) {
    writer w = {0};
    put(&w, "weft: space/1\nname: \"%s\"\nfamily: %s\n", space->name, space->family->name);
    put(&w, "input: [%d, %d, %d]\nclasses: %d\n", space->input.channels, space->input.height,
        space->input.width, space->classes);
    put(&w, "head: {pool: %d, hidden: [", space->head_pool);
    for (int i = 0; i < space->n_hidden; i++) {
        put(&w, "%s%d", i > 0 ? ", " : "", space->hidden[i]);
    }
    put(&w, "], dropout: ");
    put_real(&w, space->dropout);
    put(&w, "}\nsmallest_map: %d\n", space->smallest_map);
    put_networks(&w, space);
    put(&w, "genes:\n");
    for (int i = 0; i < space->n_rules; i++) {
        put_rule(&w, &space->rules[i]);
    }
    if (w.failed) {
        free(w.text);
        return weft_fail_memory(error, w.size);
    }
    free(space->text);
    space->text = w.text;
    return WEFT_OK;
}
