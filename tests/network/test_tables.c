/* SPDX-License-Identifier: Apache-2.0
 * Layer tables: what is read is what was written, and what is wrong is said with its place. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"

static weft_status parse(const char *text, weft_network **network, weft_error *error) {
    memset(error, 0, sizeof *error);
    *network = NULL;
    if (strncmp(text, "weft:", 5) == 0) {
        return weft_network_parse_yaml(text, strlen(text), "table.yaml", network, error);
    }
    return weft_network_parse_csv(text, strlen(text), "table.csv", network, error);
}

static weft_network *must_parse(const char *text) {
    weft_network *network = NULL;
    weft_error error;
    if (parse(text, &network, &error) != WEFT_OK) {
        char message[2048];
        fail_msg("%s\n%s", text, weft_error_format(&error, message, sizeof message));
    }
    return network;
}

static void check_loops(const weft_network *network, int32_t layer, const weft_loops *expected) {
    weft_loops got;
    assert_true(weft_layer_loops(network, layer, &got));
    const int32_t a[] = {got.n, got.c, got.m,        got.r,        got.s,          got.p,
                         got.q, got.g, got.stride_h, got.stride_w, got.dilation_h, got.dilation_w};
    const weft_loops *e = expected;
    const int32_t b[] = {e->n, e->c, e->m,        e->r,        e->s,          e->p,
                         e->q, e->g, e->stride_h, e->stride_w, e->dilation_h, e->dilation_w};
    assert_memory_equal(a, b, sizeof a);
    assert_true(got.dynamic == expected->dynamic);
}

static void csv_gives_the_loops(void **state) {
    (void)state;
    weft_network *network =
        must_parse("layer,kind,N,C,M,R,S,P,Q,G,stride_h,stride_w,dilation_h,dilation_w,input_bits,"
                   "weight_bits,output_bits\n"
                   "conv1,Conv2d,2,3,64,7,5,112,110,1,2,3,4,5,8,4,16\n"
                   "\"depth, wise\",conv,1,1,1,3,3,14,14,64,1,1,1,1,,,\n"
                   "\n"
                   "fc,Linear,1,512,1000,1,1,1,1,1,1,1,1,1,,6,\n"
                   "scores,From einsum,1,64,197,1,1,197,1,12,1,1,1,1,,,\n");
    assert_true(network->is_table);
    assert_string_equal(network->name, "table");
    assert_int_equal(network->n_layers, 5);
    check_loops(network, 1, &(weft_loops){2, 3, 64, 7, 5, 112, 110, 1, 2, 3, 4, 5, false});
    check_loops(network, 2, &(weft_loops){1, 1, 1, 3, 3, 14, 14, 64, 1, 1, 1, 1, false});
    check_loops(network, 3, &(weft_loops){1, 512, 1000, 1, 1, 1, 1, 1, 1, 1, 1, 1, false});
    check_loops(network, 4, &(weft_loops){1, 64, 197, 1, 1, 197, 1, 12, 1, 1, 1, 1, true});
    const weft_layer *layer = network->layers;
    assert_int_equal(layer[1].op, WEFT_OP_CONV);
    assert_int_equal(layer[3].op, WEFT_OP_LINEAR);
    assert_int_equal(layer[4].op, WEFT_OP_MATMUL);
    assert_string_equal(layer[1].name, "conv1");
    assert_string_equal(layer[2].name, "depth, wise");
    assert_true(layer[1].bits.inputs == 8 && layer[1].bits.weights == 4 &&
                layer[1].bits.outputs == 16);
    assert_true(layer[3].bits.inputs == 0 && layer[3].bits.weights == 6);
    assert_int_equal(layer[1].macs, INT64_C(2) * 3 * 64 * 7 * 5 * 112 * 110);
    assert_int_equal(layer[4].params, 0);
    assert_int_equal(network->params, 3 * 64 * 35 + 64 * 9 + 512 * 1000);
    weft_network_destroy(network);
}

static void columns_have_defaults_and_other_names(void **state) {
    (void)state;
    weft_network *a = must_parse("C,M,R,S,P,Q,stride\n8,16,3,3,7,7,2\n");
    weft_network *b = must_parse("\xEF\xBB\xBFM , C,R,S,Q,P,WStride,HStride,N,G,kind,name\r\n"
                                 " 16 ,\"8\",3,3,7,7,2,2,1,1,CONV,other\r\n\r\n");
    weft_network *c =
        must_parse("weft: network/1\nlayers:\n- {C: 8, M: 16, R: 3, S: 3, P: 7, Q: 7, "
                   "stride: [2, 2], dilation: 1}\n");
    assert_true(weft_network_hash(a) == weft_network_hash(b));
    assert_true(weft_network_hash(a) == weft_network_hash(c));
    assert_null(a->layers[1].name);
    weft_network_destroy(a);
    weft_network_destroy(b);
    weft_network_destroy(c);
    /* Without a kind, a window or a map makes a convolution. */
    a = must_parse("C,M,P\n8,16,5\n");
    assert_int_equal(a->layers[1].op, WEFT_OP_LINEAR);
    weft_network_destroy(a);
    /* Hugging Face's Conv1D is a linear layer. */
    a = must_parse("kind,C,M,P,R\nConv1D,8,16,5,1\nConv1D,8,16,5,3\n");
    assert_int_equal(a->layers[1].op, WEFT_OP_LINEAR);
    assert_int_equal(a->layers[2].op, WEFT_OP_CONV);
    weft_network_destroy(a);
}

static void histograms_are_carried(void **state) {
    (void)state;
    weft_network *a = must_parse("C,M,inputs_hist,hist_weights\n"
                                 "8,16,\"[0.25, 0.5, 0.25]\",0.1 0.2 0.4 0.2 0.1\n"
                                 "8,16,,\"0.25 0.25\n0.25;0.25\"\n");
    weft_network *b =
        must_parse("weft: network/1\nname: t\nlayers:\n"
                   "- C: 8\n  M: 16\n  histograms: {inputs: [0.25, 0.5, 0.25], "
                   "weights: [0.1, 0.2, 0.4, 0.2, 0.1]}\n"
                   "- {C: 8, M: 16, histograms: {weights: [0.25, 0.25, 0.25, 0.25]}}\n");
    const weft_operands *first = &a->layers[1].operands;
    assert_int_equal(first->inputs->n, 3);
    assert_true(first->inputs->share[1] == 0.5);
    assert_int_equal(first->weights->n, 5);
    assert_null(first->outputs);
    assert_null(a->layers[2].operands.inputs);
    assert_int_equal(a->layers[2].operands.weights->n, 4);
    assert_true(weft_network_hash(a) == weft_network_hash(b));
    weft_network_destroy(b);
    b = must_parse("C,M\n8,16\n8,16\n");
    assert_true(weft_network_hash(a) != weft_network_hash(b));
    weft_network_destroy(a);
    weft_network_destroy(b);
    /* Shares rounded to three digits are made to sum to 1. */
    a = must_parse("C,M,hist_inputs\n1,1,0.333 0.333 0.333\n");
    const double *share = a->layers[1].operands.inputs->share;
    assert_true(fabs(share[0] - 1.0 / 3) < 1e-15);
    weft_network_destroy(a);
}

/* ---- random tables ----------------------------------------------------------------------------- */

enum { ROUNDS = 300, MAX_TEXT = 8192 };

static int32_t draw_dimension(weft_rng *rng) {
    return 1 + (int32_t)weft_rng_below(rng, weft_rng_below(rng, 2) > 0 ? 3 : 200);
}

static weft_loops draw_loops(weft_rng *rng) {
    weft_loops l = {0};
    int32_t *const all[] = {&l.n, &l.c, &l.m,        &l.r,        &l.s,          &l.p,
                            &l.q, &l.g, &l.stride_h, &l.stride_w, &l.dilation_h, &l.dilation_w};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        *all[i] = draw_dimension(rng);
    }
    return l;
}

/* What is written as CSV and as YAML is read back the same, from either. */
static void tables_go_round(void **state) {
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        weft_rng rng = weft_rng_make(77, WEFT_PURPOSE_TEST, i);
        weft_loops loops[8];
        char csv[MAX_TEXT] = "kind,N,C,M,R,S,P,Q,G,stride_h,stride_w,dilation_h,dilation_w,name\n";
        char yaml[MAX_TEXT] = "weft: network/1\nlayers:\n";
        int n = 1 + (int)weft_rng_below(&rng, 8);
        int64_t macs = 0;
        for (int k = 0; k < n; k++) {
            weft_loops l = loops[k] = draw_loops(&rng);
            macs += (int64_t)l.n * l.c * l.m * l.r * l.s * l.p * l.q * l.g;
            snprintf(csv + strlen(csv), MAX_TEXT - strlen(csv),
                     "conv,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,l%d\n", l.n, l.c, l.m, l.r, l.s, l.p,
                     l.q, l.g, l.stride_h, l.stride_w, l.dilation_h, l.dilation_w, k);
            snprintf(yaml + strlen(yaml), MAX_TEXT - strlen(yaml),
                     "- {op: conv, N: %d, C: %d, M: %d, R: %d, S: %d, P: %d, Q: %d, G: %d, "
                     "stride: [%d, %d], dilation: [%d, %d]}\n",
                     l.n, l.c, l.m, l.r, l.s, l.p, l.q, l.g, l.stride_h, l.stride_w, l.dilation_h,
                     l.dilation_w);
        }
        weft_network *a = must_parse(csv);
        weft_network *b = must_parse(yaml);
        assert_int_equal(a->n_layers, n + 1);
        assert_int_equal(a->macs, macs);
        for (int k = 0; k < n; k++) {
            check_loops(a, k + 1, &loops[k]);
            check_loops(b, k + 1, &loops[k]);
        }
        assert_true(weft_network_hash(a) == weft_network_hash(b));
        weft_network_destroy(a);
        weft_network_destroy(b);
    }
}

/* ---- bad tables -------------------------------------------------------------------------------- */

typedef struct bad_table {
    const char *text;
    int line, column;
    const char *message, *hint;
} bad_table;

static const bad_table bad_csv[] = {
    {"", 0, 0, "empty", "first row"},
    {"\n \n", 0, 0, "empty", "first row"},
    {"C,M\n", 0, 0, "no layers", ""},
    {"C,N\n1,1\n", 1, 1, "'M' is missing", ""},
    {"C,M,stirde\n1,1,1\n", 1, 5, "no column 'stirde'", "'stride'"},
    {"C,M,elephant\n1,1,1\n", 1, 5, "no column 'elephant'", "stride_h"},
    {"C,M,C\n1,1,1\n", 1, 5, "says what", ""},
    {"C,M,hist_inputs,inputs_hist\n", 1, 17, "says what", ""},
    {"C,M,stride,HStride\n1,1,1,1\n", 1, 1, "both sides", ""},
    {"C,M\n1,1\n1\n", 3, 1, "1 cells, the first row 2", ""},
    {"C,M\n1,1,1\n", 2, 1, "3 cells, the first row 2", ""},
    {"C,M\n1,0\n", 2, 3, "M is '0'", ""},
    {"C,M\n1,-4\n", 2, 3, "1 .. 2147483647", ""},
    {"C,M\n1,\n", 2, 3, "M is ''", ""},
    {"C,M\n1,3.5\n", 2, 3, "whole number", ""},
    {"C,M\n1,1e3\n", 2, 3, "whole number", ""},
    {"C,M\n1,2147483648\n", 2, 3, "1 .. 2147483647", ""},
    {"C,M\n1,9223372036854775808\n", 2, 3, "1 .. 2147483647", ""},
    {"C,M\n1,99999999999999999999999\n", 2, 3, "1 .. 2147483647", ""},
    {"C,M,G\n1,65536,65536\n", 2, 1, "more features", ""},
    {"C,M,P,Q\n2147483647,2147483647,2147483647,1\n", 2, 1, "overflow 64 bits", ""},
    {"C,M\n2147483647,2147483647\n2147483647,2147483647\n2147483647,2147483647\n", 4, 1,
     "network's", ""},
    {"C,M,P,stride,Q\n1,1,1000000,1000000,1\n", 2, 1, "more features", ""},
    {"kind,C,M\npool,1,1\n", 2, 1, "'pool'", ""},
    {"kind,C,M,R\nlinear,1,1,3\n", 2, 1, "no window", ""},
    {"C,M,weight_bits\n1,1,65\n", 2, 5, "1 .. 64", ""},
    {"C,M,weight_bits\n1,1,0\n", 2, 5, "1 .. 64", ""},
    {"C,M,hist_inputs\n1,1,0.5 0.4\n", 2, 5, "sum to 0.9", ""},
    {"C,M,hist_inputs\n1,1,0.5 0.6\n", 2, 5, "sum to 1.1", ""},
    {"C,M,hist_inputs\n1,1,1.5 -0.5\n", 2, 9, "not negative", ""},
    {"C,M,hist_inputs\n1,1,nan\n", 2, 5, "share", ""},
    {"C,M,hist_inputs\n1,1,0.5 0.5x\n", 2, 9, "share", ""},
    {"C,M,hist_inputs\n1,1,[]\n", 2, 5, "sum to 0", ""},
    {"C,M,hist_inputs\n1,1,\"0.5\n0.5 y\"\n", 3, 5, "share", ""},
    {"C,M,hist_inputs\n1,1,1e999\n", 2, 5, "sum to inf", ""},
    {"C,M,name\n1,1,\"open\n", 2, 5, "never closed", ""},
    {"C,M,name\n1,1,\"a\"b\n", 2, 8, "behind the quote", ""},
};

static const bad_table bad_yaml[] = {
    {"weft: network/2\nlayers: []\n", 1, 7, "network/1", ""},
    {"weft: network/1\n", 1, 1, "layers", ""},
    {"weft: network/1\nlayers: []\n", 2, 9, "1 .. 65536 layers", ""},
    {"weft: network/1\nlayers: 3\n", 2, 9, "list", ""},
    {"weft: network/1\nlayres: 3\n", 0, 0, "layers", ""},
    {"weft: network/1\nlayers:\n- {C: 1}\n", 3, 3, "M", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, K: 3}\n", 3, 16, "K", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, strid: 3}\n", 3, 16, "did you mean 'stride'", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 0}\n", 3, 13, "", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: -1}\n", 3, 13, "", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2147483648}\n", 3, 13, "2147483647", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 99999999999999999999}\n", 3, 13, "", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, op: pool}\n", 3, 20, "pool", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, stride: [1, 2, 3]}\n", 3, 24, "vertical", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, op: linear, R: 2}\n", 3, 3, "no window", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, bits: {weight: 8}}\n", 3, 23,
     "did you mean 'weights'", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, bits: {weights: 65}}\n", 3, 32, "64", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, histograms: {inputs: [0.5, 0.6]}}\n", 3, 37,
     "sum to 1.1", ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, histograms: {inputs: [1.5, -0.5]}}\n", 3, 38, "",
     ""},
    {"weft: network/1\nlayers:\n- {C: 1, M: 2, histograms: {inputs: []}}\n", 3, 37, "shares", ""},
    {"weft: network/1\nlayers:\n- {C: 2147483647, M: 2147483647, P: 3}\n", 3, 3, "64 bits", ""},
};

static void check_bad(const bad_table *row) {
    weft_network *network = NULL;
    weft_error error;
    weft_status status = parse(row->text, &network, &error);
    bool placed = row->line == 0 || (error.line == row->line && error.column == row->column);
    if (status != WEFT_ERROR_INPUT || error.status != WEFT_ERROR_INPUT || network != NULL ||
        !placed || strstr(error.message, row->message) == NULL ||
        strstr(error.hint, row->hint) == NULL || strstr(error.file, "table.") == NULL) {
        char text[2048];
        fail_msg("%s\nstatus %d, %d:%d\n%s", row->text, (int)status, error.line, error.column,
                 weft_error_format(&error, text, sizeof text));
    }
}

static void bad_tables_are_explained(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_csv / sizeof bad_csv[0]; i++) {
        check_bad(&bad_csv[i]);
    }
    for (size_t i = 0; i < sizeof bad_yaml / sizeof bad_yaml[0]; i++) {
        check_bad(&bad_yaml[i]);
    }
}

static void zero_bytes_and_wide_tables_are_refused(void **state) {
    (void)state;
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_parse_csv("C,M\n1,\0", 7, "x", &network, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "zero byte"));
    char wide[200];
    memset(wide, ',', sizeof wide);
    assert_int_equal(weft_network_parse_csv(wide, sizeof wide, "x", &network, &error),
                     WEFT_ERROR_INPUT);
    assert_null(network);
}

/* ---- files ------------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_by_their_ending(void **state) {
    (void)state;
    static const char csv[] = "C,M,stride\n8,4,2\n";
    static const char yaml[] = "weft: network/1\nlayers: [{C: 8, M: 4, stride: 2}]\n";
    char folder[] = "/tmp/weft-tables-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[3][64];
    static const char *const endings[] = {"a.csv", "a.yaml", "a.yml"};
    uint64_t hash[3];
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", folder, endings[i]);
        write_file(path[i], i == 0 ? csv : yaml);
        weft_network *network = NULL;
        weft_error error;
        assert_int_equal(weft_network_read(path[i], &network, &error), WEFT_OK);
        assert_string_equal(network->name, "a");
        hash[i] = weft_network_hash(network);
        weft_network_destroy(network);
    }
    assert_true(hash[0] == hash[1] && hash[0] == hash[2]);
    write_file(path[0], "C,M\n8,0\n");
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_read(path[0], &network, &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.file, path[0]);
    assert_true(error.line == 2 && error.column == 3 && error.length == 1);
    assert_string_equal(error.excerpt, "8,0");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(remove(path[i]), 0);
    }
    assert_int_equal(mkdir(path[0], 0700), 0); /* a folder is no table */
    assert_int_equal(weft_network_read(path[0], &network, &error), WEFT_ERROR_IO);
    assert_int_equal(rmdir(path[0]), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void huge_texts_are_refused(void **state) {
    (void)state;
    const size_t size = ((size_t)16 << 20) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, '\n', size);
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_parse_csv(text, size, "x", &network, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "16 MiB"));
    assert_int_equal(weft_network_parse_csv(text, size - 1, "x", &network, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "empty"));
    free(text);
}

static void long_tables_are_refused(void **state) {
    (void)state;
    enum { ROW = 4, MOST = 1 << 16 };
    char *text = malloc((size_t)ROW * (MOST + 2));
    assert_non_null(text);
    memcpy(text, "C,M\n", ROW);
    for (int i = 1; i <= MOST + 1; i++) {
        memcpy(text + ROW * i, "1,1\n", ROW);
    }
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_parse_csv(text, (size_t)ROW * (MOST + 1), "x", &network, &error),
                     WEFT_OK);
    assert_int_equal(network->n_layers, MOST + 1);
    assert_int_equal(network->macs, MOST);
    weft_network_destroy(network);
    network = NULL;
    assert_int_equal(weft_network_parse_csv(text, (size_t)ROW * (MOST + 2), "x", &network, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "more than 65536 layers"));
    assert_int_equal(error.line, MOST + 2);
    free(text);
}

/* ---- by hand ----------------------------------------------------------------------------------- */

static void loops_are_checked(void **state) {
    (void)state;
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("t", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    const weft_loops good = {1, 8, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, false};
    for (size_t i = 0; i < 12; i++) {
        weft_loops bad = good;
        int32_t *const all[] = {&bad.n,        &bad.c,        &bad.m,          &bad.r,
                                &bad.s,        &bad.p,        &bad.q,          &bad.g,
                                &bad.stride_h, &bad.stride_w, &bad.dilation_h, &bad.dilation_w};
        *all[i] = i % 2 == 0 ? 0 : -5;
        assert_int_equal(weft_network_add_loops(network, WEFT_OP_CONV, &bad, NULL, &error),
                         WEFT_ERROR_INPUT);
    }
    assert_int_equal(weft_network_add_loops(network, WEFT_OP_RELU, &good, NULL, &error),
                     WEFT_ERROR_INPUT);
    const double shares[] = {0.5, 0.4};
    const weft_histogram histogram = {2, shares};
    const weft_layer carried = {.operands = {.weights = &histogram}};
    assert_int_equal(weft_network_add_loops(network, WEFT_OP_CONV, &good, &carried, &error),
                     WEFT_ERROR_INPUT);
    assert_false(network->is_table);
    assert_int_equal(weft_network_add_loops(network, WEFT_OP_CONV, &good, NULL, &error), WEFT_OK);
    assert_true(network->is_table);
    /* A table and a graph do not mix. */
    int32_t index = 0;
    const weft_layer relu = {.op = WEFT_OP_RELU, .input = &index, .n_inputs = 1, .block = -1};
    assert_int_equal(weft_network_add(network, &relu, &index, &error), WEFT_ERROR_INPUT);
    weft_network_destroy(network);
    assert_int_equal(weft_network_create("t", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    assert_int_equal(weft_network_add(network, &relu, &index, &error), WEFT_OK);
    assert_int_equal(weft_network_add_loops(network, WEFT_OP_CONV, &good, NULL, &error),
                     WEFT_ERROR_INPUT);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_gives_the_loops),
        cmocka_unit_test(columns_have_defaults_and_other_names),
        cmocka_unit_test(histograms_are_carried),
        cmocka_unit_test(tables_go_round),
        cmocka_unit_test(bad_tables_are_explained),
        cmocka_unit_test(zero_bytes_and_wide_tables_are_refused),
        cmocka_unit_test(files_are_read_by_their_ending),
        cmocka_unit_test(huge_texts_are_refused),
        cmocka_unit_test(long_tables_are_refused),
        cmocka_unit_test(loops_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
