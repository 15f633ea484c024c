/* SPDX-License-Identifier: Apache-2.0
 * weft devices front: accuracy against a target's latency, found through a proxy and pruned by the
 * target's own measurements. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/devices.h"

typedef struct front_arguments {
    cli_adapting adapting;
    const char *accuracy;
    bool json;
} front_arguments;

#define FRONT_AT(member) .offset = offsetof(front_arguments, member)

static const cli_option OPTIONS[] = {
    {"table", 't', CLI_TEXT, "FILE", FRONT_AT(adapting.table), .values = CLI_VALUES_FILE,
     .unset = "none",
     .help = "CSV with the architectures, their accuracies and what the proxy measured of them."},
    {"accuracy", 'a', CLI_TEXT, "COLUMN", FRONT_AT(accuracy), .unset = "none",
     .help = "Column of the table that is to be large."},
    {"proxy", 0, CLI_TEXT, "DEVICE", FRONT_AT(adapting.proxy), .unset = "none",
     .help = "Column of the proxy."},
    {"target", 0, CLI_TEXT, "DEVICE", FRONT_AT(adapting.target), .unset = "none",
     .help = "The target: a column of the table, or of the file of samples."},
    {"samples", 0, CLI_TEXT, "FILE", FRONT_AT(adapting.samples), .values = CLI_VALUES_FILE,
     .unset = "drawn from the table",
     .help = "CSV with what the target measured of some of the architectures."},
    {"n", 'n', CLI_INT, "N", FRONT_AT(adapting.n), 0, WEFT_ADAPT_MOST,
     .help = "How many of the target's measurements in the table are drawn to adapt the proxy."},
    {"seed", 's', CLI_UINT64, "N", FRONT_AT(adapting.seed), .help = "Seed of the draw."},
    {"method", 'm', CLI_CHOICE, "METHOD", FRONT_AT(adapting.method), .words = cli_adapt_methods,
     .help = "As of weft devices adapt."},
    {"genes", 0, CLI_TEXT, "NAMES", FRONT_AT(adapting.genes),
     .unset = "ops, arch_str, or d, ks, e, r", .help = "Columns that say what an architecture is."},
    {"json", 0, CLI_FLAG, FRONT_AT(json), .help = "Prints JSON."},
};

static void defaults(void *opaque) {
    front_arguments *a = opaque;
    a->adapting = (cli_adapting){
        .table = "", .proxy = "", .target = "", .samples = "", .genes = "", .n = 40, .seed = 1};
    a->accuracy = "";
}

/* A front of architectures by accuracy (large) and a latency. */
typedef struct front {
    int *places;
    int n;
} front;

/* Of the architectures that are `among` (NULL: all) with both figures. */
static weft_status find_front(cli_call *call, const double *accuracy, const double *latency,
                              const bool *among, int n, front *made) {
    weft_archive *archive = NULL;
    *made = (front){.places = malloc(((size_t)n + 1) * sizeof *made->places)};
    if (made->places == NULL) {
        return weft_fail_memory(&call->error, (size_t)n * sizeof *made->places);
    }
    weft_status status = weft_archive_create(2, &archive, &call->error);
    for (int i = 0; i < n && status == WEFT_OK; i++) {
        bool kept;
        double objectives[2] = {-accuracy[i], latency[i]};
        if ((among == NULL || among[i]) && !isnan(accuracy[i]) && !isnan(latency[i])) {
            status = weft_archive_insert(archive, objectives, (uint64_t)i, &kept, &call->error);
        }
    }
    for (size_t k = 0; status == WEFT_OK && k < weft_archive_size(archive); k++) {
        int place = (int)weft_archive_id(archive, k), at = made->n++;
        for (; at > 0 && latency[made->places[at - 1]] > latency[place]; at--) {
            made->places[at] = made->places[at - 1];
        }
        made->places[at] = place; /* by latency */
    }
    weft_archive_destroy(archive);
    return status;
}

/* The target's own figures where it measured: by the table or by the samples. */
static void own_values(const cli_adapted *adapted, double *values) {
    int n = weft_device_table_architectures(adapted->table);
    for (int i = 0; i < n; i++) {
        values[i] = adapted->target >= 0
                        ? weft_device_table_values(adapted->table, adapted->target)[i]
                        : (double)NAN;
    }
    for (int i = 0; adapted->target < 0 && i < adapted->n; i++) {
        values[adapted->places[i]] = adapted->values[i];
    }
}

/* The hypervolume of a front's architectures by the target's figures, from the worst of all of them. */
static weft_status volume(cli_call *call, const front *of, const double *accuracy,
                          const double *values, int n, double *found) {
    double reference[2] = {-INFINITY, -INFINITY};
    double *points = malloc((2 * (size_t)of->n + 1) * sizeof *points);
    size_t known = 0;
    if (points == NULL) {
        return weft_fail_memory(&call->error, 2 * (size_t)of->n * sizeof *points);
    }
    for (int i = 0; i < n; i++) {
        if (!isnan(accuracy[i]) && !isnan(values[i])) {
            reference[0] = fmax(reference[0], -accuracy[i]);
            reference[1] = fmax(reference[1], values[i]);
        }
    }
    for (int k = 0; k < of->n; k++) {
        if (!isnan(values[of->places[k]])) {
            points[2 * known] = -accuracy[of->places[k]];
            points[2 * known++ + 1] = values[of->places[k]];
        }
    }
    weft_status status = weft_hypervolume(points, known, 2, reference, found, &call->error);
    free(points);
    return status;
}

/* What is shown: candidates by prediction, those that hold on the target, those that are not measured;
 * and in a table the share of the true front's hypervolume. */
typedef struct outcome {
    front candidates, held, truth;
    double ratio;
    double *values; /* (architectures) of the target, NaN: not measured */
    const double *accuracy;
} outcome;

static void outcome_free(outcome *o) {
    free(o->candidates.places);
    free(o->held.places);
    free(o->truth.places);
    free(o->values);
}

static weft_status compare_with_truth(cli_call *call, const cli_adapted *adapted, outcome *o) {
    int n = weft_device_table_architectures(adapted->table);
    double own, best;
    WEFT_TRY(find_front(call, o->accuracy, o->values, NULL, n, &o->truth));
    WEFT_TRY(volume(call, &o->truth, o->accuracy, o->values, n, &best));
    WEFT_TRY(volume(call, &o->held, o->accuracy, o->values, n, &own));
    o->ratio = best > 0.0 ? own / best : NAN;
    return WEFT_OK;
}

static weft_status prune(cli_call *call, const cli_adapted *adapted, outcome *o) {
    int n = weft_device_table_architectures(adapted->table);
    bool *among = calloc((size_t)n + 1, sizeof *among);
    o->values = malloc(((size_t)n + 1) * sizeof *o->values);
    if (among == NULL || o->values == NULL) {
        free(among);
        return weft_fail_memory(&call->error, (size_t)n * sizeof *o->values);
    }
    own_values(adapted, o->values);
    weft_status status =
        find_front(call, o->accuracy, adapted->result.predicted, NULL, n, &o->candidates);
    for (int k = 0; status == WEFT_OK && k < o->candidates.n; k++) {
        among[o->candidates.places[k]] = true;
    }
    for (int i = 0; i < adapted->n; i++) { /* what was measured to adapt counts too */
        among[adapted->places[i]] = true;
    }
    if (status == WEFT_OK) {
        status = find_front(call, o->accuracy, o->values, among, n, &o->held);
    }
    free(among);
    if (status == WEFT_OK && o->candidates.n < 2) {
        weft_fail(&call->error, WEFT_ERROR_INPUT,
                  "the front has %d architecture: the table is too small, or one is best in both",
                  o->candidates.n);
        weft_hint(&call->error, "add architectures to the table");
        return WEFT_ERROR_INPUT;
    }
    return status == WEFT_OK && adapted->target >= 0 ? compare_with_truth(call, adapted, o)
                                                     : status;
}

static int count_missing(const outcome *o) {
    int missing = 0;
    for (int k = 0; k < o->candidates.n; k++) {
        missing += isnan(o->values[o->candidates.places[k]]);
    }
    return missing;
}

static void architectures_json(weft_json *json, const char *key, const cli_adapted *adapted,
                               const outcome *o, const front *of, bool missing) {
    weft_json_key(json, key);
    weft_json_array_begin(json);
    for (int k = 0; k < of->n; k++) {
        int i = of->places[k];
        if (missing != isnan(o->values[i])) {
            continue;
        }
        weft_json_object_begin(json);
        weft_json_member_text(json, "architecture",
                              weft_device_table_architecture(adapted->table, i));
        weft_json_member_real(json, "accuracy", o->accuracy[i]);
        weft_json_member_real(json, "predicted", adapted->result.predicted[i]);
        weft_json_member_real(json, "measured", o->values[i]);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status print_json(cli_call *call, const cli_adapted *adapted, const outcome *o) {
    const weft_adaptation *r = &adapted->result;
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "proxy", weft_device_table_column(adapted->table, adapted->proxy));
    weft_json_member_text(json, "target", adapted->target_name);
    weft_json_member_integer(json, "measurements", r->n);
    weft_json_member_real(json, "srcc_loo", r->srcc_loo);
    weft_json_member_real(json, "srcc_low", r->srcc_low);
    weft_json_member_text(json, "fallback",
                          r->fallback == WEFT_FALLBACK_NONE ? NULL
                                                            : weft_fallback_text(r->fallback));
    weft_json_member_integer(json, "candidates", o->candidates.n);
    weft_json_member_real(json, "hypervolume_ratio", o->ratio);
    architectures_json(json, "front", adapted, o, &o->held, false);
    architectures_json(json, "to_measure", adapted, o, &o->candidates, true);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status print_table(cli_call *call, const cli_adapted *adapted, const outcome *o,
                               const front *of, bool missing) {
    static const char *const HEADERS[] = {"architecture", "accuracy", "predicted", "measured"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrr");
    for (int k = 0; k < of->n; k++) {
        int i = of->places[k];
        if (missing != isnan(o->values[i])) {
            continue;
        }
        cli_table_cell(&table, "%s", weft_device_table_architecture(adapted->table, i));
        cli_table_cell(&table, "%.4g", o->accuracy[i]);
        cli_table_cell(&table, "%.4g", adapted->result.predicted[i]);
        cli_table_cell(&table, missing ? "-" : "%.4g", o->values[i]);
    }
    return cli_table_print(&table, call);
}

static weft_status print_text(cli_call *call, const cli_adapted *adapted, const outcome *o) {
    int missing = count_missing(o);
    if (adapted->result.fallback != WEFT_FALLBACK_NONE) {
        cli_note(call, "%s", weft_fallback_text(adapted->result.fallback));
    }
    printf("Front on %s, of %d candidates\n", adapted->target_name, o->candidates.n);
    WEFT_TRY(print_table(call, adapted, o, &o->held, false));
    if (missing > 0) {
        printf("\nTo be measured on %s before they count\n", adapted->target_name);
        WEFT_TRY(print_table(call, adapted, o, &o->candidates, true));
    }
    if (!isnan(o->ratio)) {
        printf("\n%.4f of the hypervolume of the true front, which has %d architectures\n",
               o->ratio, o->truth.n);
    }
    return WEFT_OK;
}

static weft_status run(cli_call *call, void *opaque) {
    front_arguments *a = opaque;
    cli_adapted adapted;
    outcome o = {.ratio = NAN};
    int column;
    if (a->accuracy[0] == '\0') {
        return cli_usage(call, "--accuracy is needed");
    }
    WEFT_TRY(cli_adapt_open(call, &a->adapting, &adapted));
    weft_status status = weft_device_table_find(adapted.table, a->accuracy, &column, &call->error);
    if (status == WEFT_OK) {
        o.accuracy = weft_device_table_values(adapted.table, column);
        status = prune(call, &adapted, &o);
    }
    if (status == WEFT_OK) {
        status = a->json ? print_json(call, &adapted, &o) : print_text(call, &adapted, &o);
    }
    outcome_free(&o);
    cli_adapt_close(&adapted);
    return status;
}

static const char *const EXAMPLES[] = {
    "weft devices front --table nb201_table.csv --accuracy c10_test_acc --proxy c10_pixel3 "
    "--target board --samples measured.csv",
    "weft devices front --table nb201_table.csv --accuracy c10_test_acc --proxy c10_pixel3 "
    "--target c10_raspi4 --n 40",
    NULL,
};

const cli_command cli_devices_front = {
    .name = "devices front",
    .summary = "Find a target's front through a proxy, pruned by the target's measurements",
    .usage = "--table FILE --accuracy COLUMN --proxy DEVICE --target DEVICE [options]",
    .text =
        "Adapts the proxy to the target, takes the architectures that no other one beats in "
        "accuracy and adapted latency, and drops those that the target's own measurements show "
        "beaten. With --samples it names those of them that are not measured yet: measure them, "
        "add them to the file, and run it again. From a table that has the target it says what "
        "share of the true front's hypervolume was found.",
    .json =
        "an object with proxy, target, measurements, srcc_loo, srcc_low, fallback, candidates, "
        "hypervolume_ratio (null with --samples), front and to_measure (architecture, accuracy, "
        "predicted, measured).",
    .examples = EXAMPLES,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(front_arguments),
    .defaults = defaults,
    .run = run,
};
