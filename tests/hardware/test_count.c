/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of actions against closed forms, against a plain walk through all loops of small layers, and
 * for arrays and layers of any size. */
#include <math.h>

#include "hardware/hierarchy_cost.h"
#include "hardware/price.h"
#include "hardware/support.h"

typedef struct mapped {
    const weft_hierarchy *h;
    const weft_precision *price;
    weft_loop_sizes loops;
    weft_spread spread;
    weft_nest nest;
    weft_counts counts;
} mapped;

static weft_fill_memo *memo;

static weft_priced *priced_text(const char *text) {
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    expect_ok(weft_chip_parse(text, strlen(text), "test.yaml", &chip, &error), &error, text);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, text);
    weft_chip_destroy(chip);
    return priced;
}

/* Maps a layer; false where it does not fit. Sizes of X and Y follow from the chip. */
static bool map_layer(const weft_priced *priced, const int32_t size[WEFT_DIM_COUNT], mapped *m) {
    memset(m, 0, sizeof *m);
    m->h = priced->hierarchy->hierarchy;
    m->price = &priced->hierarchy->own;
    m->loops = (weft_loop_sizes){
        .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1, .packed = 1};
    memcpy(m->loops.size, size, sizeof m->loops.size);
    m->loops.size[WEFT_DIM_X] = m->price->input_slices;
    m->loops.size[WEFT_DIM_Y] = m->price->weight_slices;
    int at = 0;
    double needed = 0;
    if (!weft_spread_layer(m->h, m->price, &m->loops, memo, &m->spread, &at, &needed)) {
        return false;
    }
    weft_nest_find(m->h, m->price, &m->loops, &m->spread, &m->nest);
    weft_count_nest(m->h, m->price, &m->loops, &m->spread, &m->nest, &m->counts);
    return true;
}

static int part_at(const weft_hierarchy *h, const char *name) {
    for (int p = 0; p < h->n_parts; p++) {
        if (strcmp(h->parts[p].name, name) == 0) {
            return p;
        }
    }
    fail_msg("no part '%s'", name);
    return -1;
}

static int level_at(const weft_hierarchy *h, const char *name) {
    for (int l = 0; l < h->n_levels; l++) {
        if (strcmp(h->levels[l].name, name) == 0) {
            return l;
        }
    }
    fail_msg("no level '%s'", name);
    return -1;
}

static int32_t between(weft_rng *rng, int32_t low, int32_t high) {
    return low + (int32_t)weft_rng_below(rng, (uint64_t)(high - low) + 1);
}

static int32_t one_of(weft_rng *rng, const int32_t *values, int n) {
    return values[weft_rng_below(rng, (uint64_t)n)];
}

/* ---- closed forms ------------------------------------------------------------------------------ */

/* The basic macro as so many rows and columns, slices of cells and inputs, on as many macros as a
 * layer may take. */
static weft_priced *basic_array(int rows, int columns, int cell_bits, int dac_bits) {
    char value[4][32];
    const char *path[] = {"rows", "columns", "cell_bits", "dac_bits"};
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    expect_ok(weft_chip_read("basic-65nm-rram", &chip, &error), &error, "preset");
    snprintf(value[0], sizeof value[0], "%d", rows);
    snprintf(value[1], sizeof value[1], "%d", columns);
    snprintf(value[2], sizeof value[2], "%d bit", cell_bits);
    snprintf(value[3], sizeof value[3], "%d bit", dac_bits);
    for (int i = 0; i < 4; i++) {
        expect_ok(weft_chip_set(chip, path[i], value[i], &error), &error, value[i]);
    }
    expect_ok(weft_chip_set(chip, "macro.count", "1048576", &error), &error, "macro.count");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_chip_destroy(chip);
    return priced;
}

static void random_layer(weft_rng *rng, int32_t size[WEFT_DIM_COUNT]) {
    static const int32_t CHANNELS[] = {1, 3, 16, 24, 64, 96, 100, 128, 256, 511};
    static const int32_t TAPS[] = {1, 1, 3, 5, 7};
    static const int32_t SIDES[] = {1, 7, 14, 13, 28, 56};
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        size[d] = 1;
    }
    size[WEFT_DIM_N] = weft_rng_below(rng, 4) == 0 ? 3 : 1;
    size[WEFT_DIM_C] = one_of(rng, CHANNELS, 10);
    size[WEFT_DIM_M] = one_of(rng, CHANNELS, 10);
    size[WEFT_DIM_R] = one_of(rng, TAPS, 5);
    size[WEFT_DIM_S] = one_of(rng, TAPS, 5);
    size[WEFT_DIM_P] = one_of(rng, SIDES, 6);
    size[WEFT_DIM_Q] = one_of(rng, SIDES, 6);
    size[WEFT_DIM_G] = weft_rng_below(rng, 5) == 0 ? between(rng, 2, 40) : 1;
}

static double turns_over(const mapped *m, int level, const int *dims, int n, double *factors) {
    double turns = 1;
    *factors = 1;
    for (int i = 0; i < n; i++) {
        double factor = m->spread.factor[level][dims[i]];
        turns *= ceil(m->loops.size[dims[i]] / factor);
        *factors *= factor;
    }
    return turns;
}

/* T steps of all layers' outputs and slices; arrays of r x c cells, nr high and nc wide:
 * row drives T nr nc r, conversions T nr nc c, products T C R S M Y. */
static void check_closed_forms(const mapped *m, int word) {
    static const int ROWS[] = {WEFT_DIM_C, WEFT_DIM_R, WEFT_DIM_S};
    static const int COLUMNS[] = {WEFT_DIM_M, WEFT_DIM_Y};
    const int32_t *size = m->loops.size;
    double r, c;
    double high = turns_over(m, level_at(m->h, "row"), ROWS, 3, &r);
    double wide = turns_over(m, level_at(m->h, "column"), COLUMNS, 2, &c);
    double t = (double)size[WEFT_DIM_N] * size[WEFT_DIM_P] * size[WEFT_DIM_Q] * size[WEFT_DIM_G] *
               size[WEFT_DIM_X];
    double products = t * size[WEFT_DIM_C] * size[WEFT_DIM_R] * size[WEFT_DIM_S] *
                      size[WEFT_DIM_M] * size[WEFT_DIM_Y];
    const weft_counts *counts = &m->counts;
    assert_true(counts->reads[part_at(m->h, "row_drivers")] == t * high * wide * r);
    assert_true(counts->reads[part_at(m->h, "adc")] == t * high * wide * c);
    assert_true(counts->reads[part_at(m->h, "cells")] == products / word);
    assert_true(counts->used[part_at(m->h, "adc")] == high * wide * size[WEFT_DIM_G]);
    assert_true(counts->steps == t / size[WEFT_DIM_G]);
}

static void test_closed_forms(void **state) {
    (void)state;
    static const int32_t SIDES[] = {8, 16, 32, 64, 128, 200, 256, 512, 1024};
    static const int32_t BITS[] = {1, 2, 3, 4, 8};
    for (uint64_t i = 0; i < 60; i++) {
        weft_rng rng = weft_rng_make(41, WEFT_PURPOSE_TEST, i);
        weft_priced *priced = basic_array(one_of(&rng, SIDES, 9), one_of(&rng, SIDES, 9),
                                          one_of(&rng, BITS, 5), one_of(&rng, BITS, 5));
        int fitting = 0;
        for (int k = 0; k < 20; k++) {
            int32_t size[WEFT_DIM_COUNT];
            mapped m;
            random_layer(&rng, size);
            if (map_layer(priced, size, &m)) {
                check_closed_forms(&m, 1);
                fitting++;
            }
        }
        assert_true(fitting > 0);
        weft_priced_destroy(priced);
    }
}

/* ---- a plain walk ------------------------------------------------------------------------------ */

/* One loop of the nest, in space or in time, from the outside in. */
typedef struct turn {
    int dim, factor, stride;
    int level; /* of a loop in space; -1: in time */
} turn;

enum { MAX_TURNS = 64, MAX_DEPTH = 4096 };

typedef struct plain {
    const mapped *m;
    int n;
    turn turns[MAX_TURNS];
    int place[WEFT_MAX_PARTS]; /* loops outside of a part */
    int index[MAX_TURNS];
} plain;

static void add_turn(plain *w, int dim, int factor, int level) {
    if (factor > 1) {
        assert_true(w->n < MAX_TURNS);
        w->turns[w->n++] = (turn){dim, factor, 1, level};
    }
}

static void add_time(plain *w, int part) {
    for (int i = 0; i < w->m->nest.n; i++) {
        const weft_time_loop *loop = &w->m->nest.loop[i];
        if (loop->part == part) {
            add_turn(w, loop->dim, loop->turns, -1);
        }
    }
}

static plain plain_of(const mapped *m) {
    plain w = {.m = m};
    add_time(&w, -1);
    for (int l = 0; l < m->h->n_levels; l++) {
        for (int d = 0; d < WEFT_DIM_COUNT; d++) {
            add_turn(&w, d, m->spread.factor[l][d], l);
        }
        for (int p = 0; p < m->h->n_parts; p++) {
            if (m->h->parts[p].level == l) {
                w.place[p] = w.n;
                add_time(&w, p);
            }
        }
    }
    for (int i = 0; i < w.n; i++) {
        for (int j = i + 1; j < w.n; j++) {
            w.turns[i].stride *= w.turns[j].dim == w.turns[i].dim ? w.turns[j].factor : 1;
        }
    }
    return w;
}

/* Whether every loop divides its size: then all copies and tiles are alike. */
static bool is_even(const mapped *m) {
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        double all = m->spread.rest[d];
        for (int l = 0; l < m->h->n_levels; l++) {
            all *= m->spread.factor[l][d];
        }
        if (all != m->loops.size[d]) {
            return false;
        }
    }
    return true;
}

/* The next values of the loops from..to-1 that are in time (1), space (0) or any (-1); false past
 * the last, with all of them at 0 again. */
static bool advance(plain *w, int from, int to, int time) {
    for (int i = to - 1; i >= from; i--) {
        bool in_time = w->turns[i].level < 0;
        if (time >= 0 && in_time != (time == 1)) {
            continue;
        }
        if (++w->index[i] < w->turns[i].factor) {
            return true;
        }
        w->index[i] = 0;
    }
    return false;
}

static int coordinate(const plain *w, int dim) {
    int at = 0;
    for (int i = 0; i < w->n; i++) {
        at += w->turns[i].dim == dim ? w->index[i] * w->turns[i].stride : 0;
    }
    return at;
}

/* The inputs of a tile: a box of rows and columns in some channels, images, groups and slices. */
typedef struct tile {
    int row[2], column[2];
    bool depth[MAX_DEPTH];
} tile;

static void find_tile(plain *w, int place, tile *t) {
    const int32_t *size = w->m->loops.size;
    *t = (tile){{1 << 20, -1}, {1 << 20, -1}, {false}};
    do {
        int row = coordinate(w, WEFT_DIM_P) * w->m->loops.stride_h +
                  coordinate(w, WEFT_DIM_R) * w->m->loops.dilation_h;
        int column = coordinate(w, WEFT_DIM_Q) * w->m->loops.stride_w +
                     coordinate(w, WEFT_DIM_S) * w->m->loops.dilation_w;
        int depth = ((coordinate(w, WEFT_DIM_N) * size[WEFT_DIM_C] + coordinate(w, WEFT_DIM_C)) *
                         size[WEFT_DIM_G] +
                     coordinate(w, WEFT_DIM_G)) *
                        size[WEFT_DIM_X] +
                    coordinate(w, WEFT_DIM_X);
        assert_true(depth < MAX_DEPTH);
        t->row[0] = row < t->row[0] ? row : t->row[0];
        t->row[1] = row > t->row[1] ? row : t->row[1];
        t->column[0] = column < t->column[0] ? column : t->column[0];
        t->column[1] = column > t->column[1] ? column : t->column[1];
        t->depth[depth] = true;
    } while (advance(w, place, w->n, -1));
}

/* Elements of a tile that the one before does not have. */
static double new_in(const tile *now, const tile *before) {
    double n = 0;
    for (int d = 0; d < MAX_DEPTH; d++) {
        for (int r = now->row[0]; r <= now->row[1] && now->depth[d]; r++) {
            for (int c = now->column[0]; c <= now->column[1]; c++) {
                bool had = before != NULL && before->depth[d] && r >= before->row[0] &&
                           r <= before->row[1] && c >= before->column[0] && c <= before->column[1];
                n += !had;
            }
        }
    }
    return n;
}

/* Elements that one copy takes in over all steps; `again`: each tile in full. */
static double taken_in(plain *w, int place, bool again) {
    static tile tiles[2];
    double n = 0;
    int now = 0;
    bool first = true;
    do {
        find_tile(w, place, &tiles[now]);
        n += new_in(&tiles[now], first || again ? NULL : &tiles[1 - now]);
        first = false;
        now = 1 - now;
    } while (advance(w, 0, place, 1));
    return n;
}

/* Outputs that one copy hands out over all steps. */
static double handed_out(plain *w, int place) {
    double n = 0;
    do {
        double outputs_of_tile = 1;
        for (int i = place; i < w->n; i++) {
            unsigned outputs = weft_tensor_dims(WEFT_TENSOR_OUTPUTS);
            outputs_of_tile *= (outputs >> w->turns[i].dim & 1U) != 0 ? w->turns[i].factor : 1;
        }
        n += outputs_of_tile;
    } while (advance(w, 0, place, 1));
    return n;
}

/* A copy that gets, or adds up, the same as the first of those that share the operand. */
static bool is_another(const plain *w, unsigned tensor, int from, int to) {
    for (int i = from; i < to; i++) {
        bool own = (weft_tensor_dims(tensor) >> w->turns[i].dim & 1U) != 0;
        int level = w->turns[i].level;
        if (level >= 0 && w->index[i] > 0 && !own && (w->m->h->levels[level].shares & tensor)) {
            return true;
        }
    }
    return false;
}

static double copies_between(plain *w, unsigned tensor, int from, int to) {
    double n = 0;
    do {
        n += !is_another(w, tensor, from, to);
    } while (advance(w, from, to, 0));
    return n;
}

static bool moves(const weft_part *part, unsigned tensor) {
    switch (part->action) {
    case WEFT_ACTION_INPUT:
        return tensor == WEFT_TENSOR_INPUTS;
    case WEFT_ACTION_READOUT:
        return tensor == WEFT_TENSOR_OUTPUTS;
    case WEFT_ACTION_PASS:
    case WEFT_ACTION_MERGE:
    case WEFT_ACTION_BUFFER:
        return (part->tensors & tensor) != 0;
    default:
        return false;
    }
}

static int next_inside(const weft_hierarchy *h, int p, unsigned tensor) {
    for (p++; p < h->n_parts; p++) {
        if (moves(&h->parts[p], tensor)) {
            return p;
        }
    }
    return -1;
}

static double through(plain *w, int p, unsigned tensor);

/* Elements that one copy of a part takes from further out, or hands there. */
static double asked(plain *w, int p, unsigned tensor) {
    int action = w->m->h->parts[p].action;
    if (action != WEFT_ACTION_MERGE && action != WEFT_ACTION_BUFFER) {
        return through(w, p, tensor);
    }
    if (tensor == WEFT_TENSOR_OUTPUTS) {
        return handed_out(w, w->place[p]);
    }
    return taken_in(w, w->place[p], action == WEFT_ACTION_MERGE);
}

/* Elements that pass one copy of a part. */
static double through(plain *w, int p, unsigned tensor) {
    int inside = next_inside(w->m->h, p, tensor);
    int to = inside >= 0 ? w->place[inside] : w->n;
    double copies = copies_between(w, tensor, w->place[p], to);
    return copies * (inside >= 0 ? asked(w, inside, tensor) : w->m->counts.steps);
}

static double words(double bits, double word) {
    return ceil(bits / word - 1e-9);
}

static void check_part(plain *w, int p) {
    const weft_part *part = &w->m->h->parts[p];
    const weft_precision *price = w->m->price;
    double bits[] = {price->input.slice_bits, price->bits[2]};
    static const unsigned TENSOR[] = {WEFT_TENSOR_INPUTS, WEFT_TENSOR_OUTPUTS};
    double copies = 0;
    do {
        copies++;
    } while (advance(w, 0, w->place[p], 0));
    double reads = 0;
    double writes = 0;
    for (int t = 0; t < 2; t++) {
        if (!moves(part, TENSOR[t])) {
            continue;
        }
        bool values = part->action == WEFT_ACTION_INPUT || part->action == WEFT_ACTION_READOUT;
        double word = price->parts[p].word * (values ? bits[t] : 1);
        double passing = words(through(w, p, TENSOR[t]) * bits[t], word);
        reads += passing;
        if (part->action == WEFT_ACTION_BUFFER) {
            double outside = words(asked(w, p, TENSOR[t]) * bits[t], word);
            writes += (t == 1 ? passing : 0) + ((part->below & TENSOR[t]) != 0 ? outside : 0);
        }
    }
    const weft_counts *c = &w->m->counts;
    if (c->used[p] != copies ||
        (moves(part, 7) && part->action != WEFT_ACTION_CELL &&
         (c->reads[p] != copies * reads || c->writes[p] != copies * writes))) {
        fail_msg("%s: used %g, reads %g, writes %g; walked %g, %g, %g", part->name, c->used[p],
                 c->reads[p], c->writes[p], copies, copies * reads, copies * writes);
    }
}

/* A chip with all ways in which parts act on operands, at random sizes. */
static weft_priced *random_chip(weft_rng *rng) {
    static const char CHIP[] =
        "weft: chip/2\nname: test\noperands:\n"
        "  inputs: {bits: %d, encoding: offset, slice: %d}\n"
        "  weights: {bits: %d, encoding: offset, slice: %d}\n"
        "  outputs: {bits: %d}\n"
        "cycle: {time: {value: 1, unit: ns, source: test}}\n"
        "levels:\n"
        "  - level: system\n    parts:\n"
        "      top: {class: fixed, acts: buffer, on: [inputs, outputs], holds: [P, Q, N]}\n"
        "  - level: tile\n    count: 4096\n    fill: all\n    parts:\n"
        "      glb: {class: fixed, acts: buffer, on: [inputs, outputs], holds: [P, Q], word: %d,\n"
        "            energy: {value: %d, unit: pJ, source: test}}\n"
        "      bus: {class: fixed, acts: pass, on: [inputs, outputs], word: %d}\n"
        "      router: {class: fixed, acts: merge, on: [inputs, outputs], word: %d}\n"
        "  - level: macro\n    count: %d\n%s    fill: [[P, Q], [M, C], [N]]\n    parts:\n"
        "      in: {class: fixed, acts: buffer, on: inputs, holds: %s, word: %d,\n"
        "           energy: {value: %d, unit: pJ, source: test}}\n"
        "      out: {class: fixed, acts: buffer, on: outputs, holds: [X], word: %d}\n"
        "      add: {class: fixed, acts: merge, on: outputs, word: %d}\n"
        "  - level: array\n    count: %d\n    fill: [[M, C], [G], [P, Q]]\n    parts:\n"
        "      adc: {class: fixed, acts: readout}\n"
        "      dac: {class: fixed, acts: input}\n"
        "  - level: column\n    count: %d\n    shares: inputs\n    fill: [[Y], [M]]\n    parts:\n"
        "      line: {class: fixed, acts: pass, on: outputs, word: %d}\n"
        "  - level: row\n    count: %d\n    shares: outputs\n    fill: [[R, S, C]]\n"
        "  - level: cell\n    parts:\n      cells: {class: fixed, acts: cell}\n"
        "execution: {accounting: alone}\n";
    char text[4096];
    int32_t inputs = between(rng, 1, 6);
    int32_t weights = between(rng, 1, 6);
    int n = snprintf(text, sizeof text, CHIP, inputs, between(rng, 1, inputs), weights,
                     between(rng, 1, weights), between(rng, 1, 8), between(rng, 1, 9),
                     between(rng, 0, 5), between(rng, 1, 9), between(rng, 1, 9), between(rng, 1, 6),
                     weft_rng_below(rng, 2) == 0 ? "    shares: []\n" : "",
                     weft_rng_below(rng, 2) == 0 ? "[P, Q]" : "[]", between(rng, 1, 9),
                     between(rng, 0, 5), between(rng, 1, 9), between(rng, 1, 9), between(rng, 1, 4),
                     between(rng, 1, 6), between(rng, 1, 9), between(rng, 1, 12));
    assert_true(n > 0 && (size_t)n < sizeof text);
    return priced_text(text);
}

static void tiny_layer(weft_rng *rng, int32_t size[WEFT_DIM_COUNT]) {
    static const int32_t SIDES[] = {1, 2, 3, 4, 6, 8};
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        size[d] = 1;
    }
    size[WEFT_DIM_N] = between(rng, 1, 2);
    size[WEFT_DIM_C] = one_of(rng, SIDES, 5);
    size[WEFT_DIM_M] = one_of(rng, SIDES, 5);
    size[WEFT_DIM_R] = between(rng, 1, 3);
    size[WEFT_DIM_S] = between(rng, 1, 3);
    size[WEFT_DIM_P] = one_of(rng, SIDES, 6);
    size[WEFT_DIM_Q] = one_of(rng, SIDES, 6);
    size[WEFT_DIM_G] = weft_rng_below(rng, 4) == 0 ? 2 : 1;
}

/* Windows that overlap less, or not at all, and taps that lie apart. */
static void move_windows(weft_rng *rng, mapped *m) {
    m->loops.stride_h = between(rng, 1, 3);
    m->loops.stride_w = between(rng, 1, 2);
    m->loops.dilation_h = between(rng, 1, 2);
    m->loops.dilation_w = between(rng, 1, 2);
    weft_nest_find(m->h, m->price, &m->loops, &m->spread, &m->nest);
    weft_count_nest(m->h, m->price, &m->loops, &m->spread, &m->nest, &m->counts);
}

static void test_plain_walk(void **state) {
    (void)state;
    int walked = 0;
    int split = 0;
    for (uint64_t i = 0; i < 400; i++) {
        weft_rng rng = weft_rng_make(42, WEFT_PURPOSE_TEST, i);
        weft_priced *priced = random_chip(&rng);
        for (int k = 0; k < 3; k++) {
            int32_t size[WEFT_DIM_COUNT];
            mapped m;
            tiny_layer(&rng, size);
            if (!map_layer(priced, size, &m) || !is_even(&m)) {
                continue;
            }
            move_windows(&rng, &m);
            plain w = plain_of(&m);
            for (int p = 0; p < m.h->n_parts; p++) {
                check_part(&w, p);
            }
            walked++;
            split += m.nest.n > 0 && m.nest.loop[m.nest.n - 1].part > 1;
        }
        weft_priced_destroy(priced);
    }
    print_message("  %d layers walked, %d with loops inside inner buffers\n", walked, split);
    assert_true(walked > 300 && split > 50);
}

/* ---- the nest of least energy ------------------------------------------------------------------ */

static double energy_of(const mapped *m, const weft_counts *counts) {
    double sum = 0;
    for (int p = 0; p < m->h->n_parts; p++) {
        for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
            double statistic = k == WEFT_STATISTIC_ONE ? 1 : 0.5;
            sum += statistic * (counts->reads[p] * m->price->parts[p].read_j[k] +
                                counts->writes[p] * m->price->parts[p].write_j[k]);
        }
    }
    return sum;
}

/* The same with P and Q inside the outermost store, P outside Q. */
static weft_nest outermost(const mapped *m) {
    static const int ORDER[] = {WEFT_DIM_N, WEFT_DIM_P, WEFT_DIM_Q, WEFT_DIM_X};
    weft_nest outer = {0};
    for (int d = 0; d < 4; d++) {
        for (int k = 0; k < m->nest.n; k++) {
            weft_time_loop loop = m->nest.loop[k];
            loop.part = loop.dim == WEFT_DIM_X ? loop.part : 0;
            if (loop.dim == ORDER[d]) {
                outer.loop[outer.n++] = loop;
            }
        }
    }
    assert_int_equal(outer.n, m->nest.n);
    for (int k = 0; k < outer.n; k++) {
        weft_time_loop *loop = &outer.loop[k];
        loop->stride = 1;
        for (int l = m->h->parts[loop->part].level + 1; l < m->h->n_levels; l++) {
            loop->stride *= m->spread.factor[l][loop->dim];
        }
        for (int j = k + 1; j < outer.n; j++) {
            loop->stride *= outer.loop[j].dim == loop->dim ? outer.loop[j].turns : 1;
        }
    }
    return outer;
}

/* No other place of the loops that is looked at here needs less energy. */
static void test_nest(void **state) {
    (void)state;
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    expect_ok(weft_chip_read("isaac", &chip, &error), &error, "isaac");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "isaac");
    int moved = 0;
    for (uint64_t i = 0; i < 200; i++) {
        weft_rng rng = weft_rng_make(43, WEFT_PURPOSE_TEST, i);
        int32_t size[WEFT_DIM_COUNT];
        mapped m;
        random_layer(&rng, size);
        if (!map_layer(priced, size, &m)) {
            continue;
        }
        double least = energy_of(&m, &m.counts);
        assert_true(m.counts.fits);
        weft_counts plain_counts;
        weft_count_layer(m.h, m.price, &m.loops, &m.spread, &plain_counts);
        assert_true(energy_of(&m, &plain_counts) == least);
        weft_nest outer = outermost(&m);
        moved += memcmp(&outer, &m.nest, sizeof outer) != 0;
        weft_count_nest(m.h, m.price, &m.loops, &m.spread, &outer, &plain_counts);
        assert_true(energy_of(&m, &plain_counts) >= least * (1 - 1e-12));
    }
    assert_true(moved > 20);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

/* ---- layers add up, and any array will do ------------------------------------------------------ */

static weft_total total_of_table(const char *preset, const char *rows) {
    char text[1024];
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_network *network = NULL;
    int n = snprintf(text, sizeof text, "C,M,R,S,P,Q,G\n%s", rows);
    expect_ok(weft_chip_read(preset, &chip, &error), &error, preset);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, preset);
    expect_ok(weft_network_parse_csv(text, (size_t)n, "layers", &network, &error), &error, rows);
    weft_cost *cost = cost_of(priced, network);
    weft_total total = cost->total;
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return total;
}

static void test_additivity(void **state) {
    (void)state;
    static const char *const PRESETS[] = {"basic-65nm-rram", "isaac", "raella"};
    static const char *const LAYERS[] = {"64,64,3,3,28,28,1\n", "1,1,3,3,14,14,96\n",
                                         "512,1000,1,1,1,1,1\n"};
    for (int i = 0; i < 3; i++) {
        char all[128] = "";
        double energy = 0;
        double latency = 0;
        for (int l = 0; l < 3; l++) { /* the first layer of a table has signed inputs */
            char pair[128];
            snprintf(pair, sizeof pair, "1,1,1,1,1,1,1\n%s", LAYERS[l]);
            weft_total total = total_of_table(PRESETS[i], pair);
            energy += total.energy_j;
            latency += total.latency_s;
            strcat(all, LAYERS[l]);
        }
        weft_total first = total_of_table(PRESETS[i], "1,1,1,1,1,1,1\n");
        char text[160];
        snprintf(text, sizeof text, "1,1,1,1,1,1,1\n%s", all);
        weft_total total = total_of_table(PRESETS[i], text);
        assert_true(fabs(total.energy_j - energy + 2 * first.energy_j) < 1e-12 * energy);
        assert_true(fabs(total.latency_s - latency + 2 * first.latency_s) < 1e-12 * latency);
    }
}

static void check_counts(const mapped *m) {
    assert_true(isfinite(m->counts.steps) && m->counts.steps >= 1);
    double cells = m->counts.cells;
    for (int p = 0; p < m->h->n_parts; p++) {
        double counts[] = {m->counts.used[p], m->counts.reads[p], m->counts.writes[p]};
        for (int k = 0; k < 3; k++) {
            assert_true(isfinite(counts[k]) && counts[k] >= 0);
        }
        assert_true(m->counts.used[p] >= 1);
    }
    double in_arrays = m->spread.used[m->h->n_levels - 1];
    assert_true(cells >= 1 && cells <= in_arrays * (1 + 1e-12));
}

static void test_any_array(void **state) {
    (void)state;
    static const int32_t SIDES[] = {1, 2, 3, 5, 8, 17, 64, 100, 1000, 1024, 2048, 4095, 4096};
    static const int32_t BITS[] = {1, 2, 3, 8};
    int fitting = 0;
    for (uint64_t i = 0; i < 169; i++) {
        weft_rng rng = weft_rng_make(44, WEFT_PURPOSE_TEST, i);
        weft_priced *priced =
            basic_array(SIDES[i % 13], SIDES[i / 13], one_of(&rng, BITS, 4), one_of(&rng, BITS, 4));
        for (int k = 0; k < 10; k++) {
            int32_t size[WEFT_DIM_COUNT];
            mapped m;
            random_layer(&rng, size);
            if (map_layer(priced, size, &m)) {
                check_counts(&m);
                fitting++;
            }
        }
        weft_priced_destroy(priced);
    }
    assert_true(fitting > 1000);
}

static int make_memo(void **state) {
    (void)state;
    memo = calloc(1, sizeof *memo);
    return memo == NULL;
}

static int free_memo(void **state) {
    (void)state;
    free(memo);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_forms), cmocka_unit_test(test_plain_walk),
        cmocka_unit_test(test_nest),         cmocka_unit_test(test_additivity),
        cmocka_unit_test(test_any_array),
    };
    return cmocka_run_group_tests(tests, make_memo, free_memo);
}
