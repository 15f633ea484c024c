/* SPDX-License-Identifier: Apache-2.0
 * The layer kinds, one file each. */
#ifndef WEFT_LEARN_KINDS_H
#define WEFT_LEARN_KINDS_H

#include "learn/engine.h"

extern const weft_kind weft_kind_conv;
extern const weft_kind weft_kind_batch_norm;
extern const weft_kind weft_kind_relu;
extern const weft_kind weft_kind_max_pool;
extern const weft_kind weft_kind_average_pool;
extern const weft_kind weft_kind_add;
extern const weft_kind weft_kind_flatten;
extern const weft_kind weft_kind_linear;
extern const weft_kind weft_kind_dropout;

#endif
