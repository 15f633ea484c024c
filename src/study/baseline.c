/* SPDX-License-Identifier: Apache-2.0
 *
 * Published designs: reads share/weft/baselines. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "study/problem.h"
#include "study/problem_part.h"

#define BASELINE_FORMAT "baseline/1"
#define BASELINE_KIND   "baselines"

enum { MOST_DESIGNS = 1000, BASELINE_PATH = 1024 };

void weft_baselines_destroy(weft_baselines *baselines) {
    if (baselines != NULL) {
        free(baselines->designs);
        free(baselines);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Metrics by name, in the units of problem files. */
static weft_status read_metrics(weft_map *map, weft_baseline *design, weft_error *error) {
    const weft_node *node = NULL;
    weft_map metrics;
    bool any = false;
    WEFT_TRY(weft_map_node(map, "metrics", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(map->doc, node, &metrics, error));
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        design->metrics[m] = NAN;
        WEFT_TRY(weft_map_real(&metrics, weft_metric_token((weft_metric)m), WEFT_OPTIONAL, 0.0,
                               1e300, &design->metrics[m], error));
        any = any || !isnan(design->metrics[m]);
    }
    WEFT_TRY(weft_map_end(&metrics, error));
    if (!any) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected figures, such as {energy: 2.7e-4, area: 464}");
    }
    if (isnan(design->metrics[WEFT_METRIC_EDAP])) {
        design->metrics[WEFT_METRIC_EDAP] = design->metrics[WEFT_METRIC_ENERGY] *
                                            design->metrics[WEFT_METRIC_LATENCY] *
                                            design->metrics[WEFT_METRIC_AREA];
    }
    return WEFT_OK;
}

/* What the file says of all designs stands in `common`. */
static weft_status read_design(const weft_doc *doc, const weft_node *node,
                               const weft_baseline *common, weft_baseline *design,
                               weft_error *error) {
    weft_map map;
    *design = *common;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_name(&map, "name", WEFT_REQUIRED, design->name, sizeof design->name, error));
    WEFT_TRY(weft_map_name(&map, "text", WEFT_REQUIRED, design->text, sizeof design->text, error));
    WEFT_TRY(
        weft_map_name(&map, "source", WEFT_OPTIONAL, design->source, sizeof design->source, error));
    WEFT_TRY(read_metrics(&map, design, error));
    return weft_map_end(&map, error);
}

static weft_status read_designs(weft_map *map, const weft_baseline *common,
                                weft_baselines *baselines, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "designs", WEFT_REQUIRED, &list, error));
    if (!weft_node_is_sequence(list) || weft_sequence_length(list) == 0 ||
        weft_sequence_length(list) > MOST_DESIGNS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d designs", MOST_DESIGNS);
    }
    size_t n = (size_t)weft_sequence_length(list);
    baselines->designs = calloc(n, sizeof *baselines->designs);
    if (baselines->designs == NULL) {
        return weft_fail_memory(error, n * sizeof *baselines->designs);
    }
    for (int i = 0; i < (int)n; i++) {
        weft_baseline *design = &baselines->designs[i];
        const weft_node *node = weft_sequence_at(list, i);
        WEFT_TRY(read_design(map->doc, node, common, design, error));
        for (int k = 0; k < i; k++) {
            if (strcmp(baselines->designs[k].name, design->name) == 0) {
                return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                                      "there are two designs called '%s'", design->name);
            }
        }
        baselines->n = i + 1;
    }
    return WEFT_OK;
}

static weft_status read_root(const weft_doc *doc, weft_baselines *baselines, weft_error *error) {
    weft_map map;
    weft_baseline common = {0};
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, BASELINE_FORMAT, error));
    WEFT_TRY(weft_map_name(&map, "accounting", WEFT_REQUIRED, common.accounting,
                           sizeof common.accounting, error));
    WEFT_TRY(
        weft_map_name(&map, "source", WEFT_REQUIRED, common.source, sizeof common.source, error));
    WEFT_TRY(read_designs(&map, &common, baselines, error));
    return weft_map_end(&map, error);
}

static weft_status of_doc(const weft_doc *doc, weft_baselines **baselines, weft_error *error) {
    weft_baselines *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = read_root(doc, made, error);
    if (status != WEFT_OK) {
        weft_baselines_destroy(made);
        return status;
    }
    *baselines = made;
    return WEFT_OK;
}

weft_status weft_baselines_parse(const char *text, size_t length, const char *name,
                                 weft_baselines **baselines, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = of_doc(doc, baselines, error);
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_baselines_read(const char *name_or_path, weft_baselines **baselines,
                                weft_error *error) {
    char path[BASELINE_PATH];
    weft_doc *doc = NULL;
    WEFT_TRY(weft_share_find(BASELINE_KIND, name_or_path, path, sizeof path, error));
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = of_doc(doc, baselines, error);
    weft_doc_destroy(doc);
    return status;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* A search by name through files, with the names seen for the error. */
typedef struct lookup {
    const char *name;
    weft_baseline *found;
    bool is_there;
    int n;
    char names[MOST_DESIGNS][sizeof((weft_baseline *)0)->name];
    weft_status status;
    weft_error *error;
} lookup;

static void look_through(void *context, const char *file) {
    lookup *l = context;
    weft_baselines *all = NULL;
    if (l->status != WEFT_OK || l->is_there) {
        return;
    }
    l->status = weft_baselines_read(file, &all, l->error);
    for (int i = 0; l->status == WEFT_OK && i < all->n; i++) {
        if (strcmp(all->designs[i].name, l->name) == 0) {
            *l->found = all->designs[i];
            l->is_there = true;
        }
        if (l->n < MOST_DESIGNS) {
            memcpy(l->names[l->n++], all->designs[i].name, sizeof l->names[0]);
        }
    }
    weft_baselines_destroy(all);
}

static weft_status fail_name(const lookup *l) {
    const char *names[MOST_DESIGNS];
    char known[240] = "";
    for (int i = 0; i < l->n; i++) {
        names[i] = l->names[i];
        weft_list_add(known, sizeof known, names[i]);
    }
    const char *nearest = weft_nearest(l->name, names, (size_t)l->n);
    weft_fail(l->error, WEFT_ERROR_INPUT, "no published design is called '%.60s'", l->name);
    weft_hint(l->error, nearest != NULL ? "did you mean '%s'?" : "there are: %s",
              nearest != NULL ? nearest : known);
    return WEFT_ERROR_INPUT;
}

weft_status weft_baseline_find(const char *text, weft_baseline *baseline, weft_error *error) {
    const char *colon = strrchr(text, ':');
    lookup *l = calloc(1, sizeof *l);
    char file[BASELINE_PATH];
    weft_baseline found;
    if (l == NULL) {
        return weft_fail_memory(error, sizeof *l);
    }
    *l = (lookup){.name = colon == NULL ? text : colon + 1, .found = &found, .error = error};
    if (colon != NULL) {
        snprintf(file, sizeof file, "%.*s", (int)(colon - text), text);
        look_through(l, file);
    } else {
        weft_status listed = weft_share_list(BASELINE_KIND, look_through, l, error);
        l->status = l->status != WEFT_OK ? l->status : listed;
    }
    weft_status status = l->status != WEFT_OK ? l->status : l->is_there ? WEFT_OK : fail_name(l);
    if (status == WEFT_OK) {
        *baseline = found;
    }
    free(l);
    return status;
}
