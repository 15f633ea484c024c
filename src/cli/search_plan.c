/* SPDX-License-Identifier: Apache-2.0
 * weft search --dry-run: what would be searched, as resolved. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/search.h"

/* ---- what is left to search ------------------------------------------------------------------ */

typedef struct search_extent {
    weft_space_count whole;
    double *stands; /* (genes) where those stand that do not vary; canonical */
    int n_varying;
    bool *frozen;   /* (genes) the others */
    bool exact;     /* `left` */
    char left[256]; /* designs of the genes that vary, the others standing */
} search_extent;

/* The product of the lists of the genes that vary: no design is missing, but those are counted that
 * conditions make equal. Where that is more than the whole space, the whole bounds it better. */
static void bound_left(const weft_gene_table *table, search_extent *of) {
    double digits = 0.0;
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (of->frozen[g] || !weft_gene_varies(gene)) {
            continue;
        }
        if (gene->kind == WEFT_GENE_REAL) {
            snprintf(of->left, sizeof of->left, "infinite");
            return;
        }
        digits += log10(gene->upper - gene->lower + 1.0);
    }
    if (strtod(of->whole.legal, NULL) <= pow(10.0, digits)) {
        snprintf(of->left, sizeof of->left, "%s", of->whole.legal);
        return;
    }
    snprintf(of->left, sizeof of->left, "%.4ge%.0f", pow(10.0, digits - floor(digits)),
             floor(digits));
}

/* The walk over the genes that vary, where it is small enough to be numbered. */
static weft_status count_left(cli_call *call, const weft_gene_table *table, search_extent *of) {
    size_t n = (size_t)table->n_genes;
    weft_gene *held = calloc(n, sizeof *held);
    weft_gene_walk *walk = NULL;
    weft_status status = held == NULL
                             ? weft_fail_memory(&call->error, n * sizeof *held)
                             : weft_genes_freeze(table, of->frozen, of->stands, held, &call->error);
    if (status == WEFT_OK) {
        weft_gene_table left = *table;
        left.genes = held;
        status = weft_gene_walk_create(&left, NULL, &walk, &call->error);
    }
    of->exact = of->exact && status == WEFT_OK;
    if (status == WEFT_OK) {
        snprintf(of->left, sizeof of->left, "%" PRIu64, weft_gene_walk_count(walk));
    } else if (status == WEFT_ERROR_USAGE) { /* too many to number, or a real gene among them */
        bound_left(table, of);
        status = WEFT_OK;
    }
    weft_gene_walk_destroy(walk);
    free(held);
    return status;
}

static weft_status measure_extent(cli_call *call, const weft_problem *problem, search_extent *of) {
    const weft_space *space = weft_problem_get_space(problem);
    weft_gene_table table = weft_space_genes(space);
    *of = (search_extent){.exact = true};
    WEFT_TRY(weft_space_counts(space, &of->whole, &call->error));
    of->stands = calloc((size_t)table.n_genes + 1, sizeof *of->stands);
    of->frozen = calloc((size_t)table.n_genes + 1, sizeof *of->frozen);
    if (of->stands == NULL || of->frozen == NULL) {
        return weft_fail_memory(&call->error, (size_t)table.n_genes * sizeof *of->stands);
    }
    weft_problem_stand(problem, of->stands);
    for (int g = 0; g < table.n_genes; g++) {
        const weft_restriction *restriction = &weft_problem_restrictions(problem)[g];
        of->frozen[g] = !weft_problem_varies(problem, g) || restriction->pinned;
        of->stands[g] = restriction->pinned ? restriction->value : of->stands[g];
        of->n_varying += !of->frozen[g];
        of->exact = of->exact && (of->frozen[g] || restriction->forbidden == 0);
    }
    if (of->n_varying == table.n_genes) {
        snprintf(of->left, sizeof of->left, "%s", of->whole.legal);
        return WEFT_OK;
    }
    return count_left(call, &table, of);
}

/* What a score looks at; NULL: random images, or none. */
static const char *score_data(const weft_problem_info *info) {
    bool looks = weft_score_looks(info->accuracy.score) && info->accuracy.data[0] != '\0';
    return looks ? info->accuracy.data : NULL;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void score_json(weft_json *json, const weft_problem_info *info) {
    weft_json_key(json, "proxy");
    weft_json_object_begin(json);
    weft_json_member_text(json, "score", weft_score_names()[info->accuracy.score]);
    weft_json_member_text(json, "data", score_data(info));
    weft_json_member_integer(json, "images", info->accuracy.score_images);
    weft_json_object_end(json);
}

static void training_json(weft_json *json, const weft_problem_info *info) {
    if (info->scores) {
        score_json(json, info);
    }
    weft_json_key(json, "accuracy");
    if (!info->trains) {
        weft_json_null(json);
        return;
    }
    const weft_train_settings *train = &info->accuracy.train;
    weft_json_object_begin(json);
    weft_json_member_text(json, "provider", info->accuracy.provider);
    weft_json_member_real(json, "epochs", train->epochs);
    weft_json_member_real(json, "share", train->share);
    weft_json_member_real(json, "validation", train->validation);
    weft_json_member_integer(json, "validation_limit", train->validation_limit);
    weft_json_member_real(json, "final_epochs", info->accuracy.final_epochs);
    weft_json_member_integer(json, "batch", train->batch);
    weft_json_member_real(json, "learning_rate", train->learning_rate);
    weft_json_member_real(json, "warmup", train->warmup);
    weft_json_member_real(json, "momentum", train->momentum);
    weft_json_member_real(json, "weight_decay", train->weight_decay);
    weft_json_member_integer(json, "crop_pad", train->crop_pad);
    weft_json_member_bool(json, "flip", train->flip);
    weft_json_member_real(json, "label_smoothing", train->label_smoothing);
    weft_json_key(json, "fidelity");
    weft_json_array_begin(json);
    for (int i = 0; i < info->accuracy.n_fidelities; i++) {
        weft_json_object_begin(json);
        weft_json_member_real(json, "epochs", info->accuracy.fidelities[i].epochs);
        weft_json_member_real(json, "share", info->accuracy.fidelities[i].share);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_key(json, "settings");
    cli_training_json(json, train);
    weft_json_object_end(json);
}

/* The designs that the search may come to, and the genes that stand still. */
static void left_json(weft_json *json, const weft_problem *problem, const search_extent *extent) {
    const weft_space *space = weft_problem_get_space(problem);
    weft_gene_table table = weft_space_genes(space);
    weft_json_member_text(json, "designs_left", extent->left);
    weft_json_member_bool(json, "designs_left_exact", extent->exact);
    weft_json_key(json, "fixed");
    weft_json_object_begin(json);
    for (int g = 0; g < table.n_genes; g++) {
        char text[64];
        if (extent->frozen[g]) {
            weft_json_member_text(
                json, table.genes[g].name,
                weft_space_value_text(space, g, extent->stands[g], text, sizeof text));
        }
    }
    weft_json_object_end(json);
}

static weft_status print_plan_json(cli_call *call, const cli_search_arguments *arguments,
                                   weft_problem *problem, const search_extent *extent,
                                   const char *store) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "space", info->space);
    weft_json_member_text(json, "designs", extent->whole.total);
    weft_json_member_text(json, "legal_designs", extent->whole.legal);
    left_json(json, problem, extent);
    weft_json_member_text(json, "chip", weft_chip_name(weft_problem_get_chip(problem)));
    cli_accounting_json(json, problem);
    weft_json_member_text(json, "data", info->trains ? info->accuracy.data : NULL);
    weft_json_key(json, "objectives");
    weft_json_array_begin(json);
    for (int i = 0; info->score[0] == '\0' && i < info->n_objectives; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "metric", weft_metric_token(info->objectives[i]));
        weft_json_member_bool(json, "maximise", info->maximise[i]);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_member_text(json, "score", info->score[0] == '\0' ? NULL : info->score);
    weft_json_key(json, "constraints");
    weft_json_array_begin(json);
    for (int i = 0; i < info->n_constraints; i++) {
        weft_json_text(json, info->constraints[i]);
    }
    weft_json_array_end(json);
    cli_preference_json(json, info);
    training_json(json, info);
    weft_json_member_text(json, "optimizer", info->optimizer.name);
    weft_json_member_text(json, "chosen", info->chosen[0] == '\0' ? NULL : info->chosen);
    weft_json_member_text(json, "brackets", info->brackets.name);
    weft_json_member_bool(json, "asynchronous", info->asynchronous);
    weft_json_member_integer(json, "trials", info->trials);
    weft_json_member_integer(json, "batch", info->batch);
    weft_json_member_integer(json, "seed", (int64_t)info->seed);
    weft_json_member_integer(json, "jobs", arguments->jobs);
    weft_json_member_text(json, "store", store);
    weft_json_member_bool(json, "store_exists", access(store, F_OK) == 0);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* ---- for people ------------------------------------------------------------------------------ */

static void print_extent(const weft_problem *problem, const weft_problem_info *info,
                         const search_extent *extent) {
    char total[CLI_COUNT], legal[CLI_COUNT], left[CLI_COUNT], genes[512];
    const weft_space *space = weft_problem_get_space(problem);
    int n_genes = weft_space_genes(space).n_genes;
    printf("space        %s: %s designs, %s legal\n", info->space,
           cli_count_text(extent->whole.total, total, sizeof total),
           cli_count_text(extent->whole.legal, legal, sizeof legal));
    if (extent->n_varying < n_genes) {
        printf("searched     %s%s designs of the %d genes of %d that vary\n",
               extent->exact ? "" : "at most ", cli_count_text(extent->left, left, sizeof left),
               extent->n_varying, n_genes);
        printf("fixed        %s\n",
               cli_genes_text(space, extent->stands, extent->frozen, genes, sizeof genes));
    }
}

/* Values that the problem forbids; what it pins is among what is fixed. */
static void print_forbidden(const weft_problem *problem) {
    const weft_space *space = weft_problem_get_space(problem);
    weft_gene_table table = weft_space_genes(space);
    const weft_restriction *restrictions = weft_problem_restrictions(problem);
    for (int g = 0; g < table.n_genes; g++) {
        char values[400] = "";
        for (int k = 0; k < 64; k++) {
            char text[64];
            if ((restrictions[g].forbidden >> k & 1) != 0) {
                weft_list_add(values, sizeof values,
                              cli_gene_text(space, g, table.genes[g].lower + k, text, sizeof text));
            }
        }
        if (values[0] != '\0') {
            printf("forbidden    %s: %s\n", table.genes[g].name, values);
        }
    }
}

static void print_stages(const weft_problem_info *info) {
    for (int s = 0; s < info->n_stages; s++) {
        const weft_stage_info *stage = &info->stages[s];
        printf("stage %-6d %s:", s + 1, stage->name);
        for (int p = 0; p < stage->free.n; p++) {
            printf("%s %s", p > 0 ? "," : "", stage->free.text[p]);
        }
        printf(stage->trials > 0 ? "; %" PRId64 " trials" : "; the rest", stage->trials);
        if (stage->score[0] != '\0') {
            printf("; %s of %s", stage->maximise ? "most" : "least", stage->score);
        }
        printf("\n");
    }
}

static void print_aims(const weft_problem_info *info) {
    char aims[CLI_AIMS];
    printf("%-12s %s\n", info->score[0] != '\0' ? "score" : "objectives",
           cli_aims_text(info, aims, sizeof aims));
    for (int i = 0; i < info->n_constraints; i++) {
        printf("constraint   %s\n", info->constraints[i]);
    }
    cli_print_preference(info);
}

static void print_score(const weft_problem_info *info) {
    const weft_score score = info->accuracy.score;
    const char *data = score_data(info);
    printf("proxy        %s, a score without training", weft_score_names()[score]);
    if (weft_score_looks(score)) {
        printf(", of %d images%s%s", info->accuracy.score_images, data != NULL ? " of " : "",
               data != NULL ? data : ", random ones");
    }
    printf("\n");
}

static void print_training(const weft_problem_info *info) {
    if (info->scores) {
        print_score(info);
        return;
    }
    if (!info->trains) {
        printf("accuracy     none: the search optimises the hardware alone\n");
        return;
    }
    if (!weft_accuracy_needs_data(info->accuracy.provider)) {
        printf("accuracy     %s: %s\n", info->accuracy.provider, info->accuracy.file);
        return;
    }
    const weft_train_settings *train = &info->accuracy.train;
    printf("data         %s\n", info->accuracy.data);
    printf("candidates   %g epochs on %g %% of the training part; %g %% of the set validates",
           train->epochs, 100 * train->share, 100 * train->validation);
    if (train->validation_limit > 0) {
        printf(", at most %" PRId64 " images", train->validation_limit);
    }
    printf("\nfinal        %g epochs on the whole training set, then the test set once\n",
           info->accuracy.final_epochs);
    cli_print_recipe(train);
    for (int i = 0; i < info->accuracy.n_fidelities; i++) {
        printf("%s%g epochs on %g %%", i == 0 ? "fidelities   " : ", then ",
               info->accuracy.fidelities[i].epochs, 100 * info->accuracy.fidelities[i].share);
    }
    printf("%s", info->accuracy.n_fidelities > 0 ? "\n" : "");
    if (info->accuracy.teacher[0] != '\0') {
        printf("teacher      %s, %s\n", info->accuracy.teacher, info->accuracy.teacher_weights);
    }
}

static weft_status print_plan(cli_call *call, const cli_search_arguments *arguments,
                              weft_problem *problem, const search_extent *extent,
                              const char *store) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    if (arguments->json) {
        return print_plan_json(call, arguments, problem, extent, store);
    }
    weft_shape input = weft_space_input(weft_problem_get_space(problem));
    printf("problem      %s\n", info->name);
    print_extent(problem, info, extent);
    print_forbidden(problem);
    printf("input        %d x %d x %d\n", input.channels, input.height, input.width);
    printf("chip         %s\n", weft_chip_name(weft_problem_get_chip(problem)));
    char accounting[CLI_ACCOUNTING];
    printf("accounting   %s\n", cli_accounting_text(problem, accounting, sizeof accounting));
    print_training(info);
    print_aims(info);
    print_stages(info);
    printf("optimizer    %s, seed %" PRIu64 "\n", info->optimizer.name, info->seed);
    if (info->chosen[0] != '\0') {
        printf("chosen for   %s\n", info->chosen);
    }
    if (info->brackets.name != NULL) {
        printf("brackets     %s over %d fidelities, reduction %g\n", info->brackets.name,
               info->accuracy.n_fidelities, info->brackets.reduction);
    }
    if (info->asynchronous) {
        printf("trials       %" PRId64 ", %d at once, each as soon as a thread is free\n",
               info->trials, arguments->jobs);
    } else {
        printf("trials       %" PRId64 " in batches of %d, %d at once\n", info->trials, info->batch,
               arguments->jobs);
    }
    printf("store        %s (%s)\n", store,
           access(store, F_OK) == 0 ? "exists: the search would go on with it" : "new");
    return WEFT_OK;
}

weft_status cli_search_plan(cli_call *call, const cli_search_arguments *arguments,
                            weft_problem *problem, const char *store) {
    search_extent extent;
    WEFT_TRY(weft_problem_check(problem, store, &call->error));
    weft_status status = measure_extent(call, problem, &extent);
    if (status == WEFT_OK) {
        status = print_plan(call, arguments, problem, &extent, store);
    }
    free(extent.stands);
    free(extent.frozen);
    return status;
}
