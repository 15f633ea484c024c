/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of two sequences, head by head: the scores and the sums of attention. A sequence lies as
 * (images, tokens, heads, features), so a head's matrix is strided; a transposed matrix is the same
 * values with its steps exchanged:
 *     C = A B      dA = dC B^T      dB = A^T dC */
#include "learn/kinds.h"

static weft_dnn_matrix transposed(weft_dnn_matrix m) {
    int64_t step = m.row_step;
    m.row_step = m.column_step;
    m.column_step = step;
    return m;
}

/* A sequence of {heads * features, tokens, 1} as matrices (tokens, features). */
static weft_dnn_matrix matrix_of(weft_shape shape, int heads) {
    return (weft_dnn_matrix){
        .image = (int64_t)shape.channels * shape.height,
        .head = shape.channels / heads,
        .row_step = shape.channels,
        .column_step = 1,
    };
}

/* A map may stand for the sequence of its positions: engine_build.c copies none into the other. */
static weft_shape sequence_of(const weft_tensor *tensor) {
    weft_shape s = tensor->shape;
    return (weft_shape){s.channels, s.height * s.width, 1};
}

void weft_matmul_geometries(const weft_engine *engine, const weft_stage *stage,
                            const weft_lane *lane, weft_dnn_matmul_geometry *g) {
    const weft_layer *layer = stage->layer;
    int heads = layer->groups;
    weft_shape a = sequence_of(stage->input[0]), b = sequence_of(stage->input[1]);
    weft_dnn_matrix ma = matrix_of(a, heads), mb = matrix_of(b, heads);
    weft_dnn_matrix mc = matrix_of(layer->out, heads);
    mb = layer->transpose ? transposed(mb) : mb;
    int rows = a.height, inner = a.channels / heads, columns = layer->out.channels / heads;
    const weft_dnn_matmul_geometry common = {
        .type = engine->settings.type,
        .images = lane->images,
        .heads = heads,
    };
    for (int i = 0; i < WEFT_MATMUL_PRODUCTS; i++) {
        g[i] = common;
    }
    g[WEFT_MATMUL_FORWARD].rows = g[WEFT_MATMUL_FIRST].rows = g[WEFT_MATMUL_SECOND].inner = rows;
    g[WEFT_MATMUL_FORWARD].inner = g[WEFT_MATMUL_FIRST].columns = g[WEFT_MATMUL_SECOND].rows =
        inner;
    g[WEFT_MATMUL_FORWARD].columns = g[WEFT_MATMUL_FIRST].inner = g[WEFT_MATMUL_SECOND].columns =
        columns;
    g[WEFT_MATMUL_FORWARD].a = ma, g[WEFT_MATMUL_FORWARD].b = mb, g[WEFT_MATMUL_FORWARD].c = mc;
    g[WEFT_MATMUL_FIRST].a = mc, g[WEFT_MATMUL_FIRST].b = transposed(mb),
    g[WEFT_MATMUL_FIRST].c = ma;
    g[WEFT_MATMUL_SECOND].a = transposed(ma), g[WEFT_MATMUL_SECOND].b = mc,
    g[WEFT_MATMUL_SECOND].c = mb;
}

/* In all lanes by the kernel that is chosen for the first: results are the same on any thread. */
static weft_status create_matmul(weft_engine *engine, const weft_stage *stage, int which,
                                 const weft_dnn_matmul_geometry *g, weft_error *error) {
    weft_dnn_matmul **first = &engine->lanes[0].matmul[stage->index][which];
    WEFT_TRY(weft_dnn_matmul_get(engine->lanes[0].door, g, first, error));
    for (int l = 1; l < engine->n_lanes; l++) {
        weft_lane *lane = &engine->lanes[l];
        WEFT_TRY(
            weft_dnn_matmul_like(lane->door, *first, &lane->matmul[stage->index][which], error));
    }
    return WEFT_OK;
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    weft_dnn_matmul_geometry g[WEFT_MATMUL_PRODUCTS] = {{0}};
    weft_matmul_geometries(engine, stage, &engine->lanes[0], g);
    for (int i = 0; i < WEFT_MATMUL_PRODUCTS; i++) {
        WEFT_TRY(create_matmul(engine, stage, i, &g[i], error));
        int moment = i == WEFT_MATMUL_FORWARD ? weft_moment_forward(stage)
                                              : weft_moment_backward(engine, stage);
        size_t bytes = weft_dnn_matmul_scratch(engine->lanes[0].matmul[stage->index][i]);
        WEFT_TRY(weft_stage_claim(engine, stage, i, bytes, moment, moment, error));
    }
    return WEFT_OK;
}

static weft_status run(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                       int which, const void *a, const void *b, void *c, weft_error *error) {
    return weft_dnn_matmul_run(lane->matmul[stage->index][which], a, b, c,
                               weft_stage_place(engine, stage, lane, which), error);
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    return run(engine, stage, lane, WEFT_MATMUL_FORWARD,
               weft_lane_values(engine, lane, stage->input[0]),
               weft_lane_values(engine, lane, stage->input[1]),
               weft_lane_values(engine, lane, stage->output), error);
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    const void *a = weft_lane_values(engine, lane, stage->input[0]);
    const void *b = weft_lane_values(engine, lane, stage->input[1]);
    const void *dc = weft_lane_gradient(engine, lane, stage->output);
    void *da = weft_input_gradient(engine, stage, lane, 0);
    void *db = weft_input_gradient(engine, stage, lane, 1);
    if (da != NULL) {
        WEFT_TRY(run(engine, stage, lane, WEFT_MATMUL_FIRST, dc, b, da, error));
    }
    if (db != NULL) {
        WEFT_TRY(run(engine, stage, lane, WEFT_MATMUL_SECOND, a, dc, db, error));
    }
    return WEFT_OK;
}

const weft_kind weft_kind_matmul = {
    .op = WEFT_OP_MATMUL,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};
