/* SPDX-License-Identifier: Apache-2.0
 * Any text as a penalty file: read or refused, and what is read takes a share of 0 to 1 off. */
#include "accuracy/penalty.h"

#include <stdlib.h>

#include <weft/network.h>

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

/* Two layers, of 4 and of 64 bits. */
static weft_network *two_layers(void) {
    weft_network *network = NULL;
    weft_error error;
    require(weft_network_create("fuzz", (weft_shape){4, 1, 1}, &network, &error) == WEFT_OK);
    for (int32_t i = 0; i < 2; i++) {
        int32_t index = 0;
        const weft_layer layer = {.op = WEFT_OP_LINEAR,
                                  .input = &i,
                                  .n_inputs = 1,
                                  .out_channels = 3,
                                  .bits = {i == 0 ? 4 : 64, i == 0 ? 4 : 64, 8}};
        require(weft_network_add(network, &layer, &index, &error) == WEFT_OK);
    }
    return network;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_penalty *penalty = NULL;
    weft_error error = {0};
    const char *text = size > 0 ? (const char *)bytes : "";
    if (weft_penalty_parse(text, size, "fuzz.yaml", &penalty, &error) != WEFT_OK) {
        require(penalty == NULL && error.message[0] != '\0');
        return 0;
    }
    weft_network *network = two_layers();
    double lost = 0.0;
    weft_status status = weft_penalty_of(penalty, network, &lost, &error);
    require(status == WEFT_ERROR_EVALUATION || (status == WEFT_OK && lost >= 0.0 && lost <= 1.0));
    weft_network_destroy(network);
    weft_penalty_destroy(penalty);
    return 0;
}
