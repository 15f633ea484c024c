/* SPDX-License-Identifier: Apache-2.0
 * The table of providers, and what is common to all of them: which genes somebody knows, which
 * networks are taken, and the penalty for bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/pattern.h"
#include "accuracy/penalty.h"
#include "accuracy/provider.h"
#include "base/rng.h"

static const weft_provider *const providers[] = {
#define WEFT_PROVIDER_STRUCT(name, provider) &(provider),
    WEFT_PROVIDER_MAP(WEFT_PROVIDER_STRUCT)
#undef WEFT_PROVIDER_STRUCT
};

static const char *const names[] = {
#define WEFT_PROVIDER_NAME(name, provider) name,
    WEFT_PROVIDER_MAP(WEFT_PROVIDER_NAME)
#undef WEFT_PROVIDER_NAME
        NULL,
};

enum { N_PROVIDERS = sizeof providers / sizeof providers[0] };

struct weft_accuracy {
    const weft_provider *provider;
    void *state;           /* the provider's own */
    weft_penalty *penalty; /* NULL: none */
    int n_genes;
    weft_shape input;
    int classes;
};

void weft_accuracy_defaults(weft_accuracy_settings *settings) {
    *settings = (weft_accuracy_settings){.provider = names[0],
                                         .data = "",
                                         .final_epochs = 10.0,
                                         .teacher = "",
                                         .teacher_weights = "",
                                         .keep = "",
                                         .file = "",
                                         .weights = "",
                                         .csv = "",
                                         .recalibrate = 2000,
                                         .score = WEFT_SCORE_COMBINED,
                                         .space_name = "",
                                         .penalty = "",
                                         .ignore = ""};
    weft_train_defaults(&settings->train);
    weft_score_settings score;
    weft_score_defaults(&score);
    settings->score_images = score.images;
}

const char *const *weft_accuracy_names(void) {
    return names;
}

const char *const *weft_accuracy_value_names(void) {
    static const char *const values[] = {"mean", "low", "high", NULL};
    return values;
}

static const weft_provider *find(const char *name) {
    for (size_t i = 0; i < N_PROVIDERS; i++) {
        if (strcmp(names[i], name) == 0) {
            return providers[i];
        }
    }
    return NULL;
}

bool weft_accuracy_needs_data(const char *provider) {
    const weft_provider *found = find(provider);
    return found != NULL && found->needs_data;
}

bool weft_accuracy_is_score(const char *provider) {
    const weft_provider *found = find(provider);
    return found != NULL && found->is_score;
}

static weft_status fail_unknown(const char *name, weft_error *error) {
    char known[200] = "";
    for (size_t i = 0; i < N_PROVIDERS; i++) {
        if (i > 0) {
            strncat(known, ", ", sizeof known - strlen(known) - 1);
        }
        strncat(known, names[i], sizeof known - strlen(known) - 1);
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "unknown provider of accuracies \"%.100s\", expected one of %s", name, known);
    const char *nearest = weft_nearest(name, names, N_PROVIDERS);
    if (nearest != NULL) {
        weft_hint(error, "did you mean \"%s\"?", nearest);
    }
    return WEFT_ERROR_INPUT;
}

/* ---- creation -------------------------------------------------------------------------------- */

/* A gene of the network that changes no accuracy would be searched for its cost alone. */
static weft_status check_genes(const weft_accuracy *accuracy,
                               const weft_accuracy_settings *settings,
                               const weft_design_genes *genes, const weft_gene_use *uses,
                               weft_error *error) {
    for (int g = 0; g < genes->n; g++) {
        const weft_gene_meaning *gene = &genes->genes[g];
        bool counted = accuracy->penalty != NULL && !gene->of_chip &&
                       weft_penalty_knows(accuracy->penalty, gene->name);
        if (counted && uses[g] == WEFT_GENE_FED) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "gene \"%s\" would count twice: %s \"%s\" is fed with it, and the penalty "
                      "counts it",
                      gene->name, settings->provider, settings->file);
            weft_hint(error, "name no penalty");
            return WEFT_ERROR_INPUT;
        }
        if (counted || uses[g] != WEFT_GENE_UNKNOWN || gene->of_chip || gene->stands ||
            weft_pattern_any(settings->ignore, gene->name)) {
            continue;
        }
        weft_fail(error, WEFT_ERROR_INPUT,
                  "the accuracy does not depend on gene \"%s\": %s \"%s\" does not know it",
                  gene->name, settings->provider,
                  settings->file != NULL && settings->file[0] != '\0' ? settings->file : "-");
        weft_hint(error, "name it in `ignore` of the accuracy if that is meant%s",
                  accuracy->penalty == NULL ? ", or name a `penalty` for bits" : "");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

weft_status weft_provider_create(const weft_provider *provider,
                                 const weft_accuracy_settings *settings,
                                 const weft_design_genes *genes, weft_gene_use *uses, void **state,
                                 weft_shape *input, int *classes, weft_error *error) {
    void *made = calloc(1, provider->size);
    if (made == NULL) {
        return weft_fail_memory(error, provider->size);
    }
    weft_status status = provider->fill(made, settings, genes, uses, input, classes, error);
    if (status != WEFT_OK) {
        provider->destroy(made);
        return status;
    }
    *state = made;
    return WEFT_OK;
}

static weft_status fill(weft_accuracy *accuracy, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_error *error) {
    if (settings->penalty != NULL && settings->penalty[0] != '\0') {
        WEFT_TRY(weft_penalty_read(settings->penalty, &accuracy->penalty, error));
    }
    WEFT_TRY(weft_provider_create(accuracy->provider, settings, genes, uses, &accuracy->state,
                                  &accuracy->input, &accuracy->classes, error));
    return check_genes(accuracy, settings, genes, uses, error);
}

weft_status weft_accuracy_create(const weft_accuracy_settings *settings,
                                 const weft_design_genes *genes, weft_accuracy **accuracy,
                                 weft_error *error) {
    static const weft_design_genes no_genes = {0};
    const char *name = settings->provider == NULL ? "" : settings->provider;
    const weft_provider *provider = find(name);
    if (provider == NULL) {
        return fail_unknown(name, error);
    }
    const weft_design_genes *given = genes == NULL ? &no_genes : genes;
    size_t n = given->n > 0 ? (size_t)given->n : 1;
    weft_accuracy *made = calloc(1, sizeof *made);
    weft_gene_use *uses = calloc(n, sizeof *uses);
    if (made == NULL || uses == NULL) {
        free(made);
        free(uses);
        return weft_fail_memory(error, n * sizeof *uses);
    }
    made->provider = provider;
    made->n_genes = given->n;
    weft_status status = fill(made, settings, given, uses, error);
    free(uses);
    if (status != WEFT_OK) {
        weft_accuracy_destroy(made);
        return status;
    }
    *accuracy = made;
    return WEFT_OK;
}

void weft_accuracy_destroy(weft_accuracy *accuracy) {
    if (accuracy != NULL) {
        accuracy->provider->destroy(accuracy->state);
        weft_penalty_destroy(accuracy->penalty);
        free(accuracy);
    }
}

bool weft_accuracy_needs_network(const weft_accuracy *accuracy) {
    return accuracy->provider->needs_network || accuracy->penalty != NULL;
}

bool weft_accuracy_has_final(const weft_accuracy *accuracy) {
    return accuracy->provider->has_final;
}

int weft_accuracy_fidelities(const weft_accuracy *accuracy) {
    const weft_provider *provider = accuracy->provider;
    return provider->fidelities != NULL ? provider->fidelities(accuracy->state) : 1;
}

uint64_t weft_accuracy_opened(const weft_accuracy *accuracy) {
    const weft_provider *provider = accuracy->provider;
    return provider->opened != NULL ? provider->opened(accuracy->state) : 0;
}

uint64_t weft_accuracy_settled(const weft_accuracy *accuracy) {
    const weft_provider *provider = accuracy->provider;
    return provider->settled != NULL ? provider->settled(accuracy->state) : 0;
}

weft_shape weft_accuracy_input(const weft_accuracy *accuracy) {
    return accuracy->input;
}

int weft_accuracy_classes(const weft_accuracy *accuracy) {
    return accuracy->classes;
}

/* ---- evaluation ------------------------------------------------------------------------------ */

static weft_status check_match(const weft_accuracy *accuracy, const weft_network *network,
                               weft_error *error) {
    const weft_shape in = network->layers[0].out;
    const weft_shape out = network->layers[network->n_layers - 1].out;
    const weft_shape want = accuracy->input;
    if (in.channels != want.channels || in.height != want.height || in.width != want.width) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "network %s has an input of %d x %d x %d, the data has %d x %d x %d "
                         "(channels, height, width)",
                         network->name, in.channels, in.height, in.width, want.channels,
                         want.height, want.width);
    }
    if (out.channels != accuracy->classes || out.height != 1 || out.width != 1) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "network %s ends in %d x %d x %d, the data has %d classes: expected "
                         "%d x 1 x 1",
                         network->name, out.channels, out.height, out.width, accuracy->classes,
                         accuracy->classes);
    }
    return WEFT_OK;
}

/* The seed of a training belongs to the study's seed and the design, not to when it was tried: a
 * design has one accuracy in a study. */
static uint64_t training_seed(uint64_t seed, const weft_network *network) {
    const uint64_t both[2] = {seed, weft_network_hash(network)};
    return weft_hash(both, sizeof both, 0);
}

/* The index of a step in place of what stands for the last one. */
static weft_status settle_fidelity(const weft_accuracy *accuracy, weft_fidelity *fidelity,
                                   weft_error *error) {
    int n = weft_accuracy_fidelities(accuracy);
    if (*fidelity == WEFT_FIDELITY_CANDIDATE) {
        *fidelity = n - 1;
    }
    if (*fidelity != WEFT_FIDELITY_FINAL && (*fidelity < 0 || *fidelity >= n)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there is no fidelity %d: they are 0 .. %d",
                         *fidelity, n - 1);
    }
    return WEFT_OK;
}

/* Takes the penalty off an accuracy that is known. */
static weft_status take_off(const weft_accuracy *accuracy, const weft_network *network,
                            weft_accuracy_result *result, weft_error *error) {
    if (accuracy->penalty == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_penalty_of(accuracy->penalty, network, &result->penalty, error));
    result->accuracy = fmax(result->accuracy - result->penalty, 0.0);
    return WEFT_OK;
}

weft_status weft_accuracy_evaluate(const weft_accuracy *accuracy, const weft_network *network,
                                   const double *genome, weft_fidelity fidelity, uint64_t seed,
                                   const weft_stop *stop, weft_accuracy_result *result,
                                   weft_error *error) {
    weft_accuracy_query query = {
        .network = network, .genome = genome, .fidelity = fidelity, .seed = seed, .stop = stop};
    WEFT_TRY(settle_fidelity(accuracy, &query.fidelity, error));
    if (accuracy->classes > 0) {
        WEFT_TRY(check_match(accuracy, network, error));
    }
    if (accuracy->provider->needs_data) {
        query.seed = training_seed(seed, network);
    }
    weft_accuracy_result found = {.loss = NAN};
    WEFT_TRY(accuracy->provider->evaluate(accuracy->state, &query, &found, error));
    WEFT_TRY(take_off(accuracy, network, &found, error));
    *result = found;
    return WEFT_OK;
}

weft_status weft_accuracy_evaluate_many(const weft_accuracy *accuracy,
                                        const weft_network *const *networks, const double *genomes,
                                        int n, weft_accuracy_result *results, weft_error *error) {
    if (accuracy->provider->evaluate_many == NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "this provider of accuracies takes one design at a time");
    }
    for (int i = 0; i < n; i++) {
        results[i] = (weft_accuracy_result){.loss = NAN};
    }
    WEFT_TRY(accuracy->provider->evaluate_many(accuracy->state, genomes, n, results, error));
    for (int i = 0; accuracy->penalty != NULL && i < n; i++) {
        weft_error ignored;
        if (!isnan(results[i].accuracy) &&
            take_off(accuracy, networks[i], &results[i], &ignored) != WEFT_OK) {
            results[i].accuracy = NAN;
        }
    }
    return WEFT_OK;
}
