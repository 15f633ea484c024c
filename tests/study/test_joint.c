/* SPDX-License-Identifier: Apache-2.0
 * Network, bits and chip in one genome: what a trial says is what the resolved chip costs, however
 * many designs were evaluated before. */
#include "study/joint_support.h"

#include <weft/search.h>

#include "study/aggregate.h"
#include "study/evaluator.h"
#include "study/judge.h"

static const struct {
    const char *space, *chip;
    int draws;
    int ok; /* that can be built at least, of a chip with limits */
} PAIRS[] = {
    {"cimnas-mobilenetv2-rram", "cimnas-32nm-rram", 24, 24},
    {"cimnas-resnet50-sram-bits", "cimnas-7nm-sram", 12, 12},
    {"joint-rram-4", "neurosim-32nm-rram", 12, 12},
    {"joint-sram-4-nodes", "neurosim-sram-32nm", 12, 12},
    {"ofa-mobilenetv3-sram", "weft-sram", 24, 4},
    {"weft-mobilenetv2-rram", "weft-32nm-rram", 48, 0},
    {"xpert-vgg", "weft-32nm-rram", 16, 4},
};
enum { N_PAIRS = sizeof PAIRS / sizeof PAIRS[0] };

static const char *const ELA =
    "minimise: ela\nsearch: {optimizer: random, trials: 40, batch: 10}\n";

/* Draws legal genomes with an optimizer, which is what a search does. */
static double *draw(const weft_problem *problem, int n, uint64_t seed) {
    weft_gene_table table = weft_space_genes(weft_problem_get_space(problem));
    weft_optimizer_settings settings;
    weft_optimizer *optimizer = NULL;
    weft_error error;
    weft_optimizer_defaults(&settings);
    settings.name = "random";
    settings.seed = seed;
    settings.n_objectives = 1;
    expect_ok(weft_optimizer_create(&table, &settings, &optimizer, &error), &error);
    double *genomes = calloc((size_t)n * (size_t)table.n_genes, sizeof *genomes);
    int given = 0;
    expect_ok(weft_optimizer_ask(optimizer, 0, n, genomes, &given, &error), &error);
    assert_int_equal(given, n);
    weft_optimizer_destroy(optimizer);
    return genomes;
}

static void assert_adds_up(const weft_cost *cost) {
    double energy = 0.0;
    double rows = 0.0;
    double area = 0.0;
    for (int p = 0; p < cost->n_parts; p++) {
        energy += cost->energy_by[p];
        area += cost->area_by[p];
    }
    for (int l = 0; l < cost->n_layers; l++) {
        rows += cost->layers[l].energy_j;
    }
    assert_true(fabs(energy / cost->total.energy_j - 1) < 1e-9);
    assert_true(fabs(rows / cost->total.energy_j - 1) < 1e-9);
    assert_true(fabs(area / cost->total.area_mm2 - 1) < 1e-9);
}

/* The metrics of a design from the chip with its genes set as text, priced anew. */
static weft_status slow_metrics(const weft_problem *problem, const double *genome, double *metrics,
                                weft_error *error) {
    enum { MOST = 16 };
    int n = weft_space_n_networks(weft_problem_get_space(problem));
    weft_total totals[MOST];
    weft_network *networks[MOST] = {NULL};
    weft_status status = WEFT_OK;
    for (int i = 0; i < n && status == WEFT_OK; i++) {
        weft_cost *cost = NULL;
        status = weft_problem_cost(problem, genome, i, &cost, error);
        if (status == WEFT_OK) {
            totals[i] = cost->total;
            assert_adds_up(cost);
            weft_cost_destroy(cost);
            status = weft_problem_network_of(problem, genome, i, &networks[i], error);
        }
    }
    if (status == WEFT_OK) {
        weft_aggregate_of of = {.n = n,
                                .totals = totals,
                                .networks = (const weft_network *const *)networks,
                                .how = problem->info.aggregate};
        weft_aggregate_metrics(&of, metrics);
    }
    for (int i = 0; i < n; i++) {
        weft_network_destroy(networks[i]);
    }
    return status;
}

static void assert_same_metrics(const char *what, const double *a, const double *b) {
    static const weft_metric SAME[] = {
        WEFT_METRIC_ENERGY, WEFT_METRIC_LATENCY,   WEFT_METRIC_AREA,   WEFT_METRIC_INTERVAL,
        WEFT_METRIC_CYCLES, WEFT_METRIC_CROSSBARS, WEFT_METRIC_POWER,  WEFT_METRIC_EDAP,
        WEFT_METRIC_MACS,   WEFT_METRIC_PARAMS,    WEFT_METRIC_TOPS_W,
    };
    for (size_t m = 0; m < sizeof SAME / sizeof SAME[0]; m++) {
        if (a[SAME[m]] != b[SAME[m]]) {
            fail_msg("%s: %s %.17g against %.17g", what, weft_metric_token(SAME[m]), a[SAME[m]],
                     b[SAME[m]]);
        }
    }
}

static void a_trial_costs_what_its_resolved_chip_costs(void **state) {
    for (int p = 0; p < N_PAIRS; p++) {
        weft_problem *problem = joint(*state, PAIRS[p].space, PAIRS[p].chip, ELA);
        int n_genes = weft_space_genes(weft_problem_get_space(problem)).n_genes;
        double *genomes = draw(problem, PAIRS[p].draws, 7);
        weft_evaluator *evaluator = NULL;
        weft_error error;
        int ok = 0;
        expect_ok(weft_evaluator_create(problem, NULL, &evaluator, &error), &error);
        for (int i = 0; i < PAIRS[p].draws; i++) {
            const double *genome = genomes + (size_t)i * (size_t)n_genes;
            double metrics[WEFT_METRIC_COUNT];
            weft_trial trial;
            weft_trial_blank(problem, 0, genome, &trial);
            expect_ok(weft_evaluator_run(evaluator, NULL, &trial, &error), &error);
            weft_status status = slow_metrics(problem, genome, metrics, &error);
            if (trial.state == WEFT_TRIAL_OK) {
                expect_ok(status, &error);
                assert_same_metrics(trial.description, trial.metrics, metrics);
                ok++;
            } else {
                assert_int_equal(status, WEFT_ERROR_INFEASIBLE);
                assert_int_equal(trial.state, WEFT_TRIAL_INFEASIBLE);
            }
        }
        assert_true(ok >= (strncmp(PAIRS[p].chip, "weft", 4) != 0 ? PAIRS[p].draws : PAIRS[p].ok));
        weft_evaluator_destroy(evaluator);
        free(genomes);
        weft_problem_destroy(problem);
    }
}

/* ---- stages ---------------------------------------------------------------------------------- */

static int gene_at(const weft_problem *problem, const char *name) {
    weft_gene_table table = weft_space_genes(weft_problem_get_space(problem));
    for (int g = 0; g < table.n_genes; g++) {
        if (strcmp(table.genes[g].name, name) == 0) {
            return g;
        }
    }
    fail_msg("no gene %s", name);
    return -1;
}

/* The best of a stage by its own score; ties go to the earliest. */
static const weft_trial *best_of(const weft_study *study, int stage, weft_metric metric) {
    const weft_trial *best = NULL;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        if (trial->stage <= stage && trial->state == WEFT_TRIAL_OK &&
            (best == NULL || trial->metrics[metric] < best->metrics[metric])) {
            best = trial;
        }
    }
    return best;
}

static void stages_vary_their_genes_alone(void **state) {
    char store[600];
    weft_error error;
    weft_study *study = NULL;
    weft_problem *problem = joint(*state, PAIRS[0].space, PAIRS[0].chip, STAGED);
    run_study(problem, *state, "staged.db", 2, store, sizeof store);
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    int cell_bits = gene_at(problem, "cell_bits");
    int rows = gene_at(problem, "rows");
    int voltage = gene_at(problem, "voltage");
    int depth = gene_at(problem, "depth2");
    int bits = gene_at(problem, "pw_weight_bits1_1");
    int glb = gene_at(problem, "glb_depth");
    const weft_gene *genes = weft_space_genes(weft_problem_get_space(problem)).genes;
    const weft_trial *device = best_of(study, 0, WEFT_METRIC_EDAP);
    const weft_trial *arrays = best_of(study, 1, WEFT_METRIC_ENERGY);
    int n[3] = {0};
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        const double *genome = trial->genome;
        n[trial->stage]++;
        assert_true(genome[voltage] == genes[voltage].upper); /* held: nobody searches it */
        assert_true(genome[bits] == 2 && genome[glb] == 1);   /* fixed at 8 and 4096 */
        assert_true(trial->stage == 2 || genome[depth] == genes[depth].upper);
        assert_true(trial->stage != 0 || genome[rows] == genes[rows].upper);
        assert_true(trial->stage != 1 || genome[cell_bits] == device->genome[cell_bits]);
        assert_true(trial->stage != 2 || genome[rows] == arrays->genome[rows]);
        assert_true(trial->stage != 2 || genome[cell_bits] == arrays->genome[cell_bits]);
    }
    assert_int_equal(n[0], 8); /* the device has eight values: its stage ends before 30 trials */
    assert_true(n[1] <= 25 && n[1] > 10);
    assert_int_equal(n[0] + n[1] + n[2], 120);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* ---- several networks ------------------------------------------------------------------------ */

static void aggregates_are_those_of_the_networks(void **state) {
    static const char *const HOW[] = {"max", "mean", "sum", "product"};
    for (int h = 0; h < 4; h++) {
        char more[256];
        weft_error error;
        snprintf(more, sizeof more, "aggregate: %s\nminimise: ela\n", HOW[h]);
        weft_problem *problem = joint(*state, "joint-rram-4", "neurosim-32nm-rram", more);
        double *genome = draw(problem, 1, 3);
        weft_evaluator *evaluator = NULL;
        weft_trial trial;
        expect_ok(weft_evaluator_create(problem, NULL, &evaluator, &error), &error);
        weft_trial_blank(problem, 0, genome, &trial);
        expect_ok(weft_evaluator_run(evaluator, NULL, &trial, &error), &error);
        assert_int_equal(trial.state, WEFT_TRIAL_OK);
        double energies[4], sum = 0, product = 1, most = 0, area = 0;
        for (int i = 0; i < 4; i++) {
            weft_cost *cost = NULL;
            expect_ok(weft_problem_cost(problem, genome, i, &cost, &error), &error);
            energies[i] = cost->total.energy_j;
            sum += energies[i];
            product *= energies[i];
            most = fmax(most, energies[i]);
            area = cost->total.area_mm2;
            weft_cost_destroy(cost);
        }
        const double expected[] = {most, sum / 4, sum, product};
        assert_true(fabs(trial.metrics[WEFT_METRIC_ENERGY] / expected[h] - 1) < 1e-12);
        assert_true(trial.metrics[WEFT_METRIC_AREA] == area);
        assert_true(fabs(trial.score / (trial.metrics[WEFT_METRIC_ENERGY] *
                                        trial.metrics[WEFT_METRIC_LATENCY] * area) -
                         1) < 1e-12);
        weft_evaluator_destroy(evaluator);
        free(genome);
        weft_problem_destroy(problem);
    }
}

/* ---- accountings ----------------------------------------------------------------------------- */

static weft_trial evaluate_with(void **state, const char *more, const double *genome) {
    weft_error error;
    weft_trial trial;
    weft_evaluator *evaluator = NULL;
    weft_problem *problem = joint(*state, PAIRS[0].space, PAIRS[0].chip, more);
    expect_ok(weft_evaluator_create(problem, NULL, &evaluator, &error), &error);
    weft_trial_blank(problem, 0, genome, &trial);
    expect_ok(weft_evaluator_run(evaluator, NULL, &trial, &error), &error);
    weft_evaluator_destroy(evaluator);
    weft_problem_destroy(problem);
    return trial;
}

#define COMPAT "accounting: cimnas-2025\nminimise: ela\n"

static void each_fault_can_be_switched_off(void **state) {
    weft_problem *problem = joint(*state, PAIRS[0].space, PAIRS[0].chip, COMPAT);
    assert_int_equal(problem->info.n_faults, 8);
    double *genome = draw(problem, 1, 5);
    genome[gene_at(problem, "cell_bits")] = 2; /* weights of 4 and 8 bits take different cells */
    genome[gene_at(problem, "rows")] = 2;
    genome[gene_at(problem, "columns")] = 2;
    genome[gene_at(problem, "groups")] = 3;
    genome[gene_at(problem, "tiles")] = 3;
    genome[gene_at(problem, "macros")] = 3;
    weft_trial all = evaluate_with(state, COMPAT, genome);
    assert_int_equal(all.state, WEFT_TRIAL_OK);
    weft_trial strides = evaluate_with(state, COMPAT "faults: {strides-lost: false}\n", genome);
    assert_true(strides.metrics[WEFT_METRIC_ENERGY] > all.metrics[WEFT_METRIC_ENERGY]);
    weft_trial swapped = evaluate_with(state, COMPAT "faults: {swapped-bits: false}\n", genome);
    assert_true(swapped.metrics[WEFT_METRIC_ENERGY] != all.metrics[WEFT_METRIC_ENERGY]);
    weft_trial cells = evaluate_with(state, COMPAT "faults: {depthwise-cells: false}\n", genome);
    assert_true(cells.metrics[WEFT_METRIC_CELLS_NEEDED] > all.metrics[WEFT_METRIC_CELLS_NEEDED]);
    assert_true(cells.metrics[WEFT_METRIC_ENERGY] == all.metrics[WEFT_METRIC_ENERGY]);
    genome[gene_at(problem, "base_cycle")] = 0;
    weft_trial cycle = evaluate_with(state, COMPAT "faults: {free-cycle: false}\n", genome);
    assert_int_equal(cycle.state, WEFT_TRIAL_INFEASIBLE);
    assert_non_null(strstr(cycle.reason, "cycle"));
    genome[gene_at(problem, "base_cycle")] = 5;
    weft_trial alone = evaluate_with(state, COMPAT "faults: {layer-owns-chip: false}\n", genome);
    assert_true(alone.state != WEFT_TRIAL_OK ||
                alone.metrics[WEFT_METRIC_LATENCY] > all.metrics[WEFT_METRIC_LATENCY]);
    free(genome);
    weft_problem_destroy(problem);
}

/* A small chip: its cells are too few for the weights. */
static void raw_cells_are_counted(void **state) {
    weft_problem *problem = joint(*state, PAIRS[0].space, PAIRS[0].chip, COMPAT);
    double *genome = draw(problem, 1, 5);
    genome[gene_at(problem, "rows")] = genome[gene_at(problem, "columns")] = 0;
    genome[gene_at(problem, "groups")] = genome[gene_at(problem, "tiles")] = 0;
    genome[gene_at(problem, "macros")] = 0;
    weft_trial on = evaluate_with(state, COMPAT, genome);
    assert_int_equal(on.state, WEFT_TRIAL_INFEASIBLE);
    assert_non_null(strstr(on.reason, "cells"));
    assert_true(on.metrics[WEFT_METRIC_CELLS] == 32.0 * 32 * 1 * 4 * 4);
    weft_trial off = evaluate_with(state, COMPAT "faults: {raw-cells: false}\n", genome);
    assert_int_equal(off.state, WEFT_TRIAL_OK); /* each layer alone, as often as it takes */
    free(genome);
    weft_problem_destroy(problem);
}

/* Weights by hand: 2 x 3 x 3 x 3 and a depthwise 4 x 3 x 3. */
static void cells_of_a_network_by_hand(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    expect_ok(weft_network_create("two", (weft_shape){3, 8, 8}, &network, &error), &error);
    int32_t at = 0;
    weft_layer conv = {.op = WEFT_OP_CONV,
                       .input = &at,
                       .n_inputs = 1,
                       .out_channels = 4,
                       .kernel = {3, 3},
                       .stride = {1, 1},
                       .pad = {1, 1},
                       .bits = {.weights = 5}};
    expect_ok(weft_network_add(network, &conv, &at, &error), &error);
    conv.groups = 4;
    conv.bits.weights = 0;
    expect_ok(weft_network_add(network, &conv, &at, &error), &error);
    weft_weights weights = weft_weights_of(network, -1, 8);
    assert_true(weft_weights_cells(&weights, 2, false) == 3 * 4 * 9 * 3 + 4 * 9 * 4);
    assert_true(weft_weights_cells(&weights, 2, true) == 3 * 4 * 9 * 3 + 9 * 4);
    assert_true(weft_weights_cells(&weights, 8, false) == 3 * 4 * 9 + 4 * 9);
    weft_network_destroy(network);
}

/* ---- a published design ---------------------------------------------------------------------- */

/* Design #1 of the released notebook (OlgaKrestinskaya/CIMNAS@affe3e8, CIMNAS.ipynb): genes, and what
 * its estimator gave: 0.26780 mJ, 1702 cycles of 1 ns, 464.31 mm2. Ours is 0.6 % off in energy
 * (docs/results/cimnas.md). Blocks that its depths leave out have genes all the same. */
static const int DEPTHS[6] = {3, 3, 3, 3, 4, 2};
static const int KERNELS[21] = {3, 5, 7, 3, 3, 3, 5, 3, 5, 7, 7, 3, 5, 3, 5, 3, 7, 7, 5, 5, 3};
static const int EXPANSIONS[21] = {3,  2,  6,  0, 5,  3, 1, 3,  8, 3, 14,
                                   15, 18, 14, 6, 13, 0, 5, 33, 9, 28};
static const char *const BITS[4][2] = {{"pw_weight_bits", "886444864484644864864"},
                                       {"pw_input_bits", "886848666446648648684"},
                                       {"dw_weight_bits", "688444466444488846484"},
                                       {"dw_input_bits", "864866884648848464448"}};
static const struct {
    const char *gene;
    double value;
} CHIP[] = {{"voltage", 0.8}, {"cell_bits", 8}, {"base_cycle", 1},
            {"rows", 256},    {"columns", 32},  {"groups", 1},
            {"tiles", 32},    {"macros", 64},   {"glb_depth", 2048}};

/* Hidden channels go up in steps of 8; a block takes in as many channels as the one before gives. */
static double expansion_of(int block) {
    static const int WIDTHS[5] = {24, 40, 80, 96, 192};
    int in = block == 0 ? 16 : WIDTHS[(block - 1) / 4];
    return 4.0 + EXPANSIONS[block] * 8.0 / in;
}

static void set_gene(const weft_problem *problem, double *genome, const char *name, double value) {
    int g = gene_at(problem, name);
    const weft_space *space = weft_problem_get_space(problem);
    const weft_gene *gene = &weft_space_genes(space).genes[g];
    for (double v = gene->lower; v <= gene->upper; v++) {
        if (fabs(weft_space_number(space, g, v) - value) < 1e-6) {
            genome[g] = v;
            return;
        }
    }
    fail_msg("%s has no value %g", name, value);
}

static void set_block(const weft_problem *problem, double *genome, int b) {
    char name[64];
    int stage = b / 4 + 1;
    int place = b % 4 + 1;
    snprintf(name, sizeof name, "kernel%d_%d", stage, place);
    set_gene(problem, genome, name, KERNELS[b]);
    snprintf(name, sizeof name, "expansion%d_%d", stage, place);
    set_gene(problem, genome, name, expansion_of(b));
    for (int k = 0; k < 4; k++) {
        snprintf(name, sizeof name, "%s%d_%d", BITS[k][0], stage, place);
        set_gene(problem, genome, name, BITS[k][1][b] - '0');
    }
}

static void a_published_design_costs_what_was_published(void **state) {
    weft_problem *problem = joint(*state, PAIRS[0].space, PAIRS[0].chip, COMPAT);
    weft_gene_table table = weft_space_genes(weft_problem_get_space(problem));
    double *genome = calloc((size_t)table.n_genes, sizeof *genome);
    for (size_t i = 0; i < sizeof CHIP / sizeof CHIP[0]; i++) {
        set_gene(problem, genome, CHIP[i].gene, CHIP[i].value);
    }
    for (int s = 0; s < 6; s++) {
        char name[16];
        snprintf(name, sizeof name, "depth%d", s + 1);
        set_gene(problem, genome, name, DEPTHS[s]);
    }
    for (int b = 0; b < 21; b++) {
        set_block(problem, genome, b);
    }
    weft_genome_canonical(&table, genome);
    weft_trial trial = evaluate_with(state, COMPAT, genome);
    assert_int_equal(trial.state, WEFT_TRIAL_OK);
    assert_true(trial.metrics[WEFT_METRIC_CYCLES] == 1702);
    assert_true(fabs(trial.metrics[WEFT_METRIC_AREA] / 464.31 - 1) < 1e-4);
    assert_true(fabs(trial.metrics[WEFT_METRIC_ENERGY] / 0.26780e-3 - 1) < 0.02);
    free(genome);
    weft_problem_destroy(problem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_costs_what_its_resolved_chip_costs),
        cmocka_unit_test(stages_vary_their_genes_alone),
        cmocka_unit_test(aggregates_are_those_of_the_networks),
        cmocka_unit_test(each_fault_can_be_switched_off),
        cmocka_unit_test(raw_cells_are_counted),
        cmocka_unit_test(cells_of_a_network_by_hand),
        cmocka_unit_test(a_published_design_costs_what_was_published),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
