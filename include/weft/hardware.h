/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips and what a network costs on them: energy, latency, area, crossbars, utilisation; for each
 * layer and each component; everything adds up.
 *
 * A chip is read from YAML (every constant with unit and source), priced once, and then each layer
 * costs arithmetic on flat arrays:
 *
 *     weft_chip_read("mnsim-130nm-rram", &chip, &error);
 *     weft_priced_create(chip, &priced, &error);
 *     weft_workload_create(network, &workload, &error);      // the hardware's view of the network
 *     weft_estimate(priced, workload, &total, &error);       // fast: totals only, no allocation
 *     weft_cost_create(priced, workload, &cost, &error);     // the same with its whole breakdown
 *
 * docs/reference/models.md has the equations.
 */
#ifndef WEFT_HARDWARE_H
#define WEFT_HARDWARE_H

#include <weft/network.h>

/* The components of the breakdown, once: name, token of the JSON, what a person reads. */
#define WEFT_COMPONENT_MAP(X)                                                                      \
    X(WEFT_COMPONENT_CROSSBAR, "crossbar", "crossbar read")                                        \
    X(WEFT_COMPONENT_DAC, "dac", "DAC")                                                            \
    X(WEFT_COMPONENT_ADC, "adc", "ADC")                                                            \
    X(WEFT_COMPONENT_DEMUX, "input_demux", "input demultiplexers")                                 \
    X(WEFT_COMPONENT_MUX, "output_mux", "output multiplexers")                                     \
    X(WEFT_COMPONENT_REGISTER, "register", "registers")                                            \
    X(WEFT_COMPONENT_SHIFT, "shift", "shift registers")                                            \
    X(WEFT_COMPONENT_ADDER, "adder", "adders of the PEs")                                          \
    X(WEFT_COMPONENT_JOINT, "joint", "joint adders of the tiles")                                  \
    X(WEFT_COMPONENT_BUFFER, "buffer", "buffers")                                                  \
    X(WEFT_COMPONENT_POOLING, "pooling", "pooling units")                                          \
    X(WEFT_COMPONENT_LINK, "link", "links within and between tiles")                               \
    X(WEFT_COMPONENT_ACCUMULATOR, "accumulator", "global accumulator")                             \
    X(WEFT_COMPONENT_CONTROL, "control", "other digital")

typedef enum weft_component {
#define WEFT_COMPONENT_ENUM(name, token, text) name,
    WEFT_COMPONENT_MAP(WEFT_COMPONENT_ENUM)
#undef WEFT_COMPONENT_ENUM
        WEFT_COMPONENT_COUNT
} weft_component;

WEFT_API const char *weft_component_token(weft_component component);
WEFT_API const char *weft_component_text(weft_component component);

typedef struct weft_chip weft_chip;
typedef struct weft_priced weft_priced;
typedef struct weft_workload weft_workload;

/* Reads a chip by the name of a preset or a path. */
WEFT_API weft_status weft_chip_read(const char *name_or_path, weft_chip **chip,
                                    weft_error *error) WEFT_NODISCARD;

/* The same from the text of a chip file; `name` is what errors call it. */
WEFT_API weft_status weft_chip_parse(const char *text, size_t length, const char *name,
                                     weft_chip **chip, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_chip_destroy(weft_chip *chip);

/* The text that it was read from: reading it again gives the same chip. Borrowed. */
WEFT_API const char *weft_chip_text(const weft_chip *chip);
WEFT_API const char *weft_chip_name(const weft_chip *chip);

/* Every constant of the chip, for tables and `weft estimate --chip X --constants`: name, SI value,
 * unit as written, source. Returns false past the last. */
typedef struct weft_constant {
    char name[64];
    double value; /* as written, in `unit` */
    char unit[16];
    char source[256];
} weft_constant;
WEFT_API bool weft_chip_constant(const weft_chip *chip, int i, weft_constant *constant);

/* Works out component energies, delays and areas; read-only afterwards, shared between threads.
 * The chip may be destroyed afterwards. */
WEFT_API weft_status weft_priced_create(const weft_chip *chip, weft_priced **priced,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_priced_destroy(weft_priced *priced);

/* The layers that the hardware sees, as flat arrays: convolutions, linear layers, poolings, sums,
 * with the edges between them; batch norm, ReLU, flatten and dropout fold into their producer. */
WEFT_API weft_status weft_workload_create(const weft_network *network, weft_workload **workload,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_workload_destroy(weft_workload *workload);

/* Totals of one inference. */
typedef struct weft_total {
    double energy_j;
    double latency_s;
    double area_mm2;
    int64_t crossbars; /* physical crossbars in use */
    int64_t tiles;
    double utilisation; /* share of the cells of those crossbars that hold weights, 0..1 */
} weft_total;

/* Fast path: no allocation beyond the priced chip's and the workload's own. Thread-safe for
 * different workloads. WEFT_ERROR_INFEASIBLE with the reason when the network does not fit the
 * chip. Equal bit for bit to weft_cost_create's total. */
WEFT_API weft_status weft_estimate(const weft_priced *priced, weft_workload *workload,
                                   weft_total *total, weft_error *error) WEFT_NODISCARD;

/* The same with its breakdown. Sums over the layers and components give the total exactly
 * (latency: time on the critical path of the pipeline, which is what the total is made of). */
typedef struct weft_layer_cost {
    char name[32];    /* "conv3x3 32>64" */
    int32_t layer;    /* index in the network */
    int32_t block;    /* WEFT_NO_BLOCK: input or head */
    double energy_j;  /* = sum of energy_by[] */
    double latency_s; /* on the critical path; = sum of latency_by[] */
    double area_mm2;  /* = sum of area_by[] */
    double busy_s;    /* computing time of all its output pixels, overlap ignored */
    int64_t crossbars;
    int64_t tiles;
    double utilisation;
    double energy_by[WEFT_COMPONENT_COUNT];
    double latency_by[WEFT_COMPONENT_COUNT];
    double area_by[WEFT_COMPONENT_COUNT];
} weft_layer_cost;

typedef struct weft_cost {
    weft_total total;
    double energy_by[WEFT_COMPONENT_COUNT]; /* over all layers, and what belongs to no layer */
    double latency_by[WEFT_COMPONENT_COUNT];
    double area_by[WEFT_COMPONENT_COUNT];
    int32_t n_layers;
    weft_layer_cost *layers; /* rows of the workload; the last may be "chip": what is shared */
} weft_cost;

WEFT_API weft_status weft_cost_create(const weft_priced *priced, weft_workload *workload,
                                      weft_cost **cost, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_cost_destroy(weft_cost *cost);

#endif
