/* SPDX-License-Identifier: Apache-2.0
 * Spaces written inside another file (a problem). */
#ifndef WEFT_SPACE_SPACE_H
#define WEFT_SPACE_SPACE_H

#include <weft/space.h>

#include "base/doc.h"

/* A space from a node: a scalar names a space or file, a mapping is a space written in place (the
 * keys of a space file; `base: NAME` starts from another space and replaces what it states). */
weft_status weft_space_read_node(const weft_doc *doc, const weft_node *node, weft_space **space,
                                 weft_error *error) WEFT_NODISCARD;

/* Whether genomes stand for networks: those of the family `values` do not. */
bool weft_space_has_networks(const weft_space *space);

/* A space of the family `values` from a table of genes as a space file has it, of the name given. */
weft_status weft_space_read_genes(const weft_doc *doc, const weft_node *genes, const char *name,
                                  weft_space **space, weft_error *error) WEFT_NODISCARD;

/* Whether two genes are never active together: they ask one parent for values that do not meet. */
bool weft_genes_exclude(const weft_gene *a, const weft_gene *b);

#endif
