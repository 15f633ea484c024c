/* SPDX-License-Identifier: Apache-2.0 */
#include "search/box_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FAN = WEFT_BOX_FAN, LEAF = WEFT_BOX_LEAF };

#define NONE UINT32_MAX

static size_t block_size(const weft_box_tree *tree) {
    return (size_t)(2 * FAN) * (size_t)tree->m;
}

static double *block(const weft_box_tree *tree, uint32_t node) {
    return &tree->blocks[(size_t)node * block_size(tree)];
}

/* ---- the loops that read --------------------------------------------------------------------- */

/* Bit i: values[k][i] <= p[k] for all k, of (m, width) values. Lanes instead of branches, so that
 * it is compared vector by vector. */
static inline uint32_t lanes_below(const double *values, int width, int m, const double *p) {
    int64_t holds[LEAF];
    for (int i = 0; i < width; i++) {
        holds[i] = values[i] <= p[0] ? (int64_t)1 << i : 0;
    }
    for (int k = 1; k < m; k++) {
        const double *row = &values[k * width];
        for (int i = 0; i < width; i++) {
            holds[i] &= row[i] <= p[k] ? -1 : 0;
        }
    }
    int64_t lanes = 0;
    for (int i = 0; i < width; i++) {
        lanes |= holds[i];
    }
    return (uint32_t)lanes;
}

/* The same for values[k][i] >= p[k]. */
static inline uint32_t lanes_above(const double *values, int width, int m, const double *p) {
    int64_t holds[LEAF];
    for (int i = 0; i < width; i++) {
        holds[i] = values[i] >= p[0] ? (int64_t)1 << i : 0;
    }
    for (int k = 1; k < m; k++) {
        const double *row = &values[k * width];
        for (int i = 0; i < width; i++) {
            holds[i] &= row[i] >= p[k] ? -1 : 0;
        }
    }
    int64_t lanes = 0;
    for (int i = 0; i < width; i++) {
        lanes |= holds[i];
    }
    return (uint32_t)lanes;
}

static uint32_t used_lanes(const weft_box_node *node) {
    return (uint32_t)(((uint64_t)1 << node->n) - 1);
}

static bool covers(const weft_box_tree *tree, uint32_t at, const double *p) {
    const weft_box_node *node = &tree->nodes[at];
    const double *values = block(tree, at);
    uint32_t used = used_lanes(node);
    if (node->leaf) {
        return (lanes_below(values, LEAF, tree->m, p) & used) != 0;
    }
    uint32_t maybe = lanes_below(values, FAN, tree->m, p) & used;
    if (maybe == 0) {
        return false;
    }
    if ((lanes_below(&values[FAN * tree->m], FAN, tree->m, p) & maybe) != 0) {
        return true; /* even the worst corner of a box */
    }
    for (; maybe != 0; maybe &= maybe - 1) {
        if (covers(tree, node->entries[__builtin_ctz(maybe)], p)) {
            return true;
        }
    }
    return false;
}

bool weft_box_tree_covers(const weft_box_tree *tree, const double *p) {
    return covers(tree, tree->root, p);
}

/* ---- entries --------------------------------------------------------------------------------- */

/* An entry of a node, out of it: a child with its box, or a point. */
typedef struct entry {
    double lower[WEFT_MAX_OBJECTIVES], upper[WEFT_MAX_OBJECTIVES];
    double key;
    uint32_t index;
} entry;

static void put(weft_box_tree *tree, uint32_t at, uint32_t i, const entry *e) {
    weft_box_node *node = &tree->nodes[at];
    double *values = block(tree, at);
    node->entries[i] = e->index;
    for (int k = 0; k < tree->m; k++) {
        if (node->leaf) {
            values[(uint32_t)(k * LEAF) + i] = e->lower[k];
        } else {
            values[(uint32_t)(k * FAN) + i] = e->lower[k];
            values[(uint32_t)((tree->m + k) * FAN) + i] = e->upper[k];
        }
    }
}

static void get(const weft_box_tree *tree, uint32_t at, uint32_t i, entry *e) {
    const weft_box_node *node = &tree->nodes[at];
    const double *values = block(tree, at);
    e->index = node->entries[i];
    for (int k = 0; k < tree->m; k++) {
        if (node->leaf) {
            e->lower[k] = e->upper[k] = values[(uint32_t)(k * LEAF) + i];
        } else {
            e->lower[k] = values[(uint32_t)(k * FAN) + i];
            e->upper[k] = values[(uint32_t)((tree->m + k) * FAN) + i];
        }
    }
}

/* The box of all that a node holds. */
static void bound(const weft_box_tree *tree, uint32_t at, entry *e) {
    const weft_box_node *node = &tree->nodes[at];
    const double *values = block(tree, at);
    int width = node->leaf ? LEAF : FAN;
    e->index = at;
    for (int k = 0; k < tree->m; k++) {
        const double *lower = &values[k * width];
        const double *upper = node->leaf ? lower : &values[(tree->m + k) * FAN];
        double least = lower[0];
        double most = upper[0];
        for (uint32_t i = 1; i < node->n; i++) {
            least = lower[i] < least ? lower[i] : least;
            most = upper[i] > most ? upper[i] : most;
        }
        e->lower[k] = least;
        e->upper[k] = most;
    }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static uint32_t take_node(weft_box_tree *tree, bool leaf) {
    uint32_t node = tree->n_nodes;
    if (tree->n_free > 0) {
        node = tree->first_free;
        tree->first_free = tree->nodes[node].entries[0];
        tree->n_free--;
    } else {
        tree->n_nodes++;
        memset(block(tree, node), 0, block_size(tree) * sizeof(double));
    }
    tree->nodes[node] = (weft_box_node){.leaf = leaf};
    return node;
}

static void give_node(weft_box_tree *tree, uint32_t node) {
    tree->nodes[node].entries[0] = tree->first_free;
    tree->first_free = node;
    tree->n_free++;
}

weft_status weft_box_tree_reserve(weft_box_tree *tree, weft_error *error) {
    uint32_t wanted = tree->height + 1; /* each level splits, and a new root */
    if (tree->capacity - tree->n_nodes + tree->n_free >= wanted) {
        return WEFT_OK;
    }
    if (tree->capacity > UINT32_MAX / 4) {
        return weft_fail_memory(error, SIZE_MAX);
    }
    uint32_t capacity = 2 * tree->capacity + wanted;
    size_t size = capacity * block_size(tree) * sizeof(double);
    weft_box_node *nodes = realloc(tree->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
        return weft_fail_memory(error, capacity * sizeof *nodes);
    }
    tree->nodes = nodes;
    double *blocks = realloc(tree->blocks, size);
    if (blocks == NULL) {
        return weft_fail_memory(error, size);
    }
    tree->blocks = blocks;
    tree->capacity = capacity;
    return WEFT_OK;
}

weft_status weft_box_tree_create(int m, weft_box_tree *tree, weft_error *error) {
    *tree = (weft_box_tree){.m = m};
    for (int k = 0; k < m; k++) {
        tree->lower[k] = INFINITY;
        tree->upper[k] = -INFINITY;
    }
    WEFT_TRY(weft_box_tree_reserve(tree, error));
    tree->root = take_node(tree, true);
    tree->height = 1;
    return WEFT_OK;
}

void weft_box_tree_destroy(weft_box_tree *tree) {
    free(tree->nodes);
    free(tree->blocks);
    *tree = (weft_box_tree){0};
}

/* ---- insertion ------------------------------------------------------------------------------- */

static void widest_coordinate(const weft_box_tree *tree, entry *entries, uint32_t n) {
    double widest = -1.0;
    int chosen = 0;
    for (int k = 0; k < tree->m; k++) {
        double least = INFINITY;
        double most = -INFINITY;
        for (uint32_t i = 0; i < n; i++) {
            double centre = 0.5 * entries[i].lower[k] + 0.5 * entries[i].upper[k];
            least = centre < least ? centre : least;
            most = centre > most ? centre : most;
        }
        double width = (most - least) / (tree->upper[k] - tree->lower[k]);
        if (width > widest) { /* false for what infinite values make of it */
            widest = width;
            chosen = k;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        entries[i].key = 0.5 * entries[i].lower[chosen] + 0.5 * entries[i].upper[chosen];
    }
}

static void sort_entries(entry *entries, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        entry moved = entries[i];
        uint32_t to = i;
        for (; to > 0 && entries[to - 1].key > moved.key; to--) {
            entries[to] = entries[to - 1];
        }
        entries[to] = moved;
    }
}

/* Adds an entry; a full node keeps the lower half along its widest coordinate and a new one, which
 * is returned, takes the rest. */
static uint32_t add(weft_box_tree *tree, uint32_t at, const entry *added) {
    uint32_t width = tree->nodes[at].leaf ? LEAF : FAN;
    uint32_t n = tree->nodes[at].n;
    if (n < width) {
        put(tree, at, n, added);
        tree->nodes[at].n++;
        return NONE;
    }
    entry entries[LEAF + 1];
    for (uint32_t i = 0; i < n; i++) {
        get(tree, at, i, &entries[i]);
    }
    entries[n] = *added;
    widest_coordinate(tree, entries, n + 1);
    sort_entries(entries, n + 1);
    uint32_t sibling = take_node(tree, tree->nodes[at].leaf);
    uint32_t kept = (n + 1) / 2;
    for (uint32_t i = 0; i <= n; i++) {
        put(tree, i < kept ? at : sibling, i < kept ? i : i - kept, &entries[i]);
    }
    tree->nodes[at].n = kept;
    tree->nodes[sibling].n = n + 1 - kept;
    return sibling;
}

/* The child whose box grows least, in units of the range of all points; of equals, the one whose
 * centre is nearest. */
static uint32_t choose(const weft_box_tree *tree, uint32_t at, const double *p) {
    const double *lower = block(tree, at);
    const double *upper = &lower[FAN * tree->m];
    double growth[FAN] = {0};
    double distance[FAN] = {0};
    for (int k = 0; k < tree->m; k++) {
        double range = tree->upper[k] - tree->lower[k];
        double unit = range > 0.0 && isfinite(range) ? 1.0 / range : 0.0;
        for (int i = 0; i < FAN; i++) {
            double below = lower[k * FAN + i] - p[k];
            double above = p[k] - upper[k * FAN + i];
            growth[i] += unit * ((below > 0.0 ? below : 0.0) + (above > 0.0 ? above : 0.0));
            distance[i] += unit * unit * (above - below) * (above - below);
        }
    }
    uint32_t best = 0;
    for (uint32_t i = 1; i < tree->nodes[at].n; i++) {
        if (growth[i] < growth[best] ||
            (growth[i] == growth[best] && distance[i] < distance[best])) {
            best = i;
        }
    }
    return best;
}

static uint32_t insert(weft_box_tree *tree, uint32_t at, const entry *point) {
    if (tree->nodes[at].leaf) {
        return add(tree, at, point);
    }
    uint32_t i = choose(tree, at, point->lower);
    uint32_t child = tree->nodes[at].entries[i];
    uint32_t sibling = insert(tree, child, point);
    if (sibling == NONE) {
        double *lower = block(tree, at);
        double *upper = &lower[FAN * tree->m];
        for (int k = 0; k < tree->m; k++) {
            double *least = &lower[(uint32_t)(k * FAN) + i];
            double *most = &upper[(uint32_t)(k * FAN) + i];
            *least = point->lower[k] < *least ? point->lower[k] : *least;
            *most = point->lower[k] > *most ? point->lower[k] : *most;
        }
        return NONE;
    }
    entry box;
    bound(tree, child, &box);
    put(tree, at, i, &box);
    bound(tree, sibling, &box);
    return add(tree, at, &box);
}

void weft_box_tree_insert(weft_box_tree *tree, const double *p, uint32_t row) {
    entry point = {.index = row};
    for (int k = 0; k < tree->m; k++) {
        point.lower[k] = point.upper[k] = p[k];
        tree->lower[k] = fmin(tree->lower[k], p[k]);
        tree->upper[k] = fmax(tree->upper[k], p[k]);
    }
    uint32_t sibling = insert(tree, tree->root, &point);
    if (sibling != NONE) {
        uint32_t root = take_node(tree, false);
        entry box;
        bound(tree, tree->root, &box);
        add(tree, root, &box);
        bound(tree, sibling, &box);
        add(tree, root, &box);
        tree->root = root;
        tree->height++;
    }
}

/* ---- removal --------------------------------------------------------------------------------- */

typedef struct cutting {
    const double *p;
    void (*gone)(void *context, uint32_t row);
    void *context;
} cutting;

static void drop(weft_box_tree *tree, uint32_t at, uint32_t i) {
    uint32_t last = --tree->nodes[at].n;
    if (i != last) {
        entry moved;
        get(tree, at, last, &moved);
        put(tree, at, i, &moved);
    }
}

/* Whether anything was taken out. From the last lane on, since what fills a gap comes from
 * behind. */
static bool cut(weft_box_tree *tree, uint32_t at, const cutting *c) {
    weft_box_node *node = &tree->nodes[at];
    const double *values = block(tree, at);
    uint32_t used = used_lanes(node);
    bool any = false;
    if (node->leaf) {
        uint32_t lanes = lanes_above(values, LEAF, tree->m, c->p) & used;
        any = lanes != 0;
        while (lanes != 0) {
            uint32_t i = 31 - (uint32_t)__builtin_clz(lanes);
            lanes &= ~((uint32_t)1 << i);
            c->gone(c->context, node->entries[i]);
            drop(tree, at, i);
        }
        return any;
    }
    uint32_t lanes = lanes_above(&values[FAN * tree->m], FAN, tree->m, c->p) & used;
    while (lanes != 0) {
        uint32_t i = 31 - (uint32_t)__builtin_clz(lanes);
        lanes &= ~((uint32_t)1 << i);
        uint32_t child = node->entries[i];
        if (!cut(tree, child, c)) {
            continue;
        }
        any = true;
        if (tree->nodes[child].n == 0) {
            give_node(tree, child);
            drop(tree, at, i);
        } else {
            entry box;
            bound(tree, child, &box);
            put(tree, at, i, &box);
        }
    }
    return any;
}

void weft_box_tree_cut(weft_box_tree *tree, const double *p,
                       void (*gone)(void *context, uint32_t row), void *context) {
    cut(tree, tree->root, &(cutting){.p = p, .gone = gone, .context = context});
    while (!tree->nodes[tree->root].leaf && tree->nodes[tree->root].n == 1) {
        uint32_t child = tree->nodes[tree->root].entries[0];
        give_node(tree, tree->root);
        tree->root = child;
        tree->height--;
    }
    if (tree->nodes[tree->root].n == 0) {
        tree->nodes[tree->root].leaf = true;
        tree->height = 1;
    }
}

static void renumber_node(weft_box_tree *tree, uint32_t at,
                          uint32_t (*renumber)(const void *context, uint32_t row),
                          const void *context) {
    weft_box_node *node = &tree->nodes[at];
    for (uint32_t i = 0; i < node->n; i++) {
        if (node->leaf) {
            node->entries[i] = renumber(context, node->entries[i]);
        } else {
            renumber_node(tree, node->entries[i], renumber, context);
        }
    }
}

void weft_box_tree_renumber(weft_box_tree *tree,
                            uint32_t (*renumber)(const void *context, uint32_t row),
                            const void *context) {
    renumber_node(tree, tree->root, renumber, context);
}
