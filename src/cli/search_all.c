/* SPDX-License-Identifier: Apache-2.0
 * weft search --exhaustive: every design of a finite problem, and the best of them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/search.h"

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct walk_watch {
    cli_progress progress;
    double began;
} walk_watch;

static void show_walk(walk_watch *watch, uint64_t done, uint64_t total) {
    char bar[32], eta[32];
    double share = total > 0 ? (double)done / (double)total : 1;
    double elapsed = weft_steady_time() - watch->began;
    cli_progress_show(
        &watch->progress, "%s %" PRIu64 "/%" PRIu64 " designs | %.3g/s | ETA %s",
        cli_progress_bar(share, bar, sizeof bar), done, total,
        elapsed > 0 ? (double)done / elapsed : 0,
        cli_duration(share > 0 ? elapsed * (1 - share) / share : NAN, eta, sizeof eta));
}

static void on_walk(void *context, uint64_t done, uint64_t total) {
    walk_watch *watch = context;
    if (cli_progress_due(&watch->progress)) {
        show_walk(watch, done, total);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

/* The place of the best design: the first of a score, the knee of a front. */
static weft_status find_best(cli_call *call, const weft_problem_info *info,
                             const weft_exhaust *result, size_t *best) {
    size_t n = (size_t)info->n_objectives;
    *best = 0;
    if (result->n == 0 || n == 1) {
        return WEFT_OK;
    }
    double *values = calloc(result->n * n, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(&call->error, result->n * n * sizeof *values);
    }
    for (size_t i = 0; i < result->n; i++) {
        for (size_t k = 0; k < n; k++) {
            double value = result->designs[i].metrics[info->objectives[k]];
            values[i * n + k] = info->maximise[k] ? -value : value;
        }
    }
    *best = weft_knee(values, result->n, (int)n);
    free(values);
    return WEFT_OK;
}

static weft_status print_json(cli_call *call, weft_problem *problem, const weft_exhaust *result,
                              double elapsed_s) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    size_t best = 0;
    WEFT_TRY(find_best(call, info, result, &best));
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    bool ranks = info->n_objectives == 1;
    cli_designs designs = {.problem = problem, .trials = result->designs, .n = result->n};
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    cli_accounting_json(json, problem);
    weft_json_member_integer(json, "designs", (int64_t)result->total);
    weft_json_member_integer(json, "ok", (int64_t)result->ok);
    weft_json_member_integer(json, "infeasible", (int64_t)result->infeasible);
    weft_json_member_integer(json, "failed", (int64_t)result->failed);
    weft_json_member_real(json, "elapsed_s", elapsed_s);
    weft_json_member_real(json, "designs_per_s",
                          elapsed_s > 0 ? (double)result->total / elapsed_s : NAN);
    weft_json_key(json, "best");
    if (result->n == 0) {
        weft_json_null(json);
    } else {
        cli_design_json(json, &designs, &result->designs[best]);
    }
    weft_json_key(json, "ranking");
    if (ranks) {
        cli_designs_json(json, &designs);
    } else {
        weft_json_null(json);
    }
    weft_json_key(json, "front");
    designs.n = ranks && result->n > 0 ? 1 : result->n;
    cli_designs_json(json, &designs);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status print_table(cli_call *call, weft_problem *problem, const weft_exhaust *result,
                               double elapsed_s) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    char accounting[CLI_ACCOUNTING], elapsed[32];
    cli_designs designs = {.problem = problem, .trials = result->designs, .n = result->n};
    cli_heading(call, info->n_objectives == 1 ? "Best designs" : "Front");
    WEFT_TRY(cli_designs_table(call, &designs));
    cli_note(call,
             "%" PRIu64 " designs: %" PRIu64 " ok, %" PRIu64 " infeasible, %" PRIu64
             " failed; %s, %.3g/s; accounting %s",
             result->total, result->ok, result->infeasible, result->failed,
             cli_duration(elapsed_s, elapsed, sizeof elapsed),
             elapsed_s > 0 ? (double)result->total / elapsed_s : 0,
             cli_accounting_text(problem, accounting, sizeof accounting));
    return WEFT_OK;
}

/* "rows=128,cell_bits=2": the genes that vary, for `weft explain FILE --genes`. False: too long. */
static bool genes_argument(const weft_problem *problem, const double *genome, char *text,
                           size_t size) {
    const weft_space *space = weft_problem_get_space(problem);
    weft_gene_table table = weft_space_genes(space);
    size_t used = 0;
    text[0] = '\0';
    for (int g = 0; g < table.n_genes && used < size; g++) {
        char value[64];
        if (!isnan(genome[g]) && weft_problem_varies(problem, g)) {
            used += (size_t)snprintf(
                text + used, size - used, "%s%s=%s", used > 0 ? "," : "", table.genes[g].name,
                weft_space_value_text(space, g, genome[g], value, sizeof value));
        }
    }
    return used > 0 && used < size;
}

/* Nothing is stored: the best design is named so that it can be asked about. */
static weft_status tell_best(cli_call *call, weft_problem *problem, const weft_exhaust *result) {
    char genes[1024];
    size_t best = 0;
    WEFT_TRY(find_best(call, weft_problem_get_info(problem), result, &best));
    if (genes_argument(problem, result->designs[best].genome, genes, sizeof genes)) {
        cli_note(
            call,
            "more of the best: weft explain %s --genes %s (weft compare takes FILE:GENE=VALUE,...)",
            call->operands[0], genes);
    }
    return WEFT_OK;
}

static weft_status fail_without_design(cli_call *call, const weft_exhaust *result) {
    weft_status status = result->failed > 0 ? WEFT_ERROR_EVALUATION : WEFT_ERROR_INFEASIBLE;
    weft_fail(&call->error, status,
              "the problem has no feasible design: of all %" PRIu64 " %" PRIu64
              " are infeasible and %" PRIu64 " failed",
              result->total, result->infeasible, result->failed);
    weft_hint(&call->error, "loosen its constraints or widen its space");
    return status;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static weft_status walk(cli_call *call, const cli_search_arguments *arguments,
                        const weft_problem *problem, weft_exhaust **result) {
    walk_watch watch = {.began = weft_steady_time()};
    weft_exhaust_settings settings = {
        .jobs = arguments->jobs,
        .keep = arguments->keep,
        .stop = cli_interrupt_install(call),
        .progress = on_walk,
        .context = &watch,
    };
    cli_progress_begin(&watch.progress, call);
    weft_status status = weft_problem_exhaust(problem, &settings, result, &call->error);
    if (status == WEFT_OK) {
        show_walk(&watch, (*result)->total, (*result)->total);
    }
    cli_progress_end(&watch.progress);
    if (status == WEFT_ERROR_USAGE) {
        weft_hint(&call->error, "'fixed' in the problem makes genes stand still, 'free' of its "
                                "section 'search' says which vary");
    }
    return status;
}

weft_status cli_search_all(cli_call *call, const cli_search_arguments *arguments,
                           weft_problem *problem) {
    double began = weft_steady_time();
    weft_exhaust *result = NULL;
    weft_status status = walk(call, arguments, problem, &result);
    if (status == WEFT_STOPPED) {
        cli_note(call, "interrupted: nothing is kept of a walk that did not end");
    }
    if (status != WEFT_OK) {
        return status;
    }
    double elapsed_s = weft_steady_time() - began;
    status = arguments->json ? print_json(call, problem, result, elapsed_s)
                             : print_table(call, problem, result, elapsed_s);
    if (status == WEFT_OK && result->n > 0) {
        status = tell_best(call, problem, result);
    }
    if (status == WEFT_OK && result->n == 0) {
        status = fail_without_design(call, result);
    }
    weft_exhaust_destroy(result);
    return status;
}
