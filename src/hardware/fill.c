/* SPDX-License-Identifier: Apache-2.0
 *
 * The greedy rule of Timeloop's front end for compute-in-memory (timeloop-python, maximize_dims).
 * Over products of prime factors of the sizes, and of one last size v that does not fit what is left
 * of the capacity, cap, in n = ceil(v / cap) even turns of a = ceil(v / n):
 *
 *   busy(primes p ..)  = product of the primes
 *   busy(.., last a)   = that times (a (n - 1) + v mod a) / n
 *
 * the first of the largest `busy` wins, where each size in its order comes with its turns first and
 * then with its primes by p mod 8, as the reference's sets of numbers happen to be ordered. (v mod a
 * is 0 where a divides v: the rule then counts the last turn as idle, and a product of primes wins;
 * kept, since the reference does so.)
 *
 * Integer division of the capacity nests, floor(floor(c / p) / q) = floor(c / pq), so the state of
 * the search is the divisor taken of each size. No choice keeps more than min(capacity, product of
 * the sizes) busy, which ends the search early. */
#include "hardware/fill.h"

#include <string.h>

enum { MAX_PRIMES = 9 }; /* distinct ones of an int32_t */

/* The distinct primes of v by p mod 8, then by size. Returns how many. */
static int primes_of(int32_t v, int32_t primes[MAX_PRIMES]) {
    int n = 0;
    for (int32_t p = 2; v > 1;) {
        p = p > v / p ? v : p;
        if (v % p != 0) {
            p++;
            continue;
        }
        while (v % p == 0) {
            v /= p;
        }
        int at = n++;
        for (; at > 0 && primes[at - 1] % 8 > p % 8; at--) {
            primes[at] = primes[at - 1];
        }
        primes[at] = p;
    }
    return n;
}

static bool same_sizes(const int32_t *a, const int32_t *b) {
    uint64_t one[2];
    uint64_t other[2];
    memcpy(one, a, sizeof one);
    memcpy(other, b, sizeof other);
    return ((one[0] ^ other[0]) | (one[1] ^ other[1])) == 0;
}

static uint32_t hash_of(const int32_t *size, int32_t capacity) {
    uint32_t hash = (uint32_t)capacity * 0x9E3779B1U ^ (uint32_t)size[0] * 0x85EBCA77U ^
                    (uint32_t)size[1] * 0xC2B2AE3DU ^ (uint32_t)size[2] * 0x27D4EB2FU ^
                    (uint32_t)size[3] * 0x165667B1U;
    return hash ^ hash >> 16;
}

static void search(weft_fill_answer *best, weft_fill_memo *memo);

/* The answer in its row, worked out where another one stands there. */
static void answer_from(weft_fill_answer *row, const int32_t *size, int32_t capacity,
                        weft_fill_memo *memo, weft_fill_answer *answer) {
    if (row->capacity == capacity && same_sizes(row->size, size)) {
        *answer = *row;
        return;
    }
    weft_fill_answer made = {.capacity = capacity};
    memcpy(made.size, size, sizeof made.size);
    search(&made, memo);
    *row = made;
    *answer = made;
}

/* A size that does not fit is split into even turns. */
static void try_turns(weft_fill_answer *best, int k) {
    int32_t v = best->size[k];
    int32_t turns = (v - 1) / best->capacity + 1;
    int32_t turn = (v - 1) / turns + 1;
    double busy = ((double)turn * (turns - 1) + v % turn) / turns;
    if (busy > best->busy) {
        best->busy = busy;
        for (int j = 0; j < WEFT_FILL_MAX_DIMS; j++) {
            best->factor[j] = j == k ? turn : 1;
        }
    }
}

static void try_prime(weft_fill_answer *best, int k, int32_t p, weft_fill_memo *memo) {
    int32_t size[WEFT_FILL_MAX_DIMS];
    memcpy(size, best->size, sizeof size);
    size[k] /= p;
    weft_fill_answer inner;
    int32_t capacity = best->capacity / p;
    weft_fill_answer *row = &memo->inner[hash_of(size, capacity) % WEFT_FILL_INNER];
    answer_from(row, size, capacity, memo, &inner);
    if (p * inner.busy > best->busy) {
        best->busy = p * inner.busy;
        memcpy(best->factor, inner.factor, sizeof best->factor);
        best->factor[k] *= p;
    }
}

static void search(weft_fill_answer *best, weft_fill_memo *memo) {
    double bound = 1;
    for (int k = 0; k < WEFT_FILL_MAX_DIMS; k++) {
        best->factor[k] = 1;
        bound *= best->size[k];
    }
    best->busy = 1;
    bound = bound < best->capacity ? bound : best->capacity;
    for (int k = 0; k < WEFT_FILL_MAX_DIMS && best->busy < bound; k++) {
        if (best->size[k] > best->capacity) {
            try_turns(best, k);
        }
        int32_t primes[MAX_PRIMES];
        int n = primes_of(best->size[k], primes);
        for (int i = 0; i < n && best->busy < bound; i++) {
            if (primes[i] <= best->capacity) {
                try_prime(best, k, primes[i], memo);
            }
        }
    }
}

void weft_fill_best(const int32_t size[WEFT_FILL_MAX_DIMS], int32_t capacity, weft_fill_memo *memo,
                    weft_fill_answer *answer) {
    weft_fill_answer *row = &memo->rows[hash_of(size, capacity) % WEFT_FILL_MEMO];
    answer_from(row, size, capacity, memo, answer);
}

/* All of what is left fits: nothing keeps more copies busy. */
static void take_whole(const weft_fill_group *group, int32_t *rest, int32_t *factor) {
    for (int k = 0; k < group->n; k++) {
        factor[group->dim[k]] = rest[group->dim[k]];
        rest[group->dim[k]] = 1;
    }
}

static int32_t take_best(const weft_fill_group *group, const int32_t *size, int32_t capacity,
                         int32_t *rest, int32_t *factor, weft_fill_memo *memo) {
    weft_fill_answer answer;
    weft_fill_best(size, capacity, memo, &answer);
    for (int k = 0; k < group->n; k++) {
        int d = group->dim[k];
        int32_t taken = answer.factor[k];
        factor[d] = taken;
        if (taken > 1) {
            rest[d] = (rest[d] - 1) / taken + 1;
            capacity /= taken;
        }
    }
    return capacity;
}

void weft_fill_level(const weft_fill_group *groups, int n_groups, int32_t capacity,
                     int32_t rest[WEFT_DIM_COUNT], int32_t factor[WEFT_DIM_COUNT],
                     weft_fill_memo *memo) {
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        factor[d] = 1;
    }
    for (int g = 0; g < n_groups && capacity > 1; g++) {
        const weft_fill_group *group = &groups[g];
        int32_t size[WEFT_FILL_MAX_DIMS] = {1, 1, 1, 1};
        double product = 1;
        for (int k = 0; k < group->n; k++) {
            size[k] = rest[group->dim[k]];
            product *= size[k];
        }
        if (product == 1) {
            continue;
        }
        if (product <= capacity) {
            take_whole(group, rest, factor);
            capacity /= (int32_t)product;
        } else {
            capacity = take_best(group, size, capacity, rest, factor, memo);
        }
    }
}
