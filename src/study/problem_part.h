/* SPDX-License-Identifier: Apache-2.0
 * What the files that read and write a problem share. */
#ifndef WEFT_STUDY_PROBLEM_PART_H
#define WEFT_STUDY_PROBLEM_PART_H

#include <stdio.h>

#include "base/doc.h"
#include "study/problem.h"

/* ---- problem_use.c: to whom a key means something ---------------------------------------------- */

/* The providers, and which other key it belongs to: a sum of these. */
enum {
    WEFT_OF_TRAIN = 1,
    WEFT_OF_MLP = 2,
    WEFT_OF_TABLE = 4,
    WEFT_OF_PREDICTOR = 8,
    WEFT_OF_SUPERNET = 16,
    WEFT_OF_SCORE = 32,
    WEFT_OF_TOPOLOGY = 64,
    WEFT_OF_TRAININGS = WEFT_OF_TRAIN | WEFT_OF_SUPERNET, /* a supernet's final front is trained */
    WEFT_OF_GENES = WEFT_OF_MLP | WEFT_OF_TABLE | WEFT_OF_PREDICTOR,
    WEFT_OF_ACCURACIES = WEFT_OF_TRAININGS | WEFT_OF_GENES | WEFT_OF_TOPOLOGY,
    WEFT_WITH_BITS = 128,
    WEFT_WITH_TEACHER = 256,
    WEFT_WITH_STEPS = 512,
};

/* Whether a key of that use changes anything in this problem. */
bool weft_use_counts(unsigned use, const weft_problem_info *info);

/* WEFT_ERROR_INPUT, at the key, where it is there and changes nothing. */
weft_status weft_use_check(weft_map *map, const char *key, unsigned use,
                           const weft_problem_info *info, weft_error *error) WEFT_NODISCARD;

/* The optimizers that a key of the search belongs to, of those keys that have any: a sum of these. */
enum {
    WEFT_BY_EXHAUSTIVE = 1,
    WEFT_BY_EVOLUTION = 2,
    WEFT_BY_ANNEAL = 4,
    WEFT_BY_NSGA3 = 8,
    WEFT_BY_MOEAD = 16,
    WEFT_BY_GP = 32,
    WEFT_BY_CMAES = 64,
    WEFT_BY_REINFORCE = 128,
    WEFT_BY_PORTFOLIO = 256,
    WEFT_BY_DIRECTIONS = WEFT_BY_NSGA3 | WEFT_BY_MOEAD,
};

/* Whether the problem's optimizer is one of them; 0: whatever it is. */
bool weft_search_use_counts(unsigned use, const weft_problem_info *info);

/* ---- problem_members.c: the members of a portfolio --------------------------------------------- */

weft_status weft_members_read(weft_map *map, weft_problem_info *info,
                              weft_error *error) WEFT_NODISCARD;
void weft_members_write(const weft_problem_info *info, FILE *out);

/* ---- problem_options.c: settings that are numbers -------------------------------------------- */

typedef enum weft_option_section { WEFT_OPTIONS_ACCURACY, WEFT_OPTIONS_SEARCH } weft_option_section;

/* Reads the settings of a section that `map` has. */
weft_status weft_options_read(weft_option_section section, weft_map *map, weft_problem_info *info,
                              weft_error *error) WEFT_NODISCARD;

/* A program may have changed a setting since the file was read: what reading would refuse must not
 * get into a store. */
weft_status weft_options_check(weft_option_section section, const weft_problem_info *info,
                               weft_error *error) WEFT_NODISCARD;
/* Those that change something. */
void weft_options_write(weft_option_section section, const weft_problem_info *info, FILE *out);

/* That the settings of the accuracy that `map` has change something. */
weft_status weft_options_check_use(weft_map *map, const weft_problem_info *info,
                                   weft_error *error) WEFT_NODISCARD;

/* ---- problem_training.c: bits and fidelities -------------------------------------------------- */

/* `bits` and `fidelity` of the section `accuracy`, behind its numbers; and what belongs to it. */
weft_status weft_training_read(weft_map *map, weft_accuracy_settings *accuracy,
                               weft_error *error) WEFT_NODISCARD;
void weft_training_write(const weft_problem_info *info, FILE *out);
weft_status weft_training_check_use(weft_map *map, const weft_problem_info *info,
                                    weft_error *error) WEFT_NODISCARD;

/* ---- problem_goal.c: objectives or a score, constraints --------------------------------------- */

weft_status weft_goal_read(weft_problem *problem, weft_map *map, weft_error *error) WEFT_NODISCARD;

/* Told once all keys were seen: one may be misspelt. */
weft_status weft_goal_need(const weft_problem *problem, const weft_map *map,
                           weft_error *error) WEFT_NODISCARD;
void weft_goal_write(const weft_problem_info *info, FILE *out);

/* `score` (maximised), `minimise`, `priority`, `reference` or `order` of a table, where it has one: its
 * text, the way, and the parsed expression. `other` is a goal that was found before, or NULL. */
typedef struct weft_score_text {
    char *text; /* of WEFT_EXPRESSION bytes */
    bool *maximise;
    weft_expr **expr;
} weft_score_text;
weft_status weft_score_read(weft_map *map, const char *other, const weft_score_text *to,
                            weft_error *error) WEFT_NODISCARD;

/* An expression's own error, moved from its text to the file. */
weft_status weft_expression_fail(const weft_doc *doc, const weft_node *node, weft_error *error);

/* The tokens of the metrics, as expressions take them. */
const char *const *weft_metric_tokens(void);

/* ---- problem_preference.c: soft limits, aims, orders ------------------------------------------ */

/* `soft`, and `reference` beside `objectives`. */
weft_status weft_soft_read(weft_problem *problem, weft_map *map, weft_error *error) WEFT_NODISCARD;
weft_status weft_aims_read(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                           weft_error *error) WEFT_NODISCARD;

/* A reference point and an order as expressions to minimise. */
weft_status weft_reference_text(const weft_doc *doc, const weft_node *node, char *text, size_t size,
                                weft_error *error) WEFT_NODISCARD;
weft_status weft_order_text(const weft_doc *doc, const weft_node *node, char *text, size_t size,
                            weft_error *error) WEFT_NODISCARD;
void weft_preference_write(const weft_problem_info *info, FILE *out);

/* ---- problem_plan.c: which genes vary, and when ----------------------------------------------- */

/* `free`, `hold` and `stages` of the section `search`. */
weft_status weft_plan_read(weft_problem *problem, weft_map *map, weft_error *error) WEFT_NODISCARD;

/* Binds the patterns of `free` and the stages to the genes of the space, and reads `fixed` (NULL:
 * there is none). */
weft_status weft_plan_bind(weft_problem *problem, const weft_doc *doc, const weft_node *fixed,
                           weft_error *error) WEFT_NODISCARD;

/* What belongs to the section `search`, which is open, and then `fixed`. */
void weft_plan_write(const weft_problem *problem, FILE *out);
void weft_plan_free(weft_problem *problem);

/* Sets means[g] of the genes that a pattern means; WEFT_ERROR_INPUT with the nearest name: none. */
weft_status weft_genes_meant(const weft_space *space, const char *pattern, bool *means,
                             weft_error *error) WEFT_NODISCARD;

/* ---- problem_brackets.c: several fidelities, and without batches -------------------------------- */

/* `brackets` and its keys, and `asynchronous`, of the section `search`; `outer` has the section `accuracy`,
 * whose steps it makes. Behind everything else of both. */
weft_status weft_bracket_options_read(weft_problem *problem, const weft_map *outer, weft_map *map,
                                      weft_error *error) WEFT_NODISCARD;
void weft_bracket_options_write(const weft_problem_info *info, FILE *out);

/* ---- steer.c: pinned and forbidden values ------------------------------------------------------ */

/* `pin` and `forbid` (NULL: not there), once `fixed` and the stages are bound. */
weft_status weft_steer_bind(weft_problem *problem, const weft_doc *doc, const weft_node *pin,
                            const weft_node *forbid, weft_error *error) WEFT_NODISCARD;
void weft_steer_write(const weft_problem *problem, FILE *out);

/* ---- accounting.c: how costs are counted ------------------------------------------------------ */

#define WEFT_ACCOUNTING_CHIP "chip"

/* `accounting` and `faults`. */
weft_status weft_accounting_read(weft_problem_info *info, weft_map *map,
                                 weft_error *error) WEFT_NODISCARD;

/* Writes the accounting into the chip's settings. */
weft_status weft_accounting_apply(const weft_problem_info *info, weft_chip *chip,
                                  weft_error *error) WEFT_NODISCARD;
void weft_accounting_write(const weft_problem_info *info, FILE *out);

/* ---- problem_chip.c: whether the chip suits --------------------------------------------------- */

/* The genes set what the chip has, the metrics ask for what it has. Errors that have no place are
 * placed at the node that names the chip. */
weft_status weft_problem_suit(const weft_problem *problem, const weft_doc *doc,
                              const weft_node *chip, weft_error *error) WEFT_NODISCARD;

/* ---- text ------------------------------------------------------------------------------------- */

/* Copies a name into a fixed field; longer ones are the user's error. */
weft_status weft_take_name(const weft_doc *doc, const weft_node *node, const char *text,
                           char *field, size_t size, weft_error *error) WEFT_NODISCARD;
weft_status weft_map_name(weft_map *map, const char *key, weft_need need, char *field, size_t size,
                          weft_error *error) WEFT_NODISCARD;

/* One line: `before`, then `text` in quotes. */
void weft_line_write(FILE *out, const char *before, const char *text);

#endif
