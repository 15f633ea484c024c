/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip is and what it is made of, as a list of chips and a tree show it. */
#include "hardware/chip_fields.h"
#include "hardware/hierarchy_chip.h"
#include "hardware/hierarchy_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- hierarchical chips ---------------------------------------------------------------------- */

/* The cell: a part of a class of cells, else what acts for each product. */
static const char *cell_of(const weft_hierarchy *h) {
    const char *found = "";
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part *part = &h->parts[p];
        size_t length = strlen(part->class->name);
        if (length > 5 && strcmp(part->class->name + length - 5, "-cell") == 0) {
            return part->class->name;
        }
        if (part->action == WEFT_ACTION_CELL) {
            found = part->text[0] != '\0' ? part->text : part->class->name;
        }
    }
    return found;
}

/* The node is a parameter of that name. */
static void about_hierarchy(const weft_hierarchy *h, weft_chip_about *about) {
    snprintf(about->format, sizeof about->format, "chip/2");
    for (int v = 0; v < h->n_variables; v++) {
        const weft_variable *variable = &h->variables[v];
        if (strcmp(variable->name, "node") == 0 && variable->text == NULL) {
            about->node_m = variable->value.value;
        }
    }
    snprintf(about->cell, sizeof about->cell, "%s", cell_of(h));
}

/* "64", and where it follows from others "64 (rows)", for operands of the chip's own bits; "1" where
 * there is no variable. */
static void count_text(const weft_hierarchy *h, int variable, char *text, size_t size) {
    static const int32_t OWN[WEFT_TRAITS];
    double values[WEFT_MAX_VARIABLES];
    if (variable == WEFT_NO_VARIABLE) {
        snprintf(text, size, "1");
        return;
    }
    const char *expression = h->variables[variable].text;
    if (weft_variables_evaluate(h, OWN, values) >= 0) {
        snprintf(text, size, "%s", expression != NULL ? expression : "?");
    } else if (expression != NULL && expression[strspn(expression, "0123456789.")] != '\0') {
        snprintf(text, size, "%.9g (%s)", values[variable], expression);
    } else {
        snprintf(text, size, "%.9g", values[variable]);
    }
}

static bool hierarchy_item(const weft_hierarchy *h, int i, weft_chip_item *item) {
    for (int l = 0; l < h->n_levels; l++) {
        *item = (weft_chip_item){.depth = l};
        if (i-- == 0) {
            snprintf(item->name, sizeof item->name, "%s", h->levels[l].name);
            count_text(h, h->levels[l].count, item->count, sizeof item->count);
            return true;
        }
        for (int p = 0; p < h->n_parts; p++) {
            const weft_part *part = &h->parts[p];
            if (part->level == l && i-- == 0) {
                item->is_part = true;
                snprintf(item->name, sizeof item->name, "%s", part->name);
                snprintf(item->text, sizeof item->text, "%s (%s)",
                         part->text[0] != '\0' ? part->text : part->class->text, part->class->name);
                count_text(h, part->setting[WEFT_SETTING_INSTANCES], item->count,
                           sizeof item->count);
                return true;
            }
        }
    }
    return false;
}

/* ---- chips that work pixel by pixel ---------------------------------------------------------- */

void weft_chip_get_about(const weft_chip *chip, weft_chip_about *about) {
    *about = (weft_chip_about){.node_m = NAN};
    snprintf(about->description, sizeof about->description, "%s", chip->description);
    if (chip->hierarchy != NULL) {
        about_hierarchy(chip->hierarchy, about);
        snprintf(about->accounting, sizeof about->accounting, "%s",
                 weft_accounting_words[chip->hierarchy->accounting]);
        return;
    }
    about->node_m = chip->multiplexer.node.value;
    snprintf(about->format, sizeof about->format, "chip/1");
    snprintf(about->cell, sizeof about->cell, "resistive, %.0f bit", chip->cell.bits.value);
    snprintf(about->accounting, sizeof about->accounting, "resident"); /* layers have tiles each */
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
    if (chip->hierarchy != NULL) {
        return hierarchy_item(chip->hierarchy, i, item);
    }
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
