/* SPDX-License-Identifier: Apache-2.0
 * weft flash check: what the winner of a search in closed form is by the full cost model and after a
 * real training. */
#include <math.h>
#include <string.h>

#include "cli/flash.h"

typedef struct check_arguments {
    const char *chip, *data;
    double epochs, share, learning_rate;
    int batch;
    int64_t validation_limit;
    uint64_t seed;
    int threads;
    bool json;
} check_arguments;

#define MEMBER(name) .offset = offsetof(check_arguments, name)

static const cli_option OPTIONS[] = {
    {"chip", 0, CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP,
     .unset = "that of the closed forms",
     .help = "The chip whose cost model is asked, with as many tiles as the network needs."},
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA, .unset = "none",
     .help = "Trains the network on this data set and measures it on validation images. The other "
             "options should be those that the curve's networks were trained with; their defaults "
             "are those of examples/flash/train."},
    {"epochs", 'e', CLI_REAL, "N", MEMBER(epochs), 0.001, 1e6, .help = "Passes over the images."},
    {"share", 0, CLI_REAL, "X", MEMBER(share), 1e-6, 1, .help = "Share of the training images."},
    {"batch", 'b', CLI_INT, "N", MEMBER(batch), 1, 65536, .help = "Images of one step."},
    {"learning-rate", 0, CLI_REAL, "X", MEMBER(learning_rate), 1e-9, 100,
     .help = "Learning rate at the start of its schedule."},
    {"validation-limit", 0, CLI_INT64, "N", MEMBER(validation_limit), 0, 1e9,
     .help = "At most so many validation images; 0: all."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .help = "Seed of the training."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(threads), .help = "Threads of the training."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL, "A problem in closed form (weft: flash/1)."},
};

static void defaults(void *opaque) {
    check_arguments *arguments = opaque;
    *arguments = (check_arguments){.epochs = 1,
                                   .share = 0.1,
                                   .learning_rate = 0.05,
                                   .batch = 32,
                                   .validation_limit = 2000,
                                   .seed = 1,
                                   .threads = 1};
}

/* A figure as it was told, and as it is; NaN where it was not asked for. */
typedef struct compared {
    const char *name, *unit;
    double told, found;
} compared;

static weft_status cost_of(cli_call *call, const check_arguments *arguments,
                           const weft_flash_about *about, const char *name, double *figures) {
    const char *text = arguments->chip != NULL ? arguments->chip : about->forms->chip;
    weft_chip *chip = NULL;
    weft_network *network = NULL;
    weft_form_geometry geometry;
    if (text[0] == '\0') {
        return cli_usage(call,
                         "'%s' was fitted to measurements: --chip says whose cost model to ask",
                         about->forms->name);
    }
    WEFT_TRY(weft_chip_read(text, &chip, &call->error));
    weft_status status = weft_form_geometry_of(chip, &geometry, &call->error);
    if (status == WEFT_OK) {
        status =
            weft_network_read_for(name, weft_space_input(about->space), 10, &network, &call->error);
    }
    if (status == WEFT_OK) {
        status = weft_form_measure(chip, &geometry, network, figures, &call->error);
    }
    weft_network_destroy(network);
    weft_chip_destroy(chip);
    return status;
}

static weft_status train_it(cli_call *call, const check_arguments *arguments, const char *name,
                            double *accuracy, double *seconds) {
    weft_dataset *dataset = NULL;
    weft_network *network = NULL;
    weft_train_settings settings;
    weft_train_result result;
    WEFT_TRY(weft_dataset_open(arguments->data, &dataset, &call->error));
    const weft_dataset_info *info = weft_dataset_get_info(dataset);
    weft_train_defaults(&settings);
    settings.epochs = arguments->epochs;
    settings.share = arguments->share;
    settings.learning_rate = arguments->learning_rate;
    settings.batch = arguments->batch;
    settings.validation_limit = arguments->validation_limit;
    settings.seed = arguments->seed;
    settings.threads = arguments->threads;
    settings.split = WEFT_SPLIT_VALIDATION;
    settings.crop_pad = 0;
    settings.precision = WEFT_PRECISION_AUTO;
    weft_status status =
        weft_network_read_for(name, info->shape, info->classes, &network, &call->error);
    if (status == WEFT_OK) {
        status = weft_train(network, dataset, &settings, NULL, NULL, cli_interrupt_install(call),
                            &result, &call->error);
    }
    if (status == WEFT_OK) {
        *accuracy = result.accuracy;
        *seconds = result.seconds;
    }
    weft_network_destroy(network);
    weft_dataset_close(dataset);
    return status;
}

static weft_status print_json(cli_call *call, const weft_flash *flash,
                              const weft_flash_design *best, const compared *rows, int n,
                              double seconds) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    for (int i = 0; i < n; i++) {
        weft_json_key(json, rows[i].name);
        weft_json_object_begin(json);
        weft_json_member_text(json, "unit", rows[i].unit);
        weft_json_member_real(json, "told", rows[i].told);
        weft_json_member_real(json, "found", rows[i].found);
        weft_json_member_real(json, "error", rows[i].told - rows[i].found);
        weft_json_member_real(json, "relative_error", rows[i].told / rows[i].found - 1.0);
        weft_json_object_end(json);
    }
    weft_json_member_real(json, "training_s", seconds);
    weft_json_key(json, "best");
    cli_flash_design_json(json, flash, best);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status print_table(cli_call *call, const weft_flash_design *best, const compared *rows,
                               int n) {
    static const char *const HEADERS[] = {"figure", "closed form", "found", "error"};
    cli_table table;
    printf("network      %s\n", best->network);
    printf("accuracy     95 %% of networks: %.4f to %.4f\n\n", best->accuracy.network_low,
           best->accuracy.network_high);
    cli_table_begin(&table, HEADERS, "lrrr");
    for (int i = 0; i < n; i++) {
        bool share = strcmp(rows[i].unit, "1") == 0;
        cli_table_cell(&table, "%s", rows[i].name);
        for (int k = 0; k < 2; k++) {
            double value = k == 0 ? rows[i].told : rows[i].found;
            if (share && !isnan(value)) {
                cli_table_cell(&table, "%.4f", value);
            } else if (strcmp(rows[i].unit, "mm2") == 0) {
                cli_table_area(&table, value);
            } else {
                cli_table_quantity(&table, value, rows[i].unit);
            }
        }
        if (isnan(rows[i].told) || isnan(rows[i].found)) {
            cli_table_cell(&table, "-");
        } else if (share) {
            cli_table_cell(&table, "%+.4f", rows[i].told - rows[i].found);
        } else {
            cli_table_cell(&table, "%+.2f %%", 100.0 * (rows[i].told / rows[i].found - 1.0));
        }
    }
    return cli_table_print(&table, call);
}

static weft_status check(cli_call *call, const check_arguments *arguments,
                         const weft_flash *flash) {
    weft_flash_result result;
    weft_flash_about about;
    double figures[WEFT_FORMS];
    double accuracy = NAN;
    double seconds = NAN;
    weft_flash_get_about(flash, &about);
    WEFT_TRY(weft_flash_search(flash, &result, &call->error));
    const weft_flash_design *best = &result.best;
    WEFT_TRY(cost_of(call, arguments, &about, best->network, figures));
    if (arguments->data != NULL) {
        WEFT_TRY(train_it(call, arguments, best->network, &accuracy, &seconds));
    }
    const compared rows[] = {
        {"accuracy", "1", best->metrics[WEFT_FLASH_ACCURACY], accuracy},
        {"area", "mm2", best->metrics[WEFT_FLASH_AREA], figures[WEFT_FORM_AREA]},
        {"latency", "s", best->metrics[WEFT_FLASH_LATENCY], figures[WEFT_FORM_LATENCY]},
        {"energy", "J", best->metrics[WEFT_FLASH_ENERGY], figures[WEFT_FORM_ENERGY]}};
    enum { N = sizeof rows / sizeof rows[0] };
    return arguments->json ? print_json(call, flash, best, rows, N, seconds)
                           : print_table(call, best, rows, N);
}

static weft_status run(cli_call *call, void *opaque) {
    static const char *const OF_TRAINING[] = {
        "epochs", "share", "batch", "learning-rate", "validation-limit", "seed", "threads"};
    const check_arguments *arguments = opaque;
    weft_flash *flash = NULL;
    for (size_t i = 0; arguments->data == NULL && i < sizeof OF_TRAINING / sizeof OF_TRAINING[0];
         i++) {
        if (cli_given(call, OF_TRAINING[i])) {
            return cli_usage(call, "--%s belongs to --data", OF_TRAINING[i]);
        }
    }
    WEFT_TRY(weft_flash_read(call->operands[0], &flash, &call->error));
    weft_status status = check(call, arguments, flash);
    weft_flash_destroy(flash);
    return status;
}

static const char *const EXAMPLES[] = {
    "weft flash check examples/flash.yaml",
    "weft flash check examples/flash.yaml --data fashion-mnist",
    NULL,
};

const cli_command cli_flash_check = {
    .name = "flash check",
    .summary = "Checks the winner of a search in closed form by cost model and training",
    .usage = "FILE [--data NAME] [options]",
    .text =
        "Searches a problem in closed form, asks the full cost model what its best design costs "
        "on a chip with as many tiles as it needs, trains it where there is --data, and prints "
        "how far off the closed forms were.",
    .json = "an object with accuracy, area, latency and energy, each an object (unit, told, found, "
            "error, relative_error; null where it was not trained), training_s, and best as weft "
            "search prints it.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(check_arguments),
    .defaults = defaults,
    .run = run,
};
