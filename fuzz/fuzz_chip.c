/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip files: any bytes give a chip or an error with its reason. A chip that was read can be
 * priced, its text read again is the same chip, and what it costs adds up or is refused. */
#include <weft/hardware.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static void cost_network(const weft_priced *priced, const char *text) {
    weft_error error;
    weft_imc_spec spec;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    weft_total total;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){3, 8, 8};
    require(weft_imc_parse(text, &spec, &error) == WEFT_OK);
    require(weft_imc_build(&spec, &network, &error) == WEFT_OK);
    require(weft_workload_create(network, &workload, &error) == WEFT_OK);
    weft_status status = weft_estimate(priced, workload, &total, &error);
    require(status == weft_cost_create(priced, workload, &cost, &error));
    if (status == WEFT_OK) {
        require(memcmp(&total, &cost->total, sizeof total) == 0);
        require(isfinite(total.energy_j) && total.energy_j >= 0);
        require(isfinite(total.latency_s) && total.latency_s >= 0);
        require(isfinite(total.area_mm2) && total.area_mm2 >= 0);
    } else {
        require(status == WEFT_ERROR_INFEASIBLE && error.message[0] != '\0');
    }
    weft_cost_destroy(cost);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_error error = {0};
    weft_chip *chip = NULL;
    weft_chip *again = NULL;
    weft_priced *priced = NULL;
    weft_constant constant;
    weft_status status = weft_chip_parse((const char *)bytes, size, "fuzz", &chip, &error);
    if (status != WEFT_OK) {
        require(error.message[0] != '\0' && chip == NULL);
        return 0;
    }
    weft_chip_about about;
    weft_chip_get_about(chip, &about);
    if (strcmp(about.format, "chip/1") != 0) { /* fuzz_hierarchy */
        weft_chip_destroy(chip);
        return 0;
    }
    const char *text = weft_chip_text(chip);
    require(weft_chip_parse(text, size, "fuzz", &again, &error) == WEFT_OK);
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        require(isfinite(constant.value) && constant.unit[0] != '\0');
    }
    require(weft_priced_create(chip, &priced, &error) == WEFT_OK);
    cost_network(priced, "R3,V5");
    weft_priced_destroy(priced);
    weft_chip_destroy(again);
    weft_chip_destroy(chip);
    return 0;
}
