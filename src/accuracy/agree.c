/* SPDX-License-Identifier: Apache-2.0
 *
 * Kendall's tau-b counts pairs of the same and of the other order among all pairs:
 *     tau_b = (C - D) / sqrt((P - T_a) (P - T_b)),  P = n (n - 1) / 2,
 * C concordant and D discordant pairs, T_a and T_b pairs that are equal on one side (M. G. Kendall,
 * "The treatment of ties in ranking problems", Biometrika 33(3), 1945). Sorted by one side, the
 * discordant pairs are the exchanges of a merge sort by the other: O(n log n) (W. R. Knight, "A
 * computer method for calculating Kendall's tau with ungrouped data", J. Am. Stat. Assoc. 61, 1966). */
#include "accuracy/agree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct pair {
    double a, b;
    double rank; /* of b, from 1; equal values share the mean */
} pair;

static int order(double a, double b) {
    return (a > b) - (a < b);
}

static int by_both(const void *left, const void *right) {
    const pair *x = left;
    const pair *y = right;
    int first = order(x->a, y->a);
    return first != 0 ? first : order(x->b, y->b);
}

static double pairs_of(double n) {
    return n * (n - 1.0) / 2.0;
}

/* Sorts by b; returns how many pairs of unequal b changed their order. */
static double merge_sort(pair *pairs, pair *room, int n) {
    if (n < 2) {
        return 0.0;
    }
    int half = n / 2;
    double exchanges = merge_sort(pairs, room, half) + merge_sort(pairs + half, room, n - half);
    memcpy(room, pairs, (size_t)n * sizeof *pairs);
    for (int at = 0, left = 0, right = half; at < n; at++) {
        bool take_right = left >= half || (right < n && room[right].b < room[left].b);
        exchanges += take_right ? half - left : 0;
        pairs[at] = take_right ? room[right++] : room[left++];
    }
    return exchanges;
}

/* Pairs of equal a in an order by a; with `both`, those of equal b too. */
static double count_ties(const pair *pairs, int n, bool both) {
    double ties = 0.0;
    for (int begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1;
             end < n && pairs[end].a == pairs[begin].a && (!both || pairs[end].b == pairs[begin].b);
             end++) {
        }
        ties += pairs_of(end - begin);
    }
    return ties;
}

/* Pairs of equal b in an order by b. */
static double rank_second(pair *pairs, int n) {
    double ties = 0.0;
    for (int begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && pairs[end].b == pairs[begin].b; end++) {
        }
        for (int i = begin; i < end; i++) {
            pairs[i].rank = 0.5 * (begin + 1 + end);
        }
        ties += pairs_of(end - begin);
    }
    return ties;
}

static int by_first(const void *left, const void *right) {
    return order(((const pair *)left)->a, ((const pair *)right)->a);
}

/* The correlation of the ranks; pairs come with the ranks of b and are sorted by a here. */
static double rank_correlation(pair *pairs, int n) {
    double both = 0.0;
    double first = 0.0;
    double second = 0.0;
    double middle = 0.5 * (n + 1);
    qsort(pairs, (size_t)n, sizeof *pairs, by_first);
    for (int begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && pairs[end].a == pairs[begin].a; end++) {
        }
        double rank = 0.5 * (begin + 1 + end) - middle;
        for (int i = begin; i < end; i++) {
            both += rank * (pairs[i].rank - middle);
            second += (pairs[i].rank - middle) * (pairs[i].rank - middle);
        }
        first += rank * rank * (end - begin);
    }
    return both / sqrt(first * second);
}

weft_status weft_agree(const double *given, const double *predicted, int n,
                       weft_agreement *agreement, weft_error *error) {
    size_t count = n > 0 ? (size_t)n : 1;
    pair *pairs = calloc(2 * count, sizeof *pairs);
    if (pairs == NULL) {
        return weft_fail_memory(error, 2 * count * sizeof *pairs);
    }
    weft_agreement made = {0};
    for (int i = 0; i < n; i++) {
        double off = predicted[i] - given[i];
        pairs[i] = (pair){.a = given[i], .b = predicted[i]};
        made.rmse += off * off / n;
        made.mae += fabs(off) / n;
    }
    made.rmse = sqrt(made.rmse);
    qsort(pairs, count, sizeof *pairs, by_both);
    double all = pairs_of(n);
    double ties_a = count_ties(pairs, n, false);
    double ties_both = count_ties(pairs, n, true);
    double discordant = merge_sort(pairs, pairs + count, n);
    double ties_b = rank_second(pairs, n);
    double difference = all - ties_a - ties_b + ties_both - 2.0 * discordant;
    bool ordered = all > ties_a && all > ties_b; /* else both are undefined */
    made.tau = ordered ? difference / sqrt((all - ties_a) * (all - ties_b)) : (double)NAN;
    made.spearman = ordered ? rank_correlation(pairs, n) : (double)NAN;
    free(pairs);
    *agreement = made;
    return WEFT_OK;
}
