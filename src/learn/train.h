/* SPDX-License-Identifier: Apache-2.0
 * Training with threads that somebody keeps. */
#ifndef WEFT_LEARN_TRAIN_H
#define WEFT_LEARN_TRAIN_H

#include <weft/learn.h>

#include "learn/crew.h"

/* weft_train by a crew, lent until it returns, of settings->threads threads: kernels that it has made
 * in an earlier training are found again. The result is the same as with a new one. */
weft_status weft_train_with_crew(const weft_network *network, const weft_dataset *dataset,
                                 const weft_train_settings *settings, weft_crew *crew,
                                 const weft_stop *stop, weft_train_result *result,
                                 weft_error *error) WEFT_NODISCARD;

#endif
