/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantized operands: stages that round what a layer of products reads, and the rounding of weights.
 *
 * A learned step (LSQ) that is not known yet is set from the first values that pass in training, those
 * of lane 0; of weights, from the weights. A step from least and largest follows the extents of the
 * batches, of all lanes, and reaches the largest weight there is. Where steps are learned their
 * gradient is scaled as LSQ says, activations by the values of one image. */
#include "learn/kinds.h"

#include <math.h>

#include "learn/quant_observe.h"

/* ---- activations ----------------------------------------------------------------------------- */

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    if (weft_quant_learns(engine)) {
        weft_slot_train(&stage->slot[weft_quantizer_step(stage)], 1);
    } else {
        stage->slot[weft_quantizer_step(stage)] = (weft_slot){.count = 1};
        stage->slot[weft_quantizer_extent(stage)] = (weft_slot){.count = 2};
    }
    return WEFT_OK;
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    (void)engine, (void)stage, (void)lane, (void)error;
    return WEFT_OK;
}

/* The extents of the whole batch. */
static weft_quant_extent batch_extent(const weft_engine *engine, const weft_stage *stage) {
    weft_quant_extent all = {0};
    for (int l = 0; l < engine->n_lanes; l++) {
        weft_quant_extent part;
        weft_quant_extents(weft_quantizer_array(engine, stage),
                           weft_lane_values(engine, &engine->lanes[l], stage->input[0]), &part);
        all.low = l == 0 ? part.low : fminf(all.low, part.low);
        all.high = l == 0 ? part.high : fmaxf(all.high, part.high);
    }
    return all;
}

static void follow_extents(const weft_engine *engine, const weft_stage *stage) {
    float *kept = stage->slot[weft_quantizer_extent(stage)].value;
    float *step = stage->slot[weft_quantizer_step(stage)].value;
    weft_quant_extent running = {kept[0], kept[1]};
    weft_quant_extent batch = batch_extent(engine, stage);
    weft_quant_follow(&running, &batch, 1, engine->settings.quant->follow, *step == 0.0F);
    kept[0] = running.low;
    kept[1] = running.high;
    *step = weft_quant_step_of(running, stage->range);
}

static void join_forward(weft_engine *engine, weft_stage *stage) {
    float *step = stage->slot[weft_quantizer_step(stage)].value;
    if (!weft_quant_learns(engine)) {
        follow_extents(engine, stage);
    } else if (*step == 0.0F) {
        weft_lsq_initial(weft_quantizer_array(engine, stage), stage->range,
                         weft_lane_values(engine, &engine->lanes[0], stage->input[0]), step);
    } else {
        weft_quant_hold_steps(step, 1);
    }
}

static void finish_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane) {
    weft_quant_forward(weft_quantizer_array(engine, stage), stage->range,
                       stage->slot[weft_quantizer_step(stage)].value,
                       weft_lane_values(engine, lane, stage->input[0]),
                       weft_lane_values(engine, lane, stage->output));
}

/* LSQ gives both gradients at once; where only the step's is wanted, the other goes over what it is
 * made of, which nobody reads any more. */
static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    (void)error;
    const weft_slot *step = &stage->slot[weft_quantizer_step(stage)];
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    void *dy = weft_lane_gradient(engine, lane, stage->output);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    weft_quant_array array = weft_quantizer_array(engine, stage);
    if (weft_quant_learns(engine)) {
        double sum;
        weft_lsq_backward(array, stage->range, step->value, x, dy, dx != NULL ? dx : dy, &sum);
        size_t image = stage->output->count / (size_t)lane->images;
        *weft_slot_partial(step, lane) = (float)(sum * weft_lsq_scale(image, stage->range));
    } else if (dx != NULL) {
        weft_quant_backward(array, stage->range, step->value, x, dy, dx);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_quantizer = {
    .op = WEFT_OP_COUNT,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .join_forward = join_forward,
    .finish_forward = finish_forward,
    .backward = backward,
};

/* ---- weights --------------------------------------------------------------------------------- */

/* Each row's step reaches its largest magnitude. */
static void reach_weights(const weft_stage *stage) {
    weft_quant_array array = weft_quantized_weights(stage);
    const float *value = stage->slot[WEFT_SLOT_WEIGHT].value;
    weft_quant_array row = {WEFT_F32, 1, array.n};
    for (size_t r = 0; r < array.rows; r++) {
        weft_quant_extent extent;
        weft_quant_extents(row, value + r * array.n, &extent);
        stage->slot[WEFT_SLOT_WEIGHT_STEP].value[r] = weft_quant_step_of(extent, stage->range);
    }
}

/* Rows whose step is not known yet: all at first; in a supernet, those that no network had before. */
static void begin_steps(const weft_stage *stage, weft_quant_array array, float *steps) {
    const float *value = stage->slot[WEFT_SLOT_WEIGHT].value;
    weft_quant_array row = {WEFT_F32, 1, array.n};
    for (size_t r = 0; r < array.rows; r++) {
        if (steps[r] == 0.0F) {
            weft_lsq_initial(row, stage->range, value + r * array.n, &steps[r]);
        } else {
            weft_quant_hold_steps(&steps[r], 1);
        }
    }
}

void weft_stage_round_weights(weft_engine *engine, weft_stage *stage) {
    const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
    const weft_slot *step = &stage->slot[WEFT_SLOT_WEIGHT_STEP];
    weft_quant_array array = weft_quantized_weights(stage);
    if (!weft_quant_learns(engine)) {
        reach_weights(stage);
    } else {
        begin_steps(stage, array, step->value);
    }
    weft_quant_forward(array, stage->range, step->value, weight->value,
                       engine->rounded + weight->offset);
}

void weft_stage_unround_gradient(weft_engine *engine, weft_stage *stage) {
    const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
    const weft_slot *step = &stage->slot[WEFT_SLOT_WEIGHT_STEP];
    weft_quant_array array = weft_quantized_weights(stage);
    if (!weft_quant_learns(engine)) {
        weft_quant_backward(array, stage->range, step->value, weight->value, weight->gradient,
                            weight->gradient);
        return;
    }
    double *sums = engine->sums + stage->sums_offset;
    weft_lsq_backward(array, stage->range, step->value, weight->value, weight->gradient,
                      weight->gradient, sums);
    double scale = weft_lsq_scale(array.n, stage->range);
    for (size_t r = 0; r < array.rows; r++) {
        step->gradient[r] = (float)(sums[r] * scale);
    }
}
