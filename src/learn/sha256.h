/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 (FIPS 180-4), in pieces of any length. */
#ifndef WEFT_LEARN_SHA256_H
#define WEFT_LEARN_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { WEFT_SHA256_BYTES = 32, WEFT_SHA256_TEXT = 65 };

typedef struct weft_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
} weft_sha256;

void weft_sha256_begin(weft_sha256 *sha);
void weft_sha256_add(weft_sha256 *sha, const void *bytes, size_t size);

/* Writes the sum as 64 lower-case hexadecimal digits. */
void weft_sha256_end(weft_sha256 *sha, char text[WEFT_SHA256_TEXT]);

#endif
