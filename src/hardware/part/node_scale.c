/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/node_scale.h"

#include <math.h>

enum { NODES = 10 };

static const double NM[NODES] = {130, 90, 65, 45, 32, 20, 16, 14, 10, 7};

/* Energy of a gate over V: a V^2 + b V + c, table 9 of the source. */
static const double ENERGY[NODES][3] = {
    {7.171, -6.709, 2.904},      {4.762, -4.781, 2.092},      {3.755, -4.398, 1.975},
    {1.103, -0.362, 0.2767},     {0.9559, -0.7823, 0.471},    {0.373, -0.1582, 0.04104},
    {0.2958, -0.1241, 0.03024},  {0.2363, -0.09675, 0.02239}, {0.2068, -0.09311, 0.02375},
    {0.1776, -0.09097, 0.02447},
};
static const double SUPPLY = 0.8;

/* Area of what is at the row's node when it is drawn at the column's. */
static const double AREA[NODES][NODES] = {
    {1, 0.44, 0.23, 0.16, 0.072, 0.033, 0.03, 0.027, 0.016, 0.0092},
    {2.3, 1, 0.53, 0.35, 0.16, 0.075, 0.067, 0.061, 0.036, 0.021},
    {4.3, 1.9, 1, 0.66, 0.31, 0.14, 0.13, 0.12, 0.068, 0.039},
    {6.4, 2.8, 1.5, 1, 0.46, 0.21, 0.19, 0.17, 0.1, 0.059},
    {14, 6.1, 3.3, 2.2, 1, 0.46, 0.41, 0.38, 0.22, 0.13},
    {30, 13, 7.1, 4.7, 2.2, 1, 0.89, 0.82, 0.48, 0.28},
    {34, 15, 7.9, 5.3, 2.4, 1.1, 1, 0.91, 0.54, 0.31},
    {37, 16, 8.7, 5.8, 2.7, 1.2, 1.1, 1, 0.59, 0.34},
    {63, 28, 15, 9.8, 4.5, 2.1, 1.9, 1.7, 1, 0.58},
    {110, 48, 25, 17, 7.8, 3.6, 3.2, 2.9, 1.7, 1},
};

/* Where a node lies among the rows: row i and the share of the way to row i + 1; what lies beyond
 * the table is at its edge, `beyond` times larger or smaller. */
typedef struct place {
    int i;
    double share;
    double beyond;
} place;

static place find(double node) {
    double nm = node * 1e9;
    if (nm >= NM[0]) {
        return (place){0, 0, nm / NM[0]};
    }
    if (nm <= NM[NODES - 1]) {
        return (place){NODES - 2, 1, nm / NM[NODES - 1]};
    }
    int i = 0;
    while (nm < NM[i + 1]) {
        i++;
    }
    return (place){i, (NM[i] - nm) / (NM[i] - NM[i + 1]), 1};
}

static double energy_at(int i) {
    return (ENERGY[i][0] * SUPPLY + ENERGY[i][1]) * SUPPLY + ENERGY[i][2];
}

static double mix(double a, double b, double share) {
    return a + (b - a) * share;
}

static double energy_of(place p) {
    return mix(energy_at(p.i), energy_at(p.i + 1), p.share);
}

double weft_node_energy_scale_with(double from, double to, weft_node_beyond beyond) {
    place a = find(from);
    place b = find(to);
    double power = beyond == WEFT_NODE_BEYOND_STEEP ? 1 : 0.5;
    return energy_of(b) / energy_of(a) * pow(b.beyond / a.beyond, power);
}

double weft_node_area_scale_with(double from, double to, weft_node_beyond beyond) {
    place a = find(from);
    place b = find(to);
    double here = mix(AREA[a.i][b.i], AREA[a.i][b.i + 1], b.share);
    double next = mix(AREA[a.i + 1][b.i], AREA[a.i + 1][b.i + 1], b.share);
    double power = beyond == WEFT_NODE_BEYOND_STEEP ? 2 : 1;
    return mix(here, next, a.share) * pow(b.beyond / a.beyond, power);
}

double weft_node_energy_scale(double from, double to) {
    return weft_node_energy_scale_with(from, to, WEFT_NODE_BEYOND_STEEP);
}

double weft_node_area_scale(double from, double to) {
    return weft_node_area_scale_with(from, to, WEFT_NODE_BEYOND_STEEP);
}
