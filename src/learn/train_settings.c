/* SPDX-License-Identifier: Apache-2.0
 * What a training is asked for. */
#include "learn/train_settings.h"

#include <math.h>

#include "learn/crew.h"
#include "learn/quant_bits.h"

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
        .decay_all = true,
        .crop_pad = 1,
        .flip = true,
        .threads = 1,
        .split = WEFT_SPLIT_VALIDATION,
        .teaching = 0.5,
        .temperature = 4.0,
        .checkpoint_every = 30.0,
    };
    weft_quant_defaults(&settings->quant);
}

static weft_status check_steps(const weft_train_settings *s, weft_error *error) {
    WEFT_TRY(weft_check_range("epochs", s->epochs, 1e-6, 1e6, error));
    WEFT_TRY(weft_check_range("batch", s->batch, 1, 65536, error));
    /* Any finite rate: one that is far too high ends with a clear error of its own. */
    WEFT_TRY(weft_check_range("learning_rate", s->learning_rate, 0, HUGE_VAL, error));
    WEFT_TRY(weft_check_range("warmup", s->warmup, 0, 1, error));
    WEFT_TRY(weft_check_range("momentum", s->momentum, 0, 1, error));
    WEFT_TRY(weft_check_range("weight_decay", s->weight_decay, 0, 1, error));
    WEFT_TRY(weft_check_range("gradient_limit", s->gradient_limit, 0, HUGE_VAL, error));
    WEFT_TRY(weft_check_range("average", s->average, 0, 1, error));
    WEFT_TRY(weft_check_range("patience", s->patience, 0, 1e6, error));
    WEFT_TRY(weft_check_range("checkpoint_every", s->checkpoint_every, 0, 1e9, error));
    return weft_check_range("threads", s->threads, 1, WEFT_CREW_MAX_THREADS, error);
}

static weft_status check_images(const weft_train_settings *s, weft_error *error) {
    WEFT_TRY(weft_check_range("share", s->share, 1e-9, 1, error));
    WEFT_TRY(weft_check_range("validation", s->validation, 0, 0.9, error));
    WEFT_TRY(weft_check_range("crop_pad", s->crop_pad, 0, 1024, error));
    WEFT_TRY(weft_check_range("cutout", s->cutout, 0, 1024, error));
    WEFT_TRY(weft_check_range("mixup", s->mixup, 0, 1e6, error));
    return weft_check_range("label_smoothing", s->label_smoothing, 0, 1, error);
}

static weft_status check_teacher(const weft_train_settings *s, weft_error *error) {
    WEFT_TRY(weft_check_range("teaching", s->teaching, 0, 1, error));
    WEFT_TRY(weft_check_range("temperature", s->temperature, 1e-3, 1e3, error));
    if (s->teacher != NULL && (s->teacher_weights == NULL || s->teacher_weights[0] == '\0')) {
        weft_fail(error, WEFT_ERROR_INPUT, "a teacher without weights knows nothing");
        weft_hint(error, "train it first and save its weights");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

weft_status weft_train_check(const weft_train_settings *s, weft_error *error) {
    WEFT_TRY(check_steps(s, error));
    WEFT_TRY(check_images(s, error));
    WEFT_TRY(check_teacher(s, error));
    if (s->patience > 0.0 && s->split == WEFT_SPLIT_TEST) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "patience would look at the test images to decide when to stop");
        weft_hint(error, "leave patience out where the test set measures");
        return WEFT_ERROR_INPUT;
    }
    return s->quantize ? weft_quant_check(&s->quant, error) : WEFT_OK;
}

weft_status weft_train_check_match(const weft_network *network, const weft_dataset *dataset,
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
