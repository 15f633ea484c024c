/* SPDX-License-Identifier: Apache-2.0
 *
 * oneDNN's product of a geometry is made before a choice is measured, never meanwhile: to make it is
 * to choose among oneDNN's own kernels, in the same file, under the same lock. */
#include "learn/way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 2, ALIGNMENT = 64 };

/* What tensors are filled with: 0.0115 in both types. */
enum { FILL = 0x3c };

/* ---- what there is ---------------------------------------------------------------------------- */

static const weft_way *own_way(const weft_dnn_geometry *g) {
    static const weft_way *const OWN[] = {&weft_way_depthwise, &weft_way_winograd};
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
        if (OWN[i]->serves(g)) {
            return OWN[i];
        }
    }
    return NULL;
}

bool weft_way_onednn_serves(const weft_dnn_geometry *g) {
    int64_t height = (int64_t)g->dilation_height * (g->kernel_height - 1) + 1;
    int64_t width = (int64_t)g->dilation_width * (g->kernel_width - 1) + 1;
    return g->linear || (g->pad_height < height && g->pad_width < width);
}

static bool pass_wanted(const weft_dnn_geometry *g, int pass) {
    return pass != WEFT_DNN_BACKWARD_DATA || g->input_gradient;
}

int weft_way_of_onednn(const weft_way *own) {
    return own->comes_first ? 1 : 0;
}

void weft_way_name(const weft_way *own, const weft_dnn_geometry *g, weft_dnn_pass pass, char *key) {
    char geometry[WEFT_DNN_NAME];
    weft_dnn_geometry_name(g, geometry);
    snprintf(key, WEFT_WAY_KEY, "way|%s.%d|%s|%s", own->name, own->revision,
             weft_dnn_pass_name(pass), geometry);
}

/* ---- measuring -------------------------------------------------------------------------------- */

typedef struct trial {
    const weft_way *own;
    const weft_dnn_geometry *geometry;
    weft_dnn_pass pass;
    weft_dnn_product *product;
    void *input, *output, *weights, *weights_gradient, *bias, *scratch;
} trial;

static weft_status try_way(void *context, int way, weft_error *error) {
    const trial *t = context;
    bool forward = t->pass == WEFT_DNN_FORWARD, weights = t->pass == WEFT_DNN_BACKWARD_WEIGHTS;
    const weft_dnn_places places = {
        .input = t->pass != WEFT_DNN_BACKWARD_DATA ? t->input : NULL,
        .weights = weights ? NULL : t->weights,
        .bias = forward ? t->bias : NULL,
        .output = forward ? t->output : NULL,
        .output_gradient = forward ? NULL : t->output,
        .input_gradient = t->pass == WEFT_DNN_BACKWARD_DATA ? t->input : NULL,
        .weights_gradient = weights ? t->weights_gradient : NULL,
        .bias_gradient = weights ? t->bias : NULL,
        .scratch = t->scratch,
    };
    if (way == weft_way_of_onednn(t->own)) {
        return weft_dnn_product_run(t->product, t->pass, &places, error);
    }
    t->own->run(t->geometry, t->pass, &places);
    return WEFT_OK;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* NULL where there is no memory; `bytes` counts what was asked for. */
static void *fill_room(size_t bytes, size_t *all) {
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
    void *room = aligned_alloc(ALIGNMENT, rounded);
    *all += rounded;
    if (room != NULL) {
        memset(room, FILL, rounded);
    }
    return room;
}

static weft_status begin_trial(trial *t, weft_error *error) {
    const weft_dnn_geometry *g = t->geometry;
    size_t size = (size_t)g->batch * weft_type_size((weft_type)g->type), all = 0;
    size_t in = (size_t)g->in_height * (size_t)g->in_width * (size_t)g->in_channels;
    size_t out = (size_t)g->out_height * (size_t)g->out_width * (size_t)g->out_channels;
    size_t plain = (size_t)g->out_channels * (size_t)(g->in_channels / g->groups) *
                   (size_t)g->kernel_height * (size_t)g->kernel_width * sizeof(float);
    size_t packed = larger(t->own->packed(g), weft_dnn_product_packed(t->product, t->pass));
    t->input = fill_room(in * size, &all);
    t->output = fill_room(out * size, &all);
    t->weights = fill_room(larger(plain, packed), &all);
    t->weights_gradient = fill_room(larger(plain, packed), &all);
    t->bias = g->bias ? fill_room((size_t)g->out_channels * sizeof(float), &all) : NULL;
    t->scratch =
        fill_room(larger(t->own->scratch(g), weft_dnn_product_scratch(t->product, t->pass)), &all);
    bool complete = t->input != NULL && t->output != NULL && t->weights != NULL &&
                    t->weights_gradient != NULL && t->scratch != NULL && (t->bias || !g->bias);
    return complete ? WEFT_OK : weft_fail_memory(error, all);
}

static void end_trial(trial *t) {
    free(t->input);
    free(t->output);
    free(t->weights);
    free(t->weights_gradient);
    free(t->bias);
    free(t->scratch);
}

/* ---- choosing --------------------------------------------------------------------------------- */

/* Where nothing is measured the first way is taken without a trial: both work. */
static weft_status choose_pass(weft_dnn *dnn, trial *t, const weft_way **chosen,
                               weft_error *error) {
    char key[WEFT_WAY_KEY];
    int way = 0;
    weft_way_name(t->own, t->geometry, t->pass, key);
    weft_choices *choices = weft_dnn_choices(dnn);
    if (weft_choices_measure(choices) && !weft_choices_known(choices, key, WAYS, &way)) {
        WEFT_TRY(weft_dnn_product_get(dnn, t->geometry, &t->product, error));
        weft_status status = begin_trial(t, error);
        if (status == WEFT_OK) {
            status = weft_choices_best(choices, key, WAYS, try_way, t, &way, error);
        }
        end_trial(t);
        WEFT_TRY(status);
    }
    *chosen = way == weft_way_of_onednn(t->own) ? NULL : t->own;
    return WEFT_OK;
}

weft_status weft_way_choose(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                            const weft_way *chosen[WEFT_DNN_PASSES], weft_error *error) {
    const weft_way *own = own_way(geometry), *found[WEFT_DNN_PASSES] = {NULL};
    for (int pass = 0; own != NULL && pass < WEFT_DNN_PASSES; pass++) {
        trial t = {.own = own, .geometry = geometry, .pass = (weft_dnn_pass)pass};
        found[pass] = own;
        if (weft_way_onednn_serves(geometry) && pass_wanted(geometry, pass)) {
            WEFT_TRY(choose_pass(dnn, &t, &found[pass], error));
        }
    }
    memcpy(chosen, found, sizeof found);
    return WEFT_OK;
}
