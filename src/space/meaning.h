/* SPDX-License-Identifier: Apache-2.0
 *
 * Meanings of genes by their names: what most families share. A family lists the genes that it
 * knows; binding finds each gene of a space in that list, checks its values and notes its numbers, so
 * that decoding compares no text. */
#ifndef WEFT_SPACE_MEANING_H
#define WEFT_SPACE_MEANING_H

#include "space/model.h"

/* How many numbers may stand behind a name, as a set. */
enum {
    WEFT_NUMBERS_NONE = 1, /* "kernel": all that it means */
    WEFT_NUMBERS_ONE = 2,  /* "kernel3": those of one place */
    WEFT_NUMBERS_TWO = 4,  /* "kernel3_2": one */
};

typedef struct weft_meaning {
    const char *name;
    int numbers;         /* of WEFT_NUMBERS_ */
    bool whole;          /* whole numbers only */
    double lower, upper; /* of its numbers */
} weft_meaning;

/* Sets meaning (an index into `meanings`), number and second of every gene that is no knob. */
weft_status weft_meaning_bind(weft_space *space, const weft_meaning *meanings, int n,
                              weft_error *error) WEFT_NODISCARD;

/* WEFT_ERROR_INPUT at the rule of gene g: "gene 'NAME' MESSAGE". */
weft_status weft_meaning_fail(const weft_space *space, int g, weft_error *error, const char *hint,
                              const char *format, ...) WEFT_PRINTF(5, 6);

/* The values of a gene that puts layers into a region: each must be one that knobs set. */
weft_status weft_meaning_check_region(const weft_space *space, int g,
                                      weft_error *error) WEFT_NODISCARD;

/* " NAME=VALUE" for each active gene that is no knob, behind the text of `buffer`. Returns it. */
char *weft_meaning_describe(const weft_space *space, const double *genome, char *buffer,
                            size_t size);

/* The values of gene g that the design may have: count, and value i of them. A range of integers has
 * its two ends. */
int weft_meaning_n_values(const weft_space *space, int g);
double weft_meaning_value(const weft_space *space, int g, int i);

#endif
