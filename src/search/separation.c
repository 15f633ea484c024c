/* SPDX-License-Identifier: Apache-2.0
 *
 * What sets members (the front) apart from the other trials: information gain (C. E. Shannon, "A
 * mathematical theory of communication", 1948) of each gene about membership, with a permutation
 * test; odds of each value, with Fisher's exact test (R. A. Fisher, "Statistical methods for research
 * workers", 1934, section 21.02); both corrected for their number after Holm.
 *
 * The trials of a search are no random sample: it visits what is good more often, so a test says
 * whether the trials there are could look so by chance, not what others would be.
 */
#include "base/rng.h"
#include "search/forest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Genes of more values are told apart in so many ranges. Memberships are permuted until so many gave
 * as much information, or so many were tried (Besag and Clifford's h and n). */
enum { MAX_RANGES = 8, ENOUGH = 20, MOST_PERMUTATIONS = 10000 };

typedef struct counting {
    const weft_gene_table *table;
    const double *genomes;
    const bool *member;
    size_t n;
    double *sorted;   /* (n) values of the gene at hand */
    uint32_t *active; /* (n) trials in which it is active */
    size_t n_active, n_members;
    double *n_log_n;       /* (n + 1): k log2 k */
    double *log_factorial; /* (n + 1): log k! */
} counting;

/* ---- ranges ---------------------------------------------------------------------------------- */

static int rising(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Ranges of the values that trials have, each in as many trials where there are many. */
static void find_ranges(const counting *c, int g, weft_gene_separation *to) {
    const double *sorted = c->sorted;
    size_t n = c->n_active;
    size_t distinct = n > 0;
    for (size_t i = 1; i < n; i++) {
        distinct += sorted[i] > sorted[i - 1];
    }
    bool choice = c->table->genes[g].n_choices > 0;
    size_t most = choice || distinct <= MAX_RANGES ? distinct : MAX_RANGES;
    to->n_values = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        size_t due = most == distinct ? end : n * (size_t)(to->n_values + 1) / most;
        while (end < n && (end < due || sorted[end] == sorted[end - 1])) {
            end++;
        }
        to->values[to->n_values++] =
            (weft_value_separation){.lower = sorted[i], .upper = sorted[end - 1]};
        i = end;
    }
}

static void count_gene(counting *c, int g, weft_gene_separation *to) {
    c->n_active = c->n_members = 0;
    for (size_t i = 0; i < c->n; i++) {
        double value = c->genomes[i * (size_t)c->table->n_genes + (size_t)g];
        if (!isnan(value)) {
            c->sorted[c->n_active] = value;
            c->active[c->n_active++] = (uint32_t)i;
            c->n_members += c->member[i];
        }
    }
    qsort(c->sorted, c->n_active, sizeof *c->sorted, rising);
    find_ranges(c, g, to);
    for (size_t i = 0; i < c->n_active; i++) {
        double value = c->genomes[c->active[i] * (size_t)c->table->n_genes + (size_t)g];
        int r = 0;
        while (value > to->values[r].upper) {
            r++;
        }
        to->values[r].members += c->member[c->active[i]];
        to->values[r].others += !c->member[c->active[i]];
    }
    to->members = c->n_members;
    to->others = c->n_active - c->n_members;
}

/* ---- information ----------------------------------------------------------------------------- */

/* The part of n H(membership | range) that depends on who is a member: less is more information. */
static double uncertainty(const counting *c, const size_t *members, const size_t *all, int n) {
    double sum = 0.0;
    for (int r = 0; r < n; r++) {
        sum += c->n_log_n[all[r]] - c->n_log_n[members[r]] - c->n_log_n[all[r] - members[r]];
    }
    return sum;
}

/* log C(n, k) */
static double log_choose(const counting *c, size_t n, size_t k) {
    return c->log_factorial[n] - c->log_factorial[k] - c->log_factorial[n - k];
}

/* How many of `members` among `all` fall on a range of `size` by chance: hypergeometric, by inversion
 * that goes outwards from the likeliest number, a few standard deviations at most. */
static size_t draw_hypergeometric(const counting *c, size_t members, size_t all, size_t size,
                                  weft_rng *rng) {
    size_t others = all - members;
    size_t least = size > others ? size - others : 0;
    size_t most = size < members ? size : members;
    size_t mode = (size_t)((double)(size + 1) * (double)(members + 1) / (double)(all + 2));
    mode = mode < least ? least : mode > most ? most : mode;
    double u = weft_rng_uniform(rng);
    double p = exp(log_choose(c, members, mode) + log_choose(c, others, size - mode) -
                   log_choose(c, all, size));
    double up = p;
    double down = p;
    size_t high = mode;
    size_t low = mode;
    u -= p;
    while (u > 0.0 && (high < most || low > least)) {
        if (high < most) {
            up *= (double)(members - high) * (double)(size - high) /
                  ((double)(high + 1) * (double)(others + high + 1 - size));
            high++;
            u -= up;
            if (u <= 0.0) {
                return high;
            }
        }
        if (low > least) {
            down *= (double)low * (double)(others + low - size) /
                    ((double)(members - low + 1) * (double)(size - low + 1));
            low--;
            u -= down;
            if (u <= 0.0) {
                return low;
            }
        }
    }
    return mode; /* and where rounding leaves a rest of the last digits */
}

/* How often permuted memberships tell no less than the real ones do. Only the counts matter, so those
 * are drawn: range by range, out of what the ranges before left. */
static double permutation_p(const counting *c, uint64_t seed, int g, const size_t *all, int n,
                            double real) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_PERMUTE, (uint64_t)g);
    size_t members[WEFT_GENE_MAX_CHOICES];
    int as_much = 0;
    int tried = 0;
    while (as_much < ENOUGH && tried < MOST_PERMUTATIONS) {
        size_t members_left = c->n_members;
        size_t left = c->n_active;
        for (int r = 0; r < n; r++) {
            members[r] = draw_hypergeometric(c, members_left, left, all[r], &rng);
            members_left -= members[r];
            left -= all[r];
        }
        /* equal counts in another order may differ in the last digits */
        as_much += uncertainty(c, members, all, n) <= real + 1e-9 * (double)c->n_active;
        tried++;
    }
    return as_much >= ENOUGH ? (double)as_much / tried : (as_much + 1.0) / (tried + 1.0);
}

static void inform(counting *c, uint64_t seed, int g, weft_gene_separation *to) {
    size_t members[WEFT_GENE_MAX_CHOICES];
    size_t all[WEFT_GENE_MAX_CHOICES];
    for (int r = 0; r < to->n_values; r++) {
        members[r] = to->values[r].members;
        all[r] = members[r] + to->values[r].others;
    }
    to->p = 1.0;
    if (to->members == 0 || to->others == 0 || to->n_values < 2) {
        return;
    }
    double whole = uncertainty(c, &to->members, &c->n_active, 1);
    double left = uncertainty(c, members, all, to->n_values);
    to->information = fmax(whole - left, 0.0) / (double)c->n_active;
    to->p = permutation_p(c, seed, g, all, to->n_values, left);
}

/* ---- odds ------------------------------------------------------------------------------------ */

/* Two-sided: the probability, with all margins as they are, of tables no more likely than this one
 * (a of `members` and b of `others` have the value). */
static double fisher(const counting *c, size_t a, size_t members, size_t b, size_t others) {
    size_t with = a + b;
    size_t least = with > others ? with - others : 0;
    size_t most = with < members ? with : members;
    double whole = log_choose(c, members + others, with);
    double here = log_choose(c, members, a) + log_choose(c, others, b);
    double p = 0.0;
    for (size_t k = least; k <= most; k++) {
        double log_p = log_choose(c, members, k) + log_choose(c, others, with - k);
        p += log_p <= here + 1e-7 ? exp(log_p - whole) : 0.0;
    }
    return fmin(p, 1.0);
}

static void weigh_values(const counting *c, weft_gene_separation *to) {
    for (int r = 0; r < to->n_values; r++) {
        weft_value_separation *value = &to->values[r];
        double with = (double)value->members * (double)(to->others - value->others);
        double without = (double)value->others * (double)(to->members - value->members);
        bool alone = to->n_values < 2 || to->members == 0 || to->others == 0;
        value->odds = alone ? 1.0 : with / without;
        value->p = alone ? 1.0 : fisher(c, value->members, to->members, value->others, to->others);
    }
}

/* ---- corrections ----------------------------------------------------------------------------- */

typedef struct tested {
    double p;
    double *corrected;
    size_t place;
} tested;

static int by_p(const void *left, const void *right) {
    const tested *a = left;
    const tested *b = right;
    if (a->p != b->p) {
        return a->p < b->p ? -1 : 1;
    }
    return (a->place > b->place) - (a->place < b->place);
}

/* Holm: the k-th smallest of n (from 0) times n - k, never less than the one before. */
static void correct(tested *tests, size_t n) {
    double most = 0.0;
    qsort(tests, n, sizeof *tests, by_p);
    for (size_t k = 0; k < n; k++) {
        most = fmax(most, fmin(tests[k].p * (double)(n - k), 1.0));
        *tests[k].corrected = most;
    }
}

/* What has one value only is no test. */
static weft_status correct_all(weft_separation *to, weft_error *error) {
    size_t room = 1;
    for (int g = 0; g < to->n_genes; g++) {
        room += 1 + (size_t)to->genes[g].n_values;
    }
    tested *tests = calloc(room, sizeof *tests);
    if (tests == NULL) {
        return weft_fail_memory(error, room * sizeof *tests);
    }
    size_t n = 0;
    for (int g = 0; g < to->n_genes; g++) {
        weft_gene_separation *gene = &to->genes[g];
        gene->corrected = 1.0;
        if (gene->n_values > 1) {
            tests[n] = (tested){.p = gene->p, .corrected = &gene->corrected, .place = n};
            n++;
        }
    }
    correct(tests, n);
    n = 0;
    for (int g = 0; g < to->n_genes; g++) {
        for (int r = 0; r < to->genes[g].n_values; r++) {
            weft_value_separation *value = &to->genes[g].values[r];
            value->corrected = 1.0;
            if (to->genes[g].n_values > 1) {
                tests[n] = (tested){.p = value->p, .corrected = &value->corrected, .place = n};
                n++;
            }
        }
    }
    correct(tests, n);
    free(tests);
    return WEFT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status separate(counting *c, uint64_t seed, weft_separation *to, weft_error *error) {
    for (size_t k = 1; k <= c->n; k++) {
        c->n_log_n[k] = (double)k * log2((double)k);
        c->log_factorial[k] = lgamma((double)k + 1.0);
    }
    for (int g = 0; g < to->n_genes; g++) {
        weft_gene_separation *gene = &to->genes[g];
        gene->values = calloc(WEFT_GENE_MAX_CHOICES, sizeof *gene->values);
        if (gene->values == NULL) {
            return weft_fail_memory(error, WEFT_GENE_MAX_CHOICES * sizeof *gene->values);
        }
        count_gene(c, g, gene);
        inform(c, seed, g, gene);
        weigh_values(c, gene);
    }
    return correct_all(to, error);
}

static weft_status fill(counting *c, uint64_t seed, weft_separation *to, weft_error *error) {
    size_t n = c->n;
    c->sorted = calloc(n, sizeof *c->sorted);
    c->active = calloc(n, sizeof *c->active);
    c->n_log_n = calloc(n + 1, sizeof *c->n_log_n);
    c->log_factorial = calloc(n + 1, sizeof *c->log_factorial);
    to->n_genes = c->table->n_genes;
    to->genes = calloc((size_t)to->n_genes, sizeof *to->genes);
    weft_status status = WEFT_OK;
    if (c->sorted == NULL || c->active == NULL || c->n_log_n == NULL || c->log_factorial == NULL ||
        to->genes == NULL) {
        to->n_genes = to->genes == NULL ? 0 : to->n_genes;
        status = weft_fail_memory(error, n * sizeof *c->sorted);
    } else {
        status = separate(c, seed, to, error);
    }
    free(c->sorted);
    free(c->active);
    free(c->n_log_n);
    free(c->log_factorial);
    return status;
}

weft_status weft_separation_of(const weft_gene_table *table, const double *genomes,
                               const bool *member, size_t n, uint64_t seed,
                               weft_separation **separation, weft_error *error) {
    WEFT_TRY(weft_trials_check(table, genomes, n, error));
    size_t members = 0;
    for (size_t i = 0; i < n; i++) {
        members += member[i];
    }
    if (members == 0 || members == n) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "%zu of %zu trials are members; expected some, and others", members, n);
    }
    counting c = {.table = table, .genomes = genomes, .member = member, .n = n};
    weft_separation *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(&c, seed, made, error);
    if (status != WEFT_OK) {
        weft_separation_destroy(made);
        return status;
    }
    *separation = made;
    return WEFT_OK;
}

void weft_separation_destroy(weft_separation *separation) {
    if (separation == NULL) {
        return;
    }
    for (int g = 0; g < separation->n_genes; g++) {
        free(separation->genes[g].values);
    }
    free(separation->genes);
    free(separation);
}
