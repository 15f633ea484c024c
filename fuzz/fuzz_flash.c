/* SPDX-License-Identifier: Apache-2.0
 * Any text as what searches in closed form read, told apart by its first byte: a table of networks, costs
 * in closed form, a problem. Read or refused; what is read is in its ranges. */
#include <weft/study.h>

#include <math.h>
#include <stdlib.h>

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

static void try_table(const char *text, size_t size) {
    weft_flash_table *table = NULL;
    weft_error error = {0};
    char *copy = calloc(1, size + 1); /* ended by '\0' */
    require(copy != NULL);
    for (size_t i = 0; i < size; i++) {
        copy[i] = text[i];
    }
    if (weft_flash_table_parse(copy, size, "fuzz.csv", (weft_shape){0}, &table, &error) ==
        WEFT_OK) {
        for (int i = 0; i < table->n; i++) {
            require(table->rows[i].degree > 0.0);
        }
        weft_theta theta;
        weft_theta_report report;
        int failed = 0;
        if (weft_flash_fit_theta(table, &theta, &report, &failed, &error) == WEFT_OK) {
            require(isfinite(theta.rmse));
        }
    } else {
        require(table == NULL && error.message[0] != '\0');
    }
    weft_flash_table_destroy(table);
    free(copy);
}

static void try_forms(const char *text, size_t size) {
    weft_forms forms;
    weft_error error = {0};
    if (weft_forms_parse(text, size, "fuzz.yaml", &forms, &error) == WEFT_OK) {
        require(forms.geometry.rows > 0 && forms.coefficients[0][0] >= 0.0);
    } else {
        require(error.message[0] != '\0');
    }
}

static void try_problem(const char *text, size_t size) {
    weft_flash *flash = NULL;
    weft_error error = {0};
    if (weft_flash_parse(text, size, "fuzz.yaml", &flash, &error) != WEFT_OK) {
        require(flash == NULL && error.message[0] != '\0');
    }
    weft_flash_destroy(flash);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 1) {
        return 0;
    }
    const char *text = (const char *)bytes + 1;
    if (bytes[0] == 't') {
        try_table(text, size - 1);
    } else if (bytes[0] == 'f') {
        try_forms(text, size - 1);
    } else {
        try_problem(text, size - 1);
    }
    return 0;
}
