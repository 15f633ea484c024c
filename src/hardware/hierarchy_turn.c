/* SPDX-License-Identifier: Apache-2.0
 *
 * Turning a priced chip. The first turn gives it a hierarchy of its own, whose variables then take
 * the values; what follows them is evaluated and priced again, nothing else.
 *
 * The id of a turned chip is that of the chip plus a number for what each knob stands at, less one
 * for what it stood at: equal settings have equal ids, in whatever order they were made. */
#include "hardware/hierarchy_turn.h"

#include "base/error.h"
#include "hardware/hash.h"
#include "hardware/hierarchy_read.h"
#include "hardware/hierarchy_words.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct weft_turning {
    weft_hierarchy hierarchy;     /* a copy to change, but for the expressions and texts, */
    const weft_hierarchy *origin; /* which stay those of this one */
    uint64_t moved;               /* id of the priced chip less that of the chip */
    weft_variable_set changed;    /* since it was priced last */
    uint64_t parts;               /* that have changed themselves */
    bool words, all;              /* words have changed; all is to be priced anew */
};

static weft_status begin(weft_hierarchy_priced *priced, weft_error *error) {
    struct weft_turning *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    /* all but the owners, whom other threads count meanwhile */
    enum { REST = offsetof(weft_hierarchy, file) };
    memcpy((char *)&made->hierarchy + REST, (const char *)priced->hierarchy + REST,
           sizeof made->hierarchy - REST);
    atomic_init(&made->hierarchy.owners, 1);
    made->origin = priced->hierarchy;
    priced->turning = made;
    priced->hierarchy = &made->hierarchy;
    return WEFT_OK;
}

const weft_hierarchy *weft_hierarchy_turning_end(struct weft_turning *turning) {
    const weft_hierarchy *origin = turning->origin;
    free(turning);
    return origin;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Where the index of the variable stands that a knob turns. */
static int *variable_of(weft_hierarchy *h, const weft_knob *knob) {
    switch (knob->kind) {
    case WEFT_KNOB_NUMBER:
        return &h->number[knob->variable];
    case WEFT_KNOB_FIELD:
        return &h->parts[knob->part].field[knob->variable];
    default:
        return &h->parts[knob->part].setting[knob->variable];
    }
}

/* A variable for what the file leaves out. Nothing refers to it by its name. */
static weft_status add_variable(struct weft_turning *t, const weft_knob *knob, int *at,
                                weft_error *error) {
    weft_hierarchy *h = &t->hierarchy;
    if (h->n_variables == WEFT_MAX_VARIABLES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "a chip of more than %d parameters and fields",
                         WEFT_MAX_VARIABLES);
    }
    *at = h->n_variables++;
    weft_variable *v = &h->variables[*at];
    *v = (weft_variable){.level = -1};
    v->value.value = NAN;
    char name[2 * WEFT_NAME];
    if (knob->part >= 0) {
        const weft_part *part = &h->parts[knob->part];
        v->level = part->level;
        snprintf(name, sizeof name, "%s.%s", part->name,
                 knob->kind == WEFT_KNOB_FIELD ? part->class->fields[knob->variable].name
                                               : weft_setting_words[knob->variable]);
    } else {
        snprintf(name, sizeof name, "execution.%s", weft_number_words[knob->variable]);
    }
    snprintf(v->name, sizeof v->name, "%s", name);
    h->order[h->n_ordered++] = (int16_t)*at;
    weft_hierarchy_link_needs(h);
    memset(&t->changed, 0, sizeof t->changed);
    t->all = true;
    return WEFT_OK;
}

static uint64_t share_of(const weft_knob *knob, double value) {
    uint64_t hash = weft_hash_add(weft_hash_begin(), (uint64_t)knob->kind << 48 |
                                                         (uint64_t)(uint32_t)knob->variable << 8 |
                                                         (uint64_t)(knob->part + 1));
    return weft_hash_add(weft_hash_add_real(hash, value), 0);
}

static void move(struct weft_turning *t, const weft_knob *knob, double from, double to) {
    t->moved += share_of(knob, to) - share_of(knob, from);
}

static weft_status turn_number(struct weft_turning *t, const weft_knob *knob, double value,
                               weft_error *error) {
    weft_hierarchy *h = &t->hierarchy;
    int at = knob->variable;
    if (knob->kind != WEFT_KNOB_VARIABLE) {
        int *variable = variable_of(h, knob);
        if (*variable == WEFT_NO_VARIABLE) {
            WEFT_TRY(add_variable(t, knob, variable, error));
        }
        at = *variable;
    }
    weft_variable *v = &h->variables[at];
    double si = value * knob->factor / knob->divisor;
    if (!(fabs(value) <= 1e300)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s' cannot be %g", v->name, value);
    }
    v->line = 0;
    if (v->expr == NULL && v->value.value == si) {
        return WEFT_OK;
    }
    move(t, knob, v->expr != NULL ? NAN : v->value.value, si);
    v->expr = NULL;
    v->text = NULL;
    v->value.value = si;
    weft_set_join(&t->changed, &h->follows[at]);
    return WEFT_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

const char *const *weft_hierarchy_knob_words(const weft_hierarchy *h, const weft_knob *knob) {
    switch (knob->kind) {
    case WEFT_KNOB_FIELD_WORD:
        return h->parts[knob->part].class->fields[knob->variable].words;
    case WEFT_KNOB_CHOICE:
        return weft_hierarchy_choice_words(h, h->choices[knob->variable].name);
    case WEFT_KNOB_ORDER:
        return weft_execution_words;
    case WEFT_KNOB_ACCOUNTING:
        return weft_accounting_words;
    case WEFT_KNOB_OBJECTIVE:
        return weft_objective_words;
    default:
        return NULL;
    }
}

static int index_of(const char *const *words, const char *word) {
    int i = 0;
    while (words[i] != NULL && strcmp(words[i], word) != 0) {
        i++;
    }
    return i;
}

static int word_of(const weft_hierarchy *h, const weft_knob *knob) {
    switch (knob->kind) {
    case WEFT_KNOB_FIELD_WORD:
        return (int)h->parts[knob->part].choice[knob->variable];
    case WEFT_KNOB_CHOICE:
        return index_of(weft_hierarchy_knob_words(h, knob), h->choices[knob->variable].word);
    case WEFT_KNOB_ORDER:
        return h->execution;
    case WEFT_KNOB_ACCOUNTING:
        return h->accounting;
    default:
        return h->objective;
    }
}

/* Gives its word to all parts with a field that a choice is for. Where one does not know it, linking
 * the names again says so. */
static void put_choice(struct weft_turning *t, weft_choice *choice, const char *word) {
    weft_hierarchy *h = &t->hierarchy;
    snprintf(choice->word, sizeof choice->word, "%s", word);
    for (int p = 0; p < h->n_parts; p++) {
        weft_part *part = &h->parts[p];
        for (int f = 0; f < part->class->n_fields; f++) {
            const weft_part_field *field = &part->class->fields[f];
            if (field->words != NULL && !part->chosen[f] &&
                strcmp(field->name, choice->name) == 0) {
                int i = index_of(field->words, word);
                t->words = t->words || field->words[i] == NULL;
                part->choice[f] = i;
                t->parts |= UINT64_C(1) << p;
            }
        }
    }
}

static void put_word(struct weft_turning *t, const weft_knob *knob, int word) {
    weft_hierarchy *h = &t->hierarchy;
    switch (knob->kind) {
    case WEFT_KNOB_FIELD_WORD:
        h->parts[knob->part].choice[knob->variable] = word;
        h->parts[knob->part].chosen[knob->variable] = true;
        t->parts |= UINT64_C(1) << knob->part;
        return;
    case WEFT_KNOB_CHOICE:
        put_choice(t, &h->choices[knob->variable], weft_hierarchy_knob_words(h, knob)[word]);
        return;
    case WEFT_KNOB_ORDER:
        h->execution = word;
        break;
    case WEFT_KNOB_ACCOUNTING:
        h->accounting = word;
        break;
    default:
        h->objective = word;
        break;
    }
    t->words = t->all = true;
}

static weft_status turn_word(struct weft_turning *t, const weft_knob *knob, double value,
                             weft_error *error) {
    const char *const *words = weft_hierarchy_knob_words(&t->hierarchy, knob);
    int n = 0;
    while (words[n] != NULL) {
        n++;
    }
    if (!(value >= 0 && value < n) || value != floor(value)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%g stands for no word; there are %d, '%s' is the first", value, n,
                         words[0]);
    }
    int before = word_of(&t->hierarchy, knob);
    if (before != (int)value) {
        move(t, knob, before, value);
        put_word(t, knob, (int)value);
    }
    return WEFT_OK;
}

/* ---- turning --------------------------------------------------------------------------------- */

static weft_status turn_all(const weft_hierarchy_priced *priced, const weft_knob *knobs,
                            const double *values, int n, weft_error *error) {
    for (int i = 0; i < n; i++) {
        const weft_knob *knob = &knobs[i];
        if (knob->chip != priced->chip || knob->kind == WEFT_KNOB_PIXELS) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "knob %d was made of another chip, or before the chip was set", i);
        }
        WEFT_TRY(knob->kind >= WEFT_KNOB_FIELD_WORD
                     ? turn_word(priced->turning, knob, values[i], error)
                     : turn_number(priced->turning, knob, values[i], error));
    }
    return WEFT_OK;
}

static weft_status price(weft_hierarchy_priced *priced, weft_error *error) {
    static const int32_t OWN[WEFT_TRAITS];
    struct weft_turning *t = priced->turning;
    if (t->words) {
        WEFT_TRY(weft_hierarchy_relink(&t->hierarchy, error));
        weft_hierarchy_link_needs(&t->hierarchy);
    }
    WEFT_TRY(t->all ? weft_hierarchy_price_anew(&t->hierarchy, OWN, &priced->pricing, &priced->own,
                                                NULL, error)
                    : weft_hierarchy_price_again(&t->hierarchy, &t->changed, t->parts,
                                                 &priced->pricing, &priced->own, error));
    memset(&t->changed, 0, sizeof t->changed);
    t->parts = 0;
    t->words = t->all = false;
    return WEFT_OK;
}

weft_status weft_hierarchy_turn(weft_hierarchy_priced *priced, const weft_knob *knobs,
                                const double *values, int n, weft_error *error) {
    if (priced->turning == NULL) {
        WEFT_TRY(begin(priced, error));
    }
    struct weft_turning *t = priced->turning;
    weft_status status = turn_all(priced, knobs, values, n, error);
    if (status == WEFT_OK) {
        status = price(priced, error);
    }
    t->all = t->all || status != WEFT_OK;
    priced->id = priced->chip + t->moved;
    priced->id += priced->id == 0; /* 0: of no chip */
    return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

double weft_hierarchy_value(const weft_hierarchy_priced *priced, const weft_knob *knob) {
    static const double SETTING_FALLBACK[] = {
#define FALLBACK(name, token, fallback) fallback,
        WEFT_PART_SETTING_MAP(FALLBACK)
#undef FALLBACK
    };
    const weft_hierarchy *h = priced->hierarchy;
    const double *values = priced->pricing.values;
    const weft_part *part = &h->parts[knob->part >= 0 ? knob->part : 0];
    int at = WEFT_NO_VARIABLE;
    double si = NAN;
    if (knob->kind >= WEFT_KNOB_FIELD_WORD) {
        return word_of(h, knob);
    }
    if (knob->kind == WEFT_KNOB_VARIABLE) {
        at = knob->variable;
    } else if (knob->kind == WEFT_KNOB_NUMBER) {
        si = priced->own.number[knob->variable];
    } else if (knob->kind == WEFT_KNOB_SETTING) {
        at = part->setting[knob->variable];
        si = SETTING_FALLBACK[knob->variable];
    } else {
        bool given = part->field[knob->variable] != WEFT_NO_VARIABLE;
        at = given ? part->field[knob->variable] : part->inherited[knob->variable];
        si = part->class->fields[knob->variable].fallback;
    }
    si = at != WEFT_NO_VARIABLE ? values[at] : si;
    return si * knob->divisor / knob->factor;
}

bool weft_hierarchy_is_structural(const weft_hierarchy *h, const weft_knob *knob) {
    bool energies = weft_hierarchy_energies_choose(h);
    switch (knob->kind) {
    case WEFT_KNOB_VARIABLE:
        return weft_set_meets(&h->counted_by, &h->follows[knob->variable]);
    case WEFT_KNOB_FIELD:
    case WEFT_KNOB_FIELD_WORD:
    case WEFT_KNOB_CHOICE:
        return energies;
    case WEFT_KNOB_SETTING:
        return energies || knob->variable == WEFT_SETTING_WORD ||
               knob->variable == WEFT_SETTING_CAPACITY;
    default:
        return true;
    }
}

bool weft_hierarchy_is_parameter(const weft_hierarchy *h, const weft_knob *knob) {
    switch (knob->kind) {
    case WEFT_KNOB_VARIABLE:
        return h->variables[knob->variable].text == NULL;
    case WEFT_KNOB_FIELD_WORD:
        return h->parts[knob->part].chosen[knob->variable];
    case WEFT_KNOB_CHOICE:
    case WEFT_KNOB_ORDER:
    case WEFT_KNOB_ACCOUNTING:
    case WEFT_KNOB_OBJECTIVE:
        return true;
    default:
        return false;
    }
}
