/* SPDX-License-Identifier: Apache-2.0
 *
 * Which networks to train so that a curve over NN-Degree can be fitted to them: spread evenly over the
 * degrees that the space has. Genes drawn one by one give degrees near the middle only, so half of the
 * pool is drawn along the diagonal: all genes at about the same place of their ranges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "study/problem.h"

enum { POOL = 2048 };

typedef struct candidate {
    double degree, mass;
    bool taken;
} candidate;

typedef struct chooser {
    const weft_space *space;
    weft_gene_table table;
    weft_network *network;
    double *genomes; /* (POOL, n_genes) */
    candidate pool[POOL];
} chooser;

/* ---- the pool ---------------------------------------------------------------------------------- */

/* The value of a gene at a place 0 .. 1 of its range. */
static double value_at(const weft_gene *gene, double place) {
    double span = gene->upper - gene->lower;
    if (gene->kind == WEFT_GENE_REAL) {
        return gene->lower + place * span;
    }
    return gene->lower + fmin(floor(place * (span + 1.0)), span);
}

/* A genome; `level` 0 .. 1: genes near that place of their ranges; NaN: anywhere. */
static void draw(const chooser *c, double level, weft_rng *rng, double *genome) {
    const double near = 0.15; /* half the width of what counts as near */
    for (int g = 0; g < c->table.n_genes; g++) {
        double place = weft_rng_uniform(rng);
        if (!isnan(level)) {
            place = fmin(fmax(level + near * (2.0 * place - 1.0), 0.0), 1.0);
        }
        genome[g] = value_at(&c->table.genes[g], place);
    }
    weft_genome_canonical(&c->table, genome);
}

static weft_status measure(chooser *c, int i, const double *genome, weft_error *error) {
    weft_topology topology;
    weft_status status = weft_space_decode_into(c->space, genome, 0, c->network, error);
    if (status == WEFT_OK) {
        status = weft_network_topology(c->network, &topology, error);
    }
    if (status == WEFT_ERROR_INFEASIBLE) {
        c->pool[i].taken = true;
        return WEFT_OK;
    }
    WEFT_TRY(status);
    c->pool[i] = (candidate){topology.degree, topology.mass, false};
    return WEFT_OK;
}

static weft_status fill_pool(chooser *c, uint64_t seed, weft_error *error) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SAMPLE, 0);
    for (int i = 0; i < POOL; i++) {
        double *genome = c->genomes + (size_t)i * (size_t)c->table.n_genes;
        draw(c, i % 2 == 0 ? NAN : weft_rng_uniform(&rng), &rng, genome);
        if (c->table.legal != NULL && !c->table.legal(c->table.context, genome)) {
            c->pool[i].taken = true;
            continue;
        }
        WEFT_TRY(measure(c, i, genome, error));
    }
    return WEFT_OK;
}

/* ---- choosing ---------------------------------------------------------------------------------- */

/* The one that is left nearest to a degree; -1: none. */
static int nearest(const chooser *c, double degree) {
    int best = -1;
    for (int i = 0; i < POOL; i++) {
        if (!c->pool[i].taken &&
            (best < 0 || fabs(c->pool[i].degree - degree) < fabs(c->pool[best].degree - degree))) {
            best = i;
        }
    }
    return best;
}

/* The one whose accuracy the curve knows least; the curve then takes it as trained. -1: none. */
static int widest(const chooser *c, weft_theta *theta) {
    int best = -1;
    double most = -1.0;
    for (int i = 0; i < POOL; i++) {
        weft_theta_forecast forecast;
        if (c->pool[i].taken) {
            continue;
        }
        weft_theta_tell(theta, c->pool[i].degree, &forecast);
        if (forecast.high - forecast.low > most) {
            most = forecast.high - forecast.low;
            best = i;
        }
    }
    if (best >= 0) {
        weft_theta_learn(theta, c->pool[best].degree);
    }
    return best;
}

/* Designs of the pool that are the same network as one that is taken are taken too. */
static void take(chooser *c, int pick) {
    const candidate taken = c->pool[pick];
    for (int i = 0; i < POOL; i++) {
        c->pool[i].taken |= c->pool[i].degree == taken.degree && c->pool[i].mass == taken.mass;
    }
}

static weft_status put_pick(chooser *c, int pick, bool held, weft_flash_choice *choice,
                            weft_error *error) {
    weft_flash_pick *made = &choice->picks[choice->n];
    WEFT_TRY(weft_space_decode_into(c->space, c->genomes + (size_t)pick * (size_t)c->table.n_genes,
                                    0, c->network, error));
    *made = (weft_flash_pick){.degree = c->pool[pick].degree,
                              .mass = c->pool[pick].mass,
                              .macs = c->network->macs,
                              .held = held};
    memcpy(made->network, c->network->name, sizeof made->network);
    take(c, pick);
    choice->n++;
    return WEFT_OK;
}

static weft_status choose(chooser *c, const weft_flash_choose_settings *settings,
                          weft_flash_choice *choice, weft_error *error) {
    double low = INFINITY;
    double high = -INFINITY;
    weft_theta theta = settings->theta != NULL ? *settings->theta : (weft_theta){.n = 0};
    for (int i = 0; i < POOL; i++) {
        if (!c->pool[i].taken) {
            low = fmin(low, c->pool[i].degree);
            high = fmax(high, c->pool[i].degree);
        }
    }
    choice->lowest = low;
    choice->highest = high;
    for (int k = 0; k < settings->n + settings->held; k++) {
        bool held = k >= settings->n;
        double share = held              ? (k - settings->n + 0.5) / settings->held
                       : settings->n > 1 ? (double)k / (settings->n - 1)
                                         : 0.5;
        int pick = !held && settings->theta != NULL ? widest(c, &theta)
                                                    : nearest(c, low + share * (high - low));
        if (pick < 0) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "the space has too few different networks: %d were found, %d are wanted",
                      choice->n, settings->n + settings->held);
            weft_hint(error, "ask for fewer, or widen the ranges of its genes");
            return WEFT_ERROR_INPUT;
        }
        WEFT_TRY(put_pick(c, pick, held, choice, error));
    }
    return WEFT_OK;
}

weft_status weft_flash_choose(const weft_space *space, const weft_flash_choose_settings *settings,
                              weft_flash_choice **choice, weft_error *error) {
    if (settings->n < 1 || settings->held < 0 || settings->n + settings->held > POOL / 2) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "%d networks and %d held out: choose 1 to %d of both together",
                         settings->n, settings->held, POOL / 2);
    }
    chooser *c = calloc(1, sizeof *c);
    weft_flash_choice *made = calloc(1, sizeof *made);
    const size_t n = (size_t)(settings->n + settings->held);
    weft_status status = c != NULL && made != NULL ? WEFT_OK : weft_fail_memory(error, sizeof *c);
    if (status == WEFT_OK) {
        c->space = space;
        c->table = weft_space_genes(space);
        c->genomes = calloc((size_t)POOL * (size_t)c->table.n_genes, sizeof *c->genomes);
        made->picks = calloc(n, sizeof *made->picks);
        status = c->genomes != NULL && made->picks != NULL
                     ? weft_network_create("", weft_space_input(space), &c->network, error)
                     : weft_fail_memory(error, n * sizeof *made->picks);
    }
    if (status == WEFT_OK) {
        status = fill_pool(c, settings->seed, error);
    }
    if (status == WEFT_OK) {
        status = choose(c, settings, made, error);
    }
    if (c != NULL) {
        weft_network_destroy(c->network);
        free(c->genomes);
    }
    free(c);
    if (status != WEFT_OK) {
        weft_flash_choice_destroy(made);
        return status;
    }
    *choice = made;
    return WEFT_OK;
}

void weft_flash_choice_destroy(weft_flash_choice *choice) {
    if (choice != NULL) {
        free(choice->picks);
        free(choice);
    }
}
