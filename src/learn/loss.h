/* SPDX-License-Identifier: Apache-2.0
 * Softmax and cross-entropy. */
#ifndef WEFT_LEARN_LOSS_H
#define WEFT_LEARN_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct weft_loss {
    double sum;    /* of the images' cross-entropies; NaN or infinite when a logit is */
    int64_t right; /* images whose largest logit is their label's */
} weft_loss;

/* logits (n, classes), labels (n). With e = smoothing, the target is 1 - e for the label plus
 * e / classes for every class. `gradient` (n, classes) of the mean over n; may be NULL. */
weft_loss weft_cross_entropy(const float *logits, const uint16_t *labels, size_t n, size_t classes,
                             double smoothing, float *gradient);

#endif
