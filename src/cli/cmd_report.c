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

static void pick_row(cli_table *table, const char *store, const weft_problem_info *info,
                     const weft_pick *pick, const weft_trial *trial) {
    cli_table_cell(table, "%s", store);
    cli_table_cell(table, "%s", data_of(info));
    cli_table_cell(table, "%s", pick->objective);
    cli_table_cell(table, "%s", trial->description);
    cli_table_cell(table, "%d", pick->depth);
    cli_table_cell(table, "%d/%d/%d", pick->blocks[0], pick->blocks[1], pick->blocks[2]);
    cli_table_cell(table, "%.4g", pick->mean_kernels);
    const double accuracies[] = {trial->metrics[WEFT_METRIC_ACCURACY], trial->test_accuracy};
    for (int i = 0; i < 2; i++) {
        if (isnan(accuracies[i])) {
            cli_table_cell(table, "-");
        } else {
            cli_table_cell(table, "%.4f", accuracies[i]);
        }
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

/* The picks of one store, added to the table or the JSON array. */
static weft_status add_picks(cli_call *call, const char *store, cli_table *table, weft_json *json) {
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(store, &study, &call->error));
    const weft_problem_info *info = weft_problem_get_info(weft_study_get_problem(study));
    weft_pick picks[WEFT_MAX_PICKS];
    int n = 0;
    weft_status status = weft_report_picks(study, picks, &n, &call->error);
    for (int i = 0; status == WEFT_OK && i < n; i++) {
        const weft_trial *trial = weft_study_get_trial(study, picks[i].trial);
        if (json != NULL) {
            pick_json(json, store, info, &picks[i], trial);
        } else {
            pick_row(table, store, info, &picks[i], trial);
        }
    }
    weft_study_close(study);
    return status;
}

static weft_status print_picks(cli_call *call) {
    static const char *const HEADERS[] = {"store",         "data",    "objective",    "design",
                                          "depth",         "V/M/R",   "mean kernels", "accuracy",
                                          "test accuracy", "latency", "energy"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "llllrlrrrrr");
    weft_status status = WEFT_OK;
    for (int i = 0; status == WEFT_OK && i < call->n_operands; i++) {
        status = add_picks(call, call->operands[i], &table, NULL);
    }
    weft_status printed = cli_table_print_markdown(&table, call);
    return status != WEFT_OK ? status : printed;
}

static weft_status print_picks_json(cli_call *call) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_array_begin(json);
    weft_status status = WEFT_OK;
    for (int i = 0; status == WEFT_OK && i < call->n_operands; i++) {
        status = add_picks(call, call->operands[i], NULL, json);
    }
    weft_json_array_end(json);
    if (status != WEFT_OK) {
        weft_json_destroy(json);
        return status;
    }
    return cli_json_print(call, json);
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
    return arguments->json ? print_picks_json(call) : print_picks(call);
}

const cli_command cli_report = {
    .name = "report",
    .summary = "A page with the figures of a study; what each objective picks",
    .usage = "STORE... [options]",
    .text =
        "Writes one self-contained HTML page (index.html) and its figures as SVG: the fronts, "
        "the hypervolume over the trials, energy and latency by layer and component, the table "
        "of the front and the table of picks. Prints the path of the page.\n\n"
        "With --picks nothing is written: for each store and objective it prints the depth, the "
        "count of VGG, MVGG and RES blocks, the mean of the kernels and the costs of the design "
        "that the objective picks.",
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
