/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of pool.c over values of one type. Each makes `width` channels (at most BLOCK) of one
 * position. */

/* ---- forward --------------------------------------------------------------------------------- */

/* x: the first of the channels at the first position of the image. */
WEFT_CLONES static void TYPED(max_at)(const weft_window *w, view v, const VALUE *x, size_t width,
                                      VALUE *y, uint8_t *winner) {
    float best[BLOCK];
    uint8_t number[BLOCK];
    for (size_t c = 0; c < width; c++) {
        best[c] = -INFINITY;
        number[c] = (uint8_t)(v.rows.first * w->kernel.width + v.columns.first);
    }
    for (size_t r = v.rows.first; r < v.rows.end; r++) {
        for (size_t s = v.columns.first; s < v.columns.end; s++) {
            const VALUE *a = x + place_of(w, v, r, s) * w->channels;
            uint8_t k = (uint8_t)(r * w->kernel.width + s);
#pragma omp simd
            for (size_t c = 0; c < width; c++) {
                float value = WIDE(a[c]);
                bool wins = value > best[c] || value != value;
                best[c] = wins ? value : best[c];
                number[c] = wins ? k : number[c];
            }
        }
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        y[c] = NARROW(best[c]);
    }
    if (winner != NULL) {
        memcpy(winner, number, width);
    }
}

/* total += a row of the window; rows are summed apart, so that large windows lose few digits. */
WEFT_INLINE void TYPED(add_row)(const weft_window *w, view v, const VALUE *x, size_t r,
                                size_t width, float *total) {
    float sum[BLOCK] = {0.0F};
    for (size_t s = v.columns.first; s < v.columns.end; s++) {
        const VALUE *a = x + place_of(w, v, r, s) * w->channels;
#pragma omp simd
        for (size_t c = 0; c < width; c++) {
            sum[c] += WIDE(a[c]);
        }
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        total[c] += sum[c];
    }
}

WEFT_CLONES static void TYPED(average_at)(const weft_window *w, view v, float share, const VALUE *x,
                                          size_t width, VALUE *y) {
    float total[BLOCK] = {0.0F};
    for (size_t r = v.rows.first; r < v.rows.end; r++) {
        TYPED(add_row)(w, v, x, r, width, total);
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        y[c] = NARROW(total[c] * share);
    }
}

/* ---- backward -------------------------------------------------------------------------------- */

/* The gradient of an input is gathered from the outputs that see it: dy and winner begin at the first
 * position of the image. */
WEFT_CLONES static void TYPED(max_gradient_at)(const weft_window *w, size_t row, size_t column,
                                               const VALUE *dy, const uint8_t *winner, size_t width,
                                               VALUE *dx) {
    float sum[BLOCK] = {0.0F};
    for (size_t r = 0; r < w->kernel.height; r++) {
        size_t p = seen_from(row, r, w->stride.height, w->dilation.height, w->pad.height);
        if (p >= w->out.height) {
            continue;
        }
        for (size_t s = 0; s < w->kernel.width; s++) {
            size_t q = seen_from(column, s, w->stride.width, w->dilation.width, w->pad.width);
            if (q >= w->out.width) {
                continue;
            }
            size_t at = (p * w->out.width + q) * w->channels;
            uint8_t k = (uint8_t)(r * w->kernel.width + s);
#pragma omp simd
            for (size_t c = 0; c < width; c++) {
                float g = WIDE(dy[at + c]);
                sum[c] += winner[at + c] == k ? g : 0.0F;
            }
        }
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        dx[c] = NARROW(sum[c]);
    }
}

WEFT_CLONES static void TYPED(average_gradient_at)(const weft_window *w, size_t row, size_t column,
                                                   float share, const VALUE *dy, size_t width,
                                                   VALUE *dx) {
    float sum[BLOCK] = {0.0F};
    for (size_t r = 0; r < w->kernel.height; r++) {
        size_t p = seen_from(row, r, w->stride.height, w->dilation.height, w->pad.height);
        if (p >= w->out.height) {
            continue;
        }
        for (size_t s = 0; s < w->kernel.width; s++) {
            size_t q = seen_from(column, s, w->stride.width, w->dilation.width, w->pad.width);
            if (q >= w->out.width) {
                continue;
            }
            const VALUE *a = dy + (p * w->out.width + q) * w->channels;
#pragma omp simd
            for (size_t c = 0; c < width; c++) {
                sum[c] += WIDE(a[c]);
            }
        }
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        dx[c] = NARROW(sum[c] * share);
    }
}

/* The outputs that see an input each have a share of their own. */
WEFT_CLONES static void TYPED(inside_gradient_at)(const weft_window *w, size_t row, size_t column,
                                                  const VALUE *dy, size_t width, VALUE *dx) {
    float sum[BLOCK] = {0.0F};
    for (size_t r = 0; r < w->kernel.height; r++) {
        size_t p = seen_from(row, r, w->stride.height, w->dilation.height, w->pad.height);
        if (p >= w->out.height) {
            continue;
        }
        for (size_t s = 0; s < w->kernel.width; s++) {
            size_t q = seen_from(column, s, w->stride.width, w->dilation.width, w->pad.width);
            if (q >= w->out.width) {
                continue;
            }
            float share = share_of(window_view(w, p, q));
            const VALUE *a = dy + (p * w->out.width + q) * w->channels;
#pragma omp simd
            for (size_t c = 0; c < width; c++) {
                sum[c] += WIDE(a[c]) * share;
            }
        }
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        dx[c] = NARROW(sum[c]);
    }
}

/* The outputs of an adaptive pool that see an input stand side by side, each with its share. */
WEFT_CLONES static void TYPED(adaptive_gradient_at)(const weft_window *w, size_t row, size_t column,
                                                    const VALUE *dy, size_t width, VALUE *dx) {
    float sum[BLOCK] = {0.0F};
    span rows = adaptive_outputs(row, w->in.height, w->out.height);
    span columns = adaptive_outputs(column, w->in.width, w->out.width);
    for (size_t p = rows.first; p < rows.end; p++) {
        for (size_t q = columns.first; q < columns.end; q++) {
            float share = share_of(adaptive_view(w, p, q));
            const VALUE *a = dy + (p * w->out.width + q) * w->channels;
#pragma omp simd
            for (size_t c = 0; c < width; c++) {
                sum[c] += WIDE(a[c]) * share;
            }
        }
    }
#pragma omp simd
    for (size_t c = 0; c < width; c++) {
        dx[c] = NARROW(sum[c]);
    }
}

/* ---- 2 x 2, stride 2 -------------------------------------------------------------------------- */

/* One row of outputs from two rows of inputs. The winner is found after the maximum: comparisons
 * one by one, which the compiler can do for many channels at once. */
WEFT_CLONES static void TYPED(max_row_2x2)(const VALUE *upper, const VALUE *lower, VALUE *y,
                                           uint8_t *winner, size_t out_width, size_t channels) {
    for (size_t q = 0; q < out_width; q++, y += channels, winner += channels) {
        const VALUE *a = upper + 2 * q * channels, *b = a + channels;
        const VALUE *c = lower + 2 * q * channels, *d = c + channels;
#pragma omp simd
        for (size_t i = 0; i < channels; i++) {
            float best = larger(larger(WIDE(a[i]), WIDE(b[i])), larger(WIDE(c[i]), WIDE(d[i])));
            uint8_t number = WIDE(d[i]) == best ? 3 : 0;
            number = WIDE(c[i]) == best ? 2 : number;
            number = WIDE(b[i]) == best ? 1 : number;
            number = WIDE(a[i]) == best ? 0 : number;
            y[i] = NARROW(best);
            winner[i] = number;
        }
    }
}

WEFT_CLONES static void TYPED(max_gradient_row_2x2)(const VALUE *dy, const uint8_t *winner,
                                                    VALUE *upper, VALUE *lower, size_t out_width,
                                                    size_t channels) {
    for (size_t q = 0; q < out_width; q++, dy += channels, winner += channels) {
        VALUE *a = upper + 2 * q * channels, *b = a + channels;
        VALUE *c = lower + 2 * q * channels, *d = c + channels;
#pragma omp simd
        for (size_t i = 0; i < channels; i++) {
            VALUE g = dy[i], zero = NARROW(0.0F);
            a[i] = winner[i] == 0 ? g : zero;
            b[i] = winner[i] == 1 ? g : zero;
            c[i] = winner[i] == 2 ? g : zero;
            d[i] = winner[i] == 3 ? g : zero;
        }
    }
}

static void TYPED(max_2x2)(const weft_window *w, const VALUE *x, VALUE *y, uint8_t *winner) {
    size_t row = w->in.width * w->channels, out_row = w->out.width * w->channels;
    for (size_t n = 0; n < w->images; n++, x += w->in.height * row) {
        for (size_t p = 0; p < w->out.height; p++, y += out_row, winner += out_row) {
            TYPED(max_row_2x2)
            (x + 2 * p * row, x + (2 * p + 1) * row, y, winner, w->out.width, w->channels);
        }
    }
}

/* An odd last row or column is seen by no window. */
static void TYPED(clear_rest)(const weft_window *w, VALUE *image) {
    size_t row = w->in.width * w->channels;
    size_t seen = 2 * w->out.width * w->channels;
    for (size_t r = 0; r < 2 * w->out.height; r++) {
        memset(image + r * row + seen, 0, (row - seen) * sizeof *image);
    }
    size_t rest = w->in.height - 2 * w->out.height;
    memset(image + 2 * w->out.height * row, 0, rest * row * sizeof *image);
}

static void TYPED(max_gradient_2x2)(const weft_window *w, const VALUE *dy, const uint8_t *winner,
                                    VALUE *dx) {
    size_t row = w->in.width * w->channels, out_row = w->out.width * w->channels;
    for (size_t n = 0; n < w->images; n++, dx += w->in.height * row) {
        for (size_t p = 0; p < w->out.height; p++, dy += out_row, winner += out_row) {
            TYPED(max_gradient_row_2x2)
            (dy, winner, dx + 2 * p * row, dx + (2 * p + 1) * row, w->out.width, w->channels);
        }
        TYPED(clear_rest)(w, dx);
    }
}

/* ---- all positions --------------------------------------------------------------------------- */

static void TYPED(max_forward)(const weft_window *w, const VALUE *x, VALUE *y, uint8_t *winner) {
    if (winner != NULL && is_2x2(w)) {
        TYPED(max_2x2)(w, x, y, winner);
        return;
    }
    walk at = walk_begin(w, w->out);
    for (; walk_goes_on(&at); walk_step(&at)) {
        TYPED(max_at)
        (w, window_view(w, at.row, at.column), x + walk_image(&at, w->in), at.width,
         y + walk_here(&at), winner == NULL ? NULL : winner + walk_here(&at));
    }
}

static void TYPED(max_backward)(const weft_window *w, const VALUE *dy, const uint8_t *winner,
                                VALUE *dx) {
    if (is_2x2(w)) {
        TYPED(max_gradient_2x2)(w, dy, winner, dx);
        return;
    }
    walk at = walk_begin(w, w->in);
    for (; walk_goes_on(&at); walk_step(&at)) {
        size_t image = walk_image(&at, w->out);
        TYPED(max_gradient_at)
        (w, at.row, at.column, dy + image, winner + image, at.width, dx + walk_here(&at));
    }
}

static void TYPED(average_forward)(const weft_window *w, const VALUE *x, VALUE *y) {
    float share = 1.0F / (float)(w->kernel.height * w->kernel.width);
    walk at = walk_begin(w, w->out);
    for (; walk_goes_on(&at); walk_step(&at)) {
        TYPED(average_at)
        (w, window_view(w, at.row, at.column), share, x + walk_image(&at, w->in), at.width,
         y + walk_here(&at));
    }
}

static void TYPED(average_backward)(const weft_window *w, const VALUE *dy, VALUE *dx) {
    float share = 1.0F / (float)(w->kernel.height * w->kernel.width);
    walk at = walk_begin(w, w->in);
    for (; walk_goes_on(&at); walk_step(&at)) {
        TYPED(average_gradient_at)
        (w, at.row, at.column, share, dy + walk_image(&at, w->out), at.width, dx + walk_here(&at));
    }
}

static void TYPED(inside_forward)(const weft_window *w, const VALUE *x, VALUE *y) {
    walk at = walk_begin(w, w->out);
    for (; walk_goes_on(&at); walk_step(&at)) {
        view v = window_view(w, at.row, at.column);
        TYPED(average_at)
        (w, v, share_of(v), x + walk_image(&at, w->in), at.width, y + walk_here(&at));
    }
}

static void TYPED(inside_backward)(const weft_window *w, const VALUE *dy, VALUE *dx) {
    walk at = walk_begin(w, w->in);
    for (; walk_goes_on(&at); walk_step(&at)) {
        TYPED(inside_gradient_at)
        (w, at.row, at.column, dy + walk_image(&at, w->out), at.width, dx + walk_here(&at));
    }
}

static void TYPED(adaptive_forward)(const weft_window *w, const VALUE *x, VALUE *y) {
    walk at = walk_begin(w, w->out);
    for (; walk_goes_on(&at); walk_step(&at)) {
        view v = adaptive_view(w, at.row, at.column);
        TYPED(average_at)
        (w, v, share_of(v), x + walk_image(&at, w->in), at.width, y + walk_here(&at));
    }
}

static void TYPED(adaptive_backward)(const weft_window *w, const VALUE *dy, VALUE *dx) {
    walk at = walk_begin(w, w->in);
    for (; walk_goes_on(&at); walk_step(&at)) {
        TYPED(adaptive_gradient_at)
        (w, at.row, at.column, dy + walk_image(&at, w->out), at.width, dx + walk_here(&at));
    }
}
