/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks of cells as numbers, for who evaluates them in closed form and builds none. */
#ifndef WEFT_SPACE_CELLS_H
#define WEFT_SPACE_CELLS_H

#include <weft/space.h>

#include "network/cells.h"

/* Whether the space's networks are of cells. */
bool weft_space_is_cells(const weft_space *space);

/* The network of a canonical genome of such a space. */
void weft_space_cells(const weft_space *space, const double *genome, weft_cells_spec *spec);

/* What a gene of such a space sets; WEFT_CELLS_OTHER: the chip. */
typedef enum weft_cells_field {
    WEFT_CELLS_OTHER = -1,
    WEFT_CELLS_DEPTH,
    WEFT_CELLS_WIDTH,
    WEFT_CELLS_SKIPS,
    WEFT_CELLS_EXPANSION,
    WEFT_CELLS_FIELDS,
} weft_cells_field;
weft_cells_field weft_space_cells_field(const weft_space *space, int gene);

/* The same where genes may lie between their values (of choices in between): what a relaxed search
 * looks at. Of a genome of whole values it is the network of weft_space_cells. */
typedef struct weft_real_cells {
    weft_cells_kind kind;
    weft_shape input;
    int32_t classes, n_cells;
    double expansion;
    double field[WEFT_CELLS_MAX][WEFT_CELLS_EXPANSION]; /* depth, width, skips of each cell */
} weft_real_cells;

/* What its genes set, found once: who evaluates millions of genomes compares nothing. */
enum { WEFT_CELLS_MAX_GENES = 16 };
typedef struct weft_cells_binding {
    weft_real_cells blank; /* what no gene sets */
    int n_genes;
    struct {
        weft_cells_field field;
        int first, end; /* cells */
        bool listed;    /* values are choices; else the value itself */
        int last;       /* of the choices */
        double values[WEFT_GENE_MAX_CHOICES];
    } genes[WEFT_CELLS_MAX_GENES];
} weft_cells_binding;

/* Of a space of cells with up to WEFT_CELLS_MAX_GENES genes, none of which sets the chip. */
void weft_space_cells_bind(const weft_space *space, weft_cells_binding *binding);
void weft_space_cells_real(const weft_cells_binding *binding, const double *genome,
                           weft_real_cells *cells);

#endif
