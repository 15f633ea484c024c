/* SPDX-License-Identifier: Apache-2.0
 *
 * Batch normalisation over NHWC maps, with the ReLU behind it where there is one.
 * Ioffe and Szegedy, "Batch normalization", ICML 2015, algorithm 1 and the gradients below it.
 *
 *     n = batch * height * width;  for each channel
 *     mu = sum x / n,  var = sum (x - mu)^2 / n,  s = 1 / sqrt(var + eps)
 *     y = scale * x + shift   with  scale = gamma * s,  shift = beta - mu * scale
 *
 *     g = dy, zero where a ReLU was closed (found again from x: y itself need not be kept)
 *     dbeta = sum g,  dgamma = s * sum g (x - mu)
 *     dx = scale * (g - dbeta / n - (x - mu) * s * dgamma / n)
 *
 * oneDNN has no fast kernel for channels that are not a multiple of 16, so this one is ours. To
 * have long inner loops for any number of channels, what belongs to a channel is laid out as a
 * pattern: the channels repeated to a few hundred floats, along which a map is walked. Sums are
 * made in f32 over a few thousand values, then carried on in f64.
 *
 * Running statistics follow PyTorch (momentum 0.1, unbiased variance), but for the first ten steps,
 * where the mean of the steps so far is taken: short trainings are not measured with half of the
 * start values. */
#include "learn/kinds.h"

#include <math.h>
#include <string.h>

#include "learn/vector.h"

static const double EPSILON = 1e-5;
static const double MOMENTUM = 0.1;

enum {
    PATTERN_FLOATS = 256, /* at least, where the channels are fewer */
    CHUNK_FLOATS = 4096,  /* summed in f32: 16 KiB, half of a first-level cache */
    LANES = 16,
};

/* The stage's own memory. Patterns have `length` floats, totals one double for each channel. */
typedef struct work {
    size_t channels, length, count;
    float *scale, *shift, *mean;   /* of the last forward pass */
    float *slope, *offset;         /* dx = scale * g - slope * (x - mean) - offset */
    float *sum, *product;          /* of a chunk */
    double *total, *total_product; /* of the batch */
} work;

enum { WORK_PATTERNS = 7, WORK_TOTALS = 2 };

static size_t pattern_length(size_t channels) {
    size_t copies = 1;
    while (channels < PATTERN_FLOATS &&
           (copies * channels < PATTERN_FLOATS || copies * channels % LANES != 0)) {
        copies++;
    }
    return copies * channels;
}

static size_t work_bytes(size_t channels) {
    size_t length = (pattern_length(channels) + LANES - 1) / LANES * LANES;
    return WORK_PATTERNS * length * sizeof(float) + WORK_TOTALS * channels * sizeof(double);
}

static work work_of(const weft_engine *engine, const weft_stage *stage) {
    work w = {.channels = (size_t)stage->layer->in.channels, .count = stage->input[0]->count};
    w.length = pattern_length(w.channels);
    size_t step = (w.length + LANES - 1) / LANES * LANES;
    float *at = weft_stage_place(engine, stage, 0);
    float **const patterns[WORK_PATTERNS] = {&w.scale,  &w.shift, &w.mean,   &w.slope,
                                             &w.offset, &w.sum,   &w.product};
    for (int i = 0; i < WORK_PATTERNS; i++) {
        *patterns[i] = at;
        at += step;
    }
    w.total = (double *)(void *)at;
    w.total_product = w.total + w.channels;
    return w;
}

/* Repeats the first `channels` values along the pattern. */
static void spread(const work *w, float *pattern) {
    for (size_t i = w->channels; i < w->length; i++) {
        pattern[i] = pattern[i - w->channels];
    }
}

static size_t chunk_length(const work *w) {
    size_t periods = CHUNK_FLOATS / w->length;
    return (periods > 0 ? periods : 1) * w->length;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* sum += x - k and product += (x - k)^2 along the pattern k. */
WEFT_CLONES static void sum_chunk(const float *restrict x, size_t n, size_t length,
                                  const float *restrict k, float *restrict sum,
                                  float *restrict product) {
    for (size_t at = 0; at < n; at += length) {
        size_t m = n - at < length ? n - at : length;
        for (size_t i = 0; i < m; i++) {
            float d = x[at + i] - k[i];
            sum[i] += d;
            product[i] += d * d;
        }
    }
}

/* sum += g and product += g (x - mean), g = dy where the ReLU was open. */
WEFT_CLONES static void sum_chunk_gradient(const float *restrict x, const float *restrict dy,
                                           size_t n, size_t length, const float *restrict mean,
                                           float *restrict sum, float *restrict product) {
    for (size_t at = 0; at < n; at += length) {
        size_t m = n - at < length ? n - at : length;
        for (size_t i = 0; i < m; i++) {
            float g = dy[at + i];
            sum[i] += g;
            product[i] += g * (x[at + i] - mean[i]);
        }
    }
}

WEFT_CLONES static void sum_chunk_gradient_relu(const float *restrict x, const float *restrict dy,
                                                size_t n, size_t length, const float *restrict mean,
                                                const float *restrict scale,
                                                const float *restrict shift, float *restrict sum,
                                                float *restrict product) {
    for (size_t at = 0; at < n; at += length) {
        size_t m = n - at < length ? n - at : length;
        for (size_t i = 0; i < m; i++) {
            float y = x[at + i] * scale[i] + shift[i];
            float d = dy[at + i];
            float g = y > 0.0F ? d : 0.0F;
            sum[i] += g;
            product[i] += g * (x[at + i] - mean[i]);
        }
    }
}

static void clear_chunk(const work *w) {
    memset(w->sum, 0, w->length * sizeof *w->sum);
    memset(w->product, 0, w->length * sizeof *w->product);
}

static void fold_chunk(const work *w) {
    for (size_t at = 0; at < w->length; at += w->channels) {
        for (size_t c = 0; c < w->channels; c++) {
            w->total[c] += (double)w->sum[at + c];
            w->total_product[c] += (double)w->product[at + c];
        }
    }
}

/* A first guess of the means, from the first chunk: squares are summed around it, so that a large
 * mean beside a small deviation loses no digits. */
static void guess_means(const work *w, const float *x) {
    size_t n = smaller(chunk_length(w), w->count);
    memset(w->mean, 0, w->length * sizeof *w->mean);
    memset(w->total, 0, 2 * w->channels * sizeof *w->total);
    clear_chunk(w);
    sum_chunk(x, n, w->length, w->mean, w->sum, w->product);
    fold_chunk(w);
    for (size_t c = 0; c < w->channels; c++) {
        w->mean[c] = (float)(w->total[c] / (double)(n / w->channels));
    }
    spread(w, w->mean);
}

static void sum_batch(const work *w, const float *x) {
    memset(w->total, 0, 2 * w->channels * sizeof *w->total);
    for (size_t at = 0; at < w->count; at += chunk_length(w)) {
        clear_chunk(w);
        sum_chunk(x + at, smaller(chunk_length(w), w->count - at), w->length, w->mean, w->sum,
                  w->product);
        fold_chunk(w);
    }
}

static void sum_batch_gradient(const work *w, const float *x, const float *dy, bool relu) {
    memset(w->total, 0, 2 * w->channels * sizeof *w->total);
    for (size_t at = 0; at < w->count; at += chunk_length(w)) {
        size_t n = smaller(chunk_length(w), w->count - at);
        clear_chunk(w);
        if (relu) {
            sum_chunk_gradient_relu(x + at, dy + at, n, w->length, w->mean, w->scale, w->shift,
                                    w->sum, w->product);
        } else {
            sum_chunk_gradient(x + at, dy + at, n, w->length, w->mean, w->sum, w->product);
        }
        fold_chunk(w);
    }
}

/* ---- maps ------------------------------------------------------------------------------------ */

WEFT_CLONES static void map_linear(const float *restrict x, float *restrict y, size_t n,
                                   size_t length, const float *restrict scale,
                                   const float *restrict shift) {
    for (size_t at = 0; at < n; at += length) {
        size_t m = n - at < length ? n - at : length;
        for (size_t i = 0; i < m; i++) {
            y[at + i] = x[at + i] * scale[i] + shift[i];
        }
    }
}

/* NaN stays NaN, so that a broken training is seen in its loss. */
WEFT_CLONES static void map_relu(const float *restrict x, float *restrict y, size_t n,
                                 size_t length, const float *restrict scale,
                                 const float *restrict shift) {
    for (size_t at = 0; at < n; at += length) {
        size_t m = n - at < length ? n - at : length;
        for (size_t i = 0; i < m; i++) {
            float value = x[at + i] * scale[i] + shift[i];
            y[at + i] = value < 0.0F ? 0.0F : value;
        }
    }
}

WEFT_CLONES static void map_gradient(const float *restrict x, const float *restrict dy,
                                     float *restrict dx, const work *restrict w) {
    const float *restrict scale = w->scale, *restrict mean = w->mean;
    const float *restrict slope = w->slope, *restrict offset = w->offset;
    for (size_t at = 0; at < w->count; at += w->length) {
        size_t m = w->count - at < w->length ? w->count - at : w->length;
        for (size_t i = 0; i < m; i++) {
            dx[at + i] = scale[i] * dy[at + i] - slope[i] * (x[at + i] - mean[i]) - offset[i];
        }
    }
}

WEFT_CLONES static void map_gradient_relu(const float *restrict x, const float *restrict dy,
                                          float *restrict dx, const work *restrict w) {
    const float *restrict scale = w->scale, *restrict mean = w->mean, *restrict shift = w->shift;
    const float *restrict slope = w->slope, *restrict offset = w->offset;
    for (size_t at = 0; at < w->count; at += w->length) {
        size_t m = w->count - at < w->length ? w->count - at : w->length;
        for (size_t i = 0; i < m; i++) {
            float y = x[at + i] * scale[i] + shift[i];
            float d = dy[at + i];
            float g = y > 0.0F ? d : 0.0F;
            dx[at + i] = scale[i] * g - slope[i] * (x[at + i] - mean[i]) - offset[i];
        }
    }
}

/* ---- the stage ------------------------------------------------------------------------------- */

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t channels = (size_t)stage->layer->in.channels;
    for (int name = 0; name < WEFT_SLOTS; name++) {
        stage->slot[name].stored = channels;
        stage->slot[name].plain = channels;
    }
    return weft_stage_claim(engine, stage, 0, work_bytes(channels), weft_moment_forward(stage),
                            weft_moment_backward(engine, stage), error);
}

static void update_running(const weft_engine *engine, const weft_stage *stage, size_t c,
                           double mean, double variance, double n) {
    double share = fmax(MOMENTUM, 1.0 / (double)engine->steps);
    float *running_mean = stage->slot[WEFT_SLOT_MEAN].value;
    float *running_variance = stage->slot[WEFT_SLOT_VARIANCE].value;
    double unbiased = n > 1.0 ? variance * n / (n - 1.0) : variance;
    running_mean[c] = (float)((1.0 - share) * (double)running_mean[c] + share * mean);
    running_variance[c] = (float)((1.0 - share) * (double)running_variance[c] + share * unbiased);
}

/* Sets scale, shift and mean of channel c. */
static void set_channel(const work *w, const weft_stage *stage, size_t c, double mean,
                        double variance) {
    double gamma = (double)stage->slot[WEFT_SLOT_WEIGHT].value[c];
    double beta = (double)stage->slot[WEFT_SLOT_BIAS].value[c];
    double scale = gamma / sqrt(variance + EPSILON);
    w->scale[c] = (float)scale;
    w->shift[c] = (float)(beta - mean * scale);
    w->mean[c] = (float)mean;
    w->slope[c] = (float)(1.0 / sqrt(variance + EPSILON)); /* s, for backward */
}

static void measure_batch(const weft_engine *engine, const weft_stage *stage, const work *w) {
    double n = (double)(w->count / w->channels);
    guess_means(w, stage->input[0]->data);
    sum_batch(w, stage->input[0]->data);
    for (size_t c = 0; c < w->channels; c++) {
        double from_guess = w->total[c] / n;
        double mean = (double)w->mean[c] + from_guess;
        double variance = w->total_product[c] / n - from_guess * from_guess;
        variance = variance < 0.0 ? 0.0 : variance;
        update_running(engine, stage, c, mean, variance, n);
        set_channel(w, stage, c, mean, variance);
    }
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    work w = work_of(engine, stage);
    if (engine->mode == WEFT_MODE_TRAIN) {
        measure_batch(engine, stage, &w);
    } else {
        for (size_t c = 0; c < w.channels; c++) {
            set_channel(&w, stage, c, (double)stage->slot[WEFT_SLOT_MEAN].value[c],
                        (double)stage->slot[WEFT_SLOT_VARIANCE].value[c]);
        }
    }
    spread(&w, w.scale);
    spread(&w, w.shift);
    spread(&w, w.mean);
    (stage->relu ? map_relu : map_linear)(stage->input[0]->data, stage->output->data, w.count,
                                          w.length, w.scale, w.shift);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    work w = work_of(engine, stage);
    const float *x = stage->input[0]->data;
    const float *dy = stage->output->gradient;
    double n = (double)(w.count / w.channels);
    sum_batch_gradient(&w, x, dy, stage->relu);
    for (size_t c = 0; c < w.channels; c++) {
        double s = (double)w.slope[c];
        double dgamma = s * w.total_product[c];
        stage->slot[WEFT_SLOT_WEIGHT].gradient[c] = (float)dgamma;
        stage->slot[WEFT_SLOT_BIAS].gradient[c] = (float)w.total[c];
        w.offset[c] = (float)((double)w.scale[c] * w.total[c] / n);
        w.slope[c] = (float)((double)w.scale[c] * s * dgamma / n);
    }
    if (stage->input_gradient[0] == NULL) {
        return WEFT_OK;
    }
    spread(&w, w.slope);
    spread(&w, w.offset);
    (stage->relu ? map_gradient_relu : map_gradient)(x, dy, stage->input_gradient[0], &w);
    return WEFT_OK;
}

const weft_kind weft_kind_batch_norm = {
    .op = WEFT_OP_BATCH_NORM,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};
