/* SPDX-License-Identifier: Apache-2.0
 *
 * A checker of colours for the tests: a viewer that knows neither variables nor media queries must
 * still see each shape of an SVG file in a colour that the file writes out. */
#ifndef WEFT_TESTS_REPORT_PAINTED_H
#define WEFT_TESTS_REPORT_PAINTED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rules of <style> outside of "@media ...{...}"; the caller frees it. */
static inline char *painted_rules(const char *svg) {
    const char *from = strstr(svg, "<style>"), *to = strstr(svg, "</style>");
    size_t room = from != NULL && to != NULL ? (size_t)(to - from) : 0, used = 0;
    char *rules = calloc(room + 1, 1);
    for (const char *at = room > 0 ? from + strlen("<style>") : ""; room > 0 && at < to; at++) {
        if (strncmp(at, "@media", 6) == 0) {
            int depth = 0;
            for (at += strcspn(at, "{"); at < to; at++) {
                depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
                if (depth == 0) {
                    break;
                }
            }
        } else {
            rules[used++] = *at;
        }
    }
    return rules;
}

/* Whether the rules paint a class: ".wf .CLASS{fill:#" or stroke. */
static inline bool painted_class(const char *rules, const char *name, size_t length) {
    static const char *const properties[] = {"fill:#", "stroke:#"};
    for (int i = 0; i < 2; i++) {
        char rule[80];
        snprintf(rule, sizeof rule, ".wf .%.*s{%s", (int)length, name, properties[i]);
        if (strstr(rules, rule) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whether a tag ("rect class=..." up to its >) has a colour: an attribute, or a class of the rules. */
static inline bool painted_tag(const char *rules, const char *tag, size_t length) {
    char text[512];
    snprintf(text, sizeof text, "%.*s", (int)length, tag);
    if (strstr(text, " fill=\"") != NULL || strstr(text, " stroke=\"") != NULL) {
        return true;
    }
    const char *names = strstr(text, " class=\"");
    for (names += names != NULL ? strlen(" class=\"") : 0; names != NULL && *names != '"';) {
        size_t n = strcspn(names, " \"");
        if (painted_class(rules, names, n)) {
            return true;
        }
        names += n + (names[n] == ' ');
    }
    return false;
}

/* "" or what is wrong with the colours of an SVG file. */
static inline const char *painted_check(const char *svg) {
    static const char *const shapes[] = {"rect ",     "circle ",  "ellipse ", "line ",
                                         "polyline ", "polygon ", "path "};
    static char fault[160];
    char *rules = painted_rules(svg);
    fault[0] = '\0';
    if (strstr(svg, "var(") != NULL) {
        snprintf(fault, sizeof fault, "a variable at: %.80s", strstr(svg, "var("));
    }
    if (strstr(svg, "class=\"wf\"") != NULL && strstr(rules, ".wf text{fill:#") == NULL) {
        snprintf(fault, sizeof fault, "text without a colour");
    }
    for (const char *at = svg; (at = strchr(at, '<')) != NULL && fault[0] == '\0'; at++) {
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            if (strncmp(at + 1, shapes[i], strlen(shapes[i])) == 0 &&
                !painted_tag(rules, at, strcspn(at, ">"))) {
                snprintf(fault, sizeof fault, "a shape without a colour: %.100s", at);
            }
        }
    }
    free(rules);
    return fault;
}

#endif
