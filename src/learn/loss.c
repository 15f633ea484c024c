/* SPDX-License-Identifier: Apache-2.0
 *
 *     p_k = exp(z_k - max) / sum_j exp(z_j - max)
 *     L   = -sum_k t_k log p_k,   dL/dz_k = p_k - t_k,   t = (1 - e) onehot + e / K
 *
 * and of a teacher with probabilities q at temperature T, with p taken of z / T:
 *
 *     T^2 KL = T^2 sum_k q_k (log q_k - log p_k),   d/dz_k = T (p_k - q_k)
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

/* log sum_k exp(z_k / T) */
static double log_sum(const float *z, size_t classes, double temperature) {
    double maximum = (double)z[largest(z, classes)];
    double sum = 0.0;
    for (size_t k = 0; k < classes; k++) {
        sum += exp(((double)z[k] - maximum) / temperature);
    }
    return maximum / temperature + log(sum);
}

/* The labels' share of the target of class k, which sums to 1 over the classes. */
static double label_target(const weft_targets *t, size_t image, size_t k, size_t classes) {
    double hard = k == t->labels[image] ? 1.0 : 0.0;
    if (t->others != NULL) {
        hard = t->share * hard + (1.0 - t->share) * (k == t->others[image] ? 1.0 : 0.0);
    }
    return t->smoothing / (double)classes + hard * (1.0 - t->smoothing);
}

/* One image's part of the loss, and its gradient times `share` unless `gradient` is NULL. The
 * gradient may lie where the logits are: each is read before it is written. */
static double one_image(const float *z, const weft_targets *t, size_t image, size_t classes,
                        double share, float *gradient) {
    const double temperature = t->temperature;
    const float *teacher = t->teacher != NULL ? t->teacher + image * classes : NULL;
    double whole = log_sum(z, classes, 1.0);
    double softened = teacher != NULL ? log_sum(z, classes, temperature) : 0.0;
    double told = 0.0, taught = 0.0;
    for (size_t k = 0; k < classes; k++) {
        double target = label_target(t, image, k, classes);
        double log_p = (double)z[k] - whole;
        double slope = exp(log_p) - target;
        told -= target > 0.0 ? target * log_p : 0.0;
        if (teacher != NULL) {
            double q = (double)teacher[k];
            double log_soft = (double)z[k] / temperature - softened;
            taught += q > 0.0 ? q * (log(q) - log_soft) : 0.0;
            slope = (1.0 - t->alpha) * slope + t->alpha * temperature * (exp(log_soft) - q);
        }
        if (gradient != NULL) {
            gradient[k] = (float)(slope * share);
        }
    }
    return teacher == NULL
               ? told
               : (1.0 - t->alpha) * told + t->alpha * temperature * temperature * taught;
}

void weft_soften(float *logits, size_t n, size_t classes, double temperature) {
    for (size_t i = 0; i < n; i++) {
        float *z = logits + i * classes;
        double whole = log_sum(z, classes, temperature);
        for (size_t k = 0; k < classes; k++) {
            z[k] = (float)exp((double)z[k] / temperature - whole);
        }
    }
}

weft_loss weft_target_loss(const float *logits, const weft_targets *targets, size_t n,
                           size_t classes, float *gradient) {
    weft_loss result = {0};
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * classes;
        bool first = targets->others == NULL || targets->share >= 0.5;
        result.right += largest(z, classes) == (first ? targets->labels : targets->others)[i];
        result.sum += one_image(z, targets, i, classes, 1.0 / (double)n,
                                gradient != NULL ? gradient + i * classes : NULL);
    }
    return result;
}

weft_loss weft_cross_entropy(const float *logits, const uint16_t *labels, size_t n, size_t classes,
                             double smoothing, float *gradient) {
    const weft_targets targets = {.labels = labels, .smoothing = smoothing};
    return weft_target_loss(logits, &targets, n, classes, gradient);
}
