/* SPDX-License-Identifier: Apache-2.0
 * A space while its files are read. */
#ifndef WEFT_SPACE_READER_H
#define WEFT_SPACE_READER_H

#include "space/model.h"

enum { SPACE_MAX_BASES = 16 };

/* The documents of a space and its bases stay open until the genes are made, so that errors can
 * point into them. */
typedef struct space_reader {
    weft_space *space;
    weft_doc *docs[SPACE_MAX_BASES];
    char *paths[SPACE_MAX_BASES]; /* their real paths; NULL where that is unknown */
    int n_docs;
    weft_error *error;
} space_reader;

/* Letters, digits and what `extra` lists; begins with a letter or digit; at most `most`. */
bool space_is_plain(const char *text, const char *extra, size_t most);

/* The table under `genes`: each entry becomes a rule, or replaces the base's one of that name. */
weft_status space_read_genes(space_reader *r, const weft_doc *doc,
                             const weft_node *node) WEFT_NODISCARD;

/* read_network.c: chip, bits, networks, regions. */
weft_status space_read_network_keys(space_reader *r, weft_map *map) WEFT_NODISCARD;

/* read_steps.c: {from, to, step} as a list of numbers, at most WEFT_GENE_MAX_CHOICES. */
weft_status space_read_steps(space_reader *r, weft_rule *rule,
                             const weft_node *node) WEFT_NODISCARD;

#endif
