/* SPDX-License-Identifier: Apache-2.0
 *
 * Equations after CiMLoop (mit-emze/cimloop@d6e1390: models/include/slicing_encoding.py and the
 * plug-ins of its ladder converters and capacitors), Andrulis et al., ISPASS 2024. */
#include "hardware/operand.h"

#include <string.h>

/* ---- codes ----------------------------------------------------------------------------------- */

static int32_t bits_of_bins(int32_t bins) {
    int32_t bits = 0;
    while ((INT64_C(1) << bits) < (int64_t)bins + 1) {
        bits++;
    }
    return bits;
}

bool weft_histogram_is_signed(const weft_histogram *h) {
    for (int32_t i = 0; i < h->n / 2; i++) {
        if (h->share[i] > 0) {
            return true;
        }
    }
    return false;
}

static int resolve(int encoding, const weft_histogram *h) {
    if (encoding == WEFT_ENCODING_OFFSET_IF_SIGNED) {
        return weft_histogram_is_signed(h) ? WEFT_ENCODING_OFFSET : WEFT_ENCODING_MAGNITUDE;
    }
    if (encoding == WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED) {
        return weft_histogram_is_signed(h) ? WEFT_ENCODING_DIFFERENTIAL : WEFT_ENCODING_MAGNITUDE;
    }
    return encoding;
}

/* Digits +1 (bit 1) and -1 (bit 0), greedy, as a number with the first digit on top. */
static uint64_t xnor_code(double v, int32_t bits) {
    uint64_t code = 0;
    for (int32_t j = bits - 1; j >= -2; j--) {
        double weight = j >= 0 ? (double)(UINT64_C(1) << j) : 0.5;
        uint64_t bit = v > 0;
        code = code << 1 | bit;
        v -= bit ? weight : -weight;
    }
    return code;
}

/* The code of bin i and how many bits it has. */
static uint64_t code_of(int encoding, int32_t i, int32_t bins, int32_t *bits) {
    int32_t b = bits_of_bins(bins);
    double v = i - (bins - 1) / 2.0;
    switch (encoding) {
    case WEFT_ENCODING_MAGNITUDE:
    case WEFT_ENCODING_DIFFERENTIAL:
        *bits = b - 1;
        return (uint64_t)nearbyint(fabs(v));
    case WEFT_ENCODING_TWOS_COMPLEMENT:
        *bits = b;
        return (uint64_t)(int64_t)nearbyint(v) & ((UINT64_C(1) << b) - 1);
    case WEFT_ENCODING_XNOR:
    case WEFT_ENCODING_ZERO_GATED_XNOR:
        *bits = b + 2;
        return v == 0 && encoding == WEFT_ENCODING_ZERO_GATED_XNOR ? 0 : xnor_code(v, b);
    default:
        *bits = b;
        return (uint64_t)i;
    }
}

bool weft_operand_bits(const weft_histogram *histogram, const weft_operand *operand,
                       double p[WEFT_CODE_MAX_BITS]) {
    int encoding = resolve(operand->encoding, histogram);
    double whole = 0;
    memset(p, 0, WEFT_CODE_MAX_BITS * sizeof *p);
    for (int32_t i = 0; i < histogram->n; i++) {
        double share = histogram->share[i];
        if (share <= 0) {
            continue;
        }
        whole += share;
        int32_t bits = 0;
        uint64_t code = code_of(encoding, i, histogram->n, &bits);
        double mean = operand->missing == WEFT_MISSING_HALF ? 0.5
                      : bits > 0 ? (double)__builtin_popcountll(code) / bits
                                 : 0;
        for (int32_t j = 0; j < operand->code_bits; j++) {
            p[j] += share * (j < bits ? (double)(code >> (bits - 1 - j) & 1) : mean);
        }
    }
    if (whole <= 0) {
        return false;
    }
    double scale = (encoding == WEFT_ENCODING_DIFFERENTIAL ? 0.5 : 1) / whole;
    for (int32_t j = 0; j < operand->code_bits; j++) {
        p[j] *= scale;
    }
    return true;
}

double weft_operand_mean_slice(const double *p, const weft_operand *operand) {
    int32_t slices = (operand->code_bits - 1) / operand->slice_bits + 1;
    double full = ldexp(1, operand->slice_bits) - 1;
    double sum = 0;
    for (int32_t j = 0; j < operand->code_bits; j++) {
        int32_t slice = j / operand->slice_bits;
        int32_t width = operand->code_bits - slice * operand->slice_bits;
        width = width < operand->slice_bits ? width : operand->slice_bits;
        sum += p[j] * ldexp(1, width - 1 - j % operand->slice_bits) / full;
    }
    return sum / slices;
}

/* ---- the statistics -------------------------------------------------------------------------- */

static double mean_toggle(const double *p, int32_t bits) {
    double sum = 0;
    for (int32_t j = 0; j < bits; j++) {
        sum += p[j] * (1 - p[j]);
    }
    return sum / bits;
}

static double sum_of(const weft_histogram *h) {
    double sum = 0;
    for (int32_t i = 0; i < h->n; i++) {
        sum += h->share[i];
    }
    return sum;
}

static double share_of_zero(const weft_histogram *h) {
    return h->n % 2 == 1 ? h->share[h->n / 2] / sum_of(h) : 0;
}

/* Sum over pairs i < j of p_i p_j (j - i) / (n - 1): from the cumulated shares, sum of F (1 - F). */
static double mean_step(const weft_histogram *h) {
    if (h->n < 2) {
        return 0;
    }
    double whole = sum_of(h);
    double below = 0;
    double sum = 0;
    for (int32_t i = 0; i + 1 < h->n; i++) {
        below += h->share[i] / whole;
        sum += below * (1 - below);
    }
    return sum / (h->n - 1);
}

/* Bins count from the least value: the converter's output rises with the bin. */
static double root_mean_square(const weft_histogram *h) {
    if (h->n < 2) {
        return 0;
    }
    double sum = 0;
    for (int32_t i = 0; i < h->n; i++) {
        sum += h->share[i] * i * i;
    }
    return sqrt(sum / sum_of(h)) / (h->n - 1);
}

enum { LADDER_MAX_BITS = 16 };

/* Sum over the one bits of 1 - V_node / V in an R-2R or C-2C ladder. Each node is tied to its bit by
 * 2R, to its neighbours by R, and the far end to ground by 2R:
 *   4 V_0 - 2 V_1 = b_0;  -2 V_(i-1) + 5 V_i - 2 V_(i+1) = b_i;  -2 V_(n-2) + 3 V_(n-1) = b_(n-1)
 * (b_0 the least significant). Solved by elimination. */
static double ladder_of_code(uint32_t code, int32_t bits) {
    double diagonal[LADDER_MAX_BITS];
    double right[LADDER_MAX_BITS];
    for (int32_t i = 0; i < bits; i++) {
        diagonal[i] = i == 0 ? 4 : i == bits - 1 ? 3 : 5;
        right[i] = code >> i & 1;
        if (i > 0) {
            diagonal[i] -= 4 / diagonal[i - 1];
            right[i] += 2 * right[i - 1] / diagonal[i - 1];
        }
    }
    double sum = 0;
    double node = 0;
    for (int32_t i = bits - 1; i >= 0; i--) {
        node = (right[i] + 2 * node) / diagonal[i];
        sum += code >> i & 1 ? 1 - node : 0;
    }
    return sum;
}

/* The inputs as they come to a ladder, or their magnitudes 0 .. n/2 - 1. As the reference folds
 * them, zero counts on both sides, and the largest magnitude of an odd n on none. */
typedef struct ladder_bins {
    const weft_histogram *of;
    bool folded;
    int32_t n;
} ladder_bins;

static double bin_at(const ladder_bins *bins, int32_t i) {
    int32_t zero = bins->of->n / 2;
    const double *share = bins->of->share;
    return bins->folded ? share[zero + i] + share[zero - i] : share[i];
}

/* The share of a code of a converter with 2^bits codes, unnormalised: bins spread over the codes by
 * linear interpolation (summed where there are more bins than codes); the least bin and the centre
 * go to the least code and to the centre alone. */
static double share_of_code(const ladder_bins *bins, int32_t code, int32_t codes) {
    int32_t centre = bins->n / 2;
    double ratio = (double)bins->n / codes;
    if (code == 0 || code == codes / 2) {
        return bin_at(bins, code == 0 ? 0 : centre) / (ratio < 1 ? ratio : 1);
    }
    double place = (double)code / codes * (bins->n - 1);
    int32_t low = (int32_t)place;
    if (ratio <= 1) {
        double part = place - low;
        int32_t high = (int32_t)ceil(place);
        double at_low = low == 0 || low == centre ? 0 : bin_at(bins, low);
        double at_high = high == 0 || high == centre ? 0 : bin_at(bins, high);
        return at_low * (1 - part) + at_high * part;
    }
    int32_t end = (int32_t)ceil(low + ratio);
    end = end < bins->n - 1 ? end : bins->n - 1;
    double sum = 0;
    for (int32_t j = low; j < end; j++) {
        sum += j == 0 || j == centre ? 0 : bin_at(bins, j);
    }
    return sum;
}

static double mean_ladder(const weft_histogram *h, bool folded, int32_t bits) {
    ladder_bins bins = {h, folded, folded ? h->n / 2 : h->n};
    int32_t codes = (int32_t)1 << bits;
    double sum = 0;
    double whole = 0;
    for (int32_t code = 0; code < codes && bins.n > 0; code++) {
        double share = share_of_code(&bins, code, codes);
        whole += share;
        sum += share > 0 ? share * ladder_of_code((uint32_t)code, bits) : 0;
    }
    return whole > 0 ? sum / whole : 0;
}

void weft_operand_statistics(const weft_histogram *inputs, const weft_operand *input,
                             const weft_histogram *weights, const weft_operand *weight,
                             int32_t ladder_bits, double statistics[WEFT_STATISTIC_COUNT]) {
    double p[WEFT_CODE_MAX_BITS];
    double *s = statistics;
    memset(s, 0, WEFT_STATISTIC_COUNT * sizeof *s);
    s[WEFT_STATISTIC_ONE] = 1;
    if (weft_operand_bits(inputs, input, p)) {
        s[WEFT_STATISTIC_INPUT] = weft_operand_mean_slice(p, input);
        s[WEFT_STATISTIC_INPUT_TOGGLE] = mean_toggle(p, input->code_bits);
        s[WEFT_STATISTIC_INPUT_ZERO] = share_of_zero(inputs);
        s[WEFT_STATISTIC_INPUT_STEP] = mean_step(inputs);
        if (ladder_bits >= 2 && ladder_bits <= LADDER_MAX_BITS) {
            s[WEFT_STATISTIC_LADDER] = mean_ladder(inputs, false, ladder_bits);
            s[WEFT_STATISTIC_LADDER_MAGNITUDE] = mean_ladder(inputs, true, ladder_bits);
        }
    }
    if (weft_operand_bits(weights, weight, p)) {
        s[WEFT_STATISTIC_WEIGHT] = weft_operand_mean_slice(p, weight);
        s[WEFT_STATISTIC_WEIGHT_TOGGLE] = mean_toggle(p, weight->code_bits);
        s[WEFT_STATISTIC_RMS_TOGGLE] =
            inputs->n > 1 ? root_mean_square(inputs) * s[WEFT_STATISTIC_WEIGHT_TOGGLE] : 0;
    }
    double a = s[WEFT_STATISTIC_INPUT];
    s[WEFT_STATISTIC_PRODUCT] = a * s[WEFT_STATISTIC_WEIGHT];
    s[WEFT_STATISTIC_INPUT_SPREAD] = sqrt(fmax(a * (1 - a), 0));
}
