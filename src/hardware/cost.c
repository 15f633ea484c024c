/* SPDX-License-Identifier: Apache-2.0
 *
 * What a network costs on a priced chip. Energy is power times busy time, part by part, after
 * MNSIM 2.0 (Model_inference_power.py, Model_energy.py); area is tiles, all alike, plus the global
 * accumulator. n: output pixels, N: steps, M: PEs of the fullest tile, g: groups in use; one group
 * drives ceil(row / demux ways) DACs and ceil(column / mux ways) ADCs:
 *
 *   crossbar   tiles M g X row column P_cell / (demux ways mux ways) n N t_read   (X of a pair: 2)
 *   DAC, demux, input register        tiles M g ceil(row / demux ways) P busy
 *   ADC, mux, shift, output register  tiles M g ceil(column / mux ways) P busy
 *   adder      tiles M (g - 1) ceil(column / mux ways) P busy
 *   joint      tiles (M - 1) ceil(column / mux ways) P busy
 *   buffer     tiles (M P_in + P_out) busy, for reading and for writing
 *   pool       P busy; its buffer P_out busy
 *   ADD        C adders P busy + accumulator buffer P busy
 *   link       bits x hops x energy of a bit and hop
 *   control    tiles P busy
 *
 * With images in a row every layer works on one while the others work on theirs, so that the layer
 * that is busy longest with an image sets the interval between two results. At worst all layers are
 * busy at once: the peak power is the sum of their energies over their busy times.
 *
 * Sums run over the components in their order, then over the layers in theirs, then the row "chip";
 * all terms are whole quanta (quantum.h). */
#include <weft/hardware.h>

#include "base/error.h"
#include "hardware/component.h"
#include "hardware/hierarchy_cost.h"
#include "hardware/mapping.h"
#include "hardware/quantum.h"
#include "hardware/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const weft_part_info PARTS[] = {
#define PART(name, token, text, level) {token, text, level},
    WEFT_COMPONENT_MAP(PART)
#undef PART
};

/* ---- energy ---------------------------------------------------------------------------------- */

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* Seconds that the buffers of a layer are read and written, over all its pixels. */
typedef struct buffer_busy {
    double read_s, write_s;
} buffer_busy;

static buffer_busy busy_of_buffers(const weft_hw_layer *layer, const weft_hw_time *time) {
    int64_t count[WEFT_PIPE_CLASSES];
    int64_t read = 0;
    int64_t write = 0;
    weft_pixels_by_class(layer, count);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        read += count[c] * time->read[c];
        write += count[c] * time->write[c];
    }
    return (buffer_busy){weft_seconds(read), weft_seconds(write)};
}

static double buffer_energy(const weft_priced *p, int in, int64_t pes, int out, buffer_busy busy) {
    double read_w = p->srams[out].read_w;
    double write_w = p->srams[out].write_w;
    if (in >= 0) {
        read_w += (double)pes * p->srams[in].read_w;
        write_w += (double)pes * p->srams[in].write_w;
    }
    return read_w * busy.read_s + write_w * busy.write_s;
}

static void compute_energy(const weft_priced *p, const weft_workload *w, int32_t l,
                           double *energy) {
    const weft_hw_place *place = &w->places[l];
    const weft_hw_time *time = &w->times[l];
    double seconds = (double)weft_hw_pixels(&w->layers[l]) * WEFT_TIME_QUANTUM;
    double tiles = (double)place->tiles;
    double pes = tiles * place->tile_pes;
    int32_t groups = p->planes < p->groups ? p->planes : p->groups;
    double subarrays = (double)ceil_div(place->row, p->subarray_rows);
    double rows = (double)ceil_div(place->row, p->demux_ways) * groups * pes * seconds;
    double columns = (double)ceil_div(place->column, p->mux_ways) * pes * seconds;
    double cells = (double)place->row * place->column / ((double)p->demux_ways * p->mux_ways);
    const int64_t *t = time->by;
    int64_t row_turns = ceil_div(place->row, p->dacs);
    int64_t column_turns = ceil_div(place->column, p->adcs);
    double register_in = (double)(row_turns * column_turns + time->steps) * (double)p->period;
    double register_out = (double)(column_turns * p->period);
    double converters = columns * groups * subarrays;
    energy[WEFT_COMPONENT_CROSSBAR] = cells * p->xbars_a_group * groups * pes * seconds *
                                      p->cell_w * (double)t[WEFT_COMPONENT_CROSSBAR];
    energy[WEFT_COMPONENT_DAC] = rows * p->dac_w * (double)t[WEFT_COMPONENT_DAC];
    energy[WEFT_COMPONENT_DEMUX] = rows * p->demux_w * (double)t[WEFT_COMPONENT_DEMUX];
    energy[WEFT_COMPONENT_ADC] = converters * p->adc_w * (double)t[WEFT_COMPONENT_ADC];
    energy[WEFT_COMPONENT_MUX] = converters * p->mux_w * (double)t[WEFT_COMPONENT_MUX];
    energy[WEFT_COMPONENT_SHIFT] = converters * p->shift_w * (double)t[WEFT_COMPONENT_SHIFT];
    energy[WEFT_COMPONENT_REGISTER] = p->register_w *
                                      (rows * register_in + converters * register_out);
    energy[WEFT_COMPONENT_ADDER] = columns * subarrays * (groups - 1) * p->adder_w *
                                   (double)t[WEFT_COMPONENT_ADDER];
    energy[WEFT_COMPONENT_JOINT] = columns / place->tile_pes * (place->tile_pes - 1) * p->joint_w *
                                   (double)t[WEFT_COMPONENT_JOINT];
    energy[WEFT_COMPONENT_BUFFER] = tiles * buffer_energy(p, w->in_buffer, place->tile_pes,
                                                          w->out_buffer,
                                                          busy_of_buffers(&w->layers[l], time));
}

static void add_energy(const weft_priced *p, const weft_workload *w, int32_t l, double *energy) {
    const weft_hw_layer *layer = &w->layers[l];
    const weft_priced_sram *sram = &p->srams[w->sum_buffer];
    buffer_busy busy = busy_of_buffers(layer, &w->times[l]);
    double pixels = (double)weft_hw_pixels(layer);
    energy[WEFT_COMPONENT_ACCUMULATOR] = layer->out.channels * p->sum_adder_w * pixels *
                                             weft_seconds(p->sum_time) +
                                         sram->read_w * busy.read_s + sram->write_w * busy.write_s;
}

/* Bits that a pixel moves times the hops they travel. */
static double bit_hops(const weft_priced *p, const weft_hw_layer *layer,
                       const weft_hw_place *place) {
    double bits = p->activation_bits;
    double merged = (double)place->in_hops * place->column * place->tile_pes * bits;
    return merged + (double)place->out_hops * layer->out.channels * bits;
}

static double busy_seconds(const weft_hw_layer *layer, const weft_hw_time *time) {
    int64_t count[WEFT_PIPE_CLASSES];
    int64_t quanta = 0;
    weft_pixels_by_class(layer, count);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        quanta += count[c] * time->total[c];
    }
    return weft_seconds(quanta);
}

static void energy_of_layer(const weft_priced *p, const weft_workload *w, int32_t l, double busy,
                            double *energy) {
    const weft_hw_layer *layer = &w->layers[l];
    const weft_hw_place *place = &w->places[l];
    const weft_hw_time *time = &w->times[l];
    double pixels = (double)weft_hw_pixels(layer);
    switch (layer->op) {
    case WEFT_HW_CONV:
    case WEFT_HW_LINEAR:
        compute_energy(p, w, l, energy);
        break;
    case WEFT_HW_MAX_POOL:
    case WEFT_HW_AVERAGE_POOL:
        energy[WEFT_COMPONENT_POOLING] = p->pool_w * pixels *
                                         weft_seconds(time->by[WEFT_COMPONENT_POOLING]);
        if (w->out_buffer >= 0) {
            energy[WEFT_COMPONENT_BUFFER] =
                buffer_energy(p, -1, 0, w->out_buffer, busy_of_buffers(layer, time));
        }
        break;
    case WEFT_HW_ADD:
        add_energy(p, w, l, energy);
        break;
    case WEFT_HW_PORT:
        break;
    }
    energy[WEFT_COMPONENT_LINK] = pixels * bit_hops(p, layer, place) * p->mesh_bit_j;
    energy[WEFT_COMPONENT_CONTROL] = (double)place->tiles * p->control_w * busy;
}

/* ---- area ------------------------------------------------------------------------------------ */

static double buffer_area(const weft_priced *p, const weft_workload *w) {
    double area = w->in_buffer >= 0 ? p->pes * p->srams[w->in_buffer].area_mm2 : 0;
    return area + (w->out_buffer >= 0 ? p->srams[w->out_buffer].area_mm2 : 0);
}

static void area_of_accumulator(const weft_priced *p, weft_workload *w) {
    memset(w->sum_area_by, 0, sizeof w->sum_area_by);
    double adders = 0;
    for (int32_t l = 0; l < w->n_layers; l++) {
        adders += w->layers[l].op == WEFT_HW_ADD ? w->layers[l].out.channels : 0;
    }
    double buffer = w->sum_buffer >= 0 ? p->srams[w->sum_buffer].area_mm2 : 0;
    w->sum_area_mm2 = weft_whole_area(adders * p->sum_adder_mm2) + buffer;
    w->sum_area_by[WEFT_COMPONENT_ACCUMULATOR] = w->sum_area_mm2;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void cost_layers(const weft_priced *p, weft_workload *w) {
    double buffers = buffer_area(p, w);
    for (int32_t l = 0; l < w->n_layers; l++) {
        weft_hw_cost *cost = &w->costs[l];
        double tiles = (double)w->places[l].tiles;
        *cost = (weft_hw_cost){.busy_s = busy_seconds(&w->layers[l], &w->times[l])};
        energy_of_layer(p, w, l, cost->busy_s, cost->energy_by);
        for (int k = 0; k < WEFT_COMPONENT_COUNT; k++) {
            double tile = p->tile_mm2[k] + (k == WEFT_COMPONENT_BUFFER ? buffers : 0);
            cost->energy_by[k] = weft_whole_energy(cost->energy_by[k]);
            cost->area_by[k] = tiles * tile;
            cost->energy_j += cost->energy_by[k];
            cost->area_mm2 += cost->area_by[k];
        }
    }
    area_of_accumulator(p, w);
}

static int64_t crossbars_of(const weft_priced *p, const weft_hw_place *place) {
    return place->pes * p->groups * p->xbars_a_group;
}

/* Weights that crossbars hold. */
static int64_t weights_of(const weft_hw_layer *layer) {
    int64_t window = (int64_t)layer->kernel * layer->kernel;
    if (layer->op == WEFT_HW_LINEAR) {
        window = (int64_t)layer->in.height * layer->in.width;
    } else if (layer->op != WEFT_HW_CONV) {
        return 0;
    }
    return window * layer->in.channels * layer->out.channels;
}

/* Every weight is used once for each output pixel. */
static int64_t macs_of(const weft_hw_layer *layer) {
    return weights_of(layer) * weft_hw_pixels(layer);
}

static double cells_used(const weft_priced *p, const weft_hw_layer *layer) {
    return (double)weights_of(layer) * p->planes * p->xbars_a_group;
}

static double share_of_cells(const weft_priced *p, double used, int64_t crossbars) {
    return crossbars > 0 ? used / ((double)crossbars * p->rows * p->columns) : 0;
}

/* Refuses what 64 bits cannot count. */
static weft_status check_duration(const weft_workload *w, weft_error *error) {
    double quanta = 0;
    for (int32_t l = 0; l < w->n_layers; l++) {
        int64_t most = 0;
        for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
            most = w->times[l].total[c] > most ? w->times[l].total[c] : most;
        }
        quanta += (double)most * (double)weft_hw_pixels(&w->layers[l]);
    }
    if (quanta < (double)WEFT_TIME_LIMIT) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                     "one inference would take up to %.3g s; more than %.3g s cannot be counted",
                     quanta * WEFT_TIME_QUANTUM, weft_seconds(WEFT_TIME_LIMIT));
}

/* Reads of the crossbars, one after the other. */
static double cycles_of(const weft_hw_layer *layer, const weft_hw_time *time) {
    return (double)time->steps * (double)weft_hw_pixels(layer);
}

/* One stage of the pipeline over images in a row. */
static void add_stage(const weft_hw_cost *cost, int32_t row, weft_total *sum) {
    if (cost->busy_s > sum->interval_s) {
        sum->interval_s = cost->busy_s;
        sum->bottleneck = row;
    }
    sum->peak_power_w += cost->busy_s > 0 ? cost->energy_j / cost->busy_s : 0;
}

static weft_status evaluate(const weft_priced *p, weft_workload *w, weft_total *total,
                            weft_error *error) {
    int64_t latency = 0;
    WEFT_TRY(weft_map_workload(p, w, error));
    weft_time_workload(p, w);
    WEFT_TRY(check_duration(w, error));
    WEFT_TRY(weft_pipeline_run(&w->pipeline, w->pipes, &latency, error));
    cost_layers(p, w);
    weft_total sum = {.latency_s = weft_seconds(latency), .tiles = weft_mapped_tiles(w)};
    sum.bottleneck = -1;
    double used = 0;
    for (int32_t l = 0; l < w->n_layers; l++) {
        sum.energy_j += w->costs[l].energy_j;
        sum.area_mm2 += w->costs[l].area_mm2;
        sum.crossbars += crossbars_of(p, &w->places[l]);
        sum.macs += macs_of(&w->layers[l]);
        sum.cycles += cycles_of(&w->layers[l], &w->times[l]);
        used += cells_used(p, &w->layers[l]);
        add_stage(&w->costs[l], l, &sum);
    }
    sum.power_w = sum.interval_s > 0 ? sum.energy_j / sum.interval_s : 0;
    sum.area_mm2 += w->sum_area_mm2;
    sum.utilisation = share_of_cells(p, used, sum.crossbars);
    *total = sum;
    return WEFT_OK;
}

/* A chip that was turned to what it cannot be has no price. */
static weft_status check_price(const weft_priced *priced, weft_error *error) {
    if (priced->failure.status != WEFT_OK) {
        *error = priced->failure;
    }
    return priced->failure.status;
}

weft_status weft_estimate(const weft_priced *priced, weft_workload *workload, weft_total *total,
                          weft_error *error) {
    WEFT_TRY(check_price(priced, error));
    if (priced->hierarchy != NULL) {
        return weft_hierarchy_estimate(priced->hierarchy, workload->loops, total, error);
    }
    WEFT_TRY(weft_hw_check(workload, error));
    return evaluate(priced, workload, total, error);
}

/* ---- the breakdown --------------------------------------------------------------------------- */

/* Where a layer stands on the critical path: pixels of each class times their parts. */
static void split_latency(const weft_hw_layer *layer, const weft_hw_time *time,
                          const int64_t count[WEFT_PIPE_CLASSES], weft_layer_cost *row) {
    int64_t pixels = 0;
    int64_t buffers = 0;
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        pixels += count[c];
        buffers += count[c] * (time->read[c] + time->write[c]);
    }
    int at = layer->op == WEFT_HW_ADD ? WEFT_COMPONENT_ACCUMULATOR : WEFT_COMPONENT_BUFFER;
    for (int k = 0; k < WEFT_COMPONENT_COUNT; k++) {
        row->latency_by[k] = weft_seconds(pixels * time->by[k] + (k == at ? buffers : 0));
        row->latency_s += row->latency_by[k];
    }
}

static void fill_row(const weft_priced *p, const weft_workload *w, int32_t l,
                     const int64_t count[WEFT_PIPE_CLASSES], weft_layer_cost *row) {
    const weft_hw_layer *layer = &w->layers[l];
    const weft_hw_cost *cost = &w->costs[l];
    weft_hw_name(layer, row->name, sizeof row->name);
    row->layer = layer->layer;
    row->block = layer->block;
    row->energy_j = cost->energy_j;
    row->area_mm2 = cost->area_mm2;
    memcpy(row->energy_by, cost->energy_by, sizeof cost->energy_by);
    memcpy(row->area_by, cost->area_by, sizeof cost->area_by);
    split_latency(layer, &w->times[l], count, row);
    row->busy_s = cost->busy_s;
    row->cycles = cycles_of(layer, &w->times[l]);
    row->macs = macs_of(layer);
    row->crossbars = crossbars_of(p, &w->places[l]);
    row->tiles = w->places[l].tiles;
    row->copies = row->macs > 0 ? 1 : 0;
    row->utilisation = share_of_cells(p, cells_used(p, layer), row->crossbars);
}

/* What is shared by all layers: the accumulator. */
static void fill_shared_row(const weft_workload *w, weft_layer_cost *row) {
    snprintf(row->name, sizeof row->name, "chip");
    row->layer = -1;
    row->block = WEFT_NO_BLOCK;
    row->area_mm2 = w->sum_area_mm2;
    memcpy(row->area_by, w->sum_area_by, sizeof w->sum_area_by);
}

weft_status weft_cost_create(const weft_priced *priced, weft_workload *workload, weft_cost **cost,
                             weft_error *error) {
    WEFT_TRY(check_price(priced, error));
    if (priced->hierarchy != NULL) {
        return weft_hierarchy_cost_create(priced->hierarchy, workload->loops, cost, error);
    }
    WEFT_TRY(weft_hw_check(workload, error));
    weft_total total;
    WEFT_TRY(evaluate(priced, workload, &total, error));
    int32_t n = workload->n_layers;
    size_t rows = (size_t)n + 1;
    weft_cost *made = calloc(1, sizeof *made);
    weft_layer_cost *layers = calloc(rows, sizeof *layers);
    int64_t(*count)[WEFT_PIPE_CLASSES] = calloc(rows, sizeof *count);
    if (made == NULL || layers == NULL || count == NULL) {
        free(made);
        free(layers);
        free(count);
        return weft_fail_memory(error, rows * sizeof *layers);
    }
    weft_pipeline_trace(&workload->pipeline, workload->pipes, count);
    for (int32_t l = 0; l < n; l++) {
        fill_row(priced, workload, l, count[l], &layers[l]);
    }
    free(count);
    if (workload->sum_buffer >= 0) {
        fill_shared_row(workload, &layers[n++]);
    }
    made->total = total;
    made->n_parts = WEFT_COMPONENT_COUNT;
    memcpy(made->parts, PARTS, sizeof PARTS);
    made->n_layers = n;
    made->layers = layers;
    for (int32_t l = 0; l < n; l++) {
        for (int k = 0; k < WEFT_COMPONENT_COUNT; k++) {
            made->energy_by[k] += layers[l].energy_by[k];
            made->latency_by[k] += layers[l].latency_by[k];
            made->area_by[k] += layers[l].area_by[k];
        }
    }
    *cost = made;
    return WEFT_OK;
}

void weft_cost_destroy(weft_cost *cost) {
    if (cost != NULL) {
        free(cost->layers);
        free(cost);
    }
}
