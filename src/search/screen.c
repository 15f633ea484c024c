/* SPDX-License-Identifier: Apache-2.0 */
#include "search/screen.h"

#include "base/rng.h"
#include "search/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws for one genome of the sample, until one is legal. */
enum { ATTEMPTS = 160 };

enum { STEPS = 64, INACTIVE = UINT16_MAX };

typedef struct screening {
    const weft_gene_table *table;
    double *genomes;   /* (n_sample, n_genes) */
    uint16_t *codes;   /* (n_sample, n_genes): values told apart */
    uint32_t *nearest; /* (n_sample): distance to the nearest chosen one */
    size_t n;
} screening;

/* ---- the sample ------------------------------------------------------------------------------ */

static uint16_t code(const weft_gene *gene, double value) {
    if (isnan(value)) {
        return INACTIVE;
    }
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double width = upper - lower;
    if (weft_gene_whole(gene) && width < INACTIVE) {
        return (uint16_t)(value - gene->lower);
    }
    double share = width > 0.0 ? (weft_gene_position(gene, value) - lower) / width : 0.0;
    return (uint16_t)fmin(share * STEPS, STEPS - 1);
}

static bool draw_legal(const weft_gene_table *table, weft_rng *rng, double *genome) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        weft_genome_draw(table, rng, genome);
        if (weft_genome_legal(table, genome)) {
            return true;
        }
    }
    return false;
}

static void draw_sample(screening *s, uint64_t seed, size_t n_sample) {
    size_t n_genes = (size_t)s->table->n_genes;
    for (size_t i = 0; i < n_sample; i++) {
        double *genome = &s->genomes[s->n * n_genes];
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SCREEN, i);
        if (!draw_legal(s->table, &rng, genome)) {
            continue;
        }
        for (size_t g = 0; g < n_genes; g++) {
            s->codes[s->n * n_genes + g] = code(&s->table->genes[g], genome[g]);
        }
        s->nearest[s->n++] = UINT32_MAX;
    }
}

/* ---- the choice ------------------------------------------------------------------------------ */

static uint32_t distance(const uint16_t *a, const uint16_t *b, size_t n) {
    uint32_t differ = 0;
    for (size_t g = 0; g < n; g++) {
        differ += a[g] != b[g];
    }
    return differ;
}

/* The genome farthest from the chosen ones, once their newest is taken into account; its distance
 * is 0 where all are chosen or equal to one. */
static size_t farthest(screening *s, size_t newest) {
    size_t n_genes = (size_t)s->table->n_genes;
    size_t best = 0;
    for (size_t i = 0; i < s->n; i++) {
        uint32_t d = distance(&s->codes[i * n_genes], &s->codes[newest * n_genes], n_genes);
        s->nearest[i] = d < s->nearest[i] ? d : s->nearest[i];
        best = s->nearest[i] > s->nearest[best] ? i : best;
    }
    return best;
}

static size_t choose(screening *s, size_t n_screened, double *chosen) {
    size_t n_genes = (size_t)s->table->n_genes;
    size_t next = 0;
    size_t n = 0;
    while (n < n_screened && n < s->n && s->nearest[next] > 0) {
        memcpy(&chosen[n++ * n_genes], &s->genomes[next * n_genes], n_genes * sizeof *chosen);
        next = farthest(s, next);
    }
    return n;
}

weft_status weft_screen(const weft_gene_table *table, uint64_t seed, size_t n_sample,
                        size_t n_screened, double **genomes, size_t *n, weft_error *error) {
    size_t n_genes = (size_t)table->n_genes;
    screening s = {.table = table};
    s.genomes = malloc(n_sample * n_genes * sizeof *s.genomes);
    s.codes = malloc(n_sample * n_genes * sizeof *s.codes);
    s.nearest = malloc(n_sample * sizeof *s.nearest);
    double *chosen = malloc(n_screened * n_genes * sizeof *chosen);
    weft_status status = WEFT_OK;
    if (s.genomes == NULL || s.codes == NULL || s.nearest == NULL || chosen == NULL) {
        status = weft_fail_memory(error, n_sample * n_genes * sizeof *s.genomes);
        free(chosen);
    } else {
        draw_sample(&s, seed, n_sample);
        *n = choose(&s, n_screened, chosen);
        *genomes = chosen;
    }
    free(s.genomes);
    free(s.codes);
    free(s.nearest);
    return status;
}
