/* SPDX-License-Identifier: Apache-2.0 */
#include "study/seen.h"

#include <stdlib.h>

static size_t slot_of(const weft_seen *seen, uint64_t hash) {
    size_t slot = (size_t)hash & (seen->room - 1);
    while (seen->hashes[slot] != 0 && seen->hashes[slot] != hash) {
        slot = (slot + 1) & (seen->room - 1);
    }
    return slot;
}

static weft_status grow(weft_seen *seen, weft_error *error) {
    weft_seen larger = {.room = seen->room == 0 ? 64 : seen->room * 2};
    larger.hashes = calloc(larger.room, sizeof *larger.hashes);
    if (larger.hashes == NULL) {
        return weft_fail_memory(error, larger.room * sizeof *larger.hashes);
    }
    for (size_t i = 0; i < seen->room; i++) {
        if (seen->hashes[i] != 0) {
            larger.hashes[slot_of(&larger, seen->hashes[i])] = seen->hashes[i];
        }
    }
    larger.used = seen->used;
    free(seen->hashes);
    *seen = larger;
    return WEFT_OK;
}

weft_status weft_seen_add(weft_seen *seen, uint64_t hash, weft_error *error) {
    if ((seen->used + 1) * 2 > seen->room) {
        WEFT_TRY(grow(seen, error));
    }
    hash = hash == 0 ? 1 : hash;
    size_t slot = slot_of(seen, hash);
    if (seen->hashes[slot] == 0) {
        seen->hashes[slot] = hash;
        seen->used++;
    }
    return WEFT_OK;
}

bool weft_seen_has(const weft_seen *seen, uint64_t hash) {
    if (seen->room == 0) {
        return false;
    }
    hash = hash == 0 ? 1 : hash;
    return seen->hashes[slot_of(seen, hash)] == hash;
}

void weft_seen_destroy(weft_seen *seen) {
    free(seen->hashes);
    *seen = (weft_seen){0};
}
