/* SPDX-License-Identifier: Apache-2.0
 *
 * Let C be the cell of point p among itself, the higher points H and the walls of the box. A lower
 * point q cuts C where C reaches beyond the plane halfway between p and q:
 *
 *     max { (q - p).y : p + y in C } > |q - p|^2 / 2.
 *
 * The lower points leave a smaller cell of p if and only if one of them cuts C, and then one of them
 * has a face of it: p has a lower neighbour. So only p's higher points are needed, and no
 * triangulation.
 *
 * The maximum is found by the dual simplex method from the corner of the box that lies farthest
 * towards q: of the planes that its vertex p + y breaks, the one to the point nearest to the vertex
 * is broken most, since (r - p).y - |r - p|^2 / 2 = (|y|^2 - |p + y - r|^2) / 2. The bound falls with
 * every step. Once the cell's extent along the axes is known, that alone dismisses most points q. */
#include "search/cells.h"

#include <math.h>

enum { MAX = WEFT_SHGO_MAX_VARIABLES, STEPS = 50 };

/* Rounding: by how much, relatively, a plane must be broken to count. */
static const double SLACK = 1e-12;

size_t weft_cell_nearest(const double *points, size_t first, size_t end, int n_dimensions,
                         const double *x, double *distance) {
    size_t nearest = first;
    double least = INFINITY;
    for (size_t i = first; i < end; i++) {
        const double *r = &points[i * (size_t)n_dimensions];
        double sum = 0.0;
        for (int k = 0; k < n_dimensions; k++) {
            sum += (x[k] - r[k]) * (x[k] - r[k]);
        }
        if (sum < least) {
            least = sum;
            nearest = i;
        }
    }
    *distance = least;
    return nearest;
}

/* What holds a cell, relative to its point: at first the walls of the box, then tighter bounds. */
typedef struct bounds {
    double lower[MAX], upper[MAX];
} bounds;

/* A vertex of bounds and planes: where d of them meet, the rows of A y = b. */
typedef struct vertex {
    double y[MAX];
    double inverse[MAX][MAX]; /* columns of the inverse of A */
    double prices[MAX];       /* of the rows: along = sum prices[k] A[k], none below 0 */
    double value;             /* along.y */
} vertex;

static void begin(const bounds *held, const double *along, int d, vertex *v) {
    v->value = 0.0;
    for (int k = 0; k < d; k++) {
        for (int l = 0; l < d; l++) {
            v->inverse[k][l] = 0.0;
        }
        v->inverse[k][k] = along[k] > 0.0 ? 1.0 : -1.0;
        v->y[k] = along[k] > 0.0 ? held->upper[k] : held->lower[k];
        v->prices[k] = fabs(along[k]);
        v->value += along[k] * v->y[k];
    }
}

/* Moves the vertex onto a plane `row`, broken by `excess`; false: rounding leaves no way there. */
static bool pivot(const double *row, double excess, int d, vertex *v) {
    double parts[MAX]; /* of the row in the rows that there are */
    int leaving = -1;
    double price = INFINITY;
    for (int k = 0; k < d; k++) {
        parts[k] = 0.0;
        for (int l = 0; l < d; l++) {
            parts[k] += row[l] * v->inverse[k][l];
        }
        if (parts[k] > SLACK && v->prices[k] / parts[k] < price) {
            price = v->prices[k] / parts[k];
            leaving = k;
        }
    }
    if (leaving < 0) {
        return false;
    }
    for (int l = 0; l < d; l++) {
        v->inverse[leaving][l] /= parts[leaving];
        v->y[l] -= excess * v->inverse[leaving][l];
    }
    for (int k = 0; k < d; k++) {
        v->prices[k] = k == leaving ? price : fmax(v->prices[k] - price * parts[k], 0.0);
        for (int l = 0; k != leaving && l < d; l++) {
            v->inverse[k][l] -= parts[k] * v->inverse[leaving][l];
        }
    }
    v->value -= price * excess;
    return true;
}

/* The wall that the vertex breaks most, as a row; by how much, 0: none. */
static double broken_wall(const bounds *held, const vertex *v, int d, double *row) {
    double most = 0.0;
    int wall = 0;
    for (int k = 0; k < d; k++) {
        double over = fmax(v->y[k] - held->upper[k], held->lower[k] - v->y[k]);
        row[k] = 0.0;
        if (over > most) {
            most = over;
            wall = k;
        }
    }
    row[wall] = v->y[wall] > held->upper[wall] ? 1.0 : -1.0;
    return most > SLACK ? most : 0.0;
}

/* The plane, halfway to a point after p, that the vertex breaks most. */
static double broken_plane(const double *points, size_t n, int d, size_t p, const vertex *v,
                           double *row) {
    const double *centre = &points[p * (size_t)d];
    double x[MAX];
    double length = 0.0;
    double distance = INFINITY;
    size_t near = p;
    for (int k = 0; k < d; k++) {
        x[k] = centre[k] + v->y[k];
        length += v->y[k] * v->y[k];
    }
    if (p + 1 < n) {
        near = weft_cell_nearest(points, p + 1, n, d, x, &distance);
    }
    for (int k = 0; k < d; k++) {
        row[k] = points[near * (size_t)d + (size_t)k] - centre[k];
    }
    return distance < length * (1.0 - SLACK) ? 0.5 * (length - distance) : 0.0;
}

/* How far the cell that the points after p leave it reaches along a direction: max along.y. A bound
 * from above where that is `enough` or less, or rounding ends the search: *reached is false. */
static double reach(const double *points, size_t n, int d, size_t p, const bounds *held,
                    const double *along, double enough, bool *reached) {
    vertex v;
    begin(held, along, d, &v);
    *reached = false;
    for (int step = 0; step < STEPS * d && v.value > enough; step++) {
        double row[MAX];
        double excess = broken_wall(held, &v, d, row);
        excess = excess > 0.0 ? excess : broken_plane(points, n, d, p, &v, row);
        if (excess == 0.0) {
            *reached = true;
            break;
        }
        if (!pivot(row, excess, d, &v)) {
            break;
        }
    }
    return v.value;
}

/* Tightens the walls of the box to the cell. */
static void hold(const double *points, size_t n, int d, size_t p, bounds *held) {
    bool reached;
    double along[MAX] = {0};
    for (int k = 0; k < d; k++) {
        held->lower[k] = -points[p * (size_t)d + (size_t)k];
        held->upper[k] = 1.0 - points[p * (size_t)d + (size_t)k];
    }
    for (int k = 0; k < d; k++) {
        along[k] = 1.0;
        held->upper[k] = reach(points, n, d, p, held, along, 0.0, &reached);
        along[k] = -1.0;
        held->lower[k] = -reach(points, n, d, p, held, along, 0.0, &reached);
        along[k] = 0.0;
    }
}

/* Whether q cuts the cell that the points after p leave it. */
static bool cuts(const double *points, size_t n, int d, size_t p, const bounds *held,
                 const double *q) {
    double along[MAX];
    double halfway = 0.0;
    bool reached;
    for (int k = 0; k < d; k++) {
        along[k] = q[k] - points[p * (size_t)d + (size_t)k];
        halfway += 0.5 * along[k] * along[k];
    }
    halfway *= 1.0 + SLACK;
    return reach(points, n, d, p, held, along, halfway, &reached) > halfway && reached;
}

/* Whether the plane halfway to q is in the cell at its foot already: true for most neighbours. */
static bool cuts_halfway(const double *points, size_t n, int d, size_t p, const double *q) {
    const double *centre = &points[p * (size_t)d];
    double foot[MAX];
    double length = 0.0;
    double distance = INFINITY;
    for (int k = 0; k < d; k++) {
        foot[k] = 0.5 * (centre[k] + q[k]);
        length += (foot[k] - centre[k]) * (foot[k] - centre[k]);
    }
    if (p + 1 < n) {
        (void)weft_cell_nearest(points, p + 1, n, d, foot, &distance);
    }
    return distance > length * (1.0 + SLACK);
}

bool weft_cell_is_lowest(const double *points, size_t n, int n_dimensions, size_t p) {
    size_t d = (size_t)n_dimensions;
    bounds held;
    double distance;
    if (p == 0) {
        return true;
    }
    size_t near = weft_cell_nearest(points, 0, p, n_dimensions, &points[p * d], &distance);
    if (cuts_halfway(points, n, n_dimensions, p, &points[near * d])) {
        return false;
    }
    hold(points, n, n_dimensions, p, &held);
    for (size_t q = 0; q < p; q++) {
        if (cuts(points, n, n_dimensions, p, &held, &points[q * d])) {
            return false;
        }
    }
    return true;
}
