/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip as its file describes it: every constant with unit and source. price.c works out of it
 * what the cost model needs. docs/reference/chip-file.md explains each key. */
#ifndef WEFT_HARDWARE_CHIP_H
#define WEFT_HARDWARE_CHIP_H

#include <weft/hardware.h>

#include "base/doc.h"

enum { WEFT_CHIP_NAME = 64, WEFT_CHIP_MAX_CONVERTERS = 24, WEFT_CHIP_MAX_SRAMS = 24 };

/* How a converter turns its clock into a conversion: see converter.c. */
#define WEFT_CONVERTER_KIND_MAP(X)                                                                 \
    X(WEFT_CONVERTER_STEPS, "steps")                                                               \
    X(WEFT_CONVERTER_FLASH, "flash")                                                               \
    X(WEFT_CONVERTER_RAMP, "ramp")

typedef enum weft_converter_kind {
#define WEFT_CONVERTER_ENUM(name, token) name,
    WEFT_CONVERTER_KIND_MAP(WEFT_CONVERTER_ENUM)
#undef WEFT_CONVERTER_ENUM
        WEFT_CONVERTER_KIND_COUNT
} weft_converter_kind;

/* How signed weights are held. */
#define WEFT_SIGNS_MAP(X)                                                                          \
    X(WEFT_SIGNS_PAIR, "pair")                                                                     \
    X(WEFT_SIGNS_SINGLE, "single")

typedef enum weft_signs {
#define WEFT_SIGNS_ENUM(name, token) name,
    WEFT_SIGNS_MAP(WEFT_SIGNS_ENUM)
#undef WEFT_SIGNS_ENUM
        WEFT_SIGNS_COUNT
} weft_signs;

/* In which order layers fill the mesh of tiles: see mesh.c. */
#define WEFT_PLACEMENT_MAP(X)                                                                      \
    X(WEFT_PLACEMENT_ROWS, "rows")                                                                 \
    X(WEFT_PLACEMENT_SNAKE, "snake")                                                               \
    X(WEFT_PLACEMENT_SHELLS, "shells")                                                             \
    X(WEFT_PLACEMENT_DIAGONALS, "diagonals")

typedef enum weft_placement {
#define WEFT_PLACEMENT_ENUM(name, token) name,
    WEFT_PLACEMENT_MAP(WEFT_PLACEMENT_ENUM)
#undef WEFT_PLACEMENT_ENUM
        WEFT_PLACEMENT_COUNT
} weft_placement;

/* One row of the tables `dacs` and `adcs`. */
typedef struct weft_converter {
    char name[WEFT_CHIP_NAME];
    int kind;
    weft_quantity bits, rate, power, area;
} weft_converter;

typedef struct weft_converters {
    int n;
    weft_converter rows[WEFT_CHIP_MAX_CONVERTERS];
} weft_converters;

/* One row of `buffer.sizes`. */
typedef struct weft_sram {
    weft_quantity capacity, area, leakage, read_energy, write_energy;
} weft_sram;

/* A digital circuit known at one node and used at another: area and power scale by
 * (node / reference_node)^2. */
typedef struct weft_circuit {
    weft_quantity area, power, reference_node, node;
} weft_circuit;

struct weft_chip {
    char name[WEFT_CHIP_NAME];
    char description[256];
    char *text;                       /* as read, '\0'-terminated */
    uint64_t id;                      /* of the text and its bases': weft_hierarchy_id */
    uint64_t base_id;                 /* of the bases' texts; 0: it has none */
    struct weft_hierarchy *hierarchy; /* of a hierarchical chip, which has nothing of the rest */

    struct {
        weft_quantity weights, activations;
    } precision;
    struct {
        weft_quantity bits, area, resistance_high, resistance_low, low_share, read_voltage,
            active_share, read_time;
    } cell;
    struct {
        weft_quantity rows, columns, subarray_rows, driver_area, wire_quadratic, wire_linear,
            wire_constant;
        int signs;
    } crossbar;
    struct {
        weft_quantity groups, dacs, adcs; /* converters of one sub-array */
        char dac[WEFT_CHIP_NAME], adc[WEFT_CHIP_NAME];
    } pe;
    struct {
        weft_quantity pe_rows, pe_columns, bandwidth;
    } tile;
    struct {
        weft_quantity rows, columns, bandwidth, energy; /* energy of a bit and hop */
        int placement;
    } mesh;
    struct {
        weft_quantity frequency;
    } clock;
    struct {
        weft_quantity bits, area, power, reference_node, node; /* area and power of one bit */
    } adder;
    weft_circuit reg, shift, joint;
    struct {
        weft_quantity transistors, growth, transistor_area, transistor_power, node, demux_stage,
            mux_stage;
    } multiplexer;
    struct {
        weft_quantity units, window, time, area, power, reference_node, node, adaptive_window;
    } pooling;
    struct {
        weft_quantity port, cycle;
        int n_sizes;
        weft_sram sizes[WEFT_CHIP_MAX_SRAMS];
    } buffer;
    struct {
        weft_quantity time;
    } accumulator;
    struct {
        weft_quantity area, power; /* of a tile */
    } control;
    weft_converters dacs, adcs;
};

/* The converter of that name, or NULL. */
const weft_converter *weft_converter_find(const weft_converters *table, const char *name);

#endif
