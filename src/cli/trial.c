/* SPDX-License-Identifier: Apache-2.0
 * Trials of stores, as operands name them, and their genes. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* ---- operands -------------------------------------------------------------------------------- */

bool cli_is_store(const char *path) {
    static const char magic[] = "SQLite format 3"; /* with its '\0': sqlite.org/fileformat2.html */
    char found[sizeof magic] = "";
    FILE *file = fopen(path, "rb");
    bool is_store = file != NULL && fread(found, 1, sizeof found, file) == sizeof found &&
                    memcmp(found, magic, sizeof magic) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return is_store;
}

static weft_status fail_trial(cli_call *call, const weft_study *study, const char *text) {
    size_t n = weft_study_size(study);
    weft_fail(&call->error, WEFT_ERROR_USAGE, "there is no finished trial '%.60s'", text);
    if (n > 0) {
        weft_hint(&call->error,
                  "the study has %zu, numbered %" PRIu64 " to %" PRIu64
                  "; 'best' is the one that stands for it",
                  n, weft_study_get_trial(study, 0)->number,
                  weft_study_get_trial(study, n - 1)->number);
    } else {
        weft_hint(&call->error, "the study has none yet");
    }
    return WEFT_ERROR_USAGE;
}

weft_status cli_trial_find(cli_call *call, const weft_study *study, const char *text,
                           size_t *index) {
    if (text == NULL || strcmp(text, "best") == 0) {
        return weft_study_best(study, index, &call->error);
    }
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    bool is_number = isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
    for (size_t i = 0; is_number && i < weft_study_size(study); i++) {
        if (weft_study_get_trial(study, i)->number == number) {
            *index = i;
            return WEFT_OK;
        }
    }
    return fail_trial(call, study, text);
}

/* ---- genes ----------------------------------------------------------------------------------- */

/* How much of a name is left without the numbers of a repeat: "kernel" of "kernel1_2". */
static size_t stem_length(const char *name) {
    size_t length = strlen(name);
    while (length > 1 && (isdigit((unsigned char)name[length - 1]) || name[length - 1] == '_')) {
        length--;
    }
    return length;
}

static bool same_stem(const char *a, const char *b) {
    size_t length = stem_length(a);
    return length == stem_length(b) && strncmp(a, b, length) == 0;
}

/* "4.333" for 4.333333333333333: its digits are in JSON. */
static char *short_value(const weft_space *space, int gene, double value, char *buffer,
                         size_t size) {
    weft_space_value_text(space, gene, value, buffer, size);
    if (strchr(buffer, '.') != NULL && strspn(buffer, "-.0123456789") == strlen(buffer)) {
        snprintf(buffer, size, "%.4g", weft_space_number(space, gene, value));
    }
    return buffer;
}

static int by_number(const void *a, const void *b, void *context) {
    const weft_gene_table *table = context;
    return strverscmp(table->genes[*(const int *)a].name, table->genes[*(const int *)b].name);
}

/* The genes of one stem, kernel1 before kernel10. Returns how many. */
static int collect_stem(const weft_gene_table *table, int first, int *genes) {
    int n = 0;
    for (int g = first; g < table->n_genes; g++) {
        if (same_stem(table->genes[g].name, table->genes[first].name)) {
            genes[n++] = g;
        }
    }
    qsort_r(genes, (size_t)n, sizeof *genes, by_number, (void *)(uintptr_t)table);
    return n;
}

static bool stem_is_first(const weft_gene_table *table, int gene) {
    for (int g = 0; g < gene; g++) {
        if (same_stem(table->genes[g].name, table->genes[gene].name)) {
            return false;
        }
    }
    return true;
}

weft_status cli_print_genes(cli_call *call, const weft_space *space, const double *genome) {
    weft_gene_table table = weft_space_genes(space);
    int *genes = calloc((size_t)table.n_genes + 1, sizeof *genes);
    if (genes == NULL) {
        return weft_fail_memory(&call->error, (size_t)table.n_genes * sizeof *genes);
    }
    for (int g = 0; g < table.n_genes; g++) {
        if (!stem_is_first(&table, g)) {
            continue;
        }
        int n = collect_stem(&table, g, genes);
        printf("  %-16.*s", (int)stem_length(table.genes[g].name), table.genes[g].name);
        for (int i = 0; i < n; i++) {
            char text[64];
            printf(" %s", short_value(space, genes[i], genome[genes[i]], text, sizeof text));
        }
        printf("\n");
    }
    free(genes);
    return WEFT_OK;
}
