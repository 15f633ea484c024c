/* SPDX-License-Identifier: Apache-2.0
 *
 * Running an engine. Its building is in engine_build.c, its parameters in engine_slots.c.
 *
 * Worker w of the crew runs lanes w, w + threads, ...: which thread runs a lane makes no difference to
 * what it computes. All workers go through the same stages and meet wherever lanes have to be joined,
 * also behind a failure, when they do nothing more in between. */
#include "learn/engine.h"

#include <stdatomic.h>
#include <string.h>

#include "learn/backend.h"

/* What all workers share in one pass. */
typedef struct pass {
    weft_engine *engine;
    const weft_stop *stop;
    int first, end;    /* stages [first, end) */
    atomic_int status; /* a weft_status; the first that is not WEFT_OK stays */
    weft_error *error; /* of the worker that failed first */
    atomic_flag error_lock;
} pass;

static bool goes_on(pass *p) {
    return atomic_load_explicit(&p->status, memory_order_relaxed) == WEFT_OK;
}

static void note(pass *p, weft_status status, const weft_error *error) {
    if (status == WEFT_OK) {
        return;
    }
    if (!atomic_flag_test_and_set(&p->error_lock)) {
        if (status < 0) {
            *p->error = *error;
        }
        atomic_store(&p->status, (int)status);
    }
}

static weft_status run_pass(weft_engine *engine, int first, int end, const weft_stop *stop,
                            void (*work)(void *context, int worker), weft_error *error) {
    pass p = {.engine = engine, .stop = stop, .first = first, .end = end, .error = error};
    atomic_init(&p.status, WEFT_OK);
    atomic_flag_clear(&p.error_lock);
    weft_crew_run(engine->crew, work, &p);
    return (weft_status)atomic_load(&p.status);
}

/* Asked by one worker, before a stage. */
static void look_for_stop(pass *p, int worker) {
    if (worker == 0 && weft_stop_requested(p->stop)) {
        note(p, WEFT_STOPPED, NULL);
    }
}

/* Everybody is done with what was before; one joins; everybody sees it. */
static void join(pass *p, int worker, weft_stage *stage,
                 void (*function)(weft_engine *engine, weft_stage *stage)) {
    weft_crew_meet(p->engine->crew, worker);
    if (worker == 0 && goes_on(p)) {
        function(p->engine, stage);
    }
    weft_crew_meet(p->engine->crew, worker);
}

/* ---- forward --------------------------------------------------------------------------------- */

static void forward_lanes(pass *p, int worker, weft_stage *stage) {
    weft_engine *engine = p->engine;
    for (int l = worker; l < engine->n_lanes && goes_on(p); l += weft_crew_threads(engine->crew)) {
        weft_error error;
        note(p, stage->kind->forward(engine, stage, &engine->lanes[l], &error), &error);
    }
}

static void finish_lanes(pass *p, int worker, weft_stage *stage,
                         void (*function)(weft_engine *, weft_stage *, weft_lane *)) {
    weft_engine *engine = p->engine;
    for (int l = worker; l < engine->n_lanes && goes_on(p); l += weft_crew_threads(engine->crew)) {
        function(engine, stage, &engine->lanes[l]);
    }
}

static void forward_worker(void *context, int worker) {
    pass *p = context;
    for (int s = p->first; s < p->end; s++) {
        weft_stage *stage = &p->engine->stages[s];
        look_for_stop(p, worker);
        forward_lanes(p, worker, stage);
        if (stage->kind->join_forward != NULL && p->engine->mode == WEFT_MODE_TRAIN) {
            join(p, worker, stage, stage->kind->join_forward);
        }
        if (stage->kind->finish_forward != NULL) {
            finish_lanes(p, worker, stage, stage->kind->finish_forward);
        }
    }
}

weft_status weft_engine_begin(weft_engine *engine, weft_mode mode, weft_error *error) {
    engine->mode = mode;
    if (mode == WEFT_MODE_TRAIN) {
        engine->steps++;
    }
    WEFT_TRY(weft_engine_pack(engine, error));
    return engine->backend->load != NULL ? engine->backend->load(engine, error) : WEFT_OK;
}

weft_status weft_engine_forward_stage(weft_engine *engine, int stage, weft_error *error) {
    return run_pass(engine, stage, stage + 1, NULL, forward_worker, error);
}

weft_status weft_engine_forward(weft_engine *engine, weft_mode mode, const weft_stop *stop,
                                weft_error *error) {
    WEFT_TRY(weft_engine_begin(engine, mode, error));
    WEFT_TRY(run_pass(engine, 0, engine->n_stages, stop, forward_worker, error));
    return engine->backend->give(engine, error);
}

/* ---- backward -------------------------------------------------------------------------------- */

/* What was written aside is added to what is there. */
static weft_status add_aside(weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                             weft_error *error) {
    for (int k = 0; k < stage->n_inputs; k++) {
        if (stage->aside[k] != WEFT_NO_CLAIM) {
            WEFT_TRY(engine->backend->add(engine, weft_input_gradient(engine, stage, lane, k),
                                          weft_lane_gradient(engine, lane, stage->input[k]),
                                          stage->input[k]->count, error));
        }
    }
    return WEFT_OK;
}

static void backward_lanes(pass *p, int worker, weft_stage *stage) {
    weft_engine *engine = p->engine;
    for (int l = worker; l < engine->n_lanes && goes_on(p); l += weft_crew_threads(engine->crew)) {
        weft_error error;
        weft_status status = stage->kind->backward(engine, stage, &engine->lanes[l], &error);
        if (status == WEFT_OK && stage->kind->finish_backward == NULL) {
            status = add_aside(engine, stage, &engine->lanes[l], &error);
        }
        note(p, status, &error);
    }
}

static void finish_backward_lanes(pass *p, int worker, weft_stage *stage) {
    weft_engine *engine = p->engine;
    for (int l = worker; l < engine->n_lanes && goes_on(p); l += weft_crew_threads(engine->crew)) {
        weft_error error;
        stage->kind->finish_backward(engine, stage, &engine->lanes[l]);
        note(p, add_aside(engine, stage, &engine->lanes[l], &error), &error);
    }
}

static void backward_worker(void *context, int worker) {
    pass *p = context;
    for (int s = p->end - 1; s >= p->first; s--) {
        weft_stage *stage = &p->engine->stages[s];
        if (!stage->output->needs_gradient) {
            continue;
        }
        look_for_stop(p, worker);
        backward_lanes(p, worker, stage);
        if (stage->kind->join_backward != NULL) {
            join(p, worker, stage, stage->kind->join_backward);
        }
        if (stage->kind->finish_backward != NULL) {
            finish_backward_lanes(p, worker, stage);
        }
    }
}

weft_status weft_engine_backward(weft_engine *engine, const weft_stop *stop, weft_error *error) {
    WEFT_TRY(engine->backend->take_gradient(engine, error));
    WEFT_TRY(run_pass(engine, 0, engine->n_stages, stop, backward_worker, error));
    return weft_engine_reduce(engine, error);
}
