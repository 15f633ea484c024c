/* SPDX-License-Identifier: Apache-2.0
 * Random networks of the spaces that come with Weft: what stands at one place can share weights, and
 * hashes are those of stores from before there were places. */
#include "space/support.h"

#include "../network/sights.h"
#include "base/rng.h"

static int rounds(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? 50 : 1000;
}

/* A legal genome, canonical. */
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

static void places_of_all_spaces_fit(void **state) {
    (void)state;
    static const char *const names[] = {
        "imc-cnn",      "imc-supernet",  "small-mobilenetv2",    "small-mobilenetv2-bits",
        "small-hybrid", "xpert-vgg",     "ofa-mobilenetv3-rram", "cimnas-mobilenetv2-rram",
        "nasbench201",  "nasbench-macro"};
    weft_network *network = empty();
    weft_error error;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        static sights all;
        all.n = 0;
        weft_space *space = read_space(names[i]);
        weft_gene_table table = weft_space_genes(space);
        double *genome = calloc((size_t)table.n_genes, sizeof *genome);
        assert_non_null(genome);
        weft_rng rng = weft_rng_make(29, WEFT_PURPOSE_TEST, i);
        for (int round = 0; round < rounds() / 4; round++) {
            draw(&table, &rng, genome);
            if (weft_space_decode_into(space, genome, 0, network, &error) != WEFT_OK) {
                fail_msg("%s: %s", names[i], error.message);
            }
            see_network(&all, network);
        }
        assert_true(all.n > 0);
        free(genome);
        weft_space_destroy(space);
    }
    weft_network_destroy(network);
}

/* Whether the name of a gene says that it is of stage `stage`. */
static bool is_of_stage(const char *name, int stage) {
    const char *digits = strpbrk(name, "0123456789");
    return digits != NULL && atoi(digits) == stage;
}

/* New values for all genes of one stage, its depth as well: the layers of the other stages, of stem and
 * head keep their places, and the way they stand behind each other. */
static void a_stage_moves_no_other(void **state) {
    (void)state;
    weft_space *space = read_space("small-hybrid");
    weft_gene_table table = weft_space_genes(space);
    size_t n = (size_t)table.n_genes;
    double *genome = calloc(2 * n, sizeof *genome);
    assert_non_null(genome);
    double *fresh = genome + n;
    weft_network *network = empty();
    weft_network *other = empty();
    weft_error error;
    for (int round = 0; round < rounds(); round++) {
        weft_rng rng = weft_rng_make(30, WEFT_PURPOSE_TEST, (uint64_t)round);
        const int stage = 1 + round % 5;
        draw(&table, &rng, genome);
        draw(&table, &rng, fresh);
        for (int g = 0; g < table.n_genes; g++) {
            fresh[g] = is_of_stage(table.genes[g].name, stage) ? fresh[g] : genome[g];
        }
        assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error), WEFT_OK);
        assert_int_equal(weft_space_decode_into(space, fresh, 0, other, &error), WEFT_OK);
        /* Stages are bits 16 .. 23 of a place. */
        int32_t at = 0;
        for (int32_t i = 0; i < network->n_layers; i++) {
            int32_t place = network->layers[i].place;
            if (place == 0 || place >> 16 == stage) {
                continue;
            }
            while (at < other->n_layers &&
                   (other->layers[at].place == 0 || other->layers[at].place >> 16 == stage)) {
                at++;
            }
            assert_true(at < other->n_layers);
            assert_int_equal(other->layers[at].place, place);
            at++;
        }
        while (at < other->n_layers) {
            assert_true(other->layers[at].place == 0 || other->layers[at].place >> 16 == stage);
            at++;
        }
    }
    weft_network_destroy(network);
    weft_network_destroy(other);
    free(genome);
    weft_space_destroy(space);
}

/* Of the genome at the middle of all ranges. */
static void hashes_are_those_of_old_stores(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t hash;
    } rows[] = {
        {"imc-cnn", UINT64_C(0xe82375bf89646c48)},
        {"imc-crossnas", UINT64_C(0xc31db4906bfc2085)},
        {"cimnas-mobilenetv2-rram", UINT64_C(0x857d4d36ea259058)},
        {"ofa-mobilenetv3-rram", UINT64_C(0x5f1a34e24a7cdeaa)},
        {"weft-mobilenetv2-rram", UINT64_C(0x3b3e723c7d682ad7)},
        {"xpert-vgg", UINT64_C(0x5a70b800b2b56543)},
        {"cimnas-resnet50-sram-bits", UINT64_C(0x6e885a24eba8f543)},
    };
    weft_network *network = empty();
    weft_error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_space *space = read_space(rows[i].name);
        weft_gene_table table = weft_space_genes(space);
        double *genome = calloc((size_t)table.n_genes, sizeof *genome);
        assert_non_null(genome);
        for (int g = 0; g < table.n_genes; g++) {
            const weft_gene *gene = &table.genes[g];
            genome[g] = gene->lower + floor(0.5 * (gene->upper - gene->lower));
        }
        weft_genome_canonical(&table, genome);
        assert_int_equal(weft_space_decode_into(space, genome, 0, network, &error), WEFT_OK);
        if (weft_network_hash(network) != rows[i].hash) {
            fail_msg("%s has another hash", rows[i].name);
        }
        free(genome);
        weft_space_destroy(space);
    }
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_all_spaces_fit),
        cmocka_unit_test(a_stage_moves_no_other),
        cmocka_unit_test(hashes_are_those_of_old_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
