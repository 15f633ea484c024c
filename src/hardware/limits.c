/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/limits.h"

#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "hardware/variables.h"

static weft_status read_bound(weft_map *map, const char *name, weft_limit *limit, weft_hierarchy *h,
                              weft_error *error) {
    const weft_node *most = NULL;
    const weft_node *least = NULL;
    char path[2 * WEFT_NAME];
    WEFT_TRY(weft_map_node(map, "at_most", WEFT_OPTIONAL, &most, error));
    WEFT_TRY(weft_map_node(map, "at_least", WEFT_OPTIONAL, &least, error));
    if ((most != NULL) == (least != NULL)) {
        return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                              "limit '%s': expected either 'at_most' or 'at_least'", name);
    }
    limit->from_below = least != NULL;
    snprintf(path, sizeof path, "limits.%s", name);
    return weft_variables_add(h, map->doc, limit->from_below ? least : most, path, -1,
                              &limit->bound, error);
}

static weft_status read_limit(const weft_doc *doc, const char *name, const weft_node *node,
                              weft_hierarchy *h, weft_error *error) {
    weft_limit *limit = &h->limits[h->n_limits++];
    const weft_node *value = NULL;
    weft_map map;
    char path[2 * WEFT_NAME];
    snprintf(path, sizeof path, "limited.%s", name);
    snprintf(limit->name, sizeof limit->name, "%s", name);
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_node(&map, "value", WEFT_REQUIRED, &value, error));
    WEFT_TRY(weft_variables_add(h, doc, value, path, -1, &limit->value, error));
    WEFT_TRY(read_bound(&map, name, limit, h, error));
    return weft_map_end(&map, error);
}

weft_status weft_limits_read(weft_map *root, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "limits", WEFT_OPTIONAL, &node, error));
    int n = node != NULL ? weft_mapping_length(node) : 0;
    if (n > WEFT_MAX_LIMITS) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT, "'limits': more than %d",
                              WEFT_MAX_LIMITS);
    }
    for (int i = 0; i < n; i++) {
        const char *name = NULL;
        const weft_node *inner = NULL;
        WEFT_TRY(weft_mapping_at(root->doc, node, i, &name, &inner, error));
        WEFT_TRY(read_limit(root->doc, name, inner, h, error));
    }
    return WEFT_OK;
}

/* In the unit that the bound's parameter is written in; in SI where it is none. */
static double as_written(const weft_variable *parameter, double value) {
    const weft_unit *unit =
        parameter != NULL ? weft_unit_find(parameter->dimension, parameter->value.unit) : NULL;
    return unit != NULL ? value * unit->divisor / unit->factor : value;
}

double weft_limits_check(const weft_hierarchy *h, const double *variables, char *reason,
                         size_t size) {
    double sum = 0;
    for (int i = 0; i < h->n_limits; i++) {
        const weft_limit *limit = &h->limits[i];
        double value = variables[limit->value];
        double bound = variables[limit->bound];
        double over = limit->from_below ? bound - value : value - bound;
        if (over <= 1e-9 * fabs(bound)) {
            continue;
        }
        sum += bound != 0 ? over / fabs(bound) : over;
        if (reason[0] != '\0') {
            continue;
        }
        const weft_variable *parameter = weft_variables_parameter(h, limit->bound);
        const char *unit = parameter != NULL ? parameter->value.unit : "";
        bool plain = unit[0] == '\0' || (unit[0] == '1' && unit[1] == '\0');
        snprintf(reason, size, "%s: %.4g%s%s; %s %.4g%s%s%s%.100s%s", limit->name,
                 as_written(parameter, value), plain ? "" : " ", plain ? "" : unit,
                 limit->from_below ? "at least" : "at most", as_written(parameter, bound),
                 plain ? "" : " ", plain ? "" : unit, parameter != NULL ? " (" : "",
                 parameter != NULL ? parameter->value.source : "", parameter != NULL ? ")" : "");
    }
    return sum;
}
