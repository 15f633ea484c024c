/* SPDX-License-Identifier: Apache-2.0
 * Some of many designs. */
#ifndef WEFT_ACCURACY_SAMPLE_H
#define WEFT_ACCURACY_SAMPLE_H

#include "base/error.h"

/* Moves min(sample, n) of n designs by chance to the front: `genomes` (n, genes), `accuracies` (n). Returns
 * how many in *n. */
weft_status weft_sample_designs(double *genomes, double *accuracies, size_t genes, int *n,
                                int sample, uint64_t seed, weft_error *error) WEFT_NODISCARD;

#endif
