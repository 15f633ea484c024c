/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of devices: what is read, what is refused and where, what is written and joined. */
#include "transfer/support.h"

#include <unistd.h>

#include "transfer/table.h"

static void reads_cells(void **state) {
    (void)state;
    weft_device_table *table = parse("index,ops,acc,pixel_latency_ms,fpga_energy_mJ\n"
                                     "7,030343,94.5,1.5,2\n8,113103,0,failed,-1\n9,000000,-3,,0\n",
                                     NULL);
    char kind[80];
    assert_int_equal(weft_device_table_architectures(table), 3);
    assert_int_equal(weft_device_table_columns(table), 3);
    assert_string_equal(weft_device_table_kind(table, kind, sizeof kind), "cells of NAS-Bench-201");
    int acc = column(table, "acc"), pixel = column(table, "pixel"), fpga = column(table, "fpga");
    assert_false(weft_device_table_measured(table, acc));
    assert_true(weft_device_table_measured(table, pixel));
    assert_float_equal(weft_device_table_values(table, acc)[2], -3.0, 0.0);
    assert_float_equal(weft_device_table_values(table, pixel)[0], 1.5, 0.0);
    assert_true(isnan(weft_device_table_values(table, pixel)[1]));
    assert_true(isnan(weft_device_table_values(table, fpga)[1]));
    assert_int_equal(weft_device_table_failed(table, pixel), 1); /* an empty cell is not measured */
    assert_int_equal(weft_device_table_failed(table, fpga), 2);  /* -1 and 0 */
    assert_int_equal(weft_device_table_locate(table, "113103"), 1);
    assert_int_equal(weft_device_table_locate(table, "9"), 2);
    assert_int_equal(weft_device_table_locate(table, "999999"), -1);
    weft_device_table_destroy(table);
}

/* As the benchmark writes it, and without the zeros that spreadsheets take. */
static void cells_have_one_name(void **state) {
    (void)state;
    weft_device_table *table =
        parse("arch_str,x\n"
              "|none~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|avg_pool_3x3~1|nor_conv_3x3~2|,1\n"
              "|skip_connect~0|+|nor_conv_1x1~0|none~1|+|none~0|none~1|none~2|,2\n",
              NULL);
    assert_string_equal(weft_device_table_architecture(table, 0), "030343");
    assert_string_equal(weft_device_table_architecture(table, 1), "120000");
    weft_device_table_destroy(table);
    table = parse("ops,x\n30343,1\n120000,2\n", NULL);
    assert_string_equal(weft_device_table_architecture(table, 0), "030343");
    weft_device_table_destroy(table);
}

static void reads_chains(void **state) {
    (void)state;
    weft_device_table *table = parse("ops,x\n7 8 1,1\n8 8 0,2\n", NULL);
    assert_int_equal(table->code.kind, WEFT_SPACE_CHAIN);
    assert_int_equal(table->code.n_positions, 3);
    assert_int_equal(table->code.n_symbols, 4);
    weft_device_table_destroy(table);
    table = parse("arch,x\n22212202,1\n00000001,2\n", NULL);
    assert_int_equal(table->code.n_positions, 8);
    weft_device_table_destroy(table);
    table = parse("d,ks,e,r,x\n1 2,3 5 3 7,6 4 3 3,128,1\n2 2,3 5 3 7,6 4 3 3,192,2\n", NULL);
    assert_int_equal(table->code.n_positions, 12); /* kernel, expansion, both */
    assert_int_equal(table->code.n_numbers, 1);
    assert_int_equal(table->code.codes[1], WEFT_ABSENT); /* the second block of depth 1 */
    assert_int_not_equal(table->code.codes[12 + 1], WEFT_ABSENT);
    assert_string_equal(weft_device_table_architecture(table, 0), "1 2|3 5 3 7|6 4 3 3|128");
    weft_device_table_destroy(table);
    table = parse("architecture,x\nresnet18,1\nvgg16,2\n", NULL);
    assert_int_equal(table->code.kind, WEFT_SPACE_NAMES);
    weft_device_table_destroy(table);
}

static void reads_genes(void **state) {
    (void)state;
    weft_device_columns columns = {.genes = "width op1 op2"};
    weft_device_table *table =
        parse("op1,width,op2,x\nconv,16,pool,1\npool,32,conv,2\nskip,64,conv,3\n", &columns);
    assert_int_equal(table->code.kind, WEFT_SPACE_GENES);
    assert_int_equal(table->code.n_positions, 3); /* few widths are choices, too */
    assert_int_equal(table->code.n_numbers, 1);
    assert_int_equal(table->code.codes[1], table->code.codes[3 + 2]); /* op1 and op2 share conv */
    assert_string_equal(weft_device_table_architecture(table, 0), "16|conv|pool");
    weft_device_table_destroy(table);
}

static void genomes_are_architectures(void **state) {
    (void)state;
    weft_gene genes[3] = {
        {.name = "op1", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 3, .upper = 2},
        {.name = "op2", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 3, .upper = 2},
        {.name = "width", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 99}};
    weft_gene_table names = {.genes = genes, .n_genes = 3};
    double genomes[4 * 3] = {0, 1, 17, 2, NAN, 30, 1, 1, 44, 0, 2, 99}, values[4] = {1, 2, NAN, 4};
    weft_device_table *table = NULL;
    weft_error error = {0};
    expect_ok(weft_device_table_from_genes(&names, genomes, 4, "chip", values, &table, &error),
              &error);
    assert_int_equal(weft_device_table_architectures(table), 4);
    assert_int_equal(weft_device_table_locate(table, "2"), 2);
    assert_true(isnan(weft_device_table_values(table, column(table, "chip"))[2]));
    assert_int_equal(table->code.n_numbers, 1);
    weft_device_table_destroy(table);
}

static void repeats_have_their_median(void **state) {
    (void)state;
    weft_device_table *table =
        parse("architecture,x,y\na,3,failed\nb,1,2\na,9,failed\na,4,7\n", NULL);
    assert_int_equal(weft_device_table_architectures(table), 2);
    assert_float_equal(weft_device_table_values(table, 0)[0], 4.0, 0.0);
    assert_float_equal(weft_device_table_values(table, 1)[0], 7.0, 0.0);
    assert_int_equal(weft_device_table_failed(table, 1), 0);
    assert_int_equal(weft_device_table_locate(table, "b"), 1);
    weft_device_table_destroy(table);
}

static void refuses(const char *text, const char *genes, const char *device, const char *says,
                    int line) {
    weft_error error = {0};
    weft_device_table *table = NULL;
    weft_device_columns columns = {.genes = genes, .device = device};
    weft_status status =
        weft_device_table_parse(text, strlen(text), "bad.csv", &columns, &table, &error);
    assert_int_equal(status, WEFT_ERROR_INPUT);
    assert_null(table);
    if (strstr(error.message, says) == NULL && strstr(error.hint, says) == NULL) {
        fail_msg("'%s' (%s) does not say '%s'", error.message, error.hint, says);
    }
    assert_int_equal(error.line, line);
}

static void refuses_bad_files(void **state) {
    (void)state;
    refuses("", NULL, NULL, "empty", 1);
    refuses("ops,x\n", NULL, NULL, "no architecture", 1);
    refuses("name,x\na,1\n", NULL, NULL, "says what an architecture is", 1);
    refuses("ops,ops\n", NULL, NULL, "two columns", 1);
    refuses("ops,\n", NULL, NULL, "no name", 1);
    refuses("architecture,x\na,1,2\n", NULL, NULL, "3 cells", 2);
    refuses("architecture,x_latency\na,1\nb,fast\n", NULL, NULL, "'fast' is no number", 3);
    refuses("architecture,x\na,1\nb,1.5e\n", NULL, NULL, "no number", 3);
    refuses("architecture,x\n,1\n", NULL, NULL, "does not say", 2);
    refuses("architecture,note\na,good\n", NULL, NULL, "no column has numbers", 2);
    refuses("architecture,x,y\na,1,2\n", NULL, "board", "2 columns", 2);
    refuses("a,x\n1,1\n", "b", NULL, "no column 'b'", 1);
    refuses("width,x\n1,1\n", "widht", NULL, "did you mean 'width'", 1);
    refuses("d,ks,e,x\n2 2,3 3 3 3,4 4 4,1\n", NULL, NULL, "stages or blocks", 0);
    refuses("d,ks,e,r,x\n2 2,3 3 3 3,4 4 4 4,big,1\n", NULL, NULL, "resolution", 0);
    refuses("d,ks,e,x\n2|2,3 3 3 3,4 4 4 4,1\n", NULL, NULL, "'|'", 2);
}

static void unknown_devices_are_suggested(void **state) {
    (void)state;
    weft_device_table *table = parse("ops,pixel3_latency_ms,fpga_latency_ms\n030343,1,2\n", NULL);
    weft_error error = {0};
    int found = -1;
    assert_int_equal(weft_device_table_find(table, "pixel4", &found, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "'pixel3'"));
    assert_int_equal(weft_device_table_find(table, "toaster", &found, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "pixel3_latency_ms, fpga_latency_ms"));
    assert_int_equal(weft_device_table_find(table, "pixel", &found, &error), WEFT_ERROR_INPUT);
    assert_int_equal(found, -1);
    weft_device_table_destroy(table);
}

/* What is written is read again as it was. */
static void survives_a_file(void **state) {
    (void)state;
    const char *const texts[] = {
        "index,ops,x_latency_ms,acc\n4,030343,1.25,-1\n5,000001,failed,2\n6,000002,,3\n",
        "d,ks,e,r,x\n1 2,3 5 3 7,6 4 3 3,128,0.1\n2 2,3 5 3 7,6 4 3 3,192,failed\n",
        "architecture,\"a,b\"\n\"one, two\",1e-9\n\"say \"\"x\"\"\",3\n"};
    char path[] = "/tmp/weft-devices-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    for (int k = 0; k < 3; k++) {
        weft_error error = {0};
        weft_device_table *again = NULL, *table = parse(texts[k], NULL);
        expect_ok(weft_device_table_write(table, path, &error), &error);
        expect_ok(weft_device_table_read(path, NULL, &again, &error), &error);
        assert_int_equal(again->n, table->n);
        assert_int_equal(again->n_columns, table->n_columns);
        for (int i = 0; i < table->n; i++) {
            assert_string_equal(again->names[i], table->names[i]);
        }
        for (int c = 0; c < table->n_columns; c++) {
            assert_string_equal(again->columns[c].name, table->columns[c].name);
            assert_int_equal(again->columns[c].failed, table->columns[c].failed);
            for (int i = 0; i < table->n; i++) {
                double a = table->columns[c].values[i], b = again->columns[c].values[i];
                assert_true(a == b || (isnan(a) && isnan(b)));
            }
        }
        weft_device_table_destroy(table);
        weft_device_table_destroy(again);
    }
    unlink(path);
}

static void joins_files(void **state) {
    (void)state;
    weft_device_columns named = {.device = "board"};
    weft_device_table *tables[3] = {parse("architecture,x,y\na,1,2\nb,3,failed\n", NULL),
                                    parse("architecture,ms\nb,7\nc,8\n", &named),
                                    parse("architecture,x\nc,9\n", NULL)};
    weft_device_table *merged = NULL;
    weft_error error = {0};
    expect_ok(weft_device_table_merge((const weft_device_table *const *)tables, 2, &merged, &error),
              &error);
    assert_int_equal(merged->n, 3);
    assert_int_equal(merged->n_columns, 3);
    assert_true(isnan(merged->columns[2].values[0]));
    assert_float_equal(merged->columns[2].values[1], 7.0, 0.0);
    assert_int_equal(merged->columns[1].failed, 1);
    weft_device_table_destroy(merged);
    assert_int_equal(
        weft_device_table_merge((const weft_device_table *const *)tables, 3, &merged, &error),
        WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "'x'"));
    for (int t = 0; t < 3; t++) {
        weft_device_table_destroy(tables[t]);
    }
}

static void reads_published_tables(void **state) {
    (void)state;
    weft_device_table *table = read_shared(SHARED "nasbench201/nb201_oneproxy_1999_archs.csv");
    if (table == NULL) {
        print_message("skipped: no " SHARED "\n");
        skip();
    }
    assert_int_equal(table->n, 1999);
    assert_int_equal(weft_device_table_failed(table, column(table, "rice_edgetpu")), 259);
    weft_device_table_destroy(table);
    table = read_shared(SHARED "nasbench201/nb201_table.csv");
    assert_int_equal(table->n, 15625);
    assert_false(weft_device_table_measured(table, column(table, "c10_test_acc")));
    assert_int_equal(table->code.kind, WEFT_SPACE_CELL);
    weft_device_table_destroy(table);
    table = read_shared(SHARED "fbnet_hw/fbnet_5000_latency.csv");
    assert_int_equal(table->code.n_positions, 22);
    assert_int_equal(table->code.n_stages, 7);
    weft_device_table_destroy(table);
    table = read_shared(SHARED "ofa/ofa_mbv3_5000_latency.csv");
    assert_int_equal(table->code.n_positions, 60);
    assert_int_equal(table->code.n_stages, 5);
    weft_device_table_destroy(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_cells),
        cmocka_unit_test(cells_have_one_name),
        cmocka_unit_test(reads_chains),
        cmocka_unit_test(reads_genes),
        cmocka_unit_test(genomes_are_architectures),
        cmocka_unit_test(repeats_have_their_median),
        cmocka_unit_test(refuses_bad_files),
        cmocka_unit_test(unknown_devices_are_suggested),
        cmocka_unit_test(survives_a_file),
        cmocka_unit_test(joins_files),
        cmocka_unit_test(reads_published_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
