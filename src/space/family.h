/* SPDX-License-Identifier: Apache-2.0
 *
 * Families: what the genes of a space mean. To add one, fill a weft_family in a file of its own and
 * add it to the table in family.c. */
#ifndef WEFT_SPACE_FAMILY_H
#define WEFT_SPACE_FAMILY_H

#include "space/model.h"

struct weft_family {
    const char *name;

    /* Gives every gene its meaning and number, or says at which rule the space is not one of this
     * family. */
    weft_status (*bind)(weft_space *space, const weft_doc *doc, const weft_node *node,
                        weft_error *error);

    /* The choice of gene g that halves the map; -1: none does. NULL: no gene of the family does. */
    int (*halving_choice)(const weft_space *space, int g);

    /* Makes `network`, whatever it was, network `which` of a genome whose values are in range. */
    weft_status (*decode)(const weft_space *space, const double *genome, int which,
                          weft_network *network, weft_error *error);

    /* What a person calls the genome, but for its knobs; `buffer` always becomes text. */
    char *(*describe)(const weft_space *space, const double *genome, char *buffer, size_t size);

    /* Frees space->bound, which is not NULL; NULL where the family keeps nothing. */
    void (*release)(weft_space *space);
};

/* The family of a name; NULL: unknown. */
const weft_family *weft_family_find(const char *name);

/* Names for errors: NULL-terminated, *n of them. */
const char *const *weft_family_names(int *n);

extern const weft_family weft_family_imc;
extern const weft_family weft_family_network;
extern const weft_family weft_family_proxyless;
extern const weft_family weft_family_ofa;
extern const weft_family weft_family_small;
extern const weft_family weft_family_hybrid;
extern const weft_family weft_family_vgg;
extern const weft_family weft_family_nasbench201;
extern const weft_family weft_family_nasbench_macro;
extern const weft_family weft_family_cells_concat;
extern const weft_family weft_family_cells_add;
extern const weft_family weft_family_cells_inverted;
extern const weft_family weft_family_values;

#endif
