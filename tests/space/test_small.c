/* SPDX-License-Identifier: Apache-2.0
 * Spaces of small images: their counts against arithmetic, all networks of reduced ones against those
 * that the test builds in loops of its own, what is refused, and chips that run them. */
#include "space/support.h"

#include <weft/hardware.h>

#include "base/rng.h"
#include "network/elastic.h"

static int rounds(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? 20 : 300;
}

/* ---- counts ------------------------------------------------------------------------------------ */

/* Blocks of `first` choices and of `more`, 1 to `most` of them. */
static double stage(double first, double more, int most) {
    double all = 0.0;
    for (int d = 1; d <= most; d++) {
        all += first * pow(more, d - 1);
    }
    return all;
}

static void check_count(const char *name, const char *designs, double about) {
    weft_space *space = read_space(name);
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, designs);
    assert_true(fabs(atof(designs) / about - 1.0) < 1e-12);
    assert_true(about > 1e8);
    assert_true(weft_space_is_distinct(space));
    weft_space_destroy(space);
}

static void the_spaces_are_counted(void **state) {
    (void)state;
    double inverted = 2 * stage(9, 9, 2) * 2 * stage(9, 9, 3) * 3 * stage(9, 9, 4) * 3 *
                      stage(9, 9, 3) * 3 * stage(9, 9, 3);
    check_count("small-mobilenetv2", "39407086939802400", inverted);
    check_count("small-mobilenetv2-bits", "41321325594990241382400", inverted * pow(16, 5));
    check_count("small-hybrid", "1218821767703205120",
                2 * stage(9, 9, 2) * 2 * stage(9, 9, 3) * 3 * stage(9, 15, 4) * 3 *
                    stage(9, 15, 3) * 3 * stage(9, 15, 3));
    double chains = 0.0;
    for (int d = 3; d <= 8; d++) {
        chains += 2 * 9 * pow(15, d - 2);
    }
    check_count("imc-supernet", "219676320", chains);
}

/* Chains of at most `cap` VGG blocks, the first of them one. */
static uint64_t legal_chains(int depth, int at, int halvings, int cap) {
    if (halvings > cap) {
        return 0;
    }
    if (at == depth) {
        return 1;
    }
    uint64_t widths = at == 0 ? 2 : at == 1 ? 3 : 5;
    uint64_t with = legal_chains(depth, at + 1, halvings + 1, cap);
    uint64_t without = at == 0 ? 0 : 2 * legal_chains(depth, at + 1, halvings, cap);
    return widths * (with + without);
}

static void caps_leave_enough_chains(void **state) {
    (void)state;
    static const int caps[] = {4, 3}; /* 32 and 28 pixels down to 2 */
    for (int i = 0; i < 2; i++) {
        weft_space *space = read_space("imc-supernet");
        weft_space_count count;
        weft_error error;
        weft_shape input = i == 0 ? (weft_shape){3, 32, 32} : (weft_shape){1, 28, 28};
        assert_int_equal(weft_space_set_data(space, input, 10, &error), WEFT_OK);
        assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
        uint64_t legal = 0;
        for (int d = 3; d <= 8; d++) {
            legal += legal_chains(d, 0, 0, caps[i]);
        }
        char text[32];
        snprintf(text, sizeof text, "%llu", (unsigned long long)legal);
        assert_string_equal(count.legal, text);
        assert_true(legal > 100000000);
        weft_space_destroy(space);
    }
}

/* ---- all networks of reduced spaces ------------------------------------------------------------ */

enum { MOST = 4096 };

typedef struct hash_list {
    int n;
    uint64_t at[MOST];
} hash_list;

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void keep(hash_list *list, const weft_network *network) {
    assert_true(list->n < MOST);
    list->at[list->n++] = weft_network_hash(network);
}

static void keep_spec(hash_list *list, const weft_elastic_spec *spec, weft_network *network) {
    weft_error error;
    if (weft_elastic_build(spec, network, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    keep(list, network);
}

static void walk(const weft_space *space, hash_list *list, weft_network *network) {
    weft_gene_table table = weft_space_genes(space);
    weft_gene_walk *all = NULL;
    weft_gene_cursor *cursor = NULL;
    weft_error error;
    uint64_t first, end;
    assert_int_equal(weft_gene_walk_create(&table, NULL, &all, &error), WEFT_OK);
    weft_gene_walk_range(all, 0, 1, &first, &end);
    assert_int_equal(weft_gene_cursor_create(all, first, end, &cursor, &error), WEFT_OK);
    const double *genome;
    while ((genome = weft_gene_cursor_next(cursor, NULL)) != NULL) {
        assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error), WEFT_OK);
        keep(list, network);
    }
    weft_gene_cursor_destroy(cursor);
    weft_gene_walk_destroy(all);
}

/* The genomes decode to the networks that the test listed, each once, and are counted as many. */
static void check_same(const weft_space *space, hash_list *listed) {
    static hash_list decoded;
    decoded.n = 0;
    weft_network *network = empty();
    walk(space, &decoded, network);
    weft_network_destroy(network);
    weft_space_count count;
    weft_error error;
    char text[32];
    snprintf(text, sizeof text, "%d", listed->n);
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, text);
    assert_int_equal(decoded.n, listed->n);
    qsort(listed->at, (size_t)listed->n, sizeof listed->at[0], by_value);
    qsort(decoded.at, (size_t)decoded.n, sizeof decoded.at[0], by_value);
    assert_memory_equal(listed->at, decoded.at, (size_t)listed->n * sizeof listed->at[0]);
    for (int i = 1; i < listed->n; i++) {
        assert_true(listed->at[i] != listed->at[i - 1]);
    }
    assert_true(weft_space_is_distinct(space));
}

static void reduced_mobilenets_are_all_there(void **state) {
    (void)state;
    weft_space *space =
        parse("weft: space/1\n"
              "name: x\n"
              "family: small-mobilenetv2\n"
              "input: [1, 28, 28]\n"
              "bits: {weights: 8, inputs: 7}\n"
              "genes:\n"
              "  depth1: {integer: [1, 2]}\n"
              "  depth5: {integer: [1, 1]}\n"
              "  kernel: {ordinal: [3, 5], repeat: [2], when: depth >= index}\n"
              "  expansion: {ordinal: [3, 4, 6], repeat: [2], when: depth >= index}\n"
              "  channels2: {ordinal: [16, 40]}\n"
              "  squeeze2: {integer: [0, 1]}\n"
              "  weight_bits3: {ordinal: [2, 4]}\n"
              "  pw_input_bits3_1: {ordinal: [4, 8]}\n");
    static const double expansions[] = {3, 4, 6};
    static hash_list listed;
    weft_network *network = empty();
    listed.n = 0;
    for (int i = 0; i < (6 + 36) * 16; i++) {
        weft_elastic_spec spec;
        weft_elastic_defaults(&weft_skeleton_small, &spec);
        spec.input = (weft_shape){1, 28, 28};
        spec.classes = 10;
        spec.bits = (weft_layer_bits){.weights = 8, .inputs = 7};
        for (int s = 0; s < 5; s++) {
            for (int k = 0; k < 4; k++) {
                spec.blocks[s][k].pointwise = spec.blocks[s][k].depthwise = spec.bits;
                spec.blocks[s][k].squeeze = s == 1 && (i & 1);
                if (s == 2) {
                    spec.blocks[s][k].pointwise.weights = i & 2 ? 2 : 4;
                    spec.blocks[s][k].depthwise.weights = i & 2 ? 2 : 4;
                }
            }
        }
        spec.blocks[2][0].pointwise.inputs = i & 4 ? 4 : 8;
        spec.channels[1] = i & 8 ? 16 : 40;
        int blocks = i / 16;
        spec.depth[0] = blocks < 6 ? 1 : 2;
        blocks = blocks < 6 ? blocks : blocks - 6;
        for (int k = 0; k < spec.depth[0]; k++, blocks /= 6) {
            spec.blocks[0][k].kernel = blocks % 2 == 0 ? 3 : 5;
            spec.blocks[0][k].expansion = expansions[blocks / 2 % 3];
        }
        spec.depth[4] = 1;
        keep_spec(&listed, &spec, network);
    }
    check_same(space, &listed);
    weft_network_destroy(network);
    weft_space_destroy(space);
}

/* Block k of stage s: choices 0 .. 2 are kernels of an inverted residual, 3 .. 6 heads and MLP ratio. */
static void choose(weft_elastic_block *block, int choice) {
    if (choice < 3) {
        block->kernel = 3 + 2 * choice;
        return;
    }
    block->attends = true;
    block->heads = (choice - 3) % 2 == 0 ? 2 : 4;
    block->mlp_ratio = (choice - 3) / 2 == 0 ? 1.0 : 2.5;
}

static void reduced_hybrids_are_all_there(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\n"
                              "name: x\n"
                              "family: small-hybrid\n"
                              "input: [3, 16, 16]\n"
                              "genes:\n"
                              "  depth1: {integer: [1, 1]}\n"
                              "  depth2: {integer: [1, 1]}\n"
                              "  depth3: {integer: [1, 3]}\n"
                              "  depth4: {integer: [1, 1]}\n"
                              "  depth5: {integer: [1, 2]}\n"
                              "  channels3: {ordinal: [16, 32]}\n"
                              "  kernel3_1: {ordinal: [3, 7]}\n"
                              "  attention3_2: &kind {integer: [0, 1], when: depth >= index}\n"
                              "  attention3_3: *kind\n"
                              "  attention5_2: *kind\n"
                              "  kernel3_2: &kernel {ordinal: [3, 5, 7], when: attention == 0}\n"
                              "  kernel3_3: *kernel\n"
                              "  kernel5_2: *kernel\n"
                              "  heads3_2: &heads {ordinal: [2, 4], when: attention == 1}\n"
                              "  heads3_3: *heads\n"
                              "  heads5_2: *heads\n"
                              "  mlp_ratio3_2: &ratio {ordinal: [1, 2.5], when: attention == 1}\n"
                              "  mlp_ratio3_3: *ratio\n"
                              "  mlp_ratio5_2: *ratio\n");
    static hash_list listed;
    weft_network *network = empty();
    listed.n = 0;
    for (int third = 0; third < 1 + 7 + 49; third++) {
        for (int fifth = 0; fifth < 1 + 7; fifth++) {
            for (int rest = 0; rest < 4; rest++) {
                weft_elastic_spec spec;
                weft_elastic_defaults(&weft_skeleton_hybrid, &spec);
                spec.input = (weft_shape){3, 16, 16};
                spec.classes = 10;
                spec.depth[0] = spec.depth[1] = spec.depth[3] = 1;
                spec.depth[2] = third == 0 ? 1 : third < 8 ? 2 : 3;
                spec.depth[4] = fifth == 0 ? 1 : 2;
                spec.channels[2] = rest % 2 == 0 ? 16 : 32;
                spec.blocks[2][0].kernel = rest / 2 == 0 ? 3 : 7;
                int choices = third < 8 ? third - 1 : third - 8;
                for (int k = 1; k < spec.depth[2]; k++, choices /= 7) {
                    choose(&spec.blocks[2][k], choices % 7);
                }
                if (fifth > 0) {
                    choose(&spec.blocks[4][1], fifth - 1);
                }
                keep_spec(&listed, &spec, network);
            }
        }
    }
    check_same(space, &listed);
    weft_network_destroy(network);
    weft_space_destroy(space);
}

/* One gene for all transformer blocks, one for a stage, and a rate. */
static void genes_of_many_blocks_set_them_all(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\n"
                              "name: x\n"
                              "family: small-hybrid\n"
                              "genes:\n"
                              "  attention: {integer: [0, 1]}\n"
                              "  heads: {ordinal: [8, 16]}\n"
                              "  mlp_ratio4: {ordinal: [0.5, 1.5]}\n"
                              "  squeeze: {integer: [0, 1]}\n"
                              "  copies: {ordinal: [1, 2]}\n"
                              "  drop_path: {ordinal: [0, 0.2]}\n");
    weft_gene_table table = weft_space_genes(space);
    assert_int_equal(table.n_genes, 6);
    assert_false(weft_space_is_distinct(space)); /* heads of no block; a rate without sums */
    double genome[6];
    for (int g = 0; g < 6; g++) {
        genome[g] = table.genes[g].upper;
    }
    weft_network *network = empty();
    weft_error error;
    assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error), WEFT_OK);
    weft_elastic_spec spec;
    weft_elastic_defaults(&weft_skeleton_hybrid, &spec);
    spec.input = (weft_shape){3, 32, 32};
    spec.classes = 10;
    spec.drop_path = 0.2;
    for (int s = 0; s < 5; s++) {
        for (int k = 0; k < 4; k++) {
            weft_elastic_block *block = &spec.blocks[s][k];
            block->attends = s >= 2 && k > 0;
            block->heads = 16;
            block->mlp_ratio = s == 3 ? 1.5 : 2.0;
            block->squeeze = true;
            block->copies[0] = block->copies[1] = block->copies[2] = block->linear_copies = 2;
        }
    }
    weft_network *expected = empty();
    assert_int_equal(weft_elastic_build(&spec, expected, &error), WEFT_OK);
    assert_true(weft_network_hash(network) == weft_network_hash(expected));
    weft_network_destroy(network);
    weft_network_destroy(expected);
    weft_space_destroy(space);
}

/* Genes that leave two genomes with one network, beside such as do not. */
static void equal_networks_are_noticed(void **state) {
    (void)state;
    static const struct {
        const char *genes;
        bool distinct;
    } rows[] = {
        {"expansion2_2: {ordinal: [3, 3.1]}, channels2: {ordinal: [16, 160]}", false}, /* 48 */
        {"expansion2_2: {ordinal: [3, 3.1]}, channels2: {ordinal: [160, 176]}", true},
        {"expansion2_1: {ordinal: [3, 3.1]}, channels2: {ordinal: [160, 176]}", false}, /* of 24 */
        {"expansion2_1: {ordinal: [3, 3.1]}, channels1: {ordinal: [160, 176]}", true},
        {"expansion1_1: {ordinal: [3, 3.1]}, channels1: {ordinal: [160, 176]}", false}, /* of 16 */
        {"expansion2_2: {ordinal: [1, 3]}", false}, /* nothing to expand */
        {"attention: {integer: [1, 1]}, mlp_ratio4_2: {ordinal: [1, 1.02]}", false}, /* 96 */
        {"attention: {integer: [1, 1]}, mlp_ratio4_2: {ordinal: [1, 1.08]}", true},
        {"attention: {integer: [1, 1]}, heads4_2: {ordinal: [1, 2]}", true},
        {"attention: {integer: [1, 1]}, heads: {ordinal: [1, 2]}", false},
        {"attention3_3: {integer: [0, 1]}", true},
        {"attention: {integer: [0, 1]}", false},
        {"drop_path: {ordinal: [0.1, 0.2]}", false},
        {"drop_path: {ordinal: [0.1]}, squeeze: {integer: [0, 1]}", true},
        {"width: {ordinal: [0.9, 1]}", true},
        {"width: {ordinal: [0.95, 1]}, channels5: {ordinal: [152, 160]}, "
         "channels4: {ordinal: [96]}, channels3: {ordinal: [64]}",
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "weft: space/1\nname: x\nfamily: small-hybrid\ngenes: {%s}\n",
                 rows[i].genes);
        weft_space *space = parse(text);
        if (weft_space_is_distinct(space) != rows[i].distinct) {
            fail_msg("%s", rows[i].genes);
        }
        weft_space_destroy(space);
    }
}

/* Bits and copies that both kinds have are those of the block whatever its kind. */
static void both_kinds_have_bits(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\nname: x\nfamily: small-hybrid\ngenes:\n"
                              "  attention4_2: {integer: [0, 1]}\n"
                              "  weight_bits4_2: {ordinal: [4, 8]}\n"
                              "  pw_input_bits4_2: {ordinal: [4, 8]}\n"
                              "  copies4_2: {ordinal: [1, 2]}\n");
    weft_network *network = empty();
    weft_error error;
    for (int attends = 0; attends < 2; attends++) {
        const double genome[] = {attends, 0, 1, 1};
        assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error), WEFT_OK);
        int found = 0;
        for (int32_t i = 0; i < network->n_layers; i++) {
            const weft_layer *layer = &network->layers[i];
            bool weighted = layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR;
            if (weighted && layer->block == 1 + 2 + 3 + 4 + 1) {
                assert_int_equal(layer->bits.weights, 4);
                assert_int_equal(layer->bits.inputs, layer->groups > 1 ? 0 : 8);
                assert_int_equal(layer->copies, 2);
                found++;
            }
        }
        assert_int_equal(found, attends ? 6 : 3);
    }
    weft_network_destroy(network);
    weft_space_destroy(space);
}

static void designs_are_described(void **state) {
    (void)state;
    weft_space *space = read_space("small-hybrid");
    weft_gene_table table = weft_space_genes(space);
    double genome[128];
    for (int g = 0; g < table.n_genes; g++) {
        genome[g] = table.genes[g].upper;
    }
    weft_genome_canonical(&table, genome);
    char text[512];
    assert_string_equal(weft_space_describe(space, genome, text, sizeof text),
                        "32 c24 7e6 7e6|c32 7e6 7e6 7e6|c64 7e6 a8m3 a8m3 a8m3|c96 7e6 a8m3 a8m3|"
                        "c128 7e6 a8m3 a8m3");
    weft_space_destroy(space);
    space = parse("weft: space/1\nname: x\nbase: small-mobilenetv2-bits\n"
                  "genes: {depth3: {integer: [1, 1]}, squeeze2_1: {integer: [0, 1]}}\n");
    table = weft_space_genes(space);
    for (int g = 0; g < table.n_genes; g++) {
        genome[g] = strncmp(table.genes[g].name, "depth", 5) == 0 ? table.genes[g].lower
                                                                  : table.genes[g].upper;
    }
    weft_genome_canonical(&table, genome);
    assert_string_equal(weft_space_describe(space, genome, text, sizeof text),
                        "32 c24 7e6:8888|c32 7e6s:8888|c64 7e6:8888|c96 7e6:8888|c128 7e6:8888");
    weft_space_destroy(space);
}

/* ---- what is refused --------------------------------------------------------------------------- */

static void wrong_spaces_are_told(void **state) {
    (void)state;
    static const struct {
        const char *family, *genes, *part;
    } rows[] = {
        {"small-mobilenetv2", "attention: {integer: [0, 1]}",
         "means no block of small-mobilenetv2"},
        {"small-mobilenetv2", "heads: {ordinal: [2, 4]}", "means no block that may be"},
        {"small-hybrid", "heads: {ordinal: [2, 4]}", "means no block that may be"},
        {"small-hybrid", "attention2: {integer: [0, 1]}", "means no block of small-hybrid"},
        {"small-hybrid", "attention3_1: {integer: [0, 1]}", "means no block of small-hybrid"},
        {"small-hybrid", "attention: {integer: [0, 2]}", "may not be 2"},
        {"small-hybrid", "attention3_4: {integer: [0, 1]}\n  heads3_3: {ordinal: [2, 4]}",
         "means no block that may be"},
        {"small-hybrid", "attention3_2: {integer: [0, 1]}\n  heads3_2: {ordinal: [2, 4]}",
         "exactly when attention3_2 == 1"},
        {"small-hybrid",
         "attention3_2: {integer: [0, 1]}\n"
         "  kernel3_2: {ordinal: [3, 5], when: attention == 1}",
         "exactly when attention3_2 == 0"},
        {"small-hybrid",
         "depth3: {integer: [1, 4]}\n"
         "  attention3_2: {integer: [0, 1], when: depth >= index}\n"
         "  expansion3_2: {ordinal: [3, 4], when: depth >= index}",
         "exactly when depth3 >= 2 and attention3_2 == 0"},
        {"small-hybrid", "attention3_2: {integer: [0, 1]}\n  squeeze3_2: {integer: [0, 1]}",
         "exactly when attention3_2 == 0"},
        {"small-hybrid", "attention5_3: {integer: [0, 1]}\n  dw_input_bits5_3: {ordinal: [4, 8]}",
         "exactly when attention5_3 == 0"},
        {"small-hybrid", "attention4: {integer: [0, 1]}\n  dw_copies4_2: {ordinal: [1, 2]}",
         "exactly when attention4 == 0"},
        {"small-hybrid",
         "attention4_2: {integer: [0, 1]}\n"
         "  weight_bits4_2: {ordinal: [4, 8], when: attention == 0}",
         "must be active always"},
        {"small-hybrid", "depth3: {integer: [1, 4]}\n  attention3_2: {integer: [0, 1]}",
         "exactly when depth3 >= 2"},
        {"small-hybrid",
         "attention: {integer: [0, 1]}\n  mlp_ratio: {ordinal: [1, 2], when: attention == 1}",
         "must be active always"},
        {"small-hybrid", "attention: {integer: [0, 1]}\n  attention3: {integer: [0, 1]}",
         "another gene sets already"},
        {"small-hybrid", "attention5: {integer: [0, 1]}\n  heads5: {ordinal: [4, 12]}",
         "parts 160 channels of stage 5 into 12 heads"},
        {"small-hybrid", "attention5: {integer: [0, 1]}\n  channels5: {ordinal: [32, 42]}",
         "parts 42 channels of stage 5 into 4 heads"},
        {"small-hybrid",
         "attention4: {integer: [0, 1]}\n  heads: {ordinal: [4, 16]}\n"
         "  width: {ordinal: [0.25, 1]}",
         "parts 24 channels of stage 4 into 16 heads"},
        {"small-hybrid", "attention: {integer: [0, 1]}\n  mlp_ratio: {ordinal: [0.1, 1]}",
         "may not be 0.1"},
        {"small-mobilenetv2", "channels1: {integer: [16, 24]}", "must be ordinal"},
        {"small-mobilenetv2", "channels1: {ordinal: [4, 24]}", "may not be 4"},
        {"small-mobilenetv2", "channels6: {ordinal: [16, 24]}", "has 5 stages"},
        {"small-mobilenetv2",
         "depth1: {integer: [1, 2]}\n  channels1: {ordinal: [16, 24], when: depth1 == 2}",
         "may have no condition"},
        {"small-mobilenetv2", "channels: {ordinal: [16, 24]}", "has numbers"},
        {"small-mobilenetv2", "depth1: {integer: [1, 3]}", "may not be 3"},
        {"small-mobilenetv2", "squeeze: {integer: [0, 3]}", "may not be 3"},
        {"small-mobilenetv2", "drop_path: {ordinal: [0.1, 1]}", "may not be 1"},
        {"small-mobilenetv2", "kernel2_4: {ordinal: [3, 5]}", "which has 3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "weft: space/1\nname: x\nfamily: %s\ngenes:\n  %s\n",
                 rows[i].family, rows[i].genes);
        weft_space *space = NULL;
        weft_error error;
        weft_status status = weft_space_parse(text, strlen(text), "x.yaml", &space, &error);
        if (status != WEFT_ERROR_INPUT || strstr(error.message, rows[i].part) == NULL) {
            fail_msg("status %d: %s\n%s", (int)status, error.message, text);
        }
        assert_true(error.line > 0 && error.hint[0] != '\0');
        assert_null(space);
    }
}

/* A width that cannot be listed may leave channels that heads do not divide: each design says so. */
static void heads_at_real_widths_fail_alone(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\nname: x\nfamily: small-hybrid\n"
                              "genes: {attention: {integer: [1, 1]}, heads: {ordinal: [16]},\n"
                              "        width: {real: [0.25, 1]}}\n");
    weft_gene_table table = weft_space_genes(space);
    double genome[3];
    for (int g = 0; g < 3; g++) {
        genome[g] = table.genes[g].lower;
    }
    weft_network *network = empty();
    weft_error error;
    assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "16"));
    for (int g = 0; g < 3; g++) {
        genome[g] = table.genes[g].upper;
    }
    assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error), WEFT_OK);
    weft_network_destroy(network);
    weft_space_destroy(space);
}

/* ---- chips ------------------------------------------------------------------------------------- */

static void draw(const weft_gene_table *table, weft_rng *rng, double *genome) {
    do {
        for (int g = 0; g < table->n_genes; g++) {
            const weft_gene *gene = &table->genes[g];
            uint64_t values = (uint64_t)(gene->upper - gene->lower) + 1;
            genome[g] = gene->lower + (double)weft_rng_below(rng, values);
        }
        weft_genome_canonical(table, genome);
    } while (!weft_genome_legal(table, genome));
}

static weft_priced *price(const char *name) {
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_error error;
    assert_int_equal(weft_chip_read(name, &chip, &error), WEFT_OK);
    assert_int_equal(weft_priced_create(chip, &priced, &error), WEFT_OK);
    weft_chip_destroy(chip);
    return priced;
}

static weft_total estimate(const weft_priced *priced, const weft_network *network) {
    weft_workload *workload = NULL;
    weft_total total;
    weft_error error;
    assert_int_equal(weft_workload_create(network, &workload, &error), WEFT_OK);
    if (weft_estimate(priced, workload, &total, &error) != WEFT_OK) {
        fail_msg("%s: %s", network->name, error.message);
    }
    weft_workload_destroy(workload);
    return total;
}

static void chips_run_their_networks(void **state) {
    (void)state;
    static const char *const spaces[] = {"small-mobilenetv2", "small-mobilenetv2-bits",
                                         "small-hybrid", "imc-supernet"};
    static const char *const chips[] = {"generic-rram", "generic-sram", "weft-32nm-rram"};
    weft_network *network = empty();
    weft_error error;
    for (int c = 0; c < 3; c++) {
        weft_priced *priced = price(chips[c]);
        for (int i = 0; i < 4; i++) {
            weft_space *space = read_space(spaces[i]);
            weft_gene_table table = weft_space_genes(space);
            double genome[128];
            weft_rng rng = weft_rng_make(31, WEFT_PURPOSE_TEST, (uint64_t)i);
            for (int round = 0; round < rounds() / 10; round++) {
                weft_shape input = round % 2 == 0 ? (weft_shape){3, 32, 32}
                                                  : (weft_shape){1, 28, 28};
                assert_int_equal(weft_space_set_data(space, input, 10, &error), WEFT_OK);
                draw(&table, &rng, genome);
                assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error),
                                 WEFT_OK);
                weft_total total = estimate(priced, network);
                assert_true(total.energy_j > 0.0 && isfinite(total.energy_j));
                assert_true(total.latency_s > 0.0 && isfinite(total.latency_s));
                assert_int_equal(total.macs, network->macs);
            }
            weft_space_destroy(space);
        }
        weft_priced_destroy(priced);
    }
    weft_network_destroy(network);
}

/* A path that training drops is there when a chip runs the network, and costs nothing. */
static void dropped_paths_cost_nothing(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"small-mobilenetv2", "small-mobilenetv2@drop_path=0.3"},
        {"small-hybrid@input=1x28x28", "small-hybrid@input=1x28x28,drop_path=0.1"}};
    weft_priced *priced = price("generic-rram");
    weft_error error;
    for (int i = 0; i < 2; i++) {
        weft_total totals[2];
        for (int k = 0; k < 2; k++) {
            weft_network *network = NULL;
            assert_int_equal(weft_network_read(names[i][k], &network, &error), WEFT_OK);
            totals[k] = estimate(priced, network);
            weft_network_destroy(network);
        }
        assert_true(totals[0].energy_j == totals[1].energy_j);
        assert_true(totals[0].latency_s == totals[1].latency_s);
        assert_true(totals[0].area_mm2 == totals[1].area_mm2);
        assert_int_equal(totals[0].crossbars, totals[1].crossbars);
    }
    weft_priced_destroy(priced);
}

static int32_t grow(weft_network *network, weft_layer layer) {
    const int32_t before = network->n_layers - 1;
    weft_error error;
    int32_t index = 0;
    layer.input = &before;
    layer.n_inputs = 1;
    layer.block = WEFT_NO_BLOCK;
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    return index;
}

/* Both pass on what comes in: that no value is below zero behind a ReLU is known behind them too. A map
 * of one column is its sequence, so that nothing but the layer differs. */
static void values_pass_on_without_a_sign(void **state) {
    (void)state;
    static const weft_layer passes[] = {{.op = WEFT_OP_RELU},
                                        {.op = WEFT_OP_DROP_PATH, .rate = 0.1},
                                        {.op = WEFT_OP_TO_MAP, .entries = 6}};
    weft_priced *priced = price("generic-rram");
    weft_network *network = empty();
    weft_error error;
    double energy[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(weft_network_clear(network, "x", (weft_shape){8, 6, 1}, &error), WEFT_OK);
        grow(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 16});
        grow(network, (weft_layer){.op = WEFT_OP_RELU});
        grow(network, passes[i]);
        grow(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 16});
        energy[i] = estimate(priced, network).energy_j;
    }
    assert_int_equal(weft_network_clear(network, "x", (weft_shape){8, 6, 1}, &error), WEFT_OK);
    grow(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 16});
    grow(network, (weft_layer){.op = WEFT_OP_RELU});
    grow(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 16});
    const double plain = estimate(priced, network).energy_j;
    assert_true(energy[1] == plain && energy[2] == plain);
    assert_true(energy[0] > plain); /* a second ReLU is work */
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spaces_are_counted),
        cmocka_unit_test(caps_leave_enough_chains),
        cmocka_unit_test(reduced_mobilenets_are_all_there),
        cmocka_unit_test(reduced_hybrids_are_all_there),
        cmocka_unit_test(genes_of_many_blocks_set_them_all),
        cmocka_unit_test(equal_networks_are_noticed),
        cmocka_unit_test(both_kinds_have_bits),
        cmocka_unit_test(designs_are_described),
        cmocka_unit_test(wrong_spaces_are_told),
        cmocka_unit_test(heads_at_real_widths_fail_alone),
        cmocka_unit_test(chips_run_their_networks),
        cmocka_unit_test(dropped_paths_cost_nothing),
        cmocka_unit_test(values_pass_on_without_a_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
