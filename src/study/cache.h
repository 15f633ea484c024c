/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracies of trained networks that studies share: a SQLite file by network, settings of the training
 * and fidelity, so that no network is trained twice. docs/reference/store.md describes its table. */
#ifndef WEFT_STUDY_CACHE_H
#define WEFT_STUDY_CACHE_H

#include <weft/study.h>

#include "accuracy/provider.h"

typedef struct weft_cache weft_cache;

/* Opens the file that the problem names, or makes it, for accuracies of that provider. Several processes
 * may have it open, several threads may use it. WEFT_ERROR_STORE: the file is something else, or damaged. */
weft_status weft_cache_open(const weft_problem *problem, const weft_accuracy *accuracy,
                            weft_cache **cache, weft_error *error) WEFT_NODISCARD;

/* Whether it could be opened; nothing is made or written. */
weft_status weft_cache_check(const weft_problem *problem, weft_error *error) WEFT_NODISCARD;
void weft_cache_close(weft_cache *cache);

/* weft_accuracy_evaluate of a query, unless the cache (NULL: none) has its result; what is worked out is
 * added. A result that was found has taken 0 seconds and 0 images. */
weft_status weft_cache_evaluate(weft_cache *cache, const weft_accuracy *accuracy,
                                const weft_accuracy_query *query, weft_accuracy_result *result,
                                weft_error *error) WEFT_NODISCARD;

#endif
