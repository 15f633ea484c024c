/* SPDX-License-Identifier: Apache-2.0
 * Any chip with any network: figures that are finite, not negative and add up, or a reason. Random
 * pairs come from a seed that is printed; WEFT_ROBUST_PAIRS sets how many, WEFT_ROBUST_SEED where
 * they begin. */
#include "hardware/random_hierarchy.h"
#include "hardware/support.h"

#include <inttypes.h>

enum { CHIPS = 8, NETWORKS = 16, TEXT = 65536 };

/* ---- one pair -------------------------------------------------------------------------------- */

static bool is_figure(double x) {
    return isfinite(x) && x >= 0;
}

/* Sums of the same terms in another order; `size` is that of the largest figure in them. */
static bool adds_up(double sum, double whole, double size) {
    return fabs(sum - whole) <= 1e-12 * size;
}

/* NULL, or what does not hold. */
static const char *check_total(const weft_total *t) {
    return !is_figure(t->energy_j)                                   ? "energy"
           : !is_figure(t->latency_s) || t->latency_s == 0           ? "latency"
           : !is_figure(t->interval_s) || t->interval_s == 0         ? "interval"
           : !is_figure(t->area_mm2)                                 ? "area"
           : !is_figure(t->power_w)                                  ? "power"
           : !is_figure(t->peak_power_w)                             ? "peak power"
           : t->macs < 1                                             ? "MACs"
           : t->crossbars < 1                                        ? "crossbars"
           : t->tiles < 1                                            ? "tiles"
           : !is_figure(t->utilisation) || t->utilisation > 1 + 1e-9 ? "utilisation"
                                                                     : NULL;
}

static const char *check_row(const weft_cost *cost, const weft_layer_cost *row, bool is_chip) {
    double energy = 0;
    double latency = 0;
    double area = 0;
    for (int32_t k = 0; k < cost->n_parts; k++) {
        if (!is_figure(row->energy_by[k]) || !is_figure(row->area_by[k])) {
            return "a part's energy or area";
        }
        if (!is_figure(row->actions_by[k])) {
            return "a part's actions";
        }
        if (!isfinite(row->latency_by[k]) || (!is_chip && row->latency_by[k] < 0)) {
            return "a part's latency";
        }
        energy += row->energy_by[k];
        latency += row->latency_by[k];
        area += row->area_by[k];
    }
    return !adds_up(energy, row->energy_j, row->energy_j)                ? "parts of an energy"
           : !adds_up(latency, row->latency_s, fabs(row->latency_s))     ? "parts of a latency"
           : !adds_up(area, row->area_mm2, row->area_mm2)                ? "parts of an area"
           : !is_figure(row->cycles)                                     ? "cycles"
           : !is_figure(row->utilisation) || row->utilisation > 1 + 1e-9 ? "a layer's utilisation"
                                                                         : NULL;
}

static const char *check_cost(const weft_cost *cost) {
    const weft_total *t = &cost->total;
    double energy[2] = {0}; /* over layers, over parts */
    double latency[2] = {0};
    double area[2] = {0};
    double longest = t->latency_s;
    const char *wrong = check_total(t);
    for (int32_t l = 0; wrong == NULL && l < cost->n_layers; l++) {
        const weft_layer_cost *row = &cost->layers[l];
        wrong = check_row(cost, row, l == cost->n_layers - 1);
        energy[0] += row->energy_j;
        latency[0] += row->latency_s;
        area[0] += row->area_mm2;
        longest = fmax(longest, fabs(row->latency_s));
    }
    for (int32_t k = 0; k < cost->n_parts; k++) {
        energy[1] += cost->energy_by[k];
        latency[1] += cost->latency_by[k];
        area[1] += cost->area_by[k];
    }
    for (int i = 0; wrong == NULL && i < 2; i++) {
        wrong = !adds_up(energy[i], t->energy_j, t->energy_j) ? "the energy adds up"
                : !adds_up(latency[i], t->latency_s, longest) ? "the latency adds up"
                : !adds_up(area[i], t->area_mm2, t->area_mm2) ? "the area adds up"
                                                              : NULL;
    }
    return wrong;
}

/* Bit for bit; not memcmp, which would compare padding, too. */
static bool same_total(const weft_total *a, const weft_total *b) {
    return a->energy_j == b->energy_j && a->latency_s == b->latency_s &&
           a->interval_s == b->interval_s && a->area_mm2 == b->area_mm2 &&
           a->power_w == b->power_w && a->peak_power_w == b->peak_power_w && a->macs == b->macs &&
           a->crossbars == b->crossbars && a->tiles == b->tiles &&
           a->utilisation == b->utilisation && a->bottleneck == b->bottleneck;
}

/* NULL, or what does not hold. */
static const char *check_pair(const weft_priced *priced, weft_workload *workload, bool *works) {
    weft_error error = {0};
    weft_total total;
    weft_cost *cost = NULL;
    const char *wrong = NULL;
    weft_status status = weft_estimate(priced, workload, &total, &error);
    *works = status == WEFT_OK;
    if (status != WEFT_OK && status != WEFT_ERROR_INFEASIBLE && status != WEFT_ERROR_INPUT) {
        return "the status of the estimate";
    }
    if (status != WEFT_OK && error.message[0] == '\0') {
        return "a reason";
    }
    if (weft_cost_create(priced, workload, &cost, &error) != status) {
        wrong = "the status of the breakdown";
    } else if (status == WEFT_OK && !same_total(&total, &cost->total)) {
        wrong = "the estimate is that of the breakdown";
    } else if (status == WEFT_OK) {
        wrong = check_cost(cost);
    }
    weft_cost_destroy(cost);
    return wrong;
}

/* ---- pairs at random ------------------------------------------------------------------------- */

typedef struct tally {
    int64_t pairs, work, chips, refused;
} tally;

static uint64_t number_from(const char *variable, uint64_t fallback) {
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

static weft_priced *make_chip(weft_rng *rng, char *text, tally *all) {
    weft_error error = {0};
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    random_style style = {.wild = chance(rng, 0.4), .parts = 1 + below(rng, 4)};
    size_t length = chance(rng, 0.2) ? random_change(rng, text, TEXT)
                                     : random_chip(rng, &style, text, TEXT);
    weft_status status = weft_chip_parse(text, length, "random.yaml", &chip, &error);
    if (status == WEFT_OK) {
        status = weft_priced_create(chip, &priced, &error);
    }
    weft_chip_destroy(chip);
    all->chips++;
    if (status != WEFT_OK) {
        all->refused++;
        if (status != WEFT_ERROR_INPUT || error.message[0] == '\0') {
            fprintf(stderr, "%s\n", text);
            fail_msg("a chip is refused for no reason (%d, '%s')", status, error.message);
        }
        return NULL;
    }
    return priced;
}

static weft_workload *make_workload(weft_rng *rng, char *text) {
    weft_error error = {0};
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    if (chance(rng, 0.2)) {
        static const int32_t SIDES[] = {32, 33, 64};
        random_imc(rng, 4, text, TEXT);
        network = imc_network(text, SIDES[below(rng, 3)], 1);
    } else {
        size_t length = random_table(rng, 6, text, TEXT);
        weft_status status = weft_network_parse_csv(text, length, "random.csv", &network, &error);
        expect_ok(status, &error, text);
    }
    expect_ok(weft_workload_create(network, &workload, &error), &error, text);
    weft_network_destroy(network);
    return workload;
}

typedef struct block {
    char *chip_text[CHIPS], *network_text[NETWORKS];
    weft_priced *chips[CHIPS];
    weft_workload *workloads[NETWORKS];
} block;

/* CHIPS x NETWORKS pairs; chips take turns on each workload, so that what one leaves behind in its
 * scratch would show in the next. */
static void run_block(block *b, uint64_t seed, uint64_t index, tally *all) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, index);
    for (int c = 0; c < CHIPS; c++) {
        do {
            b->chips[c] = make_chip(&rng, b->chip_text[c], all);
        } while (b->chips[c] == NULL);
    }
    for (int n = 0; n < NETWORKS; n++) {
        b->workloads[n] = make_workload(&rng, b->network_text[n]);
        for (int c = 0; c < CHIPS; c++) {
            bool works = false;
            const char *wrong = check_pair(b->chips[c], b->workloads[n], &works);
            if (wrong != NULL) {
                fprintf(stderr, "%s\n%s\n", b->chip_text[c], b->network_text[n]);
                fail_msg("seed %" PRIu64 ", block %" PRIu64 ": %s", seed, index, wrong);
            }
            all->pairs++;
            all->work += works;
        }
        weft_workload_destroy(b->workloads[n]);
    }
    for (int c = 0; c < CHIPS; c++) {
        weft_priced_destroy(b->chips[c]);
    }
}

static void any_pair_has_figures_or_a_reason(void **state) {
    (void)state;
    const char *scale = getenv("WEFT_TEST_SCALE");
    bool quick = scale != NULL && strcmp(scale, "quick") == 0;
    uint64_t pairs = number_from("WEFT_ROBUST_PAIRS", quick ? 4096 : 32768);
    uint64_t seed = number_from("WEFT_ROBUST_SEED", 3);
    block *b = calloc(1, sizeof *b);
    tally all = {0};
    assert_non_null(b);
    for (int i = 0; i < CHIPS + NETWORKS; i++) {
        char **text = i < CHIPS ? &b->chip_text[i] : &b->network_text[i - CHIPS];
        *text = malloc(TEXT);
        assert_non_null(*text);
    }
    for (uint64_t i = 0; (uint64_t)all.pairs < pairs; i++) {
        run_block(b, seed, i, &all);
    }
    print_message("%" PRId64 " pairs, %" PRId64 " feasible; %" PRId64 " chips, %" PRId64
                  " refused\n",
                  all.pairs, all.work, all.chips, all.refused);
    assert_true(all.work > all.pairs / 20);
    for (int i = 0; i < CHIPS + NETWORKS; i++) {
        free(i < CHIPS ? b->chip_text[i] : b->network_text[i - CHIPS]);
    }
    free(b);
}

/* ---- arrays of all sizes ---------------------------------------------------------------------- */

static const char PLAIN_CHIP[] =
    "weft: chip/2\n"
    "name: plain\n"
    "parameters:\n"
    "  node: {value: 32, unit: nm, source: t}\n"
    "  cell_area: {value: 48, unit: \"1\", source: t}\n"
    "  cell_aspect: {value: 0.5, unit: \"1\", source: t}\n"
    "  voltage: {value: 0.9, unit: V, source: t}\n"
    "  rows: {value: %d, unit: \"1\", source: t}\n"
    "  columns: {value: %d, unit: \"1\", source: t}\n"
    "operands:\n"
    "  inputs: {bits: %d, encoding: offset, slice: %d}\n"
    "  weights: {bits: %d, encoding: offset, slice: %d}\n"
    "  outputs: {bits: %d}\n"
    "cycle: {time: 1e-8}\n"
    "levels:\n"
    "  - level: chip\n"
    "    parts:\n"
    "      store: {class: smart-buffer, acts: buffer, on: [inputs, outputs], holds: [P, Q, N],\n"
    "              width: 64, depth: 1024, word: 64}\n"
    "  - level: array\n"
    "    count: 1048576\n"
    "    fill: [[Y, M], [C, R, S], [G], [P, Q], [N]]\n"
    "    gated: true\n"
    "    parts:\n"
    "      adc: {class: adc, acts: readout, resolution: 5, rate: 1e8}\n"
    "      drivers: {class: row-driver, acts: input}\n"
    "  - {level: column, count: columns, shares: inputs, fill: [[Y], [M]]}\n"
    "  - {level: row, count: rows, shares: outputs, fill: [[C, R, S]]}\n"
    "  - level: cell\n"
    "    parts: {cells: {class: rram-cell, acts: cell}, writes: {class: rram-cell, acts: load}}\n"
    "execution: {accounting: %s, order: %s, batch: %d, copies: %d}\n";

static const char PLAIN_TABLE[] = "name,kind,C,M,R,S,P,Q,G,stride\n"
                                  "one,linear,1,1,1,1,1,1,1,1\n"
                                  "first,conv,3,17,7,7,14,14,1,2\n"
                                  "odd,conv,129,65,3,3,7,7,1,1\n"
                                  "depthwise,conv,1,1,3,3,9,9,33,1\n"
                                  "last,linear,1000,10,1,1,1,1,1,1\n";

typedef struct plain {
    int rows, columns, input_bits, input_slice, weight_bits, weight_slice;
    const char *accounting, *order;
} plain;

static plain random_plain(weft_rng *rng, int rows, int columns) {
    static const char *const ACCOUNTINGS[] = {"alone", "resident", "reload"};
    static const char *const ORDERS[] = {"layers", "pipeline", "pixels"};
    plain made = {rows,
                  columns,
                  1 + below(rng, 16),
                  1,
                  1 + below(rng, 16),
                  1,
                  ONE_OF(rng, ACCOUNTINGS),
                  ONE_OF(rng, ORDERS)};
    made.input_slice = 1 + below(rng, made.input_bits);
    made.weight_slice = 1 + below(rng, made.weight_bits);
    return made;
}

/* The weights of the layers without groups are all there, once for each copy, and no array has more
 * of them than cells. */
static void check_cells(const plain *p, const weft_cost *cost) {
    static const double WEIGHTS[] = {1, 3 * 17 * 49, 129 * 65 * 9, 0, 10000};
    double slices = (p->weight_bits - 1) / p->weight_slice + 1;
    double array = (double)p->rows * p->columns;
    for (int l = 0; l < 5; l++) {
        const weft_layer_cost *row = &cost->layers[l];
        double cells = row->utilisation * (double)row->crossbars * array;
        if (WEIGHTS[l] > 0 &&
            fabs(cells / (WEIGHTS[l] * slices * (double)row->copies) - 1) > 1e-9) {
            fail_msg("%d x %d, %d bit by %d, %s: %g cells hold layer %d", p->rows, p->columns,
                     p->weight_bits, p->weight_slice, p->accounting, cells, l);
        }
    }
}

static void check_plain(const plain *p, int batch, int copies) {
    char text[4096];
    weft_error error = {0};
    weft_chip *chip = NULL;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_priced *priced = NULL;
    weft_cost *cost = NULL;
    int n = snprintf(text, sizeof text, PLAIN_CHIP, p->rows, p->columns, p->input_bits,
                     p->input_slice, p->weight_bits, p->weight_slice,
                     (p->input_bits + p->weight_bits) / 2, p->accounting, p->order, batch, copies);
    expect_ok(weft_chip_parse(text, (size_t)n, "plain.yaml", &chip, &error), &error, "chip");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "prices");
    expect_ok(
        weft_network_parse_csv(PLAIN_TABLE, strlen(PLAIN_TABLE), "plain.csv", &network, &error),
        &error, "table");
    expect_ok(weft_workload_create(network, &workload, &error), &error, "workload");
    bool works = false;
    const char *wrong = check_pair(priced, workload, &works);
    if (wrong != NULL) {
        fprintf(stderr, "%s\n", text);
        fail_msg("%s", wrong);
    }
    assert_true(works || p->rows * p->columns < 64); /* there are 2^20 arrays */
    if (works && strcmp(p->accounting, "resident") == 0) {
        expect_ok(weft_cost_create(priced, workload, &cost, &error), &error, text);
        check_cells(p, cost);
    }
    weft_cost_destroy(cost);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

static void any_array_takes_any_layer(void **state) {
    (void)state;
    static const int SIZES[] = {1, 2, 3, 7, 16, 100, 127, 1000, 4096};
    for (int r = 0; r < 9; r++) {
        for (int c = 0; c < 9; c++) {
            weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, (uint64_t)(9 * r + c));
            for (int i = 0; i < 4; i++) {
                plain p = random_plain(&rng, SIZES[r], SIZES[c]);
                check_plain(&p, 1 + below(&rng, 4), below(&rng, 3));
            }
        }
    }
}

/* Layers as large as a table may have them, primes and numbers of many divisors. */
static void the_largest_layers_have_figures_or_a_reason(void **state) {
    (void)state;
    static const char *const LAYERS[] = {
        "2147483647,1,1,1,1,1,1",  "1,2147483647,1,1,1,1,1", "1,1,1,1,2147483647,1,1",
        "1,1,1,1,1,1,2147483647",  "1,1,1,1,46340,46340,1",  "65536,32767,1,1,1,1,1",
        "1,1,46340,46340,1,1,1",   "2,3,3,3,735134400,1,1",  "2,3,3,3,20160,20160,1",
        "1,1,3,3,5040,5040,65536", "3,1,32767,1,65535,1,7",  "4,4,1,1,1,1,1000003"};
    static const char *const NAMES[] = {"generic-rram", "isaac", "neurosim-32nm-rram",
                                        "zigzag-aimc"};
    for (size_t c = 0; c < sizeof NAMES / sizeof NAMES[0]; c++) {
        weft_error error;
        weft_chip *chip = NULL;
        weft_priced *priced = NULL;
        expect_ok(weft_chip_read(NAMES[c], &chip, &error), &error, NAMES[c]);
        expect_ok(weft_priced_create(chip, &priced, &error), &error, NAMES[c]);
        for (size_t l = 0; l < sizeof LAYERS / sizeof LAYERS[0]; l++) {
            char table[128];
            weft_network *network = NULL;
            weft_workload *workload = NULL;
            bool works = false;
            int n = snprintf(table, sizeof table, "kind,C,M,R,S,P,Q,G\nconv,%s\n", LAYERS[l]);
            weft_status status =
                weft_network_parse_csv(table, (size_t)n, "large.csv", &network, &error);
            expect_ok(status, &error, LAYERS[l]);
            expect_ok(weft_workload_create(network, &workload, &error), &error, LAYERS[l]);
            const char *wrong = check_pair(priced, workload, &works);
            if (wrong != NULL) {
                fail_msg("%s on %s: %s", LAYERS[l], NAMES[c], wrong);
            }
            weft_workload_destroy(workload);
            weft_network_destroy(network);
        }
        weft_priced_destroy(priced);
        weft_chip_destroy(chip);
    }
}

/* A workload keeps what chips before left in its scratch: nothing of it may show. */
static void a_used_workload_is_as_good_as_a_new_one(void **state) {
    (void)state;
    char *text = malloc(TEXT);
    assert_non_null(text);
    tally all = {0};
    for (uint64_t i = 0; i < 30; i++) {
        weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_TEST, i);
        weft_rng same = rng;
        weft_workload *used = make_workload(&rng, text);
        for (int c = 0; c < 6; c++) {
            weft_priced *priced = make_chip(&rng, text, &all);
            weft_rng again = same;
            weft_workload *fresh = make_workload(&again, text);
            weft_error error = {0};
            weft_total totals[2];
            memset(totals, 0, sizeof totals);
            if (priced != NULL) {
                weft_status a = weft_estimate(priced, used, &totals[0], &error);
                weft_status b = weft_estimate(priced, fresh, &totals[1], &error);
                assert_int_equal(a, b);
                assert_memory_equal(&totals[0], &totals[1], sizeof totals[0]);
            }
            weft_workload_destroy(fresh);
            weft_priced_destroy(priced);
        }
        weft_workload_destroy(used);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_array_takes_any_layer),
        cmocka_unit_test(the_largest_layers_have_figures_or_a_reason),
        cmocka_unit_test(a_used_workload_is_as_good_as_a_new_one),
        cmocka_unit_test(any_pair_has_figures_or_a_reason),
    };
    return cmocka_run_group_tests_name("hardware: robust", tests, NULL, NULL);
}
