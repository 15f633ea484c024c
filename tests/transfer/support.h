/* SPDX-License-Identifier: Apache-2.0
 * Helpers that the tests of tables of devices share. */
#ifndef WEFT_TESTS_TRANSFER_SUPPORT_H
#define WEFT_TESTS_TRANSFER_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rng.h"
#include <weft/transfer.h>

#define SHARED "../shared/data/"

static inline void expect_ok(weft_status status, const weft_error *error) {
    if (status != WEFT_OK) {
        char text[2048];
        fail_msg("%s", weft_error_format(error, text, sizeof text));
    }
}

static inline weft_device_table *parse(const char *text, const weft_device_columns *columns) {
    weft_error error = {0};
    weft_device_table *table = NULL;
    expect_ok(weft_device_table_parse(text, strlen(text), "test.csv", columns, &table, &error),
              &error);
    return table;
}

static inline int column(const weft_device_table *table, const char *name) {
    weft_error error = {0};
    int found = -1;
    expect_ok(weft_device_table_find(table, name, &found, &error), &error);
    return found;
}

/* A table of the published ones, or NULL where it is not there. */
static inline weft_device_table *read_shared(const char *path) {
    weft_error error = {0};
    weft_device_table *table = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    fclose(file);
    expect_ok(weft_device_table_read(path, NULL, &table, &error), &error);
    return table;
}

/* Cells of NAS-Bench-201 with two devices: the second counts 3x3 convolutions that the output needs
 * and that are not zero, the first all operations. */
static inline char *cell_table(int n, uint64_t seed, double noise) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    fputs("ops,proxy_latency_ms,target_latency_ms\n", out);
    for (int i = 0; i < n; i++) {
        static const int FROM[6] = {0, 0, 1, 0, 1, 2}, TO[6] = {1, 2, 2, 3, 3, 3};
        int code = i * 7919 % 15625, ops[6];
        int reached = 1, needed = 8;
        double proxy = 1.0, target = 1.0;
        for (int e = 0; e < 6; e++, code /= 5) {
            ops[e] = code % 5;
        }
        for (int e = 0; e < 6; e++) {
            reached |= ops[e] != 0 && (reached & 1 << FROM[e]) != 0 ? 1 << TO[e] : 0;
        }
        for (int e = 5; e >= 0; e--) {
            needed |= ops[e] != 0 && (needed & 1 << TO[e]) != 0 ? 1 << FROM[e] : 0;
        }
        for (int e = 0; e < 6; e++) {
            bool live = (reached & 1 << FROM[e]) != 0 && (needed & 1 << TO[e]) != 0;
            proxy += (double[]){0.0, 0.1, 1.0, 2.0, 0.7}[ops[e]] * (1.0 + 0.1 * e);
            target += live ? (double[]){0.0, 0.0, 0.5, 6.0, 1.5}[ops[e]] : 0.0;
            fputc('0' + ops[e], out);
        }
        fprintf(out, ",%.6f,%.6f\n", proxy + 0.05 * weft_rng_uniform(&rng),
                target + noise * weft_rng_uniform(&rng));
    }
    fclose(out);
    return text;
}

#endif
