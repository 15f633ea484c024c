/* SPDX-License-Identifier: Apache-2.0
 * Tables of points: each row names a chip, a network and values, and figures to compare with. Rows
 * of one chip with the same values are priced once. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/pool.h"
#include "base/share.h"
#include "cli/validate.h"

enum { MAX_ROWS = 10000000, MAX_NAMES = 256, MAX_SET = 32, MAX_TABLE = 1 << 28 };

/* ---- the columns file ------------------------------------------------------------------------ */

/* Which column names something, and what its words mean; without words they are names themselves. A
 * file that is meant lies beside the columns file. */
typedef struct naming {
    char column[48];
    int n;
    char word[MAX_SET][48], means[MAX_SET][512];
} naming;

typedef struct layout {
    naming chip, network;
    int n_set;
    struct {
        char column[48], path[96], unit[16];
        int at; /* place of the column; -1: not in the table */
    } set[MAX_SET];
    int n_compared;
    cli_compared compared[CLI_MAX_COMPARED];
} layout;

static weft_status read_naming(weft_map *root, const char *key, naming *to, weft_error *error) {
    const weft_node *node = NULL;
    const weft_node *words = NULL;
    const char *column = NULL;
    weft_map map;
    WEFT_TRY(weft_map_node(root, key, WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(root->doc, node, &map, error));
    WEFT_TRY(weft_map_text(&map, "column", WEFT_REQUIRED, &column, error));
    WEFT_TRY(weft_map_node(&map, "words", WEFT_OPTIONAL, &words, error));
    WEFT_TRY(weft_map_end(&map, error));
    snprintf(to->column, sizeof to->column, "%s", column);
    for (int i = 0; words != NULL && i < weft_mapping_length(words); i++) {
        const char *word = NULL;
        const char *means = NULL;
        const weft_node *inner = NULL;
        WEFT_TRY(weft_mapping_at(root->doc, words, i, &word, &inner, error));
        WEFT_TRY(weft_node_text(root->doc, inner, &means, error));
        if (to->n == MAX_SET) {
            return weft_node_fail(root->doc, inner, error, WEFT_ERROR_INPUT, "more than %d words",
                                  MAX_SET);
        }
        snprintf(to->word[to->n], sizeof to->word[0], "%s", word);
        WEFT_TRY(weft_share_beside(weft_doc_name(root->doc), means, to->means[to->n++],
                                   sizeof to->means[0], error));
    }
    return WEFT_OK;
}

static weft_status read_set(weft_map *root, layout *to, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "set", WEFT_OPTIONAL, &node, error));
    for (int i = 0; node != NULL && i < weft_mapping_length(node); i++) {
        const char *column = NULL;
        const char *path = NULL;
        const char *unit = "";
        const weft_node *inner = NULL;
        weft_map map;
        WEFT_TRY(weft_mapping_at(root->doc, node, i, &column, &inner, error));
        WEFT_TRY(weft_map_begin(root->doc, inner, &map, error));
        WEFT_TRY(weft_map_text(&map, "path", WEFT_REQUIRED, &path, error));
        WEFT_TRY(weft_map_text(&map, "unit", WEFT_OPTIONAL, &unit, error));
        WEFT_TRY(weft_map_end(&map, error));
        if (to->n_set == MAX_SET) {
            return weft_node_fail(root->doc, inner, error, WEFT_ERROR_INPUT, "more than %d columns",
                                  MAX_SET);
        }
        snprintf(to->set[to->n_set].column, sizeof to->set[0].column, "%s", column);
        snprintf(to->set[to->n_set].path, sizeof to->set[0].path, "%s", path);
        snprintf(to->set[to->n_set++].unit, sizeof to->set[0].unit, "%s", unit);
    }
    return WEFT_OK;
}

/* `product: [E_J, L_s, A_cm2]`: a figure that is published in factors. */
static weft_status read_factors(weft_map *map, cli_compared *to, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "product", WEFT_OPTIONAL, &node, error));
    int n = node != NULL ? weft_sequence_length(node) : 0;
    if (node != NULL && (n < 1 || n > CLI_MAX_FACTORS)) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "'product': expected a list of 1 to %d columns", CLI_MAX_FACTORS);
    }
    for (int i = 0; i < n; i++) {
        const char *column = NULL;
        WEFT_TRY(weft_node_text(map->doc, weft_sequence_at(node, i), &column, error));
        snprintf(to->factors[to->n_factors++], sizeof to->factors[0], "%s", column);
    }
    return WEFT_OK;
}

static weft_status read_compared(weft_map *root, layout *to, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "compare", WEFT_REQUIRED, &node, error));
    for (int i = 0; i < weft_mapping_length(node); i++) {
        const char *column = NULL;
        const char *figure = NULL;
        const char *cycle = "";
        const weft_node *inner = NULL;
        weft_map map;
        if (to->n_compared == CLI_MAX_COMPARED) {
            return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT, "more than %d columns",
                                  CLI_MAX_COMPARED);
        }
        cli_compared *compared = &to->compared[to->n_compared++];
        *compared = (cli_compared){.times = 1};
        WEFT_TRY(weft_mapping_at(root->doc, node, i, &column, &inner, error));
        WEFT_TRY(weft_map_begin(root->doc, inner, &map, error));
        WEFT_TRY(weft_map_text(&map, "figure", WEFT_REQUIRED, &figure, error));
        WEFT_TRY(weft_map_text(&map, "cycle", WEFT_OPTIONAL, &cycle, error));
        WEFT_TRY(weft_map_real(&map, "times", WEFT_OPTIONAL, 1e-30, 1e30, &compared->times, error));
        WEFT_TRY(read_factors(&map, compared, error));
        WEFT_TRY(weft_map_end(&map, error));
        snprintf(compared->column, sizeof compared->column, "%s", column);
        snprintf(compared->figure, sizeof compared->figure, "%s", figure);
        snprintf(compared->cycle, sizeof compared->cycle, "%s", cycle);
    }
    return WEFT_OK;
}

static weft_status read_root(weft_map *root, layout *to, weft_error *error) {
    static const char *const VERSIONS[] = {"points/1"};
    int version = 0;
    const char *text = NULL;
    WEFT_TRY(weft_map_choice(root, "weft", WEFT_REQUIRED, VERSIONS, 1, &version, error));
    WEFT_TRY(weft_map_text(root, "name", WEFT_REQUIRED, &text, error));
    WEFT_TRY(weft_map_text(root, "description", WEFT_REQUIRED, &text, error));
    WEFT_TRY(read_naming(root, "chip", &to->chip, error));
    WEFT_TRY(read_naming(root, "network", &to->network, error));
    WEFT_TRY(read_set(root, to, error));
    WEFT_TRY(read_compared(root, to, error));
    return weft_map_end(root, error);
}

static weft_status read_layout(cli_call *call, const char *name, layout *to) {
    char path[4096];
    weft_doc *doc = NULL;
    weft_map root;
    *to = (layout){0};
    WEFT_TRY(weft_share_find("points", name, path, sizeof path, &call->error));
    WEFT_TRY(weft_doc_read(path, &doc, &call->error));
    weft_status status = weft_map_begin(doc, weft_doc_root(doc), &root, &call->error);
    if (status == WEFT_OK) {
        status = read_root(&root, to, &call->error);
    }
    weft_doc_destroy(doc);
    return status;
}

static const char *meaning(const naming *of, const char *word) {
    for (int i = 0; i < of->n; i++) {
        if (strcmp(of->word[i], word) == 0) {
            return of->means[i];
        }
    }
    return word;
}

/* ---- the table ------------------------------------------------------------------------------- */

int cli_points_column(const cli_points *points, const char *name) {
    for (int c = 0; c < points->n_columns; c++) {
        if (strcmp(points->columns[c], name) == 0) {
            return c;
        }
    }
    return -1;
}

static const char *cell(const cli_points *points, size_t row, int column) {
    return points->cells[row * (size_t)points->n_columns + (size_t)column];
}

static weft_status read_header(cli_call *call, const char *file, char *line, const char *parted,
                               cli_points *points) {
    for (char *at = line; at != NULL;) {
        char *word = strsep(&at, parted);
        if (points->n_columns == CLI_MAX_COLUMNS) {
            return weft_fail(&call->error, WEFT_ERROR_INPUT, "%s: more than %d columns", file,
                             CLI_MAX_COLUMNS);
        }
        snprintf(points->columns[points->n_columns++], sizeof points->columns[0], "%s", word);
    }
    return WEFT_OK;
}

static weft_status read_row(cli_call *call, const char *file, char *line, const char *parted,
                            size_t *room, cli_points *points) {
    size_t width = (size_t)points->n_columns;
    if (points->n == *room) {
        *room = *room == 0 ? 256 : 2 * *room;
        char **cells = realloc(points->cells, *room * width * sizeof *cells);
        if (cells == NULL) {
            return weft_fail_memory(&call->error, *room * width * sizeof *cells);
        }
        points->cells = cells;
    }
    int c = 0;
    for (char *at = line; at != NULL; c++) {
        char *word = strsep(&at, parted);
        if (c < points->n_columns) {
            points->cells[points->n * width + (size_t)c] = word;
        }
    }
    if (c != points->n_columns) {
        weft_fail(&call->error, WEFT_ERROR_INPUT, "row %zu has %d cells, the head has %d",
                  points->n + 1, c, points->n_columns);
        weft_error_file(&call->error, file);
        return WEFT_ERROR_INPUT;
    }
    points->n++;
    return WEFT_OK;
}

/* Splits the text in place; cells point into it. Lines that are empty or begin with '#' are none. */
static weft_status split_table(cli_call *call, const char *file, char *text, cli_points *points) {
    const char *parted = NULL;
    size_t room = 0;
    for (char *at = text; at != NULL;) {
        char *line = strsep(&at, "\n");
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r') {
            line[--length] = '\0';
        }
        if (length == 0 || line[0] == '#') {
            continue;
        }
        if (parted == NULL) {
            parted = strchr(line, '\t') != NULL ? "\t" : ",";
            WEFT_TRY(read_header(call, file, line, parted, points));
        } else if (points->n == MAX_ROWS) {
            return weft_fail(&call->error, WEFT_ERROR_INPUT, "%s: more than %d rows", file,
                             MAX_ROWS);
        } else {
            WEFT_TRY(read_row(call, file, line, parted, &room, points));
        }
    }
    if (points->n == 0) {
        return weft_fail(&call->error, WEFT_ERROR_INPUT, "%s: no row of points", file);
    }
    return WEFT_OK;
}

static weft_status read_file(cli_call *call, const char *file, char **text) {
    enum { CHUNK = 1 << 20 };
    FILE *in = fopen(file, "rbe");
    if (in == NULL) {
        return weft_fail_errno(&call->error, "cannot read the points", file);
    }
    char *buffer = NULL;
    size_t n = 0;
    size_t got = 1;
    weft_status status = WEFT_OK;
    while (got > 0 && status == WEFT_OK) {
        char *larger = realloc(buffer, n + CHUNK + 1);
        if (larger == NULL) {
            status = weft_fail_memory(&call->error, n + CHUNK + 1);
            break;
        }
        buffer = larger;
        got = fread(buffer + n, 1, CHUNK, in);
        n += got;
        buffer[n] = '\0';
        if (n > MAX_TABLE) {
            status = weft_fail(&call->error, WEFT_ERROR_INPUT, "%s: more than %d bytes", file,
                               MAX_TABLE);
        }
    }
    if (status == WEFT_OK && ferror(in)) {
        status = weft_fail_errno(&call->error, "cannot read the points", file);
    }
    fclose(in);
    if (status != WEFT_OK) {
        free(buffer);
        return status;
    }
    *text = buffer;
    return WEFT_OK;
}

/* ---- the work -------------------------------------------------------------------------------- */

/* Names in the order in which rows first use them. */
typedef struct names {
    int n;
    const char *name[MAX_NAMES];
} names;

typedef struct work {
    cli_points *points;
    const layout *how;
    names chips, networks;
    weft_chip *chip[MAX_NAMES];
    weft_workload **workloads; /* [threads][networks] */
    weft_error *unbuilt;       /* [networks]: why there is no workload */
    int chip_column, network_column;
    size_t *rows;  /* sorted so that rows of one chip and set of values stand together */
    size_t *first; /* [n_groups + 1] into rows */
    size_t n_groups, batch;
    pthread_mutex_t lock;
    bool failed; /* `error` holds the first fault of the table */
    weft_error error;
} work;

static int place_of(names *all, const char *name) {
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->name[i], name) == 0) {
            return i;
        }
    }
    if (all->n == MAX_NAMES) {
        return -1;
    }
    all->name[all->n] = name;
    return all->n++;
}

/* Sorting by chip and values; rows of equal keys by their place. */
static int compare_rows(const void *a, const void *b, void *context) {
    const work *w = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int order = strcmp(cell(w->points, x, w->chip_column), cell(w->points, y, w->chip_column));
    for (int s = 0; s < w->how->n_set && order == 0; s++) {
        int at = w->how->set[s].at;
        order = at < 0 ? 0 : strcmp(cell(w->points, x, at), cell(w->points, y, at));
    }
    return order;
}

static int compare_keys(const void *a, const void *b, void *context) {
    int order = compare_rows(a, b, context);
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return order != 0 ? order : (x > y) - (x < y);
}

static weft_status group_rows(work *w, weft_error *error) {
    size_t n = w->points->n;
    w->rows = calloc(n, sizeof *w->rows);
    w->first = calloc(n + 1, sizeof *w->first);
    if (w->rows == NULL || w->first == NULL) {
        return weft_fail_memory(error, n * sizeof *w->rows);
    }
    for (size_t i = 0; i < n; i++) {
        w->rows[i] = i;
    }
    qsort_r(w->rows, n, sizeof *w->rows, compare_keys, w);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_rows(&w->rows[i - 1], &w->rows[i], w) != 0) {
            w->first[w->n_groups++] = i;
        }
    }
    w->first[w->n_groups] = n;
    return WEFT_OK;
}

static void fail_work(work *w, size_t row, const weft_error *error) {
    pthread_mutex_lock(&w->lock);
    if (!w->failed) {
        w->failed = true;
        weft_fail(&w->error, error->status, "row %zu: %.480s", row + 1, error->message);
        if (error->hint[0] != '\0') {
            weft_hint(&w->error, "%s", error->hint);
        }
    }
    pthread_mutex_unlock(&w->lock);
}

/* What does not fit is the row's reason; anything else ends the work. */
static void fail_row(work *w, size_t row, const weft_error *error) {
    if (error->status != WEFT_ERROR_INFEASIBLE) {
        fail_work(w, row, error);
        return;
    }
    w->points->reasons[row] = strdup(error->message);
    if (w->points->reasons[row] == NULL) {
        weft_error memory;
        weft_fail_memory(&memory, sizeof error->message);
        fail_work(w, row, &memory);
    }
}

static weft_status price_group(const work *w, size_t row, weft_priced **priced, weft_error *error) {
    names chips = w->chips;
    const char *name = meaning(&w->how->chip, cell(w->points, row, w->chip_column));
    const weft_chip *base = w->chip[place_of(&chips, name)];
    const char *text = weft_chip_text(base);
    weft_chip *chip = NULL;
    WEFT_TRY(weft_chip_parse(text, strlen(text), weft_chip_name(base), &chip, error));
    weft_status status = WEFT_OK;
    for (int s = 0; s < w->how->n_set && status == WEFT_OK; s++) {
        if (w->how->set[s].at >= 0) {
            char value[128];
            snprintf(value, sizeof value, "%.100s%s%s", cell(w->points, row, w->how->set[s].at),
                     w->how->set[s].unit[0] == '\0' ? "" : " ", w->how->set[s].unit);
            status = cli_chip_set(chip, w->how->set[s].path, value, error);
        }
    }
    if (status == WEFT_OK) {
        status = weft_priced_create(chip, priced, error);
    }
    weft_chip_destroy(chip);
    return status;
}

static weft_status cost_row(work *w, const weft_priced *priced, size_t row, int thread,
                            weft_error *error) {
    names networks = w->networks;
    int n = place_of(&networks, cell(w->points, row, w->network_column));
    weft_workload *workload = w->workloads[thread * w->networks.n + n];
    weft_cost *cost = NULL;
    if (workload == NULL) {
        *error = w->unbuilt[n];
        return error->status;
    }
    WEFT_TRY(weft_cost_create(priced, workload, &cost, error));
    weft_status status = WEFT_OK;
    for (int k = 0; k < w->points->n_compared && status == WEFT_OK; k++) {
        cli_compared *compared = &w->points->compared[k];
        status = weft_cost_figure(cost, compared->figure, &compared->model[row], error);
        compared->model[row] *= compared->times;
    }
    weft_cost_destroy(cost);
    return status;
}

static void work_group(void *context, int item, int thread) {
    work *w = context;
    size_t group = w->batch + (size_t)item;
    weft_priced *priced = NULL;
    weft_error error;
    weft_status made = price_group(w, w->rows[w->first[group]], &priced, &error);
    for (size_t i = w->first[group]; i < w->first[group + 1]; i++) {
        size_t row = w->rows[i];
        if (made != WEFT_OK || cost_row(w, priced, row, thread, &error) != WEFT_OK) {
            fail_row(w, row, &error);
        }
    }
    weft_priced_destroy(priced);
}

/* ---- what rows share ------------------------------------------------------------------------- */

/* Whether the table has what is compared: its column, or all factors of it. */
static bool is_there(const cli_points *points, const cli_compared *compared) {
    for (int f = 0; f < compared->n_factors; f++) {
        if (cli_points_column(points, compared->factors[f]) < 0) {
            return false;
        }
    }
    return compared->n_factors > 0 || cli_points_column(points, compared->column) >= 0;
}

static weft_status find_columns(cli_call *call, const char *file, layout *how, work *w) {
    cli_points *points = w->points;
    w->chip_column = cli_points_column(points, how->chip.column);
    w->network_column = cli_points_column(points, how->network.column);
    if (w->chip_column < 0 || w->network_column < 0) {
        return weft_fail(&call->error, WEFT_ERROR_INPUT, "%s: there is no column '%s'", file,
                         w->chip_column < 0 ? how->chip.column : how->network.column);
    }
    for (int s = 0; s < how->n_set; s++) {
        how->set[s].at = cli_points_column(points, how->set[s].column);
    }
    for (int k = 0; k < how->n_compared; k++) {
        if (is_there(points, &how->compared[k])) {
            points->compared[points->n_compared++] = how->compared[k];
        }
    }
    if (points->n_compared == 0) {
        return weft_fail(&call->error, WEFT_ERROR_INPUT,
                         "%s: none of the columns to compare is there, such as '%s'", file,
                         how->compared[0].column);
    }
    return WEFT_OK;
}

/* Multiplies what is published of each row by what a column says. */
static weft_status multiply_published(cli_call *call, const char *file, const char *column,
                                      const cli_points *points, double *published) {
    int at = cli_points_column(points, column);
    for (size_t row = 0; row < points->n; row++) {
        char *end = NULL;
        published[row] *= weft_real_parse(cell(points, row, at), &end);
        if (end == cell(points, row, at) || *end != '\0') {
            return weft_fail(&call->error, WEFT_ERROR_INPUT,
                             "%s: row %zu, '%s': expected a number, found '%.40s'", file, row + 1,
                             column, cell(points, row, at));
        }
    }
    return WEFT_OK;
}

static weft_status read_published(cli_call *call, const char *file, cli_points *points) {
    for (int k = 0; k < points->n_compared; k++) {
        cli_compared *compared = &points->compared[k];
        compared->published = calloc(points->n, sizeof *compared->published);
        compared->model = calloc(points->n, sizeof *compared->model);
        if (compared->published == NULL || compared->model == NULL) {
            return weft_fail_memory(&call->error, points->n * sizeof *compared->model);
        }
        for (size_t row = 0; row < points->n; row++) {
            compared->model[row] = NAN;
            compared->published[row] = 1;
        }
        bool plain = compared->n_factors == 0;
        for (int f = 0; f < (plain ? 1 : compared->n_factors); f++) {
            WEFT_TRY(multiply_published(call, file, plain ? compared->column : compared->factors[f],
                                        points, compared->published));
        }
    }
    return WEFT_OK;
}

static weft_status list_names(cli_call *call, const char *file, work *w) {
    for (size_t row = 0; row < w->points->n; row++) {
        const char *chip = meaning(&w->how->chip, cell(w->points, row, w->chip_column));
        if (place_of(&w->chips, chip) < 0 ||
            place_of(&w->networks, cell(w->points, row, w->network_column)) < 0) {
            return weft_fail(&call->error, WEFT_ERROR_INPUT, "%s: more than %d chips or networks",
                             file, MAX_NAMES);
        }
    }
    for (int i = 0; i < w->chips.n; i++) {
        WEFT_TRY(cli_chip_read(call, w->chips.name[i], &w->chip[i]));
    }
    return WEFT_OK;
}

/* The layer table of a network of the table, or a name of ours. */
static void name_layers(const work *w, const char *folder, const char *name, cli_layers *layers) {
    snprintf(layers->name, sizeof layers->name, "%s", name);
    if (folder != NULL) {
        snprintf(layers->source, sizeof layers->source, "%s/%s.csv", folder, name);
    } else {
        snprintf(layers->source, sizeof layers->source, "%s", meaning(&w->how->network, name));
    }
}

static weft_status read_networks(cli_call *call, const char *folder, int threads, work *w) {
    int n = w->networks.n;
    w->workloads = calloc((size_t)(threads * n), sizeof(weft_workload *));
    w->unbuilt = calloc((size_t)n, sizeof *w->unbuilt);
    w->points->networks = calloc((size_t)n, sizeof *w->points->networks);
    if (w->workloads == NULL || w->unbuilt == NULL || w->points->networks == NULL) {
        return weft_fail_memory(&call->error, (size_t)n * sizeof *w->unbuilt);
    }
    for (int i = 0; i < n; i++) {
        weft_network *network = NULL;
        cli_layers *layers = &w->points->networks[w->points->n_networks++];
        name_layers(w, folder, w->networks.name[i], layers);
        weft_status status = weft_network_read(layers->source, &network, &w->unbuilt[i]);
        for (int t = 0; t < threads && status == WEFT_OK; t++) {
            status = weft_workload_create(network, &w->workloads[t * n + i], &w->unbuilt[i]);
        }
        weft_network_destroy(network);
        if (status != WEFT_OK && status != WEFT_ERROR_INFEASIBLE) {
            call->error = w->unbuilt[i];
            return status;
        }
    }
    return WEFT_OK;
}

static void free_work(work *w, int threads) {
    for (int i = 0; i < w->chips.n; i++) {
        weft_chip_destroy(w->chip[i]);
    }
    for (int i = 0; w->workloads != NULL && i < threads * w->networks.n; i++) {
        weft_workload_destroy(w->workloads[i]);
    }
    free(w->workloads);
    free(w->unbuilt);
    free(w->rows);
    free(w->first);
    pthread_mutex_destroy(&w->lock);
}

/* ---- the run --------------------------------------------------------------------------------- */

static weft_status run_groups(cli_call *call, work *w, weft_pool *pool) {
    enum { BATCH = 64 };
    const weft_stop *stop = cli_interrupt_install(call);
    cli_progress progress;
    cli_progress_begin(&progress, call);
    for (w->batch = 0; w->batch < w->n_groups && !w->failed && !weft_stop_requested(stop);
         w->batch += BATCH) {
        size_t left = w->n_groups - w->batch;
        weft_pool_run(pool, left < BATCH ? (int)left : BATCH, work_group, w);
        if (cli_progress_due(&progress)) {
            char bar[32];
            double share = (double)w->batch / (double)w->n_groups;
            cli_progress_show(&progress, "%s %zu of %zu rows",
                              cli_progress_bar(share, bar, sizeof bar), w->first[w->batch],
                              w->points->n);
        }
    }
    cli_progress_end(&progress);
    if (w->failed) {
        call->error = w->error;
        return w->error.status;
    }
    return w->batch < w->n_groups ? WEFT_STOPPED : WEFT_OK;
}

static weft_status run_points(cli_call *call, const char *file, const char *workloads, int threads,
                              layout *how, work *w) {
    weft_pool *pool = NULL;
    w->points->reasons = calloc(w->points->n, sizeof *w->points->reasons);
    if (w->points->reasons == NULL) {
        return weft_fail_memory(&call->error, w->points->n * sizeof *w->points->reasons);
    }
    WEFT_TRY(find_columns(call, file, how, w));
    WEFT_TRY(read_published(call, file, w->points));
    WEFT_TRY(list_names(call, file, w));
    WEFT_TRY(read_networks(call, workloads, threads, w));
    WEFT_TRY(group_rows(w, &call->error));
    WEFT_TRY(weft_pool_create(threads, &pool, &call->error));
    weft_status status = run_groups(call, w, pool);
    weft_pool_destroy(pool);
    return status;
}

weft_status cli_points_run(cli_call *call, const char *file, const char *layout_name,
                           const char *workloads, int threads, cli_points *points) {
    layout *how = calloc(1, sizeof *how);
    work *w = calloc(1, sizeof *w);
    weft_status status = WEFT_OK;
    *points = (cli_points){0};
    if (how == NULL || w == NULL) {
        free(how);
        free(w);
        return weft_fail_memory(&call->error, sizeof *w);
    }
    *w = (work){.points = points, .how = how, .lock = PTHREAD_MUTEX_INITIALIZER};
    status = read_layout(call, layout_name, how);
    if (status == WEFT_OK) {
        status = read_file(call, file, &points->text);
    }
    if (status == WEFT_OK) {
        status = split_table(call, file, points->text, points);
    }
    if (status == WEFT_OK) {
        status = run_points(call, file, workloads, threads, how, w);
    }
    free_work(w, threads);
    free(w);
    free(how);
    return status;
}

void cli_points_free(cli_points *points) {
    for (int k = 0; k < points->n_compared; k++) {
        free(points->compared[k].published);
        free(points->compared[k].model);
    }
    for (size_t i = 0; points->reasons != NULL && i < points->n; i++) {
        free(points->reasons[i]);
    }
    free(points->reasons);
    free(points->networks);
    free(points->cells);
    free(points->text);
    *points = (cli_points){0};
}
