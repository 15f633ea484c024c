/* SPDX-License-Identifier: Apache-2.0
 * What each operation takes: its inputs and the fields of weft_layer that it uses. */
#ifndef WEFT_NETWORK_OPS_H
#define WEFT_NETWORK_OPS_H

#include <weft/network.h>

/* WEFT_ERROR_INPUT when layer `index` has a number of inputs that its operation does not take. */
weft_status weft_op_check_inputs(weft_op op, int32_t n_inputs, int32_t index,
                                 weft_error *error) WEFT_NODISCARD;

/* Copies what the operation uses, in its normal form, the rest is zero: a stray field of the
 * caller's struct must not make two equal networks differ. */
void weft_op_keep(const weft_layer *layer, weft_layer *kept);

/* Copies, region, place; bits in 0 .. WEFT_MAX_BITS, histograms with shares that are not negative and sum to 1. */
weft_status weft_layer_check_carried(const weft_network *network, const weft_layer *layer,
                                     weft_error *error) WEFT_NODISCARD;

/* Puts a layer whose shapes and counts are known behind the last one. */
weft_status weft_network_append(weft_network *network, weft_layer *layer,
                                weft_error *error) WEFT_NODISCARD;

/* How far the sum of a histogram may be from 1: shares are often written with three digits. */
#define WEFT_HISTOGRAM_TOLERANCE 5e-3

#endif
