/* SPDX-License-Identifier: Apache-2.0
 * Layer tables that are written: reading gives the same loops, bits and histograms back. */
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

#define GOLDEN "../shared/golden/workloads/"

typedef struct place {
    char folder[64], file[96];
} place;

static int make_place(void **state) {
    static place p;
    snprintf(p.folder, sizeof p.folder, "/tmp/weft-table-XXXXXX");
    if (mkdtemp(p.folder) == NULL) {
        return -1;
    }
    snprintf(p.file, sizeof p.file, "%s/layers.csv", p.folder);
    *state = &p;
    return 0;
}

static int remove_place(void **state) {
    const place *p = *state;
    unlink(p->file);
    return rmdir(p->folder);
}

static void expect_ok(weft_status status, const weft_error *error, const char *what) {
    if (status != WEFT_OK) {
        char text[2048];
        fail_msg("%s: %s", what, weft_error_format(error, text, sizeof text));
    }
}

/* The network after it was written and read. */
static weft_network *go_round(const weft_network *network, const char *file) {
    weft_error error = {0};
    weft_network *back = NULL;
    expect_ok(weft_network_write_csv(network, file, &error), &error, network->name);
    expect_ok(weft_network_read(file, &back, &error), &error, file);
    return back;
}

static void same_histogram(const weft_histogram *a, const weft_histogram *b) {
    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL) {
        return;
    }
    assert_int_equal(a->n, b->n);
    for (int32_t i = 0; i < a->n; i++) {
        /* A reader divides by the sum, which is 1 but for rounding. */
        assert_true(fabs(a->share[i] - b->share[i]) <= 1e-15);
    }
}

/* Every layer of products of `network`, in order, is a layer of the table `back`. */
static void same_layers(const weft_network *network, const weft_network *back) {
    int32_t row = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        weft_loops a, b;
        if (!weft_layer_loops(network, i, &a)) {
            continue;
        }
        row++;
        assert_true(weft_layer_loops(back, row, &b));
        const int32_t x[] = {a.n, a.c,        a.m,        a.r,          a.s,          a.p,      a.q,
                             a.g, a.stride_h, a.stride_w, a.dilation_h, a.dilation_w, a.dynamic};
        const int32_t y[] = {b.n, b.c,        b.m,        b.r,          b.s,          b.p,      b.q,
                             b.g, b.stride_h, b.stride_w, b.dilation_h, b.dilation_w, b.dynamic};
        assert_memory_equal(x, y, sizeof x);
        const weft_layer *p = &network->layers[i], *q = &back->layers[row];
        assert_int_equal(p->op, q->op);
        assert_int_equal(p->macs, q->macs);
        assert_memory_equal(&p->bits, &q->bits, sizeof p->bits);
        same_histogram(p->operands.inputs, q->operands.inputs);
        same_histogram(p->operands.weights, q->operands.weights);
        same_histogram(p->operands.outputs, q->operands.outputs);
    }
    assert_true(back->is_table);
    assert_int_equal(row, back->n_layers - 1);
}

static void everything_goes_round(void **state) {
    const place *p = *state;
    weft_error error = {0};
    weft_network *network = NULL;
    const double inputs[] = {0, 0.125, 0.5, 0.25, 0.125}, weights[] = {0.25, 0.5, 0.25};
    const double outputs[] = {1};
    const weft_histogram of_inputs = {5, inputs}, of_weights = {3, weights},
                         of_outputs = {1, outputs};
    const weft_layer carried[] = {
        {.name = "first, \"quoted\"\nand broken",
         .bits = {.inputs = 1, .weights = 64, .outputs = 7},
         .operands = {&of_inputs, &of_weights, &of_outputs}},
        {.name = " blanks ", .bits = {.weights = 5}, .operands = {.weights = &of_weights}},
        {0},
    };
    const weft_loops loops[] = {
        {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, false},
        {1, 512, 1000, 1, 1, 16, 1, 1, 1, 1, 1, 1, false},
        {1, 64, 197, 1, 1, 197, 1, 12, 1, 1, 1, 1, true},
    };
    const weft_op ops[] = {WEFT_OP_CONV, WEFT_OP_LINEAR, WEFT_OP_MATMUL};
    expect_ok(weft_network_create("t", (weft_shape){1, 1, 1}, &network, &error), &error, "create");
    for (size_t i = 0; i < 3; i++) {
        expect_ok(weft_network_add_loops(network, ops[i], &loops[i], &carried[i], &error), &error,
                  "add");
    }
    weft_network *back = go_round(network, p->file);
    same_layers(network, back);
    assert_string_equal(back->name, "layers");
    assert_string_equal(back->layers[1].name, carried[0].name);
    assert_string_equal(back->layers[2].name, carried[1].name);
    assert_string_equal(back->layers[3].name, "matmul3");
    /* Shares that binary fractions hold come back to the bit. */
    assert_true(weft_network_hash(network) == weft_network_hash(back));
    weft_network_destroy(back);
    weft_network_destroy(network);
}

static void the_text_is_as_documented(void **state) {
    const place *p = *state;
    weft_error error = {0};
    weft_network *network = NULL;
    expect_ok(weft_network_read("imc:R8@input=1x8x8,hidden=none", &network, &error), &error, "R8");
    expect_ok(weft_network_write_csv(network, p->file, &error), &error, "write");
    weft_network_destroy(network);
    char text[1024] = {0};
    FILE *file = fopen(p->file, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text, "layer,kind,N,C,M,R,S,P,Q,G,stride_h,stride_w,dilation_h,dilation_w,"
                              "input_bits,weight_bits,output_bits,inputs_hist,weights_hist,"
                              "outputs_hist\n"
                              "conv1,conv,1,1,8,3,3,8,8,1,1,1,1,1,,,,,,\n"
                              "conv4,conv,1,8,8,3,3,8,8,1,1,1,1,1,,,,,,\n"
                              "conv6,conv,1,1,8,1,1,8,8,1,1,1,1,1,,,,,,\n"
                              "linear12,linear,1,8,10,1,1,1,1,1,1,1,1,1,,,,,,\n");
}

/* Every family: depthwise and strided convolutions, tokens, attention. */
static void families_go_round(void **state) {
    const place *p = *state;
    weft_error error = {0};
    int n = 0;
    for (size_t i = 0; weft_network_family_at(i) != NULL; i++) {
        const char *name = weft_network_family_at(i)->name;
        weft_network *network = NULL;
        if (strncmp(name, "imc", 3) == 0) {
            continue; /* its name alone is no network */
        }
        expect_ok(weft_network_read(name, &network, &error), &error, name);
        weft_network *back = go_round(network, p->file);
        same_layers(network, back);
        assert_int_equal(network->macs, back->macs);
        weft_network_destroy(back);
        weft_network_destroy(network);
        n++;
    }
    assert_true(n > 20);
}

static void published_tables_go_round(void **state) {
    const place *p = *state;
    static const char *const NAMES[] = {"resnet18", "mobilenet_v3", "gpt2_medium"};
    if (access(GOLDEN, R_OK) != 0) {
        print_message("skipped: " GOLDEN " is not here\n");
        skip();
    }
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char path[128];
        weft_error error = {0};
        weft_network *network = NULL;
        snprintf(path, sizeof path, GOLDEN "%s.csv", NAMES[i]);
        expect_ok(weft_network_read(path, &network, &error), &error, path);
        assert_non_null(network->layers[1].operands.inputs);
        weft_network *back = go_round(network, p->file);
        same_layers(network, back);
        assert_string_equal(network->layers[1].name, back->layers[1].name);
        weft_network_destroy(back);
        weft_network_destroy(network);
    }
}

static void what_cannot_be_written_is_said(void **state) {
    const place *p = *state;
    weft_error error = {0};
    weft_network *network = NULL;
    const char *nothing = "/tmp/weft-there-is-no-such-folder/layers.csv";
    expect_ok(weft_network_read("imc:V8", &network, &error), &error, "V8");
    assert_int_equal(weft_network_write_csv(network, nothing, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.file, nothing));
    expect_ok(weft_network_write_csv(network, p->file, &error), &error, "write");
    weft_network *empty = NULL;
    expect_ok(weft_network_create("empty", (weft_shape){1, 1, 1}, &empty, &error), &error, "empty");
    assert_int_equal(weft_network_write_csv(empty, p->file, &error), WEFT_ERROR_INPUT);
    /* What was there stays. */
    weft_network *back = NULL;
    expect_ok(weft_network_read(p->file, &back, &error), &error, p->file);
    same_layers(network, back);
    weft_network_destroy(back);
    weft_network_destroy(empty);
    weft_network_destroy(network);
}

static void a_name_without_folder_is_written_here(void **state) {
    const place *p = *state;
    weft_error error = {0};
    weft_network *network = NULL;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    expect_ok(weft_network_read("imc:V8", &network, &error), &error, "V8");
    assert_int_equal(chdir(p->folder), 0);
    weft_status status = weft_network_write_csv(network, "layers.csv", &error);
    assert_int_equal(chdir(before), 0);
    expect_ok(status, &error, "write");
    assert_int_equal(access(p->file, R_OK), 0);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_goes_round),
        cmocka_unit_test(the_text_is_as_documented),
        cmocka_unit_test(families_go_round),
        cmocka_unit_test(published_tables_go_round),
        cmocka_unit_test(what_cannot_be_written_is_said),
        cmocka_unit_test(a_name_without_folder_is_written_here),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
