/* SPDX-License-Identifier: Apache-2.0
 *
 * Learning: data sets by name, and training of a network on them (oneDNN underneath).
 */
#ifndef WEFT_LEARN_H
#define WEFT_LEARN_H

#include <weft/hardware.h>
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

/* How activations are kept between kernels, and products of them computed. Parameters, their
 * gradients and all statistics are f32 in any case. */
#define WEFT_PRECISION_MAP(X)                                                                      \
    X(WEFT_PRECISION_F32, "f32")                                                                   \
    X(WEFT_PRECISION_BF16, "bf16")                                                                 \
    X(WEFT_PRECISION_AUTO, "auto") /* bf16 where the device has arithmetic for it, else f32 */

typedef enum weft_train_precision {
#define WEFT_PRECISION_ENUM(name, token) name,
    WEFT_PRECISION_MAP(WEFT_PRECISION_ENUM)
#undef WEFT_PRECISION_ENUM
        WEFT_PRECISION_COUNT
} weft_train_precision;

/* What a training runs on. Results are the same on one kind of CPU and on one kind of GPU, not from one
 * to the other: sums run in another order. */
#define WEFT_TRAIN_DEVICE_MAP(X)                                                                   \
    X(WEFT_TRAIN_ON_CPU, "cpu")                                                                    \
    X(WEFT_TRAIN_ON_CUDA, "cuda") /* the first GPU that CUDA sees */                               \
    X(WEFT_TRAIN_ON_AUTO, "auto") /* that, where there is one; else the CPU */

typedef enum weft_train_device {
#define WEFT_TRAIN_DEVICE_ENUM(name, token) name,
    WEFT_TRAIN_DEVICE_MAP(WEFT_TRAIN_DEVICE_ENUM)
#undef WEFT_TRAIN_DEVICE_ENUM
        WEFT_TRAIN_DEVICE_COUNT
} weft_train_device;

typedef struct weft_gpu_info {
    char name[256];
    int major, minor; /* compute capability */
    double memory;    /* bytes */
    bool has_bf16;
} weft_gpu_info;

/* The GPU that trainings can run on. WEFT_ERROR_UNAVAILABLE says why there is none: built without CUDA,
 * or no device. */
WEFT_API weft_status weft_gpu_look(weft_gpu_info *info, weft_error *error) WEFT_NODISCARD;

/* What a step does to the parameters: PyTorch's torch.optim.SGD, with and without Nesterov's
 * momentum, and torch.optim.AdamW (betas 0.9 and 0.999, epsilon 1e-8). */
#define WEFT_DESCENT_MAP(X)                                                                        \
    X(WEFT_DESCENT_SGD, "sgd")                                                                     \
    X(WEFT_DESCENT_NESTEROV, "nesterov")                                                           \
    X(WEFT_DESCENT_ADAMW, "adamw")

typedef enum weft_descent_kind {
#define WEFT_DESCENT_ENUM(name, token) name,
    WEFT_DESCENT_MAP(WEFT_DESCENT_ENUM)
#undef WEFT_DESCENT_ENUM
        WEFT_DESCENT_COUNT
} weft_descent_kind;

/* The learning rate behind the warm-up. */
#define WEFT_SCHEDULE_MAP(X)                                                                       \
    X(WEFT_SCHEDULE_COSINE, "cosine") /* half a cosine down to 0 */                                \
    X(WEFT_SCHEDULE_LINEAR, "linear") /* a straight line down to 0 */                              \
    X(WEFT_SCHEDULE_STEP, "step")     /* a tenth from 1/2 of the steps on, and from 3/4 */         \
    X(WEFT_SCHEDULE_CONSTANT, "constant")

typedef enum weft_schedule_kind {
#define WEFT_SCHEDULE_ENUM(name, token) name,
    WEFT_SCHEDULE_MAP(WEFT_SCHEDULE_ENUM)
#undef WEFT_SCHEDULE_ENUM
        WEFT_SCHEDULE_COUNT
} weft_schedule_kind;

/* Where steps come from in training: learned (LSQ), or from least and largest. */
#define WEFT_QUANT_STEPS_MAP(X)                                                                    \
    X(WEFT_QUANT_STEPS_LEARNED, "learned")                                                         \
    X(WEFT_QUANT_STEPS_MIN_MAX, "min-max")

typedef enum weft_quant_steps {
#define WEFT_QUANT_STEPS_ENUM(name, token) name,
    WEFT_QUANT_STEPS_MAP(WEFT_QUANT_STEPS_ENUM)
#undef WEFT_QUANT_STEPS_ENUM
        WEFT_QUANT_STEPS_COUNT
} weft_quant_steps;

/* And where from for a network that is trained already. */
#define WEFT_QUANT_CALIBRATION_MAP(X)                                                              \
    X(WEFT_QUANT_CALIBRATION_MIN_MAX, "min-max")                                                   \
    X(WEFT_QUANT_CALIBRATION_PERCENTILE, "percentile")                                             \
    X(WEFT_QUANT_CALIBRATION_ERROR, "error")                                                       \
    X(WEFT_QUANT_CALIBRATION_TRAINED, "trained") /* as a quantized training left them */

typedef enum weft_quant_calibration {
#define WEFT_QUANT_CALIBRATION_ENUM(name, token) name,
    WEFT_QUANT_CALIBRATION_MAP(WEFT_QUANT_CALIBRATION_ENUM)
#undef WEFT_QUANT_CALIBRATION_ENUM
        WEFT_QUANT_CALIBRATION_COUNT
} weft_quant_calibration;

typedef struct weft_quant_settings {
    /* Of layers that do not say theirs (weft_layer.bits), 2 .. 8; 0: they stay real. */
    int32_t weight_bits, input_bits;
    /* The first and the last layer of products, where they do not say theirs, have 8 bits for
     * both operands: they hold few of the weights and lose most (Esser et al., section 2.3). */
    bool ends_at_8;
    bool per_channel; /* a step for each output channel of weights, else one a layer */
    weft_quant_steps steps;
    weft_quant_calibration calibration;
    double percentile; /* the share of values that is kept, 0 < share <= 1 */
    double follow;     /* of running extents, the share of a new batch, 0 < share <= 1 */
} weft_quant_settings;

typedef struct weft_train_settings {
    uint64_t seed;            /* weights, order, augmentation, dropout, subset */
    uint64_t split_seed;      /* of training and validation: the same for all trials of a study */
    double epochs;            /* 2; fractions end after that share of the steps */
    int batch;                /* 96 */
    double share;             /* of the training part, drawn class by class; 1 */
    double validation;        /* of the training set; 0.15 (as 7 500 of 50 000) */
    int64_t validation_limit; /* at most so many validation images; 0: all */
    weft_train_precision precision; /* f32 */
    weft_train_device device;       /* cpu */
    weft_descent_kind descent;      /* sgd */
    weft_schedule_kind schedule;    /* cosine */
    double learning_rate;           /* 0.1, at the start of the schedule */
    double warmup;                  /* share of the steps with a linear rise of the rate; 0.1 */
    double momentum;                /* 0.9; of sgd and nesterov */
    double weight_decay;            /* 3e-4 */
    bool decay_all;                 /* true: of norms and biases, too; else of weights alone */
    double gradient_limit;          /* of the norm of all gradients together; 0: none */
    double average;         /* decay of an average of the weights, which is measured; 0: none */
    int crop_pad;           /* black pixels around before a random crop; 1; 0: no crop */
    bool flip;              /* random horizontal flip */
    int cutout;             /* side of a square set to the mean; 0: none */
    double mixup;           /* alpha of Beta(alpha, alpha): images are blended in pairs; 0: none */
    double label_smoothing; /* 0 */
    int threads;            /* of this training; 1. The result does not depend on it */
    weft_split split;
    double patience; /* epochs without a better accuracy, then it stops early; 0: never */
    /* Quantized training: bits of weights and inputs, by layer (weft_layer.bits) or else these. */
    bool quantize; /* false */
    weft_quant_settings quant;
    /* A teacher (NULL: none), with its weights as `save` writes them: its share of the loss, and the
     * temperature of both distributions (Hinton et al., 2015). Borrowed. */
    const weft_network *teacher;
    const char *teacher_weights;
    double teaching;    /* 0.5 */
    double temperature; /* 4 */
    /* Files; NULL or "": none. Borrowed. */
    const char *weights;     /* of the same network: start values, in place of random ones */
    const char *save;        /* takes the trained weights (safetensors) */
    const char *checkpoint;  /* written as it trains; a training that finds its own goes on there */
    double checkpoint_every; /* s; 30 */
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

/* Trains from start values, or on from weights or a checkpoint, and measures. The same settings give
 * the same bits on one machine, with any number of threads, as long as its file of chosen kernels is
 * there (WEFT_KERNELS=fixed: on all machines of one kind of CPU). WEFT_ERROR_EVALUATION when the loss
 * becomes NaN or infinite (the message has step and rate); WEFT_STOPPED within 2 s of a request to
 * stop. `progress` may be NULL. */
WEFT_API weft_status weft_train(const weft_network *network, const weft_dataset *dataset,
                                const weft_train_settings *settings,
                                bool (*progress)(void *context, const weft_train_progress *now),
                                void *context, const weft_stop *stop, weft_train_result *result,
                                weft_error *error) WEFT_NODISCARD;

/* What a training would be. Bytes: the most that it holds at once, beside the data set. */
typedef struct weft_train_plan {
    int64_t train_images, measure_images;
    int batch, lanes; /* images of a step; the parts that it is cut into */
    int64_t steps_an_epoch, steps;
    int64_t done;                   /* steps that a checkpoint holds already */
    weft_train_precision precision; /* f32 or bf16 */
    int stages, products;           /* operations of a step; those that multiply with weights */
    int quantized;                  /* of the products: those with quantized weights */
    size_t bytes, available;        /* available: SIZE_MAX where nobody says */
} weft_train_plan;

/* Prepares all that weft_train prepares, and trains nothing: every file is read and every buffer is
 * planned, so that what would fail at the start fails here. Memory that will not suffice is
 * WEFT_ERROR_MEMORY, with what would fit. */
WEFT_API weft_status weft_train_look_ahead(const weft_network *network, const weft_dataset *dataset,
                                           const weft_train_settings *settings,
                                           weft_train_plan *plan, weft_error *error) WEFT_NODISCARD;

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
 * activation. Behind a quantized training, inputs and weights are the rounded ones that the layer
 * multiplies.
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

/* ---- quantization after training -------------------------------------------------------------- */

typedef struct weft_quantize_settings {
    /* Which images (split, seeds, validation), batch, precision, threads; quant: bits and calibration;
     * weights: the file of the trained network; save: takes integers, steps and what stays real. */
    weft_train_settings train;
    int64_t images;            /* training images that calibrate, the classes alike; 512 */
    const weft_priced *priced; /* a chip that must hold the bits; NULL: any. Borrowed */
} weft_quantize_settings;

WEFT_API void weft_quantize_defaults(weft_quantize_settings *settings);

typedef struct weft_quantize_result {
    double accuracy, loss;           /* on the split's measuring set, quantized */
    double real_accuracy, real_loss; /* there, with the weights as they are */
    int64_t images_calibrated, images_measured;
    int layers, norms;   /* with quantized weights; batch norms folded into them */
    int64_t weights;     /* quantized */
    int64_t weight_bits; /* of them all together */
    double seconds;
} weft_quantize_result;

/* Bits outside 2 .. 8 are WEFT_ERROR_INPUT; those that a chip (NULL: any) cannot hold
 * WEFT_ERROR_INFEASIBLE, with the layer and what fits. */
WEFT_API weft_status weft_quantize_check(const weft_network *network,
                                         const weft_quant_settings *settings,
                                         const weft_priced *priced,
                                         weft_error *error) WEFT_NODISCARD;

/* Measures trained weights as they are and quantized: batch norms are folded into the weights, steps
 * follow from the weights and from what the layers read of the calibrating images. Deterministic like
 * weft_train. Weights of another network are WEFT_ERROR_INPUT. */
WEFT_API weft_status weft_quantize(const weft_network *network, const weft_dataset *dataset,
                                   const weft_quantize_settings *settings, const weft_stop *stop,
                                   weft_quantize_result *result, weft_error *error) WEFT_NODISCARD;

/* ---- supernets ---------------------------------------------------------------------------------
 * One set of weights for all networks of a space: a layer of a network takes a slice of the tensor of
 * its place (weft_layer.place). Which networks there are is the caller's. */

typedef enum weft_supernet_draw {
    WEFT_SUPERNET_RANDOM,
    WEFT_SUPERNET_LARGEST,
    WEFT_SUPERNET_SMALLEST,
    /* The largest and the smallest with kinds of block by chance: of words, which have no order. */
    WEFT_SUPERNET_LARGEST_OF_KINDS,
    WEFT_SUPERNET_SMALLEST_OF_KINDS,
} weft_supernet_draw;

/* The networks of a space. Called from one thread. */
typedef struct weft_supernet_space {
    void *context;
    const char *name; /* of the space */
    uint64_t hash;    /* of what it can hold: weights of another one are refused */
    /* Builds a network in the place of *network, whatever it was. Random ones are drawn from
     * (seed, index) alone, and so are kinds of block. Where `first_group`, only networks of group 0 are drawn. *group: 0, or 1
     * for a network with blocks of the second kind (attention); 0 in spaces of one kind. */
    weft_status (*draw)(void *context, weft_supernet_draw which, uint64_t seed, uint64_t index,
                        bool first_group, weft_network *network, int *group, weft_error *error);
} weft_supernet_space;

/* Which networks learn in a step. */
#define WEFT_SUPERNET_RULE_MAP(X)                                                                  \
    X(WEFT_SUPERNET_SINGLE_PATH, "single-path") /* `samples` random ones */                        \
    X(WEFT_SUPERNET_SANDWICH,                                                                      \
      "sandwich") /* the largest and the smallest of kinds, `samples` random ones */

typedef enum weft_supernet_rule {
#define WEFT_SUPERNET_RULE_ENUM(name, token) name,
    WEFT_SUPERNET_RULE_MAP(WEFT_SUPERNET_RULE_ENUM)
#undef WEFT_SUPERNET_RULE_ENUM
        WEFT_SUPERNET_RULES
} weft_supernet_rule;

typedef struct weft_supernet_settings {
    /* Images, epochs, batch, rates, precision, bits, files. It learns from the training part alone: the
     * split is that of validation. */
    weft_train_settings train;
    weft_supernet_rule rule; /* single-path (Guo et al., ECCV 2020) or sandwich (Yu and Huang, ICCV
                                * 2019) */
    int samples;             /* random networks in a step; 1 */
    bool distils; /* sandwich: the largest network teaches the others (Yu et al., BigNAS); true */
    bool transforms_kernels; /* small kernels are made of large ones by learned matrices; true */
    /* Two phases (Zhao et al., H4H-NAS, 2024): this share of the steps trains networks of group 0
     * alone; then the others come in, what was trained before learns at `inherited_rate` times the
     * rate, and gradients of the two groups that conflict are projected. 0: one phase,
     * as it must be in a space of one group. */
    double first_phase;
    double inherited_rate; /* 0.5 */
    bool projects;         /* in the phase with both groups; true */
} weft_supernet_settings;

WEFT_API void weft_supernet_defaults(weft_supernet_settings *settings);

/* How the gradients of the two groups agree, for tensors of a kind that networks of both had in one
 * step. */
#define WEFT_SUPERNET_KIND_MAP(X)                                                                  \
    X(WEFT_SUPERNET_CONV, "conv")     /* weights of convolutions, and matrices between kernels */  \
    X(WEFT_SUPERNET_LINEAR, "linear") /* weights of linear layers */                               \
    X(WEFT_SUPERNET_OTHER, "other")   /* norms, biases, tables, steps */

typedef enum weft_supernet_kind {
#define WEFT_SUPERNET_ENUM(name, token) name,
    WEFT_SUPERNET_KIND_MAP(WEFT_SUPERNET_ENUM)
#undef WEFT_SUPERNET_ENUM
        WEFT_SUPERNET_KINDS
} weft_supernet_kind;

typedef struct weft_supernet_cosines {
    int64_t pairs;    /* tensors, summed over the steps */
    int64_t negative; /* of them with a cosine below 0 */
    double mean;      /* of the cosines; NaN without pairs */
} weft_supernet_cosines;

typedef struct weft_supernet_result {
    int64_t steps, networks; /* networks that learned, all steps together */
    int64_t tensors, parameters;
    double loss;    /* mean over the last epoch */
    double seconds; /* s, since this call began */
    double images_per_second;
    weft_supernet_cosines cosines[WEFT_SUPERNET_KINDS];
} weft_supernet_result;

/* An epoch that is done. */
typedef struct weft_supernet_epoch {
    int64_t epoch, step; /* both from 1 */
    int64_t networks;    /* that learned in it */
    bool second_phase;   /* at its end */
    double loss;
    weft_supernet_cosines cosines[WEFT_SUPERNET_KINDS]; /* of its steps */
} weft_supernet_epoch;

/* Who looks on; each function may be NULL. */
typedef struct weft_supernet_watch {
    bool (*progress)(void *context, const weft_train_progress *now); /* as in weft_train */
    /* Behind each epoch, before its checkpoint is written: a training that was killed tells of an
     * epoch again. */
    weft_status (*epoch)(void *context, const weft_supernet_epoch *done, weft_error *error);
    void *context;
} weft_supernet_watch;

typedef struct weft_supernet weft_supernet;

/* Trains the weights of a space; train.save takes them, train.checkpoint goes on where it was.
 * Deterministic like weft_train. `watch` may be NULL. */
WEFT_API weft_status weft_supernet_train(const weft_supernet_space *space,
                                         const weft_dataset *dataset,
                                         const weft_supernet_settings *settings,
                                         const weft_supernet_watch *watch, const weft_stop *stop,
                                         weft_supernet_result *result,
                                         weft_error *error) WEFT_NODISCARD;

/* What a training would be, found from the networks that it begins with; nothing is trained. */
typedef struct weft_supernet_survey {
    int64_t images, steps; /* of the training part; all epochs */
    int64_t networks;      /* that would learn */
    int64_t tensors, parameters;
    int64_t bytes; /* of memory: shared tensors, and the engine of the largest network */
} weft_supernet_survey;
WEFT_API weft_status weft_supernet_look(const weft_supernet_space *space,
                                        const weft_dataset *dataset,
                                        const weft_supernet_settings *settings,
                                        weft_supernet_survey *survey,
                                        weft_error *error) WEFT_NODISCARD;

/* Weights that weft_supernet_train has saved. `space_hash` 0: whatever space they are of; else
 * `space_name` is what an error calls the space that they should be of. Read-only afterwards: shared
 * between threads. */
WEFT_API weft_status weft_supernet_open(const char *path, uint64_t space_hash,
                                        const char *space_name, weft_supernet **supernet,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_supernet_close(weft_supernet *supernet);

/* Of all its weights: another training has another one. */
WEFT_API uint64_t weft_supernet_hash(const weft_supernet *supernet);

/* Makes settings alike to those of its training in what accuracies have to have in common to be
 * compared: the images for validation (validation, split_seed), and bits (quantize, quant). */
WEFT_API void weft_supernet_align(const weft_supernet *supernet, weft_train_settings *settings);

/* Who asks a supernet for accuracies keeps images and threads in a meter. The accuracy of a network is
 * that with its slices: statistics of batch norms are estimated anew over `recalibrate` images of the
 * training part (rounded up to whole batches), then it is measured on the split's measuring set.
 * `settings` says which images, how many, batch, precision, and how many threads a measurement has;
 * validation images are those that the supernet did not learn from, whatever it says of them. Supernet
 * and data set are borrowed. */
typedef struct weft_supernet_meter weft_supernet_meter;
WEFT_API weft_status weft_supernet_meter_create(const weft_supernet *supernet,
                                                const weft_dataset *dataset,
                                                const weft_train_settings *settings,
                                                int64_t recalibrate, weft_supernet_meter **meter,
                                                weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_supernet_meter_destroy(weft_supernet_meter *meter);

/* Thread-safe; the same figure whoever asks and whatever was asked before. *result has accuracy, loss,
 * images_measured, classes_unmeasured and seconds. A network that the supernet does not hold is
 * WEFT_ERROR_INPUT. */
WEFT_API weft_status weft_supernet_measure(weft_supernet_meter *meter, const weft_network *network,
                                           const weft_stop *stop, weft_train_result *result,
                                           weft_error *error) WEFT_NODISCARD;

/* Writes the network's slices as weights of its own, for weft_train's `weights`. */
WEFT_API weft_status weft_supernet_cut(const weft_supernet *supernet, const weft_network *network,
                                       const char *path, weft_error *error) WEFT_NODISCARD;

/* ---- scores without training ---------------------------------------------------------------------
 * What a network promises before it is trained ("zero-cost proxies"), from one mini-batch and start values
 * that a seed draws. More is better in each; none is an accuracy, and figures of different scores cannot be
 * compared. docs/explanation/scores.md has the equations, docs/results/training-free.md what they are worth.
 * As in Abdelfattah et al., "Zero-cost proxies for lightweight NAS", ICLR 2021, unless said otherwise. */
#define WEFT_SCORE_MAP(X)                                                                          \
    /* ln of the synaptic flow (Tanaka et al., NeurIPS 2020): needs no data */                     \
    X(WEFT_SCORE_SYNFLOW, "synflow", false)                                                        \
    /* ln det of the kernel of binary codes (Mellor et al., ICML 2021): images, no labels */       \
    X(WEFT_SCORE_NASWOT, "naswot", true)                                                           \
    /* sum over the layers of products of |dL/dW|, the Euclidean norm of the loss's gradient */    \
    X(WEFT_SCORE_GRAD_NORM, "grad_norm", true)                                                     \
    /* sum over their weights of |w dL/dw| (Lee et al., "SNIP", ICLR 2019) */                      \
    X(WEFT_SCORE_SNIP, "snip", true)                                                               \
    /* naswot ln MACs: what sums of ranks of the two say, for one network */                       \
    X(WEFT_SCORE_COMBINED, "combined", true)                                                       \
    /* weft_network_topology's (Li et al., ACM TECS 2021; Bhardwaj et al., CVPR 2021) */           \
    X(WEFT_SCORE_NN_DEGREE, "nn_degree", false)                                                    \
    X(WEFT_SCORE_NN_MASS, "nn_mass", false)                                                        \
    X(WEFT_SCORE_PARAMS, "params", false)                                                          \
    X(WEFT_SCORE_MACS, "macs", false)

typedef enum weft_score {
#define WEFT_SCORE_ENUM(name, token, looks) name,
    WEFT_SCORE_MAP(WEFT_SCORE_ENUM)
#undef WEFT_SCORE_ENUM
        WEFT_SCORE_COUNT
} weft_score;

/* The tokens in their order, NULL-terminated. */
WEFT_API const char *const *weft_score_names(void);

/* Whether a score looks at images. */
WEFT_API bool weft_score_looks(weft_score score);

enum { WEFT_SCORE_MOST_IMAGES = 4096, WEFT_SCORE_REASON = 256 };

typedef struct weft_score_settings {
    int images;  /* of the mini-batch, 2 to WEFT_SCORE_MOST_IMAGES */
    int threads; /* of a measurement; the scores do not depend on them */
} weft_score_settings;

/* 64 images, one thread. */
WEFT_API void weft_score_defaults(weft_score_settings *settings);

/* Where mini-batches come from: the training images of a data set (borrowed), each at most once, as they are,
 * normalised as training does; without one (NULL) values are N(0, 1) and labels uniform. WEFT_ERROR_INPUT:
 * settings out of range, fewer images than the mini-batch has. */
typedef struct weft_scorer weft_scorer;
WEFT_API weft_status weft_scorer_create(const weft_dataset *dataset,
                                        const weft_score_settings *settings, weft_scorer **scorer,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_scorer_destroy(weft_scorer *scorer);

typedef struct weft_scores {
    double value[WEFT_SCORE_COUNT];                   /* NaN: not asked for, or it has none */
    char reason[WEFT_SCORE_COUNT][WEFT_SCORE_REASON]; /* why it has none; else "" */
} weft_scores;

/* The scores with wanted[score]. `seed` draws start values and mini-batch, which depends on nothing else, so
 * that all networks of one input see the same. Passes run as in training, norms with the statistics of the
 * batch, in f32 on the CPU.
 *
 * A score that this network does not have, because a layer has no such score or no signal comes through, is
 * NaN with its reason. WEFT_ERROR_INPUT: images or classes that are not those of the data. Thread-safe; the
 * same figures whoever asks, at any number of threads. */
WEFT_API weft_status weft_scorer_measure(const weft_scorer *scorer, const weft_network *network,
                                         const bool wanted[WEFT_SCORE_COUNT], uint64_t seed,
                                         const weft_stop *stop, weft_scores *scores,
                                         weft_error *error) WEFT_NODISCARD;

/* Of n networks, the sum of the ranks that each has in the scores with wanted[score]: 1 for the least, equal
 * values share their mean rank, and a network without a score stands below all that have it. Which networks
 * promise most by several scores at once; docs/results/training-free.md. */
WEFT_API void weft_scores_rank(const weft_scores *scores, int n,
                               const bool wanted[WEFT_SCORE_COUNT], double *sums);

#endif
