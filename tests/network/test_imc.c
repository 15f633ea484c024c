/* SPDX-License-Identifier: Apache-2.0
 * The imc family: text, layer order, totals by independent formulas, limits. */
#include <weft/network.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static weft_imc_spec parse(const char *text) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    weft_error error;
    if (weft_imc_parse(text, &spec, &error) != WEFT_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    return spec;
}

static weft_network *build(const weft_imc_spec *spec) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_imc_build(spec, &network, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return network;
}

/* The layers as text: "0 input 3x8x8; 1 conv(0) 8x8x8; ..." */
static void layers_text(const weft_network *network, char *buffer, size_t size) {
    size_t used = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        used += (size_t)snprintf(buffer + used, size - used, "%s%s", i > 0 ? " " : "",
                                 weft_op_token(layer->op));
        for (int32_t k = 0; k < layer->n_inputs; k++) {
            used += (size_t)snprintf(buffer + used, size - used, "%c%d", k == 0 ? '<' : ',',
                                     layer->input[k]);
        }
        used += (size_t)snprintf(buffer + used, size - used, ":%dx%dx%d", layer->out.channels,
                                 layer->out.height, layer->out.width);
        assert_true(used < size);
    }
}

static void layer_orders_are_exact(void **state) {
    (void)state;
    char text[4096];
    weft_imc_spec spec = parse("imc:V4,M6,R8");
    spec.input = (weft_shape){3, 10, 8};
    spec.n_hidden = 1;
    spec.hidden[0] = 20;
    spec.head_pool = 2;
    weft_network *network = build(&spec);
    layers_text(network, text, sizeof text);
    assert_string_equal(
        text, "input:3x10x8 "
              /* VGG */
              "conv<0:4x10x8 batch_norm<1:4x10x8 relu<2:4x10x8 conv<3:4x10x8 batch_norm<4:4x10x8 "
              "relu<5:4x10x8 max_pool<6:4x5x4 "
              /* MVGG */
              "conv<7:6x5x4 batch_norm<8:6x5x4 relu<9:6x5x4 conv<10:6x5x4 batch_norm<11:6x5x4 "
              "relu<12:6x5x4 "
              /* RES: layer 19 takes the block's input, layer 21 both branches */
              "conv<13:8x5x4 batch_norm<14:8x5x4 relu<15:8x5x4 conv<16:8x5x4 batch_norm<17:8x5x4 "
              "conv<13:8x5x4 batch_norm<19:8x5x4 add<18,20:8x5x4 relu<21:8x5x4 "
              /* head */
              "average_pool<22:8x2x2 flatten<23:32x1x1 linear<24:20x1x1 relu<25:20x1x1 "
              "dropout<26:20x1x1 linear<27:10x1x1");
    assert_string_equal(network->name, "imc:V4,M6,R8");
    assert_int_equal(network->n_blocks, 3);
    const weft_layer *layers = network->layers;
    assert_int_equal(layers[0].block, WEFT_NO_BLOCK);
    assert_int_equal(layers[7].block, 0);
    assert_int_equal(layers[8].block, 1);
    assert_int_equal(layers[14].block, 2);
    assert_int_equal(layers[22].block, 2);
    assert_int_equal(layers[23].block, WEFT_NO_BLOCK);
    assert_true(layers[1].bias && layers[4].bias && layers[8].bias && layers[11].bias);
    assert_false(layers[14].bias || layers[17].bias || layers[19].bias);
    assert_true(layers[25].bias && layers[28].bias);
    assert_int_equal(layers[19].kernel.height, 1);
    assert_int_equal(layers[19].pad.height, 0);
    assert_int_equal(layers[17].kernel.height, 3);
    assert_int_equal(layers[17].pad.height, 1);
    assert_true(layers[27].rate == 0.2);
    weft_network_destroy(network);
}

/* Totals worked out on paper; input 3 x 32 x 32, head 1 x 1 -> 200 -> 50 -> 10. */
static void totals_match_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t macs, params;
    } cases[] = {
        /* 1024 (3 8 9) + 1024 (8 8 9) + 1600 + 10000 + 500;
         * 224 + 16 + 584 + 16 + 1800 + 10050 + 510 */
        {"V8", 823108, 13200},
        {"M8", 823108, 13200},
        /* 1024 (3 32 9 + 32 32 9 + 3 32) + 6400 + 10500;
         * 864 + 9216 + 96 + 3 (64) + 6600 + 10050 + 510 */
        {"R32", 10437124, 27528},
        /* as V32 (1024 (864 + 9216)), then 256 (32 64 9 + 64 64 9) + 12800 + 10500;
         * 896 + 64 + 9248 + 64 + 18496 + 128 + 36928 + 128 + 13000 + 10560 */
        {"V32,V64", 24500996, 89512},
        /* 256 (32 64 9 + 64 64 9 + 32 64); 18432 + 36864 + 2048 + 3 (128) behind the VGG */
        {"V32,R64", 25025284, 91560},
        /* V32,V64 without its head, then 64 (64 128 9 + 128 128 9) + 25600 + 10500 */
        {"V32,V64,V128", 24477696 + 14155776 + 36100,
         65952 + 73856 + 256 + 147584 + 256 + 25800 + 10560},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_imc_spec spec = parse(cases[i].text);
        weft_network *network = build(&spec);
        assert_int_equal(network->macs, cases[i].macs);
        assert_int_equal(network->params, cases[i].params);
        weft_network_destroy(network);
    }
}

/* Totals of a chain from the definition of its blocks, layer by layer nowhere: an independent
 * formula. */
static void chain_totals(const weft_imc_spec *spec, int64_t *macs, int64_t *params) {
    int64_t ci = spec->input.channels;
    int64_t h = spec->input.height;
    int64_t w = spec->input.width;
    *macs = 0;
    *params = 0;
    for (int32_t i = 0; i < spec->depth; i++) {
        int64_t k = spec->kernels[i];
        bool res = spec->blocks[i] == WEFT_BLOCK_RES;
        int64_t weights = 9 * k * (ci + k) + (res ? ci * k : 0);
        *macs += h * w * weights;
        *params += weights + (res ? 3 * 2 * k : 2 * k + 2 * 2 * k);
        if (spec->blocks[i] == WEFT_BLOCK_VGG) {
            h /= 2;
            w /= 2;
        }
        ci = k;
    }
    int64_t features = ci * spec->head_pool * spec->head_pool;
    for (int32_t i = 0; i <= spec->n_hidden; i++) {
        int64_t next = i < spec->n_hidden ? spec->hidden[i] : spec->classes;
        *macs += features * next;
        *params += features * next + next;
        features = next;
    }
}

static weft_imc_spec random_spec(weft_rng *rng) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){1 + (int32_t)weft_rng_below(rng, 4),
                              1 + (int32_t)weft_rng_below(rng, 64),
                              1 + (int32_t)weft_rng_below(rng, 64)};
    spec.classes = 2 + (int32_t)weft_rng_below(rng, 100);
    spec.depth = 1 + (int32_t)weft_rng_below(rng, WEFT_IMC_MAX_DEPTH);
    for (int32_t i = 0; i < spec.depth; i++) {
        uint64_t kind = weft_rng_below(rng, 8);
        spec.blocks[i] = kind == 0 ? WEFT_BLOCK_VGG : kind < 4 ? WEFT_BLOCK_MVGG : WEFT_BLOCK_RES;
        spec.kernels[i] = 1 + (int32_t)weft_rng_below(rng, 200);
    }
    spec.head_pool = 1 + (int32_t)weft_rng_below(rng, 4);
    spec.n_hidden = (int32_t)weft_rng_below(rng, WEFT_IMC_MAX_HIDDEN + 1);
    for (int32_t i = 0; i < spec.n_hidden; i++) {
        spec.hidden[i] = 1 + (int32_t)weft_rng_below(rng, 300);
    }
    return spec;
}

static void check_topological(const weft_network *network) {
    int64_t macs = 0;
    int64_t params = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        for (int32_t k = 0; k < layer->n_inputs; k++) {
            assert_in_range(layer->input[k], 0, i - 1);
        }
        assert_true(layer->out.channels > 0 && layer->out.height > 0 && layer->out.width > 0);
        macs += layer->macs;
        params += layer->params;
    }
    assert_int_equal(macs, network->macs);
    assert_int_equal(params, network->params);
}

/* Random chains: either they build with the totals of the formula, or they halve too often; text
 * and hash go round. */
static void random_chains_hold(void **state) {
    (void)state;
    const uint64_t seed = 31;
    int infeasible = 0;
    for (uint64_t i = 0; i < 4000; i++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, i);
        weft_imc_spec spec = random_spec(&rng);
        int pools = 0;
        for (int32_t b = 0; b < spec.depth; b++) {
            pools += spec.blocks[b] == WEFT_BLOCK_VGG;
        }
        int32_t side = spec.input.height < spec.input.width ? spec.input.height : spec.input.width;
        bool fits = pools < 31 && side >> pools >= 1;
        weft_network *network = NULL;
        weft_error error = {0};
        weft_status status = weft_imc_build(&spec, &network, &error);
        if (status != (fits ? WEFT_OK : WEFT_ERROR_INFEASIBLE)) {
            fail_msg("seed %llu case %llu: status %d: %s", (unsigned long long)seed,
                     (unsigned long long)i, (int)status, error.message);
        }
        if (!fits) {
            infeasible++;
            assert_null(network);
            continue;
        }
        int64_t macs;
        int64_t params;
        chain_totals(&spec, &macs, &params);
        assert_int_equal(network->macs, macs);
        assert_int_equal(network->params, params);
        assert_int_equal(network->n_blocks, spec.depth);
        check_topological(network);
        char text[256];
        weft_imc_spec again = spec;
        again.depth = 0;
        assert_int_equal(weft_imc_parse(weft_imc_text(&spec, text, sizeof text), &again, &error),
                         WEFT_OK);
        weft_network *copy = build(&again);
        assert_true(weft_network_hash(copy) == weft_network_hash(network));
        int32_t changed = (int32_t)weft_rng_below(&rng, (uint64_t)spec.depth);
        again.kernels[changed]++;
        weft_network *other = build(&again);
        assert_true(weft_network_hash(other) != weft_network_hash(network));
        weft_network_destroy(other);
        weft_network_destroy(copy);
        weft_network_destroy(network);
    }
    assert_in_range(infeasible, 200, 3800);
}

static void too_many_halvings_are_explained(void **state) {
    (void)state;
    weft_imc_spec spec = parse("V8,V8,V16,V16,V32");
    weft_network *network = build(&spec);
    assert_int_equal(network->layers[35].out.height, 1);
    weft_network_destroy(network);
    network = NULL;
    spec = parse("V8,V8,V16,V16,V32,M8,V64");
    weft_error error;
    assert_int_equal(weft_imc_build(&spec, &network, &error), WEFT_ERROR_INFEASIBLE);
    assert_null(network);
    assert_non_null(strstr(error.message, "max_pool of block 7"));
    assert_non_null(strstr(error.message, "2 x 2"));
    assert_non_null(strstr(error.message, "1 x 1"));
    assert_non_null(strstr(error.hint, "32 x 32"));
    assert_non_null(strstr(error.hint, "5 times"));
}

static void bad_specs_are_refused(void **state) {
    (void)state;
    const weft_imc_spec good = parse("R8,V8");
    enum { CASES = 11 };
    weft_imc_spec bad[CASES];
    for (int i = 0; i < CASES; i++) {
        bad[i] = good;
    }
    bad[0].depth = 0;
    bad[1].depth = WEFT_IMC_MAX_DEPTH + 1;
    bad[2].blocks[1] = (weft_block)3;
    bad[3].kernels[1] = 0;
    bad[4].kernels[1] = WEFT_IMC_MAX_KERNELS + 1;
    bad[5].classes = 1;
    bad[6].n_hidden = WEFT_IMC_MAX_HIDDEN + 1;
    bad[7].n_hidden = -1;
    bad[8].hidden[0] = 0;
    bad[9].dropout = 1.0;
    bad[10].input.channels = 0;
    for (int i = 0; i < CASES; i++) {
        weft_network *network = NULL;
        weft_error error;
        assert_int_equal(weft_imc_build(&bad[i], &network, &error), WEFT_ERROR_INPUT);
        assert_null(network);
        assert_true(error.message[0] != '\0');
    }
    weft_imc_spec pool = good;
    pool.head_pool = 0;
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_imc_build(&pool, &network, &error), WEFT_ERROR_INFEASIBLE);
}

static void bad_texts_are_placed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int column;
    } cases[] = {
        {"", 1},
        {"imc:", 5},
        {"Q32", 1},
        {"V0", 2},
        {"V99999", 2},
        {"V4097", 2},
        {"V", 2},
        {"V32,,R1", 5},
        {"V32,", 5},
        {",V32", 1},
        {"V32;R1", 4},
        {"v32", 1},
        {"imc:V32 ", 8},
        {"V32, R1", 5},
        {"V-3", 2},
        {"V3.5", 3},
        {"V32R1", 4},
        {"imc:imc:V1", 5},
        {"V18446744073709551617", 2},
        {"V\x01", 2},
        {"\xff", 1},
        {"R1,V2\n", 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_imc_spec spec;
        weft_imc_defaults(&spec);
        weft_imc_spec before = spec;
        weft_error error;
        memset(&error, 0xaa, sizeof error);
        assert_int_equal(weft_imc_parse(cases[i].text, &spec, &error), WEFT_ERROR_INPUT);
        if (error.column != cases[i].column) {
            fail_msg("'%s': column %d", cases[i].text, error.column);
        }
        assert_true(error.length >= 1);
        assert_non_null(strstr(error.hint, "R32,V64,M128"));
        assert_int_equal(strlen(error.excerpt), strlen(cases[i].text));
        assert_memory_equal(&spec, &before, sizeof spec);
    }
}

static void number_of_blocks_is_limited(void **state) {
    (void)state;
    char text[256] = "";
    for (int i = 0; i < WEFT_IMC_MAX_DEPTH; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%sM%d", i > 0 ? "," : "",
                 WEFT_IMC_MAX_KERNELS);
    }
    weft_imc_spec spec = parse(text);
    assert_int_equal(spec.depth, WEFT_IMC_MAX_DEPTH);
    char written[256];
    assert_string_equal(weft_imc_text(&spec, written, sizeof written), text);
    snprintf(text + strlen(text), sizeof text - strlen(text), ",R1");
    weft_error error;
    assert_int_equal(weft_imc_parse(text, &spec, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "32"));
    assert_int_equal(error.column, (int)strlen(text) - 1);
}

static void text_fits_its_buffer(void **state) {
    (void)state;
    weft_imc_spec spec = parse("R32,V64,M128");
    char buffer[32];
    for (size_t size = 0; size <= sizeof buffer; size++) {
        memset(buffer, '#', sizeof buffer);
        assert_ptr_equal(weft_imc_text(&spec, buffer, size), buffer);
        if (size < sizeof buffer) {
            assert_int_equal(buffer[size], '#');
        }
        if (size > 0) {
            assert_true(strncmp(buffer, "R32,V64,M128", strlen(buffer)) == 0);
            assert_int_equal(strlen(buffer), size - 1 < 12 ? size - 1 : 12);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_orders_are_exact),
        cmocka_unit_test(totals_match_by_hand),
        cmocka_unit_test(random_chains_hold),
        cmocka_unit_test(too_many_halvings_are_explained),
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(bad_texts_are_placed),
        cmocka_unit_test(number_of_blocks_is_limited),
        cmocka_unit_test(text_fits_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
