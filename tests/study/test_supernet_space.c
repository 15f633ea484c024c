/* SPDX-License-Identifier: Apache-2.0
 *
 * The networks of spaces as a supernet draws them: legal, as often as random search proposes them, with
 * the ends that the header says, in two groups where there are two; and the space's hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/study.h>

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s", #call, error.message);                                              \
        }                                                                                          \
    } while (0)

static weft_space *space_of(const char *text) {
    weft_error error;
    weft_space *space = NULL;
    if (strchr(text, '\n') == NULL) {
        MUST(weft_space_read(text, &space, &error));
    } else {
        MUST(weft_space_parse(text, strlen(text), "test.yaml", &space, &error));
    }
    return space;
}

static weft_space_supernet *supernet_of(const weft_space *space) {
    weft_error error;
    weft_space_supernet *supernet = NULL;
    MUST(weft_space_supernet_create(space, &supernet, &error));
    return supernet;
}

static bool attends(const weft_network *network) {
    for (int i = 0; i < network->n_layers; i++) {
        if (network->layers[i].op == WEFT_OP_MATMUL) {
            return true;
        }
    }
    return false;
}

#define IMC_HEAD                                                                                   \
    "weft: space/1\nname: small\nfamily: imc\ninput: [1, 8, 8]\nclasses: 3\n"                      \
    "head: {pool: 1, hidden: [8]}\n"

static const char IMC[] = IMC_HEAD "genes:\n"
                                   "  depth: {integer: [1, 3]}\n"
                                   "  block: {categorical: [RES, VGG], repeat: 3, "
                                   "when: depth >= index}\n"
                                   "  kernels: {ordinal: [4, 8, 16], repeat: 3, "
                                   "when: depth >= index}\n";

/* Every block that halves a map of 8 x 8: two at most leave a side of 2. */
static const char CAPPED[] = IMC_HEAD "smallest_map: 2\n"
                                      "genes:\n"
                                      "  depth: {integer: [2, 3]}\n"
                                      "  block: {categorical: [RES, VGG], repeat: 3, "
                                      "when: depth >= index}\n"
                                      "  kernels: {ordinal: [4, 8], repeat: 3, "
                                      "when: depth >= index}\n";

/* ---- draws ----------------------------------------------------------------------------------- */

/* Each gene is uniform given its parents: depths, and values of genes where they are active, within
 * five standard errors of a binomial. */
static void test_uniform(void **state) {
    (void)state;
    enum { DRAWS = 3000, MOST_GENES = 16 };
    weft_error error;
    weft_space *space = space_of(IMC);
    weft_space_supernet *supernet = supernet_of(space);
    weft_gene_table table = weft_space_genes(space);
    int counts[MOST_GENES][4] = {0}, active[MOST_GENES] = {0};
    double genome[MOST_GENES];
    assert_true(table.n_genes <= MOST_GENES);
    for (uint64_t i = 0; i < DRAWS; i++) {
        MUST(weft_space_supernet_draw(supernet, WEFT_SUPERNET_RANDOM, 9, i, genome, &error));
        assert_true(weft_genome_legal(&table, genome));
        for (int g = 0; g < table.n_genes; g++) {
            if (!isnan(genome[g])) {
                active[g]++;
                counts[g][(int)(genome[g] - table.genes[g].lower)]++;
            }
        }
    }
    for (int g = 0; g < table.n_genes; g++) {
        int values = (int)(table.genes[g].upper - table.genes[g].lower) + 1;
        double share = 1.0 / values, n = active[g];
        for (int v = 0; v < values; v++) {
            assert_true(fabs(counts[g][v] - share * n) < 5.0 * sqrt(n * share * (1.0 - share)));
        }
    }
    weft_space_supernet_destroy(supernet);
    weft_space_destroy(space);
}

/* A draw is its seed's and index's own: the same in any order, and the training's network is that of
 * the genome. */
static void test_repeatable(void **state) {
    (void)state;
    weft_error error;
    double first[16], again[16];
    weft_space *space = space_of(IMC);
    weft_gene_table table = weft_space_genes(space);
    weft_space_supernet *one = supernet_of(space), *other = supernet_of(space);
    const weft_supernet_space *face = weft_space_supernet_get(other);
    weft_network *drawn = NULL, *decoded = NULL;
    int different = 0, group = 7;
    MUST(weft_network_create("drawn", weft_space_input(space), &drawn, &error));
    assert_string_equal(face->name, "small");
    assert_ptr_equal(weft_space_supernet_space(one), space);
    for (uint64_t i = 0; i < 50; i++) {
        MUST(weft_space_supernet_draw(one, WEFT_SUPERNET_RANDOM, 4, i, first, &error));
        MUST(weft_space_supernet_draw(other, WEFT_SUPERNET_RANDOM, 4, 49 - i, again, &error));
        different += !weft_genome_equal(&table, first, again);
        MUST(weft_space_supernet_draw(other, WEFT_SUPERNET_RANDOM, 4, i, again, &error));
        assert_true(weft_genome_equal(&table, first, again));
        MUST(face->draw(face->context, WEFT_SUPERNET_RANDOM, 4, i, false, drawn, &group, &error));
        MUST(weft_space_decode(space, first, 0, &decoded, &error));
        assert_true(weft_network_hash(drawn) == weft_network_hash(decoded));
        assert_int_equal(group, 0);
        weft_network_destroy(decoded);
    }
    assert_true(different > 40);
    weft_network_destroy(drawn);
    weft_space_supernet_destroy(one);
    weft_space_supernet_destroy(other);
    weft_space_supernet_destroy(NULL);
    weft_space_destroy(space);
}

static void expect_end(const char *text, weft_supernet_draw which, const char *description) {
    weft_error error;
    double genome[16];
    char found[128];
    weft_space *space = space_of(text);
    weft_space_supernet *supernet = supernet_of(space);
    MUST(weft_space_supernet_draw(supernet, which, 0, 0, genome, &error));
    assert_string_equal(weft_space_describe(space, genome, found, sizeof found), description);
    weft_space_supernet_destroy(supernet);
    weft_space_destroy(space);
}

/* The last value of each gene; where that is not allowed, words give way from the last on. */
static void test_ends(void **state) {
    (void)state;
    expect_end(IMC, WEFT_SUPERNET_LARGEST, "V16,V16,V16");
    expect_end(IMC, WEFT_SUPERNET_SMALLEST, "R4");
    expect_end(CAPPED, WEFT_SUPERNET_LARGEST, "V8,V8,R8");
    expect_end(CAPPED, WEFT_SUPERNET_SMALLEST, "R4,R4");
}

/* All but the kinds of block at their ends; every kind comes at every place; where few kinds can be built,
 * those that can. */
static void test_kinds(void **state) {
    (void)state;
    weft_error error;
    double genome[16];
    int kinds[3][128] = {{0}};
    char found[128];
    weft_space *space = space_of(IMC), *capped = space_of(CAPPED);
    weft_space_supernet *supernet = supernet_of(space), *few = supernet_of(capped);
    for (uint64_t i = 0; i < 60; i++) {
        MUST(weft_space_supernet_draw(supernet, WEFT_SUPERNET_LARGEST_OF_KINDS, 3, i, genome,
                                      &error));
        weft_space_describe(space, genome, found, sizeof found);
        assert_int_equal(strlen(found), strlen("V16,V16,V16"));
        for (int b = 0; b < 3; b++) {
            assert_memory_equal(&found[4 * b + 1], "16", 2);
            kinds[b][(int)found[4 * (size_t)b]]++;
        }
        MUST(weft_space_supernet_draw(supernet, WEFT_SUPERNET_SMALLEST_OF_KINDS, 3, i, genome,
                                      &error));
        weft_space_describe(space, genome, found, sizeof found);
        assert_string_equal(&found[1], "4");
        MUST(weft_space_supernet_draw(few, WEFT_SUPERNET_LARGEST_OF_KINDS, 3, i, genome, &error));
        weft_space_describe(capped, genome, found, sizeof found);
        assert_string_not_equal(found, "V8,V8,V8");
        assert_int_equal(strlen(found), strlen("V8,V8,V8"));
    }
    for (int b = 0; b < 3; b++) {
        assert_true(kinds[b]['V'] > 5 && kinds[b]['R'] > 5 &&
                    kinds[b]['V'] + kinds[b]['R'] + kinds[b]['M'] == 60);
    }
    weft_space_supernet_destroy(supernet);
    weft_space_supernet_destroy(few);
    weft_space_destroy(space);
    weft_space_destroy(capped);
}

/* ---- two groups ------------------------------------------------------------------------------ */

static void test_groups(void **state) {
    (void)state;
    weft_error error;
    int groups[2] = {0}, group = 7, first = 7;
    weft_space *space = space_of("small-hybrid");
    weft_space_supernet *supernet = supernet_of(space);
    const weft_supernet_space *face = weft_space_supernet_get(supernet);
    weft_network *network = NULL;
    MUST(weft_network_create("drawn", weft_space_input(space), &network, &error));
    for (uint64_t i = 0; i < 60; i++) {
        MUST(face->draw(face->context, WEFT_SUPERNET_RANDOM, 1, i, false, network, &group, &error));
        assert_int_equal(group, attends(network));
        groups[group]++;
        MUST(face->draw(face->context, WEFT_SUPERNET_RANDOM, 1, i, true, network, &first, &error));
        assert_true(first == 0 && !attends(network));
    }
    assert_true(groups[1] > 30);
    MUST(face->draw(face->context, WEFT_SUPERNET_LARGEST, 0, 0, false, network, &group, &error));
    int64_t whole = network->params;
    assert_int_equal(group, 1);
    MUST(face->draw(face->context, WEFT_SUPERNET_LARGEST, 0, 0, true, network, &group, &error));
    /* All blocks are there, of the first kind. */
    assert_true(group == 0 && !attends(network) && network->params > whole / 4);
    int layers = network->n_layers;
    MUST(face->draw(face->context, WEFT_SUPERNET_SMALLEST, 0, 0, true, network, &group, &error));
    assert_true(group == 0 && network->n_layers < layers);
    weft_network_destroy(network);
    weft_space_supernet_destroy(supernet);
    weft_space_destroy(space);
}

/* ---- hashes ---------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *text) {
    weft_space *space = space_of(text);
    weft_space_supernet *supernet = supernet_of(space);
    uint64_t hash = weft_space_supernet_get(supernet)->hash;
    weft_space_supernet_destroy(supernet);
    weft_space_destroy(space);
    return hash;
}

static char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    assert_non_null(at);
    size_t before = (size_t)(at - text);
    char *made = calloc(strlen(text) + strlen(to) + 1, 1);
    assert_non_null(made);
    memcpy(made, text, before);
    strcat(made, to);
    strcat(made, at + strlen(from));
    return made;
}

/* Of what a network may be, and of nothing else. */
static void test_hash(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
        bool same;
    } changes[] = {
        {"name: small", "name: other", true},
        {"[4, 8, 16]", "[4, 8, 32]", false},
        {"[4, 8, 16]", "[4, 8]", false},
        {"[RES, VGG]", "[VGG, RES]", false},
        {"integer: [1, 3]", "integer: [2, 3]", false},
        {"classes: 3", "classes: 4", false},
        {"[1, 8, 8]", "[1, 9, 9]", false},
        {"hidden: [8]", "hidden: [9]", false},
        /* A gene of the chip. */
        {"genes:\n", "genes:\n  rows: {ordinal: [64, 128], sets: rows}\n", true},
    };
    uint64_t own = hash_of(IMC);
    assert_true(own != 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *text = replaced(IMC, changes[i].from, changes[i].to);
        if ((hash_of(text) == own) != changes[i].same) {
            fail_msg("\"%s\" for \"%s\": the hash is %s", changes[i].to, changes[i].from,
                     changes[i].same ? "another one" : "the same");
        }
        free(text);
    }
}

/* Draws do not depend on the chip's genes either. */
static void test_knobs(void **state) {
    (void)state;
    weft_error error;
    char *text = replaced(IMC, "genes:\n", "genes:\n  rows: {ordinal: [64, 128], sets: rows}\n");
    weft_space *plain = space_of(IMC), *knobs = space_of(text);
    weft_space_supernet *one = supernet_of(plain), *other = supernet_of(knobs);
    for (uint64_t i = 0; i < 40; i++) {
        double a[16], b[16];
        char first[128], second[128];
        MUST(weft_space_supernet_draw(one, WEFT_SUPERNET_RANDOM, 6, i, a, &error));
        MUST(weft_space_supernet_draw(other, WEFT_SUPERNET_RANDOM, 6, i, b, &error));
        weft_space_describe(plain, a, first, sizeof first);
        weft_space_describe(knobs, b, second, sizeof second);
        assert_int_equal(strncmp(first, second, strlen(first)), 0);
        assert_non_null(strstr(second, "rows=64"));
    }
    free(text);
    weft_space_supernet_destroy(one);
    weft_space_supernet_destroy(other);
    weft_space_destroy(plain);
    weft_space_destroy(knobs);
}

/* ---- what has no supernet -------------------------------------------------------------------- */

static void test_refused(void **state) {
    (void)state;
    static const char *const fixed[] = {"cimnas-mobilenetv2-hw", "joint-rram-4"};
    for (size_t i = 0; i < 2; i++) {
        weft_error error = {0};
        weft_space_supernet *supernet = NULL;
        weft_space *space = space_of(fixed[i]);
        assert_int_equal(weft_space_supernet_create(space, &supernet, &error), WEFT_ERROR_INPUT);
        assert_null(supernet);
        assert_non_null(strstr(error.message, fixed[i]));
        weft_space_destroy(space);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniform), cmocka_unit_test(test_repeatable),
        cmocka_unit_test(test_ends),    cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_groups),  cmocka_unit_test(test_hash),
        cmocka_unit_test(test_knobs),   cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("supernet space", tests, NULL, NULL);
}
