/* SPDX-License-Identifier: Apache-2.0
 * Expressions: any text gives a program that runs, or an error with its column. */
#include "base/expr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const NAMES[] = {"accuracy", "latency", "energy", "area"};
static const double VALUES[] = {0.9, 1e-3, 2e-6, 5.0};

static void check(weft_status status, weft_expr *expr, const weft_error *error) {
    if (status == WEFT_OK) {
        (void)weft_expr_evaluate(expr, VALUES);
        weft_expr_destroy(expr);
        return;
    }
    if (status != WEFT_ERROR_INPUT || error->message[0] == '\0' || expr != NULL) {
        abort();
    }
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
    weft_error error = {0};
    weft_expr *expr = NULL;
    weft_status status = weft_expr_parse(text, NAMES, 4, &expr, &error);
    check(status, expr, &error);
    expr = NULL;
    status = weft_expr_parse_constraint(text, NAMES, 4, &expr, &error);
    check(status, expr, &error);
    free(text);
    return 0;
}
