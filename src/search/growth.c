/* SPDX-License-Identifier: Apache-2.0
 *
 * Several objectives are measured over the range of the front, and of what enters it: 0 the least and 1 the
 * largest of each. A vector p that enters the front adds the volume that is its own up to 1.1,
 *
 *     prod_k (1.1 - p_k) - volume of { max(p, a) : a in the front }
 *
 * exactly with two and three objectives, and with more by the share of draws in p's box that no other member
 * dominates. One that a member dominates lies behind by the least amount that would bring it to the front,
 * the additive epsilon indicator (E. Zitzler et al., IEEE Trans. Evol. Comput. 7(2), 2003) with one point:
 *
 *     max over a of  min over k of  p_k - a_k */
#include "search/growth.h"

#include "base/error.h"
#include "base/rng.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 1024, EXACT = 3 };

static const double REFERENCE = 1.1;

weft_status weft_growth_create(int n_objectives, weft_growth *made, weft_error *error) {
    *made = (weft_growth){.n_objectives = n_objectives};
    return weft_archive_create(n_objectives, &made->archive, error);
}

void weft_growth_destroy(weft_growth *growth) {
    weft_archive_destroy(growth->archive);
    free(growth->points);
    *growth = (weft_growth){0};
}

/* Copies the members of the archive; whether none of them is as good as the vector in every objective. */
static weft_status gather(weft_growth *growth, const double *objectives, bool *enters,
                          weft_error *error) {
    size_t n = weft_archive_size(growth->archive);
    size_t m = (size_t)growth->n_objectives;
    if (n > growth->capacity) {
        double *points = realloc(growth->points, 2 * n * m * sizeof *points);
        if (points == NULL) {
            return weft_fail_memory(error, 2 * n * m * sizeof *points);
        }
        growth->points = points;
        growth->capacity = 2 * n;
    }
    *enters = true;
    for (size_t i = 0; i < n; i++) {
        const double *member = weft_archive_objectives(growth->archive, i);
        memcpy(growth->points + i * m, member, m * sizeof *member);
        *enters = *enters && !weft_dominates(member, objectives, (int)m) &&
                  memcmp(member, objectives, m * sizeof *member) != 0;
    }
    return WEFT_OK;
}

/* Scales n points by their range, and the vector, which is in it where it enters. Halves: the range of the
 * largest numbers that there are is none of them. */
static void scale(weft_growth *growth, size_t n, double *vector, bool enters) {
    size_t m = (size_t)growth->n_objectives;
    for (size_t k = 0; k < m; k++) {
        double lower = enters ? vector[k] : INFINITY;
        double upper = enters ? vector[k] : -INFINITY;
        for (size_t i = 0; i < n; i++) {
            lower = fmin(lower, growth->points[i * m + k]);
            upper = fmax(upper, growth->points[i * m + k]);
        }
        double half = upper > lower ? 0.5 * upper - 0.5 * lower : 0.5;
        vector[k] = (0.5 * vector[k] - 0.5 * lower) / half;
        for (size_t i = 0; i < n; i++) {
            growth->points[i * m + k] = (0.5 * growth->points[i * m + k] - 0.5 * lower) / half;
        }
    }
}

/* The share of the box from p to the reference that none of n points dominates. */
static double own_share(const weft_growth *growth, size_t n, const double *p, uint64_t id) {
    weft_rng rng = weft_rng_make(0, WEFT_PURPOSE_VOLUME, id);
    size_t m = (size_t)growth->n_objectives;
    int own = 0;
    for (int d = 0; d < DRAWS; d++) {
        double at[WEFT_MAX_OBJECTIVES];
        bool dominated = false;
        for (size_t k = 0; k < m; k++) {
            at[k] = p[k] + weft_rng_uniform(&rng) * (REFERENCE - p[k]);
        }
        for (size_t i = 0; i < n && !dominated; i++) {
            dominated = weft_dominates(growth->points + i * m, at, (int)m);
        }
        own += !dominated;
    }
    return (double)own / DRAWS;
}

/* The volume that p adds to n points. */
static weft_status own_volume(weft_growth *growth, size_t n, const double *p, uint64_t id,
                              double *volume, weft_error *error) {
    size_t m = (size_t)growth->n_objectives;
    double box = 1.0;
    double references[WEFT_MAX_OBJECTIVES];
    double shared = 0.0;
    for (size_t k = 0; k < m; k++) {
        box *= REFERENCE - p[k];
        references[k] = REFERENCE;
    }
    if (m > EXACT) {
        *volume = box * own_share(growth, n, p, id);
        return WEFT_OK;
    }
    for (size_t i = 0; i < n * m; i++) {
        growth->points[i] = fmax(growth->points[i], p[i % m]);
    }
    WEFT_TRY(weft_hypervolume(growth->points, n, (int)m, references, &shared, error));
    *volume = fmax(box - shared, 0.0);
    return WEFT_OK;
}

static double depth_of(const weft_growth *growth, size_t n, const double *p) {
    size_t m = (size_t)growth->n_objectives;
    double deepest = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double *member = growth->points + i * m;
        double least = INFINITY;
        for (size_t k = 0; k < m; k++) {
            least = fmin(least, p[k] - member[k]);
        }
        deepest = fmax(deepest, least);
    }
    return deepest;
}

weft_status weft_growth_take(weft_growth *growth, const double *objectives, uint64_t id,
                             double *amount, weft_error *error) {
    bool first = !growth->known;
    growth->known = true;
    if (growth->n_objectives == 1) {
        *amount = first ? 0.0 : fmin(growth->least - objectives[0], DBL_MAX);
        growth->least = first ? objectives[0] : fmin(growth->least, objectives[0]);
        return WEFT_OK;
    }
    bool enters = false;
    bool kept = false;
    size_t n = weft_archive_size(growth->archive);
    double vector[WEFT_MAX_OBJECTIVES];
    memcpy(vector, objectives, (size_t)growth->n_objectives * sizeof *vector);
    WEFT_TRY(gather(growth, objectives, &enters, error));
    scale(growth, n, vector, enters);
    if (first) {
        *amount = 0.0;
    } else if (enters) {
        WEFT_TRY(own_volume(growth, n, vector, id, amount, error));
    } else {
        *amount = -depth_of(growth, n, vector);
    }
    return weft_archive_insert(growth->archive, objectives, id, &kept, error);
}
