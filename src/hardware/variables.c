/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/variables.h"

#include "base/units.h"

#include <stdlib.h>
#include <string.h>

const weft_variable *weft_variables_parameter(const weft_hierarchy *h, int variable) {
    for (int steps = 0; variable != WEFT_NO_VARIABLE && steps < h->n_variables; steps++) {
        const weft_variable *v = &h->variables[variable];
        if (v->text == NULL) {
            return v->value.unit[0] != '\0' ? v : NULL;
        }
        variable = weft_variables_find(h, v->text);
    }
    return NULL;
}

int weft_variables_find(const weft_hierarchy *h, const char *name) {
    for (int i = 0; i < h->n_variables; i++) {
        if (strcmp(h->variables[i].name, name) == 0) {
            return i;
        }
    }
    return WEFT_NO_VARIABLE;
}

/* ---- gathering ------------------------------------------------------------------------------- */

static weft_status add(weft_hierarchy *h, const char *name, weft_variable **made, int *index,
                       weft_error *error) {
    if (h->n_variables == WEFT_MAX_VARIABLES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "a chip of more than %d parameters and fields",
                         WEFT_MAX_VARIABLES);
    }
    weft_variable *variable = &h->variables[h->n_variables];
    *variable = (weft_variable){.level = -1};
    snprintf(variable->name, sizeof variable->name, "%s", name);
    *index = h->n_variables++;
    *made = variable;
    return WEFT_OK;
}

static weft_status check_name(const weft_hierarchy *h, const weft_doc *doc, const weft_node *node,
                              const char *name, weft_error *error) {
    if (strlen(name) >= WEFT_NAME) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "'%.60s' is longer than %d characters", name, WEFT_NAME - 1);
    }
    if (weft_variables_find(h, name) != WEFT_NO_VARIABLE) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "'%s' is there already", name);
    }
    return WEFT_OK;
}

/* Units have one dimension each, so the unit of a parameter tells what it is. */
static weft_status find_unit(const weft_doc *doc, const weft_node *node, const char *name,
                             const weft_unit **unit, weft_error *error) {
    const char *nearest = NULL;
    for (int d = 0; d <= WEFT_DIMENSION_DATA; d++) {
        *unit = weft_unit_find((weft_dimension)d, name);
        if (*unit != NULL) {
            return WEFT_OK;
        }
        const char *near = weft_unit_nearest((weft_dimension)d, name);
        nearest = nearest == NULL ? near : nearest;
    }
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "unknown unit '%.20s'", name);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_INPUT;
}

weft_status weft_variables_add_quantity(weft_hierarchy *h, const weft_doc *doc,
                                        const weft_node *node, const char *name, int level,
                                        int *index, weft_error *error) {
    WEFT_TRY(check_name(h, doc, node, name, error));
    weft_map map;
    const weft_node *unit_node = NULL;
    const char *unit_text = NULL;
    const char *source = NULL;
    double value = 0;
    const weft_unit *unit = NULL;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_real(&map, "value", WEFT_REQUIRED, -1e300, 1e300, &value, error));
    WEFT_TRY(weft_map_node(&map, "unit", WEFT_REQUIRED, &unit_node, error));
    WEFT_TRY(weft_node_text(doc, unit_node, &unit_text, error));
    WEFT_TRY(weft_map_text(&map, "source", WEFT_REQUIRED, &source, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (source[strspn(source, " ")] == '\0') {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "'%s' has an empty source: say where the figure comes from", name);
    }
    WEFT_TRY(find_unit(doc, unit_node, unit_text, &unit, error));
    weft_variable *variable = NULL;
    WEFT_TRY(add(h, name, &variable, index, error));
    variable->level = level;
    variable->dimension = unit->dimension;
    variable->value.value = weft_unit_to_si(unit, value);
    snprintf(variable->value.unit, sizeof variable->value.unit, "%s", unit_text);
    snprintf(variable->value.source, sizeof variable->value.source, "%s", source);
    variable->doc = doc;
    variable->node = node;
    return WEFT_OK;
}

weft_status weft_variables_add_text(weft_hierarchy *h, const char *name, const char *text,
                                    int *index, weft_error *error) {
    weft_variable *variable = NULL;
    WEFT_TRY(add(h, name, &variable, index, error));
    variable->text = strdup(text);
    return variable->text != NULL ? WEFT_OK : weft_fail_memory(error, strlen(text));
}

weft_status weft_variables_add(weft_hierarchy *h, const weft_doc *doc, const weft_node *node,
                               const char *name, int level, int *index, weft_error *error) {
    if (weft_node_is_mapping(node)) {
        return weft_variables_add_quantity(h, doc, node, name, level, index, error);
    }
    const char *text = NULL;
    WEFT_TRY(check_name(h, doc, node, name, error));
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    WEFT_TRY(weft_variables_add_text(h, name, text, index, error));
    h->variables[*index].level = level;
    h->variables[*index].doc = doc;
    h->variables[*index].node = node;
    return WEFT_OK;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* An error that names the variable, at its place where that is known. */
static weft_status fail_variable(const weft_variable *v, weft_error *error, const char *message) {
    char reason[sizeof error->message];
    char hint[sizeof error->hint];
    snprintf(reason, sizeof reason, "'%s': %.400s", v->name, message);
    snprintf(hint, sizeof hint, "in the expression: %.200s", v->text != NULL ? v->text : "");
    if (v->node != NULL) {
        weft_node_fail(v->doc, v->node, error, WEFT_ERROR_INPUT, "%s", reason);
    } else {
        weft_fail(error, WEFT_ERROR_INPUT, "%s", reason);
    }
    weft_hint(error, "%s", hint);
    return WEFT_ERROR_INPUT;
}

static weft_status parse_all(weft_hierarchy *h, weft_error *error) {
    const char *names[WEFT_MAX_VARIABLES];
    for (int i = 0; i < h->n_variables; i++) {
        names[i] = h->variables[i].name;
    }
    for (int i = 0; i < h->n_variables; i++) {
        weft_variable *v = &h->variables[i];
        weft_expr_destroy(v->expr);
        v->expr = NULL;
        if (v->text != NULL &&
            weft_expr_parse(v->text, names, h->n_variables, &v->expr, error) != WEFT_OK) {
            char message[sizeof error->message];
            memcpy(message, error->message, sizeof message);
            return fail_variable(v, error, message);
        }
    }
    return WEFT_OK;
}

static bool is_ready(const weft_hierarchy *h, int i, const bool *done) {
    for (int j = 0; h->variables[i].expr != NULL && j < h->n_variables; j++) {
        if (!done[j] && weft_expr_uses(h->variables[i].expr, j)) {
            return false;
        }
    }
    return true;
}

/* A variable that needs itself, from one that waits for it: what each waits for waits as well. One of
 * the file, where the circle has any. */
static int in_circle(const weft_hierarchy *h, int i, const bool *done) {
    int n = h->n_variables;
    for (int steps = 0; steps < n || (steps < 2 * n && h->variables[i].node == NULL); steps++) {
        int j = 0;
        while (done[j] || !weft_expr_uses(h->variables[i].expr, j)) {
            j++;
        }
        i = j;
    }
    return i;
}

weft_status weft_variables_order(weft_hierarchy *h, weft_error *error) {
    bool done[WEFT_MAX_VARIABLES] = {false};
    WEFT_TRY(parse_all(h, error));
    h->n_ordered = 0;
    for (int found = 1; found > 0 && h->n_ordered < h->n_variables;) {
        found = 0;
        for (int i = 0; i < h->n_variables; i++) {
            if (!done[i] && is_ready(h, i, done)) {
                done[i] = true;
                h->order[h->n_ordered++] = (int16_t)i;
                found++;
            }
        }
    }
    for (int i = 0; i < h->n_variables; i++) {
        if (!done[i]) {
            i = in_circle(h, i, done);
            bool alone = weft_expr_uses(h->variables[i].expr, i);
            return fail_variable(&h->variables[i], error,
                                 alone ? "needs itself" : "needs itself, through others");
        }
    }
    return WEFT_OK;
}

/* From the last one in the order to the first, so that what needs a variable is known before it. */
void weft_variables_follow(weft_hierarchy *h) {
    memset(h->follows, 0, sizeof h->follows);
    for (int k = h->n_ordered - 1; k >= 0; k--) {
        int i = h->order[k];
        const weft_expr *expr = h->variables[i].expr;
        h->place[i] = (int16_t)k;
        weft_set_add(&h->follows[i], k);
        for (int j = 0; expr != NULL && j < h->n_variables; j++) {
            if (weft_expr_uses(expr, j)) {
                weft_set_join(&h->follows[j], &h->follows[i]);
            }
        }
    }
}

static double value_of(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS], int i,
                       const double *values) {
    const weft_variable *v = &h->variables[i];
    if (i < WEFT_TRAITS && traits[i] > 0) {
        return i < WEFT_BITS ? traits[i] : traits[i] == WEFT_SIGN_SOME;
    }
    return v->expr != NULL ? weft_expr_evaluate(v->expr, values) : v->value.value;
}

int weft_variables_evaluate(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                            double *values) {
    for (int k = 0; k < h->n_ordered; k++) {
        int i = h->order[k];
        values[i] = value_of(h, traits, i, values);
        if (!isfinite(values[i])) {
            return i;
        }
    }
    return -1;
}

int weft_variables_update(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                          const weft_variable_set *changed, double *values) {
    for (int w = 0; w < WEFT_SET_WORDS; w++) {
        for (uint64_t left = changed->word[w]; left != 0; left &= left - 1) {
            int i = h->order[64 * w + __builtin_ctzll(left)];
            values[i] = value_of(h, traits, i, values);
            if (!isfinite(values[i])) {
                return i;
            }
        }
    }
    return -1;
}

void weft_variables_destroy(weft_hierarchy *h) {
    for (int i = 0; i < h->n_variables; i++) {
        weft_expr_destroy(h->variables[i].expr);
        free(h->variables[i].text);
    }
}
