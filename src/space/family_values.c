/* SPDX-License-Identifier: Apache-2.0
 *
 * The family `values`: genes that stand for themselves, whatever their names. There is no network: what
 * the values mean is known to a program outside (weft optimize). */
#include "space/family.h"
#include "space/meaning.h"
#include "space/space.h"

static weft_status values_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                               weft_error *error) {
    if (space->n_knobs > 0 || space->n_groups > 0) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "the family 'values' has no chip: 'sets' and 'regions' mean nothing");
        weft_hint(error, "leave them out: a program outside reads the genes by their names");
        return WEFT_ERROR_INPUT;
    }
    for (int g = 0; g < space->n_genes; g++) {
        space->roles[g].meaning = 0;
    }
    space->is_distinct = true;
    return WEFT_OK;
}

static weft_status values_decode(const weft_space *space, const double *genome, int which,
                                 weft_network *network, weft_error *error) {
    (void)genome;
    (void)which;
    (void)network;
    weft_fail(error, WEFT_ERROR_UNAVAILABLE, "the space '%.63s' is of values: it has no networks",
              space->name);
    weft_hint(error, "'weft optimize' searches it with a program of yours");
    return WEFT_ERROR_UNAVAILABLE;
}

static char *values_describe(const weft_space *space, const double *genome, char *buffer,
                             size_t size) {
    if (size > 0) {
        buffer[0] = '\0';
    }
    return weft_meaning_describe(space, genome, buffer, size);
}

const weft_family weft_family_values = {
    .name = "values", .bind = values_bind, .decode = values_decode, .describe = values_describe};

bool weft_space_has_networks(const weft_space *space) {
    return space->family != &weft_family_values;
}
