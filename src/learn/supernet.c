/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trained supernet says of one of its networks. Its shared tensors are only read, so several
 * threads may ask at once, each with an engine of its own. */
#include "learn/supernet.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "learn/feed.h"
#include "learn/split.h"
#include "learn/train_file.h"
#include "learn/train_settings.h"
#include "learn/trainer.h"

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

typedef struct asking {
    weft_parts parts;
    weft_normaliser normaliser;
    weft_crew *crew;
    weft_trainer trainer;
} asking;

static void asking_end(asking *a) {
    weft_trainer_free(&a->trainer);
    weft_crew_destroy(a->crew);
    weft_parts_destroy(&a->parts);
}

static weft_status ask(const weft_supernet *supernet, const weft_network *network,
                       const weft_dataset *dataset, const weft_train_settings *settings,
                       int64_t images, const weft_stop *stop, asking *a, weft_train_result *result,
                       weft_error *error) {
    double began = weft_steady_time();
    WEFT_TRY(weft_parts_create(dataset, settings, &a->parts, error));
    weft_normaliser_fill(dataset, &a->normaliser);
    int64_t batch = settings->batch < a->parts.train.n ? settings->batch : a->parts.train.n;
    WEFT_TRY(weft_crew_create(settings->threads, &a->crew, error));
    WEFT_TRY(weft_trainer_create(network, a->crew, settings, (int)batch, stop, &a->trainer, error));
    WEFT_TRY(weft_shared_gather(supernet->shared, a->trainer.engine, error));
    WEFT_TRY(recalibrate(&a->trainer, &a->normaliser, &a->parts, images, stop, error));
    weft_train_result made = {.images_measured = a->parts.measure.n};
    WEFT_TRY(weft_trainer_measure(&a->trainer, &a->normaliser, &a->parts.measure, stop,
                                  &made.accuracy, &made.loss, error));
    made.seconds = weft_steady_time() - began;
    *result = made;
    return WEFT_OK;
}

weft_status weft_supernet_measure(const weft_supernet *supernet, const weft_network *network,
                                  const weft_dataset *dataset, const weft_train_settings *settings,
                                  int64_t images, const weft_stop *stop, weft_train_result *result,
                                  weft_error *error) {
    weft_train_settings used = *settings;
    used.quantize = supernet->train.quantize;
    used.quant = supernet->train.quant;
    used.average = 0.0;
    if (images < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "statistics estimated over %lld images; expected 1 or more",
                         (long long)images);
    }
    WEFT_TRY(weft_train_check(&used, error));
    WEFT_TRY(weft_train_check_match(network, dataset, error));
    asking a = {0};
    weft_status status = ask(supernet, network, dataset, &used, images, stop, &a, result, error);
    asking_end(&a);
    return status;
}

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
