/* SPDX-License-Identifier: Apache-2.0
 * Any text as a table of devices: by the names of its columns, and by genes "a b". What is read is whole:
 * names are found, values are NaN or finite, measurements above 0, codes within their words. */
#include "transfer/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static void check_codes(const weft_device_table *table) {
    const weft_encoding *code = &table->code;
    size_t n = (size_t)table->n * (size_t)code->n_positions;
    for (size_t i = 0; i < n; i++) {
        require(code->codes[i] < code->n_symbols || code->codes[i] == WEFT_ABSENT);
    }
    for (size_t i = 0; i < (size_t)table->n * (size_t)code->n_numbers; i++) {
        require(isfinite(code->numbers[i]));
    }
    for (int p = 0; p < code->n_positions; p++) {
        require(code->stage[p] >= 0 && code->stage[p] < code->n_stages);
    }
}

static void check(const char *text, size_t size, const char *genes) {
    weft_device_table *table = NULL;
    weft_device_columns columns = {.genes = genes};
    weft_error error = {0};
    weft_status status = weft_device_table_parse(text, size, "fuzz.csv", &columns, &table, &error);
    require((status == WEFT_OK) == (table != NULL));
    require(status == WEFT_OK || error.message[0] != '\0');
    if (table == NULL) {
        return;
    }
    for (int i = 0; i < table->n; i++) {
        int at = weft_device_table_locate(table, table->names[i]);
        require(at >= 0);
    }
    for (int c = 0; c < table->n_columns; c++) {
        for (int i = 0; i < table->n; i++) {
            double value = table->columns[c].values[i];
            require(isnan(value) ||
                    (isfinite(value) && (value > 0.0 || !table->columns[c].measured)));
        }
    }
    check_codes(table);
    weft_device_table_destroy(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, bytes, size);
    }
    text[size] = '\0';
    check(text, size, "");
    check(text, size, "a b");
    free(text);
    return 0;
}
