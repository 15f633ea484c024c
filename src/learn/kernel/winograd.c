/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles are worked on in blocks whose transformed values stay in the second-level cache. A row of tiles
 * is cut into equal strips where it is longer than a block; a block is some strips, one behind another
 * through all images. */
#include "learn/kernel/winograd.h"

#include <string.h>

#include "learn/kernel/inner.h"
#include "learn/kernel/winograd_path.h"

enum {
    LANES = WEFT_WINOGRAD_LANES,
    GROUP = WEFT_WINOGRAD_GROUP,
    POSITIONS = WEFT_WINOGRAD_POSITIONS,
    SIDE = 2,                /* results of a tile */
    MOST_TILES = 60,         /* of a block that is multiplied: a multiple of GROUP */
    BLOCK_BYTES = 512 * 1024 /* of a block of backward weights, about */
};

/* One convolution as it runs: backward data is one from dy to dx. */
typedef struct task {
    const weft_winograd_path *path;
    weft_type type;
    size_t size; /* bytes of a value */
    size_t images, in_channels, out_channels;
    weft_sides in, out, pad;
    weft_sides tiles;
    size_t strips;              /* of a row of tiles */
    size_t length;              /* tiles of a strip; the last may be shorter */
    size_t together;            /* strips of a block */
    const unsigned char *zeros; /* a row of the wider map */
} task;

/* One strip: tiles from (row, column) on. */
typedef struct strip {
    size_t image, row, column, n;
} strip;

static size_t rounded(size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}

static task task_make(const weft_winograd *layer) {
    return (task){
        .path = weft_winograd_path_of(layer->type),
        .type = layer->type,
        .size = weft_type_size(layer->type),
        .images = layer->images,
        .in_channels = layer->in_channels,
        .out_channels = layer->out_channels,
        .in = layer->in,
        .out = layer->out,
        .pad = layer->pad,
        .tiles = {(layer->out.height + SIDE - 1) / SIDE, (layer->out.width + SIDE - 1) / SIDE},
    };
}

static task task_back(const weft_winograd *layer) {
    weft_winograd back = *layer;
    back.in = layer->out;
    back.out = layer->in;
    back.in_channels = layer->out_channels;
    back.out_channels = layer->in_channels;
    back.pad = (weft_sides){2 - layer->pad.height, 2 - layer->pad.width};
    return task_make(&back);
}

static size_t strips_in_all(const task *k) {
    return k->images * k->tiles.height * k->strips;
}

static strip strip_at(const task *k, size_t i) {
    strip s = {.column = i % k->strips * k->length};
    s.row = i / k->strips % k->tiles.height;
    s.image = i / k->strips / k->tiles.height;
    s.n = weft_smaller(k->length, k->tiles.width - s.column);
    return s;
}

static const void *row_of(const task *k, const void *map, weft_sides sides, size_t channels,
                          size_t image, long row) {
    if (row < 0 || row >= (long)sides.height) {
        return k->zeros;
    }
    size_t at = (image * sides.height + (size_t)row) * sides.width * channels;
    return (const unsigned char *)map + at * k->size;
}

/* What the tiles of a strip see. */
static weft_winograd_strip inputs_of(const task *k, const void *x, const strip *s) {
    weft_winograd_strip seen = {.columns = k->in.width, .channels = k->in_channels};
    seen.first = (long)(s->column * SIDE) - (long)k->pad.width;
    long first = (long)(s->row * SIDE) - (long)k->pad.height;
    for (int r = 0; r < 4; r++) {
        seen.row[r] = row_of(k, x, k->in, k->in_channels, s->image, first + r);
    }
    return seen;
}

static size_t zero_bytes(const task *k) {
    size_t in = k->in.width * k->in_channels, out = k->out.width * k->out_channels;
    return rounded((in > out ? in : out) * k->size, 64);
}

static unsigned char *lay_zeros(task *k, void *scratch) {
    size_t bytes = zero_bytes(k);
    memset(scratch, 0, bytes);
    k->zeros = scratch;
    return (unsigned char *)scratch + bytes;
}

/* ---- forward and backward data ---------------------------------------------------------------- */

/* Blocks of which as little as can be is multiplied in vain, the largest of those. */
static void cut_multiplied(task *k) {
    k->strips = (k->tiles.width + MOST_TILES - 1) / MOST_TILES;
    k->length = (k->tiles.width + k->strips - 1) / k->strips;
    k->together = 1;
    for (size_t n = 2; n * k->length <= MOST_TILES; n++) {
        size_t now = n * k->length, then = k->together * k->length;
        if (rounded(now, GROUP) * then <= rounded(then, GROUP) * now) {
            k->together = n;
        }
    }
}

static size_t block_tiles(const task *k) {
    return rounded(k->together * k->length, GROUP);
}

/* Values from one tile of v to the next: no power of two, or tiles would share lines of the cache. */
static size_t tile_step(const task *k) {
    return POSITIONS * k->in_channels + 64 / k->size;
}

/* Tiles are looked at some time before their turn: there are more of them than the block has. */
static size_t tile_bytes(const task *k) {
    return rounded((block_tiles(k) + GROUP) * sizeof(weft_winograd_tile), 64);
}

static size_t multiplied_scratch(task k) {
    cut_multiplied(&k);
    return zero_bytes(&k) + tile_bytes(&k) + block_tiles(&k) * tile_step(&k) * k.size;
}

/* Of all strips of a block, the tiles' inputs. */
static void spread_block(const task *k, const void *x, size_t first, size_t n, unsigned char *v) {
    for (size_t i = first; i < first + n; i++) {
        strip s = strip_at(k, i);
        weft_winograd_strip seen = inputs_of(k, x, &s);
        k->path->spread(&seen, s.n, v, tile_step(k));
        v += s.n * tile_step(k) * k->size;
    }
}

/* Where their results go; behind the last tile there is nothing to write. Returns their number. */
static size_t aim_block(const task *k, void *y, size_t first, size_t n, weft_winograd_tile *tiles) {
    size_t end = 0;
    for (size_t i = first; i < first + n; i++) {
        strip s = strip_at(k, i);
        size_t row = s.image * k->out.height + s.row * SIDE;
        for (size_t t = 0; t < s.n; t++) {
            size_t column = (s.column + t) * SIDE;
            size_t at = (row * k->out.width + column) * k->out_channels * k->size;
            tiles[end++] = (weft_winograd_tile){
                .y = (unsigned char *)y + at,
                .right = column + 1 < k->out.width,
                .below = s.row * SIDE + 1 < k->out.height,
            };
        }
    }
    memset(tiles + end, 0, (rounded(end, GROUP) + GROUP - end) * sizeof *tiles);
    return end;
}

static void convolve(task k, const void *x, const void *packed, const float *bias, void *y,
                     void *scratch) {
    cut_multiplied(&k);
    weft_winograd_block b = {
        .v = lay_zeros(&k, scratch),
        .step = tile_step(&k),
        .chunks = k.in_channels / LANES,
        .column = k.out_channels,
        .row = k.out_channels * k.out.width,
    };
    size_t bytes = block_tiles(&k) * tile_step(&k) * k.size;
    b.tiles = (weft_winograd_tile *)(void *)((unsigned char *)b.v + bytes);
    size_t chunk_bytes = 4 * b.chunks * WEFT_WINOGRAD_WEIGHTS * k.size;
    for (size_t i = 0, all = strips_in_all(&k); i < all; i += k.together) {
        size_t n = weft_smaller(k.together, all - i);
        size_t tiles = aim_block(&k, y, i, n, b.tiles);
        b.n = rounded(tiles, GROUP);
        spread_block(&k, x, i, n, b.v);
        memset((unsigned char *)b.v + tiles * b.step * k.size, 0, (b.n - tiles) * b.step * k.size);
        for (size_t c = 0; c < k.out_channels / LANES; c++) {
            k.path->convolve(&b, (const unsigned char *)packed + c * chunk_bytes, c,
                             bias != NULL ? bias + c * LANES : NULL);
        }
    }
}

/* ---- backward weights ------------------------------------------------------------------------- */

/* Strips of even lengths, so that every pair of tiles is of one strip; what a last pair has too many
 * has no dy. */
static void cut_paired(task *k) {
    size_t bytes = POSITIONS * k->size * (k->in_channels + k->out_channels);
    size_t most = BLOCK_BYTES / bytes / 2 * 2;
    most = most > 8 ? most : 8;
    k->strips = (k->tiles.width + most - 1) / most;
    k->length = rounded((k->tiles.width + k->strips - 1) / k->strips, 2);
    k->strips = (k->tiles.width + k->length - 1) / k->length;
    k->together = weft_smaller(most / k->length, strips_in_all(k));
    k->together = k->together > 0 ? k->together : 1;
}

/* Values of one chunk of one position, and from one position to the next. */
static size_t paired_chunk(const task *k) {
    return k->together * k->length * LANES;
}

static size_t position_step(const task *k, size_t channels) {
    return channels / LANES * paired_chunk(k) + 64 / k->size;
}

static size_t sums_of(const task *k) {
    return POSITIONS * k->in_channels * k->out_channels;
}

static size_t paired_scratch(task k) {
    cut_paired(&k);
    return zero_bytes(&k) +
           POSITIONS * k.size *
               (position_step(&k, k.in_channels) + position_step(&k, k.out_channels)) +
           (sums_of(&k) + k.out_channels) * sizeof(float);
}

typedef struct sums {
    unsigned char *v, *w;
    float *z, *bias;
} sums;

/* Two rows of results. */
static weft_winograd_strip gradients_of(const task *k, const void *dy, const strip *s) {
    weft_winograd_strip seen = {.columns = k->out.width, .channels = k->out_channels};
    seen.first = (long)(s->column * SIDE);
    for (long r = 0; r < SIDE; r++) {
        seen.row[r] = row_of(k, dy, k->out, k->out_channels, s->image, (long)(s->row * SIDE) + r);
    }
    return seen;
}

/* Returns the values of each chunk. */
static size_t spread_pairs(const task *k, const void *x, const void *dy, size_t first, size_t n,
                           const sums *at) {
    size_t end = 0, chunk = paired_chunk(k);
    for (size_t i = first; i < first + n; i++) {
        strip s = strip_at(k, i);
        weft_winograd_strip seen = inputs_of(k, x, &s), given = gradients_of(k, dy, &s);
        size_t pairs = (s.n + 1) / 2;
        k->path->spread_pairs(&seen, pairs, at->v + end * k->size, chunk,
                              position_step(k, k->in_channels));
        k->path->spread_gradient(&given, pairs, at->w + end * k->size, chunk,
                                 position_step(k, k->out_channels), at->bias);
        end += pairs * 2 * LANES;
    }
    return end;
}

static void accumulate_block(const task *k, size_t values, const sums *at) {
    size_t chunk = paired_chunk(k) * k->size, lines = values * k->size / 64;
    size_t v_step = position_step(k, k->in_channels) * k->size;
    size_t w_step = position_step(k, k->out_channels) * k->size;
    float *z = at->z;
    for (size_t position = 0; position < POSITIONS; position++) {
        for (size_t c = 0; c < k->in_channels / LANES; c++) {
            for (size_t o = 0; o < k->out_channels / LANES; o++, z += WEFT_WINOGRAD_SUMS) {
                k->path->accumulate(at->v + position * v_step + c * chunk,
                                    at->w + position * w_step + o * chunk, lines, z);
            }
        }
    }
}

/* G' z G of 16 filters, with the signs that the last row and column of z have turned:
 * m (4 x 4 positions) to g (3 x 3). */
WEFT_CLONES
static void finish_filters(const float *z, size_t step, float g[9][LANES]) {
    for (size_t l = 0; l < LANES; l++) {
        float rows[3][4];
        for (size_t j = 0; j < 4; j++) {
            float m0 = z[j * step + l], m1 = z[(4 + j) * step + l];
            float m2 = z[(8 + j) * step + l], m3 = z[(12 + j) * step + l];
            rows[0][j] = m0 + 0.5F * (m1 + m2);
            rows[1][j] = 0.5F * (m1 - m2);
            rows[2][j] = 0.5F * (m1 + m2) - m3;
        }
        for (size_t r = 0; r < 3; r++) {
            const float *m = rows[r];
            g[3 * r][l] = m[0] + 0.5F * (m[1] + m[2]);
            g[3 * r + 1][l] = 0.5F * (m[1] - m[2]);
            g[3 * r + 2][l] = 0.5F * (m[1] + m[2]) - m[3];
        }
    }
}

static void finish_chunks(const task *k, const float *z, size_t c, size_t o, float *dweight) {
    float g[9][LANES];
    for (size_t i = 0; i < LANES; i++, z += LANES) {
        size_t in = k->path->channel(k->in_channels, c, i);
        finish_filters(z, k->in_channels * k->out_channels, g);
        for (size_t l = 0; l < LANES; l++) {
            size_t out = k->path->channel(k->out_channels, o, l);
            float *filter = dweight + (out * k->in_channels + in) * 9;
            for (size_t t = 0; t < 9; t++) {
                filter[t] = g[t][l];
            }
        }
    }
}

static void finish(const task *k, const sums *at, float *dweight, float *dbias) {
    const float *z = at->z;
    for (size_t c = 0; c < k->in_channels / LANES; c++) {
        for (size_t o = 0; o < k->out_channels / LANES; o++, z += WEFT_WINOGRAD_SUMS) {
            finish_chunks(k, z, c, o, dweight);
        }
    }
    for (size_t i = 0; dbias != NULL && i < k->out_channels; i++) {
        dbias[k->path->channel(k->out_channels, i / LANES, i % LANES)] = at->bias[i];
    }
}

/* ---- the outside ------------------------------------------------------------------------------ */

bool weft_winograd_serves(const weft_winograd *layer) {
    const weft_winograd *l = layer;
    return weft_winograd_path_of(l->type) != NULL && l->in_channels % LANES == 0 &&
           l->out_channels % LANES == 0 && l->pad.height <= 2 && l->pad.width <= 2 &&
           l->out.height + 2 == l->in.height + 2 * l->pad.height &&
           l->out.width + 2 == l->in.width + 2 * l->pad.width;
}

size_t weft_winograd_packed(const weft_winograd *layer) {
    return POSITIONS * layer->in_channels * layer->out_channels * weft_type_size(layer->type);
}

size_t weft_winograd_scratch(const weft_winograd *layer) {
    size_t forward = multiplied_scratch(task_make(layer));
    size_t back = multiplied_scratch(task_back(layer));
    size_t weights = paired_scratch(task_make(layer));
    size_t most = forward > back ? forward : back;
    return most > weights ? most : weights;
}

void weft_winograd_forward(const weft_winograd *layer, const void *x, const void *packed,
                           const float *bias, void *y, void *scratch) {
    convolve(task_make(layer), x, packed, bias, y, scratch);
}

void weft_winograd_backward_data(const weft_winograd *layer, const void *dy, const void *packed,
                                 void *dx, void *scratch) {
    convolve(task_back(layer), dy, packed, NULL, dx, scratch);
}

void weft_winograd_backward_weights(const weft_winograd *layer, const void *x, const void *dy,
                                    float *dweight, float *dbias, void *scratch) {
    task k = task_make(layer);
    cut_paired(&k);
    sums at = {.v = lay_zeros(&k, scratch)};
    at.w = at.v + POSITIONS * position_step(&k, k.in_channels) * k.size;
    at.z = (float *)(void *)(at.w + POSITIONS * position_step(&k, k.out_channels) * k.size);
    at.bias = at.z + sums_of(&k);
    memset(at.z, 0, (sums_of(&k) + k.out_channels) * sizeof *at.z);
    for (size_t i = 0, all = strips_in_all(&k); i < all; i += k.together) {
        size_t n = weft_smaller(k.together, all - i);
        accumulate_block(&k, spread_pairs(&k, x, dy, i, n, &at), &at);
    }
    finish(&k, &at, dweight, dbias);
}
