/* SPDX-License-Identifier: Apache-2.0 */
#include <weft/gene.h>

#include <math.h>

bool weft_gene_active(const weft_gene_table *table, const double *genome, int g) {
    const weft_gene *gene = &table->genes[g];
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        double parent = genome[condition->parent];
        /* An inactive parent is NaN: both comparisons fail, and so does the condition. */
        if (!(parent >= condition->minimum && parent <= condition->maximum)) {
            return false;
        }
    }
    return true;
}

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
