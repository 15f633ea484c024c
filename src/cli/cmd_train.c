/* SPDX-License-Identifier: Apache-2.0
 * weft train: trains one network on a data set and measures it. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/train.h"

#define MEMBER(member) .offset = offsetof(train_arguments, member)

#define WORD(name, word) word,
static const char *const DEVICES[] = {WEFT_TRAIN_DEVICE_MAP(WORD) NULL};
#undef WORD

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
    {"split", 0, CLI_CHOICE, "PART", MEMBER(split), .words = cli_splits, .values = CLI_VALUES_WORDS,
     .help = "What measures the result. test: trains on the whole training set, measures once on "
             "the test set. validation: trains on the training part, measures on the rest."},
    {"batch", 'b', CLI_INT, "N", MEMBER(settings.batch), 1, 65536, .help = "Images of one step."},
    CLI_SHARE_ROW(settings),
    CLI_VALIDATION_ROW(settings),
    {"validation-limit", 0, CLI_INT64, "N", MEMBER(settings.validation_limit), 0, 1e12,
     .help = "At most so many validation images; 0: all."},
    CLI_LEARNING_RATE_ROW(settings),
    CLI_SCHEDULE_ROW(
        settings,
        "How the rate falls behind the warm-up: half a cosine or a straight line down to 0, by "
        "steps to a tenth at 1/2 and again at 3/4, or not at all."),
    CLI_WARMUP_ROW(settings, "Share of the steps in which the rate rises to it."),
    CLI_OPTIMIZER_ROW(
        settings,
        "What a step does with the gradients: SGD with momentum, with Nesterov's, or AdamW."),
    CLI_MOMENTUM_ROWS(settings),
    CLI_DECAY_ALL_ROW(settings),
    CLI_GRADIENT_LIMIT_ROW(settings),
    {"average", 0, CLI_REAL, "X", MEMBER(settings.average), 0, 0.9999999,
     .help = "Decay of a running average of the weights, which is what is measured and saved; 0: "
             "none."},
    CLI_AUGMENTATION_ROWS(settings),
    {"mixup", 0, CLI_REAL, "X", MEMBER(settings.mixup), 0, 1e6,
     .help = "Blends images in pairs, their shares from Beta(X, X); 0: no pairs."},
    CLI_SMOOTHING_ROW(settings),
    {"head-pool", 0, CLI_INT, "N", MEMBER(network.head_pool), 1, 64,
     .help = "Side of the map that the head pools to before its linear layers."},
    {"hidden", 0, CLI_WIDTHS, "N,...", MEMBER(network.hidden),
     .help = "Widths of the head's hidden linear layers, or none."},
    {"dropout", 0, CLI_REAL, "X", MEMBER(network.dropout), 0, 0.999,
     .help = "Share of the head's features that dropout drops."},
    CLI_PRECISION_ROW(
        settings,
        "Of activations and products; auto: bf16 where the device has arithmetic for it, else "
        "f32. Weights are f32 in any case."),
    {"device", 0, CLI_CHOICE, "DEVICE", MEMBER(settings.device), .words = DEVICES,
     .values = CLI_VALUES_WORDS,
     .help = "What it runs on; cuda: an NVIDIA GPU, in a build that has the engine for it; auto: "
             "that, where there is one."},
    {"bits", 0, CLI_BITS, "W,A", MEMBER(bits),
     .help = "Trains quantized: bits of weights and of what layers read, 2 to 8, where a layer "
             "does not "
             "say its own; layers: only where they do."},
    CLI_QUANT_ROWS(settings),
    {"chip", 'c', CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP, .unset = "none",
     .help =
         "With --bits: a chip that must hold them; what it cannot is said before the training."},
    {"teacher", 0, CLI_TEXT, "NETWORK", MEMBER(teacher), .values = CLI_VALUES_NETWORK,
     .unset = "none",
     .help = "A trained network whose outputs are learned from, beside the labels; its text alone "
             "says how it is built."},
    {"teacher-weights", 0, CLI_TEXT, "FILE", MEMBER(teacher_weights), .values = CLI_VALUES_FILE,
     .unset = "none", .help = "Its weights, as --save writes them."},
    {"teaching", 0, CLI_REAL, "X", MEMBER(settings.teaching), 0, 1,
     .help = "With --teacher: its share of the loss."},
    {"temperature", 0, CLI_REAL, "X", MEMBER(settings.temperature), 1e-3, 1e3,
     .help = "With --teacher: both outputs are divided by it before they are compared."},
    {"weights", 'w', CLI_TEXT, "FILE", MEMBER(settings.weights), .values = CLI_VALUES_FILE,
     .unset = "none",
     .help = "Starts from these weights of the same network, not from random ones."},
    {"save", 'o', CLI_TEXT, "FILE", MEMBER(settings.save), .values = CLI_VALUES_FILE,
     .unset = "none", .help = "Writes the trained weights to this file (safetensors)."},
    {"checkpoint", 0, CLI_TEXT, "FILE", MEMBER(settings.checkpoint), .values = CLI_VALUES_FILE,
     .unset = "none",
     .help =
         "Keeps the training in this file while it runs; the same command goes on there, to the "
         "same weights, after whatever has ended it."},
    CLI_CHECKPOINT_EVERY_ROW(settings),
    {"patience", 0, CLI_REAL, "N", MEMBER(settings.patience), 0, 1e6,
     .help =
         "Ends early after so many epochs without a better accuracy (with --split validation); 0: "
         "never."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(settings.seed),
     .help = "Seed of weights, order, augmentation and dropout."},
    CLI_SPLIT_SEED_ROW(settings),
    {"histograms", 0, CLI_TEXT, "FILE", MEMBER(histograms), .values = CLI_VALUES_FILE,
     .unset = "none",
     .help = "After the training, writes the layers of products with the histograms of their "
             "inputs, weights and outputs to this layer table (.csv): a network for chips whose "
             "energies depend on values."},
    {"histogram-images", 0, CLI_INT64, "N", MEMBER(histogram_images), 1, 1e12,
     .help = "With --histograms: at most so many validation images run through the network."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(settings.threads),
     .help = "Threads of the training; auto: the cores of this machine."},
    {"dry-run", 'n', CLI_FLAG, MEMBER(dry_run),
     .help = "Reads every file, plans every buffer, prints what the training would be, and ends."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL,
     "Blocks and kernels in order, such as imc:R32,V64, or a network by name (resnet20), which is "
     "told "
     "the images' shape and the classes."},
};

static const char *const EXAMPLES[] = {
    "weft train imc:V32,R64,V64 --data fashion-mnist --epochs 10",
    "weft train --store runs.db --trial 17 --epochs 10",
    "weft train imc:V32,R64 --data fashion-mnist --histograms layers.csv",
    "weft train imc:V32,R64 --data fashion-mnist --bits 4,4 --save quantized.safetensors",
    "weft train resnet20 --data cifar10 --epochs 200 --checkpoint resnet20.checkpoint",
    NULL,
};

static void defaults(void *opaque) {
    enum { HISTOGRAM_IMAGES = 256 };
    train_arguments *arguments = opaque;
    cli_network_defaults(&arguments->network);
    arguments->network.head_pool = WEFT_IMC_TRAINED_POOL;
    weft_train_defaults(&arguments->settings);
    arguments->settings.threads = cli_cores();
    arguments->split = WEFT_SPLIT_TEST;
    arguments->histogram_images = HISTOGRAM_IMAGES;
}

/* ---- the call --------------------------------------------------------------------------------- */

/* With its histograms, where they are wanted. */
static weft_status train_network(cli_call *call, const train_arguments *arguments,
                                 const train_subject *subject, cli_training *watch,
                                 weft_train_result *result) {
    const weft_stop *stop = cli_interrupt_install(call);
    if (arguments->histograms == NULL) {
        return weft_train(subject->network, subject->dataset, &arguments->settings,
                          cli_training_show, watch, stop, result, &call->error);
    }
    weft_network *measured = NULL;
    WEFT_TRY(weft_train_with_histograms(subject->network, subject->dataset, &arguments->settings,
                                        arguments->histogram_images, cli_training_show, watch, stop,
                                        result, &measured, &call->error));
    weft_status status = weft_network_write_csv(measured, arguments->histograms, &call->error);
    weft_network_destroy(measured);
    return status;
}

static void tell_interrupted(const cli_call *call, const train_arguments *arguments) {
    const char *file = arguments->settings.checkpoint;
    if (file == NULL) {
        cli_note(call, "interrupted: nothing of this training is kept");
    } else if (access(file, F_OK) != 0) {
        cli_note(call, "interrupted before the first checkpoint: nothing of this training is kept");
    } else {
        cli_note(call, "interrupted: the same command goes on from %s", file);
    }
}

static weft_status train(cli_call *call, const train_arguments *arguments,
                         const train_subject *subject) {
    cli_training watch = {.first = -1};
    cli_progress_begin(&watch.progress, call);
    weft_train_result result;
    weft_status status = train_network(call, arguments, subject, &watch, &result);
    cli_progress_end(&watch.progress);
    if (status == WEFT_OK && result.classes_unmeasured > 0) {
        cli_note(call,
                 "classes without an image that measures: %d; the accuracy is that of the rest",
                 result.classes_unmeasured);
    }
    if (status == WEFT_STOPPED) {
        tell_interrupted(call, arguments);
    } else if (status == WEFT_OK && arguments->json) {
        status = train_print_json(call, arguments, subject, &result);
    } else if (status == WEFT_OK) {
        train_print_text(arguments, subject, &result);
    }
    return status;
}

static weft_status look_ahead(cli_call *call, const train_arguments *arguments,
                              const train_subject *subject) {
    weft_train_plan plan;
    WEFT_TRY(weft_train_look_ahead(subject->network, subject->dataset, &arguments->settings, &plan,
                                   &call->error));
    return train_print_plan(call, arguments, subject, &plan);
}

static weft_status run(cli_call *call, void *opaque) {
    train_arguments *arguments = opaque;
    WEFT_TRY(train_check(call, arguments));
    train_subject subject = {0};
    weft_status status = train_prepare(call, arguments, &subject);
    if (status == WEFT_OK) {
        status = arguments->dry_run ? look_ahead(call, arguments, &subject)
                                    : train(call, arguments, &subject);
    }
    train_subject_free(&subject);
    return status;
}

const cli_command cli_train = {
    .name = "train",
    .summary = "Trains one network on a data set and measures it",
    .usage = "NETWORK --data NAME | --store STORE --trial N [options]",
    .text = "Trains a network from scratch and prints its accuracy: by default on the whole "
            "training set, measured once on the test set. The network is written out, or is the "
            "design of a trial. It is built for the images and classes of the data set. With "
            "--checkpoint a training that was ended, even by kill -9, goes on where it was; with "
            "--bits "
            "it computes with the integers that a chip has.",
    .json =
        "an object with network, data, split, epochs, seed, accuracy (0 to 1, on the split), "
        "loss, train_loss, images_trained, images_measured, seconds, images_per_second, macs, "
        "params, settings (an object with every setting, null where it is not used) and, where it "
        "was asked for, histograms (the file). With --dry-run: network, data, macs, params, "
        "stages, products, quantized, train_images, measure_images, batch, lanes, "
        "steps_an_epoch, steps, done (by a checkpoint), precision, bytes, available_bytes and "
        "settings.",
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
