/* SPDX-License-Identifier: Apache-2.0
 * See schedule.h. */
#include "learn/schedule.h"

#include <math.h>

weft_status weft_schedule_check(const weft_schedule *schedule, weft_error *error) {
    WEFT_TRY(weft_check_range("the learning rate", schedule->peak, 0, HUGE_VAL, error));
    WEFT_TRY(weft_check_range("warmup", schedule->warmup, 0, 1, error));
    WEFT_TRY(weft_check_range("the last learning rate", schedule->last, 0, HUGE_VAL, error));
    if (schedule->kind != WEFT_SCHEDULE_STEP) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_check_range("the factor of a drop", schedule->factor, 0, 1, error));
    WEFT_TRY(
        weft_check_range("the number of drops", schedule->n_drops, 0, WEFT_SCHEDULE_DROPS, error));
    for (int i = 0; i < schedule->n_drops; i++) {
        double before = i > 0 ? schedule->drops[i - 1] : 0.0;
        WEFT_TRY(
            weft_check_range("a drop of the learning rate", schedule->drops[i], before, 1, error));
    }
    return WEFT_OK;
}

static double stepped(const weft_schedule *s, int64_t step, int64_t steps) {
    double rate = s->peak;
    for (int i = 0; i < s->n_drops && (double)step >= s->drops[i] * (double)steps; i++) {
        rate *= s->factor;
    }
    return rate;
}

double weft_schedule_rate(const weft_schedule *schedule, int64_t step, int64_t steps) {
    const double pi = 3.14159265358979323846;
    const double peak = schedule->peak, last = schedule->last;
    double rising = floor(schedule->warmup * (double)steps);
    if ((double)step < rising) {
        return peak * ((double)step + 1.0) / (rising + 1.0);
    }
    double progress = ((double)step - rising) / ((double)steps - rising);
    switch (schedule->kind) {
    case WEFT_SCHEDULE_COSINE:
        return last + 0.5 * (peak - last) * (1.0 + cos(pi * progress));
    case WEFT_SCHEDULE_LINEAR:
        return peak + (last - peak) * progress;
    case WEFT_SCHEDULE_STEP:
        return stepped(schedule, step, steps);
    case WEFT_SCHEDULE_CONSTANT:
    case WEFT_SCHEDULE_COUNT:
        break;
    }
    return peak;
}
