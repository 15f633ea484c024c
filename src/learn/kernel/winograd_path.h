/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner loops of Winograd's filtering, for one kind of CPU. Channels go in chunks of 16, one
 * vector of f32. Which channels a chunk holds is the path's affair: two chunks of bf16 that lie side by
 * side are taken apart as even and odd channels, which costs less than to widen each. Of the 16
 * positions of a tile, (i, j) is row i and column j. A line is 64 bytes.
 *
 * What forward and backward data multiply:
 *     inputs    v[tile][i][chunk][j][16], a tile `step` values behind another
 *     weights   u[chunk of y][i][chunk of x][pair][j][16 of y][pair]: pairs of channels of x, which the
 *               CPU's products of bf16 add up; for f32 each channel for itself
 * What backward weights multiplies, lines of a pair of tiles for bf16 and of one tile for f32:
 *     inputs    v[i j][chunk][line][16][pair], gradients w[i j][chunk][line][16][pair],
 *     sums      z[i j][chunk of x][chunk of y][16 of x][16 of y] in f32 */
#ifndef WEFT_LEARN_KERNEL_WINOGRAD_PATH_H
#define WEFT_LEARN_KERNEL_WINOGRAD_PATH_H

#include "learn/kernel/winograd.h"

enum {
    WEFT_WINOGRAD_LANES = 16,     /* channels of a chunk */
    WEFT_WINOGRAD_GROUP = 3,      /* tiles that are multiplied at once */
    WEFT_WINOGRAD_POSITIONS = 16, /* of a tile */
    WEFT_WINOGRAD_SUMS = 256,     /* floats of z for each pair of chunks */
    WEFT_WINOGRAD_WEIGHTS = 1024, /* values of u for each pair of chunks and i */
};

/* A piece of a row of tiles: the rows of the map that it sees, and the column of them at which its
 * first tile begins. Rows outside of the map are rows of zeros; columns outside are not read. */
typedef struct weft_winograd_strip {
    const void *row[4];
    long first;
    size_t columns;  /* of the map */
    size_t channels; /* of the map: values from one column to the next */
} weft_winograd_strip;

/* Where a tile's results go: its upper left one. */
typedef struct weft_winograd_tile {
    void *y;           /* NULL: nowhere */
    bool right, below; /* whether its second column and row are on the map */
} weft_winograd_tile;

/* Tiles that are multiplied together. */
typedef struct weft_winograd_block {
    void *v;
    size_t step, chunks;
    weft_winograd_tile *tiles;
    size_t n;           /* a multiple of WEFT_WINOGRAD_GROUP */
    size_t column, row; /* values from one column and row of y to the next */
} weft_winograd_block;

typedef struct weft_winograd_path {
    /* The channel of a lane of a chunk. */
    size_t (*channel)(size_t channels, size_t chunk, size_t lane);
    /* B' d B of n tiles. */
    void (*spread)(const weft_winograd_strip *x, size_t n, void *v, size_t step);
    /* y = A' m A + bias of one chunk; bias may be NULL. */
    void (*convolve)(const weft_winograd_block *block, const void *u, size_t chunk,
                     const float *bias);
    /* B' d B of n pairs of tiles, and A dy A' of two rows of results with the sign of its last row and
     * column turned: `chunk` values from one chunk to the next, `step` from one position to the next.
     * The sums of all dy are added to sum, in the order of the chunks. */
    void (*spread_pairs)(const weft_winograd_strip *x, size_t n, void *v, size_t chunk,
                         size_t step);
    void (*spread_gradient)(const weft_winograd_strip *dy, size_t n, void *w, size_t chunk,
                            size_t step, float *sum);
    /* z += sum over lines of v w' for one position and one pair of chunks. */
    void (*accumulate)(const void *v, const void *w, size_t lines, float *z);
} weft_winograd_path;

/* NULL: this CPU has none. */
const weft_winograd_path *weft_winograd_path_of(weft_type type);

#endif
