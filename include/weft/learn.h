/* SPDX-License-Identifier: Apache-2.0
 *
 * Learning: data sets by name, and training of a network on them (oneDNN underneath).
 */
#ifndef WEFT_LEARN_H
#define WEFT_LEARN_H

#include <weft/network.h>

/* ---- data sets ---------------------------------------------------------------------------------
 * Known formats: IDX (images idx3 grey or idx4 planar, labels idx1; .gz too), CIFAR-10 and -100
 * binary records, a folder of PNG files with one sub-folder for each class. A data set is known by
 * its name in the catalogue: the built-in entries (Fashion-MNIST of Debian's dataset-fashion-mnist)
 * and what `weft data add` wrote to $WEFT_DATA, else $XDG_DATA_HOME/weft/data, else
 * ~/.local/share/weft/data: one NAME.yaml each, with paths, format, shape, counts and SHA-256 sums.
 * Nothing is ever downloaded. */
typedef struct weft_dataset weft_dataset;

enum { WEFT_DATASET_NAME = 64 };

typedef struct weft_dataset_info {
    char name[WEFT_DATASET_NAME];
    char format[32]; /* "idx", "cifar10", "cifar100", "folder" */
    weft_shape shape;
    int classes;
    int64_t train_images, test_images;
    bool available; /* its files are there (their checksums are compared when it is opened) */
    char location[512];
    char note[512]; /* where it comes from; why it is not available */
} weft_dataset_info;

/* Calls `each` for every data set of the catalogue, by name. */
WEFT_API weft_status weft_data_list(void (*each)(void *context, const weft_dataset_info *info),
                                    void *context, weft_error *error) WEFT_NODISCARD;

WEFT_API weft_status weft_data_info(const char *name, weft_dataset_info *info,
                                    weft_error *error) WEFT_NODISCARD;

/* Settings of `weft data add NAME`: the files of an IDX set, or the CIFAR record files, or the two
 * folders. Where there is no test set, every `test_every`-th image of each class becomes it. */
typedef struct weft_data_add_settings {
    const char *name;
    const char *format;       /* as in weft_dataset_info */
    const char *train_images; /* idx: images; cifar: records, several joined by ','; folder */
    const char *train_labels; /* idx */
    const char *test_images;  /* may be NULL with test_every > 0 */
    const char *test_labels;
    int test_every;   /* 0: there is a test set; 5: every fifth image of each class */
    int resize;       /* folder: side in pixels to scale to (area average); 0: as they are */
    const char *note; /* source and licence, free text; may be NULL */
    bool replace;     /* an entry of the same name is replaced; else it is an error */
} weft_data_add_settings;

/* Checks the files by reading them whole, writes the catalogue entry (atomically), fills *info. */
WEFT_API weft_status weft_data_add(const weft_data_add_settings *settings, weft_dataset_info *info,
                                   weft_error *error) WEFT_NODISCARD;

/* Opens by name; reads all images into memory and compares checksums. Missing, truncated and
 * corrupt files are WEFT_ERROR_IO/INPUT that say which file, what was found, and what to do.
 * Read-only afterwards: shared between threads. */
WEFT_API weft_status weft_dataset_open(const char *name, weft_dataset **dataset,
                                       weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_dataset_close(weft_dataset *dataset);
WEFT_API const weft_dataset_info *weft_dataset_get_info(const weft_dataset *dataset);

/* ---- training -------------------------------------------------------------------------------- */

/* Which images are trained on, and which measure the result. */
typedef enum weft_split {
    WEFT_SPLIT_VALIDATION, /* train on the training part, measure on the validation part */
    WEFT_SPLIT_TEST,       /* train on the whole training set, measure once on the test set */
} weft_split;

typedef struct weft_train_settings {
    uint64_t seed;            /* weights, order, augmentation, dropout, subset */
    uint64_t split_seed;      /* of training and validation: the same for all trials of a study */
    double epochs;            /* 2; fractions end after that share of the steps */
    int batch;                /* 96 */
    double share;             /* of the training part, drawn class by class; 1 */
    double validation;        /* of the training set; 0.15 (as 7 500 of 50 000) */
    int64_t validation_limit; /* at most so many validation images; 0: all */
    double learning_rate;     /* 0.1, at the start of the cosine */
    double warmup;            /* share of the steps with a linear rise of the rate; 0.1 */
    double momentum;          /* 0.9 (Nesterov off) */
    double weight_decay;      /* 3e-4 */
    int crop_pad;             /* black pixels around before a random crop; 1; 0: no crop */
    bool flip;                /* random horizontal flip */
    double label_smoothing;   /* 0 */
    int threads;              /* of this training; 1 */
    weft_split split;
} weft_train_settings;

WEFT_API void weft_train_defaults(weft_train_settings *settings);

/* Told after each epoch and some ten times in it; return false to stop. */
typedef struct weft_train_progress {
    int64_t step, steps;
    double epoch;
    double loss;     /* running mean */
    double accuracy; /* on the last measurement; NaN before the first */
    double images_per_second;
} weft_train_progress;

typedef struct weft_train_result {
    double accuracy;        /* 0..1 on the split's measuring set */
    double loss;            /* cross-entropy there */
    double train_loss;      /* mean over the last epoch */
    int64_t images_trained; /* forward and backward passes */
    int64_t images_measured;
    int classes_unmeasured; /* trained on, but with no image among those: not in the accuracy */
    double seconds;
    double images_per_second; /* training alone */
} weft_train_result;

/* Trains from scratch and measures. One engine thread; deterministic for the settings on one kind
 * of CPU. WEFT_ERROR_EVALUATION when the loss becomes NaN or infinite (the message has step and
 * rate); WEFT_STOPPED within 2 s of a request to stop. `progress` may be NULL. */
WEFT_API weft_status weft_train(const weft_network *network, const weft_dataset *dataset,
                                const weft_train_settings *settings,
                                bool (*progress)(void *context, const weft_train_progress *now),
                                void *context, const weft_stop *stop, weft_train_result *result,
                                weft_error *error) WEFT_NODISCARD;

/* ---- operand histograms ---------------------------------------------------------------------- */

/* Bin i stands for i - WEFT_HISTOGRAM_STEPS steps. */
enum { WEFT_HISTOGRAM_STEPS = 15, WEFT_HISTOGRAM_BINS = 2 * WEFT_HISTOGRAM_STEPS + 1 };

/* As weft_train; then runs validation images through the trained network and makes *measured, the
 * caller's: a copy of the network whose convolutions and linear layers carry histograms of their
 * inputs, weights and outputs (weft_layer.operands), as costs that depend on values need them.
 *
 * Each tensor is quantised symmetrically: a step is a fifteenth of its largest magnitude (over all
 * images), values go to the nearest step, halves to the even one. Inputs are the map that the layer
 * reads, every value once and without padding; outputs have the bias in them, and neither norm nor
 * activation.
 *
 * The images are at most `images` (1 or more) of those that WEFT_SPLIT_VALIDATION keeps by
 * split_seed, the classes in turn, neither cropped nor flipped; with WEFT_SPLIT_TEST they are among
 * the images that were trained on, and the test set still measures accuracy alone. Deterministic
 * like weft_train, whose *result is the same with and without histograms. */
WEFT_API weft_status weft_train_with_histograms(
    const weft_network *network, const weft_dataset *dataset, const weft_train_settings *settings,
    int64_t images, bool (*progress)(void *context, const weft_train_progress *now), void *context,
    const weft_stop *stop, weft_train_result *result, weft_network **measured,
    weft_error *error) WEFT_NODISCARD;

#endif
