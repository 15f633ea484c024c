/* SPDX-License-Identifier: Apache-2.0
 * Any text as an entry of the catalogue of data sets. */
#include "learn/data.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static weft_data_entry entry;
    weft_error error;
    if (weft_data_entry_parse((const char *)bytes, size, "entry.yaml", &entry, &error) != WEFT_OK) {
        if (error.status >= 0) {
            abort();
        }
        return 0;
    }
    if (entry.n_files < 1 || entry.n_files > WEFT_DATA_MAX_FILES ||
        weft_data_format_find(entry.info.format) == NULL) {
        abort();
    }
    weft_data_entry_look(&entry);
    return 0;
}
