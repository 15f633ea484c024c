/* SPDX-License-Identifier: Apache-2.0
 * Any text as a fitted predictor, beside arrays of trees that say nothing: read or refused; what is read
 * tells shares from 0 to 1 in their order, and comes back the same when it is written. */
#include "accuracy/surrogate.h"

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

/* Trees of zeros: as many of them, and values of each, as the model has. */
static void add_trees(weft_tensors *arrays) {
    enum { ROWS = 4 * 120, VALUES = 15 + 15 + 16 };
    static const float zeros[ROWS * VALUES];
    weft_error error;
    require(weft_model_put(arrays, "", "trees", ROWS, VALUES, zeros, &error) == WEFT_OK);
}

static void ask(const weft_surrogate *surrogate) {
    static const double scores[] = {-1e9, -1.0, 0.0, 0.3, 1e9};
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        weft_forecast said;
        weft_surrogate_tell(surrogate, scores[i], 0.5, &said);
        require(said.accuracy >= 0.0 && said.accuracy <= 1.0);
        require(said.low <= said.accuracy && said.accuracy <= said.high);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_surrogate *surrogate = NULL;
    weft_surrogate *again = NULL;
    weft_error error = {0};
    weft_tensors arrays = {0};
    char *text[2] = {NULL, NULL};
    size_t length[2] = {0, 0};
    add_trees(&arrays);
    const char *given = size > 0 ? (const char *)bytes : "";
    if (weft_surrogate_parse(given, size, "fuzz.yaml", &arrays, &surrogate, &error) != WEFT_OK) {
        require(surrogate == NULL && error.message[0] != '\0');
        weft_tensors_destroy(&arrays);
        return 0;
    }
    ask(surrogate);
    require(weft_surrogate_text(surrogate, "a", "b", &text[0], &length[0], &error) == WEFT_OK);
    require(weft_surrogate_parse(text[0], length[0], "again.yaml", &arrays, &again, &error) ==
            WEFT_OK);
    require(weft_surrogate_text(again, "a", "b", &text[1], &length[1], &error) == WEFT_OK);
    require(length[0] == length[1] && memcmp(text[0], text[1], length[0]) == 0);
    free(text[0]);
    free(text[1]);
    weft_surrogate_destroy(again);
    weft_surrogate_destroy(surrogate);
    weft_tensors_destroy(&arrays);
    return 0;
}
