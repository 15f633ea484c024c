/* SPDX-License-Identifier: Apache-2.0
 * See plan.h. */
#include "learn/plan.h"

#include <stdlib.h>

enum { ALIGNMENT = 64 };

weft_status weft_plan_claim(weft_plan *plan, size_t size, int first, int last, int *index,
                            weft_error *error) {
    if (plan->n == plan->capacity) {
        int capacity = plan->capacity > 0 ? 2 * plan->capacity : 64;
        weft_claim *grown = realloc(plan->claims, (size_t)capacity * sizeof *grown);
        if (grown == NULL) {
            return weft_fail_memory(error, (size_t)capacity * sizeof *grown);
        }
        plan->claims = grown;
        plan->capacity = capacity;
    }
    if (size > SIZE_MAX - ALIGNMENT) {
        return weft_fail_memory(error, size);
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    plan->claims[plan->n] = (weft_claim){.size = rounded, .first = first, .last = last};
    *index = plan->n++;
    return WEFT_OK;
}

void weft_plan_extend(weft_plan *plan, int index, int moment) {
    weft_claim *claim = &plan->claims[index];
    if (moment < claim->first) {
        claim->first = moment;
    }
    if (moment > claim->last) {
        claim->last = moment;
    }
}

static int larger_first(const void *left, const void *right) {
    const weft_claim *a = *(weft_claim *const *)left;
    const weft_claim *b = *(weft_claim *const *)right;
    if (a->size != b->size) {
        return a->size > b->size ? -1 : 1;
    }
    return a < b ? -1 : a > b; /* of equal ones the earlier claim: the order is always the same */
}

static int lower_first(const void *left, const void *right) {
    const weft_claim *a = *(weft_claim *const *)left;
    const weft_claim *b = *(weft_claim *const *)right;
    if (a->offset != b->offset) {
        return a->offset < b->offset ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

static bool alive_together(const weft_claim *a, const weft_claim *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest gap of at least claim->size between the n placed claims that live at the same time. */
static size_t lowest_gap(const weft_claim *claim, weft_claim **placed, int n) {
    size_t end = 0;
    for (int i = 0; i < n; i++) {
        if (!alive_together(claim, placed[i])) {
            continue;
        }
        if (placed[i]->offset >= end && placed[i]->offset - end >= claim->size) {
            break;
        }
        size_t after = placed[i]->offset + placed[i]->size;
        end = after > end ? after : end;
    }
    return end;
}

/* Keeps the n placed claims in the order of their places. */
static void insert(weft_claim *claim, weft_claim **placed, int n) {
    int at = n;
    for (; at > 0 && lower_first(&claim, &placed[at - 1]) < 0; at--) {
        placed[at] = placed[at - 1];
    }
    placed[at] = claim;
}

weft_status weft_plan_place(weft_plan *plan, weft_error *error) {
    size_t n = (size_t)plan->n;
    weft_claim **order = malloc((2 * n + 1) * sizeof *order);
    if (order == NULL) {
        return weft_fail_memory(error, (2 * n + 1) * sizeof *order);
    }
    weft_claim **placed = order + n;
    for (size_t i = 0; i < n; i++) {
        order[i] = &plan->claims[i];
    }
    qsort(order, n, sizeof *order, larger_first);
    plan->size = 0;
    for (int i = 0; i < plan->n; i++) {
        order[i]->offset = lowest_gap(order[i], placed, i);
        size_t end;
        if (__builtin_add_overflow(order[i]->offset, order[i]->size, &end)) {
            free(order);
            return weft_fail_memory(error, SIZE_MAX);
        }
        insert(order[i], placed, i);
        plan->size = end > plan->size ? end : plan->size;
    }
    free(order);
    return WEFT_OK;
}

void weft_plan_destroy(weft_plan *plan) {
    free(plan->claims);
    *plan = (weft_plan){0};
}
