/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/memo.h"

#include "hardware/hash.h"
#include "hardware/histogram.h"

#include <stdlib.h>
#include <string.h>

/* ---- statistics ------------------------------------------------------------------------------ */

/* As those of counts, below. */
enum { STATISTICS = 512, WAYS = 4 };

typedef struct statistic_row {
    const weft_histogram *inputs, *weights; /* NULL: empty */
    weft_operand input, weight;
    int32_t ladder_bits;
    double statistics[WEFT_STATISTIC_COUNT];
} statistic_row;

struct weft_statistic_memo {
    uint8_t next[STATISTICS / WAYS];
    statistic_row rows[STATISTICS];
};

struct weft_statistic_memo *weft_statistic_memo_create(void) {
    return calloc(1, sizeof(struct weft_statistic_memo));
}

void weft_statistic_memo_destroy(struct weft_statistic_memo *memo) {
    free(memo);
}

void weft_statistic_memo_clear(struct weft_statistic_memo *memo) {
    memset(memo, 0, sizeof *memo);
}

static uint64_t add_operand(uint64_t hash, const weft_operand *operand) {
    return weft_hash_add(hash,
                         (uint64_t)operand->assumed << 56 | (uint64_t)operand->encoding << 48 |
                             (uint64_t)operand->missing << 40 | (uint64_t)operand->code_bits << 20 |
                             (uint64_t)operand->slice_bits);
}

/* What statistics are of. */
typedef struct statistic_key {
    const weft_histogram *inputs, *weights;
    const weft_precision *price;
} statistic_key;

static bool is_of(const statistic_row *row, const statistic_key *key) {
    return row->inputs == key->inputs && row->weights == key->weights &&
           row->ladder_bits == key->price->ladder_bits &&
           weft_operand_equals(&row->input, &key->price->input) &&
           weft_operand_equals(&row->weight, &key->price->weight);
}

/* The row of these operands, made anew where there is none. */
static const statistic_row *row_of(struct weft_statistic_memo *memo, uint32_t set,
                                   const statistic_key *key) {
    statistic_row *rows = &memo->rows[set * WAYS];
    for (int i = 0; i < WAYS; i++) {
        if (is_of(&rows[i], key)) {
            return &rows[i];
        }
    }
    statistic_row *row = &rows[memo->next[set]];
    memo->next[set] = (uint8_t)((memo->next[set] + 1) % WAYS);
    row->inputs = key->inputs;
    row->weights = key->weights;
    row->input = key->price->input;
    row->weight = key->price->weight;
    row->ladder_bits = key->price->ladder_bits;
    weft_operand_statistics(key->inputs, &row->input, key->weights, &row->weight, row->ladder_bits,
                            row->statistics);
    return row;
}

void weft_statistic_memo_find(struct weft_statistic_memo *memo, const weft_loop_layer *layer,
                              const weft_precision *price,
                              double statistics[WEFT_STATISTIC_COUNT]) {
    const statistic_key key = {
        weft_histogram_assumed(layer->inputs, layer->input_kind, price->input.assumed),
        weft_histogram_assumed(layer->weights, layer->weight_kind, price->weight.assumed), price};
    uint64_t hash = weft_hash_add(weft_hash_begin(), (uint64_t)(uintptr_t)key.inputs);
    hash = weft_hash_add(hash, (uint64_t)(uintptr_t)key.weights);
    hash = add_operand(add_operand(hash, &price->input), &price->weight);
    hash = weft_hash_add(hash, (uint64_t)price->ladder_bits);
    uint32_t set = (uint32_t)(hash % (STATISTICS / WAYS));
    const statistic_row *row = row_of(memo, set, &key);
    memcpy(statistics, row->statistics, sizeof row->statistics);
}

/* ---- counts ---------------------------------------------------------------------------------- */

/* Room for the layers of some seventy networks that share nothing: a generation of a search. An answer
 * is at one of WAYS neighbours, of which each new one takes the next. */
enum { COUNTS = 4096 };

typedef struct count_row {
    weft_loop_sizes loops;
    bool has_actions;
    weft_kept kept;
} count_row;

struct weft_count_memo {
    uint64_t tags[COUNTS]; /* hashes of what rows are of, close together; 0: empty */
    uint8_t next[COUNTS / WAYS];
    int n_parts; /* of the chips that rows are of */
    count_row rows[COUNTS];
    double actions[2 * COUNTS * WEFT_MAX_PARTS]; /* of each row: reads of all parts, then writes */
};

struct weft_count_memo *weft_count_memo_create(void) {
    return calloc(1, sizeof(struct weft_count_memo));
}

void weft_count_memo_destroy(struct weft_count_memo *memo) {
    free(memo);
}

static uint64_t tag_of(const weft_loop_layer *layer, uint64_t structure, double copies) {
    uint64_t hash = weft_hash_add_real(weft_hash_add(layer->hash, structure), copies);
    return hash != 0 ? hash : 1;
}

/* The first of the neighbours. */
static uint32_t place_of(uint64_t tag) {
    return (uint32_t)(tag % (COUNTS / WAYS)) * WAYS;
}

static bool same_loops(const weft_loop_sizes *a, const weft_loop_sizes *b) {
    return memcmp(a->size, b->size, sizeof a->size) == 0 && a->stride_h == b->stride_h &&
           a->stride_w == b->stride_w && a->dilation_h == b->dilation_h &&
           a->dilation_w == b->dilation_w && a->dynamic == b->dynamic;
}

/* Close together for as many parts as there are. */
static size_t actions_of(const struct weft_count_memo *memo, uint32_t row) {
    return 2 * (size_t)row * (size_t)memo->n_parts;
}

static void take(const struct weft_count_memo *memo, uint32_t at, weft_kept *kept) {
    const double *actions = memo->actions + actions_of(memo, at);
    size_t n = (size_t)memo->n_parts;
    double *reads = kept->reads;
    double *writes = kept->writes;
    *kept = memo->rows[at].kept;
    kept->reads = reads;
    kept->writes = writes;
    if (reads != NULL) {
        memcpy(reads, actions, n * sizeof *reads);
        memcpy(writes, actions + n, n * sizeof *writes);
    }
}

bool weft_count_memo_find(const struct weft_count_memo *memo, const weft_hierarchy *h,
                          const weft_precision *price, const weft_loop_layer *layer, double copies,
                          weft_kept *kept) {
    uint64_t tag = tag_of(layer, price->structure, copies);
    uint32_t at = place_of(tag);
    if (memo->n_parts != h->n_parts) {
        return false;
    }
    for (uint32_t i = at; i < at + WAYS; i++) {
        const count_row *row = &memo->rows[i];
        if (memo->tags[i] == tag && row->kept.structure == price->structure &&
            row->kept.wanted == copies && (kept->reads == NULL || row->has_actions) &&
            same_loops(&row->loops, &layer->loops)) {
            take(memo, i, kept);
            return true;
        }
    }
    return false;
}

void weft_count_memo_put(struct weft_count_memo *memo, const weft_hierarchy *h,
                         const weft_loop_layer *layer, const weft_kept *kept) {
    if (memo->n_parts != h->n_parts) { /* another chip: its rows are of another length */
        memset(memo->tags, 0, sizeof memo->tags);
        memo->n_parts = h->n_parts;
    }
    uint64_t tag = tag_of(layer, kept->structure, kept->wanted);
    uint8_t *next = &memo->next[place_of(tag) / WAYS];
    uint32_t at = place_of(tag) + *next;
    count_row *row = &memo->rows[at];
    double *actions = memo->actions + actions_of(memo, at);
    size_t size = (size_t)h->n_parts * sizeof *kept->reads;
    *next = (uint8_t)((*next + 1) % WAYS);
    memo->tags[at] = tag;
    row->loops = layer->loops;
    row->kept = *kept;
    row->has_actions = kept->reads != NULL;
    if (row->has_actions) {
        memcpy(actions, kept->reads, size);
        memcpy(actions + h->n_parts, kept->writes, size);
    }
}
