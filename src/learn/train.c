/* SPDX-License-Identifier: Apache-2.0
 *
 * One training from start values to a measured accuracy. */
#include "learn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "learn/batch.h"
#include "learn/dataset.h"
#include "learn/feed.h"
#include "learn/histogram.h"
#include "learn/memory.h"
#include "learn/split.h"
#include "learn/teacher.h"
#include "learn/train_file.h"
#include "learn/train_settings.h"
#include "learn/trainer.h"

enum { REPORTS_AN_EPOCH = 10 };

typedef struct training {
    const weft_train_settings *settings;
    const weft_network *network;
    const weft_dataset *dataset;
    const weft_stop *stop;
    bool (*progress)(void *context, const weft_train_progress *now);
    void *context;
    weft_crew *crew; /* lent */
    weft_trainer trainer;
    weft_teacher teacher;
    weft_parts parts;
    weft_parts histogram_parts; /* its measuring images; empty: no histograms are wanted */
    weft_normaliser normaliser;
    int64_t batch, steps_an_epoch, steps;
    weft_feed *feed;
    weft_train_place at; /* how far it is: what a checkpoint keeps beside the trainer's arrays */
    weft_train_record record; /* of its checkpoints */
    weft_checkpoint_clock clock;
    double accuracy;    /* on the last measurement; NaN before the first */
    double started;     /* s */
    int64_t started_at; /* step */
} training;

/* ---- beginning and end ----------------------------------------------------------------------- */

static weft_status open_feed(training *t, weft_error *error) {
    const weft_train_settings *s = t->settings;
    const weft_feed_settings feed = {
        .list = &t->parts.train,
        .normaliser = &t->normaliser,
        .augmentation = {.crop_pad = s->crop_pad, .flip = s->flip, .cut = s->cutout},
        .mixup = s->mixup,
        .seed = s->seed,
        .batch = t->batch,
        .first = t->at.step,
        .steps = t->steps,
        .type = weft_train_type(s),
        .threads = s->threads,
    };
    return weft_feed_create(&feed, &t->feed, error);
}

/* Which images, and how many steps with them. */
static weft_status count_steps(training *t, weft_error *error) {
    const weft_train_settings *s = t->settings;
    WEFT_TRY(weft_parts_create(t->dataset, s, &t->parts, error));
    int64_t n = t->parts.train.n;
    t->batch = s->batch < n ? s->batch : n;
    t->steps_an_epoch = n / t->batch;
    double steps = floor(s->epochs * (double)t->steps_an_epoch + 0.5);
    t->steps = steps < 1.0 ? 1 : (int64_t)steps;
    return WEFT_OK;
}

static weft_status training_begin(training *t, weft_error *error) {
    const weft_train_settings *s = t->settings;
    WEFT_TRY(count_steps(t, error));
    t->accuracy = NAN;
    weft_normaliser_fill(t->dataset, &t->normaliser);
    WEFT_TRY(
        weft_trainer_create(t->network, t->crew, s, (int)t->batch, t->stop, &t->trainer, error));
    if (weft_is_given(s->weights)) {
        WEFT_TRY(weft_engine_load(t->trainer.engine, s->weights, error));
    }
    if (weft_is_given(s->checkpoint)) {
        WEFT_TRY(weft_train_record_make(&t->trainer, t->dataset, t->steps, &t->record, error));
        WEFT_TRY(weft_train_resume(&t->trainer, &t->record, s->checkpoint, &t->at, error));
    }
    if (s->teacher != NULL) {
        WEFT_TRY(weft_teacher_create(s->teacher, s->teacher_weights, &t->trainer, t->crew,
                                     &t->teacher, error));
    }
    return open_feed(t, error);
}

static void training_end(training *t) {
    weft_feed_destroy(t->feed);
    weft_teacher_free(&t->teacher);
    weft_trainer_free(&t->trainer);
    weft_parts_destroy(&t->histogram_parts);
    weft_parts_destroy(&t->parts);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static weft_status train_step(training *t, weft_error *error) {
    weft_feed_batch batch = {0};
    if (!weft_feed_next(t->feed, t->trainer.engine->images, &batch)) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "there are no images for step %lld",
                         (long long)t->at.step + 1);
    }
    if (t->settings->teacher != NULL) {
        WEFT_TRY(weft_teacher_tell(&t->teacher, &t->trainer, t->stop, error));
    }
    double loss;
    WEFT_TRY(weft_trainer_step(&t->trainer, &batch, t->at.step, t->steps, t->stop, &loss, error));
    t->at.loss_sum += loss;
    t->at.loss_steps++;
    t->at.step++;
    return WEFT_OK;
}

static double training_rate(const training *t) {
    double seconds = weft_steady_time() - t->started;
    return seconds > 0.0 ? (double)((t->at.step - t->started_at) * t->batch) / seconds : 0.0;
}

/* False: whoever looks on wants to stop. */
static bool report(const training *t) {
    if (t->progress == NULL) {
        return true;
    }
    weft_train_progress now = {
        .step = t->at.step,
        .steps = t->steps,
        .epoch = (double)t->at.step / (double)t->steps_an_epoch,
        .loss = t->at.loss_sum / (double)t->at.loss_steps,
        .accuracy = t->accuracy,
        .images_per_second = training_rate(t),
    };
    return t->progress(t->context, &now);
}

static bool is_report_due(const training *t) {
    int64_t in_epoch = t->at.step % t->steps_an_epoch;
    int64_t every = t->steps_an_epoch / REPORTS_AN_EPOCH;
    return in_epoch == 0 || (every > 0 && in_epoch % every == 0);
}

static weft_status measure(training *t, double *accuracy, double *loss, weft_error *error) {
    return weft_trainer_measure(&t->trainer, &t->normaliser, &t->parts.measure, t->stop, accuracy,
                                loss, error);
}

/* At the end of an epoch: whether the accuracy has not become better for too long. */
static weft_status look_at_patience(training *t, bool *gives_up, weft_error *error) {
    double loss;
    WEFT_TRY(measure(t, &t->accuracy, &loss, error));
    if (t->at.best_step == 0 || t->accuracy > t->at.best_accuracy) {
        t->at.best_accuracy = t->accuracy;
        t->at.best_step = t->at.step;
    }
    double since = (double)(t->at.step - t->at.best_step) / (double)t->steps_an_epoch;
    *gives_up = since >= t->settings->patience;
    return WEFT_OK;
}

static weft_status save_checkpoint(training *t, weft_error *error) {
    const char *path = t->settings->checkpoint;
    bool epoch_ends = t->at.step % t->steps_an_epoch == 0;
    if (!weft_is_given(path) || !weft_checkpoint_due(&t->clock, weft_steady_time(), epoch_ends)) {
        return WEFT_OK;
    }
    return weft_train_keep(&t->trainer, &t->record, path, &t->at, error);
}

static weft_status train_all(training *t, weft_error *error) {
    bool gives_up = t->at.gave_up;
    while (t->at.step < t->steps && !gives_up) {
        if (t->at.step % t->steps_an_epoch == 0) {
            t->at.loss_sum = 0.0;
            t->at.loss_steps = 0;
        }
        WEFT_TRY(train_step(t, error));
        if (t->settings->patience > 0.0 && t->at.step % t->steps_an_epoch == 0) {
            WEFT_TRY(look_at_patience(t, &gives_up, error));
        }
        t->at.gave_up = gives_up;
        WEFT_TRY(save_checkpoint(t, error));
        if (is_report_due(t) && !report(t)) {
            return WEFT_STOPPED;
        }
    }
    return WEFT_OK;
}

/* ---- histograms ------------------------------------------------------------------------------ */

/* The validation images, whatever the split of this training is: found before it begins, for a
 * data set may leave none. */
static weft_status find_histogram_images(training *t, int64_t images, weft_error *error) {
    if (images < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT, "histograms of %lld images; expected 1 or more",
                         (long long)images);
    }
    weft_train_settings settings = *t->settings;
    settings.split = WEFT_SPLIT_VALIDATION;
    settings.validation_limit = images;
    return weft_parts_create(t->dataset, &settings, &t->histogram_parts, error);
}

static void load_histogram_images(void *context, int64_t first, int64_t n) {
    training *t = context;
    weft_trainer_load(&t->trainer, &t->normaliser, &t->histogram_parts.measure, first, n);
}

static weft_status make_histograms(training *t, weft_network **measured, weft_error *error) {
    const weft_histogram_images images = {
        .n = t->histogram_parts.measure.n,
        .load = load_histogram_images,
        .context = t,
    };
    WEFT_TRY(weft_trainer_exchange(&t->trainer, error));
    weft_status status =
        weft_measure_operands(t->trainer.engine, &images, t->stop, measured, error);
    return weft_trainer_exchange_back(&t->trainer, status, error);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Those that were measured: their average where one is kept. */
static weft_status save_weights(training *t, weft_error *error) {
    if (!weft_is_given(t->settings->save)) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_trainer_exchange(&t->trainer, error));
    weft_status status = weft_engine_save(t->trainer.engine, t->settings->save, error);
    return weft_trainer_exchange_back(&t->trainer, status, error);
}

static weft_status train_and_measure(training *t, weft_train_result *result, weft_error *error) {
    double began = weft_steady_time();
    WEFT_TRY(training_begin(t, error));
    t->started = weft_steady_time();
    t->clock = (weft_checkpoint_clock){.every = t->settings->checkpoint_every, .saved = t->started};
    t->started_at = t->at.step;
    WEFT_TRY(train_all(t, error));
    weft_train_result made = {
        .train_loss = t->at.loss_sum / (double)t->at.loss_steps,
        .images_trained = t->at.step * t->batch,
        .images_measured = t->parts.measure.n,
        .classes_unmeasured = t->parts.unmeasured,
        .images_per_second = training_rate(t),
    };
    WEFT_TRY(measure(t, &made.accuracy, &made.loss, error));
    WEFT_TRY(save_weights(t, error));
    made.seconds = weft_steady_time() - began;
    t->accuracy = made.accuracy;
    (void)report(t);
    *result = made;
    return WEFT_OK;
}

/* By the crew that is lent, or one of its own; `measured` may be NULL. */
static weft_status run_training(training *t, weft_train_result *result, weft_network **measured,
                                weft_error *error) {
    weft_crew *own = NULL;
    weft_status status = WEFT_OK;
    if (t->crew == NULL) {
        status = weft_crew_create(t->settings->threads, &own, error);
        t->crew = own;
    }
    if (status == WEFT_OK) {
        status = train_and_measure(t, result, error);
    }
    if (status == WEFT_OK && measured != NULL) {
        status = make_histograms(t, measured, error);
    }
    training_end(t);
    weft_crew_destroy(own);
    return status;
}

static weft_status check(const weft_network *network, const weft_dataset *dataset,
                         const weft_train_settings *settings, weft_error *error) {
    WEFT_TRY(weft_train_check(settings, error));
    return weft_train_check_match(network, dataset, error);
}

weft_status weft_train_with_crew(const weft_network *network, const weft_dataset *dataset,
                                 const weft_train_settings *settings, weft_crew *crew,
                                 const weft_stop *stop, weft_train_result *result,
                                 weft_error *error) {
    WEFT_TRY(check(network, dataset, settings, error));
    training t = {
        .settings = settings, .network = network, .dataset = dataset, .crew = crew, .stop = stop};
    return run_training(&t, result, NULL, error);
}

weft_status weft_train(const weft_network *network, const weft_dataset *dataset,
                       const weft_train_settings *settings,
                       bool (*progress)(void *context, const weft_train_progress *now),
                       void *context, const weft_stop *stop, weft_train_result *result,
                       weft_error *error) {
    WEFT_TRY(check(network, dataset, settings, error));
    training t = {.settings = settings,
                  .network = network,
                  .dataset = dataset,
                  .progress = progress,
                  .context = context,
                  .stop = stop};
    return run_training(&t, result, NULL, error);
}

weft_status weft_train_with_histograms(
    const weft_network *network, const weft_dataset *dataset, const weft_train_settings *settings,
    int64_t images, bool (*progress)(void *context, const weft_train_progress *now), void *context,
    const weft_stop *stop, weft_train_result *result, weft_network **measured, weft_error *error) {
    WEFT_TRY(check(network, dataset, settings, error));
    training t = {.settings = settings,
                  .network = network,
                  .dataset = dataset,
                  .progress = progress,
                  .context = context,
                  .stop = stop};
    WEFT_TRY(find_histogram_images(&t, images, error));
    return run_training(&t, result, measured, error);
}

/* ---- the plan -------------------------------------------------------------------------------- */

static size_t plan_bytes(const training *t) {
    const weft_engine *engine = t->trainer.engine;
    size_t arrays = (size_t)engine->settings.beside + (size_t)engine->settings.buffers;
    size_t teacher = t->teacher.engine != NULL ? weft_engine_bytes(t->teacher.engine) : 0;
    return weft_engine_bytes(engine) + arrays * engine->n_parameters * sizeof(float) + teacher;
}

static void fill_plan(const training *t, weft_train_plan *plan) {
    const weft_engine *engine = t->trainer.engine;
    *plan = (weft_train_plan){
        .train_images = t->parts.train.n,
        .measure_images = t->parts.measure.n,
        .batch = (int)t->batch,
        .lanes = engine->n_lanes,
        .steps_an_epoch = t->steps_an_epoch,
        .steps = t->steps,
        .done = t->at.step,
        .precision = weft_train_type(t->settings) == WEFT_BF16 ? WEFT_PRECISION_BF16
                                                               : WEFT_PRECISION_F32,
        .stages = engine->n_stages,
        .available = weft_memory_available(),
        .bytes = plan_bytes(t),
    };
    for (int s = 0; s < engine->n_stages; s++) {
        bool product = weft_stage_is_product(&engine->stages[s]);
        plan->products += product;
        plan->quantized += product && engine->stages[s].bits > 0;
    }
}

weft_status weft_train_look_ahead(const weft_network *network, const weft_dataset *dataset,
                                  const weft_train_settings *settings, weft_train_plan *plan,
                                  weft_error *error) {
    WEFT_TRY(check(network, dataset, settings, error));
    training t = {.settings = settings, .network = network, .dataset = dataset};
    weft_crew *crew = NULL;
    WEFT_TRY(weft_crew_create(settings->threads, &crew, error));
    t.crew = crew;
    weft_status status = training_begin(&t, error);
    if (status == WEFT_OK) {
        fill_plan(&t, plan);
    }
    training_end(&t);
    weft_crew_destroy(crew);
    return status;
}
