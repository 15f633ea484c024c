/* SPDX-License-Identifier: Apache-2.0
 *
 * Hill climbing with restarts; with several objectives, Pareto local search (L. Paquete, M.
 * Chiarandini, T. Stuetzle, "Pareto local optimum sets in the biobjective traveling salesman
 * problem: an experimental study", 2004). Steps go from a centre c to genomes that differ in one
 * gene:
 *
 *     a choice: any other one;   a short ordered gene: the next value up or down;
 *     a real, or a whole number of more than FINE_VALUES values: x +- 2^-l START (b - a) on its
 *     search scale [a, b], at least 1 for whole numbers; at the end of the range, to the end;
 *
 * genes that become active are drawn. Told trials count in rounds of `population`, whatever the
 * size of the batches. A round is either random, which begins a climb, or of steps from one centre,
 * in random order, those not known yet; where there are too few, of several steps at once. When it
 * is complete, the trials that no other of the climb dominates (constrained domination, standing.h;
 * the first of equals) are its members: with one objective, the best. So the climb moves to the
 * best of each round that improves.
 *
 * The next centre is the member least explored: of least l, then of least trials spent on it, then
 * the newest. When as many trials as it has steps were spent on it, its l grows by one, and from
 * then on only the genes with fine steps are tried; after LEVELS of them, or where there is no such
 * gene, it is a local optimum. When all members are, the next round is random, and a new climb. */
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/standing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND = 8, FINE_VALUES = 64, LEVELS = 10, ATTEMPTS = 16 };

static const double START = 0.25;

/* Streams of a centre: one for each step's drawn genes, the last for their order. */
enum { STREAMS = 1 << 20, ORDER = STREAMS - 1 };

typedef struct step {
    int gene;
    double value;
    uint32_t stream;
} step;

typedef struct member {
    size_t row;
    int level;    /* l */
    bool entered; /* at this level: genes without fine steps are still to be tried */
    size_t spent; /* told trials of steps from it at this level */
} member;

typedef struct local {
    size_t round;
    size_t n_consumed; /* told trials of complete rounds */
    member *members;   /* (capacity): of the climb; none dominates another */
    size_t n, capacity;
    bool climbing; /* from `centre`; false: the round is random */
    size_t centre; /* row */
    int level;
    step *steps; /* (n_steps) from the centre, in the order in which they are tried */
    size_t n_steps;
    size_t next; /* for the batch being put together */
} local;

static void destroy(void *state) {
    local *model = state;
    free(model->members);
    free(model->steps);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    int population = optimizer->settings.population;
    size_t n_steps = 1;
    local *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    model->round = population > 0 ? (size_t)population : ROUND;
    for (int g = 0; g < optimizer->table.n_genes; g++) {
        const weft_gene *gene = &optimizer->table.genes[g];
        n_steps += gene->kind == WEFT_GENE_CATEGORICAL ? (size_t)gene->n_choices : 2;
    }
    model->steps = malloc(n_steps * sizeof *model->steps);
    return model->steps != NULL ? WEFT_OK : weft_fail_memory(error, n_steps * sizeof(step));
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool fine(const weft_gene *gene) {
    return gene->kind == WEFT_GENE_REAL || gene->upper - gene->lower >= FINE_VALUES;
}

/* The value one step up (or down, direction -1); the same where there is none. */
static double beside(const weft_gene *gene, double value, int level, int direction) {
    double next = value + direction;
    if (fine(gene)) {
        double lower;
        double upper;
        weft_gene_interval(gene, &lower, &upper);
        double width = ldexp(START * (upper - lower), -level);
        next = weft_gene_value(gene, weft_gene_position(gene, value) + direction * width);
        next = weft_gene_whole(gene) && next == value ? value + direction : next;
    }
    return next < gene->lower ? gene->lower : next > gene->upper ? gene->upper : next;
}

static size_t add_step(step *steps, size_t n, int g, double value) {
    if (steps != NULL) {
        steps[n] = (step){.gene = g, .value = value, .stream = (uint32_t)(n % ORDER)};
    }
    return n + 1;
}

/* The steps from a genome, and their number; `entered`: of all genes, else of the fine ones. */
static size_t list_steps(const weft_gene_table *table, const double *genome, int level,
                         bool entered, step *steps) {
    size_t n = 0;
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (isnan(genome[g]) || !weft_gene_varies(gene) || !(entered || fine(gene))) {
            continue;
        }
        if (gene->kind == WEFT_GENE_CATEGORICAL) {
            for (int k = 0; k < gene->n_choices; k++) {
                n = genome[g] == k ? n : add_step(steps, n, g, k);
            }
            continue;
        }
        for (int direction = -1; direction <= 1; direction += 2) {
            double value = beside(gene, genome[g], level, direction);
            n = value == genome[g] ? n : add_step(steps, n, g, value);
        }
    }
    return n;
}

/* ---- the climb ------------------------------------------------------------------------------- */

static bool same_outcome(const weft_outcome *a, const weft_outcome *b, int n_objectives) {
    if (a->state != b->state) {
        return false;
    }
    for (int m = 0; a->state == WEFT_OUTCOME_OK && m < n_objectives; m++) {
        if (a->objectives[m] != b->objectives[m]) {
            return false;
        }
    }
    return a->state != WEFT_OUTCOME_INFEASIBLE || a->violation == b->violation;
}

static weft_status reserve_member(local *model, weft_error *error) {
    if (model->n < model->capacity) {
        return WEFT_OK;
    }
    size_t capacity = model->capacity == 0 ? 32 : 2 * model->capacity;
    member *members = realloc(model->members, capacity * sizeof *members);
    if (members == NULL) {
        return weft_fail_memory(error, capacity * sizeof *members);
    }
    model->members = members;
    model->capacity = capacity;
    return WEFT_OK;
}

static weft_status enter(const weft_optimizer *optimizer, local *model, size_t row,
                         weft_error *error) {
    const weft_outcome *outcomes = optimizer->history.outcomes;
    int n_objectives = optimizer->settings.n_objectives;
    for (size_t i = 0; i < model->n; i++) {
        const weft_outcome *other = &outcomes[model->members[i].row];
        if (weft_outcome_dominates(other, &outcomes[row], n_objectives) ||
            same_outcome(other, &outcomes[row], n_objectives)) {
            return WEFT_OK;
        }
    }
    WEFT_TRY(reserve_member(model, error));
    size_t kept = 0;
    for (size_t i = 0; i < model->n; i++) {
        if (!weft_outcome_dominates(&outcomes[row], &outcomes[model->members[i].row],
                                    n_objectives)) {
            model->members[kept++] = model->members[i];
        }
    }
    int level = model->climbing ? model->level : 0;
    model->members[kept++] = (member){.row = row, .level = level, .entered = true};
    model->n = kept;
    return WEFT_OK;
}

/* Makes the steps of a member finer where those of its level were tried; false: none are left. */
static bool refine(const weft_optimizer *optimizer, member *m) {
    const double *genome = weft_history_genome(&optimizer->history, m->row);
    while (m->level < LEVELS &&
           m->spent >= list_steps(&optimizer->table, genome, m->level, m->entered, NULL)) {
        m->level++;
        m->entered = false;
        m->spent = 0;
    }
    return m->level < LEVELS;
}

static bool less_explored(const member *a, const member *b) {
    if (a->level != b->level) {
        return a->level < b->level;
    }
    return a->spent != b->spent ? a->spent < b->spent : a->row > b->row;
}

static const member *choose_centre(const weft_optimizer *optimizer, local *model) {
    const member *best = NULL;
    for (size_t i = 0; i < model->n; i++) {
        member *m = &model->members[i];
        if (refine(optimizer, m) && (best == NULL || less_explored(m, best))) {
            best = m;
        }
    }
    return best;
}

static weft_rng stream_of(const weft_optimizer *optimizer, size_t row, uint32_t stream) {
    return weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_STEP,
                         (uint64_t)row * STREAMS + stream);
}

static void move_to(const weft_optimizer *optimizer, local *model, const member *centre) {
    model->climbing = centre != NULL;
    model->n = centre != NULL ? model->n : 0;
    if (centre == NULL) {
        return;
    }
    model->centre = centre->row;
    model->level = centre->level;
    model->n_steps = list_steps(&optimizer->table,
                                weft_history_genome(&optimizer->history, centre->row),
                                centre->level, centre->entered, model->steps);
    weft_rng rng = stream_of(optimizer, centre->row, ORDER);
    for (size_t left = model->n_steps; left > 1; left--) {
        size_t i = (size_t)weft_rng_below(&rng, left);
        step swapped = model->steps[left - 1];
        model->steps[left - 1] = model->steps[i];
        model->steps[i] = swapped;
    }
}

static weft_status take_round(const weft_optimizer *optimizer, local *model, weft_error *error) {
    for (size_t i = 0; model->climbing && i < model->n; i++) {
        if (model->members[i].row == model->centre) {
            model->members[i].spent += model->round;
        }
    }
    for (size_t i = 0; i < model->round; i++) {
        WEFT_TRY(enter(optimizer, model, model->n_consumed + i, error));
    }
    model->n_consumed += model->round;
    move_to(optimizer, model, choose_centre(optimizer, model));
    return WEFT_OK;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    local *model = optimizer->state;
    while (optimizer->history.n - model->n_consumed >= model->round) {
        WEFT_TRY(take_round(optimizer, model, error));
    }
    model->next = 0;
    return WEFT_OK;
}

/* ---- proposals ------------------------------------------------------------------------------- */

static bool propose_step(const weft_optimizer *optimizer, local *model, double *genome) {
    const double *centre = weft_history_genome(&optimizer->history, model->centre);
    while (model->next < model->n_steps) {
        const step *s = &model->steps[model->next++];
        weft_rng rng = stream_of(optimizer, model->centre, s->stream);
        memcpy(genome, centre, (size_t)optimizer->table.n_genes * sizeof *genome);
        genome[s->gene] = s->value;
        weft_genome_complete(&optimizer->table, &rng, genome);
        weft_optimizer_repair(optimizer, &rng, genome);
        if (weft_optimizer_accepts(optimizer, genome)) {
            return true;
        }
    }
    return false;
}

/* Two steps from the centre, and another one for every ATTEMPTS in vain. */
static void propose_steps(const weft_optimizer *optimizer, const local *model, int attempt,
                          weft_rng *rng, double *genome) {
    memcpy(genome, weft_history_genome(&optimizer->history, model->centre),
           (size_t)optimizer->table.n_genes * sizeof *genome);
    for (int i = 0; i < 2 + attempt / ATTEMPTS; i++) {
        const step *s = &model->steps[weft_rng_below(rng, model->n_steps)];
        if (!isnan(genome[s->gene])) {
            genome[s->gene] = s->value;
            weft_genome_complete(&optimizer->table, rng, genome);
        }
    }
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    local *model = optimizer->state;
    if (!model->climbing) {
        weft_genome_draw(&optimizer->table, rng, genome);
    } else if (!propose_step(optimizer, model, genome)) {
        propose_steps(optimizer, model, attempt, rng, genome);
    }
}

const weft_method weft_method_local = {
    .name = "local", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
