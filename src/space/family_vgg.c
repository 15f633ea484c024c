/* SPDX-License-Identifier: Apache-2.0
 *
 * The family `vgg-mixed`: VGG16 with channels, bits, copies and region of each layer. With a number a
 * gene means one layer (14: the classifier), without one all. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/vgg.h"
#include "space/family.h"
#include "space/meaning.h"

typedef enum vgg_meaning {
    VGG_CHANNELS,
    VGG_WEIGHT_BITS,
    VGG_INPUT_BITS,
    VGG_COPIES,
    VGG_MEANINGS,
} vgg_meaning;

enum { ALL_OR_ONE = WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE };

static const weft_meaning vgg_genes[VGG_MEANINGS] = {
    [VGG_CHANNELS] = {"channels", ALL_OR_ONE, true, 1, 4096},
    [VGG_WEIGHT_BITS] = {"weight_bits", ALL_OR_ONE, true, 1, 16},
    [VGG_INPUT_BITS] = {"input_bits", ALL_OR_ONE, true, 1, 16},
    [VGG_COPIES] = {"copies", ALL_OR_ONE, true, 1, 65536},
};

static int layers_of(vgg_meaning meaning) {
    return meaning == VGG_CHANNELS ? WEFT_VGG_CONVS : WEFT_VGG_LAYERS;
}

/* Numbers in range, no layer set twice. */
static weft_status check_genes(const weft_space *space, weft_error *error) {
    bool set[VGG_MEANINGS][WEFT_VGG_LAYERS] = {{false}};
    for (int g = 0; g < space->n_genes; g++) {
        const weft_role *role = &space->roles[g];
        if (role->meaning == WEFT_MEANING_KNOB) {
            continue;
        }
        int layers = layers_of((vgg_meaning)role->meaning);
        if (role->number > layers) {
            return weft_meaning_fail(space, g, error, "layers count from 1",
                                     "is of layer %d; there are %d", role->number, layers);
        }
        int first = role->number > 0 ? role->number - 1 : 0;
        int end = role->number > 0 ? role->number : layers;
        for (int i = first; i < end; i++) {
            if (set[role->meaning][i]) {
                return weft_meaning_fail(space, g, error, "keep one of them",
                                         "sets what another gene sets already in layer %d", i + 1);
            }
            set[role->meaning][i] = true;
        }
    }
    return WEFT_OK;
}

static weft_status vgg_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                            weft_error *error) {
    WEFT_TRY(weft_meaning_bind(space, vgg_genes, VGG_MEANINGS, error));
    WEFT_TRY(check_genes(space, error));
    if (space->n_groups > 0 && space->n_groups != WEFT_VGG_LAYERS) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "'regions' names %d layers; vgg-mixed has %d", space->n_groups,
                              WEFT_VGG_LAYERS);
    }
    WEFT_TRY(weft_space_check_regions(space, doc, node, error));
    space->is_distinct = weft_space_knobs_are_distinct(space);
    for (int g = 0; g < space->n_genes; g++) {
        bool knob = space->roles[g].meaning == WEFT_MEANING_KNOB;
        space->is_distinct = space->is_distinct && (knob || space->genes[g].n_conditions == 0);
    }
    weft_vgg_mixed *spec = calloc(1, sizeof *spec);
    if (spec == NULL) {
        return weft_fail_memory(error, sizeof *spec);
    }
    weft_vgg_mixed_defaults(spec);
    for (int i = 0; i < WEFT_VGG_LAYERS; i++) {
        spec->bits[i] = space->bits;
        spec->regions[i] = i < space->n_groups ? space->group_regions[i] : 0;
    }
    space->bound = spec;
    return WEFT_OK;
}

static void vgg_release(weft_space *space) {
    free(space->bound);
    space->bound = NULL;
}

static void apply_gene(const weft_role *role, int32_t value, weft_vgg_mixed *spec) {
    int first = role->number > 0 ? role->number - 1 : 0;
    int end = role->number > 0 ? role->number : layers_of((vgg_meaning)role->meaning);
    for (int i = first; i < end; i++) {
        switch ((vgg_meaning)role->meaning) {
        case VGG_CHANNELS:
            spec->channels[i] = value;
            break;
        case VGG_WEIGHT_BITS:
            spec->bits[i].weights = value;
            break;
        case VGG_INPUT_BITS:
            spec->bits[i].inputs = value;
            break;
        case VGG_COPIES:
            spec->copies[i] = value;
            break;
        case VGG_MEANINGS:
            break;
        }
    }
}

static weft_status vgg_decode(const weft_space *space, const double *genome, int which,
                              weft_network *network, weft_error *error) {
    (void)which;
    weft_vgg_mixed spec = *(const weft_vgg_mixed *)space->bound;
    spec.input = space->input;
    spec.classes = space->classes;
    for (int g = 0; g < space->n_genes; g++) {
        const weft_role *role = &space->roles[g];
        if (!isnan(genome[g]) && role->meaning != WEFT_MEANING_KNOB) {
            apply_gene(role, (int32_t)weft_space_number(space, g, genome[g]), &spec);
        }
    }
    return weft_vgg_mixed_build(&spec, network, error);
}

static char *vgg_describe(const weft_space *space, const double *genome, char *buffer,
                          size_t size) {
    if (size > 0) {
        buffer[0] = '\0';
    }
    return weft_meaning_describe(space, genome, buffer, size);
}

const weft_family weft_family_vgg = {
    .name = "vgg-mixed",
    .bind = vgg_bind,
    .decode = vgg_decode,
    .describe = vgg_describe,
    .release = vgg_release,
};
