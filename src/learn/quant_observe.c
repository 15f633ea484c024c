/* SPDX-License-Identifier: Apache-2.0
 * See quant_observe.h. */
#include "learn/quant_observe.h"

#include <math.h>

#include "learn/quant_block.h"
#include "learn/vector.h"

/* ---- least and largest ----------------------------------------------------------------------- */

static float value_at(weft_type type, const void *x, size_t i) {
    return type == WEFT_F32 ? ((const float *)x)[i] : weft_from_bf16(((const weft_bf16 *)x)[i]);
}

/* A short block ends in zeros, which are no values of the array: its first value stands for them. */
WEFT_BLOCK_INLINE weft_quant_extent extent_of(weft_type type, const void *x, size_t n) {
    float lows[WEFT_BLOCK];
    float highs[WEFT_BLOCK];
    float odd[WEFT_BLOCK] = {0};
    weft_block_read(type, x, 0, weft_block_count(0, n), lows);
    for (int j = 0; j < WEFT_BLOCK; j++) {
        lows[j] = lows[0];
        highs[j] = lows[0];
    }
    for (size_t i = 0; i < n; i += WEFT_BLOCK) {
        size_t count = weft_block_count(i, n);
        float v[WEFT_BLOCK];
        weft_block_read(type, x, i, count, v);
        for (size_t j = count; j < WEFT_BLOCK; j++) {
            v[j] = v[0];
        }
        for (int j = 0; j < WEFT_BLOCK; j++) {
            lows[j] = v[j] < lows[j] ? v[j] : lows[j];
            highs[j] = v[j] > highs[j] ? v[j] : highs[j];
            odd[j] = v[j] == v[j] ? odd[j] : NAN;
        }
    }
    for (int j = 1; j < WEFT_BLOCK; j++) {
        lows[0] = lows[j] < lows[0] ? lows[j] : lows[0];
        highs[0] = highs[j] > highs[0] ? highs[j] : highs[0];
        odd[0] = odd[0] + odd[j];
    }
    return (weft_quant_extent){lows[0] + odd[0], highs[0] + odd[0]};
}

WEFT_CLONES static weft_quant_extent extent_f32(const void *x, size_t n) {
    return extent_of(WEFT_F32, x, n);
}

WEFT_CLONES static weft_quant_extent extent_bf16(const void *x, size_t n) {
    return extent_of(WEFT_BF16, x, n);
}

void weft_quant_extents(weft_quant_array array, const void *x, weft_quant_extent *extents) {
    size_t bytes = array.n * weft_type_size(array.type);
    for (size_t row = 0; row < array.rows; row++) {
        extents[row] = (array.type == WEFT_F32 ? extent_f32 : extent_bf16)(
            (const char *)x + row * bytes, array.n);
    }
}

void weft_quant_follow(weft_quant_extent *running, const weft_quant_extent *batch, size_t rows,
                       double share, bool first) {
    float part = (float)share;
    for (size_t row = 0; row < rows; row++) {
        weft_quant_extent *r = &running[row];
        r->low = first ? batch[row].low : r->low + part * (batch[row].low - r->low);
        r->high = first ? batch[row].high : r->high + part * (batch[row].high - r->high);
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

static float step_above_0(double step) {
    if (step <= 0.0) {
        return 1.0F;
    }
    return step < (double)WEFT_QUANT_LEAST_STEP ? WEFT_QUANT_LEAST_STEP : (float)step;
}

static weft_quant_extent with_0(weft_quant_extent extent) {
    extent.low = extent.low > 0.0F ? 0.0F : extent.low;
    extent.high = extent.high < 0.0F ? 0.0F : extent.high;
    return extent;
}

float weft_quant_step_of(weft_quant_extent extent, weft_quant_range range) {
    extent = with_0(extent);
    double below = range.low < 0 ? (double)extent.low / range.low : 0.0;
    double above = (double)extent.high / range.high;
    return step_above_0(below > above ? below : above);
}

weft_quant_grid weft_quant_grid_of(weft_quant_extent extent, int32_t bits) {
    int32_t last = (1 << bits) - 1;
    extent = with_0(extent);
    double step = (double)step_above_0(((double)extent.high - (double)extent.low) / last);
    double zero = rint(-(double)extent.low / step);
    return (weft_quant_grid){(float)step, zero > 0.0 ? (int32_t)zero : 0};
}

/* ---- bins ------------------------------------------------------------------------------------ */

void weft_quant_tally_begin(weft_quant_tally *tally, weft_quant_extent extent) {
    extent = with_0(extent);
    double width = ((double)extent.high - (double)extent.low) / (WEFT_QUANT_BINS - 1);
    memset(tally, 0, sizeof *tally);
    tally->width = width > 0.0 ? width : 1.0;
    tally->origin = (int32_t)lrint(-(double)extent.low / tally->width);
}

void weft_quant_tally_add(weft_quant_tally *tally, weft_type type, const void *x, size_t n) {
    double last = WEFT_QUANT_BINS - 1;
    for (size_t i = 0; i < n; i++) {
        double bin = rint((double)value_at(type, x, i) / tally->width) + tally->origin;
        tally->count[(int)(bin < 0.0 ? 0.0 : bin > last ? last : bin)]++;
    }
    tally->total += (int64_t)n;
}

static double middle_of(const weft_quant_tally *tally, int bin) {
    return (bin - tally->origin) * tally->width;
}

/* What a share of all values takes at least; the share is a double and may be just above a whole
 * number of them. */
static int64_t values_of(const weft_quant_tally *tally, double share) {
    return (int64_t)ceil(share * (double)tally->total - 1e-9 * (double)tally->total);
}

static int64_t count_at(const weft_quant_tally *tally, int64_t bin) {
    return bin >= 0 && bin < WEFT_QUANT_BINS ? tally->count[bin] : 0;
}

weft_quant_extent weft_quant_percentile(const weft_quant_tally *tally, double share,
                                        weft_quant_range range) {
    bool is_signed = range.low < 0;
    int64_t needed = values_of(tally, share);
    int64_t seen = 0;
    for (int bin = 0; !is_signed && bin < tally->origin; bin++) {
        seen += tally->count[bin];
    }
    for (int away = 0; away < WEFT_QUANT_BINS; away++) {
        seen += count_at(tally, (int64_t)tally->origin + away);
        seen += is_signed && away > 0 ? count_at(tally, (int64_t)tally->origin - away) : 0;
        if (seen >= needed) {
            float t = (float)(away * tally->width);
            return (weft_quant_extent){is_signed ? -t : 0.0F, t};
        }
    }
    return (weft_quant_extent){0.0F, 0.0F};
}

weft_quant_extent weft_quant_percentile_around(const weft_quant_tally *tally, double share) {
    if (tally->total == 0) {
        return (weft_quant_extent){0.0F, 0.0F};
    }
    int64_t most = tally->total - values_of(tally, 1.0 - (1.0 - share) / 2.0);
    int low = 0;
    int high = WEFT_QUANT_BINS - 1;
    for (int64_t cut = 0; low < high && cut + tally->count[low] <= most; low++) {
        cut += tally->count[low];
    }
    for (int64_t cut = 0; high > low && cut + tally->count[high] <= most; high--) {
        cut += tally->count[high];
    }
    return with_0((weft_quant_extent){(float)middle_of(tally, low), (float)middle_of(tally, high)});
}

/* ---- least error ----------------------------------------------------------------------------- */

enum { CANDIDATES = 100 };

static double rounded(double x, float step, weft_quant_range range) {
    double v = x / (double)step;
    v = v < range.low ? range.low : v > range.high ? range.high : v;
    return rint(v) * (double)step;
}

/* Sums of squares for each candidate step; tried from the largest one down. */
typedef double (*error_fn)(const void *values, float step, weft_quant_range range);

static float best_of(const void *values, error_fn error, float largest, weft_quant_range range) {
    float best = largest;
    double least = INFINITY;
    for (int k = CANDIDATES; k >= 1; k--) {
        float step = step_above_0((double)largest * k / CANDIDATES);
        double sum = error(values, step, range);
        best = sum < least ? step : best;
        least = sum < least ? sum : least;
    }
    return best;
}

static double tally_error(const void *values, float step, weft_quant_range range) {
    const weft_quant_tally *tally = values;
    double sum = 0.0;
    for (int bin = 0; bin < WEFT_QUANT_BINS; bin++) {
        double x = middle_of(tally, bin);
        double off = x - rounded(x, step, range);
        sum += (double)tally->count[bin] * off * off;
    }
    return sum;
}

float weft_quant_best_step(const weft_quant_tally *tally, weft_quant_range range) {
    return best_of(tally, tally_error,
                   weft_quant_step_of(weft_quant_percentile(tally, 1.0, range), range), range);
}

typedef struct row {
    const float *x;
    size_t n;
} row;

static double row_error(const void *values, float step, weft_quant_range range) {
    const row *r = values;
    double sum = 0.0;
    for (size_t i = 0; i < r->n; i++) {
        double off = (double)r->x[i] - rounded((double)r->x[i], step, range);
        sum += off * off;
    }
    return sum;
}

void weft_quant_best_steps(weft_quant_array array, weft_quant_range range, const float *x,
                           float *steps) {
    for (size_t i = 0; i < array.rows; i++) {
        row r = {x + i * array.n, array.n};
        weft_quant_extent extent;
        weft_quant_extents((weft_quant_array){WEFT_F32, 1, array.n}, r.x, &extent);
        steps[i] = best_of(&r, row_error, weft_quant_step_of(extent, range), range);
    }
}
