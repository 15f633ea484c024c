/* SPDX-License-Identifier: Apache-2.0
 *
 * What to train next: a batch by worth and by spread. Expected improvement over the best score b is
 *     s (u Phi(u) + phi(u)),  u = (m - b) / s
 * (D. R. Jones et al., J. Global Optim. 13, 1998, equation 15), s the deviation that the interval of
 * the stated level stands for; the batch is greedy, each pick weighted by its distance from those
 * before. By spread alone it is the greedy cover of T. F. Gonzalez (Theor. Comput. Sci. 38, 1985). */
#include <math.h>
#include <stdlib.h>

#include "accuracy/surrogate.h"
#include "base/normal.h"

typedef struct pool {
    const weft_surrogate *surrogate;
    weft_choice_rule rule;
    int n;
    size_t columns;
    float *rows;     /* (n, columns) */
    double *worth;   /* (n) 0 at least; -1: not to be picked */
    double *nearest; /* (n) squared distance to what counts as taken; INFINITY: nothing does */
} pool;

const char *const *weft_choice_names(void) {
    static const char *const names[] = {"improve", "bound", "spread", NULL};
    return names;
}

static double squared_distance(const float *a, const float *b, size_t n) {
    double sum = 0.0;
    for (size_t c = 0; c < n; c++) {
        double d = (double)(a[c] - b[c]);
        sum += d * d;
    }
    return sum;
}

static double improvement(double mean, double deviation, double best) {
    double u = (mean - best) / deviation;
    double below = 0.5 * erfc(-u * M_SQRT1_2);
    double density = exp(-0.5 * u * u) / sqrt(2.0 * M_PI);
    return fmax(deviation * (u * below + density), 0.0);
}

static double best_score(const weft_surrogate *surrogate, const weft_designs *known) {
    double best = -INFINITY;
    for (int i = 0; i < known->n; i++) {
        best = fmax(best, weft_warp_score(&surrogate->warp, known->accuracies[i]));
    }
    return best;
}

static weft_status find_worth(pool *p, const weft_designs *known, weft_error *error) {
    const weft_surrogate *s = p->surrogate;
    double best = best_score(s, known);
    double least = INFINITY;
    double per = s->reach / weft_normal_quantile(0.5 + 0.5 * s->report.level);
    void *room = malloc(s->kind->scratch(s->state));
    if (room == NULL) {
        return weft_fail_memory(error, s->kind->scratch(s->state));
    }
    for (int i = 0; i < p->n; i++) {
        double mean = 0.0;
        double deviation = 0.0;
        s->kind->predict(s->state, p->rows + (size_t)i * p->columns, room, &mean, &deviation);
        deviation = hypot(deviation, s->base);
        p->worth[i] = p->rule == WEFT_CHOICE_IMPROVE
                          ? improvement(mean, fmax(per * deviation, 1e-9), best)
                          : mean + s->reach * deviation;
        least = fmin(least, p->worth[i]);
    }
    free(room);
    for (int i = 0; i < p->n; i++) {
        p->worth[i] = p->rule == WEFT_CHOICE_IMPROVE ? p->worth[i]
                      : p->rule == WEFT_CHOICE_BOUND ? p->worth[i] - least
                                                     : 1.0;
    }
    return WEFT_OK;
}

/* Rules out what is known; only the spread keeps away from it, too. */
static void keep_from_known(pool *p, const float *rows, int n) {
    for (int i = 0; i < p->n; i++) {
        double nearest = INFINITY;
        for (int k = 0; k < n; k++) {
            nearest = fmin(nearest, squared_distance(p->rows + (size_t)i * p->columns,
                                                     rows + (size_t)k * p->columns, p->columns));
        }
        p->worth[i] = nearest > 0.0 ? p->worth[i] : -1.0;
        p->nearest[i] = p->rule == WEFT_CHOICE_SPREAD ? nearest : INFINITY;
    }
}

/* The place to pick next; -1: none is left. */
static int pick(const pool *p) {
    int best = -1;
    double most = -1.0;
    double farthest = 0.0;
    for (int i = 0; i < p->n; i++) {
        farthest = p->worth[i] >= 0.0 && isfinite(p->nearest[i]) ? fmax(farthest, p->nearest[i])
                                                                 : farthest;
    }
    for (int i = 0; i < p->n; i++) {
        double share = isfinite(p->nearest[i]) && farthest > 0.0 ? sqrt(p->nearest[i] / farthest)
                                                                 : 1.0;
        if (p->worth[i] >= 0.0 && p->worth[i] * share > most) {
            most = p->worth[i] * share;
            best = i;
        }
    }
    return best;
}

static void take(pool *p, int picked) {
    for (int i = 0; i < p->n; i++) {
        double d = squared_distance(p->rows + (size_t)i * p->columns,
                                    p->rows + (size_t)picked * p->columns, p->columns);
        p->nearest[i] = fmin(p->nearest[i], d);
        p->worth[i] = d > 0.0 ? p->worth[i] : -1.0;
    }
}

static weft_status fill(pool *p, const weft_designs *known, const weft_designs *designs,
                        weft_error *error) {
    size_t n = designs->n > 0 ? (size_t)designs->n : 1;
    float *rows = NULL;
    p->worth = calloc(n, sizeof *p->worth);
    p->nearest = calloc(n, sizeof *p->nearest);
    if (p->worth == NULL || p->nearest == NULL) {
        return weft_fail_memory(error, n * sizeof *p->worth);
    }
    WEFT_TRY(weft_surrogate_rows(p->surrogate, designs, &p->rows, error));
    WEFT_TRY(find_worth(p, known, error));
    WEFT_TRY(weft_surrogate_rows(p->surrogate, known, &rows, error));
    keep_from_known(p, rows, known->n);
    free(rows);
    return WEFT_OK;
}

weft_status weft_surrogate_next(const weft_surrogate *surrogate, weft_choice_rule rule,
                                const weft_designs *known, const weft_designs *designs, int n,
                                int *picked, int *n_picked, weft_error *error) {
    if (known->n < 1 || known->accuracies == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "no design is known to improve on");
    }
    pool p = {.surrogate = surrogate,
              .rule = rule,
              .n = designs->n,
              .columns = (size_t)surrogate->features->n_columns};
    weft_status status = fill(&p, known, designs, error);
    int found = 0;
    while (status == WEFT_OK && found < n) {
        int next = pick(&p);
        if (next < 0) {
            break;
        }
        picked[found++] = next;
        take(&p, next);
    }
    free(p.rows);
    free(p.worth);
    free(p.nearest);
    if (status == WEFT_OK) {
        *n_picked = found;
    }
    return status;
}
