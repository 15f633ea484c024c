/* SPDX-License-Identifier: Apache-2.0
 *
 * The families `nasbench201` and `nasbench-macro`: a gene of words for each choice of the benchmark,
 * op1 .. op6 or block1 .. block8. The networks are built in the network room (nasbench201.c,
 * nasbench_macro.c). Several genomes may give one network: an operation that nothing reads, an
 * identity before or behind a block of equal shape. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/nasbench.h"
#include "space/family.h"
#include "space/meaning.h"

/* Which word of the benchmark each choice of a gene is, by the gene's number. */
typedef struct bound_words {
    int32_t word[WEFT_NASBENCH_MAX_CHOICES][WEFT_GENE_MAX_CHOICES];
} bound_words;

static const weft_nasbench *bench_of(const weft_space *space) {
    return space->family == &weft_family_nasbench201 ? &weft_nasbench_201 : &weft_nasbench_macro;
}

/* ---- binding --------------------------------------------------------------------------------- */

/* The number of a gene: "op3" is 3; 0: it is none of the benchmark's. */
static int number_of(const weft_nasbench *bench, const char *name) {
    size_t stem = strlen(bench->gene);
    if (strncmp(name, bench->gene, stem) != 0 || name[stem] < '1' || name[stem] > '9' ||
        name[stem + 1] != '\0') {
        return 0;
    }
    int number = name[stem] - '0';
    return number <= bench->n_choices ? number : 0;
}

static weft_status bind_words(const weft_space *space, int g, int32_t *word, weft_error *error) {
    const weft_nasbench *bench = bench_of(space);
    const weft_rule *rule = weft_space_rule(space, g);
    char list[128] = "";
    for (int32_t w = 0; w < bench->n_words; w++) {
        weft_list_add(list, sizeof list, bench->words[w]);
    }
    if (rule->kind != WEFT_GENE_CATEGORICAL) {
        char hint[192];
        snprintf(hint, sizeof hint, "its words are %s", list);
        return weft_meaning_fail(space, g, error, hint, "must be categorical");
    }
    for (int i = 0; i < rule->n_choices; i++) {
        word[i] = 0;
        while (word[i] < bench->n_words && strcmp(rule->labels[i], bench->words[word[i]]) != 0) {
            word[i]++;
        }
        if (word[i] == bench->n_words) {
            const char *nearest =
                weft_nearest(rule->labels[i], bench->words, (size_t)bench->n_words);
            char hint[192];
            snprintf(hint, sizeof hint, nearest != NULL ? "did you mean '%s'?" : "its words are %s",
                     nearest != NULL ? nearest : list);
            return weft_meaning_fail(space, g, error, hint, "has the unknown choice '%s'",
                                     rule->labels[i]);
        }
    }
    return WEFT_OK;
}

static weft_status bind_gene(weft_space *space, int g, bound_words *bound, weft_error *error) {
    const weft_nasbench *bench = bench_of(space);
    int number = number_of(bench, space->genes[g].name);
    if (number == 0) {
        char hint[96];
        snprintf(hint, sizeof hint, "its genes are %s1 to %s%d; a gene of the chip needs `sets:`",
                 bench->gene, bench->gene, bench->n_choices);
        return weft_meaning_fail(space, g, error, hint, "is unknown to the family '%s'",
                                 bench->name);
    }
    if (space->genes[g].n_conditions > 0) {
        return weft_meaning_fail(space, g, error, "drop its 'when'", "may have no condition");
    }
    space->roles[g].meaning = 0;
    space->roles[g].number = number;
    return bind_words(space, g, bound->word[number - 1], error);
}

static weft_status check_complete(const weft_space *space, const weft_doc *doc,
                                  const weft_node *node, weft_error *error) {
    const weft_nasbench *bench = bench_of(space);
    for (int32_t number = 1; number <= bench->n_choices; number++) {
        bool is_there = false;
        for (int g = 0; g < space->n_genes; g++) {
            is_there |= space->roles[g].meaning != WEFT_MEANING_KNOB &&
                        space->roles[g].number == number;
        }
        if (!is_there) {
            weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "the gene '%s%d' is missing",
                           bench->gene, number);
            weft_hint(error, "%s: {categorical: [%s, %s], repeat: %d}", bench->gene,
                      bench->words[0], bench->words[1], bench->n_choices);
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

static weft_status nasbench_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                                 weft_error *error) {
    if (space->n_groups > 0) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "the family '%s' has no layer groups: 'regions' means nothing",
                              space->family->name);
    }
    bound_words *bound = calloc(1, sizeof *bound);
    if (bound == NULL) {
        return weft_fail_memory(error, sizeof *bound);
    }
    space->bound = bound;
    space->is_distinct = false;
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            WEFT_TRY(bind_gene(space, g, bound, error));
        }
    }
    return check_complete(space, doc, node, error);
}

static void nasbench_release(weft_space *space) {
    free(space->bound);
    space->bound = NULL;
}

/* ---- genomes --------------------------------------------------------------------------------- */

static weft_nasbench_spec spec_of(const weft_space *space, const double *genome) {
    const bound_words *bound = space->bound;
    weft_nasbench_spec spec;
    weft_nasbench_defaults(bench_of(space), &spec);
    spec.input = space->input;
    spec.classes = space->classes;
    spec.bits = space->bits;
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            int i = space->roles[g].number - 1;
            spec.choice[i] = bound->word[i][(size_t)genome[g]];
        }
    }
    return spec;
}

static weft_status nasbench_decode(const weft_space *space, const double *genome, int which,
                                   weft_network *network, weft_error *error) {
    (void)which;
    weft_nasbench_spec spec = spec_of(space, genome);
    return weft_nasbench_build(bench_of(space), &spec, network, error);
}

static char *nasbench_describe(const weft_space *space, const double *genome, char *buffer,
                               size_t size) {
    weft_nasbench_spec spec = spec_of(space, genome);
    return weft_nasbench_text(bench_of(space), &spec, buffer, size);
}

const weft_family weft_family_nasbench201 = {
    .name = "nasbench201",
    .bind = nasbench_bind,
    .decode = nasbench_decode,
    .describe = nasbench_describe,
    .release = nasbench_release,
};

const weft_family weft_family_nasbench_macro = {
    .name = "nasbench-macro",
    .bind = nasbench_bind,
    .decode = nasbench_decode,
    .describe = nasbench_describe,
    .release = nasbench_release,
};
