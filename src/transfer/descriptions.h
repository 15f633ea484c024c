/* SPDX-License-Identifier: Apache-2.0
 *
 * What adaptation sees of architectures: groups of features, each a guess at what latency is made of. */
#ifndef WEFT_TRANSFER_DESCRIPTIONS_H
#define WEFT_TRANSFER_DESCRIPTIONS_H

#include "transfer/onehot.h"

enum { WEFT_MAX_GROUPS = 24, WEFT_MAX_RULES = 3 };

/* Columns of one group; centred over the architectures that the proxy has, scaled so that their mean
 * squared norm is 1. */
typedef struct weft_feature_group {
    int begin, width;
    bool standardised; /* each column of its own too */
} weft_feature_group;

/* Groups that explain latency together, and codes whose likeness is one more. */
typedef struct weft_rule {
    int groups[WEFT_MAX_GROUPS];
    int n_groups;
    unsigned char *codes; /* (n, n_positions) */
} weft_rule;

/* Groups 0 and 1 are the proxy and its logarithm (the same where it has values that are not above 0). */
enum { WEFT_GROUP_PROXY, WEFT_GROUP_LOG_PROXY };

typedef struct weft_descriptions {
    int n, width, n_positions;
    float *x;    /* (n, width) */
    bool *known; /* (n) the proxy has it */
    int n_groups, n_rules;
    weft_feature_group groups[WEFT_MAX_GROUPS];
    weft_rule rules[WEFT_MAX_RULES];
} weft_descriptions;

weft_status weft_descriptions_create(const weft_onehot *onehot, const double *proxy,
                                     weft_descriptions *features, weft_error *error) WEFT_NODISCARD;
void weft_descriptions_free(weft_descriptions *features);

/* For a kind of space: lays out its groups and rules, and fills the row of an architecture. */
weft_status weft_descriptions_cell(const weft_onehot *onehot, weft_descriptions *features,
                                   weft_error *error) WEFT_NODISCARD;
weft_status weft_descriptions_chain(const weft_onehot *onehot, const double *proxy,
                                    weft_descriptions *features, weft_error *error) WEFT_NODISCARD;

/* Adds a group of `width` columns to the layout; returns its number. */
int weft_descriptions_group(weft_descriptions *features, int width, bool standardised);

/* Makes the rows, zeroed, once the layout stands. */
weft_status weft_descriptions_rows(weft_descriptions *features, weft_error *error) WEFT_NODISCARD;

#endif
