/* SPDX-License-Identifier: Apache-2.0
 *
 * A predictor file (weft: predictor/1, docs/reference/predictors.md) as it stands: what is fed to a
 * perceptron and of which layers it is, or what the columns of a table of measurements mean. Nothing
 * is bound to a design or to weights yet. */
#ifndef WEFT_ACCURACY_PREDICTOR_H
#define WEFT_ACCURACY_PREDICTOR_H

#include <weft/accuracy.h>
#include <weft/gene.h>

#include "accuracy/pattern.h"
#include "base/doc.h"

enum {
    WEFT_PREDICTOR_NAME = 64,
    WEFT_PREDICTOR_TEXT = 512,
    WEFT_PREDICTOR_PATH = 1024,
    WEFT_PREDICTOR_MAX_BRANCHES = 8,
    WEFT_PREDICTOR_MAX_LAYERS = 16,
    WEFT_PREDICTOR_MAX_FEATURES = 512,
    WEFT_PREDICTOR_MAX_VALUES = 256,
    WEFT_PREDICTOR_MAX_GENES = WEFT_GENE_NAMES_FOUND, /* of a feature or a column */
    WEFT_PREDICTOR_MAX_WIDTH = 8192,
    WEFT_PREDICTOR_MAX_COLUMNS = 32,
    WEFT_PREDICTOR_WORD = 48,
};

/* A value as a file writes it. */
typedef struct weft_value {
    bool is_number;
    double number;
    char word[WEFT_PREDICTOR_WORD]; /* as written, of a number too */
} weft_value;

typedef enum weft_feature_kind {
    WEFT_FEATURE_ONE_HOT, /* n_values inputs a gene, of which the one of its value is 1 */
    WEFT_FEATURE_NUMBER,  /* an input a gene: (value - mean) / deviation */
    WEFT_FEATURE_FIXED,   /* n_values inputs that never change */
} weft_feature_kind;

typedef struct weft_feature {
    weft_feature_kind kind;
    weft_gene_names genes;
    int count; /* genes that it takes; 0 for fixed inputs */
    weft_value *values;
    int n_values;
    double scale; /* a gene's number times this is looked for among the values */
    bool nearest; /* any number takes the nearest value; else one within 0.1 % */
    double mean, deviation;
    bool has_absent, has_inactive, has_blind;
    weft_value absent;   /* taken where the design has no such gene */
    weft_value inactive; /* taken where the gene is inactive; else its inputs are all 0 */
    weft_value blind;    /* taken with blind_bits wherever the gene is active */
    /* Gene k of the feature (from 0) is active only where the (k + first) / each -th of these genes
     * is above (k + first) % each. */
    weft_gene_names depth; /* n 0: no such rule */
    int each, first;
    int inputs; /* how many of the first layer it takes */
    int line;   /* in the file */
} weft_feature;

typedef enum weft_activation {
    WEFT_ACTIVATION_NONE,
    WEFT_ACTIVATION_RELU,
    WEFT_ACTIVATION_TANH,
    WEFT_ACTIVATION_SIGMOID,
} weft_activation;

/* A layer: y = f(W x + b). The first layer is a sum of branches, each over features of its own. */
typedef struct weft_predictor_layer {
    int inputs, outputs;
    char weight[WEFT_PREDICTOR_WORD * 2], bias[WEFT_PREDICTOR_WORD * 2]; /* names; bias "": none */
    bool transposed; /* the file's weights are (inputs, outputs) */
    weft_activation activation;
    weft_feature *features; /* of a branch */
    int n_features;
} weft_predictor_layer;

/* A column of the key of a table. */
typedef struct weft_key_column {
    char name[WEFT_PREDICTOR_WORD * 2];
    weft_gene_names genes;
    int count;
    weft_value *words; /* what a gene's word or number is in the table; NULL: as it is */
    weft_value *meant;
    int n_words;
    char join[8];     /* between the genes of one cell */
    char inactive[8]; /* what stands for an inactive gene */
} weft_key_column;

typedef struct weft_predictor_file {
    bool is_table;
    bool is_topology; /* a curve: theta.h reads the rest */
    weft_theta theta;
    char name[WEFT_PREDICTOR_NAME];
    char path[WEFT_PREDICTOR_PATH]; /* of the file itself */
    char description[WEFT_PREDICTOR_TEXT], source[WEFT_PREDICTOR_TEXT];
    char ignore[WEFT_PREDICTOR_TEXT];
    char measure[WEFT_PREDICTOR_TEXT]; /* what the accuracy is one of */
    double scale, offset;              /* accuracy (share) = offset + scale * what is read */
    /* mlp */
    char weights[WEFT_PREDICTOR_PATH]; /* "": none named */
    char sha256[80];                   /* of the weights' file; "": not known */
    weft_predictor_layer branches[WEFT_PREDICTOR_MAX_BRANCHES];
    int n_branches;
    weft_predictor_layer layers[WEFT_PREDICTOR_MAX_LAYERS];
    int n_layers;
    /* table */
    char csv[WEFT_PREDICTOR_PATH];
    char column[WEFT_PREDICTOR_WORD * 2]; /* of the accuracy */
    int64_t rows;                         /* that there must be; 0: any number */
    weft_key_column columns[WEFT_PREDICTOR_MAX_COLUMNS];
    int n_columns;
} weft_predictor_file;

/* Reads a name of share/weft/predictors or a path. The caller destroys *file. */
weft_status weft_predictor_file_read(const char *name, weft_predictor_file **file,
                                     weft_error *error) WEFT_NODISCARD;

/* The same from text; `name` is what errors call it. */
weft_status weft_predictor_file_parse(const char *text, size_t length, const char *name,
                                      weft_predictor_file **file, weft_error *error) WEFT_NODISCARD;
void weft_predictor_file_destroy(weft_predictor_file *file);

const char *weft_activation_word(weft_activation activation);

/* Whether a gene's value is the one of a file: the word, or the number within 0.1 %. */
bool weft_value_is(const weft_value *value, double number, const char *word);

#endif
