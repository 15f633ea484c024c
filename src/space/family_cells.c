/* SPDX-License-Identifier: Apache-2.0
 *
 * The families of networks of cells, `cells-concat`, `cells-add` and `cells-inverted`: depth, channels
 * and skips of each cell (depth1 .. depthN; channels and skips without a number are those of all
 * cells), and the expansion of inverted ones. The networks are built in the network room (cells.c).
 * Several genomes may give one network: skips beyond what a cell has room for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/cells.h"
#include "space/cells.h"
#include "space/family.h"
#include "space/meaning.h"

typedef enum cells_meaning {
    CELLS_DEPTH = WEFT_CELLS_DEPTH,
    CELLS_CHANNELS = WEFT_CELLS_WIDTH,
    CELLS_SKIPS = WEFT_CELLS_SKIPS,
    CELLS_EXPANSION = WEFT_CELLS_EXPANSION,
    CELLS_MEANINGS,
} cells_meaning;

enum { ALL_OR_ONE = WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE };

static const weft_meaning cells_genes[CELLS_MEANINGS] = {
    [CELLS_DEPTH] = {"depth", WEFT_NUMBERS_ONE, true, 1, WEFT_CELLS_MAX_DEPTH},
    [CELLS_CHANNELS] = {"channels", ALL_OR_ONE, true, 1, WEFT_CELLS_MAX_WIDTH},
    [CELLS_SKIPS] = {"skips", ALL_OR_ONE, true, 0, WEFT_CELLS_MAX_SKIPS},
    [CELLS_EXPANSION] = {"expansion", WEFT_NUMBERS_NONE, true, 1, WEFT_CELLS_MAX_EXPANSION},
};

static int kind_of(const weft_family *family) {
    static const weft_family *const families[WEFT_CELLS_KINDS] = {
        &weft_family_cells_concat, &weft_family_cells_add, &weft_family_cells_inverted};
    int kind = 0;
    while (kind < WEFT_CELLS_KINDS && families[kind] != family) {
        kind++;
    }
    return kind;
}

bool weft_space_is_cells(const weft_space *space) {
    return kind_of(space->family) < WEFT_CELLS_KINDS;
}

/* ---- binding --------------------------------------------------------------------------------- */

/* The gene that sets a number of cell `cell`, from 1; -1: none. */
static int find_gene(const weft_space *space, cells_meaning meaning, int cell) {
    for (int g = 0; g < space->n_genes; g++) {
        const weft_role *role = &space->roles[g];
        if (role->meaning == (int)meaning && (role->number == 0 || role->number == cell)) {
            return g;
        }
    }
    return -1;
}

static int count_cells(const weft_space *space) {
    int n = 0;
    while (n < WEFT_CELLS_MAX && find_gene(space, CELLS_DEPTH, n + 1) >= 0) {
        n++;
    }
    return n;
}

/* Of a gene that no cell has, that stands beside another one, or that has a condition. */
static weft_status check_gene(const weft_space *space, int g, int n, weft_error *error) {
    const weft_role *role = &space->roles[g];
    if (space->genes[g].n_conditions > 0) {
        return weft_meaning_fail(space, g, error, "drop its 'when'", "may have no condition");
    }
    if (role->meaning == CELLS_EXPANSION && space->family != &weft_family_cells_inverted) {
        return weft_meaning_fail(space, g, error, "leave it out, or take cells-inverted",
                                 "means nothing to the family '%s'", space->family->name);
    }
    if (role->number > n) {
        char hint[96];
        snprintf(hint, sizeof hint, "cells count from 1 to %d at most, each has a depth",
                 WEFT_CELLS_MAX);
        return weft_meaning_fail(space, g, error, hint, "is of cell %d; the space has %d",
                                 role->number, n);
    }
    for (int c = 1; c <= n; c++) {
        int first = find_gene(space, (cells_meaning)role->meaning, c);
        if ((role->number == 0 || role->number == c) && first != g) {
            return weft_meaning_fail(space, g, error, "keep one of them",
                                     "sets what '%s' sets already", space->genes[first].name);
        }
    }
    return WEFT_OK;
}

static weft_status check_complete(const weft_space *space, int n, const weft_doc *doc,
                                  const weft_node *node, weft_error *error) {
    if (n == 0) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "the gene 'depth1' is missing");
        weft_hint(error, "depth1: {integer: [3, 14]}, and so for each cell");
        return WEFT_ERROR_INPUT;
    }
    for (int c = 1; c <= n; c++) {
        for (int m = CELLS_CHANNELS; m <= CELLS_SKIPS; m++) {
            if (find_gene(space, (cells_meaning)m, c) < 0) {
                weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "the gene '%s%d' is missing",
                               cells_genes[m].name, c);
                weft_hint(error, "%s%d: {integer: [4, 16]}", cells_genes[m].name, c);
                return WEFT_ERROR_INPUT;
            }
        }
    }
    return WEFT_OK;
}

static weft_status cells_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                              weft_error *error) {
    if (space->n_groups > 0) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "the family '%s' has no layer groups: 'regions' means nothing",
                              space->family->name);
    }
    WEFT_TRY(weft_meaning_bind(space, cells_genes, CELLS_MEANINGS, error));
    space->is_distinct = false;
    const int n = count_cells(space);
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            WEFT_TRY(check_gene(space, g, n, error));
        }
    }
    return check_complete(space, n, doc, node, error);
}

/* ---- genomes --------------------------------------------------------------------------------- */

static void apply_gene(const weft_role *role, int32_t value, weft_cells_spec *spec) {
    int first = role->number > 0 ? role->number - 1 : 0;
    int end = role->number > 0 ? role->number : spec->n_cells;
    for (int c = first; c < end; c++) {
        switch ((cells_meaning)role->meaning) {
        case CELLS_DEPTH:
            spec->cells[c].depth = value;
            break;
        case CELLS_CHANNELS:
            spec->cells[c].width = value;
            break;
        case CELLS_SKIPS:
            spec->cells[c].skips = value;
            break;
        case CELLS_EXPANSION:
            spec->expansion = value;
            break;
        case CELLS_MEANINGS:
            break;
        }
    }
}

void weft_space_cells(const weft_space *space, const double *genome, weft_cells_spec *spec) {
    weft_cells_defaults((weft_cells_kind)kind_of(space->family), spec);
    spec->input = space->input;
    spec->classes = space->classes;
    spec->bits = space->bits;
    spec->n_cells = count_cells(space);
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            apply_gene(&space->roles[g], (int32_t)weft_space_number(space, g, genome[g]), spec);
        }
    }
}

weft_cells_field weft_space_cells_field(const weft_space *space, int gene) {
    int meaning = space->roles[gene].meaning;
    return meaning == WEFT_MEANING_KNOB ? WEFT_CELLS_OTHER : (weft_cells_field)meaning;
}

void weft_space_cells_bind(const weft_space *space, weft_cells_binding *binding) {
    weft_cells_spec spec;
    weft_cells_defaults((weft_cells_kind)kind_of(space->family), &spec);
    *binding = (weft_cells_binding){.blank = {.kind = spec.kind,
                                              .input = space->input,
                                              .classes = space->classes,
                                              .n_cells = count_cells(space),
                                              .expansion = spec.expansion},
                                    .n_genes = space->n_genes};
    for (int g = 0; g < space->n_genes && g < WEFT_CELLS_MAX_GENES; g++) {
        const weft_role *role = &space->roles[g];
        binding->genes[g].field = weft_space_cells_field(space, g);
        binding->genes[g].first = role->number > 0 ? role->number - 1 : 0;
        binding->genes[g].end = role->number > 0 ? role->number : binding->blank.n_cells;
        binding->genes[g].listed = space->genes[g].kind == WEFT_GENE_ORDINAL;
        binding->genes[g].last = (int)space->genes[g].upper;
        for (int i = 0; binding->genes[g].listed && i <= binding->genes[g].last; i++) {
            binding->genes[g].values[i] = weft_space_number(space, g, i);
        }
    }
}

void weft_space_cells_real(const weft_cells_binding *binding, const double *genome,
                           weft_real_cells *cells) {
    *cells = binding->blank;
    for (int g = 0; g < binding->n_genes; g++) {
        double number = genome[g];
        if (binding->genes[g].listed) {
            const double *values = binding->genes[g].values;
            int below = (int)genome[g];
            number = values[below];
            if (below < binding->genes[g].last) {
                number += (genome[g] - below) * (values[below + 1] - number);
            }
        }
        if (binding->genes[g].field == WEFT_CELLS_EXPANSION) {
            cells->expansion = number;
            continue;
        }
        for (int c = binding->genes[g].first; c < binding->genes[g].end; c++) {
            cells->field[c][binding->genes[g].field] = number;
        }
    }
}

static weft_status cells_decode(const weft_space *space, const double *genome, int which,
                                weft_network *network, weft_error *error) {
    (void)which;
    weft_cells_spec spec;
    weft_space_cells(space, genome, &spec);
    return weft_cells_build(&spec, network, error);
}

static char *cells_describe(const weft_space *space, const double *genome, char *buffer,
                            size_t size) {
    weft_cells_spec spec;
    weft_space_cells(space, genome, &spec);
    return weft_cells_text(&spec, buffer, size);
}

const weft_family weft_family_cells_concat = {
    .name = "cells-concat",
    .bind = cells_bind,
    .decode = cells_decode,
    .describe = cells_describe,
};

const weft_family weft_family_cells_add = {
    .name = "cells-add",
    .bind = cells_bind,
    .decode = cells_decode,
    .describe = cells_describe,
};

const weft_family weft_family_cells_inverted = {
    .name = "cells-inverted",
    .bind = cells_bind,
    .decode = cells_decode,
    .describe = cells_describe,
};
