/* SPDX-License-Identifier: Apache-2.0
 *
 * Counter-based random streams: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011) from Random123. A stream is named by (seed, purpose, index); what it gives
 * depends on nothing else, so results do not depend on the number of threads or on what ran before.
 */
#ifndef WEFT_BASE_RNG_H
#define WEFT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a stream is for; one value for each use, so that no two uses share numbers. */
typedef enum weft_purpose {
    WEFT_PURPOSE_ASK = 1,    /* an optimizer proposing trial `index` */
    WEFT_PURPOSE_INITIALISE, /* weights of a network */
    WEFT_PURPOSE_SHUFFLE,    /* order of the images in epoch `index` */
    WEFT_PURPOSE_AUGMENT,    /* crop and flip in epoch `index` */
    WEFT_PURPOSE_DROPOUT,    /* masks of step `index` */
    WEFT_PURPOSE_SPLIT,      /* training/validation split */
    WEFT_PURPOSE_SUBSET,     /* the share of the images that a candidate sees */
    WEFT_PURPOSE_TEST,       /* property tests */
    WEFT_PURPOSE_SCREEN,     /* random genome `index` of a screened start */
    WEFT_PURPOSE_CUT,        /* squares cut out of the images in epoch `index` */
    WEFT_PURPOSE_MIX,        /* pairs and shares of the images mixed in step `index` */
    WEFT_PURPOSE_SAMPLE,     /* network `index` that a supernet draws */
    WEFT_PURPOSE_BOOTSTRAP,  /* samples of pairs, for an interval */
    WEFT_PURPOSE_SCRAMBLE,   /* dimension `index` of quasi-random points */
    WEFT_PURPOSE_STEP,       /* steps from a told trial: index = trial * 2^20 + step */
    WEFT_PURPOSE_ACCEPT,     /* whether a chain takes told trial `index` */
    WEFT_PURPOSE_VOLUME,     /* points drawn to estimate a hypervolume */
    WEFT_PURPOSE_SELECT,     /* who survives generation `index`, or who mates for trial `index` */
    WEFT_PURPOSE_SCORE,      /* the mini-batch of a score: which images, or random ones */
    WEFT_PURPOSE_FOREST,     /* tree `index` of a forest */
    WEFT_PURPOSE_PERMUTE,    /* which trials count as the front, to test gene `index` */
} weft_purpose;

/* A stream; a plain value, copy it to fork it. */
typedef struct weft_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    uint32_t used; /* words of `block` handed out; 4: the next call makes a new block */
    uint32_t pad;
} weft_rng;

weft_rng weft_rng_make(uint64_t seed, weft_purpose purpose, uint64_t index);

/* Leaves out the next `words` draws of weft_rng_u32, at once: who needs the k-th part of a stream need
 * not draw the parts before it. A stream has 2^34 words. */
void weft_rng_skip(weft_rng *rng, uint64_t words);

uint32_t weft_rng_u32(weft_rng *rng);
uint64_t weft_rng_u64(weft_rng *rng);

/* Uniform in [0, 1), 53 bits. */
double weft_rng_uniform(weft_rng *rng);

/* Standard normal (Box-Muller, one value a call: no state beyond the stream). */
double weft_rng_normal(weft_rng *rng);

/* Uniform in 0..n-1 without bias; n > 0. */
uint64_t weft_rng_below(weft_rng *rng, uint64_t n);

/* Fisher-Yates shuffle of n indices. */
void weft_rng_shuffle(weft_rng *rng, uint32_t *indices, size_t n);

/* 64-bit hash of n bytes (XXH3): cache keys and phenotype hashes; stable across machines. */
uint64_t weft_hash(const void *bytes, size_t n, uint64_t seed);

#endif
