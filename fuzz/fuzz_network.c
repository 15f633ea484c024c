/* SPDX-License-Identifier: Apache-2.0
 * Names of networks: parsing never fails badly, and the blocks of an imc network that parse read
 * back the same. */
#include <weft/network.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static void check_network(const weft_imc_spec *spec) {
    weft_error error;
    weft_network *network = NULL;
    weft_status status = weft_imc_build(spec, &network, &error);
    require(status == WEFT_OK || status == WEFT_ERROR_INFEASIBLE);
    if (status != WEFT_OK) {
        require(network == NULL && error.message[0] != '\0');
        return;
    }
    int64_t macs = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        macs += network->layers[i].macs;
    }
    require(macs == network->macs && network->n_blocks == spec->depth);
    weft_network_destroy(network);
}

/* Any name gives a network with its counts or an error; paths are left out. */
static void check_name(const char *text) {
    weft_error error = {0};
    weft_network *network = NULL;
    if (strchr(text, '/') != NULL || strstr(text, ".csv") != NULL || strstr(text, ".y") != NULL) {
        return;
    }
    weft_status status = weft_network_read(text, &network, &error);
    if (status != WEFT_OK) {
        char buffer[2048];
        require(status == WEFT_ERROR_INPUT || status == WEFT_ERROR_INFEASIBLE);
        require(network == NULL && error.message[0] != '\0');
        weft_error_format(&error, buffer, sizeof buffer);
        return;
    }
    require(network->n_layers > 1 && network->macs >= 0 && network->params >= 0);
    weft_network_destroy(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    weft_error error;
    if (weft_imc_parse(text, &spec, &error) == WEFT_OK) {
        char written[256];
        weft_imc_spec again;
        weft_imc_defaults(&again);
        weft_imc_text(&spec, written, sizeof written);
        require(weft_imc_parse(written, &again, &error) == WEFT_OK);
        require(memcmp(&spec, &again, sizeof spec) == 0);
        check_network(&spec);
    } else {
        char buffer[2048];
        require(error.column >= 1 && error.hint[0] != '\0');
        weft_error_format(&error, buffer, sizeof buffer);
    }
    check_name(text);
    free(text);
    return 0;
}
