/* SPDX-License-Identifier: Apache-2.0
 *
 * Features of a cell of NAS-Bench-201: six edges between four nodes, each with one of five operations (X.
 * Dong and Y. Yang, ICLR 2020). Which edges cost time depends on the runtime: some compute all, compilers
 * of graphs leave out what the output does not need, others leave out what is zero as well. So there are
 * three rules, and the measurements tell which one holds. Under each, an edge that is not computed counts
 * as `none`. */
#include <stdlib.h>
#include <string.h>

#include "transfer/descriptions.h"

enum { EDGES = 6, NODES = 4, OPS = 4 /* besides none */, SKIP = 1, CONV1 = 2, CONV3 = 3, POOL = 4 };

typedef enum cell_rule { RULE_ALL, RULE_NEEDED, RULE_LIVE, RULES } cell_rule;

/* Per rule. */
enum { GROUP_COUNTS, GROUP_CHOICES, GROUP_DEPTHS, GROUP_EDGES, GROUP_SOURCES, GROUPS };
static const int WIDTH[GROUPS] = {OPS, EDGES *OPS, 4, EDGES, (NODES - 1) * OPS};

static const int FROM[EDGES] = {0, 0, 1, 0, 1, 2}, TO[EDGES] = {1, 2, 2, 3, 3, 3};

/* The operations that are computed under a rule. */
static void compute_edges(const unsigned char *codes, cell_rule rule, unsigned char *ops) {
    bool reached[NODES] = {true, false, false, false}, needed[NODES] = {false, false, false, true};
    for (int e = 0; e < EDGES; e++) {
        reached[TO[e]] = reached[TO[e]] || (codes[e] != 0 && reached[FROM[e]]);
    }
    for (int e = EDGES - 1; e >= 0; e--) {
        needed[FROM[e]] = needed[FROM[e]] || (codes[e] != 0 && needed[TO[e]]);
    }
    for (int e = 0; e < EDGES; e++) {
        bool counts = rule == RULE_ALL ||
                      (needed[TO[e]] && (rule == RULE_NEEDED || reached[FROM[e]]));
        ops[e] = counts ? codes[e] : 0;
    }
}

/* The longest way from input to output, an operation counted by its weight; 0 where there is none. */
static float longest(const unsigned char *ops, const int weight[OPS + 1]) {
    int best[NODES] = {0, -100, -100, -100};
    for (int e = 0; e < EDGES; e++) {
        int length = best[FROM[e]] + weight[ops[e]];
        if (ops[e] != 0 && length > best[TO[e]]) {
            best[TO[e]] = length;
        }
    }
    return best[NODES - 1] > 0 ? (float)best[NODES - 1] : 0.0F;
}

static void fill_rule(const unsigned char *ops, const weft_feature_group *groups, float *row) {
    /* Convolutions; with pooling; of 3x3 alone; all operations. */
    static const int WEIGHT[4][OPS + 1] = {
        {0, 0, 1, 1, 0}, {0, 0, 1, 1, 1}, {0, 0, 0, 1, 0}, {0, 1, 1, 1, 1}};
    for (int e = 0; e < EDGES; e++) {
        int op = ops[e] - 1;
        if (op < 0) {
            continue;
        }
        row[groups[GROUP_COUNTS].begin + op] += 1.0F;
        row[groups[GROUP_CHOICES].begin + e * OPS + op] = 1.0F;
        row[groups[GROUP_EDGES].begin + e] = 1.0F;
        row[groups[GROUP_SOURCES].begin + FROM[e] * OPS + op] += 1.0F;
    }
    for (int k = 0; k < WIDTH[GROUP_DEPTHS]; k++) {
        row[groups[GROUP_DEPTHS].begin + k] = longest(ops, WEIGHT[k]);
    }
}

weft_status weft_descriptions_cell(const weft_onehot *onehot, weft_descriptions *features,
                                   weft_error *error) {
    size_t n = (size_t)features->n;
    for (int r = 0; r < RULES; r++) {
        weft_rule *rule = &features->rules[features->n_rules++];
        for (int g = 0; g < GROUPS; g++) {
            bool standardised = g == GROUP_DEPTHS || g == GROUP_EDGES;
            rule->groups[rule->n_groups++] =
                weft_descriptions_group(features, WIDTH[g], standardised);
        }
        rule->codes = malloc(n * EDGES + 1);
        if (rule->codes == NULL) {
            return weft_fail_memory(error, n * EDGES);
        }
    }
    WEFT_TRY(weft_descriptions_rows(features, error));
    for (size_t i = 0; i < n; i++) {
        const unsigned char *codes = onehot->table->code.codes + i * EDGES;
        for (int r = 0; r < RULES; r++) {
            unsigned char *ops = features->rules[r].codes + i * EDGES;
            compute_edges(codes, (cell_rule)r, ops);
            fill_rule(ops, &features->groups[features->rules[r].groups[0]],
                      features->x + i * (size_t)features->width);
        }
    }
    return WEFT_OK;
}
