/* SPDX-License-Identifier: Apache-2.0
 *
 * What the copies leave of a loop runs in time: X inside the innermost part that holds it, the
 * weights outside of all parts, and the rows P, columns Q and batch N of the output inside parts that
 * hold them. Where several do, a loop is split into factors, one for each, and every split is tried:
 *
 *   - P outside Q; inside other parts than the outermost one Q outside P as well
 *   - not a split in which a loop that another one of its dimension surrounds ends with a shorter
 *     pass: ceil(size / what is inside) mod factor = 0
 *   - not one in which a buffer's tile of inputs and outputs takes more than its capacity
 *
 * The first of the least energy without leakage wins, factors ascending from the outermost part on,
 * so that among equals a loop runs further in. Where nothing fits, all runs inside the outermost
 * part. Energies are those of operands whose statistics are all one half: the parts that a split
 * concerns hardly depend on them, and layers of one shape get one nest.
 *
 * Splits of n = prod p^a over k parts: prod C(a + k - 1, k - 1); 112 over three: 45. Where P, Q and N
 * have more than MAX_SPLITS together, loops are not split, but each runs inside the part that is best.
 * Source: ours. Timeloop searches the same space at random for the least product of energy and delay;
 * delay does not depend on the split. */
#include "hardware/nest.h"

#include "hardware/count.h"

#include <string.h>

enum { P, Q, N, SPLIT };
enum { MAX_SPLITS = 100000 };
static const int SPLIT_DIM[SPLIT] = {WEFT_DIM_P, WEFT_DIM_Q, WEFT_DIM_N};

typedef struct search {
    const weft_hierarchy *h;
    const weft_precision *price;
    const weft_loop_sizes *loops;
    const weft_spread *spread;
    int n_holders[SPLIT];
    const int16_t *holder[SPLIT]; /* from the outside in; -1: outside of all parts */
    int32_t turns[SPLIT][WEFT_MAX_HOLDERS];
    double read_j[WEFT_MAX_PARTS], write_j[WEFT_MAX_PARTS];
    bool whole; /* loops are not split */
    double least;
    weft_nest candidate;
    weft_nest *best;
    weft_counts counts;
} search;

/* ---- building a nest ------------------------------------------------------------------------- */

static int32_t turns_inside(const search *s, int k, int part) {
    for (int i = 0; i < s->n_holders[k]; i++) {
        if (s->holder[k][i] == part) {
            return s->turns[k][i];
        }
    }
    return 1;
}

static void add_loop(weft_nest *nest, int dim, int32_t turns, int part) {
    if (turns > 1) {
        nest->loop[nest->n++] = (weft_time_loop){dim, turns, part, 1};
    }
}

/* Everything of a dimension inside a loop runs before the loop turns. */
static void set_strides(const weft_hierarchy *h, const weft_spread *spread, weft_nest *nest) {
    for (int i = 0; i < nest->n; i++) {
        weft_time_loop *loop = &nest->loop[i];
        int l = loop->part < 0 ? 0 : h->roles[loop->part].level + 1;
        for (loop->stride = 1; l < h->n_levels; l++) {
            loop->stride *= spread->factor[l][loop->dim];
        }
        for (int j = i + 1; j < nest->n; j++) {
            loop->stride *= nest->loop[j].dim == loop->dim ? nest->loop[j].turns : 1;
        }
    }
}

static void add_weights(const weft_spread *spread, weft_nest *nest) {
    static const int WEIGHTS[] = {WEFT_DIM_Y, WEFT_DIM_G, WEFT_DIM_C,
                                  WEFT_DIM_M, WEFT_DIM_R, WEFT_DIM_S};
    nest->n = 0;
    for (int i = 0; i < WEFT_LENGTH(WEIGHTS); i++) {
        add_loop(nest, WEIGHTS[i], spread->rest[WEIGHTS[i]], -1);
    }
}

/* X runs inside the innermost part that holds it. */
static int slices_part(const weft_hierarchy *h) {
    return h->holders[WEFT_DIM_X][h->n_holders[WEFT_DIM_X] - 1];
}

/* The nest of the current split; bit i of `turned`: inside part i, Q runs outside P. */
static void build(const search *s, uint64_t turned, weft_nest *nest) {
    int slices = slices_part(s->h);
    add_weights(s->spread, nest);
    for (int part = -1; part < s->h->n_parts; part++) {
        bool columns_first = part >= 0 && (turned >> part & 1U) != 0;
        int outer = columns_first ? Q : P;
        int inner = columns_first ? P : Q;
        add_loop(nest, WEFT_DIM_N, turns_inside(s, N, part), part);
        add_loop(nest, SPLIT_DIM[outer], turns_inside(s, outer, part), part);
        add_loop(nest, SPLIT_DIM[inner], turns_inside(s, inner, part), part);
        add_loop(nest, WEFT_DIM_X, part == slices ? s->spread->rest[WEFT_DIM_X] : 1, part);
    }
    set_strides(s->h, s->spread, nest);
}

/* Every loop inside the outermost part that holds it: what `build` gives for such a split. */
static void build_plain(const weft_hierarchy *h, const weft_spread *spread, weft_nest *nest) {
    int slices = slices_part(h);
    int part[SPLIT];
    for (int k = 0; k < SPLIT; k++) {
        part[k] = h->holders[SPLIT_DIM[k]][0];
    }
    add_weights(spread, nest);
    weft_time_loop loops[SPLIT + 1] = {{WEFT_DIM_N, spread->rest[WEFT_DIM_N], part[N], 1},
                                       {WEFT_DIM_P, spread->rest[WEFT_DIM_P], part[P], 1},
                                       {WEFT_DIM_Q, spread->rest[WEFT_DIM_Q], part[Q], 1},
                                       {WEFT_DIM_X, spread->rest[WEFT_DIM_X], slices, 1}};
    for (int i = 1; i < SPLIT + 1; i++) { /* by part, stable */
        weft_time_loop loop = loops[i];
        int at = i;
        for (; at > 0 && loops[at - 1].part > loop.part; at--) {
            loops[at] = loops[at - 1];
        }
        loops[at] = loop;
    }
    for (int i = 0; i < SPLIT + 1; i++) {
        add_loop(nest, loops[i].dim, loops[i].turns, loops[i].part);
    }
    set_strides(h, spread, nest);
}

/* ---- the search ------------------------------------------------------------------------------ */

static void try_nest(search *s, uint64_t turned) {
    build(s, turned, &s->candidate);
    weft_count_nest(s->h, s->price, s->loops, s->spread, &s->candidate, &s->counts);
    if (!s->counts.fits) {
        return;
    }
    double energy = 0;
    for (int p = 0; p < s->h->n_parts; p++) {
        energy += s->counts.reads[p] * s->read_j[p] + s->counts.writes[p] * s->write_j[p];
    }
    if (energy < s->least * (1 - 1e-12)) {
        s->least = energy;
        *s->best = s->candidate;
    }
}

/* Both orders of P and Q inside each part but the outermost one. */
static void try_orders(search *s) {
    uint64_t both = 0;
    for (int i = 0; i < s->n_holders[P]; i++) {
        int part = s->holder[P][i];
        bool outermost = part <= s->holder[P][0] || part <= s->holder[Q][0];
        if (!outermost && s->turns[P][i] > 1 && turns_inside(s, Q, part) > 1) {
            both |= UINT64_C(1) << part;
        }
    }
    uint64_t turned = 0;
    do { /* all subsets of `both`, ascending */
        try_nest(s, turned);
        turned = (turned - both) & both;
    } while (turned != 0);
}

/* Whether a loop of split k that another one surrounds ends with a shorter pass. */
static bool ends_short(const search *s, int k) {
    int d = SPLIT_DIM[k];
    double all = s->spread->rest[d];
    for (int l = 0; l < s->h->n_levels; l++) {
        all *= s->spread->factor[l][d];
    }
    double inside = 1;
    int p = s->h->n_parts - 1;
    for (int l = s->h->n_levels - 1; l >= 0; l--) {
        for (; p >= 0 && s->h->parts[p].level == l; p--) {
            double turns = turns_inside(s, k, p);
            bool surrounded = inside * turns < all * (1 - 1e-12);
            if (turns > 1 && surrounded && fmod(ceil(s->loops->size[d] / inside), turns) != 0) {
                return true;
            }
            inside *= turns;
        }
        inside *= s->spread->factor[l][d];
    }
    return false;
}

/* The divisor of n that follows f < n. */
static int32_t next_divisor(int32_t n, int32_t f) {
    int32_t root = (int32_t)sqrt((double)n);
    for (int32_t q = f + 1; q <= root; q++) {
        if (n % q == 0) {
            return q;
        }
    }
    int32_t other = n / (f + 1) < root ? n / (f + 1) : root;
    while (other > 1 && n % other != 0) {
        other--;
    }
    return n / (other > 1 ? other : 1);
}

/* Ways to write n as a product of k factors in order. */
static double splits_of(int32_t n, int k) {
    double ways = 1;
    for (int32_t p = 2; n > 1;) {
        p = p > n / p ? n : p;
        for (int a = 1; n % p == 0; a++) {
            ways *= (double)(a + k - 1) / a; /* C(a + k - 1, k - 1) from that of a - 1 */
            n /= p;
        }
        p += n > 1;
    }
    return ways;
}

/* The factors of split k from holder i on; `left` is what they have to make up. */
static void try_splits(search *s, int k, int i, int32_t left) {
    if (i < s->n_holders[k] - 1) {
        for (int32_t f = 1;; f = s->whole ? left : next_divisor(left, f)) {
            s->turns[k][i] = f;
            try_splits(s, k, i + 1, left / f);
            if (f == left) {
                return;
            }
        }
    }
    s->turns[k][i] = left;
    if (s->n_holders[k] > 1 && left > 0 && ends_short(s, k)) {
        return;
    }
    if (k + 1 < SPLIT) {
        try_splits(s, k + 1, 0, s->spread->rest[SPLIT_DIM[k + 1]]);
    } else {
        try_orders(s);
    }
}

static void weigh(search *s) {
    for (int p = 0; p < s->h->n_parts; p++) {
        const weft_part_cost *part = &s->price->parts[p];
        for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
            double statistic = k == WEFT_STATISTIC_ONE ? 1 : 0.5;
            s->read_j[p] += part->read_j[k] * statistic;
            s->write_j[p] += part->write_j[k] * statistic;
        }
    }
}

static void find_split(const weft_hierarchy *h, const weft_precision *price,
                       const weft_loop_sizes *loops, const weft_spread *spread, weft_nest *nest) {
    search s = {.h = h, .price = price, .loops = loops, .spread = spread, .best = nest};
    for (int k = 0; k < SPLIT; k++) {
        s.n_holders[k] = h->n_holders[SPLIT_DIM[k]];
        s.holder[k] = h->holders[SPLIT_DIM[k]];
        for (int i = 0; i < s.n_holders[k]; i++) {
            s.turns[k][i] = i == 0 ? spread->rest[SPLIT_DIM[k]] : 1;
        }
    }
    double splits = 1;
    for (int k = 0; k < SPLIT; k++) {
        splits *= splits_of(spread->rest[SPLIT_DIM[k]], s.n_holders[k]);
    }
    s.whole = splits > MAX_SPLITS;
    s.least = INFINITY;
    weigh(&s);
    try_splits(&s, 0, 0, spread->rest[SPLIT_DIM[0]]);
}

void weft_nest_find(const weft_hierarchy *h, const weft_precision *price,
                    const weft_loop_sizes *loops, const weft_spread *spread, weft_nest *nest) {
    build_plain(h, spread, nest);
    for (int k = 0; k < SPLIT; k++) {
        if (h->n_holders[SPLIT_DIM[k]] > 1 && spread->rest[SPLIT_DIM[k]] > 1) {
            find_split(h, price, loops, spread, nest);
            return;
        }
    }
}
