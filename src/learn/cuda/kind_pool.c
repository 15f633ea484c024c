/* SPDX-License-Identifier: Apache-2.0
 * Pools: the largest of a window, the mean of a window, and means over equal parts of a map. */
#include "learn/cuda/kinds.h"

/* One byte for each output says which position won. */
static weft_status max_create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    return weft_stage_claim(engine, stage, 0, stage->output->count, weft_moment_forward(stage),
                            weft_moment_backward(engine, stage), error);
}

static weft_status max_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                               weft_error *error) {
    weft_window window = weft_stage_window(stage, lane);
    weft_cuda_max_pool(weft_cuda_stream(engine), engine->settings.type, &window,
                       weft_lane_values(engine, lane, stage->input[0]),
                       weft_lane_values(engine, lane, stage->output),
                       weft_stage_place(engine, stage, lane, 0));
    return weft_cuda_launched(stage, error);
}

static weft_status max_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    weft_window window = weft_stage_window(stage, lane);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_cuda_max_pool_gradient(weft_cuda_stream(engine), engine->settings.type, &window,
                                    weft_lane_gradient(engine, lane, stage->output),
                                    weft_stage_place(engine, stage, lane, 0), dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_max_pool = {
    .op = WEFT_OP_MAX_POOL,
    .create = max_create,
    .forward = max_forward,
    .backward = max_backward,
};

#define MEAN(name, NAME, kernel)                                                                   \
    static weft_status name##_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,     \
                                      weft_error *error) {                                         \
        weft_window window = weft_stage_window(stage, lane);                                       \
        weft_cuda_##kernel(weft_cuda_stream(engine), engine->settings.type, &window,               \
                           weft_lane_values(engine, lane, stage->input[0]),                        \
                           weft_lane_values(engine, lane, stage->output));                         \
        return weft_cuda_launched(stage, error);                                                   \
    }                                                                                              \
    static weft_status name##_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,    \
                                       weft_error *error) {                                        \
        weft_window window = weft_stage_window(stage, lane);                                       \
        void *dx = weft_input_gradient(engine, stage, lane, 0);                                    \
        if (dx != NULL) {                                                                          \
            weft_cuda_##kernel##_gradient(weft_cuda_stream(engine), engine->settings.type,         \
                                          &window,                                                 \
                                          weft_lane_gradient(engine, lane, stage->output), dx);    \
        }                                                                                          \
        return weft_cuda_launched(stage, error);                                                   \
    }                                                                                              \
    const weft_kind weft_cuda_kind_##name = {                                                      \
        .op = WEFT_OP_##NAME,                                                                      \
        .create = weft_kind_create_nothing,                                                        \
        .forward = name##_forward,                                                                 \
        .backward = name##_backward,                                                               \
    }

MEAN(average_window, AVERAGE_WINDOW, average_pool);
MEAN(average_inside, AVERAGE_INSIDE, inside_pool);
MEAN(average_pool, AVERAGE_POOL, adaptive_pool);
