/* SPDX-License-Identifier: Apache-2.0
 * weft sweep: what networks cost on chips, over a grid of their values. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/sweep.h"

typedef struct sweep_arguments {
    const char *chip, *set, *over, *svg;
    int metric, threads;
    bool json, csv, dry_run;
} sweep_arguments;

/* ---- metrics --------------------------------------------------------------------------------- */

/* What a point is told by, once: word of --metric, key of JSON and CSV, header of the table, name
 * and unit of the figure, whether an SI prefix belongs to it. */
static const struct metric {
    const char *word, *key, *header, *name, *unit;
    bool plain, shown; /* shown: in the table */
} METRICS[] = {
    {"energy", "energy_j", "energy", "energy", "J", false, true},
    {"latency", "latency_s", "latency", "latency", "s", false, true},
    {"interval", "interval_s", "interval", "interval", "s", false, false},
    {"area", "area_mm2", "area", "area", "mm²", true, true},
    {"power", "power_w", "power", "power", "W", false, true},
    {"peak-power", "peak_power_w", "peak power", "peak power", "W", false, false},
    {"tops", "tops", "TOPS", "throughput", "TOPS", true, false},
    {"tops-w", "tops_w", "TOPS/W", "efficiency", "TOPS/W", true, true},
    {"tops-mm2", "tops_mm2", "TOPS/mm2", "density", "TOPS/mm²", true, true},
    {"edap", "edap_j_s_mm2", "EDAP", "EDAP", "J s mm²", true, true},
    {"utilisation", "utilisation", "in use", "utilisation", "", true, true},
};
enum { N_METRICS = sizeof METRICS / sizeof METRICS[0], AREA = 3, EDAP = 9, UTILISATION = 10 };

static const char *const METRIC_WORDS[] = {"energy",   "latency",    "interval",    "area",
                                           "power",    "peak-power", "tops",        "tops-w",
                                           "tops-mm2", "edap",       "utilisation", NULL};

/* The value of a metric at a point; NaN where the point has none. */
static double metric_of(const cli_point *point, int metric) {
    const weft_total *t = &point->total;
    const double values[N_METRICS] = {
        t->energy_j,        t->latency_s,         t->interval_s,
        t->area_mm2,        t->power_w,           t->peak_power_w,
        weft_total_tops(t), weft_total_tops_w(t), weft_total_tops_mm2(t),
        weft_total_edap(t), t->utilisation,
    };
    return point->status == WEFT_OK ? values[metric] : NAN;
}

/* ---- table ----------------------------------------------------------------------------------- */

/* An axis is a column where it has more than one value. */
static bool has_column(const cli_grid *grid, int axis) {
    return grid->axes[axis].n > 1 || grid->axes[axis].kind == CLI_AXIS_PATH;
}

static void metric_cell(cli_table *table, const cli_point *point, int metric) {
    double value = metric_of(point, metric);
    if (isnan(value)) {
        cli_table_cell(table, "-");
    } else if (metric == AREA) {
        cli_table_area(table, value);
    } else if (metric == UTILISATION) {
        cli_table_cell(table, "%.1f %%", 100 * value);
    } else if (metric == EDAP) {
        cli_table_quantity(table, value, "J s mm2");
    } else if (METRICS[metric].plain) {
        cli_table_cell(table, "%.4g", value);
    } else {
        cli_table_quantity(table, value, METRICS[metric].unit);
    }
}

/* The usual metrics, and the one that the caller names. */
static weft_status print_table(cli_call *call, const cli_grid *grid, int named) {
    const char *headers[CLI_MAX_AXES + N_METRICS + 1];
    char align[CLI_MAX_AXES + N_METRICS + 2] = "";
    int n = 0;
    for (int i = 0; i < grid->n_axes; i++) {
        if (has_column(grid, i)) {
            headers[n] = grid->axes[i].name;
            align[n++] = grid->axes[i].kind == CLI_AXIS_PATH ? 'r' : 'l';
        }
    }
    for (int m = 0; m < N_METRICS; m++) {
        if (METRICS[m].shown || m == named) {
            headers[n] = METRICS[m].header;
            align[n++] = 'r';
        }
    }
    headers[n] = "";
    align[n++] = 'l';
    align[n] = '\0';
    cli_table table;
    cli_table_begin(&table, headers, align);
    for (size_t p = 0; p < grid->n; p++) {
        for (int i = 0; i < grid->n_axes; i++) {
            if (has_column(grid, i)) {
                cli_table_cell(&table, "%s", cli_grid_value(grid, p, i));
            }
        }
        for (int m = 0; m < N_METRICS; m++) {
            if (METRICS[m].shown || m == named) {
                metric_cell(&table, &grid->points[p], m);
            }
        }
        cli_table_cell(&table, "%s", grid->points[p].reason == NULL ? "" : grid->points[p].reason);
    }
    return cli_table_print(&table, call);
}

/* ---- CSV and JSON ---------------------------------------------------------------------------- */

static void print_csv(const cli_grid *grid) {
    for (int i = 0; i < grid->n_axes; i++) {
        cli_csv_text(grid->axes[i].name);
        putchar(',');
    }
    printf("feasible");
    for (int m = 0; m < N_METRICS; m++) {
        printf(",%s", METRICS[m].key);
    }
    printf(",crossbars,tiles,macs,reason\n");
    for (size_t p = 0; p < grid->n; p++) {
        const cli_point *point = &grid->points[p];
        for (int i = 0; i < grid->n_axes; i++) {
            cli_csv_text(cli_grid_value(grid, p, i));
            putchar(',');
        }
        printf("%s", point->status == WEFT_OK ? "true" : "false");
        for (int m = 0; m < N_METRICS; m++) {
            cli_csv_real(metric_of(point, m));
        }
        if (point->status == WEFT_OK) {
            printf(",%" PRId64 ",%" PRId64 ",%" PRId64 ",\n", point->total.crossbars,
                   point->total.tiles, point->total.macs);
        } else {
            printf(",,,,");
            cli_csv_text(point->reason);
            putchar('\n');
        }
    }
}

static void point_json(weft_json *json, const cli_grid *grid, size_t p) {
    const cli_point *point = &grid->points[p];
    weft_json_object_begin(json);
    for (int i = 0; i < grid->n_axes; i++) {
        weft_json_member_text(json, grid->axes[i].name, cli_grid_value(grid, p, i));
    }
    weft_json_member_bool(json, "feasible", point->status == WEFT_OK);
    if (point->status != WEFT_OK) {
        weft_json_member_text(json, "reason", point->reason);
    } else {
        for (int m = 0; m < N_METRICS; m++) {
            weft_json_member_real(json, METRICS[m].key, metric_of(point, m));
        }
        weft_json_member_integer(json, "crossbars", point->total.crossbars);
        weft_json_member_integer(json, "tiles", point->total.tiles);
        weft_json_member_integer(json, "macs", point->total.macs);
    }
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const cli_grid *grid) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_key(json, "axes");
    weft_json_array_begin(json);
    for (int i = 0; i < grid->n_axes; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "name", grid->axes[i].name);
        weft_json_key(json, "values");
        weft_json_array_begin(json);
        for (int k = 0; k < grid->axes[i].n; k++) {
            weft_json_text(json, grid->axes[i].values[k]);
        }
        weft_json_array_end(json);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_member_text(json, "operation", cli_operation);
    weft_json_key(json, "points");
    weft_json_array_begin(json);
    for (size_t p = 0; p < grid->n; p++) {
        point_json(json, grid, p);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* ---- figure ---------------------------------------------------------------------------------- */

/* The points in the order of a figure: x is the first --over, each combination of the other axes a
 * line. */
typedef struct plot {
    int x_axis;
    int n_lines;
    char **lines;
    double *x, *y;
    char unit[16];
} plot;

static int first_over(const cli_grid *grid) {
    int found = -1;
    for (int i = 0; i < grid->n_axes; i++) {
        bool over = grid->axes[i].kind == CLI_AXIS_PATH || grid->axes[i].n > 1;
        bool better = found < 0 || (grid->axes[found].kind != CLI_AXIS_PATH &&
                                    grid->axes[i].kind == CLI_AXIS_PATH);
        found = over && better ? i : found;
    }
    return found;
}

/* The values of an axis as numbers with one unit; false where they are words. */
static bool read_numbers(const cli_axis *axis, double *x, char *unit, size_t size) {
    for (int k = 0; k < axis->n; k++) {
        char *end = NULL;
        x[k] = weft_real_parse(axis->values[k], &end);
        end += strspn(end, " ");
        if (end == axis->values[k] || (k > 0 && strcmp(end, unit) != 0) || strlen(end) >= size) {
            return false;
        }
        snprintf(unit, size, "%s", end);
    }
    return axis->kind == CLI_AXIS_PATH;
}

/* Which line a point is on: its place in the grid without the axis of x. */
static size_t line_of(const cli_grid *grid, int x_axis, size_t point) {
    size_t line = 0;
    for (int i = 0; i < grid->n_axes; i++) {
        if (i != x_axis) {
            line = line * (size_t)grid->axes[i].n + (size_t)cli_grid_place(grid, point, i);
        }
    }
    return line;
}

static bool tells_lines(const cli_grid *grid, int x_axis, int i) {
    return i != x_axis && grid->axes[i].n > 1;
}

/* "resnet18, cell.bits 2": the values of the axes that tell lines apart, with the names of parameters
 * where there are several; or all their names. */
static void join(const cli_grid *grid, int x_axis, bool names, size_t point, char *text,
                 size_t size) {
    int several = 0;
    for (int i = 0; i < grid->n_axes; i++) {
        several += tells_lines(grid, x_axis, i);
    }
    text[0] = '\0';
    for (int i = 0; i < grid->n_axes; i++) {
        if (tells_lines(grid, x_axis, i)) {
            size_t used = strlen(text);
            bool named = names || (several > 1 && grid->axes[i].kind == CLI_AXIS_PATH);
            snprintf(text + used, size - used, "%s%s%s%s", used > 0 ? ", " : "",
                     named ? grid->axes[i].name : "", named && !names ? " " : "",
                     names ? "" : cli_grid_value(grid, point, i));
        }
    }
}

static weft_status fill_plot(cli_call *call, const cli_grid *grid, int metric, plot *made) {
    int n_x = grid->axes[made->x_axis].n;
    made->n_lines = (int)(grid->n / (size_t)n_x);
    made->x = calloc((size_t)n_x, sizeof *made->x);
    made->y = calloc(grid->n, sizeof *made->y);
    made->lines = calloc((size_t)made->n_lines, sizeof *made->lines);
    if (made->x == NULL || made->y == NULL || made->lines == NULL) {
        return weft_fail_memory(&call->error, grid->n * sizeof *made->y);
    }
    for (size_t p = 0; p < grid->n; p++) {
        size_t line = line_of(grid, made->x_axis, p);
        int k = cli_grid_place(grid, p, made->x_axis);
        made->y[line * (size_t)n_x + (size_t)k] = metric_of(&grid->points[p], metric);
        if (made->lines[line] == NULL) {
            char text[200];
            join(grid, made->x_axis, false, p, text, sizeof text);
            made->lines[line] = strdup(text);
            if (made->lines[line] == NULL) {
                return weft_fail_memory(&call->error, sizeof text);
            }
        }
    }
    return WEFT_OK;
}

static weft_status draw(cli_call *call, const cli_grid *grid, const sweep_arguments *arguments) {
    plot made = {.x_axis = first_over(grid)};
    const struct metric *metric = &METRICS[arguments->metric];
    weft_status status = fill_plot(call, grid, arguments->metric, &made);
    if (status == WEFT_OK) {
        const cli_axis *axis = &grid->axes[made.x_axis];
        bool numbers = read_numbers(axis, made.x, made.unit, sizeof made.unit);
        char title[400], names[200], x_name[sizeof axis->name];
        snprintf(x_name, sizeof x_name, "%.*s", (int)strcspn(axis->name, "+"), axis->name);
        join(grid, made.x_axis, true, 0, names, sizeof names);
        snprintf(title, sizeof title, "%s over %s%s%s", metric->name, x_name,
                 names[0] == '\0' ? "" : " by ", names);
        weft_report_sweep sweep = {
            .title = title,
            .x_name = x_name,
            .x_unit = made.unit,
            .x = numbers ? made.x : NULL,
            .x_words = (const char *const *)axis->values,
            .n_x = axis->n,
            .y_name = metric->name,
            .y_unit = metric->unit,
            .y_plain = metric->plain,
            .line_name = made.n_lines > 1 ? names : NULL,
            .lines = (const char *const *)made.lines,
            .n_lines = made.n_lines,
            .y = made.y,
        };
        status = weft_report_sweep_write(&sweep, arguments->svg, &call->error);
    }
    for (int i = 0; made.lines != NULL && i < made.n_lines; i++) {
        free(made.lines[i]);
    }
    free(made.lines);
    free(made.x);
    free(made.y);
    return status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static void print_count(const cli_grid *grid) {
    printf("%zu points:", grid->n);
    for (int i = 0; i < grid->n_axes; i++) {
        printf("%s %d %s", i == 0 ? "" : " x", grid->axes[i].n, grid->axes[i].name);
    }
    printf("\n");
}

static weft_status check_feasible(cli_call *call, const cli_grid *grid) {
    for (size_t p = 0; p < grid->n; p++) {
        if (grid->points[p].status == WEFT_OK) {
            return WEFT_OK;
        }
    }
    return weft_fail(&call->error, WEFT_ERROR_INFEASIBLE, "none of %zu points is feasible: %.300s",
                     grid->n, grid->points[0].reason);
}

static weft_status print_points(cli_call *call, const cli_grid *grid,
                                const sweep_arguments *arguments) {
    if (arguments->json) {
        return print_json(call, grid);
    }
    if (arguments->csv) {
        print_csv(grid);
        return WEFT_OK;
    }
    return print_table(call, grid, arguments->metric);
}

static weft_status sweep(cli_call *call, const sweep_arguments *arguments, cli_grid *grid) {
    WEFT_TRY(cli_grid_read(call, arguments->chip, grid));
    if (arguments->svg != NULL && first_over(grid) < 0) {
        return cli_usage(call, "--svg draws over a parameter: --over is missing");
    }
    if (arguments->dry_run) {
        print_count(grid);
        return WEFT_OK;
    }
    WEFT_TRY(cli_grid_run(call, grid, arguments->threads));
    if (arguments->svg != NULL) {
        WEFT_TRY(draw(call, grid, arguments));
    }
    WEFT_TRY(print_points(call, grid, arguments));
    return check_feasible(call, grid);
}

static weft_status run(cli_call *call, void *opaque) {
    const sweep_arguments *arguments = opaque;
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    cli_grid grid = {0};
    weft_status status = sweep(call, arguments, &grid);
    cli_grid_free(&grid);
    return status;
}

#define MEMBER(member) .offset = offsetof(sweep_arguments, member)

static const cli_option OPTIONS[] = {
    {"chip", 'c', CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP,
     .help = "A chip by name ('weft chip list') or a YAML file; several: --over chip=a,b."},
    {"set", 's', CLI_TEXT, "PATH=VALUE", MEMBER(set),
     .help = "Changes a value of every chip first; may be given several times."},
    {"over", 'o', CLI_TEXT, "PATH=VALUES", MEMBER(over),
     .help =
         "A parameter and its values: a list (1,2,4), a range (8..64, 8..64..8, 16..256..x2), or "
         "both; with units where the parameter has them (1..5 ns). PATH is one of 'weft chip "
         "show', several joined by + (they get the same value), network, or chip. May be given "
         "several times."},
    {"metric", 'm', CLI_CHOICE, "METRIC", MEMBER(metric), .words = METRIC_WORDS,
     .values = CLI_VALUES_WORDS,
     .help = "What the figure shows; the table has a column of it, too."},
    {"svg", 0, CLI_TEXT, "FILE", MEMBER(svg), .values = CLI_VALUES_FILE,
     .help = "Writes a figure: the first --over across, a line for each value of the others."},
    {"threads", 't', CLI_THREADS, "N", MEMBER(threads),
     .help = "How many threads work; the result is the same for any number."},
    {"dry-run", 'n', CLI_FLAG, MEMBER(dry_run),
     .help = "Prints how many points there are, and ends."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
    {"csv", 0, CLI_FLAG, MEMBER(csv),
     .help = "Prints CSV: the axes, feasible, energy_j, latency_s, interval_s, area_mm2, power_w, "
             "peak_power_w, tops, tops_w, tops_mm2, edap_j_s_mm2, utilisation, crossbars, tiles, "
             "macs, reason."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL, CLI_NETWORK_HELP},
};

static const char *const EXAMPLES[] = {
    "weft sweep imc:V32,V64 --chip mnsim-130nm-rram --over pe.adc=aspdac-4b,aspdac-6b,isaac-8b",
    "weft sweep vgg8 resnet20 --chip generic-rram --over input_bits=2..8 --svg "
    "energy.svg",
    "weft sweep vgg8 --chip mnsim-130nm-rram --over "
    "crossbar.rows+crossbar.subarray_rows=64..512..x2 --over cell.bits=1,2,4 --metric edap --csv",
    NULL,
};

static void defaults(void *opaque) {
    ((sweep_arguments *)opaque)->threads = cli_cores();
}

const cli_command cli_sweep = {
    .name = "sweep",
    .summary = "What networks cost over a grid of chip parameters",
    .usage = "NETWORK... --chip CHIP --over PATH=VALUES [--over ...] [options]",
    .text =
        "Works out every combination of networks, chips and parameter values, and prints a row for "
        "each: energy, latency, area, power, TOPS/W, TOPS/mm2, EDAP, use of the crossbars. A "
        "combination that does not fit is a row with its reason. Rows come in the order of the "
        "axes, the last one fastest: networks, chip, then each --over as it was given.\n\n"
        "An unknown path or a value outside its range ends the sweep before it starts. Exit code 1 "
        "says that no point at all is feasible.",
    .json =
        "an object with axes (name, values), operation (what TOPS count) and points: for each the "
        "value of every axis, feasible, and either reason or energy_j, latency_s, interval_s, "
        "area_mm2, power_w, peak_power_w, tops, tops_w, tops_mm2, edap_j_s_mm2, utilisation, "
        "crossbars, tiles and macs.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 0,
    .max_operands = -1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(sweep_arguments),
    .defaults = defaults,
    .run = run,
};
