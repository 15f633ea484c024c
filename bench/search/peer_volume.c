/* SPDX-License-Identifier: Apache-2.0
 *
 * The hypervolume of Optuna 3.1's WFG, operation by operation in its order, so that what its
 * samplers choose stays what it was: its Python takes minutes for 500 trials of three objectives.
 * L. While, L. Bradstreet, L. Barone, "A fast way of calculating exact hypervolumes", IEEE Trans.
 * Evol. Comput. 16(1), 2012. Called through ctypes by peers.py; at most 3 objectives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_POINTS = 1024 };

static double box(const double *p, const double *reference, int m) {
    double product = 1.0;
    for (int k = 0; k < m; k++) {
        product *= p[k] - reference[k];
    }
    return fabs(product);
}

static int by_first(const void *left, const void *right) {
    const double *a = *(const double *const *)left;
    const double *b = *(const double *const *)right;
    int order = (a[0] > b[0]) - (a[0] < b[0]);
    return order != 0 ? order : (a > b) - (a < b); /* stable */
}

static int by_both(const void *left, const void *right) {
    const double *a = *(const double *const *)left;
    const double *b = *(const double *const *)right;
    int order = (a[0] > b[0]) - (a[0] < b[0]);
    order = order != 0 ? order : (b[1] > a[1]) - (b[1] < a[1]);
    return order != 0 ? order : (a > b) - (a < b);
}

static void sort(const double *points, int n, int m, int (*compare)(const void *, const void *),
                 double *sorted) {
    const double *order[MAX_POINTS];
    for (int i = 0; i < n; i++) {
        order[i] = &points[i * m];
    }
    qsort(order, (size_t)n, sizeof *order, compare);
    for (int i = 0; i < n; i++) {
        memcpy(&sorted[i * m], order[i], (size_t)m * sizeof *sorted);
    }
}

static double sweep(const double *points, int n, const double *reference) {
    double sorted[MAX_POINTS * 2];
    double corner[2] = {reference[0], reference[1]};
    double volume = 0.0;
    sort(points, n, 2, by_both, sorted);
    for (int i = 0; i < n; i++) {
        const double *p = &sorted[i * 2];
        if (corner[1] >= p[1]) {
            volume += box(p, corner, 2);
            corner[1] = p[1];
        }
    }
    return volume;
}

/* The points behind `point`, moved back to it; of neighbours that say the same the first. */
static int limit(const double *point, const double *points, int n, int m, double *limited) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        int differs = kept == 0;
        double *moved = &limited[kept * m];
        for (int k = 0; k < m; k++) {
            moved[k] = fmax(points[i * m + k], point[k]);
            differs |= kept > 0 && limited[(kept - 1) * m + k] > moved[k];
        }
        kept += differs;
    }
    return kept;
}

static double volume_of(const double *points, int n, const double *reference, int m) {
    if (n == 1) {
        return box(points, reference, m);
    }
    if (n == 2) {
        double shared = 1.0;
        for (int k = 0; k < m; k++) {
            shared *= reference[k] - fmax(points[k], points[m + k]);
        }
        return box(points, reference, m) + box(&points[m], reference, m) - shared;
    }
    double *work = malloc((size_t)n * 2 * (size_t)m * sizeof *work);
    double *sorted = work;
    double *limited = &work[n * m];
    double volume = 0.0;
    sort(points, n, m, by_first, sorted);
    for (int i = 0; i < n; i++) {
        double exclusive = box(&sorted[i * m], reference, m);
        int behind = limit(&sorted[i * m], &sorted[(i + 1) * m], n - i - 1, m, limited);
        if (behind > 0) {
            exclusive -= volume_of(limited, behind, reference, m);
        }
        volume += exclusive;
    }
    free(work);
    return volume;
}

double peer_volume(const double *points, int n, int m, const double *reference) {
    return m == 2 ? sweep(points, n, reference) : volume_of(points, n, reference, m);
}

/* The greedy choice of `size` of n points by hypervolume (Guerreiro, Fonseca, Paquete 2016), as in
 * Optuna's _solve_hssp: their indices in the order chosen. */
void peer_subset(const double *points, int n, int m, const double *reference, int size,
                 int *chosen) {
    double *contributions = malloc((size_t)n * sizeof *contributions);
    double *selected = malloc(((size_t)size + 1) * (size_t)m * sizeof *selected);
    double volume = 0.0;
    for (int i = 0; i < n; i++) {
        contributions[i] = peer_volume(&points[i * m], 1, m, reference);
    }
    for (int s = 0; s < size; s++) {
        int best = 0;
        for (int i = 1; i < n; i++) {
            best = contributions[i] > contributions[best] ? i : best;
        }
        contributions[best] = -1.0;
        for (int i = 0; i < n; i++) {
            if (contributions[i] != -1.0) {
                for (int k = 0; k < m; k++) {
                    selected[s * m + k] = fmax(points[best * m + k], points[i * m + k]);
                }
                contributions[i] -= peer_volume(selected, s + 1, m, reference) - volume;
            }
        }
        memcpy(&selected[s * m], &points[best * m], (size_t)m * sizeof *selected);
        volume = peer_volume(selected, s + 1, m, reference);
        chosen[s] = best;
    }
    free(contributions);
    free(selected);
}

/* Non-dominated ranks by peeling, as Optuna's _calculate_nondomination_rank. */
void peer_ranks(const double *points, int n, int m, long long *ranks) {
    int left = n;
    for (int i = 0; i < n; i++) {
        ranks[i] = -1;
    }
    for (long long rank = 0; left > 0; rank++) {
        for (int i = 0; i < n; i++) {
            int dominated = ranks[i] >= 0;
            for (int j = 0; j < n && !dominated; j++) {
                int worse = 0;
                int no_better = ranks[j] < 0 || ranks[j] == rank;
                for (int k = 0; k < m && no_better; k++) {
                    no_better = points[i * m + k] >= points[j * m + k];
                    worse |= points[i * m + k] > points[j * m + k];
                }
                dominated = no_better && worse;
            }
            if (!dominated) {
                ranks[i] = rank;
                left--;
            }
        }
    }
}
