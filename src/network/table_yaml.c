/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer table as YAML, `weft: network/1` (docs/reference/networks.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/error.h"
#include "network/table.h"

static weft_status read_loop(weft_map *map, const char *key, weft_need need, int32_t *loop,
                             weft_error *error) {
    int64_t value = *loop;
    WEFT_TRY(weft_map_integer(map, key, need, 1, INT32_MAX, &value, error));
    *loop = (int32_t)value;
    return WEFT_OK;
}

/* One number for both sides, or [vertical, horizontal]. */
static weft_status read_pair(weft_map *map, const char *key, int32_t *vertical, int32_t *horizontal,
                             weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    const weft_node *first = node;
    const weft_node *second = node;
    if (weft_node_is_sequence(node)) {
        if (weft_sequence_length(node) != 2) {
            return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                                  "%s: expected one number or [vertical, horizontal]", key);
        }
        first = weft_sequence_at(node, 0);
        second = weft_sequence_at(node, 1);
    }
    int64_t values[2];
    WEFT_TRY(weft_node_integer(map->doc, first, 1, INT32_MAX, &values[0], error));
    WEFT_TRY(weft_node_integer(map->doc, second, 1, INT32_MAX, &values[1], error));
    *vertical = (int32_t)values[0];
    *horizontal = (int32_t)values[1];
    return WEFT_OK;
}

static weft_status read_loops(weft_map *map, weft_loops *l, weft_error *error) {
    WEFT_TRY(read_loop(map, "N", WEFT_OPTIONAL, &l->n, error));
    WEFT_TRY(read_loop(map, "C", WEFT_REQUIRED, &l->c, error));
    WEFT_TRY(read_loop(map, "M", WEFT_REQUIRED, &l->m, error));
    WEFT_TRY(read_loop(map, "R", WEFT_OPTIONAL, &l->r, error));
    WEFT_TRY(read_loop(map, "S", WEFT_OPTIONAL, &l->s, error));
    WEFT_TRY(read_loop(map, "P", WEFT_OPTIONAL, &l->p, error));
    WEFT_TRY(read_loop(map, "Q", WEFT_OPTIONAL, &l->q, error));
    WEFT_TRY(read_loop(map, "G", WEFT_OPTIONAL, &l->g, error));
    WEFT_TRY(read_pair(map, "stride", &l->stride_h, &l->stride_w, error));
    return read_pair(map, "dilation", &l->dilation_h, &l->dilation_w, error);
}

static weft_status read_op(weft_map *map, weft_table_row *row, weft_error *error) {
    static const char *const words[] = {"conv", "linear", "matmul"};
    int choice = -1;
    WEFT_TRY(weft_map_choice(map, "op", WEFT_OPTIONAL, words, 3, &choice, error));
    row->has_op = choice >= 0 && weft_table_op(words[choice], &row->op);
    return WEFT_OK;
}

static weft_status read_bits(weft_map *map, weft_table_row *row, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "bits", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    weft_map bits;
    WEFT_TRY(weft_map_begin(map->doc, node, &bits, error));
    for (int i = 0; i < WEFT_OPERANDS; i++) {
        int64_t value = 0;
        WEFT_TRY(weft_map_integer(&bits, weft_operand_words[i], WEFT_OPTIONAL, 1, WEFT_MAX_BITS,
                                  &value, error));
        row->bits[i] = (int32_t)value;
    }
    return weft_map_end(&bits, error);
}

static weft_status read_shares(const weft_doc *doc, const weft_node *node, double *bins,
                               weft_histogram *histogram, weft_error *error) {
    int n = weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (n < 1 || n > WEFT_TABLE_MAX_BINS) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 .. %d shares", WEFT_TABLE_MAX_BINS);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(weft_node_real(doc, weft_sequence_at(node, i), 0.0, 1.0, &bins[i], error));
    }
    double sum = 0.0;
    if (!weft_table_normalise(bins, n, &sum)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "its %d shares sum to %g; they must sum to 1", n, sum);
    }
    *histogram = (weft_histogram){n, bins};
    return WEFT_OK;
}

/* `bins`: WEFT_TABLE_MAX_BINS for each operand. */
static weft_status read_histograms(weft_map *map, double *bins, weft_table_row *row,
                                   weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "histograms", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    weft_map all;
    WEFT_TRY(weft_map_begin(map->doc, node, &all, error));
    for (int i = 0; i < WEFT_OPERANDS; i++) {
        const weft_node *list = NULL;
        WEFT_TRY(weft_map_node(&all, weft_operand_words[i], WEFT_OPTIONAL, &list, error));
        if (list != NULL) {
            WEFT_TRY(read_shares(map->doc, list, bins + (size_t)i * WEFT_TABLE_MAX_BINS,
                                 &row->histogram[i], error));
        }
    }
    return weft_map_end(&all, error);
}

static weft_status read_layer(const weft_doc *doc, const weft_node *node, double *bins,
                              weft_network *network, weft_error *error) {
    weft_map map;
    const char *name = "";
    weft_table_row row = weft_table_row_defaults();
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_text(&map, "name", WEFT_OPTIONAL, &name, error));
    WEFT_TRY(read_op(&map, &row, error));
    WEFT_TRY(read_loops(&map, &row.loops, error));
    WEFT_TRY(read_bits(&map, &row, error));
    WEFT_TRY(read_histograms(&map, bins, &row, error));
    WEFT_TRY(weft_map_end(&map, error));
    snprintf(row.name, sizeof row.name, "%s", name);
    weft_error why;
    weft_status status = weft_table_add(network, &row, &why);
    if (status != WEFT_OK) {
        weft_node_fail(doc, node, error, status, "%s", why.message);
    }
    return status;
}

static weft_status read_layers(const weft_doc *doc, const weft_node *list, weft_network *network,
                               weft_error *error) {
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : 0;
    if (n < 1 || n > WEFT_TABLE_MAX_LAYERS) {
        return weft_node_fail(doc, list, error, WEFT_ERROR_INPUT,
                              "layers: expected a list of 1 .. %d layers", WEFT_TABLE_MAX_LAYERS);
    }
    double *bins = malloc(sizeof *bins * WEFT_OPERANDS * WEFT_TABLE_MAX_BINS);
    if (bins == NULL) {
        return weft_fail_memory(error, sizeof *bins * WEFT_OPERANDS * WEFT_TABLE_MAX_BINS);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; i < n && status == WEFT_OK; i++) {
        status = read_layer(doc, weft_sequence_at(list, i), bins, network, error);
    }
    free(bins);
    return status;
}

weft_status weft_table_from_doc(const weft_doc *doc, weft_network **network, weft_error *error) {
    static const char *const formats[] = {"network/1"};
    int format = 0;
    char stem[WEFT_NETWORK_NAME];
    const char *name = weft_table_stem(weft_doc_name(doc), stem, sizeof stem);
    const weft_node *list = NULL;
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_choice(&map, "weft", WEFT_REQUIRED, formats, 1, &format, error));
    WEFT_TRY(weft_map_text(&map, "name", WEFT_OPTIONAL, &name, error));
    WEFT_TRY(weft_map_node(&map, "layers", WEFT_REQUIRED, &list, error));
    WEFT_TRY(weft_map_end(&map, error));
    weft_network *made = NULL;
    WEFT_TRY(weft_network_create(name, (weft_shape){1, 1, 1}, &made, error));
    weft_status status = read_layers(doc, list, made, error);
    if (status != WEFT_OK) {
        weft_network_destroy(made);
        return status;
    }
    *network = made;
    return WEFT_OK;
}

weft_status weft_network_parse_yaml(const char *text, size_t length, const char *name,
                                    weft_network **network, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = weft_table_from_doc(doc, network, error);
    weft_doc_destroy(doc);
    return status;
}
