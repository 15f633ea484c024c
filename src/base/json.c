/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct weft_json {
    char *text;
    size_t used, size;
    int depth;
    bool pretty;
    bool first;     /* nothing in the innermost object or array so far */
    bool after_key; /* the next value belongs to the key just written */
    bool failed;
};

weft_json *weft_json_create(bool pretty) {
    weft_json *json = calloc(1, sizeof *json);
    if (json != NULL) {
        json->pretty = pretty;
        json->first = true;
    }
    return json;
}

void weft_json_destroy(weft_json *json) {
    if (json != NULL) {
        free(json->text);
        free(json);
    }
}

static void put(weft_json *json, const char *bytes, size_t n) {
    if (json->failed) {
        return;
    }
    if (json->size - json->used <= n) {
        size_t size = 2 * json->size + n + 256;
        char *grown = realloc(json->text, size);
        if (grown == NULL) {
            json->failed = true;
            return;
        }
        json->text = grown;
        json->size = size;
    }
    memcpy(json->text + json->used, bytes, n);
    json->used += n;
    json->text[json->used] = '\0';
}

static void new_line(weft_json *json) {
    if (json->pretty) {
        put(json, "\n", 1);
        for (int i = 0; i < json->depth; i++) {
            put(json, "  ", 2);
        }
    }
}

/* What stands before a value or a key: a comma, a new line, or nothing after a key. */
static void begin_item(weft_json *json) {
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (!json->first) {
        put(json, ",", 1);
    }
    if (json->depth > 0) {
        new_line(json);
    }
    json->first = false;
}

static void open_level(weft_json *json, const char *bracket) {
    begin_item(json);
    put(json, bracket, 1);
    json->depth++;
    json->first = true;
}

static void close_level(weft_json *json, const char *bracket) {
    json->depth--;
    if (!json->first) {
        new_line(json);
    }
    put(json, bracket, 1);
    json->first = false;
}

/* Quotes a text (RFC 8259, section 7). */
static void put_quoted(weft_json *json, const char *text) {
    put(json, "\"", 1);
    size_t left = strlen(text);
    while (left > 0) {
        unsigned char c = (unsigned char)*text;
        size_t length = weft_utf8_length(text, left);
        char escape[8];
        if (length == 0) {
            put(json, "\xEF\xBF\xBD", 3); /* U+FFFD */
            length = 1;
        } else if (c == '"' || c == '\\') {
            snprintf(escape, sizeof escape, "\\%c", c);
            put(json, escape, 2);
        } else if (c == '\n') {
            put(json, "\\n", 2);
        } else if (c < 0x20 || c == 0x7F) {
            snprintf(escape, sizeof escape, "\\u%04x", c);
            put(json, escape, 6);
        } else {
            put(json, text, length);
        }
        text += length;
        left -= length;
    }
    put(json, "\"", 1);
}

/* ==== public ================================================================================== */

void weft_json_object_begin(weft_json *json) {
    open_level(json, "{");
}

void weft_json_object_end(weft_json *json) {
    close_level(json, "}");
}

void weft_json_array_begin(weft_json *json) {
    open_level(json, "[");
}

void weft_json_array_end(weft_json *json) {
    close_level(json, "]");
}

void weft_json_key(weft_json *json, const char *key) {
    begin_item(json);
    put_quoted(json, key);
    put(json, ": ", json->pretty ? 2 : 1);
    json->after_key = true;
}

void weft_json_text(weft_json *json, const char *text) {
    if (text == NULL) {
        weft_json_null(json);
        return;
    }
    begin_item(json);
    put_quoted(json, text);
}

void weft_json_real(weft_json *json, double value) {
    if (!isfinite(value)) {
        weft_json_null(json);
        return;
    }
    char buffer[40];
    begin_item(json);
    weft_real_text(value, buffer, sizeof buffer - 2);
    /* "-0" would be read back as the integer 0, without its sign. */
    if (strcmp(buffer, "-0") == 0) {
        memcpy(buffer, "-0.0", 5);
    }
    put(json, buffer, strlen(buffer));
}

void weft_json_integer(weft_json *json, int64_t value) {
    char buffer[24];
    begin_item(json);
    int length = snprintf(buffer, sizeof buffer, "%lld", (long long)value);
    put(json, buffer, (size_t)length);
}

void weft_json_bool(weft_json *json, bool value) {
    begin_item(json);
    put(json, value ? "true" : "false", value ? 4 : 5);
}

void weft_json_null(weft_json *json) {
    begin_item(json);
    put(json, "null", 4);
}

void weft_json_member_text(weft_json *json, const char *key, const char *text) {
    weft_json_key(json, key);
    weft_json_text(json, text);
}

void weft_json_member_real(weft_json *json, const char *key, double value) {
    weft_json_key(json, key);
    weft_json_real(json, value);
}

void weft_json_member_integer(weft_json *json, const char *key, int64_t value) {
    weft_json_key(json, key);
    weft_json_integer(json, value);
}

void weft_json_member_bool(weft_json *json, const char *key, bool value) {
    weft_json_key(json, key);
    weft_json_bool(json, value);
}

const char *weft_json_get(const weft_json *json, size_t *length) {
    if (json->failed) {
        return NULL;
    }
    if (length != NULL) {
        *length = json->used;
    }
    return json->text != NULL ? json->text : "";
}
