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

/* The text of gene g's value ("RES", "64", "0.2"); "-" for an inactive one. Returns `buffer`. */
WEFT_API char *weft_space_value_text(const weft_space *space, int g, double value, char *buffer,
                                     size_t size);

/* The input and classes of the networks; weft_space_set_data replaces what the file says by what
 * the data set has (and with it the cap on halvings). WEFT_ERROR_INPUT: nothing would remain. */
WEFT_API weft_shape weft_space_input(const weft_space *space);
WEFT_API weft_status weft_space_set_data(weft_space *space, weft_shape input, int classes,
                                         weft_error *error) WEFT_NODISCARD;

/* Decodes a canonical genome; the caller destroys the network. WEFT_ERROR_INFEASIBLE with the
 * reason when the network cannot be built for the input. */
WEFT_API weft_status weft_space_decode(const weft_space *space, const double *genome,
                                       weft_network **network, weft_error *error) WEFT_NODISCARD;

/* What a person calls the design ("V32,R64,M64"). Returns `buffer`. */
WEFT_API char *weft_space_describe(const weft_space *space, const double *genome, char *buffer,
                                   size_t size);

/* Exact sizes as decimal text (they overflow 64 bits): all genotypes with conditions applied, and
 * those that the cap on halvings leaves. A space with an active real gene has no count: "infinite";
 * one of more than 126 digits reads "10^126 or more". WEFT_ERROR_INPUT when its conditions tie so
 * many genes together that it cannot be counted (it can still be searched). */
typedef struct weft_space_count {
    char total[128];
    char legal[128];
    int max_halvings; /* the cap; -1: none */
} weft_space_count;
WEFT_API weft_status weft_space_counts(const weft_space *space, weft_space_count *count,
                                       weft_error *error) WEFT_NODISCARD;

#endif
