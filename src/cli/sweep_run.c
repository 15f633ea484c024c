/* SPDX-License-Identifier: Apache-2.0
 * What the points of a grid cost: each combination of chip values is priced once and then costs all
 * networks. Combinations are independent, so threads change nothing but the time. */
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "cli/sweep.h"

typedef struct work {
    const cli_grid *grid;
    weft_chip **chips;          /* a value of the chip axis each, with every --set */
    weft_workload **workloads;  /* [threads][networks] */
    weft_error *network_errors; /* [networks]: why there is no workload */
    int n_networks;
    size_t networks_stride; /* points from one network to the next */
    size_t first;           /* combination that item 0 of the running batch is */
    struct kept_chip *kept; /* [threads] */
    atomic_bool out_of_memory;
} work;

/* The chip of a thread's point before: every point sets all axes, so it need not be read again. */
typedef struct kept_chip {
    weft_chip *chip; /* NULL: none */
    size_t place;    /* on the axis of chips */
} kept_chip;

/* ---- points ---------------------------------------------------------------------------------- */

/* The n-th point whose network is the first: one for each combination of the other axes. */
static size_t point_of(const work *w, size_t combination) {
    size_t stride = w->networks_stride;
    return combination / stride * stride * (size_t)w->n_networks + combination % stride;
}

static void fail_point(work *w, size_t point, const weft_error *error) {
    cli_point *at = &w->grid->points[point];
    at->status = error->status;
    at->reason = strdup(error->message);
    if (at->reason == NULL) {
        atomic_store(&w->out_of_memory, true);
    }
}

/* Sets the same value at each of the paths that an axis joins with '+'. */
static weft_status set_paths(weft_chip *chip, const cli_axis *axis, const char *value,
                             weft_error *error) {
    const char *path = axis->name;
    for (;;) {
        char one[sizeof axis->name];
        size_t length = strcspn(path, "+");
        snprintf(one, sizeof one, "%.*s", (int)length, path);
        WEFT_TRY(cli_chip_set(chip, one, value, error));
        if (path[length] == '\0') {
            return WEFT_OK;
        }
        path += length + 1;
    }
}

/* Chips of a fixed structure are read anew: they check values against each other when they are set,
 * and a point may not depend on the one before. */
static bool may_keep(const weft_chip *chip) {
    weft_chip_about about;
    weft_chip_get_about(chip, &about);
    return strcmp(about.format, "chip/2") == 0;
}

static weft_status take_chip(const work *w, size_t place, kept_chip *kept, weft_error *error) {
    const weft_chip *base = w->chips[place];
    const char *text = weft_chip_text(base);
    if (kept->chip != NULL && kept->place == place && may_keep(base)) {
        return WEFT_OK;
    }
    weft_chip_destroy(kept->chip);
    kept->chip = NULL;
    kept->place = place;
    return weft_chip_parse(text, strlen(text), weft_chip_name(base), &kept->chip, error);
}

static weft_status make_chip(const work *w, size_t point, int thread, weft_priced **priced,
                             weft_error *error) {
    const cli_grid *grid = w->grid;
    kept_chip *kept = &w->kept[thread];
    WEFT_TRY(take_chip(w, (size_t)cli_grid_place(grid, point, grid->chips), kept, error));
    weft_status status = WEFT_OK;
    for (int i = 0; i < grid->n_axes && status == WEFT_OK; i++) {
        if (grid->axes[i].kind == CLI_AXIS_PATH) {
            status = set_paths(kept->chip, &grid->axes[i], cli_grid_value(grid, point, i), error);
        }
    }
    if (status != WEFT_OK) { /* some axes are set, others not */
        weft_chip_destroy(kept->chip);
        kept->chip = NULL;
        return status;
    }
    return weft_priced_create(kept->chip, priced, error);
}

static void cost_combination(void *context, int item, int thread) {
    work *w = context;
    weft_error error;
    weft_priced *priced = NULL;
    size_t first = point_of(w, w->first + (size_t)item);
    weft_status made = make_chip(w, first, thread, &priced, &error);
    for (int n = 0; n < w->n_networks; n++) {
        size_t point = first + (size_t)n * w->networks_stride;
        weft_workload *workload = w->workloads[(size_t)thread * (size_t)w->n_networks + (size_t)n];
        if (made != WEFT_OK) {
            fail_point(w, point, &error);
        } else if (workload == NULL) {
            fail_point(w, point, &w->network_errors[n]);
        } else if (weft_estimate(priced, workload, &w->grid->points[point].total, &error) !=
                   WEFT_OK) {
            fail_point(w, point, &error);
        }
    }
    weft_priced_destroy(priced);
}

/* ---- what all points share ------------------------------------------------------------------- */

/* Each value of each axis is tried alone: unknown paths and illegal values end the sweep here. */
static weft_status check_values(cli_call *call, const cli_grid *grid, const weft_chip *base) {
    const char *text = weft_chip_text(base);
    for (int i = 0; i < grid->n_axes; i++) {
        for (int k = 0; grid->axes[i].kind == CLI_AXIS_PATH && k < grid->axes[i].n; k++) {
            weft_chip *chip = NULL;
            WEFT_TRY(
                weft_chip_parse(text, strlen(text), weft_chip_name(base), &chip, &call->error));
            weft_status status =
                set_paths(chip, &grid->axes[i], grid->axes[i].values[k], &call->error);
            weft_chip_destroy(chip);
            WEFT_TRY(status);
        }
    }
    return WEFT_OK;
}

static weft_status read_chips(cli_call *call, work *w) {
    const cli_axis *axis = &w->grid->axes[w->grid->chips];
    for (int i = 0; i < axis->n; i++) {
        WEFT_TRY(cli_chip_read(call, axis->values[i], &w->chips[i]));
        WEFT_TRY(check_values(call, w->grid, w->chips[i]));
    }
    return WEFT_OK;
}

/* A network that cannot be built or lowered is a reason of its points; one that cannot be read ends
 * the sweep. */
static weft_status read_network(cli_call *call, work *w, int n, int threads) {
    const char *text = w->grid->axes[w->grid->networks].values[n];
    weft_network *network = NULL;
    weft_status status = weft_network_read(text, &network, &w->network_errors[n]);
    for (int t = 0; t < threads && status == WEFT_OK; t++) {
        status = weft_workload_create(network,
                                      &w->workloads[(size_t)t * (size_t)w->n_networks + (size_t)n],
                                      &w->network_errors[n]);
    }
    weft_network_destroy(network);
    if (status != WEFT_OK && status != WEFT_ERROR_INFEASIBLE) {
        call->error = w->network_errors[n];
        return status;
    }
    return WEFT_OK;
}

static weft_status allocate(cli_call *call, cli_grid *grid, int threads, work *w) {
    int networks = grid->axes[grid->networks].n;
    *w = (work){.grid = grid, .n_networks = networks, .networks_stride = 1};
    for (int i = grid->networks + 1; i < grid->n_axes; i++) {
        w->networks_stride *= (size_t)grid->axes[i].n;
    }
    grid->points = calloc(grid->n, sizeof *grid->points);
    w->chips = calloc((size_t)grid->axes[grid->chips].n, sizeof(weft_chip *));
    w->workloads = calloc((size_t)threads * (size_t)networks, sizeof(weft_workload *));
    w->kept = calloc((size_t)threads, sizeof *w->kept);
    w->network_errors = calloc((size_t)networks, sizeof *w->network_errors);
    if (grid->points == NULL || w->chips == NULL || w->workloads == NULL || w->kept == NULL ||
        w->network_errors == NULL) {
        return weft_fail_memory(&call->error, grid->n * sizeof *grid->points);
    }
    return WEFT_OK;
}

static void free_work(work *w, int threads) {
    for (int i = 0; w->chips != NULL && i < w->grid->axes[w->grid->chips].n; i++) {
        weft_chip_destroy(w->chips[i]);
    }
    for (int i = 0; w->workloads != NULL && i < threads * w->n_networks; i++) {
        weft_workload_destroy(w->workloads[i]);
    }
    for (int t = 0; w->kept != NULL && t < threads; t++) {
        weft_chip_destroy(w->kept[t].chip);
    }
    free(w->kept);
    free(w->chips);
    free(w->workloads);
    free(w->network_errors);
}

/* ---- the run --------------------------------------------------------------------------------- */

static weft_status run_batches(cli_call *call, work *w, weft_pool *pool) {
    enum { BATCH = 64 }; /* combinations between two looks at the clock */
    const weft_stop *stop = cli_interrupt_install(call);
    size_t n = w->grid->n / (size_t)w->n_networks;
    cli_progress progress;
    cli_progress_begin(&progress, call);
    for (w->first = 0; w->first < n && !weft_stop_requested(stop); w->first += BATCH) {
        size_t left = n - w->first;
        weft_pool_run(pool, left < BATCH ? (int)left : BATCH, cost_combination, w);
        if (cli_progress_due(&progress)) {
            char bar[32];
            cli_progress_show(&progress, "%s %zu of %zu points",
                              cli_progress_bar((double)w->first / (double)n, bar, sizeof bar),
                              w->first * (size_t)w->n_networks, w->grid->n);
        }
    }
    cli_progress_end(&progress);
    if (weft_stop_requested(stop) && w->first < n) {
        return WEFT_STOPPED;
    }
    return atomic_load(&w->out_of_memory) ? weft_fail_memory(&call->error, 0) : WEFT_OK;
}

weft_status cli_grid_run(cli_call *call, cli_grid *grid, int threads) {
    work w;
    weft_pool *pool = NULL;
    weft_status status = allocate(call, grid, threads, &w);
    if (status == WEFT_OK) {
        status = read_chips(call, &w);
    }
    for (int n = 0; n < w.n_networks && status == WEFT_OK; n++) {
        status = read_network(call, &w, n, threads);
    }
    if (status == WEFT_OK) {
        status = weft_pool_create(threads, &pool, &call->error);
    }
    if (status == WEFT_OK) {
        status = run_batches(call, &w, pool);
    }
    weft_pool_destroy(pool);
    free_work(&w, threads);
    return status;
}
