/* SPDX-License-Identifier: Apache-2.0
 * A problem as the study room sees it. */
#ifndef WEFT_STUDY_PROBLEM_H
#define WEFT_STUDY_PROBLEM_H

#include <weft/study.h>

#include "base/expr.h"

struct weft_problem {
    weft_problem_info info;
    weft_space *space;
    weft_chip *chip;
    weft_expr *score; /* NULL where there are objectives */
    weft_expr *constraints[WEFT_MAX_CONSTRAINTS];
    /* What the pointers of `info` lead to. */
    char data[WEFT_PROBLEM_NAME];
    char provider[WEFT_PROBLEM_NAME];
    char optimizer[WEFT_PROBLEM_NAME];
};

/* The three texts that make a problem again anywhere: the problem with every setting written out,
 * its resolved space, its chip. The last two are borrowed from the problem. */
typedef struct weft_problem_texts {
    char *problem; /* malloc'ed */
    const char *space;
    const char *chip;
} weft_problem_texts;

weft_status weft_problem_write(const weft_problem *problem, weft_problem_texts *texts,
                               weft_error *error) WEFT_NODISCARD;

/* A problem file of its own, for a person to run again: the space is written out in it, the chip is
 * named. *text is malloc'ed. */
weft_status weft_problem_write_alone(const weft_problem *problem, char **text,
                                     weft_error *error) WEFT_NODISCARD;

/* Reads what weft_problem_write gave; needs neither the data set nor the files of share/weft. */
weft_status weft_problem_parse(const char *problem_text, const char *space_text,
                               const char *chip_text, const char *name, weft_problem **problem,
                               weft_error *error) WEFT_NODISCARD;

/* Whether an expression or objective of the problem names the metric. */
bool weft_problem_uses(const weft_problem *problem, weft_metric metric);

/* The objective vector of a trial as the optimizer minimises it. */
void weft_problem_objectives(const weft_problem *problem, const weft_trial *trial, double *vector);

#endif
