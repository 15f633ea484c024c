/* SPDX-License-Identifier: Apache-2.0
 * weft search --seeds: one search from several seeds, and how far they agree. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/search.h"

enum { STORE = 1024 };

/* What is said of a seed; the genome of its best design is a copy. */
typedef struct seed_run {
    uint64_t seed;
    char store[STORE];
    double elapsed_s;
    bool found;
    weft_trial best;
    double *genome;
} seed_run;

typedef struct seeds {
    const cli_search_arguments *arguments;
    weft_problem *problem;
    weft_problem_info *info;
    weft_several *several;
    int n;
    seed_run *runs;
} seeds;

/* "runs.db" becomes "runs-7.db": the ending is what stands behind the last point of the name. */
static void seed_store(const char *store, uint64_t seed, char *path, size_t size) {
    const char *slash = strrchr(store, '/');
    const char *name = slash == NULL ? store : slash + 1;
    const char *point = strrchr(name, '.');
    const char *ending = point == NULL || point == name ? name + strlen(name) : point;
    snprintf(path, size, "%.*s-%" PRIu64 "%s", (int)(ending - store), store, seed, ending);
}

/* ---- the runs -------------------------------------------------------------------------------- */

/* The best design of a study, which is closed afterwards. */
static weft_status take_best(cli_call *call, const weft_study *study, seed_run *run) {
    size_t best = 0;
    weft_status status = weft_study_best(study, &best, &call->error);
    if (status != WEFT_OK) {
        return status == WEFT_ERROR_INFEASIBLE ? WEFT_OK : status;
    }
    const weft_trial *trial = weft_study_get_trial(study, best);
    const weft_space *space = weft_problem_get_space(weft_study_get_problem(study));
    size_t bytes = (size_t)weft_space_genes(space).n_genes * sizeof *run->genome;
    run->genome = malloc(bytes);
    if (run->genome == NULL) {
        return weft_fail_memory(&call->error, bytes);
    }
    memcpy(run->genome, trial->genome, bytes);
    run->best = *trial;
    run->best.genome = run->genome;
    run->found = true;
    return WEFT_OK;
}

static weft_status search_seed(cli_call *call, seeds *all, seed_run *run) {
    weft_study *study = NULL;
    double began = weft_steady_time();
    all->info->seed = run->seed;
    all->info->optimizer.seed = run->seed;
    WEFT_TRY(weft_study_open(all->problem, run->store, &study, &call->error));
    cli_note(call, "seed %" PRIu64 " into %s", run->seed, run->store);
    weft_status status = cli_search_phases(call, all->arguments, study, all->info);
    run->elapsed_s = weft_steady_time() - began;
    if (status == WEFT_OK) {
        status = weft_several_add(all->several, study, SIZE_MAX, &call->error);
    }
    if (status == WEFT_OK) {
        status = take_best(call, study, run);
    }
    if (status != WEFT_OK) {
        cli_note(call, "%zu trials are safe in %s; the same command resumes",
                 weft_study_size(study), run->store);
    }
    weft_study_close(study);
    return status;
}

static weft_status search_seeds(cli_call *call, seeds *all, const char *store) {
    uint64_t first = all->info->seed;
    for (int i = 0; i < all->n; i++) {
        seed_run *run = &all->runs[i];
        run->seed = first + (uint64_t)i;
        seed_store(store, run->seed, run->store, sizeof run->store);
        WEFT_TRY(search_seed(call, all, run));
    }
    return WEFT_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void objectives_json(weft_json *json, const weft_problem_info *info) {
    weft_json_key(json, "objectives");
    weft_json_array_begin(json);
    for (int i = 0; i < info->n_objectives; i++) {
        weft_json_text(json,
                       info->score[0] != '\0' ? "score" : weft_metric_token(info->objectives[i]));
    }
    weft_json_array_end(json);
}

static void seed_json(weft_json *json, const seeds *all, const weft_several_study *of,
                      const seed_run *run) {
    cli_designs designs = {.problem = all->problem, .trials = &run->best, .n = 1};
    weft_json_object_begin(json);
    weft_json_member_integer(json, "seed", (int64_t)run->seed);
    weft_json_member_text(json, "store", run->store);
    weft_json_member_integer(json, "trials", (int64_t)of->trials);
    weft_json_member_integer(json, "ok", (int64_t)of->ok);
    weft_json_member_real(json, "elapsed_s", run->elapsed_s);
    weft_json_key(json, "best");
    if (run->found) {
        cli_design_json(json, &designs, &run->best);
    } else {
        weft_json_null(json);
    }
    weft_json_member_real(json, "best_value", of->best);
    weft_json_member_real(json, "hypervolume", of->hypervolume);
    weft_json_member_integer(json, "attained", (int64_t)of->attained);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const seeds *all, const weft_several_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", all->info->name);
    cli_accounting_json(json, all->problem);
    objectives_json(json, all->info);
    weft_json_key(json, "seeds");
    weft_json_array_begin(json);
    for (int i = 0; i < all->n; i++) {
        seed_json(json, all, &result->studies[i], &all->runs[i]);
    }
    weft_json_array_end(json);
    cli_attainment_json(json, result);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* ---- for people ------------------------------------------------------------------------------ */

static weft_status print_seeds(cli_call *call, const seeds *all,
                               const weft_several_result *result) {
    static const char *const ONE[] = {"seed", "store", "trials", "ok", "seconds", "best"};
    static const char *const SEVERAL[] = {"seed",    "store",       "trials",  "ok",
                                          "seconds", "hypervolume", "attained"};
    bool one = result->n_objectives == 1;
    cli_table table;
    cli_table_begin(&table, one ? ONE : SEVERAL, one ? "rlrrrr" : "rlrrrrr");
    for (int i = 0; i < all->n; i++) {
        const weft_several_study *of = &result->studies[i];
        char value[CLI_QUANTITY];
        cli_table_cell(&table, "%" PRIu64, all->runs[i].seed);
        cli_table_cell(&table, "%s", all->runs[i].store);
        cli_table_cell(&table, "%zu", of->trials);
        cli_table_cell(&table, "%zu", of->ok);
        cli_table_cell(&table, "%.3g", all->runs[i].elapsed_s);
        if (one) {
            cli_table_cell(&table, "%s", cli_goal_text(all->info, of->best, value, sizeof value));
        } else {
            cli_table_cell(&table, "%.4f", of->hypervolume);
            cli_table_cell(&table, "%zu of %zu", of->attained, result->n_front);
        }
    }
    return cli_table_print(&table, call);
}

static weft_status print_result(cli_call *call, const seeds *all) {
    weft_several_result result;
    WEFT_TRY(weft_several_compare(all->several, &result, &call->error));
    if (all->arguments->json) {
        return print_json(call, all, &result);
    }
    char accounting[CLI_ACCOUNTING];
    cli_heading(call, "Seeds");
    WEFT_TRY(print_seeds(call, all, &result));
    cli_print_quartiles(all->info, &result);
    printf("accounting   %s\n", cli_accounting_text(all->problem, accounting, sizeof accounting));
    return WEFT_OK;
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status fail_without_design(cli_call *call, const seeds *all) {
    for (int i = 0; i < all->n; i++) {
        if (all->runs[i].found) {
            return WEFT_OK;
        }
    }
    weft_fail(&call->error, WEFT_ERROR_INFEASIBLE,
              "no design was found: none of the trials of %d seeds is feasible", all->n);
    weft_hint(&call->error, "'weft front STORE --all' gives the reason for each trial");
    return call->error.status;
}

weft_status cli_search_seeds(cli_call *call, const cli_search_arguments *arguments,
                             weft_problem *problem, const char *store) {
    seeds all = {.arguments = arguments,
                 .problem = problem,
                 .info = weft_problem_get_info(problem),
                 .n = arguments->seeds};
    if (strlen(store) + 32 > STORE) {
        return cli_usage(call, "--store is too long: '%.60s...'", store);
    }
    all.runs = calloc((size_t)all.n, sizeof *all.runs);
    if (all.runs == NULL) {
        return weft_fail_memory(&call->error, (size_t)all.n * sizeof *all.runs);
    }
    weft_status status = weft_several_create(&all.several, &call->error);
    if (status == WEFT_OK) {
        status = search_seeds(call, &all, store);
    }
    if (status == WEFT_OK) {
        status = print_result(call, &all);
    }
    if (status == WEFT_OK) {
        status = fail_without_design(call, &all);
    }
    for (int i = 0; i < all.n; i++) {
        free(all.runs[i].genome);
    }
    free(all.runs);
    weft_several_destroy(all.several);
    return status;
}
