/* SPDX-License-Identifier: Apache-2.0
 * weft space: the genes of a search space, and how many designs it holds. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "cli/cli.h"

typedef struct space_arguments {
    weft_shape input;
    int classes;
    int64_t sample;
    uint64_t seed;
    bool json;
} space_arguments;

#define MEMBER(name) .offset = offsetof(space_arguments, name)

static const cli_option OPTIONS[] = {
    {"input", 'i', CLI_SHAPE, "C,H,W", MEMBER(input), .unset = "as in the space",
     .help = "Counts for networks with this input instead."},
    {"classes", 0, CLI_INT, "N", MEMBER(classes), 1, 65536, .unset = "10",
     .help = "With --input: how many classes the networks tell apart."},
    {"sample", 'n', CLI_INT64, "N", MEMBER(sample), 1, 100000, .unset = "none",
     .help = "Prints so many designs drawn at random too, each one different."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .help = "Seed of --sample."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"SPACE", CLI_VALUES_SPACE, NULL, "A space by name (imc-cnn) or a YAML file."},
};

static const char *const EXAMPLES[] = {
    "weft space imc-cnn",
    "weft space imc-cnn --input 1,28,28 --sample 5",
    NULL,
};

static void defaults(void *opaque) {
    space_arguments *arguments = opaque;
    arguments->classes = 10;
}

/* Designs drawn by the random optimizer: (n, n_genes) row by row. */
typedef struct sample {
    double *genomes;
    int n;
} sample;

static weft_status draw(cli_call *call, const space_arguments *arguments, const weft_space *space,
                        sample *drawn) {
    weft_gene_table table = weft_space_genes(space);
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "random";
    settings.seed = arguments->seed;
    settings.n_objectives = 1;
    weft_optimizer *optimizer = NULL;
    WEFT_TRY(weft_optimizer_create(&table, &settings, &optimizer, &call->error));
    size_t n = (size_t)arguments->sample;
    double *genomes = calloc(n * (size_t)table.n_genes, sizeof *genomes);
    weft_status status = genomes == NULL ? weft_fail_memory(&call->error, n * (size_t)table.n_genes)
                                         : weft_optimizer_ask(optimizer, 0, (int)n, genomes,
                                                              &drawn->n, &call->error);
    weft_optimizer_destroy(optimizer);
    if (status < 0) {
        free(genomes);
        return status;
    }
    drawn->genomes = genomes;
    return WEFT_OK;
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *kind_text(weft_gene_kind kind) {
    switch (kind) {
    case WEFT_GENE_CATEGORICAL:
        return "categorical";
    case WEFT_GENE_ORDINAL:
        return "ordinal";
    case WEFT_GENE_INTEGER:
        return "integer";
    case WEFT_GENE_REAL:
        return "real";
    }
    return "";
}

static bool has_choices(const weft_gene *gene) {
    return gene->kind == WEFT_GENE_CATEGORICAL || gene->kind == WEFT_GENE_ORDINAL;
}

static void append(char *buffer, size_t size, const char *text) {
    size_t used = strlen(buffer);
    snprintf(buffer + used, size - used, "%s", text);
}

/* A choice as a table shows it: six digits tell 49 expansions apart. */
static const char *short_text(const weft_space *space, const weft_gene *gene, int g, int choice,
                              char *buffer, size_t size) {
    if (gene->kind == WEFT_GENE_CATEGORICAL) {
        return weft_space_value_text(space, g, choice, buffer, size);
    }
    snprintf(buffer, size, "%.6g", weft_space_number(space, g, choice));
    return buffer;
}

/* "8, 16, 32" or "1 .. 7". */
static void values_text(const weft_space *space, const weft_gene *gene, int g, char *buffer,
                        size_t size) {
    buffer[0] = '\0';
    char value[64];
    const char *inert = weft_space_is_inert(space, g) ? " (inert)" : "";
    if (!has_choices(gene)) {
        char upper[64];
        snprintf(buffer, size, "%s .. %s%s%s",
                 weft_space_value_text(space, g, gene->lower, value, sizeof value),
                 weft_space_value_text(space, g, gene->upper, upper, sizeof upper),
                 gene->log_scale ? " (log)" : "", inert);
        return;
    }
    enum { SHOWN = 9 }; /* of a longer list the first two and the last */
    bool all = gene->n_choices <= SHOWN;
    for (int i = 0; i < gene->n_choices; i++) {
        if (!all && i == 2) {
            snprintf(value, sizeof value, ", .. %d values ..", gene->n_choices);
            append(buffer, size, value);
            i = gene->n_choices - 1;
        }
        append(buffer, size, i > 0 ? ", " : "");
        append(buffer, size, short_text(space, gene, g, i, value, sizeof value));
    }
    append(buffer, size, inert);
}

/* "rows" or "node of region 2 in nm"; "" for a gene of the network. */
static void knob_text(const weft_space *space, int g, char *buffer, size_t size) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    buffer[0] = '\0';
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene != g) {
            continue;
        }
        snprintf(buffer, size, "%s", knobs[k].path);
        char more[64];
        if (knobs[k].region > 0) {
            snprintf(more, sizeof more, " of region %d", knobs[k].region);
            append(buffer, size, more);
        }
        if (knobs[k].unit[0] != '\0') {
            snprintf(more, sizeof more, " in %s", knobs[k].unit);
            append(buffer, size, more);
        }
    }
}

/* "depth >= 2" for each condition, joined by "and". */
static void conditions_text(const weft_space *space, const weft_gene_table *table,
                            const weft_gene *gene, char *buffer, size_t size) {
    buffer[0] = '\0';
    for (int i = 0; i < gene->n_conditions; i++) {
        const weft_condition *condition = &gene->conditions[i];
        const weft_gene *parent = &table->genes[condition->parent];
        char low[64], high[64], text[200];
        weft_space_value_text(space, condition->parent, condition->minimum, low, sizeof low);
        weft_space_value_text(space, condition->parent, condition->maximum, high, sizeof high);
        if (condition->minimum == condition->maximum) {
            snprintf(text, sizeof text, "%s = %s", parent->name, low);
        } else if (condition->maximum >= parent->upper) {
            snprintf(text, sizeof text, "%s >= %s", parent->name, low);
        } else if (condition->minimum <= parent->lower) {
            snprintf(text, sizeof text, "%s <= %s", parent->name, high);
        } else {
            snprintf(text, sizeof text, "%s from %s to %s", parent->name, low, high);
        }
        append(buffer, size, i > 0 ? " and " : "");
        append(buffer, size, text);
    }
}

static weft_status print_genes(cli_call *call, const weft_space *space) {
    static const char *const HEADERS[] = {"gene", "kind", "values", "only where", "sets"};
    weft_gene_table genes = weft_space_genes(space);
    int n_knobs = 0;
    (void)weft_space_knobs(space, &n_knobs);
    cli_table table;
    cli_table_begin(&table, HEADERS, n_knobs > 0 ? "lllll" : "llll");
    for (int g = 0; g < genes.n_genes; g++) {
        char text[512];
        cli_table_cell(&table, "%s", genes.genes[g].name);
        cli_table_cell(&table, "%s", kind_text(genes.genes[g].kind));
        values_text(space, &genes.genes[g], g, text, sizeof text);
        cli_table_cell(&table, "%s", text);
        conditions_text(space, &genes, &genes.genes[g], text, sizeof text);
        cli_table_cell(&table, "%s", text);
        if (n_knobs > 0) {
            knob_text(space, g, text, sizeof text);
            cli_table_cell(&table, "%s", text);
        }
    }
    return cli_table_print(&table, call);
}

/* All digits, and of a long number its size. */
static void print_count(const char *what, const char *count) {
    char size[CLI_COUNT];
    bool is_long = strcmp(cli_count_text(count, size, sizeof size), count) != 0;
    printf("%-12s %s%s%s%s\n", what, count, is_long ? " (" : "", is_long ? size : "",
           is_long ? ")" : "");
}

static weft_status print_text(cli_call *call, const weft_space *space,
                              const weft_space_count *count, const sample *drawn) {
    weft_shape input = weft_space_input(space);
    printf("space        %s\n", weft_space_name(space));
    if (weft_space_chip(space)[0] != '\0') {
        printf("chip         %s\n", weft_space_chip(space));
    }
    for (int i = 0; i < weft_space_n_networks(space); i++) {
        printf("%-12s %s\n", i == 0 ? "network" : "", weft_space_network_name(space, i));
    }
    printf("input        %d x %d x %d\n", input.channels, input.height, input.width);
    print_count("genotypes", count->genotypes);
    print_count("designs", count->total);
    if (!weft_space_is_distinct(space)) {
        printf("%-12s different genes may make the same design\n", "");
    }
    if (count->max_halvings >= 0) {
        printf("within cap   %s with at most %d halving%s of the map\n", count->legal,
               count->max_halvings, count->max_halvings == 1 ? "" : "s");
    }
    printf("\n");
    WEFT_TRY(print_genes(call, space));
    if (drawn->n > 0) {
        printf("\n");
        cli_heading(call, "Sample");
    }
    for (int i = 0; i < drawn->n; i++) {
        char text[WEFT_TRIAL_TEXT];
        const double *genome = drawn->genomes + (size_t)i * (size_t)weft_space_genes(space).n_genes;
        printf("  %s\n", weft_space_describe(space, genome, text, sizeof text));
    }
    return WEFT_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A count as a number where a double holds it exactly, else as text. */
static void count_json(weft_json *json, const char *key, const char *count) {
    enum { EXACT_DIGITS = 15 };
    if (strlen(count) <= EXACT_DIGITS && strspn(count, "0123456789") == strlen(count)) {
        weft_json_member_integer(json, key, strtoll(count, NULL, 10));
    } else {
        weft_json_member_text(json, key, count);
    }
}

/* What the gene sets in the chip; null for one of the network. */
static void knob_json(weft_json *json, const weft_space *space, int g) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    int k = 0;
    while (k < n && knobs[k].gene != g) {
        k++;
    }
    weft_json_key(json, "sets");
    if (k == n) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "path", knobs[k].path);
    weft_json_member_text(json, "unit", knobs[k].unit[0] == '\0' ? NULL : knobs[k].unit);
    weft_json_member_integer(json, "region", knobs[k].region);
    weft_json_object_end(json);
}

static void gene_json(weft_json *json, const weft_space *space, int g) {
    weft_gene_table table = weft_space_genes(space);
    const weft_gene *gene = &table.genes[g];
    char text[512];
    weft_json_object_begin(json);
    weft_json_member_text(json, "name", gene->name);
    weft_json_member_text(json, "kind", kind_text(gene->kind));
    if (has_choices(gene)) {
        weft_json_key(json, "choices");
        weft_json_array_begin(json);
        for (int i = 0; i < gene->n_choices; i++) {
            weft_json_text(json, weft_space_value_text(space, g, i, text, sizeof text));
        }
        weft_json_array_end(json);
    } else {
        weft_json_member_real(json, "lower", gene->lower);
        weft_json_member_real(json, "upper", gene->upper);
        weft_json_member_bool(json, "log", gene->log_scale);
    }
    conditions_text(space, &table, gene, text, sizeof text);
    weft_json_member_text(json, "condition", text[0] == '\0' ? NULL : text);
    knob_json(json, space, g);
    weft_json_object_end(json);
}

static void sample_json(weft_json *json, const weft_space *space, const sample *drawn) {
    weft_json_key(json, "sample");
    weft_json_array_begin(json);
    for (int i = 0; i < drawn->n; i++) {
        char text[WEFT_TRIAL_TEXT];
        const double *genome = drawn->genomes + (size_t)i * (size_t)weft_space_genes(space).n_genes;
        weft_json_object_begin(json);
        weft_json_member_text(json, "description",
                              weft_space_describe(space, genome, text, sizeof text));
        weft_json_key(json, "genes");
        cli_genes_json(json, space, genome);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status print_json(cli_call *call, const weft_space *space,
                              const weft_space_count *count, const sample *drawn) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_shape input = weft_space_input(space);
    weft_json_object_begin(json);
    weft_json_member_text(json, "space", weft_space_name(space));
    weft_json_key(json, "input");
    weft_json_array_begin(json);
    weft_json_integer(json, input.channels);
    weft_json_integer(json, input.height);
    weft_json_integer(json, input.width);
    weft_json_array_end(json);
    const char *chip = weft_space_chip(space);
    weft_json_member_text(json, "chip", chip[0] == '\0' ? NULL : chip);
    weft_json_key(json, "networks");
    weft_json_array_begin(json);
    for (int i = 0; i < weft_space_n_networks(space); i++) {
        weft_json_text(json, weft_space_network_name(space, i));
    }
    weft_json_array_end(json);
    count_json(json, "genotypes", count->genotypes);
    count_json(json, "total", count->total);
    weft_json_member_bool(json, "distinct", weft_space_is_distinct(space));
    count_json(json, "legal", count->legal);
    weft_json_key(json, "max_halvings");
    if (count->max_halvings < 0) {
        weft_json_null(json);
    } else {
        weft_json_integer(json, count->max_halvings);
    }
    weft_json_key(json, "genes");
    weft_json_array_begin(json);
    for (int g = 0; g < weft_space_genes(space).n_genes; g++) {
        gene_json(json, space, g);
    }
    weft_json_array_end(json);
    if (drawn->genomes != NULL) {
        sample_json(json, space, drawn);
    }
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* The chip that the space was written for must have what its genes set. */
static weft_status check_chip(cli_call *call, const weft_space *space) {
    weft_chip *chip = NULL;
    int n = 0;
    weft_space_knobs(space, &n);
    if (n == 0 || weft_space_chip(space)[0] == '\0') {
        return WEFT_OK;
    }
    char path[PATH_MAX];
    WEFT_TRY(weft_share_beside(call->operands[0], weft_space_chip(space), path, sizeof path,
                               &call->error));
    WEFT_TRY(weft_chip_read(path, &chip, &call->error));
    weft_status status = weft_knobs_check(space, chip, &call->error);
    weft_chip_destroy(chip);
    return status;
}

static weft_status show(cli_call *call, const space_arguments *arguments, weft_space *space) {
    if (cli_given(call, "input")) {
        WEFT_TRY(weft_space_set_data(space, arguments->input, arguments->classes, &call->error));
    }
    weft_space_count count;
    WEFT_TRY(weft_space_counts(space, &count, &call->error));
    sample drawn = {0};
    if (arguments->sample > 0) {
        WEFT_TRY(draw(call, arguments, space, &drawn));
    }
    weft_status status = arguments->json ? print_json(call, space, &count, &drawn)
                                         : print_text(call, space, &count, &drawn);
    free(drawn.genomes);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const space_arguments *arguments = opaque;
    if (cli_given(call, "classes") && !cli_given(call, "input")) {
        return cli_usage(call, "--classes needs --input");
    }
    weft_space *space = NULL;
    weft_status status = weft_space_read(call->operands[0], &space, &call->error);
    if (status != WEFT_OK) {
        weft_share_hint("spaces", call->operands[0], &call->error);
        return status;
    }
    status = check_chip(call, space);
    if (status == WEFT_OK) {
        status = show(call, arguments, space);
    }
    weft_space_destroy(space);
    return status;
}

const cli_command cli_space = {
    .name = "space",
    .summary = "The genes of a search space, and how many designs it holds",
    .usage = "SPACE [options]",
    .text =
        "Prints the genes of a space with their values and conditions, the product of all lists "
        "(genotypes), the exact number of designs that differ, and how many of these the cap "
        "on halvings of the map leaves for the input. A space that names its chip is compared "
        "with it: what its genes set must be there.",
    .json =
        "an object with space, input, chip, networks, genotypes, total and legal (numbers; text "
        "beyond 15 digits or where a real gene makes it infinite), distinct (whether different "
        "genes always make different designs), max_halvings (null: no cap), "
        "genes (name, kind, choices or lower, upper and log, condition, sets with path, unit and "
        "region of the chip's parameter) and, with --sample, sample (description, genes).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(space_arguments),
    .defaults = defaults,
    .run = run,
};
