/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of all positions lie one behind the other: rows of channels / groups values. */
#include "learn/kernel/softmax.h"

#include <math.h>

#include "learn/kernel/function.h"

#define WEFT_BODY "learn/kernel/softmax_body.h"
#include "learn/kernel/each_type.h"

void weft_softmax_forward(weft_type type, const void *x, size_t positions, size_t channels,
                          size_t groups, void *y) {
    switch (type) {
    case WEFT_F32:
        forward_f32(x, y, positions * groups, channels / groups);
        return;
    case WEFT_BF16:
        forward_bf16(x, y, positions * groups, channels / groups);
        return;
    }
}

void weft_softmax_backward(weft_type type, const void *y, const void *dy, size_t positions,
                           size_t channels, size_t groups, void *dx) {
    switch (type) {
    case WEFT_F32:
        backward_f32(y, dy, dx, positions * groups, channels / groups);
        return;
    case WEFT_BF16:
        backward_bf16(y, dy, dx, positions * groups, channels / groups);
        return;
    }
}
