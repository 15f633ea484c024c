/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/hierarchy_price.h"

#include "hardware/hash.h"

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
    [WEFT_NUMBER_WAY] = {0, 1e6, false},         [WEFT_NUMBER_STEP_CYCLES] = {1e-6, 1e9, false},
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

static weft_status price_part(const weft_hierarchy *h, int p, const double *variables,
                              double copies, weft_precision *out, weft_cost *cost,
                              weft_error *error) {
    const weft_part *part = &h->parts[p];
    double fields[WEFT_PART_MAX_FIELDS];
    weft_part_price price = {.area_m2 = 0};
    WEFT_TRY(weft_hierarchy_fields(h, part, variables, fields, cost, error));
    part->class->price(fields, NULL, &price);
    rescale(price.read_j, part->scales_with);
    if (price.infeasible[0] != '\0' && out->infeasible[0] == '\0') {
        snprintf(out->infeasible, sizeof out->infeasible, "%s: %s", part->name, price.infeasible);
    }
    if (price.warning[0] != '\0') {
        warn(cost, part->name, "%s", price.warning);
    }
    weft_part_cost *made = &out->parts[p];
    double setting[WEFT_SETTING_COUNT];
    WEFT_TRY(settings_of(h, part, variables, setting, error));
    double instances = setting[WEFT_SETTING_INSTANCES];
    double energy = setting[WEFT_SETTING_ENERGY_SCALE];
    made->word = setting[WEFT_SETTING_WORD];
    made->capacity = setting[WEFT_SETTING_CAPACITY];
    made->statistics = 0;
    scale_into(made->read_j, price.read_j, energy, &made->statistics);
    scale_into(made->write_j, price.write_j, energy * setting[WEFT_SETTING_WRITE_SCALE],
               &made->statistics);
    made->area_mm2 = price.area_m2 * 1e6 * instances * setting[WEFT_SETTING_AREA_SCALE] * copies;
    made->leak_w = price.leak_w * instances * setting[WEFT_SETTING_LEAKAGE_SCALE];
    made->read_s = price.read_s;
    made->write_s = price.write_s;
    made->units = fmax(1, instances * copies);
    made->endurance = 0;
    for (int f = 0; f < part->class->n_fields; f++) {
        if (strcmp(part->class->fields[f].name, "endurance") == 0) {
            made->endurance = fields[f];
        }
    }
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
    out->input =
        (weft_operand){h->input_encoding, h->missing, (int32_t)value[3], (int32_t)value[5]};
    out->weight =
        (weft_operand){h->weight_encoding, h->missing, (int32_t)value[4], (int32_t)value[6]};
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
    for (int b = 0; b < h->n_bounds && out->infeasible[0] == '\0'; b++) {
        double least = variables[h->bounds[b].variable];
        if (out->cycle_s < least * (1 - 1e-9)) {
            snprintf(out->infeasible, sizeof out->infeasible,
                     "a cycle of %.4g ns is too short for %s, which takes %.4g ns",
                     out->cycle_s * 1e9, h->bounds[b].name, least * 1e9);
        }
    }
    return WEFT_OK;
}

/* Where a loop in time may run in several places, energies choose (nest.c). */
static bool energies_choose(const weft_hierarchy *h) {
    return h->n_holders[WEFT_DIM_P] > 1 || h->n_holders[WEFT_DIM_Q] > 1 ||
           h->n_holders[WEFT_DIM_N] > 1;
}

static uint64_t structure_of(const weft_hierarchy *h, const weft_precision *price) {
    uint64_t hash = h->layout;
    bool energies = energies_choose(h);
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

weft_status weft_hierarchy_price(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS],
                                 weft_precision *precision, weft_cost *cost, weft_error *error) {
    double variables[WEFT_MAX_VARIABLES];
    double copies[WEFT_MAX_LEVELS];
    int bad = weft_variables_evaluate(h, traits, variables);
    if (bad >= 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "'%s' is not a finite number: %.200s",
                  h->variables[bad].name,
                  h->variables[bad].text != NULL ? h->variables[bad].text : "");
        return at_variable(h, bad, error);
    }
    precision->infeasible[0] = '\0';
    WEFT_TRY(price_operands(h, variables, precision, error));
    WEFT_TRY(price_levels(h, variables, copies, precision, error));
    WEFT_TRY(price_cycle(h, variables, precision, error));
    precision->area_mm2 = 0;
    for (int p = 0; p < h->n_parts; p++) {
        WEFT_TRY(price_part(h, p, variables, copies[h->parts[p].level], precision, cost, error));
        precision->area_mm2 += precision->parts[p].area_mm2;
    }
    precision->ladder_bits = 0;
    for (int p = 0; p < h->n_parts; p++) {
        int32_t ladders = 1 << WEFT_STATISTIC_LADDER | 1 << WEFT_STATISTIC_LADDER_MAGNITUDE;
        if ((precision->parts[p].statistics & ladders) != 0) {
            precision->ladder_bits = precision->bits[0] < 16 ? precision->bits[0] : 16;
        }
    }
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        int v = h->number[i];
        precision->number[i] = v == WEFT_NO_VARIABLE ? NUMBER_FALLBACK[i] : variables[v];
        if (v != WEFT_NO_VARIABLE) {
            WEFT_TRY(check_range(h->variables[v].name, variables[v], &NUMBER_RANGE[i], error));
        }
    }
    precision->structure = structure_of(h, precision);
    return WEFT_OK;
}
