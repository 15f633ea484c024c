/* SPDX-License-Identifier: Apache-2.0
 * weft devices import, weft devices correlate: tables of what devices measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/devices.h"

enum { MAX_FILES = 200 };

/* ---- import ---------------------------------------------------------------------------------- */

typedef struct import_arguments {
    const char *out, *device, *genes;
    bool json;
} import_arguments;

#define IMPORT_AT(member) .offset = offsetof(import_arguments, member)

static const cli_option IMPORT_OPTIONS[] = {
    {"out", 'o', CLI_TEXT, "FILE", IMPORT_AT(out), .values = CLI_VALUES_FILE,
     .unset = "nothing is written", .help = "The table of all files, as CSV."},
    {"device", 'd', CLI_TEXT, "NAME", IMPORT_AT(device), .unset = "as in the file",
     .help = "What the only column of numbers is called; for one file."},
    {"genes", 0, CLI_TEXT, "NAMES", IMPORT_AT(genes), .unset = "ops, arch_str, or d, ks, e, r",
     .help = "Columns that say what an architecture is: \"width depth\"."},
    {"json", 0, CLI_FLAG, IMPORT_AT(json), .help = "Prints JSON."},
};

static const cli_operand IMPORT_OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL,
     "CSV: a row an architecture, a column a device; repeated rows count by their median."},
};

static void import_defaults(void *opaque) {
    import_arguments *a = opaque;
    *a = (import_arguments){.out = "", .device = "", .genes = ""};
}

static int count_values(const weft_device_table *table, int column) {
    int n = 0;
    for (int i = 0; i < weft_device_table_architectures(table); i++) {
        n += !isnan(weft_device_table_values(table, column)[i]);
    }
    return n;
}

static weft_status import_json(cli_call *call, const import_arguments *a,
                               const weft_device_table *table) {
    char kind[120];
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "path", a->out[0] != '\0' ? a->out : NULL);
    weft_json_member_integer(json, "architectures", weft_device_table_architectures(table));
    weft_json_member_text(json, "kind", weft_device_table_kind(table, kind, sizeof kind));
    weft_json_key(json, "columns");
    weft_json_array_begin(json);
    for (int c = 0; c < weft_device_table_columns(table); c++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "name", weft_device_table_column(table, c));
        weft_json_member_bool(json, "device", weft_device_table_measured(table, c));
        weft_json_member_integer(json, "measured", count_values(table, c));
        weft_json_member_integer(json, "failed", weft_device_table_failed(table, c));
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status import_text(cli_call *call, const weft_device_table *table) {
    static const char *const HEADERS[] = {"column", "device", "measured", "failed"};
    char kind[120];
    cli_table out;
    printf("architectures  %d, %s\n\n", weft_device_table_architectures(table),
           weft_device_table_kind(table, kind, sizeof kind));
    cli_table_begin(&out, HEADERS, "llrr");
    for (int c = 0; c < weft_device_table_columns(table); c++) {
        cli_table_cell(&out, "%s", weft_device_table_column(table, c));
        cli_table_cell(&out, "%s", weft_device_table_measured(table, c) ? "yes" : "no");
        cli_table_cell(&out, "%d", count_values(table, c));
        cli_table_cell(&out, "%d", weft_device_table_failed(table, c));
    }
    return cli_table_print(&out, call);
}

static weft_status import_files(cli_call *call, const import_arguments *a,
                                weft_device_table **tables) {
    weft_device_table *merged = NULL;
    weft_device_columns columns = {.genes = a->genes, .device = a->device};
    for (int i = 0; i < call->n_operands; i++) {
        WEFT_TRY(weft_device_table_read(call->operands[i], &columns, &tables[i], &call->error));
    }
    WEFT_TRY(weft_device_table_merge((const weft_device_table *const *)tables, call->n_operands,
                                     &merged, &call->error));
    weft_status status = a->out[0] != '\0' ? weft_device_table_write(merged, a->out, &call->error)
                                           : WEFT_OK;
    if (status == WEFT_OK) {
        status = a->json ? import_json(call, a, merged) : import_text(call, merged);
    }
    weft_device_table_destroy(merged);
    return status;
}

static weft_status run_import(cli_call *call, void *opaque) {
    import_arguments *a = opaque;
    weft_device_table *tables[MAX_FILES] = {NULL};
    if (call->n_operands > MAX_FILES) {
        return cli_usage(call, "at most %d files at once", MAX_FILES);
    }
    if (a->device[0] != '\0' && call->n_operands > 1) {
        return cli_usage(call, "--device names the column of one file, and there are %d",
                         call->n_operands);
    }
    WEFT_TRY(cli_check_folder(call, a->out[0] != '\0' ? a->out : NULL));
    weft_status status = import_files(call, a, tables);
    for (int i = 0; i < call->n_operands; i++) {
        weft_device_table_destroy(tables[i]);
    }
    return status;
}

static const char *const IMPORT_EXAMPLES[] = {
    "weft devices import board.csv --device board --out board-table.csv",
    "weft devices import pixel3.csv raspi4.csv board-table.csv --out latencies.csv",
    NULL,
};

const cli_command cli_devices_import = {
    .name = "devices import",
    .summary = "Check measurements of devices, and join files of them",
    .usage = "FILE... [--out TABLE.csv] [options]",
    .text =
        "Reads latencies or energies of architectures, one column a device, and writes one table "
        "of all of them. Measurements that failed stay failed: they are never numbers.",
    .json =
        "an object with path (null: nothing written), architectures, kind, columns (name, device: "
        "whether it is one, measured, failed).",
    .examples = IMPORT_EXAMPLES,
    .operands = IMPORT_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = -1,
    .options = IMPORT_OPTIONS,
    .n_options = sizeof IMPORT_OPTIONS / sizeof IMPORT_OPTIONS[0],
    .size = sizeof(import_arguments),
    .defaults = import_defaults,
    .run = run_import,
};

/* ---- correlate ------------------------------------------------------------------------------- */

typedef struct correlate_arguments {
    const char *devices, *genes, *svg;
    weft_correlation_settings settings;
    bool json;
} correlate_arguments;

#define CORRELATE_AT(member) .offset = offsetof(correlate_arguments, member)

static const cli_option CORRELATE_OPTIONS[] = {
    {"devices", 'd', CLI_TEXT, "NAMES", CORRELATE_AT(devices), .unset = "all",
     .help = "Columns to compare, between blanks; any column of numbers may be named."},
    {"threshold", 0, CLI_REAL, "SRCC", CORRELATE_AT(settings.threshold), -1, 1,
     .help = "What any two devices of a cluster must reach."},
    {"level", 0, CLI_REAL, "SHARE", CORRELATE_AT(settings.level), 0.5, 0.999,
     .help = "Share of the bootstrap that an interval covers."},
    {"resamples", 0, CLI_INT, "N", CORRELATE_AT(settings.resamples), 0, 100000,
     .help = "Resamples of each pair; 0: no intervals."},
    {"seed", 's', CLI_UINT64, "N", CORRELATE_AT(settings.seed), .help = "Seed of the bootstrap."},
    {"genes", 0, CLI_TEXT, "NAMES", CORRELATE_AT(genes), .unset = "ops, arch_str, or d, ks, e, r",
     .help = "Columns that say what an architecture is."},
    {"svg", 0, CLI_TEXT, "FILE", CORRELATE_AT(svg), .values = CLI_VALUES_FILE,
     .unset = "no picture", .help = "A heat map, devices of a cluster side by side."},
    {"json", 0, CLI_FLAG, CORRELATE_AT(json), .help = "Prints JSON."},
};

static const cli_operand CORRELATE_OPERANDS[] = {
    {"TABLE", CLI_VALUES_FILE, NULL, "CSV: a row an architecture, a column a device."},
};

static void correlate_defaults(void *opaque) {
    correlate_arguments *a = opaque;
    *a = (correlate_arguments){.devices = "", .genes = "", .svg = ""};
    weft_correlation_defaults(&a->settings);
}

/* The columns that are asked for. */
static weft_status choose_columns(cli_call *call, const char *names, const weft_device_table *table,
                                  int *columns, int *n) {
    char name[128];
    int used = 0, most = weft_device_table_columns(table);
    *n = 0;
    for (int c = 0; names[0] == '\0' && c < most; c++) {
        if (weft_device_table_measured(table, c)) {
            columns[(*n)++] = c;
        }
    }
    while (sscanf(names, " %127[^ ,]%n", name, &used) == 1) {
        names += used + strspn(names + used, " ,");
        if (*n == most) {
            return cli_usage(call, "--devices names more columns than the table has");
        }
        WEFT_TRY(weft_device_table_find(table, name, &columns[(*n)++], &call->error));
    }
    return *n >= 2 ? WEFT_OK
                   : weft_fail(&call->error, WEFT_ERROR_INPUT,
                               "%d device: a correlation is one of two", *n);
}

static const char *device_name(const weft_device_table *table, const weft_correlation *c, int i) {
    return weft_device_table_column(table, c->columns[i]);
}

static const weft_rank_interval *pair_of(const weft_correlation *c, int i, int j) {
    return &c->pair[(size_t)i * (size_t)c->n + (size_t)j];
}

static void clusters_json(weft_json *json, const weft_device_table *table,
                          const weft_correlation *c) {
    weft_json_key(json, "clusters");
    weft_json_array_begin(json);
    for (int k = 0; k < c->n_clusters; k++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "proxy", device_name(table, c, c->proxy[k]));
        weft_json_key(json, "devices");
        weft_json_array_begin(json);
        for (int i = 0; i < c->n; i++) {
            if (c->cluster[i] == k) {
                weft_json_text(json, device_name(table, c, i));
            }
        }
        weft_json_array_end(json);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status correlate_json(cli_call *call, const correlate_arguments *a,
                                  const weft_device_table *table, const weft_correlation *c) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "architectures", weft_device_table_architectures(table));
    weft_json_member_real(json, "level", a->settings.level);
    weft_json_member_real(json, "threshold", a->settings.threshold);
    weft_json_key(json, "devices");
    weft_json_array_begin(json);
    for (int i = 0; i < c->n; i++) {
        weft_json_text(json, device_name(table, c, i));
    }
    weft_json_array_end(json);
    weft_json_key(json, "srcc");
    weft_json_array_begin(json);
    for (int i = 0; i < c->n; i++) {
        weft_json_array_begin(json);
        for (int j = 0; j < c->n; j++) {
            weft_json_real(json, pair_of(c, i, j)->srcc);
        }
        weft_json_array_end(json);
    }
    weft_json_array_end(json);
    weft_json_key(json, "pairs");
    weft_json_array_begin(json);
    for (int i = 0; i < c->n; i++) {
        for (int j = i + 1; j < c->n; j++) {
            const weft_rank_interval *pair = pair_of(c, i, j);
            weft_json_object_begin(json);
            weft_json_member_text(json, "a", device_name(table, c, i));
            weft_json_member_text(json, "b", device_name(table, c, j));
            weft_json_member_real(json, "srcc", pair->srcc);
            weft_json_member_real(json, "low", pair->low);
            weft_json_member_real(json, "high", pair->high);
            weft_json_member_integer(json, "architectures", pair->pairs);
            weft_json_object_end(json);
        }
    }
    weft_json_array_end(json);
    clusters_json(json, table, c);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status correlate_text(cli_call *call, const weft_device_table *table,
                                  const weft_correlation *c) {
    char numbers[64][8];
    const char *headers[66] = {"", "device"};
    char align[67] = "rl";
    int shown = c->n < 64 ? c->n : 64;
    cli_table out;
    for (int j = 0; j < shown; j++) {
        snprintf(numbers[j], sizeof numbers[j], "%d", j + 1);
        headers[j + 2] = numbers[j];
        align[j + 2] = 'r';
    }
    align[shown + 2] = '\0';
    cli_table_begin(&out, headers, align);
    for (int i = 0; i < c->n; i++) {
        cli_table_cell(&out, "%d", i + 1);
        cli_table_cell(&out, "%s", device_name(table, c, i));
        for (int j = 0; j < shown; j++) {
            double srcc = pair_of(c, i, j)->srcc;
            cli_table_cell(&out, isnan(srcc) ? "-" : "%.2f", srcc);
        }
    }
    WEFT_TRY(cli_table_print(&out, call));
    printf("\n");
    for (int k = 0; k < c->n_clusters; k++) {
        printf("cluster %d, proxy %s:", k + 1, device_name(table, c, c->proxy[k]));
        for (int i = 0; i < c->n; i++) {
            if (c->cluster[i] == k) {
                printf(" %s", device_name(table, c, i));
            }
        }
        printf("\n");
    }
    return WEFT_OK;
}

/* Devices in the order of their clusters. */
static weft_status draw_heat(cli_call *call, const char *file, const weft_device_table *table,
                             const weft_correlation *c) {
    size_t n = (size_t)c->n;
    const char **names = calloc(n, sizeof *names);
    double *values = calloc(n * n, sizeof *values);
    int *order = calloc(n, sizeof *order), *clusters = calloc(n, sizeof *clusters), at = 0;
    weft_status status = WEFT_OK;
    if (names == NULL || values == NULL || order == NULL || clusters == NULL) {
        status = weft_fail_memory(&call->error, n * n * sizeof *values);
    }
    for (int k = 0; k < c->n_clusters && status == WEFT_OK; k++) {
        for (int i = 0; i < c->n; i++) {
            if (c->cluster[i] == k) {
                names[at] = device_name(table, c, i);
                clusters[at] = k;
                order[at++] = i;
            }
        }
    }
    for (size_t i = 0; i < n * n && status == WEFT_OK; i++) {
        values[i] = pair_of(c, order[i / n], order[i % n])->srcc;
    }
    if (status == WEFT_OK) {
        weft_report_heat heat = {.title = "Rank correlation of devices, hundredths",
                                 .names = names,
                                 .values = values,
                                 .clusters = clusters,
                                 .n = c->n};
        status = weft_report_heat_write(&heat, file, &call->error);
    }
    free(names);
    free(values);
    free(order);
    free(clusters);
    return status;
}

static weft_status correlate(cli_call *call, const correlate_arguments *a,
                             const weft_device_table *table) {
    int n = 0;
    weft_correlation c;
    int *columns = calloc((size_t)weft_device_table_columns(table) + 1, sizeof *columns);
    if (columns == NULL) {
        return weft_fail_memory(&call->error, sizeof *columns);
    }
    weft_status status = choose_columns(call, a->devices, table, columns, &n);
    if (status == WEFT_OK) {
        status = weft_correlate(table, columns, n, &a->settings, &c, &call->error);
    }
    free(columns);
    if (status != WEFT_OK) {
        return status;
    }
    if (a->svg[0] != '\0') {
        status = draw_heat(call, a->svg, table, &c);
    }
    if (status == WEFT_OK) {
        status = a->json ? correlate_json(call, a, table, &c) : correlate_text(call, table, &c);
    }
    weft_correlation_free(&c);
    return status;
}

static weft_status run_correlate(cli_call *call, void *opaque) {
    correlate_arguments *a = opaque;
    weft_device_table *table = NULL;
    weft_device_columns columns = {.genes = a->genes};
    WEFT_TRY(cli_check_folder(call, a->svg[0] != '\0' ? a->svg : NULL));
    WEFT_TRY(weft_device_table_read(call->operands[0], &columns, &table, &call->error));
    weft_status status = correlate(call, a, table);
    weft_device_table_destroy(table);
    return status;
}

static const char *const CORRELATE_EXAMPLES[] = {
    "weft devices correlate latencies.csv --svg devices.svg",
    "weft devices correlate latencies.csv --devices \"pixel3 raspi4 fpga\" --json",
    NULL,
};

const cli_command cli_devices_correlate = {
    .name = "devices correlate",
    .summary = "How alike devices rank architectures, and which is the best proxy",
    .usage = "TABLE [options]",
    .text =
        "Spearman's rank correlation of any two devices over the architectures that both have "
        "measured, with bootstrap intervals; clusters of devices of which any two reach the "
        "threshold, and the proxy of each: the device whose least correlation within the cluster "
        "is largest.",
    .json =
        "an object with architectures, level, threshold, devices, srcc (the matrix), pairs (a, b, "
        "srcc, low, high, architectures; null: unknown), clusters (proxy, devices).",
    .examples = CORRELATE_EXAMPLES,
    .operands = CORRELATE_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = CORRELATE_OPTIONS,
    .n_options = sizeof CORRELATE_OPTIONS / sizeof CORRELATE_OPTIONS[0],
    .size = sizeof(correlate_arguments),
    .defaults = correlate_defaults,
    .run = run_correlate,
};
