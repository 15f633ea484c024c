/* SPDX-License-Identifier: Apache-2.0
 *
 * The explanation of a hierarchical chip: where the loops of a layer run, how often a part acts, what
 * an action costs with the statistics of the layer's operands, and how the part's class comes to that
 * from its fields: each with its source, or its expression and what that depends on. */
#include "hardware/explain.h"
#include "hardware/hierarchy_words.h"

#include "base/error.h"
#include "hardware/execute.h"
#include "hardware/explain_dataflow.h"
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
    int32_t same;       /* the layer that was worked out once more; -1: none */
    weft_spread spread; /* where its loops run */
    weft_counts counts; /* that follow: copies at work, words of weights */
    double filled;      /* share of the places for groups in its arrays that hold one */
    double copies;      /* of its weights */
    double cells;       /* for all its weights */
    const int32_t *traits;
    double variables[WEFT_MAX_VARIABLES];
    bool plain[WEFT_MAX_VARIABLES]; /* has no dimension */
    bool shown[WEFT_MAX_VARIABLES]; /* with what it depends on, under the heading at hand */
} subject;

static const subject *of(const weft_question *q) {
    return q->model;
}

static const char DEFAULT[] = "default of the class";
static const char CHIP_FILE[] = "the chip file";

static const char *const STATISTIC_TEXTS[] = {
#define STATISTIC(name, token, text) text,
    WEFT_STATISTIC_MAP(STATISTIC)
#undef STATISTIC
};
/* How the count of an action follows from the rows below; the others are those of a copy, times the
 * copies at work. */
static const char *const ALL_OF[WEFT_ACTION_COUNT] = {
    [WEFT_ACTION_CELL] = "cells for its weights x N P Q X / word",
    [WEFT_ACTION_LOAD] = "cells for its weights x times that each is written / word",
    [WEFT_ACTION_ELEMENT] = "sum of elements / word",
    [WEFT_ACTION_SPILL] = "ceil(bits of the maps beyond the capacity / word)",
    [WEFT_ACTION_HOP] = "ceil(elements of the output x bits of one / word) x hops",
    [WEFT_ACTION_WITH] = "as the part before it",
};
/* What a copy does over all steps; count.c has the equations. */
static const char *const READS_OF_COPY[WEFT_ACTION_COUNT] = {
    [WEFT_ACTION_INPUT] = "input slices that a copy drives, in words",
    [WEFT_ACTION_READOUT] = "columns of a copy that are read, in words",
    [WEFT_ACTION_OUTPUT] = "columns of a copy once their input slices are added up, in words",
    [WEFT_ACTION_RESULT] =
        "outputs of a copy once their input and weight slices are added up, in words",
    [WEFT_ACTION_STEP] = "steps / word",
    [WEFT_ACTION_PASS] = "for each copy inside that they go to or come from",
    [WEFT_ACTION_MERGE] = "once for the copies inside that share them in a step",
    [WEFT_ACTION_BUFFER] = "of inputs for the inside, and of partial sums that are added to",
};
static const char *const WRITES_OF_COPY[WEFT_ACTION_COUNT] = {
    [WEFT_ACTION_BUFFER] = "of inputs from a store further out, and of sums",
};

static void text_row(const weft_question *q, int32_t depth, const char *name, const char *text,
                     const char *source) {
    weft_explain_row(q->to, depth, 0, "", text, source, "%s", name);
}

static void number_row(const weft_question *q, int32_t depth, const char *name, double value,
                       const char *equation) {
    weft_explain_row(q->to, depth, value, "1", equation, NULL, "%s", name);
}

/* ---- variables ------------------------------------------------------------------------------- */

/* Numbers, counts, bits, and what is made of them alone. */
static void find_plain(const weft_hierarchy *h, bool *plain) {
    for (int k = 0; k < h->n_ordered; k++) {
        int v = h->order[k];
        const weft_variable *variable = &h->variables[v];
        plain[v] = variable->expr != NULL || variable->dimension == WEFT_DIMENSION_NONE ||
                   variable->dimension == WEFT_DIMENSION_DATA;
        for (int i = 0; variable->expr != NULL && i < h->n_variables; i++) {
            plain[v] = plain[v] && (plain[i] || !weft_expr_uses(variable->expr, i));
        }
    }
    plain[h->builtin[WEFT_BUILTIN_CYCLE]] = false;
}

static bool stands_alone(const weft_hierarchy *h, const weft_expr *expr) {
    for (int i = 0; i < h->n_variables; i++) {
        if (weft_expr_uses(expr, i)) {
            return false;
        }
    }
    return true;
}

/* The unit of an expression that no field tells. */
static const char *unit_of(const subject *s, int v) {
    return v == s->h->builtin[WEFT_BUILTIN_CYCLE] ? "s" : s->plain[v] ? "1" : "SI";
}

/* A parameter with its source, or an expression with its text and what it depends on. */
static void variable_rows(const weft_question *q, int32_t depth, int v, const char *name,
                          const char *unit) {
    subject *s = q->model;
    const weft_variable *variable = &s->h->variables[v];
    if (variable->expr == NULL) {
        weft_explain_row(q->to, depth, s->variables[v], weft_explain_unit(variable->dimension),
                         NULL, variable->value.source, "%s", name);
        return;
    }
    bool of_layer = v < WEFT_TRAITS && s->traits[v] > 0;
    const char *source = of_layer                             ? "the layer"
                         : stands_alone(s->h, variable->expr) ? CHIP_FILE
                                                              : NULL;
    weft_explain_row(q->to, depth, s->variables[v], unit, of_layer ? NULL : variable->text, source,
                     "%s", name);
    for (int i = 0; !s->shown[v] && i < s->h->n_variables; i++) {
        if (!of_layer && weft_expr_uses(variable->expr, i)) {
            variable_rows(q, depth + 1, i, s->h->variables[i].name, unit_of(s, i));
        }
    }
    s->shown[v] = true;
}

static void setting_rows(const weft_question *q, int32_t depth, const weft_part *part) {
    for (int s = 0; s < WEFT_SETTING_COUNT; s++) {
        if (part->setting[s] != WEFT_NO_VARIABLE) {
            variable_rows(q, depth, part->setting[s], weft_setting_words[s],
                          s == WEFT_SETTING_CAPACITY ? "bit" : "1");
        }
    }
}

/* Who chose the word of a field: the part, `choices` of the chip, or nobody. */
static const char *source_of_word(const weft_hierarchy *h, const weft_part *part, int f) {
    for (int c = 0; c < h->n_choices && !part->chosen[f]; c++) {
        if (strcmp(h->choices[c].name, part->class->fields[f].name) == 0) {
            return "the chip file, 'choices'";
        }
    }
    return part->chosen[f] ? CHIP_FILE : DEFAULT;
}

static void field_rows(const weft_question *q, int32_t depth, const weft_part *part) {
    for (int f = 0; f < part->class->n_fields; f++) {
        const weft_part_field *field = &part->class->fields[f];
        int v = part->field[f] != WEFT_NO_VARIABLE ? part->field[f] : part->inherited[f];
        if (field->words != NULL) {
            text_row(q, depth, field->name, field->words[(int)part->choice[f]],
                     source_of_word(of(q)->h, part, f));
        } else if (v != WEFT_NO_VARIABLE) {
            variable_rows(q, depth, v, field->name, weft_explain_unit(field->dimension));
        } else {
            weft_explain_row(q->to, depth, field->fallback, weft_explain_unit(field->dimension),
                             field->text, DEFAULT, "%s", field->name);
        }
    }
}

/* ---- where the layer runs -------------------------------------------------------------------- */

/* "P 56 x Q 56": the factors above 1. */
static const char *name_factors(const int32_t *factor, char *text, size_t size) {
    size_t used = 0;
    snprintf(text, size, "none");
    for (int d = 0; d < WEFT_DIM_COUNT && used < size; d++) {
        if (factor[d] > 1) {
            used += (size_t)snprintf(text + used, size - used, "%s%s %d", used > 0 ? " x " : "",
                                     weft_dim_words[d], factor[d]);
        }
    }
    return text;
}

static void level_row(const weft_question *q, int32_t depth, int l) {
    const subject *s = of(q);
    char factors[128];
    char text[256];
    const double *used = s->spread.used;
    double in_one = used[l] / (l > 0 ? used[l - 1] : 1);
    snprintf(text, sizeof text, "loops over them: %s; %d of them%s%s",
             name_factors(s->spread.factor[l], factors, sizeof factors), s->price->capacity[l],
             l > 0 ? " in each " : "", l > 0 ? s->h->levels[l - 1].name : "");
    if (s->price->capacity[l] > 1 || in_one > 1) {
        weft_explain_row(q->to, depth, in_one, "1", text, NULL, "copies of '%s' in use",
                         s->h->levels[l].name);
    }
}

static void layout_rows(const weft_question *q, int32_t depth) {
    const subject *s = of(q);
    const weft_loop_cost *cost = &s->work->costs[s->same];
    weft_loop_sizes loops = weft_loop_sizes_on(&s->work->layers[s->same], s->price);
    char text[256];
    text_row(q, depth, "loops of the layer", name_factors(loops.size, text, sizeof text), NULL);
    number_row(q, depth + 1, "X, slices of an input", s->price->input_slices,
               "ceil(bits of the code / bits of a slice)");
    number_row(q, depth + 1, "Y, slices of a weight", s->price->weight_slices,
               "ceil(bits of the code / bits of a slice)");
    for (int l = 0; l < s->h->n_levels; l++) {
        level_row(q, depth + 1, l);
    }
    if (s->h->accounting == WEFT_ACCOUNTING_DATAFLOW) {
        weft_explain_dataflow_order(q, depth + 1, s->work, s->same);
    } else {
        number_row(q, depth + 1, "loops in time", cost->steps,
                   name_factors(s->spread.rest, text, sizeof text));
    }
    weft_explain_row(q->to, depth + 1, cost->arrays * cost->copies / s->copies, "1", NULL, NULL,
                     "arrays of a copy ('%s')", s->h->levels[s->h->array_level].name);
    number_row(q, depth + 1, "copies of the weights", s->copies,
               s->h->accounting == WEFT_ACCOUNTING_ALONE
                   ? "arrays that N, P and Q are spread over, with the same weights"
                   : NULL);
    number_row(q, depth + 1, "times that the chip is filled", cost->rounds, NULL);
    number_row(q, depth + 1, "cells for its weights", s->cells, "C x R x S x M x G x Y");
}

/* ---- what a part is -------------------------------------------------------------------------- */

/* Lines of an equation become rows of text. */
static void equation_rows(const weft_question *q, int32_t depth, const weft_part_class *class) {
    for (const char *line = class->equation; *line != '\0';) {
        line += strspn(line, " ");
        int length = (int)strcspn(line, "\n");
        char text[256];
        snprintf(text, sizeof text, "%.*s", length, line);
        text_row(q, depth, "equation", text, NULL);
        line += length + (line[length] == '\n');
    }
}

static void describe(const weft_question *q, int32_t depth, int32_t p) {
    const weft_part *part = &of(q)->h->parts[p];
    double fields[WEFT_PART_MAX_FIELDS];
    weft_part_price price = {.area_m2 = 0};
    weft_terms terms = {.n = 0};
    weft_error unused;
    memset(((subject *)q->model)->shown, 0, sizeof of(q)->shown);
    weft_explain_row(q->to, depth, 0, "", part->class->text, part->class->source, "%s is a %s",
                     part->name, part->class->name);
    equation_rows(q, depth + 1, part->class);
    if (weft_hierarchy_fields(of(q)->h, part, of(q)->variables, fields, NULL, &unused) == WEFT_OK) {
        part->class->price(fields, &terms, &price);
    }
    for (int i = 0; i < terms.n; i++) {
        if (isfinite(terms.rows[i].value)) {
            weft_explain_row(q->to, depth + 1, terms.rows[i].value, terms.rows[i].unit,
                             terms.rows[i].equation, NULL, "%s", terms.rows[i].name);
        }
    }
    weft_explain_row(q->to, depth + 1, 0, "", "what the chip says, and what follows from it", NULL,
                     "fields");
    field_rows(q, depth + 2, part);
    setting_rows(q, depth + 2, part);
}

/* ---- energy ---------------------------------------------------------------------------------- */

/* The energy of an action: coefficients of the class times statistics of the layer. */
static void action_rows(const weft_question *q, int32_t depth, const char *name,
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
            weft_explain_row(q->to, depth + 1, coefficients[k], "J", "of the class x energy_scale",
                             NULL, "coefficient of %s", weft_statistic_words[k]);
            weft_explain_row(q->to, depth + 1, statistics[k], "1", STATISTIC_TEXTS[k],
                             k == WEFT_STATISTIC_ONE ? NULL : "histograms of the layer's operands",
                             "%s", weft_statistic_words[k]);
        }
    }
}

static void word_row(const weft_question *q, int32_t depth, int p) {
    const subject *s = of(q);
    int v = s->h->parts[p].setting[WEFT_SETTING_WORD];
    if (v != WEFT_NO_VARIABLE) {
        variable_rows(q, depth, v, "word", "1");
    } else {
        weft_explain_row(q->to, depth, s->price->parts[p].word, "1", NULL, "default", "word");
    }
}

/* What is counted over the whole layer, not copy by copy. */
static void whole_rows(const weft_question *q, int32_t depth, int p, double count) {
    const subject *s = of(q);
    const weft_part *part = &s->h->parts[p];
    const weft_loop_layer *layer = &s->work->layers[s->same];
    const int64_t *elements = layer->elements;
    double word = s->price->parts[p].word;
    if (part->action == WEFT_ACTION_CELL || part->action == WEFT_ACTION_LOAD) {
        bool load = part->action == WEFT_ACTION_LOAD;
        number_row(q, depth, "cells for its weights", s->cells, NULL);
        number_row(q, depth, load ? "times that each is written" : "N P Q X",
                   count * word / s->cells,
                   load ? "copies of the weights x writes an inference" : NULL);
    } else if (part->action == WEFT_ACTION_HOP) {
        number_row(q, depth, "hops", s->work->costs[s->same].way,
                   "from its copies to those of the next layer");
        number_row(q, depth, "elements of the output", (double)elements[WEFT_ELEMENT_OUTPUT], NULL);
        weft_explain_row(q->to, depth, s->price->bits[2], "bit", NULL, NULL, "bits of one");
    } else if (part->action == WEFT_ACTION_SPILL) {
        double bits = layer->own.inputs * s->price->bits[0] +
                      layer->own.outputs * s->price->bits[2];
        weft_explain_row(q->to, depth, bits - s->price->parts[p].capacity, "bit",
                         "of input and output, less the capacity", NULL,
                         "bits of the maps beyond the capacity");
    } else {
        for (int e = 0; e < WEFT_ELEMENT_COUNT; e++) {
            if ((part->elements >> e & 1U) != 0) {
                weft_explain_row(q->to, depth, (double)elements[e], "1", NULL, NULL, "elements: %s",
                                 weft_element_words[e]);
            }
        }
    }
    word_row(q, depth, p);
}

/* Slices that a copy drives or reads in a step; 0 of other parts, and where one inside merges or keeps
 * them. */
static double abreast_of(const subject *s, int p) {
    const weft_role *part = &s->h->roles[p];
    weft_tensor tensor = part->action == WEFT_ACTION_INPUT ? WEFT_TENSOR_INPUTS
                                                           : WEFT_TENSOR_OUTPUTS;
    double abreast = part->action == WEFT_ACTION_INPUT || part->action == WEFT_ACTION_READOUT;
    for (int inner = p + 1; inner < s->h->n_parts; inner++) {
        const weft_role *inside = &s->h->roles[inner];
        bool carries = tensor == WEFT_TENSOR_INPUTS ? inside->carries_inputs
                                                    : inside->carries_outputs;
        bool changes = inside->action == WEFT_ACTION_MERGE || inside->action == WEFT_ACTION_BUFFER;
        abreast = carries && changes ? 0 : abreast;
    }
    for (int l = part->level + 1; l < s->h->n_levels; l++) {
        bool apart = (s->h->levels[l].shares & tensor) == 0;
        for (int d = 0; d < WEFT_DIM_COUNT; d++) {
            bool own = (weft_tensor_dims(tensor) >> d & 1U) != 0;
            abreast *= own || apart ? s->spread.factor[l][d] : 1;
        }
    }
    return abreast;
}

/* Copies at work, and what one of them does: together the count, but for weights, which move once for
 * all copies. */
static void copy_rows(const weft_question *q, int32_t depth, int p, double words,
                      const char *equation) {
    const subject *s = of(q);
    char text[128];
    double abreast = abreast_of(s, p);
    double used = s->spread.used[s->h->parts[p].level];
    snprintf(text, sizeof text, "at work over the steps on the average, of %.9g in use", used);
    number_row(q, depth, "copies", s->counts.used[p],
               s->counts.used[p] == used ? "in use, of all on the chip" : text);
    if (s->filled != 1) {
        number_row(q, depth, "share of groups", s->filled,
                   "of the places for groups in its arrays, those that hold one");
    }
    number_row(q, depth, "words of a copy", words,
               abreast > 0 ? "ceil(slices of a step x steps / word)" : equation);
    if (abreast > 0) {
        number_row(q, depth + 1, "slices of a step", abreast,
                   s->h->parts[p].action == WEFT_ACTION_INPUT ? "rows that are driven"
                                                              : "columns that are read");
    }
    number_row(q, depth + 1, "steps", s->work->costs[s->same].steps, "loops in time");
    word_row(q, depth + 1, p);
}

/* A count and what stands in its equation. */
static void count_rows(const weft_question *q, int32_t depth, int p, bool write, double count) {
    const subject *s = of(q);
    const weft_role *part = &s->h->roles[p];
    bool searched = s->h->accounting == WEFT_ACCOUNTING_DATAFLOW &&
                    part->action == WEFT_ACTION_BUFFER;
    bool grouped = s->filled != 1 && part->action != WEFT_ACTION_STEP;
    double share = part->action == WEFT_ACTION_STEP ? 1 : s->filled;
    double weights = 0;
    if (!write && part->carries_weights && s->h->accounting != WEFT_ACCOUNTING_DATAFLOW) {
        double once = weft_count_words(s->counts.weight_bits, s->price->parts[p].word);
        weights = count - (s->counts.reads[p] - once);
    }
    double words = (count - weights) / (s->counts.used[p] * share);
    const char *whole = ALL_OF[part->action];
    char text[96];
    snprintf(text, sizeof text, "copies%s x words of a copy%s", grouped ? " x share of groups" : "",
             weights > 0 ? " + words of weights" : "");
    weft_explain_row(q->to, depth, count, "1",
                     searched        ? "accesses of the full width, to and from below and above"
                     : whole != NULL ? whole
                                     : text,
                     NULL, "%ss ('%s')", write ? "write" : "read", weft_action_words[part->action]);
    if (searched || part->action == WEFT_ACTION_WITH) {
        return;
    }
    if (whole != NULL) {
        whole_rows(q, depth + 1, p, count);
        return;
    }
    copy_rows(q, depth + 1, p, words, (write ? WRITES_OF_COPY : READS_OF_COPY)[part->action]);
    if (weights > 0) {
        number_row(q, depth + 1, "words of weights", weights,
                   "once for all copies x writes an inference");
    }
}

static void leak_rows(const weft_question *q, int32_t depth, int p) {
    const subject *s = of(q);
    const weft_loop_cost *cost = &s->work->costs[s->same];
    double watts = s->price->parts[p].leak_w;
    bool gated = s->h->roles[p].gated;
    if (watts <= 0) {
        return;
    }
    if (!gated && s->h->execution != WEFT_EXECUTION_LAYERS) {
        text_row(q, depth, "leakage of the chip", "layers overlap: see the row 'chip'", NULL);
        return;
    }
    double powered[WEFT_MAX_LEVELS];
    weft_hierarchy_powered(s->h, s->price, s->spread.used, cost->rounds, powered);
    double copies = powered[s->h->parts[p].level];
    double seconds = cost->seconds + cost->load_s;
    weft_explain_row(q->to, depth, watts * copies * seconds, "J",
                     "power of a copy x powered copies x time of the layer", NULL, "leakage");
    weft_explain_row(q->to, depth + 1, watts, "W", "of the class x instances x leakage_scale", NULL,
                     "leakage of a copy of the level");
    number_row(q, depth + 1, "powered copies", copies,
               gated ? "in use; the others are gated" : "all on the chip");
    weft_explain_row(q->to, depth + 1, seconds, "s", "computing and writing weights", NULL,
                     "time of the layer");
}

static void energy_rows(const weft_question *q, int32_t depth, int32_t p) {
    const subject *s = of(q);
    const weft_part_cost *part = &s->price->parts[p];
    const struct {
        const char *name;
        double count;
        const double *coefficients;
    } actions[] = {{"read", s->work->counts.reads[p], part->read_j},
                   {"write", s->work->counts.writes[p], part->write_j}};
    for (int i = 0; i < 2; i++) {
        if (actions[i].count > 0) {
            count_rows(q, depth, p, i == 1, actions[i].count);
            action_rows(q, depth, actions[i].name, actions[i].coefficients);
        }
    }
    leak_rows(q, depth, p);
}

/* What leaks all the time while layers overlap. */
static void chip_leak_rows(const weft_question *q, int32_t depth, int p) {
    const subject *s = of(q);
    double copies = 1;
    for (int l = 0; l <= s->h->parts[p].level; l++) {
        copies *= s->price->capacity[l];
    }
    weft_explain_row(q->to, depth, s->price->parts[p].leak_w, "W",
                     "of the class x instances x leakage_scale", NULL,
                     "leakage of a copy of the level");
    number_row(q, depth, "copies on the chip", copies, NULL);
    weft_explain_row(q->to, depth, q->cost->total.interval_s, "s", "between two results", NULL,
                     "interval");
}

/* ---- latency and area ------------------------------------------------------------------------ */

/* A digital unit that has more to do than the arrays sets the time of the layer. */
static void unit_rows(const weft_question *q, int32_t depth) {
    const subject *s = of(q);
    for (int p = 0; p < s->h->n_parts; p++) {
        const weft_part_cost *part = &s->price->parts[p];
        double seconds = s->work->counts.reads[p] * part->read_s / part->units;
        if (s->h->parts[p].action == WEFT_ACTION_ELEMENT && seconds > 0 &&
            seconds >= s->work->costs[s->same].seconds) {
            weft_explain_row(q->to, depth, seconds, "s", "longer than the arrays take", NULL,
                             "elements of '%s'", s->h->parts[p].name);
        }
    }
}

static void latency_rows(const weft_question *q, int32_t depth) {
    const subject *s = of(q);
    const weft_hierarchy *h = s->h;
    const weft_loop_cost *cost = &s->work->costs[s->same];
    char text[128];
    if (h->accounting == WEFT_ACCOUNTING_DATAFLOW) {
        weft_explain_dataflow_cycles(q, depth, s->work, s->same);
    } else {
        number_row(q, depth, "cycles", cost->cycles,
                   "steps x cycles of a step x times that the chip is filled");
        number_row(q, depth + 1, "steps of the arrays", cost->steps,
                   name_factors(s->spread.rest, text, sizeof text));
        number_row(q, depth + 1, "cycles of a step", s->price->number[WEFT_NUMBER_STEP_CYCLES],
                   NULL);
        number_row(q, depth + 1, "times that the chip is filled", cost->rounds, NULL);
    }
    variable_rows(q, depth, h->builtin[WEFT_BUILTIN_CYCLE], "cycle", "s");
    for (int b = 0; b < h->n_bounds; b++) {
        variable_rows(q, depth + 1, h->bounds[b].variable, h->bounds[b].name, "s");
    }
    unit_rows(q, depth);
    if (cost->load_s > 0) {
        weft_explain_row(q->to, depth, cost->load_s, "s",
                         h->accounting == WEFT_ACCOUNTING_DATAFLOW
                             ? "cycles that wait for a memory x cycle"
                             : "rows of an array x time of a write x times that the chip is filled "
                               "x writes an inference, or words of weights from outside x their "
                               "time",
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
            variable_rows(q, depth, level->count, level->name, "1");
        }
    }
    weft_explain_row(q->to, depth, copies, "1", "product of the levels around it", NULL,
                     "copies of '%s'", of(q)->h->levels[part->level].name);
    weft_explain_row(q->to, depth, of(q)->price->parts[p].area_mm2 / copies, "mm2",
                     "area of the class x instances x area_scale", NULL, "area of a copy");
}

/* ---- one quantity on one row ----------------------------------------------------------------- */

static void explain(const weft_question *q, int32_t depth, weft_explain_quantity what, int32_t p) {
    memset(((subject *)q->model)->shown, 0, sizeof of(q)->shown);
    static const char *const EQUATIONS[] = {
        "reads x energy of a read + writes x energy of a write + leakage",
        "cycles x cycle + writing of weights", "copies x area of a copy"};
    double value = weft_explain_value(q, what, p);
    bool chip = of(q)->same < 0;
    weft_explain_row(q->to, depth, value, weft_explain_unit_of(what),
                     what == WEFT_EXPLAIN_AREA && !chip
                         ? "area is that of the chip, whatever runs on it: see the row 'chip'"
                     : !chip || what == WEFT_EXPLAIN_AREA ? EQUATIONS[what]
                     : what == WEFT_EXPLAIN_ENERGY        ? "leakage while layers overlap"
                                                          : "total less the layers one by one",
                     NULL, "%s %s, %s", q->cost->parts[p].token, weft_explain_name(what),
                     q->cost->layers[q->row].name);
    if (value == 0) {
        return;
    }
    if (what == WEFT_EXPLAIN_AREA) {
        area_rows(q, depth + 1, p);
    } else if (what == WEFT_EXPLAIN_ENERGY) {
        (chip ? chip_leak_rows : energy_rows)(q, depth + 1, p);
        if (!chip && depth == 0 && p != of(q)->h->clock_part) { /* else it is behind the latency */
            layout_rows(q, depth + 1);
        }
    } else if (!chip) {
        latency_rows(q, depth + 1);
        layout_rows(q, depth + 1);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The copies at work; those of a mapping that was searched are the ones in use. */
static void count_copies(subject *s, const weft_loop_sizes *loops) {
    s->filled = 1;
    if (s->h->accounting == WEFT_ACCOUNTING_DATAFLOW) {
        for (int p = 0; p < s->h->n_parts; p++) {
            s->counts.used[p] = s->spread.used[s->h->parts[p].level];
        }
        return;
    }
    if (loops->packed > 1) {
        s->filled = (double)loops->groups / ((double)loops->packed * loops->size[WEFT_DIM_G]);
    }
    weft_count_layer(s->h, s->price, loops, &s->spread, &s->counts);
}

/* Where the loops of the row's layer run; the estimate keeps the counts alone. */
static void find_spread(subject *s) {
    const weft_loop_cost *cost = &s->work->costs[s->same];
    weft_loop_sizes loops = weft_loop_sizes_on(&s->work->layers[s->same], s->price);
    int level = 0;
    double needed = 0;
    s->copies = cost->copies;
    if (s->h->accounting == WEFT_ACCOUNTING_DATAFLOW) { /* has spread them by rules of its own */
        weft_dataflow_spread(s->h, s->price, s->work, s->same, &s->spread);
    } else if (s->h->accounting == WEFT_ACCOUNTING_ALONE) {
        weft_spread_layer(s->h, s->price, &loops, &s->work->memo, &s->spread, &level, &needed);
        s->copies = weft_spread_copies(&s->spread, s->h->array_level);
    } else {
        weft_pack_groups(s->h, s->price, &loops);
        weft_spread_resident(s->h, s->price, &loops, &s->work->memo, cost->copies, &s->spread);
    }
    count_copies(s, &loops);
    s->cells = (double)s->work->layers[s->same].weights_held * s->price->weight_slices;
}

/* Prices for the operands of the row's layer, whose counts are then in work->counts. */
static weft_status prepare(const weft_hierarchy_priced *priced, subject *s, int32_t row,
                           weft_error *error) {
    static const int32_t OWN[WEFT_TRAITS];
    s->traits = OWN;
    s->same = -1;
    if (row >= 0 && row < s->work->n_layers) {
        bool own = s->h->accounting == WEFT_ACCOUNTING_DATAFLOW; /* no layer stands for others */
        s->same = own ? row : s->work->layers[row].same;
        s->traits = s->work->classes[s->work->layers[row].precision].traits;
        WEFT_TRY(weft_hierarchy_layer(priced, s->work, s->same, error));
    }
    WEFT_TRY(weft_hierarchy_price(s->h, s->traits, s->price, NULL, error));
    weft_variables_evaluate(s->h, s->traits, s->variables);
    find_plain(s->h, s->plain);
    if (s->same >= 0) {
        find_spread(s);
    }
    return WEFT_OK;
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
