/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy by training. A candidate is trained for its budget and measured on the validation part;
 * a design of the final front is trained anew on the whole training set and measured on the test
 * set. */
#include "accuracy/provider.h"

#include <math.h>
#include <stdlib.h>

typedef struct trainer {
    weft_dataset *dataset;
    weft_train_settings candidate, final;
} trainer;

static void destroy(void *state) {
    trainer *made = state;
    if (made != NULL) {
        weft_dataset_close(made->dataset);
        free(made);
    }
}

/* Every gene of a network shows in its training. */
static weft_status create(const weft_accuracy_settings *settings, const weft_design_genes *genes,
                          weft_gene_use *uses, void **state, weft_shape *input, int *classes,
                          weft_error *error) {
    if (settings->data == NULL || settings->data[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by training needs a data set");
        weft_hint(error, "name one; weft data list shows what there is");
        return WEFT_ERROR_INPUT;
    }
    if (!(settings->final_epochs > 0.0) || !isfinite(settings->final_epochs)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "final_epochs is %g, expected more than 0",
                         settings->final_epochs);
    }
    trainer *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = weft_dataset_open(settings->data, &made->dataset, error);
    if (status != WEFT_OK) {
        destroy(made);
        return status;
    }
    made->candidate = settings->train;
    made->candidate.split = WEFT_SPLIT_VALIDATION;
    made->final = settings->train;
    made->final.split = WEFT_SPLIT_TEST;
    made->final.share = 1.0;
    made->final.epochs = settings->final_epochs;
    const weft_dataset_info *info = weft_dataset_get_info(made->dataset);
    for (int g = 0; g < genes->n; g++) {
        uses[g] = WEFT_GENE_ALLOWED;
    }
    *input = info->shape;
    *classes = info->classes;
    *state = made;
    return WEFT_OK;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const trainer *t = state;
    weft_train_settings settings = query->fidelity == WEFT_FIDELITY_FINAL ? t->final : t->candidate;
    settings.seed = query->seed;
    weft_train_result trained;
    WEFT_TRY(weft_train(query->network, t->dataset, &settings, NULL, NULL, query->stop, &trained,
                        error));
    *result = (weft_accuracy_result){
        .accuracy = trained.accuracy,
        .loss = trained.loss,
        .seconds = trained.seconds,
        .images_trained = trained.images_trained,
    };
    return WEFT_OK;
}

const weft_provider weft_provider_train = {
    .needs_data = true,
    .needs_network = true,
    .has_final = true,
    .create = create,
    .destroy = destroy,
    .evaluate = evaluate,
};
