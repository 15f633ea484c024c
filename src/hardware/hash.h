/* SPDX-License-Identifier: Apache-2.0
 *
 * A number of 64 bits for a row of numbers, to tell by it whether they are the same. Mixing after
 * MurmurHash3's finalizer (A. Appleby, public domain). */
#ifndef WEFT_HARDWARE_HASH_H
#define WEFT_HARDWARE_HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t weft_hash_begin(void) {
    return UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint64_t weft_hash_add(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0xFF51AFD7ED558CCD);
    return hash ^ hash >> 32;
}

static inline uint64_t weft_hash_add_real(uint64_t hash, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return weft_hash_add(hash, bits);
}

#endif
