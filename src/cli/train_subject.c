/* SPDX-License-Identifier: Apache-2.0
 * What weft train trains: from the words of the call or from a trial of a store. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/train.h"

/* ---- do the options fit together ------------------------------------------------------------- */

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
    return cli_check_folder(call, file);
}

static weft_status check_subject(cli_call *call, const train_arguments *arguments) {
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
    return WEFT_OK;
}

/* Options that mean nothing without another one: a study may bring that one. */
static weft_status check_needs(cli_call *call) {
    if (!cli_given(call, "store")) {
        WEFT_TRY(cli_check_needs(call));
    }
    if (cli_given(call, "teacher") && !cli_given(call, "teacher-weights")) {
        return cli_usage(call,
                         "--teacher-weights is missing: a teacher without weights knows nothing");
    }
    return WEFT_OK;
}

weft_status train_check(cli_call *call, const train_arguments *arguments) {
    WEFT_TRY(check_subject(call, arguments));
    WEFT_TRY(check_needs(call));
    WEFT_TRY(check_histograms(call, arguments));
    WEFT_TRY(cli_check_folder(call, arguments->settings.save));
    return cli_check_folder(call, arguments->settings.checkpoint);
}

/* ---- a trial of a store ---------------------------------------------------------------------- */

static const weft_trial *find_trial(const weft_study *study, int64_t number) {
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        if (trial->number == (uint64_t)number) {
            return trial;
        }
    }
    return NULL;
}

/* The study's teacher, as texts of the subject's own: the study is closed before the training. */
static weft_status copy_teacher(cli_call *call, train_arguments *arguments,
                                const weft_accuracy_settings *accuracy, train_subject *subject) {
    subject->teacher_text = strdup(accuracy->teacher);
    subject->teacher_weights = strdup(accuracy->teacher_weights);
    if (subject->teacher_text == NULL || subject->teacher_weights == NULL) {
        return weft_fail_memory(&call->error, strlen(accuracy->teacher_weights) + 1);
    }
    arguments->teacher = subject->teacher_text;
    arguments->teacher_weights = subject->teacher_weights;
    return WEFT_OK;
}

/* The settings of the study's final designs, and what was typed over them. */
static weft_status take_settings(cli_call *call, train_arguments *arguments,
                                 const weft_problem_info *info, train_subject *subject) {
    const weft_train_settings *train = &info->accuracy.train;
    if (info->trains && weft_accuracy_needs_data(info->accuracy.provider)) {
        arguments->settings = *train;
        arguments->settings.epochs = info->accuracy.final_epochs;
        arguments->settings.share = 1;
        arguments->settings.patience = 0;
        arguments->settings.threads = cli_cores();
        arguments->bits =
            (cli_bits){train->quantize, train->quant.weight_bits, train->quant.input_bits};
        if (info->accuracy.teacher[0] != '\0') {
            WEFT_TRY(copy_teacher(call, arguments, &info->accuracy, subject));
        }
    }
    return cli_apply(call, arguments);
}

static weft_status take_trial(cli_call *call, train_arguments *arguments, const weft_study *study,
                              train_subject *subject) {
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
    WEFT_TRY(take_settings(call, arguments, info, subject));
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
        weft_hint(&call->error, "--data NAME trains the design's network on a data set of yours");
        return WEFT_ERROR_USAGE;
    }
    snprintf(subject->name, sizeof subject->name, "%s", trial->description);
    WEFT_TRY(weft_space_decode(weft_problem_get_space(problem), trial->genome, 0, &subject->network,
                               &call->error));
    return weft_dataset_open(data, &subject->dataset, &call->error);
}

/* ---- what is trained -------------------------------------------------------------------------- */

static weft_status take_network(cli_call *call, train_arguments *arguments,
                                train_subject *subject) {
    if (arguments->store != NULL) {
        weft_study *study = NULL;
        WEFT_TRY(weft_study_open_read(arguments->store, &study, &call->error));
        weft_status status = take_trial(call, arguments, study, subject);
        weft_study_close(study);
        return status;
    }
    WEFT_TRY(weft_dataset_open(arguments->data, &subject->dataset, &call->error));
    WEFT_TRY(cli_network_for_data(call, call->operands[0], &arguments->network,
                                  weft_dataset_get_info(subject->dataset), &subject->network));
    snprintf(subject->name, sizeof subject->name, "%s", subject->network->name);
    return WEFT_OK;
}

/* By its name alone, as studies read theirs: --hidden and the like are the pupil's. */
static weft_status take_teacher(cli_call *call, train_arguments *arguments,
                                train_subject *subject) {
    if (arguments->teacher == NULL) {
        return WEFT_OK;
    }
    const weft_dataset_info *data = weft_dataset_get_info(subject->dataset);
    WEFT_TRY(weft_network_read_for(arguments->teacher, data->shape, data->classes,
                                   &subject->teacher, &call->error));
    arguments->settings.teacher = subject->teacher;
    arguments->settings.teacher_weights = arguments->teacher_weights;
    return WEFT_OK;
}

/* Bits outside what there is, or that a chip cannot hold, are told before anything is trained. */
static weft_status take_bits(cli_call *call, train_arguments *arguments,
                             const train_subject *subject) {
    weft_train_settings *s = &arguments->settings;
    s->quantize = arguments->bits.on;
    s->quant.weight_bits = arguments->bits.weights;
    s->quant.input_bits = arguments->bits.inputs;
    if (!s->quantize) {
        return WEFT_OK;
    }
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_status status = WEFT_OK;
    if (arguments->chip != NULL) {
        WEFT_TRY(cli_chip_read(call, arguments->chip, &chip));
        status = weft_priced_create(chip, &priced, &call->error);
    }
    if (status == WEFT_OK) {
        status = weft_quantize_check(subject->network, &s->quant, priced, &call->error);
    }
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return status;
}

weft_status train_prepare(cli_call *call, train_arguments *arguments, train_subject *subject) {
    WEFT_TRY(take_network(call, arguments, subject));
    WEFT_TRY(take_teacher(call, arguments, subject));
    arguments->settings.split = (weft_split)arguments->split;
    return take_bits(call, arguments, subject);
}

void train_subject_free(train_subject *subject) {
    weft_dataset_close(subject->dataset);
    weft_network_destroy(subject->teacher);
    weft_network_destroy(subject->network);
    free(subject->teacher_text);
    free(subject->teacher_weights);
    *subject = (train_subject){0};
}
