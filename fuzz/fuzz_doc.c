/* SPDX-License-Identifier: Apache-2.0
 * YAML: any bytes give a tree or an error with its place; a tree written out and read again is
 * written the same. */
#include "base/doc.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

/* Asks for a few keys as a reader would. */
static void read_map(const weft_doc *doc, const weft_node *node) {
    static const char *const WORDS[] = {"random", "tpe", "nsga2"};
    weft_error error = {0};
    weft_map map;
    int64_t integer = 0;
    double real = 0.0;
    bool flag = false;
    int choice = 0;
    const char *text = NULL;
    weft_quantity quantity;
    weft_status status = weft_map_begin(doc, node, &map, &error);
    if (status != WEFT_OK) {
        require(error.line >= 1 && error.column >= 1);
        return;
    }
    (void)!weft_map_integer(&map, "rows", WEFT_OPTIONAL, 0, 100, &integer, &error);
    (void)!weft_map_real(&map, "rate", WEFT_OPTIONAL, 0.0, INFINITY, &real, &error);
    (void)!weft_map_bool(&map, "fast", WEFT_OPTIONAL, &flag, &error);
    (void)!weft_map_text(&map, "name", WEFT_REQUIRED, &text, &error);
    (void)!weft_map_choice(&map, "search", WEFT_OPTIONAL, WORDS, 3, &choice, &error);
    (void)!weft_map_quantity(&map, "pulse", WEFT_OPTIONAL, WEFT_DIMENSION_TIME, 0.0, 1.0, &quantity,
                             &error);
    status = weft_map_end(&map, &error);
    require(status == WEFT_OK || (status == WEFT_ERROR_INPUT && error.line >= 1));
    char message[2048];
    require(strlen(weft_error_format(&error, message, sizeof message)) < sizeof message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_error error = {0};
    weft_doc *doc = NULL, *again = NULL;
    char *once = NULL, *twice = NULL;
    if (size > 65536) {
        return 0;
    }
    weft_status status = weft_doc_parse((const char *)bytes, size, "fuzz", &doc, &error);
    if (status != WEFT_OK) {
        char message[2048];
        require(status == WEFT_ERROR_INPUT && error.message[0] != '\0');
        require(strlen(weft_error_format(&error, message, sizeof message)) < sizeof message);
        return 0;
    }
    read_map(doc, weft_doc_root(doc));
    require(weft_node_emit(doc, weft_doc_root(doc), &once, &error) == WEFT_OK);
    if (strlen(once) < 1 << 20) {
        require(weft_doc_parse(once, strlen(once), "emitted", &again, &error) == WEFT_OK);
        require(weft_node_emit(again, weft_doc_root(again), &twice, &error) == WEFT_OK);
        require(strcmp(once, twice) == 0);
    }
    free(once);
    free(twice);
    weft_doc_destroy(doc);
    weft_doc_destroy(again);
    return 0;
}
