/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider of accuracies: one file that fills one struct of functions, named in one table.
 *
 * To add a provider: write provider_NAME.c, declare its struct below, and add the row.
 */
#ifndef WEFT_ACCURACY_PROVIDER_H
#define WEFT_ACCURACY_PROVIDER_H

#include "base/error.h"

#include <weft/accuracy.h>

/* One design to evaluate. */
typedef struct weft_accuracy_query {
    const weft_network *network; /* NULL where the provider needs none */
    const double *genome;        /* NULL where the provider asks for no genes */
    weft_fidelity fidelity;      /* an index, or WEFT_FIDELITY_FINAL */
    uint64_t seed;               /* of this design */
    const weft_stop *stop;
} weft_accuracy_query;

/* What a provider does with a gene of the design. */
typedef enum weft_gene_use {
    WEFT_GENE_UNKNOWN, /* nothing: an error unless somebody else does */
    WEFT_GENE_ALLOWED, /* it shows in the network, or the provider's file says to leave it out */
    WEFT_GENE_FED,     /* the accuracy depends on it: no penalty may count it once more */
} weft_gene_use;

typedef struct weft_provider {
    bool needs_data;    /* measures on a data set, whose shape the networks must have */
    bool needs_network; /* `network` of a query is never NULL, input and classes were checked */
    bool has_final;     /* WEFT_FIDELITY_FINAL is another measurement */
    bool is_score;      /* what it tells is no accuracy */

    /* Fills the state that all evaluations share, `size` bytes of 0; *input and *classes where
     * networks must have them. `uses` (genes->n, WEFT_GENE_UNKNOWN at first) takes what it does with each gene;
     * genes->n is 0 without genes. All strings are only good until it returns. */
    size_t size;
    weft_status (*fill)(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error);
    /* Of a state that was filled, or partly so. */
    void (*destroy)(void *state);

    /* A hash of what it opened that the settings do not name by a path of their own: images, the network of
     * a teacher, weights or figures that its file names. NULL: nothing. */
    uint64_t (*opened)(const void *state);

    /* A hash of all its settings as this machine takes them (`precision: auto`); NULL: it trains nothing. */
    uint64_t (*settled)(const void *state);

    /* How many fidelities a candidate has; NULL: one. */
    int (*fidelities)(const void *state);

    /* Evaluates one design. Called from several threads at once: the state is read only. */
    weft_status (*evaluate)(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error);

    /* Evaluates n designs, row by row in `genomes`; NaN for one without accuracy. The same figures
     * as one by one. NULL: it cannot. */
    weft_status (*evaluate_many)(const void *state, const double *genomes, int n,
                                 weft_accuracy_result *results, weft_error *error);
} weft_provider;

extern const weft_provider weft_provider_train, weft_provider_mlp, weft_provider_table,
    weft_provider_predictor, weft_provider_supernet, weft_provider_score, weft_provider_topology;

/* A state that is filled; nothing is left of one that cannot be. */
weft_status weft_provider_create(const weft_provider *provider,
                                 const weft_accuracy_settings *settings,
                                 const weft_design_genes *genes, weft_gene_use *uses, void **state,
                                 weft_shape *input, int *classes, weft_error *error) WEFT_NODISCARD;

/* What the provider opened, as a hash: with the files that the settings name it tells two accuracies apart. */
uint64_t weft_accuracy_opened(const weft_accuracy *accuracy);
uint64_t weft_accuracy_settled(const weft_accuracy *accuracy);

/* The data set of a state of weft_provider_train, which keeps it: for who trains as well. */
const weft_dataset *weft_provider_train_dataset(const void *state);

/* Every provider, once: name in problem files, struct. */
#define WEFT_PROVIDER_MAP(X)                                                                       \
    X("train", weft_provider_train)                                                                \
    X("mlp", weft_provider_mlp)                                                                    \
    X("table", weft_provider_table)                                                                \
    X("predictor", weft_provider_predictor)                                                        \
    X("supernet", weft_provider_supernet)                                                          \
    X("score", weft_provider_score)                                                                \
    X("topology", weft_provider_topology)

#endif
