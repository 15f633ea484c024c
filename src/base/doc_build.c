/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML text to a tree: libfyaml tells the events, we keep what errors need (places) and refuse what
 * configuration files never need: tags, several documents, keys that are not words.
 *
 * An alias shares the node of its anchor, so "billion laughs" cost no memory; their written-out
 * size (`weight`) is limited, so that no reader of the tree can be made to walk for ever. An anchor
 * is known only once its node is complete, so a node cannot hold itself. */
#include "base/doc_tree.h"

#include "base/utf8.h"

#include <libfyaml.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A collection whose end has not been seen. */
typedef struct frame {
    weft_node *node;
    weft_node **items;
    size_t n, capacity;
    char *anchor;
} frame;

typedef struct anchor {
    const char *name;
    weft_node *node;
} anchor;

typedef struct builder {
    weft_doc *doc;
    struct fy_diag *diag;
    struct fy_parser *parser;
    frame stack[WEFT_DOC_MAX_DEPTH];
    int depth;
    int documents;
    anchor *anchors;
    size_t n_anchors, anchor_capacity;
    size_t position; /* where the last event ended */
    char *scratch;   /* a text while its pieces come in */
    size_t scratch_used, scratch_size;
    weft_error *error;
} builder;

/* ---- errors ---------------------------------------------------------------------------------- */

static weft_status fail_at(builder *b, size_t start, size_t end, const char *message) {
    weft_fail(b->error, WEFT_ERROR_INPUT, "%s", message);
    weft_doc_place(b->doc, start, end, b->error);
    return WEFT_ERROR_INPUT;
}

static weft_status fail_memory(builder *b, size_t size) {
    return weft_fail_memory(b->error, size);
}

/* The byte at which a line (from 1) and a column (from 1, in characters) lie. */
static size_t offset_of(const weft_doc *doc, int line, int column) {
    const char *at = doc->source;
    for (int i = 1; i < line; i++) {
        const char *newline = strchr(at, '\n');
        if (newline == NULL) {
            break;
        }
        at = newline + 1;
    }
    for (int i = 1; i < column && *at != '\0' && *at != '\n'; i++) {
        at++;
        while (((unsigned char)*at & 0xC0) == 0x80) {
            at++;
        }
    }
    return (size_t)(at - doc->source);
}

/* libfyaml's first diagnostic becomes the error. */
static weft_status fail_syntax(builder *b) {
    void *iterator = NULL;
    const struct fy_diag_error *found = fy_diag_errors_iterate(b->diag, &iterator);
    if (found == NULL) {
        return fail_at(b, b->position, b->position, "this is not valid YAML");
    }
    weft_fail(b->error, WEFT_ERROR_INPUT, "YAML syntax: %s", found->msg);
    size_t start = offset_of(b->doc, found->line, found->column);
    size_t end = start;
    const struct fy_mark *mark = found->fyt != NULL ? fy_token_end_mark(found->fyt) : NULL;
    if (mark != NULL && mark->input_pos <= b->doc->length) {
        end = mark->input_pos;
    }
    weft_doc_place(b->doc, start, end, b->error);
    if (strstr(found->msg, "tab char") != NULL) {
        weft_hint(b->error, "indent with spaces");
    }
    return WEFT_ERROR_INPUT;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void mark_place(builder *b, struct fy_event *event, size_t *start, size_t *end) {
    const struct fy_mark *first = fy_event_start_mark(event);
    const struct fy_mark *last = fy_event_end_mark(event);
    *start = first != NULL ? first->input_pos : b->position;
    *end = last != NULL ? last->input_pos : *start;
    /* A quoted text is marked within its quotes. */
    const char *source = b->doc->source;
    if (event->type == FYET_SCALAR && first != NULL && *start > 0) {
        char quote = source[*start - 1];
        enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
        if ((style == FYSS_SINGLE_QUOTED && quote == '\'') ||
            (style == FYSS_DOUBLE_QUOTED && quote == '"')) {
            (*start)--;
            *end += *end < b->doc->length;
        }
    }
    b->position = *end > b->position ? *end : b->position;
}

static char *copy_text(builder *b, const char *text, size_t length) {
    char *copy = weft_doc_take(b->doc, length + 1);
    if (copy != NULL) {
        if (length > 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
    }
    return copy;
}

/* Adds n bytes to the scratch text. */
static bool append_scratch(builder *b, const char *bytes, size_t n) {
    if (b->scratch_size - b->scratch_used < n) {
        size_t size = 2 * b->scratch_size + n + 64;
        char *grown = realloc(b->scratch, size);
        if (grown == NULL) {
            return false;
        }
        b->scratch = grown;
        b->scratch_size = size;
    }
    memcpy(b->scratch + b->scratch_used, bytes, n);
    b->scratch_used += n;
    return true;
}

/* The text of a scalar, piece by piece: fy_token_get_text of libfyaml 0.7 loses its list of pieces,
 * and fy_token_get_text_length its count, when a text has many escapes. An empty value has no
 * token. */
static weft_status take_text(builder *b, struct fy_token *token, const char **text,
                             size_t *length) {
    struct fy_token_iter *pieces = token != NULL ? fy_token_iter_create(token) : NULL;
    if (token != NULL && pieces == NULL) {
        return fail_memory(b, 1);
    }
    b->scratch_used = 0;
    bool fits = true;
    int fault = 0;
    const struct fy_iter_chunk *piece = NULL;
    while (pieces != NULL && fits &&
           (piece = fy_token_iter_chunk_next(pieces, piece, &fault)) != NULL) {
        fits = append_scratch(b, piece->str, piece->len);
    }
    fy_token_iter_destroy(pieces);
    *length = b->scratch_used;
    if (b->scratch_used == 0) { /* libfyaml calls an empty block of text a fault */
        fault = 0;
    }
    *text = fits && fault == 0 ? copy_text(b, b->scratch, b->scratch_used) : NULL;
    return *text != NULL ? WEFT_OK : fail_memory(b, b->scratch_used + 1);
}

static weft_status make_node(builder *b, weft_node_kind kind, struct fy_event *event,
                             weft_node **node) {
    weft_node *made = weft_doc_take(b->doc, sizeof *made);
    if (made == NULL) {
        return fail_memory(b, sizeof *made);
    }
    *made = (weft_node){.kind = kind, .height = 1, .weight = 1};
    mark_place(b, event, &made->start, &made->end);
    *node = made;
    return WEFT_OK;
}

static weft_status refuse_tag(builder *b, struct fy_token *tag, const weft_node *node) {
    if (tag == NULL) {
        return WEFT_OK;
    }
    const struct fy_mark *first = fy_token_start_mark(tag);
    const struct fy_mark *last = fy_token_end_mark(tag);
    bool placed = first != NULL && last != NULL;
    return fail_at(b, placed ? first->input_pos : node->start, placed ? last->input_pos : node->end,
                   "YAML tags (!...) have no meaning here");
}

static weft_status define_anchor(builder *b, const char *name, weft_node *node) {
    if (b->n_anchors == b->anchor_capacity) {
        size_t capacity = b->anchor_capacity == 0 ? 16 : 2 * b->anchor_capacity;
        anchor *grown = realloc(b->anchors, capacity * sizeof *grown);
        if (grown == NULL) {
            return fail_memory(b, capacity * sizeof *grown);
        }
        b->anchors = grown;
        b->anchor_capacity = capacity;
    }
    if (b->n_anchors == 4096) {
        return fail_at(b, node->start, node->end, "more than 4096 anchors");
    }
    b->anchors[b->n_anchors++] = (anchor){name, node};
    return WEFT_OK;
}

/* Puts a complete node into the collection around it, or makes it the root. */
static weft_status attach(builder *b, weft_node *node) {
    if (b->depth == 0) {
        b->doc->root = node;
        return WEFT_OK;
    }
    frame *top = &b->stack[b->depth - 1];
    bool is_key = top->node->kind == WEFT_NODE_MAPPING && top->n % 2 == 0;
    if (is_key && (node->kind != WEFT_NODE_SCALAR || node->text[0] == '\0')) {
        return fail_at(b, node->start, node->end, "expected a word as key");
    }
    if (top->n == top->capacity) {
        size_t capacity = top->capacity == 0 ? 16 : 2 * top->capacity;
        weft_node **grown = realloc(top->items, capacity * sizeof(weft_node *));
        if (grown == NULL) {
            return fail_memory(b, capacity * sizeof(weft_node *));
        }
        top->items = grown;
        top->capacity = capacity;
    }
    top->items[top->n++] = node;
    top->node->weight += node->weight;
    if (node->height + 1 > top->node->height) {
        top->node->height = node->height + 1;
    }
    if (top->node->weight > WEFT_DOC_MAX_WEIGHT) {
        return fail_at(b, node->start, node->end, "aliases make this document too large");
    }
    if (b->depth + node->height > WEFT_DOC_MAX_DEPTH) {
        return fail_at(b, node->start, node->end, "nested more than 64 levels deep");
    }
    return WEFT_OK;
}

/* ---- events ---------------------------------------------------------------------------------- */

static weft_status on_scalar(builder *b, struct fy_event *event) {
    weft_node *node = NULL;
    WEFT_TRY(make_node(b, WEFT_NODE_SCALAR, event, &node));
    WEFT_TRY(refuse_tag(b, event->scalar.tag, node));
    size_t length = 0;
    WEFT_TRY(take_text(b, event->scalar.value, &node->text, &length));
    if (memchr(node->text, '\0', length) != NULL) {
        return fail_at(b, node->start, node->end, "text with a zero byte");
    }
    node->plain = event->scalar.value == NULL ||
                  fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    if (event->scalar.anchor != NULL) {
        const char *name = fy_token_get_text(event->scalar.anchor, &length);
        const char *copy = name != NULL ? copy_text(b, name, length) : NULL;
        if (copy == NULL) {
            return fail_memory(b, length + 1);
        }
        WEFT_TRY(define_anchor(b, copy, node));
    }
    return attach(b, node);
}

static weft_status on_begin(builder *b, struct fy_event *event, weft_node_kind kind,
                            struct fy_token *tag, struct fy_token *anchor_token) {
    weft_node *node = NULL;
    WEFT_TRY(make_node(b, kind, event, &node));
    WEFT_TRY(refuse_tag(b, tag, node));
    if (b->depth == WEFT_DOC_MAX_DEPTH) {
        return fail_at(b, node->start, node->end, "nested more than 64 levels deep");
    }
    char *name = NULL;
    if (anchor_token != NULL) {
        size_t length = 0;
        const char *text = fy_token_get_text(anchor_token, &length);
        name = text != NULL ? copy_text(b, text, length) : NULL;
        if (name == NULL) {
            return fail_memory(b, length + 1);
        }
    }
    b->stack[b->depth++] = (frame){.node = node, .anchor = name};
    return WEFT_OK;
}

static int compare_keys(const void *a, const void *b) {
    const weft_node *const *left = a;
    const weft_node *const *right = b;
    int order = strcmp((*left)->text, (*right)->text);
    if (order != 0) {
        return order;
    }
    return ((*left)->start > (*right)->start) - ((*left)->start < (*right)->start);
}

static weft_status refuse_duplicates(builder *b, const weft_node *map) {
    size_t n = (size_t)map->n;
    weft_node **keys = malloc((n + 1) * sizeof(weft_node *));
    if (keys == NULL) {
        return fail_memory(b, (n + 1) * sizeof(weft_node *));
    }
    for (size_t i = 0; i < n; i++) {
        keys[i] = map->items[2 * i];
    }
    qsort(keys, n, sizeof(weft_node *), compare_keys);
    const weft_node *first = NULL, *second = NULL;
    for (size_t i = 1; i < n; i++) {
        bool same = strcmp(keys[i - 1]->text, keys[i]->text) == 0;
        if (same && (second == NULL || keys[i]->start < second->start)) {
            first = keys[i - 1];
            second = keys[i];
        }
    }
    free(keys);
    if (second == NULL) {
        return WEFT_OK;
    }
    weft_error place = {0};
    weft_doc_place(b->doc, first->start, first->end, &place);
    char message[160];
    snprintf(message, sizeof message, "key '%.60s' is given twice (first in line %d)", second->text,
             place.line);
    return fail_at(b, second->start, second->end, message);
}

static weft_status on_end(builder *b) {
    frame *top = &b->stack[b->depth - 1];
    weft_node *node = top->node;
    size_t size = top->n * sizeof(weft_node *);
    node->items = weft_doc_take(b->doc, size + 1);
    if (node->items == NULL) {
        return fail_memory(b, size);
    }
    if (size > 0) {
        memcpy(node->items, top->items, size);
    }
    node->n = (int)(node->kind == WEFT_NODE_MAPPING ? top->n / 2 : top->n);
    if (b->position > node->end) {
        node->end = b->position;
    }
    char *name = top->anchor;
    free(top->items);
    b->depth--;
    if (node->kind == WEFT_NODE_MAPPING) {
        WEFT_TRY(refuse_duplicates(b, node));
    }
    if (name != NULL) {
        WEFT_TRY(define_anchor(b, name, node));
    }
    return attach(b, node);
}

static weft_status on_alias(builder *b, struct fy_event *event) {
    size_t start = 0, end = 0, length = 0;
    mark_place(b, event, &start, &end);
    const char *name = fy_token_get_text(event->alias.anchor, &length);
    for (size_t i = b->n_anchors; name != NULL && i-- > 0;) {
        const char *known = b->anchors[i].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return attach(b, b->anchors[i].node);
        }
    }
    return fail_at(b, start, end, "this alias has no anchor (&name) before it");
}

static weft_status on_event(builder *b, struct fy_event *event) {
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++b->documents > 1) {
            size_t start = 0, end = 0;
            mark_place(b, event, &start, &end);
            return fail_at(b, start, end, "a second document starts here; expected only one");
        }
        return WEFT_OK;
    case FYET_SCALAR:
        return on_scalar(b, event);
    case FYET_SEQUENCE_START:
        return on_begin(b, event, WEFT_NODE_SEQUENCE, event->sequence_start.tag,
                        event->sequence_start.anchor);
    case FYET_MAPPING_START:
        return on_begin(b, event, WEFT_NODE_MAPPING, event->mapping_start.tag,
                        event->mapping_start.anchor);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END: {
        size_t start = 0, end = 0;
        mark_place(b, event, &start, &end);
        return on_end(b);
    }
    case FYET_ALIAS:
        return on_alias(b, event);
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return WEFT_OK;
    }
    return WEFT_OK;
}

/* ---- the text -------------------------------------------------------------------------------- */

/* Refuses what is no text before the parser sees it: a database or an image given by mistake. */
static weft_status check_text(builder *b) {
    const unsigned char *text = (const unsigned char *)b->doc->source;
    size_t length = b->doc->length;
    bool blank = true;
    for (size_t i = 0; i < length;) {
        size_t step = weft_utf8_length(b->doc->source + i, length - i);
        bool control = text[i] < 0x20 && text[i] != '\n' && text[i] != '\t' && text[i] != '\r';
        if (step == 0 || control || text[i] == 0x7F) {
            weft_fail(b->error, WEFT_ERROR_INPUT, "byte 0x%02X is not text in UTF-8", text[i]);
            weft_doc_place(b->doc, i, i, b->error);
            weft_hint(b->error, "is this a YAML file?");
            return WEFT_ERROR_INPUT;
        }
        blank = blank && text[i] <= ' ';
        i += step;
    }
    if (blank) {
        weft_fail(b->error, WEFT_ERROR_INPUT, "this file is empty; expected YAML");
        weft_error_file(b->error, b->doc->name);
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status run_parser(builder *b) {
    struct fy_event *event = NULL;
    while ((event = fy_parser_parse(b->parser)) != NULL) {
        weft_status status = on_event(b, event);
        fy_parser_event_free(b->parser, event);
        WEFT_TRY(status);
    }
    if (fy_parser_get_stream_error(b->parser) || fy_diag_got_error(b->diag)) {
        return fail_syntax(b);
    }
    if (b->doc->root == NULL) {
        weft_fail(b->error, WEFT_ERROR_INPUT, "this file holds only comments; expected YAML");
        weft_error_file(b->error, b->doc->name);
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static void ignore_output(struct fy_diag *diag, void *user, const char *text, size_t length) {
    (void)diag;
    (void)user;
    (void)text;
    (void)length;
}

static weft_status open_parser(builder *b) {
    struct fy_diag_cfg diag;
    fy_diag_cfg_default(&diag);
    diag.fp = NULL;
    diag.output_fn = ignore_output;
    diag.level = FYET_ERROR;
    diag.colorize = false;
    b->diag = fy_diag_create(&diag);
    if (b->diag == NULL) {
        return fail_memory(b, sizeof diag);
    }
    fy_diag_set_collect_errors(b->diag, true);
    const struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
        .diag = b->diag,
    };
    b->parser = fy_parser_create(&config);
    if (b->parser == NULL || fy_parser_set_string(b->parser, b->doc->source, b->doc->length) != 0) {
        return fail_memory(b, b->doc->length);
    }
    return WEFT_OK;
}

/* ==== public ================================================================================== */

weft_status weft_doc_build(weft_doc *doc, weft_error *error) {
    builder b = {.doc = doc, .error = error};
    WEFT_TRY(check_text(&b));
    weft_status status = open_parser(&b);
    if (status == WEFT_OK) {
        status = run_parser(&b);
    }
    for (int i = 0; i < b.depth; i++) {
        free(b.stack[i].items);
    }
    free(b.anchors);
    free(b.scratch);
    if (b.parser != NULL) {
        fy_parser_destroy(b.parser);
    }
    if (b.diag != NULL) {
        fy_diag_destroy(b.diag);
    }
    return status;
}
