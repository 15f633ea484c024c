/* SPDX-License-Identifier: Apache-2.0
 * The table of providers, and what is common to all of them. */
#include "accuracy/provider.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

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
    void *state; /* the provider's own */
    weft_shape input;
    int classes;
};

void weft_accuracy_defaults(weft_accuracy_settings *settings) {
    *settings = (weft_accuracy_settings){.provider = names[0], .final_epochs = 10.0};
    weft_train_defaults(&settings->train);
}

const char *const *weft_accuracy_names(void) {
    return names;
}

static const weft_provider *find(const char *name) {
    for (size_t i = 0; i < N_PROVIDERS; i++) {
        if (strcmp(names[i], name) == 0) {
            return providers[i];
        }
    }
    return NULL;
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

weft_status weft_accuracy_create(const weft_accuracy_settings *settings, weft_accuracy **accuracy,
                                 weft_error *error) {
    const char *name = settings->provider == NULL ? "" : settings->provider;
    const weft_provider *provider = find(name);
    if (provider == NULL) {
        return fail_unknown(name, error);
    }
    weft_accuracy *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->provider = provider;
    weft_status status =
        provider->create(settings, &made->state, &made->input, &made->classes, error);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    *accuracy = made;
    return WEFT_OK;
}

void weft_accuracy_destroy(weft_accuracy *accuracy) {
    if (accuracy != NULL) {
        accuracy->provider->destroy(accuracy->state);
        free(accuracy);
    }
}

weft_shape weft_accuracy_input(const weft_accuracy *accuracy) {
    return accuracy->input;
}

int weft_accuracy_classes(const weft_accuracy *accuracy) {
    return accuracy->classes;
}

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

weft_status weft_accuracy_evaluate(weft_accuracy *accuracy, const weft_network *network,
                                   weft_fidelity fidelity, uint64_t seed, const weft_stop *stop,
                                   weft_accuracy_result *result, weft_error *error) {
    WEFT_TRY(check_match(accuracy, network, error));
    return accuracy->provider->evaluate(accuracy->state, network, fidelity,
                                        training_seed(seed, network), stop, result, error);
}
