/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/onednn_sample.h"

#include <string.h>

/* The row of the map that row `y` of the output sees; false: it is padding. */
static bool seen(int y, int stride, int pad, int side, size_t *at) {
    int64_t position = (int64_t)y * stride - pad;
    *at = (size_t)position;
    return position >= 0 && position < side;
}

typedef struct sizes {
    size_t pixel, row, image; /* bytes of the map */
} sizes;

static sizes sizes_of(const weft_dnn_geometry *g) {
    sizes s;
    s.pixel = (size_t)g->in_channels * weft_type_size((weft_type)g->type);
    s.row = (size_t)g->in_width * s.pixel;
    s.image = (size_t)g->in_height * s.row;
    return s;
}

static char *sample_row(const weft_dnn_geometry *g, size_t pixel, const char *row, char *to) {
    for (int x = 0; x < g->out_width; x++, to += pixel) {
        size_t column;
        if (row != NULL && seen(x, g->stride_width, g->pad_width, g->in_width, &column)) {
            memcpy(to, row + column * pixel, pixel);
        } else {
            memset(to, 0, pixel);
        }
    }
    return to;
}

void weft_dnn_sample(const weft_dnn_geometry *geometry, const void *map, void *sample) {
    const weft_dnn_geometry *g = geometry;
    sizes s = sizes_of(g);
    const char *from = map;
    char *to = sample;
    for (int n = 0; n < g->batch; n++, from += s.image) {
        for (int y = 0; y < g->out_height; y++) {
            size_t row;
            bool inside = seen(y, g->stride_height, g->pad_height, g->in_height, &row);
            to = sample_row(g, s.pixel, inside ? from + row * s.row : NULL, to);
        }
    }
}

static void spread_row(const weft_dnn_geometry *g, size_t pixel, const char *from, char *row) {
    for (int x = 0; x < g->out_width; x++, from += pixel) {
        size_t column;
        if (seen(x, g->stride_width, g->pad_width, g->in_width, &column)) {
            memcpy(row + column * pixel, from, pixel);
        }
    }
}

void weft_dnn_spread(const weft_dnn_geometry *geometry, const void *sample, void *map) {
    const weft_dnn_geometry *g = geometry;
    sizes s = sizes_of(g);
    const char *from = sample;
    char *to = map;
    memset(to, 0, (size_t)g->batch * s.image);
    for (int n = 0; n < g->batch; n++, to += s.image) {
        for (int y = 0; y < g->out_height; y++, from += (size_t)g->out_width * s.pixel) {
            size_t row;
            if (seen(y, g->stride_height, g->pad_height, g->in_height, &row)) {
                spread_row(g, s.pixel, from, to + row * s.row);
            }
        }
    }
}
