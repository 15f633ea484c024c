/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/teacher.h"

#include <stdlib.h>
#include <string.h>

#include "learn/train_file.h"

static weft_status check_pupil(const weft_network *network, const weft_engine *pupil,
                               weft_error *error) {
    const weft_shape ours = network->layers[0].out, theirs = pupil->input->shape;
    int classes = network->layers[network->n_layers - 1].out.channels;
    if (ours.channels == theirs.channels && ours.height == theirs.height &&
        ours.width == theirs.width && (size_t)classes == pupil->classes) {
        return WEFT_OK;
    }
    return weft_fail(
        error, WEFT_ERROR_INPUT,
        "the teacher %s takes %d x %d x %d and tells %d classes apart, its pupil takes "
        "%d x %d x %d and tells %zu",
        network->name, ours.channels, ours.height, ours.width, classes, theirs.channels,
        theirs.height, theirs.width, pupil->classes);
}

weft_status weft_teacher_create(const weft_network *network, const char *weights,
                                weft_trainer *pupil, weft_crew *crew, weft_teacher *teacher,
                                weft_error *error) {
    *teacher = (weft_teacher){0};
    WEFT_TRY(check_pupil(network, pupil->engine, error));
    const weft_engine_settings settings = {
        .batch = pupil->engine->settings.batch,
        .type = pupil->engine->settings.type,
        .device = pupil->engine->settings.device,
    };
    WEFT_TRY(weft_engine_create(network, crew, &settings, &teacher->engine, error));
    WEFT_TRY(weft_engine_load(teacher->engine, weights, error));
    size_t n = (size_t)settings.batch * pupil->engine->classes;
    teacher->logits = calloc(n, sizeof *teacher->logits);
    if (teacher->logits == NULL) {
        return weft_fail_memory(error, n * sizeof *teacher->logits);
    }
    pupil->teacher_logits = teacher->logits;
    return WEFT_OK;
}

void weft_teacher_free(weft_teacher *teacher) {
    weft_engine_destroy(teacher->engine);
    free(teacher->logits);
    *teacher = (weft_teacher){0};
}

weft_status weft_teacher_tell(weft_teacher *teacher, const weft_trainer *pupil,
                              const weft_stop *stop, weft_error *error) {
    weft_engine *engine = teacher->engine;
    size_t batch = (size_t)engine->settings.batch;
    memcpy(engine->images, pupil->engine->images,
           batch * engine->image_values * weft_type_size(engine->settings.type));
    WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_EVALUATE, stop, error));
    memcpy(teacher->logits, engine->logits, batch * engine->classes * sizeof *teacher->logits);
    return WEFT_OK;
}
