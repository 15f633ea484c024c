/* SPDX-License-Identifier: Apache-2.0
 *
 * Dropout (Srivastava et al., JMLR 15, 2014), inverted: in training a value is dropped with
 * probability `rate`, the others grow by 1 / (1 - rate); when measuring nothing happens. The mask of
 * a lane, one bit for each value, comes from a random stream of its own in each step. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/kernel/join.h"

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    return weft_stage_claim(engine, stage, 0, (stage->output->count + 7) / 8,
                            weft_moment_forward(stage), weft_moment_backward(engine, stage), error);
}

static void draw(weft_rng *rng, double rate, uint8_t *kept, size_t n) {
    const uint32_t threshold = (uint32_t)(rate * 4294967296.0);
    memset(kept, 0, (n + 7) / 8);
    for (size_t i = 0; i < n; i++) {
        unsigned keep = weft_rng_u32(rng) >= threshold;
        kept[i / 8] = (uint8_t)(kept[i / 8] | keep << i % 8);
    }
}

static float factor_of(const weft_stage *stage) {
    return (float)(1.0 / (1.0 - stage->layer->rate));
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    (void)error;
    weft_type type = engine->settings.type;
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    void *y = weft_lane_values(engine, lane, stage->output);
    if (!weft_engine_drops(engine)) {
        memcpy(y, x, stage->output->count * weft_type_size(type));
        return WEFT_OK;
    }
    uint8_t *kept = weft_stage_place(engine, stage, lane, 0);
    weft_rng rng = weft_stage_stream(engine, stage, lane);
    draw(&rng, stage->layer->rate, kept, stage->output->count);
    weft_dropout(type, x, kept, factor_of(stage), y, stage->output->count);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    (void)error;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_dropout(engine->settings.type, weft_lane_gradient(engine, lane, stage->output),
                     weft_stage_place(engine, stage, lane, 0), factor_of(stage), dx,
                     stage->output->count);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_dropout = {
    .op = WEFT_OP_DROPOUT,
    .create = create,
    .forward = forward,
    .backward = backward,
};
