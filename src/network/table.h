/* SPDX-License-Identifier: Apache-2.0
 * Layer tables: what the two formats share. */
#ifndef WEFT_NETWORK_TABLE_H
#define WEFT_NETWORK_TABLE_H

#include <weft/network.h>

enum {
    WEFT_TABLE_MAX_BYTES = 16 << 20,
    WEFT_TABLE_MAX_LAYERS = 1 << 16,
    WEFT_TABLE_MAX_BINS = 4096,
    WEFT_TABLE_NAME = 128, /* of a layer; a longer one is cut */
    WEFT_OPERANDS = 3
};

/* The operands, in the order of weft_operands: "inputs", "weights", "outputs". */
extern const char *const weft_operand_words[WEFT_OPERANDS];

/* One layer as a table gives it. Shares point into memory of the reader. */
typedef struct weft_table_row {
    bool has_op;
    weft_op op;
    weft_loops loops; /* all 1 where the table says nothing */
    int32_t bits[WEFT_OPERANDS];
    weft_histogram histogram[WEFT_OPERANDS]; /* 0 bins: none */
    char name[WEFT_TABLE_NAME];
} weft_table_row;

weft_table_row weft_table_row_defaults(void);

/* The operation that a word means ("Conv2d", "linear", "From einsum"); false: none. WEFT_OP_COUNT:
 * the window decides. Upper and lower case are the same. */
bool weft_table_op(const char *word, weft_op *op);

/* "conv, linear, matmul": for errors. */
extern const char weft_table_op_words[];

/* Appends a row. The error, if there is one, still lacks its place. */
weft_status weft_table_add(weft_network *network, const weft_table_row *row,
                           weft_error *error) WEFT_NODISCARD;

/* Divides shares by their sum, which may be off 1 by what rounding to three digits makes; false:
 * it is further off, *sum tells by how much. */
bool weft_table_normalise(double *share, int32_t n, double *sum);

/* "resnet18" of "../resnet18.csv". */
char *weft_table_stem(const char *path, char *buffer, size_t size);

/* The table in a file. */
weft_status weft_table_read(const char *path, weft_network **network,
                            weft_error *error) WEFT_NODISCARD;

/* The same from an open YAML document. */
struct weft_doc;
weft_status weft_table_from_doc(const struct weft_doc *doc, weft_network **network,
                                weft_error *error) WEFT_NODISCARD;

#endif
