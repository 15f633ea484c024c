/* SPDX-License-Identifier: Apache-2.0
 *
 * From the loops of a layer to the actions of the parts.
 *
 * Levels are filled from the inside out (fill.h); what is left of a loop runs in time, inside of the
 * parts that nest.c says. Of a part k:
 *
 *   extent_k[d]  the product of d's factors inside k, in space and in time
 *   tiles_k      product over d of ceil(size[d] / extent_k[d])
 *   steps_k      product of the factors in time outside k
 *   used_k       tiles_k / steps_k, copies at work on the average; the reference (`alone`) takes whole
 *                ones, rounded down. Where groups share arrays, times the share of the places for them
 *                that hold one
 *
 * with, per copy and tile, in bits (b: bits of an input slice, o: of an output):
 *
 *   in_tile   = N C G X b (rows of the window) (columns of the window)
 *   out_tile  = N M P Q G o
 *   window    = (p - 1) stride + (r - 1) dilation + 1    for p outputs and r taps
 *
 * An operand goes from part to part. between(k, c) is the product of the factors of the levels between
 * k and the next part c inside, of the operand's own dimensions, and of all dimensions at a level whose
 * copies cannot share it.
 *
 *   reads_in(k) = between(k, innermost) b steps       where nothing inside carries inputs
 *               = between(k, c) reads_in(c)           c passes
 *               = between(k, c) in_tile_c steps_c     c merges
 *               = between(k, c) fills_in(c)           c is a buffer
 *   fills_in(k) = in_tile + for each loop in time outside k, from the outside: (turns of those
 *                 outside it) (factor - 1) (in_tile - what the tile before it shares with it)
 *   sums_out(k) = between(k, innermost) o steps       where nothing inside carries outputs
 *               = between(k, c) sums_out(c)           c passes
 *               = between(k, c) out_tile_c steps_c    c merges or is a buffer
 *
 * A buffer reads reads_in + sums_out and writes fills_in + sums_out + out_tile steps_k (each partial
 * sum is read, added to and written; the first, too), the fills where a store further out has them.
 * Source: Timeloop's semantics as CiMLoop uses them; derived and checked against runs of it, see
 * docs/results/cost-model.md. */
#include "hardware/count.h"

#include <string.h>

enum { INPUTS, OUTPUTS, CARRIED };

/* ---- filling --------------------------------------------------------------------------------- */

static void take_all(const weft_loop_sizes *loops, int32_t rest[WEFT_DIM_COUNT],
                     int32_t factor[WEFT_DIM_COUNT]) {
    unsigned weights = weft_tensor_dims(WEFT_TENSOR_WEIGHTS);
    (void)loops;
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        bool take = (weights >> d & 1U) != 0;
        factor[d] = take ? rest[d] : 1;
        rest[d] = take ? 1 : rest[d];
    }
}

bool weft_spread_measure(const weft_hierarchy *h, const weft_precision *price, weft_spread *spread,
                         int *at, double *needed) {
    double used = 1;
    bool fits = true;
    for (int l = 0; l < h->n_levels; l++) {
        double copies = 1;
        unsigned over = 0;
        for (int d = 0; d < WEFT_DIM_COUNT; d++) {
            over |= (unsigned)(spread->factor[l][d] > 1) << d;
        }
        for (unsigned left = over; left != 0; left &= left - 1) {
            copies *= spread->factor[l][__builtin_ctz(left)];
        }
        if (copies > price->capacity[l] && fits) {
            fits = false;
            *at = l;
            *needed = copies;
        }
        spread->spread[l] = (uint16_t)over;
        used *= copies;
        spread->used[l] = used;
    }
    return fits;
}

bool weft_spread_layer(const weft_hierarchy *h, const weft_precision *price,
                       const weft_loop_sizes *loops, weft_fill_memo *memo, weft_spread *spread,
                       int *at, double *needed) {
    memcpy(spread->rest, loops->size, sizeof spread->rest);
    spread->rest[WEFT_DIM_X] = 1;
    for (int l = h->n_levels - 1; l >= 0; l--) {
        const weft_level *level = &h->levels[l];
        if (level->takes_all) {
            take_all(loops, spread->rest, spread->factor[l]);
        } else {
            weft_fill_level(level->groups, level->n_groups, price->capacity[l], spread->rest,
                            spread->factor[l], memo);
        }
    }
    spread->rest[WEFT_DIM_X] = loops->size[WEFT_DIM_X];
    return weft_spread_measure(h, price, spread, at, needed);
}

double weft_spread_copies(const weft_spread *spread, int array_level) {
    static const int DIMS[] = {WEFT_DIM_N, WEFT_DIM_P, WEFT_DIM_Q};
    double copies = 1;
    for (int l = 0; l <= array_level; l++) {
        for (int i = 0; i < 3; i++) {
            copies *= spread->factor[l][DIMS[i]];
        }
    }
    return copies;
}

/* ---- tiles ----------------------------------------------------------------------------------- */

typedef struct walk {
    const weft_hierarchy *h;
    const weft_precision *price;
    const weft_loop_sizes *loops;
    const weft_spread *spread;
    const weft_nest *nest;
    double extent[WEFT_DIM_COUNT]; /* at most the size: what is inside of a place */
    double whole[WEFT_DIM_COUNT];  /* the same, past the layer's edge */
    double turns[WEFT_DIM_COUNT];  /* ceil(size / extent) */
    unsigned changed;              /* dimensions whose turns are out of date */
    double tiles;                  /* product of the turns */
    double inside;                 /* steps of the loops in time inside this place */
    double steps;                  /* of all */
    double filled;                 /* share of the places for groups in arrays that hold one */
} walk;

/* For x > -1; cheaper than the library's where the CPU is not known. From 2^52 on every double is
 * whole. */
static double ceil_of(double x) {
    if (x >= 0x1p52) {
        return x;
    }
    double down = (double)(int64_t)x;
    return down + (x > down);
}

static void grow(walk *w, int d, double factor) {
    double size = w->loops->size[d];
    w->whole[d] *= factor;
    w->extent[d] = w->whole[d] < size ? w->whole[d] : size;
    w->changed |= 1U << d;
}

static double capped(const walk *w, int d) {
    return w->extent[d];
}

static double window(double outputs, double taps, double stride, double dilation) {
    return (outputs - 1) * stride + (taps - 1) * dilation + 1;
}

typedef struct pitches {
    double row, column, tap_row, tap_column;
} pitches;

static pitches pitch_of(const walk *w) {
    if (w->price->number[WEFT_NUMBER_STRIDES] == 0) {
        return (pitches){1, 1, 1, 1};
    }
    return (pitches){w->loops->stride_h, w->loops->stride_w, w->loops->dilation_h,
                     w->loops->dilation_w};
}

/* Inputs of a tile: bits a window's pixel, and the window. */
typedef struct in_tile {
    double depth, rows, columns;
} in_tile;

static in_tile inputs_of(const walk *w, const pitches *pitch) {
    return (in_tile){
        .depth = capped(w, WEFT_DIM_N) * capped(w, WEFT_DIM_C) * capped(w, WEFT_DIM_G) *
                 capped(w, WEFT_DIM_X) * w->price->input.slice_bits,
        .rows = window(capped(w, WEFT_DIM_P), capped(w, WEFT_DIM_R), pitch->row, pitch->tap_row),
        .columns =
            window(capped(w, WEFT_DIM_Q), capped(w, WEFT_DIM_S), pitch->column, pitch->tap_column),
    };
}

static double outputs_of(const walk *w) {
    return capped(w, WEFT_DIM_N) * capped(w, WEFT_DIM_M) * capped(w, WEFT_DIM_P) *
           capped(w, WEFT_DIM_Q) * capped(w, WEFT_DIM_G) * w->price->bits[2];
}

_Static_assert(WEFT_DIM_COUNT % 2 == 0, "tiles_of takes two at once");

static double tiles_of(walk *w) {
    if (w->changed == 0) {
        return w->tiles;
    }
    for (unsigned left = w->changed; left != 0; left &= left - 1) {
        int d = __builtin_ctz(left);
        w->turns[d] = ceil_of(w->loops->size[d] / w->extent[d]);
    }
    w->changed = 0;
    double product[2] = {1, 1}; /* two chains at once */
    for (int d = 0; d < WEFT_DIM_COUNT; d += 2) {
        product[0] *= w->turns[d];
        product[1] *= w->turns[d + 1];
    }
    w->tiles = product[0] * product[1];
    return w->tiles;
}

/* By how far a turn of a loop moves the window, in rows and columns of the input. */
static void move_of(const weft_time_loop *loop, const pitches *pitch, double *rows,
                    double *columns) {
    double stride = loop->stride;
    *rows = loop->dim == WEFT_DIM_P   ? stride * pitch->row
            : loop->dim == WEFT_DIM_R ? stride * pitch->tap_row
                                      : 0;
    *columns = loop->dim == WEFT_DIM_Q   ? stride * pitch->column
               : loop->dim == WEFT_DIM_S ? stride * pitch->tap_column
                                         : 0;
}

static double at_least_zero(double x) {
    return x > 0 ? x : 0;
}

/* Bits that come into one copy over all steps; the first n loops in time are outside of it. */
static double fills_of(const walk *w, int n, const in_tile *tile, const pitches *pitch) {
    double whole = tile->depth * tile->rows * tile->columns;
    double back_r = 0;
    double back_c = 0;
    double outer[WEFT_MAX_NEST + 1];
    outer[0] = 1;
    for (int i = 0; i < n; i++) {
        outer[i + 1] = outer[i] * w->nest->loop[i].turns;
    }
    double fills = whole;
    bool fresh_inside = false; /* a loop inside brings other channels: nothing is left to share */
    for (int i = n - 1; i >= 0; i--) {
        double move_r = 0;
        double move_c = 0;
        int d = w->nest->loop[i].dim;
        bool fresh = d == WEFT_DIM_N || d == WEFT_DIM_C || d == WEFT_DIM_G || d == WEFT_DIM_X;
        move_of(&w->nest->loop[i], pitch, &move_r, &move_c);
        double shared = 0;
        if (!fresh && !fresh_inside) {
            shared = tile->depth * at_least_zero(tile->rows - fabs(move_r - back_r)) *
                     at_least_zero(tile->columns - fabs(move_c - back_c));
        }
        fills += outer[i] * (w->nest->loop[i].turns - 1) * (whole - shared);
        back_r += (w->nest->loop[i].turns - 1) * move_r;
        back_c += (w->nest->loop[i].turns - 1) * move_c;
        fresh_inside = fresh_inside || fresh;
    }
    return fills;
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* What the last part inside that carries an operand asks for, and the copies on the way to it. */
typedef struct carrier {
    double demand; /* bits of one copy */
    double between;
} carrier;

double weft_count_words(double bits, double word) {
    return ceil_of(bits / word - 1e-9);
}

/* Weights that come in, once for all copies. The reference (alone) moves whole tiles of them, the
 * cells that they leave empty too; else only what the network has comes in. */
static double moved_weights(const walk *w, const weft_counts *counts) {
    const int32_t *size = w->loops->size;
    if (w->h->accounting != WEFT_ACCOUNTING_ALONE) {
        return counts->cells / size[WEFT_DIM_Y];
    }
    unsigned dims = weft_tensor_dims(WEFT_TENSOR_WEIGHTS);
    double moved = 1.0 / size[WEFT_DIM_Y];
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        if ((dims >> d & 1U) != 0) {
            moved *= w->spread->rest[d];
            for (int l = 0; l < w->h->n_levels; l++) {
                moved *= w->spread->factor[l][d];
            }
        }
    }
    return moved;
}

/* Copies of the weights; as the reference has it (alone), those at work on the average. */
static double copies_of(const walk *w) {
    double copies = 1;
    static const int DIMS[] = {WEFT_DIM_N, WEFT_DIM_P, WEFT_DIM_Q};
    for (int i = 0; i < 3; i++) {
        int d = DIMS[i];
        if (w->h->accounting == WEFT_ACCOUNTING_ALONE) {
            copies *= (double)w->loops->size[d] / w->spread->rest[d];
            continue;
        }
        for (int l = 0; l < w->h->n_levels; l++) {
            copies *= w->spread->factor[l][d];
        }
    }
    return copies;
}

static void count_simple(const walk *w, const weft_role *part, int p, double used,
                         const carrier *out, double results, weft_counts *counts) {
    const int32_t *size = w->loops->size;
    double word = w->price->parts[p].word;
    double *reads = &counts->reads[p];
    switch ((weft_action)part->action) {
    case WEFT_ACTION_CELL:
        *reads = counts->cells * size[WEFT_DIM_N] * size[WEFT_DIM_P] * size[WEFT_DIM_Q] *
                 size[WEFT_DIM_X] / word;
        break;
    case WEFT_ACTION_LOAD:
        counts->writes[p] = counts->cells * copies_of(w) / word;
        break;
    case WEFT_ACTION_STEP:
        *reads = counts->used[p] * w->steps / word;
        break;
    case WEFT_ACTION_OUTPUT:
        *reads = used * out->demand * out->between / w->price->bits[2] / size[WEFT_DIM_X] / word;
        break;
    case WEFT_ACTION_RESULT:
        *reads = used * results * w->steps / size[WEFT_DIM_X] / word;
        break;
    case WEFT_ACTION_INPUT:
    case WEFT_ACTION_READOUT:
    case WEFT_ACTION_PASS:
    case WEFT_ACTION_MERGE:
    case WEFT_ACTION_BUFFER:
    case WEFT_ACTION_WITH:
    case WEFT_ACTION_ELEMENT: /* hierarchy_cost.c, which knows them */
    case WEFT_ACTION_HOP:
    case WEFT_ACTION_SPILL:
    case WEFT_ACTION_NONE:
    case WEFT_ACTION_COUNT:
        break;
    }
}

/* Inputs on their way in: what part p reads, and what it asks for from further out. */
static void carry_inputs(walk *w, const weft_role *part, int p, double used, double above,
                         int outside, carrier *in, weft_counts *counts) {
    pitches pitch = pitch_of(w);
    in_tile tile = inputs_of(w, &pitch);
    double whole = tile.depth * tile.rows * tile.columns;
    double reads = in->between * in->demand;
    double word = w->price->parts[p].word;
    if (part->action == WEFT_ACTION_INPUT) {
        word *= w->price->input.slice_bits;
    }
    counts->reads[p] += used * weft_count_words(reads, word);
    in->demand = reads;
    if (part->action == WEFT_ACTION_MERGE) {
        in->demand = whole * above;
    } else if (part->action == WEFT_ACTION_BUFFER) {
        in->demand = fills_of(w, outside, &tile, &pitch);
        if ((part->below & WEFT_TENSOR_INPUTS) != 0) {
            counts->writes[p] += used * weft_count_words(in->demand, word);
        }
    }
    in->between = 1;
}

/* Outputs on their way out. */
static void carry_outputs(walk *w, const weft_role *part, int p, double used, double above,
                          carrier *out, weft_counts *counts) {
    double sums = out->between * out->demand;
    double word = w->price->parts[p].word;
    if (part->action == WEFT_ACTION_READOUT) {
        word *= w->price->bits[2];
    }
    counts->reads[p] += used * weft_count_words(sums, word);
    out->demand = sums;
    if (part->action == WEFT_ACTION_MERGE || part->action == WEFT_ACTION_BUFFER) {
        out->demand = outputs_of(w) * above;
    }
    if (part->action == WEFT_ACTION_BUFFER) {
        counts->writes[p] += used * weft_count_words(sums, word);
        if ((part->below & WEFT_TENSOR_OUTPUTS) != 0) {
            counts->writes[p] += used * weft_count_words(out->demand, word);
        }
    }
    out->between = 1;
}

/* The loops in time that run inside part p now count as inside. */
static int take_inside(walk *w, int p, int outside) {
    while (outside > 0 && w->nest->loop[outside - 1].part == p) {
        outside--;
        grow(w, w->nest->loop[outside].dim, w->nest->loop[outside].turns);
        w->inside *= w->nest->loop[outside].turns;
    }
    return outside;
}

/* Past the copies of a level: factors join the extents, and the way between parts. */
static void cross_level(walk *w, int l, carrier carriers[CARRIED], double *results) {
    const unsigned inputs = weft_tensor_dims(WEFT_TENSOR_INPUTS);
    const unsigned outputs = weft_tensor_dims(WEFT_TENSOR_OUTPUTS);
    const int32_t *factor = w->spread->factor[l];
    unsigned apart = ~w->h->levels[l].shares;
    for (unsigned left = w->spread->spread[l]; left != 0; left &= left - 1) {
        int d = __builtin_ctz(left);
        grow(w, d, factor[d]);
        if ((inputs >> d & 1U) != 0 || (apart & WEFT_TENSOR_INPUTS) != 0) {
            carriers[INPUTS].between *= factor[d];
        }
        if ((outputs >> d & 1U) != 0 || (apart & WEFT_TENSOR_OUTPUTS) != 0) {
            carriers[OUTPUTS].between *= factor[d];
        }
        *results *= (outputs >> d & 1U) != 0 ? factor[d] : 1;
    }
}

/* A buffer's tile: what it keeps between two steps. */
static bool tile_fits(const walk *w, const weft_role *part, double capacity) {
    double bits = 0;
    if ((part->tensors & WEFT_TENSOR_INPUTS) != 0) {
        pitches pitch = pitch_of(w);
        in_tile tile = inputs_of(w, &pitch);
        bits += tile.depth * tile.rows * tile.columns;
    }
    if ((part->tensors & WEFT_TENSOR_OUTPUTS) != 0) {
        bits += outputs_of(w);
    }
    return bits <= capacity;
}

/* On the average over time; as the reference has it (alone), whole ones. */
static double copies_at_work(walk *w, double above) {
    double copies = tiles_of(w) / above;
    bool whole = w->h->accounting == WEFT_ACCOUNTING_ALONE;
    return whole ? (double)(int64_t)(copies + 1e-9) : copies;
}

static void count_part(walk *w, int p, int *outside, carrier carriers[CARRIED], double results,
                       weft_counts *counts) {
    const weft_role *part = &w->h->roles[p];
    *outside = take_inside(w, p, *outside);
    double above = w->steps / w->inside;
    counts->used[p] = copies_at_work(w, above);
    double used = counts->used[p] * w->filled;
    counts->reads[p] = 0;
    counts->writes[p] = 0;
    if (part->action == WEFT_ACTION_BUFFER && w->price->parts[p].capacity > 0) {
        counts->fits = counts->fits && tile_fits(w, part, w->price->parts[p].capacity);
    }
    if (part->carries_inputs) {
        carry_inputs(w, part, p, used, above, *outside, &carriers[INPUTS], counts);
    }
    if (part->carries_outputs) {
        carry_outputs(w, part, p, used, above, &carriers[OUTPUTS], counts);
    }
    if (part->carries_weights) {
        counts->weight_bits = w->price->bits[1] * moved_weights(w, counts);
        counts->reads[p] += weft_count_words(counts->weight_bits, w->price->parts[p].word);
    }
    count_simple(w, part, p, used, &carriers[OUTPUTS], results, counts);
}

void weft_count_nest(const weft_hierarchy *h, const weft_precision *price,
                     const weft_loop_sizes *loops, const weft_spread *spread, const weft_nest *nest,
                     weft_counts *counts) {
    walk w = {.h = h,
              .price = price,
              .loops = loops,
              .spread = spread,
              .nest = nest,
              .tiles = 1,
              .inside = 1,
              .filled = 1};
    const int32_t *size = loops->size;
    w.steps = 1;
    for (int i = 0; i < nest->n; i++) {
        w.steps *= nest->loop[i].turns;
    }
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        w.extent[d] = w.whole[d] = 1;
        w.turns[d] = size[d];
        w.tiles *= size[d];
    }
    counts->fits = true;
    counts->weight_bits = 0;
    counts->steps = w.steps;
    counts->cells = (double)size[WEFT_DIM_C] * size[WEFT_DIM_R] * size[WEFT_DIM_S] *
                    size[WEFT_DIM_M] * size[WEFT_DIM_G] * size[WEFT_DIM_Y];
    if (loops->packed > 1) { /* C and M are those of a whole array */
        w.filled = (double)loops->groups / ((double)loops->packed * size[WEFT_DIM_G]);
        counts->cells = counts->cells / size[WEFT_DIM_G] / loops->packed / loops->packed *
                        loops->groups;
    }
    carrier carriers[CARRIED] = {{.between = 1}, {.between = 1}};
    carriers[INPUTS].demand = price->input.slice_bits * w.steps;
    carriers[OUTPUTS].demand = price->bits[2] * w.steps;
    double results = 1;
    int outside = nest->n;
    int p = h->n_parts - 1;
    for (int l = h->n_levels - 1; l >= 0; l--) {
        for (; p >= 0 && h->roles[p].level == l; p--) {
            count_part(&w, p, &outside, carriers, results, counts);
        }
        cross_level(&w, l, carriers, &results);
    }
    for (p = 1; p < h->n_parts; p++) {
        if (h->roles[p].action == WEFT_ACTION_WITH) {
            counts->reads[p] = counts->reads[p - 1];
            counts->writes[p] = counts->writes[p - 1];
        }
    }
}

void weft_count_layer(const weft_hierarchy *h, const weft_precision *price,
                      const weft_loop_sizes *loops, const weft_spread *spread,
                      weft_counts *counts) {
    weft_nest nest;
    weft_nest_find(h, price, loops, spread, &nest);
    weft_count_nest(h, price, loops, spread, &nest, counts);
}
