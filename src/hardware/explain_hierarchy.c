/* SPDX-License-Identifier: Apache-2.0
 *
 * The explanation of a hierarchical chip: how often a part acts, what an action costs with the
 * statistics of the layer's operands, and how the part's class comes to that from its fields. */
#include "hardware/explain.h"

#include "base/error.h"
#include "hardware/hierarchy_cost.h"
#include "hardware/price.h"
#include "hardware/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The chip behind a question, priced for the layer's operands. */
typedef struct subject {
    const weft_hierarchy *h;
    weft_loop_work *work;
    weft_precision *price;
    int32_t same; /* the layer that was worked out once more; -1: none */
    double variables[WEFT_MAX_VARIABLES];
} subject;

static const subject *of(const weft_question *q) {
    return q->model;
}

static const char *const STATISTICS[] = {
#define STATISTIC(name, token, text) token,
    WEFT_STATISTIC_MAP(STATISTIC)
#undef STATISTIC
};
static const char *const STATISTIC_TEXTS[] = {
#define STATISTIC(name, token, text) text,
    WEFT_STATISTIC_MAP(STATISTIC)
#undef STATISTIC
};
static const char *const ACTIONS[] = {
#define ACTION(name, token) token,
    WEFT_ACTION_MAP(ACTION)
#undef ACTION
};

/* ---- variables ------------------------------------------------------------------------------- */

/* A parameter with its source, or an expression with its text. */
static void variable_row(const weft_question *q, int32_t depth, int v, const char *name,
                         weft_dimension dimension) {
    const weft_variable *variable = &of(q)->h->variables[v];
    bool written = variable->text == NULL;
    weft_explain_row(q->to, depth, of(q)->variables[v],
                     weft_explain_unit(written ? variable->dimension : dimension), variable->text,
                     written ? variable->value.source : NULL, "%s", name);
}

static void setting_rows(const weft_question *q, int32_t depth, const weft_part *part) {
    static const char *const NAMES[] = {
#define SETTING(name, token, fallback) token,
        WEFT_PART_SETTING_MAP(SETTING)
#undef SETTING
    };
    for (int s = 0; s < WEFT_SETTING_COUNT; s++) {
        if (part->setting[s] != WEFT_NO_VARIABLE) {
            variable_row(q, depth, part->setting[s], NAMES[s], WEFT_DIMENSION_NONE);
        }
    }
}

static void field_rows(const weft_question *q, int32_t depth, const weft_part *part) {
    for (int f = 0; f < part->class->n_fields; f++) {
        const weft_part_field *field = &part->class->fields[f];
        int v = part->field[f] != WEFT_NO_VARIABLE ? part->field[f] : part->inherited[f];
        if (field->words != NULL) {
            weft_explain_row(q->to, depth, 0, "", field->words[(int)part->choice[f]], NULL, "%s",
                             field->name);
        } else if (v != WEFT_NO_VARIABLE) {
            variable_row(q, depth, v, field->name, field->dimension);
        } else {
            weft_explain_row(q->to, depth, field->fallback, weft_explain_unit(field->dimension),
                             NULL, "the class's own where the chip does not say", "%s",
                             field->name);
        }
    }
}

/* ---- what a part is -------------------------------------------------------------------------- */

/* Lines of an equation become rows of text. */
static void equation_rows(const weft_question *q, int32_t depth, const weft_part_class *class) {
    for (const char *line = class->equation; *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        weft_explain_row(q->to, depth, 0, "", NULL, NULL, "%.*s", length, line);
        line += length + (line[length] == '\n');
    }
}

static void describe(const weft_question *q, int32_t depth, int32_t p) {
    const weft_part *part = &of(q)->h->parts[p];
    double fields[WEFT_PART_MAX_FIELDS];
    weft_part_price price = {.area_m2 = 0};
    weft_terms terms = {.n = 0};
    weft_error unused;
    weft_explain_row(q->to, depth, 0, "", part->class->text, part->class->source, "%s is a %s",
                     part->name, part->class->name);
    equation_rows(q, depth + 1, part->class);
    if (weft_hierarchy_fields(of(q)->h, part, of(q)->variables, fields, NULL, &unused) == WEFT_OK) {
        part->class->price(fields, &terms, &price);
    }
    for (int i = 0; i < terms.n; i++) {
        weft_explain_row(q->to, depth + 1, terms.rows[i].value, terms.rows[i].unit,
                         terms.rows[i].equation, NULL, "%s", terms.rows[i].name);
    }
    weft_explain_row(q->to, depth + 1, 0, "", "what the chip says, and what follows from it", NULL,
                     "fields");
    field_rows(q, depth + 2, part);
    setting_rows(q, depth + 2, part);
}

/* ---- energy ---------------------------------------------------------------------------------- */

/* The energy of an action: coefficients of the class times statistics of the layer. */
static double action_rows(const weft_question *q, int32_t depth, const char *name,
                          const double *coefficients) {
    const double *statistics = of(q)->work->costs[of(q)->same].statistics;
    double sum = 0;
    for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
        sum += coefficients[k] * statistics[k];
    }
    weft_explain_row(q->to, depth, sum, "J", "sum of coefficients x statistics of the operands",
                     NULL, "energy of a %s", name);
    for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
        if (coefficients[k] != 0) {
            weft_explain_row(q->to, depth + 1, coefficients[k], "J", NULL, NULL,
                             "coefficient of %s", STATISTICS[k]);
            weft_explain_row(q->to, depth + 1, statistics[k], "1", STATISTIC_TEXTS[k], NULL, "%s",
                             STATISTICS[k]);
        }
    }
    return sum;
}

static void energy_rows(const weft_question *q, int32_t depth, int32_t p, double energy) {
    const subject *s = of(q);
    const weft_part_cost *part = &s->price->parts[p];
    const weft_loop_cost *cost = &s->work->costs[s->same];
    const struct {
        const char *name;
        double count;
        const double *coefficients;
    } actions[] = {{"read", s->work->counts.reads[p], part->read_j},
                   {"write", s->work->counts.writes[p], part->write_j}};
    double left = energy;
    for (int i = 0; i < 2; i++) {
        if (actions[i].count > 0) {
            weft_explain_row(q->to, depth, actions[i].count, "1", "from the loops of the layer",
                             NULL, "%ss ('%s')", actions[i].name, ACTIONS[s->h->parts[p].action]);
            left -= actions[i].count *
                    action_rows(q, depth, actions[i].name, actions[i].coefficients);
        }
    }
    if (part->leak_w > 0) {
        weft_explain_row(q->to, depth, left > 1e-12 * energy ? left : 0, "J",
                         "power of a copy x powered copies x time of the layer", NULL, "leakage");
        weft_explain_row(q->to, depth + 1, part->leak_w, "W", "with its instances and scale", NULL,
                         "leakage of a copy of the level");
        weft_explain_row(q->to, depth + 1, cost->seconds + cost->load_s, "s", NULL, NULL,
                         "time of the layer");
    }
}

/* ---- latency and area ------------------------------------------------------------------------ */

static void latency_rows(const weft_question *q, int32_t depth) {
    const subject *s = of(q);
    const weft_loop_cost *cost = &s->work->costs[s->same];
    weft_explain_row(q->to, depth, cost->steps, "1", "loops that are left in time", NULL,
                     "steps of the arrays");
    weft_explain_row(q->to, depth, cost->cycles, "1",
                     "steps x cycles of a step x times that the chip is filled", NULL, "cycles");
    variable_row(q, depth, s->h->builtin[WEFT_BUILTIN_CYCLE], "cycle", WEFT_DIMENSION_TIME);
    if (cost->load_s > 0) {
        weft_explain_row(q->to, depth, cost->load_s, "s", "rows x time of a write, or of fetching",
                         NULL, "writing of weights");
    }
}

static void area_rows(const weft_question *q, int32_t depth, int32_t p) {
    const weft_part *part = &of(q)->h->parts[p];
    double copies = 1;
    for (int l = 0; l <= part->level; l++) {
        const weft_level *level = &of(q)->h->levels[l];
        copies *= of(q)->price->capacity[l];
        if (level->count != WEFT_NO_VARIABLE) {
            variable_row(q, depth, level->count, level->name, WEFT_DIMENSION_NONE);
        }
    }
    weft_explain_row(q->to, depth, copies, "1", "product of the levels around it", NULL,
                     "copies of '%s'", of(q)->h->levels[part->level].name);
    weft_explain_row(q->to, depth, of(q)->price->parts[p].area_mm2 / copies, "mm2",
                     "area of the class x instances x area_scale", NULL, "area of a copy");
}

/* ---- one quantity on one row ----------------------------------------------------------------- */

static void explain(const weft_question *q, int32_t depth, weft_explain_quantity what, int32_t p) {
    static const char *const EQUATIONS[] = {
        "reads x energy of a read + writes x energy of a write + leakage",
        "cycles x cycle + writing of weights", "copies x area of a copy"};
    double value = weft_explain_value(q, what, p);
    bool chip = of(q)->same < 0;
    weft_explain_row(q->to, depth, value, weft_explain_unit_of(what),
                     !chip || what == WEFT_EXPLAIN_AREA ? EQUATIONS[what]
                     : what == WEFT_EXPLAIN_ENERGY      ? "leakage while layers overlap"
                                                        : "total less the layers one by one",
                     NULL, "%s %s, %s", q->cost->parts[p].token, weft_explain_name(what),
                     q->cost->layers[q->row].name);
    if (value == 0) {
        return;
    }
    if (what == WEFT_EXPLAIN_AREA) {
        area_rows(q, depth + 1, p);
    } else if (!chip && what == WEFT_EXPLAIN_ENERGY) {
        energy_rows(q, depth + 1, p, value);
    } else if (!chip) {
        latency_rows(q, depth + 1);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Prices for the operands of the row's layer, whose counts are then in work->counts. */
static weft_status prepare(const weft_hierarchy_priced *priced, subject *s, int32_t row,
                           weft_error *error) {
    static const int32_t OWN[WEFT_TRAITS];
    const int32_t *traits = OWN;
    s->same = -1;
    if (row >= 0 && row < s->work->n_layers) {
        s->same = s->work->layers[row].same;
        traits = s->work->traits[s->work->layers[row].precision];
        WEFT_TRY(weft_hierarchy_layer(priced, s->work, s->same, error));
    }
    weft_variables_evaluate(s->h, traits, s->variables);
    return weft_hierarchy_price(s->h, traits, s->price, NULL, error);
}

weft_status weft_explain_hierarchy(const weft_priced *priced, weft_workload *workload,
                                   weft_question *question, const char *part, weft_error *error) {
    subject *s = calloc(1, sizeof *s);
    weft_precision *price = calloc(1, sizeof *price);
    weft_status status = WEFT_OK;
    if (s == NULL || price == NULL) {
        status = weft_fail_memory(error, sizeof *s + sizeof *price);
    } else {
        s->h = priced->hierarchy->hierarchy;
        s->work = workload->loops;
        s->price = price;
        status = prepare(priced->hierarchy, s, question->row, error);
    }
    if (status == WEFT_OK) {
        question->model = s;
        question->explain = explain;
        question->describe = describe;
        status = weft_explain_answer(question, part, error);
    }
    free(price);
    free(s);
    return status;
}
