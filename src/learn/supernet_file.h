/* SPDX-License-Identifier: Apache-2.0
 *
 * A supernet's files, both safetensors with a checksum: "tensors", a row of sizes for each shared tensor
 * (weft_shared_describe), and "values", all of them one behind the other, each from a multiple of 16
 * floats on. A checkpoint has the optimizer's state besides. Texts say the space, and how the weights
 * were trained as far as measuring depends on it. */
#ifndef WEFT_LEARN_SUPERNET_FILE_H
#define WEFT_LEARN_SUPERNET_FILE_H

#include "learn/checkpoint.h"
#include "learn/supernet.h"

weft_status weft_supernet_save(const weft_shared *shared, const weft_supernet_settings *settings,
                               const weft_supernet_space *space, const char *path,
                               weft_error *error) WEFT_NODISCARD;

/* What a training has counted. */
typedef struct weft_supernet_count {
    int64_t networks; /* that learned */
    weft_supernet_agreement agreement[WEFT_SUPERNET_KINDS];
} weft_supernet_count;

/* How far it is. */
typedef struct weft_supernet_place {
    weft_train_place at;
    weft_supernet_count all, before; /* from the start: up to now, up to the epoch at hand */
} weft_supernet_place;

/* The checkpoint that the settings name. Resuming without a file leaves everything as it is; a
 * checkpoint of another space, data set or settings is WEFT_ERROR_INPUT. */
weft_status weft_supernet_keep(const weft_shared *shared, const weft_supernet_settings *settings,
                               const weft_supernet_space *space, const weft_dataset *dataset,
                               const weft_supernet_place *at, weft_error *error) WEFT_NODISCARD;
weft_status weft_supernet_resume(weft_shared *shared, const weft_supernet_settings *settings,
                                 const weft_supernet_space *space, const weft_dataset *dataset,
                                 weft_supernet_place *at, weft_error *error) WEFT_NODISCARD;

#endif
