/* SPDX-License-Identifier: Apache-2.0 */
#include "space/meaning.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "space/family.h"

enum { MAX_MEANINGS = 32, MESSAGE = 160 };

weft_status weft_meaning_fail(const weft_space *space, int g, weft_error *error, const char *hint,
                              const char *format, ...) {
    char message[MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const weft_rule *rule = weft_space_rule(space, g);
    weft_node_fail(rule->doc, rule->node, error, WEFT_ERROR_INPUT, "gene '%s' %s",
                   space->genes[g].name, message);
    weft_hint(error, "%s", hint);
    return WEFT_ERROR_INPUT;
}

int weft_meaning_n_values(const weft_space *space, int g) {
    const weft_gene *gene = &space->genes[g];
    return gene->kind == WEFT_GENE_ORDINAL ? gene->n_choices : 2;
}

double weft_meaning_value(const weft_space *space, int g, int i) {
    const weft_gene *gene = &space->genes[g];
    if (gene->kind == WEFT_GENE_ORDINAL) {
        return weft_space_rule(space, g)->values[i];
    }
    return i == 0 ? gene->lower : gene->upper;
}

/* "kernel3_2" is the stem "kernel" with 3 and 2. Returns how many numbers, -1: none of these. */
static int split_name(const char *name, size_t *stem, int *number, int *second) {
    char after = '\0';
    *number = 0;
    *second = 0;
    *stem = strcspn(name, "0123456789");
    if (name[*stem] == '\0') {
        return 0;
    }
    int found = sscanf(name + *stem, "%3d_%3d%c", number, second, &after);
    if (found == 1 && strspn(name + *stem, "0123456789") == strlen(name + *stem)) {
        return 1;
    }
    return found == 2 ? 2 : -1;
}

static int find_meaning(const char *name, size_t stem, const weft_meaning *meanings, int n) {
    for (int m = 0; m < n; m++) {
        if (strlen(meanings[m].name) == stem && strncmp(meanings[m].name, name, stem) == 0) {
            return m;
        }
    }
    return -1;
}

static weft_status fail_unknown(const weft_space *space, int g, const char *stem,
                                const weft_meaning *meanings, int n, weft_error *error) {
    const char *names[MAX_MEANINGS];
    char list[200] = "";
    for (int m = 0; m < n && m < MAX_MEANINGS; m++) {
        names[m] = meanings[m].name;
        weft_list_add(list, sizeof list, names[m]);
    }
    const char *nearest = weft_nearest(stem, names, (size_t)n);
    char hint[240];
    if (nearest != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%s'? A gene of the chip needs `sets:`", nearest);
    } else {
        snprintf(hint, sizeof hint, "its genes are %s; a gene of the chip needs `sets:`", list);
    }
    return weft_meaning_fail(space, g, error, hint, "is unknown to the family '%s'",
                             space->family->name);
}

static weft_status check_values(const weft_space *space, int g, const weft_meaning *meaning,
                                weft_error *error) {
    weft_gene_kind kind = space->genes[g].kind;
    char hint[80];
    snprintf(hint, sizeof hint, "it takes %s from %g to %g",
             meaning->whole ? "whole numbers" : "numbers", meaning->lower, meaning->upper);
    if (kind == WEFT_GENE_CATEGORICAL || (kind == WEFT_GENE_REAL && meaning->whole)) {
        return weft_meaning_fail(space, g, error, hint, "is of a kind that has no meaning here");
    }
    for (int i = 0; i < weft_meaning_n_values(space, g); i++) {
        double value = weft_meaning_value(space, g, i);
        bool whole = !meaning->whole || floor(value) == value;
        if (!(value >= meaning->lower && value <= meaning->upper) || !whole) {
            return weft_meaning_fail(space, g, error, hint, "may not be %g", value);
        }
    }
    return WEFT_OK;
}

static weft_status bind_gene(weft_space *space, int g, const weft_meaning *meanings, int n,
                             weft_error *error) {
    weft_role *role = &space->roles[g];
    const char *name = space->genes[g].name;
    size_t length = 0;
    int numbers = split_name(name, &length, &role->number, &role->second);
    char stem[WEFT_GENE_NAME];
    snprintf(stem, sizeof stem, "%.*s", (int)length, name);
    role->meaning = find_meaning(name, length, meanings, n);
    if (role->meaning < 0) {
        role->meaning = 0;
        return fail_unknown(space, g, stem, meanings, n, error);
    }
    const weft_meaning *meaning = &meanings[role->meaning];
    if (numbers < 0 || !(meaning->numbers >> numbers & 1)) {
        static const char *const forms[] = {"", "3", "3_2"};
        char hint[120] = "write ";
        for (int i = 0; i < 3; i++) {
            size_t used = strlen(hint);
            if (meaning->numbers >> i & 1) {
                snprintf(hint + used, sizeof hint - used, "%s%s%s", used > 6 ? " or " : "",
                         meaning->name, forms[i]);
            }
        }
        return weft_meaning_fail(space, g, error, hint, "has numbers that '%s' does not take",
                                 meaning->name);
    }
    if ((numbers >= 1 && role->number < 1) || (numbers == 2 && role->second < 1)) {
        return weft_meaning_fail(space, g, error, "stages, blocks and layers count from 1",
                                 "has the number 0");
    }
    return check_values(space, g, meaning, error);
}

weft_status weft_meaning_bind(weft_space *space, const weft_meaning *meanings, int n,
                              weft_error *error) {
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            WEFT_TRY(bind_gene(space, g, meanings, n, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_meaning_check_region(const weft_space *space, int g, weft_error *error) {
    double most = weft_meaning_value(space, g, weft_meaning_n_values(space, g) - 1);
    if (most < space->n_regions) {
        return WEFT_OK;
    }
    return weft_meaning_fail(space, g, error, "regions count from 0, up to the last one set",
                             "reaches region %g; the genes of the chip set %d region%s", most,
                             space->n_regions, space->n_regions == 1 ? "" : "s");
}

char *weft_meaning_describe(const weft_space *space, const double *genome, char *buffer,
                            size_t size) {
    for (int g = 0; g < space->n_genes; g++) {
        size_t used = size > 0 ? strlen(buffer) : 0;
        if (space->roles[g].meaning == WEFT_MEANING_KNOB || isnan(genome[g]) || used >= size) {
            continue;
        }
        char value[64];
        snprintf(buffer + used, size - used, "%s%s=%s", used > 0 ? " " : "", space->genes[g].name,
                 weft_space_value_text(space, g, genome[g], value, sizeof value));
    }
    return buffer;
}
