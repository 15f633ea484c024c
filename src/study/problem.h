/* SPDX-License-Identifier: Apache-2.0
 * A problem as the study room sees it. */
#ifndef WEFT_STUDY_PROBLEM_H
#define WEFT_STUDY_PROBLEM_H

#include <weft/study.h>

#include "base/expr.h"

enum { WEFT_PROBLEM_PATH = 1024, WEFT_ACCURACY_KEEP = 8, WEFT_ACCURACY_FILES = 9 };

/* What a stage of the search varies, and what it wants. */
typedef struct weft_stage {
    bool *varies;     /* (genes) */
    weft_expr *score; /* NULL: the problem's own goal */
} weft_stage;

struct weft_problem {
    weft_problem_info info;
    weft_space *space;
    weft_chip *chip;
    weft_expr *score; /* NULL where there are objectives */
    weft_expr *constraints[WEFT_MAX_CONSTRAINTS];
    weft_expr *soft[WEFT_MAX_CONSTRAINTS];
    /* What the pointers of `info` lead to. */
    char data[WEFT_PROBLEM_NAME];
    char provider[WEFT_PROBLEM_NAME];
    char optimizer[WEFT_PROBLEM_NAME];
    bool names_optimizer;                 /* the file does; else whoever opens a study chooses */
    bool has_optimizer;                   /* a study has chosen it, or taken that of its store */
    bool chose_population, chose_startup; /* whether these settings came with the choice */
    char accuracy_files[WEFT_ACCURACY_FILES][WEFT_PROBLEM_PATH];   /* from anywhere */
    char accuracy_written[WEFT_ACCURACY_FILES][WEFT_PROBLEM_PATH]; /* as the file says */
    /* The plan of the search: without stages it is one that varies `free`. */
    double *fixed;                  /* (genes) NaN: not fixed */
    weft_restriction *restrictions; /* (genes) `pin` and `forbid` */
    weft_stage stages[WEFT_MAX_STAGES];
};

/* How many stages the search has: 1 at least. */
int weft_problem_n_stages(const weft_problem *problem);

/* Where the genes stand that nobody searched yet: held, or fixed. `genome` has room for all. */
void weft_problem_hold(const weft_problem *problem, double *genome);

/* The three texts that make a problem again anywhere: the problem with every setting written out,
 * its resolved space, its chip. The last two are borrowed from the problem. */
typedef struct weft_problem_texts {
    char *problem; /* malloc'ed */
    const char *space;
    const char *chip;
} weft_problem_texts;

/* Whether all settings lie in their ranges: a program may have changed them. */
weft_status weft_problem_check_options(const weft_problem *problem,
                                       weft_error *error) WEFT_NODISCARD;

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

/* "accuracy 0123456789abcdef, networks ..., opened ...": hashes of what the files that tell accuracies
 * contain, of the networks' layers, and of what the provider (NULL: none is asked) opened. A store keeps
 * it. */
enum { WEFT_INPUTS_TEXT = 96 };
weft_status weft_problem_inputs(const weft_problem *problem, const weft_accuracy *accuracy,
                                char text[WEFT_INPUTS_TEXT], weft_error *error) WEFT_NODISCARD;

/* What decides what a training gives, beside the network: the provider, the images, every setting as this
 * machine takes it, the contents of its files, and the version of Weft that trains. */
weft_status weft_problem_accuracy_hash(const weft_problem *problem, const weft_accuracy *accuracy,
                                       uint64_t *hash, weft_error *error) WEFT_NODISCARD;

/* The genes as a provider of accuracies asks for them. Names and words are borrowed from the space; the
 * arrays are freed by weft_meanings_free. */
typedef struct weft_meanings {
    weft_design_genes genes;
    weft_gene_meaning *all;
    double *numbers;
    const char **words;
} weft_meanings;
weft_status weft_meanings_make(const weft_problem *problem, weft_meanings *meanings,
                               weft_error *error) WEFT_NODISCARD;
void weft_meanings_free(weft_meanings *meanings);

/* The provider of accuracies that the problem names, told its genes; the caller destroys it. */
weft_status weft_problem_accuracy(const weft_problem *problem, weft_accuracy **accuracy,
                                  weft_error *error) WEFT_NODISCARD;

/* A hash of what a genome stands for: equal for equal designs. 0 where it cannot be built. */
uint64_t weft_problem_hash(const weft_problem *problem, const double *genome);

/* Whether an expression or objective of the problem names the metric. */
bool weft_problem_uses(const weft_problem *problem, weft_metric metric);

/* The objective vector of a trial as the optimizer minimises it; that of a stage, which may have a
 * score of its own. */
void weft_problem_objectives(const weft_problem *problem, const weft_trial *trial, double *vector);
void weft_problem_vector(const weft_problem *problem, const double *metrics, double *vector);

/* The score of metrics, with what broken soft limits cost. */
double weft_problem_score(const weft_problem *problem, const double *metrics);
int weft_stage_objectives(const weft_problem *problem, int stage, const weft_trial *trial,
                          double *vector);

/* The faults of accountings, by name (accounting.c says what they do). */
#define WEFT_FAULT_OWNS_CHIP  "layer-owns-chip"
#define WEFT_FAULT_STRIDES    "strides-lost"
#define WEFT_FAULT_FREE_CYCLE "free-cycle"
#define WEFT_FAULT_RAW_CELLS  "raw-cells"
#define WEFT_FAULT_DEPTHWISE  "depthwise-cells"
#define WEFT_FAULT_SWAPPED    "swapped-bits"
#define WEFT_FAULT_BLIND      "blind-accuracy"
#define WEFT_FAULT_VIOLATION  "raw-violation"

/* Whether a knob stands for region r: its own, or one of region 0 that r has no other for. */
bool weft_knob_is_of(const weft_space *space, int knob, int r);

/* Whether the accounting has a fault, and it is on. */
bool weft_problem_fault(const weft_problem *problem, const char *name);

#endif
