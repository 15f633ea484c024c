/* SPDX-License-Identifier: Apache-2.0
 *
 * Designs with given accuracies, from CSV or JSON: what a predictor is checked with. The columns
 * themselves are the genes. */
#ifndef WEFT_ACCURACY_GOLDEN_H
#define WEFT_ACCURACY_GOLDEN_H

#include <weft/accuracy.h>

typedef struct weft_golden {
    weft_design_genes genes;
    double *genomes; /* (n, genes.n) */
    double *given;   /* (n), as the file has them */
    int n;
    struct weft_golden_memory *memory; /* names and words */
} weft_golden;

enum { WEFT_GOLDEN_MAX_ROWS = 1000000, WEFT_GOLDEN_MAX_GENES = 1024 };

/* `column` as in weft_predictor_check_settings. Errors have file and line. */
weft_status weft_golden_read(const char *path, const char *column, weft_golden **golden,
                             weft_error *error) WEFT_NODISCARD;

/* The same from text that ends with '\0'; a `name` that ends in .json is JSON, any other CSV. */
weft_status weft_golden_parse(const char *text, size_t length, const char *name, const char *column,
                              weft_golden **golden, weft_error *error) WEFT_NODISCARD;
void weft_golden_destroy(weft_golden *golden);

#endif
