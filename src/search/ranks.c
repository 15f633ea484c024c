/* SPDX-License-Identifier: Apache-2.0
 *
 * Non-dominated ranks and crowding distances (K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast
 * and elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6(2), 2002).
 *
 * The rank of a point is the length of the longest chain of points above it, each dominating the
 * next. So instead of the paper's O(M N^2) table of dominations, distinct points are sorted
 * lexicographically (a point can then only be dominated by an earlier one) and
 *     M = 1  the rank is the position
 *     M = 2  rank = 1 + max rank of the earlier points of no larger f2: a Fenwick tree, O(N log N)
 *     M = 3  the same inside a divide and conquer over the order, O(N log^2 N)
 *            (M. T. Jensen, IEEE Trans. Evol. Comput. 7(5), 2003)
 *     M > 3  binary search over the fronts built so far, O(M N^2) at worst
 *            (X. Zhang et al., "ENS", IEEE Trans. Evol. Comput. 19(2), 2015)
 * Equal points share their rank.
 */
#include <weft/search.h>

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

typedef struct row {
    const double *f;
    int m;
    int rank;        /* -1: none found above it yet */
    uint32_t second; /* position of f[1] among the values of f[1], from 1; equal values share it */
    uint32_t third;  /* the same for f[2] */
    uint32_t next;   /* M > 3: the next member of the same front */
    size_t index;    /* of the point */
} row;

typedef struct ranking {
    row *rows;   /* (n): all points in order; then the distinct ones first */
    row **links; /* (n) */
    int *tree;   /* (n + 1): Fenwick tree of maxima */
    size_t n;
} ranking;

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

static int by_objectives(const void *left, const void *right) {
    const row *a = left;
    const row *b = right;
    for (int m = 0; m < a->m; m++) {
        int order = compare(a->f[m], b->f[m]);
        if (order != 0) {
            return order;
        }
    }
    return (a->index > b->index) - (a->index < b->index);
}

static int by_second(const void *left, const void *right) {
    const row *const *a = left;
    const row *const *b = right;
    return compare((*a)->f[1], (*b)->f[1]);
}

static int by_third(const void *left, const void *right) {
    const row *const *a = left;
    const row *const *b = right;
    return compare((*a)->f[2], (*b)->f[2]);
}

/* ---- Fenwick tree of prefix maxima, positions from 1 ----------------------------------------- */

static void tree_raise(int *tree, size_t n, uint32_t position, int value) {
    for (size_t i = position; i <= n; i += i & (~i + 1)) {
        if (tree[i] < value) {
            tree[i] = value;
        }
    }
}

static void tree_reset(int *tree, size_t n, uint32_t position) {
    for (size_t i = position; i <= n; i += i & (~i + 1)) {
        tree[i] = -1;
    }
}

static int tree_maximum(const int *tree, uint32_t position) {
    int maximum = -1;
    for (size_t i = position; i > 0; i -= i & (~i + 1)) {
        maximum = tree[i] > maximum ? tree[i] : maximum;
    }
    return maximum;
}

/* ---- ranks of distinct rows in lexicographic order ------------------------------------------- */

static void number_values(ranking *work, size_t n, int m) {
    for (size_t i = 0; i < n; i++) {
        work->links[i] = &work->rows[i];
    }
    qsort(work->links, n, sizeof *work->links, m == 1 ? by_second : by_third);
    uint32_t position = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || work->links[i]->f[m] != work->links[i - 1]->f[m]) {
            position++;
        }
        *(m == 1 ? &work->links[i]->second : &work->links[i]->third) = position;
    }
}

static void rank_two(ranking *work, size_t n) {
    number_values(work, n, 1);
    for (size_t i = 0; i < n; i++) {
        row *q = &work->rows[i];
        q->rank = tree_maximum(work->tree, q->second) + 1;
        tree_raise(work->tree, work->n, q->second, q->rank);
    }
}

/* Ranks of rows [begin, end), given what earlier rows have already put into them. */
static void rank_three(ranking *work, size_t begin, size_t end) {
    if (end - begin == 1) {
        row *q = &work->rows[begin];
        q->rank = q->rank < 0 ? 0 : q->rank;
        return;
    }
    size_t middle = begin + (end - begin) / 2;
    rank_three(work, begin, middle);
    for (size_t i = begin; i < end; i++) {
        work->links[i] = &work->rows[i];
    }
    qsort(&work->links[begin], middle - begin, sizeof *work->links, by_second);
    qsort(&work->links[middle], end - middle, sizeof *work->links, by_second);
    size_t left = begin;
    for (size_t i = middle; i < end; i++) {
        row *q = work->links[i];
        for (; left < middle && work->links[left]->f[1] <= q->f[1]; left++) {
            tree_raise(work->tree, work->n, work->links[left]->third, work->links[left]->rank);
        }
        int above = tree_maximum(work->tree, q->third) + 1;
        q->rank = above > q->rank ? above : q->rank;
    }
    for (size_t i = begin; i < left; i++) {
        tree_reset(work->tree, work->n, work->links[i]->third);
    }
    rank_three(work, middle, end);
}

/* A front dominates q when one member does; then every front before it holds one too. `links[k]` is
 * the newest member of front k. */
static void rank_many(ranking *work, size_t n) {
    int n_fronts = 0;
    for (size_t i = 0; i < n; i++) {
        row *q = &work->rows[i];
        int low = 0;
        int high = n_fronts;
        while (low < high) {
            int k = low + (high - low) / 2;
            const row *p = work->links[k];
            while (p != NULL && !weft_dominates(p->f, q->f, q->m)) {
                p = p->next == UINT32_MAX ? NULL : &work->rows[p->next];
            }
            if (p != NULL) {
                low = k + 1;
            } else {
                high = k;
            }
        }
        q->rank = low;
        q->next = low == n_fronts ? UINT32_MAX : (uint32_t)(work->links[low] - work->rows);
        work->links[low] = q;
        n_fronts += low == n_fronts;
    }
}

static void rank_distinct(ranking *work, size_t n, int n_objectives) {
    if (n_objectives == 1) {
        for (size_t i = 0; i < n; i++) {
            work->rows[i].rank = (int)i;
        }
    } else if (n_objectives == 2) {
        rank_two(work, n);
    } else if (n_objectives == 3) {
        number_values(work, n, 2);
        rank_three(work, 0, n);
    } else {
        rank_many(work, n);
    }
}

static bool equal(const row *a, const row *b) {
    for (int m = 0; m < a->m; m++) {
        if (a->f[m] != b->f[m]) {
            return false;
        }
    }
    return true;
}

/* Sorts, moves the first of each run of equal rows to the front, ranks those, and hands each run
 * the rank of its first through `ranks`. */
static void rank_rows(ranking *work, int n_objectives, int *ranks) {
    qsort(work->rows, work->n, sizeof *work->rows, by_objectives);
    size_t n = 0;
    for (size_t i = 0; i < work->n; i++) {
        bool first = i == 0 || !equal(&work->rows[i], &work->rows[n - 1]);
        ranks[work->rows[i].index] = (int)(first ? n : n - 1); /* the run; its rank comes below */
        if (first) {
            work->rows[n++] = work->rows[i];
        }
    }
    rank_distinct(work, n, n_objectives);
    for (size_t i = 0; i < work->n; i++) {
        ranks[i] = work->rows[ranks[i]].rank;
    }
}

/* ---- crowding -------------------------------------------------------------------------------- */

typedef struct place {
    double f;
    int rank;
    size_t index;
} place;

static int by_front_and_value(const void *left, const void *right) {
    const place *a = left;
    const place *b = right;
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    int order = compare(a->f, b->f);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* Adds objective m's share to the crowding of one front, places [0, n) in order of value:
 * (f_{i+1} - f_{i-1}) / (f_max - f_min), the ends infinite. */
static void crowd_front(const place *places, size_t n, double *crowding) {
    double range = places[n - 1].f - places[0].f;
    crowding[places[0].index] = INFINITY;
    crowding[places[n - 1].index] = INFINITY;
    if (!(range > 0.0) || !isfinite(range)) {
        return; /* all equal, or beyond measure: the objective tells nothing apart */
    }
    for (size_t i = 1; i + 1 < n; i++) {
        crowding[places[i].index] += (places[i + 1].f - places[i - 1].f) / range;
    }
}

static void crowd(const double *points, size_t n, int n_objectives, const int *ranks, place *places,
                  double *crowding) {
    for (size_t i = 0; i < n; i++) {
        crowding[i] = 0.0;
    }
    for (int m = 0; m < n_objectives; m++) {
        for (size_t i = 0; i < n; i++) {
            double f = points[i * (size_t)n_objectives + (size_t)m];
            places[i] = (place){.f = f, .rank = ranks[i], .index = i};
        }
        qsort(places, n, sizeof *places, by_front_and_value);
        for (size_t begin = 0, end; begin < n; begin = end) {
            for (end = begin + 1; end < n && places[end].rank == places[begin].rank; end++) {
            }
            crowd_front(&places[begin], end - begin, crowding);
        }
    }
}

/* ---- the public function --------------------------------------------------------------------- */

static weft_status check(const double *points, size_t n, int n_objectives, weft_error *error) {
    if (n_objectives < 1 || n_objectives > WEFT_MAX_OBJECTIVES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "ranks of %d objectives; expected 1 to %d",
                         n_objectives, (int)WEFT_MAX_OBJECTIVES);
    }
    if (n > INT32_MAX / 2) {
        return weft_fail_memory(error, SIZE_MAX);
    }
    for (size_t i = 0; i < n * (size_t)n_objectives; i++) {
        if (isnan(points[i])) {
            return weft_fail(error, WEFT_ERROR_USAGE, "ranks: point %zu is nan in objective %zu",
                             i / (size_t)n_objectives, i % (size_t)n_objectives);
        }
    }
    return WEFT_OK;
}

static void fill_work(ranking *work, const double *points, int n_objectives) {
    for (size_t i = 0; i < work->n; i++) {
        work->rows[i] = (row){
            .f = &points[i * (size_t)n_objectives], .m = n_objectives, .rank = -1, .index = i};
    }
    for (size_t i = 0; i <= work->n; i++) {
        work->tree[i] = -1;
    }
}

weft_status weft_nondominated_ranks(const double *points, size_t n, int n_objectives, int *ranks,
                                    double *crowding, weft_error *error) {
    WEFT_TRY(check(points, n, n_objectives, error));
    if (n == 0) {
        return WEFT_OK;
    }
    ranking work = {.n = n};
    work.rows = malloc(n * sizeof *work.rows);
    work.links = malloc(n * sizeof *work.links);
    work.tree = malloc((n + 1) * sizeof *work.tree);
    place *places = malloc(n * sizeof *places);
    int *found = malloc(n * sizeof *found);
    weft_status status = WEFT_OK;
    if (work.rows == NULL || work.links == NULL || work.tree == NULL || places == NULL ||
        found == NULL) {
        status = weft_fail_memory(error, n * sizeof *work.rows);
    } else {
        fill_work(&work, points, n_objectives);
        rank_rows(&work, n_objectives, found);
        if (crowding != NULL) {
            crowd(points, n, n_objectives, found, places, crowding);
        }
        for (size_t i = 0; ranks != NULL && i < n; i++) {
            ranks[i] = found[i];
        }
    }
    free(work.rows);
    free(work.links);
    free(work.tree);
    free(places);
    free(found);
    return status;
}
