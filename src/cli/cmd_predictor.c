/* SPDX-License-Identifier: Apache-2.0
 * weft predictor: perceptrons, tables and surrogates that say accuracies; what stands in one, taking in
 * weights, comparing predictions with given ones. */
#include <math.h>
#include <string.h>

#include "base/share.h"
#include "cli/predictor.h"

static const cli_operand PREDICTOR_OPERANDS[] = {
    {"PREDICTOR", CLI_VALUES_PREDICTOR, NULL,
     "A predictor or table by name (ofa-mobilenetv3-imagenet) or a YAML file."},
};

/* ---- list ------------------------------------------------------------------------------------ */

typedef struct list_arguments {
    bool json;
} list_arguments;

static const cli_option LIST_OPTIONS[] = {
    {"json", 0, CLI_FLAG, .offset = offsetof(list_arguments, json), .help = "Prints JSON."},
};

static void list_one(void *context, const char *name) {
    cli_listing *list = context;
    weft_predictor *predictor = NULL;
    weft_predictor_about about = {.kind = "", .description = list->call->error.message};
    weft_status status = weft_predictor_read(name, &predictor, &list->call->error);
    if (status == WEFT_OK) {
        weft_predictor_get_about(predictor, &about);
    } else {
        list->status = status;
    }
    if (list->json != NULL) {
        weft_json_object_begin(list->json);
        weft_json_member_text(list->json, "predictor", name);
        weft_json_member_text(list->json, "kind", about.kind);
        weft_json_member_text(list->json, "description", about.description);
        weft_json_object_end(list->json);
    } else {
        cli_table_cell(&list->table, "%s", name);
        cli_table_cell(&list->table, "%s", about.kind);
        cli_table_cell(&list->table, "%s", about.description);
    }
    weft_predictor_destroy(predictor);
}

static weft_status run_list(cli_call *call, void *opaque) {
    static const char *const HEADERS[] = {"predictor", "kind", "description"};
    const list_arguments *arguments = opaque;
    const cli_listed listed = {
        .kind = "predictors", .headers = HEADERS, .align = "lll", .row = list_one};
    return cli_list_share(call, arguments->json, &listed);
}

static const char *const LIST_EXAMPLES[] = {"weft predictor list", NULL};

const cli_command cli_predictor_list = {
    .name = "predictor list",
    .summary = "The predictors and tables of accuracies that Weft can read",
    .usage = "[options]",
    .text = "Prints name, kind and description of every file of share/weft/predictors. They say "
            "how genes become inputs, or which columns they are; weights and figures are the "
            "user's.",
    .json = "an array of objects with predictor, kind (mlp or table) and description.",
    .examples = LIST_EXAMPLES,
    .options = LIST_OPTIONS,
    .n_options = sizeof LIST_OPTIONS / sizeof LIST_OPTIONS[0],
    .size = sizeof(list_arguments),
    .run = run_list,
};

/* ---- show ------------------------------------------------------------------------------------ */

typedef struct show_arguments {
    bool json;
} show_arguments;

static const cli_option SHOW_OPTIONS[] = {
    {"json", 0, CLI_FLAG, .offset = offsetof(show_arguments, json), .help = "Prints JSON."},
};

static void print_line(const char *word, const char *text) {
    if (text[0] != '\0') {
        printf("%-12s %s\n", word, text);
    }
}

static weft_status print_layers(cli_call *call, const weft_predictor *predictor) {
    static const char *const HEADERS[] = {"layer",      "inputs", "outputs",
                                          "activation", "weight", "bias"};
    cli_table table;
    weft_predictor_layer_about layer;
    int branches = 0;
    cli_table_begin(&table, HEADERS, "lrrlll");
    for (int i = 0; weft_predictor_get_layer(predictor, i, &layer); i++) {
        branches += layer.is_branch;
        if (layer.is_branch) {
            cli_table_cell(&table, "1, branch %d", i + 1);
        } else {
            cli_table_cell(&table, "%d", i - branches + 2);
        }
        cli_table_cell(&table, "%d", layer.inputs);
        cli_table_cell(&table, "%d", layer.outputs);
        cli_table_cell(&table, "%s", layer.activation);
        cli_table_cell(&table, "%s", layer.weight);
        cli_table_cell(&table, "%s", layer.bias[0] == '\0' ? "-" : layer.bias);
    }
    return cli_table_print(&table, call);
}

static weft_status print_features(cli_call *call, const weft_predictor *predictor) {
    static const char *const HEADERS[] = {"branch", "inputs", "genes", "names", "values", "rules"};
    cli_table table;
    weft_predictor_feature feature;
    cli_table_begin(&table, HEADERS, "rlrlll");
    for (int i = 0; weft_predictor_get_feature(predictor, i, &feature); i++) {
        cli_table_cell(&table, "%d", feature.branch + 1);
        cli_table_cell(&table, "%lld..%lld", (long long)feature.first,
                       (long long)feature.first + feature.inputs - 1);
        cli_table_cell(&table, "%d", feature.genes);
        cli_table_cell(&table, "%s", feature.names[0] == '\0' ? "-" : feature.names);
        cli_table_cell(&table, "%.60s%s", feature.values, strlen(feature.values) > 60 ? "..." : "");
        cli_table_cell(&table, "%s", feature.rules);
    }
    return cli_table_print(&table, call);
}

static weft_status print_columns(cli_call *call, const weft_predictor *predictor) {
    static const char *const HEADERS[] = {"column", "genes", "names", "values"};
    cli_table table;
    weft_predictor_feature feature;
    cli_table_begin(&table, HEADERS, "lrll");
    for (int i = 0; weft_predictor_get_feature(predictor, i, &feature); i++) {
        cli_table_cell(&table, "%s", feature.column);
        cli_table_cell(&table, "%d", feature.genes);
        cli_table_cell(&table, "%s", feature.names);
        cli_table_cell(&table, "%s", feature.values[0] == '\0' ? "as they are" : feature.values);
    }
    return cli_table_print(&table, call);
}

/* A curve over NN-Degree has no inputs of its own. */
static weft_status print_curve(cli_call *call) {
    weft_theta theta;
    weft_theta_about about;
    WEFT_TRY(weft_theta_read(call->operands[0], &theta, &about, &call->error));
    printf("curve        1 / (%.6g + exp(%.6g / g + %.6g)), g: NN-Degree\n", theta.a, theta.b,
           theta.c);
    printf("fitted to    %d networks, degree %.4g to %.4g\n", theta.n, theta.lowest, theta.highest);
    printf("error        %.4f, left out one by one %.4f\n", theta.rmse, theta.loo);
    return WEFT_OK;
}

static weft_status show_text(cli_call *call, const weft_predictor *predictor,
                             const weft_predictor_about *about) {
    bool is_table = strcmp(about->kind, "table") == 0;
    printf("predictor    %s (%s)\n", about->name, about->kind);
    print_line("description", about->description);
    print_line("source", about->source);
    print_line("measures", about->measure);
    printf("%-12s %.10g + %.10g x %s%s\n", "accuracy", about->offset, about->scale,
           is_table ? "column " : "output", is_table ? about->column : "");
    if (strcmp(about->kind, "topology") == 0) {
        return print_curve(call);
    }
    print_line("ignores", about->ignore);
    print_line(is_table ? "figures" : "weights", is_table ? about->csv : about->weights);
    if (is_table) {
        if (about->rows > 0) {
            printf("%-12s %lld\n", "rows", (long long)about->rows);
        }
        printf("\n");
        cli_heading(call, "Key");
        return print_columns(call, predictor);
    }
    printf("%-12s %lld\n", "inputs", (long long)about->inputs);
    printf("%-12s %lld\n\n", "parameters", (long long)about->params);
    cli_heading(call, "Layers");
    WEFT_TRY(print_layers(call, predictor));
    printf("\n");
    cli_heading(call, "Inputs");
    return print_features(call, predictor);
}

static void features_json(weft_json *json, const weft_predictor *predictor, bool is_table) {
    weft_predictor_feature feature;
    weft_json_key(json, is_table ? "keys" : "features");
    weft_json_array_begin(json);
    for (int i = 0; weft_predictor_get_feature(predictor, i, &feature); i++) {
        weft_json_object_begin(json);
        if (is_table) {
            weft_json_member_text(json, "column", feature.column);
        } else {
            weft_json_member_integer(json, "branch", feature.branch + 1);
            weft_json_member_integer(json, "first", feature.first);
            weft_json_member_integer(json, "inputs", feature.inputs);
        }
        weft_json_member_integer(json, "genes", feature.genes);
        weft_json_member_text(json, "names", feature.names);
        weft_json_member_text(json, "values", feature.values);
        if (!is_table) {
            weft_json_member_text(json, "rules", feature.rules);
        }
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static void layers_json(weft_json *json, const weft_predictor *predictor) {
    weft_predictor_layer_about layer;
    weft_json_key(json, "layers");
    weft_json_array_begin(json);
    for (int i = 0; weft_predictor_get_layer(predictor, i, &layer); i++) {
        weft_json_object_begin(json);
        weft_json_member_bool(json, "branch", layer.is_branch);
        weft_json_member_integer(json, "inputs", layer.inputs);
        weft_json_member_integer(json, "outputs", layer.outputs);
        weft_json_member_text(json, "activation", layer.activation);
        weft_json_member_text(json, "weight", layer.weight);
        weft_json_member_text(json, "bias", layer.bias[0] == '\0' ? NULL : layer.bias);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status show_json(cli_call *call, const weft_predictor *predictor,
                             const weft_predictor_about *about) {
    bool is_table = strcmp(about->kind, "table") == 0;
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "predictor", about->name);
    weft_json_member_text(json, "kind", about->kind);
    weft_json_member_text(json, "description", about->description);
    weft_json_member_text(json, "source", about->source);
    weft_json_member_text(json, "measures", about->measure);
    weft_json_member_real(json, "offset", about->offset);
    weft_json_member_real(json, "scale", about->scale);
    weft_json_member_text(json, "ignore", about->ignore);
    if (is_table) {
        weft_json_member_text(json, "csv", about->csv[0] == '\0' ? NULL : about->csv);
        weft_json_member_text(json, "column", about->column);
        weft_json_member_integer(json, "rows", about->rows);
    } else {
        weft_json_member_text(json, "weights", about->weights[0] == '\0' ? NULL : about->weights);
        weft_json_member_integer(json, "inputs", about->inputs);
        weft_json_member_integer(json, "params", about->params);
        weft_json_member_bool(json, "has_blind", about->has_blind);
        layers_json(json, predictor);
    }
    features_json(json, predictor, is_table);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* The genes of a surrogate, with what it knows of them. */
static weft_status surrogate_genes(cli_call *call, const weft_surrogate *surrogate) {
    static const char *const HEADERS[] = {"gene", "values"};
    cli_table table;
    char values[300];
    const char *name = NULL;
    cli_table_begin(&table, HEADERS, "ll");
    for (int i = 0; (name = weft_surrogate_gene(surrogate, i, values, sizeof values)) != NULL;
         i++) {
        cli_table_cell(&table, "%s", name);
        cli_table_cell(&table, "%s", values);
    }
    return cli_table_print(&table, call);
}

static weft_status surrogate_json(cli_call *call, const char *path, const weft_surrogate *surrogate,
                                  const weft_surrogate_about *about,
                                  const weft_surrogate_report *report) {
    char values[300];
    const char *name = NULL;
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "predictor", path);
    weft_json_member_text(json, "kind", "predictor");
    weft_json_member_text(json, "model", about->model);
    weft_json_member_text(json, "loss", weft_loss_names()[about->loss]);
    weft_json_member_bool(json, "warp", about->warp);
    weft_json_member_integer(json, "seed", (int64_t)about->seed);
    weft_json_member_text(json, "measures", about->measure);
    weft_json_member_integer(json, "inputs", about->inputs);
    cli_report_json(json, report);
    weft_json_key(json, "genes");
    weft_json_object_begin(json);
    for (int i = 0; (name = weft_surrogate_gene(surrogate, i, values, sizeof values)) != NULL;
         i++) {
        weft_json_member_text(json, name, values);
    }
    weft_json_object_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status show_surrogate(cli_call *call, const show_arguments *arguments) {
    weft_surrogate *surrogate = NULL;
    weft_surrogate_about about;
    weft_surrogate_report report;
    weft_status status;
    WEFT_TRY(weft_surrogate_read(call->operands[0], &surrogate, &call->error));
    weft_surrogate_get_about(surrogate, &about);
    weft_surrogate_get_report(surrogate, &report);
    if (arguments->json) {
        status = surrogate_json(call, call->operands[0], surrogate, &about, &report);
    } else {
        printf("predictor    %s (fitted)\n", call->operands[0]);
        print_line("measures", about.measure);
        printf("model        %s, fitted to %d designs, %s\n", about.model, report.n,
               about.warp ? "by the ranks of their accuracies" : "by their accuracies");
        printf("%-12s %d of %d genes\n", "inputs", about.inputs, about.genes);
        cli_report_print(&report);
        printf("%-12s %g: %s\n\n", "bar", report.bar,
               report.usable ? "a search may use it" : "a search refuses it without `force: true`");
        status = surrogate_genes(call, surrogate);
    }
    weft_surrogate_destroy(surrogate);
    return status;
}

static weft_status run_show(cli_call *call, void *opaque) {
    const show_arguments *arguments = opaque;
    if (weft_surrogate_is(call->operands[0])) {
        return show_surrogate(call, arguments);
    }
    weft_predictor *predictor = NULL;
    weft_predictor_about about;
    WEFT_TRY(weft_predictor_read(call->operands[0], &predictor, &call->error));
    weft_predictor_get_about(predictor, &about);
    weft_status status = arguments->json ? show_json(call, predictor, &about)
                                         : show_text(call, predictor, &about);
    weft_predictor_destroy(predictor);
    return status;
}

static const char *const SHOW_EXAMPLES[] = {"weft predictor show apq-proxyless-imagenet", NULL};

const cli_command cli_predictor_show = {
    .name = "predictor show",
    .summary = "What a predictor is fed and of which layers it is; the columns of a table",
    .usage = "PREDICTOR [options]",
    .text =
        "Prints the source of a predictor, its layers with the arrays that they take, and which "
        "genes become which inputs; of a table, which genes make its key.",
    .json = "an object with predictor, kind, description, source, measures, offset, scale, ignore; "
            "mlp: weights (null: none named), inputs, params, has_blind, layers (branch, inputs, "
            "outputs, activation, weight, bias), features (branch, first, inputs, genes, names, "
            "values, rules); table: csv, column, rows (0: any number), keys (column, genes, names, "
            "values). A fitted one: predictor, kind, model, loss, warp, seed, measures, inputs, "
            "the figures of `predictor fit`, genes (values by name).",
    .examples = SHOW_EXAMPLES,
    .operands = PREDICTOR_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = SHOW_OPTIONS,
    .n_options = sizeof SHOW_OPTIONS / sizeof SHOW_OPTIONS[0],
    .size = sizeof(show_arguments),
    .run = run_show,
};

/* ---- import ---------------------------------------------------------------------------------- */

typedef struct import_arguments {
    weft_predictor_import_settings import;
    bool json;
} import_arguments;

static const cli_option IMPORT_OPTIONS[] = {
    {"out", 'o', CLI_TEXT, "FOLDER", .offset = offsetof(import_arguments, import.folder),
     .values = CLI_VALUES_FOLDER, .unset = ".", .help = "Where the two files are written."},
    {"name", 'n', CLI_TEXT, "NAME", .offset = offsetof(import_arguments, import.name),
     .unset = "the encoding's", .help = "The name of the predictor and of its files."},
    {"replace", 0, CLI_FLAG, .offset = offsetof(import_arguments, import.replace),
     .help = "Replaces files of that name."},
    {"json", 0, CLI_FLAG, .offset = offsetof(import_arguments, json), .help = "Prints JSON."},
};

static const cli_operand IMPORT_OPERANDS[] = {
    {"PREDICTOR", CLI_VALUES_PREDICTOR, NULL,
     "The encoding: a predictor by name (apq-proxyless-imagenet) or a YAML file."},
    {"WEIGHTS", CLI_VALUES_FILE, NULL,
     "The weights: a .npz, .npy or .safetensors file, or a folder of .npy files."},
};

static void import_defaults(void *opaque) {
    import_arguments *arguments = opaque;
    arguments->import.folder = ".";
    arguments->import.name = "";
}

static weft_status run_import(cli_call *call, void *opaque) {
    import_arguments *arguments = opaque;
    weft_predictor_imported imported;
    arguments->import.encoding = call->operands[0];
    arguments->import.weights = call->operands[1];
    WEFT_TRY(weft_predictor_import(&arguments->import, &imported, &call->error));
    if (!arguments->json) {
        printf("%s\n", imported.path);
        cli_note(call,
                 "%d arrays, %lld parameters, all finite; %d arrays of the file are not needed",
                 imported.arrays, (long long)imported.params, imported.left_out);
        return WEFT_OK;
    }
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "path", imported.path);
    weft_json_member_text(json, "sha256", imported.sha256);
    weft_json_member_integer(json, "arrays", imported.arrays);
    weft_json_member_integer(json, "left_out", imported.left_out);
    weft_json_member_integer(json, "params", imported.params);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static const char *const IMPORT_EXAMPLES[] = {
    "weft predictor import apq-proxyless-imagenet acc_quant.npz --out predictors",
    "weft predictor import ./my-encoding.yaml weights.safetensors --name mine",
    NULL,
};

const cli_command cli_predictor_import = {
    .name = "predictor import",
    .summary = "Makes a predictor of an encoding and weights of yours",
    .usage = "PREDICTOR WEIGHTS [options]",
    .text =
        "Takes the arrays that the encoding names from the weights, checks their shapes and "
        "that every value is finite, and writes NAME.safetensors and NAME.yaml. The path of the "
        "latter, which is printed, is what `file` of a problem's accuracy takes.",
    .json = "an object with path, sha256 (of the weights' file), arrays, left_out and params.",
    .examples = IMPORT_EXAMPLES,
    .operands = IMPORT_OPERANDS,
    .n_operands = 2,
    .min_operands = 2,
    .max_operands = 2,
    .options = IMPORT_OPTIONS,
    .n_options = sizeof IMPORT_OPTIONS / sizeof IMPORT_OPTIONS[0],
    .size = sizeof(import_arguments),
    .defaults = import_defaults,
    .run = run_import,
};

/* ---- check ----------------------------------------------------------------------------------- */

typedef struct check_arguments {
    weft_predictor_check_settings check;
    const char *table; /* of a fitted one */
    double tolerance;
    bool json;
} check_arguments;

static const cli_option CHECK_OPTIONS[] = {
    {"weights", 'w', CLI_TEXT, "FILE", .offset = offsetof(check_arguments, check.weights),
     .values = CLI_VALUES_FILE, .unset = "what the predictor names",
     .help = "The weights of a perceptron."},
    {"csv", 0, CLI_TEXT, "FILE", .offset = offsetof(check_arguments, check.csv),
     .values = CLI_VALUES_FILE, .unset = "what the table names",
     .help = "The figures of a table, CSV or JSON."},
    {"table", 0, CLI_TEXT, "TABLE", .offset = offsetof(check_arguments, table),
     .values = CLI_VALUES_PREDICTOR, .unset = "each column is a gene",
     .help = "Of a fitted predictor: the table that says what the columns of GOLDEN are."},
    {"column", 0, CLI_TEXT, "NAME", .offset = offsetof(check_arguments, check.column),
     .unset = "accuracy, prediction or pred",
     .help = "The column of the given accuracies, of a file without --table."},
    {"percent", 0, CLI_FLAG, .offset = offsetof(check_arguments, check.percent),
     .help = "The given accuracies are percentages, of a file without --table."},
    {"ignore", 0, CLI_TEXT, "NAMES", .offset = offsetof(check_arguments, check.ignore),
     .unset = "none", .help = "Columns that are no genes of the predictor: \"index *_ms\"."},
    {"blind-bits", 0, CLI_FLAG, .offset = offsetof(check_arguments, check.blind_bits),
     .help = "Feeds the bits that the predictor calls blind, whatever the genes say."},
    {"tolerance", 't', CLI_REAL, "SHARE", .offset = offsetof(check_arguments, tolerance), 0, 1,
     .help = "The largest difference that is right."},
    {"json", 0, CLI_FLAG, .offset = offsetof(check_arguments, json), .help = "Prints JSON."},
};

static const cli_operand CHECK_OPERANDS[] = {
    {"PREDICTOR", CLI_VALUES_PREDICTOR, NULL,
     "A predictor or table by name (ofa-mobilenetv3-imagenet) or a YAML file; what `predictor fit` "
     "wrote, too."},
    {"GOLDEN", CLI_VALUES_FILE, NULL,
     "Designs with their accuracies: a CSV file with a row of names, or a JSON array of objects. "
     "Each column is a gene; a JSON array of values stands for the genes NAME1, NAME2, ... For a "
     "fitted one a store, too."},
};

static void check_defaults(void *opaque) {
    check_arguments *arguments = opaque;
    arguments->check.weights = "";
    arguments->check.csv = "";
    arguments->check.column = "";
    arguments->check.ignore = "";
    arguments->table = "";
    arguments->tolerance = 1e-5;
}

static void row_json(void *context, int row, double given, double predicted) {
    weft_json *json = context;
    (void)row;
    weft_json_object_begin(json);
    weft_json_member_real(json, "given", given);
    weft_json_member_real(json, "predicted", predicted);
    weft_json_object_end(json);
}

/* A difference that is too large is a failed evaluation: the exit code says so. */
static weft_status judge(cli_call *call, const check_arguments *arguments,
                         const weft_predictor_checked *checked) {
    if (checked->missing == 0 && checked->worst <= arguments->tolerance) {
        return WEFT_OK;
    }
    if (checked->missing > 0) {
        return weft_fail(&call->error, WEFT_ERROR_EVALUATION, "%d of %d designs have no prediction",
                         checked->missing, checked->n);
    }
    return weft_fail(&call->error, WEFT_ERROR_EVALUATION,
                     "row %d (from 1) is %.3g off, more than %.3g", checked->worst_row + 1,
                     checked->worst, arguments->tolerance);
}

static weft_status check_json(cli_call *call, check_arguments *arguments) {
    weft_json *json = cli_json_create(call);
    weft_predictor_checked checked;
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_key(json, "rows");
    weft_json_array_begin(json);
    arguments->check.each = row_json;
    arguments->check.context = json;
    weft_status status = weft_predictor_check(&arguments->check, &checked, &call->error);
    if (status != WEFT_OK) {
        weft_json_destroy(json);
        return status;
    }
    weft_json_array_end(json);
    weft_json_member_integer(json, "n", checked.n);
    weft_json_member_integer(json, "missing", checked.missing);
    weft_json_member_real(json, "worst", checked.worst);
    weft_json_member_integer(json, "worst_row", checked.worst_row + 1);
    weft_json_member_real(json, "mean", checked.mean);
    weft_json_member_bool(json, "right",
                          checked.missing == 0 && checked.worst <= arguments->tolerance);
    weft_json_object_end(json);
    WEFT_TRY(cli_json_print(call, json));
    return judge(call, arguments, &checked);
}

/* A surrogate is not right or wrong: what counts is how well it tells designs apart. */
static weft_status check_surrogate(cli_call *call, const check_arguments *arguments) {
    static const char *const OF_OTHERS[] = {"weights",    "csv",       "ignore",
                                            "blind-bits", "tolerance", NULL};
    WEFT_TRY(cli_refuse(call, OF_OTHERS, "with a predictor that `weft predictor fit` wrote"));
    weft_design_file file = {.table = arguments->table,
                             .column = arguments->check.column,
                             .percent = arguments->check.percent};
    cli_source source;
    weft_surrogate *surrogate = NULL;
    weft_surrogate_report report = {0};
    WEFT_TRY(weft_surrogate_read(call->operands[0], &surrogate, &call->error));
    weft_status status = cli_source_open(call, call->operands[1], &file, &source);
    if (status == WEFT_OK) {
        status = weft_surrogate_check(surrogate, source.designs, &report, NULL, &call->error);
        cli_source_close(&source);
    }
    weft_surrogate_destroy(surrogate);
    WEFT_TRY(status);
    if (!arguments->json) {
        printf("designs      %d\n", report.n);
        cli_report_print(&report);
    } else {
        weft_json *json = cli_json_create(call);
        if (json == NULL) {
            return call->error.status;
        }
        weft_json_object_begin(json);
        cli_report_json(json, &report);
        weft_json_object_end(json);
        WEFT_TRY(cli_json_print(call, json));
    }
    char fault[200];
    return report.usable ? WEFT_OK
                         : weft_fail(&call->error, WEFT_ERROR_EVALUATION, "%s",
                                     cli_report_fault(&report, fault, sizeof fault));
}

static weft_status run_check(cli_call *call, void *opaque) {
    check_arguments *arguments = opaque;
    weft_predictor_checked checked;
    if (weft_surrogate_is(call->operands[0])) {
        return check_surrogate(call, arguments);
    }
    static const char *const OF_FITTED[] = {"table", NULL};
    WEFT_TRY(cli_refuse(call, OF_FITTED, "but with what `weft predictor fit` wrote"));
    arguments->check.file = call->operands[0];
    arguments->check.golden = call->operands[1];
    if (arguments->json) {
        return check_json(call, arguments);
    }
    WEFT_TRY(weft_predictor_check(&arguments->check, &checked, &call->error));
    printf("%d designs, %d without a prediction; largest difference %.3g (row %d), mean %.3g\n",
           checked.n, checked.missing, checked.worst, checked.worst_row + 1, checked.mean);
    return judge(call, arguments, &checked);
}

static const char *const CHECK_EXAMPLES[] = {
    "weft predictor check ofa-mobilenetv3-imagenet golden.json --weights acc_predictor",
    "weft predictor check ./predictors/mine.yaml golden.csv --tolerance 1e-6",
    NULL,
};

const cli_command cli_predictor_check = {
    .name = "predictor check",
    .summary = "Whether a predictor says what it is known to say",
    .usage = "PREDICTOR GOLDEN [options]",
    .text =
        "Predicts the accuracy of every design of a file and compares it with the one that is "
        "given there. A difference above the tolerance, or a design without a prediction, ends "
        "with exit code 6. Of a predictor that `predictor fit` wrote, how well it tells these "
        "designs apart is printed instead (Kendall's tau, RMSE, coverage of its intervals), and "
        "a tau below its bar ends with exit code 6.",
    .json =
        "an object with rows (given, predicted; null: none), n, missing, worst, worst_row (from "
        "1), mean and right; of a fitted one the figures of `predictor fit`.",
    .examples = CHECK_EXAMPLES,
    .operands = CHECK_OPERANDS,
    .n_operands = 2,
    .min_operands = 2,
    .max_operands = 2,
    .options = CHECK_OPTIONS,
    .n_options = sizeof CHECK_OPTIONS / sizeof CHECK_OPTIONS[0],
    .size = sizeof(check_arguments),
    .defaults = check_defaults,
    .run = run_check,
};
