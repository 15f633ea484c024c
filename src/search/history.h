/* SPDX-License-Identifier: Apache-2.0
 *
 * What an optimizer was told, in the order of the trials' numbers, with a hash set over the genomes; and
 * behind it the genomes that are being evaluated or put together to a batch (pending), which are known but
 * not told.
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
    uint64_t *numbers;            /* (capacity) of the trials, rising */
    uint32_t *slots;              /* row + 1, or 0: empty; linear probing */
    size_t n_slots;               /* a power of two, at least twice the rows */
} weft_history;

/* Room for `more` rows; afterwards that many pushes cannot fail. */
weft_status weft_history_reserve(weft_history *history, size_t more,
                                 weft_error *error) WEFT_NODISCARD;
void weft_history_clear(weft_history *history);

/* Genomes have one NaN and one zero (weft_genome_normalise), so that bytes can be hashed. */
bool weft_history_holds(const weft_history *history, const double *genome);

/* A row told of the genome; SIZE_MAX: there is none. Nothing is pending. */
size_t weft_history_find(const weft_history *history, const double *genome);

/* The first row whose number is not below that. */
size_t weft_history_row(const weft_history *history, uint64_t number);

/* Puts a row where its number belongs, behind equal ones. Nothing is pending. */
void weft_history_insert(weft_history *history, uint64_t number, const double *genome,
                         const weft_outcome *outcome);
void weft_history_push_pending(weft_history *history, const double *genome);
void weft_history_drop_pending(weft_history *history);

static inline const double *weft_history_genome(const weft_history *history, size_t row) {
    return &history->genomes[row * (size_t)history->table->n_genes];
}

/* Canonical, with the one NaN of NAN and no negative zero. */
void weft_genome_normalise(const weft_gene_table *table, double *genome);

#endif
