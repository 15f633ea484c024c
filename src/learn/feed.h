/* SPDX-License-Identifier: Apache-2.0
 *
 * The batches of a training in order: shuffled anew each epoch, augmented, mixed. With a thread to
 * spare the next batch is made while the engine works on the last one; what comes is the same. */
#ifndef WEFT_LEARN_FEED_H
#define WEFT_LEARN_FEED_H

#include "base/error.h"
#include "learn/batch.h"
#include "learn/split.h"

typedef struct weft_feed weft_feed;

typedef struct weft_feed_settings {
    const weft_image_list *list;       /* borrowed until the feed is destroyed */
    const weft_normaliser *normaliser; /* likewise */
    weft_augmentation augmentation;
    double mixup;  /* alpha of Beta(alpha, alpha); 0: images are not mixed */
    uint64_t seed; /* of order, augmentation and mixing */
    int64_t batch; /* 1 .. images of the list */
    int64_t first,
        steps;      /* steps first .. steps - 1 are fed; list.n / batch of them are an epoch */
    weft_type type; /* of the images' values */
    int threads;    /* 1: batches are made when they are asked for, else by a thread ahead */
} weft_feed_settings;

/* What comes with the images of a batch; borrowed until the next one is asked for. */
typedef struct weft_feed_batch {
    const uint16_t *labels; /* (batch) */
    const uint16_t *others; /* (batch) of the images blended in; NULL: not mixed */
    double share;           /* of the labels, 1 where images are not mixed */
} weft_feed_batch;

/* Takes all memory that it will need. WEFT_ERROR_INPUT: a setting out of range. */
weft_status weft_feed_create(const weft_feed_settings *settings, weft_feed **feed,
                             weft_error *error) WEFT_NODISCARD;

/* Stops the thread, within the time that one batch takes. */
void weft_feed_destroy(weft_feed *feed);

/* Writes the images of the next step, (batch, height, width, channels); false, and nothing written,
 * behind the last step. */
bool weft_feed_next(weft_feed *feed, void *images, weft_feed_batch *batch);

#endif
