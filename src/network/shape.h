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

/* ---- the rules, by kind of operation: each fills out and params of a layer whose `in` is set ---- */
weft_status weft_infer_conv(const weft_network *network, weft_layer *layer,
                            weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_linear(const weft_network *network, weft_layer *layer,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_matmul(const weft_network *network, weft_layer *layer,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_add(const weft_network *network, weft_layer *layer,
                           weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_multiply(const weft_network *network, weft_layer *layer,
                                weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_concat(const weft_network *network, weft_layer *layer,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_slice(const weft_network *network, weft_layer *layer,
                             weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_pad_channels(const weft_network *network, weft_layer *layer,
                                    weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_tokens(const weft_network *network, weft_layer *layer,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_to_map(const weft_network *network, weft_layer *layer,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_token(const weft_network *network, weft_layer *layer,
                             weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_embedding(const weft_network *network, weft_layer *layer,
                                 weft_error *error) WEFT_NODISCARD;
weft_status weft_infer_add_embedding(const weft_network *network, weft_layer *layer,
                                     weft_error *error) WEFT_NODISCARD;

/* Slides the window of a layer over its padded map; channels are left alone. */
weft_status weft_slide_window(const weft_network *network, weft_layer *layer,
                              weft_error *error) WEFT_NODISCARD;

/* ---- what the rules share ------------------------------------------------------------------- */

enum { WEFT_LAYER_TEXT = 96 };

/* "layer 12 (max_pool of block 3)": how an error calls the layer that is being added. */
const char *weft_layer_text(const weft_network *network, const weft_layer *layer, char *buffer,
                            size_t size);

/* WEFT_ERROR_INPUT for a setting outside [lower, upper]. */
weft_status weft_check_setting(const weft_network *network, const weft_layer *layer,
                               const char *what, int32_t value, int32_t lower, int32_t upper,
                               weft_error *error) WEFT_NODISCARD;

/* The product of n factors that are not negative; WEFT_ERROR_INFEASIBLE on overflow. */
weft_status weft_count(const weft_network *network, const weft_layer *layer, const int64_t *factors,
                       int n, int64_t *result, weft_error *error) WEFT_NODISCARD;

/* A count as a number of channels or tokens; WEFT_ERROR_INFEASIBLE above INT32_MAX. */
weft_status weft_as_side(const weft_network *network, const weft_layer *layer, int64_t count,
                         int32_t *side, weft_error *error) WEFT_NODISCARD;

/* The loops of a CONV, LINEAR or MATMUL whose shapes are known. */
weft_loops weft_loops_of(const weft_layer *layer);

/* n g c m r s p q and g c m r s (the weights). */
weft_status weft_loops_macs(const weft_network *network, const weft_layer *layer,
                            const weft_loops *loops, int64_t *macs,
                            weft_error *error) WEFT_NODISCARD;
weft_status weft_loops_weights(const weft_network *network, const weft_layer *layer,
                               const weft_loops *loops, int64_t *weights,
                               weft_error *error) WEFT_NODISCARD;

#endif
