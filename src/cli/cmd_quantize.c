/* SPDX-License-Identifier: Apache-2.0
 * weft quantize: what trained weights are worth with few bits, and the integers that come out. */
#include <inttypes.h>

#include "cli/training.h"

typedef struct quantize_arguments {
    const char *data, *chip, *set;
    cli_network_options network;
    cli_bits bits;
    weft_quantize_settings settings;
    int split; /* index in cli_splits, a weft_split */
    bool json;
} quantize_arguments;

#define MEMBER(member) .offset = offsetof(quantize_arguments, member)

#define WORD(name, word) word,
static const char *const CALIBRATIONS[] = {WEFT_QUANT_CALIBRATION_MAP(WORD) NULL};
#undef WORD

static const cli_option OPTIONS[] = {
    {"weights", 'w', CLI_TEXT, "FILE", MEMBER(settings.train.weights), .values = CLI_VALUES_FILE,
     .help = "The trained weights, as 'weft train --save' writes them."},
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA,
     .help = "The data set that calibrates and measures; 'weft data list' has the names."},
    {"bits", 0, CLI_BITS, "W,A", MEMBER(bits),
     .help = "Bits of weights and of what layers read, 2 to 8, where a layer does not say its own; "
             "layers: only where they do."},
    {"calibration", 0, CLI_CHOICE, "HOW", MEMBER(settings.train.quant.calibration),
     .words = CALIBRATIONS, .values = CLI_VALUES_WORDS,
     .help = "Which steps are taken: those that reach least and largest, that keep a share of the "
             "values, that err least, or those that a training with --bits left."},
    {"percentile", 0, CLI_REAL, "X", MEMBER(settings.train.quant.percentile), 1e-6, 1,
     .help = "With --calibration percentile: the share of the values that is kept."},
    {"images", 0, CLI_INT64, "N", MEMBER(settings.images), 1, 1e12,
     .help = "Training images that calibrate."},
    {"per-channel", 0, CLI_SWITCH, "on|off", MEMBER(settings.train.quant.per_channel),
     .help = "A step for each output channel of weights, else one a layer."},
    {"ends-at-8", 0, CLI_SWITCH, "on|off", MEMBER(settings.train.quant.ends_at_8),
     .help = "The first and the last layer of products have 8 bits."},
    {"chip", 'c', CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP, .unset = "none",
     .help = "A chip that must hold the bits."},
    {"set", 0, CLI_TEXT, "PATH=VALUE", MEMBER(set),
     .help = "With --chip: changes a value of the chip. May be given several times."},
    {"save", 'o', CLI_TEXT, "FILE", MEMBER(settings.train.save), .values = CLI_VALUES_FILE,
     .unset = "none", .help = "Writes integers, steps and zero points to this file (safetensors)."},
    {"split", 0, CLI_CHOICE, "PART", MEMBER(split), .words = cli_splits, .values = CLI_VALUES_WORDS,
     .help = "What measures: the test set, or the part of the training set that a training with "
             "--split validation kept."},
    CLI_VALIDATION_ROW(settings.train),
    CLI_SPLIT_SEED_ROW(settings.train),
    {"batch", 'b', CLI_INT, "N", MEMBER(settings.train.batch), 1, 65536,
     .help = "Images that pass at once."},
    CLI_PRECISION_ROW(settings.train, "Of activations and products, as in 'weft train'."),
    {"head-pool", 0, CLI_INT, "N", MEMBER(network.head_pool), 1, 64,
     .help = "Side of the map that the head pools to before its linear layers."},
    {"hidden", 0, CLI_WIDTHS, "N,...", MEMBER(network.hidden),
     .help = "Widths of the head's hidden linear layers, or none."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(settings.train.seed),
     .help = "Seed of the images that calibrate."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(settings.train.threads),
     .help = "Threads; auto: the cores of this machine."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL, "The network that the weights were trained in."},
};

static const char *const EXAMPLES[] = {
    "weft quantize imc:V32,R64 --weights trained.safetensors --data fashion-mnist --bits 4,4",
    "weft quantize imc:V32,R64 -w trained.safetensors -d fashion-mnist --bits 8 --save "
    "int8.safetensors",
    NULL,
};

static void defaults(void *opaque) {
    quantize_arguments *arguments = opaque;
    cli_network_defaults(&arguments->network);
    arguments->network.head_pool = WEFT_IMC_TRAINED_POOL;
    weft_quantize_defaults(&arguments->settings);
    arguments->settings.train.threads = cli_cores();
    arguments->split = WEFT_SPLIT_TEST;
    arguments->bits = (cli_bits){true, arguments->settings.train.quant.weight_bits,
                                 arguments->settings.train.quant.input_bits};
}

/* ---- results --------------------------------------------------------------------------------- */

static weft_status print_json(cli_call *call, const quantize_arguments *arguments,
                              const weft_network *network, const weft_quantize_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    const weft_train_settings *s = &arguments->settings.train;
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", network->name);
    weft_json_member_text(json, "data", arguments->data);
    weft_json_member_text(json, "split", cli_splits[arguments->split]);
    weft_json_member_integer(json, "weight_bits", arguments->bits.weights);
    weft_json_member_integer(json, "input_bits", arguments->bits.inputs);
    weft_json_member_text(json, "calibration", CALIBRATIONS[s->quant.calibration]);
    weft_json_member_real(json, "accuracy", result->accuracy);
    weft_json_member_real(json, "loss", result->loss);
    weft_json_member_real(json, "real_accuracy", result->real_accuracy);
    weft_json_member_real(json, "real_loss", result->real_loss);
    weft_json_member_integer(json, "images_calibrated", result->images_calibrated);
    weft_json_member_integer(json, "images_measured", result->images_measured);
    weft_json_member_integer(json, "layers", result->layers);
    weft_json_member_integer(json, "norms", result->norms);
    weft_json_member_integer(json, "weights", result->weights);
    weft_json_member_real(json, "bits_a_weight",
                          (double)result->weight_bits / (double)result->weights);
    weft_json_member_real(json, "seconds", result->seconds);
    weft_json_member_text(json, "save", s->save);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_text(const quantize_arguments *arguments, const weft_network *network,
                       const weft_quantize_result *result) {
    const weft_train_settings *s = &arguments->settings.train;
    const char *split = cli_splits[arguments->split];
    char weights[CLI_QUANTITY], time[32];
    printf(
        "network           %s (%s weights in %d layers, %.2f bits each; %d batch norms folded)\n",
        network->name, cli_quantity((double)result->weights, "", weights, sizeof weights),
        result->layers,
        result->weights > 0 ? (double)result->weight_bits / (double)result->weights : 0.0,
        result->norms);
    printf("data              %s, %" PRId64 " images calibrate (%s), %" PRId64 " measured\n",
           arguments->data, result->images_calibrated, CALIBRATIONS[s->quant.calibration],
           result->images_measured);
    printf("accuracy          %.4f quantized, %.4f as trained (%s)\n", result->accuracy,
           result->real_accuracy, split);
    printf("loss              %.4f quantized, %.4f as trained (%s)\n", result->loss,
           result->real_loss, split);
    printf("time              %s\n", cli_duration(result->seconds, time, sizeof time));
    if (s->save != NULL) {
        printf("integers          %s\n", s->save);
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

/* Options that only some calibrations look at. */
static weft_status check_calibration(cli_call *call, weft_quant_calibration calibration) {
    static const char *const CALIBRATING[] = {"images", "seed"};
    if (cli_given(call, "percentile") && calibration != WEFT_QUANT_CALIBRATION_PERCENTILE) {
        return cli_usage(call, "--percentile has no use without --calibration percentile");
    }
    for (size_t i = 0; i < sizeof CALIBRATING / sizeof CALIBRATING[0]; i++) {
        if (cli_given(call, CALIBRATING[i]) && calibration == WEFT_QUANT_CALIBRATION_TRAINED) {
            return cli_usage(call,
                             "--%s has no use with --calibration trained: no images calibrate",
                             CALIBRATING[i]);
        }
    }
    return WEFT_OK;
}

static weft_status check(cli_call *call, const quantize_arguments *arguments) {
    if (arguments->settings.train.weights == NULL) {
        return cli_usage(call, "--weights is missing: 'weft train --save FILE' writes them");
    }
    if (arguments->data == NULL) {
        return cli_usage(call, "--data is missing: the data set to measure on");
    }
    if (!arguments->bits.on) {
        return cli_usage(call, "--bits none leaves nothing to quantize");
    }
    if (arguments->chip == NULL && cli_given(call, "set")) {
        return cli_usage(call, "--set has no use without --chip");
    }
    WEFT_TRY(check_calibration(call, arguments->settings.train.quant.calibration));
    return cli_check_folder(call, arguments->settings.train.save);
}

static weft_status quantize_for(cli_call *call, quantize_arguments *arguments,
                                const weft_dataset *dataset, const weft_network *network) {
    weft_train_settings *s = &arguments->settings.train;
    s->split = (weft_split)arguments->split;
    s->quant.weight_bits = arguments->bits.weights;
    s->quant.input_bits = arguments->bits.inputs;
    weft_quantize_result result;
    WEFT_TRY(weft_quantize(network, dataset, &arguments->settings, cli_interrupt_install(call),
                           &result, &call->error));
    if (arguments->json) {
        return print_json(call, arguments, network, &result);
    }
    print_text(arguments, network, &result);
    return WEFT_OK;
}

static weft_status quantize_on(cli_call *call, quantize_arguments *arguments,
                               const weft_dataset *dataset, const weft_network *network) {
    if (arguments->chip == NULL) {
        return quantize_for(call, arguments, dataset, network);
    }
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    WEFT_TRY(cli_chip_read(call, arguments->chip, &chip));
    weft_status status = weft_priced_create(chip, &priced, &call->error);
    if (status == WEFT_OK) {
        arguments->settings.priced = priced;
        status = quantize_for(call, arguments, dataset, network);
    }
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    quantize_arguments *arguments = opaque;
    WEFT_TRY(check(call, arguments));
    weft_dataset *dataset = NULL;
    weft_network *network = NULL;
    WEFT_TRY(weft_dataset_open(arguments->data, &dataset, &call->error));
    weft_status status = cli_network_for_data(call, call->operands[0], &arguments->network,
                                              weft_dataset_get_info(dataset), &network);
    if (status == WEFT_OK) {
        status = quantize_on(call, arguments, dataset, network);
    }
    weft_network_destroy(network);
    weft_dataset_close(dataset);
    return status;
}

const cli_command cli_quantize = {
    .name = "quantize",
    .summary = "Quantizes trained weights and measures what is left of the accuracy",
    .usage = "NETWORK --weights FILE --data NAME [options]",
    .text =
        "Takes a trained network as it is, folds its batch norms into the weights, chooses steps "
        "from the weights and from what the layers read of some training images, and measures "
        "the network with both rounded, beside its accuracy in reals. --save writes the integers "
        "that a chip holds, with steps and zero points.",
    .json = "an object with network, data, split, weight_bits, input_bits (0: as the layers say), "
            "calibration, accuracy and loss (quantized), real_accuracy and real_loss (as trained), "
            "images_calibrated, images_measured, layers and norms (quantized; folded), weights, "
            "bits_a_weight (mean), seconds and save (the file, or null).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(quantize_arguments),
    .defaults = defaults,
    .run = run,
};
