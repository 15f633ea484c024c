/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/cmos.h"

#include "hardware/part/supply.h"

/* ---- the node table ---------------------------------------------------------------------------- */

/* Predictive Technology Model cards by node as NeuroSim V1.3 lists them (Technology.cpp), smallest
 * node first: nm, V, V, F/m, F/m, 1, A/m x 4, then fin height, width, pitch in m and the most fins
 * of a transistor in a standard cell. In FinFETs gate_ideal holds fringe and overlap too. */
static const weft_cmos_node HP[] = {
    {7, 0.7, 192.2339e-3, 1.0487e-9, 0, 1.45, 1912, 1685, 100.2258e-3, 97.9484e-3, 52e-9, 6e-9,
     30e-9, 2},
    {10, 0.75, 182.8605e-3, 1.1418e-9, 0, 1.49, 1769, 1626, 100.1203e-3, 1.6268e-3, 42e-9, 6e-9,
     36e-9, 3},
    {14, 0.8, 172.9868e-3, 1.2573e-9, 0, 1.51, 1686, 1550, 100.9152e-3, 98.6503e-3, 37e-9, 8e-9,
     48e-9, 3},
    {22, 0.85, 208.9006e-3, 3.287e-10, 4.532e-10, 1.54, 1500, 1320, 100.20e-3, 100.20e-3, 0, 0, 0,
     0},
    {32, 0.9, 194.4951e-3, 3.767721e-10, 4.713762e-10, 1.54, 1410, 1220, 100.30e-3, 100.10e-3, 0, 0,
     0, 0},
    {45, 1.0, 171.0969e-3, 4.091305e-10, 4.957928e-10, 1.54, 1270, 1080, 100.00e-3, 100.20e-3, 0, 0,
     0, 0},
    {65, 1.1, 166.3941e-3, 4.868295e-10, 5.270361e-10, 1.54, 1120, 700, 100.00e-3, 100.10e-3, 0, 0,
     0, 0},
    {90, 1.2, 146.0217e-3, 5.694423e-10, 5.652302e-10, 1.54, 1070, 540, 100.8e-3, 100.00e-3, 0, 0,
     0, 0},
    {130, 1.3, 128.4855e-3, 6.058401e-10, 6.119807e-10, 1.54, 930, 430, 100.00e-3, 100.20e-3, 0, 0,
     0, 0},
};
static const weft_cmos_node LP[] = {
    {7, 0.7, 402.5252e-3, 8.49489e-10, 0, 1.73, 822, 737, 100e-6, 100.9536e-6, 52e-9, 6e-9, 30e-9,
     2},
    {10, 0.75, 390.5541e-3, 9.418984e-10, 0, 1.73, 862, 775, 99.6973e-6, 100.5839e-6, 42e-9, 6e-9,
     36e-9, 3},
    {14, 0.8, 382.1222e-3, 1.0572e-9, 0, 1.76, 893, 820, 99.7866e-6, 102.3333e-6, 37e-9, 8e-9,
     48e-9, 3},
    {22, 0.85, 419.915e-3, 5.245e-10, 8.004e-10, 1.77, 791.9, 600.2, 100.00e-6, 100.00e-6, 0, 0, 0,
     0},
    {32, 0.9, 442.034e-3, 8.375279e-10, 6.856677e-10, 1.77, 600.2, 400, 100.10e-6, 100.10e-6, 0, 0,
     0, 0},
    {45, 1.0, 464.3718e-3, 8.930709e-10, 8.849901e-10, 1.77, 500.2, 300, 100.00e-6, 100.20e-6, 0, 0,
     0, 0},
    {65, 1.1, 501.6636e-3, 1.1926e-9, 9.62148e-10, 1.77, 400, 238.7, 100.20e-6, 100.20e-6, 0, 0, 0,
     0},
    {90, 1.2, 501.3229e-3, 1.5413e-10, 9.601334e-10, 1.77, 346.3, 200.3, 100.00e-6, 100.30e-6, 0, 0,
     0, 0},
    {130, 1.3, 466.0949e-3, 1.8574e-9, 9.530642e-10, 1.54, 300.7, 150.7, 100.20e-6, 100.20e-6, 0, 0,
     0, 0},
};

const char *const WEFT_DEVICE_WORDS[] = {"hp", "lp", NULL};

/* Layout rules in F: gate pitch and drain length, planar and FinFET; what a pair of wells and the
 * edges of a cell take; a standard cell's height. NeuroSim V1.3, constant.h. */
static const double GATE_PITCH = 3.8, GATE_PITCH_FIN = 5.3;
static const double DRAIN_LENGTH = 2.8, DRAIN_LENGTH_FIN = 3.9;
static const double WELL_GAP = 3.5, CELL_EDGE = 1.8;
static const double CELL_HEIGHT = 28;
static const double LEAST_SPAN = 0.1;
static const double FLIP_FLOP_CELLS = 12;

/* A pass gate works in its linear region, at a fifth of its resistance in saturation. */
static const double LINEAR_SHARE = 0.2;

/* Average over the inputs, as a share of what all transistors that are off would leak. */
static const double NAND2_LEAK = 0.48, NAND3_LEAK = 0.31, NOR2_LEAK = 0.95, NOR3_LEAK = 0.62;

static const double LEAST_OVERDRIVE = 0.01; /* V; keeps currents positive below the threshold */

int weft_cmos_nodes(void) {
    return WEFT_LENGTH(LP);
}

const weft_cmos_node *weft_cmos_row(weft_device device, int i) {
    return device == WEFT_DEVICE_HP ? &HP[i] : &LP[i];
}

/* The row at or below a node, and how far the node is towards the next row: [0, 1). */
static int row_below(double node, double *share) {
    double nm = node * 1e9;
    int last = weft_cmos_nodes() - 1;
    int i = 0;
    while (i < last && LP[i + 1].node <= nm * (1 + 1e-9)) {
        i++;
    }
    double rest = i < last ? (nm - LP[i].node) / (LP[i + 1].node - LP[i].node) : 0;
    *share = rest > 1e-9 ? rest : 0;
    return i;
}

double weft_cmos_nominal(weft_device device, double node) {
    double share = 0;
    int i = row_below(node, &share);
    double below = weft_cmos_row(device, i)->vdd;
    return share > 0 ? below + share * (weft_cmos_row(device, i + 1)->vdd - below) : below;
}

double weft_cmos_threshold(weft_device device, double node) {
    double share = 0;
    int i = row_below(node, &share);
    double below = weft_cmos_row(device, i)->vth;
    return share > 0 ? below + share * (weft_cmos_row(device, i + 1)->vth - below) : below;
}

/* Junction capacitances fall with the reverse bias of the supply; built-in potential 0.9 V, BSIM4
 * grading 0.5 (area) and 0.33 (edges). The ideal gate capacitance of planar transistors gets a
 * fifth for overlap. */
weft_cmos weft_cmos_at(weft_device device, int i, double voltage) {
    const weft_cmos_node *row = weft_cmos_row(device, i);
    bool fins = row->fin_height > 0;
    weft_cmos tech = {.row = row, .f = row->node * 1e-9, .vth = row->vth};
    tech.vdd = voltage > 0 ? voltage : row->vdd;
    double drive = fmax(tech.vdd - row->vth, LEAST_OVERDRIVE) / (row->vdd - row->vth);
    tech.on_n = row->on_n * drive * drive;
    tech.on_p = row->on_p * drive * drive;
    tech.gate = row->gate_ideal * (fins ? 1 : 1.2) + row->gate_fringe;
    double bias = 1 + tech.vdd / 0.9;
    double edge = pow(bias, -0.33);
    tech.junction = 1e-3 / sqrt(bias);
    tech.sidewall = 2.5e-10 * edge;
    tech.channel = 0.5e-10 * edge;
    tech.ratio = fins ? floor(row->on_n / row->on_p) : row->on_n / row->on_p;
    tech.gate_pitch = (fins ? GATE_PITCH_FIN : GATE_PITCH) * tech.f;
    tech.drain_length = (fins ? DRAIN_LENGTH_FIN : DRAIN_LENGTH) * tech.f;
    return tech;
}

/* ---- transistors ------------------------------------------------------------------------------- */

static bool has_fins(const weft_cmos *tech) {
    return tech->row->fin_height > 0;
}

/* A fin stands for a drawn width of 2 F. */
static double fins_of(const weft_cmos *tech, double width) {
    double pitch = tech->row->fin_pitch;
    return ceil(width * (pitch / (2 * tech->f)) / pitch);
}

/* Width along the channel: drawn, or of the circumference of all fins. */
static double channel_width(const weft_cmos *tech, double width) {
    const weft_cmos_node *row = tech->row;
    return has_fins(tech) ? fins_of(tech, width) * (2 * row->fin_height + row->fin_width) : width;
}

double weft_cmos_gate_cap(const weft_cmos *tech, double width) {
    return tech->gate * channel_width(tech, width);
}

double weft_cmos_resistance(const weft_cmos *tech, double width, weft_channel channel) {
    double on = channel == WEFT_CHANNEL_N ? tech->on_n : tech->on_p;
    return tech->row->resistance_factor * tech->vdd / (on * channel_width(tech, width));
}

/* One of the two transistors of a gate in its layout: how often it is folded, and how far each
 * finger reaches across the cell. */
typedef struct fingers {
    double folds;
    double span;   /* m; 0: no such transistor */
    double drain;  /* m, drains side by side */
    double source; /* m */
    double region; /* m, all fingers side by side */
} fingers;

/* The most each transistor of a gate `height` high can be wide without folds: what wells and edges
 * leave, shared out in proportion to their widths. A gate that fills its cell exactly is folded or
 * not as rounding will have it: the order of operations is that of the source, to round alike. */
static weft_widths room_of(const weft_cmos *tech, weft_widths widths, double height) {
    double edges = CELL_EDGE * 2 * tech->f;
    double share = widths.p / (widths.p + widths.n);
    if (share == 0 || share == 1) {
        return (weft_widths){.n = height - edges, .p = height - edges};
    }
    double p = share * (height - WELL_GAP * tech->f - edges);
    return (weft_widths){.n = p / share * (1 - share), .p = p};
}

/* Fins that do not fit are folded in whole fingers, rounded down. */
static fingers lay_out(const weft_cmos *tech, double width, double room) {
    if (width <= 0) {
        return (fingers){.folds = 1};
    }
    fingers made = {.folds = 1};
    if (has_fins(tech)) {
        double pitch = tech->row->fin_pitch;
        double most = fmax(floor(room / pitch) + 1, 1);
        double fins = fins_of(tech, width);
        made.folds = fins <= most ? 1 : floor(fins / most);
        made.span = (fmin(fins, most) - 1) * pitch + tech->row->fin_width;
    } else {
        double most = fmax(room, LEAST_SPAN * tech->f);
        made.folds = width <= most ? 1 : ceil(width / most);
        made.span = fmin(width, most);
    }
    made.drain = ceil((made.folds + 1) / 2) * tech->drain_length;
    made.source = floor((made.folds + 1) / 2) * tech->drain_length;
    made.region = (made.folds + 1) * tech->gate_pitch;
    return made;
}

typedef struct layout {
    fingers n, p;
} layout;

static layout lay_out_gate(const weft_cmos *tech, weft_widths widths, double height) {
    weft_widths room = room_of(tech, widths, height);
    return (layout){.n = lay_out(tech, widths.n, room.n), .p = lay_out(tech, widths.p, room.p)};
}

/* A drain region `width` long and as wide as its transistor, with so many edges across. */
static double drain(const weft_cmos *tech, const fingers *part, double width, double edges) {
    return width * part->span * tech->junction + (2 * width + part->span * edges) * tech->sidewall +
           part->folds * part->span * tech->channel;
}

/* 1 edge where the drain lies at one side only, 2 where it lies at both: folded an even number of
 * times. */
static double outer_edges(const fingers *part) {
    return fmod(part->folds, 2) == 0 ? 2 : 1;
}

/* Transistors in series hang below each other: where nothing is folded they share their regions. */
static double series_drain(const weft_cmos *tech, const fingers *part, int inputs, bool shared) {
    if (part->span == 0) {
        return 0;
    }
    if (shared) {
        return drain(tech, part, part->drain * inputs, 1);
    }
    double outer = outer_edges(part);
    double edges = outer * inputs + (2 - outer) * (inputs - 1);
    return drain(tech, part, part->drain * inputs + part->source * (inputs - 1), edges);
}

/* Transistors side by side share every second drain where nothing is folded. */
static double parallel_drain(const weft_cmos *tech, const fingers *part, int inputs, bool shared) {
    if (part->span == 0) {
        return 0;
    }
    if (shared) {
        return drain(tech, part, part->drain * floor((inputs + 1) / 2.0), inputs % 2 == 0 ? 0 : 1);
    }
    return drain(tech, part, part->drain * inputs, outer_edges(part) * inputs);
}

double weft_cmos_drain_cap(const weft_cmos *tech, weft_gate gate, int inputs, weft_widths widths,
                           double height) {
    layout l = lay_out_gate(tech, widths, height);
    if (gate == WEFT_GATE_INVERTER) {
        /* Both types fold alike: the edges are those of the P side. */
        double edges = outer_edges(&l.p);
        return (l.n.span > 0 ? drain(tech, &l.n, l.n.drain, edges) : 0) +
               (l.p.span > 0 ? drain(tech, &l.p, l.p.drain, edges) : 0);
    }
    bool shared = l.n.folds <= 1 && l.p.folds <= 1;
    const fingers *series = gate == WEFT_GATE_NAND ? &l.n : &l.p;
    const fingers *parallel = gate == WEFT_GATE_NAND ? &l.p : &l.n;
    return series_drain(tech, series, inputs, shared) +
           parallel_drain(tech, parallel, inputs, shared);
}

double weft_cmos_gate_width(const weft_cmos *tech, weft_gate gate, int inputs, weft_widths widths,
                            double height) {
    layout l = lay_out_gate(tech, widths, height);
    double widest = fmax(l.n.region, l.p.region);
    if (gate == WEFT_GATE_INVERTER) {
        return widest;
    }
    bool shared = l.n.folds <= 1 && l.p.folds <= 1;
    return widest * inputs - (shared ? (inputs - 1) * tech->gate_pitch : 0);
}

/* Fins of a pass gate are counted by their circumference. */
static double pass_span(const weft_cmos *tech, double width, int folds) {
    if (!has_fins(tech)) {
        return width / folds;
    }
    const weft_cmos_node *row = tech->row;
    double around = 2 * row->fin_height + row->fin_width;
    double fins = ceil(width * (row->fin_pitch / (2 * tech->f)) / around);
    return (ceil(fins / folds) - 1) * row->fin_pitch + row->fin_width;
}

double weft_cmos_pass_height(const weft_cmos *tech, weft_widths widths, int folds) {
    return pass_span(tech, widths.p, folds) + pass_span(tech, widths.n, folds) +
           WELL_GAP * tech->f + CELL_EDGE * 2 * tech->f;
}

double weft_cmos_leakage(const weft_cmos *tech, weft_gate gate, int inputs, weft_widths widths) {
    double n = channel_width(tech, widths.n) * tech->row->off_n;
    double p = channel_width(tech, widths.p) * tech->row->off_p;
    switch (gate) {
    case WEFT_GATE_NAND:
        return (inputs == 2 ? NAND2_LEAK : NAND3_LEAK) * p * inputs;
    case WEFT_GATE_NOR:
        return (inputs == 2 ? NOR2_LEAK : NOR3_LEAK) * n * inputs;
    case WEFT_GATE_INVERTER:
    default:
        return (n + p) / 2;
    }
}

/* ---- standard cells ----------------------------------------------------------------------------- */

double weft_cmos_cell_height(const weft_cmos *tech) {
    return CELL_HEIGHT * tech->f;
}

static weft_widths grown_fins(const weft_cmos *tech, weft_widths widths) {
    double two = 2 * tech->f;
    double most = tech->row->fins;
    double n = ceil(widths.n / two);
    double p = ceil(widths.p / two);
    if (n > most || p > most) {
        return widths;
    }
    double share = widths.p / (widths.p + widths.n);
    if (share >= 0.5) {
        p = most;
        n = ceil(p / share * (1 - share));
    } else {
        n = most;
        p = ceil(n / (1 - share) * share);
    }
    return (weft_widths){.n = n * two, .p = p * two};
}

weft_widths weft_cmos_grown(const weft_cmos *tech, weft_widths widths) {
    if (has_fins(tech)) {
        return grown_fins(tech, widths);
    }
    weft_widths most = room_of(tech, widths, weft_cmos_cell_height(tech));
    return widths.n < most.n && widths.p < most.p ? most : widths;
}

/* The smallest gates: NMOS 2 F for each that stands in series, PMOS wider by the ratio of currents;
 * a NOR keeps its PMOS and takes a wider NMOS. */
weft_widths weft_cmos_inverter(const weft_cmos *tech) {
    return weft_cmos_grown(tech, (weft_widths){.n = 2 * tech->f, .p = 2 * tech->ratio * tech->f});
}

weft_widths weft_cmos_nand(const weft_cmos *tech) {
    return weft_cmos_grown(tech, (weft_widths){.n = 4 * tech->f, .p = 2 * tech->ratio * tech->f});
}

weft_widths weft_cmos_nor(const weft_cmos *tech, int inputs) {
    return weft_cmos_grown(
        tech, (weft_widths){.n = 4 * inputs * tech->f, .p = 2 * tech->ratio * tech->f});
}

weft_standard_gate weft_cmos_standard(const weft_cmos *tech, weft_gate gate, int inputs,
                                      weft_widths widths) {
    double height = weft_cmos_cell_height(tech);
    weft_standard_gate made = {
        .input = weft_cmos_gate_cap(tech, widths.n) + weft_cmos_gate_cap(tech, widths.p),
        .output = weft_cmos_drain_cap(tech, gate, inputs, widths, height),
        .width = weft_cmos_gate_width(tech, gate, inputs, widths, height),
        .leak = weft_cmos_leakage(tech, gate, inputs, widths) * tech->vdd,
    };
    made.area = made.width * height;
    return made;
}

weft_flip_flop weft_cmos_flip_flop(const weft_cmos *tech) {
    weft_widths widths = weft_cmos_inverter(tech);
    weft_standard_gate inverter = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, widths);
    double width = FLIP_FLOP_CELLS * 2 * tech->gate_pitch;
    return (weft_flip_flop){
        .energy = tech->vdd * tech->vdd * (8 * inverter.input + 10 * inverter.output),
        .width = width,
        .area = width * weft_cmos_cell_height(tech),
        .leak = 8 * inverter.leak,
    };
}

weft_widths weft_cmos_pass_gate(const weft_cmos *tech, double most) {
    double f = tech->f;
    weft_widths widths = {
        .n = weft_cmos_resistance(tech, f, WEFT_CHANNEL_N) * f * LINEAR_SHARE / (2 * most),
        .p = weft_cmos_resistance(tech, f, WEFT_CHANNEL_P) * f * LINEAR_SHARE / (2 * most),
    };
    return weft_cmos_grown(tech, widths);
}

double weft_cmos_pass_resistance(const weft_cmos *tech, weft_widths widths) {
    return LINEAR_SHARE * weft_cmos_resistance(tech, widths.n, WEFT_CHANNEL_N);
}

/* ---- prices -------------------------------------------------------------------------------------- */

static double blend(double below, double above, double share) {
    return fmax(below + (above - below) * share, 0);
}

static void blend_price(weft_part_price *price, const weft_part_price *above, double share) {
    for (int i = 0; i < WEFT_STATISTIC_COUNT; i++) {
        price->read_j[i] = blend(price->read_j[i], above->read_j[i], share);
        price->write_j[i] = blend(price->write_j[i], above->write_j[i], share);
    }
    price->area_m2 = blend(price->area_m2, above->area_m2, share);
    price->leak_w = blend(price->leak_w, above->leak_w, share);
    price->read_s = blend(price->read_s, above->read_s, share);
    price->write_s = blend(price->write_s, above->write_s, share);
}

void weft_cmos_price(weft_cmos_part part, const double *values, double node, double voltage,
                     weft_device device, weft_terms *terms, weft_part_price *price) {
    double share = 0;
    int i = row_below(node, &share);
    weft_cmos tech = weft_cmos_at(device, i, voltage);
    weft_term(terms, "node", "nm", "row of the node table", tech.row->node);
    part(values, &tech, terms, price);
    if (share > 0) {
        weft_part_price above = {0};
        tech = weft_cmos_at(device, i + 1, voltage);
        weft_term(terms, "node above", "nm", "row of the node table", tech.row->node);
        part(values, &tech, terms, &above);
        weft_term(terms, "share", "1", "linear in nm between the two rows", share);
        blend_price(price, &above, share);
    }
    weft_supply_check(device, node, voltage, price);
}
