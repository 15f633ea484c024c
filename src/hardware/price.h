/* SPDX-License-Identifier: Apache-2.0
 *
 * A priced chip: all that the cost of a layer needs, as plain numbers. Times in quanta, powers in
 * W, areas in mm2 (whole quanta). Read-only, shared between threads. */
#ifndef WEFT_HARDWARE_PRICE_H
#define WEFT_HARDWARE_PRICE_H

#include "hardware/chip.h"
#include "hardware/component.h"

/* A memory as a buffer of a PE or tile. */
typedef struct weft_priced_sram {
    int64_t bits;
    double area_mm2, read_w, write_w;
} weft_priced_sram;

struct weft_priced {
    char name[WEFT_CHIP_NAME];
    struct weft_hierarchy_priced
        *hierarchy;     /* of a hierarchical chip, which has nothing of the rest but this: */
    weft_error failure; /* of the last turn; status WEFT_OK: there is none */

    struct weft_chip *chip; /* a copy of its own, to be turned; without its text */

    /* structure */
    int32_t rows, columns; /* of a crossbar */
    int32_t subarray_rows;
    int32_t groups;        /* crossbars (or pairs) of a PE */
    int32_t xbars_a_group; /* 2: a pair for the signs; 1 */
    int32_t pes;           /* of a tile */
    int64_t dacs;          /* of a crossbar: over all its sub-arrays */
    int32_t adcs;          /* columns converted at once */
    int32_t demux_ways, mux_ways;
    int32_t planes; /* cells that a weight takes, side by side in PEs */
    int32_t weight_bits, activation_bits, adc_bits;
    int32_t cycles;       /* slices of an activation, one after the other */
    int32_t group_levels; /* of the adder tree of a PE */
    int32_t pe_levels;    /* of the joint tree of a full tile */
    int32_t adder_bits;

    /* time of one event */
    int64_t dac_time, xbar_time, adc_time, demux_time, mux_time, period;
    int64_t pool_time, sum_time, buffer_cycle;
    int32_t buffer_port;           /* bit */
    double tile_bit_s, mesh_bit_s; /* seconds a bit on a link within and between tiles */

    /* power of one part while it works */
    double cell_w, dac_w, adc_w, demux_w, mux_w, register_w, shift_w, adder_w, joint_w, pool_w;
    double control_w;   /* of a tile */
    double sum_adder_w; /* one adder of the accumulator */
    double mesh_bit_j;  /* energy of a bit and hop */

    /* area */
    double tile_mm2[WEFT_COMPONENT_COUNT]; /* without its buffers */
    double sum_adder_mm2;

    int32_t pool_units, pool_window, adaptive_window;
    int n_srams;
    weft_priced_sram srams[WEFT_CHIP_MAX_SRAMS];

    /* mesh */
    int32_t mesh_rows, mesh_columns;
    int64_t tiles;
    int16_t *tile_row, *tile_column; /* of the tile filled n-th */
};

/* Prices a pixel pipeline; the result has no chip of its own yet. */
weft_status weft_pixels_price(const weft_chip *chip, weft_priced **priced,
                              weft_error *error) WEFT_NODISCARD;

#endif
