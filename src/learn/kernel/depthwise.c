/* SPDX-License-Identifier: Apache-2.0
 *
 * An image is worked on in blocks of channels. The rows of a block that the windows of one row of
 * results see lie in a ring of rows in f32, with zeros for the padding at both ends, so that the
 * inner loops (depthwise_path.h) know neither types nor edges; rows of padding are left out. The
 * blocks of a group take turns row by row: memory is read and written in long pieces.
 *
 *     forward            y[p][q] = sum over r, s of w[r][s] x[p sh - ph + r dh][q sw - pw + s dw]
 *     backward, data     dx[i][j] = sum over r, s with i + ph - r dh = p sh and j + pw - s dw = q sw
 *                        of w[r][s] dy[p][q]: for the columns j of one remainder of sw, the same
 *                        sum over taps as forward, with steps of one
 *     backward, weights  dw[r][s] = sum over p, q of dy[p][q] x[...]: sums over a row in registers,
 *                        over an image in f32, then over the images */
#include "learn/kernel/depthwise.h"

#include <string.h>

#include "learn/kernel/depthwise_path.h"
#include "learn/kernel/inner.h"

enum {
    LANES = WEFT_DEPTHWISE_LANES,
    WIDE_BLOCK = 32,     /* channels: a cache line of bf16 */
    RING_FLOATS = 6144,  /* with WIDE_BLOCK at most: 24 KiB of a first-level cache of 32 */
    GROUP_FLOATS = 65536 /* the rings of a group, at most where blocks allow: 256 KiB */
};

typedef weft_depthwise_tap tap;

/* Rows of the ring. Column i of a row is column i - left of the map. */
typedef struct ring {
    size_t rows, columns, left;
    size_t fetched; /* columns of the map that are read */
    float *values;
} ring;

/* What is laid out in the scratch; all begins at a multiple of LANES floats. */
typedef struct work {
    const weft_window *window;
    weft_type type;
    const weft_depthwise_path *path;
    size_t n_taps;
    size_t padded;        /* channels rounded up to vectors */
    size_t sums;          /* floats of `sum` */
    size_t step, group;   /* channels of a block, of a group */
    float *weight, *bias; /* (taps, padded), (padded); of the gradients in backward weights */
    float *row;           /* (out.width, step): dy */
    float *sum;           /* (taps + 1, step) for each block, of an image */
    tap *taps;
    ring ring;
} work;

/* From first up to, not including, end. */
typedef struct span {
    size_t first, end;
} span;

/* A block at hand. */
typedef struct block {
    size_t first, valid; /* channels from `first` on */
    weft_depthwise_offset offset;
} block;

static size_t rounded(size_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

static ring forward_ring(const weft_window *w) {
    size_t reach = (w->kernel.width - 1) * w->dilation.width;
    size_t seen = (w->out.width - 1) * w->stride.width + reach + 1;
    ring r = {.rows = (w->kernel.height - 1) * w->dilation.height + 1, .left = w->pad.width};
    r.columns = seen > r.left ? seen : r.left;
    r.fetched = weft_smaller(w->in.width, r.columns - r.left);
    return r;
}

static ring backward_ring(const weft_window *w) {
    size_t height = (w->kernel.height - 1) * w->dilation.height;
    size_t reach = (w->kernel.width - 1) * w->dilation.width;
    ring r = {.rows = height / w->stride.height + 1};
    r.left = reach > w->pad.width ? (reach - w->pad.width) / w->stride.width : 0;
    size_t seen = (w->in.width - 1 + w->pad.width) / w->stride.width + 1;
    r.columns = r.left + seen;
    r.fetched = weft_smaller(w->out.width, seen);
    return r;
}

static size_t step_of(const weft_window *w, const ring *r) {
    bool wide = r->rows * r->columns * WIDE_BLOCK <= RING_FLOATS && w->channels > LANES;
    return wide ? WIDE_BLOCK : LANES;
}

/* Channels of a group: a multiple of a block's. */
static size_t group_of(const weft_window *w, const ring *r) {
    size_t step = step_of(w, r);
    size_t blocks = GROUP_FLOATS / (r->rows * r->columns * step);
    size_t all = (w->channels + step - 1) / step;
    return (blocks == 0 ? 1 : weft_smaller(blocks, all)) * step;
}

/* Sums of an image: those of all taps and the bias of a block, then the next block's. */
static size_t sums_of(const weft_window *w, size_t step) {
    size_t n_taps = w->kernel.height * w->kernel.width;
    return (n_taps + 1) * ((w->channels + step - 1) / step * step);
}

static size_t scratch_floats(const weft_window *w, const ring *r) {
    size_t n_taps = w->kernel.height * w->kernel.width, step = step_of(w, r);
    return (n_taps + 1) * rounded(w->channels) + sums_of(w, step) + w->out.width * step +
           r->rows * r->columns * group_of(w, r);
}

static work work_make(const weft_window *w, weft_type type, const weft_depthwise_path *path, ring r,
                      void *scratch) {
    work k = {.window = w, .type = type, .path = path, .ring = r};
    k.n_taps = w->kernel.height * w->kernel.width;
    k.padded = rounded(w->channels);
    k.step = step_of(w, &r);
    k.group = group_of(w, &r);
    k.sums = sums_of(w, k.step);
    k.weight = scratch;
    k.bias = k.weight + k.n_taps * k.padded;
    k.sum = k.bias + k.padded;
    k.row = k.sum + k.sums;
    k.ring.values = k.row + w->out.width * k.step;
    k.taps = (tap *)(void *)(k.ring.values + r.rows * r.columns * k.group);
    return k;
}

static block block_at(const work *k, span group, size_t first) {
    size_t before = (first - group.first) * k->ring.rows * k->ring.columns;
    return (block){.first = first,
                   .valid = weft_smaller(k->step, group.end - first),
                   .offset = {.x = before, .weight = first}};
}

static span group_at(const work *k, size_t first) {
    return (span){.first = first, .end = weft_smaller(first + k->group, k->window->channels)};
}

static const char *place(const work *k, const void *map, size_t position, size_t channel) {
    return (const char *)map + (position * k->window->channels + channel) * weft_type_size(k->type);
}

static void pack(const work *k, const float *weight, const float *bias) {
    memset(k->weight, 0, (k->n_taps + 1) * k->padded * sizeof *k->weight);
    for (size_t c = 0; c < k->window->channels; c++) {
        for (size_t t = 0; t < k->n_taps; t++) {
            k->weight[t * k->padded + c] = weight[c * k->n_taps + t];
        }
    }
    if (bias != NULL) {
        memcpy(k->bias, bias, k->window->channels * sizeof *bias);
    }
}

/* ---- the ring --------------------------------------------------------------------------------- */

/* Of the first block of a group. */
static float *ring_row(const work *k, size_t row) {
    return k->ring.values + row % k->ring.rows * k->ring.columns * k->step;
}

/* Zeros where no column of the map comes. */
static void clear_ends(const work *k, span group) {
    size_t end = k->ring.left + k->ring.fetched;
    for (size_t c = group.first; c < group.end; c += k->step) {
        for (size_t i = 0; i < k->ring.rows; i++) {
            float *row = ring_row(k, i) + block_at(k, group, c).offset.x;
            memset(row, 0, k->ring.left * k->step * sizeof *row);
            memset(row + end * k->step, 0, (k->ring.columns - end) * k->step * sizeof *row);
        }
    }
}

/* Rows of a map of `width` columns. */
static void fetch_rows(const work *k, block b, const void *image, size_t width, span rows) {
    for (size_t row = rows.first; row < rows.end; row++) {
        k->path->fetch(place(k, image, row * width, b.first), k->ring.fetched, k->window->channels,
                       b.valid, k->step, ring_row(k, row) + b.offset.x + k->ring.left * k->step);
    }
}

/* Rows of the map that output row p is the first to see, where rows before `next` are there. */
static span rows_seen(const weft_window *w, size_t p, size_t next) {
    size_t top = p * w->stride.height;
    size_t bottom = top + (w->kernel.height - 1) * w->dilation.height + 1;
    size_t first = top > w->pad.height ? top - w->pad.height : 0;
    size_t end = bottom > w->pad.height ? bottom - w->pad.height : 0;
    first = first > next ? first : next;
    end = weft_smaller(end, w->in.height);
    return (span){.first = first, .end = end > first ? end : first};
}

/* Taps of output row p: those whose row is on the map. */
static size_t list_taps(const work *k, size_t p) {
    const weft_window *w = k->window;
    size_t n = 0;
    for (size_t r = 0; r < w->kernel.height; r++) {
        size_t row = p * w->stride.height + r * w->dilation.height;
        if (row < w->pad.height || row - w->pad.height >= w->in.height) {
            continue;
        }
        const float *x = ring_row(k, row - w->pad.height);
        const float *weight = k->weight + r * w->kernel.width * k->padded;
        for (size_t s = 0; s < w->kernel.width; s++, n++) {
            k->taps[n] =
                (tap){.x = x + s * w->dilation.width * k->step, .weight = weight + s * k->padded};
        }
    }
    return n;
}

/* ---- forward ---------------------------------------------------------------------------------- */

static void forward_group(const work *k, span group, const char *image, char *result) {
    const weft_window *w = k->window;
    size_t next = 0;
    clear_ends(k, group);
    for (size_t p = 0; p < w->out.height; p++) {
        span rows = rows_seen(w, p, next);
        size_t n_taps = list_taps(k, p);
        next = rows.end;
        for (size_t c = group.first; c < group.end; c += k->step) {
            block b = block_at(k, group, c);
            size_t at = p * w->out.width * w->channels + c;
            fetch_rows(k, b, image, w->in.width, rows);
            k->path->columns(k->taps, n_taps, b.offset, k->bias + c, w->out.width,
                             w->stride.width * k->step, b.valid,
                             result + at * weft_type_size(k->type), w->channels);
        }
    }
}

void weft_depthwise_forward_by(const weft_depthwise_path *path, const weft_window *window,
                               weft_type type, const void *x, const float *weight,
                               const float *bias, void *y, void *scratch) {
    work k = work_make(window, type, path, forward_ring(window), scratch);
    size_t size = window->channels * weft_type_size(type);
    size_t from = window->in.height * window->in.width * size;
    size_t to = window->out.height * window->out.width * size;
    pack(&k, weight, bias);
    for (size_t i = 0; i < window->images; i++) {
        for (size_t c = 0; c < window->channels; c += k.group) {
            forward_group(&k, group_at(&k, c), (const char *)x + i * from, (char *)y + i * to);
        }
    }
}

/* ---- backward, data ---------------------------------------------------------------------------- */

/* Taps of the columns j with j % stride = phase of row i of the input. */
static size_t list_taps_back(const work *k, size_t i, size_t phase) {
    const weft_window *w = k->window;
    size_t n = 0;
    for (size_t r = 0; r < w->kernel.height; r++) {
        size_t row = i + w->pad.height, up = r * w->dilation.height;
        size_t p = (row - up) / w->stride.height;
        if (row < up || (row - up) % w->stride.height != 0 || p >= w->out.height) {
            continue;
        }
        const float *dy = ring_row(k, p) + k->ring.left * k->step;
        for (size_t s = 0; s < w->kernel.width; s++) {
            ptrdiff_t column = (ptrdiff_t)(phase + w->pad.width) -
                               (ptrdiff_t)(s * w->dilation.width);
            ptrdiff_t stride = (ptrdiff_t)w->stride.width;
            if (column % stride != 0) {
                continue;
            }
            const float *weight = k->weight + (r * w->kernel.width + s) * k->padded;
            k->taps[n++] = (tap){.x = dy + column / stride * (ptrdiff_t)k->step, .weight = weight};
        }
    }
    return n;
}

/* Row i of dx, one remainder of the stride after the other. */
static void backward_row(const work *k, span group, size_t i, char *gradient) {
    const weft_window *w = k->window;
    size_t stride = w->stride.width;
    for (size_t phase = 0; phase < stride && phase < w->in.width; phase++) {
        size_t n_taps = list_taps_back(k, i, phase);
        size_t columns = (w->in.width - phase + stride - 1) / stride;
        for (size_t c = group.first; c < group.end; c += k->step) {
            block b = block_at(k, group, c);
            size_t at = (i * w->in.width + phase) * w->channels + c;
            k->path->columns(k->taps, n_taps, b.offset, k->bias + c, columns, k->step, b.valid,
                             gradient + at * weft_type_size(k->type), stride * w->channels);
        }
    }
}

static void backward_group(const work *k, span group, const char *dy, char *gradient) {
    const weft_window *w = k->window;
    span rows = {.first = 0};
    clear_ends(k, group);
    for (size_t i = 0; i < w->in.height; i++) {
        rows.end = weft_smaller((i + w->pad.height) / w->stride.height + 1, w->out.height);
        for (size_t c = group.first; c < group.end; c += k->step) {
            fetch_rows(k, block_at(k, group, c), dy, w->out.width, rows);
        }
        rows.first = rows.end;
        backward_row(k, group, i, gradient);
    }
}

void weft_depthwise_backward_data_by(const weft_depthwise_path *path, const weft_window *window,
                                     weft_type type, const void *dy, const float *weight, void *dx,
                                     void *scratch) {
    work k = work_make(window, type, path, backward_ring(window), scratch);
    size_t size = window->channels * weft_type_size(type);
    size_t from = window->out.height * window->out.width * size;
    size_t to = window->in.height * window->in.width * size;
    pack(&k, weight, NULL);
    for (size_t i = 0; i < window->images; i++) {
        for (size_t c = 0; c < window->channels; c += k.group) {
            backward_group(&k, group_at(&k, c), (const char *)dy + i * from, (char *)dx + i * to);
        }
    }
}

/* ---- backward, weights ------------------------------------------------------------------------- */

/* sum (width) += each row of x (n, width) */
WEFT_CLONES static void add_rows(const float *x, size_t n, size_t width, float *sum) {
    for (size_t q = 0; q < n; q++, x += width) {
#pragma omp simd
        for (size_t c = 0; c < width; c++) {
            sum[c] += x[c];
        }
    }
}

/* The first tap that list_taps gives for output row p: rows above the map are left out. */
static size_t first_tap(const weft_window *w, size_t p) {
    size_t top = p * w->stride.height, dilation = w->dilation.height;
    size_t above = top < w->pad.height ? (w->pad.height - top + dilation - 1) / dilation : 0;
    return above * w->kernel.width;
}

/* What row p of dy adds to the sums of a block. */
static void weights_row(const work *k, block b, size_t p, size_t n_taps, const char *gradient) {
    const weft_window *w = k->window;
    float *sum = k->sum + b.first * (k->n_taps + 1);
    k->path->fetch(place(k, gradient, p * w->out.width, b.first), w->out.width, w->channels,
                   b.valid, k->step, k->row);
    add_rows(k->row, w->out.width, k->step, sum + k->n_taps * k->step);
    k->path->products(k->taps, n_taps, b.offset.x, k->row, w->out.width, w->stride.width * k->step,
                      k->step, b.valid, sum + first_tap(w, p) * k->step);
}

static void weights_group(const work *k, span group, const char *image, const char *gradient) {
    const weft_window *w = k->window;
    size_t next = 0;
    clear_ends(k, group);
    for (size_t p = 0; p < w->out.height; p++) {
        span rows = rows_seen(w, p, next);
        size_t n_taps = list_taps(k, p);
        next = rows.end;
        for (size_t c = group.first; c < group.end; c += k->step) {
            block b = block_at(k, group, c);
            fetch_rows(k, b, image, w->in.width, rows);
            weights_row(k, b, p, n_taps, gradient);
        }
    }
}

/* Adds the sums of an image to those of all; the biases lie behind the last tap in both. */
static void fold_sums(const work *k) {
    for (size_t c = 0; c < k->window->channels; c += k->step) {
        const float *sum = k->sum + c * (k->n_taps + 1);
        size_t valid = weft_smaller(k->step, k->window->channels - c);
        for (size_t t = 0; t < k->n_taps + 1; t++) {
            add_rows(sum + t * k->step, 1, valid, k->weight + t * k->padded + c);
        }
    }
}

void weft_depthwise_backward_weights_by(const weft_depthwise_path *path, const weft_window *window,
                                        weft_type type, const void *x, const void *dy,
                                        float *dweight, float *dbias, void *scratch) {
    work k = work_make(window, type, path, forward_ring(window), scratch);
    size_t size = window->channels * weft_type_size(type);
    size_t in = window->in.height * window->in.width * size;
    size_t out = window->out.height * window->out.width * size;
    memset(k.weight, 0, (k.n_taps + 1) * k.padded * sizeof *k.weight);
    for (size_t i = 0; i < window->images; i++) {
        memset(k.sum, 0, k.sums * sizeof *k.sum);
        for (size_t c = 0; c < window->channels; c += k.group) {
            weights_group(&k, group_at(&k, c), (const char *)x + i * in,
                          (const char *)dy + i * out);
        }
        fold_sums(&k);
    }
    for (size_t c = 0; c < window->channels; c++) {
        for (size_t t = 0; t < k.n_taps; t++) {
            dweight[c * k.n_taps + t] = k.weight[t * k.padded + c];
        }
    }
    if (dbias != NULL) {
        memcpy(dbias, k.bias, window->channels * sizeof *dbias);
    }
}

/* ---- the passes -------------------------------------------------------------------------------- */

size_t weft_depthwise_scratch(const weft_window *window) {
    ring forward = forward_ring(window), backward = backward_ring(window);
    size_t a = scratch_floats(window, &forward), b = scratch_floats(window, &backward);
    return (a > b ? a : b) * sizeof(float) +
           window->kernel.height * window->kernel.width * sizeof(tap);
}

void weft_depthwise_forward(const weft_window *window, weft_type type, const void *x,
                            const float *weight, const float *bias, void *y, void *scratch) {
    weft_depthwise_forward_by(weft_depthwise_path_at(type, 0), window, type, x, weight, bias, y,
                              scratch);
}

void weft_depthwise_backward_data(const weft_window *window, weft_type type, const void *dy,
                                  const float *weight, void *dx, void *scratch) {
    weft_depthwise_backward_data_by(weft_depthwise_path_at(type, 0), window, type, dy, weight, dx,
                                    scratch);
}

void weft_depthwise_backward_weights(const weft_window *window, weft_type type, const void *x,
                                     const void *dy, float *dweight, float *dbias, void *scratch) {
    weft_depthwise_backward_weights_by(weft_depthwise_path_at(type, 0), window, type, x, dy,
                                       dweight, dbias, scratch);
}
