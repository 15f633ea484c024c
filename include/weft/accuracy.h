/* SPDX-License-Identifier: Apache-2.0
 *
 * The accuracy of a design at a fidelity, from whichever provider a problem names:
 *   train      trains the network and measures it
 *   mlp        a multilayer perceptron over the genes (docs/reference/predictors.md)
 *   table      measured accuracies of a benchmark, looked up by the genes
 *   predictor  what a surrogate says that was fitted to finished trials
 *   supernet   measures the network with slices of the weights of its space's supernet
 *   score      a training-free score of the network (learn.h): no accuracy, and not from 0 to 1
 *   topology   a curve over the network's NN-Degree
 * and, switched on by name, a penalty for the bits of the layers where the provider knows none.
 */
#ifndef WEFT_ACCURACY_H
#define WEFT_ACCURACY_H

#include <weft/learn.h>

typedef struct weft_accuracy weft_accuracy;

/* What the values of a gene stand for, as far as a provider asks. A genome holds the index of the
 * choice, or the value itself where n_choices is 0. */
typedef struct weft_gene_meaning {
    const char *name;
    int n_choices;
    const double *numbers;    /* (n_choices) what the choices stand for; NULL: they are words */
    const char *const *words; /* (n_choices); NULL: they are numbers */
    bool of_chip;             /* a gene of the hardware: no provider has to know it */
    bool stands;              /* it has one value in all designs: likewise */
} weft_gene_meaning;

/* The genes of a design in the order of its genome. The strings are read on creation alone. */
typedef struct weft_design_genes {
    int n;
    const weft_gene_meaning *genes;
} weft_design_genes;

/* Which figure of a surrogate counts as the accuracy: the expected one, or an end of its interval. */
typedef enum weft_accuracy_value {
    WEFT_VALUE_MEAN,
    WEFT_VALUE_LOW,
    WEFT_VALUE_HIGH
} weft_accuracy_value;

/* "mean", "low", "high"; NULL-terminated. */
WEFT_API const char *const *weft_accuracy_value_names(void);

/* A step of a candidate's training, behind the one before: what it is trained further. */
typedef struct weft_fidelity_step {
    double epochs, share;
} weft_fidelity_step;

enum { WEFT_MAX_FIDELITIES = 8 };

typedef struct weft_accuracy_settings {
    const char *provider;        /* "train", "mlp", "table", "predictor", "supernet", "score",
                                  * "topology" */
    const char *data;            /* train, supernet, score: data set by name; score: may be "" */
    weft_train_settings train;   /* of a candidate: the search sees the validation part only */
    double final_epochs;         /* of a design of the front: whole training set, test set once */
    const char *teacher;         /* train: a network by name that teaches candidates; "": none */
    const char *teacher_weights; /* train: its weights */
    /* train: the steps that lead to a candidate's whole training; 0: one, of train.epochs and
     * train.share. With more than one, evaluations need `keep`,
     * the folder of the weights in between; it is made where it is missing. */
    weft_fidelity_step fidelities[WEFT_MAX_FIDELITIES];
    int n_fidelities;
    const char *keep;
    const char *file;    /* mlp, table: a name of share/weft/predictors or the path of a file;
                          * predictor, supernet: the path of a surrogate, of a supernet's weights */
    const char *weights; /* mlp: the user's weights, in place of those that `file` names */
    const char *csv;     /* table: the user's figures, in place of those that `file` names */
    const char *penalty; /* a name of share/weft/penalties or the path of a file; "": none */
    const char *ignore;  /* genes that the provider may leave out, "a b*"; "": none */
    bool blind_bits;     /* mlp: feeds the bits that `file` calls blind whatever the genes say */
    int64_t
        recalibrate; /* supernet: images that the statistics of batch norms are estimated over */
    /* supernet: the space of the networks, whose weights they must be (weft_supernet_space); hash 0: any.
     * A study sets both. */
    uint64_t space_hash;
    const char *space_name;
    bool force;                /* predictor: uses one whose tau is below its bar */
    weft_accuracy_value value; /* predictor */
    weft_score score;          /* score: which */
    int score_images;          /* score: of the mini-batch */
} weft_accuracy_settings;

/* Every text is "" but the provider's. */
WEFT_API void weft_accuracy_defaults(weft_accuracy_settings *settings);

/* The names there are: NULL-terminated. */
WEFT_API const char *const *weft_accuracy_names(void);

/* Whether the provider of that name measures on a data set; false for a name that is unknown. */
WEFT_API bool weft_accuracy_needs_data(const char *provider);

/* Whether what the provider of that name tells is a score and no accuracy; false for a name that is unknown. */
WEFT_API bool weft_accuracy_is_score(const char *provider);

/* `genes` may be NULL: the provider is asked without genes, which all but train refuse. A gene of
 * the design that the provider and the penalty do not know, and that nobody says may be ignored, is
 * WEFT_ERROR_INPUT: it would be searched as if it changed nothing. So is one that both know: it would
 * count twice. */
WEFT_API weft_status weft_accuracy_create(const weft_accuracy_settings *settings,
                                          const weft_design_genes *genes, weft_accuracy **accuracy,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_accuracy_destroy(weft_accuracy *accuracy);

/* Whether evaluations must be given the network: for training, for scores, and for a penalty. */
WEFT_API bool weft_accuracy_needs_network(const weft_accuracy *accuracy);

/* Whether WEFT_FIDELITY_FINAL tells more than WEFT_FIDELITY_CANDIDATE: for training, and for a
 * supernet, whose final designs are trained in full. */
WEFT_API bool weft_accuracy_has_final(const weft_accuracy *accuracy);

/* Input shape and classes that networks must have; {0, 0, 0} and 0 where any will do. */
WEFT_API weft_shape weft_accuracy_input(const weft_accuracy *accuracy);
WEFT_API int weft_accuracy_classes(const weft_accuracy *accuracy);

typedef struct weft_accuracy_result {
    double accuracy; /* 0..1, the penalty taken off; of provider "score" the score */
    double penalty;  /* what was taken off for bits; 0 without a penalty */
    double loss;     /* train; NaN elsewhere */
    double seconds;  /* of training; 0 elsewhere */
    int64_t images_trained;
} weft_accuracy_result;

/* How much is spent on a design: the index of a step of its training, from 0, each of which goes on
 * where the one before ended; or one of these. */
typedef int weft_fidelity;
enum {
    WEFT_FIDELITY_CANDIDATE = -1, /* the last step: validation accuracy after the whole budget */
    WEFT_FIDELITY_FINAL = -2,     /* test accuracy after the final budget */
};

/* How many steps there are: 1 where the provider does not train. */
WEFT_API int weft_accuracy_fidelities(const weft_accuracy *accuracy);

/* `network` may be NULL where weft_accuracy_needs_network() is false; `genome` (genes.n; NaN:
 * inactive) may be NULL where the provider trains. A design that has no accuracy, such as one that
 * a table lacks, is WEFT_ERROR_EVALUATION. Thread-safe. Accuracy and loss are deterministic for
 * (settings, seed, design, fidelity), whatever was asked before; seconds and images count what was
 * trained for this answer: a step finds the weights of the one before where they were kept, else it
 * trains that, too. */
WEFT_API weft_status weft_accuracy_evaluate(const weft_accuracy *accuracy,
                                            const weft_network *network, const double *genome,
                                            weft_fidelity fidelity, uint64_t seed,
                                            const weft_stop *stop, weft_accuracy_result *result,
                                            weft_error *error) WEFT_NODISCARD;

/* The candidates' accuracies of n designs at once, the same figures as one by one: `genomes` (n,
 * genes.n) row by row; `networks` (n) may be NULL where none is needed. A design that has no
 * accuracy gets NaN (asked alone, it gives the reason). Training is refused: WEFT_ERROR_INPUT. */
WEFT_API weft_status weft_accuracy_evaluate_many(const weft_accuracy *accuracy,
                                                 const weft_network *const *networks,
                                                 const double *genomes, int n,
                                                 weft_accuracy_result *results,
                                                 weft_error *error) WEFT_NODISCARD;

/* ---- predictors and tables as files ------------------------------------------------------------
 * A file of share/weft/predictors or of the user's (weft: predictor/1) says how genes become the
 * inputs of a perceptron, or which columns of a table they are: docs/reference/predictors.md. */
typedef struct weft_predictor weft_predictor;

/* By a name of share/weft/predictors ("ofa-mobilenetv3-imagenet") or a path. */
WEFT_API weft_status weft_predictor_read(const char *name_or_path, weft_predictor **predictor,
                                         weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_predictor_destroy(weft_predictor *predictor);

/* Texts are borrowed; "" where the file says nothing. */
typedef struct weft_predictor_about {
    const char *name, *kind; /* kind: the provider that takes it, "mlp" or "table" */
    const char *description, *source, *path;
    const char *measure;    /* what its accuracy is one of */
    const char *ignore;     /* genes that it leaves out on purpose */
    const char *weights;    /* mlp: the file that it names */
    const char *csv;        /* table: likewise */
    const char *column;     /* table: of the accuracy */
    double scale, offset;   /* accuracy = offset + scale * (output or cell) */
    int64_t inputs, params; /* mlp */
    int64_t rows;           /* table: that there must be; 0: any number */
    bool has_blind;         /* mlp: blind_bits changes what is fed */
} weft_predictor_about;
WEFT_API void weft_predictor_get_about(const weft_predictor *predictor,
                                       weft_predictor_about *about);

/* Feature i of a perceptron in the order of its inputs, or column i of the key of a table; false
 * behind the last one. */
typedef struct weft_predictor_feature {
    int branch;       /* mlp: from 0 */
    int64_t first;    /* mlp: its first input of the branch */
    int inputs;       /* mlp: how many it takes */
    int genes;        /* how many genes it takes */
    char names[256];  /* the patterns of their names */
    char values[512]; /* the values that it knows; a long list is cut */
    char rules[512];  /* "blind 8; active by depth* each 4"; "" for none */
    char column[96];  /* table */
} weft_predictor_feature;
WEFT_API bool weft_predictor_get_feature(const weft_predictor *predictor, int i,
                                         weft_predictor_feature *feature);

/* Layer i of a perceptron, the branches of the first one first; false behind the last one. */
typedef struct weft_predictor_layer_about {
    bool is_branch;
    int inputs, outputs;
    const char *activation;    /* "relu" */
    const char *weight, *bias; /* names of arrays; bias "": none */
} weft_predictor_layer_about;
WEFT_API bool weft_predictor_get_layer(const weft_predictor *predictor, int i,
                                       weft_predictor_layer_about *layer);

/* Takes the arrays that a perceptron needs from the user's weights (.npy, .npz, .safetensors, or a
 * folder of .npy), checks their shapes and values, and writes FOLDER/NAME.safetensors and
 * FOLDER/NAME.yaml, the encoding with the weights' file and SHA-256 in it; each is replaced as a
 * whole or stays as it was. */
typedef struct weft_predictor_import_settings {
    const char *encoding; /* a name or a path */
    const char *weights;
    const char *folder; /* made where it is missing */
    const char *name;   /* "": that of the encoding */
    bool replace;       /* files of that name may be there; else it is an error */
} weft_predictor_import_settings;

typedef struct weft_predictor_imported {
    char path[1024];      /* of the .yaml */
    char sha256[65];      /* of the weights' file */
    int arrays, left_out; /* taken; of the user's file but not needed */
    int64_t params;
} weft_predictor_imported;
WEFT_API weft_status weft_predictor_import(const weft_predictor_import_settings *settings,
                                           weft_predictor_imported *imported,
                                           weft_error *error) WEFT_NODISCARD;

/* Compares predictions with given ones: a CSV file with a row of names, or a JSON array of objects.
 * A column named `column` has the accuracy; each other one is a gene by its name. A JSON array of
 * values stands for the genes NAME1, NAME2, ...; an empty cell, "-" and null for an inactive gene.
 * `each` is called for every row and may be NULL; `predicted` is NaN where there is no accuracy. */
typedef struct weft_predictor_check_settings {
    const char *file, *weights, *csv; /* as in weft_accuracy_settings; "": what `file` names */
    const char *golden;
    const char *column; /* "": accuracy, prediction or pred, whichever is there */
    const char *ignore; /* genes that the predictor may leave out */
    bool blind_bits;
    bool percent; /* of the given accuracies */
    void (*each)(void *context, int row, double given, double predicted);
    void *context;
} weft_predictor_check_settings;

typedef struct weft_predictor_checked {
    int n, missing;     /* rows; those without a prediction */
    double worst, mean; /* absolute difference, share of accuracy; NaN where n = missing */
    int worst_row;      /* from 0 */
} weft_predictor_checked;
WEFT_API weft_status weft_predictor_check(const weft_predictor_check_settings *settings,
                                          weft_predictor_checked *checked,
                                          weft_error *error) WEFT_NODISCARD;

/* ---- predictors fitted to trials -----------------------------------------------------------------
 * A surrogate learns from designs whose accuracy is known, says an accuracy with an interval of any
 * design of their genes, and reports how well it does so on designs that it did not learn from:
 *
 *     weft_surrogate_fit(&settings, &designs, &surrogate, &error);
 *     weft_surrogate_get_report(surrogate, &report);               // tau, RMSE, coverage
 *     weft_surrogate_write(surrogate, "mine.yaml", false, &error);
 *
 * docs/reference/predictors.md has the models and the file. */
typedef struct weft_surrogate weft_surrogate;

typedef enum weft_model_loss {
    WEFT_LOSS_SQUARED,
    WEFT_LOSS_HINGE,    /* of pairs: by how much the better one is not ahead */
    WEFT_LOSS_LOGISTIC, /* of pairs: -log of the chance that the better one is ahead */
} weft_model_loss;

/* "ensemble", "mlp", "trees", "gp"; and the words of the losses, in their order. NULL-terminated. */
WEFT_API const char *const *weft_model_names(void);
WEFT_API const char *const *weft_loss_names(void);

typedef struct weft_surrogate_settings {
    const char *model;
    weft_model_loss loss; /* of the perceptron, alone or in the ensemble */
    bool warp;            /* learns normal scores of the ranks, through which accuracies are told */
    int folds;            /* of the cross-validation, 2 to 20 */
    double level;         /* share of designs that the interval is to cover, 0.5 to 0.99 */
    double bar;           /* Kendall's tau from which on it may be used */
    const char *ignore;   /* genes that it leaves out, "a b*" */
    const char *measure;  /* what the accuracy is one of, for people */
    uint64_t seed;
    int jobs; /* threads; the result does not depend on them */
    const weft_stop *stop;
} weft_surrogate_settings;
WEFT_API void weft_surrogate_defaults(weft_surrogate_settings *settings);

/* Designs with their accuracies (0 to 1). */
typedef struct weft_designs {
    weft_design_genes genes;
    int n;
    const double *genomes;    /* (n, genes.n) */
    const double *accuracies; /* (n); NULL: not known */
} weft_designs;

enum { WEFT_SURROGATE_LEAST = 16, WEFT_SURROGATE_MOST = 20000 };

/* How predictions stand against accuracies that were not learned from. */
typedef struct weft_surrogate_report {
    int n, folds;    /* folds 0: compared with other designs, not by cross-validation */
    double tau;      /* Kendall's tau-b; NaN where nothing can be ordered */
    double spearman; /* NaN likewise */
    double rmse, mae;
    double coverage; /* share of the accuracies within their intervals */
    double width;    /* of the intervals, mean */
    double level, bar;
    bool usable; /* tau >= bar */
} weft_surrogate_report;

/* WEFT_ERROR_INPUT: fewer than WEFT_SURROGATE_LEAST designs that differ or more than WEFT_SURROGATE_MOST,
 * accuracies that are none or all equal, genes of which none differs, a level that so few designs cannot
 * tell. WEFT_STOPPED: a stop was requested. */
WEFT_API weft_status weft_surrogate_fit(const weft_surrogate_settings *settings,
                                        const weft_designs *designs, weft_surrogate **surrogate,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_surrogate_destroy(weft_surrogate *surrogate);

/* Writes PATH, which ends in .yaml, and its arrays beside it as .safetensors, with their SHA-256;
 * reads both. The same predictions to the bit. A predictor that is replaced stays whole until the new one
 * is: both have a name of their own for the arrays. */
WEFT_API weft_status weft_surrogate_write(const weft_surrogate *surrogate, const char *path,
                                          bool replace, weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_surrogate_read(const char *path, weft_surrogate **surrogate,
                                         weft_error *error) WEFT_NODISCARD;

/* Whether weft_surrogate_write could write there: WEFT_ERROR_INPUT for a name that ends otherwise and for
 * what is there and may not be replaced, WEFT_ERROR_IO for a folder that is missing or not ours. */
WEFT_API weft_status weft_surrogate_check_place(const char *path, bool replace,
                                                weft_error *error) WEFT_NODISCARD;

/* Whether a file says that it is a surrogate; false where it cannot be read. */
WEFT_API bool weft_surrogate_is(const char *path);

WEFT_API void weft_surrogate_get_report(const weft_surrogate *surrogate,
                                        weft_surrogate_report *report);

typedef struct weft_surrogate_about { /* borrowed */
    const char *model, *measure;
    weft_model_loss loss;
    bool warp;
    uint64_t seed;
    int genes, inputs;
} weft_surrogate_about;
WEFT_API void weft_surrogate_get_about(const weft_surrogate *surrogate,
                                       weft_surrogate_about *about);

/* The name of gene i that it is fed with, and the values it knows; NULL behind the last one. */
WEFT_API const char *weft_surrogate_gene(const weft_surrogate *surrogate, int i, char *values,
                                         size_t size);

typedef struct weft_forecast {
    double accuracy;  /* 0 to 1 */
    double low, high; /* of the interval */
} weft_forecast;

/* Of each design; their accuracies are not looked at. WEFT_ERROR_INPUT: genes that it lacks, or values
 * that it does not know. */
WEFT_API weft_status weft_surrogate_predict(const weft_surrogate *surrogate,
                                            const weft_designs *designs, weft_forecast *forecasts,
                                            weft_error *error) WEFT_NODISCARD;

/* The report of designs that it was not fitted to; `forecasts` (n) may be NULL. WEFT_ERROR_INPUT as in
 * weft_surrogate_predict, and for accuracies that are none. */
WEFT_API weft_status weft_surrogate_check(const weft_surrogate *surrogate,
                                          const weft_designs *designs,
                                          weft_surrogate_report *report, weft_forecast *forecasts,
                                          weft_error *error) WEFT_NODISCARD;

/* What to train next. */
typedef enum weft_choice_rule {
    WEFT_CHOICE_IMPROVE, /* by expected improvement over the best design known */
    WEFT_CHOICE_BOUND,   /* by the upper end of the interval */
    WEFT_CHOICE_SPREAD,  /* far from what is known: for a better predictor, not a better design */
} weft_choice_rule;
WEFT_API const char *const *weft_choice_names(void);

/* Picks `n` designs of `pool`, best first: each is the one of the highest worth by the rule, times its
 * distance from those picked before it as a share of the largest one, so that a batch is not one
 * design n times. `known` are designs that were trained, at least one, with their accuracies; none of
 * them is picked, nor two equal designs. *picked (n) are places in the pool, of which there may be
 * fewer than n: *n_picked. */
WEFT_API weft_status weft_surrogate_next(const weft_surrogate *surrogate, weft_choice_rule rule,
                                         const weft_designs *known, const weft_designs *pool, int n,
                                         int *picked, int *n_picked,
                                         weft_error *error) WEFT_NODISCARD;

/* Designs from a file with their accuracies, for the functions above: a CSV file with a row of names or
 * a JSON array of objects as in weft_predictor_check_settings; with `table`, a name of share/weft/
 * predictors or a path, figures of that benchmark. */
typedef struct weft_design_file {
    const char *path;
    const char *table;  /* "": each column is a gene */
    const char *column; /* as in weft_predictor_check_settings; "" with a table, which says it */
    bool percent;       /* the accuracies are percentages; not with a table, which says it */
    int sample;         /* that many rows by chance, of `seed`; 0: all */
    uint64_t seed;
} weft_design_file;
typedef struct weft_design_list weft_design_list;
WEFT_API weft_status weft_design_list_read(const weft_design_file *file, weft_design_list **list,
                                           weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_design_list_destroy(weft_design_list *list);
WEFT_API const weft_designs *weft_design_list_get(const weft_design_list *list);

/* ---- accuracy from topology ----------------------------------------------------------------------
 * theta(g) = 1 / (a + exp(b / g + c)) over NN-Degree g (weft_network_topology), fitted to a few trained
 * networks: Li et al., "FLASH", ACM TECS 20(5s), 2021. docs/reference/flash.md has the equations. */
enum { WEFT_THETA_LEAST = 5, WEFT_THETA_NAME = 64, WEFT_THETA_TEXT = 512 };

typedef struct weft_theta {
    double a, b, c;
    double covariance[6];   /* of a, b, c: aa, ab, ac, bb, bc, cc */
    double deviation;       /* s: of a network about the curve, sqrt(SSE / (n - 3)) */
    double rmse, loo;       /* of the networks, and of each by a curve fitted to the others */
    double lowest, highest; /* degrees that it was fitted to */
    int n;                  /* networks */
} weft_theta;

/* Least squares. WEFT_ERROR_INPUT: fewer than WEFT_THETA_LEAST networks; degrees not above 0, accuracies
 * that are no share above 0 and up to 1; all equal; too few different degrees for three parameters. */
WEFT_API weft_status weft_theta_fit(const double *degrees, const double *accuracies, int n,
                                    weft_theta *theta, weft_error *error) WEFT_NODISCARD;

/* theta(g). */
WEFT_API double weft_theta_at(const weft_theta *theta, double degree);

/* The curve with its 95 % confidence band, and the 95 % interval of one network more. */
typedef struct weft_theta_forecast {
    double accuracy, low, high;
    double network_low, network_high;
} weft_theta_forecast;
WEFT_API void weft_theta_tell(const weft_theta *theta, double degree,
                              weft_theta_forecast *forecast);

/* Narrows the band as if a network of that degree had been trained too, for who chooses the next. */
WEFT_API void weft_theta_learn(weft_theta *theta, double degree);

/* How the curve stands against networks that it was not fitted to, at least 3. */
typedef struct weft_theta_report {
    int n;
    double tau, spearman; /* NaN where nothing can be ordered */
    double rmse;
    double coverage; /* share of the accuracies within the intervals of one network */
} weft_theta_report;
WEFT_API weft_status weft_theta_check(const weft_theta *theta, const double *degrees,
                                      const double *accuracies, int n, weft_theta_report *report,
                                      weft_error *error) WEFT_NODISCARD;

/* A file of share/weft/predictors by name, or a path; kind `topology`. */
typedef struct weft_theta_about {
    char name[WEFT_THETA_NAME];
    char description[WEFT_THETA_TEXT], source[WEFT_THETA_TEXT], measure[WEFT_THETA_TEXT];
} weft_theta_about;
WEFT_API weft_status weft_theta_read(const char *name_or_path, weft_theta *theta,
                                     weft_theta_about *about, weft_error *error) WEFT_NODISCARD;

/* Writes PATH, which is replaced as a whole; its name without folder and .yaml is that of the curve. */
WEFT_API weft_status weft_theta_write(const weft_theta *theta, const weft_theta_about *about,
                                      const char *path, weft_error *error) WEFT_NODISCARD;

#endif
