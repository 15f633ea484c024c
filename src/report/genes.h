/* SPDX-License-Identifier: Apache-2.0
 *
 * The genes of one design as a person reads them: repeated genes in one row, those of the network,
 * its bits and the chip apart. */
#ifndef WEFT_REPORT_GENES_H
#define WEFT_REPORT_GENES_H

#include <weft/study.h>

typedef enum weft_gene_part { WEFT_GENE_NETWORK, WEFT_GENE_BITS, WEFT_GENE_CHIP } weft_gene_part;

enum { WEFT_GENE_VALUES = 400 };

typedef struct weft_gene_row {
    weft_gene_part part;
    char name[WEFT_GENE_NAME]; /* of repeated genes what they have in common: "kernel" */
    char values[WEFT_GENE_VALUES]; /* "5 5 3 – | 3 3 – –": places apart; – is inactive. "0.7 V" */
    char sets[WEFT_SPACE_PATH]; /* what it sets on the chip; "" for the network's */
} weft_gene_row;

/* Rows of a genome, in parts, then in the order of the genes; genes that are all inactive have none.
 * *rows is to be freed. */
weft_status weft_report_genes(const weft_space *space, const double *genome, weft_gene_row **rows,
                              int *n, weft_error *error) WEFT_NODISCARD;

const char *weft_gene_part_word(weft_gene_part part);

#endif
