/* SPDX-License-Identifier: Apache-2.0
 * What a layer makes of its inputs: shape, multiply-accumulates, parameters. */
#ifndef WEFT_NETWORK_SHAPE_H
#define WEFT_NETWORK_SHAPE_H

#include <weft/network.h>

/* The largest channels, side, window, stride, padding and number of features. */
enum { WEFT_MAX_SIDE = 65536 };

/* Fills in, out, macs and params of *layer, which is about to become the last layer of *network;
 * its edges have been checked. Counts that overflow 64 bits are WEFT_ERROR_INFEASIBLE. */
weft_status weft_layer_infer(const weft_network *network, weft_layer *layer,
                             weft_error *error) WEFT_NODISCARD;

#endif
