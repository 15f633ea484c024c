/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks of cells in closed form: their layers, NN-Degree, accuracy and costs without a network being
 * built; and coefficients of costs fitted to a chip's cost model. */
#include "study/flash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- layers ------------------------------------------------------------------------------------ */

typedef struct maker {
    weft_form_layer *layers;
    int n;
    double height, width; /* of the map at hand */
    double channels;      /* likewise */
    double nodes, links;  /* of the cell at hand */
} maker;

typedef struct shape {
    double kernel; /* positions of the window: 9, 1 */
    double in, out;
    bool depthwise;
    double skips; /* channels that arrive by skips, or are added onto its output */
    double share;
} shape;

static void put(maker *m, const shape *s, double in_positions) {
    double positions = m->height * m->width;
    double fan = s->depthwise ? 1.0 : s->out;
    m->layers[m->n++] = (weft_form_layer){.rows = s->kernel * (s->depthwise ? 1.0 : s->in),
                                          .outputs = s->depthwise ? 1.0 : s->out,
                                          .groups = s->depthwise ? s->in : 1.0,
                                          .positions = positions,
                                          .inputs = s->in * in_positions,
                                          .results = s->out * positions,
                                          .share = s->share};
    m->nodes += s->share * s->out;
    m->links += s->share * fan * (s->out + s->skips);
}

/* The first layer of a cell, with stride 2 but in the first cell. */
static void put_entry(maker *m, double channels, bool halves) {
    double in_positions = m->height * m->width;
    m->nodes = 0.0;
    m->links = 0.0;
    if (halves) {
        m->height = floor((m->height - 1.0) / 2.0) + 1.0;
        m->width = floor((m->width - 1.0) / 2.0) + 1.0;
    }
    put(m, &(shape){9.0, m->channels, channels, false, 0.0, 1.0}, in_positions);
    m->channels = channels;
}

static void put_concat(maker *m, double depth, double w, double t) {
    const double positions = m->height * m->width;
    for (int i = 1; i < depth; i++) {
        double taken = fmin(t, (i - 1.0) * w);
        put(m, &(shape){9.0, w + taken, w, false, taken, fmin(1.0, depth - i)}, positions);
    }
}

static void put_blocks(maker *m, const weft_real_cells *cells, double depth, double w, double t) {
    const double positions = m->height * m->width;
    const double wide = cells->expansion * w;
    for (int i = 0; i < depth; i++) {
        double share = fmin(1.0, depth - i);
        double added = w * fmin(fmax(t - i, 0.0), 1.0);
        if (cells->kind == WEFT_CELLS_ADD) {
            put(m, &(shape){9.0, w, w, false, 0.0, share}, positions);
            put(m, &(shape){9.0, w, w, false, added, share}, positions);
        } else {
            put(m, &(shape){1.0, w, wide, false, 0.0, share}, positions);
            put(m, &(shape){9.0, wide, wide, true, 0.0, share}, positions);
            put(m, &(shape){1.0, wide, w, false, added, share}, positions);
        }
    }
}

int weft_flash_layers(const weft_real_cells *cells, weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                      double *degree) {
    maker m = {.layers = layers,
               .height = cells->input.height,
               .width = cells->input.width,
               .channels = cells->input.channels};
    *degree = 0.0;
    for (int c = 0; c < cells->n_cells; c++) {
        const double *field = cells->field[c];
        put_entry(&m, field[WEFT_CELLS_WIDTH], c > 0);
        if (cells->kind == WEFT_CELLS_CONCAT) {
            put_concat(&m, field[WEFT_CELLS_DEPTH], field[WEFT_CELLS_WIDTH],
                       field[WEFT_CELLS_SKIPS]);
        } else {
            put_blocks(&m, cells, field[WEFT_CELLS_DEPTH], field[WEFT_CELLS_WIDTH],
                       field[WEFT_CELLS_SKIPS]);
        }
        *degree += m.height * m.width > 1.0 ? m.links / m.nodes : 0.0;
    }
    layers[m.n++] = (weft_form_layer){.rows = m.channels,
                                      .outputs = cells->classes,
                                      .groups = 1.0,
                                      .positions = 1.0,
                                      .inputs = m.channels,
                                      .results = cells->classes,
                                      .share = 1.0};
    return m.n;
}

/* ---- designs ----------------------------------------------------------------------------------- */

/* Layers, accuracy and degree. Returns how many layers. */
static int begin(const weft_flash *flash, const double *genome,
                 weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                 double metrics[WEFT_FLASH_METRICS]) {
    weft_real_cells cells;
    double degree = 0.0;
    weft_space_cells_real(&flash->binding, genome, &cells);
    int n = weft_flash_layers(&cells, layers, &degree);
    metrics[WEFT_FLASH_ACCURACY] = fmin(weft_theta_at(&flash->theta, degree), 1.0);
    metrics[WEFT_FLASH_DEGREE] = degree;
    return n;
}

static void finish(const weft_flash *flash, const weft_form_layer *layers, int n, bool relaxed,
                   double metrics[WEFT_FLASH_METRICS]) {
    double features[WEFT_FORM_FEATURES];
    double figures[WEFT_FORMS];
    weft_form_sum(&flash->forms.geometry, layers, n, relaxed, features);
    weft_forms_tell(&flash->forms, features, figures);
    metrics[WEFT_FLASH_AREA] = figures[WEFT_FORM_AREA];
    metrics[WEFT_FLASH_LATENCY] = figures[WEFT_FORM_LATENCY];
    metrics[WEFT_FLASH_ENERGY] = figures[WEFT_FORM_ENERGY];
    metrics[WEFT_FLASH_MACS] = features[WEFT_FORM_MACS];
    metrics[WEFT_FLASH_TILES] = features[WEFT_FORM_TILES];
}

void weft_flash_evaluate(const weft_flash *flash, const double *genome, bool relaxed,
                         weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                         double metrics[WEFT_FLASH_METRICS]) {
    int n = begin(flash, genome, layers, metrics);
    finish(flash, layers, n, relaxed, metrics);
}

bool weft_flash_evaluate_within(const weft_flash *flash, const double *genome, double most,
                                weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                                double metrics[WEFT_FLASH_METRICS]) {
    double broken = 0.0;
    int n = begin(flash, genome, layers, metrics);
    for (int i = 0; i < flash->n_constraints; i++) {
        if (flash->constraints[i].early) {
            broken += fmax(0.0, -weft_flash_margin(flash, i, metrics));
        }
    }
    if (broken > most) {
        return false;
    }
    finish(flash, layers, n, false, metrics);
    return true;
}

double weft_flash_margin(const weft_flash *flash, int i, const double *metrics) {
    double left = weft_expr_evaluate(flash->constraints[i].left, metrics);
    double right = weft_expr_evaluate(flash->constraints[i].right, metrics);
    double margin = (right - left) / fmax(fmax(fabs(right), fabs(left)), 1e-300);
    return isnan(margin) ? -1.0 : margin;
}

double weft_flash_violation(const weft_flash *flash, const double *metrics) {
    double sum = 0.0;
    for (int i = 0; i < flash->n_constraints; i++) {
        sum += fmax(0.0, -weft_flash_margin(flash, i, metrics));
    }
    return sum;
}

const weft_flash_metric weft_flash_metric_of[WEFT_FORMS] = {WEFT_FLASH_AREA, WEFT_FLASH_LATENCY,
                                                            WEFT_FLASH_ENERGY};

bool weft_flash_prices(const weft_flash *flash, weft_form form) {
    bool known = false;
    for (int k = 0; k < WEFT_FORM_FEATURES; k++) {
        known |= flash->forms.coefficients[form][k] > 0.0;
    }
    return known;
}

void weft_flash_tell(const weft_flash *flash, weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                     weft_flash_design *design) {
    weft_flash_evaluate(flash, design->genome, false, layers, design->metrics);
    design->score = weft_expr_evaluate(flash->score, design->metrics);
    design->violation = weft_flash_violation(flash, design->metrics);
    for (int form = 0; form < WEFT_FORMS; form++) {
        if (!weft_flash_prices(flash, (weft_form)form)) {
            design->metrics[weft_flash_metric_of[form]] = NAN;
        }
    }
    weft_theta_tell(&flash->theta, design->metrics[WEFT_FLASH_DEGREE], &design->accuracy);
    weft_space_describe(flash->space, design->genome, design->network, sizeof design->network);
}

/* ---- coefficients ------------------------------------------------------------------------------ */

weft_status weft_flash_fit_forms(const weft_space *space, const weft_chip *chip,
                                 const weft_flash_choose_settings *settings, weft_forms *forms,
                                 weft_error *error) {
    weft_flash_choice *choice = NULL;
    weft_form_geometry geometry;
    WEFT_TRY(weft_form_geometry_of(chip, &geometry, error));
    WEFT_TRY(weft_flash_choose(space, settings, &choice, error));
    size_t n = (size_t)choice->n;
    double *features = calloc(n, WEFT_FORM_FEATURES * sizeof *features);
    double *figures = calloc(n, WEFT_FORMS * sizeof *figures);
    weft_status status = features != NULL && figures != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, n * WEFT_FORM_FEATURES * sizeof *features);
    weft_shape input = weft_space_input(space);
    for (size_t i = 0; i < n && status == WEFT_OK; i++) {
        weft_network *network = NULL;
        status = weft_network_read_for(choice->picks[i].network, input, 10, &network, error);
        if (status == WEFT_OK) {
            status =
                weft_form_features(&geometry, network, features + i * WEFT_FORM_FEATURES, error);
        }
        if (status == WEFT_OK) {
            status = weft_form_measure(chip, &geometry, network, figures + i * WEFT_FORMS, error);
        }
        weft_network_destroy(network);
    }
    if (status == WEFT_OK) {
        status = weft_forms_fit(features, figures, settings->n, settings->held, forms, error);
    }
    if (status == WEFT_OK) {
        forms->geometry = geometry;
        snprintf(forms->chip, sizeof forms->chip, "%s", weft_chip_name(chip));
    }
    free(features);
    free(figures);
    weft_flash_choice_destroy(choice);
    return status;
}
