/* SPDX-License-Identifier: Apache-2.0
 *
 * The explanation of a chip whose layers work pixel by pixel: the equations of cost.c and timing.c
 * with their values, down to the constants of the chip file. */
#include "hardware/explain.h"

#include "base/error.h"
#include "hardware/chip_fields.h"
#include "hardware/component.h"
#include "hardware/price.h"
#include "hardware/quantum.h"
#include "hardware/timing.h"

#include <stdio.h>
#include <string.h>

/* ---- what stands in the equations ------------------------------------------------------------ */

enum { MAX_CONSTANTS = 10 };

/* One component: equations as a person reads them, and the constants that they stand on. "dac." and
 * "adc." mean the converters that the chip has; "in.", "out." and "sum." the buffers of a PE, of a
 * tile and of the accumulator that the network needs. */
typedef struct recipe {
    const char *energy, *count, *power, *time, *area;
    const char *power_from[MAX_CONSTANTS], *time_from[MAX_CONSTANTS], *area_from[MAX_CONSTANTS];
} recipe;

static const char PRODUCT[] = "parts at work x power of one x busy time";
static const char ROWS[] = "tiles x PEs x groups x ceil(rows used / demultiplexer ways)";
static const char COLUMNS[] =
    "tiles x PEs x groups x sub-arrays x ceil(columns used / multiplexer ways)";
static const char SCALED[] = "power at the reference node x (node / reference node)^2";
static const char SCALED_AREA[] = "parts of a tile x area x (node / reference node)^2";
static const char SRAM[] = "energy of an access / cycle + leakage";

static const recipe RECIPES[WEFT_COMPONENT_COUNT] = {
    [WEFT_COMPONENT_CROSSBAR] =
        {PRODUCT,
         "tiles x PEs x groups x crossbars of a group x rows used x columns used / ways",
         "active share x V^2 x (low share / R_low + (1 - low share) / R_high)",
         "reads of a pixel x (read time + wire)",
         "crossbars of a tile x (cells + drivers)",
         {"cell.read_voltage", "cell.active_share", "cell.low_share", "cell.resistance_low",
          "cell.resistance_high"},
         {"cell.read_time", "crossbar.wire_quadratic", "crossbar.wire_linear",
          "crossbar.wire_constant"},
         {"crossbar.rows", "crossbar.columns", "cell.area", "crossbar.driver_area"}},
    [WEFT_COMPONENT_DAC] = {PRODUCT,
                            ROWS,
                            "of a DAC while it works",
                            "reads of a pixel x clocks of a conversion / rate",
                            "DACs of a tile x area",
                            {"dac.power"},
                            {"dac.bits", "dac.rate"},
                            {"dac.area", "pe.dacs"}},
    [WEFT_COMPONENT_ADC] = {PRODUCT,
                            COLUMNS,
                            "of an ADC while it works",
                            "reads of a pixel x clocks of a conversion / rate",
                            "ADCs of a tile x area",
                            {"adc.power"},
                            {"adc.bits", "adc.rate"},
                            {"adc.area", "pe.adcs"}},
    [WEFT_COMPONENT_DEMUX] = {PRODUCT,
                              ROWS,
                              "transistors x power of one",
                              "reads of a pixel x stages x delay of a stage",
                              "demultiplexers of a tile x transistors x area of one",
                              {"multiplexer.transistors", "multiplexer.growth",
                               "multiplexer.transistor_power"},
                              {"multiplexer.demux_stage"},
                              {"multiplexer.transistors", "multiplexer.growth",
                               "multiplexer.transistor_area", "multiplexer.node"}},
    [WEFT_COMPONENT_MUX] = {PRODUCT,
                            COLUMNS,
                            "transistors x power of one",
                            "reads of a pixel x stages x delay of a stage",
                            "multiplexers of a tile x transistors x area of one",
                            {"multiplexer.transistors", "multiplexer.growth",
                             "multiplexer.transistor_power"},
                            {"multiplexer.mux_stage"},
                            {"multiplexer.transistors", "multiplexer.growth",
                             "multiplexer.transistor_area", "multiplexer.node"}},
    [WEFT_COMPONENT_REGISTER] =
        {"power of one x (input registers x their time + output registers x "
         "theirs)",
         NULL,
         SCALED,
         "register accesses of a pixel / frequency",
         SCALED_AREA,
         {"register.power", "register.node", "register.reference_node"},
         {"clock.frequency"},
         {"register.area", "register.node", "register.reference_node"}},
    [WEFT_COMPONENT_SHIFT] = {PRODUCT,
                              COLUMNS,
                              SCALED,
                              "reads of a pixel / frequency",
                              SCALED_AREA,
                              {"shift.power", "shift.node", "shift.reference_node"},
                              {"clock.frequency"},
                              {"shift.area", "shift.node", "shift.reference_node"}},
    [WEFT_COMPONENT_ADDER] = {PRODUCT,
                              "tiles x PEs x sub-arrays x (groups - 1) x ceil(columns used / "
                              "multiplexer ways)",
                              "bits x power of a bit x (node / reference node)^2",
                              "column turns x levels of the tree / frequency",
                              "adders of a tile x bits x area of a bit x (node / reference node)^2",
                              {"adder.bits", "adder.power", "adder.node", "adder.reference_node"},
                              {"clock.frequency"},
                              {"adder.bits", "adder.area", "adder.node", "adder.reference_node"}},
    [WEFT_COMPONENT_JOINT] = {PRODUCT,
                              "tiles x (PEs - 1) x ceil(columns used / multiplexer ways)",
                              SCALED,
                              "levels of the tree / frequency",
                              SCALED_AREA,
                              {"joint.power", "joint.node", "joint.reference_node"},
                              {"clock.frequency"},
                              {"joint.area", "joint.node", "joint.reference_node"}},
    [WEFT_COMPONENT_BUFFER] =
        {"tiles x (PEs x power of an input buffer + power of the output buffer) x time of reading, "
         "and the same of writing",
         NULL,
         SRAM,
         "bits moved / port x cycle, for reading and for writing",
         "PEs of a tile x area of an input buffer + area of the output buffer",
         {"buffer.cycle", "in.leakage", "in.read_energy", "in.write_energy", "out.leakage",
          "out.read_energy", "out.write_energy"},
         {"buffer.port", "buffer.cycle"},
         {"in.area", "out.area"}},
    [WEFT_COMPONENT_POOLING] =
        {"power of the pooling units x busy time",
         NULL,
         SCALED,
         "ceil(channels / units) x ceil(window / window of a unit) x time of "
         "a unit",
         SCALED_AREA,
         {"pooling.power", "pooling.node", "pooling.reference_node"},
         {"pooling.units", "pooling.window", "pooling.time"},
         {"pooling.area", "pooling.node", "pooling.reference_node"}},
    [WEFT_COMPONENT_LINK] =
        {"output pixels x bits x hops x energy of a bit and hop",
         NULL,
         NULL,
         "bits / bandwidth x hops, and a clock for each hop to the merging tile",
         "none of its own",
         {"mesh.energy"},
         {"tile.bandwidth", "mesh.bandwidth"},
         {NULL}},
    [WEFT_COMPONENT_ACCUMULATOR] = {"adders x power of one x busy time + buffer power x its time",
                                    NULL,
                                    "bits x power of a bit x (node / reference node)^2",
                                    "time of an addition + moving two inputs",
                                    "adders of all additions, and one buffer",
                                    {"adder.power", "adder.node", "adder.reference_node",
                                     "buffer.cycle", "sum.leakage", "sum.read_energy",
                                     "sum.write_energy"},
                                    {"accumulator.time", "buffer.port", "buffer.cycle"},
                                    {"adder.area", "adder.node", "adder.reference_node",
                                     "sum.area"}},
    [WEFT_COMPONENT_CONTROL] = {"tiles x power of one x busy time of the layer",
                                NULL,
                                "of a tile's other digital circuits",
                                "hidden",
                                "area of a tile's other digital circuits",
                                {"control.power"},
                                {NULL},
                                {"control.area"}},
};

/* ---- constants ------------------------------------------------------------------------------- */

/* The chip behind a question. */
typedef struct subject {
    const weft_chip *chip;
    const weft_priced *priced;
    const weft_workload *workload;
} subject;

static const subject *of(const weft_question *q) {
    return q->model;
}

/* The path of a constant in the file; "" where the network needs no such buffer. */
static void resolve(const weft_question *q, const char *path, char *whole, size_t size) {
    const weft_workload *w = of(q)->workload;
    const struct {
        const char *prefix;
        int size;
    } buffers[] = {{"in.", w->in_buffer},
                   {"out.", w->out_buffer == w->in_buffer ? -1 : w->out_buffer}, /* told already */
                   {"sum.", w->sum_buffer}};
    snprintf(whole, size, "%s", path);
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(buffers[i].prefix);
        if (strncmp(path, buffers[i].prefix, length) == 0) {
            snprintf(whole, size, "buffer.sizes[%d].%s", buffers[i].size, path + length);
            whole[0] = buffers[i].size < 0 ? '\0' : whole[0];
        }
    }
    bool dac = strncmp(path, "dac.", 4) == 0;
    if (dac || strncmp(path, "adc.", 4) == 0) {
        snprintf(whole, size, "%s.%.50s.%s", dac ? "dacs" : "adcs",
                 dac ? of(q)->chip->pe.dac : of(q)->chip->pe.adc, path + 4);
    }
}

static void constant_row(const weft_question *q, int32_t depth, const char *path) {
    char whole[sizeof((weft_chip_entry *)0)->path];
    weft_chip_entry entry;
    resolve(q, path, whole, sizeof whole);
    for (int i = 0; whole[0] != '\0' && weft_chip_entry_at(of(q)->chip, i, &entry); i++) {
        if (strcmp(entry.path, whole) == 0) {
            const weft_quantity *value = weft_chip_quantity(of(q)->chip, &entry);
            weft_explain_row(q->to, depth, value->value, weft_explain_unit(entry.field->dimension),
                             NULL, value->source, "%s", whole);
            return;
        }
    }
}

static void constant_rows(const weft_question *q, int32_t depth, const char *const *paths) {
    for (int i = 0; i < MAX_CONSTANTS && paths[i] != NULL; i++) {
        constant_row(q, depth, paths[i]);
    }
}

/* ---- one part on one layer ------------------------------------------------------------------- */

static double power_of(const weft_priced *p, int32_t part) {
    switch (part) {
    case WEFT_COMPONENT_CROSSBAR:
        return p->cell_w;
    case WEFT_COMPONENT_DAC:
        return p->dac_w;
    case WEFT_COMPONENT_ADC:
        return p->adc_w;
    case WEFT_COMPONENT_DEMUX:
        return p->demux_w;
    case WEFT_COMPONENT_MUX:
        return p->mux_w;
    case WEFT_COMPONENT_REGISTER:
        return p->register_w;
    case WEFT_COMPONENT_SHIFT:
        return p->shift_w;
    case WEFT_COMPONENT_ADDER:
        return p->adder_w;
    case WEFT_COMPONENT_JOINT:
        return p->joint_w;
    case WEFT_COMPONENT_POOLING:
        return p->pool_w;
    case WEFT_COMPONENT_ACCUMULATOR:
        return p->sum_adder_w;
    case WEFT_COMPONENT_CONTROL:
        return p->control_w;
    default:
        return 0;
    }
}

static void place_rows(const weft_question *q, int32_t depth, const weft_hw_place *place) {
    const weft_priced *p = of(q)->priced;
    int32_t groups = p->planes < p->groups ? p->planes : p->groups;
    int32_t subarrays = (place->row + p->subarray_rows - 1) / p->subarray_rows;
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"tiles of the layer", (double)place->tiles},
        {"PEs of the fullest tile", place->tile_pes},
        {"groups in use", groups},
        {"crossbars of a group", p->xbars_a_group},
        {"sub-arrays in use", subarrays},
        {"rows used", place->row},
        {"columns used", place->column},
        {"demultiplexer ways", p->demux_ways},
        {"multiplexer ways", p->mux_ways},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weft_explain_row(q->to, depth, rows[i].value, "1", NULL, NULL, "%s", rows[i].name);
    }
}

/* Over all output pixels; the first of the map and of each row move more. */
static void buffer_rows(const weft_question *q, int32_t depth, const weft_hw_time *time) {
    int64_t count[WEFT_PIPE_CLASSES];
    int64_t read = 0;
    int64_t write = 0;
    weft_pixels_by_class(&of(q)->workload->layers[q->row], count);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        read += count[c] * time->read[c];
        write += count[c] * time->write[c];
    }
    weft_explain_row(q->to, depth, weft_seconds(read), "s", NULL, NULL,
                     "reading for all output pixels");
    weft_explain_row(q->to, depth, weft_seconds(write), "s", NULL, NULL,
                     "writing for all output pixels");
}

static void time_rows(const weft_question *q, int32_t depth, int32_t part, const recipe *how) {
    const weft_hw_time *time = &of(q)->workload->times[q->row];
    bool moves = part == WEFT_COMPONENT_ACCUMULATOR || part == WEFT_COMPONENT_BUFFER;
    double seconds = weft_seconds(time->by[part]);
    if (moves) {
        weft_explain_row(q->to, depth, 0, "", how->time, NULL, "time of a pixel");
        buffer_rows(q, depth + 1, time);
    } else {
        weft_explain_row(q->to, depth, seconds, "s", how->time, NULL, "time of a pixel");
    }
    if (time->steps > 0 && strstr(how->time, "reads of a pixel") != NULL) {
        weft_explain_row(q->to, depth + 1, (double)time->steps, "1",
                         "input slices x ceil(rows used / DACs) x ceil(columns used / ADCs)", NULL,
                         "reads of a pixel");
    }
    constant_rows(q, depth + 1, how->time_from);
}

static void energy_rows(const weft_question *q, int32_t depth, int32_t part, const recipe *how,
                        double energy) {
    const weft_hw_layer *layer = &of(q)->workload->layers[q->row];
    const weft_hw_time *time = &of(q)->workload->times[q->row];
    double pixels = (double)weft_hw_pixels(layer);
    double busy = pixels * weft_seconds(time->by[part]);
    double power = power_of(of(q)->priced, part);
    if (how->count != NULL && busy > 0 && power > 0) {
        weft_explain_row(q->to, depth, energy / (power * busy), "1", how->count, NULL,
                         "parts at work");
        place_rows(q, depth + 1, &of(q)->workload->places[q->row]);
    }
    if (how->power != NULL) {
        weft_explain_row(q->to, depth, power, power > 0 ? "W" : "", how->power, NULL,
                         "power of one");
    }
    constant_rows(q, depth + (how->power != NULL), how->power_from);
    if (how->count == NULL) {
        time_rows(q, depth, part, how);
    } else {
        weft_explain_row(q->to, depth, busy, "s", "output pixels x time of a pixel", NULL,
                         "busy time");
        weft_explain_row(q->to, depth + 1, pixels, "1", "height x width of the output", NULL,
                         "output pixels");
        time_rows(q, depth + 1, part, how);
    }
}

static void area_rows(const weft_question *q, int32_t depth, int32_t part, const recipe *how) {
    const weft_layer_cost *row = &q->cost->layers[q->row];
    weft_explain_row(q->to, depth, (double)row->tiles, "1", NULL, NULL, "tiles of the layer");
    if (row->tiles > 0) {
        weft_explain_row(q->to, depth, row->area_by[part] / (double)row->tiles, "mm2", how->area,
                         NULL, "area of a tile's share");
    }
    constant_rows(q, depth + 1, how->area_from);
}

/* The row "chip" belongs to no layer: it holds the area of the global accumulator. */
static bool is_layer(const weft_question *q) {
    return q->row < of(q)->workload->n_layers;
}

static void explain(const weft_question *q, int32_t depth, weft_explain_quantity what,
                    int32_t part) {
    const recipe *how = &RECIPES[part];
    double value = weft_explain_value(q, what, part);
    const char *equation = what == WEFT_EXPLAIN_ENERGY ? how->energy
                           : what == WEFT_EXPLAIN_AREA
                               ? "tiles x area of a tile's share"
                               : "pixels on the critical path x time of a pixel";
    weft_explain_row(q->to, depth, value, weft_explain_unit_of(what),
                     is_layer(q) ? equation : how->area, NULL, "%s %s, %s",
                     q->cost->parts[part].token, weft_explain_name(what),
                     q->cost->layers[q->row].name);
    if (!is_layer(q)) {
        constant_rows(q, depth + 1, how->area_from);
    } else if (what == WEFT_EXPLAIN_ENERGY) {
        energy_rows(q, depth + 1, part, how, value);
    } else if (what == WEFT_EXPLAIN_LATENCY) {
        time_rows(q, depth + 1, part, how);
    } else {
        area_rows(q, depth + 1, part, how);
    }
}

weft_status weft_explain_pixels(const weft_chip *chip, const weft_priced *priced,
                                const weft_workload *workload, const weft_question *question,
                                const char *part, weft_error *error) {
    subject asked = {chip, priced, workload};
    weft_question own = *question;
    own.model = &asked;
    own.explain = explain;
    return weft_explain_answer(&own, part, error);
}
