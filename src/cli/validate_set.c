/* SPDX-License-Identifier: Apache-2.0
 * Sets of published points: files of share/weft/validation, worked out point by point. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "cli/validate.h"

enum { MAX_POINTS = 4096, MAX_SETTINGS = 32 };

/* What a point stands on; a point takes from its set what it does not say itself. */
typedef struct subject {
    char chip[256], network[256];
    int n_settings;
    cli_setting settings[MAX_SETTINGS];
} subject;

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status copy_text(weft_map *map, const char *key, weft_need need, char *text,
                             size_t size, weft_error *error) {
    const char *found = NULL;
    WEFT_TRY(weft_map_text(map, key, need, &found, error));
    if (found != NULL) {
        snprintf(text, size, "%s", found);
    }
    return WEFT_OK;
}

/* A file that is named is meant from the folder of the set's file. */
static weft_status copy_name(weft_map *map, const char *key, weft_need need, char *text,
                             size_t size, weft_error *error) {
    const char *found = NULL;
    WEFT_TRY(weft_map_text(map, key, need, &found, error));
    return found == NULL ? WEFT_OK
                         : weft_share_beside(weft_doc_name(map->doc), found, text, size, error);
}

static weft_status read_settings(weft_map *map, subject *to, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "set", WEFT_OPTIONAL, &node, error));
    for (int i = 0; node != NULL && i < weft_mapping_length(node); i++) {
        const char *path = NULL;
        const char *value = NULL;
        const weft_node *inner = NULL;
        WEFT_TRY(weft_mapping_at(map->doc, node, i, &path, &inner, error));
        WEFT_TRY(weft_node_text(map->doc, inner, &value, error));
        if (to->n_settings == MAX_SETTINGS) {
            return weft_node_fail(map->doc, inner, error, WEFT_ERROR_INPUT, "more than %d values",
                                  MAX_SETTINGS);
        }
        cli_setting *setting = &to->settings[to->n_settings++];
        snprintf(setting->path, sizeof setting->path, "%s", path);
        snprintf(setting->value, sizeof setting->value, "%s", value);
    }
    return WEFT_OK;
}

static weft_status read_subject(weft_map *map, weft_need need, subject *to, weft_error *error) {
    WEFT_TRY(copy_name(map, "chip", need, to->chip, sizeof to->chip, error));
    WEFT_TRY(copy_name(map, "network", need, to->network, sizeof to->network, error));
    return read_settings(map, to, error);
}

/* ---- the model's figure ---------------------------------------------------------------------- */

static weft_status cost_subject(const subject *on, weft_cost **cost, weft_error *error) {
    weft_chip *chip = NULL;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_status status = weft_chip_read(on->chip, &chip, error);
    if (status == WEFT_OK) {
        status = weft_network_read(on->network, &network, error);
    }
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, error);
    }
    if (status == WEFT_OK) {
        status = cli_cost_with(chip, on->settings, on->n_settings, workload, cost, error);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_chip_destroy(chip);
    return status;
}

/* What the chip cannot do is the point's reason; anything else is a fault of the set's file. */
static weft_status work_out(weft_map *map, const subject *on, const char *figure, double times,
                            cli_check *check, weft_error *error) {
    weft_cost *cost = NULL;
    weft_status status = cost_subject(on, &cost, error);
    check->model = NAN;
    if (status == WEFT_ERROR_INFEASIBLE) {
        snprintf(check->reason, sizeof check->reason, "%s", error->message);
        return WEFT_OK;
    }
    if (status == WEFT_OK) {
        status = cli_figure(cost, figure, &check->model, error);
        check->model *= times;
    }
    weft_cost_destroy(cost);
    if (status != WEFT_OK) {
        char message[sizeof error->message];
        memcpy(message, error->message, sizeof message);
        return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT, "%.500s", message);
    }
    return WEFT_OK;
}

static weft_status read_point(const weft_doc *doc, const weft_node *node, const subject *common,
                              cli_check *check, weft_error *error) {
    weft_map map;
    subject own = *common;
    const char *figure = NULL;
    double times = 1;
    check->reference = NAN;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(copy_text(&map, "what", WEFT_REQUIRED, check->what, sizeof check->what, error));
    WEFT_TRY(copy_text(&map, "unit", WEFT_REQUIRED, check->unit, sizeof check->unit, error));
    WEFT_TRY(weft_map_text(&map, "figure", WEFT_REQUIRED, &figure, error));
    WEFT_TRY(weft_map_real(&map, "times", WEFT_OPTIONAL, 1e-30, 1e30, &times, error));
    WEFT_TRY(
        weft_map_real(&map, "published", WEFT_REQUIRED, 1e-30, 1e30, &check->published, error));
    WEFT_TRY(weft_map_real(&map, "reference", WEFT_OPTIONAL, 0, 1e30, &check->reference, error));
    WEFT_TRY(read_subject(&map, WEFT_OPTIONAL, &own, error));
    WEFT_TRY(weft_map_end(&map, error));
    return work_out(&map, &own, figure, times, check, error);
}

static weft_status read_set(weft_map *root, cli_check_set *set, weft_error *error) {
    static const char *const VERSIONS[] = {"validation/1"};
    int version = 0;
    subject common = {0};
    const weft_node *points = NULL;
    set->threshold = 0.1;
    WEFT_TRY(weft_map_choice(root, "weft", WEFT_REQUIRED, VERSIONS, 1, &version, error));
    WEFT_TRY(copy_text(root, "name", WEFT_REQUIRED, set->name, sizeof set->name, error));
    WEFT_TRY(copy_text(root, "description", WEFT_REQUIRED, set->text, sizeof set->text, error));
    WEFT_TRY(copy_text(root, "source", WEFT_REQUIRED, set->source, sizeof set->source, error));
    WEFT_TRY(weft_map_real(root, "threshold", WEFT_OPTIONAL, 0, 1e6, &set->threshold, error));
    WEFT_TRY(read_subject(root, WEFT_REQUIRED, &common, error));
    WEFT_TRY(weft_map_node(root, "points", WEFT_REQUIRED, &points, error));
    WEFT_TRY(weft_map_end(root, error));
    int n = weft_sequence_length(points);
    if (!weft_node_is_sequence(points) || n < 1 || n > MAX_POINTS) {
        return weft_node_fail(root->doc, points, error, WEFT_ERROR_INPUT,
                              "'points': expected a list of 1 to %d points", MAX_POINTS);
    }
    set->checks = calloc((size_t)n, sizeof *set->checks);
    if (set->checks == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *set->checks);
    }
    for (; set->n < n; set->n++) {
        WEFT_TRY(read_point(root->doc, weft_sequence_at(points, set->n), &common,
                            &set->checks[set->n], error));
    }
    return WEFT_OK;
}

weft_status cli_check_set_read(cli_call *call, const char *name, cli_check_set *set) {
    char path[4096];
    weft_doc *doc = NULL;
    weft_map root;
    *set = (cli_check_set){0};
    WEFT_TRY(weft_share_find("validation", name, path, sizeof path, &call->error));
    WEFT_TRY(weft_doc_read(path, &doc, &call->error));
    weft_status status = weft_map_begin(doc, weft_doc_root(doc), &root, &call->error);
    if (status == WEFT_OK) {
        status = read_set(&root, set, &call->error);
    }
    weft_doc_destroy(doc);
    return status;
}

void cli_check_set_free(cli_check_set *set) {
    free(set->checks);
    *set = (cli_check_set){0};
}

double cli_check_set_error(const cli_check_set *set, bool of_reference) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < set->n; i++) {
        const cli_check *check = &set->checks[i];
        double figure = of_reference ? check->reference : check->model;
        if (!isnan(figure)) {
            sum += fabs(cli_relative_error(figure, check->published));
            n++;
        }
    }
    return n > 0 ? sum / n : NAN;
}
