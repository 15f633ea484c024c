/* SPDX-License-Identifier: Apache-2.0
 * See batch.h. A byte becomes a number by a table, as fast as the stores go; images lie planar, and a
 * row is read from all its planes at once, so that what is written is one run. */
#include "learn/batch.h"

#include <string.h>

void weft_normaliser_fill(const weft_dataset *dataset, weft_normaliser *normaliser) {
    normaliser->shape = dataset->info.shape;
    for (int c = 0; c < dataset->info.shape.channels; c++) {
        double mean = (double)dataset->mean[c];
        double deviation = (double)dataset->deviation[c];
        deviation = deviation > 0.0 ? deviation : 1.0;
        for (int byte = 0; byte < 256; byte++) {
            float value = (float)(((double)byte / 255.0 - mean) / deviation);
            normaliser->table[c][byte] = value;
            normaliser->narrow[c][byte] = weft_to_bf16(value);
        }
    }
}

/* ---- filling --------------------------------------------------------------------------------- */

/* The part of a row that comes from the image: n pixels from `first` of each plane, which are `plane`
 * bytes apart, to `out` (n, channels); backwards from `first` when mirrored. And pixels outside, which
 * are black: byte 0. Of either type. */
#define DEFINE_RUNS(name, type)                                                                    \
    static inline void pass_##name(const uint8_t *first, ptrdiff_t step, size_t plane, size_t n,   \
                                   size_t channels, const type(*table)[256], type *out) {          \
        for (size_t x = 0; x < n; x++, first += step) {                                            \
            for (size_t c = 0; c < channels; c++) {                                                \
                out[x * channels + c] = table[c][first[c * plane]];                                \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void copy_##name(const uint8_t *first, ptrdiff_t step, size_t plane, size_t n,          \
                            size_t channels, const type(*table)[256], type *out) {                 \
        if (channels == 1) {                                                                       \
            pass_##name(first, step, plane, n, 1, table, out);                                     \
        } else if (channels == 3) {                                                                \
            pass_##name(first, step, plane, n, 3, table, out);                                     \
        } else {                                                                                   \
            pass_##name(first, step, plane, n, channels, table, out);                              \
        }                                                                                          \
    }                                                                                              \
    static void blacken_##name(size_t n, size_t channels, const type(*table)[256], type *out) {    \
        for (size_t x = 0; x < n; x++) {                                                           \
            for (size_t c = 0; c < channels; c++) {                                                \
                out[x * channels + c] = table[c][0];                                               \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_RUNS(f32, float)
DEFINE_RUNS(bf16, weft_bf16)

static int clamp(int value, int lower, int upper) {
    return value < lower ? lower : value > upper ? upper : value;
}

/* A row of the result: black, n pixels of the image, black. */
typedef struct run {
    size_t before, n, after;
    ptrdiff_t first; /* place in its row of the pixel that is written first */
    ptrdiff_t step;  /* 1, or -1 when mirrored */
} run;

static run find_run(const weft_view *view, int width) {
    int first = clamp(view->right, 0, width); /* in the moved image, before it is mirrored */
    int end = clamp(width + view->right, first, width);
    return (run){
        .before = (size_t)(view->flip ? width - end : first),
        .n = (size_t)(end - first),
        .after = (size_t)(view->flip ? first : width - end),
        .first = (view->flip ? end - 1 : first) - view->right,
        .step = view->flip ? -1 : 1,
    };
}

/* `row`: of the first plane; NULL: above or below the image. */
#define DEFINE_ROW(name, type)                                                                     \
    static void row_##name(const uint8_t *row, const run *r, size_t plane, size_t channels,        \
                           const type(*table)[256], type *out) {                                   \
        if (row == NULL || r->n == 0) {                                                            \
            blacken_##name(r->before + r->n + r->after, channels, table, out);                     \
            return;                                                                                \
        }                                                                                          \
        blacken_##name(r->before, channels, table, out);                                           \
        out += r->before * channels;                                                               \
        copy_##name(row + r->first, r->step, plane, r->n, channels, table, out);                   \
        blacken_##name(r->after, channels, table, out + r->n * channels);                          \
    }

DEFINE_ROW(f32, float)
DEFINE_ROW(bf16, weft_bf16)

/* The mean is 0 behind the normaliser, and 0 has the same bytes in both types. */
static void cut_out(const weft_view *view, weft_shape s, size_t value, unsigned char *input) {
    int top = clamp(view->cut_top, 0, s.height), left = clamp(view->cut_left, 0, s.width);
    int bottom = clamp(view->cut_top + view->cut, top, s.height);
    int right = clamp(view->cut_left + view->cut, left, s.width);
    size_t pixel = (size_t)s.channels * value;
    for (int y = top; y < bottom; y++) {
        memset(input + ((size_t)y * (size_t)s.width + (size_t)left) * pixel, 0,
               (size_t)(right - left) * pixel);
    }
}

void weft_view_fill(const weft_normaliser *normaliser, const uint8_t *pixels, const weft_view *view,
                    weft_type type, void *input) {
    const weft_shape s = normaliser->shape;
    const size_t channels = (size_t)s.channels, width = (size_t)s.width;
    const size_t plane = (size_t)s.height * width;
    const run r = find_run(view, s.width);
    for (int y = 0; y < s.height; y++) {
        int from = y - view->down;
        const uint8_t *row = from >= 0 && from < s.height ? pixels + (size_t)from * width : NULL;
        size_t at = (size_t)y * width * channels;
        if (type == WEFT_F32) {
            row_f32(row, &r, plane, channels, normaliser->table, (float *)input + at);
        } else {
            row_bf16(row, &r, plane, channels, normaliser->narrow, (weft_bf16 *)input + at);
        }
    }
    cut_out(view, s, weft_type_size(type), input);
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* Words of the stream that a crop and a flip take: two numbers of 64 bits and one of 32. (A number in
 * 0 .. n - 1 is drawn again where bias asks for it: with n below 2^12, once in 2^52 draws; the image
 * then takes a word of the next one's, which does no harm.) */
enum { CROP_WORDS = 4, FLIP_WORDS = 1, CUT_WORDS = 4 };

static void draw_crop_and_flip(const weft_augmentation *a, uint64_t seed, uint64_t epoch,
                               uint64_t place, weft_view *view) {
    uint64_t words = (a->crop_pad > 0 ? CROP_WORDS : 0) + (a->flip ? FLIP_WORDS : 0);
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_AUGMENT, epoch);
    weft_rng_skip(&rng, place * words);
    if (a->crop_pad > 0) {
        uint64_t places = 2 * (uint64_t)a->crop_pad + 1;
        view->down = (int)weft_rng_below(&rng, places) - a->crop_pad;
        view->right = (int)weft_rng_below(&rng, places) - a->crop_pad;
    }
    view->flip = a->flip && (weft_rng_u32(&rng) & 1U) != 0;
}

weft_view weft_view_draw(const weft_augmentation *augmentation, weft_shape shape, uint64_t seed,
                         uint64_t epoch, uint64_t place) {
    weft_view view = {0};
    if (augmentation->crop_pad > 0 || augmentation->flip) {
        draw_crop_and_flip(augmentation, seed, epoch, place, &view);
    }
    if (augmentation->cut > 0) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_CUT, epoch);
        weft_rng_skip(&rng, place * CUT_WORDS);
        view.cut = augmentation->cut;
        view.cut_top = (int)weft_rng_below(&rng, (uint64_t)shape.height) - view.cut / 2;
        view.cut_left = (int)weft_rng_below(&rng, (uint64_t)shape.width) - view.cut / 2;
    }
    return view;
}
