/* SPDX-License-Identifier: Apache-2.0
 * Files of weft optimize, from any text: read or refused with a reason; what is read is in its ranges,
 * says the same of itself each time, and its search can be begun or is refused with a reason. */
#include "study/optimize.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static void check_info(const weft_optimize *optimize) {
    const weft_optimize_info *info = &optimize->info;
    require(info->n_objectives >= 1 && info->n_objectives <= WEFT_MAX_OBJECTIVES);
    require(info->n_metrics >= info->n_objectives && info->n_metrics <= WEFT_OPTIMIZE_METRICS);
    require(info->trials >= 1 && info->batch >= 1 && info->failures >= 1);
    require(info->time_limit >= 0.0);
    for (int m = 0; m < info->n_metrics; m++) {
        require(info->metrics[m][0] != '\0');
    }
    for (int c = 0; c < info->n_constraints; c++) {
        require(optimize->constraints[c] != NULL && info->constraints[c][0] != '\0');
    }
}

static void check_identity(const weft_optimize *optimize) {
    weft_error error;
    char *text = NULL;
    char *again = NULL;
    require(weft_optimize_identity(optimize, &text, &error) == WEFT_OK);
    require(weft_optimize_identity(optimize, &again, &error) == WEFT_OK);
    require(strcmp(text, again) == 0);
    free(text);
    free(again);
}

/* A population of the file's may be large, a search of it is not begun then. */
static void try_search(const weft_optimize *optimize) {
    weft_gene_table table = weft_space_genes(optimize->space);
    weft_optimizer *optimizer = NULL;
    weft_error error = {0};
    double *genome = calloc((size_t)table.n_genes + 1, sizeof *genome);
    int given = 0;
    require(genome != NULL);
    bool small = optimize->info.optimizer.population <= 1000 && table.n_genes <= 1000;
    if (small &&
        weft_optimizer_create(&table, &optimize->info.optimizer, &optimizer, &error) == WEFT_OK) {
        weft_status asked = weft_optimizer_ask(optimizer, 0, 1, genome, &given, &error);
        require(asked < 0 || given == 0 || weft_genome_legal(&table, genome));
    } else {
        require(!small || error.message[0] != '\0');
    }
    if (given == 1) {
        char *line =
            weft_candidate_write(optimize, &(weft_optimize_trial){.number = 0, .genome = genome});
        require(line != NULL && strchr(line, '\n') == line + strlen(line) - 1);
        free(line);
    }
    weft_optimizer_destroy(optimizer);
    free(genome);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_optimize *optimize = NULL;
    weft_error error = {0};
    const char *text = size > 0 ? (const char *)bytes : "";
    if (weft_optimize_parse(text, size, "fuzz.yaml", &optimize, &error) != WEFT_OK) {
        require(optimize == NULL && error.message[0] != '\0');
        return 0;
    }
    check_info(optimize);
    check_identity(optimize);
    try_search(optimize);
    weft_optimize_destroy(optimize);
    return 0;
}
