/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/features.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/pattern.h"
#include "base/number.h"

enum {
    ONE_HOT_NUMBERS = 16, /* a gene of more numbers gets no input for each of them */
    LOG_RATIO = 8, /* of the largest to the least number, from which on logarithms are taken */
};

void weft_features_destroy(weft_features *features) {
    if (features != NULL) {
        free(features->genes);
        free(features->family_first);
        free(features->family_size);
        free(features->columns);
        free(features->word_gene);
        free(features);
    }
}

/* ---- columns ----------------------------------------------------------------------------------- */

/* "op" of "op12"; a name without a number is its own. */
static size_t stem_length(const char *name) {
    size_t n = strlen(name);
    while (n > 0 && isdigit((unsigned char)name[n - 1])) {
        n--;
    }
    return n;
}

static bool same_family(const weft_feature_gene *a, const weft_feature_gene *b) {
    size_t n = stem_length(a->name);
    if (a->is_number != b->is_number || n == strlen(a->name) || n != stem_length(b->name) ||
        strncmp(a->name, b->name, n) != 0) {
        return false;
    }
    if (a->is_number) {
        return true;
    }
    bool same = a->n_values == b->n_values;
    for (int v = 0; same && v < a->n_values; v++) {
        same = strcmp(a->words[v], b->words[v]) == 0;
    }
    return same;
}

static void find_families(weft_features *features) {
    for (int g = 0; g < features->n_genes; g++) {
        features->genes[g].family = -1;
    }
    for (int g = 0; g < features->n_genes; g++) {
        weft_feature_gene *first = &features->genes[g];
        int size = 1;
        for (int h = g + 1; first->family < 0 && h < features->n_genes; h++) {
            if (features->genes[h].family < 0 && same_family(first, &features->genes[h])) {
                features->genes[h].family = features->n_families;
                size++;
            }
        }
        if (size > 1) {
            first->family = features->n_families;
            features->family_size[features->n_families++] = size;
        }
    }
}

static void add_column(weft_features *features, weft_column kind, int gene) {
    if (features->n_columns < WEFT_FEATURES_MAX_COLUMNS) {
        features->columns[features->n_columns] = kind;
        features->word_gene[features->n_columns] = kind == WEFT_COLUMN_WORD ? gene : -1;
    }
    features->n_columns++;
}

static void lay_gene(weft_features *features, int g) {
    weft_feature_gene *gene = &features->genes[g];
    gene->first = features->n_columns;
    if (gene->is_number) {
        add_column(features, WEFT_COLUMN_ORDERED, g);
    }
    for (int v = 0; v < gene->n_values; v++) {
        add_column(features, gene->is_number ? WEFT_COLUMN_AGAIN : WEFT_COLUMN_WORD, g);
    }
    if (gene->pauses) {
        add_column(features, gene->is_number ? WEFT_COLUMN_ORDERED : WEFT_COLUMN_AGAIN, g);
    }
    gene->n = features->n_columns - gene->first;
}

/* Where everything stands in a row, once the genes are known. */
static weft_status lay_out(weft_features *features, weft_error *error) {
    size_t n = (size_t)features->n_genes;
    features->family_first = calloc(n, sizeof *features->family_first);
    features->family_size = calloc(n, sizeof *features->family_size);
    features->columns = calloc(WEFT_FEATURES_MAX_COLUMNS, sizeof *features->columns);
    features->word_gene = calloc(WEFT_FEATURES_MAX_COLUMNS, sizeof *features->word_gene);
    if (features->family_first == NULL || features->family_size == NULL ||
        features->columns == NULL || features->word_gene == NULL) {
        return weft_fail_memory(error, WEFT_FEATURES_MAX_COLUMNS * sizeof *features->columns);
    }
    find_families(features);
    for (int g = 0; g < features->n_genes; g++) {
        lay_gene(features, g);
    }
    for (int f = 0; f < features->n_families; f++) {
        const weft_feature_gene *gene = features->genes;
        while (gene->family != f) {
            gene++;
        }
        features->family_first[f] = features->n_columns;
        for (int v = 0; v < (gene->is_number ? 1 : gene->n_values); v++) {
            add_column(features, WEFT_COLUMN_ORDERED, -1);
        }
    }
    return features->n_columns <= WEFT_FEATURES_MAX_COLUMNS
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_INPUT, "the genes make %d inputs, expected at most %d",
                           features->n_columns, (int)WEFT_FEATURES_MAX_COLUMNS);
}

/* ---- learning ---------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool is_word(const weft_gene_meaning *gene) {
    return gene->n_choices > 0 && gene->numbers == NULL;
}

/* The different numbers of a sorted list, at most one more than there is room for. */
static int keep_distinct(double *sorted, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (kept == 0 || sorted[i] != sorted[kept - 1]) {
            sorted[kept++] = sorted[i];
        }
    }
    return kept;
}

static void take_numbers(weft_feature_gene *to, double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    int kept = keep_distinct(values, n);
    to->is_number = true;
    to->lower = values[0];
    to->upper = values[kept - 1];
    to->by_log = to->lower > 0.0 && to->upper > LOG_RATIO * to->lower;
    if (kept <= ONE_HOT_NUMBERS) {
        to->n_values = kept;
        memcpy(to->numbers, values, (size_t)kept * sizeof *values);
    }
}

static weft_status take_words(const weft_gene_meaning *gene, weft_feature_gene *to,
                              weft_error *error) {
    if (gene->n_choices > WEFT_FEATURES_MAX_VALUES) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "gene \"%s\" has %d words, expected at most %d: it tells designs apart by "
                         "name; leave it out with `ignore`",
                         gene->name, gene->n_choices, (int)WEFT_FEATURES_MAX_VALUES);
    }
    to->n_values = gene->n_choices;
    for (int c = 0; c < gene->n_choices; c++) {
        snprintf(to->words[c], sizeof to->words[c], "%s", gene->words[c]);
    }
    return WEFT_OK;
}

/* Whether the designs differ in a gene; *active becomes how many have it. */
static bool differs(const double *genomes, int n, int n_genes, int g, int *active) {
    bool found = false;
    double first = genomes[g];
    *active = 0;
    for (int i = 0; i < n; i++) {
        double value = genomes[(size_t)i * (size_t)n_genes + (size_t)g];
        *active += !isnan(value);
        found = found || (isnan(value) != isnan(first)) || (!isnan(value) && value != first);
    }
    return found && *active > 0;
}

/* All that a gene may be, of choices; else what the designs have. */
static int gather_numbers(const weft_gene_meaning *gene, const double *genomes, int n, int n_genes,
                          int g, double *values) {
    int found = 0;
    for (int c = 0; c < gene->n_choices; c++) {
        values[found++] = gene->numbers[c];
    }
    for (int i = 0; gene->n_choices == 0 && i < n; i++) {
        double value = genomes[(size_t)i * (size_t)n_genes + (size_t)g];
        if (!isnan(value)) {
            values[found++] = value;
        }
    }
    return found;
}

static weft_status learn_gene(weft_features *features, const weft_design_genes *genes,
                              const double *genomes, int n, int g, double *room,
                              weft_error *error) {
    const weft_gene_meaning *gene = &genes->genes[g];
    weft_feature_gene *to = &features->genes[features->n_genes];
    int active = 0;
    if (!differs(genomes, n, genes->n, g, &active)) {
        return WEFT_OK;
    }
    if (strlen(gene->name) >= sizeof to->name) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the name of gene \"%.80s\" is too long",
                         gene->name);
    }
    if (features->n_genes == WEFT_FEATURES_MAX_GENES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d genes",
                         (int)WEFT_FEATURES_MAX_GENES);
    }
    snprintf(to->name, sizeof to->name, "%s", gene->name);
    to->pauses = active < n;
    features->n_genes++;
    if (is_word(gene)) {
        return take_words(gene, to, error);
    }
    take_numbers(to, room, gather_numbers(gene, genomes, n, genes->n, g, room));
    return WEFT_OK;
}

static weft_status learn_all(weft_features *features, const weft_design_genes *genes,
                             const double *genomes, int n, const char *ignore, weft_error *error) {
    size_t room_size = (size_t)n + WEFT_GENE_MAX_CHOICES;
    for (int g = 0; g < genes->n; g++) {
        size_t choices = (size_t)genes->genes[g].n_choices;
        room_size = choices > room_size ? choices : room_size;
    }
    double *room = calloc(room_size, sizeof *room);
    features->genes = calloc(WEFT_FEATURES_MAX_GENES, sizeof *features->genes);
    if (room == NULL || features->genes == NULL) {
        free(room);
        return weft_fail_memory(error, WEFT_FEATURES_MAX_GENES * sizeof *features->genes);
    }
    weft_status status = WEFT_OK;
    for (int g = 0; g < genes->n && status == WEFT_OK; g++) {
        if (!genes->genes[g].of_chip && !weft_pattern_any(ignore, genes->genes[g].name)) {
            status = learn_gene(features, genes, genomes, n, g, room, error);
        }
    }
    free(room);
    WEFT_TRY(status);
    if (features->n_genes == 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "no gene of the network differs among the %d designs", n);
    }
    return lay_out(features, error);
}

weft_status weft_features_learn(const weft_design_genes *genes, const double *genomes, int n,
                                const char *ignore, weft_features **features, weft_error *error) {
    weft_features *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = learn_all(made, genes, genomes, n, ignore, error);
    if (status != WEFT_OK) {
        weft_features_destroy(made);
        return status;
    }
    *features = made;
    return WEFT_OK;
}

/* ---- as text ----------------------------------------------------------------------------------- */

void weft_features_write(const weft_features *features, FILE *out) {
    char number[40];
    fprintf(out, "genes:\n");
    for (int g = 0; g < features->n_genes; g++) {
        const weft_feature_gene *gene = &features->genes[g];
        fprintf(out, "  - {name: ");
        weft_text_emit(gene->name, out);
        if (gene->is_number) {
            fprintf(out, ", lower: %s", weft_real_text(gene->lower, number, sizeof number));
            fprintf(out, ", upper: %s", weft_real_text(gene->upper, number, sizeof number));
        }
        fprintf(out, gene->is_number ? ", numbers: [" : ", words: [");
        for (int v = 0; v < gene->n_values; v++) {
            fputs(v > 0 ? ", " : "", out);
            if (gene->is_number) {
                fputs(weft_real_text(gene->numbers[v], number, sizeof number), out);
            } else {
                weft_text_emit(gene->words[v], out);
            }
        }
        fprintf(out, "], pauses: %s}\n", gene->pauses ? "true" : "false");
    }
}

static weft_status read_value(const weft_doc *doc, const weft_node *node, weft_feature_gene *gene,
                              int v, weft_error *error) {
    const char *text = NULL;
    if (gene->is_number) {
        WEFT_TRY(weft_node_real(doc, node, gene->lower, gene->upper, &gene->numbers[v], error));
        return v == 0 || gene->numbers[v] > gene->numbers[v - 1]
                   ? WEFT_OK
                   : weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                                    "expected numbers that rise");
    }
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    if (strlen(text) >= sizeof gene->words[v]) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a word of up to %zu characters", sizeof gene->words[v] - 1);
    }
    snprintf(gene->words[v], sizeof gene->words[v], "%s", text);
    return WEFT_OK;
}

static weft_status read_gene(const weft_doc *doc, const weft_node *node, weft_feature_gene *gene,
                             weft_error *error) {
    weft_map map;
    const char *name = "";
    const weft_node *words = NULL;
    const weft_node *numbers = NULL;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_text(&map, "name", WEFT_REQUIRED, &name, error));
    WEFT_TRY(weft_map_node(&map, "words", WEFT_OPTIONAL, &words, error));
    WEFT_TRY(weft_map_node(&map, "numbers", WEFT_OPTIONAL, &numbers, error));
    WEFT_TRY(weft_map_bool(&map, "pauses", WEFT_REQUIRED, &gene->pauses, error));
    gene->is_number = numbers != NULL;
    const weft_node *list = gene->is_number ? numbers : words;
    if (list == NULL || (words != NULL && numbers != NULL) || !weft_node_is_sequence(list) ||
        strlen(name) >= sizeof gene->name) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a gene with a name and either `words` or `numbers`");
    }
    snprintf(gene->name, sizeof gene->name, "%s", name);
    if (gene->is_number) {
        WEFT_TRY(weft_map_real(&map, "lower", WEFT_REQUIRED, -1e300, 1e300, &gene->lower, error));
        WEFT_TRY(
            weft_map_real(&map, "upper", WEFT_REQUIRED, gene->lower, 1e300, &gene->upper, error));
        gene->by_log = gene->lower > 0.0 && gene->upper > LOG_RATIO * gene->lower;
    }
    WEFT_TRY(weft_map_end(&map, error));
    gene->n_values = weft_sequence_length(list);
    int least = gene->is_number ? 0 : 1;
    if (gene->n_values < least || gene->n_values > WEFT_FEATURES_MAX_VALUES) {
        return weft_node_fail(doc, list, error, WEFT_ERROR_INPUT, "expected %d to %d values", least,
                              (int)WEFT_FEATURES_MAX_VALUES);
    }
    for (int v = 0; v < gene->n_values; v++) {
        WEFT_TRY(read_value(doc, weft_sequence_at(list, v), gene, v, error));
    }
    return WEFT_OK;
}

static weft_status read_all(const weft_doc *doc, const weft_node *node, weft_features *features,
                            weft_error *error) {
    int n = weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (n < 1 || n > WEFT_FEATURES_MAX_GENES) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d genes", (int)WEFT_FEATURES_MAX_GENES);
    }
    features->genes = calloc((size_t)n, sizeof *features->genes);
    if (features->genes == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *features->genes);
    }
    for (int g = 0; g < n; g++) {
        const weft_node *at = weft_sequence_at(node, g);
        WEFT_TRY(read_gene(doc, at, &features->genes[g], error));
        for (int h = 0; h < g; h++) {
            if (strcmp(features->genes[h].name, features->genes[g].name) == 0) {
                return weft_node_fail(doc, at, error, WEFT_ERROR_INPUT,
                                      "there are two genes \"%s\"", features->genes[g].name);
            }
        }
        features->n_genes++;
    }
    return lay_out(features, error);
}

weft_status weft_features_read(const weft_doc *doc, const weft_node *node, weft_features **features,
                               weft_error *error) {
    weft_features *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = read_all(doc, node, made, error);
    if (status != WEFT_OK) {
        weft_features_destroy(made);
        return status;
    }
    *features = made;
    return WEFT_OK;
}

/* ---- binding ----------------------------------------------------------------------------------- */

/* A gene of the features as a design has it. */
typedef struct bound {
    int gene;       /* of the design */
    size_t choices; /* of `places` and `values`, where it has choices */
    int n_choices;  /* 0: the entry is the number itself */
} bound;

struct weft_binding {
    const weft_features *features;
    bound *bound;  /* (features->n_genes) */
    int *values;   /* of each choice: which of the words or numbers; -1: none */
    float *places; /* of each choice: where its number stands */
};

void weft_binding_destroy(weft_binding *binding) {
    if (binding != NULL) {
        free(binding->bound);
        free(binding->values);
        free(binding->places);
        free(binding);
    }
}

/* Where a number stands between the least and the largest: 0 to 1 within them, beyond them outside. */
static double place_of(const weft_feature_gene *gene, double number) {
    if (gene->by_log && number > 0.0) {
        return log(number / gene->lower) / log(gene->upper / gene->lower);
    }
    double range = gene->upper - gene->lower;
    return range > 0.0 ? (number - gene->lower) / range : 0.0;
}

/* Which of the few numbers it is, within 0.1 %; -1: none. */
static int value_of_number(const weft_feature_gene *gene, double number) {
    for (int v = 0; v < gene->n_values; v++) {
        if (fabs(gene->numbers[v] - number) <= 1e-3 * fabs(number)) {
            return v;
        }
    }
    return -1;
}

static int value_of_word(const weft_feature_gene *gene, const char *word) {
    for (int v = 0; v < gene->n_values; v++) {
        if (strcmp(gene->words[v], word) == 0) {
            return v;
        }
    }
    return -1;
}

static weft_status fail_value(const weft_feature_gene *gene, const char *found, weft_error *error) {
    char known[200] = "";
    char number[40];
    for (int v = 0; v < gene->n_values; v++) {
        weft_list_add(known, sizeof known,
                      gene->is_number ? weft_real_text(gene->numbers[v], number, sizeof number)
                                      : gene->words[v]);
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "gene \"%s\" may be %s, which no trial of the predictor had; it knows %s", gene->name,
              found, known[0] != '\0' ? known : "numbers");
    weft_hint(error, "fit the predictor to trials of this space");
    return WEFT_ERROR_INPUT;
}

static weft_status bind_choice(weft_binding *binding, const weft_feature_gene *gene,
                               const weft_gene_meaning *from, int c, size_t at, weft_error *error) {
    char text[40];
    if (from->numbers == NULL) {
        binding->values[at] = gene->is_number ? -1 : value_of_word(gene, from->words[c]);
        return binding->values[at] >= 0 ? WEFT_OK : fail_value(gene, from->words[c], error);
    }
    double number = from->numbers[c];
    char *written = weft_real_text(number, text, sizeof text);
    binding->values[at] = gene->is_number ? value_of_number(gene, number)
                                          : value_of_word(gene, written);
    binding->places[at] = gene->is_number ? (float)place_of(gene, number) : 0.0f;
    bool far = gene->is_number && !(binding->places[at] >= -1e-3f && binding->places[at] <= 1.001f);
    return far || (!gene->is_number && binding->values[at] < 0) ? fail_value(gene, written, error)
                                                                : WEFT_OK;
}

static weft_status bind_gene(weft_binding *binding, int f, const weft_design_genes *genes,
                             weft_gene_use *uses, size_t *at, weft_error *error) {
    const weft_feature_gene *gene = &binding->features->genes[f];
    int g = 0;
    while (g < genes->n && strcmp(genes->genes[g].name, gene->name) != 0) {
        g++;
    }
    if (g == genes->n) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "the predictor was fitted to designs with a gene \"%s\", and there is none",
                  gene->name);
        weft_hint(error, "a predictor is good for the space of its trials");
        return WEFT_ERROR_INPUT;
    }
    const weft_gene_meaning *from = &genes->genes[g];
    binding->bound[f] = (bound){.gene = g, .choices = *at, .n_choices = from->n_choices};
    for (int c = 0; c < from->n_choices; c++) {
        WEFT_TRY(bind_choice(binding, gene, from, c, (*at)++, error));
    }
    if (from->n_choices == 0 && !gene->is_number) {
        return fail_value(gene, "any number", error);
    }
    if (uses != NULL) {
        uses[g] = WEFT_GENE_FED;
    }
    return WEFT_OK;
}

static weft_status bind_all(weft_binding *binding, const weft_design_genes *genes,
                            weft_gene_use *uses, weft_error *error) {
    size_t choices = 1;
    size_t at = 0;
    for (int g = 0; g < genes->n; g++) {
        choices += (size_t)genes->genes[g].n_choices;
    }
    binding->bound = calloc((size_t)binding->features->n_genes, sizeof *binding->bound);
    binding->values = calloc(choices, sizeof *binding->values);
    binding->places = calloc(choices, sizeof *binding->places);
    if (binding->bound == NULL || binding->values == NULL || binding->places == NULL) {
        return weft_fail_memory(error, choices * sizeof *binding->values);
    }
    for (int f = 0; f < binding->features->n_genes; f++) {
        WEFT_TRY(bind_gene(binding, f, genes, uses, &at, error));
    }
    return WEFT_OK;
}

weft_status weft_binding_create(const weft_features *features, const weft_design_genes *genes,
                                weft_gene_use *uses, weft_binding **binding, weft_error *error) {
    weft_binding *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->features = features;
    weft_status status = bind_all(made, genes, uses, error);
    if (status != WEFT_OK) {
        weft_binding_destroy(made);
        return status;
    }
    *binding = made;
    return WEFT_OK;
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* Adds a gene's value to the means of its family. */
static void add_to_family(const weft_features *features, const weft_feature_gene *gene, int value,
                          float place, float *row) {
    if (gene->family < 0) {
        return;
    }
    float share = 1.0f / (float)features->family_size[gene->family];
    float *means = row + features->family_first[gene->family];
    if (gene->is_number) {
        means[0] += share * place;
    } else if (value >= 0) {
        means[value] += share;
    }
}

void weft_features_row(const weft_binding *binding, const double *genome, float *row) {
    const weft_features *features = binding->features;
    memset(row, 0, (size_t)features->n_columns * sizeof *row);
    for (int f = 0; f < features->n_genes; f++) {
        const weft_feature_gene *gene = &features->genes[f];
        const bound *from = &binding->bound[f];
        double entry = genome[from->gene];
        if (isnan(entry)) {
            row[gene->first + gene->n - 1] = gene->pauses ? 1.0f : 0.0f;
            continue;
        }
        int value;
        float place;
        if (from->n_choices > 0) {
            size_t choice = (size_t)fmin(fmax(entry, 0.0), from->n_choices - 1);
            value = binding->values[from->choices + choice];
            place = binding->places[from->choices + choice];
        } else {
            value = value_of_number(gene, entry);
            place = (float)place_of(gene, entry);
        }
        if (gene->is_number) {
            row[gene->first] = place;
        }
        if (value >= 0) {
            row[gene->first + gene->is_number + value] = 1.0f;
        }
        add_to_family(features, gene, value, place, row);
    }
}
