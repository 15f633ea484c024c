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
#include <string.h>

enum { MAX = WEFT_SHGO_MAX_VARIABLES, STEPS = 50, NEAR = 64 };

/* Rounding: by how much, relatively, a plane must be broken to count. */
static const double SLACK = 1e-12;

/* The point nearest to x, if its squared distance is less than *distance, which it becomes; else end. */
static size_t nearer(const double *points, size_t first, size_t end, int n_dimensions,
                     const double *x, double *distance) {
    size_t nearest = end;
    for (size_t i = first; i < end; i++) {
        const double *r = &points[i * (size_t)n_dimensions];
        double sum = 0.0;
        for (int k = 0; k < n_dimensions && sum < *distance; k++) {
            sum += (x[k] - r[k]) * (x[k] - r[k]);
        }
        if (sum < *distance) {
            *distance = sum;
            nearest = i;
        }
    }
    return nearest;
}

size_t weft_cell_nearest(const double *points, size_t first, size_t end, int n_dimensions,
                         const double *x, double *distance) {
    *distance = INFINITY;
    return nearer(points, first, end, n_dimensions, x, distance);
}

/* Point p, those after it, and copies of those of them that are nearest: they break most vertices, so
 * the others are looked at where these do not. */
typedef struct cell {
    const double *points;
    size_t n, p;
    int d;
    const double *centre;
    double near[NEAR * MAX];
    size_t n_near;
} cell;

static void take_near(cell *c) {
    double distances[NEAR];
    size_t d = (size_t)c->d;
    c->n_near = 0;
    for (size_t i = c->p + 1; i < c->n; i++) {
        double distance;
        (void)weft_cell_nearest(c->points, i, i + 1, c->d, c->centre, &distance);
        if (c->n_near == NEAR && distance >= distances[NEAR - 1]) {
            continue;
        }
        size_t at = c->n_near < NEAR ? c->n_near++ : NEAR - 1;
        for (; at > 0 && distances[at - 1] > distance; at--) {
            distances[at] = distances[at - 1];
            memcpy(&c->near[at * d], &c->near[(at - 1) * d], d * sizeof *c->near);
        }
        distances[at] = distance;
        memcpy(&c->near[at * d], &c->points[i * d], d * sizeof *c->near);
    }
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

/* The plane, halfway to one of some points, that the vertex breaks most, as a row; by how much. */
static double broken_plane(const cell *c, const double *points, size_t first, size_t end,
                           const vertex *v, double *row) {
    double x[MAX] = {0.0};
    double length = 0.0;
    for (int k = 0; k < c->d; k++) {
        x[k] = c->centre[k] + v->y[k];
        length += v->y[k] * v->y[k];
    }
    double distance = length * (1.0 - SLACK);
    size_t near = nearer(points, first, end, c->d, x, &distance);
    if (near == end) {
        return 0.0;
    }
    for (int k = 0; k < c->d; k++) {
        row[k] = points[near * (size_t)c->d + (size_t)k] - c->centre[k];
    }
    return 0.5 * (length - distance);
}

/* What the vertex breaks, 0: it is one of the cell's. */
static double broken(const cell *c, const bounds *held, const vertex *v, double *row) {
    double excess = broken_wall(held, v, c->d, row);
    excess = excess > 0.0 ? excess : broken_plane(c, c->near, 0, c->n_near, v, row);
    return excess > 0.0 ? excess : broken_plane(c, c->points, c->p + 1, c->n, v, row);
}

/* How far the cell reaches along a direction: max along.y. A bound from above where that is `enough`
 * or less, or rounding ends the search: *reached is false. */
static double reach(const cell *c, const bounds *held, const double *along, double enough,
                    bool *reached) {
    vertex v;
    begin(held, along, c->d, &v);
    *reached = false;
    for (int step = 0; step < STEPS * c->d && v.value > enough; step++) {
        double row[MAX];
        double excess = broken(c, held, &v, row);
        if (excess == 0.0) {
            *reached = true;
            break;
        }
        if (!pivot(row, excess, c->d, &v)) {
            break;
        }
    }
    return v.value;
}

static void hold_by_walls(const cell *c, bounds *held) {
    for (int k = 0; k < c->d; k++) {
        held->lower[k] = -c->centre[k];
        held->upper[k] = 1.0 - c->centre[k];
    }
}

/* Tightens the walls of the box to the cell. */
static void hold_by_cell(const cell *c, bounds *held) {
    bool reached;
    double along[MAX] = {0};
    for (int k = 0; k < c->d; k++) {
        along[k] = 1.0;
        held->upper[k] = reach(c, held, along, 0.0, &reached);
        along[k] = -1.0;
        held->lower[k] = -reach(c, held, along, 0.0, &reached);
        along[k] = 0.0;
    }
}

/* Whether q cuts the cell. */
static bool cuts(const cell *c, const bounds *held, const double *q) {
    double along[MAX];
    double halfway = 0.0;
    bool reached;
    for (int k = 0; k < c->d; k++) {
        along[k] = q[k] - c->centre[k];
        halfway += 0.5 * along[k] * along[k];
    }
    halfway *= 1.0 + SLACK;
    return reach(c, held, along, halfway, &reached) > halfway && reached;
}

/* Whether the plane halfway to q is in the cell at its foot already: true for most neighbours. */
static bool cuts_halfway(const cell *c, const double *q) {
    double foot[MAX];
    double length = 0.0;
    for (int k = 0; k < c->d; k++) {
        foot[k] = 0.5 * (c->centre[k] + q[k]);
        length += (foot[k] - c->centre[k]) * (foot[k] - c->centre[k]);
    }
    double distance = length * (1.0 + SLACK);
    return nearer(c->points, c->p + 1, c->n, c->d, foot, &distance) == c->n;
}

bool weft_cell_is_lowest(const double *points, size_t n, int n_dimensions, size_t p) {
    size_t d = (size_t)n_dimensions;
    cell c;
    bounds held;
    double distance;
    if (p == 0) {
        return true;
    }
    c.points = points;
    c.n = n;
    c.p = p;
    c.d = n_dimensions;
    c.centre = &points[p * d];
    size_t near = weft_cell_nearest(points, 0, p, n_dimensions, c.centre, &distance);
    if (cuts_halfway(&c, &points[near * d])) {
        return false;
    }
    take_near(&c);
    hold_by_walls(&c, &held);
    if (p > 2 * d) {
        hold_by_cell(&c, &held);
    }
    for (size_t q = 0; q < p; q++) {
        if (cuts(&c, &held, &points[q * d])) {
            return false;
        }
    }
    return true;
}
