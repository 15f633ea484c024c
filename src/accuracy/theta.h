/* SPDX-License-Identifier: Apache-2.0
 * What stands in a predictor file of kind `topology` beside what all of them have. */
#ifndef WEFT_ACCURACY_THETA_H
#define WEFT_ACCURACY_THETA_H

#include <weft/accuracy.h>

#include "base/doc.h"

/* Takes `curve`, `covariance`, `deviation`, `rmse`, `loo`, `degrees` and `networks` of a map. */
weft_status weft_theta_take(weft_map *map, weft_theta *theta, weft_error *error) WEFT_NODISCARD;

#endif
