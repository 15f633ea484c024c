/* SPDX-License-Identifier: Apache-2.0
 *
 * A surrogate as two files: what a person reads (weft: surrogate/1, docs/reference/predictors.md), and
 * the arrays of its model beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accuracy/surrogate.h"
#include "base/number.h"
#include "base/save.h"
#include "base/share.h"
#include "learn/data.h"
#include "learn/sha256.h"

#define SURROGATE_FORMAT "surrogate/1"

enum { SURROGATE_PATH = 1024 };

/* ---- writing ----------------------------------------------------------------------------------- */

static void write_real(FILE *out, const char *before, double value) {
    char number[40];
    fprintf(out, "%s%s", before, weft_real_text(value, number, sizeof number));
}

static void write_list(FILE *out, const char *key, const double *values, int n) {
    fprintf(out, "%s: [", key);
    for (int i = 0; i < n; i++) {
        write_real(out, i > 0 ? ", " : "", values[i]);
    }
    fprintf(out, "]\n");
}

static void write_report(FILE *out, const weft_surrogate_report *report) {
    fprintf(out, "report: {designs: %d, folds: %d", report->n, report->folds);
    if (!isnan(report->tau)) {
        write_real(out, ", tau: ", report->tau);
        write_real(out, ", spearman: ", report->spearman);
    }
    write_real(out, ", rmse: ", report->rmse);
    write_real(out, ", mae: ", report->mae);
    write_real(out, ", coverage: ", report->coverage);
    write_real(out, ", width: ", report->width);
    write_real(out, ", level: ", report->level);
    write_real(out, ", bar: ", report->bar);
    fprintf(out, "}\n");
}

weft_status weft_surrogate_text(const weft_surrogate *surrogate, const char *arrays,
                                const char *sha256, char **text, size_t *length,
                                weft_error *error) {
    char *made = NULL;
    FILE *out = open_memstream(&made, length);
    if (out == NULL) {
        return weft_fail_memory(error, 4096);
    }
    fprintf(out, "weft: " SURROGATE_FORMAT "\nmodel: %s\nloss: %s\nby_rank: %s\nseed: %llu\n",
            surrogate->kind->name, weft_loss_names()[surrogate->loss],
            surrogate->by_rank ? "true" : "false", (unsigned long long)surrogate->seed);
    fprintf(out, "measure: ");
    weft_text_emit(surrogate->measure, out);
    fprintf(out, "\narrays: ");
    weft_text_emit(arrays, out);
    fprintf(out, "\nsha256: \"%s\"\n", sha256);
    write_report(out, &surrogate->report);
    write_real(out, "interval: {base: ", surrogate->base);
    write_real(out, ", reach: ", surrogate->reach);
    fprintf(out, "}\n");
    write_list(out, "scores", surrogate->warp.scores, surrogate->warp.n);
    write_list(out, "accuracies", surrogate->warp.accuracies, surrogate->warp.n);
    weft_features_write(surrogate->features, out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(made);
        return weft_fail_memory(error, *length);
    }
    *text = made;
    return WEFT_OK;
}

/* "a/b.yaml" to the folder "a", the name "b". */
static weft_status split_path(const char *path, char *folder, char *name, weft_error *error) {
    const char *slash = strrchr(path, '/');
    const char *last = slash != NULL ? slash + 1 : path;
    size_t n = strlen(last);
    if (n <= 5 || n >= 200 || strcmp(last + n - 5, ".yaml") != 0 ||
        strlen(path) >= SURROGATE_PATH) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "\"%.200s\" is no place for a predictor: expected a file that ends in "
                         ".yaml",
                         path);
    }
    snprintf(name, SURROGATE_PATH, "%.*s", (int)(n - 5), last);
    if (slash == NULL) {
        snprintf(folder, SURROGATE_PATH, ".");
    } else {
        snprintf(folder, SURROGATE_PATH, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    }
    return WEFT_OK;
}

static weft_status check_free(const char *folder, const char *file, weft_error *error) {
    char path[2 * SURROGATE_PATH + 2];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (access(path, F_OK) != 0) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "the file is there already");
    weft_error_file(error, path);
    weft_hint(error, "give the predictor another name, or say that it may be replaced");
    return WEFT_ERROR_INPUT;
}

static weft_status save_arrays(const weft_surrogate *surrogate, const char *folder,
                               const char *file, char *sum_text, weft_error *error) {
    weft_tensors arrays = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_sha256 sum;
    weft_status status = surrogate->kind->save(surrogate->state, "", &arrays, error);
    if (status == WEFT_OK) {
        status = weft_safetensors_write(&arrays, &bytes, &size, error);
    }
    weft_tensors_destroy(&arrays);
    WEFT_TRY(status);
    weft_sha256_begin(&sum);
    weft_sha256_add(&sum, bytes, size);
    weft_sha256_end(&sum, sum_text);
    status = weft_save_file(folder, file, (const char *)bytes, size, error);
    free(bytes);
    return status;
}

/* Where the files of a predictor lie. Its arrays have one of two names: that which a predictor that is
 * replaced has not, so that this one stays whole until its .yaml is replaced. */
typedef struct place {
    char folder[SURROGATE_PATH], yaml[SURROGATE_PATH + 16];
    char arrays[SURROGATE_PATH + 24], old_arrays[SURROGATE_PATH + 24]; /* old_arrays "": none */
} place;

/* Whether the predictor at `path` names `file` as that of its arrays. */
static bool names_arrays(const char *path, const char *file) {
    weft_doc *doc = NULL;
    weft_map map;
    const char *named = NULL;
    weft_error ignored;
    if (!weft_surrogate_is(path) || weft_doc_read(path, &doc, &ignored) != WEFT_OK) {
        return false;
    }
    bool names = weft_map_begin(doc, weft_doc_root(doc), &map, &ignored) == WEFT_OK &&
                 weft_map_text(&map, "arrays", WEFT_REQUIRED, &named, &ignored) == WEFT_OK &&
                 strcmp(named, file) == 0;
    weft_doc_destroy(doc);
    return names;
}

static weft_status find_place(const char *path, bool replace, place *at, weft_error *error) {
    char name[SURROGATE_PATH];
    char other[sizeof at->arrays];
    WEFT_TRY(split_path(path, at->folder, name, error));
    snprintf(at->yaml, sizeof at->yaml, "%s.yaml", name);
    snprintf(at->arrays, sizeof at->arrays, "%s.safetensors", name);
    snprintf(other, sizeof other, "%s.2.safetensors", name);
    at->old_arrays[0] = '\0';
    if (access(at->folder, W_OK | X_OK) != 0) {
        return weft_fail_errno(error, "cannot write to the folder", at->folder);
    }
    if (!replace) {
        WEFT_TRY(check_free(at->folder, at->yaml, error));
        return check_free(at->folder, at->arrays, error);
    }
    if (names_arrays(path, at->arrays)) {
        memcpy(at->old_arrays, at->arrays, sizeof other);
        memcpy(at->arrays, other, sizeof other);
    } else if (names_arrays(path, other)) {
        memcpy(at->old_arrays, other, sizeof other);
    }
    return WEFT_OK;
}

weft_status weft_surrogate_check_place(const char *path, bool replace, weft_error *error) {
    place at;
    return find_place(path, replace, &at, error);
}

/* What lies there when the new predictor does is nobody's; a leftover does no harm. */
static void remove_old(const place *at) {
    char path[2 * SURROGATE_PATH + 32];
    if (at->old_arrays[0] != '\0') {
        snprintf(path, sizeof path, "%s/%s", at->folder, at->old_arrays);
        unlink(path);
    }
}

weft_status weft_surrogate_write(const weft_surrogate *surrogate, const char *path, bool replace,
                                 weft_error *error) {
    place at;
    char sum[WEFT_SHA256_TEXT];
    char *text = NULL;
    size_t length = 0;
    WEFT_TRY(find_place(path, replace, &at, error));
    WEFT_TRY(save_arrays(surrogate, at.folder, at.arrays, sum, error));
    WEFT_TRY(weft_surrogate_text(surrogate, at.arrays, sum, &text, &length, error));
    weft_status status = weft_save_file(at.folder, at.yaml, text, length, error);
    free(text);
    if (status == WEFT_OK) {
        remove_old(&at);
    }
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static int count_names(const char *const *names) {
    int n = 0;
    while (names[n] != NULL) {
        n++;
    }
    return n;
}

static weft_status read_report(const weft_doc *doc, const weft_node *node,
                               weft_surrogate_report *report, weft_error *error) {
    weft_map map;
    int64_t n = 0;
    int64_t folds = 0;
    report->tau = NAN;
    report->spearman = NAN;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_integer(&map, "designs", WEFT_REQUIRED, 1, INT32_MAX, &n, error));
    WEFT_TRY(weft_map_integer(&map, "folds", WEFT_REQUIRED, 0, INT32_MAX, &folds, error));
    WEFT_TRY(weft_map_real(&map, "tau", WEFT_OPTIONAL, -1.0, 1.0, &report->tau, error));
    WEFT_TRY(
        weft_map_real(&map, "spearman", WEFT_OPTIONAL, -1.001, 1.001, &report->spearman, error));
    WEFT_TRY(weft_map_real(&map, "rmse", WEFT_REQUIRED, 0.0, 1.0, &report->rmse, error));
    WEFT_TRY(weft_map_real(&map, "mae", WEFT_REQUIRED, 0.0, 1.0, &report->mae, error));
    WEFT_TRY(weft_map_real(&map, "coverage", WEFT_REQUIRED, 0.0, 1.0, &report->coverage, error));
    WEFT_TRY(weft_map_real(&map, "width", WEFT_REQUIRED, 0.0, 1.001, &report->width, error));
    WEFT_TRY(weft_map_real(&map, "level", WEFT_REQUIRED, 0.5, 0.99, &report->level, error));
    WEFT_TRY(weft_map_real(&map, "bar", WEFT_REQUIRED, -1.0, 1.0, &report->bar, error));
    WEFT_TRY(weft_map_end(&map, error));
    report->n = (int)n;
    report->folds = (int)folds;
    report->usable = report->tau >= report->bar;
    return WEFT_OK;
}

static weft_status read_interval(const weft_doc *doc, const weft_node *node,
                                 weft_surrogate *surrogate, weft_error *error) {
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_real(&map, "base", WEFT_REQUIRED, 0.0, 1e6, &surrogate->base, error));
    WEFT_TRY(weft_map_real(&map, "reach", WEFT_REQUIRED, 0.0, 1e9, &surrogate->reach, error));
    return weft_map_end(&map, error);
}

/* Rising numbers. */
static weft_status read_knots(weft_map *map, const char *key, double *values, int *n,
                              weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, &list, error));
    *n = weft_node_is_sequence(list) ? weft_sequence_length(list) : 0;
    if (*n < 2 || *n > WEFT_WARP_KNOTS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of 2 to %d numbers", (int)WEFT_WARP_KNOTS);
    }
    for (int i = 0; i < *n; i++) {
        const weft_node *at = weft_sequence_at(list, i);
        WEFT_TRY(weft_node_real(map->doc, at, -1e3, 1e3, &values[i], error));
        if (i > 0 && !(values[i] > values[i - 1])) {
            return weft_node_fail(map->doc, at, error, WEFT_ERROR_INPUT,
                                  "expected numbers that rise");
        }
    }
    return WEFT_OK;
}

typedef struct named_arrays {
    const char *file, *sha256;
} named_arrays;

static weft_status read_model(weft_surrogate *made, weft_map *map, weft_error *error) {
    int model = 0;
    int loss = 0;
    int64_t seed = 0;
    const char *measure = "";
    const char *const *models = weft_model_names();
    const char *const *losses = weft_loss_names();
    WEFT_TRY(
        weft_map_choice(map, "model", WEFT_REQUIRED, models, count_names(models), &model, error));
    WEFT_TRY(
        weft_map_choice(map, "loss", WEFT_REQUIRED, losses, count_names(losses), &loss, error));
    WEFT_TRY(weft_map_bool(map, "by_rank", WEFT_REQUIRED, &made->by_rank, error));
    WEFT_TRY(weft_map_integer(map, "seed", WEFT_REQUIRED, 0, INT64_MAX, &seed, error));
    WEFT_TRY(weft_map_text(map, "measure", WEFT_OPTIONAL, &measure, error));
    made->kind = weft_model_find(models[model]);
    made->loss = (weft_model_loss)loss;
    made->seed = (uint64_t)seed;
    snprintf(made->measure, sizeof made->measure, "%s", measure);
    return WEFT_OK;
}

/* All but the arrays, of which the names are told; borrowed from the document. */
static weft_status read_doc(weft_surrogate *made, const weft_doc *doc, named_arrays *arrays,
                            weft_error *error) {
    weft_map map;
    const weft_node *report = NULL;
    const weft_node *interval = NULL;
    const weft_node *genes = NULL;
    int n = 0;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, SURROGATE_FORMAT, error));
    WEFT_TRY(read_model(made, &map, error));
    WEFT_TRY(weft_map_text(&map, "arrays", WEFT_REQUIRED, &arrays->file, error));
    WEFT_TRY(weft_map_text(&map, "sha256", WEFT_REQUIRED, &arrays->sha256, error));
    WEFT_TRY(weft_map_node(&map, "report", WEFT_REQUIRED, &report, error));
    WEFT_TRY(weft_map_node(&map, "interval", WEFT_REQUIRED, &interval, error));
    WEFT_TRY(weft_map_node(&map, "genes", WEFT_REQUIRED, &genes, error));
    WEFT_TRY(read_knots(&map, "scores", made->warp.scores, &made->warp.n, error));
    WEFT_TRY(read_knots(&map, "accuracies", made->warp.accuracies, &n, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (n != made->warp.n) {
        return weft_node_fail(doc, weft_doc_root(doc), error, WEFT_ERROR_INPUT,
                              "there are %d scores and %d accuracies, expected as many",
                              made->warp.n, n);
    }
    WEFT_TRY(read_report(doc, report, &made->report, error));
    WEFT_TRY(read_interval(doc, interval, made, error));
    return weft_features_read(doc, genes, &made->features, error);
}

weft_status weft_surrogate_parse(const char *text, size_t length, const char *name,
                                 const weft_tensors *arrays, weft_surrogate **surrogate,
                                 weft_error *error) {
    weft_doc *doc = NULL;
    named_arrays named;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_surrogate *made = calloc(1, sizeof *made);
    weft_status status = made != NULL ? read_doc(made, doc, &named, error)
                                      : weft_fail_memory(error, sizeof *made);
    if (status == WEFT_OK) {
        status = made->kind->load(made->features, "", arrays, &made->state, error);
    }
    weft_doc_destroy(doc);
    if (status != WEFT_OK) {
        weft_surrogate_destroy(made);
        return status;
    }
    *surrogate = made;
    return WEFT_OK;
}

/* Arrays are those that were written with the file. */
static weft_status check_sum(const char *path, const char *expected, weft_error *error) {
    weft_bytes bytes = {0};
    weft_sha256 sum;
    char found[WEFT_SHA256_TEXT];
    WEFT_TRY(weft_bytes_read(path, &bytes, error));
    weft_sha256_begin(&sum);
    weft_sha256_add(&sum, bytes.data, bytes.size);
    weft_sha256_end(&sum, found);
    free(bytes.data);
    if (strcmp(found, expected) == 0) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "the arrays have another SHA-256 than the predictor says");
    weft_error_file(error, path);
    weft_hint(error, "fit it again: weft predictor fit");
    return WEFT_ERROR_INPUT;
}

static weft_status read_files(weft_surrogate *made, const char *path, weft_doc *doc,
                              weft_error *error) {
    named_arrays named;
    char beside[2 * SURROGATE_PATH];
    weft_tensors arrays = {0};
    WEFT_TRY(read_doc(made, doc, &named, error));
    const char *slash = strrchr(path, '/');
    if (named.file[0] == '/' || slash == NULL) {
        snprintf(beside, sizeof beside, "%s", named.file);
    } else {
        snprintf(beside, sizeof beside, "%.*s/%s", (int)(slash - path), path, named.file);
    }
    WEFT_TRY(check_sum(beside, named.sha256, error));
    WEFT_TRY(weft_tensors_read(beside, &arrays, error));
    weft_status status = made->kind->load(made->features, "", &arrays, &made->state, error);
    weft_tensors_destroy(&arrays);
    if (status == WEFT_ERROR_INPUT) {
        weft_error_file(error, beside);
    }
    return status;
}

weft_status weft_surrogate_read(const char *path, weft_surrogate **surrogate, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_surrogate *made = calloc(1, sizeof *made);
    weft_status status = made != NULL ? read_files(made, path, doc, error)
                                      : weft_fail_memory(error, sizeof *made);
    weft_doc_destroy(doc);
    if (status != WEFT_OK) {
        weft_surrogate_destroy(made);
        return status;
    }
    *surrogate = made;
    return WEFT_OK;
}

bool weft_surrogate_is(const char *path) {
    static const char first[] = "weft: " SURROGATE_FORMAT;
    char line[sizeof first];
    FILE *file = fopen(path, "r");
    bool is = file != NULL && fgets(line, sizeof line, file) != NULL && strcmp(line, first) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return is;
}
