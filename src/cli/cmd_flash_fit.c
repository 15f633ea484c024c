/* SPDX-License-Identifier: Apache-2.0
 * weft flash fit, weft flash forms: accuracy over NN-Degree and costs in closed form, from what was
 * trained, estimated or measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* ---- fit --------------------------------------------------------------------------------------- */

typedef struct fit_arguments {
    weft_shape input;
    const char *out, *measure, *source, *svg;
    bool json;
} fit_arguments;

static const cli_option FIT_OPTIONS[] = {
    {"out", 'o', CLI_TEXT, "FILE", .offset = offsetof(fit_arguments, out),
     .values = CLI_VALUES_FILE, .unset = "none",
     .help = "Takes the curve: NAME.yaml, for `accuracy` of a problem in closed form and for the "
             "provider topology."},
    {"measure", 0, CLI_TEXT, "TEXT", .offset = offsetof(fit_arguments, measure),
     .unset = "accuracy", .help = "What the accuracy is one of, for people."},
    {"source", 0, CLI_TEXT, "TEXT", .offset = offsetof(fit_arguments, source), .unset = "the file",
     .help = "Where the accuracies come from, for people."},
    {"svg", 0, CLI_TEXT, "FILE", .offset = offsetof(fit_arguments, svg), .values = CLI_VALUES_FILE,
     .unset = "no picture", .help = "Draws the networks, the curve and its band."},
    {"input", 'i', CLI_SHAPE, "C,H,W", .offset = offsetof(fit_arguments, input),
     .unset = "as in the networks", .help = "Shape of the images that networks were trained on."},
    {"json", 0, CLI_FLAG, .offset = offsetof(fit_arguments, json), .help = "Prints JSON."},
};

static const cli_operand FIT_OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL,
     "A CSV file with the columns network and accuracy (0 to 1), and role: train or held."},
};

static void report_json(weft_json *json, const weft_theta_report *report) {
    weft_json_key(json, "held");
    if (report->n == 0) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "networks", report->n);
    weft_json_member_real(json, "tau", report->tau);
    weft_json_member_real(json, "spearman", report->spearman);
    weft_json_member_real(json, "rmse", report->rmse);
    weft_json_member_real(json, "coverage", report->coverage);
    weft_json_object_end(json);
}

static weft_status fit_json(cli_call *call, const weft_theta *theta,
                            const weft_theta_report *report, int failed) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_real(json, "a", theta->a);
    weft_json_member_real(json, "b", theta->b);
    weft_json_member_real(json, "c", theta->c);
    weft_json_member_integer(json, "networks", theta->n);
    weft_json_member_integer(json, "failed", failed);
    weft_json_member_real(json, "lowest_degree", theta->lowest);
    weft_json_member_real(json, "highest_degree", theta->highest);
    weft_json_member_real(json, "rmse", theta->rmse);
    weft_json_member_real(json, "loo", theta->loo);
    weft_json_member_real(json, "deviation", theta->deviation);
    report_json(json, report);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* The curve with its band at a few degrees. */
static weft_status fit_table(cli_call *call, const weft_theta *theta) {
    enum { ROWS = 6 };
    static const char *const HEADERS[] = {"degree", "accuracy", "band", "a network"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "rrrr");
    for (int i = 0; i < ROWS; i++) {
        weft_theta_forecast f;
        double degree = theta->lowest + i * (theta->highest - theta->lowest) / (ROWS - 1);
        weft_theta_tell(theta, degree, &f);
        cli_table_cell(&table, "%.4g", degree);
        cli_table_cell(&table, "%.4f", f.accuracy);
        cli_table_cell(&table, "%.4f .. %.4f", f.low, f.high);
        cli_table_cell(&table, "%.4f .. %.4f", f.network_low, f.network_high);
    }
    return cli_table_print(&table, call);
}

static weft_status fit_print(cli_call *call, const weft_theta *theta,
                             const weft_theta_report *report, int failed) {
    printf("curve        1 / (%.6g + exp(%.6g / g + %.6g)), g: NN-Degree\n", theta->a, theta->b,
           theta->c);
    printf("fitted to    %d networks, degree %.4g to %.4g\n", theta->n, theta->lowest,
           theta->highest);
    printf("error        %.4f, left out one by one %.4f (root of the mean square)\n", theta->rmse,
           theta->loo);
    if (report->n > 0) {
        printf(
            "held out     %d networks: error %.4f, Kendall's tau %.3f, Spearman %.3f, %.0f %% in "
            "their intervals\n",
            report->n, report->rmse, report->tau, report->spearman, 100.0 * report->coverage);
    } else {
        printf("held out     none (at least 3 with the role 'held')\n");
    }
    if (theta->b < 0.0) {
        cli_note(call, "the accuracy falls with NN-Degree: trained too little, or not what the "
                       "curve is made for");
    }
    if (failed > 0) {
        cli_note(call, "%d network%s without an accuracy left out", failed, failed == 1 ? "" : "s");
    }
    printf("\n");
    return fit_table(call, theta);
}

/* Steps along the curve in its picture. */
enum { STEPS = 120 };

/* The networks of a table that have an accuracy. *points becomes the caller's to free. */
static weft_status curve_points(const weft_flash_table *table, weft_report_curve_point **points,
                                size_t *n, weft_error *error) {
    weft_report_curve_point *made = calloc((size_t)table->n + 1, sizeof *made);
    if (made == NULL) {
        return weft_fail(error, WEFT_ERROR_MEMORY, "no memory for a picture of %d networks",
                         table->n);
    }
    *n = 0;
    for (int i = 0; i < table->n; i++) {
        const weft_flash_row *row = &table->rows[i];
        double accuracy = row->value[WEFT_FLASH_COLUMN_ACCURACY];
        if (isfinite(accuracy)) {
            made[(*n)++] = (weft_report_curve_point){
                .name = row->network, .x = row->degree, .y = accuracy, .held = row->held};
        }
    }
    *points = made;
    return WEFT_OK;
}

static weft_status draw_fit(const fit_arguments *arguments, const weft_flash_table *table,
                            const weft_theta *theta, weft_error *error) {
    double x[STEPS], y[STEPS], low[STEPS], high[STEPS], point_low[STEPS], point_high[STEPS];
    weft_report_curve curve = {.title = "Accuracy over NN-Degree",
                               .x_name = "NN-Degree",
                               .y_name = arguments->measure != NULL ? arguments->measure
                                                                    : "accuracy",
                               .n = STEPS,
                               .x = x,
                               .y = y,
                               .low = low,
                               .high = high,
                               .point_low = point_low,
                               .point_high = point_high};
    for (int i = 0; i < STEPS; i++) {
        weft_theta_forecast f;
        x[i] = theta->lowest + i * (theta->highest - theta->lowest) / (STEPS - 1);
        weft_theta_tell(theta, x[i], &f);
        y[i] = f.accuracy;
        low[i] = f.low;
        high[i] = f.high;
        point_low[i] = f.network_low;
        point_high[i] = f.network_high;
    }
    weft_report_curve_point *points = NULL;
    WEFT_TRY(curve_points(table, &points, &curve.n_points, error));
    curve.points = points;
    weft_status status = weft_report_curve_write(&curve, arguments->svg, error);
    free(points);
    return status;
}

static weft_status run_fit(cli_call *call, void *opaque) {
    const fit_arguments *arguments = opaque;
    weft_flash_table *table = NULL;
    weft_theta theta;
    weft_theta_report report;
    int failed = 0;
    WEFT_TRY(cli_check_folder(call, arguments->out));
    WEFT_TRY(cli_check_folder(call, arguments->svg));
    WEFT_TRY(weft_flash_table_read(call->operands[0], arguments->input, &table, &call->error));
    weft_status status = weft_flash_fit_theta(table, &theta, &report, &failed, &call->error);
    if (status == WEFT_OK && arguments->svg != NULL) {
        status = draw_fit(arguments, table, &theta, &call->error);
    }
    weft_flash_table_destroy(table);
    if (status == WEFT_OK && arguments->out != NULL) {
        weft_theta_about about = {.name = ""};
        snprintf(about.description, sizeof about.description,
                 "Accuracy over NN-Degree, fitted to %d trained networks", theta.n);
        snprintf(about.source, sizeof about.source, "%s",
                 arguments->source != NULL ? arguments->source : call->operands[0]);
        snprintf(about.measure, sizeof about.measure, "%s",
                 arguments->measure != NULL ? arguments->measure : "accuracy");
        status = weft_theta_write(&theta, &about, arguments->out, &call->error);
    }
    WEFT_TRY(status);
    return arguments->json ? fit_json(call, &theta, &report, failed)
                           : fit_print(call, &theta, &report, failed);
}

static const char *const FIT_EXAMPLES[] = {
    "weft flash fit examples/flash/fashion-mnist.csv --out flash-fashion-mnist.yaml",
    "weft flash fit examples/flash/cifar10-jpeg.csv --svg curve.svg",
    NULL,
};

const cli_command cli_flash_fit = {
    .name = "flash fit",
    .summary = "Fits accuracy over NN-Degree to a few trained networks",
    .usage = "FILE [options]",
    .text = "Fits 1 / (a + exp(b / g + c)) to the accuracies of trained networks, g their "
            "NN-Degree, and prints the curve with its 95 % confidence band, the error that it has "
            "on each network when it is fitted to the others, and how it orders networks that were "
            "held out.",
    .json = "an object with a, b, c, networks, failed, lowest_degree, highest_degree, rmse, loo, "
            "deviation, held (null with fewer than 3; else networks, tau, spearman, rmse, "
            "coverage).",
    .examples = FIT_EXAMPLES,
    .operands = FIT_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = FIT_OPTIONS,
    .n_options = sizeof FIT_OPTIONS / sizeof FIT_OPTIONS[0],
    .size = sizeof(fit_arguments),
    .run = run_fit,
};

/* ---- forms ------------------------------------------------------------------------------------- */

typedef struct forms_arguments {
    weft_flash_choose_settings settings;
    const char *space, *measured, *out, *source;
    weft_shape input;
    bool json;
} forms_arguments;

static const cli_option FORMS_OPTIONS[] = {
    {"space", 0, CLI_TEXT, "SPACE", .offset = offsetof(forms_arguments, space),
     .values = CLI_VALUES_SPACE, .unset = "flash",
     .help = "Networks of this space are estimated on the chip."},
    {"networks", 'n', CLI_INT, "N", .offset = offsetof(forms_arguments, settings.n), 1, 900,
     .help = "How many are fitted to."},
    {"held", 0, CLI_INT, "N", .offset = offsetof(forms_arguments, settings.held), 0, 900,
     .help = "How many more the fit is tried on."},
    {"seed", 's', CLI_UINT64, "N", .offset = offsetof(forms_arguments, settings.seed),
     .help = "Seed of the networks."},
    {"measured", 0, CLI_TEXT, "FILE", .offset = offsetof(forms_arguments, measured),
     .values = CLI_VALUES_FILE, .unset = "none",
     .help = "Fits to this CSV file instead: columns network and area (mm2), latency (s) or energy "
             "(J), and role: train or held. CHIP says what a crossbar is."},
    {"input", 'i', CLI_SHAPE, "C,H,W", .offset = offsetof(forms_arguments, input),
     .unset = "as in the networks", .help = "With --measured: shape of the images."},
    {"out", 'o', CLI_TEXT, "FILE", .offset = offsetof(forms_arguments, out),
     .values = CLI_VALUES_FILE, .unset = "none",
     .help = "Takes the coefficients: NAME.yaml, for `hardware` of a problem in closed form."},
    {"source", 0, CLI_TEXT, "TEXT", .offset = offsetof(forms_arguments, source),
     .unset = "how it was fitted", .help = "Where the figures come from, for people."},
    {"json", 0, CLI_FLAG, .offset = offsetof(forms_arguments, json), .help = "Prints JSON."},
};

static const cli_operand FORMS_OPERANDS[] = {
    {"CHIP", CLI_VALUES_CHIP, NULL,
     "A chip of crossbars in tiles (flash-rram-mesh) or a YAML file."},
};

static void forms_defaults(void *opaque) {
    forms_arguments *arguments = opaque;
    arguments->settings = (weft_flash_choose_settings){.n = 100, .held = 50};
}

static weft_status forms_json(cli_call *call, const weft_forms *forms, int failed) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "networks", forms->n);
    weft_json_member_integer(json, "held", forms->held);
    weft_json_member_integer(json, "failed", failed);
    for (int form = 0; form < WEFT_FORMS; form++) {
        weft_json_key(json, weft_form_token((weft_form)form));
        weft_json_object_begin(json);
        weft_json_member_text(json, "unit", weft_form_unit((weft_form)form));
        weft_json_member_real(json, "fitted_error", forms->fitted_mean[form]);
        weft_json_member_real(json, "held_error", forms->held_mean[form]);
        weft_json_member_real(json, "held_worst", forms->held_worst[form]);
        for (int k = 0; k < WEFT_FORM_FEATURES; k++) {
            weft_json_member_real(json, weft_form_feature_token((weft_form_feature)k),
                                  forms->coefficients[form][k]);
        }
        weft_json_object_end(json);
    }
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status forms_print(cli_call *call, const weft_forms *forms, int failed) {
    static const char *const HEADERS[] = {"feature", "area mm2", "latency s", "energy J"};
    cli_table table;
    printf("fitted to    %d networks, %d held out\n", forms->n, forms->held);
    printf("crossbars    %d x %d, %d columns a weight, %d a tile, %s\n\n", forms->geometry.rows,
           forms->geometry.columns, forms->geometry.slices, forms->geometry.arrays,
           forms->geometry.tree > 0 ? "tree" : "mesh");
    cli_table_begin(&table, HEADERS, "lrrr");
    for (int k = 0; k < WEFT_FORM_FEATURES; k++) {
        cli_table_cell(&table, "%s", weft_form_feature_token((weft_form_feature)k));
        for (int form = 0; form < WEFT_FORMS; form++) {
            cli_table_cell(&table, "%.4g", forms->coefficients[form][k]);
        }
    }
    const struct {
        const char *text;
        const double *errors;
    } rows[] = {{"error, fitted", forms->fitted_mean},
                {"error, held out", forms->held_mean},
                {"largest, held out", forms->held_worst}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cli_table_cell(&table, "%s", rows[i].text);
        for (int form = 0; form < WEFT_FORMS; form++) {
            if (isnan(rows[i].errors[form])) {
                cli_table_cell(&table, "-");
            } else {
                cli_table_cell(&table, "%.3f %%", 100.0 * rows[i].errors[form]);
            }
        }
    }
    if (failed > 0) {
        cli_note(call, "%d network%s without all figures left out", failed, failed == 1 ? "" : "s");
    }
    return cli_table_print(&table, call);
}

static weft_status fit_measured(cli_call *call, const forms_arguments *arguments,
                                const weft_chip *chip, weft_forms *forms, int *failed) {
    weft_flash_table *table = NULL;
    weft_form_geometry geometry;
    WEFT_TRY(weft_form_geometry_of(chip, &geometry, &call->error));
    WEFT_TRY(weft_flash_table_read(arguments->measured, arguments->input, &table, &call->error));
    snprintf(forms->source, sizeof forms->source, "measured: %.400s", arguments->measured);
    weft_status status =
        weft_flash_fit_measured(table, arguments->input, &geometry, forms, failed, &call->error);
    weft_flash_table_destroy(table);
    return status;
}

static weft_status fit_chip(cli_call *call, const forms_arguments *arguments, const weft_chip *chip,
                            weft_forms *forms) {
    weft_space *space = NULL;
    WEFT_TRY(weft_space_read(arguments->space == NULL ? "flash" : arguments->space, &space,
                             &call->error));
    snprintf(forms->source, sizeof forms->source,
             "the cost model of Weft, chip %.100s, %d networks of the space %.100s",
             call->operands[0], arguments->settings.n, weft_space_name(space));
    weft_status status =
        weft_flash_fit_forms(space, chip, &arguments->settings, forms, &call->error);
    weft_space_destroy(space);
    return status;
}

static weft_status check_forms(cli_call *call, const forms_arguments *arguments) {
    static const char *const OF_CHIPS[] = {"space", "networks", "held", "seed"};
    for (size_t i = 0; arguments->measured != NULL && i < sizeof OF_CHIPS / sizeof OF_CHIPS[0];
         i++) {
        if (cli_given(call, OF_CHIPS[i])) {
            return cli_usage(call, "--%s has no use with --measured", OF_CHIPS[i]);
        }
    }
    if (arguments->measured == NULL && cli_given(call, "input")) {
        return cli_usage(call, "--input belongs to --measured");
    }
    return cli_check_folder(call, arguments->out);
}

static weft_status run_forms(cli_call *call, void *opaque) {
    const forms_arguments *arguments = opaque;
    weft_forms forms = {.n = 0};
    weft_chip *chip = NULL;
    int failed = 0;
    WEFT_TRY(check_forms(call, arguments));
    WEFT_TRY(weft_chip_read(call->operands[0], &chip, &call->error));
    weft_status status = arguments->measured != NULL
                             ? fit_measured(call, arguments, chip, &forms, &failed)
                             : fit_chip(call, arguments, chip, &forms);
    weft_chip_destroy(chip);
    WEFT_TRY(status);
    if (arguments->source != NULL) {
        snprintf(forms.source, sizeof forms.source, "%s", arguments->source);
    }
    if (arguments->out != NULL) {
        WEFT_TRY(weft_forms_write(&forms, arguments->out, &call->error));
    }
    return arguments->json ? forms_json(call, &forms, failed) : forms_print(call, &forms, failed);
}

static const char *const FORMS_EXAMPLES[] = {
    "weft flash forms flash-rram-mesh --networks 100 --held 50 --out forms.yaml",
    "weft flash forms flash-rram-mesh --measured board.csv --out board.yaml",
    NULL,
};

const cli_command cli_flash_forms = {
    .name = "flash forms",
    .summary = "Fits area, latency and energy in closed form to a chip or to measurements",
    .usage = "CHIP [--measured FILE] [options]",
    .text =
        "Fits sums of features of layers (tiles, crossbars, vectors, maps, traffic times hops), "
        "with coefficients that are not negative, to what the cost model says of networks of a "
        "space, each on a chip with as many tiles as it needs; or to measured figures. Prints "
        "the coefficients and the errors on networks that were held out.",
    .json = "an object with networks, held, failed, and for each of area, latency and energy an "
            "object: unit, fitted_error, held_error, held_worst (relative; null where there is "
            "none) and the coefficient of each feature.",
    .examples = FORMS_EXAMPLES,
    .operands = FORMS_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = FORMS_OPTIONS,
    .n_options = sizeof FORMS_OPTIONS / sizeof FORMS_OPTIONS[0],
    .size = sizeof(forms_arguments),
    .defaults = forms_defaults,
    .run = run_forms,
};
