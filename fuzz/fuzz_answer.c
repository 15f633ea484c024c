/* SPDX-License-Identifier: Apache-2.0
 * What a program answers to a candidate, and lines of a journal: any bytes. An answer that counts has
 * numbers for all objectives; a record that reads is written and read the same. */
#include "space/space.h"
#include "study/optimize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char genes[] = "width: {integer: [1, 64]}\n"
                            "rate: {real: [1e-4, 1], log: true}\n"
                            "kind: {categorical: [fast, exact]}\n"
                            "depth: {ordinal: [1, 2, 4, 8], when: kind == exact}\n";

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

/* Two objectives, a further metric, a constraint on it. */
static weft_optimize *make(void) {
    static const char *const names[] = {"error", "energy", "latency"};
    weft_error error;
    weft_doc *doc = NULL;
    weft_optimize *optimize = calloc(1, sizeof *optimize);
    require(optimize != NULL);
    optimize->info.n_objectives = 2;
    optimize->info.n_metrics = 3;
    optimize->info.n_constraints = 1;
    for (int m = 0; m < 3; m++) {
        snprintf(optimize->info.metrics[m], WEFT_OPTIMIZE_NAME, "%s", names[m]);
    }
    snprintf(optimize->info.constraints[0], WEFT_EXPRESSION, "latency <= 3");
    require(weft_doc_parse(genes, sizeof genes - 1, "genes", &doc, &error) == WEFT_OK);
    require(weft_space_read_genes(doc, weft_doc_root(doc), "fuzz", &optimize->space, &error) ==
            WEFT_OK);
    require(weft_expr_parse_constraint("latency <= 3", names, 3, &optimize->constraints[0],
                                       &error) == WEFT_OK);
    weft_doc_destroy(doc);
    return optimize;
}

static void check_answer(const weft_optimize *optimize, const char *line, size_t size) {
    double genome[4] = {1, 0.5, 0, NAN};
    weft_optimize_trial trial = {.number = 3, .genome = genome};
    bool on_track = weft_answer_read(optimize, line, size, &trial);
    require(on_track || trial.state == WEFT_OUTCOME_FAILED);
    require((trial.state == WEFT_OUTCOME_OK) == (trial.reason[0] == '\0'));
    for (int i = 0; trial.state == WEFT_OUTCOME_OK && i < 2; i++) {
        require(isfinite(trial.metrics[i]));
    }
    require(trial.state != WEFT_OUTCOME_INFEASIBLE || trial.violation > 0.0);
}

static void check_record(const weft_optimize *optimize, const char *line, size_t size) {
    double genome[4];
    double again[4];
    weft_error error;
    weft_optimize_trial trial = {.genome = genome};
    weft_optimize_trial other = {.genome = again};
    if (weft_record_read(optimize, line, size, &trial, &error) != WEFT_OK) {
        return;
    }
    char *written = weft_record_write(optimize, &trial);
    require(written != NULL);
    require(weft_record_read(optimize, written, strlen(written), &other, &error) == WEFT_OK);
    weft_gene_table table = weft_space_genes(optimize->space);
    require(weft_genome_equal(&table, genome, again) && trial.number == other.number &&
            trial.state == other.state && strcmp(trial.reason, other.reason) == 0);
    free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static weft_optimize *optimize = NULL;
    const char *line = size > 0 ? (const char *)bytes : "";
    optimize = optimize != NULL ? optimize : make();
    check_answer(optimize, line, size);
    check_record(optimize, line, size);
    return 0;
}
