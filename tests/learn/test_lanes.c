/* SPDX-License-Identifier: Apache-2.0
 *
 * Lanes and threads: the same bits on any number of threads, the same training in any number of
 * lanes, crews that survive stops and failures, and memory that is said before it is missed. */
#include <limits.h>
#include <pthread.h>
#include <sched.h>

#include "learn/gradient_support.h"
#include "learn/memory.h"
#include "learn/step_support.h"
#include "learn/trainer.h"

enum { TEN = 10, LANES = 4 };

static const int BATCH_OF_LANES = 16;

/* ---- threads --------------------------------------------------------------------------------- */

/* All that a training leaves: logits, gradients of its first step; what ten steps made. */
typedef struct trace {
    float *logits, *gradients, *parameters, *statistics;
    size_t n_logits, n_parameters, n_statistics;
    double losses[TEN];
} trace;

static float *copy_of(const float *values, size_t n) {
    float *copy = must_calloc(n, sizeof *copy);
    memcpy(copy, values, n * sizeof *copy);
    return copy;
}

static trace trace_of(course *c) {
    const weft_engine *engine = c->rig.engine;
    trace t = {.n_logits = logit_count(engine),
               .n_parameters = engine->n_parameters,
               .n_statistics = engine->n_statistics};
    for (int i = 0; i < TEN; i++) {
        t.losses[i] = course_step(c, i);
        if (i == 0) {
            t.logits = copy_of(engine->logits, t.n_logits);
            t.gradients = copy_of(engine->gradients, t.n_parameters);
        }
    }
    t.parameters = copy_of(engine->parameters, t.n_parameters);
    t.statistics = copy_of(engine->statistics, t.n_statistics);
    return t;
}

static void trace_free(trace *t) {
    free(t->logits);
    free(t->gradients);
    free(t->parameters);
    free(t->statistics);
}

static void assert_same(const trace *a, const trace *b) {
    assert_int_equal(a->n_parameters, b->n_parameters);
    assert_memory_equal(a->logits, b->logits, a->n_logits * sizeof *a->logits);
    assert_memory_equal(a->gradients, b->gradients, a->n_parameters * sizeof *a->gradients);
    assert_memory_equal(a->losses, b->losses, sizeof a->losses);
    assert_memory_equal(a->parameters, b->parameters, a->n_parameters * sizeof *a->parameters);
    assert_memory_equal(a->statistics, b->statistics, a->n_statistics * sizeof *a->statistics);
}

static trace train_ten(const weft_network *network, weft_type type, int lanes, int threads) {
    const weft_engine_settings settings = {.batch = BATCH_OF_LANES, .type = type, .lanes = lanes};
    course c = course_open(network, settings, threads, 0.05);
    trace t = trace_of(&c);
    course_close(&c);
    return t;
}

static void check_threads(weft_type type) {
    for (int n = 0; n < STEP_NETWORKS; n++) {
        weft_network *network = step_networks[n]();
        trace one = train_ten(network, type, LANES, 1);
        assert_true(one.losses[TEN - 1] < one.losses[0]);
        for (int threads = 2; threads <= 4; threads++) {
            trace more = train_ten(network, type, LANES, threads);
            assert_same(&one, &more);
            trace_free(&more);
        }
        trace_free(&one);
        weft_network_destroy(network);
    }
}

static void test_threads(void **state) {
    (void)state;
    check_threads(WEFT_F32);
}

static void test_threads_in_bf16(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        print_message("skipped: this CPU has no arithmetic in bf16\n");
        skip();
    }
    check_threads(WEFT_BF16);
}

/* More threads than lanes, and lanes that threads share unevenly. */
static void test_uneven_threads(void **state) {
    (void)state;
    weft_network *network = imc_network();
    for (int lanes = 1; lanes <= 2; lanes++) {
        trace one = train_ten(network, WEFT_F32, lanes, 1),
              four = train_ten(network, WEFT_F32, lanes, 4);
        assert_same(&one, &four);
        trace_free(&four);
        trace_free(&one);
    }
    weft_network_destroy(network);
}

/* A crew that ran other engines before: its memory and its products leave nothing behind. */
static void test_used_crew(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = mixed_network(), *other = imc_network();
    const weft_engine_settings settings = {.batch = BATCH_OF_LANES, .lanes = LANES};
    trace fresh = train_ten(network, WEFT_F32, LANES, 2);
    course c = course_open(other, settings, 2, 0.05);
    for (int i = 0; i < 3; i++) {
        course_step(&c, i);
    }
    weft_engine_destroy(c.rig.engine);
    MUST(weft_engine_create(network, c.rig.crew, &settings, &c.rig.engine, &error));
    MUST(weft_engine_initialise(c.rig.engine, 1, NULL, &error));
    free(c.velocity);
    c.velocity = must_calloc(c.rig.engine->n_parameters, sizeof *c.velocity);
    trace again = trace_of(&c);
    assert_same(&fresh, &again);
    trace_free(&again);
    trace_free(&fresh);
    course_close(&c);
    weft_network_destroy(other);
    weft_network_destroy(network);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static double distance(const float *a, const float *b, size_t n) {
    double apart = 0.0, length = 0.0;
    for (size_t i = 0; i < n; i++) {
        apart += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        length += (double)b[i] * (double)b[i];
    }
    return sqrt(apart / length);
}

/* Statistics and gradients are of the whole batch, in however many lanes it goes. Dropout has masks of
 * the lanes' own, so it is left out. */
static void test_lanes_agree(void **state) {
    (void)state;
    for (int n = 0; n < STEP_NETWORKS; n++) {
        weft_network *network = step_networks[n]();
        for (int i = 0; i < network->n_layers; i++) {
            network->layers[i].rate = 0.0;
        }
        trace one = train_ten(network, WEFT_F32, 1, 1);
        for (int lanes = 2; lanes <= BATCH_OF_LANES; lanes *= 2) {
            trace more = train_ten(network, WEFT_F32, lanes, 2);
            /* Other orders of sums: rounding, which ten steps make a hundred times larger. */
            assert_true(distance(more.logits, one.logits, one.n_logits) < 1e-5);
            assert_true(distance(more.gradients, one.gradients, one.n_parameters) < 2e-5);
            assert_true(distance(more.parameters, one.parameters, one.n_parameters) < 1e-3);
            trace_free(&more);
        }
        trace_free(&one);
        weft_network_destroy(network);
    }
}

static void test_lanes_against_reference(void **state) {
    (void)state;
    static const int lanes[] = {1, 2, 4};
    for (int n = 0; n < STEP_NETWORKS; n++) {
        weft_network *network = step_networks[n]();
        for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++) {
            compare_network(network, (conditions){.batch = 8,
                                                  .lanes = lanes[l],
                                                  .threads = 2,
                                                  .samples = -1,
                                                  .seed = 20 + (uint64_t)n});
        }
        weft_network_destroy(network);
    }
}

/* Stage by stage gives what a whole pass gives. */
static void test_stage_by_stage(void **state) {
    (void)state;
    for (int n = 0; n < STEP_NETWORKS; n++) {
        weft_error error;
        weft_network *network = step_networks[n]();
        const weft_engine_settings settings = {.batch = 8, .lanes = 2};
        course c = course_open(network, settings, 2, 0.05);
        weft_engine *engine = c.rig.engine;
        course_step(&c, 0);
        course_load(&c, 1);
        MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
        MUST(weft_engine_begin(engine, WEFT_MODE_EVALUATE, &error));
        for (int s = 0; s < engine->n_stages; s++) {
            MUST(weft_engine_forward_stage(engine, s, &error));
        }
        for (int l = 0; l < engine->n_lanes; l++) {
            const float *values = weft_lane_values(engine, &engine->lanes[l], engine->output);
            assert_memory_equal(values, engine->logits + (size_t)l * engine->output->count,
                                engine->output->count * sizeof *values);
        }
        course_close(&c);
        weft_network_destroy(network);
    }
}

/* ---- stops and failures ---------------------------------------------------------------------- */

/* The gradients of a pass, forward and backward, of a crew that may have been through something. */
static void assert_still_right(course *c, const trace *expected) {
    const weft_engine *engine = c->rig.engine;
    course_pass(c, 0);
    assert_memory_equal(engine->logits, expected->logits,
                        expected->n_logits * sizeof *expected->logits);
    assert_memory_equal(engine->gradients, expected->gradients,
                        expected->n_parameters * sizeof *expected->gradients);
}

typedef struct alarm_clock {
    weft_stop stop;
    int turns; /* how often it gives the core away before it asks */
} alarm_clock;

static void *ring(void *argument) {
    alarm_clock *a = argument;
    for (int i = 0; i < a->turns; i++) {
        sched_yield();
    }
    atomic_store(&a->stop.requested, true);
    return NULL;
}

/* A stop that comes at any moment from another thread. */
static void test_stops(void **state) {
    (void)state;
    weft_network *network = imc_network();
    trace expected = train_ten(network, WEFT_F32, LANES, 1);
    const weft_engine_settings settings = {.batch = BATCH_OF_LANES, .lanes = LANES};
    course c = course_open(network, settings, 3, 0.05);
    for (int turns = 0; turns < (quick() ? 10 : 60); turns++) {
        weft_error error;
        alarm_clock a = {.turns = turns * turns};
        pthread_t thread;
        course_load(&c, 0);
        assert_int_equal(pthread_create(&thread, NULL, ring, &a), 0);
        weft_status status = WEFT_OK;
        while (status == WEFT_OK) {
            status = weft_engine_forward(c.rig.engine, WEFT_MODE_TRAIN, &a.stop, &error);
            if (status == WEFT_OK) {
                status = weft_engine_backward(c.rig.engine, &a.stop, &error);
            }
        }
        assert_int_equal(status, WEFT_STOPPED);
        pthread_join(thread, NULL);
        assert_still_right(&c, &expected);
    }
    course_close(&c);
    trace_free(&expected);
    weft_network_destroy(network);
}

static const int FAILING_LANE = 2;

static weft_status break_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                 weft_error *error) {
    return lane->index == FAILING_LANE
               ? weft_fail(error, WEFT_ERROR_EVALUATION, "lane %d broke", lane->index)
               : weft_kind_of(stage->layer->op)->forward(engine, stage, lane, error);
}

static weft_status break_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    return lane->index == FAILING_LANE
               ? weft_fail(error, WEFT_ERROR_EVALUATION, "lane %d broke", lane->index)
               : weft_kind_of(stage->layer->op)->backward(engine, stage, lane, error);
}

/* One lane fails in one stage, forward or backward: the pass ends with its error on any number of
 * threads, no worker waits for ever, and the next pass is right. */
static void test_failures(void **state) {
    (void)state;
    weft_network *network = imc_network();
    trace expected = train_ten(network, WEFT_F32, LANES, 1);
    const weft_engine_settings settings = {.batch = BATCH_OF_LANES, .lanes = LANES};
    for (int threads = 1; threads <= 4; threads++) {
        course c = course_open(network, settings, threads, 0.05);
        for (int s = 0; s < 2 * c.rig.engine->n_stages; s++) {
            weft_error error = {0};
            weft_stage *stage = &c.rig.engine->stages[s / 2];
            const weft_kind *kind = stage->kind;
            weft_kind failing = *kind;
            failing.forward = s % 2 == 0 ? break_forward : kind->forward;
            failing.backward = s % 2 == 0 ? kind->backward : break_backward;
            course_pass(&c, 0);
            stage->kind = &failing;
            weft_status status =
                s % 2 == 0 ? weft_engine_forward(c.rig.engine, WEFT_MODE_TRAIN, NULL, &error)
                           : weft_engine_backward(c.rig.engine, NULL, &error);
            stage->kind = kind;
            assert_int_equal(status, WEFT_ERROR_EVALUATION);
            assert_string_equal(error.message, "lane 2 broke");
            assert_still_right(&c, &expected);
        }
        course_close(&c);
    }
    trace_free(&expected);
    weft_network_destroy(network);
}

static void test_bad_crews(void **state) {
    (void)state;
    static const int threads[] = {0, -1, WEFT_CREW_MAX_THREADS + 1};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        weft_error error = {0};
        weft_crew *crew = NULL;
        assert_int_equal(weft_crew_create(threads[i], &crew, &error), WEFT_ERROR_INPUT);
        assert_null(crew);
        assert_non_null(strstr(error.message, "threads"));
    }
    weft_crew_destroy(NULL);
    weft_engine_destroy(NULL);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static size_t bytes_of(const weft_network *network, int batch) {
    rig made = rig_open(network, (weft_engine_settings){.batch = batch, .lanes = 1}, 1);
    size_t bytes = weft_engine_bytes(made.engine);
    rig_close(&made);
    return bytes;
}

/* What is said to fit would take what is there, told from how two small batches grow. */
static void test_says_what_fits(void **state) {
    (void)state;
    weft_error error = {0};
    weft_network *network = network_of("large maps", 3, 256, 256);
    next(network, conv_layer(16, 3, 1, 1, true));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, average_layer(1));
    grow_head(network, CLASSES);
    double image = (double)(bytes_of(network, 3) - bytes_of(network, 2));
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    MUST(weft_crew_create(1, &crew, &error));
    const weft_engine_settings settings = {.batch = 65536};
    assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error),
                     WEFT_ERROR_MEMORY);
    assert_null(engine);
    int batch = 0;
    if (sscanf(error.hint, "batch %d would fit", &batch) != 1) {
        fail_msg("'%s' does not say what would fit", error.hint);
    }
    double share = (double)batch * image / (double)weft_memory_available();
    if (!(share > 0.7 && share < 1.4)) {
        fail_msg("batch %d would take %.2f of the memory", batch, share);
    }
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

/* Where the weights alone are too large no batch helps, and none is named. */
static void test_nothing_fits(void **state) {
    (void)state;
    weft_error error = {0};
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    weft_network *network = network_of("large weights", 65536, 1, 1);
    for (int i = 0; i < 64; i++) {
        next(network, linear_layer(65536));
    }
    MUST(weft_crew_create(1, &crew, &error));
    const weft_engine_settings settings = {.batch = 1};
    assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error),
                     WEFT_ERROR_MEMORY);
    assert_null(engine);
    assert_non_null(strstr(error.hint, "no batch would fit"));
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

/* What a trainer keeps is counted: a network whose weights alone would fit is refused. */
static void test_counts_what_lies_beside(void **state) {
    (void)state;
    weft_error error = {0};
    weft_network *network = imc_network();
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    weft_trainer trainer = {0};
    MUST(weft_crew_create(1, &crew, &error));
    for (int i = 0; i < 2; i++) {
        weft_engine_settings settings = {.batch = 2};
        *(i == 0 ? &settings.beside : &settings.buffers) = INT_MAX;
        assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error),
                         WEFT_ERROR_MEMORY);
        assert_non_null(strstr(error.hint, "no batch would fit"));
    }
    weft_train_settings train;
    weft_train_defaults(&train);
    train.descent = WEFT_DESCENT_ADAMW;
    train.average = 0.9;
    train.checkpoint = "c";
    MUST(weft_trainer_create(network, crew, &train, 2, NULL, &trainer, &error));
    assert_int_equal(trainer.engine->settings.beside, 3);  /* two moments, the average */
    assert_int_equal(trainer.engine->settings.buffers, 4); /* of those and the parameters */
    weft_trainer_free(&trainer);
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_in_bf16),
        cmocka_unit_test(test_uneven_threads),
        cmocka_unit_test(test_used_crew),
        cmocka_unit_test(test_lanes_agree),
        cmocka_unit_test(test_lanes_against_reference),
        cmocka_unit_test(test_stage_by_stage),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_bad_crews),
        cmocka_unit_test(test_says_what_fits),
        cmocka_unit_test(test_nothing_fits),
        cmocka_unit_test(test_counts_what_lies_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
