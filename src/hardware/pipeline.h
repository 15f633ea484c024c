/* SPDX-License-Identifier: Apache-2.0
 *
 * When each output pixel of each layer is done, in a pipeline across layers.
 *
 * Layers compute their output pixels one after the other in raster order. Pixel (i, j) of a layer
 * starts when the pixel before it is done and when the last input pixel that it needs is done in
 * every input layer:
 *
 *     F(i,j) = max(F(before), max over inputs of F_in(r(i), c(j))) + t(i,j)            (1)
 *     r(i) = min(row_first + row_step i, height_in - 1),  c(j) likewise
 *
 * with F(before) = 0 for pixel (0, 0), and t one of four constants: the first pixel, the rest of
 * the first row, the first pixel of a later row, all others (what a line buffer must take in
 * differs). The latency is when the last pixel of the last layer is done.
 *
 * (1) costs a step a pixel. It is linear in the (max, +) algebra, so a row is a piecewise linear
 * function of the column with few pieces, and rows soon repeat at a constant interval. pipeline.c
 * computes on pieces and on runs of rows instead, exactly: whole numbers, no rounding.
 */
#ifndef WEFT_HARDWARE_PIPELINE_H
#define WEFT_HARDWARE_PIPELINE_H

#include "base/error.h"

enum { WEFT_PIPE_MAX_INPUTS = 2, WEFT_PIPE_CLASSES = 4 };

/* The class of pixel (i, j): index of weft_pipe_layer.time. */
static inline int weft_pipe_class(int32_t i, int32_t j) {
    return 2 * (i > 0) + (j > 0);
}

/* Where a layer gets its data: see (1). */
typedef struct weft_pipe_edge {
    int32_t layer;         /* a smaller index */
    int32_t height, width; /* of its output */
    int32_t row_first, row_step;
    int32_t column_first, column_step;
} weft_pipe_edge;

typedef struct weft_pipe_layer {
    int32_t height, width; /* of the output */
    int32_t n_inputs;      /* 0: reads the network's input, which is there at time 0 */
    weft_pipe_edge input[WEFT_PIPE_MAX_INPUTS];
    int64_t time[WEFT_PIPE_CLASSES]; /* quanta, >= 0 */
} weft_pipe_layer;

/* F on columns first .. (first of the next piece) - 1 is value + slope (j - first). */
typedef struct weft_piece {
    int32_t first;
    int64_t value, slope;
} weft_piece;

/* Rows row .. row + n_rows - 1: the pieces, each row `period` later than the one before. */
typedef struct weft_run {
    int32_t row, n_rows;
    int64_t period;
    size_t piece;
    int32_t n_pieces;
} weft_run;

/* What a computation leaves behind, and its working memory; kept between computations. */
typedef struct weft_pipeline {
    weft_run *runs;
    size_t n_runs, runs_room;
    weft_piece *pieces;
    size_t n_pieces, pieces_room;
    weft_piece *work[3]; /* one row of each input and their maximum */
    size_t work_room;
    size_t *first_run; /* [n_layers + 1] */
    int32_t *last_row; /* [n_layers]: rows beyond it are needed by nobody; -1: no row is */
    int32_t n_layers, layers_room;
    int32_t last_layer; /* whose last pixel ends the computation */
} weft_pipeline;

/* Makes a pipeline that is all zero, or one of other layers, one of so many. */
weft_status weft_pipeline_fit(weft_pipeline *pipeline, int32_t n_layers,
                              weft_error *error) WEFT_NODISCARD;
void weft_pipeline_destroy(weft_pipeline *pipeline);

/* *latency: when the last pixel of the last layer (the latest, if several layers have no consumer)
 * is done. Allocates only when a network needs more room than any before it on this pipeline. */
weft_status weft_pipeline_run(weft_pipeline *pipeline, const weft_pipe_layer *layers,
                              int64_t *latency, weft_error *error) WEFT_NODISCARD;

/* How many pixels of each layer and class lie on the critical path of the last run, so that
 * sum of count * time = latency. `count` is [n_layers][WEFT_PIPE_CLASSES]. Where a pixel could
 * start at the same moment for two reasons, its own predecessor counts. */
void weft_pipeline_trace(const weft_pipeline *pipeline, const weft_pipe_layer *layers,
                         int64_t (*count)[WEFT_PIPE_CLASSES]);

#endif
