/* SPDX-License-Identifier: Apache-2.0
 *
 * Transistors and standard cells of a node: what the parts of the array and its logic are made of.
 *
 * The node table holds 130 to 7 nm, high performance (hp) and low power (lp). Widths are in m and
 * drawn; FinFET nodes (14 nm and below) round them up to whole fins. A part that lies between two
 * nodes is worked out at both and interpolated linearly in nm (weft_cmos_price).
 *
 * Source: NeuroSim V1.3 (DNN_NeuroSim@b5567ec) and its use in accelergy-neurosim-plug-in@bf874bc;
 * the constants are those of the Predictive Technology Model (ptm.asu.edu), resistance factors
 * those of CACTI. Valid at 300 K. */
#ifndef WEFT_HARDWARE_CMOS_H
#define WEFT_HARDWARE_CMOS_H

#include "hardware/part.h"

typedef enum weft_device { WEFT_DEVICE_HP, WEFT_DEVICE_LP } weft_device;
typedef enum weft_channel { WEFT_CHANNEL_N, WEFT_CHANNEL_P } weft_channel;
typedef enum weft_gate { WEFT_GATE_INVERTER, WEFT_GATE_NAND, WEFT_GATE_NOR } weft_gate;

/* A row of the node table, as published. Currents and capacitances are per m of width (of the fin's
 * circumference where fins are). */
typedef struct weft_cmos_node {
    double node;              /* nm */
    double vdd, vth;          /* V */
    double gate_ideal;        /* F/m; in FinFETs with fringe and overlap */
    double gate_fringe;       /* F/m */
    double resistance_factor; /* effective over V / I_on */
    double on_n, on_p;        /* A/m at vdd, 300 K */
    double off_n, off_p;      /* A/m at 300 K */
    double fin_height;        /* m; 0: planar */
    double fin_width;         /* m */
    double fin_pitch;         /* m */
    int fins;                 /* most fins a transistor of a standard cell has */
} weft_cmos_node;

/* A node at a supply voltage. */
typedef struct weft_cmos {
    const weft_cmos_node *row;
    double f;            /* m, feature size = node */
    double vdd, vth;     /* V, as used */
    double gate;         /* F/m of gate width */
    double junction;     /* F/m2 of drain area */
    double sidewall;     /* F/m of drain edge */
    double channel;      /* F/m of drain width along the gate */
    double on_n, on_p;   /* A/m at vdd */
    double ratio;        /* PMOS to NMOS width of an inverter */
    double gate_pitch;   /* m, from gate to gate */
    double drain_length; /* m, between two gates */
} weft_cmos;

/* N and P widths of a gate. */
typedef struct weft_widths {
    double n, p; /* m */
} weft_widths;

/* Number of rows of the table, smallest node first; the same for both devices. */
int weft_cmos_nodes(void);
const weft_cmos_node *weft_cmos_row(weft_device device, int i);

/* Linear in nm between two rows of the table; `node` in m. */
double weft_cmos_nominal(weft_device device, double node);
double weft_cmos_threshold(weft_device device, double node);

/* Row i at `voltage` (0: the row's own). On-currents follow the square law of saturation,
 * I = I_on ((V - Vth) / (Vdd - Vth))^2, no less than at 50 mV above the threshold. */
weft_cmos weft_cmos_at(weft_device device, int i, double voltage);

/* ---- transistors ------------------------------------------------------------------------------- */

double weft_cmos_gate_cap(const weft_cmos *tech, double width);                         /* F */
double weft_cmos_resistance(const weft_cmos *tech, double width, weft_channel channel); /* ohm */

/* Drain capacitance of the output of a gate laid out `height` m high: junction, sidewall and
 * channel edge; transistors that are wider than their share of the height are folded. */
double weft_cmos_drain_cap(const weft_cmos *tech, weft_gate gate, int inputs, weft_widths widths,
                           double height);

/* Width of a gate laid out `height` high, and of a pass gate with so many folds and its height. */
double weft_cmos_gate_width(const weft_cmos *tech, weft_gate gate, int inputs, weft_widths widths,
                            double height);
double weft_cmos_pass_height(const weft_cmos *tech, weft_widths widths, int folds);

/* Leakage current of a gate in A, averaged over its inputs. */
double weft_cmos_leakage(const weft_cmos *tech, weft_gate gate, int inputs, weft_widths widths);

/* ---- standard cells ----------------------------------------------------------------------------- */

/* Height of a standard cell: 28 F. */
double weft_cmos_cell_height(const weft_cmos *tech);

/* A minimum-size gate grown to what fits its standard cell at no cost in area. */
weft_widths weft_cmos_grown(const weft_cmos *tech, weft_widths widths);
weft_widths weft_cmos_inverter(const weft_cmos *tech);
weft_widths weft_cmos_nand(const weft_cmos *tech);
weft_widths weft_cmos_nor(const weft_cmos *tech, int inputs);

/* A standard gate of the cell height: capacitances in F, area in m2, leakage in W. */
typedef struct weft_standard_gate {
    double input, output; /* F */
    double width, area;   /* m, m2 */
    double leak;          /* W */
} weft_standard_gate;
weft_standard_gate weft_cmos_standard(const weft_cmos *tech, weft_gate gate, int inputs,
                                      weft_widths widths);

/* A D flip-flop: 12 inverter widths; four clock inverters and pass gates switch at every clock,
 * data path as for an input that rises. */
typedef struct weft_flip_flop {
    double energy; /* J a clock */
    double width;  /* m */
    double area;   /* m2 */
    double leak;   /* W */
} weft_flip_flop;
weft_flip_flop weft_cmos_flip_flop(const weft_cmos *tech);

/* A pass gate whose resistance may be `most` ohm in its linear region (a fifth of that in
 * saturation), N and P in parallel; grown where it is small. */
weft_widths weft_cmos_pass_gate(const weft_cmos *tech, double most);

/* Resistance in ohm of a pass gate of which one transistor carries the signal. */
double weft_cmos_pass_resistance(const weft_cmos *tech, weft_widths widths);

/* ---- prices -------------------------------------------------------------------------------------- */

/* A part at one node. */
typedef void (*weft_cmos_part)(const double *values, const weft_cmos *tech, weft_terms *terms,
                               weft_part_price *price);

/* The price of a part at `node` m: of the table's row, or linear in nm between the two next to it.
 * A supply outside the legal range of the node gives a warning, one below the threshold an
 * infeasible part. The terms are those of the lower node, then of the upper. */
void weft_cmos_price(weft_cmos_part part, const double *values, double node, double voltage,
                     weft_device device, weft_terms *terms, weft_part_price *price);

/* The fields that every part of CMOS has, in this order, and the words of `device`. */
extern const char *const WEFT_DEVICE_WORDS[];
#define WEFT_CMOS_FIELDS                                                                           \
    {"node", WEFT_DIMENSION_LENGTH,         NAN, 7e-9, 130e-9, 7e-9, 130e-9,                       \
     NULL,   "technology node: 130 to 7 nm"},                                                      \
        {"voltage",                                                                                \
         WEFT_DIMENSION_VOLTAGE,                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         5,                                                                                        \
         0,                                                                                        \
         1.8,                                                                                      \
         NULL,                                                                                     \
         "supply; 0: the nominal supply of the node"},                                             \
    {                                                                                              \
        "device", WEFT_DIMENSION_NONE, WEFT_DEVICE_LP, 0, 1, 0, 1, WEFT_DEVICE_WORDS,              \
            "transistors: high performance or low power"                                           \
    }
enum { WEFT_CMOS_NODE, WEFT_CMOS_VOLTAGE, WEFT_CMOS_DEVICE, WEFT_CMOS_FIELD_COUNT };

#endif
