/* SPDX-License-Identifier: Apache-2.0
 *
 * Forward, an output looks at the inputs of its window; backward, an input looks at the outputs whose
 * windows hold it, so that every sum is made in f32 in one place and every gradient written once. */
#include "learn/kernel/pool.h"

#include <math.h>
#include <string.h>

#include "learn/kernel/inner.h"

enum { BLOCK = 128 }; /* channels at a time: sums stay in the first-level cache */

/* From first up to, not including, end. */
typedef struct span {
    size_t first, end;
} span;

/* What an output sees: positions r, s of its kernel that lie on the map, at
 * (row + r * dilation, column + s * dilation). Row and column may be before the map (they wrap
 * around); their sums are not. */
typedef struct view {
    span rows, columns;
    size_t row, column;
    weft_sides step;
} view;

/* Positions of the kernel on the map, of an output whose window begins at `origin` - pad. */
WEFT_INLINE span inside(size_t origin, size_t pad, size_t side, size_t kernel, size_t dilation) {
    size_t first = origin < pad ? (pad - origin + dilation - 1) / dilation : 0;
    size_t room = side + pad; /* r dilation < side + pad - origin */
    size_t end = origin < room ? (room - origin + dilation - 1) / dilation : 0;
    end = weft_smaller(end, kernel);
    return (span){.first = first, .end = end > first ? end : first};
}

static view window_view(const weft_window *w, size_t p, size_t q) {
    size_t row = p * w->stride.height, column = q * w->stride.width;
    return (view){
        .rows = inside(row, w->pad.height, w->in.height, w->kernel.height, w->dilation.height),
        .columns = inside(column, w->pad.width, w->in.width, w->kernel.width, w->dilation.width),
        .row = row - w->pad.height,
        .column = column - w->pad.width,
        .step = w->dilation,
    };
}

/* Output i of an adaptive pool sees the inputs floor(i in / out) .. ceil((i + 1) in / out) - 1. */
WEFT_INLINE span adaptive_inputs(size_t i, size_t in, size_t out) {
    return (span){.first = i * in / out, .end = ((i + 1) * in + out - 1) / out};
}

/* The other way round: the outputs that see input i, from i in < (i + 1) out on both sides. */
WEFT_INLINE span adaptive_outputs(size_t i, size_t in, size_t out) {
    return adaptive_inputs(i, out, in);
}

WEFT_INLINE view adaptive_view(const weft_window *w, size_t p, size_t q) {
    return (view){
        .rows = adaptive_inputs(p, w->in.height, w->out.height),
        .columns = adaptive_inputs(q, w->in.width, w->out.width),
        .step = {1, 1},
    };
}

WEFT_INLINE float share_of(view v) {
    size_t n = (v.rows.end - v.rows.first) * (v.columns.end - v.columns.first);
    return 1.0F / (float)n;
}

/* The position in the map of (r, s) of a view. */
WEFT_INLINE size_t place_of(const weft_window *w, view v, size_t r, size_t s) {
    size_t row = v.row + r * v.step.height, column = v.column + s * v.step.width;
    return row * w->in.width + column;
}

/* The output that sees input i at position r of its kernel; SIZE_MAX: none. */
WEFT_INLINE size_t seen_from(size_t i, size_t r, size_t stride, size_t dilation, size_t pad) {
    size_t origin = i + pad - r * dilation;
    return i + pad >= r * dilation && origin % stride == 0 ? origin / stride : SIZE_MAX;
}

/* A NaN in either wins. */
WEFT_INLINE float larger(float a, float b) {
    float maximum = a > b ? a : b;
    return a != a ? a : maximum;
}

static bool is_2x2(const weft_window *w) {
    return w->kernel.height == 2 && w->kernel.width == 2 && w->stride.height == 2 &&
           w->stride.width == 2 && w->dilation.height == 1 && w->dilation.width == 1 &&
           w->pad.height == 0 && w->pad.width == 0 && 2 * w->out.height <= w->in.height &&
           2 * w->out.width <= w->in.width;
}

/* ---- a walk over the images, positions and blocks of channels of a map ------------------------ */

typedef struct walk {
    weft_sides map;
    size_t images, channels;
    size_t image, row, column, channel;
    size_t width; /* channels of the block at hand */
} walk;

static walk walk_begin(const weft_window *w, weft_sides map) {
    return (walk){.map = map,
                  .images = w->images,
                  .channels = w->channels,
                  .width = weft_smaller(BLOCK, w->channels)};
}

static bool walk_goes_on(const walk *at) {
    return at->image < at->images;
}

static void walk_step(walk *at) {
    at->channel += BLOCK;
    if (at->channel >= at->channels) {
        at->channel = 0;
        at->column++;
    }
    if (at->column == at->map.width) {
        at->column = 0;
        at->row++;
    }
    if (at->row == at->map.height) {
        at->row = 0;
        at->image++;
    }
    at->width = weft_smaller(BLOCK, at->channels - at->channel);
}

static size_t walk_here(const walk *at) {
    size_t position = (at->image * at->map.height + at->row) * at->map.width + at->column;
    return position * at->channels + at->channel;
}

/* The same image and channel at the first position of another map. */
static size_t walk_image(const walk *at, weft_sides other) {
    return at->image * other.height * other.width * at->channels + at->channel;
}

#define WEFT_BODY "learn/kernel/pool_body.h"
#include "learn/kernel/each_type.h"

void weft_max_pool_forward(const weft_window *window, weft_type type, const void *x, void *y,
                           uint8_t *winner) {
    switch (type) {
    case WEFT_F32:
        max_forward_f32(window, x, y, winner);
        return;
    case WEFT_BF16:
        max_forward_bf16(window, x, y, winner);
        return;
    }
}

void weft_max_pool_backward(const weft_window *window, weft_type type, const void *dy,
                            const uint8_t *winner, void *dx) {
    switch (type) {
    case WEFT_F32:
        max_backward_f32(window, dy, winner, dx);
        return;
    case WEFT_BF16:
        max_backward_bf16(window, dy, winner, dx);
        return;
    }
}

void weft_average_pool_forward(const weft_window *window, weft_type type, const void *x, void *y) {
    switch (type) {
    case WEFT_F32:
        average_forward_f32(window, x, y);
        return;
    case WEFT_BF16:
        average_forward_bf16(window, x, y);
        return;
    }
}

void weft_average_pool_backward(const weft_window *window, weft_type type, const void *dy,
                                void *dx) {
    switch (type) {
    case WEFT_F32:
        average_backward_f32(window, dy, dx);
        return;
    case WEFT_BF16:
        average_backward_bf16(window, dy, dx);
        return;
    }
}

void weft_inside_pool_forward(const weft_window *window, weft_type type, const void *x, void *y) {
    switch (type) {
    case WEFT_F32:
        inside_forward_f32(window, x, y);
        return;
    case WEFT_BF16:
        inside_forward_bf16(window, x, y);
        return;
    }
}

void weft_inside_pool_backward(const weft_window *window, weft_type type, const void *dy,
                               void *dx) {
    switch (type) {
    case WEFT_F32:
        inside_backward_f32(window, dy, dx);
        return;
    case WEFT_BF16:
        inside_backward_bf16(window, dy, dx);
        return;
    }
}

void weft_adaptive_pool_forward(const weft_window *window, weft_type type, const void *x, void *y) {
    switch (type) {
    case WEFT_F32:
        adaptive_forward_f32(window, x, y);
        return;
    case WEFT_BF16:
        adaptive_forward_bf16(window, x, y);
        return;
    }
}

void weft_adaptive_pool_backward(const weft_window *window, weft_type type, const void *dy,
                                 void *dx) {
    switch (type) {
    case WEFT_F32:
        adaptive_backward_f32(window, dy, dx);
        return;
    case WEFT_BF16:
        adaptive_backward_bf16(window, dy, dx);
        return;
    }
}
