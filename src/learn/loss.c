/* SPDX-License-Identifier: Apache-2.0
 *
 *     p_k = exp(z_k - max) / sum_j exp(z_j - max)
 *     L   = -sum_k t_k log p_k,   dL/dz_k = p_k - t_k,   t = (1 - e) onehot + e / K
 *
 * In f64: a few thousand values a step, and exact enough to be compared with anything. */
#include "learn/loss.h"

#include <math.h>

static size_t largest(const float *z, size_t classes) {
    size_t best = 0;
    for (size_t k = 1; k < classes; k++) {
        best = z[k] > z[best] ? k : best;
    }
    return best;
}

/* log sum_k exp(z_k) */
static double log_sum(const float *z, size_t classes) {
    double maximum = (double)z[largest(z, classes)];
    double sum = 0.0;
    for (size_t k = 0; k < classes; k++) {
        sum += exp((double)z[k] - maximum);
    }
    return maximum + log(sum);
}

static double one_image(const float *z, size_t label, size_t classes, double smoothing,
                        double share, float *gradient) {
    double whole = log_sum(z, classes);
    double rest = smoothing / (double)classes;
    double loss = 0.0;
    for (size_t k = 0; k < classes; k++) {
        double target = rest + (k == label ? 1.0 - smoothing : 0.0);
        double log_p = (double)z[k] - whole;
        loss -= target > 0.0 ? target * log_p : 0.0;
        if (gradient != NULL) {
            gradient[k] = (float)((exp(log_p) - target) * share);
        }
    }
    return loss;
}

weft_loss weft_cross_entropy(const float *logits, const uint16_t *labels, size_t n, size_t classes,
                             double smoothing, float *gradient) {
    weft_loss result = {0};
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * classes;
        result.sum += one_image(z, labels[i], classes, smoothing, 1.0 / (double)n,
                                gradient != NULL ? gradient + i * classes : NULL);
        result.right += largest(z, classes) == labels[i] ? 1 : 0;
    }
    return result;
}
