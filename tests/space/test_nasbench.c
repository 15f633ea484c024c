/* SPDX-License-Identifier: Apache-2.0
 * The spaces of NAS-Bench-201 and NAS-Bench-Macro: their counts, all of their genomes against the
 * networks of the same names, bits and knobs, what is refused. */
#include "space/support.h"

#include <weft/hardware.h>

static bool quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return network;
}

static void decode(const weft_space *space, const double *genome, weft_network *network) {
    weft_error error;
    if (weft_space_decode_into(space, genome, 0, network, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
}

/* ---- counts and genomes ------------------------------------------------------------------------ */

static void check_count(const char *name, const char *designs) {
    weft_space *space = read_space(name);
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, designs);
    assert_string_equal(count.legal, designs);
    assert_false(weft_space_is_distinct(space));
    weft_space_destroy(space);
}

static void the_spaces_are_counted(void **state) {
    (void)state;
    check_count("nasbench201", "15625");
    check_count("nasbench-macro", "6561");
}

/* Each genome of `genes` genes, of which choice c stands for the benchmark's figure figures[c]. */
static void check_all(const weft_space *space, const char *name, int genes, const char *figures) {
    weft_network *network = empty();
    int n = 1, words = (int)strlen(figures);
    for (int g = 0; g < genes; g++) {
        n *= words;
    }
    for (int i = 0; i < n; i += quick() ? 211 : 7) {
        char wanted[64], described[64];
        double genome[8];
        int used = snprintf(wanted, sizeof wanted, "%s@arch=", name);
        for (int g = 0, rest = i; g < genes; g++, rest /= words) {
            genome[g] = rest % words;
            wanted[used++] = figures[rest % words];
        }
        wanted[used] = '\0';
        weft_network *named = read_network(wanted);
        decode(space, genome, network);
        assert_string_equal(network->name, wanted);
        assert_string_equal(weft_space_describe(space, genome, described, sizeof described),
                            wanted);
        assert_true(weft_network_hash(network) == weft_network_hash(named));
        assert_int_equal(network->params, named->params);
        weft_network_destroy(named);
    }
    weft_network_destroy(network);
}

static void genomes_are_the_networks_of_their_names(void **state) {
    (void)state;
    weft_space *space = read_space("nasbench201");
    check_all(space, "nasbench201", 6, "01423");
    weft_space_destroy(space);
    space = read_space("nasbench-macro");
    check_all(space, "nasbench-macro", 8, "012");
    weft_space_destroy(space);
}

/* A space may leave words out and write them in any order. */
static void words_may_be_fewer_and_in_any_order(void **state) {
    (void)state;
    weft_space *space =
        parse("weft: space/1\nname: x\nfamily: nasbench201\n"
              "genes:\n  op: {categorical: [avg_pool_3x3, nor_conv_3x3, nor_conv_1x1, "
              "skip_connect, none], repeat: 6}\n");
    check_all(space, "nasbench201", 6, "43210");
    weft_space_destroy(space);
    space = parse("weft: space/1\nname: x\nfamily: nasbench-macro\n"
                  "genes:\n  block: {categorical: [k5e6, k3e3], repeat: 8}\n");
    check_all(space, "nasbench-macro", 8, "21");
    weft_space_destroy(space);
}

static void data_and_bits_reach_the_layers(void **state) {
    (void)state;
    static const char *const names[] = {"nasbench201", "nasbench-macro"};
    for (int i = 0; i < 2; i++) {
        char text[128];
        weft_error error;
        snprintf(text, sizeof text,
                 "weft: space/1\nname: x\nbase: %s\nbits: {weights: 4, inputs: 6}\n", names[i]);
        weft_space *space = parse(text);
        weft_network *network = empty();
        const double genome[8] = {2, 1, 2, 2, 1, 2, 1, 2};
        assert_int_equal(weft_space_set_data(space, (weft_shape){1, 28, 28}, 7, &error), WEFT_OK);
        decode(space, genome, network);
        assert_int_equal(network->layers[0].out.channels, 1);
        assert_int_equal(network->layers[network->n_layers - 1].out.channels, 7);
        for (int32_t l = 0; l < network->n_layers; l++) {
            const weft_layer *layer = &network->layers[l];
            bool product = layer->macs > 0;
            assert_int_equal(layer->bits.weights, product ? 4 : 0);
            assert_int_equal(layer->bits.inputs, product ? 6 : 0);
        }
        weft_network_destroy(network);
        weft_space_destroy(space);
    }
}

/* ---- on a chip --------------------------------------------------------------------------------- */

/* Energies on a chip of levels, genes of the chip beside those of the network; what leads nowhere is
 * paid for, zeros are not: they have no products. */
static void chips_run_them(void **state) {
    (void)state;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_error error;
    assert_int_equal(weft_chip_read("generic-rram", &chip, &error), WEFT_OK);
    assert_int_equal(weft_priced_create(chip, &priced, &error), WEFT_OK);
    static const char *const names[] = {"nasbench201@arch=000000", "nasbench201@arch=300000",
                                        "nasbench201@arch=333333", "nasbench-macro"};
    double energy[4];
    for (int i = 0; i < 4; i++) {
        weft_network *network = read_network(names[i]);
        weft_workload *workload = NULL;
        weft_total total;
        assert_int_equal(weft_workload_create(network, &workload, &error), WEFT_OK);
        assert_int_equal(weft_estimate(priced, workload, &total, &error), WEFT_OK);
        assert_int_equal(total.macs, network->macs);
        energy[i] = total.energy_j;
        weft_workload_destroy(workload);
        weft_network_destroy(network);
    }
    assert_true(0.0 < energy[0] && energy[0] < energy[1] && energy[1] < energy[2]);
    assert_true(energy[3] > 0.0);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

static void knobs_stand_beside_them(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\nname: x\nbase: nasbench201\n"
                              "genes:\n  rows: {ordinal: [64, 128], sets: rows}\n");
    weft_space_count count;
    weft_error error;
    int n = 0;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, "31250");
    assert_non_null(weft_space_knobs(space, &n));
    assert_int_equal(n, 1);
    weft_space_destroy(space);
}

/* ---- what is refused --------------------------------------------------------------------------- */

#define GENES(family, genes) "weft: space/1\nname: x\nfamily: " family "\ngenes:\n" genes

static void bad_spaces_are_explained(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
        int line;
    } bad[] = {
        {GENES("nasbench201", "  op: {categorical: [none, skip_connect], repeat: 5}\n"),
         "the gene 'op6' is missing", 1},
        {GENES("nasbench201", "  op: {categorical: [none, skip_connect], repeat: 7}\n"),
         "gene 'op7' is unknown", 5},
        {GENES("nasbench201", "  op: {categorical: [none, skip], repeat: 6}\n"),
         "has the unknown choice 'skip'", 5},
        {GENES("nasbench201", "  op: {ordinal: [0, 1], repeat: 6}\n"), "must be categorical", 5},
        {GENES("nasbench201", "  block: {categorical: [none], repeat: 6}\n"),
         "gene 'block1' is unknown", 5},
        {GENES("nasbench201", "  op: {categorical: [none, skip_connect], repeat: 6}\n"
                              "  op0: {categorical: [none]}\n"),
         "gene 'op0' is unknown", 6},
        {GENES("nasbench201", "  op: {categorical: [none, skip_connect], repeat: 5}\n"
                              "  op6: {categorical: [none, skip_connect], when: op1 == none}\n"),
         "may have no condition", 6},
        {GENES("nasbench-macro", "  block: {categorical: [identity, k3e3], repeat: 6}\n"),
         "the gene 'block7' is missing", 1},
        {GENES("nasbench-macro", "  block: {categorical: [identity, k3e4], repeat: 8}\n"),
         "has the unknown choice 'k3e4'", 5},
        {"weft: space/1\nname: x\nbase: nasbench201\nregions: [0, 0]\n", "no layer groups", 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_space *space = NULL;
        weft_error error;
        weft_status status =
            weft_space_parse(bad[i].text, strlen(bad[i].text), "x.yaml", &space, &error);
        assert_int_equal(status, WEFT_ERROR_INPUT);
        assert_null(space);
        if (strstr(error.message, bad[i].message) == NULL || error.line != bad[i].line) {
            fail_msg("case %zu, line %d: %s", i, error.line, error.message);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spaces_are_counted),
        cmocka_unit_test(genomes_are_the_networks_of_their_names),
        cmocka_unit_test(words_may_be_fewer_and_in_any_order),
        cmocka_unit_test(data_and_bits_reach_the_layers),
        cmocka_unit_test(chips_run_them),
        cmocka_unit_test(knobs_stand_beside_them),
        cmocka_unit_test(bad_spaces_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
