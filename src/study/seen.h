/* SPDX-License-Identifier: Apache-2.0
 * A set of phenotype hashes (open addressing, power-of-two room, half full at most). */
#ifndef WEFT_STUDY_SEEN_H
#define WEFT_STUDY_SEEN_H

#include "base/error.h"

typedef struct weft_seen {
    uint64_t *hashes; /* 0: free; the hash 0 itself is kept as 1 */
    size_t room, used;
} weft_seen;

weft_status weft_seen_add(weft_seen *seen, uint64_t hash, weft_error *error) WEFT_NODISCARD;
bool weft_seen_has(const weft_seen *seen, uint64_t hash);
void weft_seen_destroy(weft_seen *seen);

#endif
