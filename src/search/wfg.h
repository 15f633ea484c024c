/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_SEARCH_WFG_H
#define WEFT_SEARCH_WFG_H

#include "base/error.h"

/* Hypervolume of n points, each below the reference in every one of n_objectives >= 3; finite.
 * Changes the order of the points. */
weft_status weft_wfg(double *points, size_t n, int n_objectives, const double *reference,
                     double *volume, weft_error *error) WEFT_NODISCARD;

#endif
