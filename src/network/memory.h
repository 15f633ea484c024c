/* SPDX-License-Identifier: Apache-2.0
 * What a network owns besides its layers: edges, histograms, names. Freed with the network. */
#ifndef WEFT_NETWORK_MEMORY_H
#define WEFT_NETWORK_MEMORY_H

#include <weft/network.h>

/* `size` bytes that live as long as the network, aligned for any type; NULL: out of memory. */
void *weft_network_take(weft_network *network, size_t size);

/* Replaces what *layer borrows of its maker (edges, histograms, name) by copies of the network. */
weft_status weft_network_own(weft_network *network, weft_layer *layer,
                             weft_error *error) WEFT_NODISCARD;

/* Takes everything back, and keeps the largest block for what comes. */
void weft_network_memory_clear(struct weft_network_memory *memory);

void weft_network_memory_destroy(struct weft_network_memory *memory);

#endif
