/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy as a surrogate says that was fitted to trials; refused where it has not shown that it tells
 * better designs from worse. */
#include <math.h>
#include <stdlib.h>

#include "accuracy/provider.h"

#include "accuracy/surrogate.h"
#include "base/arena.h"

enum { ALIGNMENT = 64 };

typedef struct predictor {
    weft_surrogate *surrogate;
    weft_binding *binding;
    int n_genes;
    weft_accuracy_value value;
    size_t row_size, scratch; /* bytes of one call, multiples of ALIGNMENT */
} predictor;

static void destroy(void *state) {
    predictor *made = state;
    if (made != NULL) {
        weft_binding_destroy(made->binding);
        weft_surrogate_destroy(made->surrogate);
        free(made);
    }
}

/* ---- creation ---------------------------------------------------------------------------------- */

static weft_status check_worth(const weft_surrogate *surrogate, const char *file, bool force,
                               weft_error *error) {
    const weft_surrogate_report *report = &surrogate->report;
    if (report->usable || force) {
        return WEFT_OK;
    }
    if (isnan(report->tau)) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "the predictor says the same of all %d designs that it was fitted to: it cannot "
                  "tell better from worse",
                  report->n);
    } else {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "the predictor has not earned to be used: on designs held out, Kendall's tau is "
                  "%.3f, below the bar of %.3g, with %d trained designs",
                  report->tau, report->bar, report->n);
    }
    weft_error_file(error, file);
    weft_hint(error,
              "train more designs (`weft predictor next` says which) and fit again, take another "
              "model, or write `force: true` in the accuracy to use it all the same");
    return WEFT_ERROR_INPUT;
}

static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    (void)input;
    (void)classes;
    predictor *made = state;
    if (settings->file == NULL || settings->file[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by predictor needs the `file` of one");
        weft_hint(error, "`weft predictor fit STORE --out FILE.yaml` makes one of finished trials");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(weft_surrogate_read(settings->file, &made->surrogate, error));
    WEFT_TRY(check_worth(made->surrogate, settings->file, settings->force, error));
    if (genes->n == 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the predictor needs the genes of a design, and there are none");
    }
    weft_status status =
        weft_binding_create(made->surrogate->features, genes, uses, &made->binding, error);
    if (status == WEFT_ERROR_INPUT) {
        weft_error_file(error, settings->file);
    }
    WEFT_TRY(status);
    made->n_genes = genes->n;
    made->value = settings->value;
    made->row_size = weft_arena_room((size_t)made->surrogate->features->n_columns, sizeof(float));
    made->scratch = weft_arena_room(made->surrogate->kind->scratch(made->surrogate->state), 1);
    return WEFT_OK;
}

/* ---- evaluation -------------------------------------------------------------------------------- */

/* An end of the interval costs the model's deviation; the middle does not. */
static double say(const predictor *p, const double *genome, char *memory) {
    const weft_surrogate *s = p->surrogate;
    float *row = (float *)(void *)memory;
    void *room = memory + p->row_size;
    double score = 0.0;
    double deviation = 0.0;
    weft_forecast forecast;
    weft_features_row(p->binding, genome, row);
    if (p->value == WEFT_VALUE_MEAN) {
        s->kind->predict(s->state, row, room, &score, NULL);
        return weft_warp_accuracy(&s->warp, score);
    }
    s->kind->predict(s->state, row, room, &score, &deviation);
    weft_surrogate_tell(s, score, deviation, &forecast);
    return p->value == WEFT_VALUE_LOW ? forecast.low : forecast.high;
}

static weft_status evaluate_many(const void *state, const double *genomes, int n,
                                 weft_accuracy_result *results, weft_error *error) {
    const predictor *p = state;
    char *memory = aligned_alloc(ALIGNMENT, p->row_size + p->scratch);
    if (memory == NULL) {
        return weft_fail_memory(error, p->row_size + p->scratch);
    }
    for (int i = 0; i < n; i++) {
        results[i].accuracy = say(p, genomes + (size_t)i * (size_t)p->n_genes, memory);
    }
    free(memory);
    return WEFT_OK;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    return evaluate_many(state, query->genome, 1, result, error);
}

const weft_provider weft_provider_predictor = {
    .size = sizeof(predictor),
    .fill = fill,
    .destroy = destroy,
    .evaluate = evaluate,
    .evaluate_many = evaluate_many,
};
