/* SPDX-License-Identifier: Apache-2.0
 *
 * SRAM by the fixed points of a cache model (sram_points.c) and the law between and beyond them.
 *
 *   at a base node (22, 32, 45, 65, 90 nm), width w and depth d:
 *     W = max(8 ceil(w / 8), 32),  D = max(d, 64),  x = w / W,  y = d / D
 *     energy  = E(W, D) (0.7 x + 0.3) y^0.78
 *     leakage = L(W, D) x y            area = A(W, D) x y
 *   between two base nodes: linear in nm
 *   below 22 nm, t = node / 22: energy sqrt(t), leakage 0.79 sqrt(t), area t
 *   above 90 nm: all (node / 90)^2
 *
 * Between two powers of two of W or D: linear in the logarithms (energy ~ W^a D^b). Beyond the last
 * width of 2048 bit: energy, leakage and area linear in w. Beyond the last depth of 524288 words:
 * energy (d / 524288)^0.78, leakage and area linear, times (d / 524288)^0.5.
 *
 * Source: CACTI 7 and the scaling of accelergy-cacti-plug-in@291018b (cacti_wrapper.py), which ran
 * CACTI itself for each size; at sizes of powers of two the figures are its own. The law beyond the
 * last point is ours: the plug-in's exponent below its first point, taken on. */
#include "hardware/part.h"
#include "hardware/part/sram_points.h"

#include <stdio.h>

enum { NODE, WIDTH, DEPTH };

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, NAN, 1, 1 << 20, 1, 2048, NULL, "bits of a word"},
    {"depth", WEFT_DIMENSION_NONE, NAN, 1, 1e9, 1, 524288, NULL, "words"},
};

#define LAST_WIDTH  2048.0
#define LAST_DEPTH  524288.0
#define DEPTH_POWER 0.78 /* of energy, 1.56 / 2 in the source */

static double mix(double a, double b, double share) {
    return share > 0 ? a + (b - a) * share : a;
}

static double mix_log(double a, double b, double share) {
    return share > 0 ? a * pow(b / a, share) : a;
}

/* Where a size lies among powers of two: index of the one below, share of the way to the next. */
static int locate(double size, int least_log2, int n, double *share) {
    int exponent = 0;
    double mantissa = frexp(size, &exponent); /* size = mantissa 2^exponent, mantissa in [0.5, 1) */
    int i = exponent - 1 - least_log2;
    *share = log2(2 * mantissa);
    if (i >= n - 1) {
        *share = 0;
        return n - 1;
    }
    return i;
}

static weft_sram_point between(const weft_sram_point *a, const weft_sram_point *b, double share) {
    return (weft_sram_point){
        mix_log(a->read_pj, b->read_pj, share),   mix_log(a->write_pj, b->write_pj, share),
        mix_log(a->leak_mw, b->leak_mw, share),   mix_log(a->area_um2, b->area_um2, share),
        mix_log(a->cycle_ns, b->cycle_ns, share), mix_log(a->access_ns, b->access_ns, share),
    };
}

/* A memory of 32 to 2048 bit and 64 to 524288 words at base node i. */
static weft_sram_point inside(int i, double width, double depth) {
    double across, down;
    int w = locate(width, WEFT_SRAM_LEAST_WIDTH_LOG2, WEFT_SRAM_WIDTHS, &across);
    int d = locate(depth, WEFT_SRAM_LEAST_DEPTH_LOG2, WEFT_SRAM_DEPTHS, &down);
    const weft_sram_point *near = &WEFT_SRAM_POINTS[i][w][d];
    weft_sram_point narrow = down > 0 ? between(near, near + 1, down) : *near;
    if (across <= 0) {
        return narrow;
    }
    const weft_sram_point *next = &WEFT_SRAM_POINTS[i][w + 1][d];
    weft_sram_point wide = down > 0 ? between(next, next + 1, down) : *next;
    return between(&narrow, &wide, across);
}

/* The same for every size, in SI. */
static weft_sram_figures at_base(int i, double width, double depth) {
    double run_width = fmin(fmax(8 * ceil(width / 8), 32), LAST_WIDTH);
    double run_depth = fmin(fmax(depth, 64), LAST_DEPTH);
    double across = width / run_width; /* below 1 for few bits, above 1 beyond the last point */
    double down = depth / run_depth;
    weft_sram_point point = inside(i, run_width, run_depth);
    double bits = across < 1 ? 0.7 * across + 0.3 : across;
    double energy = bits * pow(down, DEPTH_POWER);
    double cells = across * down;
    double wires = down > 1 ? sqrt(down) : 1;
    return (weft_sram_figures){
        .read_j = point.read_pj * 1e-12 * energy,
        .write_j = point.write_pj * 1e-12 * energy,
        .leak_w = point.leak_mw * 1e-3 * cells,
        .area_m2 = point.area_um2 * 1e-12 * cells,
        .cycle_s = point.cycle_ns * 1e-9 * wires,
        .access_s = point.access_ns * 1e-9 * wires,
    };
}

static weft_sram_figures mix_figures(const weft_sram_figures *a, const weft_sram_figures *b,
                                     double share) {
    return (weft_sram_figures){
        mix(a->read_j, b->read_j, share),   mix(a->write_j, b->write_j, share),
        mix(a->leak_w, b->leak_w, share),   mix(a->area_m2, b->area_m2, share),
        mix(a->cycle_s, b->cycle_s, share), mix(a->access_s, b->access_s, share),
    };
}

/* Factors beyond the first and the last base node. */
static weft_sram_figures scaled(weft_sram_figures f, double energy, double leak, double area,
                                double time) {
    f.read_j *= energy;
    f.write_j *= energy;
    f.leak_w *= leak;
    f.area_m2 *= area;
    f.cycle_s *= time;
    f.access_s *= time;
    return f;
}

weft_sram_figures weft_sram_at(double node, double width, double depth) {
    const double *nodes = WEFT_SRAM_NODE_NM;
    double nm = node * 1e9;
    if (nm <= nodes[0]) {
        double t = nm / nodes[0];
        weft_sram_figures f = at_base(0, width, depth);
        return t < 1 ? scaled(f, sqrt(t), 0.79 * sqrt(t), t, 1) : f;
    }
    int last = WEFT_SRAM_NODES - 1;
    if (nm >= nodes[last]) {
        double t = nm / nodes[last];
        return scaled(at_base(last, width, depth), t * t, t * t, t * t, t * t);
    }
    int i = 0;
    while (nm >= nodes[i + 1]) {
        i++;
    }
    double share = (nm - nodes[i]) / (nodes[i + 1] - nodes[i]);
    weft_sram_figures f = at_base(i, width, depth);
    if (share <= 0) {
        return f;
    }
    weft_sram_figures g = at_base(i + 1, width, depth);
    return mix_figures(&f, &g, share);
}

void weft_sram_note(double node, double width, double depth, char *text, int size) {
    const char *what = width > LAST_WIDTH ? "wider than the last point of the cache model, 2048 bit"
                       : depth > LAST_DEPTH
                           ? "deeper than the last point of the cache model, 524288"
                       : node > 130e-9 ? "beyond 130 nm the cache model is only scaled"
                       : node < 7e-9   ? "below 7 nm the cache model is only scaled"
                                       : "";
    snprintf(text, (size_t)size, "%s", what);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_sram_figures f = weft_sram_at(values[NODE], values[WIDTH], values[DEPTH]);
    price->read_j[WEFT_STATISTIC_ONE] = weft_term(terms, "E_read", "J", "points and law", f.read_j);
    price->write_j[WEFT_STATISTIC_ONE] =
        weft_term(terms, "E_write", "J", "points and law", f.write_j);
    price->leak_w = weft_term(terms, "P_leak", "W", "points and law", f.leak_w);
    price->area_m2 = weft_term(terms, "A", "m2", "points and law", f.area_m2);
    price->read_s = weft_term(terms, "t_cycle", "s", "points and law", f.cycle_s);
    price->write_s = price->read_s;
    weft_term(terms, "t_access", "s", "points and law", f.access_s);
    weft_sram_note(values[NODE], values[WIDTH], values[DEPTH], price->warning,
                   sizeof price->warning);
}

const weft_part_class weft_part_sram = {
    .name = "sram",
    .text = "SRAM buffer by the points of a cache model",
    .equation =
        "at 22, 32, 45, 65, 90 nm: figures of CACTI 7 for 32 .. 2048 bit, 64 .. 524288 words\n"
        "energy = E(W, D) (0.7 w / W + 0.3) (d / D)^0.78, leakage and area linear\n"
        "between nodes linear in nm; below 22 nm energy sqrt(t), leakage 0.79 sqrt(t), "
        "area t; above 90 nm t^2",
    .source = "CACTI 7 (HewlettPackard/cacti@1ffd8df), accelergy-cacti-plug-in@291018b",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
