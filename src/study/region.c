/* SPDX-License-Identifier: Apache-2.0 */
#include "study/region.h"

#include "space/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- genes and knobs ------------------------------------------------------------------------- */

static const char *name_of(const weft_space *space, int gene) {
    return weft_space_genes(space).genes[gene].name;
}

/* An error about what a gene sets. Where the chip placed it is in a text that nobody has written. */
static weft_status fail_knob(const weft_space *space, const weft_space_knob *knob,
                             weft_error *error) {
    weft_error inner = *error;
    if (inner.status == WEFT_ERROR_MEMORY) {
        return inner.status;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "gene '%s' of space '%s' sets '%s'%s%s: %s",
              name_of(space, knob->gene), weft_space_name(space), knob->path,
              knob->unit[0] != '\0' ? " in " : "", knob->unit, inner.message);
    weft_hint(error, "%s", inner.hint);
    return WEFT_ERROR_INPUT;
}

/* Where the gene is inactive the chip is to stand as its file says, which an expression or a field that
 * is set once does not know any more. */
static weft_status fail_open(const weft_space *space, const weft_space_knob *knob,
                             weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT,
              "gene '%s' of space '%s' is not always active, and '%s' is no parameter of the chip",
              name_of(space, knob->gene), weft_space_name(space), knob->path);
    weft_hint(error, "let it set a parameter that the chip's file uses there, or leave out 'when'");
    return WEFT_ERROR_INPUT;
}

/* What each choice of the gene means to the chip. */
static weft_status fill_means(const weft_space *space, const weft_chip *chip,
                              const weft_space_knob *from, weft_turned *turn, weft_error *error) {
    const weft_gene *genes = weft_space_genes(space).genes;
    const weft_gene *gene = &genes[from->gene];
    if (gene->n_choices == 0) {
        return WEFT_OK;
    }
    turn->means = calloc((size_t)gene->n_choices, sizeof *turn->means);
    if (turn->means == NULL) {
        return weft_fail_memory(error, (size_t)gene->n_choices * sizeof *turn->means);
    }
    for (int c = 0; c < gene->n_choices; c++) {
        const char *word = weft_space_word(space, from->gene, c);
        turn->means[c] = weft_space_number(space, from->gene, c) * turn->scale;
        if (word != NULL &&
            weft_knob_word(chip, from->path, word, &turn->means[c], error) != WEFT_OK) {
            return fail_knob(space, from, error);
        }
    }
    return WEFT_OK;
}

static bool is_same(const weft_knob *a, const weft_knob *b) {
    return a->kind == b->kind && a->variable == b->variable && a->part == b->part;
}

/* Genes that may be active together must not turn one knob, by whatever paths they lead to it. */
static weft_status check_single(const weft_region *of, const weft_turned *turn, const char *path,
                                weft_error *error) {
    const weft_gene *genes = weft_space_genes(of->space).genes;
    for (const weft_turned *other = of->turns; other < turn; other++) {
        if (other->knob == turn->knob &&
            !weft_genes_exclude(&genes[other->gene], &genes[turn->gene])) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "gene '%s' of space '%s' sets '%s', which gene '%s' sets already under "
                      "another name",
                      genes[turn->gene].name, weft_space_name(of->space), path,
                      genes[other->gene].name);
            weft_hint(error, "keep one of them, or let 'when' make them exclude each other; genes "
                             "of several regions name it alike");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

/* The region's knob for what a path leads to, made where it has none yet. */
static weft_status find_knob(const weft_chip *chip, const weft_space_knob *from, weft_region *to,
                             weft_turned *turn, weft_error *error) {
    weft_knob made;
    if (weft_chip_knob(chip, from->path, from->unit, &made, error) != WEFT_OK) {
        return fail_knob(to->space, from, error);
    }
    int k = 0;
    while (k < to->n_knobs && !is_same(&to->knobs[k], &made)) {
        k++;
    }
    if (k == to->n_knobs) {
        to->knobs[k] = made;
        to->bases[k] = weft_priced_value(to->priced, &made);
        to->n_knobs++;
    }
    const weft_knob *knob = &to->knobs[k];
    bool alike = made.factor == knob->factor && made.divisor == knob->divisor;
    if (weft_space_genes(to->space).genes[from->gene].n_conditions > 0 && !made.is_parameter) {
        return fail_open(to->space, from, error);
    }
    turn->knob = k;
    turn->scale = alike ? 1.0 : made.factor / made.divisor * knob->divisor / knob->factor;
    return WEFT_OK;
}

static weft_status add_turn(const weft_chip *chip, const weft_space_knob *from, weft_region *to,
                            weft_error *error) {
    weft_turned *turn = &to->turns[to->n_turns++];
    turn->gene = from->gene;
    WEFT_TRY(find_knob(chip, from, to, turn, error));
    WEFT_TRY(check_single(to, turn, from->path, error));
    return fill_means(to->space, chip, from, turn, error);
}

/* ---- making one ------------------------------------------------------------------------------ */

weft_status weft_region_create(const weft_space *space, const weft_chip *chip, int r,
                               weft_region *region, weft_error *error) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    size_t room = (size_t)n + 1;
    region->space = space;
    region->knobs = calloc(room, sizeof *region->knobs);
    region->bases = calloc(room, sizeof *region->bases);
    region->values = calloc(room, sizeof *region->values);
    region->turns = calloc(room, sizeof *region->turns);
    if (region->knobs == NULL || region->bases == NULL || region->values == NULL ||
        region->turns == NULL) {
        return weft_fail_memory(error, room * sizeof *region->turns);
    }
    WEFT_TRY(weft_priced_create(chip, &region->priced, error));
    for (int k = 0; k < n; k++) {
        if (weft_knob_is_of(space, k, r)) {
            WEFT_TRY(add_turn(chip, &knobs[k], region, error));
        }
    }
    return WEFT_OK;
}

void weft_region_free(weft_region *region) {
    for (int t = 0; t < region->n_turns; t++) {
        free(region->turns[t].means);
    }
    weft_priced_destroy(region->priced);
    free(region->knobs);
    free(region->bases);
    free(region->values);
    free(region->turns);
}

/* ---- turning --------------------------------------------------------------------------------- */

static double meant(const weft_turned *turn, double value) {
    return turn->means != NULL ? turn->means[(int)value] : value * turn->scale;
}

/* One gene alone that the chip does not take as it stands; the others as the chip's file says. */
static const weft_turned *find_fault(weft_region *of, const double *genome, weft_error *error) {
    for (int t = 0; t < of->n_turns; t++) {
        const weft_turned *turn = &of->turns[t];
        if (isnan(genome[turn->gene])) {
            continue;
        }
        memcpy(of->values, of->bases, (size_t)of->n_knobs * sizeof *of->values);
        of->values[turn->knob] = meant(turn, genome[turn->gene]);
        if (weft_priced_turn(of->priced, of->knobs, of->values, of->n_knobs, error) != WEFT_OK) {
            return turn;
        }
    }
    return NULL;
}

/* Values that the chip does not take: told with the gene, or, where only several together are at
 * fault, with the space. */
static weft_status fail_values(weft_region *of, const double *genome, weft_error *error) {
    weft_error inner;
    char value[64];
    const weft_turned *turn = find_fault(of, genome, &inner);
    if (turn == NULL) {
        inner = *error;
        weft_fail(error, inner.status,
                  "the values of several genes of space '%s' do not go "
                  "together on the chip: %s",
                  weft_space_name(of->space), inner.message);
    } else {
        weft_fail(
            error, inner.status, "gene '%s' of space '%s' at %s: %s",
            name_of(of->space, turn->gene), weft_space_name(of->space),
            weft_space_value_text(of->space, turn->gene, genome[turn->gene], value, sizeof value),
            inner.message);
    }
    weft_hint(error, "%s", inner.hint);
    return inner.status;
}

weft_status weft_region_turn(weft_region *region, const double *genome, weft_error *error) {
    if (region->n_knobs == 0) {
        return WEFT_OK;
    }
    memcpy(region->values, region->bases, (size_t)region->n_knobs * sizeof *region->values);
    for (int t = 0; t < region->n_turns; t++) {
        const weft_turned *turn = &region->turns[t];
        double value = genome[turn->gene];
        if (!isnan(value)) {
            region->values[turn->knob] = meant(turn, value);
        }
    }
    weft_status status =
        weft_priced_turn(region->priced, region->knobs, region->values, region->n_knobs, error);
    return status == WEFT_ERROR_INPUT ? fail_values(region, genome, error) : status;
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

/* ---- checking -------------------------------------------------------------------------------- */

/* Whether some values are not for the chip to refuse: the gene is fixed. */
static bool is_fixed(const double *fixed, int gene) {
    return fixed != NULL && !isnan(fixed[gene]);
}

/* Sets a gene, and those that it hangs on to values that let it be active. */
static void put(const weft_gene_table *table, const double *fixed, int gene, double value,
                double *genome) {
    const weft_gene *of = &table->genes[gene];
    genome[gene] = is_fixed(fixed, gene) ? fixed[gene] : value;
    for (int c = 0; c < of->n_conditions; c++) {
        int parent = of->conditions[c].parent;
        put(table, fixed, parent, fmax(of->conditions[c].minimum, table->genes[parent].lower),
            genome);
    }
}

weft_status weft_region_check(weft_region *region, const double *fixed, weft_error *error) {
    weft_gene_table table = weft_space_genes(region->space);
    double *genome = calloc((size_t)table.n_genes, sizeof *genome);
    if (genome == NULL) {
        return weft_fail_memory(error, (size_t)table.n_genes * sizeof *genome);
    }
    weft_status status = WEFT_OK;
    for (int end = 0; status == WEFT_OK && end < 2 * region->n_turns; end++) {
        int gene = region->turns[end / 2].gene;
        for (int g = 0; g < table.n_genes; g++) {
            genome[g] = is_fixed(fixed, g) ? fixed[g] : table.genes[g].lower;
        }
        put(&table, fixed, gene, end % 2 == 0 ? table.genes[gene].lower : table.genes[gene].upper,
            genome);
        weft_genome_canonical(&table, genome);
        status = weft_region_turn(region, genome, error);
    }
    free(genome);
    return status;
}
