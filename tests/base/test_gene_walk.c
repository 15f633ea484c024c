/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks over random conditional tables against a plain recursive listing, in the order of the table
 * and in others, whole and in parts; and frozen genes. */
#include <weft/gene.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

enum { MOST_GENES = 9, MOST_GENOMES = 20000 };

typedef struct listing {
    weft_gene_table table;
    const int *order;
    double genome[MOST_GENES];
    double *genomes; /* (n, n_genes) */
    uint64_t n;
} listing;

/* Every genome from place p of the order on. Whether a gene is active is told from the conditions
 * alone, not by the library. */
static void list(listing *l, int p) {
    int n_genes = l->table.n_genes;
    if (p == n_genes) {
        assert_true(l->n < MOST_GENOMES);
        memcpy(&l->genomes[l->n++ * (uint64_t)n_genes], l->genome,
               (size_t)n_genes * sizeof(double));
        return;
    }
    const weft_gene *gene = &l->table.genes[l->order[p]];
    bool active = true;
    for (int c = 0; c < gene->n_conditions; c++) {
        double parent = l->genome[gene->conditions[c].parent];
        active = active && !isnan(parent) && parent >= gene->conditions[c].minimum &&
                 parent <= gene->conditions[c].maximum;
    }
    for (double v = gene->lower; v <= (active ? gene->upper : gene->lower); v++) {
        l->genome[l->order[p]] = active ? v : NAN;
        list(l, p + 1);
    }
}

static void make_conditions(weft_gene *genes, int g, weft_rng *rng) {
    genes[g].n_conditions = (int)weft_rng_below(rng, 3);
    for (int c = 0; c < genes[g].n_conditions; c++) {
        int parent = (int)weft_rng_below(rng, (uint64_t)g);
        double low = genes[parent].lower - 1.0 + (double)weft_rng_below(rng, 4);
        double width = (double)weft_rng_below(rng, 3);
        double half = weft_rng_below(rng, 2) == 0 ? 0.5 : 0.0; /* thresholds between values */
        genes[g].conditions[c] = (weft_condition){
            .parent = parent, .minimum = low + half, .maximum = low + width + half};
    }
}

static int make_table(weft_gene *genes, weft_rng *rng) {
    int n = 1 + (int)weft_rng_below(rng, MOST_GENES);
    for (int g = 0; g < n; g++) {
        double lower = (double)weft_rng_below(rng, 5) - 2.0;
        genes[g] = (weft_gene){.kind = WEFT_GENE_INTEGER,
                               .lower = lower,
                               .upper = lower + (double)weft_rng_below(rng, 4)};
        snprintf(genes[g].name, sizeof genes[g].name, "g%d", g);
        if (weft_rng_below(rng, 4) == 0) {
            genes[g] = (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 3, .upper = 2};
        }
        if (g > 0) {
            make_conditions(genes, g, rng);
        }
    }
    return n;
}

static bool parents_placed(const weft_gene *gene, const bool *placed) {
    for (int c = 0; c < gene->n_conditions; c++) {
        if (!placed[gene->conditions[c].parent]) {
            return false;
        }
    }
    return true;
}

/* A random order with parents before children. */
static void make_order(const weft_gene *genes, int n, weft_rng *rng, int *order) {
    bool placed[MOST_GENES] = {false};
    for (int p = 0; p < n;) {
        int g = (int)weft_rng_below(rng, (uint64_t)n);
        if (!placed[g] && parents_placed(&genes[g], placed)) {
            placed[g] = true;
            order[p++] = g;
        }
    }
}

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static int first_difference(const double *a, const double *b, const int *order, int n) {
    int p = 0;
    while (p < n && same(a[order[p]], b[order[p]])) {
        p++;
    }
    return p;
}

/* The places first .. end-1 of a walk are those of the listing, and say what changed. */
static void check_part(weft_gene_cursor *cursor, const listing *l, uint64_t first, uint64_t end) {
    size_t n_genes = (size_t)l->table.n_genes;
    for (uint64_t i = first; i < end; i++) {
        int changed = -1;
        const double *genome = weft_gene_cursor_next(cursor, &changed);
        assert_non_null(genome);
        const double *expected = &l->genomes[i * n_genes];
        assert_int_equal(first_difference(genome, expected, l->order, l->table.n_genes), n_genes);
        assert_true(weft_genome_legal(&l->table, genome));
        int place =
            i == first ? 0
                       : first_difference(expected, expected - n_genes, l->order, l->table.n_genes);
        assert_int_equal(changed, place);
    }
    assert_null(weft_gene_cursor_next(cursor, NULL));
    assert_null(weft_gene_cursor_next(cursor, NULL));
}

static void check_walk(const listing *l, const int *order, weft_rng *rng) {
    weft_error error = {0};
    weft_gene_walk *walk = NULL;
    weft_gene_cursor *cursor = NULL;
    if (weft_gene_walk_create(&l->table, order, &walk, &error) != WEFT_OK) {
        fail_msg("walk: %s", error.message);
    }
    assert_int_equal(weft_gene_walk_count(walk), l->n);
    assert_int_equal(weft_gene_cursor_create(walk, 0, UINT64_MAX, &cursor, &error), WEFT_OK);
    check_part(cursor, l, 0, l->n);
    uint64_t n_parts = 1 + weft_rng_below(rng, 7);
    uint64_t at = 0;
    for (uint64_t part = 0; part < n_parts; part++) {
        uint64_t first;
        uint64_t end;
        weft_gene_walk_range(walk, part, n_parts, &first, &end);
        assert_int_equal(first, at);
        assert_true(end - first == l->n / n_parts || end - first == l->n / n_parts + 1);
        weft_gene_cursor_seek(cursor, first, end);
        check_part(cursor, l, first, end);
        at = end;
    }
    assert_int_equal(at, l->n);
    weft_gene_cursor_seek(cursor, l->n, l->n + 5);
    assert_null(weft_gene_cursor_next(cursor, NULL));
    weft_gene_cursor_destroy(cursor);
    weft_gene_walk_destroy(walk);
}

static void test_walks_are_listings(void **state) {
    (void)state;
    double *genomes = malloc((size_t)MOST_GENOMES * MOST_GENES * sizeof *genomes);
    assert_non_null(genomes);
    int rounds = 400;
    uint64_t longest = 0;
    for (int round = 0; round < rounds; round++) {
        weft_rng rng = weft_rng_make((uint64_t)round, WEFT_PURPOSE_TEST, 11);
        weft_gene genes[MOST_GENES];
        int n = make_table(genes, &rng);
        const int plain[MOST_GENES] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
        int order[MOST_GENES];
        make_order(genes, n, &rng, order);
        for (int k = 0; k < 2; k++) {
            listing l = {.table = {.genes = genes, .n_genes = n},
                         .order = k == 0 ? plain : order,
                         .genomes = genomes};
            double values = 1.0;
            for (int g = 0; g < n; g++) {
                values *= genes[g].upper - genes[g].lower + 1.0;
            }
            if (values > MOST_GENOMES) {
                continue;
            }
            list(&l, 0);
            longest = l.n > longest ? l.n : longest;
            check_walk(&l, k == 0 ? NULL : order, &rng);
        }
    }
    assert_true(longest > 1000);
    free(genomes);
}

/* 9.7 million chips behind which 132 genes are held: the middle is found at once. */
static void test_large_walks_are_entered_anywhere(void **state) {
    (void)state;
    static const int values[] = {8, 8, 6, 5, 4, 6, 5, 6, 7};
    static weft_gene genes[141];
    uint64_t expected = 1;
    for (int g = 0; g < 141; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_INTEGER, .lower = 3, .upper = 3};
        if (g < 9) {
            genes[g].upper = 2 + values[g];
            expected *= (uint64_t)values[g];
        }
    }
    weft_gene_table table = {.genes = genes, .n_genes = 141};
    weft_gene_walk *walk = NULL;
    weft_gene_cursor *cursor = NULL;
    weft_error error;
    assert_int_equal(weft_gene_walk_create(&table, NULL, &walk, &error), WEFT_OK);
    assert_int_equal(weft_gene_walk_count(walk), expected);
    uint64_t place = expected / 2 + 12345;
    assert_int_equal(weft_gene_cursor_create(walk, place, place + 2, &cursor, &error), WEFT_OK);
    const double *genome = weft_gene_cursor_next(cursor, NULL);
    for (int g = 140; g >= 0; g--) { /* mixed radix */
        uint64_t radix = g < 9 ? (uint64_t)values[g] : 1;
        assert_true(genome[g] == 3.0 + (double)(place % radix));
        place /= radix;
    }
    weft_gene_cursor_destroy(cursor);
    weft_gene_walk_destroy(walk);
}

static void refuse(const weft_gene_table *table, const int *order, const char *text) {
    weft_error error = {0};
    weft_gene_walk *walk = NULL;
    assert_int_equal(weft_gene_walk_create(table, order, &walk, &error), WEFT_ERROR_USAGE);
    assert_null(walk);
    if (strstr(error.message, text) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, text);
    }
}

static void test_bad_walks(void **state) {
    (void)state;
    weft_gene genes[70];
    for (int g = 0; g < 70; g++) {
        genes[g] = (weft_gene){.name = "wide", .kind = WEFT_GENE_INTEGER, .upper = 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = 70};
    refuse(&table, NULL, "2^63");
    table.n_genes = 3;
    refuse(&table, (const int[]){0, 1, 1}, "place 2");
    refuse(&table, (const int[]){0, 3, 1}, "place 1");
    genes[2].n_conditions = 1;
    genes[2].conditions[0] = (weft_condition){.parent = 1, .minimum = 1, .maximum = 1};
    refuse(&table, (const int[]){2, 0, 1}, "before its parent");
    genes[2].kind = WEFT_GENE_REAL;
    refuse(&table, NULL, "real");
    genes[1].upper = 0; /* the real gene is never active now */
    weft_gene_walk *walk = NULL;
    weft_error error;
    assert_int_equal(weft_gene_walk_create(&table, NULL, &walk, &error), WEFT_OK);
    assert_int_equal(weft_gene_walk_count(walk), 2);
    weft_gene_walk_destroy(walk);
    table.n_genes = 0;
    refuse(&table, NULL, "no genes");
    for (int g = 0; g < 60; g++) { /* 2^30 states: every late gene asks for an early one */
        genes[g] = (weft_gene){.kind = WEFT_GENE_INTEGER, .upper = 1};
        genes[g].n_conditions = g >= 30;
        genes[g].conditions[0] = (weft_condition){.parent = 59 - g, .minimum = 1, .maximum = 1};
    }
    table.n_genes = 60;
    refuse(&table, NULL, "tie too many");
}

/* ---- freezing -------------------------------------------------------------------------------- */

/* The genomes of the frozen table are those of the free one that hold the values. */
static void test_freezing_selects(void **state) {
    (void)state;
    int n_selected = 0;
    for (uint64_t round = 0; round < 200; round++) {
        weft_rng rng = weft_rng_make(round, WEFT_PURPOSE_TEST, 12);
        weft_gene genes[MOST_GENES];
        weft_gene held[MOST_GENES];
        int n = make_table(genes, &rng);
        weft_gene_table table = {.genes = genes, .n_genes = n};
        bool frozen[MOST_GENES];
        double values[MOST_GENES];
        for (int g = 0; g < n; g++) {
            uint64_t room = (uint64_t)(genes[g].upper - genes[g].lower) + 1;
            frozen[g] = weft_rng_below(&rng, 2) == 0;
            values[g] = genes[g].lower + (double)weft_rng_below(&rng, room);
        }
        weft_error error;
        assert_int_equal(weft_genes_freeze(&table, frozen, values, held, &error), WEFT_OK);
        weft_gene_table narrow = {.genes = held, .n_genes = n};
        weft_gene_walk *walks[2] = {NULL, NULL};
        weft_gene_cursor *cursors[2] = {NULL, NULL};
        assert_int_equal(weft_gene_walk_create(&table, NULL, &walks[0], &error), WEFT_OK);
        assert_int_equal(weft_gene_walk_create(&narrow, NULL, &walks[1], &error), WEFT_OK);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(weft_gene_cursor_create(walks[k], 0, UINT64_MAX, &cursors[k], &error),
                             WEFT_OK);
        }
        const double *genome = NULL;
        while ((genome = weft_gene_cursor_next(cursors[0], NULL)) != NULL) {
            bool holds = true;
            for (int g = 0; g < n; g++) {
                holds = holds && (!frozen[g] || isnan(genome[g]) || genome[g] == values[g]);
            }
            if (holds) {
                const double *selected = weft_gene_cursor_next(cursors[1], NULL);
                assert_non_null(selected);
                assert_true(weft_genome_equal(&table, genome, selected));
                n_selected++;
            }
        }
        assert_null(weft_gene_cursor_next(cursors[1], NULL));
        for (int k = 0; k < 2; k++) {
            weft_gene_cursor_destroy(cursors[k]);
            weft_gene_walk_destroy(walks[k]);
        }
    }
    assert_true(n_selected > 1000);
}

static void test_frozen_values_are_checked(void **state) {
    (void)state;
    weft_gene genes[3] = {
        {.name = "depth", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 3},
        {.name = "kernel",
         .kind = WEFT_GENE_ORDINAL,
         .n_choices = 4,
         .upper = 3,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 2, .maximum = 3}}},
        {.name = "rate", .kind = WEFT_GENE_REAL, .lower = 0.1, .upper = 1, .log_scale = true},
    };
    weft_gene held[3];
    weft_gene_table table = {.genes = genes, .n_genes = 3};
    weft_error error = {0};
    const double shallow[] = {1, NAN, 0.5};
    const bool all[] = {true, true, true};
    const bool kernel[] = {false, true, false};
    assert_int_equal(weft_genes_freeze(&table, all, shallow, held, &error), WEFT_OK);
    assert_true(held[0].lower == 1 && held[0].upper == 1 && held[2].lower == 0.5);
    assert_int_equal(weft_gene_table_check(&(weft_gene_table){.genes = held, .n_genes = 3}, &error),
                     WEFT_OK);
    assert_int_equal(weft_genes_freeze(&table, kernel, shallow, held, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "'kernel'"));
    assert_non_null(strstr(error.hint, "parent"));
    const double deep[] = {2, NAN, 0.5};
    assert_int_equal(weft_genes_freeze(&table, all, deep, held, &error), WEFT_ERROR_USAGE);
    const double bad[][3] = {{0, 0, 0.5}, {2.5, 0, 0.5}, {2, 4, 0.5}, {2, 1, 2.0}, {2, 1, NAN}};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(weft_genes_freeze(&table, all, bad[i], held, &error), WEFT_ERROR_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks_are_listings),
        cmocka_unit_test(test_large_walks_are_entered_anywhere),
        cmocka_unit_test(test_bad_walks),
        cmocka_unit_test(test_freezing_selects),
        cmocka_unit_test(test_frozen_values_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
