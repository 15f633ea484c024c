/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/ledger.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 96, ELEMENTS = 8 };

/* Whose coefficient a row is multiplied by. */
typedef struct row {
    int8_t part, statistic;
    bool write;
    bool any; /* a number in it is not zero */
} row;

struct weft_ledger {
    weft_ledger_state state;
    int32_t room;
    int32_t n_columns, n_classes;
    int32_t *layer;                                     /* of each column */
    int32_t *first;                                     /* column of each class */
    int32_t *column;                                    /* of each layer that stands for itself */
    double *energy, *seconds, *loading, *leak, *cycles; /* of each column */
    int n_rows;
    row rows[ROWS];
    int32_t masks[WEFT_MAX_PARTS]; /* statistics that have rows */
    int n_elements;
    int8_t elements[ELEMENTS]; /* parts that act on elements, or let maps out: they take time */
    double *numbers;           /* [ROWS][room] */
    double *acts;              /* [ELEMENTS][room] reads of these parts */
    double *powered;           /* [WEFT_MAX_LEVELS][room] */
};

struct weft_ledger *weft_ledger_create(int32_t room) {
    struct weft_ledger *made = calloc(1, sizeof *made);
    size_t n = (size_t)room;
    if (made == NULL) {
        return NULL;
    }
    made->room = room;
    made->layer = calloc(3 * n + 2, sizeof *made->layer);
    made->energy = calloc((5 + ROWS + ELEMENTS + WEFT_MAX_LEVELS) * n, sizeof *made->energy);
    if (made->layer == NULL || made->energy == NULL) {
        weft_ledger_destroy(made);
        return NULL;
    }
    made->column = made->layer + n;
    made->first = made->column + n;
    made->seconds = made->energy + n;
    made->loading = made->seconds + n;
    made->leak = made->loading + n;
    made->cycles = made->leak + n;
    made->numbers = made->cycles + n;
    made->acts = made->numbers + ROWS * n;
    made->powered = made->acts + ELEMENTS * n;
    return made;
}

void weft_ledger_destroy(struct weft_ledger *ledger) {
    if (ledger != NULL) {
        free(ledger->layer);
        free(ledger->energy);
        free(ledger);
    }
}

/* Class by class; a network has at most as many used classes as layers. */
void weft_ledger_begin(struct weft_ledger *ledger, weft_loop_work *work) {
    ledger->state = WEFT_LEDGER_NEW;
    ledger->n_columns = ledger->n_classes = 0;
    for (int32_t l = 0; l < work->n_layers; l++) {
        work->classes[work->layers[l].precision].columns += work->layers[l].same == l;
    }
    for (int32_t c = 0; c < work->n_classes; c++) {
        weft_class *class = &work->classes[c];
        int32_t n = class->columns;
        if (n > 0) {
            ledger->first[ledger->n_classes++] = ledger->n_columns;
            class->columns = ledger->n_columns; /* from now on the next one */
            ledger->n_columns += n;
        }
    }
    ledger->first[ledger->n_classes] = ledger->n_columns;
    for (int32_t l = 0; l < work->n_layers; l++) {
        if (work->layers[l].same == l) {
            ledger->column[l] = work->classes[work->layers[l].precision].columns++;
            ledger->layer[ledger->column[l]] = l;
        }
    }
}

/* The chip as the layers of the k-th class of the ledger see it. */
static const weft_precision *precision_of(const struct weft_ledger *ledger,
                                          const weft_hierarchy_priced *priced,
                                          const weft_loop_work *work, int32_t k) {
    int32_t layer = ledger->layer[ledger->first[k]];
    return weft_hierarchy_precision(priced, work, work->layers[layer].precision);
}

/* ---- what it is of --------------------------------------------------------------------------- */

/* Whether the layers of a class were counted on a chip like this one; notes it otherwise. */
static bool is_of(weft_counted *counted, const weft_precision *price) {
    if (counted->structure == price->structure && counted->ladder_bits == price->ladder_bits &&
        weft_operand_equals(&counted->input, &price->input) &&
        weft_operand_equals(&counted->weight, &price->weight)) {
        return true;
    }
    *counted = (weft_counted){price->structure, price->input, price->weight, price->ladder_bits};
    return false;
}

static bool has_copies(const struct weft_ledger *ledger, const weft_hierarchy *h,
                       const weft_loop_work *work) {
    for (int32_t u = 0; u < ledger->n_columns && h->accounting != WEFT_ACCOUNTING_ALONE; u++) {
        const weft_loop_cost *cost = &work->costs[ledger->layer[u]];
        if (cost->kept.wanted != cost->copies) {
            return false;
        }
    }
    return true;
}

static bool has_rows(const struct weft_ledger *ledger, const weft_hierarchy *h,
                     const weft_precision *price) {
    int32_t others = 0;
    for (int p = 0; p < h->n_parts; p++) {
        others |= price->parts[p].statistics & ~ledger->masks[p];
    }
    return others == 0;
}

/* Rows for all coefficients that a class of the workload has. False: too many. */
static bool plan(struct weft_ledger *ledger, const weft_hierarchy_priced *priced,
                 const weft_loop_work *work) {
    const weft_hierarchy *h = priced->hierarchy;
    ledger->n_rows = ledger->n_elements = 0;
    memset(ledger->masks, 0, sizeof ledger->masks);
    for (int32_t k = 0; k < ledger->n_classes; k++) {
        const weft_precision *price = precision_of(ledger, priced, work, k);
        for (int p = 0; p < h->n_parts; p++) {
            ledger->masks[p] |= price->parts[p].statistics;
        }
    }
    for (int p = 0; p < h->n_parts; p++) {
        for (int write = 0; write < 2; write++) {
            for (int32_t left = ledger->masks[p]; left != 0; left &= left - 1) {
                if (ledger->n_rows == ROWS) {
                    return false;
                }
                ledger->rows[ledger->n_rows++] =
                    (row){(int8_t)p, (int8_t)__builtin_ctz((unsigned)left), write != 0, false};
            }
        }
        if (h->roles[p].action == WEFT_ACTION_ELEMENT || h->roles[p].action == WEFT_ACTION_SPILL) {
            if (ledger->n_elements == ELEMENTS) {
                return false;
            }
            ledger->elements[ledger->n_elements++] = (int8_t)p;
        }
    }
    return true;
}

weft_ledger_state weft_ledger_look(const weft_hierarchy_priced *priced, weft_loop_work *work) {
    const weft_hierarchy *h = priced->hierarchy;
    struct weft_ledger *ledger = work->ledger;
    if (h->accounting == WEFT_ACCOUNTING_DATAFLOW) {
        return WEFT_LEDGER_NEW;
    }
    bool known = has_copies(ledger, h, work);
    bool rows = true;
    for (int32_t k = 0; k < ledger->n_classes; k++) {
        const weft_precision *price = precision_of(ledger, priced, work, k);
        int32_t c = work->layers[ledger->layer[ledger->first[k]]].precision;
        known = is_of(&work->classes[c].counted, price) && known;
        rows = rows && has_rows(ledger, h, price);
    }
    bool holds = known && rows && ledger->state == WEFT_LEDGER_HOLDS;
    ledger->state = holds                                 ? WEFT_LEDGER_HOLDS
                    : known && plan(ledger, priced, work) ? WEFT_LEDGER_FILLS
                                                          : WEFT_LEDGER_NEW;
    return ledger->state;
}

/* ---- filling --------------------------------------------------------------------------------- */

void weft_ledger_put(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l) {
    const weft_hierarchy *h = priced->hierarchy;
    struct weft_ledger *ledger = work->ledger;
    const weft_loop_cost *cost = &work->costs[l];
    const weft_precision *price = weft_hierarchy_precision(priced, work, work->layers[l].precision);
    size_t u = (size_t)ledger->column[l];
    size_t room = (size_t)ledger->room;
    double powered[WEFT_MAX_LEVELS];
    for (int r = 0; r < ledger->n_rows; r++) {
        row *at = &ledger->rows[r];
        const double *acts = at->write ? work->counts.writes : work->counts.reads;
        double number = acts[at->part] > 0 ? acts[at->part] * cost->statistics[at->statistic] : 0;
        ledger->numbers[(size_t)r * room + u] = number;
        at->any = at->any || number != 0;
    }
    for (int e = 0; e < ledger->n_elements; e++) {
        ledger->acts[(size_t)e * room + u] = work->counts.reads[ledger->elements[e]];
    }
    weft_hierarchy_powered(h, price, cost->kept.used, cost->rounds, powered);
    for (int k = 0; k < h->n_levels; k++) {
        ledger->powered[(size_t)k * room + u] = powered[k];
    }
    ledger->cycles[u] = cost->kept.cycles - cost->kept.waiting;
}

/* Rows that are all zero add nothing. */
void weft_ledger_close(struct weft_ledger *ledger) {
    size_t room = (size_t)ledger->room;
    int kept = 0;
    for (int r = 0; r < ledger->n_rows; r++) {
        if (ledger->rows[r].any) {
            memmove(ledger->numbers + (size_t)kept * room, ledger->numbers + (size_t)r * room,
                    (size_t)ledger->n_columns * sizeof *ledger->numbers);
            ledger->rows[kept++] = ledger->rows[r];
        }
    }
    ledger->n_rows = kept;
    ledger->state = WEFT_LEDGER_HOLDS;
}

/* ---- pricing --------------------------------------------------------------------------------- */

/* to[i] += x * numbers[i]. */
static void add_row(double *restrict to, const double *restrict numbers, double x, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        to[i] += x * numbers[i];
    }
}

/* Of the columns [from, to), which are one class: energies of the actions. */
static void price_actions(struct weft_ledger *ledger, const weft_precision *price, int32_t from,
                          int32_t to) {
    double *energy = ledger->energy + from;
    memset(energy, 0, (size_t)(to - from) * sizeof *energy);
    for (int r = 0; r < ledger->n_rows; r++) {
        const row *at = &ledger->rows[r];
        const weft_part_cost *part = &price->parts[at->part];
        double x = (at->write ? part->write_j : part->read_j)[at->statistic];
        add_row(energy, ledger->numbers + (size_t)r * (size_t)ledger->room + from, x, to - from);
    }
}

static void price_times(const weft_hierarchy *h, struct weft_ledger *ledger,
                        const weft_loop_work *work, const weft_precision *price, int32_t from,
                        int32_t to) {
    double *restrict seconds = ledger->seconds;
    const double *restrict cycles = ledger->cycles;
    bool loads = h->accounting != WEFT_ACCOUNTING_ALONE;
    for (int32_t u = from; u < to; u++) {
        seconds[u] = cycles[u] * price->cycle_s;
        ledger->loading[u] = 0;
    }
    for (int e = 0; e < ledger->n_elements; e++) {
        const weft_part_cost *part = &price->parts[ledger->elements[e]];
        const double *acts = ledger->acts + (size_t)e * (size_t)ledger->room;
        bool spills = h->roles[ledger->elements[e]].action == WEFT_ACTION_SPILL;
        for (int32_t u = from; u < to; u++) {
            double needed = spills ? acts[u] * (part->read_s + part->write_s)
                                   : acts[u] * part->read_s / part->units;
            seconds[u] = needed > seconds[u] ? needed : seconds[u];
        }
    }
    for (int32_t u = from; u < to && loads; u++) {
        ledger->loading[u] = weft_hierarchy_loading(h, price, work, ledger->layer[u]);
    }
}

static void price_leakage(const weft_hierarchy *h, struct weft_ledger *ledger,
                          const weft_precision *price, int32_t from, int32_t to) {
    double *restrict leak = ledger->leak;
    memset(leak + from, 0, (size_t)(to - from) * sizeof *leak);
    for (int p = 0; p < h->n_parts; p++) {
        double watts = price->parts[p].leak_w;
        if (!weft_hierarchy_leaks(h, p, watts)) {
            continue;
        }
        const double *powered = ledger->powered + (size_t)h->roles[p].level * (size_t)ledger->room;
        for (int32_t u = from; u < to; u++) {
            leak[u] += watts * powered[u] * (ledger->seconds[u] + ledger->loading[u]);
        }
    }
}

void weft_ledger_price(const weft_hierarchy_priced *priced, weft_loop_work *work) {
    const weft_hierarchy *h = priced->hierarchy;
    struct weft_ledger *ledger = work->ledger;
    for (int32_t k = 0; k < ledger->n_classes; k++) {
        const weft_precision *price = precision_of(ledger, priced, work, k);
        int32_t from = ledger->first[k];
        int32_t to = ledger->first[k + 1];
        price_actions(ledger, price, from, to);
        price_times(h, ledger, work, price, from, to);
        price_leakage(h, ledger, price, from, to);
    }
    for (int32_t u = 0; u < ledger->n_columns; u++) {
        weft_loop_cost *cost = &work->costs[ledger->layer[u]];
        cost->energy_j = ledger->energy[u] + ledger->leak[u];
        cost->seconds = ledger->seconds[u];
        cost->load_s = ledger->loading[u];
    }
}
