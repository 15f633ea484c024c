/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy by training. A candidate is trained for its budget and measured on the validation part;
 * a design of the final front is trained anew on the whole training set and measured on the test
 * set.
 *
 * A budget may be cut into steps, the fidelities. Each begins with the weights that the one before
 * left, and has a schedule of its own: a warm restart (Loshchilov and Hutter, "SGDR", ICLR 2017). The
 * weights are kept in a file, named by all that they depend on, so that a design that is worth more is
 * not trained from the start again. */
#include "accuracy/provider.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/save.h"
#include "learn/checkpoint.h"
#include "learn/crew_shelf.h"
#include "learn/dataset.h"
#include "learn/train.h"
#include "learn/train_file.h"
#include "learn/train_settings.h"

enum { PATH = 1200 };

typedef struct trainer {
    weft_dataset *dataset;
    weft_network *teacher; /* NULL: none */
    char *teacher_weights, *keep;
    weft_train_settings step[WEFT_MAX_FIDELITIES], final;
    uint64_t hash[WEFT_MAX_FIDELITIES]; /* of data and all settings up to a step */
    uint64_t final_hash;
    int n_steps;
    weft_crew_shelf *crews;
} trainer;

static void destroy(void *state) {
    trainer *made = state;
    if (made != NULL) {
        weft_crew_shelf_destroy(made->crews);
        weft_network_destroy(made->teacher);
        weft_dataset_close(made->dataset);
        free(made->teacher_weights);
        free(made->keep);
        free(made);
    }
}

/* ---- making one ------------------------------------------------------------------------------ */

static weft_status check(const weft_accuracy_settings *settings, weft_error *error) {
    if (!weft_is_given(settings->data)) {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by training needs a data set");
        weft_hint(error, "name one; weft data list shows what there is");
        return WEFT_ERROR_INPUT;
    }
    if (!(settings->final_epochs > 0.0) || !isfinite(settings->final_epochs)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "final_epochs is %g, expected more than 0",
                         settings->final_epochs);
    }
    if (settings->n_fidelities < 0 || settings->n_fidelities > WEFT_MAX_FIDELITIES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%d fidelities, expected at most %d",
                         settings->n_fidelities, (int)WEFT_MAX_FIDELITIES);
    }
    if (weft_is_given(settings->teacher) != weft_is_given(settings->teacher_weights)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "`teacher` and `teacher_weights` belong together: a network, and the "
                         "weights that it was trained to");
    }
    return WEFT_OK;
}

static weft_status copy_text(const char *text, char **copy, weft_error *error) {
    *copy = strdup(text);
    return *copy != NULL ? WEFT_OK : weft_fail_memory(error, strlen(text) + 1);
}

static weft_status take_teacher(trainer *made, const weft_accuracy_settings *settings,
                                weft_error *error) {
    if (!weft_is_given(settings->teacher)) {
        return WEFT_OK;
    }
    const weft_dataset_info *info = weft_dataset_get_info(made->dataset);
    WEFT_TRY(copy_text(settings->teacher_weights, &made->teacher_weights, error));
    return weft_network_read_for(settings->teacher, info->shape, info->classes, &made->teacher,
                                 error);
}

/* All weights are drawn anew and none are saved, whatever the settings of a single training say. */
static weft_train_settings settings_of(const trainer *made,
                                       const weft_accuracy_settings *settings) {
    weft_train_settings s = settings->train;
    s.teacher = made->teacher;
    s.teacher_weights = made->teacher_weights;
    s.weights = s.save = s.checkpoint = NULL;
    return s;
}

static weft_status take_steps(trainer *made, const weft_accuracy_settings *settings,
                              weft_error *error) {
    uint64_t hash = weft_dataset_hash(made->dataset);
    made->n_steps = settings->n_fidelities > 0 ? settings->n_fidelities : 1;
    for (int i = 0; i < made->n_steps; i++) {
        weft_train_settings *step = &made->step[i];
        *step = settings_of(made, settings);
        step->split = WEFT_SPLIT_VALIDATION;
        if (settings->n_fidelities > 0) {
            step->epochs = settings->fidelities[i].epochs;
            step->share = settings->fidelities[i].share;
        }
        uint64_t both[2] = {hash, 0};
        WEFT_TRY(weft_train_settings_hash(step, &both[1], error));
        hash = weft_hash(both, sizeof both, 0);
        made->hash[i] = hash;
    }
    made->final = settings_of(made, settings);
    made->final.split = WEFT_SPLIT_TEST;
    made->final.share = 1.0;
    made->final.patience = 0.0;
    made->final.epochs = settings->final_epochs;
    return weft_train_settings_hash(&made->final, &made->final_hash, error);
}

static weft_status open_files(trainer *made, const weft_accuracy_settings *settings,
                              weft_error *error) {
    WEFT_TRY(weft_dataset_open(settings->data, &made->dataset, error));
    WEFT_TRY(take_teacher(made, settings, error));
    WEFT_TRY(take_steps(made, settings, error));
    WEFT_TRY(copy_text(settings->keep, &made->keep, error));
    return weft_crew_shelf_create(settings->train.threads, &made->crews, error);
}

/* Every gene of a network shows in its training. */
static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    trainer *made = state;
    WEFT_TRY(check(settings, error));
    WEFT_TRY(open_files(made, settings, error));
    const weft_dataset_info *info = weft_dataset_get_info(made->dataset);
    for (int g = 0; g < genes->n; g++) {
        uses[g] = WEFT_GENE_ALLOWED;
    }
    *input = info->shape;
    *classes = info->classes;
    return WEFT_OK;
}

static int fidelities(const void *state) {
    const trainer *t = state;
    return t->n_steps;
}

static uint64_t opened(const void *state) {
    const trainer *t = state;
    const uint64_t both[2] = {weft_dataset_hash(t->dataset),
                              t->teacher != NULL ? weft_network_hash(t->teacher) : 0};
    return weft_hash(both, sizeof both, 0);
}

static uint64_t settled(const void *state) {
    const trainer *t = state;
    const uint64_t both[2] = {t->hash[t->n_steps - 1], t->final_hash};
    return weft_hash(both, sizeof both, 0);
}

const weft_dataset *weft_provider_train_dataset(const void *state) {
    const trainer *t = state;
    return t->dataset;
}

/* ---- one design ------------------------------------------------------------------------------ */

static weft_status train(const trainer *t, const weft_accuracy_query *query,
                         const weft_train_settings *settings, weft_accuracy_result *result,
                         weft_error *error) {
    weft_crew *crew;
    weft_train_result trained;
    WEFT_TRY(weft_crew_shelf_take(t->crews, &crew, error));
    weft_status status = weft_train_with_crew(query->network, t->dataset, settings, crew,
                                              query->stop, &trained, error);
    weft_crew_shelf_give(t->crews, crew);
    WEFT_TRY(status);
    result->accuracy = trained.accuracy;
    result->loss = trained.loss;
    result->seconds += trained.seconds;
    result->images_trained += trained.images_trained;
    return WEFT_OK;
}

/* Where the weights that step i leaves are kept. */
static const char *path_of(const trainer *t, const weft_accuracy_query *query, int i, char *path) {
    const uint64_t all[3] = {t->hash[i], query->seed, weft_network_hash(query->network)};
    snprintf(path, PATH, "%s/%016" PRIx64 "-%d.safetensors", t->keep, weft_hash(all, sizeof all, 0),
             i);
    return path;
}

/* Each step has images in an order of its own. */
static uint64_t seed_of(uint64_t seed, int i) {
    const uint64_t both[2] = {seed, (uint64_t)i};
    return i == 0 ? seed : weft_hash(both, sizeof both, 0);
}

static weft_status need_folder(const trainer *t, weft_error *error) {
    if (t->n_steps == 1) {
        return WEFT_OK;
    }
    if (!weft_is_given(t->keep)) {
        weft_fail(error, WEFT_ERROR_INPUT, "several fidelities need a folder for the weights");
        weft_hint(error, "name one with `keep`; a search keeps them beside its store");
        return WEFT_ERROR_INPUT;
    }
    return weft_save_folder(t->keep, error);
}

static weft_status train_step(const trainer *t, const weft_accuracy_query *query, int i,
                              weft_accuracy_result *result, weft_error *error) {
    char before[PATH], behind[PATH];
    weft_train_settings settings = t->step[i];
    settings.seed = seed_of(query->seed, i);
    settings.weights = i > 0 ? path_of(t, query, i - 1, before) : NULL;
    settings.save = i + 1 < t->n_steps ? path_of(t, query, i, behind) : NULL;
    return train(t, query, &settings, result, error);
}

/* From the last step whose weights are there. */
static weft_status train_to(const trainer *t, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    char path[PATH];
    int first = query->fidelity;
    WEFT_TRY(need_folder(t, error));
    while (first > 0 && access(path_of(t, query, first - 1, path), R_OK) != 0) {
        first--;
    }
    for (int i = first; i <= query->fidelity; i++) {
        WEFT_TRY(train_step(t, query, i, result, error));
    }
    return WEFT_OK;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const trainer *t = state;
    weft_accuracy_result made = {.loss = NAN};
    if (query->fidelity == WEFT_FIDELITY_FINAL) {
        weft_train_settings settings = t->final;
        settings.seed = query->seed;
        WEFT_TRY(train(t, query, &settings, &made, error));
    } else {
        WEFT_TRY(train_to(t, query, &made, error));
    }
    *result = made;
    return WEFT_OK;
}

const weft_provider weft_provider_train = {
    .needs_data = true,
    .needs_network = true,
    .has_final = true,
    .size = sizeof(trainer),
    .fill = fill,
    .destroy = destroy,
    .opened = opened,
    .settled = settled,
    .fidelities = fidelities,
    .evaluate = evaluate,
};
