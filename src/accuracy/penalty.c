/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/penalty.h"

#include <stdio.h>
#include <stdlib.h>

#include "accuracy/pattern.h"
#include "base/doc.h"
#include "base/share.h"

#define PENALTY_FORMAT "penalty/1"

struct weft_penalty {
    char name[64];
    char genes[256];
    bool by_macs;                   /* the mean over layers: by MACs, else by weights */
    double weights_share;           /* s */
    int unset;                      /* bits of a layer that says none */
    double drop[WEFT_MAX_BITS + 1]; /* share of accuracy, by bits; valid from `least` on */
    int least;
};

void weft_penalty_destroy(weft_penalty *penalty) {
    free(penalty);
}

bool weft_penalty_knows(const weft_penalty *penalty, const char *gene) {
    return weft_pattern_any(penalty->genes, gene);
}

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status read_text(weft_map *map, const char *key, weft_need need, char *text,
                             size_t size, weft_error *error) {
    const char *found = text;
    WEFT_TRY(weft_map_text(map, key, need, &found, error));
    if (found != text) {
        snprintf(text, size, "%s", found);
    }
    return WEFT_OK;
}

/* One `bits: drop` of the list: fills what lies between it and the one before. */
static weft_status read_step(weft_penalty *penalty, const weft_doc *doc, const char *key,
                             const weft_node *value, int *before, weft_error *error) {
    char *end = NULL;
    long bits = strtol(key, &end, 10);
    double drop = 0.0;
    if (end == key || *end != '\0' || bits <= *before || bits > WEFT_MAX_BITS) {
        return weft_node_fail(doc, value, error, WEFT_ERROR_INPUT,
                              "'%s' is no number of bits: expected rising whole numbers from 1 to "
                              "%d",
                              key, WEFT_MAX_BITS);
    }
    WEFT_TRY(weft_node_real(doc, value, 0.0, 100.0, &drop, error));
    int from = *before;
    penalty->drop[bits] = drop / 100.0;
    if (from == 0) {
        penalty->least = (int)bits;
    }
    for (int b = from + 1; from > 0 && b < bits; b++) {
        double part = (double)(b - from) / (double)(bits - from);
        penalty->drop[b] = penalty->drop[from] + part * (penalty->drop[bits] - penalty->drop[from]);
    }
    *before = (int)bits;
    return WEFT_OK;
}

static weft_status read_drops(weft_penalty *penalty, weft_map *map, weft_error *error) {
    const weft_node *node = NULL;
    int before = 0;
    WEFT_TRY(weft_map_node(map, "drop_percent", WEFT_REQUIRED, &node, error));
    if (!weft_node_is_mapping(node) || weft_mapping_length(node) == 0) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected the drop for each number of bits, such as {4: 1.2, 8: 0}");
    }
    for (int i = 0; i < weft_mapping_length(node); i++) {
        const char *key = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(map->doc, node, i, &key, &value, error));
        WEFT_TRY(read_step(penalty, map->doc, key, value, &before, error));
    }
    for (int b = before + 1; b <= WEFT_MAX_BITS; b++) {
        penalty->drop[b] = penalty->drop[before];
    }
    return WEFT_OK;
}

static weft_status fill(weft_penalty *penalty, const weft_doc *doc, weft_error *error) {
    static const char *const means[] = {"macs", "weights"};
    weft_map map;
    const char *text = "";
    weft_quantity share = {.value = 0.5};
    int mean = 0;
    int64_t unset = 8;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, PENALTY_FORMAT, error));
    WEFT_TRY(read_text(&map, "name", WEFT_REQUIRED, penalty->name, sizeof penalty->name, error));
    WEFT_TRY(weft_map_text(&map, "description", WEFT_OPTIONAL, &text, error));
    WEFT_TRY(weft_map_text(&map, "source", WEFT_REQUIRED, &text, error));
    WEFT_TRY(read_text(&map, "genes", WEFT_OPTIONAL, penalty->genes, sizeof penalty->genes, error));
    WEFT_TRY(weft_map_choice(&map, "mean", WEFT_REQUIRED, means, 2, &mean, error));
    WEFT_TRY(weft_map_quantity(&map, "weights_share", WEFT_REQUIRED, WEFT_DIMENSION_NONE, 0.0, 1.0,
                               &share, error));
    WEFT_TRY(weft_map_integer(&map, "unset_bits", WEFT_REQUIRED, 1, WEFT_MAX_BITS, &unset, error));
    WEFT_TRY(read_drops(penalty, &map, error));
    penalty->by_macs = mean == 0;
    penalty->weights_share = share.value;
    penalty->unset = (int)unset;
    return weft_map_end(&map, error);
}

static weft_status take_doc(const weft_doc *doc, weft_penalty **penalty, weft_error *error) {
    weft_penalty *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(made, doc, error);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    *penalty = made;
    return WEFT_OK;
}

weft_status weft_penalty_parse(const char *text, size_t length, const char *name,
                               weft_penalty **penalty, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = take_doc(doc, penalty, error);
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_penalty_read(const char *name, weft_penalty **penalty, weft_error *error) {
    char path[4096];
    weft_doc *doc = NULL;
    WEFT_TRY(weft_share_find("penalties", name, path, sizeof path, error));
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = take_doc(doc, penalty, error);
    weft_doc_destroy(doc);
    return status;
}

/* ---- the figure ------------------------------------------------------------------------------ */

static weft_status drop_of(const weft_penalty *penalty, int32_t bits, double *drop,
                           weft_error *error) {
    int known = bits == 0 ? penalty->unset : bits;
    if (known < penalty->least || known > WEFT_MAX_BITS) {
        return weft_fail(error, WEFT_ERROR_EVALUATION,
                         "penalty \"%s\" says nothing of %d bits: it begins at %d", penalty->name,
                         known, penalty->least);
    }
    *drop = penalty->drop[known];
    return WEFT_OK;
}

weft_status weft_penalty_of(const weft_penalty *penalty, const weft_network *network, double *lost,
                            weft_error *error) {
    double sum = 0.0;
    double all = 0.0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        weft_loops loops;
        double weights = 0.0;
        double inputs = 0.0;
        if (!weft_layer_loops(network, i, &loops) || loops.dynamic) {
            continue;
        }
        double mass = penalty->by_macs ? (double)layer->macs
                                       : (double)loops.c * loops.m * loops.r * loops.s * loops.g;
        WEFT_TRY(drop_of(penalty, layer->bits.weights, &weights, error));
        WEFT_TRY(drop_of(penalty, layer->bits.inputs, &inputs, error));
        sum += mass * (penalty->weights_share * weights + (1.0 - penalty->weights_share) * inputs);
        all += mass;
    }
    if (!(all > 0.0)) {
        return weft_fail(error, WEFT_ERROR_EVALUATION,
                         "network %s has no layer with weights, of which penalty \"%s\" is a mean",
                         network->name, penalty->name);
    }
    *lost = sum / all;
    return WEFT_OK;
}
