/* SPDX-License-Identifier: Apache-2.0
 * A cost as JSON, as CSV and as tables: the whole, and its split by part, level and layer. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"

const char cli_operation[] = "a multiplication or an addition: 2 a MAC; total over total";

/* ---- levels ---------------------------------------------------------------------------------- */

/* The levels that parts stand at, in the order of the parts, and the sums over their parts. */
typedef struct levels {
    int n;
    const char *name[WEFT_MAX_PARTS];
    double energy[WEFT_MAX_PARTS], latency[WEFT_MAX_PARTS], area[WEFT_MAX_PARTS];
} levels;

static int level_of(levels *all, const char *name) {
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->name[i], name) == 0) {
            return i;
        }
    }
    all->name[all->n] = name;
    return all->n++;
}

static void sum_levels(const weft_cost *cost, levels *all) {
    *all = (levels){0};
    for (int32_t k = 0; k < cost->n_parts; k++) {
        int i = level_of(all, cost->parts[k].level);
        all->energy[i] += cost->energy_by[k];
        all->latency[i] += cost->latency_by[k];
        all->area[i] += cost->area_by[k];
    }
}

static bool is_used(const weft_cost *cost, int32_t k) {
    return cost->energy_by[k] != 0 || cost->latency_by[k] != 0 || cost->area_by[k] != 0;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void by_part_json(weft_json *json, const weft_cost *cost, const char *key,
                         const double *by) {
    weft_json_key(json, key);
    weft_json_object_begin(json);
    for (int32_t k = 0; k < cost->n_parts; k++) {
        weft_json_member_real(json, cost->parts[k].token, by[k]);
    }
    weft_json_object_end(json);
}

static void parts_json(weft_json *json, const weft_cost *cost) {
    weft_json_key(json, "parts");
    weft_json_array_begin(json);
    for (int32_t k = 0; k < cost->n_parts; k++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "part", cost->parts[k].token);
        weft_json_member_text(json, "text", cost->parts[k].text);
        weft_json_member_text(json, "level", cost->parts[k].level);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static void levels_json(weft_json *json, const weft_cost *cost) {
    levels all;
    sum_levels(cost, &all);
    weft_json_key(json, "levels");
    weft_json_array_begin(json);
    for (int i = 0; i < all.n; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "level", all.name[i]);
        weft_json_member_real(json, "energy_j", all.energy[i]);
        weft_json_member_real(json, "latency_s", all.latency[i]);
        weft_json_member_real(json, "area_mm2", all.area[i]);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static void layer_json(weft_json *json, const weft_cost *cost, const weft_layer_cost *layer) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "name", layer->name);
    weft_json_member_integer(json, "layer", layer->layer);
    weft_json_key(json, "block");
    if (layer->block == WEFT_NO_BLOCK) {
        weft_json_null(json);
    } else {
        weft_json_integer(json, layer->block);
    }
    weft_json_member_real(json, "energy_j", layer->energy_j);
    weft_json_member_real(json, "latency_s", layer->latency_s);
    weft_json_member_real(json, "busy_s", layer->busy_s);
    weft_json_member_real(json, "area_mm2", layer->area_mm2);
    weft_json_member_real(json, "cycles", layer->cycles);
    weft_json_member_integer(json, "macs", layer->macs);
    weft_json_member_integer(json, "crossbars", layer->crossbars);
    weft_json_member_integer(json, "tiles", layer->tiles);
    weft_json_member_integer(json, "copies", layer->copies);
    weft_json_member_real(json, "utilisation", layer->utilisation);
    by_part_json(json, cost, "energy_by", layer->energy_by);
    by_part_json(json, cost, "latency_by", layer->latency_by);
    by_part_json(json, cost, "area_by", layer->area_by);
    by_part_json(json, cost, "actions_by", layer->actions_by);
    weft_json_object_end(json);
}

static void bottleneck_json(weft_json *json, const weft_cost *cost) {
    int32_t row = cost->total.bottleneck;
    weft_json_key(json, "bottleneck");
    if (row < 0) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "row", row);
    weft_json_member_text(json, "name", cost->layers[row].name);
    weft_json_object_end(json);
}

void cli_total_json(weft_json *json, const weft_network *network, const weft_cost *cost) {
    const weft_total *total = &cost->total;
    weft_json_key(json, "total");
    weft_json_object_begin(json);
    weft_json_member_real(json, "latency_s", total->latency_s);
    weft_json_member_real(json, "interval_s", total->interval_s);
    weft_json_member_real(json, "energy_j", total->energy_j);
    weft_json_member_real(json, "power_w", total->power_w);
    weft_json_member_real(json, "peak_power_w", total->peak_power_w);
    weft_json_member_real(json, "area_mm2", total->area_mm2);
    weft_json_member_real(json, "tops", weft_total_tops(total));
    weft_json_member_real(json, "tops_w", weft_total_tops_w(total));
    weft_json_member_real(json, "tops_mm2", weft_total_tops_mm2(total));
    weft_json_member_text(json, "operation", cli_operation);
    weft_json_member_real(json, "edap_j_s_mm2", weft_total_edap(total));
    weft_json_member_integer(json, "crossbars", total->crossbars);
    weft_json_member_integer(json, "tiles", total->tiles);
    weft_json_member_real(json, "utilisation", total->utilisation);
    weft_json_member_integer(json, "macs", network->macs);
    weft_json_member_integer(json, "params", network->params);
    bottleneck_json(json, cost);
    weft_json_object_end(json);
}

void cli_cost_json(weft_json *json, const weft_cost *cost) {
    by_part_json(json, cost, "energy_by", cost->energy_by);
    by_part_json(json, cost, "latency_by", cost->latency_by);
    by_part_json(json, cost, "area_by", cost->area_by);
    parts_json(json, cost);
    levels_json(json, cost);
    weft_json_key(json, "layers");
    weft_json_array_begin(json);
    for (int32_t i = 0; i < cost->n_layers; i++) {
        layer_json(json, cost, &cost->layers[i]);
    }
    weft_json_array_end(json);
    weft_json_key(json, "warnings");
    weft_json_array_begin(json);
    for (int32_t i = 0; i < cost->n_warnings; i++) {
        weft_json_text(json, cost->warnings[i]);
    }
    weft_json_array_end(json);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

void cli_cost_csv(const weft_network *network, const weft_chip *chip, const weft_cost *cost) {
    printf("network,chip,row,layer,name,part,level,energy_j,latency_s,area_mm2,actions\n");
    for (int32_t i = 0; i < cost->n_layers; i++) {
        const weft_layer_cost *layer = &cost->layers[i];
        for (int32_t k = 0; k < cost->n_parts; k++) {
            cli_csv_text(network->name);
            putchar(',');
            cli_csv_text(weft_chip_name(chip));
            printf(",%" PRId32 ",%" PRId32 ",", i, layer->layer);
            cli_csv_text(layer->name);
            putchar(',');
            cli_csv_text(cost->parts[k].token);
            putchar(',');
            cli_csv_text(cost->parts[k].level);
            cli_csv_real(layer->energy_by[k]);
            cli_csv_real(layer->latency_by[k]);
            cli_csv_real(layer->area_by[k]);
            cli_csv_real(layer->actions_by[k]);
            putchar('\n');
        }
    }
}

/* ---- the whole, for people ------------------------------------------------------------------- */

/* "1.234 ms between results: conv3x3 64>64 (row 5) sets it". */
static void print_interval(const weft_cost *cost) {
    char interval[CLI_QUANTITY], rate[CLI_QUANTITY];
    const weft_total *total = &cost->total;
    printf("interval     %s between results, %s",
           cli_quantity(total->interval_s, "s", interval, sizeof interval),
           cli_quantity(total->interval_s > 0 ? 1 / total->interval_s : 0, "", rate, sizeof rate));
    printf(" a second\n");
    if (total->bottleneck >= 0) {
        printf("bottleneck   %s (row %" PRId32 " of the layers)\n",
               cost->layers[total->bottleneck].name, total->bottleneck + 1);
    }
}

static void print_merit(const weft_total *total) {
    char edap[CLI_QUANTITY];
    printf("throughput   %.4g TOPS\n", weft_total_tops(total));
    printf("efficiency   %.4g TOPS/W, %.4g TOPS/mm2\n", weft_total_tops_w(total),
           weft_total_tops_mm2(total));
    printf("             an operation is %s\n", cli_operation);
    printf("EDAP         %s\n", cli_quantity(weft_total_edap(total), "J s mm2", edap, sizeof edap));
}

void cli_print_total(const weft_network *network, const weft_chip *chip, const weft_cost *cost) {
    char first[CLI_QUANTITY], second[CLI_QUANTITY];
    const weft_total *total = &cost->total;
    printf("network      %s\n", network->name);
    printf("chip         %s\n", weft_chip_name(chip));
    printf("energy       %s an inference\n",
           cli_quantity(total->energy_j, "J", first, sizeof first));
    printf("latency      %s\n", cli_quantity(total->latency_s, "s", first, sizeof first));
    print_interval(cost);
    printf("power        %s, at most %s\n", cli_quantity(total->power_w, "W", first, sizeof first),
           cli_quantity(total->peak_power_w, "W", second, sizeof second));
    printf("area         %.4g mm2\n", total->area_mm2);
    print_merit(total);
    printf("crossbars    %" PRId64 " in %" PRId64 " tiles, %.1f %% of their cells in use\n",
           total->crossbars, total->tiles, 100 * total->utilisation);
    printf("MACs         %s\n", cli_quantity((double)network->macs, "", first, sizeof first));
    printf("parameters   %s\n", cli_quantity((double)network->params, "", first, sizeof first));
    for (int32_t i = 0; i < cost->n_warnings; i++) {
        printf("warning      %s\n", cost->warnings[i]);
    }
}

/* ---- splits, for people ---------------------------------------------------------------------- */

static void share_cells(cli_table *table, double part, double whole, const char *unit) {
    if (strcmp(unit, "mm2") == 0) {
        cli_table_area(table, part);
    } else {
        cli_table_quantity(table, part, unit);
    }
    cli_table_cell(table, "%.1f %%", whole > 0 ? 100 * part / whole : 0);
}

static void three_shares(cli_table *table, const weft_total *total, double energy, double latency,
                         double area) {
    share_cells(table, energy, total->energy_j, "J");
    share_cells(table, latency, total->latency_s, "s");
    share_cells(table, area, total->area_mm2, "mm2");
}

weft_status cli_print_parts(cli_call *call, const weft_cost *cost) {
    static const char *const HEADERS[] = {"part", "energy", "", "latency", "", "area", ""};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrrrrr");
    for (int32_t k = 0; k < cost->n_parts; k++) {
        if (is_used(cost, k)) {
            cli_table_cell(&table, "%s", cost->parts[k].text);
            three_shares(&table, &cost->total, cost->energy_by[k], cost->latency_by[k],
                         cost->area_by[k]);
        }
    }
    return cli_table_print(&table, call);
}

weft_status cli_print_levels(cli_call *call, const weft_cost *cost) {
    static const char *const HEADERS[] = {"level", "energy", "", "latency", "", "area", ""};
    levels all;
    sum_levels(cost, &all);
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrrrrr");
    for (int i = 0; i < all.n; i++) {
        cli_table_cell(&table, "%s", all.name[i]);
        three_shares(&table, &cost->total, all.energy[i], all.latency[i], all.area[i]);
    }
    return cli_table_print(&table, call);
}

weft_status cli_print_layers(cli_call *call, const weft_cost *cost) {
    static const char *const HEADERS[] = {"row",       "layer",   "block", "MACs",
                                          "energy",    "latency", "area",  "busy",
                                          "crossbars", "copies",  "in use"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "rlrrrrrrrrr");
    for (int32_t i = 0; i < cost->n_layers; i++) {
        const weft_layer_cost *layer = &cost->layers[i];
        cli_table_cell(&table, "%" PRId32, i + 1);
        cli_table_cell(&table, "%s", layer->name);
        if (layer->block == WEFT_NO_BLOCK) {
            cli_table_cell(&table, "-");
        } else {
            cli_table_cell(&table, "%" PRId32, layer->block + 1);
        }
        cli_table_quantity(&table, (double)layer->macs, "");
        cli_table_quantity(&table, layer->energy_j, "J");
        cli_table_quantity(&table, layer->latency_s, "s");
        cli_table_area(&table, layer->area_mm2);
        cli_table_quantity(&table, layer->busy_s, "s");
        cli_table_cell(&table, "%" PRId64, layer->crossbars);
        cli_table_cell(&table, "%" PRId64, layer->copies);
        cli_table_cell(&table, "%.1f %%", 100 * layer->utilisation);
    }
    return cli_table_print(&table, call);
}
