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

char *cli_gene_text(const weft_space *space, int gene, double value, char *buffer, size_t size) {
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

weft_status cli_genes_apply(cli_call *call, const weft_space *space, const char *text,
                            double *genome) {
    weft_gene_table table = weft_space_genes(space);
    const char *at = text == NULL ? "" : text;
    while (*at != '\0') {
        char pair[160], gene[160];
        const char *value = NULL;
        size_t length = strcspn(at, ",");
        if (length >= sizeof pair) {
            return cli_usage(call, "--genes takes GENE=VALUE,..., not '%.60s...'", at);
        }
        snprintf(pair, sizeof pair, "%.*s", (int)length, at);
        WEFT_TRY(cli_split(call, "genes", pair, gene, sizeof gene, &value));
        WEFT_TRY(weft_space_set_genes(space, gene, value, genome, &call->error));
        at += length + (at[length] == ',');
    }
    weft_genome_canonical(&table, genome);
    return weft_genome_legal(&table, genome)
               ? WEFT_OK
               : weft_fail(&call->error, WEFT_ERROR_INFEASIBLE, "the space rules this design out");
}

weft_status cli_genes_read(cli_call *call, const weft_problem *problem, const char *text,
                           double *genome) {
    weft_problem_stand(problem, genome);
    return cli_genes_apply(call, weft_problem_get_space(problem), text, genome);
}

void cli_hint_genes(cli_call *call) {
    weft_hint(&call->error,
              "genes that nobody set stand in the middle of their lists: set those of a "
              "larger chip with --genes GENE=VALUE,..., or `hold: last` in the "
              "section `search` of the problem");
}

/* The value that all genes of a stem have; NULL where they differ. */
static const char *common_value(const weft_space *space, const weft_gene_table *table, int first,
                                const double *genome, const bool *taken, char *buffer,
                                size_t size) {
    cli_gene_text(space, first, genome[first], buffer, size);
    for (int g = first + 1; g < table->n_genes; g++) {
        char text[64];
        if (taken[g] && same_stem(table->genes[g].name, table->genes[first].name) &&
            strcmp(cli_gene_text(space, g, genome[g], text, sizeof text), buffer) != 0) {
            return NULL;
        }
    }
    return buffer;
}

char *cli_genes_text(const weft_space *space, const double *genome, const bool *taken, char *buffer,
                     size_t size) {
    weft_gene_table table = weft_space_genes(space);
    buffer[0] = '\0';
    for (int g = 0; g < table.n_genes; g++) {
        const char *name = table.genes[g].name;
        bool again = false;
        int n = 0;
        for (int k = 0; k < table.n_genes && taken[g]; k++) {
            bool same = taken[k] && same_stem(table.genes[k].name, name);
            again = again || (same && k < g);
            n += same;
        }
        if (!taken[g] || again) {
            continue;
        }
        char text[64], pair[WEFT_GENE_NAME + 96];
        const char *value = common_value(space, &table, g, genome, taken, text, sizeof text);
        int length = n == 1 ? (int)strlen(name) : (int)stem_length(name);
        snprintf(pair, sizeof pair, "%.*s%s=%s", length, name, n == 1 ? "" : "*",
                 value == NULL ? "(several)" : value);
        weft_list_add(buffer, size, pair);
    }
    return buffer;
}

/* The unit of a gene of the chip ("V"); "" for others. */
static const char *gene_unit(const weft_space *space, int gene, bool *of_chip) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    *of_chip = false;
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene == gene) {
            *of_chip = true;
            return knobs[k].unit;
        }
    }
    return "";
}

/* The values of a stem. Of genes of the chip that set one parameter in turn ("voltage" of each node)
 * those are left out that do not apply. */
static void print_values(const weft_space *space, const int *genes, int n, const double *genome) {
    bool of_chip = false;
    int shown = 0;
    const char *unit = gene_unit(space, genes[0], &of_chip);
    for (int i = 0; i < n; i++) {
        char text[64];
        bool last = i + 1 == n && shown == 0;
        if (!of_chip || !isnan(genome[genes[i]]) || last) {
            printf(" %s", cli_gene_text(space, genes[i], genome[genes[i]], text, sizeof text));
            shown++;
        }
    }
    printf("%s%s\n", unit[0] == '\0' ? "" : " ", unit);
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
        print_values(space, genes, n, genome);
    }
    free(genes);
    return WEFT_OK;
}
