/* SPDX-License-Identifier: Apache-2.0
 *
 * A score of the network in place of an accuracy: nothing is trained. All designs of a study see the
 * mini-batch and the start values of its seed. */
#include "accuracy/provider.h"

#include <math.h>
#include <stdlib.h>

#include "learn/checkpoint.h"
#include "learn/train_settings.h"

typedef struct score {
    weft_dataset *dataset; /* NULL: the score looks at no data, or at random ones */
    weft_scorer *scorer;
    weft_score which;
} score;

static void destroy(void *state) {
    score *made = state;
    if (made != NULL) {
        weft_scorer_destroy(made->scorer);
        weft_dataset_close(made->dataset);
        free(made);
    }
}

/* Every gene of a network shows in its layers. */
static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    score *made = state;
    const weft_score_settings batch = {.images = settings->score_images,
                                       .threads = settings->train.threads};
    made->which = settings->score;
    if (weft_score_looks(made->which) && weft_is_given(settings->data)) {
        WEFT_TRY(weft_dataset_open(settings->data, &made->dataset, error));
        const weft_dataset_info *info = weft_dataset_get_info(made->dataset);
        *input = info->shape;
        *classes = info->classes;
    }
    for (int g = 0; g < genes->n; g++) {
        uses[g] = WEFT_GENE_ALLOWED;
    }
    return weft_scorer_create(made->dataset, &batch, &made->scorer, error);
}

static uint64_t opened(const void *state) {
    const score *s = state;
    return s->dataset != NULL ? weft_dataset_hash(s->dataset) : 0;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const score *s = state;
    bool wanted[WEFT_SCORE_COUNT] = {false};
    weft_scores scores;
    wanted[s->which] = true;
    WEFT_TRY(weft_scorer_measure(s->scorer, query->network, wanted, query->seed, query->stop,
                                 &scores, error));
    if (isnan(scores.value[s->which])) {
        return weft_fail(error, WEFT_ERROR_EVALUATION, "the network has no %s: %s",
                         weft_score_names()[s->which], scores.reason[s->which]);
    }
    *result = (weft_accuracy_result){.accuracy = scores.value[s->which], .loss = NAN};
    return WEFT_OK;
}

const weft_provider weft_provider_score = {
    .needs_network = true,
    .is_score = true,
    .size = sizeof(score),
    .fill = fill,
    .destroy = destroy,
    .opened = opened,
    .evaluate = evaluate,
};
