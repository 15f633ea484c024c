/* SPDX-License-Identifier: Apache-2.0
 *
 * Between accuracies and the scores that models learn: a line through knots, rising in both. Plain, a
 * score is (accuracy - mean) / deviation. Warped, it is the normal score of the accuracy's rank: where
 * a few designs fail at 10 % and the others lie between 85 and 94, squared errors of the accuracy
 * itself would be those of the failures alone. */
#ifndef WEFT_ACCURACY_WARP_H
#define WEFT_ACCURACY_WARP_H

#include "base/error.h"

enum { WEFT_WARP_KNOTS = 64 };

typedef struct weft_warp {
    int n; /* 2 at least */
    double scores[WEFT_WARP_KNOTS], accuracies[WEFT_WARP_KNOTS];
} weft_warp;

/* Of n accuracies that are not all equal; `room` (n) is worked in. */
void weft_warp_fit(const double *accuracies, int n, bool by_rank, double *room, weft_warp *warp);

double weft_warp_score(const weft_warp *warp, double accuracy);

/* The accuracy of a score, cut to 0 .. 1. */
double weft_warp_accuracy(const weft_warp *warp, double score);

#endif
