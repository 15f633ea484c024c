/* SPDX-License-Identifier: Apache-2.0 */
#include <weft/network.h>

#include "base/error.h"
#include "network/ops.h"

weft_status weft_network_copy(const weft_network *network, weft_network *copy, weft_error *error) {
    WEFT_TRY(weft_network_clear(copy, network->name, network->layers[0].in, error));
    for (int32_t i = 1; i < network->n_layers; i++) {
        weft_layer layer = network->layers[i];
        WEFT_TRY(weft_network_append(copy, &layer, error));
    }
    copy->is_table = network->is_table;
    return WEFT_OK;
}
