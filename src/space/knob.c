/* SPDX-License-Identifier: Apache-2.0
 *
 * Knobs: genes that set parameters of the chip. Their meaning is the chip's; here they are gathered,
 * each with the region whose parameter it sets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/model.h"
#include "space/space.h"

static weft_status fail_gene(const weft_space *space, int g, weft_error *error, const char *message,
                             const char *hint) {
    const weft_rule *rule = weft_space_rule(space, g);
    weft_node_fail(rule->doc, rule->node, error, WEFT_ERROR_INPUT, "gene '%s' %s",
                   space->genes[g].name, message);
    weft_hint(error, "%s", hint);
    return WEFT_ERROR_INPUT;
}

bool weft_genes_exclude(const weft_gene *a, const weft_gene *b) {
    for (int i = 0; i < a->n_conditions; i++) {
        for (int k = 0; k < b->n_conditions; k++) {
            const weft_condition *first = &a->conditions[i];
            const weft_condition *second = &b->conditions[k];
            if (first->parent == second->parent &&
                (first->maximum < second->minimum || second->maximum < first->minimum)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_same(const weft_space_knob *a, const weft_space_knob *b) {
    return a->region == b->region && strcmp(a->path, b->path) == 0;
}

static weft_status check_single(const weft_space *space, const weft_space_knob *knob,
                                weft_error *error) {
    for (int i = 0; i < space->n_knobs; i++) {
        const weft_space_knob *other = &space->knobs[i];
        if (is_same(other, knob) &&
            !weft_genes_exclude(&space->genes[other->gene], &space->genes[knob->gene])) {
            char message[192];
            snprintf(message, sizeof message, "sets '%s' of region %d, which '%s' sets already",
                     knob->path, knob->region, space->genes[other->gene].name);
            return fail_gene(space, knob->gene, error, message,
                             "keep one of them, give them different regions, or let 'when' "
                             "make them exclude each other");
        }
    }
    return WEFT_OK;
}

weft_status weft_space_bind_knobs(weft_space *space, weft_error *error) {
    space->n_regions = 1;
    space->knobs = calloc((size_t)space->n_genes, sizeof *space->knobs);
    if (space->knobs == NULL) {
        return weft_fail_memory(error, (size_t)space->n_genes * sizeof *space->knobs);
    }
    for (int g = 0; g < space->n_genes; g++) {
        const weft_rule *rule = weft_space_rule(space, g);
        if (rule->sets[0] == '\0') {
            continue;
        }
        space->roles[g].meaning = WEFT_MEANING_KNOB;
        weft_space_knob knob = {.gene = g, .region = rule->region};
        if (rule->region_is_index) {
            knob.region = space->roles[g].index - rule->first;
        }
        snprintf(knob.path, sizeof knob.path, "%s", rule->sets);
        snprintf(knob.unit, sizeof knob.unit, "%s", rule->unit);
        WEFT_TRY(check_single(space, &knob, error));
        space->knobs[space->n_knobs++] = knob;
        if (knob.region >= space->n_regions) {
            space->n_regions = knob.region + 1;
        }
    }
    return WEFT_OK;
}

/* Whether the conditional knobs of a parameter ask one parent that is always active, and take all of
 * its values between them. They exclude each other, so it is enough to add up. */
static bool is_covered(const weft_space *space, const weft_space_knob *knob) {
    const weft_gene *gene = &space->genes[knob->gene];
    const weft_gene *parent = &space->genes[gene->conditions[0].parent];
    double covered = 0.0;
    for (int k = 0; k < space->n_knobs; k++) {
        const weft_gene *other = &space->genes[space->knobs[k].gene];
        if (is_same(&space->knobs[k], knob) && other->n_conditions == 1 &&
            other->conditions[0].parent == gene->conditions[0].parent) {
            covered += other->conditions[0].maximum - other->conditions[0].minimum + 1.0;
        }
    }
    return gene->n_conditions == 1 && parent->n_conditions == 0 && parent->kind != WEFT_GENE_REAL &&
           covered == parent->upper - parent->lower + 1.0;
}

bool weft_space_knobs_are_distinct(const weft_space *space) {
    for (int k = 0; k < space->n_knobs; k++) {
        bool always = space->genes[space->knobs[k].gene].n_conditions == 0;
        if (!always && !is_covered(space, &space->knobs[k])) {
            return false;
        }
    }
    return true;
}

weft_status weft_space_check_regions(const weft_space *space, const weft_doc *doc,
                                     const weft_node *node, weft_error *error) {
    for (int i = 0; i < space->n_groups; i++) {
        if (space->group_regions[i] >= space->n_regions) {
            weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                           "'regions' puts layers into region %d; the genes set %d region%s, "
                           "counted from 0",
                           space->group_regions[i], space->n_regions,
                           space->n_regions == 1 ? "" : "s");
            weft_hint(error, "a gene for each region:  rows: {ordinal: [64, 128], repeat: 3, sets: "
                             "rows, region: index}");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

const weft_space_knob *weft_space_knobs(const weft_space *space, int *n) {
    *n = space->n_knobs;
    return space->knobs;
}

int weft_space_n_regions(const weft_space *space) {
    return space->n_regions;
}
