/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks of cells with skip connections, whose depth, width and number of skips are free in each
 * cell. A cell works on maps of one size; its first layer is a 3x3 convolution that takes what the cell
 * before gives, with stride 2 but in the first cell. Behind the last one stand a global pool and the
 * classifier.
 *   cells-concat    DenseNet type (Huang et al., arXiv 1608.06993): layer i >= 2 of a cell takes, beside
 *                   the layer before, min(t, (i - 1) w) channels of the layers 0 .. i - 2
 *   cells-add       ResNet and Wide ResNet type (He et al., arXiv 1512.03385; Zagoruyko and Komodakis,
 *                   arXiv 1605.07146): blocks of two 3x3 convolutions; the first t add their input
 *   cells-inverted  MobileNetV2 type (Sandler et al., arXiv 1801.04381): inverted residuals of one
 *                   expansion; the first t add their input
 * with w channels a layer and t skips. The first is the family of Bhardwaj et al., "How does topology
 * influence gradient propagation and model performance of deep networks with DenseNet-type skip
 * connections?" (CVPR 2021, arXiv 1910.00780), and of Li et al., "FLASH" (ACM TECS 20(5s), 2021, arXiv
 * 2108.00568). There links are drawn at random; here they are spread evenly, so that a network is
 * its numbers: of s channels the layer j of n gives floor((j + 1) s / n) - floor(j s / n), beginning
 * at a channel that moves on with the layer that takes them. */
#ifndef WEFT_NETWORK_CELLS_H
#define WEFT_NETWORK_CELLS_H

#include "network/build.h"

enum {
    WEFT_CELLS_MAX = 6,
    WEFT_CELLS_MAX_DEPTH = 64,
    WEFT_CELLS_MAX_WIDTH = 1024,
    WEFT_CELLS_MAX_SKIPS = 65536,
    WEFT_CELLS_MAX_EXPANSION = 16,
};

typedef enum weft_cells_kind {
    WEFT_CELLS_CONCAT,
    WEFT_CELLS_ADD,
    WEFT_CELLS_INVERTED,
    WEFT_CELLS_KINDS,
} weft_cells_kind;

typedef struct weft_cell {
    int32_t depth; /* concat: layers; add, inverted: blocks behind the first layer */
    int32_t width; /* channels that each layer or block gives */
    int32_t
        skips; /* concat: channels that a layer takes at most; else blocks that add their input */
} weft_cell;

typedef struct weft_cells_spec {
    weft_cells_kind kind;
    weft_shape input;
    int32_t classes;
    weft_layer_bits bits; /* of all layers of products */
    int32_t expansion;    /* of inverted */
    int32_t n_cells;
    weft_cell cells[WEFT_CELLS_MAX];
} weft_cells_spec;

/* "cells-concat", "cells-add", "cells-inverted". */
const char *weft_cells_name(weft_cells_kind kind);

/* Three cells of 16, 32 and 64 channels, each 8 deep with as many skips as channels (concat) or 4 deep
 * with all skips; 3 x 32 x 32 in 10 classes; expansion 4. */
void weft_cells_defaults(weft_cells_kind kind, weft_cells_spec *spec);

/* Writes "cells-concat@depth=8x8x8,channels=16x32x64,skips=16x32x64"; returns `buffer`. */
char *weft_cells_text(const weft_cells_spec *spec, char *buffer, size_t size);

/* All layers in the place of a network that is there; after an error it holds some of them. */
weft_status weft_cells_build(const weft_cells_spec *spec, weft_network *network,
                             weft_error *error) WEFT_NODISCARD;

/* NN-Degree of the networks, cell by cell, without building one (weft_network_topology has the
 * definition; tests hold both together). A cell on maps of one position has no nodes; of the others:
 *   concat    w + sum_{i=2}^{d-1} min(t, (i - 1) w) / d
 *   add       w (1 + min(t, B) / d),                     d = 1 + 2 B layers
 *   inverted  (w^2 + B (e^2 w^2 + e w + w^2) + min(t, B) w^2) / (w + B (2 e w + w)) */
double weft_cells_degree(const weft_cells_spec *spec);

#endif
