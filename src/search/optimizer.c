/* SPDX-License-Identifier: Apache-2.0
 *
 * Ask and tell: the table of methods, checks of what comes in, the history, and what makes a
 * proposal acceptable. A trial's random stream is named by (seed, trial number) alone; a refused
 * proposal is drawn again further down the same stream.
 */
#include "search/optimizer.h"
#include "search/sampling.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Draws for one trial: from the method, then at random where the space can be enumerated after it,
 * and at random where it cannot. */
enum { METHOD_ATTEMPTS = 96, RANDOM_ATTEMPTS = 160, LAST_ATTEMPTS = 10000 };

/* Largest distribution index: children beyond it are copies. Largest sample: its distances are a
 * table walked `screened` times. Most divisions: their directions are counted without overflow. Most
 * observations: their covariances are a square. */
enum {
    MAX_ETA = 1000,
    MAX_SAMPLE = 100000,
    MAX_DIVISIONS = 1000,
    MAX_OBSERVATIONS = 5000,
    MAX_HIDDEN = 1024,
    MAX_DELAY = 1000000,
};

#define METHOD(name) &weft_method_##name,
static const weft_method *const methods[] = {WEFT_METHOD_MAP(METHOD)};
#undef METHOD
enum { N_METHODS = sizeof methods / sizeof methods[0] };

const char *const *weft_optimizer_names(void) {
#define NAME(name) #name,
    static const char *const names[] = {WEFT_METHOD_MAP(NAME) NULL};
#undef NAME
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
        .observations = 500,
        .scored = 1000,
        .crossover_probability = -1.0,
        .child_mutation_probability = -1.0,
        .mutation_probability = -1.0,
        .eta_crossover = -1.0,
        .eta_mutation = -1.0,
        .neighbours = 20,
        .neighbour_probability = 0.9,
        .replacements = 2,
        .sample = 1000,
        .screened = 500,
        .phase_generations = 10,
        .phases = {{1.0, 1.0, 3.0, 3.0},
                   {0.9, 0.5, 7.0, 7.0},
                   {1.0, 0.2, 15.0, 15.0},
                   {1.0, 0.05, 25.0, 25.0}},
        .acceptance = 0.5,
        .cooling = 0.99,
        .first_step = 0.3,
        .margin = 1.0,
        .restart_factor = 2.0,
        .hidden = 16,
        .learning_rate = 0.01,
        .entropy = 0.01,
        .baseline = 0.9,
        .least_share = 0.05,
        .delay = 16,
        .limit = 1000000,
    };
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* "a, b or c" */
static void list_names(char *text, size_t size) {
    size_t length = 0;
    for (size_t i = 0; i < N_METHODS && length < size; i++) {
        const char *joint = i == 0 ? "" : i == N_METHODS - 1 ? " or " : ", ";
        length += (size_t)snprintf(text + length, size - length, "%s%s", joint, methods[i]->name);
    }
}

weft_status weft_method_find(const char *name, const weft_method **method, weft_error *error) {
    const char *const *names = weft_optimizer_names();
    for (size_t i = 0; i < N_METHODS; i++) {
        if (name != NULL && strcmp(name, methods[i]->name) == 0) {
            *method = methods[i];
            return WEFT_OK;
        }
    }
    char all[512];
    list_names(all, sizeof all);
    weft_fail(error, WEFT_ERROR_USAGE, "unknown optimizer '%s'; expected %s",
              name == NULL ? "" : name, all);
    const char *near = name == NULL ? NULL : weft_nearest(name, names, (size_t)N_METHODS);
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

/* Below 0, or a population of 0: the method's own. */
static weft_status check_breeding(const weft_optimizer_settings *settings, weft_error *error) {
    WEFT_TRY(check_real("tournament", settings->tournament, 0, 1e6, error));
    if (settings->population != 0) {
        WEFT_TRY(check_real("population", settings->population, 2, 1e6, error));
    }
    WEFT_TRY(check_real("crossover_probability", fmax(settings->crossover_probability, 0.0), 0, 1,
                        error));
    WEFT_TRY(check_real("child_mutation_probability",
                        fmax(settings->child_mutation_probability, 0.0), 0, 1, error));
    WEFT_TRY(
        check_real("mutation_probability", fmax(settings->mutation_probability, 0.0), 0, 1, error));
    WEFT_TRY(check_real("eta_crossover", fmax(settings->eta_crossover, 0.0), 0, MAX_ETA, error));
    WEFT_TRY(check_real("eta_mutation", fmax(settings->eta_mutation, 0.0), 0, MAX_ETA, error));
    WEFT_TRY(check_real("sample", settings->sample, 1, MAX_SAMPLE, error));
    WEFT_TRY(check_real("screened", settings->screened, 1, settings->sample, error));
    return check_real("phase_generations", settings->phase_generations, 1, 1e6, error);
}

static weft_status check_directions(const weft_optimizer_settings *settings, weft_error *error) {
    WEFT_TRY(check_real("divisions", settings->divisions, 0, MAX_DIVISIONS, error));
    WEFT_TRY(check_real("inner_divisions", settings->inner_divisions, 0, MAX_DIVISIONS, error));
    WEFT_TRY(check_real("neighbours", settings->neighbours, 2, 1000, error));
    WEFT_TRY(check_real("neighbour_probability", settings->neighbour_probability, 0, 1, error));
    return check_real("replacements", settings->replacements, 1, 1e6, error);
}

static weft_status check_phase(const weft_search_phase *phase, weft_error *error) {
    WEFT_TRY(
        check_real("phases: crossover_probability", phase->crossover_probability, 0, 1, error));
    WEFT_TRY(check_real("phases: child_mutation_probability", phase->child_mutation_probability, 0,
                        1, error));
    WEFT_TRY(check_real("phases: eta_crossover", phase->eta_crossover, 0, MAX_ETA, error));
    return check_real("phases: eta_mutation", phase->eta_mutation, 0, MAX_ETA, error);
}

static weft_status check_controller(const weft_optimizer_settings *settings, weft_error *error) {
    WEFT_TRY(check_real("hidden", settings->hidden, 1, MAX_HIDDEN, error));
    WEFT_TRY(check_real("learning_rate", settings->learning_rate, 1e-6, 1, error));
    WEFT_TRY(check_real("entropy", settings->entropy, 0, 10, error));
    return check_real("baseline", settings->baseline, 0, 0.9999, error);
}

static weft_status check_settings(const weft_optimizer_settings *settings, weft_error *error) {
    WEFT_TRY(check_real("n_objectives", settings->n_objectives, 1, WEFT_MAX_OBJECTIVES, error));
    WEFT_TRY(check_real("startup_trials", settings->startup_trials, 0, 1e6, error));
    WEFT_TRY(check_real("candidates", settings->candidates, 1, 1e6, error));
    WEFT_TRY(check_real("gamma", settings->gamma, 1e-6, 1e3, error));
    WEFT_TRY(check_real("prior_weight", settings->prior_weight, 1e-6, 1e6, error));
    WEFT_TRY(check_real("linear_forgetting", settings->linear_forgetting, 1, 1e9, error));
    WEFT_TRY(check_real("observations", settings->observations, 50, MAX_OBSERVATIONS, error));
    WEFT_TRY(check_real("scored", settings->scored, 10, 1e6, error));
    WEFT_TRY(check_breeding(settings, error));
    WEFT_TRY(check_real("acceptance", settings->acceptance, 0.001, 0.999, error));
    WEFT_TRY(check_real("cooling", settings->cooling, 0.1, 0.999999, error));
    WEFT_TRY(check_real("first_step", settings->first_step, 1e-3, 10, error));
    WEFT_TRY(check_real("margin", settings->margin, 0, 100, error));
    WEFT_TRY(check_real("restart_factor", settings->restart_factor, 1, 10, error));
    WEFT_TRY(check_controller(settings, error));
    WEFT_TRY(check_real("least_share", settings->least_share, 0, 0.5, error));
    WEFT_TRY(check_real("delay", settings->delay, 0, MAX_DELAY, error));
    WEFT_TRY(check_real("limit", (double)settings->limit, 1, 1e15, error));
    WEFT_TRY(check_directions(settings, error));
    for (int k = 0; k < WEFT_SEARCH_PHASES; k++) {
        WEFT_TRY(check_phase(&settings->phases[k], error));
    }
    return WEFT_OK;
}

static weft_status check_genome(const weft_gene_table *table, const double *genome,
                                const char *what, weft_error *error) {
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (!weft_gene_active(table, genome, g)) {
            continue;
        }
        bool inside = genome[g] >= gene->lower && genome[g] <= gene->upper;
        if (!inside || (weft_gene_whole(gene) && floor(genome[g]) != genome[g])) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "%s whose gene '%.47s' is %g; expected %s%g to %g", what, gene->name,
                             genome[g], weft_gene_whole(gene) ? "a whole number " : "", gene->lower,
                             gene->upper);
        }
    }
    return WEFT_OK;
}

/* The amounts by which constraints are broken; *sum becomes theirs. */
static weft_status check_violations(const weft_outcome *outcome, double *sum, weft_error *error) {
    if (outcome->n_constraints < 0 || outcome->n_constraints > WEFT_MAX_CONSTRAINTS) {
        return weft_fail(error, WEFT_ERROR_USAGE, "told %d constraints; expected 0 to %d",
                         outcome->n_constraints, WEFT_MAX_CONSTRAINTS);
    }
    for (int c = 0; c < outcome->n_constraints; c++) {
        double amount = outcome->violations[c];
        if (amount < 0.0 || (amount > 0.0 && outcome->state == WEFT_OUTCOME_OK)) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "told that constraint %d is broken by %g; expected %s", c, amount,
                             amount < 0.0 ? "0 or more" : "0 of a trial that is ok");
        }
        *sum += isnan(amount) ? 0.0 : amount;
    }
    return WEFT_OK;
}

static weft_status check_outcome(const weft_outcome *outcome, int n_objectives, weft_error *error) {
    if (!(outcome->fidelity >= 0.0 && outcome->fidelity <= 1.0)) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "told a result of fidelity %g; expected above 0 to 1", outcome->fidelity);
    }
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

/* The genes as they are searched: those that are frozen have a single value. */
static weft_status copy_genes(weft_optimizer *optimizer, const weft_gene_table *table,
                              weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    size_t n = (size_t)table->n_genes;
    optimizer->genes = malloc(n * sizeof *optimizer->genes);
    optimizer->scratch = malloc(n * sizeof *optimizer->scratch);
    if (optimizer->genes == NULL || optimizer->scratch == NULL) {
        return weft_fail_memory(error, n * sizeof *optimizer->genes);
    }
    if (settings->frozen == NULL) {
        memcpy(optimizer->genes, table->genes, n * sizeof *optimizer->genes);
    } else if (settings->frozen_genome == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "genes are frozen, and no frozen genome is given");
    } else {
        WEFT_TRY(weft_genes_freeze(table, settings->frozen, settings->frozen_genome,
                                   optimizer->genes, error));
    }
    optimizer->settings.frozen = NULL; /* borrowed: not ours after create */
    optimizer->settings.frozen_genome = NULL;
    optimizer->table = *table;
    optimizer->table.genes = optimizer->genes;
    optimizer->history.table = &optimizer->table;
    return WEFT_OK;
}

static weft_status copy_seeds(weft_optimizer *optimizer, weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    size_t n_genes = (size_t)optimizer->table.n_genes;
    size_t size = (size_t)settings->n_seeds * n_genes * sizeof(double);
    if (settings->n_seeds == 0) {
        optimizer->settings.seeds = NULL;
        return WEFT_OK;
    }
    if (settings->n_seeds < 0 || settings->seeds == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "%d seed genomes; expected 0 or more, and those",
                         settings->n_seeds);
    }
    optimizer->seeds = malloc(size);
    if (optimizer->seeds == NULL) {
        return weft_fail_memory(error, size);
    }
    memcpy(optimizer->seeds, settings->seeds, size);
    optimizer->settings.seeds = optimizer->seeds;
    for (int i = 0; i < settings->n_seeds; i++) {
        double *seed = &optimizer->seeds[(size_t)i * n_genes];
        weft_genome_normalise(&optimizer->table, seed);
        WEFT_TRY(check_genome(&optimizer->table, seed, "a seed genome", error));
        if (!weft_genome_legal(&optimizer->table, seed)) {
            return weft_fail(error, WEFT_ERROR_USAGE, "seed genome %d breaks a rule of the space",
                             i);
        }
    }
    return WEFT_OK;
}

static weft_status fill(weft_optimizer *optimizer, const weft_gene_table *table,
                        weft_error *error) {
    WEFT_TRY(copy_genes(optimizer, table, error));
    WEFT_TRY(copy_seeds(optimizer, error));
    if (optimizer->method->create != NULL) {
        return optimizer->method->create(optimizer, error);
    }
    return WEFT_OK;
}

weft_status weft_optimizer_create(const weft_gene_table *table,
                                  const weft_optimizer_settings *settings,
                                  weft_optimizer **optimizer, weft_error *error) {
    const weft_method *method = NULL;
    WEFT_TRY(weft_method_find(settings->name, &method, error));
    WEFT_TRY(check_settings(settings, error));
    WEFT_TRY(weft_gene_table_check(table, error));
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
    weft_gene_cursor_destroy(optimizer->cursor);
    weft_gene_walk_destroy(optimizer->walk);
    free(optimizer->genes);
    free(optimizer->scratch);
    free(optimizer->restrictions);
    free(optimizer->seeds);
    free(optimizer);
}

weft_status weft_optimizer_one_objective(const weft_optimizer *optimizer, weft_error *error) {
    if (optimizer->settings.n_objectives == 1) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_USAGE, "optimizer '%s' has one objective; found %d",
              optimizer->method->name, optimizer->settings.n_objectives);
    weft_hint(error, "use nsga2, or put the objectives into one score");
    return WEFT_ERROR_USAGE;
}

/* ---- ask and tell ---------------------------------------------------------------------------- */

bool weft_optimizer_accepts(const weft_optimizer *optimizer, const double *genome) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    return !weft_history_holds(&optimizer->history, genome) &&
           weft_optimizer_allows(optimizer, genome) &&
           weft_genome_legal(&optimizer->table, genome) &&
           !(settings->seen != NULL && settings->seen(settings->seen_context, genome));
}

static bool propose_random(const weft_optimizer *optimizer, int attempts, weft_rng *rng,
                           double *genome) {
    for (int attempt = 0; attempt < attempts; attempt++) {
        weft_optimizer_draw(optimizer, rng, genome);
        if (weft_optimizer_accepts(optimizer, genome)) {
            return true;
        }
    }
    return false;
}

/* The seed of a trial, if it has one that is still acceptable. */
static bool propose_seed(const weft_optimizer *optimizer, uint64_t trial, double *genome) {
    if (trial >= (uint64_t)optimizer->settings.n_seeds) {
        return false;
    }
    size_t n_genes = (size_t)optimizer->table.n_genes;
    memcpy(genome, &optimizer->seeds[(size_t)trial * n_genes], n_genes * sizeof *genome);
    return weft_optimizer_accepts(optimizer, genome);
}

/* One acceptable genome for a trial; *found is false where the space seems exhausted. */
static weft_status propose(weft_optimizer *optimizer, uint64_t trial, double *genome, bool *found,
                           weft_error *error) {
    weft_rng rng = weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_ASK, trial);
    *found = propose_seed(optimizer, trial, genome);
    for (int attempt = 0; !*found && attempt < METHOD_ATTEMPTS; attempt++) {
        optimizer->method->propose(optimizer, trial, attempt, &rng, genome);
        weft_optimizer_repair(optimizer, &rng, genome);
        *found = weft_optimizer_accepts(optimizer, genome);
    }
    if (*found || propose_random(optimizer, RANDOM_ATTEMPTS, &rng, genome)) {
        *found = true;
        return WEFT_OK;
    }
    bool counted;
    WEFT_TRY(weft_enumerate(optimizer, &rng, genome, found, &counted, error));
    if (!counted) {
        *found = propose_random(optimizer, LAST_ATTEMPTS, &rng, genome);
    }
    return WEFT_OK;
}

static weft_status propose_batch(weft_optimizer *optimizer, uint64_t first_trial, int n,
                                 double *genomes, int *given, weft_error *error) {
    for (*given = 0; *given < n; ++*given) {
        double *genome = &genomes[(size_t)*given * (size_t)optimizer->table.n_genes];
        bool found = false;
        WEFT_TRY(propose(optimizer, first_trial + (uint64_t)*given, genome, &found, error));
        if (!found) {
            return WEFT_DONE;
        }
        weft_history_push_pending(&optimizer->history, genome);
    }
    return WEFT_OK;
}

/* A state that has seen a row which is another now is made again: so it is a function of the rows, however
 * they came. */
static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    const weft_method *method = optimizer->method;
    if (method->prepare == NULL) {
        return WEFT_OK;
    }
    if (optimizer->stale) {
        if (optimizer->state != NULL) {
            method->destroy(optimizer->state);
            optimizer->state = NULL;
        }
        WEFT_TRY(method->create != NULL ? method->create(optimizer, error) : WEFT_OK);
        optimizer->stale = false;
    }
    optimizer->n_prepared = optimizer->history.n;
    return method->prepare(optimizer, error);
}

static weft_status push_out(weft_optimizer *optimizer, const double *out, int n_out,
                            weft_error *error) {
    size_t n_genes = (size_t)optimizer->table.n_genes;
    for (int i = 0; i < n_out; i++) {
        memcpy(optimizer->scratch, &out[(size_t)i * n_genes], n_genes * sizeof *out);
        weft_genome_normalise(&optimizer->table, optimizer->scratch);
        WEFT_TRY(check_genome(&optimizer->table, optimizer->scratch, "a genome is out", error));
        weft_history_push_pending(&optimizer->history, optimizer->scratch);
    }
    return WEFT_OK;
}

weft_status weft_optimizer_ask_beside(weft_optimizer *optimizer, const double *out, int n_out,
                                      uint64_t first_trial, int n, double *genomes, int *given,
                                      weft_error *error) {
    if (n < 0 || n_out < 0) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "asked for %d genomes beside %d; expected 0 or more", n, n_out);
    }
    WEFT_TRY(weft_history_reserve(&optimizer->history, (size_t)n + (size_t)n_out, error));
    optimizer->first_asked = first_trial;
    optimizer->n_asked = n;
    WEFT_TRY(prepare(optimizer, error));
    weft_status status = push_out(optimizer, out, n_out, error);
    if (status == WEFT_OK) {
        status = propose_batch(optimizer, first_trial, n, genomes, given, error);
    }
    weft_history_drop_pending(&optimizer->history);
    return status;
}

weft_status weft_optimizer_ask(weft_optimizer *optimizer, uint64_t first_trial, int n,
                               double *genomes, int *given, weft_error *error) {
    return weft_optimizer_ask_beside(optimizer, NULL, 0, first_trial, n, genomes, given, error);
}

/* Canonical copies of what is told: the genome in `scratch`, and a whole result of fidelity 1. */
static weft_status take(weft_optimizer *optimizer, const double *genome,
                        const weft_outcome *outcome, weft_outcome *told, weft_error *error) {
    double sum = 0.0;
    double *copy = optimizer->scratch;
    memcpy(copy, genome, (size_t)optimizer->table.n_genes * sizeof *copy);
    weft_genome_normalise(&optimizer->table, copy);
    *told = *outcome;
    WEFT_TRY(check_genome(&optimizer->table, copy, "told a genome", error));
    WEFT_TRY(check_violations(outcome, &sum, error));
    told->violation = outcome->n_constraints > 0 ? sum : outcome->violation;
    WEFT_TRY(check_outcome(told, optimizer->settings.n_objectives, error));
    told->fidelity = outcome->fidelity > 0.0 ? outcome->fidelity : 1.0;
    return weft_history_reserve(&optimizer->history, 1, error);
}

static void change(weft_optimizer *optimizer, size_t row, const weft_outcome *told) {
    if (told->fidelity >= optimizer->history.outcomes[row].fidelity) {
        optimizer->history.outcomes[row] = *told;
        optimizer->stale = optimizer->stale || row < optimizer->n_prepared;
    }
}

weft_status weft_optimizer_tell(weft_optimizer *optimizer, const double *genome,
                                const weft_outcome *outcome, weft_error *error) {
    weft_history *history = &optimizer->history;
    weft_outcome told;
    WEFT_TRY(take(optimizer, genome, outcome, &told, error));
    size_t row = weft_history_find(history, optimizer->scratch);
    if (row != SIZE_MAX && fmin(told.fidelity, history->outcomes[row].fidelity) < 1.0) {
        change(optimizer, row, &told);
        return WEFT_OK;
    }
    uint64_t number = history->n > 0 ? history->numbers[history->n - 1] + 1 : 0;
    weft_history_insert(history, number, optimizer->scratch, &told);
    return WEFT_OK;
}

weft_status weft_optimizer_tell_trial(weft_optimizer *optimizer, uint64_t trial,
                                      const double *genome, const weft_outcome *outcome,
                                      weft_error *error) {
    weft_history *history = &optimizer->history;
    weft_outcome told;
    WEFT_TRY(take(optimizer, genome, outcome, &told, error));
    size_t row = weft_history_row(history, trial);
    if (row == history->n || history->numbers[row] != trial) {
        optimizer->stale = optimizer->stale || row < optimizer->n_prepared;
        weft_history_insert(history, trial, optimizer->scratch, &told);
        return WEFT_OK;
    }
    size_t bytes = (size_t)optimizer->table.n_genes * sizeof *optimizer->scratch;
    if (memcmp(weft_history_genome(history, row), optimizer->scratch, bytes) != 0) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "told trial %llu a second time, of another genome; expected a fuller "
                         "result of the same one",
                         (unsigned long long)trial);
    }
    change(optimizer, row, &told);
    return WEFT_OK;
}
