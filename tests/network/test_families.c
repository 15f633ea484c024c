/* SPDX-License-Identifier: Apache-2.0
 * Named networks: parameters and multiply-accumulates against published figures. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        char text[1024];
        fail_msg("%s: %s", name, weft_error_format(&error, text, sizeof text));
    }
    return network;
}

/* What is known of a network. Parameters are those that are trained; multiply-accumulates are given
 * in units of `unit` with the digits that the source gives. */
typedef struct published {
    const char *name;
    int64_t params; /* 0: the source gives none */
    double macs, unit;
} published;

/* torchvision 0.15, metadata of the weights: num_params and _ops (in 1e9 multiply-accumulates, three
 * digits behind the point). */
static const published torchvision[] = {
    {"resnet18", 11689512, 1.814, 1e9},         {"resnet34", 21797672, 3.664, 1e9},
    {"resnet50", 25557032, 4.089, 1e9},         {"resnet101", 44549160, 7.801, 1e9},
    {"resnet152", 60192808, 11.514, 1e9},       {"vgg11", 132863336, 7.609, 1e9},
    {"vgg13", 133047848, 11.308, 1e9},          {"vgg16", 138357544, 15.470, 1e9},
    {"vgg19", 143667240, 19.632, 1e9},          {"alexnet", 61100840, 0.714, 1e9},
    {"densenet121", 7978856, 2.834, 1e9},       {"densenet169", 14149480, 3.360, 1e9},
    {"densenet201", 20013928, 4.291, 1e9},      {"mobilenetv2", 3504872, 0.301, 1e9},
    {"mobilenetv3-large", 5483032, 0.217, 1e9}, {"mobilenetv3-small", 2542856, 0.057, 1e9},
    {"vit-b-16", 86567656, 17.564, 1e9},        {"vit-b-32", 88224232, 4.409, 1e9},
};

static void check_published(const published *row, double digits) {
    weft_network *network = read_network(row->name);
    double macs = (double)network->macs / row->unit;
    bool equal = row->params == 0 || network->params == row->params;
    if (!equal || fabs(macs - row->macs) > digits) {
        fail_msg("%s: %lld parameters, %.6g x %g multiply-accumulates; published %lld, %g",
                 row->name, (long long)network->params, macs, row->unit, (long long)row->params,
                 row->macs);
    }
    weft_network_destroy(network);
}

static void torchvision_figures_are_met(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof torchvision / sizeof torchvision[0]; i++) {
        check_published(&torchvision[i], 0.0011);
    }
}

/* Other sources; the multiply-accumulates worked out by hand where the source gives none. */
static const published others[] = {
    /* Parameters of GPT2Model and MobileBertModel in Hugging Face transformers. Layers of d features
     * over T tokens: 12 d^2 T + 2 T^2 d; MobileBERT's: 12 products of 128 x 512, 3 of 128 x 128. */
    {"gpt2", 124439808, 12.0 * (12.0 * 768 * 768 * 256 + 2.0 * 256 * 256 * 768), 1},
    {"gpt2-medium", 354823168, 24.0 * (12.0 * 1024 * 1024 * 256 + 2.0 * 256 * 256 * 1024), 1},
    {"gpt2-large", 774030080, 36.0 * (12.0 * 1280 * 1280 * 256 + 2.0 * 256 * 256 * 1280), 1},
    {"mobilebert@tokens=139", 24581888,
     139.0 * (384 * 512 + 24.0 * (12.0 * 128 * 512 + 3.0 * 128 * 128 + 2.0 * 139 * 128)), 1},
    /* MLPerf Tiny: parameters of Keras less the moving means and variances. */
    {"resnet8", 78666 - 480, 12501632, 1},
    {"mobilenetv1-0.25-96", 221794 - 5472, 7489664, 1},
    {"ds-cnn", 24908 - 1152, 2656768, 1},
    /* DNN+NeuroSim, NetWork_VGG8.csv. */
    {"vgg8", 12973440, 615917568, 1},
    {"lenet5", 61706, 416520, 1},
    /* He et al., table 6: 0.27 M, 0.46 M, 0.66 M, 0.85 M; exact numbers of option A. */
    {"resnet20", 269722, 40551040, 1},
    {"resnet32", 464154, 68862592, 1},
    {"resnet44", 658586, 97174144, 1},
    {"resnet56", 853018, 125485696, 1},
    /* Keras, MobileNet 1.0, trainable parameters; 569 M in table 8 of the paper. */
    {"mobilenetv1", 4231976, 568.74, 1e6},
};

static void other_figures_are_met(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        check_published(&others[i], others[i].unit > 1 ? 0.1 : 0.5);
    }
}

static void every_family_is_built(void **state) {
    (void)state;
    size_t n = 0;
    for (const weft_network_family *family = weft_network_family_at(0); family != NULL;
         family = weft_network_family_at(++n)) {
        assert_true(family->text[0] != '\0' && family->source[0] != '\0');
        char name[64];
        snprintf(name, sizeof name, "%s%s", family->name,
                 strcmp(family->name, "imc") == 0 ? ":R32" : "");
        weft_network *network = read_network(name);
        assert_string_equal(network->name, name);
        assert_false(network->is_table);
        weft_network_destroy(network);
        for (size_t other = 0; other < n; other++) {
            assert_string_not_equal(family->name, weft_network_family_at(other)->name);
        }
    }
    assert_true(n > 20);
}

/* The counts of a network are those of its loops, whatever the layer. */
static void counts_are_those_of_the_loops(void **state) {
    (void)state;
    for (size_t i = 1; weft_network_family_at(i) != NULL; i++) {
        weft_network *network = read_network(weft_network_family_at(i)->name);
        int64_t macs = 0;
        for (int32_t l = 0; l < network->n_layers; l++) {
            weft_loops k;
            if (!weft_layer_loops(network, l, &k)) {
                assert_int_equal(network->layers[l].macs, 0);
                continue;
            }
            int64_t weights = (int64_t)k.g * k.c * k.m * k.r * k.s;
            assert_int_equal(network->layers[l].macs, weights * k.n * k.p * k.q);
            assert_true(k.dynamic == (network->layers[l].op == WEFT_OP_MATMUL));
            macs += network->layers[l].macs;
        }
        assert_int_equal(macs, network->macs);
        weft_network_destroy(network);
    }
}

static void depthwise_layers_have_a_channel_a_group(void **state) {
    (void)state;
    weft_network *network = read_network("mobilenetv2");
    int depthwise = 0;
    for (int32_t l = 0; l < network->n_layers; l++) {
        weft_loops k;
        if (weft_layer_loops(network, l, &k) && k.g > 1) {
            depthwise++;
            assert_true(k.c == 1 && k.m == 1 && k.r == 3 && k.s == 3);
            assert_int_equal(k.g, network->layers[l].in.channels);
        }
    }
    assert_int_equal(depthwise, 17);
    weft_network_destroy(network);
}

static void attention_is_two_products_of_activations(void **state) {
    (void)state;
    weft_network *network = read_network("vit-b-16");
    int scores = 0, sums = 0;
    for (int32_t l = 0; l < network->n_layers; l++) {
        weft_loops k;
        if (weft_layer_loops(network, l, &k) && k.dynamic) {
            assert_true(k.g == 12 && k.p == 197 && k.q == 1 && network->layers[l].params == 0);
            scores += k.c == 64 && k.m == 197;
            sums += k.c == 197 && k.m == 64;
        }
    }
    assert_true(scores == 12 && sums == 12);
    weft_network_destroy(network);
}

/* ---- options ----------------------------------------------------------------------------------- */

static void options_change_the_network(void **state) {
    (void)state;
    weft_network *network = read_network("resnet18@input=1x64x32,classes=7,width=0.5");
    assert_int_equal(network->layers[0].out.channels, 1);
    assert_int_equal(network->layers[0].out.height, 64);
    assert_int_equal(network->layers[0].out.width, 32);
    assert_int_equal(network->layers[1].out_channels, 32);
    assert_int_equal(network->layers[network->n_layers - 1].out_channels, 7);
    weft_network_destroy(network);
    network = read_network("gpt2@tokens=10,head=lm");
    const weft_layer *head = &network->layers[network->n_layers - 1];
    assert_int_equal(head->macs, INT64_C(10) * 768 * 50257);
    assert_int_equal(network->params, 124439808); /* the head's weights are the embedding's */
    weft_network_destroy(network);
    network = read_network("imc:R32,V64@classes=100,hidden=none,pool=2");
    weft_network *bare = read_network("R32,V64@pool=2,hidden=none,classes=100");
    assert_true(weft_network_hash(network) == weft_network_hash(bare));
    assert_int_equal(network->layers[network->n_layers - 1].macs, 64 * 4 * 100);
    weft_network_destroy(bare);
    weft_network_destroy(network);
}

/* Defaults that are written down change nothing. */
static void written_defaults_change_nothing(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"resnet18", "resnet18@input=3x224x224,classes=1000,width=1"},
        {"mobilenetv1-0.25-96", "mobilenetv1-0.25-96@width=0.25"},
        {"vgg8", "vgg8@classes=10"},
        {"gpt2", "gpt2@head=none,tokens=256"},
        {"imc:R32", "imc:R32@hidden=200x50,dropout=0.2,pool=1"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        weft_network *plain = read_network(pairs[i][0]);
        weft_network *written = read_network(pairs[i][1]);
        assert_true(weft_network_hash(plain) == weft_network_hash(written));
        weft_network_destroy(plain);
        weft_network_destroy(written);
    }
}

static void widths_are_rounded_as_published(void **state) {
    (void)state;
    /* torchvision's mobilenet_v2(width_mult=0.5) has 1 968 680 parameters. */
    weft_network *network = read_network("mobilenetv2@width=0.5");
    assert_int_equal(network->params, 1968680);
    weft_network_destroy(network);
}

typedef struct bad_name {
    const char *text;
    int column; /* 0: of no matter */
    weft_status status;
    const char *message, *hint;
} bad_name;

static void bad_names_are_explained(void **state) {
    (void)state;
    static const bad_name bad[] = {
        {"", 0, WEFT_ERROR_INPUT, "no network ''", ""},
        {"resent18", 1, WEFT_ERROR_INPUT, "'resent18'", "'resnet18'"},
        {"mobilenet_v2", 1, WEFT_ERROR_INPUT, "", "'mobilenetv2'"},
        {"elephant", 1, WEFT_ERROR_INPUT, "'elephant'", "imc, resnet18"},
        {"resnet18@", 10, WEFT_ERROR_INPUT, "key=value", "input,classes,width"},
        {"resnet18@=3", 10, WEFT_ERROR_INPUT, "key=value", "input,classes,width"},
        {"resnet18@classes", 10, WEFT_ERROR_INPUT, "key=value", ""},
        {"resnet18@clases=3", 10, WEFT_ERROR_INPUT, "no option 'clases'", "'classes'"},
        {"resnet18@tokens=3", 10, WEFT_ERROR_INPUT, "no option 'tokens'", "input,classes,width"},
        {"resnet18@classes=3,", 20, WEFT_ERROR_INPUT, "key=value", ""},
        {"resnet18@classes=3,classes=4", 20, WEFT_ERROR_INPUT, "twice", ""},
        {"resnet18@classes=0", 18, WEFT_ERROR_INPUT, "1 .. 65536", ""},
        {"resnet18@classes=-1", 18, WEFT_ERROR_INPUT, "1 .. 65536", ""},
        {"resnet18@classes=99999999999999999999", 18, WEFT_ERROR_INPUT, "1 .. 65536", ""},
        {"resnet18@classes=3x", 18, WEFT_ERROR_INPUT, "1 .. 65536", ""},
        {"resnet18@input=3x32", 16, WEFT_ERROR_INPUT, "3x32x32", ""},
        {"resnet18@input=3x32x0", 16, WEFT_ERROR_INPUT, "3x32x32", ""},
        {"resnet18@input=3x32x32x1", 16, WEFT_ERROR_INPUT, "3x32x32", ""},
        {"resnet18@width=0", 16, WEFT_ERROR_INPUT, "factor", ""},
        {"resnet18@width=nan", 16, WEFT_ERROR_INPUT, "factor", ""},
        {"resnet18@width=1e9", 16, WEFT_ERROR_INPUT, "factor", ""},
        {"resnet18@width=0.5abc", 16, WEFT_ERROR_INPUT, "factor", ""},
        {"resnet18:R32", 9, WEFT_ERROR_INPUT, "no blocks", ""},
        {"gpt2@head=yes", 11, WEFT_ERROR_INPUT, "lm", ""},
        {"gpt2@tokens=1025", 0, WEFT_ERROR_INPUT, "1024 positions", ""},
        {"vit-b-16@input=3x225x224", 0, WEFT_ERROR_INPUT, "patches", ""},
        {"vgg16@input=3x16x16", 0, WEFT_ERROR_INFEASIBLE, "window is larger", ""},
        {"lenet5@input=1x4x4", 0, WEFT_ERROR_INFEASIBLE, "window is larger", ""},
        {"imc", 0, WEFT_ERROR_INPUT, "", "R32,V64"},
        {"imc:", 5, WEFT_ERROR_INPUT, "missing", "R32,V64"},
        {"imc:R32,X1", 9, WEFT_ERROR_INPUT, "'X' is no block", "R32,V64"},
        {"R32,V0@classes=3", 6, WEFT_ERROR_INPUT, "number of kernels", ""},
        {"imc:R32@hidden=1x2x3x4x5x6x7x8x9", 16, WEFT_ERROR_INPUT, "at most 8", ""},
        {"imc:R32@dropout=1", 17, WEFT_ERROR_INPUT, "below 1", ""},
        {"imc:R32@width=2", 9, WEFT_ERROR_INPUT, "no option 'width'", ""},
        {"missing/file.csv", 0, WEFT_ERROR_IO, "cannot open", ""},
        {"missing.yaml", 0, WEFT_ERROR_IO, "cannot open", ""},
        {"./resnet18", 0, WEFT_ERROR_INPUT, ".csv or .yaml", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_network *network = NULL;
        weft_error error;
        memset(&error, 0, sizeof error);
        weft_status status = weft_network_read(bad[i].text, &network, &error);
        bool placed = bad[i].column == 0 || error.column == bad[i].column;
        if (status != bad[i].status || network != NULL || !placed ||
            strstr(error.message, bad[i].message) == NULL ||
            strstr(error.hint, bad[i].hint) == NULL) {
            fail_msg("'%s': status %d, column %d, '%s', hint '%s'", bad[i].text, (int)status,
                     error.column, error.message, error.hint);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_is_built),
        cmocka_unit_test(counts_are_those_of_the_loops),
        cmocka_unit_test(depthwise_layers_have_a_channel_a_group),
        cmocka_unit_test(attention_is_two_products_of_activations),
        cmocka_unit_test(options_change_the_network),
        cmocka_unit_test(written_defaults_change_nothing),
        cmocka_unit_test(widths_are_rounded_as_published),
        cmocka_unit_test(bad_names_are_explained),
        cmocka_unit_test(torchvision_figures_are_met),
        cmocka_unit_test(other_figures_are_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
