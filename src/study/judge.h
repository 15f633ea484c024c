/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a trial: its constraints, its score, the state that it ends in. */
#ifndef WEFT_STUDY_JUDGE_H
#define WEFT_STUDY_JUDGE_H

#include "study/problem.h"

/* A trial of which nothing is known but its number and genome (borrowed). */
void weft_trial_blank(const weft_problem *problem, uint64_t number, const double *genome,
                      weft_trial *trial);

void weft_trial_end(weft_trial *trial, weft_trial_state state, double violation,
                    const char *reason);

/* By how much each constraint is broken, relative to its limit (in its own unit with the fault
 * WEFT_FAULT_VIOLATION): 0 where it holds, NaN while a metric that it names is unknown. */
void weft_problem_amounts(const weft_problem *problem, const double *metrics,
                          double amounts[WEFT_MAX_CONSTRAINTS]);

/* Whether all constraints hold whose metrics are known. */
bool weft_problem_holds(const weft_problem *problem, const double *metrics);

/* The same for a trial; where one does not hold it ends as infeasible, with the sum of what they are
 * broken by and the first of them as its reason. */
bool weft_trial_check(const weft_problem *problem, weft_trial *trial);

/* Ends a trial as failed whose constraints name a metric that is unknown to the end: it must not pass
 * unseen. False where it does. */
bool weft_trial_knows(const weft_problem *problem, weft_trial *trial);

/* Gives the trial its score. Objectives must be numbers: one that divides by zero ends as failed. */
void weft_trial_score(const weft_problem *problem, weft_trial *trial);

#endif
