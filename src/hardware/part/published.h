/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures that somebody published for one node and size, carried to another. Classes that rest on
 * such figures keep them in their own file and share the law. */
#ifndef WEFT_HARDWARE_PUBLISHED_H
#define WEFT_HARDWARE_PUBLISHED_H

#include "hardware/part.h"

/* As published; a size of 0: the figure does not depend on it. */
typedef struct weft_published {
    double node;                        /* nm */
    double read_pj, write_pj, area_um2; /* of an action, of an instance */
    double leak_w;
    double width, depth, resolution, voltage; /* bit, words, bit, V */
} weft_published;

/* Scaling between the nodes of the table: linear in nm, or mirrored. The library of the reference
 * estimator takes the share of the way from the wrong end: 22 nm, a sixth of the way from 20 to
 * 32 nm, is priced as 30 nm. Its figures between table nodes need this; nothing else should. */
typedef enum weft_node_scaling { WEFT_NODE_LINEAR, WEFT_NODE_MIRRORED } weft_node_scaling;
extern const char *const WEFT_NODE_SCALING_WORDS[];

#define WEFT_FIELD_NODE_SCALING                                                                    \
    {                                                                                              \
        "node_scaling", WEFT_DIMENSION_NONE, WEFT_NODE_LINEAR, 0, 1, 0, 1,                         \
            WEFT_NODE_SCALING_WORDS,                                                               \
            "between table nodes: linear in nm, or mirrored as in the reference estimator"         \
    }

/* The node at which the table is read, m. */
double weft_node_read(double node, weft_node_scaling scaling);

/* What is asked for; a size of 0: as published. */
typedef struct weft_asked {
    double node; /* m */
    weft_node_scaling scaling;
    double width, depth, resolution, voltage;
} weft_asked;

/* Energy: node scale, linear in width, depth^0.78, 2^resolution, voltage^2.
 * Area: node scale, linear in width and depth, 2^resolution. Leakage as energy, without voltage. */
void weft_published_price(const weft_published *published, const weft_asked *asked,
                          weft_terms *terms, weft_part_price *price);

/* The law in words, for a class's equation. */
#define WEFT_PUBLISHED_LAW                                                                         \
    "energy = published x node x (width / published) x (depth / published)^0.78 x "                \
    "2^(resolution - published) x (V / published)^2\n"                                             \
    "area = published x node x width x depth x 2^resolution; leakage as energy without V"

#endif
