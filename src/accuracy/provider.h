/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider of accuracies: one file that fills one struct of functions, named in one table.
 *
 * To add a provider: write provider_NAME.c, declare its struct below, and add the row.
 */
#ifndef WEFT_ACCURACY_PROVIDER_H
#define WEFT_ACCURACY_PROVIDER_H

#include "base/error.h"

#include <weft/accuracy.h>

typedef struct weft_provider {
    /* Makes the state that all evaluations share, and says which networks it takes. The strings of
     * the settings are only good until it returns. */
    weft_status (*create)(const weft_accuracy_settings *settings, void **state, weft_shape *input,
                          int *classes, weft_error *error);
    void (*destroy)(void *state);

    /* Evaluates one network, of which input and classes were checked. `seed` is that of this
     * design. Called from several threads at once: the state is read only. */
    weft_status (*evaluate)(const void *state, const weft_network *network, weft_fidelity fidelity,
                            uint64_t seed, const weft_stop *stop, weft_accuracy_result *result,
                            weft_error *error);
} weft_provider;

extern const weft_provider weft_provider_train;

/* Every provider, once: name in problem files, struct. */
#define WEFT_PROVIDER_MAP(X) X("train", weft_provider_train)

#endif
