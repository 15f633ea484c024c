/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of genes:
 *
 *     condition = clause { "and" clause }
 *     clause    = NAME ( ">=" | "<=" | "==" ) VALUE  |  NAME "in" "[" VALUE { "," VALUE } "]"
 *     VALUE     = number | choice | "index"
 *
 * `index` is the number of a repeated gene; of kernel3_2 it is 2. In a repeated gene, the name of
 * another repeated gene means its gene of the same number: in kernel3_2, `depth` is depth3 and
 * `expansion` expansion3_2. Each clause becomes an interval of the parent's values (of
 * their indices, for choices); clauses about one parent become one interval. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "space/model.h"

typedef enum clause_operator {
    CLAUSE_AT_LEAST,
    CLAUSE_AT_MOST,
    CLAUSE_EQUAL,
    CLAUSE_IN,
} clause_operator;

enum { WORD = 64 };

typedef struct reader {
    const weft_when_scope *scope;
    const weft_rule *rule; /* of the gene whose condition this is */
    int place, index;      /* its numbers */
    const char *at;
    weft_error *error;
} reader;

static weft_status fail(const reader *r, const char *what, const char *expected) {
    weft_node_fail(r->rule->doc, r->rule->node, r->error, WEFT_ERROR_INPUT,
                   "the condition '%s' of '%s': %s", r->rule->when, r->rule->name, what);
    weft_hint(r->error, "%s", expected);
    return WEFT_ERROR_INPUT;
}

static void skip_space(reader *r) {
    while (*r->at == ' ' || *r->at == '\t') {
        r->at++;
    }
}

static bool is_word_character(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-' || c == '+';
}

/* The next name, number or choice. */
static weft_status read_word(reader *r, const char *what, char *word) {
    skip_space(r);
    size_t length = 0;
    while (is_word_character(r->at[length])) {
        length++;
    }
    if (length == 0 || length >= WORD) {
        char message[160];
        snprintf(message, sizeof message, "%s is %s at '%.40s'", what,
                 length == 0 ? "missing" : "too long", r->at);
        return fail(r, message, "write it like  depth >= index  or  block1 in [RES, MVGG]");
    }
    memcpy(word, r->at, length);
    word[length] = '\0';
    r->at += length;
    skip_space(r);
    return WEFT_OK;
}

static bool take(reader *r, const char *token) {
    skip_space(r);
    size_t length = strlen(token);
    if (strncmp(r->at, token, length) != 0) {
        return false;
    }
    bool word = isalpha((unsigned char)token[0]) != 0;
    if (word && is_word_character(r->at[length])) {
        return false;
    }
    r->at += length;
    return true;
}

static weft_status read_operator(reader *r, clause_operator *operation) {
    static const char *const tokens[] = {">=", "<=", "==", "in"};
    for (int i = 0; i <= CLAUSE_IN; i++) {
        if (take(r, tokens[i])) {
            *operation = (clause_operator)i;
            return WEFT_OK;
        }
    }
    char message[100];
    snprintf(message, sizeof message, "'%.40s' stands where a comparison was expected", r->at);
    return fail(r, message, "comparisons are >=, <=, == and in");
}

static int find_name(const weft_when_scope *scope, const char *name) {
    for (int i = 0; i < scope->n; i++) {
        if (strcmp(scope->names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static weft_status find_parent(reader *r, const char *name, int *parent) {
    const weft_when_scope *scope = r->scope;
    *parent = find_name(scope, name);
    char numbered[WORD + 32];
    if (*parent < 0 && r->index > 0) {
        snprintf(numbered, sizeof numbered, "%s%d", name, r->place > 0 ? r->place : r->index);
        *parent = find_name(scope, numbered);
    }
    if (*parent < 0 && r->place > 0) {
        snprintf(numbered, sizeof numbered, "%s%d_%d", name, r->place, r->index);
        *parent = find_name(scope, numbered);
    }
    if (*parent >= 0) {
        return WEFT_OK;
    }
    const char *names[WEFT_SPACE_MAX_GENES];
    for (int i = 0; i < scope->n; i++) {
        names[i] = scope->names[i];
    }
    const char *nearest = weft_nearest(name, names, (size_t)scope->n);
    char message[160];
    snprintf(message, sizeof message, "there is no gene '%s'", name);
    char hint[120] = "a condition names another gene of the space";
    if (nearest != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    }
    return fail(r, message, hint);
}

/* A number as the word of a value; `index` is the gene's own. */
static weft_status read_number(reader *r, const char *word, double *value) {
    if (strcmp(word, "index") == 0) {
        if (r->index == 0) {
            return fail(r, "'index' has a meaning only in a gene with 'repeat'",
                        "write the number itself");
        }
        *value = r->index;
        return WEFT_OK;
    }
    bool negative = word[0] == '-';
    bool whole = false;
    const char *digits = word + (negative ? 1 : 0);
    size_t length = weft_number_scan(digits, value, &whole);
    if (length == 0 || digits[length] != '\0' || !isfinite(*value)) {
        char message[120];
        snprintf(message, sizeof message, "'%s' is no number", word);
        return fail(r, message,
                    "the parent has numbers as values; `index` stands for the gene's "
                    "own number");
    }
    *value = negative ? -*value : *value;
    return WEFT_OK;
}

static weft_status find_label(reader *r, const weft_rule *parent, const char *word, double *value) {
    const char *labels[WEFT_GENE_MAX_CHOICES];
    for (int i = 0; i < parent->n_choices; i++) {
        labels[i] = parent->labels[i];
        if (strcmp(word, labels[i]) == 0) {
            *value = i;
            return WEFT_OK;
        }
    }
    const char *nearest = weft_nearest(word, labels, (size_t)parent->n_choices);
    char message[200];
    char hint[120] = "write one of its choices";
    snprintf(message, sizeof message, "'%s' is no choice of '%s'", word, parent->name);
    if (nearest != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    }
    return fail(r, message, hint);
}

/* The interval of indices of an ordinal parent that a comparison with `value` leaves. */
static weft_status ordinal_interval(reader *r, const weft_rule *parent, clause_operator operation,
                                    double value, weft_condition *interval) {
    int first = 0;
    while (first < parent->n_choices && parent->values[first] < value) {
        first++;
    }
    bool found = first < parent->n_choices && parent->values[first] == value;
    if (operation == CLAUSE_AT_LEAST) {
        interval->minimum = first;
        return WEFT_OK;
    }
    if (operation == CLAUSE_AT_MOST) {
        interval->maximum = found ? first : first - 1;
        return WEFT_OK;
    }
    if (!found) {
        char message[160];
        char number[32];
        snprintf(message, sizeof message, "%s is no choice of '%s'",
                 weft_real_text(value, number, sizeof number), parent->name);
        return fail(r, message, "write one of its choices, or compare with >= or <=");
    }
    interval->minimum = first;
    interval->maximum = first;
    return WEFT_OK;
}

/* The interval of the parent's values that `operation word` leaves. */
static weft_status value_interval(reader *r, const weft_rule *parent, clause_operator operation,
                                  const char *word, weft_condition *interval) {
    interval->minimum = parent->lower;
    interval->maximum = parent->upper;
    double value = 0.0;
    if (parent->kind == WEFT_GENE_CATEGORICAL) {
        if (operation == CLAUSE_AT_LEAST || operation == CLAUSE_AT_MOST) {
            return fail(r, "choices of a categorical gene have no order", "use == or in");
        }
        WEFT_TRY(find_label(r, parent, word, &value));
        interval->minimum = value;
        interval->maximum = value;
        return WEFT_OK;
    }
    WEFT_TRY(read_number(r, word, &value));
    if (parent->kind == WEFT_GENE_ORDINAL) {
        return ordinal_interval(r, parent, operation, value, interval);
    }
    if (parent->kind == WEFT_GENE_REAL && operation >= CLAUSE_EQUAL) {
        return fail(r, "a real gene hits no value exactly", "use >= or <=");
    }
    if (parent->kind == WEFT_GENE_INTEGER && floor(value) != value) {
        return fail(r, "an integer gene is compared with a fraction", "write a whole number");
    }
    if (operation != CLAUSE_AT_MOST && value > interval->minimum) {
        interval->minimum = value;
    }
    if (operation != CLAUSE_AT_LEAST && value < interval->maximum) {
        interval->maximum = value;
    }
    /* `== 9` where the parent ends at 7 must leave nothing, not the clipped range. */
    if (operation >= CLAUSE_EQUAL) {
        interval->minimum = value;
        interval->maximum = value >= parent->lower && value <= parent->upper ? value : value - 1.0;
    }
    return WEFT_OK;
}

static int compare_reals(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* `[a, b, c]`: each a value of the parent, and together without a gap. */
static weft_status read_list(reader *r, const weft_rule *parent, weft_condition *interval) {
    if (!take(r, "[")) {
        return fail(r, "'in' needs a list", "write it like  block1 in [RES, MVGG]");
    }
    double values[WEFT_GENE_MAX_CHOICES];
    int n = 0;
    do {
        char word[WORD];
        WEFT_TRY(read_word(r, "a value", word));
        if (n == WEFT_GENE_MAX_CHOICES) {
            return fail(r, "the list is too long", "compare with >= and <= instead");
        }
        WEFT_TRY(value_interval(r, parent, CLAUSE_IN, word, interval));
        if (interval->minimum > interval->maximum) {
            char message[160];
            snprintf(message, sizeof message, "'%s' never is %s", parent->name, word);
            return fail(r, message, "write values that it can take");
        }
        values[n++] = interval->minimum;
    } while (take(r, ","));
    if (!take(r, "]")) {
        return fail(r, "the list is not closed", "end it with ]");
    }
    qsort(values, (size_t)n, sizeof values[0], compare_reals);
    for (int i = 1; i < n; i++) {
        if (values[i] > values[i - 1] + 1.0) {
            return fail(r, "the values of the list are not neighbours",
                        "a condition is one unbroken range of the parent's values: order the "
                        "parent's choices so that these stand together");
        }
    }
    interval->minimum = values[0];
    interval->maximum = values[n - 1];
    return WEFT_OK;
}

/* Adds a clause to the gene's conditions: one interval for each parent. */
static weft_status add_condition(reader *r, const weft_condition *added, weft_gene *gene) {
    for (int i = 0; i < gene->n_conditions; i++) {
        weft_condition *condition = &gene->conditions[i];
        if (condition->parent == added->parent) {
            condition->minimum = fmax(condition->minimum, added->minimum);
            condition->maximum = fmin(condition->maximum, added->maximum);
            return WEFT_OK;
        }
    }
    if (gene->n_conditions == WEFT_GENE_MAX_CONDITIONS) {
        char message[80];
        snprintf(message, sizeof message, "more than %d parents", WEFT_GENE_MAX_CONDITIONS);
        return fail(r, message, "a gene may depend on that many genes directly");
    }
    gene->conditions[gene->n_conditions++] = *added;
    return WEFT_OK;
}

static weft_status read_clause(reader *r, weft_gene *gene) {
    char word[WORD];
    clause_operator operation = CLAUSE_EQUAL;
    weft_condition condition = {0};
    WEFT_TRY(read_word(r, "a gene's name", word));
    WEFT_TRY(find_parent(r, word, &condition.parent));
    WEFT_TRY(read_operator(r, &operation));
    const weft_rule *parent = &r->scope->space->rules[r->scope->roles[condition.parent].rule];
    if (operation == CLAUSE_IN) {
        WEFT_TRY(read_list(r, parent, &condition));
    } else {
        WEFT_TRY(read_word(r, "a value", word));
        WEFT_TRY(value_interval(r, parent, operation, word, &condition));
    }
    return add_condition(r, &condition, gene);
}

weft_status weft_when_read(const weft_when_scope *scope, int gene, weft_gene *result,
                           bool *possible, weft_error *error) {
    const weft_rule *rule = &scope->space->rules[scope->roles[gene].rule];
    reader r = {.scope = scope,
                .rule = rule,
                .place = scope->roles[gene].place,
                .index = scope->roles[gene].index,
                .at = rule->when,
                .error = error};
    result->n_conditions = 0;
    *possible = true;
    if (rule->when[0] == '\0') {
        return WEFT_OK;
    }
    do {
        WEFT_TRY(read_clause(&r, result));
    } while (take(&r, "and"));
    skip_space(&r);
    if (*r.at != '\0') {
        char message[100];
        snprintf(message, sizeof message, "'%.40s' stands where 'and' or the end was expected",
                 r.at);
        return fail(&r, message, "join clauses by 'and'");
    }
    for (int i = 0; i < result->n_conditions; i++) {
        *possible = *possible && result->conditions[i].minimum <= result->conditions[i].maximum;
    }
    return WEFT_OK;
}
