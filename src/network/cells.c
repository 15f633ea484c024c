/* SPDX-License-Identifier: Apache-2.0 */
#include "network/cells.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "network/family.h"

static const char *const names[WEFT_CELLS_KINDS] = {"cells-concat", "cells-add", "cells-inverted"};

const char *weft_cells_name(weft_cells_kind kind) {
    return names[kind];
}

void weft_cells_defaults(weft_cells_kind kind, weft_cells_spec *spec) {
    enum { CELLS = 3, WIDTH = 16, LAYERS = 8, BLOCKS = 4, EXPANSION = 4 };
    *spec = (weft_cells_spec){.kind = kind,
                              .input = {3, 32, 32},
                              .classes = 10,
                              .expansion = EXPANSION,
                              .n_cells = CELLS};
    for (int c = 0; c < CELLS; c++) {
        bool concat = kind == WEFT_CELLS_CONCAT;
        spec->cells[c] = (weft_cell){.depth = concat ? LAYERS : BLOCKS,
                                     .width = WIDTH << c,
                                     .skips = concat ? WIDTH << c : BLOCKS};
    }
}

/* "key=1x2x3" of one number of each cell. */
static void add_list(const weft_cells_spec *spec, const char *key, size_t offset, char *buffer,
                     size_t size) {
    for (int32_t c = 0; c < spec->n_cells; c++) {
        int32_t number;
        memcpy(&number, (const char *)&spec->cells[c] + offset, sizeof number);
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s%d", c == 0 ? key : "x", number);
    }
}

char *weft_cells_text(const weft_cells_spec *spec, char *buffer, size_t size) {
    if (size == 0) {
        return buffer;
    }
    snprintf(buffer, size, "%s", names[spec->kind]);
    add_list(spec, "@depth=", offsetof(weft_cell, depth), buffer, size);
    add_list(spec, ",channels=", offsetof(weft_cell, width), buffer, size);
    add_list(spec, ",skips=", offsetof(weft_cell, skips), buffer, size);
    if (spec->kind == WEFT_CELLS_INVERTED) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, ",expansion=%d", spec->expansion);
    }
    return buffer;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* The channels that layer j gives of `taken` ones that n layers of w channels give to layer `to`. */
static int32_t put_share(weft_builder *b, int32_t map, int32_t share, int32_t w, int32_t to) {
    if (share == w) {
        return map;
    }
    b->at = map;
    weft_put(b, (weft_layer){.op = WEFT_OP_SLICE,
                             .out_channels = share,
                             .offset = (int32_t)((int64_t)to * share % (w - share + 1))});
    return b->at;
}

static void put_concat_cell(weft_builder *b, const weft_cell *cell, int32_t stride) {
    int32_t maps[WEFT_CELLS_MAX_DEPTH];
    weft_put_conv_norm(b, cell->width, 3, stride, WEFT_OP_RELU);
    maps[0] = b->at;
    for (int32_t i = 1; i < cell->depth; i++) {
        int32_t inputs[WEFT_CELLS_MAX_DEPTH] = {maps[i - 1]};
        int32_t n = 1;
        const int64_t before = i - 1;
        const int64_t taken = cell->skips < before * cell->width ? cell->skips
                                                                 : before * cell->width;
        for (int64_t j = 0; j < before; j++) {
            int32_t share = (int32_t)((j + 1) * taken / before - j * taken / before);
            if (share > 0) {
                inputs[n++] = put_share(b, maps[j], share, cell->width, i);
            }
        }
        b->at = maps[i - 1];
        if (n > 1) {
            weft_put(b, (weft_layer){.op = WEFT_OP_CONCAT, .input = inputs, .n_inputs = n});
        }
        weft_put_conv_norm(b, cell->width, 3, 1, WEFT_OP_RELU);
        maps[i] = b->at;
    }
}

static void put_add_cell(weft_builder *b, const weft_cell *cell, int32_t stride) {
    weft_put_conv_norm(b, cell->width, 3, stride, WEFT_OP_RELU);
    for (int32_t i = 0; i < cell->depth; i++) {
        int32_t entry = b->at;
        weft_put_conv_norm(b, cell->width, 3, 1, WEFT_OP_RELU);
        weft_put_conv_norm(b, cell->width, 3, 1, WEFT_OP_INPUT);
        if (i < cell->skips) {
            weft_put_join(b, WEFT_OP_ADD, entry);
        }
        weft_put_op(b, WEFT_OP_RELU);
    }
}

static void put_inverted_cell(weft_builder *b, const weft_cells_spec *spec, const weft_cell *cell,
                              int32_t stride) {
    weft_put_conv_norm(b, cell->width, 3, stride, WEFT_OP_RELU6);
    for (int32_t i = 0; i < cell->depth; i++) {
        int32_t entry = b->at;
        weft_put_conv_norm(b, spec->expansion * cell->width, 1, 1, WEFT_OP_RELU6);
        weft_put_depthwise_norm(b, 3, 1, false, WEFT_OP_RELU6);
        weft_put_conv_norm(b, cell->width, 1, 1, WEFT_OP_INPUT);
        if (i < cell->skips) {
            weft_put_join(b, WEFT_OP_ADD, entry);
        }
    }
}

static void put_cells(weft_builder *b, const weft_cells_spec *spec) {
    b->bits = spec->bits;
    for (int32_t c = 0; c < spec->n_cells; c++) {
        const int32_t stride = c == 0 ? 1 : 2;
        b->block = c;
        switch (spec->kind) {
        case WEFT_CELLS_CONCAT:
            put_concat_cell(b, &spec->cells[c], stride);
            break;
        case WEFT_CELLS_ADD:
            put_add_cell(b, &spec->cells[c], stride);
            break;
        case WEFT_CELLS_INVERTED:
        case WEFT_CELLS_KINDS:
            put_inverted_cell(b, spec, &spec->cells[c], stride);
            break;
        }
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, spec->classes);
}

weft_status weft_cells_build(const weft_cells_spec *spec, weft_network *network,
                             weft_error *error) {
    char name[WEFT_NETWORK_NAME];
    weft_builder b = {
        .network = network, .block = WEFT_NO_BLOCK, .status = WEFT_OK, .error = error};
    weft_cells_text(spec, name, sizeof name);
    WEFT_TRY(weft_network_clear(network, name, spec->input, error));
    put_cells(&b, spec);
    return b.status;
}

/* ---- by name --------------------------------------------------------------------------------- */

/* Takes a list of an option, whose length must be that of the others. */
static void take_list(weft_builder *b, const char *key, const int32_t *numbers, int32_t n,
                      int32_t least, int32_t most, int32_t n_cells, int32_t *into, size_t step) {
    if (n == 0) {
        return;
    }
    if (n != n_cells) {
        weft_build_fail(b, WEFT_ERROR_INPUT,
                        "'%s' has %d numbers, 'depth' %d: each cell needs one of both", key, n,
                        n_cells);
        return;
    }
    for (int32_t c = 0; c < n; c++) {
        if (numbers[c] < least || numbers[c] > most) {
            weft_build_fail(b, WEFT_ERROR_INPUT, "'%s' may not be %d: it is a number in %d .. %d",
                            key, numbers[c], least, most);
            return;
        }
        into[(size_t)c * step] = numbers[c];
    }
}

void weft_build_cells(weft_builder *b, const weft_family_options *options, int variant) {
    enum { STEP = sizeof(weft_cell) / sizeof(int32_t) };
    weft_cells_spec spec;
    weft_cells_defaults((weft_cells_kind)variant, &spec);
    spec.input = options->input;
    spec.classes = options->classes;
    const int32_t n = options->n_depth > 0 ? options->n_depth : spec.n_cells;
    if (n > WEFT_CELLS_MAX) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "%d cells: there are at most %d", n, WEFT_CELLS_MAX);
        return;
    }
    for (int32_t c = spec.n_cells; c < n; c++) {
        spec.cells[c] = spec.cells[spec.n_cells - 1];
    }
    spec.n_cells = n;
    take_list(b, "depth", options->depth, options->n_depth, 1, WEFT_CELLS_MAX_DEPTH, n,
              &spec.cells[0].depth, STEP);
    take_list(b, "channels", options->channels, options->n_channels, 1, WEFT_CELLS_MAX_WIDTH, n,
              &spec.cells[0].width, STEP);
    take_list(b, "skips", options->skips, options->n_skips, 0, WEFT_CELLS_MAX_SKIPS, n,
              &spec.cells[0].skips, STEP);
    if (options->n_expansion > 0) {
        double expansion = options->expansion[0];
        if (options->n_expansion > 1 || expansion < 1 || expansion != (int32_t)expansion) {
            weft_build_fail(b, WEFT_ERROR_INPUT, "the expansion of cells is one whole number");
            return;
        }
        spec.expansion = (int32_t)expansion;
    }
    put_cells(b, &spec);
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* sum_{k=1}^{m} min(t, k w) */
static double sum_of_skips(double t, double w, double m) {
    double whole = t / w < m ? (double)(int64_t)(t / w) : m; /* layers that may take all there is */
    return w * whole * (whole + 1.0) / 2.0 + (m - whole) * t;
}

static double cell_degree(const weft_cells_spec *spec, const weft_cell *cell) {
    const double w = cell->width;
    const double e = spec->expansion;
    const double d = cell->depth;
    const double joined = cell->skips < cell->depth ? cell->skips : cell->depth;
    switch (spec->kind) {
    case WEFT_CELLS_CONCAT:
        return w + (d > 2.0 ? sum_of_skips(cell->skips, w, d - 2.0) / d : 0.0);
    case WEFT_CELLS_ADD:
        return w * (1.0 + joined / (1.0 + 2.0 * d));
    case WEFT_CELLS_INVERTED:
    case WEFT_CELLS_KINDS:
        break;
    }
    return (w * w + d * (e * e * w * w + e * w + w * w) + joined * w * w) /
           (w + d * (2.0 * e * w + w));
}

double weft_cells_degree(const weft_cells_spec *spec) {
    double degree = 0.0;
    int32_t height = spec->input.height;
    int32_t width = spec->input.width;
    for (int32_t c = 0; c < spec->n_cells; c++) {
        if (c > 0) {
            height = (height + 1) / 2;
            width = (width + 1) / 2;
        }
        degree += (int64_t)height * width > 1 ? cell_degree(spec, &spec->cells[c]) : 0.0;
    }
    return degree;
}
