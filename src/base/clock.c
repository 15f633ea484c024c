/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static double read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double weft_unix_time(void) {
    return read_clock(CLOCK_REALTIME);
}

double weft_steady_time(void) {
    return read_clock(CLOCK_MONOTONIC);
}
