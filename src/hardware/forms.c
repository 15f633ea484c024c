/* SPDX-License-Identifier: Apache-2.0
 *
 * Features of layers for costs in closed form, after the tile count of FLASH (Li et al., ACM TECS 20(5s),
 * 2021):
 *   N_i = ceil( ceil(Kx Ky Cin / rows) ceil(Cout slices / columns) / arrays of a tile )
 * Layers lie on tiles one after the other, as in hierarchy_cost.c; a word goes from the middle of a
 * layer's tiles to the middle of the next one's. */
#include <weft/hardware.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "hardware/hops.h"

const char *weft_form_feature_token(weft_form_feature feature) {
    static const char *const tokens[] = {
#define TOKEN(name, token) token,
        WEFT_FORM_FEATURE_MAP(TOKEN)
#undef TOKEN
    };
    return feature < WEFT_FORM_FEATURES ? tokens[feature] : "unknown";
}

const char *weft_form_token(weft_form form) {
    static const char *const tokens[] = {
#define TOKEN(name, token, unit) token,
        WEFT_FORM_MAP(TOKEN)
#undef TOKEN
    };
    return form < WEFT_FORMS ? tokens[form] : "unknown";
}

const char *weft_form_unit(weft_form form) {
    static const char *const units[] = {
#define UNIT(name, token, unit) unit,
        WEFT_FORM_MAP(UNIT)
#undef UNIT
    };
    return form < WEFT_FORMS ? units[form] : "1";
}

/* ---- features ---------------------------------------------------------------------------------- */

static double up(double value, bool relaxed) {
    return relaxed ? fmax(value, 1e-9) : ceil(value);
}

/* Crossbars of a layer; groups smaller than one lie in it side by side, down its diagonal. */
static double arrays_of(const weft_form_geometry *g, const weft_form_layer *l, bool relaxed) {
    double high = up(l->rows / g->rows, relaxed);
    double wide = up(l->outputs * g->slices / g->columns, relaxed);
    if (l->groups <= 1.0 || high * wide > 1.0) {
        return high * wide * l->groups;
    }
    double beside = fmin(floor(g->rows / l->rows), floor(g->columns / (l->outputs * g->slices)));
    return up(l->groups / fmax(beside, 1.0), relaxed);
}

void weft_form_sum(const weft_form_geometry *geometry, const weft_form_layer *layers, int n,
                   bool relaxed, double features[WEFT_FORM_FEATURES]) {
    enum { KEPT = 256 }; /* layers whose crossbars are counted once; of longer networks again */
    double kept[KEPT];
    double *f = features;
    double used = 0.0;
    double before = 0.0;
    double middle = 0.0;
    memset(f, 0, WEFT_FORM_FEATURES * sizeof *f);
    f[WEFT_FORM_ONE] = 1.0;
    for (int i = 0; i < n; i++) {
        const weft_form_layer *l = &layers[i];
        double arrays = arrays_of(geometry, l, relaxed);
        kept[i < KEPT ? i : 0] = i < KEPT ? arrays : kept[0];
        double high = up(l->rows / geometry->rows, relaxed);
        double all = l->positions * l->groups * l->share;
        f[WEFT_FORM_TILES] += l->share * up(arrays / geometry->arrays, relaxed);
        f[WEFT_FORM_ARRAYS] += l->share * arrays;
        f[WEFT_FORM_VECTORS] += l->share * l->positions;
        f[WEFT_FORM_READS] += l->share * l->positions * arrays;
        f[WEFT_FORM_BUSY] += l->share * l->positions * up(arrays / geometry->arrays, relaxed);
        f[WEFT_FORM_WINDOWS] += all * l->rows;
        f[WEFT_FORM_SUMS] += all * l->outputs * high;
        f[WEFT_FORM_MACS] += all * l->rows * l->outputs;
        f[WEFT_FORM_VOLUME] += l->share * (l->inputs + l->results);
    }
    const double side = ceil(sqrt(ceil(f[WEFT_FORM_TILES])));
    for (int i = 0; i < n; i++) {
        double own = (i < KEPT ? kept[i] : arrays_of(geometry, &layers[i], relaxed)) /
                     geometry->arrays;
        double here = used + own / 2.0;
        if (i > 0) {
            double traffic = layers[i - 1].share * layers[i - 1].results *
                             weft_hops_between(middle, here, side, geometry->tree);
            f[WEFT_FORM_HOPS] += traffic;
            f[WEFT_FORM_WAITS] += traffic / fmax(1.0, ceil(before));
        }
        middle = here;
        before = own;
        used += own * layers[i].share;
    }
}

weft_status weft_form_features(const weft_form_geometry *geometry, const weft_network *network,
                               double features[WEFT_FORM_FEATURES], weft_error *error) {
    weft_form_layer *layers = calloc((size_t)network->n_layers, sizeof *layers);
    int n = 0;
    if (layers == NULL) {
        return weft_fail_memory(error, (size_t)network->n_layers * sizeof *layers);
    }
    for (int32_t l = 0; l < network->n_layers; l++) {
        const weft_layer *layer = &network->layers[l];
        weft_loops loops;
        if (!weft_layer_loops(network, l, &loops)) {
            continue;
        }
        if (loops.dynamic) {
            free(layers);
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "'%s' has a product of two activations (layer %d), which costs in "
                             "closed form do not know",
                             network->name, l);
        }
        layers[n++] = (weft_form_layer){
            .rows = (double)loops.c * loops.r * loops.s,
            .outputs = loops.m,
            .groups = loops.g,
            .positions = (double)loops.n * loops.p * loops.q,
            .inputs = (double)layer->in.channels * layer->in.height * layer->in.width,
            .results = (double)layer->out.channels * layer->out.height * layer->out.width,
            .share = 1.0};
    }
    if (n == 0) {
        free(layers);
        return weft_fail(error, WEFT_ERROR_INPUT, "'%s' has no layer of products", network->name);
    }
    weft_form_sum(geometry, layers, n, false, features);
    free(layers);
    return WEFT_OK;
}

/* ---- of a chip --------------------------------------------------------------------------------- */

static weft_status named(const weft_priced *priced, const char *name, int32_t *value,
                         weft_error *error) {
    double found = 0.0;
    WEFT_TRY(weft_priced_named(priced, name, &found, error));
    if (!(found >= 1.0 && found <= 1e6)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the chip's '%s' is %g; expected 1 to 10^6", name,
                         found);
    }
    *value = (int32_t)ceil(found);
    return WEFT_OK;
}

static weft_status read_geometry(const weft_chip *chip, const weft_priced *priced,
                                 weft_form_geometry *geometry, weft_error *error) {
    int32_t cell_bits = 0;
    int32_t weight_bits = 0;
    weft_knob tree;
    WEFT_TRY(named(priced, "rows", &geometry->rows, error));
    WEFT_TRY(named(priced, "columns", &geometry->columns, error));
    WEFT_TRY(named(priced, "arrays", &geometry->arrays, error));
    WEFT_TRY(named(priced, "cell_bits", &cell_bits, error));
    WEFT_TRY(named(priced, "weight_bits", &weight_bits, error));
    WEFT_TRY(weft_chip_knob(chip, "execution.tree", "", &tree, error));
    double children = weft_priced_value(priced, &tree);
    geometry->tree = children >= 2.0 ? (int32_t)children : 0;
    geometry->slices = (weight_bits + cell_bits - 1) / cell_bits;
    return WEFT_OK;
}

weft_status weft_form_geometry_of(const weft_chip *chip, weft_form_geometry *geometry,
                                  weft_error *error) {
    weft_priced *priced = NULL;
    weft_form_geometry made;
    WEFT_TRY(weft_priced_create(chip, &priced, error));
    weft_status status = read_geometry(chip, priced, &made, error);
    weft_priced_destroy(priced);
    if (status != WEFT_OK) {
        weft_hint(error, "closed forms are of chips with crossbars of `rows` x `columns` cells of "
                         "`cell_bits`, `arrays` of which make a tile, as flash-rram-mesh");
        return WEFT_ERROR_INPUT;
    }
    *geometry = made;
    return WEFT_OK;
}

weft_status weft_form_measure(const weft_chip *chip, const weft_form_geometry *geometry,
                              const weft_network *network, double figures[WEFT_FORMS],
                              weft_error *error) {
    static const char *const path = "tile.tiles";
    double features[WEFT_FORM_FEATURES];
    char tiles[32];
    const char *text = tiles;
    weft_chip *sized = NULL;
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_total total;
    WEFT_TRY(weft_form_features(geometry, network, features, error));
    snprintf(tiles, sizeof tiles, "%.0f", features[WEFT_FORM_TILES]);
    WEFT_TRY(weft_chip_settle(chip, &path, &text, 1, &sized, error));
    weft_status status = weft_priced_create(sized, &priced, error);
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, error);
    }
    if (status == WEFT_OK) {
        status = weft_estimate(priced, workload, &total, error);
    }
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    weft_chip_destroy(sized);
    WEFT_TRY(status);
    figures[WEFT_FORM_AREA] = total.area_mm2;
    figures[WEFT_FORM_LATENCY] = total.latency_s;
    figures[WEFT_FORM_ENERGY] = total.energy_j;
    return WEFT_OK;
}
