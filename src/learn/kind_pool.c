/* SPDX-License-Identifier: Apache-2.0
 * Pools: the largest of a window, the mean of a window, and means over equal parts of a map. */
#include "learn/kinds.h"

#include "learn/kernel/pool.h"

/* ---- largest --------------------------------------------------------------------------------- */

static const char *max_leaves_out(const weft_layer *layer) {
    bool large = (int64_t)layer->kernel.height * layer->kernel.width > WEFT_MAX_POOL_POSITIONS;
    return large ? "a window of more than 256 positions" : NULL;
}

/* One byte for each output says which position won. */
static weft_status max_create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    return weft_stage_claim(engine, stage, 0, stage->output->count, weft_moment_forward(stage),
                            weft_moment_backward(engine, stage), error);
}

static weft_status max_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                               weft_error *error) {
    (void)error;
    weft_window window = weft_stage_window(stage, lane);
    weft_max_pool_forward(
        &window, engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
        weft_lane_values(engine, lane, stage->output), weft_stage_place(engine, stage, lane, 0));
    return WEFT_OK;
}

static weft_status max_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    (void)error;
    weft_window window = weft_stage_window(stage, lane);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_max_pool_backward(&window, engine->settings.type,
                               weft_lane_gradient(engine, lane, stage->output),
                               weft_stage_place(engine, stage, lane, 0), dx);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_max_pool = {
    .op = WEFT_OP_MAX_POOL,
    .leaves_out = max_leaves_out,
    .create = max_create,
    .forward = max_forward,
    .backward = max_backward,
};

/* ---- means ----------------------------------------------------------------------------------- */

#define MEAN(name, NAME, kernel)                                                                   \
    static weft_status name##_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,     \
                                      weft_error *error) {                                         \
        (void)error;                                                                               \
        weft_window window = weft_stage_window(stage, lane);                                       \
        weft_##kernel##_forward(&window, engine->settings.type,                                    \
                                weft_lane_values(engine, lane, stage->input[0]),                   \
                                weft_lane_values(engine, lane, stage->output));                    \
        return WEFT_OK;                                                                            \
    }                                                                                              \
    static weft_status name##_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,    \
                                       weft_error *error) {                                        \
        (void)error;                                                                               \
        weft_window window = weft_stage_window(stage, lane);                                       \
        void *dx = weft_input_gradient(engine, stage, lane, 0);                                    \
        if (dx != NULL) {                                                                          \
            weft_##kernel##_backward(&window, engine->settings.type,                               \
                                     weft_lane_gradient(engine, lane, stage->output), dx);         \
        }                                                                                          \
        return WEFT_OK;                                                                            \
    }                                                                                              \
    const weft_kind weft_kind_##name = {                                                           \
        .op = WEFT_OP_##NAME,                                                                      \
        .create = weft_kind_create_nothing,                                                        \
        .forward = name##_forward,                                                                 \
        .backward = name##_backward,                                                               \
    }

MEAN(average_window, AVERAGE_WINDOW, average_pool);
MEAN(average_inside, AVERAGE_INSIDE, inside_pool);
MEAN(average_pool, AVERAGE_POOL, adaptive_pool);
