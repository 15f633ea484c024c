/* SPDX-License-Identifier: Apache-2.0
 * The table of layer kinds. To add one: write kind_NAME.c, add its row. */
#include "learn/kinds.h"

static const weft_kind *const kinds[] = {
    &weft_kind_conv,     &weft_kind_batch_norm,   &weft_kind_relu,
    &weft_kind_max_pool, &weft_kind_average_pool, &weft_kind_add,
    &weft_kind_flatten,  &weft_kind_linear,       &weft_kind_dropout,
};

const weft_kind *weft_kind_of(weft_op op) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i]->op == op) {
            return kinds[i];
        }
    }
    return NULL;
}
