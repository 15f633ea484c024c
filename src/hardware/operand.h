/* SPDX-License-Identifier: Apache-2.0
 *
 * Operand statistics: how encodings and slices turn the histogram of a layer's values into the
 * numbers that energies depend on (WEFT_STATISTIC_MAP in part.h). */
#ifndef WEFT_HARDWARE_OPERAND_H
#define WEFT_HARDWARE_OPERAND_H

#include "hardware/part.h"

/* How a value becomes the bits of a code. B: bits that the histogram's bins need, ceil(log2(n + 1));
 * v = i - (n - 1) / 2 is the value of bin i.
 *   offset             i, in B bits: v minus the least value
 *   magnitude          |v|, in B - 1 bits
 *   differential       a pair of devices, one holds |v|, the other 0: half the codes are 0
 *   twos-complement    v modulo 2^B
 *   xnor               digits of +1 and -1 with weights 2^(B-1) .. 1, 1/2, 1/2 (B + 2 bits), after
 *                      Jia et al., JSSC 2020
 *   zero-gated-xnor    the same, all bits 0 for v = 0
 *   offset-if-signed, differential-if-signed   that where a value below 0 occurs, else magnitude */
#define WEFT_ENCODING_MAP(X)                                                                       \
    X(WEFT_ENCODING_OFFSET, "offset")                                                              \
    X(WEFT_ENCODING_MAGNITUDE, "magnitude")                                                        \
    X(WEFT_ENCODING_DIFFERENTIAL, "differential")                                                  \
    X(WEFT_ENCODING_TWOS_COMPLEMENT, "twos-complement")                                            \
    X(WEFT_ENCODING_XNOR, "xnor")                                                                  \
    X(WEFT_ENCODING_ZERO_GATED_XNOR, "zero-gated-xnor")                                            \
    X(WEFT_ENCODING_OFFSET_IF_SIGNED, "offset-if-signed")                                          \
    X(WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, "differential-if-signed")

typedef enum weft_encoding {
#define WEFT_ENCODING_ENUM(name, token) name,
    WEFT_ENCODING_MAP(WEFT_ENCODING_ENUM)
#undef WEFT_ENCODING_ENUM
        WEFT_ENCODING_COUNT
} weft_encoding;

enum { WEFT_CODE_MAX_BITS = 64 };

/* How often a bit is one that the code has beyond those that the histogram tells: as its bits on the
 * average, or half of the time. */
#define WEFT_MISSING_MAP(X)                                                                        \
    X(WEFT_MISSING_MEAN, "mean")                                                                   \
    X(WEFT_MISSING_HALF, "half")

typedef enum weft_missing {
#define WEFT_MISSING_ENUM(name, token) name,
    WEFT_MISSING_MAP(WEFT_MISSING_ENUM)
#undef WEFT_MISSING_ENUM
        WEFT_MISSING_COUNT
} weft_missing;

/* The values that operands of layers take which bring no histogram; the sets are in histogram.c. */
#define WEFT_ASSUMED_MAP(X)                                                                        \
    X(WEFT_ASSUMED_RESNET18, "resnet18")                                                           \
    X(WEFT_ASSUMED_CIMNAS, "cimnas")

typedef enum weft_assumed {
#define WEFT_ASSUMED_ENUM(name, token) name,
    WEFT_ASSUMED_MAP(WEFT_ASSUMED_ENUM)
#undef WEFT_ASSUMED_ENUM
        WEFT_ASSUMED_COUNT
} weft_assumed;

/* An operand on a chip: its encoding, the bits of its code, and of a slice of it. */
typedef struct weft_operand {
    int encoding, missing;
    int32_t code_bits, slice_bits; /* 1 .. WEFT_CODE_MAX_BITS, slice_bits <= code_bits */
    int assumed;
} weft_operand;

static inline bool weft_operand_equals(const weft_operand *a, const weft_operand *b) {
    return a->encoding == b->encoding && a->missing == b->missing && a->code_bits == b->code_bits &&
           a->slice_bits == b->slice_bits && a->assumed == b->assumed;
}

/* Whether a value below zero occurs. */
bool weft_histogram_is_signed(const weft_histogram *histogram);

/* p[j]: how often bit j of the code is one, the most significant first, for code_bits bits. Returns
 * false where no share is above zero. */
bool weft_operand_bits(const weft_histogram *histogram, const weft_operand *operand,
                       double p[WEFT_CODE_MAX_BITS]);

/* Mean over the slices of the value of a slice, as a share of the largest one. */
double weft_operand_mean_slice(const double *p, const weft_operand *operand);

/* All statistics of a layer. `ladder_bits` is the resolution of the converter that LADDER and
 * LADDER_MAGNITUDE are about; below 2 it is not worked out (it takes 2^ladder_bits codes). */
void weft_operand_statistics(const weft_histogram *inputs, const weft_operand *input,
                             const weft_histogram *weights, const weft_operand *weight,
                             int32_t ladder_bits, double statistics[WEFT_STATISTIC_COUNT]);

#endif
