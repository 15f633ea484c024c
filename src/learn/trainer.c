/* SPDX-License-Identifier: Apache-2.0
 * See trainer.h. */
#include "learn/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/backend.h"
#include "learn/train_settings.h"

weft_type weft_train_type(const weft_train_settings *settings) {
    bool narrow =
        settings->precision == WEFT_PRECISION_BF16 ||
        (settings->precision == WEFT_PRECISION_AUTO && weft_backend_has_bf16(settings->device));
    return narrow ? WEFT_BF16 : WEFT_F32;
}

/* ---- making one ------------------------------------------------------------------------------ */

/* Steps of quantizers never decay: they would all shrink. Of the others, what is no weight of a
 * product or a table does where everything does. */
static bool decays(const weft_trainer *trainer, const weft_stage *stage, int name) {
    bool step = name == WEFT_SLOT_WEIGHT_STEP || name == WEFT_SLOT_INPUT_STEP;
    bool norm = stage->layer->op == WEFT_OP_BATCH_NORM || stage->layer->op == WEFT_OP_LAYER_NORM;
    bool weight = name == WEFT_SLOT_WEIGHT && !norm;
    return !step && (weight || trainer->settings->decay_all);
}

static weft_status make_segments(weft_trainer *trainer, weft_error *error) {
    const weft_engine *engine = trainer->engine;
    size_t most = (size_t)engine->n_stages * WEFT_SLOTS;
    trainer->segments = calloc(most, sizeof *trainer->segments);
    if (trainer->segments == NULL) {
        return weft_fail_memory(error, most * sizeof *trainer->segments);
    }
    int n = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int name = 0; name < WEFT_SLOTS; name++) {
            const weft_slot *slot = &stage->slot[name];
            if (slot->is_trained && slot->count > 0) {
                trainer->segments[n++] = (weft_segment){
                    .offset = slot->offset,
                    .count = slot->count,
                    .rate = 1.0,
                    .decays = decays(trainer, stage, name),
                };
            }
        }
    }
    trainer->descent.segments = trainer->segments;
    trainer->descent.n_segments = n;
    return weft_descent_check(&trainer->descent, engine->n_parameters, error);
}

/* Where the engine runs elsewhere, so do its steps. */
static weft_status mirror_state(const weft_trainer *trainer, weft_error *error) {
    weft_engine *engine = trainer->engine;
    if (engine->backend->mirror == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(engine->backend->mirror(engine, trainer->state, trainer->n_state, error));
    return trainer->average == NULL
               ? WEFT_OK
               : engine->backend->mirror(engine, trainer->average, engine->n_parameters, error);
}

static weft_status make_state(weft_trainer *trainer, weft_error *error) {
    size_t n = trainer->engine->n_parameters;
    trainer->n_state = weft_descent_state(trainer->descent.kind, n);
    trainer->state = calloc(trainer->n_state + 1, sizeof *trainer->state);
    if (trainer->state == NULL) {
        return weft_fail_memory(error, trainer->n_state * sizeof *trainer->state);
    }
    if (trainer->settings->average > 0.0) {
        trainer->average = malloc(n * sizeof *trainer->average);
        if (trainer->average == NULL) {
            return weft_fail_memory(error, n * sizeof *trainer->average);
        }
        memcpy(trainer->average, trainer->engine->parameters, n * sizeof *trainer->average);
    }
    return mirror_state(trainer, error);
}

weft_schedule weft_train_schedule(const weft_train_settings *s) {
    return (weft_schedule){
        .kind = s->schedule,
        .peak = s->learning_rate,
        .warmup = s->warmup,
        .factor = 0.1,
        .drops = {0.5, 0.75},
        .n_drops = 2,
    };
}

weft_descent weft_train_descent(const weft_train_settings *s) {
    return (weft_descent){
        .kind = s->descent,
        .momentum = s->momentum,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .decay = s->weight_decay,
    };
}

/* The optimizer's state and the average; and what files are put together in: a checkpoint holds all
 * of it and the parameters. */
static void count_memory(const weft_train_settings *s, weft_engine_settings *engine) {
    bool has_file = weft_is_given(s->weights) || weft_is_given(s->save);
    engine->beside = (int)weft_descent_state(s->descent, 1) + (s->average > 0.0);
    engine->buffers = weft_is_given(s->checkpoint) ? 1 + engine->beside : has_file;
}

weft_status weft_trainer_create(const weft_network *network, weft_crew *crew,
                                const weft_train_settings *settings, int batch,
                                const weft_stop *stop, weft_trainer *trainer, weft_error *error) {
    *trainer = (weft_trainer){
        .settings = settings,
        .schedule = weft_train_schedule(settings),
        .descent = weft_train_descent(settings),
    };
    weft_engine_settings engine = {
        .batch = batch,
        .type = weft_train_type(settings),
        .device = settings->device,
        .quant = settings->quantize ? &settings->quant : NULL,
    };
    count_memory(settings, &engine);
    WEFT_TRY(weft_schedule_check(&trainer->schedule, error));
    WEFT_TRY(weft_engine_create(network, crew, &engine, &trainer->engine, error));
    WEFT_TRY(weft_engine_initialise(trainer->engine, settings->seed, stop, error));
    WEFT_TRY(make_segments(trainer, error));
    return make_state(trainer, error);
}

void weft_trainer_free(weft_trainer *trainer) {
    weft_engine_destroy(trainer->engine);
    free(trainer->segments);
    free(trainer->state);
    free(trainer->average);
    *trainer = (weft_trainer){0};
}

/* ---- steps ----------------------------------------------------------------------------------- */

static weft_status check_loss(const weft_trainer *trainer, double loss, int64_t step,
                              weft_error *error) {
    if (isfinite(loss)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_EVALUATION, "the loss became %s at step %lld (learning rate %g)",
              isnan(loss) ? "NaN" : "infinite", (long long)step + 1,
              trainer->settings->learning_rate);
    weft_hint(error, "lower the learning rate or lengthen the warm-up");
    return WEFT_ERROR_EVALUATION;
}

weft_status weft_trainer_learn(weft_trainer *trainer, const weft_feed_batch *batch, int64_t step,
                               const weft_stop *stop, double *loss, weft_error *error) {
    const weft_train_settings *s = trainer->settings;
    weft_engine *engine = trainer->engine;
    size_t n = (size_t)engine->settings.batch;
    engine->seed = s->seed;
    engine->mask_step = step;
    WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_TRAIN, stop, error));
    weft_targets targets = {
        .labels = batch->labels,
        .smoothing = s->label_smoothing,
        .others = batch->others,
        .share = batch->share,
    };
    if (trainer->teacher_logits != NULL) {
        weft_soften(trainer->teacher_logits, n, engine->classes, s->temperature);
        targets.teacher = trainer->teacher_logits;
        targets.temperature = s->temperature;
        targets.alpha = s->teaching;
    }
    weft_loss sum =
        weft_target_loss(engine->logits, &targets, n, engine->classes, engine->logits_gradient);
    double mean = sum.sum / (double)n;
    WEFT_TRY(check_loss(trainer, mean, step, error));
    *loss = mean;
    return weft_engine_backward(engine, stop, error);
}

weft_status weft_trainer_move(weft_trainer *trainer, int64_t step, int64_t steps,
                              weft_error *error) {
    const weft_train_settings *s = trainer->settings;
    weft_engine *engine = trainer->engine;
    weft_move move = {
        .descent = &trainer->descent,
        .state = trainer->state,
        .limit = s->gradient_limit,
        .rate = weft_schedule_rate(&trainer->schedule, step, steps),
        .step = step + 1,
        .average = trainer->average,
    };
    if (trainer->average != NULL) {
        move.average_decay = weft_average_decay(s->average, trainer->updates++);
    }
    WEFT_TRY(engine->backend->move(engine, &move, error));
    engine->is_packed = false;
    return WEFT_OK;
}

weft_status weft_trainer_step(weft_trainer *trainer, const weft_feed_batch *batch, int64_t step,
                              int64_t steps, const weft_stop *stop, double *loss,
                              weft_error *error) {
    WEFT_TRY(weft_trainer_learn(trainer, batch, step, stop, loss, error));
    return weft_trainer_move(trainer, step, steps, error);
}

/* ---- measuring ------------------------------------------------------------------------------- */

void weft_trainer_load(weft_trainer *trainer, const weft_normaliser *normaliser,
                       const weft_image_list *list, int64_t first, int64_t n) {
    const weft_view as_it_is = {0};
    weft_engine *engine = trainer->engine;
    size_t size = engine->image_values, type = weft_type_size(engine->settings.type);
    for (int64_t i = 0; i < n; i++) {
        size_t image = list->index[first + i];
        weft_view_fill(normaliser, list->images->pixels + image * size, &as_it_is,
                       engine->settings.type,
                       (unsigned char *)engine->images + (size_t)i * size * type);
    }
}

weft_status weft_trainer_exchange(weft_trainer *trainer, weft_error *error) {
    if (trainer->average == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_engine_fetch(trainer->engine, error));
    float *parameters = trainer->engine->parameters, *average = trainer->average;
    for (size_t i = 0; i < trainer->engine->n_parameters; i++) {
        float value = parameters[i];
        parameters[i] = average[i];
        average[i] = value;
    }
    weft_engine_touch(trainer->engine);
    return WEFT_OK;
}

weft_status weft_trainer_exchange_back(weft_trainer *trainer, weft_status status,
                                       weft_error *error) {
    weft_error later;
    weft_status back = weft_trainer_exchange(trainer, &later);
    if (status != WEFT_OK || back == WEFT_OK) {
        return status;
    }
    *error = later;
    return back;
}

/* Every image of the list once. The last batch may be filled up with what was there: images do not
 * see each other when the engine evaluates. */
static weft_status sum_losses(weft_trainer *trainer, const weft_normaliser *normaliser,
                              const weft_image_list *list, const weft_stop *stop, weft_loss *total,
                              weft_error *error) {
    weft_engine *engine = trainer->engine;
    int64_t batch = engine->settings.batch;
    uint16_t *labels = malloc((size_t)batch * sizeof *labels);
    if (labels == NULL) {
        return weft_fail_memory(error, (size_t)batch * sizeof *labels);
    }
    weft_status status = WEFT_OK;
    for (int64_t first = 0; first < list->n && status == WEFT_OK; first += batch) {
        int64_t n = list->n - first < batch ? list->n - first : batch;
        weft_trainer_load(trainer, normaliser, list, first, n);
        for (int64_t i = 0; i < n; i++) {
            labels[i] = list->images->labels[list->index[first + i]];
        }
        status = weft_engine_forward(engine, WEFT_MODE_EVALUATE, stop, error);
        if (status == WEFT_OK) {
            weft_loss loss =
                weft_cross_entropy(engine->logits, labels, (size_t)n, engine->classes, 0.0, NULL);
            total->sum += loss.sum;
            total->right += loss.right;
        }
    }
    free(labels);
    return status;
}

weft_status weft_trainer_measure(weft_trainer *trainer, const weft_normaliser *normaliser,
                                 const weft_image_list *list, const weft_stop *stop,
                                 double *accuracy, double *loss, weft_error *error) {
    weft_loss total = {0};
    WEFT_TRY(weft_trainer_exchange(trainer, error));
    weft_status status = sum_losses(trainer, normaliser, list, stop, &total, error);
    WEFT_TRY(weft_trainer_exchange_back(trainer, status, error));
    if (!isfinite(total.sum)) {
        weft_fail(error, WEFT_ERROR_EVALUATION,
                  "the trained network gives NaN or infinite values when measured");
        weft_hint(error, "lower the learning rate or lengthen the warm-up");
        return WEFT_ERROR_EVALUATION;
    }
    *accuracy = (double)total.right / (double)list->n;
    *loss = total.sum / (double)list->n;
    return WEFT_OK;
}
