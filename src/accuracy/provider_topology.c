/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy as a curve over the network's NN-Degree says (docs/reference/flash.md): of every network that
 * has one, whatever its genes are called. */
#include <math.h>
#include <stdlib.h>

#include "accuracy/provider.h"

typedef struct topology {
    weft_theta theta;
} topology;

static void destroy(void *state) {
    free(state);
}

static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    (void)input;
    (void)classes;
    topology *made = state;
    weft_theta_about about;
    if (settings->file == NULL || settings->file[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by topology needs the `file` of a curve");
        weft_hint(error, "`file: flash-fashion-mnist`, or what 'weft flash fit' made");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(weft_theta_read(settings->file, &made->theta, &about, error));
    for (int g = 0; g < genes->n; g++) {
        uses[g] = WEFT_GENE_ALLOWED;
    }
    return WEFT_OK;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const topology *made = state;
    weft_topology counted;
    WEFT_TRY(weft_network_topology(query->network, &counted, error));
    result->accuracy = fmin(weft_theta_at(&made->theta, counted.degree), 1.0);
    return WEFT_OK;
}

const weft_provider weft_provider_topology = {
    .needs_network = true,
    .size = sizeof(topology),
    .fill = fill,
    .destroy = destroy,
    .evaluate = evaluate,
};
