/* SPDX-License-Identifier: Apache-2.0
 * Costs in closed form as a file (weft: forms/1): docs/reference/flash.md. */
#include <weft/hardware.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/save.h"
#include "base/share.h"

#define FORMS_FORMAT "forms/1"

enum { PATH = 1024 };

/* ---- reading ----------------------------------------------------------------------------------- */

static weft_status take_text(weft_map *map, const char *key, weft_need need, char *field,
                             size_t size, weft_error *error) {
    const char *text = "";
    WEFT_TRY(weft_map_text(map, key, need, &text, error));
    if (strlen(text) >= size) {
        return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                              "`%s` may have at most %zu characters", key, size - 1);
    }
    snprintf(field, size, "%s", text);
    return WEFT_OK;
}

static weft_status begin_inner(weft_map *map, const char *key, weft_map *inner, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, &node, error));
    return weft_map_begin(map->doc, node, inner, error);
}

static weft_status take_geometry(weft_map *map, weft_form_geometry *geometry, weft_error *error) {
    const struct {
        const char *key;
        int64_t least;
        int32_t *field;
    } rows[] = {{"rows", 1, &geometry->rows},
                {"columns", 1, &geometry->columns},
                {"slices", 1, &geometry->slices},
                {"arrays", 1, &geometry->arrays},
                {"tree", 0, &geometry->tree}};
    weft_map inner;
    WEFT_TRY(begin_inner(map, "geometry", &inner, error));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 0;
        WEFT_TRY(weft_map_integer(&inner, rows[i].key, WEFT_REQUIRED, rows[i].least, 1000000,
                                  &value, error));
        *rows[i].field = (int32_t)value;
    }
    return weft_map_end(&inner, error);
}

static weft_status take_form(weft_map *map, int form, weft_forms *forms, weft_error *error) {
    weft_map inner;
    forms->fitted_mean[form] = forms->held_mean[form] = forms->held_worst[form] = NAN;
    WEFT_TRY(begin_inner(map, weft_form_token((weft_form)form), &inner, error));
    for (int k = 0; k < WEFT_FORM_FEATURES; k++) {
        WEFT_TRY(weft_map_real(&inner, weft_form_feature_token((weft_form_feature)k), WEFT_OPTIONAL,
                               0.0, 1e300, &forms->coefficients[form][k], error));
    }
    WEFT_TRY(weft_map_real(&inner, "fitted_error", WEFT_OPTIONAL, 0.0, 1e300,
                           &forms->fitted_mean[form], error));
    WEFT_TRY(weft_map_real(&inner, "held_error", WEFT_OPTIONAL, 0.0, 1e300, &forms->held_mean[form],
                           error));
    WEFT_TRY(weft_map_real(&inner, "held_worst", WEFT_OPTIONAL, 0.0, 1e300,
                           &forms->held_worst[form], error));
    return weft_map_end(&inner, error);
}

static weft_status take_doc(const weft_doc *doc, weft_forms *forms, weft_error *error) {
    weft_map map;
    int64_t n = 0;
    int64_t held = 0;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, FORMS_FORMAT, error));
    WEFT_TRY(take_text(&map, "name", WEFT_REQUIRED, forms->name, sizeof forms->name, error));
    WEFT_TRY(take_text(&map, "chip", WEFT_OPTIONAL, forms->chip, sizeof forms->chip, error));
    WEFT_TRY(take_text(&map, "source", WEFT_REQUIRED, forms->source, sizeof forms->source, error));
    WEFT_TRY(take_geometry(&map, &forms->geometry, error));
    WEFT_TRY(weft_map_integer(&map, "networks", WEFT_REQUIRED, 1, 1000000, &n, error));
    WEFT_TRY(weft_map_integer(&map, "held", WEFT_REQUIRED, 0, 1000000, &held, error));
    forms->n = (int)n;
    forms->held = (int)held;
    for (int form = 0; form < WEFT_FORMS; form++) {
        WEFT_TRY(take_form(&map, form, forms, error));
    }
    return weft_map_end(&map, error);
}

weft_status weft_forms_read(const char *name_or_path, weft_forms *forms, weft_error *error) {
    char path[4096];
    weft_doc *doc = NULL;
    weft_forms made = {.n = 0};
    WEFT_TRY(weft_share_find("forms", name_or_path, path, sizeof path, error));
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = take_doc(doc, &made, error);
    weft_doc_destroy(doc);
    if (status == WEFT_OK) {
        *forms = made;
    }
    return status;
}

weft_status weft_forms_parse(const char *text, size_t length, const char *name, weft_forms *forms,
                             weft_error *error) {
    weft_doc *doc = NULL;
    weft_forms made = {.n = 0};
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = take_doc(doc, &made, error);
    weft_doc_destroy(doc);
    if (status == WEFT_OK) {
        *forms = made;
    }
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void print_real(FILE *out, const char *before, const char *key, double value) {
    if (!isnan(value)) {
        fprintf(out, "%s%s: %.17g", before, key, value);
    }
}

static void print_form(FILE *out, const weft_forms *forms, int form) {
    fprintf(out, "%s:  # %s\n", weft_form_token((weft_form)form), weft_form_unit((weft_form)form));
    for (int k = 0; k < WEFT_FORM_FEATURES; k++) {
        fprintf(out, "  %s: %.17g\n", weft_form_feature_token((weft_form_feature)k),
                forms->coefficients[form][k]);
    }
    print_real(out, "  ", "fitted_error", forms->fitted_mean[form]);
    print_real(out, "\n  ", "held_error", forms->held_mean[form]);
    print_real(out, "\n  ", "held_worst", forms->held_worst[form]);
    fputc('\n', out);
}

static void print(FILE *out, const weft_forms *forms, const char *name) {
    const weft_form_geometry *g = &forms->geometry;
    fprintf(out, "weft: " FORMS_FORMAT "\nname: ");
    weft_text_emit(name, out);
    if (forms->chip[0] != '\0') {
        fputs("\nchip: ", out);
        weft_text_emit(forms->chip, out);
    }
    fputs("\nsource: ", out);
    weft_text_emit(forms->source, out);
    fprintf(out, "\ngeometry: {rows: %d, columns: %d, slices: %d, arrays: %d, tree: %d}\n", g->rows,
            g->columns, g->slices, g->arrays, g->tree);
    fprintf(out, "networks: %d\nheld: %d\n", forms->n, forms->held);
    fputs("# coefficients of the features; errors are means (worst: the largest) of |told / figure "
          "- 1|\n",
          out);
    for (int form = 0; form < WEFT_FORMS; form++) {
        print_form(out, forms, form);
    }
}

weft_status weft_forms_write(const weft_forms *forms, const char *path, weft_error *error) {
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = strlen(base);
    if (length < 6 || strcmp(base + length - 5, ".yaml") != 0 || length - 5 >= WEFT_FORM_NAME ||
        (slash != NULL && slash - path >= PATH)) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "'%.200s': a file of closed forms is called NAME.yaml, with up to %d "
                         "characters",
                         path, WEFT_FORM_NAME - 1);
    }
    char name[WEFT_FORM_NAME];
    char folder[PATH] = ".";
    snprintf(name, sizeof name, "%.*s", (int)(length - 5), base);
    if (slash != NULL) {
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return weft_fail_memory(error, 4096);
    }
    print(out, forms, name);
    if (fclose(out) != 0) {
        free(text);
        return weft_fail_memory(error, size);
    }
    weft_status status = weft_save_file(folder, base, text, size, error);
    free(text);
    return status;
}
