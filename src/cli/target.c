/* SPDX-License-Identifier: Apache-2.0
 * weft devices prune, and the end of weft search --target: what a search found with its chip as proxy, on
 * the device that measured some of the designs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/devices.h"

const char *const cli_target_metrics[] = {"latency", "energy", NULL};
static const weft_metric METRICS[] = {WEFT_METRIC_LATENCY, WEFT_METRIC_ENERGY};

/* ---- measurements ---------------------------------------------------------------------------- */

/* The index of the trial that a name means: its number, its description, or the arch= of that; the size of
 * the study: none. */
static size_t find_trial(const weft_study *study, const char *name) {
    size_t length = strlen(name), size = weft_study_size(study);
    char *end = NULL;
    unsigned long long number = strtoull(name, &end, 10);
    bool plain = end != name && *end == '\0';
    for (size_t t = 0; t < size; t++) {
        const weft_trial *trial = weft_study_get_trial(study, t);
        const char *arch = strstr(trial->description, "arch=");
        size_t own = arch != NULL ? strcspn(arch + 5, ",@ ") : 0;
        if (strcmp(trial->description, name) == 0 ||
            (own == length && arch != NULL && strncmp(arch + 5, name, length) == 0)) {
            return t;
        }
    }
    for (size_t t = 0; plain && t < size; t++) {
        if (weft_study_get_trial(study, t)->number == number) {
            return t;
        }
    }
    return size;
}

static weft_status read_samples(cli_call *call, const cli_target_file *file,
                                weft_device_table **samples) {
    static const char *const LABELS[] = {"trial", "design", ""};
    weft_error first = {0};
    for (int i = 0; i < 3; i++) {
        weft_device_columns columns = {.genes = LABELS[i]};
        if (weft_device_table_read(file->file, &columns, samples, &call->error) == WEFT_OK) {
            return WEFT_OK;
        }
        bool lacks = strstr(call->error.message, "no column") != NULL;
        first = i == 0 || !lacks ? call->error : first;
        if (!lacks) {
            break;
        }
    }
    call->error = first;
    if (strstr(first.message, "no column") != NULL) {
        weft_hint(&call->error, "name the designs in a column 'trial' (their numbers) or 'design'");
    }
    return call->error.status;
}

/* What was measured of the trials of the study. */
typedef struct samples {
    size_t *trials;
    double *values;
    int n, others; /* measured designs that the study has not tried */
} samples;

static weft_status match(cli_call *call, const cli_target_file *file, const weft_study *study,
                         const weft_device_table *table, samples *made) {
    int column = 0, n = weft_device_table_architectures(table);
    if (file->target[0] != '\0') {
        WEFT_TRY(weft_device_table_find(table, file->target, &column, &call->error));
    } else if (weft_device_table_columns(table) > 1) {
        return cli_usage(call, "%s has %d columns of numbers: --target-column names the target's",
                         file->file, weft_device_table_columns(table));
    }
    made->trials = malloc(((size_t)n + 1) * sizeof *made->trials);
    made->values = malloc(((size_t)n + 1) * sizeof *made->values);
    if (made->trials == NULL || made->values == NULL) {
        return weft_fail_memory(&call->error, (size_t)n * sizeof *made->values);
    }
    for (int i = 0; i < n; i++) {
        size_t trial = find_trial(study, weft_device_table_architecture(table, i));
        if (trial == weft_study_size(study)) {
            made->others++;
        } else if (weft_trial_counts(weft_study_get_trial(study, trial))) {
            made->trials[made->n] = trial;
            made->values[made->n++] = weft_device_table_values(table, column)[i];
        }
    }
    if (made->n == 0 && weft_study_size(study) > 0) {
        weft_fail(&call->error, WEFT_ERROR_INPUT,
                  "none of the %d designs of the file is a feasible one of the study, '%.80s' for "
                  "example",
                  n, weft_device_table_architecture(table, 0));
        weft_error_file(&call->error, file->file);
        weft_hint(&call->error, "a design of the study is '%.100s'",
                  weft_study_get_trial(study, 0)->description);
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* A file that is not there yet has nothing measured: the search says what is to be. */
static weft_status take_samples(cli_call *call, const cli_target_file *file,
                                const weft_study *study, samples *made) {
    weft_device_table *table = NULL;
    if (file->file[0] == '\0' || access(file->file, F_OK) != 0) {
        if (file->file[0] != '\0') {
            cli_note(call, "%s is not there yet: nothing is measured", file->file);
        }
        return WEFT_OK;
    }
    WEFT_TRY(read_samples(call, file, &table));
    weft_status status = match(call, file, study, table, made);
    weft_device_table_destroy(table);
    if (status == WEFT_OK && made->others > 0) {
        cli_note(call, "%d measured designs were not tried by the search", made->others);
    }
    return status;
}

/* ---- output ---------------------------------------------------------------------------------- */

static void designs_json(weft_json *json, const char *key, const weft_study *study,
                         const weft_target *target, const int *places, int n, bool missing) {
    weft_json_key(json, key);
    weft_json_array_begin(json);
    for (int k = 0; k < n; k++) {
        int i = places[k];
        const weft_trial *trial = weft_study_get_trial(study, target->trials[i]);
        if (missing && !isnan(target->measured[i])) {
            continue;
        }
        weft_json_object_begin(json);
        weft_json_member_integer(json, "trial", (int64_t)trial->number);
        weft_json_member_text(json, "description", trial->description);
        weft_json_member_real(json, "accuracy", trial->metrics[WEFT_METRIC_ACCURACY]);
        weft_json_member_real(json, "predicted", target->predicted[i]);
        weft_json_member_real(json, "measured", target->measured[i]);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static void tell_json(weft_json *json, const weft_study *study, const weft_target *target) {
    weft_json_member_integer(json, "designs", target->n);
    weft_json_member_integer(json, "measurements", target->n_measured);
    weft_json_member_integer(json, "failed", target->failed);
    weft_json_member_real(json, "srcc_proxy", target->srcc_proxy);
    weft_json_member_real(json, "srcc_loo", target->srcc_loo);
    weft_json_member_real(json, "srcc_low", target->srcc_low);
    weft_json_member_text(
        json, "fallback",
        target->fallback == WEFT_FALLBACK_NONE ? NULL : weft_fallback_text(target->fallback));
    designs_json(json, "front", study, target, target->front, target->n_front, false);
    designs_json(json, "to_measure", study, target, target->candidates, target->n_candidates, true);
}

static weft_status print_designs(cli_call *call, const weft_study *study, const weft_target *target,
                                 const int *places, int n, bool missing) {
    static const char *const HEADERS[] = {"trial", "design", "accuracy", "predicted", "measured"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "rlrrr");
    for (int k = 0; k < n; k++) {
        int i = places[k];
        const weft_trial *trial = weft_study_get_trial(study, target->trials[i]);
        if (missing && !isnan(target->measured[i])) {
            continue;
        }
        double accuracy = trial->metrics[WEFT_METRIC_ACCURACY];
        cli_table_cell(&table, "%llu", (unsigned long long)trial->number);
        cli_table_cell(&table, "%s", trial->description);
        cli_table_cell(&table, isnan(accuracy) ? "-" : "%.4f", accuracy);
        cli_table_cell(&table, "%.4g", target->predicted[i]);
        cli_table_cell(&table, missing ? "-" : "%.4g", target->measured[i]);
    }
    return cli_table_print(&table, call);
}

static weft_status tell_text(cli_call *call, const char *metric, const weft_study *study,
                             const weft_target *target) {
    int missing = 0;
    for (int k = 0; k < target->n_candidates; k++) {
        missing += isnan(target->measured[target->candidates[k]]);
    }
    cli_heading(call, "Front on the target");
    if (target->fallback != WEFT_FALLBACK_NONE) {
        printf("fallback: %s\n", weft_fallback_text(target->fallback));
    } else {
        printf("%d measurements; %s of the chip ranks them with %.3f, adapted with %.3f (at least "
               "%.3f)\n",
               target->n_measured, metric, target->srcc_proxy, target->srcc_loo, target->srcc_low);
    }
    if (target->n_front > 0) {
        WEFT_TRY(print_designs(call, study, target, target->front, target->n_front, false));
    }
    if (missing > 0) {
        printf("\n%d designs to be measured before they count\n", missing);
        return print_designs(call, study, target, target->candidates, target->n_candidates, true);
    }
    return WEFT_OK;
}

weft_status cli_target_tell(cli_call *call, const cli_target_file *file, const weft_study *study,
                            weft_json *json) {
    samples found = {0};
    weft_target target;
    weft_adapt_settings settings;
    weft_adapt_defaults(&settings);
    weft_status status = take_samples(call, file, study, &found);
    if (status == WEFT_OK) {
        status = weft_study_target(study, METRICS[file->metric], found.trials, found.values,
                                   found.n, &settings, &target, &call->error);
    }
    free(found.trials);
    free(found.values);
    if (status != WEFT_OK) {
        return status;
    }
    if (json != NULL) {
        tell_json(json, study, &target);
    } else {
        status = tell_text(call, cli_target_metrics[file->metric], study, &target);
    }
    weft_target_free(&target);
    return status;
}

/* ---- weft devices prune ---------------------------------------------------------------------- */

typedef struct prune_arguments {
    cli_target_file file;
    bool json;
} prune_arguments;

#define PRUNE_AT(member) .offset = offsetof(prune_arguments, member)

static const cli_option OPTIONS[] = {
    {"samples", 0, CLI_TEXT, "FILE", PRUNE_AT(file.file), .values = CLI_VALUES_FILE,
     .unset = "nothing is measured yet",
     .help = "CSV with what the target measured: a column trial or design, and one of numbers."},
    {"target", 0, CLI_TEXT, "DEVICE", PRUNE_AT(file.target), .unset = "the only one",
     .help = "Column of the target in the file."},
    {"metric", 0, CLI_CHOICE, "METRIC", PRUNE_AT(file.metric), .words = cli_target_metrics,
     .help = "Which of the chip's figures is the proxy's."},
    {"json", 0, CLI_FLAG, PRUNE_AT(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"STORE", CLI_VALUES_FILE, NULL, "The store of a study (runs.db)."},
};

static void defaults(void *opaque) {
    prune_arguments *a = opaque;
    a->file = (cli_target_file){.file = "", .target = ""};
}

static weft_status prune(cli_call *call, const prune_arguments *a, const weft_study *study) {
    if (!a->json) {
        return cli_target_tell(call, &a->file, study, NULL);
    }
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_status status = cli_target_tell(call, &a->file, study, json);
    weft_json_object_end(json);
    if (status != WEFT_OK) {
        weft_json_destroy(json);
        return status;
    }
    return cli_json_print(call, json);
}

static weft_status run(cli_call *call, void *opaque) {
    const prune_arguments *a = opaque;
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_status status = prune(call, a, study);
    weft_study_close(study);
    return status;
}

static const char *const EXAMPLES[] = {
    "weft devices prune runs.db",
    "weft devices prune runs.db --samples board.csv --metric latency --json",
    NULL,
};

const cli_command cli_devices_prune = {
    .name = "devices prune",
    .summary = "A search's front as another device measures it",
    .usage = "STORE [--samples FILE] [options]",
    .text =
        "The chip of a search is a proxy for a device that can be measured. Adapts the chip's "
        "latency or energy to what the target measured of some designs, described by their genes; "
        "prints the front of what was measured, by the target's own figures, and the designs "
        "that may belong to it and are not measured yet. 'weft search --target FILE' ends with "
        "the same.",
    .json =
        "an object with designs, measurements, failed, srcc_proxy, srcc_loo, srcc_low, fallback "
        "(null: none), front and to_measure (trial, description, accuracy, predicted, measured).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(prune_arguments),
    .defaults = defaults,
    .run = run,
};
