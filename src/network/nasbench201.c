/* SPDX-License-Identifier: Apache-2.0
 *
 * NAS-Bench-201. Stem conv 3x3 with batch norm; three stages of equal cells with 16, 32 and 64
 * channels, between them a residual block with stride 2; batch norm, ReLU, global pool, classifier.
 *
 * A cell has nodes 0 (its input) to 3 (its output); node j is the sum over i < j of edge i>j applied to
 * node i. Convolutions are ReLU, convolution, batch norm; the pool is a mean over 3 x 3 positions
 * inside of the map; `none` gives zeros. The benchmark computes all of it, and counts all
 * convolutions, also those whose result `none` multiplies by zero. Here
 *   - sums leave out zeros, and nodes that are nothing but zeros are only made where a convolution
 *     reads them (its norm makes a learned constant of them) or they are the output;
 *   - a ReLU is made once a node;
 *   - convolutions that lead nowhere stay, as the published counts have them, and the output adds
 *     their result times zero: every layer is read, as training wants it, and no value changes. */
#include "network/nasbench.h"

#include <string.h>

#include "network/family.h"

enum { NODES = 4, EDGES = 6, LAST = NODES - 1, STEM_CHANNELS = 16 };

typedef enum cell_op { OP_NONE, OP_SKIP, OP_CONV_1X1, OP_CONV_3X3, OP_POOL } cell_op;

/* In the place of a layer. */
enum { ZEROS = -1, NOT_MADE = -2 };

/* Places: the cells of stage s are stage 1 + s, an edge has roles for either convolution and its norm,
 * which share nothing; then residual blocks and head. */
enum {
    STAGE_STEM = 0,
    STAGE_CELLS = 1,
    STAGE_REDUCTION = 8,
    STAGE_HEAD = 255,
    ROLES_OF_EDGE = 4,
    ROLE_CONV_1X1 = 1,
    ROLE_CONV_3X3 = 3,
    ROLE_SHORTCUT = 1,
    ROLE_FIRST = 2,
    ROLE_SECOND = 4,
    ROLE_NORM = 1,
    ROLE_CLASSIFIER = 3,
};

typedef struct cell {
    const weft_nasbench_spec *spec;
    int32_t stage, number;
    bool needed[NODES];
    int32_t value[NODES];     /* the layer of a node; ZEROS */
    int32_t activated[NODES]; /* its ReLU; NOT_MADE */
    int32_t zeros;            /* a map of zeros; NOT_MADE */
    int32_t nowhere;          /* the sum of what leads nowhere; ZEROS: nothing does */
} cell;

/* Edge i > j: 0>1, 0>2, 1>2, 0>3, 1>3, 2>3. */
static int edge_of(int i, int j) {
    return j * (j - 1) / 2 + i;
}

static cell_op op_of(const cell *c, int i, int j) {
    return (cell_op)c->spec->choice[edge_of(i, j)];
}

static bool is_conv(cell_op op) {
    return op == OP_CONV_1X1 || op == OP_CONV_3X3;
}

/* A node is needed where a convolution reads it, or the output does through nodes. */
static void find_needed(cell *c) {
    c->needed[LAST] = true;
    for (int i = LAST - 1; i >= 0; i--) {
        c->needed[i] = false;
        for (int j = i + 1; j < NODES; j++) {
            cell_op op = op_of(c, i, j);
            c->needed[i] |= is_conv(op) || (op != OP_NONE && c->needed[j]);
        }
    }
}

/* Zeros in the shape of a layer, which reads it: the channels that padding puts behind its own. */
static int32_t put_zeros(weft_builder *b, int32_t of) {
    b->at = of;
    int32_t channels = weft_build_shape(b).channels;
    weft_put(b, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = 2 * channels});
    weft_put(b, (weft_layer){.op = WEFT_OP_SLICE, .out_channels = channels, .offset = channels});
    return b->at;
}

static int32_t put_sum(weft_builder *b, int32_t sum, int32_t term) {
    if (sum == ZEROS || term == ZEROS) {
        return sum == ZEROS ? term : sum;
    }
    b->at = term;
    weft_put_join(b, WEFT_OP_ADD, sum);
    return b->at;
}

/* What a convolution of node i reads. */
static int32_t put_activated(weft_builder *b, cell *c, int i) {
    if (c->value[i] == ZEROS) {
        c->zeros = c->zeros == NOT_MADE ? put_zeros(b, c->value[0]) : c->zeros;
        return c->zeros;
    }
    if (c->activated[i] == NOT_MADE) {
        b->at = c->value[i];
        weft_put_op(b, WEFT_OP_RELU);
        c->activated[i] = b->at;
    }
    return c->activated[i];
}

static int32_t put_conv(weft_builder *b, cell *c, int i, int j) {
    const bool large = op_of(c, i, j) == OP_CONV_3X3;
    int32_t role = ROLES_OF_EDGE * edge_of(i, j) + (large ? ROLE_CONV_3X3 : ROLE_CONV_1X1);
    b->at = put_activated(b, c, i);
    b->place = weft_place(STAGE_CELLS + c->stage, c->number, role);
    weft_put_conv_norm(b, weft_build_shape(b).channels, large ? 3 : 1, 1, WEFT_OP_INPUT);
    return b->at;
}

static int32_t put_edge(weft_builder *b, cell *c, int i, int j) {
    switch (op_of(c, i, j)) {
    case OP_NONE:
        return ZEROS;
    case OP_SKIP:
        return c->value[i];
    case OP_CONV_1X1:
    case OP_CONV_3X3:
        return put_conv(b, c, i, j);
    case OP_POOL:
        break;
    }
    if (c->value[i] == ZEROS) {
        return ZEROS;
    }
    b->at = c->value[i];
    weft_put_pool(b, WEFT_OP_AVERAGE_INSIDE, 3, 1, 1);
    return b->at;
}

/* Node j; of one that is not needed only the convolutions are made, and lead nowhere. */
static void put_node(weft_builder *b, cell *c, int j) {
    c->value[j] = ZEROS;
    c->activated[j] = NOT_MADE;
    for (int i = 0; i < j; i++) {
        if (c->needed[j] || is_conv(op_of(c, i, j))) {
            c->value[j] = put_sum(b, c->value[j], put_edge(b, c, i, j));
        }
    }
    if (!c->needed[j]) {
        c->nowhere = put_sum(b, c->nowhere, c->value[j]);
    }
}

static void put_cell(weft_builder *b, const weft_nasbench_spec *spec, int stage, int number) {
    cell c = {.spec = spec, .stage = stage, .number = number, .zeros = NOT_MADE, .nowhere = ZEROS};
    find_needed(&c);
    c.value[0] = b->at;
    c.activated[0] = NOT_MADE;
    for (int j = 1; j < NODES; j++) {
        put_node(b, &c, j);
    }
    int32_t out = c.value[LAST];
    if (c.nowhere != ZEROS) {
        out = put_sum(b, out, put_zeros(b, c.nowhere));
    } else if (out == ZEROS) {
        out = c.zeros == NOT_MADE ? put_zeros(b, c.value[0]) : c.zeros;
    }
    b->at = out;
}

/* The residual block in front of stages 1 and 2. The sum comes right behind a batch norm. */
static void put_reduction(weft_builder *b, int stage, int32_t channels) {
    int32_t entry = b->at;
    weft_put_pool(b, WEFT_OP_AVERAGE_WINDOW, 2, 2, 0);
    b->place = weft_place(STAGE_REDUCTION + stage, 0, ROLE_SHORTCUT);
    weft_put_conv(b, channels, 1, 1, false);
    int32_t shortcut = b->at;
    b->at = entry;
    weft_put_op(b, WEFT_OP_RELU);
    b->place = weft_place(STAGE_REDUCTION + stage, 0, ROLE_FIRST);
    weft_put_conv_norm(b, channels, 3, 2, WEFT_OP_RELU);
    b->place = weft_place(STAGE_REDUCTION + stage, 0, ROLE_SECOND);
    weft_put_conv_norm(b, channels, 3, 1, WEFT_OP_INPUT);
    weft_put_join(b, WEFT_OP_ADD, shortcut);
}

static void put_201(weft_builder *b, const weft_nasbench_spec *spec) {
    b->bits = spec->bits;
    b->place = weft_place(STAGE_STEM, 0, 1);
    weft_put_conv_norm(b, weft_scale(spec->width, STEM_CHANNELS), 3, 1, WEFT_OP_INPUT);
    b->block = 0;
    for (int s = 0; s < WEFT_NASBENCH_STAGES; s++) {
        if (s > 0) {
            put_reduction(b, s, weft_scale(spec->width, STEM_CHANNELS << s));
            b->block++;
        }
        for (int k = 0; k < spec->cells[s]; k++) {
            put_cell(b, spec, s, k);
            b->block++;
        }
    }
    b->block = WEFT_NO_BLOCK;
    b->place = weft_place(STAGE_HEAD, 0, ROLE_NORM);
    weft_put_op(b, WEFT_OP_BATCH_NORM);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_pool_flat(b, 1);
    b->place = weft_place(STAGE_HEAD, 0, ROLE_CLASSIFIER);
    weft_put_linear(b, spec->classes);
}

/* Reads `mark` at *at and moves behind it. */
static bool take(const char **at, const char *end, const char *mark) {
    size_t length = strlen(mark);
    bool is_there = (size_t)(end - *at) >= length && memcmp(*at, mark, length) == 0;
    *at += is_there ? length : 0;
    return is_there;
}

static bool take_op(const char **at, const char *end, int32_t *op) {
    for (*op = 0; *op < weft_nasbench_201.n_words; ++*op) {
        if (take(at, end, weft_nasbench_201.words[*op])) {
            return true;
        }
    }
    return false;
}

/* "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...": the edges into each node, with where they are
 * from. */
static bool read_201(const char *text, size_t length, int32_t *choice) {
    static const char *const from[] = {"~0|", "~1|", "~2|"};
    const char *at = text, *end = text + length;
    for (int j = 1; j < NODES; j++) {
        if ((j > 1 && !take(&at, end, "+")) || !take(&at, end, "|")) {
            return false;
        }
        for (int i = 0; i < j; i++) {
            if (!take_op(&at, end, &choice[edge_of(i, j)]) || !take(&at, end, from[i])) {
                return false;
            }
        }
    }
    return at == end;
}

const weft_nasbench weft_nasbench_201 = {
    .name = "nasbench201",
    .gene = "op",
    .n_choices = EDGES,
    .n_words = 5,
    .words = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"},
    .largest = OP_CONV_3X3,
    .put = put_201,
    .read = read_201,
};
