/* SPDX-License-Identifier: Apache-2.0
 *
 * Batch normalisation over the whole batch, with the sum and the ReLU or ReLU6 behind it where there
 * are any.
 * Ioffe and Szegedy, "Batch normalization", ICML 2015, algorithm 1; the equations are in
 * kernel/batch_norm.h. Each lane sums around a guess of its own, from its first values; the join
 * brings the sums to the guess of lane 0 and adds them in the order of the lanes. What belongs to a
 * channel then lies with lane 0, where all lanes read it.
 * What share a batch has in the running statistics is weft_norm_share. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/kernel/batch_norm.h"

/* The stage's own memory in a lane. */
typedef struct work {
    weft_bn bn;
    weft_bn_totals totals;
    double *mean, *variance;
    void *scratch;
} work;

enum { CHANNEL_DOUBLES = 4 };

static size_t work_bytes(size_t channels) {
    return weft_arena_room(weft_bn_bytes(channels), 1) +
           weft_arena_room(CHANNEL_DOUBLES * channels, sizeof(double)) + weft_bn_scratch(channels);
}

static work work_of(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane) {
    size_t channels = weft_stage_channels(stage);
    unsigned char *at = weft_stage_place(engine, stage, lane, 0);
    double *doubles = (double *)(void *)(at + weft_arena_room(weft_bn_bytes(channels), 1));
    return (work){
        .bn = weft_bn_at(channels, at),
        .totals = {doubles, doubles + channels},
        .mean = doubles + 2 * channels,
        .variance = doubles + 3 * channels,
        .scratch = (unsigned char *)doubles +
                   weft_arena_room(CHANNEL_DOUBLES * channels, sizeof *doubles),
    };
}

static size_t lane_positions(const weft_stage *stage, const weft_lane *lane) {
    return weft_lane_positions(lane, stage->layer->in);
}

/* Until when lane 0's patterns are read: other lanes may finish backward while lane 0 is ahead, up to
 * the next stage before this one where all meet. */
static int last_read(const weft_engine *engine, const weft_stage *stage) {
    for (int s = stage->index - 1; s >= 0; s--) {
        const weft_stage *before = &engine->stages[s];
        if (before->kind->join_backward != NULL && before->output->needs_gradient) {
            return weft_moment_backward(engine, before);
        }
    }
    return 2 * engine->n_stages;
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t channels = weft_stage_channels(stage);
    for (int name = 0; name <= WEFT_SLOT_VARIANCE; name++) {
        bool trained = name == WEFT_SLOT_WEIGHT || name == WEFT_SLOT_BIAS;
        stage->slot[name] = (weft_slot){.count = channels, .is_trained = trained};
    }
    if (weft_norm_masks_in_place(stage)) {
        weft_plan_extend(&engine->plan, stage->output->claim, weft_moment_backward(engine, stage));
    }
    return weft_stage_claim(engine, stage, 0, work_bytes(channels), weft_moment_forward(stage),
                            last_read(engine, stage), error);
}

/* ---- forward --------------------------------------------------------------------------------- */

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    (void)error;
    work w = work_of(engine, stage, lane);
    const weft_slot *slot = stage->slot;
    if (engine->mode == WEFT_MODE_EVALUATE) {
        weft_bn_set_running(&w.bn, WEFT_BATCH_NORM_EPSILON, slot[WEFT_SLOT_WEIGHT].value,
                            slot[WEFT_SLOT_BIAS].value, slot[WEFT_SLOT_MEAN].value,
                            slot[WEFT_SLOT_VARIANCE].value);
        return WEFT_OK;
    }
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    size_t positions = lane_positions(stage, lane);
    weft_bn_guess(&w.bn, engine->settings.type, x, positions, w.scratch);
    weft_bn_sum(&w.bn, engine->settings.type, x, positions, w.totals, w.scratch);
    return WEFT_OK;
}

static void join_forward(weft_engine *engine, weft_stage *stage) {
    work w = work_of(engine, stage, &engine->lanes[0]);
    size_t positions = lane_positions(stage, &engine->lanes[0]);
    for (int l = 1; l < engine->n_lanes; l++) {
        work other = work_of(engine, stage, &engine->lanes[l]);
        weft_bn_move(&other.bn, &w.bn, positions, other.totals);
        weft_bn_add(w.bn.channels, other.totals, w.totals);
    }
    size_t n = positions * (size_t)engine->n_lanes;
    const weft_slot *slot = stage->slot;
    weft_bn_measure(&w.bn, n, w.totals, w.mean, w.variance);
    weft_bn_run(w.bn.channels, n, weft_norm_share(engine), w.mean, w.variance,
                slot[WEFT_SLOT_MEAN].value, slot[WEFT_SLOT_VARIANCE].value);
    weft_bn_set(&w.bn, WEFT_BATCH_NORM_EPSILON, slot[WEFT_SLOT_WEIGHT].value,
                slot[WEFT_SLOT_BIAS].value, w.mean, w.variance);
}

/* Whose patterns count: lane 0's for the batch, each lane's own where it set them from the running
 * statistics. */
static const weft_lane *teller(const weft_engine *engine, const weft_lane *lane) {
    return engine->mode == WEFT_MODE_TRAIN ? &engine->lanes[0] : lane;
}

/* The other term of a sum that became part of the stage; NULL: there is none. */
static const void *addend_of(const weft_engine *engine, const weft_stage *stage,
                             const weft_lane *lane) {
    return stage->n_inputs > 1 ? weft_lane_values(engine, lane, stage->input[1]) : NULL;
}

static void finish_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane) {
    work w = work_of(engine, stage, teller(engine, lane));
    weft_bn_map(&w.bn, engine->settings.type, weft_stage_clip(stage),
                weft_lane_values(engine, lane, stage->input[0]), addend_of(engine, stage, lane),
                weft_lane_values(engine, lane, stage->output), lane_positions(stage, lane));
}

/* ---- backward -------------------------------------------------------------------------------- */

/* The sum behind the norm, where one became part of it, hands its gradient on to the other term: the
 * output's gradient, masked in place. */
static void hand_on(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane) {
    void *dz = stage->n_inputs > 1 ? weft_input_gradient(engine, stage, lane, 1) : NULL;
    if (dz != NULL) {
        memcpy(dz, weft_lane_gradient(engine, lane, stage->output),
               stage->output->count * weft_type_size(engine->settings.type));
    }
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    (void)error;
    work w = work_of(engine, stage, &engine->lanes[0]);
    work own = work_of(engine, stage, lane);
    void *dy = weft_lane_gradient(engine, lane, stage->output);
    bool in_place = weft_norm_masks_in_place(stage);
    weft_bn_sum_gradient(&w.bn, engine->settings.type, weft_stage_clip(stage),
                         weft_lane_values(engine, lane, stage->input[0]),
                         in_place ? weft_lane_values(engine, lane, stage->output) : NULL, dy,
                         in_place ? dy : NULL, lane_positions(stage, lane), own.totals,
                         own.scratch);
    hand_on(engine, stage, lane);
    return WEFT_OK;
}

static void join_backward(weft_engine *engine, weft_stage *stage) {
    work w = work_of(engine, stage, &engine->lanes[0]);
    for (int l = 1; l < engine->n_lanes; l++) {
        work other = work_of(engine, stage, &engine->lanes[l]);
        weft_bn_add(w.bn.channels, other.totals, w.totals);
    }
    size_t n = lane_positions(stage, &engine->lanes[0]) * (size_t)engine->n_lanes;
    weft_bn_set_gradient(&w.bn, n, w.totals, stage->slot[WEFT_SLOT_WEIGHT].gradient,
                         stage->slot[WEFT_SLOT_BIAS].gradient);
}

static void finish_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        work w = work_of(engine, stage, &engine->lanes[0]);
        weft_bn_map_gradient(
            &w.bn, engine->settings.type,
            weft_norm_masks_in_place(stage) ? WEFT_CLIP_NONE : weft_stage_clip(stage),
            weft_lane_values(engine, lane, stage->input[0]), NULL,
            weft_lane_gradient(engine, lane, stage->output), dx, lane_positions(stage, lane));
    }
}

const weft_kind weft_kind_batch_norm = {
    .op = WEFT_OP_BATCH_NORM,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .join_forward = join_forward,
    .finish_forward = finish_forward,
    .backward = backward,
    .join_backward = join_backward,
    .finish_backward = finish_backward,
};
