/* SPDX-License-Identifier: Apache-2.0
 *
 * A space in use: genes, the cap on halvings, values as text, decoding. */
#include "space/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "space/family.h"

void weft_space_destroy(weft_space *space) {
    if (space != NULL) {
        if (space->bound != NULL) {
            space->family->release(space);
        }
        free(space->knobs);
        free(space->rules);
        free(space->genes);
        free(space->roles);
        free(space->text);
        free(space);
    }
}

const char *weft_space_text(const weft_space *space) {
    return space->text;
}

const char *weft_space_name(const weft_space *space) {
    return space->name;
}

weft_shape weft_space_input(const weft_space *space) {
    return space->input;
}

const char *weft_space_chip(const weft_space *space) {
    return space->chip;
}

/* ---- networks -------------------------------------------------------------------------------- */

int weft_space_n_networks(const weft_space *space) {
    return space->n_networks > 0 ? space->n_networks : 1;
}

const char *weft_space_network_name(const weft_space *space, int which) {
    return space->n_networks > 0 ? space->networks[which] : space->family->name;
}

bool weft_space_network_is_fixed(const weft_space *space) {
    for (int g = 0; g < space->n_genes; g++) {
        const weft_gene *gene = &space->genes[g];
        if (space->roles[g].meaning != WEFT_MEANING_KNOB && gene->upper > gene->lower) {
            return false;
        }
    }
    return true;
}

bool weft_space_is_distinct(const weft_space *space) {
    return space->is_distinct;
}

/* ---- genes and the cap on halvings ----------------------------------------------------------- */

int weft_space_halving_choice(const weft_space *space, int g) {
    bool asked = space->family->halving_choice != NULL;
    return asked && space->roles[g].meaning != WEFT_MEANING_KNOB
               ? space->family->halving_choice(space, g)
               : -1;
}

/* How often the shorter side may be halved, rounding down, and stay at smallest_map or more:
 * floor(log2(side / smallest_map)). */
int weft_space_halvings(const weft_space *space) {
    if (space->family->halving_choice == NULL) {
        return -1;
    }
    int side = space->input.height < space->input.width ? space->input.height : space->input.width;
    int halvings = 0;
    while (side / 2 >= space->smallest_map) {
        side /= 2;
        halvings++;
    }
    return halvings;
}

/* 0 where nothing caps them. */
static int count_halvings(const weft_space *space, const double *genome) {
    int halvings = 0;
    if (space->max_halvings < 0) {
        return 0;
    }
    for (int g = 0; g < space->n_genes; g++) {
        int choice = weft_space_halving_choice(space, g);
        halvings += choice >= 0 && genome[g] == choice; /* NaN equals nothing */
    }
    return halvings;
}

static bool is_legal(const void *context, const double *genome) {
    const weft_space *space = context;
    return space->max_halvings < 0 || count_halvings(space, genome) <= space->max_halvings;
}

weft_gene_table weft_space_table(const weft_space *space) {
    return (weft_gene_table){.genes = space->genes, .n_genes = space->n_genes};
}

weft_gene_table weft_space_genes(const weft_space *space) {
    weft_gene_table table = weft_space_table(space);
    table.legal = is_legal;
    table.context = space;
    return table;
}

weft_status weft_space_set_data(weft_space *space, weft_shape input, int classes,
                                weft_error *error) {
    enum { MOST = 65536 };
    if (input.channels < 1 || input.channels > MOST || input.height < 1 || input.height > MOST ||
        input.width < 1 || input.width > MOST || classes < 2 || classes > MOST) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "images of %d x %d x %d in %d classes; sizes must lie in 1 .. %d and "
                         "classes in 2 .. %d",
                         input.channels, input.height, input.width, classes, MOST, MOST);
    }
    if (space->n_networks > 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the networks of the space '%s' have inputs of their own, which data "
                         "cannot replace",
                         space->name);
    }
    weft_space before = *space;
    space->input = input;
    space->classes = classes;
    space->max_halvings = weft_space_halvings(space);
    weft_status status = weft_space_check_remains(space, error);
    if (status == WEFT_OK) {
        status = weft_space_write(space, error);
    }
    if (status != WEFT_OK) {
        space->input = before.input;
        space->classes = before.classes;
        space->max_halvings = before.max_halvings;
    }
    return status;
}

/* ---- values ---------------------------------------------------------------------------------- */

double weft_space_number(const weft_space *space, int g, double value) {
    weft_gene_kind kind = space->genes[g].kind;
    if (kind == WEFT_GENE_CATEGORICAL || isnan(value)) {
        return NAN;
    }
    return kind == WEFT_GENE_ORDINAL ? weft_space_rule(space, g)->values[(int)value] : value;
}

const char *weft_space_word(const weft_space *space, int g, double value) {
    bool word = space->genes[g].kind == WEFT_GENE_CATEGORICAL && !isnan(value);
    return word ? weft_space_rule(space, g)->labels[(int)value] : NULL;
}

bool weft_space_is_inert(const weft_space *space, int g) {
    return weft_space_rule(space, g)->inert;
}

char *weft_space_value_text(const weft_space *space, int g, double value, char *buffer,
                            size_t size) {
    const weft_gene *gene = &space->genes[g];
    char number[32];
    const char *text = number;
    if (isnan(value)) {
        text = "-";
    } else if (!(value >= gene->lower && value <= gene->upper)) {
        text = "?";
    } else if (gene->kind == WEFT_GENE_CATEGORICAL) {
        text = weft_space_word(space, g, value);
    } else {
        weft_real_text(weft_space_number(space, g, value), number, sizeof number);
    }
    snprintf(buffer, size, "%s", text);
    return buffer;
}

/* The first gene that is out of range or active where it must not be, or WEFT_OK. */
static weft_status check_genome(const weft_space *space, const double *genome, weft_error *error) {
    weft_gene_table table = weft_space_table(space);
    if (weft_genome_legal(&table, genome)) {
        return WEFT_OK;
    }
    for (int g = 0; g < space->n_genes; g++) {
        const weft_gene *gene = &space->genes[g];
        bool active = weft_gene_active(&table, genome, g);
        if (!active && !isnan(genome[g])) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "gene '%s' is inactive here and yet has the value %g", gene->name,
                             genome[g]);
        }
        bool whole = gene->kind == WEFT_GENE_REAL || floor(genome[g]) == genome[g];
        if (active && (!(genome[g] >= gene->lower && genome[g] <= gene->upper) || !whole)) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "gene '%s' has the value %g; expected %s%g .. %g", gene->name,
                             genome[g], gene->kind == WEFT_GENE_REAL ? "" : "a whole number in ",
                             gene->lower, gene->upper);
        }
    }
    return weft_fail(error, WEFT_ERROR_INTERNAL, "a genome is illegal for no known reason");
}

weft_status weft_space_decode_into(const weft_space *space, const double *genome, int which,
                                   weft_network *network, weft_error *error) {
    WEFT_TRY(check_genome(space, genome, error));
    if (which < 0 || which >= weft_space_n_networks(space)) {
        return weft_fail(error, WEFT_ERROR_USAGE, "network %d of a space with %d", which,
                         weft_space_n_networks(space));
    }
    if (!is_legal(space, genome)) {
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "%d blocks halve the map; an input of %d x %d allows %d (no side below %d)",
                  count_halvings(space, genome), space->input.height, space->input.width,
                  space->max_halvings, space->smallest_map);
        weft_hint(error, "use fewer VGG blocks");
        return WEFT_ERROR_INFEASIBLE;
    }
    return space->family->decode(space, genome, which, network, error);
}

weft_status weft_space_decode(const weft_space *space, const double *genome, int which,
                              weft_network **network, weft_error *error) {
    weft_network *made = NULL;
    WEFT_TRY(weft_network_create(space->name, space->input, &made, error));
    weft_status status = weft_space_decode_into(space, genome, which, made, error);
    if (status != WEFT_OK) {
        weft_network_destroy(made);
        return status;
    }
    *network = made;
    return WEFT_OK;
}

char *weft_space_describe(const weft_space *space, const double *genome, char *buffer,
                          size_t size) {
    weft_error ignored;
    if (check_genome(space, genome, &ignored) != WEFT_OK) {
        snprintf(buffer, size, "(no design of this space)");
        return buffer;
    }
    space->family->describe(space, genome, buffer, size);
    for (int k = 0; k < space->n_knobs; k++) {
        int g = space->knobs[k].gene;
        size_t used = size > 0 ? strlen(buffer) : 0;
        if (!isnan(genome[g]) && used < size) {
            char value[64];
            snprintf(buffer + used, size - used, "%s%s=%s", used > 0 ? " " : "",
                     space->genes[g].name,
                     weft_space_value_text(space, g, genome[g], value, sizeof value));
        }
    }
    return buffer;
}
