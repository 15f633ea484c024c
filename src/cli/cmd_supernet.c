/* SPDX-License-Identifier: Apache-2.0
 * weft supernet train, weft supernet measure: one set of weights for all networks of a space, and the
 * accuracies of networks with them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/supernet.h"
#include "cli/training.h"

#define WORD(name, word) word,
static const char *const RULES[] = {WEFT_SUPERNET_RULE_MAP(WORD) NULL};
#undef WORD

static const cli_operand TRAIN_OPERANDS[] = {
    {"SPACE", CLI_VALUES_SPACE, NULL,
     "A space by name (small-mobilenetv2), a space file, or a problem file, whose space and data "
     "are taken."},
};

/* ---- train ----------------------------------------------------------------------------------- */

typedef struct supernet_train_arguments {
    const char *data, *log;
    weft_supernet_settings settings;
    cli_bits bits;
    int rule; /* index in RULES, a weft_supernet_rule */
    bool dry_run, json;
} supernet_train_arguments;

#define MEMBER(member) .offset = offsetof(supernet_train_arguments, member)

static const cli_option TRAIN_OPTIONS[] = {
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA,
     .unset = "the problem's", .help = "The data set; 'weft data list' has the names."},
    {"out", 'o', CLI_TEXT, "FILE", MEMBER(settings.train.save), .values = CLI_VALUES_FILE,
     .help = "Takes the weights (safetensors)."},
    {"epochs", 'e', CLI_REAL, "N", MEMBER(settings.train.epochs), 1e-6, 1e6,
     .help = "Passes over the training images; fractions end after that share of the steps."},
    {"rule", 0, CLI_CHOICE, "NAME", MEMBER(rule), .words = RULES, .values = CLI_VALUES_WORDS,
     .help = "Which networks learn in a step: --samples random ones, or the largest, the smallest "
             "and --samples random ones."},
    {"samples", 0, CLI_INT, "N", MEMBER(settings.samples), 1, 64,
     .help = "Random networks in a step."},
    {"distil", 0, CLI_SWITCH, "on|off", MEMBER(settings.distils),
     .help =
         "With --rule sandwich: the largest network learns from the labels, the others from it."},
    {"kernel-transform", 0, CLI_SWITCH, "on|off", MEMBER(settings.transforms_kernels),
     .help = "Small kernels are the middle of large ones times a matrix that is learned; off: the "
             "middle as it is."},
    {"first-phase", 0, CLI_REAL, "X", MEMBER(settings.first_phase), 0, 0.999,
     .help = "Share of the steps in which only networks without attention learn; 0: one phase."},
    {"inherited-rate", 0, CLI_REAL, "X", MEMBER(settings.inherited_rate), 1e-6, 1,
     .help = "Behind the first phase: what learned in it goes on at this share of the rate."},
    {"project", 0, CLI_SWITCH, "on|off", MEMBER(settings.projects),
     .help = "Where gradients of networks with and without attention conflict, takes from each the "
             "part against the other. Every second random network is without attention then."},
    {"batch", 'b', CLI_INT, "N", MEMBER(settings.train.batch), 1, 65536,
     .help = "Images of one step, for all its networks."},
    CLI_SHARE_ROW(settings.train),
    CLI_VALIDATION_ROW(settings.train),
    CLI_BRIEF_RATE_ROWS(settings.train),
    CLI_MOMENTUM_ROWS(settings.train),
    CLI_DECAY_ALL_ROW(settings.train),
    CLI_GRADIENT_LIMIT_ROW(settings.train),
    CLI_AUGMENTATION_ROWS(settings.train),
    CLI_SMOOTHING_ROW(settings.train),
    CLI_BRIEF_PRECISION_ROW(settings.train),
    {"bits", 0, CLI_BITS, "W,A", MEMBER(bits),
     .help =
         "Trains quantized: bits of weights and of what layers read, where a layer does not say "
         "its own; layers: only where they do, as genes for bits make them."},
    CLI_QUANT_ROWS(settings.train),
    {"checkpoint", 0, CLI_TEXT, "FILE", MEMBER(settings.train.checkpoint),
     .values = CLI_VALUES_FILE, .unset = "none",
     .help =
         "Keeps the training in this file while it runs; the same command goes on there, to the "
         "same weights."},
    CLI_CHECKPOINT_EVERY_ROW(settings.train),
    {"log", 0, CLI_TEXT, "FILE", MEMBER(log), .values = CLI_VALUES_FILE, .unset = "none",
     .help = "Takes a line of JSON an epoch: epoch, step, networks, phase, loss, cosines."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(settings.train.seed),
     .help = "Seed of weights, networks, order and augmentation."},
    CLI_SPLIT_SEED_ROW(settings.train),
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(settings.train.threads),
     .help = "Threads of the training; auto: the cores of this machine. The result does not depend "
             "on them."},
    {"dry-run", 'n', CLI_FLAG, MEMBER(dry_run),
     .help = "Prints what the training would be, and ends."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

#undef MEMBER

static void train_defaults(void *opaque) {
    supernet_train_arguments *arguments = opaque;
    weft_supernet_defaults(&arguments->settings);
    arguments->settings.train.threads = cli_cores();
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct supernet_watch {
    cli_training training;
    supernet_log log;
} supernet_watch;

static bool on_progress(void *context, const weft_train_progress *now) {
    supernet_watch *watch = context;
    return cli_training_show(&watch->training, now);
}

static weft_status on_epoch(void *context, const weft_supernet_epoch *done, weft_error *error) {
    supernet_watch *watch = context;
    return supernet_log_add(&watch->log, done, error);
}

/* ---- results of training --------------------------------------------------------------------- */

static void settings_json(weft_json *json, const weft_supernet_settings *s) {
    weft_json_member_text(json, "rule", RULES[s->rule]);
    weft_json_member_integer(json, "samples", s->samples);
    weft_json_member_bool(json, "distil", s->distils);
    weft_json_member_bool(json, "kernel_transform", s->transforms_kernels);
    weft_json_member_real(json, "first_phase", s->first_phase);
    weft_json_member_real(json, "inherited_rate", s->inherited_rate);
    weft_json_member_bool(json, "project", s->projects);
    weft_json_member_real(json, "epochs", s->train.epochs);
    weft_json_member_integer(json, "batch", s->train.batch);
    weft_json_member_real(json, "learning_rate", s->train.learning_rate);
    weft_json_member_integer(json, "seed", (int64_t)s->train.seed);
}

static weft_status print_trained_json(cli_call *call, const supernet_train_arguments *arguments,
                                      const supernet_source *source,
                                      const weft_supernet_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "space", weft_space_name(source->space));
    weft_json_member_text(json, "data", weft_dataset_get_info(source->dataset)->name);
    weft_json_member_text(json, "out", arguments->settings.train.save);
    weft_json_member_integer(json, "steps", result->steps);
    weft_json_member_integer(json, "networks", result->networks);
    weft_json_member_integer(json, "tensors", result->tensors);
    weft_json_member_integer(json, "parameters", result->parameters);
    weft_json_member_real(json, "loss", result->loss);
    weft_json_member_real(json, "seconds", result->seconds);
    weft_json_member_real(json, "images_per_second", result->images_per_second);
    supernet_cosines_json(json, "cosines", result->cosines);
    settings_json(json, &arguments->settings);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_cosines(const weft_supernet_cosines *cosines) {
    static const char *const KINDS[] = {"convolutions", "linear layers", "norms and others"};
    for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
        if (cosines[k].pairs > 0) {
            printf("%-17s %s: mean cosine %.3f, %.1f %% of %" PRId64 " negative\n",
                   k == 0 ? "gradients" : "", KINDS[k], cosines[k].mean,
                   100.0 * (double)cosines[k].negative / (double)cosines[k].pairs,
                   cosines[k].pairs);
        }
    }
}

static void print_trained(const supernet_train_arguments *arguments, const supernet_source *source,
                          const weft_supernet_result *result) {
    char params[CLI_QUANTITY], time[32];
    printf("space             %s\n", weft_space_name(source->space));
    printf("weights           %s (%s in %" PRId64 " tensors)\n", arguments->settings.train.save,
           cli_quantity((double)result->parameters, "", params, sizeof params), result->tensors);
    printf("data              %s, %" PRId64 " steps, %" PRId64 " networks learned\n",
           weft_dataset_get_info(source->dataset)->name, result->steps, result->networks);
    printf("loss              %.4f (last epoch)\n", result->loss);
    print_cosines(result->cosines);
    printf("time              %s, %.0f images/s\n",
           cli_duration(result->seconds, time, sizeof time), result->images_per_second);
}

/* ---- what a training would be ---------------------------------------------------------------- */

static weft_status print_survey(cli_call *call, const supernet_train_arguments *arguments,
                                const supernet_source *source, const weft_supernet_survey *survey,
                                const weft_space_count *count) {
    const char *data = weft_dataset_get_info(source->dataset)->name;
    if (!arguments->json) {
        char params[CLI_QUANTITY], bytes[CLI_QUANTITY], networks[CLI_COUNT];
        printf("space             %s, %s networks\n", weft_space_name(source->space),
               cli_count_text(count->legal, networks, sizeof networks));
        printf("weights           %s in %" PRId64 " tensors\n",
               cli_quantity((double)survey->parameters, "", params, sizeof params),
               survey->tensors);
        printf("data              %s, %" PRId64 " images to learn from\n", data, survey->images);
        printf("steps             %" PRId64 " of %d images, %" PRId64 " networks learn\n",
               survey->steps, arguments->settings.train.batch, survey->networks);
        printf("memory            %s\n",
               cli_quantity((double)survey->bytes, "B", bytes, sizeof bytes));
        return WEFT_OK;
    }
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "space", weft_space_name(source->space));
    weft_json_member_text(json, "designs", count->legal);
    weft_json_member_text(json, "data", data);
    weft_json_member_integer(json, "images", survey->images);
    weft_json_member_integer(json, "steps", survey->steps);
    weft_json_member_integer(json, "networks", survey->networks);
    weft_json_member_integer(json, "tensors", survey->tensors);
    weft_json_member_integer(json, "parameters", survey->parameters);
    weft_json_member_integer(json, "bytes", survey->bytes);
    settings_json(json, &arguments->settings);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status look(cli_call *call, const supernet_train_arguments *arguments,
                        const supernet_source *source) {
    weft_supernet_survey survey;
    weft_space_count count;
    WEFT_TRY(weft_supernet_look(weft_space_supernet_get(source->networks), source->dataset,
                                &arguments->settings, &survey, &call->error));
    WEFT_TRY(weft_space_counts(source->space, &count, &call->error));
    return print_survey(call, arguments, source, &survey, &count);
}

/* ---- the call of train ----------------------------------------------------------------------- */

static weft_status check_train(cli_call *call, supernet_train_arguments *arguments) {
    weft_train_settings *s = &arguments->settings.train;
    arguments->settings.rule = (weft_supernet_rule)arguments->rule;
    s->quantize = arguments->bits.on;
    s->quant.weight_bits = arguments->bits.weights;
    s->quant.input_bits = arguments->bits.inputs;
    if (s->save == NULL && !arguments->dry_run) {
        return cli_usage(call, "--out is missing: the file that takes the weights");
    }
    if (cli_given(call, "distil") && arguments->rule != WEFT_SUPERNET_SANDWICH) {
        return cli_usage(call, "--distil has no use without --rule sandwich");
    }
    WEFT_TRY(cli_check_needs(call));
    WEFT_TRY(cli_check_folder(call, s->save));
    WEFT_TRY(cli_check_folder(call, arguments->log));
    return cli_check_folder(call, s->checkpoint);
}

/* Images that a problem keeps for validation stay out of the training. */
static weft_status take_split(cli_call *call, supernet_train_arguments *arguments,
                              const supernet_source *source) {
    if (source->problem == NULL) {
        return WEFT_OK;
    }
    const weft_train_settings *of = &weft_problem_get_info(source->problem)->accuracy.train;
    arguments->settings.train.validation = of->validation;
    arguments->settings.train.split_seed = of->split_seed;
    return cli_apply(call, arguments);
}

static void tell_interrupted(const cli_call *call, const char *file) {
    if (file == NULL || access(file, F_OK) != 0) {
        cli_note(call, "interrupted: nothing of this training is kept");
    } else {
        cli_note(call, "interrupted: the same command goes on from %s", file);
    }
}

static weft_status train(cli_call *call, const supernet_train_arguments *arguments,
                         const supernet_source *source) {
    supernet_watch watch = {.training = {.first = -1}, .log = {.path = arguments->log}};
    const weft_supernet_watch looks = {on_progress, on_epoch, &watch};
    weft_supernet_result result;
    cli_progress_begin(&watch.training.progress, call);
    weft_status status = weft_supernet_train(weft_space_supernet_get(source->networks),
                                             source->dataset, &arguments->settings, &looks,
                                             cli_interrupt_install(call), &result, &call->error);
    cli_progress_end(&watch.training.progress);
    if (status == WEFT_STOPPED) {
        tell_interrupted(call, arguments->settings.train.checkpoint);
    } else if (status == WEFT_OK && arguments->json) {
        status = print_trained_json(call, arguments, source, &result);
    } else if (status == WEFT_OK) {
        print_trained(arguments, source, &result);
    }
    return status;
}

static weft_status run_train(cli_call *call, void *opaque) {
    supernet_train_arguments *arguments = opaque;
    supernet_source source;
    WEFT_TRY(check_train(call, arguments));
    weft_status status = supernet_source_open(call, call->operands[0], arguments->data, &source);
    if (status == WEFT_OK) {
        status = take_split(call, arguments, &source);
    }
    if (status == WEFT_OK) {
        status = arguments->dry_run ? look(call, arguments, &source)
                                    : train(call, arguments, &source);
    }
    supernet_source_close(&source);
    return status;
}

static const char *const TRAIN_EXAMPLES[] = {
    "weft supernet train imc-supernet --data fashion-mnist --out imc.safetensors",
    "weft supernet train small-mobilenetv2 --data cifar10 --rule sandwich --samples 2 --epochs 60 "
    "--checkpoint run.checkpoint --out mobile.safetensors",
    "weft supernet train small-hybrid --data cifar10 --rule sandwich --samples 2 --first-phase 0.5 "
    "--log phases.jsonl --out hybrid.safetensors",
    NULL,
};

const cli_command cli_supernet_train = {
    .name = "supernet train",
    .summary = "Trains one set of weights for all networks of a space",
    .usage = "SPACE --data NAME --out FILE [options]",
    .text = "In each step some networks of the space learn from the same images. Each takes slices "
            "of tensors that all share: the first channels, the middle of kernels. What comes out "
            "answers for every network of the space, without training it: 'weft supernet measure', "
            "and the provider of accuracies 'supernet' of a problem file.",
    .json =
        "an object with space, data, out, steps, networks (that learned), tensors, parameters, "
        "loss, seconds, images_per_second, cosines (conv, linear, other; each with pairs, "
        "negative and mean, null without pairs) and the settings rule, samples, distil, "
        "kernel_transform, first_phase, inherited_rate, project, epochs, batch, learning_rate, "
        "seed; with --dry-run: space, designs (digits), data, images, steps, networks, tensors, "
        "parameters, bytes (of memory) and the settings.",
    .examples = TRAIN_EXAMPLES,
    .operands = TRAIN_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = TRAIN_OPTIONS,
    .n_options = sizeof TRAIN_OPTIONS / sizeof TRAIN_OPTIONS[0],
    .size = sizeof(supernet_train_arguments),
    .defaults = train_defaults,
    .run = run_train,
};
