/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting and asking a surrogate.
 *
 * What it is worth comes from cross-validation: each design is predicted by a model that was fitted to
 * the other folds, on the scale of their accuracies alone; designs whose features are equal share a
 * fold. Its interval comes from the same residuals, by split conformal prediction with
 * normalised scores (H. Papadopoulos et al., "Inductive confidence machines for regression", ECML
 * 2002; G. Shafer, V. Vovk, JMLR 9, 2008): of r_i = |z_i - m_i| / sqrt(d_i^2 + base^2), with d_i the
 * model's own deviation, the ceil((n + 1) level)-th smallest is the reach, and the interval is
 * m +- reach sqrt(d^2 + base^2). The base is twice the median deviation: how one model takes itself to
 * be off tells designs apart, but its scale is not the same from one fit to the next. The coverage
 * that is reported of a fold uses the residuals of the other folds alone. */
#include "accuracy/surrogate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/agree.h"
#include "base/number.h"
#include "base/pool.h"
#include "base/rng.h"

enum { MOST_FOLDS = 20 };

void weft_surrogate_defaults(weft_surrogate_settings *settings) {
    /* tau 0.5: of two designs taken by chance three times in four the better one is told. */
    *settings = (weft_surrogate_settings){.model = weft_model_names()[0],
                                          .loss = WEFT_LOSS_LOGISTIC,
                                          .warp = true,
                                          .folds = 5,
                                          .level = 0.9,
                                          .bar = 0.5,
                                          .ignore = "",
                                          .measure = "",
                                          .seed = 1,
                                          .jobs = 1};
}

const char *const *weft_loss_names(void) {
    static const char *const names[] = {"squared", "hinge", "logistic", NULL};
    return names;
}

void weft_surrogate_destroy(weft_surrogate *surrogate) {
    if (surrogate != NULL) {
        if (surrogate->kind != NULL) {
            surrogate->kind->destroy(surrogate->state);
        }
        weft_features_destroy(surrogate->features);
        free(surrogate);
    }
}

/* ---- what a score says ------------------------------------------------------------------------- */

/* `reach` in scores. */
static void tell(const weft_warp *warp, double score, double reach, weft_forecast *forecast) {
    forecast->accuracy = weft_warp_accuracy(warp, score);
    forecast->low = weft_warp_accuracy(warp, score - reach);
    forecast->high = weft_warp_accuracy(warp, score + reach);
}

void weft_surrogate_tell(const weft_surrogate *surrogate, double score, double deviation,
                         weft_forecast *forecast) {
    tell(&surrogate->warp, score, surrogate->reach * hypot(deviation, surrogate->base), forecast);
}

weft_status weft_surrogate_rows(const weft_surrogate *surrogate, const weft_designs *designs,
                                float **rows, weft_error *error) {
    size_t columns = (size_t)surrogate->features->n_columns;
    size_t n = designs->n > 0 ? (size_t)designs->n : 1;
    weft_binding *binding = NULL;
    WEFT_TRY(weft_binding_create(surrogate->features, &designs->genes, NULL, &binding, error));
    float *made = malloc(n * columns * sizeof *made);
    for (size_t i = 0; made != NULL && i < (size_t)designs->n; i++) {
        weft_features_row(binding, designs->genomes + i * (size_t)designs->genes.n,
                          made + i * columns);
    }
    weft_binding_destroy(binding);
    if (made == NULL) {
        return weft_fail_memory(error, n * columns * sizeof *made);
    }
    *rows = made;
    return WEFT_OK;
}

/* ---- cross-validation -------------------------------------------------------------------------- */

typedef struct fitting {
    const weft_surrogate_settings *settings;
    weft_surrogate *made;
    int n, folds;
    const double *accuracies;                    /* (n) */
    float *rows, *targets;                       /* (n, columns), (n) */
    int *fold;                                   /* (n) of each design */
    weft_warp warps[MOST_FOLDS];                 /* of all designs but those of the fold */
    double *scores, *deviations, *ratios, *room; /* (n): out of fold; |residual| / scale */
    weft_status status[MOST_FOLDS + 1];
    weft_error errors[MOST_FOLDS + 1];
} fitting;

static weft_status predict_fold(const fitting *f, int fold, const void *state, weft_error *error) {
    const weft_model_kind *kind = f->made->kind;
    size_t columns = (size_t)f->made->features->n_columns;
    void *room = malloc(kind->scratch(state));
    if (room == NULL) {
        return weft_fail_memory(error, kind->scratch(state));
    }
    for (int i = 0; i < f->n; i++) {
        if (f->fold[i] == fold) {
            kind->predict(state, f->rows + (size_t)i * columns, room, &f->scores[i],
                          &f->deviations[i]);
        }
    }
    free(room);
    return WEFT_OK;
}

/* What a fold's model learns from. */
typedef struct fold_part {
    weft_samples samples;
    float *rows, *targets;
    double *accuracies; /* (2 n): and room to sort them */
} fold_part;

static void part_free(fold_part *part) {
    free(part->rows);
    free(part->targets);
    free(part->accuracies);
}

/* All folds but one; how an accuracy ranks is told by those others, too. */
static weft_status part_make(fitting *f, int fold, fold_part *part, weft_error *error) {
    size_t n = (size_t)f->n;
    size_t columns = (size_t)f->made->features->n_columns;
    size_t m = 0;
    bool equal = true;
    *part = (fold_part){.rows = malloc(n * columns * sizeof *part->rows),
                        .targets = malloc(n * sizeof *part->targets),
                        .accuracies = malloc(2 * n * sizeof *part->accuracies)};
    if (part->rows == NULL || part->targets == NULL || part->accuracies == NULL) {
        return weft_fail_memory(error, n * columns * sizeof *part->rows);
    }
    for (size_t i = 0; i < n; i++) {
        if (f->fold[i] != fold) {
            memcpy(part->rows + m * columns, f->rows + i * columns, columns * sizeof *part->rows);
            part->accuracies[m++] = f->accuracies[i];
            equal = equal && part->accuracies[m - 1] == part->accuracies[0];
        }
    }
    weft_warp *warp = &f->warps[fold];
    if (equal) { /* nothing is to be learned, on whatever scale */
        *warp = f->made->warp;
    } else {
        weft_warp_fit(part->accuracies, (int)m, f->made->by_rank, part->accuracies + n, warp);
    }
    for (size_t i = 0; i < m; i++) {
        part->targets[i] = (float)weft_warp_score(warp, part->accuracies[i]);
    }
    part->samples = (weft_samples){
        .features = f->made->features, .n = (int)m, .rows = part->rows, .targets = part->targets};
    return WEFT_OK;
}

/* Fits to all folds but one, and predicts that one. */
static weft_status run_fold(fitting *f, int fold, const weft_model_options *options,
                            weft_error *error) {
    fold_part part;
    void *state = NULL;
    weft_status status = part_make(f, fold, &part, error);
    if (status == WEFT_OK) {
        status = f->made->kind->fit(&part.samples, options, &state, error);
    }
    if (status == WEFT_OK) {
        status = predict_fold(f, fold, state, error);
    }
    f->made->kind->destroy(state);
    part_free(&part);
    return status;
}

/* Item `folds` is the model that is kept: all designs. */
static void run_item(void *context, int item, int thread) {
    (void)thread;
    fitting *f = context;
    weft_model_options options = {.loss = f->settings->loss,
                                  .seed = weft_model_seed(f->settings->seed, (uint64_t)item),
                                  .stop = f->settings->stop};
    if (item < f->folds) {
        f->status[item] = run_fold(f, item, &options, &f->errors[item]);
        return;
    }
    weft_samples all = {
        .features = f->made->features, .n = f->n, .rows = f->rows, .targets = f->targets};
    f->status[item] = f->made->kind->fit(&all, &options, &f->made->state, &f->errors[item]);
}

static weft_status run_all(fitting *f, weft_error *error) {
    weft_pool *pool = NULL;
    WEFT_TRY(weft_pool_create(f->settings->jobs > 0 ? f->settings->jobs : 1, &pool, error));
    weft_pool_run(pool, f->folds + 1, run_item, f);
    weft_pool_destroy(pool);
    for (int i = 0; i <= f->folds; i++) {
        if (f->status[i] != WEFT_OK) {
            *error = f->status[i] < 0 ? f->errors[i] : *error;
            return f->status[i];
        }
    }
    return WEFT_OK;
}

/* ---- intervals --------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Which of n residuals in order, from 1, is the reach; above n: they cannot tell. The product may be off
 * by its rounding: 20 times 0.55 is 11. */
static int place_of(int n, double level) {
    return (int)ceil((n + 1) * level - 1e-9);
}

/* The reach from the residuals of all folds but one (-1: of all). */
static double reach_without(const fitting *f, int fold) {
    int n = 0;
    for (int i = 0; i < f->n; i++) {
        if (f->fold[i] != fold) {
            f->room[n++] = f->ratios[i];
        }
    }
    qsort(f->room, (size_t)n, sizeof *f->room, by_value);
    return f->room[place_of(n, f->settings->level) - 1];
}

static void find_ratios(fitting *f) {
    memcpy(f->room, f->deviations, (size_t)f->n * sizeof *f->room);
    qsort(f->room, (size_t)f->n, sizeof *f->room, by_value);
    f->made->base = fmax(2.0 * f->room[f->n / 2], 1e-6);
    for (int i = 0; i < f->n; i++) {
        double truth = weft_warp_score(&f->warps[f->fold[i]], f->accuracies[i]);
        f->ratios[i] = fabs(truth - f->scores[i]) / hypot(f->deviations[i], f->made->base);
    }
}

/* What is told of forecasts against accuracies; the rest of the report stays. */
static weft_status fill_report(const double *accuracies, const weft_forecast *forecasts, int n,
                               weft_surrogate_report *report, weft_error *error) {
    weft_agreement agreement;
    double *said = malloc((size_t)n * sizeof *said);
    if (said == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *said);
    }
    int inside = 0;
    double width = 0.0;
    for (int i = 0; i < n; i++) {
        said[i] = forecasts[i].accuracy;
        inside += accuracies[i] >= forecasts[i].low && accuracies[i] <= forecasts[i].high;
        width += (forecasts[i].high - forecasts[i].low) / n;
    }
    weft_status status = weft_agree(accuracies, said, n, &agreement, error);
    free(said);
    WEFT_TRY(status);
    report->n = n;
    report->tau = agreement.tau;
    report->spearman = agreement.spearman;
    report->rmse = agreement.rmse;
    report->mae = agreement.mae;
    report->coverage = (double)inside / n;
    report->width = width;
    report->usable = agreement.tau >= report->bar;
    return WEFT_OK;
}

static weft_status judge(fitting *f, weft_error *error) {
    weft_surrogate *made = f->made;
    weft_forecast *forecasts = calloc((size_t)f->n, sizeof *forecasts);
    if (forecasts == NULL) {
        return weft_fail_memory(error, (size_t)f->n * sizeof *forecasts);
    }
    find_ratios(f);
    for (int fold = 0; fold < f->folds; fold++) {
        double reach = reach_without(f, fold);
        for (int i = 0; i < f->n; i++) {
            if (f->fold[i] == fold) {
                tell(&f->warps[fold], f->scores[i], reach * hypot(f->deviations[i], made->base),
                     &forecasts[i]);
            }
        }
    }
    made->reach = reach_without(f, -1);
    made->report = (weft_surrogate_report){
        .folds = f->folds, .level = f->settings->level, .bar = f->settings->bar};
    weft_status status = fill_report(f->accuracies, forecasts, f->n, &made->report, error);
    free(forecasts);
    return status;
}

/* ---- fitting ----------------------------------------------------------------------------------- */

static weft_status check_accuracies(const weft_designs *designs, weft_error *error) {
    for (int i = 0; i < designs->n; i++) {
        double accuracy = designs->accuracies[i];
        if (!(accuracy >= 0.0 && accuracy <= 1.0)) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "the accuracy of design %d (from 1) is %g, expected 0 to 1", i + 1, accuracy);
            weft_hint(error, "say so if they are percentages");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

static weft_status check_designs(const weft_designs *designs, weft_error *error) {
    if (designs->n < WEFT_SURROGATE_LEAST || designs->n > WEFT_SURROGATE_MOST) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "%d designs with an accuracy, expected %d to %d to fit a predictor to",
                  designs->n, (int)WEFT_SURROGATE_LEAST, (int)WEFT_SURROGATE_MOST);
        weft_hint(error, designs->n > WEFT_SURROGATE_MOST ? "take a sample of them"
                                                          : "train more of them");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(check_accuracies(designs, error));
    for (int i = 1; i < designs->n; i++) {
        if (designs->accuracies[i] != designs->accuracies[0]) {
            return WEFT_OK;
        }
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "all %d designs have the accuracy %g: there is nothing to learn", designs->n,
                     designs->accuracies[0]);
}

static weft_status check_settings(const weft_surrogate_settings *settings, weft_error *error) {
    if (weft_model_find(settings->model) == NULL) {
        const char *const *names = weft_model_names();
        char known[100] = "";
        size_t n = 0;
        for (; names[n] != NULL; n++) {
            weft_list_add(known, sizeof known, names[n]);
        }
        weft_fail(error, WEFT_ERROR_INPUT, "unknown model \"%.60s\", expected one of %s",
                  settings->model, known);
        const char *near = weft_nearest(settings->model, names, n);
        if (near != NULL) {
            weft_hint(error, "did you mean \"%s\"?", near);
        }
        return WEFT_ERROR_INPUT;
    }
    bool right = settings->folds >= 2 && settings->folds <= MOST_FOLDS && settings->level >= 0.5 &&
                 settings->level <= 0.99 && settings->bar >= -1.0 && settings->bar <= 1.0 &&
                 settings->loss <= WEFT_LOSS_LOGISTIC;
    return right ? WEFT_OK
                 : weft_fail(error, WEFT_ERROR_INPUT,
                             "%d folds, level %g and bar %g; expected 2 to %d, 0.5 to 0.99 and "
                             "-1 to 1",
                             settings->folds, settings->level, settings->bar, (int)MOST_FOLDS);
}

static void fitting_free(fitting *f) {
    free(f->rows);
    free(f->targets);
    free(f->fold);
    free(f->scores);
}

typedef struct row_key {
    uint64_t hash;
    int design;
} row_key;

static int by_hash(const void *left, const void *right) {
    const row_key *a = left;
    const row_key *b = right;
    return a->hash != b->hash ? (a->hash > b->hash) - (a->hash < b->hash) : a->design - b->design;
}

/* same[i] becomes the first design whose features are those of design i. */
static weft_status find_same(const fitting *f, int *same, weft_error *error) {
    size_t n = (size_t)f->n;
    size_t columns = (size_t)f->made->features->n_columns;
    row_key *keys = calloc(n, sizeof *keys);
    if (keys == NULL) {
        return weft_fail_memory(error, n * sizeof *keys);
    }
    for (size_t i = 0; i < n; i++) {
        const float *row = f->rows + i * columns;
        keys[i] = (row_key){weft_hash(row, columns * sizeof *row, 0), (int)i};
    }
    qsort(keys, n, sizeof *keys, by_hash);
    for (size_t i = 0; i < n; i++) {
        bool again = i > 0 && keys[i].hash == keys[i - 1].hash;
        same[keys[i].design] = again ? same[keys[i - 1].design] : keys[i].design;
    }
    free(keys);
    return WEFT_OK;
}

static int least_of(const int *sizes, int n) {
    int least = 0;
    for (int i = 1; i < n; i++) {
        least = sizes[i] < sizes[least] ? i : least;
    }
    return least;
}

/* Groups of equal features go to the smallest fold, in an order by chance. */
static weft_status deal_groups(fitting *f, const int *same, int *counts, uint32_t *order,
                               weft_error *error) {
    int sizes[MOST_FOLDS] = {0};
    int groups = 0;
    for (int i = 0; i < f->n; i++) {
        counts[same[i]]++;
        if (same[i] == i) {
            order[groups++] = (uint32_t)i;
        }
    }
    if (groups < WEFT_SURROGATE_LEAST) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "%d of %d designs differ in what the predictor is fed, expected at least %d",
                  groups, f->n, (int)WEFT_SURROGATE_LEAST);
        weft_hint(error, "train other designs, or `ignore` fewer genes");
        return WEFT_ERROR_INPUT;
    }
    weft_rng rng = weft_rng_make(f->settings->seed, WEFT_PURPOSE_SPLIT, 0);
    weft_rng_shuffle(&rng, order, (size_t)groups);
    for (int g = 0; g < groups; g++) {
        int fold = least_of(sizes, f->folds);
        f->fold[order[g]] = fold;
        sizes[fold] += counts[order[g]];
    }
    for (int i = 0; i < f->n; i++) {
        f->fold[i] = f->fold[same[i]];
    }
    return WEFT_OK;
}

/* Folds of about equal size. What the model cannot tell apart is learned from or held out together:
 * else a design would be predicted by one that remembers it. */
static weft_status deal_folds(fitting *f, weft_error *error) {
    size_t n = (size_t)f->n;
    int *same = calloc(2 * n, sizeof *same);
    uint32_t *order = calloc(n, sizeof *order);
    weft_status status = same != NULL && order != NULL
                             ? find_same(f, same, error)
                             : weft_fail_memory(error, 2 * n * sizeof *same);
    if (status == WEFT_OK) {
        status = deal_groups(f, same, same + n, order, error);
    }
    free(same);
    free(order);
    return status;
}

/* Few residuals tell no interval that covers nearly all. */
static weft_status check_level(const fitting *f, weft_error *error) {
    int sizes[MOST_FOLDS] = {0};
    int least = f->n;
    double level = f->settings->level;
    for (int i = 0; i < f->n; i++) {
        int left = f->n - ++sizes[f->fold[i]];
        least = left < least ? left : least;
    }
    if (place_of(least, level) <= least) {
        return WEFT_OK;
    }
    int needed = least;
    while (place_of(needed, level) > needed) {
        needed++;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "intervals that cover %g of the designs need %d outside each part of the "
              "cross-validation, there are %d",
              level, needed, least);
    weft_hint(error, "take a level of %.2f at most, or more designs",
              floor(100.0 * least / (least + 1)) / 100.0);
    return WEFT_ERROR_INPUT;
}

static weft_status fitting_make(fitting *f, const weft_designs *designs, weft_error *error) {
    size_t n = (size_t)f->n;
    f->targets = calloc(n, sizeof *f->targets);
    f->fold = calloc(n, sizeof *f->fold);
    f->scores = calloc(4 * n, sizeof *f->scores);
    if (f->targets == NULL || f->fold == NULL || f->scores == NULL) {
        return weft_fail_memory(error, 4 * n * sizeof *f->scores);
    }
    f->deviations = f->scores + n;
    f->ratios = f->scores + 2 * n;
    f->room = f->scores + 3 * n;
    WEFT_TRY(weft_surrogate_rows(f->made, designs, &f->rows, error));
    WEFT_TRY(deal_folds(f, error));
    WEFT_TRY(check_level(f, error));
    weft_warp_fit(designs->accuracies, f->n, f->made->by_rank, f->room, &f->made->warp);
    for (size_t i = 0; i < n; i++) {
        f->targets[i] = (float)weft_warp_score(&f->made->warp, designs->accuracies[i]);
    }
    return WEFT_OK;
}

static weft_status fit(weft_surrogate *made, const weft_surrogate_settings *settings,
                       const weft_designs *designs, weft_error *error) {
    fitting f = {.settings = settings,
                 .made = made,
                 .n = designs->n,
                 .folds = settings->folds,
                 .accuracies = designs->accuracies};
    WEFT_TRY(weft_features_learn(&designs->genes, designs->genomes, designs->n, settings->ignore,
                                 &made->features, error));
    weft_status status = fitting_make(&f, designs, error);
    if (status == WEFT_OK) {
        status = run_all(&f, error);
    }
    if (status == WEFT_OK) {
        status = judge(&f, error);
    }
    fitting_free(&f);
    return status;
}

weft_status weft_surrogate_fit(const weft_surrogate_settings *settings, const weft_designs *designs,
                               weft_surrogate **surrogate, weft_error *error) {
    WEFT_TRY(check_settings(settings, error));
    WEFT_TRY(check_designs(designs, error));
    weft_surrogate *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->kind = weft_model_find(settings->model);
    made->loss = settings->loss;
    made->by_rank = settings->warp;
    made->seed = settings->seed;
    snprintf(made->measure, sizeof made->measure, "%s",
             settings->measure != NULL ? settings->measure : "");
    weft_status status = fit(made, settings, designs, error);
    if (status != WEFT_OK) {
        weft_surrogate_destroy(made);
        return status;
    }
    *surrogate = made;
    return WEFT_OK;
}

/* ---- asking ------------------------------------------------------------------------------------ */

void weft_surrogate_get_report(const weft_surrogate *surrogate, weft_surrogate_report *report) {
    *report = surrogate->report;
}

void weft_surrogate_get_about(const weft_surrogate *surrogate, weft_surrogate_about *about) {
    *about = (weft_surrogate_about){.model = surrogate->kind->name,
                                    .measure = surrogate->measure,
                                    .loss = surrogate->loss,
                                    .warp = surrogate->by_rank,
                                    .seed = surrogate->seed,
                                    .genes = surrogate->features->n_genes,
                                    .inputs = surrogate->features->n_columns};
}

const char *weft_surrogate_gene(const weft_surrogate *surrogate, int i, char *values, size_t size) {
    if (i < 0 || i >= surrogate->features->n_genes) {
        return NULL;
    }
    const weft_feature_gene *gene = &surrogate->features->genes[i];
    char number[40];
    values[0] = '\0';
    for (int v = 0; v < gene->n_values; v++) {
        weft_list_add(values, size,
                      gene->is_number ? weft_real_text(gene->numbers[v], number, sizeof number)
                                      : gene->words[v]);
    }
    if (gene->n_values == 0) {
        snprintf(values, size, "%g to %g", gene->lower, gene->upper);
    }
    return gene->name;
}

weft_status weft_surrogate_predict(const weft_surrogate *surrogate, const weft_designs *designs,
                                   weft_forecast *forecasts, weft_error *error) {
    float *rows = NULL;
    size_t columns = (size_t)surrogate->features->n_columns;
    WEFT_TRY(weft_surrogate_rows(surrogate, designs, &rows, error));
    void *room = malloc(surrogate->kind->scratch(surrogate->state));
    for (int i = 0; room != NULL && i < designs->n; i++) {
        double score = 0.0;
        double deviation = 0.0;
        surrogate->kind->predict(surrogate->state, rows + (size_t)i * columns, room, &score,
                                 &deviation);
        weft_surrogate_tell(surrogate, score, deviation, &forecasts[i]);
    }
    free(rows);
    if (room == NULL) {
        return weft_fail_memory(error, surrogate->kind->scratch(surrogate->state));
    }
    free(room);
    return WEFT_OK;
}

weft_status weft_surrogate_check(const weft_surrogate *surrogate, const weft_designs *designs,
                                 weft_surrogate_report *report, weft_forecast *forecasts,
                                 weft_error *error) {
    if (designs->n < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there is no design to compare with");
    }
    WEFT_TRY(check_accuracies(designs, error));
    weft_surrogate_report made = {.level = surrogate->report.level, .bar = surrogate->report.bar};
    weft_forecast *said = calloc((size_t)designs->n, sizeof *said);
    if (said == NULL) {
        return weft_fail_memory(error, (size_t)designs->n * sizeof *said);
    }
    weft_status status = weft_surrogate_predict(surrogate, designs, said, error);
    if (status == WEFT_OK) {
        status = fill_report(designs->accuracies, said, designs->n, &made, error);
    }
    if (status == WEFT_OK) {
        *report = made;
        if (forecasts != NULL) {
            memcpy(forecasts, said, (size_t)designs->n * sizeof *said);
        }
    }
    free(said);
    return status;
}
