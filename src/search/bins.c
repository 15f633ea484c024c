/* SPDX-License-Identifier: Apache-2.0 */
#include "search/forest.h"
#include "search/sampling.h"

#include <math.h>
#include <stdlib.h>

int weft_bin_of(const weft_gene_bins *bins, double value) {
    if (isnan(value)) {
        return WEFT_BIN_INACTIVE;
    }
    int low = 0;
    int high = bins->n - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (value <= bins->edge[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* ---- edges ----------------------------------------------------------------------------------- */

static int rising(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The edge between two values that stand for neighbouring bins: halfway on the search scale, and
 * between whole numbers where the gene is whole. */
static double between(const weft_gene *gene, double a, double b) {
    if (weft_gene_whole(gene)) {
        return floor(0.5 * (a + b));
    }
    double middle = 0.5 * (weft_gene_position(gene, a) + weft_gene_position(gene, b));
    double edge = gene->log_scale ? exp(middle) : middle;
    return edge >= a && edge < b ? edge : a;
}

/* Edges so that conditions on the gene hold in whole bins. */
static int condition_edges(const weft_gene_table *table, int g, double *edges, int room) {
    int n = 0;
    for (int child = g + 1; child < table->n_genes; child++) {
        const weft_gene *gene = &table->genes[child];
        for (int c = 0; c < gene->n_conditions; c++) {
            if (gene->conditions[c].parent == g && n + 2 <= room) {
                edges[n++] = nextafter(gene->conditions[c].minimum, -INFINITY);
                edges[n++] = gene->conditions[c].maximum;
            }
        }
    }
    return n;
}

/* Cuts the values there are (sorted, n of them) into `parts` of as many, never between equals. */
static int quantile_edges(const weft_gene *gene, const double *values, size_t n, int parts,
                          double *edges) {
    int made = 0;
    for (int k = 1; k < parts; k++) {
        size_t at = n * (size_t)k / (size_t)parts;
        if (at > 0 && at < n && values[at - 1] < values[at]) {
            edges[made++] = between(gene, values[at - 1], values[at]);
        }
    }
    return made;
}

/* ---- bins ------------------------------------------------------------------------------------ */

static double position_of_edge(const weft_gene *gene, double edge) {
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double position = weft_gene_whole(gene) ? floor(edge) + 0.5 : weft_gene_position(gene, edge);
    return position < lower ? lower : position > upper ? upper : position;
}

/* Bins between the edges that lie inside the gene's range and are apart. */
static void fill_bins(const weft_gene *gene, double *edges, int n, weft_gene_bins *bins) {
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    qsort(edges, (size_t)n, sizeof *edges, rising);
    double from = lower;
    bins->n = 0;
    for (int k = 0; k <= n; k++) {
        double to = k < n ? position_of_edge(gene, edges[k]) : upper;
        bool last = k == n;
        if (!last && !(to > from && to < upper && bins->n + 1 < WEFT_BINS)) {
            continue;
        }
        bins->share[bins->n] = upper > lower ? (to - from) / (upper - lower) : 1.0;
        bins->value[bins->n] = weft_gene_value(gene, 0.5 * (from + to));
        bins->edge[bins->n++] = last ? gene->upper : edges[k];
        from = to;
    }
}

static void bins_of_values(const weft_gene *gene, weft_gene_bins *bins) {
    bins->n = (int)(gene->upper - gene->lower) + 1;
    for (int b = 0; b < bins->n; b++) {
        bins->value[b] = bins->edge[b] = gene->lower + b;
        bins->share[b] = 1.0 / bins->n;
    }
}

weft_status weft_bins_make(const weft_gene_table *table, const double *genomes, size_t n,
                           weft_gene_bins *bins, weft_error *error) {
    enum { MOST_EDGES = WEFT_BINS / 2 };
    double *values = malloc((n + 1) * sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, (n + 1) * sizeof *values);
    }
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (weft_gene_whole(gene) && gene->upper - gene->lower < WEFT_BINS) {
            bins_of_values(gene, &bins[g]);
            continue;
        }
        double edges[2 * WEFT_BINS];
        size_t active = 0;
        for (size_t i = 0; i < n; i++) {
            double value = genomes[i * (size_t)table->n_genes + (size_t)g];
            if (!isnan(value)) {
                values[active++] = value;
            }
        }
        qsort(values, active, sizeof *values, rising);
        int n_edges = condition_edges(table, g, edges, MOST_EDGES);
        n_edges += quantile_edges(gene, values, active, WEFT_BINS - n_edges, edges + n_edges);
        fill_bins(gene, edges, n_edges, &bins[g]);
    }
    free(values);
    return WEFT_OK;
}
