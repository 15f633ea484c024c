/* SPDX-License-Identifier: Apache-2.0
 * The members of a portfolio: a list of optimizers in a file, their names in one text in the settings. */
#include "study/problem_part.h"

#include <string.h>

static int count_names(void) {
    int n = 0;
    while (weft_optimizer_names()[n] != NULL) {
        n++;
    }
    return n;
}

static weft_status fail_name(const weft_map *map, const weft_node *node, const char *name,
                             weft_error *error) {
    weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                   "unknown optimizer '%.40s' among the `members`", name);
    const char *near = weft_nearest(name, weft_optimizer_names(), (size_t)count_names());
    if (near != NULL) {
        weft_hint(error, "did you mean '%s'?", near);
    }
    return WEFT_ERROR_INPUT;
}

static weft_status add_name(const weft_map *map, const weft_node *node, char *members, size_t size,
                            weft_error *error) {
    const char *name = NULL;
    bool known = false;
    WEFT_TRY(weft_node_text(map->doc, node, &name, error));
    for (int i = 0; i < count_names() && !known; i++) {
        known = strcmp(name, weft_optimizer_names()[i]) == 0;
    }
    if (!known) {
        return fail_name(map, node, name, error);
    }
    size_t length = strlen(members);
    if (length + strlen(name) + 2 > size) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "too many `members`; expected 2 to 8");
    }
    snprintf(members + length, size - length, "%s%s", length > 0 ? " " : "", name);
    return WEFT_OK;
}

weft_status weft_members_read(weft_map *map, weft_problem_info *info, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "members", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_sequence(node)) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "`members` is no list; expected names of optimizers, such as "
                              "[tpe, nsga2, random]");
    }
    info->optimizer.members[0] = '\0';
    for (int i = 0; i < weft_sequence_length(node); i++) {
        WEFT_TRY(add_name(map, weft_sequence_at(node, i), info->optimizer.members,
                          sizeof info->optimizer.members, error));
    }
    return WEFT_OK;
}

void weft_members_write(const weft_problem_info *info, FILE *out) {
    const char *names = info->optimizer.members;
    if (names[0] == '\0' || !weft_search_use_counts(WEFT_BY_PORTFOLIO, info)) {
        return;
    }
    fprintf(out, "  members: [");
    for (; *names != '\0'; names++) {
        fprintf(out, "%s", *names == ' ' ? ", " : (const char[]){*names, '\0'});
    }
    fprintf(out, "]\n");
}
