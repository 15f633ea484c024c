/* SPDX-License-Identifier: Apache-2.0
 * weft supernet measure: accuracies of networks with the weights of a supernet. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/supernet.h"
#include "cli/training.h"

static const char *const ENDS[] = {"none", "largest", "smallest", "both", NULL};

typedef struct measure_arguments {
    const char *space, *data, *genes, *cut;
    weft_train_settings settings;
    int64_t random, recalibrate;
    uint64_t seed;
    int split, ends;
    bool csv, json;
} measure_arguments;

#define MEMBER(member) .offset = offsetof(measure_arguments, member)

static const cli_option OPTIONS[] = {
    {"space", 0, CLI_TEXT, "SPACE", MEMBER(space), .values = CLI_VALUES_SPACE,
     .help = "The space that it was trained over, or a problem file with it."},
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA,
     .unset = "the problem's", .help = "The data set that it was trained on."},
    {"genes", 'g', CLI_TEXT, "GENE=VALUE,...", MEMBER(genes), .unset = "none",
     .help =
         "Measures the network of these genes; '*' stands for any characters. Genes that nobody "
         "sets are in the middle of their lists."},
    {"random", 'n', CLI_INT64, "N", MEMBER(random), 0, 1e6,
     .help = "Measures so many networks drawn at random."},
    {"ends", 0, CLI_CHOICE, "WHICH", MEMBER(ends), .words = ENDS, .values = CLI_VALUES_WORDS,
     .help = "Measures the largest network, the smallest, or both."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .help = "Seed of --random."},
    {"recalibrate", 0, CLI_INT64, "N", MEMBER(recalibrate), 1, 1e9,
     .help = "Training images over which the statistics of batch norms are estimated anew."},
    {"images", 0, CLI_INT64, "N", MEMBER(settings.validation_limit), 0, 1e12,
     .help = "At most so many images measure, the classes alike; 0: all."},
    {"split", 0, CLI_CHOICE, "PART", MEMBER(split), .words = cli_splits, .values = CLI_VALUES_WORDS,
     .help = "What measures: the images that the supernet did not learn from, or the test set."},
    {"batch", 'b', CLI_INT, "N", MEMBER(settings.batch), 1, 65536,
     .help = "Images that are run at once."},
    CLI_BRIEF_PRECISION_ROW(settings),
    {"cut", 0, CLI_TEXT, "FILE", MEMBER(cut), .values = CLI_VALUES_FILE, .unset = "none",
     .help =
         "With --genes: writes the network's own weights, from which 'weft train --weights' goes "
         "on."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(settings.threads),
     .help = "Threads; auto: the cores of this machine."},
    {"csv", 0, CLI_FLAG, MEMBER(csv), .help = "Prints CSV."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

#undef MEMBER

static const cli_operand OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL, "Weights that 'weft supernet train' has written."},
};

static void defaults(void *opaque) {
    enum { RECALIBRATED = 2000 };
    measure_arguments *arguments = opaque;
    weft_train_defaults(&arguments->settings);
    arguments->settings.threads = cli_cores();
    arguments->recalibrate = RECALIBRATED;
}

/* ---- which networks -------------------------------------------------------------------------- */

/* Genomes row by row. */
typedef struct asked {
    double *genomes;
    int n;
} asked;

static weft_status add_draw(cli_call *call, const supernet_source *source, weft_supernet_draw which,
                            uint64_t seed, uint64_t index, asked *list) {
    size_t genes = (size_t)weft_space_genes(source->space).n_genes;
    WEFT_TRY(weft_space_supernet_draw(source->networks, which, seed, index,
                                      list->genomes + (size_t)list->n * genes, &call->error));
    list->n++;
    return WEFT_OK;
}

static weft_status collect(cli_call *call, const measure_arguments *arguments,
                           const supernet_source *source, asked *list) {
    enum { OTHERS = 3 }; /* of --genes and --ends */
    size_t genes = (size_t)weft_space_genes(source->space).n_genes;
    size_t n = (size_t)arguments->random + OTHERS;
    list->genomes = calloc(n * genes, sizeof *list->genomes);
    if (list->genomes == NULL) {
        return weft_fail_memory(&call->error, n * genes * sizeof *list->genomes);
    }
    if (arguments->genes != NULL) {
        WEFT_TRY(supernet_genome_read(call, source, arguments->genes, list->genomes));
        list->n++;
    }
    if (arguments->ends == 1 || arguments->ends == 3) {
        WEFT_TRY(add_draw(call, source, WEFT_SUPERNET_LARGEST, 0, 0, list));
    }
    if (arguments->ends >= 2) {
        WEFT_TRY(add_draw(call, source, WEFT_SUPERNET_SMALLEST, 0, 0, list));
    }
    for (int64_t i = 0; i < arguments->random; i++) {
        WEFT_TRY(add_draw(call, source, WEFT_SUPERNET_RANDOM, arguments->seed, (uint64_t)i, list));
    }
    return WEFT_OK;
}

/* ---- results --------------------------------------------------------------------------------- */

typedef struct printing {
    weft_json *json;
    cli_table table;
} printing;

static void print_json_row(weft_json *json, const supernet_source *source, const double *genome,
                           const weft_network *network, const weft_train_result *result) {
    char text[WEFT_TRIAL_TEXT];
    weft_json_object_begin(json);
    weft_json_member_text(json, "description",
                          weft_space_describe(source->space, genome, text, sizeof text));
    weft_json_member_real(json, "accuracy", result->accuracy);
    weft_json_member_real(json, "loss", result->loss);
    weft_json_member_integer(json, "images_measured", result->images_measured);
    weft_json_member_real(json, "seconds", result->seconds);
    weft_json_member_integer(json, "macs", network->macs);
    weft_json_member_integer(json, "params", network->params);
    weft_json_key(json, "genes");
    cli_genes_json(json, source->space, genome);
    weft_json_object_end(json);
}

static void print_row(const measure_arguments *arguments, const supernet_source *source,
                      const double *genome, const weft_network *network,
                      const weft_train_result *result, printing *to) {
    char text[WEFT_TRIAL_TEXT];
    if (to->json != NULL) {
        print_json_row(to->json, source, genome, network, result);
        return;
    }
    weft_space_describe(source->space, genome, text, sizeof text);
    if (arguments->csv) {
        cli_csv_text(text);
        cli_csv_real(result->accuracy);
        cli_csv_real(result->loss);
        cli_csv_real((double)network->macs);
        cli_csv_real((double)network->params);
        cli_csv_real(result->seconds);
        printf("\n");
        return;
    }
    cli_table_cell(&to->table, "%s", text);
    cli_table_cell(&to->table, "%.4f", result->accuracy);
    cli_table_cell(&to->table, "%.4f", result->loss);
    cli_table_quantity(&to->table, (double)network->macs, "");
    cli_table_quantity(&to->table, (double)network->params, "");
    cli_table_quantity(&to->table, result->seconds, "s");
}

static weft_status begin_print(cli_call *call, const measure_arguments *arguments, printing *to) {
    static const char *const HEADERS[] = {"network", "accuracy", "loss", "macs", "params", "time"};
    if (arguments->json) {
        to->json = cli_json_create(call);
        if (to->json == NULL) {
            return call->error.status;
        }
        weft_json_array_begin(to->json);
    } else if (arguments->csv) {
        printf("network,accuracy,loss,macs,params,seconds\n");
    } else {
        cli_table_begin(&to->table, HEADERS, "lrrrrr");
    }
    return WEFT_OK;
}

static weft_status end_print(cli_call *call, const measure_arguments *arguments, printing *to) {
    if (to->json != NULL) {
        weft_json_array_end(to->json);
        return cli_json_print(call, to->json);
    }
    return arguments->csv ? WEFT_OK : cli_table_print(&to->table, call);
}

/* ---- the call -------------------------------------------------------------------------------- */

static weft_status measure_all(cli_call *call, const measure_arguments *arguments,
                               const supernet_source *source, weft_supernet_meter *meter,
                               const asked *list, printing *to) {
    const weft_stop *stop = cli_interrupt_install(call);
    size_t genes = (size_t)weft_space_genes(source->space).n_genes;
    weft_status status = WEFT_OK;
    for (int i = 0; i < list->n && status == WEFT_OK; i++) {
        const double *genome = list->genomes + (size_t)i * genes;
        weft_network *network = NULL;
        weft_train_result result;
        WEFT_TRY(weft_space_decode(source->space, genome, 0, &network, &call->error));
        status = weft_supernet_measure(meter, network, stop, &result, &call->error);
        if (status == WEFT_OK) {
            print_row(arguments, source, genome, network, &result, to);
        }
        weft_network_destroy(network);
    }
    return status;
}

static weft_status cut(cli_call *call, const measure_arguments *arguments,
                       const supernet_source *source, const weft_supernet *supernet,
                       const asked *list) {
    weft_network *network = NULL;
    if (arguments->cut == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_space_decode(source->space, list->genomes, 0, &network, &call->error));
    weft_status status = weft_supernet_cut(supernet, network, arguments->cut, &call->error);
    weft_network_destroy(network);
    return status;
}

static weft_status measure(cli_call *call, const measure_arguments *arguments,
                           const supernet_source *source, const weft_supernet *supernet,
                           const asked *list) {
    printing to = {0};
    weft_supernet_meter *meter = NULL;
    weft_train_settings settings = arguments->settings;
    settings.split = (weft_split)arguments->split;
    WEFT_TRY(cut(call, arguments, source, supernet, list));
    WEFT_TRY(weft_supernet_meter_create(supernet, source->dataset, &settings,
                                        arguments->recalibrate, &meter, &call->error));
    weft_status status = begin_print(call, arguments, &to);
    if (status == WEFT_OK) {
        status = measure_all(call, arguments, source, meter, list, &to);
    }
    weft_supernet_meter_destroy(meter);
    if (status == WEFT_OK || status == WEFT_STOPPED) {
        weft_status printed = end_print(call, arguments, &to);
        return status == WEFT_OK ? printed : status;
    }
    weft_json_destroy(to.json);
    return status;
}

static weft_status check(cli_call *call, const measure_arguments *arguments) {
    if (arguments->space == NULL) {
        return cli_usage(call, "--space is missing: the space that the supernet was trained over");
    }
    if (arguments->genes == NULL && arguments->random == 0 && arguments->ends == 0) {
        return cli_usage(call, "which networks? --genes GENE=VALUE,..., --random N or --ends both");
    }
    if (arguments->cut != NULL && arguments->genes == NULL) {
        return cli_usage(call, "--cut has no use without --genes");
    }
    if (arguments->csv && arguments->json) {
        return cli_usage(call, "--csv and --json exclude each other");
    }
    return cli_check_folder(call, arguments->cut);
}

static weft_status run(cli_call *call, void *opaque) {
    const measure_arguments *arguments = opaque;
    supernet_source source;
    weft_supernet *supernet = NULL;
    asked list = {0};
    WEFT_TRY(check(call, arguments));
    weft_status status = supernet_source_open(call, arguments->space, arguments->data, &source);
    if (status == WEFT_OK) {
        status = supernet_weights_open(call, call->operands[0], &source, &supernet);
    }
    if (status == WEFT_OK) {
        status = collect(call, arguments, &source, &list);
    }
    if (status == WEFT_OK) {
        status = measure(call, arguments, &source, supernet, &list);
    }
    free(list.genomes);
    weft_supernet_close(supernet);
    supernet_source_close(&source);
    return status;
}

static const char *const EXAMPLES[] = {
    "weft supernet measure imc.safetensors --space imc-supernet --data fashion-mnist --random 20",
    "weft supernet measure mobile.safetensors --space small-mobilenetv2 --data cifar10 "
    "--genes 'kernel*=5,depth*=3' --cut start.safetensors",
    NULL,
};

const cli_command cli_supernet_measure = {
    .name = "supernet measure",
    .summary = "Accuracies of networks of a space with the weights of its supernet",
    .usage = "FILE --space SPACE --data NAME [options]",
    .text = "Each network takes its slices of the weights, estimates the statistics of its batch "
            "norms anew over images of the training part, and is measured. Nothing is trained.",
    .json = "an array of objects with description, accuracy (0 to 1), loss, images_measured, "
            "seconds, macs, params and genes.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(measure_arguments),
    .defaults = defaults,
    .run = run,
};
