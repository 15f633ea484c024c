/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of JSON that go to a program, come from it, and are kept in a journal. */
#include "study/optimize.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* ---- writing --------------------------------------------------------------------------------- */

static void write_values(weft_json *json, const weft_optimize *optimize, const double *genome) {
    weft_gene_table table = weft_space_genes(optimize->space);
    weft_json_key(json, "values");
    weft_json_object_begin(json);
    for (int g = 0; g < table.n_genes; g++) {
        const char *word = weft_space_word(optimize->space, g, genome[g]);
        double number = weft_space_number(optimize->space, g, genome[g]);
        if (isnan(genome[g])) {
            continue; /* inactive: it has no value */
        }
        if (word != NULL) {
            weft_json_member_text(json, table.genes[g].name, word);
        } else if (number == floor(number) && fabs(number) < 1e15) {
            weft_json_member_integer(json, table.genes[g].name, (int64_t)number);
        } else {
            weft_json_member_real(json, table.genes[g].name, number);
        }
    }
    weft_json_object_end(json);
}

/* The document as a line; destroys it. */
static char *take_line(weft_json *json) {
    size_t length = 0;
    const char *text = weft_json_get(json, &length);
    char *line = text == NULL ? NULL : malloc(length + 2);
    if (line != NULL) {
        memcpy(line, text, length);
        line[length] = '\n';
        line[length + 1] = '\0';
    }
    weft_json_destroy(json);
    return line;
}

char *weft_candidate_write(const weft_optimize *optimize, const weft_optimize_trial *trial) {
    weft_json *json = weft_json_create(false);
    if (json == NULL) {
        return NULL;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "id", (int64_t)trial->number);
    write_values(json, optimize, trial->genome);
    weft_json_object_end(json);
    return take_line(json);
}

#define STATE_WORDS                                                                                \
    { "ok", "infeasible", "failed" }

static void write_result(weft_json *json, const weft_optimize *optimize,
                         const weft_optimize_trial *trial) {
    weft_json_key(json, "metrics");
    weft_json_object_begin(json);
    for (int m = 0; m < optimize->info.n_metrics; m++) {
        if (!isnan(trial->metrics[m])) {
            weft_json_member_real(json, optimize->info.metrics[m], trial->metrics[m]);
        }
    }
    weft_json_object_end(json);
    weft_json_member_real(json, "violation", trial->violation);
    weft_json_member_real(json, "seconds", trial->seconds);
    weft_json_member_text(json, "reason", trial->reason);
}

char *weft_record_write(const weft_optimize *optimize, const weft_optimize_trial *trial) {
    static const char *const states[] = STATE_WORDS;
    weft_gene_table table = weft_space_genes(optimize->space);
    weft_json *json = weft_json_create(false);
    if (json == NULL) {
        return NULL;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "id", (int64_t)trial->number);
    write_values(json, optimize, trial->genome);
    weft_json_member_text(json, "state", states[trial->state]);
    write_result(json, optimize, trial);
    weft_json_key(json, "genome");
    weft_json_array_begin(json);
    for (int g = 0; g < table.n_genes; g++) {
        weft_json_real(json, trial->genome[g]);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return take_line(json);
}

/* ---- judging --------------------------------------------------------------------------------- */

static void end_trial(weft_optimize_trial *trial, weft_outcome_state state, double violation) {
    trial->state = state;
    trial->violation = violation;
}

void weft_optimize_fail_trial(weft_optimize_trial *trial, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(trial->reason, sizeof trial->reason, format, arguments);
    va_end(arguments);
    end_trial(trial, WEFT_OUTCOME_FAILED, INFINITY);
}

/* A constraint on what was not told cannot be judged. */
static bool judge_constraints(const weft_optimize *optimize, weft_optimize_trial *trial) {
    const weft_optimize_info *info = &optimize->info;
    for (int c = 0; c < info->n_constraints; c++) {
        for (int m = 0; m < info->n_metrics; m++) {
            if (isnan(trial->metrics[m]) && weft_expr_uses(optimize->constraints[c], m)) {
                weft_optimize_fail_trial(trial, "the program told no '%s', which '%.80s' needs",
                                         info->metrics[m], info->constraints[c]);
                return false;
            }
        }
        double amount = weft_expr_evaluate(optimize->constraints[c], trial->metrics);
        amount = isnan(amount) ? INFINITY : amount;
        if (amount > 0.0) {
            if (trial->violation == 0.0) {
                snprintf(trial->reason, sizeof trial->reason, "breaks '%.120s' by %.3g %%",
                         info->constraints[c], 100.0 * amount);
            }
            end_trial(trial, WEFT_OUTCOME_INFEASIBLE, trial->violation + amount);
        }
    }
    return true;
}

static void judge(const weft_optimize *optimize, weft_optimize_trial *trial) {
    if (!judge_constraints(optimize, trial) || trial->state != WEFT_OUTCOME_OK) {
        return;
    }
    for (int i = 0; i < optimize->info.n_objectives; i++) {
        if (!isfinite(trial->metrics[i])) {
            weft_optimize_fail_trial(trial, "the program told no number for '%s'",
                                     optimize->info.metrics[i]);
            return;
        }
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A piece of what a program printed, for a message: one line of printable characters. */
static const char *piece_of(const char *line, size_t length, char piece[64]) {
    size_t n = 0;
    for (size_t i = 0; i < length && n < 60; i++) {
        unsigned char c = (unsigned char)line[i];
        piece[n++] = c >= 32 && c < 127 ? (char)c : '?';
    }
    memcpy(&piece[n], n < length ? "..." : "", n < length ? 4 : 1);
    return piece;
}

static bool read_metrics(const weft_optimize *optimize, const json_t *metrics,
                         weft_optimize_trial *trial) {
    const weft_optimize_info *info = &optimize->info;
    if (!json_is_object(metrics)) {
        weft_optimize_fail_trial(trial, "'metrics' is no object of numbers by name");
        return false;
    }
    for (int m = 0; m < info->n_metrics; m++) {
        const json_t *value = json_object_get(metrics, info->metrics[m]);
        if (value != NULL && !json_is_number(value) && !json_is_null(value)) {
            weft_optimize_fail_trial(trial, "'%s' is no number", info->metrics[m]);
            return false;
        }
        trial->metrics[m] = json_is_number(value) ? json_number_value(value) : trial->metrics[m];
    }
    return true;
}

static bool read_objectives(const weft_optimize *optimize, const json_t *list,
                            weft_optimize_trial *trial) {
    size_t n = (size_t)optimize->info.n_objectives;
    if (!json_is_array(list) || json_array_size(list) != n) {
        weft_optimize_fail_trial(trial, "'objectives' is no list of %zu numbers", n);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_number(value)) {
            weft_optimize_fail_trial(trial, "objective %zu is no number", i + 1);
            return false;
        }
        trial->metrics[i] = json_number_value(value);
    }
    return true;
}

/* Amounts by which the program's own constraints are broken: above 0 they are. */
static bool read_amounts(const json_t *list, weft_optimize_trial *trial) {
    if (!json_is_array(list)) {
        weft_optimize_fail_trial(trial, "'constraints' is no list of numbers");
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_number(value)) {
            weft_optimize_fail_trial(trial, "constraint %zu is no number", i + 1);
            return false;
        }
        double amount = json_number_value(value);
        if (amount > 0.0) {
            snprintf(trial->reason, sizeof trial->reason,
                     "breaks constraint %zu of the program by %.3g", i + 1, amount);
            end_trial(trial, WEFT_OUTCOME_INFEASIBLE, trial->violation + amount);
        }
    }
    return true;
}

static void read_result(const weft_optimize *optimize, const json_t *root,
                        weft_optimize_trial *trial) {
    const json_t *failed = json_object_get(root, "error");
    const json_t *metrics = json_object_get(root, "metrics");
    const json_t *objectives = json_object_get(root, "objectives");
    const json_t *amounts = json_object_get(root, "constraints");
    if (failed != NULL && !json_is_null(failed)) {
        char piece[64];
        const char *text = json_is_string(failed) ? json_string_value(failed) : "it says no more";
        weft_optimize_fail_trial(trial, "the program reports an error: %s",
                                 piece_of(text, strlen(text), piece));
    } else if (metrics == NULL && objectives == NULL && amounts == NULL) {
        weft_optimize_fail_trial(trial, "the answer has none of 'metrics', 'objectives', 'error'");
    } else if ((amounts == NULL || read_amounts(amounts, trial)) &&
               (metrics == NULL || read_metrics(optimize, metrics, trial)) &&
               (objectives == NULL || read_objectives(optimize, objectives, trial))) {
        judge(optimize, trial);
    }
}

static void blank(weft_optimize_trial *trial) {
    trial->reason[0] = '\0';
    end_trial(trial, WEFT_OUTCOME_OK, 0.0);
    for (int m = 0; m < WEFT_OPTIMIZE_METRICS; m++) {
        trial->metrics[m] = NAN;
    }
}

bool weft_answer_read(const weft_optimize *optimize, const char *line, size_t length,
                      weft_optimize_trial *trial) {
    char piece[64];
    json_error_t problem;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    blank(trial);
    if (!json_is_object(root)) {
        weft_optimize_fail_trial(trial, "the program printed what is no JSON object: '%s'%s%s",
                                 piece_of(line, length, piece), root == NULL ? ": " : "",
                                 root == NULL ? problem.text : "");
        json_decref(root);
        return false;
    }
    const json_t *id = json_object_get(root, "id");
    bool known = json_is_integer(id) && json_integer_value(id) == (json_int_t)trial->number;
    if (!known) {
        char *found = id == NULL ? NULL : json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
        weft_optimize_fail_trial(trial, "the program answered to id %.40s; it was asked for %llu",
                                 found != NULL ? found : "(none)",
                                 (unsigned long long)trial->number);
        free(found);
    } else {
        read_result(optimize, root, trial);
    }
    json_decref(root);
    return known;
}

bool weft_request_read(const char *line, size_t length, int64_t *ask, int64_t *id) {
    json_error_t problem;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    const json_t *asked = json_object_get(root, "ask");
    const json_t *answered = json_object_get(root, "id");
    *ask = json_is_integer(asked) ? json_integer_value(asked) : 0;
    *id = json_is_integer(answered) ? json_integer_value(answered) : -1;
    bool known = *ask > 0 || *id >= 0;
    json_decref(root);
    return known;
}

void weft_optimize_outcome(const weft_optimize *optimize, const weft_optimize_trial *trial,
                           weft_outcome *outcome) {
    *outcome = (weft_outcome){.state = trial->state, .violation = trial->violation};
    for (int i = 0; i < optimize->info.n_objectives; i++) {
        double value = trial->metrics[i];
        outcome->objectives[i] = optimize->info.maximise[i] ? -value : value;
    }
}

/* ---- journal --------------------------------------------------------------------------------- */

static weft_status fail_record(weft_error *error, const char *what) {
    return weft_fail(error, WEFT_ERROR_STORE, "a line of the journal %s", what);
}

/* null stands for what JSON cannot say: not a number in a genome, no bound in a violation. */
static bool number_of(const json_t *value, double missing, double *number) {
    *number = json_is_number(value) ? json_number_value(value) : missing;
    return json_is_number(value) || json_is_null(value);
}

static weft_status read_genome(const weft_optimize *optimize, const json_t *list,
                               weft_optimize_trial *trial, weft_error *error) {
    weft_gene_table table = weft_space_genes(optimize->space);
    if (json_array_size(list) != (size_t)table.n_genes) {
        return fail_record(error, "has no genome of this problem");
    }
    for (int g = 0; g < table.n_genes; g++) {
        if (!number_of(json_array_get(list, (size_t)g), NAN, &trial->genome[g])) {
            return fail_record(error, "has a genome that is not of numbers");
        }
    }
    return weft_genome_legal(&table, trial->genome)
               ? WEFT_OK
               : fail_record(error, "has a genome outside of the problem's genes");
}

static weft_status read_record(const weft_optimize *optimize, const json_t *root,
                               weft_optimize_trial *trial, weft_error *error) {
    static const char *const states[] = STATE_WORDS;
    const json_t *id = json_object_get(root, "id");
    const char *state = json_string_value(json_object_get(root, "state"));
    const char *reason = json_string_value(json_object_get(root, "reason"));
    const json_t *metrics = json_object_get(root, "metrics");
    int found = -1;
    for (int i = 0; state != NULL && i < 3; i++) {
        found = strcmp(state, states[i]) == 0 ? i : found;
    }
    if (!json_is_integer(id) || json_integer_value(id) < 0 || found < 0 || reason == NULL ||
        !json_is_object(metrics)) {
        return fail_record(error, "is no trial");
    }
    blank(trial);
    trial->number = (uint64_t)json_integer_value(id);
    WEFT_TRY(read_genome(optimize, json_object_get(root, "genome"), trial, error));
    (void)read_metrics(optimize, metrics, trial);
    if (!number_of(json_object_get(root, "violation"), INFINITY, &trial->violation) ||
        !number_of(json_object_get(root, "seconds"), 0.0, &trial->seconds)) {
        return fail_record(error, "is no trial");
    }
    trial->state = (weft_outcome_state)found;
    snprintf(trial->reason, sizeof trial->reason, "%s", reason);
    bool sound = trial->state != WEFT_OUTCOME_INFEASIBLE || trial->violation > 0.0;
    for (int i = 0; trial->state == WEFT_OUTCOME_OK && i < optimize->info.n_objectives; i++) {
        sound = sound && isfinite(trial->metrics[i]);
    }
    return sound ? WEFT_OK : fail_record(error, "has no result that fits its state");
}

weft_status weft_record_read(const weft_optimize *optimize, const char *line, size_t length,
                             weft_optimize_trial *trial, weft_error *error) {
    json_error_t problem;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    weft_status status = json_is_object(root) ? read_record(optimize, root, trial, error)
                                              : fail_record(error, "is no JSON object");
    json_decref(root);
    return status;
}
