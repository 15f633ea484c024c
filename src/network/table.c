/* SPDX-License-Identifier: Apache-2.0
 *
 * What the formats of a layer table share, and reading one from a file. */
#include "network/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/doc.h"
#include "base/error.h"
#include "network/ops.h"

const char *const weft_operand_words[WEFT_OPERANDS] = {"inputs", "weights", "outputs"};
const char weft_table_op_words[] = "conv, linear or matmul";

weft_table_row weft_table_row_defaults(void) {
    return (weft_table_row){.loops = {
                                .n = 1,
                                .c = 1,
                                .m = 1,
                                .r = 1,
                                .s = 1,
                                .p = 1,
                                .q = 1,
                                .g = 1,
                                .stride_h = 1,
                                .stride_w = 1,
                                .dilation_h = 1,
                                .dilation_w = 1,
                            }};
}

/* "Conv1D" is a convolution for one library and a linear layer for another (GPT-2 in Hugging Face
 * transformers): COUNT, its window decides. */
bool weft_table_op(const char *word, weft_op *op) {
    static const struct {
        const char *word;
        weft_op op;
    } words[] = {{"conv", WEFT_OP_CONV},     {"conv2d", WEFT_OP_CONV},
                 {"conv1d", WEFT_OP_COUNT},  {"linear", WEFT_OP_LINEAR},
                 {"matmul", WEFT_OP_MATMUL}, {"from einsum", WEFT_OP_MATMUL},
                 {"einsum", WEFT_OP_MATMUL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(words[i].word, word) == 0) {
            *op = words[i].op;
            return true;
        }
    }
    return false;
}

/* Where the table does not say: a layer with a window or a map is a convolution. */
static weft_op op_of(const weft_table_row *row) {
    const weft_loops *l = &row->loops;
    if (row->has_op) {
        return row->op;
    }
    return l->r > 1 || l->s > 1 || l->q > 1 ? WEFT_OP_CONV : WEFT_OP_LINEAR;
}

weft_status weft_table_add(weft_network *network, const weft_table_row *row, weft_error *error) {
    weft_op op = op_of(row);
    if (network->n_layers > WEFT_TABLE_MAX_LAYERS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d layers", WEFT_TABLE_MAX_LAYERS);
    }
    if (op != WEFT_OP_CONV && (row->loops.r != 1 || row->loops.s != 1)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "R is %d and S is %d in a %s layer; it has no window", row->loops.r,
                         row->loops.s, weft_op_token(op));
    }
    const weft_histogram *h = row->histogram;
    const weft_layer carried = {
        .bits = {.inputs = row->bits[0], .weights = row->bits[1], .outputs = row->bits[2]},
        .operands = {.inputs = h[0].n > 0 ? &h[0] : NULL,
                     .weights = h[1].n > 0 ? &h[1] : NULL,
                     .outputs = h[2].n > 0 ? &h[2] : NULL},
        .name = row->name[0] != '\0' ? row->name : NULL};
    return weft_network_add_loops(network, op, &row->loops, &carried, error);
}

bool weft_table_normalise(double *share, int32_t n, double *sum) {
    *sum = 0.0;
    for (int32_t i = 0; i < n; i++) {
        *sum += share[i];
    }
    if (!(fabs(*sum - 1.0) <= WEFT_HISTOGRAM_TOLERANCE)) {
        return false;
    }
    for (int32_t i = 0; i < n; i++) {
        share[i] /= *sum;
    }
    return true;
}

char *weft_table_stem(const char *path, char *buffer, size_t size) {
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(file, '.');
    size_t length = dot == NULL || dot == file ? strlen(file) : (size_t)(dot - file);
    snprintf(buffer, size, "%.*s", (int)(length < size ? length : size - 1), file);
    return buffer;
}

/* The bytes of a file in memory that the caller frees, up to one more than a table may have. */
static weft_status read_bytes(const char *path, char **bytes, size_t *length, weft_error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return weft_fail_errno(error, "cannot open the file", path);
    }
    const size_t most = (size_t)WEFT_TABLE_MAX_BYTES + 1;
    char *made = malloc(most);
    if (made == NULL) {
        fclose(file);
        return weft_fail_memory(error, most);
    }
    *length = fread(made, 1, most, file);
    int failure = ferror(file) ? errno : 0;
    fclose(file);
    if (failure != 0) {
        free(made);
        errno = failure;
        return weft_fail_errno(error, "cannot read the file", path);
    }
    *bytes = made;
    return WEFT_OK;
}

static weft_status read_csv(const char *path, weft_network **network, weft_error *error) {
    char *bytes = NULL;
    size_t length = 0;
    WEFT_TRY(read_bytes(path, &bytes, &length, error));
    weft_status status = weft_network_parse_csv(bytes, length, path, network, error);
    free(bytes);
    return status;
}

static weft_status read_yaml(const char *path, weft_network **network, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = weft_table_from_doc(doc, network, error);
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_table_read(const char *path, weft_network **network, weft_error *error) {
    const char *ending = strrchr(path, '.');
    if (ending != NULL && strcmp(ending, ".csv") == 0) {
        return read_csv(path, network, error);
    }
    if (ending != NULL && (strcmp(ending, ".yaml") == 0 || strcmp(ending, ".yml") == 0)) {
        return read_yaml(path, network, error);
    }
    weft_fail(error, WEFT_ERROR_INPUT, "a layer table ends in .csv or .yaml");
    weft_error_file(error, path);
    return WEFT_ERROR_INPUT;
}
