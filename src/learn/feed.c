/* SPDX-License-Identifier: Apache-2.0
 *
 * A batch is a function of its step: its epoch's order is shuffled by (seed, epoch), each image's view
 * drawn by (seed, epoch, place), pairs and shares by (seed, step). So the thread that makes batches
 * ahead needs no more than one place to put the next one into. */
#include "learn/feed.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "learn/mix.h"

typedef struct labels {
    uint16_t *first, *others; /* (batch) */
    double share;
} labels;

struct weft_feed {
    weft_feed_settings settings;
    size_t pixels; /* bytes of an image, values of an input */
    int64_t steps_an_epoch;
    /* Of whoever makes batches: */
    int64_t epoch;     /* whose order `order` is; -1: of none */
    uint32_t *order;   /* (list.n) */
    uint32_t *partner; /* (batch) */
    float *plain;      /* (batch, pixels), before they are mixed */
    /* Of whoever asks for them: */
    int64_t next;
    labels now;
    /* The batch made ahead, under the mutex; NULL images: there is no thread. */
    void *ahead_images;
    labels ahead;
    bool is_ready, closing;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* is_ready or closing */
    pthread_t thread;
    bool has_thread;
};

/* ---- making a batch -------------------------------------------------------------------------- */

static void begin_epoch(weft_feed *feed, int64_t epoch) {
    const weft_image_list *list = feed->settings.list;
    memcpy(feed->order, list->index, (size_t)list->n * sizeof *feed->order);
    weft_rng rng = weft_rng_make(feed->settings.seed, WEFT_PURPOSE_SHUFFLE, (uint64_t)epoch);
    weft_rng_shuffle(&rng, feed->order, (size_t)list->n);
    feed->epoch = epoch;
}

static void fill_images(const weft_feed *feed, int64_t first, weft_type type, void *images,
                        uint16_t *label) {
    const weft_feed_settings *s = &feed->settings;
    const weft_images *from = s->list->images;
    const size_t size = feed->pixels * weft_type_size(type);
    for (int64_t i = 0; i < s->batch; i++) {
        size_t image = feed->order[first + i];
        weft_view view = weft_view_draw(&s->augmentation, s->normaliser->shape, s->seed,
                                        (uint64_t)feed->epoch, (uint64_t)(first + i));
        weft_view_fill(s->normaliser, from->pixels + image * feed->pixels, &view, type,
                       (unsigned char *)images + (size_t)i * size);
        label[i] = from->labels[image];
    }
}

static void make_batch(weft_feed *feed, int64_t step, void *images, labels *with) {
    const weft_feed_settings *s = &feed->settings;
    int64_t epoch = step / feed->steps_an_epoch;
    int64_t first = step % feed->steps_an_epoch * s->batch;
    if (epoch != feed->epoch) {
        begin_epoch(feed, epoch);
    }
    if (s->mixup <= 0.0) {
        fill_images(feed, first, s->type, images, with->first);
        with->share = 1.0;
        return;
    }
    fill_images(feed, first, WEFT_F32, feed->plain, with->first);
    with->share = weft_mix_draw(s->mixup, s->seed, (uint64_t)step, feed->partner, (size_t)s->batch);
    weft_mix_images(feed->plain, feed->partner, with->share, (size_t)s->batch, feed->pixels,
                    s->type, images);
    for (int64_t i = 0; i < s->batch; i++) {
        with->others[i] = with->first[feed->partner[i]];
    }
}

/* ---- ahead ----------------------------------------------------------------------------------- */

static bool wait_for_room(weft_feed *feed) {
    pthread_mutex_lock(&feed->mutex);
    while (feed->is_ready && !feed->closing) {
        pthread_cond_wait(&feed->changed, &feed->mutex);
    }
    bool goes_on = !feed->closing;
    pthread_mutex_unlock(&feed->mutex);
    return goes_on;
}

static void set_ready(weft_feed *feed, bool is_ready) {
    pthread_mutex_lock(&feed->mutex);
    feed->is_ready = is_ready;
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->mutex);
}

static void *work_ahead(void *argument) {
    weft_feed *feed = argument;
    for (int64_t step = feed->settings.first; step < feed->settings.steps; step++) {
        if (!wait_for_room(feed)) {
            break;
        }
        make_batch(feed, step, feed->ahead_images, &feed->ahead);
        set_ready(feed, true);
    }
    return NULL;
}

static void take_ahead(weft_feed *feed, void *images) {
    const size_t n = (size_t)feed->settings.batch;
    pthread_mutex_lock(&feed->mutex);
    while (!feed->is_ready) {
        pthread_cond_wait(&feed->changed, &feed->mutex);
    }
    pthread_mutex_unlock(&feed->mutex);
    memcpy(images, feed->ahead_images, n * feed->pixels * weft_type_size(feed->settings.type));
    memcpy(feed->now.first, feed->ahead.first, n * sizeof *feed->now.first);
    memcpy(feed->now.others, feed->ahead.others, n * sizeof *feed->now.others);
    feed->now.share = feed->ahead.share;
    set_ready(feed, false);
}

/* ---- the feed -------------------------------------------------------------------------------- */

static weft_status check(const weft_feed_settings *s, weft_error *error) {
    if (s->batch < 1 || s->batch > s->list->n) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "batch is %lld, expected 1 to the %lld images there are",
                         (long long)s->batch, (long long)s->list->n);
    }
    if (s->first < 0 || s->first > s->steps) {
        return weft_fail(error, WEFT_ERROR_INPUT, "steps %lld to %lld: expected 0 or more, upwards",
                         (long long)s->first, (long long)s->steps);
    }
    if (!(s->mixup >= 0.0) || isinf(s->mixup)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "mixup is %g, expected 0 or more", s->mixup);
    }
    if (s->augmentation.crop_pad < 0 || s->augmentation.crop_pad > 1024) {
        return weft_fail(error, WEFT_ERROR_INPUT, "crop_pad is %d, expected 0 to 1024",
                         s->augmentation.crop_pad);
    }
    if (s->augmentation.cut < 0 || s->augmentation.cut > 16384) {
        return weft_fail(error, WEFT_ERROR_INPUT, "cut-out of %d pixels, expected 0 to 16384",
                         s->augmentation.cut);
    }
    return WEFT_OK;
}

/* Everything but the thread. */
static weft_status allocate(weft_feed *feed, weft_error *error) {
    const weft_feed_settings *s = &feed->settings;
    const size_t n = (size_t)s->batch, images = (size_t)s->list->n;
    const bool mixes = s->mixup > 0.0, ahead = s->threads > 1;
    feed->order = malloc(images * sizeof *feed->order);
    feed->partner = malloc(n * sizeof *feed->partner);
    feed->plain = mixes ? malloc(n * feed->pixels * sizeof(float)) : NULL;
    feed->ahead_images = ahead ? malloc(n * feed->pixels * weft_type_size(s->type)) : NULL;
    feed->now.first = calloc(n, sizeof(uint16_t));
    feed->now.others = calloc(n, sizeof(uint16_t));
    feed->ahead.first = calloc(n, sizeof(uint16_t));
    feed->ahead.others = calloc(n, sizeof(uint16_t));
    if (feed->order == NULL || feed->partner == NULL || (mixes && feed->plain == NULL) ||
        (ahead && feed->ahead_images == NULL) || feed->now.first == NULL ||
        feed->now.others == NULL || feed->ahead.first == NULL || feed->ahead.others == NULL) {
        return weft_fail_memory(error, images * sizeof *feed->order +
                                           2 * n * feed->pixels * sizeof(float));
    }
    return WEFT_OK;
}

weft_status weft_feed_create(const weft_feed_settings *settings, weft_feed **feed,
                             weft_error *error) {
    WEFT_TRY(check(settings, error));
    weft_feed *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    const weft_shape shape = settings->normaliser->shape;
    made->settings = *settings;
    made->pixels = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    made->steps_an_epoch = settings->list->n / settings->batch;
    made->epoch = -1;
    made->next = settings->first;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    weft_status status = allocate(made, error);
    if (status == WEFT_OK && made->ahead_images != NULL) {
        made->has_thread = pthread_create(&made->thread, NULL, work_ahead, made) == 0;
        if (!made->has_thread) {
            status = weft_fail(error, WEFT_ERROR_MEMORY, "the system refused a thread for images");
        }
    }
    if (status != WEFT_OK) {
        weft_feed_destroy(made);
        return status;
    }
    *feed = made;
    return WEFT_OK;
}

void weft_feed_destroy(weft_feed *feed) {
    if (feed == NULL) {
        return;
    }
    if (feed->has_thread) {
        pthread_mutex_lock(&feed->mutex);
        feed->closing = true;
        pthread_cond_broadcast(&feed->changed);
        pthread_mutex_unlock(&feed->mutex);
        pthread_join(feed->thread, NULL);
    }
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->mutex);
    free(feed->order);
    free(feed->partner);
    free(feed->plain);
    free(feed->ahead_images);
    free(feed->now.first);
    free(feed->now.others);
    free(feed->ahead.first);
    free(feed->ahead.others);
    free(feed);
}

bool weft_feed_next(weft_feed *feed, void *images, weft_feed_batch *batch) {
    if (feed->next >= feed->settings.steps) {
        return false;
    }
    if (feed->has_thread) {
        take_ahead(feed, images);
    } else {
        make_batch(feed, feed->next, images, &feed->now);
    }
    feed->next++;
    *batch = (weft_feed_batch){
        .labels = feed->now.first,
        .others = feed->settings.mixup > 0.0 ? feed->now.others : NULL,
        .share = feed->now.share,
    };
    return true;
}
