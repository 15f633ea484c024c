/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/hierarchy_price.h"

#include "hardware/hash.h"
#include "hardware/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double SETTING_FALLBACK[] = {
#define FALLBACK(name, token, fallback) fallback,
    WEFT_PART_SETTING_MAP(FALLBACK)
#undef FALLBACK
};

/* Beyond these, figures no longer fit a double, or mean nothing. */
typedef struct range {
    double least, most;
    bool whole;
} range;

static const range SETTING_RANGE[] = {
    [WEFT_SETTING_INSTANCES] = {0, 1e12, false},    [WEFT_SETTING_WORD] = {1e-6, 1e15, false},
    [WEFT_SETTING_ENERGY_SCALE] = {0, 1e12, false}, [WEFT_SETTING_WRITE_SCALE] = {0, 1e12, false},
    [WEFT_SETTING_AREA_SCALE] = {0, 1e12, false},   [WEFT_SETTING_LEAKAGE_SCALE] = {0, 1e12, false},
    [WEFT_SETTING_CAPACITY] = {0, 1e18, false},
};

static const range NUMBER_RANGE[] = {
    [WEFT_NUMBER_BATCH] = {1, 1e9, true},        [WEFT_NUMBER_COPIES] = {0, 1e9, true},
    [WEFT_NUMBER_WAY] = {0, 1e6, false},         [WEFT_NUMBER_TREE] = {0, 65536, true},
    [WEFT_NUMBER_HOP_TIME] = {0, 1, false},      [WEFT_NUMBER_STEP_CYCLES] = {1e-6, 1e9, false},
    [WEFT_NUMBER_READ_RATE] = {0, 1e15, false},  [WEFT_NUMBER_STRIDES] = {0, 1, true},
    [WEFT_NUMBER_INFERENCES] = {0, 1e30, false}, [WEFT_NUMBER_PARTIAL_BITS] = {0, 1024, true},
    [WEFT_NUMBER_LOOPS] = {1, 64, true},         [WEFT_NUMBER_CANDIDATES] = {1, 1e6, true},
    [WEFT_NUMBER_SEARCH] = {0, 1e9, true},       [WEFT_NUMBER_POWER] = {0, 1e300, false},
    [WEFT_NUMBER_DENSITY] = {0, 1e300, false},   [WEFT_NUMBER_AREA] = {0, 1e300, false},
};

static weft_status check_range(const char *name, double value, const range *within,
                               weft_error *error) {
    if (value >= within->least && value <= within->most &&
        (!within->whole || floor(value) == value)) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "'%s' is %.6g; expected %s%.6g to %.6g", name, value,
                     within->whole ? "a whole number, " : "", within->least, within->most);
}

static const double NUMBER_FALLBACK[] = {
#define FALLBACK(name, token, fallback) fallback,
    WEFT_EXECUTION_NUMBER_MAP(FALLBACK)
#undef FALLBACK
};

enum { MAX_COPIES = 1 << 20, MAX_CELLS_LOG2 = 50 };

static void warn(weft_cost *cost, const char *part, const char *format, ...) WEFT_PRINTF(3, 4);

static void warn(weft_cost *cost, const char *part, const char *format, ...) {
    if (cost == NULL || cost->n_warnings == WEFT_MAX_WARNINGS) {
        return;
    }
    char text[sizeof cost->warnings[0]];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(cost->warnings[cost->n_warnings++], sizeof text, "%s: %s", part, text);
}

/* ---- values ---------------------------------------------------------------------------------- */

static weft_status settings_of(const weft_hierarchy *h, const weft_part *part,
                               const double *variables, double values[WEFT_SETTING_COUNT],
                               weft_error *error) {
    for (int s = 0; s < WEFT_SETTING_COUNT; s++) {
        int v = part->setting[s];
        values[s] = v == WEFT_NO_VARIABLE ? SETTING_FALLBACK[s] : variables[v];
        if (v != WEFT_NO_VARIABLE) {
            WEFT_TRY(check_range(h->variables[v].name, values[s], &SETTING_RANGE[s], error));
        }
    }
    return WEFT_OK;
}

/* The value of a field: its own variable, the chip's parameter of its name, its fallback. */
static const char *si_unit(weft_dimension dimension) {
    static const char *const UNITS[] = {
        [WEFT_DIMENSION_NONE] = "",          [WEFT_DIMENSION_TIME] = " s",
        [WEFT_DIMENSION_FREQUENCY] = " Hz",  [WEFT_DIMENSION_ENERGY] = " J",
        [WEFT_DIMENSION_POWER] = " W",       [WEFT_DIMENSION_VOLTAGE] = " V",
        [WEFT_DIMENSION_CURRENT] = " A",     [WEFT_DIMENSION_RESISTANCE] = " ohm",
        [WEFT_DIMENSION_CAPACITANCE] = " F", [WEFT_DIMENSION_LENGTH] = " m",
        [WEFT_DIMENSION_AREA] = " m2",       [WEFT_DIMENSION_BANDWIDTH] = " bit/s",
        [WEFT_DIMENSION_DATA] = " bit",
    };
    return UNITS[dimension];
}

/* Gives an error its place, where the chip's own file says what the variable is. */
static weft_status at_variable(const weft_hierarchy *h, int variable, weft_error *error) {
    if (variable != WEFT_NO_VARIABLE && h->variables[variable].line > 0) {
        const weft_variable *v = &h->variables[variable];
        snprintf(error->file, sizeof error->file, "%s", h->file);
        error->line = v->line;
        error->column = v->column;
        error->length = v->length;
    }
    return error->status;
}

static weft_status value_of(const weft_hierarchy *h, const weft_part *part, int f,
                            const double *variables, double *value, weft_error *error) {
    const weft_part_field *field = &part->class->fields[f];
    if (field->words != NULL) {
        *value = part->choice[f];
    } else if (part->field[f] != WEFT_NO_VARIABLE) {
        *value = variables[part->field[f]];
    } else if (part->inherited[f] != WEFT_NO_VARIABLE) {
        *value = variables[part->inherited[f]];
    } else {
        *value = field->fallback;
    }
    if (isnan(*value)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "part '%s' (%s) needs '%s': %s", part->name,
                         part->class->name, field->name, field->text);
    }
    if (*value < field->least || *value > field->most) {
        const char *unit = si_unit(field->dimension);
        weft_fail(error, WEFT_ERROR_INPUT,
                  "part '%s': '%s' is %.6g%s; expected %.6g to %.6g%s (%s)", part->name,
                  field->name, *value, unit, field->least, field->most, unit, field->text);
        return at_variable(
            h, part->field[f] != WEFT_NO_VARIABLE ? part->field[f] : part->inherited[f], error);
    }
    return WEFT_OK;
}

weft_status weft_hierarchy_fields(const weft_hierarchy *h, const weft_part *part,
                                  const double *variables, double fields[WEFT_PART_MAX_FIELDS],
                                  weft_cost *cost, weft_error *error) {
    for (int f = 0; f < part->class->n_fields; f++) {
        const weft_part_field *field = &part->class->fields[f];
        WEFT_TRY(value_of(h, part, f, variables, &fields[f], error));
        if (cost != NULL && field->words == NULL &&
            (fields[f] < field->low || fields[f] > field->high)) {
            warn(cost, part->name, "%s = %.4g is outside of %.4g to %.4g, where the model is known",
                 field->name, fields[f], field->low, field->high);
        }
    }
    return WEFT_OK;
}

static weft_status count_of(const weft_hierarchy *h, int variable, double fallback,
                            const double *variables, double least, double most, double *value,
                            weft_error *error) {
    *value = variable == WEFT_NO_VARIABLE ? fallback : variables[variable];
    if (*value < least || *value > most || floor(*value) != *value) {
        weft_fail(error, WEFT_ERROR_INPUT, "'%s' is %.6g; expected a whole number, %.0f to %.0f",
                  h->variables[variable].name, *value, least, most);
        return at_variable(h, variable, error);
    }
    return WEFT_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void scale_into(double *to, const double *from, double scale, int32_t *statistics) {
    for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
        to[k] = from[k] * scale;
        *statistics |= to[k] != 0 ? (int32_t)1 << k : 0;
    }
}

/* A part whose class knows nothing of an operand goes with it all the same where the chip says so: a
 * counter that counts an input, an adder that rests while its bits stay. What the class costs where
 * all statistics are 1 is scaled as a whole. */
static void rescale(double coefficients[WEFT_STATISTIC_COUNT], int statistic) {
    double whole = 0;
    for (int k = 0; statistic >= 0 && k < WEFT_STATISTIC_COUNT; k++) {
        whole += coefficients[k];
        coefficients[k] = 0;
    }
    if (statistic >= 0) {
        coefficients[statistic] = whole;
    }
}

/* One instance. */
static weft_status price_part(const weft_hierarchy *h, int p, const double *variables,
                              weft_part_price *price, double *endurance, weft_cost *cost,
                              weft_error *error) {
    const weft_part *part = &h->parts[p];
    double fields[WEFT_PART_MAX_FIELDS];
    *price = (weft_part_price){.area_m2 = 0};
    WEFT_TRY(weft_hierarchy_fields(h, part, variables, fields, cost, error));
    part->class->price(fields, NULL, price);
    rescale(price->read_j, part->scales_with);
    if (price->warning[0] != '\0') {
        warn(cost, part->name, "%s", price->warning);
    }
    *endurance = part->endurance >= 0 ? fields[part->endurance] : 0;
    return WEFT_OK;
}

/* All of them. */
static weft_status scale_part(const weft_hierarchy *h, int p, const double *variables,
                              double copies, const weft_part_price *price, weft_part_cost *made,
                              weft_error *error) {
    const weft_part *part = &h->parts[p];
    double setting[WEFT_SETTING_COUNT];
    WEFT_TRY(settings_of(h, part, variables, setting, error));
    double instances = setting[WEFT_SETTING_INSTANCES];
    double energy = setting[WEFT_SETTING_ENERGY_SCALE];
    made->word = setting[WEFT_SETTING_WORD];
    made->capacity = setting[WEFT_SETTING_CAPACITY];
    made->statistics = 0;
    scale_into(made->read_j, price->read_j, energy, &made->statistics);
    scale_into(made->write_j, price->write_j, energy * setting[WEFT_SETTING_WRITE_SCALE],
               &made->statistics);
    made->area_mm2 = price->area_m2 * 1e6 * instances * setting[WEFT_SETTING_AREA_SCALE] * copies;
    made->leak_w = price->leak_w * instances * setting[WEFT_SETTING_LEAKAGE_SCALE];
    made->read_s = price->read_s;
    made->write_s = price->write_s;
    made->units = fmax(1, instances * copies);
    return WEFT_OK;
}

/* ---- the chip -------------------------------------------------------------------------------- */

static weft_status price_levels(const weft_hierarchy *h, const double *variables,
                                double copies[WEFT_MAX_LEVELS], weft_precision *out,
                                weft_error *error) {
    double around = 1;
    for (int l = 0; l < h->n_levels; l++) {
        double count = 0;
        WEFT_TRY(count_of(h, h->levels[l].count, 1, variables, 1, MAX_COPIES, &count, error));
        out->capacity[l] = (int32_t)count;
        around *= count;
        copies[l] = around;
        if (around > ldexp(1, MAX_CELLS_LOG2)) {
            return weft_fail(error, WEFT_ERROR_INPUT, "%.3g copies of level '%s' are too many",
                             around, h->levels[l].name);
        }
    }
    return WEFT_OK;
}

static weft_status price_operands(const weft_hierarchy *h, const double *variables,
                                  weft_precision *out, weft_error *error) {
    double value[7];
    static const int AT[] = {WEFT_BUILTIN_INPUT_BITS,  WEFT_BUILTIN_WEIGHT_BITS,
                             WEFT_BUILTIN_OUTPUT_BITS, WEFT_BUILTIN_INPUT_CODE,
                             WEFT_BUILTIN_WEIGHT_CODE, WEFT_BUILTIN_INPUT_SLICE,
                             WEFT_BUILTIN_WEIGHT_SLICE};
    for (int i = 0; i < 7; i++) {
        WEFT_TRY(
            count_of(h, h->builtin[AT[i]], 0, variables, 1, WEFT_CODE_MAX_BITS, &value[i], error));
    }
    for (int i = 0; i < WEFT_BITS; i++) {
        out->bits[i] = (int32_t)value[i];
    }
    out->input = (weft_operand){h->input_encoding, h->missing, (int32_t)value[3], (int32_t)value[5],
                                h->assumed};
    out->weight = (weft_operand){h->weight_encoding, h->missing, (int32_t)value[4],
                                 (int32_t)value[6], h->assumed};
    out->input_slices = (out->input.code_bits - 1) / out->input.slice_bits + 1;
    out->weight_slices = (out->weight.code_bits - 1) / out->weight.slice_bits + 1;
    return WEFT_OK;
}

static weft_status price_cycle(const weft_hierarchy *h, const double *variables,
                               weft_precision *out, weft_error *error) {
    out->cycle_s = variables[h->builtin[WEFT_BUILTIN_CYCLE]];
    if (!(out->cycle_s > 0) || out->cycle_s > 3600) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the cycle is %.4g s; expected above 0, to 3600",
                         out->cycle_s);
    }
    for (int b = 0; b < h->n_bounds; b++) {
        double least = variables[h->bounds[b].variable];
        bool is_short = out->cycle_s < least * (1 - 1e-9);
        out->over += is_short ? least / out->cycle_s - 1 : 0;
        if (is_short && out->infeasible[0] == '\0') {
            snprintf(out->infeasible, sizeof out->infeasible,
                     "a cycle of %.4g ns is too short for %s, which takes %.4g ns",
                     out->cycle_s * 1e9, h->bounds[b].name, least * 1e9);
        }
    }
    return WEFT_OK;
}

/* Where a loop in time may run in several places, energies choose (nest.c). */
bool weft_hierarchy_energies_choose(const weft_hierarchy *h) {
    return h->n_holders[WEFT_DIM_P] > 1 || h->n_holders[WEFT_DIM_Q] > 1 ||
           h->n_holders[WEFT_DIM_N] > 1 || h->accounting == WEFT_ACCOUNTING_DATAFLOW;
}

/* A search for the best mapping looks at sizes and ports of memories, leakage, the cycle: at whatever
 * there is. */
static uint64_t hash_searched(const weft_hierarchy *h, const double *variables, uint64_t hash) {
    for (int i = 0; i < h->n_variables; i++) {
        hash = weft_hash_add_real(hash, variables[i]);
    }
    return weft_hash_add(hash, (uint64_t)h->objective);
}

static uint64_t structure_of(const weft_hierarchy *h, const double *variables,
                             const weft_precision *price) {
    bool searched = h->accounting == WEFT_ACCOUNTING_DATAFLOW;
    uint64_t hash = searched ? hash_searched(h, variables, h->layout) : h->layout;
    bool energies = weft_hierarchy_energies_choose(h);
    for (int l = 0; l < h->n_levels; l++) {
        hash = weft_hash_add(hash, (uint64_t)price->capacity[l]);
    }
    for (int i = 0; i < WEFT_BITS; i++) {
        hash = weft_hash_add(hash, (uint64_t)price->bits[i]);
    }
    hash = weft_hash_add(hash, (uint64_t)price->input.slice_bits << 32 |
                                   (uint64_t)price->weight.slice_bits);
    hash =
        weft_hash_add(hash, (uint64_t)price->input_slices << 32 | (uint64_t)price->weight_slices);
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        hash = weft_hash_add_real(hash, price->number[i]);
    }
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part_cost *part = &price->parts[p];
        hash = weft_hash_add_real(hash, part->word);
        hash = weft_hash_add_real(hash, part->capacity);
        for (int k = 0; energies && k < WEFT_STATISTIC_COUNT; k++) {
            hash = weft_hash_add_real(hash, part->read_j[k]);
            hash = weft_hash_add_real(hash, part->write_j[k]);
        }
    }
    return hash != 0 ? hash : 1;
}

/* What is to be priced: all, or what needs variables that have changed. */
typedef struct task {
    const weft_hierarchy *h;
    const double *variables;
    const weft_variable_set *changed; /* NULL: all */
    uint64_t parts;                   /* that have changed themselves, bit p */
    const weft_part_price *known;     /* of the parts that have not */
    weft_part_price *made;            /* of those that have; NULL: nobody asks */
    weft_part_price *scratch;         /* for one, where `made` is NULL */
    bool same_structure;              /* what counting reads has not changed */
    weft_cost *cost;                  /* for warnings, or NULL */
} task;

static weft_status price_one(const task *t, int p, double copies, weft_precision *out,
                             weft_error *error) {
    const weft_hierarchy *h = t->h;
    weft_part_cost *made = &out->parts[p];
    const weft_part_price *price = t->known != NULL ? &t->known[p] : NULL;
    bool all = t->changed == NULL;
    bool anew = all || (t->parts >> p & 1U) != 0 || weft_set_meets(&h->priced_by[p], t->changed);
    if (anew) {
        weft_part_price *into = t->made != NULL ? &t->made[p] : t->scratch;
        WEFT_TRY(price_part(h, p, t->variables, into, &made->endurance, t->cost, error));
        price = into;
    }
    if (price->infeasible[0] != '\0' && out->infeasible[0] == '\0') {
        snprintf(out->infeasible, sizeof out->infeasible, "%s: %s", h->parts[p].name,
                 price->infeasible);
    }
    if (price->infeasible[0] != '\0') {
        out->over += price->over;
    }
    return anew || weft_set_meets(&h->scaled_by[p], t->changed)
               ? scale_part(h, p, t->variables, copies, price, made, error)
               : WEFT_OK;
}

static weft_status price_parts(const task *t, const double copies[WEFT_MAX_LEVELS],
                               weft_precision *out, weft_error *error) {
    const int32_t ladders = 1 << WEFT_STATISTIC_LADDER | 1 << WEFT_STATISTIC_LADDER_MAGNITUDE;
    int32_t statistics = 0;
    out->area_mm2 = 0;
    for (int p = 0; p < t->h->n_parts; p++) {
        WEFT_TRY(price_one(t, p, copies[t->h->parts[p].level], out, error));
        out->area_mm2 += out->parts[p].area_mm2;
        statistics |= out->parts[p].statistics;
    }
    out->ladder_bits = (statistics & ladders) == 0 ? 0 : out->bits[0] < 16 ? out->bits[0] : 16;
    return WEFT_OK;
}

static weft_status price_numbers(const weft_hierarchy *h, const double *variables,
                                 weft_precision *out, weft_error *error) {
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        int v = h->number[i];
        out->number[i] = v == WEFT_NO_VARIABLE ? NUMBER_FALLBACK[i] : variables[v];
        if (v != WEFT_NO_VARIABLE) {
            WEFT_TRY(check_range(h->variables[v].name, variables[v], &NUMBER_RANGE[i], error));
        }
    }
    return WEFT_OK;
}

static weft_status price_task(const task *t, weft_precision *out, weft_error *error) {
    double copies[WEFT_MAX_LEVELS];
    out->infeasible[0] = '\0';
    out->over = 0;
    WEFT_TRY(price_operands(t->h, t->variables, out, error));
    WEFT_TRY(price_levels(t->h, t->variables, copies, out, error));
    WEFT_TRY(price_cycle(t->h, t->variables, out, error));
    out->over += weft_limits_check(t->h, t->variables, out->infeasible, sizeof out->infeasible);
    WEFT_TRY(price_parts(t, copies, out, error));
    WEFT_TRY(price_numbers(t->h, t->variables, out, error));
    if (!t->same_structure) {
        out->structure = structure_of(t->h, t->variables, out);
    }
    return WEFT_OK;
}

static weft_status fail_value(const weft_hierarchy *h, int bad, weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT, "'%s' is not a finite number: %.200s",
              h->variables[bad].name, h->variables[bad].text != NULL ? h->variables[bad].text : "");
    return at_variable(h, bad, error);
}

weft_status weft_hierarchy_price_anew(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                                      weft_pricing *pricing, weft_precision *precision,
                                      weft_cost *cost, weft_error *error) {
    int bad = weft_variables_evaluate(h, traits, pricing->values);
    if (bad >= 0) {
        return fail_value(h, bad, error);
    }
    const task all = {.h = h, .variables = pricing->values, .made = pricing->parts, .cost = cost};
    return price_task(&all, precision, error);
}

weft_status weft_hierarchy_price_again(const weft_hierarchy *h, const weft_variable_set *changed,
                                       uint64_t parts, weft_pricing *pricing,
                                       weft_precision *precision, weft_error *error) {
    static const int32_t OWN[WEFT_TRAITS];
    int bad = weft_variables_update(h, OWN, changed, pricing->values);
    if (bad >= 0) {
        return fail_value(h, bad, error);
    }
    bool energies = parts != 0 && weft_hierarchy_energies_choose(h);
    const task some = {.h = h,
                       .variables = pricing->values,
                       .changed = changed,
                       .parts = parts,
                       .known = pricing->parts,
                       .made = pricing->parts,
                       .same_structure = !energies && !weft_set_meets(changed, &h->counted_by)};
    return price_task(&some, precision, error);
}

weft_status weft_hierarchy_price_like(const weft_hierarchy *h, const weft_pricing *pricing,
                                      const weft_precision *own, const int32_t traits[WEFT_TRAITS],
                                      weft_precision *precision, weft_error *error) {
    double variables[WEFT_MAX_VARIABLES];
    weft_variable_set changed = {{0}};
    memcpy(variables, pricing->values, (size_t)h->n_variables * sizeof *variables);
    memcpy(precision->parts, own->parts, (size_t)h->n_parts * sizeof *own->parts);
    for (int i = 0; i < WEFT_TRAITS; i++) {
        if (traits[i] > 0) {
            weft_set_join(&changed, &h->follows[i]);
        }
    }
    int bad = weft_variables_update(h, traits, &changed, variables);
    if (bad >= 0) {
        return fail_value(h, bad, error);
    }
    weft_part_price scratch;
    const task some = {.h = h,
                       .variables = variables,
                       .changed = &changed,
                       .known = pricing->parts,
                       .scratch = &scratch};
    return price_task(&some, precision, error);
}

weft_status weft_hierarchy_price(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                                 weft_precision *precision, weft_cost *cost, weft_error *error) {
    double variables[WEFT_MAX_VARIABLES];
    int bad = weft_variables_evaluate(h, traits, variables);
    if (bad >= 0) {
        return fail_value(h, bad, error);
    }
    weft_part_price scratch;
    const task all = {.h = h, .variables = variables, .scratch = &scratch, .cost = cost};
    return price_task(&all, precision, error);
}
