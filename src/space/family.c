/* SPDX-License-Identifier: Apache-2.0 */
#include "space/family.h"

#include <string.h>

/* One row a family: the name that space files give it, and what fills it. */
#define FAMILY_MAP(X)                                                                              \
    X("imc", weft_family_imc)                                                                      \
    X("network", weft_family_network)                                                              \
    X("proxyless", weft_family_proxyless)                                                          \
    X("ofa-mobilenetv3", weft_family_ofa)                                                          \
    X("small-mobilenetv2", weft_family_small)                                                      \
    X("small-hybrid", weft_family_hybrid)                                                          \
    X("vgg-mixed", weft_family_vgg)                                                                \
    X("nasbench201", weft_family_nasbench201)                                                      \
    X("nasbench-macro", weft_family_nasbench_macro)                                                \
    X("cells-concat", weft_family_cells_concat)                                                    \
    X("cells-add", weft_family_cells_add)                                                          \
    X("cells-inverted", weft_family_cells_inverted)                                                \
    X("values", weft_family_values)

const weft_family *weft_family_find(const char *name) {
#define FAMILY_MATCH(word, family)                                                                 \
    if (strcmp(name, word) == 0) {                                                                 \
        return &(family);                                                                          \
    }
    FAMILY_MAP(FAMILY_MATCH)
#undef FAMILY_MATCH
    return NULL;
}

const char *const *weft_family_names(int *n) {
#define FAMILY_NAME(word, family) word,
    static const char *const names[] = {FAMILY_MAP(FAMILY_NAME) NULL};
#undef FAMILY_NAME
    *n = (int)(sizeof names / sizeof names[0]) - 1;
    return names;
}
