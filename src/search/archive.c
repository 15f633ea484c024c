/* SPDX-License-Identifier: Apache-2.0
 *
 * A non-dominated archive: the set of vectors that no other inserted vector dominates. The set does
 * not depend on the order of insertion; the order of the members does. */
#include <weft/search.h>

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct weft_archive {
    int n_objectives;
    size_t n, capacity;
    double *objectives; /* (n, n_objectives) */
    uint64_t *ids;      /* (n) */
};

bool weft_dominates(const double *a, const double *b, int n_objectives) {
    bool better = false;
    for (int m = 0; m < n_objectives; m++) {
        if (!(a[m] <= b[m])) {
            return false;
        }
        better = better || a[m] < b[m];
    }
    return better;
}

static bool no_worse(const double *a, const double *b, int n_objectives) {
    for (int m = 0; m < n_objectives; m++) {
        if (!(a[m] <= b[m])) {
            return false;
        }
    }
    return true;
}

static bool has_nan(const double *objectives, int n_objectives) {
    for (int m = 0; m < n_objectives; m++) {
        if (isnan(objectives[m])) {
            return true;
        }
    }
    return false;
}

weft_status weft_archive_create(int n_objectives, weft_archive **archive, weft_error *error) {
    if (n_objectives < 1 || n_objectives > WEFT_MAX_OBJECTIVES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "an archive of %d objectives; expected 1 to %d",
                         n_objectives, (int)WEFT_MAX_OBJECTIVES);
    }
    weft_archive *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return weft_fail_memory(error, sizeof *created);
    }
    created->n_objectives = n_objectives;
    *archive = created;
    return WEFT_OK;
}

void weft_archive_destroy(weft_archive *archive) {
    if (archive != NULL) {
        free(archive->objectives);
        free(archive->ids);
        free(archive);
    }
}

static weft_status reserve_one(weft_archive *archive, weft_error *error) {
    if (archive->n < archive->capacity) {
        return WEFT_OK;
    }
    size_t capacity = archive->capacity == 0 ? 32 : 2 * archive->capacity;
    size_t row = (size_t)archive->n_objectives * sizeof(double);
    double *objectives = realloc(archive->objectives, capacity * row);
    if (objectives == NULL) {
        return weft_fail_memory(error, capacity * row);
    }
    archive->objectives = objectives;
    uint64_t *ids = realloc(archive->ids, capacity * sizeof *ids);
    if (ids == NULL) {
        return weft_fail_memory(error, capacity * sizeof *ids);
    }
    archive->ids = ids;
    archive->capacity = capacity;
    return WEFT_OK;
}

static void remove_dominated(weft_archive *archive, const double *objectives) {
    size_t row = (size_t)archive->n_objectives;
    size_t kept = 0;
    for (size_t i = 0; i < archive->n; i++) {
        const double *member = &archive->objectives[i * row];
        if (weft_dominates(objectives, member, archive->n_objectives)) {
            continue;
        }
        memmove(&archive->objectives[kept * row], member, row * sizeof *member);
        archive->ids[kept++] = archive->ids[i];
    }
    archive->n = kept;
}

weft_status weft_archive_insert(weft_archive *archive, const double *objectives, uint64_t id,
                                bool *kept, weft_error *error) {
    size_t row = (size_t)archive->n_objectives;
    bool enters = !has_nan(objectives, archive->n_objectives);
    for (size_t i = 0; enters && i < archive->n; i++) {
        enters = !no_worse(&archive->objectives[i * row], objectives, archive->n_objectives);
    }
    if (enters) {
        WEFT_TRY(reserve_one(archive, error));
        remove_dominated(archive, objectives);
        memcpy(&archive->objectives[archive->n * row], objectives, row * sizeof *objectives);
        archive->ids[archive->n++] = id;
    }
    *kept = enters;
    return WEFT_OK;
}

size_t weft_archive_size(const weft_archive *archive) {
    return archive->n;
}

const double *weft_archive_objectives(const weft_archive *archive, size_t i) {
    return &archive->objectives[i * (size_t)archive->n_objectives];
}

uint64_t weft_archive_id(const weft_archive *archive, size_t i) {
    return archive->ids[i];
}
