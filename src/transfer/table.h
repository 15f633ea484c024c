/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of devices in memory, and what is known of its architectures. */
#ifndef WEFT_TRANSFER_TABLE_H
#define WEFT_TRANSFER_TABLE_H

#include <weft/transfer.h>

#include "base/error.h"

/* How architectures are described. */
typedef enum weft_space_kind {
    WEFT_SPACE_NAMES, /* by name alone */
    WEFT_SPACE_CELL,  /* a cell of NAS-Bench-201: 6 edges */
    WEFT_SPACE_CHAIN, /* positions one behind the other */
    WEFT_SPACE_GENES, /* columns or genes, no order among them */
} weft_space_kind;

enum { WEFT_ABSENT = 255, WEFT_MAX_SYMBOLS = 250, WEFT_MAX_POSITIONS = 200, WEFT_MAX_NUMBERS = 16 };

/* What an architecture has at each position, and numbers of its own. Positions are grouped in stages:
 * a symbol means the same in all of its stage. */
typedef struct weft_encoding {
    weft_space_kind kind;
    int n_positions, n_numbers, n_symbols, n_stages;
    unsigned char *codes; /* (n, n_positions): a symbol, or WEFT_ABSENT */
    double *numbers;      /* (n, n_numbers) */
    int stage[WEFT_MAX_POSITIONS];
    bool counted[WEFT_MAX_POSITIONS]; /* how many positions of a stage are there tells something */
} weft_encoding;

typedef struct weft_device_column {
    char *name;
    double *values; /* (n) */
    int failed;
    bool *failures; /* (n) measured and failed */
    bool measured;
} weft_device_column;

struct weft_device_table {
    int n, n_columns;
    char **names;   /* (n) */
    char **indices; /* (n) of a column `index`; NULL: there is none */
    int *slots;     /* open addressing over names and indices: place + 1; 0: free */
    uint64_t mask;
    weft_device_column *columns;
    weft_encoding code;
    char *labels; /* of the columns that describe an architecture: "ops", "d,ks,e,r" */
    bool joined;  /* a name is several cells with '|' between */
};

/* Builds the index of names. */
weft_status weft_device_table_index(weft_device_table *table, weft_error *error) WEFT_NODISCARD;

/* Describes the architectures from their names (n) and the labels of their columns. `by_genes`: the
 * cells are genes. */
weft_status weft_device_encode(weft_device_table *table, bool by_genes,
                               weft_error *error) WEFT_NODISCARD;

#endif
