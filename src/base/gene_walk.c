/* SPDX-License-Identifier: Apache-2.0
 *
 * All genomes of a finite table as an automaton. Genes are set in the order of the walk, a level
 * each. What is behind a level depends on the genes before it only through the parents that later
 * conditions still ask for, and on these only through which side of their thresholds they are on
 * (their part). So the genomes so far fall into few states; a state knows the parts of its gene's
 * range, the state behind each, and
 *
 *     count(state) = sum over parts of (values of the part) * count(state behind it).
 *
 * Counts find place i without a walk. A step raises the last gene that can be raised and sets those
 * behind it to their first values; where what is behind has a single completion and is the state it
 * was, nothing behind changes. Levels at which no state has a choice leave the automaton. */
#include <weft/gene.h>

#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_STATES = 1 << 18,
    MAX_CUTS_A_CHILD = 2 * WEFT_GENE_MAX_CONDITIONS,
    INACTIVE = 0, /* the part number of an inactive gene, and of one nobody asks for any more */
};

/* Values first, first + 1, .. last, or the NaN of an inactive gene. */
typedef struct walk_part {
    double first, last;
    uint32_t next; /* state */
} walk_part;

typedef struct walk_state {
    uint64_t count;
    uint32_t first_part, n_parts;
    int level;
} walk_state;

struct weft_gene_walk {
    int n_genes;
    int n_levels;
    int *genes;       /* (n_levels): the gene of each level */
    int *places;      /* (n_levels): its place in the order */
    double *constant; /* (n_genes): the values of genes that no level varies */
    uint32_t root;    /* state */
    uint32_t n_states, n_parts;
    walk_state *states; /* (n_states), by level; the last one, behind all levels, has no parts */
    walk_part *parts;   /* (n_parts) */
};

struct weft_gene_cursor {
    const weft_gene_walk *walk;
    uint64_t left;   /* genomes to come */
    bool fresh;      /* the genome is the next one already */
    int deepest;     /* the last level whose state has more than one completion; -1: none */
    uint32_t *state; /* (n_levels) */
    uint32_t *part;  /* (n_levels) */
    double *genome;  /* (n_genes) */
};

/* ---- building -------------------------------------------------------------------------------- */

typedef struct cut_range {
    double *firsts; /* (n): where each part begins; part k (from 1) ends before part k + 1 */
    int n;
} cut_range;

typedef struct builder {
    const weft_gene_table *table;
    const int *order;
    int *last_child; /* (n_genes): place of the last gene that asks for this one; -1: none */
    cut_range *cuts; /* (n_genes) */
    weft_gene_walk *walk;
    uint32_t state_room, part_room;
    /* The states of the level being made: part numbers of all genes, and a hash set over them. */
    uint16_t *keys; /* (key_room, n_genes) */
    uint32_t key_room;
    uint16_t *next_keys;
    uint32_t next_room;
    uint32_t *slots; /* state + 1, or 0 */
    uint32_t n_slots;
    uint32_t level_first; /* the first state of the level being made */
    weft_error *error;
} builder;

static int compare_reals(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Begins of the parts of gene g, from the thresholds of its children. */
static weft_status cut_gene(builder *b, int g) {
    const weft_gene_table *table = b->table;
    const weft_gene *gene = &table->genes[g];
    size_t room = 1 + (size_t)MAX_CUTS_A_CHILD * (size_t)table->n_genes;
    double *firsts = malloc(room * sizeof *firsts);
    if (firsts == NULL) {
        return weft_fail_memory(b->error, room * sizeof *firsts);
    }
    int n = 0;
    firsts[n++] = gene->lower + 0.0; /* never a negative zero */
    for (int child = 0; child < table->n_genes; child++) {
        for (int c = 0; c < table->genes[child].n_conditions; c++) {
            const weft_condition *condition = &table->genes[child].conditions[c];
            if (condition->parent == g) {
                firsts[n++] = ceil(condition->minimum);
                firsts[n++] = floor(condition->maximum) + 1.0;
            }
        }
    }
    qsort(&firsts[1], (size_t)n - 1, sizeof *firsts, compare_reals);
    int kept = 1;
    for (int i = 1; i < n; i++) {
        bool inside = firsts[i] > firsts[kept - 1] && firsts[i] <= gene->upper;
        if (inside && weft_gene_varies(gene)) {
            firsts[kept++] = firsts[i];
        }
    }
    b->cuts[g] = (cut_range){.firsts = firsts, .n = kept};
    return kept < UINT16_MAX ? WEFT_OK
                             : weft_fail(b->error, WEFT_ERROR_USAGE,
                                         "gene '%.47s' has too many thresholds", gene->name);
}

static weft_status grow(void **array, uint32_t *room, uint32_t needed, size_t size,
                        weft_error *error) {
    if (needed <= *room) {
        return WEFT_OK;
    }
    uint32_t larger = *room == 0 ? 64 : 2 * *room;
    larger = larger < needed ? needed : larger;
    void *grown = realloc(*array, larger * size);
    if (grown == NULL) {
        return weft_fail_memory(error, larger * size);
    }
    *array = grown;
    *room = larger;
    return WEFT_OK;
}

static weft_status too_entangled(builder *b) {
    weft_fail(b->error, WEFT_ERROR_USAGE,
              "the conditions of the genes tie too many of them together for a walk");
    weft_hint(b->error, "let conditions ask for fewer different genes");
    return WEFT_ERROR_USAGE;
}

static size_t key_size(const builder *b) {
    return (size_t)b->table->n_genes * sizeof(uint16_t);
}

static uint16_t *next_key(const builder *b, uint32_t state) {
    return b->next_keys + (size_t)(state - b->level_first) * (size_t)b->table->n_genes;
}

static uint32_t find_slot(const builder *b, const uint16_t *key) {
    uint32_t slot = (uint32_t)weft_hash(key, key_size(b), 0) & (b->n_slots - 1);
    while (b->slots[slot] != 0 && memcmp(next_key(b, b->slots[slot] - 1), key, key_size(b)) != 0) {
        slot = (slot + 1) & (b->n_slots - 1);
    }
    return slot;
}

/* Twice the slots, filled again with the states of the level. */
static weft_status grow_slots(builder *b) {
    uint32_t n_slots = b->n_slots == 0 ? 128 : 2 * b->n_slots;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL) {
        return weft_fail_memory(b->error, n_slots * sizeof *slots);
    }
    free(b->slots);
    b->slots = slots;
    b->n_slots = n_slots;
    for (uint32_t s = b->level_first; s < b->walk->n_states; s++) {
        b->slots[find_slot(b, next_key(b, s))] = s + 1;
    }
    return WEFT_OK;
}

/* The state of a level that has this key, made where there is none. */
static weft_status intern(builder *b, int level, const uint16_t *key, uint32_t *state) {
    weft_gene_walk *walk = b->walk;
    if (2 * (walk->n_states - b->level_first + 1) > b->n_slots) {
        WEFT_TRY(grow_slots(b));
    }
    uint32_t slot = find_slot(b, key);
    if (b->slots[slot] != 0) {
        *state = b->slots[slot] - 1;
        return WEFT_OK;
    }
    if (walk->n_states >= MAX_STATES) {
        return too_entangled(b);
    }
    WEFT_TRY(grow((void **)&walk->states, &b->state_room, walk->n_states + 1, sizeof *walk->states,
                  b->error));
    WEFT_TRY(grow((void **)&b->next_keys, &b->next_room, walk->n_states + 1 - b->level_first,
                  key_size(b), b->error));
    *state = walk->n_states++;
    walk->states[*state] = (walk_state){.level = level};
    memcpy(next_key(b, *state), key, key_size(b));
    b->slots[slot] = *state + 1;
    return WEFT_OK;
}

static bool key_activates(const builder *b, const uint16_t *key, int g) {
    const weft_gene *gene = &b->table->genes[g];
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        int number = key[condition->parent];
        if (number == INACTIVE) {
            return false;
        }
        double value = b->cuts[condition->parent].firsts[number - 1];
        if (!(value >= condition->minimum && value <= condition->maximum)) {
            return false;
        }
    }
    return true;
}

static weft_status add_part(builder *b, uint32_t state, double first, double last, int level,
                            const uint16_t *key) {
    weft_gene_walk *walk = b->walk;
    uint32_t next = 0;
    WEFT_TRY(intern(b, level + 1, key, &next));
    WEFT_TRY(grow((void **)&walk->parts, &b->part_room, walk->n_parts + 1, sizeof *walk->parts,
                  b->error));
    walk->parts[walk->n_parts++] = (walk_part){.first = first, .last = last, .next = next};
    walk->states[state].n_parts++;
    return WEFT_OK;
}

/* The parts of one state; `key` is its own, a copy to write into. */
static weft_status expand(builder *b, int level, uint32_t state, uint16_t *key) {
    int g = b->order[level];
    const weft_gene *gene = &b->table->genes[g];
    const cut_range *cuts = &b->cuts[g];
    b->walk->states[state].first_part = b->walk->n_parts;
    bool active = key_activates(b, key, g);
    /* From here on nobody asks for the parents whose last child this is. */
    for (int c = 0; c < gene->n_conditions; c++) {
        int parent = gene->conditions[c].parent;
        if (b->last_child[parent] == level) {
            key[parent] = INACTIVE;
        }
    }
    if (!active) {
        return add_part(b, state, NAN, NAN, level, key);
    }
    if (gene->kind == WEFT_GENE_REAL && weft_gene_varies(gene)) {
        return weft_fail(b->error, WEFT_ERROR_USAGE,
                         "gene '%.47s' is real and varies: its values cannot be enumerated",
                         gene->name);
    }
    for (int k = 0; k < cuts->n; k++) {
        double last = k + 1 < cuts->n ? cuts->firsts[k + 1] - 1.0 : gene->upper;
        key[g] = b->last_child[g] > level ? (uint16_t)(k + 1) : INACTIVE;
        WEFT_TRY(add_part(b, state, cuts->firsts[k], last, level, key));
    }
    return WEFT_OK;
}

static void swap_keys(builder *b) {
    uint16_t *keys = b->keys;
    uint32_t room = b->key_room;
    b->keys = b->next_keys;
    b->key_room = b->next_room;
    b->next_keys = keys;
    b->next_room = room;
    memset(b->slots, 0, b->n_slots * sizeof *b->slots);
    b->level_first = b->walk->n_states;
}

static weft_status build_levels(builder *b, uint16_t *key) {
    size_t n_genes = (size_t)b->table->n_genes;
    uint32_t first = 0;
    WEFT_TRY(intern(b, 0, key, &first));
    for (int level = 0; level < b->table->n_genes; level++) {
        first = b->level_first;
        swap_keys(b);
        uint32_t end = b->level_first;
        for (uint32_t s = first; s < end; s++) {
            memcpy(key, b->keys + (s - first) * n_genes, key_size(b));
            WEFT_TRY(expand(b, level, s, key));
        }
    }
    return WEFT_OK;
}

static weft_status count_states(builder *b) {
    weft_gene_walk *walk = b->walk;
    walk->states[walk->n_states - 1].count = 1; /* behind the last gene nobody asks for anything */
    for (uint32_t s = walk->n_states - 1; s-- > 0;) {
        walk_state *state = &walk->states[s];
        for (uint32_t p = state->first_part; p < state->first_part + state->n_parts; p++) {
            const walk_part *part = &walk->parts[p];
            uint64_t values = isnan(part->first) ? 1 : (uint64_t)(part->last - part->first) + 1;
            uint64_t more;
            if (__builtin_mul_overflow(values, walk->states[part->next].count, &more) ||
                __builtin_add_overflow(state->count, more, &state->count) ||
                state->count > INT64_MAX) {
                return weft_fail(b->error, WEFT_ERROR_USAGE,
                                 "the genes have 2^63 genomes or more, too many for a walk");
            }
        }
    }
    return WEFT_OK;
}

/* ---- leaving out the levels without a choice ------------------------------------------------- */

static bool same_value(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* constant[level]: all states of the level have one and the same value. */
static void find_constant(const weft_gene_walk *walk, bool *constant) {
    for (uint32_t s = walk->n_states - 1; s-- > 0;) {
        const walk_state *state = &walk->states[s];
        const walk_part *part = &walk->parts[state->first_part];
        const walk_state *after = &walk->states[s + 1];
        bool last_of_level = after->level != state->level;
        bool single = state->n_parts == 1 && same_value(part->first, part->last);
        bool as_after = last_of_level ||
                        (constant[state->level] &&
                         same_value(part->first, walk->parts[after->first_part].first));
        constant[state->level] = single && as_after;
    }
}

static uint32_t skip_constant(const weft_gene_walk *walk, const bool *constant, uint32_t s) {
    while (walk->states[s].n_parts > 0 && constant[walk->states[s].level]) {
        s = walk->parts[walk->states[s].first_part].next;
    }
    return s;
}

static weft_status contract(builder *b) {
    weft_gene_walk *walk = b->walk;
    size_t n = (size_t)walk->n_genes;
    bool *constant = calloc(n, sizeof *constant);
    if (constant == NULL) {
        return weft_fail_memory(b->error, n);
    }
    find_constant(walk, constant);
    for (uint32_t p = 0; p < walk->n_parts; p++) {
        walk->parts[p].next = skip_constant(walk, constant, walk->parts[p].next);
    }
    for (uint32_t s = 0; s + 1 < walk->n_states; s++) {
        int level = walk->states[s].level;
        if (constant[level]) {
            walk->constant[b->order[level]] = walk->parts[walk->states[s].first_part].first;
        }
    }
    walk->root = skip_constant(walk, constant, 0);
    for (int level = 0; level < walk->n_genes; level++) {
        if (!constant[level]) {
            walk->genes[walk->n_levels] = b->order[level];
            walk->places[walk->n_levels++] = level;
        }
    }
    free(constant);
    return WEFT_OK;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static weft_status check_order(const weft_gene_table *table, const int *order, int *place,
                               weft_error *error) {
    for (int g = 0; g < table->n_genes; g++) {
        place[g] = -1;
    }
    for (int p = 0; p < table->n_genes; p++) {
        if (order[p] < 0 || order[p] >= table->n_genes || place[order[p]] >= 0) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "the order of a walk has gene %d at place %d; expected each of 0 to "
                             "%d once",
                             order[p], p, table->n_genes - 1);
        }
        place[order[p]] = p;
    }
    for (int g = 0; g < table->n_genes; g++) {
        for (int c = 0; c < table->genes[g].n_conditions; c++) {
            int parent = table->genes[g].conditions[c].parent;
            if (place[parent] > place[g]) {
                return weft_fail(error, WEFT_ERROR_USAGE,
                                 "the order of a walk has gene '%.47s' before its parent '%.47s'",
                                 table->genes[g].name, table->genes[parent].name);
            }
        }
    }
    return WEFT_OK;
}

static void find_last_children(builder *b, const int *place) {
    for (int g = 0; g < b->table->n_genes; g++) {
        b->last_child[g] = -1;
    }
    for (int g = 0; g < b->table->n_genes; g++) {
        for (int c = 0; c < b->table->genes[g].n_conditions; c++) {
            int parent = b->table->genes[g].conditions[c].parent;
            if (b->last_child[parent] < place[g]) {
                b->last_child[parent] = place[g];
            }
        }
    }
}

static weft_status build(builder *b, const int *place, uint16_t *key) {
    find_last_children(b, place);
    for (int g = 0; g < b->table->n_genes; g++) {
        WEFT_TRY(cut_gene(b, g));
    }
    WEFT_TRY(build_levels(b, key));
    WEFT_TRY(count_states(b));
    return contract(b);
}

/* What lives only while a walk is built: places, the order where none is given, one key. */
static weft_status with_scratch(builder *b, const int *order) {
    size_t n = (size_t)b->table->n_genes;
    int *own_order = malloc(n * sizeof *own_order);
    int *place = malloc(n * sizeof *place);
    uint16_t *key = calloc(n, sizeof *key);
    b->last_child = malloc(n * sizeof *b->last_child);
    b->cuts = calloc(n, sizeof *b->cuts);
    weft_status status = WEFT_OK;
    if (own_order == NULL || place == NULL || key == NULL || b->last_child == NULL ||
        b->cuts == NULL) {
        status = weft_fail_memory(b->error, n * sizeof *b->cuts);
    } else {
        for (int p = 0; p < b->table->n_genes; p++) {
            own_order[p] = p;
        }
        b->order = order != NULL ? order : own_order;
        status = check_order(b->table, b->order, place, b->error);
    }
    if (status == WEFT_OK) {
        status = build(b, place, key);
    }
    for (size_t g = 0; b->cuts != NULL && g < n; g++) {
        free(b->cuts[g].firsts);
    }
    free(b->cuts);
    free(b->last_child);
    free(b->keys);
    free(b->next_keys);
    free(b->slots);
    free(own_order);
    free(place);
    free(key);
    return status;
}

weft_status weft_gene_walk_create(const weft_gene_table *table, const int *order,
                                  weft_gene_walk **walk, weft_error *error) {
    WEFT_TRY(weft_gene_table_check(table, error));
    weft_gene_walk *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    size_t n = (size_t)table->n_genes;
    made->n_genes = table->n_genes;
    made->genes = malloc(n * sizeof *made->genes);
    made->places = malloc(n * sizeof *made->places);
    made->constant = calloc(n, sizeof *made->constant);
    weft_status status = WEFT_OK;
    if (made->genes == NULL || made->places == NULL || made->constant == NULL) {
        status = weft_fail_memory(error, n * sizeof *made->constant);
    } else {
        builder b = {.table = table, .walk = made, .error = error};
        status = with_scratch(&b, order);
    }
    if (status != WEFT_OK) {
        weft_gene_walk_destroy(made);
        return status;
    }
    *walk = made;
    return WEFT_OK;
}

void weft_gene_walk_destroy(weft_gene_walk *walk) {
    if (walk != NULL) {
        free(walk->genes);
        free(walk->places);
        free(walk->constant);
        free(walk->states);
        free(walk->parts);
        free(walk);
    }
}

uint64_t weft_gene_walk_count(const weft_gene_walk *walk) {
    return walk->states[walk->root].count;
}

void weft_gene_walk_range(const weft_gene_walk *walk, uint64_t part, uint64_t n_parts,
                          uint64_t *first, uint64_t *end) {
    uint64_t size = weft_gene_walk_count(walk) / n_parts;
    uint64_t larger = weft_gene_walk_count(walk) % n_parts; /* the first parts have one more */
    *first = part * size + (part < larger ? part : larger);
    *end = *first + size + (part < larger ? 1 : 0);
}

/* ---- the cursor ------------------------------------------------------------------------------ */

weft_status weft_gene_cursor_create(const weft_gene_walk *walk, uint64_t first, uint64_t end,
                                    weft_gene_cursor **cursor, weft_error *error) {
    weft_gene_cursor *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    size_t room = (size_t)walk->n_levels + 1;
    made->walk = walk;
    made->state = calloc(room, sizeof *made->state);
    made->part = calloc(room, sizeof *made->part);
    made->genome = calloc((size_t)walk->n_genes, sizeof *made->genome);
    if (made->state == NULL || made->part == NULL || made->genome == NULL) {
        weft_gene_cursor_destroy(made);
        return weft_fail_memory(error, room * sizeof *made->state);
    }
    weft_gene_cursor_seek(made, first, end);
    *cursor = made;
    return WEFT_OK;
}

void weft_gene_cursor_destroy(weft_gene_cursor *cursor) {
    if (cursor != NULL) {
        free(cursor->state);
        free(cursor->part);
        free(cursor->genome);
        free(cursor);
    }
}

/* The value of one level at place `*place` among the completions of its state; *place becomes the
 * place among those of the state behind. */
static void set_level(weft_gene_cursor *cursor, int level, uint32_t s, uint64_t *place) {
    const weft_gene_walk *walk = cursor->walk;
    uint32_t p = walk->states[s].first_part;
    for (;; p++) {
        const walk_part *part = &walk->parts[p];
        uint64_t each = walk->states[part->next].count;
        uint64_t values = isnan(part->first) ? 1 : (uint64_t)(part->last - part->first) + 1;
        if (*place < values * each) {
            cursor->genome[walk->genes[level]] = part->first + (double)(*place / each);
            *place %= each;
            break;
        }
        *place -= values * each;
    }
    cursor->state[level] = s;
    cursor->part[level] = p;
}

void weft_gene_cursor_seek(weft_gene_cursor *cursor, uint64_t first, uint64_t end) {
    const weft_gene_walk *walk = cursor->walk;
    uint64_t count = weft_gene_walk_count(walk);
    end = end < count ? end : count;
    cursor->left = first < end ? end - first : 0;
    cursor->fresh = true;
    cursor->deepest = -1;
    if (cursor->left == 0) {
        return;
    }
    memcpy(cursor->genome, walk->constant, (size_t)walk->n_genes * sizeof *cursor->genome);
    uint32_t s = walk->root;
    for (int level = 0; level < walk->n_levels; level++) {
        set_level(cursor, level, s, &first);
        if (walk->states[s].count > 1) {
            cursor->deepest = level;
        }
        s = walk->parts[cursor->part[level]].next;
    }
}

/* First values behind `level`, down to where nothing changes. */
static void descend(weft_gene_cursor *cursor, int level) {
    const weft_gene_walk *walk = cursor->walk;
    uint32_t s = walk->parts[cursor->part[level]].next;
    cursor->deepest = level;
    for (level++; level < walk->n_levels; level++) {
        const walk_state *state = &walk->states[s];
        if (state->count > 1) {
            cursor->deepest = level;
        } else if (cursor->state[level] == s) {
            return;
        }
        const walk_part *part = &walk->parts[state->first_part];
        cursor->state[level] = s;
        cursor->part[level] = state->first_part;
        cursor->genome[walk->genes[level]] = part->first;
        s = part->next;
    }
}

/* To the next place; returns the level that was raised. There is one: `left` says so. */
static int advance(weft_gene_cursor *cursor) {
    const weft_gene_walk *walk = cursor->walk;
    int level = cursor->deepest;
    for (;; level--) {
        uint32_t p = cursor->part[level];
        double *value = &cursor->genome[walk->genes[level]];
        if (*value + 1.0 <= walk->parts[p].last) {
            *value += 1.0;
            break;
        }
        const walk_state *state = &walk->states[cursor->state[level]];
        if (p + 1 < state->first_part + state->n_parts) {
            cursor->part[level] = p + 1;
            *value = walk->parts[p + 1].first;
            break;
        }
    }
    descend(cursor, level);
    return level;
}

const double *weft_gene_cursor_next(weft_gene_cursor *cursor, int *changed) {
    if (cursor->left == 0) {
        return NULL;
    }
    cursor->left--;
    int place = 0;
    if (cursor->fresh) {
        cursor->fresh = false;
    } else {
        place = cursor->walk->places[advance(cursor)];
    }
    if (changed != NULL) {
        *changed = place;
    }
    return cursor->genome;
}
