/* SPDX-License-Identifier: Apache-2.0
 * Any text as a file of published designs. */
#include <weft/study.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_baselines *baselines = NULL;
    weft_error error;
    if (weft_baselines_parse((const char *)bytes, size, "baselines.yaml", &baselines, &error) !=
        WEFT_OK) {
        if (error.status >= 0 || baselines != NULL) {
            abort();
        }
        return 0;
    }
    for (int i = 0; i < baselines->n; i++) {
        const weft_baseline *design = &baselines->designs[i];
        if (strlen(design->name) == 0 || strlen(design->source) == 0 ||
            strlen(design->accounting) == 0) {
            abort();
        }
    }
    if (baselines->n < 1) {
        abort();
    }
    weft_baselines_destroy(baselines);
    return 0;
}
