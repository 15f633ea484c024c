/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

weft_status weft_sample_designs(double *genomes, double *accuracies, size_t genes, int *n,
                                int sample, uint64_t seed, weft_error *error) {
    double *room = malloc((genes > 0 ? genes : 1) * sizeof *room);
    if (room == NULL) {
        return weft_fail_memory(error, genes * sizeof *room);
    }
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SUBSET, 1);
    for (int i = 0; i < sample && i < *n; i++) {
        size_t j = (size_t)i + (size_t)weft_rng_below(&rng, (uint64_t)(*n - i));
        double *a = genomes + (size_t)i * genes;
        double *b = genomes + j * genes;
        memcpy(room, a, genes * sizeof *room);
        memmove(a, b, genes * sizeof *room);
        memcpy(b, room, genes * sizeof *room);
        double accuracy = accuracies[i];
        accuracies[i] = accuracies[j];
        accuracies[j] = accuracy;
    }
    free(room);
    *n = sample < *n ? sample : *n;
    return WEFT_OK;
}
