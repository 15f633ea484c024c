/* SPDX-License-Identifier: Apache-2.0
 * The learning rate over the steps of a training. */
#ifndef WEFT_LEARN_SCHEDULE_H
#define WEFT_LEARN_SCHEDULE_H

#include <weft/learn.h>

#include "base/error.h"

enum { WEFT_SCHEDULE_DROPS = 8 };

/*     cosine     half a cosine from peak to last (Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5
 *                without restarts)
 *     linear     a straight line from peak to last
 *     step       times `factor` at each of `drops`
 *     constant   peak */
typedef struct weft_schedule {
    weft_schedule_kind kind;
    double peak;   /* the rate behind the warm-up */
    double warmup; /* 0 .. 1, of the steps: a linear rise before everything else */
    double last; /* COSINE, LINEAR: what the rate falls to, reached one step behind the last one */
    double factor;                     /* STEP: 0 .. 1 */
    double drops[WEFT_SCHEDULE_DROPS]; /* STEP: shares of all steps, warm-up included; ascending */
    int n_drops;
} weft_schedule;

/* WEFT_ERROR_INPUT: what is out of range. */
weft_status weft_schedule_check(const weft_schedule *schedule, weft_error *error) WEFT_NODISCARD;

/* The rate of step 0 .. steps - 1; a pure function, so that a training that is resumed goes on where
 * it was. */
double weft_schedule_rate(const weft_schedule *schedule, int64_t step, int64_t steps);

#endif
