/* SPDX-License-Identifier: Apache-2.0
 * Exact counts of random spaces with random conditions, against listing every genome by the values
 * and conditions that the test itself made up. */
#include <weft/space.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "space/decimal.h"

enum { MOST = 16, MOST_VALUES = 6, VGG = 100, INACTIVE = -1 };

typedef struct clause {
    int parent;
    enum { AT_LEAST, AT_MOST, EQUAL, ONE_OF } operation;
    int value;  /* AT_LEAST .. EQUAL; for ONE_OF the first of two neighbours */
    int second; /* ONE_OF */
} clause;

/* A gene as the test thinks of it: values by what they mean. Blocks are VGG, VGG + 1, VGG + 2. */
typedef struct test_gene {
    char name[16];
    bool block;
    bool integer;
    int n_values;
    int values[MOST_VALUES];
    int n_clauses;
    clause clauses[2];
} test_gene;

typedef struct test_space {
    test_gene genes[MOST];
    int n;
    int depth; /* most blocks */
    int side;
} test_space;

static bool holds(const clause *c, const int *values) {
    int value = values[c->parent];
    if (value == INACTIVE) {
        return false;
    }
    switch (c->operation) {
    case AT_LEAST:
        return value >= c->value;
    case AT_MOST:
        return value <= c->value;
    case EQUAL:
        return value == c->value;
    case ONE_OF:
        return value == c->value || value == c->second;
    }
    return false;
}

/* Lists every genome from gene g on. */
static void list(const test_space *space, int g, int *values, int halvings, uint64_t *total,
                 uint64_t *legal) {
    if (g == space->n) {
        *total += 1;
        *legal += space->side >> halvings >= 1;
        return;
    }
    const test_gene *gene = &space->genes[g];
    bool active = true;
    for (int c = 0; c < gene->n_clauses; c++) {
        active = active && holds(&gene->clauses[c], values);
    }
    if (!active) {
        values[g] = INACTIVE;
        list(space, g + 1, values, halvings, total, legal);
        return;
    }
    for (int v = 0; v < gene->n_values; v++) {
        values[g] = gene->values[v];
        list(space, g + 1, values, halvings + (gene->block && gene->values[v] == VGG), total,
             legal);
    }
}

static void make_gene(test_gene *gene, const char *name, int number, weft_rng *rng, int n,
                      int first) {
    snprintf(gene->name, sizeof gene->name, number > 0 ? "%.8s%d" : "%.8s", name, number);
    gene->n_values = n;
    gene->integer = weft_rng_below(rng, 2) == 0;
    for (int v = 0; v < n; v++) {
        bool gap = v > 0 && !gene->integer;
        first += v == 0 ? 0 : 1 + (gap ? (int)weft_rng_below(rng, 5) : 0);
        gene->values[v] = first;
    }
}

/* Conditions on up to two different genes before g. */
static void make_clauses(test_space *space, int g, weft_rng *rng) {
    test_gene *gene = &space->genes[g];
    gene->n_clauses = (int)weft_rng_below(rng, 3);
    for (int c = 0; c < gene->n_clauses; c++) {
        clause *made = &gene->clauses[c];
        made->parent = (int)weft_rng_below(rng, (uint64_t)g);
        if (c == 1 && made->parent == gene->clauses[0].parent) {
            gene->n_clauses = 1;
            return;
        }
        const test_gene *parent = &space->genes[made->parent];
        int v = (int)weft_rng_below(rng, (uint64_t)parent->n_values);
        int operation = (int)weft_rng_below(rng, 4);
        operation = parent->block && operation < EQUAL ? EQUAL : operation;
        operation = operation == ONE_OF && v + 1 == parent->n_values ? EQUAL : operation;
        made->operation = operation;
        made->value = parent->values[v];
        made->second = parent->values[operation == ONE_OF ? v + 1 : v];
    }
}

static void make_space(test_space *space, weft_rng *rng) {
    memset(space, 0, sizeof *space);
    space->depth = 1 + (int)weft_rng_below(rng, 3);
    space->side = 1 << weft_rng_below(rng, 4);
    make_gene(&space->genes[0], "depth", 0, rng, space->depth, 1);
    space->genes[0].integer = true;
    for (int v = 0; v < space->depth; v++) {
        space->genes[0].values[v] = v + 1;
    }
    space->n = 1;
    for (int j = 1; j <= space->depth; j++) {
        test_gene *block = &space->genes[space->n++];
        make_gene(block, "block", j, rng, 1 + (int)weft_rng_below(rng, 3), VGG);
        block->block = true;
        for (int v = 0; v < block->n_values; v++) {
            block->values[v] = VGG + (int)((unsigned)v + (unsigned)j) % 3;
        }
        test_gene *kernels = &space->genes[space->n++];
        make_gene(kernels, "kernels", j, rng, 1 + (int)weft_rng_below(rng, 3), 4);
        for (int k = space->n - 2; k < space->n; k++) {
            space->genes[k].n_clauses = 1;
            space->genes[k].clauses[0] = (clause){.parent = 0, .operation = AT_LEAST, .value = j};
        }
    }
    int hidden = (int)weft_rng_below(rng, 6);
    for (int i = 1; i <= hidden; i++) {
        make_gene(&space->genes[space->n], "hidden", i, rng, 1 + (int)weft_rng_below(rng, 4),
                  1 + (int)weft_rng_below(rng, 9));
        make_clauses(space, space->n++, rng);
    }
}

static const char *value_text(const test_gene *gene, int value, char *buffer, size_t size) {
    static const char *const kinds[] = {"VGG", "MVGG", "RES"};
    if (gene->block) {
        return kinds[value - VGG];
    }
    snprintf(buffer, size, "%d", value);
    return buffer;
}

static size_t write_gene(const test_space *space, const test_gene *gene, char *text, size_t size) {
    static const char *const operations[] = {">=", "<=", "=="};
    char a[16];
    char b[16];
    size_t used = 0;
    if (gene->integer && !gene->block) {
        used += (size_t)snprintf(text, size, "  %s: {integer: [%d, %d]", gene->name,
                                 gene->values[0], gene->values[gene->n_values - 1]);
    } else {
        used += (size_t)snprintf(text, size, "  %s: {%s: [", gene->name,
                                 gene->block ? "categorical" : "ordinal");
        for (int v = 0; v < gene->n_values; v++) {
            used += (size_t)snprintf(text + used, size - used, "%s%s", v > 0 ? ", " : "",
                                     value_text(gene, gene->values[v], a, sizeof a));
        }
        used += (size_t)snprintf(text + used, size - used, "]");
    }
    for (int c = 0; c < gene->n_clauses; c++) {
        const clause *made = &gene->clauses[c];
        const test_gene *parent = &space->genes[made->parent];
        used += (size_t)snprintf(text + used, size - used, c == 0 ? ", when: '%s " : " and %s ",
                                 parent->name);
        value_text(parent, made->value, a, sizeof a);
        value_text(parent, made->second, b, sizeof b);
        if (made->operation == ONE_OF) { /* in any order */
            used += (size_t)snprintf(text + used, size - used, "in [%s, %s]",
                                     value_text(parent, made->second, b, sizeof b),
                                     value_text(parent, made->value, a, sizeof a));
        } else {
            used += (size_t)snprintf(text + used, size - used, "%s %s", operations[made->operation],
                                     value_text(parent, made->value, a, sizeof a));
        }
    }
    return used +
           (size_t)snprintf(text + used, size - used, "%s}\n", gene->n_clauses > 0 ? "'" : "");
}

/* Genes in a random order: the reader must put parents first. */
static void write_space(const test_space *space, weft_rng *rng, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size,
                                   "weft: space/1\nname: random\nfamily: imc\n"
                                   "input: [2, %d, %d]\nclasses: 3\n"
                                   "head: {hidden: [5, 5, 5, 5, 5, 5]}\ngenes:\n",
                                   space->side, space->side + 5);
    uint32_t order[MOST];
    for (uint32_t g = 0; g < (uint32_t)space->n; g++) {
        order[g] = g;
    }
    weft_rng_shuffle(rng, order, (size_t)space->n);
    for (int g = 0; g < space->n; g++) {
        used += write_gene(space, &space->genes[order[g]], text + used, size - used);
        assert_true(used < size);
    }
}

/* The space's own genes listed through weft_gene_active: they must agree with the count too. */
static uint64_t list_table(const weft_gene_table *table, int g, double *genome, uint64_t *legal) {
    if (g == table->n_genes) {
        *legal += weft_genome_legal(table, genome);
        return 1;
    }
    if (!weft_gene_active(table, genome, g)) {
        genome[g] = NAN;
        return list_table(table, g + 1, genome, legal);
    }
    uint64_t total = 0;
    for (double v = table->genes[g].lower; v <= table->genes[g].upper; v++) {
        genome[g] = v;
        total += list_table(table, g + 1, genome, legal);
    }
    return total;
}

/* How many genomes a walk gives, and how many of them the table calls legal. */
static uint64_t walk_table(const weft_gene_table *table, uint64_t *legal) {
    weft_gene_walk *walk = NULL;
    weft_gene_cursor *cursor = NULL;
    weft_error error;
    assert_int_equal(weft_gene_walk_create(table, NULL, &walk, &error), WEFT_OK);
    uint64_t count = weft_gene_walk_count(walk);
    assert_int_equal(weft_gene_cursor_create(walk, 0, count, &cursor, &error), WEFT_OK);
    uint64_t total = 0;
    const double *genome = NULL;
    while ((genome = weft_gene_cursor_next(cursor, NULL)) != NULL) {
        total++;
        *legal += weft_genome_legal(table, genome);
    }
    assert_int_equal(total, count);
    weft_gene_cursor_destroy(cursor);
    weft_gene_walk_destroy(walk);
    return total;
}

static void check_random_space(uint64_t seed, uint64_t i, int *spaces, int *capped) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
    test_space made;
    char text[4096];
    int values[MOST];
    uint64_t total = 0;
    uint64_t legal = 0;
    make_space(&made, &rng);
    write_space(&made, &rng, text, sizeof text);
    list(&made, 0, values, 0, &total, &legal);
    weft_space *space = NULL;
    weft_error error;
    if (weft_space_parse(text, strlen(text), "random.yaml", &space, &error) != WEFT_OK) {
        /* The cap may leave nothing; a chain of conditions may never hold. */
        bool expected = (legal == 0 && strstr(error.message, "no network") != NULL) ||
                        strstr(error.message, "never active") != NULL;
        if (!expected) {
            fail_msg("seed %llu case %llu: %s\n%s", (unsigned long long)seed, (unsigned long long)i,
                     error.message, text);
        }
        return;
    }
    weft_space_count count;
    char expected[2][32];
    snprintf(expected[0], sizeof expected[0], "%llu", (unsigned long long)total);
    snprintf(expected[1], sizeof expected[1], "%llu", (unsigned long long)legal);
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    weft_gene_table table = weft_space_genes(space);
    double genome[MOST];
    uint64_t table_legal = 0;
    uint64_t table_total = list_table(&table, 0, genome, &table_legal);
    uint64_t walk_legal = 0;
    assert_int_equal(walk_table(&table, &walk_legal), total);
    assert_int_equal(walk_legal, legal);
    if (strcmp(count.total, expected[0]) != 0 || strcmp(count.legal, expected[1]) != 0 ||
        table_total != total || table_legal != legal) {
        fail_msg("seed %llu case %llu: %s and %s, expected %s and %s\n%s", (unsigned long long)seed,
                 (unsigned long long)i, count.total, count.legal, expected[0], expected[1], text);
    }
    *spaces += 1;
    *capped += legal < total;
    weft_space_destroy(space);
}

static void random_spaces_are_counted(void **state) {
    (void)state;
    int spaces = 0;
    int capped = 0;
    for (uint64_t i = 0; i < 1500; i++) {
        check_random_space(2718, i, &spaces, &capped);
    }
    assert_true(spaces > 1000);
    assert_true(capped > 100);
}

static void check_text_counts(const char *genes, int side, const char *total, const char *legal) {
    char text[2048];
    snprintf(text, sizeof text,
             "weft: space/1\nname: x\nfamily: imc\ninput: [3, %d, %d]\n"
             "head: {hidden: [8, 8]}\ngenes:\n%s",
             side, side, genes);
    weft_space *space = NULL;
    weft_error error;
    if (weft_space_parse(text, strlen(text), "x.yaml", &space, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    weft_space_count count;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, total);
    assert_string_equal(count.legal, legal);
    weft_space_destroy(space);
}

static void huge_spaces_stay_exact(void **state) {
    (void)state;
    /* Figures from Python's integers: sum_{d=1..25} (3 4096)^d and
     * sum_{d=1..25} 4096^d sum_{k<=7} C(d,k) 2^(d-k); then the same with 32. */
    check_text_counts("  depth: {integer: [1, 25]}\n"
                      "  block: {categorical: [VGG, MVGG, RES], repeat: 25, when: depth >= index}\n"
                      "  kernels: {integer: [1, 4096], repeat: 25, when: depth >= index}\n",
                      224,
                      "1726097849976445374150063802614870975009008844289101124487920793423071166757"
                      "437716131735613949576491008",
                      "6391190858912648776571730505140221873274025434651122315676006475193455257713"
                      "51579870463996728451280896");
    check_text_counts("  depth: {integer: [1, 32]}\n"
                      "  block: {categorical: [VGG, MVGG, RES], repeat: 32, when: depth >= index}\n"
                      "  kernels: {integer: [1, 4096], repeat: 32, when: depth >= index}\n",
                      224,
                      "7301865523655967822000574539155580964639784081123323000796971493368130"
                      "3152615698817223763576081414530450509117567267512949074309120",
                      "8421135605695919293534035277469846062867147131540329643646935686666509"
                      "879401508111006322411860875285300786059631662412963644452864");
}

/* 17 genes of 10^15 values: 10^255. */
static void sizes_beyond_the_digits_are_named(void **state) {
    (void)state;
    static const char text[] =
        "weft: space/1\nname: x\nfamily: network\nnetworks: [lenet5]\ngenes:\n"
        "  x: {integer: [1, 1000000000000000], repeat: 17, sets: rows, "
        "region: index}\n";
    weft_space *space = NULL;
    weft_error error;
    weft_space_count count;
    if (weft_space_parse(text, strlen(text), "x.yaml", &space, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.genotypes, "10^252 or more");
    assert_string_equal(count.total, "10^252 or more");
    weft_space_destroy(space);
}

static void continuous_spaces_have_no_count(void **state) {
    (void)state;
    static const char *const blocks =
        "  depth: {integer: [1, 2]}\n"
        "  block: {categorical: [VGG, RES], repeat: 2, when: depth >= index}\n"
        "  kernels: {ordinal: [8, 16], repeat: 2, when: depth >= index}\n";
    char genes[1024];
    snprintf(genes, sizeof genes, "%s  dropout: {real: [0, 0.5]}\n", blocks);
    check_text_counts(genes, 2, "infinite", "infinite");
    /* Active only where two halvings are, which the cap does not allow: 20 - 4 remain. */
    snprintf(genes, sizeof genes,
             "%s  dropout: {real: [0, 0.5], when: block1 == VGG and block2 == VGG}\n", blocks);
    check_text_counts(genes, 2, "infinite", "16");
    /* A real parent splits its children's genomes. */
    snprintf(genes, sizeof genes,
             "%s  dropout: {real: [0, 0.5]}\n"
             "  hidden2: {integer: [3, 5], when: dropout >= 0.25}\n",
             blocks);
    check_text_counts(genes, 2, "infinite", "infinite");
}

/* Head widths that hang on the kernels of 32 blocks at once: such a space can be searched, but a
 * count would need a state for each of 2^32 combinations. */
static void entangled_spaces_are_refused(void **state) {
    (void)state;
    char text[4096];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "weft: space/1\nname: x\nfamily: imc\nhead: {hidden: [8, 8, 8, 8, 8, 8, 8, 8]}\ngenes:\n"
        "  depth: {integer: [32, 32]}\n"
        "  block: {categorical: [RES], repeat: 32, when: depth >= index}\n"
        "  kernels: {ordinal: [8, 16], repeat: 32, when: depth >= index}\n");
    for (int i = 1; i <= 8; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "  hidden%d: {integer: [1, 2], when: kernels%d == 8 and kernels%d "
                                 "== 8 and kernels%d == 8 and kernels%d == 8}\n",
                                 i, i, i + 8, i + 16, i + 24);
    }
    weft_space *space = NULL;
    weft_error error;
    weft_space_count count;
    assert_int_equal(weft_space_parse(text, used, "x.yaml", &space, &error), WEFT_OK);
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "too many genes"));
    weft_space_destroy(space);
}

static void decimals_are_exact(void **state) {
    (void)state;
    char text[WEFT_DECIMAL_TEXT];
    weft_decimal a = weft_decimal_of(0);
    assert_string_equal(weft_decimal_text(&a, text), "0");
    a = weft_decimal_of(UINT64_MAX);
    assert_string_equal(weft_decimal_text(&a, text), "18446744073709551615");
    assert_true(weft_decimal_scale(&a, UINT64_MAX));
    assert_string_equal(weft_decimal_text(&a, text), "340282366920938463426481119284349108225");
    weft_decimal b = a;
    assert_true(weft_decimal_add(&a, &b));
    assert_string_equal(weft_decimal_text(&a, text), "680564733841876926852962238568698216450");
    /* 10^251 fits, ten times that does not; nor do 10 times 10^251 by adding. */
    a = weft_decimal_of(1);
    for (int i = 0; i < 251; i++) {
        assert_true(weft_decimal_scale(&a, 10));
    }
    assert_int_equal(strlen(weft_decimal_text(&a, text)), 252);
    b = a;
    assert_false(weft_decimal_scale(&b, 10));
    b = a;
    for (int i = 0; i < 8; i++) {
        assert_true(weft_decimal_add(&b, &a));
    }
    assert_false(weft_decimal_add(&b, &a));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(random_spaces_are_counted),
        cmocka_unit_test(huge_spaces_stay_exact),
        cmocka_unit_test(sizes_beyond_the_digits_are_named),
        cmocka_unit_test(continuous_spaces_have_no_count),
        cmocka_unit_test(entangled_spaces_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
