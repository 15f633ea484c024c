/* SPDX-License-Identifier: Apache-2.0 */
#include "search/history.h"

#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t genome_size(const weft_history *history) {
    return (size_t)history->table->n_genes * sizeof(double);
}

/* The slot that holds the genome, or the empty one where it belongs. */
static size_t find_slot(const weft_history *history, const double *genome) {
    size_t mask = history->n_slots - 1;
    size_t slot = (size_t)weft_hash(genome, genome_size(history), 0) & mask;
    while (history->slots[slot] != 0) {
        const double *other = weft_history_genome(history, history->slots[slot] - 1);
        if (memcmp(genome, other, genome_size(history)) == 0) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

static weft_status grow_rows(weft_history *history, size_t rows, weft_error *error) {
    size_t capacity = history->capacity == 0 ? 64 : history->capacity;
    while (capacity < rows) {
        capacity *= 2;
    }
    if (capacity > UINT32_MAX / 4 || capacity > SIZE_MAX / 2 / (genome_size(history) + 1)) {
        return weft_fail_memory(error, SIZE_MAX);
    }
    double *genomes = realloc(history->genomes, capacity * genome_size(history));
    if (genomes == NULL) {
        return weft_fail_memory(error, capacity * genome_size(history));
    }
    history->genomes = genomes;
    weft_outcome *outcomes = realloc(history->outcomes, capacity * sizeof *outcomes);
    if (outcomes == NULL) {
        return weft_fail_memory(error, capacity * sizeof *outcomes);
    }
    history->outcomes = outcomes;
    uint64_t *numbers = realloc(history->numbers, capacity * sizeof *numbers);
    if (numbers == NULL) {
        return weft_fail_memory(error, capacity * sizeof *numbers);
    }
    history->numbers = numbers;
    history->capacity = capacity;
    return WEFT_OK;
}

/* A set twice as large as the rows it may have to hold, filled again in order. */
static weft_status grow_slots(weft_history *history, weft_error *error) {
    size_t n_slots = 2 * history->capacity;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL) {
        return weft_fail_memory(error, n_slots * sizeof *slots);
    }
    free(history->slots);
    history->slots = slots;
    history->n_slots = n_slots;
    for (size_t row = 0; row < history->n + history->n_pending; row++) {
        size_t slot = find_slot(history, weft_history_genome(history, row));
        if (slots[slot] == 0) {
            slots[slot] = (uint32_t)row + 1;
        }
    }
    return WEFT_OK;
}

weft_status weft_history_reserve(weft_history *history, size_t more, weft_error *error) {
    size_t used = history->n + history->n_pending;
    if (more > SIZE_MAX - used) {
        return weft_fail_memory(error, SIZE_MAX);
    }
    if (used + more > history->capacity) {
        WEFT_TRY(grow_rows(history, used + more, error));
    }
    if (history->n_slots < 2 * history->capacity) {
        WEFT_TRY(grow_slots(history, error));
    }
    return WEFT_OK;
}

void weft_history_clear(weft_history *history) {
    free(history->genomes);
    free(history->outcomes);
    free(history->numbers);
    free(history->slots);
    history->genomes = NULL;
    history->outcomes = NULL;
    history->numbers = NULL;
    history->slots = NULL;
    history->n = history->n_pending = history->capacity = history->n_slots = 0;
}

bool weft_history_holds(const weft_history *history, const double *genome) {
    return history->n_slots > 0 && history->slots[find_slot(history, genome)] != 0;
}

size_t weft_history_find(const weft_history *history, const double *genome) {
    uint32_t row = history->n_slots > 0 ? history->slots[find_slot(history, genome)] : 0;
    return row > 0 ? row - 1 : SIZE_MAX;
}

size_t weft_history_row(const weft_history *history, uint64_t number) {
    size_t low = 0;
    size_t high = history->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->numbers[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void write_row(weft_history *history, size_t row, const double *genome) {
    memcpy(&history->genomes[row * (size_t)history->table->n_genes], genome, genome_size(history));
    size_t slot = find_slot(history, genome);
    if (history->slots[slot] == 0) {
        history->slots[slot] = (uint32_t)row + 1;
    }
}

/* Changes places of a row and the one before it. */
static void swap_back(weft_history *history, size_t row) {
    size_t n = (size_t)history->table->n_genes;
    double *genome = &history->genomes[row * n];
    double *before = genome - n;
    size_t slot = find_slot(history, genome);
    size_t slot_before = find_slot(history, before);
    for (size_t g = 0; g < n; g++) {
        double value = genome[g];
        genome[g] = before[g];
        before[g] = value;
    }
    if (slot != slot_before) { /* rows of one genome share a slot, which names any of them */
        history->slots[slot] -= history->slots[slot] == row + 1;
        history->slots[slot_before] += history->slots[slot_before] == row;
    }
    weft_outcome outcome = history->outcomes[row];
    history->outcomes[row] = history->outcomes[row - 1];
    history->outcomes[row - 1] = outcome;
    uint64_t number = history->numbers[row];
    history->numbers[row] = history->numbers[row - 1];
    history->numbers[row - 1] = number;
}

void weft_history_insert(weft_history *history, uint64_t number, const double *genome,
                         const weft_outcome *outcome) {
    size_t row = history->n++;
    write_row(history, row, genome);
    history->outcomes[row] = *outcome;
    history->numbers[row] = number;
    for (; row > 0 && history->numbers[row - 1] > number; row--) {
        swap_back(history, row);
    }
}

void weft_history_push_pending(weft_history *history, const double *genome) {
    write_row(history, history->n + history->n_pending, genome);
    history->n_pending++;
}

/* Last in, first out: emptying the slot that was filled last leaves linear probing as it was. */
void weft_history_drop_pending(weft_history *history) {
    while (history->n_pending > 0) {
        size_t row = history->n + history->n_pending - 1;
        size_t slot = find_slot(history, weft_history_genome(history, row));
        if (history->slots[slot] == (uint32_t)row + 1) {
            history->slots[slot] = 0;
        }
        history->n_pending--;
    }
}

void weft_genome_normalise(const weft_gene_table *table, double *genome) {
    weft_genome_canonical(table, genome);
    for (int g = 0; g < table->n_genes; g++) {
        genome[g] = isnan(genome[g]) ? (double)NAN : genome[g] + 0.0;
    }
}
