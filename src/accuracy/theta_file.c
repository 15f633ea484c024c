/* SPDX-License-Identifier: Apache-2.0
 * A curve over NN-Degree as a file: docs/reference/flash.md. */
#include "accuracy/theta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/predictor.h"
#include "base/save.h"

enum { COVARIANCES = 6 };

/* ---- reading ----------------------------------------------------------------------------------- */

static weft_status take_list(weft_map *map, const char *key, double *values, int n,
                             weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, &node, error));
    if (!weft_node_is_sequence(node) || weft_sequence_length(node) != n) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "`%s` is a list of %d numbers", key, n);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(
            weft_node_real(map->doc, weft_sequence_at(node, i), -1e300, 1e300, &values[i], error));
    }
    return WEFT_OK;
}

weft_status weft_theta_take(weft_map *map, weft_theta *theta, weft_error *error) {
    const weft_node *node = NULL;
    weft_map curve;
    double degrees[2];
    int64_t n = 0;
    WEFT_TRY(weft_map_node(map, "curve", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(map->doc, node, &curve, error));
    WEFT_TRY(weft_map_real(&curve, "a", WEFT_REQUIRED, 0.0, 1e12, &theta->a, error));
    WEFT_TRY(weft_map_real(&curve, "b", WEFT_REQUIRED, -1e12, 1e12, &theta->b, error));
    WEFT_TRY(weft_map_real(&curve, "c", WEFT_REQUIRED, -1e12, 1e12, &theta->c, error));
    WEFT_TRY(weft_map_end(&curve, error));
    WEFT_TRY(take_list(map, "covariance", theta->covariance, COVARIANCES, error));
    WEFT_TRY(weft_map_real(map, "deviation", WEFT_REQUIRED, 0.0, 1.0, &theta->deviation, error));
    WEFT_TRY(weft_map_real(map, "rmse", WEFT_REQUIRED, 0.0, 1.0, &theta->rmse, error));
    WEFT_TRY(weft_map_real(map, "loo", WEFT_REQUIRED, 0.0, 1e12, &theta->loo, error));
    WEFT_TRY(take_list(map, "degrees", degrees, 2, error));
    WEFT_TRY(
        weft_map_integer(map, "networks", WEFT_REQUIRED, WEFT_THETA_LEAST, 1000000, &n, error));
    theta->lowest = degrees[0];
    theta->highest = degrees[1];
    theta->n = (int)n;
    return WEFT_OK;
}

weft_status weft_theta_read(const char *name_or_path, weft_theta *theta, weft_theta_about *about,
                            weft_error *error) {
    weft_predictor_file *file = NULL;
    WEFT_TRY(weft_predictor_file_read(name_or_path, &file, error));
    weft_status status = WEFT_OK;
    if (file->is_topology) {
        *theta = file->theta;
        snprintf(about->name, sizeof about->name, "%s", file->name);
        snprintf(about->description, sizeof about->description, "%s", file->description);
        snprintf(about->source, sizeof about->source, "%s", file->source);
        snprintf(about->measure, sizeof about->measure, "%s", file->measure);
    } else {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "predictor \"%s\" is no curve over NN-Degree (kind `topology`)",
                           file->name);
        weft_error_file(error, file->path);
        weft_hint(error, "'weft flash fit' makes one of trained networks");
    }
    weft_predictor_file_destroy(file);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void emit(FILE *out, const char *key, const char *text) {
    fprintf(out, "%s: ", key);
    weft_text_emit(text, out);
    fputc('\n', out);
}

static void print(FILE *out, const weft_theta *theta, const weft_theta_about *about,
                  const char *name) {
    fputs("weft: predictor/1\n", out);
    emit(out, "name", name);
    fputs("kind: topology\n", out);
    emit(out, "description", about->description);
    emit(out, "source", about->source);
    fputs("accuracy: {unit: share, measure: ", out);
    weft_text_emit(about->measure, out);
    fprintf(out,
            "}\n# 1 / (a + exp(b / g + c)), g: NN-Degree\ncurve: {a: %.17g, b: %.17g, c: %.17g}\n",
            theta->a, theta->b, theta->c);
    const double *v = theta->covariance;
    fprintf(out, "# of a, b, c: aa, ab, ac, bb, bc, cc\n");
    fprintf(out, "covariance: [%.17g, %.17g, %.17g, %.17g, %.17g, %.17g]\n", v[0], v[1], v[2], v[3],
            v[4], v[5]);
    fprintf(out, "deviation: %.17g  # of a network about the curve\n", theta->deviation);
    fprintf(out, "rmse: %.17g\nloo: %.17g  # by curves that leave one out\n", theta->rmse,
            theta->loo);
    fprintf(out, "degrees: [%.17g, %.17g]  # that it was fitted to\nnetworks: %d\n", theta->lowest,
            theta->highest, theta->n);
}

weft_status weft_theta_write(const weft_theta *theta, const weft_theta_about *about,
                             const char *path, weft_error *error) {
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = strlen(base);
    if (length < 6 || strcmp(base + length - 5, ".yaml") != 0 || length - 5 >= WEFT_THETA_NAME) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "'%s': the file of a curve is called NAME.yaml, with up to %d characters",
                         path, WEFT_THETA_NAME - 1);
    }
    char name[WEFT_THETA_NAME];
    char folder[WEFT_PREDICTOR_PATH];
    snprintf(name, sizeof name, "%.*s", (int)(length - 5), base);
    int written = slash == NULL
                      ? snprintf(folder, sizeof folder, ".")
                      : snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if ((size_t)written >= sizeof folder) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the path '%.60s...' is too long", path);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return weft_fail_memory(error, 4096);
    }
    print(out, theta, about, name);
    if (fclose(out) != 0) {
        free(text);
        return weft_fail_memory(error, size);
    }
    weft_status status = weft_save_file(folder[0] == '\0' ? "/" : folder, base, text, size, error);
    free(text);
    return status;
}
