/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

size_t weft_size_product(size_t n, size_t size) {
    size_t product = 0;
    return __builtin_mul_overflow(n, size, &product) ? SIZE_MAX : product;
}

size_t weft_arena_room(size_t n, size_t size) {
    size_t product = weft_size_product(n, size);
    if (product > SIZE_MAX - (ALIGNMENT - 1)) {
        return SIZE_MAX;
    }
    return (product + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

weft_status weft_arena_create(size_t size, weft_arena *arena, weft_error *error) {
    size_t room = weft_arena_room(size > 0 ? size : 1, 1);
    unsigned char *base = room == SIZE_MAX ? NULL : aligned_alloc(ALIGNMENT, room);
    if (base == NULL) {
        return weft_fail_memory(error, size);
    }
    *arena = (weft_arena){.base = base, .size = room};
    return WEFT_OK;
}

void weft_arena_destroy(weft_arena *arena) {
    if (arena != NULL) {
        free(arena->base);
        *arena = (weft_arena){0};
    }
}

void *weft_arena_take(weft_arena *arena, size_t n, size_t size) {
    size_t room = weft_arena_room(n, size);
    if (room > arena->size - arena->used) {
        return NULL;
    }
    unsigned char *taken = arena->base + arena->used;
    arena->used += room;
    memset(taken, 0, room);
    return taken;
}
