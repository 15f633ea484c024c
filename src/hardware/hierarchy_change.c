/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes to a chip that has been read: `settings:` of a file that stands on another, and --set. */
#include "hardware/hierarchy_read.h"
#include "hardware/hierarchy_turn.h"
#include "hardware/hierarchy_words.h"

#include "base/units.h"
#include "hardware/dataflow.h"
#include "hardware/variables.h"

#include <stdlib.h>
#include <string.h>

/* What a path may lead to. */
typedef struct place {
    int variable; /* of a parameter, an expression, a count, or a field that the file gives */
    int number;   /* of `execution`, that the file leaves out; -1 */
    int part, field, setting; /* a field or setting that the file leaves out; -1 */
    int *word;                /* a choice of words */
    double *choice;           /* the same, of a field, */
    bool *chosen;             /* which then has one of its own */
    const char *const *words;
} place;

enum { MAX_PATHS = WEFT_MAX_VARIABLES + WEFT_MAX_PARTS * 8, PATH = 3 * WEFT_NAME };

/* "macro.rows" is also "rows", "macro.adc.resolution" also "adc.resolution". */
static bool leads_to(const char *path, const char *level, const char *name) {
    size_t n = strlen(level);
    return strcmp(path, name) == 0 || (n > 0 && strncmp(path, level, n) == 0 && path[n] == '.' &&
                                       strcmp(path + n + 1, name) == 0);
}

static bool find_variable(const weft_hierarchy *h, const char *path, place *found) {
    for (int i = 0; i < h->n_variables; i++) {
        const weft_variable *v = &h->variables[i];
        if (leads_to(path, v->level >= 0 ? h->levels[v->level].name : "", v->name)) {
            found->variable = i;
            return true;
        }
    }
    return false;
}

static bool find_in_part(weft_hierarchy *h, const char *path, place *found) {
    for (int p = 0; p < h->n_parts; p++) {
        weft_part *part = &h->parts[p];
        const char *level = h->levels[part->level].name;
        char name[2 * WEFT_NAME];
        for (int f = 0; f < part->class->n_fields; f++) {
            snprintf(name, sizeof name, "%s.%s", part->name, part->class->fields[f].name);
            if (leads_to(path, level, name)) {
                *found = (place){.variable = WEFT_NO_VARIABLE,
                                 .number = -1,
                                 .part = p,
                                 .field = f,
                                 .setting = -1};
                if (part->class->fields[f].words != NULL) {
                    found->choice = &part->choice[f];
                    found->chosen = &part->chosen[f];
                    found->words = part->class->fields[f].words;
                }
                return true;
            }
        }
        for (int s = 0; s < WEFT_SETTING_COUNT; s++) {
            snprintf(name, sizeof name, "%s.%s", part->name, weft_setting_words[s]);
            if (leads_to(path, level, name)) {
                *found = (place){.variable = WEFT_NO_VARIABLE,
                                 .number = -1,
                                 .part = p,
                                 .field = -1,
                                 .setting = s};
                return true;
            }
        }
    }
    return false;
}

/* A number of `execution` that the file leaves out. */
static bool find_number(const char *path, place *found) {
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        if (leads_to(path, "execution", weft_number_words[i]) &&
            strncmp(path, "execution.", 10) == 0) {
            found->number = i;
            return true;
        }
    }
    return false;
}

static bool find_place(weft_hierarchy *h, const char *path, place *found) {
    *found =
        (place){.variable = WEFT_NO_VARIABLE, .number = -1, .part = -1, .field = -1, .setting = -1};
    if (strcmp(path, "execution.order") == 0) {
        found->word = &h->execution;
        found->words = weft_execution_words;
        return true;
    }
    if (strcmp(path, "execution.accounting") == 0) {
        found->word = &h->accounting;
        found->words = weft_accounting_words;
        return true;
    }
    if (strcmp(path, "execution.objective") == 0) {
        found->word = &h->objective;
        found->words = weft_objective_words;
        return true;
    }
    return find_variable(h, path, found) || find_number(path, found) ||
           find_in_part(h, path, found);
}

/* At a node of a file, or (NULL) as the user gave it. */
static weft_status fail_path(const weft_hierarchy *h, const weft_doc *doc, const weft_node *node,
                             const char *path, weft_error *error) {
    const char *names[WEFT_MAX_VARIABLES];
    size_t n = 0;
    for (int i = 0; i < h->n_variables; i++) {
        if (strchr(h->variables[i].name, '.') == NULL || strchr(path, '.') != NULL) {
            names[n++] = h->variables[i].name;
        }
    }
    const char *last = strrchr(path, '.');
    const char *nearest = weft_nearest(path, names, n);
    if (nearest == NULL && last != NULL) {
        nearest = weft_nearest(last + 1, names, n);
    }
    weft_status status =
        node != NULL
            ? weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "the chip has no '%s'", path)
            : weft_fail(error, WEFT_ERROR_USAGE, "the chip has no '%s'", path);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'? `weft chip show` lists all", nearest);
    } else {
        weft_hint(error, "`weft chip show` lists all that can be set");
    }
    return status;
}

static weft_status change_word(const place *at, const weft_doc *doc, const weft_node *node,
                               weft_error *error) {
    const char *text = NULL;
    size_t n = 0;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    for (; at->words[n] != NULL; n++) {
        if (strcmp(at->words[n], text) == 0) {
            if (at->word != NULL) {
                *at->word = (int)n;
            } else {
                *at->choice = (double)n;
                *at->chosen = true;
            }
            return WEFT_OK;
        }
    }
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "unknown word '%.40s'", text);
    const char *nearest = weft_nearest(text, at->words, n);
    weft_hint(error, nearest != NULL ? "did you mean '%s'?" : "expected a word such as '%s'",
              nearest != NULL ? nearest : at->words[0]);
    return WEFT_ERROR_INPUT;
}

/* The variable's name stays; what it holds is that of the node. */
static weft_status replace(weft_hierarchy *h, int variable, const weft_doc *doc,
                           const weft_node *node, weft_error *error) {
    int made = 0;
    weft_variable *old = &h->variables[variable];
    WEFT_TRY(weft_variables_add(h, doc, node, "settings.new", old->level, &made, error));
    weft_variable *new = &h->variables[made];
    if (new->text == NULL && old->text == NULL &&new->dimension != old->dimension) {
        h->n_variables--;
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "'%s' is in %s; '%s' measures something else", old->name,
                              old->value.unit, new->value.unit);
    }
    memcpy(new->name, old->name, sizeof new->name);
    weft_expr_destroy(old->expr);
    free(old->text);
    *old = *new;
    *new = (weft_variable){.level = -1};
    h->n_variables--;
    return WEFT_OK;
}

static weft_status add(weft_hierarchy *h, const place *at, const weft_doc *doc,
                       const weft_node *node, weft_error *error) {
    if (at->number >= 0) {
        char path[2 * WEFT_NAME];
        snprintf(path, sizeof path, "execution.%s", weft_number_words[at->number]);
        return weft_variables_add(h, doc, node, path, -1, &h->number[at->number], error);
    }
    weft_part *part = &h->parts[at->part];
    char name[2 * WEFT_NAME];
    snprintf(name, sizeof name, "%s.%s", part->name,
             at->field >= 0 ? part->class->fields[at->field].name
                            : weft_setting_words[at->setting]);
    int *to = at->field >= 0 ? &part->field[at->field] : &part->setting[at->setting];
    return weft_variables_add(h, doc, node, name, part->level, to, error);
}

/* The chip's word for all fields of a name; that the parts know it is seen when they are linked. */
static weft_choice *find_choice(weft_hierarchy *h, const char *path) {
    for (int c = 0; c < h->n_choices; c++) {
        if (strcmp(h->choices[c].name, path) == 0) {
            return &h->choices[c];
        }
    }
    return NULL;
}

static weft_status change_choice(weft_choice *choice, const weft_doc *doc, const weft_node *node,
                                 weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    snprintf(choice->word, sizeof choice->word, "%s", text);
    return WEFT_OK;
}

weft_status weft_hierarchy_change(weft_hierarchy *h, const weft_doc *doc, const weft_node *node,
                                  const char *path, weft_error *error) {
    place at;
    if (strncmp(path, "chip.", 5) == 0) {
        path += 5;
    }
    weft_choice *choice = find_choice(h, path);
    if (choice != NULL) {
        return change_choice(choice, doc, node, error);
    }
    if (!find_place(h, path, &at)) {
        return fail_path(h, doc, node, path, error);
    }
    if (at.words != NULL) {
        return change_word(&at, doc, node, error);
    }
    return at.variable != WEFT_NO_VARIABLE ? replace(h, at.variable, doc, node, error)
                                           : add(h, &at, doc, node, error);
}

weft_status weft_hierarchy_find(weft_hierarchy *h, const char *path, weft_error *error) {
    place at;
    return find_choice(h, path) != NULL || find_place(h, path, &at)
               ? WEFT_OK
               : fail_path(h, NULL, NULL, path, error);
}

/* The words of the first field that a choice is for; that all others know them is seen when they are
 * linked. */
const char *const *weft_hierarchy_choice_words(const weft_hierarchy *h, const char *name) {
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part_class *class = h->parts[p].class;
        for (int f = 0; f < class->n_fields; f++) {
            if (class->fields[f].words != NULL && strcmp(class->fields[f].name, name) == 0) {
                return class->fields[f].words;
            }
        }
    }
    return NULL;
}

static weft_knob knob_at(const weft_hierarchy *h, const place *at) {
    weft_knob knob = {.part = -1, .factor = 1, .divisor = 1};
    if (at->choice != NULL) {
        knob.kind = WEFT_KNOB_FIELD_WORD;
        knob.part = at->part;
        knob.variable = at->field;
    } else if (at->words != NULL) {
        knob.kind = at->word == &h->execution    ? WEFT_KNOB_ORDER
                    : at->word == &h->accounting ? WEFT_KNOB_ACCOUNTING
                                                 : WEFT_KNOB_OBJECTIVE;
    } else if (at->variable != WEFT_NO_VARIABLE) {
        knob.kind = WEFT_KNOB_VARIABLE;
        knob.variable = at->variable;
    } else if (at->number >= 0) {
        knob.kind = WEFT_KNOB_NUMBER;
        knob.variable = at->number;
    } else {
        knob.kind = at->field >= 0 ? WEFT_KNOB_FIELD : WEFT_KNOB_SETTING;
        knob.part = at->part;
        knob.variable = at->field >= 0 ? at->field : at->setting;
    }
    return knob;
}

weft_status weft_hierarchy_knob(weft_hierarchy *h, const char *path, weft_knob *knob,
                                const char *const **words, const char **unit, weft_error *error) {
    place at;
    path += strncmp(path, "chip.", 5) == 0 ? 5 : 0;
    const weft_choice *choice = find_choice(h, path);
    if (choice != NULL) {
        *knob = (weft_knob){.kind = WEFT_KNOB_CHOICE,
                            .variable = (int32_t)(choice - h->choices),
                            .part = -1,
                            .factor = 1,
                            .divisor = 1};
        *words = weft_hierarchy_choice_words(h, choice->name);
        return WEFT_OK;
    }
    if (!find_place(h, path, &at)) {
        return fail_path(h, NULL, NULL, path, error);
    }
    *knob = knob_at(h, &at);
    *words = at.words;
    *unit = weft_hierarchy_unit(h, path);
    return WEFT_OK;
}

const char *weft_hierarchy_unit(weft_hierarchy *h, const char *path) {
    place at;
    if (strncmp(path, "chip.", 5) == 0) {
        path += 5;
    }
    if (!find_place(h, path, &at) || at.words != NULL) {
        return NULL;
    }
    if (at.variable != WEFT_NO_VARIABLE && h->variables[at.variable].text == NULL) {
        return h->variables[at.variable].value.unit;
    }
    return NULL;
}

bool weft_hierarchy_put(weft_hierarchy *h, const char *path, double number, const char *unit) {
    place at;
    if (!find_place(h, path, &at) || at.variable == WEFT_NO_VARIABLE) {
        return false;
    }
    weft_variable *v = &h->variables[at.variable];
    const weft_unit *found = weft_unit_find(v->dimension, unit);
    if (v->text != NULL || found == NULL || !(fabs(number) <= 1e300)) {
        return false;
    }
    v->value.value = weft_unit_to_si(found, number);
    snprintf(v->value.unit, sizeof v->value.unit, "%s", found->name);
    snprintf(v->value.source, sizeof v->value.source, WEFT_SET_BY_USER);
    v->line = 0;
    return true;
}
