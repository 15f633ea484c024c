/* SPDX-License-Identifier: Apache-2.0
 *
 * Hierarchical chips with a change and a layer table, parted by zero bytes:
 *
 *   CHIP.yaml \0 PATH=VALUE \0 TABLE.csv
 *
 * Any bytes give a chip or an error with its reason. A chip that was read is the same when its text is
 * read again; it has a price or a reason, and so has each network on it: the estimate is that of the
 * breakdown, finite, and not negative, and it can be explained. */
#include <weft/hardware.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

/* Where a table says nothing: a convolution, a depthwise one and a linear layer. */
static const char TABLE[] = "kind,C,M,R,S,P,Q,G,stride\n"
                            "conv,3,5,3,3,6,6,1,2\n"
                            "conv,1,1,3,3,4,4,7,1\n"
                            "linear,20,3,1,1,1,1,1,1\n";
enum { MOST = 4096 }; /* of a dimension: loops of more divisors take long to order */

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool is_figure(double x) {
    return isfinite(x) && x >= 0;
}

static bool has_reason(weft_status status, const weft_error *error) {
    return (status == WEFT_ERROR_INPUT || status == WEFT_ERROR_INFEASIBLE) &&
           error->message[0] != '\0';
}

/* ---- networks -------------------------------------------------------------------------------- */

static bool is_small(const weft_network *network) {
    for (int32_t i = 0; i < network->n_layers; i++) {
        weft_loops l;
        if (weft_layer_loops(network, i, &l) && (l.n > MOST || l.p > MOST || l.q > MOST)) {
            return false;
        }
    }
    return network->n_layers <= 16;
}

static void check_cost(const weft_chip *chip, const weft_priced *priced, weft_workload *workload) {
    weft_error error = {0};
    weft_total total;
    weft_cost *cost = NULL;
    weft_explanation *explanation = NULL;
    weft_status status = weft_estimate(priced, workload, &total, &error);
    require(status == WEFT_OK || has_reason(status, &error));
    require(weft_cost_create(priced, workload, &cost, &error) == status);
    if (status != WEFT_OK) {
        return;
    }
    require(memcmp(&total, &cost->total, sizeof total) == 0);
    require(is_figure(total.energy_j) && is_figure(total.latency_s) && is_figure(total.area_mm2));
    require(is_figure(total.power_w) && is_figure(total.utilisation));
    for (int32_t k = 0; k < cost->n_parts; k++) {
        require(is_figure(cost->energy_by[k]) && is_figure(cost->area_by[k]));
    }
    require(weft_explain(chip, workload, NULL, 0, &explanation, &error) == WEFT_OK);
    require(explanation->n > 0);
    weft_explanation_destroy(explanation);
    weft_cost_destroy(cost);
}

static void run_network(const weft_chip *chip, const weft_priced *priced, const char *table) {
    weft_error error = {0};
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    if (weft_network_parse_csv(table, strlen(table), "fuzz.csv", &network, &error) != WEFT_OK) {
        return;
    }
    if (is_small(network)) {
        require(weft_workload_create(network, &workload, &error) == WEFT_OK);
        check_cost(chip, priced, workload);
        weft_workload_destroy(workload);
    }
    weft_network_destroy(network);
}

/* ---- chips ----------------------------------------------------------------------------------- */

static void look_at(const weft_chip *chip) {
    weft_error error = {0};
    weft_chip *again = NULL;
    weft_chip_about about;
    weft_chip_item item;
    weft_constant constant;
    const char *text = weft_chip_text(chip);
    require(weft_chip_parse(text, strlen(text), "again", &again, &error) == WEFT_OK);
    require(strcmp(weft_chip_text(again), text) == 0);
    weft_chip_destroy(again);
    weft_chip_get_about(chip, &about);
    for (int i = 0; weft_chip_get_item(chip, i, &item); i++) {
        require(item.name[0] != '\0');
    }
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        require(isfinite(constant.value) && constant.unit[0] != '\0');
    }
}

/* "PATH=VALUE", which may be wrong: the chip is then what it was. */
static void change(weft_chip *chip, char *setting) {
    weft_error error = {0};
    char *value = strchr(setting, '=');
    if (value == NULL) {
        return;
    }
    *value++ = '\0';
    char *before = strdup(weft_chip_text(chip));
    if (before != NULL && weft_chip_set(chip, setting, value, &error) != WEFT_OK) {
        require(error.message[0] != '\0' && strcmp(before, weft_chip_text(chip)) == 0);
    }
    free(before);
}

static void run(char *text, char *setting, const char *table) {
    weft_error error = {0};
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_chip_about about;
    if (weft_chip_parse(text, strlen(text), "fuzz.yaml", &chip, &error) != WEFT_OK) {
        require(error.message[0] != '\0' && chip == NULL);
        return;
    }
    weft_chip_get_about(chip, &about);
    if (strcmp(about.format, "chip/2") == 0) { /* others: fuzz_chip */
        look_at(chip);
        change(chip, setting);
        look_at(chip);
        weft_status status = weft_priced_create(chip, &priced, &error);
        require(status == WEFT_OK || has_reason(status, &error));
        if (status == WEFT_OK) {
            run_network(chip, priced, table[0] != '\0' ? table : TABLE);
        }
        weft_priced_destroy(priced);
    }
    weft_chip_destroy(chip);
}

/* The three texts, each with its zero byte; those that are missing are empty. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *copy = calloc(size + 3, 1);
    require(copy != NULL);
    memcpy(copy, bytes, size);
    char *setting = copy + strlen(copy) + 1;
    char *table = setting + strlen(setting) + 1;
    run(copy, setting, table);
    free(copy);
    return 0;
}
