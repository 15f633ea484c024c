/* SPDX-License-Identifier: Apache-2.0
 *
 * Single designs: those that a person names, and those one step beside another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/evaluator.h"
#include "study/judge.h"

/* Steps of a real gene from one end of its range to the other. */
enum { REAL_STEPS = 20 };

void weft_problem_stand(const weft_problem *problem, double *genome) {
    weft_problem_hold(problem, genome);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* The value of an active gene after a step; its own where it is at its end. */
static double stepped(const weft_gene *gene, double value, int way) {
    double sign = way > 0 ? 1.0 : -1.0;
    if (gene->kind != WEFT_GENE_REAL) {
        value += sign;
    } else if (gene->log_scale) {
        value *= pow(gene->upper / gene->lower, sign / REAL_STEPS);
    } else {
        value += sign * (gene->upper - gene->lower) / REAL_STEPS;
    }
    return fmin(fmax(value, gene->lower), gene->upper);
}

/* Gives a value to the genes that a step has made active, parents before their children. */
static void wake_genes(const weft_gene_table *table, const double *stand, double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        if (isnan(genome[g]) && weft_gene_active(table, genome, g)) {
            genome[g] = stand[g];
        }
    }
    weft_genome_canonical(table, genome);
}

weft_status weft_problem_step(const weft_problem *problem, const double *genome, int gene, int way,
                              double *beside, weft_error *error) {
    weft_gene_table table = weft_space_genes(problem->space);
    size_t n = (size_t)table.n_genes;
    if (gene < 0 || gene >= table.n_genes) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the space has %d genes; there is no number %d",
                         table.n_genes, gene);
    }
    if (isnan(genome[gene]) || weft_space_is_inert(problem->space, gene)) {
        return WEFT_DONE;
    }
    double value = stepped(&table.genes[gene], genome[gene], way);
    if (value == genome[gene]) {
        return WEFT_DONE;
    }
    double *stand = calloc(n, sizeof *stand);
    if (stand == NULL) {
        return weft_fail_memory(error, n * sizeof *stand);
    }
    weft_problem_hold(problem, stand);
    memcpy(beside, genome, n * sizeof *beside);
    beside[gene] = value;
    wake_genes(&table, stand, beside);
    free(stand);
    return weft_genome_legal(&table, beside)
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_INFEASIBLE, "the space rules this design out");
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* A goal that waits for an accuracy is no failure. */
static void forgive_unknown_goal(weft_trial *trial) {
    if (trial->state == WEFT_TRIAL_FAILED) {
        weft_trial_end(trial, WEFT_TRIAL_OK, 0.0, "");
    }
}

static weft_status evaluate_all(weft_evaluator *evaluator, const weft_problem *problem,
                                const double *genomes, size_t n, bool waits, weft_trial *trials,
                                weft_error *error) {
    size_t width = (size_t)weft_space_genes(problem->space).n_genes;
    for (size_t i = 0; i < n; i++) {
        weft_trial_blank(problem, i, genomes + i * width, &trials[i]);
        WEFT_TRY(weft_evaluator_run(evaluator, NULL, &trials[i], error));
        if (waits) {
            forgive_unknown_goal(&trials[i]);
        }
    }
    return WEFT_OK;
}

weft_status weft_problem_evaluate(const weft_problem *problem, const double *genomes, size_t n,
                                  weft_trial *trials, weft_error *error) {
    bool trained = problem->info.trains &&
                   weft_accuracy_needs_data(problem->info.accuracy.provider);
    weft_accuracy *accuracy = NULL;
    weft_evaluator *evaluator = NULL;
    if ((problem->info.trains && !trained) || problem->info.scores) {
        WEFT_TRY(weft_problem_accuracy(problem, &accuracy, error));
    }
    weft_status status = weft_evaluator_create(problem, accuracy, &evaluator, error);
    if (status == WEFT_OK) {
        status = evaluate_all(evaluator, problem, genomes, n, trained, trials, error);
    }
    weft_evaluator_destroy(evaluator);
    weft_accuracy_destroy(accuracy);
    return status;
}
