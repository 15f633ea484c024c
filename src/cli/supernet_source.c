/* SPDX-License-Identifier: Apache-2.0
 * What a supernet is over: the space of a name, of a file, or of a problem; and one of its genomes. */
#include <math.h>
#include <string.h>

#include "base/doc.h"
#include "base/share.h"
#include "cli/supernet.h"

/* Whether a file says that it is a problem; false where it cannot be read. */
static bool is_problem(const char *path) {
    static const char format[] = "problem/";
    weft_error ignored;
    weft_doc *doc = NULL;
    weft_map map;
    const char *text = "";
    const char *ending = strrchr(path, '.');
    if (ending == NULL || strcmp(ending, ".yaml") != 0 ||
        weft_doc_read(path, &doc, &ignored) != WEFT_OK) {
        return false;
    }
    bool found = weft_map_begin(doc, weft_doc_root(doc), &map, &ignored) == WEFT_OK &&
                 weft_map_text(&map, "weft", WEFT_OPTIONAL, &text, &ignored) == WEFT_OK &&
                 strncmp(text, format, sizeof format - 1) == 0;
    weft_doc_destroy(doc);
    return found;
}

static weft_status read_space(cli_call *call, const char *text, supernet_source *source) {
    if (is_problem(text)) {
        WEFT_TRY(weft_problem_read(text, &source->problem, &call->error));
        source->space = weft_problem_get_space(source->problem);
        return WEFT_OK;
    }
    weft_status status = weft_space_read(text, &source->own, &call->error);
    if (status != WEFT_OK) {
        weft_share_hint("spaces", text, &call->error);
        return status;
    }
    source->space = source->own;
    return WEFT_OK;
}

static weft_status open_data(cli_call *call, const char *data, supernet_source *source) {
    const char *name = data;
    if (name == NULL && source->problem != NULL) {
        name = weft_problem_get_info(source->problem)->accuracy.data;
    }
    if (name == NULL || name[0] == '\0') {
        return cli_usage(call, "--data is missing: the data set to learn from");
    }
    WEFT_TRY(weft_dataset_open(name, &source->dataset, &call->error));
    const weft_dataset_info *info = weft_dataset_get_info(source->dataset);
    return source->own == NULL
               ? WEFT_OK
               : weft_space_set_data(source->own, info->shape, info->classes, &call->error);
}

weft_status supernet_source_open(cli_call *call, const char *text, const char *data,
                                 supernet_source *source) {
    *source = (supernet_source){0};
    WEFT_TRY(read_space(call, text, source));
    WEFT_TRY(open_data(call, data, source));
    return weft_space_supernet_create(source->space, &source->networks, &call->error);
}

void supernet_source_close(supernet_source *source) {
    weft_space_supernet_destroy(source->networks);
    weft_dataset_close(source->dataset);
    weft_space_destroy(source->own);
    weft_problem_destroy(source->problem);
    *source = (supernet_source){0};
}

weft_status supernet_weights_open(cli_call *call, const char *path, const supernet_source *source,
                                  weft_supernet **supernet) {
    const weft_supernet_space *space = weft_space_supernet_get(source->networks);
    return weft_supernet_open(path, space->hash, space->name, supernet, &call->error);
}

/* The middle of a list, as a problem holds genes that nobody sets. */
static double middle_of(const weft_gene *gene) {
    double middle = 0.5 * (gene->lower + gene->upper);
    return gene->kind == WEFT_GENE_REAL ? middle : floor(middle);
}

weft_status supernet_genome_read(cli_call *call, const supernet_source *source, const char *text,
                                 double *genome) {
    if (source->problem != NULL) {
        return cli_genes_read(call, source->problem, text, genome);
    }
    weft_gene_table table = weft_space_genes(source->space);
    for (int g = 0; g < table.n_genes; g++) {
        genome[g] = middle_of(&table.genes[g]);
    }
    return cli_genes_apply(call, source->space, text, genome);
}

void supernet_cosines_json(weft_json *json, const char *name,
                           const weft_supernet_cosines *cosines) {
#define WORD(name, word) word,
    static const char *const KINDS[] = {WEFT_SUPERNET_KIND_MAP(WORD)};
#undef WORD
    weft_json_key(json, name);
    weft_json_object_begin(json);
    for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
        weft_json_key(json, KINDS[k]);
        weft_json_object_begin(json);
        weft_json_member_integer(json, "pairs", cosines[k].pairs);
        weft_json_member_integer(json, "negative", cosines[k].negative);
        weft_json_member_real(json, "mean", cosines[k].mean);
        weft_json_object_end(json);
    }
    weft_json_object_end(json);
}
