/* SPDX-License-Identifier: Apache-2.0
 * Predictor files as users see them: what stands in one, taking in weights, checking predictions. */
#include "accuracy/predictor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accuracy/golden.h"
#include "accuracy/mlp.h"
#include "base/save.h"
#include "base/share.h"
#include "learn/sha256.h"

struct weft_predictor {
    weft_predictor_file *file;
};

weft_status weft_predictor_read(const char *name_or_path, weft_predictor **predictor,
                                weft_error *error) {
    weft_predictor *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = weft_predictor_file_read(name_or_path, &made->file, error);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    *predictor = made;
    return WEFT_OK;
}

void weft_predictor_destroy(weft_predictor *predictor) {
    if (predictor != NULL) {
        weft_predictor_file_destroy(predictor->file);
        free(predictor);
    }
}

/* ---- what stands in a file ------------------------------------------------------------------- */

static int64_t params_of(const weft_predictor_layer *layer) {
    return (int64_t)layer->inputs * layer->outputs + (layer->bias[0] != '\0' ? layer->outputs : 0);
}

void weft_predictor_get_about(const weft_predictor *predictor, weft_predictor_about *about) {
    const weft_predictor_file *file = predictor->file;
    *about = (weft_predictor_about){
        .name = file->name,
        .kind = file->is_table      ? "table"
                : file->is_topology ? "topology"
                                    : "mlp",
        .description = file->description,
        .source = file->source,
        .path = file->path,
        .measure = file->measure,
        .ignore = file->ignore,
        .weights = file->weights,
        .csv = file->csv,
        .column = file->column,
        .scale = file->scale,
        .offset = file->offset,
        .rows = file->rows,
    };
    for (int b = 0; b < file->n_branches; b++) {
        about->inputs += file->branches[b].inputs;
        about->params += params_of(&file->branches[b]);
        for (int f = 0; f < file->branches[b].n_features; f++) {
            about->has_blind = about->has_blind || file->branches[b].features[f].has_blind;
        }
    }
    for (int l = 0; l < file->n_layers; l++) {
        about->params += params_of(&file->layers[l]);
    }
}

/* Appends to a text that is cut where it has no room. */
static void append(char *text, size_t size, const char *before, const char *more) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used > 0 ? before : "", more);
}

static void values_text(const weft_value *values, const weft_value *meant, int n, char *text,
                        size_t size) {
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        char one[2 * WEFT_PREDICTOR_WORD + 4];
        snprintf(one, sizeof one, "%s%s%s", meant != NULL ? meant[i].word : "",
                 meant != NULL ? " = " : "", values[i].word);
        append(text, size, ", ", one);
    }
}

static void rules_text(const weft_feature *feature, char *text, size_t size) {
    char one[400];
    char names[256];
    text[0] = '\0';
    if (feature->scale != 1.0) {
        snprintf(one, sizeof one, "times %g", feature->scale);
        append(text, size, "; ", one);
    }
    if (feature->kind == WEFT_FEATURE_NUMBER) {
        snprintf(one, sizeof one, "less %g, over %g", feature->mean, feature->deviation);
        append(text, size, "; ", one);
    }
    if (feature->nearest) {
        append(text, size, "; ", "the nearest value");
    }
    const struct {
        bool has;
        const char *word, *value;
    } fixed[] = {{feature->has_absent, "absent", feature->absent.word},
                 {feature->has_inactive, "inactive", feature->inactive.word},
                 {feature->has_blind, "blind", feature->blind.word}};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (fixed[i].has) {
            snprintf(one, sizeof one, "%s %s", fixed[i].word, fixed[i].value);
            append(text, size, "; ", one);
        }
    }
    if (feature->depth.n > 0) {
        snprintf(one, sizeof one, "active by %s, %d each",
                 weft_gene_names_text(&feature->depth, names, sizeof names), feature->each);
        append(text, size, "; ", one);
    }
}

static bool column_feature(const weft_predictor_file *file, int i,
                           weft_predictor_feature *feature) {
    if (i < 0 || i >= file->n_columns) {
        return false;
    }
    const weft_key_column *column = &file->columns[i];
    *feature = (weft_predictor_feature){.genes = column->count};
    weft_gene_names_text(&column->genes, feature->names, sizeof feature->names);
    values_text(column->words, column->meant, column->n_words, feature->values,
                sizeof feature->values);
    snprintf(feature->column, sizeof feature->column, "%s", column->name);
    return true;
}

bool weft_predictor_get_feature(const weft_predictor *predictor, int i,
                                weft_predictor_feature *feature) {
    const weft_predictor_file *file = predictor->file;
    if (file->is_table) {
        return column_feature(file, i, feature);
    }
    for (int b = 0; b < file->n_branches && i >= 0; b++) {
        const weft_predictor_layer *branch = &file->branches[b];
        int64_t first = 0;
        for (int f = 0; f < branch->n_features; f++, i--) {
            const weft_feature *from = &branch->features[f];
            if (i == 0) {
                *feature = (weft_predictor_feature){
                    .branch = b, .first = first, .inputs = from->inputs, .genes = from->count};
                weft_gene_names_text(&from->genes, feature->names, sizeof feature->names);
                values_text(from->values, NULL, from->n_values, feature->values,
                            sizeof feature->values);
                rules_text(from, feature->rules, sizeof feature->rules);
                return true;
            }
            first += from->inputs;
        }
    }
    return false;
}

bool weft_predictor_get_layer(const weft_predictor *predictor, int i,
                              weft_predictor_layer_about *layer) {
    const weft_predictor_file *file = predictor->file;
    if (i < 0 || i >= file->n_branches + file->n_layers) {
        return false;
    }
    bool is_branch = i < file->n_branches;
    const weft_predictor_layer *from = is_branch ? &file->branches[i]
                                                 : &file->layers[i - file->n_branches];
    *layer = (weft_predictor_layer_about){.is_branch = is_branch,
                                          .inputs = from->inputs,
                                          .outputs = from->outputs,
                                          .activation = weft_activation_word(from->activation),
                                          .weight = from->weight,
                                          .bias = from->bias};
    return true;
}

/* ---- import ---------------------------------------------------------------------------------- */

/* Points at the arrays that the layers name, each once; the values stay those of *from. */
static weft_status pick(const weft_predictor_file *file, const weft_tensors *from,
                        weft_tensors *picked, weft_error *error) {
    int most = 2 * (file->n_branches + file->n_layers);
    picked->items = calloc((size_t)most, sizeof *picked->items);
    if (picked->items == NULL) {
        return weft_fail_memory(error, (size_t)most * sizeof *picked->items);
    }
    for (int i = 0; i < file->n_branches + file->n_layers; i++) {
        const weft_predictor_layer *layer =
            i < file->n_branches ? &file->branches[i] : &file->layers[i - file->n_branches];
        const char *const names[2] = {layer->weight, layer->bias};
        for (int k = 0; k < 2; k++) {
            const weft_tensor *tensor = weft_tensors_find(from, names[k]);
            if (tensor != NULL && weft_tensors_find(picked, names[k]) == NULL) {
                picked->items[picked->n++] = *tensor;
            }
        }
    }
    return WEFT_OK;
}

/* The encoding once more, with the new name, the weights' file and its sum. */
static weft_status encoding_text(const char *encoding, const char *name, const char *sha256,
                                 char **text, size_t *size, weft_error *error) {
    static const char *const replaced[] = {"weft", "name", "weights", "sha256"};
    char path[4096];
    weft_doc *doc = NULL;
    WEFT_TRY(weft_share_find("predictors", encoding, path, sizeof path, error));
    WEFT_TRY(weft_doc_read(path, &doc, error));
    FILE *out = open_memstream(text, size);
    if (out == NULL) {
        weft_doc_destroy(doc);
        return weft_fail_memory(error, 4096);
    }
    fprintf(out, "weft: predictor/1\nname: %s\nweights: %s.safetensors\nsha256: \"%s\"\n", name,
            name, sha256);
    weft_status status = WEFT_OK;
    const weft_node *root = weft_doc_root(doc);
    for (int i = 0; i < weft_mapping_length(root) && status == WEFT_OK; i++) {
        const char *key = NULL;
        const weft_node *value = NULL;
        char *emitted = NULL;
        status = weft_mapping_at(doc, root, i, &key, &value, error);
        bool keep = status == WEFT_OK;
        for (size_t k = 0; k < sizeof replaced / sizeof replaced[0]; k++) {
            keep = keep && strcmp(key, replaced[k]) != 0;
        }
        if (keep) {
            status = weft_node_emit(doc, value, &emitted, error);
        }
        if (status == WEFT_OK && keep) {
            fprintf(out, "%s:%s", key, weft_node_is_scalar(value) ? " " : "\n");
            for (const char *at = emitted; *at != '\0';) {
                size_t length = strcspn(at, "\n");
                fprintf(out, "%s%.*s\n", weft_node_is_scalar(value) ? "" : "  ", (int)length, at);
                at += length + (at[length] == '\n');
            }
        }
        free(emitted);
    }
    weft_doc_destroy(doc);
    return fclose(out) == 0 ? status : weft_fail_memory(error, *size);
}

static weft_status check_name(const char *name, weft_error *error) {
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(name);
    return n > 0 && n < WEFT_PREDICTOR_NAME && name[0] != '.' && strspn(name, legal) == n
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_INPUT,
                           "the name '%.100s' is no name of a file: expected up to %d letters, "
                           "digits, '.', '_' and '-'",
                           name, WEFT_PREDICTOR_NAME - 1);
}

static weft_status check_free(const char *folder, const char *name, const char *ending,
                              bool replace, weft_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    if (replace || access(path, F_OK) != 0) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "the file is there already");
    weft_error_file(error, path);
    weft_hint(error, "give the predictor another name, or say that it may be replaced");
    return WEFT_ERROR_INPUT;
}

static weft_status save_pair(const weft_predictor_import_settings *settings, const char *name,
                             const weft_tensors *picked, weft_predictor_imported *imported,
                             weft_error *error) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    char file[WEFT_PREDICTOR_NAME + 16];
    WEFT_TRY(weft_safetensors_write(picked, &bytes, &size, error));
    weft_sha256 sum;
    weft_sha256_begin(&sum);
    weft_sha256_add(&sum, bytes, size);
    weft_sha256_end(&sum, imported->sha256);
    snprintf(file, sizeof file, "%s.safetensors", name);
    weft_status status = weft_save_folder(settings->folder, error);
    if (status == WEFT_OK) {
        status = weft_save_file(settings->folder, file, (const char *)bytes, size, error);
    }
    free(bytes);
    char *text = NULL;
    size_t length = 0;
    if (status == WEFT_OK) {
        status = encoding_text(settings->encoding, name, imported->sha256, &text, &length, error);
    }
    if (status == WEFT_OK) {
        snprintf(file, sizeof file, "%s.yaml", name);
        status = weft_save_file(settings->folder, file, text, length, error);
    }
    free(text);
    return status;
}

static weft_status import(const weft_predictor_import_settings *settings,
                          const weft_predictor *predictor, weft_tensors *tensors,
                          weft_predictor_imported *imported, weft_error *error) {
    const weft_predictor_file *file = predictor->file;
    const char *name = settings->name != NULL && settings->name[0] != '\0' ? settings->name
                                                                           : file->name;
    weft_mlp *mlp = NULL;
    weft_tensors picked = {0};
    if (file->is_topology) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "\"%s\" is a curve over NN-Degree: it has no weights", file->name);
    }
    if (file->is_table) {
        weft_fail(error, WEFT_ERROR_INPUT, "\"%s\" is a table: it has no weights", file->name);
        weft_hint(error, "name its figures with `csv` of the accuracy");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(check_name(name, error));
    WEFT_TRY(check_free(settings->folder, name, ".yaml", settings->replace, error));
    WEFT_TRY(check_free(settings->folder, name, ".safetensors", settings->replace, error));
    WEFT_TRY(weft_tensors_read(settings->weights, tensors, error));
    weft_status status = weft_mlp_create(file, tensors, &mlp, error);
    weft_mlp_destroy(mlp);
    if (status != WEFT_OK) {
        weft_error_file(error, settings->weights);
        return status;
    }
    WEFT_TRY(pick(file, tensors, &picked, error));
    status = save_pair(settings, name, &picked, imported, error);
    imported->arrays = picked.n;
    imported->left_out = tensors->n - picked.n;
    free(picked.items);
    weft_predictor_about about;
    weft_predictor_get_about(predictor, &about);
    imported->params = about.params;
    snprintf(imported->path, sizeof imported->path, "%s/%s.yaml", settings->folder, name);
    return status;
}

weft_status weft_predictor_import(const weft_predictor_import_settings *settings,
                                  weft_predictor_imported *imported, weft_error *error) {
    weft_predictor *predictor = NULL;
    weft_tensors tensors = {0};
    weft_predictor_imported made = {0};
    WEFT_TRY(weft_predictor_read(settings->encoding, &predictor, error));
    weft_status status = import(settings, predictor, &tensors, &made, error);
    weft_tensors_destroy(&tensors);
    weft_predictor_destroy(predictor);
    if (status == WEFT_OK) {
        *imported = made;
    }
    return status;
}

/* ---- check ----------------------------------------------------------------------------------- */

static weft_status open_accuracy(const weft_predictor_check_settings *settings,
                                 const weft_design_genes *genes, weft_accuracy **accuracy,
                                 weft_error *error) {
    weft_predictor *predictor = NULL;
    weft_predictor_about about;
    weft_accuracy_settings with;
    WEFT_TRY(weft_predictor_read(settings->file, &predictor, error));
    weft_predictor_get_about(predictor, &about);
    weft_accuracy_defaults(&with);
    with.provider = about.kind;
    with.file = settings->file;
    with.weights = settings->weights;
    with.csv = settings->csv;
    with.ignore = settings->ignore;
    with.blind_bits = settings->blind_bits;
    weft_status status = weft_accuracy_create(&with, genes, accuracy, error);
    weft_predictor_destroy(predictor);
    return status;
}

static void compare(const weft_predictor_check_settings *settings, const weft_golden *golden,
                    const weft_accuracy_result *results, weft_predictor_checked *checked) {
    double sum = 0.0;
    double factor = settings->percent ? 0.01 : 1.0;
    *checked = (weft_predictor_checked){.n = golden->n, .worst = NAN, .mean = NAN};
    for (int r = 0; r < golden->n; r++) {
        double given = factor * golden->given[r];
        double off = fabs(results[r].accuracy - given);
        if (settings->each != NULL) {
            settings->each(settings->context, r, given, results[r].accuracy);
        }
        if (isnan(off)) {
            checked->missing++;
            continue;
        }
        sum += off;
        if (!(off <= checked->worst)) {
            checked->worst = off;
            checked->worst_row = r;
        }
    }
    if (checked->n > checked->missing) {
        checked->mean = sum / (checked->n - checked->missing);
    }
}

weft_status weft_predictor_check(const weft_predictor_check_settings *settings,
                                 weft_predictor_checked *checked, weft_error *error) {
    weft_golden *golden = NULL;
    weft_accuracy *accuracy = NULL;
    WEFT_TRY(weft_golden_read(settings->golden, settings->column, &golden, error));
    weft_accuracy_result *results = calloc((size_t)golden->n, sizeof *results);
    weft_status status = results == NULL
                             ? weft_fail_memory(error, (size_t)golden->n * sizeof *results)
                             : open_accuracy(settings, &golden->genes, &accuracy, error);
    if (status == WEFT_OK) {
        status =
            weft_accuracy_evaluate_many(accuracy, NULL, golden->genomes, golden->n, results, error);
    }
    if (status == WEFT_OK) {
        compare(settings, golden, results, checked);
    }
    weft_accuracy_destroy(accuracy);
    free(results);
    weft_golden_destroy(golden);
    return status;
}
