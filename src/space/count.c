/* SPDX-License-Identifier: Apache-2.0
 *
 * How many genomes a space has, exactly.
 *
 * Genes are visited in table order. What is behind matters only through the parents that later
 * conditions still ask for, and to them only through which side of their thresholds the parent is
 * on. So the genomes of the genes so far fall into few states (the segment of each parent still
 * asked for, the number of halvings), and each state needs its number of genomes alone:
 *
 *     count'(state') = sum over states and segments s of the gene with (state, s) -> state'
 *                      of count(state) * |s|
 *
 * For a chain of blocks there are depth x halvings states, so the time is polynomial where the
 * space is exponential. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "space/decimal.h"
#include "space/family.h"

enum {
    MAX_CUTS = 2 * WEFT_SPACE_MAX_GENES + 4,
    MAX_STATES = 1 << 17,         /* some 100 MiB */
    MAX_STATES_CHECKED = 1 << 12, /* where only "none or some" is asked */
    INACTIVE = 0, /* the segment number of an inactive gene, and of one nobody asks for */
};

/* The values first, first + 1, ..., (of a real gene: the interval from first to the next cut). */
typedef struct segment {
    double first;
    uint64_t size;
    bool halves;
} segment;

typedef struct state {
    weft_decimal count;
    bool huge;       /* the count has more digits than are kept */
    bool continuous; /* a real gene is active: there is no count */
    int halvings;
    uint16_t *segments; /* for each gene, from 1; INACTIVE */
} state;

typedef struct state_set {
    state *states;
    uint16_t *segments; /* n_genes for each state */
    int n, capacity;
    int *slots; /* open addressing over the states; -1: free */
    int n_slots;
} state_set;

typedef struct counter {
    const weft_space *space;
    segment *cuts[WEFT_SPACE_MAX_GENES]; /* the segments of each gene */
    int n_cuts[WEFT_SPACE_MAX_GENES];
    int last_child[WEFT_SPACE_MAX_GENES]; /* the last gene that asks for this one; -1: none */
    state_set sets[2];
    bool exact; /* false: only which states there are, not how many genomes each has */
    int max_states;
    weft_error *error;
} counter;

/* ---- segments -------------------------------------------------------------------------------- */

static int compare_reals(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The first value behind `value`. */
static double behind(const weft_gene *gene, double value) {
    return gene->kind == WEFT_GENE_REAL ? nextafter(value, INFINITY) : value + 1.0;
}

/* The values of gene g at which a segment begins: its lower end, the ends of its children's
 * conditions, the choice that halves. */
static int find_cuts(const counter *c, int g, int halving, double *cuts) {
    const weft_space *space = c->space;
    const weft_gene *gene = &space->genes[g];
    int n = 0;
    cuts[n++] = gene->lower;
    if (halving >= 0) {
        cuts[n++] = halving;
        cuts[n++] = halving + 1;
    }
    for (int child = g + 1; child <= c->last_child[g]; child++) {
        for (int i = 0; i < space->genes[child].n_conditions; i++) {
            const weft_condition *condition = &space->genes[child].conditions[i];
            if (condition->parent == g) {
                cuts[n++] = condition->minimum;
                cuts[n++] = behind(gene, condition->maximum);
            }
        }
    }
    qsort(cuts, (size_t)n, sizeof cuts[0], compare_reals);
    return n;
}

static weft_status make_segments(counter *c, int g) {
    const weft_gene *gene = &c->space->genes[g];
    int halving = weft_space_halving_choice(c->space, g);
    double cuts[MAX_CUTS];
    int n = find_cuts(c, g, halving, cuts);
    c->cuts[g] = calloc((size_t)n, sizeof(segment));
    if (c->cuts[g] == NULL) {
        return weft_fail_memory(c->error, (size_t)n * sizeof(segment));
    }
    double end = behind(gene, gene->upper);
    for (int i = 0; i < n; i++) {
        double next = i + 1 < n && cuts[i + 1] < end ? cuts[i + 1] : end;
        if (cuts[i] < gene->lower || cuts[i] >= next) {
            continue;
        }
        c->cuts[g][c->n_cuts[g]++] = (segment){
            .first = cuts[i],
            .size = gene->kind == WEFT_GENE_REAL ? 1 : (uint64_t)(next - cuts[i]),
            .halves = halving >= 0 && cuts[i] == halving,
        };
    }
    return WEFT_OK;
}

static void find_last_children(counter *c) {
    for (int g = 0; g < c->space->n_genes; g++) {
        c->last_child[g] = -1;
        for (int i = 0; i < c->space->genes[g].n_conditions; i++) {
            c->last_child[c->space->genes[g].conditions[i].parent] = g;
        }
    }
}

/* ---- sets of states -------------------------------------------------------------------------- */

static void free_set(state_set *set) {
    free(set->states);
    free(set->segments);
    free(set->slots);
    *set = (state_set){0};
}

static uint64_t hash_state(const state *s, int n_genes) {
    uint64_t seed = 2 * (uint64_t)s->halvings + (s->continuous ? 1 : 0);
    return weft_hash(s->segments, (size_t)n_genes * sizeof *s->segments, seed);
}

static bool same_state(const state *a, const state *b, int n_genes) {
    return a->halvings == b->halvings && a->continuous == b->continuous &&
           memcmp(a->segments, b->segments, (size_t)n_genes * sizeof *a->segments) == 0;
}

static int find_slot(const state_set *set, const state *s, int n_genes) {
    int slot = (int)(hash_state(s, n_genes) % (uint64_t)set->n_slots);
    while (set->slots[slot] >= 0 && !same_state(&set->states[set->slots[slot]], s, n_genes)) {
        slot = slot + 1 < set->n_slots ? slot + 1 : 0;
    }
    return slot;
}

static void fill_slots(state_set *set, int n_genes) {
    for (int i = 0; i < set->n_slots; i++) {
        set->slots[i] = -1;
    }
    for (int i = 0; i < set->n; i++) {
        set->slots[find_slot(set, &set->states[i], n_genes)] = i;
    }
}

/* Doubles the room; at least 64 states. */
static weft_status grow_set(counter *c, state_set *set) {
    if (set->n >= c->max_states) {
        weft_fail(c->error, WEFT_ERROR_INPUT,
                  "the conditions of the space tie too many genes together to be counted");
        weft_hint(c->error, "let conditions ask for fewer different genes");
        return WEFT_ERROR_INPUT;
    }
    int n_genes = c->space->n_genes;
    size_t capacity = set->capacity > 0 ? 2 * (size_t)set->capacity : 64;
    size_t room = capacity * (size_t)n_genes * sizeof(uint16_t);
    state_set grown = {.states = malloc(capacity * sizeof(state)),
                       .segments = malloc(room),
                       .n = set->n,
                       .capacity = (int)capacity,
                       .slots = malloc(2 * capacity * sizeof(int)),
                       .n_slots = 2 * (int)capacity};
    if (grown.states == NULL || grown.segments == NULL || grown.slots == NULL) {
        free_set(&grown);
        return weft_fail_memory(c->error, room + capacity * sizeof(state));
    }
    for (int i = 0; i < set->n; i++) {
        grown.states[i] = set->states[i];
        grown.states[i].segments = grown.segments + (size_t)i * (size_t)n_genes;
        memcpy(grown.states[i].segments, set->states[i].segments,
               (size_t)n_genes * sizeof(uint16_t));
    }
    fill_slots(&grown, n_genes);
    free_set(set);
    *set = grown;
    return WEFT_OK;
}

/* Adds the genomes of `added` to the set. */
static weft_status add_state(counter *c, state_set *set, const state *added) {
    int n_genes = c->space->n_genes;
    if (set->n == set->capacity) {
        WEFT_TRY(grow_set(c, set));
    }
    int slot = find_slot(set, added, n_genes);
    if (set->slots[slot] >= 0) {
        state *known = &set->states[set->slots[slot]];
        known->huge = known->huge || added->huge ||
                      (c->exact && !weft_decimal_add(&known->count, &added->count));
        return WEFT_OK;
    }
    state *s = &set->states[set->n];
    *s = *added;
    s->segments = set->segments + (size_t)set->n * (size_t)n_genes;
    memcpy(s->segments, added->segments, (size_t)n_genes * sizeof(uint16_t));
    set->slots[slot] = set->n++;
    return WEFT_OK;
}

/* ---- counting -------------------------------------------------------------------------------- */

static bool is_active(const counter *c, const state *s, int g) {
    const weft_gene *gene = &c->space->genes[g];
    for (int i = 0; i < gene->n_conditions; i++) {
        const weft_condition *condition = &gene->conditions[i];
        int number = s->segments[condition->parent];
        if (number == INACTIVE) {
            return false;
        }
        double first = c->cuts[condition->parent][number - 1].first;
        if (first < condition->minimum || first > condition->maximum) {
            return false;
        }
    }
    return true;
}

/* From the genomes of the genes before g (`from`) to those with g (`to`). */
static weft_status visit(counter *c, int g, const state *from, state_set *to, uint16_t *segments) {
    const weft_gene *gene = &c->space->genes[g];
    size_t n_genes = (size_t)c->space->n_genes;
    state next = *from;
    next.segments = segments;
    memcpy(segments, from->segments, n_genes * sizeof(uint16_t));
    bool active = is_active(c, from, g);
    /* From here on nobody asks for the parents whose last child this is. */
    for (int i = 0; i < gene->n_conditions; i++) {
        int parent = gene->conditions[i].parent;
        if (c->last_child[parent] == g) {
            segments[parent] = INACTIVE;
        }
    }
    if (!active) {
        return add_state(c, to, &next);
    }
    for (int s = 0; s < c->n_cuts[g]; s++) {
        const segment *part = &c->cuts[g][s];
        next.count = from->count;
        next.huge = from->huge || (c->exact && !weft_decimal_scale(&next.count, part->size));
        next.halvings = from->halvings + (part->halves ? 1 : 0);
        next.continuous = from->continuous || gene->kind == WEFT_GENE_REAL;
        segments[g] = c->last_child[g] > g ? (uint16_t)(s + 1) : INACTIVE;
        WEFT_TRY(add_state(c, to, &next));
    }
    return WEFT_OK;
}

/* All final states are in *result on success. */
static weft_status run(counter *c, const state_set **result) {
    uint16_t segments[WEFT_SPACE_MAX_GENES] = {0};
    find_last_children(c);
    for (int g = 0; g < c->space->n_genes; g++) {
        WEFT_TRY(make_segments(c, g));
    }
    state_set *from = &c->sets[0];
    state_set *to = &c->sets[1];
    state start = {.count = weft_decimal_of(1), .segments = segments};
    WEFT_TRY(add_state(c, from, &start));
    for (int g = 0; g < c->space->n_genes; g++) {
        to->n = 0;
        fill_slots(to, c->space->n_genes);
        for (int i = 0; i < from->n; i++) {
            WEFT_TRY(visit(c, g, &from->states[i], to, segments));
        }
        state_set *swap = from;
        from = to;
        to = swap;
    }
    *result = from;
    return WEFT_OK;
}

typedef struct sum {
    weft_decimal count;
    bool some, huge, continuous;
} sum;

typedef struct sums {
    sum total, legal;
} sums;

static void add_to(sum *total, const state *s) {
    total->some = true;
    total->huge = !weft_decimal_add(&total->count, &s->count) || total->huge || s->huge;
    total->continuous = total->continuous || s->continuous;
}

static weft_status add_up(counter *c, sums *result) {
    const state_set *set = NULL;
    WEFT_TRY(run(c, &set));
    *result = (sums){0};
    for (int i = 0; i < set->n; i++) {
        add_to(&result->total, &set->states[i]);
        if (c->space->max_halvings < 0 || set->states[i].halvings <= c->space->max_halvings) {
            add_to(&result->legal, &set->states[i]);
        }
    }
    return WEFT_OK;
}

static weft_status count(const weft_space *space, bool exact, sums *result, weft_error *error) {
    counter *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return weft_fail_memory(error, sizeof *c);
    }
    c->space = space;
    c->exact = exact;
    c->max_states = exact ? MAX_STATES : MAX_STATES_CHECKED;
    c->error = error;
    weft_status status = add_up(c, result);
    for (int g = 0; g < space->n_genes; g++) {
        free(c->cuts[g]);
    }
    free_set(&c->sets[0]);
    free_set(&c->sets[1]);
    free(c);
    return status;
}

static void write_count(const sum *s, char text[WEFT_DECIMAL_TEXT]) {
    if (s->continuous) {
        snprintf(text, WEFT_DECIMAL_TEXT, "infinite");
    } else if (s->huge) {
        snprintf(text, WEFT_DECIMAL_TEXT, "10^252 or more");
    } else {
        weft_decimal_text(&s->count, text);
    }
}

/* Multiplies in the values of one rule, which the file may repeat. */
static void scale_by_rule(const weft_rule *rule, sum *product) {
    int genes = rule->repeat > 0 ? rule->repeat : 1;
    for (int i = 0; i < rule->n_places; i++) {
        genes = i == 0 ? rule->repeats[0] : genes + rule->repeats[i];
    }
    product->continuous = product->continuous || rule->kind == WEFT_GENE_REAL;
    for (int i = 0; i < genes && rule->kind != WEFT_GENE_REAL && !product->huge; i++) {
        product->huge =
            !weft_decimal_scale(&product->count, (uint64_t)(rule->upper - rule->lower + 1.0));
    }
}

weft_status weft_space_counts(const weft_space *space, weft_space_count *result,
                              weft_error *error) {
    sums s = {0};
    WEFT_TRY(count(space, true, &s, error));
    sum product = {.count = weft_decimal_of(1)};
    for (int i = 0; i < space->n_rules; i++) {
        scale_by_rule(&space->rules[i], &product);
    }
    write_count(&product, result->genotypes);
    write_count(&s.total, result->total);
    write_count(&s.legal, result->legal);
    result->max_halvings = space->max_halvings;
    return WEFT_OK;
}

weft_status weft_space_check_remains(const weft_space *space, weft_error *error) {
    sums s = {0};
    weft_status status = count(space, false, &s, error);
    if (status == WEFT_ERROR_INPUT) {
        return WEFT_OK; /* too entangled to tell: the search will find out */
    }
    WEFT_TRY(status);
    if (!s.legal.some) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "no network of the space '%s' fits an input of %d x %d: it can be halved %d "
                  "times without falling below %d x %d",
                  space->name, space->input.height, space->input.width, space->max_halvings,
                  space->smallest_map, space->smallest_map);
        weft_hint(error, "let the space have networks with fewer halvings, or use larger images");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}
