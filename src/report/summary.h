/* SPDX-License-Identifier: Apache-2.0
 *
 * What a report tells, taken from a study once; the page and the figures read nothing else. */
#ifndef WEFT_REPORT_SUMMARY_H
#define WEFT_REPORT_SUMMARY_H

#include <weft/report.h>

#include "report/genes.h"

enum { WEFT_SUMMARY_FRONTS = 5 };

/* The trade-off of two metrics over the feasible trials. */
typedef struct weft_summary_front {
    weft_metric x, y;
    bool x_maximise, y_maximise;
    size_t *trials; /* indices of the non-dominated ones */
    size_t n;
    char file[96]; /* "front-accuracy-energy.svg" */
} weft_summary_front;

/* A network that the chosen design runs. */
typedef struct weft_summary_network {
    char name[WEFT_NETWORK_NAME];
    weft_cost *cost; /* of the chosen design; NULL: none, `problem` says why */
    char problem[512];
} weft_summary_network;

/* Which genes an objective depends on: so many of the largest shares. */
enum { WEFT_SUMMARY_SHARES = 10 };
typedef struct weft_summary_importance {
    char quantity[80]; /* "energy", "log energy" */
    double r2;
    size_t n_trials;
    char names[WEFT_SUMMARY_SHARES][2 * WEFT_GENE_NAME + 8];
    weft_report_importance_row rows[WEFT_SUMMARY_SHARES]; /* their names are those above */
    int n;
} weft_summary_importance;

typedef struct weft_summary {
    const weft_problem_info *info;
    const weft_study_origin *origin;
    const weft_study *study; /* borrowed, for the orders that steered it; NULL: none */
    const weft_chip *chip;
    char *problem_text;        /* the problem with every setting written out, as YAML; NULL: none */
    const weft_trial **trials; /* borrowed from the study */
    size_t n_trials;
    size_t ok, infeasible, failed;
    size_t partial;   /* of those ok: they are not compared */
    uint64_t designs; /* in brackets one may have several trials */
    double spent;     /* weft_study_spent */
    size_t *front;    /* of the problem's objectives, or the best by score */
    size_t n_front;
    weft_gap gap;
    ptrdiff_t knee; /* index of a trial; -1: no feasible trial */
    weft_summary_front fronts[WEFT_SUMMARY_FRONTS];
    int n_fronts;
    double *curve; /* after each trial: hypervolume, or with one objective its best value */
    weft_pick picks[WEFT_MAX_PICKS];
    int n_picks;
    ptrdiff_t chosen;               /* the trial whose breakdown is shown; -1: none */
    weft_summary_network *networks; /* that every design runs */
    int n_networks;
    size_t common;     /* letters at the front of all descriptions: networks that no gene shapes */
    weft_chip *turned; /* the chip of `chosen`, where its genes set it; NULL: `chip` as it is */
    weft_gene_row *genes; /* of `chosen` */
    int n_genes;
    weft_summary_importance *importance; /* (n_importance) */
    int n_importance;                    /* 0: too few trials to tell */
} weft_summary;

weft_status weft_summary_gather(const weft_study *study, const weft_report_settings *settings,
                                weft_summary *summary, weft_error *error) WEFT_NODISCARD;
void weft_summary_free(weft_summary *summary);

/* summary_importance.c: `importance`, where the trials are enough. */
weft_status weft_summary_weigh(const weft_study *study, weft_summary *summary,
                               weft_error *error) WEFT_NODISCARD;

#endif
