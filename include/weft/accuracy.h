/* SPDX-License-Identifier: Apache-2.0
 *
 * The accuracy of a network at a fidelity, from whichever provider a problem names.
 */
#ifndef WEFT_ACCURACY_H
#define WEFT_ACCURACY_H

#include <weft/learn.h>

typedef struct weft_accuracy weft_accuracy;

typedef struct weft_accuracy_settings {
    const char *provider;      /* "train" */
    const char *data;          /* data set by name */
    weft_train_settings train; /* of a candidate: the search sees the validation part only */
    double final_epochs;       /* of a design of the front: whole training set, test set once */
} weft_accuracy_settings;

WEFT_API void weft_accuracy_defaults(weft_accuracy_settings *settings);

/* The names there are: NULL-terminated. */
WEFT_API const char *const *weft_accuracy_names(void);

WEFT_API weft_status weft_accuracy_create(const weft_accuracy_settings *settings,
                                          weft_accuracy **accuracy,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_accuracy_destroy(weft_accuracy *accuracy);

/* Input shape and classes that networks must have. */
WEFT_API weft_shape weft_accuracy_input(const weft_accuracy *accuracy);
WEFT_API int weft_accuracy_classes(const weft_accuracy *accuracy);

typedef struct weft_accuracy_result {
    double accuracy; /* 0..1 */
    double loss;
    double seconds;
    int64_t images_trained;
} weft_accuracy_result;

typedef enum weft_fidelity {
    WEFT_FIDELITY_CANDIDATE, /* validation accuracy after the candidate's budget */
    WEFT_FIDELITY_FINAL,     /* test accuracy after the final budget */
} weft_fidelity;

/* Thread-safe; deterministic for (settings, seed, network). */
WEFT_API weft_status weft_accuracy_evaluate(weft_accuracy *accuracy, const weft_network *network,
                                            weft_fidelity fidelity, uint64_t seed,
                                            const weft_stop *stop, weft_accuracy_result *result,
                                            weft_error *error) WEFT_NODISCARD;

#endif
