/* SPDX-License-Identifier: Apache-2.0
 *
 * The family `network`: one or several networks by name. Their layers are as they are; genes may set
 * the bits of their products, and how often and where these stand on the chip. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/family.h"
#include "space/meaning.h"

typedef enum fixed_meaning {
    FIXED_WEIGHT_BITS,
    FIXED_INPUT_BITS,
    FIXED_PW_WEIGHT_BITS,
    FIXED_PW_INPUT_BITS,
    FIXED_DW_WEIGHT_BITS,
    FIXED_DW_INPUT_BITS,
    FIXED_COPIES,
    FIXED_REGION,
    FIXED_MEANINGS,
} fixed_meaning;

enum { MAX_GENE_BITS = 16, MAX_COPIES = 65536 };

/* With a number: of that layer of products, from 1. */
static const weft_meaning fixed_genes[FIXED_MEANINGS] = {
    [FIXED_WEIGHT_BITS] = {"weight_bits", WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE, true, 1,
                           MAX_GENE_BITS},
    [FIXED_INPUT_BITS] = {"input_bits", WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE, true, 1,
                          MAX_GENE_BITS},
    [FIXED_PW_WEIGHT_BITS] = {"pw_weight_bits", WEFT_NUMBERS_NONE, true, 1, MAX_GENE_BITS},
    [FIXED_PW_INPUT_BITS] = {"pw_input_bits", WEFT_NUMBERS_NONE, true, 1, MAX_GENE_BITS},
    [FIXED_DW_WEIGHT_BITS] = {"dw_weight_bits", WEFT_NUMBERS_NONE, true, 1, MAX_GENE_BITS},
    [FIXED_DW_INPUT_BITS] = {"dw_input_bits", WEFT_NUMBERS_NONE, true, 1, MAX_GENE_BITS},
    [FIXED_COPIES] = {"copies", WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE, true, 1, MAX_COPIES},
    [FIXED_REGION] = {"region", WEFT_NUMBERS_ONE, true, 0, WEFT_SPACE_MAX_REGIONS - 1},
};

/* What of a layer a gene sets, as a set. */
enum { FIELD_WEIGHTS = 1, FIELD_INPUTS = 2, FIELD_COPIES = 4, FIELD_REGION = 8 };

static int field_of(fixed_meaning meaning) {
    switch (meaning) {
    case FIXED_WEIGHT_BITS:
    case FIXED_PW_WEIGHT_BITS:
    case FIXED_DW_WEIGHT_BITS:
        return FIELD_WEIGHTS;
    case FIXED_INPUT_BITS:
    case FIXED_PW_INPUT_BITS:
    case FIXED_DW_INPUT_BITS:
        return FIELD_INPUTS;
    case FIXED_COPIES:
        return FIELD_COPIES;
    case FIXED_REGION:
        return FIELD_REGION;
    case FIXED_MEANINGS:
        break;
    }
    return 0;
}

/* The networks as they were read, and the layers of their products. */
typedef struct fixed_networks {
    int n;
    weft_network *networks[WEFT_SPACE_MAX_NETWORKS];
    int32_t *products[WEFT_SPACE_MAX_NETWORKS];
    int32_t n_products[WEFT_SPACE_MAX_NETWORKS];
} fixed_networks;

static void fixed_release(weft_space *space) {
    fixed_networks *fixed = space->bound;
    for (int i = 0; i < fixed->n; i++) {
        weft_network_destroy(fixed->networks[i]);
        free(fixed->products[i]);
    }
    free(fixed);
    space->bound = NULL;
}

/* ---- binding --------------------------------------------------------------------------------- */

static bool is_product(const weft_layer *layer) {
    return layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR || layer->op == WEFT_OP_MATMUL;
}

static bool is_depthwise(const weft_layer *layer) {
    return layer->op == WEFT_OP_CONV && layer->groups > 1 && layer->groups == layer->in.channels;
}

/* Bits that neither the network nor a gene states are the space's. */
static void fill_bits(const weft_layer_bits *all, weft_layer_bits *bits) {
    bits->weights = bits->weights > 0 ? bits->weights : all->weights;
    bits->inputs = bits->inputs > 0 ? bits->inputs : all->inputs;
    bits->outputs = bits->outputs > 0 ? bits->outputs : all->outputs;
}

static weft_status read_one(weft_space *space, int i, weft_error *error) {
    fixed_networks *fixed = space->bound;
    weft_network *network = NULL;
    WEFT_TRY(weft_network_read(space->networks[i], &network, error));
    fixed->networks[i] = network;
    fixed->n = i + 1;
    int32_t *products = calloc((size_t)network->n_layers, sizeof *products);
    if (products == NULL) {
        return weft_fail_memory(error, (size_t)network->n_layers * sizeof *products);
    }
    fixed->products[i] = products;
    for (int32_t l = 0; l < network->n_layers; l++) {
        if (is_product(&network->layers[l])) {
            products[fixed->n_products[i]++] = l;
            fill_bits(&space->bits, &network->layers[l].bits);
        }
    }
    return WEFT_OK;
}

static weft_status read_all(weft_space *space, const weft_doc *doc, const weft_node *node,
                            weft_error *error) {
    if (space->n_networks == 0) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "the family 'network' needs the names of its networks");
        weft_hint(error, "write  networks: [resnet18]  or several");
        return WEFT_ERROR_INPUT;
    }
    space->bound = calloc(1, sizeof(fixed_networks));
    if (space->bound == NULL) {
        return weft_fail_memory(error, sizeof(fixed_networks));
    }
    for (int i = 0; i < space->n_networks; i++) {
        weft_status status = read_one(space, i, error);
        if (status == WEFT_ERROR_INPUT) {
            weft_error found = *error;
            weft_node_fail(doc, node, error, status, "network '%s': %s", space->networks[i],
                           found.message);
            weft_hint(error, "%s", found.hint);
        }
        WEFT_TRY(status);
    }
    space->input = ((fixed_networks *)space->bound)->networks[0]->layers[0].out;
    return WEFT_OK;
}

/* A gene of one layer needs one network that has it. */
static weft_status check_layer(const weft_space *space, int g, weft_error *error) {
    const fixed_networks *fixed = space->bound;
    const weft_role *role = &space->roles[g];
    if (role->number > 0 && fixed->n > 1) {
        return weft_meaning_fail(space, g, error, "leave the number away: it is then of all layers",
                                 "is of one layer, but the space has %d networks", fixed->n);
    }
    if (role->number > fixed->n_products[0]) {
        return weft_meaning_fail(space, g, error, "layers of products count from 1",
                                 "is of layer %d; %s has %d layers of products", role->number,
                                 space->networks[0], fixed->n_products[0]);
    }
    return role->meaning == FIXED_REGION ? weft_meaning_check_region(space, g, error) : WEFT_OK;
}

/* Whether a gene sets anything of a layer. */
static bool concerns(const weft_role *role, const weft_layer *layer, int number) {
    if (role->meaning == FIXED_PW_WEIGHT_BITS || role->meaning == FIXED_PW_INPUT_BITS) {
        return !is_depthwise(layer);
    }
    if (role->meaning == FIXED_DW_WEIGHT_BITS || role->meaning == FIXED_DW_INPUT_BITS) {
        return is_depthwise(layer);
    }
    return role->number == 0 || role->number == number;
}

/* Each gene concerns some layer, and none sets what another one sets. */
static weft_status check_claims(const weft_space *space, weft_error *error) {
    const fixed_networks *fixed = space->bound;
    for (int i = 0; i < fixed->n; i++) {
        for (int32_t p = 0; p < fixed->n_products[i]; p++) {
            const weft_layer *layer = &fixed->networks[i]->layers[fixed->products[i][p]];
            int set = 0;
            for (int g = 0; g < space->n_genes; g++) {
                const weft_role *role = &space->roles[g];
                if (role->meaning == WEFT_MEANING_KNOB || !concerns(role, layer, p + 1)) {
                    continue;
                }
                int field = field_of((fixed_meaning)role->meaning);
                if (set & field) {
                    return weft_meaning_fail(space, g, error, "keep one of them",
                                             "sets what another gene sets already in layer %d",
                                             p + 1);
                }
                set |= field;
            }
        }
    }
    return WEFT_OK;
}

static weft_status fixed_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                              weft_error *error) {
    WEFT_TRY(weft_meaning_bind(space, fixed_genes, FIXED_MEANINGS, error));
    WEFT_TRY(read_all(space, doc, node, error));
    space->is_distinct = weft_space_knobs_are_distinct(space);
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            WEFT_TRY(check_layer(space, g, error));
            space->is_distinct = space->is_distinct && space->genes[g].n_conditions == 0;
        }
    }
    return check_claims(space, error);
}

/* ---- genomes --------------------------------------------------------------------------------- */

static void apply_gene(const weft_role *role, int32_t value, weft_layer *layer) {
    switch (field_of((fixed_meaning)role->meaning)) {
    case FIELD_WEIGHTS:
        layer->bits.weights = value;
        break;
    case FIELD_INPUTS:
        layer->bits.inputs = value;
        break;
    case FIELD_COPIES:
        layer->copies = value;
        break;
    case FIELD_REGION:
        layer->region = value;
        break;
    default:
        break;
    }
}

static weft_status fixed_decode(const weft_space *space, const double *genome, int which,
                                weft_network *network, weft_error *error) {
    const fixed_networks *fixed = space->bound;
    WEFT_TRY(weft_network_copy(fixed->networks[which], network, error));
    const int32_t *products = fixed->products[which];
    for (int g = 0; g < space->n_genes; g++) {
        const weft_role *role = &space->roles[g];
        if (role->meaning == WEFT_MEANING_KNOB || isnan(genome[g])) {
            continue;
        }
        int32_t value = (int32_t)weft_space_number(space, g, genome[g]);
        int32_t first = role->number > 0 ? role->number - 1 : 0;
        int32_t end = role->number > 0 ? role->number : fixed->n_products[which];
        for (int32_t p = first; p < end; p++) {
            weft_layer *layer = &network->layers[products[p]];
            if (concerns(role, layer, p + 1)) {
                apply_gene(role, value, layer);
            }
        }
    }
    return WEFT_OK;
}

static char *fixed_describe(const weft_space *space, const double *genome, char *buffer,
                            size_t size) {
    char text[WEFT_SPACE_MAX_NETWORKS * WEFT_NETWORK_NAME] = "";
    for (int i = 0; i < space->n_networks; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "+" : "", space->networks[i]);
    }
    snprintf(buffer, size, "%s", text);
    return weft_meaning_describe(space, genome, buffer, size);
}

const weft_family weft_family_network = {
    .name = "network",
    .bind = fixed_bind,
    .decode = fixed_decode,
    .describe = fixed_describe,
    .release = fixed_release,
};
