/* SPDX-License-Identifier: Apache-2.0
 *
 * A strict checker of markup for the tests: tags balance, attributes are quoted and not repeated,
 * every & begins one of the escapes that the writer knows, ids are unique, what aria-labelledby
 * names is there. Stricter than HTML: void elements must close themselves. */
#ifndef WEFT_TESTS_REPORT_WELLFORMED_H
#define WEFT_TESTS_REPORT_WELLFORMED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WELLFORMED_DEPTH = 64, WELLFORMED_IDS = 256, WELLFORMED_NAME = 48 };

typedef struct wellformed {
    const char *at;
    char open[WELLFORMED_DEPTH][WELLFORMED_NAME];
    int depth;
    char ids[WELLFORMED_IDS][WELLFORMED_NAME];
    int n_ids;
    int elements;
    char fault[200]; /* "" while all is well */
} wellformed;

static inline bool wellformed_fail(wellformed *check, const char *what) {
    if (check->fault[0] == '\0') {
        snprintf(check->fault, sizeof check->fault, "%s at: %.80s", what, check->at);
    }
    return false;
}

static inline bool wellformed_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-_:", c) != NULL;
}

static inline bool wellformed_name(wellformed *check, char *name) {
    size_t n = 0;
    while (*check->at != '\0' && wellformed_name_char(*check->at)) {
        if (n + 1 == WELLFORMED_NAME) {
            return wellformed_fail(check, "name too long");
        }
        name[n++] = *check->at++;
    }
    name[n] = '\0';
    return n > 0 || wellformed_fail(check, "a name is missing");
}

static inline bool wellformed_escape(wellformed *check) {
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (int i = 0; i < 5; i++) {
        if (strncmp(check->at, known[i], strlen(known[i])) == 0) {
            check->at += strlen(known[i]);
            return true;
        }
    }
    return wellformed_fail(check, "an unknown escape");
}

static inline bool wellformed_value(wellformed *check, char *value) {
    size_t n = 0;
    if (*check->at != '"') {
        return wellformed_fail(check, "an attribute without quotes");
    }
    check->at++;
    while (*check->at != '"') {
        if (*check->at == '\0' || *check->at == '<') {
            return wellformed_fail(check, "an attribute that does not end");
        }
        if (*check->at == '&') {
            if (!wellformed_escape(check)) {
                return false;
            }
            continue;
        }
        if (n + 1 < WELLFORMED_NAME) {
            value[n++] = *check->at;
        }
        check->at++;
    }
    value[n] = '\0';
    check->at++;
    return true;
}

static inline bool wellformed_id(wellformed *check, const char *id) {
    for (int i = 0; i < check->n_ids; i++) {
        if (strcmp(check->ids[i], id) == 0) {
            return wellformed_fail(check, "an id twice");
        }
    }
    if (check->n_ids == WELLFORMED_IDS) {
        return wellformed_fail(check, "too many ids");
    }
    snprintf(check->ids[check->n_ids++], WELLFORMED_NAME, "%s", id);
    return true;
}

/* Attributes up to the end of the tag; *closed: it closes itself. */
static inline bool wellformed_attributes(wellformed *check, bool *closed) {
    char names[16][WELLFORMED_NAME], value[WELLFORMED_NAME];
    for (int n = 0;; n++) {
        size_t blanks = strspn(check->at, " \n\t");
        check->at += blanks;
        *closed = check->at[0] == '/' && check->at[1] == '>';
        if (*closed || *check->at == '>') {
            check->at += *closed ? 2 : 1;
            return true;
        }
        if (blanks == 0 || n == 16) {
            return wellformed_fail(check, "attributes without a blank between them, or too many");
        }
        if (!wellformed_name(check, names[n])) {
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (strcmp(names[i], names[n]) == 0) {
                return wellformed_fail(check, "an attribute twice");
            }
        }
        if (*check->at++ != '=' || !wellformed_value(check, value)) {
            return wellformed_fail(check, "an attribute without a value");
        }
        if (strcmp(names[n], "id") == 0 && !wellformed_id(check, value)) {
            return false;
        }
    }
}

static inline bool wellformed_open(wellformed *check) {
    bool closed;
    char name[WELLFORMED_NAME];
    if (!wellformed_name(check, name) || !wellformed_attributes(check, &closed)) {
        return false;
    }
    check->elements++;
    if (closed) {
        return true;
    }
    if (check->depth == WELLFORMED_DEPTH) {
        return wellformed_fail(check, "nested too deep");
    }
    snprintf(check->open[check->depth++], WELLFORMED_NAME, "%s", name);
    if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0) {
        check->at = strstr(check->at, "</"); /* what is in them is not markup */
        if (check->at == NULL) {
            check->at = "";
            return wellformed_fail(check, "script or style that does not end");
        }
    }
    return true;
}

static inline bool wellformed_close(wellformed *check) {
    char name[WELLFORMED_NAME];
    if (!wellformed_name(check, name)) {
        return false;
    }
    if (check->depth == 0 || strcmp(check->open[check->depth - 1], name) != 0) {
        return wellformed_fail(check, "a closing tag of another element");
    }
    check->depth--;
    return *check->at++ == '>' || wellformed_fail(check, "a closing tag that does not end");
}

/* "" or what is wrong. The answer is in *check. */
static inline const char *wellformed_check(wellformed *check, const char *text) {
    memset(check, 0, sizeof *check);
    check->at = text;
    if (strncmp(check->at, "<!DOCTYPE html>", 15) == 0) {
        check->at += 15;
    }
    bool good = true;
    while (good && *check->at != '\0') {
        if (check->at[0] == '<' && check->at[1] == '/') {
            check->at += 2;
            good = wellformed_close(check);
        } else if (*check->at == '<') {
            check->at++;
            good = wellformed_open(check);
        } else if (*check->at == '&') {
            good = wellformed_escape(check);
        } else if (*check->at == '>') {
            good = wellformed_fail(check, "a > that is not escaped");
        } else {
            check->at++;
        }
    }
    if (good && check->depth > 0) {
        wellformed_fail(check, check->open[check->depth - 1]);
    }
    for (const char *p = text; good && (p = strstr(p, "aria-labelledby=\"")) != NULL;) {
        p += strlen("aria-labelledby=\"");
        while (*p != '"') {
            char id[WELLFORMED_NAME];
            size_t n = strcspn(p, " \"");
            snprintf(id, sizeof id, "%.*s", (int)n, p);
            bool known = false;
            for (int i = 0; i < check->n_ids; i++) {
                known = known || strcmp(check->ids[i], id) == 0;
            }
            if (!known) {
                wellformed_fail(check, "aria-labelledby of nothing");
            }
            p += n;
            p += strspn(p, " ");
        }
    }
    return check->fault;
}

static inline int count_text(const char *text, const char *what) {
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what)) {
        n++;
    }
    return n;
}

#endif
