/* SPDX-License-Identifier: Apache-2.0
 *
 * Drop-path (Huang et al., "Deep networks with stochastic depth", ECCV 2016), inverted: in training the
 * branch of an image is dropped as a whole with probability `rate`, the others grow by 1 / (1 - rate);
 * when measuring nothing happens. The factors of a lane, one for each image, come from a random stream
 * of its own in each step. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/kernel/join.h"

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t bytes = (size_t)engine->lanes[0].images * sizeof(float);
    return weft_stage_claim(engine, stage, 0, bytes, weft_moment_forward(stage),
                            weft_moment_backward(engine, stage), error);
}

static void draw(weft_rng *rng, double rate, float *factors, int images) {
    const uint32_t threshold = (uint32_t)(rate * 4294967296.0);
    for (int i = 0; i < images; i++) {
        factors[i] = weft_rng_u32(rng) >= threshold ? (float)(1.0 / (1.0 - rate)) : 0.0F;
    }
}

static size_t image_size(const weft_stage *stage, const weft_lane *lane) {
    return stage->output->count / (size_t)lane->images;
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
    float *factors = weft_stage_place(engine, stage, lane, 0);
    weft_rng rng = weft_stage_stream(engine, stage, lane);
    draw(&rng, stage->layer->rate, factors, lane->images);
    weft_drop_path(type, x, factors, y, (size_t)lane->images, image_size(stage, lane));
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    (void)error;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_drop_path(engine->settings.type, weft_lane_gradient(engine, lane, stage->output),
                       weft_stage_place(engine, stage, lane, 0), dx, (size_t)lane->images,
                       image_size(stage, lane));
    }
    return WEFT_OK;
}

const weft_kind weft_kind_drop_path = {
    .op = WEFT_OP_DROP_PATH,
    .create = create,
    .forward = forward,
    .backward = backward,
};
