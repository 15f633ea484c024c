/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of blocks, each handed out from the front. Pointers into it stay where they are while the
 * network grows. */
#include "network/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { FIRST_BLOCK = 2048 };

struct weft_network_memory {
    struct weft_network_memory *next; /* an older, full one */
    size_t size, used;
    max_align_t bytes[];
};

static struct weft_network_memory *add_block(struct weft_network_memory *older, size_t size) {
    size_t room = older == NULL ? FIRST_BLOCK : 2 * older->size;
    room = size > room ? size : room;
    struct weft_network_memory *made = malloc(sizeof *made + room);
    if (made != NULL) {
        *made = (struct weft_network_memory){.next = older, .size = room};
    }
    return made;
}

void *weft_network_take(weft_network *network, size_t size) {
    const size_t grain = sizeof(max_align_t);
    if (size > SIZE_MAX / 4) {
        return NULL;
    }
    size = (size + grain - 1) / grain * grain;
    struct weft_network_memory *memory = network->memory;
    if (memory == NULL || memory->size - memory->used < size) {
        memory = add_block(memory, size);
        if (memory == NULL) {
            return NULL;
        }
        network->memory = memory;
    }
    void *taken = (unsigned char *)memory->bytes + memory->used;
    memory->used += size;
    return taken;
}

/* The newest block is the largest. */
void weft_network_memory_clear(struct weft_network_memory *memory) {
    if (memory != NULL) {
        weft_network_memory_destroy(memory->next);
        memory->next = NULL;
        memory->used = 0;
    }
}

void weft_network_memory_destroy(struct weft_network_memory *memory) {
    while (memory != NULL) {
        struct weft_network_memory *older = memory->next;
        free(memory);
        memory = older;
    }
}

static weft_status copy(weft_network *network, const void *from, size_t size, const void **to,
                        weft_error *error) {
    void *taken = weft_network_take(network, size);
    if (taken == NULL) {
        return weft_fail_memory(error, size);
    }
    if (size > 0) {
        memcpy(taken, from, size);
    }
    *to = taken;
    return WEFT_OK;
}

static weft_status own_histogram(weft_network *network, const weft_histogram **histogram,
                                 weft_error *error) {
    if (*histogram == NULL) {
        return WEFT_OK;
    }
    const void *shares = NULL;
    WEFT_TRY(copy(network, (*histogram)->share, (size_t)(*histogram)->n * sizeof(double), &shares,
                  error));
    const weft_histogram owned = {(*histogram)->n, shares};
    const void *made = NULL;
    WEFT_TRY(copy(network, &owned, sizeof owned, &made, error));
    *histogram = made;
    return WEFT_OK;
}

weft_status weft_network_own(weft_network *network, weft_layer *layer, weft_error *error) {
    const void *edges = NULL;
    WEFT_TRY(
        copy(network, layer->input, (size_t)layer->n_inputs * sizeof *layer->input, &edges, error));
    layer->input = edges;
    if (layer->name != NULL) {
        const void *name = NULL;
        WEFT_TRY(copy(network, layer->name, strlen(layer->name) + 1, &name, error));
        layer->name = name;
    }
    WEFT_TRY(own_histogram(network, &layer->operands.inputs, error));
    WEFT_TRY(own_histogram(network, &layer->operands.weights, error));
    return own_histogram(network, &layer->operands.outputs, error);
}
