/* SPDX-License-Identifier: Apache-2.0
 *
 * Features of a chain of choices (MobileNetV2, FBNet, Once-for-All) and of genes: what stands where, how
 * often and in which stage; the same weighted by what the proxy takes for it, after B. Lu et al., for
 * whom a target's weights are the proxy's times a correction; how many blocks a stage has; numbers, alone
 * and times the proxy. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/descriptions.h"

enum { CODES = 256 };

/* Of the proxy's linear weights: so much that columns that always come together have a solution. */
static const double PENALTY = 1e-4;

/* The layout of one table. */
typedef struct chain {
    const weft_onehot *onehot;
    const weft_encoding *code;
    int choices, counts, weighted, by_position, by_word, by_stage, depths, depth_choices, numbers,
        number_proxy, number_counts;
    int *stage_column; /* (stages, 256); -1: no such word there */
    int n_stage_columns;
    int most; /* blocks of a stage */
    bool staged, counted;
} chain;

static int stage_words(chain *c, int n) {
    int used = 0;
    memset(c->stage_column, 0xFF, (size_t)c->code->n_stages * CODES * sizeof *c->stage_column);
    for (int i = 0; i < n; i++) {
        for (int p = 0; p < c->code->n_positions; p++) {
            int code = c->code->codes[(size_t)i * (size_t)c->code->n_positions + (size_t)p];
            int *column = &c->stage_column[c->code->stage[p] * CODES + code];
            if (code != WEFT_ABSENT && *column < 0) {
                *column = used++;
            }
        }
    }
    return used;
}

/* Whether stages differ in how many of their blocks there are. */
static bool depths_vary(chain *c, int n) {
    int positions = c->code->n_positions;
    bool absent = false;
    int blocks[WEFT_MAX_POSITIONS] = {0};
    for (int p = 0; p < positions; p++) {
        blocks[c->code->stage[p]] += c->code->counted[p];
        c->most = blocks[c->code->stage[p]] > c->most ? blocks[c->code->stage[p]] : c->most;
        for (int i = 0; i < n && c->code->counted[p]; i++) {
            absent = absent ||
                     c->code->codes[(size_t)i * (size_t)positions + (size_t)p] == WEFT_ABSENT;
        }
    }
    return absent;
}

static void add(weft_descriptions *f, weft_rule *rule, int *group, int width, bool standardised) {
    *group = weft_descriptions_group(f, width, standardised);
    rule->groups[rule->n_groups++] = *group;
}

static void lay_out(chain *c, weft_descriptions *f, weft_rule *rule) {
    int positions = c->code->n_positions, words = c->code->n_symbols;
    int choices = c->onehot->n_choices, numbers = c->code->n_numbers;
    c->staged = c->code->kind == WEFT_SPACE_CHAIN && c->code->n_stages > 1;
    c->n_stage_columns = c->staged ? stage_words(c, f->n) : 0;
    c->counted = depths_vary(c, f->n);
    if (positions > 0) {
        add(f, rule, &c->choices, choices, false);
        add(f, rule, &c->counts, words, false);
        add(f, rule, &c->weighted, choices, false);
        add(f, rule, &c->by_position, positions, false);
        add(f, rule, &c->by_word, words, false);
    }
    if (c->staged) {
        add(f, rule, &c->by_stage, c->n_stage_columns, false);
    }
    if (c->counted) {
        add(f, rule, &c->depths, c->code->n_stages + 1, true);
        add(f, rule, &c->depth_choices, c->code->n_stages * (c->most + 1), false);
    }
    if (numbers > 0) {
        add(f, rule, &c->numbers, 3 * numbers, true);
        add(f, rule, &c->number_proxy, 2 * numbers, true);
        if (positions > 0) {
            add(f, rule, &c->number_counts, words * numbers, false);
        }
    }
}

static void fill_numbers(const chain *c, const weft_descriptions *f, const double *numbers,
                         double proxy, const unsigned char *codes, float *row) {
    float *own = row + f->groups[c->numbers].begin;
    float *with = row + f->groups[c->number_proxy].begin;
    for (int k = 0; k < c->code->n_numbers; k++) {
        double z = numbers[k];
        own[3 * k] = (float)z;
        own[3 * k + 1] = (float)(z * z - 1.0);
        own[3 * k + 2] = (float)(z * z * z);
        with[2 * k] = (float)(z * proxy);
        with[2 * k + 1] = (float)((z * z - 1.0) * proxy);
        for (int p = 0; p < c->code->n_positions; p++) {
            if (codes[p] != WEFT_ABSENT) {
                row[f->groups[c->number_counts].begin + k * c->code->n_symbols + codes[p]] +=
                    (float)z;
            }
        }
    }
}

static void fill_depths(const chain *c, const weft_descriptions *f, const unsigned char *codes,
                        float *row) {
    float *own = row + f->groups[c->depths].begin;
    for (int p = 0; p < c->code->n_positions; p++) {
        if (c->code->counted[p] && codes[p] != WEFT_ABSENT) {
            own[c->code->stage[p]] += 1.0F;
            own[c->code->n_stages] += 1.0F;
        }
    }
    for (int s = 0; s < c->code->n_stages; s++) {
        row[f->groups[c->depth_choices].begin + s * (c->most + 1) + (int)own[s]] = 1.0F;
    }
}

static void fill_choices(const chain *c, const weft_descriptions *f, const double *weights,
                         const unsigned char *codes, float *row) {
    for (int p = 0; p < c->code->n_positions; p++) {
        int column = c->onehot->column[p * CODES + codes[p]];
        if (column < 0) {
            continue;
        }
        float weight = (float)weights[column];
        row[f->groups[c->choices].begin + column] = 1.0F;
        row[f->groups[c->counts].begin + codes[p]] += 1.0F;
        row[f->groups[c->weighted].begin + column] = weight;
        row[f->groups[c->by_position].begin + p] = weight;
        row[f->groups[c->by_word].begin + codes[p]] += weight;
        if (c->staged) {
            int at = c->stage_column[c->code->stage[p] * CODES + codes[p]];
            row[f->groups[c->by_stage].begin + at] += 1.0F;
        }
    }
}

/* The mean of the values that are there, and 1 / their standard deviation. */
static void scale_of(const double *values, int n, double *mean, double *scale) {
    double sum = 0.0, square = 0.0;
    int known = 0;
    for (int i = 0; i < n; i++) {
        sum += isnan(values[i]) ? 0.0 : values[i];
        known += !isnan(values[i]);
    }
    *mean = sum / known;
    for (int i = 0; i < n; i++) {
        square += isnan(values[i]) ? 0.0 : (values[i] - *mean) * (values[i] - *mean) / known;
    }
    *scale = square > 0.0 ? 1.0 / sqrt(square) : 0.0;
}

static weft_status fill(chain *c, const double *proxy, weft_descriptions *f, weft_error *error) {
    double mean, scale;
    double *weights = calloc((size_t)c->onehot->width + 1, sizeof *weights);
    if (weights == NULL) {
        return weft_fail_memory(error, (size_t)c->onehot->width * sizeof *weights);
    }
    weft_status status = weft_onehot_fit(c->onehot, proxy, PENALTY, weights, error);
    scale_of(proxy, f->n, &mean, &scale);
    for (int i = 0; i < f->n && status == WEFT_OK; i++) {
        int columns[WEFT_MAX_POSITIONS + 1];
        double numbers[WEFT_MAX_NUMBERS];
        const unsigned char *codes = c->code->codes + (size_t)i * (size_t)c->code->n_positions;
        float *row = f->x + (size_t)i * (size_t)f->width;
        if (!f->known[i]) {
            continue;
        }
        weft_onehot_row(c->onehot, i, columns, numbers);
        fill_choices(c, f, weights, codes, row);
        if (c->counted) {
            fill_depths(c, f, codes, row);
        }
        if (c->code->n_numbers > 0) {
            fill_numbers(c, f, numbers, (proxy[i] - mean) * scale, codes, row);
        }
    }
    free(weights);
    return status;
}

weft_status weft_descriptions_chain(const weft_onehot *onehot, const double *proxy,
                                    weft_descriptions *features, weft_error *error) {
    chain c = {.onehot = onehot, .code = &onehot->table->code};
    weft_rule *rule = &features->rules[0];
    size_t n = (size_t)features->n * (size_t)features->n_positions;
    size_t stages = (size_t)(c.code->n_stages > 0 ? c.code->n_stages : 1);
    c.stage_column = malloc(stages * CODES * sizeof *c.stage_column);
    rule->codes = malloc(n + 1);
    features->n_rules = 1;
    if (c.stage_column == NULL || rule->codes == NULL) {
        free(c.stage_column);
        return weft_fail_memory(error, n + stages * CODES * sizeof *c.stage_column);
    }
    memcpy(rule->codes, c.code->codes, n);
    lay_out(&c, features, rule);
    weft_status status = weft_descriptions_rows(features, error);
    if (status == WEFT_OK) {
        status = fill(&c, proxy, features, error);
    }
    free(c.stage_column);
    return status;
}
