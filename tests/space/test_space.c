/* SPDX-License-Identifier: Apache-2.0
 * The spaces that come with Weft, and what a space does with genomes. */
#include "space/support.h"

#include "base/rng.h"

enum { MOST_GENES = 64, TEXT = 256 };

static void check_counts(const weft_space *space, const char *total, const char *legal,
                         int max_halvings) {
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, total);
    assert_string_equal(count.legal, legal);
    assert_int_equal(count.max_halvings, max_halvings);
}

static int find_gene(const weft_gene_table *table, const char *name) {
    for (int g = 0; g < table->n_genes; g++) {
        if (strcmp(table->genes[g].name, name) == 0) {
            return g;
        }
    }
    fail_msg("no gene %s", name);
    return -1;
}

/* A canonical genome, each active gene drawn evenly. */
static void draw(const weft_gene_table *table, weft_rng *rng, double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (!weft_gene_active(table, genome, g)) {
            genome[g] = NAN;
        } else if (gene->kind == WEFT_GENE_REAL) {
            genome[g] = gene->lower + (gene->upper - gene->lower) * weft_rng_uniform(rng);
        } else {
            genome[g] = gene->lower +
                        (double)weft_rng_below(rng, (uint64_t)(gene->upper - gene->lower) + 1);
        }
    }
}

static int count_letter(const char *text, char letter) {
    int n = 0;
    for (; *text != '\0'; text++) {
        n += *text == letter;
    }
    return n;
}

static void sizes_are_exact(void **state) {
    (void)state;
    weft_space *space = read_space("imc-cnn");
    assert_string_equal(weft_space_name(space), "imc-cnn");
    check_counts(space, "648232974", "643987278", 5);
    weft_space_destroy(space);
    space = read_space("imc-cnn-small"); /* 12 + 144 + 1728 + 20736 */
    check_counts(space, "22620", "22620", 4);
    weft_space_destroy(space);
    space = read_space("imc-crossnas"); /* sum of 9^d; legal: sum 3^d C(d,k) 2^(d-k), k <= 4 */
    check_counts(space, "48427560", "44415630", 4);
    weft_space_destroy(space);
    weft_space_destroy(NULL);
}

static void genes_stand_in_order(void **state) {
    (void)state;
    static const char *const names[] = {"depth",    "block1",   "kernels1", "block2",   "kernels2",
                                        "block3",   "kernels3", "block4",   "kernels4", "block5",
                                        "kernels5", "block6",   "kernels6", "block7",   "kernels7"};
    weft_space *space = read_space("imc-cnn");
    weft_gene_table table = weft_space_genes(space);
    assert_int_equal(table.n_genes, 15);
    for (int g = 0; g < table.n_genes; g++) {
        const weft_gene *gene = &table.genes[g];
        assert_string_equal(gene->name, names[g]);
        for (int c = 0; c < gene->n_conditions; c++) {
            assert_in_range(gene->conditions[c].parent, 0, g - 1);
        }
        /* Every depth has block 1: its genes need no condition. */
        assert_int_equal(gene->n_conditions, g > 2 ? 1 : 0);
        if (g > 2) {
            assert_int_equal(gene->conditions[0].parent, 0);
            assert_true(gene->conditions[0].minimum == (g + 1) / 2);
            assert_true(gene->conditions[0].maximum == 7.0);
        }
        if (g > 0) {
            assert_int_equal(gene->n_choices, g % 2 == 1 ? 3 : 6);
            assert_int_equal(gene->kind, g % 2 == 1 ? WEFT_GENE_CATEGORICAL : WEFT_GENE_ORDINAL);
        }
    }
    assert_int_equal(table.genes[0].kind, WEFT_GENE_INTEGER);
    assert_true(table.genes[0].lower == 1.0 && table.genes[0].upper == 7.0);
    weft_space_destroy(space);
}

/* "V32,R64" to a genome, through the texts of the values alone. */
static void encode(const weft_space *space, const char *text, double *genome) {
    static const struct {
        char letter;
        const char *word;
    } kinds[] = {{'V', "VGG"}, {'M', "MVGG"}, {'R', "RES"}};
    weft_gene_table table = weft_space_genes(space);
    for (int g = 0; g < table.n_genes; g++) {
        genome[g] = NAN;
    }
    int depth = 0;
    while (*text != '\0') {
        char wanted[2][32];
        for (int k = 0; k < 3; k++) {
            if (kinds[k].letter == *text) {
                snprintf(wanted[0], sizeof wanted[0], "%s", kinds[k].word);
            }
        }
        int digits = (int)strspn(text + 1, "0123456789");
        snprintf(wanted[1], sizeof wanted[1], "%.*s", digits, text + 1);
        depth++;
        for (int part = 0; part < 2; part++) {
            char name[32];
            snprintf(name, sizeof name, "%s%d", part == 0 ? "block" : "kernels", depth);
            int g = find_gene(&table, name);
            for (int choice = 0; choice < table.genes[g].n_choices; choice++) {
                char value[32];
                weft_space_value_text(space, g, choice, value, sizeof value);
                genome[g] = strcmp(value, wanted[part]) == 0 ? choice : genome[g];
            }
            assert_false(isnan(genome[g]));
        }
        text += 1 + digits;
        text += *text == ',';
    }
    genome[find_gene(&table, "depth")] = depth;
}

static void designs_decode_to_their_text(void **state) {
    (void)state;
    weft_space *space = read_space("imc-cnn");
    weft_gene_table table = weft_space_genes(space);
    double genome[MOST_GENES];
    char text[TEXT];
    encode(space, "V32,R64,M8", genome);
    assert_true(weft_genome_legal(&table, genome));
    assert_string_equal(weft_space_describe(space, genome, text, sizeof text), "V32,R64,M8");
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_space_decode(space, genome, 0, &network, &error), WEFT_OK);
    assert_string_equal(network->name, "imc:V32,R64,M8");
    /* The same network by hand; the space's head pools to 2 x 2. */
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.head_pool = 2;
    assert_int_equal(weft_imc_parse("V32,R64,M8", &spec, &error), WEFT_OK);
    weft_network *expected = NULL;
    assert_int_equal(weft_imc_build(&spec, &expected, &error), WEFT_OK);
    assert_true(weft_network_hash(network) == weft_network_hash(expected));
    assert_int_equal(network->macs, expected->macs);
    weft_network_destroy(expected);
    weft_network_destroy(network);
    weft_space_destroy(space);
}

static void values_have_texts(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\nname: x\nbase: imc-cnn\n"
                              "genes: {dropout: {real: [0.0, 0.5]},\n"
                              "        hidden1: {integer: [100, 300]}}\n");
    weft_gene_table table = weft_space_genes(space);
    char text[TEXT];
    int dropout = find_gene(&table, "dropout");
    assert_string_equal(weft_space_value_text(space, dropout, 0.2, text, sizeof text), "0.2");
    assert_string_equal(weft_space_value_text(space, dropout, 0.0, text, sizeof text), "0");
    assert_string_equal(weft_space_value_text(space, dropout, NAN, text, sizeof text), "-");
    assert_string_equal(weft_space_value_text(space, dropout, 0.6, text, sizeof text), "?");
    int hidden = find_gene(&table, "hidden1");
    assert_string_equal(weft_space_value_text(space, hidden, 123, text, sizeof text), "123");
    int block = find_gene(&table, "block2");
    assert_string_equal(weft_space_value_text(space, block, 2, text, sizeof text), "RES");
    assert_string_equal(weft_space_value_text(space, block, 3, text, sizeof text), "?");
    assert_string_equal(weft_space_value_text(space, block, 2, text, 3), "RE");
    int kernels = find_gene(&table, "kernels7");
    assert_string_equal(weft_space_value_text(space, kernels, 4, text, sizeof text), "96");
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, "infinite");
    assert_string_equal(count.legal, "infinite");

    double genome[MOST_GENES];
    encode(space, "R16", genome);
    genome[dropout] = 0.25;
    genome[hidden] = 123;
    assert_string_equal(weft_space_describe(space, genome, text, sizeof text),
                        "R16 dropout=0.25 hidden1=123");
    for (size_t size = 1; size < 40; size++) {
        weft_space_describe(space, genome, text, size);
        assert_true(strlen(text) < size);
    }
    weft_network *network = NULL;
    assert_int_equal(weft_space_decode(space, genome, 0, &network, &error), WEFT_OK);
    const weft_layer *end = &network->layers[network->n_layers];
    assert_int_equal(end[-1].out_channels, 10);
    assert_true(end[-2].rate == 0.25);
    assert_int_equal(end[-4].out_channels, 50);
    assert_int_equal(end[-7].out_channels, 123);
    weft_network_destroy(network);
    weft_space_destroy(space);
}

static void halvings_are_capped(void **state) {
    (void)state;
    weft_space *space = read_space("imc-crossnas");
    weft_gene_table table = weft_space_genes(space);
    double genome[MOST_GENES];
    weft_network *network = NULL;
    weft_error error;
    encode(space, "V32,V32,M32,V64,V64", genome);
    assert_true(table.legal(table.context, genome));
    encode(space, "V32,V32,V32,V64,M32,V64", genome);
    assert_false(table.legal(table.context, genome));
    assert_false(weft_genome_legal(&table, genome));
    assert_int_equal(weft_space_decode(space, genome, 0, &network, &error), WEFT_ERROR_INFEASIBLE);
    assert_null(network);
    assert_non_null(strstr(error.message, "5 blocks"));
    assert_non_null(strstr(error.message, "32 x 32 allows 4"));
    weft_space_destroy(space);
}

static void bad_genomes_are_refused(void **state) {
    (void)state;
    weft_space *space = read_space("imc-cnn");
    weft_network *network = NULL;
    weft_error error;
    double genome[MOST_GENES];
    char text[TEXT];
    static const struct {
        int gene;
        double value;
        const char *message;
    } cases[] = {{0, 8, "depth"},  {0, NAN, "depth"},        {0, 1.5, "depth"},
                 {1, 3, "block1"}, {4, -1, "kernels2"},      {4, NAN, "kernels2"},
                 {5, 1, "block3"}, {2, INFINITY, "kernels1"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        encode(space, "R8,M16", genome);
        genome[cases[i].gene] = cases[i].value;
        assert_int_equal(weft_space_decode(space, genome, 0, &network, &error), WEFT_ERROR_INPUT);
        assert_null(network);
        if (strstr(error.message, cases[i].message) == NULL) {
            fail_msg("case %zu: %s", i, error.message);
        }
        assert_string_equal(weft_space_describe(space, genome, text, sizeof text),
                            "(no design of this space)");
    }
    weft_space_destroy(space);
}

/* Every legal genome decodes; what it is called reads back as the same network; the rule agrees
 * with counting letters. */
static void every_legal_genome_decodes(void **state) {
    (void)state;
    static const char *const names[] = {"imc-cnn", "imc-cnn-small", "imc-crossnas"};
    const uint64_t seed = 7;
    for (int n = 0; n < 3; n++) {
        weft_space *space = read_space(names[n]);
        weft_gene_table table = weft_space_genes(space);
        weft_space_count count;
        weft_error error;
        assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
        for (uint64_t i = 0; i < 20000; i++) {
            weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
            double genome[MOST_GENES];
            char text[TEXT];
            draw(&table, &rng, genome);
            weft_space_describe(space, genome, text, sizeof text);
            bool legal = count_letter(text, 'V') <= count.max_halvings;
            weft_network *network = NULL;
            weft_status status = weft_space_decode(space, genome, 0, &network, &error);
            if (weft_genome_legal(&table, genome) != legal ||
                status != (legal ? WEFT_OK : WEFT_ERROR_INFEASIBLE)) {
                fail_msg("%s seed %llu case %llu: %s: status %d", names[n],
                         (unsigned long long)seed, (unsigned long long)i, text, (int)status);
            }
            if (legal) {
                assert_string_equal(network->name + strlen("imc:"), text);
                assert_int_equal(network->n_blocks, (int)genome[0]);
            }
            weft_network_destroy(network);
        }
        weft_space_destroy(space);
    }
}

typedef struct phenotype {
    uint64_t hash;
    uint64_t genome; /* as one number */
} phenotype;

static int compare_phenotypes(const void *a, const void *b) {
    const phenotype *left = a;
    const phenotype *right = b;
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return (left->genome > right->genome) - (left->genome < right->genome);
}

static void different_genomes_have_different_hashes(void **state) {
    (void)state;
    enum { N = 100000 };
    weft_space *space = read_space("imc-cnn");
    weft_gene_table table = weft_space_genes(space);
    phenotype *seen = calloc(N, sizeof *seen);
    assert_non_null(seen);
    int n = 0;
    for (uint64_t i = 0; n < N; i++) {
        weft_rng rng = weft_rng_make(99, WEFT_PURPOSE_TEST, i);
        double genome[MOST_GENES];
        draw(&table, &rng, genome);
        weft_network *network = NULL;
        weft_error error;
        if (weft_space_decode(space, genome, 0, &network, &error) != WEFT_OK) {
            continue;
        }
        seen[n].hash = weft_network_hash(network);
        for (int g = 0; g < table.n_genes; g++) {
            seen[n].genome = 8 * seen[n].genome + (isnan(genome[g]) ? 7 : (uint64_t)genome[g]);
        }
        weft_network_destroy(network);
        n++;
    }
    qsort(seen, N, sizeof *seen, compare_phenotypes);
    for (int i = 1; i < N; i++) {
        if (seen[i].hash == seen[i - 1].hash) {
            assert_true(seen[i].genome == seen[i - 1].genome);
        }
    }
    free(seen);
    weft_space_destroy(space);
}

static void data_replace_input_and_cap(void **state) {
    (void)state;
    weft_space *space = read_space("imc-cnn");
    weft_error error;
    assert_int_equal(weft_space_set_data(space, (weft_shape){1, 28, 28}, 26, &error), WEFT_OK);
    assert_int_equal(weft_space_input(space).height, 28);
    /* sum_d 6^d sum_{k <= 4} C(d,k) 2^(d-k) */
    check_counts(space, "648232974", "619905006", 4);
    assert_non_null(strstr(weft_space_text(space), "input: [1, 28, 28]\nclasses: 26\n"));
    double genome[MOST_GENES];
    encode(space, "V8,V8,V8,V8", genome);
    weft_network *network = NULL;
    assert_int_equal(weft_space_decode(space, genome, 0, &network, &error), WEFT_OK);
    assert_int_equal(network->layers[0].out.channels, 1);
    assert_int_equal(network->layers[network->n_layers - 1].out.channels, 26);
    weft_network_destroy(network);
    encode(space, "V8,V8,V8,V8,V8", genome);
    assert_int_equal(weft_space_decode(space, genome, 0, &network, &error), WEFT_ERROR_INFEASIBLE);
    /* Other sides: the shorter one counts. */
    assert_int_equal(weft_space_set_data(space, (weft_shape){3, 500, 2}, 10, &error), WEFT_OK);
    weft_space_count count;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_int_equal(count.max_halvings, 1);
    const weft_shape bad[] = {{0, 8, 8}, {3, 0, 8}, {3, 8, -1}, {3, 70000, 8}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(weft_space_set_data(space, bad[i], 10, &error), WEFT_ERROR_INPUT);
    }
    assert_int_equal(weft_space_set_data(space, (weft_shape){3, 8, 8}, 1, &error),
                     WEFT_ERROR_INPUT);
    assert_int_equal(weft_space_input(space).height, 500);
    weft_space_destroy(space);
}

static void data_must_leave_a_network(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\nname: deep\nbase: imc-cnn\n"
                              "genes:\n"
                              "  depth: {integer: [3, 7]}\n"
                              "  block: {categorical: [VGG], repeat: 7, when: depth >= index}\n");
    check_counts(space, "335880", "9288", 5); /* 6^3 + ... + 6^7, and up to 6^5 */
    weft_error error;
    char before[4096];
    snprintf(before, sizeof before, "%s", weft_space_text(space));
    assert_int_equal(weft_space_set_data(space, (weft_shape){3, 4, 32}, 10, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "halved 2 times"));
    assert_string_equal(weft_space_text(space), before);
    assert_int_equal(weft_space_input(space).height, 32);
    check_counts(space, "335880", "9288", 5);
    weft_space_destroy(space);
}

/* The written text gives the same genes, rule, counts and networks. */
static void check_round_trip(weft_space *space, uint64_t seed) {
    weft_space *again = parse(weft_space_text(space));
    assert_string_equal(weft_space_text(again), weft_space_text(space));
    assert_string_equal(weft_space_name(again), weft_space_name(space));
    weft_gene_table a = weft_space_genes(space);
    weft_gene_table b = weft_space_genes(again);
    assert_int_equal(a.n_genes, b.n_genes);
    for (int g = 0; g < a.n_genes; g++) {
        assert_memory_equal(&a.genes[g], &b.genes[g], sizeof a.genes[g]);
    }
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    check_counts(again, count.total, count.legal, count.max_halvings);
    for (uint64_t i = 0; i < 300; i++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
        double genome[MOST_GENES];
        draw(&a, &rng, genome);
        weft_network *first = NULL;
        weft_network *second = NULL;
        weft_status status = weft_space_decode(space, genome, 0, &first, &error);
        assert_int_equal(weft_space_decode(again, genome, 0, &second, &error), status);
        if (status == WEFT_OK) {
            assert_true(weft_network_hash(first) == weft_network_hash(second));
        }
        weft_network_destroy(first);
        weft_network_destroy(second);
    }
    weft_space_destroy(again);
}

static void texts_read_back(void **state) {
    (void)state;
    static const char *const names[] = {"imc-cnn", "imc-cnn-small", "imc-crossnas"};
    weft_error error;
    for (int n = 0; n < 3; n++) {
        weft_space *space = read_space(names[n]);
        check_round_trip(space, 3);
        assert_int_equal(weft_space_set_data(space, (weft_shape){1, 28, 28}, 5, &error), WEFT_OK);
        check_round_trip(space, 4);
        weft_space_destroy(space);
    }
    weft_space *space = parse(
        "weft: space/1\n"
        "name: all.kinds-of_genes\n"
        "family: imc\n"
        "input: [3, 17, 90]\n"
        "classes: 7\n"
        "smallest_map: 3\n"
        "head: {pool: 3, hidden: [64, 32, 16], dropout: 0.1}\n"
        "genes:\n"
        "  hidden: {integer: [8, 99], repeat: 3, when: 'depth <= 3 and block1 in [MVGG, RES]'}\n"
        "  dropout: {real: [0.05, 0.7000000000000001], log: true, when: kernels2 == 2}\n"
        "  pool: {ordinal: [1, 2, 5], when: 'depth in [2, 4, 3] and hidden2 >= 50'}\n"
        "  kernels: {ordinal: [1, 2, 30], repeat: 4, when: depth >= index}\n"
        "  block: {categorical: [VGG, RES, MVGG], repeat: 4, when: depth >= index}\n"
        "  depth: {integer: [1, 4]}\n");
    check_round_trip(space, 5);
    weft_space_destroy(space);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_exact),
        cmocka_unit_test(genes_stand_in_order),
        cmocka_unit_test(designs_decode_to_their_text),
        cmocka_unit_test(values_have_texts),
        cmocka_unit_test(halvings_are_capped),
        cmocka_unit_test(bad_genomes_are_refused),
        cmocka_unit_test(every_legal_genome_decodes),
        cmocka_unit_test(different_genomes_have_different_hashes),
        cmocka_unit_test(data_replace_input_and_cap),
        cmocka_unit_test(data_must_leave_a_network),
        cmocka_unit_test(texts_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
