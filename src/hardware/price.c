/* SPDX-License-Identifier: Apache-2.0
 *
 * Pricing: from the constants of a chip to what one event, one part and one tile cost. */
#include "hardware/price.h"
#include "hardware/hierarchy_chip.h"

#include "base/error.h"
#include "hardware/chip_fields.h"
#include "hardware/parts.h"
#include "hardware/quantum.h"

#include <stdio.h>
#include <stdlib.h>

static int32_t whole(const weft_quantity *q) {
    return (int32_t)q->value;
}

static int32_t ceil_ratio(int32_t a, int32_t b) {
    return a / b + (a % b != 0);
}

static double mm2(double m2) {
    return weft_whole_area(m2 * 1e6);
}

static weft_circuit pooling_circuit(const weft_chip *chip) {
    return (weft_circuit){chip->pooling.area, chip->pooling.power, chip->pooling.reference_node,
                          chip->pooling.node};
}

static weft_circuit adder_circuit(const weft_chip *chip) {
    return (weft_circuit){chip->adder.area, chip->adder.power, chip->adder.reference_node,
                          chip->adder.node};
}

/* Counts of parts, and how many cycles and slices a layer takes. */
static void price_structure(const weft_chip *chip, const weft_converter *dac,
                            const weft_converter *adc, weft_priced *p) {
    p->rows = whole(&chip->crossbar.rows);
    p->columns = whole(&chip->crossbar.columns);
    p->subarray_rows = whole(&chip->crossbar.subarray_rows);
    p->groups = whole(&chip->pe.groups);
    p->xbars_a_group = chip->crossbar.signs == WEFT_SIGNS_PAIR ? 2 : 1;
    p->pes = whole(&chip->tile.pe_rows) * whole(&chip->tile.pe_columns);
    p->dacs = (int64_t)whole(&chip->pe.dacs) * (p->rows / p->subarray_rows);
    p->adcs = whole(&chip->pe.adcs);
    p->demux_ways = ceil_ratio(p->subarray_rows, whole(&chip->pe.dacs));
    p->mux_ways = ceil_ratio(p->columns, p->adcs);
    int32_t sign = chip->crossbar.signs == WEFT_SIGNS_PAIR ? 1 : 0;
    p->weight_bits = whole(&chip->precision.weights);
    p->planes = ceil_ratio(p->weight_bits - sign, whole(&chip->cell.bits));
    p->activation_bits = whole(&chip->precision.activations);
    p->adc_bits = whole(&adc->bits);
    p->cycles = ceil_ratio(p->activation_bits, whole(&dac->bits));
    p->group_levels = weft_levels(p->groups);
    p->pe_levels = weft_levels(p->pes);
    p->adder_bits = whole(&chip->adder.bits);
    p->buffer_port = whole(&chip->buffer.port);
    p->pool_units = whole(&chip->pooling.units);
    p->pool_window = whole(&chip->pooling.window);
    p->adaptive_window = whole(&chip->pooling.adaptive_window);
}

static void price_times(const weft_chip *chip, const weft_converter *dac, const weft_converter *adc,
                        weft_priced *p) {
    p->dac_time = weft_converter_time(dac);
    p->adc_time = weft_converter_time(adc);
    p->xbar_time = weft_crossbar_read_time(chip);
    p->demux_time = weft_multiplexer_time(chip->multiplexer.demux_stage.value, p->demux_ways);
    p->mux_time = weft_multiplexer_time(chip->multiplexer.mux_stage.value, p->mux_ways);
    p->period = weft_time_quanta(1 / chip->clock.frequency.value);
    p->pool_time = weft_time_quanta(chip->pooling.time.value);
    p->sum_time = weft_time_quanta(chip->accumulator.time.value);
    p->buffer_cycle = weft_time_quanta(chip->buffer.cycle.value);
    p->tile_bit_s = 1 / chip->tile.bandwidth.value;
    p->mesh_bit_s = 1 / chip->mesh.bandwidth.value;
}

static void price_powers(const weft_chip *chip, const weft_converter *dac,
                         const weft_converter *adc, weft_priced *p) {
    weft_circuit adder = adder_circuit(chip);
    weft_circuit pooling = pooling_circuit(chip);
    p->cell_w = weft_cell_read_power(chip);
    p->dac_w = dac->power.value;
    p->adc_w = adc->power.value;
    p->demux_w = weft_multiplexer_power(chip, p->demux_ways);
    p->mux_w = weft_multiplexer_power(chip, p->mux_ways);
    p->register_w = weft_circuit_power(&chip->reg);
    p->shift_w = weft_circuit_power(&chip->shift);
    p->adder_w = weft_circuit_power(&adder) * p->adder_bits;
    p->joint_w = weft_circuit_power(&chip->joint);
    p->pool_w = weft_circuit_power(&pooling);
    p->control_w = chip->control.power.value;
    /* the accumulator adds whole activations */
    int32_t sum_bits = p->activation_bits > p->adder_bits ? p->activation_bits : p->adder_bits;
    p->sum_adder_w = weft_circuit_power(&adder) * sum_bits;
    p->sum_adder_mm2 = mm2(weft_circuit_area(&adder) * sum_bits);
    p->mesh_bit_j = chip->mesh.energy.value;
}

/* The parts of a tile: every PE has its crossbars, converters and registers in full. */
static void price_tile(const weft_chip *chip, const weft_converter *dac, const weft_converter *adc,
                       weft_priced *p) {
    weft_circuit adder = adder_circuit(chip);
    weft_circuit pooling = pooling_circuit(chip);
    double subarrays = p->rows / p->subarray_rows;
    double dacs = (double)p->pes * p->groups * (double)p->dacs;
    double adcs = (double)p->pes * p->groups * p->adcs * subarrays;
    double group_adders = (double)p->pes * p->adcs * subarrays *
                          (double)weft_adders_of_groups(p->groups);
    double joints = (double)weft_joints_of_tile(p->pes) * p->groups * p->adcs * subarrays;
    double registers = dacs + adcs;
    double *area = p->tile_mm2;
    area[WEFT_COMPONENT_CROSSBAR] =
        mm2((double)p->pes * p->groups * p->xbars_a_group * weft_crossbar_area(chip));
    area[WEFT_COMPONENT_DAC] = mm2(dacs * dac->area.value);
    area[WEFT_COMPONENT_ADC] = mm2(adcs * adc->area.value);
    area[WEFT_COMPONENT_DEMUX] = mm2(dacs * weft_multiplexer_area(chip, p->demux_ways));
    area[WEFT_COMPONENT_MUX] = mm2(adcs * weft_multiplexer_area(chip, p->mux_ways));
    area[WEFT_COMPONENT_REGISTER] = mm2(registers * weft_circuit_area(&chip->reg));
    area[WEFT_COMPONENT_SHIFT] = mm2(adcs * weft_circuit_area(&chip->shift));
    area[WEFT_COMPONENT_ADDER] = mm2(group_adders * weft_circuit_area(&adder) * p->adder_bits);
    area[WEFT_COMPONENT_JOINT] = mm2(joints * weft_circuit_area(&chip->joint));
    area[WEFT_COMPONENT_POOLING] = mm2(weft_circuit_area(&pooling));
    area[WEFT_COMPONENT_CONTROL] = mm2(chip->control.area.value);
}

static void price_srams(const weft_chip *chip, weft_priced *p) {
    p->n_srams = chip->buffer.n_sizes;
    for (int i = 0; i < p->n_srams; i++) {
        const weft_sram *sram = &chip->buffer.sizes[i];
        p->srams[i] = (weft_priced_sram){
            .bits = (int64_t)sram->capacity.value,
            .area_mm2 = mm2(sram->area.value),
            .read_w = weft_buffer_read_power(chip, i),
            .write_w = weft_buffer_write_power(chip, i),
        };
    }
}

static weft_status create_hierarchy(const weft_chip *chip, weft_priced **priced,
                                    weft_error *error) {
    weft_priced *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return weft_fail_memory(error, sizeof *p);
    }
    snprintf(p->name, sizeof p->name, "%s", chip->name);
    weft_status status = weft_hierarchy_priced_create(chip, &p->hierarchy, error);
    if (status != WEFT_OK) {
        free(p);
        return status;
    }
    *priced = p;
    return WEFT_OK;
}

weft_status weft_pixels_price(const weft_chip *chip, weft_priced **priced, weft_error *error) {
    const weft_converter *dac = weft_converter_find(&chip->dacs, chip->pe.dac);
    const weft_converter *adc = weft_converter_find(&chip->adcs, chip->pe.adc);
    if (dac == NULL || adc == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "chip %s lost its converters", chip->name);
    }
    weft_contradiction found;
    if (weft_chip_contradicts(chip, &found)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "chip %s, '%s.%s': %s", chip->name, found.section,
                         found.key, found.message);
    }
    weft_priced *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return weft_fail_memory(error, sizeof *p);
    }
    snprintf(p->name, sizeof p->name, "%s", chip->name);
    p->mesh_rows = whole(&chip->mesh.rows);
    p->mesh_columns = whole(&chip->mesh.columns);
    p->tiles = (int64_t)p->mesh_rows * p->mesh_columns;
    p->tile_row = calloc((size_t)p->tiles, sizeof *p->tile_row);
    p->tile_column = calloc((size_t)p->tiles, sizeof *p->tile_column);
    if (p->tile_row == NULL || p->tile_column == NULL) {
        weft_fail_memory(error, (size_t)p->tiles * sizeof *p->tile_row);
        weft_priced_destroy(p);
        return WEFT_ERROR_MEMORY;
    }
    weft_mesh_order(chip->mesh.placement, p->mesh_rows, p->mesh_columns, p->tile_row,
                    p->tile_column);
    price_structure(chip, dac, adc, p);
    price_times(chip, dac, adc, p);
    price_powers(chip, dac, adc, p);
    price_tile(chip, dac, adc, p);
    price_srams(chip, p);
    *priced = p;
    return WEFT_OK;
}

static weft_status create_pixels(const weft_chip *chip, weft_priced **priced, weft_error *error) {
    weft_chip *own = malloc(sizeof *own);
    if (own == NULL) {
        return weft_fail_memory(error, sizeof *own);
    }
    weft_status status = weft_pixels_price(chip, priced, error);
    if (status != WEFT_OK) {
        free(own);
        return status;
    }
    *own = *chip;
    own->text = NULL;
    (*priced)->chip = own;
    return WEFT_OK;
}

weft_status weft_priced_create(const weft_chip *chip, weft_priced **priced, weft_error *error) {
    return chip->hierarchy != NULL ? create_hierarchy(chip, priced, error)
                                   : create_pixels(chip, priced, error);
}

void weft_priced_destroy(weft_priced *priced) {
    if (priced != NULL) {
        weft_hierarchy_priced_destroy(priced->hierarchy);
        weft_chip_destroy(priced->chip);
        free(priced->tile_row);
        free(priced->tile_column);
        free(priced);
    }
}
