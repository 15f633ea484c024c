/* SPDX-License-Identifier: Apache-2.0
 * Problems that are searched in closed form (weft: flash/1): docs/reference/flash.md. */
#include "study/flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/share.h"
#include "space/space.h"

#define FLASH_FORMAT "flash/1"

static const char *const metric_names[] = {
#define METRIC_NAME(name, token) token,
    WEFT_FLASH_METRIC_MAP(METRIC_NAME)
#undef METRIC_NAME
};

bool weft_flash_is(const char *path) {
    weft_doc *doc = NULL;
    weft_map map;
    weft_error ignored;
    const char *format = "";
    if (weft_doc_read(path, &doc, &ignored) != WEFT_OK) {
        return false;
    }
    bool is = weft_map_begin(doc, weft_doc_root(doc), &map, &ignored) == WEFT_OK &&
              weft_map_text(&map, "weft", WEFT_REQUIRED, &format, &ignored) == WEFT_OK &&
              strcmp(format, FLASH_FORMAT) == 0;
    weft_doc_destroy(doc);
    return is;
}

/* ---- expressions ------------------------------------------------------------------------------- */

/* An expression's own error is placed within its text: move it to the file. */
static weft_status parse(const weft_doc *doc, const weft_node *node, const char *text,
                         weft_expr **expr, weft_error *error) {
    if (weft_expr_parse(text, metric_names, WEFT_FLASH_METRICS, expr, error) == WEFT_OK) {
        return WEFT_OK;
    }
    weft_error inner = *error;
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "%s", inner.message);
    weft_hint(error, "%s", inner.hint);
    return WEFT_ERROR_INPUT;
}

static weft_status take_text(const weft_doc *doc, const weft_node *node, const char **text,
                             char *field, weft_error *error) {
    WEFT_TRY(weft_node_text(doc, node, text, error));
    if (strlen(*text) >= WEFT_EXPRESSION) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "an expression may have up to %d characters", WEFT_EXPRESSION - 1);
    }
    snprintf(field, WEFT_EXPRESSION, "%s", *text);
    return WEFT_OK;
}

static weft_status read_goal(weft_flash *f, weft_map *map, weft_error *error) {
    const weft_node *nodes[2] = {NULL, NULL};
    const char *text = NULL;
    WEFT_TRY(weft_map_node(map, "score", WEFT_OPTIONAL, &nodes[0], error));
    WEFT_TRY(weft_map_node(map, "minimise", WEFT_OPTIONAL, &nodes[1], error));
    if ((nodes[0] == NULL) == (nodes[1] == NULL)) {
        weft_node_fail(map->doc, nodes[0] != NULL ? nodes[1] : map->node, error, WEFT_ERROR_INPUT,
                       nodes[0] != NULL ? "there is a `score` already"
                                        : "what is wanted is missing: `score` or `minimise`");
        weft_hint(error, "score: \"accuracy / (area * latency * energy)\", or minimise: energy");
        return WEFT_ERROR_INPUT;
    }
    f->maximise = nodes[0] != NULL;
    const weft_node *node = f->maximise ? nodes[0] : nodes[1];
    WEFT_TRY(take_text(map->doc, node, &text, f->score_text, error));
    return parse(map->doc, node, text, &f->score, error);
}

/* Whether both sides name nothing but accuracy and degree. */
static bool is_early(const weft_flash_constraint *constraint) {
    bool early = true;
    for (int m = 0; m < WEFT_FLASH_METRICS; m++) {
        early &= m == WEFT_FLASH_ACCURACY || m == WEFT_FLASH_DEGREE ||
                 !(weft_expr_uses(constraint->left, m) || weft_expr_uses(constraint->right, m));
    }
    return early;
}

/* "left <= right" or "left >= right". */
static weft_status read_constraint(weft_flash *f, const weft_doc *doc, const weft_node *node,
                                   weft_error *error) {
    const char *text = NULL;
    char sides[2][WEFT_EXPRESSION];
    char *whole = f->constraint_texts[f->n_constraints];
    WEFT_TRY(take_text(doc, node, &text, whole, error));
    const char *at = strpbrk(text, "<>");
    if (at == NULL || at[1] != '=' || strpbrk(at + 2, "<>=") != NULL) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "'%.100s' is no constraint: expected two sides with <= or >= between", text);
        weft_hint(error, "for example \"accuracy >= 0.8\" or \"area <= 30\"");
        return WEFT_ERROR_INPUT;
    }
    snprintf(sides[*at == '>'], WEFT_EXPRESSION, "%.*s", (int)(at - text), text);
    snprintf(sides[*at == '<'], WEFT_EXPRESSION, "%s", at + 2);
    weft_flash_constraint *made = &f->constraints[f->n_constraints++];
    WEFT_TRY(parse(doc, node, sides[0], &made->left, error));
    WEFT_TRY(parse(doc, node, sides[1], &made->right, error));
    made->early = is_early(made);
    return WEFT_OK;
}

static weft_status read_constraints(weft_flash *f, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "constraints", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_sequence(list) || weft_sequence_length(list) > WEFT_MAX_CONSTRAINTS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of up to %d constraints", WEFT_MAX_CONSTRAINTS);
    }
    for (int i = 0; i < weft_sequence_length(list); i++) {
        WEFT_TRY(read_constraint(f, map->doc, weft_sequence_at(list, i), error));
    }
    return WEFT_OK;
}

/* ---- what it stands on ------------------------------------------------------------------------- */

static weft_status check_space(const weft_flash *f, const weft_doc *doc, const weft_node *node,
                               weft_error *error) {
    weft_gene_table table = weft_space_genes(f->space);
    if (!weft_space_is_cells(f->space)) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "the space '%s' is not of networks of cells, which closed forms need",
                       weft_space_name(f->space));
        weft_hint(error, "its family must be cells-concat, cells-add or cells-inverted; 'flash' is "
                         "such a space");
        return WEFT_ERROR_INPUT;
    }
    if (table.n_genes > WEFT_FLASH_MAX_GENES) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "the space '%s' has %d genes; a search in closed form takes up to %d",
                              weft_space_name(f->space), table.n_genes, WEFT_FLASH_MAX_GENES);
    }
    bool varies = false;
    for (int g = 0; g < table.n_genes; g++) {
        if (weft_space_cells_field(f->space, g) == WEFT_CELLS_OTHER) {
            return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                                  "gene '%s' sets the chip; closed forms are of one chip",
                                  table.genes[g].name);
        }
        varies |= weft_gene_varies(&table.genes[g]);
    }
    return varies ? WEFT_OK
                  : weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                                   "the space '%s' has one design: there is nothing to search",
                                   weft_space_name(f->space));
}

/* The file that a key names, from the problem's folder; errors of it are placed at the key. */
static weft_status find_file(weft_map *map, const char *key, const char *kind, char *path,
                             size_t size, const weft_node **node, weft_error *error) {
    const char *text = NULL;
    char found[4096];
    WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, node, error));
    WEFT_TRY(weft_node_text(map->doc, *node, &text, error));
    WEFT_TRY(weft_share_beside(weft_doc_name(map->doc), text, path, size, error));
    if (weft_share_find(kind, path, found, sizeof found, error) != WEFT_OK) {
        weft_error inner = *error;
        weft_node_fail(map->doc, *node, error, inner.status, "%s", inner.message);
        weft_hint(error, "%s", inner.hint);
        return error->status;
    }
    return WEFT_OK;
}

/* Every figure that an expression names must have been fitted. */
static weft_status check_forms(const weft_flash *f, const weft_doc *doc, const weft_node *node,
                               weft_error *error) {
    for (int form = 0; form < WEFT_FORMS; form++) {
        bool asked = weft_expr_uses(f->score, (int)weft_flash_metric_of[form]);
        for (int i = 0; i < f->n_constraints; i++) {
            asked |= weft_expr_uses(f->constraints[i].left, (int)weft_flash_metric_of[form]) ||
                     weft_expr_uses(f->constraints[i].right, (int)weft_flash_metric_of[form]);
        }
        if (asked && !weft_flash_prices(f, (weft_form)form)) {
            return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                                  "'%s' was not fitted to any %s, which the problem asks for",
                                  f->forms.name, weft_form_token((weft_form)form));
        }
    }
    return WEFT_OK;
}

static weft_status read_search(weft_flash *f, weft_map *map, weft_error *error) {
    const weft_node *node = NULL;
    weft_map inner;
    WEFT_TRY(weft_map_node(map, "search", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_map_begin(map->doc, node, &inner, error));
    WEFT_TRY(weft_map_integer(&inner, "points", WEFT_OPTIONAL, 16, 100000, &f->points, error));
    WEFT_TRY(weft_map_integer(&inner, "starts", WEFT_OPTIONAL, 1, 1000, &f->starts, error));
    WEFT_TRY(weft_map_integer(&inner, "evaluations", WEFT_OPTIONAL, 1, 1000000000, &f->evaluations,
                              error));
    WEFT_TRY(weft_map_real(&inner, "reach", WEFT_OPTIONAL, 0.01, 1.0, &f->reach, error));
    return weft_map_end(&inner, error);
}

static weft_status fill(weft_flash *f, const weft_doc *doc, weft_error *error) {
    char path[4096];
    weft_map map;
    const char *name = NULL;
    const weft_node *space = NULL;
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, FLASH_FORMAT, error));
    WEFT_TRY(weft_map_text(&map, "name", WEFT_REQUIRED, &name, error));
    snprintf(f->name, sizeof f->name, "%s", name);
    WEFT_TRY(weft_map_node(&map, "space", WEFT_REQUIRED, &space, error));
    WEFT_TRY(read_goal(f, &map, error));
    WEFT_TRY(read_constraints(f, &map, error));
    WEFT_TRY(read_search(f, &map, error));
    WEFT_TRY(find_file(&map, "accuracy", "predictors", path, sizeof path, &node, error));
    WEFT_TRY(weft_theta_read(path, &f->theta, &f->theta_about, error));
    WEFT_TRY(find_file(&map, "hardware", "forms", path, sizeof path, &node, error));
    WEFT_TRY(weft_map_end(&map, error));
    WEFT_TRY(weft_forms_read(path, &f->forms, error));
    WEFT_TRY(check_forms(f, doc, node, error));
    WEFT_TRY(weft_space_read_node(doc, space, &f->space, error));
    WEFT_TRY(check_space(f, doc, space, error));
    weft_space_cells_bind(f->space, &f->binding);
    return WEFT_OK;
}

static weft_status take_doc(const weft_doc *doc, weft_flash **flash, weft_error *error) {
    weft_flash *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->points = 64;
    made->starts = 3;
    made->evaluations = 12000;
    made->reach = 0.25;
    weft_status status = fill(made, doc, error);
    if (status != WEFT_OK) {
        weft_flash_destroy(made);
        return status;
    }
    *flash = made;
    return WEFT_OK;
}

weft_status weft_flash_read(const char *path, weft_flash **flash, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = take_doc(doc, flash, error);
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_flash_parse(const char *text, size_t length, const char *name, weft_flash **flash,
                             weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = take_doc(doc, flash, error);
    weft_doc_destroy(doc);
    return status;
}

void weft_flash_destroy(weft_flash *flash) {
    if (flash == NULL) {
        return;
    }
    weft_space_destroy(flash->space);
    weft_expr_destroy(flash->score);
    for (int i = 0; i < WEFT_MAX_CONSTRAINTS; i++) {
        weft_expr_destroy(flash->constraints[i].left);
        weft_expr_destroy(flash->constraints[i].right);
    }
    free(flash);
}

void weft_flash_get_about(const weft_flash *flash, weft_flash_about *about) {
    *about = (weft_flash_about){.name = flash->name,
                                .space = flash->space,
                                .theta = &flash->theta,
                                .theta_about = &flash->theta_about,
                                .forms = &flash->forms,
                                .score = flash->score_text,
                                .maximise = flash->maximise,
                                .n_constraints = flash->n_constraints,
                                .constraints = flash->constraint_texts};
}
