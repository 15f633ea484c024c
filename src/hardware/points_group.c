/* SPDX-License-Identifier: Apache-2.0
 *
 * What the points of a group say of the model: errors, and whether it puts chips into the order in
 * which the published figures put them (Spearman's rank correlation, equal values share the mean of
 * their ranks). */
#include "hardware/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { MOST_GROUPS = 256 };
static const double NEAR = 0.05;

/* ---- ranks ------------------------------------------------------------------------------------- */

typedef struct ranked {
    double value;
    int row;
} ranked;

static int by_value(const void *a, const void *b) {
    double x = ((const ranked *)a)->value;
    double y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

static void rank_of(const double *values, int n, ranked *scratch, double *rank) {
    for (int i = 0; i < n; i++) {
        scratch[i] = (ranked){values[i], i};
    }
    qsort(scratch, (size_t)n, sizeof *scratch, by_value);
    for (int i = 0; i < n;) {
        int j = i;
        while (j + 1 < n && scratch[j + 1].value == scratch[i].value) {
            j++;
        }
        for (int k = i; k <= j; k++) {
            rank[scratch[k].row] = (i + j) / 2.0;
        }
        i = j + 1;
    }
}

static double correlation(const double *a, const double *b, int n) {
    double mean = (n - 1) / 2.0; /* of ranks from 0 */
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < n; i++) {
        ab += (a[i] - mean) * (b[i] - mean);
        aa += (a[i] - mean) * (a[i] - mean);
        bb += (b[i] - mean) * (b[i] - mean);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* ---- a group ----------------------------------------------------------------------------------- */

/* Memory for as many rows as there are points. */
typedef struct scratch {
    int *rows;
    double *ours, *theirs, *ours_rank, *theirs_rank;
    ranked *sorted;
} scratch;

static bool is_in(const weft_point *point, const weft_point_group *group) {
    return !isnan(point->ours[0]) &&
           (group->memory[0] == '\0' || strcmp(group->memory, point->memory) == 0) &&
           (group->network[0] == '\0' || strcmp(group->network, point->network) == 0) &&
           (group->node == 0 || group->node == point->setting[WEFT_POINT_NODE]);
}

static int by_double(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void judge(const weft_points_report *report, int metric, int n, scratch *s,
                  weft_point_statistics *out) {
    int within = 0;
    for (int i = 0; i < n; i++) {
        const weft_point *point = &report->points[s->rows[i]];
        s->ours[i] = point->ours[metric];
        s->theirs[i] = point->theirs[metric];
    }
    rank_of(s->ours, n, s->sorted, s->ours_rank);
    rank_of(s->theirs, n, s->sorted, s->theirs_rank);
    out->spearman = correlation(s->ours_rank, s->theirs_rank, n);
    for (int i = 0; i < n; i++) {
        s->ours[i] = fabs(s->ours[i] / s->theirs[i] - 1);
        within += s->ours[i] <= NEAR;
    }
    qsort(s->ours, (size_t)n, sizeof *s->ours, by_double);
    out->median = (s->ours[(n - 1) / 2] + s->ours[n / 2]) / 2;
    out->p90 = s->ours[(int)(0.9 * (n - 1))];
    out->worst = s->ours[n - 1];
    out->within = (double)within / n;
}

static double cycles(const weft_point *point, const double *latency) {
    return round(latency[WEFT_POINT_LATENCY] / point->setting[WEFT_POINT_CYCLE]);
}

static void fill_group(const weft_points_report *report, scratch *s, weft_point_group *group) {
    int exact = 0;
    group->n = 0;
    for (int i = 0; i < report->n; i++) {
        const weft_point *point = &report->points[i];
        if (is_in(point, group)) {
            s->rows[group->n++] = i;
            exact += cycles(point, point->ours) == cycles(point, point->theirs);
        }
    }
    for (int m = 0; m < WEFT_POINT_METRIC_COUNT && group->n > 0; m++) {
        judge(report, m, group->n, s, &group->metrics[m]);
    }
    group->exact_cycles = group->n > 0 ? (double)exact / group->n : NAN;
}

/* ---- all groups -------------------------------------------------------------------------------- */

static void add_group(weft_points_report *report, const weft_point_group *like) {
    for (int g = 0; g < report->n_groups; g++) {
        const weft_point_group *there = &report->groups[g];
        if (strcmp(there->memory, like->memory) == 0 &&
            strcmp(there->network, like->network) == 0 && there->node == like->node) {
            return;
        }
    }
    if (report->n_groups < MOST_GROUPS) {
        report->groups[report->n_groups++] = *like;
    }
}

static void list_groups(weft_points_report *report) {
    weft_point_group all = {.n = 0};
    add_group(report, &all);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < report->n; i++) {
            const weft_point *point = &report->points[i];
            weft_point_group group = {.n = 0};
            memcpy(group.memory, point->memory, sizeof group.memory);
            if (pass == 0) {
                memcpy(group.network, point->network, sizeof group.network);
            } else {
                group.node = point->setting[WEFT_POINT_NODE];
            }
            add_group(report, &group);
        }
    }
}

weft_status weft_points_group(weft_points_report *report, weft_error *error) {
    size_t n = (size_t)report->n;
    double *values = malloc(4 * n * sizeof *values);
    scratch s = {
        .rows = malloc(n * sizeof *s.rows), .sorted = malloc(n * sizeof *s.sorted), .ours = values};
    report->groups = calloc(MOST_GROUPS, sizeof *report->groups);
    weft_status status = WEFT_OK;
    if (values == NULL || s.rows == NULL || s.sorted == NULL || report->groups == NULL) {
        status = weft_fail_memory(error, 4 * n * sizeof *values);
    } else {
        s.theirs = values + n;
        s.ours_rank = values + 2 * n;
        s.theirs_rank = values + 3 * n;
        list_groups(report);
        for (int g = 0; g < report->n_groups; g++) {
            fill_group(report, &s, &report->groups[g]);
        }
    }
    free(values);
    free(s.rows);
    free(s.sorted);
    return status;
}
