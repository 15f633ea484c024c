/* SPDX-License-Identifier: Apache-2.0
 * Which values the layers of products of a network compute with. */
#ifndef WEFT_LEARN_HISTOGRAM_H
#define WEFT_LEARN_HISTOGRAM_H

#include <weft/learn.h>

#include "learn/engine.h"

/* The images to measure with: `load` writes images [first, first + n), n at most the engine's batch,
 * to the front of the engine's images. It is asked for each image twice. */
typedef struct weft_histogram_images {
    int64_t n; /* at least 1 */
    void (*load)(void *context, int64_t first, int64_t n);
    void *context;
} weft_histogram_images;

/* Runs the images through the engine as it is now (evaluation mode) and makes *measured: a copy of
 * the engine's network, the caller's, whose layers of products carry the histograms that
 * weft_train_with_histograms describes. WEFT_ERROR_EVALUATION where a value is not finite,
 * WEFT_STOPPED between stages when asked for. */
weft_status weft_measure_operands(weft_engine *engine, const weft_histogram_images *images,
                                  const weft_stop *stop, weft_network **measured,
                                  weft_error *error) WEFT_NODISCARD;

#endif
