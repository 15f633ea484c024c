/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of genes by pattern. Where genes are bound in an order, a star stands for a whole number
 * ("kernel*" is kernel1, kernel2, ...); where they are only allowed, for any text. */
#ifndef WEFT_ACCURACY_PATTERN_H
#define WEFT_ACCURACY_PATTERN_H

#include "accuracy/provider.h"

#include <weft/accuracy.h>
#include <weft/gene.h>

enum { WEFT_PATTERN_MAX_STARS = 4, WEFT_GENE_NAMES_MAX = 4, WEFT_GENE_NAMES_FOUND = 512 };

/* Genes by name; the patterns are alternatives. */
typedef struct weft_gene_names {
    char pattern[WEFT_GENE_NAMES_MAX][WEFT_GENE_NAME];
    int n;
} weft_gene_names;

/* The numbers at the stars of a pattern; unused ones are 0. */
typedef struct weft_pattern_place {
    int64_t number[WEFT_PATTERN_MAX_STARS];
} weft_pattern_place;

/* Whether `name` is of the pattern, every star being one or more digits. */
bool weft_pattern_match(const char *pattern, const char *name, weft_pattern_place *place);

/* The genes of a design that the first pattern fits which fits any, by rising numbers of their stars
 * (the first star first). Returns how many there are and writes the first WEFT_GENE_NAMES_FOUND of
 * them, with their numbers. */
int weft_gene_names_find(const weft_gene_names *names, const weft_design_genes *genes, int *found,
                         weft_pattern_place *places);

/* The patterns for a message: "kernel*" or "ks*". Returns `buffer`. */
char *weft_gene_names_text(const weft_gene_names *names, char *buffer, size_t size);

/* Whether `name` is of one of the patterns in a text such as "depth* stem_?", in which a star
 * stands for any characters and '?' for one. NULL and "": of none. */
bool weft_pattern_any(const char *patterns, const char *name);

/* Allows each gene of one of the patterns with which nothing was done yet; `uses` is (genes->n). */
void weft_pattern_allow(const char *patterns, const weft_design_genes *genes, weft_gene_use *uses);

#endif
