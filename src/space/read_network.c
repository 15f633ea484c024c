/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of a space that say what no gene does: its chip, bits, fixed networks, and the regions of
 * layer groups. */
#include <stdio.h>
#include <string.h>

#include "base/share.h"
#include "space/reader.h"

enum { PATH_SIZE = 1024 };

static weft_status read_chip(space_reader *r, weft_map *map) {
    const weft_node *node = NULL;
    const char *chip = NULL;
    WEFT_TRY(weft_map_node(map, "chip", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_node_text(map->doc, node, &chip, r->error));
    if (!space_is_plain(chip, "._-/", sizeof r->space->chip - 1)) {
        weft_node_fail(map->doc, node, r->error, WEFT_ERROR_INPUT,
                       "'%.64s' cannot be the name of a chip", chip);
        weft_hint(r->error, "write it like  chip: generic-rram");
        return WEFT_ERROR_INPUT;
    }
    snprintf(r->space->chip, sizeof r->space->chip, "%s", chip);
    return WEFT_OK;
}

static weft_status read_bits(space_reader *r, weft_map *parent) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(parent, "bits", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    weft_layer_bits *bits = &r->space->bits;
    int64_t weights = bits->weights;
    int64_t inputs = bits->inputs;
    int64_t outputs = bits->outputs;
    weft_map map;
    WEFT_TRY(weft_map_begin(parent->doc, node, &map, r->error));
    WEFT_TRY(
        weft_map_integer(&map, "weights", WEFT_OPTIONAL, 0, WEFT_MAX_BITS, &weights, r->error));
    WEFT_TRY(weft_map_integer(&map, "inputs", WEFT_OPTIONAL, 0, WEFT_MAX_BITS, &inputs, r->error));
    WEFT_TRY(
        weft_map_integer(&map, "outputs", WEFT_OPTIONAL, 0, WEFT_MAX_BITS, &outputs, r->error));
    WEFT_TRY(weft_map_end(&map, r->error));
    *bits = (weft_layer_bits){(int32_t)weights, (int32_t)inputs, (int32_t)outputs};
    return WEFT_OK;
}

static weft_status fail_list(space_reader *r, const weft_map *map, const weft_node *node,
                             const char *key, int most, const char *hint) {
    weft_node_fail(map->doc, node, r->error, WEFT_ERROR_INPUT, "'%s': expected a list of 1 to %d",
                   key, most);
    weft_hint(r->error, "%s", hint);
    return WEFT_ERROR_INPUT;
}

static weft_status read_networks(space_reader *r, weft_map *map) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "networks", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    int n = weft_sequence_length(node);
    if (!weft_node_is_sequence(node) || n < 1 || n > WEFT_SPACE_MAX_NETWORKS) {
        return fail_list(r, map, node, "networks", WEFT_SPACE_MAX_NETWORKS,
                         "write it like  networks: [alexnet, vgg16]");
    }
    for (int i = 0; i < n; i++) {
        const weft_node *item = weft_sequence_at(node, i);
        const char *text = NULL;
        char name[PATH_SIZE];
        WEFT_TRY(weft_node_text(map->doc, item, &text, r->error));
        WEFT_TRY(weft_share_beside(weft_doc_name(map->doc), text, name, sizeof name, r->error));
        weft_share_absolute(name, WEFT_NETWORK_NAME);
        if (strlen(name) >= WEFT_NETWORK_NAME || strpbrk(name, "\"\\") != NULL) {
            return weft_node_fail(map->doc, item, r->error, WEFT_ERROR_INPUT,
                                  "the name of a network has at most %d characters, without quotes "
                                  "and backslashes",
                                  WEFT_NETWORK_NAME - 1);
        }
        snprintf(r->space->networks[i], WEFT_NETWORK_NAME, "%s", name);
    }
    r->space->n_networks = n;
    return WEFT_OK;
}

static weft_status read_regions(space_reader *r, weft_map *map) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "regions", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    int n = weft_sequence_length(node);
    if (!weft_node_is_sequence(node) || n < 1 || n > WEFT_SPACE_MAX_PLACES) {
        return fail_list(r, map, node, "regions", WEFT_SPACE_MAX_PLACES,
                         "a region for each layer group, from 0:  regions: [0, 0, 1, 1, 2]");
    }
    for (int i = 0; i < n; i++) {
        int64_t region = 0;
        WEFT_TRY(weft_node_integer(map->doc, weft_sequence_at(node, i), 0,
                                   WEFT_SPACE_MAX_REGIONS - 1, &region, r->error));
        r->space->group_regions[i] = (int)region;
    }
    r->space->n_groups = n;
    return WEFT_OK;
}

weft_status space_read_network_keys(space_reader *r, weft_map *map) {
    WEFT_TRY(read_chip(r, map));
    WEFT_TRY(read_bits(r, map));
    WEFT_TRY(read_networks(r, map));
    return read_regions(r, map);
}
