/* SPDX-License-Identifier: Apache-2.0
 * A search as it runs: its phases, and the line that says how far it is. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/search.h"

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct search_watch {
    cli_progress progress;
    const weft_problem_info *info;
    weft_study_progress last;
    bool any;
} search_watch;

static void append(char *buffer, size_t size, const char *text) {
    size_t used = strlen(buffer);
    snprintf(buffer + used, size - used, "%s", text);
}

/* "best accuracy 0.912, energy 3.1 uJ". */
static void best_text(const weft_problem_info *info, const weft_study_progress *now, char *buffer,
                      size_t size) {
    snprintf(buffer, size, "best ");
    for (int i = 0; i < info->n_objectives; i++) {
        char value[CLI_QUANTITY], part[CLI_QUANTITY + 32];
        if (info->score[0] != '\0') {
            snprintf(part, sizeof part, "score %.5g", now->best[i]);
        } else {
            snprintf(part, sizeof part, "%s %s", weft_metric_token(info->objectives[i]),
                     cli_metric_text(info->objectives[i], now->best[i], value, sizeof value));
        }
        append(buffer, size, i > 0 ? ", " : "");
        append(buffer, size, isnan(now->best[i]) ? "-" : part);
    }
}

/* The whole line; where the terminal is too narrow for it, what matters most. */
static void show_search(search_watch *watch, const weft_study_progress *now) {
    char bar[32], best[240], volume[48] = "", eta[32], line[sizeof watch->progress.line];
    char partial[40] = "";
    double share = now->total > 0 ? (double)now->done / (double)now->total : 1;
    cli_progress_bar(share, bar, sizeof bar);
    cli_duration(now->eta, eta, sizeof eta);
    best_text(watch->info, now, best, sizeof best);
    if (!isnan(now->hypervolume)) {
        snprintf(volume, sizeof volume, " | HV %.4f of %.4g", now->hypervolume,
                 cli_most_hypervolume(watch->info->n_objectives));
    }
    if (watch->info->brackets.name != NULL) {
        snprintf(partial, sizeof partial, " (%" PRId64 " whole)", now->ok - now->partial);
    }
    int length = snprintf(line, sizeof line,
                          "%s %" PRId64 "/%" PRId64 " ok %" PRId64 "%s infeasible %" PRId64
                          " failed %" PRId64 " | %s%s | %.3g/s | ETA %s",
                          bar, now->done, now->total, now->ok, partial, now->infeasible,
                          now->failed, best, volume, now->rate, eta);
    if (length > cli_progress_room(&watch->progress)) {
        snprintf(line, sizeof line, "%s %" PRId64 "/%" PRId64 " | %s | ETA %s", bar, now->done,
                 now->total, best, eta);
    }
    cli_progress_show(&watch->progress, "%s", line);
}

static void show_final(search_watch *watch, const weft_study_progress *now) {
    char bar[32], eta[32];
    double share = now->total > 0 ? (double)now->done / (double)now->total : 1;
    cli_progress_show(&watch->progress, "%s final training %" PRId64 "/%" PRId64 " | ETA %s",
                      cli_progress_bar(share, bar, sizeof bar), now->done, now->total,
                      cli_duration(now->eta, eta, sizeof eta));
}

static void show(search_watch *watch) {
    if (watch->last.finishing) {
        show_final(watch, &watch->last);
    } else {
        show_search(watch, &watch->last);
    }
}

static void on_progress(void *context, const weft_study_progress *now) {
    search_watch *watch = context;
    watch->last = *now;
    watch->last.trial = NULL; /* borrowed for this call only */
    watch->any = true;
    if (cli_progress_due(&watch->progress)) {
        show(watch);
    }
}

/* ---- phases ---------------------------------------------------------------------------------- */

/* The first trial may take a while: a terminal should not stay empty until it ends. */
static void show_start(search_watch *watch, const char *what) {
    if (watch->progress.terminal) {
        cli_progress_show(&watch->progress, "%s ...", what);
    }
}

static void end_watch(search_watch *watch) {
    if (watch->any) {
        show(watch);
    }
    cli_progress_end(&watch->progress);
}

weft_status cli_search_phases(cli_call *call, const cli_search_arguments *arguments,
                              weft_study *study, const weft_problem_info *info) {
    search_watch watch = {.info = info};
    weft_run_settings settings = {
        .jobs = arguments->jobs,
        .stop = cli_interrupt_install(call),
        .progress = on_progress,
        .context = &watch,
    };
    if (info->chosen[0] != '\0') {
        cli_note(call, "optimizer %s, chosen for %s", info->optimizer.name, info->chosen);
    }
    cli_progress_begin(&watch.progress, call);
    show_start(&watch, "first trials");
    weft_status status = weft_study_run(study, &settings, &call->error);
    end_watch(&watch);
    if (status == WEFT_DONE) {
        cli_note(call, "the space is exhausted: it holds no further design");
        status = WEFT_OK;
    }
    if (status == WEFT_OK && info->trains && !arguments->no_final) {
        watch = (search_watch){.info = info};
        cli_progress_begin(&watch.progress, call);
        show_start(&watch, "final training");
        status = weft_study_finish(study, &settings, &call->error);
        end_watch(&watch);
    }
    return status;
}
