/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of devices as CSV, and from the genes of a problem. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/save.h"
#include "transfer/table.h"

/* ---- writing --------------------------------------------------------------------------------- */

static void write_cell(FILE *out, const char *text, size_t length) {
    bool quoted = memchr(text, ',', length) != NULL || memchr(text, '"', length) != NULL ||
                  memchr(text, '\n', length) != NULL;
    fputs(quoted ? "\"" : "", out);
    for (size_t i = 0; i < length; i++) {
        fputs(text[i] == '"' ? "\"" : "", out);
        fputc(text[i], out);
    }
    fputs(quoted ? "\"" : "", out);
}

static void write_table(const weft_device_table *table, FILE *out) {
    fprintf(out, "%s%s", table->indices != NULL ? "index," : "", table->labels);
    for (int c = 0; c < table->n_columns; c++) {
        fputc(',', out);
        write_cell(out, table->columns[c].name, strlen(table->columns[c].name));
    }
    fputc('\n', out);
    for (int i = 0; i < table->n; i++) {
        if (table->indices != NULL) {
            write_cell(out, table->indices[i], strlen(table->indices[i]));
            fputc(',', out);
        }
        for (const char *at = table->names[i]; at != NULL;) {
            size_t length = table->joined ? strcspn(at, "|") : strlen(at);
            write_cell(out, at, length);
            at = at[length] == '\0' ? NULL : at + length + 1;
            fputs(at != NULL ? "," : "", out);
        }
        for (int c = 0; c < table->n_columns; c++) {
            char number[40];
            const weft_device_column *column = &table->columns[c];
            fprintf(out, ",%s",
                    !isnan(column->values[i])
                        ? weft_real_text(column->values[i], number, sizeof number)
                    : column->failures[i] ? "failed"
                                          : "");
        }
        fputc('\n', out);
    }
}

weft_status weft_device_table_write(const weft_device_table *table, const char *path,
                                    weft_error *error) {
    char *text = NULL, folder[1024] = ".";
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return weft_fail_memory(error, 1);
    }
    write_table(table, out);
    if (fclose(out) != 0) {
        free(text);
        return weft_fail_memory(error, length);
    }
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    }
    weft_status status =
        weft_save_file(folder, slash == NULL ? path : slash + 1, text, length, error);
    free(text);
    return status;
}

/* ---- from genes ------------------------------------------------------------------------------ */

/* The value of a gene as a cell: a choice as its index, "-" where it is inactive. */
static void write_gene(FILE *out, const weft_gene *gene, double value) {
    char number[40];
    bool choice = gene->kind == WEFT_GENE_CATEGORICAL;
    if (isnan(value)) {
        fputs("-", out);
    } else {
        fprintf(out, "%s%s", choice ? "c" : "", weft_real_text(value, number, sizeof number));
    }
}

weft_status weft_device_table_from_genes(const weft_gene_table *genes, const double *genomes, int n,
                                         const char *device, const double *values,
                                         weft_device_table **table, weft_error *error) {
    char *text = NULL, *names = NULL;
    size_t length = 0, names_length = 0;
    FILE *out = open_memstream(&text, &length);
    FILE *list = open_memstream(&names, &names_length);
    if (out == NULL || list == NULL) {
        return weft_fail_memory(error, 1);
    }
    fputs("index", out);
    for (int g = 0; g < genes->n_genes; g++) {
        fprintf(out, ",%s", genes->genes[g].name);
        fprintf(list, "%s ", genes->genes[g].name);
    }
    fprintf(out, ",%s\n", device);
    for (int i = 0; i < n; i++) {
        fprintf(out, "%d", i);
        for (int g = 0; g < genes->n_genes; g++) {
            fputc(',', out);
            write_gene(out, &genes->genes[g],
                       genomes[(size_t)i * (size_t)genes->n_genes + (size_t)g]);
        }
        char number[40];
        fprintf(out, ",%s\n", weft_real_text(values[i], number, sizeof number));
    }
    bool failed = fclose(out) != 0;
    failed = fclose(list) != 0 || failed;
    weft_device_columns columns = {.genes = names};
    weft_status status =
        failed ? weft_fail_memory(error, length)
               : weft_device_table_parse(text, length, "genes", &columns, table, error);
    free(text);
    free(names);
    return status;
}
