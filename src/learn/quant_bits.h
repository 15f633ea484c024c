/* SPDX-License-Identifier: Apache-2.0
 * How a network is quantized, and the bits of each of its layers. */
#ifndef WEFT_LEARN_QUANT_BITS_H
#define WEFT_LEARN_QUANT_BITS_H

#include <weft/hardware.h>
#include <weft/learn.h>

/* 8 bits of both operands, ends at 8, a step for each channel, learned, least error, percentile 0.9999,
 * follow 0.01. */
void weft_quant_defaults(weft_quant_settings *settings);

/* WEFT_ERROR_INPUT for a value out of range, with the range. */
weft_status weft_quant_check(const weft_quant_settings *settings, weft_error *error) WEFT_NODISCARD;

/* The bits of weights and inputs of each layer: bits[i] for layer i, of n_layers. A layer of products
 * (CONV, LINEAR, MATMUL) has its own where it says them, else those of the settings; 0 where it stays
 * real; other layers have 0. `outputs` is what the layer says: they are rounded where the next layer
 * reads them, so a chip's outputs may have more than 8. Weights or inputs outside 2 .. 8 bits are
 * WEFT_ERROR_INPUT with the layer. */
weft_status weft_quant_choose(const weft_network *network, const weft_quant_settings *settings,
                              weft_layer_bits *bits, weft_error *error) WEFT_NODISCARD;

/* Whether a chip holds what was chosen, signs[i] being of layer i; of a MATMUL `weights` is its second
 * operand. WEFT_ERROR_INFEASIBLE with the layer and the most bits that fit. */
weft_status weft_quant_check_chip(const weft_network *network, const weft_layer_bits *bits,
                                  const weft_layer_signs *signs, const weft_priced *priced,
                                  weft_error *error) WEFT_NODISCARD;

#endif
