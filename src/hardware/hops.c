/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/hops.h"

#include <math.h>

/* Tiles in a row of a mesh that is filled line by line, back and forth. */
static void place_of_tile(double tile, double side, double *row, double *column) {
    *row = floor(tile / side);
    double along = tile - *row * side;
    *column = floor(*row / 2) * 2 == *row ? along : side - 1 - along;
}

/* Links up to the first node that both tiles are below, and down again. */
static double hops_in_tree(double from, double to, double children) {
    double hops = 0;
    while (from != to) {
        from = floor(from / children);
        to = floor(to / children);
        hops += 2;
    }
    return hops;
}

double weft_hops_between(double from, double to, double side, double children) {
    double row[2];
    double column[2];
    if (children >= 2) {
        return fmax(1, hops_in_tree(floor(from), floor(to), children));
    }
    place_of_tile(floor(from), side, &row[0], &column[0]);
    place_of_tile(floor(to), side, &row[1], &column[1]);
    return fmax(1, fabs(row[0] - row[1]) + fabs(column[0] - column[1]));
}
