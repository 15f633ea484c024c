/* SPDX-License-Identifier: Apache-2.0
 *
 * One block of memory, handed out from the front, freed at once. Pointers are aligned to 64 bytes
 * (a cache line, an AVX-512 register). */
#ifndef WEFT_BASE_ARENA_H
#define WEFT_BASE_ARENA_H

#include "base/error.h"

typedef struct weft_arena {
    unsigned char *base;
    size_t size, used;
} weft_arena;

weft_status weft_arena_create(size_t size, weft_arena *arena, weft_error *error) WEFT_NODISCARD;
void weft_arena_destroy(weft_arena *arena);

/* NULL when the block is exhausted or n * size overflows; zeroed. */
void *weft_arena_take(weft_arena *arena, size_t n, size_t size);

/* n * size, or SIZE_MAX on overflow; and the room that take(n, size) uses. */
size_t weft_size_product(size_t n, size_t size);
size_t weft_arena_room(size_t n, size_t size);

#endif
