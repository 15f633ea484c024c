/* SPDX-License-Identifier: Apache-2.0
 *
 * The chips of ZigZag-IMC's validation set and ZigZag's stock analog chip.
 *
 * Facts: what zigzag-imc@df34a6f gives for its seven chips, part by part; what zigzag@3d12a96 gives
 * for ResNet-18 (zigzag_resnet18.csv: its ONNX and its YAML workload, layer by layer) and for orders
 * of the loops drawn at random (zigzag_orders.csv). */
#include "hardware/support.h"

#include <math.h>

#include "hardware/dataflow_chip.h"
#include "hardware/golden_table.h"
#include "hardware/hierarchy_cost.h"
#include "hardware/price.h"
#include "hardware/workload.h"

/* ---- chips and products ---------------------------------------------------------------------- */

typedef struct setting {
    const char *path, *value;
} setting;

static weft_chip *preset(const char *name, const setting *settings, int n) {
    weft_error error;
    weft_chip *chip = NULL;
    expect_ok(weft_chip_read(name, &chip, &error), &error, name);
    for (int i = 0; i < n && settings[i].path != NULL; i++) {
        expect_ok(weft_chip_set(chip, settings[i].path, settings[i].value, &error), &error, name);
    }
    return chip;
}

static weft_priced *priced_preset(const char *name, const setting *settings, int n) {
    weft_error error;
    weft_priced *priced = NULL;
    weft_chip *chip = preset(name, settings, n);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, name);
    weft_chip_destroy(chip);
    return priced;
}

static weft_network *table_of(const weft_loops *loops, int n) {
    weft_error error;
    weft_network *network = NULL;
    expect_ok(weft_network_create("table", (weft_shape){1, 1, 1}, &network, &error), &error, "");
    for (int i = 0; i < n; i++) {
        expect_ok(weft_network_add_loops(network, WEFT_OP_CONV, &loops[i], NULL, &error), &error,
                  "a layer");
    }
    return network;
}

static weft_loops loops_of(int k, int c, int side, int kernel, int stride) {
    return (weft_loops){.n = 1,
                        .c = c,
                        .m = k,
                        .r = kernel,
                        .s = kernel,
                        .p = side,
                        .q = side,
                        .g = 1,
                        .stride_h = stride,
                        .stride_w = stride,
                        .dilation_h = 1,
                        .dilation_w = 1};
}

/* A matrix that fills the macro, times a vector. */
static weft_cost *full_use(const char *name, const setting *settings, int n, int c, int m) {
    weft_loops loops = loops_of(m, c, 1, 1, 1);
    weft_network *network = table_of(&loops, 1);
    weft_priced *priced = priced_preset(name, settings, n);
    weft_cost *cost = cost_of(priced, network);
    weft_priced_destroy(priced);
    weft_network_destroy(network);
    return cost;
}

/* Sum over parts of a cost, "a+b". */
static double sum_of(const weft_cost *cost, const double *by, const char *parts) {
    char text[128];
    char *rest = NULL;
    double sum = 0;
    snprintf(text, sizeof text, "%s", parts);
    for (char *at = strtok_r(text, "+", &rest); at != NULL; at = strtok_r(NULL, "+", &rest)) {
        int p = 0;
        while (p < cost->n_parts && strcmp(cost->parts[p].token, at) != 0) {
            p++;
        }
        if (p == cost->n_parts) {
            fail_msg("there is no part '%s'", at);
        }
        sum += by[p];
    }
    return sum;
}

static void expect_near(double ours, double theirs, double bound, const char *what) {
    if (!(fabs(ours - theirs) <= bound * fabs(theirs))) {
        fail_msg("%s: %.12g; expected %.12g", what, ours, theirs);
    }
}

/* ---- the seven chips ------------------------------------------------------------------------- */

typedef struct macro {
    const char *name;
    int inputs, outputs, steps; /* of the matrix, and cycles of a vector */
    setting as_reference[2];    /* takes our corrections of the area away */
    /* the reference's: mm2, ns, fJ a MAC; published mm2, ns, TOPS/W (0: not comparable) */
    double area, clock, energy;
    double published_area, published_clock, published_tops_w;
    double corrected; /* our area */
} macro;

static const macro MACROS[] = {
    {"zigzag-aimc1-cicc2021",
     1024,
     512,
     1,
     {{"cells.area_scale", "2"}, {"dac.logic", "no"}},
     1.244290344998059,
     44.00812,
     1.69506,
     1.9425,
     44.44444444444444,
     1050,
     1.536978447},
    {"zigzag-aimc2-jssc2023",
     16,
     48,
     1,
     {{NULL, NULL}},
     0.45669446634775795,
     7.5404,
     936.60813,
     0.468,
     7.2,
     0,
     0.45669446634775795},
    {"zigzag-aimc3-isscc2023-7-8",
     64,
     256,
     8,
     {{NULL, NULL}},
     1.9638079990765813,
     2.81284,
     108.51648,
     1.88,
     2.7472527472527473,
     18.7,
     1.9638079990765813},
    {"zigzag-dimc1-isscc2022-15-5",
     32,
     384,
     4,
     {{NULL, NULL}},
     0.8834834175999998,
     4.27332,
     55.1053125,
     0.9408,
     5.128205128205129,
     36.63,
     0.8834834175999998},
    {"zigzag-dimc2-isscc2022-11-7",
     32,
     2,
     8,
     {{NULL, NULL}},
     0.0237970576,
     3.17392,
     231.76125,
     0.03,
     3,
     0,
     0.0237970576},
    {"zigzag-dimc3-isscc2023-7-2",
     128,
     8,
     4,
     {{NULL, NULL}},
     0.1461492736,
     5.4014,
     100.05778125,
     0.1462,
     5.4945054945054945,
     19.5,
     0.1461492736},
    {"zigzag-dimc4-isscc2023-16-3",
     128,
     32,
     8,
     {{"count_adders.kind", "sum"}},
     0.33075025919999995,
     2.38044,
     116.164125,
     0.269,
     2.5,
     0,
     0.2477571072},
};
enum { N_MACROS = sizeof MACROS / sizeof MACROS[0] };

/* Without our corrections the chips are the reference's. */
static void test_chips_are_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < N_MACROS; i++) {
        const macro *m = &MACROS[i];
        weft_cost *cost = full_use(m->name, m->as_reference, 2, m->inputs, m->outputs);
        double macs = (double)m->inputs * m->outputs;
        expect_near(cost->total.area_mm2, m->area, 1e-9, m->name);
        expect_near(cost->total.latency_s * 1e9 / m->steps, m->clock, 1e-9, m->name);
        expect_near(cost->total.energy_j * 1e15 / macs, m->energy, 1e-9, m->name);
        weft_cost_destroy(cost);
    }
}

/* Part by part: mm2 of all, fJ a MAC. */
static void test_parts_are_the_reference(void **state) {
    static const struct {
        int chip;
        const char *parts;
        double area, energy;
    } FACTS[] = {
        {0, "multiplier", 0.5058630217142857, 0.352},
        {0, "cells+bitline+enable", 0.48993408, 0.528},
        {0, "adc", 0.2484932432837732, 0.37756},
        {0, "dac", 0, 0.4375},
        {1, "multiplier", 0.001886208, 2.268},
        {1, "adders", 0.0301144896, 55.70775},
        {1, "accumulator", 0.004597632 + 0.00353664, 8.505 + 4.2525},
        {1, "cells+wordline+enable", 0.1441802592, 10.206},
        {1, "register", 0.01414656, 17.01},
        {1, "adc", 0.25823267754775797, 811.65888},
        {1, "dac", 0, 27},
        {2, "multiplier", 0.0632328777142857, 0.528},
        {2, "adder", 0.04623904182857143, 6.336},
        {2, "cells+bitline", 0.028320109714285713, 5.632},
        {2, "adc+adc_area", 1.8260159698194385, 96.02048},
        {3, "multiplier", 0.060358656, 2.268},
        {3, "adders+float_adder", 0.609952512, 32.4253125},
        {3, "accumulator+float_sum+float_register", 0.1078910976 + 0.063332352, 13.608 + 6.804},
        {3, "cells", 0.0419488, 0},
        {4, "multiplier", 0.000314368, 8.1648},
        {4, "adders", 0.0049999248, 199.78245},
        {4, "accumulator", 0.0049041408 + 0.003772416, 13.608 + 6.804},
        {4, "register", 0.001886208, 3.402},
        {4, "cells", 0.00792, 0},
        {5, "multiplier", 0.010059776, 4.536},
        {5, "adders+merge_adders", 0.1190786688, 91.854},
        {5, "accumulator", 0.0008812128 + 0.000677856, 2.4451875 + 1.22259375},
        {5, "cells", 0.01545176, 0},
        {6, "multiplier", 0.002514944, 1.134},
        {6, "count_adders+gather_adders+final_adders", 0.3012981504, 104.5051875},
        {6, "register", 0.005658624, 5.103},
        {6, "accumulator", 0.0026053248 + 0.002004096, 3.614625 + 1.8073125},
        {6, "cells", 0.01666912, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof FACTS / sizeof FACTS[0]; i++) {
        const macro *m = &MACROS[FACTS[i].chip];
        weft_cost *cost = full_use(m->name, m->as_reference, 2, m->inputs, m->outputs);
        double macs = (double)m->inputs * m->outputs;
        expect_near(sum_of(cost, cost->area_by, FACTS[i].parts), FACTS[i].area, 1e-9,
                    FACTS[i].parts);
        expect_near(sum_of(cost, cost->energy_by, FACTS[i].parts) * 1e15 / macs, FACTS[i].energy,
                    1e-9, FACTS[i].parts);
        weft_cost_destroy(cost);
    }
}

/* Against silicon: no chip worse than the reference, and means within its own and 10 %. */
static void test_chips_against_silicon(void **state) {
    double area[2] = {0};
    double tops_w[2] = {0};
    int compared = 0;
    (void)state;
    for (int i = 0; i < N_MACROS; i++) {
        const macro *m = &MACROS[i];
        weft_cost *cost = full_use(m->name, NULL, 0, m->inputs, m->outputs);
        double macs = (double)m->inputs * m->outputs;
        double ours = fabs(cost->total.area_mm2 / m->published_area - 1);
        double theirs = fabs(m->area / m->published_area - 1);
        expect_near(cost->total.area_mm2, m->corrected, 1e-8, m->name);
        expect_near(cost->total.latency_s * 1e9 / m->steps, m->clock, 1e-9, m->name);
        assert_true(ours <= theirs + 1e-9);
        area[0] += ours / N_MACROS;
        area[1] += theirs / N_MACROS;
        if (m->published_tops_w > 0) {
            double figure = 2e-12 * macs / cost->total.energy_j;
            tops_w[0] += fabs(figure / m->published_tops_w - 1);
            tops_w[1] += fabs(2000 / m->energy / m->published_tops_w - 1);
            compared++;
        }
        weft_cost_destroy(cost);
    }
    assert_int_equal(compared, 4);
    assert_true(area[0] < area[1] && area[0] < 0.1);
    assert_true(tops_w[0] / compared < tops_w[1] / compared + 1e-9 && tops_w[0] / compared < 0.1);
}

/* ---- the clock as a chain of parts ----------------------------------------------------------- */

static double delay_of(const weft_priced *priced, const char *part) {
    const weft_hierarchy *h = priced->hierarchy->hierarchy;
    for (int p = 0; p < h->n_parts; p++) {
        if (strcmp(h->parts[p].name, part) == 0) {
            return priced->hierarchy->own.parts[p].read_s;
        }
    }
    fail_msg("there is no part '%s'", part);
    return NAN;
}

/* The expressions of the files say what the classes say. */
static void test_clock_is_a_chain_of_parts(void **state) {
    static const double NAND = 47.8e-12;
    (void)state;
    weft_priced *a1 = priced_preset(MACROS[0].name, NULL, 0);
    expect_near(NAND + delay_of(a1, "adc"), a1->hierarchy->own.cycle_s, 1e-12, "aimc1");
    weft_priced *a2 = priced_preset(MACROS[1].name, NULL, 0);
    expect_near(2 * (NAND + delay_of(a2, "adc")), a2->hierarchy->own.cycle_s, 1e-12, "aimc2");
    weft_priced *d1 = priced_preset(MACROS[3].name, NULL, 0);
    expect_near(NAND + delay_of(d1, "adders") + delay_of(d1, "accumulator"),
                d1->hierarchy->own.cycle_s, 1e-12, "dimc1");
    weft_priced *d2 = priced_preset(MACROS[4].name, NULL, 0);
    expect_near(delay_of(d2, "adders") + 4.8 * NAND, d2->hierarchy->own.cycle_s, 1e-12, "dimc2");
    weft_priced *d3 = priced_preset(MACROS[5].name, NULL, 0);
    expect_near(NAND + delay_of(d3, "adders") + delay_of(d3, "merge_adders") +
                    delay_of(d3, "accumulator"),
                d3->hierarchy->own.cycle_s, 1e-12, "dimc3");
    weft_priced *d4 = priced_preset(MACROS[6].name, NULL, 0);
    expect_near(fmax(NAND + delay_of(d4, "count_adders") + delay_of(d4, "gather_adders"),
                     delay_of(d4, "final_adders") + delay_of(d4, "accumulator")),
                d4->hierarchy->own.cycle_s, 1e-12, "dimc4");
    weft_priced *stock = priced_preset("zigzag-aimc", NULL, 0);
    expect_near(NAND + delay_of(stock, "adc") + delay_of(stock, "adders") +
                    delay_of(stock, "accumulator"),
                stock->hierarchy->own.cycle_s, 1e-12, "the stock chip");
    expect_near(stock->hierarchy->own.cycle_s, 14.07244e-9, 1e-9, "the stock chip");
    weft_priced *all[] = {a1, a2, d1, d2, d3, d4, stock};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        weft_priced_destroy(all[i]);
    }
}

/* ---- single orders of loops ------------------------------------------------------------------ */

static const int GRAPH[] = {WEFT_DIM_N, WEFT_DIM_M, WEFT_DIM_G, WEFT_DIM_Q,
                            WEFT_DIM_P, WEFT_DIM_C, WEFT_DIM_S, WEFT_DIM_R};
static const int TABLE[] = {WEFT_DIM_N, WEFT_DIM_G, WEFT_DIM_M, WEFT_DIM_C,
                            WEFT_DIM_P, WEFT_DIM_Q, WEFT_DIM_R, WEFT_DIM_S};

/* The stock chip as the search sees it. */
static weft_flow_machine stock_machine(const setting *settings, int n) {
    weft_error error;
    weft_flow_machine machine;
    weft_flow_layer layer;
    weft_total total;
    weft_workload *workload = NULL;
    weft_loops loops = loops_of(8, 8, 4, 1, 1);
    weft_network *network = table_of(&loops, 1);
    weft_priced *priced = priced_preset("zigzag-aimc", settings, n);
    expect_ok(weft_workload_create(network, &workload, &error), &error, "a workload");
    expect_ok(weft_estimate(priced, workload, &total, &error), &error, "an estimate");
    const weft_hierarchy_priced *chip = priced->hierarchy;
    expect_ok(weft_dataflow_describe(chip->hierarchy, &chip->own, workload->loops, 0, &machine,
                                     &layer, &error),
              &error, "the machine");
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    return machine;
}

/* A row of zigzag_resnet18.csv. */
static weft_flow_layer layer_of(const table *t, int row, const weft_flow_machine *machine) {
    bool graph = strcmp(table_text(t, row, "workload"), "onnx") == 0;
    weft_flow_layer layer = {
        .size = {[WEFT_DIM_N] = 1,
                 [WEFT_DIM_C] = atoi(table_text(t, row, "C")),
                 [WEFT_DIM_M] = atoi(table_text(t, row, "K")),
                 [WEFT_DIM_R] = atoi(table_text(t, row, "FY")),
                 [WEFT_DIM_S] = atoi(table_text(t, row, "FX")),
                 [WEFT_DIM_P] = atoi(table_text(t, row, "OY")),
                 [WEFT_DIM_Q] = atoi(table_text(t, row, "OX")),
                 [WEFT_DIM_G] = 1},
        .stride_h = atoi(table_text(t, row, "stride")),
        .stride_w = atoi(table_text(t, row, "stride")),
        .dilation_h = 1,
        .dilation_w = 1,
        .limit_h = atoi(table_text(t, row, "limit")),
        .limit_w = atoi(table_text(t, row, "limit")),
        .order = graph ? GRAPH : TABLE,
    };
    memcpy(layer.n_levels, machine->n_levels, sizeof layer.n_levels);
    layer.n_levels[WEFT_FLOW_OUTPUTS] -= atoi(table_text(t, row, "outputs_stay"));
    layer.n_levels[WEFT_FLOW_INPUTS] -= atoi(table_text(t, row, "inputs_stay"));
    return layer;
}

static int dim_of(const char *name, size_t length) {
    static const struct {
        const char *name;
        int dim;
    } DIMS[] = {{"K", WEFT_DIM_M},  {"C", WEFT_DIM_C},  {"OY", WEFT_DIM_P},
                {"OX", WEFT_DIM_Q}, {"FY", WEFT_DIM_R}, {"FX", WEFT_DIM_S}};
    for (size_t i = 0; i < sizeof DIMS / sizeof DIMS[0]; i++) {
        if (strlen(DIMS[i].name) == length && strncmp(DIMS[i].name, name, length) == 0) {
            return DIMS[i].dim;
        }
    }
    fail_msg("no dimension '%.*s'", (int)length, name);
    return -1;
}

/* "OX16" or "K64+" from *at on. */
static int read_loop(const char **at, int32_t *turns) {
    size_t length = strcspn(*at, "0123456789");
    char *end = NULL;
    int dim = dim_of(*at, length);
    *turns = (int32_t)strtol(*at + length, &end, 10);
    *at = end + (*end == '+' || *end == ' ');
    return dim;
}

static weft_flow_mapping mapping_of(const char *spread, const char *order) {
    weft_flow_mapping mapping = {.n_loops = 0};
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) {
        for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
            mapping.factor[s][d] = 1;
        }
    }
    for (int s = 0; s < WEFT_FLOW_SIDES; s++) { /* "D1:K64 D2:FX7+FY7" */
        spread += 3;
        while (*spread != '\0' && *spread != 'D') {
            int32_t turns = 0;
            int dim = read_loop(&spread, &turns);
            mapping.factor[s][dim] = turns;
            mapping.dims[s] |= 1U << dim;
        }
    }
    while (*order != '\0') {
        int32_t turns = 0;
        int dim = read_loop(&order, &turns);
        mapping.dim[mapping.n_loops] = (int8_t)dim;
        mapping.turns[mapping.n_loops++] = turns;
    }
    return mapping;
}

static int find_layer(const table *layers, const char *workload, const char *name) {
    for (int i = 0; i < layers->n_rows; i++) {
        if (strcmp(table_text(layers, i, "workload"), workload) == 0 &&
            strcmp(table_text(layers, i, "layer"), name) == 0) {
            return i;
        }
    }
    fail_msg("no layer '%s'", name);
    return -1;
}

typedef struct orders {
    table layers, rows;
    weft_flow_machine machine;
} orders;

static void open_orders(orders *o) {
    assert_true(table_read("tests/hardware/zigzag_resnet18.csv", &o->layers));
    assert_true(table_read("tests/hardware/zigzag_orders.csv", &o->rows));
    assert_int_equal(o->rows.n_rows, 504);
    o->machine = stock_machine(NULL, 0);
}

static void close_orders(orders *o) {
    table_free(&o->layers);
    table_free(&o->rows);
}

static void row_of(const orders *o, int row, weft_flow_layer *layer, weft_flow_mapping *mapping) {
    int at = find_layer(&o->layers, table_text(&o->rows, row, "workload"),
                        table_text(&o->rows, row, "layer"));
    *layer = layer_of(&o->layers, at, &o->machine);
    *mapping = mapping_of(table_text(&o->rows, row, "spread"), table_text(&o->rows, row, "order"));
}

static void test_single_orders(void **state) {
    orders o;
    (void)state;
    open_orders(&o);
    for (int i = 0; i < o.rows.n_rows; i++) {
        weft_flow_layer layer;
        weft_flow_mapping mapping;
        weft_flow_cost cost;
        row_of(&o, i, &layer, &mapping);
        bool fits = table_text(&o.rows, i, "ideal")[0] != '\0';
        assert_int_equal(weft_flow_evaluate(&o.machine, &layer, &mapping, &cost), fits);
        if (fits) {
            assert_true(cost.ideal == table_real(&o.rows, i, "ideal"));
            expect_near(cost.stall, table_real(&o.rows, i, "stall"), 1e-12, "stall");
            expect_near(cost.loading, table_real(&o.rows, i, "loading"), 1e-12, "loading");
            expect_near(cost.storing, table_real(&o.rows, i, "storing"), 1e-12, "storing");
            expect_near(cost.energy_j * 1e12, table_real(&o.rows, i, "energy_pj"), 1e-12, "energy");
        }
    }
    close_orders(&o);
}

/* The spread and the cycles that the reference's search ends with. */
static void test_best_orders(void **state) {
    orders o;
    (void)state;
    open_orders(&o);
    for (int i = 0; i < o.layers.n_rows; i++) {
        weft_flow_layer layer = layer_of(&o.layers, i, &o.machine);
        weft_flow_mapping mapping;
        weft_flow_cost cost;
        assert_true(weft_flow_search(&o.machine, &layer, &mapping, &cost));
        weft_flow_mapping theirs = mapping_of(table_text(&o.layers, i, "spread"), "");
        assert_memory_equal(mapping.factor, theirs.factor, sizeof mapping.factor);
        assert_true(cost.ideal == table_real(&o.layers, i, "ideal"));
        assert_true(cost.stall == table_real(&o.layers, i, "stall"));
        assert_true(cost.loading == table_real(&o.layers, i, "loading"));
        assert_true(cost.storing == table_real(&o.layers, i, "storing"));
        assert_true(cost.cycles == table_real(&o.layers, i, "cycles"));
        expect_near(cost.energy_j * 1e12, table_real(&o.layers, i, "energy_pj"), 1e-12, "energy");
    }
    close_orders(&o);
}

/* All orders by another way: Heap's permutations, equal ones as often as they come. */
static void visit(const weft_flow_machine *machine, const weft_flow_layer *layer,
                  weft_flow_mapping *mapping, int n, weft_flow_cost *best) {
    weft_flow_cost cost;
    if (n <= 1) {
        if (weft_flow_evaluate(machine, layer, mapping, &cost) &&
            (cost.cycles < best->cycles ||
             (cost.cycles == best->cycles && cost.energy_j < best->energy_j))) {
            *best = cost;
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        visit(machine, layer, mapping, n - 1, best);
        int a = n % 2 == 0 ? i : 0;
        int8_t dim = mapping->dim[a];
        int32_t turns = mapping->turns[a];
        mapping->dim[a] = mapping->dim[n - 1];
        mapping->turns[a] = mapping->turns[n - 1];
        mapping->dim[n - 1] = dim;
        mapping->turns[n - 1] = turns;
    }
}

static void test_search_misses_no_order(void **state) {
    orders o;
    (void)state;
    open_orders(&o);
    o.machine.candidates = 1;
    for (int i = 0; i < o.layers.n_rows; i += 5) {
        weft_flow_layer layer = layer_of(&o.layers, i, &o.machine);
        weft_flow_mapping mapping;
        weft_flow_cost cost;
        weft_flow_cost best = {.cycles = INFINITY, .energy_j = INFINITY};
        assert_true(weft_flow_search(&o.machine, &layer, &mapping, &cost));
        visit(&o.machine, &layer, &mapping, mapping.n_loops, &best);
        assert_true(best.cycles == cost.cycles);
        expect_near(best.energy_j, cost.energy_j, 1e-12, "energy");
    }
    close_orders(&o);
}

/* ---- properties of single orders ------------------------------------------------------------- */

static void test_orders_keep_physics(void **state) {
    orders o;
    (void)state;
    open_orders(&o);
    for (int i = 0; i < o.rows.n_rows; i++) {
        weft_flow_layer layer;
        weft_flow_mapping mapping;
        weft_flow_cost cost;
        weft_flow_cost other;
        row_of(&o, i, &layer, &mapping);
        if (!weft_flow_evaluate(&o.machine, &layer, &mapping, &cost)) {
            continue;
        }
        double macs = 1;
        for (int d = 0; d < WEFT_FLOW_DIMS; d++) {
            macs *= layer.size[d];
        }
        assert_true(isfinite(cost.cycles) && isfinite(cost.energy_j) && cost.energy_j > 0);
        assert_true(cost.stall >= 0 && cost.loading > 0 && cost.storing > 0);
        expect_near(cost.ideal + cost.stall + cost.loading + cost.storing, cost.cycles, 1e-15,
                    "the parts of the cycles");
        /* no more than one product a cell and step */
        assert_true(cost.ideal >= macs / (128 * 128) * o.machine.cycles * (1 - 1e-12));
        /* each weight, input and output passes the outermost memory once at least */
        const weft_flow_memory *dram = &o.machine.memories[o.machine.n_memories - 1];
        double weights = (double)layer.size[WEFT_DIM_C] * layer.size[WEFT_DIM_M] *
                         layer.size[WEFT_DIM_R] * layer.size[WEFT_DIM_S];
        assert_true(cost.reads[o.machine.n_memories - 1] >= floor(weights * 8 / dram->width));
        /* a wider port to the outside is never slower, a memory of two ports neither */
        weft_flow_machine wider = o.machine;
        wider.memories[wider.n_memories - 1].width *= 2;
        assert_true(weft_flow_evaluate(&wider, &layer, &mapping, &other));
        assert_true(other.cycles <= cost.cycles);
        weft_flow_machine more = o.machine;
        more.memories[more.n_memories - 1].ports = WEFT_FLOW_PORTS_TWO;
        assert_true(weft_flow_evaluate(&more, &layer, &mapping, &other));
        assert_true(other.cycles <= cost.cycles);
        /* energies are linear in those of an access */
        weft_flow_machine dear = o.machine;
        dear.memories[dear.n_memories - 1].read_j *= 2;
        assert_true(weft_flow_evaluate(&dear, &layer, &mapping, &other));
        expect_near(other.energy_j - cost.energy_j,
                    cost.reads[o.machine.n_memories - 1] * dram->read_j, 1e-9, "reads");
    }
    close_orders(&o);
}

static void test_objectives(void **state) {
    orders o;
    (void)state;
    open_orders(&o);
    for (int i = 0; i < o.layers.n_rows; i += 3) {
        weft_flow_layer layer = layer_of(&o.layers, i, &o.machine);
        weft_flow_cost cost[WEFT_FLOW_OBJECTIVE_COUNT];
        weft_flow_mapping mapping;
        for (int k = 0; k < WEFT_FLOW_OBJECTIVE_COUNT; k++) {
            weft_flow_machine machine = o.machine;
            machine.objective = k;
            assert_true(weft_flow_search(&machine, &layer, &mapping, &cost[k]));
        }
        for (int k = 0; k < WEFT_FLOW_OBJECTIVE_COUNT; k++) {
            double edp = cost[k].cycles * cost[k].energy_j;
            assert_true(cost[WEFT_FLOW_LATENCY].cycles <= cost[k].cycles);
            assert_true(cost[WEFT_FLOW_ENERGY].energy_j <= cost[k].energy_j);
            assert_true(cost[WEFT_FLOW_EDP].cycles * cost[WEFT_FLOW_EDP].energy_j <=
                        edp * (1 + 1e-12));
        }
    }
    close_orders(&o);
}

/* ---- ResNet-18 on the chip ------------------------------------------------------------------- */

static weft_network *resnet18(bool graph, const table *layers) {
    weft_error error;
    weft_network *network = NULL;
    weft_loops loops[64];
    int n = 0;
    if (graph) {
        expect_ok(weft_network_read("resnet18", &network, &error), &error, "resnet18");
        return network;
    }
    for (int i = 0; i < layers->n_rows; i++) {
        if (strcmp(table_text(layers, i, "workload"), "yaml") == 0) {
            loops[n++] =
                loops_of(atoi(table_text(layers, i, "K")), atoi(table_text(layers, i, "C")),
                         atoi(table_text(layers, i, "OX")), atoi(table_text(layers, i, "FX")),
                         atoi(table_text(layers, i, "stride")));
        }
    }
    return table_of(loops, n);
}

static void check_layer(const table *t, int row, const weft_cost *cost,
                        const weft_layer_cost *layer) {
    static const struct {
        const char *column, *parts;
    } GROUPS[] = {{"array_pj", "dac+multiplier+adc+accumulator+adders+bitline"},
                  {"cells_pj", "cells"},
                  {"dram_pj", "dram"},
                  {"sram_pj", "sram"},
                  {"registers_pj", "input_register+output_register"}};
    const char *name = table_text(t, row, "layer");
    assert_true(layer->cycles == table_real(t, row, "cycles"));
    expect_near(layer->energy_j * 1e12, table_real(t, row, "energy_pj"), 1e-12, name);
    for (size_t g = 0; g < sizeof GROUPS / sizeof GROUPS[0]; g++) {
        expect_near(sum_of(cost, layer->energy_by, GROUPS[g].parts) * 1e12,
                    table_real(t, row, GROUPS[g].column), 1e-12, GROUPS[g].column);
    }
    double parts = 0;
    for (int p = 0; p < cost->n_parts; p++) {
        parts += layer->energy_by[p];
    }
    expect_near(parts, layer->energy_j, 1e-12, name);
    expect_near(layer->latency_s, layer->cycles * 14.07244e-9, 1e-9, name);
    expect_near(layer->busy_s, table_real(t, row, "ideal") * 14.07244e-9, 1e-9, name);
}

static void check_resnet18(bool graph, double energy_pj, double cycles) {
    table t;
    assert_true(table_read("tests/hardware/zigzag_resnet18.csv", &t));
    weft_network *network = resnet18(graph, &t);
    weft_priced *priced = priced_preset("zigzag-aimc", NULL, 0);
    weft_cost *cost = cost_of(priced, network);
    int layer = 0;
    double energy = 0;
    for (int i = 0; i < t.n_rows; i++) {
        if ((strcmp(table_text(&t, i, "workload"), "onnx") == 0) == graph) {
            energy += cost->layers[layer].energy_j;
            check_layer(&t, i, cost, &cost->layers[layer++]);
        }
    }
    assert_int_equal(layer, 21);
    expect_near(energy, cost->total.energy_j, 1e-12, "the sum of the layers");
    expect_near(cost->total.energy_j * 1e12, energy_pj, 1e-12, "energy");
    expect_near(cost->total.latency_s, cycles * 14.07244e-9, 1e-9, "latency");
    expect_near(cost->total.area_mm2, 2.2878123152749223, 1e-12, "area");
    weft_cost_destroy(cost);
    weft_priced_destroy(priced);
    weft_network_destroy(network);
    table_free(&t);
}

static void test_resnet18_graph(void **state) {
    (void)state;
    check_resnet18(true, 4695729577.211851, 5050846);
}

static void test_resnet18_table(void **state) {
    (void)state;
    check_resnet18(false, 4264976904.6396, 4371385);
}

/* A workload answers as if it were new, whatever chips it has seen. */
static void test_answers_are_kept_apart(void **state) {
    static const setting SMALL[] = {{"columns", "64"}};
    static const setting ENERGY[] = {{"execution.objective", "energy"}};
    weft_error error;
    weft_network *network = imc_network("R32,V64", 32, 1);
    weft_workload *kept = NULL;
    (void)state;
    expect_ok(weft_workload_create(network, &kept, &error), &error, "a workload");
    weft_priced *chips[] = {priced_preset("zigzag-aimc", NULL, 0),
                            priced_preset("zigzag-aimc", SMALL, 1),
                            priced_preset("zigzag-aimc", ENERGY, 1)};
    for (int i = 0; i < 9; i++) {
        weft_workload *fresh = NULL;
        weft_total ours;
        weft_total theirs;
        expect_ok(weft_workload_create(network, &fresh, &error), &error, "a workload");
        expect_ok(weft_estimate(chips[i * 2 % 3], kept, &ours, &error), &error, "an estimate");
        expect_ok(weft_estimate(chips[i * 2 % 3], fresh, &theirs, &error), &error, "an estimate");
        assert_true(ours.energy_j == theirs.energy_j && ours.latency_s == theirs.latency_s);
        weft_workload_destroy(fresh);
    }
    for (int i = 0; i < 3; i++) {
        weft_priced_destroy(chips[i]);
    }
    weft_workload_destroy(kept);
    weft_network_destroy(network);
}

/* ---- what cannot be counted so --------------------------------------------------------------- */

static weft_status estimate_with(const setting *settings, int n, weft_error *error) {
    weft_total total;
    weft_workload *workload = NULL;
    weft_network *network = imc_network("V16", 32, 1);
    weft_priced *priced = priced_preset("zigzag-aimc", settings, n);
    expect_ok(weft_workload_create(network, &workload, error), error, "a workload");
    weft_status status = weft_estimate(priced, workload, &total, error);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    return status;
}

static void test_refusals(void **state) {
    static const setting TINY[] = {{"output_register.size", "8"}};
    static const setting INNER[] = {{"sram.per", "row"}};
    static const setting MANY[] = {{"execution.loops", "9"}};
    static const setting PIXELS[] = {{"execution.order", "pixels"}};
    weft_error error;
    (void)state;
    assert_int_equal(estimate_with(NULL, 0, &error), WEFT_OK);
    assert_int_equal(estimate_with(TINY, 1, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "no order of its loops fits"));
    assert_int_equal(estimate_with(INNER, 1, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "more cells share"));
    assert_int_equal(estimate_with(MANY, 1, &error), WEFT_ERROR_INPUT);
    assert_int_equal(estimate_with(PIXELS, 1, &error), WEFT_ERROR_INPUT);
}

/* Buffers of another class, and parts that move things, have no place there. */
static void test_other_chips_are_refused(void **state) {
    static const setting FLOW[] = {{"execution.accounting", "dataflow"}};
    weft_error error;
    weft_total total;
    weft_workload *workload = NULL;
    weft_network *network = imc_network("V16", 32, 1);
    weft_priced *priced = priced_preset("basic-65nm-rram", FLOW, 1);
    (void)state;
    expect_ok(weft_workload_create(network, &workload, &error), &error, "a workload");
    assert_int_equal(weft_estimate(priced, workload, &total, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "dataflow"));
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chips_are_the_reference),
        cmocka_unit_test(test_parts_are_the_reference),
        cmocka_unit_test(test_chips_against_silicon),
        cmocka_unit_test(test_clock_is_a_chain_of_parts),
        cmocka_unit_test(test_single_orders),
        cmocka_unit_test(test_best_orders),
        cmocka_unit_test(test_search_misses_no_order),
        cmocka_unit_test(test_orders_keep_physics),
        cmocka_unit_test(test_objectives),
        cmocka_unit_test(test_resnet18_graph),
        cmocka_unit_test(test_resnet18_table),
        cmocka_unit_test(test_answers_are_kept_apart),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_other_chips_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
