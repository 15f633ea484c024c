/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy by a supernet: a candidate takes slices of weights that all networks of its space share, and
 * is measured on the images that the supernet did not learn from. Nothing is trained but the designs of
 * the final front: they are trained in full, as the provider train does it. */
#include "accuracy/provider.h"

#include <math.h>
#include <stdlib.h>

typedef struct asker {
    weft_supernet *supernet;
    weft_supernet_meter *meter;
    void *trainer; /* a state of weft_provider_train */
} asker;

static void destroy(void *state) {
    asker *made = state;
    if (made != NULL) {
        weft_supernet_meter_destroy(made->meter);
        weft_supernet_close(made->supernet);
        weft_provider_train.destroy(made->trainer);
        free(made);
    }
}

/* A candidate is measured as it is, in one step, whatever a training would do. */
static weft_status check(const weft_accuracy_settings *settings, weft_error *error) {
    if (settings->file == NULL || settings->file[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by a supernet needs the file of its weights");
        weft_hint(error, "name it with `file`; weft supernet train writes one");
        return WEFT_ERROR_INPUT;
    }
    if (settings->n_fidelities > 0) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "a supernet measures candidates in one step: it knows "
                  "no `fidelity`");
        weft_hint(error, "the provider train has steps");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status open_supernet(asker *made, const weft_accuracy_settings *settings,
                                 weft_error *error) {
    weft_train_settings train = settings->train;
    train.split = WEFT_SPLIT_VALIDATION;
    train.patience = 0.0;
    WEFT_TRY(weft_supernet_open(settings->file, settings->space_hash, settings->space_name,
                                &made->supernet, error));
    return weft_supernet_meter_create(made->supernet, weft_provider_train_dataset(made->trainer),
                                      &train, settings->recalibrate, &made->meter, error);
}

static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    asker *made = state;
    WEFT_TRY(check(settings, error));
    WEFT_TRY(weft_provider_create(&weft_provider_train, settings, genes, uses, &made->trainer,
                                  input, classes, error));
    return open_supernet(made, settings, error);
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const asker *a = state;
    if (query->fidelity == WEFT_FIDELITY_FINAL) {
        return weft_provider_train.evaluate(a->trainer, query, result, error);
    }
    weft_train_result measured;
    WEFT_TRY(weft_supernet_measure(a->meter, query->network, query->stop, &measured, error));
    *result = (weft_accuracy_result){
        .accuracy = measured.accuracy,
        .loss = measured.loss,
        .seconds = measured.seconds,
    };
    return WEFT_OK;
}

static uint64_t opened(const void *state) {
    const asker *a = state;
    return weft_provider_train.opened(a->trainer);
}

const weft_provider weft_provider_supernet = {
    .needs_data = true,
    .needs_network = true,
    .has_final = true,
    .size = sizeof(asker),
    .fill = fill,
    .destroy = destroy,
    .opened = opened,
    .evaluate = evaluate,
};
