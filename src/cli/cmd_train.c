/* SPDX-License-Identifier: Apache-2.0
 * weft train: trains one network on a data set and measures it. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"

typedef struct train_arguments {
    const char *data, *store, *histograms;
    int64_t trial, histogram_images;
    cli_network_options network;
    weft_train_settings settings;
    int split; /* index in SPLITS, a weft_split */
    bool json;
} train_arguments;

#define MEMBER(member) .offset = offsetof(train_arguments, member)

static const char *const SPLITS[] = {"validation", "test", NULL};

static const cli_option OPTIONS[] = {
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA,
     .help = "The data set; 'weft data list' has the names. With --store: the study's own."},
    {"store", 0, CLI_TEXT, "STORE", MEMBER(store), .values = CLI_VALUES_FILE,
     .help = "Takes the network from a trial of this store, and its settings with it: as the "
             "study trains its final designs. Options that are given replace them."},
    {"trial", 't', CLI_INT64, "N", MEMBER(trial), 0, 1e15, .unset = "none",
     .help = "With --store: the number of the trial."},
    {"epochs", 'e', CLI_REAL, "N", MEMBER(settings.epochs), 1e-6, 1e6,
     .help = "Passes over the training images; fractions end after that share of the steps."},
    {"split", 0, CLI_CHOICE, "PART", MEMBER(split), .words = SPLITS, .values = CLI_VALUES_WORDS,
     .help = "What measures the result. test: trains on the whole training set, measures once on "
             "the test set. validation: trains on the training part, measures on the rest."},
    {"batch", 'b', CLI_INT, "N", MEMBER(settings.batch), 1, 65536, .help = "Images of one step."},
    {"share", 0, CLI_REAL, "X", MEMBER(settings.share), 1e-9, 1,
     .help = "Share of the training images, drawn class by class."},
    {"validation", 0, CLI_REAL, "X", MEMBER(settings.validation), 1e-9, 0.999,
     .help = "Share of the training set that is kept for validation."},
    {"validation-limit", 0, CLI_INT64, "N", MEMBER(settings.validation_limit), 0, 1e12,
     .help = "At most so many validation images; 0: all."},
    {"learning-rate", 0, CLI_REAL, "X", MEMBER(settings.learning_rate), 1e-12, 1e6,
     .help = "Learning rate at the start of its cosine."},
    {"warmup", 0, CLI_REAL, "X", MEMBER(settings.warmup), 0, 1,
     .help = "Share of the steps in which the rate rises to it."},
    {"momentum", 0, CLI_REAL, "X", MEMBER(settings.momentum), 0, 0.999999, .help = "Momentum."},
    {"weight-decay", 0, CLI_REAL, "X", MEMBER(settings.weight_decay), 0, 1e3,
     .help = "Weight decay."},
    {"crop-pad", 0, CLI_INT, "PIXELS", MEMBER(settings.crop_pad), 0, 64,
     .help = "Black pixels around an image before it is cropped at random; 0: no crop."},
    {"flip", 0, CLI_SWITCH, "on|off", MEMBER(settings.flip),
     .help = "Flips images at random, left to right."},
    {"label-smoothing", 0, CLI_REAL, "X", MEMBER(settings.label_smoothing), 0, 0.999,
     .help = "Label smoothing."},
    {"head-pool", 0, CLI_INT, "N", MEMBER(network.head_pool), 1, 64,
     .help = "Side of the map that the head pools to before its linear layers."},
    {"hidden", 0, CLI_WIDTHS, "N,...", MEMBER(network.hidden),
     .help = "Widths of the head's hidden linear layers, or none."},
    {"dropout", 0, CLI_REAL, "X", MEMBER(network.dropout), 0, 0.999,
     .help = "Share of the head's features that dropout drops."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(settings.seed),
     .help = "Seed of weights, order, augmentation and dropout."},
    {"split-seed", 0, CLI_UINT64, "N", MEMBER(settings.split_seed),
     .help = "Seed of the split into training and validation part."},
    {"histograms", 0, CLI_TEXT, "FILE", MEMBER(histograms), .values = CLI_VALUES_FILE,
     .unset = "none",
     .help = "After the training, writes the layers of products with the histograms of their "
             "inputs, weights and outputs to this layer table (.csv): a network for chips whose "
             "energies depend on values."},
    {"histogram-images", 0, CLI_INT64, "N", MEMBER(histogram_images), 1, 1e12,
     .help = "With --histograms: at most so many validation images run through the network."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(settings.threads),
     .help = "Threads of the training; auto: the cores of this machine."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NONE, NULL, "Blocks and kernels in order, such as imc:R32,V64."},
};

static const char *const EXAMPLES[] = {
    "weft train imc:V32,R64,V64 --data fashion-mnist --epochs 10",
    "weft train --store runs.db --trial 17 --epochs 10",
    "weft train imc:V32,R64 --data fashion-mnist --histograms layers.csv",
    NULL,
};

static void defaults(void *opaque) {
    enum { TRAINED_HEAD_POOL = 2, HISTOGRAM_IMAGES = 256 }; /* the first as in the space imc-cnn */
    train_arguments *arguments = opaque;
    cli_network_defaults(&arguments->network);
    arguments->network.head_pool = TRAINED_HEAD_POOL;
    weft_train_defaults(&arguments->settings);
    arguments->settings.threads = cli_cores();
    arguments->split = WEFT_SPLIT_TEST;
    arguments->histogram_images = HISTOGRAM_IMAGES;
}

/* ---- the network ----------------------------------------------------------------------------- */

enum { DESIGN_NAME = 320 };

/* What is trained: the name is what the results call it. */
typedef struct trained_subject {
    weft_network *network;
    weft_dataset *dataset;
    char name[DESIGN_NAME];
} trained_subject;

static const weft_trial *find_trial(const weft_study *study, int64_t number) {
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        if (trial->number == (uint64_t)number) {
            return trial;
        }
    }
    return NULL;
}

/* The settings of the study's final designs, and what was typed over them. */
static weft_status take_settings(cli_call *call, train_arguments *arguments,
                                 const weft_problem_info *info) {
    if (info->trains && weft_accuracy_needs_data(info->accuracy.provider)) {
        arguments->settings = info->accuracy.train;
        arguments->settings.epochs = info->accuracy.final_epochs;
        arguments->settings.share = 1;
        arguments->settings.threads = cli_cores();
    }
    return cli_apply(call, arguments);
}

static weft_status take_trial(cli_call *call, train_arguments *arguments, const weft_study *study,
                              trained_subject *subject) {
    weft_problem *problem = weft_study_get_problem(study);
    const weft_problem_info *info = weft_problem_get_info(problem);
    const weft_trial *trial = find_trial(study, arguments->trial);
    if (trial == NULL) {
        weft_fail(&call->error, WEFT_ERROR_INPUT, "there is no trial %" PRId64 ": %zu are finished",
                  arguments->trial, weft_study_size(study));
        weft_error_file(&call->error, arguments->store);
        weft_hint(&call->error, "'weft front %s' lists the best ones", arguments->store);
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(take_settings(call, arguments, info));
    const char *data = arguments->data;
    if (data == NULL && info->trains) {
        data = info->accuracy.data;
    }
    if (data == NULL || data[0] == '\0') {
        weft_fail(&call->error, WEFT_ERROR_USAGE,
                  info->trains
                      ? "this study has no data set: its accuracies are read or predicted, "
                        "not trained"
                      : "this study has no data set: it asks for no accuracy");
        weft_hint(&call->error,
                  "--data NAME trains the design's network on a data set of yours, if "
                  "it is of the family imc");
        return WEFT_ERROR_USAGE;
    }
    snprintf(subject->name, sizeof subject->name, "%s", trial->description);
    WEFT_TRY(weft_space_decode(weft_problem_get_space(problem), trial->genome, 0, &subject->network,
                               &call->error));
    return weft_dataset_open(data, &subject->dataset, &call->error);
}

static weft_status prepare(cli_call *call, train_arguments *arguments, trained_subject *subject) {
    if (arguments->store != NULL) {
        weft_study *study = NULL;
        WEFT_TRY(weft_study_open_read(arguments->store, &study, &call->error));
        weft_status status = take_trial(call, arguments, study, subject);
        weft_study_close(study);
        return status;
    }
    WEFT_TRY(weft_dataset_open(arguments->data, &subject->dataset, &call->error));
    const weft_dataset_info *info = weft_dataset_get_info(subject->dataset);
    arguments->network.input = info->shape;
    arguments->network.classes = info->classes;
    WEFT_TRY(
        cli_network_build(call->operands[0], &arguments->network, &subject->network, &call->error));
    snprintf(subject->name, sizeof subject->name, "%s", subject->network->name);
    return WEFT_OK;
}

/* Before the training: a file that cannot be written or read back would be found too late. */
static weft_status check_histograms(cli_call *call, const train_arguments *arguments) {
    const char *file = arguments->histograms;
    if (file == NULL) {
        return cli_given(call, "histogram-images")
                   ? cli_usage(call, "--histogram-images has no use without --histograms")
                   : WEFT_OK;
    }
    const char *ending = strrchr(file, '.');
    if (ending == NULL || strcmp(ending, ".csv") != 0) {
        return cli_usage(call, "--histograms: a layer table ends in .csv");
    }
    const char *slash = strrchr(file, '/');
    char folder[PATH_MAX];
    int length = slash == NULL ? 1 : slash == file ? 1 : (int)(slash - file);
    snprintf(folder, sizeof folder, "%.*s", length, slash == NULL ? "." : file);
    if (access(folder, W_OK | X_OK) != 0) {
        return weft_fail_errno(&call->error, "no file can be made in this folder", folder);
    }
    return WEFT_OK;
}

static weft_status check(cli_call *call, const train_arguments *arguments) {
    if (arguments->store != NULL && call->n_operands > 0) {
        return cli_usage(call, "NETWORK and --store exclude each other");
    }
    if (arguments->store == NULL && call->n_operands == 0) {
        return cli_usage(call, "NETWORK is missing, such as imc:R32,V64; or --store and --trial");
    }
    if ((arguments->store != NULL) != cli_given(call, "trial")) {
        return cli_usage(call, "--store and --trial belong together");
    }
    if (arguments->store == NULL && arguments->data == NULL) {
        return cli_usage(call, "--data is missing: the data set to train on");
    }
    for (size_t i = 0; arguments->store != NULL && i < 3; i++) {
        static const char *const BUILDING[] = {"head-pool", "hidden", "dropout"};
        if (cli_given(call, BUILDING[i])) {
            return cli_usage(call,
                             "--%s has no use with --store: the trial says how its network "
                             "is built",
                             BUILDING[i]);
        }
    }
    return check_histograms(call, arguments);
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct train_watch {
    cli_progress progress;
    double started;
} train_watch;

static bool on_progress(void *context, const weft_train_progress *now) {
    train_watch *watch = context;
    if (cli_progress_due(&watch->progress) || now->step == now->steps) {
        char bar[32], eta[32];
        double share = now->steps > 0 ? (double)now->step / (double)now->steps : 0;
        double left = (weft_steady_time() - watch->started) * (1 - share) / share;
        cli_progress_show(
            &watch->progress,
            "%s epoch %.1f, step %" PRId64 "/%" PRId64 " | loss %.4f | %.0f images/s | ETA %s",
            cli_progress_bar(share, bar, sizeof bar), now->epoch, now->step, now->steps, now->loss,
            now->images_per_second, cli_duration(left, eta, sizeof eta));
    }
    return true;
}

/* ---- results --------------------------------------------------------------------------------- */

static weft_status print_json(cli_call *call, const train_arguments *arguments,
                              const trained_subject *subject, const weft_train_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", subject->name);
    weft_json_member_text(json, "data", weft_dataset_get_info(subject->dataset)->name);
    weft_json_member_text(json, "split", SPLITS[arguments->split]);
    weft_json_member_real(json, "epochs", arguments->settings.epochs);
    weft_json_member_integer(json, "seed", (int64_t)arguments->settings.seed);
    weft_json_member_real(json, "accuracy", result->accuracy);
    weft_json_member_real(json, "loss", result->loss);
    weft_json_member_real(json, "train_loss", result->train_loss);
    weft_json_member_integer(json, "images_trained", result->images_trained);
    weft_json_member_integer(json, "images_measured", result->images_measured);
    weft_json_member_real(json, "seconds", result->seconds);
    weft_json_member_real(json, "images_per_second", result->images_per_second);
    weft_json_member_integer(json, "macs", subject->network->macs);
    weft_json_member_integer(json, "params", subject->network->params);
    if (arguments->histograms != NULL) {
        weft_json_member_text(json, "histograms", arguments->histograms);
    }
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_text(const train_arguments *arguments, const trained_subject *subject,
                       const weft_train_result *result) {
    char params[CLI_QUANTITY], time[32];
    const char *split = SPLITS[arguments->split];
    printf("network           %s (%s parameters)\n", subject->name,
           cli_quantity((double)subject->network->params, "", params, sizeof params));
    printf("data              %s, %" PRId64 " images trained, %" PRId64 " measured\n",
           weft_dataset_get_info(subject->dataset)->name, result->images_trained,
           result->images_measured);
    printf("accuracy          %.4f (%s)\n", result->accuracy, split);
    printf("loss              %.4f (%s), %.4f (last training epoch)\n", result->loss, split,
           result->train_loss);
    printf("time              %s, %.0f images/s\n",
           cli_duration(result->seconds, time, sizeof time), result->images_per_second);
    if (arguments->histograms != NULL) {
        printf("histograms        %s\n", arguments->histograms);
    }
}

/* With its histograms, where they are wanted. */
static weft_status train_network(cli_call *call, const train_arguments *arguments,
                                 const trained_subject *subject, train_watch *watch,
                                 weft_train_result *result) {
    const weft_stop *stop = cli_interrupt_install(call);
    if (arguments->histograms == NULL) {
        return weft_train(subject->network, subject->dataset, &arguments->settings, on_progress,
                          watch, stop, result, &call->error);
    }
    weft_network *measured = NULL;
    WEFT_TRY(weft_train_with_histograms(subject->network, subject->dataset, &arguments->settings,
                                        arguments->histogram_images, on_progress, watch, stop,
                                        result, &measured, &call->error));
    weft_status status = weft_network_write_csv(measured, arguments->histograms, &call->error);
    weft_network_destroy(measured);
    return status;
}

static weft_status train(cli_call *call, train_arguments *arguments,
                         const trained_subject *subject) {
    train_watch watch = {.started = weft_steady_time()};
    cli_progress_begin(&watch.progress, call);
    weft_train_result result;
    arguments->settings.split = (weft_split)arguments->split;
    weft_status status = train_network(call, arguments, subject, &watch, &result);
    cli_progress_end(&watch.progress);
    if (status == WEFT_OK && result.classes_unmeasured > 0) {
        cli_note(call,
                 "classes without an image that measures: %d; the accuracy is that of the rest",
                 result.classes_unmeasured);
    }
    if (status == WEFT_STOPPED) {
        cli_note(call, "interrupted: nothing of this training is kept");
    } else if (status == WEFT_OK && arguments->json) {
        status = print_json(call, arguments, subject, &result);
    } else if (status == WEFT_OK) {
        print_text(arguments, subject, &result);
    }
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    train_arguments *arguments = opaque;
    WEFT_TRY(check(call, arguments));
    trained_subject subject = {0};
    weft_status status = prepare(call, arguments, &subject);
    if (status == WEFT_OK) {
        status = train(call, arguments, &subject);
    }
    weft_dataset_close(subject.dataset);
    weft_network_destroy(subject.network);
    return status;
}

const cli_command cli_train = {
    .name = "train",
    .summary = "Trains one network on a data set and measures it",
    .usage = "NETWORK --data NAME | --store STORE --trial N [options]",
    .text = "Trains a network from scratch and prints its accuracy: by default on the whole "
            "training set, measured once on the test set. The network is written out, or is the "
            "design of a trial. It is built for the images and classes of the data set.",
    .json = "an object with network, data, split, epochs, seed, accuracy (0 to 1, on the split), "
            "loss, train_loss, images_trained, images_measured, seconds, images_per_second, macs, "
            "params and, where it was asked for, histograms (the file).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 0,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(train_arguments),
    .defaults = defaults,
    .run = run,
};
