/* SPDX-License-Identifier: Apache-2.0
 * A trained network whose logits teach another one. */
#ifndef WEFT_LEARN_TEACHER_H
#define WEFT_LEARN_TEACHER_H

#include "learn/trainer.h"

typedef struct weft_teacher {
    weft_engine *engine;
    float *logits; /* (batch, classes): trainer.teacher_logits */
} weft_teacher;

/* Loads its weights and makes the trainer listen. Another shape of images or number of classes than
 * the pupil's is WEFT_ERROR_INPUT. Freed with weft_teacher_free, after an error too. */
weft_status weft_teacher_create(const weft_network *network, const char *weights,
                                weft_trainer *pupil, weft_crew *crew, weft_teacher *teacher,
                                weft_error *error) WEFT_NODISCARD;
void weft_teacher_free(weft_teacher *teacher);

/* Writes its logits for the images in the pupil's engine. */
weft_status weft_teacher_tell(weft_teacher *teacher, const weft_trainer *pupil,
                              const weft_stop *stop, weft_error *error) WEFT_NODISCARD;

#endif
