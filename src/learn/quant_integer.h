/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer of products as hardware computes it: integers times integers, summed in 32 bits, then
 * multiplied with the steps. Plain loops: what faster and noisier ways are compared with. */
#ifndef WEFT_LEARN_QUANT_INTEGER_H
#define WEFT_LEARN_QUANT_INTEGER_H

#include <weft/network.h>

#include "learn/quant_tensor.h"

/* sums[n][p][q][m] = sum over c, r, s of (weight)(input - zero) of a CONV (grouped, dilated, depthwise
 * too) or LINEAR layer, whose `in` and `out` are inferred. Both operands without their zero points, so
 * that padding, which is 0, adds nothing.
 * inputs: `images` times (height, width, channels); weights (out, in / groups, kernel height, kernel
 * width), rows = out or 1; sums (images, height, width, out). Operands of other sizes, or sums that 32
 * bits may not hold, (n of a row) (largest input) (largest weight) > 2^31 - 1, are WEFT_ERROR_INPUT. */
weft_status weft_quant_sums(const weft_layer *layer, const weft_quantized *inputs, size_t images,
                            const weft_quantized *weights, int32_t *sums,
                            weft_error *error) WEFT_NODISCARD;

/* y = sums steps_input steps_weight[m] + bias[m], (images, height, width, out); bias may be NULL. In
 * double, rounded once. */
void weft_quant_scale(const weft_layer *layer, const weft_quantized *inputs, size_t images,
                      const weft_quantized *weights, const float *bias, const int32_t *sums,
                      float *y);

#endif
