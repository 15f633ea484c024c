/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays from one type or layout into another, and their sums. */
#ifndef WEFT_LEARN_KERNEL_ARRAY_H
#define WEFT_LEARN_KERNEL_ARRAY_H

#include "learn/type.h"

/* y = x, rounded to the nearest where it gets shorter (weft_to_bf16). */
void weft_array_convert(weft_type from, const void *x, weft_type to, void *y, size_t n);

/* y += x */
void weft_array_add(weft_type type, const void *x, void *y, size_t n);

/* y += factor * x, in f32 */
void weft_array_axpy(float factor, const float *x, float *y, size_t n);

/* y = factor * x; y may be x. */
void weft_array_scale(weft_type type, float factor, const void *x, void *y, size_t n);

/* `count` matrices (rows, columns) become (columns, rows): NHWC to NCHW with rows = positions and
 * columns = channels, and back the other way round. */
void weft_array_transpose(weft_type type, const void *x, void *y, size_t count, size_t rows,
                          size_t columns);

#endif
