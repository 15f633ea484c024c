/* SPDX-License-Identifier: Apache-2.0
 *
 * How costs are counted. By default as the chip's own file says (`execution`). Under the name of a
 * published system, as its released code does: one row here for each thing in which that code
 * differs from a right count, so that each can be switched off and its effect be seen alone.
 * docs/explanation/accountings.md discusses them; OlgaKrestinskaya/CIMNAS, commit affe3e8. */
#include <string.h>

#include "study/problem_part.h"

/* What a fault changes: settings of the chip (NULL: none); the rest asks weft_problem_fault. */
typedef struct fault {
    const char *name, *text;
    const char *path, *on, *off;
} fault;

static const fault CIMNAS_2025[] = {
    {WEFT_FAULT_OWNS_CHIP,
     "each layer has the whole chip to itself, with as many copies of its weights as fit",
     "execution.accounting", "alone", "resident"},
    {WEFT_FAULT_STRIDES, "inputs are counted as if no layer had a stride", "execution.strides", "0",
     "1"},
    {WEFT_FAULT_FREE_CYCLE, "the cycle may be shorter than a read and a conversion take",
     "free_cycle", "1", "0"},
    {WEFT_FAULT_SWAPPED, "the bits of weights and activations change places in the estimate",
     "swap_bits", "1", "0"},
    {WEFT_FAULT_RAW_CELLS,
     "weights fit where the chip has as many cells, whatever crossbars they are cut into", NULL,
     NULL, NULL},
    {WEFT_FAULT_DEPTHWISE, "a depthwise layer needs the cells of one of its channels", NULL, NULL,
     NULL},
    {WEFT_FAULT_BLIND, "the accuracy is that of 8 bits whatever the bits are", NULL, NULL, NULL},
    {WEFT_FAULT_VIOLATION,
     "broken constraints add up in their own units: cells and square millimetres", NULL, NULL,
     NULL},
};

enum { N_FAULTS = sizeof CIMNAS_2025 / sizeof CIMNAS_2025[0] };
_Static_assert((int)N_FAULTS <= (int)WEFT_MAX_FAULTS, "room for all faults");

#define CIMNAS_NAME "cimnas-2025"

static void take_faults(weft_problem_info *info) {
    info->n_faults = N_FAULTS;
    for (int f = 0; f < N_FAULTS; f++) {
        info->faults[f] =
            (weft_fault_info){.name = CIMNAS_2025[f].name, .text = CIMNAS_2025[f].text, .on = true};
    }
}

static weft_status read_faults(weft_problem_info *info, weft_map *outer, const weft_node *node,
                               weft_error *error) {
    weft_map map;
    WEFT_TRY(weft_map_begin(outer->doc, node, &map, error));
    for (int f = 0; f < info->n_faults; f++) {
        WEFT_TRY(
            weft_map_bool(&map, info->faults[f].name, WEFT_OPTIONAL, &info->faults[f].on, error));
    }
    return weft_map_end(&map, error);
}

weft_status weft_accounting_read(weft_problem_info *info, weft_map *map, weft_error *error) {
    static const char *const NAMES[] = {WEFT_ACCOUNTING_CHIP, CIMNAS_NAME};
    const weft_node *faults = NULL;
    int choice = 0;
    WEFT_TRY(weft_map_choice(map, "accounting", WEFT_OPTIONAL, NAMES, 2, &choice, error));
    snprintf(info->accounting, sizeof info->accounting, "%s", NAMES[choice]);
    if (choice == 1) {
        take_faults(info);
    }
    WEFT_TRY(weft_map_node(map, "faults", WEFT_OPTIONAL, &faults, error));
    if (faults != NULL && info->n_faults == 0) {
        weft_node_fail(map->doc, faults, error, WEFT_ERROR_INPUT,
                       "the accounting '%s' has no faults to switch", info->accounting);
        weft_hint(error, "`accounting: " CIMNAS_NAME "` has");
        return WEFT_ERROR_INPUT;
    }
    return faults != NULL ? read_faults(info, map, faults, error) : WEFT_OK;
}

weft_status weft_accounting_apply(const weft_problem_info *info, weft_chip *chip,
                                  weft_error *error) {
    for (int f = 0; f < info->n_faults; f++) {
        const fault *at = &CIMNAS_2025[f];
        if (at->path == NULL) {
            continue;
        }
        weft_status status =
            weft_chip_set(chip, at->path, info->faults[f].on ? at->on : at->off, error);
        if (status != WEFT_OK) {
            char message[sizeof error->message];
            snprintf(message, sizeof message, "%s", error->message);
            weft_fail(error, WEFT_ERROR_INPUT, "chip '%s' cannot be counted as %s: %.200s",
                      weft_chip_name(chip), info->accounting, message);
            weft_hint(error, "the accounting of a published system is for a chip of levels "
                             "(chip/2), such as cimnas-32nm-rram");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

void weft_accounting_write(const weft_problem_info *info, FILE *out) {
    fprintf(out, "accounting: %s\n", info->accounting);
    fputs(info->n_faults > 0 ? "faults:\n" : "", out);
    for (int f = 0; f < info->n_faults; f++) {
        fprintf(out, "  %s: %s\n", info->faults[f].name, info->faults[f].on ? "true" : "false");
    }
}

bool weft_problem_fault(const weft_problem *problem, const char *name) {
    for (int f = 0; f < problem->info.n_faults; f++) {
        if (strcmp(problem->info.faults[f].name, name) == 0) {
            return problem->info.faults[f].on;
        }
    }
    return false;
}
