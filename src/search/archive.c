/* SPDX-License-Identifier: Apache-2.0
 *
 * A non-dominated archive: the set of vectors that no other inserted vector dominates. The set does
 * not depend on the order of insertion; the order of the members does.
 *
 * Members are rows in order of insertion, found through a tree of boxes (box_tree.h). One that
 * leaves is a hole; holes are closed when they are as many as the members. Meanwhile member i is
 * the i-th row whose bit is set, found by a Fenwick tree over the words of bits (P. M. Fenwick,
 * Software: Practice and Experience 24(3), 1994), so that reading changes nothing. */
#include <weft/search.h>

#include "base/error.h"
#include "search/box_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct weft_archive {
    int n_objectives;
    size_t n;           /* members */
    size_t n_rows;      /* and holes */
    size_t capacity;    /* rows; 64 times a power of two */
    double *objectives; /* (capacity, n_objectives) */
    uint64_t *ids;      /* (capacity) */
    uint64_t *present;  /* (capacity / 64): bit r % 64 of word r / 64 is row r */
    uint32_t *sums; /* (capacity / 64 + 1): entry w sums the bits of the w & -w words up to w - 1 */
    weft_box_tree tree;
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

/* ---- rows and members ------------------------------------------------------------------------ */

static size_t n_words(const weft_archive *archive) {
    return archive->capacity / 64;
}

static void count(weft_archive *archive, size_t row, uint32_t change) {
    for (size_t w = row / 64 + 1; w <= n_words(archive); w += w & (~w + 1)) {
        archive->sums[w] += change; /* modulo 2^32: UINT32_MAX takes one off */
    }
}

static void count_anew(weft_archive *archive) {
    memset(archive->sums, 0, (n_words(archive) + 1) * sizeof *archive->sums);
    for (size_t w = 1; w <= n_words(archive); w++) {
        archive->sums[w] += (uint32_t)__builtin_popcountll(archive->present[w - 1]);
        size_t next = w + (w & (~w + 1));
        if (next <= n_words(archive)) {
            archive->sums[next] += archive->sums[w];
        }
    }
}

/* How many members stand before a row. */
static uint32_t rank(const void *context, uint32_t row) {
    const weft_archive *archive = context;
    uint64_t before = archive->present[row / 64] & (((uint64_t)1 << row % 64) - 1);
    uint32_t sum = (uint32_t)__builtin_popcountll(before);
    for (size_t w = row / 64; w > 0; w &= w - 1) {
        sum += archive->sums[w];
    }
    return sum;
}

static size_t row_of(const weft_archive *archive, size_t i) {
    if (archive->n == archive->n_rows) {
        return i;
    }
    size_t word = 0;
    size_t left = i;
    for (size_t step = n_words(archive); step > 0; step /= 2) {
        if (word + step <= n_words(archive) && archive->sums[word + step] <= left) {
            word += step;
            left -= archive->sums[word];
        }
    }
    uint64_t bits = archive->present[word];
    for (; left > 0; left--) {
        bits &= bits - 1;
    }
    return 64 * word + (size_t)__builtin_ctzll(bits);
}

static void leave(void *context, uint32_t row) {
    weft_archive *archive = context;
    archive->present[row / 64] &= ~((uint64_t)1 << row % 64);
    count(archive, row, UINT32_MAX);
    archive->n--;
}

static void close_holes(weft_archive *archive) {
    size_t width = (size_t)archive->n_objectives;
    weft_box_tree_renumber(&archive->tree, rank, archive);
    size_t kept = 0;
    for (size_t r = 0; r < archive->n_rows; r++) {
        if ((archive->present[r / 64] >> r % 64 & 1) == 0) {
            continue;
        }
        memmove(&archive->objectives[kept * width], &archive->objectives[r * width],
                width * sizeof(double));
        archive->ids[kept++] = archive->ids[r];
    }
    archive->n_rows = kept;
    memset(archive->present, 0, n_words(archive) * sizeof *archive->present);
    for (size_t r = 0; r < kept; r++) {
        archive->present[r / 64] |= (uint64_t)1 << r % 64;
    }
    count_anew(archive);
}

/* Twice the rows. What was enlarged before an allocation failed stays so. */
static weft_status grow(weft_archive *archive, weft_error *error) {
    size_t capacity = archive->capacity == 0 ? 64 : 2 * archive->capacity;
    size_t width = (size_t)archive->n_objectives * sizeof(double);
    if (capacity > UINT32_MAX / 2) {
        return weft_fail_memory(error, SIZE_MAX);
    }
    double *objectives = realloc(archive->objectives, capacity * width);
    if (objectives == NULL) {
        return weft_fail_memory(error, capacity * width);
    }
    archive->objectives = objectives;
    uint64_t *ids = realloc(archive->ids, capacity * sizeof *ids);
    if (ids == NULL) {
        return weft_fail_memory(error, capacity * sizeof *ids);
    }
    archive->ids = ids;
    uint64_t *present = realloc(archive->present, capacity / 64 * sizeof *present);
    if (present == NULL) {
        return weft_fail_memory(error, capacity / 64 * sizeof *present);
    }
    archive->present = present;
    uint32_t *sums = realloc(archive->sums, (capacity / 64 + 1) * sizeof *sums);
    if (sums == NULL) {
        return weft_fail_memory(error, (capacity / 64 + 1) * sizeof *sums);
    }
    archive->sums = sums;
    memset(&present[n_words(archive)], 0, (capacity - archive->capacity) / 64 * sizeof *present);
    archive->capacity = capacity;
    count_anew(archive);
    return WEFT_OK;
}

static weft_status reserve_one(weft_archive *archive, weft_error *error) {
    WEFT_TRY(weft_box_tree_reserve(&archive->tree, error));
    if (archive->n_rows - archive->n > archive->n + 64) {
        close_holes(archive);
    }
    return archive->n_rows < archive->capacity ? WEFT_OK : grow(archive, error);
}

/* ---- public ---------------------------------------------------------------------------------- */

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
    weft_status status = weft_box_tree_create(n_objectives, &created->tree, error);
    if (status != WEFT_OK) {
        weft_archive_destroy(created);
        return status;
    }
    *archive = created;
    return WEFT_OK;
}

void weft_archive_destroy(weft_archive *archive) {
    if (archive != NULL) {
        weft_box_tree_destroy(&archive->tree);
        free(archive->objectives);
        free(archive->ids);
        free(archive->present);
        free(archive->sums);
        free(archive);
    }
}

weft_status weft_archive_insert(weft_archive *archive, const double *objectives, uint64_t id,
                                bool *kept, weft_error *error) {
    size_t width = (size_t)archive->n_objectives;
    bool enters = !has_nan(objectives, archive->n_objectives) &&
                  !weft_box_tree_covers(&archive->tree, objectives);
    if (enters) {
        WEFT_TRY(reserve_one(archive, error));
        weft_box_tree_cut(&archive->tree, objectives, leave, archive);
        size_t row = archive->n_rows++;
        memcpy(&archive->objectives[row * width], objectives, width * sizeof *objectives);
        archive->ids[row] = id;
        archive->present[row / 64] |= (uint64_t)1 << row % 64;
        count(archive, row, 1);
        archive->n++;
        weft_box_tree_insert(&archive->tree, objectives, (uint32_t)row);
    }
    *kept = enters;
    return WEFT_OK;
}

size_t weft_archive_size(const weft_archive *archive) {
    return archive->n;
}

const double *weft_archive_objectives(const weft_archive *archive, size_t i) {
    return &archive->objectives[row_of(archive, i) * (size_t)archive->n_objectives];
}

uint64_t weft_archive_id(const weft_archive *archive, size_t i) {
    return archive->ids[row_of(archive, i)];
}
