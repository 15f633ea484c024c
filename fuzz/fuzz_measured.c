/* SPDX-License-Identifier: Apache-2.0
 * Any text as a table of measured accuracies and as designs with given ones: JSON where it begins
 * with a bracket, else CSV. Rows that are read are found again by their key. */
#include "accuracy/golden.h"
#include "accuracy/measured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static const char description[] = "weft: predictor/1\n"
                                  "name: fuzz\n"
                                  "kind: table\n"
                                  "source: fuzz\n"
                                  "accuracy: {column: acc, unit: percent}\n"
                                  "keys:\n"
                                  "  - {column: op, genes: \"op*\", count: 2}\n"
                                  "  - {column: width, genes: width}\n";

static void check_table(const char *text, size_t size, bool json) {
    weft_predictor_file *file = NULL;
    weft_measured *table = NULL;
    weft_error error = {0};
    require(weft_predictor_file_parse(description, sizeof description - 1, "fuzz.yaml", &file,
                                      &error) == WEFT_OK);
    weft_status status = json ? weft_measured_parse_json(file, text, size, "fuzz", &table, &error)
                              : weft_measured_parse_csv(file, text, size, "fuzz", &table, &error);
    require((status == WEFT_OK) == (table != NULL));
    require(status == WEFT_OK || error.message[0] != '\0');
    for (int64_t i = 0; table != NULL && i < weft_measured_rows(table); i++) {
        double accuracy = NAN;
        const char *key = weft_measured_row(table, i, &accuracy);
        require(accuracy >= 0.0 && accuracy <= 1.0);
        require(weft_measured_find(table, key) == accuracy);
    }
    weft_measured_destroy(table);
    weft_predictor_file_destroy(file);
}

static void check_golden(const char *text, size_t size, bool json) {
    weft_golden *golden = NULL;
    weft_error error = {0};
    if (weft_golden_parse(text, size, json ? "fuzz.json" : "fuzz.csv", "", &golden, &error) !=
        WEFT_OK) {
        require(golden == NULL && error.message[0] != '\0');
        return;
    }
    for (int r = 0; r < golden->n; r++) {
        require(isfinite(golden->given[r]));
        for (int g = 0; g < golden->genes.n; g++) {
            const weft_gene_meaning *gene = &golden->genes.genes[g];
            double value = golden->genomes[(size_t)r * (size_t)golden->genes.n + (size_t)g];
            require(isnan(value) || gene->n_choices == 0 ||
                    (value >= 0.0 && value < gene->n_choices));
        }
    }
    weft_golden_destroy(golden);
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
    bool json = text[0] == '[' || text[0] == '{';
    check_table(text, size, json);
    check_golden(text, size, json);
    free(text);
    return 0;
}
