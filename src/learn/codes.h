/* SPDX-License-Identifier: Apache-2.0
 *
 * Binary codes of the images of a batch: a bit for each unit, whether it is above 0. How far they differ
 * between images is what NASWOT scores (Mellor, Turner, Storkey and Crowley, "Neural architecture search
 * without training", ICML 2021, equation 2):
 *     K[i][j] = N - d(c_i, c_j)        N units, d the Hamming distance
 *     score = ln det K
 * K is the sum over units of two products of a vector by itself, so no eigenvalue is below 0; it is 0
 * where the codes of two images agree. */
#ifndef WEFT_LEARN_CODES_H
#define WEFT_LEARN_CODES_H

#include "base/error.h"

/* Of n >= 1 images. */
typedef struct weft_codes {
    int n;
    uint64_t *words; /* (n, room) of the units at hand */
    size_t room;     /* words of an image that there is memory for */
    int64_t *agree;  /* (n, n): units in which images i < j agree */
    int64_t units;   /* so far */
} weft_codes;

weft_status weft_codes_create(int n, weft_codes *codes, weft_error *error) WEFT_NODISCARD;
void weft_codes_free(weft_codes *codes);

/* Makes room for `units` more: then weft_codes_take each image, then weft_codes_count. */
weft_status weft_codes_expect(weft_codes *codes, size_t units, weft_error *error) WEFT_NODISCARD;

/* The `units` values of image i, which are above 0 or not. */
void weft_codes_take(weft_codes *codes, int i, const float *values, size_t units);
void weft_codes_count(weft_codes *codes, size_t units);

/* ln det K; false where the determinant is 0. */
weft_status weft_codes_score(const weft_codes *codes, bool *exists, double *score,
                             weft_error *error) WEFT_NODISCARD;

#endif
