/* SPDX-License-Identifier: Apache-2.0
 *
 * What one thread needs to evaluate designs, made once: the chip's regions, priced, which the genes
 * of the hardware turn; the workloads of the networks, refilled by each design; so that a
 * design costs arithmetic, in the memory that is there. */
#ifndef WEFT_STUDY_EVALUATOR_H
#define WEFT_STUDY_EVALUATOR_H

#include "study/cache.h"
#include "study/problem.h"

typedef struct weft_evaluator weft_evaluator;

/* `accuracy` is borrowed; NULL: no metric asks for one. WEFT_ERROR_INPUT where the chip lacks what a
 * gene sets or what a metric that the problem asks for is made of. */
weft_status weft_evaluator_create(const weft_problem *problem, const weft_accuracy *accuracy,
                                  weft_evaluator **evaluator, weft_error *error) WEFT_NODISCARD;
/* Accuracies that are there are taken from a cache, others added; borrowed, NULL: no cache. */
void weft_evaluator_share(weft_evaluator *evaluator, weft_cache *cache);
void weft_evaluator_destroy(weft_evaluator *evaluator);

/* Fills metrics, score, state, violation and reason of *trial (begun with weft_trial_blank) from its
 * genome. WEFT_OK whatever state the trial ends in;
 * WEFT_STOPPED: nothing is to be kept; WEFT_ERROR_MEMORY: there was no room. Not thread-safe: one
 * evaluator for each thread. The figures do not depend on what it evaluated before. */
weft_status weft_evaluator_run(weft_evaluator *evaluator, const weft_stop *stop, weft_trial *trial,
                               weft_error *error) WEFT_NODISCARD;

/* The metrics and the objectives (minimised) of a genome alone, for walks over millions: no text is
 * written but into *error where the chip cannot run it. Statuses as above. */
weft_status weft_evaluator_quick(weft_evaluator *evaluator, const double *genome,
                                 weft_trial_state *state, double *metrics, double *vector,
                                 weft_error *error) WEFT_NODISCARD;

/* Whether a gene turns the chip without changing where layers lie on it: such genes are cheap. */
bool weft_evaluator_is_cheap(const weft_evaluator *evaluator, int gene);

/* Turns the chip to a genome, without evaluating; what the genome leaves open stands as the chip's
 * file says. */
weft_status weft_evaluator_turn(weft_evaluator *evaluator, const double *genome,
                                weft_error *error) WEFT_NODISCARD;

/* Whether the chip takes both ends of what each gene that is not fixed may set. */
weft_status weft_evaluator_check(weft_evaluator *evaluator, weft_error *error) WEFT_NODISCARD;

#endif
