/* SPDX-License-Identifier: Apache-2.0
 * weft devices adapt: a proxy's latencies as those of a target, from a few measurements. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/save.h"
#include "cli/devices.h"

enum { BATCH = 5 };

typedef struct adapt_arguments {
    cli_adapting adapting;
    const char *out;
    int next, most;
    double until;
    bool json;
} adapt_arguments;

#define ADAPT_AT(member) .offset = offsetof(adapt_arguments, member)

static const cli_option OPTIONS[] = {
    {"table", 't', CLI_TEXT, "FILE", ADAPT_AT(adapting.table), .values = CLI_VALUES_FILE,
     .unset = "none", .help = "CSV with the architectures and what the proxy measured of them."},
    {"proxy", 0, CLI_TEXT, "DEVICE", ADAPT_AT(adapting.proxy), .unset = "none",
     .help = "Column of the proxy."},
    {"target", 0, CLI_TEXT, "DEVICE", ADAPT_AT(adapting.target), .unset = "none",
     .help = "The target: a column of the table, or of the file of samples."},
    {"samples", 0, CLI_TEXT, "FILE", ADAPT_AT(adapting.samples), .values = CLI_VALUES_FILE,
     .unset = "drawn from the table",
     .help = "CSV with what the target measured of some of the architectures."},
    {"n", 'n', CLI_INT, "N", ADAPT_AT(adapting.n), 0, WEFT_ADAPT_MOST,
     .help = "How many of the target's measurements in the table are drawn; the rest judge."},
    {"seed", 's', CLI_UINT64, "N", ADAPT_AT(adapting.seed), .help = "Seed of the draw."},
    {"method", 'm', CLI_CHOICE, "METHOD", ADAPT_AT(adapting.method), .words = cli_adapt_methods,
     .help =
         "Gaussian processes over several descriptions, ridge regression of the residual, or the "
         "published form with the 1-, 2- or largest-entry norm."},
    {"genes", 0, CLI_TEXT, "NAMES", ADAPT_AT(adapting.genes),
     .unset = "ops, arch_str, or d, ks, e, r",
     .help = "Columns that say what an architecture is: \"width depth\"."},
    {"next", 0, CLI_INT, "K", ADAPT_AT(next), 0, 200,
     .help = "Names so many architectures whose measurement would tell most."},
    {"until", 'u', CLI_REAL, "SRCC", ADAPT_AT(until), 0, 1, .unset = "the measurements there are",
     .help =
         "Correlation whose lower bound (95 %) is enough. From a table more is drawn until then, "
         "what tells most first."},
    {"most", 0, CLI_INT, "N", ADAPT_AT(most), 1, WEFT_ADAPT_MOST,
     .help = "With --until: at most so many measurements."},
    {"out", 'o', CLI_TEXT, "FILE", ADAPT_AT(out), .values = CLI_VALUES_FILE,
     .unset = "nothing is written", .help = "CSV with the prediction of every architecture."},
    {"json", 0, CLI_FLAG, ADAPT_AT(json), .help = "Prints JSON."},
};

static void defaults(void *opaque) {
    adapt_arguments *a = opaque;
    a->adapting = (cli_adapting){
        .table = "", .proxy = "", .target = "", .samples = "", .genes = "", .n = 40, .seed = 1};
    a->out = "";
    a->most = 200;
    a->until = -1.0;
}

/* What the command tells besides the adaptation. */
typedef struct outcome {
    double raw, adapted; /* on architectures that were not measured; NaN: unknown */
    int rest;
    int *next, n_next;
} outcome;

/* ---- growing --------------------------------------------------------------------------------- */

static weft_status pick(cli_call *call, const cli_adapted *adapted, int k, uint64_t seed, int *next,
                        int *n_next) {
    int n = weft_device_table_architectures(adapted->table);
    bool *allowed = malloc(((size_t)n + 1) * sizeof *allowed);
    if (allowed == NULL) {
        return weft_fail_memory(&call->error, (size_t)n);
    }
    for (int i = 0; i < n; i++) {
        allowed[i] = adapted->target < 0 ||
                     !isnan(weft_device_table_values(adapted->table, adapted->target)[i]);
    }
    weft_status status = weft_adapt_next(adapted->adapter, adapted->places, adapted->values,
                                         adapted->n, allowed, k, seed, next, n_next, &call->error);
    free(allowed);
    return status;
}

/* Measures more of the table until the lower bound is enough. */
static weft_status grow(cli_call *call, const adapt_arguments *a, cli_adapted *adapted) {
    int left = weft_device_table_architectures(adapted->table) - 3;
    int most = a->most < left ? a->most : left;
    while (!(adapted->result.srcc_low >= a->until) && adapted->n < most) {
        int next[BATCH], n_next = 0, k = most - adapted->n < BATCH ? most - adapted->n : BATCH;
        WEFT_TRY(pick(call, adapted, k, a->adapting.seed, next, &n_next));
        for (int i = 0; i < n_next; i++) {
            adapted->places[adapted->n] = next[i];
            adapted->values[adapted->n++] =
                weft_device_table_values(adapted->table, adapted->target)[next[i]];
        }
        if (n_next == 0) {
            break;
        }
        WEFT_TRY(cli_adapt_again(call, adapted));
    }
    return WEFT_OK;
}

/* ---- what it is worth ------------------------------------------------------------------------ */

/* Correlations on what was not measured; those of fewer than 3 architectures are unknown. */
static weft_status judge(cli_call *call, const cli_adapted *adapted, outcome *o) {
    int n = weft_device_table_architectures(adapted->table);
    o->raw = o->adapted = NAN;
    if (adapted->target < 0) {
        return WEFT_OK;
    }
    double *rest = malloc(((size_t)n + 1) * sizeof *rest);
    if (rest == NULL) {
        return weft_fail_memory(&call->error, (size_t)n * sizeof *rest);
    }
    memcpy(rest, weft_device_table_values(adapted->table, adapted->target),
           (size_t)n * sizeof *rest);
    for (int i = 0; i < adapted->n; i++) {
        rest[adapted->places[i]] = NAN;
    }
    weft_status status = weft_spearman(weft_device_table_values(adapted->table, adapted->proxy),
                                       rest, n, &o->raw, &o->rest, &call->error);
    if (status == WEFT_OK) {
        status = weft_spearman(adapted->result.predicted, rest, n, &o->adapted, NULL, &call->error);
    }
    free(rest);
    return status;
}

static weft_status write_predictions(cli_call *call, const char *path, const cli_adapted *adapted) {
    char *text = NULL, folder[1024] = ".";
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return weft_fail_memory(&call->error, 1);
    }
    fprintf(out, "architecture,predicted\n");
    for (int i = 0; i < weft_device_table_architectures(adapted->table); i++) {
        char number[40];
        double value = adapted->result.predicted[i];
        fprintf(out, "\"%s\",%s\n", weft_device_table_architecture(adapted->table, i),
                isnan(value) ? "" : weft_real_text(value, number, sizeof number));
    }
    if (fclose(out) != 0) {
        free(text);
        return weft_fail_memory(&call->error, length);
    }
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    }
    weft_status status =
        weft_save_file(folder, slash == NULL ? path : slash + 1, text, length, &call->error);
    free(text);
    return status;
}

/* ---- output ---------------------------------------------------------------------------------- */

static weft_status print_json(cli_call *call, const adapt_arguments *a, const cli_adapted *adapted,
                              const outcome *o) {
    const weft_adaptation *r = &adapted->result;
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "proxy", weft_device_table_column(adapted->table, adapted->proxy));
    weft_json_member_text(json, "target", adapted->target_name);
    weft_json_member_text(json, "method", cli_adapt_methods[a->adapting.method]);
    weft_json_member_integer(json, "measurements", adapted->n);
    weft_json_member_integer(json, "failed", r->failed);
    weft_json_member_integer(json, "seed", (int64_t)a->adapting.seed);
    weft_json_member_integer(json, "rest", o->rest);
    weft_json_member_real(json, "srcc_raw", o->raw);
    weft_json_member_real(json, "srcc_adapted", o->adapted);
    weft_json_member_real(json, "srcc_proxy", r->srcc_proxy);
    weft_json_member_real(json, "srcc_loo", r->srcc_loo);
    weft_json_member_real(json, "srcc_low", r->srcc_low);
    weft_json_member_real(json, "srcc_high", r->srcc_high);
    if (a->until >= 0.0) {
        weft_json_member_real(json, "until", a->until);
        weft_json_member_bool(json, "enough", r->srcc_low >= a->until);
    }
    weft_json_key(json, "fallback");
    if (r->fallback == WEFT_FALLBACK_NONE) {
        weft_json_null(json);
    } else {
        weft_json_text(json, weft_fallback_text(r->fallback));
    }
    weft_json_member_bool(json, "logarithms", r->log_scale);
    weft_json_member_real(json, "lambda", r->lambda);
    weft_json_member_integer(json, "parameters", r->parameters);
    weft_json_key(json, "next");
    weft_json_array_begin(json);
    for (int i = 0; i < o->n_next; i++) {
        weft_json_text(json, weft_device_table_architecture(adapted->table, o->next[i]));
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_real(const char *name, double value, const char *what) {
    if (isnan(value)) {
        printf("%s unknown: %s\n", name, what);
    } else {
        printf("%s %.3f %s\n", name, value, what);
    }
}

static void print_text(const adapt_arguments *a, const cli_adapted *adapted, const outcome *o) {
    const weft_adaptation *r = &adapted->result;
    char kind[120], what[160];
    printf("proxy        %s\n", weft_device_table_column(adapted->table, adapted->proxy));
    printf("target       %s\n", adapted->target_name);
    printf("networks     %d, %s\n", weft_device_table_architectures(adapted->table),
           weft_device_table_kind(adapted->table, kind, sizeof kind));
    printf("measured     %d", r->n);
    printf(r->failed > 0 ? ", and %d that failed\n" : "\n", r->failed);
    if (r->fallback != WEFT_FALLBACK_NONE) {
        printf("fallback     %s\n", weft_fallback_text(r->fallback));
    } else if (r->parameters > r->n) {
        printf("parameters   %d: more than measurements, so the penalty settles them\n",
               r->parameters);
    }
    print_real("proxy       ", r->srcc_proxy, "with the measurements (Spearman)");
    snprintf(what, sizeof what, "left out one by one, %.3f to %.3f", r->srcc_low, r->srcc_high);
    print_real("adapted     ", r->srcc_loo,
               isnan(r->srcc_loo) ? "too few measurements, or equal ones" : what);
    if (adapted->target >= 0) {
        snprintf(what, sizeof what, "by the proxy as it is, on the %d other architectures",
                 o->rest);
        print_real("rest        ", o->raw, what);
        print_real("            ", o->adapted, "adapted");
    }
    if (a->until >= 0.0) {
        printf("enough       %s: the lower bound is %.3f, %.3g is asked for\n",
               r->srcc_low >= a->until ? "yes" : "no", r->srcc_low, a->until);
    }
    for (int i = 0; i < o->n_next; i++) {
        printf("%s%s\n", i == 0 ? "next         " : "             ",
               weft_device_table_architecture(adapted->table, o->next[i]));
    }
}

static weft_status finish(cli_call *call, const adapt_arguments *a, cli_adapted *adapted,
                          outcome *o) {
    if (a->until >= 0.0 && adapted->target >= 0) {
        WEFT_TRY(grow(call, a, adapted));
    }
    WEFT_TRY(judge(call, adapted, o));
    if (a->next > 0) {
        WEFT_TRY(pick(call, adapted, a->next, a->adapting.seed, o->next, &o->n_next));
    }
    if (a->out[0] != '\0') {
        WEFT_TRY(write_predictions(call, a->out, adapted));
    }
    if (a->json) {
        return print_json(call, a, adapted, o);
    }
    print_text(a, adapted, o);
    return WEFT_OK;
}

static weft_status run(cli_call *call, void *opaque) {
    adapt_arguments *a = opaque;
    cli_adapted adapted;
    int next[200];
    outcome o = {.next = next};
    if (a->adapting.samples[0] != '\0' && cli_given(call, "n")) {
        return cli_usage(call, "--n has no use with --samples: all of the file's count");
    }
    WEFT_TRY(cli_check_folder(call, a->out[0] != '\0' ? a->out : NULL));
    WEFT_TRY(cli_adapt_open(call, &a->adapting, &adapted));
    weft_status status = finish(call, a, &adapted, &o);
    cli_adapt_close(&adapted);
    return status;
}

static const char *const EXAMPLES[] = {
    "weft devices adapt --table latencies.csv --proxy pixel3 --target board --samples measured.csv "
    "--next 5",
    "weft devices adapt --table latencies.csv --proxy pixel3 --target edgegpu --n 40 --seed 1 "
    "--json",
    NULL,
};

const cli_command cli_devices_adapt = {
    .name = "devices adapt",
    .summary = "Turn a proxy's latencies into a target's, from a few measurements",
    .usage = "--table FILE --proxy DEVICE --target DEVICE [--samples FILE] [options]",
    .text =
        "Learns how a target differs from a proxy whose latencies are known for a whole table of "
        "architectures, and says how far to trust it: Spearman's correlation on measurements left "
        "out one by one, with a bootstrap interval. Where the proxy as it is ranks them better, "
        "that "
        "is what is given, and said.\n\n"
        "Without --samples it plays the whole through on a table that has the target too: so many "
        "of "
        "its measurements are drawn, and the rest judges.",
    .json =
        "an object with proxy, target, method, measurements, failed, seed, rest (architectures "
        "that were not measured), srcc_raw and srcc_adapted (on them; null with --samples), "
        "srcc_proxy (on the measurements), srcc_loo, srcc_low, srcc_high, with --until until and "
        "enough, fallback (text or null), logarithms, lambda, parameters, next (architectures).",
    .examples = EXAMPLES,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(adapt_arguments),
    .defaults = defaults,
    .run = run,
};
