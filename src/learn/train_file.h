/* SPDX-License-Identifier: Apache-2.0
 *
 * A training's files: weights, and checkpoints. Weights are a safetensors file with one array for each
 * slot, named by layer: "4.conv.weight", "5.batch_norm.mean"; the text "network" names the network,
 * "network_hash" its layers. */
#ifndef WEFT_LEARN_TRAIN_FILE_H
#define WEFT_LEARN_TRAIN_FILE_H

#include "learn/checkpoint.h"
#include "learn/safetensors.h"
#include "learn/trainer.h"

enum { WEFT_SLOT_NAME = 64 };

/* A slot as an array of a file: its name goes to `text` (WEFT_SLOT_NAME bytes), which the array borrows,
 * like the values. Weights of products are (out, in / groups, k, k) or (out, in). */
void weft_slot_describe(const weft_stage *stage, weft_slot_name name, char *text,
                        weft_bundle_array *array);

/* Writes an engine's parameters and statistics. The file is replaced as a whole or stays as it was. */
weft_status weft_engine_save(const weft_engine *engine, const char *path,
                             weft_error *error) WEFT_NODISCARD;

/* Reads them into an engine of the same network. Steps of quantizers may be missing, or of other bits or
 * rows: they stay as they are, so that weights of any training start one that is quantized.
 * WEFT_ERROR_INPUT names the first array that is missing or has another shape, and both networks. */
weft_status weft_engine_load(weft_engine *engine, const char *path,
                             weft_error *error) WEFT_NODISCARD;

/* The same for who takes the steps as they were trained: those of other bits or rows are
 * WEFT_ERROR_INPUT. */
weft_status weft_engine_load_trained(weft_engine *engine, const char *path,
                                     weft_error *error) WEFT_NODISCARD;

/* Everything of a settings that makes a difference to the result. The files of start weights and of a
 * teacher count by their contents. */
weft_status weft_train_settings_hash(const weft_train_settings *settings, uint64_t *hash,
                                     weft_error *error) WEFT_NODISCARD;

/* What the checkpoints of a training have in common: worked out once, when it begins, for it reads
 * files that may be gone later. */
typedef struct weft_train_record {
    uint64_t network, settings, dataset; /* hashes */
    int64_t steps;
} weft_train_record;

weft_status weft_train_record_make(const weft_trainer *trainer, const weft_dataset *dataset,
                                   int64_t steps, weft_train_record *record,
                                   weft_error *error) WEFT_NODISCARD;

/* Goes on where the checkpoint at `path` ended; without a file there, *at stays as it is. A checkpoint
 * of another network, data set or settings is WEFT_ERROR_INPUT. */
weft_status weft_train_resume(weft_trainer *trainer, const weft_train_record *record,
                              const char *path, weft_train_place *at,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_train_keep(const weft_trainer *trainer, const weft_train_record *record,
                            const char *path, const weft_train_place *at,
                            weft_error *error) WEFT_NODISCARD;

#endif
