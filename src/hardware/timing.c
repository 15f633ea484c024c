/* SPDX-License-Identifier: Apache-2.0
 *
 * Time of one output pixel, after MNSIM 2.0 (PE_latency.py, Tile_latency.py, Pooling_latency.py,
 * Model_latency.py, pipelined, filled by columns). b: activation bits, m(n) = ceil(n / port) buffer
 * cycles, T: clock period, M: PEs of the fullest tile, v = ceil(log2 M), V the same of a full tile.
 *
 *   conv and linear
 *     steps      N = cycles ceil(row / dacs) ceil(column / adcs)
 *     crossbar, DAC, ADC, demux, mux, shift     N times the time of one
 *     registers  in: (ceil(row / dacs) ceil(column / adcs) + N) T; out: ceil(column / adcs) T
 *     adders     ceil(column / adcs) ceil(log2 groups) T;  joint  v T
 *     buffers    PE in: write m(new inputs b), read m(window b); tile out: write
 *                m((ADC bits + v) column M), read m(b column M)
 *     links      in the tile: (V (ADC bits + v) - v (v + 1) / 2) column / tile bandwidth
 *                merging: in_hops (T + column M b / mesh bandwidth)
 *                sending: out_hops C_out b / mesh bandwidth
 *   pool         ceil(C / units) ceil(window / window of a unit) times the unit's; buffers: in
 *                write and read, out write m(C b), read m(C b) twice, to merge and to send (the
 *                second costs time only: so MNSIM counts); sending as above
 *   ADD          the adder's time, buffer write and read m(2 C b) each, sending
 *   PORT         sending
 *
 * New inputs and window of a pixel, in input channels of a PE (s stride, k window, p padding):
 *                first          first row     first of a row    others
 *     new        (k-p)^2        s k           s (k-p)           s^2
 *     window     k^2            s k           k^2               s k
 * A pool has no case of its own for the first row: it takes s^2 there too. */
#include "hardware/timing.h"

#include "hardware/quantum.h"

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t move_bits(const weft_priced *p, int64_t bits) {
    return weft_time_times(ceil_div(bits, p->buffer_port), p->buffer_cycle);
}

static int32_t levels_of(int64_t n) {
    int32_t levels = 0;
    while (((int64_t)1 << levels) < n) {
        levels++;
    }
    return levels;
}

static int64_t at_least(int64_t value, int64_t least) {
    return value > least ? value : least;
}

static int64_t send_time(const weft_priced *p, const weft_hw_layer *layer,
                         const weft_hw_place *place) {
    double bits = (double)layer->out.channels * p->activation_bits;
    return weft_time_quanta((double)place->out_hops * bits * p->mesh_bit_s);
}

/* The window of a pool: of a max pool its kernel; of an adaptive average pool what the chip says,
 * or the true window of its largest part. */
typedef struct window {
    int32_t height, width, row_step, column_step;
} window;

static window pool_window(const weft_priced *p, const weft_hw_layer *layer) {
    if (layer->op == WEFT_HW_MAX_POOL) {
        return (window){layer->kernel, layer->kernel, layer->stride, layer->stride};
    }
    if (p->adaptive_window > 0) {
        int32_t k = p->adaptive_window;
        return (window){k, k, k, k};
    }
    int32_t row_step = layer->in.height / layer->out.height;
    int32_t column_step = layer->in.width / layer->out.width;
    return (window){layer->in.height - (layer->out.height - 1) * row_step,
                    layer->in.width - (layer->out.width - 1) * column_step, row_step, column_step};
}

/* ---- conv and linear ------------------------------------------------------------------------- */

static void time_compute(const weft_priced *p, const weft_hw_place *place, weft_hw_time *time) {
    int64_t row_turns = ceil_div(place->row, p->dacs);
    int64_t column_turns = ceil_div(place->column, p->adcs);
    int64_t steps = p->cycles * row_turns * column_turns;
    int64_t levels = levels_of(place->tile_pes);
    time->steps = steps;
    time->by[WEFT_COMPONENT_CROSSBAR] = weft_time_times(steps, p->xbar_time);
    time->by[WEFT_COMPONENT_DAC] = weft_time_times(steps, p->dac_time);
    time->by[WEFT_COMPONENT_ADC] = weft_time_times(steps, p->adc_time);
    time->by[WEFT_COMPONENT_DEMUX] = weft_time_times(steps, p->demux_time);
    time->by[WEFT_COMPONENT_MUX] = weft_time_times(steps, p->mux_time);
    time->by[WEFT_COMPONENT_SHIFT] = weft_time_times(steps, p->period);
    time->by[WEFT_COMPONENT_REGISTER] = (row_turns * column_turns + steps + column_turns) *
                                        p->period;
    time->by[WEFT_COMPONENT_ADDER] = weft_time_times(column_turns * p->group_levels, p->period);
    time->by[WEFT_COMPONENT_JOINT] = weft_time_times(levels, p->period);
}

static void time_links(const weft_priced *p, const weft_hw_layer *layer, const weft_hw_place *place,
                       weft_hw_time *time) {
    int64_t levels = levels_of(place->tile_pes);
    double width = (double)p->pe_levels * (double)(p->adc_bits + levels) -
                   (double)(levels * (levels + 1)) / 2;
    int64_t within = weft_time_quanta(width * place->column * p->tile_bit_s);
    double merged = (double)place->column * place->tile_pes * p->activation_bits;
    int64_t hop = p->period + weft_time_quanta(merged * p->mesh_bit_s);
    int64_t merge = weft_time_times(place->in_hops, hop);
    time->by[WEFT_COMPONENT_LINK] = within + merge + send_time(p, layer, place);
}

/* The tile's output buffer is written once a pixel and read once to merge. */
static void time_out_buffer(const weft_priced *p, const weft_hw_place *place, weft_hw_time *time) {
    int64_t width = p->adc_bits + levels_of(place->tile_pes);
    int64_t values = (int64_t)place->column * place->tile_pes;
    int64_t write = move_bits(p, width * values);
    int64_t read = move_bits(p, p->activation_bits * values);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        time->write[c] += write;
        time->read[c] += read;
    }
}

static void time_conv(const weft_priced *p, const weft_hw_layer *layer, const weft_hw_place *place,
                      weft_hw_time *time) {
    int64_t channel = (int64_t)place->channels * p->activation_bits;
    int64_t k = layer->kernel;
    int64_t s = layer->stride;
    int64_t inside = at_least(k - layer->pad, 0);
    int64_t fresh[WEFT_PIPE_CLASSES] = {inside * inside, s * k, s * inside, s * s};
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        int64_t held = c % 2 == 0 ? (int64_t)place->row * p->activation_bits : s * k * channel;
        time->write[c] = move_bits(p, fresh[c] * channel);
        time->read[c] = move_bits(p, held);
    }
    time_compute(p, place, time);
    time_links(p, layer, place, time);
    time_out_buffer(p, place, time);
}

static void time_linear(const weft_priced *p, const weft_hw_layer *layer,
                        const weft_hw_place *place, weft_hw_time *time) {
    int64_t move = move_bits(p, (int64_t)place->row * p->activation_bits);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        time->write[c] = move;
        time->read[c] = move;
    }
    time_compute(p, place, time);
    time_links(p, layer, place, time);
    time_out_buffer(p, place, time);
}

/* ---- the others ------------------------------------------------------------------------------ */

static void time_pool(const weft_priced *p, const weft_hw_layer *layer, const weft_hw_place *place,
                      weft_hw_time *time) {
    window w = pool_window(p, layer);
    int64_t size = (int64_t)w.height * w.width;
    int64_t channel = (int64_t)layer->in.channels * p->activation_bits;
    int64_t out = move_bits(p, (int64_t)layer->out.channels * p->activation_bits);
    int64_t step = (int64_t)w.row_step * w.column_step;
    int64_t fresh[WEFT_PIPE_CLASSES] = {size, step, (int64_t)w.row_step * w.width, step};
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        int64_t held = c % 2 == 0 ? size : (int64_t)w.column_step * w.height;
        time->write[c] = move_bits(p, fresh[c] * channel) + out;
        time->read[c] = move_bits(p, held * channel) + out;
    }
    time->by[WEFT_COMPONENT_BUFFER] = out; /* the second read: time, but no energy */
    int64_t turns = ceil_div(layer->in.channels, p->pool_units) * ceil_div(size, p->pool_window);
    time->by[WEFT_COMPONENT_POOLING] = weft_time_times(turns, p->pool_time);
    time->by[WEFT_COMPONENT_LINK] = send_time(p, layer, place);
}

static void time_add(const weft_priced *p, const weft_hw_layer *layer, const weft_hw_place *place,
                     weft_hw_time *time) {
    int64_t move = move_bits(p, 2 * (int64_t)layer->out.channels * p->activation_bits);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        time->write[c] = move;
        time->read[c] = move;
    }
    time->by[WEFT_COMPONENT_ACCUMULATOR] = p->sum_time;
    time->by[WEFT_COMPONENT_LINK] = send_time(p, layer, place);
}

static void time_layer(const weft_priced *p, const weft_hw_layer *layer, const weft_hw_place *place,
                       weft_hw_time *time) {
    *time = (weft_hw_time){0};
    switch (layer->op) {
    case WEFT_HW_CONV:
        time_conv(p, layer, place, time);
        break;
    case WEFT_HW_LINEAR:
        time_linear(p, layer, place, time);
        break;
    case WEFT_HW_MAX_POOL:
    case WEFT_HW_AVERAGE_POOL:
        time_pool(p, layer, place, time);
        break;
    case WEFT_HW_ADD:
        time_add(p, layer, place, time);
        break;
    case WEFT_HW_PORT:
        time->by[WEFT_COMPONENT_LINK] = send_time(p, layer, place);
        break;
    }
    int64_t common = 0;
    for (int k = 0; k < WEFT_COMPONENT_COUNT; k++) {
        common += time->by[k];
    }
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        time->total[c] = common + time->read[c] + time->write[c];
    }
}

/* ---- what a pixel waits for ------------------------------------------------------------------ */

/* The rows and columns of its input that a pixel waits for. */
static weft_pipe_edge edge_of(const weft_priced *p, const weft_hw_layer *layer) {
    weft_pipe_edge edge = {.row_step = 1, .column_step = 1};
    window w = {layer->kernel, layer->kernel, layer->stride, layer->stride};
    switch (layer->op) {
    case WEFT_HW_MAX_POOL:
    case WEFT_HW_AVERAGE_POOL:
        w = pool_window(p, layer);
        break;
    case WEFT_HW_CONV:
    case WEFT_HW_LINEAR:
    case WEFT_HW_ADD:
    case WEFT_HW_PORT:
        break;
    }
    edge.row_first = (int32_t)at_least(w.height - layer->pad, 1) - 1;
    edge.column_first = (int32_t)at_least(w.width - layer->pad, 1) - 1;
    edge.row_step = w.row_step;
    edge.column_step = w.column_step;
    return edge;
}

static void pipe_layer(const weft_priced *p, const weft_workload *workload, int32_t l) {
    const weft_hw_layer *layer = &workload->layers[l];
    weft_pipe_layer *pipe = &workload->pipes[l];
    *pipe = (weft_pipe_layer){
        .height = layer->out.height, .width = layer->out.width, .n_inputs = layer->n_inputs};
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        pipe->time[c] = workload->times[l].total[c];
    }
    for (int32_t m = 0; m < layer->n_inputs; m++) {
        weft_shape from = workload->layers[layer->input[m]].out;
        weft_pipe_edge edge = edge_of(p, layer);
        bool flat = from.height != layer->in.height || from.width != layer->in.width;
        if (layer->op == WEFT_HW_LINEAR || flat) { /* waits for everything */
            edge.row_first = from.height - 1;
            edge.column_first = from.width - 1;
        }
        edge.layer = layer->input[m];
        edge.height = from.height;
        edge.width = from.width;
        pipe->input[m] = edge;
    }
}

void weft_time_workload(const weft_priced *priced, weft_workload *workload) {
    for (int32_t l = 0; l < workload->n_layers; l++) {
        time_layer(priced, &workload->layers[l], &workload->places[l], &workload->times[l]);
        pipe_layer(priced, workload, l);
    }
}

void weft_pixels_by_class(const weft_hw_layer *layer, int64_t count[WEFT_PIPE_CLASSES]) {
    int64_t height = layer->out.height;
    int64_t width = layer->out.width;
    count[0] = 1;
    count[1] = width - 1;
    count[2] = height - 1;
    count[3] = (height - 1) * (width - 1);
}
