/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trained supernet says of one of its networks. Its shared tensors are only read, so several
 * threads may ask at once, each with a crew and an engine of its own. */
#include "learn/supernet.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "learn/crew_shelf.h"
#include "learn/feed.h"
#include "learn/split.h"
#include "learn/train_file.h"
#include "learn/train_settings.h"
#include "learn/trainer.h"

/* ---- statistics ------------------------------------------------------------------------------ */

/* Of the training part, seen as in training: cropped and mirrored. */
static weft_status recalibrate(weft_trainer *trainer, const weft_normaliser *normaliser,
                               const weft_parts *parts, int64_t images, const weft_stop *stop,
                               weft_error *error) {
    const weft_train_settings *s = trainer->settings;
    weft_engine *engine = trainer->engine;
    int64_t batch = engine->settings.batch, steps = (images + batch - 1) / batch;
    const weft_feed_settings settings = {
        .list = &parts->train,
        .normaliser = normaliser,
        .augmentation = {.crop_pad = s->crop_pad, .flip = s->flip},
        .seed = s->seed,
        .batch = batch,
        .steps = steps,
        .type = engine->settings.type,
        .threads = 1,
    };
    weft_feed *feed;
    WEFT_TRY(weft_feed_create(&settings, &feed, error));
    weft_feed_batch labels;
    weft_status status = WEFT_OK;
    engine->steps = 0;
    engine->averages_statistics = true;
    for (int64_t i = 0; i < steps && status == WEFT_OK; i++) {
        if (weft_feed_next(feed, engine->images, &labels)) {
            engine->mask_step = i;
            status = weft_engine_forward(engine, WEFT_MODE_TRAIN, stop, error);
        }
    }
    weft_feed_destroy(feed);
    return status;
}

/* ---- meters ---------------------------------------------------------------------------------- */

struct weft_supernet_meter {
    const weft_supernet *supernet;
    const weft_dataset *dataset;
    weft_train_settings settings;
    int64_t recalibrate;
    weft_parts parts;
    weft_normaliser normaliser;
    int batch;
    weft_crew_shelf *crews;
};

static weft_status measure(const weft_supernet_meter *meter, weft_engine *engine,
                           const weft_stop *stop, weft_train_result *result, weft_error *error) {
    weft_trainer trainer = {.settings = &meter->settings, .engine = engine};
    weft_train_result made = {
        .images_measured = meter->parts.measure.n,
        .classes_unmeasured = meter->parts.unmeasured,
        .train_loss = NAN,
    };
    double began = weft_steady_time();
    WEFT_TRY(weft_shared_gather(meter->supernet->shared, engine, error));
    WEFT_TRY(
        recalibrate(&trainer, &meter->normaliser, &meter->parts, meter->recalibrate, stop, error));
    WEFT_TRY(weft_trainer_measure(&trainer, &meter->normaliser, &meter->parts.measure, stop,
                                  &made.accuracy, &made.loss, error));
    made.seconds = weft_steady_time() - began;
    *result = made;
    return WEFT_OK;
}

weft_status weft_supernet_measure(weft_supernet_meter *meter, const weft_network *network,
                                  const weft_stop *stop, weft_train_result *result,
                                  weft_error *error) {
    WEFT_TRY(weft_train_check_match(network, meter->dataset, error));
    const weft_engine_settings settings = {
        .batch = meter->batch,
        .type = weft_train_type(&meter->settings),
        .device = meter->settings.device,
        .quant = meter->settings.quantize ? &meter->settings.quant : NULL,
    };
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    WEFT_TRY(weft_crew_shelf_take(meter->crews, &crew, error));
    weft_status status = weft_engine_create(network, crew, &settings, &engine, error);
    if (status == WEFT_OK) {
        status = measure(meter, engine, stop, result, error);
    }
    weft_engine_destroy(engine);
    weft_crew_shelf_give(meter->crews, crew);
    return status;
}

static weft_status fill_meter(weft_supernet_meter *meter, weft_error *error) {
    const weft_train_settings *s = &meter->settings;
    if (meter->recalibrate < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "statistics estimated over %lld images; expected 1 or more",
                         (long long)meter->recalibrate);
    }
    WEFT_TRY(weft_train_check(s, error));
    WEFT_TRY(weft_parts_create(meter->dataset, s, &meter->parts, error));
    meter->batch = s->batch < meter->parts.train.n ? s->batch : (int)meter->parts.train.n;
    weft_normaliser_fill(meter->dataset, &meter->normaliser);
    return weft_crew_shelf_create(s->threads, &meter->crews, error);
}

weft_status weft_supernet_meter_create(const weft_supernet *supernet, const weft_dataset *dataset,
                                       const weft_train_settings *settings, int64_t images,
                                       weft_supernet_meter **meter, weft_error *error) {
    weft_supernet_meter *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->supernet = supernet;
    made->dataset = dataset;
    made->settings = *settings;
    weft_supernet_align(supernet, &made->settings);
    made->settings.average = 0.0;
    made->settings.teacher = NULL;
    made->recalibrate = images;
    weft_status status = fill_meter(made, error);
    if (status != WEFT_OK) {
        weft_supernet_meter_destroy(made);
        return status;
    }
    *meter = made;
    return WEFT_OK;
}

void weft_supernet_meter_destroy(weft_supernet_meter *meter) {
    if (meter == NULL) {
        return;
    }
    weft_crew_shelf_destroy(meter->crews);
    weft_parts_destroy(&meter->parts);
    free(meter);
}

/* ---- cutting out ----------------------------------------------------------------------------- */

weft_status weft_supernet_cut(const weft_supernet *supernet, const weft_network *network,
                              const char *path, weft_error *error) {
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    const weft_engine_settings settings = {
        .batch = 1,
        .type = WEFT_F32,
        .quant = supernet->train.quantize ? &supernet->train.quant : NULL,
    };
    WEFT_TRY(weft_crew_create(1, &crew, error));
    weft_status status = weft_engine_create(network, crew, &settings, &engine, error);
    if (status == WEFT_OK) {
        status = weft_engine_initialise(engine, 0, NULL, error);
    }
    if (status == WEFT_OK) {
        status = weft_shared_gather(supernet->shared, engine, error);
    }
    if (status == WEFT_OK) {
        status = weft_engine_save(engine, path, error);
    }
    weft_engine_destroy(engine);
    weft_crew_destroy(crew);
    return status;
}
