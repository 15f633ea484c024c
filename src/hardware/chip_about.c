/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip is and what it is made of, as a list of chips and a tree show it. */
#include "hardware/chip_fields.h"

#include <stdio.h>
#include <string.h>

void weft_chip_get_about(const weft_chip *chip, weft_chip_about *about) {
    *about = (weft_chip_about){.node_m = chip->multiplexer.node.value};
    snprintf(about->format, sizeof about->format, "chip/1");
    snprintf(about->description, sizeof about->description, "%s", chip->description);
    snprintf(about->cell, sizeof about->cell, "resistive, %.0f bit", chip->cell.bits.value);
}

/* The levels of every such chip, and what stands at them. */
enum { PART = -1 };
static const struct {
    int depth; /* of a level; PART */
    const char *name, *text;
} ITEMS[] = {
    {0, "chip", ""},
    {PART, "mesh", "routers and links between tiles"},
    {PART, "accumulator", "global accumulator, for sums of layers"},
    {1, "tile", ""},
    {PART, "output buffer", "SRAM, one of 'buffer.sizes'"},
    {PART, "pooling", "pooling units"},
    {PART, "joint", "adders that join the PEs"},
    {PART, "control", "other digital"},
    {2, "pe", ""},
    {PART, "input buffer", "SRAM, one of 'buffer.sizes'"},
    {PART, "adder", "adders that join the groups"},
    {3, "group", ""},
    {PART, "dac", "digital-to-analog converters"},
    {PART, "adc", "analog-to-digital converters"},
    {PART, "input_demux", "input demultiplexers"},
    {PART, "output_mux", "output multiplexers"},
    {4, "crossbar", ""},
    {PART, "cell", "resistive cells"},
};
enum { N_ITEMS = sizeof ITEMS / sizeof ITEMS[0] };

static double level_count(const weft_chip *chip, int depth) {
    switch (depth) {
    case 1:
        return chip->mesh.rows.value * chip->mesh.columns.value;
    case 2:
        return chip->tile.pe_rows.value * chip->tile.pe_columns.value;
    case 3:
        return chip->pe.groups.value;
    case 4:
        return chip->crossbar.signs == WEFT_SIGNS_PAIR ? 2 : 1;
    default:
        return 1;
    }
}

/* How many of a part at each of its level. Converters: of one sub-array, times the sub-arrays. */
static double part_count(const weft_chip *chip, const char *name) {
    double subarrays = chip->crossbar.rows.value / chip->crossbar.subarray_rows.value;
    if (strcmp(name, "cell") == 0) {
        return chip->crossbar.rows.value * chip->crossbar.columns.value;
    }
    if (strcmp(name, "dac") == 0 || strcmp(name, "input_demux") == 0) {
        return chip->pe.dacs.value * subarrays;
    }
    if (strcmp(name, "adc") == 0 || strcmp(name, "output_mux") == 0) {
        return chip->pe.adcs.value * subarrays;
    }
    return 1;
}

bool weft_chip_get_item(const weft_chip *chip, int i, weft_chip_item *item) {
    if (i < 0 || i >= N_ITEMS) {
        return false;
    }
    *item = (weft_chip_item){.is_part = ITEMS[i].depth == PART};
    int level = i;
    while (ITEMS[level].depth == PART) {
        level--;
    }
    item->depth = ITEMS[level].depth;
    snprintf(item->name, sizeof item->name, "%s", ITEMS[i].name);
    snprintf(item->text, sizeof item->text, "%s", ITEMS[i].text);
    double count = item->is_part ? part_count(chip, item->name) : level_count(chip, item->depth);
    snprintf(item->count, sizeof item->count, "%.0f", count);
    return true;
}
