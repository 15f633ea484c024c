/* SPDX-License-Identifier: Apache-2.0
 *
 * Search spaces: genes with conditions, read from YAML, decoded to networks, counted exactly.
 * docs/reference/space-file.md describes the file.
 */
#ifndef WEFT_SPACE_H
#define WEFT_SPACE_H

#include <weft/gene.h>
#include <weft/network.h>

typedef struct weft_space weft_space;

/* Reads a space by the name of a built-in one ("imc-cnn") or a path (with '/' or .yaml). */
WEFT_API weft_status weft_space_read(const char *name_or_path, weft_space **space,
                                     weft_error *error) WEFT_NODISCARD;

/* The same from text (what weft_space_text gave); `name` is what errors call it. */
WEFT_API weft_status weft_space_parse(const char *text, size_t length, const char *name,
                                      weft_space **space, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_space_destroy(weft_space *space);

/* The resolved space as the text of a space file (base, overrides and weft_space_set_data applied):
 * reading it again gives the same space. Borrowed until the space changes. */
WEFT_API const char *weft_space_text(const weft_space *space);

WEFT_API const char *weft_space_name(const weft_space *space);

/* The genes, for an optimizer; valid as long as the space. `legal` applies the cap on halvings. */
WEFT_API weft_gene_table weft_space_genes(const weft_space *space);

/* ---- what values stand for ------------------------------------------------------------------- */

/* The text of gene g's value ("RES", "64", "0.2"); "-" for an inactive one. Returns `buffer`. */
WEFT_API char *weft_space_value_text(const weft_space *space, int g, double value, char *buffer,
                                     size_t size);

/* The number that a value of gene g stands for: an ordinal's choice, else the value itself; NaN for
 * a word and for an inactive gene. The value must be in range. */
WEFT_API double weft_space_number(const weft_space *space, int g, double value);

/* The word that a value of a categorical gene stands for; NULL for a number and an inactive gene.
 * Borrowed from the space. */
WEFT_API const char *weft_space_word(const weft_space *space, int g, double value);

/* Whether the gene is declared to change nothing: it always has its first value. */
WEFT_API bool weft_space_is_inert(const weft_space *space, int g);

/* ---- the chip -------------------------------------------------------------------------------- */

enum { WEFT_SPACE_PATH = 64, WEFT_SPACE_UNIT = 16, WEFT_SPACE_MAX_REGIONS = 64 };

/* A gene that sets a parameter of the chip and does not enter the network. */
typedef struct weft_space_knob {
    int32_t gene;
    int32_t region;             /* which part of the chip, from 0; see weft_layer.region */
    char path[WEFT_SPACE_PATH]; /* as weft_chip_set takes it: "rows", "macro.rows" */
    char unit[WEFT_SPACE_UNIT]; /* of its numbers; "": that which the chip's file uses */
} weft_space_knob;

/* All knobs, ordered by gene; *n of them. Borrowed from the space. */
WEFT_API const weft_space_knob *weft_space_knobs(const weft_space *space, int *n);

/* One more than the largest region that a knob sets: 1 where the chip is the same everywhere. A
 * region has the values of region 0 but for what its own knobs set. */
WEFT_API int weft_space_n_regions(const weft_space *space);

/* The chip that the space was written for, by name or path; "" where the file names none. */
WEFT_API const char *weft_space_chip(const weft_space *space);

/* ---- networks -------------------------------------------------------------------------------- */

/* How many networks a genome stands for: 1, or those listed under `networks`. */
WEFT_API int weft_space_n_networks(const weft_space *space);

/* The name of one of them ("alexnet"); that of the family where the genome shapes the network. */
WEFT_API const char *weft_space_network_name(const weft_space *space, int which);

/* Whether every genome decodes to the same networks: no gene with a choice enters them. */
WEFT_API bool weft_space_network_is_fixed(const weft_space *space);

/* Whether two canonical genomes that differ always stand for different designs, so that a hash of
 * the genome serves as one of the design. False where that is not certain. */
WEFT_API bool weft_space_is_distinct(const weft_space *space);

/* The input and classes of the networks; weft_space_set_data replaces what the file says by what
 * the data set has (and with it the cap on halvings). WEFT_ERROR_INPUT: nothing would remain. */
WEFT_API weft_shape weft_space_input(const weft_space *space);
WEFT_API weft_status weft_space_set_data(weft_space *space, weft_shape input, int classes,
                                         weft_error *error) WEFT_NODISCARD;

/* Decodes network `which` (0 .. n_networks - 1) of a canonical genome; the caller destroys it.
 * WEFT_ERROR_INFEASIBLE with the reason when it cannot be built for the input. */
WEFT_API weft_status weft_space_decode(const weft_space *space, const double *genome, int which,
                                       weft_network **network, weft_error *error) WEFT_NODISCARD;

/* The same in the place of a network that is there, whatever it was, in the memory that it has: for
 * who decodes many, one after the other. After an error it holds no network of the space. */
WEFT_API weft_status weft_space_decode_into(const weft_space *space, const double *genome,
                                            int which, weft_network *network,
                                            weft_error *error) WEFT_NODISCARD;

/* What a person calls the design ("V32,R64,M64"). Returns `buffer`. */
WEFT_API char *weft_space_describe(const weft_space *space, const double *genome, char *buffer,
                                   size_t size);

/* Exact sizes as decimal text (they overflow 64 bits): the product of all lists of values, as
 * papers count (with genes that are inert or inactive); the genomes with conditions applied; and
 * those of them that the cap on halvings leaves. A space with an active real gene has no count:
 * "infinite"; one of more than 252 digits reads "10^252 or more". WEFT_ERROR_INPUT when its conditions tie so
 * many genes together that it cannot be counted (it can still be searched). */
typedef struct weft_space_count {
    char genotypes[256];
    char total[256];
    char legal[256];
    int max_halvings; /* the cap; -1: none */
} weft_space_count;
WEFT_API weft_status weft_space_counts(const weft_space *space, weft_space_count *count,
                                       weft_error *error) WEFT_NODISCARD;

#endif
