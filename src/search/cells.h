/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of a set of points in the unit box are lower than all their neighbours. Two points are
 * neighbours where their Voronoi cells meet inside the box: the edges of the Delaunay complex that is
 * restricted to the box (H. Edelsbrunner, N. R. Shah, "Triangulating topological spaces", SoCG 1994),
 * which, as the box, is connected and without holes. */
#ifndef WEFT_SEARCH_CELLS_H
#define WEFT_SEARCH_CELLS_H

#include <weft/search.h>

/* Whether point p of n (row by row, rising from the lowest) has none of the points before it for a
 * neighbour. No two points are the same. n_dimensions <= WEFT_SHGO_MAX_VARIABLES. */
bool weft_cell_is_lowest(const double *points, size_t n, int n_dimensions, size_t p);

/* The point of first .. end-1 nearest to x, and the square of its distance; end > first. */
size_t weft_cell_nearest(const double *points, size_t first, size_t end, int n_dimensions,
                         const double *x, double *distance);

#endif
