/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers of products of any network, written as a layer table in CSV: what
 * docs/reference/networks.md describes and table_csv.c reads back. */
#include <weft/network.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/save.h"
#include "network/table.h"

static void write_header(FILE *file) {
    fputs("layer,kind,N,C,M,R,S,P,Q,G,stride_h,stride_w,dilation_h,dilation_w,"
          "input_bits,weight_bits,output_bits",
          file);
    for (int i = 0; i < WEFT_OPERANDS; i++) {
        fprintf(file, ",%s_hist", weft_operand_words[i]);
    }
    fputc('\n', file);
}

/* In quotes, those in it twice (RFC 4180). A layer without a name is called by its kind and its
 * place in the network. */
static void write_name(FILE *file, const weft_layer *layer, int32_t index) {
    if (layer->name == NULL) {
        fprintf(file, "%s%d", weft_op_token(layer->op), index);
        return;
    }
    fputc('"', file);
    for (const char *at = layer->name; *at != '\0'; at++) {
        if (*at == '"') {
            fputc('"', file);
        }
        fputc(*at, file);
    }
    fputc('"', file);
}

static void write_loops(FILE *file, const weft_loops *l) {
    const int32_t values[] = {l->n, l->c, l->m,        l->r,        l->s,          l->p,
                              l->q, l->g, l->stride_h, l->stride_w, l->dilation_h, l->dilation_w};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        fprintf(file, ",%d", values[i]);
    }
}

/* An empty cell where nobody said how many. */
static void write_bits(FILE *file, const weft_layer_bits *bits) {
    const int32_t values[WEFT_OPERANDS] = {bits->inputs, bits->weights, bits->outputs};
    for (int i = 0; i < WEFT_OPERANDS; i++) {
        fputc(',', file);
        if (values[i] > 0) {
            fprintf(file, "%d", values[i]);
        }
    }
}

static void write_histogram(FILE *file, const weft_histogram *histogram) {
    fputc(',', file);
    for (int32_t i = 0; histogram != NULL && i < histogram->n; i++) {
        char text[32];
        fprintf(file, "%s%s", i > 0 ? " " : "",
                weft_real_text(histogram->share[i], text, sizeof text));
    }
}

/* Returns how many rows there are. */
static int32_t write_rows(FILE *file, const weft_network *network) {
    int32_t rows = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        weft_loops loops;
        if (!weft_layer_loops(network, i, &loops)) {
            continue;
        }
        write_name(file, layer, i);
        fprintf(file, ",%s", weft_op_token(layer->op));
        write_loops(file, &loops);
        write_bits(file, &layer->bits);
        write_histogram(file, layer->operands.inputs);
        write_histogram(file, layer->operands.weights);
        write_histogram(file, layer->operands.outputs);
        fputc('\n', file);
        rows++;
    }
    return rows;
}

/* The table in memory that the caller frees. */
static weft_status table_text(const weft_network *network, char **text, size_t *size,
                              weft_error *error) {
    FILE *file = open_memstream(text, size);
    if (file == NULL) {
        return weft_fail_memory(error, BUFSIZ);
    }
    write_header(file);
    int32_t rows = write_rows(file, network);
    bool failed = ferror(file) != 0;
    weft_status status = WEFT_OK;
    if (fclose(file) != 0 || failed) {
        status = weft_fail_memory(error, *size);
    } else if (rows == 0) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "network %s has no layer of products: its table would be empty",
                           network->name);
    } else if (*size > WEFT_TABLE_MAX_BYTES) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "the layer table of %s takes %zu bytes; at most %d can be read",
                           network->name, *size, WEFT_TABLE_MAX_BYTES);
    }
    if (status != WEFT_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}

static weft_status save(const char *path, const char *text, size_t size, weft_error *error) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return weft_save_file(".", path, text, size, error);
    }
    size_t length = (size_t)(slash - path);
    char *folder = strndup(path, length > 0 ? length : 1);
    if (folder == NULL) {
        return weft_fail_memory(error, length + 1);
    }
    weft_status status = weft_save_file(folder, slash + 1, text, size, error);
    free(folder);
    return status;
}

weft_status weft_network_write_csv(const weft_network *network, const char *path,
                                   weft_error *error) {
    char *text = NULL;
    size_t size = 0;
    WEFT_TRY(table_text(network, &text, &size, error));
    weft_status status = save(path, text, size, error);
    free(text);
    return status;
}
