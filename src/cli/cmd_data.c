/* SPDX-License-Identifier: Apache-2.0
 * weft data list, info, add: data sets by name. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct data_arguments {
    weft_data_add_settings add;
    int format; /* index in FORMATS */
    bool json;
} data_arguments;

#define MEMBER(member) .offset = offsetof(data_arguments, member)

static const char *const FORMATS[] = {"idx", "cifar10", "cifar100", "folder", NULL};

static const cli_option SHOW_OPTIONS[] = {
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_option ADD_OPTIONS[] = {
    {"format", 'f', CLI_CHOICE, "FORMAT", MEMBER(format), .words = FORMATS,
     .values = CLI_VALUES_WORDS, .unset = "",
     .help = "idx: images and labels as MNIST has them (.gz too); cifar10, cifar100: binary "
             "records; folder: PNG files in one folder for each class."},
    {"train-images", 0, CLI_TEXT, "PATH", MEMBER(add.train_images), .values = CLI_VALUES_FILE,
     .help = "Training images: the IDX file, the record files joined by commas, or the folder."},
    {"train-labels", 0, CLI_TEXT, "FILE", MEMBER(add.train_labels), .values = CLI_VALUES_FILE,
     .help = "Training labels (idx)."},
    {"test-images", 0, CLI_TEXT, "PATH", MEMBER(add.test_images), .values = CLI_VALUES_FILE,
     .help = "Test images, as for training."},
    {"test-labels", 0, CLI_TEXT, "FILE", MEMBER(add.test_labels), .values = CLI_VALUES_FILE,
     .help = "Test labels (idx)."},
    {"test-every", 0, CLI_INT, "N", MEMBER(add.test_every), 0, 1000000,
     .help = "Where there is no test set: every N-th image of each class becomes it; 0: there is "
             "one."},
    {"resize", 0, CLI_INT, "PIXELS", MEMBER(add.resize), 0, 4096,
     .help = "Folder: scales the images to this side; 0: as they are."},
    {"note", 0, CLI_TEXT, "TEXT", MEMBER(add.note), .help = "Source and licence, free text."},
    {"replace", 0, CLI_FLAG, MEMBER(add.replace),
     .help = "Replaces the entry of the same name, if there is one."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand KNOWN[] = {
    {"NAME", CLI_VALUES_DATA, NULL, "A data set of the catalogue."},
};

static const cli_operand NEW[] = {
    {"NAME", CLI_VALUES_NONE, NULL, "The name that it gets."},
};

/* ---- printing -------------------------------------------------------------------------------- */

static void info_json(weft_json *json, const weft_dataset_info *info) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "name", info->name);
    weft_json_member_text(json, "format", info->format);
    weft_json_key(json, "shape");
    weft_json_array_begin(json);
    weft_json_integer(json, info->shape.channels);
    weft_json_integer(json, info->shape.height);
    weft_json_integer(json, info->shape.width);
    weft_json_array_end(json);
    weft_json_member_integer(json, "classes", info->classes);
    weft_json_member_integer(json, "train_images", info->train_images);
    weft_json_member_integer(json, "test_images", info->test_images);
    weft_json_member_bool(json, "available", info->available);
    weft_json_member_text(json, "location", info->location);
    weft_json_member_text(json, "note", info->note);
    weft_json_object_end(json);
}

static void print_info(const weft_dataset_info *info) {
    printf("name           %s\n", info->name);
    printf("format         %s\n", info->format);
    printf("images         %d x %d x %d, %d classes\n", info->shape.channels, info->shape.height,
           info->shape.width, info->classes);
    printf("training       %lld\n", (long long)info->train_images);
    printf("test           %lld\n", (long long)info->test_images);
    printf("available      %s\n", info->available ? "yes" : "no");
    printf("location       %s\n", info->location);
    if (info->note[0] != '\0') {
        printf("note           %s\n", info->note);
    }
}

static weft_status show(cli_call *call, const data_arguments *arguments,
                        const weft_dataset_info *info) {
    if (!arguments->json) {
        print_info(info);
        return WEFT_OK;
    }
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    info_json(json, info);
    return cli_json_print(call, json);
}

/* ---- data list ------------------------------------------------------------------------------- */

static void list_json(void *context, const weft_dataset_info *info) {
    info_json(context, info);
}

static void list_row(void *context, const weft_dataset_info *info) {
    cli_table *table = context;
    cli_table_cell(table, "%s", info->name);
    cli_table_cell(table, "%s", info->format);
    if (info->classes == 0) { /* a damaged entry tells nothing of its images */
        for (int i = 0; i < 4; i++) {
            cli_table_cell(table, "-");
        }
    } else {
        cli_table_cell(table, "%dx%dx%d", info->shape.channels, info->shape.height,
                       info->shape.width);
        cli_table_cell(table, "%d", info->classes);
        cli_table_cell(table, "%lld", (long long)info->train_images);
        cli_table_cell(table, "%lld", (long long)info->test_images);
    }
    cli_table_cell(table, "%s", info->available ? "available" : "missing");
    cli_table_cell(table, "%s", info->available ? info->location : info->note);
}

static weft_status run_list(cli_call *call, void *opaque) {
    const data_arguments *arguments = opaque;
    if (arguments->json) {
        weft_json *json = cli_json_create(call);
        if (json == NULL) {
            return call->error.status;
        }
        weft_json_array_begin(json);
        weft_status status = weft_data_list(list_json, json, &call->error);
        weft_json_array_end(json);
        if (status != WEFT_OK) {
            weft_json_destroy(json);
            return status;
        }
        return cli_json_print(call, json);
    }
    static const char *const HEADERS[] = {"name",     "format", "images", "classes",
                                          "training", "test",   "state",  "where or why"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lllrrrll");
    weft_status status = weft_data_list(list_row, &table, &call->error);
    if (status != WEFT_OK) {
        table.n = 0;
    }
    weft_status printed = cli_table_print(&table, call);
    return status != WEFT_OK ? status : printed;
}

/* ---- data info, data add --------------------------------------------------------------------- */

static weft_status run_info(cli_call *call, void *opaque) {
    weft_dataset_info info;
    WEFT_TRY(weft_data_info(call->operands[0], &info, &call->error));
    return show(call, opaque, &info);
}

static weft_status run_add(cli_call *call, void *opaque) {
    data_arguments *arguments = opaque;
    if (!cli_given(call, "format")) {
        return cli_usage(call, "--format is missing: idx, cifar10, cifar100 or folder");
    }
    if (arguments->add.train_images == NULL) {
        return cli_usage(call, "--train-images is missing");
    }
    bool idx = strcmp(FORMATS[arguments->format], "idx") == 0;
    if (idx && arguments->add.train_labels == NULL) {
        return cli_usage(call, "--train-labels is missing: the idx format has labels apart");
    }
    if (idx && arguments->add.test_images != NULL && arguments->add.test_labels == NULL) {
        return cli_usage(call, "--test-labels is missing: the idx format has labels apart");
    }
    if (arguments->add.test_images == NULL && arguments->add.test_every == 0) {
        return cli_usage(call,
                         "--test-images or --test-every is missing: there must be a test set");
    }
    arguments->add.name = call->operands[0];
    arguments->add.format = FORMATS[arguments->format];
    weft_dataset_info info;
    WEFT_TRY(weft_data_add(&arguments->add, &info, &call->error));
    return show(call, arguments, &info);
}

#define INFO_JSON                                                                                  \
    "name, format, shape (channels, height, width), classes, train_images, test_images, "          \
    "available, location and note"

static const char *const LIST_EXAMPLES[] = {"weft data list", NULL};
static const char *const INFO_EXAMPLES[] = {"weft data info fashion-mnist", NULL};
static const char *const ADD_EXAMPLES[] = {
    "weft data add mnist --format idx --train-images train-images-idx3-ubyte.gz --train-labels "
    "train-labels-idx1-ubyte.gz --test-images t10k-images-idx3-ubyte.gz --test-labels "
    "t10k-labels-idx1-ubyte.gz",
    "weft data add signs --format folder --train-images signs/ --test-every 5 --resize 32",
    NULL,
};

const cli_command cli_data_list = {
    .name = "data list",
    .summary = "The data sets that there are",
    .usage = "[options]",
    .text = "Lists the catalogue: the built-in data sets and those that 'weft data add' entered. "
            "Nothing is ever downloaded: a data set whose files are not there is listed with what "
            "to do about it.",
    .json = "an array of objects with " INFO_JSON ".",
    .examples = LIST_EXAMPLES,
    .options = SHOW_OPTIONS,
    .n_options = sizeof SHOW_OPTIONS / sizeof SHOW_OPTIONS[0],
    .size = sizeof(data_arguments),
    .run = run_list,
};

const cli_command cli_data_info = {
    .name = "data info",
    .summary = "What is known of one data set",
    .usage = "NAME [options]",
    .text = "Prints the entry of a data set.",
    .json = "an object with " INFO_JSON ".",
    .examples = INFO_EXAMPLES,
    .operands = KNOWN,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = SHOW_OPTIONS,
    .n_options = sizeof SHOW_OPTIONS / sizeof SHOW_OPTIONS[0],
    .size = sizeof(data_arguments),
    .run = run_info,
};

const cli_command cli_data_add = {
    .name = "data add",
    .summary = "Enters a data set by name, with checksums",
    .usage = "NAME --format FORMAT --train-images PATH [options]",
    .text =
        "Reads the files of a data set whole, checks them, and writes an entry with their paths "
        "and SHA-256 sums. The files stay where they are; when they are read later and differ, "
        "that is an error.",
    .json = "an object with " INFO_JSON ".",
    .examples = ADD_EXAMPLES,
    .operands = NEW,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = ADD_OPTIONS,
    .n_options = sizeof ADD_OPTIONS / sizeof ADD_OPTIONS[0],
    .size = sizeof(data_arguments),
    .run = run_add,
};
