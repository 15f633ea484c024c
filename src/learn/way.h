/* SPDX-License-Identifier: Apache-2.0
 *
 * The ways to compute a product of a weighted layer: oneDNN's kernels, or kernels of ours for some
 * kinds of convolutions. Which one is taken is measured for each pass when a layer of its geometry is
 * first met, and remembered (choice.h). Where nothing is measured, depthwise convolutions take ours and
 * all others oneDNN's. */
#ifndef WEFT_LEARN_WAY_H
#define WEFT_LEARN_WAY_H

#include "learn/choice.h"
#include "learn/onednn.h"

/* Kernels of ours. What they read and write lies where weft_dnn_places says; the gradient of the
 * weights is written in the plain layout. */
typedef struct weft_way {
    const char *name;
    int revision; /* raised with every change to its kernels: choices of before are not believed */
    bool comes_first; /* taken where nothing is measured */
    bool (*serves)(const weft_dnn_geometry *geometry);
    /* Bytes of the weights as FORWARD and BACKWARD_DATA read them; 0: plain, as they are. */
    size_t (*packed)(const weft_dnn_geometry *geometry);
    size_t (*scratch)(const weft_dnn_geometry *geometry);
    void (*pack)(const weft_dnn_geometry *geometry, weft_dnn_pass pass, const float *plain,
                 void *packed);
    void (*run)(const weft_dnn_geometry *geometry, weft_dnn_pass pass,
                const weft_dnn_places *places);
} weft_way;

/* way_depthwise.c, way_winograd.c */
extern const weft_way weft_way_depthwise, weft_way_winograd;

/* Whether oneDNN has a kernel: its windows must all see something of the map. */
bool weft_way_onednn_serves(const weft_dnn_geometry *geometry);

/* The kernels of ours for each pass of a geometry, NULL where oneDNN's are taken. */
weft_status weft_way_choose(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                            const weft_way *chosen[WEFT_DNN_PASSES],
                            weft_error *error) WEFT_NODISCARD;

/* The work of weft_choices_best for a pass, and the place of oneDNN among its two ways: for who wants to
 * fix a choice in the file. `key` has room for WEFT_WAY_KEY bytes. */
enum { WEFT_WAY_KEY = 256 };
void weft_way_name(const weft_way *own, const weft_dnn_geometry *geometry, weft_dnn_pass pass,
                   char *key);
int weft_way_of_onednn(const weft_way *own);

#endif
