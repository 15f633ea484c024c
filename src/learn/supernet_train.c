/* SPDX-License-Identifier: Apache-2.0
 *
 * Training the weights of a space: in each step some networks of it learn from the same images, each
 * in an engine of its own, built when it is drawn; their gradients meet in the shared tensors, which
 * then make one step. */
#include "learn/supernet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "learn/checkpoint.h"
#include "learn/feed.h"
#include "learn/loss.h"
#include "learn/schedule.h"
#include "learn/split.h"
#include "learn/supernet_file.h"
#include "learn/train_settings.h"
#include "learn/trainer.h"

enum { REPORTS_AN_EPOCH = 10, ADMITTED = 64 };

void weft_supernet_defaults(weft_supernet_settings *settings) {
    *settings = (weft_supernet_settings){
        .rule = WEFT_SUPERNET_SINGLE_PATH,
        .samples = 1,
        .distils = true,
        .transforms_kernels = true,
        .inherited_rate = 0.5,
        .projects = true,
    };
    weft_train_defaults(&settings->train);
    settings->train.epochs = 20;
}

static weft_status check(const weft_supernet_settings *s, weft_error *error) {
    WEFT_TRY(weft_train_check(&s->train, error));
    if (s->samples < 1 || s->samples > 64) {
        return weft_fail(error, WEFT_ERROR_INPUT, "samples is %d, expected 1 to 64", s->samples);
    }
    if (!(s->first_phase >= 0.0 && s->first_phase < 1.0)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "first_phase is %g, expected 0 to below 1",
                         s->first_phase);
    }
    if (!(s->inherited_rate > 0.0 && s->inherited_rate <= 1.0)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "inherited_rate is %g, expected above 0 to 1",
                         s->inherited_rate);
    }
    if (s->train.split != WEFT_SPLIT_VALIDATION) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "a supernet learns from the training part: validation images tell its "
                         "networks apart");
    }
    if (s->train.mixup > 0.0 || s->train.average > 0.0 || s->train.patience > 0.0 ||
        s->train.teacher != NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "a supernet is trained without mixup, average, patience and teacher");
    }
    return WEFT_OK;
}

typedef struct training {
    const weft_supernet_space *space;
    const weft_dataset *dataset;
    const weft_supernet_settings *settings;
    const weft_stop *stop;
    const weft_supernet_watch *watch;
    weft_crew *crew;
    weft_shared *shared;
    weft_network *network; /* the one at hand */
    weft_parts parts;
    weft_normaliser normaliser;
    weft_feed *feed;
    weft_schedule schedule;
    weft_descent descent;
    weft_type type;
    int64_t batch, steps_an_epoch, steps, first_steps;
    void *images; /* of the step, for all its networks */
    size_t image_bytes;
    float *teacher; /* the largest network's logits */
    weft_feed_batch labels;
    weft_supernet_place place;
    weft_checkpoint_clock clock;
    double started;
    int64_t started_at;
    size_t engine_bytes; /* of the largest engine that was seen at the start */
} training;

/* ---- one network ----------------------------------------------------------------------------- */

static weft_status open_engine(const training *t, weft_engine **engine, weft_error *error) {
    const weft_train_settings *s = &t->settings->train;
    const weft_engine_settings settings = {
        .batch = (int)t->batch,
        .type = t->type,
        .device = s->device,
        .quant = s->quantize ? &s->quant : NULL,
    };
    return weft_engine_create(t->network, t->crew, &settings, engine, error);
}

/* Loss and gradients of the drawn network. The first one of a step that teaches leaves its logits. */
static weft_status learn(training *t, weft_engine *engine, bool teaches, bool is_taught,
                         double *loss, weft_error *error) {
    size_t n = (size_t)t->batch;
    memcpy(engine->images, t->images, n * t->image_bytes);
    engine->seed = t->settings->train.seed;
    engine->mask_step = t->place.at.step;
    WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_TRAIN, t->stop, error));
    weft_targets targets = {
        .labels = t->labels.labels,
        .smoothing = t->settings->train.label_smoothing,
        .share = 1.0,
    };
    if (is_taught) {
        targets.teacher = t->teacher;
        targets.temperature = 1.0;
        targets.alpha = 1.0;
    }
    weft_loss sum =
        weft_target_loss(engine->logits, &targets, n, engine->classes, engine->logits_gradient);
    *loss = sum.sum / (double)n;
    if (!isfinite(*loss)) {
        weft_fail(error, WEFT_ERROR_EVALUATION, "the loss became %s at step %lld with network %s",
                  isnan(*loss) ? "NaN" : "infinite", (long long)t->place.at.step + 1,
                  t->network->name);
        weft_hint(error, "lower the learning rate, lengthen the warm-up or limit the gradients");
        return WEFT_ERROR_EVALUATION;
    }
    if (teaches) {
        memcpy(t->teacher, engine->logits, n * engine->classes * sizeof *t->teacher);
        weft_soften(t->teacher, n, engine->classes, 1.0);
    }
    return weft_engine_backward(engine, t->stop, error);
}

static weft_status learn_and_scatter(training *t, weft_engine *engine, bool teaches, bool is_taught,
                                     int group, float weight, double *loss, weft_error *error) {
    WEFT_TRY(weft_shared_admit(t->shared, engine, error));
    WEFT_TRY(weft_shared_gather(t->shared, engine, error));
    WEFT_TRY(learn(t, engine, teaches, is_taught, loss, error));
    WEFT_TRY(weft_shared_learn_steps(t->shared, engine, error));
    return weft_shared_scatter(t->shared, engine, group, weight, t->place.at.step + 1, error);
}

static weft_status run_network(training *t, weft_supernet_draw which, uint64_t index,
                               bool is_taught, float weight, double *loss, weft_error *error) {
    int group = 0;
    /* Where gradients of both groups are to meet, every second random network of a step is of the
     * first. */
    bool first_group = t->place.at.step < t->first_steps ||
                       (t->settings->projects && index % 2 == 1);
    WEFT_TRY(t->space->draw(t->space->context, which, t->settings->train.seed, index, first_group,
                            t->network, &group, error));
    weft_engine *engine = NULL;
    WEFT_TRY(open_engine(t, &engine, error));
    bool teaches = which == WEFT_SUPERNET_LARGEST_OF_KINDS && t->settings->distils;
    weft_status status =
        learn_and_scatter(t, engine, teaches, is_taught, group, weight, loss, error);
    weft_engine_destroy(engine);
    t->place.all.networks += status == WEFT_OK;
    return status;
}

/* ---- one step -------------------------------------------------------------------------------- */

/* What was trained in the first phase learns more slowly from now on. */
static void begin_second_phase(training *t) {
    for (int i = 0; i < t->shared->n_tensors; i++) {
        t->shared->tensors[i].inherited = t->shared->tensors[i].age > 0;
    }
}

static void limit_gradients(const training *t) {
    if (t->settings->train.gradient_limit > 0.0) {
        weft_gradient_clip(t->shared->gradients[0], t->shared->n,
                           t->settings->train.gradient_limit);
    }
}

/* The descent may drive steps of quantizers below 0. Those of rows that no network had yet are not
 * known: they stay 0. */
static void hold_steps(const weft_shared_tensor *tensor, float *values) {
    bool has_steps = tensor->slot == WEFT_SLOT_WEIGHT_STEP || tensor->slot == WEFT_SLOT_INPUT_STEP;
    for (size_t i = 0; has_steps && i < tensor->count; i++) {
        weft_quant_hold_steps(&values[i], values[i] != 0.0F);
    }
}

/* Tensors that no network had in this step stay, with their momentum. AdamW corrects for the steps
 * that a tensor has seen. */
static void move(training *t) {
    double rate = weft_schedule_rate(&t->schedule, t->place.at.step, t->steps);
    limit_gradients(t);
    for (int i = 0; i < t->shared->n_tensors; i++) {
        const weft_shared_tensor *tensor = &t->shared->tensors[i];
        int64_t step = t->place.at.step + 1;
        if (tensor->touched[0] != step && tensor->touched[1] != step) {
            continue;
        }
        const weft_segment segment = {
            .offset = tensor->offset,
            .count = tensor->count,
            .rate = tensor->inherited ? t->settings->inherited_rate : 1.0,
            .decays = tensor->decays,
        };
        t->descent.segments = &segment;
        t->descent.n_segments = 1;
        weft_descent_step(&t->descent, t->shared->values, t->shared->gradients[0], t->shared->state,
                          t->shared->n, rate, tensor->age);
        hold_steps(tensor, t->shared->values + tensor->offset);
    }
}

static weft_status learn_step(training *t, double *loss, weft_error *error) {
    const weft_supernet_settings *s = t->settings;
    bool sandwich = s->rule == WEFT_SUPERNET_SANDWICH;
    int n = s->samples + (sandwich ? 2 : 0);
    float weight = 1.0F / (float)n;
    double first = 0.0, other = 0.0, sum = 0.0;
    uint64_t index = (uint64_t)t->place.at.step * 64;
    if (sandwich) {
        WEFT_TRY(
            run_network(t, WEFT_SUPERNET_LARGEST_OF_KINDS, index, false, weight, &first, error));
        WEFT_TRY(run_network(t, WEFT_SUPERNET_SMALLEST_OF_KINDS, index, s->distils, weight, &other,
                             error));
    }
    for (int i = 0; i < s->samples; i++) {
        WEFT_TRY(run_network(t, WEFT_SUPERNET_RANDOM, index + (uint64_t)i, sandwich && s->distils,
                             weight, &other, error));
        sum += other;
    }
    *loss = sandwich ? first : sum / s->samples;
    return WEFT_OK;
}

static weft_status train_step(training *t, weft_error *error) {
    if (!weft_feed_next(t->feed, t->images, &t->labels)) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "there are no images for step %lld",
                         (long long)t->place.at.step + 1);
    }
    if (t->place.at.step == t->first_steps && t->first_steps > 0) {
        begin_second_phase(t);
    }
    double loss = 0.0;
    weft_shared_clear(t->shared);
    WEFT_TRY(learn_step(t, &loss, error));
    weft_shared_join_groups(t->shared, t->place.at.step + 1, t->settings->projects,
                            t->place.all.agreement);
    move(t);
    t->place.at.loss_sum += loss;
    t->place.at.loss_steps++;
    t->place.at.step++;
    return WEFT_OK;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* In a space of one group the first phase would be all of it, and what follows inherited from it. */
static weft_status check_phases(const training *t, bool second_group, weft_error *error) {
    if (t->settings->first_phase == 0.0 || second_group) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "first_phase is %g, but none of %d networks of space %s has attention: they are all "
              "of the first phase",
              t->settings->first_phase, (int)ADMITTED, t->space->name);
    weft_hint(error, "two phases are for spaces of networks with and without attention, such as "
                     "small-hybrid; train others in one");
    return WEFT_ERROR_INPUT;
}

/* The largest, the smallest and some random networks find most sizes before anything is trained. */
static weft_status admit_some(training *t, weft_error *error) {
    bool second_group = false;
    for (int i = 0; i < ADMITTED; i++) {
        weft_supernet_draw which = i == 0   ? WEFT_SUPERNET_LARGEST
                                   : i == 1 ? WEFT_SUPERNET_SMALLEST
                                            : WEFT_SUPERNET_RANDOM;
        int group = 0;
        weft_engine *engine = NULL;
        WEFT_TRY(t->space->draw(t->space->context, which, ~t->settings->train.seed, (uint64_t)i,
                                false, t->network, &group, error));
        second_group = second_group || group == 1;
        WEFT_TRY(weft_train_check_match(t->network, t->dataset, error));
        WEFT_TRY(open_engine(t, &engine, error));
        weft_status status = weft_shared_admit(t->shared, engine, error);
        size_t bytes = weft_engine_bytes(engine);
        t->engine_bytes = bytes > t->engine_bytes ? bytes : t->engine_bytes;
        weft_engine_destroy(engine);
        WEFT_TRY(status);
    }
    return check_phases(t, second_group, error);
}

static weft_status open_feed(training *t, weft_error *error) {
    const weft_train_settings *s = &t->settings->train;
    const weft_feed_settings feed = {
        .list = &t->parts.train,
        .normaliser = &t->normaliser,
        .augmentation = {.crop_pad = s->crop_pad, .flip = s->flip, .cut = s->cutout},
        .seed = s->seed,
        .batch = t->batch,
        .first = t->place.at.step,
        .steps = t->steps,
        .type = t->type,
        .threads = s->threads,
    };
    return weft_feed_create(&feed, &t->feed, error);
}

static void count_steps(training *t) {
    const weft_train_settings *s = &t->settings->train;
    int64_t n = t->parts.train.n;
    t->batch = s->batch < n ? s->batch : n;
    t->steps_an_epoch = n / t->batch;
    double steps = floor(s->epochs * (double)t->steps_an_epoch + 0.5);
    t->steps = steps < 1.0 ? 1 : (int64_t)steps;
    t->first_steps = (int64_t)floor(t->settings->first_phase * (double)t->steps);
}

static weft_status take_memory(training *t, weft_error *error) {
    const weft_shape shape = t->dataset->info.shape;
    t->image_bytes = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width *
                     weft_type_size(t->type);
    t->images = malloc((size_t)t->batch * t->image_bytes);
    t->teacher = calloc((size_t)t->batch * (size_t)t->dataset->info.classes, sizeof *t->teacher);
    if (t->images == NULL || t->teacher == NULL) {
        return weft_fail_memory(error, (size_t)t->batch * t->image_bytes);
    }
    return WEFT_OK;
}

static weft_status begin(training *t, weft_error *error) {
    const weft_train_settings *s = &t->settings->train;
    WEFT_TRY(weft_parts_create(t->dataset, s, &t->parts, error));
    count_steps(t);
    weft_normaliser_fill(t->dataset, &t->normaliser);
    t->type = weft_train_type(s);
    t->schedule = weft_train_schedule(s);
    t->descent = weft_train_descent(s);
    WEFT_TRY(weft_schedule_check(&t->schedule, error));
    WEFT_TRY(take_memory(t, error));
    WEFT_TRY(weft_crew_create(s->threads, &t->crew, error));
    WEFT_TRY(weft_network_create("supernet", t->dataset->info.shape, &t->network, error));
    const weft_shared_settings shared = {
        .seed = s->seed,
        .transforms_kernels = t->settings->transforms_kernels,
        .decay_all = s->decay_all,
    };
    WEFT_TRY(
        weft_shared_create(&shared, weft_descent_state(t->descent.kind, 1), &t->shared, error));
    return admit_some(t, error);
}

static void end(training *t) {
    weft_feed_destroy(t->feed);
    weft_shared_destroy(t->shared);
    weft_network_destroy(t->network);
    weft_crew_destroy(t->crew);
    weft_parts_destroy(&t->parts);
    free(t->images);
    free(t->teacher);
}

/* ---- who looks on ---------------------------------------------------------------------------- */

static bool epoch_ends(const training *t) {
    return t->place.at.step % t->steps_an_epoch == 0;
}

static double training_rate(const training *t) {
    double seconds = weft_steady_time() - t->started;
    return seconds > 0.0 ? (double)((t->place.at.step - t->started_at) * t->batch) / seconds : 0.0;
}

static double mean_loss(const training *t) {
    return t->place.at.loss_sum / (double)t->place.at.loss_steps;
}

/* False: who looks on wants to stop. */
static bool report(const training *t) {
    int64_t in_epoch = t->place.at.step % t->steps_an_epoch;
    int64_t every = t->steps_an_epoch / REPORTS_AN_EPOCH;
    bool due = in_epoch == 0 || (every > 0 && in_epoch % every == 0) ||
               t->place.at.step == t->steps;
    if (t->watch == NULL || t->watch->progress == NULL || !due) {
        return true;
    }
    weft_train_progress now = {
        .step = t->place.at.step,
        .steps = t->steps,
        .epoch = (double)t->place.at.step / (double)t->steps_an_epoch,
        .loss = mean_loss(t),
        .accuracy = NAN,
        .images_per_second = training_rate(t),
    };
    return t->watch->progress(t->watch->context, &now);
}

/* Of what was counted behind `before`. */
static void fill_cosines(const weft_supernet_count *all, const weft_supernet_count *before,
                         weft_supernet_cosines cosines[WEFT_SUPERNET_KINDS]) {
    for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
        const weft_supernet_agreement *now = &all->agreement[k], *then = &before->agreement[k];
        int64_t pairs = now->pairs - then->pairs;
        cosines[k] = (weft_supernet_cosines){
            .pairs = pairs,
            .negative = now->negative - then->negative,
            .mean = pairs > 0 ? (now->sum - then->sum) / (double)pairs : NAN,
        };
    }
}

static weft_status tell_epoch(training *t, weft_error *error) {
    if (!epoch_ends(t) || t->watch == NULL || t->watch->epoch == NULL) {
        return WEFT_OK;
    }
    const weft_supernet_place *place = &t->place;
    weft_supernet_epoch done = {
        .epoch = place->at.step / t->steps_an_epoch,
        .step = place->at.step,
        .networks = place->all.networks - place->before.networks,
        .second_phase = t->first_steps > 0 && place->at.step > t->first_steps,
        .loss = mean_loss(t),
    };
    fill_cosines(&place->all, &place->before, done.cosines);
    return t->watch->epoch(t->watch->context, &done, error);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status keep(training *t, weft_error *error) {
    if (!weft_is_given(t->settings->train.checkpoint) ||
        !weft_checkpoint_due(&t->clock, weft_steady_time(), epoch_ends(t))) {
        return WEFT_OK;
    }
    return weft_supernet_keep(t->shared, t->settings, t->space, t->dataset, &t->place, error);
}

static weft_status train_all(training *t, weft_error *error) {
    while (t->place.at.step < t->steps) {
        if (epoch_ends(t)) {
            t->place.at.loss_sum = 0.0;
            t->place.at.loss_steps = 0;
            t->place.before = t->place.all;
        }
        WEFT_TRY(train_step(t, error));
        WEFT_TRY(tell_epoch(t, error));
        WEFT_TRY(keep(t, error));
        if (!report(t)) {
            return WEFT_STOPPED;
        }
    }
    return WEFT_OK;
}

static int64_t count_parameters(const weft_shared *shared) {
    int64_t n = 0;
    for (int i = 0; i < shared->n_tensors; i++) {
        n += (int64_t)shared->tensors[i].count;
    }
    return n;
}

static void fill_result(const training *t, double began, weft_supernet_result *result) {
    static const weft_supernet_count nothing = {0};
    *result = (weft_supernet_result){
        .steps = t->place.at.step,
        .networks = t->place.all.networks,
        .tensors = t->shared->n_tensors,
        .parameters = count_parameters(t->shared),
        .loss = mean_loss(t),
        .images_per_second = training_rate(t),
        .seconds = weft_steady_time() - began,
    };
    fill_cosines(&t->place.all, &nothing, result->cosines);
}

static weft_status train(training *t, weft_supernet_result *result, weft_error *error) {
    double began = weft_steady_time();
    WEFT_TRY(begin(t, error));
    WEFT_TRY(weft_supernet_resume(t->shared, t->settings, t->space, t->dataset, &t->place, error));
    WEFT_TRY(open_feed(t, error));
    t->started = weft_steady_time();
    t->started_at = t->place.at.step;
    t->clock =
        (weft_checkpoint_clock){.every = t->settings->train.checkpoint_every, .saved = t->started};
    WEFT_TRY(train_all(t, error));
    if (weft_is_given(t->settings->train.save)) {
        WEFT_TRY(
            weft_supernet_save(t->shared, t->settings, t->space, t->settings->train.save, error));
    }
    fill_result(t, began, result);
    return WEFT_OK;
}

weft_status weft_supernet_train(const weft_supernet_space *space, const weft_dataset *dataset,
                                const weft_supernet_settings *settings,
                                const weft_supernet_watch *watch, const weft_stop *stop,
                                weft_supernet_result *result, weft_error *error) {
    WEFT_TRY(check(settings, error));
    training t = {
        .space = space, .dataset = dataset, .settings = settings, .watch = watch, .stop = stop};
    weft_status status = train(&t, result, error);
    end(&t);
    return status;
}

static void fill_survey(const training *t, weft_supernet_survey *survey) {
    const weft_shared *shared = t->shared;
    int in_step = t->settings->samples + (t->settings->rule == WEFT_SUPERNET_SANDWICH ? 2 : 0);
    *survey = (weft_supernet_survey){
        .images = t->parts.train.n,
        .steps = t->steps,
        .networks = t->steps * in_step,
        .tensors = shared->n_tensors,
        .parameters = count_parameters(shared),
        .bytes = (int64_t)(t->engine_bytes + (3 + shared->n_state) * shared->n * sizeof(float)),
    };
}

weft_status weft_supernet_look(const weft_supernet_space *space, const weft_dataset *dataset,
                               const weft_supernet_settings *settings, weft_supernet_survey *survey,
                               weft_error *error) {
    WEFT_TRY(check(settings, error));
    training t = {.space = space, .dataset = dataset, .settings = settings};
    weft_status status = begin(&t, error);
    if (status == WEFT_OK) {
        fill_survey(&t, survey);
    }
    end(&t);
    return status;
}
