/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of a search: which genes stand still, which vary, and in which stages. A joint search has
 * one stage that varies all; a hardware search fixes the genes of the network; a two-stage search
 * varies the network and then the chip; an expert's way goes from the device to the system. */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "study/problem_part.h"

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status read_patterns(weft_map *map, weft_gene_patterns *to, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "free", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : 0;
    if (n < 1 || n > WEFT_MAX_PATTERNS) {
        return weft_node_fail(
            map->doc, list, error, WEFT_ERROR_INPUT,
            "expected a list of 1 to %d genes, such as [rows, 'bits*'], or of the "
            "words network and chip",
            WEFT_MAX_PATTERNS);
    }
    for (int i = 0; i < n; i++) {
        const weft_node *node = weft_sequence_at(list, i);
        const char *text = NULL;
        WEFT_TRY(weft_node_text(map->doc, node, &text, error));
        WEFT_TRY(weft_take_name(map->doc, node, text, to->text[i], sizeof to->text[i], error));
    }
    to->n = n;
    return WEFT_OK;
}

static weft_status read_stage(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                              bool last, weft_error *error) {
    weft_problem_info *info = &problem->info;
    weft_stage_info *stage = &info->stages[info->n_stages];
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_name(&map, "name", WEFT_REQUIRED, stage->name, sizeof stage->name, error));
    WEFT_TRY(read_patterns(&map, &stage->free, error));
    WEFT_TRY(weft_map_integer(&map, "trials", last ? WEFT_OPTIONAL : WEFT_REQUIRED, 1, 1000000000,
                              &stage->trials, error));
    if (last && stage->trials > 0) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "stage '%s' is the last one, which takes all trials that are left: "
                              "leave out `trials`",
                              stage->name);
    }
    weft_score_text score = {stage->score, &stage->maximise,
                             &problem->stages[info->n_stages].score};
    WEFT_TRY(weft_score_read(&map, NULL, &score, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (stage->score[0] == '\0' && info->n_objectives > 1 && !last) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "stage '%s' has several objectives, so that no one design of it is the best",
                       stage->name);
        weft_hint(error, "give it a score of its own, such as `minimise: ela`");
        return WEFT_ERROR_INPUT;
    }
    info->n_stages++;
    return WEFT_OK;
}

static weft_status read_stages(weft_problem *problem, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "stages", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : 0;
    if (n < 1 || n > WEFT_MAX_STAGES) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d stages", WEFT_MAX_STAGES);
    }
    if (problem->info.free.n > 0) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected either `free` or `stages`, found both: each stage has its "
                              "own `free`");
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_stage(problem, map->doc, weft_sequence_at(list, i), i == n - 1, error));
    }
    return WEFT_OK;
}

weft_status weft_plan_read(weft_problem *problem, weft_map *map, weft_error *error) {
    static const char *const HOLDS[] = {
#define HOLD_TOKEN(name, token) token,
        WEFT_HOLD_MAP(HOLD_TOKEN)
#undef HOLD_TOKEN
    };
    int hold = (int)problem->info.hold;
    WEFT_TRY(weft_map_choice(map, "hold", WEFT_OPTIONAL, HOLDS, WEFT_HOLD_COUNT, &hold, error));
    problem->info.hold = (weft_hold)hold;
    WEFT_TRY(read_patterns(map, &problem->info.free, error));
    return read_stages(problem, map, error);
}

/* ---- which genes a pattern means ------------------------------------------------------------- */

static bool is_of_chip(const weft_space *space, int gene) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene == gene) {
            return true;
        }
    }
    return false;
}

static bool pattern_means(const weft_space *space, const weft_gene_table *table, int gene,
                          const char *pattern) {
    bool chip = strcmp(pattern, "chip") == 0;
    if (chip || strcmp(pattern, "network") == 0) {
        return is_of_chip(space, gene) == chip;
    }
    return fnmatch(pattern, table->genes[gene].name, 0) == 0;
}

static weft_status fail_pattern(const weft_gene_table *table, const char *pattern,
                                weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT, "no gene of the space is called '%s'", pattern);
    const char **names = calloc((size_t)table->n_genes + 1, sizeof *names);
    if (names == NULL) {
        return weft_fail_memory(error, (size_t)table->n_genes * sizeof *names);
    }
    for (int g = 0; g < table->n_genes; g++) {
        names[g] = table->genes[g].name;
    }
    const char *near = weft_nearest(pattern, names, (size_t)table->n_genes);
    if (near != NULL) {
        weft_hint(error, "did you mean '%s'? `weft space SPACE` lists all", near);
    } else {
        weft_hint(error, "`weft space SPACE` lists them; '*' and '?' stand for any "
                         "characters, `network` and `chip` for all genes of a kind");
    }
    free(names);
    return WEFT_ERROR_INPUT;
}

weft_status weft_genes_meant(const weft_space *space, const char *pattern, bool *means,
                             weft_error *error) {
    weft_gene_table table = weft_space_genes(space);
    bool any = false;
    for (int g = 0; g < table.n_genes; g++) {
        bool meant = pattern_means(space, &table, g, pattern);
        means[g] = means[g] || meant;
        any = any || meant;
    }
    return any ? WEFT_OK : fail_pattern(&table, pattern, error);
}

static weft_status bind_patterns(const weft_problem *problem, const weft_gene_patterns *patterns,
                                 bool *varies, weft_error *error) {
    weft_gene_table table = weft_space_genes(problem->space);
    for (int p = 0; p < patterns->n; p++) {
        WEFT_TRY(weft_genes_meant(problem->space, patterns->text[p], varies, error));
    }
    for (int g = 0; g < table.n_genes; g++) {
        varies[g] = (varies[g] || patterns->n == 0) && isnan(problem->fixed[g]);
    }
    return WEFT_OK;
}

/* ---- fixed genes ----------------------------------------------------------------------------- */

/* The value of a gene that a text stands for; NaN: none. */
static double value_meant(const weft_space *space, int g, const char *text) {
    weft_gene_table table = weft_space_genes(space);
    const weft_gene *gene = &table.genes[g];
    char *end = NULL;
    double number = weft_real_parse(text, &end);
    bool is_number = end != text && *end == '\0';
    if (gene->n_choices == 0) {
        bool whole = gene->kind != WEFT_GENE_INTEGER || number == floor(number);
        bool inside = is_number && number >= gene->lower && number <= gene->upper;
        return inside && whole ? number : NAN;
    }
    for (int c = 0; c < gene->n_choices; c++) {
        char label[64];
        double stands_for = weft_space_number(space, g, c);
        if (strcmp(weft_space_value_text(space, g, c, label, sizeof label), text) == 0 ||
            (is_number && fabs(stands_for - number) <= 1e-9 * fabs(number))) {
            return c;
        }
    }
    return NAN;
}

static weft_status fail_value(const weft_space *space, int g, const char *text, weft_error *error) {
    weft_gene_table table = weft_space_genes(space);
    const weft_gene *gene = &table.genes[g];
    char known[300] = "";
    for (int c = 0; c < gene->n_choices; c++) {
        char label[64];
        weft_list_add(known, sizeof known, weft_space_value_text(space, g, c, label, sizeof label));
    }
    if (gene->n_choices == 0) {
        snprintf(known, sizeof known, "%g to %g", gene->lower, gene->upper);
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "gene '%s' has no value '%s', expected one of %s",
                     gene->name, text, known);
}

weft_status weft_space_set_genes(const weft_space *space, const char *pattern, const char *text,
                                 double *genome, weft_error *error) {
    weft_gene_table table = weft_space_genes(space);
    bool any = false;
    for (int g = 0; g < table.n_genes; g++) {
        if (!pattern_means(space, &table, g, pattern)) {
            continue;
        }
        double value = value_meant(space, g, text);
        if (isnan(value)) {
            return fail_value(space, g, text, error);
        }
        genome[g] = value;
        any = true;
    }
    return any ? WEFT_OK : fail_pattern(&table, pattern, error);
}

weft_status weft_problem_set(const weft_problem *problem, const char *pattern, const char *text,
                             double *genome, weft_error *error) {
    return weft_space_set_genes(problem->space, pattern, text, genome, error);
}

static weft_status read_fixed(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                              weft_error *error) {
    int n = weft_mapping_length(node);
    if (!weft_node_is_mapping(node)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected genes with their values, such as {rows: 128, 'bits*': 8}");
    }
    for (int i = 0; i < n; i++) {
        const char *pattern = NULL;
        const char *text = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(doc, node, i, &pattern, &value, error));
        WEFT_TRY(weft_node_text(doc, value, &text, error));
        if (weft_problem_set(problem, pattern, text, problem->fixed, error) != WEFT_OK) {
            weft_error inner = *error;
            weft_node_fail(doc, value, error, WEFT_ERROR_INPUT, "%s", inner.message);
            weft_hint(error, "%s", inner.hint);
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

/* ---- binding --------------------------------------------------------------------------------- */

int weft_problem_n_stages(const weft_problem *problem) {
    return problem->info.n_stages > 0 ? problem->info.n_stages : 1;
}

bool weft_problem_varies(const weft_problem *problem, int gene) {
    for (int s = 0; s < weft_problem_n_stages(problem); s++) {
        if (problem->stages[s].varies[gene]) {
            return true;
        }
    }
    return false;
}

/* A stage that varies nothing would be one trial over and over. */
static weft_status bind_stage(weft_problem *problem, int s, int n_genes, weft_error *error) {
    const weft_problem_info *info = &problem->info;
    const weft_gene_patterns *patterns = info->n_stages > 0 ? &info->stages[s].free : &info->free;
    bool *varies = calloc((size_t)n_genes, sizeof *varies);
    if (varies == NULL) {
        return weft_fail_memory(error, (size_t)n_genes);
    }
    problem->stages[s].varies = varies;
    WEFT_TRY(bind_patterns(problem, patterns, varies, error));
    for (int g = 0; g < n_genes; g++) {
        if (varies[g]) {
            return WEFT_OK;
        }
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "%s%s%s varies no gene: all that it names are fixed",
                     info->n_stages > 0 ? "stage '" : "the search",
                     info->n_stages > 0 ? info->stages[s].name : "", info->n_stages > 0 ? "'" : "");
}

weft_status weft_plan_bind(weft_problem *problem, const weft_doc *doc, const weft_node *fixed,
                           weft_error *error) {
    weft_gene_table table = weft_space_genes(problem->space);
    problem->fixed = calloc((size_t)table.n_genes, sizeof *problem->fixed);
    if (problem->fixed == NULL) {
        return weft_fail_memory(error, (size_t)table.n_genes * sizeof *problem->fixed);
    }
    for (int g = 0; g < table.n_genes; g++) {
        problem->fixed[g] = NAN;
    }
    if (fixed != NULL) {
        WEFT_TRY(read_fixed(problem, doc, fixed, error));
    }
    for (int s = 0; s < weft_problem_n_stages(problem); s++) {
        weft_status status = bind_stage(problem, s, table.n_genes, error);
        if (status != WEFT_OK) {
            weft_error_file(error, weft_doc_name(doc));
            return status;
        }
    }
    return WEFT_OK;
}

void weft_plan_free(weft_problem *problem) {
    free(problem->fixed);
    free(problem->restrictions);
    for (int s = 0; s < WEFT_MAX_STAGES; s++) {
        free(problem->stages[s].varies);
        weft_expr_destroy(problem->stages[s].score);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char *hold_token(weft_hold hold) {
    static const char *const tokens[] = {
#define HOLD_TOKEN(name, token) token,
        WEFT_HOLD_MAP(HOLD_TOKEN)
#undef HOLD_TOKEN
    };
    return tokens[hold];
}

static void write_patterns(const weft_gene_patterns *patterns, const char *indent, FILE *out) {
    if (patterns->n > 0) {
        fprintf(out, "%sfree:\n", indent);
        for (int p = 0; p < patterns->n; p++) {
            fputs(indent, out);
            weft_line_write(out, "- ", patterns->text[p]);
        }
    }
}

static void write_fixed(const weft_problem *problem, FILE *out) {
    weft_gene_table table = weft_space_genes(problem->space);
    bool any = false;
    for (int g = 0; g < table.n_genes; g++) {
        if (!isnan(problem->fixed[g])) {
            char value[64];
            fputs(any ? "" : "fixed:\n", out);
            fputs("  ", out);
            weft_text_emit(table.genes[g].name, out);
            weft_line_write(
                out, ": ",
                weft_space_value_text(problem->space, g, problem->fixed[g], value, sizeof value));
            any = true;
        }
    }
}

void weft_plan_write(const weft_problem *problem, FILE *out) {
    const weft_problem_info *info = &problem->info;
    fprintf(out, "  hold: %s\n", hold_token(info->hold));
    write_patterns(&info->free, "  ", out);
    fputs(info->n_stages > 0 ? "  stages:\n" : "", out);
    for (int s = 0; s < info->n_stages; s++) {
        const weft_stage_info *stage = &info->stages[s];
        weft_line_write(out, "  - name: ", stage->name);
        if (stage->trials > 0) {
            fprintf(out, "    trials: %lld\n", (long long)stage->trials);
        }
        if (stage->score[0] != '\0') {
            weft_line_write(out, stage->maximise ? "    score: " : "    minimise: ", stage->score);
        }
        write_patterns(&stage->free, "    ", out);
    }
    write_fixed(problem, out);
}

/* ---- in use ---------------------------------------------------------------------------------- */

static double held_value(const weft_gene *gene, weft_hold hold) {
    if (hold != WEFT_HOLD_MIDDLE) {
        return hold == WEFT_HOLD_FIRST ? gene->lower : gene->upper;
    }
    double middle = gene->log_scale ? sqrt(gene->lower * gene->upper)
                                    : 0.5 * (gene->lower + gene->upper);
    return gene->kind == WEFT_GENE_REAL ? middle : floor(middle);
}

void weft_problem_hold(const weft_problem *problem, double *genome) {
    weft_gene_table table = weft_space_genes(problem->space);
    for (int g = 0; g < table.n_genes; g++) {
        genome[g] = isnan(problem->fixed[g]) ? held_value(&table.genes[g], problem->info.hold)
                                             : problem->fixed[g];
    }
}

int weft_stage_objectives(const weft_problem *problem, int stage, const weft_trial *trial,
                          double *vector) {
    const weft_expr *score = problem->stages[stage].score;
    if (score == NULL) {
        weft_problem_objectives(problem, trial, vector);
        return problem->info.n_objectives;
    }
    double value = weft_expr_evaluate(score, trial->metrics);
    double worse = weft_problem_penalty(problem, -1, trial->metrics) * fabs(value);
    vector[0] = (problem->info.stages[stage].maximise ? -value : value) + worse;
    return 1;
}
