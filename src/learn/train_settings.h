/* SPDX-License-Identifier: Apache-2.0
 * Whether a training can be done as it is asked for. */
#ifndef WEFT_LEARN_TRAIN_SETTINGS_H
#define WEFT_LEARN_TRAIN_SETTINGS_H

#include <weft/learn.h>

#include "base/error.h"
#include "learn/dataset.h"

/* Whether a file is named: neither NULL nor "". */
static inline bool weft_is_given(const char *path) {
    return path != NULL && path[0] != '\0';
}

/* WEFT_ERROR_INPUT: a value out of range, or two that exclude each other. */
weft_status weft_train_check(const weft_train_settings *settings, weft_error *error) WEFT_NODISCARD;

/* WEFT_ERROR_INPUT where the network is not for images of that shape and that many classes. */
weft_status weft_train_check_match(const weft_network *network, const weft_dataset *dataset,
                                   weft_error *error) WEFT_NODISCARD;

#endif
