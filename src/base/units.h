/* SPDX-License-Identifier: Apache-2.0
 *
 * Units of quantities in files, and what each is in SI.
 *
 *   time         s ms us ns ps fs                 frequency   Hz kHz MHz GHz
 *   energy       J mJ uJ nJ pJ fJ aJ              power       W mW uW nW pW
 *   voltage      V mV uV                          current     A mA uA nA pA
 *   resistance   ohm kohm Mohm Gohm               capacitance F mF uF nF pF fF aF
 *   length       m mm um nm                       area        m2 mm2 um2 nm2
 *   bandwidth    bit/s kbit/s Mbit/s Gbit/s Tbit/s B/s kB/s MB/s GB/s TB/s
 *   data         bit kbit Mbit Gbit B kB MB GB KiB MiB GiB
 *   none         1 %
 *
 * k, M, G and T are powers of ten; only KiB, MiB and GiB are powers of two. */
#ifndef WEFT_BASE_UNITS_H
#define WEFT_BASE_UNITS_H

#include "base/doc.h"

/* SI value = value * factor / divisor. Both are exact doubles, while a single factor such as 1e-9
 * is not: so 3 ns becomes the double nearest to 3e-9. */
typedef struct weft_unit {
    const char *name;
    weft_dimension dimension;
    double divisor, factor;
} weft_unit;

/* The unit of that name within a dimension, or NULL. */
const weft_unit *weft_unit_find(weft_dimension dimension, const char *name);

double weft_unit_to_si(const weft_unit *unit, double value);

/* The legal names of a dimension in a row, "s, ms, us": returns `buffer`. */
char *weft_unit_names(weft_dimension dimension, char *buffer, size_t size);

/* The nearest legal name of a dimension to a wrong one, or NULL. */
const char *weft_unit_nearest(weft_dimension dimension, const char *name);

#endif
