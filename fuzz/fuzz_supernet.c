/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the weights of a supernet: read or refused; what is read says the same rows again, and
 * gives a network its slices or says that it has none. */
#include <stdlib.h>
#include <string.h>

#include "learn/engine.h"
#include "learn/supernet_file.h"

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

static int32_t put(weft_network *network, weft_layer layer) {
    weft_error error;
    int32_t at = network->n_layers - 1, index = 0;
    layer.input = &at;
    layer.n_inputs = 1;
    layer.block = WEFT_NO_BLOCK;
    require(weft_network_add(network, &layer, &index, &error) == WEFT_OK);
    return index;
}

/* A convolution of 3 x 3 at place 1, a norm at place 2, classes at place 3. */
static weft_engine *small_engine(void) {
    static weft_engine *engine;
    weft_error error;
    weft_network *network = NULL;
    weft_crew *crew = NULL;
    if (engine != NULL) {
        return engine;
    }
    require(weft_network_create("small", (weft_shape){1, 4, 4}, &network, &error) == WEFT_OK);
    put(network, (weft_layer){.op = WEFT_OP_CONV,
                              .out_channels = 2,
                              .kernel = {3, 3},
                              .stride = {1, 1},
                              .pad = {1, 1},
                              .place = 1});
    put(network, (weft_layer){.op = WEFT_OP_BATCH_NORM, .place = 2});
    put(network, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 1});
    put(network, (weft_layer){.op = WEFT_OP_FLATTEN});
    put(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 2, .bias = true, .place = 3});
    const weft_engine_settings settings = {.batch = 1, .type = WEFT_F32};
    require(weft_crew_create(1, &crew, &error) == WEFT_OK);
    require(weft_engine_create(network, crew, &settings, &engine, &error) == WEFT_OK);
    return engine;
}

/* A second supernet of the same rows says the same rows. */
static void compare_rows(const weft_shared *shared) {
    weft_error error;
    size_t bytes = (size_t)shared->n_tensors * WEFT_SHARED_FIELDS * sizeof(int64_t);
    int64_t *rows = malloc(bytes + 1), *again = malloc(bytes + 1);
    weft_shared *other = NULL;
    require(rows != NULL && again != NULL);
    weft_shared_describe(shared, rows);
    require(weft_shared_create(&shared->settings, 0, &other, &error) == WEFT_OK);
    require(weft_shared_begin(other, rows, shared->n_tensors, shared->n, &error) == WEFT_OK);
    weft_shared_describe(other, again);
    require(memcmp(rows, again, bytes) == 0);
    weft_shared_destroy(other);
    free(rows);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_error error = {0};
    weft_supernet *supernet = NULL;
    if (weft_supernet_parse(bytes, size, 0, "", &supernet, &error) != WEFT_OK) {
        require(supernet == NULL && error.message[0] != '\0');
        return 0;
    }
    compare_rows(supernet->shared);
    weft_status status = weft_shared_gather(supernet->shared, small_engine(), &error);
    require(status == WEFT_OK || status == WEFT_ERROR_INPUT);
    weft_supernet_close(supernet);
    return 0;
}
