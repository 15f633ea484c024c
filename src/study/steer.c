/* SPDX-License-Identifier: Apache-2.0
 *
 * Steering: values pinned and forbidden, by the problem from the start and by orders that come while the
 * study is searched. Any process may add an order to the store; the search takes it up before the next
 * batch that nothing is stored of, and writes down that batch's first trial. So what is proposed for a
 * trial depends on the trials before it and on the orders that hold from it on, and a search that is
 * continued finds both in the store.
 *
 * A gene that a stage does not vary stands where it stands; what is ordered of it holds from the stage
 * on that varies it, or makes it stand anew. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "study/problem_part.h"
#include "study/study.h"

/* ---- one order ------------------------------------------------------------------------------- */

static int gene_of(const weft_problem *problem, const char *name) {
    weft_gene_table table = weft_space_genes(problem->space);
    for (int g = 0; g < table.n_genes; g++) {
        if (strcmp(table.genes[g].name, name) == 0) {
            return g;
        }
    }
    return -1;
}

/* The value of gene g that a text stands for. */
static weft_status read_value(const weft_problem *problem, int g, const char *text, double *value,
                              weft_error *error) {
    weft_gene_table table = weft_space_genes(problem->space);
    double *genome = calloc((size_t)table.n_genes, sizeof *genome);
    if (genome == NULL) {
        return weft_fail_memory(error, (size_t)table.n_genes * sizeof *genome);
    }
    weft_status status =
        weft_space_set_genes(problem->space, table.genes[g].name, text, genome, error);
    *value = genome[g];
    free(genome);
    return status;
}

static weft_status pin(const weft_gene *gene, const char *text, double value, weft_restriction *to,
                       weft_error *error) {
    bool whole = gene->kind != WEFT_GENE_REAL;
    if (whole && to->forbidden != 0 && (to->forbidden >> (int)(value - gene->lower) & 1) != 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "value '%s' of gene '%s' is forbidden", text,
                  gene->name);
        weft_hint(error, "free the gene first");
        return WEFT_ERROR_INPUT;
    }
    to->pinned = true;
    to->value = value;
    return WEFT_OK;
}

static weft_status forbid(const weft_gene *gene, const char *text, double value,
                          weft_restriction *to, weft_error *error) {
    weft_restriction made = *to;
    if (made.pinned && made.value == value) {
        weft_fail(error, WEFT_ERROR_INPUT, "gene '%s' is pinned to '%s'", gene->name, text);
        weft_hint(error, "free the gene first");
        return WEFT_ERROR_INPUT;
    }
    double place = value - gene->lower;
    made.forbidden |= gene->kind != WEFT_GENE_REAL && place < 64.0 ? UINT64_C(1) << (int)place : 1;
    weft_restriction alone = {.forbidden = made.forbidden};
    weft_status status = weft_restriction_check(gene, &alone, error);
    if (status == WEFT_ERROR_USAGE) {
        status = error->status = WEFT_ERROR_INPUT;
    }
    if (status == WEFT_OK) {
        *to = made;
    }
    return status;
}

/* What an order makes of the restrictions (genes); its gene is named in full. */
static weft_status apply(const weft_problem *problem, const weft_steer *steer,
                         weft_restriction *restrictions, weft_error *error) {
    int g = gene_of(problem, steer->gene);
    double value = NAN;
    if (g < 0) {
        return weft_fail(error, WEFT_ERROR_INPUT, "no gene of the space is called '%s'",
                         steer->gene);
    }
    const weft_gene_table table = weft_space_genes(problem->space);
    const weft_gene *gene = &table.genes[g];
    if (!weft_problem_varies(problem, g)) {
        weft_fail(error, WEFT_ERROR_INPUT, "the search does not vary gene '%s'", gene->name);
        weft_hint(error, "it is fixed or held by the problem");
        return WEFT_ERROR_INPUT;
    }
    if (steer->kind == WEFT_STEER_FREE) {
        restrictions[g] = (weft_restriction){.pinned = false};
        return WEFT_OK;
    }
    WEFT_TRY(read_value(problem, g, steer->value, &value, error));
    return steer->kind == WEFT_STEER_PIN
               ? pin(gene, steer->value, value, &restrictions[g], error)
               : forbid(gene, steer->value, value, &restrictions[g], error);
}

/* ---- those of the problem --------------------------------------------------------------------- */

/* Applies an order to all genes of a pattern. `each` (NULL: nothing) sees one for each of them. */
static weft_status
apply_pattern(const weft_problem *problem, const weft_steer *steer, weft_restriction *restrictions,
              weft_status (*each)(void *context, const weft_steer *one, weft_error *error),
              void *context, weft_error *error) {
    weft_gene_table table = weft_space_genes(problem->space);
    bool *means = calloc((size_t)table.n_genes, sizeof *means);
    if (means == NULL) {
        return weft_fail_memory(error, (size_t)table.n_genes);
    }
    weft_status status = weft_genes_meant(problem->space, steer->gene, means, error);
    bool all = strpbrk(steer->gene, "*?") != NULL;
    for (int g = 0; status == WEFT_OK && g < table.n_genes; g++) {
        weft_steer one = *steer;
        if (!means[g] || (all && !weft_problem_varies(problem, g))) {
            continue; /* what a pattern sweeps up may stand still */
        }
        snprintf(one.gene, sizeof one.gene, "%s", table.genes[g].name);
        status = apply(problem, &one, restrictions, error);
        if (status == WEFT_OK && each != NULL) {
            status = each(context, &one, error);
        }
    }
    free(means);
    return status;
}

static weft_status bind_value(weft_problem *problem, const weft_doc *doc, weft_steer_kind kind,
                              const char *gene, const weft_node *node, weft_error *error) {
    weft_steer steer = {.kind = kind};
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    WEFT_TRY(weft_take_name(doc, node, gene, steer.gene, sizeof steer.gene, error));
    WEFT_TRY(weft_take_name(doc, node, text, steer.value, sizeof steer.value, error));
    weft_status status = apply_pattern(problem, &steer, problem->restrictions, NULL, NULL, error);
    if (status == WEFT_ERROR_INPUT) {
        weft_error inner = *error;
        weft_node_fail(doc, node, error, status, "%s", inner.message);
        weft_hint(error, "%s", inner.hint);
    }
    return status;
}

/* {rows: 128} of `pin`, {cell_bits: [1, 8]} or {cell_bits: 1} of `forbid`. */
static weft_status bind_map(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                            weft_steer_kind kind, weft_error *error) {
    if (!weft_node_is_mapping(node)) {
        return weft_node_fail(
            doc, node, error, WEFT_ERROR_INPUT,
            kind == WEFT_STEER_PIN
                ? "expected genes with their values, such as {rows: 128}"
                : "expected genes with lists of values, such as {rows: [32, 64]}");
    }
    for (int i = 0; i < weft_mapping_length(node); i++) {
        const char *gene = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(doc, node, i, &gene, &value, error));
        bool list = kind == WEFT_STEER_FORBID && weft_node_is_sequence(value);
        int n = list ? weft_sequence_length(value) : 1;
        for (int k = 0; k < n; k++) {
            const weft_node *one = list ? weft_sequence_at(value, k) : value;
            WEFT_TRY(bind_value(problem, doc, kind, gene, one, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_steer_bind(weft_problem *problem, const weft_doc *doc, const weft_node *pin_node,
                            const weft_node *forbid_node, weft_error *error) {
    size_t n = (size_t)weft_space_genes(problem->space).n_genes;
    problem->restrictions = calloc(n, sizeof *problem->restrictions);
    if (problem->restrictions == NULL) {
        return weft_fail_memory(error, n * sizeof *problem->restrictions);
    }
    if (forbid_node != NULL) {
        WEFT_TRY(bind_map(problem, doc, forbid_node, WEFT_STEER_FORBID, error));
    }
    return pin_node != NULL ? bind_map(problem, doc, pin_node, WEFT_STEER_PIN, error) : WEFT_OK;
}

const weft_restriction *weft_problem_restrictions(const weft_problem *problem) {
    return problem->restrictions;
}

static void write_value(const weft_problem *problem, int g, double value, const char *before,
                        FILE *out) {
    char text[64];
    weft_line_write(out, before,
                    weft_space_value_text(problem->space, g, value, text, sizeof text));
}

void weft_steer_write(const weft_problem *problem, FILE *out) {
    weft_gene_table table = weft_space_genes(problem->space);
    bool pins = false;
    bool forbids = false;
    for (int g = 0; g < table.n_genes; g++) {
        if (problem->restrictions[g].pinned) {
            fputs(pins ? "  " : "pin:\n  ", out);
            weft_text_emit(table.genes[g].name, out);
            write_value(problem, g, problem->restrictions[g].value, ": ", out);
            pins = true;
        }
    }
    for (int g = 0; g < table.n_genes; g++) {
        uint64_t left = problem->restrictions[g].forbidden;
        if (left != 0) {
            fputs(forbids ? "  " : "forbid:\n  ", out);
            weft_text_emit(table.genes[g].name, out);
            fputs(":\n", out);
            forbids = true;
        }
        for (int k = 0; left != 0; k++, left >>= 1) {
            if ((left & 1) != 0) {
                write_value(problem, g, table.genes[g].lower + k, "  - ", out);
            }
        }
    }
}

/* ---- orders of a study ------------------------------------------------------------------------ */

static weft_status keep_order(void *context, const weft_store_order *order, weft_error *error) {
    weft_study *study = context;
    if (study->n_orders == study->orders_capacity) {
        size_t capacity = study->orders_capacity == 0 ? 16 : 2 * study->orders_capacity;
        weft_store_order *orders = realloc(study->orders, capacity * sizeof *orders);
        if (orders == NULL) {
            return weft_fail_memory(error, capacity * sizeof *orders);
        }
        study->orders = orders;
        study->orders_capacity = capacity;
    }
    study->orders[study->n_orders++] = *order;
    return WEFT_OK;
}

static int64_t last_id(const weft_study *study) {
    return study->n_orders > 0 ? study->orders[study->n_orders - 1].id : 0;
}

weft_status weft_steer_load(weft_study *study, weft_store *store, weft_error *error) {
    return weft_store_each_order(store, last_id(study), keep_order, study, error);
}

void weft_steer_free(weft_study *study) {
    free(study->orders);
    free(study->restrictions);
}

static weft_status begin(weft_study *study, weft_error *error) {
    size_t n = (size_t)study->genes.n_genes;
    if (study->restrictions != NULL) {
        return WEFT_OK;
    }
    study->restrictions = calloc(n, sizeof *study->restrictions);
    if (study->restrictions == NULL) {
        return weft_fail_memory(error, n * sizeof *study->restrictions);
    }
    memcpy(study->restrictions, study->problem->restrictions, n * sizeof *study->restrictions);
    return WEFT_OK;
}

/* What another program wrote need not be an order. */
static weft_status apply_stored(const weft_study *study, const weft_store_order *order,
                                weft_restriction *restrictions, weft_error *error) {
    weft_status status = apply(study->problem, &order->steer, restrictions, error);
    if (status == WEFT_ERROR_INPUT) {
        weft_error inner = *error;
        weft_fail(error, WEFT_ERROR_STORE, "order %lld of the store's steering: %s",
                  (long long)order->id, inner.message);
        weft_hint(error, "the row was changed by another program");
        return WEFT_ERROR_STORE;
    }
    return status;
}

weft_status weft_steer_reach(weft_study *study, uint64_t first, weft_error *error) {
    bool any_order = study->problem->info.asynchronous; /* numbers are no order there */
    WEFT_TRY(begin(study, error));
    while (study->n_applied < study->n_orders) {
        const weft_store_order *order = &study->orders[study->n_applied];
        if (!order->steer.taken || (!any_order && order->steer.trial > first)) {
            break;
        }
        WEFT_TRY(apply_stored(study, order, study->restrictions, error));
        study->n_applied++;
    }
    return WEFT_OK;
}

/* Whether a trial from `first` on is stored: then its batch was asked for before. */
static bool was_begun(const weft_study *study, uint64_t first) {
    return study->n_trials > 0 && study->trials[study->n_trials - 1].number >= first;
}

static weft_status take_new(weft_study *study, uint64_t first, weft_error *error) {
    bool any = false;
    for (size_t i = 0; i < study->n_orders; i++) {
        any = any || !study->orders[i].steer.taken;
    }
    if (!any || (!study->problem->info.asynchronous && was_begun(study, first))) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_store_take_orders(study->store, last_id(study), first, error));
    for (size_t i = 0; i < study->n_orders; i++) {
        weft_steer *steer = &study->orders[i].steer;
        steer->trial = steer->taken ? steer->trial : first;
        steer->taken = true;
    }
    return WEFT_OK;
}

weft_status weft_steer_take(weft_study *study, uint64_t first, weft_error *error) {
    size_t before = study->n_applied;
    if (weft_store_changed(study->store)) {
        WEFT_TRY(weft_steer_load(study, study->store, error));
    }
    WEFT_TRY(take_new(study, first, error));
    WEFT_TRY(weft_steer_reach(study, first, error));
    if (study->n_applied == before) {
        return WEFT_OK;
    }
    study->exhausted = false; /* there may be more of the space now */
    return weft_optimizer_restrict(study->optimizer, study->restrictions, error);
}

const weft_steer *weft_study_order(const weft_study *study, size_t i) {
    return i < study->n_orders ? &study->orders[i].steer : NULL;
}

weft_status weft_study_restrictions(const weft_study *study, weft_restriction *restrictions,
                                    weft_error *error) {
    memcpy(restrictions, study->problem->restrictions,
           (size_t)study->genes.n_genes * sizeof *restrictions);
    for (size_t i = 0; i < study->n_orders; i++) {
        WEFT_TRY(apply_stored(study, &study->orders[i], restrictions, error));
    }
    return WEFT_OK;
}

/* ---- adding orders ----------------------------------------------------------------------------- */

static weft_status add_one(void *context, const weft_steer *one, weft_error *error) {
    return weft_store_add_order(context, one, error);
}

/* Within a transaction: nobody else adds one meanwhile. */
static weft_status add_orders(weft_study *study, weft_store *store, const weft_steer *orders,
                              size_t n, weft_error *error) {
    size_t genes = (size_t)study->genes.n_genes;
    weft_restriction *restrictions = calloc(genes, sizeof *restrictions);
    if (restrictions == NULL) {
        return weft_fail_memory(error, genes * sizeof *restrictions);
    }
    weft_status status = weft_steer_load(study, store, error);
    if (status == WEFT_OK) {
        status = weft_study_restrictions(study, restrictions, error);
    }
    for (size_t i = 0; status == WEFT_OK && i < n; i++) {
        weft_steer order = orders[i];
        order.requested = weft_unix_time();
        status = apply_pattern(study->problem, &order, restrictions, add_one, store, error);
    }
    free(restrictions);
    return status;
}

weft_status weft_steer_store(const char *path, const weft_steer *orders, size_t n,
                             weft_error *error) {
    weft_study *study = NULL;
    weft_store *store = NULL;
    WEFT_TRY(weft_study_open_read(path, &study, error));
    weft_status status = weft_store_open(path, WEFT_STORE_STEER, true, &store, error);
    if (status == WEFT_OK) {
        status = weft_store_begin(store, error);
    }
    if (status == WEFT_OK) {
        status = add_orders(study, store, orders, n, error);
        if (status == WEFT_OK) {
            status = weft_store_commit(store, error);
        } else {
            weft_store_rollback(store);
        }
    }
    weft_store_close(store);
    weft_study_close(study);
    return status;
}
