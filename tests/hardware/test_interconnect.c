/* SPDX-License-Identifier: Apache-2.0
 * The mesh and the tree between tiles: hops by walking a graph of all tiles, their time by hand. */
#include "hardware/support.h"

#include <math.h>

enum { TILES = 200, MOST_NODES = 1024, WORD = 32, BITS = 8, ARRAYS = 4 };

/* An undirected graph by its links, and the shortest way in it. */
typedef struct graph {
    int n, n_links;
    int links[4 * MOST_NODES][2];
} graph;

static void join(graph *g, int a, int b) {
    g->links[g->n_links][0] = a;
    g->links[g->n_links++][1] = b;
}

static int distance(const graph *g, int from, int to) {
    int steps[MOST_NODES];
    for (int i = 0; i < g->n; i++) {
        steps[i] = i == from ? 0 : MOST_NODES;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int l = 0; l < g->n_links; l++) {
            for (int way = 0; way < 2; way++) {
                int a = g->links[l][way];
                int b = g->links[l][1 - way];
                if (steps[a] + 1 < steps[b]) {
                    steps[b] = steps[a] + 1;
                    changed = true;
                }
            }
        }
    }
    return steps[to];
}

/* Tiles along rows, back and forth. */
static void make_mesh(graph *g, int tile_of_place[MOST_NODES]) {
    int side = (int)ceil(sqrt(TILES));
    *g = (graph){.n = side * side};
    for (int row = 0; row < side; row++) {
        for (int column = 0; column < side; column++) {
            int at = row * side + column;
            tile_of_place[row * side + (row % 2 == 0 ? column : side - 1 - column)] = at;
            if (column > 0) {
                join(g, at - 1, at);
            }
            if (row > 0) {
                join(g, at - side, at);
            }
        }
    }
}

/* Tiles are the leaves; each `children` of a rank have a parent in the next one. */
static void make_tree(graph *g, int children) {
    *g = (graph){.n = TILES};
    for (int first = 0, n = TILES; n > 1;) {
        int parents = (n + children - 1) / children;
        for (int i = 0; i < n; i++) {
            join(g, first + i, first + n + i / children);
        }
        g->n += parents;
        first += n;
        n = parents;
    }
}

static weft_cost *cost_with(const char *tree, const char *hop_time, const weft_network *network) {
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    weft_error error;
    expect_ok(weft_chip_read("flash-rram-mesh", &chip, &error), &error, "chip");
    expect_ok(weft_chip_set(chip, "tile.tiles", "200", &error), &error, "tiles");
    expect_ok(weft_chip_set(chip, "execution.tree", tree, &error), &error, "tree");
    expect_ok(weft_chip_set(chip, "execution.hop_time", hop_time, &error), &error, "hop_time");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    expect_ok(weft_workload_create(network, &workload, &error), &error, "workload");
    expect_ok(weft_cost_create(priced, workload, &cost, &error), &error, "cost");
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return cost;
}

static int part_of(const weft_cost *cost, const char *token) {
    int p = 0;
    while (p < cost->n_parts && strcmp(cost->parts[p].token, token) != 0) {
        p++;
    }
    assert_true(p < cost->n_parts);
    return p;
}

/* Hops of all words, from the arrays that the layers take alone; *seconds: at 1 ns each. */
static double hops_on(const graph *g, const int *tile_of_place, const weft_cost *cost,
                      const weft_network *network, double *seconds) {
    double used = 0.0;
    double before = 0.0;
    double words = 0.0;
    double tiles = 1.0;
    double sum = 0.0;
    *seconds = 0.0;
    for (int32_t l = 0; l < cost->n_layers && cost->layers[l].crossbars > 0; l++) {
        const weft_layer *layer = &network->layers[cost->layers[l].layer];
        double own = (double)cost->layers[l].crossbars / ARRAYS;
        double here = used + own / 2.0;
        if (l > 0) {
            int from = tile_of_place != NULL ? tile_of_place[(int)before] : (int)before;
            int to = tile_of_place != NULL ? tile_of_place[(int)here] : (int)here;
            double hops = fmax(1.0, distance(g, from, to));
            sum += words * hops;
            *seconds += words * hops * 1e-9 / tiles;
        }
        words =
            ceil((double)layer->out.channels * layer->out.height * layer->out.width * BITS / WORD);
        tiles = fmax(1.0, ceil(own));
        before = here;
        used += own;
    }
    return sum;
}

static void hops_are_those_of_the_graph(void **state) {
    (void)state;
    static graph g;
    static int tile_of_place[MOST_NODES];
    static const char *const TREES[] = {"0", "2", "4", "7"};
    weft_network *network = NULL;
    weft_error error;
    /* layers that all differ, so that none stands for another */
    expect_ok(weft_network_read("cells-concat@input=1x28x28,depth=5x6x7,channels=12x24x48,"
                                "skips=36x72x144",
                                &network, &error),
              &error, "network");
    for (int t = 0; t < 4; t++) {
        int children = (int)strtol(TREES[t], NULL, 10);
        if (children == 0) {
            make_mesh(&g, tile_of_place);
        } else {
            make_tree(&g, children);
        }
        weft_cost *cost = cost_with(TREES[t], "0", network);
        weft_cost *timed = cost_with(TREES[t], "1e-9", network);
        double seconds = 0.0;
        double hops = hops_on(&g, children == 0 ? tile_of_place : NULL, cost, network, &seconds);
        double counted = 0.0;
        int p = part_of(cost, "router");
        for (int32_t l = 0; l < cost->n_layers; l++) {
            counted += cost->layers[l].actions_by[p];
        }
        assert_true(hops > 0.0 && fabs(counted / hops - 1.0) < 1e-12);
        double later = timed->total.latency_s - cost->total.latency_s;
        assert_true(fabs(later / seconds - 1.0) < 1e-9);
        assert_true(timed->total.energy_j >= cost->total.energy_j); /* it leaks longer */
        weft_cost_destroy(cost);
        weft_cost_destroy(timed);
    }
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hops_are_those_of_the_graph)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
