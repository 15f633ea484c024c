/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/hierarchy_chip.h"

#include "base/number.h"
#include "base/share.h"
#include "hardware/hierarchy_read.h"
#include "hardware/hierarchy_turn.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BASES = 8 };

const weft_hierarchy *weft_hierarchy_keep(weft_hierarchy *h) {
    atomic_fetch_add_explicit(&h->owners, 1, memory_order_relaxed);
    return h;
}

void weft_hierarchy_destroy(weft_hierarchy *h) {
    if (h != NULL && atomic_fetch_sub_explicit(&h->owners, 1, memory_order_acq_rel) == 1) {
        weft_variables_destroy(h);
        free(h);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

bool weft_hierarchy_is_text(const weft_map *root) {
    for (int i = 0; i < weft_mapping_length(root->node); i++) {
        weft_error ignored;
        const char *key = NULL;
        const char *text = NULL;
        const weft_node *value = NULL;
        if (weft_mapping_at(root->doc, root->node, i, &key, &value, &ignored) == WEFT_OK &&
            strcmp(key, "weft") == 0 &&
            weft_node_text(root->doc, value, &text, &ignored) == WEFT_OK) {
            return strcmp(text, "chip/2") == 0;
        }
    }
    return false;
}

/* Nodes are gone once their document is; the places of those of the chip's own file stay. */
static void forget_nodes(weft_hierarchy *h, bool own) {
    for (int i = 0; i < h->n_variables; i++) {
        weft_variable *v = &h->variables[i];
        if (own && v->node != NULL && strcmp(v->value.source, WEFT_SET_BY_USER) != 0) {
            weft_error at;
            weft_node_fail(v->doc, v->node, &at, WEFT_ERROR_INPUT, "%s", v->name);
            v->line = at.line;
            v->column = at.column;
            v->length = at.length;
            snprintf(h->file, sizeof h->file, "%s", at.file);
        }
        v->doc = NULL;
        v->node = NULL;
    }
}

/* The base of a file, which names it at `base`. */
static weft_status parse_base(const weft_map *from, const weft_node *base, const char *path,
                              int bases, weft_chip *chip, weft_error *error) {
    weft_doc *doc = NULL;
    weft_map root;
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = weft_map_begin(doc, weft_doc_root(doc), &root, error);
    if (status == WEFT_OK && !weft_hierarchy_is_text(&root)) {
        status = weft_node_fail(from->doc, base, error, WEFT_ERROR_INPUT,
                                "'base': a chip/2 cannot stand on a chip/1");
        weft_hint(error, "`weft chip list --json` tells the format of each chip");
    } else if (status == WEFT_OK) {
        status = weft_hierarchy_parse(&root, bases, chip, error);
        chip->base_id = weft_hierarchy_id(weft_doc_text(doc), chip->base_id);
    }
    weft_doc_destroy(doc);
    return status;
}

static weft_status read_base(weft_map *root, const char *name, int bases, weft_chip *chip,
                             weft_error *error) {
    char path[4096];
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "base", WEFT_REQUIRED, &node, error));
    if (bases >= MAX_BASES) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                              "'base': a chip may stand on at most %d others", MAX_BASES);
    }
    if (weft_share_find("chips", name, path, sizeof path, error) != WEFT_OK) {
        char message[sizeof error->message];
        char hint[sizeof error->hint];
        memcpy(message, error->message, sizeof message);
        memcpy(hint, error->hint, sizeof hint);
        weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT, "'base': %.400s", message);
        weft_hint(error, "%s", hint);
        return WEFT_ERROR_INPUT;
    }
    return parse_base(root, node, path, bases + 1, chip, error);
}

static weft_status read_settings(weft_map *root, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "settings", WEFT_OPTIONAL, &node, error));
    if (node != NULL && !weft_node_is_mapping(node)) {
        weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                       "'settings': expected a table of paths and values");
        weft_hint(error, "write `settings: {PATH: VALUE}`; `weft chip show` lists the paths");
        return WEFT_ERROR_INPUT;
    }
    for (int i = 0; node != NULL && i < weft_mapping_length(node); i++) {
        const char *path = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(root->doc, node, i, &path, &value, error));
        WEFT_TRY(weft_hierarchy_change(h, root->doc, value, path, error));
    }
    return WEFT_OK;
}

static weft_status read_root(weft_map *root, int bases, weft_chip *chip, weft_error *error) {
    const char *base = NULL;
    const char *version = NULL;
    const char *name = NULL;
    const char *description = "";
    WEFT_TRY(weft_map_text(root, "weft", WEFT_REQUIRED, &version, error));
    WEFT_TRY(weft_map_text(root, "base", WEFT_OPTIONAL, &base, error));
    if (base != NULL) {
        WEFT_TRY(read_base(root, base, bases, chip, error));
    } else {
        chip->hierarchy = calloc(1, sizeof *chip->hierarchy);
        if (chip->hierarchy == NULL) {
            return weft_fail_memory(error, sizeof *chip->hierarchy);
        }
        atomic_init(&chip->hierarchy->owners, 1);
    }
    WEFT_TRY(weft_map_text(root, "name", WEFT_REQUIRED, &name, error));
    WEFT_TRY(weft_map_text(root, "description", WEFT_OPTIONAL, &description, error));
    snprintf(chip->name, sizeof chip->name, "%s", name);
    snprintf(chip->description, sizeof chip->description, "%s", description);
    if (base == NULL) {
        WEFT_TRY(weft_hierarchy_read(root, chip->hierarchy, error));
    }
    WEFT_TRY(read_settings(root, chip->hierarchy, error));
    if (weft_map_end(root, error) != WEFT_OK) {
        if (base != NULL) {
            weft_hint(error, "a file with `base` changes values, by `settings: {PATH: VALUE}`; for "
                             "other levels or parts write out the whole chip");
        }
        return WEFT_ERROR_INPUT;
    }
    return weft_hierarchy_finish(chip->hierarchy, error);
}

weft_status weft_hierarchy_parse(weft_map *root, int bases, weft_chip *chip, weft_error *error) {
    weft_status status = read_root(root, bases, chip, error);
    if (chip->hierarchy != NULL) {
        forget_nodes(chip->hierarchy, bases == 0);
    }
    return status;
}

/* ---- setting --------------------------------------------------------------------------------- */

/* Where the block `settings:` begins and ends in the text, at its end where there is none. */
static void find_settings(const char *text, size_t *begin, size_t *end) {
    const char *at = strncmp(text, "settings:", 9) == 0 ? text : strstr(text, "\nsettings:");
    *begin = *end = strlen(text);
    if (at == NULL) {
        return;
    }
    at += *at == '\n';
    *begin = (size_t)(at - text);
    const char *line = strchr(at, '\n');
    while (line != NULL && (line[1] == ' ' || line[1] == '#' || line[1] == '\n')) {
        line = strchr(line + 1, '\n');
    }
    *end = line != NULL ? (size_t)(line + 1 - text) : strlen(text);
}

/* Whether settings stand as they are written here: below a line of their own an entry begins after two
 * blanks, and its further lines after more. */
static bool is_block(const char *block, size_t length) {
    const char *line = memchr(block, '\n', length);
    size_t head = strlen("settings:");
    head += strspn(block + head, " \r");
    bool block_style = block[head] == '\n' || block[head] == '#';
    for (bool first = true; line != NULL && ++line < block + length;) {
        size_t indent = strspn(line, " ");
        if (line[indent] != '\n' && line[indent] != '#' && line[indent] != '\0') {
            block_style = block_style && (first ? indent == 2 : indent >= 2);
            first = false;
        }
        line = memchr(line, '\n', (size_t)(block + length - line));
    }
    return block_style;
}

/* The chip's text anew in block style; NULL: it is, as far as settings need it. The caller frees it. */
static weft_status plain_text(const weft_chip *chip, char **plain, weft_error *error) {
    size_t begin = 0;
    size_t end = 0;
    weft_doc *doc = NULL;
    find_settings(chip->text, &begin, &end);
    bool flow = chip->text[strspn(chip->text, " \r\n")] == '{';
    *plain = NULL;
    if (!flow && (begin == end || is_block(chip->text + begin, end - begin))) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_doc_parse(chip->text, strlen(chip->text), chip->name, &doc, error));
    weft_status status = weft_node_emit(doc, weft_doc_root(doc), plain, error);
    weft_doc_destroy(doc);
    return status;
}

/* A value as the user writes it. */
typedef struct setting {
    const char *path, *value;
    int digits;       /* bytes of the number that it begins with; 0: an expression or a word */
    double number;    /* with its sign */
    const char *unit; /* of the number: as written, or as the file has it */
} setting;

/* "256", "4 ns", "isaac" or "2 * columns". */
static setting read_setting(weft_hierarchy *h, const char *path, const char *value) {
    setting made = {.path = path, .value = value};
    bool whole = false;
    size_t sign = value[0] == '-';
    size_t length = weft_number_scan(value + sign, &made.number, &whole);
    const char *rest = value + sign + length;
    rest += strspn(rest, " ");
    bool word = strspn(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/%") ==
                strlen(rest);
    if (length > 0 && word) {
        const char *unit = weft_hierarchy_unit(h, path);
        made.digits = (int)(sign + length);
        made.number = sign != 0 ? -made.number : made.number;
        made.unit = rest[0] != '\0' ? rest : unit != NULL ? unit : "1";
    }
    return made;
}

/* As a line of `settings`. */
static void write_setting(FILE *out, const setting *made) {
    fprintf(out, "  ");
    weft_text_emit(made->path, out);
    if (made->digits > 0) {
        fprintf(out, ": {value: %.*s, unit: ", made->digits, made->value);
        weft_text_emit(made->unit, out);
        fprintf(out, ", source: \"" WEFT_SET_BY_USER "\"}\n");
    } else {
        fprintf(out, ": ");
        weft_text_emit(made->value, out);
        fprintf(out, "\n");
    }
}

/* Whether a line of the block is that of this path, which may stand in quotes. */
static bool is_setting_of(const char *line, const char *path) {
    size_t length = strlen(path);
    line += strspn(line, " ");
    bool quoted = line[0] == '"' || line[0] == '\'';
    const char *end = line + length + (quoted ? 2 : 0);
    return strncmp(line + quoted, path, length) == 0 && (!quoted || end[-1] == line[0]) &&
           end[strspn(end, " ")] == ':';
}

/* The lines of the old block but for the one of this path. */
static void keep_settings(FILE *out, const char *block, size_t length, const char *path) {
    const char *line = memchr(block, '\n', length);
    bool drop = false;
    while (line != NULL && ++line < block + length) {
        const char *next = memchr(line, '\n', (size_t)(block + length - line));
        size_t size = next != NULL ? (size_t)(next + 1 - line) : (size_t)(block + length - line);
        drop = strspn(line, " ") > 2 ? drop : is_setting_of(line, path);
        if (!drop) {
            fwrite(line, 1, size, out);
            fputs(next == NULL ? "\n" : "", out);
        }
        line = next;
    }
}

/* The text of a chip with one more line of `settings`; NULL: no memory. The caller frees it. */
static char *text_with(const char *old, const setting *made, size_t *length) {
    char *text = NULL;
    size_t begin = 0;
    size_t end = 0;
    FILE *out = open_memstream(&text, length);
    if (out == NULL) {
        return NULL;
    }
    find_settings(old, &begin, &end);
    size_t rest = strlen(old + end);
    fwrite(old, 1, begin, out);
    fwrite(old + end, 1, rest, out);
    if (begin + rest > 0 && old[rest > 0 ? end + rest - 1 : begin - 1] != '\n') {
        fputc('\n', out);
    }
    fprintf(out, "settings:\n");
    keep_settings(out, old + begin, end - begin, made->path);
    write_setting(out, made);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Another number for a parameter changes nothing else, so it need not be read again where the text has
 * such settings at its end already; a hierarchy that prices share stays as it is. */
static bool put_number(weft_chip *chip, const setting *made) {
    size_t begin = 0;
    size_t end = 0;
    find_settings(chip->text, &begin, &end);
    return made->digits > 0 && begin < end && chip->text[end] == '\0' &&
           atomic_load(&chip->hierarchy->owners) == 1 &&
           weft_hierarchy_put(chip->hierarchy, made->path, made->number, made->unit);
}

weft_status weft_hierarchy_set(weft_chip *chip, const char *path, const char *value,
                               weft_error *error) {
    size_t length = 0;
    weft_chip *again = NULL;
    path += strncmp(path, "chip.", 5) == 0 ? 5 : 0;
    WEFT_TRY(weft_hierarchy_find(chip->hierarchy, path, error));
    setting made = read_setting(chip->hierarchy, path, value);
    char *plain = NULL;
    WEFT_TRY(plain_text(chip, &plain, error));
    char *text = text_with(plain != NULL ? plain : chip->text, &made, &length);
    bool put = text != NULL && plain == NULL && put_number(chip, &made);
    free(plain);
    if (text == NULL) {
        return weft_fail_memory(error, strlen(chip->text));
    }
    if (put) {
        free(chip->text);
        chip->text = text;
        chip->id = weft_hierarchy_id(text, chip->base_id);
        return WEFT_OK;
    }
    weft_status status = weft_chip_parse(text, length, chip->name, &again, error);
    free(text);
    if (status != WEFT_OK) {
        return status;
    }
    memcpy(again->hierarchy->file, chip->hierarchy->file, sizeof again->hierarchy->file);
    weft_chip old = *chip;
    *chip = *again;
    *again = old;
    weft_chip_destroy(again);
    return WEFT_OK;
}

/* ---- prices ---------------------------------------------------------------------------------- */

weft_status weft_hierarchy_priced_create(const weft_chip *chip, weft_hierarchy_priced **priced,
                                         weft_error *error) {
    static const int32_t OWN[WEFT_TRAITS];
    weft_hierarchy_priced *made = malloc(sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status =
        weft_hierarchy_price_anew(chip->hierarchy, OWN, &made->pricing, &made->own, NULL, error);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    made->chip = made->id = chip->id;
    made->hierarchy = weft_hierarchy_keep(chip->hierarchy);
    made->turning = NULL;
    *priced = made;
    return WEFT_OK;
}

void weft_hierarchy_priced_destroy(weft_hierarchy_priced *priced) {
    if (priced != NULL) {
        const weft_hierarchy *shared = priced->turning != NULL
                                           ? weft_hierarchy_turning_end(priced->turning)
                                           : priced->hierarchy;
        weft_hierarchy_destroy((weft_hierarchy *)(uintptr_t)shared);
        free(priced);
    }
}

/* FNV-1a. */
uint64_t weft_hierarchy_id(const char *text, uint64_t base) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ base;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash != 0 ? hash : 1;
}
