/* SPDX-License-Identifier: Apache-2.0
 *
 * What the benchmarks of the hardware share. */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <weft/base.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Processor time: what other programs take does not count. */
static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void check(weft_status status, const weft_error *error) {
    if (status != WEFT_OK) {
        char text[2048];
        fprintf(stderr, "%s\n", weft_error_format(error, text, sizeof text));
        exit(1);
    }
}

static inline int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

#endif
