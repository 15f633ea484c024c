/* SPDX-License-Identifier: Apache-2.0
 *
 * Training a network from scratch and measuring it: the loop around the engine. */
#include <weft/learn.h>

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "learn/batch.h"
#include "learn/dataset.h"
#include "learn/engine.h"
#include "learn/feed.h"
#include "learn/histogram.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "learn/schedule.h"
#include "learn/split.h"

enum { REPORTS_AN_EPOCH = 10 };

void weft_train_defaults(weft_train_settings *settings) {
    *settings = (weft_train_settings){
        .epochs = 2.0,
        .batch = 96,
        .share = 1.0,
        .validation = 0.15,
        .learning_rate = 0.1,
        .warmup = 0.1,
        .momentum = 0.9,
        .weight_decay = 3e-4,
        .crop_pad = 1,
        .flip = true,
        .threads = 1,
        .split = WEFT_SPLIT_VALIDATION,
    };
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static weft_status check_range(const char *name, double value, double lower, double upper,
                               weft_error *error) {
    if (value >= lower && value <= upper) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "%s is %g, expected %g to %g", name, value, lower,
                     upper);
}

static weft_status check_settings(const weft_train_settings *s, weft_error *error) {
    WEFT_TRY(check_range("epochs", s->epochs, 1e-6, 1e6, error));
    WEFT_TRY(check_range("batch", s->batch, 1, 65536, error));
    WEFT_TRY(check_range("share", s->share, 1e-9, 1, error));
    WEFT_TRY(check_range("validation", s->validation, 0, 0.9, error));
    /* Any finite rate: one that is far too high ends with a clear error of its own. */
    WEFT_TRY(check_range("learning_rate", s->learning_rate, 0, HUGE_VAL, error));
    WEFT_TRY(check_range("warmup", s->warmup, 0, 1, error));
    WEFT_TRY(check_range("momentum", s->momentum, 0, 1, error));
    WEFT_TRY(check_range("weight_decay", s->weight_decay, 0, 1, error));
    WEFT_TRY(check_range("crop_pad", s->crop_pad, 0, 1024, error));
    WEFT_TRY(check_range("label_smoothing", s->label_smoothing, 0, 1, error));
    return check_range("threads", s->threads, 1, 1024, error);
}

static weft_status check_match(const weft_network *network, const weft_dataset *dataset,
                               weft_error *error) {
    const weft_shape in = network->layers[0].out, image = dataset->info.shape;
    if (in.channels != image.channels || in.height != image.height || in.width != image.width) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "network %s takes %d x %d x %d (channels, height, width), images of %s are "
                  "%d x %d x %d",
                  network->name, in.channels, in.height, in.width, dataset->info.name,
                  image.channels, image.height, image.width);
        weft_hint(error, "build the network for the data set's shape");
        return WEFT_ERROR_INPUT;
    }
    int outputs = network->layers[network->n_layers - 1].out.channels;
    if (outputs != dataset->info.classes) {
        weft_fail(error, WEFT_ERROR_INPUT, "network %s tells %d classes apart, %s has %d",
                  network->name, outputs, dataset->info.name, dataset->info.classes);
        weft_hint(error, "build the network for the data set's number of classes");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* ---- one training ---------------------------------------------------------------------------- */

typedef struct training {
    const weft_train_settings *settings;
    const weft_stop *stop;
    bool (*progress)(void *context, const weft_train_progress *now);
    void *context;
    weft_engine *engine;
    weft_parts parts;
    weft_parts histogram_parts; /* its measuring images; empty: no histograms are wanted */
    weft_normaliser normaliser;
    weft_schedule schedule;
    size_t image_pixels; /* bytes of an image, floats of an input */
    int64_t batch, steps_an_epoch, steps;
    weft_feed *feed;
    uint16_t *labels; /* (batch), of images that are measured */
    double loss_sum;  /* over the current epoch */
    int64_t loss_steps;
    double started; /* s */
} training;

static weft_status training_begin(training *t, const weft_network *network,
                                  const weft_dataset *dataset, weft_error *error) {
    WEFT_TRY(weft_parts_create(dataset, t->settings, &t->parts, error));
    int64_t n = t->parts.train.n;
    t->batch = t->settings->batch < n ? t->settings->batch : n;
    t->steps_an_epoch = n / t->batch;
    double steps = floor(t->settings->epochs * (double)t->steps_an_epoch + 0.5);
    t->steps = steps < 1.0 ? 1 : (int64_t)steps;
    const weft_shape image = dataset->info.shape;
    t->image_pixels = (size_t)image.channels * (size_t)image.height * (size_t)image.width;
    weft_normaliser_fill(dataset, &t->normaliser);
    t->schedule = (weft_schedule){
        .kind = WEFT_SCHEDULE_COSINE,
        .peak = t->settings->learning_rate,
        .warmup = t->settings->warmup,
    };
    t->labels = calloc((size_t)t->batch, sizeof *t->labels);
    if (t->labels == NULL) {
        return weft_fail_memory(error, (size_t)t->batch * sizeof *t->labels);
    }
    const weft_feed_settings feed = {
        .list = &t->parts.train,
        .normaliser = &t->normaliser,
        .augmentation = {.crop_pad = t->settings->crop_pad, .flip = t->settings->flip},
        .seed = t->settings->seed,
        .batch = t->batch,
        .steps = t->steps,
        .type = WEFT_F32,
        .threads = t->settings->threads,
    };
    WEFT_TRY(weft_feed_create(&feed, &t->feed, error));
    WEFT_TRY(weft_engine_create(network, (int)t->batch, &t->engine, error));
    return weft_engine_initialise(t->engine, t->settings->seed, t->stop, error);
}

static void training_end(training *t) {
    weft_engine_destroy(t->engine);
    weft_feed_destroy(t->feed);
    weft_parts_destroy(&t->histogram_parts);
    weft_parts_destroy(&t->parts);
    free(t->labels);
}

static weft_status check_loss(const training *t, double loss, int64_t step, double rate,
                              weft_error *error) {
    if (isfinite(loss)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_EVALUATION,
              "the loss became %s at step %lld of %lld (learning rate %g)",
              isnan(loss) ? "NaN" : "infinite", (long long)step + 1, (long long)t->steps, rate);
    weft_hint(error, "lower the learning rate or lengthen the warm-up");
    return WEFT_ERROR_EVALUATION;
}

static weft_status train_step(training *t, int64_t step, weft_error *error) {
    const weft_train_settings *s = t->settings;
    weft_engine *engine = t->engine;
    double rate = weft_schedule_rate(&t->schedule, step, t->steps);
    weft_feed_batch batch = {0};
    if (!weft_feed_next(t->feed, engine->input->data, &batch)) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "there are no images for step %lld",
                         (long long)step + 1);
    }
    engine->dropout = weft_rng_make(s->seed, WEFT_PURPOSE_DROPOUT, (uint64_t)step);
    WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_TRAIN, t->stop, error));
    weft_loss loss = weft_cross_entropy(engine->output->data, batch.labels, (size_t)t->batch,
                                        (size_t)engine->output->shape.channels, s->label_smoothing,
                                        engine->output->gradient);
    double mean = loss.sum / (double)t->batch;
    WEFT_TRY(check_loss(t, mean, step, rate, error));
    t->loss_sum += mean;
    t->loss_steps++;
    WEFT_TRY(weft_engine_backward(engine, t->stop, error));
    const weft_segment all = {.count = engine->n_parameters, .rate = 1.0, .decays = true};
    const weft_descent descent = {
        .kind = WEFT_DESCENT_SGD,
        .momentum = s->momentum,
        .decay = s->weight_decay,
        .segments = &all,
        .n_segments = 1,
    };
    weft_descent_step(&descent, engine->parameters, engine->gradients, engine->velocity,
                      engine->n_parameters, rate, step + 1);
    return WEFT_OK;
}

static double training_rate(const training *t, int64_t steps) {
    double seconds = weft_steady_time() - t->started;
    return seconds > 0.0 ? (double)(steps * t->batch) / seconds : 0.0;
}

/* False: whoever looks on wants to stop. */
static bool report(const training *t, int64_t steps_done, double accuracy) {
    if (t->progress == NULL) {
        return true;
    }
    weft_train_progress now = {
        .step = steps_done,
        .steps = t->steps,
        .epoch = (double)steps_done / (double)t->steps_an_epoch,
        .loss = t->loss_sum / (double)t->loss_steps,
        .accuracy = accuracy,
        .images_per_second = training_rate(t, steps_done),
    };
    return t->progress(t->context, &now);
}

static bool is_report_due(const training *t, int64_t steps_done) {
    int64_t in_epoch = steps_done % t->steps_an_epoch;
    int64_t every = t->steps_an_epoch / REPORTS_AN_EPOCH;
    return in_epoch == 0 || (every > 0 && in_epoch % every == 0);
}

static weft_status train_all(training *t, weft_error *error) {
    for (int64_t step = 0; step < t->steps; step++) {
        if (step % t->steps_an_epoch == 0) {
            t->loss_sum = 0.0;
            t->loss_steps = 0;
        }
        WEFT_TRY(train_step(t, step, error));
        if (is_report_due(t, step + 1) && !report(t, step + 1, NAN)) {
            return WEFT_STOPPED;
        }
    }
    return WEFT_OK;
}

/* ---- measuring ------------------------------------------------------------------------------- */

/* Images [first, first + n) of a list as they are, to the front of the engine's input. */
static void load_plain(const training *t, const weft_image_list *list, int64_t first, int64_t n,
                       float *input) {
    const weft_view as_it_is = {0};
    for (int64_t i = 0; i < n; i++) {
        size_t image = list->index[first + i];
        weft_view_fill(&t->normaliser, list->images->pixels + image * t->image_pixels, &as_it_is,
                       WEFT_F32, input + (size_t)i * t->image_pixels);
    }
}

/* Every image of the part once. The last batch may be filled up with what was there: images do not
 * see each other when the engine evaluates. */
static weft_status measure(training *t, weft_train_result *result, weft_error *error) {
    const weft_image_list *list = &t->parts.measure;
    weft_engine *engine = t->engine;
    weft_loss total = {0};
    for (int64_t first = 0; first < list->n; first += t->batch) {
        int64_t n = list->n - first < t->batch ? list->n - first : t->batch;
        load_plain(t, list, first, n, engine->input->data);
        for (int64_t i = 0; i < n; i++) {
            t->labels[i] = list->images->labels[list->index[first + i]];
        }
        WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_EVALUATE, t->stop, error));
        weft_loss loss = weft_cross_entropy(engine->output->data, t->labels, (size_t)n,
                                            (size_t)engine->output->shape.channels, 0.0, NULL);
        total.sum += loss.sum;
        total.right += loss.right;
    }
    if (!isfinite(total.sum)) {
        weft_fail(error, WEFT_ERROR_EVALUATION,
                  "the trained network gives NaN or infinite values when measured");
        weft_hint(error, "lower the learning rate or lengthen the warm-up");
        return WEFT_ERROR_EVALUATION;
    }
    result->images_measured = list->n;
    result->classes_unmeasured = t->parts.unmeasured;
    result->accuracy = (double)total.right / (double)list->n;
    result->loss = total.sum / (double)list->n;
    return WEFT_OK;
}

/* The validation images, whatever the split of this training is: found before it begins, for a
 * data set may leave none. */
static weft_status find_histogram_images(training *t, const weft_dataset *dataset, int64_t images,
                                         weft_error *error) {
    if (images < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT, "histograms of %lld images; expected 1 or more",
                         (long long)images);
    }
    weft_train_settings settings = *t->settings;
    settings.split = WEFT_SPLIT_VALIDATION;
    settings.validation_limit = images;
    return weft_parts_create(dataset, &settings, &t->histogram_parts, error);
}

static void load_histogram_images(void *context, int64_t first, int64_t n, float *input) {
    const training *t = context;
    load_plain(t, &t->histogram_parts.measure, first, n, input);
}

static weft_status make_histograms(training *t, weft_network **measured, weft_error *error) {
    const weft_histogram_images images = {
        .n = t->histogram_parts.measure.n,
        .load = load_histogram_images,
        .context = t,
    };
    return weft_measure_operands(t->engine, &images, t->stop, measured, error);
}

static weft_status train_and_measure(training *t, const weft_network *network,
                                     const weft_dataset *dataset, weft_train_result *result,
                                     weft_error *error) {
    double began = weft_steady_time();
    WEFT_TRY(training_begin(t, network, dataset, error));
    t->started = weft_steady_time();
    WEFT_TRY(train_all(t, error));
    weft_train_result made = {
        .train_loss = t->loss_sum / (double)t->loss_steps,
        .images_trained = t->steps * t->batch,
        .images_per_second = training_rate(t, t->steps),
    };
    WEFT_TRY(measure(t, &made, error));
    made.seconds = weft_steady_time() - began;
    (void)report(t, t->steps, made.accuracy);
    *result = made;
    return WEFT_OK;
}

/* One training with as many threads as it asks for; `measured` may be NULL. */
static weft_status run_training(training *t, const weft_network *network,
                                const weft_dataset *dataset, weft_train_result *result,
                                weft_network **measured, weft_error *error) {
    int threads_before = omp_get_max_threads();
    omp_set_num_threads(t->settings->threads); /* of this thread only */
    weft_status status = train_and_measure(t, network, dataset, result, error);
    if (status == WEFT_OK && measured != NULL) {
        status = make_histograms(t, measured, error);
    }
    training_end(t);
    omp_set_num_threads(threads_before);
    return status;
}

weft_status weft_train(const weft_network *network, const weft_dataset *dataset,
                       const weft_train_settings *settings,
                       bool (*progress)(void *context, const weft_train_progress *now),
                       void *context, const weft_stop *stop, weft_train_result *result,
                       weft_error *error) {
    WEFT_TRY(check_settings(settings, error));
    WEFT_TRY(check_match(network, dataset, error));
    training t = {.settings = settings, .progress = progress, .context = context, .stop = stop};
    return run_training(&t, network, dataset, result, NULL, error);
}

weft_status weft_train_with_histograms(
    const weft_network *network, const weft_dataset *dataset, const weft_train_settings *settings,
    int64_t images, bool (*progress)(void *context, const weft_train_progress *now), void *context,
    const weft_stop *stop, weft_train_result *result, weft_network **measured, weft_error *error) {
    WEFT_TRY(check_settings(settings, error));
    WEFT_TRY(check_match(network, dataset, error));
    training t = {.settings = settings, .progress = progress, .context = context, .stop = stop};
    WEFT_TRY(find_histogram_images(&t, dataset, images, error));
    return run_training(&t, network, dataset, result, measured, error);
}
