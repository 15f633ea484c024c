/* SPDX-License-Identifier: Apache-2.0
 * See codes.h. */
#include "learn/codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"

enum { WORD = 64 };

weft_status weft_codes_create(int n, weft_codes *codes, weft_error *error) {
    size_t cells = (size_t)n * (size_t)n;
    *codes = (weft_codes){.n = n, .agree = calloc(cells, sizeof *codes->agree)};
    return codes->agree != NULL ? WEFT_OK : weft_fail_memory(error, cells * sizeof *codes->agree);
}

void weft_codes_free(weft_codes *codes) {
    free(codes->words);
    free(codes->agree);
    *codes = (weft_codes){0};
}

weft_status weft_codes_expect(weft_codes *codes, size_t units, weft_error *error) {
    size_t room = (units + WORD - 1) / WORD;
    if (room <= codes->room) {
        return WEFT_OK;
    }
    size_t bytes = (size_t)codes->n * room * sizeof *codes->words;
    uint64_t *words = malloc(bytes);
    if (words == NULL) {
        return weft_fail_memory(error, bytes);
    }
    free(codes->words);
    codes->words = words;
    codes->room = room;
    return WEFT_OK;
}

void weft_codes_take(weft_codes *codes, int i, const float *values, size_t units) {
    uint64_t *words = codes->words + (size_t)i * codes->room;
    for (size_t at = 0; at < units; at += WORD) {
        size_t here = units - at < WORD ? units - at : WORD;
        uint64_t word = 0;
        for (size_t b = 0; b < here; b++) {
            word |= (uint64_t)(values[at + b] > 0.0F) << b;
        }
        words[at / WORD] = word;
    }
}

static int64_t distance(const uint64_t *a, const uint64_t *b, size_t words) {
    int64_t differ = 0;
    for (size_t w = 0; w < words; w++) {
        differ += __builtin_popcountll(a[w] ^ b[w]);
    }
    return differ;
}

void weft_codes_count(weft_codes *codes, size_t units) {
    size_t words = (units + WORD - 1) / WORD, n = (size_t)codes->n;
    codes->units += (int64_t)units;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            codes->agree[i * n + j] += (int64_t)units - distance(codes->words + i * codes->room,
                                                                 codes->words + j * codes->room,
                                                                 words);
        }
    }
}

/* Counts of units are whole and far below 2^53: K is exact, and so is what makes it singular but for
 * the rounding of its factor. */
weft_status weft_codes_score(const weft_codes *codes, bool *exists, double *score,
                             weft_error *error) {
    size_t n = (size_t)codes->n, bytes = n * n * sizeof(double);
    double *k = malloc(bytes);
    if (k == NULL) {
        return weft_fail_memory(error, bytes);
    }
    bool differ = true;
    for (size_t i = 0; i < n; i++) {
        k[i * n + i] = (double)codes->units;
        for (size_t j = i + 1; j < n; j++) {
            k[i * n + j] = (double)codes->agree[i * n + j];
            differ = differ && codes->agree[i * n + j] < codes->units;
        }
    }
    *exists = differ && weft_cholesky(k, codes->n, codes->n);
    *score = 0.0;
    for (size_t i = 0; *exists && i < n; i++) {
        *score += 2.0 * log(k[i * n + i]);
    }
    free(k);
    return WEFT_OK;
}
