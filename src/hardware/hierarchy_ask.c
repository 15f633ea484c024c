/* SPDX-License-Identifier: Apache-2.0
 *
 * What a priced chip is asked beside the cost of a network: a value by its name, and how many cells a
 * network's weights take against those that the chip has. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "hardware/hierarchy_cost.h"
#include "hardware/price.h"
#include "hardware/workload.h"

static weft_status fail_kind(const weft_priced *priced, const char *what, weft_error *error) {
    weft_fail(error, WEFT_ERROR_USAGE, "chip '%s' is a pixel pipeline, which has no %s",
              priced->name, what);
    weft_hint(error, "hierarchical chips (weft: chip/2) have them");
    return WEFT_ERROR_USAGE;
}

/* ---- values ------------------------------------------------------------------------------------ */

static weft_status fail_name(const weft_hierarchy *h, const char *name, weft_error *error) {
    const char *names[WEFT_MAX_VARIABLES];
    for (int v = 0; v < h->n_variables; v++) {
        names[v] = h->variables[v].name;
    }
    weft_fail(error, WEFT_ERROR_USAGE, "the chip has no value '%.60s'", name);
    const char *nearest = weft_nearest(name, names, (size_t)h->n_variables);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_USAGE;
}

weft_status weft_priced_named(const weft_priced *priced, const char *name, double *value,
                              weft_error *error) {
    if (priced->hierarchy == NULL) {
        return fail_kind(priced, "values by name", error);
    }
    const weft_hierarchy *h = priced->hierarchy->hierarchy;
    int at = weft_variables_find(h, name);
    if (at == WEFT_NO_VARIABLE) {
        return fail_name(h, name, error);
    }
    *value = priced->hierarchy->pricing.values[at];
    return WEFT_OK;
}

/* ---- cells ------------------------------------------------------------------------------------- */

/* Bits of a weight that a cell may hold, for a layer of these traits. */
static double slice_of(const weft_hierarchy_priced *priced, const int32_t traits[WEFT_TRAITS]) {
    const weft_hierarchy *h = priced->hierarchy;
    int slice = weft_variables_find(h, "weights.slice");
    weft_variable_set asked = {{0}};
    weft_set_add(&asked, h->place[slice]);
    for (int i = 0; i < WEFT_TRAITS; i++) {
        double values[WEFT_MAX_VARIABLES];
        if (traits[i] > 0 && weft_set_meets(&h->follows[i], &asked) &&
            weft_variables_evaluate(h, traits, values) < 0) {
            return values[slice];
        }
    }
    return priced->pricing.values[slice];
}

/* Cells side by side that hold a weight of a layer of these traits. */
static double cells_of_weight(const weft_hierarchy_priced *priced,
                              const int32_t traits[WEFT_TRAITS]) {
    const weft_hierarchy *h = priced->hierarchy;
    double own = priced->pricing.values[h->builtin[WEFT_BUILTIN_WEIGHT_BITS]];
    double bits = traits[1] > 0 ? traits[1] : own;
    return ceil(bits / fmax(1, fmin(slice_of(priced, traits), bits)));
}

weft_status weft_workload_cells(const weft_priced *priced, const weft_workload *workload,
                                weft_cells *cells, weft_error *error) {
    if (priced->hierarchy == NULL) {
        return fail_kind(priced, "count of raw cells", error);
    }
    const weft_loop_work *work = workload->loops;
    weft_cells made = {.on_chip = weft_priced_cells(priced)};
    for (int32_t c = 0; c < work->n_classes; c++) {
        if (!work->classes[c].used) {
            continue;
        }
        double each = cells_of_weight(priced->hierarchy, work->classes[c].traits);
        for (int32_t l = 0; l < work->n_layers; l++) {
            const weft_loop_layer *layer = &work->layers[l];
            if (layer->precision == c) {
                double held = (double)layer->weights_held;
                made.needed += held * each;
                made.one_group += held / layer->loops.size[WEFT_DIM_G] * each;
            }
        }
    }
    *cells = made;
    return WEFT_OK;
}
