/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting and asking a surrogate.
 *
 * What it is worth comes from cross-validation: each design is predicted by a model that was fitted to
 * the other folds. Its interval comes from the same residuals, by split conformal prediction with
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

void weft_surrogate_tell(const weft_surrogate *surrogate, double score, double deviation,
                         weft_forecast *forecast) {
    double reach = surrogate->reach * hypot(deviation, surrogate->base);
    forecast->accuracy = weft_warp_accuracy(&surrogate->warp, score);
    forecast->low = weft_warp_accuracy(&surrogate->warp, score - reach);
    forecast->high = weft_warp_accuracy(&surrogate->warp, score + reach);
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

/* Fits to all folds but one, and predicts that one. */
static weft_status run_fold(const fitting *f, int fold, const weft_model_options *options,
                            weft_error *error) {
    size_t columns = (size_t)f->made->features->n_columns;
    float *rows = malloc((size_t)f->n * columns * sizeof *rows);
    float *targets = malloc((size_t)f->n * sizeof *targets);
    weft_samples part = {.features = f->made->features, .rows = rows, .targets = targets};
    void *state = NULL;
    weft_status status = rows != NULL && targets != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, (size_t)f->n * columns * sizeof *rows);
    for (int i = 0; status == WEFT_OK && i < f->n; i++) {
        if (f->fold[i] != fold) {
            memcpy(rows + (size_t)part.n * columns, f->rows + (size_t)i * columns,
                   columns * sizeof *rows);
            targets[part.n++] = f->targets[i];
        }
    }
    if (status == WEFT_OK) {
        status = f->made->kind->fit(&part, options, &state, error);
    }
    if (status == WEFT_OK) {
        status = predict_fold(f, fold, state, error);
    }
    f->made->kind->destroy(state);
    free(rows);
    free(targets);
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

/* The reach from the residuals of all folds but one (-1: of all). */
static double reach_without(const fitting *f, int fold) {
    int n = 0;
    for (int i = 0; i < f->n; i++) {
        if (f->fold[i] != fold) {
            f->room[n++] = f->ratios[i];
        }
    }
    qsort(f->room, (size_t)n, sizeof *f->room, by_value);
    int place = (int)ceil((n + 1) * f->settings->level);
    return f->room[(place < n ? place : n) - 1];
}

static void find_ratios(fitting *f) {
    memcpy(f->room, f->deviations, (size_t)f->n * sizeof *f->room);
    qsort(f->room, (size_t)f->n, sizeof *f->room, by_value);
    f->made->base = fmax(2.0 * f->room[f->n / 2], 1e-6);
    for (int i = 0; i < f->n; i++) {
        f->ratios[i] = fabs((double)f->targets[i] - f->scores[i]) /
                       hypot(f->deviations[i], f->made->base);
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
        made->reach = reach_without(f, fold);
        for (int i = 0; i < f->n; i++) {
            if (f->fold[i] == fold) {
                weft_surrogate_tell(made, f->scores[i], f->deviations[i], &forecasts[i]);
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

static weft_status check_designs(const weft_designs *designs, weft_error *error) {
    bool equal = true;
    if (designs->n < WEFT_SURROGATE_LEAST || designs->n > WEFT_SURROGATE_MOST) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%d designs with an accuracy, expected %d to %d to fit a predictor to",
                         designs->n, (int)WEFT_SURROGATE_LEAST, (int)WEFT_SURROGATE_MOST);
    }
    for (int i = 0; i < designs->n; i++) {
        double accuracy = designs->accuracies[i];
        if (!(accuracy >= 0.0 && accuracy <= 1.0)) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "the accuracy of design %d (from 1) is %g, expected 0 to 1", i + 1, accuracy);
            weft_hint(error, "say so if they are percentages");
            return WEFT_ERROR_INPUT;
        }
        equal = equal && accuracy == designs->accuracies[0];
    }
    return equal ? weft_fail(error, WEFT_ERROR_INPUT,
                             "all %d designs have the accuracy %g: there is nothing to learn",
                             designs->n, designs->accuracies[0])
                 : WEFT_OK;
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

/* Folds of equal size, by chance. */
static weft_status deal_folds(fitting *f, weft_error *error) {
    uint32_t *order = calloc((size_t)f->n, sizeof *order);
    if (order == NULL) {
        return weft_fail_memory(error, (size_t)f->n * sizeof *order);
    }
    for (int i = 0; i < f->n; i++) {
        order[i] = (uint32_t)i;
    }
    weft_rng rng = weft_rng_make(f->settings->seed, WEFT_PURPOSE_SPLIT, 0);
    weft_rng_shuffle(&rng, order, (size_t)f->n);
    for (int i = 0; i < f->n; i++) {
        f->fold[order[i]] = i % f->folds;
    }
    free(order);
    return WEFT_OK;
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
    WEFT_TRY(deal_folds(f, error));
    WEFT_TRY(weft_surrogate_rows(f->made, designs, &f->rows, error));
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
