/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include <math.h>
#include <string.h>

#include <Random123/philox.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

weft_rng weft_rng_make(uint64_t seed, weft_purpose purpose, uint64_t index) {
    weft_rng rng = {.used = 4};
    rng.key[0] = (uint32_t)seed;
    rng.key[1] = (uint32_t)(seed >> 32);
    rng.counter[1] = (uint32_t)purpose;
    rng.counter[2] = (uint32_t)index;
    rng.counter[3] = (uint32_t)(index >> 32);
    return rng;
}

uint32_t weft_rng_u32(weft_rng *rng) {
    if (rng->used == 4) {
        philox4x32_ctr_t counter;
        philox4x32_key_t key;
        memcpy(counter.v, rng->counter, sizeof rng->counter);
        memcpy(key.v, rng->key, sizeof rng->key);
        philox4x32_ctr_t block = philox4x32(counter, key);
        memcpy(rng->block, block.v, sizeof rng->block);
        rng->counter[0]++;
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

void weft_rng_skip(weft_rng *rng, uint64_t words) {
    uint64_t place = 4 * (uint64_t)rng->counter[0] + rng->used - 4 + words;
    rng->counter[0] = (uint32_t)(place / 4);
    rng->used = 4;
    for (uint64_t i = 0; i < place % 4; i++) {
        (void)weft_rng_u32(rng);
    }
}

uint64_t weft_rng_u64(weft_rng *rng) {
    uint64_t high = weft_rng_u32(rng);
    return high << 32 | weft_rng_u32(rng);
}

double weft_rng_uniform(weft_rng *rng) {
    return (double)(weft_rng_u64(rng) >> 11) * 0x1.0p-53;
}

double weft_rng_normal(weft_rng *rng) {
    double u = 1.0 - weft_rng_uniform(rng); /* in (0, 1]: log stays finite */
    double v = weft_rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

uint64_t weft_rng_below(weft_rng *rng, uint64_t n) {
    uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t draw = weft_rng_u64(rng);
    while (draw >= limit) {
        draw = weft_rng_u64(rng);
    }
    return draw % n;
}

void weft_rng_shuffle(weft_rng *rng, uint32_t *indices, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)weft_rng_below(rng, i);
        uint32_t swapped = indices[i - 1];
        indices[i - 1] = indices[j];
        indices[j] = swapped;
    }
}

uint64_t weft_hash(const void *bytes, size_t n, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, n, seed);
}
