/* SPDX-License-Identifier: Apache-2.0
 * Softmax and cross-entropy, with labels that are smoothed, mixed or told by a teacher. */
#ifndef WEFT_LEARN_LOSS_H
#define WEFT_LEARN_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct weft_loss {
    double sum;    /* over the images; NaN or infinite when a logit is */
    int64_t right; /* images whose largest logit is their label's */
} weft_loss;

/* logits (n, classes), labels (n). With e = smoothing, the target is 1 - e for the label plus
 * e / classes for every class. `gradient` (n, classes) of the mean over n; may be NULL. */
weft_loss weft_cross_entropy(const float *logits, const uint16_t *labels, size_t n, size_t classes,
                             double smoothing, float *gradient);

/* What the logits of a batch should have been. */
typedef struct weft_targets {
    const uint16_t *labels; /* (n) */
    double smoothing;       /* as above */
    /* Mix-up: an image is `share` of one with its label and 1 - share of one with its other label.
     * NULL: images are not mixed. */
    const uint16_t *others; /* (n) */
    double share;           /* 0 .. 1 */
    /* Distillation: probabilities (n, classes) of a teacher at `temperature`, as weft_soften makes
     * them; NULL: there is none. alpha 1 and temperature 1: the teacher alone, as a supernet's largest
     * network teaches its smaller ones (Yu et al., "BigNAS", ECCV 2020). */
    const float *teacher;
    double temperature; /* above 0 */
    double alpha;       /* 0 .. 1, the teacher's weight */
} weft_targets;

/* Turns logits (n, classes) of a teacher into its probabilities softmax(z / temperature), in place. */
void weft_soften(float *logits, size_t n, size_t classes, double temperature);

/* Of each image
 *     (1 - alpha) cross-entropy(target, z) + alpha T^2 KL(teacher || softmax(z / T))
 * (Hinton et al., "Distilling the knowledge in a neural network", 2015: T^2 keeps the two gradients
 * in proportion), and the gradient of the mean over n; `gradient` may be NULL, or the logits
 * themselves. An image that is mixed is right when its logits are largest for the label with the
 * larger share, the first one when the shares are equal. */
weft_loss weft_target_loss(const float *logits, const weft_targets *targets, size_t n,
                           size_t classes, float *gradient);

#endif
