/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in a tree of boxes: which of them are no worse than a given point, and which are no
 * better, in O(log n) steps where few are (A. Jaszkiewicz, T. Lust, "ND-Tree-based update: a fast
 * algorithm for the dynamic non-dominance problem", IEEE Trans. Evol. Comput. 22(5), 2018). A
 * branch is left out when a corner of its box tells that no point of it can be; it is answered
 * whole when the other corner tells that all are.
 *
 * Theirs splits leaves only, and grows a chain of points that come in order. Here full nodes split
 * upward as in a B-tree (A. Guttman, "R-trees", SIGMOD 1984), so that all leaves are as deep. */
#ifndef WEFT_SEARCH_BOX_TREE_H
#define WEFT_SEARCH_BOX_TREE_H

#include "base/error.h"
#include <weft/search.h>

/* Children of a branch, points of a leaf: both fill the same block of doubles. */
enum { WEFT_BOX_FAN = 8, WEFT_BOX_LEAF = 2 * WEFT_BOX_FAN };

typedef struct weft_box_node {
    uint32_t n;
    bool leaf;
    uint32_t entries[WEFT_BOX_LEAF]; /* nodes; in a leaf, the rows of its points */
} weft_box_node;

typedef struct weft_box_tree {
    int m; /* coordinates */
    uint32_t root;
    uint32_t height;  /* levels */
    uint32_t n_nodes; /* ever used */
    uint32_t n_free;  /* of them, given back: a list from `first_free` over entries[0] */
    uint32_t first_free;
    uint32_t capacity;
    weft_box_node *nodes; /* (capacity) */
    /* (capacity, 2 m FAN): of a branch the lower corners (m, FAN) and the upper ones (m, FAN); of a
     * leaf its points (m, LEAF). By coordinate, so that one of the given point meets a whole
     * row. */
    double *blocks;
    double lower[WEFT_MAX_OBJECTIVES], upper[WEFT_MAX_OBJECTIVES]; /* of all points ever inserted */
} weft_box_tree;

weft_status weft_box_tree_create(int m, weft_box_tree *tree, weft_error *error) WEFT_NODISCARD;
void weft_box_tree_destroy(weft_box_tree *tree);

/* Whether a point of the tree is no worse than p in every coordinate. */
bool weft_box_tree_covers(const weft_box_tree *tree, const double *p);

/* Takes out all points that are no better than p in every coordinate and calls `gone` with their
 * rows. */
void weft_box_tree_cut(weft_box_tree *tree, const double *p,
                       void (*gone)(void *context, uint32_t row), void *context);

/* Afterwards one weft_box_tree_insert cannot fail. */
weft_status weft_box_tree_reserve(weft_box_tree *tree, weft_error *error) WEFT_NODISCARD;
void weft_box_tree_insert(weft_box_tree *tree, const double *p, uint32_t row);

/* Gives each point another row. */
void weft_box_tree_renumber(weft_box_tree *tree,
                            uint32_t (*renumber)(const void *context, uint32_t row),
                            const void *context);

#endif
