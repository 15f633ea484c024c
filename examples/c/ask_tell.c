/* SPDX-License-Identifier: Apache-2.0
 * Weft's search alone: two objectives over an integer, a real on a logarithmic scale and a choice. */
#include <math.h>
#include <stdio.h>

#include <weft/search.h>

enum { GENES = 3, BATCH = 10, TRIALS = 500 };

static void measure(const double *genome, weft_outcome *outcome) {
    double error = 1.0 / genome[0] + pow(log10(genome[1]) + 2.0, 2) + (genome[2] == 0 ? 0.1 : 0.0);
    double energy = genome[0] * (genome[2] == 0 ? 1.0 : 1.5);
    *outcome = (weft_outcome){.state = WEFT_OUTCOME_OK, .objectives = {error, energy}};
}

int main(void) {
    static const weft_gene genes[GENES] = {
        {.name = "width", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 64},
        {.name = "rate", .kind = WEFT_GENE_REAL, .lower = 1e-4, .upper = 1, .log_scale = true},
        {.name = "mode", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 2, .upper = 1}};
    weft_gene_table table = {.genes = genes, .n_genes = GENES};
    weft_optimizer_settings settings;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    double genomes[BATCH][GENES], best = INFINITY;
    int given = 0;
    weft_optimizer_defaults(&settings);
    settings.name = "nsga2";
    settings.n_objectives = 2;
    weft_status status = weft_optimizer_create(&table, &settings, &optimizer, &error);
    for (uint64_t t = 0; status == WEFT_OK && t < TRIALS; t += BATCH) {
        status = weft_optimizer_ask(optimizer, t, BATCH, genomes[0], &given, &error);
        for (int i = 0; status == WEFT_OK && i < given; i++) {
            weft_outcome outcome;
            measure(genomes[i], &outcome);
            best = fmin(best, outcome.objectives[0] * outcome.objectives[1]);
            status = weft_optimizer_tell(optimizer, genomes[i], &outcome, &error);
        }
    }
    weft_optimizer_destroy(optimizer);
    printf("%s, best error x energy %.4f\n", status == WEFT_OK ? "done" : error.message, best);
    return status == WEFT_OK && best < 1.3 ? 0 : 1;
}
