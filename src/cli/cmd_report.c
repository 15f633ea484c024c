/* SPDX-License-Identifier: Apache-2.0
 * weft report: the page and figures of a study; the table of what each objective picks. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct report_arguments {
    const char *out;
    int64_t trial;
    bool picks, json;
} report_arguments;

#define MEMBER(member) .offset = offsetof(report_arguments, member)

static const cli_option OPTIONS[] = {
    {"out", 'o', CLI_TEXT, "FOLDER", MEMBER(out), .values = CLI_VALUES_FOLDER,
     .unset = "STORE without .db, and -report",
     .help = "The folder that the report is written to."},
    {"trial", 't', CLI_INT64, "N", MEMBER(trial), 0, 1e15, .unset = "the knee of the front",
     .help = "The trial whose layers are drawn."},
    {"picks", 0, CLI_FLAG, MEMBER(picks),
     .help = "Prints what each objective picks, as a Markdown table over all stores given, instead "
             "of writing a report."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"STORE", CLI_VALUES_FILE, NULL, "The store of a study (runs.db); with --picks several."},
};

static const char *const EXAMPLES[] = {
    "weft report runs.db --out report",
    "weft report --picks cifar.db signs.db digits.db",
    NULL,
};

static void defaults(void *opaque) {
    weft_report_settings settings;
    weft_report_defaults(&settings);
    ((report_arguments *)opaque)->trial = settings.design;
}

/* ---- picks ----------------------------------------------------------------------------------- */

static const char *data_of(const weft_problem_info *info) {
    return info->trains && info->accuracy.data != NULL ? info->accuracy.data : "-";
}

/* The picks of a store. */
typedef struct picked {
    const char *store;
    weft_study *study;
    const weft_problem_info *info;
    int n;
    weft_pick picks[WEFT_MAX_PICKS];
} picked;

static const weft_trial *trial_of(const picked *of, int i) {
    return weft_study_get_trial(of->study, of->picks[i].trial);
}

/* Columns that some pick has a value for; the table leaves the others out. */
typedef struct columns {
    bool data, blocks, accuracy, test;
} columns;

static columns choose_columns(const picked *stores, int n) {
    columns found = {false};
    for (int s = 0; s < n; s++) {
        found.data = found.data || data_of(stores[s].info)[0] != '-';
        for (int i = 0; i < stores[s].n; i++) {
            const weft_trial *trial = trial_of(&stores[s], i);
            found.blocks = found.blocks || stores[s].picks[i].depth > 0;
            found.accuracy = found.accuracy || !isnan(trial->metrics[WEFT_METRIC_ACCURACY]);
            found.test = found.test || !isnan(trial->test_accuracy);
        }
    }
    return found;
}

/* Text as a cell of Markdown: a bar would end the cell. */
static void markdown_cell(cli_table *table, const char *text) {
    char cell[2 * WEFT_TRIAL_TEXT];
    size_t used = 0;
    for (; *text != '\0' && used + 3 < sizeof cell; text++) {
        if (*text == '|') {
            cell[used++] = '\\';
        }
        cell[used++] = *text;
    }
    cell[used] = '\0';
    cli_table_cell(table, "%s", cell);
}

static void accuracy_cell(cli_table *table, double accuracy) {
    if (isnan(accuracy)) {
        cli_table_cell(table, "-");
    } else {
        cli_table_cell(table, "%.4f", accuracy);
    }
}

static void blocks_cells(cli_table *table, const weft_pick *pick) {
    if (pick->depth == 0) {
        for (int i = 0; i < 3; i++) {
            cli_table_cell(table, "-");
        }
        return;
    }
    cli_table_cell(table, "%d", pick->depth);
    cli_table_cell(table, "%d/%d/%d", pick->blocks[0], pick->blocks[1], pick->blocks[2]);
    cli_table_cell(table, "%.4g", pick->mean_kernels);
}

static void pick_row(cli_table *table, const columns *shown, const picked *of, int i) {
    const weft_trial *trial = trial_of(of, i);
    markdown_cell(table, of->store);
    if (shown->data) {
        markdown_cell(table, data_of(of->info));
    }
    markdown_cell(table, of->picks[i].objective);
    markdown_cell(table, trial->description);
    if (shown->blocks) {
        blocks_cells(table, &of->picks[i]);
    }
    if (shown->accuracy) {
        accuracy_cell(table, trial->metrics[WEFT_METRIC_ACCURACY]);
    }
    if (shown->test) {
        accuracy_cell(table, trial->test_accuracy);
    }
    cli_table_quantity(table, trial->metrics[WEFT_METRIC_LATENCY], "s");
    cli_table_quantity(table, trial->metrics[WEFT_METRIC_ENERGY], "J");
}

static void pick_json(weft_json *json, const char *store, const weft_problem_info *info,
                      const weft_pick *pick, const weft_trial *trial) {
    static const char *const BLOCKS[] = {"V", "M", "R"};
    weft_json_object_begin(json);
    weft_json_member_text(json, "store", store);
    weft_json_member_text(json, "data", info->trains ? info->accuracy.data : NULL);
    weft_json_member_text(json, "objective", pick->objective);
    weft_json_member_integer(json, "trial", (int64_t)trial->number);
    weft_json_member_text(json, "description", trial->description);
    weft_json_member_integer(json, "depth", pick->depth);
    weft_json_key(json, "blocks");
    weft_json_object_begin(json);
    for (int i = 0; i < 3; i++) {
        weft_json_member_integer(json, BLOCKS[i], pick->blocks[i]);
    }
    weft_json_object_end(json);
    weft_json_member_real(json, "mean_kernels", pick->mean_kernels);
    weft_json_member_real(json, "accuracy", trial->metrics[WEFT_METRIC_ACCURACY]);
    weft_json_member_real(json, "test_accuracy", trial->test_accuracy);
    weft_json_member_real(json, "latency_s", trial->metrics[WEFT_METRIC_LATENCY]);
    weft_json_member_real(json, "energy_j", trial->metrics[WEFT_METRIC_ENERGY]);
    weft_json_object_end(json);
}

static weft_status open_picks(cli_call *call, const char *store, picked *made) {
    made->store = store;
    WEFT_TRY(weft_study_open_read(store, &made->study, &call->error));
    made->info = weft_problem_get_info(weft_study_get_problem(made->study));
    return weft_report_picks(made->study, made->picks, &made->n, &call->error);
}

static weft_status print_table(cli_call *call, const picked *stores, int n) {
    columns shown = choose_columns(stores, n);
    const struct {
        const char *header;
        char align;
        bool shown;
    } all[] = {{"store", 'l', true},
               {"data", 'l', shown.data},
               {"objective", 'l', true},
               {"design", 'l', true},
               {"depth", 'r', shown.blocks},
               {"V/M/R", 'l', shown.blocks},
               {"mean kernels", 'r', shown.blocks},
               {"accuracy", 'r', shown.accuracy},
               {"test accuracy", 'r', shown.test},
               {"latency", 'r', true},
               {"energy", 'r', true}};
    enum { ALL = sizeof all / sizeof all[0] };
    const char *headers[ALL + 1] = {NULL};
    char align[ALL + 1] = "";
    for (int i = 0, used = 0; i < ALL; i++) {
        if (all[i].shown) {
            headers[used] = all[i].header;
            align[used++] = all[i].align;
        }
    }
    cli_table table;
    cli_table_begin(&table, headers, align);
    for (int s = 0; s < n; s++) {
        for (int i = 0; i < stores[s].n; i++) {
            pick_row(&table, &shown, &stores[s], i);
        }
    }
    return cli_table_print_markdown(&table, call);
}

static weft_status print_json(cli_call *call, const picked *stores, int n) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_array_begin(json);
    for (int s = 0; s < n; s++) {
        for (int i = 0; i < stores[s].n; i++) {
            pick_json(json, stores[s].store, stores[s].info, &stores[s].picks[i],
                      trial_of(&stores[s], i));
        }
    }
    weft_json_array_end(json);
    return cli_json_print(call, json);
}

static weft_status print_picks(cli_call *call, bool json) {
    picked *stores = calloc((size_t)call->n_operands, sizeof *stores);
    if (stores == NULL) {
        return weft_fail_memory(&call->error, (size_t)call->n_operands * sizeof *stores);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; status == WEFT_OK && i < call->n_operands; i++) {
        status = open_picks(call, call->operands[i], &stores[i]);
    }
    if (status == WEFT_OK) {
        status = json ? print_json(call, stores, call->n_operands)
                      : print_table(call, stores, call->n_operands);
    }
    for (int i = 0; i < call->n_operands; i++) {
        weft_study_close(stores[i].study);
    }
    free(stores);
    return status;
}

/* ---- the report ------------------------------------------------------------------------------ */

/* "runs.db" gives "runs-report". */
static void default_folder(const char *store, char *folder, size_t size) {
    size_t length = strlen(store);
    if (length > 3 && strcmp(store + length - 3, ".db") == 0) {
        length -= 3;
    }
    snprintf(folder, size, "%.*s-report", (int)length, store);
}

static weft_status write_report(cli_call *call, const report_arguments *arguments) {
    enum { PATH = 4096 };
    char folder[PATH];
    default_folder(call->operands[0], folder, sizeof folder);
    const char *out = arguments->out == NULL ? folder : arguments->out;
    weft_report_settings settings;
    weft_report_defaults(&settings);
    settings.design = arguments->trial;
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_status status = weft_report_write(study, out, &settings, &call->error);
    weft_study_close(study);
    if (status != WEFT_OK) {
        return status;
    }
    if (!arguments->json) {
        printf("%s/index.html\n", out);
        return WEFT_OK;
    }
    char page[PATH + 16];
    snprintf(page, sizeof page, "%s/index.html", out);
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "store", call->operands[0]);
    weft_json_member_text(json, "folder", out);
    weft_json_member_text(json, "report", page);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status run(cli_call *call, void *opaque) {
    const report_arguments *arguments = opaque;
    if (!arguments->picks) {
        if (call->n_operands > 1) {
            return cli_usage(call, "one store at a time, or --picks");
        }
        return write_report(call, arguments);
    }
    if (arguments->out != NULL || cli_given(call, "trial")) {
        return cli_usage(call, "--picks writes no report: --out and --trial have no use with it");
    }
    return print_picks(call, arguments->json);
}

const cli_command cli_report = {
    .name = "report",
    .summary = "A page with the figures of a study; what each objective picks",
    .usage = "STORE... [options]",
    .text =
        "Writes one self-contained HTML page (index.html) and its figures as SVG: the fronts, "
        "the hypervolume over the trials, energy and latency by layer and component, the table "
        "of the front and the table of picks. Prints the path of the page.\n\n"
        "With --picks nothing is written: for each store and objective it prints the costs of the "
        "design that the objective picks, and of the imc family the depth, the count of VGG, MVGG "
        "and RES blocks and the mean of the kernels.",
    .json =
        "an object with store, folder and report (the path of the page). With --picks: an array "
        "of objects with store, data, objective, trial, description, depth, blocks (V, M, R), "
        "mean_kernels, accuracy, test_accuracy, latency_s and energy_j.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = -1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(report_arguments),
    .defaults = defaults,
    .run = run,
};
