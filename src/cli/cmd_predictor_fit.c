/* SPDX-License-Identifier: Apache-2.0
 * weft predictor fit, weft predictor next: from finished trials to accuracies of others, and to what
 * should be trained for it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/predictor.h"

/* In the order of the library's own. */
static const char *const MODELS[] = {"ensemble", "mlp", "trees", "gp", NULL};
static const char *const LOSSES[] = {"squared", "hinge", "logistic", NULL};
static const char *const RULES[] = {"improve", "bound", "spread", NULL};

/* ---- designs ----------------------------------------------------------------------------------- */

weft_status cli_refuse(cli_call *call, const char *const *options, const char *why) {
    for (; *options != NULL; options++) {
        if (cli_given(call, *options)) {
            return cli_usage(call, "--%s has no use %s", *options, why);
        }
    }
    return WEFT_OK;
}

static weft_status open_store(cli_call *call, const char *path, const weft_design_file *file,
                              cli_source *made) {
    static const char *const OF_FILES[] = {"table", "column", "percent", NULL};
    WEFT_TRY(cli_refuse(call, OF_FILES, "with a store, which says it itself"));
    WEFT_TRY(weft_study_open_read(path, &made->study, &call->error));
    WEFT_TRY(weft_design_set_create(weft_study_get_problem(made->study), &made->set, &call->error));
    WEFT_TRY(weft_design_set_add_trials(made->set, made->study, &call->error));
    return file->sample > 0
               ? weft_design_set_sample(made->set, file->sample, file->seed, &call->error)
               : WEFT_OK;
}

weft_status cli_source_open(cli_call *call, const char *path, const weft_design_file *file,
                            cli_source *source) {
    cli_source made = {0};
    if (!cli_is_store(path)) {
        weft_design_file from = *file;
        from.path = path;
        WEFT_TRY(weft_design_list_read(&from, &made.list, &call->error));
        made.designs = weft_design_list_get(made.list);
        *source = made;
        return WEFT_OK;
    }
    weft_status status = open_store(call, path, file, &made);
    if (status != WEFT_OK) {
        cli_source_close(&made);
        return status;
    }
    made.designs = weft_design_set_get(made.set);
    *source = made;
    return WEFT_OK;
}

void cli_source_close(cli_source *source) {
    weft_design_list_destroy(source->list);
    weft_design_set_destroy(source->set);
    weft_study_close(source->study);
    *source = (cli_source){0};
}

/* ---- reports ----------------------------------------------------------------------------------- */

void cli_report_print(const weft_surrogate_report *report) {
    if (isnan(report->tau)) {
        printf("tau          none: nothing can be ordered, below the bar\n");
    } else {
        printf("tau          %.3f (Kendall's tau-b)%s\n", report->tau,
               report->usable ? "" : ", below the bar");
        printf("spearman     %.3f\n", report->spearman);
    }
    printf("rmse         %.4f, mean absolute error %.4f\n", report->rmse, report->mae);
    printf("coverage     %.1f %% of the accuracies lie in their %.0f %% intervals, %.4f wide\n",
           100.0 * report->coverage, 100.0 * report->level, report->width);
}

char *cli_report_fault(const weft_surrogate_report *report, char *buffer, size_t size) {
    if (isnan(report->tau)) {
        snprintf(buffer, size,
                 "the %d designs have all one accuracy, or one prediction: no better one can be "
                 "told",
                 report->n);
    } else {
        snprintf(buffer, size, "tau is %.3f, below the bar of %.3g", report->tau, report->bar);
    }
    return buffer;
}

void cli_report_json(weft_json *json, const weft_surrogate_report *report) {
    weft_json_member_integer(json, "n", report->n);
    weft_json_member_integer(json, "folds", report->folds);
    weft_json_member_real(json, "tau", report->tau);
    weft_json_member_real(json, "spearman", report->spearman);
    weft_json_member_real(json, "rmse", report->rmse);
    weft_json_member_real(json, "mae", report->mae);
    weft_json_member_real(json, "coverage", report->coverage);
    weft_json_member_real(json, "width", report->width);
    weft_json_member_real(json, "level", report->level);
    weft_json_member_real(json, "bar", report->bar);
    weft_json_member_bool(json, "usable", report->usable);
}

/* ---- fit --------------------------------------------------------------------------------------- */

typedef struct fit_arguments {
    weft_surrogate_settings fit;
    weft_design_file file;
    const char *out;
    int model, loss;
    bool plain, replace, json;
} fit_arguments;

#define FIT_AT(member) offsetof(fit_arguments, member)

static const cli_option FIT_OPTIONS[] = {
    {"out", 'o', CLI_TEXT, "FILE", .offset = FIT_AT(out), .values = CLI_VALUES_FILE,
     .unset = "nothing is written",
     .help = "The predictor, a file that ends in .yaml; its arrays lie beside it."},
    {"model", 'm', CLI_CHOICE, "MODEL", .offset = FIT_AT(model), .words = MODELS,
     .help = "Perceptrons, boosted trees, a Gaussian process, or all of them weighted by what they "
             "are worth."},
    {"loss", 0, CLI_CHOICE, "LOSS", .offset = FIT_AT(loss), .words = LOSSES,
     .help = "Of the perceptrons: squared error, or that of the order of pairs."},
    {"plain", 0, CLI_FLAG, .offset = FIT_AT(plain),
     .help = "Learns accuracies as they are, not the normal scores of their ranks."},
    {"folds", 0, CLI_INT, "N", FIT_AT(fit.folds), 2, 20,
     .help = "Parts of the cross-validation that the report and the intervals come from."},
    {"level", 0, CLI_REAL, "SHARE", FIT_AT(fit.level), 0.5, 0.99,
     .help = "Share of designs that the intervals are to cover."},
    {"bar", 0, CLI_REAL, "TAU", FIT_AT(fit.bar), -1, 1,
     .help = "Kendall's tau from which on a search may use it."},
    {"ignore", 0, CLI_TEXT, "NAMES", .offset = FIT_AT(fit.ignore), .unset = "none",
     .help = "Genes that it is not told: \"index *_ms\"."},
    {"table", 0, CLI_TEXT, "TABLE", .offset = FIT_AT(file.table), .values = CLI_VALUES_PREDICTOR,
     .unset = "each column is a gene",
     .help = "Of a file: the table that says what its columns are: nasbench201-cifar10."},
    {"column", 0, CLI_TEXT, "NAME", .offset = FIT_AT(file.column),
     .unset = "accuracy, prediction or pred",
     .help = "Of a file without --table: the column of the accuracies."},
    {"percent", 0, CLI_FLAG, .offset = FIT_AT(file.percent),
     .help = "Of a file without --table: the accuracies are percentages."},
    {"sample", 0, CLI_INT, "N", FIT_AT(file.sample), 1, 1e6, .unset = "the whole of it",
     .help = "Learns from so many designs of SOURCE, by chance."},
    {"seed", 's', CLI_UINT64, "N", FIT_AT(fit.seed), 0, 9e15, .help = "Of all that is by chance."},
    {"jobs", 'j', CLI_THREADS, "N|auto", FIT_AT(fit.jobs), 1, 256,
     .help = "Threads; the result does not depend on them."},
    {"replace", 0, CLI_FLAG, .offset = FIT_AT(replace), .help = "Replaces files of that name."},
    {"json", 0, CLI_FLAG, .offset = FIT_AT(json), .help = "Prints JSON."},
};

static const cli_operand SOURCE_OPERAND[] = {
    {"SOURCE", CLI_VALUES_FILE, NULL,
     "The store of a study (runs.db), of which all trials with an accuracy are taken, or a CSV or "
     "JSON file of designs."},
};

static void fit_defaults(void *opaque) {
    fit_arguments *arguments = opaque;
    weft_surrogate_defaults(&arguments->fit);
    arguments->loss = (int)arguments->fit.loss;
    arguments->file = (weft_design_file){.table = "", .column = ""};
    arguments->out = "";
}

static weft_status fit_json(cli_call *call, const fit_arguments *arguments,
                            const weft_surrogate_report *report) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "path", arguments->out[0] == '\0' ? NULL : arguments->out);
    weft_json_member_text(json, "model", arguments->fit.model);
    cli_report_json(json, report);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status tell_fit(cli_call *call, const fit_arguments *arguments,
                            const weft_surrogate *surrogate) {
    weft_surrogate_report report;
    weft_surrogate_get_report(surrogate, &report);
    if (arguments->json) {
        return fit_json(call, arguments, &report);
    }
    printf("model        %s, fitted to %d designs\n", arguments->fit.model, report.n);
    printf("held out     %d folds, each predicted from the others\n", report.folds);
    cli_report_print(&report);
    if (arguments->out[0] != '\0') {
        printf("written      %s\n", arguments->out);
    }
    if (!report.usable) {
        char fault[200];
        cli_note(call,
                 "a search will refuse it unless it says `force: true`: %s; train more designs "
                 "(weft predictor next)",
                 cli_report_fault(&report, fault, sizeof fault));
    }
    return WEFT_OK;
}

/* Takes what was typed into the library's settings. */
static void settle(weft_surrogate_settings *fit, int model, int loss, bool plain,
                   const weft_stop *stop) {
    fit->model = MODELS[model];
    fit->loss = (weft_model_loss)loss;
    fit->warp = !plain;
    fit->stop = stop;
}

/* What the accuracies are of, for people. */
static void name_measure(const cli_source *source, const char *path, const weft_design_file *file,
                         char *text, size_t size) {
    if (source->study == NULL) {
        bool by_table = file->table[0] != '\0';
        snprintf(text, size, "accuracies of %.100s%s%.60s", path, by_table ? ", table " : "",
                 file->table);
        return;
    }
    const weft_problem_info *info = weft_problem_get_info(weft_study_get_problem(source->study));
    bool on_data = weft_accuracy_needs_data(info->accuracy.provider);
    snprintf(text, size, "accuracy by %s%s%s, space %s", info->accuracy.provider,
             on_data ? " on " : "", on_data ? info->accuracy.data : "", info->space);
}

static weft_status run_fit(cli_call *call, void *opaque) {
    fit_arguments *arguments = opaque;
    cli_source source;
    weft_surrogate *surrogate = NULL;
    char measure[240];
    if (arguments->out[0] != '\0') { /* a fit may take minutes: its place is looked at before */
        WEFT_TRY(weft_surrogate_check_place(arguments->out, arguments->replace, &call->error));
    }
    settle(&arguments->fit, arguments->model, arguments->loss, arguments->plain,
           cli_interrupt_install(call));
    arguments->file.seed = arguments->fit.seed;
    WEFT_TRY(cli_source_open(call, call->operands[0], &arguments->file, &source));
    name_measure(&source, call->operands[0], &arguments->file, measure, sizeof measure);
    arguments->fit.measure = measure;
    weft_status status =
        weft_surrogate_fit(&arguments->fit, source.designs, &surrogate, &call->error);
    if (status == WEFT_OK && arguments->out[0] != '\0') {
        status = weft_surrogate_write(surrogate, arguments->out, arguments->replace, &call->error);
    }
    if (status == WEFT_OK) {
        status = tell_fit(call, arguments, surrogate);
    }
    weft_surrogate_destroy(surrogate);
    cli_source_close(&source);
    return status;
}

static const char *const FIT_EXAMPLES[] = {
    "weft predictor fit runs.db --out accuracy.yaml",
    "weft predictor fit nb201_table.csv --table nasbench201-cifar10 --sample 200 --model trees",
    NULL,
};

const cli_command cli_predictor_fit = {
    .name = "predictor fit",
    .summary = "Fits a predictor to finished trials, and says what it is worth",
    .usage = "SOURCE [options]",
    .text =
        "Learns from designs whose accuracy is known, and prints how well it predicts designs that "
        "it did not learn from: Kendall's tau, root of the mean squared error, and the share of "
        "accuracies in their intervals. What --out writes is what `file` takes of a problem whose "
        "accuracy is `provider: predictor`.",
    .json = "an object with path (null: nothing written), model, n, folds, tau, spearman, rmse, "
            "mae, coverage, width, level, bar and usable.",
    .examples = FIT_EXAMPLES,
    .operands = SOURCE_OPERAND,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = FIT_OPTIONS,
    .n_options = sizeof FIT_OPTIONS / sizeof FIT_OPTIONS[0],
    .size = sizeof(fit_arguments),
    .defaults = fit_defaults,
    .run = run_fit,
};

/* ---- next -------------------------------------------------------------------------------------- */

typedef struct next_arguments {
    weft_surrogate_settings fit;
    const char *predictor;
    int model, rule, n, pool, near;
    bool json;
} next_arguments;

#define NEXT_AT(member) offsetof(next_arguments, member)

static const cli_option NEXT_OPTIONS[] = {
    {"number", 'n', CLI_INT, "N", NEXT_AT(n), 1, 10000, .help = "How many designs to pick."},
    {"rule", 'r', CLI_CHOICE, "RULE", .offset = NEXT_AT(rule), .words = RULES,
     .help = "By expected improvement over the best one, by the upper end of the interval, or far "
             "from what was trained, which makes a better predictor."},
    {"predictor", 'p', CLI_TEXT, "FILE", .offset = NEXT_AT(predictor), .values = CLI_VALUES_FILE,
     .unset = "one is fitted to the store", .help = "A predictor that `fit` wrote."},
    {"model", 'm', CLI_CHOICE, "MODEL", .offset = NEXT_AT(model), .words = MODELS,
     .help = "The model that is fitted."},
    {"pool", 0, CLI_INT, "N", NEXT_AT(pool), 0, 1e6,
     .help = "So many designs by chance are looked at."},
    {"near", 0, CLI_INT, "N", NEXT_AT(near), 0, 1000,
     .help = "So are all designs one step of a gene beside the N most accurate ones."},
    {"seed", 's', CLI_UINT64, "N", NEXT_AT(fit.seed), 0, 9e15, .help = "Of all that is by chance."},
    {"jobs", 'j', CLI_THREADS, "N|auto", NEXT_AT(fit.jobs), 1, 256,
     .help = "Threads; the result does not depend on them."},
    {"json", 0, CLI_FLAG, .offset = NEXT_AT(json), .help = "Prints JSON."},
};

static const cli_operand STORE_OPERAND[] = {
    {"STORE", CLI_VALUES_FILE, NULL, "The store of a study (runs.db)."},
};

static void next_defaults(void *opaque) {
    next_arguments *arguments = opaque;
    weft_surrogate_defaults(&arguments->fit);
    arguments->predictor = "";
    arguments->n = 10;
    arguments->pool = 2000;
    arguments->near = 5;
}

/* The designs that were picked, and what is said of them. */
typedef struct picks {
    const weft_space *space;
    const weft_designs *pool;
    int *places;
    int n;
    weft_forecast *said; /* (n) */
} picks;

static const double *genome_of(const picks *p, int i) {
    return p->pool->genomes + (size_t)p->places[i] * (size_t)p->pool->genes.n;
}

static weft_status picks_json(cli_call *call, const picks *p) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_gene_table table = weft_space_genes(p->space);
    weft_json_array_begin(json);
    for (int i = 0; i < p->n; i++) {
        char text[WEFT_TRIAL_TEXT];
        weft_json_object_begin(json);
        weft_json_member_text(json, "description",
                              weft_space_describe(p->space, genome_of(p, i), text, sizeof text));
        weft_json_member_real(json, "accuracy", p->said[i].accuracy);
        weft_json_member_real(json, "low", p->said[i].low);
        weft_json_member_real(json, "high", p->said[i].high);
        weft_json_key(json, "genes");
        weft_json_object_begin(json);
        for (int g = 0; g < table.n_genes; g++) {
            double value = genome_of(p, i)[g];
            weft_json_member_text(
                json, table.genes[g].name,
                isnan(value) ? NULL : weft_space_value_text(p->space, g, value, text, sizeof text));
        }
        weft_json_object_end(json);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    return cli_json_print(call, json);
}

static weft_status picks_table(cli_call *call, const picks *p) {
    static const char *const HEADERS[] = {"design", "accuracy", "low", "high"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrr");
    for (int i = 0; i < p->n; i++) {
        char text[WEFT_TRIAL_TEXT];
        cli_table_cell(&table, "%s",
                       weft_space_describe(p->space, genome_of(p, i), text, sizeof text));
        cli_table_cell(&table, "%.4f", p->said[i].accuracy);
        cli_table_cell(&table, "%.4f", p->said[i].low);
        cli_table_cell(&table, "%.4f", p->said[i].high);
    }
    return cli_table_print(&table, call);
}

/* Asks what the picks are worth, and prints them. */
static weft_status tell_picks(cli_call *call, const next_arguments *arguments,
                              const weft_surrogate *surrogate, picks *p) {
    size_t genes = (size_t)p->pool->genes.n;
    double *genomes = calloc((size_t)p->n * genes + 1, sizeof *genomes);
    p->said = calloc((size_t)p->n + 1, sizeof *p->said);
    weft_status status = WEFT_OK;
    if (genomes == NULL || p->said == NULL) {
        status = weft_fail_memory(&call->error, (size_t)p->n * genes * sizeof *genomes);
    } else {
        for (int i = 0; i < p->n; i++) {
            memcpy(genomes + (size_t)i * genes, genome_of(p, i), genes * sizeof *genomes);
        }
        weft_designs picked = {.genes = p->pool->genes, .n = p->n, .genomes = genomes};
        status = weft_surrogate_predict(surrogate, &picked, p->said, &call->error);
    }
    if (status == WEFT_OK) {
        status = arguments->json ? picks_json(call, p) : picks_table(call, p);
    }
    free(genomes);
    free(p->said);
    return status;
}

static weft_status pick(cli_call *call, const next_arguments *arguments, const cli_source *source,
                        const weft_surrogate *surrogate) {
    weft_problem *problem = weft_study_get_problem(source->study);
    weft_design_set *pool = NULL;
    picks p = {.space = weft_problem_get_space(problem),
               .places = calloc((size_t)arguments->n, sizeof *p.places)};
    weft_status status = p.places != NULL
                             ? weft_design_set_create(problem, &pool, &call->error)
                             : weft_fail_memory(&call->error, (size_t)arguments->n * sizeof(int));
    if (status == WEFT_OK) {
        status = weft_design_set_add_pool(pool, source->designs, arguments->near, arguments->pool,
                                          arguments->fit.seed, &call->error);
    }
    if (status == WEFT_OK) {
        p.pool = weft_design_set_get(pool);
        status = weft_surrogate_next(surrogate, (weft_choice_rule)arguments->rule, source->designs,
                                     p.pool, arguments->n, p.places, &p.n, &call->error);
    }
    if (status == WEFT_OK && p.n < arguments->n) {
        cli_note(call, "only %d designs of the pool are new", p.n);
    }
    if (status == WEFT_OK) {
        status = tell_picks(call, arguments, surrogate, &p);
    }
    weft_design_set_destroy(pool);
    free(p.places);
    return status;
}

/* Below its bar a predictor's picks are little better than those by chance. They may be taken, for more
 * trainings are what it needs, but not without knowing. The spread looks at genes alone. */
static void tell_worth(const cli_call *call, const weft_surrogate *surrogate, int rule) {
    weft_surrogate_report report;
    char fault[200];
    weft_surrogate_get_report(surrogate, &report);
    if (!report.usable && rule != WEFT_CHOICE_SPREAD) {
        cli_note(call,
                 "the predictor is not worth a search yet: %s; --rule spread does not rely on "
                 "what it says",
                 cli_report_fault(&report, fault, sizeof fault));
    }
}

static weft_status run_next(cli_call *call, void *opaque) {
    next_arguments *arguments = opaque;
    weft_design_file none = {.table = "", .column = ""};
    cli_source source;
    weft_surrogate *surrogate = NULL;
    settle(&arguments->fit, arguments->model, (int)arguments->fit.loss, false,
           cli_interrupt_install(call));
    if (arguments->predictor[0] != '\0') {
        static const char *const OF_FITS[] = {"model", NULL};
        WEFT_TRY(cli_refuse(call, OF_FITS, "with --predictor, which has one"));
    }
    if (!cli_is_store(call->operands[0])) {
        return cli_usage(call, "'%s' is no store of a study: what is next is picked from its space",
                         call->operands[0]);
    }
    WEFT_TRY(cli_source_open(call, call->operands[0], &none, &source));
    weft_status status =
        arguments->predictor[0] != '\0'
            ? weft_surrogate_read(arguments->predictor, &surrogate, &call->error)
            : weft_surrogate_fit(&arguments->fit, source.designs, &surrogate, &call->error);
    if (status == WEFT_OK) {
        tell_worth(call, surrogate, arguments->rule);
        status = pick(call, arguments, &source, surrogate);
    }
    weft_surrogate_destroy(surrogate);
    cli_source_close(&source);
    return status;
}

static const char *const NEXT_EXAMPLES[] = {
    "weft predictor next runs.db -n 8",
    "weft predictor next runs.db --rule spread --json",
    NULL,
};

const cli_command cli_predictor_next = {
    .name = "predictor next",
    .summary = "Which designs to train next",
    .usage = "STORE [options]",
    .text = "Looks at designs of the study's space that it has not tried, by chance and beside the "
            "best ones, and picks those that are worth a training by a predictor; each pick keeps "
            "away from those before it, so that a batch tells more than one design would.",
    .json = "an array of objects with description, accuracy, low, high (the interval) and genes "
            "(text by name, null: inactive).",
    .examples = NEXT_EXAMPLES,
    .operands = STORE_OPERAND,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = NEXT_OPTIONS,
    .n_options = sizeof NEXT_OPTIONS / sizeof NEXT_OPTIONS[0],
    .size = sizeof(next_arguments),
    .defaults = next_defaults,
    .run = run_next,
};
