/* SPDX-License-Identifier: Apache-2.0
 * See quant_fold.h. */
#include "learn/quant_fold.h"

#include <math.h>

void weft_quant_fold(const weft_quant_norm *norm, size_t channels, size_t n, const float *weights,
                     const float *bias, float *folded, float *folded_bias) {
    for (size_t c = 0; c < channels; c++) {
        double a = (double)norm->gamma[c] / sqrt((double)norm->variance[c] + norm->epsilon);
        double from = (bias != NULL ? (double)bias[c] : 0.0) - (double)norm->mean[c];
        for (size_t i = c * n; i < (c + 1) * n; i++) {
            folded[i] = (float)(a * (double)weights[i]);
        }
        folded_bias[c] = (float)(a * from + (double)norm->beta[c]);
    }
}
