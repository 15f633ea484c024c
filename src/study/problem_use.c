/* SPDX-License-Identifier: Apache-2.0
 *
 * A key that changes nothing is a mistake of who wrote it: it is refused where a file is read, and left out
 * where a problem is written. */
#include "study/problem_part.h"

#include <string.h>

static const char *const providers[] = {"train",    "mlp",   "table",   "predictor",
                                        "supernet", "score", "topology"};

enum { N_PROVIDERS = sizeof providers / sizeof providers[0] };

static bool knows(unsigned use, const weft_problem_info *info) {
    for (unsigned i = 0; i < N_PROVIDERS; i++) {
        if (strcmp(info->accuracy.provider, providers[i]) == 0) {
            return (use >> i & 1U) != 0;
        }
    }
    return true;
}

/* The key that one of that use belongs to, and that is not there; NULL: none is missing. */
static const char *missing(unsigned use, const weft_problem_info *info) {
    const weft_accuracy_settings *accuracy = &info->accuracy;
    return (use & WEFT_WITH_BITS) != 0 && !accuracy->train.quantize         ? "bits"
           : (use & WEFT_WITH_TEACHER) != 0 && accuracy->teacher[0] == '\0' ? "teacher"
           : (use & WEFT_WITH_STEPS) != 0 && accuracy->n_fidelities < 2     ? "fidelity"
                                                                            : NULL;
}

bool weft_use_counts(unsigned use, const weft_problem_info *info) {
    return knows(use, info) && missing(use, info) == NULL;
}

bool weft_search_use_counts(unsigned use, const weft_problem_info *info) {
    static const char *const optimizers[] = {"exhaustive", "evolution", "anneal",
                                             "nsga3",      "moead",     "gp",
                                             "cmaes",      "reinforce", "portfolio"};
    for (unsigned i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        if (strcmp(info->optimizer.name, optimizers[i]) == 0) {
            return use == 0 || (use >> i & 1U) != 0;
        }
    }
    return use == 0;
}

static weft_status fail_provider(const weft_map *map, const weft_node *node, const char *key,
                                 unsigned use, const weft_problem_info *info, weft_error *error) {
    char known[100] = "";
    for (unsigned i = 0; i < N_PROVIDERS; i++) {
        if ((use >> i & 1U) != 0) {
            weft_list_add(known, sizeof known, providers[i]);
        }
    }
    weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                   "`%s` means nothing to provider `%s`: it is of %s", key, info->accuracy.provider,
                   known);
    weft_hint(error, "leave it out, or name another `provider`");
    return WEFT_ERROR_INPUT;
}

weft_status weft_use_check(weft_map *map, const char *key, unsigned use,
                           const weft_problem_info *info, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (!knows(use, info)) {
        return fail_provider(map, node, key, use, info, error);
    }
    const char *other = missing(use, info);
    if (other == NULL) {
        return WEFT_OK;
    }
    weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT, "`%s` means nothing without `%s`", key,
                   other);
    weft_hint(error, "leave it out, or add `%s`", other);
    return WEFT_ERROR_INPUT;
}
