/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact hypervolume by exclusive volumes: L. While, L. Bradstreet, L. Barone, "A fast way of
 * calculating exact hypervolumes", IEEE Trans. Evol. Comput. 16(1), 2012. With the points worst
 * first in the last objective, the volume that point k adds to those behind it is
 *
 *     (r_m - p_m) * ( product over j < m of (r_j - p_j)
 *                     - V_{m-1}(max(q, p) for the points q behind k) ),
 *
 * since the points behind are no worse in objective m, so that limited by p they all end there: one
 * objective less a level. Limited points that others dominate are left out before the next level;
 * two objectives are a sweep. Each level has one buffer, as large as the points.
 */
#include "search/wfg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <weft/search.h>

typedef struct wfg {
    int row; /* doubles between points: the objectives of the whole problem */
    const double *reference;
    double *levels[WEFT_MAX_OBJECTIVES + 1]; /* (n, row): the limited points of m objectives */
} wfg;

/* Worst first in the last of m objectives; ties by those before, so that the order of the points
 * given changes nothing. */
static int worst_first(const void *left, const void *right, void *objectives) {
    const double *a = left;
    const double *b = right;
    for (int j = *(const int *)objectives - 1; j >= 0; j--) {
        if (a[j] != b[j]) {
            return a[j] > b[j] ? -1 : 1;
        }
    }
    return 0;
}

/* Best first in the second objective: each of lower first objective adds a strip to the left. */
static double volume_2(const double *points, size_t n, int row, const double *reference) {
    double area = 0.0;
    double left = reference[0];
    for (size_t i = n; i-- > 0;) {
        const double *p = &points[i * (size_t)row];
        if (p[0] < left) {
            area += (left - p[0]) * (reference[1] - p[1]);
            left = p[0];
        }
    }
    return area;
}

static bool no_worse(const double *a, const double *b, int m) {
    for (int j = 0; j < m; j++) {
        if (a[j] > b[j]) {
            return false;
        }
    }
    return true;
}

/* The points behind k, limited by it in the first m objectives, without those that others
 * dominate; returns how many are left. */
static size_t limit(const wfg *w, const double *points, size_t k, size_t n, int m,
                    double *limited) {
    size_t row = (size_t)w->row;
    const double *p = &points[k * row];
    size_t kept = 0;
    for (size_t i = k + 1; i < n; i++) {
        double q[WEFT_MAX_OBJECTIVES];
        for (int j = 0; j < m; j++) {
            q[j] = fmax(points[i * row + (size_t)j], p[j]);
        }
        bool stays = true;
        for (size_t l = 0; stays && l < kept; l++) {
            stays = !no_worse(&limited[l * row], q, m);
        }
        if (!stays) {
            continue;
        }
        size_t left = 0;
        for (size_t l = 0; l < kept; l++) {
            if (no_worse(q, &limited[l * row], m)) {
                continue;
            }
            if (left != l) {
                memcpy(&limited[left * row], &limited[l * row], (size_t)m * sizeof *limited);
            }
            left++;
        }
        memcpy(&limited[left * row], q, (size_t)m * sizeof *limited);
        kept = left + 1;
    }
    return kept;
}

static double volume_of(const wfg *w, double *points, size_t n, int m) {
    if (n > 1) {
        qsort_r(points, n, (size_t)w->row * sizeof *points, worst_first, &m);
    }
    if (m == 2) {
        return volume_2(points, n, w->row, w->reference);
    }
    double total = 0.0;
    for (size_t k = 0; k < n; k++) {
        const double *p = &points[k * (size_t)w->row];
        double inclusive = 1.0;
        for (int j = 0; j < m - 1; j++) {
            inclusive *= w->reference[j] - p[j];
        }
        size_t n_limited = limit(w, points, k, n, m - 1, w->levels[m - 1]);
        double covered = volume_of(w, w->levels[m - 1], n_limited, m - 1);
        total += (w->reference[m - 1] - p[m - 1]) * (inclusive - covered);
    }
    return total;
}

weft_status weft_wfg(double *points, size_t n, int n_objectives, const double *reference,
                     double *volume, weft_error *error) {
    wfg w = {.row = n_objectives, .reference = reference};
    size_t size = n * (size_t)n_objectives;
    double *buffer = calloc(size * (size_t)n_objectives, sizeof *buffer);
    if (buffer == NULL) {
        return weft_fail_memory(error, size * (size_t)n_objectives * sizeof *buffer);
    }
    for (int m = 2; m < n_objectives; m++) {
        w.levels[m] = &buffer[(size_t)m * size];
    }
    *volume = volume_of(&w, points, n, n_objectives);
    free(buffer);
    return WEFT_OK;
}
