/* SPDX-License-Identifier: Apache-2.0
 * Networks by name, for data of a known shape. */
#include <weft/network.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static bool is_path(const char *text) {
    size_t length = strlen(text);
    return strchr(text, '/') != NULL || (length > 4 && strcmp(text + length - 4, ".csv") == 0) ||
           (length > 5 && strcmp(text + length - 5, ".yaml") == 0);
}

/* Adds "key=value" where the text does not say that key. */
static void add_default(char *text, size_t size, const char *key, const char *value) {
    char assigned[32];
    snprintf(assigned, sizeof assigned, "%s=", key);
    const char *options = strchr(text, '@');
    if (options == NULL || strstr(options, assigned) == NULL) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%c%s%s", options == NULL ? '@' : ',', assigned, value);
    }
}

/* Whether what stands in front of the options is a chain of blocks of the imc family. */
static bool is_chain(const char *text, char *blocks, size_t size) {
    weft_imc_spec spec;
    weft_error ignored;
    weft_imc_defaults(&spec);
    snprintf(blocks, size, "%.*s", (int)strcspn(text, "@"), text);
    return weft_imc_parse(blocks, &spec, &ignored) == WEFT_OK;
}

weft_status weft_network_read_for(const char *text, weft_shape input, int classes,
                                  weft_network **network, weft_error *error) {
    enum { SIZE = 4096, ROOM = 128 };
    char whole[SIZE];
    char value[48];
    if (is_path(text)) {
        return weft_network_read(text, network, error);
    }
    if (strlen(text) + ROOM > sizeof whole) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the network '%.60s...' is too long", text);
    }
    bool chain = is_chain(text, whole, sizeof whole);
    snprintf(whole, sizeof whole, "%s", text);
    snprintf(value, sizeof value, "%dx%dx%d", input.channels, input.height, input.width);
    add_default(whole, sizeof whole, "input", value);
    snprintf(value, sizeof value, "%d", classes);
    add_default(whole, sizeof whole, "classes", value);
    if (chain) {
        snprintf(value, sizeof value, "%d", (int)WEFT_IMC_TRAINED_POOL);
        add_default(whole, sizeof whole, "pool", value);
    }
    return weft_network_read(whole, network, error);
}
