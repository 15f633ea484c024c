/* SPDX-License-Identifier: Apache-2.0
 * weft steer: pins and forbids values of a search that runs, or is to go on. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct steer_arguments {
    const char *pin, *forbid, *freed; /* the last of each; all are among what was typed */
    bool json;
} steer_arguments;

/* ---- orders ---------------------------------------------------------------------------------- */

/* The kind of an option that gives an order; false: it gives none. */
static bool kind_of(const char *option, weft_steer_kind *kind) {
    for (int k = 0; k < 3; k++) {
        if (strcmp(option, weft_steer_word((weft_steer_kind)k)) == 0) {
            *kind = (weft_steer_kind)k;
            return true;
        }
    }
    return false;
}

static weft_status read_order(cli_call *call, weft_steer_kind kind, const char *text,
                              weft_steer *to) {
    char gene[160] = "";
    const char *value = "";
    *to = (weft_steer){.kind = kind};
    if (kind == WEFT_STEER_FREE) {
        snprintf(gene, sizeof gene, "%s", text);
    } else {
        WEFT_TRY(cli_split(call, weft_steer_word(kind), text, gene, sizeof gene, &value));
    }
    if (gene[0] == '\0' || strlen(gene) >= sizeof to->gene || strlen(value) >= sizeof to->value) {
        return cli_usage(call, "--%s: '%.80s' is no gene%s", weft_steer_word(kind), text,
                         kind == WEFT_STEER_FREE ? "" : " with a value");
    }
    snprintf(to->gene, sizeof to->gene, "%s", gene);
    snprintf(to->value, sizeof to->value, "%s", value);
    return WEFT_OK;
}

static weft_status give_orders(cli_call *call, int *n) {
    weft_steer orders[CLI_MAX_GIVEN];
    *n = 0;
    for (int i = 0; i < call->n_given; i++) {
        weft_steer_kind kind;
        if (kind_of(call->given[i].option->name, &kind)) {
            WEFT_TRY(read_order(call, kind, call->given[i].text, &orders[*n]));
            ++*n;
        }
    }
    return *n > 0 ? weft_steer_store(call->operands[0], orders, (size_t)*n, &call->error) : WEFT_OK;
}

/* ---- what holds ------------------------------------------------------------------------------ */

/* "8, 16" of the values that are forbidden. */
static char *forbidden_text(const weft_space *space, int g, uint64_t left, char *buffer,
                            size_t size) {
    const weft_gene_table table = weft_space_genes(space);
    const weft_gene *gene = &table.genes[g];
    buffer[0] = '\0';
    for (int k = 0; left != 0; k++, left >>= 1) {
        char text[64];
        if ((left & 1) != 0) {
            weft_list_add(buffer, size,
                          cli_gene_text(space, g, gene->lower + k, text, sizeof text));
        }
    }
    return buffer;
}

static weft_status print_table(cli_call *call, const weft_study *study, const weft_space *space,
                               const weft_restriction *restrictions) {
    static const char *const ORDERS[] = {"order", "gene", "value", "from trial"};
    static const char *const NOW[] = {"gene", "pinned to", "forbidden"};
    weft_gene_table table = weft_space_genes(space);
    cli_table orders, now;
    cli_table_begin(&orders, ORDERS, "lllr");
    for (size_t i = 0; weft_study_order(study, i) != NULL; i++) {
        const weft_steer *steer = weft_study_order(study, i);
        cli_table_cell(&orders, "%s", weft_steer_word(steer->kind));
        cli_table_cell(&orders, "%s", steer->gene);
        cli_table_cell(&orders, "%s", steer->value);
        if (steer->taken) {
            cli_table_cell(&orders, "%" PRIu64, steer->trial);
        } else {
            cli_table_cell(&orders, "the next batch");
        }
    }
    WEFT_TRY(cli_table_print(&orders, call));
    cli_table_begin(&now, NOW, "lll");
    int n = 0;
    for (int g = 0; g < table.n_genes; g++) {
        char value[64], forbidden[400];
        const weft_restriction *r = &restrictions[g];
        if (r->pinned || r->forbidden != 0) {
            cli_table_cell(&now, "%s", table.genes[g].name);
            cli_table_cell(&now, "%s",
                           r->pinned ? cli_gene_text(space, g, r->value, value, sizeof value) : "");
            cli_table_cell(&now, "%s",
                           forbidden_text(space, g, r->forbidden, forbidden, sizeof forbidden));
            n++;
        }
    }
    printf("\n");
    cli_heading(call, n > 0 ? "What holds then" : "All values are allowed");
    return n > 0 ? cli_table_print(&now, call) : WEFT_OK;
}

static void order_json(weft_json *json, const weft_steer *steer) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "order", weft_steer_word(steer->kind));
    weft_json_member_text(json, "gene", steer->gene);
    weft_json_member_text(json, "value", steer->value[0] != '\0' ? steer->value : NULL);
    weft_json_member_bool(json, "taken", steer->taken);
    weft_json_key(json, "trial");
    if (steer->taken) {
        weft_json_integer(json, (int64_t)steer->trial);
    } else {
        weft_json_null(json);
    }
    weft_json_member_real(json, "requested", steer->requested);
    weft_json_object_end(json);
}

static void gene_json(weft_json *json, const weft_space *space, int g,
                      const weft_restriction *restriction) {
    const weft_gene_table table = weft_space_genes(space);
    const weft_gene *gene = &table.genes[g];
    char text[64];
    weft_json_object_begin(json);
    weft_json_member_text(json, "gene", gene->name);
    weft_json_member_text(
        json, "pinned",
        restriction->pinned ? weft_space_value_text(space, g, restriction->value, text, sizeof text)
                            : NULL);
    weft_json_key(json, "forbidden");
    weft_json_array_begin(json);
    for (int k = 0; k < 64; k++) {
        if ((restriction->forbidden >> k & 1) != 0) {
            weft_json_text(json,
                           weft_space_value_text(space, g, gene->lower + k, text, sizeof text));
        }
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const weft_study *study, const weft_space *space,
                              const weft_restriction *restrictions) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_key(json, "orders");
    weft_json_array_begin(json);
    for (size_t i = 0; weft_study_order(study, i) != NULL; i++) {
        order_json(json, weft_study_order(study, i));
    }
    weft_json_array_end(json);
    weft_json_key(json, "genes");
    weft_json_array_begin(json);
    for (int g = 0; g < weft_space_genes(space).n_genes; g++) {
        if (restrictions[g].pinned || restrictions[g].forbidden != 0) {
            gene_json(json, space, g, &restrictions[g]);
        }
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status print(cli_call *call, const weft_study *study, bool json) {
    const weft_space *space = weft_problem_get_space(weft_study_get_problem(study));
    size_t n = (size_t)weft_space_genes(space).n_genes;
    weft_restriction *restrictions = calloc(n, sizeof *restrictions);
    if (restrictions == NULL) {
        return weft_fail_memory(&call->error, n * sizeof *restrictions);
    }
    weft_status status = weft_study_restrictions(study, restrictions, &call->error);
    if (status == WEFT_OK) {
        status = json ? print_json(call, study, space, restrictions)
                      : print_table(call, study, space, restrictions);
    }
    free(restrictions);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const steer_arguments *arguments = opaque;
    weft_study *study = NULL;
    int n = 0;
    WEFT_TRY(give_orders(call, &n));
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_status status = print(call, study, arguments->json);
    weft_study_close(study);
    if (status == WEFT_OK && n > 0) {
        cli_note(call, "taken up with the next batch; a search that runs need not be stopped");
    }
    return status;
}

static const cli_option OPTIONS[] = {
    {"pin", 'p', CLI_TEXT, "GENE=VALUE", offsetof(steer_arguments, pin),
     .help = "From the next batch on the gene has this value alone. Names may have * and ?. May be "
             "given several times, as --forbid and --free; orders are taken in turn."},
    {"forbid", 'f', CLI_TEXT, "GENE=VALUE", offsetof(steer_arguments, forbid),
     .help = "The gene never has this value any more."},
    {"free", 0, CLI_TEXT, "GENE", offsetof(steer_arguments, freed),
     .help = "What was pinned or forbidden of the gene, by the problem too, is allowed again."},
    {"json", 0, CLI_FLAG, .offset = offsetof(steer_arguments, json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"STORE", CLI_VALUES_FILE, NULL, "The store of a study (runs.db)."},
};

static const char *const EXAMPLES[] = {
    "weft steer runs.db --pin rows=128 --forbid cell_bits=1",
    "weft steer runs.db --free rows",
    "weft steer runs.db",
    NULL,
};

const cli_command cli_steer = {
    .name = "steer",
    .summary = "Pins and forbids values while a search runs",
    .usage = "STORE [--pin GENE=VALUE]... [--forbid GENE=VALUE]... [--free GENE]...",
    .text =
        "Narrows or widens a search without stopping it: what it says is written to the store, "
        "where a running search finds it before its next batch, and one that is continued later "
        "begins with it. Trials that are done stay. The store keeps from which trial on each order "
        "holds, so the study can be continued and repeated as any other.\n\n"
        "All orders of one call are taken, or none: where one cannot be (a gene that is not, that "
        "the search does not vary, or that would have no value left) nothing is written. Without "
        "orders it prints those there are, and what they leave.",
    .json =
        "an object with orders (an array: order (pin, forbid, free), gene, value (null: freed), "
        "taken, trial (from which it holds; null: not yet taken up), requested (Unix time)) and "
        "genes (an array of those that are not free: gene, pinned (null: not), forbidden).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(steer_arguments),
    .run = run,
};
