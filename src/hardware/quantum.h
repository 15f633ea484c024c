/* SPDX-License-Identifier: Apache-2.0
 *
 * Quanta: every time, energy and area of a cost is a whole multiple of a power of two,
 *
 *     time    2^-50 s   (0.89 fs)         exact sums up to 8 s
 *     energy  2^-55 J   (28 aJ)           exact sums up to 0.25 J
 *     area    2^-36 mm2 (15 nm x 1 nm)    exact sums up to 0.13 m2
 *
 * A double holds such numbers without rounding while they stay below 2^53 quanta, so parts add up
 * to their total bit for bit, in any order, for whoever adds them. The price is an error of half a
 * quantum a part, far below what any constant of a chip is known to. Beyond the limits above sums
 * are right to 1e-15 of their value instead.
 */
#ifndef WEFT_HARDWARE_QUANTUM_H
#define WEFT_HARDWARE_QUANTUM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define WEFT_TIME_QUANTUM   0x1p-50 /* s */
#define WEFT_ENERGY_QUANTUM 0x1p-55 /* J */
#define WEFT_AREA_QUANTUM   0x1p-36 /* mm2 */

/* Times are counted up to 2^56 quanta (64 s): anything longer counts as that, and a network that
 * takes as long is refused. A few such times still add up in 64 bits. */
#define WEFT_TIME_LIMIT (INT64_C(1) << 56)

/* Whole quanta of a time in seconds. */
static inline int64_t weft_time_quanta(double seconds) {
    double quanta = seconds * (1 / WEFT_TIME_QUANTUM);
    return quanta < (double)WEFT_TIME_LIMIT ? (int64_t)llrint(quanta) : WEFT_TIME_LIMIT;
}

/* n times a time; both >= 0. */
static inline int64_t weft_time_times(int64_t n, int64_t quanta) {
    bool fits = (double)n * (double)quanta < (double)WEFT_TIME_LIMIT;
    return fits ? n * quanta : WEFT_TIME_LIMIT;
}

static inline double weft_seconds(int64_t quanta) {
    return (double)quanta * WEFT_TIME_QUANTUM;
}

/* Rounds x >= 0 to a whole number: a sum of at least 2^52 has no bits left below one, and a number
 * that large is whole already. */
static inline double weft_whole(double x) {
    return x < 0x1p52 ? (x + 0x1p52) - 0x1p52 : x;
}

static inline double weft_whole_energy(double joule) {
    return weft_whole(joule * (1 / WEFT_ENERGY_QUANTUM)) * WEFT_ENERGY_QUANTUM;
}

static inline double weft_whole_area(double mm2) {
    return weft_whole(mm2 * (1 / WEFT_AREA_QUANTUM)) * WEFT_AREA_QUANTUM;
}

#endif
