/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of class `memory` that act as buffers are the memories, from the inside out; the level whose
 * copies share inputs is the columns, the one whose copies add up outputs the rows; parts that act on
 * inputs, readouts, steps and so on are the array. */
#include "hardware/dataflow_chip.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { VARIANTS = 4 }; /* of a layer: inputs and outputs stay on the chip, or not */

typedef struct answer {
    uint64_t key; /* 0: none */
    bool fits;
    weft_flow_mapping mapping;
    weft_flow_cost cost;
} answer;

struct weft_dataflow_memo {
    struct {
        answer answer;
        int32_t latest[VARIANTS]; /* of the first of equal layers: whose answer is theirs, + 1 */
        int32_t used;             /* whose answer the layer took last */
    } rows[1];                    /* of each layer */
};

struct weft_dataflow_memo *weft_dataflow_memo_create(int32_t layers) {
    struct weft_dataflow_memo *memo = NULL;
    return calloc((size_t)layers + 1, sizeof memo->rows[0]);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static double dot(const double *coefficients, const double *statistics) {
    double sum = 0;
    for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
        sum += coefficients[k] * statistics[k];
    }
    return sum;
}

/* Energies of a part and of those that act with it. */
static void find_energies(const weft_hierarchy *h, const weft_precision *price, int p,
                          const double *statistics, double energies[2]) {
    energies[0] = energies[1] = 0;
    int with = p;
    do {
        energies[0] += dot(price->parts[with].read_j, statistics);
        energies[1] += dot(price->parts[with].write_j, statistics);
        with++;
    } while (with < h->n_parts && h->parts[with].action == WEFT_ACTION_WITH);
}

static double field_of(const weft_part *part, const double *fields, const char *name) {
    for (int f = 0; f < part->class->n_fields; f++) {
        if (strcmp(part->class->fields[f].name, name) == 0) {
            return fields[f];
        }
    }
    return 0;
}

static weft_status add_memory(const weft_hierarchy *h, int p, const double *variables,
                              const double *energies, weft_flow_machine *machine,
                              weft_error *error) {
    const weft_part *part = &h->parts[p];
    double fields[WEFT_PART_MAX_FIELDS];
    if (strcmp(part->class->name, "memory") != 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "part '%s': with accounting 'dataflow' buffers are of class 'memory'",
                         part->name);
    }
    if (machine->n_memories == WEFT_FLOW_MEMORIES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "accounting 'dataflow': more than %d memories",
                         WEFT_FLOW_MEMORIES);
    }
    WEFT_TRY(weft_hierarchy_fields(h, part, variables, fields, NULL, error));
    int m = machine->n_memories++;
    machine->memories[m] = (weft_flow_memory){
        .tensors = part->tensors,
        .per = (int)field_of(part, fields, "per"),
        .ports = (int)field_of(part, fields, "ports"),
        .size = field_of(part, fields, "size"),
        .least = field_of(part, fields, "least"),
        .width = field_of(part, fields, "width"),
        .read_j = energies[0],
        .write_j = energies[1],
    };
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        if ((part->tensors >> o & 1U) == 0) {
            continue;
        }
        if (machine->n_levels[o] == WEFT_FLOW_LEVELS) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "accounting 'dataflow': more than %d memories of an operand",
                             WEFT_FLOW_LEVELS);
        }
        machine->level[o][machine->n_levels[o]++] = m;
    }
    return WEFT_OK;
}

static weft_status add_action(const weft_part *part, double energy, weft_flow_machine *machine,
                              weft_error *error) {
    switch ((weft_action)part->action) {
    case WEFT_ACTION_INPUT:
        machine->row_j += energy;
        return WEFT_OK;
    case WEFT_ACTION_READOUT:
        machine->column_j += energy;
        return WEFT_OK;
    case WEFT_ACTION_OUTPUT:
    case WEFT_ACTION_RESULT:
        machine->output_j += energy;
        return WEFT_OK;
    case WEFT_ACTION_CELL:
        machine->product_j += energy;
        return WEFT_OK;
    case WEFT_ACTION_STEP:
        machine->step_j += energy;
        return WEFT_OK;
    case WEFT_ACTION_ELEMENT:
    case WEFT_ACTION_NONE:
        return WEFT_OK;
    case WEFT_ACTION_LOAD:
    case WEFT_ACTION_PASS:
    case WEFT_ACTION_MERGE:
    case WEFT_ACTION_BUFFER:
    case WEFT_ACTION_HOP:
    case WEFT_ACTION_SPILL:
    case WEFT_ACTION_WITH:
    case WEFT_ACTION_COUNT:
        break;
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "part '%s': accounting 'dataflow' has no such action; memories stand for what "
                     "moves",
                     part->name);
}

/* Sides of the array inside of a memory. */
static unsigned inside_of(int per) {
    switch ((weft_flow_per)per) {
    case WEFT_FLOW_PER_CELL:
        return 0;
    case WEFT_FLOW_PER_ROW:
        return 1U << WEFT_FLOW_COLUMNS;
    case WEFT_FLOW_PER_COLUMN:
        return 1U << WEFT_FLOW_ROWS;
    case WEFT_FLOW_PER_ARRAY:
        break;
    }
    return 1U << WEFT_FLOW_COLUMNS | 1U << WEFT_FLOW_ROWS;
}

static weft_status find_between(weft_flow_machine *machine, weft_error *error) {
    static const char *const NAMES[] = {"inputs", "weights", "outputs"};
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        unsigned inside = 0;
        int n = machine->n_levels[o];
        for (int l = 0; l < n; l++) {
            unsigned here = inside_of(machine->memories[machine->level[o][l]].per);
            if ((inside & ~here) != 0) {
                return weft_fail(error, WEFT_ERROR_INPUT,
                                 "accounting 'dataflow': a memory of %s stands outside of one that "
                                 "more cells share",
                                 NAMES[o]);
            }
            machine->between[o][l] = here & ~inside;
            inside = here;
        }
        if (n == 0 || inside != inside_of(WEFT_FLOW_PER_ARRAY)) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "accounting 'dataflow': %s need a memory around the array", NAMES[o]);
        }
    }
    return WEFT_OK;
}

static weft_status find_sides(const weft_hierarchy *h, const weft_precision *price,
                              weft_flow_machine *machine, weft_error *error) {
    static const unsigned SHARES[] = {WEFT_TENSOR_INPUTS, WEFT_TENSOR_OUTPUTS};
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
        machine->copies[s] = 1;
    }
    for (int l = 0; l < h->n_levels; l++) {
        const weft_level *level = &h->levels[l];
        int side = 0;
        while (side < WEFT_FLOW_SIDES && level->shares != SHARES[side]) {
            side++;
        }
        bool known = side < WEFT_FLOW_SIDES && machine->n_dims[side] == 0;
        if (price->capacity[l] == 1 && !known) {
            continue;
        }
        if (!known || level->n_groups != 1) {
            return weft_fail(
                error, WEFT_ERROR_INPUT,
                "level '%s': accounting 'dataflow' knows one array of columns (shares: "
                "inputs) and rows (shares: outputs), each filled with one group",
                level->name);
        }
        machine->copies[side] = price->capacity[l];
        machine->n_dims[side] = (uint8_t)level->groups[0].n;
        for (int i = 0; i < level->groups[0].n; i++) {
            machine->dims[side][i] = (uint8_t)level->groups[0].dim[i];
            if (machine->dims[side][i] >= WEFT_FLOW_DIMS) {
                return weft_fail(error, WEFT_ERROR_INPUT,
                                 "level '%s': accounting 'dataflow' spreads no slices",
                                 level->name);
            }
        }
    }
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) { /* a side of one: nothing is spread there */
        machine->n_dims[s] = machine->n_dims[s] > 0 ? machine->n_dims[s] : 1;
    }
    return WEFT_OK;
}

static weft_status check_numbers(const weft_hierarchy *h, const weft_precision *price,
                                 weft_error *error) {
    double loops = price->number[WEFT_NUMBER_LOOPS];
    double candidates = price->number[WEFT_NUMBER_CANDIDATES];
    if (!(loops >= 1 && loops <= WEFT_FLOW_LOOPS) || !(candidates >= 1 && candidates <= 16)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "accounting 'dataflow': loops 1 to %d and candidates 1 to 16 expected",
                         WEFT_FLOW_LOOPS);
    }
    if (h->execution != WEFT_EXECUTION_LAYERS || price->weight_slices != 1) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "accounting 'dataflow': expected order 'layers' and weights of one slice");
    }
    return WEFT_OK;
}

static weft_status build(const weft_hierarchy *h, const weft_precision *price,
                         const int32_t traits[WEFT_TRAITS], const double *statistics,
                         weft_flow_machine *machine, weft_error *error) {
    double variables[WEFT_MAX_VARIABLES];
    double leakage = 0;
    memset(machine, 0, sizeof *machine);
    WEFT_TRY(check_numbers(h, price, error));
    if (weft_variables_evaluate(h, traits, variables) >= 0) {
        return weft_fail(error, WEFT_ERROR_INPUT, "a value of the chip is not a finite number");
    }
    for (int p = h->n_parts - 1; p >= 0; p--) {
        const weft_part_cost *part = &price->parts[p];
        double energies[2];
        double copies = 1;
        for (int l = 0; l <= h->parts[p].level; l++) {
            copies *= price->capacity[l];
        }
        leakage += part->leak_w * copies;
        if (h->parts[p].action == WEFT_ACTION_WITH) {
            continue;
        }
        find_energies(h, price, p, statistics, energies);
        if (h->parts[p].action == WEFT_ACTION_BUFFER) {
            WEFT_TRY(add_memory(h, p, variables, energies, machine, error));
        } else {
            WEFT_TRY(add_action(&h->parts[p], energies[0] / part->word, machine, error));
        }
    }
    WEFT_TRY(find_between(machine, error));
    WEFT_TRY(find_sides(h, price, machine, error));
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        machine->bits[o] = price->bits[o];
    }
    double partial = price->number[WEFT_NUMBER_PARTIAL_BITS];
    machine->partial_bits = partial > 0 ? partial : machine->bits[WEFT_FLOW_OUTPUTS];
    machine->slices = price->input_slices;
    machine->cycles = price->input_slices * price->number[WEFT_NUMBER_STEP_CYCLES];
    machine->cycle_j = leakage * price->cycle_s;
    machine->max_loops = (int)price->number[WEFT_NUMBER_LOOPS];
    machine->candidates = (int)price->number[WEFT_NUMBER_CANDIDATES];
    machine->objective = h->objective;
    return WEFT_OK;
}

/* ---- the layer ------------------------------------------------------------------------------- */

/* Whether inputs and outputs share their two outermost memories: then maps may stay in the inner. */
static bool keeps_maps(const weft_flow_machine *machine) {
    int n = machine->n_levels[WEFT_FLOW_INPUTS];
    int m = machine->n_levels[WEFT_FLOW_OUTPUTS];
    const int *in = machine->level[WEFT_FLOW_INPUTS];
    const int *out = machine->level[WEFT_FLOW_OUTPUTS];
    return n > 1 && m > 1 && in[n - 1] == out[m - 1] && in[n - 2] == out[m - 2];
}

/* An output stays where one operation alone reads it, and where it fits beside the input. */
static bool stays(const weft_flow_machine *machine, const weft_map_use *use) {
    int n = machine->n_levels[WEFT_FLOW_INPUTS];
    double room = machine->memories[machine->level[WEFT_FLOW_INPUTS][n - 2]].size;
    double bits = use->inputs * machine->bits[WEFT_FLOW_INPUTS] +
                  use->outputs * machine->partial_bits;
    return !use->spreads && bits <= room;
}

/* Dimensions as the two front ends of the reference list them: a graph's and a table's. */
static const int GRAPH_ORDER[] = {WEFT_DIM_N, WEFT_DIM_M, WEFT_DIM_G, WEFT_DIM_Q,
                                  WEFT_DIM_P, WEFT_DIM_C, WEFT_DIM_S, WEFT_DIM_R};
static const int TABLE_ORDER[] = {WEFT_DIM_N, WEFT_DIM_G, WEFT_DIM_M, WEFT_DIM_C,
                                  WEFT_DIM_P, WEFT_DIM_Q, WEFT_DIM_R, WEFT_DIM_S};

static void describe_layer(const weft_flow_machine *machine, const weft_loop_work *work,
                           const weft_loop_layer *from, weft_flow_layer *layer) {
    memset(layer, 0, sizeof *layer);
    memcpy(layer->size, from->loops.size, sizeof layer->size);
    layer->stride_h = from->loops.stride_h;
    layer->stride_w = from->loops.stride_w;
    layer->dilation_h = from->loops.dilation_h;
    layer->dilation_w = from->loops.dilation_w;
    layer->limit_h = from->in_height;
    layer->limit_w = from->in_width;
    layer->order = work->is_table ? TABLE_ORDER : GRAPH_ORDER;
    memcpy(layer->n_levels, machine->n_levels, sizeof layer->n_levels);
    if (keeps_maps(machine)) {
        const weft_map_use *before = from->first ? &from->own : &from->before;
        layer->n_levels[WEFT_FLOW_INPUTS] -= stays(machine, before);
        layer->n_levels[WEFT_FLOW_OUTPUTS] -= stays(machine, &from->own);
    }
}

weft_status weft_dataflow_describe(const weft_hierarchy *h, const weft_precision *price,
                                   const weft_loop_work *work, int32_t l,
                                   weft_flow_machine *machine, weft_flow_layer *layer,
                                   weft_error *error) {
    const weft_loop_layer *from = &work->layers[l];
    WEFT_TRY(build(h, price, work->classes[from->precision].traits, work->costs[l].statistics,
                   machine, error));
    for (int p = 0; p < h->n_parts; p++) {
        double energies[2];
        double elements = 0;
        for (int e = 0; e < WEFT_ELEMENT_COUNT && h->parts[p].action == WEFT_ACTION_ELEMENT; e++) {
            elements += (h->roles[p].elements >> e & 1U) != 0 ? (double)from->elements[e] : 0;
        }
        find_energies(h, price, p, work->costs[l].statistics, energies);
        machine->other_j += elements / price->parts[p].word * energies[0];
    }
    describe_layer(machine, work, from, layer);
    return WEFT_OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static int variant_of(const weft_flow_machine *machine, const weft_flow_layer *layer) {
    bool inputs = layer->n_levels[WEFT_FLOW_INPUTS] < machine->n_levels[WEFT_FLOW_INPUTS];
    bool outputs = layer->n_levels[WEFT_FLOW_OUTPUTS] < machine->n_levels[WEFT_FLOW_OUTPUTS];
    return 2 * inputs + outputs;
}

/* Equal layers share an answer. */
static const answer *solve(weft_loop_work *work, int32_t l, const weft_flow_machine *machine,
                           const weft_flow_layer *layer) {
    int32_t first = work->layers[l].same;
    int32_t *latest = &work->dataflow->rows[first].latest[variant_of(machine, layer)];
    uint64_t key = hash_bytes(UINT64_C(0xcbf29ce484222325), machine, sizeof *machine);
    key = hash_bytes(key, layer, sizeof *layer) | 1;
    if (*latest > 0 && work->dataflow->rows[*latest - 1].answer.key == key) {
        work->dataflow->rows[l].used = *latest - 1;
        return &work->dataflow->rows[*latest - 1].answer;
    }
    answer *made = &work->dataflow->rows[l].answer;
    made->fits = weft_flow_search(machine, layer, &made->mapping, &made->cost);
    made->key = key;
    *latest = l + 1;
    work->dataflow->rows[l].used = l;
    return made;
}

const weft_flow_mapping *weft_dataflow_mapping(const weft_loop_work *work, int32_t l,
                                               const weft_flow_cost **cost) {
    const answer *found = &work->dataflow->rows[work->dataflow->rows[l].used].answer;
    *cost = &found->cost;
    return &found->mapping;
}

void weft_dataflow_spread(const weft_hierarchy *h, const weft_precision *price,
                          const weft_loop_work *work, int32_t l, weft_spread *spread) {
    const weft_flow_cost *cost = NULL;
    const weft_flow_mapping *mapping = weft_dataflow_mapping(work, l, &cost);
    double used = 1;
    memset(spread, 0, sizeof *spread);
    for (int k = 0; k < h->n_levels; k++) {
        int side = h->levels[k].shares == WEFT_TENSOR_INPUTS    ? WEFT_FLOW_COLUMNS
                   : h->levels[k].shares == WEFT_TENSOR_OUTPUTS ? WEFT_FLOW_ROWS
                                                                : WEFT_FLOW_SIDES;
        for (int d = 0; d < WEFT_DIM_COUNT; d++) {
            bool spreads = side < WEFT_FLOW_SIDES && d < WEFT_FLOW_DIMS && price->capacity[k] > 1;
            spread->factor[k][d] = spreads ? mapping->factor[side][d] : 1;
            used *= spread->factor[k][d];
        }
        spread->used[k] = used;
    }
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        spread->rest[d] = 1;
    }
    for (int i = 0; i < mapping->n_loops; i++) {
        spread->rest[mapping->dim[i]] *= mapping->turns[i];
    }
    spread->rest[WEFT_DIM_X] = price->input_slices;
}

/* ---- counts ---------------------------------------------------------------------------------- */

static double times_of(const weft_hierarchy *h, int p, const weft_flow_machine *machine,
                       const weft_loop_layer *layer, const weft_flow_cost *cost) {
    double steps = machine->slices * cost->steps;
    switch ((weft_action)h->parts[p].action) {
    case WEFT_ACTION_INPUT:
        return cost->rows * steps;
    case WEFT_ACTION_READOUT:
        return cost->columns * steps;
    case WEFT_ACTION_OUTPUT:
    case WEFT_ACTION_RESULT:
        return cost->columns * cost->steps;
    case WEFT_ACTION_CELL:
        return machine->slices * (double)layer->macs;
    case WEFT_ACTION_STEP:
        return steps;
    case WEFT_ACTION_ELEMENT: /* hierarchy_cost.c counts them */
    case WEFT_ACTION_LOAD:
    case WEFT_ACTION_PASS:
    case WEFT_ACTION_MERGE:
    case WEFT_ACTION_BUFFER:
    case WEFT_ACTION_HOP:
    case WEFT_ACTION_SPILL:
    case WEFT_ACTION_WITH:
    case WEFT_ACTION_NONE:
    case WEFT_ACTION_COUNT:
        break;
    }
    return 0;
}

static void count(const weft_hierarchy *h, const weft_precision *price,
                  const weft_flow_machine *machine, const weft_loop_layer *layer,
                  const weft_flow_cost *cost, weft_kept *kept) {
    int m = 0;
    for (int p = h->n_parts - 1; p >= 0; p--) {
        bool memory = h->parts[p].action == WEFT_ACTION_BUFFER;
        kept->reads[p] = memory ? cost->reads[m]
                                : times_of(h, p, machine, layer, cost) / price->parts[p].word;
        kept->writes[p] = memory ? cost->writes[m] : 0;
        m += memory;
    }
    for (int p = 1; p < h->n_parts; p++) {
        if (h->parts[p].action == WEFT_ACTION_WITH) {
            kept->reads[p] = kept->reads[p - 1];
            kept->writes[p] = kept->writes[p - 1];
        }
    }
}

weft_status weft_dataflow_place(const weft_hierarchy *h, const weft_precision *price,
                                weft_loop_work *work, int32_t l, weft_kept *kept,
                                weft_error *error) {
    weft_flow_machine machine;
    weft_flow_layer layer;
    WEFT_TRY(weft_dataflow_describe(h, price, work, l, &machine, &layer, error));
    const answer *found = solve(work, l, &machine, &layer);
    if (!found->fits) {
        char name[WEFT_LOOP_NAME];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "layer %d, %s: no order of its loops fits the memories",
                         work->layers[l].layer, weft_loop_name(&work->layers[l], name));
    }
    const weft_flow_cost *cost = &found->cost;
    count(h, price, &machine, &work->layers[l], cost, kept);
    kept->arrays = kept->copies = 1;
    kept->steps = machine.slices * cost->steps;
    kept->cycles = cost->cycles;
    kept->waiting = cost->cycles - cost->ideal;
    kept->cells = cost->rows * cost->columns;
    kept->rows = cost->rows;
    double weights = (double)work->layers[l].weights_held;
    kept->rounds = fmax(1, ceil(weights / kept->cells)); /* at least: a cell may be written again */
    double copies = 1;
    for (int k = 0; k < h->n_levels; k++) {
        copies *= price->capacity[k];
        kept->used[k] = copies;
    }
    return WEFT_OK;
}
