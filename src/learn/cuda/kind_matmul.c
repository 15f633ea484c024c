/* SPDX-License-Identifier: Apache-2.0
 * Products of two sequences, head by head, by cuBLAS. */
#include "learn/cuda/gemm.h"
#include "learn/cuda/kinds.h"

static weft_status run(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                       int which, const void *a, const void *b, void *c, weft_error *error) {
    weft_dnn_matmul_geometry geometries[WEFT_MATMUL_PRODUCTS];
    weft_matmul_geometries(engine, stage, lane, geometries);
    return weft_cuda_gemm(weft_cuda_of(engine)->cuda, &geometries[which], engine->settings.type, a,
                          b, c, error);
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

const weft_kind weft_cuda_kind_matmul = {
    .op = WEFT_OP_MATMUL,
    .keeps_input = true,
    .create = weft_kind_create_nothing,
    .forward = forward,
    .backward = backward,
};
