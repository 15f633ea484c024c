/* SPDX-License-Identifier: Apache-2.0
 *
 * Clock cycles of a layer: ideal + stall + loading + storing.
 *
 *   ideal    cycles of a step x steps
 *   double   a memory fetches the next tile beside the present one where its tiles take no more than
 *            half of it, or where one more tile fits; then a transfer may take the whole period, else
 *            the window
 *   stall    of a port with one flow: (taken - allowed)(count - 1); with several: what single flows
 *            lack + max(0, what all would take - the cycles in which any may use the port), the union
 *            of the flows' windows; of all ports the largest
 *   loading  the first inputs and weights, level by level, the two operands side by side unless they
 *            go through the same ports
 *   storing  the last outputs, level by level
 *
 * A transfer that happens once may use the bandwidth that the periodic ones leave while the array
 * works. Source: zigzag@3d12a96 (cost_model), derived again; Mei et al., DATE 2022. */
#include "hardware/dataflow_moves.h"

#include <math.h>
#include <string.h>

enum { MAX_FLOWS = WEFT_FLOW_OPERANDS * WEFT_FLOW_WAYS };

/* ---- double buffering ------------------------------------------------------------------------ */

/* early[o][l]: the next tile of memory l - 1 can come before the present one is used up. */
typedef struct buffering {
    bool early[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
} buffering;

static void find_buffering(const weft_flow_machine *machine, const weft_flow_layer *layer,
                           const weft_flow_moves *moves, buffering *out) {
    static const int ORDER[] = {WEFT_FLOW_OUTPUTS, WEFT_FLOW_WEIGHTS, WEFT_FLOW_INPUTS};
    double own[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS];
    double used[WEFT_FLOW_MEMORIES] = {0};
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        for (int l = 0; l < layer->n_levels[o]; l++) {
            int m = machine->level[o][l];
            double held = moves->data[o][l + 1] * moves->bits[o][l + 1];
            own[o][l] = floor(held / moves->fresh[o][l + 1]) / machine->memories[m].size;
            used[m] += own[o][l];
        }
    }
    for (int i = 0; i < WEFT_FLOW_OPERANDS; i++) {
        int o = ORDER[i];
        out->early[o][0] = false;
        for (int l = 0; l < layer->n_levels[o]; l++) {
            double *all = &used[machine->level[o][l]];
            bool half = *all <= 0.5;
            bool one_more = !half && own[o][l] <= 1 - *all;
            out->early[o][l + 1] = half || one_more;
            *all += one_more ? own[o][l] : 0;
        }
    }
}

/* ---- ports ----------------------------------------------------------------------------------- */

typedef struct transfer {
    int operand, level, way;
    const weft_flow *flow;
    double taken, allowed, period; /* clock cycles */
} transfer;

typedef struct port {
    int n;
    transfer transfers[MAX_FLOWS];
} port;

static int port_of(int ports, int way) {
    switch ((weft_flow_ports)ports) {
    case WEFT_FLOW_PORTS_ONE:
        return 0;
    case WEFT_FLOW_PORTS_TWO:
        return way == WEFT_FLOW_FROM_LOW || way == WEFT_FLOW_FROM_HIGH;
    case WEFT_FLOW_PORTS_FOUR:
        break;
    }
    return way;
}

static double taken_by(const weft_flow *flow, double width) {
    return ceil(flow->amount * flow->bits / width);
}

/* The transfers of all ports of a memory. */
static void gather(const weft_flow_machine *machine, const weft_flow_layer *layer,
                   const weft_flow_moves *moves, const buffering *buffers, int m,
                   port ports[WEFT_FLOW_WAYS]) {
    const weft_flow_memory *memory = &machine->memories[m];
    for (int i = 0; i < WEFT_FLOW_WAYS; i++) {
        ports[i].n = 0;
    }
    for (int o = 0; o < WEFT_FLOW_OPERANDS; o++) {
        for (int l = 0; l < layer->n_levels[o]; l++) {
            for (int w = 0; w < WEFT_FLOW_WAYS && machine->level[o][l] == m; w++) {
                const weft_flow *flow = &moves->flows[o][l][w];
                if (flow->count == 0) {
                    continue;
                }
                bool high = w == WEFT_FLOW_TO_HIGH || w == WEFT_FLOW_FROM_HIGH;
                double steps = buffers->early[o][high ? l + 1 : l] ? flow->period : flow->window;
                port *at = &ports[port_of(memory->ports, w)];
                at->transfers[at->n++] = (transfer){
                    .operand = o,
                    .level = l,
                    .way = w,
                    .flow = flow,
                    .taken = taken_by(flow, memory->width),
                    .allowed = ceil(steps * machine->cycles),
                    .period = ceil(flow->period * machine->cycles),
                };
            }
        }
    }
}

/* ---- stalls ---------------------------------------------------------------------------------- */

typedef struct windows {
    int n;
    double period[MAX_FLOWS], open[MAX_FLOWS];
} windows;

static double covered(const windows *w, int k, double cycles);

/* Cycles in the first `rest` of a period of window k in which one of the windows 0 .. k is open. */
static double covered_part(const windows *w, int k, double rest) {
    double open = w->open[k];
    return rest <= open ? rest : open + covered(w, k - 1, rest) - covered(w, k - 1, open);
}

static double covered(const windows *w, int k, double cycles) {
    if (k < 0) {
        return 0;
    }
    double periods = floor(cycles / w->period[k]);
    return periods * covered_part(w, k, w->period[k]) +
           covered_part(w, k, cycles - periods * w->period[k]);
}

/* Cycles of the whole layer in which at least one transfer may use the port; periods are nested. */
static double union_of(const port *at, double all) {
    windows w = {.n = 0};
    double count = 0;
    for (int i = 0; i < at->n; i++) {
        const transfer *t = &at->transfers[i];
        if (t->allowed == t->period) {
            return all;
        }
        int k = w.n++;
        while (k > 0 && (w.period[k - 1] > t->period ||
                         (w.period[k - 1] == t->period && w.open[k - 1] > t->allowed))) {
            w.period[k] = w.period[k - 1];
            w.open[k] = w.open[k - 1];
            k--;
        }
        w.period[k] = t->period;
        w.open[k] = t->allowed;
    }
    for (int i = 0; i < at->n; i++) {
        count = at->transfers[i].period == w.period[w.n - 1] ? at->transfers[i].flow->count : count;
    }
    return covered_part(&w, w.n - 1, w.period[w.n - 1]) * count;
}

static double stall_of(const port *at, double all) {
    double late = 0;
    double slack = 0;
    for (int i = 0; i < at->n; i++) {
        const transfer *t = &at->transfers[i];
        double stall = (t->taken - t->allowed) * (t->flow->count - 1);
        if (at->n == 1) {
            return stall;
        }
        late += stall > 0 ? stall : 0;
        slack += (stall > 0 ? 0 : stall) + t->allowed * (t->flow->count - 1);
    }
    return at->n == 0 ? 0 : late + fmax(0, slack - union_of(at, all));
}

/* ---- loading and storing --------------------------------------------------------------------- */

typedef struct loads {
    double cycles[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS][WEFT_FLOW_WAYS];
} loads;

/* Takes at most `surplus` cycles off the longest, level by level, none below its least. */
static void level_down(double *cycles, const double *least, int n, double surplus) {
    int order[MAX_FLOWS];
    for (int i = 0; i < n; i++) {
        int k = i;
        for (; k > 0 && cycles[order[k - 1]] < cycles[i]; k--) {
            order[k] = order[k - 1];
        }
        order[k] = i;
    }
    for (int i = 0; i < n && surplus > 0; i++) {
        double cut = cycles[order[i]] - least[order[i]];
        double most = cut * (i + 1);
        bool done = surplus < most;
        for (int j = 0; j <= i; j++) {
            cycles[order[j]] -= done ? surplus / (i + 1) : cut;
        }
        surplus = done ? 0 : surplus - most;
    }
}

/* Outputs that come back are in no first or last transfer. */
static bool returns(const transfer *t) {
    return t->operand == WEFT_FLOW_OUTPUTS &&
           (t->way == WEFT_FLOW_TO_LOW || t->way == WEFT_FLOW_FROM_HIGH);
}

static void find_loads(const weft_flow_machine *machine, const weft_flow_moves *moves,
                       const port *at, double width, double compute, loads *out) {
    double cycles[MAX_FLOWS];
    double least[MAX_FLOWS];
    int once[MAX_FLOWS];
    int n = 0;
    double need = 0;
    for (int i = 0; i < at->n; i++) {
        const transfer *t = &at->transfers[i];
        if (returns(t)) {
            continue;
        }
        out->cycles[t->operand][t->level][t->way] = t->taken;
        if (t->flow->count > 1) {
            need += ceil(t->flow->mean / machine->cycles);
            continue;
        }
        cycles[n] = t->taken;
        least[n] = ceil(moves->data[t->operand][1] * moves->bits[t->operand][1] / width);
        once[n++] = i;
    }
    level_down(cycles, least, n, fmax(0, (width - need) / width * compute));
    for (int i = 0; i < n; i++) {
        const transfer *t = &at->transfers[once[i]];
        out->cycles[t->operand][t->level][t->way] = cycles[i];
    }
}

/* Whether inputs and weights go from and to the same memories, through the same ports, at level l of
 * the weights. */
static bool is_shared(const weft_flow_machine *machine, const weft_flow_layer *layer, int l) {
    const int *weights = machine->level[WEFT_FLOW_WEIGHTS];
    const int *inputs = machine->level[WEFT_FLOW_INPUTS];
    for (int i = 0; i + 1 < layer->n_levels[WEFT_FLOW_INPUTS]; i++) {
        if (inputs[i] == weights[l] && inputs[i + 1] == weights[l + 1]) {
            return true;
        }
    }
    return false;
}

static double loading_of(const weft_flow_machine *machine, const weft_flow_layer *layer,
                         const loads *l) {
    double alone[WEFT_FLOW_OPERANDS] = {0};
    double shared = 0;
    for (int o = WEFT_FLOW_INPUTS; o <= WEFT_FLOW_WEIGHTS; o++) {
        for (int i = 0; i + 1 < layer->n_levels[o]; i++) {
            alone[o] +=
                fmax(l->cycles[o][i][WEFT_FLOW_FROM_HIGH], l->cycles[o][i + 1][WEFT_FLOW_TO_LOW]);
        }
    }
    for (int i = 0; i + 1 < layer->n_levels[WEFT_FLOW_WEIGHTS]; i++) {
        if (is_shared(machine, layer, i)) {
            shared += fmax(l->cycles[WEFT_FLOW_WEIGHTS][i][WEFT_FLOW_FROM_HIGH],
                           l->cycles[WEFT_FLOW_WEIGHTS][i + 1][WEFT_FLOW_TO_LOW]);
        }
    }
    return fmax(alone[WEFT_FLOW_WEIGHTS], alone[WEFT_FLOW_INPUTS] + shared);
}

static double storing_of(const weft_flow_layer *layer, const loads *l) {
    double cycles = 0;
    for (int i = 0; i + 1 < layer->n_levels[WEFT_FLOW_OUTPUTS]; i++) {
        cycles += fmax(l->cycles[WEFT_FLOW_OUTPUTS][i][WEFT_FLOW_TO_HIGH],
                       l->cycles[WEFT_FLOW_OUTPUTS][i + 1][WEFT_FLOW_FROM_LOW]);
    }
    return cycles;
}

void weft_flow_cycles(const weft_flow_machine *machine, const weft_flow_layer *layer,
                      const weft_flow_moves *exact, const weft_flow_moves *whole,
                      weft_flow_cost *cost) {
    buffering buffers;
    port ports[WEFT_FLOW_MEMORIES][WEFT_FLOW_WAYS];
    loads l;
    memset(&l, 0, sizeof l);
    find_buffering(machine, layer, exact, &buffers);
    cost->ideal = ceil(whole->steps * machine->cycles);
    cost->stall = 0;
    for (int m = 0; m < machine->n_memories; m++) {
        gather(machine, layer, whole, &buffers, m, ports[m]);
        for (int i = 0; i < WEFT_FLOW_WAYS; i++) {
            cost->stall = fmax(cost->stall, stall_of(&ports[m][i], cost->ideal));
        }
    }
    for (int m = 0; m < machine->n_memories; m++) {
        for (int i = 0; i < WEFT_FLOW_WAYS; i++) {
            find_loads(machine, whole, &ports[m][i], machine->memories[m].width,
                       cost->ideal + cost->stall, &l);
        }
    }
    cost->loading = loading_of(machine, layer, &l);
    cost->storing = storing_of(layer, &l);
    cost->cycles = cost->ideal + cost->stall + cost->loading + cost->storing;
}
