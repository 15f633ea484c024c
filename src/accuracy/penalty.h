/* SPDX-License-Identifier: Apache-2.0
 *
 * What low bits cost in accuracy, where the provider knows no bits: a file of published drops
 * (weft: penalty/1, docs/reference/predictors.md). With w(l) the MACs or weights of layer l of
 * products with weights, and d(b) the published drop of a network whose weights and activations all
 * have b bits:
 *
 *   penalty = sum_l w(l) [s d(bits of weights(l)) + (1 - s) d(bits of inputs(l))] / sum_l w(l)
 *
 * d is linear between the bits that the file lists, and constant above the largest. */
#ifndef WEFT_ACCURACY_PENALTY_H
#define WEFT_ACCURACY_PENALTY_H

#include <weft/accuracy.h>

typedef struct weft_penalty weft_penalty;

/* By a name of share/weft/penalties, or a path; or from text. */
weft_status weft_penalty_read(const char *name, weft_penalty **penalty,
                              weft_error *error) WEFT_NODISCARD;
weft_status weft_penalty_parse(const char *text, size_t length, const char *name,
                               weft_penalty **penalty, weft_error *error) WEFT_NODISCARD;
void weft_penalty_destroy(weft_penalty *penalty);

/* Whether a gene is one of those that the file says it accounts for. */
bool weft_penalty_knows(const weft_penalty *penalty, const char *gene);

/* The share of accuracy that is lost. WEFT_ERROR_EVALUATION: a layer has fewer bits than the file
 * lists, or nothing has weights. */
weft_status weft_penalty_of(const weft_penalty *penalty, const weft_network *network, double *lost,
                            weft_error *error) WEFT_NODISCARD;

#endif
