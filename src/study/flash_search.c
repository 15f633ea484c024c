/* SPDX-License-Identifier: Apache-2.0
 *
 * Hierarchical search by SHGO (Endres et al., J. Global Optim. 72, 2018), after FLASH (Li et al., ACM
 * TECS 20(5s), 2021), of a function that is arithmetic:
 *   coarse  one level 0 .. 1 each of depth, width, skips (and expansion), common to all cells; a gene
 *           stands at that share of its range
 *   fine    all genes, within `reach` of their ranges around the coarse winner
 *   whole   from the best ends of both: rounded, then steps of one gene (1, 2, 4, .. values) and of two
 *           genes while one is better; from the best of these again and again after some
 *           genes were drawn anew (iterated local search: Lourenco, Martin and Stutzle, Handbook of
 *           Metaheuristics, 2003), `evaluations` in all
 * The first two are relaxed: genes lie between their values, layers are there in part, tiles are not
 * rounded up. What is compared is first by how much constraints are broken, then the score. */
#include "base/rng.h"
#include "study/flash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = WEFT_FLASH_MAX_GENES, MAX_ENDS = 8 };

typedef struct searcher {
    const weft_flash *flash;
    weft_gene_table table;
    weft_form_layer *layers;
    double scale;   /* of scores, for what SHGO sees */
    uint64_t count; /* evaluations of the stage at hand */
    /* What variables of the stage at hand are of a genome. */
    bool coarse;
    int n_variables;
    int gene[MAX];              /* fine: of a variable */
    double middle[MAX];         /* fine: a genome; what does not vary stands there */
    int field[MAX];             /* coarse: of a variable */
    double genome[MAX];         /* scratch */
    double ends[MAX_ENDS][MAX]; /* relaxed genomes to begin whole numbers from */
    int n_ends;
} searcher;

/* ---- relaxed ----------------------------------------------------------------------------------- */

static void place(searcher *s, const double *x) {
    memcpy(s->genome, s->middle, sizeof s->genome);
    for (int v = 0; v < s->n_variables && !s->coarse; v++) {
        s->genome[s->gene[v]] = x[v];
    }
    for (int g = 0; g < s->table.n_genes && s->coarse; g++) {
        const weft_gene *gene = &s->table.genes[g];
        for (int v = 0; v < s->n_variables; v++) {
            if (s->field[v] == (int)weft_space_cells_field(s->flash->space, g)) {
                s->genome[g] = gene->lower + x[v] * (gene->upper - gene->lower);
            }
        }
    }
}

/* Rises with the score that is minimised; orders of magnitude become steps of like size. */
static double objective(void *context, const double *x) {
    searcher *s = context;
    double metrics[WEFT_FLASH_METRICS];
    place(s, x);
    s->count++;
    weft_flash_evaluate(s->flash, s->genome, true, s->layers, metrics);
    double value = asinh(weft_expr_evaluate(s->flash->score, metrics) / s->scale);
    return s->flash->maximise ? -value : value;
}

static void margins(void *context, const double *x, double *values) {
    searcher *s = context;
    double metrics[WEFT_FLASH_METRICS];
    place(s, x);
    weft_flash_evaluate(s->flash, s->genome, true, s->layers, metrics);
    for (int i = 0; i < s->flash->n_constraints; i++) {
        values[i] = weft_flash_margin(s->flash, i, metrics);
    }
}

static void keep_end(searcher *s, const double *x) {
    place(s, x);
    if (s->n_ends < MAX_ENDS) {
        memcpy(s->ends[s->n_ends++], s->genome, sizeof s->genome);
    }
}

/* One stage; its ends are kept, the first becomes the middle. Where nothing holds the constraints the
 * middle stays, and is kept. */
static weft_status run_stage(searcher *s, const double *lower, const double *upper, int keep,
                             weft_error *error) {
    weft_shgo_settings settings;
    weft_shgo_minima minima;
    weft_shgo_problem problem = {.n_variables = s->n_variables,
                                 .lower = lower,
                                 .upper = upper,
                                 .context = s,
                                 .objective = objective,
                                 .constraints = s->flash->n_constraints > 0 ? margins : NULL,
                                 .n_inequalities = s->flash->n_constraints};
    weft_shgo_defaults(&settings);
    settings.points = (int)s->flash->points;
    settings.starts = (int)s->flash->starts;
    settings.local = WEFT_SHGO_COBYLA; /* layers come and go: kinks */
    settings.tolerance = 1e-3;
    settings.local_evaluations = 150;
    weft_status status = weft_shgo(&problem, &settings, &minima, error);
    if (status == WEFT_ERROR_INFEASIBLE) {
        if (s->n_ends < MAX_ENDS) {
            memcpy(s->ends[s->n_ends++], s->middle, sizeof s->middle);
        }
        return WEFT_OK;
    }
    WEFT_TRY(status);
    for (size_t i = 0; i < minima.n && (int)i < keep; i++) {
        keep_end(s, minima.x + i * (size_t)s->n_variables);
    }
    if (minima.n > 0) {
        place(s, minima.x);
        memcpy(s->middle, s->genome, sizeof s->middle);
    }
    weft_shgo_clear(&minima);
    return WEFT_OK;
}

/* The fields that some gene varies. */
static weft_status run_coarse(searcher *s, weft_error *error) {
    double lower[MAX] = {0.0};
    double upper[MAX];
    s->coarse = true;
    s->n_variables = 0;
    for (int field = 0; field < WEFT_CELLS_FIELDS; field++) {
        bool varies = false;
        for (int g = 0; g < s->table.n_genes; g++) {
            varies |= (int)weft_space_cells_field(s->flash->space, g) == field &&
                      weft_gene_varies(&s->table.genes[g]);
        }
        if (varies) {
            upper[s->n_variables] = 1.0;
            s->field[s->n_variables++] = field;
        }
    }
    return run_stage(s, lower, upper, 2, error);
}

static weft_status run_fine(searcher *s, weft_error *error) {
    double lower[MAX];
    double upper[MAX];
    s->coarse = false;
    s->n_variables = 0;
    for (int g = 0; g < s->table.n_genes; g++) {
        const weft_gene *gene = &s->table.genes[g];
        if (weft_gene_varies(gene)) {
            double reach = fmax(1.0, s->flash->reach * (gene->upper - gene->lower));
            int v = s->n_variables++;
            s->gene[v] = g;
            lower[v] = fmax(gene->lower, s->middle[g] - reach);
            upper[v] = fmin(gene->upper, s->middle[g] + reach);
        }
    }
    return run_stage(s, lower, upper, 3, error);
}

/* ---- whole numbers ----------------------------------------------------------------------------- */

typedef struct rank {
    double violation, value; /* both minimised */
} rank;

static bool better(const rank *a, const rank *b) {
    return a->violation != b->violation ? a->violation < b->violation : a->value < b->value;
}

static rank rank_of(const weft_flash *flash, const double *metrics) {
    double score = weft_expr_evaluate(flash->score, metrics);
    rank made = {weft_flash_violation(flash, metrics), flash->maximise ? -score : score};
    made.value = isfinite(made.value) ? made.value : INFINITY;
    return made;
}

/* Of a genome that is to be better than `now`; infinite where its degree tells that it is not. */
static rank rank_at(searcher *s, const double *genome, const rank *now) {
    double metrics[WEFT_FLASH_METRICS];
    s->count++;
    return weft_flash_evaluate_within(s->flash, genome, now->violation, s->layers, metrics)
               ? rank_of(s->flash, metrics)
               : (rank){INFINITY, INFINITY};
}

static bool move(const weft_gene *gene, double by, double *value) {
    double to = *value + by;
    if (to < gene->lower || to > gene->upper) {
        return false;
    }
    *value = to;
    return true;
}

/* The best of all steps of one gene, if it is better than *now. */
static bool improve(searcher *s, double *at, rank *now) {
    int best = -1;
    double to = 0.0;
    for (int g = 0; g < s->table.n_genes; g++) {
        const weft_gene *gene = &s->table.genes[g];
        const double was = at[g];
        for (double step = 1.0; step <= gene->upper - gene->lower; step *= 2.0) {
            for (int sign = -1; sign <= 1; sign += 2) {
                at[g] = was;
                if (!move(gene, sign * step, &at[g])) {
                    continue;
                }
                rank there = rank_at(s, at, now);
                if (better(&there, now)) {
                    *now = there;
                    best = g;
                    to = at[g];
                }
            }
        }
        at[g] = was;
    }
    if (best >= 0) {
        at[best] = to;
    }
    return best >= 0;
}

/* The first better one of all steps of gene g together with one of gene h. */
static bool improve_both(searcher *s, int g, int h, double *at, rank *now) {
    const weft_gene *first = &s->table.genes[g];
    const weft_gene *second = &s->table.genes[h];
    const double was[2] = {at[g], at[h]};
    for (double a = 1.0; a <= first->upper - first->lower; a *= 2.0) {
        for (double b = 1.0; b <= second->upper - second->lower; b *= 2.0) {
            for (int signs = 0; signs < 4; signs++) {
                at[g] = was[0];
                at[h] = was[1];
                if (move(first, (signs & 1) != 0 ? a : -a, &at[g]) &&
                    move(second, (signs & 2) != 0 ? b : -b, &at[h])) {
                    rank there = rank_at(s, at, now);
                    if (better(&there, now)) {
                        *now = there;
                        return true;
                    }
                }
            }
        }
    }
    at[g] = was[0];
    at[h] = was[1];
    return false;
}

static bool improve_pair(searcher *s, double *at, rank *now) {
    for (int g = 0; g < s->table.n_genes; g++) {
        for (int h = g + 1; h < s->table.n_genes; h++) {
            if (improve_both(s, g, h, at, now)) {
                return true;
            }
        }
    }
    return false;
}

static void descend(searcher *s, double *at, rank *now) {
    while (improve(s, at, now) || improve_pair(s, at, now)) {
    }
}

/* Draws genes anew: those of one cell, about a third of all, or all. */
static void kick(const searcher *s, weft_rng *rng, double *at) {
    const weft_cells_binding *binding = &s->flash->binding;
    const uint64_t kind = weft_rng_below(rng, 3);
    const int cell = (int)weft_rng_below(rng, (uint64_t)binding->blank.n_cells);
    for (int g = 0; g < s->table.n_genes; g++) {
        const weft_gene *gene = &s->table.genes[g];
        uint64_t values = (uint64_t)(gene->upper - gene->lower) + 1;
        bool drawn = kind == 0   ? cell >= binding->genes[g].first && cell < binding->genes[g].end
                     : kind == 1 ? weft_rng_below(rng, 3) == 0
                                 : true;
        if (drawn) {
            at[g] = gene->lower + (double)weft_rng_below(rng, values);
        }
    }
}

static void run_whole(searcher *s, double *best) {
    weft_rng rng = weft_rng_make(0, WEFT_PURPOSE_STEP, 0);
    rank least = {INFINITY, INFINITY};
    for (int e = 0; e < s->n_ends || s->count < (uint64_t)s->flash->evaluations; e++) {
        double at[MAX];
        memcpy(at, best, sizeof at);
        for (int g = 0; g < s->table.n_genes && e < s->n_ends; g++) {
            at[g] = round(s->ends[e][g]);
        }
        if (e >= s->n_ends) {
            kick(s, &rng, at);
        }
        rank now = rank_at(s, at, &(rank){INFINITY, INFINITY});
        descend(s, at, &now);
        if (better(&now, &least)) {
            least = now;
            memcpy(best, at, sizeof at);
        }
    }
}

/* ---- public ------------------------------------------------------------------------------------ */

static weft_status fail_without(const weft_flash *flash, const weft_flash_design *nearest,
                                weft_error *error) {
    int worst = 0;
    for (int i = 1; i < flash->n_constraints; i++) {
        worst = weft_flash_margin(flash, i, nearest->metrics) <
                        weft_flash_margin(flash, worst, nearest->metrics)
                    ? i
                    : worst;
    }
    weft_fail(
        error, WEFT_ERROR_INFEASIBLE,
        "no design was found that holds the constraints: the nearest one (%.100s) breaks '%.100s' "
        "by %.3g %%",
        nearest->network, flash->constraint_texts[worst],
        -100.0 * weft_flash_margin(flash, worst, nearest->metrics));
    weft_hint(error, "widen the constraint or the ranges of the space");
    return WEFT_ERROR_INFEASIBLE;
}

/* Tells the best design, which must hold the constraints and have a score. */
static weft_status tell_best(const weft_flash *flash, weft_form_layer *layers,
                             weft_flash_design *best, weft_error *error) {
    weft_flash_tell(flash, layers, best);
    if (best->violation > 0.0) {
        return fail_without(flash, best, error);
    }
    if (!isfinite(best->score)) {
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "'%.100s' is no finite number for any design that was found", flash->score_text);
        weft_hint(error, "mind divisions by what may be 0, and roots and logarithms");
        return WEFT_ERROR_INFEASIBLE;
    }
    return WEFT_OK;
}

weft_status weft_flash_search(const weft_flash *flash, weft_flash_result *result,
                              weft_error *error) {
    searcher s = {.flash = flash, .table = weft_space_genes(flash->space), .scale = 1e-300};
    weft_flash_result made = {.coarse = 0};
    double metrics[WEFT_FLASH_METRICS];
    s.layers = calloc(WEFT_FLASH_MAX_LAYERS, sizeof *s.layers);
    if (s.layers == NULL) {
        return weft_fail_memory(error, WEFT_FLASH_MAX_LAYERS * sizeof *s.layers);
    }
    for (int g = 0; g < s.table.n_genes; g++) {
        s.middle[g] = (s.table.genes[g].lower + s.table.genes[g].upper) / 2.0;
    }
    weft_flash_evaluate(flash, s.middle, true, s.layers, metrics);
    double usual = fabs(weft_expr_evaluate(flash->score, metrics));
    s.scale = isfinite(usual) && usual > 0.0 ? 1e-6 * usual : 1.0;
    weft_status status = run_coarse(&s, error);
    made.coarse = s.count;
    s.count = 0;
    if (status == WEFT_OK) {
        status = run_fine(&s, error);
        made.fine = s.count;
        s.count = 0;
    }
    if (status == WEFT_OK) {
        run_whole(&s, made.best.genome);
        made.whole = s.count;
        status = tell_best(flash, s.layers, &made.best, error);
    }
    free(s.layers);
    WEFT_TRY(status);
    *result = made;
    return WEFT_OK;
}

static weft_status walk_all(const weft_flash *flash, weft_gene_walk *walk, const weft_stop *stop,
                            weft_form_layer *layers, weft_flash_result *made, weft_error *error) {
    enum { ASKED_EACH = 4096 };
    const int n_genes = weft_space_genes(flash->space).n_genes;
    weft_gene_cursor *cursor = NULL;
    rank least = {INFINITY, INFINITY};
    const double *genome;
    weft_status status = WEFT_OK;
    WEFT_TRY(weft_gene_cursor_create(walk, 0, weft_gene_walk_count(walk), &cursor, error));
    while ((genome = weft_gene_cursor_next(cursor, NULL)) != NULL) {
        double metrics[WEFT_FLASH_METRICS];
        if (made->designs++ % ASKED_EACH == 0 && weft_stop_requested(stop)) {
            status = WEFT_STOPPED;
            break;
        }
        if (!weft_flash_evaluate_within(flash, genome, least.violation, layers, metrics)) {
            continue;
        }
        rank now = rank_of(flash, metrics);
        made->feasible += now.violation <= 0.0;
        if (better(&now, &least)) {
            least = now;
            memcpy(made->best.genome, genome, (size_t)n_genes * sizeof *genome);
        }
    }
    weft_gene_cursor_destroy(cursor);
    return status;
}

weft_status weft_flash_exhaust(const weft_flash *flash, const weft_stop *stop,
                               weft_flash_result *result, weft_error *error) {
    const uint64_t most = 1000000000;
    weft_gene_table table = weft_space_genes(flash->space);
    weft_gene_walk *walk = NULL;
    weft_flash_result made = {.coarse = 0};
    WEFT_TRY(weft_gene_walk_create(&table, NULL, &walk, error));
    if (weft_gene_walk_count(walk) > most) {
        weft_fail(error, WEFT_ERROR_USAGE, "the space has %llu designs; at most 10^9 are walked",
                  (unsigned long long)weft_gene_walk_count(walk));
        weft_hint(error, "leave out --exhaustive, or take a space with fewer values");
        weft_gene_walk_destroy(walk);
        return WEFT_ERROR_USAGE;
    }
    weft_form_layer *layers = calloc(WEFT_FLASH_MAX_LAYERS, sizeof *layers);
    weft_status status = layers == NULL
                             ? weft_fail_memory(error, WEFT_FLASH_MAX_LAYERS * sizeof *layers)
                             : walk_all(flash, walk, stop, layers, &made, error);
    weft_gene_walk_destroy(walk);
    if (status == WEFT_OK) {
        status = tell_best(flash, layers, &made.best, error);
    }
    free(layers);
    WEFT_TRY(status);
    *result = made;
    return WEFT_OK;
}
