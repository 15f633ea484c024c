/* SPDX-License-Identifier: Apache-2.0
 * The inside of a surrogate: a model, what its scores stand for, and what it is worth. */
#ifndef WEFT_ACCURACY_SURROGATE_H
#define WEFT_ACCURACY_SURROGATE_H

#include "accuracy/model.h"
#include "accuracy/warp.h"

enum { WEFT_SURROGATE_TEXT = 256 };

struct weft_surrogate {
    weft_features *features;
    const weft_model_kind *kind;
    void *state;
    weft_model_loss loss;
    bool by_rank;
    uint64_t seed;
    weft_warp warp;
    double base, reach; /* the interval: score +- reach sqrt(deviation^2 + base^2) */
    weft_surrogate_report report;
    char measure[WEFT_SURROGATE_TEXT];
};

/* What a score and its deviation say. */
void weft_surrogate_tell(const weft_surrogate *surrogate, double score, double deviation,
                         weft_forecast *forecast);

/* Rows of features of all designs; malloc'ed. */
weft_status weft_surrogate_rows(const weft_surrogate *surrogate, const weft_designs *designs,
                                float **rows, weft_error *error) WEFT_NODISCARD;

/* The same from the text of a file and the bytes of its arrays; `name` is what errors call it. */
weft_status weft_surrogate_parse(const char *text, size_t length, const char *name,
                                 const weft_tensors *arrays, weft_surrogate **surrogate,
                                 weft_error *error) WEFT_NODISCARD;

/* The text of its file, malloc'ed, with the name of the file of its arrays and their sum. */
weft_status weft_surrogate_text(const weft_surrogate *surrogate, const char *arrays,
                                const char *sha256, char **text, size_t *length,
                                weft_error *error) WEFT_NODISCARD;

#endif
