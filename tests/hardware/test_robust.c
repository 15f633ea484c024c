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
    } else if (status == WEFT_OK && memcmp(&total, &cost->total, sizeof total) != 0) {
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_pair_has_figures_or_a_reason),
    };
    return cmocka_run_group_tests_name("hardware: robust", tests, NULL, NULL);
}
