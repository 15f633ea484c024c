/* SPDX-License-Identifier: Apache-2.0
 * Spaces of networks of cells: the count, what genomes decode to, bad genes. */
#include "space/support.h"

static const char SMALL[] = "weft: space/1\nname: small\nfamily: cells-concat\ngenes:\n"
                            "  depth1: {integer: [1, 4]}\n  depth2: {integer: [2, 3]}\n"
                            "  channels: {ordinal: [4, 8]}\n  skips1: {integer: [0, 2]}\n"
                            "  skips2: {ordinal: [0, 8]}\n";

static void flash_has_its_published_size(void **state) {
    (void)state;
    weft_space *space = NULL;
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_read("flash", &space, &error), WEFT_OK);
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, "63808191936"); /* (12 x 9 x 37)^3 */
    assert_true(strtod(count.legal, NULL) > 63e9);
    weft_space_destroy(space);
}

/* Each genome of a small space, against the network of the name that it is described by. */
static void genomes_are_the_networks_they_say(void **state) {
    (void)state;
    weft_space *space = parse(SMALL);
    weft_gene_table table = weft_space_genes(space);
    weft_gene_walk *walk = NULL;
    weft_gene_cursor *cursor = NULL;
    weft_error error;
    assert_int_equal(weft_gene_walk_create(&table, NULL, &walk, &error), WEFT_OK);
    assert_int_equal(weft_gene_walk_count(walk), 4 * 2 * 2 * 3 * 2);
    assert_int_equal(weft_gene_cursor_create(walk, 0, weft_gene_walk_count(walk), &cursor, &error),
                     WEFT_OK);
    const double *genome;
    while ((genome = weft_gene_cursor_next(cursor, NULL)) != NULL) {
        char text[128];
        weft_network *made = NULL;
        weft_network *named = NULL;
        weft_space_describe(space, genome, text, sizeof text);
        assert_int_equal(weft_space_decode(space, genome, 0, &made, &error), WEFT_OK);
        assert_int_equal(weft_network_read(text, &named, &error), WEFT_OK);
        assert_string_equal(made->name, text);
        assert_true(weft_network_hash(made) == weft_network_hash(named));
        weft_network_destroy(made);
        weft_network_destroy(named);
    }
    weft_gene_cursor_destroy(cursor);
    weft_gene_walk_destroy(walk);
    weft_space_destroy(space);
}

static void expect_refused(const char *genes, const char *message) {
    char text[1024];
    weft_space *space = NULL;
    weft_error error;
    snprintf(text, sizeof text, "weft: space/1\nname: bad\nfamily: cells-concat\ngenes:\n%s",
             genes);
    assert_int_equal(weft_space_parse(text, strlen(text), "bad.yaml", &space, &error),
                     WEFT_ERROR_INPUT);
    if (strstr(error.message, message) == NULL || error.hint[0] == '\0') {
        fail_msg("'%s' is not in '%s' (hint '%s')", message, error.message, error.hint);
    }
}

static void bad_genes_are_refused(void **state) {
    (void)state;
#define DEPTH "  depth1: {integer: [1, 4]}\n"
#define REST  "  channels: {integer: [4, 8]}\n  skips: {integer: [0, 2]}\n"
    expect_refused(REST, "'depth1' is missing");
    expect_refused(DEPTH "  channels: {integer: [4, 8]}\n", "'skips1' is missing");
    expect_refused(DEPTH REST "  skips2: {integer: [0, 2]}\n", "is of cell 2; the space has 1");
    expect_refused(DEPTH REST "  skips1: {integer: [0, 2]}\n", "sets what 'skips' sets already");
    expect_refused(DEPTH REST "  expansion: {integer: [1, 2]}\n", "means nothing");
    expect_refused(DEPTH REST "  chanels1: {integer: [1, 2]}\n", "unknown");
    expect_refused("  depth1: {integer: [0, 4]}\n" REST, "may not be 0");
    expect_refused(DEPTH "  channels: {integer: [4, 8]}\n"
                         "  skips: {integer: [0, 2], when: depth1 >= 2}\n",
                   "may have no condition");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flash_has_its_published_size),
        cmocka_unit_test(genomes_are_the_networks_they_say),
        cmocka_unit_test(bad_genes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
