/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree back to YAML text in one canonical form: block style, two blanks a level, texts quoted
 * where they were quoted, aliases written out. Reading it gives an equal tree. */
#include "base/doc_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct output {
    char *text;
    size_t used, size;
    bool failed;
} output;

static void put_bytes(output *out, const char *bytes, size_t n) {
    if (out->failed) {
        return;
    }
    if (out->size - out->used <= n) {
        size_t size = 2 * out->size + n + 256;
        char *grown = realloc(out->text, size);
        if (grown == NULL) {
            out->failed = true;
            return;
        }
        out->text = grown;
        out->size = size;
    }
    memcpy(out->text + out->used, bytes, n);
    out->used += n;
    out->text[out->used] = '\0';
}

static void put_text(output *out, const char *text) {
    put_bytes(out, text, strlen(text));
}

static void put_indent(output *out, int level) {
    for (int i = 0; i < level; i++) {
        put_text(out, "  ");
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

static void put_scalar(output *out, const weft_node *node) {
    if (weft_node_is_null(node)) {
        put_text(out, "null");
        return;
    }
    if (stays_plain(node)) {
        put_text(out, node->text);
        return;
    }
    put_text(out, "\"");
    for (const char *at = node->text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        char escape[8];
        if (c == '"' || c == '\\') {
            snprintf(escape, sizeof escape, "\\%c", c);
            put_text(out, escape);
        } else if (c == '\n') {
            put_text(out, "\\n");
        } else if (c < 0x20 || c == 0x7F) {
            snprintf(escape, sizeof escape, "\\x%02X", c);
            put_text(out, escape);
        } else {
            put_bytes(out, at, 1);
        }
    }
    put_text(out, "\"");
}

/* Depth is at most WEFT_DOC_MAX_DEPTH, so recursion is safe. Written after "key:" or "-". */
static void put_node(output *out, const weft_node *node, int level) {
    if (node->kind == WEFT_NODE_SCALAR) {
        put_text(out, level > 0 ? " " : "");
        put_scalar(out, node);
        put_text(out, "\n");
        return;
    }
    if (node->n == 0) {
        put_text(out, level > 0 ? " " : "");
        put_text(out, node->kind == WEFT_NODE_SEQUENCE ? "[]\n" : "{}\n");
        return;
    }
    put_text(out, level > 0 ? "\n" : "");
    for (int i = 0; i < node->n; i++) {
        put_indent(out, level);
        if (node->kind == WEFT_NODE_SEQUENCE) {
            put_text(out, "-");
            put_node(out, node->items[i], level + 1);
        } else {
            const weft_node *key = node->items[2 * i];
            bool long_key = strlen(key->text) >= 1000; /* YAML 1.2, 7.4: 1024 characters at most */
            put_text(out, long_key ? "? " : "");
            put_scalar(out, key);
            if (long_key) {
                put_text(out, "\n");
                put_indent(out, level);
            }
            put_text(out, ":");
            put_node(out, node->items[2 * i + 1], level + 1);
        }
    }
}

weft_status weft_node_emit(const weft_doc *doc, const weft_node *node, char **text,
                           weft_error *error) {
    (void)doc;
    output out = {0};
    put_node(&out, node, 0);
    if (out.failed) {
        free(out.text);
        return weft_fail_memory(error, out.size);
    }
    *text = out.text;
    return WEFT_OK;
}
