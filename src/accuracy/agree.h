/* SPDX-License-Identifier: Apache-2.0
 *
 * How well predictions agree with what was measured. */
#ifndef WEFT_ACCURACY_AGREE_H
#define WEFT_ACCURACY_AGREE_H

#include "base/error.h"

typedef struct weft_agreement {
    double tau;       /* Kendall's tau-b; NaN where all of one side are equal */
    double spearman;  /* Pearson correlation of the ranks, equal values sharing their mean rank; NaN
                      * likewise */
    double rmse, mae; /* in the unit of the values */
} weft_agreement;

/* Compares n >= 1 pairs of finite values. */
weft_status weft_agree(const double *given, const double *predicted, int n,
                       weft_agreement *agreement, weft_error *error) WEFT_NODISCARD;

#endif
