/* SPDX-License-Identifier: Apache-2.0
 *
 * Ioffe and Szegedy, "Batch normalization", ICML 2015, algorithm 1 and the gradients below it.
 *
 *     n = batch * height * width;  for each channel, with a guess k of the mean
 *     mu = k + sum (x - k) / n,  var = sum (x - k)^2 / n - (mu - k)^2,  s = 1 / sqrt(var + eps)
 *     y = scale * x + shift   with  scale = gamma * s,  shift = beta - mu * scale
 *
 *     g = dy, zero where a clip was closed
 *     dbeta = sum g,  dgamma = s * sum g (x - mu)
 *     dx = scale * (g - dbeta / n - (x - mu) * s * dgamma / n)
 *
 * To have long inner loops for any number of channels, what belongs to a channel is laid out as a
 * pattern: the channels repeated to a few hundred floats, along which a map is walked. Sums are made
 * in f32 over chunks of some thousand values, at most 64 for each float of a pattern or 16 of many
 * channels, then carried on in f64. */
#include "learn/kernel/batch_norm.h"

#include <math.h>
#include <string.h>

#include "learn/kernel/inner.h"

enum {
    PATTERN_FLOATS = 256, /* at least, where the channels are fewer */
    CHUNK_FLOATS = 16384, /* summed in f32 */
    CHUNK_PERIODS = 16,   /* at least */
    LANES = 16,
    PATTERNS = 7,
};

#define WEFT_BODY "learn/kernel/batch_norm_body.h"
#include "learn/kernel/each_type.h"

static size_t pattern_length(size_t channels) {
    size_t copies = 1;
    while (channels < PATTERN_FLOATS &&
           (copies * channels < PATTERN_FLOATS || copies * channels % LANES != 0)) {
        copies++;
    }
    return copies * channels;
}

/* From one pattern to the next. */
static size_t pattern_step(size_t channels) {
    return (pattern_length(channels) + LANES - 1) / LANES * LANES;
}

static size_t chunk_length(const weft_bn *bn) {
    size_t periods = CHUNK_FLOATS / bn->length;
    return (periods > CHUNK_PERIODS ? periods : CHUNK_PERIODS) * bn->length;
}

/* Repeats the first `channels` values along the pattern. */
static void spread(const weft_bn *bn, float *pattern) {
    for (size_t i = bn->channels; i < bn->length; i++) {
        pattern[i] = pattern[i - bn->channels];
    }
}

static const void *value_at(weft_type type, const void *x, size_t i) {
    return x == NULL ? NULL : (const char *)x + i * weft_type_size(type);
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* The scratch of a piece: two patterns. */
typedef struct sums {
    float *first, *second;
} sums;

static sums sums_of(const weft_bn *bn, void *scratch) {
    float *first = scratch;
    return (sums){.first = first, .second = first + pattern_step(bn->channels)};
}

static void clear_sums(const weft_bn *bn, sums s) {
    memset(s.first, 0, bn->length * sizeof *s.first);
    memset(s.second, 0, bn->length * sizeof *s.second);
}

static void clear_totals(const weft_bn *bn, weft_bn_totals totals) {
    memset(totals.first, 0, bn->channels * sizeof *totals.first);
    memset(totals.second, 0, bn->channels * sizeof *totals.second);
}

WEFT_CLONES static void fold(const weft_bn *bn, sums s, weft_bn_totals totals) {
    for (size_t at = 0; at < bn->length; at += bn->channels) {
#pragma omp simd
        for (size_t c = 0; c < bn->channels; c++) {
            totals.first[c] += (double)s.first[at + c];
            totals.second[c] += (double)s.second[at + c];
        }
    }
}

static void sum_chunk(const weft_bn *bn, weft_type type, const void *x, size_t n, sums s) {
    clear_sums(bn, s);
    switch (type) {
    case WEFT_F32:
        sum_chunk_f32(x, n, bn->length, bn->guess, s.first, s.second);
        return;
    case WEFT_BF16:
        sum_chunk_bf16(x, n, bn->length, bn->guess, s.first, s.second);
        return;
    }
}

static void sum_gradient_chunk(const weft_bn *bn, weft_type type, weft_clip clip, const void *x,
                               const void *y, const void *dy, void *dz, size_t n, sums s) {
    clear_sums(bn, s);
    switch (type) {
    case WEFT_F32:
        sum_gradient_f32(bn, clip, x, y, dy, dz, n, s.first, s.second);
        return;
    case WEFT_BF16:
        sum_gradient_bf16(bn, clip, x, y, dy, dz, n, s.first, s.second);
        return;
    }
}

/* ---- coefficients ---------------------------------------------------------------------------- */

static void set_channel(const weft_bn *bn, size_t c, double epsilon, double gamma, double beta,
                        double mean, double variance) {
    double inverse = 1.0 / sqrt(variance + epsilon);
    bn->scale[c] = (float)(gamma * inverse);
    bn->shift[c] = (float)(beta - mean * gamma * inverse);
    bn->mean[c] = (float)mean;
    bn->inverse[c] = (float)inverse;
}

static void spread_coefficients(const weft_bn *bn) {
    spread(bn, bn->scale);
    spread(bn, bn->shift);
    spread(bn, bn->mean);
}

/* ---- the parts ------------------------------------------------------------------------------- */

size_t weft_bn_bytes(size_t channels) {
    return PATTERNS * pattern_step(channels) * sizeof(float);
}

weft_bn weft_bn_at(size_t channels, void *memory) {
    weft_bn bn = {.channels = channels, .length = pattern_length(channels)};
    float *at = memory;
    float **const patterns[PATTERNS] = {&bn.guess,   &bn.scale, &bn.shift, &bn.mean,
                                        &bn.inverse, &bn.slope, &bn.offset};
    for (int i = 0; i < PATTERNS; i++) {
        *patterns[i] = at;
        at += pattern_step(channels);
    }
    return bn;
}

size_t weft_bn_scratch(size_t channels) {
    return 2 * pattern_step(channels) * sizeof(float);
}

void weft_bn_guess(const weft_bn *bn, weft_type type, const void *x, size_t positions,
                   void *scratch) {
    sums s = sums_of(bn, scratch);
    size_t n = weft_smaller(chunk_length(bn), positions * bn->channels);
    memset(bn->guess, 0, bn->length * sizeof *bn->guess);
    sum_chunk(bn, type, x, n, s);
    for (size_t c = 0; c < bn->channels; c++) {
        double total = 0.0;
        for (size_t at = c; at < bn->length; at += bn->channels) {
            total += (double)s.first[at];
        }
        bn->guess[c] = (float)(total / (double)(n / bn->channels));
    }
    spread(bn, bn->guess);
}

void weft_bn_sum(const weft_bn *bn, weft_type type, const void *x, size_t positions,
                 weft_bn_totals totals, void *scratch) {
    sums s = sums_of(bn, scratch);
    size_t count = positions * bn->channels;
    clear_totals(bn, totals);
    for (size_t at = 0; at < count; at += chunk_length(bn)) {
        sum_chunk(bn, type, value_at(type, x, at), weft_smaller(chunk_length(bn), count - at), s);
        fold(bn, s, totals);
    }
}

/* With d the distance of the guesses: sum (x - b) = sum (x - a) + n d, and
 * sum (x - b)^2 = sum (x - a)^2 + 2 d sum (x - a) + n d^2. */
void weft_bn_move(const weft_bn *from, const weft_bn *to, size_t positions, weft_bn_totals totals) {
    const double n = (double)positions;
    for (size_t c = 0; c < from->channels; c++) {
        double shift = (double)from->guess[c] - (double)to->guess[c];
        double first = totals.first[c];
        totals.first[c] = first + n * shift;
        totals.second[c] += 2.0 * shift * first + n * shift * shift;
    }
}

void weft_bn_add(size_t channels, weft_bn_totals from, weft_bn_totals to) {
    for (size_t c = 0; c < channels; c++) {
        to.first[c] += from.first[c];
        to.second[c] += from.second[c];
    }
}

void weft_bn_measure(const weft_bn *bn, size_t n, weft_bn_totals totals, double *mean,
                     double *variance) {
    for (size_t c = 0; c < bn->channels; c++) {
        double from_guess = totals.first[c] / (double)n;
        double v = totals.second[c] / (double)n - from_guess * from_guess;
        mean[c] = (double)bn->guess[c] + from_guess;
        variance[c] = v < 0.0 ? 0.0 : v;
    }
}

void weft_bn_run(size_t channels, size_t n, double share, const double *mean,
                 const double *variance, float *running_mean, float *running_variance) {
    double unbiased = n > 1 ? (double)n / (double)(n - 1) : 1.0;
    for (size_t c = 0; c < channels; c++) {
        running_mean[c] = (float)((1.0 - share) * (double)running_mean[c] + share * mean[c]);
        running_variance[c] =
            (float)((1.0 - share) * (double)running_variance[c] + share * unbiased * variance[c]);
    }
}

void weft_bn_set(const weft_bn *bn, double epsilon, const float *gamma, const float *beta,
                 const double *mean, const double *variance) {
    for (size_t c = 0; c < bn->channels; c++) {
        set_channel(bn, c, epsilon, (double)gamma[c], (double)beta[c], mean[c], variance[c]);
    }
    spread_coefficients(bn);
}

void weft_bn_set_running(const weft_bn *bn, double epsilon, const float *gamma, const float *beta,
                         const float *running_mean, const float *running_variance) {
    for (size_t c = 0; c < bn->channels; c++) {
        set_channel(bn, c, epsilon, (double)gamma[c], (double)beta[c], (double)running_mean[c],
                    (double)running_variance[c]);
    }
    spread_coefficients(bn);
}

void weft_bn_map(const weft_bn *bn, weft_type type, weft_clip clip, const void *x, const void *z,
                 void *y, size_t positions) {
    size_t n = positions * bn->channels;
    switch (type) {
    case WEFT_F32:
        map_f32(bn, clip, x, z, y, n);
        return;
    case WEFT_BF16:
        map_bf16(bn, clip, x, z, y, n);
        return;
    }
}

void weft_bn_sum_gradient(const weft_bn *bn, weft_type type, weft_clip clip, const void *x,
                          const void *y, const void *dy, void *dz, size_t positions,
                          weft_bn_totals totals, void *scratch) {
    sums s = sums_of(bn, scratch);
    size_t count = positions * bn->channels;
    clear_totals(bn, totals);
    for (size_t at = 0; at < count; at += chunk_length(bn)) {
        void *kept = dz == NULL ? NULL : (char *)dz + at * weft_type_size(type);
        sum_gradient_chunk(bn, type, clip, value_at(type, x, at), value_at(type, y, at),
                           value_at(type, dy, at), kept, weft_smaller(chunk_length(bn), count - at),
                           s);
        fold(bn, s, totals);
    }
}

void weft_bn_set_gradient(const weft_bn *bn, size_t n, weft_bn_totals totals, float *dgamma,
                          float *dbeta) {
    for (size_t c = 0; c < bn->channels; c++) {
        double inverse = (double)bn->inverse[c];
        double scale = (double)bn->scale[c];
        double gamma_gradient = inverse * totals.second[c];
        dgamma[c] = (float)gamma_gradient;
        dbeta[c] = (float)totals.first[c];
        bn->slope[c] = (float)(scale * inverse * gamma_gradient / (double)n);
        bn->offset[c] = (float)(scale * totals.first[c] / (double)n);
    }
    spread(bn, bn->slope);
    spread(bn, bn->offset);
}

void weft_bn_map_gradient(const weft_bn *bn, weft_type type, weft_clip clip, const void *x,
                          const void *y, const void *dy, void *dx, size_t positions) {
    size_t n = positions * bn->channels;
    switch (type) {
    case WEFT_F32:
        map_gradient_f32(bn, clip, x, y, dy, dx, n);
        return;
    case WEFT_BF16:
        map_gradient_bf16(bn, clip, x, y, dy, dx, n);
        return;
    }
}
