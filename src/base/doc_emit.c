/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree back to YAML text in one canonical form: block style, two blanks a level, texts quoted
 * where they were quoted, aliases written out. Reading it gives an equal tree. */
#include "base/doc_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_indent(FILE *out, int level) {
    for (int i = 0; i < level; i++) {
        fputs("  ", out);
    }
}

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What was plain must stay plain where it can be a number or true, for quotes would make a text of
 * it. Any other text may be quoted, and is unless it has no character that YAML could take for
 * something else. */
static bool stays_plain(const weft_node *node) {
    const char *text = node->text;
    return node->plain && strlen(text) < 1000 && is_word(text[strspn(text, "+-.")]) &&
           (is_word(text[0]) || strspn(text, "+-.") <= 2) &&
           text[strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             " ._/+-^()*=<>%")] == '\0';
}

void weft_text_emit(const char *text, FILE *out) {
    fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c == '\n') {
            fputs("\\n", out);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(out, "\\x%02X", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void put_scalar(FILE *out, const weft_node *node) {
    if (weft_node_is_null(node)) {
        fputs("null", out);
    } else if (stays_plain(node)) {
        fputs(node->text, out);
    } else {
        weft_text_emit(node->text, out);
    }
}

/* Depth is at most WEFT_DOC_MAX_DEPTH, so recursion is safe. Written after "key:" or "-". */
static void put_node(FILE *out, const weft_node *node, int level) {
    if (node->kind == WEFT_NODE_SCALAR) {
        fputs(level > 0 ? " " : "", out);
        put_scalar(out, node);
        fputs("\n", out);
        return;
    }
    if (node->n == 0) {
        fputs(level > 0 ? " " : "", out);
        fputs(node->kind == WEFT_NODE_SEQUENCE ? "[]\n" : "{}\n", out);
        return;
    }
    fputs(level > 0 ? "\n" : "", out);
    for (int i = 0; i < node->n; i++) {
        put_indent(out, level);
        if (node->kind == WEFT_NODE_SEQUENCE) {
            fputs("-", out);
            put_node(out, node->items[i], level + 1);
        } else {
            const weft_node *key = node->items[2 * i];
            bool long_key = strlen(key->text) >= 1000; /* YAML 1.2, 7.4: 1024 characters at most */
            fputs(long_key ? "? " : "", out);
            put_scalar(out, key);
            if (long_key) {
                fputs("\n", out);
                put_indent(out, level);
            }
            fputs(":", out);
            put_node(out, node->items[2 * i + 1], level + 1);
        }
    }
}

weft_status weft_node_emit(const weft_doc *doc, const weft_node *node, char **text,
                           weft_error *error) {
    (void)doc;
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    if (out == NULL) {
        return weft_fail_memory(error, 1);
    }
    put_node(out, node, 0);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(made);
        return weft_fail_memory(error, size);
    }
    *text = made;
    return WEFT_OK;
}
