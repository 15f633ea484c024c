/* SPDX-License-Identifier: Apache-2.0
 *
 * Ask and tell: the table of methods, checks of what comes in, the history, and what makes a
 * proposal acceptable. A trial's random stream is named by (seed, trial number) alone; a refused
 * proposal is drawn again further down the same stream.
 */
#include "search/optimizer.h"
#include "search/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws for one trial: from the method, then at random where the space can be enumerated after it,
 * and at random where it cannot. */
enum { METHOD_ATTEMPTS = 96, RANDOM_ATTEMPTS = 160, LAST_ATTEMPTS = 10000 };

static const weft_method *const methods[] = {
    &weft_method_random,
    &weft_method_tpe,
    &weft_method_nsga2,
};
enum { N_METHODS = sizeof methods / sizeof methods[0] };

const char *const *weft_optimizer_names(void) {
    static const char *const names[] = {"random", "tpe", "nsga2", NULL};
    return names;
}

void weft_optimizer_defaults(weft_optimizer_settings *settings) {
    *settings = (weft_optimizer_settings){
        .name = "tpe",
        .n_objectives = 1,
        .startup_trials = 20,
        .candidates = 24,
        .gamma = 0.25,
        .prior_weight = 1.0,
        .linear_forgetting = 25,
        .population = 20,
        .crossover_probability = 0.9,
        .mutation_probability = -1.0,
    };
}

/* ---- checks ---------------------------------------------------------------------------------- */

static weft_status find_method(const char *name, const weft_method **method, weft_error *error) {
    for (size_t i = 0; i < N_METHODS; i++) {
        if (name != NULL && strcmp(name, methods[i]->name) == 0) {
            *method = methods[i];
            return WEFT_OK;
        }
    }
    weft_fail(error, WEFT_ERROR_USAGE, "unknown optimizer '%s'; expected random, tpe or nsga2",
              name == NULL ? "" : name);
    const char *near = name == NULL ? NULL
                                    : weft_nearest(name, weft_optimizer_names(), (size_t)N_METHODS);
    if (near != NULL) {
        weft_hint(error, "did you mean '%s'?", near);
    }
    return WEFT_ERROR_USAGE;
}

static weft_status check_real(const char *name, double value, double lower, double upper,
                              weft_error *error) {
    if (value >= lower && value <= upper) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_USAGE, "optimizer setting %s is %g; expected %g to %g", name,
                     value, lower, upper);
}

static weft_status check_settings(const weft_optimizer_settings *settings, weft_error *error) {
    WEFT_TRY(check_real("n_objectives", settings->n_objectives, 1, WEFT_MAX_OBJECTIVES, error));
    WEFT_TRY(check_real("startup_trials", settings->startup_trials, 0, 1e6, error));
    WEFT_TRY(check_real("candidates", settings->candidates, 1, 1e6, error));
    WEFT_TRY(check_real("gamma", settings->gamma, 1e-6, 1e3, error));
    WEFT_TRY(check_real("prior_weight", settings->prior_weight, 1e-6, 1e6, error));
    WEFT_TRY(check_real("linear_forgetting", settings->linear_forgetting, 1, 1e9, error));
    WEFT_TRY(check_real("population", settings->population, 2, 1e6, error));
    WEFT_TRY(check_real("crossover_probability", settings->crossover_probability, 0, 1, error));
    if (settings->mutation_probability < 0.0) {
        return WEFT_OK;
    }
    return check_real("mutation_probability", settings->mutation_probability, 0, 1, error);
}

static const char *range_fault(const weft_gene *gene) {
    const double whole = 0x1p53; /* integers are exact in a double up to here */
    if (!isfinite(gene->lower) || !isfinite(gene->upper) || gene->lower > gene->upper) {
        return "its range is empty or not finite";
    }
    switch (gene->kind) {
    case WEFT_GENE_CATEGORICAL:
    case WEFT_GENE_ORDINAL:
        if (gene->n_choices < 1 || gene->n_choices > WEFT_GENE_MAX_CHOICES) {
            return "its number of choices is outside 1 to 64";
        }
        if (gene->lower != 0.0 || gene->upper != gene->n_choices - 1) {
            return "its range is not 0 to choices - 1";
        }
        break;
    case WEFT_GENE_INTEGER:
        if (floor(gene->lower) != gene->lower || floor(gene->upper) != gene->upper ||
            fabs(gene->lower) > whole || fabs(gene->upper) > whole) {
            return "its range is not whole numbers below 2^53";
        }
        break;
    case WEFT_GENE_REAL:
        if (gene->log_scale && gene->lower <= 0.0) {
            return "its scale is logarithmic and its range reaches 0";
        }
        break;
    default:
        return "its kind is unknown";
    }
    return gene->log_scale && gene->kind != WEFT_GENE_REAL ? "only real genes have a log scale"
                                                           : NULL;
}

static weft_status check_genes(const weft_gene_table *table, weft_error *error) {
    if (table->n_genes < 1 || table->genes == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the search space has no genes");
    }
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        const char *fault = range_fault(gene);
        if (fault == NULL &&
            (gene->n_conditions < 0 || gene->n_conditions > WEFT_GENE_MAX_CONDITIONS)) {
            fault = "its number of conditions is outside 0 to 4";
        }
        for (int c = 0; fault == NULL && c < gene->n_conditions; c++) {
            if (gene->conditions[c].parent < 0 || gene->conditions[c].parent >= g) {
                fault = "a parent of it does not stand before it";
            }
        }
        if (fault != NULL) {
            return weft_fail(error, WEFT_ERROR_USAGE, "gene %d ('%.47s'): %s", g, gene->name,
                             fault);
        }
    }
    return WEFT_OK;
}

static weft_status check_genome(const weft_gene_table *table, const double *genome,
                                weft_error *error) {
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (!weft_gene_active(table, genome, g)) {
            continue;
        }
        bool inside = genome[g] >= gene->lower && genome[g] <= gene->upper;
        if (!inside || (weft_gene_whole(gene) && floor(genome[g]) != genome[g])) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "told a genome whose gene '%.47s' is %g; expected %s %g to %g",
                             gene->name, genome[g], weft_gene_whole(gene) ? "a whole number" : "",
                             gene->lower, gene->upper);
        }
    }
    return WEFT_OK;
}

static weft_status check_outcome(const weft_outcome *outcome, int n_objectives, weft_error *error) {
    switch (outcome->state) {
    case WEFT_OUTCOME_OK:
        for (int m = 0; m < n_objectives; m++) {
            if (!isfinite(outcome->objectives[m])) {
                weft_fail(error, WEFT_ERROR_USAGE, "told %g as objective %d; expected a number",
                          outcome->objectives[m], m);
                weft_hint(error, "tell a trial without a result as failed");
                return WEFT_ERROR_USAGE;
            }
        }
        return WEFT_OK;
    case WEFT_OUTCOME_INFEASIBLE:
        if (!(outcome->violation > 0.0)) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "told an infeasible trial of violation %g; expected more than 0",
                             outcome->violation);
        }
        return WEFT_OK;
    case WEFT_OUTCOME_FAILED:
        return WEFT_OK;
    default:
        return weft_fail(error, WEFT_ERROR_USAGE, "told an unknown state %d", (int)outcome->state);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static weft_status fill(weft_optimizer *optimizer, const weft_gene_table *table,
                        weft_error *error) {
    size_t n = (size_t)table->n_genes;
    optimizer->genes = malloc(n * sizeof *optimizer->genes);
    optimizer->scratch = malloc(n * sizeof *optimizer->scratch);
    if (optimizer->genes == NULL || optimizer->scratch == NULL) {
        return weft_fail_memory(error, n * sizeof *optimizer->genes);
    }
    memcpy(optimizer->genes, table->genes, n * sizeof *optimizer->genes);
    optimizer->table = *table;
    optimizer->table.genes = optimizer->genes;
    optimizer->history.table = &optimizer->table;
    optimizer->n_leaves = -1;
    if (optimizer->method->create != NULL) {
        return optimizer->method->create(optimizer, error);
    }
    return WEFT_OK;
}

weft_status weft_optimizer_create(const weft_gene_table *table,
                                  const weft_optimizer_settings *settings,
                                  weft_optimizer **optimizer, weft_error *error) {
    const weft_method *method = NULL;
    WEFT_TRY(find_method(settings->name, &method, error));
    WEFT_TRY(check_settings(settings, error));
    WEFT_TRY(check_genes(table, error));
    weft_optimizer *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return weft_fail_memory(error, sizeof *created);
    }
    created->method = method;
    created->settings = *settings;
    created->settings.name = method->name;
    weft_status status = fill(created, table, error);
    if (status != WEFT_OK) {
        weft_optimizer_destroy(created);
        return status;
    }
    *optimizer = created;
    return WEFT_OK;
}

void weft_optimizer_destroy(weft_optimizer *optimizer) {
    if (optimizer == NULL) {
        return;
    }
    if (optimizer->state != NULL) {
        optimizer->method->destroy(optimizer->state);
    }
    weft_history_clear(&optimizer->history);
    free(optimizer->genes);
    free(optimizer->scratch);
    free(optimizer);
}

/* ---- ask and tell ---------------------------------------------------------------------------- */

bool weft_optimizer_accepts(const weft_optimizer *optimizer, const double *genome) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    return !weft_history_holds(&optimizer->history, genome) &&
           weft_genome_legal(&optimizer->table, genome) &&
           !(settings->seen != NULL && settings->seen(settings->seen_context, genome));
}

static bool propose_random(const weft_optimizer *optimizer, int attempts, weft_rng *rng,
                           double *genome) {
    for (int attempt = 0; attempt < attempts; attempt++) {
        weft_genome_draw(&optimizer->table, rng, genome);
        if (weft_optimizer_accepts(optimizer, genome)) {
            return true;
        }
    }
    return false;
}

/* One acceptable genome for a trial; false: the space seems exhausted. */
static bool propose(weft_optimizer *optimizer, uint64_t trial, double *genome) {
    weft_rng rng = weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_ASK, trial);
    for (int attempt = 0; attempt < METHOD_ATTEMPTS; attempt++) {
        optimizer->method->propose(optimizer, attempt, &rng, genome);
        if (weft_optimizer_accepts(optimizer, genome)) {
            return true;
        }
    }
    if (propose_random(optimizer, RANDOM_ATTEMPTS, &rng, genome)) {
        return true;
    }
    bool found;
    bool counted;
    weft_enumerate(optimizer, &rng, genome, &found, &counted);
    return counted ? found : propose_random(optimizer, LAST_ATTEMPTS, &rng, genome);
}

weft_status weft_optimizer_ask(weft_optimizer *optimizer, uint64_t first_trial, int n,
                               double *genomes, int *given, weft_error *error) {
    if (n < 0) {
        return weft_fail(error, WEFT_ERROR_USAGE, "asked for %d genomes; expected 0 or more", n);
    }
    WEFT_TRY(weft_history_reserve(&optimizer->history, (size_t)n, error));
    if (optimizer->method->prepare != NULL) {
        WEFT_TRY(optimizer->method->prepare(optimizer, error));
    }
    int found = 0;
    while (found < n) {
        double *genome = &genomes[(size_t)found * (size_t)optimizer->table.n_genes];
        if (!propose(optimizer, first_trial + (uint64_t)found, genome)) {
            break;
        }
        weft_history_push_pending(&optimizer->history, genome);
        found++;
    }
    weft_history_drop_pending(&optimizer->history);
    *given = found;
    return found < n ? WEFT_DONE : WEFT_OK;
}

weft_status weft_optimizer_tell(weft_optimizer *optimizer, const double *genome,
                                const weft_outcome *outcome, weft_error *error) {
    double *told = optimizer->scratch;
    memcpy(told, genome, (size_t)optimizer->table.n_genes * sizeof *told);
    weft_genome_normalise(&optimizer->table, told);
    WEFT_TRY(check_genome(&optimizer->table, told, error));
    WEFT_TRY(check_outcome(outcome, optimizer->settings.n_objectives, error));
    WEFT_TRY(weft_history_reserve(&optimizer->history, 1, error));
    weft_history_push(&optimizer->history, told, outcome);
    return WEFT_OK;
}
