/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/pattern.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads the digits of a star; a number of more than 9 digits is none. */
static bool read_number(const char **name, int64_t *number) {
    enum { MOST_DIGITS = 9 };
    const char *at = *name;
    *number = 0;
    while (is_digit(*at) && at - *name < MOST_DIGITS) {
        *number = 10 * *number + (*at++ - '0');
    }
    bool some = at > *name && !is_digit(*at);
    *name = at;
    return some;
}

bool weft_pattern_match(const char *pattern, const char *name, weft_pattern_place *place) {
    int stars = 0;
    *place = (weft_pattern_place){0};
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*') {
            if (stars == WEFT_PATTERN_MAX_STARS || !read_number(&name, &place->number[stars++])) {
                return false;
            }
        } else if (*pattern != *name++) {
            return false;
        }
    }
    return *name == '\0';
}

static bool before(const weft_pattern_place *a, const weft_pattern_place *b) {
    for (int i = 0; i < WEFT_PATTERN_MAX_STARS; i++) {
        if (a->number[i] != b->number[i]) {
            return a->number[i] < b->number[i];
        }
    }
    return false;
}

static int collect(const char *pattern, const weft_design_genes *genes, int *found,
                   weft_pattern_place *places) {
    int n = 0;
    for (int g = 0; g < genes->n; g++) {
        weft_pattern_place place;
        if (!weft_pattern_match(pattern, genes->genes[g].name, &place) ||
            n++ >= WEFT_GENE_NAMES_FOUND) {
            continue;
        }
        int at = n - 1;
        for (; at > 0 && before(&place, &places[at - 1]); at--) {
            found[at] = found[at - 1];
            places[at] = places[at - 1];
        }
        found[at] = g;
        places[at] = place;
    }
    return n;
}

int weft_gene_names_find(const weft_gene_names *names, const weft_design_genes *genes, int *found,
                         weft_pattern_place *places) {
    for (int p = 0; p < names->n; p++) {
        int n = collect(names->pattern[p], genes, found, places);
        if (n > 0) {
            return n;
        }
    }
    return 0;
}

char *weft_gene_names_text(const weft_gene_names *names, char *buffer, size_t size) {
    size_t used = 0;
    buffer[0] = '\0';
    for (int i = 0; i < names->n && used + 1 < size; i++) {
        int written = snprintf(buffer + used, size - used, "%s\"%s\"", i > 0 ? " or " : "",
                               names->pattern[i]);
        used += written > 0 ? (size_t)written : 0;
    }
    return buffer;
}

bool weft_pattern_any(const char *patterns, const char *name) {
    static const char blanks[] = " \t\n,";
    const char *at = patterns == NULL ? "" : patterns;
    while (*at != '\0') {
        char word[128];
        at += strspn(at, blanks);
        size_t length = strcspn(at, blanks);
        int written = snprintf(word, sizeof word, "%.*s", (int)length, at);
        if (length > 0 && written < (int)sizeof word && fnmatch(word, name, 0) == 0) {
            return true;
        }
        at += length;
    }
    return false;
}

void weft_pattern_allow(const char *patterns, const weft_design_genes *genes, weft_gene_use *uses) {
    for (int g = 0; g < genes->n; g++) {
        if (uses[g] == WEFT_GENE_UNKNOWN && weft_pattern_any(patterns, genes->genes[g].name)) {
            uses[g] = WEFT_GENE_ALLOWED;
        }
    }
}
