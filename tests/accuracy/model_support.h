/* SPDX-License-Identifier: Apache-2.0
 * Designs whose accuracy is a known function of their genes, for the tests of what learns it. */
#ifndef TESTS_ACCURACY_MODEL_SUPPORT_H
#define TESTS_ACCURACY_MODEL_SUPPORT_H

#include "support.h"

#include "base/rng.h"

enum { SOME_GENES = 9, SOME_WORDS = 4 };

/* op1 .. op5 of four words; kernel of 3, 5, 7; width, any number of 8 .. 64; depth 0, 1 and below it
 * a gene that is inactive at depth 0. */
typedef struct known_designs {
    design genes;
    weft_designs designs;
    double *genomes, *accuracies, *noiseless;
} known_designs;

static inline void known_genes(design *d) {
    static const char *const words[SOME_WORDS] = {"none", "skip", "conv1", "conv3"};
    static const double kernels[] = {3, 5, 7};
    static const double depths[] = {0, 1};
    char name[16];
    *d = (design){0};
    for (int g = 1; g <= 5; g++) {
        snprintf(name, sizeof name, "op%d", g);
        add_gene(d, name, SOME_WORDS, NULL, words);
    }
    add_gene(d, "kernel", 3, kernels, NULL);
    add_gene(d, "width", 0, NULL, NULL);
    add_gene(d, "depth", 2, depths, NULL);
    add_gene(d, "inner", 3, kernels, NULL);
}

/* Sums of what each gene gives, and a product of two: between 0.2 and 0.9. */
static inline double known_accuracy(const double *genome) {
    static const double worth[SOME_WORDS] = {0.0, 0.03, 0.05, 0.08};
    double sum = 0.25;
    for (int g = 0; g < 5; g++) {
        sum += worth[(int)genome[g]];
    }
    sum += 0.03 * genome[5] + 0.05 * log2(genome[6] / 8.0);
    sum += genome[0] == 3.0 && genome[1] == 3.0 ? 0.04 : 0.0;
    return sum + (isnan(genome[8]) ? 0.0 : 0.01 * genome[8]);
}

static inline void known_make(known_designs *known, int n, double noise, uint64_t seed) {
    size_t count = (size_t)n;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    known_genes(&known->genes);
    known->genomes = calloc(count * SOME_GENES, sizeof(double));
    known->accuracies = calloc(count, sizeof(double));
    known->noiseless = calloc(count, sizeof(double));
    assert_non_null(known->genomes);
    assert_non_null(known->accuracies);
    assert_non_null(known->noiseless);
    for (int i = 0; i < n; i++) {
        double *genome = known->genomes + (size_t)i * SOME_GENES;
        for (int g = 0; g < 5; g++) {
            genome[g] = (double)weft_rng_below(&rng, SOME_WORDS);
        }
        genome[5] = (double)weft_rng_below(&rng, 3);
        genome[6] = 8.0 + (double)weft_rng_below(&rng, 57);
        genome[7] = (double)weft_rng_below(&rng, 2);
        genome[8] = genome[7] > 0.0 ? (double)weft_rng_below(&rng, 3) : NAN;
        known->noiseless[i] = known_accuracy(genome);
        known->accuracies[i] = known->noiseless[i] + noise * weft_rng_normal(&rng);
    }
    known->designs = (weft_designs){.genes = known->genes.table,
                                    .n = n,
                                    .genomes = known->genomes,
                                    .accuracies = known->accuracies};
}

static inline void known_free(known_designs *known) {
    free(known->genomes);
    free(known->accuracies);
    free(known->noiseless);
}

static inline weft_surrogate *must_fit(const weft_surrogate_settings *settings,
                                       const weft_designs *designs) {
    weft_surrogate *surrogate = NULL;
    weft_error error = {0};
    if (weft_surrogate_fit(settings, designs, &surrogate, &error) != WEFT_OK) {
        fail_msg("%s (%s)", error.message, error.hint);
    }
    return surrogate;
}

/* That designs cannot be learned from, with a word of the message or hint. */
static inline void must_not_fit(const weft_surrogate_settings *settings,
                                const weft_designs *designs, const char *word) {
    weft_surrogate *surrogate = NULL;
    weft_error error = {0};
    assert_int_equal(weft_surrogate_fit(settings, designs, &surrogate, &error), WEFT_ERROR_INPUT);
    assert_null(surrogate);
    if (strstr(error.message, word) == NULL && strstr(error.hint, word) == NULL) {
        fail_msg("'%s' is neither in \"%s\" nor in \"%s\"", word, error.message, error.hint);
    }
}

#endif
