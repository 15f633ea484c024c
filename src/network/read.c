/* SPDX-License-Identifier: Apache-2.0
 *
 * A network by its name: NAME[:BLOCKS][@key=value,...], or the path of a layer table. */
#include <weft/network.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "network/family.h"
#include "network/table.h"

enum { NAME_SIZE = 64, MAX_NAMES = 64, IMC_TEXT = 512 };

static bool ends_in(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

static bool is_path(const char *text) {
    return strchr(text, '/') != NULL || ends_in(text, ".csv") || ends_in(text, ".yaml") ||
           ends_in(text, ".yml");
}

/* Blocks without their "imc:", as people write them: R32 or V64,M128. */
static bool looks_like_blocks(const char *text) {
    return strchr("VMR", text[0]) != NULL && text[0] != '\0' && text[1] >= '0' && text[1] <= '9';
}

static weft_status unknown_name(const char *text, size_t end, const char *name, weft_error *error) {
    const char *names[MAX_NAMES];
    size_t n = 0;
    while (n < weft_n_family_rows && n < MAX_NAMES) {
        names[n] = weft_family_rows[n].family.name;
        n++;
    }
    weft_family_fail(text, 0, end, error, "there is no network '%s'", name);
    const char *near = weft_nearest(name, names, n);
    if (near != NULL) {
        weft_hint(error, "did you mean '%s'?", near);
        return WEFT_ERROR_INPUT;
    }
    char known[256] = "";
    for (size_t i = 0; i < n && strlen(known) + strlen(names[i]) + 3 < sizeof known; i++) {
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i > 0 ? ", " : "",
                 names[i]);
    }
    weft_hint(error, "known are %s and more; the path of a layer table ends in .csv or .yaml",
              known);
    return WEFT_ERROR_INPUT;
}

static const weft_family_row *find_row(const char *name) {
    for (size_t i = 0; i < weft_n_family_rows; i++) {
        if (strcmp(weft_family_rows[i].family.name, name) == 0) {
            return &weft_family_rows[i];
        }
    }
    return NULL;
}

static weft_family_options defaults_of(const weft_family_row *row) {
    weft_imc_spec imc;
    weft_imc_defaults(&imc);
    weft_family_options options = {.input = row->input,
                                   .classes = row->classes,
                                   .tokens = row->input.height,
                                   .width = row->width,
                                   .pool = imc.head_pool,
                                   .n_hidden = imc.n_hidden,
                                   .dropout = imc.dropout};
    memcpy(options.hidden, imc.hidden, sizeof imc.hidden);
    return options;
}

/* The imc family: the bytes before `end` are its blocks, with or without "imc:" in front. */
static weft_status build_imc(const char *text, size_t end, const weft_family_options *options,
                             weft_network **network, weft_error *error) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    char blocks[IMC_TEXT];
    if (end >= sizeof blocks) {
        return weft_family_fail(text, 0, end, error, "more than %d blocks", WEFT_IMC_MAX_DEPTH);
    }
    snprintf(blocks, sizeof blocks, "%.*s", (int)end, text);
    WEFT_TRY(weft_imc_parse(blocks, &spec, error));
    spec.input = options->input;
    spec.classes = options->classes;
    spec.head_pool = options->pool;
    spec.n_hidden = options->n_hidden;
    memcpy(spec.hidden, options->hidden, sizeof spec.hidden);
    spec.dropout = options->dropout;
    return weft_imc_build(&spec, network, error);
}

static weft_status build_row(const weft_family_row *row, const char *text,
                             const weft_family_options *options, weft_network **network,
                             weft_error *error) {
    weft_builder b = {.block = WEFT_NO_BLOCK, .status = WEFT_OK, .error = error};
    WEFT_TRY(weft_network_create(text, options->input, &b.network, error));
    row->build(&b, options, row->variant);
    if (b.status != WEFT_OK) {
        weft_network_destroy(b.network);
        return b.status;
    }
    *network = b.network;
    return WEFT_OK;
}

weft_status weft_network_read(const char *text, weft_network **network, weft_error *error) {
    if (is_path(text)) {
        return weft_table_read(text, network, error);
    }
    size_t end = strcspn(text, ":@");
    size_t at = strcspn(text, "@");
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)(end < NAME_SIZE ? end : NAME_SIZE - 1), text);
    bool bare = looks_like_blocks(text) && find_row(name) == NULL;
    const weft_family_row *row = find_row(bare ? "imc" : name);
    if (row == NULL) {
        return unknown_name(text, end, name, error);
    }
    weft_family_options options = defaults_of(row);
    if (text[at] == '@') {
        WEFT_TRY(weft_family_read_options(row, text, at + 1, &options, error));
    }
    if (row->build == NULL) {
        return build_imc(text, at, &options, network, error);
    }
    if (text[end] == ':') {
        return weft_family_fail(text, end, at, error,
                                "%s has no blocks to name: options follow '@'", row->family.name);
    }
    return build_row(row, text, &options, network, error);
}
