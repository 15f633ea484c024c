/* SPDX-License-Identifier: Apache-2.0
 *
 * What an optimizer was told, in order, with a hash set over the genomes; and behind it the genomes
 * proposed in the batch being put together (pending), which are known but not told.
 */
#ifndef WEFT_SEARCH_HISTORY_H
#define WEFT_SEARCH_HISTORY_H

#include <weft/search.h>

typedef struct weft_history {
    const weft_gene_table *table; /* borrowed */
    size_t n;                     /* told */
    size_t n_pending;             /* rows n .. n+n_pending-1 of `genomes` */
    size_t capacity;              /* rows */
    double *genomes;              /* (capacity, n_genes), canonical */
    weft_outcome *outcomes;       /* (capacity) */
    uint32_t *slots;              /* row + 1, or 0: empty; linear probing */
    size_t n_slots;               /* a power of two, at least twice the rows */
} weft_history;

/* Room for `more` rows; afterwards that many pushes cannot fail. */
weft_status weft_history_reserve(weft_history *history, size_t more,
                                 weft_error *error) WEFT_NODISCARD;
void weft_history_clear(weft_history *history);

/* Genomes have one NaN and one zero (weft_genome_normalise), so that bytes can be hashed. */
bool weft_history_holds(const weft_history *history, const double *genome);
void weft_history_push(weft_history *history, const double *genome, const weft_outcome *outcome);
void weft_history_push_pending(weft_history *history, const double *genome);
void weft_history_drop_pending(weft_history *history);

static inline const double *weft_history_genome(const weft_history *history, size_t row) {
    return &history->genomes[row * (size_t)history->table->n_genes];
}

/* Canonical, with the one NaN of NAN and no negative zero. */
void weft_genome_normalise(const weft_gene_table *table, double *genome);

#endif
