/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules to genes: repeats are written out, conditions read, genes that can never be active dropped,
 * and the rest ordered so that parents come first and genes of the same number stand together
 * (depth, block1, kernels1, block2, kernels2, ...; depth1, kernel1_1, kernel1_2, depth2, ...). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/model.h"

typedef struct expansion {
    weft_space *space;
    char (*names)[WEFT_GENE_NAME];
    weft_role *roles;
    weft_gene *genes; /* parents are places in this list */
    bool *alive;
    int *place; /* in the ordered table; -1: not placed */
    int n;
    weft_error *error;
} expansion;

static weft_status fail_rule(const expansion *e, int item, const char *format, const char *what) {
    const weft_rule *rule = &e->space->rules[e->roles[item].rule];
    return weft_node_fail(rule->doc, rule->node, e->error, WEFT_ERROR_INPUT, "gene '%s' %s%s",
                          e->names[item], format, what);
}

/* Adds gene `index` of the rule, in `place` where it has places. */
static weft_status add_gene(expansion *e, int r, int place, int index) {
    const weft_rule *rule = &e->space->rules[r];
    if (e->n == WEFT_SPACE_MAX_GENES) {
        return weft_node_fail(rule->doc, rule->node, e->error, WEFT_ERROR_INPUT,
                              "the space has more than %d genes", WEFT_SPACE_MAX_GENES);
    }
    char suffix[16] = "";
    if (place > 0) {
        snprintf(suffix, sizeof suffix, "%hd_%hd", (short)place, (short)index);
    } else if (index > 0) {
        snprintf(suffix, sizeof suffix, "%hd", (short)index);
    }
    /* Rule names are short enough for numbers (read_gene.c). */
    snprintf(e->names[e->n], WEFT_GENE_NAME, "%.*s%s", WEFT_GENE_NAME - 8, rule->name, suffix);
    e->roles[e->n] = (weft_role){.rule = r, .place = place, .index = index};
    for (int i = 0; i < e->n; i++) {
        if (strcmp(e->names[i], e->names[e->n]) == 0) {
            return fail_rule(e, e->n, "is there twice: a repeated gene has the same name", "");
        }
    }
    e->n++;
    return WEFT_OK;
}

/* "expansion3_2", stated by its full name, stands where a repeat would have put it. */
static weft_status add_single(expansion *e, int r) {
    WEFT_TRY(add_gene(e, r, 0, 0));
    int place = 0;
    int index = 0;
    char after = '\0';
    const char *numbers = strpbrk(e->names[e->n - 1], "0123456789");
    if (numbers != NULL && sscanf(numbers, "%3d_%3d%c", &place, &index, &after) == 2) {
        e->roles[e->n - 1].place = place;
        e->roles[e->n - 1].index = index;
    }
    return WEFT_OK;
}

/* Every gene by its own name. */
static weft_status write_out(expansion *e) {
    e->n = 0;
    for (int r = 0; r < e->space->n_rules; r++) {
        const weft_rule *rule = &e->space->rules[r];
        if (rule->repeat == 0 && rule->n_places == 0) {
            WEFT_TRY(add_single(e, r));
        }
        for (int c = 0; c < rule->repeat; c++) {
            WEFT_TRY(add_gene(e, r, 0, rule->first + c));
        }
        for (int p = 0; p < rule->n_places; p++) {
            for (int c = 1; c <= rule->repeats[p]; c++) {
                WEFT_TRY(add_gene(e, r, p + 1, c));
            }
        }
    }
    return WEFT_OK;
}

static weft_status read_conditions(expansion *e) {
    weft_when_scope scope = {.space = e->space,
                             .names = (const char(*)[WEFT_GENE_NAME])e->names,
                             .roles = e->roles,
                             .n = e->n};
    for (int i = 0; i < e->n; i++) {
        const weft_rule *rule = &e->space->rules[e->roles[i].rule];
        weft_gene *gene = &e->genes[i];
        *gene = (weft_gene){.kind = rule->kind,
                            .n_choices = rule->n_choices,
                            .lower = rule->lower,
                            .upper = rule->upper,
                            .log_scale = rule->log_scale};
        if (rule->inert) {
            gene->n_choices = rule->n_choices > 0 ? 1 : 0;
            gene->upper = gene->lower;
        }
        memcpy(gene->name, e->names[i], sizeof gene->name);
        WEFT_TRY(weft_when_read(&scope, i, gene, &e->alive[i], e->error));
    }
    return WEFT_OK;
}

/* A gene whose parent never lives does not live either. */
static void spread_death(expansion *e) {
    bool changed = true;
    while (changed) {
        changed = false;
        for (int i = 0; i < e->n; i++) {
            for (int c = 0; e->alive[i] && c < e->genes[i].n_conditions; c++) {
                if (!e->alive[e->genes[i].conditions[c].parent]) {
                    e->alive[i] = false;
                    changed = true;
                }
            }
        }
    }
}

/* The tail of a repeat may be out of reach (a base with more blocks than the depth now allows); a
 * gene that stands for itself, or the first of a repeat, must not be. */
static weft_status drop_unreachable(expansion *e) {
    spread_death(e);
    for (int i = 0; i < e->n; i++) {
        if (!e->alive[i] && e->roles[i].index <= 1) {
            fail_rule(e, i, "is never active: no value of its parents meets its condition", "");
            weft_hint(e->error, "drop the gene, or widen its condition or the parent's range");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

static bool is_ready(const expansion *e, int item) {
    if (!e->alive[item] || e->place[item] >= 0) {
        return false;
    }
    for (int c = 0; c < e->genes[item].n_conditions; c++) {
        if (e->place[e->genes[item].conditions[c].parent] < 0) {
            return false;
        }
    }
    return true;
}

static weft_status fail_cycle(const expansion *e) {
    for (int i = 0; i < e->n; i++) {
        if (!e->alive[i] || e->place[i] >= 0) {
            continue;
        }
        const weft_gene *gene = &e->genes[i];
        for (int c = 0; c < gene->n_conditions; c++) {
            int parent = gene->conditions[c].parent;
            if (e->place[parent] < 0) {
                fail_rule(e, i, "depends on itself through ", e->names[parent]);
                weft_hint(e->error, "conditions may not form a circle");
                return WEFT_ERROR_INPUT;
            }
        }
    }
    return weft_fail(e->error, WEFT_ERROR_INTERNAL, "genes could not be ordered");
}

/* Drops conditions that always hold: a parent that is always active and never out of range. */
static void drop_certain(const weft_space *space, weft_gene *gene) {
    int kept = 0;
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        const weft_gene *parent = &space->genes[condition->parent];
        if (parent->n_conditions > 0 || condition->minimum > parent->lower ||
            condition->maximum < parent->upper) {
            gene->conditions[kept++] = *condition;
        }
    }
    gene->n_conditions = kept;
}

/* Its numbers as one that orders genes. */
static int rank(const weft_role *role) {
    enum { PLACE = WEFT_SPACE_MAX_GENES * WEFT_SPACE_MAX_GENES };
    return role->place > 0 ? role->place * PLACE + role->index : role->index * PLACE;
}

/* Places one gene after the other: of those whose parents are placed, the one with the smallest
 * number, then the one that was stated first. */
static weft_status order(expansion *e) {
    weft_space *space = e->space;
    int wanted = 0;
    for (int i = 0; i < e->n; i++) {
        e->place[i] = -1;
        wanted += e->alive[i];
    }
    for (space->n_genes = 0; space->n_genes < wanted; space->n_genes++) {
        int best = -1;
        for (int i = 0; i < e->n; i++) {
            if (is_ready(e, i) && (best < 0 || rank(&e->roles[i]) < rank(&e->roles[best]))) {
                best = i;
            }
        }
        if (best < 0) {
            return fail_cycle(e);
        }
        e->place[best] = space->n_genes;
        weft_gene *gene = &space->genes[space->n_genes];
        *gene = e->genes[best];
        for (int c = 0; c < gene->n_conditions; c++) {
            gene->conditions[c].parent = e->place[gene->conditions[c].parent];
        }
        drop_certain(space, gene);
        space->roles[space->n_genes] = e->roles[best];
    }
    return WEFT_OK;
}

static weft_status expand(expansion *e) {
    WEFT_TRY(write_out(e));
    WEFT_TRY(read_conditions(e));
    WEFT_TRY(drop_unreachable(e));
    return order(e);
}

weft_status weft_space_expand(weft_space *space, const weft_doc *doc, const weft_node *node,
                              weft_error *error) {
    if (space->n_rules == 0) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "the space has no genes");
        weft_hint(error, "state them under 'genes', or start from a base: `base: imc-cnn`");
        return WEFT_ERROR_INPUT;
    }
    size_t most = WEFT_SPACE_MAX_GENES;
    expansion e = {.space = space,
                   .names = calloc(most, sizeof *e.names),
                   .roles = calloc(most, sizeof *e.roles),
                   .genes = calloc(most, sizeof *e.genes),
                   .alive = calloc(most, sizeof *e.alive),
                   .place = calloc(most, sizeof *e.place),
                   .error = error};
    space->genes = calloc(most, sizeof *space->genes);
    space->roles = calloc(most, sizeof *space->roles);
    weft_status status = WEFT_OK;
    if (e.names == NULL || e.roles == NULL || e.genes == NULL || e.alive == NULL ||
        e.place == NULL || space->genes == NULL || space->roles == NULL) {
        status = weft_fail_memory(error, most * sizeof *e.genes);
    } else {
        status = expand(&e);
    }
    free(e.names);
    free(e.roles);
    free(e.genes);
    free(e.alive);
    free(e.place);
    return status;
}
