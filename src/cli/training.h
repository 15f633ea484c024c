/* SPDX-License-Identifier: Apache-2.0
 * What the commands that train have in common: words and rows of options, options that need each other,
 * and the line of progress. */
#ifndef WEFT_CLI_TRAINING_H
#define WEFT_CLI_TRAINING_H

#include "cli/cli.h"

/* The words of weft_train_precision, weft_descent_kind, weft_schedule_kind, weft_quant_steps and
 * weft_split, by their values; NULL behind the last. */
extern const char *const cli_precisions[],
    *const cli_descents[], *const cli_schedules[], *const cli_quant_steps[], *const cli_splits[];

/* ---- rows of options -------------------------------------------------------------------------
 * For a table whose file defines MEMBER(member), the .offset in its arguments; `s` is the
 * weft_train_settings in there. The bounds are those of weft_train_check. */

#define CLI_SHARE_ROW(s)                                                                           \
    {                                                                                              \
        "share", 0, CLI_REAL, "X", MEMBER(s.share), 1e-9, 1,                                       \
            .help = "Share of the training images, drawn class by class."                          \
    }

#define CLI_VALIDATION_ROW(s)                                                                      \
    {                                                                                              \
        "validation", 0, CLI_REAL, "X", MEMBER(s.validation), 1e-9, 0.9,                           \
            .help = "Share of the training set that is kept for validation."                       \
    }

#define CLI_SPLIT_SEED_ROW(s)                                                                      \
    {                                                                                              \
        "split-seed", 0, CLI_UINT64, "N", MEMBER(s.split_seed),                                    \
            .help = "Seed of the split into training and validation part."                         \
    }

#define CLI_LEARNING_RATE_ROW(s)                                                                   \
    {                                                                                              \
        "learning-rate", 0, CLI_REAL, "X", MEMBER(s.learning_rate), 1e-12, 1e6,                    \
            .help = "Learning rate at the start of its schedule."                                  \
    }

#define CLI_SCHEDULE_ROW(s, text)                                                                  \
    {                                                                                              \
        "schedule", 0, CLI_CHOICE, "NAME", MEMBER(s.schedule),                                     \
            .words = cli_schedules, .values = CLI_VALUES_WORDS, .help = text                       \
    }

#define CLI_WARMUP_ROW(s, text)                                                                    \
    { "warmup", 0, CLI_REAL, "X", MEMBER(s.warmup), 0, 1, .help = text }

#define CLI_OPTIMIZER_ROW(s, text)                                                                 \
    {                                                                                              \
        "optimizer", 0, CLI_CHOICE, "NAME", MEMBER(s.descent),                                     \
            .words = cli_descents, .values = CLI_VALUES_WORDS, .help = text                        \
    }

/* Of the schedule and what follows, as the commands say it that leave the details to weft train. */
#define CLI_BRIEF_RATE_ROWS(s)                                                                     \
    CLI_LEARNING_RATE_ROW(s), CLI_SCHEDULE_ROW(s, "How the rate falls behind the warm-up."),       \
        CLI_WARMUP_ROW(s, "Share of the steps in which the rate rises."),                          \
        CLI_OPTIMIZER_ROW(s, "What a step does with the gradients.")

#define CLI_MOMENTUM_ROWS(s)                                                                       \
    {"momentum",         0, CLI_REAL, "X",                                                         \
     MEMBER(s.momentum), 0, 0.999999, .help = "Momentum of sgd and nesterov."},                    \
    {                                                                                              \
        "weight-decay", 0, CLI_REAL, "X", MEMBER(s.weight_decay), 0, 1, .help = "Weight decay."    \
    }

#define CLI_DECAY_ALL_ROW(s)                                                                       \
    {                                                                                              \
        "decay-all", 0, CLI_SWITCH, "on|off", MEMBER(s.decay_all),                                 \
            .help = "Whether norms and biases decay, too; else weights alone."                     \
    }

#define CLI_GRADIENT_LIMIT_ROW(s)                                                                  \
    {                                                                                              \
        "gradient-limit", 0, CLI_REAL, "X", MEMBER(s.gradient_limit), 0, 1e9,                      \
            .help =                                                                                \
                "Gradients whose norm, of all together, is larger are scaled down to it; 0: no "   \
                "limit."                                                                           \
    }

#define CLI_AUGMENTATION_ROWS(s)                                                                   \
    {"crop-pad",                                                                                   \
     0,                                                                                            \
     CLI_INT,                                                                                      \
     "PIXELS",                                                                                     \
     MEMBER(s.crop_pad),                                                                           \
     0,                                                                                            \
     64,                                                                                           \
     .help = "Black pixels around an image before it is cropped at random; 0: no crop."},          \
        {"flip",         0,                                                                        \
         CLI_SWITCH,     "on|off",                                                                 \
         MEMBER(s.flip), .help = "Flips images at random, left to right."},                        \
    {                                                                                              \
        "cutout", 0, CLI_INT, "PIXELS", MEMBER(s.cutout), 0, 1024,                                 \
            .help = "Side of a square at a random place that is set to the mean; 0: none."         \
    }

#define CLI_SMOOTHING_ROW(s)                                                                       \
    {                                                                                              \
        "label-smoothing", 0, CLI_REAL, "X", MEMBER(s.label_smoothing), 0, 0.999,                  \
            .help = "Label smoothing."                                                             \
    }

#define CLI_PRECISION_ROW(s, text)                                                                 \
    {                                                                                              \
        "precision", 0, CLI_CHOICE, "TYPE", MEMBER(s.precision),                                   \
            .words = cli_precisions, .values = CLI_VALUES_WORDS, .help = text                      \
    }

#define CLI_BRIEF_PRECISION_ROW(s)                                                                 \
    CLI_PRECISION_ROW(s, "Of activations and products; auto: bf16 where the CPU has arithmetic "   \
                         "for it, else f32.")

#define CLI_QUANT_ROWS(s)                                                                          \
    {"quant-steps",                                                                                \
     0,                                                                                            \
     CLI_CHOICE,                                                                                   \
     "HOW",                                                                                        \
     MEMBER(s.quant.steps),                                                                        \
     .words = cli_quant_steps,                                                                     \
     .values = CLI_VALUES_WORDS,                                                                   \
     .help = "With --bits: steps are learned like weights (LSQ), or follow least and largest "     \
             "values."},                                                                           \
        {"per-channel",                                                                            \
         0,                                                                                        \
         CLI_SWITCH,                                                                               \
         "on|off",                                                                                 \
         MEMBER(s.quant.per_channel),                                                              \
         .help = "With --bits: a step for each output channel of weights, else one a layer."},     \
    {                                                                                              \
        "ends-at-8", 0, CLI_SWITCH, "on|off", MEMBER(s.quant.ends_at_8),                           \
            .help = "With --bits: the first and the last layer of products have 8 bits."           \
    }

#define CLI_CHECKPOINT_EVERY_ROW(s)                                                                \
    {                                                                                              \
        "checkpoint-every", 0, CLI_REAL, "S", MEMBER(s.checkpoint_every), 0, 1e9,                  \
            .help = "With --checkpoint: seconds from one to the next; 0: only at the end of each " \
                    "epoch."                                                                       \
    }

/* ---- training.c ------------------------------------------------------------------------------ */

/* WEFT_ERROR_USAGE where an option was given that means nothing without another one. */
weft_status cli_check_needs(cli_call *call) WEFT_NODISCARD;

/* A training as its progress line sees it; begins as {.first = -1}. */
typedef struct cli_training {
    cli_progress progress;
    double started; /* when `first` was told */
    int64_t first;  /* the step of the first report: behind what a checkpoint held; -1: none yet */
} cli_training;

/* Of weft_train and weft_supernet_train; `context` is a cli_training. */
bool cli_training_show(void *context, const weft_train_progress *now);

#endif
