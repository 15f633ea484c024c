/* SPDX-License-Identifier: Apache-2.0
 *
 * Even steps: {from: 4, to: 6, step: 1/24} stands for 4, 4 + 1/24, .., 6.
 *
 * Sums of a rounded step drift (0.5 + 6 * 0.05 is not 0.8). So from and step are brought to a common
 * denominator D, that of the fraction or a power of ten, and value i is (from D + i step D) / D with
 * whole from D and step D: the double nearest to the number that the file means. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "space/reader.h"

enum { MOST_DECIMALS = 12 };

typedef struct steps {
    double from, to, step; /* step: its numerator */
    double denominator;    /* of the fraction; 1: none */
} steps;

/* "0.05" or "1/24". */
static bool parse_step(const char *text, steps *s) {
    bool whole = false;
    size_t length = weft_number_scan(text, &s->step, &whole);
    s->denominator = 1.0;
    if (length > 0 && text[length] == '/' && whole) {
        const char *below = text + length + 1;
        length = weft_number_scan(below, &s->denominator, &whole);
        return length > 0 && below[length] == '\0' && whole && s->denominator >= 1.0 &&
               s->denominator <= 1e6 && s->step >= 1.0;
    }
    return length > 0 && text[length] == '\0' && isfinite(s->step) && s->step > 0.0;
}

static bool is_whole(double value) {
    return fabs(value - round(value)) <= 1e-9 * fmax(1.0, fabs(value));
}

/* The common denominator; 0: there is none of up to 12 decimals. */
static double common_denominator(const steps *s) {
    double scale = 1.0;
    for (int i = 0; i <= MOST_DECIMALS; i++, scale *= 10.0) {
        if (is_whole(s->from * scale * s->denominator) && is_whole(s->step * scale)) {
            return scale * s->denominator;
        }
    }
    return 0.0;
}

static weft_status read_step(space_reader *r, weft_rule *rule, weft_map *map, steps *s) {
    const weft_node *node = NULL;
    const char *text = NULL;
    WEFT_TRY(weft_map_node(map, "step", WEFT_REQUIRED, &node, r->error));
    WEFT_TRY(weft_node_text(rule->doc, node, &text, r->error));
    if (parse_step(text, s)) {
        return WEFT_OK;
    }
    weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                   "gene '%s': '%.32s' is no step; expected a number above 0 or a fraction",
                   rule->name, text);
    weft_hint(r->error, "write it like  step: 0.05  or  step: 1/24");
    return WEFT_ERROR_INPUT;
}

/* How many steps lead from `from` to `to`; they must end there. */
static weft_status count_steps(space_reader *r, const weft_rule *rule, const weft_node *node,
                               const steps *s, int *n) {
    double size = s->step / s->denominator;
    double wanted = (s->to - s->from) / size;
    if (!(wanted >= 0.0) || !is_whole(wanted)) {
        weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                       "gene '%s': no number of steps of %.6g leads from %.6g to %.6g", rule->name,
                       size, s->from, s->to);
        weft_hint(r->error, "the last value is `to` itself");
        return WEFT_ERROR_INPUT;
    }
    if (wanted > WEFT_GENE_MAX_CHOICES - 1) {
        return weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                              "gene '%s': %.0f values; at most %d", rule->name, wanted + 1.0,
                              WEFT_GENE_MAX_CHOICES);
    }
    *n = (int)round(wanted) + 1;
    return WEFT_OK;
}

weft_status space_read_steps(space_reader *r, weft_rule *rule, const weft_node *node) {
    weft_map map;
    steps s = {0};
    WEFT_TRY(weft_map_begin(rule->doc, node, &map, r->error));
    WEFT_TRY(weft_map_real(&map, "from", WEFT_REQUIRED, -1e9, 1e9, &s.from, r->error));
    WEFT_TRY(weft_map_real(&map, "to", WEFT_REQUIRED, -1e9, 1e9, &s.to, r->error));
    WEFT_TRY(read_step(r, rule, &map, &s));
    WEFT_TRY(weft_map_end(&map, r->error));
    int n = 0;
    WEFT_TRY(count_steps(r, rule, node, &s, &n));
    double denominator = common_denominator(&s);
    if (denominator == 0.0) {
        return weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                              "gene '%s': from and step have more than %d decimals", rule->name,
                              MOST_DECIMALS);
    }
    double first = round(s.from * denominator);
    double step = round(s.step * (denominator / s.denominator));
    for (int i = 0; i < n; i++) {
        rule->values[i] = (first + i * step) / denominator;
    }
    rule->n_choices = n;
    return WEFT_OK;
}
