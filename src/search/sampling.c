/* SPDX-License-Identifier: Apache-2.0 */
#include "search/sampling.h"

#include <math.h>

static double clamp(double value, double lower, double upper) {
    return value < lower ? lower : value > upper ? upper : value;
}

double weft_gene_draw(const weft_gene *gene, weft_rng *rng) {
    if (weft_gene_whole(gene)) {
        uint64_t n = (uint64_t)(gene->upper - gene->lower) + 1;
        return gene->lower + (double)weft_rng_below(rng, n);
    }
    return weft_gene_at(gene, weft_rng_uniform(rng));
}

double weft_gene_at(const weft_gene *gene, double share) {
    double lower;
    double upper;
    if (weft_gene_whole(gene)) {
        double value = gene->lower + floor(share * (gene->upper - gene->lower + 1.0));
        return clamp(value, gene->lower, gene->upper) + 0.0;
    }
    weft_gene_interval(gene, &lower, &upper);
    return weft_gene_value(gene, lower + share * (upper - lower));
}

void weft_genome_draw(const weft_gene_table *table, weft_rng *rng, double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        bool active = weft_gene_active(table, genome, g);
        genome[g] = active ? weft_gene_draw(&table->genes[g], rng) : (double)NAN;
    }
}

void weft_genome_complete(const weft_gene_table *table, weft_rng *rng, double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        if (!weft_gene_active(table, genome, g)) {
            genome[g] = NAN;
        } else if (isnan(genome[g])) {
            genome[g] = weft_gene_draw(&table->genes[g], rng);
        }
    }
}

double weft_gene_position(const weft_gene *gene, double value) {
    return gene->log_scale ? log(value) : value;
}

double weft_gene_value(const weft_gene *gene, double position) {
    double value = gene->log_scale ? exp(position) : position;
    if (weft_gene_whole(gene)) {
        value = round(value);
    }
    return clamp(value, gene->lower, gene->upper) + 0.0; /* + 0.0: never a negative zero */
}

void weft_gene_interval(const weft_gene *gene, double *lower, double *upper) {
    double half = weft_gene_whole(gene) ? 0.5 : 0.0;
    *lower = weft_gene_position(gene, gene->lower) - half;
    *upper = weft_gene_position(gene, gene->upper) + half;
}
