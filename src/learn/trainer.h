/* SPDX-License-Identifier: Apache-2.0
 *
 * A trainer: an engine with what steps its parameters. It is given batches and makes steps; which
 * images, for how long and when to measure is its caller's. */
#ifndef WEFT_LEARN_TRAINER_H
#define WEFT_LEARN_TRAINER_H

#include <weft/learn.h>

#include "learn/engine.h"
#include "learn/feed.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "learn/schedule.h"

typedef struct weft_trainer {
    const weft_train_settings *settings; /* borrowed, like the engine's network and crew */
    weft_engine *engine;
    weft_descent descent;
    weft_segment *segments;
    weft_schedule schedule;
    float *state; /* the optimizer's, n_state floats */
    size_t n_state;
    float *average;  /* of the weights, engine->n_parameters; NULL: none is kept */
    int64_t updates; /* of the average */
    float *
        teacher_logits; /* (batch, classes), written by who teaches before each step; NULL: nobody */
} weft_trainer;

/* The type of activations that settings ask for: bf16 by 'auto' where the device has arithmetic for it. */
weft_type weft_train_type(const weft_train_settings *settings);

/* The rates and the steps that they ask for; the segments are yet to be given. */
weft_schedule weft_train_schedule(const weft_train_settings *settings);
weft_descent weft_train_descent(const weft_train_settings *settings);

/* Builds the engine for `batch` images and draws start values by settings->seed. What was made is
 * freed with weft_trainer_free, after an error too. */
weft_status weft_trainer_create(const weft_network *network, weft_crew *crew,
                                const weft_train_settings *settings, int batch,
                                const weft_stop *stop, weft_trainer *trainer,
                                weft_error *error) WEFT_NODISCARD;
void weft_trainer_free(weft_trainer *trainer);

/* One step, number `step` of `steps`, from 0: forward, loss, backward, parameters. The images are in
 * engine->images. *loss is the mean over the batch; one that is not finite is WEFT_ERROR_EVALUATION. */
weft_status weft_trainer_step(weft_trainer *trainer, const weft_feed_batch *batch, int64_t step,
                              int64_t steps, const weft_stop *stop, double *loss,
                              weft_error *error) WEFT_NODISCARD;

/* The first half of a step: leaves the gradients in the engine. */
weft_status weft_trainer_learn(weft_trainer *trainer, const weft_feed_batch *batch, int64_t step,
                               const weft_stop *stop, double *loss,
                               weft_error *error) WEFT_NODISCARD;

/* The second half: limits the gradients, moves the parameters, follows with their average. */
weft_status weft_trainer_move(weft_trainer *trainer, int64_t step, int64_t steps,
                              weft_error *error) WEFT_NODISCARD;

/* Accuracy and mean loss over a list of images, with the average of the weights where one is kept.
 * Values that are not finite are WEFT_ERROR_EVALUATION. */
weft_status weft_trainer_measure(weft_trainer *trainer, const weft_normaliser *normaliser,
                                 const weft_image_list *list, const weft_stop *stop,
                                 double *accuracy, double *loss, weft_error *error) WEFT_NODISCARD;

/* Images [first, first + n) of a list as they are, to the front of the engine's images. */
void weft_trainer_load(weft_trainer *trainer, const weft_normaliser *normaliser,
                       const weft_image_list *list, int64_t first, int64_t n);

/* Exchanges parameters and their average; nothing where none is kept. */
weft_status weft_trainer_exchange(weft_trainer *trainer, weft_error *error) WEFT_NODISCARD;

/* The same behind what was done with the average, whose status it returns unless that is WEFT_OK. */
weft_status weft_trainer_exchange_back(weft_trainer *trainer, weft_status status,
                                       weft_error *error) WEFT_NODISCARD;

#endif
