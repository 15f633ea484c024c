/* SPDX-License-Identifier: Apache-2.0
 * The networks of NAS-Bench-201 and NAS-Bench-Macro: what each cell computes against the benchmark's
 * definition, counts against its tables, names, places. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "network/nasbench.h"
#include "sights.h"

enum { CELLS = 15625, NETWORKS = 6561 };

static bool quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

/* Every n-th network of a benchmark is looked at. */
static int stride(void) {
    return quick() ? 13 : 1;
}

static weft_network *empty(void) {
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("none", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    return network;
}

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return network;
}

/* Network number `index` of a benchmark, with `cells` cells a stage where there are such. */
static void build(const weft_nasbench *bench, int index, int32_t cells, weft_network *network) {
    weft_nasbench_spec spec;
    weft_error error;
    weft_nasbench_defaults(bench, &spec);
    for (int s = 0; s < WEFT_NASBENCH_STAGES; s++) {
        spec.cells[s] = cells;
    }
    for (int i = bench->n_choices - 1; i >= 0; i--, index /= bench->n_words) {
        spec.choice[i] = index % bench->n_words;
    }
    if (weft_nasbench_build(bench, &spec, network, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
}

/* ---- what a cell computes ---------------------------------------------------------------------- */

/* Maps are one number here: a convolution multiplies it by what its place says, its norm adds what
 * that says, pools are functions with f(0) = 0. What is wired wrongly gives another number. */
static double factor_of(int32_t place) {
    return 0.5 + fmod(place * 0.6180339887498949, 1.0);
}

static double shift_of(int32_t place) {
    return fmod(place * 0.7548776662466927, 1.0) - 0.5;
}

static double pooled(double x) {
    return 0.8 * x;
}

static double halved(double x) {
    return 0.3 * x;
}

static double relu(double x) {
    return x > 0.0 ? x : 0.0;
}

/* The number that a layer gives; `value` has those before it. */
static double layer_value(const weft_network *network, int32_t i, const double *value) {
    const weft_layer *layer = &network->layers[i];
    const double x = layer->n_inputs > 0 ? value[layer->input[0]] : 1.25;
    const weft_layer *from = layer->n_inputs > 0 ? &network->layers[layer->input[0]] : NULL;
    switch ((int)layer->op) {
    case WEFT_OP_CONV:
        assert_int_equal(layer->pad.height, layer->kernel.height / 2);
        return factor_of(layer->place) * x;
    case WEFT_OP_BATCH_NORM:
        return x + shift_of(layer->place);
    case WEFT_OP_RELU:
        return relu(x);
    case WEFT_OP_ADD:
        return x + value[layer->input[1]];
    case WEFT_OP_AVERAGE_INSIDE:
        assert_true(layer->kernel.height == 3 && layer->stride.height == 1 &&
                    layer->pad.height == 1);
        return pooled(x);
    case WEFT_OP_AVERAGE_WINDOW:
        assert_true(layer->kernel.height == 2 && layer->stride.height == 2);
        return halved(x);
    case WEFT_OP_SLICE: /* of the zeros behind the channels */
        assert_int_equal(from->op, WEFT_OP_PAD_CHANNELS);
        assert_true(layer->offset >= from->in.channels);
        assert_true(layer->offset + layer->out_channels <= from->out.channels);
        return 0.0;
    case WEFT_OP_LINEAR:
        assert_int_equal(layer->out.channels, 10);
        return x;
    default: /* the input, and what passes a value on */
        return x;
    }
}

static double network_value(const weft_network *network) {
    static double value[4096];
    static bool is_read[4096];
    assert_true(network->n_layers <= 4096);
    memset(is_read, 0, sizeof is_read);
    for (int32_t i = 0; i < network->n_layers; i++) {
        value[i] = layer_value(network, i, value);
        for (int32_t k = 0; k < network->layers[i].n_inputs; k++) {
            is_read[network->layers[i].input[k]] = true;
        }
    }
    for (int32_t i = 0; i + 1 < network->n_layers; i++) {
        if (!is_read[i]) {
            fail_msg("%s: layer %d (%s) leads nowhere", network->name, i,
                     weft_op_token(network->layers[i].op));
        }
    }
    return value[network->n_layers - 1];
}

static int32_t place(int stage, int block, int role) {
    return stage * 65536 + block * 256 + role;
}

static double convolved(double x, int32_t at) {
    return factor_of(at) * relu(x) + shift_of(at + 1);
}

/* An edge as the benchmark defines it. */
static double edge_value(char op, int stage, int cell, int edge, double x) {
    switch (op) {
    case '1':
        return x;
    case '2':
        return convolved(x, place(1 + stage, cell, 4 * edge + 1));
    case '3':
        return convolved(x, place(1 + stage, cell, 4 * edge + 3));
    case '4':
        return pooled(x);
    default:
        return 0.0;
    }
}

/* The benchmark's network by its definition; `ops` has a figure for each of 0>1, 0>2, 1>2, ... */
static double defined_value(const char *ops, int cells) {
    double x = factor_of(place(0, 0, 1)) * 1.25 + shift_of(place(0, 0, 2));
    for (int s = 0; s < 3; s++) {
        if (s > 0) {
            double shortcut = factor_of(place(8 + s, 0, 1)) * halved(x);
            x = convolved(convolved(x, place(8 + s, 0, 2)), place(8 + s, 0, 4)) + shortcut;
        }
        for (int k = 0; k < cells; k++) {
            double node[4] = {x, 0.0, 0.0, 0.0};
            for (int j = 1, e = 0; j < 4; j++) {
                for (int i = 0; i < j; i++, e++) {
                    node[j] += edge_value(ops[e], s, k, e, node[i]);
                }
            }
            x = node[3];
        }
    }
    return relu(x + shift_of(place(255, 0, 1)));
}

/* "nasbench201@arch=333031": the last six. */
static const char *figures_of(const weft_network *network) {
    return strchr(network->name, '=') + 1;
}

static void cells_compute_what_the_benchmark_does(void **state) {
    (void)state;
    weft_network *network = empty();
    for (int32_t cells = 1; cells <= 2; cells++) {
        for (int c = 0; c < CELLS; c += stride()) {
            build(&weft_nasbench_201, c, cells, network);
            double found = network_value(network);
            double expected = defined_value(figures_of(network), cells);
            if (!(fabs(found - expected) <= 1e-9 * (1.0 + fabs(expected)))) {
                fail_msg("%s, %d cells: %.12g, by definition %.12g", network->name, cells, found,
                         expected);
            }
        }
    }
    weft_network_destroy(network);
}

/* ---- counts ------------------------------------------------------------------------------------ */

static void check_counts(const weft_network *network, int64_t params, int64_t macs) {
    if (network->params != params || network->macs != macs) {
        fail_msg("%s: %lld parameters, %lld MACs; published %lld, %lld", network->name,
                 (long long)network->params, (long long)network->macs, (long long)params,
                 (long long)macs);
    }
}

/* The published counts of operations of NAS-Bench-201 count the classifier's 10 biases as well. */
static void published_counts_are_met(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t params, counted;
    } rows[] = {
        {"nasbench201@arch=000000", 73306, 7783050}, /* the least and the most */
        {"nasbench201", 1531546, 220119690},
        {"nasbench201@arch=|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|"
         "skip_connect~1|skip_connect~2|",
         129306, 15647370},
        {"nasbench201@arch=334131", 802426, 113951370},
        {"nasbench201@classes=100,arch=000000", 79156, 7788900},
        {"nasbench-macro@arch=00000000", 387882, 7713280 + 10},
        {"nasbench-macro@arch=00000001", 791594, 14115328 + 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_network *network = read_network(rows[i].name);
        check_counts(network, rows[i].params,
                     rows[i].counted - network->layers[network->n_layers - 1].out.channels);
        weft_network_destroy(network);
    }
}

static FILE *open_table(const char *path, char *line, size_t size) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("skipped: %s is not here\n", path);
        skip();
        abort(); /* skip() does not come back */
    }
    assert_non_null(fgets(line, (int)size, file));
    return file;
}

/* Every network by its figures and by its cell as the benchmark writes it. */
static void all_counts_of_nasbench201_are_met(void **state) {
    (void)state;
    char line[4096], cell[160], figures[16], name[200];
    FILE *file = open_table("../shared/data/nasbench201/nb201_table.csv", line, sizeof line);
    int rows = 0;
    for (; fgets(line, sizeof line, file) != NULL; rows++) {
        double mflops = 0.0, mparams = 0.0;
        assert_int_equal(sscanf(line, "%*d,%159[^,],%15[0-9],%*f,%*f,%*f,%lf,%lf", cell, figures,
                                &mflops, &mparams),
                         4);
        if (rows % stride() != 0) {
            continue;
        }
        snprintf(name, sizeof name, "nasbench201@arch=%s", figures);
        weft_network *network = read_network(name);
        snprintf(name, sizeof name, "nasbench201@arch=%s", cell);
        weft_network *same = read_network(name);
        check_counts(network, llround(mparams * 1e6), llround(mflops * 1e6) - 10);
        assert_true(weft_network_hash(network) == weft_network_hash(same));
        weft_network_destroy(network);
        weft_network_destroy(same);
    }
    fclose(file);
    assert_int_equal(rows, CELLS);
}

static void all_counts_of_nasbench_macro_are_met(void **state) {
    (void)state;
    char line[256], figures[16], name[64];
    FILE *file =
        open_table("../shared/data/nas_bench_macro/nas_bench_macro_cifar10.csv", line, sizeof line);
    int rows = 0;
    for (; fgets(line, sizeof line, file) != NULL; rows++) {
        long long params = 0, macs = 0;
        assert_int_equal(
            sscanf(line, "%15[0-9],%*f,%*f,%*f,%*f,%*f,%lld,%lld", figures, &params, &macs), 3);
        snprintf(name, sizeof name, "nasbench-macro@arch=%s", figures);
        weft_network *network = read_network(name);
        check_counts(network, params, macs);
        weft_network_destroy(network);
    }
    fclose(file);
    assert_int_equal(rows, NETWORKS);
}

/* ---- different networks ------------------------------------------------------------------------ */

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int count_different(const weft_nasbench *bench, int n) {
    uint64_t *hashes = calloc((size_t)n, sizeof *hashes);
    weft_network *network = empty();
    assert_non_null(hashes);
    for (int i = 0; i < n; i++) {
        build(bench, i, 1, network);
        hashes[i] = weft_network_hash(network);
    }
    qsort(hashes, (size_t)n, sizeof *hashes, compare_hashes);
    int different = 1;
    for (int i = 1; i < n; i++) {
        different += hashes[i] != hashes[i - 1];
    }
    weft_network_destroy(network);
    free(hashes);
    return different;
}

/* Of Macro: 3 x 3 choices of the first stage; of either other one 3 of the block with stride 2 and, of
 * the 9 pairs behind it, 7: with one identity the order makes no difference. */
static void identities_are_counted_once(void **state) {
    (void)state;
    assert_int_equal(count_different(&weft_nasbench_macro, NETWORKS), 9 * 21 * 21);
}

/* ---- places ------------------------------------------------------------------------------------ */

static void check_places(const weft_nasbench *bench, int n, int wanted) {
    static sights all;
    all.n = 0;
    weft_network *network = empty();
    for (int i = 0; i < n; i += quick() ? 131 : 17) {
        build(bench, i, 2, network);
        see_network(&all, network);
    }
    assert_int_equal(all.n, wanted);
    weft_network_destroy(network);
}

/* Stem 2, 6 cells of 6 edges with two convolutions and their norms, residual blocks of 5, head 2. */
static void operations_of_an_edge_share_nothing(void **state) {
    (void)state;
    check_places(&weft_nasbench_201, CELLS, 2 + 6 * 6 * 4 + 2 * 5 + 2);
}

/* Stem 2, 8 blocks of three convolutions and norms, 3 identities, head 3. */
static void blocks_of_both_sizes_share(void **state) {
    (void)state;
    check_places(&weft_nasbench_macro, NETWORKS, 2 + 8 * 6 + 3 * 2 + 3);
}

/* ---- names ------------------------------------------------------------------------------------- */

static void options_change_the_network(void **state) {
    (void)state;
    weft_network *network = read_network("nasbench201@arch=300033,depth=1x2,width=0.5");
    int convs = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        convs += layer->op == WEFT_OP_CONV;
        assert_true(layer->op != WEFT_OP_CONV || layer->out.channels == 8 << (convs > 4)
                                                                          << (convs > 13));
    }
    /* The stem, 3 of a cell, 3 of a residual block. */
    assert_int_equal(convs, 1 + 3 * (1 + 2 + 5) + 2 * 3);
    weft_network_destroy(network);
    network = read_network("nasbench-macro@arch=12000000,width=2,input=1x28x28");
    assert_int_equal(network->layers[1].out.channels, 64);
    assert_int_equal(network->layers[3].op, WEFT_OP_RELU);
    assert_int_equal(network->layers[4].out.channels, 3 * 64);
    weft_network_destroy(network);
}

static void bad_names_are_explained(void **state) {
    (void)state;
    static const struct {
        const char *name, *message;
    } bad[] = {
        {"nasbench201@arch=33333", "expected 6 figures from 0 to 4"},
        {"nasbench201@arch=3333333", "expected 6 figures"},
        {"nasbench201@arch=333335", "names no network"},
        {"nasbench201@arch=-33333", "names no network"},
        {"nasbench201@arch=", "a network as the benchmark writes it"},
        {"nasbench201@arch=333333,arch=333333", "given twice"},
        {"nasbench201@arch=|none~0|+|none~0|none~1|+|none~0|none~1|", "or a cell"},
        {"nasbench201@arch=|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "or a cell"},
        {"nasbench201@arch=|none~0|+|none~0|nope~1|+|none~0|none~1|none~2|", "or a cell"},
        {"nasbench201@arch=|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+", "or a cell"},
        {"nasbench201@arch=|", "or a cell"},
        {"nasbench201@depth=1x1x1x1", "4 depths"},
        {"nasbench201@depth=65", "65 cells in stage 1"},
        {"nasbench201@kernel=3", "no option 'kernel'"},
        {"nasbench-macro@arch=00000003", "expected 8 figures from 0 to 2"},
        {"nasbench-macro@arch=|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "names no network"},
        {"nasbench-macro@depth=2x3x3", "no option 'depth'"},
        {"nasbench202", "did you mean"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_network *network = NULL;
        weft_error error;
        char text[2048];
        assert_int_equal(weft_network_read(bad[i].name, &network, &error), WEFT_ERROR_INPUT);
        assert_null(network);
        if (strstr(weft_error_format(&error, text, sizeof text), bad[i].message) == NULL) {
            fail_msg("%s: %s", bad[i].name, text);
        }
    }
}

/* A map that the strides do not halve evenly has shortcuts of another size. */
static void odd_maps_are_refused(void **state) {
    (void)state;
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_read("nasbench201@input=3x30x30", &network, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "must be equal"));
    network = read_network("nasbench201@input=1x28x28");
    assert_int_equal(network->layers[0].out.height, 28);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_compute_what_the_benchmark_does),
        cmocka_unit_test(published_counts_are_met),
        cmocka_unit_test(all_counts_of_nasbench201_are_met),
        cmocka_unit_test(all_counts_of_nasbench_macro_are_met),
        cmocka_unit_test(identities_are_counted_once),
        cmocka_unit_test(operations_of_an_edge_share_nothing),
        cmocka_unit_test(blocks_of_both_sizes_share),
        cmocka_unit_test(options_change_the_network),
        cmocka_unit_test(bad_names_are_explained),
        cmocka_unit_test(odd_maps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
