/* SPDX-License-Identifier: Apache-2.0
 *
 * What a training needs to go on exactly where it was: the values of its blocks (parameters, state of
 * the optimizer, averages, running statistics) and how far it is. There is no state of random numbers
 * to keep: every stream is named by (seed, purpose, step, epoch or place).
 *
 * A checkpoint is a safetensors file with a checksum, written whole or not at all; other programs can
 * read the weights from it. */
#ifndef WEFT_LEARN_CHECKPOINT_H
#define WEFT_LEARN_CHECKPOINT_H

#include "base/error.h"
#include "learn/dataset.h"
#include "learn/safetensors.h"

typedef struct weft_checkpoint_block {
    const char *name; /* differs from all others; not "weft.progress", "weft.figures" */
    float *values;    /* (count); loading writes them */
    size_t count;     /* 1 or more */
} weft_checkpoint_block;

/* How far a training is. */
typedef struct weft_train_place {
    int64_t step;       /* steps done: the number of the next one */
    int64_t loss_steps; /* of the current epoch that are done */
    double loss_sum;    /* over them */
    double best_accuracy;
    int64_t best_step; /* when it was measured; 0: never */
    bool gave_up;      /* patience is over */
} weft_train_place;

typedef struct weft_checkpoint {
    /* What is trained, as hashes: weft_network_hash, weft_dataset_hash, and of all settings that make
     * a difference to the result. A checkpoint of others is not loaded. */
    uint64_t network, settings, dataset;
    const weft_checkpoint_block *blocks; /* (n_blocks), borrowed */
    int n_blocks;
    int64_t steps; /* of the whole training: loading refuses a place behind its end */
    weft_train_place at;
} weft_checkpoint;

/* Replaces the file at `path`; on failure what was there stays. */
weft_status weft_checkpoint_save(const char *path, const weft_checkpoint *checkpoint,
                                 weft_error *error) WEFT_NODISCARD;

/* Fills the blocks and how far it is; on failure, nothing. WEFT_ERROR_IO: there is no such file, or it
 * cannot be read. WEFT_ERROR_INPUT: it is damaged, of another network, other settings or another
 * data set, or at a place that no training can be at: the message says what it is. */
weft_status weft_checkpoint_load(const char *path, weft_checkpoint *checkpoint,
                                 weft_error *error) WEFT_NODISCARD;

/* A text that a file must have to be gone on with, and what it is of where it differs: "other
 * settings". */
typedef struct weft_checkpoint_claim {
    const char *key, *expected, *word;
} weft_checkpoint_claim;

/* WEFT_ERROR_INPUT with everything that differs, and what to do. */
weft_status weft_checkpoint_check(const weft_bundle *bundle, const weft_checkpoint_claim *claims,
                                  int n, weft_error *error) WEFT_NODISCARD;

/* Of shape, classes, and every image and label. */
uint64_t weft_dataset_hash(const weft_dataset *dataset);

/* When to save: at the end of each epoch, and when so many seconds are gone since the last time. */
typedef struct weft_checkpoint_clock {
    double every; /* s; 0: only at the ends of epochs */
    double saved; /* weft_steady_time() of the last time, or of the start */
} weft_checkpoint_clock;

/* Whether it is time, which it then counts as saved. `now`: weft_steady_time(). */
bool weft_checkpoint_due(weft_checkpoint_clock *clock, double now, bool epoch_ends);

#endif
