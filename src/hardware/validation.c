/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of published points. An entry of `points` is one point, or a table of them: rows of numbers
 * whose columns are variables of the entry's expressions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/hardware.h>

#include "base/doc.h"
#include "base/expr.h"
#include "base/number.h"
#include "base/share.h"

enum { MAX_POINTS = 4096, MAX_SETTINGS = 32, MAX_COLUMNS = 16, MAX_BINS = 4096, MEAN_BINS = 31 };

typedef struct setting {
    char path[96], text[96];
} setting;

/* What a point stands on; an entry takes from its set what it does not say itself. */
typedef struct subject {
    char chip[256], network[256];
    const weft_node *products[2]; /* instead of a network: the entry's own, the set's; borrowed */
    int n_settings;
    setting settings[MAX_SETTINGS];
} subject;

/* A row of a table: its columns are what expressions may use. */
typedef struct row {
    int n;
    const char *names[MAX_COLUMNS + 3]; /* and the bits of a product */
    double values[MAX_COLUMNS + 3];
} row;

typedef struct reader {
    const weft_doc *doc;
    weft_validation *to;
    char prepared[MAX_SETTINGS * 200]; /* what `priced` was made of */
    weft_priced *priced;
} reader;

/* ---- measures -------------------------------------------------------------------------------- */

const char *weft_measure_token(weft_measure measure) {
    static const char *const TOKENS[] = {
#define TOKEN(name, token) token,
        WEFT_MEASURE_MAP(TOKEN)
#undef TOKEN
    };
    return TOKENS[measure];
}

/* What is per joule, or per mm2, is wrong as the joules or the mm2 are. */
static weft_measure measure_of(const char *figure) {
    static const struct {
        const char *begin;
        weft_measure measure;
    } BEGINS[] = {
        {"energy", WEFT_MEASURE_ENERGY},      {"power", WEFT_MEASURE_ENERGY},
        {"peak_power", WEFT_MEASURE_ENERGY},  {"tops_w", WEFT_MEASURE_ENERGY},
        {"mean_tops_w", WEFT_MEASURE_ENERGY}, {"area", WEFT_MEASURE_AREA},
        {"tops_mm2", WEFT_MEASURE_AREA},      {"mean_tops_mm2", WEFT_MEASURE_AREA},
        {"latency", WEFT_MEASURE_TIME},       {"interval", WEFT_MEASURE_TIME},
        {"tops", WEFT_MEASURE_TIME},          {"mean_tops", WEFT_MEASURE_TIME},
        {"cycles", WEFT_MEASURE_TIME},
    };
    for (size_t i = 0; i < sizeof BEGINS / sizeof *BEGINS; i++) {
        if (strncmp(figure, BEGINS[i].begin, strlen(BEGINS[i].begin)) == 0) {
            return BEGINS[i].measure;
        }
    }
    return WEFT_MEASURE_OTHER;
}

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status copy_text(weft_map *map, const char *key, weft_need need, char *text,
                             size_t size, weft_error *error) {
    const char *found = NULL;
    WEFT_TRY(weft_map_text(map, key, need, &found, error));
    if (found != NULL) {
        snprintf(text, size, "%s", found);
    }
    return WEFT_OK;
}

/* A file that is named is meant from the folder of the set's file. */
static weft_status copy_name(weft_map *map, const char *key, weft_need need, char *text,
                             size_t size, weft_error *error) {
    const char *found = NULL;
    WEFT_TRY(weft_map_text(map, key, need, &found, error));
    return found == NULL ? WEFT_OK
                         : weft_share_beside(weft_doc_name(map->doc), found, text, size, error);
}

static weft_status read_settings(weft_map *map, subject *to, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "set", WEFT_OPTIONAL, &node, error));
    for (int i = 0; node != NULL && i < weft_mapping_length(node); i++) {
        const char *path = NULL;
        const char *text = NULL;
        const weft_node *inner = NULL;
        WEFT_TRY(weft_mapping_at(map->doc, node, i, &path, &inner, error));
        WEFT_TRY(weft_node_text(map->doc, inner, &text, error));
        if (to->n_settings == MAX_SETTINGS) {
            return weft_node_fail(map->doc, inner, error, WEFT_ERROR_INPUT, "more than %d values",
                                  MAX_SETTINGS);
        }
        setting *made = &to->settings[to->n_settings++];
        snprintf(made->path, sizeof made->path, "%s", path);
        snprintf(made->text, sizeof made->text, "%s", text);
    }
    return WEFT_OK;
}

/* What an entry's product leaves out is that of its set. */
static weft_status read_subject(weft_map *map, bool whole, subject *to, weft_error *error) {
    const weft_node *product = NULL;
    char network[sizeof to->network] = "";
    WEFT_TRY(copy_name(map, "chip", whole ? WEFT_REQUIRED : WEFT_OPTIONAL, to->chip,
                       sizeof to->chip, error));
    WEFT_TRY(copy_name(map, "network", WEFT_OPTIONAL, network, sizeof network, error));
    WEFT_TRY(weft_map_node(map, "product", WEFT_OPTIONAL, &product, error));
    if (product != NULL && network[0] != '\0') {
        return weft_node_fail(map->doc, product, error, WEFT_ERROR_INPUT,
                              "either 'network' or 'product'");
    }
    if (network[0] != '\0') {
        memcpy(to->network, network, sizeof network);
        to->products[0] = to->products[1] = NULL;
    } else if (product != NULL) {
        to->network[0] = '\0';
        to->products[whole ? 1 : 0] = product;
    }
    return read_settings(map, to, error);
}

/* ---- expressions ----------------------------------------------------------------------------- */

static weft_status evaluate_node(const reader *r, const weft_node *node, const row *of,
                                 double *value, weft_error *error) {
    const char *text = NULL;
    weft_expr *expr = NULL;
    WEFT_TRY(weft_node_text(r->doc, node, &text, error));
    if (weft_expr_parse(text, of->names, of->n, &expr, error) != WEFT_OK) {
        char message[sizeof error->message];
        memcpy(message, error->message, sizeof message);
        return weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT, "%.400s", message);
    }
    *value = weft_expr_evaluate(expr, of->values);
    weft_expr_destroy(expr);
    return isfinite(*value) ? WEFT_OK
                            : weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT,
                                             "'%.60s' is not a finite number", text);
}

/* An expression over the columns becomes its value; anything else ("4 ns", "isaac-8b") stays. */
static void resolve(const setting *from, const row *of, char *text, size_t size) {
    weft_expr *expr = NULL;
    weft_error ignored;
    if (weft_expr_parse(from->text, of->names, of->n, &expr, &ignored) == WEFT_OK) {
        snprintf(text, size, "%.12g", weft_expr_evaluate(expr, of->values));
        weft_expr_destroy(expr);
    } else {
        snprintf(text, size, "%s", from->text);
    }
}

/* ---- a product of a matrix and a vector ------------------------------------------------------ */

/* The product of an entry above that of its set, and the variables of its expressions. */
typedef struct product {
    weft_map maps[2];
    int n;
    row of;
} product;

static weft_status find_key(product *in, const char *key, const weft_node **node,
                            weft_error *error) {
    *node = NULL;
    for (int i = in->n - 1; i >= 0; i--) { /* the entry's last: it goes before the set's */
        const weft_node *found = NULL;
        WEFT_TRY(weft_map_node(&in->maps[i], key, WEFT_OPTIONAL, &found, error));
        *node = found != NULL ? found : *node;
    }
    return WEFT_OK;
}

/* A whole number in 1 .. most; 0 where the key is not there. */
static weft_status read_count(const reader *r, product *in, const char *key, double most,
                              int32_t *count, weft_error *error) {
    const weft_node *node = NULL;
    double value = 0;
    WEFT_TRY(find_key(in, key, &node, error));
    *count = 0;
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(evaluate_node(r, node, &in->of, &value, error));
    if (!(value >= 1 && value <= most)) {
        return weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT,
                              "'%s' is %.6g; expected 1 to %.0f", key, value, most);
    }
    *count = (int32_t)value;
    return WEFT_OK;
}

/* Bits are variables as well, where they are no column. */
static weft_status read_bits(const reader *r, product *in, const char *key, int32_t *bits,
                             weft_error *error) {
    WEFT_TRY(read_count(r, in, key, WEFT_MAX_BITS, bits, error));
    for (int i = 0; i < in->of.n; i++) {
        if (strcmp(in->of.names[i], key) == 0) {
            return WEFT_OK;
        }
    }
    if (*bits > 0) {
        in->of.names[in->of.n] = key;
        in->of.values[in->of.n++] = *bits;
    }
    return WEFT_OK;
}

/* `input_mean: 0.4`: so many values are the largest one, and the others zero. */
static weft_status two_values(const reader *r, const weft_node *node, const row *of, double *share,
                              weft_error *error) {
    double top = 0;
    WEFT_TRY(evaluate_node(r, node, of, &top, error));
    if (!(top >= 0 && top <= 1)) {
        return weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT, "%.6g; expected 0 to 1", top);
    }
    memset(share, 0, MEAN_BINS * sizeof *share);
    share[MEAN_BINS / 2] = 1 - top;
    share[MEAN_BINS - 1] = top;
    return WEFT_OK;
}

/* `input_values: [0, 0, 3, 2]` are bins in any unit. */
static weft_status read_histogram(const reader *r, product *in, const char *values,
                                  const char *mean, double *share, weft_histogram *histogram,
                                  weft_error *error) {
    const weft_node *list = NULL;
    const weft_node *node = NULL;
    WEFT_TRY(find_key(in, values, &list, error));
    WEFT_TRY(find_key(in, mean, &node, error));
    if (node != NULL) {
        *histogram = (weft_histogram){MEAN_BINS, share};
        return two_values(r, node, &in->of, share, error);
    }
    int n = list != NULL ? weft_sequence_length(list) : 0;
    if (list != NULL && (n < 1 || n > MAX_BINS)) {
        return weft_node_fail(r->doc, list, error, WEFT_ERROR_INPUT,
                              "'%s': expected a list of 1 to %d shares", values, MAX_BINS);
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
        WEFT_TRY(weft_node_real(r->doc, weft_sequence_at(list, i), 0, 1e12, &share[i], error));
        sum += share[i];
    }
    for (int i = 0; i < n; i++) {
        share[i] /= sum > 0 ? sum : 1;
    }
    *histogram = (weft_histogram){n, share};
    return WEFT_OK;
}

static weft_status read_product(const reader *r, product *in, double share[2][MAX_BINS],
                                weft_network **network, weft_error *error) {
    const double MOST = 1 << 20;
    weft_loops loops = {.n = 1,
                        .r = 1,
                        .s = 1,
                        .p = 1,
                        .q = 1,
                        .g = 1,
                        .stride_h = 1,
                        .stride_w = 1,
                        .dilation_h = 1,
                        .dilation_w = 1};
    weft_layer_bits bits = {0};
    weft_histogram inputs = {0};
    weft_histogram weights = {0};
    WEFT_TRY(read_bits(r, in, "input_bits", &bits.inputs, error));
    WEFT_TRY(read_bits(r, in, "weight_bits", &bits.weights, error));
    WEFT_TRY(read_bits(r, in, "output_bits", &bits.outputs, error));
    WEFT_TRY(read_count(r, in, "inputs", MOST, &loops.c, error));
    WEFT_TRY(read_count(r, in, "outputs", MOST, &loops.m, error));
    WEFT_TRY(read_histogram(r, in, "input_values", "input_mean", share[0], &inputs, error));
    WEFT_TRY(read_histogram(r, in, "weight_values", "weight_mean", share[1], &weights, error));
    for (int i = 0; i < in->n; i++) {
        WEFT_TRY(weft_map_end(&in->maps[i], error));
    }
    if (loops.c == 0 || loops.m == 0) {
        return weft_node_fail(r->doc, in->maps[0].node, error, WEFT_ERROR_INPUT,
                              "a product needs 'inputs' and 'outputs'");
    }
    const weft_layer carried = {.bits = bits,
                                .operands = {.inputs = inputs.n > 0 ? &inputs : NULL,
                                             .weights = weights.n > 0 ? &weights : NULL},
                                .name = "product"};
    WEFT_TRY(weft_network_create("product", (weft_shape){1, 1, 1}, network, error));
    return weft_network_add_loops(*network, WEFT_OP_LINEAR, &loops, &carried, error);
}

static weft_status create_network(const reader *r, const subject *on, const row *of,
                                  weft_network **network, weft_error *error) {
    product in = {.of = *of};
    if (on->network[0] != '\0') {
        return weft_network_read(on->network, network, error);
    }
    for (int i = 0; i < 2; i++) {
        if (on->products[i] != NULL) {
            WEFT_TRY(weft_map_begin(r->doc, on->products[i], &in.maps[in.n++], error));
        }
    }
    double(*share)[MAX_BINS] = malloc(2 * sizeof *share);
    if (share == NULL) {
        return weft_fail_memory(error, 2 * sizeof *share);
    }
    weft_status status = read_product(r, &in, share, network, error);
    free(share);
    return status;
}

/* ---- the model's figure ---------------------------------------------------------------------- */

/* Prices the chip with its settings, unless it did so for the row before. */
static weft_status prepare(reader *r, const subject *on, const row *of, weft_error *error) {
    char values[MAX_SETTINGS][96];
    char key[sizeof r->prepared];
    size_t length = (size_t)snprintf(key, sizeof key, "%s", on->chip);
    for (int i = 0; i < on->n_settings; i++) {
        resolve(&on->settings[i], of, values[i], sizeof values[i]);
        length += (size_t)snprintf(key + length, sizeof key - length, "\n%s=%s",
                                   on->settings[i].path, values[i]);
    }
    if (r->priced != NULL && strcmp(key, r->prepared) == 0) {
        return WEFT_OK;
    }
    weft_priced_destroy(r->priced);
    r->priced = NULL;
    weft_chip *chip = NULL;
    weft_status status = weft_chip_read(on->chip, &chip, error);
    for (int i = 0; i < on->n_settings && status == WEFT_OK; i++) {
        status = weft_chip_set(chip, on->settings[i].path, values[i], error);
    }
    if (status == WEFT_OK) {
        status = weft_priced_create(chip, &r->priced, error);
    }
    memcpy(r->prepared, key, sizeof key);
    weft_chip_destroy(chip);
    return status;
}

static weft_status cost_subject(reader *r, const subject *on, const row *of, weft_cost **cost,
                                weft_error *error) {
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_status status = prepare(r, on, of, error);
    if (status == WEFT_OK) {
        status = create_network(r, on, of, &network, error);
    }
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, error);
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(r->priced, workload, cost, error);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    return status;
}

/* A fault that has no place in the set's file gets that of its point. */
static weft_status place_fault(const reader *r, const weft_node *node, weft_error *error) {
    weft_error inner = *error;
    if (inner.line > 0 && strcmp(inner.file, weft_doc_name(r->doc)) == 0) {
        return inner.status;
    }
    if (inner.line > 0) {
        weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT, "%.200s:%d: %.240s", inner.file,
                       inner.line, inner.message);
    } else {
        weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT, "%.500s", inner.message);
    }
    weft_hint(error, "%s", inner.hint);
    return WEFT_ERROR_INPUT;
}

/* What the chip cannot do is the point's reason; anything else is a fault of the set's file. */
static weft_status work_out(reader *r, const weft_node *node, const subject *on, const row *of,
                            const char *figure, double times, weft_validation_point *point,
                            weft_error *error) {
    weft_cost *cost = NULL;
    point->model = NAN;
    weft_status status = cost_subject(r, on, of, &cost, error);
    if (status == WEFT_ERROR_INFEASIBLE) {
        snprintf(point->reason, sizeof point->reason, "%s", error->message);
        return WEFT_OK;
    }
    if (status == WEFT_OK) {
        status = weft_cost_figure(cost, figure, &point->model, error);
        point->model *= times;
    }
    weft_cost_destroy(cost);
    return status == WEFT_OK ? WEFT_OK : place_fault(r, node, error);
}

/* ---- points ---------------------------------------------------------------------------------- */

static weft_status add_point(reader *r, const weft_node *node, weft_validation_point **point,
                             weft_error *error) {
    weft_validation *to = r->to;
    if (to->n == MAX_POINTS) {
        return weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT, "more than %d points",
                              MAX_POINTS);
    }
    if (to->n == 0 || (to->n & (to->n - 1)) == 0) {
        size_t room = to->n == 0 ? 1 : 2 * (size_t)to->n;
        weft_validation_point *larger = realloc(to->points, room * sizeof *larger);
        if (larger == NULL) {
            return weft_fail_memory(error, room * sizeof *larger);
        }
        to->points = larger;
    }
    *point = &to->points[to->n++];
    return WEFT_OK;
}

/* What a row says beyond its figures goes behind what its table measures. */
static void name_row(const row *of, weft_validation_point *point) {
    for (int i = 0; i < of->n; i++) {
        size_t length = strlen(point->what);
        if (strcmp(of->names[i], "published") != 0 && strcmp(of->names[i], "reference") != 0) {
            snprintf(point->what + length, sizeof point->what - length, ", %s %.6g", of->names[i],
                     of->values[i]);
        }
    }
}

typedef struct entry {
    const weft_node *times; /* NULL: 1 */
    const char *figure;
    subject on;
    weft_validation_point common; /* of all rows */
} entry;

static weft_status read_row(reader *r, const entry *e, const weft_node *node, const row *of,
                            weft_error *error) {
    weft_validation_point *point = NULL;
    double times = 1;
    WEFT_TRY(add_point(r, node, &point, error));
    *point = e->common;
    for (int i = 0; i < of->n; i++) {
        point->published = strcmp(of->names[i], "published") == 0 ? of->values[i]
                                                                  : point->published;
        point->reference = strcmp(of->names[i], "reference") == 0 ? of->values[i]
                                                                  : point->reference;
    }
    if (!(point->published > 0)) {
        return weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT,
                              "'published' must be there, and above 0");
    }
    name_row(of, point);
    if (e->times != NULL) {
        WEFT_TRY(evaluate_node(r, e->times, of, &times, error));
    }
    return work_out(r, node, &e->on, of, e->figure, times, point, error);
}

static weft_status read_rows(reader *r, const entry *e, const weft_node *columns,
                             const weft_node *rows, weft_error *error) {
    row of = {.n = weft_sequence_length(columns)};
    if (of.n < 1 || of.n > MAX_COLUMNS) {
        return weft_node_fail(r->doc, columns, error, WEFT_ERROR_INPUT,
                              "'columns': expected a list of 1 to %d names", MAX_COLUMNS);
    }
    for (int i = 0; i < of.n; i++) {
        WEFT_TRY(weft_node_text(r->doc, weft_sequence_at(columns, i), &of.names[i], error));
    }
    for (int k = 0; k < weft_sequence_length(rows); k++) {
        const weft_node *cells = weft_sequence_at(rows, k);
        if (weft_sequence_length(cells) != of.n) {
            return weft_node_fail(r->doc, cells, error, WEFT_ERROR_INPUT,
                                  "a row of %d numbers was expected", of.n);
        }
        for (int i = 0; i < of.n; i++) {
            WEFT_TRY(weft_node_real(r->doc, weft_sequence_at(cells, i), -1e30, 1e30, &of.values[i],
                                    error));
        }
        WEFT_TRY(read_row(r, e, cells, &of, error));
    }
    return WEFT_OK;
}

static weft_status read_entry(reader *r, const weft_node *node, const subject *common,
                              weft_error *error) {
    entry e = {.on = *common, .common = {.reference = NAN, .published = NAN}};
    const weft_node *columns = NULL;
    const weft_node *rows = NULL;
    weft_map map;
    weft_validation_point *p = &e.common;
    WEFT_TRY(weft_map_begin(r->doc, node, &map, error));
    WEFT_TRY(copy_text(&map, "what", WEFT_REQUIRED, p->what, sizeof p->what, error));
    WEFT_TRY(copy_text(&map, "unit", WEFT_REQUIRED, p->unit, sizeof p->unit, error));
    WEFT_TRY(copy_text(&map, "source", WEFT_OPTIONAL, p->source, sizeof p->source, error));
    WEFT_TRY(copy_text(&map, "fitted", WEFT_OPTIONAL, p->fitted, sizeof p->fitted, error));
    WEFT_TRY(weft_map_text(&map, "figure", WEFT_REQUIRED, &e.figure, error));
    WEFT_TRY(weft_map_node(&map, "times", WEFT_OPTIONAL, &e.times, error));
    WEFT_TRY(weft_map_real(&map, "published", WEFT_OPTIONAL, 1e-30, 1e30, &p->published, error));
    WEFT_TRY(weft_map_real(&map, "reference", WEFT_OPTIONAL, 0, 1e30, &p->reference, error));
    WEFT_TRY(weft_map_node(&map, "columns", WEFT_OPTIONAL, &columns, error));
    WEFT_TRY(
        weft_map_node(&map, "rows", columns != NULL ? WEFT_REQUIRED : WEFT_OPTIONAL, &rows, error));
    WEFT_TRY(read_subject(&map, false, &e.on, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (e.on.products[0] == NULL && e.on.products[1] == NULL && e.on.network[0] == '\0') {
        return weft_node_fail(r->doc, node, error, WEFT_ERROR_INPUT,
                              "neither the point nor its set has a 'network' or 'product'");
    }
    p->measure = measure_of(e.figure);
    return columns != NULL ? read_rows(r, &e, columns, rows, error)
                           : read_row(r, &e, node, &(row){0}, error);
}

static weft_status read_set(reader *r, weft_map *root, weft_error *error) {
    static const char *const VERSIONS[] = {"validation/1"};
    int version = 0;
    subject common = {0};
    const weft_node *points = NULL;
    weft_validation *to = r->to;
    to->threshold = 0.1;
    WEFT_TRY(weft_map_choice(root, "weft", WEFT_REQUIRED, VERSIONS, 1, &version, error));
    WEFT_TRY(copy_text(root, "name", WEFT_REQUIRED, to->name, sizeof to->name, error));
    WEFT_TRY(copy_text(root, "description", WEFT_REQUIRED, to->text, sizeof to->text, error));
    WEFT_TRY(copy_text(root, "source", WEFT_REQUIRED, to->source, sizeof to->source, error));
    WEFT_TRY(weft_map_real(root, "threshold", WEFT_OPTIONAL, 0, 1e6, &to->threshold, error));
    WEFT_TRY(read_subject(root, true, &common, error));
    WEFT_TRY(weft_map_node(root, "points", WEFT_REQUIRED, &points, error));
    WEFT_TRY(weft_map_end(root, error));
    int n = weft_sequence_length(points);
    if (!weft_node_is_sequence(points) || n < 1) {
        return weft_node_fail(root->doc, points, error, WEFT_ERROR_INPUT,
                              "'points': expected a list of points");
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_entry(r, weft_sequence_at(points, i), &common, error));
    }
    return WEFT_OK;
}

/* ---- public ---------------------------------------------------------------------------------- */

weft_status weft_validation_create(const char *name_or_path, weft_validation **validation,
                                   weft_error *error) {
    char path[4096];
    weft_doc *doc = NULL;
    weft_map root;
    reader *r = calloc(1, sizeof *r);
    weft_validation *made = calloc(1, sizeof *made);
    weft_status status = r != NULL && made != NULL ? WEFT_OK : weft_fail_memory(error, sizeof *r);
    if (status == WEFT_OK) {
        status = weft_share_find("validation", name_or_path, path, sizeof path, error);
    }
    if (status == WEFT_OK) {
        status = weft_doc_read(path, &doc, error);
    }
    if (status == WEFT_OK) {
        r->doc = doc;
        r->to = made;
        status = weft_map_begin(doc, weft_doc_root(doc), &root, error);
    }
    if (status == WEFT_OK) {
        status = read_set(r, &root, error);
    }
    if (r != NULL) {
        weft_priced_destroy(r->priced);
    }
    free(r);
    weft_doc_destroy(doc);
    if (status != WEFT_OK) {
        weft_validation_destroy(made);
        return status;
    }
    *validation = made;
    return WEFT_OK;
}

void weft_validation_destroy(weft_validation *validation) {
    if (validation != NULL) {
        free(validation->points);
        free(validation);
    }
}

weft_validation_errors weft_validation_errors_of(const weft_validation *validation,
                                                 weft_validation_select select) {
    weft_validation_errors errors = {.mean = NAN, .worst = NAN};
    double sum = 0;
    double worst = 0;
    for (int32_t i = 0; i < validation->n; i++) {
        const weft_validation_point *point = &validation->points[i];
        double figure = select.of_reference ? point->reference : point->model;
        bool wanted = (select.measure == WEFT_MEASURE_COUNT || select.measure == point->measure) &&
                      !(select.fitted_out && point->fitted[0] != '\0');
        if (wanted && !isnan(figure) && !isnan(point->model)) {
            double error = fabs(figure / point->published - 1);
            sum += error;
            worst = fmax(worst, error);
            errors.n++;
        }
    }
    if (errors.n > 0) {
        errors.mean = sum / errors.n;
        errors.worst = worst;
    }
    return errors;
}
