/* SPDX-License-Identifier: Apache-2.0
 *
 * Synaptic flow (Tanaka, Kunin, Yamins and Ganguli, "Pruning neural networks without any data by iteratively
 * conserving synaptic flow", NeurIPS 2020, equation 2; summed over all weights by Abdelfattah, Mehrotra,
 * Dudziak and Lane, "Zero-cost proxies for lightweight NAS", ICLR 2021):
 *     R = sum of the outputs of the network with |w| for each weight, all inputs 1
 *     S = sum over the weights of convolutions and linear layers of |w| dR/d|w|
 * Norms are left out and activations pass what they read, so that the network is linear in its input; a
 * gate (`multiply`) is open. Biases are 0, as start values are.
 *
 * What is worked out is the same sum as a derivative: S = d/dt R(e^t |w|) at t = 0, carried forward beside
 * the values, (v, s) -> (W v, W (v + s)) in a layer of products. R of a deep network has no place in
 * an f32 and, beyond some hundred layers, in no double: each tensor is held as numbers times a power of two
 * of its own, and the score is ln S. */
#ifndef WEFT_LEARN_FLOW_H
#define WEFT_LEARN_FLOW_H

#include <weft/network.h>

#include "base/error.h"

/* ln S for start values of `seed`, the engine's own (weft_start_normal). -infinity: no path leads from the
 * input to the output. WEFT_ERROR_INFEASIBLE: a layer whose flow is not defined (attention, embeddings, a
 * table of layers). WEFT_STOPPED between layers. */
weft_status weft_flow_score(const weft_network *network, uint64_t seed, const weft_stop *stop,
                            double *score, weft_error *error) WEFT_NODISCARD;

#endif
