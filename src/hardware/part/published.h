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

/* What is asked for; a size of 0: as published. */
typedef struct weft_asked {
    double node; /* m */
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
