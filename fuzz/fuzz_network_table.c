/* SPDX-License-Identifier: Apache-2.0
 * Layer tables: any bytes give a table whose counts are those of its loops, or an error with its
 * reason. A first byte of 'w' or a comment makes it YAML, anything else CSV. */
#include <weft/network.h>

#include <math.h>
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

static void check_histogram(const weft_histogram *histogram) {
    if (histogram == NULL) {
        return;
    }
    double sum = 0.0;
    require(histogram->n > 0);
    for (int32_t i = 0; i < histogram->n; i++) {
        require(histogram->share[i] >= 0.0);
        sum += histogram->share[i];
    }
    require(fabs(sum - 1.0) < 1e-9);
}

static void check_table(const weft_network *network) {
    int64_t macs = 0;
    require(network->is_table && network->n_layers > 1);
    for (int32_t i = 1; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        weft_loops l;
        require(weft_layer_loops(network, i, &l));
        int64_t weights = (int64_t)l.c * l.m * l.r * l.s * l.g;
        require(layer->macs == weights * l.n * l.p * l.q);
        require(layer->params == (l.dynamic ? 0 : weights));
        macs += layer->macs;
        check_histogram(layer->operands.inputs);
        check_histogram(layer->operands.weights);
        check_histogram(layer->operands.outputs);
    }
    require(macs == network->macs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    weft_error error = {0};
    weft_network *network = NULL;
    const char *text = (const char *)data;
    bool yaml = size > 0 && (data[0] == 'w' || data[0] == '#');
    weft_status status = yaml ? weft_network_parse_yaml(text, size, "fuzz", &network, &error)
                              : weft_network_parse_csv(text, size, "fuzz", &network, &error);
    if (status != WEFT_OK) {
        char buffer[2048];
        require(status == WEFT_ERROR_INPUT && network == NULL && error.message[0] != '\0');
        weft_error_format(&error, buffer, sizeof buffer);
        return 0;
    }
    check_table(network);
    require(weft_network_hash(network) == weft_network_hash(network));
    weft_network_destroy(network);
    return 0;
}
