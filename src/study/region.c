/* SPDX-License-Identifier: Apache-2.0 */
#include "study/region.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What each choice of the gene means to the chip. */
static weft_status fill_means(const weft_problem *problem, const weft_space_knob *from,
                              weft_turned *turn, weft_error *error) {
    const weft_gene *gene = &weft_space_genes(problem->space).genes[from->gene];
    if (gene->n_choices == 0) {
        return WEFT_OK;
    }
    turn->means = calloc((size_t)gene->n_choices, sizeof *turn->means);
    if (turn->means == NULL) {
        return weft_fail_memory(error, (size_t)gene->n_choices * sizeof *turn->means);
    }
    for (int c = 0; c < gene->n_choices; c++) {
        const char *word = weft_space_word(problem->space, from->gene, c);
        turn->means[c] = weft_space_number(problem->space, from->gene, c);
        if (word != NULL) {
            WEFT_TRY(weft_knob_word(problem->chip, from->path, word, &turn->means[c], error));
        }
    }
    return WEFT_OK;
}

/* The region's knob for a path, made where it has none yet. */
static weft_status find_knob(const weft_problem *problem, const weft_space_knob *from,
                             weft_region *to, int *knob, weft_error *error) {
    for (*knob = 0; *knob < to->n_knobs; (*knob)++) {
        if (strcmp(to->paths[*knob], from->path) == 0) {
            return WEFT_OK;
        }
    }
    weft_knob *made = &to->knobs[*knob];
    WEFT_TRY(weft_chip_knob(problem->chip, from->path, from->unit, made, error));
    to->paths[*knob] = from->path;
    to->bases[*knob] = weft_priced_value(to->priced, made);
    to->n_knobs++;
    return WEFT_OK;
}

static weft_status add_turn(const weft_problem *problem, const weft_space_knob *from,
                            weft_region *to, weft_error *error) {
    weft_turned *turn = &to->turns[to->n_turns++];
    turn->gene = from->gene;
    WEFT_TRY(find_knob(problem, from, to, &turn->knob, error));
    return fill_means(problem, from, turn, error);
}

weft_status weft_region_create(const weft_problem *problem, int r, weft_region *to,
                               weft_error *error) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(problem->space, &n);
    size_t room = (size_t)n + 1;
    to->knobs = calloc(room, sizeof *to->knobs);
    to->paths = calloc(room, sizeof *to->paths);
    to->bases = calloc(room, sizeof *to->bases);
    to->values = calloc(room, sizeof *to->values);
    to->turns = calloc(room, sizeof *to->turns);
    if (to->knobs == NULL || to->paths == NULL || to->bases == NULL || to->values == NULL ||
        to->turns == NULL) {
        return weft_fail_memory(error, room * sizeof *to->turns);
    }
    WEFT_TRY(weft_priced_create(problem->chip, &to->priced, error));
    for (int k = 0; k < n; k++) {
        if (weft_knob_is_of(problem->space, k, r)) {
            WEFT_TRY(add_turn(problem, &knobs[k], to, error));
        }
    }
    return WEFT_OK;
}

void weft_region_free(weft_region *of) {
    for (int t = 0; t < of->n_turns; t++) {
        free(of->turns[t].means);
    }
    weft_priced_destroy(of->priced);
    free(of->knobs);
    free(of->paths);
    free(of->bases);
    free(of->values);
    free(of->turns);
}

weft_status weft_region_turn(weft_region *of, const double *genome, weft_error *error) {
    if (of->n_knobs == 0) {
        return WEFT_OK;
    }
    memcpy(of->values, of->bases, (size_t)of->n_knobs * sizeof *of->values);
    for (int t = 0; t < of->n_turns; t++) {
        const weft_turned *turn = &of->turns[t];
        double value = genome[turn->gene];
        if (!isnan(value)) {
            of->values[turn->knob] = turn->means != NULL ? turn->means[(int)value] : value;
        }
    }
    return weft_priced_turn(of->priced, of->knobs, of->values, of->n_knobs, error);
}

bool weft_region_has(const weft_region *region, int gene, bool *structural) {
    for (int t = 0; t < region->n_turns; t++) {
        if (region->turns[t].gene == gene) {
            *structural = region->knobs[region->turns[t].knob].structural;
            return true;
        }
    }
    return false;
}
