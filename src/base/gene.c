/* SPDX-License-Identifier: Apache-2.0 */
#include <weft/gene.h>

#include "base/error.h"

#include <math.h>
#include <string.h>

void weft_genome_canonical(const weft_gene_table *table, double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        if (!weft_gene_active(table, genome, g)) {
            genome[g] = NAN;
        }
    }
}

static bool value_in_range(const weft_gene *gene, double value) {
    if (!(value >= gene->lower && value <= gene->upper)) {
        return false;
    }
    return gene->kind == WEFT_GENE_REAL || floor(value) == value;
}

bool weft_genome_legal(const weft_gene_table *table, const double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        if (!weft_gene_active(table, genome, g)) {
            if (!isnan(genome[g])) {
                return false;
            }
        } else if (!value_in_range(&table->genes[g], genome[g])) {
            return false;
        }
    }
    return table->legal == NULL || table->legal(table->context, genome);
}

bool weft_genome_equal(const weft_gene_table *table, const double *a, const double *b) {
    for (int g = 0; g < table->n_genes; g++) {
        if (!(a[g] == b[g] || (isnan(a[g]) && isnan(b[g])))) {
            return false;
        }
    }
    return true;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static const char *range_fault(const weft_gene *gene) {
    const double whole = 0x1p53; /* integers are exact in a double up to here */
    if (!isfinite(gene->lower) || !isfinite(gene->upper) || gene->lower > gene->upper) {
        return "its range is empty or not finite";
    }
    switch (gene->kind) {
    case WEFT_GENE_CATEGORICAL:
    case WEFT_GENE_ORDINAL:
        if (gene->n_choices < 1 || gene->n_choices > WEFT_GENE_MAX_CHOICES) {
            return "its number of choices is outside 1 to 64";
        }
        if (gene->lower != 0.0 || gene->upper != gene->n_choices - 1) {
            return "its range is not 0 to choices - 1";
        }
        break;
    case WEFT_GENE_INTEGER:
        if (floor(gene->lower) != gene->lower || floor(gene->upper) != gene->upper ||
            fabs(gene->lower) > whole || fabs(gene->upper) > whole) {
            return "its range is not whole numbers below 2^53";
        }
        break;
    case WEFT_GENE_REAL:
        if (gene->log_scale && gene->lower <= 0.0) {
            return "its scale is logarithmic and its range reaches 0";
        }
        break;
    default:
        return "its kind is unknown";
    }
    return gene->log_scale && gene->kind != WEFT_GENE_REAL ? "only real genes have a log scale"
                                                           : NULL;
}

static const char *condition_fault(const weft_gene *gene, int g) {
    if (gene->n_conditions < 0 || gene->n_conditions > WEFT_GENE_MAX_CONDITIONS) {
        return "its number of conditions is outside 0 to 4";
    }
    for (int c = 0; c < gene->n_conditions; c++) {
        if (gene->conditions[c].parent < 0 || gene->conditions[c].parent >= g) {
            return "a parent of it does not stand before it";
        }
    }
    return NULL;
}

weft_status weft_gene_table_check(const weft_gene_table *table, weft_error *error) {
    if (table->n_genes < 1 || table->genes == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the search space has no genes");
    }
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        const char *fault = range_fault(gene);
        fault = fault == NULL ? condition_fault(gene, g) : fault;
        if (fault != NULL) {
            return weft_fail(error, WEFT_ERROR_USAGE, "gene %d ('%.47s'): %s", g, gene->name,
                             fault);
        }
    }
    return WEFT_OK;
}

/* ---- freezing -------------------------------------------------------------------------------- */

/* Whether the values of frozen parents keep gene g inactive in every genome. NaN fails the
 * comparisons, so what is below a gene that is never active is never active either. */
static bool never_active(const weft_gene *gene, const bool *frozen, const double *genome) {
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        double parent = genome[condition->parent];
        if (frozen[condition->parent] &&
            !(parent >= condition->minimum && parent <= condition->maximum)) {
            return true;
        }
    }
    return false;
}

static weft_status freeze(weft_gene *gene, double value, weft_error *error) {
    if (!value_in_range(gene, value)) {
        weft_fail(error, WEFT_ERROR_USAGE, "gene '%.47s' is frozen at %g; expected %s%g to %g",
                  gene->name, value, gene->kind == WEFT_GENE_REAL ? "" : "a whole number ",
                  gene->lower, gene->upper);
        if (isnan(value)) {
            weft_hint(error, "a parent that varies can activate it: give it a value, or freeze "
                             "the parent too");
        }
        return WEFT_ERROR_USAGE;
    }
    if (gene->kind != WEFT_GENE_REAL) {
        gene->kind = WEFT_GENE_INTEGER;
        gene->n_choices = 0;
    }
    gene->lower = gene->upper = value;
    return WEFT_OK;
}

weft_status weft_genes_freeze(const weft_gene_table *table, const bool *frozen,
                              const double *genome, weft_gene *held, weft_error *error) {
    memcpy(held, table->genes, (size_t)table->n_genes * sizeof *held);
    for (int g = 0; g < table->n_genes; g++) {
        bool hidden = isnan(genome[g]) && never_active(&held[g], frozen, genome);
        if (frozen[g] && !hidden) {
            WEFT_TRY(freeze(&held[g], genome[g] + 0.0, error));
        }
    }
    return WEFT_OK;
}
